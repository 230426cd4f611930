// SPDX-License-Identifier: GPL-2.0
/*
 * Block devices in sysfs: /sys/devices/virtual/block/ubda, with its partitions
 * below it, and links to them in /sys/block, /sys/class/block and
 * /sys/dev/block. A node's `sub` is the device's sequence number.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/seqtree.h"
#include "internal.h"

enum {
	SHOW_DEV,
	SHOW_SIZE,
	SHOW_RO,
	SHOW_STAT,
	SHOW_UEVENT,
	SHOW_PARTITION,
	SHOW_START,
	SHOW_RANGE,
	SHOW_DISKSEQ,
	SHOW_INFLIGHT,
	SHOW_LBS,
	SHOW_PBS,
	SHOW_DISCARD,
	SHOW_MAX_KB,
	SHOW_FUA,
	SHOW_SERIAL
};

static struct bdev *sys_find_locked(u32 seq)
{
	struct bdev *b;

	list_for_each_entry (b, &bdev_list, node)
		if ((u32)b->seq == seq)
			return b;
	return NULL;
}

static void sys_uevent(struct seqbuf *s, const struct bdev *b)
{
	seq_printf(s,
		   "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=%s\nDISKSEQ=%llu\n",
		   MAJOR(b->rdev), MINOR(b->rdev), b->name,
		   b->part ? "partition" : "disk",
		   (unsigned long long)b->whole->seq);
	if (b->part)
		seq_printf(s, "PARTN=%u\n", b->part);
	if (b->label[0])
		seq_printf(s, "PARTNAME=%s\n", b->label);
}

static void sys_show(struct seqbuf *s, const struct bdev *b, u64 what)
{
	unsigned long long v = 0;

	switch (what) {
	case SHOW_DEV:
		seq_printf(s, "%u:%u\n", MAJOR(b->rdev), MINOR(b->rdev));
		return;
	case SHOW_STAT:
		block_show_stat(s, b);
		return;
	case SHOW_UEVENT:
		sys_uevent(s, b);
		return;
	case SHOW_INFLIGHT:
		seq_printf(s, "%8u %8llu\n", 0,
			   (unsigned long long)b->in_flight);
		return;
	case SHOW_SERIAL:
		seq_printf(s, "%s\n", b->whole->serial);
		return;
	case SHOW_SIZE:
		v = b->size / 512;
		break;
	case SHOW_RO:
		v = b->read_only;
		break;
	case SHOW_PARTITION:
		v = b->part;
		break;
	case SHOW_START:
		v = b->start / 512;
		break;
	case SHOW_RANGE:
		v = max(b->minors, 1u);
		break;
	case SHOW_DISKSEQ:
		v = b->whole->seq;
		break;
	case SHOW_LBS:
		v = b->logical_block;
		break;
	case SHOW_PBS:
		v = max(b->logical_block, 4096u);
		break;
	case SHOW_DISCARD:
		v = b->discard ? b->logical_block : 0;
		break;
	case SHOW_MAX_KB:
		v = b->max_bytes / 1024;
		break;
	case SHOW_FUA:
		v = b->fua;
		break;
	}
	seq_printf(s, "%llu\n", v);
}

static int sys_block_show(struct seqbuf *s, const struct seqtree_node *n)
{
	const struct bdev *b;

	mutex_lock(&bdev_lock);
	b = sys_find_locked(n->sub);
	if (b)
		sys_show(s, b, n->e->arg);
	mutex_unlock(&bdev_lock);
	return b ? 0 : -ENOENT;
}

static int sys_text_show(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_puts(s, n->e->data);
	return 0;
}

/* Only loop devices have it: an attribute of theirs, by name */
static int sys_loop_show(struct seqbuf *s, const struct seqtree_node *n)
{
	const struct bdev *b;
	int err = -ENOENT;

	mutex_lock(&bdev_lock);
	b = sys_find_locked(n->sub);
	if (b && b->ops->show)
		err = b->ops->show(b, n->e->name, s);
	mutex_unlock(&bdev_lock);
	return err;
}

#define SHOW(n, what)                                                      \
	{                                                                  \
		.name = n, .mode = S_IFREG | 0444, .show = sys_block_show, \
		.arg = what                                                \
	}
#define TEXT(n, t)                                                        \
	{                                                                 \
		.name = n, .mode = S_IFREG | 0444, .show = sys_text_show, \
		.data = t                                                 \
	}
