/* SPDX-License-Identifier: GPL-2.0 */
/* Owners of open files and the signals they get: kernel/vfs/fasync.c. */
#ifndef VFS_FASYNC_H
#define VFS_FASYNC_H

#include <kernel/vfs.h>
#include "vfs/inotify.h"

/* type: F_OWNER_*; id 0: nobody. force: even if there is one. => 0, -ESRCH */
int file_set_owner(struct file *f, u32 type, s32 id, bool force);
/* => the owner that still exists, or 0 */
s32 file_get_owner(struct file *f, u32 *type);
/* SIGIO, or what F_SETSIG asked for; reason: POLL_IN … Never sleeps. */
void file_signal_owner(struct file *f, s32 fd, int reason);
/* SIGURG: urgent data for a socket. Never sleeps. */
void file_signal_urgent(struct file *f);
bool file_can_async(const struct file *f);
int file_set_async(struct file *f, s32 fd, bool on);
void fasync_release(struct file *f);

/* lease.c */
/* F_SETLEASE: type F_RDLCK, F_WRLCK, F_UNLCK */
int lease_set(struct file *f, s32 fd, int type);
int lease_get(struct file *f);
void lease_release(struct file *f);
/*
 * Somebody opens (flags as for open) or truncates: holders are told, and this
 * sleeps until they have let go. => 0, -EWOULDBLOCK, -ERESTARTSYS
 */
int lease_break_slow(struct inode *ino, int flags);
static inline int lease_break(struct inode *ino, int flags)
{
	return unlikely(READ_ONCE(ino->leases) != NULL)
		       ? lease_break_slow(ino, flags)
		       : 0;
}
/* For /proc/locks: `nr` counts the lines. => bytes */
size_t lease_show(char *buf, size_t n, u32 *nr);
void lease_init(void);

#endif
