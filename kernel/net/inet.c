// SPDX-License-Identifier: GPL-2.0
/*
 * AF_INET and AF_INET6 sockets: making them, their names, the ports.
 *
 * A socket with a port is in one of the lists of inet_ports, by port. Binding
 * looks there for conflicts, delivery looks there for the receiver that fits
 * best: a name of its own before a wildcard, a connected datagram socket
 * before any, one of a SO_REUSEPORT group by the sender's port.
 *
 * Connections accepted from a listener share its port and stay in the list, so
 * that the port is not free while they live. There is no TIME_WAIT: without
 * packets nothing can come late.
 */
#include <abi/capability.h>
#include <abi/netlink.h>
#include <hostapi/host.h>
#include <kernel/cred.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "inet_internal.h"
#include "wire.h"

#define INET_HASH  256u

#define TCP_RCVBUF 131072u /* net.ipv4.tcp_rmem[1] */
#define TCP_SNDBUF 16384u  /* net.ipv4.tcp_wmem[1] */

spinlock_t inet_lock = SPINLOCK_INIT;
struct list_head inet_all = LIST_HEAD_INIT(inet_all);
/* by enum inet_kind, under inet_lock */
static struct list_head inet_ports[INET_KINDS][INET_HASH];

const struct in6_addr in6_any;
const struct in6_addr in6_loopback = { .s6_addr[15] = 1 };
static const struct in6_addr in6_v4_any = { .s6_addr[10] = 0xff,
					    .s6_addr[11] = 0xff };

/* --- addresses --- */

static inline u16 inet_swap16(u16 v)
{
	return __builtin_bswap16(v);
}

bool in6_equal(const struct in6_addr *a, const struct in6_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool in6_is_v4(const struct in6_addr *a)
{
	return !memcmp(a, &in6_v4_any, 12);
}

bool in6_is_any(const struct in6_addr *a)
{
	return in6_equal(a, &in6_any) || in6_equal(a, &in6_v4_any);
}

void in6_from_v4(struct in6_addr *a, u32 v4)
{
	*a = in6_v4_any;
	v4 = __builtin_bswap32(v4);
	memcpy(a->s6_addr + 12, &v4, 4);
}

u32 in6_v4(const struct in6_addr *a)
{
	u32 v4;

	memcpy(&v4, a->s6_addr + 12, 4);
	return __builtin_bswap32(v4);
}

bool in6_is_multicast(const struct in6_addr *a)
{
	return in6_is_v4(a) ? in6_v4(a) >> 28 == 14 : a->s6_addr[0] == 0xff;
}

/* Does it mean something on one link only? */
static bool in6_is_scoped(const struct in6_addr *a)
{
	return (a->s6_addr[0] == 0xfe && (a->s6_addr[1] & 0xc0) == 0x80) ||
	       (a->s6_addr[0] == 0xff && (a->s6_addr[1] & 15) == 2);
}

int inet_name_in(const struct isock *is, const struct sockaddr_storage *a,
		 u32 len, bool v4_ok, struct inet_name *n)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (is->sk.family == AF_INET6 &&
	    !(v4_ok && a->ss_family == AF_INET && !is->v6only)) {
		if (len < offsetof(struct sockaddr_in6, sin6_scope_id))
			return -EINVAL;
		if (a->ss_family != AF_INET6)
			return -EAFNOSUPPORT;
		n->addr = in6->sin6_addr;
		n->port = inet_swap16(in6->sin6_port);
		n->scope = 0;
		if (len >= sizeof(*in6) && in6_is_scoped(&n->addr))
			n->scope = in6->sin6_scope_id;
		return 0;
	}
	if (len < sizeof(*in))
		return -EINVAL;
	if (a->ss_family != AF_INET)
		return -EAFNOSUPPORT;
	in6_from_v4(&n->addr, __builtin_bswap32(in->sin_addr.s_addr));
	n->port = inet_swap16(in->sin_port);
	n->scope = 0;
	return 0;
}

int inet_name_out(const struct isock *is, const struct in6_addr *addr, u16 port,
		  struct sockaddr_storage *a)
{
	struct sockaddr_in *in = (void *)a;
	struct sockaddr_in6 *in6 = (void *)a;

	if (is->sk.family == AF_INET) {
		memset(in, 0, sizeof(*in));
		in->sin_family = AF_INET;
		in->sin_port = inet_swap16(port);
		memcpy(&in->sin_addr, addr->s6_addr + 12, 4);
		return sizeof(*in);
	}
	memset(in6, 0, sizeof(*in6));
	in6->sin6_family = AF_INET6;
	in6->sin6_port = inet_swap16(port);
	in6->sin6_addr = *addr;
	if (in6_is_scoped(addr))
		in6->sin6_scope_id = is->scope;
	return sizeof(*in6);
}