#define LOOP(n)                                                          \
	{                                                                \
		.name = n, .mode = S_IFREG | 0444, .show = sys_loop_show \
	}
#define DIR(n, t)                                                \
	{                                                        \
		.name = n, .mode = S_IFDIR | 0755, .children = t \
	}

static const struct seqtree_entry sys_queue[] = {
	TEXT("add_random", "0\n"),
	TEXT("chunk_sectors", "0\n"),
	TEXT("dax", "0\n"),
	SHOW("discard_granularity", SHOW_DISCARD),
	TEXT("discard_max_bytes", "4294966784\n"),
	TEXT("discard_zeroes_data", "0\n"),
	SHOW("fua", SHOW_FUA),
	SHOW("hw_sector_size", SHOW_LBS),
	SHOW("logical_block_size", SHOW_LBS),
	SHOW("max_hw_sectors_kb", SHOW_MAX_KB),
	SHOW("max_sectors_kb", SHOW_MAX_KB),
	TEXT("max_segments", "32\n"),
	SHOW("minimum_io_size", SHOW_PBS),
	TEXT("nr_requests", "64\n"),
	TEXT("optimal_io_size", "0\n"),
	SHOW("physical_block_size", SHOW_PBS),
	TEXT("read_ahead_kb", "1024\n"),
	TEXT("rotational", "0\n"),
	TEXT("scheduler", "[none]\n"),
	TEXT("write_cache", "write back\n"),
	TEXT("zoned", "none\n"),
	{ .name = NULL },
};

static const struct seqtree_entry sys_loop[] = {
	LOOP("autoclear"), LOOP("backing_file"), LOOP("dio"),
	LOOP("offset"),	   LOOP("partscan"),	 LOOP("sizelimit"),
	{ .name = NULL },
};

#define SYS_BOTH                                                      \
	TEXT("alignment_offset", "0\n"), SHOW("dev", SHOW_DEV),       \
		TEXT("discard_alignment", "0\n"),                     \
		SHOW("inflight", SHOW_INFLIGHT), SHOW("ro", SHOW_RO), \
		SHOW("size", SHOW_SIZE), SHOW("stat", SHOW_STAT),     \
		SHOW("uevent", SHOW_UEVENT)

static const struct seqtree_entry sys_disk_files[] = {
	SYS_BOTH,
	TEXT("capability", "0\n"),
	SHOW("diskseq", SHOW_DISKSEQ),
	TEXT("events", "\n"),
	SHOW("ext_range", SHOW_RANGE),
	TEXT("hidden", "0\n"),
	DIR("queue", sys_queue),
	SHOW("range", SHOW_RANGE),
	TEXT("removable", "0\n"),
	SHOW("serial", SHOW_SERIAL),
	{ .name = NULL },
};
static const struct seqtree_entry sys_loop_files[] = {
	SYS_BOTH,
	TEXT("capability", "0\n"),
	SHOW("diskseq", SHOW_DISKSEQ),
	TEXT("events", "\n"),
	SHOW("ext_range", SHOW_RANGE),
	TEXT("hidden", "0\n"),
	DIR("loop", sys_loop),
	DIR("queue", sys_queue),
	SHOW("range", SHOW_RANGE),
	TEXT("removable", "0\n"),
	{ .name = NULL },
};
static const struct seqtree_entry sys_part_files[] = {
	SYS_BOTH,
	SHOW("partition", SHOW_PARTITION),
	SHOW("start", SHOW_START),
	{ .name = NULL },
};

/* --- directories --- */

enum { DIR_DISKS, DIR_PARTS, LINK_BLOCK, LINK_CLASS, LINK_DEV };

static const struct seqtree_dir sys_part_dir;
static const struct seqtree_entry sys_disk_entry = {
	.mode = S_IFDIR | 0755,
	.children = sys_disk_files,
	.dir = &sys_part_dir,
	.arg = DIR_PARTS,
};
static const struct seqtree_entry sys_loop_entry = {
	.mode = S_IFDIR | 0755,
	.children = sys_loop_files,
	.dir = &sys_part_dir,
	.arg = DIR_PARTS,
};
static const struct seqtree_entry sys_part_entry = {
	.mode = S_IFDIR | 0755,
	.children = sys_part_files,
};

