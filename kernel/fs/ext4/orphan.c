// SPDX-License-Identifier: GPL-2.0
/*
 * The orphan list: inodes that a crash must not leak. It is chained on the disk
 * from the superblock through dtime of the inodes. What is on it with links is
 * to be cut to its size at the next mount, what is without is to be deleted.
 *
 * The same list is in memory, newest first as on the disk, so that who leaves
 * it knows whose dtime points to him.
 */
#include "ext4.h"

int ext4_orphan_add(struct ext4_handle *h, struct inode *ino)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_inode *ei = ext4_i(ino);
	int err = 0;

	mutex_lock(&fs->orphan_lock);
	if (ei->orphan)
		goto out;
	err = ext4_touch(h, fs->sb_buf);
	if (err)
		goto out;
	ei->dtime = fs->es->last_orphan;
	err = ext4_write_inode(h, ino);
	if (err)
		goto out;
	fs->es->last_orphan = ei->ino;
	ext4_super_csum(fs);
	list_add(&ei->orphan_node, &fs->orphans);
	ei->orphan = true;
out:
	mutex_unlock(&fs->orphan_lock);
	return err;
}

/* The caller stores the inode itself. */
int ext4_orphan_del(struct ext4_handle *h, struct inode *ino)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_inode *ei = ext4_i(ino), *prev;
	struct ext4_dinode *raw;
	struct buffer *b;
	int err = 0;

	mutex_lock(&fs->orphan_lock);
	if (!ei->orphan)
		goto out;
	if (ei->orphan_node.prev == &fs->orphans) {
		err = ext4_touch(h, fs->sb_buf);
		if (!err) {
			fs->es->last_orphan = ei->dtime;
			ext4_super_csum(fs);
		}
	} else {
		/* the inode may be on its way out: by its number only */
		prev = list_entry(ei->orphan_node.prev, struct ext4_inode,
				  orphan_node);
		b = ext4_inode_buffer(fs, prev->ino, &raw, false);
		err = IS_ERR(b) ? (int)PTR_ERR(b) : ext4_touch(h, b);
		if (!err) {
			prev->dtime = ei->dtime;
			raw->dtime = ei->dtime;
			ext4_inode_csum_set(fs, prev, raw);
		}
		if (!IS_ERR(b))
			buffer_put(b);
	}
	if (!err) {
		list_del(&ei->orphan_node);
		ei->orphan = false;
		ei->dtime = 0;
	}
out:
	mutex_unlock(&fs->orphan_lock);
	return err;
}

/* A list that does not end, or leads nowhere, is dropped. */
void ext4_orphan_cleanup(struct ext4_fs *fs)
{
	u32 nr = fs->es->last_orphan, n = 0, cut = 0, next;
	struct ext4_handle h;

	if (!nr || (fs->es->state & EXT4_STATE_ERROR))
		return;
	fs->cleaning = true;
	while (nr && !fs->aborted) {
		struct inode *ino;
		struct ext4_inode *ei;

		if (n++ > fs->inodes) {
			ext4_error(fs, "the list of orphans has no end");
			break;
		}
		ino = ext4_iget(fs->sb, nr);
		if (IS_ERR(ino)) {
			ext4_error(fs, "orphan %u is no inode", nr);
			break;
		}
		ei = ext4_i(ino);
		next = ei->dtime;
		if (ei->orphan || next == nr) {
			ext4_error(fs, "the list of orphans goes in circles");
			inode_put(ino);
			break;
		}
		mutex_lock(&fs->orphan_lock);
		list_add(&ei->orphan_node, &fs->orphans);
		ei->orphan = true;
		mutex_unlock(&fs->orphan_lock);
		if (ino->nlink && S_ISREG(ino->mode)) {
			u64 end = (ino->size + fs->bsize - 1) >> fs->bbits;

			if (!ext4_is_inline(ino))
				ext4_remove_range(ino, (u32)end, 0xffffffffu);
			cut++;
		}
		if (ino->nlink && !ext4_begin(fs, &h, 6)) {
			ext4_orphan_del(&h, ino);
			ext4_write_inode(&h, ino);
			ext4_end(&h);
		}
		inode_put(ino); /* deletes what has no name */
		nr = next;
	}
	fs->cleaning = false;
	printk(KERN_INFO
	       "ext4 (%s): %u orphans, %u of them cut to their size\n",
	       fs->bdev->name, n, cut);
}
