// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/ubda as a file.
 *
 * However many nodes and names a device has, its content is cached once: in the
 * mapping of an inode that belongs to no file system and that only its struct
 * bdev knows. A file that is open on a node reads and writes there. Dirty pages
 * go out by mapping_sync (fsync, sync, the write-back thread, or the last close).
 * After the last close nothing is kept, so that a file system that is mounted
 * next, and writes past this cache, is seen by whoever opens the node later.
 *
 * O_DIRECT goes past the cache: through a buffer, since a guest's private memory
 * is no memory that the monitor can reach; what the cache has of the range is
 * written before, and forgotten after a write.
 */
#include <abi/errno.h>
#include <abi/fcntl.h>
#include <hostapi/host.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "internal.h"

#define BDEV_DIRECT_BUF 0x40000u

/* --- pages --- */

static int bdev_read_pages(struct mapping *m, u64 off, u64 len)
{
	struct bdev *b = m->inode->priv;
	u64 n = min(len, m->inode->size - off);

	return bdev_read(b, off, host_pool_ptr(m->window + off), (u32)n);
}

static int bdev_write_pages(struct mapping *m, u64 off, u64 len)
{
	struct bdev *b = m->inode->priv;
	u64 mask = b->logical_block - 1, end = off + len;

	/* whole blocks: what is around them is in the cache as well */
	off &= ~mask;
	end = min((end + mask) & ~mask, m->inode->size);
	return bdev_write(b, off, host_pool_ptr(m->window + off),
			  (u32)(end - off), 0);
}

static const struct mapping_ops bdev_mapping_ops = {
	.read = bdev_read_pages,
	.write = bdev_write_pages,
};

int bdev_file_create(struct bdev *b)
{
	struct inode *ino = kzalloc(sizeof(*ino));

	if (!ino)
		return -ENOMEM;
	mutex_init(&ino->lock);
	ino->mode = S_IFBLK | 0600;
	ino->rdev = b->rdev;
	ino->size = b->size;
	ino->priv = b;
	mapping_init(&ino->mapping, ino, &bdev_mapping_ops);
	b->inode = ino;
	return 0;
}

void bdev_file_destroy(struct bdev *b)
{
	mapping_destroy(&b->inode->mapping);
	kfree(b->inode);
	b->inode = NULL;
}

void bdev_file_closed(struct bdev *b)
{
	struct mapping *m = &b->inode->mapping;

	if (!m->nr_resident)
		return;
	if (!b->read_only)
		mapping_sync(m, 0, ~0ull);
	mapping_truncate(m, 0, ~0ull);
}

void bdev_set_size(struct bdev *b, u64 size)
{
	bdev_file_closed(b);
	b->size = size;
	b->inode->size = size;
}

void bdev_sync_all(void)
{
	struct bdev *b;

	mutex_lock(&bdev_lock);
	list_for_each_entry(b, &bdev_list, node) {
		if (b->read_only || !b->inode->mapping.nr_resident)
			continue;
		mapping_sync(&b->inode->mapping, 0, ~0ull);
		bdev_flush(b);
	}
	mutex_unlock(&bdev_lock);
}

/* --- the file --- */

static struct bdev *bdev_of(const struct file *f)
{
	return f->priv;
}

static int bdev_file_open(struct inode *ino, struct file *f)
{
	const void *holder = f->flags & O_EXCL ? f : NULL;
	struct bdev *b = bdev_open(ino->rdev, f->mode & FMODE_WRITE, holder);

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	f->priv = b;
	return 0;
}

static void bdev_file_release(struct file *f)
{
	struct bdev *b = bdev_of(f);

	if (f->mode & FMODE_WRITE)
		mapping_sync(&b->inode->mapping, 0, ~0ull);
	bdev_close(b, f->flags & O_EXCL ? f : NULL);
}

static int bdev_file_fsync(struct file *f, int datasync)
{
	struct bdev *b = bdev_of(f);
	int err = mapping_sync(&b->inode->mapping, 0, ~0ull), e;

	e = bdev_flush(b);
	return err ? err : e == -EOPNOTSUPP ? 0 : e;
}

