// SPDX-License-Identifier: GPL-2.0
/*
 * UDP inside the machine, following udp(7).
 *
 * A datagram goes to the receiver's queue, or, when there is no room or no
 * receiver, it is lost, as on Linux. That a port is closed is known at once:
 * a connected sender gets ECONNREFUSED by its next call, where an ICMP message
 * would have brought it.
 *
 * Multicast reaches the members of the group here, if the sender's interface
 * is lo (IP_MULTICAST_IF).
 */
#include <abi/ioctl.h>
#include <abi/netlink.h>
#include <abi/poll.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include "inet_internal.h"
#include "wire.h"

#define UDP_MAX4 65507u
#define UDP_MAX6 65527u

static struct udp_msg *udp_msg_of(struct sock_piece *p)
{
	return p ? container_of(p, struct udp_msg, p) : NULL;
}

struct udp_msg *udp_msg_alloc(u32 len)
{
	struct udp_msg *g = kmalloc(sizeof(*g) + len);

	if (!g)
		return NULL;
	g->p.len = len;
	g->p.off = 0;
	g->p.charge = len + SOCK_OVERHEAD;
	return g;
}

void udp_queue_flush(struct isock *is)
{
	struct udp_msg *g, *next;
	struct list_head out;

	if (list_empty(&is->q.list))
		return;
	sock_queue_take_all(&is->q, &out);
	list_for_each_entry_safe (g, next, &out, p.node)
		kfree(g);
}

static void inet_dgram_release(struct sock *sk)
{
	struct isock *is = isock_of(sk);

	sock_drop_file(sk);
	spin_lock(&inet_lock);
	is->dead = true;
	inet_port_leave_locked(is);
	spin_unlock(&inet_lock);
	udp_queue_flush(is);
	isock_put(is);
}

static int inet_dgram_connect(struct sock *sk, const struct sockaddr_storage *a,
			      u32 len, bool nonblock)
{
	struct isock *is = isock_of(sk);
	struct net_path path;
	struct inet_name to;
	int err = 0;

	if (len < sizeof(a->ss_family))
		return -EINVAL;
	mutex_lock(&sk->lock);
	if (a->ss_family == AF_UNSPEC) {
		spin_lock(&inet_lock);
		WRITE_ONCE(is->state, TCP_CLOSE);
		inet_unname_locked(is);
		spin_unlock(&inet_lock);
		goto out;
	}
	err = inet_name_in(is, a, len, true, &to);
	if (!err)
		err = inet_route(is, &to.addr, to.scope, &path);
	if (!err && path.type == RTN_BROADCAST && !sk->broadcast)
		err = -EACCES;
	if (err)
		goto out;
	spin_lock(&inet_lock);
	err = inet_port_pick_locked(is) ? -EAGAIN : 0;
	if (!err) {
		is->raddr = to.addr;
		is->rport = to.port;
		is->scope = (u32)path.dev->index;
		if (in6_is_any(&is->laddr))
			is->laddr = path.src;
		WRITE_ONCE(is->state, TCP_ESTABLISHED);
	}
	spin_unlock(&inet_lock);
out:
	mutex_unlock(&sk->lock);
	return err;
}

static int inet_dgram_listen(struct sock *sk, int backlog)
{
	return -EOPNOTSUPP;
}

static struct sock *inet_dgram_accept(struct sock *sk, bool nonblock)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static int inet_dgram_shutdown(struct sock *sk, int how)
{
	struct isock *is = isock_of(sk);

	/* also an unconnected one is shut down, and told that it was not */
	atomic_or(&sk->shutdown, how + 1);
	sock_wake_all(sk);
	return is->state == TCP_ESTABLISHED ? 0 : -ENOTCONN;
}

/* --- sending --- */

static bool udp_is_broadcast(const struct in6_addr *a)
{
	return in6_is_v4(a) && in6_v4(a) == 0x7fffffffu;
}