bool inet_path_is_local(const struct net_path *path)
{
	return path->dev->index == NET_LO;
}

int inet_route(const struct isock *is, struct in6_addr *dst, u32 scope,
	       struct net_path *path)
{
	int oif = is->sk.bound_dev, err;

	if (in6_equal(dst, &in6_any))
		*dst = in6_loopback;
	else if (in6_is_any(dst))
		in6_from_v4(dst, INADDR_LOOPBACK);
	if (in6_is_v4(dst) && is->sk.family == AF_INET6 && is->v6only)
		return -ENETUNREACH;
	if (unlikely(in6_is_multicast(dst)) && !oif)
		oif = is->mcast_oif;
	if (scope && !oif)
		oif = (int)scope;
	err = net_route(&net0, dst, oif, path);
	if (err)
		return err;
	/* all of 127.0.0.0/8 is spoken to from 127.0.0.1 */
	if (path->type == RTN_LOCAL && dst->s6_addr[12] == 127 &&
	    in6_is_v4(dst))
		in6_from_v4(&path->src, INADDR_LOOPBACK);
	return 0;
}

/* --- ports --- */

enum inet_cover { COVER_NONE, COVER_ANY, COVER_ONE };

/* What a bound socket receives of one of the two families. */
static enum inet_cover inet_covers(const struct isock *is, bool v4)
{
	if (in6_equal(&is->laddr, &in6_any))
		return v4 && is->v6only ? COVER_NONE : COVER_ANY;
	if (in6_is_v4(&is->laddr) != v4)
		return COVER_NONE;
	return in6_is_any(&is->laddr) ? COVER_ANY : COVER_ONE;
}

static bool inet_overlap(const struct isock *a, const struct isock *b)
{
	for (int v4 = 0; v4 < 2; v4++) {
		enum inet_cover ca = inet_covers(a, v4),
				cb = inet_covers(b, v4);

		if (ca == COVER_NONE || cb == COVER_NONE)
			continue;
		if (ca == COVER_ANY || cb == COVER_ANY ||
		    in6_equal(&a->laddr, &b->laddr))
			return true;
	}
	return false;
}

static bool inet_is_stream(const struct isock *is)
{
	return is->sk.type == SOCK_STREAM;
}

static struct list_head *inet_port_list(enum inet_kind kind, u16 port)
{
	return &inet_ports[kind][port % INET_HASH];
}

bool inet_port_conflict_locked(struct isock *is, u16 port, bool listening)
{
	bool stream = inet_is_stream(is);
	struct isock *o;

	list_for_each_entry (o, inet_port_list(inet_kind(is), port),
			     port_node) {
		if (o == is || o->lport != port || !inet_overlap(is, o))
			continue;
		if (is->sk.reuseaddr && o->sk.reuseaddr &&
		    (!stream || (o->state != TCP_LISTEN)))
			continue;
		if (is->sk.reuseport && o->sk.reuseport && is->uid == o->uid)
			continue;
		/* listen(2) asks again, but only other listeners matter */
		if (listening && o->state != TCP_LISTEN)
			continue;
		return true;
	}
	return false;
}

void inet_port_join_locked(struct isock *is)
{
	list_add(&is->port_node, inet_port_list(inet_kind(is), is->lport));
	is->hashed = true;
}

void inet_port_leave_locked(struct isock *is)
{
	if (is->hashed)
		list_del(&is->port_node);
	is->hashed = false;
}

int inet_port_bind_locked(struct isock *is, u16 port)
{
	if (inet_port_conflict_locked(is, port, false))
		return -EADDRINUSE;
	is->lport = port;
	inet_port_join_locked(is);
	return 0;
}

static bool inet_port_taken_locked(enum inet_kind kind, u16 port)
{
	struct isock *o;

	list_for_each_entry (o, inet_port_list(kind, port), port_node)
		if (o->lport == port)
			return true;
	return false;
}

/* A port that nobody uses. => 0, -EADDRINUSE */
int inet_port_pick_locked(struct isock *is)
{
	static u32 next;
	u32 n = INET_PORT_HIGH - INET_PORT_LOW + 1;

	if (is->hashed)
		return 0;
	if (!next)
		host_random(&next, sizeof(next));
	for (u32 i = 0; i < n; i++) {
		u16 port = INET_PORT_LOW + next++ % n;

		if (inet_port_taken_locked(inet_kind(is), port))
			continue;
		is->lport = port;
		inet_port_join_locked(is);
		return 0;
	}
	return -EADDRINUSE;
}

