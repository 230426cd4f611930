// SPDX-License-Identifier: GPL-2.0
/*
 * The page cache: struct mapping, one for each regular file (see
 * kernel/pool.h for what it is, pool.c for the windows).
 *
 * Reading takes no lock. A reader notes m->seq, looks at the bitmap, copies
 * straight from the window to where the data goes, and looks at m->seq again;
 * if it has changed, the copy is made again. That is safe because a window that
 * a mapping has outgrown is kept (punched, so it is only addresses) until the
 * mapping dies: a late reader finds zeros there, never another file's bytes.
 * window is stored before window_len, and read after it, so that a length never
 * goes with a window that is too short for it.
 *
 * The bitmap. Backed mappings: the page is there; a clear bit means ops->read
 * must fetch it. RAM mappings: the page was written; a clear bit means that the
 * page is a hole and reads as zeros without touching the window (the host gives
 * memory to a page of the pool that is only read). Once a RAM mapping has been
 * mapped by somebody (was_mapped), pages may be there without a bit.
 *
 * User copies are the _nofault ones, with m->lock or nothing held; what stops
 * short is faulted in with no mapping lock held and tried again.
 *
 * Growing is in this file, dropping pages and writing back in mapping_drop.c.
 */
#include <kernel/types.h>
#include <abi/errno.h>
#include <hostapi/host.h>
#include <kernel/mm.h>
#include <kernel/pool.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include "mapping.h"

#define MAPPING_WRITE_CHUNK 0x400000ul
#define MAPPING_RA_SMALL    0x100000ul /* whole file up to here */
#define MAPPING_RA_MIN	    0x20000ul
#define MAPPING_RA_MAX	    0x100000ul
#define MAPPING_ROOMY	    0x10000000ul

static const u8 mapping_zeros[PAGE_SIZE] __aligned(PAGE_SIZE);

struct mapping_retired {
	struct mapping_retired *next;
	u64 off, len;
};

void mapping_init(struct mapping *m, struct inode *ino,
		  const struct mapping_ops *ops)
{
	memset(m, 0, sizeof(*m));
	mutex_init(&m->lock);
	mutex_init(&m->vma_lock);
	list_init(&m->vmas);
	list_init(&m->cache_node);
	m->resident = &m->resident_one;
	m->resident_pages = 64;
	m->ops = ops;
	m->inode = ino;
}

void mapping_destroy(struct mapping *m)
{
	struct mapping_retired *r;
	u32 pages;

	mapping_cache_remove(m);
	mapping_charge(m, -(s64)m->nr_resident);
	if (m->window_len == MAPPING_MIN_WINDOW && !m->was_mapped) {
		pages = m->warm | ((u32)m->resident[0] & 0xffff);
		if (pages)
			pool_window_free_warm(m->window, pages);
		else
			pool_window_free_clean(m->window, m->window_len);
	} else if (m->window_len) {
		pool_window_free(m->window, m->window_len);
	}
	m->window_len = 0;
	while ((r = m->retired)) {
		m->retired = r->next;
		pool_window_free(r->off, r->len);
		kfree(r);
	}
	if (m->resident != &m->resident_one)
		kfree(m->resident);
	kfree(m->xmap);
	m->xmap = NULL;
	m->xmap_pages = 0;
	m->resident = &m->resident_one;
	m->resident_one = 0;
	m->resident_pages = 64;
	m->nr_resident = 0;
}

/* --- the bitmap --- */

/* The compiler would call a library for it. */
static u64 mapping_popcount(u64 w)
{
	w -= w >> 1 & 0x5555555555555555ull;
	w = (w & 0x3333333333333333ull) + (w >> 2 & 0x3333333333333333ull);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return w * 0x0101010101010101ull >> 56;
}

static bool mapping_bit(const u64 *map, u64 pages, u64 pg)
{
	return pg < pages && (READ_ONCE(map[pg / 64]) >> (pg % 64) & 1);
}

/*
 * How many pages from pg on, at most max, are alike: all in the bitmap or none.
 */
