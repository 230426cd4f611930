// SPDX-License-Identifier: GPL-2.0
/*
 * The console, the kernel's side: the terminal behind /dev/console and
 * /dev/tty1, and where kernel messages go.
 *
 * Output. Writers put bytes into the tty's ring and go on. One kernel thread
 * (kconsole) gives the monitor all that has collected since the last time in
 * one request, straight from the ring; while that is under way more collects,
 * so that a busy writer costs a request per some kilobytes and a quiet one a
 * request per line. Kernel messages have a ring of their own under a spinlock,
 * because printk() may be called anywhere; they go first.
 *
 * Input. The monitor puts bytes into ring_area.con_in and posts an event. The
 * event thread takes as many as the tty accepts; when it accepts no more, the
 * rest stays there, the monitor's reader falls asleep, and the tty's in_room
 * posts the event again.
 *
 * The end of input (the user's stdin was a file or a pipe) comes behind the
 * last byte: readers get what is there and then 0 for ever, as from a file. It
 * is no hangup: the last command shall not be killed while it runs.
 *
 * Locks: tty->lock for the ring and the fields below; console_msg.lock for
 * messages, innermost.
 */
#include <hostapi/boot.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/string.h>
#include "console.h"
#include "dev/tty_internal.h"
#include <abi/major.h>

#define CONSOLE_DRAIN_NS (5 * NSEC_PER_SEC)

static struct tty console;
static struct termios2 console_termios;
static struct waitqueue console_work = WAITQUEUE_INIT(console_work);
static struct waitqueue console_idle = WAITQUEUE_INIT(console_idle);
static u32 console_inflight;  /* bytes of `out` at the monitor; tty->lock */
static bool console_busy;     /* kconsole is doing something */
static bool console_draining; /* the machine ends: ^S or not */
static bool console_eof;      /* no more input will come */

/* Kernel messages on their way out. */
static struct {
	spinlock_t lock;
	struct tty_ring ring;
	u32 lost;
	u8 buf[8192];
	u8 out[1024]; /* a piece of it, only by kconsole */
} console_msg = { .ring = { .buf = console_msg.buf, .size = 8192 } };

/* --- Output --- */

static void console_send(const u8 *p, u32 n)
{
	struct ring_req *r = ring_get(RING_DEV_CONSOLE, CON_WRITE);

	r->space = RING_ARENA;
	r->buf_off = ring_arena_off(p);
	r->buf_len = n;
	ring_call(r);
	ring_put(r);
}

void console_printk(const char *s, size_t n)
{
	struct tty_ring *ring = &console_msg.ring;

	spin_lock(&console_msg.lock);
	for (; n; n--, s++) {
		if (tty_ring_room(ring) < 2) {
			console_msg.lost += (u32)n;
			break;
		}
		if (*s == '\n')
			tty_ring_put(ring, '\r');
		tty_ring_put(ring, (u8)*s);
	}
	spin_unlock(&console_msg.lock);
	waitqueue_wake(&console_work);
}

/* => bytes of messages now in console_msg.out */
static u32 console_take_messages(void)
{
	struct tty_ring *ring = &console_msg.ring;
	u32 n = 0, size = sizeof(console_msg.out) - 64, lost;

	spin_lock(&console_msg.lock);
	while (n < size && tty_ring_used(ring))
		console_msg.out[n++] =
			ring->buf[ring->tail++ & (ring->size - 1)];
	lost = console_msg.lost;
	console_msg.lost = 0;
	spin_unlock(&console_msg.lock);
	if (lost)
		n += (u32)snprintf((char *)console_msg.out + n, 64,
				   "\r\n[%u bytes of messages lost]\r\n", lost);
	return n;
}

static bool console_has_output(void)
{
	return tty_ring_used(&console_msg.ring) ||
	       (tty_ring_used(&console.out) &&
		(!READ_ONCE(console.stopped) || READ_ONCE(console_draining)));
}

/* One request's worth of the tty's output. */
static void console_send_output(void)
{
	struct tty *t = &console;
	u32 n = 0;
	u8 *p;

	mutex_lock(&t->lock);
	if (!t->stopped || console_draining)
		n = tty_ring_piece(&t->out, &p);
	console_inflight = n;
	mutex_unlock(&t->lock);
	if (!n)
		return;
	console_send(p, n);
	mutex_lock(&t->lock);
	console_inflight = 0;
	WRITE_ONCE(t->out.tail, t->out.tail + n);
	tty_out_drained(t);
	if (!tty_ring_used(&t->out)) /* tcdrain(3) waits for this */
		waitqueue_wake_all(&t->write_wait);
	mutex_unlock(&t->lock);
}

