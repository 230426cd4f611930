/* SPDX-License-Identifier: GPL-2.0 */
/* seccomp(2): filters over system calls; kernel/task/seccomp.c. */
#ifndef KERNEL_SECCOMP_H
#define KERNEL_SECCOMP_H

#include <kernel/types.h>

struct task;
struct pt_regs;
struct seccomp;

/*
 * Before a system call of a task with SYSCALL_WORK_SECCOMP.
 * => true: do not call it, the result is in regs->rax. May not return.
 */
bool seccomp_check(struct pt_regs *regs);
/*
 * A child's share; the filters are the same ones. Caller holds current's
 * sighand->lock, and no TSYNC comes between this and the child's life.
 */
void seccomp_clone(struct task *child);
void seccomp_exit(struct task *t);
/* PR_GET_SECCOMP; filters: how many, for /proc. */
int seccomp_mode(const struct task *t);
u32 seccomp_filters(const struct task *t);
long seccomp_tell_tracer(struct task *t, bool meta, u64 n, uaddr data);
long do_seccomp(u32 op, u32 flags, uaddr args);

#endif
