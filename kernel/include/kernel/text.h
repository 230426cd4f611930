/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program text for execution: the second view of a file, on hosts that want to
 * see all text before it runs (host_info.scans_text). read(2), ptrace(2) and
 * /proc/PID/mem show a file's own bytes; private executable mappings show a copy
 * in which the backend has patched the system calls and replaced what must not
 * be executed (host_text_patch), and have its trampolines mapped directly below
 * the file's first byte. One copy serves all processes. Such mappings carry
 * VM_TEXT.
 *
 * Executable memory without VM_TEXT (anonymous, shared, written to) is scanned
 * page by page when it is run into: kernel/mm/execmem.c.
 */
#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include <kernel/pool.h>

struct inode;
struct file;
struct mm;
struct text_image;

/*
 * The text image for a private executable mapping from `off` on of the file
 * behind f. May sleep. => image, or NULL: map the file itself. It lives as long
 * as the inode.
 */
struct text_image *text_image_get(struct file *f, u64 off);
/* [off, off+len) is going to be mapped: fill some of it. */
void text_image_prepare(struct text_image *ti, u64 off, u64 len);
/*
 * A page of an image that can only be read, although its vma says otherwise? And
 * how far from `from` on pages are alike in that.
 */
bool text_page_is_bad(const struct mapping *m, u64 pg);
u64 text_run(const struct mapping *m, u64 from, u64 to);
/* The mapping to show instead of the file's own, and that of the trampolines. */
struct mapping *text_image_mapping(struct text_image *ti);
struct mapping *text_image_trampolines(struct text_image *ti);
/* The inode goes; nothing maps it any more. */
void text_image_drop(struct inode *ino);

/*
 * current's address space has a GS base of the program's own: its trampolines
 * take the slow way from now on, which does without.
 */
void mm_uses_gs(struct mm *mm);

/* Sites in all text that was read so far. */
struct text_stats {
	u64 chunks, patched, left, bad; /* bad: pages */
	u64 scans, refused, turns;	/* execmem.c */
};
void text_get_stats(struct text_stats *st);

#endif
