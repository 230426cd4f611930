// SPDX-License-Identifier: GPL-2.0
/* The line discipline, seen from both ends of a pty. termios(3). */
#include "tty_util.h"

T(canonical_read_gives_a_line)
{
	struct pair p;

	pair_open(&p);
	put(p.m, "one\ntwo\nthr");
	expect_read(p.s, 100, "one\n");
	expect_read(p.s, 2, "tw");
	expect_read(p.s, 100, "o\n");
	CHECK_EQ(fcntl(p.s, F_SETFL, O_NONBLOCK), 0);
	CHECK_ERRNO(read(p.s, (char[4]){ 0 }, 4), EAGAIN);
	put(p.m, "ee\r");
	expect_read(p.s, 100, "three\n");
	expect(p.m, "one\r\ntwo\r\nthree\r\n");
}

T(erase_word_kill)
{
	struct pair p;

	pair_open(&p);
	put(p.m, "abc\x7f\x7fx\n");
	expect_read(p.s, 100, "ax\n");
	expect(p.m, "abc\b \b\b \bx\r\n");
	put(p.m, "one two-three  \x17\x17z\n");
	expect_read(p.s, 100, "one z\n");
	put(p.m, "gone\x15stays\n");
	expect_read(p.s, 100, "stays\n");
	put(p.m, "\x7f\x15\x17ok\n");
	expect_read(p.s, 100, "ok\n");
}

T(erase_of_control_and_tab)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, 0, ISIG, 0, 0, 0, 0);
	put(p.m, "a\001\x7f\n");
	expect_read(p.s, 100, "a\n");
	expect(p.m, "a^A\b \b\b \b\r\n");
	put(p.m, "ab\tc\x7f\x7f!\n");
	expect_read(p.s, 100, "ab!\n");
	expect(p.m, "ab\tc\b \b\b\b\b\b\b\b!\r\n");
	put(p.s, "12345");
	expect(p.m, "12345");
	put(p.m, "x\t\x7f\n");
	expect_read(p.s, 100, "x\n");
	expect(p.m, "x\t\b\b\r\n");
}

T(utf8_is_erased_as_a_whole)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, 0, 0, IUTF8, 0, 0, 0);
	put(p.m, "a\xc3\xa9\x7f\n");
	expect_read(p.s, 100, "a\n");
	expect(p.m, "a\xc3\xa9\b \b\r\n");
	tio_mode(p.s, 0, 0, 0, IUTF8, 0, 0);
	put(p.m, "a\xc3\xa9\x7f\n");
	expect_read(p.s, 100, "a\xc3\n");
}

T(literal_next_and_reprint)
{
	struct pair p;

	pair_open(&p);
	put(p.m, "a\x16\x03\x16\x16"
		 "b\n");
	expect_read(p.s, 100,
		    "a\x03\x16"
		    "b\n");
	expect(p.m, "a^\b^C^\b^Vb\r\n");
	put(p.m, "xy\x12z\n");
	expect_read(p.s, 100, "xyz\n");
	expect(p.m, "xy^R\r\nxyz\r\n");
}

T(eof_ends_a_line_or_a_file)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	put(p.m, "abc\x04");
	expect_read(p.s, 100, "abc");
	put(p.m, "\x04");
	CHECK_EQ(read(p.s, buf, 8), 0);
	/* a buffer that is just large enough takes the EOF along */
	put(p.m, "four\x04next\n");
	expect_read(p.s, 4, "four");
	expect_read(p.s, 8, "next\n");
}

T(eol_characters)
{
	struct pair p;
	struct termios t;

	pair_open(&p);
	t = tio_get(p.s);
	t.c_cc[VEOL] = ';';
	t.c_cc[VEOL2] = '!';
	tcsetattr(p.s, TCSANOW, &t);
	put(p.m, "a;b!c\n");
	expect_read(p.s, 100, "a;");
	expect_read(p.s, 100, "b!");
	expect_read(p.s, 100, "c\n");
}

