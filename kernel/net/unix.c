/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_UNIX sockets: their life and their connections.
 *
 * A connection is made by connect(2) alone: it makes the other end, joins the
 * two, and queues that end at the listener, where accept(2) only gives it a
 * file. So data can be sent before the connection is accepted, and closing the
 * listener resets what was not.
 *
 * Closing an end tells the other one (shutdown in both directions; ECONNRESET
 * when something was left unread), drops the references each way, and empties
 * the queue. See unix_internal.h for locks and references.
 */
#include <abi/poll.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "unix_internal.h"

static struct usock *usock_alloc(int type)
{
	struct usock *u = kzalloc(sizeof(*u));

	if (!u)
		return NULL;
	sock_init(&u->sk, AF_UNIX, type, 0,
		  type == SOCK_STREAM  ? &unix_stream_ops
		  : type == SOCK_DGRAM ? &unix_dgram_ops
				       : &unix_seqpacket_ops);
	sock_queue_init(&u->q);
	list_init(&u->pending);
	list_init(&u->room_waiters);
	list_init(&u->acc_node);
	list_init(&u->room_node);
	waitqueue_init(&u->room_wait);
	unix_gc_add(u);
	return u;
}

void usock_put(struct usock *u)
{
	if (!ref_put(&u->sk.refs))
		return;
	unix_gc_del(u);
	unix_queue_flush(u); /* what came after its end */
	unix_addr_put(u->addr);
	if (u->sk.peer_groups)
		cred_put(u->sk.peer_groups);
	kfree(u);
}

static struct sock *unix_create(int type, int protocol)
{
	struct usock *u;

	if (protocol && protocol != AF_UNIX)
		return ERR_PTR(-EPROTONOSUPPORT);
	if (type == SOCK_RAW)
		type = SOCK_DGRAM;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	u = usock_alloc(type);
	return u ? &u->sk : ERR_PTR(-ENOMEM);
}

struct usock *unix_peer_get(struct usock *u)
{
	struct usock *p;

	spin_lock(&u->q.lock);
	p = u->peer;
	if (p)
		usock_get(p);
	spin_unlock(&u->q.lock);
	return p;
}

void unix_disconnect(struct usock *u, struct usock *peer)
{
	bool drop;

	spin_lock(&u->q.lock);
	drop = u->peer == peer;
	if (drop)
		u->peer = NULL;
	spin_unlock(&u->q.lock);
	if (drop) {
		unix_room_leave(u);
		usock_put(peer);
	}
}

/* The other end of a connection is told that this one is gone. */
static void unix_hang_up(struct usock *u, bool reset)
{
	if (reset)
		WRITE_ONCE(u->sk.err, ECONNRESET);
	atomic_or(&u->sk.shutdown, SOCK_SHUT_ALL);
	waitqueue_wake_nr(&u->sk.rwait, ~0u, 0);
	waitqueue_wake_nr(&u->sk.wwait, ~0u, 0);
	waitqueue_wake_all(&u->room_wait);
}

/* Everything but the last reference. `reset`: tell the peer ECONNRESET. */
static void unix_shut_down(struct usock *u, bool reset)
{
	struct list_head pending;
	struct usock *peer, *e, *next;

	mutex_lock(&u->sk.lock);
	unix_unbind(u);
	list_init(&pending);
	spin_lock(&u->q.lock);
	u->state = UNIX_DEAD;
	u->sk.shutdown = SOCK_SHUT_ALL;
	peer = u->peer;
	u->peer = NULL;
	/* (an empty record at the head is not missed) */
	reset |= u->q.nr > 1 ||
		 (u->q.nr &&
		  list_first(&u->q.list, struct sock_piece, node)->len);
	list_for_each_entry_safe (e, next, &u->pending, acc_node) {
		list_del(&e->acc_node);
		list_add_tail(&e->acc_node, &pending);
	}
	u->npending = 0;
	spin_unlock(&u->q.lock);
	mutex_unlock(&u->sk.lock);

	if (peer && !unix_is_dgram(u))
		unix_hang_up(peer, reset);
	list_for_each_entry_safe (e, next, &pending, acc_node) {
		list_del(&e->acc_node);
		unix_shut_down(e, true); /* one level: it does not listen */
		usock_put(e);
	}
	waitqueue_wake_all(&u->room_wait);
	unix_wake_room(u);
	unix_room_leave(u);
	unix_queue_flush(u);
	if (peer)
		usock_put(peer);
}

static void unix_release(struct sock *sk)
{
	struct usock *u = usock_of(sk);

	sock_drop_file(sk);
	unix_shut_down(u, false);
	usock_put(u);
	unix_gc();
}

/* --- streams and seqpackets: connections --- */

/* Join the two ends; u->sk.lock held or u not yet public. */
static void unix_join(struct usock *u, struct usock *peer)
{
	usock_get(peer);
	spin_lock(&u->q.lock);
	store_release(&u->peer, peer);
	if (!unix_is_dgram(u))
		store_release(&u->state, UNIX_CONNECTED);
	spin_unlock(&u->q.lock);
}

