// SPDX-License-Identifier: GPL-2.0
/*
 * What a network carries, for tests/bench/net.sh:
 *
 *	net serve PORT		answers; ends when told to, or after 60 s
 *	net ask ADDRESS PORT [quit]	bandwidth out and in, a byte there and
 *				back, connections: one line
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 1.0
static char buf[262144];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void serve_one(int fd)
{
	int one = 1;
	char what;
	ssize_t n;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (read(fd, &what, 1) != 1)
		return;
	if (what == 'o')
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			;
	if (what == 'i')
		while (write(fd, buf, sizeof(buf)) > 0)
			;
	if (what == 'p')
		while ((n = read(fd, buf, 1)) > 0)
			if (write(fd, buf, 1) != 1)
				break;
	if (what == 'q')
		kill(getppid(), SIGTERM);
}

static int serve(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port) };
	int l = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	alarm(60);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (void *)&a, sizeof(a)) || listen(l, 64))
		return 1;
	for (;;) {
		int fd = accept(l, NULL, NULL);

		if (!fork()) {
			serve_one(fd);
			_exit(0);
		}
		close(fd);
	}
}

static int dial(const char *addr, int port, char what)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port) };
	int fd, one = 1;

	inet_pton(AF_INET, addr, &a.sin_addr);
	for (int i = 0; i < 50; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (!connect(fd, (void *)&a, sizeof(a))) {
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
				   sizeof(one));
			if (write(fd, &what, 1) == 1)
				return fd;
		}
		close(fd);
		usleep(100000);
	}
	exit(1);
}

static double flow(const char *addr, int port, char what)
{
	int fd = dial(addr, port, what);
	double t = now(), end = t + SECONDS;
	long total = 0;

	while (now() < end) {
		ssize_t n = what == 'o' ? write(fd, buf, sizeof(buf))
					: read(fd, buf, sizeof(buf));

		if (n <= 0)
			break;
		total += n;
	}
	t = now() - t;
	close(fd);
	return (double)total * 8 / t / 1e9;
}

static int ask(const char *addr, int port, int quit)
{
	double out = flow(addr, port, 'o'), in = flow(addr, port, 'i'), t, rtt;
	int fd = dial(addr, port, 'p'), n;

	t = now();
	for (n = 0; now() < t + SECONDS; n++)
		if (write(fd, buf, 1) != 1 || read(fd, buf, 1) != 1)
			return 1;
	rtt = (now() - t) / n * 1e6;
	close(fd);
	t = now();
	for (n = 0; now() < t + SECONDS; n++)
		close(dial(addr, port, 'c'));
	printf("out %.2f Gbit/s, in %.2f Gbit/s, round trip %.1f us, %.0f "
	       "connections/s\n",
	       out, in, rtt, n / (now() - t));
	if (quit)
		close(dial(addr, port, 'q'));
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3)
		return serve(atoi(argv[2]));
	return argc < 4 ? 2 : ask(argv[2], atoi(argv[3]), argc > 4);
}
