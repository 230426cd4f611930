// SPDX-License-Identifier: GPL-2.0
/*
 * The page cache, second part: giving pages back (truncate, hole punching, the
 * file behind changed), writing back, and where the holes are.
 *
 * Dropping a page must be seen by three parties. Readers without the lock: by
 * m->seq. Guests that have it mapped: for a truncate mm_unmap_mapping_range()
 * takes it from them first, so that they get SIGBUS; a hole needs nothing of
 * the kind, the host makes all mappings of a punched page read as zeros. Tasks
 * that are about to map it: they have put their vma on the list before they
 * look at size and bitmap, so either they see the new state or we see them.
 *
 * A few pages are cleared rather than punched: the host would have to look
 * through every process of the machine for them. Then they are memory without a
 * bit; for the smallest windows m->warm remembers them, larger ones are punched
 * as a whole at their end.
 *
 * Backed mappings are written through by write(2), so only pages that a guest
 * has mapped shared and writable can be dirty; nobody knows which, so all
 * resident pages count.
 */
#include <kernel/types.h>
#include <abi/errno.h>
#include <abi/fcntl.h>
#include <hostapi/host.h>
#include <kernel/mm.h>
#include <kernel/pool.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include "mapping.h"

/* What the cache of backed files may have. */
#define MAPPING_CACHE_MAX (1ull << 30 >> PAGE_SHIFT)
#define MAPPING_KEEP	  (8ull << 20 >> PAGE_SHIFT) /* of a huge file */
#define MAPPING_CLEAR_MAX 16u /* pages cleared instead of punched */
#define MAPPING_IO_MAX	  0x100000ul

static spinlock_t mapping_cache_lock = SPINLOCK_INIT;
static struct list_head mapping_cache = LIST_HEAD_INIT(mapping_cache);
static u64 mapping_cache_pages; /* atomic */

static void mapping_clear_pages(struct mapping *m, u64 pg, u64 end)
{
	u8 *p = host_pool_ptr(m->window);
	bool set;

	for (u64 n; pg < end; pg += n) {
		n = mapping_run(m, pg, end - pg, &set);
		if (!set)
			continue;
		memset(p + pg * PAGE_SIZE, 0, n * PAGE_SIZE);
		if (m->window_len == MAPPING_MIN_WINDOW)
			m->warm |= ((1u << n) - 1) << pg;
	}
}

void mapping_forget_locked(struct mapping *m, u64 pg, u64 n)
{
	u64 end = m->window_len / PAGE_SIZE, have;

	if (n < end - min(pg, end))
		end = pg + n;
	if (pg >= end)
		return;
	have = mapping_bits_count(m, pg, end - pg);
	if (!have && !m->was_mapped)
		return;
	mapping_seq_begin(m);
	if (have <= MAPPING_CLEAR_MAX && !m->was_mapped)
		mapping_clear_pages(m, pg, end);
	else
		host_pool_punch(m->window + pg * PAGE_SIZE,
				(end - pg) * PAGE_SIZE);
	have = mapping_bits_clear(m, pg, end - pg);
	mapping_seq_end(m);
	mapping_charge(m, -(s64)have);
}

/* Zero part of one page, if the page is there. */
static void mapping_zero_part(struct mapping *m, u64 off, u64 len)
{
	bool set;

	if (!len || off + len > m->window_len)
		return;
	mapping_run(m, off / PAGE_SIZE, 1, &set);
	if (set || (m->was_mapped && mapping_is_ram(m)))
		memset((u8 *)host_pool_ptr(m->window) + off, 0, len);
}