/*
 * One try. Caller holds u->sk.lock; n is the other end, ready but for its
 * names. => 0, -EAGAIN the backlog is full, -ECONNREFUSED
 */
static int unix_connect_locked(struct usock *u, struct usock *n,
			       struct usock *listener)
{
	int err = 0;

	spin_lock(&listener->q.lock);
	if (listener->state != UNIX_LISTENING ||
	    (listener->sk.shutdown & SOCK_SHUT_RCV))
		err = -ECONNREFUSED;
	else if (listener->npending > listener->backlog)
		err = -EAGAIN;
	spin_unlock(&listener->q.lock);
	if (err)
		return err;

	n->addr = listener->addr;
	unix_addr_get(n->addr);
	sock_set_peer(&n->sk, NULL);
	spin_lock(&listener->q.lock);
	sock_set_peer(&u->sk, &listener->sk);
	spin_unlock(&listener->q.lock);
	unix_join(n, u);
	unix_join(u, n);

	spin_lock(&listener->q.lock);
	if (listener->state == UNIX_LISTENING) {
		usock_get(n);
		list_add_tail(&n->acc_node, &listener->pending);
		listener->npending++;
	} else {
		err = -ECONNREFUSED;
	}
	spin_unlock(&listener->q.lock);
	if (err) { /* it closed this moment: undo */
		spin_lock(&u->q.lock);
		u->peer = NULL;
		u->state = UNIX_NEW;
		spin_unlock(&u->q.lock);
		usock_put(n);
	}
	return err;
}

static int unix_wait_backlog(struct usock *u, struct usock *listener,
			     u64 deadline)
{
	int err;

	if (!deadline)
		return -EAGAIN;
	err = wait_event_exclusive(
		&listener->room_wait,
		READ_ONCE(listener->npending) <= READ_ONCE(listener->backlog) ||
			READ_ONCE(listener->state) != UNIX_LISTENING,
		deadline, SLEEP_INTR, "unix_connect");
	if (!err)
		return 0;
	waitqueue_wake(&listener->room_wait); /* for the next one */
	return sock_wait_error(err, u->sk.sndtimeo);
}

static int unix_stream_connect(struct sock *sk,
			       const struct sockaddr_storage *a, u32 len,
			       bool nonblock)
{
	struct usock *u = usock_of(sk), *n, *listener;
	u64 deadline = sock_deadline(sk->sndtimeo, nonblock);
	int err = unix_addr_check(a, &len);

	if (!err && sk->passcred && !u->addr)
		err = unix_autobind(u);
	if (err)
		return err;
	n = usock_alloc(sk->type);
	if (!n)
		return -ENOMEM;
	do {
		listener = unix_find(a, len, sk->type);
		if (IS_ERR(listener)) {
			err = PTR_ERR(listener);
			break;
		}
		mutex_lock(&sk->lock);
		if (u->state == UNIX_NEW)
			err = unix_connect_locked(u, n, listener);
		else
			err = u->state == UNIX_CONNECTED ? -EISCONN : -EINVAL;
		mutex_unlock(&sk->lock);
		if (!err) {
			sock_wake_readers(&listener->sk);
			sock_wake_writers(sk);
			usock_put(listener);
			break;
		}
		if (err == -EAGAIN)
			err = unix_wait_backlog(u, listener, deadline) ?: 1;
		usock_put(listener);
	} while (err == 1);
	if (err && n->peer) {
		usock_put(n->peer);
		n->peer = NULL;
	}
	usock_put(n);
	return err;
}

static int unix_listen(struct sock *sk, int backlog)
{
	struct usock *u = usock_of(sk);
	int err = -EINVAL;

	mutex_lock(&sk->lock);
	if (u->addr && (u->state == UNIX_NEW || u->state == UNIX_LISTENING)) {
		err = 0;
		spin_lock(&u->q.lock);
		u->backlog = min((u32)backlog, (u32)SOMAXCONN);
		sock_set_peer(sk, NULL);
		u->state = UNIX_LISTENING;
		sk->listening = true;
		spin_unlock(&u->q.lock);
	}
	mutex_unlock(&sk->lock);
	waitqueue_wake_all(&u->room_wait);
	return err;
}

static struct usock *unix_accept_one(struct usock *u)
{
	struct usock *n = NULL;

	spin_lock(&u->q.lock);
	if (!list_empty(&u->pending)) {
		n = list_first(&u->pending, struct usock, acc_node);
		list_del(&n->acc_node);
		u->npending--;
	}
	spin_unlock(&u->q.lock);
	return n;
}

static struct sock *unix_accept(struct sock *sk, bool nonblock)
{
	u64 deadline = sock_deadline(sk->rcvtimeo, nonblock);
	struct usock *u = usock_of(sk), *n;
	int err;

