/* SPDX-License-Identifier: GPL-2.0 */
/* Pipes as pipe(7) has them: order, limits, ends, atomicity, packets. */
#include "t.h"
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

static char big[1 << 20];
static char *volatile bad = (char *)8;

static int fill(int fd)
{
	int n, sum = 0;

	while ((n = write(fd, big, 4096)) > 0)
		sum += n;
	return sum;
}

static short revents(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

T(bytes_come_out_in_order)
{
	char buf[8] = "";
	int p[2], n;

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(write(p[1], "de", 2), 2);
	CHECK_EQ(ioctl(p[0], FIONREAD, &n), 0);
	CHECK_EQ(n, 5);
	CHECK_EQ(read(p[0], buf, 2), 2);
	CHECK_EQ(read(p[0], buf + 2, 6), 3);
	CHECK_STR(buf, "abcde");
}

T(both_ends_are_one_inode)
{
	struct stat a, b;
	int p[2];

	CHECK_EQ(pipe2(p, O_CLOEXEC), 0);
	CHECK_EQ(fstat(p[0], &a), 0);
	CHECK_EQ(fstat(p[1], &b), 0);
	CHECK(S_ISFIFO(a.st_mode));
	CHECK_EQ(a.st_mode & 0777, 0600);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_dev, b.st_dev);
	CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(p[1], F_GETFL) & O_ACCMODE, O_WRONLY);
}

T(wrong_uses)
{
	char c;
	int p[2];

	CHECK_ERRNO(pipe2(p, O_RDWR), EINVAL);
	CHECK_ERRNO(pipe((int *)bad), EFAULT);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERRNO(read(p[1], &c, 1), EBADF);
	CHECK_ERRNO(write(p[0], &c, 1), EBADF);
	CHECK_ERRNO(lseek(p[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(pread(p[0], &c, 1, 0), ESPIPE);
	CHECK_ERRNO(write(p[1], bad, 1), EFAULT);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_ERRNO(read(p[0], bad, 1), EFAULT);
	CHECK_EQ(read(p[0], &c, 1), 1); /* it is still there */
}

T(empty_writes_and_reads_do_nothing)
{
	char c;
	int p[2];

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(write(p[1], "", 0), 0);
	CHECK_EQ(read(p[0], &c, 0), 0);
	CHECK_ERRNO(read(p[0], &c, 1), EAGAIN);
}

T(capacity_is_64_kib)
{
	char buf[4096];
	int p[2];

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 65536);
	CHECK_EQ(revents(p[1], POLLOUT), POLLOUT);
	CHECK_EQ(fill(p[1]), 65536);
	CHECK_ERRNO(write(p[1], "x", 1), EAGAIN);
	CHECK_EQ(revents(p[1], POLLOUT), 0);
	CHECK_EQ(read(p[0], buf, 4096), 4096);
	CHECK_EQ(revents(p[1], POLLOUT), POLLOUT);
	CHECK_EQ(write(p[1], big, 8192), 4096);
}

T(capacity_can_be_changed)
{
	char buf[16];
	int p[2], n;

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 5000), 8192);
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 8192);
	CHECK_EQ(fill(p[1]), 8192);
	CHECK_ERRNO(fcntl(p[1], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	CHECK_EQ(fill(p[1]), (1 << 20) - 8192);
	CHECK_EQ(ioctl(p[0], FIONREAD, &n), 0);
	CHECK_EQ(n, 1 << 20);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	CHECK_EQ(read(p[0], buf, 16), 16);
	CHECK_ERRNO(fcntl(open("/dev/null", O_RDWR), F_GETPIPE_SZ), EBADF);
}

T(content_survives_growing_and_wrapping)
{
	static unsigned char in[50000], out[50000];
	int p[2];
	size_t got = 0;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = i * 7 + i / 251;
	CHECK_EQ(pipe(p), 0);
	/* move the ring's position, then grow it with bytes inside */
	CHECK_EQ(write(p[1], in, 3000), 3000);
	CHECK_EQ(read(p[0], out, 2500), 2500);
	CHECK_EQ(write(p[1], in + 3000, 3000), 3000);
	CHECK_EQ(write(p[1], in + 6000, 44000), 44000);
	got = 2500;
	while (got < sizeof(out)) {
		int n = read(p[0], out + got, 1777);

		CHECK(n > 0);
		got += n;
	}
	CHECK_EQ(memcmp(in, out, sizeof(in)), 0);
}

T(end_of_file_after_the_last_byte)
{
	char buf[8];
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], "xy", 2), 2);
	close(p[1]);
	CHECK_EQ(revents(p[0], POLLIN), POLLIN | POLLHUP);
	CHECK_EQ(read(p[0], buf, 8), 2);
	CHECK_EQ(read(p[0], buf, 8), 0);
	CHECK_EQ(revents(p[0], POLLIN), POLLHUP);
}

