// SPDX-License-Identifier: GPL-2.0
/*
 * TCP, going out: when to send what, and segments.
 *
 * Order of things in tcp_output(): holes to be filled (loss recovery), then new
 * data as far as both windows allow, then a FIN. A segment that is not full is
 * held back while data is under way (Nagle) or the program says so (cork).
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "tcp_wire.h"

#define TCP_OPT_TS  12u
#define TCP_GSO_MAX 65000u

u32 tcp_now_ms(void)
{
	return (u32)(time_mono_ns() / NSEC_PER_MSEC);
}

static u32 tcp_ip_hlen(const struct tcpcb *t)
{
	return in6_is_v4(&t->raddr) ? 20 : 40;
}

void tcp_set_mss(struct tcpcb *t, u32 mtu)
{
	u32 head = tcp_ip_hlen(t) + TCP_HLEN, mss = mtu > head ? mtu - head : 1;
	s32 user = inet_opt(t->is, IPPROTO_TCP, TCP_MAXSEG);

	if (user)
		mss = min(mss, (u32)user);
	mss = min(mss, t->peer_mss ? t->peer_mss : TCP_MSS_LEAST);
	mss = max(mss, 88u);
	t->mss = mss - (t->ts_ok ? TCP_OPT_TS : 0);
}

/* --- segments --- */

static u32 tcp_put_ts(struct tcpcb *t, u8 *o)
{
	o[0] = o[1] = 1;
	o[2] = 8;
	o[3] = 10;
	put32(o + 4, tcp_now_ms());
	put32(o + 8, t->ts_recent);
	return TCP_OPT_TS;
}

/* What came out of order, the newest first: at most 3 blocks beside stamps. */
static u32 tcp_put_sack(struct tcpcb *t, u8 *o)
{
	struct tcp_range b[4];
	u32 n = 0, room = t->ts_ok ? 3 : 4, first = 0;
	struct tcp_ooo *g;

	list_for_each_entry (g, &t->ooo, node) {
		u32 end = g->seq + g->len;

		if (n && b[n - 1].end == g->seq) {
			b[n - 1].end = end;
		} else {
			if (n == room) {
				if (seq_le(b[n - 1].end, t->ooo_last))
					n--; /* a place for the newest */
				else
					break;
			}
			b[n].start = g->seq;
			b[n++].end = end;
		}
	}
	if (!n)
		return 0;
	for (u32 i = 0; i < n; i++)
		if (seq_le(b[i].start, t->ooo_last) &&
		    seq_lt(t->ooo_last, b[i].end))
			first = i;
	o[0] = o[1] = 1;
	o[2] = 5;
	o[3] = (u8)(2 + 8 * n);
	for (u32 i = 0, k = first; i < n; i++, k = (k + 1) % n) {
		put32(o + 4 + 8 * i, b[k].start);
		put32(o + 8 + 8 * i, b[k].end);
	}
	return 4 + 8 * n;
}

static u32 tcp_put_syn_options(struct tcpcb *t, u8 *o)
{
	bool first = t->state == TCP_SYN_SENT;
	u32 n = 4, mss = t->path.mtu - tcp_ip_hlen(t) - TCP_HLEN;
	s32 user = inet_opt(t->is, IPPROTO_TCP, TCP_MAXSEG);

	if (user)
		mss = min(mss, (u32)user);
	o[0] = 2;
	o[1] = 4;
	put16(o + 2, (u16)min(mss, 65535u));
	if (first || t->sack_ok) {
		o[n++] = 4;
		o[n++] = 2;
		if (!first && !t->ts_ok) {
			o[n++] = 1;
			o[n++] = 1;
		}
	}
	if (first || t->ts_ok) {
		if (n % 4 == 0) {
			o[n++] = 1;
			o[n++] = 1;
		}
		o[n++] = 8;
		o[n++] = 10;
		put32(o + n, tcp_now_ms());
		put32(o + n + 4, first ? 0 : t->ts_recent);
		n += 8;
	}
	if (first || t->ws_ok) {
		o[n++] = 1;
		o[n++] = 3;
		o[n++] = 3;
		o[n++] = t->rcv_wscale;
	}
	return n;
}

