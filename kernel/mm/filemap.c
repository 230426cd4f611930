// SPDX-License-Identifier: GPL-2.0
/*
 * read(2) and write(2) on files whose content is a mapping: what file systems
 * put into their file_ops. The copying is mapping.c's; here are positions,
 * limits and times.
 *
 * A reader takes no lock. A writer holds inode->lock from the look at the size
 * (O_APPEND) to the end, so that writes are whole against each other.
 */
#include <kernel/types.h>
#include <abi/errno.h>
#include <abi/mount.h>
#include <abi/resource.h>
#include <abi/signal.h>
#include <kernel/pool.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/vfs.h>

static bool filemap_before(const struct timespec_k *a,
			   const struct timespec_k *b)
{
	return a->sec < b->sec || (a->sec == b->sec && a->nsec <= b->nsec);
}

/* relatime; the rule about a day is looked at when the file is opened */
static void filemap_accessed(struct file *f)
{
	struct inode *ino = f->inode;
	u32 flags;

	if (likely(!filemap_before(&ino->atime, &ino->mtime) &&
		   !filemap_before(&ino->atime, &ino->ctime) &&
		   !(f->mode & FMODE_OLD_ATIME)))
		return;
	f->mode &= ~FMODE_OLD_ATIME;
	/* a backed file's times are the business of who stores it */
	if (!f->path.mnt || (f->flags & O_NOATIME) ||
	    ino->mapping.ops == NULL || ino->mapping.ops->read)
		return;
	flags = f->path.mnt->flags | f->path.mnt->sb->flags;
	if (!(flags & (MS_NOATIME | MS_RDONLY)))
		ino->atime = inode_now();
}

ssize_t generic_mapping_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	ssize_t n = mapping_read_iter(&f->inode->mapping, it, *pos);

	if (n > 0)
		*pos += n;
	filemap_accessed(f);
	return n;
}

/* RLIMIT_FSIZE: the part below it is written, the rest is SIGXFSZ. */
static int filemap_limit(struct iov_iter *it, loff_t pos, size_t *cut)
{
	u64 limit = current->proc ? rlimit(RLIMIT_FSIZE) : RLIM_INFINITY;

	*cut = 0;
	if (likely((u64)pos + it->count <= min(limit, (u64)INT64_MAX)))
		return 0;
	if ((u64)pos >= limit) {
		send_signal_self(SIGXFSZ);
		return -EFBIG;
	}
	if (pos == INT64_MAX)
		return -EFBIG;
	limit = min(limit, (u64)INT64_MAX);
	if ((u64)pos + it->count > limit)
		*cut = it->count - (size_t)(limit - (u64)pos);
	return 0;
}

ssize_t generic_mapping_write_locked(struct file *f, struct iov_iter *it,
				     loff_t *pos)
{
	struct inode *ino = f->inode;
	size_t cut;
	ssize_t n;

	if (unlikely(write_appends(f, it)))
		*pos = (loff_t)ino->size;
	n = filemap_limit(it, *pos, &cut);
	if (n)
		return n;
	inode_modified(ino);
	it->count -= cut;
	n = mapping_write_iter(&ino->mapping, it, *pos);
	it->count += cut;
	if (n > 0)
		*pos += n;
	return n;
}

ssize_t generic_mapping_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	ssize_t n;

	if (!it->count)
		return 0;
	mutex_lock(&f->inode->lock);
	n = generic_mapping_write_locked(f, it, pos);
	mutex_unlock(&f->inode->lock);
	return n;
}
