/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checking the order of locks, in kernels built with LOCKDEP=1, DEBUG=1 or
 * SAN=address; else nothing. The story is in kernel/debug/lockdep.c.
 */
#ifndef KERNEL_LOCKDEP_H
#define KERNEL_LOCKDEP_H

#include <kernel/types.h>

#ifdef CONFIG_LOCKDEP
#define LOCKDEP_DEPTH 24
/* What a task holds; in struct task. Only by the task itself. */
struct lockdep_task {
	u64 magic; /* else it is no task */
	u32 n, busy;
	struct lockdep_held {
		const void *lock;
		const char *name;
		u64 pc;
		u16 cls;
		bool spin;
	} held[LOCKDEP_DEPTH];
};

void lockdep_on(void);
void lockdep_task_init(struct lockdep_task *d);
/* About to take it (waits: may deadlock), or have taken it by trying. */
void lockdep_take(const void *lock, bool spin, bool waits, const char *name);
void lockdep_release(const void *lock);
/* current is about to sleep; or has nothing to do in the kernel any more. */
void lockdep_sleep(const char *wchan);
void lockdep_leave(void);
/* A mutex's owner, for dumps. */
void lockdep_owner(u32 *owner);
#else
struct lockdep_task {
};
static inline void lockdep_on(void)
{
}
static inline void lockdep_task_init(struct lockdep_task *d)
{
}
static inline void lockdep_sleep(const char *wchan)
{
}
static inline void lockdep_leave(void)
{
}
#endif

#endif
