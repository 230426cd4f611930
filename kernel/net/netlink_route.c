// SPDX-License-Identifier: GPL-2.0
/*
 * rtnetlink(7): interfaces, addresses, routes and neighbours told (one, or all
 * by NLM_F_DUMP), changed by who has CAP_NET_ADMIN, and announced to listeners
 * when they change. Rules are the three that every Linux begins with; queueing
 * there is none.
 *
 * Tables are read under net->lock a copy at a time, so that messages are built
 * without it.
 */
#include <abi/capability.h>
#include <abi/if.h>
#include <abi/in.h>
#include <kernel/cred.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "netlink_internal.h"
#include "wire.h"

#define RTNL_LOWER_UP	0x10000u
#define IF_OPER_UNKNOWN 0u
#define IF_OPER_DOWN	2u
#define IF_OPER_UP	6u

/* --- telling --- */

static u32 rtnl_flags(const struct netdev *d)
{
	u32 f = d->flags;

	if ((f & IFF_UP) && d->carrier)
		f |= IFF_RUNNING | RTNL_LOWER_UP;
	return f;
}

static void rtnl_put_link(struct nl_buf *b, u16 type, u16 flags,
			  const struct netdev *d)
{
	bool lo = d->type == ARPHRD_LOOPBACK, up = d->flags & IFF_UP;
	struct ifinfomsg h = { .ifi_type = d->type,
			       .ifi_index = d->index,
			       .ifi_flags = rtnl_flags(d) };
	u8 bcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	u8 zero = 0, carrier = d->carrier;
	u8 oper = !up ? IF_OPER_DOWN : lo ? IF_OPER_UNKNOWN : IF_OPER_UP;
	const struct net_stats *st = &d->stats;
	u64 stats64[24] = { st->rx_packets, st->tx_packets, st->rx_bytes,
			    st->tx_bytes,   st->rx_errors,  st->tx_errors,
			    st->rx_dropped, st->tx_dropped, st->multicast };
	u32 stats[24];

	for (int i = 0; i < 24; i++)
		stats[i] = (u32)stats64[i];
	if (lo)
		memset(bcast, 0, sizeof(bcast));
	nl_begin(b, type, flags, &h, sizeof(h));
	nl_attr(b, IFLA_IFNAME, d->name, (u32)strlen(d->name) + 1);
	nl_attr_u32(b, IFLA_TXQLEN, d->txqlen);
	nl_attr(b, IFLA_OPERSTATE, &oper, 1);
	nl_attr(b, IFLA_LINKMODE, &zero, 1);
	nl_attr_u32(b, IFLA_MTU, d->mtu);
	nl_attr_u32(b, IFLA_GROUP, 0);
	nl_attr(b, IFLA_CARRIER, &carrier, 1);
	if (lo || !up)
		nl_attr(b, IFLA_QDISC, up ? "noqueue" : "noop", up ? 8 : 5);
	else
		nl_attr(b, IFLA_QDISC, "pfifo_fast", 11);
	nl_attr(b, IFLA_ADDRESS, d->mac, ETH_ALEN);
	nl_attr(b, IFLA_BROADCAST, bcast, ETH_ALEN);
	nl_attr(b, IFLA_STATS64, stats64, sizeof(stats64));
	nl_attr(b, IFLA_STATS, stats, sizeof(stats));
	nl_end(b);
}

static void nl_attr_addr(struct nl_buf *b, u16 type, const struct in6_addr *a)
{
	if (in6_is_v4(a))
		nl_attr(b, type, a->s6_addr + 12, 4);
	else
		nl_attr(b, type, a, 16);
}

static u8 rtnl_plen(const struct in6_addr *a, u8 plen)
{
	return in6_is_v4(a) ? plen - 96 : plen;
}

static u32 rtnl_left(u64 until)
{
	u64 now = time_mono_ns();

	if (until == TIME_NEVER)
		return ~0u;
	return until > now ? (u32)((until - now) / NSEC_PER_SEC) : 0;
}

