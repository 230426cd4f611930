// SPDX-License-Identifier: GPL-2.0
/*
 * Group descriptors and the two bitmaps of each group.
 *
 * Descriptors stand in their buffers for as long as the file system is mounted;
 * fs->group[] points into them and keeps the counts as plain numbers. What they
 * say about places is checked once, at mount, so that the rest believes it.
 *
 * A group whose bitmap was never written (uninit_bg) gets it here, when the
 * first block or inode is taken from it.
 */
#include "ext4.h"

static bool group_wide(const struct ext4_fs *fs)
{
	return fs->is64 && fs->desc_size >= 64;
}

u64 ext4_gd_block_bitmap(const struct ext4_fs *fs, u32 g)
{
	const struct ext4_dgroup *d = fs->group[g].gd;

	return d->block_bitmap_lo |
	       (group_wide(fs) ? (u64)d->block_bitmap_hi << 32 : 0);
}

u64 ext4_gd_inode_bitmap(const struct ext4_fs *fs, u32 g)
{
	const struct ext4_dgroup *d = fs->group[g].gd;

	return d->inode_bitmap_lo |
	       (group_wide(fs) ? (u64)d->inode_bitmap_hi << 32 : 0);
}

u64 ext4_gd_inode_table(const struct ext4_fs *fs, u32 g)
{
	const struct ext4_dgroup *d = fs->group[g].gd;

	return d->inode_table_lo |
	       (group_wide(fs) ? (u64)d->inode_table_hi << 32 : 0);
}

u32 ext4_gd_unused(const struct ext4_fs *fs, u32 g)
{
	const struct ext4_dgroup *d = fs->group[g].gd;

	return d->itable_unused_lo |
	       (group_wide(fs) ? (u32)d->itable_unused_hi << 16 : 0);
}

void ext4_gd_set_unused(struct ext4_fs *fs, u32 g, u32 n)
{
	struct ext4_dgroup *d = fs->group[g].gd;

	d->itable_unused_lo = (u16)n;
	if (group_wide(fs))
		d->itable_unused_hi = (u16)(n >> 16);
}

static u16 group_csum(const struct ext4_fs *fs, u32 g)
{
	const u8 *d = (const u8 *)fs->group[g].gd;
	const u32 at = offsetof(struct ext4_dgroup, checksum);
	u16 zero = 0, crc;
	u32 c;

	if (fs->csum) {
		c = ext4_crc32c(fs->csum_seed, &g, 4);
		c = ext4_crc32c(c, d, at);
		c = ext4_crc32c(c, &zero, 2);
		return (u16)ext4_crc32c(c, d + at + 2, fs->desc_size - at - 2);
	}
	crc = ext4_crc16(0xffff, fs->es->uuid, 16);
	crc = ext4_crc16(crc, &g, 4);
	crc = ext4_crc16(crc, d, at);
	if (fs->is64 && fs->desc_size > at + 2)
		crc = ext4_crc16(crc, d + at + 2, fs->desc_size - at - 2);
	return crc;
}

void ext4_group_csum(struct ext4_fs *fs, u32 g)
{
	if (fs->csum || fs->gdt_csum)
		fs->group[g].gd->checksum = group_csum(fs, g);
}

void ext4_gd_store(struct ext4_fs *fs, u32 g)
{
	struct ext4_group *gr = &fs->group[g];
	struct ext4_dgroup *d = gr->gd;

	d->free_blocks_lo = (u16)gr->free_blocks;
	d->free_inodes_lo = (u16)gr->free_inodes;
	d->used_dirs_lo = (u16)gr->used_dirs;
	if (group_wide(fs)) {
		d->free_blocks_hi = (u16)(gr->free_blocks >> 16);
		d->free_inodes_hi = (u16)(gr->free_inodes >> 16);
		d->used_dirs_hi = (u16)(gr->used_dirs >> 16);
	}
	ext4_group_csum(fs, g);
}

static bool power_of(u32 n, u32 base)
{
	while (n > base && n % base == 0)
		n /= base;
	return n == base;
}

