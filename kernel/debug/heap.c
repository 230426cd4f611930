// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of kernel memory with a tag that says who made it and who
 * freed it: what SAN=address, LOCKDEP=1 and DEBUG=1 put between the kernel and
 * core/slab.c (kernel/heap.h renames what that provides to raw_*).
 *
 *	| struct heap_tag | the caller's bytes | 16 to 31 bytes of HEAP_TAIL |
 *
 * Whole pages (page_alloc) have their tag elsewhere, found by page_tags[].
 *
 * Freeing checks the tail, fills with HEAP_FILL and puts the allocation into
 * quarantine: it is really freed when QUARANTINE bytes came after it, and the
 * fill is checked again then. So double frees, overflows and writes after the
 * free are seen even where nothing is instrumented; with SAN=address the shadow
 * forbids all of that on the spot.
 *
 * Leaks: at the machine's end everything that is reachable is marked, beginning
 * with the kernel's data and the stacks of tasks, following every word that looks
 * like a pointer into an allocation, its start or its middle. What is left
 * then, four times in a row (somebody may just be working on it), nobody can
 * free any more, and is reported by the place that allocated it.
 */
#define LOCKDEP_RAW
#include <hostapi/host.h>
#include <kernel/atomic.h>
#include <kernel/checks.h>
#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include "asan.h"

#define HEAP_LIVE   0x4c495645u
#define HEAP_DEAD   0x44454144u
#define HEAP_GONE   0 /* out of quarantine */
#define HEAP_TAIL   0xa5
#define HEAP_FILL   0x6b
#define QUARANTINE  (8ul << 20)
#define ARENA_PAGES ((8ull << 30) >> PAGE_SHIFT)

struct heap_tag {
	u32 state;
	u32 tid : 30, mark : 1, suspect : 1;
	void *start;
	u64 size;
	u32 stride,
		pad; /* cut into objects of that size, see heap_set_stride() */
	u64 alloc_pc[6], free_pc[3];
	struct list_head node; /* all that live, or the quarantine */
	struct heap_tag *todo; /* leaks: marked, not looked into yet */
};
_Static_assert(sizeof(struct heap_tag) % 16 == 0, "tags keep the alignment");

void *raw_page_alloc(unsigned int order);
void raw_page_free(void *p, unsigned int order);
void *raw_kmalloc(size_t n);
void raw_kfree(const void *p);
void *raw_object(const void *p);

static spinlock_t heap_lock;
/* under heap_lock: */
static struct list_head heap_live = LIST_HEAD_INIT(heap_live);
static struct list_head heap_quarantine = LIST_HEAD_INIT(heap_quarantine);
static u64 heap_quarantined, heap_count;

/* By page of the arena, for the first page of a block. */
static struct heap_tag *page_tags[ARENA_PAGES]
	__attribute__((section(".bss.checks")));

#define heap_frame() __builtin_frame_address(0)

static struct heap_tag **heap_page_tag(const void *p)
{
	return &page_tags[((u64)p - ARENA_BASE) >> PAGE_SHIFT];
}

static bool heap_in_arena(const void *p)
{
	return (u64)p >= ARENA_BASE &&
	       (u64)p < ARENA_BASE + (ARENA_PAGES << PAGE_SHIFT);
}

static void heap_add(struct heap_tag *t, void *start, size_t size,
		     const void *frame)
{
	memset(t, 0, sizeof(*t));
	t->start = start;
	t->size = size;
	t->tid = current->tid;
	host_backtrace(frame, t->alloc_pc, ARRAY_SIZE(t->alloc_pc));
	t->state = HEAP_LIVE;
	spin_lock(&heap_lock);
	list_add(&t->node, &heap_live);
	heap_count++;
	spin_unlock(&heap_lock);
}

static void heap_remove(struct heap_tag *t)
{
	spin_lock(&heap_lock);
	list_del(&t->node);
	heap_count--;
	spin_unlock(&heap_lock);
}

/* --- Reports ------------------------------------------------------------------- */

static void heap_story(const struct heap_tag *t)
{
	printk(KERN_ERR "%lu bytes at %p, allocated by task %u:\n",
	       (unsigned long)t->size, t->start, t->tid);
	host_dump_frames(t->alloc_pc, ARRAY_SIZE(t->alloc_pc));
	if (t->state == HEAP_LIVE)
		return;
	printk(KERN_ERR "freed:\n");
	host_dump_frames(t->free_pc, ARRAY_SIZE(t->free_pc));
}

static void heap_bug(const char *what, const void *p, const struct heap_tag *t)
{
	printk(KERN_ERR "BUG: address: %s: %p, task %u (%s)\n", what, p,
	       current->tid, current->comm);
	if (t)
		heap_story(t);
	host_dump_state(NULL);
}

/* The tag of what p lies in, or in whose redzones. */
static struct heap_tag *heap_find(const void *p)
{
	struct heap_tag *t = raw_object(p);
	unsigned int order;

