/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads and processes that use, poll and close the same descriptors at
 * random. Nothing is checked but that it ends, and that what must arrive does.
 */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#define SECONDS 2
#define SLOTS	24

static int slot[SLOTS];
static volatile int stop;

static unsigned int rnd(unsigned int *s)
{
	*s = *s * 1103515245u + 12345u;
	return *s >> 8;
}

static void put(unsigned int *s, int fd)
{
	int old = __atomic_exchange_n(&slot[rnd(s) % SLOTS], fd,
				      __ATOMIC_SEQ_CST);

	if (old > 0)
		close(old);
}

static int any(unsigned int *s)
{
	return slot[rnd(s) % SLOTS];
}

static void make_some(unsigned int *s)
{
	int p[2], flags = O_NONBLOCK | O_CLOEXEC;

	switch (rnd(s) % 5) {
	case 0:
		if (pipe2(p, flags))
			return;
		break;
	case 1:
		p[0] = eventfd(0, EFD_NONBLOCK);
		p[1] = epoll_create1(0);
		break;
	default:
		if (socketpair(AF_UNIX,
			       (rnd(s) & 1 ? SOCK_STREAM : SOCK_DGRAM) |
				       SOCK_NONBLOCK,
			       0, p))
			return;
	}
	put(s, p[0]);
	put(s, p[1]);
}

static void pass_some(unsigned int *s)
{
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr h;
	} c;
	char byte = 1;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	int fd[2] = { any(s), any(s) };

	memset(&c, 0, sizeof(c));
	m.msg_control = c.buf;
	m.msg_controllen = sizeof(c.buf);
	if (rnd(s) & 1) {
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&c.h), fd, sizeof(fd));
		sendmsg(any(s), &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (recvmsg(any(s), &m, MSG_DONTWAIT) >= 0) {
		for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h;
		     h = CMSG_NXTHDR(&m, h))
			for (size_t i = 0;
			     CMSG_LEN((i + 1) * sizeof(int)) <= h->cmsg_len;
			     i++) {
				memcpy(fd, CMSG_DATA(h) + i * sizeof(int),
				       sizeof(int));
				put(s, fd[0]);
			}
	}
}

static void *churn(void *arg)
{
	unsigned int s = (unsigned long)arg * 7919;
	struct epoll_event ev = { EPOLLIN | EPOLLOUT, { .u32 = 1 } };
	char buf[3000];

	while (!stop) {
		struct pollfd p[4];

		if (rnd(&s) & 1)
			ev.events ^= EPOLLET;
		switch (rnd(&s) % 9) {
		case 0:
			make_some(&s);
			break;
		case 1:
			pass_some(&s);
			break;
		case 2:
			epoll_ctl(any(&s), EPOLL_CTL_ADD, any(&s), &ev);
			break;
		case 3:
			epoll_ctl(any(&s), EPOLL_CTL_DEL, any(&s), NULL);
			break;
		case 4:
			epoll_wait(any(&s), &(struct epoll_event){ 0 }, 1,
				   rnd(&s) % 2);
			break;
		case 5:
			for (int i = 0; i < 4; i++)
				p[i] = (struct pollfd){ any(&s),
							POLLIN | POLLOUT, 0 };
			poll(p, 4, rnd(&s) % 2);
			break;
		case 6:
			if (write(any(&s), buf, rnd(&s) % sizeof(buf)) < 0)
				continue;
			break;
		case 7:
			if (read(any(&s), buf, rnd(&s) % sizeof(buf)) < 0)
				continue;
			break;
		default:
			shutdown(any(&s), rnd(&s) % 3);
		}
	}
	return NULL;
}

T(threads_churn_descriptors)
{
	pthread_t t[6];

	signal(SIGPIPE, SIG_IGN);
	for (long i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, churn, (void *)(i + 1)),
			 0);
	sleep(SECONDS);
	stop = 1;
	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

/* A token goes round a ring of processes through every kind of channel. */
T(a_token_goes_round)
{
	enum { N = 9, ROUNDS = 300 };
	int ch[N][2], st;
	char c = 't';

	for (int i = 0; i < N; i++) {
		if (i % 3 == 0)
			CHECK_EQ(pipe(ch[i]), 0);
		else
			CHECK_EQ(socketpair(AF_UNIX,
					    i % 3 == 1 ? SOCK_STREAM
						       : SOCK_DGRAM,
					    0, ch[i]),
				 0);
	}
	for (int i = 1; i < N; i++) {
		if (fork())
			continue;
		for (int r = 0; r < ROUNDS; r++) {
			struct pollfd p = { ch[i][0], POLLIN, 0 };

			if (i & 1 && poll(&p, 1, -1) != 1)
				_exit(1);
			if (read(ch[i][0], &c, 1) != 1 ||
			    write(ch[(i + 1) % N][1], &c, 1) != 1)
				_exit(2);
		}
		_exit(0);
	}
	for (int r = 0; r < ROUNDS; r++) {
		CHECK_EQ(write(ch[1][1], &c, 1), 1);
		CHECK_EQ(read(ch[0][0], &c, 1), 1);
		CHECK_EQ(c, 't');
	}
	for (int i = 1; i < N; i++) {
		CHECK(wait(&st) > 0);
		CHECK_EQ(st, 0);
	}
}

/* Readers and writers of one pipe come and go; every byte arrives once. */
T(many_at_one_pipe)
{
	enum { W = 5, R = 5, EACH = 40000 };
	int p[2], res[2], st, n;
	unsigned long sum = 0, got;
	char buf[777];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(pipe(res), 0);
	for (int i = 0; i < R; i++) {
		if (fork())
			continue;
		close(p[1]);
		got = 0;
		while ((n = read(p[0], buf, 1 + got % sizeof(buf))) > 0)
			got += n;
		_exit(write(res[1], &got, sizeof(got)) != sizeof(got));
	}
	for (int i = 0; i < W; i++) {
		if (fork())
			continue;
		for (int k = 0; k < EACH; k += n) {
			n = 1 + k % 700;
			if (n > EACH - k)
				n = EACH - k;
			if (write(p[1], buf, n) != n)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	for (int i = 0; i < R; i++) {
		CHECK_EQ(read(res[0], &got, sizeof(got)), (long)sizeof(got));
		sum += got;
	}
	CHECK_EQ(sum, (unsigned long)W * EACH);
	for (int i = 0; i < R + W; i++) {
		CHECK(wait(&st) > 0);
		CHECK_EQ(st, 0);
	}
}

T_MAIN
