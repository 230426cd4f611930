// SPDX-License-Identifier: GPL-2.0
/*
 * Signals, the taking half: what a task does on its way to user mode.
 *
 * kern_exit_work() is called as long as task->work is not zero. It runs what
 * was deferred to this place, takes one signal that is neither blocked nor
 * ignored, and either enters its handler, stops with the group, or ends the
 * group. When no handler is to run and the call that brought us here gave up
 * for the signal, the call is run again from here, without a trip through user
 * mode; with a handler, it is the guest's own instruction that is repeated
 * after sigreturn.
 *
 * Group stop (job control): the thread that takes a stop signal marks all
 * others JOBCTL_STOP_PENDING and counts them; each takes part here, the last
 * one tells the parent, and all sleep until SIGCONT or SIGKILL clears
 * JOBCTL_STOPPED. SIGCONT undoes it at the moment of sending; telling the
 * parent of it is left to the first thread that comes by (PROC_TELL_*).
 *
 * All of it under sighand->lock; the parent is told under tasklist_lock, for
 * which the first is dropped, and everything looked at again after.
 */
#include <hostapi/kern.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/syscall.h>
#include <kernel/coredump.h>
#include "internal.h"
#include "ptrace_internal.h"

/* --- Group stop --- */

/* => true: this was the last one, the stop is complete. */
bool signal_take_part_in_stop_locked(struct task *t)
{
	struct process *p = t->proc;
	bool counted = t->jobctl & JOBCTL_STOP_CONSUME;

	t->jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME |
		       JOBCTL_STOP_DEQUEUED);
	if (!counted)
		return false;
	if (p->stop_count)
		p->stop_count--;
	if (p->stop_count || (p->group_flags & PROC_STOPPED))
		return false;
	p->group_flags =
		(p->group_flags & ~(PROC_TELL_STOPPED | PROC_TELL_CONTINUED)) |
		PROC_STOPPED;
	p->continued = false;
	return true;
}

static void signal_sleep_stopped(struct task *t)
{
	for (;;) {
		u32 seq = sleep_prepare();

		if (!(READ_ONCE(t->jobctl) & JOBCTL_STOPPED))
			break;
		sleep_on(seq, TIME_NEVER, SLEEP_UNINTR, "signal_stop");
	}
	WRITE_ONCE(t->state, TASK_RUNNING);
}

static void signal_begin_stop_locked(struct task *t, int sig)
{
	struct process *p = t->proc;
	struct task *u;

	if (!(p->group_flags & PROC_STOPPED))
		p->stop_code = sig;
	p->stop_count = 1;
	t->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
	list_for_each_entry (u, &p->threads, thread_node) {
		if (u == t || u->dying || (u->jobctl & JOBCTL_STOPPED))
			continue;
		u->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
		p->stop_count++;
		signal_wake(u, false);
	}
}

/*
 * Start a stop (sig) or take part in one (0). Called with the lock held.
 * => true: stopped and continued, the lock is dropped; false: SIGCONT or death
 * came between, the lock is still held.
 */
static bool signal_stop_locked(struct task *t, int sig)
{
	struct process *p = t->proc;
	bool tell, traced;

	if (!(t->jobctl & JOBCTL_STOP_PENDING)) {
		if (!(t->jobctl & JOBCTL_STOP_DEQUEUED) ||
		    (p->group_flags & PROC_GROUP_EXIT) || p->exec_task)
			return false;
		signal_begin_stop_locked(t, sig);
	}
	tell = signal_take_part_in_stop_locked(t);
	traced = t->tracer != NULL;
	if (!traced) {
		t->jobctl |= JOBCTL_STOPPED;
		WRITE_ONCE(t->state, TASK_STOPPED);
	}
	spin_unlock(&t->sighand->lock);
	if (tell) {
		mutex_lock(&tasklist_lock);
		process_notify_stop(p, CLD_STOPPED);
		mutex_unlock(&tasklist_lock);
	}
	if (traced)
		ptrace_group_stop(t);
	else
		signal_sleep_stopped(t);
	return true;
}

