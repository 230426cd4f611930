// SPDX-License-Identifier: GPL-2.0
/*
 * ICMPv6 (RFC 4443) with neighbour discovery (RFC 4861) and addresses made from
 * what a router announces (RFC 4862).
 *
 * An interface that comes up gets a link-local address from its Ethernet
 * address and asks for routers, three times at most. Prefixes and the router of
 * an announcement become addresses and routes, as long as it says. Duplicates
 * are looked for by one question whose answer nobody waits for: on the links
 * there are here the addresses are made from the machine's own.
 */
#include <abi/netlink.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "wire.h"

#define ICMP6_HLEN    8u
#define ND_OPT_SOURCE 1
#define ND_OPT_TARGET 2
#define ND_OPT_PREFIX 3
#define ND_OPT_MTU    5
#define ND_SOLICITS   3

enum {
	ICMP6_UNREACH = 1,
	ICMP6_BIG,
	ICMP6_TIME,
	ICMP6_PARAM,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY,
	ND_ROUTER_SOLICIT = 133,
	ND_ROUTER_ADVERT,
	ND_SOLICIT,
	ND_ADVERT,
};

static const struct in6_addr in6_all_routers = { .s6_addr[0] = 0xff,
						 .s6_addr[1] = 2,
						 .s6_addr[15] = 2 };
static const struct in6_addr in6_all_nodes = { .s6_addr[0] = 0xff,
					       .s6_addr[1] = 2,
					       .s6_addr[15] = 1 };

static int icmp6_send(struct net *net, struct netdev *d, struct pkt *p,
		      const struct in6_addr *dst, const struct in6_addr *src,
		      u8 hops)
{
	struct net_path path;
	u16 sum;
	int err = net_route(net, dst, d ? d->index : 0, &path);

	if (err) {
		pkt_free(p);
		return err;
	}
	p->l4 = IPPROTO_ICMPV6;
	p->dst = *dst;
	p->src = src ? *src : path.src;
	p->ttl = hops;
	put16(p->data + 2, 0);
	sum = csum_l4(&p->src, &p->dst, IPPROTO_ICMPV6, p->data, p->len);
	memcpy(p->data + 2, &sum, 2);
	return ip6_output(net, p, &path);
}

void icmp6_error(struct net *net, struct pkt *p, u8 type, u8 code, u32 info)
{
	u32 n = min((u32)(p->data + p->len - p->net), 1232u);
	struct pkt *e;

	if (p->type != PKT_HOST || in6_is_multicast(&p->dst) ||
	    in6_is_any(&p->src) ||
	    (p->l4 == IPPROTO_ICMPV6 && p->len && p->data[0] < 128))
		return;
	e = pkt_alloc(ICMP6_HLEN + n);
	if (!e)
		return;
	e->data[0] = type;
	e->data[1] = code;
	put32(e->data + 4, info);
	memcpy(e->data + ICMP6_HLEN, p->net, n);
	icmp6_send(net, NULL, e, &p->src,
		   net_is_local(net, &p->dst) ? &p->dst : NULL, 64);
}

void ip6_sock_error(struct net *net, const u8 *h, u32 len, int err, bool hard,
		    u32 mtu, u8 type, u8 code, const struct in6_addr *from)
{
	struct in6_addr src, dst;

	if (len < 48 || h[0] >> 4 != 6)
		return;
	memcpy(&src, h + 8, 16);
	memcpy(&dst, h + 24, 16);
	if (!net_is_local(net, &src))
		return;
	if (h[6] == IPPROTO_UDP)
		udp_sock_error(net, &src, get16(h + 40), &dst, get16(h + 42),
			       err, hard);
	else if (h[6] == IPPROTO_TCP)
		tcp_sock_error(net, &src, get16(h + 40), &dst, get16(h + 42),
			       get32(h + 44), err, hard, mtu);
}

static void icmp6_got_error(struct net *net, struct pkt *p)
{
	static const s16 unreach[8] = { ENETUNREACH,  EACCES,
					EHOSTUNREACH, EHOSTUNREACH,
					ECONNREFUSED, EACCES,
					EACCES,	      EACCES };
	u8 type = p->data[0], code = p->data[1];
	int err = EPROTO;
	bool hard = false;
	u32 mtu = 0;

	if (type == ICMP6_UNREACH) {
		err = code < 8 ? unreach[code] : EPROTO;
		hard = code == 1 || code >= 4;
	} else if (type == ICMP6_BIG) {
		err = EMSGSIZE;
		mtu = max(get32(p->data + 4), 1280u);
	} else if (type == ICMP6_TIME) {
		err = EHOSTUNREACH;
	} else {
		hard = true;
	}
	ip6_sock_error(net, p->data + ICMP6_HLEN, p->len - ICMP6_HLEN, err,
		       hard, mtu, type, code, &p->src);
}

