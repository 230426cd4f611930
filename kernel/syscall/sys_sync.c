// SPDX-License-Identifier: GPL-2.0
/*
 * Calls about where the bytes of a file are kept: fsync(2) and its kin,
 * fallocate(2), and the hints of posix_fadvise(2) and readahead(2).
 */
#include <kernel/block.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

static long sync_fd(int fd, int datasync)
{
	struct fd_ref r = fd_ref_get(fd);
	long err;

	if (!r.file)
		return -EBADF;
	err = vfs_fsync(r.file, datasync);
	fd_ref_put(r);
	return err;
}

long sys_fsync(int fd)
{
	return sync_fd(fd, 0);
}

long sys_fdatasync(int fd)
{
	return sync_fd(fd, 1);
}

long sys_sync(void)
{
	super_sync_all();
	bdev_sync_all();
	return 0;
}

long sys_syncfs(int fd)
{
	struct fd_ref r = fd_ref_get(fd);
	struct super *sb;
	long err = 0;

	if (!r.file)
		return -EBADF;
	sb = r.file->inode->sb;
	if (sb->ops && sb->ops->sync)
		err = sb->ops->sync(sb);
	fd_ref_put(r);
	return err;
}

long sys_sync_file_range(int fd, long offset, long nbytes, u32 flags)
{
	struct fd_ref r;
	long err = 0;
	s64 end;

	r = fd_ref_get(fd);
	if (!r.file)
		return -EBADF;
	if ((flags & ~(u32)SYNC_FILE_RANGE_WRITE_AND_WAIT) || offset < 0 ||
	    nbytes < 0 || __builtin_add_overflow(offset, nbytes, &end))
		err = -EINVAL;
	else if (S_ISREG(r.file->inode->mode)) {
		if (flags)
			err = mapping_sync(&r.file->inode->mapping, (u64)offset,
					   nbytes ? (u64)nbytes : (u64)-1);
	} else if (!S_ISDIR(r.file->inode->mode) &&
		   !S_ISLNK(r.file->inode->mode) &&
		   !S_ISBLK(r.file->inode->mode)) {
		err = -ESPIPE;
	}
	fd_ref_put(r);
	return err;
}

/* --- fallocate --- */

static int fallocate_check(const struct file *f, int mode, loff_t off,
			   loff_t len)
{
	u32 type = f->inode->mode;
	loff_t end;

	if (off < 0 || len <= 0)
		return -EINVAL;
	switch (mode) {
	case 0:
	case FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_UNSHARE_RANGE:
	case FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_COLLAPSE_RANGE:
	case FALLOC_FL_INSERT_RANGE:
	case FALLOC_FL_WRITE_ZEROES:
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (S_ISFIFO(type))
		return -ESPIPE;
	if (S_ISDIR(type))
		return -EISDIR;
	if (!S_ISREG(type) && !S_ISBLK(type))
		return -ENODEV;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	return f->ops->fallocate ? 0 : -EOPNOTSUPP;
}

long sys_fallocate(int fd, int mode, long offset, long len)
{
	struct fd_ref r = fd_ref_get(fd);
	long err;

	if (!r.file)
		return -EBADF;
	err = fallocate_check(r.file, mode, offset, len);
	if (!err && unlikely(r.file->inode->attrs & FS_IMMUTABLE_FL))
		err = -EPERM;
	if (!err && unlikely(r.file->inode->attrs & FS_APPEND_FL) &&
	    (mode & ~FALLOC_FL_KEEP_SIZE))
		err = -EPERM;
	/* even where the size stays: no page beyond the limit */
	if (!err && !(mode & ~FALLOC_FL_KEEP_SIZE) &&
	    (u64)offset + (u64)len > r.file->inode->size &&
	    (u64)offset + (u64)len >
		    current->proc->rlim[RLIMIT_FSIZE].rlim_cur) {
		send_signal_self(SIGXFSZ);
		err = -EFBIG;
	}
	if (!err)
		err = r.file->ops->fallocate(r.file, mode, offset, len);
	if (!err)
		fsnotify_dentry(r.file->path.dentry, IN_MODIFY);
	fd_ref_put(r);
	return err;
}

/* --- Hints --- */

long sys_fadvise64(int fd, long offset, u64 len, int advice)
{
	struct fd_ref r = fd_ref_get(fd);
	long err = 0;

	if (!r.file)
		return -EBADF;
	if (S_ISFIFO(r.file->inode->mode))
		err = -ESPIPE;
	else if ((s64)len < 0 || advice < POSIX_FADV_NORMAL ||
		 advice > POSIX_FADV_NOREUSE)
		err = -EINVAL;
	else if (advice == POSIX_FADV_WILLNEED && offset >= 0 &&
		 S_ISREG(r.file->inode->mode))
		(void)mapping_populate(&r.file->inode->mapping, (u64)offset,
				       len ? min(len, (u64)1 << 21)
					   : (u64)1 << 21);
	fd_ref_put(r);
	return err;
}

long sys_readahead(int fd, long offset, u64 count)
{
	struct fd_ref r = fd_ref_get(fd);
	long err = 0;

	if (!r.file)
		return -EBADF;
	if (!(r.file->mode & FMODE_READ))
		err = -EBADF;
	else if (!S_ISREG(r.file->inode->mode) || (s64)count < 0)
		err = -EINVAL;
	else if (offset >= 0)
		(void)mapping_populate(&r.file->inode->mapping, (u64)offset,
				       min(count, (u64)1 << 21));
	fd_ref_put(r);
	return err;
}

/* --- cachestat --- */

struct cachestat_range {
	u64 off, len;
};
struct cachestat {
	u64 nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

static void cachestat_count(struct mapping *m, u64 from, u64 to,
			    struct cachestat *st)
{
	while (from < to && !signal_pending(current)) {
		u64 n = mapping_resident_run(m, from, to - from);

		st->nr_cache += n;
		from += n ? n : 1;
	}
	/* of dirty pages only the sum is known at once */
	st->nr_dirty = min(READ_ONCE(m->nr_dirty), st->nr_cache);
}

long sys_cachestat(u32 fd, uaddr range, uaddr stat, u32 flags)
{
	struct cachestat_range r;
	struct cachestat st = { 0 };
	struct fd_ref f = fd_ref_get((int)fd);
	u64 end, pages;
	long err = -EFAULT;

	if (!f.file)
		return -EBADF;
	if (get_user(r, range))
		goto out;
	err = -EINVAL;
	if (flags)
		goto out;
	if (S_ISREG(f.file->inode->mode)) {
		end = r.len && r.off + r.len > r.off ? r.off + r.len : ~0ull;
		pages = PAGE_UP(READ_ONCE(f.file->inode->size)) >> PAGE_SHIFT;
		end = end > (u64)INT64_MAX ? pages : PAGE_UP(end) >> PAGE_SHIFT;
		cachestat_count(&f.file->inode->mapping, r.off >> PAGE_SHIFT,
				min(end, pages), &st);
	}
	err = put_user(st, stat);
out:
	fd_ref_put(f);
	return err;
}
