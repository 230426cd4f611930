// SPDX-License-Identifier: GPL-2.0
/*
 * Raw sockets (raw(7)) and ping sockets (icmp(7)).
 *
 * A raw socket gets a copy of each packet of its protocol, of IPv4 with its
 * header; what it sends gets one, unless IP_HDRINCL says that it brings its
 * own. A ping socket sends echo requests whose identifier is its port, and gets
 * the answers to them; net.ipv4.ping_group_range says who may.
 *
 * What is received hangs on is->q as datagrams do, and is read by the same
 * code. All of them stand in inet_all, which is walked under inet_lock while
 * there are any (raw_socks).
 */
#include <abi/capability.h>
#include <abi/netlink.h>
#include <kernel/cred.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include "inet_internal.h"
#include "wire.h"

#define ICMP_FILTER_OPT	   1 /* of SOL_RAW */
#define ICMP6_FILTER_OPT   1 /* of IPPROTO_ICMPV6 */
#define ICMP_ECHO_REQUEST  8
#define ICMP6_ECHO_REQUEST 128

static u32 raw_socks; /* atomic */
u32 ping_group_range[2] = { 1, 0 };

static bool raw_is_ping(const struct isock *is)
{
	return is->sk.type == SOCK_DGRAM;
}

/* --- in --- */

static bool raw_filtered(const struct isock *is, const struct pkt *p)
{
	u8 type = p->len ? p->data[0] : 0;

	if (is->sk.protocol == IPPROTO_ICMP && in6_is_v4(&p->dst))
		return type < 32 && (is->icmp_filter[0] >> type & 1);
	if (is->sk.protocol == IPPROTO_ICMPV6)
		return is->icmp_filter[type / 32] >> type % 32 & 1;
	return false;
}

static bool raw_wants(const struct isock *is, const struct pkt *p)
{
	if (is->sk.protocol != p->l4 ||
	    is->sk.family != (in6_is_v4(&p->dst) ? AF_INET : AF_INET6) ||
	    is->dead)
		return false;
	if (!in6_is_any(&is->laddr) && !in6_equal(&is->laddr, &p->dst))
		return false;
	if (!in6_is_any(&is->raddr) && !in6_equal(&is->raddr, &p->src))
		return false;
	if (is->sk.bound_dev && is->sk.bound_dev != p->dev->index)
		return false;
	return !raw_filtered(is, p);
}

static void raw_queue(struct isock *is, const struct pkt *p, const u8 *data,
		      u32 n)
{
	struct udp_msg *g = udp_msg_alloc(n);

	if (!g)
		return;
	memcpy(g->data, data, n);
	g->from = p->src;
	g->from_port = 0;
	g->to = p->dst;
	g->ttl = p->ttl;
	g->tos = p->tos;
	g->oif = p->dev->index;
	udp_queue(is, g);
}

bool raw_input(struct net *net, struct pkt *p)
{
	const u8 *from = in6_is_v4(&p->dst) ? p->net : p->data;
	struct isock *is;
	bool any = false;

	if (likely(!READ_ONCE(raw_socks)))
		return false;
	spin_lock(&inet_lock);
	list_for_each_entry (is, &inet_all, all_node) {
		if (is->sk.type != SOCK_RAW || !raw_wants(is, p))
			continue;
		raw_queue(is, p, from, (u32)(p->data + p->len - from));
		any = true;
	}
	spin_unlock(&inet_lock);
	return any;
}

bool ping_input(struct net *net, struct pkt *p)
{
	struct isock *is;
	bool any = false;
	u16 id;

	if (likely(!READ_ONCE(raw_socks)) || p->len < 8)
		return false;
	id = get16(p->data + 4);
	spin_lock(&inet_lock);
	list_for_each_entry (is, &inet_all, all_node) {
		if (!raw_is_ping(is) || is->sk.protocol == IPPROTO_UDP ||
		    is->sk.protocol == IPPROTO_UDPLITE || is->lport != id ||
		    !raw_wants(is, p))
			continue;
		raw_queue(is, p, p->data, p->len);
		any = true;
		break;
	}
	spin_unlock(&inet_lock);
	return any;
}

