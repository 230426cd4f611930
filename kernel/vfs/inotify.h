/* SPDX-License-Identifier: GPL-2.0 */
/* inotify between the system calls and kernel/vfs/inotify.c. */
#ifndef VFS_INOTIFY_H
#define VFS_INOTIFY_H

#include <kernel/vfs.h>

/* flags: O_NONBLOCK */
struct file *inotify_create(int flags);
/* => the watch descriptor; -EINVAL: f is no inotify descriptor */
int inotify_add(struct file *f, struct inode *ino, u32 mask);
int inotify_remove(struct file *f, s32 wd);

#endif
