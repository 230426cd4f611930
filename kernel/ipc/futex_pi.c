/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FUTEX_LOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI: locks whose word holds the
 * owner's thread id. There is no processor scheduler here and so no priority to
 * lend; what these calls keep is their contract on the word, and that a lock is
 * handed to its first waiter rather than fought for.
 *
 * A waiter sets FUTEX_WAITERS and queues like any other, with pi_owner naming
 * whom it waits for. The owner's unlock writes the next owner's id into the
 * word and wakes it (pi_granted). When an owner dies its waiters are woken
 * without a grant and try again: the first to come takes the lock over, with
 * FUTEX_OWNER_DIED in the word.
 *
 * An owner that is about to die is not waited for: futex_pi_exit() may have
 * passed already. Who finds one lets it die and looks at the word again.
 */
#include <kernel/ipc.h>
#include "futex_internal.h"

static u32 futex_pi_waiters; /* all of them: exits look only when there are */

void futex_pi_count(void)
{
	atomic_inc(&futex_pi_waiters);
}

void futex_pi_uncount(void)
{
	atomic_dec(&futex_pi_waiters);
}

static struct futex_waiter *futex_pi_first(struct futex_bucket *b,
					   const struct futex_key *key)
{
	struct futex_waiter *w;

	list_for_each_entry (w, &b->list, node)
		if (w->pi_owner && futex_key_equal(&w->key, key))
			return w;
	return NULL;
}

/*
 * Take a free lock (or one whose owner, `dead`, is known to be gone), or ask
 * the owner to hand it over. Caller holds b->lock.
 * => 0 it is ours, 1 wait for *owner, -EDEADLK, -EFAULT
 */
static int futex_pi_take(uaddr a, struct futex_bucket *b,
			 const struct futex_key *key, u32 dead, u32 *owner)
{
	u32 me = pid_shown(current->tid), val, found, want;
	int err;

	for (;;) {
		if (futex_read(a, &val))
			return -EFAULT;
		*owner = val & FUTEX_TID_MASK;
		if (*owner == me)
			return -EDEADLK;
		if (!*owner || *owner == dead) {
			want = me | (val & FUTEX_OWNER_DIED);
			if (*owner)
				want |= FUTEX_OWNER_DIED;
			if (futex_pi_first(b, key))
				want |= FUTEX_WAITERS;
		} else {
			want = val | FUTEX_WAITERS;
		}
		found = val;
		err = want == val ? 0 : futex_cmpxchg(a, &found, want);
		if (err)
			return err;
		if (found == val)
			return (want & FUTEX_TID_MASK) != me;
	}
}

int futex_pi_check_owner(u32 tid)
{
	struct task *t = task_find_get(pid_given(tid));
	int err = 0;

	if (!t)
		return -ESRCH;
	if (READ_ONCE(t->dying))
		err = -EAGAIN;
	task_put(t);
	return err;
}

/* Queued behind `owner`. => 0 granted, 1 try again, -errno */
static int futex_pi_wait(struct futex_waiter *w, u32 owner, u64 deadline)
{
	int err;

	smp_mb(); /* queued before we look: its exit finds us or we see it */
	err = futex_pi_check_owner(owner);
	if (err) {
		if (futex_unqueue(w))
			return !w->pi_granted;
		if (err == -EAGAIN)
			host_yield();
		return err == -EAGAIN ? 1 : err;
	}
	err = futex_sleep(w, deadline);
	if (err)
		return err == -EINTR ? -ERESTARTNOINTR : err;
	return !w->pi_granted;
}

long futex_lock_pi(uaddr a, bool shared, u64 deadline, bool try_only)
{
	struct futex_waiter w = { .bitset = FUTEX_BITSET_MATCH_ANY };
	struct futex_bucket *b;
	u32 owner = 0, dead = 0;
	int ret = futex_key_get(a, shared, &w.key);

	if (ret)
		return ret;
	b = futex_bucket_of(&w.key);
	do {
		spin_lock(&b->lock);
		ret = futex_pi_take(a, b, &w.key, dead, &owner);
		if (ret == 1 && !try_only) {
			w.pi_owner = owner;
			w.pi_granted = false;
			atomic_inc(&futex_pi_waiters);
			futex_enqueue(b, &w);
		}
		spin_unlock(&b->lock);
		if (ret == -EFAULT) {
			ret = uaccess_fault_in(a, 4, true) ? -EFAULT : 1;
			continue;
		}
		if (ret <= 0)
			break;
		if (try_only)
			return -EAGAIN;
		ret = futex_pi_wait(&w, owner, deadline);
		atomic_dec(&futex_pi_waiters);
		dead = ret == 1 && futex_pi_check_owner(owner) ? owner : 0;
	} while (ret == 1);
	return ret;
}

long futex_unlock_pi(uaddr a, bool shared)
{
	u32 me = pid_shown(current->tid), val, found, next;
	struct futex_waiter *w, *o;
	struct futex_bucket *b;
	struct futex_key key;
	struct task *t = NULL;
	int err = futex_key_get(a, shared, &key);

	if (err)
		return err;
	b = futex_bucket_of(&key);
again:
	spin_lock(&b->lock);
	err = futex_read(a, &val);
	if (!err && (val & FUTEX_TID_MASK) != me)
		err = -EPERM;
	while (!err) {
		w = futex_pi_first(b, &key);
		next = 0;
		if (w) {
			/* pretend it has left: are there others? */
			w->pi_owner = 0;
			next = futex_tid_of(w->task) |
			       (futex_pi_first(b, &key) ? FUTEX_WAITERS : 0);
			w->pi_owner = me;
		}
		found = val;
		err = futex_cmpxchg(a, &found, next);
		if (err || found == val)
			break;
		val = found;
	}
	if (!err && w) {
		list_for_each_entry (o, &b->list, node)
			if (o->pi_owner && futex_key_equal(&o->key, &key))
				o->pi_owner = futex_tid_of(w->task);
		w->pi_granted = true;
		t = futex_dequeue_wake(w);
	}
	spin_unlock(&b->lock);
	if (err == -EFAULT && !uaccess_fault_in(a, 4, true))
		goto again;
	if (t)
		futex_wake_task(t);
	return err;
}

/* One waiter of the dying thread in this bucket, off the list. */
static struct task *futex_pi_orphan(struct futex_bucket *b, u32 tid)
{
	struct futex_waiter *w;
	struct task *t = NULL;

	spin_lock(&b->lock);
	list_for_each_entry (w, &b->list, node) {
		if (w->pi_owner == tid) {
			t = futex_dequeue_wake(w);
			break;
		}
	}
	spin_unlock(&b->lock);
	return t;
}

void futex_pi_orphans(u32 tid)
{
	struct task *w;

	for (u32 i = 0; i < FUTEX_BUCKETS; i++) {
		struct futex_bucket *b = futex_bucket_at(i);

		while ((w = futex_pi_orphan(b, tid)))
			futex_wake_task(w);
	}
}

void futex_pi_exit(struct task *t)
{
	smp_mb(); /* t->dying is set */
	if (unlikely(READ_ONCE(futex_pi_waiters)))
		futex_pi_orphans(futex_tid_of(t));
}
