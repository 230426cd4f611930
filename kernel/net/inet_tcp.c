// SPDX-License-Identifier: GPL-2.0
/*
 * TCP connections inside the machine.
 *
 * connect(2) finds the listener, makes the other end, joins the two, and queues
 * that end for accept(2). When the backlog is full the connecting socket waits
 * in SYN_SENT on the listener's list; accept completes it. So a connection is
 * made or refused at once, but a non-blocking connect is told EINPROGRESS all
 * the same, as programs expect: the next connect, poll and SO_ERROR tell the
 * outcome.
 *
 * Closing: FIN is a flag at the peer (fin_in), whose readers see the end after
 * the data. Who closes with data unread, or lingers for 0 seconds, resets: the
 * peer gets ECONNRESET. Writing to a peer that has closed succeeds once, and
 * resets: EPIPE from then on.
 */
#include <abi/netlink.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "inet_internal.h"
#include "wire.h"

/* What net.ipv4.tcp_wmem lets a busy connection grow to. */
#define TCP_SNDBUF_GROWN 393216u

static void tcp_wake(struct isock *is)
{
	waitqueue_wake_all(&is->sk.rwait);
	waitqueue_wake_all(&is->sk.wwait);
}

/* --- how a connection ends --- */

static void tcp_reset_locked(struct isock *is)
{
	if (is->state == TCP_CLOSE || is->state == TCP_LISTEN)
		return;
	WRITE_ONCE(is->sk.err, is->state == TCP_CLOSE_WAIT ? EPIPE
			       : is->state == TCP_SYN_SENT ? ECONNREFUSED
							   : ECONNRESET);
	atomic_or(&is->sk.shutdown, SOCK_SHUT_ALL);
	WRITE_ONCE(is->state, TCP_CLOSE);
}

void tcp_reset(struct isock *is)
{
	spin_lock(&inet_lock);
	tcp_reset_locked(is);
	spin_unlock(&inet_lock);
	tcp_wake(is);
}

/* fin_in or fin_out has changed. */
static void tcp_set_state_locked(struct isock *is)
{
	if (is->fin_in && is->fin_out)
		WRITE_ONCE(is->state, TCP_CLOSE);
	else if (is->fin_in)
		WRITE_ONCE(is->state, TCP_CLOSE_WAIT);
	else if (is->fin_out)
		WRITE_ONCE(is->state, TCP_FIN_WAIT2);
}

/* `is` sends no more, and its peer is told. */
static void tcp_fin_locked(struct isock *is)
{
	struct isock *peer = is->peer;

	if (is->fin_out || is->state == TCP_CLOSE)
		return;
	is->fin_out = true;
	tcp_set_state_locked(is);
	if (peer->state == TCP_CLOSE)
		return;
	peer->fin_in = true;
	atomic_or(&peer->sk.shutdown, SOCK_SHUT_RCV);
	tcp_set_state_locked(peer);
}

/* A listener listens no more: who waits is refused, who was not accepted reset. */
static void tcp_listen_stop(struct isock *is)
{
	struct list_head pending, waiting;
	struct isock *e, *next;

	list_init(&pending);
	list_init(&waiting);
	spin_lock(&inet_lock);
	WRITE_ONCE(is->state, TCP_CLOSE);
	is->sk.listening = false;
	list_for_each_entry_safe (e, next, &is->pending, acc_node) {
		list_del(&e->acc_node);
		list_add_tail(&e->acc_node, &pending);
	}
	is->npending = 0;
	list_for_each_entry_safe (e, next, &is->waiting, acc_node) {
		list_del(&e->acc_node);
		list_add_tail(&e->acc_node, &waiting);
		tcp_reset_locked(e);
	}
	spin_unlock(&inet_lock);
	list_for_each_entry_safe (e, next, &waiting, acc_node) {
		list_del(&e->acc_node);
		tcp_wake(e);
		isock_put(e);
	}
	list_for_each_entry_safe (e, next, &pending, acc_node) {
		list_del(&e->acc_node);
		e->sk.linger = (struct linger){ 1, 0 }; /* reset */
		e->sk.ops->release(&e->sk);
	}
}

