// SPDX-License-Identifier: GPL-2.0
/*
 * TCP: what acknowledgements tell about loss, round-trip time and speed.
 *
 * One picture serves SACK and plain ACKs. `sacked` are ranges beyond snd_una
 * that have arrived; everything below tcp_lost_end() that is neither there nor
 * sent again since (below rtx_next) counts as lost; the rest is under way.
 * Without SACK each duplicate ACK stands for a segment that has arrived, and
 * only the first segment counts as lost (RFC 6582).
 *
 *	TCP_OPEN	all is well
 *	TCP_FAST	three duplicates or SACKs: holes are being filled
 *	TCP_LOSS	a timeout: everything not SACKed is sent again
 *
 * Both end when what was sent before them is acknowledged (`recover`).
 */
#include <kernel/string.h>
#include "tcp_wire.h"

#define TCP_DUPTHRESH  3u
#define TCP_CWND_FIRST 10u

void tcp_loss_init(struct tcpcb *t)
{
	t->recovery = TCP_OPEN;
	t->dupacks = t->nsacked = 0;
	t->cwnd = TCP_CWND_FIRST * t->mss;
	t->ssthresh = 0x7fffffff;
	t->rto = TCP_RTO_FIRST;
	t->srtt = t->rttvar = 0;
	t->min_rtt = TIME_NEVER;
	t->w_max = 0;
	t->epoch = 0;
}

/* --- round trips: RFC 6298 --- */

void tcp_rtt_sample(struct tcpcb *t, u64 ns)
{
	u64 diff;

	if (!ns)
		ns = 1;
	t->min_rtt = min(t->min_rtt, ns);
	if (!t->srtt) {
		t->srtt = ns;
		t->rttvar = ns / 2;
	} else {
		diff = t->srtt > ns ? t->srtt - ns : ns - t->srtt;
		t->rttvar += (s64)(diff - t->rttvar) / 4;
		t->srtt += (s64)(ns - t->srtt) / 8;
	}
	t->rto = t->srtt + max(4 * t->rttvar, TCP_RTO_MIN);
	t->rto = min(t->rto, TCP_RTO_MAX);
}

/* --- the board of what has arrived --- */

/* Bytes of [a, b) that have not been SACKed. */
static u32 tcp_unsacked(const struct tcpcb *t, u32 a, u32 b)
{
	u32 n;

	if (!seq_lt(a, b))
		return 0;
	n = b - a;
	for (u32 i = 0; i < t->nsacked; i++) {
		u32 s = seq_max(a, t->sacked[i].start);
		u32 e = seq_min(b, t->sacked[i].end);

		if (seq_lt(s, e))
			n -= e - s;
	}
	return n;
}

static void tcp_sack_add(struct tcpcb *t, u32 start, u32 end)
{
	struct tcp_range out[TCP_RANGES + 1];
	u32 n = 0;
	bool in = false;

	if (!seq_lt(start, end) || seq_lt(t->snd_nxt, end) ||
	    seq_le(start, t->snd_una - 1))
		return;
	for (u32 i = 0; i < t->nsacked; i++) {
		struct tcp_range r = t->sacked[i];

		if (seq_lt(r.end, start)) {
			out[n++] = r;
		} else if (seq_lt(end, r.start)) {
			if (!in) {
				out[n++] = (struct tcp_range){ start, end };
				in = true;
			}
			out[n++] = r;
		} else {
			start = seq_min(start, r.start);
			end = seq_max(end, r.end);
		}
	}
	if (!in)
		out[n++] = (struct tcp_range){ start, end };
	t->nsacked = min(n, TCP_RANGES);
	memcpy(t->sacked, out, t->nsacked * sizeof(out[0]));
}

static void tcp_sack_trim(struct tcpcb *t)
{
	u32 n = 0;

	for (u32 i = 0; i < t->nsacked; i++) {
		struct tcp_range r = t->sacked[i];

		if (seq_le(r.end, t->snd_una))
			continue;
		r.start = seq_max(r.start, t->snd_una);
		t->sacked[n++] = r;
	}
	t->nsacked = n;
}

