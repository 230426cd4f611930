/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Futexes, following futex(2): sleep while a word of guest memory has a value.
 *
 * A futex is a key. A private one is (mm, address). A shared one is the place
 * in the file when the address lies in a shared file mapping (which shared
 * anonymous memory is too), else it is the private key. Keys hash to buckets; a
 * bucket is a spinlock and the list of its waiters in order of arrival.
 *
 * The word is checked under the bucket's lock with copies that never sleep; a
 * word that is not present is faulted in without the lock and looked at again.
 * A waker has changed the word before it takes the lock, so either the waiter
 * sees the new value or the waker sees the waiter.
 *
 * A waiter stands on the sleeper's kernel stack. Waking takes it off the list,
 * clears waiter->bucket, and from then on the sleeper may return at any moment;
 * tasks are woken after the lock is dropped, on references taken before.
 * Requeueing moves a waiter and changes waiter->bucket under both locks.
 *
 * Locks: two buckets are locked in order of their addresses. mm->lock is taken
 * for shared keys, never under a bucket's lock.
 */
#include <abi/time.h>
#include <kernel/ipc.h>
#include <kernel/mm.h>
#include <kernel/slab.h>
#include "futex_internal.h"

#define FUTEX_BATCH 16 /* tasks woken per hold of a bucket's lock */

static struct futex_bucket futex_table[FUTEX_BUCKETS];

void futex_init(void)
{
	for (u32 i = 0; i < FUTEX_BUCKETS; i++)
		list_init(&futex_table[i].list);
}

struct futex_bucket *futex_bucket_at(u32 i)
{
	return &futex_table[i];
}

struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
	u64 h = (key->space >> 4) * 0x9e3779b97f4a7c15ull;

	h = (h ^ key->off >> 2) * 0xff51afd7ed558ccdull;
	return &futex_table[h >> 56];
}
_Static_assert(FUTEX_BUCKETS == 256, "the hash gives eight bits");

int futex_key_get(uaddr a, bool shared, struct futex_key *key)
{
	struct mm *mm = current->mm;
	struct vma *v;
	int err = 0;

	if (a.va & 3)
		return -EINVAL;
	if (!user_range_ok(a, 4))
		return -EFAULT;
	key->space = (u64)mm;
	key->off = a.va;
	if (!shared)
		return 0;
	mutex_lock(&mm->lock);
	v = vma_find(mm, a.va);
	if (!v || v->start > a.va) {
		err = -EFAULT;
	} else if ((v->flags & VM_SHARED) && v->mapping) {
		key->space = (u64)v->mapping;
		key->off = (v->pgoff << PAGE_SHIFT) + (a.va - v->start);
	}
	mutex_unlock(&mm->lock);
	return err;
}

int futex_read(uaddr a, u32 *val)
{
	return copy_from_user_nofault(val, a, sizeof(*val)) ? -EFAULT : 0;
}

int futex_cmpxchg(uaddr a, u32 *old, u32 new_val)
{
	return host_cmpxchg_user(a.va, old, new_val);
}

/* --- the queue --- */

void futex_enqueue(struct futex_bucket *b, struct futex_waiter *w)
{
	w->task = current;
	w->bucket = b;
	list_add_tail(&w->node, &b->list);
	WRITE_ONCE(b->nwait, b->nwait + 1);
}

static void futex_dequeue(struct futex_bucket *b, struct futex_waiter *w)
{
	list_del(&w->node);
	WRITE_ONCE(b->nwait, b->nwait - 1);
}

struct task *futex_dequeue_wake(struct futex_waiter *w)
{
	struct task *t = w->task;

	task_get(t);
	futex_dequeue(w->bucket, w);
	store_release(&w->bucket, NULL);
	return t;
}

