/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel memory, all of it in the arena: whole pages by a buddy allocator,
 * small objects by size-class slabs. Nothing here sleeps.
 */
#ifndef KERNEL_SLAB_H
#define KERNEL_SLAB_H

#include <kernel/types.h>

/* 2^order pages, aligned to their size; NULL when the arena is full. */
void *page_alloc(unsigned int order);
void page_free(void *p, unsigned int order);

/* Any size up to 4 MiB, 16-byte aligned; NULL when there is none. */
void *kmalloc(size_t n) __attribute__((malloc, alloc_size(1)));
void *kzalloc(size_t n) __attribute__((malloc, alloc_size(1)));
void *kcalloc(size_t n, size_t size) __attribute__((malloc));
void *krealloc(void *p, size_t n);
void kfree(const void *p); /* NULL is fine */
char *kstrdup(const char *s);
char *kstrndup(const char *s, size_t n);

struct slab_stats {
	u64 arena_pages, arena_used, objects, bytes;
};
void slab_get_stats(struct slab_stats *st);
void slab_init(void *start, void *end);

#endif
