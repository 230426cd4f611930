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
#include "vfs/internal.h"

#define OBJCACHE_CHUNK_ORDER 4u

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
