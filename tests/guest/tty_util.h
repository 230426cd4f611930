/* SPDX-License-Identifier: GPL-2.0 */
/* What the terminal tests share: a pty pair, and reading with patience. */
#ifndef TTY_UTIL_H
#define TTY_UTIL_H

#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

#define MS(n) ((n)*1000)

struct pair {
	int m, s;
	char name[64];
};

/* Not the controlling terminal of anybody. */
static inline void pair_open(struct pair *p)
{
	p->m = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK(p->m >= 0);
	CHECK_EQ(grantpt(p->m), 0);
	CHECK_EQ(unlockpt(p->m), 0);
	CHECK_EQ(ptsname_r(p->m, p->name, sizeof(p->name)), 0);
	p->s = open(p->name, O_RDWR | O_NOCTTY);
	CHECK(p->s >= 0);
}

static inline struct termios tio_get(int fd)
{
	struct termios t;

	CHECK_EQ(tcgetattr(fd, &t), 0);
	return t;
}

/* Set and clear bits of the local, input and output modes. */
static inline void tio_mode(int fd, tcflag_t lset, tcflag_t lclear,
			    tcflag_t iset, tcflag_t iclear, tcflag_t oset,
			    tcflag_t oclear)
{
	struct termios t = tio_get(fd);

	t.c_lflag = (t.c_lflag & ~lclear) | lset;
	t.c_iflag = (t.c_iflag & ~iclear) | iset;
	t.c_oflag = (t.c_oflag & ~oclear) | oset;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

static inline void tio_raw(int fd, int min, int time)
{
	struct termios t = tio_get(fd);

	cfmakeraw(&t);
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = time;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

static inline void put(int fd, const char *s)
{
	CHECK_EQ(write(fd, s, strlen(s)), strlen(s));
}

/* What can be read until nothing has come for a while; NUL-terminated. */
static inline char *drain(int fd, int ms)
{
	static char buf[65536];
	size_t n = 0;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (n < sizeof(buf) - 1 && poll(&pfd, 1, ms) > 0 &&
	       (pfd.revents & POLLIN)) {
		ssize_t got = read(fd, buf + n, sizeof(buf) - 1 - n);

		if (got <= 0)
			break;
		n += got;
	}
	buf[n] = 0;
	return buf;
}

/* Wait for exactly this from fd. */
static inline void expect(int fd, const char *want)
{
	char buf[8192];
	size_t n = 0, len = strlen(want);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (n < len && poll(&pfd, 1, 5000) > 0) {
		ssize_t got = read(fd, buf + n, len - n);

		if (got <= 0)
			break;
		n += got;
	}
	buf[n] = 0;
	CHECK_STR(buf, want);
}

static inline void expect_nothing(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	CHECK_EQ(poll(&pfd, 1, 60), 0);
}

/* One read that gives exactly this. */
static inline void expect_read(int fd, size_t size, const char *want)
{
	char buf[8192];
	ssize_t n = read(fd, buf, size);

	CHECK(n >= 0);
	buf[n] = 0;
	CHECK_STR(buf, want);
}

static inline long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

#endif
