/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine as a whole: what it is called, how busy it is, and how it ends.
 */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

#include <abi/utsname.h>
#include <kernel/lock.h>

#define MACHINE_RELEASE "6.12.0-lodger"
#define MACHINE_VERSION "#1 SMP PREEMPT_DYNAMIC"

/*
 * Names as uname(2) shows them to current: its UTS namespace's. nodename and
 * domainname under uts_lock.
 */
struct utsname *uts_current(void);
bool uts_may_set(void);
extern struct mutex uts_lock;
void uts_set_nodename(const char *name);

/*
 * Time since the machine started. (The guest's clocks are the host's, and go on
 * from the host's start.) And the same for a time of time_boot_ns().
 */
void machine_mark_start(void);
u64 machine_uptime_ns(void);
u64 machine_since_start_ns(u64 boot_ns);

/* Load averages, fixed point with 16 bits after it, as sysinfo(2). */
void load_get(u64 loads[3]);
/* Start sampling; after timers and tasks work. */
void load_init(void);
/* Tasks there are, and those not asleep. */
void task_counts(u32 *total, u32 *running);
/* System calls so far, and those of them that came by a trap. */
void task_count_calls(u64 *calls, u64 *trapped);

/*
 * Power off, or ask the monitor to start again: lets consoles drain, syncs
 * nothing (the caller has), and ends every process. code: `lodger`'s status.
 */
void machine_stop(bool restart, int code) __noreturn;

#endif
