// SPDX-License-Identifier: GPL-2.0
/* Asynchronous I/O by io_submit(2): what comes back, in which order, errors. */
#include "t.h"
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

static aio_context_t ctx;

static long submit(struct iocb *cb, int n)
{
	struct iocb *list[16];

	for (int i = 0; i < n; i++)
		list[i] = cb + i;
	return syscall(SYS_io_submit, ctx, n, list);
}

static long get(long min, long max, struct io_event *ev, struct timespec *ts)
{
	return syscall(SYS_io_getevents, ctx, min, max, ev, ts);
}

static struct iocb request(int op, int fd, void *buf, size_t n, long off)
{
	return (struct iocb){ .aio_data = 4711,
			      .aio_lio_opcode = op,
			      .aio_fildes = fd,
			      .aio_buf = (unsigned long)buf,
			      .aio_nbytes = n,
			      .aio_offset = off };
}

static int tmp_file(void)
{
	char name[] = "/tmp/t_aio.XXXXXX";
	int fd = mkstemp(name);

	CHECK(fd >= 0);
	unlink(name);
	return fd;
}

static void setup(int n)
{
	if (syscall(SYS_io_setup, n, &ctx) && errno == ENOSYS)
		SKIP("no asynchronous I/O");
	CHECK(ctx);
}

T(reads_and_writes)
{
	int fd = tmp_file();
	char b[16] = "", c[4], d[4];
	struct iovec v[2] = { { c, 3 }, { d, 3 } };
	struct io_event ev[8];
	struct iocb cb[3];

	setup(8);
	cb[0] = request(IOCB_CMD_PWRITE, fd, "hello", 5, 0);
	cb[1] = request(IOCB_CMD_PWRITE, fd, "world", 5, 5);
	CHECK_EQ(submit(cb, 2), 2);
	CHECK_EQ(get(2, 8, ev, NULL), 2);
	CHECK_EQ(ev[0].res, 5);
	CHECK_EQ(ev[0].data, 4711);
	CHECK_EQ(ev[0].res2, 0);
	CHECK(ev[0].obj == (unsigned long)&cb[0] ||
	      ev[0].obj == (unsigned long)&cb[1]);
	cb[0] = request(IOCB_CMD_PREAD, fd, b, 16, 0);
	cb[1] = request(IOCB_CMD_PREADV, fd, v, 2, 2);
	cb[2] = request(IOCB_CMD_FSYNC, fd, NULL, 0, 0);
	CHECK_EQ(submit(cb, 3), 3);
	CHECK_EQ(get(3, 8, ev, NULL), 3);
	CHECK_STR(b, "helloworld");
	CHECK(!memcmp(c, "llo", 3) && !memcmp(d, "wor", 3));
	CHECK_EQ(syscall(SYS_io_destroy, ctx), 0);
}

T(errors_at_once_and_later)
{
	int fd = tmp_file(), ro = open("/dev/zero", O_RDONLY);
	struct io_event ev[4];
	struct timespec none = { 0, 0 };
	struct iocb cb;
	char b[8];

	CHECK_ERRNO(syscall(SYS_io_setup, 0, &ctx), EINVAL);
	CHECK_ERRNO(syscall(SYS_io_setup, 1, NULL), EFAULT);
	setup(4);
	CHECK_ERRNO(syscall(SYS_io_setup, 4, &ctx), EINVAL);
	cb = request(99, fd, b, 8, 0);
	CHECK_ERRNO(submit(&cb, 1), EINVAL);
	cb = request(IOCB_CMD_PREAD, 999, b, 8, 0);
	CHECK_ERRNO(submit(&cb, 1), EBADF);
	cb = request(IOCB_CMD_PWRITE, ro, b, 8, 0);
	CHECK_ERRNO(submit(&cb, 1), EBADF);
	cb = request(IOCB_CMD_PREAD, fd, b, 8, -1);
	CHECK_ERRNO(submit(&cb, 1), EINVAL);
	cb = request(IOCB_CMD_PWRITE, fd, b, 8, 0);
	cb.aio_reserved2 = 1;
	CHECK_ERRNO(submit(&cb, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_io_submit, ctx, 1, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_io_submit, ctx, -1l, NULL), EINVAL);
	CHECK_EQ(syscall(SYS_io_submit, ctx, 0, NULL), 0);
	CHECK_ERRNO(syscall(SYS_io_submit, 0, 0, NULL), EINVAL);
	cb = request(IOCB_CMD_PWRITE, fd, "01234567", 8, 0);
	CHECK_EQ(submit(&cb, 1), 1);
	CHECK_EQ(get(1, 1, ev, NULL), 1);
	cb = request(IOCB_CMD_PREAD, fd, (void *)16, 8, 0);
	CHECK_EQ(submit(&cb, 1), 1);
	CHECK_EQ(get(1, 4, ev, NULL), 1);
	CHECK_EQ(ev[0].res, -EFAULT);
	CHECK_EQ(get(0, 4, ev, &none), 0);
	CHECK_EQ(get(1, 4, ev, &none), 0);
	CHECK_ERRNO(get(2, 1, ev, NULL), EINVAL);
	CHECK_ERRNO(get(-1, 1, ev, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_io_cancel, ctx, &cb, ev), EINVAL);
	CHECK_EQ(syscall(SYS_io_destroy, ctx), 0);
	CHECK_ERRNO(syscall(SYS_io_destroy, ctx), EINVAL);
	CHECK_ERRNO(submit(&cb, 1), EINVAL);
}

T(an_eventfd_is_told)
{
	int fd = tmp_file(), ev = eventfd(0, EFD_NONBLOCK);
	struct iocb cb = request(IOCB_CMD_PWRITE, fd, "x", 1, 0);
	struct pollfd p = { ev, POLLIN, 0 };
	unsigned long n;

	setup(4);
	cb.aio_flags = IOCB_FLAG_RESFD;
	cb.aio_resfd = ev;
	CHECK_EQ(submit(&cb, 1), 1);
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(read(ev, &n, 8), 8);
	CHECK_EQ(n, 1);
	cb.aio_resfd = fd;
	CHECK_ERRNO(submit(&cb, 1), EINVAL);
	CHECK_EQ(syscall(SYS_io_destroy, ctx), 0);
}

static void *submits(void *arg)
{
	usleep(50000);
	CHECK_EQ(submit(arg, 1), 1);
	return NULL;
}

T(waiting)
{
	struct iocb cb = request(IOCB_CMD_PWRITE, tmp_file(), "x", 1, 0);
	struct timespec ts = { 0, 20000000 };
	struct io_event ev;
	pthread_t t;

	setup(4);
	CHECK_EQ(get(1, 1, &ev, &ts), 0);
	CHECK_EQ(pthread_create(&t, NULL, submits, &cb), 0);
	CHECK_EQ(get(1, 1, &ev, NULL), 1);
	CHECK_EQ(pthread_join(t, NULL), 0);
	/* contexts are not inherited */
	if (!fork()) {
		errno = 0;
		CHECK_ERRNO(submit(&cb, 1), EINVAL);
		_exit(0);
	}
	int st;

	wait(&st);
	CHECK_EQ(st, 0);
}

T_MAIN