static void console_thread(void *arg)
{
	for (;;) {
		u32 n;

		wait_event(&console_work, console_has_output(), "console");
		WRITE_ONCE(console_busy, true);
		while ((n = console_take_messages()))
			console_send(console_msg.out, n);
		console_send_output();
		WRITE_ONCE(console_busy, false);
		waitqueue_wake_all(&console_idle);
	}
}

void console_drain(void)
{
	if (!console_ready)
		return;
	WRITE_ONCE(console_draining, true);
	waitqueue_wake(&console_work);
	wait_event_deadline(&console_idle,
			    !console_has_output() && !READ_ONCE(console_busy),
			    time_mono_ns() + CONSOLE_DRAIN_NS, SLEEP_UNINTR,
			    "console_drain");
}

static void console_out_ready(struct tty *t)
{
	waitqueue_wake(&console_work);
}

static u32 console_out_busy(struct tty *t)
{
	return console_inflight;
}

/* --- Input --- */

void console_input(const u8 *buf, size_t n)
{
	tty_input(&console, buf, (u32)n);
}

void console_hangup(void)
{
	mutex_lock(&console.lock);
	WRITE_ONCE(console.input_eof, true);
	tty_wake_all(&console);
	mutex_unlock(&console.lock);
}

void console_resize(u32 cols, u32 rows)
{
	struct winsize ws = { .ws_row = (u16)rows, .ws_col = (u16)cols };

	tty_set_winsize(&console, &ws);
}

/* Bytes in con_in; the monitor is not believed more than this. */
static u32 console_pending(void)
{
	u32 n = load_acquire(&ring_area->con_in_head) - ring_area->con_in_tail;

	return min(n, CON_IN_SIZE);
}

static void console_take_input(void)
{
	struct ring_area *r = ring_area;
	u32 n;

	while ((n = console_pending())) {
		u32 tail = r->con_in_tail, off = tail % CON_IN_SIZE, got;

		got = tty_input(&console, r->con_in + off,
				min(n, CON_IN_SIZE - off));
		if (!got)
			break;
		atomic_xchg(&r->con_in_tail, tail + got);
		if (READ_ONCE(r->con_in_head) - tail >= CON_IN_SIZE)
			host_futex_wake(&r->con_in_tail, 1);
	}
	if (console_eof && !n)
		console_hangup();
}

/* Called in the event thread. */
static void console_event(u32 bits)
{
	if (bits & RING_EV_WINCH)
		console_resize(READ_ONCE(ring_area->con_cols),
			       READ_ONCE(ring_area->con_rows));
	if (bits & RING_EV_CON_EOF)
		WRITE_ONCE(console_eof, true);
	console_take_input();
}

/* There is room again for what was left in con_in: have it looked at. */
static void console_in_room(struct tty *t)
{
	if (!console_pending())
		return;
	atomic_or(&ring_area->events, RING_EV_CON_INPUT);
	atomic_inc(&ring_area->event_seq);
	host_futex_wake(&ring_area->event_seq, 1);
}

/* --- Start --- */

static const struct tty_ops console_ops = {
	.out_ready = console_out_ready,
	.in_room = console_in_room,
	.out_busy = console_out_busy,
};

void console_init(void)
{
	const struct boot_params *bp = (const void *)ARENA_BASE;

	console_termios = tty_std_termios;
	console_termios.c_iflag |= IUTF8;
	console_termios.c_cflag |= HUPCL;
	if (tty_setup(&console, &console_ops, &console_termios))
		panic("console: no memory");
	console.dev = MKDEV(TTY_MAJOR, 1);
	strlcpy(console.name, "tty1", sizeof(console.name));
	console.winsize.ws_col = (u16)bp->con_cols;
	console.winsize.ws_row = (u16)bp->con_rows;
	console_tty = &console;
	ring_event_register(RING_EV_CON_INPUT | RING_EV_WINCH | RING_EV_CON_EOF,
			    console_event);
}

void console_start(void)
{
	if (IS_ERR(kthread_start("kconsole", console_thread, NULL)))
		panic("console: cannot start its thread");
	WRITE_ONCE(console_ready, true);
	hostio_init();
}
