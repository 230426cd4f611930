// SPDX-License-Identifier: GPL-2.0
/*
 * prctl(2) and arch_prctl(2): each option a short function, found by a table.
 * What has no entry is EINVAL, as on a Linux built without it; that goes for
 * core scheduling. PR_SET_MM is in sys_prctl_mm.c.
 */
#include <abi/capability.h>
#include <abi/prctl.h>
#include <abi/seccomp.h>
#include <kernel/mm.h>
#include <kernel/string.h>
#include <kernel/seccomp.h>
#include <kernel/syscall.h>
#include <kernel/text.h>
#include <kernel/uaccess.h>
#include "../task/internal.h"
#include "internal.h"

#define TIMER_SLACK_DEFAULT 50000

/* arch_prctl codes that arch-um answers: permissions of AMX state */
#define XCOMP_FIRST	    ARCH_GET_XCOMP_SUPP
#define XCOMP_LAST	    ARCH_REQ_XCOMP_GUEST_PERM

static bool prctl_any(u64 a, u64 b, u64 c)
{
	return a || b || c;
}

static long prctl_set_pdeathsig(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 > NSIG)
		return -EINVAL;
	current->pdeath_signal = (u32)a2;
	return 0;
}

static long prctl_get_pdeathsig(u64 a2, u64 a3, u64 a4, u64 a5)
{
	s32 sig = (s32)current->pdeath_signal;

	return put_user(sig, UADDR(a2));
}

static long prctl_get_dumpable(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return current->mm->dumpable;
}

static long prctl_set_dumpable(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 > 1)
		return -EINVAL;
	WRITE_ONCE(current->mm->dumpable, (u32)a2);
	return 0;
}

static long prctl_set_name(u64 a2, u64 a3, u64 a4, u64 a5)
{
	char name[TASK_COMM_LEN];
	ssize_t n = strncpy_from_user(name, UADDR(a2), sizeof(name) - 1);

	if (n < 0)
		return n;
	name[n] = 0;
	task_set_comm(current, name);
	return 0;
}

static long prctl_get_name(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return copy_to_user(UADDR(a2), current->comm, TASK_COMM_LEN);
}

/* --- Capabilities --- */

static long prctl_get_keepcaps(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return !!(current->proc->securebits & SECBIT_KEEP_CAPS);
}

static long prctl_set_keepcaps(u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct process *p = current->proc;

	if (a2 > 1)
		return -EINVAL;
	if (p->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	p->securebits &= ~SECBIT_KEEP_CAPS;
	if (a2)
		p->securebits |= SECBIT_KEEP_CAPS;
	return 0;
}

static long prctl_get_securebits(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return current->proc->securebits;
}

static long prctl_set_securebits(u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct process *p = current->proc;
	u32 old = p->securebits;
	/* a lock stands one bit above what it locks */
	u64 locked = (old & SECURE_ALL_LOCKS) >> 1;

	if ((locked & (old ^ a2)) || (old & SECURE_ALL_LOCKS & ~a2) ||
	    (a2 & ~(u64)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) ||
	    !own_capable(CAP_SETPCAP))
		return -EPERM;
	p->securebits = (u32)a2;
	return 0;
}

static long prctl_capbset_read(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 > CAP_LAST_CAP)
		return -EINVAL;
	return current->cred->cap_bset >> a2 & 1;
}

static long prctl_capbset_drop(u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct cred *n;

	if (!own_capable(CAP_SETPCAP))
		return -EPERM;
	if (a2 > CAP_LAST_CAP)
		return -EINVAL;
	n = cred_copy(current->cred);
	if (!n)
		return -ENOMEM;
	n->cap_bset &= ~(1ull << a2);
	cred_install(n);
	return 0;
}

static long prctl_ambient_change(u64 op, u64 cap)
{
	const struct cred *c = current->cred;
	u64 bit = 1ull << cap;
	struct cred *n;

	if (op == PR_CAP_AMBIENT_RAISE &&
	    (!(c->cap_permitted & bit) || !(c->cap_inheritable & bit) ||
	     (current->proc->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)))
		return -EPERM;
	n = cred_copy(c);
	if (!n)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_RAISE)
		n->cap_ambient |= bit;
	else if (op == PR_CAP_AMBIENT_LOWER)
		n->cap_ambient &= ~bit;
	else
		n->cap_ambient = 0;
	cred_install(n);
	return 0;
}