void mapping_truncate(struct mapping *m, u64 off, u64 len)
{
	u64 end = len == ~0ull ? ~0ull : off + len;
	u64 first = PAGE_UP(off) / PAGE_SIZE;
	u64 last = end / PAGE_SIZE;

	smp_mb(); /* the new size, before the look at the list */
	if (len == ~0ull && !list_empty(&m->vmas))
		mm_unmap_mapping_range(m, first, ~0ull, true);
	mutex_lock(&m->lock);
	if (off % PAGE_SIZE)
		mapping_zero_part(m, off, min(PAGE_UP(off), end) - off);
	if (end != ~0ull && last >= first)
		mapping_zero_part(m, last * PAGE_SIZE, end % PAGE_SIZE);
	if (last > first)
		mapping_forget_locked(m, first, last - first);
	mutex_unlock(&m->lock);
}

/* Read again what is resident, in place: somebody has it mapped. */
static void mapping_refresh(struct mapping *m, u64 pages)
{
	bool set;

	pages = min(pages, m->resident_pages);
	for (u64 pg = 0, n; pg < pages; pg += n) {
		n = mapping_run(m, pg,
				min(pages - pg, MAPPING_IO_MAX / PAGE_SIZE),
				&set);
		if (set)
			m->ops->read(m, pg * PAGE_SIZE, n * PAGE_SIZE);
	}
}

void mapping_invalidate(struct mapping *m, u64 old_size, u64 size)
{
	u64 pages = PAGE_UP(size) / PAGE_SIZE;

	smp_mb();
	if (size < old_size && !list_empty(&m->vmas))
		mm_unmap_mapping_range(m, pages, ~0ull, true);
	mapping_hold_exec(m);
	mutex_lock(&m->lock);
	/* nobody becomes a mapper between the look and the drop */
	mutex_lock(&m->vma_lock);
	if (list_empty(&m->vmas)) {
		mapping_forget_locked(m, 0, ~0ull);
		mutex_unlock(&m->vma_lock);
	} else {
		mutex_unlock(&m->vma_lock);
		mapping_forget_locked(m, pages, ~0ull);
		if (!m->nr_writable && !m->mapped_rw)
			mapping_refresh(m, pages);
		if (size < old_size && size % PAGE_SIZE)
			mapping_zero_part(m, size, PAGE_UP(size) - size);
	}
	mutex_unlock(&m->lock);
	mapping_unhold_exec(m);
}

int mapping_sync(struct mapping *m, u64 off, u64 len)
{
	u64 size, pg, end;
	int err = 0, e;
	bool set, all;

	if (mapping_is_ram(m) || !m->ops->write)
		return 0;
	mutex_lock(&m->lock);
	if (!m->mapped_rw && !m->nr_writable)
		goto out;
	size = READ_ONCE(m->inode->size);
	all = off == 0 && len >= size;
	if (off < size) {
		len = min(len, size - off);
		pg = off / PAGE_SIZE;
		end = PAGE_UP(off + len) / PAGE_SIZE;
		for (u64 n; pg < end; pg += n) {
			u64 max = min(end - pg, MAPPING_IO_MAX / PAGE_SIZE);

			n = mapping_run(m, pg, max, &set);
			if (!set)
				continue;
			e = m->ops->write(
				m, pg * PAGE_SIZE,
				min(n * PAGE_SIZE, size - pg * PAGE_SIZE));
			if (e && !err)
				err = e;
		}
	}
	if (all && !err && !m->nr_writable)
		m->mapped_rw = false;
out:
	mutex_unlock(&m->lock);
	return err;
}

loff_t mapping_seek(struct mapping *m, loff_t off, int whence)
{
	u64 size = READ_ONCE(m->inode->size), at = (u64)off, pg;
	bool set, known = mapping_is_ram(m) && !m->was_mapped;

	if (off < 0 || at >= size)
		return -ENXIO;
	mutex_lock(&m->lock);
	while (known && at < size) {
		u64 n;

		pg = at / PAGE_SIZE;
		n = mapping_run(m, pg, PAGE_UP(size) / PAGE_SIZE - pg, &set);
		if (set == (whence == SEEK_DATA))
			break;
		at = (pg + n) * PAGE_SIZE;
	}
	mutex_unlock(&m->lock);
	if (!known)
		return whence == SEEK_DATA ? off : (loff_t)size;
	if (at >= size)
		return whence == SEEK_DATA ? -ENXIO : (loff_t)size;
	return (loff_t)at;
}

