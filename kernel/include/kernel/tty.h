/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Terminals: ttys, the N_TTY line discipline, pty pairs and the console.
 * Following termios(3), tty_ioctl(4), pty(7), credentials(7) for sessions.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include <kernel/types.h>

struct tty;
struct process;
struct file;

/*
 * process->tty holds a reference, under tasklist_lock: fork copies it with
 * tty_get(); setsid(2) and the end of a process that is no session leader drop
 * it with tty_process_clear(). tty_put() never sleeps and takes no lock.
 */
void tty_get(struct tty *t);
void tty_put(struct tty *t);
u64 tty_devnum(struct tty *t);
/* "pts/0", "console"; for /proc and ps. */
const char *tty_name(struct tty *t);
u32 tty_pgrp(struct tty *t);
/* proc->tty = NULL and its reference; caller holds tasklist_lock. */
void tty_process_clear(struct process *p);
/*
 * A session leader exits: SIGHUP, SIGCONT, disassociate. May sleep. Caller does
 * not hold tasklist_lock; harmless for processes that lead no session.
 */
void tty_session_exit(struct process *leader);

/* Console driver upwards: bytes typed, size changed, line gone. */
void console_input(const u8 *buf, size_t n);
void console_resize(u32 cols, u32 rows);
void console_hangup(void);
/* Kernel messages to the console; never blocks for long. */
void console_printk(const char *s, size_t n);
/* Wait until all output has reached the host; before power off. */
void console_drain(void);
/* vhangup(2) of the caller's controlling terminal. */
void tty_vhangup_current(void);

void tty_init(void);
void pty_init(void);
void console_init(void);
/* Threads of the console driver; when kthread_start() works. */
void console_start(void);

/* Threads for the job's own descriptors; called by console_start(). */
void hostio_init(void);
/*
 * The job's stdin, stdout and stderr when a command was given: the console
 * (opened by its name, so /dev is mounted; a session leader without a terminal
 * acquires it) or the caller's descriptors. References are the caller's.
 */
int hostio_open_job_fds(struct file *out[3]);
/*
 * If f is a terminal make it the controlling terminal of current, a session
 * leader. => 0, -ENOTTY, -EPERM
 */
int tty_acquire_file(struct file *f);
/* Wait until what the job wrote has reached the host. */
void hostio_drain(void);

#endif