/* --- Taking a signal --- */

static void signal_tell_parent(struct process *p)
{
	int why = p->group_flags & PROC_TELL_CONTINUED ? CLD_CONTINUED
						       : CLD_STOPPED;

	p->group_flags &= ~(PROC_TELL_CONTINUED | PROC_TELL_STOPPED);
	spin_unlock(&current->sighand->lock);
	mutex_lock(&tasklist_lock);
	process_notify_stop(p, why);
	mutex_unlock(&tasklist_lock);
	spin_lock(&current->sighand->lock);
}

enum signal_fate { FATE_NEXT, FATE_HANDLE, FATE_DIE };

/* What becomes of the signal in ks. The lock is held before and after. */
static enum signal_fate signal_decide(struct task *t, struct ksignal *ks)
{
	struct process *p = t->proc;
	struct ksigaction *ka = &t->sighand->action[ks->sig - 1];
	sigset_t bit = sigmask(ks->sig);

	if (ka->handler == SIG_IGN)
		return FATE_NEXT;
	if (ka->handler != SIG_DFL) {
		ks->ka = *ka;
		if (ka->flags & SA_RESETHAND)
			ka->handler = SIG_DFL;
		return FATE_HANDLE;
	}
	if (bit & sigset_ignore)
		return FATE_NEXT;
	if (p->unkillable && ks->sig != SIGKILL && ks->sig != SIGSTOP)
		return FATE_NEXT;
	if (!(bit & sigset_stop))
		return FATE_DIE;
	if (ks->sig != SIGSTOP) {
		bool orphaned;

		spin_unlock(&t->sighand->lock);
		orphaned = pgrp_is_orphaned(p->pgid);
		spin_lock(&t->sighand->lock);
		if (orphaned)
			return FATE_NEXT;
	}
	if (signal_stop_locked(t, ks->sig))
		spin_lock(&t->sighand->lock);
	return FATE_NEXT;
}

/* => a handler is to run. Does not return when the signal is deadly. */
static bool signal_get(struct ksignal *ks)
{
	struct task *t = current;
	struct process *p = t->proc;
	enum signal_fate fate = FATE_NEXT;

	spin_lock(&t->sighand->lock);
	while (fate == FATE_NEXT) {
		if (p->group_flags & (PROC_TELL_STOPPED | PROC_TELL_CONTINUED))
			signal_tell_parent(p);
		if ((p->group_flags & PROC_GROUP_EXIT) || p->exec_task) {
			ks->sig = SIGKILL;
			fate = FATE_DIE;
			break;
		}
		if (t->jobctl & JOBCTL_STOP_PENDING) {
			signal_stop_locked(t, 0);
			spin_lock(&t->sighand->lock);
			continue;
		}
		if (unlikely(t->jobctl & JOBCTL_TRAP)) {
			ptrace_trap_locked(t);
			continue;
		}
		ks->sig = signal_take_locked(t, t->blocked, &ks->info);
		if (!ks->sig)
			break;
		if (unlikely(t->tracer) && ks->sig != SIGKILL &&
		    !(t->sighand->action[ks->sig - 1].flags & SA_IMMUTABLE)) {
			ks->sig = ptrace_signal_locked(t, ks);
			if (!ks->sig)
				continue;
		}
		fate = signal_decide(t, ks);
	}
	signal_recalc_locked(t);
	spin_unlock(&t->sighand->lock);
	if (fate == FATE_DIE) {
		if (sigmask(ks->sig) & sigset_core)
			do_coredump(&ks->info);
		do_group_exit(ks->sig);
	}
	return fate == FATE_HANDLE;
}

/* --- Handlers and restarts --- */

/* Have the guest execute the call's instruction again. */
static void signal_rewind(struct pt_regs *regs, u64 nr)
{
	regs->rax = nr;
	regs->rip -= 2; /* the length of `syscall` */
	regs->flags |= PT_REGS_FULL;
}

