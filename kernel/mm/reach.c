// SPDX-License-Identifier: GPL-2.0
/*
 * Reach: which pages of its file a vma lets the guest access, as far as the
 * vma's own protection allows it (of a PROT_NONE one: what was open before, and
 * may have private copies).
 *
 * The whole part of a file's window that a vma covers is mapped into the host
 * process at once, but only resident pages below the end of the file may be
 * touched; the others are PROT_NONE there until mm_fault() has brought them in.
 * What is open is noted here, because mprotect(2) must change only that, and
 * because who drops pages of the file (truncate, stale pages) looks for mappers
 * that have them open.
 *
 * Nearly always it is one stretch, [acc_lo, acc_hi): the whole vma, or what a
 * sequential reader has come to. When it is not, bits in a vma_pages say it;
 * acc_lo and acc_hi are unused then. The halves of a split vma share the object
 * and each looks only at its own pages; a fork gets its own.
 *
 * Pages are counted in the file, so that moves and splits change nothing.
 * Writers hold mm->lock and the mapping's vma_lock, readers one of them.
 */
#include <kernel/string.h>
#include "internal.h"

#define REACH_WORD(p) ((p) / 64)
#define REACH_BIT(p)  (1ull << ((p) % 64))

static bool reach_bit(const struct vma_pages *map, u64 page)
{
	u64 i = page - map->base;

	return i < map->n && (map->bits[REACH_WORD(i)] & REACH_BIT(i));
}

/* The first page in [p, end) whose bit is `want`, or end. */
static u64 reach_scan(const struct vma_pages *map, u64 p, u64 end, bool want)
{
	while (p < end) {
		u64 i = p - map->base, word, left;

		if (i >= map->n)
			return want ? end : p;
		word = map->bits[REACH_WORD(i)];
		word = (want ? word : ~word) >> (i % 64);
		left = 64 - i % 64;
		if (word) {
			p += (u64)__builtin_ctzll(word);
			return p < end ? p : end;
		}
		p += left;
	}
	return end;
}

bool reach_test(const struct vma *v, u64 page)
{
	if (v->acc_map)
		return reach_bit(v->acc_map, page);
	return page >= v->acc_lo && page < v->acc_hi;
}

bool reach_next(const struct vma *v, u64 *from, u64 *end, u64 to)
{
	u64 lo = max(*from, v->pgoff), hi = min(to, vma_page_end(v));

	if (!v->acc_map) {
		lo = max(lo, v->acc_lo);
		hi = min(hi, v->acc_hi);
		*from = lo;
		*end = hi;
		return lo < hi;
	}
	lo = reach_scan(v->acc_map, lo, hi, true);
	if (lo >= hi)
		return false;
	*from = lo;
	*end = reach_scan(v->acc_map, lo, hi, false);
	return true;
}

bool reach_any(const struct vma *v, u64 from, u64 to)
{
	u64 end;

	return reach_next(v, &from, &end, to);
}

void reach_gap(const struct vma *v, u64 page, u64 *lo, u64 *hi)
{
	u64 a = page, b = page + 1;

	if (v->acc_map) {
		while (a > *lo && !reach_bit(v->acc_map, a - 1))
			a--;
		b = reach_scan(v->acc_map, b, *hi, true);
	} else {
		a = *lo;
		b = *hi;
		if (v->acc_lo < v->acc_hi) {
			if (v->acc_hi <= page)
				a = max(a, v->acc_hi);
			else
				b = min(b, v->acc_lo);
		}
	}
	*lo = a;
	*hi = b;
}

static struct vma_pages *reach_alloc(u64 base, u64 n)
{
	struct vma_pages *map;

	map = kzalloc(sizeof(*map) + (n + 63) / 64 * sizeof(u64));
	if (!map)
		return NULL;
	ref_init(&map->refs, 1);
	map->base = base;
	map->n = n;
	return map;
}

static void reach_put(struct vma_pages *map)
{
	if (map && ref_put(&map->refs))
		kfree(map);
}

static void reach_fill(struct vma_pages *map, u64 from, u64 to, bool on)
{
	u64 i = from - map->base, end = min(to - map->base, map->n), n, bits;

	for (; i < end; i += n) {
		n = min(64 - i % 64, end - i);
		bits = (n < 64 ? (1ull << n) - 1 : ~0ull) << (i % 64);
		if (on)
			map->bits[REACH_WORD(i)] |= bits;
		else
			map->bits[REACH_WORD(i)] &= ~bits;
	}
}

/* Own bits for all pages of v, holding what is open now. */
static struct vma_pages *reach_bits_of(const struct vma *v)
{
	struct vma_pages *map = reach_alloc(v->pgoff, vma_pages(v));
	u64 p = v->pgoff, end;

	if (!map)
		return NULL;
	for (; reach_next(v, &p, &end, vma_page_end(v)); p = end)
		reach_fill(map, p, end, true);
	return map;
}

