/* SPDX-License-Identifier: GPL-2.0 */
/* clone(2) flags and the scheduling calls. */
#ifndef ABI_SCHED_H
#define ABI_SCHED_H

#include <kernel/types.h>

#define CLONE_NEWTIME		  0x00000080
#define CLONE_VM		  0x00000100
#define CLONE_FS		  0x00000200
#define CLONE_FILES		  0x00000400
#define CLONE_SIGHAND		  0x00000800
#define CLONE_PIDFD		  0x00001000
#define CLONE_PTRACE		  0x00002000
#define CLONE_VFORK		  0x00004000
#define CLONE_PARENT		  0x00008000
#define CLONE_THREAD		  0x00010000
#define CLONE_NEWNS		  0x00020000
#define CLONE_SYSVSEM		  0x00040000
#define CLONE_SETTLS		  0x00080000
#define CLONE_PARENT_SETTID	  0x00100000
#define CLONE_CHILD_CLEARTID	  0x00200000
#define CLONE_DETACHED		  0x00400000
#define CLONE_UNTRACED		  0x00800000
#define CLONE_CHILD_SETTID	  0x01000000
#define CLONE_NEWCGROUP		  0x02000000
#define CLONE_NEWUTS		  0x04000000
#define CLONE_NEWIPC		  0x08000000
#define CLONE_NEWUSER		  0x10000000
#define CLONE_NEWPID		  0x20000000
#define CLONE_NEWNET		  0x40000000
#define CLONE_IO		  0x80000000
#define CLONE_CLEAR_SIGHAND	  0x100000000ULL
#define CLONE_INTO_CGROUP	  0x200000000ULL
#define CSIGNAL			  0x000000ff

#define SCHED_NORMAL		  0
#define SCHED_FIFO		  1
#define SCHED_FLAG_RESET_ON_FORK  0x01
#define SCHED_FLAG_RECLAIM	  0x02
#define SCHED_RR		  2
#define SCHED_BATCH		  3
#define SCHED_FLAG_DL_OVERRUN	  0x04
#define SCHED_IDLE		  5
#define SCHED_DEADLINE		  6
#define SCHED_FLAG_KEEP_POLICY	  0x08
#define SCHED_FLAG_KEEP_PARAMS	  0x10
#define SCHED_FLAG_KEEP_ALL	  24
#define SCHED_FLAG_UTIL_CLAMP_MIN 0x20
#define SCHED_FLAG_UTIL_CLAMP_MAX 0x40
#define SCHED_FLAG_UTIL_CLAMP	  96
#define SCHED_FLAG_ALL		  127
#define SCHED_RESET_ON_FORK	  0x40000000

struct clone_args {
	u64 flags;
	u64 pidfd;
	u64 child_tid;
	u64 parent_tid;
	u64 exit_signal;
	u64 stack;
	u64 stack_size;
	u64 tls;
	u64 set_tid;
	u64 set_tid_size;
	u64 cgroup;
};
#define CLONE_ARGS_SIZE_VER0 64
#define CLONE_ARGS_SIZE_VER1 80
#define CLONE_ARGS_SIZE_VER2 88

struct sched_param {
	s32 sched_priority;
};

struct sched_attr {
	u32 size;
	u32 sched_policy;
	u64 sched_flags;
	s32 sched_nice;
	u32 sched_priority;
	u64 sched_runtime;
	u64 sched_deadline;
	u64 sched_period;
	u32 sched_util_min;
	u32 sched_util_max;
};
#define SCHED_ATTR_SIZE_VER0 48
#define SCHED_ATTR_SIZE_VER1 56

/* ioprio_get(2) */
#define IOPRIO_CLASS_SHIFT   13
#define IOPRIO_CLASS_NONE    0
#define IOPRIO_CLASS_RT	     1
#define IOPRIO_CLASS_BE	     2
#define IOPRIO_CLASS_IDLE    3
#define IOPRIO_WHO_PROCESS   1
#define IOPRIO_WHO_PGRP	     2
#define IOPRIO_WHO_USER	     3

#endif
