/* SPDX-License-Identifier: GPL-2.0 */
/* File locks between the system calls and kernel/vfs/locks.c. */
#ifndef VFS_LOCKS_H
#define VFS_LOCKS_H

#include <kernel/vfs.h>

enum lock_kind { LOCK_FLOCK, LOCK_POSIX, LOCK_OFD };

struct lock_request {
	enum lock_kind kind;
	int type;	   /* F_RDLCK, F_WRLCK, F_UNLCK */
	u64 start, end;	   /* both included; end = ~0: to the end of time */
	const void *owner; /* struct files, or struct file */
	s32 pid;
	bool wait;
};

/* => 0, -EAGAIN, -EDEADLK, -ENOLCK, -ERESTARTSYS */
int file_lock_set(struct file *f, const struct lock_request *r);
/* What is in the way of r goes into r; F_UNLCK when nothing is. */
void file_lock_get(struct file *f, struct lock_request *r);
void locks_init(void);

#endif
