// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of interfaces, and routes.
 *
 * One table serves both families, since IPv4 addresses are kept mapped into
 * IPv6: a prefix of IPv4 is one of 96 bits more. Routes are kept longest
 * prefix first, among equals the smaller metric first, so that a lookup takes
 * the first that fits. Each address with a prefix brings the route to its
 * network. What is "local" is not in the table but told by the addresses.
 */
#include <abi/netlink.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "wire.h"

#define NET_ROUTES_MAX 4096u

static u32 net_nroutes;

bool in6_prefix_equal(const struct in6_addr *a, const struct in6_addr *b,
		      u32 bits)
{
	u32 bytes = bits / 8;
	u8 mask = (u8)(0xff00 >> bits % 8);

	if (memcmp(a, b, bytes))
		return false;
	return bits % 8 == 0 ||
	       !((a->s6_addr[bytes] ^ b->s6_addr[bytes]) & mask);
}

void in6_mask(struct in6_addr *a, u32 bits)
{
	for (u32 i = 0; i < 16; i++) {
		u32 keep = bits > i * 8 ? min(bits - i * 8, 8u) : 0;

		a->s6_addr[i] &= (u8)(0xff00 >> keep);
	}
}

u32 in6_hash(const struct in6_addr *a)
{
	u32 w[4];

	memcpy(w, a, sizeof(w));
	return (w[0] ^ w[1] ^ w[2] ^ w[3]) * 2654435761u;
}

static bool in6_is_linklocal(const struct in6_addr *a)
{
	return a->s6_addr[0] == 0xfe && (a->s6_addr[1] & 0xc0) == 0x80;
}

/* --- addresses --- */

static bool net_is_loopback(const struct in6_addr *a)
{
	return in6_is_v4(a) ? a->s6_addr[12] == 127
			    : in6_equal(a, &in6_loopback);
}

static struct netdev *net_dev_of_locked(struct net *net,
					const struct in6_addr *a)
{
	for (int i = 0; i < NET_DEVS; i++) {
		struct netdev *d = net->dev[i];

		for (u32 k = 0; d && k < d->naddr; k++)
			if (in6_equal(&d->addr[k].addr, a))
				return d;
	}
	return NULL;
}

struct netdev *net_dev_of(struct net *net, const struct in6_addr *a)
{
	struct netdev *d;

	if (net_is_loopback(a))
		return net->dev[NET_LO - 1];
	spin_lock(&net->lock);
	d = net_dev_of_locked(net, a);
	spin_unlock(&net->lock);
	return d;
}

bool net_is_local(struct net *net, const struct in6_addr *a)
{
	return net_is_loopback(a) || net_dev_of(net, a);
}

bool net_is_broadcast(struct net *net, struct netdev *only,
		      const struct in6_addr *a)
{
	bool yes = false;

	if (!in6_is_v4(a))
		return false;
	if (in6_v4(a) == INADDR_BROADCAST)
		return true;
	spin_lock(&net->lock);
	for (int i = 0; i < NET_DEVS && !yes; i++) {
		struct netdev *d = net->dev[i];

		if (!d || (only && d != only))
			continue;
		for (u32 k = 0; k < d->naddr && !yes; k++)
			yes = in6_is_v4(&d->addr[k].addr) &&
			      !in6_is_any(&d->addr[k].bcast) &&
			      in6_equal(&d->addr[k].bcast, a);
	}
	spin_unlock(&net->lock);
	return yes;
}

bool net_addr_first(struct net *net, struct netdev *d, bool v4,
		    struct net_addr *out)
{
	bool found = false;

	spin_lock(&net->lock);
	for (u32 k = 0; k < d->naddr && !found; k++)
		if (in6_is_v4(&d->addr[k].addr) == v4) {
			*out = d->addr[k];
			found = true;
		}
	spin_unlock(&net->lock);
	return found;
}

/* The route to the network that an address is in. */
static void net_prefix_route(struct net_route *r, const struct netdev *d,
			     const struct net_addr *a)
{
	bool v4 = in6_is_v4(&a->addr);

	memset(r, 0, sizeof(*r));
	r->dst = a->peer;
	r->plen = a->plen;
	in6_mask(&r->dst, r->plen);
	r->oif = d->index;
	r->proto = RTPROT_KERNEL;
	r->type = RTN_UNICAST;
	r->table = RT_TABLE_MAIN;
	r->scope = v4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	r->metric = v4 ? 0 : 256;
	r->expires = TIME_NEVER;
	if (v4) {
		r->src = a->addr;
		r->has_src = true;
	}
}

