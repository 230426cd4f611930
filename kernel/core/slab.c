/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel memory in the arena. Two layers:
 *
 * pages    a buddy allocator over the heap; per-page one byte of state in a
 *	    table at the heap's start (order of a free or used block's head).
 * kmalloc  size classes; each class has slabs of one block of pages with a
 *	    header and a free list through the objects. A slab's header stands at
 *	    the start of its 8 KiB-aligned block, so kfree() finds it by masking.
 *	    Larger sizes are page blocks, told apart by a table entry. Slabs are
 *	    this small so that all classes lie in few 64 KiB windows: each window
 *	    costs every new process a page fault.
 *
 * Each class has its own spinlock; the page allocator has one.
 */
#include <kernel/heap.h>
#include <kernel/atomic.h>
#include <kernel/checks.h>
#include <kernel/faults.h>
#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/slabinfo.h>
#include <kernel/string.h>

#define ORDER_MAX  11 /* 8 MiB blocks */
#define SLAB_ORDER 1
#define SLAB_MAX   2032
#define SLAB_SIZE  (PAGE_SIZE << SLAB_ORDER)
#define SLAB_MAGIC 0x51ab51abu

/* page_state[]: low 5 bits order, flags above; only valid for block heads */
#define PS_FREE	   0x80
#define PS_BIG	   0x40 /* a kmalloc of whole pages */
#define PS_SLAB	   0x20

struct slab_class;

struct slab {
	u32 magic;
	u32 used, total;
	void *free;
	struct slab_class *cls;
	struct list_head node; /* partial list of the class */
	bool listed;
};

struct slab_class {
	spinlock_t lock;
	u32 size;
	struct list_head partial;
	u64 nobj;
	struct slab *spare; /* one empty slab is kept */
};

struct free_block {
	struct list_head node;
};

static spinlock_t page_lock;
static struct list_head page_free_list[ORDER_MAX + 1];
static u8 *page_state;
static u64 heap_base, heap_pages, heap_brk; /* brk: pages ever handed out */
static u64 pages_used;

static const u16 slab_sizes[] = {
	16,  32,  48,  64,  80,	 96,  128,  160,  192,
	256, 320, 384, 512, 640, 768, 1024, 1344, 2032
};
#define NCLASS (sizeof(slab_sizes) / sizeof(slab_sizes[0]))
static struct slab_class slab_classes[NCLASS];
static u8 slab_class_of[SLAB_MAX / 16 + 2];

static u64 page_index(const void *p)
{
	return ((u64)p - heap_base) >> PAGE_SHIFT;
}

static void *page_ptr(u64 index)
{
	return (void *)(heap_base + (index << PAGE_SHIFT));
}

/* Fresh memory from the untouched end, in the largest blocks. */
static bool page_extend(void)
{
	u64 n = 1ull << ORDER_MAX;
	struct free_block *b;

	if (heap_brk + n > heap_pages)
		return false;
	b = page_ptr(heap_brk);
	page_state[heap_brk] = PS_FREE | ORDER_MAX;
	list_add(&b->node, &page_free_list[ORDER_MAX]);
	heap_brk += n;
	return true;
}

void *page_alloc(unsigned int order)
{
	unsigned int o;
	struct free_block *b = NULL;
	u64 i;

	if (order > ORDER_MAX || fault_alloc())
		return NULL;
	spin_lock(&page_lock);
	for (;;) {
		for (o = order; o <= ORDER_MAX; o++)
			if (!list_empty(&page_free_list[o]))
				break;
		if (o <= ORDER_MAX || !page_extend())
			break;
	}
	if (o <= ORDER_MAX) {
		b = list_first(&page_free_list[o], struct free_block, node);
		list_del(&b->node);
		i = page_index(b);
		while (o > order) {
			struct free_block *half;

			o--;
			half = page_ptr(i + (1ull << o));
			page_state[i + (1ull << o)] = (u8)(PS_FREE | o);
			list_add(&half->node, &page_free_list[o]);
		}
		page_state[i] = (u8)order;
		pages_used += 1ull << order;
	}
	spin_unlock(&page_lock);
	return b;
}

