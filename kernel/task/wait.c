// SPDX-License-Identifier: GPL-2.0
/*
 * wait4(2) and waitid(2).
 *
 * A parent sleeps on its own process's child_wait, which every change of a
 * child's state wakes, and looks through its children under tasklist_lock. One
 * pass reports at most one event: a zombie whose other threads are gone
 * (released with that, its times added to the parent's), a completed stop, or
 * a continuation; with WNOWAIT all stays as it is.
 *
 * A child that was cloned with an exit signal other than SIGCHLD is only seen
 * with __WCLONE or __WALL.
 */
#include <abi/errno.h>
#include <abi/wait.h>
#include <kernel/string.h>
#include "ptrace_internal.h"

static bool wait_eligible(const struct wait_job *w, const struct process *c)
{
	switch (w->which) {
	case P_PID:
		if (c->pid != w->id)
			return false;
		break;
	case P_PGID:
		if (c->pgid != w->id)
			return false;
		break;
	case P_PIDFD:
		if (c != w->target)
			return false;
		break;
	}
	if ((w->options & __WNOTHREAD) && c->parent_tid != current->tid)
		return false;
	if (w->options & __WALL)
		return true;
	return (c->exit_signal != SIGCHLD) == !!(w->options & __WCLONE);
}

static void wait_take_usage(struct wait_job *w, struct process *c)
{
	w->pid = c->pid;
	w->nr = pid_shown(c->pid);
	w->uid = c->leader->cred->uid;
	if (w->want_usage)
		process_rusage(c, RUSAGE_BOTH, &w->usage);
}

static bool wait_zombie(struct wait_job *w, struct process *c)
{
	int status = process_wait_status(c);

	if (c->leader->state != TASK_ZOMBIE || !process_empty_but_leader(c) ||
	    !(w->options & WEXITED))
		return false;
	wait_take_usage(w, c);
	w->status = status;
	w->si_status = status & 0x7f ? status & 0x7f : status >> 8;
	w->si_code = !(status & 0x7f)	     ? CLD_EXITED
		     : (status & W_COREDUMP) ? CLD_DUMPED
					     : CLD_KILLED;
	if (!(w->options & WNOWAIT)) {
		process_add_child_times(current->proc, c);
		task_release(c->leader); /* c lives on in the caller's hold */
	}
	return true;
}

static bool wait_stopped(struct wait_job *w, struct process *c)
{
	struct sighand *sh;
	int code;

	if (!(w->options & WSTOPPED) || !(c->group_flags & PROC_STOPPED))
		return false;
	sh = sighand_lock(c);
	code = c->group_flags & PROC_STOPPED ? c->stop_code : 0;
	if (code && !(w->options & WNOWAIT))
		c->stop_code = 0;
	spin_unlock(&sh->lock);
	if (!code)
		return false;
	wait_take_usage(w, c);
	w->status = W_STOPCODE(code);
	w->si_status = code;
	w->si_code = CLD_STOPPED;
	return true;
}

static bool wait_continued(struct wait_job *w, struct process *c)
{
	struct sighand *sh;
	bool yes;

	if (!(w->options & WCONTINUED) || !c->continued)
		return false;
	sh = sighand_lock(c);
	yes = c->continued;
	if (yes && !(w->options & WNOWAIT))
		c->continued = false;
	spin_unlock(&sh->lock);
	if (!yes)
		return false;
	wait_take_usage(w, c);
	w->status = W_CONTINUED;
	w->si_status = SIGCONT;
	w->si_code = CLD_CONTINUED;
	return true;
}

static int wait_look_at(struct wait_job *w, struct process *c)
{
	if (!wait_eligible(w, c))
		return -ECHILD;
	if (c->leader->tracer) {
		/* its tracer comes first; our own tracees report themselves */
		if (ptrace_reparented(c->leader))
			return wait_stopped(w, c) || wait_continued(w, c);
		return wait_zombie(w, c);
	}
	return wait_zombie(w, c) || wait_stopped(w, c) || wait_continued(w, c);
}

/* --- Tracees --- */

static bool wait_tracee_eligible(const struct wait_job *w, struct task *t)
{
	switch (w->which) {
	case P_PID:
		if (t->tid != w->id)
			return false;
		break;
	case P_PGID:
		if (t->proc->pgid != w->id)
			return false;
		break;
	case P_PIDFD:
		if (t->proc != w->target || t->proc->leader != t)
			return false;
		break;
	}
	return !(w->options & __WNOTHREAD) || t->tracer == current;
}

