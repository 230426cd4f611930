// SPDX-License-Identifier: GPL-2.0
/*
 * Loop devices: a file as a block device (loop(4), losetup(8)).
 *
 * loop0 … loop7 are there from the start, more are made when /dev/loop-control
 * is asked for a free one. A device without a file has size 0. One with a file
 * has a thread, which takes bios off a list and does them with the file's own
 * operations, in a context without limits or credentials of whoever wrote.
 *
 * Locks: loop->lock (mutex): binding and what belongs to it, not held while
 * bios run. loop->queue_lock (spinlock): the list. Outside of bdev_lock.
 */
#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/loop.h>
#include <abi/major.h>
#include <kernel/cred.h>
#include <kernel/printk.h>
#include <kernel/seqbuf.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "internal.h"
#include "vfs/internal.h"

#define LOOP_MAX   256u
#define LOOP_FIRST 8u

struct loop {
	struct bdev bdev;
	u32 nr;
	struct mutex lock;
	struct file *file; /* NULL: free */
	u64 offset, limit;
	u32 flags;
	char name[64]; /* as losetup gave it */
	spinlock_t queue_lock;
	/* under queue_lock */
	struct list_head queue;
	bool stop, stopped;
	struct waitqueue wait;
};

static struct mutex loops_lock = MUTEX_INIT(loops_lock);
static struct loop *loops[LOOP_MAX];

/* --- bios --- */

static int loop_transfer(struct loop *l, struct bio *bio)
{
	loff_t pos = (loff_t)(l->offset + bio->pos);

	for (u32 i = 0; i < bio->nr_vecs; i++) {
		u8 *base = bio->vecs[i].base;
		size_t left = bio->vecs[i].len;

		while (left) {
			ssize_t n;

			n = bio->op == BIO_READ
				    ? file_read_kernel(l->file, base, left, pos)
				    : file_write_kernel(l->file, base, left,
							pos);
			if (n < 0)
				return n == -ENOSPC ? -ENOSPC : -EIO;
			if (!n && bio->op == BIO_WRITE)
				return -EIO;
			if (!n) { /* the file has become shorter */
				memset(base, 0, left);
				n = (ssize_t)left;
			}
			base += n;
			pos += n;
			left -= (size_t)n;
		}
	}
	return 0;
}

static int loop_punch(struct loop *l, struct bio *bio)
{
	const struct file_ops *ops = l->file->ops;

	if (!ops->fallocate)
		return -EOPNOTSUPP;
	/* PUNCH_HOLE with KEEP_SIZE: zeros, also for who asked for zeros */
	return ops->fallocate(l->file, 3, (loff_t)(l->offset + bio->pos),
			      (loff_t)bio->len);
}

static void loop_do(struct loop *l, struct bio *bio)
{
	int err;

	switch (bio->op) {
	case BIO_READ:
	case BIO_WRITE:
		err = loop_transfer(l, bio);
		if (!err && bio->op == BIO_WRITE && (bio->flags & BIO_FUA))
			err = vfs_fsync(l->file, 1);
		break;
	case BIO_FLUSH:
		err = vfs_fsync(l->file, 1);
		break;
	default:
		err = loop_punch(l, bio);
	}
	bio_done(bio, err);
}

static struct bio *loop_next(struct loop *l)
{
	struct bio *bio = NULL;

	spin_lock(&l->queue_lock);
	if (!list_empty(&l->queue)) {
		bio = list_first(&l->queue, struct bio, node);
		list_del(&bio->node);
	}
	spin_unlock(&l->queue_lock);
	return bio;
}

static void loop_thread(void *arg)
{
	struct loop *l = arg;
	struct bio *bio;

	for (;;) {
		wait_event(&l->wait,
			   (bio = loop_next(l)) != NULL || READ_ONCE(l->stop),
			   "loop");
		if (!bio)
			break;
		loop_do(l, bio);
	}
	WRITE_ONCE(l->stopped, true);
	waitqueue_wake_all(&l->wait);
}

static void loop_submit(struct bdev *b, struct bio *bio)
{
	struct loop *l = b->priv;

	spin_lock(&l->queue_lock);
	list_add_tail(&bio->node, &l->queue);
	spin_unlock(&l->queue_lock);
	waitqueue_wake_all(&l->wait);
}

