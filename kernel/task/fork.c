// SPDX-License-Identifier: GPL-2.0
/*
 * fork(2), vfork(2), clone(2), clone3(2): one body, do_clone().
 *
 * The child is set up completely, put into the tree, and only then given to
 * the host: it may run, die and be waited for before host_task_start_*() comes
 * back. If the host refuses, it is taken out of the tree again.
 *
 * A copy of the address space is made with the parent's mm->lock held from the
 * copy of the vmas to the host's fork, so that both show the same moment. A
 * CLONE_VM child, vfork's too, runs as a thread of the same host process until
 * it ends or execs.
 *
 * A signal that is pending makes fork start over (ERESTARTNOINTR): otherwise a
 * child could be born into a group that has been told to die or stop.
 */
#include <abi/capability.h>
#include <abi/sched.h>
#include <kernel/fdtable.h>
#include <kernel/mm.h>
#include <kernel/ns.h>
#include <kernel/printk.h>
#include <kernel/seccomp.h>
#include <kernel/string.h>
#include <kernel/sysv.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>
#include "internal.h"
#include "ptrace_internal.h"

struct clone_job {
	const struct clone_args_k *a;
	u64 flags;
	struct task *child;
	struct cred *cred; /* with CLONE_NEWUSER; reference */
	struct completion_vfork vfork;
	u32 event; /* PTRACE_EVENT_* for our tracer */
	int pidfd;
	struct file *pidfd_file;
};

static int clone_check(const struct clone_args_k *a)
{
	u64 f = a->flags;

	if ((f & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS) ||
	    (f & (CLONE_NEWUSER | CLONE_FS)) == (CLONE_NEWUSER | CLONE_FS))
		return -EINVAL;
	if ((f & (CLONE_NEWIPC | CLONE_SYSVSEM)) ==
	    (CLONE_NEWIPC | CLONE_SYSVSEM))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_PARENT) && current->proc->unkillable)
		return -EINVAL;
	if ((f & CLONE_THREAD) &&
	    ((f & (CLONE_NEWUSER | CLONE_NEWPID)) ||
	     current->nss->ns[NS_PID] != &current->pid_ns->ns))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & CLONE_DETACHED))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && (f & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if (f & CLONE_INTO_CGROUP)
		return -EINVAL;
	/* the processor would fault on it */
	if ((f & CLONE_SETTLS) && a->tls >= USER_MAX)
		return -EPERM;
	return ns_check_flags(f);
}