void page_free(void *p, unsigned int order)
{
	u64 i = page_index(p), buddy;
	struct free_block *b;

	spin_lock(&page_lock);
	if (unlikely((page_state[i] & 0x9f) != order))
		panic("page_free: %p order %u, state %#x", p, order,
		      page_state[i]);
	pages_used -= 1ull << order;
	while (order < ORDER_MAX) {
		buddy = i ^ (1ull << order);
		if (page_state[buddy] != (PS_FREE | order))
			break;
		b = page_ptr(buddy);
		list_del(&b->node);
		page_state[i > buddy ? i : buddy] = 0;
		i &= ~(1ull << order);
		order++;
	}
	page_state[i] = (u8)(PS_FREE | order);
	b = page_ptr(i);
	list_add(&b->node, &page_free_list[order]);
	spin_unlock(&page_lock);
}

static struct slab *slab_new(struct slab_class *c)
{
	struct slab *s = page_alloc(SLAB_ORDER);
	u32 i, first = ALIGN_UP((u32)sizeof(*s), 16u);
	char *obj;

	if (!s)
		return NULL;
	page_state[page_index(s)] |= PS_SLAB;
	s->magic = SLAB_MAGIC;
	s->cls = c;
	s->used = 0;
	if (!(c->size & (c->size - 1)) && c->size <= 64)
		first = ALIGN_UP(first, c->size);
	s->total = (u32)(SLAB_SIZE - first) / c->size;
	s->free = NULL;
	s->listed = false;
	list_init(&s->node);
	/* in address order, so that neighbours are handed out together */
	for (i = s->total; i-- > 0;) {
		obj = (char *)s + first + i * c->size;
		*(void **)obj = s->free;
		s->free = obj;
	}
	return s;
}

static void *slab_alloc_from(struct slab_class *c)
{
	struct slab *s, *fresh = NULL;
	void *p;

	spin_lock(&c->lock);
	if (unlikely(list_empty(&c->partial))) {
		s = c->spare;
		c->spare = NULL;
		if (!s) {
			spin_unlock(&c->lock);
			fresh = slab_new(c);
			if (!fresh)
				return NULL;
			s = fresh;
			spin_lock(&c->lock);
		}
		list_add(&s->node, &c->partial);
		s->listed = true;
	}
	s = list_first(&c->partial, struct slab, node);
	p = s->free;
	s->free = *(void **)p;
	s->used++;
	c->nobj++;
	if (!s->free) {
		list_del(&s->node);
		s->listed = false;
	}
	spin_unlock(&c->lock);
	return p;
}

static void slab_free_to(struct slab *s, void *p)
{
	struct slab_class *c = s->cls;
	struct slab *drop = NULL;

	spin_lock(&c->lock);
	*(void **)p = s->free;
	s->free = p;
	s->used--;
	c->nobj--;
	if (!s->used) {
		if (s->listed)
			list_del(&s->node);
		s->listed = false;
		drop = c->spare;
		c->spare = s;
	} else if (!s->listed) {
		list_add(&s->node, &c->partial);
		s->listed = true;
	}
	spin_unlock(&c->lock);
	if (drop) {
		drop->magic = 0;
		page_state[page_index(drop)] &= (u8)~PS_SLAB;
		page_free(drop, SLAB_ORDER);
	}
}

static unsigned int pages_order(size_t n)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < n)
		order++;
	return order;
}

void *kmalloc(size_t n)
{
	unsigned int order;
	void *p;

	if (fault_alloc())
		return NULL;
	if (likely(n <= SLAB_MAX))
		return slab_alloc_from(
			&slab_classes[slab_class_of[(n + 15) / 16]]);
	if (n > (PAGE_SIZE << ORDER_MAX))
		return NULL;
	/* at least a slab's size, so that the block is aligned like one */
	order = max(pages_order(n), (unsigned int)SLAB_ORDER);
	p = page_alloc(order);
	if (p)
		page_state[page_index(p)] |= PS_BIG;
	return p;
}

void kfree(const void *cp)
{
	void *p = (void *)cp;
	unsigned int order;
	u64 i;

	if (!p)
		return;
	/*
	 * Pages begin where a slab has its header, objects never: these are
	 * freed without a look at the table, which a new process has not mapped.
	 */
	if (likely((u64)p & (SLAB_SIZE - 1))) {
		struct slab *s = (struct slab *)((u64)p & ~(SLAB_SIZE - 1));

		if (unlikely(s->magic != SLAB_MAGIC))
			panic("kfree of %p, which is no allocation", p);
		slab_free_to(s, p);
		return;
	}
	i = page_index(p);
	if (unlikely(!(page_state[i] & PS_BIG)))
		panic("kfree of %p, which is no allocation", p);
	order = page_state[i] & 0x1f;
	page_state[i] = (u8)order;
	page_free(p, order);
}

