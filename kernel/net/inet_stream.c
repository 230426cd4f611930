// SPDX-License-Identifier: GPL-2.0
/*
 * The bytes of a TCP connection.
 *
 * A sender hangs its bytes on the peer's queue; what is in flight and what is
 * received are the same thing here, so that SO_SNDBUF of the one and SO_RCVBUF
 * of the other together are the room. Small writes are put together in pieces
 * of TCP_SMALL bytes: first into a buffer on the stack, then, under q.lock,
 * behind the bytes of the last piece.
 *
 * Writers are woken when half of the room is free again, and only when one has
 * found none (`nospace`), so that a poller sees one edge.
 *
 * Urgent data is a piece of its own: the mark. Its byte is kept aside for
 * MSG_OOB, unless SO_OOBINLINE leaves it among the others; reads stop before
 * the mark.
 */
#include <abi/ioctl.h>
#include <abi/poll.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include "inet_internal.h"

#define TCP_SMALL 1984u /* a small piece: with its header 2 KiB */
#define TCP_STACK 256u	/* what goes by the stack */

struct tcp_piece *tcp_piece_alloc(u32 cap)
{
	struct tcp_piece *g = kmalloc(sizeof(*g) + cap);

	if (!g)
		return NULL;
	g->p.len = g->p.off = 0;
	g->p.charge = cap + sizeof(*g);
	g->cap = cap;
	g->oob = false;
	return g;
}

static struct tcp_piece *tcp_piece_of(struct sock_piece *p)
{
	return p ? container_of(p, struct tcp_piece, p) : NULL;
}

void tcp_queue_flush(struct isock *is)
{
	struct tcp_piece *g, *next;
	struct list_head out;

	if (list_empty(&is->q.list))
		return;
	sock_queue_take_all(&is->q, &out);
	list_for_each_entry_safe (g, next, &out, p.node)
		kfree(g);
}

/* --- room --- */

static u32 tcp_limit(const struct isock *is, const struct isock *peer)
{
	return READ_ONCE(is->sk.sndbuf) + READ_ONCE(peer->sk.rcvbuf);
}

/* Half of it: worth waking, and what poll calls writable. */
static bool tcp_has_room(const struct isock *is, const struct isock *peer)
{
	return READ_ONCE(peer->q.bytes) <= tcp_limit(is, peer) / 2;
}

/* Something was read from `is`. */
void tcp_wake_room(struct isock *is)
{
	struct isock *peer = is->peer;

	if (!peer)
		return;
	smp_mb();
	if (READ_ONCE(is->nospace) && tcp_has_room(peer, is)) {
		WRITE_ONCE(is->nospace, 0);
		sock_wake_writers(&peer->sk);
	}
}

static int tcp_wait_room(struct isock *is, struct isock *peer, u64 deadline)
{
	struct sock *sk = &is->sk;
	int err;

	WRITE_ONCE(peer->nospace, 1);
	smp_mb();
	if (tcp_has_room(is, peer))
		return 0;
	if (!deadline)
		return -EAGAIN;
	err = wait_event_deadline(
		&sk->wwait,
		tcp_has_room(is, peer) || READ_ONCE(sk->err) ||
			(READ_ONCE(sk->shutdown) & SOCK_SHUT_SND),
		deadline, SLEEP_INTR, "tcp_send");
	return err ? sock_wait_error(err, sk->sndtimeo) : 0;
}

/* --- sending --- */

/* Into the last piece. => false: there is no room */
bool tcp_append(struct isock *peer, const void *data, u32 n)
{
	struct tcp_piece *g;
	bool ok = false;

	spin_lock(&peer->q.lock);
	if (!list_empty(&peer->q.list) && !peer->dead) {
		g = tcp_piece_of(
			list_last(&peer->q.list, struct sock_piece, node));
		ok = !g->oob && g->cap - g->p.len >= n;
		if (ok) {
			memcpy(g->data + g->p.len, data, n);
			WRITE_ONCE(g->p.len, g->p.len + n);
		}
	}
	spin_unlock(&peer->q.lock);
	return ok;
}

/* => 0, -EPIPE: nobody is there any more */
int tcp_queue(struct isock *peer, struct tcp_piece *g)
{
	int err = 0;

	spin_lock(&peer->q.lock);
	if (unlikely(peer->dead)) {
		err = -EPIPE;
	} else {
		if (unlikely(g->oob)) {
			peer->oob_have = true;
			peer->oob_byte = g->data[0];
		}
		sock_queue_add_locked(&peer->q, &g->p);
	}
	spin_unlock(&peer->q.lock);
	return err;
}

