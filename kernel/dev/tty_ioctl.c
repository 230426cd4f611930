// SPDX-License-Identifier: GPL-2.0
/*
 * Terminals: the ioctls of tty_ioctl(4), and of pty(7) those that work at both
 * ends. At a pty's master nearly all of them mean the line itself: its
 * settings, its window, its foreground group. What differs is what "input" and
 * "output" are, and that no job control applies there.
 *
 * Changing a setting from a background group of the terminal's own session
 * raises SIGTTOU (tty_check_change) before anything else is looked at.
 */
#include "tty_internal.h"
#include <abi/capability.h>
#include <kernel/cred.h>
#include <kernel/string.h>

/* --- Speeds: termios has a code, termios2 a number beside it --- */

static const u32 tty_speeds[] = {
	0,   50,   75,	 110,  134,  150,  200,	  300,
	600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
};
static const u32 tty_fast_speeds[] = {
	/* from B57600 on */
	57600,	 115200,  230400,  460800,  500000,  576000,  921600,  1000000,
	1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
};

static u32 tty_speed_of(u32 code, u32 other)
{
	code &= CBAUD;
	if (code == BOTHER)
		return other;
	if (code < ARRAY_SIZE(tty_speeds))
		return tty_speeds[code];
	code -= B57600;
	return code < ARRAY_SIZE(tty_fast_speeds) ? tty_fast_speeds[code]
						  : other;
}

static void tty_set_speeds(struct termios2 *tio)
{
	u32 in = tio->c_cflag >> IBSHIFT & CBAUD;

	tio->c_ospeed = tty_speed_of(tio->c_cflag, tio->c_ospeed);
	tio->c_ispeed = in ? tty_speed_of(in, tio->c_ispeed) : tio->c_ospeed;
}

/* --- termios --- */

/* struct termios2 begins as struct termios does. */
_Static_assert(offsetof(struct termios2, c_ispeed) == sizeof(struct termios),
	       "termios2 extends termios");

