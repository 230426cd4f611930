// SPDX-License-Identifier: GPL-2.0
/*
 * N_TTY, the way in: what happens to a byte between the line and read(2).
 *
 * The buffer is a ring of LDISC_BUF_SIZE bytes:
 *
 *	tail ........ canon_head ........ head
 *	  complete lines       the line being edited
 *
 * In canonical mode a reader gets at most one line, and a line ends where a
 * bit of `marks` is set: under a newline, an EOL character, or under the 0 that
 * stands for EOF and is not handed out. In raw mode everything up to head may
 * be read and canon_head means nothing.
 *
 * A byte for which nothing is to be done goes straight into the ring. Which
 * bytes need a look is a bitmap, made anew whenever termios changes; `plain`
 * says that none does and that there is no echo, and then whole blocks are
 * copied.
 *
 * When the ring is full: complete lines inside wait for a reader and the
 * driver has to keep the rest (tty->pend). A single overlong line would wait
 * for ever, so its last byte is given up for each new one, until the newline
 * comes. Both as Linux does.
 *
 * All of it under tty->lock.
 */
#include "tty_internal.h"
#include <abi/poll.h>
#include <kernel/string.h>

#define LDISC_MASK (LDISC_BUF_SIZE - 1)

static bool ldisc_is_cntrl(u8 c)
{
	return c < 32 || c == 127;
}

/* Letters are those of Latin-1, as Linux has it. */
static bool ldisc_is_upper(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

static bool ldisc_is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       ldisc_is_upper(c) || c == '_' || (c >= 0xdf && c != 0xf7);
}

/* --- The ring --- */

static u8 ldisc_at(const struct ldisc *ld, u32 pos)
{
	return ld->buf[pos & LDISC_MASK];
}

static bool ldisc_marked(const struct ldisc *ld, u32 pos)
{
	return ld->marks[(pos & LDISC_MASK) / 64] >> (pos % 64) & 1;
}

static void ldisc_mark(struct ldisc *ld, u32 pos)
{
	ld->marks[(pos & LDISC_MASK) / 64] |= 1ull << (pos % 64);
}

static void ldisc_unmark(struct ldisc *ld, u32 pos)
{
	ld->marks[(pos & LDISC_MASK) / 64] &= ~(1ull << (pos % 64));
}

static u32 ldisc_used(const struct ldisc *ld)
{
	return ld->head - ld->tail;
}

static void ldisc_put(struct ldisc *ld, u8 c)
{
	if (ldisc_used(ld) == LDISC_BUF_SIZE)
		ld->head--;
	ld->buf[ld->head & LDISC_MASK] = c;
	ldisc_unmark(ld, ld->head);
	WRITE_ONCE(ld->head, ld->head + 1);
}

static void ldisc_end_line(struct tty *t, u8 c)
{
	struct ldisc *ld = &t->ld;

	ldisc_put(ld, c);
	ldisc_mark(ld, ld->head - 1);
	store_release(&ld->canon_head, ld->head);
}

static void ldisc_wake_reader(struct tty *t)
{
	waitqueue_wake_poll(&t->read_wait, POLLIN | POLLRDNORM);
}

void ldisc_init(struct ldisc *ld)
{
	ld->echo.buf = ld->echo_buf;
	ld->echo.size = LDISC_ECHO_SIZE;
}

void ldisc_flush_input(struct tty *t)
{
	struct ldisc *ld = &t->ld;

	ld->tail = ld->canon_head = ld->head;
	memset(ld->marks, 0, sizeof(ld->marks));
	ld->erasing = false; /* lnext still waits for its byte */
	if (t->ops->packet)
		t->ops->packet(t, 0, TIOCPKT_FLUSHREAD);
}

/* --- Settings --- */

static void ldisc_set_special(struct ldisc *ld, u8 c)
{
	ld->special[c / 64] |= 1ull << (c % 64);
}

