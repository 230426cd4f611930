/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine's first instructions: rdi = boot parameters, rsp = boot stack.
 * This page holds a WRPKRU that is not checked, so it is unmapped before any
 * guest code runs (start.c).
 */
#include "layout.h"
	.section .text.init, "ax"
	.globl	arch_start
	.type	arch_start, @function
arch_start:
	xor	%ebp, %ebp
	and	$-16, %rsp
	cmpl	$0, BP_PKEY(%rdi)
	je	1f			/* no keys: no such instruction either */
	xor	%ecx, %ecx
	xor	%edx, %edx
	mov	$PKRU_KERNEL, %eax
	wrpkru
1:	call	arch_main
	ud2
	.section .note.GNU-stack, "", @progbits
