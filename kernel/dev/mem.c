// SPDX-License-Identifier: GPL-2.0
/*
 * The devices of major 1: null, zero, full, random, urandom, kmsg; null(4),
 * full(4), random(4), /dev/kmsg as the kernel documentation describes it.
 *
 * They have no state but for kmsg, where each open file has its place in the
 * log. A record there is "priority,sequence,microseconds,-;text"; our log is
 * plain bytes, so a line is a record, its sequence number is its position in
 * the log, and it carries no time of its own.
 */
#include <abi/errno.h>
#include <abi/major.h>
#include <abi/poll.h>
#include <kernel/fs.h>
#include <kernel/printk.h>
#include <kernel/shmem.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>

#define MEM_RANDOM_CHUNK 1024u
#define KMSG_LINE_MAX	 976u
#define KMSG_LOOK_NS	 (250 * NSEC_PER_MSEC)

/* All take any position and stay at 0. */
static loff_t mem_llseek(struct file *f, loff_t off, int whence)
{
	f->pos = 0;
	return 0;
}

static u32 mem_poll(struct file *f, struct poll_table *pt)
{
	return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
}

static ssize_t null_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return 0;
}

static ssize_t null_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	size_t n = it->count;

	iov_iter_advance(it, n);
	return (ssize_t)n;
}

static ssize_t zero_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	size_t want = it->count, done = 0;

	while (done < want) {
		/* in steps, so that a huge read can be killed */
		size_t part = min_t(size_t, want - done, 1u << 20);
		size_t n = iov_iter_zero(it, part);

		done += n;
		if (n < part)
			break;
		if (done < want && signal_pending(current))
			break;
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

static int zero_mmap(struct file *f, struct mapping **m, int prot, int flags)
{
	*m = NULL; /* anonymous memory is what it gives */
	return 0;
}

static ssize_t full_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return -ENOSPC;
}

static ssize_t random_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	u8 buf[MEM_RANDOM_CHUNK];
	size_t want = it->count, done = 0;

	while (done < want) {
		size_t part = min_t(size_t, want - done, sizeof(buf)), n;

		host_random(buf, part);
		n = copy_to_iter(it, buf, part);
		done += n;
		if (n < part)
			break;
		if (done < want && signal_pending(current))
			break;
	}
	memset(buf, 0, sizeof(buf));
	return done || !want ? (ssize_t)done : -EFAULT;
}

/* --- kmsg --- */

struct kmsg_reader {
	struct mutex lock;
	u64 pos; /* in the log */
};

static int kmsg_open(struct inode *ino, struct file *f)
{
	struct kmsg_reader *r;

	if (!(f->mode & FMODE_READ))
		return 0;
	r = kzalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	f->priv = r;
	return 0;
}

static void kmsg_release(struct file *f)
{
	kfree(f->priv);
}

/* "<6>text\n" at s => the priority; *text past it */
static u32 kmsg_priority(const char *s, size_t n, const char **text)
{
	*text = s;
	if (n >= 3 && s[0] == '<' && s[1] >= '0' && s[1] <= '7' &&
	    s[2] == '>') {
		*text = s + 3;
		return (u32)(s[1] - '0');
	}
	return 6;
}

/* "[seconds.micros] text" at *text, n bytes => micros; *text past it */
static u64 kmsg_time(const char **text, size_t n)
{
	const char *s = *text, *end = s + n;
	u64 us = 0;

	if (s == end || *s != '[')
		return 0;
	for (s++; s < end && *s != ']'; s++)
		if (*s >= '0' && *s <= '9')
			us = us * 10 + (u64)(*s - '0');
		else if (*s != ' ' && *s != '.')
			return 0;
	if (end - s < 2 || s[1] != ' ')
		return 0;
	*text = s + 2;
	return us;
}

/* Nothing wakes a reader of the log, so it looks now and then. */
static int kmsg_wait(const struct kmsg_reader *r, bool block)
{
	int err = 0;

	for (;;) {
		u32 seq = sleep_prepare();

		if (READ_ONCE(r->pos) < klog_end())
			return 0;
		if (!block)
			return -EAGAIN;
		if (err == -EINTR)
			return -ERESTARTSYS;
		err = sleep_on(seq, time_mono_ns() + KMSG_LOOK_NS, SLEEP_INTR,
			       "kmsg");
	}
}

