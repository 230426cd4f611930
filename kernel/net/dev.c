// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices.
 *
 * A driver fills in a struct netdev and registers it; devices stay for good.
 * What comes in is given to netdev_receive(), in the driver's own thread, and
 * goes up from there to the end: to a socket's queue, or out again.
 *
 * lo has no driver. What is sent through it waits in a list, and whoever finds
 * nobody else at it takes packets from the list and receives them, so that an
 * answer that is sent while a packet is received cannot nest.
 */
#include <abi/capability.h>
#include <kernel/atomic.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "wire.h"

struct net net0 = {
	.routes = LIST_HEAD_INIT(net0.routes),
	.neighs = LIST_HEAD_INIT(net0.neighs),
	.frags = LIST_HEAD_INIT(net0.frags),
};

static struct {
	spinlock_t lock;
	struct list_head list; /* under lock: */
	u32 n;
	bool busy;
} lo_queue = { .list = LIST_HEAD_INIT(lo_queue.list) };
static struct netdev lo_dev;

#define LO_QUEUE_MAX 1000u

static const u8 eth_broadcast[ETH_ALEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff
};

struct netdev *netdev_get(struct net *net, int index)
{
	return index < 1 || index > NET_DEVS ? NULL
					     : READ_ONCE(net->dev[index - 1]);
}

struct netdev *netdev_by_name(struct net *net, const char *name)
{
	for (int i = 0; i < NET_DEVS; i++)
		if (net->dev[i] && !strcmp(net->dev[i]->name, name))
			return net->dev[i];
	return NULL;
}

void netdev_default_init(struct netdev *d, const char *name, u16 type)
{
	memset(d, 0, sizeof(*d));
	strlcpy(d->name, name, sizeof(d->name));
	d->type = type;
	d->mtu = 1500;
	d->mtu_max = 65520;
	d->txqlen = 1000;
	d->flags = type == ARPHRD_ETHER ? IFF_BROADCAST | IFF_MULTICAST : 0;
	d->carrier = true;
}

int netdev_register(struct net *net, struct netdev *d)
{
	int err = -ENFILE;

	spin_lock(&net->lock);
	for (int i = 0; i < NET_DEVS; i++) {
		if (net->dev[i])
			continue;
		d->index = i + 1;
		store_release(&net->dev[i], d);
		err = 0;
		break;
	}
	spin_unlock(&net->lock);
	return err;
}

int netdev_set_flags(struct net *net, struct netdev *d, u32 flags)
{
	u32 can = IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_DEBUG | IFF_NOARP |
		  IFF_DYNAMIC | IFF_NOTRAILERS;
	u32 old;

	spin_lock(&net->lock);
	old = d->flags;
	d->flags = (old & ~can) | (flags & can);
	spin_unlock(&net->lock);
	if ((old & IFF_UP) && !(flags & IFF_UP)) {
		neigh_flush(net, d);
		net_dev_routes(net, d, false);
		for (;;) { /* IPv6 addresses go, IPv4 ones stay */
			struct net_addr a;

			if (d->index == NET_LO ||
			    !net_addr_first(net, d, false, &a))
				break;
			net_addr_del(net, d, &a.addr, a.plen);
		}
	}
	if (!(old & IFF_UP) && (flags & IFF_UP))
		net_dev_routes(net, d, true);
	if (!(old & IFF_UP) && (flags & IFF_UP) && d->type == ARPHRD_ETHER)
		icmp6_up(net, d);
	if (old != d->flags)
		rtnl_notify_link(d);
	return 0;
}

int netdev_set_mtu(struct net *net, struct netdev *d, u32 mtu)
{
	if (mtu < 68 || mtu > d->mtu_max)
		return -EINVAL;
	WRITE_ONCE(d->mtu, mtu);
	rtnl_notify_link(d);
	return 0;
}

/* --- sending --- */

static void lo_drain(void)
{
	struct pkt *p;

	spin_lock(&lo_queue.lock);
	if (lo_queue.busy) {
		spin_unlock(&lo_queue.lock);
		return;
	}
	lo_queue.busy = true;
	while (!list_empty(&lo_queue.list)) {
		p = list_first(&lo_queue.list, struct pkt, node);
		list_del(&p->node);
		lo_queue.n--;
		spin_unlock(&lo_queue.lock);
		netdev_receive(&lo_dev, p);
		spin_lock(&lo_queue.lock);
	}
	lo_queue.busy = false;
	spin_unlock(&lo_queue.lock);
}

