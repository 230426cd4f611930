// SPDX-License-Identifier: GPL-2.0
/*
 * read(2), write(2) and their relatives: fetch the file, make an iterator over
 * the guest's buffers, call vfs_read() or vfs_write(), keep the position.
 *
 * These are the hottest calls there are. A task whose descriptor table is its
 * own takes no reference on the file, and when nobody else holds the file
 * either, no lock on its position.
 */
#include <abi/uio.h>
#include "syscall/sys_file.h"
#include "vfs/inotify.h"

#define RW_FAST_SEGS 8u

/*
 * inotify's read knows no vectors: it is asked for each buffer by itself, and
 * what does not fit the first one is an error.
 */
static void rw_one_buffer(const struct file *f, struct iov_iter *it)
{
	u32 i = 0;

	if (likely(!inotify_is_file(f)) || !it->seg)
		return;
	while (i + 1 < it->nr && !it->seg[i].len)
		i++;
	it->count = min(it->count, (size_t)it->seg[i].len);
}

typedef ssize_t (*rw_fn)(struct file *f, struct iov_iter *it, loff_t *pos);

/* At the file's own position. */
static __always_inline ssize_t rw_at_file_pos(struct fd_ref r,
					      struct iov_iter *it, rw_fn fn)
{
	struct file *f = r.file;
	loff_t pos = 0;
	ssize_t n;
	bool shared;

	if (f->mode & FMODE_STREAM)
		return fn(f, it, &pos);
	shared = r.counted || READ_ONCE(f->refs.n) > 1;
	if (unlikely(shared))
		mutex_lock(&f->pos_lock);
	pos = f->pos;
	if (likely(rw_range_ok(pos, it->count)))
		n = fn(f, it, &pos);
	else
		n = f->mode & (fn == vfs_read ? FMODE_READ : FMODE_WRITE)
			    ? -EINVAL
			    : -EBADF;
	if (likely(n >= 0))
		f->pos = pos;
	if (unlikely(shared))
		mutex_unlock(&f->pos_lock);
	return n;
}

long sys_read(int fd, uaddr buf, u64 count)
{
	struct fd_ref r = fd_ref_get(fd);
	struct iov_iter it;
	ssize_t n;

	if (unlikely(!r.file))
		return -EBADF;
	if (unlikely(!user_buf_ok(buf, count))) {
		n = r.file->mode & FMODE_READ ? -EFAULT : -EBADF;
	} else {
		iov_iter_ubuf(&it, buf, min(count, MAX_RW_COUNT));
		n = rw_at_file_pos(r, &it, vfs_read);
		if (n > 0)
			current->read_bytes += (u64)n;
	}
	fd_ref_put(r);
	return n;
}

long sys_write(int fd, uaddr buf, u64 count)
{
	struct fd_ref r = fd_ref_get(fd);
	struct iov_iter it;
	ssize_t n;

	if (unlikely(!r.file))
		return -EBADF;
	if (unlikely(!user_buf_ok(buf, count))) {
		n = r.file->mode & FMODE_WRITE ? -EFAULT : -EBADF;
	} else {
		iov_iter_ubuf(&it, buf, min(count, MAX_RW_COUNT));
		n = rw_at_file_pos(r, &it, vfs_write);
		if (n > 0)
			current->write_bytes += (u64)n;
	}
	fd_ref_put(r);
	return n;
}

/* At a position of the caller's. */
static long rw_at(int fd, struct iov_iter *it, loff_t pos, rw_fn fn)
{
	struct fd_ref r;
	ssize_t n;

	if (pos < 0)
		return -EINVAL;
	r = fd_ref_get(fd);
	if (!r.file)
		return -EBADF;
	if (unlikely(r.file->mode & FMODE_STREAM))
		n = -ESPIPE;
	else if (unlikely(!rw_range_ok(pos, it->count)) &&
		 (r.file->mode & (fn == vfs_read ? FMODE_READ : FMODE_WRITE)))
		n = -EINVAL;
	else
		n = fn(r.file, it, &pos);
	fd_ref_put(r);
	return n;
}

long sys_pread64(int fd, uaddr buf, u64 count, long pos)
{
	struct iov_iter it;

	if (!user_buf_ok(buf, count))
		return -EFAULT;
	iov_iter_ubuf(&it, buf, min(count, MAX_RW_COUNT));
	return rw_at(fd, &it, pos, vfs_read);
}

long sys_pwrite64(int fd, uaddr buf, u64 count, long pos)
{
	struct iov_iter it;

	if (!user_buf_ok(buf, count))
		return -EFAULT;
	iov_iter_ubuf(&it, buf, min(count, MAX_RW_COUNT));
	return rw_at(fd, &it, pos, vfs_write);
}

/* --- Vectors --- */

static long rwv_at_file_pos(int fd, uaddr vec, u64 vlen, rw_fn fn)
{
	struct iov_seg fast[RW_FAST_SEGS], *segs = NULL;
	struct fd_ref r = fd_ref_get(fd);
	struct iov_iter it;
	ssize_t n;

	if (!r.file)
		return -EBADF;
	n = iov_iter_import(&it, vec, vlen, fast, RW_FAST_SEGS, &segs);
	if (!n) {
		rw_one_buffer(r.file, &it);
		n = rw_at_file_pos(r, &it, fn);
		kfree(segs);
	}
	fd_ref_put(r);
	return n;
}

long sys_readv(int fd, uaddr vec, u64 vlen)
{
	return rwv_at_file_pos(fd, vec, vlen, vfs_read);
}

