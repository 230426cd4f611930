/* SPDX-License-Identifier: GPL-2.0 */
/* epoll(7): level, edge, one-shot, nesting, ends of watched files. */
#include "t.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

static int ep;

static void ctl(int op, int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.u64 = fd };

	CHECK_EQ(epoll_ctl(ep, op, fd, &ev), 0);
}

/* Number of events within ms; the first one's mask and descriptor. */
static int got(int ms, unsigned int *mask, int *fd)
{
	struct epoll_event ev[8];
	int n = epoll_wait(ep, ev, 8, ms);

	if (n > 0) {
		if (mask)
			*mask = ev[0].events;
		if (fd)
			*fd = ev[0].data.u64;
	}
	return n;
}

static void setup(int p[2])
{
	ep = epoll_create1(EPOLL_CLOEXEC);
	CHECK(ep >= 0);
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
}

T(wrong_uses)
{
	struct epoll_event ev = { EPOLLIN, { .fd = 0 } };
	int p[2];

	setup(p);
	CHECK_ERRNO(epoll_create(0), EINVAL);
	CHECK_ERRNO(epoll_create1(1), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, 999, &ev), EBADF);
	CHECK_ERRNO(epoll_ctl(999, EPOLL_CTL_ADD, p[0], &ev), EBADF);
	CHECK_ERRNO(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &ev), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, 99, p[0], &ev), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), ENOENT);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), ENOENT);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, open("/", O_RDONLY), &ev),
		    EPERM);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), 0);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	CHECK_ERRNO(epoll_wait(ep, &ev, 0, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(p[0], &ev, 1, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(-1, &ev, 1, 0), EBADF);
}

T(level)
{
	unsigned int mask;
	int p[2], fd;
	char c;

	setup(p);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN);
	CHECK_EQ(got(0, NULL, NULL), 0);
	CHECK_EQ(write(p[1], "ab", 2), 2);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(got(0, &mask, &fd), 1);
		CHECK_EQ(mask, EPOLLIN);
		CHECK_EQ(fd, p[0]);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(got(0, NULL, NULL), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(got(0, NULL, NULL), 0);
}

T(edge)
{
	int p[2];

	setup(p);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(got(0, NULL, NULL), 1);
	CHECK_EQ(got(0, NULL, NULL), 0);
	CHECK_EQ(write(p[1], "b", 1), 1); /* each write is an edge */
	CHECK_EQ(got(0, NULL, NULL), 1);
	CHECK_EQ(got(0, NULL, NULL), 0);
	ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET); /* looks again */
	CHECK_EQ(got(0, NULL, NULL), 1);
}

T(ready_before_it_is_added)
{
	int p[2];

	setup(p);
	CHECK_EQ(write(p[1], "a", 1), 1);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET);
	CHECK_EQ(got(0, NULL, NULL), 1);
}

T(one_shot)
{
	int p[2];

	setup(p);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLONESHOT);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(got(0, NULL, NULL), 1);
	CHECK_EQ(write(p[1], "b", 1), 1);
	CHECK_EQ(got(0, NULL, NULL), 0);
	ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT);
	CHECK_EQ(got(0, NULL, NULL), 1);
	CHECK_EQ(got(0, NULL, NULL), 0);
}

T(hang_up_and_error_need_no_asking)
{
	unsigned int mask;
	int p[2];

	setup(p);
	ctl(EPOLL_CTL_ADD, p[0], 0);
	close(p[1]);
	CHECK_EQ(got(0, &mask, NULL), 1);
	CHECK_EQ(mask, EPOLLHUP);
	setup(p);
	ctl(EPOLL_CTL_ADD, p[1], EPOLLOUT);
	close(p[0]);
	CHECK_EQ(got(0, &mask, NULL), 1);
	CHECK_EQ(mask, EPOLLOUT | EPOLLERR);
}

T(closing_the_last_descriptor_removes)
{
	int p[2], d;

	setup(p);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN);
	CHECK_EQ(write(p[1], "a", 1), 1);
	d = dup(p[0]);
	close(p[0]);
	CHECK_EQ(got(0, NULL, NULL), 1); /* the file lives on */
	close(d);
	CHECK_EQ(got(0, NULL, NULL), 0);
}

