// SPDX-License-Identifier: GPL-2.0
/*
 * The console, the monitor's side: the user's terminal, a pty, a file, nothing.
 *
 * Output comes as requests (console_serve) and is written by the ring's
 * workers. Input is read by one thread, which puts it into con_in and posts an
 * event; when con_in is full it sleeps until the kernel has taken something,
 * so that what is pasted into a slow guest waits in the host's terminal.
 *
 * A terminal is put into raw mode while the machine runs: all keys belong to
 * the guest, whose own line discipline makes signals and echo of them. The
 * one exception is Ctrl-]:
 *
 *	Ctrl-] d	dump the guest's tasks into its log, and show it
 *	Ctrl-] q	power button
 *	Ctrl-] ?	help
 *	Ctrl-] Ctrl-]	one Ctrl-] for the guest
 *
 * The terminal's settings are kept from before and put back by
 * console_close(); should the monitor be killed, its parent does that, and
 * should the parent be killed, a signal tells the monitor to. In the background
 * of a shell's job control the terminal is not touched until it is ours again.
 *
 * A pty is raw as well. While nobody has it open, output is dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>
#include "console.h"
#include "monitor.h"

#define CON_ESCAPE    0x1d /* Ctrl-] */
#define CON_ATTACH_MS 100  /* how often to look for somebody at the pty */

static struct console_host {
	enum console_kind kind;
	int in, out;   /* -1 = none */
	bool in_tty;   /* a terminal of ours: raw mode, window size */
	bool escapes;  /* somebody types */
	bool strip_cr; /* output is no terminal: CR LF becomes LF */
	struct termios saved;
	_Atomic int raw;     /* `saved` is to be put back */
	_Atomic bool paused; /* in the background: do not read */
	char pts[64];
	bool escaped;  /* the last key was CON_ESCAPE */
	uint32_t head; /* of con_in; ours, the shared one is a copy */
} con = { .in = -1, .out = -1 };

/* --- Opening --- */

static bool console_same_terminal(int a, int b)
{
	struct stat x, y;

	return isatty(a) && isatty(b) && !fstat(a, &x) && !fstat(b, &y) &&
	       x.st_rdev == y.st_rdev;
}

static void console_open_fd(const struct console_config *c,
			    struct console_state *state)
{
	con.in = c->in_fd;
	con.out = c->out_fd;
	if (c->have_job && !console_same_terminal(con.in, con.out)) {
		con.in = -1;
		con.out = STDERR_FILENO;
	} else if (c->have_job) {
		for (int i = 0; i < 3; i++)
			state->tty_fd[i] = console_same_terminal(con.in, i);
	}
	con.in_tty = con.in >= 0 && isatty(con.in);
	con.escapes = con.in_tty;
	con.strip_cr = !isatty(con.out);
}