int net_addr_add(struct net *net, struct netdev *d, const struct net_addr *a,
		 bool replace, bool noprefix)
{
	struct net_route r;
	int err = 0;
	u32 k;

	spin_lock(&net->lock);
	for (k = 0; k < d->naddr; k++)
		if (in6_equal(&d->addr[k].addr, &a->addr) &&
		    (d->addr[k].plen == a->plen || !in6_is_v4(&a->addr)))
			break;
	if (k < d->naddr && !replace)
		err = -EEXIST;
	else if (k == NET_ADDRS)
		err = -ENOBUFS;
	if (!err) {
		d->addr[k] = *a;
		d->addr[k].made = time_mono_ns();
		if (k == d->naddr)
			d->naddr++;
	}
	spin_unlock(&net->lock);
	if (err)
		return err;
	rtnl_notify_addr(d, a, false);
	if (!noprefix && a->plen < 128 && !net_is_loopback(&a->addr)) {
		net_prefix_route(&r, d, a);
		net_route_add(net, &r, NLM_F_CREATE);
	}
	if (d->type == ARPHRD_ETHER && (d->flags & IFF_UP) &&
	    in6_is_v4(&a->addr))
		arp_announce(net, d, &a->addr);
	return 0;
}

/* Routes that need this address of ours, or go to its network alone, go. */
static void net_addr_routes_gone(struct net *net, struct netdev *d,
				 const struct net_addr *a)
{
	struct net_route r, *o, *next;
	struct list_head gone;
	bool other = false;

	net_prefix_route(&r, d, a);
	list_init(&gone);
	spin_lock(&net->lock);
	for (u32 k = 0; k < d->naddr; k++)
		other |= d->addr[k].plen == a->plen &&
			 in6_prefix_equal(&d->addr[k].addr, &a->addr, a->plen);
	list_for_each_entry_safe (o, next, &net->routes, node) {
		bool prefix = !other && o->oif == d->index &&
			      o->proto == RTPROT_KERNEL && o->plen == r.plen &&
			      in6_equal(&o->dst, &r.dst);

		if (!prefix && !(o->has_src && in6_equal(&o->src, &a->addr)))
			continue;
		list_del(&o->node);
		net_nroutes--;
		list_add_tail(&o->node, &gone);
	}
	/* and gateways that nobody can reach any more */
	list_for_each_entry_safe (o, next, &net->routes, node)
		if (!other && o->has_via && o->oif == d->index &&
		    in6_prefix_equal(&o->via, &r.dst, r.plen)) {
			list_del(&o->node);
			net_nroutes--;
			list_add_tail(&o->node, &gone);
		}
	spin_unlock(&net->lock);
	list_for_each_entry_safe (o, next, &gone, node) {
		rtnl_notify_route(o, true);
		kfree(o);
	}
}

void net_dev_routes(struct net *net, struct netdev *d, bool up)
{
	struct net_route r, *o, *next;
	struct list_head gone;
	struct net_addr a;

	list_init(&gone);
	spin_lock(&net->lock);
	list_for_each_entry_safe (o, next, &net->routes, node) {
		if (up || o->oif != d->index)
			continue;
		list_del(&o->node);
		net_nroutes--;
		list_add_tail(&o->node, &gone);
	}
	spin_unlock(&net->lock);
	list_for_each_entry_safe (o, next, &gone, node) {
		rtnl_notify_route(o, true);
		kfree(o);
	}
	for (u32 k = 0; up && k < NET_ADDRS; k++) {
		spin_lock(&net->lock);
		if (k < d->naddr)
			a = d->addr[k];
		else
			k = NET_ADDRS;
		spin_unlock(&net->lock);
		if (k == NET_ADDRS || a.plen >= 128 || net_is_loopback(&a.addr))
			continue;
		net_prefix_route(&r, d, &a);
		net_route_add(net, &r, NLM_F_CREATE);
	}
}

int net_addr_del(struct net *net, struct netdev *d, const struct in6_addr *addr,
		 u8 plen)
{
	struct net_addr a;
	u32 k;

	spin_lock(&net->lock);
	for (k = 0; k < d->naddr; k++)
		if (in6_equal(&d->addr[k].addr, addr) &&
		    (!plen || d->addr[k].plen == plen))
			break;
	if (k == d->naddr) {
		spin_unlock(&net->lock);
		return -EADDRNOTAVAIL;
	}
	a = d->addr[k];
	memmove(&d->addr[k], &d->addr[k + 1],
		(d->naddr - k - 1) * sizeof(d->addr[0]));
	d->naddr--;
	spin_unlock(&net->lock);
	rtnl_notify_addr(d, &a, true);
	net_addr_routes_gone(net, d, &a);
	return 0;
}

/* --- routes --- */

static bool net_route_same(const struct net_route *a, const struct net_route *b)
{
	return a->plen == b->plen && a->metric == b->metric &&
	       a->table == b->table && in6_equal(&a->dst, &b->dst) &&
	       in6_is_v4(&a->dst) == in6_is_v4(&b->dst);
}

