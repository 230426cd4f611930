// SPDX-License-Identifier: GPL-2.0
/*
 * netdevice(7): interfaces told and set up by SIOC requests, through sockets of
 * any family, as ifconfig, route, arp and DHCP clients do. An alias "eth0:1"
 * names another address of the interface. rtnetlink (netlink_route.c) does the
 * same in its own words; both come down to dev.c, route.c and neigh.c.
 */
#include <abi/capability.h>
#include <abi/if.h>
#include <abi/ioctl.h>
#include <abi/netlink.h>
#include <kernel/cred.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include "inet_internal.h"
#include "wire.h"

#define NETDEV_IFREQ_SIZE 40u
#define RTF_UP		  1u
#define RTF_GATEWAY	  2u
#define RTF_HOST	  4u
#define RTF_REJECT	  0x200u

struct rtentry {
	u64 pad1;
	struct sockaddr_in dst, gateway, genmask;
	u16 flags;
	s16 pad2;
	u64 pad3;
	u64 pad4;
	s16 metric;
	u64 dev;
	u64 mtu, window;
	u16 irtt;
};

struct arpreq {
	struct sockaddr_in pa;
	u8 ha_family[2], ha[14];
	s32 flags;
	u8 netmask[16];
	char dev[16];
};

static void netdev_put_addr(struct ifreq *r, const struct in6_addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (a)
		memcpy(&in.sin_addr, a->s6_addr + 12, 4);
	memcpy(r->ifr.addr, &in, sizeof(in));
}

static void netdev_take_addr(const struct ifreq *r, struct in6_addr *a)
{
	struct sockaddr_in in;

	memcpy(&in, r->ifr.addr, sizeof(in));
	in6_from_v4(a, __builtin_bswap32(in.sin_addr.s_addr));
}

/* --- the list --- */

static long netdev_ifconf(uaddr arg)
{
	struct net_addr a;
	struct ifconf c;
	struct ifreq r;
	s32 used = 0;

	if (get_user(c, arg))
		return -EFAULT;
	for (int i = 1; i <= NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i);

		for (u32 k = 0; d && k < NET_ADDRS; k++) {
			spin_lock(&net0.lock);
			if (k < d->naddr)
				a = d->addr[k];
			else
				k = NET_ADDRS;
			spin_unlock(&net0.lock);
			if (k == NET_ADDRS || !in6_is_v4(&a.addr))
				continue;
			if (c.ifc_buf &&
			    used + (s32)NETDEV_IFREQ_SIZE > c.ifc_len)
				continue;
			memset(&r, 0, sizeof(r));
			memcpy(r.ifr_name, a.label[0] ? a.label : d->name,
			       IFNAMSIZ);
			netdev_put_addr(&r, &a.addr);
			if (c.ifc_buf &&
			    copy_to_user(UADDR(c.ifc_buf + (u64)used), &r,
					 NETDEV_IFREQ_SIZE))
				return -EFAULT;
			used += NETDEV_IFREQ_SIZE;
		}
	}
	c.ifc_len = used;
	return put_user(c, arg);
}

int netdev_index(const char *name)
{
	struct netdev *d = netdev_by_name(&net0, name);

	return d ? d->index : -ENODEV;
}

int netdev_name(int index, char *name)
{
	struct netdev *d = netdev_get(&net0, index);

	if (!d)
		return -ENODEV;
	memcpy(name, d->name, IFNAMSIZ);
	return 0;
}

/* --- asking --- */

/* The address of d that a label names; the first if it is d's own. */
static bool netdev_find_addr(struct netdev *d, const char *label,
			     struct net_addr *out)
{
	bool found = false;

	spin_lock(&net0.lock);
	for (u32 k = 0; k < d->naddr && !found; k++) {
		const char *own = d->addr[k].label[0] ? d->addr[k].label
						      : d->name;

		if (!in6_is_v4(&d->addr[k].addr) || strcmp(own, label))
			continue;
		*out = d->addr[k];
		found = true;
	}
	spin_unlock(&net0.lock);
	return found;
}

static int netdev_get_addr(struct netdev *d, const char *label, u32 cmd,
			   struct ifreq *r)
{
	struct net_addr a;
	struct in6_addr mask;

	if (!netdev_find_addr(d, label, &a))
		return -EADDRNOTAVAIL;
	switch (cmd) {
	case SIOCGIFADDR:
		netdev_put_addr(r, &a.addr);
		break;
	case SIOCGIFDSTADDR:
		netdev_put_addr(r, &a.peer);
		break;
	case SIOCGIFBRDADDR:
		netdev_put_addr(r, in6_is_any(&a.bcast) ? NULL : &a.bcast);
		break;
	default:
		memset(&mask, 0xff, sizeof(mask));
		in6_mask(&mask, a.plen);
		netdev_put_addr(r, &mask);
	}
	return 0;
}

/* => 0 with the answer in *r */
static int netdev_get_one(u32 cmd, struct netdev *d, const char *label,
			  struct ifreq *r)
{
	u32 flags = d->flags;