static ssize_t kmsg_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct kmsg_reader *r = f->priv;
	char line[KMSG_LINE_MAX], head[64];
	const char *text, *end;
	u64 start, at, us;
	size_t n, len;
	ssize_t ret;
	u32 prio;

	if (!r)
		return -EBADF;
	ret = kmsg_wait(r, !(f->flags & O_NONBLOCK));
	if (ret)
		return ret;
	mutex_lock(&r->lock);
	start = at = r->pos;
	n = klog_read(&at, line, sizeof(line));
	ret = -EAGAIN;
	if (!n)
		goto out;
	start = at - n; /* older text may be gone */
	end = memchr(line, '\n', n);
	len = end ? (size_t)(end - line) + 1 : n;
	prio = kmsg_priority(line, len, &text);
	us = kmsg_time(&text, len - (size_t)(text - line));
	n = (size_t)snprintf(head, sizeof(head), "%u,%lu,%lu,-;", prio, start,
			     us);
	ret = -EINVAL;
	if (it->count < n + len - (size_t)(text - line))
		goto out;
	ret = -EFAULT;
	if (copy_to_iter(it, head, n) != n)
		goto out;
	ret = (ssize_t)n;
	n = len - (size_t)(text - line);
	if (copy_to_iter(it, text, n) != n) {
		ret = -EFAULT;
		goto out;
	}
	ret += (ssize_t)n;
	r->pos = start + len;
out:
	mutex_unlock(&r->lock);
	return ret;
}

static ssize_t kmsg_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	char line[KMSG_LINE_MAX];
	size_t n = it->count, len = min(n, sizeof(line) - 1);
	const char *text;
	u32 prio;

	if (copy_from_iter(it, line, len) != len)
		return -EFAULT;
	line[len] = 0;
	while (len && line[len - 1] == '\n')
		line[--len] = 0;
	prio = kmsg_priority(line, len, &text);
	printk("<%u>%s\n", prio, text);
	return (ssize_t)n;
}

static loff_t kmsg_llseek(struct file *f, loff_t off, int whence)
{
	struct kmsg_reader *r = f->priv;

	if (!r || off)
		return r ? -ESPIPE : -EBADF;
	switch (whence) {
	case SEEK_SET:
	case SEEK_DATA: /* after the last clear: we never clear */
		r->pos = 0;
		return 0;
	case SEEK_END:
		r->pos = klog_end();
		return 0;
	}
	return -EINVAL;
}

static u32 kmsg_poll(struct file *f, struct poll_table *pt)
{
	struct kmsg_reader *r = f->priv;
	u32 mask = POLLOUT | POLLWRNORM;

	if (r && READ_ONCE(r->pos) < klog_end())
		mask |= POLLIN | POLLRDNORM;
	return mask;
}

/* --- tables --- */

static const struct file_ops null_fops = {
	.read = null_read,
	.write = null_write,
	.llseek = mem_llseek,
};
static const struct file_ops zero_fops = {
	.read = zero_read,
	.write = null_write,
	.llseek = mem_llseek,
	.mmap = zero_mmap,
};
static const struct file_ops full_fops = {
	.read = zero_read,
	.write = full_write,
	.llseek = mem_llseek,
};
/* Writing would stir the pool of Linux; the host's needs nothing of ours. */
static const struct file_ops random_fops = {
	.read = random_read,
	.write = null_write,
	.llseek = mem_llseek,
	.poll = mem_poll,
};
static const struct file_ops kmsg_fops = {
	.open = kmsg_open,
	.release = kmsg_release,
	.read = kmsg_read,
	.write = kmsg_write,
	.llseek = kmsg_llseek,
	.poll = kmsg_poll,
};

static struct chrdev mem_devices[] = {
	{ .major = MEM_MAJOR,
	  .minor = 3,
	  .count = 1,
	  .name = "null",
	  .ops = &null_fops },
	{ .major = MEM_MAJOR,
	  .minor = 5,
	  .count = 1,
	  .name = "zero",
	  .ops = &zero_fops },
	{ .major = MEM_MAJOR,
	  .minor = 7,
	  .count = 1,
	  .name = "full",
	  .ops = &full_fops },
	{ .major = MEM_MAJOR,
	  .minor = 8,
	  .count = 1,
	  .name = "random",
	  .ops = &random_fops },
	{ .major = MEM_MAJOR,
	  .minor = 9,
	  .count = 1,
	  .name = "urandom",
	  .ops = &random_fops },
	{ .major = MEM_MAJOR,
	  .minor = 11,
	  .count = 1,
	  .name = "kmsg",
	  .ops = &kmsg_fops },
};

void mem_dev_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(mem_devices); i++)
		chrdev_register(&mem_devices[i]);
}