/* Out of the backlog it waits at, if it does. */
static void tcp_stop_waiting(struct isock *is)
{
	bool was;

	if (is->wired)
		return;
	spin_lock(&inet_lock);
	was = is->state == TCP_SYN_SENT;
	if (was) {
		list_del(&is->acc_node);
		WRITE_ONCE(is->state, TCP_CLOSE);
	}
	spin_unlock(&inet_lock);
	if (was)
		isock_put(is);
}

/* Break or end what there is; the peer is told. */
static void tcp_hang_up(struct isock *is, bool reset)
{
	struct isock *peer;

	spin_lock(&inet_lock);
	peer = is->peer;
	if (peer && reset)
		tcp_reset_locked(peer);
	else if (peer)
		tcp_fin_locked(is);
	spin_lock(&is->q.lock);
	is->dead = true;
	spin_unlock(&is->q.lock);
	is->sk.shutdown = SOCK_SHUT_ALL;
	WRITE_ONCE(is->state, TCP_CLOSE);
	spin_unlock(&inet_lock);
	if (peer)
		tcp_wake(peer);
}

static void inet_stream_release(struct sock *sk)
{
	struct isock *is = isock_of(sk), *p;
	bool reset = READ_ONCE(is->q.nr) ||
		     (sk->linger.l_onoff && !sk->linger.l_linger);

	sock_drop_file(sk);
	if (is->state == TCP_LISTEN)
		tcp_listen_stop(is);
	tcp_stop_waiting(is);
	if (is->wired)
		tcpw_close(is, reset, true);
	else
		tcp_hang_up(is, reset);
	spin_lock(&inet_lock);
	if (!tcpw_alive(is))
		inet_port_leave_locked(is);
	spin_unlock(&inet_lock);
	tcp_queue_flush(is);
	if (is->peer)
		isock_put(is->peer);
	while ((p = is->stale)) {
		is->stale = p->stale;
		p->stale = NULL;
		isock_put(p);
	}
	isock_put(is);
}

/* connect(AF_UNSPEC): as new, but for the names that were asked for. */
static int tcp_disconnect(struct isock *is)
{
	bool was = (is->peer || is->wired) && is->state != TCP_CLOSE;

	if (is->state == TCP_LISTEN)
		tcp_listen_stop(is);
	tcp_stop_waiting(is);
	if (is->wired)
		tcpw_close(is, true, false);
	else if (is->peer)
		tcp_hang_up(is, true);
	is->wired = false;
	tcp_queue_flush(is);
	spin_lock(&inet_lock);
	inet_unname_locked(is);
	is->sk.shutdown = 0;
	is->sk.err = was ? ECONNRESET : 0;
	is->fin_in = is->fin_out = false;
	spin_unlock(&inet_lock);
	is->connecting = false;
	tcp_wake(is);
	return 0;
}

/* --- connecting --- */

/* The other end, as its listener's options say. */
void tcp_inherit_locked(struct isock *n, const struct isock *l)
{
	memcpy(n->opt, l->opt, sizeof(n->opt));
	memcpy(n->congestion, l->congestion, sizeof(n->congestion));
	n->cmsg = l->cmsg;
	n->v6only = l->v6only;
	n->uid = l->uid;
	n->sk.family = l->sk.family;
	n->sk.sndbuf = l->sk.sndbuf_set ? l->sk.sndbuf : TCP_SNDBUF_GROWN;
	n->sk.sndbuf_set = l->sk.sndbuf_set;
	n->sk.rcvbuf = l->sk.rcvbuf;
	n->sk.rcvbuf_set = l->sk.rcvbuf_set;
	n->sk.bound_dev = l->sk.bound_dev;
	n->sk.rcvtimeo = l->sk.rcvtimeo;
	n->sk.sndtimeo = l->sk.sndtimeo;
	n->sk.rcvlowat = l->sk.rcvlowat;
	n->sk.linger = l->sk.linger;
	n->sk.reuseaddr = l->sk.reuseaddr;
	n->sk.reuseport = l->sk.reuseport;
	n->sk.keepalive = l->sk.keepalive;
	n->sk.oobinline = l->sk.oobinline;
	n->sk.priority = l->sk.priority;
	n->sk.mark = l->sk.mark;
}