bool ext4_group_has_super(const struct ext4_fs *fs, u32 g)
{
	if (g <= 1)
		return true;
	if (fs->es->compat & 0x200) /* sparse_super2 */
		return g == fs->es->backup_bgs[0] || g == fs->es->backup_bgs[1];
	if (!(fs->es->ro_compat & RO_SPARSE_SUPER))
		return true;
	return power_of(g, 3) || power_of(g, 5) || power_of(g, 7);
}

/* Where block nr of the descriptors is. */
static u64 group_desc_block(const struct ext4_fs *fs, u32 nr)
{
	u32 first = nr * fs->desc_per_block;

	if (!(fs->es->incompat & INCOMPAT_META_BG) ||
	    nr < fs->es->first_meta_bg)
		return (fs->bsize == 1024 ? 1 : 0) + 1 + nr;
	return ext4_group_first(fs, first) + ext4_group_has_super(fs, first) +
	       (first == 0 && fs->first_block == 0 && fs->bsize == 1024);
}

static int group_read_one(struct ext4_fs *fs, u32 g)
{
	struct ext4_group *gr = &fs->group[g];
	u64 table = ext4_gd_inode_table(fs, g);
	u32 tblocks = (fs->inodes_per_group + fs->inodes_per_block - 1) /
		      fs->inodes_per_block;
	struct ext4_dgroup *d = gr->gd;

	gr->free_blocks = d->free_blocks_lo;
	gr->free_inodes = d->free_inodes_lo;
	gr->used_dirs = d->used_dirs_lo;
	if (group_wide(fs)) {
		gr->free_blocks |= (u32)d->free_blocks_hi << 16;
		gr->free_inodes |= (u32)d->free_inodes_hi << 16;
		gr->used_dirs |= (u32)d->used_dirs_hi << 16;
	}
	if (!ext4_block_ok(fs, ext4_gd_block_bitmap(fs, g), 1) ||
	    !ext4_block_ok(fs, ext4_gd_inode_bitmap(fs, g), 1) ||
	    !ext4_block_ok(fs, table, tblocks)) {
		printk(KERN_ERR "ext4 (%s): group %u lies outside the disk\n",
		       fs->bdev->name, g);
		return -EUCLEAN;
	}
	if ((fs->csum || fs->gdt_csum) && d->checksum != group_csum(fs, g)) {
		printk(KERN_ERR
		       "ext4 (%s): descriptor of group %u: bad checksum\n",
		       fs->bdev->name, g);
		return -EUCLEAN;
	}
	if (gr->free_blocks > ext4_group_blocks(fs, g) ||
	    gr->free_inodes > fs->inodes_per_group ||
	    ext4_gd_unused(fs, g) > fs->inodes_per_group) {
		printk(KERN_ERR "ext4 (%s): group %u: impossible counts\n",
		       fs->bdev->name, g);
		return -EUCLEAN;
	}
	fs->free_blocks += gr->free_blocks;
	fs->free_inodes += gr->free_inodes;
	return 0;
}

int ext4_groups_read(struct ext4_fs *fs)
{
	u32 nblocks =
		(fs->ngroups + fs->desc_per_block - 1) / fs->desc_per_block;
	int err;

	fs->group = kcalloc(fs->ngroups, sizeof(*fs->group));
	if (!fs->group)
		return -ENOMEM;
	for (u32 i = 0; i < nblocks; i++) {
		u64 at = group_desc_block(fs, i);
		struct buffer *b;

		if (at >= fs->blocks)
			return -EUCLEAN;
		if (!(i % 32) && !(fs->es->incompat & INCOMPAT_META_BG))
			buffer_readahead(fs->bc, at, min(nblocks - i, 32u));
		b = buffer_read(fs->bc, at);
		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		for (u32 k = 0; k < fs->desc_per_block; k++) {
			u32 g = i * fs->desc_per_block + k;

			if (g >= fs->ngroups)
				break;
			fs->group[g].gd_buf = buffer_get(fs->bc, at);
			if (IS_ERR(fs->group[g].gd_buf)) {
				fs->group[g].gd_buf = NULL;
				buffer_put(b);
				return -ENOMEM;
			}
			fs->group[g].gd = (void *)(b->data + k * fs->desc_size);
		}
		buffer_put(b);
	}
	for (u32 g = 0; g < fs->ngroups; g++) {
		err = group_read_one(fs, g);
		if (err)
			return err;
	}
	return 0;
}

