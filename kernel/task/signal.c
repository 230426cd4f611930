// SPDX-License-Identifier: GPL-2.0
/*
 * Signals, the sending half: queues, permissions, who is woken. The taking
 * half is sigdeliver.c, the frames are sigframe.c.
 *
 * A standard signal is pending once at most; real-time signals queue. Each
 * queued siginfo is charged to the real uid of the target. When none can be
 * had, a standard signal is pending without one (it is taken as SI_USER with
 * zeros), a real-time one from sigqueue(3) fails with EAGAIN.
 *
 * A deadly signal (default action: terminate) to a process starts its end at
 * once: the group's exit status is fixed and every thread gets SIGKILL. What
 * remains for the threads is to come by kern_exit_work().
 *
 * process->sighand is read before its lock is taken and may change meanwhile
 * (execve of a process that shares it): sighand_lock() looks again. So that the
 * memory read through the stale pointer is still a sighand, a process keeps its
 * first one to the end, and those allocated later are only used again as such.
 */
#include <abi/capability.h>
#include <abi/poll.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/ns.h>
#include <kernel/string.h>
#include "internal.h"

const sigset_t sigset_stop = sigmask(SIGSTOP) | sigmask(SIGTSTP) |
			     sigmask(SIGTTIN) | sigmask(SIGTTOU);
const sigset_t sigset_ignore = sigmask(SIGCONT) | sigmask(SIGCHLD) |
			       sigmask(SIGWINCH) | sigmask(SIGURG);
const sigset_t sigset_core =
	sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) |
	sigmask(SIGABRT) | sigmask(SIGFPE) | sigmask(SIGSEGV) |
	sigmask(SIGBUS) | sigmask(SIGSYS) | sigmask(SIGXCPU) | sigmask(SIGXFSZ);
const sigset_t sigset_sync = sigmask(SIGSEGV) | sigmask(SIGBUS) |
			     sigmask(SIGILL) | sigmask(SIGTRAP) |
			     sigmask(SIGFPE) | sigmask(SIGSYS);

#define SIGSET_KERNEL_ONLY (sigmask(SIGKILL) | sigmask(SIGSTOP))

/* --- Dispositions --- */

static spinlock_t sighand_free_lock;
static struct sighand *sighand_free; /* linked through action[0].handler */

void sighand_init(struct sighand *sh)
{
	/* Not the lock: see above who may be holding it. */
	ref_init(&sh->refs, 2); /* the task's and the process's */
	waitqueue_init(&sh->signalfd_wait);
	memset(sh->action, 0, sizeof(sh->action));
	sh->embedded = true;
	atomic_inc(&container_of(sh, struct task_area, sighand)->block_refs);
	store_release(&sh->lock.held, 0);
}

void sighand_get(struct sighand *sh)
{
	ref_get(&sh->refs);
}

void sighand_put(struct sighand *sh)
{
	if (!ref_put(&sh->refs))
		return;
	if (sh->embedded) {
		task_block_put(container_of(sh, struct task_area, sighand));
		return;
	}
	spin_lock(&sighand_free_lock);
	sh->action[0].handler = (u64)sighand_free;
	sighand_free = sh;
	spin_unlock(&sighand_free_lock);
}

static struct sighand *sighand_alloc(void)
{
	struct sighand *sh;

	spin_lock(&sighand_free_lock);
	sh = sighand_free;
	if (sh)
		sighand_free = (struct sighand *)sh->action[0].handler;
	spin_unlock(&sighand_free_lock);
	if (!sh)
		sh = kzalloc(sizeof(*sh));
	if (!sh)
		return NULL;
	ref_init(&sh->refs, 2);
	waitqueue_init(&sh->signalfd_wait);
	return sh;
}

struct sighand *sighand_lock(struct process *p)
{
	for (;;) {
		struct sighand *sh = READ_ONCE(p->sighand);

		spin_lock(&sh->lock);
		if (likely(sh == READ_ONCE(p->sighand)))
			return sh;
		spin_unlock(&sh->lock);
	}
}

