/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Futexes, as the rest of the kernel sees them. See kernel/ipc/futex.c.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <kernel/types.h>

struct task;

/*
 * Wake up to n waiters on the word at `a` of the current address space, as
 * FUTEX_WAKE does; for clear_child_tid. May sleep. => number woken, -errno.
 */
int futex_wake_addr(uaddr a, u32 n);
/*
 * At the exit of current (t == current, its mm still there) and before exec:
 * walks the robust list, marks the locks it held as orphaned and wakes a
 * waiter of each; gives up the priority-inheritance locks it holds.
 */
void futex_exit_robust(struct task *t);
/* restart_syscall(2) of an interrupted FUTEX_WAIT; from current->restart_arg */
long futex_restart(void);

void futex_init(void);

#endif
