// SPDX-License-Identifier: GPL-2.0
/*
 * The vmas of an address space: a treap ordered by address. Priorities are
 * random, so the depth is logarithmic whatever the guest does; insertion puts
 * a leaf in and rotates it up, removal rotates the node down and cuts it off.
 *
 * Each node knows the free gap directly below it and the largest such gap in
 * its subtree, so that the search for a free place goes straight down. A
 * MAP_GROWSDOWN vma claims its guard as well, as on Linux.
 *
 * A vma is made by vma_alloc(), lives in the tree from vma_insert() to
 * vma_remove(), and is freed by vma_free(), which may sleep in file_put() and
 * therefore happens after mm->lock was dropped: until then removed vmas hang on
 * a chain by ->left (vma_reap()).
 *
 * Everything here is under mm->lock. What is shared with the files' side, the
 * list of mappers and the reach of a vma, is under the mapping's vma_lock too.
 */
#include <kernel/string.h>
#include "internal.h"

static u32 vma_prio_state;

static u32 vma_new_prio(void)
{
	u32 x = atomic_add(&vma_prio_state, 0x9e3779b9u);

	x = (x ^ (x >> 16)) * 0x85ebca6bu;
	x = (x ^ (x >> 13)) * 0xc2b2ae35u;
	return x ^ (x >> 16);
}

struct vma *vma_alloc(struct mm *mm, u64 start, u64 end, u32 flags)
{
	struct vma *v = kzalloc(sizeof(*v));

	if (!v)
		return NULL;
	v->mm = mm;
	v->start = start;
	v->end = end;
	v->flags = flags;
	list_init(&v->map_node);
	return v;
}

void vma_free(struct vma *v)
{
	reach_drop(v);
	if (v->file)
		file_put(v->file);
	kfree(v);
}

void vma_reap(struct vma *chain)
{
	while (chain) {
		struct vma *next = chain->left;

		vma_free(chain);
		chain = next;
	}
}

/* --- Order --- */

static struct vma *vma_leftmost(struct vma *v)
{
	while (v && v->left)
		v = v->left;
	return v;
}

static struct vma *vma_rightmost(struct vma *v)
{
	while (v && v->right)
		v = v->right;
	return v;
}

struct vma *vma_first(struct mm *mm)
{
	return vma_leftmost(mm->root);
}

struct vma *vma_next(struct vma *v)
{
	if (v->right)
		return vma_leftmost(v->right);
	while (v->parent && v->parent->right == v)
		v = v->parent;
	return v->parent;
}

struct vma *vma_prev(struct vma *v)
{
	if (v->left)
		return vma_rightmost(v->left);
	while (v->parent && v->parent->left == v)
		v = v->parent;
	return v->parent;
}

struct vma *vma_find(struct mm *mm, u64 addr)
{
	struct vma *v = mm->root, *best = NULL;

	while (v) {
		if (v->end > addr) {
			best = v;
			if (v->start <= addr)
				break;
			v = v->left;
		} else {
			v = v->right;
		}
	}
	return best;
}

/* --- Gaps --- */

/* Where the space that v claims begins. */
static u64 vma_claim(const struct vma *v)
{
	if (!(v->flags & VM_GROWSDOWN))
		return v->start;
	return v->start > MM_STACK_GUARD ? v->start - MM_STACK_GUARD : 0;
}

static void vma_pull(struct vma *v)
{
	u64 m = v->gap;

	if (v->left && v->left->max_gap > m)
		m = v->left->max_gap;
	if (v->right && v->right->max_gap > m)
		m = v->right->max_gap;
	v->max_gap = m;
}

/* v's lower border or its neighbour's upper one has moved. */
static void vma_gap_update(struct vma *v)
{
	struct vma *prev;
	u64 below, claim;

	if (!v)
		return;
	prev = vma_prev(v);
	below = prev ? prev->end : 0;
	claim = vma_claim(v);
	v->gap = claim > below ? claim - below : 0;
	for (; v; v = v->parent)
		vma_pull(v);
}

static u64 vma_gap_in(const struct vma *v, u64 len, u64 low, u64 high)
{
	while (v && v->max_gap >= len) {
		u64 claim = vma_claim(v), lo = claim - v->gap, hi = claim;

		if (v->end < high) {
			u64 r = vma_gap_in(v->right, len, low, high);

			if (r)
				return r;
		}
		if (hi > high)
			hi = high;
		if (v->gap && max(lo, low) < hi && hi - max(lo, low) >= len)
			return hi - len;
		if (v->start <= low)
			return 0;
		v = v->left;
	}
	return 0;
}

u64 vma_find_gap(struct mm *mm, u64 len, u64 low, u64 high)
{
	struct vma *last = vma_rightmost(mm->root);
	u64 lo = last ? max(last->end, low) : low;

	if (lo < high && high - lo >= len)
		return high - len;
	return vma_gap_in(mm->root, len, low, high);
}

/* --- The treap --- */

static void vma_replace_child(struct mm *mm, struct vma *parent,
			      struct vma *old, struct vma *child)
{
	if (!parent)
		mm->root = child;
	else if (parent->left == old)
		parent->left = child;
	else
		parent->right = child;
	if (child)
		child->parent = parent;
}

