/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The basic types and the few macros that every file of the kernel uses.
 *
 * A guest address is a type of its own, `uaddr`: it travels in a register,
 * but `*p` on it does not compile, so guest memory can only be reached
 * through <kernel/uaccess.h>.
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef long ssize_t;
typedef s64 loff_t;

/* An address in the guest's user range. Not to be followed in place. */
typedef struct {
	u64 va;
} uaddr;

#define UADDR(x)	 ((uaddr){ (u64)(x) })
#define UNULL		 UADDR(0)
#define uadd(a, off)	 UADDR((a).va + (u64)(off))

#define PAGE_SHIFT	 12
#define PAGE_SIZE	 4096ul
#define PAGE_MASK	 (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)	 (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define PAGE_UP(x)	 ALIGN_UP((u64)(x), PAGE_SIZE)
#define PAGE_DOWN(x)	 ALIGN_DOWN((u64)(x), PAGE_SIZE)

#define likely(x)	 __builtin_expect(!!(x), 1)
#define unlikely(x)	 __builtin_expect(!!(x), 0)
#define __unused	 __attribute__((unused))
#define __packed	 __attribute__((packed))
#define __aligned(n)	 __attribute__((aligned(n)))
/* What every new host process touches: gathered in one window (kernel.lds) */
#define __hot_data	 __attribute__((section(".data.hot")))
#define __noreturn	 __attribute__((noreturn))
#define __noinline	 __attribute__((noinline))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __printf(a, b) __attribute__((format(printf, a, b)))
/* Large tables: behind the small variables, which every process touches. */
#define __big_bss      __attribute__((section(".bss.big")))
#define __must_check   __attribute__((warn_unused_result))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))

#define min(a, b)                                  \
	({                                         \
		__typeof__(a) min_a_ = (a);        \
		__typeof__(b) min_b_ = (b);        \
		min_a_ < min_b_ ? min_a_ : min_b_; \
	})
#define max(a, b)                                  \
	({                                         \
		__typeof__(a) max_a_ = (a);        \
		__typeof__(b) max_b_ = (b);        \
		max_a_ > max_b_ ? max_a_ : max_b_; \
	})
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))

/* Small negative errno values travel in pointers. */
#define MAX_ERRNO      4095
static inline void *ERR_PTR(long err)
{
	return (void *)err;
}
static inline long PTR_ERR(const void *p)
{
	return (long)p;
}
static inline bool IS_ERR(const void *p)
{
	return (u64)p >= (u64)-MAX_ERRNO;
}

#endif
