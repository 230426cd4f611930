// SPDX-License-Identifier: GPL-2.0
/*
 * The one door for system calls. arch-um calls kern_syscall() on the task's
 * kernel stack with the number in orig_rax and the arguments where Linux has
 * them; the result goes to rax. Whatever has to happen before the return to
 * user mode (signals, restarts) is kern_exit_work()'s business, not ours.
 *
 * The table and its thunks, which cast registers to typed arguments, are made
 * from syscalls.tbl. Numbers without a function go to syscall_none(), so that
 * the fast path is one bounds check, one test for strace, tracers and filters
 * (traced.c), and one indirect call.
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

long (*syscall_find(u32 nr))(const struct pt_regs *)
{
	return likely(nr < NR_SYSCALLS) ? syscall_table[nr] : syscall_none;
}

void kern_syscall(struct pt_regs *regs)
{
	u32 nr = (u32)regs->orig_rax;
	struct task *t = current;

	t->syscalls++;
	if (unlikely(READ_ONCE(strace_active) | READ_ONCE(t->syscall_work)))
		syscall_traced(regs);
	else
		regs->rax = (u64)syscall_find(nr)(regs);
}
