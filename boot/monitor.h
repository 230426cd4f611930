/* SPDX-License-Identifier: GPL-2.0 */
/* One life of a machine, from boot to its end. */
#ifndef BOOT_MONITOR_H
#define BOOT_MONITOR_H

#include <stdbool.h>
#include "names.h"
#include "options.h"

/* Shared between the keeper (main.c) and the monitor, its child. */
struct handover {
	volatile bool reboot; /* start again instead of ending */
};

/* In the monitor's process. => exit status of the machine */
int monitor_run(const struct options *o, struct name_state *st,
		struct handover *h);

/* memory.c: watch the machine's memory; a thread. limit in bytes. */
int memory_watch_start(int machine_pid, unsigned long long limit);

#endif