/* 0 = does not take it */
static u32 inet_score(const struct isock *is, const struct in6_addr *dst,
		      const struct in6_addr *src, u16 sport)
{
	bool v4 = in6_is_v4(dst);
	enum inet_cover c = inet_covers(is, v4);
	u32 score = 1;

	if (inet_is_stream(is) ? is->state != TCP_LISTEN : is->dead)
		return 0;
	if (c == COVER_NONE || (c == COVER_ONE && !in6_equal(&is->laddr, dst)))
		return 0;
	if (c == COVER_ONE)
		score += 2;
	if (v4 && is->sk.family == AF_INET)
		score += 1;
	if (is->rport && !inet_is_stream(is)) {
		if (is->rport != sport || !in6_equal(&is->raddr, src))
			return 0;
		score += 4;
	}
	return score;
}

struct isock *inet_lookup_locked(enum inet_kind kind,
				 const struct in6_addr *dst, u16 dport,
				 const struct in6_addr *src, u16 sport)
{
	struct isock *is, *best = NULL;
	u32 score, top = 0, equal = 0;

	list_for_each_entry (is, inet_port_list(kind, dport), port_node) {
		if (is->lport != dport)
			continue;
		score = inet_score(is, dst, src, sport);
		if (score > top) {
			top = score;
			best = is;
			equal = 1;
		} else if (score && score == top && is->sk.reuseport &&
			   best->sk.reuseport) {
			/* each of the group has its share of the senders */
			if ((u32)sport * 2654435761u % ++equal == 0)
				best = is;
		}
	}
	return best;
}

void inet_port_each_locked(enum inet_kind kind, u16 port,
			   void (*fn)(struct isock *is, void *arg), void *arg)
{
	struct isock *is;

	list_for_each_entry (is, inet_port_list(kind, port), port_node)
		if (is->lport == port)
			fn(is, arg);
}

static const struct in6_addr *inet_any_of(const struct isock *is)
{
	return is->sk.family == AF_INET ? &in6_v4_any : &in6_any;
}

void inet_unname_locked(struct isock *is)
{
	is->raddr = *inet_any_of(is);
	is->rport = 0;
	if (!(is->bound & INET_BOUND_ADDR))
		is->laddr = *inet_any_of(is);
	if (!(is->bound & INET_BOUND_PORT)) {
		inet_port_leave_locked(is);
		is->lport = 0;
	}
}

/* --- bind and names --- */

static int inet_bind_check(struct isock *is, const struct inet_name *n)
{
	bool stream = inet_is_stream(is);

	if (is->sk.family == AF_INET6 && is->v6only && in6_is_v4(&n->addr))
		return -EINVAL;
	if (!in6_is_any(&n->addr) && !net_is_local(&net0, &n->addr) &&
	    (stream || !(in6_is_multicast(&n->addr) ||
			 net_is_broadcast(&net0, NULL, &n->addr))) &&
	    !inet_opt(is, IPPROTO_IP, IP_FREEBIND))
		return -EADDRNOTAVAIL;
	if (n->port && n->port < INET_PORT_PRIV &&
	    !capable(CAP_NET_BIND_SERVICE))
		return -EACCES;
	return 0;
}

static int inet_bind_locked(struct isock *is, const struct inet_name *n)
{
	int err;

	if (is->state != TCP_CLOSE || is->lport)
		return -EINVAL;
	is->laddr = n->addr;
	if (n->scope)
		is->scope = n->scope;
	err = n->port ? inet_port_bind_locked(is, n->port)
		      : inet_port_pick_locked(is);
	if (err) {
		is->laddr = *inet_any_of(is);
		return err;
	}
	if (!in6_is_any(&n->addr))
		is->bound |= INET_BOUND_ADDR;
	if (n->port)
		is->bound |= INET_BOUND_PORT;
	return 0;
}

int inet_bind(struct sock *sk, const struct sockaddr_storage *a, u32 len)
{
	struct isock *is = isock_of(sk);
	struct sockaddr_storage fixed;
	struct inet_name n;
	int err;

	/* as ever: AF_UNSPEC with INADDR_ANY is taken for AF_INET */
	if (sk->family == AF_INET && len >= sizeof(struct sockaddr_in) &&
	    a->ss_family == AF_UNSPEC &&
	    !((const struct sockaddr_in *)a)->sin_addr.s_addr) {
		fixed = *a;
		fixed.ss_family = AF_INET;
		a = &fixed;
	}
	err = inet_name_in(is, a, len, false, &n);
	if (!err)
		err = inet_bind_check(is, &n);
	if (err)
		return err;
	mutex_lock(&sk->lock);
	spin_lock(&inet_lock);
	err = inet_bind_locked(is, &n);
	spin_unlock(&inet_lock);
	mutex_unlock(&sk->lock);
	return err;
}

