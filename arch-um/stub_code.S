/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What runs in the stubs of the strict backends, beside the guest: the keeper
 * (see stub.h), and the handler that stops a guest thread. This is a page of its
 * own, the only one of the kernel's text that stubs keep; the direct backend
 * unmaps it.
 *
 * Guest code can jump to any of these instructions, and can write whatever the
 * handler reads. Then it does to itself what it could do anyway: a host call from
 * here traps like one from everywhere else, but for futex and without the token.
 */
#include <asm/unistd.h>
#include "stub_layout.h"

	.macro	ENTRY name
	.globl	\name
	.hidden	\name
\name:
	.endm

	.section .text.stub, "ax"
stub_code_start:

/*
 * The keeper. No stack, no memory but the orders, which are read-only here, and the
 * report, which it only writes. r15 = token, r14 = orders, r12 = number of the
 * last list, r13 = the order at hand, rbx = how many are left.
 */
ENTRY stub_enter_keeper
	mov	%rdi, %r15
	xor	%esp, %esp
ENTRY stub_keeper
	mov	$STUB_ORDERS, %r14
	xor	%r12d, %r12d
keeper_wait:
	mov	OR_SEQ(%r14), %eax
	cmp	%r12d, %eax
	jne	keeper_list
	mov	%r14, %rdi
	xor	%esi, %esi		/* FUTEX_WAIT */
	mov	%r12d, %edx
	xor	%r10d, %r10d
	mov	%r15, %r9
	mov	$__NR_futex, %eax
	syscall
	jmp	keeper_wait
keeper_list:
	mov	%eax, %r12d
	mov	OR_COUNT(%r14), %ebx
	lea	OR_LIST(%r14), %r13
	xor	%eax, %eax
keeper_next:
	test	%ebx, %ebx
	jz	keeper_done
	mov	ORDER_NR(%r13), %rax
	mov	ORDER_ARGS(%r13), %rdi
	mov	ORDER_ARGS + 8(%r13), %rsi
	mov	ORDER_ARGS + 16(%r13), %rdx
	mov	ORDER_ARGS + 24(%r13), %r10
	mov	ORDER_ARGS + 32(%r13), %r8
	mov	ORDER_ARGS + 40(%r13), %r9
	mov	ORDER_KIND(%r13), %ecx
	cmp	$ORDER_MMAP, %ecx
	je	1f
	mov	%r15, %r9
	cmp	$ORDER_FORK, %ecx
	je	keeper_fork
	cmp	$ORDER_THREAD, %ecx
	je	keeper_thread
	syscall
	jmp	2f
1:	mov	%r15, %rcx
	shr	$32, %rcx
	shl	$32, %rcx
	or	%rcx, %r10
	mov	%r15, %rcx
	shl	$32, %rcx
	or	%rcx, %r8
	syscall
2:	cmp	$-4095, %rax
	jae	keeper_failed
	add	$1 << ORDER_SHIFT, %r13
	dec	%ebx
	jmp	keeper_next
keeper_failed:
	testl	$ORDER_MUST, ORDER_FLAGS(%r13)
	jnz	stub_die
	lea	OR_FAILED(%r14), %rbp
	jmp	keeper_report
keeper_done:
	lea	OR_DONE(%r14), %rbp
keeper_report:
	mov	$STUB_REPORT, %rcx
	mov	%rax, (%rcx)
	/*
	 * Say so: only the kernel waits there, and only a wake-up tells it. It may
	 * not wait yet.
	 */
	mov	$1 << 21, %ebx
3:	mov	%rbp, %rdi
	mov	$1, %esi		/* FUTEX_WAKE */
	mov	$1, %edx
	xor	%r10d, %r10d
	mov	%r15, %r9
	mov	$__NR_futex, %eax
	syscall
	cmp	$1, %eax
	je	keeper_wait
	dec	%ebx
	jz	stub_die		/* there is no kernel any more */
	lea	OR_NAP(%r14), %rdi
	xor	%esi, %esi
	xor	%edx, %edx
	lea	OR_NAPTIME(%r14), %r10
	mov	%r15, %r9
	mov	$__NR_futex, %eax
	syscall
	jmp	3b

/*
 * fork: r8, which the call does not use, is where the child's orders are in the
 * file. The parent's are not mapped in the child.
 */
