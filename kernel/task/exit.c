// SPDX-License-Identifier: GPL-2.0
/*
 * The end of tasks and processes.
 *
 * do_exit() takes a thread down in its own context: what other threads may be
 * waiting for first (robust futexes, clear_child_tid, vfork's parent), then
 * descriptors and address space, then its place in the tree. A thread that does
 * not lead its group is released at once; the leader stays as a zombie until
 * the last other thread is gone, and with it the parent is told. When the
 * parent ignores SIGCHLD the zombie is released on the spot, else by wait(2).
 *
 * Children go to the nearest living ancestor that is a subreaper, or to init.
 * A process group that loses its last tie to its session with stopped members
 * gets SIGHUP and SIGCONT.
 *
 * task_release() needs tasklist_lock and takes the task out of everything; the
 * block lives on until the last reference, among which is the context's own,
 * given back by kern_task_gone() from elsewhere.
 */
#include <abi/wait.h>
#include <hostapi/kern.h>
#include <kernel/aio.h>
#include <kernel/futex.h>
#include <kernel/mm.h>
#include <kernel/ns.h>
#include <kernel/posix_timer.h>
#include <kernel/printk.h>
#include <kernel/seccomp.h>
#include <kernel/string.h>
#include <kernel/sysv.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>
#include <kernel/coredump.h>
#include "internal.h"
#include "ptrace_internal.h"

/* --- Process groups without a tie to the rest of their session --- */

bool pgrp_is_orphaned_locked(u32 pgid, const struct process *ignored)
{
	struct list_head *group = pid_group(pgid);
	struct process *p;

	if (!group)
		return true;
	list_for_each_entry (p, group, pgrp_node) {
		if (p == ignored || !p->live || p->parent == init_process)
			continue;
		if (p->parent->pgid != pgid && p->parent->sid == p->sid)
			return false;
	}
	return true;
}

bool pgrp_is_orphaned(u32 pgid)
{
	bool ret;

	mutex_lock(&tasklist_lock);
	ret = pgrp_is_orphaned_locked(pgid, NULL);
	mutex_unlock(&tasklist_lock);
	return ret;
}

static bool pgrp_has_stopped(u32 pgid)
{
	struct list_head *group = pid_group(pgid);
	struct process *p;

	if (group)
		list_for_each_entry (p, group, pgrp_node)
			if (p->group_flags & PROC_STOPPED)
				return true;
	return false;
}

/*
 * p ends (parent == NULL), or is handed on by its dying parent: does its group
 * become orphaned by that, with members that nobody will continue?
 */
static void exit_check_pgrp(struct process *p, struct process *parent)
{
	const struct process *ignored = NULL;

	if (!parent) {
		parent = p->parent;
		ignored = p;
	}
	if (parent->pgid != p->pgid && parent->sid == p->sid &&
	    pgrp_is_orphaned_locked(p->pgid, ignored) &&
	    pgrp_has_stopped(p->pgid)) {
		send_signal_pgrp_locked(p->pgid, SIGHUP, NULL);
		send_signal_pgrp_locked(p->pgid, SIGCONT, NULL);
	}
}

/* --- Telling the parent --- */

static void exit_child_info(struct siginfo *si, struct process *p, int sig)
{
	u64 ut, st;

	memset(si, 0, sizeof(*si));
	process_cputime_locked(p, &ut, &st);
	si->si_signo = sig;
	si->si_pid = (s32)p->pid;
	if (p->parent->leader)
		si->si_pid = (s32)pid_nr_in(p->pid, p->parent->leader->pid_ns);
	si->si_uid = p->leader->cred->uid;
	si->si_utime = (s64)(ut / (NSEC_PER_SEC / USER_HZ));
	si->si_stime = (s64)(st / (NSEC_PER_SEC / USER_HZ));
}