static bool ldisc_is_special(const struct ldisc *ld, u8 c)
{
	return ld->special[c / 64] >> (c % 64) & 1;
}

/* A disabled character (0, _POSIX_VDISABLE) matches nothing. */
static void ldisc_set_special_cc(struct tty *t, int i)
{
	if (t->termios.c_cc[i])
		ldisc_set_special(&t->ld, t->termios.c_cc[i]);
}

static bool ldisc_is_cc(const struct tty *t, int i, u8 c)
{
	return c && c == t->termios.c_cc[i];
}

static void ldisc_set_canonical(struct tty *t)
{
	struct ldisc *ld = &t->ld;

	memset(ld->marks, 0, sizeof(ld->marks));
	if (!tty_lflag(t, ICANON) || !ldisc_used(ld)) {
		ld->canon_head = ld->tail;
	} else { /* what came in raw may be read as it is */
		ldisc_mark(ld, ld->head - 1);
		ld->canon_head = ld->head;
	}
	ld->erasing = ld->lnext = false;
}

void ldisc_termios_changed(struct tty *t, const struct termios2 *old)
{
	struct ldisc *ld = &t->ld;

	if (!old || (old->c_lflag ^ t->termios.c_lflag) & (ICANON | EXTPROC))
		ldisc_set_canonical(t);
	memset(ld->special, 0, sizeof(ld->special));
	if (tty_iflag(t, IGNCR | ICRNL))
		ldisc_set_special(ld, '\r');
	if (tty_iflag(t, INLCR))
		ldisc_set_special(ld, '\n');
	if (tty_iflag(t, PARMRK))
		ldisc_set_special(ld, 0xff);
	if (tty_lflag(t, ICANON)) {
		static const u8 editing[] = { VERASE, VKILL, VEOF, VEOL };
		static const u8 extended[] = { VEOL2, VWERASE, VLNEXT,
					       VREPRINT };

		ldisc_set_special(ld, '\n');
		for (u32 i = 0; i < ARRAY_SIZE(editing); i++)
			ldisc_set_special_cc(t, editing[i]);
		if (tty_lflag(t, IEXTEN))
			for (u32 i = 0; i < ARRAY_SIZE(extended); i++)
				ldisc_set_special_cc(t, extended[i]);
	}
	if (tty_iflag(t, IXON)) {
		ldisc_set_special_cc(t, VSTART);
		ldisc_set_special_cc(t, VSTOP);
	}
	if (tty_lflag(t, ISIG)) {
		ldisc_set_special_cc(t, VINTR);
		ldisc_set_special_cc(t, VQUIT);
		ldisc_set_special_cc(t, VSUSP);
	}
	ld->plain = !(ld->special[0] | ld->special[1] | ld->special[2] |
		      ld->special[3]) &&
		    !tty_lflag(t, ECHO | ICANON) &&
		    !tty_iflag(t, PARMRK | IXON);
	if (tty_lflag(t, EXTPROC))
		ld->plain = true;
	if (tty_iflag(t, ISTRIP | IUCLC))
		ld->plain = false;
	if (old && (old->c_iflag & IXON) && !tty_iflag(t, IXON) &&
	    !t->tco_stopped)
		tty_start(t);
	if (old) /* the condition to read may have changed */
		ldisc_wake_reader(t);
}

/* --- Editing --- */

static bool ldisc_is_continuation(const struct tty *t, u8 c)
{
	return tty_iflag(t, IUTF8) && (c & 0xc0) == 0x80;
}

static void ldisc_finish_erasing(struct tty *t)
{
	if (t->ld.erasing) {
		ldisc_echo_raw(t, '/');
		t->ld.erasing = false;
	}
}

/*
 * How far the cursor was moved by what stands between the last tab before
 * `pos` (or the start of the line) and pos. *after_tab: it was a tab.
 */
