/* SPDX-License-Identifier: GPL-2.0 */
/* Listeners of seccomp filters (seccomp_unotify(2)); seccomp_notify.c. */
#ifndef TASK_SECCOMP_NOTIFY_H
#define TASK_SECCOMP_NOTIFY_H

#include <abi/seccomp.h>
#include <kernel/task.h>

struct seccomp_listener;

/* => a listener that belongs to a filter, or NULL */
struct seccomp_listener *seccomp_listener_new(bool killable);
/* The filter goes, or was never installed. */
void seccomp_listener_drop(struct seccomp_listener *l);
/* => its file, which nobody has yet, or ERR_PTR */
struct file *seccomp_listener_file(struct seccomp_listener *l);
/*
 * Ask the listener about the call and wait for the answer.
 * => true: do not make the call, the result is in regs->rax
 */
bool seccomp_notify(struct seccomp_listener *l, const struct seccomp_data *d,
		    struct pt_regs *regs);
long seccomp_notify_sizes(u32 flags, uaddr args);

#endif