/* Only one thread is left; the process holds one reference, its task another */
int sighand_unshare(struct task *t)
{
	struct process *p = t->proc;
	struct sighand *old = t->sighand, *new;
	bool first = old == p->first_sighand;

	if (READ_ONCE(old->refs.n) == 2)
		return 0;
	new = sighand_alloc();
	if (!new)
		return -ENOMEM;
	mutex_lock(&tasklist_lock);
	spin_lock(&old->lock);
	memcpy(new->action, old->action, sizeof(new->action));
	WRITE_ONCE(p->sighand, new);
	t->sighand = new;
	spin_unlock(&old->lock);
	mutex_unlock(&tasklist_lock);
	sighand_put(old);
	if (!first)
		sighand_put(old);
	return 0;
}

/* --- Queues --- */

/* => an entry charged to the target's user, or NULL. */
static struct sigqueue *sigqueue_alloc(struct task *t, bool over_limit)
{
	struct sigqueue *q;
	struct user *u;
	u64 max = READ_ONCE(t->proc->rlim[RLIMIT_SIGPENDING].rlim_cur);

	spin_lock(&t->lock);
	u = t->cred->user;
	user_hold(u);
	spin_unlock(&t->lock);
	if (atomic_inc(&u->sigpending) > max && !over_limit)
		goto refuse;
	q = kmalloc(sizeof(*q));
	if (!q)
		goto refuse;
	q->user = u;
	q->uid = u->uid;
	q->timer = NULL;
	return q;
refuse:
	atomic_dec(&u->sigpending);
	user_put(u);
	return NULL;
}

static void sigqueue_free(struct sigqueue *q)
{
	if (q->timer) {
		/* stands in the timer; who holds that lets it go */
		list_init(&q->node);
		return;
	}
	atomic_dec(&q->user->sigpending);
	user_put(q->user);
	kfree(q);
}

void signal_flush(struct sigpending *pend)
{
	pend->set = 0;
	while (!list_empty(&pend->queue)) {
		struct sigqueue *q =
			list_first(&pend->queue, struct sigqueue, node);

		list_del(&q->node);
		sigqueue_free(q);
	}
}

void signal_flush_set_locked(struct sigpending *pend, sigset_t set)
{
	struct sigqueue *q, *n;

	if (!(pend->set & set))
		return;
	pend->set &= ~set;
	list_for_each_entry_safe (q, n, &pend->queue, node) {
		if (set & sigmask(q->info.si_signo)) {
			list_del(&q->node);
			sigqueue_free(q);
		}
	}
}

void signal_forget_locked(struct process *p, sigset_t set)
{
	struct task *t;

	signal_flush_set_locked(&p->pending, set);
	list_for_each_entry (t, &p->threads, thread_node)
		signal_flush_set_locked(&t->pending, set);
}

/* Take signal sig out of a queue; the timer it came from, if any. */
static struct posix_timer *signal_collect(struct sigpending *pend, int sig,
					  struct siginfo *out)
{
	struct sigqueue *q, *first = NULL;
	struct posix_timer *pt = NULL;
	bool more = false;

	list_for_each_entry (q, &pend->queue, node) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		pend->set &= ~sigmask(sig);
	if (first) {
		list_del(&first->node);
		*out = first->info;
		pt = first->timer;
		sigqueue_free(first);
	} else {
		memset(out, 0, sizeof(*out));
		out->si_signo = sig;
		out->si_code = SI_USER;
	}
	return pt;
}

/* Faults first, then the lowest number. */
static int signal_next(sigset_t set)
{
	if (set & sigset_sync)
		set &= sigset_sync;
	return set ? __builtin_ctzll(set) + 1 : 0;
}

/* Caller holds sighand->lock. => number, or 0; thread first, then group. */
int signal_take_locked(struct task *t, sigset_t blocked, struct siginfo *out)
{
	struct sigpending *pend = &t->pending;
	struct posix_timer *pt;
	int sig = signal_next(pend->set & ~blocked);

	if (!sig) {
		pend = &t->proc->pending;
		sig = signal_next(pend->set & ~blocked);
	}
	if (!sig)
		return 0;
	pt = signal_collect(pend, sig, out);
	if (sigmask(sig) & sigset_stop)
		t->jobctl |= JOBCTL_STOP_DEQUEUED;
	if (pt)
		posix_timer_delivered(pt, out);
	return sig;
}