static void rtnl_put_addr(struct nl_buf *b, u16 type, u16 flags,
			  const struct netdev *d, const struct net_addr *a)
{
	bool v4 = in6_is_v4(&a->addr);
	u32 fl = a->flags | (a->valid == TIME_NEVER ? IFA_F_PERMANENT : 0);
	struct ifaddrmsg h = { v4 ? AF_INET : AF_INET6,
			       rtnl_plen(&a->addr, a->plen), (u8)fl, a->scope,
			       (u32)d->index };
	u32 made = (u32)(a->made / (NSEC_PER_SEC / 100));
	u32 cache[4] = { rtnl_left(a->preferred), rtnl_left(a->valid), made,
			 made };

	nl_begin(b, type, flags, &h, sizeof(h));
	nl_attr_addr(b, IFA_ADDRESS, v4 ? &a->peer : &a->addr);
	if (v4) {
		nl_attr_addr(b, IFA_LOCAL, &a->addr);
		if (!in6_is_any(&a->bcast))
			nl_attr_addr(b, IFA_BROADCAST, &a->bcast);
		nl_attr(b, IFA_LABEL, a->label[0] ? a->label : d->name,
			(u32)strlen(a->label[0] ? a->label : d->name) + 1);
	}
	nl_attr(b, IFA_CACHEINFO, cache, sizeof(cache));
	nl_attr_u32(b, IFA_FLAGS, fl);
	nl_end(b);
}

static void rtnl_put_route(struct nl_buf *b, u16 type, u16 flags,
			   const struct net_route *r)
{
	bool v4 = in6_is_v4(&r->dst);
	struct rtmsg h = {
		.rtm_family = v4 ? AF_INET : AF_INET6,
		.rtm_dst_len = rtnl_plen(&r->dst, r->plen),
		.rtm_table = r->table < 256 ? (u8)r->table : 252,
		.rtm_protocol = r->proto,
		.rtm_scope = r->scope,
		.rtm_type = r->type,
	};
	u32 metric[2] = { 8 | RTAX_MTU << 16, r->mtu };

	nl_begin(b, type, flags, &h, sizeof(h));
	nl_attr_u32(b, RTA_TABLE, r->table);
	if (h.rtm_dst_len)
		nl_attr_addr(b, RTA_DST, &r->dst);
	if (r->metric)
		nl_attr_u32(b, RTA_PRIORITY, r->metric);
	if (r->mtu)
		nl_attr(b, RTA_METRICS, metric, sizeof(metric));
	if (r->has_via)
		nl_attr_addr(b, RTA_GATEWAY, &r->via);
	if (r->has_src)
		nl_attr_addr(b, RTA_PREFSRC, &r->src);
	if (r->oif)
		nl_attr_u32(b, RTA_OIF, (u32)r->oif);
	nl_end(b);
}

static void rtnl_put_neigh(struct nl_buf *b, u16 flags, const struct neigh *n)
{
	struct ndmsg h = { .ndm_family = in6_is_v4(&n->addr) ? AF_INET
							     : AF_INET6,
			   .ndm_ifindex = n->dev->index,
			   .ndm_state = n->state,
			   .ndm_type = RTN_UNICAST };
	u32 age = (u32)((time_mono_ns() - n->when) / (NSEC_PER_SEC / 100));
	u32 cache[4] = { age, age, age, 1 };

	nl_begin(b, RTM_NEWNEIGH, flags, &h, sizeof(h));
	nl_attr_addr(b, NDA_DST, &n->addr);
	if (!(n->state & (NUD_INCOMPLETE | NUD_FAILED)))
		nl_attr(b, NDA_LLADDR, n->mac, ETH_ALEN);
	nl_attr(b, NDA_CACHEINFO, cache, sizeof(cache));
	nl_end(b);
}

/* --- listeners --- */

static bool rtnl_note(struct nl_buf *b)
{
	memset(b, 0, sizeof(*b));
	b->data = kmalloc(NL_BUF);
	return b->data;
}

static void rtnl_tell(struct nl_buf *b, u32 group)
{
	netlink_notify(NETLINK_ROUTE, group, b);
	kfree(b->data);
}

void rtnl_notify_link(struct netdev *d)
{
	struct nl_buf b;

	if (!rtnl_note(&b))
		return;
	rtnl_put_link(&b, RTM_NEWLINK, 0, d);
	rtnl_tell(&b, RTNLGRP_LINK);
}

