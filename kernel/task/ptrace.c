// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace(2): one task stops another and looks into it.
 *
 * A tracee knows its tracer (task->tracer) and hangs on the list of its
 * tracer's process, both under tasklist_lock. It stops in its own context:
 * before a signal is delivered, at system calls, at events, or when it takes
 * part in a group stop. In a stop JOBCTL_TRACED is set (under sighand->lock);
 * the tracee does nothing until somebody clears it: its tracer's next request,
 * SIGKILL, or the tracer's end. While it is set the tracer may read and write
 * the tracee's registers where they lie, on its kernel stack. What only the
 * tracee itself can get at, its vector state, it is asked for (fpu_cmd).
 *
 * wait(2) reports pt.stop_code once; the rest of struct ptrace_task is what the
 * tracer may ask about the stop. Requests are served here and, for registers,
 * in ptrace_regs.c; wait.c, exit.c and fork.c look after tracees by the
 * functions of ptrace_internal.h.
 *
 * A thread that ends while it is traced stays as a zombie until its tracer has
 * waited for it. A process that is traced by another than its parent is first
 * reported to the tracer, then to the parent.
 */
#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/sched.h>
#include <abi/wait.h>
#include <kernel/mm.h>
#include <kernel/seccomp.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/text.h>
#include <kernel/uaccess.h>
#include "ptrace_internal.h"

/* --- Ties --- */

void ptrace_link(struct task *t, struct task *tracer, bool seized, u32 options)
{
	memset(&t->pt, 0, sizeof(t->pt));
	t->pt.seized = seized;
	t->pt.options = options;
	list_add_tail(&t->pt.node, &tracer->proc->ptraced);
	WRITE_ONCE(t->tracer, tracer);
}

/* Caller holds sighand->lock of t. */
static void ptrace_release_locked(struct task *t)
{
	t->jobctl &= ~JOBCTL_TRACED;
	t->pt.listening = false;
	task_wake(t);
}

static void ptrace_no_step(struct task *t)
{
	if (t->pt.step)
		task_regs(t)->rflags &= ~0x100ull;
	t->pt.step = false;
}

void ptrace_unlink(struct task *t)
{
	struct sighand *sh = sighand_lock(t->proc);

	list_del(&t->pt.node);
	WRITE_ONCE(t->tracer, NULL);
	atomic_and(&t->syscall_work, ~SYSCALL_WORK_PTRACE);
	t->jobctl &= ~JOBCTL_TRAP;
	if (t->jobctl & JOBCTL_TRACED) {
		ptrace_no_step(t);
		if ((t->proc->group_flags & PROC_STOPPED) &&
		    !(t->proc->group_flags & PROC_GROUP_EXIT)) {
			t->jobctl |= JOBCTL_STOP_PENDING;
			atomic_or(&t->work, WORK_SIGNAL);
		}
		ptrace_release_locked(t);
	}
	spin_unlock(&sh->lock);
}

bool ptrace_reparented(const struct task *t)
{
	return t->tracer && t->tracer->proc != t->proc->parent;
}

void ptrace_notify_tracer(struct task *t, int si_code, int status)
{
	struct process *p = t->tracer->proc;
	struct sighand *sh;
	struct siginfo si;

	memset(&si, 0, sizeof(si));
	si.si_signo = SIGCHLD;
	si.si_code = si_code;
	si.si_pid = (s32)pid_nr_in(t->tid, t->tracer->pid_ns);
	si.si_uid = t->cred->uid;
	si.si_status = status;
	sh = sighand_lock(p);
	if (p->leader && sh->action[SIGCHLD - 1].handler != SIG_IGN)
		signal_send_locked(SIGCHLD, &si, p->leader, true);
	spin_unlock(&sh->lock);
	waitqueue_wake_all(&p->child_wait);
}

void ptrace_exit_tracer(struct task *me)
{
	struct task *t, *n;

	list_for_each_entry_safe (t, n, &me->proc->ptraced, pt.node) {
		bool kill, other;

		if (t->tracer != me)
			continue;
		kill = t->pt.options & PTRACE_O_EXITKILL;
		other = ptrace_reparented(t);
		ptrace_unlink(t);
		if (t->state != TASK_ZOMBIE) {
			if (kill)
				send_signal_task(t, SIGKILL, NULL);
		} else if (t->proc->leader != t) {
			task_release(t);
		} else if (other && process_empty_but_leader(t->proc) &&
			   process_notify_parent(t->proc,
						 (int)t->proc->exit_signal)) {
			task_release(t);
		}
	}
}