int signal_dequeue(sigset_t wanted, struct siginfo *out)
{
	struct task *t = current;
	int sig;

	wanted &= ~SIGSET_KERNEL_ONLY;
	spin_lock(&t->sighand->lock);
	sig = signal_take_locked(t, ~wanted, out);
	signal_recalc_locked(t);
	spin_unlock(&t->sighand->lock);
	return sig;
}

sigset_t signal_pending_set(struct task *t)
{
	return READ_ONCE(t->pending.set) | READ_ONCE(t->proc->pending.set);
}

/* --- Is there anything to do for a task? --- */

bool signal_pending(struct task *t)
{
	return READ_ONCE(t->work) & WORK_SIGNAL;
}

bool fatal_signal_pending(struct task *t)
{
	return unlikely(signal_pending(t)) &&
	       (READ_ONCE(t->pending.set) & sigmask(SIGKILL));
}

static bool signal_work_to_do(struct task *t)
{
	struct process *p = t->proc;

	return ((t->pending.set | p->pending.set) & ~t->blocked) ||
	       (t->jobctl & (JOBCTL_STOP_PENDING | JOBCTL_TRAP)) ||
	       (p->group_flags & (PROC_TELL_STOPPED | PROC_TELL_CONTINUED));
}

/*
 * WORK_SIGNAL is only ever cleared here, by the task itself: a call that found
 * it set and gave up is sure to come by signal delivery, where it is restarted.
 */
void signal_recalc_locked(struct task *t)
{
	if (signal_work_to_do(t))
		atomic_or(&t->work, WORK_SIGNAL);
	else if (t->work & WORK_SIGNAL)
		atomic_and(&t->work, ~WORK_SIGNAL);
}

void signal_wake(struct task *t, bool kill)
{
	atomic_or(&t->work, WORK_SIGNAL);
	if (kill)
		t->jobctl &= ~(JOBCTL_STOPPED | JOBCTL_TRACED);
	if (t == current)
		return;
	task_wake(t);
	host_kick(t);
}

/* --- Sending --- */

static bool signal_is_ignored(struct task *t, int sig, bool force)
{
	u64 h = t->sighand->action[sig - 1].handler;

	if (t->kthread)
		return true;
	if ((t->blocked | t->real_blocked) & sigmask(sig))
		return false;
	if (unlikely(t->tracer) && sig != SIGKILL)
		return false; /* the tracer is to see it */
	if (t->proc->unkillable && h == SIG_DFL &&
	    !(force && (sigmask(sig) & SIGSET_KERNEL_ONLY)))
		return true;
	return h == SIG_IGN || (h == SIG_DFL && (sigmask(sig) & sigset_ignore));
}

bool signal_ignored_or_blocked(struct task *t, int sig)
{
	return (t->blocked & sigmask(sig)) ||
	       t->sighand->action[sig - 1].handler == SIG_IGN;
}

static void signal_continue_locked(struct process *p)
{
	struct task *t;
	u32 tell = 0;

	signal_flush_set_locked(&p->pending, sigset_stop);
	list_for_each_entry (t, &p->threads, thread_node) {
		bool stopped = t->jobctl & JOBCTL_STOPPED;
		bool listens = t->pt.listening;

		signal_flush_set_locked(&t->pending, sigset_stop);
		t->jobctl &= JOBCTL_TRACED | JOBCTL_TRAP;
		if (unlikely(t->tracer && t->pt.seized)) {
			/* it says that the stop is over */
			t->jobctl |= JOBCTL_TRAP;
			t->pt.listening = false;
			if (listens)
				t->jobctl &= ~JOBCTL_TRACED;
			signal_wake(t, false);
		}
		if (stopped)
			task_wake(t);
	}
	if (p->group_flags & PROC_STOPPED)
		tell = PROC_TELL_CONTINUED;
	else if (p->stop_count)
		tell = PROC_TELL_STOPPED;
	if (!tell)
		return;
	p->group_flags = (p->group_flags & ~PROC_STOPPED) | tell;
	p->continued = true;
	p->stop_count = 0;
	p->stop_code = 0;
}