static long prctl_cap_ambient(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 == PR_CAP_AMBIENT_CLEAR_ALL)
		return prctl_any(a3, a4, a5) ? -EINVAL
					     : prctl_ambient_change(a2, 0);
	if (a3 > CAP_LAST_CAP || a4 || a5)
		return -EINVAL;
	switch (a2) {
	case PR_CAP_AMBIENT_IS_SET:
		return current->cred->cap_ambient >> a3 & 1;
	case PR_CAP_AMBIENT_RAISE:
	case PR_CAP_AMBIENT_LOWER:
		return prctl_ambient_change(a2, a3);
	}
	return -EINVAL;
}

/* --- Processes --- */

static long prctl_set_subreaper(u64 a2, u64 a3, u64 a4, u64 a5)
{
	current->proc->subreaper = a2 != 0;
	return 0;
}

static long prctl_get_subreaper(u64 a2, u64 a3, u64 a4, u64 a5)
{
	s32 on = current->proc->subreaper;

	return put_user(on, UADDR(a2));
}

static long prctl_set_no_new_privs(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 != 1 || prctl_any(a3, a4, a5))
		return -EINVAL;
	current->proc->no_new_privs = 1;
	return 0;
}

static long prctl_get_no_new_privs(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 || prctl_any(a3, a4, a5))
		return -EINVAL;
	return current->proc->no_new_privs;
}

static long prctl_set_timerslack(u64 a2, u64 a3, u64 a4, u64 a5)
{
	current->timer_slack = (s64)a2 <= 0 ? TIMER_SLACK_DEFAULT : a2;
	return 0;
}

static long prctl_get_timerslack(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return (long)current->timer_slack;
}

static long prctl_get_tid_address(u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 va = current->clear_child_tid.va;

	return put_user(va, UADDR(a2));
}

static long prctl_get_seccomp(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return seccomp_mode(current);
}

static long prctl_set_seccomp(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 == SECCOMP_MODE_STRICT)
		return do_seccomp(SECCOMP_SET_MODE_STRICT, 0, UNULL);
	if (a2 == SECCOMP_MODE_FILTER)
		return do_seccomp(SECCOMP_SET_MODE_FILTER, 0, UADDR(a3));
	return -EINVAL;
}

static long prctl_get_timing(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return PR_TIMING_STATISTICAL;
}

static long prctl_set_timing(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return a2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
}

static long prctl_get_tsc(u64 a2, u64 a3, u64 a4, u64 a5)
{
	s32 on = PR_TSC_ENABLE;

	return put_user(on, UADDR(a2));
}

static long prctl_set_tsc(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return a2 == PR_TSC_ENABLE ? 0 : -EINVAL;
}

/* Names of anonymous memory are not kept: as a Linux built without them. */
static long prctl_get_auxv(u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct mm *mm = current->mm;
	u64 n = sizeof(mm->auxv);

	if (a4 || a5)
		return -EINVAL;
	if (copy_to_user(UADDR(a2), mm->auxv, min(a3, n)))
		return -EFAULT;
	return (long)n;
}

/* --- Marks of the address space that execve keeps --- */

static long prctl_mm_mark(u32 mark, bool on)
{
	if (on)
		atomic_or(&current->mm->prctl, mark);
	else
		atomic_and(&current->mm->prctl, ~mark);
	return 0;
}

static bool prctl_mm_marked(u32 mark)
{
	return READ_ONCE(current->mm->prctl) & mark;
}

static long prctl_set_thp(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return prctl_any(a3, a4, a5) ? -EINVAL
				     : prctl_mm_mark(MM_PRCTL_THP_DISABLE, a2);
}

static long prctl_get_thp(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return prctl_any(a2, a3, a4) || a5
		       ? -EINVAL
		       : prctl_mm_marked(MM_PRCTL_THP_DISABLE);
}

static long prctl_set_merge(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return prctl_any(a3, a4, a5) ? -EINVAL
				     : prctl_mm_mark(MM_PRCTL_MERGE_ANY, a2);
}