/* The bytes from seq on, out of the chunks. */
static void tcp_copy_chunks(struct tcpcb *t, u32 seq, u8 *to, u32 n)
{
	struct tcp_chunk *c;

	list_for_each_entry (c, &t->chunks, node) {
		u32 off = seq - c->seq, k;

		if (!n)
			return;
		if (seq_lt(seq, c->seq) || off >= c->len)
			continue;
		k = min(n, c->len - off);
		memcpy(to, c->data + off, k);
		to += k;
		seq += k;
		n -= k;
	}
}

u32 tcp_rcv_window(struct tcpcb *t)
{
	u32 limit = tcb_rcvbuf(t), used = t->rcv_nxt - t->copied;
	u32 room = used < limit ? limit - used : 0;
	u32 most = t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECV
			   ? 65535u
			   : 0xffffu << t->rcv_wscale;
	u32 promised = t->rcv_adv - t->rcv_nxt;

	room = min(room, most);
	if ((s32)promised < 0)
		promised = 0;
	/* no silly small steps, and never back (RFC 9293, 3.8.6.2.2) */
	if (room < promised + min(limit / 2, t->rcv_mss ? t->rcv_mss : 536u))
		room = promised;
	room &= ~((1u << t->rcv_wscale) - 1) | (t->rcv_wscale ? 0 : ~0u);
	return max(room, promised);
}

/* Header, options and checksum around the data in p; then away. */
static void tcp_transmit(struct tcpcb *t, struct pkt *p, u32 seq, u8 flags,
			 const u8 *opt, u32 optlen)
{
	u32 wnd, hlen = TCP_HLEN + optlen;
	u8 *h = pkt_push(p, hlen);
	u16 sum;

	memset(h, 0, TCP_HLEN);
	if (optlen)
		memcpy(h + TCP_HLEN, opt, optlen);
	put16(h, t->lport);
	put16(h + 2, t->rport);
	put32(h + 4, seq);
	if (flags & TCP_ACK) {
		put32(h + 8, t->rcv_nxt);
		t->last_ack_sent = t->rcv_nxt;
		t->unacked = 0;
		t->ack_now = false;
		t->delack_at = TIME_NEVER;
	}
	h[12] = (u8)(hlen / 4 << 4);
	h[13] = flags;
	if (flags & TCP_RST) {
		wnd = 0;
	} else {
		wnd = tcp_rcv_window(t);
		t->rcv_adv = seq_max(t->rcv_adv, t->rcv_nxt + wnd);
		if (!(flags & TCP_SYN))
			wnd >>= t->rcv_wscale;
	}
	put16(h + 14, (u16)min(wnd, 65535u));
	if (t->urgent && seq_lt(seq, t->snd_up) && !(flags & TCP_SYN)) {
		h[13] |= TCP_URG;
		put16(h + 18, (u16)min(t->snd_up - seq, 65535u));
	}
	if (t->path.dev->offload) {
		sum = csum_pseudo(&t->laddr, &t->raddr, IPPROTO_TCP, p->len);
		p->partial = true;
		p->gso = p->len - hlen > t->mss ? (u16)t->mss : 0;
	} else {
		sum = csum_l4(&t->laddr, &t->raddr, IPPROTO_TCP, h, p->len);
	}
	memcpy(h + 16, &sum, 2);
	p->src = t->laddr;
	p->dst = t->raddr;
	p->l4 = IPPROTO_TCP;
	p->df = true;
	if (in6_is_v4(&t->raddr)) {
		p->ttl = (u8)inet_opt(t->is, IPPROTO_IP, IP_TTL);
		p->tos = (u8)inet_opt(t->is, IPPROTO_IP, IP_TOS);
	} else {
		s32 hops = inet_opt(t->is, IPPROTO_IPV6, IPV6_UNICAST_HOPS);

		p->ttl = hops < 0 ? 64 : (u8)hops;
		p->tos = (u8)max(inet_opt(t->is, IPPROTO_IPV6, IPV6_TCLASS), 0);
	}
	t->segs_out++;
	net0.tcp_out++;
	t->sent_at = time_mono_ns();
	ip_output(&net0, p, &t->path);
}