void ext4_groups_free(struct ext4_fs *fs)
{
	if (!fs->group)
		return;
	for (u32 g = 0; g < fs->ngroups; g++) {
		if (fs->group[g].gd_buf)
			buffer_put(fs->group[g].gd_buf);
		kfree(fs->group[g].hold);
	}
	kfree(fs->group);
	fs->group = NULL;
}

/* --- bitmaps --- */

void ext4_block_bitmap_csum(struct ext4_fs *fs, u32 g, struct buffer *b)
{
	struct ext4_dgroup *d = fs->group[g].gd;
	u32 c;

	if (!fs->csum)
		return;
	c = ext4_crc32c(fs->csum_seed, b->data, fs->blocks_per_group / 8);
	d->block_bitmap_csum_lo = (u16)c;
	if (group_wide(fs))
		d->block_bitmap_csum_hi = (u16)(c >> 16);
}

void ext4_inode_bitmap_csum(struct ext4_fs *fs, u32 g, struct buffer *b)
{
	struct ext4_dgroup *d = fs->group[g].gd;
	u32 c;

	if (!fs->csum)
		return;
	c = ext4_crc32c(fs->csum_seed, b->data, fs->inodes_per_group / 8);
	d->inode_bitmap_csum_lo = (u16)c;
	if (group_wide(fs))
		d->inode_bitmap_csum_hi = (u16)(c >> 16);
}

static bool bitmap_csum_ok(struct ext4_fs *fs, struct buffer *b, u32 bits,
			   u16 lo, u16 hi)
{
	u32 c = ext4_crc32c(fs->csum_seed, b->data, bits / 8);

	return (u16)c == lo && (!group_wide(fs) || (u16)(c >> 16) == hi);
}

/* Mark what of [first, first+n) lies in the group. */
static void bitmap_mark(struct ext4_fs *fs, u32 g, u8 *map, u64 first, u64 n)
{
	u64 lo = ext4_group_first(fs, g), hi = lo + ext4_group_blocks(fs, g);

	for (u64 i = max(first, lo); i < min(first + n, hi); i++)
		bit_set(map, (u32)(i - lo));
}

/* A block bitmap as mke2fs would have written it. */
static void bitmap_fresh(struct ext4_fs *fs, u32 g, u8 *map)
{
	u32 tblocks = (fs->inodes_per_group + fs->inodes_per_block - 1) /
		      fs->inodes_per_block;
	u64 first = ext4_group_first(fs, g);
	u32 super = ext4_group_has_super(fs, g), meta = 0;
	u32 ndesc = (fs->ngroups + fs->desc_per_block - 1) / fs->desc_per_block;

	memset(map, 0, fs->bsize);
	if (!(fs->es->incompat & INCOMPAT_META_BG)) {
		if (super)
			meta = ndesc + fs->es->reserved_gdt_blocks;
	} else if (g / fs->desc_per_block < fs->es->first_meta_bg) {
		if (super)
			meta = fs->es->first_meta_bg +
			       fs->es->reserved_gdt_blocks;
	} else {
		u32 in = g % fs->desc_per_block;

		meta = in == 0 || in == 1 || in == fs->desc_per_block - 1;
	}
	bitmap_mark(fs, g, map, first, super + meta);
	bitmap_mark(fs, g, map, ext4_gd_block_bitmap(fs, g), 1);
	bitmap_mark(fs, g, map, ext4_gd_inode_bitmap(fs, g), 1);
	bitmap_mark(fs, g, map, ext4_gd_inode_table(fs, g), tblocks);
	for (u32 i = ext4_group_blocks(fs, g); i < fs->bsize * 8; i++)
		bit_set(map, i);
}

static u32 bitmap_free_count(struct ext4_fs *fs, const u8 *map, u32 bits)
{
	u32 n = 0;

	for (u32 i = 0; i < bits; i++)
		n += !bit_test(map, i);
	return n;
}

static struct buffer *bitmap_bad(struct ext4_fs *fs, u32 g, struct buffer *b,
				 const char *what)
{
	fs->group[g].bad = true;
	ext4_error(fs, "group %u: %s bitmap is damaged", g, what);
	buffer_put(b);
	return ERR_PTR(-EUCLEAN);
}

