/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomic access to plain integers, by the compiler's builtins. Read-modify-
 * write operations are full barriers, as on Linux.
 */
#ifndef KERNEL_ATOMIC_H
#define KERNEL_ATOMIC_H

#include <kernel/types.h>

#define READ_ONCE(x)	       __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)       __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

#define load_acquire(p)	       __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v)    __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#define atomic_fetch_add(p, v) __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define atomic_add(p, v)       __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_sub(p, v)       __atomic_sub_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_inc(p)	       atomic_add((p), 1)
#define atomic_dec(p)	       atomic_sub((p), 1)
#define atomic_or(p, v)	       __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define atomic_and(p, v)       __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define atomic_xchg(p, v)      __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)

/* True when *p was `old` and is now `new`. */
#define atomic_cas(p, old, new)                                           \
	({                                                                \
		__typeof__(*(p)) cas_old_ = (old);                        \
		__atomic_compare_exchange_n((p), &cas_old_, (new), false, \
					    __ATOMIC_SEQ_CST,             \
					    __ATOMIC_SEQ_CST);            \
	})

#define smp_mb()    __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define cpu_relax() __builtin_ia32_pause()

/* A reference count that says when the last reference went. */
struct ref {
	u32 n;
};
static inline void ref_init(struct ref *r, u32 n)
{
	WRITE_ONCE(r->n, n);
}
static inline void ref_get(struct ref *r)
{
	__atomic_fetch_add(&r->n, 1, __ATOMIC_RELAXED);
}
/* Take a reference unless the count has fallen to zero already. */
static inline bool ref_get_unless_zero(struct ref *r)
{
	u32 n = READ_ONCE(r->n);

	while (n)
		if (__atomic_compare_exchange_n(&r->n, &n, n + 1, true,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}
/* True when this was the last reference: the caller frees the object. */
static inline bool __must_check ref_put(struct ref *r)
{
	return __atomic_sub_fetch(&r->n, 1, __ATOMIC_ACQ_REL) == 0;
}

#endif
