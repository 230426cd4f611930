// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP (RFC 792, 1122): answers to echo requests, errors sent for what cannot
 * be delivered (a few a second), and errors that come in brought to the
 * sockets whose packets they quote.
 */
#include <kernel/string.h>
#include "inet_internal.h"
#include "wire.h"

#define ICMP_HLEN	8u
#define ICMP_ECHO_REPLY 0
#define ICMP_UNREACH	3
#define ICMP_ECHO	8
#define ICMP_TIME	11
#define ICMP_PARAM	12
#define ICMP_BURST	50u /* errors at once */
#define ICMP_RATE	(NSEC_PER_SEC / 100)

/* A bucket of errors, for both families. */
static bool icmp_may_tell(void)
{
	static spinlock_t lock;
	static u64 next;
	u64 now = time_mono_ns();
	bool ok;

	spin_lock(&lock);
	if (next + ICMP_BURST * ICMP_RATE < now)
		next = now - ICMP_BURST * ICMP_RATE;
	ok = next < now;
	if (ok)
		next += ICMP_RATE;
	spin_unlock(&lock);
	return ok;
}

static void icmp4_send(struct net *net, struct pkt *p,
		       const struct in6_addr *dst, const struct in6_addr *src)
{
	struct net_path path;
	u16 sum;

	put16(p->data + 2, 0);
	sum = csum_fold(csum_add(0, p->data, p->len));
	memcpy(p->data + 2, &sum, 2);
	p->l4 = IPPROTO_ICMP;
	p->dst = *dst;
	if (net_route(net, dst, 0, &path)) {
		pkt_free(p);
		return;
	}
	p->src = src && net_is_local(net, src) ? *src : path.src;
	ip4_output(net, p, &path);
}

void icmp4_error(struct net *net, struct pkt *p, u8 type, u8 code, u32 info)
{
	const u8 *h = p->net;
	u32 n = (u32)(p->data + p->len - h);
	u32 hlen = (h[0] & 15) * 4u;
	struct pkt *e;

	if (p->type != PKT_HOST || in6_is_multicast(&p->dst) ||
	    net_is_broadcast(net, NULL, &p->dst) || in6_is_any(&p->src) ||
	    (get16(h + 6) & 0x1fff))
		return;
	/* never an error about an error */
	if (h[9] == IPPROTO_ICMP && n > hlen && h[hlen] != ICMP_ECHO &&
	    h[hlen] != ICMP_ECHO_REPLY)
		return;
	if (!icmp_may_tell())
		return;
	n = min(n, 548u);
	e = pkt_alloc(ICMP_HLEN + n);
	if (!e)
		return;
	e->data[0] = type;
	e->data[1] = code;
	put32(e->data + 4, info);
	memcpy(e->data + ICMP_HLEN, h, n);
	e->tos = 0xc0;
	icmp4_send(net, e, &p->src, &p->dst);
}

static const struct {
	s16 err;
	bool hard;
} icmp4_unreach[16] = {
	{ ENETUNREACH, false },	 { EHOSTUNREACH, false },
	{ ENOPROTOOPT, true },	 { ECONNREFUSED, true },
	{ EMSGSIZE, false },	 { EOPNOTSUPP, false },
	{ ENETUNREACH, true },	 { EHOSTDOWN, true },
	{ ENONET, true },	 { ENETUNREACH, true },
	{ EHOSTUNREACH, true },	 { ENETUNREACH, false },
	{ EHOSTUNREACH, false }, { EHOSTUNREACH, true },
	{ EHOSTUNREACH, true },	 { EHOSTUNREACH, true },
};

static void icmp4_got_error(struct net *net, struct pkt *p)
{
	u8 type = p->data[0], code = p->data[1];
	int err = EPROTO;
	bool hard = false;
	u32 mtu = 0;

	if (type == ICMP_UNREACH) {
		if (code > 15)
			return;
		err = icmp4_unreach[code].err;
		hard = icmp4_unreach[code].hard;
		if (code == 4)
			mtu = max((u32)get16(p->data + 6), 68u);
	} else if (type == ICMP_TIME) {
		err = EHOSTUNREACH;
	} else {
		hard = true;
	}
	ip4_sock_error(net, p->data + ICMP_HLEN, p->len - ICMP_HLEN, err, hard,
		       mtu, type, code, &p->src);
}

void ip4_sock_error(struct net *net, const u8 *h, u32 len, int err, bool hard,
		    u32 mtu, u8 type, u8 code, const struct in6_addr *from)
{
	struct in6_addr src, dst;
	const u8 *l4;
	u32 hlen;

	if (len < 20 || h[0] >> 4 != 4)
		return;
	hlen = (h[0] & 15) * 4u;
	if (hlen < 20 || len < hlen + 8)
		return;
	in6_from_v4(&src, get32(h + 12));
	in6_from_v4(&dst, get32(h + 16));
	if (!net_is_local(net, &src))
		return;
	if (get16(h + 6) & 0x1fff)
		return;
	l4 = h + hlen;
	if (h[9] == IPPROTO_UDP)
		udp_sock_error(net, &src, get16(l4), &dst, get16(l4 + 2), err,
			       hard);
	else if (h[9] == IPPROTO_TCP)
		tcp_sock_error(net, &src, get16(l4), &dst, get16(l4 + 2),
			       get32(l4 + 4), err, hard, mtu);
}

void net_unreachable(struct net *net, struct pkt *p, int err)
{
	struct in6_addr from = p->src;

	if (!p->net)
		return;
	/* somebody else's packet on its way through */
	if (!net_is_local(net, &p->src)) {
		if (in6_is_v4(&p->dst))
			icmp4_error(net, p, ICMP_UNREACH, 1, 0);
		else
			icmp6_error(net, p, 1, 3, 0);
		return;
	}
	if (in6_is_v4(&p->dst))
		ip4_sock_error(net, p->net, (u32)(p->data + p->len - p->net),
			       err, true, 0, ICMP_UNREACH, 1, &from);
	else
		ip6_sock_error(net, p->net, (u32)(p->data + p->len - p->net),
			       err, true, 0, 1, 3, &from);
}

void icmp4_input(struct net *net, struct pkt *p)
{
	struct in6_addr to = p->src, from = p->dst;
	struct pkt *e;

	net->icmp_in++;
	if (p->len < ICMP_HLEN ||
	    (!p->csum_ok && csum_fold(csum_add(0, p->data, p->len))))
		goto out;
	switch (p->data[0]) {
	case ICMP_ECHO:
		/* not to all who ask everybody */
		if (in6_is_multicast(&p->dst) ||
		    net_is_broadcast(net, p->dev, &p->dst))
			break;
		e = pkt_alloc(p->len);
		if (!e)
			break;
		memcpy(e->data, p->data, p->len);
		e->data[0] = ICMP_ECHO_REPLY;
		e->tos = p->tos;
		icmp4_send(net, e, &to, &from);
		break;
	case ICMP_ECHO_REPLY:
		ping_input(net, p);
		break;
	case ICMP_UNREACH:
	case ICMP_TIME:
	case ICMP_PARAM:
		icmp4_got_error(net, p);
		break;
	}
out:
	pkt_free(p);
}
