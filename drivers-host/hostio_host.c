// SPDX-License-Identifier: GPL-2.0
/*
 * The job's stdin, stdout and stderr, the monitor's side.
 *
 * A job whose descriptors are pipes or files uses the caller's own, as if it
 * were started by him: a read takes exactly the bytes that the guest asked
 * for and only when it asks, and a write has reached the host's descriptor
 * when it returns, so that stdout and stderr stay in order and nothing has to
 * be drained at the end.
 *
 * The descriptors are not ours alone and may not be made non-blocking. So each
 * step polls first; a pipe that is ready for writing takes at least PIPE_BUF
 * bytes. Another process at the same descriptor can still win the race, and
 * then the request blocks: the ring has threads enough.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "console.h"
#include "monitor.h"

static struct hostio_host {
	int null;	 /* what a closed descriptor becomes */
	size_t piece[3]; /* how much to write at once */
} hostio;

static int hostio_poll(int fd, short events, int timeout)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&pfd, 1, timeout);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? pfd.revents : 0;
}

static int64_t hostio_read(struct ring_work *w, int fd)
{
	ssize_t n;

	if (!hostio_poll(fd, POLLIN, 0))
		return -EAGAIN;
	do
		n = read(fd, w->buf, w->len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	w->ret[0] = (uint64_t)hostio_poll(fd, POLLIN, 0);
	return n;
}

static int64_t hostio_write(struct ring_work *w, int fd)
{
	const char *p = w->buf;
	size_t done = 0;

	while (done < w->len) {
		size_t n = w->len - done;
		ssize_t got;

		if (!hostio_poll(fd, POLLOUT, 0))
			break;
		if (n > hostio.piece[fd])
			n = hostio.piece[fd];
		got = write(fd, p + done, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return done ? (int64_t)done : -errno;
		done += (size_t)got;
	}
	return done || !w->len ? (int64_t)done : -EAGAIN;
}

static int64_t hostio_close(int fd)
{
	/* stderr stays: the monitor may have something to say yet */
	if (fd == STDERR_FILENO)
		return 0;
	return dup2(hostio.null, fd) < 0 ? -errno : 0;
}

int64_t hostio_serve(struct ring_work *w)
{
	uint64_t fd = w->arg[0];

	if (fd > 2)
		return -EBADF;
	switch (w->op) {
	case HOSTIO_READ:
		return w->buf && fd == 0 ? hostio_read(w, 0) : -EINVAL;
	case HOSTIO_WRITE:
		return w->buf && fd ? hostio_write(w, (int)fd) : -EINVAL;
	case HOSTIO_POLL:
		return hostio_poll((int)fd, fd ? POLLOUT : POLLIN, -1);
	case HOSTIO_CLOSE:
		return hostio_close((int)fd);
	default:
		return -EINVAL;
	}
}

int hostio_host_open(void)
{
	hostio.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (hostio.null < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		hostio.piece[fd] = PIPE_BUF;
		if (!fstat(fd, &st) && S_ISREG(st.st_mode))
			hostio.piece[fd] = HOSTIO_MAX;
	}
	return 0;
}
