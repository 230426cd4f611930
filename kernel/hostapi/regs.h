/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct pt_regs: the guest's general registers while its task is in the
 * kernel. It stands at the top of the task's kernel stack (task_regs()).
 *
 * Vector state is not in it. After a jump entry it is live in the processor;
 * after a signal entry it exists only in the signal frame on the pad (arch-um
 * remembers where). host_fpu_*() hide the difference.
 */
#ifndef HOSTAPI_REGS_H
#define HOSTAPI_REGS_H

#include <stdint.h>

struct pt_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx;
	uint64_t r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t orig_rax; /* system-call number, or -1 */
	uint64_t rip, cs, rflags, rsp, ss;
	/* how we came in and what that means for the way out */
	uint32_t entry; /* enum entry_kind */
	uint32_t flags; /* PT_REGS_* */
};

enum entry_kind {
	ENTRY_JUMP,   /* a patched call site */
	ENTRY_SIGSYS, /* a trapped system call */
	ENTRY_FAULT,  /* SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP */
	ENTRY_KICK,
	ENTRY_NEW, /* first return to user mode of a new task or image */
};

/* Every register must be restored: rcx and r11 are not a call's scratch. */
#define PT_REGS_FULL 1u

#endif