/* p is taken over: it comes back as received. */
static int lo_send(struct netdev *d, struct pkt *p)
{
	bool full;

	pkt_push(p, ETH_HLEN);
	memset(p->data, 0, ETH_HLEN);
	put16(p->data + 12, p->proto);
	p->mac = p->data;
	d->stats.tx_packets++;
	d->stats.tx_bytes += p->len;
	if (unlikely(READ_ONCE(packet_taps)))
		packet_tap(d, p, true);
	p->csum_ok = true;
	spin_lock(&lo_queue.lock);
	full = lo_queue.n >= LO_QUEUE_MAX;
	if (!full) {
		list_add_tail(&p->node, &lo_queue.list);
		lo_queue.n++;
	}
	spin_unlock(&lo_queue.lock);
	if (full)
		pkt_free(p);
	lo_drain();
	return full ? -ENOBUFS : 0;
}

int netdev_send(struct netdev *d, struct pkt *p)
{
	int err = -ENETDOWN;

	if (d->flags & IFF_UP) {
		if (d->type == ARPHRD_LOOPBACK)
			return lo_send(d, p);
		p->mac = p->data;
		if (unlikely(READ_ONCE(packet_taps)))
			packet_tap(d, p, true);
		err = d->ops->xmit(d, p);
	}
	if (err) {
		d->stats.tx_dropped++;
	} else {
		d->stats.tx_packets++;
		d->stats.tx_bytes += p->len;
	}
	pkt_free(p);
	return err;
}

int netdev_send_to(struct netdev *d, struct pkt *p, const u8 *mac)
{
	u8 *eth;

	if (d->type == ARPHRD_LOOPBACK)
		return netdev_send(d, p);
	eth = pkt_push(p, ETH_HLEN);
	memcpy(eth, mac, ETH_ALEN);
	memcpy(eth + ETH_ALEN, d->mac, ETH_ALEN);
	put16(eth + 12, p->proto);
	return netdev_send(d, p);
}

/* --- receiving --- */

static u8 eth_type(struct netdev *d, const u8 *mac)
{
	if (!memcmp(mac, d->mac, ETH_ALEN))
		return PKT_HOST;
	if (!memcmp(mac, eth_broadcast, ETH_ALEN))
		return PKT_BROADCAST;
	return mac[0] & 1 ? PKT_MULTICAST : PKT_OTHERHOST;
}

void netdev_receive(struct netdev *d, struct pkt *p)
{
	if (p->len < ETH_HLEN || !(d->flags & IFF_UP)) {
		d->stats.rx_dropped++;
		pkt_free(p);
		return;
	}
	p->dev = d;
	p->mac = p->data;
	p->proto = get16(p->data + 12);
	p->type = d->type == ARPHRD_LOOPBACK ? PKT_HOST : eth_type(d, p->data);
	p->stamp = time_real_ns();
	d->stats.rx_packets++;
	d->stats.rx_bytes += p->len;
	if (p->type == PKT_MULTICAST)
		d->stats.multicast++;
	pkt_pull(p, ETH_HLEN);
	p->net = p->data;
	if (unlikely(READ_ONCE(packet_taps)))
		packet_tap(d, p, false);
	if (p->type == PKT_OTHERHOST)
		pkt_free(p);
	else if (p->proto == ETH_P_IP)
		ip4_input(&net0, p);
	else if (p->proto == ETH_P_IPV6)
		ip6_input(&net0, p);
	else if (p->proto == ETH_P_ARP)
		arp_input(&net0, p);
	else
		pkt_free(p);
}

/* --- once a second --- */

static void net_tick(struct timer *t)
{
	struct net *net = container_of(t, struct net, tick);
	bool more;

	more = neigh_tick(net);
	more |= frag_tick(net);
	more |= icmp6_tick(net);
	spin_lock(&net->lock);
	net->ticking = more;
	if (more)
		timer_arm(&net->tick, time_mono_ns() + NSEC_PER_SEC);
	spin_unlock(&net->lock);
}

void net_tick_start(struct net *net)
{
	spin_lock(&net->lock);
	if (!net->ticking) {
		net->ticking = true;
		timer_arm(&net->tick, time_mono_ns() + NSEC_PER_SEC);
	}
	spin_unlock(&net->lock);
}

void wire_init(void)
{
	struct net_addr a = { .plen = 104,
			      .scope = 254,
			      .flags = 0x80,
			      .valid = TIME_NEVER,
			      .preferred = TIME_NEVER,
			      .label = "lo" };

	timer_init(&net0.tick, net_tick);
	netdev_default_init(&lo_dev, "lo", ARPHRD_LOOPBACK);
	lo_dev.flags = IFF_LOOPBACK | IFF_UP;
	lo_dev.mtu = lo_dev.mtu_max = NET_LO_MTU;
	netdev_register(&net0, &lo_dev);
	in6_from_v4(&a.addr, INADDR_LOOPBACK);
	a.peer = a.addr;
	net_addr_add(&net0, &lo_dev, &a, false, true);
	a.addr = a.peer = in6_loopback;
	a.plen = 128;
	a.label[0] = 0;
	net_addr_add(&net0, &lo_dev, &a, false, true);
	raw_init();
	net_proc_init();
	packet_init();
}