/* Change to bits that cover all of v. */
static int reach_make_bits(struct vma *v)
{
	struct vma_pages *map = v->acc_map;

	if (map && map->base <= v->pgoff &&
	    map->base + map->n >= vma_page_end(v))
		return 0;
	map = reach_bits_of(v);
	if (!map)
		return -ENOMEM;
	reach_put(v->acc_map);
	v->acc_map = map;
	return 0;
}

int reach_set_locked(struct vma *v, u64 from, u64 to)
{
	if (!v->acc_map) {
		if (v->acc_lo >= v->acc_hi) {
			v->acc_lo = from;
			v->acc_hi = to;
			return 0;
		}
		if (from <= v->acc_hi && to >= v->acc_lo) {
			v->acc_lo = min(v->acc_lo, from);
			v->acc_hi = max(v->acc_hi, to);
			return 0;
		}
	}
	if (reach_make_bits(v))
		return -ENOMEM;
	reach_fill(v->acc_map, from, to, true);
	return 0;
}

int reach_set(struct vma *v, u64 from, u64 *to)
{
	int err;

	mutex_lock(&v->mapping->vma_lock);
	if (vma_writes_file(v))
		*to = mapping_writable_run(v->mapping, from, *to);
	err = from < *to ? reach_set_locked(v, from, *to) : -EAGAIN;
	mutex_unlock(&v->mapping->vma_lock);
	return err;
}

static void reach_clear_locked(struct vma *v, u64 from, u64 to)
{
	if (!v->acc_map) {
		if (from >= v->acc_hi || to <= v->acc_lo)
			return;
		if (from <= v->acc_lo && to >= v->acc_hi) {
			v->acc_lo = v->acc_hi = 0;
			return;
		}
		if (from <= v->acc_lo) {
			v->acc_lo = to;
			return;
		}
		if (to >= v->acc_hi) {
			v->acc_hi = from;
			return;
		}
		if (reach_make_bits(v))
			return; /* reach_open_hole() was not called */
	}
	reach_fill(v->acc_map, from, to, false);
}

void reach_clear(struct vma *v, u64 from, u64 to)
{
	from = max(from, v->pgoff);
	to = min(to, vma_page_end(v));
	if (from >= to)
		return;
	mutex_lock(&v->mapping->vma_lock);
	reach_clear_locked(v, from, to);
	mutex_unlock(&v->mapping->vma_lock);
}

u64 reach_open_hole(struct vma *v, u64 from, u64 to)
{
	mutex_lock(&v->mapping->vma_lock);
	if (!v->acc_map && from > v->acc_lo && to < v->acc_hi &&
	    reach_make_bits(v))
		to = v->acc_hi;
	mutex_unlock(&v->mapping->vma_lock);
	return to;
}

/* --- As vmas come and go --- */

int reach_own(struct vma *v)
{
	struct vma_pages *map;

	if (!v->acc_map || READ_ONCE(v->acc_map->refs.n) == 1)
		return 0;
	map = reach_bits_of(v);
	if (!map)
		return -ENOMEM;
	mutex_lock(&v->mapping->vma_lock);
	reach_put(v->acc_map);
	v->acc_map = map;
	mutex_unlock(&v->mapping->vma_lock);
	return 0;
}

int reach_copy(struct vma *to, const struct vma *from)
{
	to->acc_lo = from->acc_lo;
	to->acc_hi = from->acc_hi;
	if (!from->acc_map)
		return 0;
	to->acc_map = reach_bits_of(from);
	return to->acc_map ? 0 : -ENOMEM;
}

void reach_split(struct vma *low, struct vma *high)
{
	if (low->acc_map) {
		high->acc_map = low->acc_map;
		ref_get(&high->acc_map->refs);
		return;
	}
	high->acc_lo = max(low->acc_lo, high->pgoff);
	high->acc_hi = max(low->acc_hi, high->pgoff);
	low->acc_hi = min(low->acc_hi, high->pgoff);
	low->acc_lo = min(low->acc_lo, low->acc_hi);
}

bool reach_can_merge(const struct vma *a, const struct vma *b)
{
	if (a->acc_map || b->acc_map)
		return a->acc_map == b->acc_map;
	return a->acc_lo >= a->acc_hi || b->acc_lo >= b->acc_hi ||
	       a->acc_hi == b->acc_lo;
}

void reach_merge(struct vma *a, const struct vma *b)
{
	if (a->acc_map || b->acc_lo >= b->acc_hi)
		return;
	if (a->acc_lo >= a->acc_hi)
		a->acc_lo = b->acc_lo;
	a->acc_hi = b->acc_hi;
}

void reach_drop(struct vma *v)
{
	reach_put(v->acc_map);
	v->acc_map = NULL;
	v->acc_lo = v->acc_hi = 0;
}
