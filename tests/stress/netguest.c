// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's half of tests/boot/netpeer.c: one small program for each script,
 * named by argv[1]. The peer is 10.9.9.1, we are 10.9.9.2. Exit status 0: as it
 * should be; else a line says what was not.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHECK(c)                                                         \
	do {                                                             \
		if (!(c)) {                                              \
			printf("guest:%d: %s, errno %d\n", __LINE__, #c, \
			       errno);                                   \
			exit(1);                                         \
		}                                                        \
	} while (0)

static struct sockaddr_in name(const char *a, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, a, &in.sin_addr);
	return in;
}

static int dial(void)
{
	struct sockaddr_in in = name("10.9.9.1", 7);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(connect(fd, (void *)&in, sizeof(in)) == 0);
	return fd;
}

static void set(int fd, int level, int opt, int v)
{
	CHECK(setsockopt(fd, level, opt, &v, sizeof(v)) == 0);
}

static unsigned char pattern(unsigned int i)
{
	return (unsigned char)(i * 7 + i / 251);
}

static void send_pattern(int fd, unsigned int n)
{
	unsigned char *b = malloc(n);
	unsigned int done = 0;

	for (unsigned int i = 0; i < n; i++)
		b[i] = pattern(i);
	while (done < n) {
		ssize_t k = write(fd, b + done, n - done);

		CHECK(k > 0);
		done += (unsigned int)k;
	}
	free(b);
}

static void recv_pattern(int fd, unsigned int n)
{
	unsigned char b[4096];
	unsigned int got = 0;

	while (got < n) {
		ssize_t k = read(fd, b, sizeof(b));

		CHECK(k > 0);
		for (ssize_t i = 0; i < k; i++)
			CHECK(b[i] == pattern(got + (unsigned int)i));
		got += (unsigned int)k;
	}
}

static void wait_eof(int fd)
{
	char c;

	CHECK(read(fd, &c, 1) == 0);
}

static void g_plain(void)
{
	close(dial());
}

static void g_refused(void)
{
	struct sockaddr_in in = name("10.9.9.1", 7);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(connect(fd, (void *)&in, sizeof(in)) < 0 &&
	      errno == ECONNREFUSED);
	/* and not waiting for it */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK(connect(fd, (void *)&in, sizeof(in)) < 0 && errno == EINPROGRESS);
	{
		struct pollfd p = { fd, POLLOUT, 0 };
		int e = 0;
		socklen_t n = sizeof(e);

		CHECK(poll(&p, 1, 5000) == 1);
		CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0);
		CHECK(e == ECONNREFUSED);
	}
}

static void g_unreachable(void)
{
	struct sockaddr_in in = name("10.9.9.77", 7);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(connect(fd, (void *)&in, sizeof(in)) < 0 &&
	      errno == EHOSTUNREACH);
	in = name("10.99.0.1", 7);
	CHECK(connect(fd, (void *)&in, sizeof(in)) < 0 && errno == ENETUNREACH);
}

static void g_out(void)
{
	int fd = dial();

	send_pattern(fd, 600000);
	shutdown(fd, SHUT_WR);
	wait_eof(fd);
}

static void g_small_out(void)
{
	int fd = dial();

	send_pattern(fd, 3000);
	shutdown(fd, SHUT_WR);
	wait_eof(fd);
}

static void g_in(void)
{
	int fd = dial();

	recv_pattern(fd, 300000);
	wait_eof(fd);
}

static void g_rst(void)
{
	int fd = dial();
	char c;

	CHECK(read(fd, &c, 1) == 1);
	CHECK(read(fd, &c, 1) < 0 && errno == ECONNRESET);
	CHECK(write(fd, "x", 1) < 0 && errno == EPIPE);
}

static void g_echo(void)
{
	int fd = dial();
	char b[100];
	ssize_t n;

	while ((n = read(fd, b, sizeof(b))) > 0)
		CHECK(write(fd, b, (size_t)n) == n);
	CHECK(n == 0);
}

static void g_close(void)
{
	int fd = dial();
	char c;

	CHECK(read(fd, &c, 1) == 1);
	close(fd);
	sleep(2); /* what is left goes on without us */
}

static void g_half(void)
{
	int fd = dial();
	char b[10];

	CHECK(write(fd, "ask", 3) == 3);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	CHECK(write(fd, "x", 1) < 0 && errno == EPIPE);
	CHECK(read(fd, b, 10) == 6);
	wait_eof(fd);
}