/* v's parent becomes v's child. */
static void vma_rotate_up(struct mm *mm, struct vma *v)
{
	struct vma *p = v->parent;

	vma_replace_child(mm, p->parent, p, v);
	if (p->left == v) {
		p->left = v->right;
		if (p->left)
			p->left->parent = p;
		v->right = p;
	} else {
		p->right = v->left;
		if (p->right)
			p->right->parent = p;
		v->left = p;
	}
	p->parent = v;
	vma_pull(p);
	vma_pull(v);
}

void vma_insert(struct mm *mm, struct vma *v)
{
	struct vma **link = &mm->root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = v->start < parent->start ? &parent->left
						: &parent->right;
	}
	v->left = v->right = NULL;
	v->parent = parent;
	v->prio = vma_new_prio();
	*link = v;
	vma_gap_update(v);
	while (v->parent && v->parent->prio < v->prio)
		vma_rotate_up(mm, v);
	vma_gap_update(vma_next(v));
	mm->map_count++;
}

void vma_remove(struct mm *mm, struct vma *v)
{
	struct vma *next = vma_next(v), *p;

	while (v->left || v->right) {
		struct vma *c = v->left;

		if (!c || (v->right && v->right->prio > c->prio))
			c = v->right;
		vma_rotate_up(mm, c);
	}
	p = v->parent;
	vma_replace_child(mm, p, v, NULL);
	for (; p; p = p->parent)
		vma_pull(p);
	vma_gap_update(next);
	v->left = v->right = v->parent = NULL;
	mm->map_count--;
}

void vma_resize(struct vma *v, u64 start, u64 end)
{
	struct mapping *m = v->mapping;

	if (m) {
		mutex_lock(&m->vma_lock);
		v->pgoff += (s64)(start - v->start) >> PAGE_SHIFT;
	}
	v->start = start;
	v->end = end;
	if (m)
		mutex_unlock(&m->vma_lock);
	vma_gap_update(v);
	vma_gap_update(vma_next(v));
}

/* --- Split and merge --- */

struct vma *vma_split(struct mm *mm, struct vma *v, u64 addr)
{
	struct vma *u = vma_alloc(mm, addr, v->end, v->flags);

	if (!u)
		return NULL;
	if (v->mapping) {
		u->mapping = v->mapping;
		u->pgoff = vma_page_of(v, addr);
		u->file = v->file;
		if (u->file)
			file_get(u->file);
		mutex_lock(&v->mapping->vma_lock);
		v->end = addr;
		reach_split(v, u);
		list_add_tail(&u->map_node, &v->mapping->vmas);
		if ((v->flags & (VM_SHARED | VM_MAYWRITE)) ==
		    (VM_SHARED | VM_MAYWRITE))
			v->mapping->nr_writable++;
		mutex_unlock(&v->mapping->vma_lock);
	} else {
		v->end = addr;
	}
	vma_insert(mm, u);
	return u;
}

static bool vma_alike(const struct vma *a, const struct vma *b)
{
	if (a->end != b->start || a->flags != b->flags || a->file != b->file ||
	    a->mapping != b->mapping || (a->flags & VM_GROWSDOWN))
		return false;
	if (!a->mapping)
		return true;
	return vma_page_end(a) == b->pgoff && reach_can_merge(a, b);
}

/* b, the neighbour above, becomes part of a. */
static void vma_absorb(struct mm *mm, struct vma *a, struct vma *b,
		       struct vma **reap)
{
	u64 end = b->end;

	vma_remove(mm, b);
	if (a->mapping) {
		mutex_lock(&a->mapping->vma_lock);
		reach_merge(a, b);
		mutex_unlock(&a->mapping->vma_lock);
	}
	vma_resize(a, a->start, end);
	if (a->mapping)
		vma_unlink_mapping(b);
	b->left = *reap;
	*reap = b;
}

struct vma *vma_merge(struct mm *mm, struct vma *v, struct vma **reap)
{
	struct vma *n = vma_next(v), *p = vma_prev(v);

	if (n && vma_alike(v, n))
		vma_absorb(mm, v, n, reap);
	if (p && vma_alike(p, v)) {
		vma_absorb(mm, p, v, reap);
		v = p;
	}
	return v;
}

int vma_isolate(struct mm *mm, u64 start, u64 end, struct vma **first)
{
	struct vma *v = vma_find(mm, start), *w;

	if (v && v->start < start) {
		if (mm->map_count >= MM_MAX_MAP_COUNT)
			return -ENOMEM;
		v = vma_split(mm, v, start);
		if (!v)
			return -ENOMEM;
	}
	*first = v;
	if (!v || v->start >= end)
		return 0;
	w = vma_find(mm, end - 1);
	if (w && w->start < end && w->end > end) {
		if (mm->map_count >= MM_MAX_MAP_COUNT)
			return -ENOMEM;
		if (!vma_split(mm, w, end))
			return -ENOMEM;
	}
	return 0;
}
