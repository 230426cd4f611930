// SPDX-License-Identifier: GPL-2.0
/*
 * The content of files: between the pages of a mapping and the disk.
 *
 * Reading goes from the disk straight into the pool. Writing only marks pages
 * (ei->dirty, under mapping->lock) and promises blocks for them, so that ENOSPC
 * is told to who writes; ext4_writeback() finds blocks and writes later, in
 * long runs. A run that needs blocks is one handle, in which the data is
 * written before the handle ends; one that overwrites needs none. The size on
 * the disk follows what was written, so that a crash shows no bytes that never
 * were.
 *
 * Pages written through shared mappings become known in mapping_sync(). They
 * were promised nothing; holes among them that are all zeros stay holes.
 */
#include <abi/fcntl.h>
#include <abi/ioctl.h>
#include <abi/mman.h>
#include <abi/stat.h>
#include <abi/capability.h>
#include <hostapi/host.h>
#include <kernel/cred.h>
#include <kernel/iov.h>
#include "ext4.h"

#define WB_RUN	   2048u  /* pages of one run */
#define DIRTY_KICK 4096u  /* pages of the file system: wake the thread */
#define DIRTY_MAX  24576u /* who writes must help */

/* --- reading --- */

static int read_inline(struct mapping *m, u64 off, u64 len)
{
	u8 *p = (u8 *)host_pool_ptr(m->window) + off;
	int n = ext4_inline_read(m->inode, off, p, (u32)min_t(u64, len, 4096));

	if (n < 0)
		return n;
	memset(p + n, 0, len - (u64)n);
	return 0;
}

static int ext4_read_pages(struct mapping *m, u64 off, u64 len)
{
	struct inode *ino = m->inode;
	struct ext4_fs *fs = ext4_of(ino);
	u8 *p = (u8 *)host_pool_ptr(m->window) + off;
	u64 size = READ_ONCE(ino->size), at = 0;

	if (ext4_is_inline(ino))
		return read_inline(m, off, len);
	while (at < len) {
		struct ext4_map map = { .block = (u32)((off + at) >> fs->bbits),
					.len = (u32)((len - at) >> fs->bbits) };
		int err = ext4_map_blocks(NULL, ino, &map, 0);
		u64 n;

		if (err)
			return err;
		n = (u64)map.len << fs->bbits;
		if (!map.phys || map.unwritten)
			memset(p + at, 0, n);
		else
			err = bdev_read(fs->bdev, map.phys << fs->bbits, p + at,
					(u32)n);
		if (err)
			return err;
		at += n;
	}
	if (off + len > size)
		memset(p + (size > off ? size - off : 0), 0,
		       off + len - max(size, off));
	return 0;
}

/* --- what is dirty --- */

static int dirty_room(struct ext4_inode *ei, u64 pages)
{
	u64 words = ei->dirty_words, *w;

	if (pages <= words * 64)
		return 0;
	while (words * 64 < pages)
		words *= 2;
	if (words > (4u << 20) / 8)
		return -EFBIG;
	w = kzalloc(words * 8);
	if (!w)
		return -ENOMEM;
	memcpy(w, ei->dirty, ei->dirty_words * 8);
	if (ei->dirty != &ei->dirty_one)
		kfree(ei->dirty);
	ei->dirty = w;
	ei->dirty_words = words;
	return 0;
}

static bool dirty_test(const struct ext4_inode *ei, u64 pg)
{
	return pg < ei->dirty_words * 64 &&
	       (ei->dirty[pg / 64] >> (pg % 64) & 1);
}

static void dirty_count(struct ext4_inode *ei, s64 n)
{
	ei->nr_dirty += (u64)n;
	ei->inode->mapping.nr_dirty = ei->nr_dirty;
	atomic_add(&ext4_of(ei->inode)->dirty_pages, (u64)n);
}

static void dirty_set(struct ext4_inode *ei, u64 pg, u64 end)
{
	s64 n = 0;

	for (; pg < end; pg++)
		if (!dirty_test(ei, pg)) {
			ei->dirty[pg / 64] |= 1ull << (pg % 64);
			n++;
		}
	if (n)
		dirty_count(ei, n);
}

static void dirty_clear(struct ext4_inode *ei, u64 pg, u64 end)
{
	s64 n = 0;

	if (!ei->nr_dirty)
		return;
	for (end = min(end, ei->dirty_words * 64); pg < end; pg++)
		if (dirty_test(ei, pg)) {
			ei->dirty[pg / 64] &= ~(1ull << (pg % 64));
			n--;
		}
	if (n)
		dirty_count(ei, n);
}