/* The interface of a gateway is that of the network it is in. */
static int net_route_resolve(struct net *net, struct net_route *r)
{
	struct net_path p;
	int err;

	if (r->type != RTN_UNICAST)
		return 0;
	if (r->has_via && !r->oif) {
		err = net_route(net, &r->via, 0, &p);
		if (err || p.dev->index == NET_LO)
			return err ? -ENETUNREACH : -EINVAL;
		r->oif = p.dev->index;
	}
	if (!r->oif)
		return -ENODEV;
	if (!netdev_get(net, r->oif))
		return -ENODEV;
	return netdev_get(net, r->oif)->flags & IFF_UP ? 0 : -ENETDOWN;
}

int net_route_add(struct net *net, const struct net_route *in, u32 nlflags)
{
	struct net_route *r = kmalloc(sizeof(*r)), *o, *at = NULL, *same = NULL;
	struct net_route *old = NULL;
	int err;

	if (!r)
		return -ENOMEM;
	*r = *in;
	in6_mask(&r->dst, r->plen);
	err = net_route_resolve(net, r);
	/* the route to a network may wait for its interface to come up */
	if (err == -ENETDOWN && r->proto == RTPROT_KERNEL)
		err = 0;
	if (err) {
		kfree(r);
		return err;
	}
	spin_lock(&net->lock);
	list_for_each_entry (o, &net->routes, node) {
		if (!same && net_route_same(o, r))
			same = o;
		if (!at && (o->plen < r->plen ||
			    (o->plen == r->plen && o->metric > r->metric)))
			at = o;
	}
	if (same && (nlflags & NLM_F_REPLACE)) {
		list_del(&same->node);
		if (at == same)
			at = NULL;
		old = same;
	} else if (same && ((nlflags & NLM_F_EXCL) ||
			    (same->oif == r->oif && same->type == r->type &&
			     same->has_via == r->has_via &&
			     in6_equal(&same->via, &r->via)))) {
		err = -EEXIST;
	} else if (!same && !(nlflags & NLM_F_CREATE)) {
		err = -ENOENT;
	} else if (net_nroutes >= NET_ROUTES_MAX) {
		err = -ENOBUFS;
	}
	if (!err) {
		if (!at)
			list_for_each_entry (o, &net->routes, node)
				if (o->plen < r->plen ||
				    (o->plen == r->plen &&
				     o->metric > r->metric)) {
					at = o;
					break;
				}
		list_add_tail(&r->node, at ? &at->node : &net->routes);
		net_nroutes += !old;
	}
	spin_unlock(&net->lock);
	kfree(old);
	if (err)
		kfree(r);
	else
		rtnl_notify_route(in, false);
	return err;
}

int net_route_del(struct net *net, const struct net_route *in)
{
	struct net_route *o, *found = NULL, want = *in;

	in6_mask(&want.dst, want.plen);
	spin_lock(&net->lock);
	list_for_each_entry (o, &net->routes, node) {
		if (o->plen != want.plen || !in6_equal(&o->dst, &want.dst) ||
		    (want.metric && o->metric != want.metric) ||
		    (want.oif && o->oif != want.oif) ||
		    (want.table && o->table != want.table) ||
		    (want.has_via && !in6_equal(&o->via, &want.via)))
			continue;
		found = o;
		list_del(&o->node);
		net_nroutes--;
		break;
	}
	spin_unlock(&net->lock);
	if (!found)
		return -ESRCH;
	rtnl_notify_route(found, true);
	kfree(found);
	return 0;
}

/* --- where to --- */

/* RFC 6724 in the small: same scope, then the longest common prefix. */
static u32 net_src_score(const struct net_addr *a, const struct in6_addr *dst)
{
	u32 score = 1, n;

	if (in6_is_v4(dst))
		return a->flags & 1 ? 1 : 1000; /* secondary */
	if (in6_is_linklocal(&a->addr) == in6_is_linklocal(dst))
		score += 200;
	if (a->preferred > time_mono_ns())
		score += 150;
	for (n = 0; n < 128; n++)
		if (!in6_prefix_equal(&a->addr, dst, n + 1))
			break;
	return score + n;
}

/* An address of d for packets to dst, else one of another interface. */
static bool net_pick_src(struct net *net, struct netdev *d,
			 const struct in6_addr *dst, struct in6_addr *src)
{
	bool v4 = in6_is_v4(dst);
	u32 best = 0, score;

	for (int i = -1; i < NET_DEVS && !best; i++) {
		struct netdev *o = i < 0 ? d : net->dev[i];

		if (!o || (i >= 0 && (o == d || o->index == NET_LO)))
			continue;
		for (u32 k = 0; k < o->naddr; k++) {
			const struct net_addr *a = &o->addr[k];

			if (in6_is_v4(&a->addr) != v4 || (a->flags & 0x40))
				continue;
			if (i >= 0 && in6_is_linklocal(&a->addr) && !v4)
				continue;
			/* the one in the same network comes first */
			score = net_src_score(a, dst);
			if (v4 && in6_prefix_equal(&a->addr, dst, a->plen))
				score += 2000;
			if (score > best) {
				best = score;
				*src = a->addr;
			}
		}
	}
	return best;
}