/* --- binding --- */

static u64 loop_size(const struct loop *l)
{
	const struct inode *ino = l->file->inode;
	u64 size = S_ISBLK(ino->mode) ? ((struct bdev *)l->file->priv)->size
				      : READ_ONCE(ino->size);

	size = size > l->offset ? size - l->offset : 0;
	if (l->limit)
		size = min(size, l->limit);
	return size & ~511ull;
}

/* A loop device on itself would wait for ever. */
static bool loop_is_own(const struct loop *l, const struct file *f)
{
	while (S_ISBLK(f->inode->mode)) {
		const struct bdev *b = f->priv;

		if (b->whole == &l->bdev)
			return true;
		if (MAJOR(b->whole->rdev) != LOOP_MAJOR)
			return false;
		f = ((struct loop *)b->whole->priv)->file;
		if (!f)
			return false;
	}
	return false;
}

static int loop_bind(struct loop *l, int fd, u32 block,
		     const struct loop_info64 *info)
{
	struct file *f = fd_get(fd);
	char name[16];
	int err = -EINVAL;

	if (!f)
		return -EBADF;
	if (l->file) {
		file_put(f);
		return -EBUSY;
	}
	if ((!S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode)) ||
	    !(f->mode & FMODE_READ) || loop_is_own(l, f) ||
	    (block && (block < 512 || block > 4096 || (block & (block - 1)))))
		goto bad;
	l->offset = info->offset;
	l->limit = info->sizelimit;
	l->flags = info->flags & (LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR |
				  LO_FLAGS_PARTSCAN);
	if (!(f->mode & FMODE_WRITE))
		l->flags |= LO_FLAGS_READ_ONLY;
	memcpy(l->name, info->file_name, sizeof(l->name) - 1);
	l->file = f;
	l->stop = l->stopped = false;
	l->bdev.read_only = l->bdev.host_read_only = l->flags &
						     LO_FLAGS_READ_ONLY;
	l->bdev.logical_block = block ? block : 512;
	l->bdev.discard = f->ops->fallocate && !l->bdev.read_only;
	snprintf(name, sizeof(name), "loop%u", l->nr);
	if (IS_ERR(kthread_start(name, loop_thread, l))) {
		l->file = NULL;
		err = -ENOMEM;
		goto bad;
	}
	bdev_set_size(&l->bdev, loop_size(l));
	bdev_scan_loop(&l->bdev, l->flags & LO_FLAGS_PARTSCAN);
	return 0;
bad:
	file_put(f);
	return err;
}

/* Caller holds l->lock; nobody uses the device but, perhaps, the caller. */
static void loop_unbind(struct loop *l)
{
	struct file *f = l->file;

	bdev_scan_loop(&l->bdev, false); /* partitions go */
	bdev_set_size(&l->bdev, 0);
	WRITE_ONCE(l->stop, true);
	waitqueue_wake_all(&l->wait);
	wait_event(&l->wait, READ_ONCE(l->stopped), "loop_stop");
	l->file = NULL;
	l->flags = 0;
	l->bdev.read_only = l->bdev.host_read_only = false;
	l->bdev.logical_block = 512;
	memset(l->name, 0, sizeof(l->name));
	file_put(f);
}

static int loop_clear(struct loop *l)
{
	u32 openers;
	bool parts;

	if (!l->file)
		return -ENXIO;
	mutex_lock(&bdev_lock);
	openers = l->bdev.openers;
	parts = bdev_parts_busy_locked(&l->bdev);
	mutex_unlock(&bdev_lock);
	if (openers > 1 || parts)
		l->flags |= LO_FLAGS_AUTOCLEAR; /* as soon as it can be */
	else
		loop_unbind(l);
	return 0;
}

static void loop_last_close(struct bdev *b)
{
	struct loop *l = b->priv;
	bool busy;

	mutex_lock(&l->lock);
	mutex_lock(&bdev_lock);
	busy = bdev_busy_locked(b);
	mutex_unlock(&bdev_lock);
	if (!busy && l->file && (l->flags & LO_FLAGS_AUTOCLEAR))
		loop_unbind(l);
	mutex_unlock(&l->lock);
}