/* Write it for the first time. Caller holds alloc_lock. */
static int bitmap_init(struct ext4_handle *h, u32 g, struct buffer *b,
		       bool inodes)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_group *gr = &fs->group[g];
	int err = ext4_touch(h, b);

	if (!err)
		err = ext4_touch(h, gr->gd_buf);
	if (err)
		return err;
	if (inodes) {
		memset(b->data, 0, fs->bsize);
		for (u32 i = fs->inodes_per_group; i < fs->bsize * 8; i++)
			bit_set(b->data, i);
		gr->gd->flags &= (u16)~BG_INODE_UNINIT;
		ext4_inode_bitmap_csum(fs, g, b);
	} else {
		bitmap_fresh(fs, g, b->data);
		gr->gd->flags &= (u16)~BG_BLOCK_UNINIT;
		ext4_block_bitmap_csum(fs, g, b);
	}
	store_release(&b->uptodate, true);
	ext4_group_csum(fs, g);
	return 0;
}

struct buffer *ext4_block_bitmap(struct ext4_fs *fs, struct ext4_handle *h,
				 u32 g)
{
	struct ext4_group *gr = &fs->group[g];
	u64 at = ext4_gd_block_bitmap(fs, g);
	struct buffer *b;
	int err;

	if (gr->bad)
		return ERR_PTR(-EUCLEAN);
	if ((gr->gd->flags & BG_BLOCK_UNINIT) && (fs->csum || fs->gdt_csum)) {
		b = buffer_get(fs->bc, at);
		if (IS_ERR(b))
			return b;
		if (!h) {
			buffer_put(b);
			return ERR_PTR(-ENODATA);
		}
		err = bitmap_init(h, g, b, false);
		if (!err &&
		    bitmap_free_count(fs, b->data, ext4_group_blocks(fs, g)) !=
			    gr->free_blocks)
			return bitmap_bad(fs, g, b, "block");
		if (err) {
			buffer_put(b);
			return ERR_PTR(err);
		}
		gr->checked = true;
		return b;
	}
	b = buffer_read(fs->bc, at);
	if (IS_ERR(b) || gr->checked)
		return b;
	if (fs->csum &&
	    !bitmap_csum_ok(fs, b, fs->blocks_per_group,
			    gr->gd->block_bitmap_csum_lo,
			    group_wide(fs) ? gr->gd->block_bitmap_csum_hi : 0))
		return bitmap_bad(fs, g, b, "block");
	/* its own blocks must be taken, and the count be right */
	if (bitmap_free_count(fs, b->data, ext4_group_blocks(fs, g)) !=
	    gr->free_blocks)
		return bitmap_bad(fs, g, b, "block");
	gr->checked = true;
	return b;
}

struct buffer *ext4_inode_bitmap(struct ext4_fs *fs, struct ext4_handle *h,
				 u32 g)
{
	struct ext4_group *gr = &fs->group[g];
	u64 at = ext4_gd_inode_bitmap(fs, g);
	struct buffer *b;
	bool cached;
	int err;

	if (gr->bad)
		return ERR_PTR(-EUCLEAN);
	if ((gr->gd->flags & BG_INODE_UNINIT) && (fs->csum || fs->gdt_csum)) {
		b = buffer_get(fs->bc, at);
		if (IS_ERR(b))
			return b;
		err = h ? bitmap_init(h, g, b, true) : -ENODATA;
		if (!err)
			return b;
		buffer_put(b);
		return ERR_PTR(err);
	}
	b = buffer_get(fs->bc, at);
	if (IS_ERR(b))
		return b;
	cached = b->uptodate;
	buffer_put(b);
	b = buffer_read(fs->bc, at);
	if (IS_ERR(b) || cached)
		return b;
	if (fs->csum &&
	    !bitmap_csum_ok(fs, b, fs->inodes_per_group,
			    gr->gd->inode_bitmap_csum_lo,
			    group_wide(fs) ? gr->gd->inode_bitmap_csum_hi : 0))
		return bitmap_bad(fs, g, b, "inode");
	return b;
}
