/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ptrace(2): what the rest of the kernel calls. The story is in
 * kernel/task/ptrace.c.
 */
#ifndef KERNEL_PTRACE_H
#define KERNEL_PTRACE_H

#include <kernel/types.h>

struct task;
struct pt_regs;

/*
 * May current trace t, read and write its memory? By its real ids, as for
 * PTRACE_ATTACH. => 0 or -EPERM
 */
int ptrace_may_attach(struct task *t);
/* Is current traced by somebody who must not follow it to more rights? */
bool ptrace_forbids_setid(void);

/* System-call stops; => true: the tracer wants the call skipped. */
bool ptrace_syscall_enter(struct pt_regs *regs);
void ptrace_syscall_exit(struct pt_regs *regs);
/* SECCOMP_RET_TRACE: => false when no tracer wants it. */
bool ptrace_seccomp(u32 data);

#endif
