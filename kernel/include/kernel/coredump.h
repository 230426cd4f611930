/* SPDX-License-Identifier: GPL-2.0 */
/* Core files: what exit, signal delivery and procfs need of task/coredump.c. */
#ifndef KERNEL_COREDUMP_H
#define KERNEL_COREDUMP_H

#include <kernel/lock.h>

struct siginfo;
struct task;

#define CORE_PATTERN_MAX 128
/* kernel.core_pattern, under its lock. */
extern char core_pattern[CORE_PATTERN_MAX];
extern struct mutex core_pattern_lock;
#define CORE_FILTER_DEFAULT 0x33u

/*
 * current dies of this signal: leave a core file if it may. Ends the group; the
 * caller goes on to do_group_exit(). May sleep.
 */
void do_coredump(const struct siginfo *si);
/* The way out of a thread whose process dumps core: wait until it has. */
void core_wait(struct task *t);

#endif