/* All but waking the parent: => as process_notify_parent() */
static bool exit_signal_parent(struct process *p, int sig)
{
	struct process *parent = p->parent;
	int status = process_wait_status(p);
	struct sighand *sh;
	struct siginfo si;
	bool autoreap = false;

	exit_child_info(&si, p, sig);
	si.si_status = status & 0x7f ? status & 0x7f : status >> 8;
	si.si_code = !(status & 0x7f)	   ? CLD_EXITED
		     : status & W_COREDUMP ? CLD_DUMPED
					   : CLD_KILLED;
	sh = sighand_lock(parent);
	if (parent->parent == parent) {
		autoreap = true; /* a kernel thread of task 0 */
		sig = 0;
	} else if (sig == SIGCHLD) {
		const struct ksigaction *ka = &sh->action[SIGCHLD - 1];

		autoreap = ka->handler == SIG_IGN || (ka->flags & SA_NOCLDWAIT);
		if (ka->handler == SIG_IGN)
			sig = 0;
	}
	/* clone(2) takes any number; what is no signal is not sent */
	if (sig && sig <= NSIG && parent->leader)
		signal_send_locked(sig, &si, parent->leader, true);
	spin_unlock(&sh->lock);
	return autoreap;
}

bool process_notify_parent(struct process *p, int sig)
{
	bool autoreap = exit_signal_parent(p, sig);

	waitqueue_wake_poll(&p->exit_wait, ~0ull);
	waitqueue_wake_all(&p->parent->child_wait);
	return autoreap;
}

/* why: CLD_STOPPED or CLD_CONTINUED */
void process_notify_stop(struct process *p, int why)
{
	struct process *parent = p->parent;
	struct sighand *sh;
	struct siginfo si;

	exit_child_info(&si, p, SIGCHLD);
	si.si_code = why;
	si.si_status = why == CLD_CONTINUED ? SIGCONT : p->stop_code & 0x7f;
	sh = sighand_lock(parent);
	if (parent->leader && sh->action[SIGCHLD - 1].handler != SIG_IGN &&
	    !(sh->action[SIGCHLD - 1].flags & SA_NOCLDSTOP))
		signal_send_locked(SIGCHLD, &si, parent->leader, true);
	spin_unlock(&sh->lock);
	waitqueue_wake_all(&parent->child_wait);
}

/* --- Release --- */

/*
 * The zombie leader of p is all that is left: tell who is to wait for it.
 * => true: nobody is, it may be released
 */
static bool exit_leader_alone(struct process *p)
{
	struct task *t = p->leader;
	int status = process_wait_status(p);

	if (!ptrace_reparented(t))
		return process_notify_parent(p, (int)p->exit_signal);
	waitqueue_wake_poll(&p->exit_wait, ~0ull);
	ptrace_notify_tracer(t, status & 0x7f ? CLD_KILLED : CLD_EXITED,
			     status & 0x7f ? status & 0x7f : status >> 8);
	return false;
}

/*
 * Out of the tree and the pid table. If that leaves a dead leader alone, its
 * parent is told now, and it may go as well.
 */
void task_release(struct task *t)
{
	struct process *p = t->proc;
	struct task *leader = p->leader;
	struct sighand *sh;

	if (t->tracer)
		ptrace_unlink(t);
	task_detach(t);
	WRITE_ONCE(t->state, TASK_DEAD);
	sh = sighand_lock(p);
	signal_flush(&t->pending);
	if (!p->nr_threads)
		signal_flush(&p->pending);
	spin_unlock(&sh->lock);
	if (leader && leader != t && p->nr_threads == 1 &&
	    leader->state == TASK_ZOMBIE && exit_leader_alone(p))
		task_release(leader);
	task_put(t);
}

/* --- Children of a process that ends --- */

static struct process *exit_find_reaper(struct process *p)
{
	const struct pid_ns *ns = p->leader->pid_ns;
	struct process *q = p->parent;

	while (q && q != init_process && q->parent != q && q->leader &&
	       q->leader->pid_ns == ns) {
		if (q->subreaper && q->live)
			return q;
		q = q->parent;
	}
	return pid_ns_reaper_locked(ns);
}

static void exit_send_pdeath(struct process *child)
{
	struct task *t;

	list_for_each_entry (t, &child->threads, thread_node) {
		struct siginfo si;

		if (!t->pdeath_signal)
			continue;
		signal_info_user(&si, (int)t->pdeath_signal, SI_USER);
		send_signal_process(child, (int)t->pdeath_signal, &si);
	}
}