/* => false: no memory; a timer tries again */
static bool tcp_send_data(struct tcpcb *t, u32 seq, u32 len, u8 flags)
{
	struct pkt *p = pkt_alloc(len);
	u8 opt[40];
	u32 n = 0;

	if (!p)
		return false;
	tcp_copy_chunks(t, seq, p->data, len);
	if (t->ts_ok)
		n = tcp_put_ts(t, opt);
	tcp_transmit(t, p, seq, flags, opt, n);
	return true;
}

void tcp_send_ack(struct tcpcb *t)
{
	struct pkt *p = pkt_alloc(0);
	u8 opt[40];
	u32 n = 0;

	if (!p)
		return;
	if (t->ts_ok)
		n = tcp_put_ts(t, opt);
	if (t->sack_ok && t->ooo_n)
		n += tcp_put_sack(t, opt + n);
	tcp_transmit(t, p, t->snd_nxt, TCP_ACK, opt, n);
	if (t->quick)
		t->quick--;
}

void tcp_send_probe(struct tcpcb *t)
{
	struct pkt *p = pkt_alloc(0);
	u8 opt[40];
	u32 n = 0;

	if (!p)
		return;
	if (t->ts_ok)
		n = tcp_put_ts(t, opt);
	tcp_transmit(t, p, t->snd_una - 1, TCP_ACK, opt, n);
}

void tcp_send_rst(struct tcpcb *t)
{
	struct pkt *p = pkt_alloc(0);

	if (p)
		tcp_transmit(t, p, t->snd_nxt, TCP_RST | TCP_ACK, NULL, 0);
	net0.tcp_rst++;
}

void tcp_send_syn(struct tcpcb *t)
{
	struct pkt *p = pkt_alloc(0);
	u8 opt[40];
	u32 n;

	if (!p)
		return;
	n = tcp_put_syn_options(t, opt);
	tcp_transmit(t, p, t->iss,
		     t->state == TCP_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK,
		     opt, n);
}

void tcp_reject(struct net *net, const struct tcp_seg *s)
{
	struct pkt *in = s->p, *p;
	struct net_path path;
	u8 *h;
	u16 sum;

	if ((s->flags & TCP_RST) || in->type != PKT_HOST ||
	    net_route(net, &in->src, 0, &path))
		return;
	p = pkt_alloc(TCP_HLEN);
	if (!p)
		return;
	h = p->data;
	memset(h, 0, TCP_HLEN);
	memcpy(h, in->data + 2, 2);
	memcpy(h + 2, in->data, 2);
	h[12] = TCP_HLEN / 4 << 4;
	h[13] = TCP_RST;
	if (s->flags & TCP_ACK) {
		put32(h + 4, s->ack);
	} else {
		h[13] |= TCP_ACK;
		put32(h + 8, s->seq + s->len + !!(s->flags & TCP_SYN) +
				     !!(s->flags & TCP_FIN));
	}
	sum = csum_l4(&in->dst, &in->src, IPPROTO_TCP, h, TCP_HLEN);
	memcpy(h + 16, &sum, 2);
	p->src = in->dst;
	p->dst = in->src;
	p->l4 = IPPROTO_TCP;
	p->df = true;
	net->tcp_rst++;
	ip_output(net, p, &path);
}

/* --- when to send --- */

/* Is a segment of n bytes, the last there is, worth sending? */
static bool tcp_worth(struct tcpcb *t, u32 n)
{
	if (n >= t->mss || t->fin_queued)
		return true;
	if (t->urgent && seq_lt(t->snd_una, t->snd_up))
		return true;
	if (t->cork || inet_opt(t->is, IPPROTO_TCP, TCP_CORK))
		return false;
	if (inet_opt(t->is, IPPROTO_TCP, TCP_NODELAY))
		return true;
	/* Nagle, as Minshall has it: only small segments hold one another up */
	return t->snd_nxt == t->snd_una || n >= t->max_wnd / 2;
}