/* n is fresh and becomes the listener's end; takes over its reference. */
static void tcp_join_locked(struct isock *listener, struct isock *is,
			    struct isock *n)
{
	if (is->peer) { /* from before connect(AF_UNSPEC) */
		is->peer->stale = is->stale;
		is->stale = is->peer;
		is->dead = false;
	}
	tcp_inherit_locked(n, listener);
	n->laddr = is->raddr;
	n->lport = is->rport;
	n->raddr = is->laddr;
	n->rport = is->lport;
	n->bound = INET_BOUND_ADDR | INET_BOUND_PORT;
	inet_port_join_locked(n);
	isock_get(n); /* of `is`; the first one is the backlog's */
	isock_get(is);
	store_release(&is->peer, n);
	store_release(&n->peer, is);
	store_release(&n->state, (u8)TCP_ESTABLISHED);
	store_release(&is->state, (u8)TCP_ESTABLISHED);
	list_add_tail(&n->acc_node, &listener->pending);
	WRITE_ONCE(listener->npending, listener->npending + 1);
}

/* Is there such a connection already? */
static bool tcp_name_taken_locked(struct isock *is)
{
	struct isock *o;

	if (!(is->bound & INET_BOUND_PORT))
		return false;
	list_for_each_entry (o, &inet_all, all_node)
		if (o != is && o->sk.type == SOCK_STREAM && o->peer &&
		    o->lport == is->lport && o->rport == is->rport &&
		    o->state != TCP_CLOSE && in6_equal(&o->laddr, &is->laddr) &&
		    in6_equal(&o->raddr, &is->raddr))
			return true;
	return false;
}

/*
 * Find the listener. => 0: joined to *n, which is taken (set to NULL), or left
 * waiting for room
 */
static int tcp_start_locked(struct isock *is, const struct inet_name *to,
			    const struct in6_addr *src, struct isock **n,
			    struct isock **listener)
{
	struct isock *l;
	int err = inet_port_pick_locked(is);

	if (err)
		return -EADDRNOTAVAIL;
	is->raddr = to->addr;
	is->rport = to->port;
	if (in6_is_any(&is->laddr))
		is->laddr = *src;
	if (tcp_name_taken_locked(is))
		return -EADDRNOTAVAIL;
	l = inet_lookup_locked(INET_TCP, &to->addr, to->port, &is->laddr,
			       is->lport);
	if (!l)
		return -ECONNREFUSED;
	if (!is->sk.sndbuf_set)
		is->sk.sndbuf = TCP_SNDBUF_GROWN;
	if (l->npending > l->backlog) {
		isock_get(is);
		list_add_tail(&is->acc_node, &l->waiting);
		WRITE_ONCE(is->state, TCP_SYN_SENT);
		return 0;
	}
	tcp_join_locked(l, is, *n);
	*n = NULL;
	isock_get(l);
	*listener = l;
	return 0;
}

/* To another machine. Caller holds sk.lock. */
static int tcp_start_wired(struct isock *is, const struct inet_name *to,
			   const struct net_path *path)
{
	int err, tries = 0;

	if (is->peer) { /* from before connect(AF_UNSPEC) */
		is->peer->stale = is->stale;
		is->stale = is->peer;
		is->peer = NULL;
	}
again:
	spin_lock(&inet_lock);
	err = inet_port_pick_locked(is);
	if (!err) {
		is->raddr = to->addr;
		is->rport = to->port;
		is->scope = (u32)path->dev->index;
		if (in6_is_any(&is->laddr))
			is->laddr = path->src;
	}
	spin_unlock(&inet_lock);
	if (err)
		return -EADDRNOTAVAIL;
	err = to->port ? tcpw_connect(is, path) : -ECONNREFUSED;
	if (err) {
		spin_lock(&inet_lock);
		inet_unname_locked(is);
		spin_unlock(&inet_lock);
		is->wired = false;
		/* what is left of a connection has just these names */
		if (err == -EADDRNOTAVAIL && !(is->bound & INET_BOUND_PORT) &&
		    tries++ < 1000)
			goto again;
	}
	return err;
}

