/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The three gates of the direct backend, and the host-call instruction.
 *
 *   gate_jump	  a patched call site jumps here: rax number, rcx return address,
 *		  r11 scratch, the rest as for the syscall instruction
 *   gate_signal  every signal handler of the machine
 *   gate_exit	  the one way back to user mode
 *
 * WRPKRU stands once in each; what it has just set is checked by the next
 * instruction, because anybody can jump to it. Which thread runs is asked of the
 * processor (LSL), never of GS, RSP or PKRU: those can be forged, the latter by
 * a jump to the WRPKRU of the exit gate.
 *
 * A signal may arrive between any two instructions. While the stack pointer may
 * be user mode's, the slot's state says USER or the pointer has been moved to
 * the top of the pad; it goes to the keyed stack only when the state says
 * KERNEL, and leaves it before the state says USER. So where the host has put
 * the frame and what the state says tell all there is to know:
 *
 *   frame on the pad		guest registers, whatever the state: user mode or
 *				a gate was interrupted, the RIP ranges below say
 *				which (direct_signal in trap_direct.c)
 *	RIP in gate_jump	undo: registers as before the jump
 *	RIP in gate_signal	start over with the first frame
 *	RIP in the exit		start the exit over from pt_regs
 *   elsewhere, state USER	the stack pointer was forged: the guest dies
 *   elsewhere, else		the kernel was interrupted; plain sigreturn
 */
#include "layout.h"
#include "unwind.h"

/*
 * Without keys (--trap direct-unwalled) these instructions become no-ops when
 * the machine starts: the processor may not have them.
 */
	.macro	KEYS insn:vararg
771:	\insn
772:
	.pushsection .nokeys, "a"
	.quad	771b, 772b
	.popsection
	.endm

	.macro	ENTRY name
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	.endm

	.section .text.gate, "ax"
	.balign	64
ENTRY gate_jump
	mov	%rax, %gs:SCR_RAX
	mov	%rdx, %gs:SCR_RDX
	mov	%rcx, %gs:SCR_RIP
ENTRY gate_jump_saved
	xor	%ecx, %ecx
	xor	%edx, %edx
	mov	$PKRU_KERNEL, %eax
	KEYS	wrpkru
	cmp	$PKRU_KERNEL, %eax
	jne	gate_bad
	mov	$SLOT_SELECTOR, %ecx
	lsl	%ecx, %ecx
	jnz	gate_bad
	shl	$SLOT_SHIFT, %rcx
	lea	slots(%rip), %rdx
	add	%rdx, %rcx
	cmpl	$SLOT_USER, HT_STATE(%rcx)
	jne	gate_bad
	mov	%rsp, %rdx
	mov	HT_SCRATCH(%rcx), %rsp
ENTRY gate_jump_switched
	movl	$SLOT_KERNEL, HT_STATE(%rcx)
	mov	HT_STACKTOP(%rcx), %rsp
ENTRY gate_jump_end
	push	$0			/* entry = ENTRY_JUMP, flags = 0 */
	push	$USER_SS
	push	%rdx			/* rsp */
	pushfq
	push	$USER_CS
	mov	HT_SCRATCH(%rcx), %r11	/* not through GS: the key is open */
	mov	SCR_RAX(%r11), %rax
	mov	SCR_RIP(%r11), %rcx
	mov	SCR_RDX(%r11), %rdx
	push	%rcx			/* rip */
	push	%rax			/* orig_rax */
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx			/* rcx = rip, as after SYSCALL */
	push	$-38			/* rax = -ENOSYS */
	push	%r8
	push	%r9
	push	%r10
	push	$0x202			/* r11 = flags */
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	UNWIND_REGS
	testl	$FLAGS_ODD, PT_RFLAGS(%rsp)
	jnz	2f
1:	xor	%ebp, %ebp
	mov	%rsp, %rdi
	call	kern_syscall
	jmp	exit_fast
2:	push	$2			/* DF, AC, TF off in the kernel */
	popfq
	mov	%rsp, %rdi
	call	direct_odd_flags
	jmp	1b
	.cfi_endproc

/*
 * Trampolines of a process that uses GS itself lead here: the trap is taken for
 * the system call (direct_slow_call).
 */
ENTRY gate_slow
	ud2