T(two_descriptors_of_one_file)
{
	int p[2], d;

	setup(p);
	d = dup(p[0]);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN);
	ctl(EPOLL_CTL_ADD, d, EPOLLIN);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(got(0, NULL, NULL), 2);
	ctl(EPOLL_CTL_DEL, d, 0);
	CHECK_EQ(got(0, NULL, NULL), 1);
}

T(all_ready_get_their_turn)
{
	struct epoll_event ev[2];
	int p[2], seen[6] = { 0 };

	ep = epoll_create1(0);
	for (int i = 0; i < 6; i++) {
		struct epoll_event e = { EPOLLIN, { .u32 = i } };

		CHECK_EQ(pipe(p), 0);
		CHECK_EQ(write(p[1], "x", 1), 1);
		CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e), 0);
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(epoll_wait(ep, ev, 2, 0), 2);
		seen[ev[0].data.u32]++;
		seen[ev[1].data.u32]++;
	}
	for (int i = 0; i < 6; i++)
		CHECK_EQ(seen[i], 1);
}

T(an_event_wakes_a_sleeper)
{
	int p[2];

	setup(p);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN);
	if (!fork()) {
		usleep(50000);
		_exit(write(p[1], "x", 1) != 1);
	}
	CHECK_EQ(got(5000, NULL, NULL), 1);
}

T(timeouts_last)
{
	struct epoll_event ev;
	struct timespec a, b, t = { 0, 60000000 };
	int p[2];

	setup(p);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(got(60, NULL, NULL), 0);
	CHECK_EQ(syscall(SYS_epoll_pwait2, ep, &ev, 1, &t, NULL, 0), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000 +
		      (b.tv_nsec - a.tv_nsec) / 1000000 >=
	      119);
}

static void on_sig(int s)
{
}

T(a_signal_ends_the_wait)
{
	struct sigaction sa = { .sa_handler = on_sig, .sa_flags = SA_RESTART };
	int p[2];

	setup(p);
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	errno = 0;
	CHECK_EQ(got(5000, NULL, NULL), -1);
	CHECK_EQ(errno, EINTR);
}

T(pwait_swaps_the_mask)
{
	struct sigaction sa = { .sa_handler = on_sig };
	struct epoll_event ev;
	sigset_t set, empty;
	int p[2];

	setup(p);
	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGALRM);
	CHECK_ERRNO(epoll_pwait(ep, &ev, 1, 5000, &empty), EINTR);
	CHECK_EQ(epoll_pwait(ep, &ev, 1, 0, &set), 0);
}

T(nested)
{
	struct epoll_event ev = { EPOLLIN, { .u32 = 7 } };
	int p[2], outer;
	char c;

	setup(p);
	outer = epoll_create1(0);
	CHECK_EQ(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &ev), 0);
	ctl(EPOLL_CTL_ADD, p[0], EPOLLIN);
	CHECK_EQ(epoll_wait(outer, &ev, 1, 0), 0);
	CHECK_EQ(write(p[1], "n", 1), 1);
	CHECK_EQ(epoll_wait(outer, &ev, 1, 0), 1);
	CHECK_EQ(ev.data.u32, 7);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(epoll_wait(outer, &ev, 1, 0), 0);
	if (!fork()) {
		usleep(50000);
		_exit(write(p[1], "x", 1) != 1);
	}
	CHECK_EQ(epoll_wait(outer, &ev, 1, 5000), 1);
}

T(loops_and_deep_nests_are_refused)
{
	struct epoll_event ev = { EPOLLIN, { .u32 = 0 } };
	int e[7], deepest = 0;

	for (int i = 0; i < 7; i++)
		e[i] = epoll_create1(0);
	CHECK_EQ(epoll_ctl(e[0], EPOLL_CTL_ADD, e[1], &ev), 0);
	CHECK_EQ(epoll_ctl(e[1], EPOLL_CTL_ADD, e[2], &ev), 0);
	CHECK_ERRNO(epoll_ctl(e[2], EPOLL_CTL_ADD, e[0], &ev), ELOOP);
	CHECK_EQ(epoll_ctl(e[1], EPOLL_CTL_DEL, e[2], NULL), 0);
	CHECK_EQ(epoll_ctl(e[0], EPOLL_CTL_DEL, e[1], NULL), 0);
	/* each new one watches the last: the chain gets deeper */
	for (int i = 1; i < 7; i++) {
		if (epoll_ctl(e[i], EPOLL_CTL_ADD, e[i - 1], &ev)) {
			CHECK_EQ(errno, ELOOP);
			break;
		}
		deepest = i;
	}
	CHECK(deepest >= 4 && deepest < 6);
}

