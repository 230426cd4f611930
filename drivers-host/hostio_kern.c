// SPDX-License-Identifier: GPL-2.0
/*
 * The job's stdin, stdout and stderr, the kernel's side, where they are not the
 * console: to the job they look like pipes, and they are the caller's own
 * descriptors. The monitor's side and the reasons are in hostio_host.c.
 *
 * A read or write is one request that never waits. When it would have to, a
 * kernel thread of the channel asks the monitor to poll the descriptor, and the
 * guest's task sleeps like any other and can be killed. The same thread keeps
 * `ready`, what poll(2) tells: it is told anew when somebody waits, or after a
 * read if poll(2) has ever been used here.
 *
 * Nothing is buffered in the kernel: a write(2) that has returned has reached
 * the host. So the order between stdout and stderr holds, an EPIPE reaches the
 * writer at once, and hostio_drain() has only to wait for calls under way.
 */
#include <abi/fcntl.h>
#include <abi/poll.h>
#include <hostapi/boot.h>
#include <kernel/cred.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/task.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>
#include "console.h"

struct hostio_chan {
	u32 fd;
	u32 event;		 /* POLLIN or POLLOUT */
	u32 ready;		 /* POLL* as last heard */
	u32 want;		 /* the thread shall ask again */
	bool polled;		 /* somebody uses poll(2) */
	bool started;		 /* it has its thread */
	u32 files;		 /* open files, by atomics */
	struct waitqueue wait;	 /* for `ready` */
	struct waitqueue thread; /* for `want` */
};

static struct hostio_chan hostio_chans[3] = {
	{ .fd = 0, .event = POLLIN },
	/* ready until a write has found otherwise */
	{ .fd = 1, .event = POLLOUT, .ready = POLLOUT },
	{ .fd = 2, .event = POLLOUT, .ready = POLLOUT },
};
static u32 hostio_underway;
static struct waitqueue hostio_idle = WAITQUEUE_INIT(hostio_idle);

static const struct boot_params *hostio_boot(void)
{
	return (const void *)ARENA_BASE;
}

/* --- Requests --- */

/* *state: what poll would say after a read. => result */
static s64 hostio_call(struct hostio_chan *ch, u16 op, void *buf, u32 n,
		       u32 *state)
{
	struct ring_req *r = ring_get(RING_DEV_HOSTIO, op);
	s64 ret;

	r->arg[0] = ch->fd;
	r->arg[1] = ch->event;
	if (buf) {
		r->space = RING_ARENA;
		r->buf_off = ring_arena_off(buf);
		r->buf_len = n;
	}
	ret = ring_call(r);
	if (state)
		*state = (u32)r->ret[0];
	ring_put(r);
	return ret;
}

static void hostio_ask(struct hostio_chan *ch)
{
	WRITE_ONCE(ch->want, 1);
	waitqueue_wake(&ch->thread);
}

/* Sleep until the descriptor may have become ready. => 0, -ERESTARTSYS */
static int hostio_wait(struct hostio_chan *ch)
{
	WRITE_ONCE(ch->ready, 0);
	hostio_ask(ch);
	return wait_event_intr(&ch->wait, READ_ONCE(ch->ready), "hostio")
		       ? -ERESTARTSYS
		       : 0;
}

static void hostio_thread(void *arg)
{
	struct hostio_chan *ch = arg;

	for (;;) {
		s64 ret;

		wait_event(&ch->thread, READ_ONCE(ch->want), "hostio_poll");
		atomic_xchg(&ch->want, 0);
		ret = hostio_call(ch, HOSTIO_POLL, NULL, 0, NULL);
		/* an error is found by whoever reads or writes then */
		WRITE_ONCE(ch->ready, ret > 0 ? (u32)ret : ch->event | POLLERR);
		waitqueue_wake_nr(&ch->wait, ~0u, READ_ONCE(ch->ready));
	}
}

/* --- File operations --- */

static ssize_t hostio_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct hostio_chan *ch = f->priv;
	u32 n = (u32)min_t(size_t, it->count, HOSTIO_MAX), state = 0;
	void *buf;
	s64 got;

	if (!n)
		return 0;
	/* what was read cannot be given back */
	if (iov_iter_fault_in(it, true))
		return -EFAULT;
	buf = kmalloc(n);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		int err;

		got = hostio_call(ch, HOSTIO_READ, buf, n, &state);
		if (got != -EAGAIN)
			break;
		WRITE_ONCE(ch->ready, 0);
		if (f->flags & O_NONBLOCK)
			break;
		err = hostio_wait(ch);
		if (err) {
			got = err;
			break;
		}
	}
	if (got > (s64)n)
		got = -EIO;
	if (got > 0) {
		WRITE_ONCE(ch->ready, state);
		if (!state && READ_ONCE(ch->polled))
			hostio_ask(ch);
		n = (u32)got;
		got = (s64)copy_to_iter(it, buf, n);
		if (!got)
			got = -EFAULT;
	}
	kfree(buf);
	return got;
}

/* All of buf. => bytes written before an error, which goes to *err */
static u32 hostio_write_buf(struct hostio_chan *ch, struct file *f, u8 *buf,
			    u32 n, int *err)
{
	u32 done = 0;

	while (done < n) {
		s64 got = hostio_call(ch, HOSTIO_WRITE, buf + done, n - done,
				      NULL);

		if (got == -EAGAIN && !(f->flags & O_NONBLOCK)) {
			*err = hostio_wait(ch);
			if (*err)
				break;
			continue;
		}
		if (got == -EAGAIN)
			WRITE_ONCE(ch->ready, 0);
		if (got <= 0 || got > (s64)(n - done)) {
			*err = got < 0 ? (int)got : -EIO;
			break;
		}
		done += (u32)got;
	}
	return done;
}

