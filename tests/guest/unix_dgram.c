/* SPDX-License-Identifier: GPL-2.0 */
/* AF_UNIX datagrams and seqpackets. */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define PATH_OFF offsetof(struct sockaddr_un, sun_path)

static socklen_t make_name(struct sockaddr_un *a, const char *what)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	return PATH_OFF + 1 +
	       snprintf(a->sun_path + 1, 60, "t_%s.%d", what, (int)getpid());
}

static int bound(struct sockaddr_un *a, socklen_t *n, const char *what)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	*n = make_name(a, what);
	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (void *)a, *n), 0);
	return fd;
}

static short revents(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

T(bounds_are_kept)
{
	char buf[16];
	int s[2], n;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(send(s[0], "abc", 3, 0), 3);
	CHECK_EQ(send(s[0], "", 0, 0), 0);
	CHECK_EQ(send(s[0], "defgh", 5, 0), 5);
	CHECK_EQ(ioctl(s[1], FIONREAD, &n), 0);
	CHECK_EQ(n, 3);
	CHECK_EQ(recv(s[1], buf, 16, MSG_PEEK), 3);
	CHECK_EQ(recv(s[1], buf, 16, 0), 3);
	CHECK_EQ(recv(s[1], buf, 16, 0), 0);
	CHECK_EQ(recv(s[1], buf, 2, MSG_TRUNC), 5);
	CHECK_EQ(memcmp(buf, "de", 2), 0);
	CHECK_ERRNO(recv(s[1], buf, 16, MSG_DONTWAIT), EAGAIN);
}

T(names_travel)
{
	struct sockaddr_un a, b, from;
	socklen_t an, bn, fn = sizeof(from);
	int x = bound(&a, &an, "a"), y = bound(&b, &bn, "b");
	int z = socket(AF_UNIX, SOCK_DGRAM, 0);
	char c;

	CHECK_EQ(sendto(x, "1", 1, 0, (void *)&b, bn), 1);
	CHECK_EQ(recvfrom(y, &c, 1, 0, (void *)&from, &fn), 1);
	CHECK_EQ(fn, an);
	CHECK_EQ(memcmp(&from, &a, an), 0);
	CHECK_EQ(sendto(z, "2", 1, 0, (void *)&b, bn), 1);
	fn = sizeof(from);
	CHECK_EQ(recvfrom(y, &c, 1, 0, (void *)&from, &fn), 1);
	CHECK_EQ(fn, 0); /* nameless */
	/* a short buffer gets a part and the true length */
	CHECK_EQ(sendto(x, "3", 1, 0, (void *)&b, bn), 1);
	fn = 4;
	CHECK_EQ(recvfrom(y, &c, 1, 0, (void *)&from, &fn), 1);
	CHECK_EQ(fn, an);
}

T(connected_datagrams)
{
	struct sockaddr_un a, b;
	socklen_t an, bn;
	int x = bound(&a, &an, "a"), y = bound(&b, &bn, "b");
	int z = socket(AF_UNIX, SOCK_DGRAM, 0);
	char c;

	CHECK_ERRNO(send(x, "1", 1, 0), ENOTCONN);
	CHECK_EQ(connect(x, (void *)&b, bn), 0);
	CHECK_EQ(connect(y, (void *)&a, an), 0);
	CHECK_EQ(send(x, "1", 1, 0), 1);
	CHECK_EQ(recv(y, &c, 1, 0), 1);
	/* y only takes from its peer */
	CHECK_ERRNO(sendto(z, "2", 1, 0, (void *)&b, bn), EPERM);
	CHECK_ERRNO(connect(z, (void *)&b, bn), EPERM);
	b.sun_family = AF_UNSPEC;
	CHECK_EQ(connect(y, (void *)&b, sizeof(b)), 0);
	b.sun_family = AF_UNIX;
	CHECK_EQ(sendto(z, "2", 1, 0, (void *)&b, bn), 1);
	CHECK_ERRNO(send(y, "1", 1, 0), ENOTCONN);
}

T(a_closed_peer_refuses)
{
	struct sockaddr_un a;
	socklen_t an;
	int x = bound(&a, &an, "a"), y = socket(AF_UNIX, SOCK_DGRAM, 0);
	int s[2];

	CHECK_EQ(connect(y, (void *)&a, an), 0);
	close(x);
	CHECK_ERRNO(send(y, "1", 1, 0), ECONNREFUSED);
	CHECK_ERRNO(send(y, "1", 1, 0), ENOTCONN);
	CHECK_ERRNO(sendto(y, "1", 1, 0, (void *)&a, an), ECONNREFUSED);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	close(s[0]);
	CHECK_ERRNO(send(s[1], "1", 1, 0), ECONNREFUSED);
}

T(too_long)
{
	static char big[300000];
	int s[2], v = 10000;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_ERRNO(send(s[0], big, sizeof(big), 0), EMSGSIZE);
	CHECK_EQ(send(s[0], big, 100000, 0), 100000);
	CHECK_EQ(recv(s[1], big, sizeof(big), 0), 100000);
	CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &v, sizeof(v)), 0);
	CHECK_ERRNO(send(s[0], big, 20000, 0), EMSGSIZE);
}

