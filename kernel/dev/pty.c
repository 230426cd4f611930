// SPDX-License-Identifier: GPL-2.0
/*
 * Pseudo-terminals: the master side. pty(7), and TIOCPKT of tty_ioctl(4).
 *
 * Opening a ptmx node makes a struct pty: a tty, and what only the master has.
 * It gets a number and a name from the devpts instance that the ptmx node
 * belongs to. The slave is opened by that name, any number of times, once
 * unlocked.
 *
 * The master is the tty's driver in person: what it writes is the line's input
 * (tty_input), what it reads is the line's output, in packet mode with a status
 * byte before it. Neither side waits for the other while it holds the lock,
 * and echo never waits, so two programs that both only write fill their
 * buffers and sleep, but nothing is locked up.
 *
 * When the last slave file is closed the master reads what is left and then
 * gets EIO, until a slave is opened again. When the master is closed the name
 * vanishes, the line is hung up (SIGHUP to its session) and slaves get EIO;
 * the struct goes with the last reference.
 */
#include "tty_internal.h"
#include <abi/major.h>
#include <abi/poll.h>
#include <kernel/printk.h>
#include <kernel/slab.h>

#define PTY_CHUNK 512u

struct pty {
	struct tty tty;
	/* under tty.lock: */
	bool locked;	 /* TIOCSPTLCK: slaves may not be opened yet */
	bool was_opened; /* a slave was */
	bool packet;
	u8 status; /* TIOCPKT_*, not yet read */
	/* fixed while the master is open */
	struct devpts *devpts;
	u32 index;

	struct waitqueue master_wait; /* whatever the master may wait for */
};

static struct pty *pty_of(struct tty *t)
{
	return container_of(t, struct pty, tty);
}

/* Nobody is at the other end, though somebody was. */
static bool pty_slave_gone(const struct pty *p)
{
	return READ_ONCE(p->was_opened) && !READ_ONCE(p->tty.opens);
}

/* --- What the line tells its driver --- */

static void pty_out_ready(struct tty *t)
{
	struct pty *p = pty_of(t);

	if (tty_ring_used(&t->out) || p->status)
		waitqueue_wake_poll(&p->master_wait, POLLIN | POLLRDNORM);
	else if (pty_slave_gone(p))
		waitqueue_wake_poll(&p->master_wait, POLLHUP);
}

static void pty_in_room(struct tty *t)
{
	waitqueue_wake_poll(&pty_of(t)->master_wait, POLLOUT | POLLWRNORM);
}

/* A flush takes back what would not be in the master's own buffer on Linux. */
static u32 pty_out_busy(struct tty *t)
{
	return min(tty_ring_used(&t->out), TTY_OUT_SENT);
}

static void pty_packet(struct tty *t, u8 clear, u8 set)
{
	struct pty *p = pty_of(t);

	if (!p->packet)
		return;
	p->status = (p->status & ~clear) | set;
	waitqueue_wake_poll(&p->master_wait, POLLIN | POLLRDNORM | POLLPRI);
}

static void pty_free(struct tty *t)
{
	tty_destroy(t);
	kfree(pty_of(t));
}

static const struct tty_ops pty_ops = {
	.out_ready = pty_out_ready,
	.in_room = pty_in_room,
	.out_busy = pty_out_busy,
	.packet = pty_packet,
	.free = pty_free,
};

/* --- The slave's open --- */

int pty_slave_open(struct inode *ino, struct file *f)
{
	struct tty *t = devpts_inode_tty(ino);
	struct pty *p;
	int err;

	if (!t)
		return -EIO;
	p = pty_of(t);
	mutex_lock(&t->lock);
	err = t->closed || p->locked ? -EIO : tty_may_open_locked(t);
	if (!err) {
		t->opens++;
		p->was_opened = true;
	}
	mutex_unlock(&t->lock);
	if (err) {
		tty_put(t);
		return err;
	}
	return tty_open_file(t, f, false, false);
}

/* --- The master --- */

static int pty_master_open(struct inode *ino, struct file *f)
{
	struct pty *p = kzalloc(sizeof(*p));
	struct devpts *d;
	int err = -ENOMEM, index;

	if (!p)
		return err;
	if (tty_setup(&p->tty, &pty_ops, &tty_std_termios))
		goto fail;
	waitqueue_init(&p->master_wait);
	p->tty.is_pty = true;
	p->locked = true;
	d = devpts_of_ptmx(f);
	err = (int)PTR_ERR(d);
	if (IS_ERR(d))
		goto fail_setup;
	index = devpts_add(d, &p->tty);
	err = index;
	if (index < 0)
		goto fail_devpts;
	p->devpts = d;
	p->index = (u32)index;
	f->priv = p;
	f->mode |= FMODE_STREAM;
	return 0;
fail_devpts:
	devpts_put(d);
fail_setup:
	tty_destroy(&p->tty);
fail:
	kfree(p);
	return err;
}

static void pty_master_release(struct file *f)
{
	struct pty *p = f->priv;
	struct tty *t;

	if (!p)
		return;
	t = &p->tty;
	mutex_lock(&t->lock);
	WRITE_ONCE(t->closed, true);
	mutex_unlock(&t->lock);
	devpts_remove(p->devpts, p->index);
	tty_hangup(t, false);
	devpts_put(p->devpts);
	tty_put(t);
}

/* Copy output out. Caller holds the lock. => bytes, or -EFAULT */
static ssize_t pty_take_output(struct pty *p, struct iov_iter *it)
{
	struct tty_ring *out = &p->tty.out;
	ssize_t done = 0;
	u8 *from;
	u32 n;

	while (it->count && (n = tty_ring_piece(out, &from))) {
		size_t got =
			copy_to_iter(it, from, min_t(size_t, n, it->count));

		if (!got)
			return done ? done : -EFAULT;
		WRITE_ONCE(out->tail, out->tail + (u32)got);
		done += (ssize_t)got;
		tty_out_drained(&p->tty);
	}
	return done;
}