/* --- Stops --- */

static void ptrace_sleep(struct task *t)
{
	for (;;) {
		u32 seq = sleep_prepare();

		if (READ_ONCE(t->pt.fpu_cmd))
			ptrace_fpu_serve(t);
		if (!(READ_ONCE(t->jobctl) & JOBCTL_TRACED))
			break;
		sleep_on(seq, TIME_NEVER, SLEEP_UNINTR, "ptrace_stop");
		WRITE_ONCE(t->state, TASK_STOPPED);
	}
	WRITE_ONCE(t->state, TASK_RUNNING);
}

int ptrace_stop(int code, struct siginfo *info, u64 msg, u32 syscall_op)
{
	struct task *t = current;
	struct ptrace_task *pt = &t->pt;
	u64 fs = host_get_fs(), gs = host_get_gs();

	mutex_lock(&tasklist_lock);
	spin_lock(&t->sighand->lock);
	if (!t->tracer || (t->pending.set & sigmask(SIGKILL))) {
		spin_unlock(&t->sighand->lock);
		mutex_unlock(&tasklist_lock);
		return code & 0xff;
	}
	pt->stop_code = pt->code = code;
	pt->info = info;
	pt->msg = msg;
	pt->syscall_op = syscall_op;
	pt->resume_sig = 0;
	pt->fs_base = fs;
	pt->gs_base = gs;
	t->jobctl |= JOBCTL_TRACED;
	WRITE_ONCE(t->state, TASK_STOPPED);
	spin_unlock(&t->sighand->lock);
	ptrace_notify_tracer(t, CLD_TRAPPED, code & 0x7f);
	mutex_unlock(&tasklist_lock);
	ptrace_sleep(t);
	spin_lock(&t->sighand->lock);
	pt->stop_code = 0;
	pt->info = NULL;
	pt->syscall_op = PTRACE_SYSCALL_INFO_NONE;
	signal_recalc_locked(t);
	spin_unlock(&t->sighand->lock);
	if (pt->fs_base != fs)
		host_set_fs(pt->fs_base);
	if (pt->gs_base != gs) {
		if (pt->gs_base)
			mm_uses_gs(current->mm);
		host_set_gs(pt->gs_base);
	}
	return pt->resume_sig;
}

/* A stop of the kernel's own making: what the tracer sends is a new signal. */
static void ptrace_stop_and_send(int code, u64 msg, u32 syscall_op)
{
	struct siginfo si;
	int sig;

	memset(&si, 0, sizeof(si));
	si.si_signo = SIGTRAP;
	si.si_code = code & ~0x80;
	si.si_pid = (s32)pid_shown(current->tid);
	si.si_uid = current->cred->uid;
	if (syscall_op)
		si.si_code = code;
	sig = ptrace_stop(code, &si, msg, syscall_op);
	if (sig && current->tracer)
		send_signal_task(current, sig, NULL);
}

bool ptrace_event(u32 event, u64 msg)
{
	struct task *t = current;

	if (!READ_ONCE(t->tracer) || !(t->pt.options & (1u << event)))
		return false;
	ptrace_stop_and_send((int)PTRACE_EVENT_CODE(event), msg, 0);
	return true;
}

bool ptrace_event_pid(u32 event, u32 pid)
{
	struct task *t = current;

	if (!READ_ONCE(t->tracer) || !(t->pt.options & (1u << event)))
		return false;
	mutex_lock(&tasklist_lock);
	if (t->tracer)
		pid = pid_nr_in(pid, t->tracer->pid_ns);
	mutex_unlock(&tasklist_lock);
	return ptrace_event(event, pid);
}

void ptrace_exec(u32 old_tid)
{
	struct task *t = current;

	if (!READ_ONCE(t->tracer))
		return;
	if (!ptrace_event_pid(PTRACE_EVENT_EXEC, old_tid) && !t->pt.seized) {
		struct siginfo si;

		signal_info_user(&si, SIGTRAP, SI_USER);
		send_signal_task(t, SIGTRAP, &si);
	}
}