/* A group without an interface goes by lo if the sender is there. */
static int udp_route(struct isock *is, struct inet_name *to,
		     const struct sock_wish *w, struct net_path *path)
{
	u32 scope = w && w->oif ? (u32)w->oif : to->scope;

	if (in6_is_multicast(&to->addr) && !is->mcast_oif && !scope &&
	    !is->sk.bound_dev && in6_is_v4(&is->laddr) &&
	    is->laddr.s6_addr[12] == 127)
		scope = NET_LO;
	return inet_route(is, &to->addr, scope, path);
}

/*
 * Where to. *one: there is one receiver, else each that fits. path->src is the
 * address it comes from.
 */
static int udp_target(struct isock *is, struct sock_msg *m,
		      struct inet_name *to, struct net_path *path, bool *one)
{
	int err;

	*one = true;
	if (!m->namelen) {
		if (is->state != TCP_ESTABLISHED)
			return -EDESTADDRREQ;
		to->addr = is->raddr;
		to->port = is->rport;
		to->scope = 0;
	} else {
		if (m->name->ss_family == AF_UNSPEC &&
		    is->sk.family == AF_INET &&
		    m->namelen >= sizeof(struct sockaddr_in))
			m->name->ss_family = AF_INET;
		err = inet_name_in(is, m->name, m->namelen, true, to);
		if (err)
			return err;
		if (!to->port)
			return -EINVAL;
	}
	err = udp_route(is, to, m->wish, path);
	if (err)
		return err;
	if (path->type == RTN_MULTICAST) {
		*one = false;
	} else if (path->type == RTN_BROADCAST || udp_is_broadcast(&to->addr)) {
		*one = false;
		if (!is->sk.broadcast && m->namelen)
			return -EACCES;
	}
	if (!in6_is_any(&is->laddr) && !in6_is_multicast(&is->laddr) &&
	    !net_is_broadcast(&net0, NULL, &is->laddr))
		path->src = is->laddr;
	if (m->wish && m->wish->have_src)
		memcpy(&path->src, m->wish->src, sizeof(path->src));
	return 0;
}

/* Hang g on the queue of `to`; it is taken over. */
void udp_queue(struct isock *to, struct udp_msg *g)
{
	bool ok;

	spin_lock(&to->q.lock);
	/* the first one always fits */
	ok = !to->dead &&
	     (!to->q.nr || to->q.bytes + g->p.charge <= to->sk.rcvbuf) &&
	     !(READ_ONCE(to->sk.shutdown) & SOCK_SHUT_RCV);
	if (ok)
		sock_queue_add_locked(&to->q, &g->p);
	else
		to->drops++;
	spin_unlock(&to->q.lock);
	if (ok)
		sock_wake_readers(&to->sk);
	else
		kfree(g);
}

/* One receiver. => 0, -ECONNREFUSED */
static int udp_deliver(struct isock *is, struct udp_msg *g, u16 port)
{
	struct isock *to;

	spin_lock(&inet_lock);
	to = inet_lookup_locked(inet_kind(is), &g->to, port, &g->from,
				g->from_port);
	if (to && !ref_get_unless_zero(&to->sk.refs))
		to = NULL;
	spin_unlock(&inet_lock);
	if (!to) {
		kfree(g);
		return -ECONNREFUSED;
	}
	udp_queue(to, g);
	isock_put(to);
	return 0;
}

static bool udp_member(const struct isock *is, const struct in6_addr *group)
{
	for (u32 i = 0; i < is->ngroups; i++)
		if (in6_equal(&is->group[i], group))
			return true;
	return false;
}

/* A copy to one socket of the port, if it wants it. Under inet_lock. */
void udp_deliver_copy(struct isock *is, void *arg)
{
	struct udp_msg *g = arg, *copy;
	bool v4 = in6_is_v4(&g->to);

	if (is->dead || (v4 ? is->sk.family == AF_INET6 && is->v6only
			    : is->sk.family == AF_INET))
		return;
	if (!in6_is_any(&is->laddr) && !in6_equal(&is->laddr, &g->to))
		return;
	if (is->rport &&
	    (is->rport != g->from_port || !in6_equal(&is->raddr, &g->from)))
		return;
	if (in6_is_multicast(&g->to) && !udp_member(is, &g->to))
		return;
	copy = udp_msg_alloc(g->p.len);
	if (!copy)
		return;
	copy->from = g->from;
	copy->from_port = g->from_port;
	copy->to = g->to;
	copy->ttl = g->ttl;
	copy->tos = g->tos;
	copy->oif = g->oif;
	memcpy(copy->data, g->data, g->p.len);
	udp_queue(is, copy);
}

