// SPDX-License-Identifier: GPL-2.0
/* Pseudo-terminals: names, the two ends, packet mode, sizes. pty(7). */
#include "tty_util.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
#ifndef TIOCGPTLCK
#define TIOCGPTLCK 0x80045439
#endif
#ifndef EXTPROC
#define EXTPROC 0200000
#endif

T(name_and_lock)
{
	char name[64], want[64];
	unsigned int n;
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), lock = -1, s;
	struct stat st;

	CHECK(m >= 0);
	CHECK_EQ(ioctl(m, TIOCGPTN, &n), 0);
	snprintf(want, sizeof(want), "/dev/pts/%u", n);
	CHECK_EQ(ptsname_r(m, name, sizeof(name)), 0);
	CHECK_STR(name, want);
	CHECK_EQ(ioctl(m, TIOCGPTLCK, &lock), 0);
	CHECK_EQ(lock, 1);
	CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), EIO);
	CHECK_EQ(unlockpt(m), 0);
	CHECK_EQ(ioctl(m, TIOCGPTLCK, &lock), 0);
	CHECK_EQ(lock, 0);
	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0);
	CHECK_EQ(isatty(s), 1);
	CHECK_EQ(ttyname_r(s, want, sizeof(want)), 0);
	CHECK_STR(want, name);
	CHECK_EQ(fstat(s, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 136);
	CHECK_EQ(minor(st.st_rdev), n);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK_ERRNO(ioctl(s, TIOCGPTN, &n), ENOTTY);
	close(s);
	close(m);
}

static int listed(const char *name)
{
	DIR *d = opendir("/dev/pts");
	struct dirent *e;
	int found = 0;

	CHECK(d != NULL);
	while ((e = readdir(d)))
		found += !strcmp(e->d_name, name + strlen("/dev/pts/"));
	closedir(d);
	return found;
}

T(directory_follows)
{
	struct pair p, q;
	struct statfs sf;

	pair_open(&p);
	pair_open(&q);
	CHECK(strcmp(p.name, q.name) != 0);
	CHECK_EQ(listed(p.name), 1);
	CHECK_EQ(listed(q.name), 1);
	CHECK_EQ(listed("/dev/pts/ptmx"), 1);
	close(p.s);
	CHECK_EQ(listed(p.name), 1);
	close(p.m);
	/* somebody else may have got the number at once: try again */
	for (int i = 0; listed(p.name) && i < 50; i++) {
		pair_open(&p);
		close(p.s);
		close(p.m);
	}
	CHECK_EQ(listed(p.name), 0);
	CHECK_EQ(listed(q.name), 1);
	CHECK_ERRNO(unlink(q.name), geteuid() ? EACCES : EPERM);
	CHECK_EQ(statfs("/dev/pts", &sf), 0);
	CHECK_EQ(sf.f_type, 0x1cd1);
	CHECK_ERRNO(open("/dev/pts/00", O_RDWR), ENOENT);
	CHECK_ERRNO(open("/dev/pts/99999", O_RDWR), ENOENT);
}

T(a_number_comes_again)
{
	struct pair p, q;

	pair_open(&p);
	close(p.s);
	close(p.m);
	pair_open(&q);
	CHECK_EQ(access(q.name, F_OK), 0);
	put(q.s, "x");
	expect(q.m, "x");
}

T(master_reads_the_rest_then_eio)
{
	struct pair p;
	char c[8];
	struct pollfd pfd;

	pair_open(&p);
	put(p.s, "last");
	close(p.s);
	expect(p.m, "last");
	pfd = (struct pollfd){ p.m, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&pfd, 1, 1000), 1);
	CHECK_EQ(pfd.revents & (POLLIN | POLLHUP), POLLHUP);
	CHECK_ERRNO(read(p.m, c, 8), EIO);
	/* and it may be opened again */
	p.s = open(p.name, O_RDWR | O_NOCTTY);
	CHECK(p.s >= 0);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLOUT);
	put(p.s, "more");
	expect(p.m, "more");
}

T(master_waits_before_the_first_open)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	char name[64], c[8];
	struct pollfd pfd = { m, POLLIN, 0 };
	int s;

	CHECK(m >= 0);
	CHECK_EQ(poll(&pfd, 1, 20), 0);
	CHECK_ERRNO(read(m, c, 8), EAGAIN);
	put(m, "early\n"); /* waits for whoever opens it */
	unlockpt(m);
	ptsname_r(m, name, sizeof(name));
	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0);
	expect_read(s, 100, "early\n");
}

T(slave_after_the_masters_end)
{
	struct pair p;
	char c[8];

	pair_open(&p);
	close(p.m);
	CHECK_EQ(read(p.s, c, 8), 0);
	CHECK_ERRNO(write(p.s, "x", 1), EIO);
	CHECK_ERRNO(ioctl(p.s, FIONREAD, c), EIO);
	CHECK_EQ(isatty(p.s), 0);
}

