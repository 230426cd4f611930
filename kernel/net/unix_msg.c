/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_UNIX queues: sending, receiving, polling.
 *
 * A sender copies its bytes into a message without any lock and hangs it on
 * the receiver's queue under q.lock. A reader holds iolock, so that it may copy
 * out of the first message while senders go on appending, and takes q.lock only
 * to unlink. Bytes are copied once in and once out.
 *
 * Room: a stream, and datagram sockets connected to each other, may have
 * sndbuf bytes (with overhead) in the other's queue; other datagrams count
 * per message, UNIX_DGRAM_QLEN to a receiver. Stream writers sleep on their own
 * wwait, all others on the receiver's room_wait. Who polls for room at a
 * receiver that is not its peer is remembered in room_waiters.
 */
#include <abi/ioctl.h>
#include <abi/poll.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "unix_internal.h"

/* --- messages --- */

static struct unix_msg *unix_msg_alloc(u32 len)
{
	struct unix_msg *g = kmalloc(sizeof(*g) + len);

	if (!g)
		return NULL;
	g->p.len = len;
	g->p.off = 0;
	g->p.charge = len + SOCK_OVERHEAD;
	g->scm = NULL;
	g->from = NULL;
	g->oob = false;
	return g;
}

void unix_msg_free(struct unix_msg *g)
{
	if (unlikely(g->scm)) {
		unix_gc_lock();
		unix_gc_count(g->scm, -1);
		unix_gc_unlock();
		scm_free(g->scm);
	}
	unix_addr_put(g->from);
	kfree(g);
}

/* Give it the ancillary data of m, once. */
static void unix_msg_attach(struct unix_msg *g, struct sock_msg *m)
{
	g->cred = m->cred;
	if (likely(!m->scm))
		return;
	g->scm = m->scm;
	m->scm = NULL;
	unix_gc_lock();
	unix_gc_count(g->scm, 1);
	unix_gc_unlock();
}

/* The reader takes what travelled with it. Caller holds iolock. */
static int unix_msg_take_scm(struct unix_msg *g, struct sock_msg *m)
{
	int err = 0;

	unix_gc_lock();
	if (m->flags & MSG_PEEK) {
		m->scm = scm_dup(g->scm);
		err = m->scm ? 0 : -ENOMEM;
	} else {
		unix_gc_count(g->scm, -1);
		m->scm = g->scm;
		g->scm = NULL;
	}
	unix_gc_unlock();
	return err;
}

void unix_queue_flush(struct usock *u)
{
	struct unix_msg *g, *next;
	struct list_head out;

	if (list_empty(&u->q.list))
		return;
	sock_queue_take_all(&u->q, &out);
	list_for_each_entry_safe (g, next, &out, p.node)
		unix_msg_free(g);
}

/* The message after `prev`, or the first. Caller holds iolock. */
static struct unix_msg *unix_queue_next(struct usock *u, struct unix_msg *prev)
{
	struct sock_piece *p = sock_queue_next(&u->q, prev ? &prev->p : NULL);

	return p ? container_of(p, struct unix_msg, p) : NULL;
}

/* --- room --- */

void unix_room_leave(struct usock *u)
{
	struct usock *at;

	if (!READ_ONCE(u->room_at))
		return;
	mutex_lock(&u->sk.lock);
	at = u->room_at;
	if (at) {
		spin_lock(&at->q.lock);
		list_del(&u->room_node);
		spin_unlock(&at->q.lock);
		WRITE_ONCE(u->room_at, NULL);
	}
	mutex_unlock(&u->sk.lock);
	if (at)
		usock_put(at);
}

/*
 * u polls for room at `at`. The caller has a reference on `at`; another one
 * stays with room_at until u leaves or polls elsewhere.
 */
