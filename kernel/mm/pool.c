// SPDX-License-Identifier: GPL-2.0
/*
 * Windows of the pool: who owns which range of pool offsets.
 *
 * Offsets are plentiful and memory is not, so this is about addresses only. A
 * window has one of seven sizes, 64 KiB * 16^class. A block of class c + 1 that
 * is in use for smaller things has a struct pool_node that says which of its
 * sixteen parts are free; the nodes form a tree whose root stands for 16 TiB,
 * of which only what the pool file has is ever free. Allocation takes a part of
 * any node that has one free, or splits a larger block; freeing the last part
 * of a node gives the whole block back to its parent.
 *
 * A free window reads as zeros: whoever frees one punches it first, except that
 * small windows may be freed warm. Those keep their pages; they stand in a
 * short list with a mask of them, and are cleared by memset when they are taken
 * again, which is much cheaper than letting the host free and fault pages for
 * every temporary file. When the list is full the oldest is punched.
 *
 * pool_lock guards all of it; innermost but for the slab's locks, never held
 * over a host call.
 */
#include <kernel/types.h>
#include <abi/errno.h>
#include <hostapi/boot.h>
#include <hostapi/host.h>
#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/pool.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#define POOL_MIN_SHIFT 16
#define POOL_CLASSES   7 /* 64 KiB … 1 TiB */
#define POOL_FANOUT    16u
#define POOL_ALL_FREE  0xffffu
#define POOL_WARM      64u

#ifdef FAKEHOST
static const struct boot_params pool_boot;
#define POOL_BOOT (&pool_boot)
#else
#define POOL_BOOT ((const struct boot_params *)ARENA_BASE)
#endif

/* A block of class cls, cut into sixteen of class cls - 1. */
struct pool_node {
	u64 off;
	u32 cls;
	u32 free; /* one bit for each part */
	struct pool_node *parent;
	struct pool_node *child[POOL_FANOUT]; /* parts that are cut again */
	struct list_head partial; /* in pool_partial[cls - 1] while free != 0 */
};

static spinlock_t pool_lock = SPINLOCK_INIT;
static struct pool_node pool_root;
/* Nodes with a free part, by the class of the parts. */
static struct list_head pool_partial[POOL_CLASSES];
static u64 pool_limit;
static u64 pool_pages; /* atomic */

static struct pool_warm {
	u64 off;
	u32 mask; /* its pages that have memory and maybe contents */
} pool_warm[POOL_WARM];
static u32 pool_nr_warm;

static u64 pool_class_size(u32 cls)
{
	return 1ull << (POOL_MIN_SHIFT + 4 * cls);
}

/* => POOL_CLASSES when there is none that large. */
static u32 pool_class(u64 len)
{
	u32 cls = 0;

	while (cls < POOL_CLASSES && pool_class_size(cls) < len)
		cls++;
	return cls;
}

u64 pool_window_round(u64 len)
{
	u32 cls = pool_class(len);

	return cls < POOL_CLASSES ? pool_class_size(cls) : 0;
}

static void pool_node_list(struct pool_node *n)
{
	if (n->free && list_empty(&n->partial))
		list_add(&n->partial, &pool_partial[n->cls - 1]);
	else if (!n->free && !list_empty(&n->partial))
		list_del(&n->partial);
}

static u32 pool_part(const struct pool_node *n, u64 off)
{
	return (u32)((off - n->off) / pool_class_size(n->cls - 1));
}

/* Cut a block that is not free any more. NULL: out of memory. */
static struct pool_node *pool_split(struct pool_node *parent, u64 off, u32 cls)
{
	struct pool_node *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	n->off = off;
	n->cls = cls;
	n->parent = parent;
	n->free = POOL_ALL_FREE;
	list_init(&n->partial);
	parent->child[pool_part(parent, off)] = n;
	pool_node_list(n);
	return n;
}

static s64 pool_alloc_locked(u32 cls)
{
	struct pool_node *n, *parent;
	u64 off;
	u32 part;

	if (!list_empty(&pool_partial[cls])) {
		n = list_first(&pool_partial[cls], struct pool_node, partial);
	} else {
		u32 up = cls + 1;

		/* the smallest larger block; cut it down to what is asked */
		while (up < POOL_CLASSES && list_empty(&pool_partial[up]))
			up++;
		if (up == POOL_CLASSES)
			return -ENOSPC;
		n = list_first(&pool_partial[up], struct pool_node, partial);
		for (; up > cls; up--) {
			part = (u32)__builtin_ctz(n->free);
			off = n->off + part * pool_class_size(up);
			parent = n;
			n = pool_split(parent, off, up);
			if (!n)
				return -ENOSPC;
			parent->free &= ~(1u << part);
			pool_node_list(parent);
		}
	}
	part = (u32)__builtin_ctz(n->free);
	n->free &= ~(1u << part);
	pool_node_list(n);
	return (s64)(n->off + part * pool_class_size(cls));
}

static void pool_free_locked(u64 off, u32 cls)
{
	struct pool_node *n = &pool_root;
	u32 part;

	while (n->cls - 1 > cls) {
		n = n->child[pool_part(n, off)];
		BUG_ON(!n);
	}
	for (;;) {
		part = pool_part(n, off);
		BUG_ON(n->free & (1u << part));
		n->child[part] = NULL;
		n->free |= 1u << part;
		pool_node_list(n);
		if (n->free != POOL_ALL_FREE || !n->parent)
			return;
		list_del(&n->partial);
		off = n->off;
		n = n->parent;
		kfree(n->child[pool_part(n, off)]);
	}
}