bool futex_unqueue(struct futex_waiter *w)
{
	struct futex_bucket *b;

	while ((b = load_acquire(&w->bucket))) {
		spin_lock(&b->lock);
		if (likely(w->bucket == b)) { /* not requeued meanwhile */
			futex_dequeue(b, w);
			w->bucket = NULL;
			spin_unlock(&b->lock);
			return false;
		}
		spin_unlock(&b->lock);
	}
	return true;
}

int futex_sleep(struct futex_waiter *w, u64 deadline)
{
	int err = 0;

	for (;;) {
		u32 seq = sleep_prepare();

		if (!load_acquire(&w->bucket))
			return 0;
		if (err)
			return futex_unqueue(w) ? 0 : err;
		err = sleep_on(seq, deadline, SLEEP_INTR, "futex");
	}
}

/* --- wait --- */

/*
 * Queue w if the word at `a` is `val`.
 * => 0 queued, -EAGAIN, -EFAULT, -EINVAL
 */
int futex_wait_setup(uaddr a, bool shared, u32 val, struct futex_waiter *w)
{
	int err = futex_key_get(a, shared, &w->key);
	struct futex_bucket *b;
	u32 now;

	if (err)
		return err;
	b = futex_bucket_of(&w->key);
	for (;;) {
		spin_lock(&b->lock);
		if (likely(!futex_read(a, &now)))
			break;
		spin_unlock(&b->lock);
		if (uaccess_fault_in(a, 4, false))
			return -EFAULT;
	}
	if (now == val)
		futex_enqueue(b, w);
	else
		err = -EAGAIN;
	spin_unlock(&b->lock);
	return err;
}

long futex_wait(uaddr a, bool shared, u32 val, u64 deadline, u32 bitset)
{
	struct futex_waiter w = { .bitset = bitset };
	struct task *t = current;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_wait_setup(a, shared, val, &w);
	if (!err)
		err = futex_sleep(&w, deadline);
	if (err != -EINTR)
		return err;
	if (deadline == TIME_NEVER)
		return -ERESTARTSYS;
	t->restart_kind = RESTART_FUTEX;
	t->restart_arg[0] = a.va;
	t->restart_arg[1] = val | (u64)bitset << 32;
	t->restart_arg[2] = deadline;
	t->restart_arg[3] = shared;
	return -ERESTART_RESTARTBLOCK;
}

long futex_restart(void)
{
	u64 *arg = current->restart_arg;

	return futex_wait(UADDR(arg[0]), arg[3], arg[1], arg[2], arg[1] >> 32);
}

/* --- wake --- */

static void futex_wake_batch(struct task **batch, u32 n)
{
	while (n--)
		futex_wake_task(*batch++);
}

/* Up to n waiters of the key whose bitset matches. => number woken */
static u32 futex_wake_key(const struct futex_key *key, u32 n, u32 bitset)
{
	struct futex_bucket *b = futex_bucket_of(key);
	struct futex_waiter *w, *next;
	struct task *batch[FUTEX_BATCH];
	u32 in_batch, total = 0;

	/*
	 * The guest changed the word before. Who has not seen that yet holds
	 * the lock or is counted; in this order neither is missed.
	 */
	smp_mb();
	if (!load_acquire(&b->lock.held) && !READ_ONCE(b->nwait))
		return 0;
	do {
		in_batch = 0;
		spin_lock(&b->lock);
		list_for_each_entry_safe (w, next, &b->list, node) {
			if (!futex_key_equal(&w->key, key) ||
			    !(w->bitset & bitset) || w->pi_owner ||
			    w->requeue_to)
				continue;
			batch[in_batch++] = futex_dequeue_wake(w);
			if (++total >= n || in_batch == FUTEX_BATCH)
				break;
		}
		spin_unlock(&b->lock);
		futex_wake_batch(batch, in_batch);
	} while (in_batch == FUTEX_BATCH && total < n);
	return total;
}

long futex_wake(uaddr a, bool shared, u32 n, u32 bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key_get(a, shared, &key);
	if (err)
		return err;
	return futex_wake_key(&key, n, bitset);
}