static volatile int got_sig;
static void on_sig(int s)
{
	got_sig = s;
}

T(no_reader_is_sigpipe_and_epipe)
{
	int p[2];

	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	CHECK_EQ(revents(p[1], POLLOUT), POLLOUT | POLLERR);
	signal(SIGPIPE, on_sig);
	CHECK_ERRNO(write(p[1], "x", 1), EPIPE);
	CHECK_EQ(got_sig, SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(p[1], "x", 1), EPIPE);
}

T(small_writes_are_atomic)
{
	int p[2], n;

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 4096), 4096);
	CHECK_EQ(write(p[1], big, 4000), 4000);
	CHECK_ERRNO(write(p[1], big, 200), EAGAIN);
	CHECK_EQ(ioctl(p[0], FIONREAD, &n), 0);
	CHECK_EQ(n, 4000);
}

T(writers_do_not_mix_their_records)
{
	enum { WRITERS = 4, ROUNDS = 200, LEN = 1000 };
	char buf[LEN];
	int p[2], seen[WRITERS] = { 0 };

	CHECK_EQ(pipe(p), 0);
	for (int w = 0; w < WRITERS; w++) {
		if (fork())
			continue;
		memset(buf, 'a' + w, LEN);
		for (int i = 0; i < ROUNDS; i++)
			if (write(p[1], buf, LEN) != LEN)
				_exit(1);
		_exit(0);
	}
	close(p[1]);
	for (int i = 0; i < WRITERS * ROUNDS; i++) {
		int n = 0, r;

		while (n < LEN && (r = read(p[0], buf + n, LEN - n)) > 0)
			n += r;
		CHECK_EQ(n, LEN);
		for (int k = 1; k < LEN; k++)
			CHECK_EQ(buf[k], buf[0]);
		seen[buf[0] - 'a']++;
	}
	CHECK_EQ(read(p[0], buf, 1), 0);
	for (int w = 0; w < WRITERS; w++)
		CHECK_EQ(seen[w], ROUNDS);
	while (wait(NULL) > 0)
		;
}

T(a_large_write_passes_a_small_pipe)
{
	static char out[300000];
	int p[2];
	size_t got = 0;
	ssize_t n;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i ^ (i >> 8);
	CHECK_EQ(pipe(p), 0);
	if (!fork()) {
		close(p[0]);
		_exit(write(p[1], big, sizeof(out)) != sizeof(out));
	}
	close(p[1]);
	while ((n = read(p[0], out + got, 7000)) > 0)
		got += n;
	CHECK_EQ(got, sizeof(out));
	CHECK_EQ(memcmp(out, big, sizeof(out)), 0);
	int st;
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
}

