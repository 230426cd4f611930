// SPDX-License-Identifier: GPL-2.0
/*
 * The one door for system calls. arch-um calls kern_syscall() on the task's
 * kernel stack with the number in orig_rax and the arguments where Linux has
 * them; the result goes to rax. Whatever has to happen before the return to
 * user mode (signals, restarts) is kern_exit_work()'s business, not ours.
 *
 * The table and its thunks, which cast registers to typed arguments, are made
 * from syscalls.tbl. Numbers without a function go to syscall_none(), so that
 * the fast path is one bounds check, one test for strace and one indirect
 * call.
 *
 * As on Linux the number is the low 32 bits of rax: x32 numbers (bit 30) are
 * out of range and answer ENOSYS.
 */
#include <kernel/task.h>
#include <hostapi/kern.h>
#include "internal.h"

static long syscall_none(const struct pt_regs *r)
{
	return -ENOSYS;
}

#include <gen/syscall_table.h>

void kern_syscall(struct pt_regs *regs)
{
	u32 nr = (u32)regs->orig_rax;
	struct task *t = current;
	long (*fn)(const struct pt_regs *) = syscall_none;

	t->syscalls++;
	if (likely(nr < NR_SYSCALLS))
		fn = syscall_table[nr];
	if (unlikely(READ_ONCE(strace_active) || t->strace))
		regs->rax = (u64)strace_syscall(nr, regs, fn);
	else
		regs->rax = (u64)fn(regs);
}