	if (t)
		return (t->state == HEAP_LIVE || t->state == HEAP_DEAD) &&
				       t->start == (void *)(t + 1)
			       ? t
			       : NULL;
	if (!heap_in_arena(p))
		return NULL;
	for (order = 0; order < 12; order++) {
		u64 head = ALIGN_DOWN((u64)p, PAGE_SIZE << order);

		if (head < ARENA_BASE)
			return NULL;
		t = *heap_page_tag((void *)head);
		if (t)
			return (u64)p < head + t->size ? t : NULL;
	}
	return NULL;
}

bool heap_describe(const void *p)
{
	struct heap_tag *t = heap_find(p);

	if (t)
		heap_story(t);
	return t;
}

bool heap_origin(const void *p, u64 *site, u64 *off)
{
	struct heap_tag *t = heap_find(p);

	if (!t)
		return false;
	*site = t->alloc_pc[0];
	*off = (u64)p - (u64)t->start;
	if (t->stride)
		*off = *off % t->stride | (u64)t->stride << 32;
	return true;
}

void heap_set_stride(const void *p, u32 stride)
{
	struct heap_tag *t = heap_find(p);

	if (t)
		t->stride = stride;
}

/* --- Allocations ------------------------------------------------------------------- */

static u8 *heap_tail(const struct heap_tag *t)
{
	return (u8 *)t->start + t->size;
}

static void *heap_alloc(size_t n, const void *frame)
{
	size_t whole = sizeof(struct heap_tag) + ALIGN_UP(n, 16ul) + 16;
	struct heap_tag *t;

	if (n > (64ul << 20))
		return NULL;
	t = raw_kmalloc(whole);
	if (!t)
		return NULL;
	asan_unpoison(t, whole);
	heap_add(t, t + 1, n, frame);
	memset(heap_tail(t), HEAP_TAIL,
	       (char *)t + whole - (char *)heap_tail(t));
	asan_unpoison(t->start, n);
	asan_poison(heap_tail(t), (u64)t + whole - (u64)heap_tail(t),
		    ASAN_REDZONE);
	asan_poison(t, sizeof(*t), ASAN_REDZONE);
	return t->start;
}

/* => all n bytes from p are c */
static bool heap_all(const u8 *p, u8 c, size_t n)
{
	while (n && *p == c)
		p++, n--;
	return !n;
}

/* Out of quarantine. */
static void heap_release(struct heap_tag *t)
{
	size_t whole = sizeof(*t) + ALIGN_UP(t->size, 16ul) + 16;

	if (!heap_all(t->start, HEAP_FILL, t->size))
		heap_bug("write after free", t->start, t);
	asan_unpoison(t, whole);
	t->state = HEAP_GONE;
	raw_kfree(t);
}

static void heap_free(void *p, const void *frame)
{
	struct heap_tag *t = (struct heap_tag *)p - 1;

	if ((u64)p & 15 || !heap_in_arena(t) ||
	    (t->state != HEAP_LIVE && t->state != HEAP_DEAD)) {
		heap_bug("free of what is no allocation", p, NULL);
		return;
	}
	if (!atomic_cas(&t->state, HEAP_LIVE, HEAP_DEAD)) {
		heap_bug("double free", p, t);
		return;
	}
	if (!heap_all(heap_tail(t), HEAP_TAIL, 16 + (-t->size & 15)))
		heap_bug("heap overflow, found when it was freed", p, t);
	host_backtrace(frame, t->free_pc, ARRAY_SIZE(t->free_pc));
	heap_remove(t);
	memset(p, HEAP_FILL, t->size);
	asan_poison(p, ALIGN_UP(t->size, 8ul), ASAN_FREED);
	spin_lock(&heap_lock);
	list_add_tail(&t->node, &heap_quarantine);
	heap_quarantined += t->size + sizeof(*t);
	while (heap_quarantined > QUARANTINE) {
		t = list_first(&heap_quarantine, struct heap_tag, node);
		list_del(&t->node);
		heap_quarantined -= t->size + sizeof(*t);
		spin_unlock(&heap_lock);
		heap_release(t);
		spin_lock(&heap_lock);
	}
	spin_unlock(&heap_lock);
}

void *kmalloc(size_t n)
{
	return heap_alloc(n, heap_frame());
}

void *kzalloc(size_t n)
{
	void *p = heap_alloc(n, heap_frame());

	if (p)
		memset(p, 0, n);
	return p;
}

void *kcalloc(size_t n, size_t size)
{
	void *p = NULL;
	size_t total;

	if (!__builtin_mul_overflow(n, size, &total))
		p = heap_alloc(total, heap_frame());
	if (p)
		memset(p, 0, total);
	return p;
}

void *krealloc(void *p, size_t n)
{
	size_t old = p ? ((struct heap_tag *)p - 1)->size : 0;
	void *q;

	if (p && old >= n)
		return p;
	q = heap_alloc(n, heap_frame());
	if (q && p) {
		memcpy(q, p, old);
		heap_free(p, heap_frame());
	}
	return q;
}

char *kstrndup(const char *s, size_t n)
{
	char *p;

	n = strnlen(s, n);
	p = heap_alloc(n + 1, heap_frame());
	if (p) {
		memcpy(p, s, n);
		p[n] = 0;
	}
	return p;
}