static size_t kmalloc_size(const void *p)
{
	u64 i = page_index((void *)((u64)p & ~(SLAB_SIZE - 1)));

	if (page_state[i] & PS_BIG)
		return PAGE_SIZE << (page_state[i] & 0x1f);
	return ((struct slab *)((u64)p & ~(SLAB_SIZE - 1)))->cls->size;
}

void *kzalloc(size_t n)
{
	void *p = kmalloc(n);

	if (p)
		memset(p, 0, n);
	return p;
}

void *kcalloc(size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return NULL;
	return kzalloc(total);
}

void *krealloc(void *p, size_t n)
{
	void *q;

	if (!p)
		return kmalloc(n);
	if (kmalloc_size(p) >= n)
		return p;
	q = kmalloc(n);
	if (q) {
		memcpy(q, p, kmalloc_size(p));
		kfree(p);
	}
	return q;
}

char *kstrndup(const char *s, size_t n)
{
	char *p;

	n = strnlen(s, n);
	p = kmalloc(n + 1);
	if (p) {
		memcpy(p, s, n);
		p[n] = 0;
	}
	return p;
}

char *kstrdup(const char *s)
{
	return kstrndup(s, (size_t)-1);
}

void slab_get_stats(struct slab_stats *st)
{
	u32 i;

	memset(st, 0, sizeof(*st));
	st->arena_pages = heap_pages;
	st->arena_used = pages_used;
	for (i = 0; i < NCLASS; i++) {
		st->objects += slab_classes[i].nobj;
		st->bytes += slab_classes[i].nobj * slab_classes[i].size;
	}
}

bool slab_info(u32 i, struct slab_info *out)
{
	if (i >= NCLASS)
		return false;
	*out = (struct slab_info){
		.active = READ_ONCE(slab_classes[i].nobj),
		.size = slab_classes[i].size,
		.pages = 1u << SLAB_ORDER,
	};
	out->per_slab = (u32)(SLAB_SIZE - ALIGN_UP(sizeof(struct slab), 16u)) /
			out->size;
	/* those that are not in use are not counted: full slabs */
	out->total = (out->active + out->per_slab - 1) / out->per_slab *
		     out->per_slab;
	return true;
}

/* A second call changes nothing: arch-um needs memory before kern_start(). */
void slab_init(void *start, void *end)
{
	u64 pages, i, c;

	if (heap_base)
		return;
	end = asan_heap_end(end);
	/* the heap begins at a multiple of the largest block */
	pages = ((u64)end - (u64)start) >> PAGE_SHIFT;
	page_state = start;
	heap_base = ALIGN_UP((u64)start + pages, PAGE_SIZE << ORDER_MAX);
	heap_pages = ((u64)end - heap_base) >> PAGE_SHIFT;
	for (i = 0; i <= ORDER_MAX; i++)
		list_init(&page_free_list[i]);
	for (i = 0; i < NCLASS; i++) {
		slab_classes[i].size = slab_sizes[i];
		list_init(&slab_classes[i].partial);
	}
	for (i = 0, c = 0; i <= SLAB_MAX / 16; i++) {
		while (slab_sizes[c] < i * 16)
			c++;
		slab_class_of[i] = (u8)c;
	}
}

#ifdef CONFIG_HEAP
/* The start of the kmalloc that p lies in, freed or not; NULL: none. */
void *raw_object(const void *p)
{
	u32 first = ALIGN_UP((u32)sizeof(struct slab), 16u);
	u64 a = ALIGN_DOWN((u64)p, SLAB_SIZE), i = page_index((void *)a);
	struct slab *s = (struct slab *)a;
	unsigned int o;

	if (!heap_base || a < heap_base || i >= heap_brk)
		return NULL;
	if (page_state[i] & PS_SLAB) {
		if (!(s->cls->size & (s->cls->size - 1)) && s->cls->size <= 64)
			first = ALIGN_UP(first, s->cls->size);
		if ((u64)p < a + first)
			return NULL;
		i = ((u64)p - a - first) / s->cls->size;
		return i < s->total ? (char *)s + first + i * s->cls->size
				    : NULL;
	}
	for (o = SLAB_ORDER; o <= ORDER_MAX; o++) {
		a = ALIGN_DOWN((u64)p, PAGE_SIZE << o);
		if (a < heap_base)
			return NULL;
		i = page_index((void *)a);
		if (page_state[i] & PS_BIG && (page_state[i] & 0x1f) == o)
			return (void *)a;
	}
	return NULL;
}
#endif
