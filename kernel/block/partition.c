// SPDX-License-Identifier: GPL-2.0
/*
 * Partitions: MBR (with logical partitions in extended ones) and GPT.
 *
 * What stands on the disk is read once and checked: nothing may reach past the
 * end, and a chain of extended partitions ends after 60. Of a GPT the first
 * header counts whose two checksums hold, the one at the start or its copy in
 * the last block. A disk without a table (or with a file system in its first
 * block, which may look like one) has no partitions.
 */
#include <abi/blkdev.h>
#include <abi/capability.h>
#include <abi/errno.h>
#include <kernel/cred.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "internal.h"

#define BLKEXT_MAJOR  259
#define PART_MAX      63u
#define GPT_MAX_BYTES 0x10000u

struct mbr_entry {
	u8 boot, chs0[3], type, chs1[3];
	u8 start[4], sectors[4];
};

struct gpt_header {
	u8 signature[8];
	u32 revision, header_size, header_crc, reserved;
	u64 my_lba, alternate_lba, first_usable, last_usable;
	u8 disk_guid[16];
	u64 entries_lba;
	u32 nr_entries, entry_size, entries_crc;
};
struct gpt_entry {
	u8 type[16], guid[16];
	u64 first, last, flags;
	u16 name[36];
};

static u32 part_le32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

/* As IEEE 802.3; GPT's checksums. */
static u32 part_crc32(const u8 *p, size_t n)
{
	u32 c = ~0u;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
	}
	return ~c;
}

/* --- the devices --- */

static u64 part_number(const struct bdev *whole, u32 nr)
{
	static u32 next_minor; /* under bdev_lock by way of the scan */

	if (nr < whole->minors)
		return whole->rdev + nr;
	return MKDEV(BLKEXT_MAJOR, atomic_fetch_add(&next_minor, 1));
}

static struct bdev *part_add(struct bdev *whole, u32 nr, u64 start, u64 size)
{
	size_t len = strlen(whole->name);
	bool digit = len && whole->name[len - 1] >= '0' &&
		     whole->name[len - 1] <= '9';
	struct bdev *b;

	if (!size || start > whole->size || size > whole->size - start ||
	    (start | size) & (whole->logical_block - 1)) {
		printk(KERN_WARN "%s: partition %u lies beyond the end\n",
		       whole->name, nr);
		return NULL;
	}
	b = kzalloc(sizeof(*b));
	if (!b)
		return NULL;
	snprintf(b->name, sizeof(b->name), "%.20s%s%u", whole->name,
		 digit ? "p" : "", nr);
	b->rdev = part_number(whole, nr);
	b->size = size;
	b->start = start;
	b->whole = whole;
	b->part = (u8)nr;
	b->logical_block = whole->logical_block;
	b->max_bytes = whole->max_bytes;
	b->read_only = whole->read_only;
	b->host_read_only = whole->host_read_only;
	b->discard = whole->discard;
	b->fua = whole->fua;
	b->ops = whole->ops;
	b->priv = whole->priv;
	if (bdev_register(b)) {
		kfree(b);
		return NULL;
	}
	return b;
}

/* The next partition of a disk, or NULL. */
static struct bdev *part_first(struct bdev *whole)
{
	struct bdev *b, *found = NULL;

	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node)
		if (b->whole == whole && b != whole) {
			found = b;
			break;
		}
	mutex_unlock(&bdev_lock);
	return found;
}

void bdev_drop_partitions(struct bdev *whole)
{
	struct bdev *b;

	while ((b = part_first(whole))) {
		bdev_unregister(b);
		kfree(b);
	}
}

/* --- MBR --- */