u32 tcp_lost_end(const struct tcpcb *t)
{
	if (t->recovery == TCP_LOSS)
		return seq_min(t->recover, t->snd_end);
	if (t->recovery == TCP_OPEN)
		return t->snd_una;
	if (t->nsacked)
		return t->sacked[t->nsacked - 1].start;
	return seq_min(t->snd_una + t->mss, t->snd_end);
}

u32 tcp_pipe(const struct tcpcb *t)
{
	u32 lost = tcp_lost_end(t), rtx = seq_min(t->rtx_next, lost), pipe;

	pipe = tcp_unsacked(t, t->snd_una, rtx) +
	       tcp_unsacked(t, seq_max(lost, t->snd_una), t->snd_nxt);
	if (!t->nsacked && t->recovery == TCP_FAST)
		pipe -= min(pipe, t->dupacks * t->mss);
	return pipe;
}

bool tcp_next_hole(const struct tcpcb *t, u32 *seq, u32 *len)
{
	u32 at = seq_max(t->rtx_next, t->snd_una), end = tcp_lost_end(t);

	end = seq_min(end, t->snd_end);
	for (u32 i = 0; i < t->nsacked; i++) {
		if (seq_le(t->sacked[i].start, at) &&
		    seq_lt(at, t->sacked[i].end))
			at = t->sacked[i].end;
		else if (seq_lt(at, t->sacked[i].start))
			end = seq_min(end, t->sacked[i].start);
		if (end == t->sacked[i].start)
			break;
	}
	if (!seq_lt(at, end))
		return false;
	*seq = at;
	*len = end - at;
	return true;
}

/* --- how fast: CUBIC (RFC 9438), in segments and milliseconds --- */

