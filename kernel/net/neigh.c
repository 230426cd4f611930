// SPDX-License-Identifier: GPL-2.0
/*
 * Neighbours: which Ethernet address belongs to which Internet address. ARP
 * (RFC 826) is here, the messages of IPv6 are in icmp6.c; both share the table.
 *
 * An entry's life: INCOMPLETE while it is asked for, packets waiting in its
 * queue; REACHABLE once somebody has answered; STALE when that is half a minute
 * old; the next packet sent to a stale one makes it DELAY, and when nothing is
 * heard PROBE (asked directly), then FAILED. PERMANENT ones are the user's.
 *
 * Packets are never sent under net->lock: what is to be sent is taken out first.
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "wire.h"

#define NEIGH_MAX	1024u
#define NEIGH_QUEUE	64u
#define NEIGH_REACHABLE (30 * NSEC_PER_SEC)
#define NEIGH_DELAY	(5 * NSEC_PER_SEC)
#define NEIGH_PROBES	3
#define NEIGH_GC	(120 * NSEC_PER_SEC)
#define NUD_VALID                                                        \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_NOARP | \
	 NUD_PERMANENT)

#define ARP_LEN	    28u
#define ARP_REQUEST 1
#define ARP_REPLY   2

static const u8 mac_broadcast[ETH_ALEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff
};

static struct neigh *neigh_find_locked(struct net *net, struct netdev *d,
				       const struct in6_addr *addr)
{
	struct neigh *n;

	list_for_each_entry (n, &net->neighs, node)
		if (n->dev == d && in6_equal(&n->addr, addr))
			return n;
	return NULL;
}

static struct neigh *neigh_new_locked(struct net *net, struct netdev *d,
				      const struct in6_addr *addr)
{
	struct neigh *n;

	if (net->nneighs >= NEIGH_MAX)
		return NULL;
	n = kzalloc(sizeof(*n));
	if (!n)
		return NULL;
	n->addr = *addr;
	n->dev = d;
	n->when = time_mono_ns();
	list_init(&n->queue);
	list_add_tail(&n->node, &net->neighs);
	net->nneighs++;
	return n;
}

static void neigh_set_state(struct neigh *n, u8 state)
{
	n->state = state;
	n->when = time_mono_ns();
	n->probes = 0;
}

static void neigh_take_queue(struct neigh *n, struct list_head *out)
{
	struct pkt *p, *next;

	list_for_each_entry_safe (p, next, &n->queue, node) {
		list_del(&p->node);
		list_add_tail(&p->node, out);
	}
	n->nqueued = 0;
}

static void neigh_send_list(struct netdev *d, struct list_head *l,
			    const u8 *mac)
{
	struct pkt *p, *next;

	list_for_each_entry_safe (p, next, l, node) {
		list_del(&p->node);
		netdev_send_to(d, p, mac);
	}
}

static void neigh_fail_list(struct net *net, struct list_head *l)
{
	struct pkt *p, *next;

	list_for_each_entry_safe (p, next, l, node) {
		list_del(&p->node);
		net_unreachable(net, p, EHOSTUNREACH);
		pkt_free(p);
	}
}

/* --- ARP messages --- */

static void arp_send(struct netdev *d, int op, const u8 *to_mac, u32 from,
		     const u8 *target_mac, u32 target)
{
	struct pkt *p = pkt_alloc(ARP_LEN);
	u8 *a;

	if (!p)
		return;
	a = p->data;
	put16(a, ARPHRD_ETHER);
	put16(a + 2, ETH_P_IP);
	a[4] = ETH_ALEN;
	a[5] = 4;
	put16(a + 6, op);
	memcpy(a + 8, d->mac, ETH_ALEN);
	put32(a + 14, from);
	if (target_mac)
		memcpy(a + 18, target_mac, ETH_ALEN);
	else
		memset(a + 18, 0, ETH_ALEN);
	put32(a + 24, target);
	p->proto = ETH_P_ARP;
	netdev_send_to(d, p, to_mac);
}

void arp_announce(struct net *net, struct netdev *d, const struct in6_addr *a)
{
	if (in6_is_any(a) || (d->flags & IFF_NOARP))
		return;
	arp_send(d, ARP_REQUEST, mac_broadcast, in6_v4(a), NULL, in6_v4(a));
}

