// SPDX-License-Identifier: GPL-2.0
/*
 * TCP with segments, the sockets' side: connecting, sending, closing, and how
 * a connection's states look to programs.
 *
 * A connection is found by its four names in tcp_conns, under inet_lock.
 */
#include <abi/poll.h>
#include <hostapi/host.h>
#include <kernel/ipc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "tcp_wire.h"

#define TCP_CONNS 256u
#define TCP_CHUNK 65472u /* with its header 64 KiB */
#define TCP_SMALL 2016u
#define TCP_STACK 256u

static struct list_head tcp_conns[TCP_CONNS]; /* under inet_lock */

/* --- finding --- */

static struct list_head *tcp_conn_list(const struct in6_addr *raddr, u16 lport,
				       u16 rport)
{
	u32 h = in6_hash(raddr) ^ ((u32)lport << 16 | rport) * 2246822519u;
	struct list_head *l = &tcp_conns[(h ^ h >> 16) % TCP_CONNS];

	if (unlikely(!l->next))
		list_init(l);
	return l;
}

static struct tcpcb *tcp_conn_find_locked(const struct in6_addr *laddr,
					  u16 lport,
					  const struct in6_addr *raddr,
					  u16 rport)
{
	struct tcpcb *t;

	list_for_each_entry (t, tcp_conn_list(raddr, lport, rport), hash_node)
		if (t->lport == lport && t->rport == rport &&
		    in6_equal(&t->raddr, raddr) && in6_equal(&t->laddr, laddr))
			return t;
	return NULL;
}

struct isock *tcp_conn_find(const struct in6_addr *laddr, u16 lport,
			    const struct in6_addr *raddr, u16 rport)
{
	struct isock *is = NULL;
	struct tcpcb *t;

	spin_lock(&inet_lock);
	t = tcp_conn_find_locked(laddr, lport, raddr, rport);
	if (t && ref_get_unless_zero(&t->is->sk.refs))
		is = t->is;
	spin_unlock(&inet_lock);
	return is;
}

int tcb_hash(struct tcpcb *t)
{
	int err = 0;

	spin_lock(&inet_lock);
	if (tcp_conn_find_locked(&t->laddr, t->lport, &t->raddr, t->rport))
		err = -EADDRNOTAVAIL;
	if (!err) {
		list_add(&t->hash_node,
			 tcp_conn_list(&t->raddr, t->lport, t->rport));
		t->hashed = true;
	}
	spin_unlock(&inet_lock);
	return err;
}

/* --- life --- */

struct tcpcb *tcb_make(struct isock *is)
{
	struct tcpcb *t = is->tcb;

	if (t)
		return t;
	t = kzalloc(sizeof(*t));
	if (!t)
		return NULL;
	mutex_init(&t->lock);
	t->is = is;
	t->state = TCP_CLOSE;
	list_init(&t->hash_node);
	list_init(&t->chunks);
	list_init(&t->ooo);
	timer_init(&t->timer, tcp_timer_fn);
	store_release(&is->tcb, t);
	return t;
}

static void tcb_free_queues(struct tcpcb *t)
{
	struct tcp_chunk *c, *cnext;
	struct tcp_ooo *g, *gnext;

	list_for_each_entry_safe (c, cnext, &t->chunks, node) {
		list_del(&c->node);
		kfree(c);
	}
	list_for_each_entry_safe (g, gnext, &t->ooo, node) {
		list_del(&g->node);
		kfree(g);
	}
	t->ooo_n = 0;
}

/* The last reference on its isock went. */
void tcb_free(struct tcpcb *t)
{
	if (!t)
		return;
	timer_cancel(&t->timer);
	tcb_free_queues(t);
	kfree(t);
}

/* Hard to guess, and ahead of what the same names had before: RFC 6528. */
u32 tcp_first_seq(const struct tcpcb *t)
{
	static u64 secret;
	u64 h;

	if (!secret)
		host_random(&secret, sizeof(secret));
	h = secret ^ in6_hash(&t->raddr) ^
	    ((u64)in6_hash(&t->laddr) << 32 | ((u32)t->lport << 16 | t->rport));
	h *= 0x9e3779b97f4a7c15ull;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ull;
	h ^= secret;
	return (u32)(h >> 32) + (u32)(time_mono_ns() >> 6);
}