keeper_fork:
	syscall
	test	%rax, %rax
	jnz	2b
	mov	%r8, %r12
	mov	$STUB_ORDERS, %rdi
	mov	$1, %edx

	mov	%r12, %r9
	xor	%ebx, %ebx
6:	mov	$4096, %esi
	mov	%r15, %r10
	shr	$32, %r10
	shl	$32, %r10
	or	$0x11, %r10		/* MAP_SHARED | MAP_FIXED */
	mov	%r15, %r8
	shl	$32, %r8
	or	$FD_STUBS, %r8
	mov	$__NR_mmap, %eax
	syscall
	cmp	%rdi, %rax
	jne	stub_die
	test	%ebx, %ebx
	jnz	stub_keeper
	inc	%ebx			/* and the report behind it */
	mov	$STUB_REPORT, %rdi
	mov	$3, %edx
	add	$4096, %r9
	jmp	6b

/*
 * A guest thread: away with the descriptors, then on with registers, signal
 * stack and mask from the birth frame, which also takes the token away.
 */
keeper_thread:
	syscall
	test	%rax, %rax
	jnz	2b
	xor	%edi, %edi
	mov	$-1, %esi
	xor	%edx, %edx
	mov	%r15, %r9
	mov	$__NR_close_range, %eax
	syscall
	test	%rax, %rax
	jnz	stub_die
	lea	OR_BIRTH(%r14), %rsp
	mov	$__NR_rt_sigreturn, %eax
	syscall
ENTRY stub_die
	xor	%r15d, %r15d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r8d, %r8d
	hlt
	jmp	stub_die

/* --- guest threads --- */

/*
 * All signals of a guest thread: rdi = signal, rsi = siginfo, rdx = ucontext, on
 * its signal stack. Up to `posted` these three stay as they are: a kick that
 * comes in between starts over with them.
 */
ENTRY stub_handler
	mov	%rsp, %rbx
	and	$-STUB_AREA_SIZE, %rbx
	push	$2			/* the host leaves NT and AC as they were */
	popfq
	mov	UC_RIP(%rdx), %rax
	lea	stub_page(%rip), %rcx
	sub	%rcx, %rax
	cmp	$STUB_CODE_SIZE, %rax
	jb	nested
fresh:
	mov	%edi, AR_SIG(%rbx)
	mov	%rsi, AR_INFO(%rbx)
	mov	%rdx, AR_UC(%rbx)
	rdfsbase %rax
	mov	%rax, AR_FS(%rbx)
	rdgsbase %rax
	mov	%rax, AR_GS(%rbx)
	mov	$STUB_STOPPED, %eax
	xchg	%eax, AR_STATE(%rbx)
posted:
	mov	$0x7b, %eax
	lsl	%eax, %eax
	and	$0xfff, %eax
	mov	%eax, AR_CPU(%rbx)
	cmpl	$0, AR_KSLEEP(%rbx)
	je	thread_wait
	movl	$0, AR_KSLEEP(%rbx)
	lea	AR_KSLEEP(%rbx), %rdi
	mov	$1, %esi		/* FUTEX_WAKE */
	mov	$1, %edx
	mov	$__NR_futex, %eax
	syscall
	jmp	thread_wait

nested:
	/* guest code that jumped to here has its own stack */
	mov	UC_REGS + 120(%rdx), %rcx
	xor	%rbx, %rcx
	cmp	$STUB_AREA_SIZE, %rcx
	jae	fresh
	cmp	$stub_cmpxchg_at, %rax
	je	op_bad
	cmpl	$STUB_RUNS, AR_STATE(%rbx)
	jne	8f
	cmp	$fresh_from, %rax
	jb	7f
	cmp	$fresh_to, %rax
	jae	7f
	cmp	$23, %edi		/* SIGURG */
	jne	7f
	/* the first signal has not been posted yet */
	mov	UC_REGS + 64(%rdx), %rdi
	mov	UC_REGS + 72(%rdx), %rsi
	mov	UC_REGS + 96(%rdx), %rdx
	jmp	fresh
7:	/* on its way out: the registers that the kernel gave are still good */
	or	$STUB_NESTED, %edi
	mov	%edi, AR_SIG(%rbx)
	mov	$STUB_STOPPED, %eax
	xchg	%eax, AR_STATE(%rbx)
	jmp	posted
8:	movl	$1, AR_KICKED(%rbx)
	jmp	thread_wait

