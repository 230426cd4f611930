/* SPDX-License-Identifier: GPL-2.0 */
/* inotify between the system calls and kernel/vfs/inotify.c. */
#ifndef VFS_INOTIFY_H
#define VFS_INOTIFY_H

#include <kernel/vfs.h>

/* flags: O_NONBLOCK */
struct file *inotify_create(int flags);
/* => the watch descriptor; -EINVAL: f is no inotify descriptor */
bool inotify_is_file(const struct file *f);
int inotify_add(struct file *f, struct inode *ino, u32 mask);
/* F_NOTIFY. mask: DN_*; without any, the file's request goes. */
int dnotify_set(struct file *f, s32 fd, u32 mask);
void dnotify_release(struct file *f);
int inotify_remove(struct file *f, s32 wd);

#endif