/* What sending does whether it is taken or not. => is it to be queued? */
static bool signal_prepare_locked(int sig, struct task *t, bool force)
{
	struct process *p = t->proc;
	struct task *u;

	if (p->group_flags & PROC_GROUP_EXIT)
		return sig == SIGKILL;
	if (sigmask(sig) & sigset_stop) {
		signal_flush_set_locked(&p->pending, sigmask(SIGCONT));
		list_for_each_entry (u, &p->threads, thread_node)
			signal_flush_set_locked(&u->pending, sigmask(SIGCONT));
	} else if (sig == SIGCONT) {
		signal_continue_locked(p);
	}
	return !signal_is_ignored(t, sig, force);
}

static bool signal_wanted_by(int sig, struct task *t)
{
	if ((t->blocked & sigmask(sig)) || t->dying)
		return false;
	if (sig == SIGKILL)
		return true;
	return !(t->jobctl & (JOBCTL_STOPPED | JOBCTL_TRACED)) &&
	       !signal_pending(t);
}

void signal_kill_threads_locked(struct process *p, struct task *except)
{
	struct task *t;

	p->stop_count = 0;
	list_for_each_entry (t, &p->threads, thread_node) {
		if (t == except || t->dying)
			continue;
		t->jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME);
		t->pending.set |= sigmask(SIGKILL);
		signal_wake(t, true);
	}
}

static bool signal_is_deadly(struct process *p, int sig)
{
	u64 h = p->sighand->action[sig - 1].handler;

	return sig == SIGKILL ||
	       (h == SIG_DFL &&
		!(sigmask(sig) & (sigset_ignore | sigset_stop)));
}

/* Choose a thread and wake it, or start the end of all of them. */
static void signal_complete_locked(int sig, struct task *t, bool group)
{
	struct process *p = t->proc;
	struct task *u;

	if (!signal_wanted_by(sig, t)) {
		if (!group || p->nr_threads <= 1)
			return; /* the set bit waits for who unblocks it */
		t = NULL;
		list_for_each_entry (u, &p->threads, thread_node) {
			if (signal_wanted_by(sig, u)) {
				t = u;
				break;
			}
		}
		if (!t)
			return;
	}
	if (signal_is_deadly(p, sig) && !(p->group_flags & PROC_GROUP_EXIT) &&
	    (sig == SIGKILL || !(t->real_blocked & sigmask(sig))) &&
	    (sig == SIGKILL || (!(sigmask(sig) & sigset_core) && !t->tracer))) {
		p->group_flags = PROC_GROUP_EXIT;
		p->group_exit_code = sig;
		signal_kill_threads_locked(p, NULL);
		return;
	}
	signal_wake(t, sig == SIGKILL);
}

/* Does the sender have no number where t is? It is above then. */
static bool signal_from_outside(const struct siginfo *info, struct task *t)
{
	return unlikely(t->pid_inner) && info &&
	       (info->si_code == SI_USER || info->si_code == SI_TKILL ||
		info->si_code == SI_QUEUE || info->si_code == SI_MESGQ) &&
	       !pid_nr_in(current->tid, t->pid_ns);
}

/* The sender's ids as t knows them. */
static void signal_translate(struct siginfo *si, struct task *t, bool outside)
{
	struct cred *c;

	if (outside)
		si->si_pid = 0;
	if (si->si_code != SI_USER && si->si_code != SI_TKILL &&
	    !(si->si_signo == SIGCHLD && si->si_code > 0))
		return;
	c = task_get_cred(t);
	if (unlikely(c->user_ns != &init_user_ns)) {
		si->si_uid = id_from_kernel(c->user_ns, ID_UID, si->si_uid);
		if (si->si_uid == (u32)-1)
			si->si_uid = ID_OVERFLOW;
	}
	cred_put(c);
}

