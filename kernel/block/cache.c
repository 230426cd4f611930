// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/ubda as a file.
 *
 * However many nodes and names a device has, its content is cached once: in the
 * mapping of an inode that belongs to no file system and that only its struct
 * bdev knows. A file that is open on a node reads and writes there. What is
 * written is only marked (mapping->dirty) and goes out by fsync, sync, the last
 * close, the thread "kflush" some seconds later, or, when there is too much of
 * it, by the writer. An error then is told once to the next fsync or close.
 * After the last close nothing is kept, so that a file system that is mounted
 * next, and writes past this cache, is seen by whoever opens the node later.
 *
 * O_DIRECT goes past the cache: through a buffer, since a guest's private memory
 * is no memory that the monitor can reach; what the cache has of the range is
 * written before a read, and follows a write.
 */
#include <abi/errno.h>
#include <abi/fcntl.h>
#include <hostapi/host.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "internal.h"

#define BDEV_DIRECT_BUF	 0x40000u
#define BDEV_WRITE_PAGES 256u /* in one request */
#define BDEV_FLUSH_NS	 (5 * NSEC_PER_SEC)
#define BDEV_DIRTY_MAX	 0x8000u /* pages */

static u64 bdev_dirty_pages; /* of all devices; atomic */
static u32 bdev_flush_wanted;
static struct waitqueue bdev_flush_wait = WAITQUEUE_INIT(bdev_flush_wait);

static void bdev_dirtied(struct bdev *b);

/* --- pages --- */

static int bdev_read_pages(struct mapping *m, u64 off, u64 len)
{
	struct bdev *b = m->inode->priv;
	u64 n = min(len, m->inode->size - off);

	return bdev_read(b, off, host_pool_ptr(m->window + off), (u32)n);
}

/* Written by somebody, or found behind a writable mapping: only marked. */
static int bdev_mark_pages(struct mapping *m, u64 off, u64 len)
{
	u64 pages = PAGE_UP(m->inode->size) / PAGE_SIZE;
	u64 pg = off / PAGE_SIZE, end = PAGE_UP(off + len) / PAGE_SIZE;

	if (!m->dirty) {
		m->dirty = kzalloc(ALIGN_UP(pages, 64) / 8);
		if (!m->dirty)
			return -ENOMEM;
	}
	for (; pg < end; pg++) {
		u64 bit = 1ull << pg % 64;

		if (m->dirty[pg / 64] & bit)
			continue;
		m->dirty[pg / 64] |= bit;
		if (!m->nr_dirty++)
			bdev_dirtied(m->inode->priv);
		atomic_inc(&bdev_dirty_pages);
	}
	return 0;
}

/* The next run of dirty pages from *pg on; caller holds m->lock. => pages */
static u64 bdev_dirty_run(const struct mapping *m, u64 *pg, u64 end)
{
	u64 n = 0;

	while (*pg < end && !(m->dirty[*pg / 64] >> *pg % 64 & 1))
		*pg += *pg % 64 == 0 && !m->dirty[*pg / 64] ? 64 : 1;
	while (*pg + n < end && n < BDEV_WRITE_PAGES &&
	       (m->dirty[(*pg + n) / 64] >> (*pg + n) % 64 & 1))
		n++;
	return n;
}

/* Write one run, and let others have the lock. => pages done, -errno */
static s64 bdev_write_run(struct bdev *b, u64 *pg, u64 end)
{
	struct mapping *m = &b->inode->mapping;
	u64 n = 0, there, off;
	int err = 0;

	mutex_lock(&m->lock);
	if (m->nr_dirty)
		n = bdev_dirty_run(m, pg, end);
	if (n) {
		off = *pg * PAGE_SIZE;
		/* dropped since by a direct write: not ours any more */
		there = mapping_resident_run(m, *pg, n);
		n = there ? there : 1;
		if (there)
			err = bdev_write(b, off, host_pool_ptr(m->window + off),
					 (u32)min(n * PAGE_SIZE, b->size - off),
					 0);
		for (u64 i = *pg; i < *pg + n; i++)
			m->dirty[i / 64] &= ~(1ull << i % 64);
		m->nr_dirty -= n;
		atomic_sub(&bdev_dirty_pages, n);
		if (err)
			b->write_error = err; /* lost: said once */
	}
	mutex_unlock(&m->lock);
	*pg += n;
	return err ? err : (s64)n;
}