static int net_route_error(u8 type)
{
	switch (type) {
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_BLACKHOLE:
		return -EINVAL;
	default:
		return 0;
	}
}

/* The route that fits; NULL: none */
static struct net_route *
net_route_find_locked(struct net *net, const struct in6_addr *dst, int oif)
{
	struct net_route *r;
	struct netdev *d;

	list_for_each_entry (r, &net->routes, node) {
		if (oif && r->oif != oif)
			continue;
		if (in6_is_v4(&r->dst) != in6_is_v4(dst) ||
		    !in6_prefix_equal(&r->dst, dst, r->plen))
			continue;
		if (r->type == RTN_UNICAST) {
			d = netdev_get(net, r->oif);
			if (!d || !(d->flags & IFF_UP))
				continue;
		}
		return r;
	}
	return NULL;
}

/* Straight out of an interface, as broadcasts and the like go. */
static int net_route_onlink(struct net *net, const struct in6_addr *dst,
			    struct netdev *d, struct net_path *out)
{
	out->dev = d;
	out->next = *dst;
	out->mtu = d->mtu;
	out->type = in6_is_multicast(dst)  ? RTN_MULTICAST
		    : net_is_loopback(dst) ? RTN_LOCAL
					   : RTN_UNICAST;
	spin_lock(&net->lock);
	if (!net_pick_src(net, d, dst, &out->src))
		out->src = in6_is_v4(dst)
				   ? (struct in6_addr){ .s6_addr[10] = 0xff,
							.s6_addr[11] = 0xff }
				   : in6_any;
	spin_unlock(&net->lock);
	return d->flags & IFF_UP ? 0 : -ENETUNREACH;
}

/* An interface for what has no route: the first that is up and no lo. */
static struct netdev *net_any_dev(struct net *net, bool v4)
{
	for (int i = 1; i < NET_DEVS; i++) {
		struct netdev *d = net->dev[i];

		if (d && (d->flags & IFF_UP) && (d->flags & IFF_BROADCAST))
			return d;
	}
	return NULL;
}

int net_route(struct net *net, const struct in6_addr *dst, int oif,
	      struct net_path *out)
{
	struct netdev *d = NULL, *lo = net->dev[NET_LO - 1];
	struct net_route *r;
	int err = 0;

	if (likely(net_is_loopback(dst))) {
		out->dev = lo;
		out->next = out->src = *dst;
		out->mtu = lo->mtu;
		out->type = RTN_LOCAL;
		return oif && oif != NET_LO ? -EINVAL : 0;
	}
	spin_lock(&net->lock);
	if (net_dev_of_locked(net, dst)) {
		out->dev = lo;
		out->next = out->src = *dst;
		out->mtu = lo->mtu;
		out->type = RTN_LOCAL;
		spin_unlock(&net->lock);
		return 0;
	}
	r = net_route_find_locked(net, dst, oif);
	if (r)
		err = net_route_error(r->type);
	if (r && !err) {
		d = netdev_get(net, r->oif);
		out->dev = d;
		out->next = r->has_via ? r->via : *dst;
		out->mtu = r->mtu ? min(r->mtu, d->mtu) : d->mtu;
		out->type = RTN_UNICAST;
		if (r->has_src)
			out->src = r->src;
		else if (!net_pick_src(net, d, dst, &out->src))
			err = in6_is_v4(dst) ? -ENETUNREACH : -EADDRNOTAVAIL;
	}
	spin_unlock(&net->lock);
	if (r) {
		if (!err &&
		    (in6_is_multicast(dst) || net_is_broadcast(net, d, dst))) {
			out->next = *dst;
			out->type = in6_is_multicast(dst) ? RTN_MULTICAST
							  : RTN_BROADCAST;
		}
		return err;
	}
	/* link-local, multicast and broadcast need no route */
	if (oif)
		d = netdev_get(net, oif);
	else if (in6_is_multicast(dst) || net_is_broadcast(net, NULL, dst) ||
		 (!in6_is_v4(dst) && in6_is_linklocal(dst)))
		d = net_any_dev(net, in6_is_v4(dst));
	if (!d)
		return -ENETUNREACH;
	err = net_route_onlink(net, dst, d, out);
	if (!err && net_is_broadcast(net, d, dst))
		out->type = RTN_BROADCAST;
	return err;
}