/*
 * Leave the kernel with the registers at rsp, which is task_regs(current).
 */
	.balign	64
ENTRY exit_to_user
	mov	%rdi, %rsp
ENTRY exit_slow
	UNWIND_REGS
	/* pending work, vector state, odd flags: in C */
	mov	%rsp, %rdi
	call	direct_exit_prepare
	/* => eax: 0 plain, 1 full registers, 2 iret */
	mov	HT_TASK_OFF(%rsp), %rcx	/* task->host */
	mov	HT_SCRATCH(%rcx), %r11
	mov	%rsp, %rdx
	test	%eax, %eax
	jnz	exit_full
	jmp	gate_exit
exit_again:
	movl	$SLOT_KERNEL, HT_STATE(%rcx)
	mov	%rdx, %rsp
	jmp	exit_slow
	.cfi_endproc

	.balign	64
exit_fast:
	cmpl	$0, PT_ENTRY + 4(%rsp)	/* flags: PT_REGS_FULL */
	jne	exit_slow
	testl	$FLAGS_ODD, PT_RFLAGS(%rsp)
	jne	exit_slow
	cmpl	$0, TASK_WORK_OFF(%rsp)
	jne	exit_slow
	mov	HT_TASK_OFF(%rsp), %rcx
	mov	HT_SCRATCH(%rcx), %r11
	mov	%rsp, %rdx
	/*
	 * rcx = slot, rdx = pt_regs, r11 = scratch: all guest registers leave
	 * the keyed stack, then the stack pointer, then the state changes.
	 */
ENTRY gate_exit
	mov	%r11, %rsp
	mov	PT_RAX(%rdx), %rax
	mov	PT_RDX(%rdx), %rbx
	mov	PT_RIP(%rdx), %rbp
	mov	PT_RSP(%rdx), %r12
	mov	%rax, SCR_RAX(%rsp)
	mov	%rbx, SCR_RDX(%rsp)
	mov	%rbp, SCR_RIP(%rsp)
	mov	%r12, SCR_RSP(%rsp)
	mov	$0x202, %r11d
exit_leave:
	mov	PT_R15(%rdx), %r15
	mov	PT_R14(%rdx), %r14
	mov	PT_R13(%rdx), %r13
	mov	PT_R12(%rdx), %r12
	mov	PT_RBP(%rdx), %rbp
	mov	PT_RBX(%rdx), %rbx
	mov	PT_R10(%rdx), %r10
	mov	PT_R9(%rdx), %r9
	mov	PT_R8(%rdx), %r8
	mov	PT_RSI(%rdx), %rsi
	mov	PT_RDI(%rdx), %rdi
	movl	$SLOT_USER, %eax
	xchg	%eax, HT_STATE(%rcx)
	/* a kick that came before has left work, a later one is a signal */
	cmpl	$0, TASK_WORK_OFF(%rdx)
	jne	exit_again
	jmp	exit_close

exit_full:				/* everything, rcx and r11 as well */
	mov	%r11, %rsp
	mov	%eax, SCR_CS(%rsp)	/* which way: 1 or 2 */
	mov	PT_RCX(%rdx), %rax
	mov	%rax, SCR_RCX(%rsp)
	mov	PT_R11(%rdx), %rax
	mov	%rax, SCR_R11(%rsp)
	mov	PT_RFLAGS(%rdx), %rax
	mov	%rax, SCR_FLAGS(%rsp)
	mov	PT_RAX(%rdx), %rax
	mov	%rax, SCR_RAX(%rsp)
	mov	PT_RDX(%rdx), %rax
	mov	%rax, SCR_RDX(%rsp)
	mov	PT_RIP(%rdx), %rax
	mov	%rax, SCR_RIP(%rsp)
	mov	%rax, SCR_IRET(%rsp)
	movq	$USER_CS, SCR_IRET + 8(%rsp)
	mov	PT_RFLAGS(%rdx), %rax
	mov	%rax, SCR_IRET + 16(%rsp)
	mov	PT_RSP(%rdx), %rax
	mov	%rax, SCR_RSP(%rsp)
	mov	%rax, SCR_IRET + 24(%rsp)
	movq	$USER_SS, SCR_IRET + 32(%rsp)
	xor	%r11d, %r11d
	jmp	exit_leave

	.balign	16
