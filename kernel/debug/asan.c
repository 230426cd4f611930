// SPDX-License-Identifier: GPL-2.0
/*
 * SAN=address: no access to kernel memory that is not meant.
 *
 * The compiler calls __asan_loadN() and __asan_storeN() before every access of
 * kernel/ and the front ends. One byte of shadow tells of eight bytes whether
 * they may be touched. The shadow of image and arena stands at the end of the
 * arena, at a fixed address (-fasan-shadow-offset in the Makefile), so every
 * process of the machine shares it; other addresses (pool, guest memory) are not
 * looked at. It is all zero at first, which allows everything. Forbidden are
 *
 *	around globals	the compiler makes the gaps and a constructor for each
 *			file, which asan_init() calls: the first thing that runs
 *	in stacks	the prologue poisons the gaps, the epilogue clears them;
 *			before a call that does not return all of the stack is
 *			cleared, see __asan_handle_no_return()
 *	in the heap	heap.c poisons the ends of each allocation, what was
 *			freed until it leaves quarantine, and free pages
 *
 * Not seen: arch-um and slab.c, which are not instrumented (uaccess.c, string.c
 * ask before they let them touch anything), and objects of vfs/objcache.c, which
 * may be read after they were freed.
 *
 * A report names the place; each place is reported once, and the kernel goes on.
 */
#include <hostapi/host.h>
#include <kernel/atomic.h>
#include <kernel/checks.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "asan.h"

/* In agreement with the Makefile; asan_init() makes sure of it. */
#define ASAN_OFFSET 0x5b01f8000000ull
#define ASAN_LO	    KIMAGE_BASE
#define ASAN_HI	    (ARENA_BASE + (8ull << 30)) /* the arena's end */
#define ASAN_SHADOW (ASAN_OFFSET + (ASAN_LO >> 3))
#define ASAN_PLACES 64u
_Static_assert(ASAN_SHADOW + ((ASAN_HI - ASAN_LO) >> 3) == ASAN_HI,
	       "the shadow ends with the arena");

/* What the compiler says of a global variable. */
struct asan_global {
	const void *start;
	u64 size, size_with_redzone;
	const char *name, *file;
	u64 dynamic_init;
	const void *location;
	u64 odr;
};

static u64 asan_places[ASAN_PLACES]; /* reported already */
static u32 asan_busy;

static u8 *asan_shadow(const void *p)
{
	return (u8 *)(((u64)p >> 3) + ASAN_OFFSET);
}

static bool asan_covers(const void *p, size_t n)
{
	return (u64)p >= ASAN_LO && (u64)p < ASAN_SHADOW &&
	       n <= ASAN_SHADOW - (u64)p;
}

static void asan_fill(u8 *s, u8 value, size_t n)
{
	__asm__ volatile("rep stosb"
			 : "+D"(s), "+c"(n)
			 : "a"(value)
			 : "memory");
}

void asan_poison(const void *p, size_t n, u8 kind)
{
	u64 from = ALIGN_UP((u64)p, 8ull), to = ALIGN_DOWN((u64)p + n, 8ull);

	if (to > from && asan_covers(p, n))
		asan_fill(asan_shadow((void *)from), kind, (to - from) >> 3);
}

/* p is a multiple of 8. */
void asan_unpoison(const void *p, size_t n)
{
	if (!asan_covers(p, n))
		return;
	asan_fill(asan_shadow(p), 0, n >> 3);
	if (n & 7)
		*asan_shadow((const char *)p + n) = (u8)(n & 7);
}

/* --- Reports ----------------------------------------------------------------- */

static const char *asan_kind(u8 shadow)
{
	switch (shadow) {
	case ASAN_STACK_LEFT:
	case ASAN_STACK_MID:
	case ASAN_STACK_RIGHT:
		return "stack out of bounds";
	case ASAN_SCOPE:
		return "stack use after scope";
	case ASAN_GLOBAL:
		return "global out of bounds";
	case ASAN_REDZONE:
		return "heap out of bounds";
	case ASAN_FREED:
		return "use after free";
	case ASAN_FREED_PAGES:
		return "use of free pages";
	}
	return "out of bounds";
}