/* t's names, path and isock are set; a fresh start. */
void tcb_begin(struct tcpcb *t)
{
	u32 limit;

	t->iss = tcp_first_seq(t);
	t->snd_una = t->iss;
	t->snd_nxt = t->snd_end = t->iss + 1;
	t->snd_up = t->iss;
	t->snd_wnd = t->max_wnd = t->snd_wl1 = t->snd_wl2 = 0;
	t->rcv_nxt = t->rcv_adv = t->copied = t->irs = 0;
	t->fin_queued = t->fin_sent = t->fin_rcvd = t->cork = false;
	t->ws_ok = t->ts_ok = t->sack_ok = t->urgent = false;
	t->snd_wscale = t->rcv_wscale = 0;
	t->peer_mss = 0xffff;
	t->unacked = t->probes = t->backoff = 0;
	t->rcv_mss = 0;
	t->ack_now = t->nospace = false;
	t->soft_err = 0;
	t->stalled_at = t->rtt_at = 0;
	t->keep_probes = 0;
	t->rtx_at = t->delack_at = t->keep_at = t->wait_at = TIME_NEVER;
	t->heard_at = t->sent_at = time_mono_ns();
	t->is->consumed = 0;
	limit = tcb_rcvbuf(t);
	while (t->rcv_wscale < TCP_WSCALE && limit >> t->rcv_wscale > 0xffff)
		t->rcv_wscale++;
	tcp_set_mss(t, t->path.mtu);
	tcp_loss_init(t);
}

u32 tcb_sndbuf(const struct tcpcb *t)
{
	const struct sock *sk = &t->is->sk;

	return sk->sndbuf_set ? READ_ONCE(sk->sndbuf) : TCP_SND_WIRE;
}

u32 tcb_rcvbuf(const struct tcpcb *t)
{
	const struct sock *sk = &t->is->sk;

	return sk->rcvbuf_set ? max(READ_ONCE(sk->rcvbuf) / 2, 2048u)
			      : TCP_RCV_WIRE;
}

/* --- states --- */

void tcb_set_state(struct tcpcb *t, u8 state)
{
	struct isock *is = t->is;

	t->state = state;
	spin_lock(&inet_lock);
	WRITE_ONCE(is->state, state == TCP_TIME_WAIT ? (u8)TCP_CLOSE : state);
	/* a port that was picked may be picked again, for another peer */
	if (state == TCP_TIME_WAIT && is->dead &&
	    !(is->bound & INET_BOUND_PORT))
		inet_port_leave_locked(is);
	spin_unlock(&inet_lock);
	if (state == TCP_TIME_WAIT) {
		t->rtx_at = t->keep_at = TIME_NEVER;
		t->wait_at = time_mono_ns() + TCP_TIMEWAIT;
		atomic_or(&is->sk.shutdown, SOCK_SHUT_ALL);
	}
	t->wake_r = t->wake_w = true;
}

void tcb_close(struct tcpcb *t, int err)
{
	struct isock *is = t->is, *l = t->listener;

	if (t->state == TCP_CLOSE)
		return;
	t->state = TCP_CLOSE;
	spin_lock(&inet_lock);
	if (t->hashed)
		list_del(&t->hash_node);
	t->hashed = false;
	if (err)
		WRITE_ONCE(is->sk.err, err);
	atomic_or(&is->sk.shutdown, SOCK_SHUT_ALL);
	WRITE_ONCE(is->state, TCP_CLOSE);
	if (is->dead || l)
		inet_port_leave_locked(is);
	spin_unlock(&inet_lock);
	tcb_free_queues(t);
	t->snd_una = t->snd_nxt = t->snd_end;
	if (l) {
		t->listener = NULL;
		atomic_dec(&l->nsyn);
		t->wake_listener = l; /* its reference */
	}
	t->drop = t->ref;
	t->ref = false;
	t->wake_r = t->wake_w = true;
}

void tcb_unlock(struct tcpcb *t)
{
	struct isock *is = t->is, *l = t->wake_listener;
	bool drop = t->drop, r = t->wake_r, w = t->wake_w, pri = t->wake_pri;

	t->drop = t->wake_r = t->wake_w = t->wake_pri = false;
	t->wake_listener = NULL;
	tcp_rearm(t);
	/* `drop` is still ours, so `is` stays until the end */
	mutex_unlock(&t->lock);
	if (w) {
		waitqueue_wake_all(&is->sk.rwait);
		waitqueue_wake_all(&is->sk.wwait);
	} else if (pri) {
		waitqueue_wake_poll(&is->sk.rwait, POLLPRI | POLLIN);
	} else if (r) {
		sock_wake_readers(&is->sk);
	}
	if (l) {
		sock_wake_readers(&l->sk);
		isock_put(l);
	}
	if (drop)
		isock_put(is);
}

/* --- what was received --- */

