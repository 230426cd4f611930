// SPDX-License-Identifier: GPL-2.0
/*
 * The host's side of tests/boot/network.sh: without arguments a server that
 * echoes TCP (IPv4 and IPv6) and UDP on one port of the loopback and prints the
 * port; `netserve ask tcp|udp PORT TEXT` asks one there and prints the answer,
 * trying for a while until somebody listens.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(const char *kind, int port, const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int udp = !strcmp(kind, "udp");
	char b[4096];

	for (int i = 0; i < 50; i++) {
		int fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n = -1;

		if (!connect(fd, (void *)&a, sizeof(a)) &&
		    send(fd, text, strlen(text), 0) > 0) {
			if (!udp)
				shutdown(fd, SHUT_WR);
			if (poll(&p, 1, 2000) == 1)
				n = recv(fd, b, sizeof(b), 0);
		}
		close(fd);
		if (n > 0) {
			printf("%.*s\n", (int)n, b);
			return 0;
		}
		usleep(100000);
	}
	printf("no answer\n");
	return 1;
}

static void echo(int fd)
{
	static char b[65536];
	ssize_t n;

	while ((n = read(fd, b, sizeof(b))) > 0)
		for (ssize_t at = 0, k; at < n; at += k)
			if ((k = write(fd, b + at, (size_t)(n - at))) < 0)
				return;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(a);
	struct pollfd p[3];
	int one = 1;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (argc == 5)
		return ask(argv[2], atoi(argv[3]), argv[4]);
	alarm(300);
	for (int i = 0; i < 3; i++) {
		p[i].fd = socket(i == 1 ? AF_INET6 : AF_INET,
				 i == 2 ? SOCK_DGRAM : SOCK_STREAM, 0);
		p[i].events = POLLIN;
		setsockopt(p[i].fd, SOL_SOCKET, SO_REUSEADDR, &one,
			   sizeof(one));
	}
	setsockopt(p[1].fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(p[0].fd, (void *)&a, sizeof(a)) ||
	    getsockname(p[0].fd, (void *)&a, &len))
		return 1;
	a6.sin6_port = a.sin_port;
	if (bind(p[1].fd, (void *)&a6, sizeof(a6)))
		p[1].events = 0; /* a host without IPv6 */
	if (bind(p[2].fd, (void *)&a, sizeof(a)) || listen(p[0].fd, 16))
		return 1;
	listen(p[1].fd, 16);
	printf("%d\n", ntohs(a.sin_port));
	fclose(stdout);
	for (;;) {
		poll(p, 3, -1);
		for (int i = 0; i < 2; i++) {
			int fd;

			if (!(p[i].revents & POLLIN))
				continue;
			fd = accept(p[i].fd, NULL, NULL);
			if (!fork()) {
				alarm(60);
				echo(fd);
				_exit(0);
			}
			close(fd);
		}
		if (p[2].revents & POLLIN) {
			struct sockaddr_in from;
			char b[2000];
			socklen_t n = sizeof(from);
			ssize_t k = recvfrom(p[2].fd, b, sizeof(b), 0,
					     (void *)&from, &n);

			if (k >= 0)
				sendto(p[2].fd, b, (size_t)k, 0, (void *)&from,
				       n);
		}
	}
}