void arp_input(struct net *net, struct pkt *p)
{
	struct in6_addr from, target;
	const u8 *a = p->data;
	struct netdev *d = p->dev;
	bool ours;
	int op;

	if (p->len < ARP_LEN || get16(a) != ARPHRD_ETHER ||
	    get16(a + 2) != ETH_P_IP || a[4] != ETH_ALEN || a[5] != 4 ||
	    (a[8] & 1) || d->type != ARPHRD_ETHER)
		goto out;
	op = get16(a + 6);
	in6_from_v4(&from, get32(a + 14));
	in6_from_v4(&target, get32(a + 24));
	ours = net_dev_of(net, &target) == d;
	if (!in6_is_any(&from) && !in6_is_multicast(&from))
		neigh_learn(net, d, &from, a + 8, ours,
			    op == ARP_REPLY && ours);
	if (op == ARP_REQUEST && ours && !net_is_local(net, &from))
		arp_send(d, ARP_REPLY, a + 8, in6_v4(&target), a + 8,
			 in6_v4(&from));
	/* somebody asks whether the address is free */
	else if (op == ARP_REQUEST && ours && in6_is_any(&from))
		arp_send(d, ARP_REPLY, a + 8, in6_v4(&target), a + 8, 0);
out:
	pkt_free(p);
}

/* Ask for an address: everybody, or with `mac` its last known owner. */
static void neigh_solicit(struct net *net, struct netdev *d,
			  const struct in6_addr *addr, const u8 *mac,
			  const struct in6_addr *hint)
{
	struct net_addr own;
	u32 from = 0;

	if (!in6_is_v4(addr)) {
		nd_solicit(net, d, addr, mac, hint);
		return;
	}
	if (hint && in6_is_v4(hint) && net_is_local(net, hint))
		from = in6_v4(hint);
	else if (net_addr_first(net, d, true, &own))
		from = in6_v4(&own.addr);
	arp_send(d, ARP_REQUEST, mac ? mac : mac_broadcast, from, NULL,
		 in6_v4(addr));
}

/* --- sending to them --- */

/* Addresses that name a group on the link. */
static bool neigh_group_mac(struct netdev *d, const struct in6_addr *a, u8 *mac)
{
	if (in6_is_v4(a) && in6_is_multicast(a)) {
		u32 v = in6_v4(a);

		memcpy(mac, "\x01\x00\x5e", 3);
		mac[3] = v >> 16 & 0x7f;
		mac[4] = (u8)(v >> 8);
		mac[5] = (u8)v;
		return true;
	}
	if (!in6_is_v4(a) && in6_is_multicast(a)) {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, a->s6_addr + 12, 4);
		return true;
	}
	memcpy(mac, mac_broadcast, ETH_ALEN);
	return net_is_broadcast(&net0, d, a);
}

int neigh_output(struct net *net, struct netdev *d, const struct in6_addr *next,
		 struct pkt *p)
{
	struct pkt *drop = NULL;
	struct in6_addr hint = p->src;
	struct neigh *n;
	u8 mac[ETH_ALEN];
	bool ask = false;

	if (d->type != ARPHRD_ETHER)
		return netdev_send_to(d, p, mac_broadcast);
	if (neigh_group_mac(d, next, mac))
		return netdev_send_to(d, p, mac);
	spin_lock(&net->lock);
	n = neigh_find_locked(net, d, next);
	if (!n) {
		n = neigh_new_locked(net, d, next);
		if (!n) {
			spin_unlock(&net->lock);
			pkt_free(p);
			return -ENOBUFS;
		}
		ask = true;
	}
	if (n->state & NUD_VALID) {
		memcpy(mac, n->mac, ETH_ALEN);
		if (n->state == NUD_STALE)
			neigh_set_state(n, NUD_DELAY);
		spin_unlock(&net->lock);
		return netdev_send_to(d, p, mac);
	}
	if (n->state != NUD_INCOMPLETE) {
		neigh_set_state(n, NUD_INCOMPLETE);
		ask = true;
	}
	if (n->nqueued >= NEIGH_QUEUE) {
		drop = list_first(&n->queue, struct pkt, node);
		list_del(&drop->node);
		n->nqueued--;
	}
	list_add_tail(&p->node, &n->queue);
	n->nqueued++;
	spin_unlock(&net->lock);
	if (drop)
		pkt_free(drop);
	if (ask)
		neigh_solicit(net, d, next, NULL, &hint);
	net_tick_start(net);
	return 0;
}

