// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for dentries, inodes, files and supers that is never used for
 * anything else.
 *
 * The path walk and fd_get() read these objects without a lock or a reference
 * and find out afterwards whether what they read was true. That is sound only
 * if a pointer to a dentry is always a pointer to some dentry. Chunks of 64 KiB
 * are taken from the page allocator and never given back; they are also what
 * keeps the hot objects of the file system dense, which matters because every
 * new host process has to map the pages it touches.
 *
 * The free list is last in, first out: the most recently freed object is the
 * one in the processor's cache.
 */
#include <kernel/checks.h>
#include <kernel/slabinfo.h>
#include "vfs/internal.h"

#define OBJCACHE_CHUNK_ORDER 4u

static spinlock_t objcache_list_lock;
static struct objcache *objcache_list;

static void objcache_show_it(struct objcache *c)
{
	spin_lock(&objcache_list_lock);
	c->next = objcache_list;
	objcache_list = c;
	spin_unlock(&objcache_list_lock);
}

bool objcache_info(u32 i, struct slab_info *out)
{
	const struct objcache *c;

	/* nobody ever leaves the list */
	for (c = load_acquire(&objcache_list); c && i; i--)
		c = c->next;
	if (!c)
		return false;
	*out = (struct slab_info){
		.name = c->name + sizeof("struct ") - 1,
		.active = READ_ONCE(c->in_use),
		.total = READ_ONCE(c->total),
		.size = c->size,
		.per_slab =
			(u32)((PAGE_SIZE << OBJCACHE_CHUNK_ORDER) / c->size),
		.pages = 1u << OBJCACHE_CHUNK_ORDER,
	};
	return true;
}

static void **objcache_link(const struct objcache *c, void *obj)
{
	return (void **)((char *)obj + c->link_off);
}

/* Caller holds the lock. */
static bool objcache_grow(struct objcache *c)
{
	u32 n = (u32)((PAGE_SIZE << OBJCACHE_CHUNK_ORDER) / c->size);
	char *chunk = page_alloc(OBJCACHE_CHUNK_ORDER);

	if (!chunk)
		return false;
	heap_set_stride(chunk, c->size);
	memset(chunk, 0, PAGE_SIZE << OBJCACHE_CHUNK_ORDER);
	if (!c->total)
		objcache_show_it(c);
	c->total += n;
	while (n--) {
		void *obj = chunk + (size_t)n * c->size;

		*objcache_link(c, obj) = c->free;
		c->free = obj;
	}
	return true;
}

void *objcache_alloc(struct objcache *c)
{
	void *obj = NULL;

	spin_lock(&c->lock);
	if (likely(c->free) || objcache_grow(c)) {
		obj = c->free;
		c->free = *objcache_link(c, obj);
		c->in_use++;
	}
	spin_unlock(&c->lock);
	return obj;
}

void objcache_free(struct objcache *c, void *obj)
{
	spin_lock(&c->lock);
	*objcache_link(c, obj) = c->free;
	c->free = obj;
	c->in_use--;
	spin_unlock(&c->lock);
}
