/* SPDX-License-Identifier: GPL-2.0 */
/* eventfd(2), timerfd_create(2), signalfd(2). */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

static short revents(int fd, short events, int ms)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, ms) >= 0);
	return p.revents;
}

T(eventfd_counts)
{
	uint64_t v;
	int fd = eventfd(3, EFD_NONBLOCK);

	CHECK(fd >= 0);
	v = 4;
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(revents(fd, POLLIN | POLLOUT, 0), POLLIN | POLLOUT);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 7);
	CHECK_ERRNO(read(fd, &v, 8), EAGAIN);
	CHECK_ERRNO(read(fd, &v, 7), EINVAL);
	CHECK_EQ(revents(fd, POLLIN | POLLOUT, 0), POLLOUT);
}

T(eventfd_is_bounded)
{
	uint64_t v = UINT64_MAX;
	int fd = eventfd(0, EFD_NONBLOCK);

	CHECK_ERRNO(write(fd, &v, 8), EINVAL);
	v = UINT64_MAX - 1;
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(revents(fd, POLLIN | POLLOUT, 0), POLLIN);
	v = 1;
	CHECK_ERRNO(write(fd, &v, 8), EAGAIN);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, UINT64_MAX - 1);
}

T(eventfd_semaphore)
{
	uint64_t v;
	int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);

	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_ERRNO(read(fd, &v, 8), EAGAIN);
	CHECK_ERRNO(eventfd(0, 1 << 20), EINVAL);
}

T(eventfd_blocks_and_wakes)
{
	uint64_t v = 0, w = 9;
	int fd = eventfd(0, 0);

	if (!fork()) {
		usleep(50000);
		_exit(write(fd, &w, 8) != 8);
	}
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 9);
}

T(timerfd_once)
{
	struct itimerspec s = { { 0, 0 }, { 0, 50000000 } }, o;
	uint64_t n;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(timerfd_gettime(fd, &o), 0);
	CHECK(!o.it_value.tv_sec && !o.it_value.tv_nsec);
	CHECK_EQ(timerfd_settime(fd, 0, &s, NULL), 0);
	CHECK_EQ(timerfd_gettime(fd, &o), 0);
	CHECK(o.it_value.tv_nsec > 0 && o.it_value.tv_nsec <= 50000000);
	CHECK_EQ(revents(fd, POLLIN, 0), 0);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	CHECK_EQ(revents(fd, POLLIN, 80), 0);
	CHECK_EQ(timerfd_gettime(fd, &o), 0);
	CHECK(!o.it_value.tv_sec && !o.it_value.tv_nsec);
}

T(timerfd_periods_add_up)
{
	struct itimerspec s = { { 0, 10000000 }, { 0, 10000000 } }, o;
	uint64_t n;
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);

	CHECK_ERRNO(read(fd, &n, 8), EAGAIN);
	CHECK_EQ(timerfd_settime(fd, 0, &s, NULL), 0);
	CHECK_EQ(revents(fd, POLLIN, 1000), POLLIN);
	usleep(55000);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 5 && n < 100);
	CHECK_EQ(revents(fd, POLLIN, 1000), POLLIN); /* it goes on */
	s.it_value.tv_nsec = 0;
	CHECK_EQ(timerfd_settime(fd, 0, &s, &o), 0); /* disarm */
	CHECK_EQ(o.it_interval.tv_nsec, 10000000);
	CHECK_ERRNO(read(fd, &n, 8), EAGAIN);
	CHECK_EQ(revents(fd, POLLIN, 50), 0);
}

T(timerfd_absolute)
{
	struct itimerspec s = { { 0, 0 }, { 0, 0 } };
	uint64_t n;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	clock_gettime(CLOCK_MONOTONIC, &s.it_value);
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL), 0);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	s.it_interval.tv_nsec = 10000000;
	s.it_value.tv_sec--;
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL), 0);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 100 && n < 2000);
}

T(timerfd_wrong_uses)
{
	struct itimerspec s = { { 0, 0 }, { 0, 1000000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), p[2];

	CHECK_ERRNO(timerfd_create(77, 0), EINVAL);
	CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 0, &s, NULL), EINVAL);
	s.it_value.tv_nsec = 0;
	CHECK_ERRNO(timerfd_settime(fd, 64, &s, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(-1, 0, &s, NULL), EBADF);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERRNO(timerfd_settime(p[0], 0, &s, NULL), EINVAL);
	CHECK_ERRNO(write(fd, "12345678", 8), EINVAL);
}

T(signalfd_reads_signals)
{
	struct signalfd_siginfo si[2];
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_ERRNO(read(fd, si, sizeof(si)), EAGAIN);
	CHECK_EQ(revents(fd, POLLIN, 0), 0);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(revents(fd, POLLIN, 0), POLLIN);
	kill(getpid(), SIGUSR2);
	CHECK_EQ(read(fd, si, sizeof(si)), (long)sizeof(si));
	CHECK_EQ(si[0].ssi_signo, SIGUSR1);
	CHECK_EQ(si[0].ssi_pid, getpid());
	CHECK_EQ(si[0].ssi_uid, getuid());
	CHECK_EQ(si[0].ssi_code, SI_USER);
	CHECK_EQ(si[1].ssi_signo, SIGUSR2);
	CHECK_ERRNO(read(fd, si, 10), EINVAL);
}

T(signalfd_value_and_child)
{
	struct signalfd_siginfo si;
	sigset_t set;
	pid_t pid;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, 0);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 4711 });
	CHECK_EQ(read(fd, &si, sizeof(si)), (long)sizeof(si));
	CHECK_EQ(si.ssi_signo, SIGRTMIN);
	CHECK_EQ(si.ssi_int, 4711);
	CHECK_EQ(si.ssi_code, SI_QUEUE);
	pid = fork();
	if (!pid) {
		usleep(30000);
		_exit(5);
	}
	CHECK_EQ(read(fd, &si, sizeof(si)), (long)sizeof(si)); /* blocks */
	CHECK_EQ(si.ssi_signo, SIGCHLD);
	CHECK_EQ(si.ssi_pid, pid);
	CHECK_EQ(si.ssi_status, 5);
	CHECK_EQ(si.ssi_code, CLD_EXITED);
}

T(signalfd_mask_changes)
{
	struct signalfd_siginfo si;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	kill(getpid(), SIGUSR1);
	CHECK_ERRNO(read(fd, &si, sizeof(si)), EAGAIN);
	CHECK_ERRNO(signalfd(0, &set, 0), EINVAL);
	CHECK_ERRNO(signalfd(-1, &set, 1), EINVAL);
}

T(signalfd_in_epoll)
{
	struct epoll_event ev = { EPOLLIN, { .u32 = 1 } };
	sigset_t set;
	int fd, ep = epoll_create1(0);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	if (!fork()) {
		usleep(30000);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	while (wait(NULL) < 0 && errno == EINTR) /* it has the file as well */
		;
	close(fd);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
}

T_MAIN