static long prctl_get_merge(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return prctl_any(a2, a3, a4) || a5
		       ? -EINVAL
		       : prctl_mm_marked(MM_PRCTL_MERGE_ANY);
}

static u64 prctl_mdwe_now(void)
{
	return (prctl_mm_marked(MM_PRCTL_MDWE) ? PR_MDWE_REFUSE_EXEC_GAIN : 0) |
	       (prctl_mm_marked(MM_PRCTL_MDWE_NO_INHERIT) ? PR_MDWE_NO_INHERIT
							  : 0);
}

static long prctl_set_mdwe(u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 now = prctl_mdwe_now();

	if (prctl_any(a3, a4, a5) ||
	    a2 & ~(u64)(PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT) ||
	    a2 == PR_MDWE_NO_INHERIT)
		return -EINVAL;
	if (now && now != a2)
		return -EPERM; /* there is no way back */
	if (a2 & PR_MDWE_NO_INHERIT)
		prctl_mm_mark(MM_PRCTL_MDWE_NO_INHERIT, true);
	return prctl_mm_mark(MM_PRCTL_MDWE, a2);
}

static long prctl_get_mdwe(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return prctl_any(a2, a3, a4) || a5 ? -EINVAL : (long)prctl_mdwe_now();
}

/* --- Policies that are kept and have no use here --- */

static long prctl_mce_kill(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a4 || a5)
		return -EINVAL;
	if (a2 == PR_MCE_KILL_CLEAR) {
		if (a3)
			return -EINVAL;
		current->mce_kill = 0;
	} else if (a2 == PR_MCE_KILL_SET && a3 <= PR_MCE_KILL_DEFAULT) {
		/* kept turned round, so that 0 is the default */
		current->mce_kill = (u8)(PR_MCE_KILL_DEFAULT - a3);
	} else {
		return -EINVAL;
	}
	return 0;
}

static long prctl_mce_kill_get(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return prctl_any(a2, a3, a4) || a5
		       ? -EINVAL
		       : PR_MCE_KILL_DEFAULT - current->mce_kill;
}

static long prctl_set_io_flusher(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (a2 > 1 || prctl_any(a3, a4, a5))
		return -EINVAL;
	current->io_flusher = a2;
	return 0;
}

static long prctl_get_io_flusher(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return prctl_any(a2, a3, a4) || a5 ? -EINVAL : current->io_flusher;
}

/* Nothing of it is ours to switch: as on a processor that needs none of it. */
static long prctl_get_speculation(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (prctl_any(a3, a4, a5))
		return -EINVAL;
	return a2 <= PR_SPEC_L1D_FLUSH ? PR_SPEC_NOT_AFFECTED : -ENODEV;
}

static long prctl_set_speculation(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a4 || a5)
		return -EINVAL;
	if (a2 > PR_SPEC_L1D_FLUSH)
		return -ENODEV;
	return a2 == PR_SPEC_L1D_FLUSH ? -EPERM : -ENXIO;
}

static long prctl_user_dispatch(u64 a2, u64 from, u64 len, u64 selector)
{
	struct task *t = current;

	if (a2 == PR_SYS_DISPATCH_OFF) {
		if (from || len || selector)
			return -EINVAL;
		atomic_and(&t->syscall_work, ~SYSCALL_WORK_DISPATCH);
		return 0;
	}
	if (a2 != PR_SYS_DISPATCH_ON || (from && from + len <= from))
		return -EINVAL;
	if (selector && !user_range_ok(UADDR(selector), 1))
		return -EFAULT;
	t->dispatch_from = from;
	t->dispatch_len = len;
	t->dispatch_selector = UADDR(selector);
	atomic_or(&t->syscall_work, SYSCALL_WORK_DISPATCH);
	return 0;
}