/* One piece of at most `max` bytes. => bytes or -errno */
static ssize_t tcp_send_one(struct isock *peer, struct iov_iter *it, u32 max,
			    bool oob)
{
	size_t n = min(it->count, (size_t)max), got;
	char small[TCP_STACK];
	struct tcp_piece *g;
	u32 cap = n;
	int err;

	if (n <= TCP_STACK && !oob) {
		got = copy_from_iter(it, small, n);
		if (!got)
			return -EFAULT;
		n = got;
		if (READ_ONCE(peer->q.nr)) {
			if (tcp_append(peer, small, n))
				return n;
			cap = min(TCP_SMALL, max);
		}
	}
	g = tcp_piece_alloc(max_t(u32, cap, n));
	if (!g)
		return -ENOBUFS;
	g->oob = oob;
	if (n <= TCP_STACK && !oob)
		memcpy(g->data, small, n);
	else
		n = copy_from_iter(it, g->data, n);
	g->p.len = n;
	err = n ? tcp_queue(peer, g) : -EFAULT;
	if (!err)
		return n;
	kfree(g);
	return err == -EPIPE ? 0 : err;
}

static int tcp_send_error(struct sock *sk)
{
	return sock_take_error(sk) ?: -EPIPE;
}

/* Until the connection stands. => 0, -EPIPE, … */
static int tcp_send_ready(struct isock *is, u64 deadline)
{
	struct sock *sk = &is->sk;
	int err;

	while (unlikely(load_acquire(&is->state) == TCP_SYN_SENT)) {
		if (!deadline)
			return -EAGAIN;
		err = wait_event_deadline(&sk->wwait,
					  READ_ONCE(is->state) != TCP_SYN_SENT,
					  deadline, SLEEP_INTR, "tcp_send");
		if (err)
			return sock_wait_error(err, sk->sndtimeo);
	}
	if (READ_ONCE(sk->err) || (READ_ONCE(sk->shutdown) & SOCK_SHUT_SND) ||
	    !(is->peer || is->wired) || is->state == TCP_LISTEN ||
	    is->state == TCP_CLOSE)
		return tcp_send_error(sk);
	return 0;
}

/* Caller holds sendlock. */
static ssize_t tcp_send_all(struct isock *is, struct sock_msg *m, u64 deadline)
{
	struct isock *peer = is->peer;
	struct sock *sk = &is->sk;
	u32 chunk = min(SOCK_CHUNK, tcp_limit(is, peer) / 2);
	ssize_t want = m->it->count, done = 0, n = 0;

	while (m->it->count) {
		bool oob = (m->flags & MSG_OOB) && m->it->count == 1;

		if (unlikely(READ_ONCE(sk->err) ||
			     (READ_ONCE(sk->shutdown) & SOCK_SHUT_SND))) {
			n = done ? 0 : tcp_send_error(sk);
			break;
		}
		if (READ_ONCE(peer->q.bytes) >= tcp_limit(is, peer)) {
			mutex_unlock(&is->sendlock);
			n = tcp_wait_room(is, peer, deadline);
			mutex_lock(&is->sendlock);
			if (n)
				break;
			continue;
		}
		n = tcp_send_one(peer, m->it,
				 m->flags & MSG_OOB && !oob
					 ? min_t(u32, chunk, m->it->count - 1)
					 : chunk,
				 oob);
		if (n < 0)
			break;
		if (unlikely(!n)) { /* into the void, and that breaks it */
			tcp_reset(is);
			done = want;
			break;
		}
		if (unlikely(oob)) {
			sock_signal_urgent(&peer->sk);
			waitqueue_wake_poll(&peer->sk.rwait, POLLPRI | POLLIN);
		} else {
			sock_wake_readers(&peer->sk);
		}
		done += n;
	}
	is->tx_bytes += done;
	return done ? done : n;
}

ssize_t tcp_send(struct sock *sk, struct sock_msg *m)
{
	struct isock *is = isock_of(sk);
	u64 deadline = sock_deadline(sk->sndtimeo, m->flags & MSG_DONTWAIT);
	ssize_t ret = 0;

	if (unlikely(m->flags & MSG_FASTOPEN) && m->namelen)
		ret = m->name->ss_family == AF_UNSPEC
			      ? -EOPNOTSUPP
			      : sk->ops->connect(sk, m->name, m->namelen,
						 m->flags & MSG_DONTWAIT);
	if (!ret)
		ret = tcp_send_ready(is, deadline);
	if (ret)
		return ret;
	mutex_lock(&is->sendlock);
	ret = unlikely(is->wired) ? tcpw_send(is, m, deadline)
				  : tcp_send_all(is, m, deadline);
	mutex_unlock(&is->sendlock);
	return ret;
}

