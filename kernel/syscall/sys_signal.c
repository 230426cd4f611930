// SPDX-License-Identifier: GPL-2.0
/*
 * System calls about signals: sigaction(2), sigprocmask(2), kill(2) and its
 * relatives, sigtimedwait(2), sigaltstack(2), sigreturn(2). Checks and copies;
 * the work is in kernel/task/signal.c and sigframe.c.
 */
#include <abi/capability.h>
#include <kernel/ns.h>
#include <kernel/futex.h>
#include <kernel/ipc.h>
#include <kernel/posix_timer.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "../task/internal.h"

#define PIDFD_SIGNAL_THREAD	   1u
#define PIDFD_SIGNAL_THREAD_GROUP  2u
#define PIDFD_SIGNAL_PROCESS_GROUP 4u

#define SA_KNOWN                                                              \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | \
	 SA_NODEFER | SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

static bool sig_is_valid(int sig)
{
	return sig > 0 && sig <= NSIG;
}

/* --- Dispositions and masks --- */

long sys_rt_sigaction(int sig, uaddr act, uaddr oact, u64 sigsetsize)
{
	struct task *t = current;
	struct ksigaction new, old, *ka;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (act.va && get_user(new, act))
		return -EFAULT;
	if (!sig_is_valid(sig) ||
	    (act.va && (sig == SIGKILL || sig == SIGSTOP)))
		return -EINVAL;
	ka = &t->sighand->action[sig - 1];
	spin_lock(&t->sighand->lock);
	old = *ka;
	if (act.va) {
		new.flags &= (u64)(u32)SA_KNOWN;
		new.mask &= ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
		*ka = new;
		/* What is ignored from now on is not pending any more. */
		if (new.handler == SIG_IGN ||
		    (new.handler == SIG_DFL && (sigmask(sig) & sigset_ignore)))
			signal_forget_locked(t->proc, sigmask(sig));
	}
	spin_unlock(&t->sighand->lock);
	return oact.va ? put_user(old, oact) : 0;
}

long sys_rt_sigprocmask(int how, uaddr set, uaddr oset, u64 sigsetsize)
{
	sigset_t old = current->blocked, new;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (set.va) {
		if (get_user(new, set))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			new |= old;
			break;
		case SIG_UNBLOCK:
			new = old & ~new;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_blocked(new);
	}
	return oset.va ? put_user(old, oset) : 0;
}

long sys_rt_sigpending(uaddr set, u64 sigsetsize)
{
	sigset_t s = signal_pending_set(current) & current->blocked;

	if (sigsetsize > sizeof(s))
		return -EINVAL;
	return copy_to_user(set, &s, sigsetsize);
}

long sys_rt_sigsuspend(uaddr set, u64 sigsetsize)
{
	sigset_t s;

	if (sigsetsize != sizeof(s))
		return -EINVAL;
	if (get_user(s, set))
		return -EFAULT;
	signal_set_temporary(s);
	return sys_pause();
}

long sys_pause(void)
{
	while (!signal_pending(current)) {
		u32 seq = sleep_prepare();

		sleep_on(seq, TIME_NEVER, SLEEP_INTR, "pause");
	}
	return -ERESTARTNOHAND;
}

long sys_rt_sigreturn(void)
{
	return sigframe_return(task_regs(current));
}

/* The mask is narrowed for the sleep, so that a wanted signal wakes us. */
static int sigtimedwait_sleep(struct task *t, sigset_t wanted, u64 deadline)
{
	struct sighand *sh = t->sighand;
	int err;

	spin_lock(&sh->lock);
	t->real_blocked = t->blocked;
	t->blocked &= ~wanted;
	signal_recalc_locked(t);
	spin_unlock(&sh->lock);
	for (;;) {
		u32 seq = sleep_prepare();

		if (signal_pending(t)) {
			err = -EINTR;
			break;
		}
		err = sleep_on(seq, deadline, SLEEP_INTR, "sigtimedwait");
		if (err)
			break;
	}
	spin_lock(&sh->lock);
	t->blocked = t->real_blocked;
	t->real_blocked = 0;
	spin_unlock(&sh->lock);
	return err;
}

static int sigtimedwait_take(struct task *t, sigset_t wanted,
			     struct siginfo *si)
{
	int sig;

	spin_lock(&t->sighand->lock);
	sig = signal_take_locked(t, ~wanted, si);
	signal_recalc_locked(t);
	spin_unlock(&t->sighand->lock);
	return sig;
}