static int console_open_pty(void)
{
	struct termios tio;
	int slave;

	con.in = con.out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (con.in < 0 || grantpt(con.in) || unlockpt(con.in) ||
	    ptsname_r(con.in, con.pts, sizeof(con.pts)))
		return -1;
	/* Opened and closed once, so that a master alone shows as hung up. */
	slave = open(con.pts, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -1;
	if (!tcgetattr(slave, &tio)) {
		cfmakeraw(&tio);
		tcsetattr(slave, TCSANOW, &tio);
	}
	close(slave);
	con.escapes = true;
	return 0;
}

static void console_get_size(uint32_t *cols, uint32_t *rows)
{
	struct winsize ws = { 0 };
	int fd = con.in_tty || con.kind == CONSOLE_PTY ? con.in : con.out;

	if (fd < 0 || ioctl(fd, TIOCGWINSZ, &ws))
		return;
	*cols = ws.ws_col;
	*rows = ws.ws_row;
}

/* => 0, or -1 with errno */
static int console_open_kind(const struct console_config *c,
			     struct console_state *state)
{
	con.kind = c->kind;
	switch (c->kind) {
	case CONSOLE_FD:
		console_open_fd(c, state);
		break;
	case CONSOLE_PTY:
		return console_open_pty();
	case CONSOLE_NULL:
		break;
	case CONSOLE_FILE:
		con.strip_cr = true;
		con.out = open(c->file,
			       O_WRONLY | O_CREAT | O_TRUNC | O_APPEND |
				       O_NOCTTY | O_CLOEXEC,
			       0666);
		return con.out < 0 ? -1 : 0;
	}
	return 0;
}

/*
 * With a job and CONSOLE_FD, the console is the caller's terminal only if
 * stdin and stdout both are it. Else the job gets its descriptors as they are
 * (hostio), the terminal is left alone, and the console is stderr, without
 * input.
 */
int console_open(const struct console_config *c, struct console_state *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	if (console_open_kind(c, out)) {
		err = errno;
		monitor_warn("console%s%s: %s", c->file ? " " : "",
			     c->file ? c->file : "", strerror(err));
		return -err;
	}
	if (con.in_tty && tcgetattr(con.in, &con.saved))
		con.in_tty = false;
	console_get_size(&out->cols, &out->rows);
	err = hostio_host_open();
	if (err)
		monitor_warn("/dev/null: %s", strerror(-err));
	return err;
}

/* --- The terminal's mode; signal safe --- */

static bool console_in_foreground(void)
{
	pid_t fg = tcgetpgrp(con.in);

	/* no job control at all, or not our controlling terminal: ours */
	return fg < 0 || fg == getpgrp();
}

static void console_set_raw(void)
{
	struct termios tio = con.saved;

	cfmakeraw(&tio);
	if (!tcsetattr(con.in, TCSANOW, &tio))
		con.raw = 1;
}

/* Whoever writes has written: the ring serves nobody any more. */
void console_close(void)
{
	if (con.in_tty && atomic_exchange(&con.raw, 0) &&
	    console_in_foreground())
		tcsetattr(con.in, TCSANOW, &con.saved);
}

void console_winch(void)
{
	uint32_t cols = 0, rows = 0;
	int err = errno;

	console_get_size(&cols, &rows);
	if (mon.ring &&
	    (cols != mon.ring->con_cols || rows != mon.ring->con_rows)) {
		mon.ring->con_cols = cols;
		mon.ring->con_rows = rows;
		monitor_post_event(RING_EV_WINCH);
	}
	errno = err;
}

static void console_resume(void)
{
	int err = errno;

	if (con.in_tty && console_in_foreground()) {
		if (!con.raw) /* until now it was the shell's */
			tcgetattr(con.in, &con.saved);
		console_set_raw();
		con.paused = false;
		console_winch();
	}
	errno = err;
}

static void console_on_cont(int sig)
{
	console_resume();
}

/* Nobody is left who could do it later. The shell may have the terminal. */
static void console_on_orphaned(int sig)
{
	if (atomic_exchange(&con.raw, 0))
		tcsetattr(con.in, TCSANOW, &con.saved);
	_exit(128 + SIGKILL);
}

/* --- Output --- */

/* => bytes written, 0 to drop the rest, -1 */
static ssize_t console_write_some(const char *p, size_t n)
{
	struct pollfd pfd = { .fd = con.out, .events = POLLOUT };
	ssize_t got;

	if (con.kind == CONSOLE_PTY) {
		if (poll(&pfd, 1, -1) < 0)
			return errno == EINTR ? 1 : -1;
		if (pfd.revents & POLLHUP)
			return 0;
	}
	got = write(con.out, p, n);
	if (got >= 0)
		return got;
	if (errno == EAGAIN) {
		poll(&pfd, 1, -1);
		return -2;
	}
	return errno == EINTR ? -2 : -1;
}

static int console_write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t got = console_write_some(p, n);

		if (got == -2)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			return 0;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static int console_write(const void *buf, size_t n)
{
	const char *p = buf;
	char out[4096];
	size_t len = 0;

	if (con.out < 0)
		return 0;
	if (!con.strip_cr)
		return console_write_all(p, n);
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '\r' && (i + 1 == n || p[i + 1] == '\n'))
			continue;
		out[len++] = c;
		if (len == sizeof(out)) {
			if (console_write_all(out, len))
				return -1;
			len = 0;
		}
	}
	return console_write_all(out, len);
}

int64_t console_serve(struct ring_work *w)
{
	if (w->op != CON_WRITE || !w->buf)
		return -EINVAL;
	return console_write(w->buf, w->len) ? -errno : 0;
}

/* --- Input --- */

/* Bytes that fit into con_in now, after sleeping while none does. */
static uint32_t console_wait_room(void)
{
	struct ring_area *r = mon.ring;

	for (;;) {
		uint32_t tail =
			__atomic_load_n(&r->con_in_tail, __ATOMIC_SEQ_CST);
		uint32_t used = con.head - tail;

		if (used < CON_IN_SIZE)
			return CON_IN_SIZE - used;
		syscall(SYS_futex, &r->con_in_tail, FUTEX_WAIT, tail, NULL,
			NULL, 0);
	}
}

