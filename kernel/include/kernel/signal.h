/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals, following signal(7), sigaction(2), sigqueue(3).
 *
 * A signal is sent to a thread (task->pending) or a group (proc->pending);
 * both queues, the dispositions and task->blocked are guarded by
 * sighand->lock. Whoever sends sets WORK_SIGNAL on a thread that may take it,
 * wakes it and kicks it. The task delivers in kern_exit_work().
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <abi/signal.h>
#include <kernel/atomic.h>
#include <kernel/lock.h>
#include <kernel/wait.h>

struct task;
struct process;
struct user;
struct posix_timer;

/* One bit per signal, signal n at bit n-1. (abi/signal.h has NSIG = 64.) */
typedef u64 sigset_t;
#define sigmask(n) (1ull << ((n)-1))

struct sigqueue {
	struct list_head node;
	struct siginfo info;
	u32 uid;		   /* charged to RLIMIT_SIGPENDING */
	struct user *user;	   /* whose count it is in; NULL: not counted */
	struct posix_timer *timer; /* belongs to a timer: not freed */
};

struct sigpending {
	sigset_t set;
	struct list_head queue; /* struct sigqueue, in order of arrival */
};

/* As the guest's struct sigaction of rt_sigaction(2). */
struct ksigaction {
	u64 handler;
	u64 flags;
	u64 restorer;
	u64 mask;
};

/* Shared by CLONE_SIGHAND tasks. */
struct sighand {
	spinlock_t lock;
	struct ref refs;
	struct waitqueue signalfd_wait;
	struct ksigaction action[NSIG];
	bool embedded; /* in a task block, else allocated by itself */
};

/*
 * Send. info may be NULL (SI_KERNEL, from the kernel). Permission was checked.
 * => 0, -EAGAIN (real-time queue full). Never blocks except on locks.
 */
int send_signal_task(struct task *t, int sig, const struct siginfo *info);
/* For what current just did (SIGPIPE, SIGXFSZ): as if sent by itself. */
void send_signal_self(int sig);
int send_signal_process(struct process *p, int sig, const struct siginfo *info);
/* To all of a process group; caller holds tasklist_lock for _locked. */
int send_signal_pgrp(u32 pgid, int sig, const struct siginfo *info);
int send_signal_pgrp_locked(u32 pgid, int sig, const struct siginfo *info);
/* A synchronous fault of current: cannot be blocked or ignored. */
void force_signal(int sig, int code, u64 addr);
void force_signal_info(const struct siginfo *si);

/* May current be interrupted now (unblocked, not ignored signal pending)? */
bool signal_pending(struct task *t);
bool fatal_signal_pending(struct task *t);

/* The dispositions of a process, locked; they may be replaced by execve. */
struct sighand *sighand_lock(struct process *p);
/* Recompute WORK_SIGNAL of current; caller holds sighand->lock. */
void signal_recalc_locked(struct task *t);
/* Set current's mask (SIGKILL and SIGSTOP are dropped from it). */
void signal_set_blocked(sigset_t mask);
/*
 * For ppoll, pselect, epoll_pwait, sigsuspend: take a temporary mask; the old
 * one comes back at the exit to user mode, or after the handler ran.
 */
void signal_set_temporary(sigset_t mask);
/* No handler ran: bring the saved mask back at once. */
void signal_restore_saved(void);

/*
 * Kernel-internal results of an interrupted call; never seen by the guest:
 * kern_exit_work() restarts the call or turns them into -EINTR.
 */
#define ERESTARTSYS	      512 /* restart if SA_RESTART */
#define ERESTARTNOINTR	      513 /* always restart */
#define ERESTARTNOHAND	      514 /* restart if no handler ran */
#define ERESTART_RESTARTBLOCK 516 /* through restart_syscall */

/* task->restart_kind: what restart_syscall(2) goes on with */
enum restart_kind {
	RESTART_NONE,
	RESTART_NANOSLEEP, /* kernel/syscall/sys_time.c */
	RESTART_POLL,	   /* poll_restart() */
	RESTART_FUTEX,	   /* futex_restart() */
};

/*
 * Take one pending signal of `wanted` (1-bits) from current, thread first, then
 * group; for signalfd. => its number, or 0.
 */
int signal_dequeue(sigset_t wanted, struct siginfo *out);
/* All signals pending for current, to it or to its group. */
sigset_t signal_pending_set(struct task *t);
/* References on dispositions (signalfd keeps them for its wait queue). */
void sighand_get(struct sighand *sh);
void sighand_put(struct sighand *sh);
/* Job control: is nobody left in the session to continue this group? */
bool pgrp_is_orphaned(u32 pgid);

/* Is the tty read/write by a background job to be refused? (job control) */
bool signal_ignored_or_blocked(struct task *t, int sig);

#endif