T(kill_echo_variants)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, 0, ECHOKE, 0, 0, 0, 0);
	put(p.m, "ab\x15");
	expect(p.m, "ab^U\r\n");
	tio_mode(p.s, 0, ECHOK, 0, 0, 0, 0);
	put(p.m, "ab\x15");
	expect(p.m, "ab^U");
	tio_mode(p.s, 0, ECHOE, 0, 0, 0, 0);
	put(p.m, "ab\x7f\n");
	expect(p.m, "ab^?\r\n");
	expect_read(p.s, 100, "a\n");
}

T(hardcopy_erase)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, ECHOPRT, 0, 0, 0, 0, 0);
	put(p.m, "abc\x7f\x7fx\n");
	expect_read(p.s, 100, "ax\n");
	expect(p.m, "abc\\cb/x\r\n");
	put(p.m, "q\x7fr\n");
	expect_read(p.s, 100, "r\n");
	expect(p.m, "q\\q/r\r\n");
}

T(echo_off_and_echonl)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, 0, ECHO, 0, 0, 0, 0);
	put(p.m, "secret\n");
	expect_read(p.s, 100, "secret\n");
	expect_nothing(p.m);
	tio_mode(p.s, ECHONL, 0, 0, 0, 0, 0);
	put(p.m, "secret\n");
	expect(p.m, "\r\n");
}

T(echoctl_off)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, 0, ECHOCTL | ISIG, 0, 0, 0, 0);
	put(p.m, "a\001b\n");
	expect(p.m, "a\001b\r\n");
}

T(input_mapping)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, 0, ECHO, 0, ICRNL, 0, 0);
	put(p.m, "a\rb\n");
	expect_read(p.s, 100, "a\rb\n");
	tio_mode(p.s, 0, 0, IGNCR, 0, 0, 0);
	put(p.m, "a\rb\n");
	expect_read(p.s, 100, "ab\n");
	tio_mode(p.s, 0, ICANON, INLCR, IGNCR, 0, 0);
	put(p.m, "a\nb");
	usleep(MS(30));
	expect(p.s, "a\rb");
	tio_mode(p.s, 0, 0, ISTRIP, INLCR, 0, 0);
	put(p.m, "\xc1\xc2");
	expect(p.s, "AB");
	tio_mode(p.s, 0, 0, IUCLC, ISTRIP, 0, 0);
	put(p.m, "AbZ");
	expect(p.s, "abz");
	tio_mode(p.s, 0, 0, PARMRK, IUCLC, 0, 0);
	put(p.m, "a\xff"
		 "b");
	expect(p.s, "a\xff\xff"
		    "b");
}

T(output_mapping)
{
	struct pair p;

	pair_open(&p);
	put(p.s, "a\nb\r\n");
	expect(p.m, "a\r\nb\r\r\n");
	tio_mode(p.s, 0, 0, 0, 0, OCRNL, ONLCR);
	put(p.s, "x\ry\n");
	expect(p.m, "x\ny\n");
	tio_mode(p.s, 0, 0, 0, 0, ONOCR | ONLRET, OCRNL);
	put(p.s, "\nz\r\rq\n");
	expect(p.m, "\nz\rq\n");
	tio_mode(p.s, 0, 0, 0, 0, XTABS | ONLCR, ONOCR | ONLRET);
	put(p.s, "\nab\tc\t\n\t|\b\b\tx\n");
	expect(p.m, "\r\nab      c       \r\n        |\b\b x\r\n");
	tio_mode(p.s, 0, 0, 0, 0, OLCUC, XTABS);
	put(p.s, "aBc");
	expect(p.m, "ABC");
	tio_mode(p.s, 0, 0, 0, 0, 0, OPOST);
	put(p.s, "a\n\t");
	expect(p.m, "a\n\t");
}