/* --- neighbours --- */

static void nd_put_mac(u8 *opt, u8 type, const u8 *mac)
{
	opt[0] = type;
	opt[1] = 1;
	memcpy(opt + 2, mac, ETH_ALEN);
}

void nd_solicit(struct net *net, struct netdev *d, const struct in6_addr *addr,
		const u8 *mac, const struct in6_addr *src)
{
	struct in6_addr group = { .s6_addr = { 0xff,
					       2, [11] = 1, [12] = 0xff } };
	struct pkt *p = pkt_alloc(32);

	if (!p)
		return;
	memcpy(group.s6_addr + 13, addr->s6_addr + 13, 3);
	memset(p->data, 0, 8);
	p->data[0] = ND_SOLICIT;
	memcpy(p->data + 8, addr, 16);
	nd_put_mac(p->data + 24, ND_OPT_SOURCE, d->mac);
	if (src &&
	    (in6_is_v4(src) || in6_is_any(src) || net_dev_of(net, src) != d))
		src = NULL;
	icmp6_send(net, d, p, mac ? addr : &group, src, 255);
}

static void nd_advertise(struct net *net, struct netdev *d,
			 const struct in6_addr *dst,
			 const struct in6_addr *target, bool solicited)
{
	struct pkt *p = pkt_alloc(32);

	if (!p)
		return;
	memset(p->data, 0, 8);
	p->data[0] = ND_ADVERT;
	p->data[4] = (u8)(0x20 | (solicited ? 0x40 : 0) |
			  (net->forward6 ? 0x80 : 0));
	memcpy(p->data + 8, target, 16);
	nd_put_mac(p->data + 24, ND_OPT_TARGET, d->mac);
	icmp6_send(net, d, p, dst, target, 255);
}

/* The option of this type behind the first `at` bytes; NULL: none */
static const u8 *nd_option(const struct pkt *p, u32 at, u8 type)
{
	while (at + 8 <= p->len) {
		u32 n = p->data[at + 1] * 8u;

		if (!n || at + n > p->len)
			break;
		if (p->data[at] == type)
			return p->data + at;
		at += n;
	}
	return NULL;
}

static void nd_got_solicit(struct net *net, struct pkt *p)
{
	struct in6_addr target;
	const u8 *opt;

	if (p->len < 24)
		return;
	memcpy(&target, p->data + 8, 16);
	if (net_dev_of(net, &target) != p->dev)
		return;
	if (in6_is_any(&p->src)) { /* is it free? No. */
		nd_advertise(net, p->dev, &in6_all_nodes, &target, false);
		return;
	}
	opt = nd_option(p, 24, ND_OPT_SOURCE);
	if (opt)
		neigh_learn(net, p->dev, &p->src, opt + 2, true, false);
	nd_advertise(net, p->dev, &p->src, &target, true);
}

static void nd_got_advert(struct net *net, struct pkt *p)
{
	struct in6_addr target;
	const u8 *opt;

	if (p->len < 24)
		return;
	memcpy(&target, p->data + 8, 16);
	opt = nd_option(p, 24, ND_OPT_TARGET);
	if (opt)
		neigh_learn(net, p->dev, &target, opt + 2, false,
			    p->data[4] & 0x40);
}

/* --- routers --- */

static void nd_make_id(const struct netdev *d, struct in6_addr *a)
{
	memcpy(a->s6_addr + 8, d->mac, 3);
	a->s6_addr[8] ^= 2;
	a->s6_addr[11] = 0xff;
	a->s6_addr[12] = 0xfe;
	memcpy(a->s6_addr + 13, d->mac + 3, 3);
}

static u64 nd_lifetime(u32 secs)
{
	return secs == ~0u ? TIME_NEVER : time_mono_ns() + secs * NSEC_PER_SEC;
}

static void nd_take_prefix(struct net *net, struct netdev *d, const u8 *opt)
{
	struct net_addr a = { .plen = opt[2] };
	u32 valid = get32(opt + 4), preferred = get32(opt + 8);
	struct net_route r = { .oif = d->index,
			       .proto = RTPROT_KERNEL,
			       .type = RTN_UNICAST,
			       .table = RT_TABLE_MAIN,
			       .metric = 256,
			       .plen = opt[2] };

	memcpy(&a.addr, opt + 16, 16);
	r.dst = a.addr;
	if (opt[2] > 128 || in6_is_multicast(&a.addr) ||
	    (a.addr.s6_addr[0] == 0xfe && (a.addr.s6_addr[1] & 0xc0) == 0x80))
		return;
	r.expires = nd_lifetime(valid);
	if ((opt[3] & 0x80) && valid)
		net_route_add(net, &r, NLM_F_CREATE | NLM_F_REPLACE);
	if (!(opt[3] & 0x40) || opt[2] != 64 || preferred > valid || !valid)
		return;
	nd_make_id(d, &a.addr);
	a.peer = a.addr;
	a.valid = nd_lifetime(valid);
	a.preferred = nd_lifetime(preferred);
	net_addr_add(net, d, &a, true, true);
}