T(blocked_slave_reader_is_let_go)
{
	struct pair p;
	int st;
	pid_t pid;

	pair_open(&p);
	pid = fork();
	if (!pid) {
		char c;
		ssize_t n;

		close(p.m);
		n = read(p.s, &c, 1);
		_exit(n == 0 || (n < 0 && errno == EIO) ? 0 : 1);
	}
	usleep(MS(50));
	close(p.m);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T(termios_is_shared_by_both_ends)
{
	struct pair p;
	struct termios t;

	pair_open(&p);
	t = tio_get(p.m);
	CHECK_EQ(t.c_iflag, ICRNL | IXON);
	CHECK_EQ(t.c_oflag, OPOST | ONLCR);
	CHECK_EQ(t.c_cflag, CS8 | CREAD | B38400);
	CHECK_EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL |
				    ECHOKE | IEXTEN);
	CHECK_EQ(t.c_cc[VINTR], 3);
	CHECK_EQ(t.c_cc[VMIN], 1);
	CHECK_EQ(cfgetospeed(&t), B38400);
	t.c_lflag &= ~ECHO;
	t.c_cflag &= ~CSIZE;
	t.c_cflag |= CS7 | PARENB;
	cfsetspeed(&t, B115200);
	CHECK_EQ(tcsetattr(p.m, TCSADRAIN, &t), 0);
	t = tio_get(p.s);
	CHECK_EQ(t.c_lflag & ECHO, 0);
	CHECK_EQ(t.c_cflag & (CSIZE | PARENB), CS8); /* a pty has no other */
	CHECK_EQ(cfgetospeed(&t), B115200);
}

T(window_size)
{
	struct pair p;
	struct winsize a = { 1, 2, 3, 4 }, b = { 0 };

	pair_open(&p);
	CHECK_EQ(ioctl(p.s, TIOCGWINSZ, &b), 0);
	CHECK_EQ(b.ws_row + b.ws_col, 0);
	CHECK_EQ(ioctl(p.m, TIOCSWINSZ, &a), 0);
	CHECK_EQ(ioctl(p.s, TIOCGWINSZ, &b), 0);
	CHECK_EQ(memcmp(&a, &b, sizeof(a)), 0);
	a.ws_row = 50;
	CHECK_EQ(ioctl(p.s, TIOCSWINSZ, &a), 0);
	CHECK_EQ(ioctl(p.m, TIOCGWINSZ, &b), 0);
	CHECK_EQ(b.ws_row, 50);
	CHECK_ERRNO(ioctl(p.m, TIOCGWINSZ, NULL), EFAULT);
}

static void packet(int m, int status)
{
	unsigned char buf[64];
	struct pollfd pfd = { m, POLLPRI, 0 };

	CHECK_EQ(poll(&pfd, 1, 1000), 1);
	CHECK(pfd.revents & POLLPRI);
	CHECK_EQ(read(m, buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], status);
}

T(packet_mode)
{
	struct pair p;
	struct termios t;
	char buf[64];
	int on = 1, n = 0;

	pair_open(&p);
	CHECK_EQ(ioctl(p.m, TIOCPKT, &on), 0);
	CHECK_EQ(ioctl(p.m, TIOCGPKT, &n), 0);
	CHECK_EQ(n, 1);
	put(p.s, "data");
	usleep(MS(20));
	CHECK_EQ(read(p.m, buf, sizeof(buf)), 5);
	CHECK_EQ(memcmp(buf, "\0data", 5), 0);
	CHECK_EQ(tcflush(p.s, TCIFLUSH), 0);
	packet(p.m, TIOCPKT_FLUSHREAD);
	CHECK_EQ(tcflush(p.s, TCOFLUSH), 0);
	packet(p.m, TIOCPKT_FLUSHWRITE);
	CHECK_EQ(tcflow(p.s, TCOOFF), 0);
	packet(p.m, TIOCPKT_STOP);
	CHECK_EQ(tcflow(p.s, TCOON), 0);
	packet(p.m, TIOCPKT_START);
	t = tio_get(p.s);
	t.c_iflag &= ~IXON;
	tcsetattr(p.s, TCSANOW, &t);
	packet(p.m, TIOCPKT_NOSTOP);
	t.c_iflag |= IXON;
	tcsetattr(p.s, TCSANOW, &t);
	packet(p.m, TIOCPKT_DOSTOP);
	t.c_lflag |= EXTPROC;
	tcsetattr(p.s, TCSANOW, &t);
	packet(p.m, TIOCPKT_IOCTL);
	on = 0;
	CHECK_EQ(ioctl(p.m, TIOCPKT, &on), 0);
	put(p.s, "plain");
	expect(p.m, "plain");
	CHECK_ERRNO(ioctl(p.s, TIOCPKT, &on), ENOTTY);
}

T(extproc_leaves_editing_to_the_master)
{
	struct pair p;

	pair_open(&p);
	tio_mode(p.s, EXTPROC, ECHO, 0, 0, 0, 0);
	put(p.m, "ab\x7f");
	usleep(MS(20));
	expect_read(p.s, 100, "ab\x7f");
}