void rtnl_notify_addr(struct netdev *d, const struct net_addr *a, bool gone)
{
	struct nl_buf b;

	if (!rtnl_note(&b))
		return;
	rtnl_put_addr(&b, gone ? RTM_DELADDR : RTM_NEWADDR, 0, d, a);
	rtnl_tell(&b, in6_is_v4(&a->addr) ? RTNLGRP_IPV4_IFADDR
					  : RTNLGRP_IPV6_IFADDR);
}

void rtnl_notify_route(const struct net_route *r, bool gone)
{
	struct nl_buf b;

	if (!rtnl_note(&b))
		return;
	rtnl_put_route(&b, gone ? RTM_DELROUTE : RTM_NEWROUTE, 0, r);
	rtnl_tell(&b,
		  in6_is_v4(&r->dst) ? RTNLGRP_IPV4_ROUTE : RTNLGRP_IPV6_ROUTE);
}

/* --- dumps --- */

/* The first byte of every family header is the address family. */
static int rtnl_family(const struct nlmsghdr *h)
{
	return h->nlmsg_len > sizeof(*h) ? *(const u8 *)(h + 1) : AF_UNSPEC;
}

static bool rtnl_wants(int family, const struct in6_addr *a)
{
	return family == AF_UNSPEC ||
	       family == (in6_is_v4(a) ? AF_INET : AF_INET6);
}

static void rtnl_dump_links(struct nl_buf *b)
{
	for (int i = 1; i <= NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i);

		if (!d)
			continue;
		rtnl_put_link(b, RTM_NEWLINK, NLM_F_MULTI, d);
		nl_flush(b);
	}
}

/* The nth address of d. */
static bool rtnl_addr(struct netdev *d, u32 n, struct net_addr *a)
{
	bool have;

	spin_lock(&net0.lock);
	have = n < d->naddr;
	if (have)
		*a = d->addr[n];
	spin_unlock(&net0.lock);
	return have;
}

static void rtnl_dump_addrs(struct nl_buf *b, int family)
{
	struct net_addr a;

	for (int i = 1; i <= NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i);

		for (u32 n = 0; d && rtnl_addr(d, n, &a); n++) {
			if (!rtnl_wants(family, &a.addr))
				continue;
			rtnl_put_addr(b, RTM_NEWADDR, NLM_F_MULTI, d, &a);
			nl_flush(b);
		}
	}
}

static void rtnl_local(struct net_route *r, const struct netdev *d,
		       const struct net_addr *a)
{
	memset(r, 0, sizeof(*r));
	r->dst = a->addr;
	r->plen = 128;
	r->oif = d->index;
	r->table = RT_TABLE_LOCAL;
	r->proto = RTPROT_KERNEL;
	r->type = RTN_LOCAL;
	if (in6_is_v4(&a->addr)) {
		r->scope = RT_SCOPE_HOST;
		r->src = a->addr;
		r->has_src = true;
	}
}

/* What the local table would hold: each address, its broadcast, 127/8. */
static void rtnl_dump_local(struct nl_buf *b, int family)
{
	struct net_route r;
	struct net_addr a;

	for (int i = 1; i <= NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i);

		for (u32 n = 0; d && rtnl_addr(d, n, &a); n++) {
			if (!rtnl_wants(family, &a.addr))
				continue;
			rtnl_local(&r, d, &a);
			if (i == NET_LO && in6_is_v4(&a.addr)) {
				struct net_route net = r;

				net.plen = a.plen;
				in6_mask(&net.dst, a.plen);
				rtnl_put_route(b, RTM_NEWROUTE, NLM_F_MULTI,
					       &net);
			}
			rtnl_put_route(b, RTM_NEWROUTE, NLM_F_MULTI, &r);
			if (in6_is_v4(&a.addr)) {
				r.type = RTN_BROADCAST;
				r.scope = RT_SCOPE_LINK;
				for (u32 k = a.plen / 8; k < 16; k++)
					r.dst.s6_addr[k] |=
						(u8)(k == a.plen / 8
							     ? 0xff >> a.plen %
									       8
							     : 0xff);
				if (a.plen < 127)
					rtnl_put_route(b, RTM_NEWROUTE,
						       NLM_F_MULTI, &r);
			}
			nl_flush(b);
		}
	}
	if (family == AF_UNSPEC || family == AF_INET6) {
		/* the main table has one for ::1 too */
		memset(&r, 0, sizeof(r));
		r.dst = in6_loopback;
		r.plen = 128;
		r.oif = NET_LO;
		r.metric = 256;
		r.table = RT_TABLE_MAIN;
		r.proto = RTPROT_KERNEL;
		r.type = RTN_UNICAST;
		rtnl_put_route(b, RTM_NEWROUTE, NLM_F_MULTI, &r);
	}
}

