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

void tty_get(struct tty *t);
void tty_put(struct tty *t);
u64 tty_devnum(struct tty *t);
/* "pts/0", "console"; for /proc and ps. */
const char *tty_name(struct tty *t);
u32 tty_pgrp(struct tty *t);
/* A session leader exits: SIGHUP, SIGCONT, disassociate. May sleep. */
void tty_session_exit(struct process *leader);

/* Console driver upwards: bytes typed, size changed, line gone. */
void console_input(const u8 *buf, size_t n);
void console_resize(u32 cols, u32 rows);
void console_hangup(void);
/* Kernel messages to the console; never blocks for long. */
void console_printk(const char *s, size_t n);

void tty_init(void);
void pty_init(void);
void console_init(void);

#endif
