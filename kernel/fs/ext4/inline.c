// SPDX-License-Identifier: GPL-2.0
/*
 * Inline data: a small file or directory in the inode itself, sixty bytes in
 * place of the block numbers and the rest as the attribute "system.data".
 *
 * Others write such inodes, we read them; what is to be changed becomes an
 * ordinary file or directory first.
 */
#include <hostapi/host.h>
#include "ext4.h"

#define INLINE_FIRST 60u

int ext4_inline_read(struct inode *ino, u64 off, void *buf, u32 n)
{
	struct ext4_fs *fs = ext4_of(ino);
	u32 size = (u32)min_t(u64, ino->size, fs->isize), have = INLINE_FIRST;
	struct ext4_dinode *raw;
	struct buffer *b;
	ssize_t rest;
	u8 *all;

	all = kzalloc(fs->isize * 2);
	if (!all)
		return -ENOMEM;
	b = ext4_inode_buffer(fs, ext4_i(ino)->ino, &raw, false);
	if (IS_ERR(b)) {
		kfree(all);
		return (int)PTR_ERR(b);
	}
	memcpy(all, raw->block, INLINE_FIRST);
	buffer_put(b);
	rest = ext4_xattr_get(ino, 7, "data", all + INLINE_FIRST, fs->isize);
	if (rest > 0)
		have += (u32)rest;
	if (rest < 0 && rest != -ENODATA) {
		kfree(all);
		return (int)rest;
	}
	if (S_ISDIR(ino->mode))
		size = have; /* all of it is entries */
	size = min(size, have);
	if (off >= size)
		n = 0;
	else
		n = min_t(u32, n, size - (u32)off);
	memcpy(buf, all + off, n);
	kfree(all);
	return (int)n;
}

/* No longer inline: the place is an empty block map. */
static int inline_strip(struct ext4_handle *h, struct inode *ino)
{
	struct ext4_inode *ei = ext4_i(ino);
	int err = ext4_xattr_set(h, ino, 7, "data", NULL, 0, 0);

	if (err && err != -ENODATA)
		return err;
	ei->flags &= ~EXT4_FL_INLINE_DATA;
	memset(ei->block, 0, sizeof(ei->block));
	if (h->fs->extents)
		ext4_extent_init(ei);
	return 0;
}

int ext4_inline_convert_file(struct inode *ino)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_map m = { .len = 1 };
	struct ext4_handle h;
	u8 *data;
	int n, err;

	data = kzalloc(fs->bsize);
	if (!data)
		return -ENOMEM;
	n = ext4_inline_read(ino, 0, data, fs->bsize);
	err = n < 0 ? n
		    : ext4_begin(fs, &h,
				 ext4_map_credits(fs, ino) +
					 ext4_xattr_credits(fs) + 8);
	if (err) {
		kfree(data);
		return err;
	}
	err = inline_strip(&h, ino);
	if (!err && n) {
		err = ext4_map_blocks(&h, ino, &m, EXT4_MAP_CREATE);
		if (!err)
			err = bdev_write(fs->bdev, m.phys << fs->bbits, data,
					 fs->bsize, 0);
		fs->data_writes++;
	}
	if (!err)
		err = ext4_write_inode(&h, ino);
	ext4_end(&h);
	kfree(data);
	return err;
}

static int inline_copy_entries(struct inode *dir, u8 *from, u32 size, u8 *to)
{
	struct ext4_dirent *e;
	int err;

	for (u32 off = 0; off < size; off += e->rec_len) {
		e = ext4_dirent_at(dir, from, off, size);
		if (!e)
			return -EUCLEAN;
		if (!e->ino)
			continue;
		err = ext4_leaf_add(dir, to, ext4_leaf_size(dir), e->name,
				    e->name_len, e->ino, e->type);
		if (err)
			return err;
	}
	return 0;
}

int ext4_inline_convert_dir(struct ext4_handle *h, struct inode *dir)
{
	struct ext4_fs *fs = h->fs;
	u8 *data = kzalloc(fs->isize);
	struct buffer *b = NULL;
	int n, err;

	if (!data)
		return -ENOMEM;
	n = ext4_inline_read(dir, 0, data, fs->isize);
	err = n < 0 ? n : n < (int)INLINE_FIRST ? -EUCLEAN : 0;
	if (!err)
		err = inline_strip(h, dir);
	if (!err)
		err = ext4_dir_make(h, dir, *(u32 *)data);
	if (!err) {
		b = ext4_dir_block(dir, 0);
		err = IS_ERR(b) ? (int)PTR_ERR(b) : 0;
	}
	if (!err) {
		err = inline_copy_entries(dir, data + 4, INLINE_FIRST - 4,
					  b->data);
		if (!err)
			err = inline_copy_entries(dir, data + INLINE_FIRST,
						  (u32)n - INLINE_FIRST,
						  b->data);
		ext4_dir_csum_set(dir, b->data, 0);
		buffer_put(b);
	}
	kfree(data);
	return err ? err : ext4_write_inode(h, dir);
}
