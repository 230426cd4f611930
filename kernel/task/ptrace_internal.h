/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of ptrace, and to wait, exit and fork. */
#ifndef KERNEL_TASK_PTRACE_INTERNAL_H
#define KERNEL_TASK_PTRACE_INTERNAL_H

#include <abi/ptrace.h>
#include <kernel/ptrace.h>
#include "internal.h"

#define PTRACE_EVENT_CODE(ev) (SIGTRAP | (ev) << 8)

/* --- ptrace.c: stops, by the tracee itself, without locks --- */

/*
 * Stop until the tracer lets go. code: as wait shows it, the event above the
 * signal. => the signal that the tracer wants delivered, 0 = none.
 */
int ptrace_stop(int code, struct siginfo *info, u64 msg, u32 syscall_op);
/* => false: nobody asked for it. */
bool ptrace_event(u32 event, u64 msg);
/* The message is a number, as the tracer counts. */
bool ptrace_event_pid(u32 event, u32 pid);
/* What of a clone is of interest: PTRACE_EVENT_* or 0. */
u32 ptrace_clone_event(u64 flags, u32 exit_signal);
/* Signal-delivery stop; sighand->lock is held before and after. => signal */
int ptrace_signal_locked(struct task *t, struct ksignal *ks);
/* JOBCTL_TRAP was set: PTRACE_INTERRUPT and the like. Lock as above. */
void ptrace_trap_locked(struct task *t);
/* The tracee takes part in a group stop; no lock. */
void ptrace_group_stop(struct task *t);
void ptrace_exec(u32 old_tid);
/* Of a task that stands in the kernel and has kept its pt.fs_base. */
void task_user_regs(struct task *t, struct user_regs *u);

/* --- with tasklist_lock held --- */
void ptrace_link(struct task *t, struct task *tracer, bool seized, u32 options);
void ptrace_unlink(struct task *t);
/* The child of a clone is traced from the start. */
void ptrace_clone_attach(struct task *child, u32 event);
/* A tracer ends. */
void ptrace_exit_tracer(struct task *t);
/* Is t, or the process it leads, its tracer's to reap before its parent's? */
bool ptrace_reparented(const struct task *t);
/* SIGCHLD to the tracer, which may be waiting. */
void ptrace_notify_tracer(struct task *t, int si_code, int status);

/* --- ptrace_regs.c --- */
long ptrace_regs_request(struct task *t, long req, u64 addr, uaddr data);
bool ptrace_regs_is_request(long req);
/* In the tracee, asked by its tracer: vector state out or in. */
void ptrace_fpu_serve(struct task *t);

#endif