exit_close:
	xor	%ecx, %ecx
	xor	%edx, %edx
	mov	$PKRU_USER, %eax
	KEYS	wrpkru
	cmp	$PKRU_USER, %eax
	jne	gate_bad
	test	%r11d, %r11d
	jz	1f
	mov	SCR_RAX(%rsp), %rax
	mov	SCR_RDX(%rsp), %rdx
	mov	SCR_RIP(%rsp), %rcx
	mov	SCR_RSP(%rsp), %rsp
	jmp	*%rcx
1:	cmpl	$2, SCR_CS(%rsp)
	je	2f
	add	$SCR_FLAGS, %rsp
	popfq				/* rsp = scratch + SCR_FLAGS + 8 */
	mov	SCR_RAX - SCR_FLAGS - 8(%rsp), %rax
	mov	SCR_RDX - SCR_FLAGS - 8(%rsp), %rdx
	mov	SCR_RCX - SCR_FLAGS - 8(%rsp), %rcx
	mov	SCR_R11 - SCR_FLAGS - 8(%rsp), %r11
	mov	SCR_RSP - SCR_FLAGS - 8(%rsp), %rsp
	jmp	*%gs:SCR_RIP
2:	mov	SCR_RAX(%rsp), %rax
	mov	SCR_RDX(%rsp), %rdx
	mov	SCR_RCX(%rsp), %rcx
	mov	SCR_R11(%rsp), %r11
	lea	SCR_IRET(%rsp), %rsp
	iretq
ENTRY gate_exit_end

/*
 * A gate's check failed: somebody jumped into it. The key may be open with
 * registers of the attacker's choice, so nothing is trusted or touched: a fault,
 * taken on the pad, turns this into a SIGSEGV of the guest.
 */
ENTRY gate_bad
	xor	%esp, %esp
	hlt
	jmp	gate_bad

/*
 * All signals of the machine. rdi = signal, rsi = siginfo, rdx = ucontext.
 */
	.balign	64
ENTRY gate_signal
	mov	%rdx, %r12
	xor	%ecx, %ecx
	KEYS	rdpkru
	KEYS	cmp $PKRU_HANDLER, %eax
	KEYS	jne gate_bad
	xor	%edx, %edx
	mov	$PKRU_KERNEL, %eax
	KEYS	wrpkru
	cmp	$PKRU_KERNEL, %eax
	jne	gate_bad
	cld
	mov	$SLOT_SELECTOR, %ecx
	lsl	%ecx, %ecx
	jnz	gate_bad
	shl	$SLOT_SHIFT, %rcx
	lea	slots(%rip), %rax
	add	%rax, %rcx		/* rcx = slot */
	mov	%r12, %rdx
	mov	HT_STACKTOP(%rcx), %rax
	mov	%rsp, %r8
	sub	%rax, %r8
	cmp	$PAD_SIZE, %r8
	jae	signal_off_pad
	/* From user mode or a gate. */
	movl	$SLOT_KERNEL, HT_STATE(%rcx)
	lea	-PT_SIZE(%rax), %rsp
ENTRY gate_signal_end
	UNWIND_REGS
	push	$2			/* the host leaves NT and AC as they were */
	popfq
	/* (sig, info, uc, slot) => regs to leave with */
	xor	%ebp, %ebp
	call	direct_signal
	mov	%rax, %rdi
	jmp	exit_to_user
	.cfi_endproc

signal_off_pad:
	cmpl	$SLOT_USER, HT_STATE(%rcx)
	je	signal_forged
	/* Nested: stay on this stack, return by the host's sigreturn. */
	and	$-16, %rsp
	push	$2
	popfq
	call	direct_signal_nested
	test	%rax, %rax
	jnz	1f
	mov	%r12, %rsp		/* the host finds the frame below */
	jmp	host_sigreturn_code
1:	mov	%rax, %rdi
	jmp	exit_to_user

signal_forged:
	mov	HT_SCRATCH(%rcx), %rsp
	movl	$SLOT_KERNEL, HT_STATE(%rcx)
	lea	-PT_SIZE(%rax), %rsp
	mov	%rcx, %rdi
	xor	%ebp, %ebp
	call	direct_forged
	mov	%rax, %rdi
	jmp	exit_to_user

