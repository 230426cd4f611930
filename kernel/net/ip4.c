// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4 (RFC 791): what comes in is checked, put together from its fragments,
 * and delivered; what goes out gets its header, and is cut into fragments where
 * the way is too narrow. Options are skipped, forwarding follows ip_forward.
 *
 * Fragments of both families wait in net->frags until the last has come or
 * half a minute has passed; overlapping ones are dropped with their packet.
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include "inet_internal.h"
#include "frag.h"
#include "wire.h"

#define IP4_HLEN 20u
#define IP_DF	 0x4000u
#define IP_MF	 0x2000u
#define IP_OFF	 0x1fffu

/* --- out --- */

static void ip4_header(struct net *net, struct pkt *p, u16 id, u16 frag)
{
	u8 *h = pkt_push(p, IP4_HLEN);

	h[0] = 0x45;
	h[1] = p->tos;
	put16(h + 2, (u16)p->len);
	put16(h + 4, id);
	put16(h + 6, frag);
	h[8] = p->ttl;
	h[9] = p->l4;
	put16(h + 10, 0);
	memcpy(h + 12, p->src.s6_addr + 12, 4);
	memcpy(h + 16, p->dst.s6_addr + 12, 4);
	{
		u16 sum = csum_fold(csum_add(0, h, IP4_HLEN));

		memcpy(h + 10, &sum, 2);
	}
	p->net = h;
	p->proto = ETH_P_IP;
}

/* p, without a header yet, in pieces of the path's size. */
static int ip4_fragment(struct net *net, struct pkt *p,
			const struct net_path *path, u16 id)
{
	u32 step = (path->mtu - IP4_HLEN) & ~7u, off = 0;
	int err = 0;

	while (off < p->len && !err) {
		u32 n = min(step, p->len - off);
		bool more = off + n < p->len;
		struct pkt *f = pkt_alloc(n);

		if (!f) {
			err = -ENOBUFS;
			break;
		}
		memcpy(f->data, p->data + off, n);
		f->src = p->src;
		f->dst = p->dst;
		f->l4 = p->l4;
		f->ttl = p->ttl;
		f->tos = p->tos;
		ip4_header(net, f, id, (u16)(off / 8 | (more ? IP_MF : 0)));
		err = neigh_output(net, path->dev, &path->next, f);
		off += n;
	}
	pkt_free(p);
	return err;
}

int ip4_output(struct net *net, struct pkt *p, const struct net_path *path)
{
	u16 id = (u16)atomic_inc(&net->ip_id);

	net->ip_out++;
	if (p->len + IP4_HLEN > PKT_MAX) {
		pkt_free(p);
		return -EMSGSIZE;
	}
	if (p->len + IP4_HLEN > path->mtu && !p->gso) {
		if (!p->df)
			return ip4_fragment(net, p, path, id);
		pkt_free(p);
		return -EMSGSIZE;
	}
	ip4_header(net, p, p->df ? 0 : id, p->df ? IP_DF : 0);
	return neigh_output(net, path->dev, &path->next, p);
}

int ip_output(struct net *net, struct pkt *p, const struct net_path *path)
{
	return in6_is_v4(&p->dst) ? ip4_output(net, p, path)
				  : ip6_output(net, p, path);
}

/* data is at the header; checksum, id and source are filled in as raw(7) has. */
int ip_output_raw(struct net *net, struct pkt *p, const struct net_path *path)
{
	u8 *h = p->data;
	u16 sum;

	p->net = h;
	p->proto = ETH_P_IP;
	p->ttl = h[8];
	put16(h + 2, (u16)p->len);
	put16(h + 10, 0);
	if (!get16(h + 4))
		put16(h + 4, (u16)atomic_inc(&net->ip_id));
	if (!get32(h + 12))
		memcpy(h + 12, path->src.s6_addr + 12, 4);
	sum = csum_fold(csum_add(0, h, min((h[0] & 15) * 4u, p->len)));
	memcpy(h + 10, &sum, 2);
	in6_from_v4(&p->src, get32(h + 12));
	in6_from_v4(&p->dst, get32(h + 16));
	return neigh_output(net, path->dev, &path->next, p);
}