static u32 ldisc_width_before(const struct tty *t, u32 pos, bool *after_tab)
{
	const struct ldisc *ld = &t->ld;
	u32 width = 0;

	*after_tab = false;
	while (pos != ld->canon_head) {
		u8 c = ldisc_at(ld, --pos);

		if (c == '\t') {
			*after_tab = true;
			break;
		}
		if (ldisc_is_cntrl(c))
			width += tty_lflag(t, ECHOCTL) ? 2 : 0;
		else if (!ldisc_is_continuation(t, c))
			width++;
	}
	return width;
}

static void ldisc_echo_rubout(struct tty *t)
{
	ldisc_echo_raw(t, '\b');
	ldisc_echo_raw(t, ' ');
	ldisc_echo_raw(t, '\b');
}

enum ldisc_kill { KILL_CHAR, KILL_WORD, KILL_LINE };

/* Show that the character of n bytes at head, c first, is gone. */
static void ldisc_echo_erased(struct tty *t, enum ldisc_kill kind, u8 c, u32 n)
{
	struct ldisc *ld = &t->ld;

	if (tty_lflag(t, ECHOPRT)) {
		if (!ld->erasing) {
			ldisc_echo_raw(t, '\\');
			ld->erasing = true;
		}
		ldisc_echo_char(t, c);
		for (u32 i = 1; i < n; i++) {
			ldisc_echo_raw(t, ldisc_at(ld, ld->head + i));
			ldisc_move_back(t);
		}
	} else if (kind == KILL_CHAR && !tty_lflag(t, ECHOE)) {
		ldisc_echo_char(t, t->termios.c_cc[VERASE]);
	} else if (c == '\t') {
		bool after_tab;
		u32 width = ldisc_width_before(t, ld->head, &after_tab);

		ldisc_echo_erase_tab(t, width, after_tab);
	} else if (!ldisc_is_cntrl(c)) {
		ldisc_echo_rubout(t);
	} else if (tty_lflag(t, ECHOCTL)) {
		ldisc_echo_rubout(t);
		ldisc_echo_rubout(t);
	}
}

/* Take the last character of the line off; => its first byte, *n = bytes. */
static u8 ldisc_pop_char(struct tty *t, u32 *n)
{
	struct ldisc *ld = &t->ld;
	u32 pos = ld->head;
	u8 c;

	do {
		c = ldisc_at(ld, --pos);
	} while (ldisc_is_continuation(t, c) && pos != ld->canon_head);
	*n = ld->head - pos;
	WRITE_ONCE(ld->head, pos);
	return c;
}

static void ldisc_erase(struct tty *t, enum ldisc_kill kind)
{
	struct ldisc *ld = &t->ld;
	bool in_word = false;

	if (ld->head == ld->canon_head)
		return;
	if (kind == KILL_LINE &&
	    (t->termios.c_lflag & (ECHO | ECHOE | ECHOK | ECHOKE)) !=
		    (ECHO | ECHOE | ECHOK | ECHOKE)) {
		WRITE_ONCE(ld->head, ld->canon_head);
		if (tty_lflag(t, ECHO)) {
			ldisc_finish_erasing(t);
			ldisc_echo_char(t, t->termios.c_cc[VKILL]);
			if (tty_lflag(t, ECHOK))
				ldisc_echo_raw(t, '\n');
		}
		return;
	}
	while (ld->head != ld->canon_head) {
		u32 n, before = ld->head;
		u8 c = ldisc_pop_char(t, &n);

		/* the rest of a character that is not all here stays */
		if (ldisc_is_continuation(t, c)) {
			ld->head = before;
			break;
		}
		if (kind == KILL_WORD) {
			if (ldisc_is_word(c)) {
				in_word = true;
			} else if (in_word) {
				ld->head = before;
				break;
			}
		}
		if (tty_lflag(t, ECHO))
			ldisc_echo_erased(t, kind, c, n);
		if (kind == KILL_CHAR)
			break;
	}
	if (ld->head == ld->canon_head && tty_lflag(t, ECHO))
		ldisc_finish_erasing(t);
}