static void unix_room_enter(struct usock *u, struct usock *at)
{
	if (READ_ONCE(u->room_at) && READ_ONCE(u->room_at) != at)
		unix_room_leave(u);
	mutex_lock(&u->sk.lock);
	if (!u->room_at) {
		usock_get(at);
		WRITE_ONCE(u->room_at, at);
	}
	if (u->room_at == at) {
		spin_lock(&at->q.lock);
		if (list_empty(&u->room_node))
			list_add_tail(&u->room_node, &at->room_waiters);
		spin_unlock(&at->q.lock);
	}
	mutex_unlock(&u->sk.lock);
}

static void unix_wake_room_pollers(struct usock *u)
{
	struct usock *w;

	for (;;) {
		spin_lock(&u->q.lock);
		w = NULL;
		if (!list_empty(&u->room_waiters)) {
			w = list_first(&u->room_waiters, struct usock,
				       room_node);
			list_del(&w->room_node);
			/* still alive: it leaves before its last reference */
			usock_get(w);
		}
		spin_unlock(&u->q.lock);
		if (!w)
			return;
		sock_wake_writers(&w->sk);
		usock_put(w);
	}
}

void unix_wake_room(struct usock *u)
{
	struct usock *peer = u->peer;

	if (unix_is_stream(u)) {
		/* half of it free again, so that it is worth waking somebody */
		if (peer && READ_ONCE(u->q.bytes) * 2 <= peer->sk.sndbuf)
			sock_wake_writers(&peer->sk);
		return;
	}
	waitqueue_wake(&u->room_wait);
	peer = unix_peer_get(u);
	if (peer) {
		sock_wake_writers(&peer->sk);
		usock_put(peer);
	}
	if (unlikely(!list_empty(&u->room_waiters)))
		unix_wake_room_pollers(u);
}

/* May u put another datagram into the queue of `to`? */
static bool unix_dgram_room(struct usock *u, struct usock *to)
{
	if (READ_ONCE(to->peer) == u)
		return READ_ONCE(to->q.bytes) < u->sk.sndbuf;
	return READ_ONCE(to->q.nr) <= UNIX_DGRAM_QLEN;
}

/* --- streams --- */

static int unix_stream_wait_room(struct usock *u, struct usock *peer,
				 u64 deadline)
{
	struct sock *sk = &u->sk;
	int err;

	if (!deadline)
		return -EAGAIN;
	err = wait_event_deadline(
		&sk->wwait,
		READ_ONCE(peer->q.bytes) * 2 <= READ_ONCE(sk->sndbuf) ||
			(READ_ONCE(sk->shutdown) & SOCK_SHUT_SND) ||
			READ_ONCE(peer->state) == UNIX_DEAD,
		deadline, SLEEP_INTR, "unix_send");
	return err ? sock_wait_error(err, sk->sndtimeo) : 0;
}

/* Hang g on the peer's queue. => 0, -EPIPE */
static int unix_stream_queue(struct usock *peer, struct unix_msg *g)
{
	int err = 0;

	spin_lock(&peer->q.lock);
	if (unlikely(peer->state == UNIX_DEAD ||
		     (peer->sk.shutdown & SOCK_SHUT_RCV)))
		err = -EPIPE;
	else
		sock_queue_add_locked(&peer->q, &g->p);
	if (unlikely(g->oob) && !err)
		peer->oob = g; /* an older one becomes ordinary */
	spin_unlock(&peer->q.lock);
	return err;
}