static bool mbr_extended(u8 type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static void mbr_uuid(struct bdev *b, u32 disk, u32 nr)
{
	if (!b)
		return;
	snprintf(b->uuid, sizeof(b->uuid), "%08x-%02x", disk, nr);
	bdev_nodes_found(b);
}

/* The chain of logical partitions, numbered from 5. */
static void mbr_logical(struct bdev *whole, u8 *buf, u64 first, u32 disk)
{
	u64 at = first;

	for (u32 nr = 5; nr <= PART_MAX; nr++) {
		const struct mbr_entry *e = (void *)(buf + 446);
		u64 start, size;

		if (at > whole->size / 512 - 1 ||
		    bdev_read(whole, at * 512, buf, 512) || buf[510] != 0x55 ||
		    buf[511] != 0xaa)
			return;
		start = at + part_le32(e[0].start);
		size = part_le32(e[0].sectors);
		if (e[0].type && size)
			mbr_uuid(part_add(whole, nr, start * 512, size * 512),
				 disk, nr);
		if (!mbr_extended(e[1].type) || !part_le32(e[1].start))
			return;
		at = first + part_le32(e[1].start);
	}
}

/* => true when there is one */
static bool mbr_scan(struct bdev *whole, u8 *buf)
{
	const struct mbr_entry *e = (void *)(buf + 446);
	u64 extended = 0;
	u32 disk;

	if (buf[510] != 0x55 || buf[511] != 0xaa)
		return false;
	for (u32 i = 0; i < 4; i++)
		if (e[i].boot & 0x7f)
			return false; /* the first block of a file system */
	disk = part_le32(buf + 440);
	for (u32 i = 0; i < 4; i++) {
		u64 start = part_le32(e[i].start);
		u64 size = part_le32(e[i].sectors);

		if (!e[i].type || !size)
			continue;
		if (mbr_extended(e[i].type)) {
			extended = start;
			/* as Linux: two blocks, for boot loaders */
			size = min_t(u64, size, 2);
		}
		mbr_uuid(part_add(whole, i + 1, start * 512, size * 512), disk,
			 i + 1);
	}
	if (extended)
		mbr_logical(whole, buf, extended, disk);
	return true;
}

/* --- GPT --- */

static void gpt_guid(char *out, size_t n, const u8 *g)
{
	snprintf(out, n, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 part_le32(g), g[4] | g[5] << 8, g[6] | g[7] << 8, g[8], g[9],
		 g[10], g[11], g[12], g[13], g[14], g[15]);
}

static void gpt_add(struct bdev *whole, const struct gpt_entry *e, u32 nr)
{
	static const u8 unused[16];
	u64 block = whole->logical_block;
	struct bdev *b;

	if (!memcmp(e->type, unused, 16) || e->last < e->first ||
	    e->last >= whole->size / block)
		return;
	b = part_add(whole, nr, e->first * block,
		     (e->last - e->first + 1) * block);
	if (!b)
		return;
	gpt_guid(b->uuid, sizeof(b->uuid), e->guid);
	for (u32 i = 0; i < 36 && e->name[i]; i++)
		b->label[i] = e->name[i] > 32 && e->name[i] < 127 &&
					      e->name[i] != '/'
				      ? (char)e->name[i]
				      : '_';
	bdev_nodes_found(b);
}

/* The header at lba. => true: it was good, and its partitions are there */
static bool gpt_scan_at(struct bdev *whole, u64 lba, u8 *buf)
{
	u64 block = whole->logical_block, bytes;
	struct gpt_header h;
	u32 crc, zero = 0;
	u8 *entries;
	bool good;

	if (bdev_read(whole, lba * block, buf, (u32)block))
		return false;
	memcpy(&h, buf, sizeof(h));
	if (memcmp(h.signature, "EFI PART", 8) || h.my_lba != lba ||
	    h.header_size < 92 || h.header_size > block ||
	    h.entry_size < sizeof(struct gpt_entry) || h.entry_size > 4096)
		return false;
	memcpy(buf + 16, &zero, 4);
	if (part_crc32(buf, h.header_size) != h.header_crc)
		return false;
	bytes = (u64)h.nr_entries * h.entry_size;
	if (!bytes || bytes > GPT_MAX_BYTES ||
	    h.entries_lba >= whole->size / block)
		return false;
	entries = kmalloc(ALIGN_UP(bytes, block));
	if (!entries)
		return false;
	good = !bdev_read(whole, h.entries_lba * block, entries,
			  (u32)ALIGN_UP(bytes, block));
	crc = good ? part_crc32(entries, bytes) : 0;
	good = good && crc == h.entries_crc;
	for (u32 i = 0; good && i < h.nr_entries && i < PART_MAX; i++)
		gpt_add(whole, (void *)(entries + (u64)i * h.entry_size),
			i + 1);
	kfree(entries);
	return good;
}

/* A protective MBR says that there is a GPT. */
static bool gpt_scan(struct bdev *whole, u8 *buf)
{
	const struct mbr_entry *e = (void *)(buf + 446);
	bool there = false;

	for (u32 i = 0; i < 4; i++)
		if (e[i].type == 0xee)
			there = true;
	if (!there || buf[510] != 0x55 || buf[511] != 0xaa)
		return false;
	if (gpt_scan_at(whole, 1, buf))
		return true;
	if (gpt_scan_at(whole, whole->size / whole->logical_block - 1, buf)) {
		printk(KERN_WARN
		       "%s: the first GPT is broken, the copy is used\n",
		       whole->name);
		return true;
	}
	printk(KERN_WARN "%s: both GPTs are broken\n", whole->name);
	return true;
}

void bdev_scan_partitions(struct bdev *whole)
{
	u8 *buf;

	if (!whole->minors || whole->size < 4096)
		return;
	buf = kmalloc(4096);
	if (!buf)
		return;
	if (!bdev_read(whole, 0, buf, max(whole->logical_block, 512u)) &&
	    !gpt_scan(whole, buf))
		mbr_scan(whole, buf);
	kfree(buf);
}

int bdev_rescan(struct bdev *whole)
{
	bool busy;

	if (!whole->minors)
		return -EINVAL;
	mutex_lock(&bdev_lock);
	busy = bdev_parts_busy_locked(whole);
	mutex_unlock(&bdev_lock);
	if (busy)
		return -EBUSY;
	if (!whole->read_only && whole->inode->mapping.nr_resident)
		bdev_write_back(whole, 0, ~0ull);
	bdev_drop_partitions(whole);
	bdev_scan_partitions(whole);
	return 0;
}

void bdev_scan_loop(struct bdev *whole, bool scan)
{
	bdev_drop_partitions(whole);
	whole->minors = scan;
	if (scan)
		bdev_scan_partitions(whole);
}

/* --- BLKPG: partitions as a program knows them (partx, sfdisk) --- */

static struct bdev *part_find(struct bdev *whole, u32 nr)
{
	struct bdev *b, *found = NULL;

	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node)
		if (b->whole == whole && b != whole && b->part == nr)
			found = b;
	mutex_unlock(&bdev_lock);
	return found;
}

