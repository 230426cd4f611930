// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices eth0–eth3, the kernel's side (hostapi/netring.h).
 *
 * Frames go out in whatever context sends them: they are copied into the tx
 * ring under its lock. What comes in is taken by one kernel thread for each
 * device (knet0 …), which carries it through the stack to the sockets.
 *
 * Words: ip=ADDRESS[/BITS]:[:GATEWAY[:NETMASK]] or ip=off. Without one, eth0 of
 * a machine for one command gets what user-mode networking expects
 * (10.0.2.15/24, gateway 10.0.2.2, names at 10.0.2.3); an init of its own sets
 * its interfaces up itself, by DHCP for instance.
 */
#include <abi/netlink.h>
#include <hostapi/boot.h>
#include <hostapi/host.h>
#include <hostapi/netring.h>
#include <kernel/machine.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/wait.h>
#include "net/inet_internal.h"
#include "net/wire.h"

#define NET_TX_PATIENCE (20 * NSEC_PER_MSEC)

struct net_unit {
	struct netdev dev;
	struct net_area *area;
	spinlock_t lock; /* of the producer's side of tx: */
	u32 head;
	u32 tail; /* rx: only by its thread */
};

static struct net_unit *net_units[NET_UNITS];
static const char *net_ip_word;
static u32 net_names;

/* --- out --- */

/* Room for a record of n bytes. => where, or NULL; under the lock */
static u8 *net_tx_room(struct net_unit *u, u32 n)
{
	struct netring *r = &u->area->tx;
	u32 used = u->head - load_acquire(&r->tail);
	u32 at = u->head % NETRING_SIZE, skip = 0;
	struct netring_rec *rec;

	if (at + n > NETRING_SIZE)
		skip = NETRING_SIZE - at;
	if (used > NETRING_SIZE || used + skip + n > NETRING_SIZE)
		return NULL;
	if (skip) {
		rec = (void *)(r->data + at);
		rec->len = NETRING_SKIP;
		u->head += skip;
		at = 0;
	}
	return r->data + at;
}

static void net_tx_wait(struct netring *r)
{
	u32 seq = READ_ONCE(r->tail_seq);

	WRITE_ONCE(r->full, 1);
	smp_mb();
	host_futex_wait(&r->tail_seq, seq, time_mono_ns() + NSEC_PER_MSEC);
}

static int net_xmit(struct netdev *d, const struct pkt *p)
{
	struct net_unit *u = d->priv;
	struct netring *r = &u->area->tx;
	u32 n = ALIGN_UP(p->len + (u32)sizeof(struct netring_rec),
			 NETRING_ALIGN);
	u64 end = 0;
	u8 *to;

	if (p->len > NETRING_FRAME)
		return -EMSGSIZE;
	for (;;) {
		spin_lock(&u->lock);
		to = net_tx_room(u, n);
		if (to)
			break;
		spin_unlock(&u->lock);
		if (!end)
			end = time_mono_ns() + NET_TX_PATIENCE;
		else if (time_mono_ns() > end)
			return -ENOBUFS;
		net_tx_wait(r);
	}
	((struct netring_rec *)to)->len = p->len;
	((struct netring_rec *)to)->offload = p->gso |
					      (p->partial ? NETREC_PARTIAL : 0);
	memcpy(to + sizeof(struct netring_rec), p->data, p->len);
	u->head += n;
	store_release(&r->head, u->head);
	spin_unlock(&u->lock);
	smp_mb();
	if (READ_ONCE(r->sleeping)) {
		atomic_inc(&r->seq);
		host_futex_wake(&r->seq, 1);
	}
	return 0;
}

static const struct netdev_ops net_dev_ops = {
	.xmit = net_xmit,
};

/* --- in --- */

/* The next frame. => NULL: none */
static struct pkt *net_rx_take(struct net_unit *u)
{
	struct netring *r = &u->area->rx;
	struct netring_rec *rec;
	struct pkt *p;
	u32 head, len, at;

	for (;;) {
		head = load_acquire(&r->head);
		if (head == u->tail)
			return NULL;
		at = u->tail % NETRING_SIZE;
		rec = (void *)(r->data + at);
		len = READ_ONCE(rec->len);
		if (len == NETRING_SKIP) {
			u->tail += NETRING_SIZE - at;
			continue;
		}
		if (len > NETRING_FRAME ||
		    at + sizeof(*rec) + len > NETRING_SIZE)
			panic("%s: the monitor's ring is corrupt", u->dev.name);
		p = pkt_alloc(len);
		if (p) {
			u32 offload = READ_ONCE(rec->offload);

			memcpy(p->data, rec->data, len);
			p->partial = p->csum_ok = offload & NETREC_PARTIAL;
			p->gso = offload & NETREC_GSO_MASK;
		} else {
			u->dev.stats.rx_dropped++;
		}
		u->tail += ALIGN_UP(len + (u32)sizeof(*rec), NETRING_ALIGN);
		store_release(&r->tail, u->tail);
		if (p)
			return p;
	}
}

static void net_rx_thread(void *arg)
{
	struct net_unit *u = arg;
	struct netring *r = &u->area->rx;
	struct pkt *p;

	for (;;) {
		while ((p = net_rx_take(u))) {
			netdev_receive(&u->dev, p);
			if (READ_ONCE(r->full)) {
				WRITE_ONCE(r->full, 0);
				atomic_inc(&r->tail_seq);
				host_futex_wake(&r->tail_seq, 1);
			}
		}
		if (READ_ONCE(r->full)) {
			WRITE_ONCE(r->full, 0);
			atomic_inc(&r->tail_seq);
			host_futex_wake(&r->tail_seq, 1);
		}
		{
			u32 seq = load_acquire(&r->seq);

			atomic_xchg(&r->sleeping, 1);
			if (load_acquire(&r->head) == u->tail) {
				current->wchan = "net_rx";
				host_futex_wait(&r->seq, seq, TIME_NEVER);
				current->wchan = NULL;
			}
			atomic_xchg(&r->sleeping, 0);
		}
	}
}