T(exclusive)
{
	struct epoll_event ev = { EPOLLIN | EPOLLEXCLUSIVE, { .u32 = 0 } };
	int p[2], other;

	setup(p);
	other = epoll_create1(0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), 0);
	CHECK_EQ(epoll_ctl(other, EPOLL_CTL_ADD, p[0], &ev), 0);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), EINVAL);
	ev.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &ev), EINVAL);
	ev.events = EPOLLIN | EPOLLEXCLUSIVE;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, other, &ev), EINVAL);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK(got(0, NULL, NULL) + epoll_wait(other, &ev, 1, 0) >= 1);
}

static void *consumer(void *arg)
{
	struct epoll_event ev;
	long n = 0;
	unsigned long long v;

	for (;;) {
		if (epoll_wait(ep, &ev, 1, -1) != 1)
			break;
		if (ev.data.u32 == 1)
			break; /* the stop eventfd stays readable */
		if (read(ev.data.u64 >> 32, &v, 8) == 8)
			n += v;
	}
	return (void *)n;
}

T(threads_share_one_set)
{
	enum { THREADS = 4, ROUNDS = 3000 };
	int fd = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
	int stop = eventfd(0, EFD_NONBLOCK);
	struct epoll_event ev = { EPOLLIN,
				  { .u64 = (unsigned long long)fd << 32 } };
	unsigned long long one = 1;
	pthread_t t[THREADS];
	long sum = 0;
	void *r;

	ep = epoll_create1(0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	ev.data.u64 = 1;
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, stop, &ev), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, consumer, NULL), 0);
	for (int i = 0; i < ROUNDS; i++)
		CHECK_EQ(write(fd, &one, 8), 8);
	for (int i = 0; i < 500; i++) {
		struct epoll_event e;
		int probe = epoll_create1(0);

		ev.data.u64 = 0;
		CHECK_EQ(epoll_ctl(probe, EPOLL_CTL_ADD, fd, &ev), 0);
		if (epoll_wait(probe, &e, 1, 0) == 0) {
			close(probe);
			break;
		}
		close(probe);
		usleep(10000);
	}
	CHECK_EQ(write(stop, &one, 8), 8);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(t[i], &r), 0);
		sum += (long)r;
	}
	CHECK_EQ(sum, ROUNDS);
}

T(many_items)
{
	static int fds[300];
	unsigned long long one = 1;
	int fd = -1;

	ep = epoll_create1(0);
	for (int i = 0; i < 300; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK);
		CHECK(fds[i] >= 0);
		ctl(EPOLL_CTL_ADD, fds[i], EPOLLIN);
	}
	CHECK_EQ(write(fds[123], &one, 8), 8);
	CHECK_EQ(got(0, NULL, &fd), 1);
	CHECK_EQ(fd, fds[123]);
	for (int i = 0; i < 300; i += 2)
		ctl(EPOLL_CTL_DEL, fds[i], 0);
	CHECK_EQ(write(fds[10], &one, 8), 8);
	CHECK_EQ(got(0, NULL, NULL), 1);
}

T(sockets_tell_half_closes)
{
	unsigned int mask;
	int s[2];

	ep = epoll_create1(0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	ctl(EPOLL_CTL_ADD, s[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
	CHECK_EQ(got(0, NULL, NULL), 0);
	CHECK_EQ(shutdown(s[1], SHUT_WR), 0);
	CHECK_EQ(got(1000, &mask, NULL), 1);
	CHECK_EQ(mask, EPOLLIN | EPOLLRDHUP);
	close(s[1]);
	CHECK_EQ(got(1000, &mask, NULL), 1);
	CHECK_EQ(mask, EPOLLIN | EPOLLRDHUP | EPOLLHUP);
}

T_MAIN
