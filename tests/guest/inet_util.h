/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of AF_INET and AF_INET6 share: names and quick sockets. */
#ifndef INET_UTIL_H
#define INET_UTIL_H
#include "t.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define UNUSED __attribute__((unused))

struct name {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

UNUSED static struct name name4(const char *addr, int port)
{
	struct name n = { .in = { .sin_family = AF_INET,
				  .sin_port = htons(port) },
			  .len = sizeof(n.in) };

	inet_pton(AF_INET, addr, &n.in.sin_addr);
	return n;
}

UNUSED static struct name name6(const char *addr, int port)
{
	struct name n = { .in6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port) },
			  .len = sizeof(n.in6) };

	inet_pton(AF_INET6, addr, &n.in6.sin6_addr);
	return n;
}

UNUSED static struct name own_name(int fd)
{
	struct name n = { .len = sizeof(n.in6) };

	CHECK_EQ(getsockname(fd, &n.sa, &n.len), 0);
	return n;
}

UNUSED static int port_of(int fd)
{
	return ntohs(own_name(fd).in.sin_port);
}

UNUSED static int bound(int type, struct name n)
{
	int fd = socket(n.sa.sa_family, type, 0);

	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, &n.sa, n.len), 0);
	return fd;
}

UNUSED static int listener_at(struct name n, int backlog)
{
	int fd = bound(SOCK_STREAM, n);

	CHECK_EQ(listen(fd, backlog), 0);
	return fd;
}

UNUSED static int listener(void)
{
	return listener_at(name4("127.0.0.1", 0), 16);
}

UNUSED static int connected(int type, struct name n)
{
	int fd = socket(n.sa.sa_family, type, 0);

	CHECK(fd >= 0);
	CHECK_EQ(connect(fd, &n.sa, n.len), 0);
	return fd;
}

/* Two ends of a connection: s[0] connected, s[1] accepted. */
UNUSED static void tcp_pair(int s[2])
{
	int l = listener();

	s[0] = connected(SOCK_STREAM, own_name(l));
	s[1] = accept(l, NULL, NULL);
	CHECK(s[1] >= 0);
	close(l);
}

UNUSED static short revents_in(int fd, short events, int ms)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, ms) >= 0);
	return p.revents;
}

/* What has come to stay; on Linux it may take a moment to arrive. */
UNUSED static short revents(int fd, short events)
{
	usleep(2000);
	return revents_in(fd, events, 0);
}

UNUSED static int get_int(int fd, int level, int name)
{
	int v = -12345;
	socklen_t n = sizeof(v);

	CHECK_EQ(getsockopt(fd, level, name, &v, &n), 0);
	CHECK_EQ(n, sizeof(v));
	return v;
}

UNUSED static int set_int(int fd, int level, int name, int v)
{
	return setsockopt(fd, level, name, &v, sizeof(v));
}
#endif