/* Caller holds sk.lock. */
static int tcp_start(struct isock *is, const struct sockaddr_storage *a,
		     u32 len)
{
	struct isock *n, *l = NULL;
	struct net_path path;
	struct inet_name to;
	int err = inet_name_in(is, a, len, false, &to);

	if (!err)
		err = inet_route(is, &to.addr, to.scope, &path);
	if (!err && path.type != RTN_LOCAL && path.type != RTN_UNICAST)
		err = -ENETUNREACH;
	if (err)
		return err;
	if (unlikely(!inet_path_is_local(&path)))
		return tcp_start_wired(is, &to, &path);
	n = isock_alloc(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (!n)
		return -ENOBUFS;
	spin_lock(&inet_lock);
	err = tcp_start_locked(is, &to, &path.src, &n, &l);
	if (err)
		inet_unname_locked(is);
	spin_unlock(&inet_lock);
	if (n)
		isock_put(n);
	if (l) {
		sock_wake_readers(&l->sk);
		tcp_wake(is);
		isock_put(l);
	}
	return err;
}

/* How did it end? Caller holds sk.lock. */
static int tcp_finish(struct isock *is)
{
	is->connecting = false;
	if (is->state != TCP_CLOSE || is->fin_in)
		return 0;
	if (!is->peer || is->dead) { /* it may try again */
		spin_lock(&inet_lock);
		inet_unname_locked(is);
		is->sk.shutdown = 0;
		spin_unlock(&inet_lock);
		is->wired = false;
	}
	return sock_take_error(&is->sk) ?: -ECONNABORTED;
}

static int tcp_connect_wait(struct isock *is)
{
	struct sock *sk = &is->sk;
	int err;

	err = wait_event_deadline(
		&sk->wwait, READ_ONCE(is->state) != TCP_SYN_SENT,
		sock_deadline(sk->sndtimeo, false), SLEEP_INTR, "inet_connect");
	if (err == -ETIMEDOUT)
		return -EINPROGRESS;
	return err ? sock_wait_error(err, sk->sndtimeo) : 0;
}

/* A connect that is under way, or its first call. Caller holds sk.lock. */
static int tcp_connect_locked(struct isock *is,
			      const struct sockaddr_storage *a, u32 len,
			      bool nonblock)
{
	int err;

	if (is->connecting) {
		if (is->state == TCP_SYN_SENT)
			return nonblock ? -EALREADY : 1;
		return tcp_finish(is);
	}
	if (is->state != TCP_CLOSE || is->wired || (is->peer && !is->dead))
		return -EISCONN;
	err = tcp_start(is, a, len);
	if (err == -ECONNREFUSED && nonblock) {
		is->connecting = true;
		WRITE_ONCE(is->sk.err, ECONNREFUSED);
		atomic_or(&is->sk.shutdown, SOCK_SHUT_ALL);
		return -EINPROGRESS;
	}
	if (err)
		return err;
	is->connecting = true;
	if (nonblock)
		return -EINPROGRESS;
	return is->state == TCP_SYN_SENT ? 1 : tcp_finish(is);
}

static int inet_stream_connect(struct sock *sk,
			       const struct sockaddr_storage *a, u32 len,
			       bool nonblock)
{
	struct isock *is = isock_of(sk);
	int err;

	if (len < sizeof(a->ss_family))
		return -EINVAL;
	mutex_lock(&sk->lock);
	if (a->ss_family == AF_UNSPEC)
		err = tcp_disconnect(is);
	else
		err = tcp_connect_locked(is, a, len, nonblock);
	mutex_unlock(&sk->lock);
	if (err != 1)
		return err;
	err = tcp_connect_wait(is);
	if (err)
		return err;
	mutex_lock(&sk->lock);
	err = is->connecting ? tcp_finish(is) : -EISCONN;
	mutex_unlock(&sk->lock);
	return err;
}

/* --- listening --- */

static int inet_stream_listen(struct sock *sk, int backlog)
{
	struct isock *is = isock_of(sk);
	int err = 0;

	mutex_lock(&sk->lock);
	spin_lock(&inet_lock);
	if (is->connecting || is->wired || (is->peer && !is->dead) ||
	    (is->state != TCP_CLOSE && is->state != TCP_LISTEN))
		err = -EINVAL;
	else if (!is->lport)
		err = inet_port_pick_locked(is);
	else if (is->state != TCP_LISTEN &&
		 inet_port_conflict_locked(is, is->lport, true))
		err = -EADDRINUSE;
	if (!err) {
		is->backlog = min((u32)backlog, (u32)SOMAXCONN);
		is->sk.shutdown = 0;
		sk->listening = true;
		WRITE_ONCE(is->state, TCP_LISTEN);
	}
	spin_unlock(&inet_lock);
	mutex_unlock(&sk->lock);
	return err;
}

/* The next connection; who waited for its place gets it. */
static struct isock *tcp_accept_one(struct isock *l)
{
	struct isock *n = NULL, *w = NULL, *child = NULL;

	if (!list_empty(&l->waiting))
		child = isock_alloc(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	spin_lock(&inet_lock);
	if (!list_empty(&l->pending)) {
		n = list_first(&l->pending, struct isock, acc_node);
		list_del(&n->acc_node);
		WRITE_ONCE(l->npending, l->npending - 1);
	}
	if (child && l->state == TCP_LISTEN && !list_empty(&l->waiting) &&
	    l->npending <= l->backlog) {
		w = list_first(&l->waiting, struct isock, acc_node);
		list_del(&w->acc_node);
		tcp_join_locked(l, w, child);
		child = NULL;
	}
	spin_unlock(&inet_lock);
	if (child)
		isock_put(child);
	if (w) {
		tcp_wake(w);
		isock_put(w);
	}
	return n;
}

static struct sock *inet_stream_accept(struct sock *sk, bool nonblock)
{
	u64 deadline = sock_deadline(sk->rcvtimeo, nonblock);
	struct isock *is = isock_of(sk), *n;
	int err;

	for (;;) {
		if (READ_ONCE(is->state) != TCP_LISTEN)
			return ERR_PTR(-EINVAL);
		n = tcp_accept_one(is);
		if (n)
			break;
		if (!deadline)
			return ERR_PTR(-EAGAIN);
		err = wait_event_exclusive(&sk->rwait,
					   READ_ONCE(is->npending) ||
						   READ_ONCE(is->state) !=
							   TCP_LISTEN,
					   deadline, SLEEP_INTR, "inet_accept");
		if (err) {
			if (READ_ONCE(is->npending))
				sock_wake_readers(sk);
			return ERR_PTR(sock_wait_error(err, sk->rcvtimeo));
		}
	}
	if (READ_ONCE(is->npending))
		sock_wake_readers(sk);
	return &n->sk;
}

static int inet_stream_shutdown(struct sock *sk, int how)
{
	struct isock *is = isock_of(sk), *peer = NULL;
	u32 mode = how + 1;
	int err = 0;

	mutex_lock(&sk->lock);
	if (is->state == TCP_LISTEN || is->state == TCP_SYN_SENT) {
		if (is->state == TCP_SYN_SENT) {
			if (is->wired)
				tcpw_close(is, true, false);
			tcp_stop_waiting(is);
			is->connecting = is->wired = false;
		} else if (mode & SOCK_SHUT_RCV) {
			tcp_listen_stop(is);
			spin_lock(&inet_lock);
			inet_unname_locked(is);
			spin_unlock(&inet_lock);
		}
	} else {
		spin_lock(&inet_lock);
		if (is->state == TCP_CLOSE)
			err = -ENOTCONN;
		atomic_or(&sk->shutdown, mode);
		if (!err && (mode & SOCK_SHUT_SND) && !is->wired) {
			peer = is->peer;
			tcp_fin_locked(is);
		}
		spin_unlock(&inet_lock);
		if (!err && (mode & SOCK_SHUT_SND) && is->wired)
			tcpw_shutdown(is);
	}
	mutex_unlock(&sk->lock);
	if (peer)
		tcp_wake(peer);
	tcp_wake(is);
	return err;
}

static void inet_stream_keepalive(struct sock *sk)
{
	struct isock *is = isock_of(sk);

	if (is->wired)
		tcpw_keepalive(is);
}

const struct sock_ops inet_stream_ops = {
	.release = inet_stream_release,
	.bind = inet_bind,
	.connect = inet_stream_connect,
	.listen = inet_stream_listen,
	.accept = inet_stream_accept,
	.getname = inet_getname,
	.sendmsg = tcp_send,
	.recvmsg = tcp_recv,
	.shutdown = inet_stream_shutdown,
	.poll = tcp_poll,
	.ioctl = tcp_ioctl,
	.setsockopt = inet_setsockopt,
	.getsockopt = inet_getsockopt,
	.cmsg = inet_cmsg,
	.keepalive = inet_stream_keepalive,
};