bool ptrace_seccomp(u32 data)
{
	struct task *t = current;

	if (!READ_ONCE(t->tracer) || !(t->pt.options & PTRACE_O_TRACESECCOMP))
		return false;
	ptrace_stop_and_send((int)PTRACE_EVENT_CODE(PTRACE_EVENT_SECCOMP), data,
			     PTRACE_SYSCALL_INFO_SECCOMP);
	return true;
}

static void ptrace_syscall_stop(u32 op)
{
	int code = SIGTRAP;

	if (current->pt.options & PTRACE_O_TRACESYSGOOD)
		code |= 0x80;
	ptrace_stop_and_send(code,
			     op == PTRACE_SYSCALL_INFO_ENTRY
				     ? PTRACE_EVENTMSG_SYSCALL_ENTRY
				     : PTRACE_EVENTMSG_SYSCALL_EXIT,
			     op);
}

bool ptrace_syscall_enter(struct pt_regs *regs)
{
	struct ptrace_task *pt = &current->pt;
	bool emu = pt->mode == PTRACE_MODE_SYSEMU;

	if (pt->mode == PTRACE_MODE_RUN)
		return false; /* only steps */
	ptrace_syscall_stop(PTRACE_SYSCALL_INFO_ENTRY);
	return emu || (s32)regs->orig_rax == -1 ||
	       fatal_signal_pending(current);
}

void ptrace_syscall_exit(struct pt_regs *regs)
{
	struct ptrace_task *pt = &current->pt;

	if (pt->step && pt->mode != PTRACE_MODE_SYSCALL)
		force_signal(SIGTRAP, TRAP_TRACE, regs->rip);
	else if (pt->mode == PTRACE_MODE_SYSCALL)
		ptrace_syscall_stop(PTRACE_SYSCALL_INFO_EXIT);
}

int ptrace_signal_locked(struct task *t, struct ksignal *ks)
{
	int sig;

	spin_unlock(&t->sighand->lock);
	t->jobctl |= JOBCTL_STOP_DEQUEUED; /* SIGCONT may take it away */
	sig = ptrace_stop(ks->sig, &ks->info, 0, 0);
	spin_lock(&t->sighand->lock);
	if (!sig)
		return 0;
	if (sig != ks->info.si_signo) {
		memset(&ks->info, 0, sizeof(ks->info));
		ks->info.si_signo = sig;
		ks->info.si_code = SI_USER;
		if (t->tracer) {
			ks->info.si_pid = (s32)pid_shown(t->tracer->proc->pid);
			ks->info.si_uid = t->tracer->cred->uid;
		}
	}
	if (t->blocked & sigmask(sig)) {
		signal_send_locked(sig, &ks->info, t, false);
		return 0;
	}
	return sig;
}

static int ptrace_stop_signal(const struct process *p)
{
	return p->stop_code ? p->stop_code & 0x7f : SIGSTOP;
}

void ptrace_trap_locked(struct task *t)
{
	int code = PTRACE_EVENT_CODE(PTRACE_EVENT_STOP);

	t->jobctl &= ~JOBCTL_TRAP;
	if (t->proc->group_flags & PROC_STOPPED)
		code = ptrace_stop_signal(t->proc) | PTRACE_EVENT_STOP << 8;
	spin_unlock(&t->sighand->lock);
	if (t->tracer)
		ptrace_stop_and_send(code, 0, 0);
	spin_lock(&t->sighand->lock);
}

void ptrace_group_stop(struct task *t)
{
	int sig = ptrace_stop_signal(t->proc);

	if (t->pt.seized)
		ptrace_stop_and_send(sig | PTRACE_EVENT_STOP << 8, 0, 0);
	else
		(void)ptrace_stop(sig, NULL, 0, 0);
}

/* --- Clones --- */

u32 ptrace_clone_event(u64 flags, u32 exit_signal)
{
	struct task *t = current;
	u32 event;

	if (!READ_ONCE(t->tracer) || (flags & CLONE_UNTRACED))
		return 0;
	event = flags & CLONE_VFORK	 ? PTRACE_EVENT_VFORK
		: exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE
					 : PTRACE_EVENT_FORK;
	return t->pt.options & (1u << event) ? event : 0;
}

void ptrace_clone_attach(struct task *child, u32 event)
{
	struct task *me = current;

	if (!event || !me->tracer)
		return;
	ptrace_link(child, me->tracer, me->pt.seized, me->pt.options);
	if (child->pt.seized)
		child->jobctl |= JOBCTL_TRAP;
	else
		child->pending.set |= sigmask(SIGSTOP);
	atomic_or(&child->work, WORK_SIGNAL);
}

