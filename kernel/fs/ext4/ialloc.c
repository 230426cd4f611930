// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes: taking and giving back.
 *
 * A file goes into its directory's group, so that what is used together lies
 * together. A directory in the root goes where there is most room, so that
 * unrelated trees are spread over the disk; a deeper one stays with its parent
 * as long as there is room. Under fs->alloc_lock.
 *
 * With uninit_bg the end of a group's table may never have been written: a
 * block of it in which no inode was in use is not read but made new.
 */
#include <hostapi/host.h>
#include "ext4.h"

static bool group_roomy(const struct ext4_fs *fs, u32 g)
{
	const struct ext4_group *gr = &fs->group[g];

	return !gr->bad && gr->free_inodes >= fs->free_inodes / fs->ngroups &&
	       gr->free_inodes &&
	       gr->free_blocks >= fs->free_blocks / fs->ngroups;
}

static u32 group_for_top_dir(struct ext4_fs *fs)
{
	u32 best = fs->ngroups;

	for (u32 i = 0; i < fs->ngroups; i++) {
		u32 g = (fs->dir_group + 1 + i) % fs->ngroups;

		if (group_roomy(fs, g) &&
		    (best == fs->ngroups ||
		     fs->group[g].used_dirs < fs->group[best].used_dirs))
			best = g;
	}
	if (best < fs->ngroups)
		fs->dir_group = best;
	return best;
}

static u32 group_for_dir(struct ext4_fs *fs, u32 parent)
{
	u32 max_dirs = fs->inodes_per_group / 16 + 16;

	for (u32 i = 0; i < fs->ngroups; i++) {
		u32 g = (parent + i) % fs->ngroups;

		if (group_roomy(fs, g) && fs->group[g].used_dirs < max_dirs)
			return g;
	}
	return fs->ngroups;
}

static u32 group_with_inode(struct ext4_fs *fs, u32 from)
{
	for (u32 i = 0; i < fs->ngroups; i++) {
		u32 g = (from + i) % fs->ngroups;

		if (fs->group[g].free_inodes && !fs->group[g].bad)
			return g;
	}
	return fs->ngroups;
}

static u32 group_choose(struct ext4_fs *fs, struct inode *dir, u32 mode)
{
	u32 parent = (ext4_i(dir)->ino - 1) / fs->inodes_per_group;
	u32 g = fs->ngroups;

	if (S_ISDIR(mode) && (ext4_i(dir)->ino == EXT4_ROOT_INO ||
			      (ext4_i(dir)->flags & EXT4_FL_TOPDIR)))
		g = group_for_top_dir(fs);
	else if (S_ISDIR(mode))
		g = group_for_dir(fs, parent);
	return g < fs->ngroups ? g : group_with_inode(fs, parent);
}

/* => bit, or inodes_per_group */
static u32 inode_search(struct ext4_fs *fs, u32 g, const u8 *map)
{
	u32 i = fs->group[g].ihint, first = g ? 0 : fs->es->first_ino - 1;

	for (i = max(i, first); i < fs->inodes_per_group; i++) {
		if (!(i & 7) && map[i / 8] == 0xff) {
			i += 7;
			continue;
		}
		if (!bit_test(map, i))
			break;
	}
	fs->group[g].ihint = min(i, fs->inodes_per_group);
	return fs->group[g].ihint;
}

/* No inode but this one in use in its block of the table? */
static bool inode_alone(struct ext4_fs *fs, const u8 *map, u32 bit)
{
	u32 first = bit / fs->inodes_per_block * fs->inodes_per_block;

	for (u32 i = first;
	     i < first + fs->inodes_per_block && i < fs->inodes_per_group; i++)
		if (i != bit && bit_test(map, i))
			return false;
	return true;
}

/* => inode number, 0 with *err; *fresh: its block need not be read */
static u32 inode_take(struct ext4_handle *h, u32 g, bool isdir, bool *fresh,
		      int *err)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_group *gr = &fs->group[g];
	struct buffer *b, *bb;
	u32 bit, used;

	if (gr->gd->flags & BG_BLOCK_UNINIT) {
		bb = ext4_block_bitmap(fs, h, g);
		if (IS_ERR(bb)) {
			*err = (int)PTR_ERR(bb);
			return 0;
		}
		buffer_put(bb);
	}
	b = ext4_inode_bitmap(fs, h, g);
	if (IS_ERR(b)) {
		*err = (int)PTR_ERR(b);
		return 0;
	}
	bit = inode_search(fs, g, b->data);
	if (bit >= fs->inodes_per_group) {
		gr->bad = true;
		*err = ext4_corrupt(fs, "group %u: no inode is free", g);
		goto out;
	}
	*err = ext4_touch(h, b);
	if (!*err)
		*err = ext4_touch(h, gr->gd_buf);
	if (*err)
		goto out;
	*fresh = inode_alone(fs, b->data, bit);
	bit_set(b->data, bit);
	gr->free_inodes--;
	fs->free_inodes--;
	gr->used_dirs += isdir;
	gr->ihint = bit + 1;
	used = fs->inodes_per_group - ext4_gd_unused(fs, g);
	if ((fs->csum || fs->gdt_csum) && bit >= used)
		ext4_gd_set_unused(fs, g, fs->inodes_per_group - bit - 1);
	ext4_inode_bitmap_csum(fs, g, b);
	ext4_gd_store(fs, g);
