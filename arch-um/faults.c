// SPDX-License-Identifier: GPL-2.0
/*
 * Which host calls can be made to fail (kernel/debug/faults.c says when), and
 * with which error: those that the host may refuse for want of memory or of
 * processes. The others (futex, exit, sigaltstack …) fail only when we make
 * mistakes. Taking memory back may fail too: splitting a mapping needs one.
 */
#include <asm/unistd.h>
#define FAULTS_RAW
#include "arch.h"
#include <abi/errno.h>
#include <kernel/faults.h>

#ifdef CONFIG_FAULTS

static long fault_error(long nr)
{
	switch (nr) {
	case __NR_mmap:
	case __NR_munmap:
	case __NR_mprotect:
	case __NR_mremap:
	case __NR_mincore:
		return -ENOMEM;
	case __NR_madvise:
	case __NR_clone:
		return -EAGAIN;
	}
	return 0;
}

long fault_host_call(long nr, long a1, long a2, long a3, long a4, long a5)
{
	if (fault_error(nr) && fault_host())
		return fault_error(nr);
	return host_call(nr, a1, a2, a3, a4, a5);
}

long fault_host_call6(long nr, long a1, long a2, long a3, long a4, long a5,
		      long a6)
{
	if (fault_error(nr) && fault_host())
		return fault_error(nr);
	return host_call6(nr, a1, a2, a3, a4, a5, a6);
}

long fault_host_clone(uint64_t flags, uint64_t stack, uint32_t *ptid,
		      uint32_t *ctid, void (*fn)(void *), void *arg)
{
	if (fault_host())
		return -EAGAIN;
	return host_clone(flags, stack, ptid, ctid, fn, arg);
}

#endif