u64 mapping_run(struct mapping *m, u64 pg, u64 max, bool *set)
{
	u64 pages = load_acquire(&m->resident_pages);
	const u64 *map = load_acquire(&m->resident);
	u64 n = 0;

	*set = mapping_bit(map, pages, pg);
	while (n < max) {
		u64 at = pg + n, word, left;

		if (at >= pages)
			return *set ? n : max;
		word = READ_ONCE(map[at / 64]);
		if (*set)
			word = ~word;
		word >>= at % 64;
		left = 64 - at % 64;
		if (word) {
			n += min_t(u64, (u64)__builtin_ctzll(word), left);
			break;
		}
		n += left;
	}
	return min(n, max);
}

int mapping_bits_reserve(struct mapping *m, u64 pages)
{
	u64 n = m->resident_pages;
	u64 *map, *old = m->resident;

	if (pages <= n)
		return 0;
	while (n < pages)
		n *= 2;
	if (n > MAPPING_MAX_BITS)
		return -EFBIG;
	map = kzalloc(n / 8);
	if (!map)
		return -ENOMEM;
	memcpy(map, old, m->resident_pages / 8);
	/* a reader with the old count and the new map is right as well */
	mapping_seq_begin(m);
	store_release(&m->resident, map);
	store_release(&m->resident_pages, n);
	mapping_seq_end(m);
	if (old != &m->resident_one)
		kfree(old);
	return 0;
}

void mapping_bits_set(struct mapping *m, u64 pg, u64 n)
{
	u64 added = 0;

	for (u64 i = pg; i < pg + n;) {
		u64 bits = min(pg + n - i, 64 - i % 64);
		u64 mask = (bits == 64 ? ~0ull : (1ull << bits) - 1) << i % 64;
		u64 *w = &m->resident[i / 64];

		added += mapping_popcount(mask & ~*w);
		store_release(w, *w | mask);
		i += bits;
	}
	m->nr_resident += added;
	pool_account((s64)added);
	if (!mapping_is_ram(m))
		mapping_cache_account((s64)added);
}

/* => how many were set */
u64 mapping_bits_clear(struct mapping *m, u64 pg, u64 n)
{
	u64 gone = 0, end = min(pg + n, m->resident_pages);

	for (u64 i = pg; i < end;) {
		u64 bits = min(end - i, 64 - i % 64);
		u64 mask = (bits == 64 ? ~0ull : (1ull << bits) - 1) << i % 64;
		u64 *w = &m->resident[i / 64];

		gone += mapping_popcount(*w & mask);
		WRITE_ONCE(*w, *w & ~mask);
		i += bits;
	}
	m->nr_resident -= gone;
	return gone;
}

u64 mapping_bits_count(struct mapping *m, u64 pg, u64 n)
{
	u64 have = 0, end = min(pg + n, m->resident_pages);

	for (u64 i = pg; i < end;) {
		u64 bits = min(end - i, 64 - i % 64);
		u64 mask = (bits == 64 ? ~0ull : (1ull << bits) - 1) << i % 64;

		have += mapping_popcount(m->resident[i / 64] & mask);
		i += bits;
	}
	return have;
}

int mapping_charge(struct mapping *m, s64 pages)
{
	int err = 0;

	if (!pages)
		return 0;
	if (m->ops && m->ops->charge)
		err = m->ops->charge(m, pages);
	if (pages < 0) {
		pool_account(pages);
		if (!mapping_is_ram(m))
			mapping_cache_account(pages);
	}
	return err;
}

u64 mapping_resident_run(struct mapping *m, u64 pgoff, u64 max)
{
	bool set;
	u64 n;

	if (mapping_is_ram(m)) {
		u64 pages = load_acquire(&m->window_len) / PAGE_SIZE;

		return pgoff < pages ? min(max, pages - pgoff) : 0;
	}
	for (;;) {
		u32 seq = load_acquire(&m->seq);

		n = mapping_run(m, pgoff, max, &set);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(seq & 1) && READ_ONCE(m->seq) == seq)
			return set ? n : 0;
		mutex_lock(&m->lock); /* wait for whoever changes it */
		mutex_unlock(&m->lock);
	}
}

/* --- windows --- */