void neigh_learn(struct net *net, struct netdev *d, const struct in6_addr *addr,
		 const u8 *mac, bool create, bool solicited)
{
	struct list_head out;
	struct neigh *n;
	u8 to[ETH_ALEN];

	list_init(&out);
	spin_lock(&net->lock);
	n = neigh_find_locked(net, d, addr);
	if (!n && create)
		n = neigh_new_locked(net, d, addr);
	if (n && n->state != NUD_PERMANENT) {
		bool moved = memcmp(n->mac, mac, ETH_ALEN);

		memcpy(n->mac, mac, ETH_ALEN);
		if (solicited || n->state == NUD_INCOMPLETE)
			neigh_set_state(n, NUD_REACHABLE);
		else if (moved || !(n->state & NUD_VALID))
			neigh_set_state(n, NUD_STALE);
		neigh_take_queue(n, &out);
	}
	memcpy(to, mac, ETH_ALEN);
	spin_unlock(&net->lock);
	neigh_send_list(d, &out, to);
	net_tick_start(net);
}

int neigh_set(struct net *net, struct netdev *d, const struct in6_addr *addr,
	      const u8 *mac, u8 state)
{
	struct list_head out;
	struct neigh *n;

	list_init(&out);
	spin_lock(&net->lock);
	n = neigh_find_locked(net, d, addr);
	if (!n)
		n = neigh_new_locked(net, d, addr);
	if (n) {
		memcpy(n->mac, mac, ETH_ALEN);
		neigh_set_state(n, state);
		if (state & NUD_VALID)
			neigh_take_queue(n, &out);
	}
	spin_unlock(&net->lock);
	neigh_send_list(d, &out, mac);
	net_tick_start(net);
	return n ? 0 : -ENOMEM;
}

static void neigh_remove_locked(struct net *net, struct neigh *n,
				struct list_head *failed)
{
	neigh_take_queue(n, failed);
	list_del(&n->node);
	net->nneighs--;
	kfree(n);
}

int neigh_del(struct net *net, struct netdev *d, const struct in6_addr *addr)
{
	struct list_head failed;
	struct neigh *n;

	list_init(&failed);
	spin_lock(&net->lock);
	n = neigh_find_locked(net, d, addr);
	if (n)
		neigh_remove_locked(net, n, &failed);
	spin_unlock(&net->lock);
	neigh_fail_list(net, &failed);
	return n ? 0 : -ENOENT;
}

void neigh_flush(struct net *net, struct netdev *d)
{
	struct list_head failed;
	struct neigh *n, *next;

	list_init(&failed);
	spin_lock(&net->lock);
	list_for_each_entry_safe (n, next, &net->neighs, node)
		if (n->dev == d)
			neigh_remove_locked(net, n, &failed);
	spin_unlock(&net->lock);
	neigh_fail_list(net, &failed);
}

/* --- time passes --- */

/* What an entry of this age does. => true: ask again */
static bool neigh_age(struct net *net, struct neigh *n, u64 now,
		      struct list_head *failed)
{
	u64 age = now - n->when;

	switch (n->state) {
	case NUD_REACHABLE:
		if (age > NEIGH_REACHABLE)
			neigh_set_state(n, NUD_STALE);
		return false;
	case NUD_DELAY:
		if (age > NEIGH_DELAY) {
			neigh_set_state(n, NUD_PROBE);
			n->probes = 1;
			return true;
		}
		return false;
	case NUD_INCOMPLETE:
	case NUD_PROBE:
		if (++n->probes <= NEIGH_PROBES)
			return true;
		neigh_take_queue(n, failed);
		neigh_set_state(n, NUD_FAILED);
		return false;
	case NUD_STALE:
	case NUD_FAILED:
		if (age > NEIGH_GC)
			neigh_remove_locked(net, n, failed);
		return false;
	default:
		return false;
	}
}

#define NEIGH_ASK 8

bool neigh_tick(struct net *net)
{
	struct {
		struct netdev *d;
		struct in6_addr addr;
		u8 mac[ETH_ALEN];
		bool uni;
	} ask[NEIGH_ASK];
	struct list_head failed;
	struct neigh *n, *next;
	u64 now = time_mono_ns();
	u32 nask = 0;
	bool more = false;

	list_init(&failed);
	spin_lock(&net->lock);
	list_for_each_entry_safe (n, next, &net->neighs, node) {
		more |= n->state != NUD_PERMANENT;
		if (nask == NEIGH_ASK || !neigh_age(net, n, now, &failed))
			continue;
		ask[nask].d = n->dev;
		ask[nask].addr = n->addr;
		ask[nask].uni = n->state == NUD_PROBE;
		memcpy(ask[nask++].mac, n->mac, ETH_ALEN);
	}
	spin_unlock(&net->lock);
	for (u32 i = 0; i < nask; i++)
		neigh_solicit(net, ask[i].d, &ask[i].addr,
			      ask[i].uni ? ask[i].mac : NULL, NULL);
	neigh_fail_list(net, &failed);
	return more;
}