int signal_send_locked(int sig, const struct siginfo *info, struct task *t,
		       bool group)
{
	struct sigpending *pend = group ? &t->proc->pending : &t->pending;
	struct sigqueue *q;
	bool over_limit, outside = signal_from_outside(info, t);

	if (!signal_prepare_locked(sig, t, !info || outside))
		return 0;
	if (sig < SIGRTMIN && (pend->set & sigmask(sig)))
		return 0;
	if (sig != SIGKILL) {
		over_limit = sig < SIGRTMIN && (!info || info->si_code >= 0);
		q = sigqueue_alloc(t, over_limit);
		if (q) {
			if (info) {
				q->info = *info;
				signal_translate(&q->info, t, outside);
			} else {
				memset(&q->info, 0, sizeof(q->info));
				q->info.si_code = SI_KERNEL;
			}
			q->info.si_signo = sig;
			list_add_tail(&q->node, &pend->queue);
		} else if (info && sig >= SIGRTMIN &&
			   info->si_code != SI_USER) {
			return -EAGAIN;
		}
	}
	pend->set |= sigmask(sig);
	waitqueue_wake_poll(&t->sighand->signalfd_wait, POLLIN);
	signal_complete_locked(sig, t, group);
	return 0;
}

bool signal_send_entry_locked(struct sigqueue *q, struct task *t, bool group)
{
	struct sigpending *pend = group ? &t->proc->pending : &t->pending;
	int sig = q->info.si_signo;

	if (!signal_prepare_locked(sig, t, false))
		return false;
	list_add_tail(&q->node, &pend->queue);
	pend->set |= sigmask(sig);
	waitqueue_wake_poll(&t->sighand->signalfd_wait, POLLIN);
	signal_complete_locked(sig, t, group);
	return true;
}

static void signal_drop_bit_if_gone(struct sigpending *pend, int sig)
{
	struct sigqueue *q;

	list_for_each_entry (q, &pend->queue, node)
		if (q->info.si_signo == sig)
			return;
	if (sig != SIGKILL)
		pend->set &= ~sigmask(sig);
}

void signal_take_back_entry_locked(struct sigqueue *q, struct process *p)
{
	int sig = q->info.si_signo;
	struct task *t;

	if (list_empty(&q->node))
		return;
	list_del(&q->node);
	/* A bit without an entry stands for a signal whose entry was refused:
	   losing that one as well is the lesser evil. */
	signal_drop_bit_if_gone(&p->pending, sig);
	list_for_each_entry (t, &p->threads, thread_node)
		signal_drop_bit_if_gone(&t->pending, sig);
}

void send_signal_self(int sig)
{
	struct siginfo info = { .si_signo = sig, .si_code = SI_USER };

	info.si_pid = (s32)pid_shown(current->proc->pid);
	info.si_uid = current->cred->uid;
	send_signal_task(current, sig, &info);
}

int send_signal_task(struct task *t, int sig, const struct siginfo *info)
{
	struct sighand *sh = sighand_lock(t->proc);
	int err = -ESRCH;

	if (READ_ONCE(t->state) < TASK_ZOMBIE)
		err = signal_send_locked(sig, info, t, false);
	spin_unlock(&sh->lock);
	return err;
}

int send_signal_process(struct process *p, int sig, const struct siginfo *info)
{
	struct sighand *sh = sighand_lock(p);
	int err = -ESRCH;

	if (p->leader) /* not yet released */
		err = signal_send_locked(sig, info, p->leader, true);
	spin_unlock(&sh->lock);
	return err;
}

int send_signal_pgrp_locked(u32 pgid, int sig, const struct siginfo *info)
{
	struct list_head *group = pid_group(pgid);
	struct process *p;
	int err = -ESRCH;

	if (!group)
		return -ESRCH;
	list_for_each_entry (p, group, pgrp_node) {
		int e = sig ? send_signal_process(p, sig, info) : 0;

		if (err)
			err = e;
	}
	return err;
}

int send_signal_pgrp(u32 pgid, int sig, const struct siginfo *info)
{
	int err;

	mutex_lock(&tasklist_lock);
	err = send_signal_pgrp_locked(pgid, sig, info);
	mutex_unlock(&tasklist_lock);
	return err;
}

/* As sent by current with kill(2), tkill(2) … */
void signal_info_user(struct siginfo *si, int sig, int code)
{
	memset(si, 0, sizeof(*si));
	si->si_signo = sig;
	si->si_code = code;
	si->si_pid = (s32)pid_shown(current->proc->pid);
	si->si_uid = current->cred->uid;
}