static void wait_tell_exit(struct wait_job *w, int status)
{
	w->status = status;
	w->si_status = status & 0x7f ? status & 0x7f : status >> 8;
	w->si_code = !(status & 0x7f)	     ? CLD_EXITED
		     : (status & W_COREDUMP) ? CLD_DUMPED
					     : CLD_KILLED;
}

static bool wait_tracee_zombie(struct wait_job *w, struct task *t)
{
	struct process *c = t->proc;

	if (t->state != TASK_ZOMBIE || !(w->options & WEXITED))
		return false;
	if (c->leader != t) {
		w->pid = t->tid;
		w->nr = pid_shown(t->tid);
		w->uid = t->cred->uid;
		wait_tell_exit(w, c->group_flags & PROC_GROUP_EXIT
					  ? c->group_exit_code
					  : t->pt.exit_code);
		if (!(w->options & WNOWAIT))
			task_release(t);
		return true;
	}
	if (!ptrace_reparented(t) || !process_empty_but_leader(c))
		return false;
	wait_take_usage(w, c);
	wait_tell_exit(w, process_wait_status(c));
	if (!(w->options & WNOWAIT)) {
		ptrace_unlink(t);
		if (process_notify_parent(c, (int)c->exit_signal))
			task_release(t);
	}
	return true;
}

static bool wait_tracee_stopped(struct wait_job *w, struct task *t)
{
	struct sighand *sh = sighand_lock(t->proc);
	int code = 0;

	if ((t->jobctl & JOBCTL_TRACED) && !t->pt.listening) {
		code = t->pt.stop_code;
		if (!(w->options & WNOWAIT))
			t->pt.stop_code = 0;
	}
	spin_unlock(&sh->lock);
	if (!code)
		return false;
	wait_take_usage(w, t->proc);
	w->pid = t->tid;
	w->nr = pid_shown(t->tid);
	w->status = W_STOPCODE(code);
	w->si_status = code;
	w->si_code = CLD_TRAPPED;
	return true;
}

static int wait_look_at_tracees(struct wait_job *w, int ret)
{
	struct task *t;

	list_for_each_entry (t, &current->proc->ptraced, pt.node) {
		if (!wait_tracee_eligible(w, t))
			continue;
		if (wait_tracee_zombie(w, t) || wait_tracee_stopped(w, t))
			return 1;
		ret = max(ret, 0);
	}
	return ret;
}

/* => 1 reported in w, 0 nothing yet, -ECHILD nothing to wait for. */
static int wait_look(struct wait_job *w)
{
	struct process *p = current->proc, *c;
	struct task *t = NULL;
	int ret = -ECHILD;

	if (w->which == P_PID) {
		t = process_find_get(w->id);
		if (!t && list_empty(&p->ptraced))
			return -ECHILD;
	}
	mutex_lock(&tasklist_lock);
	if (t) {
		if (t->proc->leader && t->proc->parent == p)
			ret = wait_look_at(w, t->proc);
	} else if (w->which != P_PID) {
		list_for_each_entry (c, &p->children, sibling) {
			int r = wait_look_at(w, c);

			if (r >= 0)
				ret = r;
			if (r > 0)
				break;
		}
	}
	if (ret <= 0 && !list_empty(&p->ptraced))
		ret = wait_look_at_tracees(w, ret);
	mutex_unlock(&tasklist_lock);
	if (t)
		task_put(t);
	return ret;
}

/*
 * => 1 with w filled in, 0 with WNOHANG and no event, -ECHILD, -ERESTARTSYS
 */
int do_wait(struct wait_job *w)
{
	struct process *p = current->proc;
	struct wait_entry e;
	int ret = wait_look(w);

	if (ret || (w->options & WNOHANG))
		return ret;
	wait_entry_init(&e);
	waitqueue_add(&p->child_wait, &e);
	for (;;) {
		u32 seq = sleep_prepare();

		ret = wait_look(w);
		if (ret)
			break;
		if (sleep_on(seq, TIME_NEVER, SLEEP_INTR, "wait")) {
			/* the signal may be a child's: then it is here */
			ret = wait_look(w);
			if (!ret)
				ret = -ERESTARTSYS;
			break;
		}
	}
	waitqueue_del(&p->child_wait, &e);
	return ret;
}
