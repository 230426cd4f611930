/* SPDX-License-Identifier: GPL-2.0 */
/* seccomp(2). */
#ifndef ABI_SECCOMP_H
#define ABI_SECCOMP_H

#include <kernel/types.h>

#define SECCOMP_MODE_DISABLED		       0
#define SECCOMP_RET_KILL		       0
#define SECCOMP_RET_KILL_THREAD		       0x00000000U
#define SECCOMP_SET_MODE_STRICT		       0
#define SECCOMP_ADDFD_FLAG_SETFD	       0x1
#define SECCOMP_FILTER_FLAG_TSYNC	       0x1
#define SECCOMP_MODE_STRICT		       1
#define SECCOMP_SET_MODE_FILTER		       1
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE       0x1
#define SECCOMP_ADDFD_FLAG_SEND		       0x2
#define SECCOMP_FILTER_FLAG_LOG		       0x2
#define SECCOMP_GET_ACTION_AVAIL	       2
#define SECCOMP_MODE_FILTER		       2
#define SECCOMP_GET_NOTIF_SIZES		       3
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW	       0x4
#define SECCOMP_FILTER_FLAG_NEW_LISTENER       0x8
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH	       0x10
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV 0x20
#define SECCOMP_RET_DATA		       0x0000ffffU
#define SECCOMP_RET_TRAP		       0x00030000U
#define SECCOMP_RET_ERRNO		       0x00050000U
#define SECCOMP_RET_USER_NOTIF		       0x7fc00000U
#define SECCOMP_RET_TRACE		       0x7ff00000U
#define SECCOMP_RET_LOG			       0x7ffc0000U
#define SECCOMP_RET_ACTION		       0x7fff0000U
#define SECCOMP_RET_ALLOW		       0x7fff0000U
#define SECCOMP_RET_KILL_PROCESS	       0x80000000U
#define SECCOMP_RET_ACTION_FULL		       0xffff0000U

struct seccomp_data {
	s32 nr;
	u32 arch;
	u64 instruction_pointer;
	u64 args[6];
};

struct sock_filter {
	u16 code;
	u8 jt;
	u8 jf;
	u32 k;
};

struct sock_fprog {
	u16 len;
	u64 filter;
};

#endif