/* The next dirty page from pg on; ~0: none */
static u64 dirty_next(const struct ext4_inode *ei, u64 pg)
{
	for (; pg < ei->dirty_words * 64; pg++) {
		u64 w = ei->dirty[pg / 64] >> (pg % 64);

		if (w)
			return pg + (u64)__builtin_ctzll(w);
		pg |= 63;
	}
	return ~0ull;
}

static void reserve_release(struct ext4_inode *ei, u64 n)
{
	n = min(n, ei->reserved);
	ei->reserved -= n;
	atomic_sub(&ext4_of(ei->inode)->delayed, n);
}

void ext4_dirty_drop(struct inode *ino, u64 from_page)
{
	struct ext4_inode *ei = ext4_i(ino);

	mutex_lock(&ino->mapping.lock);
	dirty_clear(ei, from_page, ~0ull);
	if (!ei->nr_dirty)
		reserve_release(ei, ei->reserved);
	mutex_unlock(&ino->mapping.lock);
}

/* mapping_ops.write: from write(2) under inode->lock, or from mapping_sync() */
static int ext4_write_pages(struct mapping *m, u64 off, u64 len)
{
	struct ext4_inode *ei = ext4_i(m->inode);
	u64 end = PAGE_UP(off + len) / PAGE_SIZE;
	int err = dirty_room(ei, end);

	if (err)
		return err;
	dirty_set(ei, off / PAGE_SIZE, end);
	ext4_mark_dirty(m->inode);
	return 0;
}

const struct mapping_ops ext4_mapping_ops = {
	.read = ext4_read_pages,
	.write = ext4_write_pages,
};

/* --- promising blocks --- */

/* Blocks that [pg, end) will want, not counting dirty pages. */
static int reserve_count(struct inode *ino, u64 pg, u64 end, u64 *need)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	u32 bpp = (u32)(PAGE_SIZE >> fs->bbits);

	*need = 0;
	while (pg < end) {
		struct ext4_map m = { .block = (u32)(pg * bpp) };
		u64 run = pg;
		int err;

		if (dirty_test(ei, pg)) {
			pg++;
			continue;
		}
		while (run < end && !dirty_test(ei, run))
			run++;
		m.len = (u32)((run - pg) * bpp);
		err = ext4_map_blocks(NULL, ino, &m, 0);
		if (err)
			return err;
		if (!m.phys)
			*need += m.len;
		pg = (m.block + m.len + (m.phys ? 0 : bpp - 1)) / bpp;
		if (m.phys &&
		    m.len % bpp) { /* the page's rest counts as well */
			*need += bpp - m.len % bpp;
			pg++;
		}
	}
	return 0;
}

static bool reserve_take(struct ext4_fs *fs, struct ext4_inode *ei, u64 need)
{
	u64 keep = need / 128 + 4, free = READ_ONCE(fs->free_blocks);

	if (!ext4_may_use_reserve(fs))
		keep += fs->reserved_blocks;
	if (atomic_add(&fs->delayed, need) + keep > free) {
		atomic_sub(&fs->delayed, need);
		return false;
	}
	ei->reserved += need;
	return true;
}

/* Room for a write of *n bytes at pos, which may become shorter. */
static int reserve_write(struct inode *ino, u64 pos, u64 *n)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	u64 pg = pos / PAGE_SIZE, end = PAGE_UP(pos + *n) / PAGE_SIZE, need;
	u32 tries = 0;
	int err;

	mutex_lock(&ino->mapping.lock);
	err = dirty_room(ei, end);
	while (!err) {
		err = reserve_count(ino, pg, end, &need);
		if (err || !need || reserve_take(fs, ei, need))
			break;
		if (end > pg + 1) { /* as much as there is room for */
			end = pg + (end - pg) / 2;
			continue;
		}
		err = -ENOSPC;
		(void)tries;
	}
	mutex_unlock(&ino->mapping.lock);
	if (!err && end * PAGE_SIZE < pos + *n)
		*n = end * PAGE_SIZE - pos;
	return err;
}

/* --- write-back --- */

static bool page_is_zero(const u8 *p, u64 n)
{
	const u64 *w = (const u64 *)p;

	for (u64 i = 0; i < n / 8; i++)
		if (w[i])
			return false;
	return true;
}

