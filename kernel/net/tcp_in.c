// SPDX-License-Identifier: GPL-2.0
/*
 * TCP, coming in: segments taken apart, and what each state makes of them, in
 * the order of RFC 9293, 3.10.7, with the checks of RFC 5961 (a RST or SYN must
 * fit exactly, else it is questioned) and RFC 7323 (old stamps are dropped).
 *
 * A SYN for a listener makes a socket at once, which waits in SYN_RECV, counted
 * by the listener, and is hung on its backlog when the handshake is complete.
 */
#include <hostapi/host.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "tcp_wire.h"

#define TCP_SYN_MAX   1024u
#define TCP_PAWS_IDLE (24ull * 86400 * NSEC_PER_SEC)

/* --- taking apart --- */

static void tcp_parse_options(struct tcp_seg *s, const u8 *o, u32 n)
{
	while (n) {
		u32 len;

		if (*o == 0)
			return;
		if (*o == 1) {
			o++;
			n--;
			continue;
		}
		if (n < 2 || o[1] < 2 || o[1] > n)
			return;
		len = o[1];
		switch (*o) {
		case 2:
			if (len == 4 && (s->flags & TCP_SYN)) {
				s->has_mss = true;
				s->mss = get16(o + 2);
			}
			break;
		case 3:
			if (len == 3 && (s->flags & TCP_SYN)) {
				s->has_ws = true;
				s->ws = min(o[2], (u8)14);
			}
			break;
		case 4:
			if (len == 2 && (s->flags & TCP_SYN))
				s->sack_ok = true;
			break;
		case 5:
			for (u32 i = 2; i + 8 <= len && s->nsack < 4; i += 8) {
				s->sack[s->nsack].start = get32(o + i);
				s->sack[s->nsack++].end = get32(o + i + 4);
			}
			break;
		case 8:
			if (len == 10) {
				s->has_ts = true;
				s->tsval = get32(o + 2);
				s->tsecr = get32(o + 6);
			}
			break;
		}
		o += len;
		n -= len;
	}
}

static bool tcp_parse(struct tcp_seg *s, struct pkt *p)
{
	const u8 *h = p->data;
	u32 hlen;

	memset(s, 0, sizeof(*s));
	s->p = p;
	if (p->len < TCP_HLEN)
		return false;
	hlen = (h[12] >> 4) * 4u;
	if (hlen < TCP_HLEN || hlen > p->len)
		return false;
	s->seq = get32(h + 4);
	s->ack = get32(h + 8);
	s->flags = h[13] & 0x3f;
	s->wnd = get16(h + 14);
	s->urg = get16(h + 18);
	s->data = h + hlen;
	s->len = p->len - hlen;
	tcp_parse_options(s, h + TCP_HLEN, hlen - TCP_HLEN);
	return true;
}

/* --- connections that come --- */

static void tcp_take_options(struct tcpcb *t, const struct tcp_seg *s)
{
	t->sack_ok = s->sack_ok;
	t->ws_ok = s->has_ws;
	t->snd_wscale = s->has_ws ? s->ws : 0;
	if (!s->has_ws)
		t->rcv_wscale = 0;
	t->ts_ok = s->has_ts;
	if (s->has_ts) {
		t->ts_recent = s->tsval;
		t->ts_recent_at = time_mono_ns();
	}
	t->peer_mss = s->has_mss ? max(s->mss, 64u) : TCP_MSS_LEAST;
	tcp_set_mss(t, t->path.mtu);
}