static void rtnl_dump_routes(struct nl_buf *b, int family)
{
	struct net_route r, *o;
	u32 n = 0, i;

	for (;; n++) {
		i = 0;
		spin_lock(&net0.lock);
		list_for_each_entry (o, &net0.routes, node)
			if (i++ == n) {
				r = *o;
				break;
			}
		spin_unlock(&net0.lock);
		if (i <= n)
			break;
		if (!rtnl_wants(family, &r.dst))
			continue;
		rtnl_put_route(b, RTM_NEWROUTE, NLM_F_MULTI, &r);
		nl_flush(b);
	}
	rtnl_dump_local(b, family);
}

static void rtnl_dump_neighs(struct nl_buf *b, int family)
{
	struct neigh copy, *o;
	u32 n = 0, i;

	for (;; n++) {
		i = 0;
		spin_lock(&net0.lock);
		list_for_each_entry (o, &net0.neighs, node)
			if (i++ == n) {
				copy = *o;
				break;
			}
		spin_unlock(&net0.lock);
		if (i <= n)
			return;
		if (!rtnl_wants(family, &copy.addr))
			continue;
		rtnl_put_neigh(b, NLM_F_MULTI, &copy);
		nl_flush(b);
	}
}

static void rtnl_dump_rules(struct nl_buf *b, int family)
{
	static const struct {
		u32 prio;
		u8 table;
	} rules[] = {
		{ 0, RT_TABLE_LOCAL },
		{ 32766, RT_TABLE_MAIN },
		{ 32767, RT_TABLE_DEFAULT },
	};

	for (int f = AF_INET; f <= AF_INET6; f += AF_INET6 - AF_INET) {
		if (family != AF_UNSPEC && family != f)
			continue;
		for (u32 i = 0; i < (f == AF_INET ? 3 : 2); i++) {
			struct fib_rule_hdr h = { .family = (u8)f,
						  .table = rules[i].table,
						  .action = 1 };

			nl_begin(b, RTM_NEWRULE, NLM_F_MULTI, &h, sizeof(h));
			nl_attr_u32(b, FRA_TABLE, rules[i].table);
			if (rules[i].prio)
				nl_attr_u32(b, FRA_PRIORITY, rules[i].prio);
			nl_end(b);
		}
	}
}

static int rtnl_dump(const struct nlmsghdr *h, struct nl_buf *b)
{
	int family = rtnl_family(h), done = 0;

	switch (h->nlmsg_type) {
	case RTM_GETLINK:
		rtnl_dump_links(b);
		break;
	case RTM_GETADDR:
		if (family != AF_INET6)
			rtnl_dump_addrs(b, AF_INET);
		if (family != AF_INET)
			rtnl_dump_addrs(b, AF_INET6);
		break;
	case RTM_GETROUTE:
		rtnl_dump_routes(b, family);
		break;
	case RTM_GETNEIGH:
		rtnl_dump_neighs(b, family);
		break;
	case RTM_GETRULE:
		rtnl_dump_rules(b, family);
		break;
	case RTM_GETQDISC:
	case RTM_GETNEIGHTBL:
	case RTM_GETNETCONF:
	case RTM_GETNSID:
		break;
	default:
		return -EOPNOTSUPP;
	}
	nl_begin(b, NLMSG_DONE, NLM_F_MULTI, &done, sizeof(done));
	nl_end(b);
	return 0;
}

/* --- one of them --- */

const void *nl_find(const struct nlmsghdr *h, u32 head, u16 type, u32 *len)
{
	const char *p = (const char *)h;
	u32 at = sizeof(*h) + ALIGN_UP(head, 4u);
	struct rtattr a;

	while (at + sizeof(a) <= h->nlmsg_len) {
		memcpy(&a, p + at, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > h->nlmsg_len - at)
			break;
		if ((a.rta_type & 0x3fff) == type) {
			*len = a.rta_len - sizeof(a);
			return p + at + sizeof(a);
		}
		at += ALIGN_UP((u32)a.rta_len, 4u);
	}
	return NULL;
}

