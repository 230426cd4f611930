/* SPDX-License-Identifier: GPL-2.0 */
/* AF_UNIX streams: names, connections, ends, options. */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#define PATH_OFF offsetof(struct sockaddr_un, sun_path)

static char big[1 << 20];
static struct sockaddr_un name;
static socklen_t name_len;

static void path_name(void)
{
	memset(&name, 0, sizeof(name));
	name.sun_family = AF_UNIX;
	snprintf(name.sun_path, sizeof(name.sun_path), "/tmp/t_unix.%d",
		 (int)getpid());
	name_len = sizeof(name);
	unlink(name.sun_path);
}

static void abstract_name(void)
{
	memset(&name, 0, sizeof(name));
	name.sun_family = AF_UNIX;
	name_len = PATH_OFF + 1 +
		   snprintf(name.sun_path + 1, 60, "t_unix.%d", (int)getpid());
}

static int listener(int type, int backlog)
{
	int fd = socket(AF_UNIX, type, 0);

	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (void *)&name, name_len), 0);
	CHECK_EQ(listen(fd, backlog), 0);
	return fd;
}

static int client(int type)
{
	int fd = socket(AF_UNIX, type, 0);

	CHECK(fd >= 0);
	CHECK_EQ(connect(fd, (void *)&name, name_len), 0);
	return fd;
}

static short revents(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

T(families_and_types)
{
	CHECK_ERRNO(socket(45, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNIX, 77, 0), EINVAL);
	CHECK_ERRNO(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM, 5), EPROTONOSUPPORT);
	CHECK(socket(AF_UNIX, SOCK_STREAM, 1) >= 0);
}

T(a_pair)
{
	char buf[16] = "";
	struct stat st;
	int s[2], v;
	socklen_t n = sizeof(v);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    0, s),
		 0);
	CHECK_EQ(fcntl(s[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(s[0], F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(fstat(s[0], &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &v, &n), 0);
	CHECK_EQ(v, SOCK_STREAM);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_DOMAIN, &v, &n), 0);
	CHECK_EQ(v, AF_UNIX);
	CHECK_ERRNO(read(s[0], buf, 1), EAGAIN);
	CHECK_EQ(write(s[1], "abc", 3), 3);
	CHECK_EQ(send(s[1], "de", 2, 0), 2);
	CHECK_EQ(ioctl(s[0], FIONREAD, &v), 0);
	CHECK_EQ(v, 5);
	CHECK_EQ(recv(s[0], buf, 4, 0), 4);
	CHECK_EQ(read(s[0], buf + 4, 4), 1);
	CHECK_STR(buf, "abcde");
	CHECK_ERRNO(lseek(s[0], 0, SEEK_SET), ESPIPE);
}

static void one_connection(void)
{
	struct sockaddr_un a;
	socklen_t n = sizeof(a);
	char c = 0;
	int l = listener(SOCK_STREAM, 5), s, k;

	CHECK_EQ(revents(l, POLLIN), 0);
	k = client(SOCK_STREAM);
	CHECK_EQ(write(k, "1", 1), 1); /* before it is accepted */
	CHECK_EQ(revents(l, POLLIN), POLLIN);
	s = accept4(l, (void *)&a, &n, SOCK_CLOEXEC);
	CHECK(s >= 0);
	CHECK_EQ(n, PATH_OFF); /* the client has no name */
	CHECK_EQ(a.sun_family, AF_UNIX);
	CHECK_EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(s, &c, 1), 1);
	CHECK_EQ(c, '1');
	CHECK_EQ(write(s, "2", 1), 1);
	CHECK_EQ(read(k, &c, 1), 1);
	n = sizeof(a);
	CHECK_EQ(getpeername(k, (void *)&a, &n), 0);
	CHECK_EQ(memcmp(a.sun_path, name.sun_path, n - PATH_OFF), 0);
	n = sizeof(a);
	CHECK_EQ(getsockname(s, (void *)&a, &n), 0);
	CHECK_EQ(memcmp(a.sun_path, name.sun_path, n - PATH_OFF), 0);
	CHECK_ERRNO(connect(k, (void *)&name, name_len), EISCONN);
	CHECK_ERRNO(connect(l, (void *)&name, name_len), EINVAL);
}