/* --- out --- */

static int raw_target(struct isock *is, struct sock_msg *m,
		      struct in6_addr *dst, struct net_path *path)
{
	struct inet_name to = { .scope = 0 };
	int err;

	if (m->namelen) {
		err = inet_name_in(is, m->name, m->namelen, false, &to);
		if (err)
			return err;
	} else if (!in6_is_any(&is->raddr)) {
		to.addr = is->raddr;
	} else {
		return -EDESTADDRREQ;
	}
	if (m->wish && m->wish->oif)
		to.scope = (u32)m->wish->oif;
	*dst = to.addr;
	err = inet_route(is, dst, to.scope, path);
	if (err)
		return err;
	if (path->type == RTN_BROADCAST && !is->sk.broadcast)
		return -EACCES;
	if (!in6_is_any(&is->laddr) && !in6_is_multicast(&is->laddr))
		path->src = is->laddr;
	if (m->wish && m->wish->have_src)
		memcpy(&path->src, m->wish->src, sizeof(path->src));
	return 0;
}

/* An identifier of its own, as a port. Caller holds inet_lock. */
static bool ping_id_free_locked(const struct isock *is, u16 id)
{
	struct isock *o;

	list_for_each_entry (o, &inet_all, all_node)
		if (o != is && raw_is_ping(o) && o->lport == id &&
		    o->sk.protocol == is->sk.protocol)
			return false;
	return true;
}

static int ping_pick(struct isock *is, u16 want)
{
	static u16 next;
	int err = -EADDRINUSE;

	spin_lock(&inet_lock);
	if (want) {
		if (ping_id_free_locked(is, want)) {
			is->lport = want;
			err = 0;
		}
	} else {
		for (u32 i = 0; i < 65536 && err; i++)
			if (++next && ping_id_free_locked(is, next)) {
				is->lport = next;
				err = 0;
			}
	}
	spin_unlock(&inet_lock);
	return err;
}

static int ping_prepare(struct isock *is, struct pkt *p)
{
	bool v4 = is->sk.family == AF_INET;

	if (p->len < 8)
		return -EINVAL;
	if (p->data[0] != (v4 ? ICMP_ECHO_REQUEST : ICMP6_ECHO_REQUEST) ||
	    p->data[1])
		return -EINVAL;
	if (!is->lport && ping_pick(is, 0))
		return -EAGAIN;
	put16(p->data + 4, is->lport);
	return 0;
}

static void raw_checksum(struct isock *is, struct pkt *p)
{
	s32 at = is->csum_at;
	u16 sum;

	if (raw_is_ping(is) || is->sk.protocol == IPPROTO_ICMPV6)
		at = 2;
	if (at < 0 || (u32)at + 2 > p->len)
		return;
	put16(p->data + at, 0);
	sum = in6_is_v4(&p->dst)
		      ? csum_fold(csum_add(0, p->data, p->len))
		      : csum_l4(&p->src, &p->dst, p->l4, p->data, p->len);
	memcpy(p->data + at, &sum, 2);
}

static bool raw_has_header(const struct isock *is)
{
	return is->hdrincl ||
	       (is->sk.protocol == IPPROTO_RAW && is->sk.family == AF_INET);
}

