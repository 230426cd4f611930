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

/*
 * The operations of futex(2), as the system calls use them. All may sleep; the
 * results are those of the calls. Deadlines are monotonic.
 */
struct futex_waitv;
long futex_wait(uaddr a, bool shared, u32 val, u64 deadline, u32 bitset);
long futex_wake(uaddr a, bool shared, u32 n, u32 bitset);
/* cmp: NULL, or what the first word must be */
long futex_requeue(uaddr a1, bool shared1, uaddr a2, bool shared2, int nr_wake,
		   int nr_requeue, const u32 *cmp);
long futex_wake_op(uaddr a1, uaddr a2, bool shared, int nr1, int nr2, u32 enc);
long futex_wait_many(const struct futex_waitv *v, u32 n, u64 deadline);
long futex_lock_pi(uaddr a, bool shared, u64 deadline, bool try_only);
long futex_unlock_pi(uaddr a, bool shared);
long futex_wait_requeue_pi(uaddr a, bool shared, u32 val, u64 deadline,
			   uaddr lock);
long futex_cmp_requeue_pi(uaddr a, bool shared, int nr_wake, int nr_requeue,
			  uaddr lock, u32 cmp);

void futex_init(void);

#endif