int bdev_write_back(struct bdev *b, u64 off, u64 len)
{
	struct mapping *m = &b->inode->mapping;
	u64 pages = PAGE_UP(b->size) / PAGE_SIZE, pg = off / PAGE_SIZE;
	u64 end = len > b->size - min(off, b->size)
			  ? pages
			  : PAGE_UP(off + len) / PAGE_SIZE;
	int err = 0;
	s64 n;

	if (b->read_only)
		return 0;
	mapping_sync(m, off, len); /* what guests wrote by mmap is marked */
	while (READ_ONCE(m->nr_dirty)) {
		n = bdev_write_run(b, &pg, end);
		if (n < 0 && !err)
			err = (int)n;
		if (!n)
			break;
	}
	return err;
}

/* The same for all, with what went wrong since the last time. */
int bdev_sync(struct bdev *b)
{
	bdev_write_back(b, 0, ~0ull);
	return atomic_xchg(&b->write_error, 0);
}

/* --- the thread that does it in time --- */

static void bdev_dirtied(struct bdev *b)
{
	if (!atomic_xchg(&bdev_flush_wanted, 1))
		waitqueue_wake(&bdev_flush_wait);
}

static u64 bdev_dirty_limit(void)
{
	return min_t(u64, mm_total_kb() / 4 / 10, BDEV_DIRTY_MAX);
}

/* A device with dirty pages, held open; NULL: none left after `last`. */
static struct bdev *bdev_next_dirty(u64 after)
{
	struct bdev *b, *found = NULL;

	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node)
		if (b->seq > after && b->inode->mapping.nr_dirty &&
		    (!found || b->seq < found->seq))
			found = b;
	if (found)
		found->openers++;
	mutex_unlock(&bdev_lock);
	return found;
}

static void bdev_flush_thread(void *unused)
{
	struct bdev *b;

	for (;;) {
		u64 seq = 0;

		wait_event(&bdev_flush_wait, READ_ONCE(bdev_flush_wanted),
			   "kflush");
		wait_event_deadline(
			&bdev_flush_wait,
			READ_ONCE(bdev_dirty_pages) > bdev_dirty_limit() / 2,
			time_mono_ns() + BDEV_FLUSH_NS, SLEEP_UNINTR, "kflush");
		WRITE_ONCE(bdev_flush_wanted, 0);
		smp_mb();
		while ((b = bdev_next_dirty(seq))) {
			seq = b->seq;
			bdev_write_back(b, 0, ~0ull);
			if (b->inode->mapping.nr_dirty)
				bdev_dirtied(b);
			bdev_close(b, NULL);
		}
	}
}

void bdev_flush_start(void)
{
	static u32 started;

	if (!atomic_xchg(&started, 1) &&
	    IS_ERR(kthread_start("kflush", bdev_flush_thread, NULL)))
		panic("block: cannot start the flush thread");
}

static const struct mapping_ops bdev_mapping_ops = {
	.read = bdev_read_pages,
	.write = bdev_mark_pages,
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
	atomic_sub(&bdev_dirty_pages, b->inode->mapping.nr_dirty);
	mapping_destroy(&b->inode->mapping);
	kfree(b->inode->mapping.dirty);
	kfree(b->inode);
	b->inode = NULL;
}

void bdev_file_closed(struct bdev *b)
{
	struct mapping *m = &b->inode->mapping;

	if (!m->nr_resident)
		return;
	bdev_write_back(b, 0, ~0ull);
	mapping_truncate(m, 0, ~0ull);
	kfree(m->dirty);
	m->dirty = NULL;
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
	list_for_each_entry (b, &bdev_list, node) {
		if (b->read_only || !b->inode->mapping.nr_resident)
			continue;
		bdev_write_back(b, 0, ~0ull);
		bdev_flush(b);
	}
	mutex_unlock(&bdev_lock);
}

/* --- the file --- */