static u64 tcp_cube_root(u64 v)
{
	u64 lo = 0, hi = 2642245; /* its cube is just below 2^64 */

	while (lo < hi) {
		u64 mid = (lo + hi + 1) / 2;

		if (mid * mid * mid <= v)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

static void tcp_reduce(struct tcpcb *t)
{
	u32 segs = max(t->cwnd / t->mss, 1u);

	/* fast convergence: give way when the last maximum was not reached */
	t->w_max = segs < t->w_max ? segs * 17 / 20 : segs;
	t->epoch = 0;
	if (!strcmp(t->is->congestion, "reno"))
		t->ssthresh = max(tcp_pipe(t) / 2, 2 * t->mss);
	else
		t->ssthresh = max((u32)((u64)t->cwnd * 7 / 10), 2 * t->mss);
}

/* Where the cubic curve is, in segments: 0.4 (t - K)^3 + w_max */
static u64 tcp_cubic_target(struct tcpcb *t, u64 now)
{
	u64 ms, d, delta;

	if (!t->epoch) {
		u32 segs = t->cwnd / t->mss;

		t->epoch = now;
		t->epoch_cwnd = segs;
		if (segs < t->w_max) /* K^3 = (w_max - cwnd) / 0.4, in ms^3 */
			t->cubic_k = tcp_cube_root((t->w_max - segs) *
						   2500000000ull);
		else
			t->cubic_k = 0;
		if (segs >= t->w_max)
			t->w_max = segs;
	}
	ms = (now - t->epoch + t->srtt) / NSEC_PER_MSEC;
	d = ms > t->cubic_k ? ms - t->cubic_k : t->cubic_k - ms;
	d = min(d, 100000ull);
	delta = d * d * d / 2500000000ull; /* 0.4 d^3 / 1000^3 */
	if (ms > t->cubic_k)
		return t->w_max + delta;
	return delta < t->w_max ? t->w_max - delta : 1;
}

static void tcp_grow(struct tcpcb *t, u32 acked)
{
	u64 target;
	u32 segs, step;

	/* only what was used shows that there is more */
	if (t->snd_nxt - t->snd_una + acked + t->mss < t->cwnd)
		return;
	if (t->cwnd < t->ssthresh) {
		t->cwnd += min(acked, t->ssthresh - t->cwnd);
		return;
	}
	segs = max(t->cwnd / t->mss, 1u);
	step = max(acked / segs, 1u); /* Reno: a segment in a round trip */
	if (strcmp(t->is->congestion, "reno")) {
		target = tcp_cubic_target(t, time_mono_ns());
		if (target > segs)
			step = max(step,
				   (u32)min((target - segs) * acked / segs,
					    (u64)acked / 2));
	}
	t->cwnd = min(t->cwnd + step, 1u << 30);
}

/* --- acknowledgements --- */

static void tcp_enter_fast(struct tcpcb *t)
{
	t->recovery = TCP_FAST;
	t->recover = t->snd_nxt;
	t->rtx_next = t->snd_una;
	tcp_reduce(t);
	t->cwnd = t->ssthresh;
	t->rtt_at = 0;
	t->undo = false;
}

void tcp_rto_loss(struct tcpcb *t)
{
	if (t->recovery != TCP_LOSS || !t->backoff) {
		t->prior_cwnd = t->cwnd;
		t->prior_ssthresh = t->ssthresh;
		t->undo_una = t->snd_una;
		t->undo_stamp = tcp_now_ms();
		t->undo = t->ts_ok;
		tcp_reduce(t);
	}
	t->recovery = TCP_LOSS;
	t->recover = t->snd_nxt;
	t->rtx_next = t->snd_una;
	t->cwnd = t->mss;
	t->dupacks = 0;
	t->rtt_at = 0;
	t->nsacked = 0; /* the peer may have forgotten: RFC 2018 */
}

/* The timeout was too early: what it answers was sent before (RFC 4015). */
static bool tcp_spurious(struct tcpcb *t, const struct tcp_seg *s)
{
	if (!t->undo || t->recovery != TCP_LOSS || !s->has_ts)
		return false;
	t->undo = false;
	return s->tsecr && (s32)(s->tsecr - (u32)t->undo_stamp) < 0;
}

static void tcp_new_ack(struct tcpcb *t, const struct tcp_seg *s, u32 acked)
{
	t->backoff = 0;
	t->stalled_at = 0;
	tcp_sack_trim(t);
	if (t->rtt_at && seq_le(t->rtt_seq, t->snd_una)) {
		tcp_rtt_sample(t, time_mono_ns() - t->rtt_at);
		t->rtt_at = 0;
	}
	if (tcp_spurious(t, s)) {
		t->cwnd = max(t->cwnd, t->prior_cwnd);
		t->ssthresh = t->prior_ssthresh;
		t->recovery = TCP_OPEN;
	}
	if (t->recovery && seq_le(t->recover, t->snd_una)) {
		if (t->recovery == TCP_FAST)
			t->cwnd = t->ssthresh;
		t->recovery = TCP_OPEN;
		t->dupacks = 0;
	} else if (t->recovery == TCP_FAST && !t->sack_ok) {
		/* the next hole begins here */
		t->rtx_next = t->snd_una;
		t->dupacks -= min(t->dupacks, acked / t->mss);
	}
	if (t->recovery != TCP_FAST)
		tcp_grow(t, acked);
	if (t->recovery == TCP_OPEN)
		t->dupacks = 0;
	if (t->recovery)
		t->rtx_next = seq_max(t->rtx_next, t->snd_una);
}

void tcp_acked(struct tcpcb *t, const struct tcp_seg *s, u32 acked, bool dup)
{
	u32 before = t->nsacked ? tcp_unsacked(t, t->snd_una, t->snd_nxt) : 0;
	bool sacked;

	if (t->sack_ok)
		for (u32 i = 0; i < s->nsack; i++)
			tcp_sack_add(t, s->sack[i].start, s->sack[i].end);
	if (acked)
		tcp_new_ack(t, s, acked);
	if (t->snd_nxt == t->snd_una) {
		t->dupacks = 0;
		return;
	}
	sacked = t->nsacked &&
		 (!before || tcp_unsacked(t, t->snd_una, t->snd_nxt) != before);
	if (!acked && (t->sack_ok ? sacked : dup))
		t->dupacks++;
	if (t->recovery == TCP_OPEN &&
	    (t->dupacks >= TCP_DUPTHRESH ||
	     (t->nsacked &&
	      tcp_unsacked(t, t->snd_una, t->snd_nxt) + TCP_DUPTHRESH * t->mss <
		      t->snd_nxt - t->snd_una)))
		tcp_enter_fast(t);
}
