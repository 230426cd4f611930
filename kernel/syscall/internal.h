/* SPDX-License-Identifier: GPL-2.0 */
/* Between the dispatcher and strace. */
#ifndef SYSCALL_INTERNAL_H
#define SYSCALL_INTERNAL_H

#include <kernel/syscall.h>
#include <hostapi/regs.h>

/* How strace shows a call; made from syscalls.tbl. */
struct syscall_format {
	const char *name; /* NULL: no such call */
	const char *args; /* two characters an argument: type, letter */
	char result;
};
extern const struct syscall_format syscall_formats[NR_SYSCALLS];

/* The function of a number; of those without one: ENOSYS. */
long (*syscall_find(u32 nr))(const struct pt_regs *);
/* kern_syscall() with tracers, filters and strace; traced.c. */
void syscall_traced(struct pt_regs *regs);

/* Is any call of any task traced? Read on each system call. */
extern u32 strace_active;
/* Run the call under strace: print it and its result. Cold. */
long strace_syscall(u32 nr, struct pt_regs *regs,
		    long (*fn)(const struct pt_regs *));

/* sys_prctl_mm.c */
long prctl_set_mm(u64 a2, u64 a3, u64 a4, u64 a5);

#endif
