// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6 (RFC 8200): headers in and out, extension headers skipped but for
 * fragments, which are put together in frag.c. The sender cuts packets that
 * are longer than the link, unless they are TCP's, which never are.
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "frag.h"
#include "wire.h"

#define IP6_HLEN 40u
#define IP6_FRAG 8u

static void ip6_header(struct pkt *p, u8 next)
{
	u8 *h;
	u32 len = p->len;

	h = pkt_push(p, IP6_HLEN);
	put32(h, 0x60000000u | (u32)p->tos << 20);
	put16(h + 4, (u16)len);
	h[6] = next;
	h[7] = p->ttl;
	memcpy(h + 8, &p->src, 16);
	memcpy(h + 24, &p->dst, 16);
	p->net = h;
	p->proto = ETH_P_IPV6;
}

static int ip6_fragment(struct net *net, struct pkt *p,
			const struct net_path *path)
{
	u32 step = (path->mtu - IP6_HLEN - IP6_FRAG) & ~7u, off = 0;
	u32 id = atomic_inc(&net->ip_id);
	int err = 0;

	while (off < p->len && !err) {
		u32 n = min(step, p->len - off);
		struct pkt *f = pkt_alloc(n);
		u8 *h;

		if (!f) {
			err = -ENOBUFS;
			break;
		}
		memcpy(f->data, p->data + off, n);
		h = pkt_push(f, IP6_FRAG);
		h[0] = p->l4;
		h[1] = 0;
		put16(h + 2, (u16)(off | (off + n < p->len)));
		put32(h + 4, id);
		f->src = p->src;
		f->dst = p->dst;
		f->ttl = p->ttl;
		f->tos = p->tos;
		ip6_header(f, IPPROTO_FRAGMENT);
		err = neigh_output(net, path->dev, &path->next, f);
		off += n;
	}
	pkt_free(p);
	return err;
}

int ip6_output(struct net *net, struct pkt *p, const struct net_path *path)
{
	net->ip_out++;
	if (p->len > PKT_MAX) {
		pkt_free(p);
		return -EMSGSIZE;
	}
	if (p->len + IP6_HLEN > path->mtu && !p->gso) {
		if (!p->df)
			return ip6_fragment(net, p, path);
		pkt_free(p);
		return -EMSGSIZE;
	}
	ip6_header(p, p->l4);
	return neigh_output(net, path->dev, &path->next, p);
}

static void ip6_forward(struct net *net, struct pkt *p)
{
	struct net_path path;
	int err;

	if (p->net[7] <= 1) {
		icmp6_error(net, p, 3, 0, 0);
		goto drop;
	}
	err = net_route(net, &p->dst, 0, &path);
	if (err || path.dev->index == NET_LO) {
		icmp6_error(net, p, 1, err == -EHOSTUNREACH ? 3 : 0, 0);
		goto drop;
	}
	if (p->len > path.mtu && !(p->gso && path.dev->offload)) {
		icmp6_error(net, p, 2, 0, path.mtu);
		goto drop;
	}
	if (p->partial && !path.dev->offload)
		pkt_finish_csum(p, IP6_HLEN);
	p->net[7]--;
	p->proto = ETH_P_IPV6;
	neigh_output(net, path.dev, &path.next, p);
	return;
drop:
	pkt_free(p);
}

/*
 * Skip extension headers; a fragment is kept for its packet.
 * => p with data at the transport header, or NULL: it is gone
 */
static struct pkt *ip6_skip_extensions(struct net *net, struct pkt *p, u8 next)
{
	for (int i = 0; i < 8; i++) {
		u32 n = 8;

		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			if (p->len < 8)
				goto drop;
			n = (p->data[1] + 1) * 8u;
			if (p->len < n)
				goto drop;
			/* source routes that go on were given up: RFC 5095 */
			if (next == IPPROTO_ROUTING && p->data[3])
				goto drop;
			next = p->data[0];
			pkt_pull(p, n);
			break;
		case IPPROTO_FRAGMENT: {
			u16 off;
			u32 id;

			if (p->len < IP6_FRAG)
				goto drop;
			next = p->data[0];
			off = get16(p->data + 2);
			id = get32(p->data + 4);
			pkt_pull(p, IP6_FRAG);
			p->l4 = next;
			if (!(off & ~6u))
				break;
			p = frag_join(net, p, id, off & 0xfff8, off & 1);
			if (!p)
				return NULL;
			break;
		}
		case IPPROTO_NONE:
			goto drop;
		default:
			p->l4 = next;
			return p;
		}
	}
drop:
	pkt_free(p);
	return NULL;
}

void ip6_input(struct net *net, struct pkt *p)
{
	u8 *h = p->data;
	u32 len;

	net->ip_in++;
	if (p->len < IP6_HLEN || h[0] >> 4 != 6)
		goto drop;
	len = get16(h + 4);
	if (len + IP6_HLEN > p->len)
		goto drop;
	p->len = len + IP6_HLEN;
	memcpy(&p->src, h + 8, 16);
	memcpy(&p->dst, h + 24, 16);
	p->ttl = h[7];
	p->tos = (u8)(get16(h) >> 4);
	p->net = h;
	/* mapped addresses are ours alone and never on a wire */
	if (in6_is_multicast(&p->src) || in6_is_v4(&p->src) ||
	    in6_is_v4(&p->dst) ||
	    (p->dev->index != NET_LO && (in6_equal(&p->src, &in6_loopback) ||
					 in6_equal(&p->dst, &in6_loopback))))
		goto drop;
	if (p->dev->index != NET_LO && !in6_is_multicast(&p->dst) &&
	    !net_is_local(net, &p->dst)) {
		if (!net->forward6 || p->type != PKT_HOST)
			goto drop;
		ip6_forward(net, p);
		return;
	}
	pkt_pull(p, IP6_HLEN);
	p = ip6_skip_extensions(net, p, h[6]);
	if (p)
		ip_deliver(net, p);
	return;
drop:
	pkt_free(p);
}