int futex_wake_addr(uaddr a, u32 n)
{
	return futex_wake(a, true, n, FUTEX_BITSET_MATCH_ANY);
}

/* --- two futexes at once --- */

void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock(a < b ? &b->lock : &a->lock);
}

void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

void futex_move(struct futex_waiter *w, struct futex_bucket *to,
		const struct futex_key *key)
{
	futex_dequeue(w->bucket, w);
	w->key = *key;
	list_add_tail(&w->node, &to->list);
	WRITE_ONCE(to->nwait, to->nwait + 1);
	store_release(&w->bucket, to);
}

long futex_requeue(uaddr a1, bool shared1, uaddr a2, bool shared2, int nr_wake,
		   int nr_requeue, const u32 *cmp)
{
	struct futex_key k1, k2;
	struct futex_bucket *b1, *b2;
	struct futex_waiter *w, *next;
	struct task *batch[FUTEX_BATCH];
	u32 in_batch;
	long done = 0, woken = 0;
	int err;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
	err = futex_key_get(a1, shared1, &k1);
	if (!err)
		err = futex_key_get(a2, shared2, &k2);
	if (err)
		return err;
	b1 = futex_bucket_of(&k1);
	b2 = futex_bucket_of(&k2);
again:
	in_batch = 0;
	futex_lock_two(b1, b2);
	if (cmp) {
		u32 now;

		if (futex_read(a1, &now)) {
			futex_unlock_two(b1, b2);
			if (uaccess_fault_in(a1, 4, false))
				return -EFAULT;
			goto again;
		}
		if (now != *cmp) {
			futex_unlock_two(b1, b2);
			return -EAGAIN;
		}
	}
	list_for_each_entry_safe (w, next, &b1->list, node) {
		if (!futex_key_equal(&w->key, &k1) || w->pi_owner ||
		    w->requeue_to)
			continue;
		if (woken < nr_wake) {
			if (in_batch == FUTEX_BATCH)
				break;
			batch[in_batch++] = futex_dequeue_wake(w);
			woken++;
		} else if (done - woken < nr_requeue) {
			/* onto itself: nothing to move, but it counts */
			if (!futex_key_equal(&k1, &k2))
				futex_move(w, b2, &k2);
		} else {
			break;
		}
		done++;
	}
	futex_unlock_two(b1, b2);
	futex_wake_batch(batch, in_batch);
	if (in_batch == FUTEX_BATCH && woken < nr_wake) {
		cmp = NULL; /* checked; the rest of the same call */
		goto again;
	}
	return done;
}