long sys_rt_sigtimedwait(uaddr set, uaddr info, uaddr timeout, u64 sigsetsize)
{
	struct task *t = current;
	u64 deadline;
	struct siginfo si;
	sigset_t wanted;
	int sig, err;

	if (sigsetsize != sizeof(wanted))
		return -EINVAL;
	if (get_user(wanted, set))
		return -EFAULT;
	wanted &= ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	err = deadline_from_user(timeout, &deadline);
	if (err)
		return err;
	sig = sigtimedwait_take(t, wanted, &si);
	if (!sig && (deadline == TIME_NEVER || deadline > time_mono_ns())) {
		err = sigtimedwait_sleep(t, wanted, deadline);
		sig = sigtimedwait_take(t, wanted, &si);
		if (!sig)
			return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
	}
	if (!sig)
		return -EAGAIN;
	return info.va && put_user(si, info) ? -EFAULT : sig;
}

/* --- Sending --- */

static long kill_one(struct task *t, int sig, const struct siginfo *si,
		     bool group)
{
	if (!signal_kill_allowed(t, sig))
		return -EPERM;
	if (!sig)
		return 0;
	return group ? send_signal_process(t->proc, sig, si)
		     : send_signal_task(t, sig, si);
}

static long kill_pid(u32 pid, int sig, const struct siginfo *si)
{
	struct task *t = task_find_get(pid_given(pid));
	long err;

	if (!t)
		return -ESRCH;
	err = kill_one(t, sig, si, true);
	task_put(t);
	return err;
}

/* Success if any could be sent to, else the last error. */
static long kill_pgrp(u32 pgid, int sig, const struct siginfo *si)
{
	struct list_head *group;
	struct process *p;
	long ret = -ESRCH;
	bool any = false;

	mutex_lock(&tasklist_lock);
	group = pid_group(pgid);
	if (group) {
		list_for_each_entry (p, group, pgrp_node) {
			long err = kill_one(p->leader, sig, si, true);

			any |= !err;
			ret = err;
		}
	}
	mutex_unlock(&tasklist_lock);
	return any ? 0 : ret;
}

/* Everybody but init and ourselves. */
static long kill_all(int sig, const struct siginfo *si)
{
	long ret = 0;
	u32 n = 0;
	struct task *t;

	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node) {
		long err;

		if (t->kthread || t->proc->leader != t || t->proc->pid <= 1 ||
		    t->proc == current->proc ||
		    !pid_ns_is_within(t->pid_ns, current->pid_ns) ||
		    pid_shown(t->proc->pid) == 1)
			continue;
		err = kill_one(t, sig, si, true);
		n++;
		if (err != -EPERM)
			ret = err;
	}
	mutex_unlock(&tasklist_lock);
	return n ? ret : -ESRCH;
}

long sys_kill(int pid, int sig)
{
	struct siginfo si;

	if (sig < 0 || sig > NSIG) {
		/* whom it is for is asked first */
		struct task *t = pid > 0 ? process_find_get(pid_given((u32)pid))
					 : current;

		if (!t)
			return -ESRCH;
		if (pid > 0)
			task_put(t);
		return -EINVAL;
	}
	signal_info_user(&si, sig, SI_USER);
	if (pid == (int)pid_shown(current->proc->pid))
		return sig ? send_signal_process(current->proc, sig, &si) : 0;
	if (pid > 0)
		return kill_pid((u32)pid, sig, &si);
	if (pid == -1)
		return kill_all(sig, &si);
	if (pid == (int)0x80000000)
		return -ESRCH;
	return kill_pgrp(pid ? pid_given((u32)-pid) : current->proc->pgid, sig,
			 &si);
}

static long do_tkill(int tgid, int tid, int sig, const struct siginfo *si)
{
	struct task *t = task_find_get(pid_given((u32)tid));
	long err = -ESRCH;

	if (!t)
		return -ESRCH;
	if (tgid <= 0 || t->proc->pid == pid_given((u32)tgid)) {
		err = kill_one(t, sig, si, false);
		/* it is dying: whoever asked cannot tell the difference */
		if (err == -ESRCH && sig)
			err = READ_ONCE(t->state) == TASK_DEAD ? -ESRCH : 0;
	}
	task_put(t);
	return err;
}

long sys_tgkill(int tgid, int tid, int sig)
{
	struct siginfo si;

	if (tgid <= 0 || tid <= 0 || sig < 0 || sig > NSIG)
		return -EINVAL;
	signal_info_user(&si, sig, SI_TKILL);
	return do_tkill(tgid, tid, sig, &si);
}

long sys_tkill(int tid, int sig)
{
	struct siginfo si;

	if (tid <= 0 || sig < 0 || sig > NSIG)
		return -EINVAL;
	signal_info_user(&si, sig, SI_TKILL);
	return do_tkill(0, tid, sig, &si);
}

/* Nobody but oneself may be told that the kernel or kill(2) sent something. */
static int sigqueue_get(struct siginfo *si, uaddr info, int sig, bool self)
{
	if (get_user(*si, info))
		return -EFAULT;
	if ((si->si_code >= 0 || si->si_code == SI_TKILL) && !self)
		return -EPERM;
	si->si_signo = sig;
	return 0;
}

