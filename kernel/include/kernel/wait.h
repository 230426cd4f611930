/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sleeping and waking.
 *
 * There is one primitive. Every task has a wake counter; whoever wants it to
 * look again increments it. A sleeper reads the counter, checks its condition,
 * and sleeps only while the counter still has the value it read, so that a
 * wake-up between check and sleep is never lost:
 *
 *	for (;;) {
 *		u32 seq = sleep_prepare();
 *		if (condition)
 *			break;
 *		err = sleep_on(seq, deadline, SLEEP_INTR, "pipe_read");
 *		if (err)
 *			break;		(-EINTR or -ETIMEDOUT)
 *	}
 *
 * Wake-ups may be spurious: conditions are always checked again. Wait queues,
 * mutexes, poll, futexes and timers are built on this and on nothing else.
 *
 * A wait queue is a list of entries. An entry has a callback, called under the
 * queue's spinlock with the wake key (a poll mask, or 0); the default callback
 * wakes the entry's task. wait_event_*() are what most callers want.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <abi/errno.h>
#include <kernel/lock.h>
#include <kernel/time.h>

struct task;

enum sleep_mode {
	SLEEP_UNINTR,	/* only a wake-up or the deadline ends it */
	SLEEP_INTR,	/* a pending signal ends it with -EINTR */
	SLEEP_KILLABLE, /* only a pending SIGKILL ends it with -EINTR */
};

/* The current task's wake counter; read it before checking the condition. */
u32 sleep_prepare(void);
/*
 * Sleep until the counter differs from seq. May block.
 * => 0 woken (perhaps spuriously), -EINTR by a signal as `mode` says,
 *    -ETIMEDOUT when `deadline` (monotonic ns, or TIME_NEVER) has passed.
 * wchan: a literal naming what is waited for, for task dumps and /proc.
 */
int sleep_on(u32 seq, u64 deadline, enum sleep_mode mode, const char *wchan);
/* Make t look again. Never blocks; callable under any lock. */
void task_wake(struct task *t);

struct wait_entry;
/* => true when an exclusive waiter was really woken. */
typedef bool (*wait_fn)(struct wait_entry *e, u64 key);

struct wait_entry {
	struct list_head node; /* under the queue's lock */
	struct task *task;
	wait_fn fn;
	bool exclusive;
};

struct waitqueue {
	spinlock_t lock;
	u32 nwait; /* number of entries, readable without the lock */
	struct list_head list;
};

#define WAITQUEUE_INIT(name)                        \
	{                                           \
		.list = LIST_HEAD_INIT((name).list) \
	}

void waitqueue_init(struct waitqueue *q);
/* Entry for the current task with the default callback. */
void wait_entry_init(struct wait_entry *e);
void waitqueue_add(struct waitqueue *q, struct wait_entry *e);
void waitqueue_add_exclusive(struct waitqueue *q, struct wait_entry *e);
void waitqueue_del(struct waitqueue *q, struct wait_entry *e);
/*
 * Wake all non-exclusive waiters and `nr` exclusive ones, passing `key` to the
 * callbacks (pollers look at it). Has a full barrier, so that the caller may
 * change its condition with plain stores before. Costs one load when nobody
 * waits. Never blocks.
 */
#define WAKE_CHAIN (1ull << 32) /* key: a turn is passed on, nothing is new */
void waitqueue_wake_slow(struct waitqueue *q, u32 nr, u64 key);
static inline void waitqueue_wake_nr(struct waitqueue *q, u32 nr, u64 key)
{
	smp_mb();
	if (READ_ONCE(q->nwait))
		waitqueue_wake_slow(q, nr, key);
}
#define waitqueue_wake(q)	   waitqueue_wake_nr((q), 1, 0)
#define waitqueue_wake_all(q)	   waitqueue_wake_nr((q), ~0u, 0)
#define waitqueue_wake_poll(q, ev) waitqueue_wake_nr((q), 1, (ev))

/* add: waitqueue_add or waitqueue_add_exclusive */
#define wait_event_by(add, q, cond, deadline, mode, wchan)              \
	({                                                              \
		struct wait_entry we_;                                  \
		int we_err_ = 0;                                        \
		if (!(cond)) {                                          \
			wait_entry_init(&we_);                          \
			add((q), &we_);                                 \
			for (;;) {                                      \
				u32 we_seq_ = sleep_prepare();          \
				if (cond) {                             \
					we_err_ = 0;                    \
					break;                          \
				}                                       \
				if (we_err_)                            \
					break;                          \
				we_err_ = sleep_on(we_seq_, (deadline), \
						   (mode), (wchan));    \
			}                                               \
			waitqueue_del((q), &we_);                       \
		}                                                       \
		we_err_;                                                \
	})
#define wait_event_deadline(q, cond, deadline, mode, wchan) \
	wait_event_by(waitqueue_add, q, cond, deadline, mode, wchan)

/*
 * The same for one of many equal waiters (pipe readers, acceptors): a wake-up
 * of one exclusive waiter reaches only one of them. Who leaves with an error,
 * or leaves work for others behind, must wake the next one.
 */
#define wait_event_exclusive(q, cond, deadline, mode, wchan) \
	wait_event_by(waitqueue_add_exclusive, q, cond, deadline, mode, wchan)

/* => 0 when cond holds, -EINTR */
#define wait_event_intr(q, cond, wchan) \
	wait_event_deadline(q, cond, TIME_NEVER, SLEEP_INTR, wchan)
#define wait_event(q, cond, wchan) \
	(void)wait_event_deadline(q, cond, TIME_NEVER, SLEEP_UNINTR, wchan)

#endif
