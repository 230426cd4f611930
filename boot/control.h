/* SPDX-License-Identifier: GPL-2.0 */
/* Commands to a running machine: the monitor's side, and who asks. */
#ifndef BOOT_CONTROL_H
#define BOOT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include "drivers-host/monitor.h"

#define CONTROL_LINE 600

/*
 * control.c, in the monitor: carry out a line that came over the control
 * socket, with the descriptors that came with it, in a thread of its own; the
 * answer goes to sock. Everything given is its own from then on.
 */
void control_start(int sock, const char *line, const int *fds, int nfds);
/* RING_MON_CTL_GET, RING_MON_CTL_PUT */
int64_t control_serve(struct ring_work *w);
/* monitor.c: for "halt" and "reboot" */
void monitor_halt(bool reboot);

/*
 * ctl.c, in whoever asks: a command as a user writes it, to the machine with
 * that state folder. => its answer, "OK …" or "ERR …", to be freed
 */
char *ctl_command(const char *dir, const char *line);
int ctl_main(int argc, char **argv); /* lodger ctl NAME COMMAND... */
/* A socket for uml_mconsole in the state folder, -1; and one request on it. */
int ctl_mconsole_open(const char *dir);
void ctl_mconsole_serve(int fd, const char *dir);

#endif
