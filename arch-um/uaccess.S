/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies with guest memory. Each instruction that touches it stands in the
 * exception table; the nested fault handler sends it to the fix-up, which says
 * how much is left.
 */
	.macro	EX from, to
	.section .extable, "a"
	.quad	\from, \to
	.text
	.endm

	.text
/* size_t arch_copy_from_user(dst, src, n): rdi, rsi, rdx; => left */
	.globl	arch_copy_user
	.hidden	arch_copy_user
	.type	arch_copy_user, @function
	.balign	32
arch_copy_user:
	cmp	$64, %rdx
	ja	2f
	mov	%rdx, %rcx
	shr	$3, %rcx
	jz	3f
1:	mov	(%rsi), %rax
4:	mov	%rax, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	sub	$8, %rdx
	dec	%rcx
	jnz	1b
3:	test	%rdx, %rdx
	jz	9f
5:	movzbl	(%rsi), %eax
6:	mov	%al, (%rdi)
	inc	%rsi
	inc	%rdi
	dec	%rdx
	jnz	5b
9:	xor	%eax, %eax
	ret
2:	mov	%rdx, %rcx
7:	rep movsb
	mov	%rcx, %rax
	ret
8:	/* rep stopped: rcx left */
	mov	%rcx, %rax
	ret
10:	/* word loop: finish byte by byte, to be exact */
	test	%rdx, %rdx
	jnz	5b
	xor	%eax, %eax
	ret
11:	mov	%rdx, %rax
	ret
	EX 1b, 10b
	EX 4b, 10b
	EX 5b, 11b
	EX 6b, 11b
	EX 7b, 8b

/* size_t arch_clear_user(dst, n) => left */
	.globl	arch_clear_user
	.hidden	arch_clear_user
	.type	arch_clear_user, @function
arch_clear_user:
	mov	%rsi, %rcx
	xor	%eax, %eax
1:	rep stosb
	mov	%rcx, %rax
	ret
2:	mov	%rcx, %rax
	ret
	EX 1b, 2b

/* ssize_t arch_strncpy_user(dst, src, n) => length, n, or -14 */
	.globl	arch_strncpy_user
	.hidden	arch_strncpy_user
	.type	arch_strncpy_user, @function
arch_strncpy_user:
	xor	%ecx, %ecx
1:	cmp	%rdx, %rcx
	je	3f
2:	movzbl	(%rsi,%rcx), %eax
	mov	%al, (%rdi,%rcx)
	test	%al, %al
	jz	3f
	inc	%rcx
	jmp	1b
3:	mov	%rcx, %rax
	ret
4:	mov	$-14, %rax
	ret
	EX 2b, 4b

/* int arch_cmpxchg_user(u32 *p, u32 *old, u32 new) => 0 or -14 */
	.globl	arch_cmpxchg_user
	.hidden	arch_cmpxchg_user
	.type	arch_cmpxchg_user, @function
arch_cmpxchg_user:
	mov	(%rsi), %eax
1:	lock cmpxchg %edx, (%rdi)
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
2:	mov	$-14, %eax
	ret
	EX 1b, 2b

/*
 * Vector state. XRSTOR never with bit 9 (PKRU): rdx:rax is checked after it,
 * together with PKRU itself, because anybody can jump here.
 * int arch_xrstor(const void *image, u64 mask) => 0 or -14
 */
	.globl	arch_xrstor
	.hidden	arch_xrstor
	.type	arch_xrstor, @function
arch_xrstor:
	mov	%rsi, %rax
	mov	%rsi, %rdx
	shr	$32, %rdx
1:	xrstor64 (%rdi)
	test	$0x200, %eax
	jnz	3f
	xor	%ecx, %ecx
4:	rdpkru
	cmp	$0xfffffff0, %eax
	jne	3f
5:	.pushsection .nokeys, "a" /* see entry.S */
	.quad	4b, 5b
	.popsection
	xor	%eax, %eax
	ret
2:	mov	$-14, %eax
	ret
3:	xor	%esp, %esp
	hlt
	EX 1b, 2b

/* int arch_xsave(void *image, u64 mask) => 0 or -14 */
	.globl	arch_xsave
	.hidden	arch_xsave
	.type	arch_xsave, @function
arch_xsave:
	mov	%rsi, %rax
	mov	%rsi, %rdx
	shr	$32, %rdx
1:	xsave64	(%rdi)
	xor	%eax, %eax
	ret
2:	mov	$-14, %eax
	ret
	EX 1b, 2b
	.section .note.GNU-stack, "", @progbits
