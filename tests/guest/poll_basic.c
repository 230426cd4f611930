/* SPDX-License-Identifier: GPL-2.0 */
/* poll(2), ppoll(2), select(2), pselect(2). */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static volatile int sigs;
static void on_sig(int s)
{
	sigs++;
}

static void catch_alarm(int flags)
{
	struct sigaction sa = { .sa_handler = on_sig, .sa_flags = flags };

	sigaction(SIGALRM, &sa, NULL);
}

static void write_later(int fd, int ms)
{
	if (fork())
		return;
	usleep(ms * 1000);
	if (write(fd, "x", 1) != 1)
		_exit(1);
	_exit(0);
}

T(nothing_ready)
{
	struct pollfd f[3] = { { -1, POLLIN, 77 }, { 0, POLLIN, 0 } };
	int p[2];

	CHECK_EQ(pipe(p), 0);
	f[1].fd = p[0];
	CHECK_EQ(poll(f, 2, 0), 0);
	CHECK_EQ(f[0].revents, 0);
	CHECK_EQ(poll(NULL, 0, 0), 0);
}

T(bad_descriptors_are_nval)
{
	struct pollfd f[2] = { { 999, POLLIN, 0 }, { -5, POLLIN, 0 } };

	CHECK_EQ(poll(f, 2, -1), 1);
	CHECK_EQ(f[0].revents, POLLNVAL);
	CHECK_EQ(f[1].revents, 0);
}

T(regular_files_are_always_ready)
{
	struct pollfd f = { open("/", O_RDONLY), POLLIN | POLLOUT, 0 };

	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_EQ(f.revents, POLLIN | POLLOUT);
}

T(timeouts_last)
{
	long long t0 = now_ms();
	struct timespec ts = { 0, 60000000 };

	CHECK_EQ(poll(NULL, 0, 60), 0);
	CHECK(now_ms() - t0 >= 60);
	CHECK(now_ms() - t0 < 1000);
	t0 = now_ms();
	CHECK_EQ(ppoll(NULL, 0, &ts, NULL), 0);
	CHECK(now_ms() - t0 >= 60);
}

T(a_write_wakes)
{
	struct pollfd f;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	f = (struct pollfd){ p[0], POLLIN | POLLPRI, 0 };
	write_later(p[1], 50);
	CHECK_EQ(poll(&f, 1, 5000), 1);
	CHECK_EQ(f.revents, POLLIN);
	wait(NULL);
}

T(many_descriptors)
{
	struct pollfd f[200];
	int p[2];

	for (int i = 0; i < 200; i++) {
		CHECK_EQ(pipe(p), 0);
		f[i] = (struct pollfd){ p[0], POLLIN, 0 };
	}
	write_later(p[1], 50);
	CHECK_EQ(poll(f, 200, 5000), 1);
	CHECK_EQ(f[199].revents, POLLIN);
	CHECK_EQ(f[0].revents, 0);
	wait(NULL);
}

T(a_hang_up_wakes_though_not_asked_for)
{
	struct pollfd f;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	f = (struct pollfd){ p[0], 0, 0 };
	if (!fork()) {
		usleep(50000);
		_exit(0);
	}
	close(p[1]);
	CHECK_EQ(poll(&f, 1, 5000), 1);
	CHECK_EQ(f.revents, POLLHUP);
}

T(a_signal_ends_poll_even_with_sa_restart)
{
	catch_alarm(SA_RESTART);
	alarm(1);
	CHECK_ERRNO(poll(NULL, 0, 5000), EINTR);
	CHECK_EQ(sigs, 1);
}

T(a_stop_and_continue_does_not_end_poll)
{
	long long t0 = now_ms();
	pid_t pid = fork();
	int st;

	if (!pid)
		_exit(poll(NULL, 0, 400) == 0 && now_ms() - t0 >= 400 ? 0 : 1);
	usleep(100000);
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T(ppoll_swaps_the_mask)
{
	sigset_t set, empty, now;

	catch_alarm(0);
	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGALRM);
	CHECK_EQ(sigs, 0);
	CHECK_ERRNO(ppoll(NULL, 0, NULL, &empty), EINTR);
	CHECK_EQ(sigs, 1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK_EQ(sigismember(&now, SIGALRM), 1);
}

T(ppoll_without_a_signal_restores_the_mask)
{
	sigset_t all, now;
	struct timespec ts = { 0, 0 };

	sigfillset(&all);
	CHECK_EQ(ppoll(NULL, 0, &ts, &all), 0);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK_EQ(sigismember(&now, SIGUSR1), 0);
}

T(too_many_descriptors)
{
	struct rlimit rl = { 5, 5 };
	struct pollfd f[6];

	memset(f, 0xff, sizeof(f));
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	CHECK_EQ(poll(f, 5, 0), 0);
	CHECK_ERRNO(poll(f, 6, 0), EINVAL);
}

T(select_finds_readers_and_writers)
{
	fd_set r, w;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	CHECK_EQ(select(p[1] + 1, &r, &w, NULL, NULL), 1);
	CHECK(!FD_ISSET(p[0], &r));
	CHECK(FD_ISSET(p[1], &w));
	CHECK_EQ(write(p[1], "a", 1), 1);
	FD_SET(p[0], &r);
	CHECK_EQ(select(p[1] + 1, &r, &w, NULL, NULL), 2);
}

T(select_bad_descriptor)
{
	fd_set r;

	FD_ZERO(&r);
	FD_SET(60, &r);
	CHECK_ERRNO(select(61, &r, NULL, NULL, NULL), EBADF);
	CHECK_ERRNO(select(-1, NULL, NULL, NULL, NULL), EINVAL);
}

T(select_counts_the_time_down)
{
	struct timeval tv = { 5, 0 };
	fd_set r;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	write_later(p[1], 100);
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	CHECK_EQ(select(p[0] + 1, &r, NULL, NULL, &tv), 1);
	CHECK(tv.tv_sec == 4);
	tv = (struct timeval){ 0, 50000 };
	CHECK_EQ(read(p[0], &(char){ 0 }, 1), 1);
	CHECK_EQ(select(p[0] + 1, &r, NULL, NULL, &tv), 0);
	CHECK(!FD_ISSET(p[0], &r));
	CHECK_EQ(tv.tv_sec, 0);
	CHECK_EQ(tv.tv_usec, 0);
	tv = (struct timeval){ -1, 0 };
	CHECK_ERRNO(select(0, NULL, NULL, NULL, &tv), EINVAL);
}

T(select_high_descriptors)
{
	char bits[4096 / 8 * 2];
	struct rlimit rl;
	struct timeval tv = { 0, 0 };
	int p[2];

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
	if (rl.rlim_cur < 2000)
		rl.rlim_cur = 2000;
	if (rl.rlim_cur > rl.rlim_max || setrlimit(RLIMIT_NOFILE, &rl))
		SKIP("RLIMIT_NOFILE is too low");
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(dup2(p[1], 1900), 1900);
	memset(bits, 0, sizeof(bits));
	bits[1900 / 8] |= 1 << 1900 % 8;
	CHECK_EQ(syscall(SYS_select, 1901, NULL, bits, NULL, &tv), 1);
	CHECK_EQ(bits[1900 / 8], 1 << 1900 % 8);
}

T(pselect_with_a_mask)
{
	sigset_t set, empty;
	struct timespec ts = { 5, 0 };

	catch_alarm(0);
	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	alarm(1);
	CHECK_ERRNO(pselect(0, NULL, NULL, NULL, &ts, &empty), EINTR);
	CHECK_EQ(sigs, 1);
}

T_MAIN