int tcb_deliver(struct tcpcb *t, const void *data, u32 n, bool oob)
{
	struct isock *is = t->is;
	struct tcp_piece *g;

	if (!oob && n <= TCP_SMALL && tcp_append(is, data, n)) {
		t->wake_r = true;
		return 0;
	}
	g = tcp_piece_alloc(oob ? 1 : max(n, TCP_SMALL));
	if (!g)
		return -ENOMEM;
	memcpy(g->data, data, n);
	g->p.len = n;
	g->oob = oob;
	if (tcp_queue(is, g))
		kfree(g); /* nobody will read it */
	t->wake_r = true;
	t->wake_pri |= oob;
	return 0;
}

void tcb_got_fin(struct tcpcb *t)
{
	struct isock *is = t->is;

	t->rcv_nxt++;
	t->fin_rcvd = true;
	t->ack_now = true;
	spin_lock(&inet_lock);
	is->fin_in = true;
	atomic_or(&is->sk.shutdown, SOCK_SHUT_RCV);
	spin_unlock(&inet_lock);
	switch (t->state) {
	case TCP_ESTABLISHED:
		tcb_set_state(t, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT1:
		tcb_set_state(t, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		tcp_send_ack(t);
		tcb_set_state(t, TCP_TIME_WAIT);
		break;
	}
	t->wake_r = t->wake_w = true;
}

/* The program has taken bytes: does the peer need to know? */
void tcpw_consumed(struct isock *is)
{
	struct tcpcb *t = tcb_of(is);
	u32 limit = tcb_rcvbuf(t), n = is->consumed, promised, wnd;

	promised = READ_ONCE(t->rcv_adv) - READ_ONCE(t->rcv_nxt);
	if (n < limit / 16 && (s32)promised > (s32)(limit / 4))
		return;
	tcb_lock(t);
	t->copied += n;
	is->consumed = 0;
	if (t->state == TCP_ESTABLISHED || t->state == TCP_FIN_WAIT1 ||
	    t->state == TCP_FIN_WAIT2) {
		promised = t->rcv_adv - t->rcv_nxt;
		wnd = tcp_rcv_window(t);
		if (wnd > promised && (wnd - promised >= limit / 8 ||
				       promised < 2 * max(t->rcv_mss, 536u)))
			tcp_send_ack(t);
	}
	tcb_unlock(t);
}

/* --- connect --- */

/* The names are settled: begin. Caller holds sk.lock. */
int tcpw_connect(struct isock *is, const struct net_path *path)
{
	struct tcpcb *t = tcb_make(is);
	int err;

	if (!t)
		return -ENOBUFS;
	tcb_lock(t);
	t->path = *path;
	t->laddr = is->laddr;
	t->raddr = is->raddr;
	t->lport = is->lport;
	t->rport = is->rport;
	is->wired = true;
	is->dead = is->fin_in = is->fin_out = false;
	tcb_begin(t);
	err = tcb_hash(t);
	if (!err) {
		t->state = TCP_SYN_SENT;
		t->ref = true;
		isock_get(is);
		WRITE_ONCE(is->state, TCP_SYN_SENT);
		tcp_send_syn(t);
		t->rtt_at = time_mono_ns();
		tcp_rtx_start(t);
	}
	tcb_unlock(t);
	return err;
}

/* --- send --- */

static int tcpw_send_error(struct sock *sk)
{
	return sock_take_error(sk) ?: -EPIPE;
}

static u32 tcpw_queued(const struct tcpcb *t)
{
	return READ_ONCE(t->snd_end) - READ_ONCE(t->snd_una);
}

bool tcpw_writable(struct isock *is)
{
	struct tcpcb *t = tcb_of(is);

	if (tcpw_queued(t) <= tcb_sndbuf(t) * 2 / 3)
		return true;
	WRITE_ONCE(t->nospace, true);
	smp_mb();
	return tcpw_queued(t) <= tcb_sndbuf(t) * 2 / 3;
}

static int tcpw_wait_room(struct isock *is, u64 deadline)
{
	struct sock *sk = &is->sk;
	int err;

	if (tcpw_writable(is))
		return 0;
	if (!deadline)
		return -EAGAIN;
	err = wait_event_deadline(
		&sk->wwait,
		tcpw_writable(is) || READ_ONCE(sk->err) ||
			(READ_ONCE(sk->shutdown) & SOCK_SHUT_SND),
		deadline, SLEEP_INTR, "tcp_send");
	return err ? sock_wait_error(err, sk->sndtimeo) : 0;
}

static struct tcp_chunk *tcp_chunk_alloc(u32 cap)
{
	struct tcp_chunk *c = kmalloc(sizeof(*c) + cap);

	if (c) {
		c->len = 0;
		c->cap = cap;
	}
	return c;
}

/* Caller holds t->lock. => false: no room in the last one */
static bool tcp_chunk_append(struct tcpcb *t, const void *data, u32 n)
{
	struct tcp_chunk *c;

	if (list_empty(&t->chunks))
		return false;
	c = list_last(&t->chunks, struct tcp_chunk, node);
	if (c->cap - c->len < n)
		return false;
	memcpy(c->data + c->len, data, n);
	c->len += n;
	return true;
}

/*
 * One piece into the queue, and out with what may go.
 * => bytes, 0: the connection is closed, -errno
 */
static ssize_t tcpw_send_one(struct isock *is, struct sock_msg *m)
{
	struct tcpcb *t = tcb_of(is);
	size_t n = min(m->it->count, (size_t)TCP_CHUNK);
	bool oob = m->flags & MSG_OOB;
	struct tcp_chunk *c = NULL;
	char small[TCP_STACK];
	const char *data = small;

	if (n <= TCP_STACK) {
		n = copy_from_iter(m->it, small, n);
	} else {
		c = tcp_chunk_alloc(n);
		if (!c)
			return -ENOBUFS;
		n = copy_from_iter(m->it, c->data, n);
		c->len = n;
		data = c->data;
	}
	if (!n) {
		kfree(c);
		return -EFAULT;
	}
	tcb_lock(t);
	if (t->state != TCP_ESTABLISHED && t->state != TCP_CLOSE_WAIT) {
		tcb_unlock(t);
		kfree(c);
		return 0;
	}
	if (!c && !tcp_chunk_append(t, data, n)) {
		c = tcp_chunk_alloc(TCP_SMALL);
		if (!c) {
			tcb_unlock(t);
			return -ENOBUFS;
		}
		memcpy(c->data, data, n);
		c->len = n;
	}
	if (c) {
		c->seq = t->snd_end;
		list_add_tail(&c->node, &t->chunks);
	}
	t->snd_end += n;
	if (oob && !m->it->count) {
		t->urgent = true;
		t->snd_up = t->snd_end;
	}
	t->cork = m->it->count || (m->flags & MSG_MORE);
	tcp_output(t);
	tcb_unlock(t);
	return n;
}

/* Caller holds sendlock. */
ssize_t tcpw_send(struct isock *is, struct sock_msg *m, u64 deadline)
{
	struct sock *sk = &is->sk;
	ssize_t done = 0, n = 0;

	while (m->it->count) {
		if (unlikely(READ_ONCE(sk->err) ||
			     (READ_ONCE(sk->shutdown) & SOCK_SHUT_SND))) {
			n = done ? 0 : tcpw_send_error(sk);
			break;
		}
		if (tcpw_queued(tcb_of(is)) >= tcb_sndbuf(tcb_of(is))) {
			mutex_unlock(&is->sendlock);
			n = tcpw_wait_room(is, deadline);
			mutex_lock(&is->sendlock);
			if (n)
				break;
			continue;
		}
		n = tcpw_send_one(is, m);
		if (n < 0)
			break;
		if (!n) {
			n = done ? 0 : tcpw_send_error(sk);
			break;
		}
		done += n;
	}
	is->tx_bytes += done;
	return done ? done : n;
}

/* TCP_CORK or TCP_NODELAY was changed: what was held back may go. */
void tcpw_push(struct isock *is)
{
	struct tcpcb *t = tcb_of(is);

	tcb_lock(t);
	t->cork = false;
	tcp_output(t);
	tcb_unlock(t);
}

void tcpw_keepalive(struct isock *is)
{
	struct tcpcb *t = tcb_of(is);

	tcb_lock(t);
	if (t->state != TCP_CLOSE && t->state != TCP_TIME_WAIT)
		tcp_keep_start(t);
	tcb_unlock(t);
}

/* --- the end --- */

static void tcb_send_fin(struct tcpcb *t)
{
	if (t->fin_queued)
		return;
	switch (t->state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		t->fin_queued = true;
		tcb_set_state(t, TCP_FIN_WAIT1);
		break;
	case TCP_CLOSE_WAIT:
		t->fin_queued = true;
		tcb_set_state(t, TCP_LAST_ACK);
		break;
	default:
		return;
	}
	t->cork = false;
	tcp_output(t);
}

void tcpw_shutdown(struct isock *is)
{
	struct tcpcb *t = tcb_of(is);

	tcb_lock(t);
	tcb_send_fin(t);
	tcb_unlock(t);
}

/* Everything sent has arrived, or it is over anyway. */
static bool tcpw_all_told(const struct tcpcb *t)
{
	u8 s = READ_ONCE(t->state);

	return s == TCP_CLOSE || s == TCP_TIME_WAIT || s == TCP_FIN_WAIT2;
}

/* The file is closed; or, with `reset`, the connection is to be broken. */
void tcpw_close(struct isock *is, bool reset, bool gone)
{
	struct tcpcb *t = tcb_of(is);
	struct sock *sk = &is->sk;

	tcb_lock(t);
	if (gone) {
		spin_lock(&is->q.lock);
		is->dead = true;
		spin_unlock(&is->q.lock);
	}
	if (t->state == TCP_SYN_SENT) {
		tcb_close(t, 0);
	} else if (reset && t->state != TCP_CLOSE &&
		   t->state != TCP_TIME_WAIT) {
		tcp_send_rst(t);
		tcb_close(t, 0);
	} else if (gone) {
		tcb_send_fin(t);
		if (t->state == TCP_FIN_WAIT2) {
			s32 secs = inet_opt(is, IPPROTO_TCP, TCP_LINGER2);

			t->wait_at = time_mono_ns() +
				     (u64)max(secs, 0) * NSEC_PER_SEC;
		}
	}
	tcb_unlock(t);
	if (gone && !reset && sk->linger.l_onoff && sk->linger.l_linger > 0)
		wait_event_deadline(
			&sk->wwait, tcpw_all_told(t),
			deadline_after((u64)sk->linger.l_linger * NSEC_PER_SEC),
			SLEEP_INTR, "tcp_linger");
}

/* Is there still a connection that needs the names? */
bool tcpw_alive(struct isock *is)
{
	return is->wired && READ_ONCE(tcb_of(is)->state) != TCP_CLOSE;
}

u32 tcpw_outq(struct isock *is, bool unsent)
{
	struct tcpcb *t = tcb_of(is);
	u32 n;

	tcb_lock(t);
	n = t->snd_end - (unsent ? t->snd_nxt - t->fin_sent : t->snd_una);
	if (t->state == TCP_CLOSE || (s32)n < 0)
		n = 0;
	tcb_unlock(t);
	return n;
}

/* What a program may see of the connection's inside. */
void tcpw_info(struct isock *is, struct tcpw_info *i)
{
	struct tcpcb *t = tcb_of(is);

	memset(i, 0, sizeof(*i));
	tcb_lock(t);
	i->state = t->state;
	i->options = (u8)(t->ts_ok | t->sack_ok << 1 | t->ws_ok << 2);
	i->wscale = (u8)(t->snd_wscale | t->rcv_wscale << 4);
	i->ca_state = t->recovery == TCP_FAST	? 3
		      : t->recovery == TCP_LOSS ? 4
						: 0;
	i->rto = (u32)(t->rto / NSEC_PER_USEC);
	i->mss = t->mss;
	i->rcv_mss = t->rcv_mss ? t->rcv_mss : 536;
	i->pmtu = t->path.mtu;
	i->rtt = (u32)(t->srtt / NSEC_PER_USEC);
	i->rttvar = (u32)(t->rttvar / NSEC_PER_USEC);
	i->min_rtt = t->min_rtt == TIME_NEVER
			     ? ~0u
			     : (u32)(t->min_rtt / NSEC_PER_USEC);
	i->cwnd = t->mss ? t->cwnd / t->mss : 0;
	i->ssthresh = t->ssthresh >= 0x7fffffff ? 0x7fffffff
						: t->ssthresh / t->mss;
	i->unacked = t->mss ? (t->snd_nxt - t->snd_una + t->mss - 1) / t->mss
			    : 0;
	i->retrans = t->retrans;
	i->segs_in = t->segs_in;
	i->segs_out = t->segs_out;
	i->ooo = t->ooo_seen;
	i->snd_wnd = t->snd_wnd;
	i->rcv_wnd = t->rcv_adv - t->rcv_nxt;
	i->notsent = t->snd_end - t->snd_nxt;
	i->retransmits = (u8)min(t->backoff, 255u);
	i->probes = (u8)min(t->probes + t->keep_probes, 255u);
	i->idle_ms = (u32)((time_mono_ns() - t->heard_at) / NSEC_PER_MSEC);
	tcb_unlock(t);
}

void tcpw_peek(struct isock *is, struct tcpw_info *i)
{
	struct tcpcb *t = tcb_of(is);

	i->state = READ_ONCE(t->state);
	i->notsent = READ_ONCE(t->snd_end) - READ_ONCE(t->snd_nxt);
	i->unacked = READ_ONCE(t->snd_nxt) - READ_ONCE(t->snd_una);
}
