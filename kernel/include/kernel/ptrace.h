/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ptrace(2): what the rest of the kernel calls. The story is in
 * kernel/task/ptrace.c.
 */
#ifndef KERNEL_PTRACE_H
#define KERNEL_PTRACE_H

#include <kernel/types.h>

struct task;

/*
 * May current trace t, read and write its memory? By its real ids, as for
 * PTRACE_ATTACH. => 0 or -EPERM
 */
int ptrace_may_attach(struct task *t);

#endif