static ssize_t raw_send(struct sock *sk, struct sock_msg *m)
{
	struct isock *is = isock_of(sk);
	u32 n = (u32)m->it->count;
	struct net_path path;
	struct in6_addr dst;
	struct pkt *p;
	s32 hops;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->it->count > 65535)
		return -EMSGSIZE;
	err = sock_take_error(sk);
	if (!err)
		err = raw_target(is, m, &dst, &path);
	if (err)
		return err;
	p = pkt_alloc(n);
	if (!p)
		return -ENOBUFS;
	if (copy_from_iter(m->it, p->data, n) != n) {
		pkt_free(p);
		return -EFAULT;
	}
	p->src = path.src;
	p->dst = dst;
	p->l4 = (u8)sk->protocol;
	if (raw_has_header(is)) {
		if (n < 20 || (p->data[0] & 15) * 4u > n || n > path.mtu) {
			pkt_free(p);
			return n > path.mtu ? -EMSGSIZE : -EINVAL;
		}
		err = ip_output_raw(&net0, p, &path);
		return err ? err : (ssize_t)n;
	}
	if (raw_is_ping(is)) {
		err = ping_prepare(is, p);
		if (err) {
			pkt_free(p);
			return err;
		}
	}
	if (in6_is_v4(&dst)) {
		p->ttl = (u8)inet_opt(
			is, IPPROTO_IP,
			path.type == RTN_MULTICAST ? IP_MULTICAST_TTL : IP_TTL);
		p->tos = (u8)inet_opt(is, IPPROTO_IP, IP_TOS);
		p->df = inet_opt(is, IPPROTO_IP, IP_MTU_DISCOVER) == 2;
	} else {
		hops = inet_opt(is, IPPROTO_IPV6,
				path.type == RTN_MULTICAST ? IPV6_MULTICAST_HOPS
							   : IPV6_UNICAST_HOPS);
		p->ttl = hops < 0 ? 64 : (u8)hops;
	}
	if (m->wish && m->wish->ttl >= 0)
		p->ttl = (u8)m->wish->ttl;
	raw_checksum(is, p);
	err = ip_output(&net0, p, &path);
	return err ? err : (ssize_t)n;
}

/* --- names --- */

static int raw_bind(struct sock *sk, const struct sockaddr_storage *a, u32 len)
{
	struct isock *is = isock_of(sk);
	struct inet_name n;
	int err = inet_name_in(is, a, len, false, &n);

	if (err)
		return err;
	if (!in6_is_any(&n.addr) && !net_is_local(&net0, &n.addr) &&
	    !in6_is_multicast(&n.addr) &&
	    !net_is_broadcast(&net0, NULL, &n.addr))
		return -EADDRNOTAVAIL;
	if (raw_is_ping(is)) {
		err = is->lport ? -EINVAL : ping_pick(is, n.port);
		if (err)
			return err;
	}
	spin_lock(&inet_lock);
	is->laddr = n.addr;
	spin_unlock(&inet_lock);
	return 0;
}

static int raw_connect(struct sock *sk, const struct sockaddr_storage *a,
		       u32 len, bool nonblock)
{
	struct isock *is = isock_of(sk);
	struct net_path path;
	struct inet_name to;
	int err;

	if (len < sizeof(a->ss_family))
		return -EINVAL;
	if (a->ss_family == AF_UNSPEC) {
		spin_lock(&inet_lock);
		memcpy(&is->raddr,
		       is->sk.family == AF_INET
			       ? &(struct in6_addr){ .s6_addr[10] = 0xff,
						     .s6_addr[11] = 0xff }
			       : &in6_any,
		       sizeof(is->raddr));
		WRITE_ONCE(is->state, TCP_CLOSE);
		spin_unlock(&inet_lock);
		return 0;
	}
	err = inet_name_in(is, a, len, false, &to);
	if (!err)
		err = inet_route(is, &to.addr, to.scope, &path);
	if (err)
		return err;
	spin_lock(&inet_lock);
	is->raddr = to.addr;
	is->rport = to.port;
	if (in6_is_any(&is->laddr))
		is->laddr = path.src;
	WRITE_ONCE(is->state, TCP_ESTABLISHED);
	spin_unlock(&inet_lock);
	return 0;
}

static int raw_getname(struct sock *sk, struct sockaddr_storage *a,
		       enum sock_name which)
{
	struct isock *is = isock_of(sk);

	if (which == SOCK_NAME_OWN)
		return inet_name_out(
			is, &is->laddr,
			raw_is_ping(is) ? is->lport : (u16)sk->protocol, a);
	if (is->state != TCP_ESTABLISHED)
		return -ENOTCONN;
	return inet_name_out(is, &is->raddr, is->rport, a);
}

/* --- options --- */

