/* SPDX-License-Identifier: GPL-2.0 */
/* readv(2) and friends. (The kernel itself uses struct iov_seg.) */
#ifndef ABI_UIO_H
#define ABI_UIO_H

#include <kernel/types.h>

#define UIO_MAXIOV 1024

struct iovec {
	u64 iov_base;
	u64 iov_len;
};

#define RWF_HIPRI    1
#define RWF_DSYNC    2
#define RWF_SYNC     4
#define RWF_NOWAIT   8
#define RWF_APPEND   16
#define RWF_NOAPPEND 32
#define RWF_ATOMIC   64

#endif
