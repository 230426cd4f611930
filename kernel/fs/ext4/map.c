// SPDX-License-Identifier: GPL-2.0
/*
 * From a block of a file to a block of the disk, whichever way the inode keeps
 * that, and the freeing of ranges in steps that each fit a handle.
 *
 * The last stretch found is remembered, for reading and writing go along a
 * file; whatever changes the map forgets it.
 */
#include "ext4.h"

bool ext4_uses_extents(const struct inode *ino)
{
	return ext4_i(ino)->flags & EXT4_FL_EXTENTS;
}

bool ext4_is_inline(const struct inode *ino)
{
	return ext4_i(ino)->flags & EXT4_FL_INLINE_DATA;
}

u32 ext4_map_credits(const struct ext4_fs *fs, const struct inode *ino)
{
	/* tree blocks, each with a bitmap and descriptor; the inode, the
	   superblock; the data's own bitmaps and descriptors */
	return ext4_uses_extents(ino) ? 24 : 18;
}

static int map_lookup(struct inode *ino, struct ext4_map *m)
{
	struct ext4_inode *ei = ext4_i(ino);
	int err;

	if (ei->ce_len && m->block >= ei->ce_block &&
	    m->block - ei->ce_block < ei->ce_len) {
		u32 in = m->block - ei->ce_block;

		m->phys = ei->ce_phys + in;
		m->len = min(m->len, ei->ce_len - in);
		m->unwritten = false;
		return 0;
	}
	err = ext4_uses_extents(ino) ? ext4_extent_lookup(ino, m)
				     : ext4_indirect_lookup(ino, m);
	if (!err && m->phys && !m->unwritten) {
		ei->ce_block = m->block;
		ei->ce_len = m->len;
		ei->ce_phys = m->phys;
	}
	return err;
}

/* Where new blocks of the file are best. */
static u64 map_goal(struct inode *ino, u32 block)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);

	if (ei->goal)
		return ei->goal;
	return ext4_group_first(fs, (ei->ino - 1) / fs->inodes_per_group);
}

static int map_create(struct ext4_handle *h, struct inode *ino,
		      struct ext4_map *m, u32 flags)
{
	struct ext4_inode *ei = ext4_i(ino);
	u32 n = m->len;
	int err = 0;
	u64 phys;

	/* what a handle can pay for: indirect blocks come one by one */
	if (!ext4_uses_extents(ino))
		n = min(n, ext4_of(ino)->bsize / 4);
	else
		n = min(n, EXT4_EXT_UNWRITTEN_MAX);
	phys = ext4_alloc_blocks(h, ino, map_goal(ino, m->block), &n, &err);
	if (!phys)
		return err;
	ei->ce_len = 0;
	if (ext4_uses_extents(ino)) {
		err = ext4_extent_insert(h, ino, m->block, phys, n,
					 flags & EXT4_MAP_UNWRITTEN);
	} else {
		u32 done = n;

		err = ext4_indirect_insert(h, ino, m->block, phys, &done);
		if (!err && done < n) {
			ext4_free_blocks(h, ino, phys + done, n - done, false);
			n = done;
		}
	}
	if (err) {
		ext4_free_blocks(h, ino, phys, n, false);
		return err;
	}
	ei->goal = phys + n;
	m->phys = phys;
	m->len = n;
	m->fresh = true;
	m->unwritten = flags & EXT4_MAP_UNWRITTEN;
	ext4_update_blocks(ino);
	return 0;
}

int ext4_map_blocks(struct ext4_handle *h, struct inode *ino,
		    struct ext4_map *m, u32 flags)
{
	struct ext4_inode *ei = ext4_i(ino);
	int err;

	m->phys = 0;
	m->unwritten = m->fresh = false;
	if (!m->len)
		return -EINVAL;
	if (m->len > 0xffffffffu - m->block)
		m->len = 0xffffffffu - m->block;
	mutex_lock(&ei->map_lock);
	err = map_lookup(ino, m);
	if (err)
		goto out;
	if (m->phys && !ext4_block_ok(ext4_of(ino), m->phys, m->len)) {
		err = ext4_corrupt(ext4_of(ino),
				   "inode %u: block %u is at %lu, outside",
				   ei->ino, m->block, (unsigned long)m->phys);
		goto out;
	}
	if (!m->phys && (flags & EXT4_MAP_CREATE)) {
		err = map_create(h, ino, m, flags);
	} else if (m->phys && m->unwritten && (flags & EXT4_MAP_WRITTEN)) {
		ei->ce_len = 0;
		err = ext4_extent_mark(h, ino, m->block, m->len, true);
		if (!err)
			m->unwritten = false;
	}
out:
	mutex_unlock(&ei->map_lock);
	return err;
}

int ext4_remove_range(struct inode *ino, u32 from, u32 to)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	int more = 1, err = 0;

	while (more && !err) {
		struct ext4_handle h;

		err = ext4_begin(fs, &h, ext4_map_credits(fs, ino) * 2);
		if (err)
			return err;
		mutex_lock(&ei->map_lock);
		ei->ce_len = 0;
		ei->goal = 0;
		more = ext4_uses_extents(ino)
			       ? ext4_extent_remove(&h, ino, from, to)
			       : ext4_indirect_remove(&h, ino, from, to);
		mutex_unlock(&ei->map_lock);
		ext4_update_blocks(ino);
		if (more < 0)
			err = more;
		else
			err = ext4_write_inode(&h, ino);
		ext4_end(&h);
	}
	return err;
}
