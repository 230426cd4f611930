// SPDX-License-Identifier: GPL-2.0
/*
 * Special files: device numbers and what stands behind them.
 *
 * Drivers register a range of minors of a major once at boot; there are no
 * removals, so the list is read without a lock. The operations of a device
 * inode only know how to open: they look the number up, put the driver's
 * operations into the file and call its open. FIFOs belong to kernel/ipc, block
 * devices to kernel/block; sockets cannot be opened by name.
 */
#include <kernel/ipc.h>
#include "vfs/internal.h"

static struct chrdev *chrdevs;
static spinlock_t chrdev_lock;

void chrdev_register(struct chrdev *c)
{
	spin_lock(&chrdev_lock);
	c->next = chrdevs;
	store_release(&chrdevs, c);
	spin_unlock(&chrdev_lock);
}

struct chrdev *chrdev_list(void)
{
	return load_acquire(&chrdevs);
}

static const struct file_ops *chrdev_find(u64 rdev)
{
	u32 ma = MAJOR(rdev), mi = MINOR(rdev);
	struct chrdev *c;

	for (c = load_acquire(&chrdevs); c; c = c->next)
		if (c->major == ma && mi >= c->minor &&
		    mi - c->minor < c->count)
			return c->ops;
	return NULL;
}

static int chrdev_open(struct inode *ino, struct file *f)
{
	const struct file_ops *ops = chrdev_find(ino->rdev);

	if (!ops)
		return -ENXIO;
	f->ops = ops;
	return ops->open ? ops->open(ino, f) : 0;
}

const struct file_ops *blkdev_file_ops;

static int blkdev_open(struct inode *ino, struct file *f)
{
	if (!blkdev_file_ops)
		return -ENXIO;
	f->ops = blkdev_file_ops;
	return f->ops->open(ino, f);
}

static int special_open_none(struct inode *ino, struct file *f)
{
	return -ENXIO;
}

static const struct file_ops chrdev_file_ops = { .open = chrdev_open };
static const struct file_ops blkdev_open_ops = { .open = blkdev_open };
static const struct file_ops special_none_ops = { .open = special_open_none };

void inode_init_special(struct inode *ino, u32 mode, u64 rdev)
{
	ino->mode = mode;
	ino->rdev = rdev;
	switch (mode & S_IFMT) {
	case S_IFCHR:
		ino->fops = &chrdev_file_ops;
		break;
	case S_IFIFO:
		ino->rdev = 0;
		ino->fops = &fifo_file_ops;
		break;
	case S_IFBLK:
		ino->fops = &blkdev_open_ops;
		break;
	default:
		ino->rdev = 0;
		ino->fops = &special_none_ops;
		break;
	}
}