static int raw_setsockopt(struct sock *sk, int level, int name, uaddr val,
			  u32 len)
{
	struct isock *is = isock_of(sk);
	int v = 0;

	if ((level == 255 && sk->protocol == IPPROTO_ICMP &&
	     name == ICMP_FILTER_OPT) ||
	    (level == IPPROTO_ICMPV6 && sk->protocol == IPPROTO_ICMPV6 &&
	     name == ICMP6_FILTER_OPT))
		return copy_from_user(is->icmp_filter, val,
				      min(len, level == 255 ? 4u : 32u));
	if (level == IPPROTO_IP && name == IP_HDRINCL && sk->type == SOCK_RAW) {
		if (len < sizeof(v))
			return -EINVAL;
		if (get_user(v, val))
			return -EFAULT;
		is->hdrincl = v;
		return 0;
	}
	if ((level == IPPROTO_IPV6 || level == 255) && name == IPV6_CHECKSUM &&
	    sk->family == AF_INET6 && sk->type == SOCK_RAW) {
		if (len < sizeof(v))
			return -EINVAL;
		if (get_user(v, val))
			return -EFAULT;
		if (sk->protocol == IPPROTO_ICMPV6)
			return level == IPPROTO_IPV6 ? -EINVAL
			       : v == 2		     ? 0
						     : -EINVAL;
		if (v > 0 && (v & 1))
			return -EINVAL;
		is->csum_at = v < 0 ? -1 : v;
		return 0;
	}
	return inet_setsockopt(sk, level, name, val, len);
}

static int raw_getsockopt(struct sock *sk, int level, int name, void *buf,
			  u32 *len)
{
	struct isock *is = isock_of(sk);
	int v;

	if ((level == 255 && sk->protocol == IPPROTO_ICMP &&
	     name == ICMP_FILTER_OPT) ||
	    (level == IPPROTO_ICMPV6 && sk->protocol == IPPROTO_ICMPV6 &&
	     name == ICMP6_FILTER_OPT)) {
		*len = min(*len, level == 255 ? 4u : 32u);
		memcpy(buf, is->icmp_filter, *len);
		return 0;
	}
	if (level == IPPROTO_IP && name == IP_HDRINCL)
		v = raw_has_header(is);
	else if (level == IPPROTO_IPV6 && name == IPV6_CHECKSUM)
		v = sk->protocol == IPPROTO_ICMPV6 ? 2 : is->csum_at;
	else
		return inet_getsockopt(sk, level, name, buf, len);
	*len = min(*len, (u32)sizeof(v));
	memcpy(buf, &v, *len);
	return 0;
}

/* --- life --- */

static void raw_release(struct sock *sk)
{
	atomic_dec(&raw_socks);
	inet_dgram_ops.release(sk);
}

static struct sock_ops raw_ops;

static bool ping_allowed(void)
{
	const struct cred *c = current->cred;

	return c->egid >= ping_group_range[0] && c->egid <= ping_group_range[1];
}

struct sock *raw_create(int family, int type, int protocol)
{
	struct isock *is;

	if (type == SOCK_RAW && !protocol)
		return ERR_PTR(-EPROTONOSUPPORT);
	if (type == SOCK_RAW && !capable(CAP_NET_RAW))
		return ERR_PTR(-EPERM);
	if (type == SOCK_DGRAM && !ping_allowed())
		return ERR_PTR(-EACCES);
	is = isock_alloc(family, type, protocol);
	if (!is)
		return ERR_PTR(-ENOMEM);
	is->sk.ops = &raw_ops;
	is->csum_at = -1;
	atomic_inc(&raw_socks);
	return &is->sk;
}

void raw_init(void)
{
	raw_ops = inet_dgram_ops;
	raw_ops.release = raw_release;
	raw_ops.bind = raw_bind;
	raw_ops.connect = raw_connect;
	raw_ops.getname = raw_getname;
	raw_ops.sendmsg = raw_send;
	raw_ops.setsockopt = raw_setsockopt;
	raw_ops.getsockopt = raw_getsockopt;
}
