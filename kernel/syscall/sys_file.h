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

/* Could the range be the guest's at all? As Linux's access_ok(). */
static inline bool user_buf_ok(uaddr a, u64 n)
{
	return a.va <= USER_MAX && n <= USER_MAX - a.va;
}

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