static ssize_t hostio_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct hostio_chan *ch = f->priv;
	u32 size = (u32)min_t(size_t, it->count, HOSTIO_MAX);
	ssize_t total = 0;
	int err = 0;
	u8 *buf;

	if (!size)
		return 0;
	buf = kmalloc(size);
	if (!buf)
		return -ENOMEM;
	atomic_inc(&hostio_underway);
	while (it->count && !err) {
		u32 n = (u32)copy_from_iter(it, buf,
					    min_t(size_t, it->count, size));
		u32 done;

		if (!n) {
			err = -EFAULT;
			break;
		}
		done = hostio_write_buf(ch, f, buf, n, &err);
		iov_iter_revert(it, n - done);
		total += done;
	}
	if (!atomic_dec(&hostio_underway))
		waitqueue_wake_all(&hostio_idle);
	kfree(buf);
	if (err == -EPIPE)
		send_signal_self(SIGPIPE);
	return total ? total : err;
}

static u32 hostio_poll(struct file *f, struct poll_table *pt)
{
	struct hostio_chan *ch = f->priv;
	u32 ready;

	poll_wait(f, &ch->wait, pt);
	WRITE_ONCE(ch->polled, true);
	smp_mb();
	ready = READ_ONCE(ch->ready);
	if (!ready)
		hostio_ask(ch);
	if (ready & POLLIN)
		ready |= POLLRDNORM;
	if (ready & POLLOUT)
		ready |= POLLWRNORM;
	return ready;
}

/* Another open of it, by /proc/self/fd/N: /dev/stdin and the like. */
static int hostio_open(struct inode *ino, struct file *f)
{
	struct hostio_chan *ch = ino->priv;
	u32 need = ch->event == POLLIN ? FMODE_READ : FMODE_WRITE;

	if ((f->mode & (FMODE_READ | FMODE_WRITE)) != need)
		return -EACCES;
	f->priv = ch;
	f->mode |= FMODE_STREAM;
	atomic_inc(&ch->files);
	return 0;
}

/* The last one gone, the host's other end shall see it. */
static void hostio_release(struct file *f)
{
	struct hostio_chan *ch = f->priv;

	if (ch && !atomic_dec(&ch->files))
		hostio_call(ch, HOSTIO_CLOSE, NULL, 0, NULL);
}

static const struct file_ops hostio_file_ops = {
	.open = hostio_open,
	.release = hostio_release,
	.read = hostio_read,
	.write = hostio_write,
	.poll = hostio_poll,
};

/* --- The job --- */

static void hostio_start(struct hostio_chan *ch)
{
	static const char *const names[] = { "hostio/0", "hostio/1",
					     "hostio/2" };

	if (ch->started)
		return;
	ch->started = true;
	waitqueue_init(&ch->wait);
	waitqueue_init(&ch->thread);
	if (IS_ERR(kthread_start(names[ch->fd], hostio_thread, ch)))
		panic("hostio: cannot start a thread");
	if (ch->event == POLLIN)
		hostio_ask(ch);
}

void hostio_init(void)
{
	const struct boot_params *bp = hostio_boot();

	if (!(bp->flags & BOOT_HAVE_JOB))
		return;
	for (u32 i = 0; i < 3; i++)
		if (!(bp->flags & BOOT_TTY_FD(i)))
			hostio_start(&hostio_chans[i]);
}

static struct file *hostio_open_chan(struct hostio_chan *ch)
{
	const struct boot_params *bp = hostio_boot();
	bool in = ch->event == POLLIN;
	char name[16];
	struct file *f;

	hostio_start(ch);
	snprintf(name, sizeof(name), "pipe:[%u]", ch->fd + 1);
	f = file_open_anon(name, &hostio_file_ops, ch, in ? O_RDONLY : O_WRONLY,
			   S_IFIFO | 0600);
	if (IS_ERR(f))
		return f;
	f->inode->fops = &hostio_file_ops;
	f->inode->priv = ch;
	f->inode->uid = bp->uid;
	f->inode->gid = bp->gid;
	atomic_inc(&ch->files);
	return f;
}

static struct file *hostio_open_console(void)
{
	struct file *f = file_open(AT_FDCWD, "/dev/tty1", O_RDWR, 0);

	if (IS_ERR(f))
		return file_open(AT_FDCWD, "/dev/console", O_RDWR, 0);
	f->inode->uid = hostio_boot()->uid; /* as login(1) does */
	return f;
}

int hostio_open_job_fds(struct file *out[3])
{
	const struct boot_params *bp = hostio_boot();
	struct file *console = NULL, *f;

	for (u32 i = 0; i < 3; i++) {
		if (!(bp->flags & BOOT_TTY_FD(i))) {
			f = hostio_open_chan(&hostio_chans[i]);
		} else if (console) {
			file_get(console);
			f = console;
		} else {
			f = hostio_open_console();
			console = f;
		}
		if (IS_ERR(f)) {
			while (i--)
				file_put(out[i]);
			return (int)PTR_ERR(f);
		}
		out[i] = f;
	}
	return 0;
}

void hostio_drain(void)
{
	wait_event_deadline(&hostio_idle, !READ_ONCE(hostio_underway),
			    time_mono_ns() + 10 * NSEC_PER_SEC, SLEEP_UNINTR,
			    "hostio_drain");
}
