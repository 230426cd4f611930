// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/class/net: a folder for each interface. A node's `sub` is its index.
 * (On Linux these are links to /sys/devices, which has no devices here.)
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/seqtree.h"
#include "inet_internal.h"
#include "wire.h"

enum {
	SHOW_ADDRESS,
	SHOW_BROADCAST,
	SHOW_CARRIER,
	SHOW_FLAGS,
	SHOW_INDEX,
	SHOW_MTU,
	SHOW_OPERSTATE,
	SHOW_QUEUE,
	SHOW_TYPE,
	SHOW_UEVENT,
	SHOW_ZERO,
	SHOW_ADDR_LEN
};

static struct netdev *sys_dev(const struct seqtree_node *n)
{
	return netdev_get(&net0, (int)n->sub);
}

static void sys_mac(struct seqbuf *s, const u8 *m)
{
	seq_printf(s, "%02x:%02x:%02x:%02x:%02x:%02x\n", m[0], m[1], m[2], m[3],
		   m[4], m[5]);
}

static int sys_net_show(struct seqbuf *s, const struct seqtree_node *n)
{
	struct netdev *d = sys_dev(n);
	bool lo, up;
	u8 bcast[6];

	if (!d)
		return -ENOENT;
	lo = d->type == ARPHRD_LOOPBACK;
	up = d->flags & IFF_UP;
	memset(bcast, lo ? 0 : 0xff, sizeof(bcast));
	switch (n->e->arg) {
	case SHOW_ADDRESS:
		sys_mac(s, d->mac);
		return 0;
	case SHOW_BROADCAST:
		sys_mac(s, bcast);
		return 0;
	case SHOW_CARRIER:
		if (!up)
			return -EINVAL;
		seq_printf(s, "%d\n", d->carrier);
		return 0;
	case SHOW_FLAGS:
		seq_printf(s, "0x%x\n", d->flags);
		return 0;
	case SHOW_INDEX:
		seq_printf(s, "%d\n", d->index);
		return 0;
	case SHOW_MTU:
		seq_printf(s, "%u\n", d->mtu);
		return 0;
	case SHOW_OPERSTATE:
		seq_printf(s, "%s\n", lo ? "unknown" : up ? "up" : "down");
		return 0;
	case SHOW_QUEUE:
		seq_printf(s, "%u\n", d->txqlen);
		return 0;
	case SHOW_TYPE:
		seq_printf(s, "%u\n", d->type);
		return 0;
	case SHOW_UEVENT:
		seq_printf(s, "INTERFACE=%s\nIFINDEX=%d\n", d->name, d->index);
		return 0;
	case SHOW_ADDR_LEN:
		seq_puts(s, "6\n");
		return 0;
	default:
		seq_puts(s, "0\n");
		return 0;
	}
}

static int sys_stat_show(struct seqbuf *s, const struct seqtree_node *n)
{
	struct netdev *d = sys_dev(n);

	if (!d)
		return -ENOENT;
	seq_printf(s, "%llu\n",
		   (unsigned long long)*(u64 *)((char *)&d->stats + n->e->arg));
	return 0;
}

static int sys_zero_show(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_puts(s, "0\n");
	return 0;
}

#define SHOW(n, what)                                                    \
	{                                                                \
		.name = n, .mode = S_IFREG | 0444, .show = sys_net_show, \
		.arg = what                                              \
	}
#define STAT(n, field)                                                    \
	{                                                                 \
		.name = n, .mode = S_IFREG | 0444, .show = sys_stat_show, \
		.arg = offsetof(struct net_stats, field)                  \
	}
#define ZERO(n)                                                          \
	{                                                                \
		.name = n, .mode = S_IFREG | 0444, .show = sys_zero_show \
	}

static const struct seqtree_entry sys_net_statistics[] = {
	ZERO("collisions"),
	STAT("multicast", multicast),
	STAT("rx_bytes", rx_bytes),
	STAT("rx_dropped", rx_dropped),
	STAT("rx_errors", rx_errors),
	STAT("rx_packets", rx_packets),
	STAT("tx_bytes", tx_bytes),
	STAT("tx_dropped", tx_dropped),
	STAT("tx_errors", tx_errors),
	STAT("tx_packets", tx_packets),
	{ .name = NULL },
};

static const struct seqtree_entry sys_net_files[] = {
	SHOW("addr_assign_type", SHOW_ZERO),
	SHOW("addr_len", SHOW_ADDR_LEN),
	SHOW("address", SHOW_ADDRESS),
	SHOW("broadcast", SHOW_BROADCAST),
	SHOW("carrier", SHOW_CARRIER),
	SHOW("dev_id", SHOW_ZERO),
	SHOW("flags", SHOW_FLAGS),
	SHOW("ifindex", SHOW_INDEX),
	SHOW("iflink", SHOW_INDEX),
	SHOW("link_mode", SHOW_ZERO),
	SHOW("mtu", SHOW_MTU),
	SHOW("operstate", SHOW_OPERSTATE),
	{ .name = "statistics",
	  .mode = S_IFDIR | 0755,
	  .children = sys_net_statistics },
	SHOW("tx_queue_len", SHOW_QUEUE),
	SHOW("type", SHOW_TYPE),
	SHOW("uevent", SHOW_UEVENT),
	{ .name = NULL },
};

static const struct seqtree_entry sys_net_dev = {
	.name = "net",
	.mode = S_IFDIR | 0755,
	.children = sys_net_files,
};

static int sys_net_lookup(const struct seqtree_node *dir, const char *name,
			  u32 len, struct seqtree_node *out)
{
	for (int i = 1; i <= NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i);

		if (!d || strlen(d->name) != len || memcmp(d->name, name, len))
			continue;
		memset(out, 0, sizeof(*out));
		out->e = &sys_net_dev;
		out->sub = (u32)i;
		return 0;
	}
	return -ENOENT;
}

static int sys_net_iterate(const struct seqtree_node *dir,
			   struct dir_context *ctx)
{
	for (int i = (int)(ctx->pos - SEQTREE_DYN); i < NET_DEVS; i++) {
		struct netdev *d = netdev_get(&net0, i + 1);
		struct seqtree_node n = { .e = &sys_net_dev,
					  .sub = (u32)i + 1 };

		if (d && !seqtree_emit(ctx, d->name, &n, (u64)i))
			break;
	}
	return 0;
}

const struct seqtree_dir net_sysfs_dir = {
	.lookup = sys_net_lookup,
	.iterate = sys_net_iterate,
};
