/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sleep primitive and wait queues; see kernel/wait.h for the protocol.
 *
 * sleep_on() spins on the wake counter for a short while before it asks the
 * host to sleep: when the waker runs on the other processor, that saves the
 * 10–20 µs that waking a sleeping core costs. Spinning pays only if it often
 * succeeds, so each task keeps a budget that grows with success and shrinks
 * with failure.
 */
#include <kernel/atomic.h>
#include <kernel/task.h>
#include <kernel/wait.h>

#define SPIN_MAX 300 /* pauses, about what a sleep and a wake-up cost */
#define SPIN_MIN 0

u32 sleep_prepare(void)
{
	return load_acquire(&current->wake_seq);
}

static bool sleep_interrupted(struct task *t, enum sleep_mode mode)
{
	if (mode == SLEEP_UNINTR || !(READ_ONCE(t->work) & WORK_SIGNAL))
		return false;
	return mode == SLEEP_INTR ? signal_pending(t) : fatal_signal_pending(t);
}

u32 nr_tasks __hot_data;	   /* kept by kernel/task */
static u32 wait_asleep __hot_data; /* tasks in host_futex_wait() */

static bool sleep_spin(struct task *t, u32 seq)
{
	u32 i, budget = t->spin_budget;

	if (host_info.ncpus < 2)
		return false;
	/* The processors have other work than our waker's. */
	if (READ_ONCE(nr_tasks) - READ_ONCE(wait_asleep) > host_info.ncpus)
		return false;
	for (i = 0; i < budget; i++) {
		if (READ_ONCE(t->wake_seq) != seq) {
			t->spin_budget =
				min(budget + budget / 4 + 32, (u32)SPIN_MAX);
			return true;
		}
		cpu_relax();
	}
	t->spin_budget = budget - budget / 8;
	if (t->spin_budget < 64 && !(t->wake_seq & 63))
		t->spin_budget = 256; /* try again now and then */
	return false;
}

int sleep_on(u32 seq, u64 deadline, enum sleep_mode mode, const char *wchan)
{
	struct task *t = current;
	u64 slept;
	int err = 0;

	lockdep_sleep(wchan);
	if (READ_ONCE(t->wake_seq) != seq)
		return 0;
	if (unlikely(sleep_interrupted(t, mode)))
		return -EINTR;
	t->wchan = wchan;
	if (deadline == TIME_NEVER && sleep_spin(t, seq))
		goto out;
	slept = unlikely(t->sampling) ? time_mono_ns() : 0;
	WRITE_ONCE(t->state, TASK_SLEEPING);
	atomic_xchg(&t->host_asleep, 1);
	/*
	 * A waker increments the counter, then looks at host_asleep. A signal
	 * sender sets work, then increments the counter.
	 */
	if (READ_ONCE(t->wake_seq) == seq) {
		if (sleep_interrupted(t, mode)) {
			err = -EINTR;
		} else {
			atomic_inc(&wait_asleep);
			err = host_futex_wait(&t->wake_seq, seq, deadline);
			atomic_dec(&wait_asleep);
		}
	}
	t = current;
	WRITE_ONCE(t->host_asleep, 0);
	WRITE_ONCE(t->state, TASK_RUNNING);
	t->nvcsw++;
	if (unlikely(slept))
		t->sample_slept += time_mono_ns() - slept;
	if (sleep_interrupted(t, mode))
		err = -EINTR;
	else if (err == -EINTR)
		err = 0; /* a host signal only: look again */
out:
	t->wchan = NULL;
	return err;
}

/*
 * Between waking_begin() and waking_end() the host is not asked to run
 * anybody yet: whoever is woken under a lock would only run into it. The words
 * stay mapped even if their task goes meanwhile; a stray wake-up is harmless.
 */
static void waking_begin(struct task *me)
{
	me->wake_depth++;
}

static void waking_end(struct task *me)
{
	if (--me->wake_depth)
		return;
	while (me->wake_nr)
		host_futex_wake(me->wake_word[--me->wake_nr], 1);
}

void task_wake(struct task *t)
{
	struct task *me = current;

	atomic_inc(&t->wake_seq);
	if (!READ_ONCE(t->host_asleep))
		return;
	if (me->wake_depth && me->wake_nr < ARRAY_SIZE(me->wake_word))
		me->wake_word[me->wake_nr++] = &t->wake_seq;
	else
		host_futex_wake(&t->wake_seq, 1);
}

/* --- wait queues --- */

static bool wait_wake_task(struct wait_entry *e, u64 key)
{
	task_wake(e->task);
	return true;
}

void waitqueue_init(struct waitqueue *q)
{
	spin_init(&q->lock);
	q->nwait = 0;
	list_init(&q->list);
}

void wait_entry_init(struct wait_entry *e)
{
	list_init(&e->node);
	e->task = current;
	e->fn = wait_wake_task;
	e->exclusive = false;
}

void waitqueue_add(struct waitqueue *q, struct wait_entry *e)
{
	spin_lock(&q->lock);
	list_add(&e->node, &q->list);
	WRITE_ONCE(q->nwait, q->nwait + 1);
	spin_unlock(&q->lock);
	smp_mb();
}

void waitqueue_add_exclusive(struct waitqueue *q, struct wait_entry *e)
{
	e->exclusive = true;
	spin_lock(&q->lock);
	list_add_tail(&e->node, &q->list);
	WRITE_ONCE(q->nwait, q->nwait + 1);
	spin_unlock(&q->lock);
	smp_mb();
}

void waitqueue_del(struct waitqueue *q, struct wait_entry *e)
{
	spin_lock(&q->lock);
	if (!list_empty(&e->node)) {
		list_del(&e->node);
		WRITE_ONCE(q->nwait, q->nwait - 1);
	}
	spin_unlock(&q->lock);
}

void waitqueue_wake_slow(struct waitqueue *q, u32 nr, u64 key)
{
	struct wait_entry *e, *n;
	struct task *me = current;

	waking_begin(me);
	spin_lock(&q->lock);
	list_for_each_entry_safe (e, n, &q->list, node) {
		bool exclusive = e->exclusive;

		if (e->fn(e, key) && exclusive && !--nr)
			break;
	}
	spin_unlock(&q->lock);
	waking_end(me);
}