/* One piece. => bytes or -errno */
static ssize_t unix_stream_send_one(struct usock *peer, struct sock_msg *m,
				    u32 max)
{
	size_t n = min(m->it->count, (size_t)max);
	bool oob = (m->flags & MSG_OOB) && m->it->count == 1;
	struct unix_msg *g;
	int err;

	if (unlikely(m->flags & MSG_OOB) && !oob)
		n = min(n, m->it->count - 1);
	g = unix_msg_alloc(n);
	if (!g)
		return -ENOBUFS;
	g->oob = oob;
	n = copy_from_iter(m->it, g->data, n);
	g->p.len = n;
	if (!n) {
		unix_msg_free(g);
		return -EFAULT;
	}
	unix_msg_attach(g, m);
	err = unix_stream_queue(peer, g);
	if (err) {
		unix_msg_free(g);
		return err;
	}
	if (unlikely(oob)) {
		sock_signal_urgent(&peer->sk);
		waitqueue_wake_poll(&peer->sk.rwait, POLLPRI | POLLIN);
	} else {
		sock_wake_readers(&peer->sk);
	}
	return n;
}

ssize_t unix_stream_send(struct sock *sk, struct sock_msg *m)
{
	struct usock *u = usock_of(sk), *peer = load_acquire(&u->peer);
	u64 deadline = sock_deadline(sk->sndtimeo, m->flags & MSG_DONTWAIT);
	u32 chunk = min(SOCK_CHUNK, sk->sndbuf / 2);
	ssize_t done = 0, n = 0;

	if ((m->flags & MSG_OOB) && !m->it->count)
		return -EOPNOTSUPP;
	if (m->namelen)
		return peer ? -EISCONN : -EOPNOTSUPP;
	if (!peer)
		return -ENOTCONN;
	if (sk->shutdown & SOCK_SHUT_SND)
		return -EPIPE;
	while (m->it->count) {
		if (READ_ONCE(sk->shutdown) & SOCK_SHUT_SND) {
			n = -EPIPE;
			break;
		}
		if (READ_ONCE(peer->q.bytes) >= READ_ONCE(sk->sndbuf)) {
			n = unix_stream_wait_room(u, peer, deadline);
			if (n)
				break;
			continue;
		}
		n = unix_stream_send_one(peer, m, chunk);
		if (n < 0)
			break;
		done += n;
	}
	return done ? done : n;
}