static struct udp_msg *udp_msg_make(struct isock *is, struct sock_msg *m,
				    const struct inet_name *to,
				    const struct in6_addr *src)
{
	bool v4 = in6_is_v4(&to->addr);
	size_t n = m->it->count;
	struct udp_msg *g;

	if (n > (v4 ? UDP_MAX4 : UDP_MAX6))
		return ERR_PTR(-EMSGSIZE);
	g = udp_msg_alloc(n);
	if (!g)
		return ERR_PTR(-ENOBUFS);
	if (copy_from_iter(m->it, g->data, n) != n) {
		kfree(g);
		return ERR_PTR(-EFAULT);
	}
	g->from = *src;
	g->from_port = is->lport;
	g->to = to->addr;
	g->ttl = 64;
	g->tos = 0;
	g->oif = NET_LO;
	if (v4) {
		g->ttl = inet_opt(is, IPPROTO_IP, IP_TTL);
		g->tos = inet_opt(is, IPPROTO_IP, IP_TOS);
	} else {
		int hops = inet_opt(is, IPPROTO_IPV6, IPV6_UNICAST_HOPS);

		g->ttl = hops < 0 ? 64 : hops;
		g->tos = max(inet_opt(is, IPPROTO_IPV6, IPV6_TCLASS), 0);
	}
	if (unlikely(m->wish)) {
		if (m->wish->ttl >= 0)
			g->ttl = (u8)m->wish->ttl;
		if (m->wish->tos >= 0)
			g->tos = (u8)m->wish->tos;
	}
	return g;
}

static ssize_t udp_send(struct sock *sk, struct sock_msg *m)
{
	struct isock *is = isock_of(sk);
	ssize_t len = m->it->count;
	struct net_path path;
	struct inet_name to;
	struct udp_msg *g;
	bool one;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (len > 0xffff)
		return -EMSGSIZE;
	err = udp_target(is, m, &to, &path, &one);
	if (err)
		return err;
	err = sock_take_error(sk);
	if (err)
		return err;
	if (sk->shutdown & SOCK_SHUT_SND)
		return -EPIPE;
	if (unlikely(!READ_ONCE(is->lport))) {
		spin_lock(&inet_lock);
		err = inet_port_pick_locked(is);
		spin_unlock(&inet_lock);
		if (err)
			return -EAGAIN;
	}
	if (unlikely(!inet_path_is_local(&path))) {
		err = udpw_send(is, m, &to, &path);
		return err ? err : len;
	}
	g = udp_msg_make(is, m, &to, &path.src);
	if (IS_ERR(g))
		return PTR_ERR(g);
	if (one) {
		err = udp_deliver(is, g, to.port);
		if (err && (is->state == TCP_ESTABLISHED ||
			    inet_opt(is, IPPROTO_IP, IP_RECVERR))) {
			WRITE_ONCE(sk->err, -err);
			sock_wake_all(sk);
		}
		return len;
	}
	spin_lock(&inet_lock);
	inet_port_each_locked(inet_kind(is), to.port, udp_deliver_copy, g);
	spin_unlock(&inet_lock);
	kfree(g);
	return len;
}

/* --- receiving --- */

static void udp_tell_arrival(struct isock *is, struct sock_msg *m,
			     const struct udp_msg *g)
{
	m->namelen = 0;
	if (m->name)
		m->namelen = inet_name_out(is, &g->from, g->from_port, m->name);
	if (likely(!is->cmsg))
		return;
	memcpy(m->in.to, &g->to, sizeof(m->in.to));
	m->in.port = is->lport;
	m->in.ttl = g->ttl;
	m->in.tos = g->tos;
	m->in.oif = g->oif;
	m->in.have = true;
}

