/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tasks: one per guest thread and kernel thread.
 *
 * A task lives in a block of TASK_BLOCK_SIZE bytes, aligned to its size: kernel
 * stack below, pt_regs on top of it, then the signal pad, struct task in the
 * TASK_AREA_SIZE bytes at the block's end. `current` therefore comes from the stack pointer, in every
 * backend.
 *
 * Life: task_alloc() -> set up by do_clone() -> host_task_start_*() -> runs ->
 * do_exit(): TASK_ZOMBIE (thread group leader) or gone at once -> parent waits:
 * released from the tree -> last reference: block freed. A task holds one
 * reference for its running context (dropped by kern_task_gone) and one for its
 * place in the pid table (dropped by release).
 *
 * Threads of one process share struct process (Linux's signal_struct: thread
 * group, group-wide signals, session, group, rlimits, timers).
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include <abi/resource.h>
#include <hostapi/host.h>
#include <kernel/kcov.h>
#include <kernel/cred.h>
#include <kernel/lock.h>
#include <kernel/signal.h>
#include <kernel/time.h>
#include <kernel/wait.h>

struct mm;
struct files;
struct fs_context;
struct tty;
struct process;
struct file;
struct nsset;
struct pid_ns;

enum task_state {
	TASK_NEW,      /* not started */
	TASK_RUNNING,  /* in user mode or running kernel code */
	TASK_SLEEPING, /* in sleep_on(); host thread may be asleep */
	TASK_STOPPED,  /* job control or ptrace stop */
	TASK_ZOMBIE,   /* dead; exit status kept for the parent */
	TASK_DEAD,     /* released */
};

/* task->work: why the way to user mode leads through kern_exit_work() */
#define WORK_SIGNAL   1u /* a signal may be deliverable */
#define WORK_HOST     2u /* arch-um: mm calls, freeze */
#define WORK_NOTIFY   4u /* run task->deferred (final file puts) */
#define WORK_PTRACE   8u
#define WORK_BARRIER  64u /* membarrier(2): just pass through the kernel */
#define WORK_CPUTIME  16u /* look at the timers on processor time */

#define TASK_COMM_LEN 16

/* Of a tracee; the story is in task/ptrace.c. */
struct ptrace_task {
	struct list_head node; /* tracer->proc->ptraced, under tasklist_lock */
	u32 options;	       /* PTRACE_O_* */
	bool seized;
	bool listening; /* PTRACE_LISTEN: as if it was not stopped */
	bool step;	/* TF is ours */
	u32 mode;	/* PTRACE_MODE_*: what it runs in until it stops */
#define PTRACE_MODE_RUN	    0u
#define PTRACE_MODE_SYSCALL 1u
#define PTRACE_MODE_SYSEMU  2u
	/* the stop; written with tasklist_lock and sighand->lock held */
	int stop_code; /* still to be reported by wait */
	int code;
	u64 msg;
	u32 syscall_op; /* PTRACE_SYSCALL_INFO_* */
	int resume_sig;
	struct siginfo *info;
	u64 fs_base, gs_base;
	int exit_code; /* of a thread that is a zombie for its tracer */
	/* vector state on request: ptrace_regs.c */
	u32 fpu_cmd;
#define PTRACE_FPU_GET 1u
#define PTRACE_FPU_SET 2u
	int fpu_err;
	u8 *fpu;
};

struct task {
	/* hot, first: entry and exit touch these */
	u32 work;	 /* WORK_*: set by anybody with atomic_or, then kick */
	u32 wake_seq;	 /* futex word of sleep_on() */
	u32 host_asleep; /* 1 while the host thread is (about to be) asleep */
	u32 state;	 /* enum task_state */
	struct host_task *host; /* arch-um's part; entry.S knows the place */
	const char *wchan;
	u32 wake_depth, wake_nr; /* only by the task itself: wait.c */
	u32 *wake_word[6];
	u32 spin_budget; /* see core/wait.c */
	struct mm *mm;	 /* NULL: kernel thread */
	struct files *files;
	struct fs_context *fs;
	struct process *proc;
	struct cred *cred; /* own reference; replaced, never changed */
	struct sighand *sighand;
	sigset_t blocked; /* only by the task itself (under sighand->lock) */
	sigset_t saved_blocked; /* to restore after sigsuspend & co. */
	bool restore_blocked;
	bool strace;
	u32 syscall_work; /* SYSCALL_WORK_*, by atomics */
#define SYSCALL_WORK_PTRACE   1u
#define SYSCALL_WORK_SECCOMP  2u
#define SYSCALL_WORK_DISPATCH 4u /* PR_SET_SYSCALL_USER_DISPATCH */
	u32 restart_kind;	 /* for restart_syscall: enum restart_kind */
	u64 restart_arg[4];

