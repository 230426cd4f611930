/* SPDX-License-Identifier: GPL-2.0 */
/* gdb on a machine's kernel. */
#ifndef BOOT_GDB_H
#define BOOT_GDB_H

#include <sys/types.h>
#include "monitor.h"
#include "options.h"

/* `lodger gdb NAME|PID|CORE [GDB-ARG...]` => exit status */
int gdb_main(int argc, char **argv);

/* The processes of a machine that can be traced, the first one first; or dies. */
int gdb_machine(const char *what, pid_t *out, int max);

/*
 * `lodger run --gdb`, in the keeper. Before the monitor is started: keeps the
 * terminal for gdb; what the job writes is passed on to it.
 */
void gdb_take_terminal(void);
/* Start gdb on the machine that the monitor is about to make; => its pid */
pid_t gdb_start(const struct options *o, const struct handover *h);
/* It has ended, or (wait) will: the terminal is ours again. */
void gdb_ended(pid_t pid, bool wait);

#endif