long bdev_ioctl_pg(struct bdev *whole, u64 arg)
{
	struct blkpg_ioctl_arg a;
	struct blkpg_partition p;
	struct bdev *b;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (copy_from_user(&a, (uaddr){ arg }, sizeof(a)) ||
	    copy_from_user(&p, (uaddr){ a.data }, sizeof(p)))
		return -EFAULT;
	if (whole->whole != whole || p.pno <= 0 || p.pno > (s32)PART_MAX)
		return -EINVAL;
	b = part_find(whole, (u32)p.pno);
	switch (a.op) {
	case BLKPG_ADD_PARTITION:
		if (b)
			return -EBUSY;
		if (p.start < 0 || p.length <= 0)
			return -EINVAL;
		return part_add(whole, (u32)p.pno, (u64)p.start, (u64)p.length)
			       ? 0
			       : -EINVAL;
	case BLKPG_DEL_PARTITION:
		if (!b)
			return -ENXIO;
		err = bdev_retire(b);
		if (!err)
			kfree(b);
		return err;
	case BLKPG_RESIZE_PARTITION:
		if (!b)
			return -ENXIO;
		if ((u64)p.start != b->start || p.length <= 0 ||
		    b->start + (u64)p.length > whole->size)
			return -EINVAL;
		b->size = b->inode->size = (u64)p.length;
		return 0;
	default:
		return -EINVAL;
	}
}