	/* identity, fixed after creation */
	u32 tid; /* in the init pid namespace */
	struct ref refs;
	char comm[TASK_COMM_LEN];
	u64 start_time; /* monotonic ns */
	bool kthread;

	/* signals to this thread, under sighand->lock */
	struct sigpending pending;
	u64 alt_sp, alt_size;
	u32 alt_flags;
	u32 exit_signal; /* to the parent; 0 for threads */

	/* thread bookkeeping, only by the task itself */
	uaddr clear_child_tid, set_child_tid;
	uaddr robust_list;
	struct completion_vfork *vfork_done; /* the parent waits for this */
	u64 utime_ns, stime_ns, min_flt, maj_flt, nvcsw, nivcsw;
	u64 read_bytes, write_bytes, syscalls;
	u64 trapped; /* of them: not by a patched site; arch-um counts */
	u32 personality;
	u32 pdeath_signal;
	bool dying; /* in do_exit */
	bool execing;
	int oom_score_adj;
	int nice;
	u32 sched_policy, sched_prio;
	u64 timer_slack;
	u8 affinity[128];

	/* tree, under tasklist_lock */
	struct list_head thread_node; /* proc->threads */
	struct list_head all_node;    /* all tasks */
	struct task *pid_hash_next;

	/* deferred work of the task itself */
	struct list_head deferred;

	/* ptrace, under tasklist_lock */
	struct task *tracer;
	struct ptrace_task pt;

	/* guards mm, files, fs, cred and vfork_done against other tasks */
	spinlock_t lock;
	sigset_t real_blocked; /* of sigtimedwait: not to be ignored */
	u32 jobctl;	       /* JOBCTL_*, under sighand->lock */
#define JOBCTL_STOPPED 8u      /* sleeps in the stop */
	u32 ioprio;
	u64 dispatch_from, dispatch_len; /* calls from here always pass */
	uaddr dispatch_selector;
	bool core_seen;	 /* stands in core_wait() */
	u8 *core_fpu;	 /* vector state for the core file */
	u8 mce_kill;	 /* prctl: PR_MCE_KILL */
	bool io_flusher; /* prctl: kept */
	u8 mempolicy;	 /* set_mempolicy(2): kernel/mempolicy.h */
	/* of the last fault, for signal frames; set by kern_fault() */
	u64 fault_trapno, fault_error, fault_addr;
	u64 start_tls; /* FS base of a new task, if set_tls */
	bool set_tls;
	u64 sched_runtime, sched_deadline, sched_period;
	bool sched_reset_on_fork;
	/* processor time on earlier host threads; of this one before us */
	u64 cpu_before, cpu_base;
	/* the same for the host's view of system time and faults */
	u64 sys_before, sys_base, flt_before[2], flt_base[2];
	/* system time: of the host's view, by samples of calls; see cputime.c */
	u64 sys_host_ns, sys_kern_ns;
	u64 utime_shown, stime_shown;
	u64 sample_slept;	   /* asleep during the call that is measured */
	u32 sample_at, sample_gap; /* low bits of `syscalls` */
	bool sampling;

	struct seccomp_filter
		*seccomp; /* newest; changed under sighand->lock */
	bool seccomp_strict;
	bool seccomp_traced; /* a tracer let this call pass */

	struct sem_undo_list *sem_undo; /* semop(2) SEM_UNDO; only by itself,
					   and under the sem lock */

	struct pid_ns *pid_ns; /* of its tid; reference; fixed */
	bool pid_inner;	       /* and that is not the first one */
	struct nsset *nss;     /* reference; changed by itself, under lock */

	struct lockdep_task lockdep;
	struct kcov_task kcov;

	/* path_name_get(): a buffer that needs no allocation */
	bool name_busy;
	char name_buf[4096 + 8];
};
_Static_assert(sizeof(struct task) <= TASK_AREA_SIZE - 1024, "task area");

/* One process: a thread group. */
struct process {
	struct ref refs;
	u32 pid; /* tid of the leader */
	struct task *leader;
	struct list_head threads; /* under tasklist_lock */
	u32 nr_threads;

