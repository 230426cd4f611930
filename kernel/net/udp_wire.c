// SPDX-License-Identifier: GPL-2.0
/*
 * UDP between sockets and packets (RFC 768): what inet_dgram.c sends to other
 * machines, and what comes from them.
 */
#include <abi/netlink.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "wire.h"

#define UDP_HLEN 8u

/* Hop limit and traffic class, as the options and the message say. */
static void udpw_header_options(struct isock *is, struct sock_msg *m,
				const struct net_path *path, struct pkt *p)
{
	bool mcast = path->type == RTN_MULTICAST;
	s32 ttl, tos;

	if (in6_is_v4(&p->dst)) {
		ttl = inet_opt(is, IPPROTO_IP,
			       mcast ? IP_MULTICAST_TTL : IP_TTL);
		tos = inet_opt(is, IPPROTO_IP, IP_TOS);
		p->df = inet_opt(is, IPPROTO_IP, IP_MTU_DISCOVER) == 2;
	} else {
		ttl = inet_opt(is, IPPROTO_IPV6,
			       mcast ? IPV6_MULTICAST_HOPS : IPV6_UNICAST_HOPS);
		tos = max(inet_opt(is, IPPROTO_IPV6, IPV6_TCLASS), 0);
		p->df = inet_opt(is, IPPROTO_IPV6, IPV6_DONTFRAG);
	}
	if (m->wish && m->wish->ttl >= 0)
		ttl = m->wish->ttl;
	if (m->wish && m->wish->tos >= 0)
		tos = m->wish->tos;
	p->ttl = ttl < 0 ? 64 : (u8)ttl;
	p->tos = (u8)tos;
}

/* A multicast is also for who is in the group here. */
static void udpw_loop(struct isock *is, const struct pkt *p, u16 dport)
{
	bool v4 = in6_is_v4(&p->dst);
	struct udp_msg *g;

	if (!(v4 ? inet_opt(is, IPPROTO_IP, IP_MULTICAST_LOOP)
		 : inet_opt(is, IPPROTO_IPV6, IPV6_MULTICAST_LOOP)))
		return;
	g = udp_msg_alloc(p->len - UDP_HLEN);
	if (!g)
		return;
	g->from = p->src;
	g->from_port = is->lport;
	g->to = p->dst;
	g->ttl = p->ttl;
	g->tos = p->tos;
	g->oif = p->dev->index;
	memcpy(g->data, p->data + UDP_HLEN, g->p.len);
	spin_lock(&inet_lock);
	inet_port_each_locked(inet_kind(is), dport, udp_deliver_copy, g);
	spin_unlock(&inet_lock);
	kfree(g);
}

int udpw_send(struct isock *is, struct sock_msg *m, const struct inet_name *to,
	      const struct net_path *path)
{
	u32 n = (u32)m->it->count;
	bool v4 = in6_is_v4(&to->addr);
	struct pkt *p;
	u16 sum;

	if (n > (v4 ? 65507u : 65527u))
		return -EMSGSIZE;
	p = pkt_alloc(n + UDP_HLEN);
	if (!p)
		return -ENOBUFS;
	if (copy_from_iter(m->it, p->data + UDP_HLEN, n) != n) {
		pkt_free(p);
		return -EFAULT;
	}
	p->src = path->src;
	p->dst = to->addr;
	p->l4 = (u8)is->sk.protocol;
	p->dev = path->dev;
	put16(p->data, is->lport);
	put16(p->data + 2, to->port);
	/* UDP-Lite has here how much the checksum covers; 0: all */
	put16(p->data + 4, p->l4 == IPPROTO_UDP ? (u16)p->len : 0);
	put16(p->data + 6, 0);
	sum = csum_l4(&p->src, &p->dst, p->l4, p->data, p->len);
	if (!sum)
		sum = 0xffff;
	memcpy(p->data + 6, &sum, 2);
	udpw_header_options(is, m, path, p);
	net0.udp_out++;
	if (path->type == RTN_MULTICAST || path->type == RTN_BROADCAST)
		udpw_loop(is, p, to->port);
	return ip_output(&net0, p, path);
}

/* --- in --- */

static enum inet_kind udp_kind(const struct pkt *p)
{
	return p->l4 == IPPROTO_UDPLITE ? INET_UDPLITE : INET_UDP;
}

static struct isock *udp_find(struct pkt *p, u16 dport, u16 sport)
{
	struct isock *to;

	spin_lock(&inet_lock);
	to = inet_lookup_locked(udp_kind(p), &p->dst, dport, &p->src, sport);
	if (to && ((to->sk.bound_dev && p->dev->index != NET_LO &&
		    to->sk.bound_dev != p->dev->index) ||
		   !ref_get_unless_zero(&to->sk.refs)))
		to = NULL;
	spin_unlock(&inet_lock);
	return to;
}

void udp_input(struct net *net, struct pkt *p)
{
	u16 sport, dport, len;
	struct isock *to;
	struct udp_msg *g;
	bool many;

	net->udp_in++;
	if (p->len < UDP_HLEN)
		goto out;
	len = get16(p->data + 4);
	/* what of it the checksum covers: only all is understood */
	if (p->l4 == IPPROTO_UDPLITE && (!len || len == p->len))
		len = (u16)p->len;
	if (len < UDP_HLEN || len > p->len)
		goto out;
	p->len = len;
	/* IPv4 allows to leave the checksum out */
	if (!p->csum_ok && (get16(p->data + 6) || !in6_is_v4(&p->dst)) &&
	    csum_l4(&p->src, &p->dst, p->l4, p->data, len))
		goto out;
	sport = get16(p->data);
	dport = get16(p->data + 2);
	many = in6_is_multicast(&p->dst) ||
	       net_is_broadcast(net, p->dev, &p->dst);
	to = many ? NULL : udp_find(p, dport, sport);
	if (!to && !many) {
		net->udp_noport++;
		if (in6_is_v4(&p->dst))
			icmp4_error(net, p, 3, 3, 0);
		else
			icmp6_error(net, p, 1, 4, 0);
		goto out;
	}
	g = udp_msg_alloc(len - UDP_HLEN);
	if (g) {
		g->from = p->src;
		g->from_port = sport;
		g->to = p->dst;
		g->ttl = p->ttl;
		g->tos = p->tos;
		g->oif = p->dev->index;
		memcpy(g->data, p->data + UDP_HLEN, g->p.len);
	}
	if (g && to) {
		udp_queue(to, g);
	} else if (g) {
		spin_lock(&inet_lock);
		inet_port_each_locked(udp_kind(p), dport, udp_deliver_copy, g);
		spin_unlock(&inet_lock);
		kfree(g);
	}
	if (to)
		isock_put(to);
out:
	pkt_free(p);
}

void udp_sock_error(struct net *net, const struct in6_addr *src, u16 sport,
		    const struct in6_addr *dst, u16 dport, int err, bool hard)
{
	struct isock *is;

	spin_lock(&inet_lock);
	is = inet_lookup_locked(INET_UDP, src, sport, dst, dport);
	if (is && !ref_get_unless_zero(&is->sk.refs))
		is = NULL;
	spin_unlock(&inet_lock);
	if (!is)
		return;
	/* only who is connected, or asks for it, is told */
	if ((is->state == TCP_ESTABLISHED && hard) ||
	    inet_opt(is, IPPROTO_IP, IP_RECVERR) ||
	    inet_opt(is, IPPROTO_IPV6, IPV6_RECVERR)) {
		WRITE_ONCE(is->sk.err, err);
		sock_wake_all(&is->sk);
	}
	isock_put(is);
}