long sys_writev(int fd, uaddr vec, u64 vlen)
{
	return rwv_at_file_pos(fd, vec, vlen, vfs_write);
}

static long rwv_at(int fd, uaddr vec, u64 vlen, loff_t pos, rw_fn fn)
{
	struct iov_seg fast[RW_FAST_SEGS], *segs = NULL;
	struct iov_iter it;
	long n;

	if (pos < 0)
		return -EINVAL;
	n = iov_iter_import(&it, vec, vlen, fast, RW_FAST_SEGS, &segs);
	if (!n) {
		n = rw_at(fd, &it, pos, fn);
		kfree(segs);
	}
	return n;
}

/* pos_h would hold the upper half on 32 bits; here pos_l holds all of it. */
long sys_preadv(int fd, uaddr vec, u64 vlen, u64 pos_l, u64 pos_h)
{
	return rwv_at(fd, vec, vlen, (loff_t)pos_l, vfs_read);
}

long sys_pwritev(int fd, uaddr vec, u64 vlen, u64 pos_l, u64 pos_h)
{
	return rwv_at(fd, vec, vlen, (loff_t)pos_l, vfs_write);
}

#define RW_KNOWN                                                      \
	(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | \
	 RWF_NOAPPEND)

/* Without waiting: what can say so. Memory and host files do not. */
static int rw_flags_check(const struct file *f, int flags, u32 mode)
{
	if (flags & ~RW_KNOWN)
		return -EOPNOTSUPP;
	/* files whose operations know no vectors know no flags either */
	if ((flags & ~RWF_HIPRI) &&
	    (S_ISDIR(f->inode->mode) || inotify_is_file(f) ||
	     (mode == FMODE_WRITE && !(f->inode->mode & S_IFMT))))
		return -EOPNOTSUPP;
	if ((flags & RWF_APPEND) && (flags & RWF_NOAPPEND))
		return -EINVAL;
	if ((flags & RWF_NOWAIT) && !S_ISFIFO(f->inode->mode))
		return -EOPNOTSUPP;
	return 0;
}

/* The data, and perhaps the metadata, of what was just written. */
static ssize_t rw_sync_after(struct file *f, int flags, ssize_t n)
{
	int err = 0;

	if (n > 0 && (flags & (RWF_DSYNC | RWF_SYNC)) && f->ops->fsync)
		err = f->ops->fsync(f, !(flags & RWF_SYNC));
	return err ? err : n;
}

/* Errors in the order in which Linux finds them: an empty vector has none. */
static long rwv2(int fd, uaddr vec, u64 vlen, u64 at, int flags, u32 mode,
		 rw_fn fn)
{
	struct iov_seg fast[RW_FAST_SEGS], *segs = NULL;
	loff_t pos = (loff_t)at;
	bool own = at == (u64)-1;
	struct iov_iter it;
	struct fd_ref r;
	ssize_t n;

	if (!own && pos < 0)
		return -EINVAL;
	r = fd_ref_get(fd);
	if (!r.file)
		return -EBADF;
	n = -ESPIPE;
	if (!own && (r.file->mode & FMODE_STREAM))
		goto out;
	n = -EBADF;
	if (!(r.file->mode & mode))
		goto out;
	n = iov_iter_import(&it, vec, vlen, fast, RW_FAST_SEGS, &segs);
	if (n || !it.count)
		goto out;
	n = -EINVAL;
	if (!S_ISDIR(r.file->inode->mode) &&
	    !(mode == FMODE_READ ? (void *)r.file->ops->read
				 : (void *)r.file->ops->write))
		goto out;
	if (!(r.file->mode & FMODE_STREAM) &&
	    !rw_range_ok(own ? r.file->pos : pos, it.count))
		goto out;
	n = rw_flags_check(r.file, flags, mode);
	if (n)
		goto out;
	it.rwf = (u8)flags;
	rw_one_buffer(r.file, &it);
	n = own ? rw_at_file_pos(r, &it, fn) : fn(r.file, &it, &pos);
	if (mode == FMODE_WRITE)
		n = rw_sync_after(r.file, flags, n);
out:
	kfree(segs);
	fd_ref_put(r);
	return n;
}

long sys_preadv2(int fd, uaddr vec, u64 vlen, u64 pos_l, u64 pos_h, int flags)
{
	return rwv2(fd, vec, vlen, pos_l, flags, FMODE_READ, vfs_read);
}

long sys_pwritev2(int fd, uaddr vec, u64 vlen, u64 pos_l, u64 pos_h, int flags)
{
	return rwv2(fd, vec, vlen, pos_l, flags, FMODE_WRITE, vfs_write);
}

long sys_lseek(int fd, long offset, int whence)
{
	struct fd_ref r = fd_ref_get(fd);
	struct file *f = r.file;
	bool shared;
	long pos;

	if (!f)
		return -EBADF;
	pos = -EINVAL;
	if (whence < 0 || whence > SEEK_MAX)
		goto out;
	pos = -ESPIPE;
	if ((f->mode & FMODE_STREAM) && f->ops->llseek != noop_llseek)
		goto out;
	shared = r.counted || READ_ONCE(f->refs.n) > 1;
	if (shared)
		mutex_lock(&f->pos_lock);
	pos = f->ops->llseek ? f->ops->llseek(f, offset, whence)
			     : generic_llseek(f, offset, whence);
	if (shared)
		mutex_unlock(&f->pos_lock);
out:
	fd_ref_put(r);
	return pos;
}