int mapping_fallocate(struct mapping *m, u64 off, u64 len)
{
	u64 pg = off / PAGE_SIZE;
	u64 n = PAGE_UP(off + len) / PAGE_SIZE - pg, more;
	int err;

	mutex_lock(&m->lock);
	err = mapping_reserve_locked(m, off + len);
	if (!err)
		err = mapping_bits_reserve(m, pg + n);
	if (err)
		goto out;
	more = n - mapping_bits_count(m, pg, n);
	err = mapping_charge(m, (s64)more);
	if (!err)
		mapping_bits_set(m, pg, n);
out:
	mutex_unlock(&m->lock);
	return err;
}

/* --- the cache of backed files as a whole --- */

void mapping_cache_account(s64 pages)
{
	atomic_add(&mapping_cache_pages, (u64)pages);
}

void mapping_cache_remove(struct mapping *m)
{
	bool listed;

	spin_lock(&mapping_cache_lock);
	listed = !list_empty(&m->cache_node);
	list_del(&m->cache_node);
	spin_unlock(&mapping_cache_lock);
	if (listed) { /* whoever found it there before is done after this */
		mutex_lock(&m->lock);
		mutex_unlock(&m->lock);
	}
}

/* Caller holds m->lock. => pages dropped; none if somebody maps it */
static u64 mapping_drop_idle(struct mapping *m, u64 pages)
{
	u64 had = m->nr_resident;

	mutex_lock(&m->vma_lock);
	if (list_empty(&m->vmas) && !m->mapped_rw && !m->nr_dirty)
		mapping_forget_locked(m, 0, pages);
	mutex_unlock(&m->vma_lock);
	return had - m->nr_resident;
}

/* The oldest one that is not busy, locked; it becomes the newest. */
static struct mapping *mapping_cache_oldest(const struct mapping *not_this)
{
	struct mapping *m;

	spin_lock(&mapping_cache_lock);
	list_for_each_entry (m, &mapping_cache, cache_node) {
		if (m == not_this || !mutex_trylock(&m->lock))
			continue;
		list_del(&m->cache_node);
		list_add_tail(&m->cache_node, &mapping_cache);
		spin_unlock(&mapping_cache_lock);
		return m;
	}
	spin_unlock(&mapping_cache_lock);
	return NULL;
}

static u64 mapping_reclaim_others(u64 pages, const struct mapping *not_this)
{
	u64 done = 0, tries = 256;

	while (done < pages && tries--) {
		struct mapping *m = mapping_cache_oldest(not_this);

		if (!m)
			break;
		done += mapping_drop_idle(m, ~0ull);
		mutex_unlock(&m->lock);
	}
	return done;
}

u64 mapping_reclaim(u64 pages)
{
	return mapping_reclaim_others(pages, NULL);
}

static u64 mapping_cache_max(void)
{
	u64 quarter = mm_total_kb() / (PAGE_SIZE >> 10) / 4;

	return quarter ? min(MAPPING_CACHE_MAX, quarter) : MAPPING_CACHE_MAX;
}

void mapping_cache_touch_locked(struct mapping *m, u64 pg)
{
	u64 limit = mapping_cache_max(), over;

	spin_lock(&mapping_cache_lock);
	list_del(&m->cache_node);
	list_add_tail(&m->cache_node, &mapping_cache);
	spin_unlock(&mapping_cache_lock);
	if (likely(READ_ONCE(mapping_cache_pages) <= limit))
		return;
	over = READ_ONCE(mapping_cache_pages) - limit + limit / 16;
	if (mapping_reclaim_others(over, m) < over && pg > MAPPING_KEEP)
		mapping_drop_idle(m, pg - MAPPING_KEEP);
}
