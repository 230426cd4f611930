/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lodger carries: the kernel image and the built-in root file system.
 * Page-aligned, so that the monitor can give the memory back after copying.
 */
	.section .rodata
	.balign	4096
	.globl	image_kernel_start, image_kernel_end
image_kernel_start:
	.incbin	"kernel.img"
image_kernel_end:
	.balign	4096
	.globl	image_initrd_start, image_initrd_end
image_initrd_start:
	.incbin	"initramfs.cpio"
image_initrd_end:
	.balign	4096
	/* never loaded: for lodger gdb (gdb.c) */
	.section .lodger.kernel, "", @progbits
	.incbin	"kernel.dbg"
	.section .lodger.gdb, "", @progbits
	.incbin	"kernel.elf-gdb.py"
	.section .note.GNU-stack, "", @progbits
