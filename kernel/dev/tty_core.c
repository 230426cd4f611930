// SPDX-License-Identifier: GPL-2.0
/*
 * Terminals: the files.
 *
 * A struct tty is made by its driver (console_kern.c once at boot, pty.c for
 * each opened /dev/ptmx) and found by opening a device node: /dev/console,
 * /dev/tty0 and /dev/tty1 are the console, /dev/tty is the caller's
 * controlling terminal, /dev/pts/N the slave of a pty.
 *
 * Each open file has a struct tty_file. It remembers how often the line had
 * been hung up when it was opened; when that count has moved on, the file is
 * dead for good, while a new open finds a line in working order. Files opened
 * as /dev/console are spared: init must not lose its voice because a session
 * has ended.
 *
 * Everything about bytes is in tty_ldisc.c and tty_output.c, about sessions in
 * tty_jobctl.c.
 */
#include "tty_internal.h"
#include <abi/capability.h>
#include <abi/major.h>
#include <abi/poll.h>
#include <kernel/cred.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#define TTY_CC(c) ((c)&0x1f)

/* What a new line starts with; speeds in bits per second. */
const struct termios2 tty_std_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE |
		   IEXTEN,
	.c_cc = {
		[VINTR] = TTY_CC('C'),	  [VQUIT] = TTY_CC('\\'),
		[VERASE] = 0x7f,	  [VKILL] = TTY_CC('U'),
		[VEOF] = TTY_CC('D'),	  [VMIN] = 1,
		[VSTART] = TTY_CC('Q'),	  [VSTOP] = TTY_CC('S'),
		[VSUSP] = TTY_CC('Z'),	  [VREPRINT] = TTY_CC('R'),
		[VDISCARD] = TTY_CC('O'), [VWERASE] = TTY_CC('W'),
		[VLNEXT] = TTY_CC('V'),
	},
	.c_ispeed = 38400,
	.c_ospeed = 38400,
};

struct tty *console_tty;

/* --- Life of a tty --- */

int tty_setup(struct tty *t, const struct tty_ops *ops,
	      const struct termios2 *tio)
{
	mutex_init(&t->lock);
	waitqueue_init(&t->read_wait);
	waitqueue_init(&t->write_wait);
	ref_init(&t->refs, 1);
	t->ops = ops;
	t->init_termios = tio;
	t->termios = *tio;
	t->pend.size = TTY_PEND_SIZE;
	t->out.size = TTY_OUT_SIZE;
	t->ld.buf = kmalloc(LDISC_BUF_SIZE);
	t->pend.buf = kmalloc(TTY_PEND_SIZE);
	t->out.buf = kmalloc(TTY_OUT_SIZE);
	if (!t->ld.buf || !t->pend.buf || !t->out.buf) {
		tty_destroy(t);
		return -ENOMEM;
	}
	ldisc_init(&t->ld);
	ldisc_termios_changed(t, NULL);
	return 0;
}

void tty_destroy(struct tty *t)
{
	kfree(t->ld.buf);
	kfree(t->pend.buf);
	kfree(t->out.buf);
}

void tty_get(struct tty *t)
{
	ref_get(&t->refs);
}

void tty_put(struct tty *t)
{
	if (ref_put(&t->refs) && t->ops->free)
		t->ops->free(t);
}

u64 tty_devnum(struct tty *t)
{
	return t->dev;
}

const char *tty_name(struct tty *t)
{
	return t->name;
}

u32 tty_pgrp(struct tty *t)
{
	return READ_ONCE(t->pgrp);
}

u32 tty_ring_write(struct tty_ring *r, const u8 *p, u32 n)
{
	u32 off = r->head & (r->size - 1), first;

	n = min(n, tty_ring_room(r));
	first = min(n, r->size - off);
	memcpy(r->buf + off, p, first);
	memcpy(r->buf, p + first, n - first);
	store_release(&r->head, r->head + n);
	return n;
}

