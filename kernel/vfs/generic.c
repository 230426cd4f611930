/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File operations that many file systems share: seeking, reading and writing a
 * regular file through its mapping, "." and ".." of directories.
 *
 * A file system whose files live in the page cache (tmpfs) puts
 * generic_mapping_read and generic_mapping_write into its file_ops. A read
 * takes no lock here; a write holds the inode's lock for the whole call, so
 * that writes of one file do not mix and O_APPEND means what it says.
 */
#include <kernel/signal.h>
#include "vfs/internal.h"

/* Where SEEK_* leads, without any bound but the sign. */
loff_t generic_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = (loff_t)READ_ONCE(f->inode->size), pos;

	switch (whence) {
	case SEEK_SET:
		pos = off;
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(f->pos, off, &pos))
			return -EOVERFLOW;
		break;
	case SEEK_END:
		if (__builtin_add_overflow(size, off, &pos))
			return -EOVERFLOW;
		break;
	case SEEK_DATA: /* no holes are known: all of the file is data */
		if (off < 0 || off >= size)
			return -ENXIO;
		pos = off;
		break;
	case SEEK_HOLE: /* but for the virtual one at the end: lseek(2) */
		if (off < 0 || off >= size)
			return -ENXIO;
		pos = size;
		break;
	default:
		return -EINVAL;
	}
	if (pos < 0)
		return -EINVAL;
	f->pos = pos;
	return pos;
}

/* The first read after a change: what relatime asks for at once. */
static void generic_accessed(struct file *f)
{
	const struct inode *ino = f->inode;

	if (unlikely(ino->atime.sec < ino->mtime.sec ||
		     ino->atime.sec < ino->ctime.sec ||
		     (ino->atime.sec == ino->mtime.sec &&
		      ino->atime.nsec <= ino->mtime.nsec) ||
		     (ino->atime.sec == ino->ctime.sec &&
		      ino->atime.nsec <= ino->ctime.nsec) ||
		     (f->mode & FMODE_ATIME)) &&
	    !(f->flags & O_NOATIME)) {
		f->mode &= ~FMODE_ATIME;
		touch_atime(&f->path);
	}
}

ssize_t generic_mapping_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	ssize_t n;

	if (unlikely(*pos < 0))
		return -EINVAL;
	n = mapping_read_iter(&f->inode->mapping, it, *pos);
	if (likely(n > 0))
		*pos += n;
	generic_accessed(f);
	return n;
}

/* RLIMIT_FSIZE: setrlimit(2). => 0, or -EFBIG; may shorten the write. */
static int generic_check_limit(struct iov_iter *it, loff_t pos)
{
	u64 limit = current->proc->rlim[RLIMIT_FSIZE].rlim_cur;

	if (likely(limit == RLIM_INFINITY))
		return 0;
	if ((u64)pos >= limit) {
		send_signal_task(current, SIGXFSZ, NULL);
		return -EFBIG;
	}
	if (it->count > limit - (u64)pos)
		it->count = limit - (u64)pos;
	return 0;
}

ssize_t generic_mapping_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct inode *ino = f->inode;
	ssize_t n;
	int err;

	if (unlikely(*pos < 0))
		return -EINVAL;
	if (unlikely(!it->count))
		return 0;
	mutex_lock(&ino->lock);
	if (f->flags & O_APPEND)
		*pos = (loff_t)ino->size;
	n = generic_check_limit(it, *pos);
	if (likely(!n)) {
		inode_modified(ino);
		n = mapping_write_iter(&ino->mapping, it, *pos);
	}
	mutex_unlock(&ino->lock);
	if (unlikely(n <= 0))
		return n;
	*pos += n;
	if (unlikely(f->flags & O_DSYNC) && f->ops->fsync) {
		err = f->ops->fsync(f, !(f->flags & __O_SYNC));
		if (err)
			return err;
	}
	return n;
}

bool dir_emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *d = f->path.dentry;
	struct inode *up = d->parent->inode;

	if (ctx->pos == 0 &&
	    !dir_emit(ctx, ".", 1, 1, f->inode->ino, S_IFDIR >> 12))
		return false;
	if (ctx->pos == 1 && !dir_emit(ctx, "..", 2, 2,
				       up ? up->ino : f->inode->ino,
				       S_IFDIR >> 12))
		return false;
	return true;
}
