// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl(2) on block devices: sizes, discard, partitions. See blockdev(8) for
 * what most of them are.
 */
#include <abi/blkdev.h>
#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/ioctl.h>
#include <kernel/cred.h>
#include <kernel/uaccess.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include "internal.h"

static long bdev_put_u32(u64 arg, u32 v)
{
	return put_user(v, ((uaddr){ arg }));
}

static long bdev_put_u64(u64 arg, u64 v)
{
	return put_user(v, ((uaddr){ arg }));
}

/* Slowly: what the device cannot do by itself. */
static int bdev_write_zeros(struct bdev *b, u64 pos, u64 len)
{
	const u32 size = 0x40000;
	u8 *zeros = kzalloc(size);
	int err = zeros ? 0 : -ENOMEM;

	while (!err && len) {
		u32 n = (u32)min_t(u64, len, size);

		err = bdev_change(b, BIO_WRITE, pos, n, zeros, 0);
		pos += n;
		len -= n;
	}
	kfree(zeros);
	return err;
}

int bdev_range_command(struct bdev *b, u64 pos, u64 len, bool zero)
{
	int err;

	if (b->read_only)
		return -EROFS;
	if (((pos | len) & (b->logical_block - 1)) || pos + len < pos ||
	    pos + len > b->size)
		return -EINVAL;
	err = bdev_change(b, zero ? BIO_ZERO : BIO_DISCARD, pos, len, NULL, 0);
	if (zero && err == -EOPNOTSUPP)
		err = bdev_write_zeros(b, pos, len);
	return err;
}

static long bdev_ioctl_range(struct file *f, struct bdev *b, u64 arg, bool zero)
{
	u64 range[2];

	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(range, (uaddr){ arg }, sizeof(range)))
		return -EFAULT;
	return bdev_range_command(b, range[0], range[1], zero);
}

static long bdev_ioctl_geometry(struct bdev *b, u64 arg)
{
	struct hd_geometry g = { .heads = 128, .sectors = 32 };
	u64 cyl = b->size / (128 * 32 * 512);

	g.cylinders = (u16)min_t(u64, cyl, 0xffff);
	g.start = b->start / 512;
	return copy_to_user((uaddr){ arg }, &g, sizeof(g));
}

static long bdev_ioctl_ro(struct bdev *b, u64 arg)
{
	u32 v;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (get_user(v, ((uaddr){ arg })))
		return -EFAULT;
	if (!v && b->host_read_only)
		return -EACCES;
	b->read_only = v;
	return 0;
}

long bdev_file_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct bdev *b = f->priv;

	switch (cmd) {
	case BLKGETSIZE64:
		return bdev_put_u64(arg, b->size);
	case BLKGETSIZE:
		return bdev_put_u64(arg, b->size / 512);
	case BLKSSZGET:
	case BLKPBSZGET:
		return bdev_put_u32(
			arg, cmd == BLKSSZGET ? b->logical_block
					      : max(b->logical_block, 4096u));
	case BLKBSZGET:
		return bdev_put_u32(arg, 4096);
	case BLKBSZSET:
		return capable(CAP_SYS_ADMIN) ? 0 : -EACCES;
	case BLKIOMIN:
		return bdev_put_u32(arg, max(b->logical_block, 4096u));
	case BLKIOOPT:
		return bdev_put_u32(arg, 0);
	case BLKALIGNOFF:
		return bdev_put_u32(arg, 0);
	case BLKDISCARDZEROES:
		return bdev_put_u32(arg, 0);
	case BLKROTATIONAL: {
		u16 v = 0;

		return put_user(v, ((uaddr){ arg }));
	}
	case BLKSECTGET: {
		u16 v = (u16)min_t(u32, b->max_bytes / 512, 0xffff);

		return put_user(v, ((uaddr){ arg }));
	}
	case BLKRAGET:
	case BLKFRAGET:
		return bdev_put_u64(arg, 256);
	case BLKRASET:
	case BLKFRASET:
		return capable(CAP_SYS_ADMIN) ? 0 : -EACCES;
	case BLKROGET:
		return bdev_put_u32(arg, b->read_only);
	case BLKROSET:
		return bdev_ioctl_ro(b, arg);
	case BLKGETDISKSEQ:
		return bdev_put_u64(arg, b->seq);
	case BLKFLSBUF:
		if (!capable(CAP_SYS_ADMIN))
			return -EACCES;
		if (!b->read_only)
			bdev_write_back(b, 0, ~0ull);
		return 0;
	case BLKDISCARD:
	case BLKSECDISCARD:
		return cmd == BLKSECDISCARD
			       ? -EOPNOTSUPP
			       : bdev_ioctl_range(f, b, arg, false);
	case BLKZEROOUT:
		return bdev_ioctl_range(f, b, arg, true);
	case BLKRRPART:
		if (!capable(CAP_SYS_ADMIN))
			return -EACCES;
		return b->whole == b ? bdev_rescan(b) : -EINVAL;
	case HDIO_GETGEO:
		return bdev_ioctl_geometry(b, arg);
	case BLKPG:
		return bdev_ioctl_pg(b, arg);
	default:
		return b->whole->ops->ioctl ? b->whole->ops->ioctl(b, cmd, arg)
					    : -ENOTTY;
	}
}