/* Copy the contents into a window that nobody sees yet. */
static void mapping_copy_out(struct mapping *m, u64 to)
{
	u64 pages = m->window_len / PAGE_SIZE;
	u8 *dst = host_pool_ptr(to), *src = host_pool_ptr(m->window);
	bool set;

	for (u64 pg = 0, n; pg < pages; pg += n) {
		n = mapping_run(m, pg, pages - pg, &set);
		if (!set && !(m->was_mapped && mapping_is_ram(m)))
			continue;
		for (u64 i = pg; i < pg + n; i++) {
			if (!set) {
				/* of these, only what is not a hole */
				if (i * PAGE_SIZE >= m->inode->size)
					break;
				if (!memcmp(src + i * PAGE_SIZE, mapping_zeros,
					    PAGE_SIZE))
					continue;
			}
			memcpy(dst + i * PAGE_SIZE, src + i * PAGE_SIZE,
			       PAGE_SIZE);
		}
	}
}

/* Caller holds m->lock; no vma maps the window, or it is not there yet. */
static int mapping_move(struct mapping *m, u64 size)
{
	struct mapping_retired *r = NULL;
	s64 to = pool_window_alloc(size);

	if (to < 0)
		return (int)to;
	if (m->window_len) {
		r = kmalloc(sizeof(*r));
		if (!r) {
			pool_window_free_clean((u64)to, size);
			return -ENOMEM;
		}
		r->off = m->window;
		r->len = m->window_len;
	}
	mapping_seq_begin(m);
	mapping_copy_out(m, (u64)to);
	store_release(&m->window, (u64)to);
	store_release(&m->window_len, pool_window_round(size));
	m->warm = 0;
	mapping_seq_end(m);
	if (r) {
		r->next = m->retired;
		m->retired = r;
		host_pool_punch(r->off, r->len);
	}
	return 0;
}

int mapping_reserve_locked(struct mapping *m, u64 size)
{
	int err;

	if (likely(size <= m->window_len))
		return 0;
	if (size > MAPPING_MAX_BITS * PAGE_SIZE)
		return -EFBIG;
	/* a new vma must not come in between the look and the move */
	mutex_lock(&m->vma_lock);
	err = list_empty(&m->vmas) ? mapping_move(m, size) : -ENOSPC;
	mutex_unlock(&m->vma_lock);
	return err;
}

int mapping_prepare_mmap(struct mapping *m, u64 size)
{
	u64 room = size;
	int err;

	mutex_lock(&m->lock);
	m->was_mapped = true;
	if (mapping_is_ram(m)) {
		/* it cannot move while it is mapped, and may well grow */
		room = max_t(u64, size * 4,
			     pool_is_roomy() ? MAPPING_ROOMY : 0);
		room = min_t(u64, room, MAPPING_MAX_BITS * PAGE_SIZE);
	}
	err = mapping_reserve_locked(m, max(room, size));
	if (err)
		err = mapping_reserve_locked(m, max_t(u64, size, 1));
	mutex_unlock(&m->lock);
	return err;
}

/* --- bringing pages in (backed mappings) --- */

static int mapping_read_pages(struct mapping *m, u64 pg, u64 n)
{
	int err = m->ops->read(m, pg * PAGE_SIZE, n * PAGE_SIZE);

	if (!err)
		mapping_bits_set(m, pg, n);
	return err;
}

/* Fetch what is absent of pages [pg, end); only the first `need` must come. */
static int mapping_fetch_locked(struct mapping *m, u64 pg, u64 need, u64 end)
{
	bool set;
	int err;

	for (u64 n; pg < end; pg += n) {
		n = mapping_run(
			m, pg, min(end - pg, MAPPING_RA_MAX / PAGE_SIZE), &set);
		if (set)
			continue;
		err = mapping_read_pages(m, pg, n);
		if (err && pg < need)
			return err;
		if (err)
			break;
	}
	return 0;
}

