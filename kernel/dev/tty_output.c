// SPDX-License-Identifier: GPL-2.0
/*
 * N_TTY, the way out: OPOST, echo, flow control and write(2).
 *
 * Bytes from write(2) go through opost (newlines get their carriage return,
 * tabs their blanks, the cursor's column is counted) into tty->out, from where
 * the driver takes them. A writer sleeps while there is no room or output is
 * stopped. One write(2) is not mixed with another's bytes.
 *
 * Echo must not sleep: it is made while input is taken in. It goes the same
 * way, but while `out` is full or stopped it collects in ld->echo, and before
 * anything else is written that goes first. When even that is full, echo is
 * dropped; the input itself is not.
 *
 * All of it under tty->lock.
 */
#include "tty_internal.h"
#include <abi/poll.h>
#include <kernel/string.h>

#define TTY_EXPANDED 8u /* the most that one byte becomes */
#define TTY_CHUNK    512u

static bool ldisc_is_print(u8 c)
{
	return c >= 32 && c != 127;
}

/* Letters are those of Latin-1, as Linux has it. */
static bool ldisc_is_lower(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7);
}

static bool ldisc_takes_no_column(const struct tty *t, u8 c)
{
	return tty_iflag(t, IUTF8) && (c & 0xc0) == 0x80;
}

/* What one byte becomes under OPOST; counts columns. => bytes in buf */
static u32 ldisc_opost(struct tty *t, u8 c, u8 buf[TTY_EXPANDED])
{
	struct ldisc *ld = &t->ld;
	u32 n;

	switch (c) {
	case '\n':
		if (tty_oflag(t, ONLRET))
			ld->column = 0;
		if (tty_oflag(t, ONLCR)) {
			ld->canon_column = ld->column = 0;
			buf[0] = '\r';
			buf[1] = '\n';
			return 2;
		}
		ld->canon_column = ld->column;
		break;
	case '\r':
		if (tty_oflag(t, ONOCR) && !ld->column)
			return 0;
		if (tty_oflag(t, OCRNL)) {
			c = '\n';
			if (tty_oflag(t, ONLRET))
				ld->canon_column = ld->column = 0;
			break;
		}
		ld->canon_column = ld->column = 0;
		break;
	case '\t':
		n = 8 - (ld->column & 7);
		ld->column += n;
		if ((t->termios.c_oflag & TABDLY) == XTABS) {
			memset(buf, ' ', n);
			return n;
		}
		break;
	case '\b':
		if (ld->column)
			ld->column--;
		break;
	default:
		if (!ldisc_is_print(c))
			break;
		if (tty_oflag(t, OLCUC) && ldisc_is_lower(c))
			c -= 'a' - 'A';
		if (!ldisc_takes_no_column(t, c))
			ld->column++;
		break;
	}
	buf[0] = c;
	return 1;
}

/* --- Echo --- */

/* To the line if nothing is waiting before it, else behind that. */
static void ldisc_echo_put(struct tty *t, const u8 *p, u32 n)
{
	struct tty_ring *echo = &t->ld.echo;

	if (!t->stopped && !tty_ring_used(echo) && tty_ring_room(&t->out) >= n)
		tty_ring_write(&t->out, p, n);
	else if (tty_ring_room(echo) >= n)
		tty_ring_write(echo, p, n);
}

void ldisc_echo_raw(struct tty *t, u8 c)
{
	u8 buf[TTY_EXPANDED];
	u32 n = 1;

	buf[0] = c;
	if (c == 0xff) /* Linux echoes it as it is */
		t->ld.column++;
	else if (tty_oflag(t, OPOST))
		n = ldisc_opost(t, c, buf);
	ldisc_echo_put(t, buf, n);
}

void ldisc_echo_char(struct tty *t, u8 c)
{
	if (tty_lflag(t, ECHOCTL) && !ldisc_is_print(c) && c != '\t') {
		u8 buf[2] = { '^', c ^ 0100 };

		ldisc_echo_put(t, buf, 2);
		t->ld.column += 2;
	} else {
		ldisc_echo_raw(t, c);
	}
}

/*
 * Go back over a tab, which ended at a multiple of 8. Before it, `width`
 * columns were used since the last tab, or since where the line began.
 */
void ldisc_echo_erase_tab(struct tty *t, u32 width, bool after_tab)
{
	u32 n;

	if (!after_tab)
		width += t->ld.canon_column;
	for (n = 8 - (width & 7); n; n--) {
		ldisc_echo_put(t, (const u8 *)"\b", 1);
		ldisc_move_back(t);
	}
}

void ldisc_move_back(struct tty *t)
{
	if (t->ld.column)
		t->ld.column--;
}

void ldisc_echo_flush(struct tty *t)
{
	struct tty_ring *echo = &t->ld.echo;
	u8 *p;
	u32 n;

	while (!t->stopped && (n = tty_ring_piece(echo, &p))) {
		n = tty_ring_write(&t->out, p, n);
		if (!n)
			break;
		echo->tail += n;
	}
	if (tty_ring_used(&t->out))
		t->ops->out_ready(t);
}

/* --- Flow control --- */