static bool signal_wants_restart(const struct pt_regs *regs)
{
	if ((s64)regs->orig_rax < 0)
		return false;
	switch (-(s64)regs->rax) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		return true;
	}
	return false;
}

static void signal_restart_for_handler(struct pt_regs *regs, u64 sa_flags)
{
	s64 err = -(s64)regs->rax;

	if (err == ERESTARTNOINTR ||
	    (err == ERESTARTSYS && (sa_flags & SA_RESTART)))
		signal_rewind(regs, regs->orig_rax);
	else
		regs->rax = (u64)-EINTR;
}

/* The mask during the handler; the frame has the one to come back to. */
static void signal_enter_mask(const struct ksignal *ks)
{
	struct task *t = current;
	sigset_t mask = t->blocked | ks->ka.mask;

	if (!(ks->ka.flags & SA_NODEFER))
		mask |= sigmask(ks->sig);
	t->restore_blocked = false;
	signal_set_blocked(mask);
}

static void signal_handle(struct ksignal *ks, struct pt_regs *regs)
{
	struct task *t = current;
	sigset_t saved = t->restore_blocked ? t->saved_blocked : t->blocked;

	if (signal_wants_restart(regs))
		signal_restart_for_handler(regs, ks->ka.flags);
	if (sigframe_setup(ks, regs, saved)) {
		pr_debug(DEBUG_SIGNAL, "%s[%u]: no frame for signal %d\n",
			 t->comm, t->tid, ks->sig);
		if (ks->sig == SIGSEGV)
			force_fatal_signal(SIGSEGV);
		else
			force_signal(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	regs->rflags &= ~0x10500ull; /* DF, TF, RF */
	regs->flags |= PT_REGS_FULL;
	signal_enter_mask(ks);
	if (t->alt_flags & SS_AUTODISARM)
		altstack_reset(t);
}

static void signal_deliver(struct pt_regs *regs)
{
	struct ksignal ks;

	if (signal_get(&ks)) {
		signal_handle(&ks, regs);
		return;
	}
	if (!signal_wants_restart(regs)) {
		signal_restore_saved();
		return;
	}
	if (-(s64)regs->rax == ERESTART_RESTARTBLOCK)
		regs->orig_rax = __NR_restart_syscall;
	signal_restore_saved();
	if (signal_pending(current)) {
		/* the mask that came back lets one through: first that one */
		signal_rewind(regs, regs->orig_rax);
		return;
	}
	kern_syscall(regs);
}

void kern_exit_work(struct pt_regs *regs)
{
	struct task *t = current;

	if (t->work & WORK_BARRIER)
		atomic_and(&t->work, ~WORK_BARRIER);
	if (t->work & WORK_NOTIFY)
		task_run_deferred(t);
	if (t->work & WORK_CPUTIME)
		cpu_timers_check();
	if (t->work & WORK_SIGNAL)
		signal_deliver(regs);
}

/* --- Contexts whose host process died --- */

static void signal_task_is_lost(struct task *t, bool mm_lost)
{
	struct process *p = t->proc;
	struct sighand *sh = sighand_lock(p);

	if (t->mm && mm_lost)
		t->mm->dead = true;
	if (!(p->group_flags & PROC_GROUP_EXIT)) {
		p->group_flags = PROC_GROUP_EXIT;
		p->group_exit_code = SIGKILL;
		signal_kill_threads_locked(p, t);
	}
	t->pending.set |= sigmask(SIGKILL);
	t->jobctl &= ~JOBCTL_STOPPED;
	atomic_or(&t->work, WORK_SIGNAL);
	spin_unlock(&sh->lock);
}

void kern_task_adopted(struct task *t, bool mm_lost)
{
	signal_task_is_lost(t, mm_lost);
}

void kern_task_killed(struct task *t)
{
	signal_task_is_lost(t, true); /* it was in user mode: in its mm */
	do_group_exit(SIGKILL);
}
