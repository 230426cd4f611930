/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interval timers, POSIX timers and clocks on processor time:
 * kernel/task/cputime.c and posix_timer.c. Times in nanoseconds.
 */
#ifndef KERNEL_POSIX_TIMER_H
#define KERNEL_POSIX_TIMER_H

#include <abi/signal.h>
#include <abi/time.h>
#include <kernel/types.h>

struct process;

/* value 0: off; TIME_NEVER: only ask. The old state goes out. */
void itimer_real_set(struct process *p, u64 value, u64 interval, u64 *old_value,
		     u64 *old_interval);
/* which: 0 ITIMER_PROF, 1 ITIMER_VIRTUAL; of current. */
int itimer_cpu_set(int which, u64 value, u64 interval, u64 *old_value,
		   u64 *old_interval);

/* timer_create(2) & co. on current's timers. => 0 or -errno */
int posix_timer_create(int clock, const struct sigevent *ev, s32 *id);
int posix_timer_settime(s32 id, int flags, u64 value, u64 interval,
			u64 *old_value, u64 *old_interval);
int posix_timer_gettime(s32 id, u64 *value, u64 *interval);
long posix_timer_getoverrun(s32 id);
/* The nth timer of a process, for /proc/PID/timers. => false: there is none */
struct posix_timer_info {
	s32 id;
	int clock, notify, signo;
	u64 value;
	u32 target;
};
bool posix_timer_nth(struct process *p, u32 nth, struct posix_timer_info *o);
int posix_timer_delete(s32 id);

/* A clock on processor time (also those of other processes): ns or -EINVAL. */
int cpu_clock_read(int clock, u64 *ns);
/* Sleep until such a clock says `until`. => 0, -EINTR, -EINVAL */
int cpu_clock_sleep(int clock, u64 until);
/* restart_syscall(2) of an interrupted relative sleep. */
long nanosleep_restart(void);
/* Any clock id: now, or -EINVAL. */
int clock_read(int clock, u64 *ns);
/* The monotonic moment at which a system-wide clock will say `at`. */
u64 clock_to_mono(int clock, u64 at);

#endif