/* --- receiving --- */

struct tcp_reader {
	struct tcp_piece *at; /* MSG_PEEK: what was looked at last */
	size_t done;
	size_t skip; /* SO_PEEK_OFF: still to be passed over */
};

/* Done with the first piece? Senders may have added to it. */
static void tcp_consume(struct isock *is, struct tcp_piece *g, u32 n)
{
	bool empty;

	is->consumed += n;
	spin_lock(&is->q.lock);
	g->p.off += n;
	empty = g->p.off == g->p.len;
	if (empty)
		sock_queue_del_locked(&is->q, &g->p);
	spin_unlock(&is->q.lock);
	if (empty) {
		kfree(g);
		tcp_wake_room(is);
	}
}

/* The mark. => 1 go on behind it, 0 stop before it, 2 take it as data */
static int tcp_at_mark(struct isock *is, struct tcp_piece *g,
		       struct sock_msg *m, struct tcp_reader *r)
{
	if (r->done)
		return 0;
	if (is->sk.oobinline)
		return 2;
	if (m->flags & MSG_PEEK)
		r->at = g;
	else
		tcp_consume(is, g, 1);
	return 1;
}

/* Caller holds iolock. => 1 go on with the next, 0 stop here, -EFAULT */
static int tcp_take(struct isock *is, struct tcp_piece *g, struct sock_msg *m,
		    struct tcp_reader *r)
{
	u32 len = READ_ONCE(g->p.len);
	size_t n = min(m->it->count, (size_t)(len - g->p.off)), got = n;

	if (unlikely(g->oob)) {
		int what = tcp_at_mark(is, g, m, r);

		if (what != 2)
			return what;
	}
	if (unlikely(r->skip)) {
		if (r->skip >= len - g->p.off) {
			r->skip -= len - g->p.off;
			r->at = g;
			return 1;
		}
		n = got = min(m->it->count, (size_t)(len - g->p.off - r->skip));
	}
	if (unlikely(m->flags & MSG_TRUNC))
		iov_iter_advance(m->it, n);
	else
		got = copy_to_iter(m->it, g->data + g->p.off + r->skip, n);
	r->skip = 0;
	r->done += got;
	if (m->flags & MSG_PEEK)
		r->at = g;
	else if (got)
		tcp_consume(is, g, got);
	if (got < n)
		return r->done ? 0 : -EFAULT;
	return 1;
}

/* Nothing is queued: what does that mean? => 0 wait, 1 end, -errno */
static int tcp_empty(struct isock *is)
{
	struct sock *sk = &is->sk;
	int err;

	if (READ_ONCE(is->fin_in))
		return READ_ONCE(is->q.nr) ? 0 : 1;
	err = sock_take_error(sk);
	if (err)
		return err;
	if (READ_ONCE(sk->shutdown) & SOCK_SHUT_RCV)
		return READ_ONCE(is->q.nr) ? 0 : 1;
	if (READ_ONCE(is->state) == TCP_CLOSE)
		return -ENOTCONN;
	return 0;
}

static ssize_t tcp_recv_oob(struct isock *is, struct sock_msg *m)
{
	ssize_t ret = -EINVAL;
	char c = 0;

	if (is->state == TCP_CLOSE && !is->fin_in)
		return -ENOTCONN;
	spin_lock(&is->q.lock);
	if (is->oob_have && !is->sk.oobinline) {
		c = is->oob_byte;
		ret = 1;
		if (!(m->flags & MSG_PEEK))
			is->oob_have = false;
	}
	spin_unlock(&is->q.lock);
	if (ret < 0)
		return ret;
	m->out_flags |= MSG_OOB;
	if (!m->it->count) {
		m->out_flags |= MSG_TRUNC;
		return 0;
	}
	if (!(m->flags & MSG_TRUNC) && copy_to_iter(m->it, &c, 1) != 1)
		return -EFAULT;
	return 1;
}

static size_t tcp_recv_target(struct sock *sk, struct sock_msg *m)
{
	if (m->flags & MSG_WAITALL)
		return m->it->count;
	return min(max((size_t)sk->rcvlowat, (size_t)1), m->it->count);
}

