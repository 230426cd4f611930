/* SPDX-License-Identifier: GPL-2.0 */
/* FIFOs as fifo(7) has them: who waits for whom at open. */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

static char path[64];

static void make(void)
{
	snprintf(path, sizeof(path), "/tmp/t_fifo.%d", (int)getpid());
	unlink(path);
	CHECK_EQ(mkfifo(path, 0600), 0);
}

static short revents(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

T(without_blocking)
{
	int r, w;
	char c;

	make();
	CHECK_ERRNO(open(path, O_WRONLY | O_NONBLOCK), ENXIO);
	r = open(path, O_RDONLY | O_NONBLOCK);
	CHECK(r >= 0);
	CHECK_EQ(revents(r, POLLIN), 0); /* no hang-up before a writer came */
	CHECK_EQ(read(r, &c, 1), 0);
	w = open(path, O_WRONLY | O_NONBLOCK);
	CHECK(w >= 0);
	CHECK_ERRNO(read(r, &c, 1), EAGAIN);
	CHECK_EQ(write(w, "x", 1), 1);
	CHECK_EQ(revents(r, POLLIN), POLLIN);
	close(w);
	CHECK_EQ(revents(r, POLLIN), POLLIN | POLLHUP);
	CHECK_EQ(read(r, &c, 1), 1);
	CHECK_EQ(revents(r, POLLIN), POLLHUP);
	unlink(path);
}

T(read_write_never_waits)
{
	char c = 0;
	int fd;

	make();
	fd = open(path, O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "q", 1), 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'q');
	unlink(path);
}

T(openers_wait_for_each_other)
{
	char buf[8] = "";
	int fd, st;

	make();
	if (!fork()) {
		usleep(50000);
		fd = open(path, O_WRONLY);
		_exit(fd < 0 || write(fd, "hello", 5) != 5);
	}
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buf, 8), 5);
	CHECK_STR(buf, "hello");
	CHECK_EQ(read(fd, buf, 8), 0);
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
	unlink(path);
}

static void on_sig(int s)
{
}

T(a_signal_interrupts_the_open)
{
	struct sigaction sa = { .sa_handler = on_sig };

	make();
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	CHECK_ERRNO(open(path, O_RDONLY), EINTR);
	/* and it left no reader behind */
	CHECK_ERRNO(open(path, O_WRONLY | O_NONBLOCK), ENXIO);
	unlink(path);
}

T(what_was_not_read_goes_with_the_last_end)
{
	char c;
	int r, w;

	make();
	r = open(path, O_RDONLY | O_NONBLOCK);
	w = open(path, O_WRONLY);
	CHECK_EQ(write(w, "lost", 4), 4);
	close(w);
	close(r);
	r = open(path, O_RDONLY | O_NONBLOCK);
	CHECK_EQ(read(r, &c, 1), 0);
	unlink(path);
}

T(it_works_on_after_unlink)
{
	char c = 0;
	int r, w;

	make();
	r = open(path, O_RDONLY | O_NONBLOCK);
	w = open(path, O_WRONLY);
	unlink(path);
	CHECK_EQ(write(w, "u", 1), 1);
	CHECK_EQ(read(r, &c, 1), 1);
	CHECK_EQ(c, 'u');
	CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
}

T_MAIN
