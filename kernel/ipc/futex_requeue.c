/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FUTEX_WAIT_REQUEUE_PI and FUTEX_CMP_REQUEUE_PI: condition variables over
 * locks of futex_pi.c.
 *
 * A waiter sleeps on the first word and says which lock it wants after that.
 * Whoever wakes the condition gives the lock to the first waiter if it is free,
 * and queues the others behind its owner, as if they had called FUTEX_LOCK_PI.
 * So a waiter that was moved (requeued) wakes up owning the lock
 * (pi_granted), or, when the owner died, tries for itself.
 *
 * Other kinds of waking leave such waiters alone.
 */
#include <kernel/ipc.h>
#include "futex_internal.h"

/* => 0 it owns the lock, or -errno */
static long futex_requeued(struct futex_waiter *w, uaddr lock, bool shared,
			   u64 deadline)
{
	long ret;

	if (w->requeued)
		futex_pi_uncount();
	if (w->pi_granted)
		return 0;
	if (!w->requeued)
		return -EAGAIN;
	ret = futex_lock_pi(lock, shared, deadline, false);
	return ret == -ERESTARTNOINTR ? -EAGAIN : ret;
}

long futex_wait_requeue_pi(uaddr a, bool shared, u32 val, u64 deadline,
			   uaddr lock)
{
	struct futex_waiter w = { .bitset = FUTEX_BITSET_MATCH_ANY };
	struct futex_key target, key;
	int err = futex_key_get(a, shared, &key);

	if (!err)
		err = futex_key_get(lock, shared, &target);
	if (err)
		return err;
	if (futex_key_equal(&key, &target))
		return -EINVAL;
	w.requeue_to = &target;
	err = futex_wait_setup(a, shared, val, &w);
	if (err)
		return err;
	err = futex_sleep(&w, deadline);
	if (!err)
		return futex_requeued(&w, lock, shared, deadline);
	if (w.requeued)
		futex_pi_uncount();
	if (err != -EINTR)
		return err;
	/* once it was moved, to start over would be to wait once more */
	return w.requeued ? -EAGAIN : -ERESTARTNOINTR;
}

static struct futex_waiter *futex_requeue_first(struct futex_bucket *b,
						const struct futex_key *key)
{
	struct futex_waiter *w;

	list_for_each_entry (w, &b->list, node)
		if (futex_key_equal(&w->key, key) && !w->pi_owner)
			return w;
	return NULL;
}

/*
 * Make `next` the owner of a free lock, or mark the lock as waited for. Both
 * buckets are locked. => 0 and *owner, the owner after that; -EFAULT
 */
static int futex_requeue_claim(uaddr lock, u32 next, bool waiters, u32 *owner)
{
	u32 val, want, found;
	int err;

	for (;;) {
		if (futex_read(lock, &val))
			return -EFAULT;
		*owner = val & FUTEX_TID_MASK;
		want = val | FUTEX_WAITERS;
		if (!*owner) {
			want = next | (val & FUTEX_OWNER_DIED) |
			       (waiters ? FUTEX_WAITERS : 0);
			*owner = next;
		}
		found = val;
		err = want == val ? 0 : futex_cmpxchg(lock, &found, want);
		if (err)
			return err;
		if (found == val)
			return 0;
	}
}

struct futex_requeue_job {
	struct futex_key k1, k2;
	struct futex_bucket *b1, *b2;
	uaddr a, lock;
	u32 cmp, nr;
	u32 owner;	   /* of the lock, afterwards */
	struct task *wake; /* got the lock; with a reference */
	long done;
};

/* Both buckets are locked. => 0 or -errno; -EFAULT: fault in and call again */
static int futex_requeue_locked(struct futex_requeue_job *j)
{
	struct futex_waiter *w, *next, *first;
	u32 val;
	int err;

	if (futex_read(j->a, &val))
		return -EFAULT;
	if (val != j->cmp)
		return -EAGAIN;
	first = futex_requeue_first(j->b1, &j->k1);
	if (!first)
		return 0;
	if (!first->requeue_to || !futex_key_equal(first->requeue_to, &j->k2))
		return -EINVAL;
	err = futex_requeue_claim(j->lock, futex_tid_of(first->task), j->nr > 0,
				  &j->owner);
	if (err)
		return err;
	if (j->owner == futex_tid_of(first->task)) {
		first->pi_granted = true;
		j->wake = futex_dequeue_wake(first);
		j->done = 1;
	}
	list_for_each_entry_safe (w, next, &j->b1->list, node) {
		if (!futex_key_equal(&w->key, &j->k1) || w->pi_owner)
			continue;
		/* the first counts as the one that is woken */
		if (j->done > (long)j->nr)
			break;
		if (!w->requeue_to || !futex_key_equal(w->requeue_to, &j->k2))
			return -EINVAL;
		w->requeued = true;
		w->pi_owner = j->owner;
		futex_pi_count();
		futex_move(w, j->b2, &j->k2);
		j->done++;
	}
	return 0;
}

long futex_cmp_requeue_pi(uaddr a, bool shared, int nr_wake, int nr_requeue,
			  uaddr lock, u32 cmp)
{
	struct futex_requeue_job j = { .a = a, .lock = lock, .cmp = cmp };
	int err;

	if (nr_wake < 0 || nr_requeue < 0 || nr_wake != 1)
		return -EINVAL;
	j.nr = (u32)nr_requeue;
	err = futex_key_get(a, shared, &j.k1);
	if (!err)
		err = futex_key_get(lock, shared, &j.k2);
	if (err)
		return err;
	if (futex_key_equal(&j.k1, &j.k2))
		return -EINVAL;
	j.b1 = futex_bucket_of(&j.k1);
	j.b2 = futex_bucket_of(&j.k2);
	do {
		futex_lock_two(j.b1, j.b2);
		err = futex_requeue_locked(&j);
		futex_unlock_two(j.b1, j.b2);
	} while (err == -EFAULT && !uaccess_fault_in(a, 4, false) &&
		 !uaccess_fault_in(lock, 4, true));
	if (j.wake)
		futex_wake_task(j.wake);
	/* An owner that is gone hands nothing over: they try for themselves. */
	if (j.done && j.owner && futex_pi_check_owner(j.owner))
		futex_pi_orphans(j.owner);
	return err ? err : j.done;
}