/* A new thread begins here, from its birth frame: rbx = area. */
ENTRY stub_thread_wait
	mov	$STUB_STOPPED, %eax
	xchg	%eax, AR_STATE(%rbx)
	jmp	posted

thread_wait:
	mov	AR_UC(%rbx), %rsp	/* whatever came in between is forgotten */
	sub	$8, %rsp
	mov	AR_SPIN(%rbx), %ecx
1:	cmpl	$STUB_STOPPED, AR_STATE(%rbx)
	jne	thread_go
	dec	%ecx
	js	2f
	pause
	jmp	1b
2:	mov	$1, %eax
	xchg	%eax, AR_SSLEEP(%rbx)
	cmpl	$STUB_STOPPED, AR_STATE(%rbx)
	jne	3f
	lea	AR_SSLEEP(%rbx), %rdi
	xor	%esi, %esi		/* FUTEX_WAIT */
	mov	$1, %edx
	xor	%r10d, %r10d
	mov	$__NR_futex, %eax
	syscall
	cmpl	$STUB_STOPPED, AR_STATE(%rbx)
	je	2b
3:	movl	$0, AR_SSLEEP(%rbx)
thread_go:
	cmpl	$STUB_OP_CMPXCHG, AR_OP(%rbx)
	je	op_cmpxchg
	movl	$STUB_RUNS, AR_STATE(%rbx)
	cmpl	$0, AR_KICKED(%rbx)
	jne	kicked
	cmpl	$0, AR_BASES(%rbx)
	je	4f
	movl	$0, AR_BASES(%rbx)
	mov	AR_FS(%rbx), %rax
	wrfsbase %rax
	mov	AR_GS(%rbx), %rax
	wrgsbase %rax
4:	mov	AR_UC(%rbx), %rsi
	mov	UC_FPSTATE(%rsi), %rdi
	mov	AR_XMASK(%rbx), %eax
	mov	AR_XMASK + 4(%rbx), %edx
	xrstor64 (%rdi)
	lea	-UC_IRET(%rsi), %rsp
	mov	UC_REGS(%rsi), %r8
	mov	UC_REGS + 8(%rsi), %r9
	mov	UC_REGS + 16(%rsi), %r10
	mov	UC_REGS + 24(%rsi), %r11
	mov	UC_REGS + 32(%rsi), %r12
	mov	UC_REGS + 40(%rsi), %r13
	mov	UC_REGS + 48(%rsi), %r14
	mov	UC_REGS + 56(%rsi), %r15
	mov	UC_REGS + 64(%rsi), %rdi
	mov	UC_REGS + 80(%rsi), %rbp
	mov	UC_REGS + 88(%rsi), %rbx
	mov	UC_REGS + 96(%rsi), %rdx
	mov	UC_REGS + 104(%rsi), %rax
	mov	UC_REGS + 112(%rsi), %rcx
	mov	UC_REGS + 72(%rsi), %rsi
	iretq

kicked:
	movl	$0, AR_KICKED(%rbx)
	mov	$23, %edi
	jmp	7b

/* For the kernel: an atomic access to the guest's memory. */
op_cmpxchg:
	movl	$0, AR_OP_BAD(%rbx)
	mov	AR_OP_ADDR(%rbx), %rdi
	mov	AR_OP_OLD(%rbx), %eax
	mov	AR_OP_NEW(%rbx), %edx
ENTRY stub_cmpxchg_op
	lock cmpxchg %edx, (%rdi)
	mov	%eax, AR_OP_OLD(%rbx)
op_done:
	movl	$0, AR_OP(%rbx)
	mov	$STUB_STOPPED, %eax
	xchg	%eax, AR_STATE(%rbx)
	jmp	posted
op_bad:
	cmp	$23, %edi
	je	8b			/* a kick: do it again */
	movl	$1, AR_OP_BAD(%rbx)
	jmp	op_done

/* The same by a tracer: rdi, eax, edx. */
ENTRY stub_cmpxchg
	lock cmpxchg %edx, (%rdi)
	int3
ENTRY stub_cmpxchg_end

	.set	stub_cmpxchg_at, stub_cmpxchg_op - stub_code_start
	.set	fresh_from, stub_handler - stub_code_start
	.set	fresh_to, posted - stub_code_start
	.section .note.GNU-stack, "", @progbits