static void console_put_input(const uint8_t *p, size_t n)
{
	struct ring_area *r = mon.ring;

	while (n) {
		uint32_t room = console_wait_room();

		for (; n && room; n--, room--)
			r->con_in[con.head++ % CON_IN_SIZE] = *p++;
		__atomic_store_n(&r->con_in_head, con.head, __ATOMIC_SEQ_CST);
		monitor_post_event(RING_EV_CON_INPUT);
	}
}

static void console_help(void)
{
	static const char text[] =
		"\r\nlodger: Ctrl-] d dumps the tasks, Ctrl-] q powers off, "
		"Ctrl-] Ctrl-] sends Ctrl-]\r\n";

	console_write(text, sizeof(text) - 1);
}

/* The key after Ctrl-]. => how many bytes of out are for the guest */
static size_t console_escape(uint8_t c, uint8_t out[2])
{
	switch (c) {
	case 'd':
	case 'D':
		monitor_post_event(RING_EV_DUMP);
		return 0;
	case 'q':
	case 'Q':
		monitor_post_event(RING_EV_POWEROFF);
		return 0;
	case '?':
		console_help();
		return 0;
	case CON_ESCAPE:
		out[0] = c;
		return 1;
	default:
		out[0] = CON_ESCAPE;
		out[1] = c;
		return 2;
	}
}

static void console_take_keys(const uint8_t *p, size_t n)
{
	uint8_t out[1024];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (con.escaped) {
			con.escaped = false;
			len += console_escape(p[i], out + len);
		} else if (p[i] == CON_ESCAPE && con.escapes) {
			con.escaped = true;
		} else {
			out[len++] = p[i];
		}
	}
	console_put_input(out, len);
}

/* Wait until there is something to read. */
static void console_wait_input(void)
{
	struct pollfd pfd = { .fd = con.in, .events = POLLIN };
	struct timespec ts = { 0, CON_ATTACH_MS * 1000000 };

	for (;;) {
		if (con.paused) {
			nanosleep(&ts, NULL);
			/* `fg` of a job that runs sends no SIGCONT */
			console_resume();
			continue;
		}
		if (poll(&pfd, 1, -1) < 0)
			continue;
		if (con.kind == CONSOLE_PTY && !(pfd.revents & POLLIN)) {
			nanosleep(&ts, NULL); /* nobody attached */
			continue;
		}
		if (!con.paused)
			return;
	}
}

/*
 * The end of a pipe or file. Whoever edits lines (a shell) throws an unfinished
 * one away when its terminal ends, so it is finished first.
 */
static void console_end_input(uint8_t last)
{
	static const uint8_t newline = '\n';

	if (!con.escapes && last != '\n' && last != '\r')
		console_put_input(&newline, 1);
	monitor_post_event(RING_EV_CON_EOF);
}

static void *console_input_thread(void *arg)
{
	uint8_t buf[512], last = '\n';

	for (;;) {
		ssize_t n;

		console_wait_room();
		console_wait_input();
		n = read(con.in, buf, sizeof(buf));
		if (n > 0) {
			if (con.kind == CONSOLE_PTY)
				console_winch();
			console_take_keys(buf, (size_t)n);
			last = buf[n - 1];
			continue;
		}
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0 && errno == EIO && con.kind == CONSOLE_PTY)
			continue;
		break;
	}
	console_end_input(last);
	return arg;
}

int console_start(void)
{
	struct sigaction sa = { .sa_handler = console_on_cont,
				.sa_flags = SA_RESTART };
	pthread_t thread;
	sigset_t all, old;
	int err;

	if (con.kind == CONSOLE_PTY)
		monitor_warn("console on %s", con.pts);
	if (con.in_tty) {
		sigemptyset(&sa.sa_mask);
		sigaction(SIGCONT, &sa, NULL);
		sa.sa_handler = console_on_orphaned;
		sigaddset(&sa.sa_mask, SIGTTOU); /* from the background too */
		sigaction(MONITOR_ORPHANED, &sa, NULL);
		if (console_in_foreground())
			console_set_raw();
		else
			con.paused = true;
	}
	if (con.in < 0)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&thread, NULL, console_input_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		pthread_detach(thread);
	return -err;
}
