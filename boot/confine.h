/* SPDX-License-Identifier: GPL-2.0 */
/* Walls around the monitor and, as far as the host offers them, the machine. */
#ifndef BOOT_CONFINE_H
#define BOOT_CONFINE_H

#include <stdbool.h>

struct confine {
	bool root_granted; /* hostfs serves a folder */
	bool root_rw;
	int root_fd;	 /* -1: none */
	bool own_userns; /* the machine has a user namespace of its own */
	bool verbose;
};

/*
 * The monitor gives up what it does not need any more: after everything named
 * on the command line is open, before the first thread starts.
 */
void confine_monitor(const struct confine *c);

/*
 * The keeper, when it will not start the machine again: root's capabilities go,
 * but for looking at the machine's memory when that is to be counted.
 */
void confine_keeper(bool counts_memory);

/*
 * In the machine's first process: no file may be opened, and without a pid
 * namespace no stranger be signalled, where the host has Landlock. Best effort:
 * the machine's system-call filter stands in front of it.
 */
void confine_machine(bool pid_namespace);

/* Landlock's version on this host, 0 = none. */
int confine_landlock_abi(void);

#endif