static struct tcpcb *tcp_child(struct isock *l, struct pkt *p)
{
	struct isock *is = isock_alloc(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	struct tcpcb *t;

	if (!is)
		return NULL;
	t = tcb_make(is);
	if (!t || net_route(&net0, &p->src, l->sk.bound_dev, &t->path) ||
	    t->path.dev->index == NET_LO) {
		isock_put(is);
		return NULL;
	}
	is->wired = true;
	t->laddr = p->dst;
	t->raddr = p->src;
	return t;
}

/* A SYN for listener l. */
static void tcp_got_syn(struct isock *l, const struct tcp_seg *s)
{
	struct tcpcb *t;
	struct isock *is;

	if (READ_ONCE(l->npending) > l->backlog ||
	    READ_ONCE(l->nsyn) >= TCP_SYN_MAX)
		return; /* it will be sent again */
	t = tcp_child(l, s->p);
	if (!t)
		return;
	is = t->is;
	t->lport = get16(s->p->data + 2);
	t->rport = get16(s->p->data);
	spin_lock(&inet_lock);
	tcp_inherit_locked(is, l);
	is->laddr = t->laddr;
	is->raddr = t->raddr;
	is->lport = t->lport;
	is->rport = t->rport;
	is->bound = INET_BOUND_ADDR | INET_BOUND_PORT;
	inet_port_join_locked(is);
	spin_unlock(&inet_lock);
	tcb_lock(t);
	tcb_begin(t);
	t->state = TCP_SYN_RECV;
	WRITE_ONCE(is->state, TCP_SYN_RECV);
	t->irs = s->seq;
	t->rcv_nxt = t->rcv_adv = t->copied = s->seq + 1;
	tcp_take_options(t, s);
	t->snd_wnd = t->max_wnd = s->wnd;
	t->snd_wl1 = s->seq;
	tcp_loss_init(t);
	if (tcb_hash(t)) {
		t->state = TCP_CLOSE;
		WRITE_ONCE(is->state, TCP_CLOSE);
		tcb_unlock(t);
		isock_put(is);
		return;
	}
	t->ref = true; /* the first reference is the connection's */
	isock_get(l);
	t->listener = l;
	atomic_inc(&l->nsyn);
	tcp_send_syn(t);
	t->rtt_at = time_mono_ns();
	tcp_rtx_start(t);
	tcb_unlock(t);
}

/* The third segment has come. => false: nobody listens any more */
static bool tcp_child_ready(struct tcpcb *t)
{
	struct isock *l = t->listener, *is = t->is;
	bool ok = false;

	t->listener = NULL;
	atomic_dec(&l->nsyn);
	spin_lock(&inet_lock);
	if (l->state == TCP_LISTEN) {
		isock_get(is); /* the backlog's */
		list_add_tail(&is->acc_node, &l->pending);
		WRITE_ONCE(l->npending, l->npending + 1);
		ok = true;
	}
	spin_unlock(&inet_lock);
	if (ok)
		t->wake_listener = l;
	else
		isock_put(l);
	return ok;
}

static void tcp_established(struct tcpcb *t)
{
	tcb_set_state(t, TCP_ESTABLISHED);
	t->backoff = 0;
	t->stalled_at = 0;
	t->rtx_at = TIME_NEVER;
	t->quick = 16;
	tcp_keep_start(t);
}

/* --- SYN_SENT --- */

static void tcp_syn_sent(struct tcpcb *t, const struct tcp_seg *s)
{
	bool ack = s->flags & TCP_ACK;

	if (ack && (seq_le(s->ack, t->iss) || seq_lt(t->snd_nxt, s->ack))) {
		tcp_reject(&net0, s);
		return;
	}
	if (s->flags & TCP_RST) {
		if (ack)
			tcb_close(t, ECONNREFUSED);
		return;
	}
	if (!(s->flags & TCP_SYN))
		return;
	t->irs = s->seq;
	t->rcv_nxt = t->rcv_adv = t->copied = s->seq + 1;
	tcp_take_options(t, s);
	tcp_loss_init(t);
	t->snd_wnd = t->max_wnd = s->wnd;
	t->snd_wl1 = s->seq;
	t->snd_wl2 = s->ack;
	if (!ack) { /* both at once */
		t->state = TCP_SYN_RECV;
		tcp_send_syn(t);
		tcp_rtx_start(t);
		return;
	}
	t->snd_una = s->ack;
	if (t->rtt_at)
		tcp_rtt_sample(t, time_mono_ns() - t->rtt_at);
	t->rtt_at = 0;
	tcp_established(t);
	t->wake_r = t->wake_w = true;
	if (!tcp_output(t))
		tcp_send_ack(t);
}

/* --- everything after --- */

/* Ask whether a suspicious segment was meant; not too often. */
static void tcp_challenge(struct tcpcb *t)
{
	u64 now = time_mono_ns();

	if (now - t->ack_limit_at > NSEC_PER_SEC) {
		t->ack_limit_at = now;
		t->ack_limit = 0;
	}
	if (t->ack_limit++ < 100)
		tcp_send_ack(t);
}

/* Does the segment touch the window? */
static bool tcp_acceptable(const struct tcpcb *t, const struct tcp_seg *s)
{
	u32 wnd = t->rcv_adv - t->rcv_nxt;
	u32 end = s->seq + s->len + !!(s->flags & TCP_FIN);

	if (seq_lt(t->rcv_adv, t->rcv_nxt))
		wnd = 0;
	if (end == s->seq)
		return wnd ? seq_le(t->rcv_nxt, s->seq) &&
				       seq_lt(s->seq, t->rcv_nxt + wnd)
			   : s->seq == t->rcv_nxt || s->seq == t->rcv_nxt - 1;
	return seq_lt(s->seq, t->rcv_nxt + max(wnd, 1u)) &&
	       seq_lt(t->rcv_nxt, end);
}

/* Stamps that go back are from an earlier life of the segment. */
static bool tcp_is_old(const struct tcpcb *t, const struct tcp_seg *s)
{
	return t->ts_ok && s->has_ts && !(s->flags & TCP_RST) &&
	       (s32)(s->tsval - t->ts_recent) < 0 &&
	       time_mono_ns() - t->ts_recent_at < TCP_PAWS_IDLE;
}

static void tcp_free_chunks(struct tcpcb *t)
{
	struct tcp_chunk *c, *next;

	list_for_each_entry_safe (c, next, &t->chunks, node) {
		if (!seq_le(c->seq + c->len, t->snd_una))
			return;
		list_del(&c->node);
		kfree(c);
	}
}

/* Our FIN has been acknowledged. */
static void tcp_fin_acked(struct tcpcb *t)
{
	switch (t->state) {
	case TCP_FIN_WAIT1:
		tcb_set_state(t, TCP_FIN_WAIT2);
		if (t->is->dead) {
			s32 secs = inet_opt(t->is, IPPROTO_TCP, TCP_LINGER2);

			if (secs < 0)
				tcb_close(t, 0);
			else
				t->wait_at = time_mono_ns() +
					     (u64)secs * NSEC_PER_SEC;
		}
		break;
	case TCP_CLOSING:
		tcb_set_state(t, TCP_TIME_WAIT);
		break;
	case TCP_LAST_ACK:
		tcb_close(t, 0);
		break;
	}
}

static void tcp_update_window(struct tcpcb *t, const struct tcp_seg *s)
{
	u32 wnd = s->wnd << ((s->flags & TCP_SYN) ? 0 : t->snd_wscale);

	if (seq_lt(t->snd_wl1, s->seq) ||
	    (t->snd_wl1 == s->seq && seq_le(t->snd_wl2, s->ack))) {
		if (!t->snd_wnd && wnd) {
			t->backoff = t->probes = 0;
			t->rtx_at = TIME_NEVER;
		}
		t->snd_wnd = wnd;
		t->max_wnd = max(t->max_wnd, wnd);
		t->snd_wl1 = s->seq;
		t->snd_wl2 = s->ack;
	}
}

/* => false: the segment is to be dropped */
static bool tcp_got_ack(struct tcpcb *t, const struct tcp_seg *s)
{
	u32 una = t->snd_una, acked = 0, old_wnd = t->snd_wnd;
	bool dup;

	if (seq_lt(t->snd_nxt, s->ack)) {
		tcp_challenge(t);
		return false;
	}
	if (seq_lt(s->ack, una - t->max_wnd)) {
		tcp_challenge(t);
		return false;
	}
	if (seq_lt(s->ack, una)) {
		if (t->sack_ok && s->nsack)
			tcp_acked(t, s, 0, false);
		return true;
	}
	tcp_update_window(t, s);
	dup = s->ack == una && !s->len && t->snd_wnd == old_wnd &&
	      t->snd_nxt != una && !(s->flags & (TCP_SYN | TCP_FIN));
	if (seq_lt(una, s->ack)) {
		acked = s->ack - una;
		t->snd_una = s->ack;
		if (t->urgent && seq_le(t->snd_up, t->snd_una))
			t->urgent = false;
		tcp_free_chunks(t);
	}
	tcp_acked(t, s, acked, dup);
	if (acked) {
		t->rtx_at = TIME_NEVER;
		t->probes = 0;
		if (t->snd_una != t->snd_nxt)
			tcp_rtx_start(t);
		if (t->nospace &&
		    (t->snd_end - t->snd_una) <= tcb_sndbuf(t) * 2 / 3) {
			t->nospace = false;
			t->wake_w = true;
		}
		if (t->fin_sent && t->snd_una == t->snd_end + 1)
			tcp_fin_acked(t);
	} else if (s->ack == una && t->probes) {
		t->probes = 0; /* it lives, though it takes nothing */
	}
	return t->state != TCP_CLOSE;
}

/* --- data --- */

static void tcp_ooo_add(struct tcpcb *t, const struct tcp_seg *s)
{
	struct tcp_ooo *g, *o, *at = NULL;
	u32 seq = s->seq, end = s->seq + s->len;

	t->ooo_seen++;
	if (t->ooo_n >= TCP_OOO_MAX)
		return;
	/* what overlaps an earlier piece is cut; whole ones are dropped */
	list_for_each_entry (o, &t->ooo, node) {
		if (seq_le(o->seq + o->len, seq))
			continue;
		if (seq_le(end, o->seq)) {
			at = o;
			break;
		}
		if (seq_le(o->seq, seq))
			seq = seq_min(o->seq + o->len, end);
		else
			end = o->seq;
		if (!at && seq_lt(seq, o->seq))
			at = o;
		if (!seq_lt(seq, end))
			break;
	}
	t->ooo_last = s->seq;
	if (!seq_lt(seq, end) && !((s->flags & TCP_FIN) && !s->len))
		return;
	g = kmalloc(sizeof(*g) + (end - seq));
	if (!g)
		return;
	g->seq = seq;
	g->len = end - seq;
	g->fin = (s->flags & TCP_FIN) && end == s->seq + s->len;
	memcpy(g->data, s->data + (seq - s->seq), g->len);
	list_add_tail(&g->node, at ? &at->node : &t->ooo);
	t->ooo_n++;
}

/* What now has its turn. */
static void tcp_ooo_take(struct tcpcb *t)
{
	struct tcp_ooo *g, *next;

	list_for_each_entry_safe (g, next, &t->ooo, node) {
		u32 skip = t->rcv_nxt - g->seq;

		if (seq_lt(t->rcv_nxt, g->seq))
			return;
		if (skip < g->len || (skip == g->len && g->fin)) {
			if (skip < g->len) {
				if (tcb_deliver(t, g->data + skip,
						g->len - skip, false))
					return;
				t->rcv_nxt += g->len - skip;
			}
			if (g->fin && !t->fin_rcvd)
				tcb_got_fin(t);
		}
		list_del(&g->node);
		t->ooo_n--;
		kfree(g);
	}
}

/* In order; urgent bytes are marks of their own (tcp(7), MSG_OOB). */
static int tcp_in_order(struct tcpcb *t, const struct tcp_seg *s,
			const u8 *data, u32 n)
{
	u32 mark = 0;
	int err;

	if ((s->flags & TCP_URG) && s->urg)
		mark = s->seq + s->urg - 1 - t->rcv_nxt + 1;
	if (!mark || mark > n)
		return tcb_deliver(t, data, n, false);
	err = mark > 1 ? tcb_deliver(t, data, mark - 1, false) : 0;
	if (!err)
		err = tcb_deliver(t, data + mark - 1, 1, true);
	if (!err)
		sock_signal_urgent(&t->is->sk);
	if (!err && mark < n)
		err = tcb_deliver(t, data + mark, n - mark, false);
	return err;
}

static void tcp_got_data(struct tcpcb *t, const struct tcp_seg *s)
{
	u32 skip, n = s->len, wnd = t->rcv_adv - t->rcv_nxt;
	bool fin = s->flags & TCP_FIN;
	const u8 *data = s->data;

	if (!n && !fin)
		return;
	if (t->fin_rcvd) {
		t->ack_now = true;
		return;
	}
	/* nobody will read it: RFC 9293, 3.6.1 */
	if (n && t->is->dead) {
		tcp_reject(&net0, s);
		tcb_close(t, 0);
		return;
	}
	if (s->p->gso ? s->p->gso > t->rcv_mss : n > t->rcv_mss)
		t->rcv_mss = s->p->gso ? s->p->gso : n;
	if (seq_lt(t->rcv_nxt, s->seq)) {
		tcp_ooo_add(t, s);
		t->ack_now = true;
		return;
	}
	skip = t->rcv_nxt - s->seq;
	if (skip > n || (skip == n && !fin)) {
		t->ack_now = true;
		return;
	}
	data += skip;
	n -= skip;
	if (skip)
		t->ack_now = true;
	if (n > wnd) { /* more than we said */
		n = wnd;
		fin = false;
		t->ack_now = true;
	}
	if (n && tcp_in_order(t, s, data, n))
		return; /* no memory: it will come again */
	t->rcv_nxt += n;
	t->unacked += n;
	if (t->ooo_n) {
		tcp_ooo_take(t);
		t->ack_now = true;
	}
	if (fin && !t->fin_rcvd)
		tcb_got_fin(t);
}

static void tcp_maybe_ack(struct tcpcb *t)
{
	if (t->ack_now || t->unacked >= 2 * max(t->rcv_mss, 536u) ||
	    (t->unacked && t->quick))
		tcp_send_ack(t);
	else if (t->unacked && t->delack_at == TIME_NEVER)
		t->delack_at = time_mono_ns() + TCP_DELACK;
}

static void tcp_got_rst(struct tcpcb *t, const struct tcp_seg *s)
{
	if (s->seq != t->rcv_nxt) {
		tcp_challenge(t);
		return;
	}
	if (t->state == TCP_SYN_RECV && t->listener)
		tcb_close(t, 0);
	else if (t->state == TCP_TIME_WAIT)
		return; /* RFC 1337 */
	else
		tcb_close(t, t->state == TCP_CLOSE_WAIT ? EPIPE : ECONNRESET);
}

static void tcp_time_wait(struct tcpcb *t, const struct tcp_seg *s)
{
	if (s->flags & TCP_RST)
		return;
	tcp_send_ack(t);
	if (s->flags & TCP_FIN)
		t->wait_at = time_mono_ns() + TCP_TIMEWAIT;
}

static void tcp_segment(struct tcpcb *t, const struct tcp_seg *s)
{
	t->segs_in++;
	if (t->state == TCP_SYN_SENT) {
		tcp_syn_sent(t, s);
		return;
	}
	if (tcp_is_old(t, s) || !tcp_acceptable(t, s)) {
		if (!(s->flags & TCP_RST)) {
			if (t->state == TCP_SYN_RECV && (s->flags & TCP_SYN))
				tcp_send_syn(t); /* it lost our answer */
			else
				tcp_send_ack(t);
		}
		return;
	}
	t->heard_at = time_mono_ns();
	t->keep_probes = 0;
	if (s->flags & TCP_RST) {
		tcp_got_rst(t, s);
		return;
	}
	if (s->flags & TCP_SYN) {
		tcp_challenge(t);
		return;
	}
	if (!(s->flags & TCP_ACK))
		return;
	if (t->ts_ok && s->has_ts && seq_le(s->seq, t->last_ack_sent)) {
		t->ts_recent = s->tsval;
		t->ts_recent_at = t->heard_at;
	}
	if (t->state == TCP_SYN_RECV) {
		if (seq_le(s->ack, t->snd_una) || seq_lt(t->snd_nxt, s->ack)) {
			tcp_reject(&net0, s);
			return;
		}
		t->snd_una = t->iss + 1;
		t->snd_wl1 = s->seq - 1;
		if (t->rtt_at && !t->backoff)
			tcp_rtt_sample(t, t->heard_at - t->rtt_at);
		t->rtt_at = 0;
		if (t->listener && !tcp_child_ready(t)) {
			tcp_send_rst(t);
			tcb_close(t, 0);
			return;
		}
		tcp_established(t);
		t->wake_r = t->wake_w = true;
	}
	if (!tcp_got_ack(t, s))
		return;
	if (t->state == TCP_TIME_WAIT) {
		tcp_time_wait(t, s);
		return;
	}
	tcp_got_data(t, s);
	if (t->state == TCP_CLOSE)
		return;
	tcp_output(t);
	tcp_maybe_ack(t);
}

/* A new connection may take the place of one that only waits: RFC 6191. */
static bool tcp_may_replace(const struct tcpcb *t, const struct tcp_seg *s)
{
	return t->state == TCP_TIME_WAIT && (s->flags & TCP_SYN) &&
	       !(s->flags & (TCP_ACK | TCP_RST)) &&
	       (seq_lt(t->rcv_nxt, s->seq) ||
		(t->ts_ok && s->has_ts && (s32)(s->tsval - t->ts_recent) > 0));
}

static struct isock *tcp_listener_find(const struct pkt *p, u16 dport,
				       u16 sport)
{
	struct isock *l;

	spin_lock(&inet_lock);
	l = inet_lookup_locked(INET_TCP, &p->dst, dport, &p->src, sport);
	if (l && (l->state != TCP_LISTEN ||
		  (l->sk.bound_dev && l->sk.bound_dev != p->dev->index) ||
		  !ref_get_unless_zero(&l->sk.refs)))
		l = NULL;
	spin_unlock(&inet_lock);
	return l;
}

void tcp_input(struct net *net, struct pkt *p)
{
	struct tcp_seg s;
	struct isock *is, *l;
	struct tcpcb *t;
	u16 sport, dport;

	net->tcp_in++;
	if (p->type != PKT_HOST || in6_is_multicast(&p->dst) ||
	    !tcp_parse(&s, p) ||
	    (!p->csum_ok &&
	     csum_l4(&p->src, &p->dst, IPPROTO_TCP, p->data, p->len)))
		goto out;
	sport = get16(p->data);
	dport = get16(p->data + 2);
	is = tcp_conn_find(&p->dst, dport, &p->src, sport);
	if (is) {
		t = tcb_of(is);
		tcb_lock(t);
		if (t->state != TCP_CLOSE && !tcp_may_replace(t, &s)) {
			tcp_segment(t, &s);
			tcb_unlock(t);
			isock_put(is);
			goto out;
		}
		if (t->state != TCP_CLOSE)
			tcb_close(t, 0);
		tcb_unlock(t);
		isock_put(is);
	}
	l = s.flags & (TCP_RST | TCP_ACK | TCP_SYN)
		    ? tcp_listener_find(p, dport, sport)
		    : NULL;
	if (l && (s.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
		tcp_got_syn(l, &s);
	else
		tcp_reject(net, &s);
	if (l)
		isock_put(l);
out:
	pkt_free(p);
}

void tcp_sock_error(struct net *net, const struct in6_addr *src, u16 sport,
		    const struct in6_addr *dst, u16 dport, u32 seq, int err,
		    bool hard, u32 mtu)
{
	struct isock *is = tcp_conn_find(src, sport, dst, dport);
	struct tcpcb *t;

	if (!is)
		return;
	t = tcb_of(is);
	tcb_lock(t);
	if (t->state == TCP_CLOSE || seq_lt(seq, t->snd_una) ||
	    seq_lt(t->snd_nxt, seq)) {
		/* not about what is under way */
	} else if (mtu) {
		if (mtu < t->path.mtu && t->state != TCP_SYN_SENT) {
			t->path.mtu = max(mtu, 552u);
			tcp_set_mss(t, t->path.mtu);
			if (t->snd_nxt != t->snd_una) {
				tcp_rto_loss(t);
				t->cwnd = max(t->prior_cwnd, 2 * t->mss);
				tcp_output(t);
			}
		}
	} else if (t->state == TCP_SYN_SENT &&
		   (hard || err == EHOSTUNREACH || err == ENETUNREACH)) {
		tcb_close(t, err);
	} else {
		t->soft_err = err;
	}
	tcb_unlock(t);
	isock_put(is);
}
