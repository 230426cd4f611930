/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks of the vfs paths for inotify. While there is no mark in the machine
 * they cost one load.
 */
#ifndef VFS_FSNOTIFY_H
#define VFS_FSNOTIFY_H

#include <abi/inotify.h>
#include <kernel/atomic.h>

struct dentry;
struct file;
struct inode;

extern u32 fsnotify_marks; /* in the whole machine */

void fsnotify_inode_slow(struct inode *ino, u32 mask, const char *name,
			 u32 cookie);
void fsnotify_dentry_slow(struct dentry *d, u32 mask);
void fsnotify_inode_gone(struct inode *ino);
void fsnotify_super_gone_slow(void *sb);

static inline bool fsnotify_on(void)
{
	return unlikely(READ_ONCE(fsnotify_marks) != 0);
}
/* Something happened to the entry `name` of directory dir. */
static inline void fsnotify_dir(struct inode *dir, u32 mask, const char *name,
				u32 cookie)
{
	if (fsnotify_on())
		fsnotify_inode_slow(dir, mask, name, cookie);
}
/* To the inode itself and, by name, to its directory. */
static inline void fsnotify_dentry(struct dentry *d, u32 mask)
{
	if (fsnotify_on())
		fsnotify_dentry_slow(d, mask);
}
static inline void fsnotify_inode(struct inode *ino, u32 mask)
{
	if (fsnotify_on())
		fsnotify_inode_slow(ino, mask, NULL, 0);
}
u32 fsnotify_cookie(void);

#endif