/* --- setting up --- */

static const char *net_number(const char *s, u32 *v)
{
	*v = 0;
	if (*s < '0' || *s > '9')
		return NULL;
	while (*s >= '0' && *s <= '9' && *v < 1000)
		*v = *v * 10 + (u32)(*s++ - '0');
	return s;
}

/* "10.1.2.3" => where it ends, or NULL */
static const char *net_parse_v4(const char *s, u32 *out)
{
	u32 v;

	*out = 0;
	for (int i = 0; i < 4; i++) {
		s = net_number(s, &v);
		if (!s || v > 255 || (i < 3 && *s++ != '.'))
			return NULL;
		*out = *out << 8 | v;
	}
	return s;
}

static void net_set_up(struct netdev *d, u32 addr, u32 bits, u32 gw)
{
	struct net_addr a = { .valid = TIME_NEVER,
			      .preferred = TIME_NEVER,
			      .flags = IFA_F_PERMANENT };
	struct net_route r = { .proto = RTPROT_BOOT,
			       .type = RTN_UNICAST,
			       .table = RT_TABLE_MAIN,
			       .oif = d->index,
			       .expires = TIME_NEVER,
			       .has_via = true,
			       .plen = 96 };
	u32 mask = bits ? ~0u << (32 - bits) : 0;

	in6_from_v4(&a.addr, addr);
	a.peer = a.addr;
	in6_from_v4(&a.bcast, addr | ~mask);
	a.plen = 96 + (u8)bits;
	strlcpy(a.label, d->name, sizeof(a.label));
	netdev_set_flags(&net0, d, d->flags | IFF_UP);
	net_addr_add(&net0, d, &a, true, false);
	if (!gw)
		return;
	in6_from_v4(&r.dst, 0);
	in6_from_v4(&r.via, gw);
	net_route_add(&net0, &r, NLM_F_CREATE);
}

/* ip=ADDRESS[/BITS]:[SERVER]:[GATEWAY]:[NETMASK] => false: it is none */
static bool net_set_up_word(struct netdev *d, const char *s)
{
	u32 addr, server, gw = 0, mask = 0, bits = 24;

	s = net_parse_v4(s, &addr);
	if (s && *s == '/')
		s = net_number(s + 1, &bits);
	if (!s)
		return false;
	for (int field = 1; *s == ':' && field < 4; field++) {
		const char *end;
		u32 *v = field == 1 ? &server : field == 2 ? &gw : &mask;

		end = net_parse_v4(++s, v);
		if (end)
			s = end;
	}
	if (mask)
		bits = (u32)__builtin_popcount(mask);
	if (bits > 32)
		return false;
	net_set_up(d, addr, bits, gw);
	return true;
}

void net_word_ip(const char *v)
{
	net_ip_word = v;
}

static void net_configure(struct net_unit *u, u64 kind, bool job)
{
	if (net_ip_word && !strcmp(net_ip_word, "off"))
		return;
	if (net_ip_word) {
		if (!net_set_up_word(&u->dev, net_ip_word))
			printk(KERN_WARN "ip=%s: not understood\n",
			       net_ip_word);
		return;
	}
	if (kind == NET_USER && job) {
		net_set_up(&u->dev, 0x0a00020f, 24, 0x0a000202);
		net_names = 0x0a000203;
	}
}

u32 net_name_server(void)
{
	return net_names;
}

static void net_unit_start(u32 nr, bool job)
{
	struct net_unit *u = kzalloc(sizeof(*u));
	char name[IFNAMSIZ];
	struct ring_req *r;
	struct task *t;
	u64 kind;
	s64 err;

	if (!u)
		panic("net: no memory for eth%u", nr);
	u->area = kmalloc(sizeof(*u->area));
	if (!u->area)
		panic("net: no memory for the rings of eth%u", nr);
	memset(&u->area->tx, 0, offsetof(struct netring, data));
	memset(&u->area->rx, 0, offsetof(struct netring, data));
	snprintf(name, sizeof(name), "eth%u", nr);
	netdev_default_init(&u->dev, name, ARPHRD_ETHER);
	u->dev.ops = &net_dev_ops;
	u->dev.priv = u;
	r = ring_get(RING_DEV_NET, NET_ATTACH);
	r->arg[0] = nr;
	r->arg[1] = ring_arena_off(u->area);
	err = ring_call(r);
	for (int i = 0; i < ETH_ALEN; i++)
		u->dev.mac[i] = (u8)(r->ret[0] >> 8 * i);
	u->dev.mtu = (u32)r->ret[1];
	kind = r->ret[2];
	u->dev.offload = r->ret[3] & NET_OFFLOAD;
	ring_put(r);
	if (err) {
		printk(KERN_WARN "%s: error %d\n", name, (int)-err);
		return;
	}
	net_units[nr] = u;
	netdev_register(&net0, &u->dev);
	snprintf(name, sizeof(name), "knet%u", nr);
	t = kthread_start(name, net_rx_thread, u);
	if (IS_ERR(t))
		panic("net: cannot start %s", name);
	if (!nr)
		net_configure(u, kind, job);
}

void net_dev_init(const struct boot_params *bp)
{
	for (u32 i = 0; i < bp->nets && i < NET_UNITS; i++)
		net_unit_start(i, bp->flags & BOOT_HAVE_JOB);
}
