// SPDX-License-Identifier: GPL-2.0
/*
 * The slow way through a system call, for tasks with task->syscall_work or when
 * the kernel prints calls: the stop at the entry for a tracer, seccomp filters,
 * then the call, then the stop at the exit, in Linux's order. A tracer or
 * filter may have changed the number and the arguments, or said that nothing is
 * to be called; then the result is what stands in rax.
 */
#include <kernel/ptrace.h>
#include <kernel/seccomp.h>
#include <kernel/task.h>
#include "internal.h"

void syscall_traced(struct pt_regs *regs)
{
	struct task *t = current;
	u32 nr;

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