static int wb_data(struct ext4_fs *fs, u64 phys, const u8 *data, u32 blocks)
{
	fs->data_writes++;
	return bdev_write(fs->bdev, phys << fs->bbits, data,
			  blocks << fs->bbits, 0);
}

/* Blocks for a hole (or an unwritten extent), and the data, in one handle. */
static int wb_new(struct inode *ino, struct ext4_map *m, const u8 *data)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_handle h;
	u64 end;
	int err = ext4_begin(fs, &h, 2 * ext4_map_credits(fs, ino));

	if (err)
		return err;
	err = ext4_map_blocks(&h, ino, m, EXT4_MAP_CREATE);
	if (!err)
		err = wb_data(fs, m->phys, data, m->len);
	if (!err && m->fresh) {
		reserve_release(ei, m->len);
	} else if (!err && m->unwritten) {
		u32 len = m->len;

		err = ext4_map_blocks(&h, ino, m, EXT4_MAP_WRITTEN);
		if (!err && m->len != len)
			err = -EIO;
	}
	end = min((u64)(m->block + m->len) << fs->bbits, READ_ONCE(ino->size));
	if (!err && end > ei->disk_size)
		ei->disk_size = end;
	ext4_update_blocks(ino);
	if (!err)
		err = ext4_write_inode(&h, ino);
	ext4_end(&h);
	return err;
}

/* [block, end) of the file. Caller holds mapping->lock. */
static int wb_blocks(struct inode *ino, u32 block, u32 end)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct mapping *mp = &ino->mapping;
	u8 *base = host_pool_ptr(mp->window);
	bool mapped = mp->mapped_rw || mp->nr_writable;
	u32 tries = 0;
	int err = 0;

	while (block < end && !err) {
		const u8 *data = base + ((u64)block << fs->bbits);
		struct ext4_map m = { .block = block, .len = end - block };

		err = ext4_map_blocks(NULL, ino, &m, 0);
		if (err)
			break;
		if (m.phys && !m.unwritten) {
			err = wb_data(fs, m.phys, data, m.len);
		} else if (mapped && page_is_zero(data, fs->bsize)) {
			m.len = 1; /* stays a hole */
		} else {
			if (mapped)
				for (u32 i = 1; i < m.len; i++)
					if (page_is_zero(data + ((u64)i
								 << fs->bbits),
							 fs->bsize))
						m.len = i;
			err = wb_new(ino, &m, data);
			if (err == -ENOSPC && fs->held_blocks && !tries++ &&
			    !ext4_commit(fs, 0)) {
				err = 0;
				continue;
			}
		}
		block += m.len;
	}
	return err;
}

/* One run of dirty pages. => 1 there was one, 0, -errno */
static int wb_run(struct inode *ino, u64 *from)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	u64 size, pg, n, limit, end;
	int err = 0;

	mutex_lock(&ino->mapping.lock);
	size = READ_ONCE(ino->size);
	pg = ei->nr_dirty ? dirty_next(ei, *from) : ~0ull;
	if (pg == ~0ull) {
		if (!ei->nr_dirty)
			reserve_release(ei, ei->reserved);
		mutex_unlock(&ino->mapping.lock);
		return 0;
	}
	for (n = 1; n < WB_RUN && dirty_test(ei, pg + n); n++)
		;
	*from = pg + n;
	end = (pg + n) * PAGE_SIZE;
	limit = (min(end, size) + fs->bsize - 1) >> fs->bbits;
	if (pg * PAGE_SIZE < size && end <= ino->mapping.window_len)
		err = wb_blocks(ino, (u32)(pg * PAGE_SIZE >> fs->bbits),
				(u32)limit);
	if (!err || err == -EIO)
		dirty_clear(ei, pg, pg + n);
	mutex_unlock(&ino->mapping.lock);
	return err ? err : 1;
}

int ext4_writeback(struct inode *ino)
{
	struct ext4_inode *ei = ext4_i(ino);
	int err = 0, r;
	u64 from = 0;

	if (!S_ISREG(ino->mode) || !ei->nr_dirty)
		return 0;
	do {
		r = wb_run(ino, &from);
		if (r < 0) {
			err = r;
			if (!ei->wb_error)
				ei->wb_error = r;
		}
	} while (r == 1 || r == -EIO);
	return err;
}

/* --- write(2) --- */

/* Bytes between the old end and pos become visible: they are zeros. */
static int write_gap(struct inode *ino, u64 size)
{
	int err = 0;

	if (!(size % PAGE_SIZE))
		return 0;
	err = mapping_populate(&ino->mapping, size - 1, 1);
	if (err)
		return err;
	mutex_lock(&ino->mapping.lock);
	err = ext4_write_pages(&ino->mapping, size - 1, 1);
	mutex_unlock(&ino->mapping.lock);
	return err;
}