/* O_DIRECT: [*pos, …) in whole blocks. => bytes or -errno */
static ssize_t bdev_direct(struct bdev *b, struct iov_iter *it, loff_t *pos,
			   bool write, bool sync)
{
	struct mapping *m = &b->inode->mapping;
	u32 mask = b->logical_block - 1;
	u8 *buf;
	ssize_t done = 0;
	int err = 0;

	if (((u64)*pos | it->count) & mask)
		return -EINVAL;
	if (m->nr_resident)
		err = mapping_sync(m, (u64)*pos, it->count);
	if (err)
		return err;
	buf = kmalloc(min_t(size_t, max_t(size_t, it->count, 512),
			    BDEV_DIRECT_BUF));
	if (!buf)
		return -ENOMEM;
	while (it->count) {
		u32 n = (u32)min_t(u64, it->count, BDEV_DIRECT_BUF), got;

		n = (u32)min_t(u64, n, b->size - (u64)*pos);
		if (!n)
			break;
		if (write) {
			got = (u32)copy_from_iter(it, buf, n);
			if (got & mask)
				iov_iter_revert(it, got & mask);
			got &= ~mask;
			if (got)
				err = bdev_write(b, (u64)*pos, buf, got,
						 sync && b->fua ? BIO_FUA : 0);
			else
				err = -EFAULT;
		} else {
			err = bdev_read(b, (u64)*pos, buf, n);
			got = err ? 0 : (u32)copy_to_iter(it, buf, n);
		}
		if (err)
			break;
		*pos += got;
		done += got;
		if (got < n) {
			err = -EFAULT;
			break;
		}
	}
	if (write && done && m->nr_resident)
		mapping_truncate(m, (u64)(*pos - done), (u64)done);
	kfree(buf);
	return done ? done : err;
}

static ssize_t bdev_file_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct bdev *b = bdev_of(f);
	ssize_t n;

	if ((u64)*pos >= b->size)
		return 0;
	if (f->flags & O_DIRECT)
		return bdev_direct(b, it, pos, false, false);
	n = mapping_read_iter(&b->inode->mapping, it, *pos);
	if (n > 0)
		*pos += n;
	return n;
}

static ssize_t bdev_file_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct bdev *b = bdev_of(f);
	struct inode *ino = b->inode;
	ssize_t n;
	size_t cut = 0;

	if (b->read_only)
		return -EPERM;
	if (write_appends(f, it))
		*pos = (loff_t)b->size;
	if (!it->count)
		return 0;
	if ((u64)*pos >= b->size)
		return -ENOSPC;
	if (it->count > b->size - (u64)*pos)
		cut = it->count - (size_t)(b->size - (u64)*pos);
	it->count -= cut;
	mutex_lock(&ino->lock);
	if (f->flags & O_DIRECT) {
		n = bdev_direct(b, it, pos, true, f->flags & O_DSYNC);
	} else {
		n = mapping_write_iter(&ino->mapping, it, *pos);
		if (n > 0)
			*pos += n;
	}
	mutex_unlock(&ino->lock);
	it->count += cut;
	return n;
}

static loff_t bdev_file_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = (loff_t)bdev_of(f)->size, pos;

	switch (whence) {
	case SEEK_SET:
		pos = off;
		break;
	case SEEK_CUR:
		pos = f->pos + off;
		break;
	case SEEK_END:
		pos = size + off;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (off < 0 || off >= size)
			return -ENXIO;
		pos = whence == SEEK_DATA ? off : size;
		break;
	default:
		return -EINVAL;
	}
	if (pos < 0 || pos > size)
		return -EINVAL;
	f->pos = pos;
	return pos;
}

static int bdev_file_mmap(struct file *f, struct mapping **m, int prot,
			  int flags)
{
	*m = &bdev_of(f)->inode->mapping;
	return 0;
}

static int bdev_file_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct bdev *b = bdev_of(f);

	/* KEEP_SIZE with PUNCH_HOLE or ZERO_RANGE */
	if (!(mode & (2 | 16)) || (mode & ~(1 | 2 | 4 | 16)))
		return -EOPNOTSUPP;
	if (off < 0 || len <= 0 || (u64)off > b->size ||
	    (u64)len > b->size - (u64)off)
		return -EINVAL;
	return bdev_range_command(b, (u64)off, (u64)len, true);
}

const struct file_ops bdev_file_fops = {
	.open = bdev_file_open,
	.release = bdev_file_release,
	.read = bdev_file_read,
	.write = bdev_file_write,
	.llseek = bdev_file_llseek,
	.ioctl = bdev_file_ioctl,
	.fsync = bdev_file_fsync,
	.fallocate = bdev_file_fallocate,
	.mmap = bdev_file_mmap,
};