static bool tcp_fill_holes(struct tcpcb *t)
{
	bool sent = false, fin;
	u32 seq, len;

	while (tcp_pipe(t) + t->mss <= max(t->cwnd, t->mss) &&
	       tcp_next_hole(t, &seq, &len)) {
		len = min(len, t->mss);
		fin = t->fin_sent && seq + len == t->snd_end;
		if (!tcp_send_data(t, seq, len,
				   TCP_ACK | TCP_PSH | (fin ? TCP_FIN : 0)))
			break;
		t->rtx_next = seq + len + fin;
		t->retrans++;
		net0.tcp_retrans++;
		t->rtt_at = 0;
		sent = true;
	}
	return sent;
}

/*
 * A device that cuts segments itself takes many at once: as many whole ones as
 * the windows let pass (`room`), and the last, shorter one if it is worth it.
 */
static u32 tcp_many(struct tcpcb *t, u32 avail, u32 room)
{
	u32 n = min(avail, room);

	n = min(n, TCP_GSO_MAX / t->mss * t->mss);
	if (n < avail || !tcp_worth(t, n % t->mss))
		n -= n % t->mss;
	return n;
}

static bool tcp_send_new(struct tcpcb *t)
{
	u32 pipe = t->recovery ? tcp_pipe(t) : t->snd_nxt - t->snd_una;
	bool sent = false;

	for (;;) {
		u32 avail = t->fin_sent ? 0 : t->snd_end - t->snd_nxt, n, wnd;
		u8 flags = TCP_ACK;

		if ((s32)avail <= 0)
			return sent;
		wnd = t->snd_una + t->snd_wnd - t->snd_nxt;
		if ((s32)wnd <= 0 || pipe >= t->cwnd)
			return sent;
		n = min(avail, t->mss);
		if (t->path.dev->offload && avail > t->mss) {
			u32 room = t->cwnd - pipe;

			n = max(tcp_many(t, avail, min(wnd, room)), n);
		}
		/* limited by the window: only in whole segments or half of it */
		if (n > wnd) {
			if (wnd < t->mss && wnd < t->max_wnd / 2 &&
			    t->snd_nxt != t->snd_una)
				return sent;
			n = wnd;
		} else if (n == avail && !tcp_worth(t, n)) {
			return sent;
		}
		if (n == avail)
			flags |= TCP_PSH;
		if (n == avail && t->fin_queued)
			flags |= TCP_FIN;
		if (!tcp_send_data(t, t->snd_nxt, n, flags))
			return sent;
		if (!t->rtt_at && !t->recovery) {
			t->rtt_at = time_mono_ns();
			t->rtt_seq = t->snd_nxt + n;
		}
		t->snd_nxt += n;
		pipe += n;
		if (flags & TCP_FIN) {
			t->fin_sent = true;
			t->snd_nxt++;
		}
		sent = true;
	}
}

/* A FIN alone, or sent again because it was lost. */
static bool tcp_send_fin(struct tcpcb *t)
{
	bool again = t->fin_sent && t->recovery == TCP_LOSS &&
		     t->snd_una == t->snd_end && t->rtx_next == t->snd_end;

	if (!t->fin_queued ||
	    (!again && (t->fin_sent || t->snd_nxt != t->snd_end)))
		return false;
	if (!tcp_send_data(t, t->snd_end, 0, TCP_ACK | TCP_FIN))
		return false;
	t->rtx_next = t->snd_end + 1;
	if (!t->fin_sent) {
		t->fin_sent = true;
		t->snd_nxt++;
	}
	return true;
}

bool tcp_output(struct tcpcb *t)
{
	bool sent = false;

	if (t->state == TCP_CLOSE || t->state == TCP_SYN_SENT ||
	    t->state == TCP_SYN_RECV || t->state == TCP_TIME_WAIT)
		return false;
	if (t->recovery)
		sent |= tcp_fill_holes(t);
	sent |= tcp_send_new(t);
	sent |= tcp_send_fin(t);
	/* something is under way, or waits for a window: watch it */
	if (t->rtx_at == TIME_NEVER &&
	    (t->snd_nxt != t->snd_una ||
	     (t->snd_end != t->snd_nxt && !t->fin_sent)))
		tcp_rtx_start(t);
	return sent;
}