T(flow_control)
{
	struct pair p;

	pair_open(&p);
	put(p.m, "\x13");
	usleep(MS(30));
	CHECK_EQ(fcntl(p.s, F_SETFL, O_NONBLOCK), 0);
	CHECK_ERRNO(write(p.s, "held", 4), EAGAIN);
	CHECK_EQ(poll(&(struct pollfd){ p.s, POLLOUT, 0 }, 1, 0), 0);
	put(p.m, "ec");
	expect_nothing(p.m);
	put(p.m, "\x11");
	expect(p.m, "ec");
	put(p.s, "free");
	expect(p.m, "free");
	/* any key goes on */
	tio_mode(p.s, 0, 0, IXANY, 0, 0, 0);
	put(p.m, "\x13");
	usleep(MS(30));
	CHECK_ERRNO(write(p.s, "held", 4), EAGAIN);
	put(p.m, "k");
	expect(p.m, "k");
	put(p.s, "on");
	expect(p.m, "on");
}

T(tcflow_stops_and_starts)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(tcflow(p.s, TCOOFF), 0);
	CHECK_EQ(fcntl(p.s, F_SETFL, O_NONBLOCK), 0);
	CHECK_ERRNO(write(p.s, "x", 1), EAGAIN);
	put(p.m, "\x11"); /* does not undo tcflow() */
	usleep(MS(30));
	CHECK_ERRNO(write(p.s, "x", 1), EAGAIN);
	CHECK_EQ(tcflow(p.s, TCOON), 0);
	put(p.s, "x");
	expect(p.m, "x");
	CHECK_EQ(tcflow(p.s, TCIOFF), 0);
	expect(p.m, "\x13");
	CHECK_EQ(tcflow(p.s, TCION), 0);
	expect(p.m, "\x11");
	CHECK_ERRNO(ioctl(p.s, TCXONC, 7), EINVAL);
}

T(flush)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, 0, ECHO, 0, 0, 0, 0);
	put(p.m, "lost\npart");
	usleep(MS(30));
	CHECK_EQ(tcflush(p.s, TCIFLUSH), 0);
	put(p.m, "kept\n");
	expect_read(p.s, 100, "kept\n");
	put(p.m, "lost\n");
	usleep(MS(30));
	struct termios t = tio_get(p.s);

	CHECK_EQ(tcsetattr(p.s, TCSAFLUSH, &t), 0);
	put(p.m, "kept\n");
	expect_read(p.s, 100, "kept\n");
	CHECK_ERRNO(ioctl(p.s, TCFLSH, 9), EINVAL);
}

T(fionread_counts_what_can_be_read)
{
	struct pair p;
	int n = -1;

	pair_open(&p);
	put(p.m, "ab\ncd\x04"
		 "ef");
	usleep(MS(50));
	CHECK_EQ(ioctl(p.s, FIONREAD, &n), 0);
	CHECK_EQ(n, 5);
	tio_mode(p.s, 0, ICANON, 0, 0, 0, 0);
	CHECK_EQ(ioctl(p.s, FIONREAD, &n), 0);
	CHECK_EQ(n, 8);
}

T(vmin_vtime)
{
	struct pair p;
	char buf[16];
	long long t0;

	pair_open(&p);
	tio_raw(p.s, 0, 0); /* at once */
	CHECK_EQ(read(p.s, buf, 8), 0);
	put(p.m, "ab");
	usleep(MS(30));
	CHECK_EQ(read(p.s, buf, 8), 2);

	tio_raw(p.s, 0, 2); /* the first byte or 0.2 s */
	t0 = now_ms();
	CHECK_EQ(read(p.s, buf, 8), 0);
	CHECK(now_ms() - t0 >= 150);
	put(p.m, "a");
	CHECK_EQ(read(p.s, buf, 8), 1);

	tio_raw(p.s, 3, 0); /* three bytes */
	if (!fork()) {
		for (int i = 0; i < 3; i++) {
			usleep(MS(40));
			put(p.m, "x");
		}
		_exit(0);
	}
	CHECK_EQ(read(p.s, buf, 8), 3);

	tio_raw(p.s, 5, 1); /* five, or 0.1 s after the last one */
	put(p.m, "yz");
	t0 = now_ms();
	CHECK_EQ(read(p.s, buf, 8), 2);
	CHECK(now_ms() - t0 >= 80);
	put(p.m, "12345678");
	usleep(MS(30));
	CHECK_EQ(read(p.s, buf, 4), 4);
	CHECK_EQ(read(p.s, buf, 8), 4);
}

