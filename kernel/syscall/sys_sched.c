// SPDX-License-Identifier: GPL-2.0
/*
 * System calls about scheduling: sched(7), setpriority(2), ioprio_set(2).
 *
 * There is no scheduler of ours: threads are the host's. Policies, priorities
 * and nice values are checked as Linux checks them, kept and shown again, but
 * change nothing; affinity is passed to the host, and the processors are those
 * the machine was given, numbered from 0.
 */
#include <abi/capability.h>
#include <abi/sched.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include "../task/internal.h"

#define RR_INTERVAL_NS 100000000

long sys_sched_yield(void)
{
	host_yield();
	return 0;
}

/* => with a reference, or NULL */
static struct task *sched_find(int pid)
{
	if (pid)
		return task_find_get(pid_given((u32)pid));
	task_get(current);
	return current;
}

static bool sched_owns(struct task *t)
{
	const struct cred *me = current->cred;
	struct cred *c = task_get_cred(t);
	bool ok = me->euid == c->euid || me->euid == c->uid ||
		  capable(CAP_SYS_NICE);

	cred_put(c);
	return ok;
}

/* --- Policies --- */

static bool sched_is_rt(u32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* Linux has a policy of this number that takes no thread here. */
#define SCHED_EXT	   7

#define IOPRIO_WHO_PROCESS 1

static bool sched_is_known(u32 policy)
{
	return sched_is_rt(policy) || policy == SCHED_NORMAL ||
	       policy == SCHED_BATCH || policy == SCHED_IDLE ||
	       policy == SCHED_DEADLINE;
}

static int sched_check(const struct sched_attr *a)
{
	if (!sched_is_known(a->sched_policy))
		return -EINVAL;
	if (a->sched_priority > 99 ||
	    sched_is_rt(a->sched_policy) != (a->sched_priority != 0))
		return -EINVAL;
	if (a->sched_policy == SCHED_DEADLINE &&
	    (!a->sched_deadline || a->sched_runtime < 1024 ||
	     a->sched_deadline < a->sched_runtime ||
	     (a->sched_period && a->sched_period < a->sched_deadline)))
		return -EINVAL;
	return 0;
}

/* Lowest nice value that RLIMIT_NICE grants to t. */
static int sched_nice_floor(const struct task *t)
{
	u64 lim = t->proc->rlim[RLIMIT_NICE].rlim_cur;

	return lim >= 40 ? -20 : 20 - (int)lim;
}

static int sched_allowed(struct task *t, const struct sched_attr *a)
{
	u64 rtprio = t->proc->rlim[RLIMIT_RTPRIO].rlim_cur;

	if (capable(CAP_SYS_NICE))
		return 0;
	if (!sched_owns(t))
		return -EPERM;
	if (a->sched_policy == SCHED_DEADLINE)
		return -EPERM;
	if (sched_is_rt(a->sched_policy) &&
	    ((a->sched_policy != t->sched_policy && !rtprio) ||
	     (a->sched_priority > t->sched_prio && a->sched_priority > rtprio)))
		return -EPERM;
	if (!sched_is_rt(a->sched_policy) && a->sched_nice < t->nice &&
	    a->sched_nice < sched_nice_floor(t))
		return -EPERM;
	if (t->sched_policy == SCHED_IDLE && a->sched_policy != SCHED_IDLE &&
	    t->nice < sched_nice_floor(t))
		return -EPERM;
	/* a promise made for the children cannot be taken back */
	if (t->sched_reset_on_fork &&
	    !(a->sched_flags & SCHED_FLAG_RESET_ON_FORK))
		return -EPERM;
	return 0;
}

static int sched_apply(struct task *t, const struct sched_attr *a)
{
	int err = sched_check(a);

	if (!err)
		err = sched_allowed(t, a);
	if (err)
		return err;
	t->sched_policy = a->sched_policy;
	t->sched_prio = a->sched_priority;
	t->sched_reset_on_fork = a->sched_flags & SCHED_FLAG_RESET_ON_FORK;
	if (a->sched_policy == SCHED_NORMAL || a->sched_policy == SCHED_BATCH)
		t->nice = a->sched_nice;
	t->sched_runtime = a->sched_runtime;
	t->sched_deadline = a->sched_deadline;
	t->sched_period = a->sched_period;
	return 0;
}

/* policy < 0: as it is */
static long sched_set(int pid, int policy, uaddr param)
{
	struct sched_attr a;
	struct sched_param sp;
	struct task *t;
	long err;

	if (!param.va || pid < 0)
		return -EINVAL;
	if (get_user(sp, param))
		return -EFAULT;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	memset(&a, 0, sizeof(a));
	if (policy < 0) {
		policy = (int)t->sched_policy;
		if (t->sched_reset_on_fork)
			policy |= SCHED_RESET_ON_FORK;
	}
	if (policy & SCHED_RESET_ON_FORK)
		a.sched_flags = SCHED_FLAG_RESET_ON_FORK;
	a.sched_policy = (u32)policy & ~(u32)SCHED_RESET_ON_FORK;
	a.sched_priority = (u32)sp.sched_priority;
	a.sched_nice = t->nice;
	err = sched_apply(t, &a);
	task_put(t);
	return err;
}

long sys_sched_setscheduler(int pid, int policy, uaddr param)
{
	return policy < 0 ? -EINVAL : sched_set(pid, policy, param);
}

long sys_sched_setparam(int pid, uaddr param)
{
	return sched_set(pid, -1, param);
}

long sys_sched_getscheduler(int pid)
{
	struct task *t;
	long ret;

	if (pid < 0)
		return -EINVAL;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	ret = (long)t->sched_policy |
	      (t->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return ret;
}

long sys_sched_getparam(int pid, uaddr param)
{
	struct sched_param sp;
	struct task *t;

	if (!param.va || pid < 0)
		return -EINVAL;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	sp.sched_priority = (s32)t->sched_prio;
	task_put(t);
	return put_user(sp, param);
}

static int sched_copy_attr(struct sched_attr *a, uaddr attr)
{
	u32 size;

	memset(a, 0, sizeof(*a));
	if (get_user(size, attr))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		goto too_big;
	if (copy_from_user(a, attr, min_t(size_t, size, sizeof(*a))))
		return -EFAULT;
	for (u32 at = sizeof(*a); at < size; at++) {
		u8 b;

		if (get_user(b, uadd(attr, at)))
			return -EFAULT;
		if (b)
			goto too_big;
	}
	a->sched_nice = max(min(a->sched_nice, 19), -20);
	return 0;
too_big:
	size = sizeof(*a);
	return put_user(size, attr) ? -EFAULT : -E2BIG;
}

long sys_sched_setattr(int pid, uaddr attr, u32 flags)
{
	struct sched_attr a;
	struct task *t;
	long err;

	if (!attr.va || pid < 0 || flags)
		return -EINVAL;
	err = sched_copy_attr(&a, attr);
	if (err)
		return err;
	if ((s32)a.sched_policy < 0 || (a.sched_flags & ~(u64)SCHED_FLAG_ALL))
		return -EINVAL;
	if (a.sched_flags & SCHED_FLAG_UTIL_CLAMP)
		return -EOPNOTSUPP;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	if (a.sched_flags & SCHED_FLAG_KEEP_POLICY)
		a.sched_policy = t->sched_policy;
	if (a.sched_flags & SCHED_FLAG_KEEP_PARAMS) {
		a.sched_priority = t->sched_prio;
		a.sched_nice = t->nice;
	}
	err = sched_apply(t, &a);
	task_put(t);
	return err;
}

long sys_sched_getattr(int pid, uaddr attr, u32 size, u32 flags)
{
	struct sched_attr a;
	struct task *t;

	if (!attr.va || pid < 0 || size > PAGE_SIZE ||
	    size < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	memset(&a, 0, sizeof(a));
	a.size = min_t(u32, size, sizeof(a));
	a.sched_policy = t->sched_policy;
	a.sched_priority = t->sched_prio;
	if (!sched_is_rt(t->sched_policy))
		a.sched_nice = t->nice;
	if (t->sched_reset_on_fork)
		a.sched_flags = SCHED_FLAG_RESET_ON_FORK;
	a.sched_runtime = t->sched_runtime;
	a.sched_deadline = t->sched_deadline;
	a.sched_period = t->sched_period;
	task_put(t);
	return copy_to_user(attr, &a, a.size);
}

long sys_sched_get_priority_max(int policy)
{
	if (policy != SCHED_EXT && (policy < 0 || !sched_is_known((u32)policy)))
		return -EINVAL;
	return sched_is_rt((u32)policy) ? 99 : 0;
}

long sys_sched_get_priority_min(int policy)
{
	if (policy != SCHED_EXT && (policy < 0 || !sched_is_known((u32)policy)))
		return -EINVAL;
	return sched_is_rt((u32)policy) ? 1 : 0;
}

long sys_sched_rr_get_interval(int pid, uaddr interval)
{
	struct abi_timespec ts = { 0, 0 };
	struct task *t;

	if (pid < 0)
		return -EINVAL;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	if (t->sched_policy == SCHED_RR)
		ts.tv_nsec = RR_INTERVAL_NS;
	/* of the others a slice is less than a tick */
	task_put(t);
	return put_user(ts, interval);
}

/* --- Affinity --- */

static u32 affinity_bytes(void)
{
	return (u32)ALIGN_UP((host_info.ncpus + 7) / 8, 8u);
}

long sys_sched_setaffinity(int pid, u32 len, uaddr mask)
{
	u8 m[sizeof(current->affinity)];
	struct task *t;
	bool any = false;
	long err;

	memset(m, 0, sizeof(m));
	if (copy_from_user(m, mask, min_t(size_t, len, sizeof(m))))
		return -EFAULT;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	err = -EPERM;
	if (!sched_owns(t))
		goto out;
	err = -EINVAL;
	for (u32 i = 0; i < sizeof(m); i++) {
		u32 left = host_info.ncpus > 8 * i ? host_info.ncpus - 8 * i
						   : 0;

		if (left < 8)
			m[i] &= (u8)((1u << left) - 1);
		any |= m[i] != 0;
	}
	if (!any)
		goto out;
	memcpy(t->affinity, m, sizeof(m));
	err = host_set_affinity(t, m, affinity_bytes());
	/* between two hosts' threads: the next one takes t->affinity */
	if (err == -ESRCH)
		err = 0;
out:
	task_put(t);
	return err;
}

long sys_sched_getaffinity(int pid, u32 len, uaddr mask)
{
	struct task *t;
	u32 n = affinity_bytes();
	int err;

	if (len * 8ull < host_info.ncpus || len & 7)
		return -EINVAL;
	t = sched_find(pid);
	if (!t)
		return -ESRCH;
	n = min(n, len);
	err = copy_to_user(mask, t->affinity, n);
	task_put(t);
	return err ? err : (long)n;
}

/* --- Nice values and I/O priorities: of a process, a group, a user --- */

struct prio_walk {
	int which;
	u32 who;
	/* => keep going with this result */
	long (*fn)(struct task *t, int value, long ret);
	int value;
};

static u32 prio_uid(struct task *t, u32 *euid)
{
	struct cred *c = task_get_cred(t);
	u32 uid = c->uid;

	*euid = c->euid;
	cred_put(c);
	return uid;
}

static bool prio_matches(const struct prio_walk *w, struct task *t)
{
	u32 euid;

	switch (w->which) {
	case PRIO_PROCESS:
		return t->tid == w->who;
	case PRIO_PGRP:
		return t->proc->pgid == w->who;
	}
	return prio_uid(t, &euid) == w->who && !t->kthread;
}

static long prio_walk(const struct prio_walk *w)
{
	long ret = -ESRCH;
	struct task *t;

	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node)
		if (prio_matches(w, t))
			ret = w->fn(t, w->value, ret);
	mutex_unlock(&tasklist_lock);
	return ret;
}

static int prio_who(struct prio_walk *w, int which, int who)
{
	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	w->which = which;
	w->who = (u32)who;
	if (who) {
		if (which != PRIO_USER)
			w->who = pid_given((u32)who);
		return 0;
	}
	w->who = which == PRIO_PROCESS ? current->tid
		 : which == PRIO_PGRP  ? current->proc->pgid
				       : current->cred->uid;
	return 0;
}

static long prio_get_one(struct task *t, int value, long ret)
{
	return max(ret, 20l - t->nice);
}

static long prio_set_one(struct task *t, int nice, long ret)
{
	u32 me = current->cred->euid, euid, uid = prio_uid(t, &euid);

	if (uid != me && euid != me && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (nice < t->nice && nice < sched_nice_floor(t) &&
	    !capable(CAP_SYS_NICE))
		return -EACCES;
	t->nice = nice;
	return ret == -ESRCH ? 0 : ret;
}

long sys_getpriority(int which, int who)
{
	struct prio_walk w = { .fn = prio_get_one };
	int err = prio_who(&w, which, who);

	return err ? err : prio_walk(&w);
}

long sys_setpriority(int which, int who, int prio)
{
	struct prio_walk w = { .fn = prio_set_one };
	int err = prio_who(&w, which, who);

	if (err)
		return err;
	w.value = max(min(prio, 19), -20);
	return prio_walk(&w);
}

static int ioprio_of(const struct task *t)
{
	int level = (t->nice + 20) / 5;

	if (t->ioprio)
		return (int)t->ioprio;
	return IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | level;
}

/* The more urgent of two: real time, best effort, idle; then by level. */
static long ioprio_get_one(struct task *t, int value, long ret)
{
	long mine = ioprio_of(t);

	return ret < 0 ? mine : min(ret, mine);
}

/* As it was set, 0 when it never was. */
static long ioprio_get_raw(struct task *t, int value, long ret)
{
	return (long)t->ioprio;
}

static long ioprio_set_one(struct task *t, int ioprio, long ret)
{
	const struct cred *me = current->cred;
	u32 euid, uid = prio_uid(t, &euid);

	if (uid != me->euid && uid != me->uid && !capable(CAP_SYS_NICE))
		return -EPERM;
	t->ioprio = (u32)ioprio;
	return 0;
}

static int ioprio_check(int ioprio)
{
	int class = ioprio >> IOPRIO_CLASS_SHIFT, level = ioprio & 7;

	switch (class) {
	case IOPRIO_CLASS_RT:
		return capable(CAP_SYS_ADMIN) || capable(CAP_SYS_NICE) ? 0
								       : -EPERM;
	case IOPRIO_CLASS_BE:
	case IOPRIO_CLASS_IDLE:
		return 0;
	case IOPRIO_CLASS_NONE:
		return level ? -EINVAL : 0;
	}
	return -EINVAL;
}

long sys_ioprio_set(int which, int who, int ioprio)
{
	struct prio_walk w = { .fn = ioprio_set_one, .value = ioprio };
	int err = ioprio_check(ioprio);

	if (!err) /* IOPRIO_WHO_* count from 1 */
		err = prio_who(&w, (int)((u32)which - 1), who);
	return err ? err : prio_walk(&w);
}

long sys_ioprio_get(int which, int who)
{
	struct prio_walk w = { .fn = which == IOPRIO_WHO_PROCESS
					     ? ioprio_get_raw
					     : ioprio_get_one };
	int err = prio_who(&w, (int)((u32)which - 1), who);

	return err ? err : prio_walk(&w);
}
