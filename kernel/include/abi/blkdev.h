/* SPDX-License-Identifier: GPL-2.0 */
/* ioctl(2) on block devices: <linux/fs.h>, <linux/hdreg.h>, <linux/blkpg.h>. */
#ifndef ABI_BLKDEV_H
#define ABI_BLKDEV_H

#include <abi/ioctl.h>

#define BLKSECTGET    _IO(0x12, 103)
#define BLKPG	      _IO(0x12, 105)
#define BLKBSZGET     _IOR(0x12, 112, u64)
#define BLKBSZSET     _IOW(0x12, 113, u64)
#define BLKALIGNOFF   _IO(0x12, 122)
#define BLKSECDISCARD _IO(0x12, 125)
#define BLKZEROOUT    _IO(0x12, 127)

#define HDIO_GETGEO   0x0301
struct hd_geometry {
	u8 heads, sectors;
	u16 cylinders;
	u64 start;
};

struct blkpg_ioctl_arg {
	s32 op, flags, datalen;
	u32 pad;
	u64 data;
};
#define BLKPG_ADD_PARTITION    1
#define BLKPG_DEL_PARTITION    2
#define BLKPG_RESIZE_PARTITION 3
struct blkpg_partition {
	s64 start, length; /* bytes */
	s32 pno;
	char devname[64], volname[64];
	u32 pad;
};

#endif