long sys_rt_sigqueueinfo(int pid, int sig, uaddr info)
{
	struct siginfo si;
	int err = sigqueue_get(&si, info, sig,
			       pid == (int)pid_shown(current->proc->pid));

	if (err)
		return err;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	return kill_pid((u32)pid, sig, &si);
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int sig, uaddr info)
{
	struct siginfo si;
	int err;

	if (get_user(si, info))
		return -EFAULT;
	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	err = sigqueue_get(&si, info, sig, tid == (int)pid_shown(current->tid));
	if (err)
		return err;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	return do_tkill(tgid, tid, sig, &si);
}

static long pidfd_send(struct task *t, int sig, uaddr info, u32 scope)
{
	struct siginfo si;
	bool self = t->proc == current->proc;

	if (info.va) {
		int err;

		if (get_user(si, info))
			return -EFAULT;
		if (si.si_signo != sig)
			return -EINVAL;
		err = sigqueue_get(&si, info, sig,
				   self && scope != PIDFD_SIGNAL_PROCESS_GROUP);
		if (err)
			return err;
	} else {
		signal_info_user(&si, sig,
				 scope == PIDFD_SIGNAL_THREAD ? SI_TKILL
							      : SI_USER);
	}
	if (scope == PIDFD_SIGNAL_PROCESS_GROUP)
		return kill_pgrp(t->proc->pid, sig, &si);
	return kill_one(t, sig, &si, scope != PIDFD_SIGNAL_THREAD);
}

static long pidfd_send_checked(struct task *t, bool thread, int sig, uaddr info,
			       u32 scope)
{
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	if (!scope)
		scope = thread ? PIDFD_SIGNAL_THREAD
			       : PIDFD_SIGNAL_THREAD_GROUP;
	return pidfd_send(t, sig, info, scope);
}

/* Stand for a pidfd of the caller, since Linux 6.14. */
#define PIDFD_SELF_THREAD	(-10000)
#define PIDFD_SELF_THREAD_GROUP (-10001)

long sys_pidfd_send_signal(int pidfd, int sig, uaddr info, u32 flags)
{
	struct file *f;
	struct task *t;
	long ret = -EBADF;
	bool thread;

	if (flags & ~7u || (flags & (flags - 1)))
		return -EINVAL;
	if (pidfd == PIDFD_SELF_THREAD || pidfd == PIDFD_SELF_THREAD_GROUP) {
		thread = pidfd == PIDFD_SELF_THREAD;
		return pidfd_send_checked(thread ? current
						 : current->proc->leader,
					  thread, sig, info, flags);
	}
	f = fd_get(pidfd);
	if (!f)
		return -EBADF;
	thread = false;
	t = proc_dir_task(f);
	if (!t && file_is_pidfd(f)) {
		t = pidfd_task(f, &thread);
		ret = -ESRCH;
	}
	if (IS_ERR(t)) {
		ret = PTR_ERR(t);
	} else if (t) {
		ret = pidfd_send_checked(t, thread, sig, info, flags);
		task_put(t);
	}
	file_put(f);
	return ret;
}

/* --- The alternate stack --- */

static int altstack_set(const struct abi_sigaltstack *ss, u64 sp)
{
	struct task *t = current;
	u32 mode = (u32)ss->ss_flags & ~SS_AUTODISARM;

	if (altstack_contains(t, sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		t->alt_sp = 0;
		t->alt_size = 0;
	} else {
		if (ss->ss_size < MINSIGSTKSZ)
			return -ENOMEM;
		t->alt_sp = ss->ss_sp;
		t->alt_size = ss->ss_size;
	}
	t->alt_flags = (u32)ss->ss_flags;
	return 0;
}

long sys_sigaltstack(uaddr ss, uaddr oss)
{
	struct task *t = current;
	u64 sp = task_regs(t)->rsp;
	struct abi_sigaltstack new, old = {
		.ss_sp = t->alt_sp,
		.ss_size = t->alt_size,
		.ss_flags = (s32)(altstack_flags(t, sp) |
				  (t->alt_flags & SS_AUTODISARM)),
	};
	int err = 0;

	if (ss.va) {
		if (get_user(new, ss))
			return -EFAULT;
		err = altstack_set(&new, sp);
	}
	if (!err && oss.va)
		err = put_user(old, oss);
	return err;
}

/* --- What an interrupted call goes on with --- */

long sys_restart_syscall(void)
{
	switch (current->restart_kind) {
	case RESTART_NANOSLEEP:
		return nanosleep_restart();
	case RESTART_POLL:
		return poll_restart();
	case RESTART_FUTEX:
		return futex_restart();
	}
	return -EINTR;
}