/* Packet mode tells the master about changes of flow control and EXTPROC. */
static void tty_packet_termios(struct tty *t, const struct termios2 *old)
{
	const struct termios2 *tios[2] = { old, &t->termios };
	bool flow[2];

	for (int i = 0; i < 2; i++)
		flow[i] = (tios[i]->c_iflag & IXON) &&
			  tios[i]->c_cc[VSTOP] == ('S' & 0x1f) &&
			  tios[i]->c_cc[VSTART] == ('Q' & 0x1f);
	if (flow[0] != flow[1])
		t->ops->packet(t, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP,
			       flow[1] ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
	if ((old->c_lflag | t->termios.c_lflag) & EXTPROC)
		t->ops->packet(t, 0, TIOCPKT_IOCTL);
}

static u32 tty_keep_bits(u32 old, u32 new, u32 locked)
{
	return (old & locked) | (new & ~locked);
}

/* What root has locked stays as it was. */
static void tty_keep_locked(struct termios2 *tio, const struct termios2 *old,
			    const struct termios *lock)
{
	tio->c_iflag = tty_keep_bits(old->c_iflag, tio->c_iflag, lock->c_iflag);
	tio->c_oflag = tty_keep_bits(old->c_oflag, tio->c_oflag, lock->c_oflag);
	tio->c_cflag = tty_keep_bits(old->c_cflag, tio->c_cflag, lock->c_cflag);
	tio->c_lflag = tty_keep_bits(old->c_lflag, tio->c_lflag, lock->c_lflag);
	for (u32 i = 0; i < ARRAY_SIZE(lock->c_cc); i++)
		if (lock->c_cc[i])
			tio->c_cc[i] = old->c_cc[i];
}

static void tty_set_termios(struct tty *t, const struct termios2 *tio,
			    bool flush)
{
	struct termios2 old;

	mutex_lock(&t->lock);
	if (flush) {
		t->pend.tail = t->pend.head;
		ldisc_flush_input(t);
		t->ops->in_room(t);
	}
	old = t->termios;
	t->termios = *tio;
	t->termios.c_line = 0;
	tty_keep_locked(&t->termios, &old, &t->locked);
	if (t->is_pty) {
		t->termios.c_cflag &= ~(u32)(CSIZE | PARENB);
		t->termios.c_cflag |= CS8 | CREAD;
	}
	tty_set_speeds(&t->termios);
	ldisc_termios_changed(t, &old);
	if (t->ops->packet)
		tty_packet_termios(t, &old);
	mutex_unlock(&t->lock);
}

/* tcdrain(3). A pty's output counts as sent when it is in the master's hands. */
static int tty_wait_sent(struct tty *t)
{
	int err = 0;

	if (t->is_pty)
		return 0;
	mutex_lock(&t->lock);
	while (tty_ring_used(&t->out) && !err)
		err = tty_sleep_locked(t, &t->write_wait, TIME_NEVER,
				       "tty_drain");
	mutex_unlock(&t->lock);
	return err == -EINTR ? -ERESTARTSYS : 0;
}

enum tty_tio_form { TIO_TERMIO, TIO_TERMIOS, TIO_TERMIOS2 };

static long tty_tcgets(struct tty *t, uaddr arg, enum tty_tio_form form)
{
	struct termios2 tio;
	struct termio old;

	mutex_lock(&t->lock);
	tio = t->termios;
	mutex_unlock(&t->lock);
	if (form == TIO_TERMIOS2)
		return copy_to_user(arg, &tio, sizeof(tio));
	if (form == TIO_TERMIOS)
		return copy_to_user(arg, &tio, sizeof(struct termios));
	memset(&old, 0, sizeof(old));
	old.c_iflag = (u16)tio.c_iflag;
	old.c_oflag = (u16)tio.c_oflag;
	old.c_cflag = (u16)tio.c_cflag;
	old.c_lflag = (u16)tio.c_lflag;
	memcpy(old.c_cc, tio.c_cc, sizeof(old.c_cc));
	return copy_to_user(arg, &old, sizeof(old));
}

static u32 tty_low16(u32 now, u16 low)
{
	return (now & 0xffff0000u) | low;
}

/* when: TCSANOW, TCSADRAIN, TCSAFLUSH */
static long tty_tcsets(struct tty *t, uaddr arg, enum tty_tio_form form,
		       int when)
{
	struct termios2 tio;
	struct termio old;
	int err = tty_check_change(t, SIGTTOU);

	if (err)
		return err;
	mutex_lock(&t->lock);
	tio = t->termios;
	mutex_unlock(&t->lock);
	if (form == TIO_TERMIOS2) {
		err = copy_from_user(&tio, arg, sizeof(tio));
	} else if (form == TIO_TERMIOS) {
		err = copy_from_user(&tio, arg, sizeof(struct termios));
	} else {
		err = copy_from_user(&old, arg, sizeof(old));
		if (!err) {
			tio.c_iflag = tty_low16(tio.c_iflag, old.c_iflag);
			tio.c_oflag = tty_low16(tio.c_oflag, old.c_oflag);
			tio.c_cflag = tty_low16(tio.c_cflag, old.c_cflag);
			tio.c_lflag = tty_low16(tio.c_lflag, old.c_lflag);
			memcpy(tio.c_cc, old.c_cc, sizeof(old.c_cc));
		}
	}
	if (!err && when != TCSANOW)
		err = tty_wait_sent(t);
	if (!err)
		tty_set_termios(t, &tio, when == TCSAFLUSH);
	return err;
}

static long tty_locked_termios(struct tty *t, bool set, uaddr arg)
{
	struct termios lock;

	if (set && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (set && get_user(lock, arg))
		return -EFAULT;
	mutex_lock(&t->lock);
	if (set)
		t->locked = lock;
	lock = t->locked;
	mutex_unlock(&t->lock);
	return set ? 0 : put_user(lock, arg);
}

/* --- Flow, flush --- */

static long tty_tcxonc(struct tty *t, u64 arg)
{
	int err = tty_check_change(t, SIGTTOU);
	u8 c;

	if (err)
		return err;
	if (arg > TCION)
		return -EINVAL;
	mutex_lock(&t->lock);
	if (arg == TCOOFF) {
		if (!t->tco_stopped) {
			t->tco_stopped = true;
			tty_stop(t);
		}
	} else if (arg == TCOON) {
		if (t->tco_stopped) {
			t->tco_stopped = false;
			tty_start(t);
		}
	} else {
		c = t->termios.c_cc[arg == TCIOFF ? VSTOP : VSTART];
		if (c)
			tty_send_xchar(t, c);
	}
	mutex_unlock(&t->lock);
	return 0;
}

/* The line's input is its master's output. */
static long tty_tcflsh(struct tty *t, u64 arg, bool master)
{
	int err = master ? 0 : tty_check_change(t, SIGTTOU);
	bool in = arg == TCIFLUSH || arg == TCIOFLUSH;
	bool out = arg == TCOFLUSH || arg == TCIOFLUSH;

	if (err)
		return err;
	if (!in && !out)
		return -EINVAL;
	mutex_lock(&t->lock);
	if (master) {
		if (in)
			t->out.tail = t->out.head;
		if (out)
			t->pend.tail = t->pend.head;
		tty_out_drained(t);
	} else {
		if (in) {
			t->pend.tail = t->pend.head;
			ldisc_flush_input(t);
		}
		if (out)
			ldisc_flush_output(t);
	}
	t->ops->in_room(t);
	mutex_unlock(&t->lock);
	return 0;
}

static long tty_tcsbrk(struct tty *t)
{
	int err = tty_check_change(t, SIGTTOU);

	return err ? err : tty_wait_sent(t);
}

/* As if a byte had come in. */
static long tty_sti(struct tty *t, uaddr arg)
{
	u8 c;

	if (!capable(CAP_SYS_ADMIN))
		return -EIO;
	if (get_user(c, arg))
		return -EFAULT;
	tty_input(t, &c, 1);
	return 0;
}

/* --- Window --- */

int tty_set_winsize(struct tty *t, const struct winsize *ws)
{
	bool same;

	mutex_lock(&t->lock);
	same = !memcmp(&t->winsize, ws, sizeof(*ws));
	t->winsize = *ws;
	if (!same)
		tty_signal_pgrp(t, SIGWINCH);
	mutex_unlock(&t->lock);
	return 0;
}

static long tty_winsize_ioctl(struct tty *t, u32 cmd, uaddr arg)
{
	struct winsize ws;

	if (cmd == TIOCSWINSZ) {
		if (get_user(ws, arg))
			return -EFAULT;
		return tty_set_winsize(t, &ws);
	}
	mutex_lock(&t->lock);
	ws = t->winsize;
	mutex_unlock(&t->lock);
	return copy_to_user(arg, &ws, sizeof(ws));
}

/* --- Job control --- */

static long tty_job_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg,
			  bool master)
{
	u32 id = 0;
	s32 pgrp;
	int err;

	switch (cmd) {
	case TIOCSCTTY:
		return tty_set_ctty(t, f, arg == 1);
	case TIOCNOTTY:
		return master ? -ENOTTY : tty_give_up_ctty(t);
	case TIOCGPGRP:
		err = tty_get_pgrp(t, !master, &id);
		break;
	case TIOCGSID:
		err = tty_get_sid(t, !master, &id);
		break;
	default: /* TIOCSPGRP */
		err = tty_check_change(t, SIGTTOU);
		if (err)
			return err == -EIO ? -ENOTTY : err;
		if (get_user(pgrp, UADDR(arg)))
			return -EFAULT;
		return tty_set_pgrp(t, pgrp);
	}
	if (err)
		return err;
	return put_user((s32)id, UADDR(arg));
}

/* --- All --- */

static long tty_put_int(uaddr arg, s32 v)
{
	return put_user(v, arg);
}

static long tty_soft_carrier(struct tty *t, u32 cmd, uaddr arg)
{
	s32 v;

	if (cmd == TIOCGSOFTCAR)
		return tty_put_int(arg, !!(t->termios.c_cflag & CLOCAL));
	if (get_user(v, arg))
		return -EFAULT;
	mutex_lock(&t->lock);
	t->termios.c_cflag &= ~(u32)CLOCAL;
	t->termios.c_cflag |= v ? CLOCAL : 0;
	mutex_unlock(&t->lock);
	return 0;
}

static long tty_fionread(struct tty *t, uaddr arg, bool master)
{
	u32 n;

	mutex_lock(&t->lock);
	n = master ? tty_ring_used(&t->out) : ldisc_readable(t);
	mutex_unlock(&t->lock);
	return tty_put_int(arg, (s32)n);
}

static long tty_set_exclusive(struct tty *t, bool on)
{
	mutex_lock(&t->lock);
	t->exclusive = on;
	mutex_unlock(&t->lock);
	return 0;
}

/* N_TTY is the only discipline. */
static long tty_set_discipline(struct tty *t, uaddr arg)
{
	s32 v;
	int err;

	if (get_user(v, arg))
		return -EFAULT;
	err = tty_check_change(t, SIGTTOU);
	if (err)
		return err;
	return v ? -EINVAL : 0;
}

static long tty_vhangup_ioctl(struct tty *t)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_hangup(t, false);
	return 0;
}

