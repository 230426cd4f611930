/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slow paths of kernel/lock.h. A mutex waiter queues itself, then sleeps on
 * its own wake counter; the unlocker takes the first waiter off the queue and
 * wakes it. The waiter then competes again: a running thread may take the lock
 * first, which is cheaper than handing it over to a sleeper.
 */
#define LOCKDEP_RAW
#include <kernel/lock.h>
#include <kernel/task.h>
#include <kernel/wait.h>

#define SPIN_TRIES  200
#define MUTEX_SPINS 300

struct mutex_waiter {
	struct list_head node;
	struct task *task;
	bool queued;
};

void spin_lock_slow(spinlock_t *l)
{
	int n = 0;

	for (;;) {
		while (READ_ONCE(l->held)) {
			if (++n < SPIN_TRIES) {
				cpu_relax();
			} else {
				host_yield();
				n = 0;
			}
		}
		if (spin_trylock(l))
			return;
	}
}

void mutex_init(struct mutex *m)
{
	m->state = 0;
	m->owner = 0;
	m->nwait = 0;
	spin_init(&m->wlock);
	list_init(&m->waiters);
}

void mutex_lock_slow(struct mutex *m)
{
	struct mutex_waiter w = { .task = current };
	int i;

	for (i = 0; i < MUTEX_SPINS; i++) {
		if (!READ_ONCE(m->state) && mutex_trylock(m))
			return;
		cpu_relax();
	}
	for (;;) {
		u32 seq = sleep_prepare();

		spin_lock(&m->wlock);
		if (!w.queued) {
			list_add_tail(&w.node, &m->waiters);
			w.queued = true;
		}
		/* 2: whoever unlocks looks at the queue */
		if (!atomic_xchg(&m->state, 2)) {
			list_del(&w.node);
			spin_unlock(&m->wlock);
			return;
		}
		spin_unlock(&m->wlock);
		sleep_on(seq, TIME_NEVER, SLEEP_UNINTR, "mutex");
	}
}

void mutex_unlock_slow(struct mutex *m)
{
	struct mutex_waiter *w;
	struct task *t = NULL;

	spin_lock(&m->wlock);
	if (!list_empty(&m->waiters)) {
		w = list_first(&m->waiters, struct mutex_waiter, node);
		list_del(&w->node);
		w->queued = false;
		t = w->task;
		/* still under wlock: the waiter cannot leave its stack frame
		   before it has taken the lock or this one */
		task_wake(t);
	}
	spin_unlock(&m->wlock);
}