	memset(&r->ifr, 0, sizeof(r->ifr));
	switch (cmd) {
	case SIOCGIFFLAGS:
		if ((flags & IFF_UP) && d->carrier)
			flags |= IFF_RUNNING;
		r->ifr.flags = (s16)flags;
		return 0;
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
		return netdev_get_addr(d, label, cmd, r);
	case SIOCGIFINDEX:
		r->ifr.ivalue = d->index;
		return 0;
	case SIOCGIFMTU:
		r->ifr.ivalue = (s32)d->mtu;
		return 0;
	case SIOCGIFTXQLEN:
		r->ifr.ivalue = (s32)d->txqlen;
		return 0;
	case SIOCGIFHWADDR:
		r->ifr.addr[0] = d->type & 0xff;
		r->ifr.addr[1] = d->type >> 8;
		memcpy(r->ifr.addr + 2, d->mac, ETH_ALEN);
		return 0;
	default: /* SIOCGIFMETRIC, SIOCGIFMAP */
		return 0;
	}
}

/* --- changing --- */

static u8 netdev_class_plen(const struct in6_addr *a)
{
	u8 first = a->s6_addr[12];

	return 96 + (first < 128   ? 8
		     : first < 192 ? 16
		     : first < 224 ? 24
				   : 32);
}

static void netdev_make_bcast(struct net_addr *a)
{
	a->bcast = a->addr;
	if (a->plen >= 127) {
		memset(&a->bcast, 0, sizeof(a->bcast));
		return;
	}
	for (u32 i = a->plen; i < 128; i++)
		a->bcast.s6_addr[i / 8] |= (u8)(0x80 >> i % 8);
}

static int netdev_set_addr(struct netdev *d, const char *label, u32 cmd,
			   const struct ifreq *r)
{
	struct net_addr a, old;
	struct in6_addr v;
	bool have = netdev_find_addr(d, label, &old);
	u32 ones;

	netdev_take_addr(r, &v);
	if (cmd == SIOCSIFADDR) {
		if (have)
			net_addr_del(&net0, d, &old.addr, old.plen);
		if (in6_is_any(&v))
			return 0;
		memset(&a, 0, sizeof(a));
		a.valid = a.preferred = TIME_NEVER;
		a.flags = IFA_F_PERMANENT;
		a.addr = a.peer = v;
		a.plen = netdev_class_plen(&v);
		strlcpy(a.label, label, sizeof(a.label));
	} else {
		if (!have)
			return -EADDRNOTAVAIL;
		a = old;
	}
	switch (cmd) {
	case SIOCSIFNETMASK:
		ones = in6_v4(&v);
		if (~ones & (~ones + 1))
			return -EINVAL;
		a.plen = 96 + (u8)__builtin_popcount(ones);
		break;
	case SIOCSIFBRDADDR:
		a.bcast = v;
		break;
	case SIOCSIFDSTADDR:
		a.peer = v;
		break;
	}
	if (cmd != SIOCSIFBRDADDR && cmd != SIOCSIFDSTADDR &&
	    (d->flags & IFF_BROADCAST))
		netdev_make_bcast(&a);
	if (have && cmd != SIOCSIFADDR)
		net_addr_del(&net0, d, &old.addr, old.plen);
	return net_addr_add(&net0, d, &a, true, false);
}

static int netdev_set_one(u32 cmd, struct netdev *d, const char *label,
			  struct ifreq *r)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		/* an address on setting up, and "lo:1 down" takes one away */
		if (strcmp(label, d->name)) {
			struct net_addr a;

			if (!(r->ifr.flags & IFF_UP) &&
			    netdev_find_addr(d, label, &a))
				return net_addr_del(&net0, d, &a.addr, a.plen);
			return 0;
		}
		return netdev_set_flags(&net0, d, (u32)(u16)r->ifr.flags);
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR: {
		int err = netdev_set_addr(d, label, cmd, r);

		/* as ever, an address brings the interface up */
		if (!err && cmd == SIOCSIFADDR && !(d->flags & IFF_UP))
			netdev_set_flags(&net0, d, d->flags | IFF_UP);
		return err;
	}
	case SIOCSIFMTU:
		return netdev_set_mtu(&net0, d, (u32)r->ifr.ivalue);
	case SIOCSIFTXQLEN:
		d->txqlen = (u32)r->ifr.ivalue;
		return 0;
	case SIOCSIFHWADDR:
		if (d->type != ARPHRD_ETHER || r->ifr.addr[0] != ARPHRD_ETHER ||
		    r->ifr.addr[1] || (r->ifr.addr[2] & 1))
			return -EINVAL;
		memcpy(d->mac, r->ifr.addr + 2, ETH_ALEN);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static long netdev_ifreq(u32 cmd, uaddr arg, bool set)
{
	char label[IFNAMSIZ], *colon;
	struct netdev *d;
	struct ifreq r;
	int err;

	if (copy_from_user(&r, arg, NETDEV_IFREQ_SIZE))
		return -EFAULT;
	r.ifr_name[IFNAMSIZ - 1] = 0;
	if (cmd == SIOCGIFNAME) {
		memset(r.ifr_name, 0, sizeof(r.ifr_name));
		err = netdev_name(r.ifr.ivalue, r.ifr_name);
		return err ? err : copy_to_user(arg, &r, NETDEV_IFREQ_SIZE);
	}
	memcpy(label, r.ifr_name, sizeof(label));
	colon = strchr(r.ifr_name, ':');
	if (colon)
		*colon = 0;
	d = netdev_by_name(&net0, r.ifr_name);
	if (!d)
		return -ENODEV;
	if (set)
		return capable(CAP_NET_ADMIN)
			       ? netdev_set_one(cmd, d, label, &r)
			       : -EPERM;
	err = netdev_get_one(cmd, d, label, &r);
	memcpy(r.ifr_name, label, sizeof(label));
	return err ? err : copy_to_user(arg, &r, NETDEV_IFREQ_SIZE);
}

