/* SPDX-License-Identifier: GPL-2.0 */
/* TCP over loopback: names, connections, data, how they end. */
#include "inet_util.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/time.h>

#define ALL (POLLIN | POLLOUT | POLLPRI | POLLRDHUP)

static char big[4 << 20];

T(families_and_types)
{
	CHECK_ERRNO(socket(AF_INET, 77, 0), EINVAL);
	CHECK_ERRNO(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
	CHECK_ERRNO(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	CHECK_ERRNO(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
	CHECK_ERRNO(socket(AF_INET6, SOCK_RAW, 0), EPROTONOSUPPORT);
	CHECK_ERRNO(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
	CHECK(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) >= 0);
	CHECK(socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) >= 0);
}

static void one_connection(struct name at, struct name from)
{
	struct name a = { .len = sizeof(a.in6) };
	int l = listener_at(at, 5), k, s;
	char buf[8] = "";

	at = own_name(l);
	CHECK(ntohs(at.in.sin_port) >= 1024);
	CHECK_EQ(revents(l, POLLIN), 0);
	k = connected(SOCK_STREAM, at);
	CHECK_EQ(write(k, "early", 5), 5);
	CHECK_EQ(revents(l, POLLIN), POLLIN);
	s = accept4(l, &a.sa, &a.len, SOCK_CLOEXEC);
	CHECK(s >= 0);
	CHECK_EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(a.len, at.len);
	CHECK_EQ(a.in.sin_port, own_name(k).in.sin_port);
	from.in.sin_port = a.in.sin_port;
	CHECK_EQ(memcmp(&from.sa, &a.sa, a.len), 0);
	a.len = sizeof(a.in6);
	CHECK_EQ(getpeername(k, &a.sa, &a.len), 0);
	CHECK_EQ(memcmp(&at.sa, &a.sa, a.len), 0);
	a = own_name(s);
	CHECK_EQ(memcmp(&at.sa, &a.sa, a.len), 0);
	CHECK_EQ(read(s, buf, 8), 5);
	CHECK_STR(buf, "early");
	CHECK_EQ(write(s, "back", 4), 4);
	CHECK_EQ(read(k, buf, 8), 4);
	CHECK_ERRNO(connect(k, &at.sa, at.len), EISCONN);
	CHECK_ERRNO(connect(l, &at.sa, at.len), EISCONN);
	CHECK_ERRNO(listen(k, 1), EINVAL);
	CHECK_ERRNO(accept(k, NULL, NULL), EINVAL);
}

T(ipv4)
{
	one_connection(name4("127.0.0.1", 0), name4("127.0.0.1", 0));
}
T(all_of_127_is_here)
{
	one_connection(name4("127.9.8.7", 0), name4("127.0.0.1", 0));
}
T(ipv6)
{
	one_connection(name6("::1", 0), name6("::1", 0));
}
T(mapped)
{
	one_connection(name6("::ffff:127.0.0.1", 0),
		       name6("::ffff:127.0.0.1", 0));
}

T(a_wildcard_takes_both_families)
{
	struct name a = { .len = sizeof(a.in6) };
	int l = listener_at(name6("::", 0), 5), p = port_of(l), s, k;
	char text[64];

	close(connected(SOCK_STREAM, name6("::1", p)));
	s = accept(l, NULL, NULL);
	k = connected(SOCK_STREAM, name4("127.0.0.1", p));
	s = accept(l, &a.sa, &a.len);
	CHECK(s >= 0);
	CHECK_EQ(a.len, sizeof(a.in6));
	CHECK_EQ(a.sa.sa_family, AF_INET6);
	CHECK_STR(inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof(text)),
		  "::ffff:127.0.0.1");
	a.len = sizeof(a.in6);
	CHECK_EQ(getpeername(k, &a.sa, &a.len), 0);
	CHECK_EQ(a.sa.sa_family, AF_INET);
	close(connected(SOCK_STREAM, name4("0.0.0.0", p)));
	s = accept(l, NULL, NULL);
	CHECK(s >= 0);
	close(connected(SOCK_STREAM, name6("::", p)));
	s = accept(l, NULL, NULL);
	CHECK(s >= 0);
}

T(v6only_keeps_ipv4_out)
{
	int l = socket(AF_INET6, SOCK_STREAM, 0), fd;
	struct name n = name6("::", 0);

	CHECK_EQ(set_int(l, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	CHECK_EQ(bind(l, &n.sa, n.len), 0);
	CHECK_ERRNO(set_int(l, IPPROTO_IPV6, IPV6_V6ONLY, 0), EINVAL);
	CHECK_EQ(get_int(l, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	CHECK_EQ(listen(l, 5), 0);
	n = name4("127.0.0.1", port_of(l));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), ECONNREFUSED);
	/* so that the port is free there */
	CHECK_EQ(bind(fd, &n.sa, n.len), 0);
}

T(bind_errors)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int fd6 = socket(AF_INET6, SOCK_STREAM, 0);
	struct name n = name4("127.0.0.1", 0);

	CHECK_ERRNO(bind(fd, &n.sa, 8), EINVAL);
	n.sa.sa_family = AF_UNIX;
	CHECK_ERRNO(bind(fd, &n.sa, n.len), EAFNOSUPPORT);
	n = name4("127.0.0.1", 80);
	CHECK_ERRNO(bind(fd, &n.sa, n.len), EACCES);
	n = name4("192.0.2.1", 0);
	CHECK_ERRNO(bind(fd, &n.sa, n.len), EADDRNOTAVAIL);
	n = name6("2001:db8::1", 0);
	CHECK_ERRNO(bind(fd6, &n.sa, n.len), EADDRNOTAVAIL);
	n = name4("127.0.0.1", 0);
	CHECK_ERRNO(bind(fd6, &n.sa, n.len), EINVAL);
	CHECK_ERRNO(bind(fd6, &n.sa, 28), EAFNOSUPPORT);
	CHECK_EQ(bind(fd, &n.sa, n.len), 0);
	CHECK_ERRNO(bind(fd, &n.sa, n.len), EINVAL);
	n = name4("0.0.0.0", 0);
	n.sa.sa_family = AF_UNSPEC;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(bind(fd, &n.sa, n.len), 0);
}

static int try_bind(struct name n, int option)
{
	int fd = socket(n.sa.sa_family, SOCK_STREAM, 0);

	if (option)
		CHECK_EQ(set_int(fd, SOL_SOCKET, option, 1), 0);
	if (!bind(fd, &n.sa, n.len))
		return fd;
	close(fd);
	return -1;
}

T(a_port_is_taken)
{
	int a = try_bind(name4("127.0.0.1", 0), SO_REUSEADDR), b;
	int p = port_of(a);

	CHECK_ERRNO(try_bind(name4("127.0.0.1", p), 0), EADDRINUSE);
	CHECK_ERRNO(try_bind(name4("0.0.0.0", p), 0), EADDRINUSE);
	CHECK_ERRNO(try_bind(name6("::", p), 0), EADDRINUSE);
	CHECK(try_bind(name4("127.0.0.2", p), 0) >= 0);
	CHECK(try_bind(name6("::1", p), 0) >= 0);
	b = try_bind(name4("127.0.0.1", p), SO_REUSEADDR);
	CHECK(b >= 0);
	CHECK_EQ(listen(a, 1), 0);
	CHECK_ERRNO(listen(b, 1), EADDRINUSE);
	CHECK_ERRNO(try_bind(name4("127.0.0.1", p), SO_REUSEADDR), EADDRINUSE);
	CHECK_ERRNO(try_bind(name4("127.0.0.1", p), SO_REUSEPORT), EADDRINUSE);
}

T(reuseport_shares)
{
	int a = try_bind(name4("127.0.0.1", 0), SO_REUSEPORT), n[2] = { 0, 0 };
	int p = port_of(a), b = try_bind(name4("127.0.0.1", p), SO_REUSEPORT);

	CHECK(b >= 0);
	CHECK_EQ(listen(a, 64), 0);
	CHECK_EQ(listen(b, 64), 0);
	fcntl(a, F_SETFL, O_NONBLOCK);
	fcntl(b, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 40; i++)
		connected(SOCK_STREAM, name4("127.0.0.1", p));
	usleep(5000);
	while (accept(a, NULL, NULL) >= 0)
		n[0]++;
	while (accept(b, NULL, NULL) >= 0)
		n[1]++;
	CHECK_EQ(n[0] + n[1], 40);
	CHECK(n[0] > 2 && n[1] > 2);
}

T(accepted_ones_keep_the_port)
{
	int l = listener(), p = port_of(l), k, s;

	k = connected(SOCK_STREAM, name4("127.0.0.1", p));
	s = accept(l, NULL, NULL);
	close(l);
	CHECK_ERRNO(try_bind(name4("127.0.0.1", p), 0), EADDRINUSE);
	CHECK_ERRNO(try_bind(name4("127.0.0.1", p), SO_REUSEADDR), EADDRINUSE);
	(void)k, (void)s;
}

T(listen_without_bind)
{
	int l = socket(AF_INET, SOCK_STREAM, 0);
	struct name n;

	CHECK_EQ(listen(l, 5), 0);
	n = own_name(l);
	CHECK(n.in.sin_port != 0);
	CHECK_EQ(n.in.sin_addr.s_addr, INADDR_ANY);
	CHECK_EQ(get_int(l, SOL_SOCKET, SO_ACCEPTCONN), 1);
	connected(SOCK_STREAM, name4("127.0.0.1", ntohs(n.in.sin_port)));
	CHECK(accept(l, NULL, NULL) >= 0);
	fcntl(l, F_SETFL, O_NONBLOCK);
	CHECK_ERRNO(accept(l, NULL, NULL), EAGAIN);
}

/* A port that nobody listens at, kept. */
static struct name closed_port(void)
{
	return own_name(bound(SOCK_STREAM, name4("127.0.0.1", 0)));
}

T(refused)
{
	struct name n = closed_port();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_ERRNO(connect(fd, &n.sa, n.len), ECONNREFUSED);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), ECONNREFUSED);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ERROR), 0);
	CHECK_ERRNO(connect(fd, &n.sa, 4), EINVAL);
	n.sa.sa_family = AF_UNIX;
	CHECK_ERRNO(connect(fd, &n.sa, n.len), EAFNOSUPPORT);
}

