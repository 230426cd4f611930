/* SPDX-License-Identifier: GPL-2.0 */
/* Asynchronous I/O of io_submit(2). */
#ifndef ABI_AIO_H
#define ABI_AIO_H

#include <kernel/types.h>

#define IOCB_CMD_PREAD	 0
#define IOCB_CMD_PWRITE	 1
#define IOCB_CMD_FSYNC	 2
#define IOCB_CMD_FDSYNC	 3
#define IOCB_CMD_POLL	 5
#define IOCB_CMD_NOOP	 6
#define IOCB_CMD_PREADV	 7
#define IOCB_CMD_PWRITEV 8

#define IOCB_FLAG_RESFD	 1
#define IOCB_FLAG_IOPRIO 2

struct iocb {
	u64 aio_data;
	u32 aio_key;
	s32 aio_rw_flags;
	u16 aio_lio_opcode;
	s16 aio_reqprio;
	u32 aio_fildes;
	u64 aio_buf, aio_nbytes;
	s64 aio_offset;
	u64 aio_reserved2;
	u32 aio_flags, aio_resfd;
};

struct io_event {
	u64 data, obj;
	s64 res, res2;
};

#endif