T(peer_and_session_of_the_master)
{
	struct pair p;
	int fd;
	pid_t pg = -1;
	char name[64];

	pair_open(&p);
	fd = ioctl(p.m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(ttyname_r(fd, name, sizeof(name)), 0);
	CHECK_STR(name, p.name);
	put(fd, "peer");
	expect(p.m, "peer");
	CHECK_EQ(ioctl(p.m, TIOCGPGRP, &pg), 0);
	CHECK_EQ(pg, 0);
	CHECK_ERRNO(ioctl(p.m, TIOCGSID, &pg), ENOTTY);
	CHECK_ERRNO(ioctl(p.s, TIOCGPGRP, &pg), ENOTTY);
	CHECK_ERRNO(ioctl(p.m, TIOCSIG, 99), EINVAL);
	CHECK_EQ(ioctl(p.m, TIOCSIG, SIGINT), 0);
}

T(exclusive)
{
	struct pair p;
	int n = 0, fd;

	if (geteuid() == 0)
		SKIP("root may open it all the same");
	pair_open(&p);
	CHECK_EQ(ioctl(p.s, TIOCEXCL), 0);
	CHECK_EQ(ioctl(p.s, TIOCGEXCL, &n), 0);
	CHECK_EQ(n, 1);
	CHECK_ERRNO(open(p.name, O_RDWR | O_NOCTTY), EBUSY);
	CHECK_EQ(ioctl(p.s, TIOCNXCL), 0);
	fd = open(p.name, O_RDWR | O_NOCTTY);
	CHECK(fd >= 0);
}

T(odd_requests)
{
	struct pair p;
	int n;

	pair_open(&p);
	CHECK_ERRNO(ioctl(p.s, 0x54ee, 0), ENOTTY);
	CHECK_ERRNO(ioctl(p.s, TIOCMGET, &n), ENOTTY);
	CHECK_EQ(ioctl(p.s, TIOCGETD, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(ioctl(p.s, TIOCOUTQ, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(tcdrain(p.s), 0);
	CHECK_EQ(tcsendbreak(p.s, 0), 0);
	CHECK_ERRNO(lseek(p.s, 0, SEEK_SET), ESPIPE);
	CHECK_ERRNO(tcsetattr(p.s, 99, &(struct termios){ 0 }), EINVAL);
	CHECK_EQ(write(p.s, "", 0), 0);
	CHECK_EQ(read(p.s, &n, 0), 0);
	if (geteuid() != 0)
		CHECK(ioctl(p.s, TIOCSTI, "x") < 0);
}

T(many)
{
	enum { N = 60 };
	struct pair p[N];

	for (int i = 0; i < N; i++)
		pair_open(&p[i]);
	for (int i = 0; i < N; i++) {
		char text[16];

		snprintf(text, sizeof(text), "pty%d", i);
		put(p[i].s, text);
		expect(p[i].m, text);
		close(p[i].s);
		close(p[i].m);
	}
}

T(much_through_it)
{
	struct pair p;
	static char buf[32768];
	long total = 0, want = 4 << 20;
	int st;
	pid_t pid;

	pair_open(&p);
	tio_raw(p.s, 1, 0);
	pid = fork();
	if (!pid) {
		long n = 0;

		while (n < want) {
			ssize_t got;

			for (size_t i = 0; i < sizeof(buf); i++)
				buf[i] = (n + i) * 7 >> 3;
			got = write(p.s, buf,
				    want - n < (long)sizeof(buf)
					    ? want - n
					    : (long)sizeof(buf));
			if (got <= 0)
				_exit(1);
			n += got;
		}
		_exit(0);
	}
	while (total < want) {
		ssize_t n = read(p.m, buf, sizeof(buf));

		CHECK(n > 0);
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != (char)((total + i) * 7 >> 3))
				T_FAIL("byte %ld is wrong", total + (long)i);
		total += n;
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

/* Which settings are locked anybody may see; to lock them takes privileges. */
T(locked_settings)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), fd;
	struct termios lock, now;

	CHECK(m >= 0);
	CHECK_EQ(unlockpt(m), 0);
	fd = open(ptsname(m), O_RDWR | O_NOCTTY);
	CHECK(fd >= 0);
	memset(&lock, 0xff, sizeof(lock));
	CHECK_EQ(ioctl(fd, TIOCGLCKTRMIOS, &lock), 0);
	CHECK_EQ(lock.c_iflag | lock.c_oflag | lock.c_cflag | lock.c_lflag, 0);
	if (getuid()) {
		CHECK_ERRNO(ioctl(fd, TIOCSLCKTRMIOS, &lock), EPERM);
		CHECK_ERRNO(ioctl(fd, TIOCCONS, 0), EPERM);
		return;
	}
	CHECK_EQ(tcgetattr(fd, &now), 0);
	lock.c_lflag = ECHO;
	CHECK_EQ(ioctl(fd, TIOCSLCKTRMIOS, &lock), 0);
	now.c_lflag &= ~(ECHO | ICANON);
	CHECK_EQ(tcsetattr(fd, TCSANOW, &now), 0);
	CHECK_EQ(tcgetattr(fd, &now), 0);
	CHECK_EQ(now.c_lflag & (ECHO | ICANON), ECHO);
}

T_MAIN
