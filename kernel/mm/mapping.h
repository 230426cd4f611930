/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mapping.c (reading, writing, growing) and mapping_drop.c (dropping
 * pages, writing back) share. Everything is called with m->lock held.
 */
#ifndef KERNEL_MM_MAPPING_H
#define KERNEL_MM_MAPPING_H

#include <kernel/pool.h>

#define MAPPING_MIN_WINDOW 0x10000ul
/* Largest bitmap: what one kmalloc gives; 128 GiB of file. */
#define MAPPING_MAX_BITS   (0x400000ull * 8)

static inline bool mapping_is_ram(const struct mapping *m)
{
	return !m->ops || !m->ops->read;
}

/* Around everything that a reader without the lock must not miss. */
static inline void mapping_seq_begin(struct mapping *m)
{
	atomic_inc(&m->seq);
}
static inline void mapping_seq_end(struct mapping *m)
{
	atomic_inc(&m->seq);
}

/* Room for so many pages. => 0, -EFBIG, -ENOMEM */
int mapping_bits_reserve(struct mapping *m, u64 pages);
void mapping_bits_set(struct mapping *m, u64 pg, u64 n);
/* => how many were set; the caller gives them back by mapping_charge() */
u64 mapping_bits_clear(struct mapping *m, u64 pg, u64 n);
u64 mapping_bits_count(struct mapping *m, u64 pg, u64 n);
/* Tell the file system of pages taken or, negative, given back. */
int mapping_charge(struct mapping *m, s64 pages);
/* How many pages from pg on, at most max, are alike; *set: in the bitmap. */
u64 mapping_run(struct mapping *m, u64 pg, u64 max, bool *set);
/* Pages of backed mappings came or went. */
void mapping_cache_account(s64 pages);
/* m was read into, up to page pg: newest now; keep the cache in bounds. */
void mapping_cache_touch_locked(struct mapping *m, u64 pg);
void mapping_cache_remove(struct mapping *m);
/* Give pages [pg, pg+n) back: they read as zeros, or must be read again. */
void mapping_forget_locked(struct mapping *m, u64 pg, u64 n);

#endif