static bool rtnl_u32(const struct nlmsghdr *h, u32 head, u16 type, u32 *v)
{
	u32 len = 0;
	const void *p = nl_find(h, head, type, &len);

	if (!p || len < sizeof(*v))
		return false;
	memcpy(v, p, sizeof(*v));
	return true;
}

/* => 1 there is one, 0 none, -EINVAL */
static int rtnl_addr_attr(const struct nlmsghdr *h, u32 head, u16 type, bool v4,
			  struct in6_addr *a)
{
	u32 len = 0, v;
	const void *p = nl_find(h, head, type, &len);

	if (!p)
		return 0;
	if (len != (v4 ? 4 : 16))
		return -EINVAL;
	if (v4) {
		memcpy(&v, p, 4);
		in6_from_v4(a, __builtin_bswap32(v));
	} else {
		memcpy(a, p, 16);
	}
	return 1;
}

/* The device that a link message names. */
static struct netdev *rtnl_link_dev(const struct nlmsghdr *h,
				    struct ifinfomsg *m, int *err)
{
	char name[IFNAMSIZ] = "";
	struct netdev *d;
	const void *p;
	u32 len = 0;

	*err = -EINVAL;
	if (h->nlmsg_len < sizeof(*h) + sizeof(*m))
		return NULL;
	memcpy(m, h + 1, sizeof(*m));
	p = nl_find(h, sizeof(*m), IFLA_IFNAME, &len);
	if (m->ifi_index <= 0 && !p)
		return NULL;
	if (p)
		memcpy(name, p, min(len, IFNAMSIZ - 1u));
	d = m->ifi_index > 0 ? netdev_get(&net0, m->ifi_index)
			     : netdev_by_name(&net0, name);
	*err = d ? 0 : -ENODEV;
	return d;
}

static int rtnl_get_link(const struct nlmsghdr *h, struct nl_buf *b)
{
	struct ifinfomsg m;
	int err;
	struct netdev *d = rtnl_link_dev(h, &m, &err);

	if (d)
		rtnl_put_link(b, RTM_NEWLINK, 0, d);
	return err;
}

/* The answer is one route made for one address, not the table's. */
static void rtnl_mark_cloned(struct nl_buf *b)
{
	struct rtmsg *m =
		(void *)(b->data + b->start + sizeof(struct nlmsghdr));

	m->rtm_flags = RTM_F_CLONED;
}

/* The route to one address, as `ip route get` asks. */
static int rtnl_get_route(const struct nlmsghdr *h, struct nl_buf *b)
{
	bool v4 = rtnl_family(h) == AF_INET;
	struct net_route r = { .table = RT_TABLE_MAIN };
	struct net_path p;
	u32 oif = 0;
	int err;

	if (h->nlmsg_len < sizeof(*h) + sizeof(struct rtmsg))
		return -EINVAL;
	if (!v4 && rtnl_family(h) != AF_INET6)
		return -EOPNOTSUPP;
	err = rtnl_addr_attr(h, sizeof(struct rtmsg), RTA_DST, v4, &r.dst);
	if (err <= 0)
		return -EINVAL;
	rtnl_u32(h, sizeof(struct rtmsg), RTA_OIF, &oif);
	err = net_route(&net0, &r.dst, (int)oif, &p);
	if (err)
		return err;
	r.plen = 128;
	r.type = p.type;
	r.oif = p.dev->index;
	if (p.type == RTN_LOCAL)
		r.table = RT_TABLE_LOCAL;
	r.has_src = true;
	r.src = p.src;
	if (v4 && p.type == RTN_LOCAL && r.dst.s6_addr[12] == 127)
		in6_from_v4(&r.src, INADDR_LOOPBACK);
	if (!in6_equal(&p.next, &r.dst)) {
		r.has_via = true;
		r.via = p.next;
	}
	rtnl_put_route(b, RTM_NEWROUTE, 0, &r);
	rtnl_mark_cloned(b);
	return 0;
}

/* --- changing --- */