void tty_stop(struct tty *t)
{
	if (t->stopped)
		return;
	WRITE_ONCE(t->stopped, true);
	if (t->ops->packet)
		t->ops->packet(t, TIOCPKT_START, TIOCPKT_STOP);
}

void tty_start(struct tty *t)
{
	if (!t->stopped || t->tco_stopped)
		return;
	WRITE_ONCE(t->stopped, false);
	if (t->ops->packet)
		t->ops->packet(t, TIOCPKT_STOP, TIOCPKT_START);
	ldisc_echo_flush(t);
	t->ops->out_ready(t);
	waitqueue_wake_poll(&t->write_wait, POLLOUT | POLLWRNORM);
}

void tty_send_xchar(struct tty *t, u8 c)
{
	tty_ring_write(&t->out, &c, 1);
	t->ops->out_ready(t);
}

/* TCOFLUSH: what has not left yet is forgotten. */
void ldisc_flush_output(struct tty *t)
{
	u32 keep = t->ops->out_busy ? t->ops->out_busy(t) : 0;

	if (tty_ring_used(&t->out) > keep)
		WRITE_ONCE(t->out.head, t->out.tail + keep);
	if (t->ops->packet)
		t->ops->packet(t, 0, TIOCPKT_FLUSHWRITE);
	waitqueue_wake_poll(&t->write_wait, POLLOUT | POLLWRNORM);
}

void tty_out_drained(struct tty *t)
{
	ldisc_echo_flush(t);
	if (tty_writable(t))
		waitqueue_wake_poll(&t->write_wait, POLLOUT | POLLWRNORM);
}

/* --- write(2) --- */

/* Not before a quarter is free, so that a writer is woken for something. */
bool tty_writable(const struct tty *t)
{
	return !READ_ONCE(t->stopped) &&
	       tty_ring_room(&t->out) >= TTY_OUT_SIZE / 4;
}

/* => bytes of p that are through */
static u32 ldisc_put_output(struct tty *t, const u8 *p, u32 n)
{
	u32 done = 0;

	ldisc_echo_flush(t);
	if (t->stopped || tty_ring_used(&t->ld.echo))
		return 0;
	if (!tty_oflag(t, OPOST))
		return tty_ring_write(&t->out, p, n);
	for (; done < n && tty_ring_room(&t->out) >= TTY_EXPANDED; done++) {
		u8 buf[TTY_EXPANDED];
		u32 len = ldisc_opost(t, p[done], buf);

		for (u32 i = 0; i < len; i++)
			tty_ring_put(&t->out, buf[i]);
	}
	return done;
}

/* Sleep for room, or for our turn. Caller holds the lock. => 0, -errno */
static int ldisc_write_wait(struct tty *t, struct file *f)
{
	int err;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	err = tty_sleep_locked(t, &t->write_wait, TIME_NEVER, "tty_write");
	return err == -EINTR ? -ERESTARTSYS : err;
}

static int ldisc_write_state(struct tty *t, struct tty_file *tf)
{
	return t->closed || tty_file_dead(tf) ? -EIO : 0;
}

/* Write what was copied in. *done: how much went out. */
static int ldisc_write_chunk(struct tty *t, struct tty_file *tf, struct file *f,
			     const u8 *p, u32 n, u32 *done)
{
	int err = 0;

	while (*done < n) {
		u32 got;

		if (ldisc_write_state(t, tf))
			return -EIO;
		got = ldisc_put_output(t, p + *done, n - *done);
		if (got) {
			*done += got;
			continue;
		}
		t->ops->out_ready(t);
		if (err)
			return err;
		err = ldisc_write_wait(t, f);
		if (err == -EAGAIN)
			return err;
	}
	return 0;
}

/* Become the one who writes. Caller holds the lock. */
static int ldisc_write_begin(struct tty *t, struct tty_file *tf, struct file *f)
{
	int err = 0;

	for (;;) {
		if (ldisc_write_state(t, tf))
			return -EIO;
		if (!t->writing)
			break;
		if (err)
			return err;
		err = ldisc_write_wait(t, f);
		if (err == -EAGAIN)
			return err;
	}
	t->writing = true;
	return 0;
}

ssize_t ldisc_write(struct tty *t, struct tty_file *tf, struct file *f,
		    struct iov_iter *it)
{
	ssize_t total = 0;
	int err = 0;

	if (!tf->console && tty_lflag(t, TOSTOP))
		err = tty_check_change(t, SIGTTOU);
	if (err)
		return err;
	mutex_lock(&t->lock);
	err = ldisc_write_begin(t, tf, f);
	if (err)
		goto out;
	while (it->count && !err) {
		u8 buf[TTY_CHUNK];
		u32 n = (u32)min_t(size_t, it->count, sizeof(buf)), done = 0;

		mutex_unlock(&t->lock);
		n = (u32)copy_from_iter(it, buf, n);
		mutex_lock(&t->lock);
		if (!n)
			err = -EFAULT;
		else
			err = ldisc_write_chunk(t, tf, f, buf, n, &done);
		iov_iter_revert(it, n - done);
		total += done;
	}
	t->writing = false;
	t->ops->out_ready(t);
	waitqueue_wake_poll(&t->write_wait, POLLOUT | POLLWRNORM);
out:
	mutex_unlock(&t->lock);
	return total ? total : err;
}