static ssize_t write_locked(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct inode *ino = f->inode;
	struct ext4_fs *fs = ext4_of(ino);
	u64 at, n = it->count, max = ext4_max_size(fs, ext4_uses_extents(ino));
	size_t cut;
	ssize_t r;
	int err;

	at = write_appends(f, it) ? ino->size : (u64)*pos;
	if (ext4_readonly(fs))
		return -EROFS;
	if (at >= max)
		return -EFBIG;
	n = min(n, max - at);
	err = ext4_is_inline(ino) ? ext4_inline_convert_file(ino) : 0;
	if (!err && at > ino->size)
		err = write_gap(ino, ino->size);
	if (!err)
		err = reserve_write(ino, at, &n);
	if (err)
		return err;
	cut = it->count - n;
	it->count = n;
	r = generic_mapping_write_locked(f, it, pos);
	it->count += cut;
	return r;
}

static ssize_t ext4_file_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct inode *ino = f->inode;
	struct ext4_fs *fs = ext4_of(ino);
	u32 tries = 0;
	ssize_t n;

	if (!it->count)
		return 0;
	for (;;) {
		mutex_lock(&ino->lock);
		n = write_locked(f, it, pos);
		mutex_unlock(&ino->lock);
		/* what was deleted just now, or promised too generously */
		if (n != -ENOSPC || tries++ ||
		    !(fs->held_blocks || fs->delayed))
			break;
		ext4_sync_super(fs->sb);
	}
	if (n > 0 && fs->dirty_pages > DIRTY_MAX) {
		ext4_writeback(ino);
	} else if (n > 0 && fs->dirty_pages > DIRTY_KICK && !fs->kick) {
		WRITE_ONCE(fs->kick, true);
		waitqueue_wake_all(&fs->thread_wait);
	}
	if (n > 0 && ((fs->sb->flags & MS_SYNCHRONOUS) ||
		      (ext4_i(ino)->flags & EXT4_FL_SYNC))) {
		int err = ext4_fsync(f, 0);

		if (err)
			n = err;
	}
	return n;
}

/* --- truncate --- */

static int resize_grow(struct inode *ino, u64 size)
{
	struct ext4_fs *fs = ext4_of(ino);
	int err;

	if (size > ext4_max_size(fs, ext4_uses_extents(ino)))
		return -EFBIG;
	err = write_gap(ino, ino->size);
	if (!err)
		err = ext4_writeback(ino);
	if (err)
		return err;
	mutex_lock(&ino->mapping.lock);
	if (ino->mapping.was_mapped)
		err = mapping_reserve_locked(&ino->mapping, size);
	if (err == -EFBIG)
		err = 0;
	if (!err) {
		WRITE_ONCE(ino->size, size);
		ext4_i(ino)->disk_size = size;
	}
	mutex_unlock(&ino->mapping.lock);
	return err;
}

static int resize_shrink(struct inode *ino, u64 size)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_handle h;
	int err = ext4_begin(fs, &h, 10);

	if (err)
		return err;
	WRITE_ONCE(ino->size, size);
	ei->disk_size = min(ei->disk_size, size);
	err = ext4_orphan_add(&h, ino);
	if (!err)
		err = ext4_write_inode(&h, ino);
	ext4_end(&h);
	ext4_dirty_drop(ino, PAGE_UP(size) / PAGE_SIZE);
	mapping_truncate(&ino->mapping, size, (u64)-1);
	if (!err)
		err = ext4_remove_range(
			ino, (u32)((size + fs->bsize - 1) >> fs->bbits),
			0xffffffffu);
	if (!err)
		err = ext4_begin(fs, &h, 8);
	if (err)
		return err;
	if (ino->nlink)
		err = ext4_orphan_del(&h, ino);
	if (!err)
		err = ext4_write_inode(&h, ino);
	ext4_end(&h);
	return err;
}

int ext4_resize(struct inode *ino, u64 size)
{
	int err = 0;

	if (ext4_is_inline(ino))
		err = ext4_inline_convert_file(ino);
	if (err)
		return err;
	/* also to the same size: blocks beyond the end go */
	if (size > ino->size)
		return resize_grow(ino, size);
	return resize_shrink(ino, size);
}

/* --- fallocate --- */

