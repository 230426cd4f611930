// SPDX-License-Identifier: GPL-2.0
/*
 * The slow way through a system call, for tasks with task->syscall_work or when
 * the kernel prints calls: the stop at the entry for a tracer, seccomp filters,
 * then the call, then the stop at the exit, in Linux's order. A tracer or
 * filter may have changed the number and the arguments, or said that nothing is
 * to be called; then the result is what stands in rax.
 */
#include <abi/prctl.h>
#include <abi/ptrace.h>
#include <abi/seccomp.h>
#include <kernel/ptrace.h>
#include <kernel/seccomp.h>
#include <kernel/signal.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include "internal.h"
#include "task/internal.h"

/*
 * PR_SET_SYSCALL_USER_DISPATCH: calls from outside a range are the program's
 * own to emulate, by SIGSYS, while a byte of it says so. => it is not to be made
 */
static bool syscall_dispatched_to_user(struct pt_regs *regs)
{
	struct task *t = current;
	u8 state = PR_SYS_FILTER_BLOCK;
	struct siginfo si;

	if (regs->rip - t->dispatch_from < t->dispatch_len)
		return false;
	if (t->dispatch_selector.va && get_user(state, t->dispatch_selector)) {
		force_fatal_signal(SIGSEGV);
		return true;
	}
	if (state == PR_SYS_FILTER_ALLOW)
		return false;
	if (state != PR_SYS_FILTER_BLOCK) {
		force_fatal_signal(SIGSYS);
		return true;
	}
	memset(&si, 0, sizeof(si));
	si.si_signo = SIGSYS;
	si.si_code = SYS_USER_DISPATCH;
	si.si_call_addr = regs->rip;
	si.si_syscall = (s32)regs->orig_rax;
	si.si_arch = AUDIT_ARCH_X86_64;
	regs->rax = regs->orig_rax; /* as before the call */
	force_signal_info(&si);
	return true;
}

void syscall_traced(struct pt_regs *regs)
{
	struct task *t = current;
	u32 nr;

	if (unlikely(t->syscall_work & SYSCALL_WORK_DISPATCH) &&
	    syscall_dispatched_to_user(regs))
		return;
	if (t->syscall_work & SYSCALL_WORK_PTRACE) {
		regs->rax = (u64)-ENOSYS;
		if (ptrace_syscall_enter(regs))
			goto out;
	}
	if (t->syscall_work & SYSCALL_WORK_SECCOMP) {
		regs->rax = (u64)-ENOSYS;
		if (seccomp_check(regs))
			goto out;
	}
	nr = (u32)regs->orig_rax;
	if (unlikely(READ_ONCE(strace_active) || t->strace))
		regs->rax = (u64)strace_syscall(nr, regs, syscall_find(nr));
	else
		regs->rax = (u64)syscall_find(nr)(regs);
out:
	if (current->syscall_work & SYSCALL_WORK_PTRACE)
		ptrace_syscall_exit(regs);
}
