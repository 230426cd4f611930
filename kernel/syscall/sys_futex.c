// SPDX-License-Identifier: GPL-2.0
/*
 * futex(2), its successors of Linux 5.16 and 6.7, and the robust list calls:
 * decoding. The work is in kernel/ipc/futex*.c.
 *
 * Time limits become deadlines on the monotonic clock here. A limit on the
 * real-time clock is converted once: setting the clock moves nobody's deadline.
 */
#include <abi/capability.h>
#include <abi/futex.h>
#include <abi/time.h>
#include <kernel/futex.h>
#include <kernel/ipc.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>

/* futex2 flags */
#define FUTEX2_SIZE_U32	 2u
#define FUTEX2_SIZE_MASK 3u
#define FUTEX2_PRIVATE	 128u

/* An absolute time on `clock` as a deadline. => 0, -EFAULT, -EINVAL */
static int futex_abs_deadline(uaddr ts, bool realtime, u64 *deadline)
{
	struct abi_timespec t;
	u64 at, now;

	*deadline = TIME_NEVER;
	if (!ts.va)
		return 0;
	if (get_user(t, ts))
		return -EFAULT;
	if (t.tv_sec < 0 || (u64)t.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if ((u64)t.tv_sec >= (TIME_NEVER >> 1) / NSEC_PER_SEC)
		return 0;
	at = t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
	if (!realtime) {
		*deadline = at;
		return 0;
	}
	now = time_real_ns();
	*deadline = at > now ? deadline_after(at - now) : 0;
	return 0;
}

static bool futex_cmd_takes_realtime(int cmd)
{
	return cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAIT_REQUEUE_PI ||
	       cmd == FUTEX_LOCK_PI2;
}

static int futex_deadline(int cmd, uaddr timeout, bool realtime, u64 *deadline)
{
	*deadline = TIME_NEVER;
	switch (cmd) {
	case FUTEX_WAIT:
		return deadline_from_user(timeout, deadline);
	case FUTEX_LOCK_PI:
		return futex_abs_deadline(timeout, true, deadline);
	case FUTEX_LOCK_PI2:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_abs_deadline(timeout, realtime, deadline);
	default:
		return 0;
	}
}

long sys_futex(uaddr addr, int op, u32 val, uaddr timeout, uaddr addr2,
	       u32 val3)
{
	int cmd = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	bool shared = !(op & FUTEX_PRIVATE_FLAG);
	bool realtime = op & FUTEX_CLOCK_REALTIME;
	u32 val2 = timeout.va; /* of the calls that take no time */
	u64 deadline;
	int err;

	if (realtime && !futex_cmd_takes_realtime(cmd))
		return -ENOSYS;
	err = futex_deadline(cmd, timeout, realtime, &deadline);
	if (err)
		return err;
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(addr, shared, val, deadline,
				  FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_wait(addr, shared, val, deadline, val3);
	case FUTEX_WAKE:
		return futex_wake(addr, shared, (int)val > 0 ? val : 1,
				  FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(addr, shared, (int)val > 0 ? val : 1, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(addr, shared, addr2, shared, val, val2,
				     NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(addr, shared, addr2, shared, val, val2,
				     &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(addr, addr2, shared, val, val2, val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(addr, shared, deadline, false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(addr, shared, TIME_NEVER, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(addr, shared);
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue_pi(addr, shared, val, deadline,
					     addr2);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_cmp_requeue_pi(addr, shared, (int)val, (int)val2,
					    addr2, val3);
	default:
		return -ENOSYS;
	}
}

/* --- futex2 --- */

static int futex2_flags_check(u32 flags)
{
	if (flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE))
		return -EINVAL;
	return (flags & FUTEX2_SIZE_MASK) == FUTEX2_SIZE_U32 ? 0 : -EINVAL;
}

static int futex2_deadline(uaddr timeout, int clock, u64 *deadline)
{
	*deadline = TIME_NEVER;
	if (!timeout.va)
		return 0;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return -EINVAL;
	return futex_abs_deadline(timeout, clock == CLOCK_REALTIME, deadline);
}

/* A copy of the guest's array, to be freed by kfree(), or ERR_PTR. */
static struct futex_waitv *futex_waitv_get(uaddr waiters, u32 nr)
{
	struct futex_waitv *v = kcalloc(nr, sizeof(*v));
	int err = -ENOMEM;

	if (!v)
		return ERR_PTR(err);
	err = copy_from_user(v, waiters, nr * sizeof(*v));
	for (u32 i = 0; !err && i < nr; i++) {
		err = futex2_flags_check(v[i].flags);
		if (v[i].reserved || v[i].val >> 32)
			err = -EINVAL;
	}
	if (!err)
		return v;
	kfree(v);
	return ERR_PTR(err);
}

long sys_futex_waitv(uaddr waiters, u32 nr, u32 flags, uaddr timeout, int clock)
{
	struct futex_waitv *v;
	u64 deadline;
	long ret;

	if (flags || !nr || nr > FUTEX_WAITV_MAX || !waiters.va)
		return -EINVAL;
	ret = futex2_deadline(timeout, clock, &deadline);
	if (ret)
		return ret;
	v = futex_waitv_get(waiters, nr);
	if (IS_ERR(v))
		return PTR_ERR(v);
	ret = futex_wait_many(v, nr, deadline);
	kfree(v);
	return ret;
}

long sys_futex_wake(uaddr addr, u64 mask, int nr, u32 flags)
{
	int err = futex2_flags_check(flags);

	if (err)
		return err;
	if (mask >> 32)
		return -EINVAL;
	if (nr <= 0)
		return 0;
	return futex_wake(addr, !(flags & FUTEX2_PRIVATE), nr, mask);
}

long sys_futex_wait(uaddr addr, u64 val, u64 mask, u32 flags, uaddr timeout,
		    int clock)
{
	int err = futex2_flags_check(flags);
	u64 deadline;
	long ret;

	if (err)
		return err;
	if (val >> 32 || mask >> 32)
		return -EINVAL;
	err = futex2_deadline(timeout, clock, &deadline);
	if (err)
		return err;
	ret = futex_wait(addr, !(flags & FUTEX2_PRIVATE), val, deadline, mask);
	/* the deadline is absolute: the call can simply be made again */
	return ret == -ERESTART_RESTARTBLOCK ? -ERESTARTSYS : ret;
}

long sys_futex_requeue(uaddr waiters, u32 flags, int nr_wake, int nr_requeue)
{
	struct futex_waitv *v;
	u32 cmp;
	long ret;

	if (flags || !waiters.va)
		return -EINVAL;
	v = futex_waitv_get(waiters, 2);
	if (IS_ERR(v))
		return PTR_ERR(v);
	cmp = v[0].val;
	ret = futex_requeue(UADDR(v[0].uaddr), !(v[0].flags & FUTEX2_PRIVATE),
			    UADDR(v[1].uaddr), !(v[1].flags & FUTEX2_PRIVATE),
			    nr_wake, nr_requeue, &cmp);
	kfree(v);
	return ret;
}

/* --- robust lists --- */

long sys_set_robust_list(uaddr head, u64 len)
{
	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

/* Of another thread: as for ptrace, by the same user or with the right. */
static bool futex_may_look(const struct task *t)
{
	const struct cred *me = current->cred;
	struct cred *c;
	bool ok;

	if (t->proc == current->proc || capable(CAP_SYS_PTRACE))
		return true;
	c = task_get_cred((struct task *)t);
	if (!c)
		return false;
	ok = me->uid == c->euid && me->uid == c->suid && me->uid == c->uid &&
	     me->gid == c->egid && me->gid == c->sgid && me->gid == c->gid;
	cred_put(c);
	return ok;
}

long sys_get_robust_list(int pid, uaddr head, uaddr len)
{
	struct task *t = current;
	u64 size = sizeof(struct robust_list_head);
	u64 at;

	if (!pid) {
		at = t->robust_list.va;
	} else {
		t = task_find_get(pid_given(pid));
		if (!t)
			return -ESRCH;
		at = t->robust_list.va;
		if (!futex_may_look(t)) {
			task_put(t);
			return -EPERM;
		}
		task_put(t);
	}
	if (put_user(size, len))
		return -EFAULT;
	return put_user(at, head);
}