ssize_t tcp_recv(struct sock *sk, struct sock_msg *m)
{
	struct isock *is = isock_of(sk);
	u64 deadline = sock_deadline(sk->rcvtimeo, m->flags & MSG_DONTWAIT);
	size_t target = tcp_recv_target(sk, m);
	struct tcp_reader r = { NULL, 0, 0 };
	struct tcp_piece *g;
	int err = 0;

	m->namelen = 0;
	if (unlikely(READ_ONCE(is->state) == TCP_LISTEN))
		return -ENOTCONN;
	if (unlikely(m->flags & (MSG_OOB | MSG_ERRQUEUE)))
		return m->flags & MSG_OOB ? tcp_recv_oob(is, m) : -EAGAIN;
	mutex_lock(&is->q.iolock);
	r.skip = sock_peek_start(sk, m->flags);
	while (m->it->count) {
		g = tcp_piece_of(
			sock_queue_next(&is->q, r.at ? &r.at->p : NULL));
		if (g) {
			err = tcp_take(is, g, m, &r);
			if (err <= 0)
				break;
			continue;
		}
		if (r.done && (r.done >= target || READ_ONCE(sk->err) ||
			       (m->flags & MSG_PEEK)))
			break;
		if (unlikely(is->wired))
			tcpw_consumed(is);
		err = tcp_empty(is);
		if (!err)
			err = sock_queue_wait_past(
				sk, &is->q,
				r.done ? 0 : sock_peek_start(sk, m->flags),
				deadline, "tcp_recv");
		if (err)
			break;
		if (unlikely(m->flags & MSG_PEEK) && !r.done) {
			r.at = NULL;
			r.skip = sock_peek_start(sk, m->flags);
		}
	}
	sock_peek_moved(sk, m->flags, r.done);
	if (unlikely(is->wired))
		tcpw_consumed(is);
	mutex_unlock(&is->q.iolock);
	if (READ_ONCE(is->q.nr) && READ_ONCE(sk->rwait.nwait))
		sock_wake_readers(sk);
	is->rx_bytes += r.done;
	if (r.done)
		return r.done;
	return err < 0 ? err : 0;
}

/* --- poll and ioctl --- */

static bool tcp_writable(struct isock *is)
{
	struct isock *peer = load_acquire(&is->peer);

	if (unlikely(is->wired))
		return tcpw_writable(is);
	if (!peer || tcp_has_room(is, peer))
		return true;
	WRITE_ONCE(peer->nospace, 1);
	smp_mb();
	return tcp_has_room(is, peer);
}

static bool tcp_readable(struct isock *is)
{
	if (!READ_ONCE(is->q.nr))
		return false;
	return is->sk.rcvlowat <= 1 ||
	       sock_queue_unread(&is->q, true) >= is->sk.rcvlowat;
}

u32 tcp_poll(struct sock *sk, struct file *f, struct poll_table *pt)
{
	struct isock *is = isock_of(sk);
	u32 mask = 0, shut, state;

	poll_wait(f, &sk->rwait, pt);
	poll_wait(f, &sk->wwait, pt);
	state = load_acquire(&is->state);
	if (state == TCP_LISTEN)
		return READ_ONCE(is->npending) ? POLLIN | POLLRDNORM : 0;
	shut = READ_ONCE(sk->shutdown);
	if (READ_ONCE(sk->err))
		mask |= POLLERR;
	if (shut == SOCK_SHUT_ALL || state == TCP_CLOSE)
		mask |= POLLHUP;
	if (shut & SOCK_SHUT_RCV)
		mask |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (state == TCP_SYN_SENT)
		return mask;
	if (tcp_readable(is))
		mask |= POLLIN | POLLRDNORM;
	if (is->oob_have)
		mask |= POLLPRI;
	if ((shut & SOCK_SHUT_SND) || tcp_writable(is))
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

static int tcp_at_mark_now(struct isock *is)
{
	struct tcp_piece *g;
	bool at = false;

	spin_lock(&is->q.lock);
	if (!list_empty(&is->q.list)) {
		g = tcp_piece_of(
			list_first(&is->q.list, struct sock_piece, node));
		at = g->oob;
	}
	spin_unlock(&is->q.lock);
	return at;
}

long tcp_ioctl(struct sock *sk, u32 cmd, u64 arg)
{
	struct isock *is = isock_of(sk);
	int n = 0;

	switch (cmd) {
	case SIOCATMARK:
		n = tcp_at_mark_now(is);
		break;
	case SIOCINQ:
		if (is->state == TCP_LISTEN)
			return -EINVAL;
		n = sock_queue_unread(&is->q, true);
		break;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		/* in the machine, what was sent has arrived */
		if (is->state == TCP_LISTEN)
			return -EINVAL;
		if (is->wired)
			n = (int)tcpw_outq(is, cmd == SIOCOUTQNSD);
		break;
	default:
		return -ENOTTY;
	}
	return put_user(n, UADDR(arg));
}
