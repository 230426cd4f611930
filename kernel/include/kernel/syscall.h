/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls. Each is `long sys_NAME(u64 a1, … a6 as far as it has)`; the
 * prototypes come from kernel/syscall/syscalls.tbl (<build>/gen/syscalls.h),
 * as do the dispatch table and the strace tables. An entry only decodes and
 * copies; the work is in the subsystem.
 *
 * The argument types in syscalls.tbl and what they become in C:
 *   i int   u u32   l long   U u64 (size_t, unsigned long)   p uaddr
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <kernel/types.h>
#include <abi/errno.h>
#include <gen/syscalls.h>

/* The kernel words strace=1, strace=NAME[,NAME…]: print calls to the log. */
void strace_setup(const char *arg);

#endif