/*
 * May current send sig to t? A null signal asks the same. Same real or
 * effective user as the target's real or saved one, CAP_KILL, or SIGCONT
 * within the session.
 */
bool signal_kill_allowed(struct task *t, int sig)
{
	const struct cred *me = current->cred;
	struct cred *c;
	bool ok;

	if (t->proc == current->proc)
		return true;
	c = task_get_cred(t);
	ok = me->euid == c->suid || me->euid == c->uid || me->uid == c->suid ||
	     me->uid == c->uid || ns_capable(c->user_ns, CAP_KILL) ||
	     (sig == SIGCONT && t->proc->sid == current->proc->sid);
	cred_put(c);
	return ok;
}

/* --- Faults of current --- */

/* handler_exit: whatever it set, it dies of this. */
static void signal_force(const struct siginfo *si, bool handler_exit)
{
	struct task *t = current;
	struct sighand *sh = t->sighand;
	struct ksigaction *ka;
	sigset_t bit = sigmask(si->si_signo);

	spin_lock(&sh->lock);
	ka = &sh->action[si->si_signo - 1];
	if (handler_exit || (t->blocked & bit) || ka->handler == SIG_IGN) {
		ka->handler = SIG_DFL;
		t->blocked &= ~bit;
	}
	if (handler_exit)
		ka->flags |= SA_IMMUTABLE;
	if (ka->handler == SIG_DFL)
		t->proc->unkillable = false;
	signal_send_locked(si->si_signo, si, t, false);
	atomic_or(&t->work, WORK_SIGNAL);
	spin_unlock(&sh->lock);
}

void force_signal(int sig, int code, u64 addr)
{
	struct siginfo si;

	memset(&si, 0, sizeof(si));
	si.si_signo = sig;
	si.si_code = code;
	si.si_addr = addr;
	pr_debug(DEBUG_SIGNAL, "%s[%u]: fault %d code %d addr %lx ip %lx\n",
		 current->comm, current->tid, sig, code, (unsigned long)addr,
		 (unsigned long)task_regs(current)->rip);
	signal_force(&si, false);
}

void force_signal_info(const struct siginfo *si)
{
	signal_force(si, false);
}

void force_fatal_signal(int sig)
{
	struct siginfo si;

	memset(&si, 0, sizeof(si));
	si.si_signo = sig;
	si.si_code = SI_KERNEL;
	signal_force(&si, true);
}

/* --- Masks --- */

static void signal_set_blocked_locked(struct task *t, sigset_t mask)
{
	sigset_t now_blocked = mask & ~t->blocked;

	if (now_blocked && t->proc->nr_threads > 1 && signal_pending(t))
		signal_retarget_locked(t, now_blocked);
	t->blocked = mask;
	signal_recalc_locked(t);
}

void signal_set_blocked(sigset_t mask)
{
	struct task *t = current;

	mask &= ~SIGSET_KERNEL_ONLY;
	if (mask == t->blocked)
		return;
	spin_lock(&t->sighand->lock);
	signal_set_blocked_locked(t, mask);
	spin_unlock(&t->sighand->lock);
}

void signal_set_temporary(sigset_t mask)
{
	struct task *t = current;

	t->saved_blocked = t->blocked;
	t->restore_blocked = true;
	signal_set_blocked(mask);
}

void signal_restore_saved(void)
{
	struct task *t = current;

	if (t->restore_blocked) {
		t->restore_blocked = false;
		signal_set_blocked(t->saved_blocked);
	}
}

/*
 * Group signals that this thread will not take now (it blocks them, or ends)
 * are offered to the others. Caller holds sighand->lock.
 */
void signal_retarget_locked(struct task *t, sigset_t which)
{
	sigset_t set = t->proc->pending.set & which;
	struct task *u;

	if (!set)
		return;
	list_for_each_entry (u, &t->proc->threads, thread_node) {
		if (u == t || u->dying || !(set & ~u->blocked))
			continue;
		set &= u->blocked;
		if (!signal_pending(u))
			signal_wake(u, false);
		if (!set)
			break;
	}
}