	/* family, under tasklist_lock */
	struct process *parent;
	struct list_head children; /* of struct process, by sibling */
	struct list_head sibling;
	struct list_head ptraced; /* tracees of all its threads, by pt.node */
	struct waitqueue child_wait; /* parents wait here for any child event */
	u32 pgid, sid;
	struct list_head pgrp_node; /* all processes */
	u64 syscalls, trapped;	    /* of threads that have ended */
	struct tty *tty; /* controlling terminal, under tasklist_lock */
	u32 tty_old_pgrp; /* leader: the foreground group of a tty that hung up */
	bool session_leader;
	bool subreaper;
	bool did_exec;

	/* signals to the group, under sighand->lock of its threads */
	struct sigpending pending;
	u32 group_flags; /* PROC_* */
	int group_exit_code;
	u32 stop_count;
	int stop_code;	/* status to report: stop signal; 0 = none to report */
	bool continued; /* report SIGCONT */

	struct rlimit64 rlim[RLIM_NLIMITS];
	/* times of dead threads and waited-for children */
	u64 utime_ns, stime_ns, cutime_ns, cstime_ns;
	u64 min_flt, maj_flt, cmin_flt, cmaj_flt, maxrss_kb, cmaxrss_kb;
	struct timer itimer_real;
	u64 itimer_interval, itimer_expires; /* under sighand->lock */
	struct list_head posix_timers;
	u32 next_timer_id;
	int exit_code; /* wait status of the zombie */
	bool dumpable_clear;
	u32 securebits, no_new_privs;

	struct sighand *sighand;       /* of all its threads; own reference */
	struct sighand *first_sighand; /* kept till the end: see signal.c */
	u32 exit_signal;	       /* to the parent */
	u32 parent_tid; /* the thread that made it, for __WNOTHREAD */
	u32 live;	/* threads not yet in do_exit */
	struct waitqueue exit_wait; /* pidfds poll here; under tasklist_lock */
	struct task *exec_task;	    /* ends the other threads for execve */
	struct task *core_dumper; /* writes a core file; under sighand->lock */
	u32 core_missing; /* threads that have not come to core_wait() yet */
	bool unkillable;  /* init: immune to default actions */
	struct cpu_timers *cpu_timers; /* ITIMER_VIRTUAL, PROF, RLIMIT_CPU */
	u64 inblock, oublock, cinblock, coublock, nvcsw, nivcsw, cnvcsw,
		cnivcsw;
};
#define PROC_GROUP_EXIT 1u /* group_exit_code is final: all threads must go */
#define PROC_STOPPED	2u
#define PROC_STOPPING	4u
#define PROC_EXECING	8u

static __always_inline struct task *task_from_sp(u64 sp)
{
	return (struct task *)((sp & ~(TASK_BLOCK_SIZE - 1)) + TASK_BLOCK_SIZE -
			       TASK_AREA_SIZE);
}
#ifdef FAKEHOST /* unit tests run on ordinary stacks */
extern struct task *fakehost_current;
#define current fakehost_current
#else
static __always_inline struct task *get_current(void)
{
	return task_from_sp((u64)__builtin_frame_address(0));
}
#define current get_current()
#endif

u32 pid_shown_slow(u32 pid);
u32 pid_given_slow(u32 nr);
static inline u32 pid_shown(u32 pid)
{
	return likely(!current->pid_inner) ? pid : pid_shown_slow(pid);
}
static inline u32 pid_given(u32 nr)
{
	return likely(!current->pid_inner) ? nr : pid_given_slow(nr);
}

static inline void *task_block(const struct task *t)
{
	return (void *)((u64)t & ~(TASK_BLOCK_SIZE - 1));
}
/* The guest registers of a task inside the kernel. */
static inline struct pt_regs *task_regs(const struct task *t)
{
	return (struct pt_regs *)((char *)task_block(t) + TASK_STACK_SIZE) - 1;
}
static inline void task_get(struct task *t)
{
	ref_get(&t->refs);
}
void task_put(struct task *t);
void process_put(struct process *p);

/* Guards the tree of processes, pid table, groups and sessions. */
extern struct mutex tasklist_lock;
extern struct list_head all_tasks;
extern struct process *init_process;
extern u32 nr_tasks; /* zombies included; a hint without the lock */

/*
 * Work for current's way to user mode (or its exit): fn runs without locks and
 * may sleep.
 */
struct deferred_work {
	struct list_head node;
	void (*fn)(struct deferred_work *w);
};
void task_defer(struct deferred_work *w);

