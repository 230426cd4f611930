// SPDX-License-Identifier: GPL-2.0
/*
 * The finer points of socket(7) and unix(7): options that are kept, peeking at
 * an offset, urgent data, pidfds of peers, time stamps.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <time.h>
#include <linux/sockios.h>
#include <netinet/udp.h>
#include "inet_util.h"

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif
#define SCM_PIDFD_ 4

static void pair_of(int type, int p[2])
{
	CHECK_EQ(socketpair(AF_UNIX, type, 0, p), 0);
}

T(options_that_are_kept)
{
	static const int flags[] = { SO_NO_CHECK,	  SO_RXQ_OVFL,
				     SO_SELECT_ERR_QUEUE, 41 /* WIFI_STATUS */,
				     43 /* NOFCS */,	  75 /* RCVMARK */ };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		CHECK_EQ(get_int(fd, SOL_SOCKET, flags[i]), 0);
		CHECK_EQ(set_int(fd, SOL_SOCKET, flags[i], 5), 0);
		CHECK_EQ(get_int(fd, SOL_SOCKET, flags[i]), 1);
	}
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_BSDCOMPAT), 0);
	CHECK_EQ(set_int(fd, SOL_SOCKET, SO_LOCK_FILTER, 1), 0);
	CHECK_ERRNO(set_int(fd, SOL_SOCKET, SO_LOCK_FILTER, 0), EPERM);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_MAX_PACING_RATE), -1);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_BPF_EXTENSIONS), 64);
	CHECK_ERRNO(set_int(fd, SOL_SOCKET, 72 /* BUF_LOCK */, 4), EINVAL);
	CHECK_EQ(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, 2), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_TIMESTAMPING), 2);
	CHECK_ERRNO(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, -1), EINVAL);
}

T(stamps_exclude_each_other)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	CHECK_EQ(set_int(fd, SOL_SOCKET, SO_TIMESTAMP, 1), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_TIMESTAMP), 1);
	CHECK_EQ(set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_TIMESTAMP), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_TIMESTAMPNS), 1);
	CHECK_EQ(set_int(fd, SOL_SOCKET, 63 /* TIMESTAMP_NEW */, 1), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_TIMESTAMPNS), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_TIMESTAMP), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, 63), 1);
}

T(options_of_other_families)
{
	int u = socket(AF_UNIX, SOCK_STREAM, 0),
	    t = socket(AF_INET, SOCK_STREAM, 0);
	int one = 1;
	socklen_t n = sizeof(one);

	CHECK_ERRNO(set_int(u, SOL_SOCKET, SO_REUSEPORT, 1), EOPNOTSUPP);
	CHECK_EQ(set_int(u, SOL_SOCKET, SO_REUSEPORT, 0), 0);
	CHECK_ERRNO(set_int(u, SOL_SOCKET, SO_ZEROCOPY, 1), EOPNOTSUPP);
	CHECK_ERRNO(set_int(t, SOL_SOCKET, SO_ZEROCOPY, 2), EINVAL);
	CHECK_ERRNO(getsockopt(t, SOL_SOCKET, SO_PEERNAME, &one, &n), ENOTCONN);
	CHECK_ERRNO(getsockopt(u, SOL_SOCKET, SO_PEERPIDFD, &one, &n), ENODATA);
	CHECK_ERRNO(getsockopt(u, SOL_SOCKET, SO_PEERGROUPS, &one, &n),
		    ENODATA);
	CHECK_ERRNO(getsockopt(t, IPPROTO_UDP, UDP_CORK, &one, &n), EOPNOTSUPP);
	CHECK_ERRNO(set_int(t, IPPROTO_UDP, UDP_CORK, 1), ENOPROTOOPT);
	CHECK_ERRNO(setsockopt(t, SOL_SOCKET, SO_BINDTODEVICE, "none0", 6),
		    ENODEV);
	CHECK_EQ(setsockopt(u, SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0);
}

T(tcp_options_that_mean_another_number)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_EQ(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5), 0);
	CHECK_EQ(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 7);
	CHECK_EQ(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, -1), 0);
	CHECK_EQ(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	CHECK_EQ(set_int(fd, IPPROTO_TCP, TCP_LINGER2, 70000), 0);
	CHECK_EQ(get_int(fd, IPPROTO_TCP, TCP_LINGER2), 120);
	CHECK_EQ(set_int(fd, IPPROTO_TCP, TCP_LINGER2, 0), 0);
	CHECK_EQ(get_int(fd, IPPROTO_TCP, TCP_LINGER2), 60);
	CHECK_EQ(set_int(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 1), 0);
	CHECK_EQ(get_int(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP), 1152);
	CHECK_ERRNO(setsockopt(fd, IPPROTO_TCP, TCP_ULP, "nosuch", 6), ENOENT);
	CHECK_ERRNO(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, "1", 1), EINVAL);
	CHECK_ERRNO(set_int(fd, IPPROTO_IP, IP_RECVFRAGSIZE, 1), EINVAL);
}

