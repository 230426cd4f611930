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

/* A call that took longer was interrupted by others on the processor. */
#define SAMPLE_MAX_NS (5 * NSEC_PER_MSEC)

static long syscall_none(const struct pt_regs *r)
{
	return -ENOSYS;
}

#include <gen/syscall_table.h>

long (*syscall_find(u32 nr))(const struct pt_regs *)
{
	return likely(nr < NR_SYSCALLS) ? syscall_table[nr] : syscall_none;
}

/*
 * One call in some thirty is timed and stands for all since the last one: that
 * is where a process's system time comes from. The gaps vary, so that no
 * pattern of the guest's fits them.
 */
static void syscall_sampled(struct pt_regs *regs, struct task *t)
{
	u64 start = time_mono_ns(), took;

	t->sample_slept = 0;
	t->sampling = true;
	regs->rax = (u64)syscall_find((u32)regs->orig_rax)(regs);
	t->sampling = false;
	took = time_mono_ns() - start;
	took -= min(took, t->sample_slept);
	t->sys_kern_ns += min(took, (u64)SAMPLE_MAX_NS) * t->sample_gap;
	t->sample_gap = 17 + (u32)(start >> 3) % 31;
	t->sample_at = (u32)t->syscalls + t->sample_gap;
}

void kern_syscall(struct pt_regs *regs)
{
	u32 nr = (u32)regs->orig_rax;
	struct task *t = current;

	t->syscalls++;
	if (unlikely(READ_ONCE(strace_active) | READ_ONCE(t->syscall_work)))
		syscall_traced(regs);
	else if (unlikely((u32)t->syscalls == t->sample_at))
		syscall_sampled(regs, t);
	else
		regs->rax = (u64)syscall_find(nr)(regs);
	lockdep_leave();
}