static bool asan_seen(u64 pc)
{
	u32 i;

	for (i = 0; i < ASAN_PLACES; i++) {
		u64 old = 0;

		if (asan_places[i] == pc)
			return true;
		if (!asan_places[i] &&
		    __atomic_compare_exchange_n(&asan_places[i], &old, pc,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return false;
	}
	return true; /* that is enough of them */
}

static __noinline void asan_report(const void *p, size_t n, bool write, u64 pc)
{
	const u8 *s = asan_shadow(p);

	if (asan_seen(pc) || atomic_xchg(&asan_busy, 1))
		return;
	if (*s < 8) /* the first bytes are good: the bad ones are further on */
		s++;
	if (*s < 8)
		while ((u64)s < (u64)asan_shadow((const char *)p + n) && *s < 8)
			s++;
	printk(KERN_ERR "BUG: address: %s: %s of %lu at %p, task %u (%s)\n",
	       asan_kind(*s), write ? "write" : "read", (unsigned long)n, p,
	       current->tid, current->comm);
	host_dump_frames(&pc, 1);
	host_dump_state(NULL);
	heap_describe(p);
	WRITE_ONCE(asan_busy, 0);
}

/* --- The checks ---------------------------------------------------------------- */

static bool asan_bad(const void *p, size_t n)
{
	u64 a = (u64)p, last = a + n - 1;
	const s8 *s = (s8 *)asan_shadow(p);
	const s8 *end = (s8 *)asan_shadow((void *)last);

	for (; s < end; s++)
		if (*s)
			return true;
	return *s && (s8)(last & 7) >= *s; /* 0x80 and above: none is good */
}

static __always_inline void asan_access(const void *p, size_t n, bool write,
					u64 pc)
{
	if (unlikely(!asan_covers(p, n)) || !n)
		return;
	if (unlikely(asan_bad(p, n)))
		asan_report(p, n, write, pc);
}

void asan_check(const void *p, size_t n, bool write)
{
	asan_access(p, n, write, (u64)__builtin_return_address(0));
}

/* n at p, p a multiple of n or not: at most two bytes of shadow */
static __always_inline void asan_small(u64 a, u32 n, bool write, u64 pc)
{
	s8 s;

	if (unlikely(a - ASAN_LO >= ASAN_SHADOW - ASAN_LO))
		return;
	s = (s8)*asan_shadow((void *)(a + n - 1));
	if (unlikely(s) && (s8)((a + n - 1) & 7) >= s)
		asan_report((void *)a, n, write, pc);
	else if (unlikely((a & 7) + n > 8) && *asan_shadow((void *)a))
		asan_report((void *)a, n, write, pc);
}

#define ASAN_SIZE(n)                                                       \
	void __asan_load##n##_noabort(u64 a);                              \
	void __asan_load##n##_noabort(u64 a)                               \
	{                                                                  \
		asan_small(a, n, false, (u64)__builtin_return_address(0)); \
	}                                                                  \
	void __asan_store##n##_noabort(u64 a);                             \
	void __asan_store##n##_noabort(u64 a)                              \
	{                                                                  \
		asan_small(a, n, true, (u64)__builtin_return_address(0));  \
	}
ASAN_SIZE(1)
ASAN_SIZE(2)
ASAN_SIZE(4)
ASAN_SIZE(8)
ASAN_SIZE(16)

void __asan_loadN_noabort(const void *p, size_t n);
void __asan_loadN_noabort(const void *p, size_t n)
{
	asan_access(p, n, false, (u64)__builtin_return_address(0));
}
void __asan_storeN_noabort(const void *p, size_t n);
void __asan_storeN_noabort(const void *p, size_t n)
{
	asan_access(p, n, true, (u64)__builtin_return_address(0));
}

/* Frames that will never return leave nothing behind. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
	void *block = task_block(current);

	asan_unpoison(block, TASK_STACK_SIZE);
}

void __asan_poison_stack_memory(const void *p, size_t n);
void __asan_poison_stack_memory(const void *p, size_t n)
{
	asan_poison(p, ALIGN_UP(n, 8ul), ASAN_SCOPE);
}
void __asan_unpoison_stack_memory(const void *p, size_t n);
void __asan_unpoison_stack_memory(const void *p, size_t n)
{
	asan_unpoison(p, n);
}

/* --- Globals --------------------------------------------------------------------- */

void __asan_register_globals(const struct asan_global *g, size_t n);
void __asan_register_globals(const struct asan_global *g, size_t n)
{
	for (; n--; g++) {
		const char *end = (const char *)g->start + g->size;

		if (g->size & 7)
			*asan_shadow(end) = (u8)(g->size & 7);
		asan_poison(end, g->size_with_redzone - g->size, ASAN_GLOBAL);
	}
}
void __asan_unregister_globals(const struct asan_global *g, size_t n);
void __asan_unregister_globals(const struct asan_global *g, size_t n)
{
}

void *asan_heap_end(void *arena_end)
{
	if ((u64)arena_end < ASAN_HI)
		panic("no room for the shadow: ulimit -f must be unlimited");
	return (void *)ASAN_SHADOW;
}

void asan_init(void)
{
	extern void (*const host_ctors_start[])(void);
	extern void (*const host_ctors_end[])(void);

	for (void (*const *fn)(void) = host_ctors_start; fn < host_ctors_end;
	     fn++)
		(*fn)();
}
