/* SPDX-License-Identifier: GPL-2.0 */
/* What the calls on files share. */
#ifndef SYSCALL_SYS_FILE_H
#define SYSCALL_SYS_FILE_H

#include <abi/capability.h>
#include <hostapi/host.h>
#include <kernel/fdtable.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>

/* The most that one read or write moves: read(2). */
#define MAX_RW_COUNT 0x7ffff000ul

/* Neither starts before the file nor ends where no position can be. */
static inline bool rw_range_ok(loff_t pos, u64 n)
{
	return pos >= 0 && (s64)n >= 0 && (s64)((u64)pos + n) >= 0;
}

/* Could the range be the guest's at all? As Linux's access_ok(). */
static inline bool user_buf_ok(uaddr a, u64 n)
{
	return a.va <= USER_MAX && n <= USER_MAX - a.va;
}

/*
 * A struct that grows: `size` bytes of the guest's, of which what we do not
 * know must be zero and what it does not know is zero. => 0, -E2BIG, -EFAULT
 */
int copy_struct_from_user(void *dst, size_t known, uaddr from, u64 size);

/* FS_IOC_GETFLAGS and their kin; -ENOTTY: none of them. sys_fileattr.c */
long fileattr_ioctl(struct file *f, u32 cmd, uaddr arg);

/*
 * The whole of a call that is one function of a path: copies the name in, runs
 * the body, gives the buffer back.
 */
#define WITH_PATH(name, upath, body)                 \
	({                                           \
		char *name = path_name_get(upath);   \
		long name##_ret_;                    \
		if (IS_ERR(name)) {                  \
			name##_ret_ = PTR_ERR(name); \
		} else {                             \
			name##_ret_ = (body);        \
			path_name_put(name);         \
		}                                    \
		name##_ret_;                         \
	})

#endif