/* Set work bits and make a task in user mode notice. Never blocks. */
static inline void task_set_work(struct task *t, u32 bits)
{
	atomic_or(&t->work, bits);
	host_kick(t);
}

/*
 * What another task (or current) holds, with a reference, or NULL when it is
 * exiting or has none. Never block.
 */
struct mm *task_get_mm(struct task *t);
struct files *task_get_files(struct task *t);
struct fs_context *task_get_fs(struct task *t);
struct cred *task_get_cred(struct task *t);
/* CPU time so far, of a thread, of a process with its dead threads. */
void task_cputime(struct task *t, u64 *utime, u64 *stime);
void process_cputime(struct process *p, u64 *utime, u64 *stime);
/* The same with tasklist_lock or the process's sighand->lock held. */
void process_cputime_locked(struct process *p, u64 *utime, u64 *stime);
/* who: RUSAGE_*, of current. => 0 or -EINVAL */
int do_getrusage(int who, struct rusage *ru);

extern u32 max_tasks; /* kernel.threads-max */
/* The number given out last; for /proc/loadavg. */
u32 pid_last(void);
/*
 * Numbers between the current task and the kernel, where they are those of the
 * first pid namespace. Shown: 0 if it has none there. Given: PID_NONE, which no
 * task has, if there is no such number; 0 stays 0.
 */
#define PID_NONE 0x3fffffffu
extern struct pid_ns init_pid_ns;
u32 pid_nr_in(u32 pid, const struct pid_ns *ns);
u32 pid_of_nr(u32 nr, const struct pid_ns *ns);
/* => with a reference, or NULL. */
struct task *task_find_get(u32 tid);
/*
 * Of an open directory /proc/PID: its process's leader, with a reference, or
 * ERR_PTR(-ESRCH). Of any other file: NULL.
 */
struct task *proc_dir_task(struct file *f);
/* => leader of process pid with a reference, or NULL. */
struct task *process_find_get(u32 pid);
/* The processes of a group, by pgrp_node; NULL: none. Under tasklist_lock. */
struct list_head *pid_group(u32 pgid);

/* Start a kernel thread. => it (no reference), or ERR_PTR. */
struct task *kthread_start(const char *name, void (*fn)(void *), void *arg);
/*
 * The same for pid 1: a kernel thread that becomes init by kernel_execve() and
 * host_return_to_user(). Sets init_process.
 */
struct task *kthread_start_init(void (*fn)(void *), void *arg);
/* The end of pid 1: provided by kernel/init/main.c; ends the machine. */
void init_exited(int code) __noreturn;

struct clone_args_k {
	u64 flags; /* CLONE_*, without the exit signal */
	u32 exit_signal;
	uaddr stack; /* 0: the same */
	u64 stack_size;
	uaddr parent_tid, child_tid;
	u64 tls;
	uaddr pidfd;
	const u32 *set_tid; /* the numbers it is to have, innermost first */
	u32 nset_tid;
};
/* => child's tid or -errno. */
long do_clone(const struct clone_args_k *a);

/* One wait4(2) or waitid(2): what is wanted, then what was found. */
struct wait_job {
	u32 which, id;		/* P_* */
	struct process *target; /* P_PIDFD */
	u32 options;		/* W*, __W* */
	bool want_usage;
	/* found: */
	u32 pid, uid;
	u32 nr;	    /* pid as current counts */
	int status; /* for wait4 */
	int si_code, si_status;
	struct rusage usage;
};
/* => 1 found, 0 (WNOHANG), -ECHILD, -ERESTARTSYS */
int do_wait(struct wait_job *w);

/* End the current thread; code is a wait status (exit<<8 or signal). */
void do_exit(int code) __noreturn;
void do_group_exit(int code) __noreturn;
/* Run a program in the current task. argv/envp are kernel string vectors. */
int kernel_execve(const char *path, const char *const *argv,
		  const char *const *envp);
/* The body of execve(2) and execveat(2). */
long do_execveat(int dfd, uaddr path, uaddr argv, uaddr envp, int flags);
/* PR_SET_NAME and execve; of current. */
void task_set_comm(struct task *t, const char *name);
/* Print every task with state and wchan to the log. */
void task_dump_all(void);
void task_subsys_init(void);

/* rlimit of the current process */
u64 rlimit(int res);

/* A file that names t's process, or with `thread` t alone. => ERR_PTR */
struct file *pidfd_create(struct task *t, bool thread, int flags);

#endif