int tty_sleep_locked(struct tty *t, struct waitqueue *q, u64 deadline,
		     const char *wchan)
{
	struct wait_entry e;
	u32 seq = sleep_prepare();
	int err;

	wait_entry_init(&e);
	waitqueue_add(q, &e);
	mutex_unlock(&t->lock);
	err = sleep_on(seq, deadline, SLEEP_INTR, wchan);
	waitqueue_del(q, &e);
	mutex_lock(&t->lock);
	return err;
}

/* --- Hangup --- */

bool tty_file_dead(const struct tty_file *tf)
{
	return !tf->console && READ_ONCE(tf->tty->hangups) != tf->hangups;
}

/* Whoever sleeps on the line shall look at its state again. */
void tty_wake_all(struct tty *t)
{
	waitqueue_wake_nr(&t->read_wait, ~0u, POLLIN | POLLRDNORM | POLLHUP);
	waitqueue_wake_nr(&t->write_wait, ~0u, POLLOUT | POLLWRNORM | POLLHUP);
	t->ops->out_ready(t);
	t->ops->in_room(t);
}

/*
 * The line is gone, or shall be as if: every file open on it goes dead, its
 * session is told and loses it, settings fall back. => Caller holds no lock.
 */
void tty_hangup(struct tty *t, bool session_exit)
{
	struct termios2 old;

	mutex_lock(&t->lock);
	WRITE_ONCE(t->hangups, t->hangups + 1);
	old = t->termios;
	t->termios = *t->init_termios;
	ldisc_termios_changed(t, &old);
	t->pend.tail = t->pend.head;
	ldisc_flush_input(t);
	t->exclusive = false;
	t->tco_stopped = false;
	tty_start(t);
	tty_hangup_session(t, session_exit);
	tty_wake_all(t);
	mutex_unlock(&t->lock);
}

void tty_vhangup_current(void)
{
	struct tty *t = tty_current_get();

	if (!t)
		return;
	tty_hangup(t, false);
	tty_put(t);
}

/* --- Open and close --- */

int tty_may_open_locked(struct tty *t)
{
	if (t->exclusive && t->opens && !capable(CAP_SYS_ADMIN))
		return -EBUSY;
	return 0;
}

static void tty_file_closed(struct tty *t)
{
	bool last;

	mutex_lock(&t->lock);
	last = --t->opens == 0;
	if (last) {
		t->exclusive = false;
		tty_wake_all(t);
	}
	mutex_unlock(&t->lock);
	if (last && !t->is_pty)
		tty_clear_session(t);
}

int tty_open_file(struct tty *t, struct file *f, bool console, bool noctty)
{
	struct tty_file *tf = kzalloc(sizeof(*tf));

	if (!tf) {
		tty_file_closed(t);
		tty_put(t);
		return -ENOMEM;
	}
	tf->tty = t;
	tf->console = console;
	tf->hangups = READ_ONCE(t->hangups);
	f->priv = tf;
	f->ops = &tty_file_ops;
	f->mode |= FMODE_STREAM;
	if (!noctty && !(f->flags & O_NOCTTY))
		tty_acquire_on_open(t, f);
	return 0;
}

static int tty_open_console(struct file *f, bool console, bool noctty)
{
	struct tty *t = console_tty;
	int err;

	if (!t)
		return -ENXIO;
	mutex_lock(&t->lock);
	err = tty_may_open_locked(t);
	if (!err)
		t->opens++;
	mutex_unlock(&t->lock);
	if (err)
		return err;
	tty_get(t);
	return tty_open_file(t, f, console, noctty);
}

/* /dev/tty */
static int tty_open_current(struct file *f)
{
	struct tty *t = tty_current_get();

	if (!t)
		return -ENXIO;
	mutex_lock(&t->lock);
	if (t->closed) {
		mutex_unlock(&t->lock);
		tty_put(t);
		return -EIO;
	}
	t->opens++;
	tty_wake_all(t);
	mutex_unlock(&t->lock);
	return tty_open_file(t, f, false, true);
}