static int rtnl_set_link(const struct nlmsghdr *h)
{
	struct ifinfomsg m;
	const void *mac;
	u32 mtu, len = 0;
	int err;
	struct netdev *d = rtnl_link_dev(h, &m, &err);

	if (err == -ENODEV && (h->nlmsg_flags & NLM_F_CREATE))
		return -EOPNOTSUPP; /* no kind of interface can be made */
	if (!d)
		return err;
	if ((h->nlmsg_flags & NLM_F_CREATE) && (h->nlmsg_flags & NLM_F_EXCL))
		return -EEXIST;
	if (rtnl_u32(h, sizeof(m), IFLA_MTU, &mtu)) {
		err = netdev_set_mtu(&net0, d, mtu);
		if (err)
			return err;
	}
	mac = nl_find(h, sizeof(m), IFLA_ADDRESS, &len);
	if (mac) {
		if (len != ETH_ALEN || d->type != ARPHRD_ETHER ||
		    (*(const u8 *)mac & 1))
			return -EADDRNOTAVAIL;
		memcpy(d->mac, mac, ETH_ALEN);
	}
	if (m.ifi_change || m.ifi_flags) {
		u32 change = m.ifi_change ? m.ifi_change : ~0u;

		err = netdev_set_flags(&net0, d,
				       (d->flags & ~change) |
					       (m.ifi_flags & change));
	}
	return err;
}

static int rtnl_change_addr(const struct nlmsghdr *h, bool add)
{
	struct net_addr a = { .valid = TIME_NEVER, .preferred = TIME_NEVER };
	u32 n = sizeof(struct ifaddrmsg), flags, cache[4], len = 0;
	struct ifaddrmsg m;
	struct netdev *d;
	const void *p;
	bool v4;
	int local, peer;

	if (h->nlmsg_len < sizeof(*h) + sizeof(m))
		return -EINVAL;
	memcpy(&m, h + 1, sizeof(m));
	v4 = m.ifa_family == AF_INET;
	if (!v4 && m.ifa_family != AF_INET6)
		return -EOPNOTSUPP;
	d = netdev_get(&net0, (int)m.ifa_index);
	if (!d)
		return -ENODEV;
	if (m.ifa_prefixlen > (v4 ? 32 : 128))
		return -EINVAL;
	local = rtnl_addr_attr(h, n, IFA_LOCAL, v4, &a.addr);
	peer = rtnl_addr_attr(h, n, IFA_ADDRESS, v4, &a.peer);
	if (local < 0 || peer < 0 || (!local && !peer))
		return -EINVAL;
	if (!local)
		a.addr = a.peer;
	if (!peer)
		a.peer = a.addr;
	a.plen = m.ifa_prefixlen + (v4 ? 96 : 0);
	a.scope = m.ifa_scope;
	flags = m.ifa_flags;
	rtnl_u32(h, n, IFA_FLAGS, &flags);
	if (!add)
		return net_addr_del(&net0, d, &a.addr, a.plen);
	if (rtnl_addr_attr(h, n, IFA_BROADCAST, v4, &a.bcast) < 0)
		return -EINVAL;
	p = nl_find(h, n, IFA_LABEL, &len);
	if (p)
		memcpy(a.label, p, min(len, IFNAMSIZ - 1u));
	p = nl_find(h, n, IFA_CACHEINFO, &len);
	if (p && len >= sizeof(cache)) {
		memcpy(cache, p, sizeof(cache));
		if (cache[1] && cache[1] != ~0u)
			a.valid = time_mono_ns() + cache[1] * NSEC_PER_SEC;
		if (cache[0] != ~0u)
			a.preferred = time_mono_ns() + cache[0] * NSEC_PER_SEC;
		net_tick_start(&net0);
	}
	return net_addr_add(&net0, d, &a, h->nlmsg_flags & NLM_F_REPLACE,
			    flags & IFA_F_NOPREFIXROUTE);
}