static int clone_check_limits(void)
{
	const struct cred *c = current->cred;

	if (READ_ONCE(c->user->nproc) >= rlimit(RLIMIT_NPROC) && c->uid != 0 &&
	    !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -EAGAIN;
	/* its share of the processors cannot be had twice */
	if (current->sched_policy == SCHED_DEADLINE &&
	    !current->sched_reset_on_fork)
		return -EAGAIN;
	return READ_ONCE(nr_tasks) >= max_tasks ? -EAGAIN : 0;
}

/* --- The parts of the child --- */

static void clone_copy_task(struct clone_job *j)
{
	struct task *t = j->child, *me = current;
	u64 f = j->flags;

	memcpy(t->comm, me->comm, sizeof(t->comm));
	t->blocked = me->blocked;
	t->strace = me->strace;
	t->personality = me->personality;
	t->timer_slack = me->timer_slack;
	t->oom_score_adj = me->oom_score_adj;
	t->mempolicy = me->mempolicy;
	t->nice = me->nice;
	t->ioprio = me->ioprio;
	t->sched_policy = me->sched_policy;
	t->sched_prio = me->sched_prio;
	if (me->sched_reset_on_fork) {
		if (t->sched_policy == SCHED_FIFO ||
		    t->sched_policy == SCHED_RR)
			t->sched_policy = SCHED_NORMAL;
		t->sched_prio = 0;
		t->nice = max(t->nice, 0);
	}
	memcpy(t->affinity, me->affinity, sizeof(t->affinity));
	if ((f & (CLONE_VM | CLONE_VFORK)) != CLONE_VM) {
		t->alt_sp = me->alt_sp;
		t->alt_size = me->alt_size;
		t->alt_flags = me->alt_flags;
	}
	if (f & CLONE_CHILD_SETTID)
		t->set_child_tid = j->a->child_tid;
	if (f & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = j->a->child_tid;
	if (f & CLONE_SETTLS) {
		t->start_tls = j->a->tls;
		t->set_tls = true;
	}
	t->cred = j->cred ? j->cred : me->cred;
	cred_get(t->cred);
	t->nss = me->nss;
	nsset_get(t->nss);
}

static void clone_copy_regs(struct clone_job *j)
{
	struct pt_regs *r = task_regs(j->child);

	*r = *task_regs(current);
	r->rax = 0;
	if (j->a->stack.va)
		r->rsp = j->a->stack.va + j->a->stack_size;
	if (current->pt.step)
		r->rflags &= ~0x100ull;
	r->entry = ENTRY_NEW;
	r->flags = PT_REGS_FULL;
}

static void clone_copy_actions(struct sighand *to, struct sighand *from,
			       bool clear)
{
	spin_lock(&from->lock);
	memcpy(to->action, from->action, sizeof(to->action));
	spin_unlock(&from->lock);
	if (!clear)
		return;
	for (int i = 0; i < NSIG; i++) {
		struct ksigaction *ka = &to->action[i];
		u64 h = ka->handler == SIG_IGN ? SIG_IGN : SIG_DFL;

		memset(ka, 0, sizeof(*ka));
		ka->handler = h;
	}
}

static void clone_new_process(struct clone_job *j)
{
	struct task_area *a = (struct task_area *)j->child;
	struct task *t = j->child, *me = current;
	struct process *p = &a->proc, *mine = me->proc;

	process_init(p, t);
	t->proc = p;
	if (j->flags & CLONE_SIGHAND) {
		t->sighand = me->sighand;
		sighand_get(t->sighand);
		sighand_get(t->sighand);
	} else {
		t->sighand = &a->sighand;
		sighand_init(t->sighand);
		clone_copy_actions(t->sighand, me->sighand,
				   j->flags & CLONE_CLEAR_SIGHAND);
	}
	p->sighand = p->first_sighand = t->sighand;
	p->exit_signal = j->flags & CLONE_PARENT ? mine->exit_signal
						 : j->a->exit_signal;
	t->exit_signal = p->exit_signal;
	p->unkillable = unlikely(t->pid_inner) &&
			pid_nr_in(t->tid, t->pid_ns) == 1;
	p->parent_tid = j->flags & CLONE_PARENT ? mine->parent_tid : me->tid;
	memcpy(p->rlim, mine->rlim, sizeof(p->rlim));
	p->securebits = mine->securebits;
	p->no_new_privs = mine->no_new_privs;
	p->dumpable_clear = mine->dumpable_clear;
}

/* The child takes part in all that belongs to current's process. */
static void clone_join_process(struct clone_job *j)
{
	struct task *t = j->child;

	t->proc = current->proc;
	ref_get(&t->proc->refs);
	t->sighand = current->sighand;
	sighand_get(t->sighand);
}

static int clone_copy_files(struct clone_job *j)
{
	struct task *t = j->child, *me = current;

	if (sysv_sem_clone(t, j->flags & CLONE_SYSVSEM))
		return -ENOMEM;
	if (j->flags & CLONE_FS) {
		t->fs = me->fs;
		ref_get(&t->fs->refs);
	} else {
		t->fs = fs_context_copy(me->fs);
	}
	if (!t->fs)
		return -ENOMEM;
	if (j->flags & CLONE_FILES) {
		t->files = me->files;
		ref_get(&t->files->refs);
	} else {
		t->files = files_copy(me->files);
	}
	return t->files ? 0 : -ENOMEM;
}

static void clone_drop_files(struct task *t)
{
	seccomp_exit(t);
	sysv_sem_exit(t);
	if (t->files)
		files_put(t->files);
	if (t->fs)
		fs_context_put(t->fs);
	t->files = NULL;
	t->fs = NULL;
}

static int clone_make_pidfd(struct clone_job *j)
{
	s32 fd;

	j->pidfd = -1;
	if (!(j->flags & CLONE_PIDFD))
		return 0;
	fd = fd_reserve(0, true);
	if (fd < 0)
		return fd;
	j->pidfd = fd;
	j->pidfd_file = pidfd_create(j->child, j->flags & CLONE_THREAD, 0);
	if (IS_ERR(j->pidfd_file)) {
		int err = (int)PTR_ERR(j->pidfd_file);

		j->pidfd_file = NULL;
		return err;
	}
	return put_user(fd, j->a->pidfd);
}

static void clone_drop_pidfd(struct clone_job *j)
{
	if (j->pidfd_file)
		file_put(j->pidfd_file);
	if (j->pidfd >= 0)
		fd_unreserve(j->pidfd);
}

/* --- Into the tree, and off --- */

static int clone_attach(struct clone_job *j)
{
	struct task *t = j->child, *me = current;
	struct process *p = me->proc;
	bool thread = j->flags & CLONE_THREAD;
	int err = 0;

	mutex_lock(&tasklist_lock);
	spin_lock(&me->sighand->lock);
	signal_recalc_locked(me);
	if (signal_pending(me))
		err = -ERESTARTNOINTR;
	else if (thread)
		p->live++;
	if (!err)
		seccomp_clone(t);
	spin_unlock(&me->sighand->lock);
	/* A thread that joins after this sees a stop or end like all others. */
	if (!err && thread) {
		task_attach(t, NULL, NULL);
	} else if (!err) {
		t->proc->tty = p->tty;
		if (p->tty)
			tty_get(p->tty);
		task_attach(t, j->flags & CLONE_PARENT ? p->parent : p, p);
	}
	if (!err)
		ptrace_clone_attach(t, j->event);
	mutex_unlock(&tasklist_lock);
	return err;
}

static void clone_unattach(struct clone_job *j)
{
	struct task *t = j->child;
	struct process *p = t->proc, *parent = p->parent;
	struct sighand *sh;

	mutex_lock(&tasklist_lock);
	if (j->flags & CLONE_THREAD) {
		sh = sighand_lock(p);
		p->live--;
		spin_unlock(&sh->lock);
	}
	if (t->tracer)
		ptrace_unlink(t);
	task_detach(t);
	sh = sighand_lock(p);
	signal_flush(&t->pending);
	if (!(j->flags & CLONE_THREAD))
		signal_flush(&p->pending);
	spin_unlock(&sh->lock);
	waitqueue_wake_all(&parent->child_wait);
	mutex_unlock(&tasklist_lock);
}

static int clone_start_thread(struct clone_job *j)
{
	struct task *t = j->child;
	struct mm *mm = current->mm;
	u32 tid = pid_shown(t->tid), own = t->tid;
	int err;

	t->mm = mm;
	mm_get(mm);
	ref_get(&mm->users);
	if ((j->flags & CLONE_PARENT_SETTID) && put_user(tid, j->a->parent_tid))
		pr_debug(DEBUG_TASK, "clone: parent_tid is no address\n");
	err = clone_attach(j);
	if (!err) {
		err = host_task_start_thread(t);
		if (!err)
			return 0;
		clone_unattach(j);
	} else {
		pid_release(own);
	}
	t->mm = NULL;
	if (ref_put(&mm->users))
		panic("clone: mm without users");
	mm_put(mm);
	return err;
}

static int clone_start_fork(struct clone_job *j)
{
	struct task *t = j->child;
	struct mm *mm = current->mm, *new;
	int err;

	mutex_lock(&mm->lock);
	new = mm_fork_locked(mm);
	if (IS_ERR(new)) {
		mutex_unlock(&mm->lock);
		pid_release(t->tid);
		return (int)PTR_ERR(new);
	}
	t->mm = new;
	mm_get(new);
	err = clone_attach(j);
	if (!err) {
		err = host_task_start_fork(t);
		if (err)
			clone_unattach(j);
	} else {
		pid_release(t->tid);
	}
	mutex_unlock(&mm->lock);
	if (!err)
		return 0;
	t->mm = NULL;
	new->dead = true;
	mm_put(new);
	mm_put(new);
	return err;
}

/* Wait until the child has left our memory, or we are killed. */
static void clone_wait_vfork(struct clone_job *j)
{
	struct task *t = j->child;

	for (;;) {
		u32 seq = sleep_prepare();

		if (READ_ONCE(j->vfork.done))
			break;
		if (!sleep_on(seq, TIME_NEVER, SLEEP_KILLABLE, "vfork"))
			continue;
		spin_lock(&t->lock);
		t->vfork_done = NULL;
		spin_unlock(&t->lock);
		break;
	}
	/* It may still hold t->lock over its last touch of our stack. */
	spin_lock(&t->lock);
	spin_unlock(&t->lock);
}

/* Where the child gets its numbers: with a reference, ERR_PTR. */
static struct pid_ns *clone_pid_ns(struct clone_job *j)
{
	struct ns *ns = current->nss->ns[NS_PID];

	if (unlikely(j->flags & CLONE_NEWPID)) {
		struct user_ns *owner = j->cred ? j->cred->user_ns
						: current->cred->user_ns;

		if (!ns_count(owner, NS_PID))
			return ERR_PTR(-ENOSPC);
		ns = pid_ns_copy(ns, owner, NULL);
		if (IS_ERR(ns))
			ns_uncount(owner, NS_PID);
		return (struct pid_ns *)ns;
	}
	ns_get(ns);
	return container_of(ns, struct pid_ns, ns);
}

static struct task *clone_new_task(struct clone_job *j)
{
	struct task *t;
	struct pid_ns *ns;
	int tid;

	t = task_alloc();
	if (!t)
		return ERR_PTR(-ENOMEM);
	ns = clone_pid_ns(j);
	tid = IS_ERR(ns) ? (int)PTR_ERR(ns)
			 : pid_alloc(ns, j->a->set_tid, j->a->nset_tid);
	if (tid < 0) {
		if (!IS_ERR(ns))
			ns_put(&ns->ns);
		task_free_new(t);
		return ERR_PTR(tid);
	}
	t->pid_ns = ns;
	t->pid_inner = ns->level;
	t->tid = (u32)tid;
	j->child = t;
	clone_copy_task(j);
	clone_copy_regs(j);
	if (j->flags & CLONE_THREAD)
		clone_join_process(j);
	else
		clone_new_process(j);
	return t;
}

/* The child's number; once it runs, only what was taken before is ours. */
static long clone_started(struct clone_job *j, u32 tid, u32 nr)
{
	if (j->pidfd_file)
		fd_publish(j->pidfd, j->pidfd_file);
	if ((j->flags & (CLONE_PARENT_SETTID | CLONE_VM)) ==
		    CLONE_PARENT_SETTID &&
	    put_user(nr, j->a->parent_tid))
		pr_debug(DEBUG_TASK, "clone: parent_tid is no address\n");
	if (j->event)
		ptrace_event_pid(j->event, tid);
	if (j->flags & CLONE_VFORK) {
		clone_wait_vfork(j);
		task_put(j->child);
		ptrace_event_pid(PTRACE_EVENT_VFORK_DONE, tid);
	}
	return nr;
}

long do_clone(const struct clone_args_k *a)
{
	struct clone_job j = { .a = a, .flags = a->flags, .pidfd = -1 };
	int err = clone_check(a);
	struct task *t;
	u32 tid, nr;

	if (!err)
		err = clone_check_limits();
	if (!err && signal_pending(current))
		err = -ERESTARTNOINTR;
	if (err)
		return err;
	host_fpu_make_live();
	j.event = ptrace_clone_event(a->flags, a->exit_signal);
	if (unlikely(a->flags & CLONE_NEWUSER)) {
		j.cred = ns_new_user(current->cred);
		if (IS_ERR(j.cred))
			return PTR_ERR(j.cred);
	}
	t = clone_new_task(&j);
	if (j.cred)
		cred_put(j.cred);
	if (IS_ERR(t))
		return PTR_ERR(t);
	tid = t->tid;
	nr = pid_shown(tid); /* it may be gone when we are asked */
	err = clone_copy_files(&j);
	if (!err && unlikely(a->flags & NS_ALL))
		err = ns_clone(t, a->flags);
	if (!err)
		err = clone_make_pidfd(&j);
	if (err) {
		pid_release(tid);
		goto undo;
	}
	if (a->flags & CLONE_VFORK) {
		j.vfork.parent = current;
		t->vfork_done = &j.vfork;
		task_get(t);
	}
	err = a->flags & CLONE_VM ? clone_start_thread(&j)
				  : clone_start_fork(&j);
	if (!err)
		return clone_started(&j, tid, nr);
	if (a->flags & CLONE_VFORK)
		task_put(t);
undo:
	clone_drop_pidfd(&j);
	clone_drop_files(t);
	task_free_new(t);
	return err;
}