T(refused_later)
{
	struct name n = closed_port();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK_ERRNO(connect(fd, &n.sa, n.len), EINPROGRESS);
	CHECK_EQ(revents(fd, ALL),
		 POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ERROR), 0);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), ECONNABORTED);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), EINPROGRESS);
	usleep(2000);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), ECONNREFUSED);
}

T(connecting_without_waiting)
{
	int l = listener(),
	    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct name n = own_name(l);

	CHECK_EQ(revents(fd, ALL), POLLOUT | POLLHUP);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), EINPROGRESS);
	CHECK_EQ(revents(fd, ALL), POLLOUT);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ERROR), 0);
	CHECK_EQ(connect(fd, &n.sa, n.len), 0);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), EISCONN);
}

T(a_full_backlog_holds)
{
	int l = listener_at(name4("127.0.0.1", 0), 1), k[3], s;
	struct name n = own_name(l);
	char c;

	for (int i = 0; i < 3; i++) {
		k[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		CHECK_ERRNO(connect(k[i], &n.sa, n.len), EINPROGRESS);
	}
	CHECK_EQ(revents(k[1], POLLOUT), POLLOUT);
	CHECK_EQ(revents(k[2], POLLOUT), 0);
	CHECK_ERRNO(connect(k[2], &n.sa, n.len), EALREADY);
	CHECK_ERRNO(send(k[2], "x", 1, MSG_NOSIGNAL), EAGAIN);
	CHECK_ERRNO(recv(k[2], &c, 1, 0), EAGAIN);
	n.len = sizeof(n.in6);
	CHECK_ERRNO(getpeername(k[2], &n.sa, &n.len), ENOTCONN);
	CHECK((s = accept(l, NULL, NULL)) >= 0);
	/* Linux sends the request again after a second */
	CHECK_EQ(revents_in(k[2], POLLOUT, 5000), POLLOUT);
	CHECK(accept(l, NULL, NULL) >= 0);
	CHECK(accept(l, NULL, NULL) >= 0);
	close(l);
}

T(closing_the_listener_resets)
{
	int l = listener(), k = connected(SOCK_STREAM, own_name(l));
	char c;

	close(l);
	CHECK_ERRNO(read(k, &c, 1), ECONNRESET);
	CHECK_EQ(read(k, &c, 1), 0);
}

T(accepting_who_has_gone)
{
	struct linger l = { 1, 0 };
	int fd = listener(), k, s;
	struct name n = { .len = sizeof(n.in6) };
	char c;

	k = connected(SOCK_STREAM, own_name(fd));
	CHECK_EQ(setsockopt(k, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	close(k);
	s = accept(fd, &n.sa, &n.len);
	CHECK(s >= 0);
	CHECK_EQ(n.len, sizeof(n.in));
	CHECK_ERRNO(getpeername(s, &n.sa, &n.len), ENOTCONN);
	CHECK_ERRNO(read(s, &c, 1), ECONNRESET);
}

T(shutting_a_listener_down)
{
	int l = listener();
	struct name n = own_name(l);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_EQ(shutdown(l, SHUT_RD), 0);
	CHECK_ERRNO(accept(l, NULL, NULL), EINVAL);
	CHECK_EQ(revents(l, ALL) & POLLHUP, POLLHUP);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), ECONNREFUSED);
	CHECK_EQ(listen(l, 5), 0); /* the port was not asked for: another one */
	n = name4("127.0.0.1", port_of(l));
	CHECK_EQ(connect(fd, &n.sa, n.len), 0);
}

T(unconnected)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct name n = { .len = sizeof(n.in6) };
	char c;

	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(revents(fd, ALL), POLLOUT | POLLHUP);
	CHECK_ERRNO(read(fd, &c, 1), ENOTCONN);
	CHECK_ERRNO(write(fd, "x", 1), EPIPE);
	CHECK_ERRNO(getpeername(fd, &n.sa, &n.len), ENOTCONN);
	CHECK_ERRNO(accept(fd, NULL, NULL), EINVAL);
	CHECK_ERRNO(shutdown(fd, SHUT_RD), ENOTCONN);
	CHECK_ERRNO(shutdown(fd, 9), EINVAL);
	n = own_name(fd);
	CHECK_EQ(n.in.sin_port, 0);
}

