/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Call frame information for the gates, so that a debugger's backtrace leads
 * from the kernel through the entry into the guest program's own frames, and
 * ends where a thread began. In .debug_frame only: the image carries none.
 */
#ifndef ARCH_UNWIND_H
#define ARCH_UNWIND_H

/* the assembler's: clang-format has no idea */
/* clang-format off */

	.cfi_sections .debug_frame

/* register number (DWARF) stands at rsp + off */
	.macro	UNWIND_REG reg, off
	.cfi_escape 0x10, \reg, 3, 0x77, ((\off) & 0x7f) | 0x80, (\off) >> 7
	.endm

/* From here to .cfi_endproc rsp points to a struct pt_regs: the caller's. */
	.macro	UNWIND_REGS
	.cfi_startproc
	.cfi_escape 0x0f, 4, 0x77, (PT_RSP & 0x7f) | 0x80, PT_RSP >> 7, 0x06
	UNWIND_REG 0, PT_RAX
	UNWIND_REG 1, PT_RDX
	UNWIND_REG 2, PT_RCX
	UNWIND_REG 3, PT_RBX
	UNWIND_REG 4, PT_RSI
	UNWIND_REG 5, PT_RDI
	UNWIND_REG 6, PT_RBP
	UNWIND_REG 8, PT_R8
	UNWIND_REG 9, PT_R9
	UNWIND_REG 10, PT_R10
	UNWIND_REG 11, PT_R11
	UNWIND_REG 12, PT_R12
	UNWIND_REG 13, PT_R13
	UNWIND_REG 14, PT_R14
	UNWIND_REG 15, PT_R15
	UNWIND_REG 16, PT_RIP
	.endm

/* From here to .cfi_endproc: nobody called. */
	.macro	UNWIND_END
	.cfi_startproc
	.cfi_undefined rip
	.endm

#endif