/* SA_RESTORER; not used by our handlers, but the host wants one. */
ENTRY host_sigreturn_code
	mov	host_token(%rip), %r9
	mov	$15, %eax
	syscall
	hlt

/*
 * long host_call(nr, a1, a2, a3, a4, a5): argument 6 carries the token.
 */
	.text
	.balign	32
ENTRY host_call
	.cfi_startproc
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	host_token(%rip), %r9
	syscall
	xor	%r9d, %r9d
	xor	%r11d, %r11d
	ret
	.cfi_endproc

/*
 * long host_call6(nr, a1, a2, a3, a4, a5, a6): for the two calls whose token
 * sits in unused halves of the arguments.
 */
ENTRY host_call6
	.cfi_startproc
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%edx, %edx
	ret
	.cfi_endproc

/*
 * long ctx_wait6(u64 *ctx_sp, nr, a1..a6 in a struct): save the context so
 * that another thread can continue it, make the call, and come back.
 *   rdi = where to store the stack pointer, rsi = long[7] {nr, a1..a6}
 */
ENTRY ctx_wait6
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.cfi_startproc
	.cfi_def_cfa_offset 56
	.cfi_offset rbp, -16
	.cfi_offset rbx, -24
	.cfi_offset r12, -32
	.cfi_offset r13, -40
	.cfi_offset r14, -48
	.cfi_offset r15, -56
	mov	%rsp, (%rdi)
	mov	%rsi, %r11
	mov	0(%r11), %rax
	mov	8(%r11), %rdi
	mov	16(%r11), %rsi
	mov	24(%r11), %rdx
	mov	32(%r11), %r10
	mov	40(%r11), %r8
	mov	48(%r11), %r9
	syscall
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%edx, %edx
ctx_resumed:
	.cfi_endproc
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

/* void ctx_resume(u64 sp, long value): continue a saved context. */
ENTRY ctx_resume
	mov	%rdi, %rsp
	mov	%rsi, %rax
	jmp	ctx_resumed

/* A context made by the reaper starts here: rbx = argument, r12 = function. */
ENTRY adopted_trampoline
	UNWIND_END
	mov	%rbx, %rdi
	call	*%r12
	ud2
	.cfi_endproc

/*
 * long ctx_leave(u64 *ctx_sp, u64 new_sp, fn, a, b): save the context, then run
 * fn(a, b) on another stack; fn does not return. ctx_resume() continues it.
 */
ENTRY ctx_leave
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	mov	%rcx, %rdi
	mov	%r8, %rsi
	xor	%ebp, %ebp
	UNWIND_END
	call	*%rdx
	ud2
	.cfi_endproc

/* void stack_run(u64 new_sp, fn, a, b): run fn on another stack for good. */
ENTRY stack_run
	mov	%rdi, %rsp
	mov	%rsi, %rax
	mov	%rdx, %rdi
	mov	%rcx, %rsi
	xor	%ebp, %ebp
	UNWIND_END
	call	*%rax
	ud2
	.cfi_endproc

/*
 * long host_clone(flags, stack, ptid, ctid, fn, arg): the child runs
 * fn(arg) on the new stack and never returns.
 */
ENTRY host_clone
	push	%rbx
	push	%rbp
	mov	%r8, %rbx		/* fn */
	mov	%r9, %rbp		/* arg */
	mov	%rcx, %r10		/* ctid */
	xor	%r8d, %r8d		/* tls */
	mov	host_token(%rip), %r9
	mov	$56, %eax
	syscall
	test	%rax, %rax
	jz	1f
	xor	%r9d, %r9d
	pop	%rbp
	pop	%rbx
	ret
1:	mov	(%rsp), %rdi		/* a read maps 16 pages at once */
	mov	%rbp, %rdi
	xor	%ebp, %ebp
	xor	%r9d, %r9d
	UNWIND_END
	call	*%rbx
	ud2
	.cfi_endproc

/*
 * long host_set_slot(u32 desc, u32 tok_lo, u32 tok_hi): the 32-bit call
 * set_thread_area; desc lies in the low 4 GiB.
 */
ENTRY host_set_slot
	push	%rbx
	push	%rbp
	mov	%edi, %ebx
	mov	%esi, %ecx
	mov	$243, %eax
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	int	$0x80
	xor	%ecx, %ecx
	xor	%edx, %edx
	movslq	%eax, %rax
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