/* The next datagram, with iolock held, or ERR_PTR, or NULL: the end. */
static struct udp_msg *udp_recv_next(struct isock *is, int flags, u64 deadline,
				     size_t *skip)
{
	struct sock *sk = &is->sk;
	struct udp_msg *g;
	int err;

	for (;;) {
		err = sock_take_error(sk);
		if (err)
			return ERR_PTR(err);
		*skip = sock_peek_start(sk, flags);
		g = udp_msg_of(sock_queue_next(&is->q, NULL));
		while (unlikely(*skip) && g && *skip >= g->p.len) {
			*skip -= g->p.len;
			g = udp_msg_of(sock_queue_next(&is->q, &g->p));
		}
		if (g || (READ_ONCE(sk->shutdown) & SOCK_SHUT_RCV))
			return g;
		err = sock_queue_wait_past(sk, &is->q,
					   sock_peek_start(sk, flags), deadline,
					   "udp_recv");
		if (err)
			return ERR_PTR(err);
	}
}

static ssize_t udp_recv(struct sock *sk, struct sock_msg *m)
{
	struct isock *is = isock_of(sk);
	bool peek = m->flags & MSG_PEEK;
	struct udp_msg *g;
	ssize_t ret;
	size_t n, skip = 0;

	m->namelen = 0;
	if (m->flags & MSG_ERRQUEUE)
		return -EAGAIN;
	mutex_lock(&is->q.iolock);
	g = udp_recv_next(is, m->flags,
			  sock_deadline(sk->rcvtimeo, m->flags & MSG_DONTWAIT),
			  &skip);
	if (!g || IS_ERR(g)) {
		mutex_unlock(&is->q.iolock);
		return g ? PTR_ERR(g) : 0;
	}
	n = min(m->it->count, (size_t)g->p.len - skip);
	if (n < g->p.len - skip)
		m->out_flags |= MSG_TRUNC;
	ret = m->flags & MSG_TRUNC ? g->p.len - skip : n;
	udp_tell_arrival(is, m, g);
	if (copy_to_iter(m->it, g->data + skip, n) != n)
		ret = -EFAULT;
	sock_peek_moved(sk, m->flags, peek ? n : g->p.len);
	if (!peek)
		sock_queue_del(&is->q, &g->p);
	mutex_unlock(&is->q.iolock);
	if (!peek)
		kfree(g);
	if (READ_ONCE(is->q.nr) && READ_ONCE(sk->rwait.nwait))
		sock_wake_readers(sk);
	return ret;
}

static u32 udp_poll(struct sock *sk, struct file *f, struct poll_table *pt)
{
	struct isock *is = isock_of(sk);
	u32 mask = POLLOUT | POLLWRNORM | POLLWRBAND, shut;

	poll_wait(f, &sk->rwait, pt);
	poll_wait(f, &sk->wwait, pt);
	shut = READ_ONCE(sk->shutdown);
	if (READ_ONCE(sk->err))
		mask |= POLLERR;
	if (shut & SOCK_SHUT_RCV)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (shut == SOCK_SHUT_ALL)
		mask |= POLLHUP;
	if (READ_ONCE(is->q.nr))
		mask |= POLLIN | POLLRDNORM;
	return mask;
}

static long udp_ioctl(struct sock *sk, u32 cmd, u64 arg)
{
	struct isock *is = isock_of(sk);
	int n = 0;

	switch (cmd) {
	case SIOCINQ:
		n = sock_queue_unread(&is->q, false);
		break;
	case SIOCOUTQ:
		break;
	default:
		return -ENOTTY;
	}
	return put_user(n, UADDR(arg));
}

const struct sock_ops inet_dgram_ops = {
	.release = inet_dgram_release,
	.bind = inet_bind,
	.connect = inet_dgram_connect,
	.listen = inet_dgram_listen,
	.accept = inet_dgram_accept,
	.getname = inet_getname,
	.sendmsg = udp_send,
	.recvmsg = udp_recv,
	.shutdown = inet_dgram_shutdown,
	.poll = udp_poll,
	.ioctl = udp_ioctl,
	.setsockopt = inet_setsockopt,
	.getsockopt = inet_getsockopt,
	.cmsg = inet_cmsg,
};