T(peeking_at_an_offset_of_a_stream)
{
	char b[16] = "";
	int p[2];

	pair_of(SOCK_STREAM, p);
	CHECK_EQ(get_int(p[1], SOL_SOCKET, SO_PEEK_OFF), -1);
	CHECK_EQ(send(p[0], "abcdef", 6, 0), 6);
	CHECK_EQ(send(p[0], "ghij", 4, 0), 4);
	CHECK_EQ(set_int(p[1], SOL_SOCKET, SO_PEEK_OFF, 0), 0);
	CHECK_EQ(recv(p[1], b, 4, MSG_PEEK), 4);
	CHECK(!memcmp(b, "abcd", 4));
	CHECK_EQ(get_int(p[1], SOL_SOCKET, SO_PEEK_OFF), 4);
	CHECK_EQ(recv(p[1], b, 4, MSG_PEEK), 4);
	CHECK(!memcmp(b, "efgh", 4));
	CHECK_EQ(get_int(p[1], SOL_SOCKET, SO_PEEK_OFF), 8);
	CHECK_EQ(recv(p[1], b, 3, 0), 3);
	CHECK(!memcmp(b, "abc", 3));
	CHECK_EQ(get_int(p[1], SOL_SOCKET, SO_PEEK_OFF), 5);
	CHECK_EQ(recv(p[1], b, 16, MSG_PEEK), 2);
	CHECK(!memcmp(b, "ij", 2));
	CHECK_ERRNO(recv(p[1], b, 16, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(recv(p[1], b, 16, 0), 7);
	CHECK_EQ(get_int(p[1], SOL_SOCKET, SO_PEEK_OFF), 0);
}

T(peeking_at_an_offset_waits_for_more)
{
	char b[16] = "";
	int p[2];

	pair_of(SOCK_STREAM, p);
	CHECK_EQ(set_int(p[1], SOL_SOCKET, SO_PEEK_OFF, 2), 0);
	CHECK_EQ(send(p[0], "ab", 2, 0), 2);
	if (!fork()) {
		usleep(50000);
		send(p[0], "cd", 2, 0);
		_exit(0);
	}
	CHECK_EQ(recv(p[1], b, 16, MSG_PEEK), 2);
	CHECK(!memcmp(b, "cd", 2));
	wait(NULL);
}

T(peeking_at_an_offset_of_datagrams)
{
	char b[16] = "";
	int p[2];

	pair_of(SOCK_DGRAM, p);
	CHECK_EQ(send(p[0], "abc", 3, 0), 3);
	CHECK_EQ(send(p[0], "defgh", 5, 0), 5);
	CHECK_EQ(set_int(p[1], SOL_SOCKET, SO_PEEK_OFF, 0), 0);
	CHECK_EQ(recv(p[1], b, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(p[1], b, 8, MSG_PEEK), 1);
	CHECK_EQ(b[0], 'c');
	CHECK_EQ(recv(p[1], b, 8, MSG_PEEK), 5);
	CHECK(!memcmp(b, "defgh", 5));
	CHECK_EQ(recv(p[1], b, 8, 0), 3);
	CHECK_EQ(get_int(p[1], SOL_SOCKET, SO_PEEK_OFF), 5);
}

T(peeking_at_an_offset_of_tcp_and_udp)
{
	int l = listener(), c, s, u, v;
	struct name n = own_name(l);
	char b[16] = "";

	c = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(connect(c, &n.sa, n.len), 0);
	s = accept(l, NULL, NULL);
	CHECK_EQ(set_int(s, SOL_SOCKET, SO_PEEK_OFF, 3), 0);
	CHECK_EQ(send(c, "abcdef", 6, 0), 6);
	CHECK_EQ(recv(s, b, 2, MSG_PEEK), 2);
	CHECK(!memcmp(b, "de", 2));
	CHECK_EQ(recv(s, b, 9, MSG_PEEK), 1);
	CHECK_EQ(recv(s, b, 9, 0), 6);

	u = bound(SOCK_DGRAM, name4("127.0.0.1", 0));
	n = own_name(u);
	v = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ(sendto(v, "abcdef", 6, 0, &n.sa, n.len), 6);
	CHECK_EQ(set_int(u, SOL_SOCKET, SO_PEEK_OFF, 2), 0);
	CHECK_EQ(recv(u, b, 9, MSG_PEEK), 4);
	CHECK(!memcmp(b, "cdef", 4));
}

static int at_mark(int fd)
{
	int at = -1;

	CHECK_EQ(ioctl(fd, SIOCATMARK, &at), 0);
	return at;
}

static int polls(int fd, int events)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

T(urgent_data_on_unix_streams)
{
	char b[16] = "";
	int p[2];

	pair_of(SOCK_STREAM, p);
	CHECK_ERRNO(recv(p[1], b, 1, MSG_OOB), EINVAL);
	CHECK_EQ(send(p[0], "abc", 3, MSG_OOB), 3);
	CHECK_EQ(polls(p[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	CHECK_EQ(at_mark(p[1]), 0);
	CHECK_EQ(send(p[0], "de", 2, 0), 2);
	CHECK_EQ(recv(p[1], b, 16, 0), 2);
	CHECK(!memcmp(b, "ab", 2));
	CHECK_EQ(at_mark(p[1]), 1);
	CHECK_EQ(recv(p[1], b, 1, MSG_OOB), 1);
	CHECK_EQ(b[0], 'c');
	CHECK_EQ(polls(p[1], POLLPRI), 0);
	CHECK_ERRNO(recv(p[1], b, 1, MSG_OOB), EINVAL);
	CHECK_EQ(recv(p[1], b, 16, 0), 2);
	CHECK(!memcmp(b, "de", 2));
}

T(urgent_data_that_nobody_takes)
{
	char b[16] = "";
	int p[2];

	pair_of(SOCK_STREAM, p);
	CHECK_EQ(send(p[0], "x", 1, MSG_OOB), 1);
	CHECK_EQ(send(p[0], "yz", 2, 0), 2);
	CHECK_EQ(recv(p[1], b, 16, 0), 2);
	CHECK(!memcmp(b, "yz", 2));
	CHECK_EQ(set_int(p[1], SOL_SOCKET, SO_OOBINLINE, 1), 0);
	CHECK_EQ(send(p[0], "q", 1, MSG_OOB), 1);
	CHECK_ERRNO(recv(p[1], b, 1, MSG_OOB), EINVAL);
	CHECK_EQ(recv(p[1], b, 16, 0), 1);
	CHECK_EQ(b[0], 'q');
}

T(a_second_urgent_byte_makes_the_first_ordinary)
{
	char b[16] = "";
	int p[2];

	pair_of(SOCK_STREAM, p);
	CHECK_EQ(send(p[0], "a", 1, MSG_OOB), 1);
	CHECK_EQ(send(p[0], "b", 1, MSG_OOB), 1);
	CHECK_EQ(recv(p[1], b, 1, MSG_OOB), 1);
	CHECK_EQ(b[0], 'b');
	CHECK_EQ(recv(p[1], b, 16, MSG_DONTWAIT), 1);
	CHECK_EQ(b[0], 'a');
}

T(pidfds_of_peers)
{
	struct sockaddr_un a = { AF_UNIX, "\0t-pidfd" };
	int l = socket(AF_UNIX, SOCK_STREAM, 0), s, fd = -1;
	socklen_t n = sizeof(fd);
	siginfo_t si;
	pid_t pid;

	CHECK_EQ(bind(l, (void *)&a, 11), 0);
	CHECK_EQ(listen(l, 1), 0);
	pid = fork();
	if (!pid) {
		char c;

		s = socket(AF_UNIX, SOCK_STREAM, 0);
		connect(s, (void *)&a, 11);
		if (read(s, &c, 1) < 0)
			_exit(1);
		_exit(7);
	}
	s = accept(l, NULL, NULL);
	CHECK(s >= 0);
	if (getsockopt(s, SOL_SOCKET, SO_PEERPIDFD, &fd, &n))
		SKIP("no SO_PEERPIDFD");
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(polls(fd, POLLIN), 0);
	CHECK_EQ(write(s, "x", 1), 1);
	CHECK_EQ(waitid(P_PIDFD, fd, &si, WEXITED), 0);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 7);
}

T(pidfds_with_messages)
{
	char c[256] __attribute__((aligned(8))), b[4];
	struct iovec io = { b, 4 };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = c,
			    .msg_controllen = sizeof(c) };
	struct cmsghdr *h;
	int p[2], fd, one = 1;

	pair_of(SOCK_STREAM, p);
	if (setsockopt(p[1], SOL_SOCKET, SO_PASSPIDFD, &one, sizeof(one)))
		SKIP("no SO_PASSPIDFD");
	CHECK_EQ(send(p[0], "x", 1, 0), 1);
	CHECK_EQ(recvmsg(p[1], &m, 0), 1);
	h = CMSG_FIRSTHDR(&m);
	CHECK(h);
	CHECK_EQ(h->cmsg_type, SCM_PIDFD_);
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	CHECK(fd >= 0);
	CHECK_EQ(polls(fd, POLLIN), 0);
}

T(time_stamps_of_messages)
{
	char c[256] __attribute__((aligned(8))), b[4];
	struct iovec io = { b, 4 };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = c,
			    .msg_controllen = sizeof(c) };
	int u = bound(SOCK_DGRAM, name4("127.0.0.1", 0));
	struct name n = own_name(u);
	struct cmsghdr *h;
	struct timeval tv;
	time_t now;

	CHECK_EQ(set_int(u, SOL_SOCKET, SO_TIMESTAMP, 1), 0);
	CHECK_EQ(sendto(u, "x", 1, 0, &n.sa, n.len), 1);
	CHECK_EQ(recvmsg(u, &m, 0), 1);
	h = CMSG_FIRSTHDR(&m);
	CHECK(h);
	CHECK_EQ(h->cmsg_level, SOL_SOCKET);
	CHECK_EQ(h->cmsg_type, SO_TIMESTAMP);
	CHECK_EQ(h->cmsg_len, CMSG_LEN(sizeof(tv)));
	memcpy(&tv, CMSG_DATA(h), sizeof(tv));
	now = time(NULL);
	CHECK(tv.tv_sec <= now && tv.tv_sec > now - 10);
}

T_MAIN