static int falloc_blocks(struct inode *ino, u32 block, u32 end, u64 size)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	u32 tries = 0;
	int err = 0;

	while (block < end && !err) {
		struct ext4_map m = { .block = block, .len = end - block };
		struct ext4_handle h;

		err = ext4_begin(fs, &h, 2 * ext4_map_credits(fs, ino));
		if (err)
			break;
		err = ext4_map_blocks(&h, ino, &m,
				      EXT4_MAP_CREATE | EXT4_MAP_UNWRITTEN);
		if (!err) {
			u64 at = (u64)(block + m.len) << fs->bbits;

			block += m.len;
			if (block >= end)
				at = size;
			if (size && min(at, size) > ino->size)
				WRITE_ONCE(ino->size, min(at, size));
			if (size && ino->size > ei->disk_size && !ei->nr_dirty)
				ei->disk_size = ino->size;
			err = ext4_write_inode(&h, ino);
		}
		ext4_end(&h);
		if (err == -ENOSPC && fs->held_blocks && !tries++ &&
		    !ext4_commit(fs, 0))
			err = 0;
	}
	return err;
}

/* The parts of pages at the edges are zeroed in memory and written later. */
static int punch_edge(struct inode *ino, u64 at)
{
	int err;

	if (!(at % PAGE_SIZE) || at >= ino->size)
		return 0;
	err = mapping_populate(&ino->mapping, at, 1);
	if (err)
		return err;
	mutex_lock(&ino->mapping.lock);
	err = ext4_write_pages(&ino->mapping, at, 1);
	mutex_unlock(&ino->mapping.lock);
	return err;
}

static int punch(struct inode *ino, u64 off, u64 len)
{
	struct ext4_fs *fs = ext4_of(ino);
	u64 end = min(off + len, PAGE_UP(ino->size)), first, last;
	int err = ext4_writeback(ino);

	if (off >= end)
		return err;
	first = (off + fs->bsize - 1) >> fs->bbits;
	last = end >> fs->bbits;
	if (!err)
		err = punch_edge(ino, off);
	if (!err)
		err = punch_edge(ino, end);
	if (!err && last > first)
		err = ext4_remove_range(ino, (u32)first, (u32)last);
	if (err)
		return err;
	mapping_truncate(&ino->mapping, off, end - off);
	mutex_lock(&ino->mapping.lock);
	if (end / PAGE_SIZE > PAGE_UP(off) / PAGE_SIZE)
		dirty_clear(ext4_i(ino), PAGE_UP(off) / PAGE_SIZE,
			    end / PAGE_SIZE);
	mutex_unlock(&ino->mapping.lock);
	return 0;
}

static int falloc_locked(struct inode *ino, int mode, u64 off, u64 len)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_handle h;
	u64 size = mode & FALLOC_FL_KEEP_SIZE ? 0 : off + len;
	bool zero = mode & FALLOC_FL_ZERO_RANGE;
	int err = 0;

	if (ext4_readonly(fs))
		return -EROFS;
	if (ext4_i(ino)->flags & (EXT4_FL_IMMUTABLE | EXT4_FL_APPEND))
		return -EPERM;
	if (ext4_is_inline(ino))
		err = ext4_inline_convert_file(ino);
	if (!err && !ext4_uses_extents(ino))
		return -EOPNOTSUPP;
	if (!err && off + len > ext4_max_size(fs, true))
		return -EFBIG;
	if (!err && ((mode & FALLOC_FL_PUNCH_HOLE) || zero))
		err = punch(ino, off, len);
	if (!err && !(mode & FALLOC_FL_PUNCH_HOLE)) {
		if (size > ino->size) {
			err = write_gap(ino, ino->size);
			if (!err)
				err = ext4_writeback(ino);
		}
		if (!err)
			err = falloc_blocks(
				ino, (u32)(off >> fs->bbits),
				(u32)((off + len + fs->bsize - 1) >> fs->bbits),
				size);
	}
	if (err)
		return err;
	inode_modified(ino);
	err = ext4_begin(fs, &h, 4);
	if (err)
		return err;
	err = ext4_write_inode(&h, ino);
	ext4_end(&h);
	return err;
}

static int ext4_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *ino = f->inode;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE |
		     FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	mutex_lock(&ino->lock);
	err = falloc_locked(ino, mode, (u64)off, (u64)len);
	mutex_unlock(&ino->lock);
	return err;
}

/* --- the rest --- */