static int tty_open(struct inode *ino, struct file *f)
{
	u32 major = MAJOR(ino->rdev), minor = MINOR(ino->rdev);

	if (major == TTYAUX_MAJOR && minor == 0)
		return tty_open_current(f);
	if (major == TTYAUX_MAJOR && minor == 1)
		return tty_open_console(f, true, true);
	if (major == TTY_MAJOR)
		return tty_open_console(f, false, minor == 0);
	if (major == UNIX98_PTY_SLAVE_MAJOR)
		return pty_slave_open(ino, f);
	return -ENXIO;
}

static void tty_release(struct file *f)
{
	struct tty_file *tf = f->priv;

	if (!tf)
		return;
	tty_file_closed(tf->tty);
	tty_put(tf->tty);
	kfree(tf);
}

/* --- Read, write, poll, ioctl --- */

void tty_touch(struct file *f, bool write)
{
	struct timespec_k now = inode_now();
	struct timespec_k *ts = write ? &f->inode->mtime : &f->inode->atime;

	if (now.sec - ts->sec < 8 && now.sec >= ts->sec)
		return;
	ts->sec = now.sec & ~7ll;
	ts->nsec = 0;
}

static ssize_t tty_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct tty_file *tf = f->priv;
	ssize_t n;

	if (tty_file_dead(tf))
		return 0;
	n = ldisc_read(tf->tty, tf, f, it);
	if (n > 0)
		tty_touch(f, false);
	return n;
}

static ssize_t tty_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct tty_file *tf = f->priv;
	ssize_t n;

	if (tty_file_dead(tf))
		return -EIO;
	n = ldisc_write(tf->tty, tf, f, it);
	if (n > 0)
		tty_touch(f, true);
	return n;
}

static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty_file *tf = f->priv;
	struct tty *t = tf->tty;
	u32 mask = 0;

	poll_wait(f, &t->read_wait, pt);
	poll_wait(f, &t->write_wait, pt);
	smp_mb();
	if (tty_file_dead(tf))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM |
		       POLLWRNORM;
	if (ldisc_input_available(t, true) || READ_ONCE(t->input_eof))
		mask |= POLLIN | POLLRDNORM;
	if (READ_ONCE(t->closed))
		mask |= POLLHUP;
	if (tty_writable(t))
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

static long tty_file_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct tty_file *tf = f->priv;

	if (tty_file_dead(tf))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_ioctl(tf->tty, f, cmd, arg, false);
}

const struct file_ops tty_file_ops = {
	.open = tty_open,
	.release = tty_release,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_file_ioctl,
};

int tty_acquire_file(struct file *f)
{
	struct tty_file *tf = f->priv;

	if (f->ops != &tty_file_ops)
		return -ENOTTY;
	return tty_set_ctty(tf->tty, f, false);
}

static struct chrdev tty_chrdevs[] = {
	{ TTYAUX_MAJOR, 0, 2, "tty", &tty_file_ops, NULL },
	{ TTY_MAJOR, 0, 2, "console", &tty_file_ops, NULL },
};

void tty_init(void)
{
	/* devtmpfs itself has tty, console and ptmx */
	static const struct {
		const char *name;
		u32 mode;
		u64 dev;
	} nodes[] = {
		{ "tty0", 0620, MKDEV(TTY_MAJOR, 0) },
		{ "tty1", 0620, MKDEV(TTY_MAJOR, 1) },
	};

	for (u32 i = 0; i < ARRAY_SIZE(tty_chrdevs); i++)
		chrdev_register(&tty_chrdevs[i]);
	for (u32 i = 0; i < ARRAY_SIZE(nodes); i++)
		devtmpfs_add(nodes[i].name, S_IFCHR | nodes[i].mode,
			     nodes[i].dev);
}