	if (READ_ONCE(u->state) != UNIX_LISTENING)
		return ERR_PTR(-EINVAL);
	while (!(n = unix_accept_one(u))) {
		if (sk->shutdown & SOCK_SHUT_RCV)
			return ERR_PTR(-EINVAL);
		if (!deadline)
			return ERR_PTR(-EAGAIN);
		err = wait_event_exclusive(&sk->rwait,
					   READ_ONCE(u->npending) ||
						   READ_ONCE(sk->shutdown),
					   deadline, SLEEP_INTR, "unix_accept");
		if (err) {
			if (READ_ONCE(u->npending))
				sock_wake_readers(sk);
			return ERR_PTR(sock_wait_error(err, sk->rcvtimeo));
		}
	}
	waitqueue_wake(&u->room_wait);
	if (READ_ONCE(u->npending))
		sock_wake_readers(sk);
	n->sk.passcred = sk->passcred;
	return &n->sk;
}

static int unix_pair(struct sock *a, struct sock *b)
{
	sock_set_peer(a, NULL);
	sock_set_peer(b, NULL);
	unix_join(usock_of(a), usock_of(b));
	unix_join(usock_of(b), usock_of(a));
	return 0;
}

static int unix_shutdown(struct sock *sk, int how)
{
	struct usock *u = usock_of(sk), *peer;
	u32 mode = how + 1, peer_mode = 0;

	atomic_or(&sk->shutdown, mode);
	peer = unix_peer_get(u);
	if (peer && !unix_is_dgram(u)) {
		if (mode & SOCK_SHUT_RCV)
			peer_mode |= SOCK_SHUT_SND;
		if (mode & SOCK_SHUT_SND)
			peer_mode |= SOCK_SHUT_RCV;
		atomic_or(&peer->sk.shutdown, peer_mode);
		sock_wake_all(&peer->sk);
		waitqueue_wake_all(&peer->room_wait);
	}
	sock_wake_all(sk);
	waitqueue_wake_all(&u->room_wait);
	if (peer)
		usock_put(peer);
	return 0;
}

static int unix_getname(struct sock *sk, struct sockaddr_storage *a,
			enum sock_name which)
{
	struct usock *u = usock_of(sk), *p = NULL;
	struct unix_addr *addr;
	int len = offsetof(struct sockaddr_un, sun_path);

	if (which != SOCK_NAME_OWN) {
		p = u = unix_peer_get(u);
		if (!u)
			return -ENOTCONN;
	}
	addr = load_acquire(&u->addr);
	a->ss_family = AF_UNIX;
	if (addr) {
		len = addr->len;
		memcpy(a, &addr->un, len);
	}
	if (p)
		usock_put(p);
	return len;
}

/* --- datagrams --- */

/* Join to another peer, or to none; what the old one sent is forgotten. */
static void unix_dgram_repeer(struct usock *u, struct usock *peer)
{
	struct usock *old;

	spin_lock(&u->q.lock);
	old = u->peer;
	u->peer = peer;
	spin_unlock(&u->q.lock);
	if (!old)
		return;
	if (old != peer) {
		unix_room_leave(u);
		unix_queue_flush(u);
		spin_lock(&old->q.lock);
		if (old->state != UNIX_DEAD && old->peer == u)
			WRITE_ONCE(old->sk.err, ECONNRESET);
		spin_unlock(&old->q.lock);
		sock_wake_all(&old->sk);
		unix_wake_room(u);
	}
	usock_put(old);
}

static int unix_dgram_connect(struct sock *sk, const struct sockaddr_storage *a,
			      u32 len, bool nonblock)
{
	struct usock *u = usock_of(sk), *peer = NULL;
	int err = 0;

	if (a->ss_family != AF_UNSPEC) {
		err = unix_addr_check(a, &len);
		if (!err && sk->passcred && !u->addr)
			err = unix_autobind(u);
		if (err)
			return err;
		peer = unix_find(a, len, sk->type);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
		spin_lock(&peer->q.lock);
		if (peer->state == UNIX_DEAD)
			err = -ECONNREFUSED;
		else if (peer->peer && peer->peer != u)
			err = -EPERM;
		spin_unlock(&peer->q.lock);
		if (err) {
			usock_put(peer);
			return err;
		}
	}
	unix_dgram_repeer(u, peer);
	return 0;
}

static int unix_dgram_listen(struct sock *sk, int backlog)
{
	return -EOPNOTSUPP;
}

static struct sock *unix_dgram_accept(struct sock *sk, bool nonblock)
{
	return ERR_PTR(-EOPNOTSUPP);
}

const struct sock_ops unix_stream_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.pair = unix_pair,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.sendmsg = unix_stream_send,
	.recvmsg = unix_stream_recv,
	.shutdown = unix_shutdown,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
};

const struct sock_ops unix_seqpacket_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.pair = unix_pair,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.sendmsg = unix_seqpacket_send,
	.recvmsg = unix_seqpacket_recv,
	.shutdown = unix_shutdown,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
};

const struct sock_ops unix_dgram_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_dgram_connect,
	.pair = unix_pair,
	.listen = unix_dgram_listen,
	.accept = unix_dgram_accept,
	.getname = unix_getname,
	.sendmsg = unix_dgram_send,
	.recvmsg = unix_dgram_recv,
	.shutdown = unix_shutdown,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
};

static struct sock_family unix_family = {
	.family = AF_UNIX,
	.create = unix_create,
};

void unix_init(void)
{
	sock_family_register(&unix_family);
	unix_proc_init();
}