static loff_t ext4_file_llseek(struct file *f, loff_t off, int whence)
{
	struct inode *ino = f->inode;
	struct ext4_fs *fs = ext4_of(ino);
	u64 at = (u64)off, size;
	int err;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_llseek(f, off, whence);
	size = READ_ONCE(ino->size);
	if (off < 0 || at >= size)
		return -ENXIO;
	if (ino->mapping.mapped_rw)
		mapping_sync(&ino->mapping, 0, ~0ull);
	ext4_writeback(ino);
	while (at < size && !ext4_is_inline(ino)) {
		struct ext4_map m = { .block = (u32)(at >> fs->bbits),
				      .len = 0x7fffffff };

		err = ext4_map_blocks(NULL, ino, &m, 0);
		if (err)
			return err;
		if ((m.phys && !m.unwritten) == (whence == SEEK_DATA))
			break;
		at = ((u64)m.block + m.len) << fs->bbits;
	}
	if (ext4_is_inline(ino) && whence == SEEK_HOLE)
		at = size;
	if (at >= size) {
		if (whence == SEEK_DATA)
			return -ENXIO;
		at = size;
	}
	f->pos = (loff_t)at;
	return (loff_t)at;
}

int ext4_sync_inode(struct inode *ino)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_handle h;
	int err = 0;

	if (S_ISREG(ino->mode)) {
		if (ino->mapping.mapped_rw || ino->mapping.nr_writable)
			err = mapping_sync(&ino->mapping, 0, ~0ull);
		if (!err)
			err = ext4_writeback(ino);
	}
	if (!ei->attr_dirty)
		return err;
	if (ext4_begin(fs, &h, 4))
		return err ? err : -EROFS;
	ei->attr_dirty = false;
	/* everything up to the size has been written, or is a hole */
	if (S_ISREG(ino->mode) && !err && !ei->nr_dirty)
		ei->disk_size = max(ei->disk_size, READ_ONCE(ino->size));
	if (ei->disk_size > ino->size && S_ISREG(ino->mode))
		ei->disk_size = ino->size;
	if (ext4_write_inode(&h, ino) && !err)
		err = -EIO;
	ext4_end(&h);
	return err;
}

int ext4_fsync(struct file *f, int datasync)
{
	struct inode *ino = f->inode;
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	u64 writes;
	int err, e;

	if (fs->aborted)
		return -EROFS;
	if (fs->sb->flags & MS_RDONLY)
		return 0;
	err = ext4_sync_inode(ino);
	if (ei->wb_error) {
		err = err ? err : ei->wb_error;
		ei->wb_error = 0;
	}
	writes = READ_ONCE(fs->data_writes);
	e = ei->tid || !fs->journal ? ext4_commit(fs, ei->tid) : 0;
	if (!e && READ_ONCE(fs->data_flushed) != writes)
		e = ext4_flush(fs);
	return err ? err : e;
}

static int ext4_open(struct inode *ino, struct file *f)
{
	u32 flags = ext4_i(ino)->flags;

	if (!(f->mode & FMODE_WRITE))
		return 0;
	if (flags & EXT4_FL_IMMUTABLE)
		return -EPERM;
	if ((flags & EXT4_FL_APPEND) && !(f->flags & O_APPEND))
		return -EPERM;
	return 0;
}

static void ext4_release(struct file *f)
{
	struct inode *ino = f->inode;

	if ((f->mode & FMODE_WRITE) && ino->mapping.mapped_rw && ino->nlink)
		mapping_sync(&ino->mapping, 0, ~0ull);
	ext4_atime_check(ino);
}

static int ext4_mmap(struct file *f, struct mapping **m, int prot, int flags)
{
	struct inode *ino = f->inode;
	int err;

	if ((flags & MAP_TYPE) != MAP_PRIVATE && (f->mode & FMODE_WRITE)) {
		if (ext4_is_inline(ino)) {
			mutex_lock(&ino->lock);
			err = ext4_is_inline(ino)
				      ? ext4_inline_convert_file(ino)
				      : 0;
			mutex_unlock(&ino->lock);
			if (err)
				return err;
		}
		ino->mapping.mapped_rw = true;
	}
	*m = &ino->mapping;
	return 0;
}

const struct file_ops ext4_file_fops = {
	.open = ext4_open,
	.release = ext4_release,
	.read = generic_mapping_read,
	.write = ext4_file_write,
	.llseek = ext4_file_llseek,
	.fsync = ext4_fsync,
	.fallocate = ext4_fallocate,
	.mmap = ext4_mmap,
	.ioctl = ext4_ioctl,
};
