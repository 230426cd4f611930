/* SPDX-License-Identifier: GPL-2.0 */
/* Descriptors and credentials over AF_UNIX sockets. */
#include "t.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

union control {
	char buf[1200];
	struct cmsghdr h;
};

static struct iovec iov;
static char byte;

static struct msghdr header(union control *c, size_t len)
{
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	iov = (struct iovec){ &byte, 1 };
	m.msg_control = c->buf;
	m.msg_controllen = len;
	return m;
}

static ssize_t send_fds(int s, const int *fd, int n)
{
	union control c;
	struct msghdr m = header(&c, CMSG_SPACE(n * sizeof(int)));

	memset(&c, 0, sizeof(c));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	c.h.cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(&c.h), fd, n * sizeof(int));
	return sendmsg(s, &m, 0);
}

/* => number of descriptors, -1 */
static int recv_fds(int s, int *fd, int room, int *flags, int how)
{
	union control c;
	struct msghdr m = header(&c, room);
	int n = 0;

	if (recvmsg(s, &m, how) < 0)
		return -1;
	if (flags)
		*flags = m.msg_flags;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		if (h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fd, CMSG_DATA(h), n * sizeof(int));
	}
	return n;
}

static int open_fds(void)
{
	int n = 0;

	for (int i = 0; i < 200; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

static void pass_through(int type)
{
	int s[2], p[2], fd[2], flags, before;
	char c = 0;

	CHECK_EQ(socketpair(AF_UNIX, type, 0, s), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fds(s[0], p, 2), 1);
	before = open_fds();
	CHECK_EQ(recv_fds(s[1], fd, 200, &flags, 0), 2);
	CHECK_EQ(open_fds(), before + 2);
	CHECK_EQ(flags, 0);
	CHECK_EQ(fcntl(fd[0], F_GETFD), 0);
	CHECK_EQ(write(fd[1], "q", 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'q');
	CHECK_EQ(send_fds(s[0], p, 1), 1);
	CHECK_EQ(recv_fds(s[1], fd, 200, &flags, MSG_CMSG_CLOEXEC), 1);
	CHECK_EQ(fcntl(fd[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(flags, MSG_CMSG_CLOEXEC);
}

T(descriptors_over_a_stream)
{
	pass_through(SOCK_STREAM);
}

T(descriptors_over_datagrams)
{
	pass_through(SOCK_DGRAM);
}

T(descriptors_over_seqpackets)
{
	pass_through(SOCK_SEQPACKET);
}

T(no_room_for_all)
{
	int s[2], p[2], fd[4], flags, before;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(pipe(p), 0);
	before = open_fds();
	CHECK_EQ(send_fds(s[0], p, 2), 1);
	CHECK_EQ(recv_fds(s[1], fd, CMSG_LEN(sizeof(int)), &flags, 0), 1);
	CHECK_EQ(flags, MSG_CTRUNC);
	CHECK_EQ(open_fds(), before + 1);
	CHECK_EQ(send_fds(s[0], p, 2), 1);
	CHECK_EQ(recv_fds(s[1], fd, 0, &flags, 0), 0);
	CHECK_EQ(flags, MSG_CTRUNC);
	CHECK_EQ(send_fds(s[0], p, 2), 1);
	CHECK_EQ(read(s[1], &byte, 1), 1); /* dropped silently */
	CHECK_EQ(open_fds(), before + 1);
}

T(wrong_descriptors)
{
	int s[2], bad = 999;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_ERRNO(send_fds(s[0], &bad, 1), EBADF);
	CHECK_ERRNO(recv(s[1], &byte, 1, MSG_DONTWAIT), EAGAIN);
}

T(at_most_253)
{
	int s[2], fd[254];

	for (int i = 0; i < 254; i++)
		fd[i] = 1;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_ERRNO(send_fds(s[0], fd, 254), EINVAL);
	CHECK_EQ(send_fds(s[0], fd, 253), 1);
}

T(a_read_stops_at_descriptors)
{
	union control c;
	char buf[8] = "";
	struct msghdr m;
	int s[2], p[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(s[0], "aa", 2), 2);
	byte = 'b';
	CHECK_EQ(send_fds(s[0], p, 1), 1);
	CHECK_EQ(write(s[0], "cc", 2), 2);
	m = header(&c, 100);
	iov = (struct iovec){ buf, 8 };
	CHECK_EQ(recvmsg(s[1], &m, 0), 3); /* up to and with the carrier */
	CHECK_STR(buf, "aab");
	CHECK(m.msg_controllen > 0);
	CHECK_EQ(read(s[1], buf, 8), 2);
}

T(peeking_gives_copies)
{
	int s[2], p[2], fd, flags;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fds(s[0], p, 1), 1);
	CHECK_EQ(recv_fds(s[1], &fd, 100, &flags, MSG_PEEK), 1);
	close(fd);
	CHECK_EQ(recv_fds(s[1], &fd, 100, &flags, 0), 1);
	CHECK(fcntl(fd, F_GETFD) >= 0);
}

T(a_file_in_flight_stays_open)
{
	int s[2], p[2], fd;
	char c = 0;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fds(s[0], &p[1], 1), 1);
	close(p[1]);
	CHECK_EQ(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_ERRNO(read(p[0], &c, 1), EAGAIN); /* not the end */
	CHECK_EQ(recv_fds(s[1], &fd, 100, NULL, 0), 1);
	close(fd);
	CHECK_EQ(read(p[0], &c, 1), 0);
	/* and goes when the message is thrown away */
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fds(s[0], &p[1], 1), 1);
	close(p[1]);
	close(s[0]);
	close(s[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

T(between_processes)
{
	int s[2], p[2], fd, st;
	char c = 0;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	if (!fork()) {
		if (pipe(p) || send_fds(s[0], p, 1) != 1)
			_exit(1);
		_exit(write(p[1], "z", 1) != 1);
	}
	CHECK_EQ(recv_fds(s[1], &fd, 100, NULL, 0), 1);
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'z');
}

T(sockets_in_each_other_are_collected)
{
	int s[2], t[2], p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(send_fds(s[0], &p[1], 1), 1);
	CHECK_EQ(send_fds(s[0], &s[1], 1), 1); /* s[1] holds itself */
	close(p[1]);
	close(s[0]);
	close(s[1]);
	/* what starts the collector, if it is not run by close */
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, t), 0);
	close(t[0]);
	close(t[1]);
	CHECK_EQ(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 100; i++) {
		if (read(p[0], &c, 1) == 0)
			return;
		CHECK_EQ(errno, EAGAIN);
		usleep(20000);
	}
	T_FAIL("the pipe inside was never closed");
}

T(long_chains_end)
{
	int s[2], next, p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	next = p[1];
	for (int i = 0; i < 2000; i++) {
		CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
		if (send_fds(s[0], &next, 1) != 1)
			break; /* ETOOMANYREFS for a user with low limits */
		close(next);
		close(s[0]);
		next = s[1];
	}
	close(next);
	close(s[0]);
	close(s[1]);
	CHECK_EQ(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 200; i++) {
		if (read(p[0], &c, 1) == 0)
			return;
		usleep(20000);
	}
	T_FAIL("the pipe at the end was never closed");
}

T(credentials)
{
	union control c;
	struct msghdr m;
	struct ucred *u;
	int s[2], on = 1;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	CHECK_EQ(send(s[0], "x", 1, 0), 1);
	m = header(&c, sizeof(c));
	CHECK_EQ(recvmsg(s[1], &m, 0), 1);
	CHECK_EQ(m.msg_controllen, CMSG_SPACE(sizeof(*u)));
	CHECK_EQ(c.h.cmsg_type, SCM_CREDENTIALS);
	u = (struct ucred *)CMSG_DATA(&c.h);
	CHECK_EQ(u->pid, getpid());
	CHECK_EQ(u->uid, getuid());
	CHECK_EQ(u->gid, getgid());
	m = header(&c, 0);
	CHECK_EQ(send(s[0], "x", 1, 0), 1);
	CHECK_EQ(recvmsg(s[1], &m, 0), 1);
	CHECK_EQ(m.msg_flags, MSG_CTRUNC);
}

T(credentials_cannot_be_forged)
{
	union control c;
	struct msghdr m = header(&c, CMSG_SPACE(sizeof(struct ucred)));
	struct ucred u = { getpid(), getuid(), getgid() };
	int s[2];

	memset(&c, 0, sizeof(c));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_CREDENTIALS;
	c.h.cmsg_len = CMSG_LEN(sizeof(u));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	memcpy(CMSG_DATA(&c.h), &u, sizeof(u));
	CHECK_EQ(sendmsg(s[0], &m, 0), 1);
	if (geteuid() == 0 && setresuid(1000, 1000, 1000))
		SKIP("cannot drop privileges");
	u.uid = 4711;
	memcpy(CMSG_DATA(&c.h), &u, sizeof(u));
	CHECK_ERRNO(sendmsg(s[0], &m, 0), EPERM);
	u.uid = getuid();
	u.pid = 1;
	memcpy(CMSG_DATA(&c.h), &u, sizeof(u));
	CHECK_ERRNO(sendmsg(s[0], &m, 0), EPERM);
}

T(broken_control_buffers)
{
	union control c;
	struct msghdr m = header(&c, CMSG_SPACE(sizeof(int)));
	int s[2];

	memset(&c, 0, sizeof(c));
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	c.h.cmsg_len = 3;
	CHECK_ERRNO(sendmsg(s[0], &m, 0), EINVAL);
	c.h.cmsg_len = 5000;
	CHECK_ERRNO(sendmsg(s[0], &m, 0), EINVAL);
	c.h.cmsg_len = CMSG_LEN(sizeof(int));
	c.h.cmsg_type = 99;
	CHECK_ERRNO(sendmsg(s[0], &m, 0), EINVAL);
	m.msg_control = (void *)8;
	CHECK_ERRNO(sendmsg(s[0], &m, 0), EFAULT);
}

T_MAIN
