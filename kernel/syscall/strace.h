/* SPDX-License-Identifier: GPL-2.0 */
/* Names of flags and errors for strace; kernel/syscall/strace_names.c. */
#ifndef SYSCALL_STRACE_H
#define SYSCALL_STRACE_H

#include <kernel/types.h>

struct strace_name {
	u32 val;
	const char *name;
};

/* How one letter of syscalls.tbl is shown. */
struct strace_flags {
	char letter;
	u32 field; /* bits that hold a value; the others are flags */
	const struct strace_name *names; /* ends with a NULL name */
	const char *zero;		 /* what 0 is called, or NULL */
};

/* => NULL: not a letter of flags. */
const struct strace_flags *strace_flags_find(char letter);
void strace_flags_format(const struct strace_flags *t, u32 v, char *buf,
			 size_t n);
/* => "ENOENT", NULL when there is no such error. */
const char *strace_errno_name(u32 err);

#endif