static void exit_reparent_children(struct process *p)
{
	struct process *c, *n, *reaper;

	if (list_empty(&p->children))
		return;
	reaper = exit_find_reaper(p);
	list_for_each_entry_safe (c, n, &p->children, sibling) {
		c->parent = reaper;
		c->parent_tid = reaper->pid;
		list_del(&c->sibling);
		list_add_tail(&c->sibling, &reaper->children);
		exit_send_pdeath(c);
		c->exit_signal = SIGCHLD;
		exit_check_pgrp(c, p);
		if (c->leader->state == TASK_ZOMBIE &&
		    process_empty_but_leader(c) &&
		    process_notify_parent(c, SIGCHLD))
			task_release(c->leader);
	}
}

/* A thread ends that others survive: its children are theirs now. */
static void exit_hand_on_children(struct task *t)
{
	struct process *c;

	list_for_each_entry (c, &t->proc->children, sibling) {
		if (c->parent_tid != t->tid)
			continue;
		c->parent_tid = t->proc->pid;
		exit_send_pdeath(c);
	}
}

static void exit_notify(struct task *t, bool last)
{
	struct process *p = t->proc, *parent;
	struct task *execer;
	bool leads;

	mutex_lock(&tasklist_lock);
	parent = p->parent;
	/* A read first: in a new host process it maps what lies near, too. */
	(void)READ_ONCE(parent->pid);
	ref_get(&parent->refs);
	if (last) {
		exit_reparent_children(p);
		exit_check_pgrp(p, NULL);
	} else {
		exit_hand_on_children(t);
	}
	task_add_times_to_process(t);
	execer = p->exec_task;
	/* execve may have made another thread the leader meanwhile: ask now */
	leads = p->leader == t;
	WRITE_ONCE(t->state, TASK_ZOMBIE);
	if (!list_empty(&p->ptraced))
		ptrace_exit_tracer(t);
	if (!leads && t->tracer && !p->exec_task)
		ptrace_notify_tracer(t, CLD_EXITED, t->pt.exit_code >> 8);
	else if (!leads)
		task_release(t);
	else if (ptrace_reparented(t)) {
		if (process_empty_but_leader(p))
			(void)exit_leader_alone(p);
	} else if (process_empty_but_leader(p) &&
		   exit_signal_parent(p, (int)p->exit_signal))
		task_release(t);
	waitqueue_wake_poll(&p->exit_wait, ~0ull);
	if (execer)
		task_wake(execer);
	mutex_unlock(&tasklist_lock);
	/* Woken now, it does not run into the lock. */
	waitqueue_wake_all(&parent->child_wait);
	process_put(parent);
}

/* --- The pieces of do_exit() --- */

/* From here on no signal is given to this thread. => last of its process */
static bool exit_signals(struct task *t, int code)
{
	struct process *p = t->proc;
	struct sighand *sh = t->sighand;
	bool last, stopped = false;

	spin_lock(&sh->lock);
	while (unlikely(p->core_dumper && p->core_dumper != t &&
			!t->core_seen)) {
		/* it counts on us */
		spin_unlock(&sh->lock);
		core_wait(t);
		spin_lock(&sh->lock);
	}
	spin_lock(&t->lock);
	t->dying = true;
	spin_unlock(&t->lock);
	last = --p->live == 0;
	if (p->leader == t)
		p->exit_code = code;
	t->pt.exit_code = code;
	if (!last && !(p->group_flags & PROC_GROUP_EXIT)) {
		signal_retarget_locked(t, ~t->blocked);
		if (t->jobctl & JOBCTL_STOP_PENDING)
			stopped = signal_take_part_in_stop_locked(t);
	}
	spin_unlock(&sh->lock);
	if (stopped) {
		mutex_lock(&tasklist_lock);
		process_notify_stop(p, CLD_STOPPED);
		mutex_unlock(&tasklist_lock);
	}
	return last;
}