/* route(8): struct rtentry. */
static long netdev_route(u32 cmd, uaddr arg)
{
	struct net_route r = { .proto = RTPROT_BOOT,
			       .type = RTN_UNICAST,
			       .table = RT_TABLE_MAIN,
			       .expires = TIME_NEVER };
	char name[IFNAMSIZ] = "";
	struct rtentry e;
	struct netdev *d;
	u32 mask;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	if (get_user(e, arg))
		return -EFAULT;
	if (e.dst.sin_family != AF_INET)
		return -EAFNOSUPPORT;
	mask = __builtin_bswap32(e.genmask.sin_addr.s_addr);
	if (e.flags & RTF_HOST)
		mask = ~0u;
	if (~mask & (~mask + 1))
		return -EINVAL;
	in6_from_v4(&r.dst, __builtin_bswap32(e.dst.sin_addr.s_addr));
	r.plen = 96 + (u8)__builtin_popcount(mask);
	if (in6_v4(&r.dst) & ~mask)
		return -EINVAL;
	if (e.flags & RTF_GATEWAY) {
		in6_from_v4(&r.via,
			    __builtin_bswap32(e.gateway.sin_addr.s_addr));
		r.has_via = true;
	} else {
		r.scope = RT_SCOPE_LINK;
	}
	if (e.flags & RTF_REJECT)
		r.type = RTN_UNREACHABLE;
	if (e.metric > 0)
		r.metric = (u32)e.metric - 1;
	r.mtu = (u32)e.mtu;
	if (e.dev) {
		if (copy_from_user(name, UADDR(e.dev), IFNAMSIZ - 1))
			return -EFAULT;
		d = netdev_by_name(&net0, name);
		if (!d)
			return -ENODEV;
		r.oif = d->index;
	}
	return cmd == SIOCADDRT ? net_route_add(&net0, &r, NLM_F_CREATE)
				: net_route_del(&net0, &r);
}

/* arp(7): struct arpreq. */
static long netdev_arp(u32 cmd, uaddr arg)
{
	struct in6_addr addr;
	struct net_path path;
	struct neigh *n;
	struct arpreq q;
	int err;

	if (get_user(q, arg))
		return -EFAULT;
	if (cmd != SIOCGARP && !capable(CAP_NET_ADMIN))
		return -EPERM;
	in6_from_v4(&addr, __builtin_bswap32(q.pa.sin_addr.s_addr));
	err = net_route(&net0, &addr, 0, &path);
	if (err)
		return -ENXIO;
	if (cmd == SIOCSARP)
		return neigh_set(&net0, path.dev, &addr, q.ha, NUD_PERMANENT);
	if (cmd == SIOCDARP)
		return neigh_del(&net0, path.dev, &addr) ? -ENXIO : 0;
	err = -ENXIO;
	spin_lock(&net0.lock);
	list_for_each_entry (n, &net0.neighs, node)
		if (in6_equal(&n->addr, &addr)) {
			memcpy(q.ha, n->mac, ETH_ALEN);
			q.flags = n->state == NUD_PERMANENT ? 6 : 2;
			strlcpy(q.dev, n->dev->name, sizeof(q.dev));
			err = 0;
		}
	spin_unlock(&net0.lock);
	return err ? err : put_user(q, arg);
}

long netdev_ioctl(u32 cmd, u64 arg)
{
	switch (cmd) {
	case SIOCGIFCONF:
		return netdev_ifconf(UADDR(arg));
	case SIOCGIFNAME:
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFMETRIC:
	case SIOCGIFINDEX:
	case SIOCGIFMTU:
	case SIOCGIFMAP:
	case SIOCGIFTXQLEN:
	case SIOCGIFHWADDR:
		return netdev_ifreq(cmd, UADDR(arg), false);
	case SIOCETHTOOL:
		return -EOPNOTSUPP;
	case SIOCSIFFLAGS:
	case SIOCSIFADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFMTU:
	case SIOCSIFHWADDR:
	case SIOCSIFTXQLEN:
		return netdev_ifreq(cmd, UADDR(arg), true);
	case SIOCADDRT:
	case SIOCDELRT:
		return netdev_route(cmd, UADDR(arg));
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return netdev_arp(cmd, UADDR(arg));
	default:
		return -ENOTTY;
	}
}