T(by_path)
{
	struct stat st;
	struct sockaddr_un a;
	socklen_t n = sizeof(a);
	int fd;

	path_name();
	umask(027);
	one_connection();
	CHECK_EQ(stat(name.sun_path, &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0750);
	CHECK_ERRNO(open(name.sun_path, O_RDWR), ENXIO);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(bind(fd, (void *)&name, name_len), EADDRINUSE);
	unlink(name.sun_path);
	CHECK_ERRNO(connect(fd, (void *)&name, name_len), ENOENT);
	CHECK_EQ(bind(fd, (void *)&name, name_len), 0);
	a.sun_family = AF_UNIX;
	CHECK_ERRNO(bind(fd, (void *)"\1\0\0again", 8), EINVAL);
	CHECK_EQ(getsockname(fd, (void *)&a, &n), 0);
	CHECK_EQ(n, PATH_OFF + strlen(name.sun_path) + 1);
	CHECK_STR(a.sun_path, name.sun_path);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(connect(fd, (void *)&name, name_len), ECONNREFUSED);
	unlink(name.sun_path);
}

T(by_abstract_name)
{
	int fd;

	abstract_name();
	one_connection();
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(bind(fd, (void *)&name, name_len), EADDRINUSE);
	/* the length counts: this is another name */
	CHECK_EQ(bind(fd, (void *)&name, name_len + 1), 0);
	close(fd);
}

T(abstract_names_go_with_the_socket)
{
	int fd;

	abstract_name();
	fd = listener(SOCK_STREAM, 1);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(connect(fd, (void *)&name, name_len), ECONNREFUSED);
	CHECK_EQ(bind(fd, (void *)&name, name_len), 0);
}

T(autobind)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(a);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK_EQ(bind(fd, (void *)&a, PATH_OFF), 0);
	CHECK_EQ(getsockname(fd, (void *)&a, &n), 0);
	CHECK_EQ(n, PATH_OFF + 6);
	CHECK_EQ(a.sun_path[0], 0);
}

T(wrong_addresses)
{
	struct sockaddr_un a = { .sun_family = AF_INET };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK_ERRNO(bind(fd, (void *)&a, sizeof(a)), EINVAL);
	a.sun_family = AF_UNIX;
	CHECK_ERRNO(bind(fd, (void *)&a, 1), EINVAL);
	CHECK_ERRNO(bind(fd, (void *)&a, 200), EINVAL);
	CHECK_ERRNO(connect(fd, (void *)&a, PATH_OFF), EINVAL);
	strcpy(a.sun_path, "/nonexistent/x");
	CHECK_ERRNO(bind(fd, (void *)&a, sizeof(a)), ENOENT);
	strcpy(a.sun_path, "/tmp");
	CHECK_ERRNO(bind(fd, (void *)&a, sizeof(a)), EADDRINUSE);
	CHECK_ERRNO(connect(fd, (void *)&a, sizeof(a)), ECONNREFUSED);
	CHECK_ERRNO(listen(fd, 1), EINVAL); /* no name */
	CHECK_ERRNO(accept(fd, NULL, NULL), EINVAL);
	CHECK_ERRNO(bind(0x7fff, (void *)&a, sizeof(a)), EBADF);
	CHECK_ERRNO(bind(open("/", O_RDONLY), (void *)&a, sizeof(a)), ENOTSOCK);
}

T(types_must_match)
{
	int fd;

	abstract_name();
	listener(SOCK_STREAM, 1);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK_ERRNO(listen(fd, 1), EOPNOTSUPP);
	path_name();
	listener(SOCK_STREAM, 1);
	CHECK_ERRNO(connect(fd, (void *)&name, name_len), EPROTOTYPE);
	unlink(name.sun_path);
}

T(not_connected)
{
	char c;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK_ERRNO(send(fd, "x", 1, 0), ENOTCONN);
	CHECK_ERRNO(recv(fd, &c, 1, 0), EINVAL);
	CHECK_ERRNO(getpeername(fd, (void *)&name, &(socklen_t){ 100 }),
		    ENOTCONN);
	CHECK_EQ(revents(fd, POLLIN | POLLOUT), POLLOUT | POLLHUP);
}

T(the_backlog_is_bounded)
{
	int fd, n = 0;

	abstract_name();
	listener(SOCK_STREAM, 2);
	for (; n < 20; n++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fd, (void *)&name, name_len))
			break;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 3);
}

T(connect_waits_for_room_in_the_backlog)
{
	int l, st;

	abstract_name();
	l = listener(SOCK_STREAM, 0);
	client(SOCK_STREAM);
	if (!fork()) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		_exit(connect(fd, (void *)&name, name_len) ? 1 : 0);
	}
	usleep(50000);
	CHECK(accept(l, NULL, NULL) >= 0);
	CHECK(accept(l, NULL, NULL) >= 0);
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
}

