/* SPDX-License-Identifier: GPL-2.0 */
/* What the command says on stderr, and its own exit statuses. */
#ifndef BOOT_SAY_H
#define BOOT_SAY_H

#define EXIT_PANIC  120 /* the guest's kernel panicked */
#define EXIT_LODGER 125 /* lodger's own errors */

/* "lodger: …" and a line end that a raw terminal understands as well. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, then exit with EXIT_LODGER. Only before the machine runs. */
void say_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#endif