static struct bdev *bdev_of(const struct file *f)
{
	return f->priv;
}

/* A close tells of an error that nobody has heard of. */
static int bdev_file_flush(struct file *f)
{
	struct bdev *b = bdev_of(f);

	return f->mode & FMODE_WRITE ? atomic_xchg(&b->write_error, 0) : 0;
}

/* Also for writing: it is write(2) that a read-only one refuses. */
static int bdev_file_open(struct inode *ino, struct file *f)
{
	const void *holder = f->flags & O_EXCL ? f : NULL;
	struct bdev *b = bdev_open(ino->rdev, false, holder);

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	f->priv = b;
	if (f->mode & FMODE_WRITE)
		bdev_flush_start();
	return 0;
}

static void bdev_file_release(struct file *f)
{
	struct bdev *b = bdev_of(f);

	bdev_close(b, f->flags & O_EXCL ? f : NULL);
}

static int bdev_file_fsync(struct file *f, int datasync)
{
	struct bdev *b = bdev_of(f);
	int err = bdev_sync(b), e;

	e = bdev_flush(b);
	return err ? err : e == -EOPNOTSUPP ? 0 : e;
}

/*
 * The device was changed past the cache: pages that are there, and may be mapped
 * by somebody, follow in place. data: the new bytes, NULL: read them. Caller
 * holds m->lock.
 */
static void bdev_follow_locked(struct bdev *b, u64 pos, u64 len, const u8 *data)
{
	struct mapping *m = &b->inode->mapping;
	u64 end = pos + len, n;

	for (; pos < end; pos += n) {
		u8 *to = (u8 *)host_pool_ptr(m->window) + pos;

		n = min(PAGE_SIZE - pos % PAGE_SIZE, end - pos);
		if (mapping_resident_run(m, pos / PAGE_SIZE, 1)) {
			if (data)
				memcpy(to, data, n);
			else
				bdev_read(b, pos, to, (u32)n);
		}
		if (data)
			data += n;
	}
}

/*
 * A write (data), or zeros, or a discard, past the cache. Where the cache has
 * pages its lock is held from before to after, or write-back could put an old
 * page over it.
 */
int bdev_change(struct bdev *b, enum bio_op op, u64 pos, u64 len,
		const u8 *data, u32 flags)
{
	struct mapping *m = &b->inode->mapping;
	bool locked = READ_ONCE(m->nr_resident) != 0;
	int err;

	if (locked)
		mutex_lock(&m->lock);
	err = op == BIO_WRITE  ? bdev_write(b, pos, data, (u32)len, flags)
	      : op == BIO_ZERO ? bdev_zero(b, pos, len)
			       : bdev_discard(b, pos, len);
	if (!locked && READ_ONCE(m->nr_resident)) {
		mutex_lock(&m->lock);
		locked = true;
	}
	if (locked) {
		if (!err)
			bdev_follow_locked(b, pos, len, data);
		mutex_unlock(&m->lock);
	}
	return err;
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
	if (!write && m->nr_resident)
		err = bdev_write_back(b, (u64)*pos, it->count);
	if (err)
		return err;
	buf = kmalloc(
		min_t(size_t, max_t(size_t, it->count, 512), BDEV_DIRECT_BUF));
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
				err = bdev_change(b, BIO_WRITE, (u64)*pos, got,
						  buf,
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
	if (f->flags & O_DIRECT) {
		n = bdev_direct(b, it, pos, true, f->flags & O_DSYNC);
	} else {
		mutex_lock(&ino->lock);
		n = mapping_write_iter(&ino->mapping, it, *pos);
		if (n > 0)
			*pos += n;
		mutex_unlock(&ino->lock);
	}
	it->count += cut;
	if (READ_ONCE(bdev_dirty_pages) > bdev_dirty_limit())
		bdev_write_back(b, 0, ~0ull);
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
	.flush = bdev_file_flush,
	.read = bdev_file_read,
	.write = bdev_file_write,
	.llseek = bdev_file_llseek,
	.ioctl = bdev_file_ioctl,
	.fsync = bdev_file_fsync,
	.fallocate = bdev_file_fallocate,
	.mmap = bdev_file_mmap,
};
