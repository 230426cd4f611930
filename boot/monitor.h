/* SPDX-License-Identifier: GPL-2.0 */
/* One life of a machine, from boot to its end. */
#ifndef BOOT_MONITOR_H
#define BOOT_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include "names.h"
#include "options.h"

/* Shared between the keeper (main.c) and the monitor, its child. */
struct handover {
	volatile bool reboot;	  /* start again instead of ending */
	volatile int machine_pid; /* the first process, once it is there */
	/* memory.c: the monitor asks (futex words), the keeper answers */
	uint32_t mem_ask, mem_answer;
	uint64_t mem_bytes;
	int core_fd; /* core.c: a memory file for the monitor to write to */
};

/* In the monitor's process. => exit status of the machine */
int monitor_run(const struct options *o, struct name_state *st,
		struct handover *h);

/* memory.c: watch the machine's memory; a thread. limit in bytes. */
int memory_watch_start(struct handover *h, int machine_pid,
		       unsigned long long limit);
/* In the keeper: answer for the machine of this monitor. */
void memory_keeper_watch(struct handover *h, int monitor_pid);

#endif
