/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text built in kernel memory: what the files of procfs and sysfs show, and
 * what other subsystems add to them (proc_register).
 *
 * A seqbuf grows as it is written to. It never fails in the middle: when memory
 * is short, `err` is set, what follows is dropped, and whoever made the buffer
 * looks at the end.
 */
#ifndef KERNEL_SEQBUF_H
#define KERNEL_SEQBUF_H

#include <kernel/types.h>

struct seqbuf {
	char *buf;
	size_t len, cap;
	int err; /* 0 or -ENOMEM */
};

void seqbuf_init(struct seqbuf *s);
void seqbuf_destroy(struct seqbuf *s);

void seq_printf(struct seqbuf *s, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seqbuf *s, const char *str);
void seq_putc(struct seqbuf *s, char c);
void seq_write(struct seqbuf *s, const void *p, size_t n);
/* With the characters of `esc` (and backslash, if listed) as \ooo. */
void seq_escape(struct seqbuf *s, const char *str, const char *esc);
/* Fill with blanks up to column `col` of the line that began at `from`. */
void seq_pad(struct seqbuf *s, size_t from, size_t col);

/*
 * Take over a file of which procfs knows the name and the head line only:
 * "net/unix", "net/tcp", "sysvipc/shm", "locks" … (the stubs in proc_stub.c).
 * show() writes all of it, may sleep and take its subsystem's locks. At init
 * time only; path is kept.
 */
void proc_register(const char *path, void (*show)(struct seqbuf *s));

#endif
