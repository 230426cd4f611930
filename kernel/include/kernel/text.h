/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program text for execution: the second view of a file. read(2) shows a file's
 * own bytes; private executable mappings show a copy in which the backend has
 * patched the system calls (host_text_patch), and have its trampolines mapped
 * directly below the file's first byte. One copy serves all processes.
 */
#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include <kernel/pool.h>

struct inode;
struct file;
struct text_image;

/*
 * The text image for a private executable mapping of [off, off+len) of the file
 * behind f, made at the first call. May sleep. => image, or NULL: map the file
 * itself. It lives as long as the inode.
 */
struct text_image *text_image_get(struct file *f, u64 off, u64 len);
/* The mapping to show instead of the file's own, and that of the trampolines. */
struct mapping *text_image_mapping(struct text_image *ti);
struct mapping *text_image_trampolines(struct text_image *ti);
/* The inode goes; nothing maps it any more. */
void text_image_drop(struct inode *ino);

#endif