static int mapping_fill(struct mapping *m, u64 off, u64 len)
{
	u64 size, first, need, end, pages;
	int err = 0;
	bool set;

	mutex_lock(&m->lock);
	size = READ_ONCE(m->inode->size);
	if (off >= size)
		goto out;
	len = min(len, size - off);
	first = off / PAGE_SIZE;
	need = PAGE_UP(off + len) / PAGE_SIZE;
	pages = PAGE_UP(size) / PAGE_SIZE;
	if (mapping_run(m, first, need - first, &set) == need - first && set)
		goto out; /* somebody else did it meanwhile */
	err = mapping_reserve_locked(m, size);
	if (!err)
		err = mapping_bits_reserve(m, pages);
	if (err)
		goto out;
	if (m->ops->chunk) {
		first = ALIGN_DOWN(first, m->ops->chunk / PAGE_SIZE);
		end = ALIGN_UP(need, m->ops->chunk / PAGE_SIZE);
	} else if (size <= MAPPING_RA_SMALL) {
		first = 0;
		end = pages;
	} else if (first &&
		   mapping_bit(m->resident, m->resident_pages, first - 1)) {
		end = first + MAPPING_RA_MAX / PAGE_SIZE; /* sequential */
	} else {
		first = ALIGN_DOWN(first, MAPPING_RA_MIN / PAGE_SIZE);
		end = first + MAPPING_RA_MIN / PAGE_SIZE;
	}
	end = min(max(end, need), pages);
	err = mapping_fetch_locked(m, first, need, end);
	mapping_cache_touch_locked(m, first);
out:
	mutex_unlock(&m->lock);
	return err;
}

int mapping_populate(struct mapping *m, u64 off, u64 len)
{
	if (mapping_is_ram(m) || !len)
		return 0;
	return mapping_fill(m, off, len);
}

/* --- read --- */

static size_t mapping_copy_zeros(struct iov_iter *it, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t part = min(n - done, PAGE_SIZE);
		size_t got = copy_to_iter_nofault(it, mapping_zeros, part);

		done += got;
		if (got < part)
			break;
	}
	return done;
}

/*
 * Copy what is there of [pos, pos+n), up to where pages change between present
 * and absent. *part: how much was tried. => bytes; -EAGAIN: look again;
 * -ENODATA: the page must be fetched.
 */
static ssize_t mapping_copy_run(struct mapping *m, struct iov_iter *it, u64 pos,
				size_t n, size_t *part, bool locked)
{
	u32 seq = load_acquire(&m->seq);
	u64 pg = pos / PAGE_SIZE, in = pos % PAGE_SIZE, run, room;
	size_t done;
	bool set;

	if (!locked && unlikely(seq & 1))
		return -EAGAIN;
	run = mapping_run(m, pg, (in + n + PAGE_SIZE - 1) / PAGE_SIZE, &set);
	n = min_t(u64, n, run * PAGE_SIZE - in);
	room = load_acquire(&m->window_len);
	if (!set && mapping_is_ram(m) && m->was_mapped && pos < room) {
		set = true;
		n = min(n, room - pos);
	}
	*part = n;
	if (set && pos + n <= room)
		done = copy_to_iter_nofault(
			it, (u8 *)host_pool_ptr(READ_ONCE(m->window)) + pos, n);
	else if (set)
		return -EAGAIN; /* bitmap and window of different times */
	else if (mapping_is_ram(m))
		done = mapping_copy_zeros(it, n);
	else
		return -ENODATA;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!locked && unlikely(READ_ONCE(m->seq) != seq)) {
		iov_iter_revert(it, done);
		return -EAGAIN;
	}
	return (ssize_t)done;
}

ssize_t mapping_read_iter(struct mapping *m, struct iov_iter *it, loff_t pos)
{
	size_t done = 0, part, n;
	u32 tries = 0;
	int err = 0;
	ssize_t r;

	while (it->count) {
		u64 size = READ_ONCE(m->inode->size);

		if ((u64)pos >= size)
			break;
		n = min_t(u64, it->count, size - (u64)pos);
		if (likely(tries < 3)) {
			r = mapping_copy_run(m, it, (u64)pos, n, &part, false);
		} else {
			mutex_lock(&m->lock);
			r = mapping_copy_run(m, it, (u64)pos, n, &part, true);
			mutex_unlock(&m->lock);
		}
		if (r == -ENODATA) {
			err = mapping_fill(m, (u64)pos, n);
			if (err)
				break;
			continue;
		}
		if (r == -EAGAIN) {
			if (tries >= 3)
				return done ? (ssize_t)done : -EIO;
			tries++;
			continue;
		}
		tries = 0;
		done += (size_t)r;
		pos += r;
		if ((size_t)r < part) {
			err = iov_iter_fault_in(it, true);
			if (err)
				break;
		}
	}
	return done ? (ssize_t)done : err;
}

