/* SPDX-License-Identifier: GPL-2.0 */
/*
 * eventfd(2): a counter of 64 bits behind a descriptor. A write adds to it and
 * blocks while the sum would exceed 2^64-2; a read takes all of it, or one with
 * EFD_SEMAPHORE, and blocks while it is zero.
 *
 * The counter is guarded by the object's spinlock; sleepers wait without it.
 */
#include <abi/eventfd.h>
#include <abi/poll.h>
#include <kernel/ipc.h>
#include <kernel/printk.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/vfs.h>

#define EVENTFD_MAX (~0ull - 1)

struct eventfd {
	spinlock_t lock;
	u64 count; /* under lock; read at any time */
	bool semaphore;
	struct waitqueue wait;
};

static bool eventfd_take(struct eventfd *e, u64 *val)
{
	bool ok;

	spin_lock(&e->lock);
	ok = e->count != 0;
	*val = e->semaphore ? 1 : e->count;
	if (ok)
		e->count -= *val;
	spin_unlock(&e->lock);
	return ok;
}

static bool eventfd_add(struct eventfd *e, u64 val)
{
	bool ok;

	spin_lock(&e->lock);
	ok = EVENTFD_MAX - e->count >= val;
	if (ok)
		e->count += val;
	spin_unlock(&e->lock);
	return ok;
}

static ssize_t eventfd_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct eventfd *e = f->priv;
	u64 val;

	if (it->count < sizeof(val))
		return -EINVAL;
	while (!eventfd_take(e, &val)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_intr(&e->wait, READ_ONCE(e->count),
				    "eventfd_read"))
			return -ERESTARTSYS;
	}
	waitqueue_wake_nr(&e->wait, ~0u, POLLOUT | POLLWRNORM);
	return copy_to_iter(it, &val, sizeof(val)) == sizeof(val)
		       ? (ssize_t)sizeof(val)
		       : -EFAULT;
}

static ssize_t eventfd_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct eventfd *e = f->priv;
	u64 val;

	if (it->count != sizeof(val))
		return -EINVAL;
	if (copy_from_iter(it, &val, sizeof(val)) != sizeof(val))
		return -EFAULT;
	if (val == ~0ull)
		return -EINVAL;
	while (!eventfd_add(e, val)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_intr(&e->wait,
				    EVENTFD_MAX - READ_ONCE(e->count) >= val,
				    "eventfd_write"))
			return -ERESTARTSYS;
	}
	waitqueue_wake_nr(&e->wait, ~0u, POLLIN | POLLRDNORM);
	return sizeof(val);
}

static u32 eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->priv;
	u64 count;
	u32 mask = 0;

	poll_wait(f, &e->wait, pt);
	count = READ_ONCE(e->count);
	if (count)
		mask |= POLLIN;
	if (count < EVENTFD_MAX)
		mask |= POLLOUT;
	return mask;
}

static int eventfd_show_fdinfo(struct file *f, char *buf, size_t n)
{
	struct eventfd *e = f->priv;

	return snprintf(buf, n, "eventfd-count: %16llx\n",
			(unsigned long long)READ_ONCE(e->count));
}

static void eventfd_release(struct file *f)
{
	kfree(f->priv);
}

static const struct file_ops eventfd_file_ops = {
	.release = eventfd_release,
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.llseek = noop_llseek,
	.show_fdinfo = eventfd_show_fdinfo,
};

bool file_is_eventfd(const struct file *f)
{
	return f->ops == &eventfd_file_ops;
}

struct file *eventfd_create(u32 count, int flags)
{
	struct eventfd *e = kzalloc(sizeof(*e));
	struct file *f;

	if (!e)
		return ERR_PTR(-ENOMEM);
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	spin_init(&e->lock);
	waitqueue_init(&e->wait);
	f = file_open_anon("anon_inode:[eventfd]", &eventfd_file_ops, e,
			   O_RDWR | (flags & O_NONBLOCK), 0600);
	if (IS_ERR(f))
		kfree(e);
	else
		f->mode |= FMODE_STREAM;
	return f;
}