T(closing_the_listener_resets_what_waits)
{
	char c;
	int l, k;

	abstract_name();
	l = listener(SOCK_STREAM, 3);
	k = client(SOCK_STREAM);
	close(l);
	CHECK_ERRNO(read(k, &c, 1), ECONNRESET);
	CHECK_EQ(read(k, &c, 1), 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(k, "x", 1), EPIPE);
}

T(closing_an_end)
{
	char c;
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(write(s[0], "x", 1), 1);
	close(s[0]);
	CHECK_EQ(revents(s[1], POLLIN | POLLRDHUP | POLLOUT),
		 POLLIN | POLLRDHUP | POLLHUP | POLLOUT);
	CHECK_EQ(read(s[1], &c, 1), 1);
	CHECK_EQ(read(s[1], &c, 1), 0);
	CHECK_ERRNO(send(s[1], "y", 1, MSG_NOSIGNAL), EPIPE);
}

T(closing_with_unread_bytes_resets)
{
	char c;
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(write(s[1], "x", 1), 1);
	close(s[0]);
	CHECK_EQ(revents(s[1], POLLIN) & POLLERR, POLLERR);
	CHECK_ERRNO(read(s[1], &c, 1), ECONNRESET);
	CHECK_EQ(read(s[1], &c, 1), 0);
}

static volatile int sigs;
static void on_sig(int s)
{
	sigs++;
}

T(sigpipe)
{
	int s[2];

	signal(SIGPIPE, on_sig);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	close(s[0]);
	CHECK_ERRNO(send(s[1], "y", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(sigs, 0);
	CHECK_ERRNO(write(s[1], "y", 1), EPIPE);
	CHECK_EQ(sigs, 1);
}

T(half_close)
{
	char c;
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_ERRNO(shutdown(s[0], 9), EINVAL);
	CHECK_EQ(write(s[0], "x", 1), 1);
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_ERRNO(send(s[0], "y", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(read(s[1], &c, 1), 1);
	CHECK_EQ(read(s[1], &c, 1), 0);
	CHECK_EQ(revents(s[1], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
	CHECK_EQ(write(s[1], "z", 1), 1); /* the other way still works */
	CHECK_EQ(read(s[0], &c, 1), 1);
	CHECK_EQ(shutdown(s[0], SHUT_RD), 0);
	CHECK_ERRNO(send(s[1], "y", 1, MSG_NOSIGNAL), EPIPE);
}

T(a_sleeping_reader_sees_the_close)
{
	char c;
	int s[2], st;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	if (!fork()) {
		close(s[0]);
		_exit(read(s[1], &c, 1) == 0 ? 0 : 1);
	}
	usleep(50000);
	close(s[0]);
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
}

T(peek_and_waitall)
{
	char buf[16] = "";
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "def", 3), 3);
	CHECK_EQ(recv(s[1], buf, 2, MSG_PEEK), 2);
	CHECK_STR(buf, "ab");
	CHECK_EQ(recv(s[1], buf, 16, MSG_PEEK), 6);
	CHECK_STR(buf, "abcdef");
	CHECK_EQ(recv(s[1], buf, 4, 0), 4);
	if (!fork()) {
		usleep(50000);
		_exit(write(s[0], "ghi", 3) != 3);
	}
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(recv(s[1], buf, 5, MSG_WAITALL), 5);
	CHECK_STR(buf, "efghi");
	CHECK_ERRNO(recv(s[1], buf, 5, MSG_DONTWAIT), EAGAIN);
}

T(buffers_fill_and_drain)
{
	int s[2], n, sum = 0, got = 0;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	while ((n = write(s[0], big, 10000)) > 0)
		sum += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(sum >= 65536 && sum < 4000000);
	CHECK_EQ(revents(s[0], POLLOUT), 0);
	while ((n = read(s[1], big, sizeof(big))) > 0)
		got += n;
	CHECK_EQ(got, sum);
	CHECK_EQ(revents(s[0], POLLOUT), POLLOUT);
}

T(a_large_write_passes)
{
	static char out[1 << 20];
	size_t got = 0;
	ssize_t n;
	int s[2], st;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i * 31 + (i >> 10);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	if (!fork()) {
		close(s[1]);
		_exit(write(s[0], big, sizeof(big)) != (ssize_t)sizeof(big));
	}
	close(s[0]);
	while ((n = read(s[1], out + got, sizeof(out) - got)) > 0)
		got += n;
	CHECK_EQ(got, sizeof(big));
	CHECK_EQ(memcmp(out, big, sizeof(big)), 0);
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
}

T(timeouts)
{
	struct timeval tv = { 0, 60000 }, out;
	socklen_t n = sizeof(out);
	char c;
	int s[2], l;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &out, &n), 0);
	CHECK_EQ(out.tv_sec, 0);
	CHECK(out.tv_usec >= 60000 && out.tv_usec <= 70000);
	CHECK_ERRNO(read(s[0], &c, 1), EAGAIN);
	CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
	CHECK(write(s[0], big, sizeof(big)) > 0);
	CHECK_ERRNO(write(s[0], big, sizeof(big)), EAGAIN);
	tv.tv_usec = 1000000;
	CHECK_ERRNO(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)),
		    EDOM);
	abstract_name();
	l = listener(SOCK_STREAM, 1);
	tv.tv_usec = 60000;
	CHECK_EQ(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	CHECK_ERRNO(accept(l, NULL, NULL), EAGAIN);
}

T(options)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), v = 5000;
	socklen_t n = sizeof(v);
	char c = 0;

	CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, sizeof(v)), 0);
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, &n), 0);
	CHECK_EQ(v, 10000);
	v = 0;
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_ERROR, &v, &n), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &v, &n), 0);
	CHECK_EQ(v, 0);
	n = 1;
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_TYPE, &c, &n), 0);
	CHECK_EQ(c, SOCK_STREAM);
	CHECK_EQ(n, 1);
	CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, 2), EINVAL);
	CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, 9999, &v, sizeof(v)),
		    ENOPROTOOPT);
	CHECK_ERRNO(getsockopt(fd, SOL_SOCKET, 9999, &v, &n), ENOPROTOOPT);
	CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_TYPE, &v, sizeof(v)),
		    ENOPROTOOPT);
}