char *kstrdup(const char *s)
{
	size_t n = strlen(s);
	char *p = heap_alloc(n + 1, heap_frame());

	if (p)
		memcpy(p, s, n + 1);
	return p;
}

void kfree(const void *p)
{
	if (p)
		heap_free((void *)p, heap_frame());
}

void *page_alloc(unsigned int order)
{
	struct heap_tag *t = raw_kmalloc(sizeof(*t));
	void *p = t ? raw_page_alloc(order) : NULL;

	if (!p) {
		raw_kfree(t);
		return NULL;
	}
	asan_unpoison(t, sizeof(*t));
	asan_unpoison(p, PAGE_SIZE << order);
	heap_add(t, p, PAGE_SIZE << order, heap_frame());
	*heap_page_tag(p) = t;
	return p;
}

void page_free(void *p, unsigned int order)
{
	struct heap_tag *t = *heap_page_tag(p);

	if (!t || t->size != PAGE_SIZE << order) {
		heap_bug("free of pages that are no allocation", p, t);
		return;
	}
	*heap_page_tag(p) = NULL;
	heap_remove(t);
	t->state = HEAP_GONE;
	raw_kfree(t);
	asan_poison(p, PAGE_SIZE << order, ASAN_FREED_PAGES);
	raw_page_free(p, order);
}

/* --- Leaks --------------------------------------------------------------------------- */

#define LEAK_KINDS  64u
#define LEAK_PASSES 4 /* 12, 48, 192 ms apart */

/* Leaks from one place: the first of them. */
static struct leak {
	const struct heap_tag *tag;
	u64 n, bytes;
} leaks[LEAK_KINDS] __attribute__((section(".bss.checks")));
static struct heap_tag *leak_todo __attribute__((section(".bss.checks")));

static void leak_pointer(u64 word)
{
	struct heap_tag *t;

	if (word < ARENA_BASE || !heap_in_arena((void *)word))
		return;
	t = heap_find((void *)word);
	if (!t || t->mark || t->state != HEAP_LIVE || word < (u64)t->start)
		return;
	t->mark = 1;
	t->todo = leak_todo;
	leak_todo = t;
}

static void leak_range(u64 from, u64 to)
{
	for (from = ALIGN_UP(from, 8ull); from + 8 <= to; from += 8)
		leak_pointer(*(u64 *)from);
}

/* What the stack of a task that has gone holds is nobody's. */
static u64 leak_from(const struct heap_tag *t)
{
	const struct task *task = task_from_sp((u64)t->start);

	return t->size == TASK_BLOCK_SIZE && !task->refs.n ? (u64)task
							   : (u64)t->start;
}

/* Mark what can be reached. Under heap_lock. */
static void leak_mark(void)
{
	extern char host_data_start[], host_data_end[];
	struct heap_tag *t;

	list_for_each_entry (t, &heap_live, node)
		t->mark = 0;
	leak_range((u64)host_data_start, (u64)host_data_end);
	while (leak_todo) {
		t = leak_todo;
		leak_todo = t->todo;
		leak_range(leak_from(t), (u64)t->start + t->size);
	}
}

/* Has it been counted already with the first of its kind? */
static struct leak *leak_of(const struct heap_tag *t)
{
	u32 i;

	for (i = 0; i < LEAK_KINDS && leaks[i].tag; i++)
		if (!memcmp(leaks[i].tag->alloc_pc, t->alloc_pc,
			    sizeof(t->alloc_pc)))
			return &leaks[i];
	if (i == LEAK_KINDS)
		return NULL;
	leaks[i].tag = t;
	return &leaks[i];
}

/* What was not marked, this time and before. => how many. Under heap_lock. */
static u64 leak_collect(bool first, bool last)
{
	struct heap_tag *t;
	struct leak *l;
	u64 n = 0;

	list_for_each_entry (t, &heap_live, node) {
		t->suspect = !t->mark && (first || t->suspect);
		n += t->suspect;
		if (last && t->suspect && (l = leak_of(t))) {
			l->n++;
			l->bytes += t->size;
		}
	}
	return n;
}

void heap_leak_check(void)
{
	static u32 once;
	u64 suspects = 1;
	int pass;

	if (atomic_xchg(&once, 1))
		return;
	for (pass = 0; pass < LEAK_PASSES && suspects; pass++) {
		if (pass)
			sleep_on(sleep_prepare(),
				 time_mono_ns() + (3000000ull << 2 * pass),
				 SLEEP_UNINTR, "leaks");
		spin_lock(&heap_lock);
		leak_mark();
		suspects = leak_collect(!pass, pass == LEAK_PASSES - 1);
		spin_unlock(&heap_lock);
	}
	for (u32 i = 0; i < LEAK_KINDS && leaks[i].tag; i++) {
		printk(KERN_ERR "BUG: leak: %lu allocations, %lu bytes\n",
		       (unsigned long)leaks[i].n,
		       (unsigned long)leaks[i].bytes);
		heap_story(leaks[i].tag);
	}
}