/* --- status --- */

static int loop_get_status(struct loop *l, u64 arg)
{
	struct loop_info64 *i;
	int err;

	if (!l->file)
		return -ENXIO;
	i = kzalloc(sizeof(*i));
	if (!i)
		return -ENOMEM;
	i->device = l->file->inode->sb ? l->file->inode->sb->dev : 0;
	i->inode = l->file->inode->ino;
	i->rdevice = S_ISBLK(l->file->inode->mode) ? l->file->inode->rdev : 0;
	i->offset = l->offset;
	i->sizelimit = l->limit;
	i->number = l->nr;
	i->flags = l->flags;
	memcpy(i->file_name, l->name, sizeof(i->file_name));
	err = copy_to_user((uaddr){ arg }, i, sizeof(*i));
	kfree(i);
	return err;
}

static int loop_set_status(struct loop *l, u64 arg)
{
	const u32 may = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN;
	struct loop_info64 *i;
	bool scan;

	if (!l->file)
		return -ENXIO;
	i = kmalloc(sizeof(*i));
	if (!i)
		return -ENOMEM;
	if (copy_from_user(i, (uaddr){ arg }, sizeof(*i))) {
		kfree(i);
		return -EFAULT;
	}
	scan = (i->flags & LO_FLAGS_PARTSCAN) &&
	       !(l->flags & LO_FLAGS_PARTSCAN);
	l->flags = (l->flags & ~LO_FLAGS_AUTOCLEAR) | (i->flags & may);
	memcpy(l->name, i->file_name, sizeof(l->name) - 1);
	if (i->offset != l->offset || i->sizelimit != l->limit) {
		bdev_set_size(&l->bdev, l->bdev.size); /* write back, forget */
		l->offset = i->offset;
		l->limit = i->sizelimit;
		bdev_set_size(&l->bdev, loop_size(l));
	}
	if (scan)
		bdev_scan_loop(&l->bdev, true);
	kfree(i);
	return 0;
}

static int loop_configure(struct loop *l, u64 arg)
{
	struct loop_config *c = kmalloc(sizeof(*c));
	int err = -ENOMEM;

	if (c && copy_from_user(c, (uaddr){ arg }, sizeof(*c)))
		err = -EFAULT;
	else if (c)
		err = loop_bind(l, (int)c->fd, c->block_size, &c->info);
	kfree(c);
	return err;
}

static long loop_command(struct loop *l, u32 cmd, u64 arg)
{
	static const struct loop_info64 none;

	switch (cmd) {
	case LOOP_SET_FD:
		return loop_bind(l, (int)arg, 0, &none);
	case LOOP_CONFIGURE:
		return loop_configure(l, arg);
	case LOOP_CLR_FD:
		return loop_clear(l);
	case LOOP_GET_STATUS64:
		return loop_get_status(l, arg);
	case LOOP_SET_STATUS64:
		return loop_set_status(l, arg);
	case LOOP_SET_CAPACITY:
		if (!l->file)
			return -ENXIO;
		bdev_set_size(&l->bdev, loop_size(l));
		return 0;
	case LOOP_SET_DIRECT_IO:
		return l->file ? (arg ? -EINVAL : 0) : -ENXIO;
	case LOOP_SET_BLOCK_SIZE:
		if (!l->file)
			return -ENXIO;
		if (arg < 512 || arg > 4096 || (arg & (arg - 1)))
			return -EINVAL;
		l->bdev.logical_block = (u32)arg;
		return 0;
	default:
		return -ENOTTY;
	}
}