/* --- in --- */

static void ip4_forward(struct net *net, struct pkt *p)
{
	struct net_path path;
	u8 *h = p->net;
	u16 sum;
	int err;

	if (h[8] <= 1) {
		icmp4_error(net, p, 11, 0, 0);
		goto drop;
	}
	err = net_route(net, &p->dst, 0, &path);
	if (err || path.dev->index == NET_LO) {
		icmp4_error(net, p, 3, err == -EHOSTUNREACH ? 1 : 0, 0);
		goto drop;
	}
	if (p->len > path.mtu && !(p->gso && path.dev->offload)) {
		icmp4_error(net, p, 3, 4, path.mtu);
		goto drop;
	}
	if (p->partial && !path.dev->offload)
		pkt_finish_csum(p, (h[0] & 15) * 4u);
	h[8]--;
	put16(h + 10, 0);
	sum = csum_fold(csum_add(0, h, (h[0] & 15) * 4u));
	memcpy(h + 10, &sum, 2);
	p->proto = ETH_P_IP;
	neigh_output(net, path.dev, &path.next, p);
	return;
drop:
	pkt_free(p);
}

/* Is it for us? *wide: a broadcast or multicast. */
static bool ip4_is_mine(struct net *net, struct pkt *p)
{
	if (p->dev->index == NET_LO || net_is_local(net, &p->dst))
		return true;
	return in6_is_multicast(&p->dst) ||
	       net_is_broadcast(net, p->dev, &p->dst);
}

void ip4_input(struct net *net, struct pkt *p)
{
	u8 *h = p->data;
	u32 hlen, total;
	u16 frag;

	net->ip_in++;
	if (p->len < IP4_HLEN || h[0] >> 4 != 4)
		goto drop;
	hlen = (h[0] & 15) * 4u;
	total = get16(h + 2);
	if (hlen < IP4_HLEN || total < hlen || total > p->len)
		goto drop;
	if (!p->csum_ok && csum_fold(csum_add(0, h, hlen)))
		goto drop;
	p->len = total; /* Ethernet pads */
	in6_from_v4(&p->src, get32(h + 12));
	in6_from_v4(&p->dst, get32(h + 16));
	p->ttl = h[8];
	p->tos = h[1];
	p->l4 = h[9];
	p->net = h;
	/* nobody out there is 127.*, nor a group */
	if (p->dev->index != NET_LO &&
	    (p->src.s6_addr[12] == 127 || p->dst.s6_addr[12] == 127 ||
	     in6_is_multicast(&p->src)))
		goto drop;
	if (!ip4_is_mine(net, p)) {
		if (!sysctl_get(SYSCTL_IP_FORWARD) || p->type != PKT_HOST)
			goto drop;
		ip4_forward(net, p);
		return;
	}
	frag = get16(h + 6);
	pkt_pull(p, hlen);
	if (frag & (IP_MF | IP_OFF)) {
		p = frag_join(net, p, get16(h + 4), (frag & IP_OFF) * 8u,
			      frag & IP_MF);
		if (!p)
			return;
	}
	ip_deliver(net, p);
	return;
drop:
	pkt_free(p);
}

void ip_deliver(struct net *net, struct pkt *p)
{
	bool v4 = in6_is_v4(&p->dst), raw = raw_input(net, p);

	switch (p->l4) {
	case IPPROTO_TCP:
		tcp_input(net, p);
		return;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		udp_input(net, p);
		return;
	case IPPROTO_ICMP:
		if (!v4)
			break;
		icmp4_input(net, p);
		return;
	case IPPROTO_ICMPV6:
		if (v4)
			break;
		icmp6_input(net, p);
		return;
	}
	if (!raw && v4)
		icmp4_error(net, p, 3, 2, 0); /* protocol unreachable */
	else if (!raw)
		icmp6_error(net, p, 4, 1, (u32)(p->data - p->net));
	pkt_free(p);
}