/* Take exactly this block. => false when part of it is taken already. */
static bool pool_take_locked(u64 off, u32 cls)
{
	struct pool_node *n = &pool_root;
	u32 part, bit;

	for (;;) {
		part = pool_part(n, off);
		bit = 1u << part;
		if (n->cls - 1 == cls) {
			bool was_free = n->free & bit;

			n->free &= ~bit;
			pool_node_list(n);
			return was_free;
		}
		if (!n->child[part]) {
			u64 start = n->off + part * pool_class_size(n->cls - 1);

			if (!(n->free & bit) ||
			    !pool_split(n, start, n->cls - 1))
				return false;
			n->free &= ~bit;
			pool_node_list(n);
		}
		n = n->child[part];
	}
}

/* => a warm window with its pages cleared, or -ENOSPC */
static s64 pool_warm_take(void)
{
	struct pool_warm w;
	u8 *p;

	spin_lock(&pool_lock);
	if (!pool_nr_warm) {
		spin_unlock(&pool_lock);
		return -ENOSPC;
	}
	w = pool_warm[--pool_nr_warm];
	spin_unlock(&pool_lock);
	p = host_pool_ptr(w.off);
	for (u32 m = w.mask; m; m &= m - 1)
		memset(p + (u64)__builtin_ctz(m) * PAGE_SIZE, 0, PAGE_SIZE);
	return (s64)w.off;
}

s64 pool_window_alloc(u64 len)
{
	u32 cls = pool_class(len);
	s64 off;

	if (cls == POOL_CLASSES)
		return -EFBIG;
	if (cls == 0 && READ_ONCE(pool_nr_warm)) {
		off = pool_warm_take();
		if (off >= 0)
			return off;
	}
	spin_lock(&pool_lock);
	off = pool_alloc_locked(cls);
	spin_unlock(&pool_lock);
	return off;
}

void pool_window_free_clean(u64 off, u64 len)
{
	spin_lock(&pool_lock);
	pool_free_locked(off, pool_class(len));
	spin_unlock(&pool_lock);
}

void pool_window_free(u64 off, u64 len)
{
	host_pool_punch(off, pool_window_round(len));
	pool_window_free_clean(off, len);
}

void pool_window_free_warm(u64 off, u32 pages)
{
	struct pool_warm old = { 0 };

	spin_lock(&pool_lock);
	if (pool_nr_warm == POOL_WARM) {
		old = pool_warm[0];
		pool_nr_warm--;
		memmove(pool_warm, pool_warm + 1,
			pool_nr_warm * sizeof(pool_warm[0]));
	}
	pool_warm[pool_nr_warm].off = off;
	pool_warm[pool_nr_warm].mask = pages;
	pool_nr_warm++;
	spin_unlock(&pool_lock);
	if (old.mask)
		pool_window_free(old.off, pool_class_size(0));
}

void pool_reserve(u64 off, u64 len)
{
	u64 size = pool_class_size(0);
	u64 end = off + len;

	spin_lock(&pool_lock);
	for (off = ALIGN_DOWN(off, size); off < end; off += size)
		if (off < pool_limit)
			pool_take_locked(off, 0);
	spin_unlock(&pool_lock);
}

void pool_unreserve(u64 off, u64 len)
{
	u64 size = pool_class_size(0);
	u64 end = off + len;

	if (!len)
		return;
	off = ALIGN_DOWN(off, size);
	host_pool_punch(off, ALIGN_UP(end, size) - off);
	spin_lock(&pool_lock);
	for (; off < end; off += size)
		if (off < pool_limit)
			pool_free_locked(off, 0);
	spin_unlock(&pool_lock);
}

void pool_account(s64 pages)
{
	if (pages)
		atomic_add(&pool_pages, (u64)pages);
}

u64 pool_used_pages(void)
{
	return READ_ONCE(pool_pages);
}

bool pool_is_roomy(void)
{
	/* a whole block of the largest class is free somewhere */
	return !list_empty(&pool_partial[POOL_CLASSES - 1]);
}

/*
 * Mark as free what lies below the limit: parts that are whole, and for the one
 * that is not, a node of its own.
 */
static void pool_init_node(struct pool_node *n)
{
	u64 size = pool_class_size(n->cls - 1);

	n->free = 0;
	pool_node_list(n);
	for (u32 i = 0; i < POOL_FANOUT; i++) {
		u64 start = n->off + i * size;

		if (start + size <= pool_limit) {
			n->free |= 1u << i;
		} else if (start < pool_limit && n->cls > 1) {
			struct pool_node *c = pool_split(n, start, n->cls - 1);

			if (c)
				pool_init_node(c);
		}
	}
	pool_node_list(n);
}

void pool_init(u64 pool_size)
{
	for (u32 i = 0; i < POOL_CLASSES; i++)
		list_init(&pool_partial[i]);
	pool_limit = min_t(u64, pool_size, POOL_MAX);
	pool_root.cls = POOL_CLASSES;
	list_init(&pool_root.partial);
	pool_init_node(&pool_root);
	/* the monitor has put the archive there */
	if (POOL_BOOT->initrd_len)
		pool_reserve(POOL_BOOT->initrd_off, POOL_BOOT->initrd_len);
}