/* FUTEX_WAKE_OP's encoded operation: => the new value, or -ENOSYS. */
static int futex_op_apply(u32 enc, u32 old, u32 *new_val)
{
	s32 arg = (s32)(enc << 8) >> 20;
	u32 op = enc >> 28 & 7;

	if (enc >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1u << (arg & 31);
	switch (op) {
	case FUTEX_OP_SET:
		*new_val = arg;
		return 0;
	case FUTEX_OP_ADD:
		*new_val = old + arg;
		return 0;
	case FUTEX_OP_OR:
		*new_val = old | arg;
		return 0;
	case FUTEX_OP_ANDN:
		*new_val = old & ~arg;
		return 0;
	case FUTEX_OP_XOR:
		*new_val = old ^ arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

static int futex_op_compare(u32 enc, u32 found)
{
	s32 arg = (s32)(enc << 20) >> 20, old = found;

	switch (enc >> 24 & 15) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	case FUTEX_OP_CMP_GT:
		return old > arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	default:
		return -ENOSYS;
	}
}

/* Do the operation on the word; retries races. Caller holds the locks. */
static int futex_op_user(uaddr a, u32 enc, u32 *old)
{
	u32 found, new_val;
	int err;

	do {
		err = futex_read(a, old);
		if (!err)
			err = futex_op_apply(enc, *old, &new_val);
		if (err)
			return err;
		found = *old;
		err = futex_cmpxchg(a, &found, new_val);
	} while (!err && found != *old);
	return err;
}

static u32 futex_wake_some(struct futex_bucket *b, const struct futex_key *k,
			   int n, struct task **batch, u32 *in_batch)
{
	struct futex_waiter *w, *next;
	u32 total = 0;

	list_for_each_entry_safe (w, next, &b->list, node) {
		if (*in_batch == 2 * FUTEX_BATCH || (n > 0 && total >= (u32)n))
			break;
		if (!futex_key_equal(&w->key, k) || w->pi_owner)
			continue;
		batch[(*in_batch)++] = futex_dequeue_wake(w);
		total++;
		if (n <= 0)
			break;
	}
	return total;
}

long futex_wake_op(uaddr a1, uaddr a2, bool shared, int nr1, int nr2, u32 enc)
{
	struct futex_key k1, k2;
	struct futex_bucket *b1, *b2;
	struct task *batch[2 * FUTEX_BATCH];
	u32 in_batch = 0, old, n1, n2 = 0;
	int err, cond;

	err = futex_key_get(a1, shared, &k1);
	if (!err)
		err = futex_key_get(a2, shared, &k2);
	if (err)
		return err;
	b1 = futex_bucket_of(&k1);
	b2 = futex_bucket_of(&k2);
	for (;;) {
		futex_lock_two(b1, b2);
		err = futex_op_user(a2, enc, &old);
		if (!err)
			break;
		futex_unlock_two(b1, b2);
		if (err != -EFAULT)
			return err;
		if (uaccess_fault_in(a2, 4, true))
			return -EFAULT;
	}
	n1 = futex_wake_some(b1, &k1, nr1, batch, &in_batch);
	cond = futex_op_compare(enc, old);
	if (cond > 0)
		n2 = futex_wake_some(b2, &k2, nr2, batch, &in_batch);
	futex_unlock_two(b1, b2);
	futex_wake_batch(batch, in_batch);
	if (cond < 0)
		return cond;
	/* More than fits a batch is rare: the rest in the ordinary way. */
	if (in_batch == 2 * FUTEX_BATCH) {
		if (nr1 > 0 && n1 < (u32)nr1)
			n1 += futex_wake_key(&k1, nr1 - n1,
					     FUTEX_BITSET_MATCH_ANY);
		if (cond && nr2 > 0 && n2 < (u32)nr2)
			n2 += futex_wake_key(&k2, nr2 - n2,
					     FUTEX_BITSET_MATCH_ANY);
	}
	return n1 + n2;
}

/* --- futex_waitv(2) --- */

long futex_wait_many(const struct futex_waitv *v, u32 n, u64 deadline)
{
	struct futex_waiter *w = kcalloc(n, sizeof(*w));
	long ret = 0;
	int err = 0;
	u32 queued;

	if (!w)
		return -ENOMEM;
	for (queued = 0; queued < n; queued++) {
		w[queued].bitset = FUTEX_BITSET_MATCH_ANY;
		ret = futex_wait_setup(UADDR(v[queued].uaddr),
				       !(v[queued].flags & FUTEX_PRIVATE_FLAG),
				       v[queued].val, &w[queued]);
		if (ret)
			break;
	}
	while (!ret) {
		u32 seq = sleep_prepare();
		u32 i;

		for (i = 0; i < n && load_acquire(&w[i].bucket);)
			i++;
		if (i < n)
			break;
		if (err) {
			ret = err == -EINTR ? -ERESTARTSYS : err;
			break;
		}
		err = sleep_on(seq, deadline, SLEEP_INTR, "futex_waitv");
	}
	/* The last one that was woken is the answer, whatever else happened. */
	for (u32 i = 0; i < queued; i++)
		if (futex_unqueue(&w[i]))
			ret = i;
	kfree(w);
	return ret;
}