/* --- Becoming a tracee --- */

static long ptrace_traceme(void)
{
	struct task *me = current, *t, *by = NULL;
	struct process *parent;
	long err = -EPERM;

	mutex_lock(&tasklist_lock);
	parent = me->proc->parent;
	if (!me->tracer && parent != me->proc && parent->leader) {
		by = parent->leader;
		list_for_each_entry (t, &parent->threads, thread_node)
			if (t->tid == me->proc->parent_tid && !t->dying)
				by = t;
		if (by->state < TASK_ZOMBIE && !by->kthread) {
			ptrace_link(me, by, false, 0);
			err = 0;
		}
	}
	mutex_unlock(&tasklist_lock);
	return err;
}

/* A task that was in a group stop before stops anew, for its tracer. */
static void ptrace_take_over_stop(struct task *t)
{
	struct sighand *sh = sighand_lock(t->proc);

	if (t->jobctl & JOBCTL_STOPPED) {
		t->jobctl &= ~JOBCTL_STOPPED;
		t->jobctl |= JOBCTL_STOP_PENDING;
		signal_wake(t, false);
	}
	spin_unlock(&sh->lock);
}

/* Whoever is under a filter may not suspend others'. */
static int ptrace_options_ok(u64 options)
{
	if (options & ~(u64)PTRACE_O_MASK)
		return -EINVAL;
	if ((options & PTRACE_O_SUSPEND_SECCOMP) &&
	    (!capable(CAP_SYS_ADMIN) || seccomp_mode(current)))
		return -EPERM;
	return 0;
}

static long ptrace_attach(struct task *t, bool seize, u64 addr, u64 options)
{
	long err;

	if (seize && addr)
		return -EIO;
	err = seize ? ptrace_options_ok(options) : 0;
	if (err)
		return err == -EINVAL ? -EIO : err;
	if (t->proc == current->proc || t->kthread)
		return -EPERM;
	err = ptrace_may_attach(t);
	if (err)
		return err;
	mutex_lock(&tasklist_lock);
	if (t->tracer || t->dying || t->state >= TASK_ZOMBIE) {
		mutex_unlock(&tasklist_lock);
		return -EPERM;
	}
	ptrace_link(t, current, seize, seize ? (u32)options : 0);
	if (!seize)
		send_signal_task(t, SIGSTOP, NULL);
	ptrace_take_over_stop(t);
	mutex_unlock(&tasklist_lock);
	return 0;
}

/* --- Requests --- */

static long ptrace_peek(struct task *t, u64 addr, uaddr data)
{
	struct mm *mm = task_get_mm(t);
	u64 val;
	ssize_t n;

	if (!mm)
		return -ESRCH;
	/* the vDSO is in nobody's user range, and may be looked at */
	n = mm_read_remote(mm, addr, &val, sizeof(val));
	mm_put(mm);
	return n == sizeof(val) ? put_user(val, data) : -EIO;
}

static long ptrace_poke(struct task *t, u64 addr, u64 val)
{
	struct mm *mm = task_get_mm(t);
	ssize_t n;

	if (!mm)
		return -ESRCH;
	n = user_range_ok(UADDR(addr), sizeof(val))
		    ? mm_write_remote(mm, addr, &val, sizeof(val), true)
		    : -EFAULT;
	mm_put(mm);
	return n == sizeof(val) ? 0 : -EIO;
}

static long ptrace_resume(struct task *t, long req, u64 sig)
{
	struct pt_regs *regs = task_regs(t);
	struct sighand *sh;

	if (sig > NSIG)
		return -EIO;
	sh = sighand_lock(t->proc);
	ptrace_no_step(t);
	t->pt.mode = req == PTRACE_SYSCALL ? PTRACE_MODE_SYSCALL
		     : req == PTRACE_SYSEMU || req == PTRACE_SYSEMU_SINGLESTEP
			     ? PTRACE_MODE_SYSEMU
			     : PTRACE_MODE_RUN;
	if (req == PTRACE_SINGLESTEP || req == PTRACE_SYSEMU_SINGLESTEP) {
		t->pt.step = true;
		regs->rflags |= 0x100;
		regs->flags |= PT_REGS_FULL;
	}
	if (t->pt.mode != PTRACE_MODE_RUN || t->pt.step)
		atomic_or(&t->syscall_work, SYSCALL_WORK_PTRACE);
	else
		atomic_and(&t->syscall_work, ~SYSCALL_WORK_PTRACE);
	t->pt.resume_sig = (int)sig;
	t->pt.stop_code = 0;
	if (t->jobctl & JOBCTL_TRACED)
		ptrace_release_locked(t);
	spin_unlock(&sh->lock);
	return 0;
}

