/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam, upwards: what arch-um calls in the kernel. All run on the task's
 * kernel stack with current set.
 */
#ifndef HOSTAPI_KERN_H
#define HOSTAPI_KERN_H

#include <hostapi/host.h>
#include <hostapi/boot.h>

/* The first thing that runs, once, in the first kernel thread. */
void kern_start(const struct boot_params *bp) __attribute__((noreturn));

/* A system call: number in regs->orig_rax; sets regs->rax. */
void kern_syscall(struct pt_regs *regs);

/*
 * A fault in user mode: host signal number, si_code, fault address, the
 * processor's trap number and error code. May sleep. Makes the page present or
 * queues a signal.
 */
struct fault_info {
	int sig, code;
	uint64_t addr, trapno, error;
	/*
	 * NULL, or: the access in `error` is a guess, and this finds it out,
	 * in the task's own context. => false: it does not fault any more.
	 */
	bool (*settle)(struct fault_info *f);
};
void kern_fault(struct pt_regs *regs, const struct fault_info *f);

/*
 * Work before the return to user mode: called while kern_work_pending() is
 * true. Delivers signals, stops, exits.
 */
void kern_exit_work(struct pt_regs *regs);

/* First code of a forked or cloned task, before it goes to user mode. */
void kern_task_started(struct task *t);

/*
 * Nothing of the task's host thread is in use any more: its block may be
 * freed. Called from another host context or on an idle stack; must not sleep.
 */
void kern_task_gone(struct task *t);

/*
 * The task's host process died (kill -9 from the host). Its context, if asleep,
 * continues on the adopter's thread with SIGKILL pending, so that it unwinds;
 * a task that was in user mode starts here on its own, fresh kernel stack.
 */
void kern_task_killed(struct task *t) __attribute__((noreturn));
/*
 * Mark before an adopted context continues: SIGKILL pending, and the mm dead if
 * it was in that process; a vfork child that moves on has still its parent's.
 */
void kern_task_adopted(struct task *t, bool mm_lost);

/* What the monitor asks for: dump tasks (SIGQUIT), power button, winch. */
enum kern_event { KERN_EV_DUMP, KERN_EV_POWEROFF, KERN_EV_OOM };
void kern_event(enum kern_event ev);

#endif
