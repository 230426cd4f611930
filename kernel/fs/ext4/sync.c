// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that is dirty: sync(2), the thread's rounds, and the ioctls that
 * are about the file system as a whole.
 */
#include <abi/capability.h>
#include <kernel/cred.h>
#include <kernel/uaccess.h>
#include "journal.h"

/* The first of the list, whose reference the caller gets. */
static struct inode *sync_take(struct ext4_fs *fs)
{
	struct ext4_inode *ei = NULL;

	spin_lock(&fs->dirty_lock);
	if (!list_empty(&fs->dirty)) {
		ei = list_first(&fs->dirty, struct ext4_inode, dirty_node);
		list_del(&ei->dirty_node);
	}
	spin_unlock(&fs->dirty_lock);
	return ei ? ei->inode : NULL;
}

/* Put what is mapped writable on the list: nobody has told of its writes. */
static void sync_find_mapped(struct ext4_fs *fs)
{
	for (u32 i = 0; i < EXT4_INODE_BUCKETS; i++) {
		struct inode *ino;
		struct ext4_inode *ei;

		do {
			ino = NULL;
			spin_lock(&fs->inode_lock);
			for (ei = fs->inode_hash[i]; ei; ei = ei->hash_next)
				if (S_ISREG(ei->inode->mode) &&
				    (ei->inode->mapping.mapped_rw ||
				     ei->inode->mapping.nr_writable) &&
				    list_empty(&ei->dirty_node) &&
				    ref_get_unless_zero(&ei->inode->refs)) {
					ino = ei->inode;
					break;
				}
			spin_unlock(&fs->inode_lock);
			if (ino) {
				ext4_mark_dirty(ino);
				inode_put(ino);
			}
		} while (ino);
	}
}

static int sync_dirty(struct ext4_fs *fs)
{
	struct list_head again;
	struct inode *ino;
	u64 max;
	int err = 0, e;

	mutex_lock(&fs->wb_lock);
	list_init(&again);
	/* no more than there are now: writers may add for ever */
	for (max = 1u << 20; max; max--) {
		ino = sync_take(fs);
		if (!ino)
			break;
		e = ext4_sync_inode(ino);
		if (e && !err)
			err = e;
		if (e && e != -EIO && !fs->aborted && ext4_i(ino)->nr_dirty) {
			/* it could not be written now: keep it */
			spin_lock(&fs->dirty_lock);
			if (list_empty(&ext4_i(ino)->dirty_node)) {
				inode_get(ino);
				list_add_tail(&ext4_i(ino)->dirty_node, &again);
			}
			spin_unlock(&fs->dirty_lock);
		}
		inode_put(ino);
	}
	spin_lock(&fs->dirty_lock);
	while (!list_empty(&again)) {
		struct list_head *n = again.next;

		list_del(n);
		list_add_tail(n, &fs->dirty);
	}
	spin_unlock(&fs->dirty_lock);
	mutex_unlock(&fs->wb_lock);
	return err;
}

int ext4_sync_fs(struct ext4_fs *fs)
{
	u64 writes;
	int err, e;

	if (fs->aborted)
		return -EROFS;
	sync_find_mapped(fs);
	err = sync_dirty(fs);
	e = ext4_commit(fs, 0);
	writes = READ_ONCE(fs->data_writes);
	if (!e && READ_ONCE(fs->data_flushed) != writes)
		e = ext4_flush(fs);
	return err ? err : e;
}

int ext4_sync_super(struct super *sb)
{
	struct ext4_fs *fs = ext4_fs(sb);

	return (sb->flags & MS_RDONLY) ? 0 : ext4_sync_fs(fs);
}

void ext4_drop_dirty(struct ext4_fs *fs)
{
	struct inode *ino;

	while ((ino = sync_take(fs))) {
		if (S_ISREG(ino->mode))
			ext4_dirty_drop(ino, 0);
		inode_put(ino);
	}
}

void ext4_background(struct ext4_fs *fs)
{
	struct journal *j = fs->journal;

	if (ext4_readonly(fs))
		return;
	sync_dirty(fs);
	ext4_commit(fs, 0);
	if (j && j->free < (j->maxlen - j->first) / 4 * 3) {
		mutex_lock(&j->commit_lock);
		journal_checkpoint_locked(j, j->maxlen / 2);
		mutex_unlock(&j->commit_lock);
	}
}

/* --- ioctls --- */

#define FITRIM 0xc0185879u

static long ioctl_set_flags(struct file *f, u32 v)
{
	struct inode *ino = f->inode;
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_handle h;
	u32 keep = EXT4_FL_EXTENTS | EXT4_FL_INLINE_DATA | EXT4_FL_INDEX |
		   EXT4_FL_HUGE_FILE;
	int err;

	if (ext4_readonly(fs))
		return -EROFS;
	if (!inode_owner_or_capable(ino))
		return -EPERM;
	if (((v ^ ei->flags) & EXT4_FL_USER_VISIBLE) &
	    ~(EXT4_FL_USER_SETTABLE | keep))
		return -EOPNOTSUPP;
	if (((v ^ ei->flags) & (EXT4_FL_IMMUTABLE | EXT4_FL_APPEND)) &&
	    !capable(CAP_LINUX_IMMUTABLE))
		return -EPERM;
	mutex_lock(&ino->lock);
	err = ext4_begin(fs, &h, 4);
	if (!err) {
		ei->flags = (ei->flags & ~EXT4_FL_USER_SETTABLE) |
			    (v & EXT4_FL_USER_SETTABLE);
		ino->ctime = inode_now();
		err = ext4_write_inode(&h, ino);
		ext4_end(&h);
	}
	mutex_unlock(&ino->lock);
	return err;
}

static long ioctl_trim(struct ext4_fs *fs, uaddr arg)
{
	struct {
		u64 start, len, minlen;
	} r;
	long err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	if (ext4_readonly(fs))
		return -EROFS;
	err = ext4_trim(fs, r.start, r.len, r.minlen, &r.len);
	if (!err && copy_to_user(arg, &r, sizeof(r)))
		err = -EFAULT;
	return err;
}

long ext4_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct ext4_inode *ei = ext4_i(f->inode);
	u32 v;

	switch (cmd) {
	case FS_IOC_GETFLAGS:
		v = ei->flags & EXT4_FL_USER_VISIBLE;
		return put_user(v, UADDR(arg));
	case FS_IOC_SETFLAGS:
		if (get_user(v, UADDR(arg)))
			return -EFAULT;
		return ioctl_set_flags(f, v);
	case FS_IOC_GETVERSION:
		v = ei->generation;
		return put_user(v, UADDR(arg));
	case FITRIM:
		return ioctl_trim(ext4_of(f->inode), UADDR(arg));
	}
	return -ENOTTY;
}