static bool unix_cred_equal(const struct ucred *a, const struct ucred *b)
{
	return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/* Nothing is queued: what does that mean? => 0 wait, 1 end of file, -errno */
static int unix_recv_empty(struct usock *u)
{
	struct sock *sk = &u->sk;
	int err = sock_take_error(sk);

	if (err)
		return err;
	if (READ_ONCE(sk->shutdown) & SOCK_SHUT_RCV)
		return READ_ONCE(u->q.nr) ? 0 : 1;
	if (!unix_is_dgram(u) && READ_ONCE(u->state) != UNIX_CONNECTED)
		return unix_is_stream(u) ? -EINVAL : -ENOTCONN;
	return 0;
}

static void unix_copy_name(struct sock_msg *m, struct unix_addr *a)
{
	m->namelen = 0;
	if (!m->name || !a)
		return;
	memcpy(m->name, &a->un, a->len);
	m->namelen = a->len;
}

struct unix_reader {
	struct unix_msg *at; /* MSG_PEEK: what was looked at last */
	size_t done;
	size_t skip; /* MSG_PEEK with SO_PEEK_OFF: still to be passed over */
	bool have_cred;
};

/* Drop a message that has been read or passed over. */
static void unix_stream_drop(struct usock *u, struct unix_msg *g)
{
	spin_lock(&u->q.lock);
	if (u->oob == g)
		u->oob = NULL;
	sock_queue_del_locked(&u->q, &g->p);
	spin_unlock(&u->q.lock);
	unix_msg_free(g);
	unix_wake_room(u);
}

/*
 * An urgent byte comes next. Reads stop before it and then pass over it, unless
 * SO_OOBINLINE is set or a newer one has made it an ordinary byte.
 * => 1 go on behind it, 0 stop before it, 2 it is data
 */
static int unix_at_mark(struct usock *u, struct unix_msg *g, struct sock_msg *m,
			struct unix_reader *r)
{
	bool taken = g->p.off == g->p.len;

	if (!taken && READ_ONCE(u->oob) != g)
		return 2;
	if (r->done)
		return 0;
	if (!taken && u->sk.oobinline)
		return 2;
	if (m->flags & MSG_PEEK)
		r->at = g;
	else
		unix_stream_drop(u, g);
	return 1;
}

/*
 * Take from one message. Caller holds iolock.
 * => 1 go on with the next, 0 stop here, -EFAULT, -ENOMEM
 */
static int unix_stream_take(struct usock *u, struct unix_msg *g,
			    struct sock_msg *m, struct unix_reader *r)
{
	bool peek = m->flags & MSG_PEEK, had_scm = g->scm;
	size_t n = min(m->it->count, (size_t)(g->p.len - g->p.off)), got;
	int err;

	if (unlikely(g->oob)) {
		int what = unix_at_mark(u, g, m, r);

		if (what != 2)
			return what;
	}
	if (unlikely(r->skip)) {
		if (r->skip >= g->p.len - g->p.off) {
			r->skip -= g->p.len - g->p.off;
			r->at = g;
			return 1;
		}
		n = min(m->it->count, (size_t)(g->p.len - g->p.off - r->skip));
	}
	if (r->have_cred && u->sk.passcred &&
	    !unix_cred_equal(&m->cred, &g->cred))
		return 0;
	if (!r->have_cred) {
		m->cred = g->cred;
		r->have_cred = true;
	}
	if (unlikely(had_scm)) {
		if (m->scm)
			return 0;
		err = unix_msg_take_scm(g, m);
		if (err)
			return err;
	}
	got = copy_to_iter(m->it, g->data + g->p.off + r->skip, n);
	r->skip = 0;
	r->done += got;
	if (got < n)
		return r->done ? 0 : -EFAULT;
	if (peek) {
		r->at = g;
	} else {
		g->p.off += got;
		if (g->p.off == g->p.len)
			unix_stream_drop(u, g);
	}
	return !had_scm;
}

static ssize_t unix_recv_oob(struct usock *u, struct sock_msg *m)
{
	struct unix_msg *g;
	char c;

	mutex_lock(&u->q.iolock);
	spin_lock(&u->q.lock);
	g = u->sk.oobinline ? NULL : u->oob;
	if (g) {
		c = g->data[0];
		if (!(m->flags & MSG_PEEK)) {
			g->p.off = 1; /* stays in the queue as the mark */
			u->oob = NULL;
		}
	}
	spin_unlock(&u->q.lock);
	mutex_unlock(&u->q.iolock);
	m->namelen = 0;
	if (!g)
		return -EINVAL;
	if (copy_to_iter(m->it, &c, 1) != 1)
		return -EFAULT;
	m->out_flags |= MSG_OOB;
	return 1;
}

ssize_t unix_stream_recv(struct sock *sk, struct sock_msg *m)
{
	struct usock *u = usock_of(sk), *peer;
	u64 deadline = sock_deadline(sk->rcvtimeo, m->flags & MSG_DONTWAIT);
	size_t want = m->it->count, target = 1;
	struct unix_reader r = { .done = 0 };
	struct unix_msg *g;
	int err = 0;

	if (READ_ONCE(u->state) != UNIX_CONNECTED)
		return -EINVAL;
	if (unlikely(m->flags & MSG_OOB))
		return unix_recv_oob(u, m);
	if (m->flags & MSG_WAITALL)
		target = want;
	else if (sk->rcvlowat > 1)
		target = min((size_t)sk->rcvlowat, want);
	mutex_lock(&u->q.iolock);
	r.skip = sock_peek_start(sk, m->flags);
	do {
		g = unix_queue_next(u, r.at);
		if (g) {
			err = unix_stream_take(u, g, m, &r);
			if (err <= 0)
				break;
			continue;
		}
		if (r.done && r.done >= target)
			break;
		err = unix_recv_empty(u);
		if (!err)
			err = sock_queue_wait_past(
				sk, &u->q,
				r.done ? 0 : sock_peek_start(sk, m->flags),
				deadline, "unix_recv");
		if (err)
			break;
		r.at = NULL; /* others may have read while we slept */
		r.skip = r.done ? 0 : sock_peek_start(sk, m->flags);
		if (m->flags & MSG_PEEK && r.done)
			break;
	} while (m->it->count);
	sock_peek_moved(sk, m->flags, r.done);
	mutex_unlock(&u->q.iolock);
	if (READ_ONCE(u->q.nr) && READ_ONCE(sk->rwait.nwait))
		sock_wake_readers(sk);
	peer = load_acquire(&u->peer);
	if (m->name && r.have_cred && peer)
		unix_copy_name(m, load_acquire(&peer->addr));
	else
		m->namelen = 0;
	if (r.done)
		return r.done;
	return err < 0 ? err : 0;
}

/* --- datagrams and seqpackets --- */

/*
 * Try to deliver. => 0, -EAGAIN no room, -ECONNREFUSED, -EPERM, -EPIPE
 */
static int unix_dgram_queue(struct usock *u, struct usock *to,
			    struct unix_msg *g)
{
	int err = 0;

	spin_lock(&to->q.lock);
	if (to->state == UNIX_DEAD)
		err = -ECONNREFUSED;
	else if (to->peer && to->peer != u)
		err = -EPERM;
	else if (to->sk.shutdown & SOCK_SHUT_RCV)
		err = -EPIPE;
	else if (to != u && !unix_dgram_room(u, to))
		err = -EAGAIN;
	else
		sock_queue_add_locked(&to->q, &g->p);
	spin_unlock(&to->q.lock);
	return err;
}

static int unix_dgram_wait_room(struct usock *u, struct usock *to, u64 deadline)
{
	int err;

	if (!deadline)
		return -EAGAIN;
	err = wait_event_exclusive(
		&to->room_wait,
		unix_dgram_room(u, to) || READ_ONCE(to->state) == UNIX_DEAD ||
			(READ_ONCE(to->sk.shutdown) & SOCK_SHUT_RCV) ||
			(READ_ONCE(u->sk.shutdown) & SOCK_SHUT_SND),
		deadline, SLEEP_INTR, "unix_send");
	if (!err)
		return 0;
	waitqueue_wake(&to->room_wait);
	return sock_wait_error(err, u->sk.sndtimeo);
}

/* Whom a message goes to, with a reference, or ERR_PTR. */
static struct usock *unix_dgram_target(struct usock *u, struct sock_msg *m)
{
	u32 len = m->namelen;
	struct usock *to;
	int err;

	if (!len) {
		to = unix_peer_get(u);
		return to ? to : ERR_PTR(-ENOTCONN);
	}
	err = unix_addr_check(m->name, &len);
	return err ? ERR_PTR(err) : unix_find(m->name, len, u->sk.type);
}

static struct unix_msg *unix_dgram_msg(struct usock *u, struct sock_msg *m)
{
	size_t n = m->it->count;
	struct unix_msg *g;

	if (n + 32 > u->sk.sndbuf)
		return ERR_PTR(-EMSGSIZE);
	g = unix_msg_alloc(n);
	if (!g)
		return ERR_PTR(-ENOBUFS);
	if (copy_from_iter(m->it, g->data, n) != n) {
		unix_msg_free(g);
		return ERR_PTR(-EFAULT);
	}
	g->from = load_acquire(&u->addr);
	if (g->from)
		unix_addr_get(g->from);
	unix_msg_attach(g, m);
	return g;
}

ssize_t unix_dgram_send(struct sock *sk, struct sock_msg *m)
{
	struct usock *u = usock_of(sk), *to;
	u64 deadline = sock_deadline(sk->sndtimeo, m->flags & MSG_DONTWAIT);
	struct unix_msg *g;
	ssize_t len = m->it->count;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (!m->namelen && (sk->shutdown & SOCK_SHUT_SND))
		return -EPIPE;
	to = unix_dgram_target(u, m);
	if (IS_ERR(to))
		return PTR_ERR(to);
	if (sk->passcred && !u->addr)
		unix_autobind(u);
	if (sk->shutdown & SOCK_SHUT_SND) {
		usock_put(to);
		return -EPIPE;
	}
	g = unix_dgram_msg(u, m);
	if (IS_ERR(g)) {
		usock_put(to);
		return PTR_ERR(g);
	}
	do {
		err = unix_dgram_queue(u, to, g);
		if (err == -EAGAIN)
			err = unix_dgram_wait_room(u, to, deadline) ?: 1;
		if (err == 1 && (READ_ONCE(sk->shutdown) & SOCK_SHUT_SND))
			err = -EPIPE;
	} while (err == 1);
	if (!err)
		sock_wake_readers(&to->sk);
	else
		unix_msg_free(g);
	if (err == -ECONNREFUSED && !m->namelen && unix_is_dgram(u)) {
		unix_disconnect(u, to);
		unix_queue_flush(u); /* what the other sent before it went */
	}
	if (err == -ECONNREFUSED && !unix_is_dgram(u))
		err = -EPIPE;
	usock_put(to);
	return err ? err : len;
}

/* The first message, or with SO_PEEK_OFF the one that `skip` lies in. */
static struct unix_msg *unix_dgram_next(struct usock *u, size_t off,
					size_t *skip)
{
	struct unix_msg *g = unix_queue_next(u, NULL);

	while (unlikely(off) && g && off >= g->p.len) {
		off -= g->p.len;
		g = unix_queue_next(u, g);
	}
	*skip = off;
	return g;
}

ssize_t unix_dgram_recv(struct sock *sk, struct sock_msg *m)
{
	struct usock *u = usock_of(sk);
	u64 deadline = sock_deadline(sk->rcvtimeo, m->flags & MSG_DONTWAIT);
	bool peek = m->flags & MSG_PEEK;
	struct unix_msg *g;
	ssize_t ret = 0;
	size_t n, skip;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	/* a pending error comes before what is queued */
	ret = sock_take_error(sk);
	if (ret)
		return ret;
	mutex_lock(&u->q.iolock);
	while (!(
		g = unix_dgram_next(u, sock_peek_start(sk, m->flags), &skip))) {
		ret = unix_recv_empty(u);
		if (!ret)
			ret = sock_queue_wait_past(
				sk, &u->q, sock_peek_start(sk, m->flags),
				deadline, "unix_recv");
		if (ret) {
			mutex_unlock(&u->q.iolock);
			m->namelen = 0;
			/* the end of datagrams is seen by who would wait */
			if (ret == 1 && sk->type == SOCK_DGRAM && !deadline)
				ret = -EAGAIN;
			return ret < 0 ? ret : 0;
		}
	}
	n = min(m->it->count, (size_t)g->p.len - skip);
	if (n < g->p.len - skip)
		m->out_flags |= MSG_TRUNC;
	ret = m->flags & MSG_TRUNC ? g->p.len - skip : n;
	m->cred = g->cred;
	unix_copy_name(m, g->from);
	if (copy_to_iter(m->it, g->data + skip, n) != n)
		ret = -EFAULT;
	if (g->scm && ret >= 0) {
		int err = unix_msg_take_scm(g, m);

		ret = err ? err : ret;
	}
	sock_peek_moved(sk, m->flags, peek ? n : g->p.len);
	if (!peek) {
		sock_queue_del(&u->q, &g->p);
		unix_msg_free(g);
	}
	mutex_unlock(&u->q.iolock);
	if (!peek)
		unix_wake_room(u);
	if (READ_ONCE(u->q.nr) && READ_ONCE(sk->rwait.nwait))
		sock_wake_readers(sk);
	return ret;
}

ssize_t unix_seqpacket_send(struct sock *sk, struct sock_msg *m)
{
	struct usock *u = usock_of(sk);
	int err = sock_take_error(sk);

	if (err)
		return err;
	if (READ_ONCE(u->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	m->namelen = 0;
	return unix_dgram_send(sk, m);
}

ssize_t unix_seqpacket_recv(struct sock *sk, struct sock_msg *m)
{
	if (READ_ONCE(usock_of(sk)->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	return unix_dgram_recv(sk, m);
}

/* --- poll and ioctl --- */

static bool unix_writable(struct usock *u, struct file *f,
			  struct poll_table *pt)
{
	struct usock *peer;
	bool ok = true;

	if (unix_is_stream(u)) {
		peer = load_acquire(&u->peer);
		return !peer || READ_ONCE(peer->q.bytes) * 4ull <= u->sk.sndbuf;
	}
	peer = unix_peer_get(u);
	if (!peer)
		return true;
	if (!unix_is_dgram(u) || READ_ONCE(peer->peer) == u) {
		ok = READ_ONCE(peer->q.bytes) * 4ull <= u->sk.sndbuf;
	} else if (!unix_dgram_room(u, peer)) {
		if (pt && pt->queue)
			unix_room_enter(u, peer);
		ok = unix_dgram_room(u, peer);
	}
	usock_put(peer);
	return ok;
}

u32 unix_poll(struct sock *sk, struct file *f, struct poll_table *pt)
{
	struct usock *u = usock_of(sk);
	u32 mask = 0, shut, state;

	poll_wait(f, &sk->rwait, pt);
	poll_wait(f, &sk->wwait, pt);
	state = READ_ONCE(u->state);
	shut = READ_ONCE(sk->shutdown);
	if (READ_ONCE(sk->err))
		mask |= POLLERR;
	if (shut == SOCK_SHUT_ALL)
		mask |= POLLHUP;
	if (shut & SOCK_SHUT_RCV)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (state == UNIX_LISTENING) {
		if (READ_ONCE(u->npending))
			mask |= POLLIN | POLLRDNORM;
		return mask;
	}
	if (READ_ONCE(u->q.nr))
		mask |= POLLIN | POLLRDNORM;
	if (unlikely(READ_ONCE(u->oob)))
		mask |= POLLPRI;
	if (state == UNIX_NEW && !unix_is_dgram(u))
		mask |= POLLHUP;
	if (unix_writable(u, f, pt))
		mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return mask;
}

/* Does the urgent byte come next? */
static bool unix_at_mark_now(struct usock *u)
{
	struct unix_msg *g;
	bool at = false;

	spin_lock(&u->q.lock);
	if (!list_empty(&u->q.list)) {
		g = container_of(
			list_first(&u->q.list, struct sock_piece, node),
			struct unix_msg, p);
		at = g->oob && (g == u->oob || g->p.off == g->p.len);
	}
	spin_unlock(&u->q.lock);
	return at;
}

static int unix_inq(struct usock *u)
{
	if (READ_ONCE(u->state) == UNIX_LISTENING)
		return -EINVAL;
	return sock_queue_unread(&u->q, !unix_is_dgram(u));
}

long unix_ioctl(struct sock *sk, u32 cmd, u64 arg)
{
	struct usock *u = usock_of(sk), *peer;
	int n = 0;

	switch (cmd) {
	case SIOCINQ:
		n = unix_inq(u);
		break;
	case SIOCATMARK:
		if (!unix_is_stream(u))
			return -ENOTTY;
		n = unix_at_mark_now(u);
		break;
	case SIOCOUTQ:
		peer = unix_peer_get(u);
		if (peer) {
			n = READ_ONCE(peer->q.bytes);
			usock_put(peer);
		}
		break;
	default:
		return -ENOTTY;
	}
	return n < 0 ? n : put_user(n, UADDR(arg));
}