int inet_getname(struct sock *sk, struct sockaddr_storage *a,
		 enum sock_name which)
{
	bool peer = which != SOCK_NAME_OWN;
	struct isock *is = isock_of(sk);
	struct in6_addr addr;
	u16 port;

	spin_lock(&inet_lock);
	addr = peer ? is->raddr : is->laddr;
	port = peer ? is->rport : is->lport;
	if (which == SOCK_NAME_PEER &&
	    (!port || is->state == TCP_CLOSE || is->state == TCP_SYN_SENT ||
	     is->state == TCP_LISTEN)) {
		spin_unlock(&inet_lock);
		return -ENOTCONN;
	}
	spin_unlock(&inet_lock);
	return inet_name_out(is, &addr, port, a);
}

/* --- life --- */

struct isock *isock_alloc(int family, int type, int protocol)
{
	struct isock *is = kzalloc(sizeof(*is));

	if (!is)
		return NULL;
	sock_init(&is->sk, family, type, protocol,
		  type == SOCK_STREAM ? &inet_stream_ops : &inet_dgram_ops);
	if (type == SOCK_STREAM) {
		is->sk.rcvbuf = TCP_RCVBUF;
		is->sk.sndbuf = TCP_SNDBUF;
	}
	is->sk.peercred.uid = is->sk.peercred.gid = -1;
	is->uid = current->cred->fsuid;
	is->laddr = is->raddr = *inet_any_of(is);
	is->state = TCP_CLOSE;
	list_init(&is->port_node);
	list_init(&is->pending);
	list_init(&is->waiting);
	list_init(&is->acc_node);
	mutex_init(&is->sendlock);
	sock_queue_init(&is->q);
	inet_opt_init(is);
	spin_lock(&inet_lock);
	list_add_tail(&is->all_node, &inet_all);
	spin_unlock(&inet_lock);
	return is;
}

void isock_put(struct isock *is)
{
	if (!ref_put(&is->sk.refs))
		return;
	spin_lock(&inet_lock);
	inet_port_leave_locked(is);
	list_del(&is->all_node);
	spin_unlock(&inet_lock);
	if (is->sk.type == SOCK_STREAM)
		tcp_queue_flush(is);
	else
		udp_queue_flush(is);
	tcb_free(is->tcb);
	kfree(is);
}

static struct sock *inet_create(int family, int type, int protocol)
{
	struct isock *is;

	if (protocol < 0 || protocol > IPPROTO_MPTCP)
		return ERR_PTR(-EINVAL);
	switch (type) {
	case SOCK_STREAM:
		if (!protocol)
			protocol = IPPROTO_TCP;
		if (protocol != IPPROTO_TCP)
			return ERR_PTR(-EPROTONOSUPPORT);
		break;
	case SOCK_DGRAM:
		if (!protocol)
			protocol = IPPROTO_UDP;
		if (protocol ==
		    (family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
			return raw_create(family, type, protocol);
		if (protocol != IPPROTO_UDP && protocol != IPPROTO_UDPLITE)
			return ERR_PTR(-EPROTONOSUPPORT);
		break;
	case SOCK_RAW:
		return raw_create(family, type, protocol);
	default:
		return ERR_PTR(-ESOCKTNOSUPPORT);
	}
	is = isock_alloc(family, type, protocol);
	return is ? &is->sk : ERR_PTR(-ENOMEM);
}

static struct sock *inet4_create(int type, int protocol)
{
	return inet_create(AF_INET, type, protocol);
}

static struct sock *inet6_create(int type, int protocol)
{
	return inet_create(AF_INET6, type, protocol);
}

static struct sock_family inet4_family = {
	.family = AF_INET,
	.create = inet4_create,
};
static struct sock_family inet6_family = {
	.family = AF_INET6,
	.create = inet6_create,
};

void inet_init(void)
{
	for (u32 i = 0; i < INET_HASH; i++)
		for (u32 kind = 0; kind < INET_KINDS; kind++)
			list_init(&inet_ports[kind][i]);
	sock_family_register(&inet4_family);
	sock_family_register(&inet6_family);
	inet_proc_init();
}
