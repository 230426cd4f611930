/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For core/slab.c alone, before everything else: with CONFIG_HEAP what it
 * provides is called raw_*, and debug/heap.c provides kmalloc() and the like.
 */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#ifdef CONFIG_HEAP
#define page_alloc raw_page_alloc
#define page_free  raw_page_free
#define kmalloc	   raw_kmalloc
#define kzalloc	   raw_kzalloc
#define kcalloc	   raw_kcalloc
#define krealloc   raw_krealloc
#define kfree	   raw_kfree
#define kstrdup	   raw_kstrdup
#define kstrndup   raw_kstrndup
void *raw_object(const void *p);
#endif

#endif