T(half_close)
{
	char buf[8];
	int s[2];

	signal(SIGPIPE, SIG_IGN);
	tcp_pair(s);
	CHECK_EQ(revents(s[0], ALL), POLLOUT);
	CHECK_EQ(write(s[0], "last", 4), 4);
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_ERRNO(write(s[0], "x", 1), EPIPE);
	CHECK_EQ(revents(s[0], ALL), POLLOUT);
	CHECK_EQ(revents(s[1], ALL), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(read(s[1], buf, 8), 4);
	CHECK_EQ(read(s[1], buf, 8), 0);
	CHECK_EQ(read(s[1], buf, 8), 0);
	CHECK_EQ(write(s[1], "answer", 6), 6);
	CHECK_EQ(read(s[0], buf, 8), 6);
	CHECK_EQ(shutdown(s[1], SHUT_WR), 0);
	CHECK_EQ(read(s[0], buf, 8), 0);
	CHECK_EQ(revents(s[0], ALL), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	CHECK_EQ(revents(s[1], ALL), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	CHECK_ERRNO(shutdown(s[0], SHUT_WR), ENOTCONN);
}

T(shut_for_reading)
{
	char buf[8];
	int s[2];

	tcp_pair(s);
	CHECK_EQ(shutdown(s[0], SHUT_RD), 0);
	CHECK_EQ(read(s[0], buf, 8), 0);
	CHECK_EQ(write(s[1], "abc", 3), 3);
	CHECK_EQ(revents(s[0], ALL), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(read(s[0], buf, 8), 3);
	CHECK_EQ(read(s[0], buf, 8), 0);
}

T(writing_to_who_has_gone)
{
	char buf[8];
	int s[2];

	signal(SIGPIPE, SIG_IGN);
	tcp_pair(s);
	CHECK_EQ(write(s[1], "bye", 3), 3);
	close(s[1]);
	CHECK_EQ(revents(s[0], ALL), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(write(s[0], "x", 1), 1); /* answered by a reset */
	usleep(2000);
	CHECK_EQ(revents(s[0], ALL),
		 POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	CHECK_EQ(read(s[0], buf, 8), 3);
	CHECK_EQ(read(s[0], buf, 8), 0);
	CHECK_ERRNO(write(s[0], "x", 1), EPIPE);
}

T(sigpipe)
{
	int s[2], st;
	pid_t pid;

	tcp_pair(s);
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	pid = fork();
	if (!pid) {
		send(s[0], "x", 1, 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGPIPE);
}

T(close_with_unread_data_resets)
{
	char buf[8];
	int s[2];

	tcp_pair(s);
	CHECK_EQ(write(s[0], "unread", 6), 6);
	CHECK_EQ(write(s[1], "before", 6), 6);
	usleep(2000);
	close(s[1]);
	CHECK_EQ(revents(s[0], ALL),
		 POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	CHECK_EQ(read(s[0], buf, 8), 6); /* what came before is there */
	CHECK_ERRNO(read(s[0], buf, 8), ECONNRESET);
	CHECK_EQ(read(s[0], buf, 8), 0);
	CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
}

T(linger_for_no_time_resets)
{
	struct linger l = { 1, 0 };
	int s[2];

	tcp_pair(s);
	CHECK_EQ(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	close(s[1]);
	usleep(2000);
	CHECK_EQ(get_int(s[0], SOL_SOCKET, SO_ERROR), ECONNRESET);
	tcp_pair(s);
	l.l_linger = 5;
	CHECK_EQ(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	close(s[1]);
	CHECK_EQ(get_int(s[0], SOL_SOCKET, SO_ERROR), 0);
}

T(disconnect_and_again)
{
	int l = listener(), k = connected(SOCK_STREAM, own_name(l));
	int s = accept(l, NULL, NULL);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct name n = own_name(l);
	char c;

	CHECK_EQ(connect(k, &none, sizeof(none)), 0);
	CHECK_ERRNO(read(s, &c, 1), ECONNRESET);
	CHECK_ERRNO(read(k, &c, 1), ECONNRESET);
	CHECK_ERRNO(read(k, &c, 1), ENOTCONN);
	CHECK_EQ(connect(k, &n.sa, n.len), 0);
	s = accept(l, NULL, NULL);
	CHECK_EQ(write(k, "x", 1), 1);
	CHECK_EQ(read(s, &c, 1), 1);
	CHECK_EQ(write(s, "y", 1), 1);
	CHECK_EQ(read(k, &c, 1), 1);
}

T(a_name_used_twice)
{
	struct name from = name4("127.0.0.1", 0), to;
	int l = listener(), a, b;

	to = own_name(l);
	a = try_bind(from, SO_REUSEADDR);
	from = own_name(a);
	b = try_bind(from, SO_REUSEADDR);
	CHECK(b >= 0);
	CHECK_EQ(connect(a, &to.sa, to.len), 0);
	CHECK_ERRNO(connect(b, &to.sa, to.len), EADDRNOTAVAIL);
}

T(peek_waitall_trunc)
{
	char buf[16] = "";
	int s[2], n;

	tcp_pair(s);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "def", 3), 3);
	usleep(2000);
	CHECK_EQ(ioctl(s[1], FIONREAD, &n), 0);
	CHECK_EQ(n, 6);
	CHECK_EQ(recv(s[1], buf, 16, MSG_PEEK), 6);
	CHECK_STR(buf, "abcdef");
	CHECK_EQ(recv(s[1], buf, 2, MSG_WAITALL), 2);
	CHECK_EQ(recv(s[1], NULL, 2, MSG_TRUNC), 2); /* dropped */
	CHECK_EQ(recv(s[1], buf, 16, MSG_DONTWAIT), 2);
	CHECK_EQ(memcmp(buf, "ef", 2), 0);
	CHECK_ERRNO(recv(s[1], buf, 16, MSG_DONTWAIT), EAGAIN);
	if (!fork()) {
		for (int i = 0; i < 8; i++) {
			usleep(1000);
			n = write(s[0], "x", 1);
		}
		_exit(0);
	}
	CHECK_EQ(recv(s[1], buf, 8, MSG_WAITALL), 8);
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_EQ(recv(s[1], buf, 8, MSG_WAITALL), 0);
}

T(low_water)
{
	char buf[16];
	int s[2];

	tcp_pair(s);
	CHECK_EQ(set_int(s[1], SOL_SOCKET, SO_RCVLOWAT, 4), 0);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(revents(s[1], POLLIN), 0);
	CHECK_EQ(write(s[0], "d", 1), 1);
	CHECK_EQ(revents(s[1], POLLIN), POLLIN);
	CHECK_EQ(read(s[1], buf, 16), 4);
}

T(timeouts)
{
	struct timeval tv = { 0, 20000 };
	int s[2], l = listener();
	char c;

	tcp_pair(s);
	CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	CHECK_ERRNO(read(s[0], &c, 1), EAGAIN);
	CHECK_EQ(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	CHECK_ERRNO(accept(l, NULL, NULL), EAGAIN);
	CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
	while (send(s[0], big, sizeof(big), 0) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
}

T(it_fills_and_empties)
{
	long put = 0, got = 0, n;
	int s[2];

	tcp_pair(s);
	fcntl(s[0], F_SETFL, O_NONBLOCK);
	while ((n = write(s[0], big, 50000)) > 0)
		put += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(put > 100000);
	CHECK_EQ(revents(s[0], POLLOUT), 0);
	fcntl(s[1], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 100 && got < put; i++) {
		while ((n = read(s[1], big, 100000)) > 0)
			got += n;
		revents_in(s[1], POLLIN, 20);
	}
	CHECK_EQ(got, put);
	CHECK_EQ(revents(s[0], POLLOUT), POLLOUT);
}

T(small_writes_do_not_fill_it)
{
	int s[2];
	long n = 0;

	tcp_pair(s);
	for (int i = 0; i < 20000; i++)
		CHECK_EQ(send(s[0], &i, 4, MSG_DONTWAIT), 4);
	while (n < 80000) {
		long r = read(s[1], big + n, 80000 - n);

		CHECK(r > 0);
		n += r;
	}
	for (int i = 0; i < 20000; i++)
		CHECK_EQ(((int *)big)[i], i);
}

static void *stream_reader(void *arg)
{
	static char buf[70000];
	unsigned char want = 0;
	long n, all = 0;

	while ((n = read(*(int *)arg, buf, 1 + all % sizeof(buf))) > 0) {
		for (long i = 0; i < n; i++)
			if ((unsigned char)buf[i] != want++ % 251)
				return "wrong";
			else if (want == 251)
				want = 0;
		all += n;
	}
	return all == 20 * (long)sizeof(big) ? NULL : "short";
}

T(a_long_stream)
{
	pthread_t th;
	void *how;
	int s[2], at = 0;

	tcp_pair(s);
	CHECK_EQ(pthread_create(&th, NULL, stream_reader, &s[1]), 0);
	for (int k = 0; k < 20; k++) {
		for (size_t i = 0; i < sizeof(big); i++, at = (at + 1) % 251)
			big[i] = at;
		for (size_t i = 0; i < sizeof(big);) {
			long n = write(s[0], big + i,
				       i % 3 ? sizeof(big) - i : 1 + i % 777);
			CHECK(n > 0);
			i += n;
		}
	}
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_EQ(pthread_join(th, &how), 0);
	CHECK_STR(how ? (char *)how : "whole", "whole");
}

T(urgent_data)
{
	char buf[16] = "";
	int s[2], mark = -1;

	tcp_pair(s);
	CHECK_EQ(send(s[0], "ab!", 3, MSG_OOB), 3);
	CHECK_EQ(write(s[0], "cd", 2), 2);
	CHECK_EQ(revents(s[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	CHECK_EQ(read(s[1], buf, 16), 2); /* up to the mark */
	CHECK_EQ(memcmp(buf, "ab", 2), 0);
	CHECK_EQ(ioctl(s[1], SIOCATMARK, &mark), 0);
	CHECK_EQ(mark, 1);
	CHECK_EQ(recv(s[1], buf, 16, MSG_OOB), 1);
	CHECK_EQ(buf[0], '!');
	CHECK_ERRNO(recv(s[1], buf, 16, MSG_OOB), EINVAL);
	CHECK_EQ(read(s[1], buf, 16), 2);
	CHECK_EQ(memcmp(buf, "cd", 2), 0);
	CHECK_EQ(set_int(s[1], SOL_SOCKET, SO_OOBINLINE, 1), 0);
	CHECK_EQ(send(s[0], "?", 1, MSG_OOB), 1);
	CHECK_EQ(read(s[1], buf, 16), 1);
	CHECK_EQ(buf[0], '?');
}

T(one_edge_for_one_event)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
					   EPOLLET };
	int s[2], ep = epoll_create1(0);
	char buf[8];

	tcp_pair(s);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e), 0);
	CHECK_EQ(epoll_wait(ep, &e, 1, 100), 1);
	CHECK_EQ(e.events, EPOLLOUT);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5), 0);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(read(s[1], buf, 8), 3); /* room was not short: no edge */
	CHECK_EQ(epoll_wait(ep, &e, 1, 5), 0);
	CHECK_EQ(write(s[1], "abc", 3), 3);
	CHECK_EQ(epoll_wait(ep, &e, 1, 100), 1);
	CHECK_EQ(e.events, EPOLLIN | EPOLLOUT);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5), 0);
	close(s[1]);
	CHECK_EQ(epoll_wait(ep, &e, 1, 100), 1);
	CHECK_EQ(e.events, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
}

static void *echo_server(void *arg)
{
	int l = *(int *)arg;

	for (int i = 0; i < 300; i++) {
		int s = accept(l, NULL, NULL);
		char buf[64];
		long n;

		if (s < 0)
			return "accept";
		while ((n = read(s, buf, sizeof(buf))) > 0)
			if (write(s, buf, n) != n)
				return "write";
		close(s);
	}
	return NULL;
}

static void *echo_client(void *arg)
{
	struct name n = *(struct name *)arg;

	for (int i = 0; i < 150; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		char buf[64];

		if (connect(fd, &n.sa, n.len) || write(fd, "hello", 5) != 5 ||
		    recv(fd, buf, 5, MSG_WAITALL) != 5)
			return "client";
		close(fd);
	}
	return NULL;
}

T(many_connections)
{
	int l = listener_at(name4("127.0.0.1", 0), 2);
	struct name n = own_name(l);
	pthread_t th[3];
	void *how;

	pthread_create(&th[0], NULL, echo_server, &l);
	pthread_create(&th[1], NULL, echo_client, &n);
	pthread_create(&th[2], NULL, echo_client, &n);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_join(th[i], &how), 0);
		CHECK_STR(how ? (char *)how : "fine", "fine");
	}
}

static void on_alarm(int sig)
{
}

T(signals_interrupt)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { { 0, 0 }, { 0, 30000 } };
	int l = listener(), s[2];
	char c;

	tcp_pair(s);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_ERRNO(accept(l, NULL, NULL), EINTR);
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_ERRNO(read(s[0], &c, 1), EINTR);
	setitimer(ITIMER_REAL, &it, NULL);
	for (;;)
		if (write(s[0], big, sizeof(big)) < 0)
			break;
		else
			setitimer(ITIMER_REAL, &it, NULL);
	CHECK_EQ(errno, EINTR);
}

static int in_file(const char *path, const char *what)
{
	char line[512];
	FILE *f = fopen(path, "r");
	int n = 0;

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, what) != NULL;
	fclose(f);
	return n;
}

T(proc_net)
{
	int l = listener(), p = port_of(l);
	char what[64];

	sprintf(what, "0100007F:%04X 00000000:0000 0A", p);
	CHECK_EQ(in_file("/proc/net/tcp", what), 1);
	connected(SOCK_STREAM, own_name(l));
	sprintf(what, "0100007F:%04X 01", p); /* both ends */
	CHECK_EQ(in_file("/proc/net/tcp", what), 2);
	l = listener_at(name6("::1", 0), 1);
	sprintf(what, "00000000000000000000000001000000:%04X ", port_of(l));
	CHECK_EQ(in_file("/proc/net/tcp6", what), 1);
	CHECK(in_file("/proc/net/dev", "lo:") == 1);
}

T_MAIN