/* --- write --- */

/* A page that is only written in part must be whole before. */
static int mapping_complete_page(struct mapping *m, u64 pos)
{
	u64 pg = pos / PAGE_SIZE;

	if (pos % PAGE_SIZE == 0 || pg * PAGE_SIZE >= m->inode->size ||
	    mapping_bit(m->resident, m->resident_pages, pg))
		return 0;
	return mapping_read_pages(m, pg, 1);
}

/*
 * Make [pos, pos+*n) writable: window, bitmap, neighbours, and for RAM the
 * charge for new pages, for which *n may shrink to one page.
 */
static int mapping_write_begin(struct mapping *m, u64 pos, size_t *n,
			       u64 *charged)
{
	u64 pg = pos / PAGE_SIZE, pages;
	int err;

	*charged = 0;
	err = mapping_reserve_locked(m, pos + *n);
	if (!err)
		err = mapping_bits_reserve(m, PAGE_UP(pos + *n) / PAGE_SIZE);
	if (err)
		return err;
	if (!mapping_is_ram(m)) {
		err = mapping_complete_page(m, pos);
		return err ? err : mapping_complete_page(m, pos + *n);
	}
	pages = PAGE_UP(pos + *n) / PAGE_SIZE - pg;
	*charged = pages - mapping_bits_count(m, pg, pages);
	err = mapping_charge(m, (s64)*charged);
	if (err && pages > 1) {
		*n = PAGE_SIZE - pos % PAGE_SIZE;
		*charged = 1 - mapping_bits_count(m, pg, 1);
		err = mapping_charge(m, (s64)*charged);
	}
	return err;
}

/* One chunk under the lock. => bytes, less than *n if the source faulted. */
static ssize_t mapping_write_chunk(struct mapping *m, struct iov_iter *it,
				   u64 pos, size_t *n)
{
	u64 charged, pages, had;
	size_t done;
	int err;

	if (unlikely(m->xmap && !m->xwriters))
		return -EAGAIN;
	err = mapping_write_begin(m, pos, n, &charged);
	if (err)
		return err;
	done = copy_from_iter_nofault(it, (u8 *)host_pool_ptr(m->window) + pos,
				      *n);
	pages = done ? PAGE_UP(pos + done) / PAGE_SIZE - pos / PAGE_SIZE : 0;
	had = m->nr_resident;
	mapping_bits_set(m, pos / PAGE_SIZE, pages);
	if (mapping_is_ram(m) && m->ops && m->ops->charge &&
	    m->nr_resident - had < charged)
		m->ops->charge(m, (s64)(m->nr_resident - had - charged));
	if (done && m->ops && m->ops->write) {
		err = m->ops->write(m, pos, done);
		if (err) {
			/* it is nowhere but here: do not pretend */
			iov_iter_revert(it, done);
			mapping_forget_locked(m, pos / PAGE_SIZE, pages);
			return err;
		}
	}
	if (pos + done > m->inode->size)
		store_release(&m->inode->size, pos + done);
	return (ssize_t)done;
}

ssize_t mapping_write_iter(struct mapping *m, struct iov_iter *it, loff_t pos)
{
	size_t done = 0, n;
	bool held = false;
	ssize_t r;
	int err = 0;

	while (it->count) {
		n = min(it->count, MAPPING_WRITE_CHUNK);
		mutex_lock(&m->lock);
		r = mapping_write_chunk(m, it, (u64)pos, &n);
		mutex_unlock(&m->lock);
		if (unlikely(r == -EAGAIN && !held)) {
			mapping_hold_exec(m);
			held = true;
			continue;
		}
		if (r < 0) {
			err = (int)r;
			break;
		}
		done += (size_t)r;
		pos += r;
		if ((size_t)r < n) {
			err = iov_iter_fault_in(it, false);
			if (err)
				break;
		}
	}
	if (unlikely(held))
		mapping_unhold_exec(m);
	return done ? (ssize_t)done : err;
}