T(peer_credentials)
{
	struct ucred c;
	socklen_t n = sizeof(c);
	int s[2], l, k, a;
	pid_t pid;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &c, &n), 0);
	CHECK_EQ(c.pid, getpid());
	CHECK_EQ(c.uid, geteuid());
	CHECK_EQ(c.gid, getegid());
	abstract_name();
	l = listener(SOCK_STREAM, 1);
	pid = fork();
	if (!pid) {
		k = client(SOCK_STREAM);
		if (getsockopt(k, SOL_SOCKET, SO_PEERCRED, &c, &n) ||
		    c.pid != getppid())
			_exit(1);
		pause();
	}
	a = accept(l, NULL, NULL);
	CHECK_EQ(getsockopt(a, SOL_SOCKET, SO_PEERCRED, &c, &n), 0);
	CHECK_EQ(c.pid, pid);
	kill(pid, SIGKILL);
	wait(NULL);
}

T(ping_pong)
{
	int s[2], st;
	char c;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	if (!fork()) {
		for (int i = 0; i < 2000; i++)
			if (read(s[1], &c, 1) != 1 || write(s[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 2000; i++) {
		c = i;
		CHECK_EQ(write(s[0], &c, 1), 1);
		CHECK_EQ(read(s[0], &c, 1), 1);
		CHECK_EQ(c, (char)i);
	}
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
}

T(many_clients)
{
	int l, st;

	abstract_name();
	l = listener(SOCK_STREAM, 5);
	for (int i = 0; i < 8; i++) {
		if (fork())
			continue;
		for (int k = 0; k < 50; k++) {
			int fd = client(SOCK_STREAM), v = 0;

			if (write(fd, &k, sizeof(k)) != sizeof(k) ||
			    read(fd, &v, sizeof(v)) != sizeof(v) || v != k)
				_exit(1);
			close(fd);
		}
		_exit(0);
	}
	for (int i = 0; i < 400; i++) {
		int fd = accept(l, NULL, NULL), v;

		CHECK(fd >= 0);
		CHECK_EQ(read(fd, &v, sizeof(v)), (long)sizeof(v));
		CHECK_EQ(write(fd, &v, sizeof(v)), (long)sizeof(v));
		close(fd);
	}
	for (int i = 0; i < 8; i++) {
		CHECK(wait(&st) > 0);
		CHECK_EQ(st, 0);
	}
}

T_MAIN
