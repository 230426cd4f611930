/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks for the checkers that a kernel can be built with (README.md, "Builds
 * that look for bugs"); in other builds they are nothing at all. Their stories
 * are in kernel/debug/: asan.c, heap.c, lockdep.c, broken.c.
 */
#ifndef KERNEL_CHECKS_H
#define KERNEL_CHECKS_H

#include <kernel/types.h>

/* --- SAN=address: which bytes of kernel memory may be touched --- */
#ifdef CONFIG_ASAN
/* Redzones of global variables: runs the constructors, first thing. */
void asan_init(void);
/* The value says what the bytes are: enum asan_kind. */
void asan_poison(const void *p, size_t n, u8 kind);
void asan_unpoison(const void *p, size_t n);
/* Code that the compiler did not instrument is about to touch these. */
void asan_check(const void *p, size_t n, bool write);
/* The heap's end, when the arena ends there. */
void *asan_heap_end(void *arena_end);
#else
static inline void asan_init(void)
{
}
static inline void asan_poison(const void *p, size_t n, u8 kind)
{
}
static inline void asan_unpoison(const void *p, size_t n)
{
}
static __always_inline void asan_check(const void *p, size_t n, bool write)
{
}
static inline void *asan_heap_end(void *arena_end)
{
	return arena_end;
}
#endif

/* --- DEBUG=1, SAN=address, LOCKDEP=1: every allocation has a tag --- */
#ifdef CONFIG_HEAP
/* Report what nothing points to any more. At the machine's end. */
void heap_leak_check(void);
/*
 * The allocation that p lies in: where it was made and how far in p is. False:
 * p is in none.
 */
bool heap_origin(const void *p, u64 *site, u64 *off);
/* Pages that are cut into objects of that size: the same offset for each. */
void heap_set_stride(const void *p, u32 stride);
/* Print where the memory at p was allocated and freed. => found? */
bool heap_describe(const void *p);
#else
static inline void heap_leak_check(void)
{
}
static inline void heap_set_stride(const void *p, u32 stride)
{
}
#endif

/* --- SAN=, DEBUG=1: kernel word broken=WHAT, faults for the checkers --- */
#ifdef CONFIG_BROKEN
void broken_word(const char *v);
/* In a task of its own right before process 1 starts. */
void broken_run(void);
#else
static inline void broken_word(const char *v)
{
}
static inline void broken_run(void)
{
}
#endif

#endif
