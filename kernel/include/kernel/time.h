/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time and timers. All times are nanoseconds in a u64/s64; TIME_NEVER means
 * no deadline. Deadlines are always on the monotonic clock.
 *
 * A timer calls its function once, in the timer thread, at or after its
 * deadline, without any lock held; the function must not sleep for long and
 * may re-arm the timer. timer_cancel() returns only when the function is not
 * running (unless called from the function itself).
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <kernel/list.h>

#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull
#define TIME_NEVER    ((u64)-1)

/* Never block. clock_ns: any CLOCK_* of abi/time.h that is system-wide. */
u64 time_mono_ns(void);
u64 time_real_ns(void);
u64 time_boot_ns(void);

struct timer {
	u64 deadline; /* under the base lock */
	u32 heap_pos; /* 1-based place in the heap, 0 = idle */
	u32 running;
	void (*fn)(struct timer *t); /* fixed after timer_init */
};

void timer_init(struct timer *t, void (*fn)(struct timer *t));
/* (Re)arm. => 0, or -ENOMEM when the heap cannot grow. Never blocks. */
int timer_arm(struct timer *t, u64 deadline);
/* => true when it was armed. May sleep while the function runs. */
bool timer_cancel(struct timer *t);
/* The same without waiting for a running function. Never blocks. */
bool timer_cancel_nowait(struct timer *t);

void timer_subsys_init(void);

#endif