static void ldisc_reprint(struct tty *t)
{
	struct ldisc *ld = &t->ld;

	ldisc_finish_erasing(t);
	ldisc_echo_char(t, t->termios.c_cc[VREPRINT]);
	ldisc_echo_raw(t, '\n');
	for (u32 pos = ld->canon_head; pos != ld->head; pos++)
		ldisc_echo_char(t, ldisc_at(ld, pos));
}

/* --- One byte --- */

static void ldisc_receive_data(struct tty *t, u8 c)
{
	struct ldisc *ld = &t->ld;

	if (tty_lflag(t, ECHO)) {
		ldisc_finish_erasing(t);
		if (ld->canon_head == ld->head)
			ld->canon_column = ld->column;
		ldisc_echo_char(t, c);
	}
	if (c == 0xff && tty_iflag(t, PARMRK))
		ldisc_put(ld, c);
	ldisc_put(ld, c);
}

/* A newline made of a carriage return, in raw mode. */
static void ldisc_receive_newline(struct tty *t)
{
	if (tty_lflag(t, ECHO)) {
		ldisc_finish_erasing(t);
		ldisc_echo_raw(t, '\n');
	}
	ldisc_put(&t->ld, '\n');
}

static void ldisc_signal(struct tty *t, int sig, u8 c)
{
	if (!tty_lflag(t, NOFLSH)) {
		t->ld.echo.tail = t->ld.echo.head;
		ldisc_flush_output(t);
		ldisc_flush_input(t);
		t->ops->in_room(t);
	}
	tty_signal_pgrp(t, sig);
	if (tty_iflag(t, IXON))
		tty_start(t);
	if (tty_lflag(t, ECHO))
		ldisc_echo_char(t, c);
}

/* => true when c was a control of flow or a signal. */
static bool ldisc_receive_control(struct tty *t, u8 c)
{
	static const struct {
		u8 cc, sig;
	} keys[] = { { VINTR, SIGINT },
		     { VQUIT, SIGQUIT },
		     { VSUSP, SIGTSTP } };

	if (tty_iflag(t, IXON)) {
		if (ldisc_is_cc(t, VSTART, c)) {
			tty_start(t);
			return true;
		}
		if (ldisc_is_cc(t, VSTOP, c)) {
			tty_stop(t);
			return true;
		}
	}
	if (tty_lflag(t, ISIG)) {
		for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
			if (!ldisc_is_cc(t, keys[i].cc, c))
				continue;
			ldisc_signal(t, keys[i].sig, c);
			return true;
		}
	}
	return false;
}

/* => true when c was an editing character, or ended the line. */
static bool ldisc_receive_canonical(struct tty *t, u8 c)
{
	struct ldisc *ld = &t->ld;
	bool ext = tty_lflag(t, IEXTEN);

	if (ldisc_is_cc(t, VERASE, c)) {
		ldisc_erase(t, KILL_CHAR);
	} else if (ldisc_is_cc(t, VKILL, c)) {
		ldisc_erase(t, KILL_LINE);
	} else if (ext && ldisc_is_cc(t, VWERASE, c)) {
		ldisc_erase(t, KILL_WORD);
	} else if (ext && ldisc_is_cc(t, VLNEXT, c)) {
		ld->lnext = true;
		if (tty_lflag(t, ECHO)) {
			ldisc_finish_erasing(t);
			if (tty_lflag(t, ECHOCTL)) {
				ldisc_echo_raw(t, '^');
				ldisc_echo_raw(t, '\b');
			}
		}
	} else if (ext && tty_lflag(t, ECHO) && ldisc_is_cc(t, VREPRINT, c)) {
		ldisc_reprint(t);
	} else if (c == '\n') {
		if (tty_lflag(t, ECHO | ECHONL))
			ldisc_echo_raw(t, '\n');
		ldisc_end_line(t, c);
	} else if (ldisc_is_cc(t, VEOF, c)) {
		ldisc_end_line(t, 0);
	} else if (ldisc_is_cc(t, VEOL, c) ||
		   (ext && ldisc_is_cc(t, VEOL2, c))) {
		if (tty_lflag(t, ECHO)) {
			if (ld->canon_head == ld->head)
				ld->canon_column = ld->column;
			ldisc_echo_char(t, c);
		}
		if (c == 0xff && tty_iflag(t, PARMRK))
			ldisc_put(ld, c);
		ldisc_end_line(t, c);
	} else {
		return false;
	}
	return true;
}

