// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net of devices, addresses, routes and neighbours: proc(5). Tables are
 * walked under net->lock, the buffer may grow under it.
 */
#include <kernel/printk.h>
#include <kernel/seqbuf.h>
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include "inet_internal.h"
#include "wire.h"

#define RTF_UP	    1u
#define RTF_GATEWAY 2u
#define RTF_HOST    4u
#define RTF_REJECT  0x200u

static void proc_dev(struct seqbuf *s)
{
	seq_puts(s, "Inter-|   Receive                                       "
		    "         |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame compressed "
		    "multicast|bytes    packets errs drop fifo colls carrier "
		    "compressed\n");
	for (int i = 1; i <= NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i);
		const struct net_stats *st;

		if (!d)
			continue;
		st = &d->stats;
		seq_printf(s,
			   "%6s: %7llu %7llu %4llu %4llu %4u %5u %10u %9llu "
			   "%8llu %7llu %4llu %4llu %4u %5u %7u %10u\n",
			   d->name, (unsigned long long)st->rx_bytes,
			   (unsigned long long)st->rx_packets,
			   (unsigned long long)st->rx_errors,
			   (unsigned long long)st->rx_dropped, 0u, 0u, 0u,
			   (unsigned long long)st->multicast,
			   (unsigned long long)st->tx_bytes,
			   (unsigned long long)st->tx_packets,
			   (unsigned long long)st->tx_errors,
			   (unsigned long long)st->tx_dropped, 0u, 0u, 0u, 0u);
	}
}

static void proc_hex16(struct seqbuf *s, const struct in6_addr *a)
{
	for (int i = 0; i < 16; i++)
		seq_printf(s, "%02x", a->s6_addr[i]);
}

static void proc_if_inet6(struct seqbuf *s)
{
	spin_lock(&net0.lock);
	for (int i = 1; i <= NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i);

		for (u32 k = 0; d && k < d->naddr; k++) {
			const struct net_addr *a = &d->addr[k];
			u32 scope = a->scope == 254   ? 0x10
				    : a->scope == 253 ? 0x20
						      : 0;

			if (in6_is_v4(&a->addr))
				continue;
			proc_hex16(s, &a->addr);
			seq_printf(s, " %02x %02x %02x %02x %8s\n", d->index,
				   a->plen, scope,
				   a->valid == TIME_NEVER ? 0x80 : 0, d->name);
		}
	}
	spin_unlock(&net0.lock);
}

static u32 proc_route_flags(const struct net_route *r)
{
	u32 f = RTF_UP;

	if (r->has_via)
		f |= RTF_GATEWAY;
	if (r->plen == 128)
		f |= RTF_HOST;
	if (r->type == 7)
		f |= RTF_REJECT;
	return f;
}

static u32 proc_v4(const struct in6_addr *a)
{
	return __builtin_bswap32(in6_v4(a));
}

static void proc_route(struct seqbuf *s)
{
	struct net_route *r;
	struct in6_addr mask;
	struct netdev *d;
	size_t from = s->len;

	seq_puts(s, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\t"
		    "Mask\t\tMTU\tWindow\tIRTT");
	seq_pad(s, from, 127);
	seq_putc(s, '\n');
	spin_lock(&net0.lock);
	list_for_each_entry (r, &net0.routes, node) {
		if (!in6_is_v4(&r->dst) || r->table == 255)
			continue;
		d = netdev_get(&net0, r->oif);
		memset(&mask, 0xff, sizeof(mask));
		in6_mask(&mask, r->plen);
		from = s->len;
		seq_printf(
			s, "%s\t%08X\t%08X\t%04X\t%d\t%u\t%u\t%08X\t%u\t%u\t%u",
			d ? d->name : "*", proc_v4(&r->dst),
			r->has_via ? proc_v4(&r->via) : 0, proc_route_flags(r),
			0, 0u, r->metric, proc_v4(&mask), r->mtu, 0u, 0u);
		seq_pad(s, from, 127);
		seq_putc(s, '\n');
	}
	spin_unlock(&net0.lock);
}

static void proc_route6(struct seqbuf *s, const struct in6_addr *dst, u8 plen,
			const struct in6_addr *via, u32 metric, u32 flags,
			const char *dev)
{
	proc_hex16(s, dst);
	seq_printf(s, " %02x ", plen);
	proc_hex16(s, &in6_any);
	seq_puts(s, " 00 ");
	proc_hex16(s, via);
	seq_printf(s, " %08x %08x %08x %08x %8s\n", metric, 1u, 0u, flags, dev);
}