/* Of perf events, which there are none of. */
static long prctl_perf_events(u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

static const struct prctl_option {
	u32 option;
	long (*fn)(u64 a2, u64 a3, u64 a4, u64 a5);
} prctl_options[] = {
	{ PR_SET_PDEATHSIG, prctl_set_pdeathsig },
	{ PR_GET_PDEATHSIG, prctl_get_pdeathsig },
	{ PR_GET_DUMPABLE, prctl_get_dumpable },
	{ PR_SET_DUMPABLE, prctl_set_dumpable },
	{ PR_GET_KEEPCAPS, prctl_get_keepcaps },
	{ PR_SET_KEEPCAPS, prctl_set_keepcaps },
	{ PR_GET_TIMING, prctl_get_timing },
	{ PR_SET_TIMING, prctl_set_timing },
	{ PR_SET_NAME, prctl_set_name },
	{ PR_GET_NAME, prctl_get_name },
	{ PR_GET_SECCOMP, prctl_get_seccomp },
	{ PR_SET_SECCOMP, prctl_set_seccomp },
	{ PR_CAPBSET_READ, prctl_capbset_read },
	{ PR_CAPBSET_DROP, prctl_capbset_drop },
	{ PR_GET_TSC, prctl_get_tsc },
	{ PR_SET_TSC, prctl_set_tsc },
	{ PR_GET_SECUREBITS, prctl_get_securebits },
	{ PR_SET_SECUREBITS, prctl_set_securebits },
	{ PR_SET_TIMERSLACK, prctl_set_timerslack },
	{ PR_GET_TIMERSLACK, prctl_get_timerslack },
	{ PR_SET_CHILD_SUBREAPER, prctl_set_subreaper },
	{ PR_GET_CHILD_SUBREAPER, prctl_get_subreaper },
	{ PR_SET_NO_NEW_PRIVS, prctl_set_no_new_privs },
	{ PR_GET_NO_NEW_PRIVS, prctl_get_no_new_privs },
	{ PR_GET_TID_ADDRESS, prctl_get_tid_address },
	{ PR_SET_THP_DISABLE, prctl_set_thp },
	{ PR_GET_THP_DISABLE, prctl_get_thp },
	{ PR_SET_MEMORY_MERGE, prctl_set_merge },
	{ PR_GET_MEMORY_MERGE, prctl_get_merge },
	{ PR_SET_MDWE, prctl_set_mdwe },
	{ PR_GET_MDWE, prctl_get_mdwe },
	{ PR_MCE_KILL, prctl_mce_kill },
	{ PR_MCE_KILL_GET, prctl_mce_kill_get },
	{ PR_SET_IO_FLUSHER, prctl_set_io_flusher },
	{ PR_GET_IO_FLUSHER, prctl_get_io_flusher },
	{ PR_SET_MM, prctl_set_mm },
	{ PR_GET_SPECULATION_CTRL, prctl_get_speculation },
	{ PR_SET_SPECULATION_CTRL, prctl_set_speculation },
	{ PR_SET_SYSCALL_USER_DISPATCH, prctl_user_dispatch },
	{ PR_TASK_PERF_EVENTS_DISABLE, prctl_perf_events },
	{ PR_TASK_PERF_EVENTS_ENABLE, prctl_perf_events },
	{ PR_CAP_AMBIENT, prctl_cap_ambient },
	{ PR_GET_AUXV, prctl_get_auxv },
};

long sys_prctl(int option, u64 arg2, u64 arg3, u64 arg4, u64 arg5)
{
	for (u32 i = 0; i < ARRAY_SIZE(prctl_options); i++)
		if (prctl_options[i].option == (u32)option)
			return prctl_options[i].fn(arg2, arg3, arg4, arg5);
	return -EINVAL;
}

long sys_arch_prctl(int option, u64 arg)
{
	u64 base;

	if (option >= XCOMP_FIRST && option <= XCOMP_LAST)
		return host_xcomp(option, arg);
	switch (option) {
	case ARCH_SET_FS:
		if (arg >= USER_MAX)
			return -EPERM;
		host_set_fs(arg);
		return 0;
	case ARCH_SET_GS:
		if (arg >= USER_MAX)
			return -EPERM;
		if (arg)
			mm_uses_gs(current->mm);
		return host_set_gs(arg);
	case ARCH_GET_FS:
		base = host_get_fs();
		return put_user(base, UADDR(arg));
	case ARCH_GET_GS:
		base = host_get_gs();
		return put_user(base, UADDR(arg));
	case ARCH_GET_CPUID:
		return 1; /* the instruction works */
	case ARCH_SET_CPUID:
		return -ENODEV;
	}
	return -EINVAL;
}