static void ldisc_receive_special(struct tty *t, u8 c)
{
	if (ldisc_receive_control(t, c))
		return;
	if (t->stopped && !t->tco_stopped && tty_iflag(t, IXON) &&
	    tty_iflag(t, IXANY))
		tty_start(t);
	if (c == '\r') {
		if (tty_iflag(t, IGNCR))
			return;
		if (tty_iflag(t, ICRNL))
			c = '\n';
	} else if (c == '\n' && tty_iflag(t, INLCR)) {
		c = '\r';
	}
	if (tty_lflag(t, ICANON) && ldisc_receive_canonical(t, c))
		return;
	if (c == '\n')
		ldisc_receive_newline(t);
	else
		ldisc_receive_data(t, c);
}

static void ldisc_receive(struct tty *t, u8 c)
{
	if (tty_iflag(t, ISTRIP))
		c &= 0x7f;
	if (tty_iflag(t, IUCLC) && tty_lflag(t, IEXTEN) && ldisc_is_upper(c))
		c += 'a' - 'A';
	if (tty_lflag(t, EXTPROC)) { /* the other end has done the rest */
		ldisc_put(&t->ld, c);
		return;
	}
	if (t->ld.lnext) {
		t->ld.lnext = false;
		ldisc_receive_data(t, c);
		return;
	}
	if (ldisc_is_special(&t->ld, c)) {
		ldisc_receive_special(t, c);
		return;
	}
	if (t->stopped && !t->tco_stopped && tty_iflag(t, IXON) &&
	    tty_iflag(t, IXANY))
		tty_start(t);
	ldisc_receive_data(t, c);
}

/* --- Blocks --- */

/* May one more byte be taken? See the top of the file. */
static bool ldisc_make_room(struct tty *t)
{
	struct ldisc *ld = &t->ld;
	u32 room = LDISC_BUF_SIZE - ldisc_used(ld);

	if (room > (tty_iflag(t, PARMRK) ? 3u : 1u))
		return true;
	if (!tty_lflag(t, ICANON) || ld->canon_head != ld->tail)
		return false;
	if (!room)
		ld->head--;
	return true;
}

static u32 ldisc_receive_plain(struct ldisc *ld, const u8 *p, u32 n)
{
	u32 room = LDISC_BUF_SIZE - 1 - min(ldisc_used(ld), LDISC_BUF_SIZE - 1);
	u32 off = ld->head & LDISC_MASK, first;

	n = min(n, room);
	first = min(n, LDISC_BUF_SIZE - off);
	memcpy(ld->buf + off, p, first);
	memcpy(ld->buf, p + first, n - first);
	store_release(&ld->head, ld->head + n);
	return n;
}

/* => bytes taken */
static u32 ldisc_receive_block(struct tty *t, const u8 *p, u32 n)
{
	u32 i = 0;

	while (i < n) {
		if (t->ld.plain && !t->ld.lnext) {
			u32 got = ldisc_receive_plain(&t->ld, p + i, n - i);

			i += got;
			break;
		}
		if (!ldisc_make_room(t))
			break;
		ldisc_receive(t, p[i++]);
	}
	return i;
}

