/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the futex files share.
 *
 *	futex.c		keys, buckets, wait, wake, requeue, wake_op, waitv
 *	futex_pi.c	FUTEX_LOCK_PI and friends
 *	futex_requeue.c	FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI
 *	futex_robust.c	robust lists at exit
 */
#ifndef KERNEL_IPC_FUTEX_INTERNAL_H
#define KERNEL_IPC_FUTEX_INTERNAL_H

#include <abi/futex.h>
#include <kernel/futex.h>
#include <kernel/lock.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>

/* What makes two addresses the same futex. */
struct futex_key {
	u64 space; /* the mm, or the mapping of a shared file */
	u64 off;   /* address, or offset in the file */
};

struct futex_bucket {
	spinlock_t lock;
	u32 nwait;	       /* waiters; raised before the word is checked */
	struct list_head list; /* struct futex_waiter, first come first */
};

/* Stands on the sleeper's stack. */
struct futex_waiter {
	/* under the lock of the bucket it is in: */
	struct list_head node;
	struct futex_bucket *bucket; /* NULL: woken (read at any time) */
	struct futex_key key;
	/* fixed while queued */
	struct task *task;
	u32 bitset;
	/* priority inheritance: whom we wait for; 0 = an ordinary waiter */
	u32 pi_owner;
	bool pi_granted; /* written before bucket becomes NULL */
	bool requeued;	 /* FUTEX_CMP_REQUEUE_PI put it behind an owner */
	const struct futex_key *requeue_to; /* the lock it wants then */
};

static inline bool futex_key_equal(const struct futex_key *a,
				   const struct futex_key *b)
{
	return a->space == b->space && a->off == b->off;
}

int futex_key_get(uaddr a, bool shared, struct futex_key *key);
#define FUTEX_BUCKETS 256u
struct futex_bucket *futex_bucket_at(u32 i);
struct futex_bucket *futex_bucket_of(const struct futex_key *key);

/* Caller holds the bucket's lock. */
void futex_enqueue(struct futex_bucket *b, struct futex_waiter *w);
/*
 * Take it off and tell it; the task gets a reference that the caller hands to
 * futex_wake_task() after dropping the lock: the waiter may be gone by then.
 */
struct task *futex_dequeue_wake(struct futex_waiter *w);
static inline void futex_wake_task(struct task *t)
{
	task_wake(t);
	task_put(t);
}
/* Stop waiting. => true: too late, it was woken. */
bool futex_unqueue(struct futex_waiter *w);
/* Sleep until woken. => 0, -EINTR or -ETIMEDOUT (no longer queued then). */
int futex_sleep(struct futex_waiter *w, u64 deadline);

/* Read the word without sleeping. => 0, -EFAULT */
int futex_read(uaddr a, u32 *val);
/* *old becomes what was found: done if that did not change. Never sleeps. */
int futex_cmpxchg(uaddr a, u32 *old, u32 new_val);

/* Queue w if the word is val. => 0, -EAGAIN, -EFAULT, -EINVAL */
int futex_wait_setup(uaddr a, bool shared, u32 val, struct futex_waiter *w);
void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b);
/* To another word; both buckets are locked. */
void futex_move(struct futex_waiter *w, struct futex_bucket *to,
		const struct futex_key *key);

/* --- futex_pi.c --- */
/* A waiter more or less: exits look for them only when there are any. */
void futex_pi_count(void);
void futex_pi_uncount(void);
/* => 0 fine, -ESRCH nobody, -EAGAIN it is on its way out */
int futex_pi_check_owner(u32 tid);
/* Wake all that wait for this thread, without a grant. */
void futex_pi_orphans(u32 tid);
void futex_pi_exit(struct task *t);

/* The number that stands in the word of a lock it holds: its own. */
static inline u32 futex_tid_of(const struct task *t)
{
	return likely(!t->pid_inner) ? t->tid : pid_nr_in(t->tid, t->pid_ns);
}

#endif