T(a_full_queue_blocks)
{
	struct sockaddr_un a;
	socklen_t an;
	int x = bound(&a, &an, "a");
	int y = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct pollfd p = { y, POLLOUT, 0 };
	char c;
	int n = 0, st;

	CHECK_EQ(connect(y, (void *)&a, an), 0);
	while (n < 100000 && send(y, "x", 1, 0) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n >= 5);
	CHECK_EQ(revents(y, POLLOUT), 0);
	if (!fork()) {
		usleep(50000);
		_exit(recv(x, &c, 1, 0) != 1);
	}
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(send(y, "x", 1, 0), 1);
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
	fcntl(y, F_SETFL, 0);
	if (!fork()) {
		usleep(50000);
		_exit(recv(x, &c, 1, 0) != 1);
	}
	CHECK_EQ(send(y, "y", 1, 0), 1); /* sleeps for room */
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
}

T(shutdown_of_datagrams)
{
	char c;
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(send(s[1], "x", 1, 0), 1);
	CHECK_EQ(shutdown(s[0], SHUT_RD), 0);
	CHECK_EQ(recv(s[0], &c, 1, 0), 1);
	CHECK_EQ(recv(s[0], &c, 1, 0), 0);
	CHECK_ERRNO(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
}

T(seqpacket_pair)
{
	char buf[8];
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	CHECK_EQ(send(s[0], "abc", 3, 0), 3);
	CHECK_EQ(send(s[0], "defgh", 5, 0), 5);
	CHECK_EQ(recv(s[1], buf, 8, 0), 3);
	CHECK_EQ(recv(s[1], buf, 2, 0), 2);
	CHECK_ERRNO(recv(s[1], buf, 8, MSG_DONTWAIT), EAGAIN);
	close(s[0]);
	CHECK_EQ(recv(s[1], buf, 8, 0), 0);
	CHECK_ERRNO(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
}

T(seqpacket_connection)
{
	struct sockaddr_un a;
	socklen_t an = make_name(&a, "seq");
	int l = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int k = socket(AF_UNIX, SOCK_SEQPACKET, 0), s;
	char buf[8];

	CHECK_ERRNO(send(k, "x", 1, 0), ENOTCONN);
	CHECK_ERRNO(recv(k, buf, 1, 0), ENOTCONN);
	CHECK_EQ(bind(l, (void *)&a, an), 0);
	CHECK_EQ(listen(l, 1), 0);
	CHECK_EQ(connect(k, (void *)&a, an), 0);
	CHECK_EQ(send(k, "one", 3, 0), 3);
	CHECK_EQ(send(k, "two", 3, 0), 3);
	s = accept(l, NULL, NULL);
	CHECK(s >= 0);
	CHECK_EQ(recv(s, buf, 8, 0), 3);
	CHECK_EQ(recv(s, buf, 8, 0), 3);
}

T(vectors_and_truncation)
{
	char a[3], b[4];
	struct iovec w[2] = { { "hel", 3 }, { "lo!", 3 } };
	struct iovec r[2] = { { a, 3 }, { b, 2 } };
	struct msghdr m = { .msg_iov = w, .msg_iovlen = 2 };
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(sendmsg(s[0], &m, 0), 6);
	m.msg_iov = r;
	CHECK_EQ(recvmsg(s[1], &m, 0), 5);
	CHECK_EQ(m.msg_flags, MSG_TRUNC);
	CHECK_EQ(memcmp(b, "lo", 2), 0);
}

T(many_messages_in_one_call)
{
	char buf[4][8];
	struct iovec v[4];
	struct mmsghdr mm[4];
	struct timespec ts = { 0, 50000000 };
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	memset(mm, 0, sizeof(mm));
	for (int i = 0; i < 4; i++) {
		memset(buf[i], 'a' + i, 8);
		v[i] = (struct iovec){ buf[i], i + 1 };
		mm[i].msg_hdr.msg_iov = &v[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sendmmsg(s[0], mm, 3, 0), 3);
	CHECK_EQ(mm[2].msg_len, 3);
	for (int i = 0; i < 4; i++)
		v[i].iov_len = 8;
	CHECK_EQ(recvmmsg(s[1], mm, 2, 0, NULL), 2);
	CHECK_EQ(mm[1].msg_len, 2);
	CHECK_EQ(recvmmsg(s[1], mm, 4, MSG_WAITFORONE, NULL), 1);
	CHECK_EQ(mm[0].msg_len, 3);
	CHECK_ERRNO(recvmmsg(s[1], mm, 4, MSG_DONTWAIT, &ts), EAGAIN);
}

T_MAIN