/* Move what waits in `pend` into the discipline as far as it goes. */
static bool tty_flip(struct tty *t)
{
	bool moved = false;

	for (;;) {
		u8 *p;
		u32 n = tty_ring_piece(&t->pend, &p), old = t->pend.tail, got;

		if (!n)
			break;
		got = ldisc_receive_block(t, p, n);
		if (!got)
			break;
		moved = true;
		/* a flush on the way has emptied it */
		if (t->pend.tail == old)
			WRITE_ONCE(t->pend.tail, old + got);
	}
	return moved;
}

static void ldisc_input_done(struct tty *t)
{
	ldisc_echo_flush(t);
	/* a reader may have some of its VMIN bytes already: count from one */
	if (ldisc_input_available(t, false))
		ldisc_wake_reader(t);
}

u32 tty_input_locked(struct tty *t, const u8 *p, u32 n)
{
	u32 got = 0;

	tty_flip(t);
	if (!tty_ring_used(&t->pend))
		got = ldisc_receive_block(t, p, n);
	got += tty_ring_write(&t->pend, p + got, n - got);
	ldisc_input_done(t);
	return got;
}

u32 tty_input(struct tty *t, const u8 *p, u32 n)
{
	u32 got;

	mutex_lock(&t->lock);
	got = tty_input_locked(t, p, n);
	mutex_unlock(&t->lock);
	return got;
}

/* --- read(2) --- */

bool ldisc_input_available(const struct tty *t, bool poll)
{
	const struct ldisc *ld = &t->ld;
	u32 tail = READ_ONCE(ld->tail), want = 1;

	if (ldisc_canonical(t))
		return load_acquire(&ld->canon_head) != tail;
	if (poll && !t->termios.c_cc[VTIME] && t->termios.c_cc[VMIN])
		want = t->termios.c_cc[VMIN];
	return load_acquire(&ld->head) - tail >= want;
}

u32 ldisc_readable(const struct tty *t)
{
	const struct ldisc *ld = &t->ld;
	u32 n = 0;

	if (!ldisc_canonical(t))
		return ldisc_used(ld);
	for (u32 pos = ld->tail; pos != ld->canon_head; pos++)
		if (ldisc_at(ld, pos) || !ldisc_marked(ld, pos))
			n++;
	return n;
}

/* Copy n bytes at the tail out. => bytes, or -EFAULT */
static ssize_t ldisc_copy(struct ldisc *ld, struct iov_iter *it, u32 n)
{
	u32 off = ld->tail & LDISC_MASK, first = min(n, LDISC_BUF_SIZE - off);
	size_t got = copy_to_iter(it, ld->buf + off, first);

	if (got == first && n > first)
		got += copy_to_iter(it, ld->buf, n - first);
	WRITE_ONCE(ld->tail, ld->tail + (u32)got);
	return got < n && !got ? -EFAULT : (ssize_t)got;
}

static ssize_t ldisc_take_raw(struct tty *t, struct iov_iter *it)
{
	u32 n = (u32)min_t(size_t, it->count, ldisc_used(&t->ld));

	return n ? ldisc_copy(&t->ld, it, n) : 0;
}

/* The (rest of the) first line. *end: one was there, perhaps an empty one. */
static ssize_t ldisc_take_line(struct tty *t, struct iov_iter *it, bool *end)
{
	struct ldisc *ld = &t->ld;
	u32 avail = ld->canon_head - ld->tail, n = 0, eol;
	u32 want = (u32)min_t(size_t, it->count, avail);
	bool marked = false;
	ssize_t got = 0;

	*end = avail != 0;
	while (n < want && !marked)
		marked = ldisc_marked(ld, ld->tail + n++);
	eol = ld->tail + n - 1;
	if (marked && !ldisc_at(ld, eol))
		n--; /* EOF is not handed out */
	if (n)
		got = ldisc_copy(ld, it, n);
	if (got < 0)
		return got;
	if (marked && ld->tail - eol <= 1) {
		ldisc_unmark(ld, eol);
		WRITE_ONCE(ld->tail, eol + 1);
	} else if (!marked && ld->tail != ld->canon_head &&
		   ldisc_marked(ld, ld->tail) && !ldisc_at(ld, ld->tail)) {
		/* the buffer was just large enough: the EOF goes with it */
		ldisc_unmark(ld, ld->tail);
		WRITE_ONCE(ld->tail, ld->tail + 1);
	}
	return got;
}