T(a_blocked_writer_dies_with_the_reader)
{
	int p[2], st;

	CHECK_EQ(pipe(p), 0);
	pid_t pid = fork();
	if (!pid) {
		close(p[0]);
		signal(SIGPIPE, SIG_IGN);
		_exit(write(p[1], big, sizeof(big)) != 65536 ||
		      write(p[1], big, 1) != -1 || errno != EPIPE);
	}
	usleep(50000);
	close(p[0]);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T(ping_pong)
{
	int a[2], b[2], st;
	char c = 0;

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	if (!fork()) {
		for (int i = 0; i < 2000; i++) {
			if (read(a[0], &c, 1) != 1 || (char)i != c)
				_exit(1);
			if (write(b[1], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 2000; i++) {
		c = i;
		CHECK_EQ(write(a[1], &c, 1), 1);
		c = 99;
		CHECK_EQ(read(b[0], &c, 1), 1);
		CHECK_EQ(c, (char)i);
	}
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
}

T(a_signal_interrupts_a_read)
{
	struct sigaction sa = { .sa_handler = on_sig };
	char c;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	CHECK_ERRNO(read(p[0], &c, 1), EINTR);
	CHECK_EQ(got_sig, SIGALRM);
}

static int restart_pipe[2];
static void on_alarm_write(int s)
{
	got_sig = s;
	if (write(restart_pipe[1], "!", 1) != 1)
		_exit(9);
}

T(a_read_is_restarted_with_sa_restart)
{
	struct sigaction sa = { .sa_handler = on_alarm_write,
				.sa_flags = SA_RESTART };
	char c = 0;

	CHECK_EQ(pipe(restart_pipe), 0);
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	CHECK_EQ(read(restart_pipe[0], &c, 1), 1);
	CHECK_EQ(c, '!');
	CHECK_EQ(got_sig, SIGALRM);
}

T(packets_keep_their_bounds)
{
	char buf[5000];
	int p[2];

	CHECK_EQ(pipe2(p, O_DIRECT | O_NONBLOCK), 0);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(write(p[1], "defgh", 5), 5);
	CHECK_EQ(write(p[1], "i", 1), 1);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 3);
	CHECK_EQ(read(p[0], buf, 2), 2); /* the rest is lost */
	CHECK_EQ(memcmp(buf, "de", 2), 0);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 1);
	CHECK_ERRNO(read(p[0], buf, 1), EAGAIN);
	CHECK_EQ(write(p[1], big, 5000), 5000); /* two packets */
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 4096);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 904);
}

T(vectors)
{
	char a[3] = "", b[10] = "";
	struct iovec w[3] = { { "one", 3 }, { "", 0 }, { "two", 3 } };
	struct iovec r[2] = { { a, 2 }, { b, 9 } };
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(writev(p[1], w, 3), 6);
	CHECK_EQ(readv(p[0], r, 2), 6);
	CHECK_STR(a, "on");
	CHECK_STR(b, "etwo");
}

T(a_bad_page_in_the_middle_cuts_the_write)
{
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int p[2], n;

	CHECK(m != MAP_FAILED);
	CHECK_EQ(munmap(m + 4096, 4096), 0);
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	errno = 0;
	n = write(p[1], m + 4000, 200);
	CHECK(n == 96 || (n == -1 && errno == EFAULT));
}

T(an_end_can_be_opened_again_through_proc)
{
	char name[64], c;
	int p[2], fd;

	CHECK_EQ(pipe(p), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", p[1]);
	fd = open(name, O_WRONLY);
	if (fd < 0 && errno == ENOENT)
		SKIP("no /proc");
	CHECK(fd >= 0);
	close(p[1]);
	CHECK_EQ(write(fd, "z", 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'z');
	close(fd);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

T(name_in_proc)
{
	char name[64], link[64] = "", want[64];
	struct stat st;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", p[0]);
	if (readlink(name, link, sizeof(link) - 1) < 0)
		SKIP("no /proc");
	CHECK_EQ(fstat(p[0], &st), 0);
	snprintf(want, sizeof(want), "pipe:[%lu]", (unsigned long)st.st_ino);
	CHECK_STR(link, want);
}

/* Both ends can be opened again by name, also when the other one is gone. */
T(opening_an_end_again_never_waits)
{
	char name[40], c = 0;
	int p[2], fd;

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	close(p[1]);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", p[0]);
	fd = open(name, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", p[1]);
	CHECK(open(name, O_WRONLY) >= 0);
	CHECK(open(name, O_WRONLY | O_NONBLOCK) >= 0);
}

T_MAIN