/* What exit and execve alike owe to others who share the memory. */
void task_mm_exec_release(struct task *t)
{
	struct mm *mm = t->mm;
	u32 zero = 0;

	if (!mm || mm->dead)
		return;
	if (t->robust_list.va)
		futex_exit_robust(t);
	t->robust_list = UNULL;
	if (t->clear_child_tid.va && READ_ONCE(mm->users.n) > 1) {
		if (!put_user(zero, t->clear_child_tid))
			futex_wake_addr(t->clear_child_tid, 1);
	}
	t->clear_child_tid = UNULL;
}

void task_vfork_complete(struct task *t)
{
	struct completion_vfork *v;

	if (!READ_ONCE(t->vfork_done))
		return;
	spin_lock(&t->lock);
	v = t->vfork_done;
	t->vfork_done = NULL;
	if (v) {
		WRITE_ONCE(v->done, 1);
		task_wake(v->parent);
	}
	spin_unlock(&t->lock);
}

static void exit_files(struct task *t)
{
	struct files *files;
	struct fs_context *fs;

	spin_lock(&t->lock);
	files = t->files;
	fs = t->fs;
	t->files = NULL;
	t->fs = NULL;
	spin_unlock(&t->lock);
	if (files) {
		/* closing may want current->files: keep it until it is empty */
		files_put(files);
	}
	task_run_deferred(t);
	if (fs)
		fs_context_put(fs);
}

static void exit_process(struct process *p)
{
	u64 value, interval;

	itimer_real_set(p, 0, 0, &value, &interval);
	timer_cancel(&p->itimer_real);
	cpu_timers_exit(p);
	posix_timers_exit(p);
	if (p->session_leader)
		tty_session_exit(p);
}

/* => this was the last user of the address space. */
static bool exit_mm(struct task *t)
{
	struct mm *mm = t->mm;
	bool last;

	cputime_refresh();
	if (!mm)
		return false;
	if (mm->max_rss_kb > t->proc->maxrss_kb)
		t->proc->maxrss_kb = mm->max_rss_kb;
	last = ref_put(&mm->users);
	if (last) {
		struct file *exe;

		aio_exit(mm);
		mm_release_vmas(mm);
		mutex_lock(&mm->lock);
		mm->dead = true;
		exe = mm->exe;
		mm->exe = NULL;
		mutex_unlock(&mm->lock);
		if (exe)
			file_drop_program(exe);
		mm_put(mm); /* the users' common one; t has its own */
	}
	return last;
}

void do_exit(int code)
{
	struct task *t = current;
	bool last, last_of_mm;

	if (t->dying)
		panic("task %u exits while it exits", t->tid);
	pr_debug(DEBUG_TASK, "%s[%u]: exit %x\n", t->comm, t->tid, code);
	if (unlikely(READ_ONCE(t->proc->core_dumper)))
		core_wait(t);
	ptrace_event(PTRACE_EVENT_EXIT, (u64)code);
	task_mm_exec_release(t);
	last = exit_signals(t, code);
	if (last && t->proc == init_process)
		init_exited(process_wait_status(t->proc));
	if (last)
		exit_process(t->proc);
	kcov_task_exit(&t->kcov);
	sysv_sem_exit(t);
	seccomp_exit(t);
	exit_files(t);
	ns_exit(t);
	last_of_mm = exit_mm(t);
	if (unlikely(last && t->pid_inner && t->pid_ns->reaper == t->proc))
		pid_ns_end(t->pid_ns);
	task_vfork_complete(t);
	exit_notify(t, last);
	host_task_exit(t, last_of_mm);
}

/* End the whole group, or follow those who do. */
void do_group_exit(int code)
{
	struct task *t = current;
	struct process *p = t->proc;
	struct sighand *sh = t->sighand;

	if (p->nr_threads > 1 || (p->group_flags & PROC_GROUP_EXIT)) {
		spin_lock(&sh->lock);
		if (p->group_flags & PROC_GROUP_EXIT) {
			code = p->group_exit_code;
		} else if (p->exec_task) {
			code = 0;
		} else {
			p->group_flags = PROC_GROUP_EXIT;
			p->group_exit_code = code;
			signal_kill_threads_locked(p, t);
		}
		spin_unlock(&sh->lock);
	}
	do_exit(code);
}