static long ptrace_detach(struct task *t, u64 sig)
{
	if (sig > NSIG)
		return -EIO;
	mutex_lock(&tasklist_lock);
	t->pt.resume_sig = (int)sig;
	ptrace_unlink(t);
	mutex_unlock(&tasklist_lock);
	return 0;
}

static long ptrace_interrupt(struct task *t)
{
	struct sighand *sh;

	if (!t->pt.seized)
		return -EIO;
	sh = sighand_lock(t->proc);
	if (!(t->jobctl & JOBCTL_TRACED) || t->pt.listening) {
		t->jobctl |= JOBCTL_TRAP;
		if (t->pt.listening)
			ptrace_release_locked(t);
		signal_wake(t, false);
	}
	spin_unlock(&sh->lock);
	return 0;
}

static long ptrace_listen(struct task *t)
{
	struct sighand *sh;
	long err = -EIO;

	if (!t->pt.seized)
		return -EIO;
	sh = sighand_lock(t->proc);
	if (t->pt.code >> 8 == PTRACE_EVENT_STOP) {
		err = 0;
		t->pt.listening = true;
		t->pt.stop_code = 0;
		if (!(t->proc->group_flags & PROC_STOPPED)) {
			/* it was continued meanwhile: tell at once */
			t->jobctl |= JOBCTL_TRAP;
			ptrace_release_locked(t);
		}
	}
	spin_unlock(&sh->lock);
	return err;
}

static long ptrace_siginfo(struct task *t, bool set, uaddr data)
{
	struct siginfo si;
	struct sighand *sh;
	long err = -EINVAL;

	if (set && get_user(si, data))
		return -EFAULT;
	sh = sighand_lock(t->proc);
	if (t->pt.info) {
		if (set)
			*t->pt.info = si;
		else
			si = *t->pt.info;
		err = 0;
	}
	spin_unlock(&sh->lock);
	return err || set ? err : put_user(si, data);
}

static long ptrace_sigmask(struct task *t, bool set, u64 size, uaddr data)
{
	struct sighand *sh;
	sigset_t m;

	if (size != sizeof(m))
		return -EINVAL;
	if (!set) {
		m = t->restore_blocked ? t->saved_blocked : t->blocked;
		return put_user(m, data);
	}
	if (get_user(m, data))
		return -EFAULT;
	sh = sighand_lock(t->proc);
	t->blocked = m & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	t->restore_blocked = false;
	atomic_or(&t->work, WORK_SIGNAL);
	spin_unlock(&sh->lock);
	return 0;
}

static bool ptrace_peek_one(struct task *t, bool shared, u64 off,
			    struct siginfo *out)
{
	struct sighand *sh = sighand_lock(t->proc);
	struct sigpending *pend = shared ? &t->proc->pending : &t->pending;
	struct sigqueue *q;
	bool found = false;

	list_for_each_entry (q, &pend->queue, node)
		if (!off--) {
			*out = q->info;
			found = true;
			break;
		}
	spin_unlock(&sh->lock);
	return found;
}

static long ptrace_peeksiginfo(struct task *t, uaddr addr, uaddr data)
{
	struct ptrace_peeksiginfo_args a;
	struct siginfo si;
	s32 i;

	if (get_user(a, addr))
		return -EFAULT;
	if ((a.flags & ~PTRACE_PEEKSIGINFO_SHARED) || a.nr < 0)
		return -EINVAL;
	for (i = 0; i < a.nr; i++) {
		if (!ptrace_peek_one(t, a.flags & PTRACE_PEEKSIGINFO_SHARED,
				     a.off + (u64)i, &si))
			break;
		if (put_user(si, uadd(data, (u64)i * sizeof(si))))
			return i ? i : -EFAULT;
	}
	return i;
}

