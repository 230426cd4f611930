/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stubs of the ptrace backend execute on the kernel's behalf. Their tracer
 * sets the registers and lets them run up to the int3. No stack is used.
 *
 * This is a page of its own, the only one of the kernel's that stubs keep. Its
 * instructions are the guest's to execute as well: a `syscall` there is then a
 * system call of the guest, and an int3 a SIGTRAP.
 */
#include <asm/unistd.h>

	.macro	ENTRY name
	.globl	\name
	.hidden	\name
\name:
	.endm

	.section .text.stub, "ax"
ENTRY stub_syscall
	syscall
	int3
ENTRY stub_syscall_end

ENTRY stub_cmpxchg
	lock cmpxchg %edx, (%rdi)
	int3
ENTRY stub_cmpxchg_end

/* clone; the child waits untraced for its tracer, r12 as in stub_wait. */
ENTRY stub_clone
	syscall
	test	%rax, %rax
	jz	stub_wait
	int3
ENTRY stub_clone_end

/*
 * A fork of the zygote, with rdi = the zygote's number, comes from host_clone.
 */
ENTRY stub_born
	mov	%rdi, %r12
	mov	host_token(%rip), %r9
/*
 * Wait for the tracer. It is the zygote's end that must end us, traced or not.
 * r9 = token, r12 = the zygote's number, 0 for a thread.
 */
stub_wait:
	test	%r12, %r12
	jz	1f
	mov	$__NR_prctl, %eax
	mov	$1, %edi		/* PR_SET_PDEATHSIG */
	mov	$9, %esi
	xor	%edx, %edx
	xor	%r10d, %r10d
	xor	%r8d, %r8d
	syscall
	mov	$__NR_getppid, %eax
	syscall
	cmp	%r12, %rax
	jne	2f
	mov	$__NR_prctl, %eax
	mov	$15, %edi		/* PR_SET_NAME */
	lea	stub_name(%rip), %rsi
	syscall
1:	mov	$__NR_pause, %eax
	syscall
	jmp	1b
2:	mov	$__NR_exit_group, %eax
	xor	%edi, %edi
	syscall
	hlt

/* The last instructions of a stub thread, untraced: rax = exit, r9 = token. */
ENTRY stub_leave
	syscall
	hlt
stub_name:
	.asciz	"lodger:stub"
	.section .note.GNU-stack, "", @progbits