T(poll_knows_vmin)
{
	struct pair p;
	struct pollfd pfd;

	pair_open(&p);
	tio_raw(p.s, 3, 0);
	pfd = (struct pollfd){ p.s, POLLIN, 0 };
	put(p.m, "ab");
	CHECK_EQ(poll(&pfd, 1, 60), 0);
	put(p.m, "c");
	CHECK_EQ(poll(&pfd, 1, 1000), 1);
	tio_mode(p.s, ICANON, 0, 0, 0, 0, 0);
	CHECK_EQ(poll(&pfd, 1, 1000), 1); /* what came raw may be read */
	expect_read(p.s, 100, "abc");
	put(p.m, "partial");
	CHECK_EQ(poll(&pfd, 1, 60), 0);
	put(p.m, "\n");
	CHECK_EQ(poll(&pfd, 1, 1000), 1);
}

T(raw_and_canonical_change_over)
{
	struct pair p;

	pair_open(&p);
	put(p.m, "ab\ncd");
	usleep(MS(30));
	tio_raw(p.s, 1, 0);
	expect(p.s, "ab\ncd");
	put(p.m, "ef");
	usleep(MS(30));
	tio_mode(p.s, ICANON, 0, 0, 0, 0, 0);
	expect_read(p.s, 100, "ef");
}

T(long_line_keeps_4095)
{
	struct pair p;
	static char buf[6000], in[6000];

	pair_open(&p);
	tio_mode(p.s, 0, ECHO, 0, 0, 0, 0);
	memset(buf, 'a', sizeof(buf));
	for (int i = 0; i < 10; i++)
		CHECK_EQ(write(p.m, buf, 500), 500);
	put(p.m, "\n");
	usleep(MS(50));
	CHECK_EQ(read(p.s, in, sizeof(in)), 4096);
	CHECK_EQ(in[4094], 'a');
	CHECK_EQ(in[4095], '\n');
}

T(full_buffers_block_and_lose_nothing)
{
	struct pair p;
	static char buf[100];
	long sent = 0, got = 0;

	pair_open(&p);
	tio_raw(p.s, 1, 0);
	CHECK_EQ(fcntl(p.m, F_SETFL, O_NONBLOCK), 0);
	for (;;) {
		ssize_t n;

		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = 'A' + (sent + i) % 23;
		n = write(p.m, buf, sizeof(buf));
		if (n < 0) {
			CHECK_EQ(errno, EAGAIN);
			break;
		}
		sent += n;
		CHECK(sent < 1000000);
	}
	CHECK(sent >= 4095);
	while (got < sent) {
		ssize_t n = read(p.s, buf, sizeof(buf));

		CHECK(n > 0);
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(buf[i], 'A' + (got + i) % 23);
		got += n;
	}
	expect_nothing(p.s);
}

T(both_sides_write_without_reading)
{
	struct pair p;
	static char buf[65536];
	int a, b;

	pair_open(&p);
	memset(buf, 'x', sizeof(buf)); /* echo is on, no newline */
	a = fork();
	if (!a) {
		if (write(p.s, buf, sizeof(buf)) < 0)
			_exit(1);
		_exit(0);
	}
	b = fork();
	if (!b) {
		if (write(p.m, buf, 20000) < 0)
			_exit(1);
		_exit(0);
	}
	usleep(MS(100));
	/* whatever waits can be got out again */
	struct pollfd pfd = { p.m, POLLIN, 0 };
	int st;

	while (waitpid(a, &st, WNOHANG) == 0)
		if (poll(&pfd, 1, 10) > 0)
			CHECK(read(p.m, buf, sizeof(buf)) > 0);
	CHECK_EQ(st, 0);
	kill(b, SIGKILL);
	CHECK_EQ(waitpid(b, &st, 0), b);
}

T_MAIN