static void g_listen(void)
{
	struct sockaddr_in in = name("0.0.0.0", 80), from;
	int l = socket(AF_INET, SOCK_STREAM, 0), fd;
	socklen_t n = sizeof(from);
	char b[10];

	set(l, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK(bind(l, (void *)&in, sizeof(in)) == 0);
	CHECK(listen(l, 5) == 0);
	/* a first datagram tells the peer that we are here */
	in = name("10.9.9.1", 9);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(sendto(fd, "ready", 5, 0, (void *)&in, sizeof(in)) == 5);
	close(fd);
	fd = accept(l, (void *)&from, &n);
	CHECK(fd >= 0);
	CHECK(from.sin_addr.s_addr == inet_addr("10.9.9.1"));
	CHECK(read(fd, b, 10) == 5 && !memcmp(b, "hello", 5));
	wait_eof(fd);
	CHECK(write(fd, "bye", 3) == 3);
	close(fd);
	sleep(1);
}

static void g_rto(void)
{
	int fd = dial();
	char c;

	CHECK(write(fd, "x", 1) == 1);
	CHECK(read(fd, &c, 1) == 1);
}

static void g_keepalive(void)
{
	int fd = dial();
	char c;

	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	CHECK(read(fd, &c, 1) < 0 && errno == ETIMEDOUT);
}

static void g_user_timeout(void)
{
	int fd = dial();
	char c;

	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 700);
	CHECK(write(fd, "x", 1) == 1);
	CHECK(read(fd, &c, 1) < 0 && errno == ETIMEDOUT);
}

static void g_nagle(void)
{
	int fd = dial();
	char c;

	for (int i = 0; i < 3; i++)
		CHECK(write(fd, "n", 1) == 1);
	CHECK(read(fd, &c, 1) == 1);
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	for (int i = 0; i < 3; i++)
		CHECK(write(fd, "d", 1) == 1);
	CHECK(read(fd, &c, 1) == 1);
	set(fd, IPPROTO_TCP, TCP_CORK, 1);
	for (int i = 0; i < 3; i++)
		CHECK(write(fd, "c", 1) == 1);
	usleep(50000);
	set(fd, IPPROTO_TCP, TCP_CORK, 0);
	CHECK(read(fd, &c, 1) == 1);
}

static void g_urgent(void)
{
	int fd = dial(), at = 0;
	struct pollfd p = { fd, POLLPRI, 0 };
	char b[10];

	CHECK(poll(&p, 1, 5000) == 1 && (p.revents & POLLPRI));
	CHECK(read(fd, b, 10) == 2 && !memcmp(b, "ab", 2));
	CHECK(ioctl(fd, SIOCATMARK, &at) == 0 && at == 1);
	CHECK(recv(fd, b, 1, MSG_OOB) == 1 && b[0] == '!');
	CHECK(read(fd, b, 10) == 2 && !memcmp(b, "cd", 2));
	CHECK(send(fd, "xyz", 3, MSG_OOB) == 3);
	wait_eof(fd);
}

static void g_udp(void)
{
	struct sockaddr_in in = name("0.0.0.0", 53), from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	static char b[66000];

	CHECK(bind(fd, (void *)&in, sizeof(in)) == 0);
	in = name("10.9.9.1", 9);
	CHECK(sendto(fd, "ready", 5, 0, (void *)&in, sizeof(in)) == 5);
	for (;;) {
		socklen_t n = sizeof(from);
		ssize_t k = recvfrom(fd, b, sizeof(b), 0, (void *)&from, &n);

		CHECK(k >= 0);
		if (k == 4 && !memcmp(b, "quit", 4))
			break;
		CHECK(sendto(fd, b, (size_t)k, 0, (void *)&from, n) == k);
	}
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(connect(fd, (void *)&in, sizeof(in)) == 0);
	CHECK(send(fd, "nobody?", 7, 0) == 7);
	CHECK(recv(fd, b, 1, 0) < 0 && errno == ECONNREFUSED);
	CHECK(send(fd, "done", 4, 0) == 4);
}

static void g_idle(void)
{
	struct sockaddr_in in = name("10.9.9.1", 9);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char c;

	CHECK(sendto(fd, "ready", 5, 0, (void *)&in, sizeof(in)) == 5);
	CHECK(recv(fd, &c, 1, 0) == 1);
}

static const struct {
	const char *name;
	void (*fn)(void);
} parts[] = {
	{ "plain", g_plain },
	{ "refused", g_refused },
	{ "unreachable", g_unreachable },
	{ "out", g_out },
	{ "small_out", g_small_out },
	{ "in", g_in },
	{ "rst", g_rst },
	{ "echo", g_echo },
	{ "close", g_close },
	{ "half", g_half },
	{ "listen", g_listen },
	{ "rto", g_rto },
	{ "keepalive", g_keepalive },
	{ "user_timeout", g_user_timeout },
	{ "nagle", g_nagle },
	{ "urgent", g_urgent },
	{ "udp", g_udp },
	{ "idle", g_idle },
};

int main(int argc, char **argv)
{
	alarm(25);
	signal(SIGPIPE, SIG_IGN);
	for (unsigned int i = 0;
	     argc > 1 && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(parts[i].name, argv[1])) {
			parts[i].fn();
			return 0;
		}
	return 2;
}