static void proc_ipv6_route(struct seqbuf *s)
{
	struct net_route *r;
	struct netdev *d;

	proc_route6(s, &in6_loopback, 128, &in6_any, 256, 1, "lo");
	spin_lock(&net0.lock);
	list_for_each_entry (r, &net0.routes, node) {
		if (in6_is_v4(&r->dst))
			continue;
		d = netdev_get(&net0, r->oif);
		proc_route6(s, &r->dst, r->plen,
			    r->has_via ? &r->via : &in6_any, r->metric,
			    proc_route_flags(r), d ? d->name : "lo");
	}
	for (int i = 1; i <= NET_DEVS; i++) {
		d = netdev_get(&net0, i);
		for (u32 k = 0; d && k < d->naddr; k++)
			if (!in6_is_v4(&d->addr[k].addr))
				proc_route6(s, &d->addr[k].addr, 128, &in6_any,
					    0, 0x80200001, d->name);
	}
	spin_unlock(&net0.lock);
	proc_route6(s, &in6_any, 0, &in6_any, ~0u, 0x00200200, "lo");
}

static void proc_arp(struct seqbuf *s)
{
	struct neigh *n;
	char ip[20];

	seq_puts(s, "IP address       HW type     Flags       HW address"
		    "            Mask     Device\n");
	spin_lock(&net0.lock);
	list_for_each_entry (n, &net0.neighs, node) {
		u32 a = in6_v4(&n->addr);

		if (!in6_is_v4(&n->addr))
			continue;
		snprintf(ip, sizeof(ip), "%u.%u.%u.%u", a >> 24, a >> 16 & 255,
			 a >> 8 & 255, a & 255);
		seq_printf(s,
			   "%-16s 0x%-10x0x%-10x"
			   "%02x:%02x:%02x:%02x:%02x:%02x     *        %s\n",
			   ip, 1u,
			   n->state == NUD_PERMANENT		      ? 6u
			   : n->state & (NUD_INCOMPLETE | NUD_FAILED) ? 0u
								      : 2u,
			   n->mac[0], n->mac[1], n->mac[2], n->mac[3],
			   n->mac[4], n->mac[5], n->dev->name);
	}
	spin_unlock(&net0.lock);
}

static void proc_snmp(struct seqbuf *s)
{
	const struct net *n = &net0;

	seq_puts(s, "Ip: Forwarding DefaultTTL InReceives InHdrErrors "
		    "InAddrErrors ForwDatagrams InUnknownProtos InDiscards "
		    "InDelivers OutRequests OutDiscards OutNoRoutes "
		    "ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs "
		    "FragFails FragCreates OutTransmits\n");
	seq_printf(
		s,
		"Ip: %u %u %llu 0 0 0 0 0 %llu %llu 0 0 0 0 0 0 0 0 0 %llu\n",
		sysctl_get(SYSCTL_IP_FORWARD) ? 1u : 2u,
		(u32)sysctl_get(SYSCTL_IP_TTL), (unsigned long long)n->ip_in,
		(unsigned long long)n->ip_in, (unsigned long long)n->ip_out,
		(unsigned long long)n->ip_out);
	seq_puts(s, "Icmp: InMsgs InErrors InCsumErrors OutMsgs OutErrors\n");
	seq_printf(s, "Icmp: %llu 0 0 %llu 0\n", (unsigned long long)n->icmp_in,
		   (unsigned long long)n->icmp_out);
	seq_puts(s, "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens "
		    "PassiveOpens AttemptFails EstabResets CurrEstab InSegs "
		    "OutSegs RetransSegs InErrs OutRsts InCsumErrors\n");
	seq_printf(
		s, "Tcp: 1 200 120000 -1 0 0 0 0 0 %llu %llu %llu 0 %llu 0\n",
		(unsigned long long)n->tcp_in, (unsigned long long)n->tcp_out,
		(unsigned long long)n->tcp_retrans,
		(unsigned long long)n->tcp_rst);
	seq_puts(s, "Udp: InDatagrams NoPorts InErrors OutDatagrams "
		    "RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti "
		    "MemErrors\n");
	seq_printf(s, "Udp: %llu %llu 0 %llu 0 0 0 0 0\n",
		   (unsigned long long)n->udp_in,
		   (unsigned long long)n->udp_noport,
		   (unsigned long long)n->udp_out);
}

void net_proc_init(void)
{
	proc_register("net/dev", proc_dev);
	proc_register("net/if_inet6", proc_if_inet6);
	proc_register("net/route", proc_route);
	proc_register("net/ipv6_route", proc_ipv6_route);
	proc_register("net/arp", proc_arp);
	proc_register("net/snmp", proc_snmp);
}