static void nd_got_router(struct net *net, struct pkt *p)
{
	struct netdev *d = p->dev;
	struct net_route r = { .oif = d->index,
			       .proto = RTPROT_RA,
			       .type = RTN_UNICAST,
			       .table = RT_TABLE_MAIN,
			       .metric = 1024,
			       .has_via = true };
	const u8 *opt;
	u32 secs;

	if (p->len < 16 || p->src.s6_addr[0] != 0xfe || net->forward6)
		return;
	d->ra_done = true;
	opt = nd_option(p, 16, ND_OPT_SOURCE);
	if (opt)
		neigh_learn(net, d, &p->src, opt + 2, true, false);
	secs = get16(p->data + 6);
	r.via = p->src;
	r.expires = nd_lifetime(secs);
	if (secs)
		net_route_add(net, &r, NLM_F_CREATE | NLM_F_REPLACE);
	else
		net_route_del(net, &r);
	for (u32 at = 16; at + 8 <= p->len; at += p->data[at + 1] * 8u) {
		u32 n = p->data[at + 1] * 8u;

		if (!n || at + n > p->len)
			break;
		if (p->data[at] == ND_OPT_PREFIX && n == 32)
			nd_take_prefix(net, d, p->data + at);
	}
}

static void nd_ask_routers(struct net *net, struct netdev *d)
{
	struct pkt *p = pkt_alloc(16);

	if (!p)
		return;
	memset(p->data, 0, 8);
	p->data[0] = ND_ROUTER_SOLICIT;
	nd_put_mac(p->data + 8, ND_OPT_SOURCE, d->mac);
	icmp6_send(net, d, p, &in6_all_routers, NULL, 255);
}

void icmp6_up(struct net *net, struct netdev *d)
{
	struct net_addr a = { .plen = 64,
			      .scope = RT_SCOPE_LINK,
			      .flags = 0x80,
			      .valid = TIME_NEVER,
			      .preferred = TIME_NEVER };

	a.addr.s6_addr[0] = 0xfe;
	a.addr.s6_addr[1] = 0x80;
	nd_make_id(d, &a.addr);
	a.peer = a.addr;
	net_addr_add(net, d, &a, false, false);
	d->ra_done = false;
	d->rs_left = ND_SOLICITS;
	nd_ask_routers(net, d);
	net_tick_start(net);
}

bool icmp6_tick(struct net *net)
{
	u64 now = time_mono_ns();
	bool more = false;

	for (int i = NET_LO; i < NET_DEVS; i++) {
		struct netdev *d = net->dev[i];

		if (!d || !(d->flags & IFF_UP))
			continue;
		if (!d->ra_done && d->rs_left) {
			d->rs_left--;
			nd_ask_routers(net, d);
			more = true;
		}
		for (u32 k = 0; k < d->naddr; k++) {
			struct net_addr a = d->addr[k];

			if (a.valid <= now)
				net_addr_del(net, d, &a.addr, a.plen);
			else
				more |= a.valid != TIME_NEVER;
		}
	}
	return more;
}

void icmp6_input(struct net *net, struct pkt *p)
{
	struct pkt *e;
	bool nd;

	net->icmp_in++;
	if (p->len < ICMP6_HLEN ||
	    (!p->csum_ok &&
	     csum_l4(&p->src, &p->dst, IPPROTO_ICMPV6, p->data, p->len)))
		goto out;
	/* neighbours are on this link: nobody has forwarded it */
	nd = p->ttl == 255 && p->dev->type == ARPHRD_ETHER;
	switch (p->data[0]) {
	case ICMP6_ECHO:
		e = pkt_alloc(p->len);
		if (!e)
			break;
		memcpy(e->data, p->data, p->len);
		e->data[0] = ICMP6_ECHO_REPLY;
		icmp6_send(net, p->dev->index == NET_LO ? NULL : p->dev, e,
			   &p->src, in6_is_multicast(&p->dst) ? NULL : &p->dst,
			   64);
		break;
	case ICMP6_ECHO_REPLY:
		ping_input(net, p);
		break;
	case ND_SOLICIT:
		if (nd)
			nd_got_solicit(net, p);
		break;
	case ND_ADVERT:
		if (nd)
			nd_got_advert(net, p);
		break;
	case ND_ROUTER_ADVERT:
		if (nd)
			nd_got_router(net, p);
		break;
	case ICMP6_UNREACH:
	case ICMP6_BIG:
	case ICMP6_TIME:
	case ICMP6_PARAM:
		icmp6_got_error(net, p);
		break;
	}
out:
	pkt_free(p);
}
