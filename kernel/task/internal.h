/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of kernel/task share and nobody else needs.
 *
 * One task block carries everything that fork writes: the task, the process it
 * leads and the dispositions of that process. A thread uses only the first; a
 * CLONE_SIGHAND child only the first two. Each part that is in use holds one
 * of the block's references, so that the memory outlives the longest user.
 *
 * Locks, outermost first: tasklist_lock, sighand->lock, task->lock, pid_lock
 * and the waitqueue locks. The lists of threads change under both of the first
 * two, so that either is enough to walk them.
 */
#ifndef KERNEL_TASK_INTERNAL_H
#define KERNEL_TASK_INTERNAL_H

#include <kernel/task.h>

struct task_area {
	struct task task; /* first: current points here */
	struct process proc;
	struct sighand sighand;
	u32 block_refs;
	struct task_area *next_free; /* on the list of warm blocks */
};
_Static_assert(sizeof(struct task_area) <= TASK_AREA_SIZE - 2048,
	       "the rest of the area is the host's");

/* The parent of CLONE_VFORK waits on its stack; child->vfork_done, ->lock. */
struct completion_vfork {
	u32 done;
	struct task *parent;
};

/* task->jobctl */
#define JOBCTL_STOP_PENDING  1u	 /* is to take part in a group stop */
#define JOBCTL_STOP_CONSUME  2u	 /* and counts in proc->stop_count */
#define JOBCTL_STOP_DEQUEUED 4u	 /* took a stop signal, nothing undid it yet */
#define JOBCTL_STOPPED	     8u	 /* sleeps in the stop */
#define JOBCTL_TRACED	     16u /* in a stop for its tracer */
#define JOBCTL_TRAP	     32u /* is to stop for its tracer */

/* more of process->group_flags: the parent is to be told */
#define PROC_TELL_STOPPED    16u
#define PROC_TELL_CONTINUED  32u

/* task.c */
struct task *task_alloc(void);
void task_free_new(struct task *t); /* one that never ran */
void task_init_common(struct task *t);
void process_init(struct process *p, struct task *leader);
void task_block_put(struct task_area *a);
void task_run_deferred(struct task *t);
extern u32 max_tasks;
struct task *kthread_create(const char *name, u32 tid, void (*fn)(void *),
			    void *arg);
/* Into and out of the tree; caller holds tasklist_lock. */
void task_attach(struct task *t, struct process *parent, struct process *like);
void task_detach(struct task *t);

/* pid.c */
void pid_init(void);
/*
 * => a free number, with one in ns and each above it, or -EAGAIN. want: the n
 * innermost ones, or 0. -EEXIST
 */
int pid_alloc(struct pid_ns *ns, const u32 *want, u32 n);
void pid_publish(u32 pid, struct task *t);
void pid_get(u32 pid);
void pid_put(u32 pid);
/* Empty the slot and give back the task's hold on the number. */
void pid_release(u32 pid);
/* Two tasks trade numbers (execve by a thread that does not lead). */
void pid_exchange(struct task *a, struct task *b);
/* Processes of a group, linked by pgrp_node; caller holds tasklist_lock. */
/* caller holds tasklist_lock */
void process_set_pgid(struct process *p, u32 pgid);
void process_set_sid(struct process *p, u32 sid);
u32 pid_last(void);

/* pidfd.c */
/* => task with a reference, or NULL: not a pidfd, or the task is gone. */
bool file_is_pidfd(struct file *f);
struct task *pidfd_task(struct file *f, bool *thread);
struct process *pidfd_process(struct file *f);

/* signal.c */
struct sighand *sighand_lock(struct process *p);
void sighand_init(struct sighand *sh);
void sighand_get(struct sighand *sh);
void sighand_put(struct sighand *sh);
/* execve: own dispositions, if they are shared. 0, -ENOMEM */
int sighand_unshare(struct task *t);
void signal_wake(struct task *t, bool kill);
/* Caller holds the target's sighand->lock. */
int signal_send_locked(int sig, const struct siginfo *info, struct task *t,
		       bool group);
/* Drop pending signals of the set from the group and all its threads. */
void signal_forget_locked(struct process *p, sigset_t set);
/* signal_send_locked() with a timer's own entry. => it is (or was already) queued */
bool signal_send_entry_locked(struct sigqueue *q, struct task *t, bool group);
/* Out of whichever queue of p it is in. */
void signal_take_back_entry_locked(struct sigqueue *q, struct process *p);
void signal_flush(struct sigpending *pend);
void signal_flush_set_locked(struct sigpending *pend, sigset_t set);
int signal_take_locked(struct task *t, sigset_t blocked, struct siginfo *out);
void signal_kill_threads_locked(struct process *p, struct task *except);
/* The task whose way out is user mode must die of sig, whatever it set. */
void force_fatal_signal(int sig);
bool signal_kill_allowed(struct task *t, int sig);
void signal_info_user(struct siginfo *si, int sig, int code);
void signal_info_of_fault(struct siginfo *si);
extern const sigset_t sigset_stop, sigset_ignore, sigset_core, sigset_sync;

/* sigdeliver.c */
bool signal_take_part_in_stop_locked(struct task *t);
void signal_retarget_locked(struct task *t, sigset_t which);

/* sigframe.c */
struct ksignal {
	int sig;
	struct ksigaction ka;
	struct siginfo info;
};
/* Build the frame and enter the handler. => 0 or -EFAULT */
int sigframe_setup(const struct ksignal *ks, struct pt_regs *regs,
		   sigset_t saved);
/* In ksigaction.flags: a forced death, that no tracer is asked about. */
#define SA_IMMUTABLE 0x00800000ull
long sigframe_return(struct pt_regs *regs);
bool altstack_contains(const struct task *t, u64 sp);
u32 altstack_flags(const struct task *t, u64 sp);
void altstack_reset(struct task *t);

/* exit.c; all with tasklist_lock held */
/* => true: nobody waits for it, it may be released at once */
bool process_notify_parent(struct process *p, int sig);
void process_notify_stop(struct process *p, int why);
void task_release(struct task *t);
void task_mm_exec_release(struct task *t);
void task_vfork_complete(struct task *t);
static inline bool process_empty_but_leader(const struct process *p)
{
	return p->nr_threads <= 1;
}
static inline int process_wait_status(const struct process *p)
{
	return p->group_flags & PROC_GROUP_EXIT ? p->group_exit_code
						: p->exit_code;
}
bool pgrp_is_orphaned_locked(u32 pgid, const struct process *ignored);

/* cputime.c */
void cpu_timers_exit(struct process *p);
void process_rusage(struct process *p, int who, struct rusage *ru);
void process_add_child_times(struct process *parent, struct process *p);
void task_add_times_to_process(struct task *t);
void itimers_init(struct process *p);
int cpu_timer_rearm(struct process *p);
void cpu_timers_ring(struct process *p);
void cpu_timers_check(void);
/* Ask the host for current's system time, faults and resident memory. */
void cputime_refresh(void);
void cputime_leave_host_thread(struct task *t);
void cputime_enter_host_thread(struct task *t);

/* posix_timer.c */
/* By a thread of p, with p's processor time. */
void posix_timers_check_cpu(struct process *p, u64 utime, u64 stime);
void posix_timers_exit(struct process *p);
/* A timer's signal was taken: fill in the overrun, start the next period. */
void posix_timer_delivered(struct posix_timer *pt, struct siginfo *info);

/* cred.c */
struct user *user_get(u32 uid);
void user_put(struct user *u);
static inline void user_hold(struct user *u)
{
	ref_get(&u->refs);
}
void cred_init(void);

#endif