static long loop_ioctl(struct bdev *b, u32 cmd, unsigned long arg)
{
	struct loop *l = b->priv;
	long err;

	if (cmd >> 8 != 0x4c)
		return -ENOTTY;
	if (cmd != LOOP_GET_STATUS64 && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	mutex_lock(&l->lock);
	err = loop_command(l, cmd, arg);
	mutex_unlock(&l->lock);
	return err;
}

static int loop_show(const struct bdev *b, const char *attr, struct seqbuf *s)
{
	const struct loop *l = b->priv;
	struct path root;
	char *buf, *p;

	if (!l->file)
		return -ENOENT;
	if (!strcmp(attr, "offset"))
		seq_printf(s, "%llu\n", (unsigned long long)l->offset);
	else if (!strcmp(attr, "sizelimit"))
		seq_printf(s, "%llu\n", (unsigned long long)l->limit);
	else if (!strcmp(attr, "autoclear"))
		seq_printf(s, "%u\n", !!(l->flags & LO_FLAGS_AUTOCLEAR));
	else if (!strcmp(attr, "partscan"))
		seq_printf(s, "%u\n", !!(l->flags & LO_FLAGS_PARTSCAN));
	else if (!strcmp(attr, "dio"))
		seq_puts(s, "0\n");
	else {
		buf = kmalloc(PATH_MAX);
		if (!buf)
			return -ENOMEM;
		fs_get_root(&root);
		p = path_string(&l->file->path, &root, buf, PATH_MAX);
		if (!IS_ERR(p))
			seq_printf(s, "%s\n", p);
		path_put(&root);
		kfree(buf);
	}
	return 0;
}

static const struct bdev_ops loop_ops = {
	.submit = loop_submit,
	.ioctl = loop_ioctl,
	.last_close = loop_last_close,
	.show = loop_show,
};

/* --- the devices --- */

/* Caller holds loops_lock. */
static int loop_make(u32 nr)
{
	struct loop *l;
	int err;

	if (nr >= LOOP_MAX)
		return -ENODEV;
	if (loops[nr])
		return -EEXIST;
	l = kzalloc(sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->nr = nr;
	mutex_init(&l->lock);
	waitqueue_init(&l->wait);
	list_init(&l->queue);
	snprintf(l->bdev.name, sizeof(l->bdev.name), "loop%u", nr);
	l->bdev.rdev = MKDEV(LOOP_MAJOR, nr);
	l->bdev.ops = &loop_ops;
	l->bdev.priv = l;
	l->bdev.fua = true;
	err = bdev_register(&l->bdev);
	if (err) {
		kfree(l);
		return err;
	}
	loops[nr] = l;
	return 0;
}

static long loop_get_free(void)
{
	u32 nr;
	int err;

	for (nr = 0; nr < LOOP_MAX; nr++) {
		if (!loops[nr]) {
			err = loop_make(nr);
			return err ? err : (long)nr;
		}
		if (!READ_ONCE(loops[nr]->file) && !loops[nr]->bdev.holder)
			return nr;
	}
	return -ENOSPC;
}

static long loop_remove(u32 nr)
{
	int err;

	if (nr >= LOOP_MAX || !loops[nr])
		return -ENODEV;
	if (loops[nr]->file)
		return -EBUSY;
	err = bdev_retire(&loops[nr]->bdev);
	if (err)
		return err;
	kfree(loops[nr]);
	loops[nr] = NULL;
	return 0;
}

static long loop_ctl_ioctl(struct file *f, u32 cmd, u64 arg)
{
	long err = -ENOTTY;

	if (cmd < LOOP_CTL_ADD || cmd > LOOP_CTL_GET_FREE)
		return err;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	mutex_lock(&loops_lock);
	switch (cmd) {
	case LOOP_CTL_ADD:
		err = loop_make((u32)arg);
		if (!err)
			err = (long)arg;
		break;
	case LOOP_CTL_REMOVE:
		err = loop_remove((u32)arg);
		break;
	case LOOP_CTL_GET_FREE:
		err = loop_get_free();
		break;
	}
	mutex_unlock(&loops_lock);
	return err;
}

static const struct file_ops loop_ctl_fops = {
	.ioctl = loop_ctl_ioctl,
	.llseek = noop_llseek,
};

void loop_init(void)
{
	static struct chrdev ctl = {
		.major = MISC_MAJOR,
		.minor = LOOP_CTRL_MINOR,
		.count = 1,
		.name = "loop-control",
		.ops = &loop_ctl_fops,
	};

	chrdev_register(&ctl);
	devtmpfs_add("loop-control", S_IFCHR | 0660,
		     MKDEV(MISC_MAJOR, LOOP_CTRL_MINOR));
	for (u32 i = 0; i < LOOP_FIRST; i++)
		loop_make(i);
}