/* => bytes; 0: nothing there; -EFAULT */
static ssize_t pty_read_step(struct pty *p, struct iov_iter *it)
{
	u8 status = p->status;
	ssize_t n;

	if (!p->packet)
		return pty_take_output(p, it);
	if (status) {
		if (!copy_to_iter(it, &status, 1))
			return -EFAULT;
		p->status = 0;
		return 1;
	}
	if (!tty_ring_used(&p->tty.out))
		return 0;
	if (!copy_to_iter(it, "", 1)) /* TIOCPKT_DATA */
		return -EFAULT;
	n = pty_take_output(p, it);
	return n < 0 ? n : n + 1;
}

static ssize_t pty_master_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct pty *p = f->priv;
	struct tty *t = &p->tty;
	int err = 0;
	ssize_t n;

	if (!it->count)
		return 0;
	mutex_lock(&t->lock);
	while (!(n = pty_read_step(p, it))) {
		if (pty_slave_gone(p))
			n = -EIO;
		else if (f->flags & O_NONBLOCK)
			n = -EAGAIN;
		else if (err)
			n = -ERESTARTSYS;
		if (n)
			break;
		err = tty_sleep_locked(t, &p->master_wait, TIME_NEVER,
				       "ptm_read");
	}
	mutex_unlock(&t->lock);
	return n;
}

static ssize_t pty_master_write(struct file *f, struct iov_iter *it,
				loff_t *pos)
{
	struct pty *p = f->priv;
	struct tty *t = &p->tty;
	ssize_t total = 0;
	int err = 0, sleep = 0;

	while (it->count && !err) {
		u8 buf[PTY_CHUNK];
		u32 n = (u32)min_t(size_t, it->count, sizeof(buf)), done = 0;

		n = (u32)copy_from_iter(it, buf, n);
		if (!n)
			return total ? total : -EFAULT;
		mutex_lock(&t->lock);
		for (;;) {
			done += tty_input_locked(t, buf + done, n - done);
			if (done == n)
				break;
			err = f->flags & O_NONBLOCK ? -EAGAIN : sleep;
			if (err)
				break;
			sleep = tty_sleep_locked(t, &p->master_wait, TIME_NEVER,
						 "ptm_write");
		}
		mutex_unlock(&t->lock);
		iov_iter_revert(it, n - done);
		total += done;
	}
	if (total)
		return total;
	return err == -EINTR ? -ERESTARTSYS : err;
}

static u32 pty_master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = f->priv;
	u32 mask = 0;

	poll_wait(f, &p->master_wait, pt);
	smp_mb();
	if (tty_ring_used(&p->tty.out))
		mask |= POLLIN | POLLRDNORM;
	if (READ_ONCE(p->packet) && READ_ONCE(p->status))
		mask |= POLLPRI | POLLIN | POLLRDNORM;
	if (pty_slave_gone(p))
		mask |= POLLHUP;
	if (tty_ring_room(&p->tty.pend))
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

/* --- ioctls of the master alone --- */

static long pty_set_packet(struct pty *p, bool on)
{
	mutex_lock(&p->tty.lock);
	if (on && !p->packet)
		p->status = 0;
	p->packet = on;
	mutex_unlock(&p->tty.lock);
	return 0;
}

static long pty_signal(struct pty *p, u64 sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	tty_signal_pgrp(&p->tty, (int)sig);
	return 0;
}

/* TIOCGPTPEER: open the slave whatever is mounted where. */
static long pty_open_peer(struct pty *p, struct file *f, int flags)
{
	struct path path;
	struct file *peer;
	int err = devpts_slave_path(p->devpts, f, p->index, &path);

	if (err)
		return err;
	peer = file_open_path(&path, flags & ~(O_CREAT | O_CLOEXEC));
	path_put(&path);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = fd_install_new(peer, 0, flags & O_CLOEXEC);
	if (err < 0)
		file_put(peer);
	return err;
}

static long pty_master_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pty *p = f->priv;
	uaddr ua = UADDR(arg);
	s32 v = 0;

	switch (cmd) {
	case TIOCSPTLCK:
		if (get_user(v, ua))
			return -EFAULT;
		mutex_lock(&p->tty.lock);
		p->locked = v != 0;
		mutex_unlock(&p->tty.lock);
		return 0;
	case TIOCGPTLCK:
		return put_user((s32)p->locked, ua);
	case TIOCPKT:
		if (get_user(v, ua))
			return -EFAULT;
		return pty_set_packet(p, v != 0);
	case TIOCGPKT:
		return put_user((s32)p->packet, ua);
	case TIOCGPTN:
		return put_user(p->index, ua);
	case TIOCSIG:
		return pty_signal(p, arg);
	case TIOCGPTPEER:
		return pty_open_peer(p, f, (int)arg);
	default:
		return tty_ioctl(&p->tty, f, cmd, arg, true);
	}
}

static const struct file_ops pty_master_ops = {
	.open = pty_master_open,
	.release = pty_master_release,
	.read = pty_master_read,
	.write = pty_master_write,
	.poll = pty_master_poll,
	.ioctl = pty_master_ioctl,
};

static struct chrdev pty_chrdevs[] = {
	{ TTYAUX_MAJOR, 2, 1, "ptmx", &pty_master_ops, NULL },
	{ UNIX98_PTY_SLAVE_MAJOR, 0, 1u << 20, "pts", &tty_file_ops, NULL },
};

void pty_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(pty_chrdevs); i++)
		chrdev_register(&pty_chrdevs[i]);
	devpts_init();
}