static ssize_t sys_link_read(const struct seqtree_node *n, char *buf,
			     size_t size)
{
	const char *up = n->e->arg == LINK_BLOCK ? "../" : "../../";
	const struct bdev *b;
	int len = -ENOENT;

	mutex_lock(&bdev_lock);
	b = sys_find_locked(n->sub);
	if (b)
		len = snprintf(buf, size, "%sdevices/virtual/block/%s%s%s", up,
			       b->whole->name, b->part ? "/" : "",
			       b->part ? b->name : "");
	mutex_unlock(&bdev_lock);
	return len;
}

static const struct seqtree_entry sys_links[] = {
	[LINK_BLOCK] = { .mode = S_IFLNK | 0777,
			 .readlink = sys_link_read,
			 .arg = LINK_BLOCK },
	[LINK_CLASS] = { .mode = S_IFLNK | 0777,
			 .readlink = sys_link_read,
			 .arg = LINK_CLASS },
	[LINK_DEV] = { .mode = S_IFLNK | 0777,
		       .readlink = sys_link_read,
		       .arg = LINK_DEV },
};

/* What b is in that directory, under which name; NULL: not there. */
static const struct seqtree_entry *sys_in(const struct seqtree_node *dir,
					  u64 kind, const struct bdev *b,
					  char *name, size_t n)
{
	if (kind == LINK_DEV)
		snprintf(name, n, "%u:%u", MAJOR(b->rdev), MINOR(b->rdev));
	else
		strlcpy(name, b->name, n);
	switch (kind) {
	case DIR_DISKS:
		return b->part	      ? NULL
		       : b->ops->show ? &sys_loop_entry
				      : &sys_disk_entry;
	case DIR_PARTS:
		return b->part && (u32)b->whole->seq == dir->sub
			       ? &sys_part_entry
			       : NULL;
	case LINK_BLOCK:
		return b->part ? NULL : &sys_links[kind];
	default:
		return &sys_links[kind];
	}
}

static int sys_lookup(const struct seqtree_node *dir, u64 kind,
		      const char *name, u32 len, struct seqtree_node *out)
{
	struct bdev *b;
	char own[48];
	int err = -ENOENT;

	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node) {
		const struct seqtree_entry *e =
			sys_in(dir, kind, b, own, sizeof(own));

		if (e && strlen(own) == len && !memcmp(own, name, len)) {
			out->e = e;
			out->sub = (u32)b->seq;
			err = 0;
			break;
		}
	}
	mutex_unlock(&bdev_lock);
	return err;
}

static int sys_iterate(const struct seqtree_node *dir, u64 kind,
		       struct dir_context *ctx)
{
	struct seqtree_node n = *dir;
	struct bdev *b;
	char name[48];

	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node) {
		/* the list is in the order of seq */
		if (b->seq < (u64)(ctx->pos - SEQTREE_DYN))
			continue;
		n.e = sys_in(dir, kind, b, name, sizeof(name));
		n.sub = (u32)b->seq;
		if (n.e && !seqtree_emit(ctx, name, &n, b->seq))
			break;
	}
	mutex_unlock(&bdev_lock);
	return 0;
}

#define SYS_DIR(fn, kind)                                           \
	static int sys_##fn##_lookup(const struct seqtree_node *d,  \
				     const char *name, u32 len,     \
				     struct seqtree_node *out)      \
	{                                                           \
		return sys_lookup(d, kind, name, len, out);         \
	}                                                           \
	static int sys_##fn##_iterate(const struct seqtree_node *d, \
				      struct dir_context *ctx)      \
	{                                                           \
		return sys_iterate(d, kind, ctx);                   \
	}

SYS_DIR(disks, DIR_DISKS)
SYS_DIR(parts, DIR_PARTS)
SYS_DIR(block, LINK_BLOCK)
SYS_DIR(class, LINK_CLASS)
SYS_DIR(dev, LINK_DEV)

static const struct seqtree_dir sys_part_dir = { sys_parts_lookup,
						 sys_parts_iterate };
const struct seqtree_dir block_sysfs_disks = { sys_disks_lookup,
					       sys_disks_iterate };
const struct seqtree_dir block_sysfs_block = { sys_block_lookup,
					       sys_block_iterate };
const struct seqtree_dir block_sysfs_class = { sys_class_lookup,
					       sys_class_iterate };
const struct seqtree_dir block_sysfs_dev = { sys_dev_lookup, sys_dev_iterate };
