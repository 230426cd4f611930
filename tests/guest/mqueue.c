/* SPDX-License-Identifier: GPL-2.0 */
/* POSIX message queues: mq_overview(7). */
#include "t.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

static char name[64];

static mqd_t make(long maxmsg, long size, int flags)
{
	struct mq_attr a = { .mq_maxmsg = maxmsg, .mq_msgsize = size };

	snprintf(name, sizeof(name), "/lodger-test-%d", getpid());
	mq_unlink(name);
	return mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600, &a);
}

T(mq_priorities)
{
	mqd_t q = make(5, 20, 0);
	char b[20];
	unsigned prio;

	CHECK(q >= 0);
	CHECK_EQ(mq_send(q, "low", 4, 1), 0);
	CHECK_EQ(mq_send(q, "high", 5, 9), 0);
	CHECK_EQ(mq_send(q, "low2", 5, 1), 0);
	CHECK_EQ(mq_receive(q, b, 20, &prio), 5);
	CHECK_EQ(prio, 9);
	CHECK_EQ(mq_receive(q, b, 20, &prio), 4);
	CHECK(!strcmp(b, "low"));
	CHECK_EQ(mq_receive(q, b, 20, NULL), 5);
	CHECK(!strcmp(b, "low2"));
	CHECK_ERRNO(mq_receive(q, b, 19, NULL), EMSGSIZE);
	CHECK_ERRNO(mq_send(q, b, 21, 0), EMSGSIZE);
	CHECK_ERRNO(mq_send(q, b, 1, 32768), EINVAL);
	CHECK_EQ(mq_unlink(name), 0);
	CHECK_EQ(mq_close(q), 0);
	CHECK_ERRNO(mq_close(q), EBADF);
}

T(mq_names)
{
	mqd_t q = make(5, 20, 0), r;

	CHECK_ERRNO(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL),
		    EEXIST);
	r = mq_open(name, O_RDONLY);
	CHECK(r >= 0);
	CHECK_ERRNO(mq_send(r, "x", 1, 0), EBADF);
	CHECK_EQ(fcntl(r, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(mq_unlink(name), 0);
	CHECK_ERRNO(mq_unlink(name), ENOENT);
	CHECK_ERRNO(mq_open(name, O_RDWR), ENOENT);
	CHECK_ERRNO(mq_open("/a/b", O_RDWR), EACCES);
	char b[20];
	CHECK_EQ(mq_receive(r, b, 20, NULL), 1);
}

T(mq_attributes)
{
	mqd_t q = make(3, 100, O_NONBLOCK);
	struct mq_attr a, n = { 0 };
	struct stat st;
	char b[100];

	CHECK_EQ(mq_getattr(q, &a), 0);
	CHECK_EQ(a.mq_maxmsg, 3);
	CHECK_EQ(a.mq_msgsize, 100);
	CHECK_EQ(a.mq_flags, O_NONBLOCK);
	CHECK_ERRNO(mq_receive(q, b, 100, NULL), EAGAIN);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_ERRNO(mq_send(q, "x", 1, 0), EAGAIN);
	CHECK_EQ(mq_setattr(q, &n, &a), 0);
	CHECK_EQ(a.mq_curmsgs, 3);
	CHECK_EQ(mq_getattr(q, &a), 0);
	CHECK_EQ(a.mq_flags, 0);
	CHECK_EQ(fstat(q, &st), 0);
	CHECK_EQ(st.st_size, 80);
	CHECK_EQ(st.st_mode & 0777, 0600);
	mq_unlink(name);
	a.mq_maxmsg = 0;
	a.mq_msgsize = 10;
	CHECK_ERRNO(mq_open(name, O_RDWR | O_CREAT, 0600, &a), EINVAL);
}

T(mq_waits)
{
	mqd_t q = make(1, 8, 0);
	struct timespec ts;
	char b[8];
	int st;

	clock_gettime(CLOCK_REALTIME, &ts);
	CHECK_ERRNO(mq_timedreceive(q, b, 8, NULL, &ts), ETIMEDOUT);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000)
		ts.tv_nsec -= 1000000000, ts.tv_sec++;
	CHECK_ERRNO(mq_timedreceive(q, b, 8, NULL, &ts), ETIMEDOUT);
	pid_t pid = fork();
	if (!pid) {
		for (int i = 0; i < 500; i++)
			if (mq_send(q, (char *)&i, sizeof(i), 0))
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 500; i++) {
		CHECK_EQ(mq_receive(q, b, 8, NULL), 4);
		CHECK_EQ(*(int *)b, i);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	mq_unlink(name);
}

T(mq_polls)
{
	mqd_t q = make(1, 8, 0);
	struct pollfd p = { q, POLLIN | POLLOUT, 0 };

	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	mq_unlink(name);
}

static volatile int got, value, code;
static void on_sig(int sig, siginfo_t *si, void *u)
{
	got = sig;
	value = si->si_value.sival_int;
	code = si->si_code;
}

T(mq_notifies_once)
{
	mqd_t q = make(4, 8, 0);
	struct sigaction sa = { .sa_sigaction = on_sig,
				.sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1,
			       .sigev_value.sival_int = 42 };
	char b[100];

	sigaction(SIGUSR1, &sa, NULL);
	CHECK_EQ(mq_notify(q, &ev), 0);
	CHECK_ERRNO(mq_notify(q, &ev), EBUSY);
	CHECK(read(q, b, 100) > 0);
	CHECK(!strncmp(b, "QSIZE:0", 7));
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(got, SIGUSR1);
	CHECK_EQ(value, 42);
	CHECK_EQ(code, SI_MESGQ);
	got = 0;
	CHECK_EQ(mq_notify(q, &ev), 0);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(got, 0);
	CHECK_EQ(mq_notify(q, NULL), 0);
	CHECK_EQ(mq_notify(q, &ev), 0);
	mq_unlink(name);
}

T_MAIN