long tty_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master)
{
	uaddr ua = UADDR(arg);

	switch (cmd) {
	case TCGETA:
		return tty_tcgets(t, ua, TIO_TERMIO);
	case TCGETS:
		return tty_tcgets(t, ua, TIO_TERMIOS);
	case TCGETS2:
		return tty_tcgets(t, ua, TIO_TERMIOS2);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return tty_tcsets(t, ua, TIO_TERMIO, (int)(cmd - TCSETA));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return tty_tcsets(t, ua, TIO_TERMIOS, (int)(cmd - TCSETS));
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return tty_tcsets(t, ua, TIO_TERMIOS2, (int)(cmd - TCSETS2));
	case TCXONC:
		return tty_tcxonc(t, arg);
	case TCFLSH:
		return tty_tcflsh(t, arg, master);
	case TCSBRK:
	case TCSBRKP: /* a break itself goes nowhere here */
		return tty_tcsbrk(t);
	case TIOCSBRK:
	case TIOCCBRK:
		return 0;
	case TIOCGWINSZ:
	case TIOCSWINSZ:
		return tty_winsize_ioctl(t, cmd, ua);
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
		return tty_job_ioctl(t, f, cmd, arg, master);
	case FIONREAD:
		return tty_fionread(t, ua, master);
	case TIOCOUTQ:
		return tty_put_int(ua,
				   t->is_pty ? 0 : (s32)tty_ring_used(&t->out));
	case TIOCEXCL:
	case TIOCNXCL:
		return tty_set_exclusive(t, cmd == TIOCEXCL);
	case TIOCGEXCL:
		return tty_put_int(ua, t->exclusive);
	case TIOCGETD:
		return tty_put_int(ua, 0);
	case TIOCSETD:
		return tty_set_discipline(t, ua);
	case TIOCGLCKTRMIOS:
	case TIOCSLCKTRMIOS:
		return tty_locked_termios(t, cmd == TIOCSLCKTRMIOS, UADDR(arg));
	case TIOCCONS:
		return capable(CAP_SYS_ADMIN) ? -ENOTTY : -EPERM;
	case TIOCGDEV:
		return tty_put_int(ua, (s32)t->dev);
	case TIOCSTI:
		return tty_sti(t, ua);
	case TIOCGSOFTCAR:
	case TIOCSSOFTCAR:
		return tty_soft_carrier(t, cmd, ua);
	case TIOCVHANGUP:
		return tty_vhangup_ioctl(t);
	default:
		return -ENOTTY;
	}
}