/* Room was made: let more in, and tell the driver when it can go on. */
static void ldisc_made_room(struct tty *t)
{
	if (!tty_ring_used(&t->pend))
		return;
	if (tty_flip(t)) {
		ldisc_input_done(t);
		t->ops->in_room(t);
	}
}

/* VMIN and VTIME, for a read that begins now. termios(3) has the cases. */
struct ldisc_wait {
	size_t least; /* return with so many */
	u64 between;  /* at most so long between two bytes, 0 = any time */
	u64 deadline; /* give up then */
};

static void ldisc_wait_init(struct tty *t, struct ldisc_wait *w)
{
	u64 time = t->termios.c_cc[VTIME] * (NSEC_PER_SEC / 10);

	*w = (struct ldisc_wait){ .least = 1, .deadline = TIME_NEVER };
	if (tty_lflag(t, ICANON)) /* EXTPROC or not */
		return;
	if (t->termios.c_cc[VMIN]) {
		w->least = t->termios.c_cc[VMIN];
		w->between = time;
	} else {
		w->deadline = time ? time_mono_ns() + time : 0;
	}
}

/* Nothing to read: why not to wait for it. => 1 wait, 0 end, -errno */
static int ldisc_may_wait(struct tty *t, struct tty_file *tf, struct file *f,
			  const struct ldisc_wait *w)
{
	if (t->closed)
		return -EIO;
	if (tty_file_dead(tf) || t->input_eof || !w->deadline)
		return 0;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	return 1;
}

/*
 * One look at the buffer. => true when the read is over: *done and *err say
 * how it ended.
 */
static bool ldisc_read_step(struct tty *t, struct iov_iter *it,
			    struct ldisc_wait *w, ssize_t *done, int *err)
{
	struct ldisc *ld = &t->ld;
	bool line = false;
	ssize_t got;

	/* the end of all input ends a line, too */
	if (t->input_eof && ldisc_canonical(t) && ld->canon_head == ld->tail &&
	    ldisc_used(ld) && !tty_ring_used(&t->pend))
		ldisc_end_line(t, 0);
	if (ldisc_canonical(t))
		got = ldisc_take_line(t, it, &line);
	else
		got = ldisc_take_raw(t, it);
	if (got < 0) {
		*err = (int)got;
		return true;
	}
	*done += got;
	if (got || line)
		ldisc_made_room(t);
	if (line || (*done && (size_t)*done >= w->least) || !it->count)
		return true;
	if (got && w->between)
		w->deadline = time_mono_ns() + w->between;
	return false;
}

ssize_t ldisc_read(struct tty *t, struct tty_file *tf, struct file *f,
		   struct iov_iter *it)
{
	struct ldisc_wait w;
	ssize_t done = 0;
	int err = 0, sleep = 0;

	if (!it->count)
		return 0;
	if (!tf->console)
		err = tty_check_change(t, SIGTTIN);
	if (err)
		return err;
	mutex_lock(&t->lock);
	ldisc_wait_init(t, &w);
	while (!ldisc_read_step(t, it, &w, &done, &err)) {
		err = ldisc_may_wait(t, tf, f, &w);
		if (err != 1)
			break;
		err = sleep;
		if (err)
			break;
		sleep = tty_sleep_locked(t, &t->read_wait, w.deadline,
					 "tty_read");
	}
	mutex_unlock(&t->lock);
	if (done)
		return done;
	if (err == -EINTR)
		return -ERESTARTSYS;
	return err == -ETIMEDOUT ? 0 : err;
}
