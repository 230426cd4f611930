/* SPDX-License-Identifier: GPL-2.0 */
/*
 * POSIX access control lists: the story is in acl.c.
 */
#ifndef VFS_ACL_H
#define VFS_ACL_H

#include <kernel/vfs.h>

struct posix_acl;

void acl_put(struct posix_acl *acl);
/* ->permission of inodes that have an access list. */
int acl_permission(struct inode *ino, u32 mask, const struct cred *c);
/*
 * The mode of a new inode made in dir has had no umask taken off if dir has a
 * default list: take from the mode what that denies, and inherit. The caller is
 * the only one who knows the inode. => 0 or -ENOMEM
 */
int acl_inherit(struct inode *ino, const struct inode *dir);
/* The mode was changed by chmod(2). => Caller holds ino->lock. */
int acl_chmod(struct inode *ino);
/* Names of the lists, for listxattr(2). => bytes; buf may be NULL */
size_t acl_list(struct inode *ino, char *buf, size_t n);

/* "system.posix_acl_*": 1 access, 2 default, 0 another name. */
int acl_name(const char *name);
ssize_t acl_get_xattr(struct inode *ino, int which, void *buf, size_t n);
/* val NULL: remove. => Caller holds ino->lock. */
int acl_set_xattr(struct inode *ino, int which, const void *val, size_t n);

#endif
