// SPDX-License-Identifier: GPL-2.0
/*
 * A client and a server for tests/boot/network.sh, in the machine:
 *
 *	netclient tcp|tcp6|udp ADDRESS PORT TEXT	prints the answer
 *	netclient bulk ADDRESS PORT BYTES	sends, gets all back, compares
 *	netclient serve PORT	echoes TCP and UDP until somebody sends "quit"
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(void)
{
	printf("%s\n", strerror(errno));
	exit(1);
}

static int dial(const char *kind, const char *addr, int port)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };
	int six = !strcmp(kind, "tcp6"), fd, n;

	inet_pton(AF_INET, addr, &a4.sin_addr);
	inet_pton(AF_INET6, addr, &a6.sin6_addr);
	/* another machine may still be starting; so may IPv6 */
	for (n = 0;; n++) {
		fd = socket(six ? AF_INET6 : AF_INET,
			    strcmp(kind, "udp") ? SOCK_STREAM : SOCK_DGRAM, 0);
		if (!connect(fd, six ? (void *)&a6 : (void *)&a4,
			     six ? sizeof(a6) : sizeof(a4)))
			return fd;
		if (n == 40 || (errno == ECONNREFUSED && port == 1))
			die();
		close(fd);
		usleep(100000);
	}
}

static int bulk(int fd, long total)
{
	static unsigned char out[65536], in[65536];
	long sent = 0, got = 0;

	if (!fork()) {
		while (sent < total) {
			long n = total - sent < 65536 ? total - sent : 65536;

			for (long i = 0; i < n; i++)
				out[i] = (unsigned char)((sent + i) * 31 >> 3);
			n = write(fd, out, (size_t)n);
			if (n <= 0)
				_exit(1);
			sent += n;
		}
		shutdown(fd, SHUT_WR);
		_exit(0);
	}
	while (got < total) {
		ssize_t n = read(fd, in, sizeof(in));

		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			if (in[i] != (unsigned char)((got + i) * 31 >> 3)) {
				printf("differs at %ld\n", got + i);
				return 1;
			}
		got += n;
	}
	wait(NULL);
	printf("%ld %s\n", got, got == total ? "ok" : "short");
	return 0;
}

static int serve(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port) },
			   from;
	int l = socket(AF_INET, SOCK_STREAM, 0), u, one = 1, quit = 0;
	char b[4096];

	u = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (void *)&a, sizeof(a)) || listen(l, 5) ||
	    bind(u, (void *)&a, sizeof(a)))
		die();
	while (!quit) {
		struct pollfd p[2] = { { l, POLLIN, 0 }, { u, POLLIN, 0 } };
		socklen_t len = sizeof(from);
		ssize_t n;
		int fd;

		poll(p, 2, -1);
		if (p[1].revents) {
			n = recvfrom(u, b, sizeof(b), 0, (void *)&from, &len);
			if (n >= 0)
				sendto(u, b, (size_t)n, 0, (void *)&from, len);
		}
		if (!p[0].revents)
			continue;
		fd = accept(l, NULL, NULL);
		while ((n = read(fd, b, sizeof(b))) > 0) {
			quit |= n >= 4 && !memcmp(b, "quit", 4);
			if (write(fd, b, (size_t)n) < 0)
				break;
		}
		close(fd);
	}
	sleep(1); /* the last answers shall get out */
	return 0;
}

int main(int argc, char **argv)
{
	char b[4096];
	ssize_t n;
	int fd;

	alarm(28);
	if (argc == 3)
		return serve(atoi(argv[2]));
	if (argc != 5)
		return 2;
	fd = dial(strcmp(argv[1], "bulk") ? argv[1] : "tcp", argv[2],
		  atoi(argv[3]));
	if (!strcmp(argv[1], "bulk"))
		return bulk(fd, atol(argv[4]));
	if (send(fd, argv[4], strlen(argv[4]), 0) < 0)
		die();
	if (strcmp(argv[1], "udp"))
		shutdown(fd, SHUT_WR);
	n = recv(fd, b, sizeof(b), 0);
	if (n < 0)
		die();
	printf("%.*s\n", (int)n, b);
	return 0;
}
