/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks. All of them live in shared memory and work between host processes.
 *
 * spinlock: for a few dozen instructions that neither sleep nor touch guest
 *   memory. Host preemption can hit the holder, so a waiter spins a little and
 *   then yields the processor.
 * mutex: for everything else. Spins briefly, then sleeps on the task's own
 *   futex word (kernel/wait.h). Not interruptible, not recursive. The holder's
 *   tid is kept so that a task dump can name it.
 *
 * The lock order of the whole kernel, outermost first (take downwards only):
 *
 *   rename lock (one per super)
 *     inode->lock of a directory, then of its entry
 *       mapping->lock (page cache of one inode)
 *   mm->lock
 *     mapping->lock
 *   files->lock, pipe / socket / tty locks, epoll
 *   tasklist_lock
 *     sighand->lock
 *       waitqueue->lock
 *         timer base lock
 *           slab and page allocator locks, printk lock
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/lockdep.h>

typedef struct spinlock {
	u32 held;
} spinlock_t;

#define SPINLOCK_INIT \
	{             \
		0     \
	}

void spin_lock_slow(spinlock_t *l);

static inline void spin_init(spinlock_t *l)
{
	WRITE_ONCE(l->held, 0);
}
static inline bool spin_trylock(spinlock_t *l)
{
	return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}
static inline void spin_lock(spinlock_t *l)
{
	if (unlikely(!spin_trylock(l)))
		spin_lock_slow(l);
}
static inline void spin_unlock(spinlock_t *l)
{
	store_release(&l->held, 0);
}

struct mutex {
	u32 state; /* 0 free, 1 held, 2 held and somebody may be waiting */
	u32 owner; /* tid of the holder, for dumps */
	spinlock_t wlock;
	/* under wlock: */
	u32 nwait;
	struct list_head waiters; /* struct mutex_waiter, first come first */
};

#define MUTEX_INIT(name)                                  \
	{                                                 \
		.waiters = LIST_HEAD_INIT((name).waiters) \
	}

void mutex_init(struct mutex *m);
void mutex_lock_slow(struct mutex *m);
void mutex_unlock_slow(struct mutex *m);

static inline bool mutex_trylock(struct mutex *m)
{
	u32 zero = 0;

	return __atomic_compare_exchange_n(&m->state, &zero, 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
/* May sleep. */
static inline void mutex_lock(struct mutex *m)
{
	if (unlikely(!mutex_trylock(m)))
		mutex_lock_slow(m);
}
static inline void mutex_unlock(struct mutex *m)
{
	if (unlikely(__atomic_exchange_n(&m->state, 0, __ATOMIC_RELEASE) == 2))
		mutex_unlock_slow(m);
}
static inline bool mutex_is_locked(struct mutex *m)
{
	return READ_ONCE(m->state) != 0;
}

/* The same with a checker looking on; that one itself, and what it calls in
   arch-um before there are tasks, is told apart by lockdep_task.magic. */
#if defined(CONFIG_LOCKDEP) && !defined(LOCKDEP_RAW)
static inline bool spin_trylock_checked(spinlock_t *l, const char *name)
{
	bool ok = spin_trylock(l);

	if (ok)
		lockdep_take(l, true, false, name);
	return ok;
}
static inline void spin_lock_checked(spinlock_t *l, const char *name)
{
	lockdep_take(l, true, true, name);
	spin_lock(l);
}
static inline void spin_unlock_checked(spinlock_t *l)
{
	lockdep_release(l);
	spin_unlock(l);
}
static inline bool mutex_trylock_checked(struct mutex *m, const char *name)
{
	bool ok = mutex_trylock(m);

	if (ok) {
		lockdep_take(m, false, false, name);
		lockdep_owner(&m->owner);
	}
	return ok;
}
static inline void mutex_lock_checked(struct mutex *m, const char *name)
{
	lockdep_take(m, false, true, name);
	mutex_lock(m);
	lockdep_owner(&m->owner);
}
static inline void mutex_unlock_checked(struct mutex *m)
{
	lockdep_release(m);
	mutex_unlock(m);
}
#define spin_trylock(l)	 spin_trylock_checked(l, #l)
#define spin_lock(l)	 spin_lock_checked(l, #l)
#define spin_unlock(l)	 spin_unlock_checked(l)
#define mutex_trylock(m) mutex_trylock_checked(m, #m)
#define mutex_lock(m)	 mutex_lock_checked(m, #m)
#define mutex_unlock(m)	 mutex_unlock_checked(m)
#endif

#endif