static long ptrace_syscall_info(struct task *t, u64 size, uaddr data)
{
	const struct pt_regs *r = task_regs(t);
	struct ptrace_syscall_info i;
	u64 len = offsetof(struct ptrace_syscall_info, entry);

	memset(&i, 0, sizeof(i));
	i.op = (u8)t->pt.syscall_op;
	i.arch = AUDIT_ARCH_X86_64;
	i.instruction_pointer = r->rip;
	i.stack_pointer = r->rsp;
	switch (i.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
	case PTRACE_SYSCALL_INFO_SECCOMP:
		i.seccomp.nr = r->orig_rax;
		i.seccomp.args[0] = r->rdi;
		i.seccomp.args[1] = r->rsi;
		i.seccomp.args[2] = r->rdx;
		i.seccomp.args[3] = r->r10;
		i.seccomp.args[4] = r->r8;
		i.seccomp.args[5] = r->r9;
		len += sizeof(i.entry);
		if (i.op == PTRACE_SYSCALL_INFO_SECCOMP) {
			i.seccomp.ret_data = (u32)t->pt.msg;
			len += sizeof(u32);
		}
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		i.exit.rval = (s64)r->rax;
		i.exit.is_error = r->rax >= (u64)-MAX_ERRNO;
		len += sizeof(s64) + 1;
		break;
	}
	if (copy_to_user(data, &i, min(size, len)))
		return -EFAULT;
	return (long)len;
}

/* The tracee is in a stop and ours. */
static long ptrace_stopped_request(struct task *t, long req, u64 addr, u64 data)
{
	long err;

	switch (req) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return ptrace_peek(t, addr, UADDR(data));
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return ptrace_poke(t, addr, data);
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
		return ptrace_resume(t, req, data);
	case PTRACE_DETACH:
		return ptrace_detach(t, data);
	case PTRACE_SECCOMP_GET_FILTER:
	case PTRACE_SECCOMP_GET_METADATA:
		return seccomp_tell_tracer(t,
					   req == PTRACE_SECCOMP_GET_METADATA,
					   addr, UADDR(data));
	case PTRACE_OLDSETOPTIONS:
	case PTRACE_SETOPTIONS:
		err = ptrace_options_ok(data);
		if (err)
			return err;
		t->pt.options = (u32)data;
		return 0;
	case PTRACE_GETEVENTMSG: {
		u64 msg = t->pt.msg;

		return put_user(msg, UADDR(data));
	}
	case PTRACE_GETSIGINFO:
	case PTRACE_SETSIGINFO:
		return ptrace_siginfo(t, req == PTRACE_SETSIGINFO, UADDR(data));
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
		return ptrace_sigmask(t, req == PTRACE_SETSIGMASK, addr,
				      UADDR(data));
	case PTRACE_PEEKSIGINFO:
		return ptrace_peeksiginfo(t, UADDR(addr), UADDR(data));
	case PTRACE_GET_SYSCALL_INFO:
		return ptrace_syscall_info(t, addr, UADDR(data));
	case PTRACE_LISTEN:
		return ptrace_listen(t);
	}
	if (ptrace_regs_is_request(req))
		return ptrace_regs_request(t, req, addr, UADDR(data));
	return -EIO;
}

static bool ptrace_is_mine(struct task *t, bool stopped)
{
	bool ok;

	mutex_lock(&tasklist_lock);
	ok = t->tracer == current;
	if (ok && stopped)
		ok = (t->jobctl & JOBCTL_TRACED) && !t->pt.listening;
	mutex_unlock(&tasklist_lock);
	return ok;
}

long sys_ptrace(long request, long pid, u64 addr, u64 data)
{
	struct task *t;
	long ret = -ESRCH;

	if (request == PTRACE_TRACEME)
		return ptrace_traceme();
	t = pid > 0 ? task_find_get(pid_given((u32)pid)) : NULL;
	if (!t)
		return -ESRCH;
	if (request == PTRACE_ATTACH || request == PTRACE_SEIZE) {
		ret = ptrace_attach(t, request == PTRACE_SEIZE, addr, data);
	} else if (request == PTRACE_INTERRUPT || request == PTRACE_KILL) {
		if (ptrace_is_mine(t, false)) {
			if (request == PTRACE_INTERRUPT)
				ret = ptrace_interrupt(t);
			else
				ret = send_signal_task(t, SIGKILL, NULL) * 0;
		}
	} else if (ptrace_is_mine(t, true)) {
		ret = ptrace_stopped_request(t, request, addr, data);
	}
	task_put(t);
	return ret;
}
