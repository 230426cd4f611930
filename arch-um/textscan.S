/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first look at program text: where does 0f stand before 05, 01, a2 or ae?
 * Nearly all bytes are passed over here, so they go by sixteen. The user's
 * vector state may be live: what is used of it is put back.
 *
 * const u8 *text_scan(const u8 *p, const u8 *end): => the first 0f, or end
 */
	.section .rodata
	.balign	16
scan_0f:
	.fill	16, 1, 0x0f
scan_05:
	.fill	16, 1, 0x05
scan_01:
	.fill	16, 1, 0x01
scan_ae:
	.fill	16, 1, 0xae
scan_a2:
	.fill	16, 1, 0xa2

	.text
	.globl	text_scan
	.hidden	text_scan
	.type	text_scan, @function
	.balign	32
text_scan:
	sub	$88, %rsp
	movdqu	%xmm0, (%rsp)
	movdqu	%xmm1, 16(%rsp)
	movdqu	%xmm2, 32(%rsp)
	movdqu	%xmm3, 48(%rsp)
	movdqu	%xmm4, 64(%rsp)
	lea	-17(%rsi), %rdx
	cmp	%rdx, %rdi
	ja	2f
1:	movdqu	(%rdi), %xmm0
	movdqu	1(%rdi), %xmm1
	movdqa	%xmm1, %xmm2
	movdqa	%xmm1, %xmm3
	movdqa	%xmm1, %xmm4
	pcmpeqb	scan_0f(%rip), %xmm0
	pcmpeqb	scan_05(%rip), %xmm1
	pcmpeqb	scan_01(%rip), %xmm2
	pcmpeqb	scan_ae(%rip), %xmm3
	pcmpeqb	scan_a2(%rip), %xmm4
	por	%xmm1, %xmm2
	por	%xmm3, %xmm2
	por	%xmm4, %xmm2
	pand	%xmm2, %xmm0
	pmovmskb %xmm0, %eax
	test	%eax, %eax
	jnz	4f
	add	$16, %rdi
	cmp	%rdx, %rdi
	jbe	1b
2:	lea	1(%rdi), %rax		/* the rest byte by byte */
	cmp	%rsi, %rax
	jae	5f
	cmpb	$0x0f, (%rdi)
	jne	3f
	cmpb	$0x05, 1(%rdi)
	je	6f
	cmpb	$0x01, 1(%rdi)
	je	6f
	cmpb	$0xae, 1(%rdi)
	je	6f
	cmpb	$0xa2, 1(%rdi)
	je	6f
3:	inc	%rdi
	jmp	2b
4:	bsf	%eax, %eax
	add	%rax, %rdi
	jmp	6f
5:	mov	%rsi, %rdi
6:	mov	%rdi, %rax
	movdqu	(%rsp), %xmm0
	movdqu	16(%rsp), %xmm1
	movdqu	32(%rsp), %xmm2
	movdqu	48(%rsp), %xmm3
	movdqu	64(%rsp), %xmm4
	add	$88, %rsp
	ret

	.section .note.GNU-stack, "", @progbits
