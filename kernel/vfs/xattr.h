/* SPDX-License-Identifier: GPL-2.0 */
/* Extended attributes between sys_xattr.c and the file systems. */
#ifndef VFS_XATTR_H
#define VFS_XATTR_H

#include <kernel/vfs.h>

ssize_t vfs_getxattr(struct inode *ino, const char *name, void *buf, size_t n);
int vfs_setxattr(const struct path *p, const char *name, const void *val,
		 size_t n, int flags);
int vfs_removexattr(const struct path *p, const char *name);
ssize_t vfs_listxattr(struct inode *ino, char *buf, size_t n);

#endif