out:
	buffer_put(b);
	return *err ? 0 : g * fs->inodes_per_group + bit + 1;
}

static u32 inode_alloc_number(struct ext4_handle *h, struct inode *dir,
			      u32 mode, bool *fresh, int *err)
{
	struct ext4_fs *fs = h->fs;
	u32 nr = 0;

	*err = -ENOSPC;
	mutex_lock(&fs->alloc_lock);
	for (u32 tries = 0; tries < 8 && !nr; tries++) {
		u32 g = group_choose(fs, dir, mode);

		if (g >= fs->ngroups)
			break;
		nr = inode_take(h, g, S_ISDIR(mode), fresh, err);
		if (*err && *err != -EUCLEAN)
			break;
	}
	mutex_unlock(&fs->alloc_lock);
	return nr;
}

static void inode_give_back(struct ext4_handle *h, u32 nr, bool isdir, int *err)
{
	struct ext4_fs *fs = h->fs;
	u32 g = (nr - 1) / fs->inodes_per_group;
	u32 bit = (nr - 1) % fs->inodes_per_group;
	struct ext4_group *gr = &fs->group[g];
	struct buffer *b;

	mutex_lock(&fs->alloc_lock);
	b = ext4_inode_bitmap(fs, h, g);
	if (IS_ERR(b)) {
		*err = (int)PTR_ERR(b);
		goto out;
	}
	*err = ext4_touch(h, b);
	if (!*err)
		*err = ext4_touch(h, gr->gd_buf);
	if (!*err && !bit_test(b->data, bit)) {
		*err = ext4_corrupt(fs, "inode %u was free already", nr);
	} else if (!*err) {
		bit_clear(b->data, bit);
		gr->free_inodes++;
		fs->free_inodes++;
		if (isdir && gr->used_dirs)
			gr->used_dirs--;
		gr->ihint = min(gr->ihint, bit);
		ext4_inode_bitmap_csum(fs, g, b);
		ext4_gd_store(fs, g);
	}
	buffer_put(b);
out:
	mutex_unlock(&fs->alloc_lock);
}

struct inode *ext4_new_inode(struct ext4_handle *h, struct inode *dir, u32 mode,
			     const char *name, u32 len)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_dinode *raw;
	struct ext4_inode *ei;
	struct inode *ino;
	struct buffer *b;
	bool fresh = false;
	int err;
	u32 nr;

	if (!ext4_i(dir) || !dir->nlink)
		return ERR_PTR(-ENOENT);
	if ((dir->mode & S_ISGID) && S_ISDIR(mode))
		mode |= S_ISGID;
	ino = inode_alloc(fs->sb, mode);
	if (!ino)
		return ERR_PTR(-ENOMEM);
	nr = inode_alloc_number(h, dir, mode, &fresh, &err);
	if (!nr)
		goto fail;
	ei = ext4_inode_alloc_priv(ino, nr);
	if (!ei) {
		int ignored;

		inode_give_back(h, nr, S_ISDIR(mode), &ignored);
		err = -ENOMEM;
		goto fail;
	}
	if (dir->mode & S_ISGID)
		ino->gid = dir->gid;
	if (S_ISDIR(mode))
		ino->nlink = 2;
	host_random(&ei->generation, sizeof(ei->generation));
	ei->is_new = true;
	ei->flags = ext4_i(dir)->flags & EXT4_FL_INHERITED;
	if (!S_ISDIR(mode))
		ei->flags &= ~EXT4_FL_DIRSYNC;
	if (fs->isize > EXT4_GOOD_OLD_ISIZE) {
		ei->extra_isize = fs->es->want_extra_isize;
		if (ei->extra_isize < 4 || (ei->extra_isize & 3) ||
		    ei->extra_isize > fs->isize - EXT4_GOOD_OLD_ISIZE)
			ei->extra_isize = 32;
	}
	if (fs->extents && (S_ISREG(mode) || S_ISDIR(mode)))
		ext4_extent_init(ei);
	b = ext4_inode_buffer(fs, nr, &raw, fresh);
	err = IS_ERR(b) ? (int)PTR_ERR(b) : ext4_touch(h, b);
	if (!err && fresh && !b->uptodate) {
		memset(b->data, 0, fs->bsize);
		store_release(&b->uptodate, true);
	}
	if (!IS_ERR(b))
		buffer_put(b);
	if (err) {
		int ignored;

		inode_give_back(h, nr, S_ISDIR(mode), &ignored);
		ei->bad = true;
		goto fail;
	}
	ext4_set_ops(ino);
	ext4_inode_insert(fs, ei);
	return ino;
fail:
	/* nothing of it is on the disk: evict leaves it alone */
	inode_put(ino);
	return ERR_PTR(err);
}

int ext4_free_inode(struct ext4_handle *h, struct inode *ino)
{
	struct ext4_inode *ei = ext4_i(ino);
	int err, e = 0;

	ei->dtime = ext4_now();
	err = ext4_write_inode(h, ino);
	inode_give_back(h, ei->ino, S_ISDIR(ino->mode), &e);
	return err ? err : e;
}