static int rtnl_change_route(const struct nlmsghdr *h, bool add)
{
	struct net_route r = { .expires = TIME_NEVER };
	u32 n = sizeof(struct rtmsg), oif = 0, len = 0;
	const char *metrics;
	struct rtmsg m;
	bool v4;
	int dst, via, src;

	if (h->nlmsg_len < sizeof(*h) + sizeof(m))
		return -EINVAL;
	memcpy(&m, h + 1, sizeof(m));
	v4 = m.rtm_family == AF_INET;
	if (!v4 && m.rtm_family != AF_INET6)
		return -EOPNOTSUPP;
	if (m.rtm_dst_len > (v4 ? 32 : 128))
		return -EINVAL;
	if (v4)
		in6_from_v4(&r.dst, 0);
	dst = rtnl_addr_attr(h, n, RTA_DST, v4, &r.dst);
	via = rtnl_addr_attr(h, n, RTA_GATEWAY, v4, &r.via);
	src = rtnl_addr_attr(h, n, RTA_PREFSRC, v4, &r.src);
	if (dst < 0 || via < 0 || src < 0)
		return -EINVAL;
	r.has_via = via;
	r.has_src = src;
	r.plen = m.rtm_dst_len + (v4 ? 96 : 0);
	r.proto = m.rtm_protocol;
	r.scope = m.rtm_scope;
	r.type = m.rtm_type;
	r.table = m.rtm_table ? m.rtm_table : RT_TABLE_MAIN;
	rtnl_u32(h, n, RTA_TABLE, &r.table);
	rtnl_u32(h, n, RTA_OIF, &oif);
	r.oif = (int)oif;
	r.metric = v4 || !add ? 0 : 1024;
	rtnl_u32(h, n, RTA_PRIORITY, &r.metric);
	metrics = nl_find(h, n, RTA_METRICS, &len);
	if (metrics && len >= 8 &&
	    get16(metrics + 2) == __builtin_bswap16(RTAX_MTU))
		memcpy(&r.mtu, metrics + 4, 4);
	if (!add)
		return net_route_del(&net0, &r);
	if (r.type == RTN_LOCAL || r.type == RTN_BROADCAST)
		return 0; /* addresses say so already */
	if (r.has_src && !net_is_local(&net0, &r.src))
		return -EINVAL;
	return net_route_add(&net0, &r, h->nlmsg_flags);
}

static int rtnl_change_neigh(const struct nlmsghdr *h, bool add)
{
	u32 n = sizeof(struct ndmsg), len = 0;
	struct in6_addr addr;
	struct netdev *d;
	struct ndmsg m;
	const u8 *mac;

	if (h->nlmsg_len < sizeof(*h) + sizeof(m))
		return -EINVAL;
	memcpy(&m, h + 1, sizeof(m));
	d = netdev_get(&net0, m.ndm_ifindex);
	if (!d)
		return -ENODEV;
	if (rtnl_addr_attr(h, n, NDA_DST, m.ndm_family == AF_INET, &addr) <= 0)
		return -EINVAL;
	if (!add)
		return neigh_del(&net0, d, &addr);
	mac = nl_find(h, n, NDA_LLADDR, &len);
	if (!mac || len != ETH_ALEN)
		return -EINVAL;
	return neigh_set(&net0, d, &addr, mac,
			 m.ndm_state ? (u8)m.ndm_state : NUD_PERMANENT);
}

static int rtnl_change(const struct nlmsghdr *h)
{
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_SETLINK:
		return rtnl_set_link(h);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return rtnl_change_addr(h, h->nlmsg_type == RTM_NEWADDR);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return rtnl_change_route(h, h->nlmsg_type == RTM_NEWROUTE);
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return rtnl_change_neigh(h, h->nlmsg_type == RTM_NEWNEIGH);
	default:
		return -EOPNOTSUPP;
	}
}

int rtnl_request(const struct nlmsghdr *h, struct nl_buf *b)
{
	bool get = (h->nlmsg_type & 3) == 2;

	if (h->nlmsg_type > RTM_MAX)
		return -EOPNOTSUPP;
	if (h->nlmsg_len <= sizeof(*h))
		return 0;
	if (!get)
		return rtnl_change(h);
	if (h->nlmsg_flags & NLM_F_DUMP)
		return rtnl_dump(h, b);
	if (h->nlmsg_type == RTM_GETLINK)
		return rtnl_get_link(h, b);
	if (h->nlmsg_type == RTM_GETROUTE)
		return rtnl_get_route(h, b);
	return -EOPNOTSUPP;
}
