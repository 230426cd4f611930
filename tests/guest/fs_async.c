// SPDX-License-Identifier: GPL-2.0
/* Signals from files: O_ASYNC, leases, F_NOTIFY. */
#include "fs_util.h"
#include <poll.h>
#include <sys/socket.h>

static volatile int count, code, fd_of, band;

static void handler(int sig, siginfo_t *si, void *uc)
{
	count++;
	code = si->si_code;
	fd_of = si->si_fd;
	band = (int)si->si_band;
}

static void catch (int sig)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = handler;
	sa.sa_flags = SA_SIGINFO;
	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
	count = 0;
}

static void set_async(int fd, int on)
{
	int fl = fcntl(fd, F_GETFL);

	CHECK_EQ(fcntl(fd, F_SETFL, on ? fl | O_ASYNC : fl & ~O_ASYNC), 0);
}

T(sigio_from_a_pipe_names_the_descriptor)
{
	int p[2];
	char c[8];

	CHECK_EQ(pipe(p), 0);
	catch (SIGRTMIN);
	CHECK_EQ(fcntl(p[0], F_SETOWN, getpid()), 0);
	CHECK_EQ(fcntl(p[0], F_GETOWN), getpid());
	CHECK_EQ(fcntl(p[0], F_SETSIG, SIGRTMIN), 0);
	CHECK_EQ(fcntl(p[0], F_GETSIG), SIGRTMIN);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(count, 0);
	set_async(p[0], 1);
	CHECK_EQ(write(p[1], "b", 1), 1);
	CHECK_EQ(count, 1);
	CHECK_EQ(code, POLL_IN);
	CHECK_EQ(fd_of, p[0]);
	CHECK_EQ(band, POLLIN | POLLRDNORM);
	/* what is left over is no news */
	CHECK_EQ(read(p[0], c, 1), 1);
	CHECK_EQ(count, 1);
	set_async(p[0], 0);
	CHECK_EQ(write(p[1], "c", 1), 1);
	CHECK_EQ(count, 1);
	/* the writer's end hears of readers */
	CHECK_EQ(fcntl(p[1], F_SETOWN, getpid()), 0);
	CHECK_EQ(fcntl(p[1], F_SETSIG, SIGRTMIN), 0);
	set_async(p[1], 1);
	CHECK_EQ(read(p[0], c, 1), 1);
	CHECK_EQ(count, 2);
	CHECK_EQ(code, POLL_OUT);
}

T(sigio_without_a_number_is_plain)
{
	int s[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	catch (SIGIO);
	CHECK_EQ(fcntl(s[0], F_SETOWN, getpid()), 0);
	set_async(s[0], 1);
	CHECK_EQ(write(s[1], "x", 1), 1);
	CHECK(count >= 1);
	CHECK_EQ(code, SI_KERNEL);
}

T(sigio_goes_to_a_group)
{
	int p[2], st, ready[2];
	pid_t pid;
	char c;

	CHECK_EQ(setpgid(0, 0), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(pipe(ready), 0);
	catch (SIGIO);
	pid = fork();
	if (!pid) {
		CHECK_EQ(write(ready[1], "r", 1), 1);
		while (!count)
			usleep(1000);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_EQ(fcntl(p[0], F_SETOWN, -getpgrp()), 0);
	CHECK_EQ(fcntl(p[0], F_GETOWN), -getpgrp());
	set_async(p[0], 1);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	CHECK_EQ(count, 1);
}

T(owner_must_exist)
{
	struct f_owner_ex ex = { F_OWNER_PID, 0 };
	int p[2];
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERRNO(fcntl(p[0], F_SETOWN, pid), ESRCH);
	CHECK_ERRNO(fcntl(p[0], F_SETOWN, -pid), ESRCH);
	CHECK_EQ(fcntl(p[0], F_GETOWN), 0);
	ex.type = 7;
	CHECK_ERRNO(fcntl(p[0], F_SETOWN_EX, &ex), EINVAL);
	ex.type = F_OWNER_TID;
	ex.pid = getpid();
	CHECK_EQ(fcntl(p[0], F_SETOWN_EX, &ex), 0);
	ex.pid = ex.type = 9;
	CHECK_EQ(fcntl(p[0], F_GETOWN_EX, &ex), 0);
	CHECK_EQ(ex.type, F_OWNER_TID);
	CHECK_EQ(ex.pid, getpid());
	CHECK_ERRNO(fcntl(p[0], F_SETSIG, 65), EINVAL);
}

T(lease_is_refused_while_others_have_it_open)
{
	int a, b;

	in_new_dir();
	put("f", "x");
	a = open("f", O_RDWR);
	CHECK_ERRNO(fcntl(a, F_SETLEASE, F_RDLCK), EAGAIN);
	CHECK_EQ(fcntl(a, F_SETLEASE, F_WRLCK), 0);
	CHECK_EQ(fcntl(a, F_GETLEASE), F_WRLCK);
	CHECK_EQ(fcntl(a, F_SETLEASE, F_UNLCK), 0);
	CHECK_EQ(fcntl(a, F_GETLEASE), F_UNLCK);
	CHECK_ERRNO(fcntl(a, F_SETLEASE, F_UNLCK), EAGAIN);
	CHECK_ERRNO(fcntl(a, F_SETLEASE, 7), EINVAL);
	b = open("f", O_RDONLY);
	CHECK_ERRNO(fcntl(a, F_SETLEASE, F_WRLCK), EAGAIN);
	close(a);
	CHECK_EQ(fcntl(b, F_SETLEASE, F_RDLCK), 0);
	CHECK_EQ(fcntl(b, F_SETLEASE, F_WRLCK), 0);
	a = open(".", O_RDONLY);
	CHECK_ERRNO(fcntl(a, F_SETLEASE, F_RDLCK), EINVAL);
}

T(lease_breaks_when_another_opens)
{
	int fd;

	in_new_dir();
	put("f", "x");
	fd = open("f", O_RDONLY);
	catch (SIGRTMIN);
	CHECK_EQ(fcntl(fd, F_SETSIG, SIGRTMIN), 0);
	CHECK_EQ(fcntl(fd, F_SETLEASE, F_RDLCK), 0);
	CHECK(open("f", O_RDONLY) >= 0);
	CHECK_EQ(count, 0);
	CHECK_ERRNO(open("f", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(count, 1);
	CHECK_EQ(code, POLL_MSG);
	CHECK_EQ(fd_of, fd);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	CHECK_ERRNO(open("f", O_RDWR | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(count, 1); /* told once */
	CHECK_EQ(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
	CHECK(open("f", O_WRONLY | O_NONBLOCK) >= 0);
}

static int lease_fd;

static void let_go(int sig)
{
	count++;
	fcntl(lease_fd, F_SETLEASE, F_UNLCK);
}

T(lease_makes_the_opener_wait)
{
	int p[2], st;
	pid_t pid;
	char c;

	in_new_dir();
	put("f", "old");
	CHECK_EQ(pipe(p), 0);
	lease_fd = open("f", O_RDWR);
	signal(SIGIO, let_go);
	CHECK_EQ(fcntl(lease_fd, F_SETLEASE, F_WRLCK), 0);
	pid = fork();
	if (!pid) {
		close(lease_fd);
		CHECK_EQ(write(p[1], "x", 1), 1);
		CHECK_EQ(truncate("f", 1), 0);
		_exit(0);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	while (!count)
		usleep(1000);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	CHECK_EQ(st_of("f").st_size, 1);
}

T(lease_for_writing_becomes_one_for_reading)
{
	int fd;

	in_new_dir();
	put("f", "x");
	fd = open("f", O_RDONLY);
	catch (SIGIO);
	CHECK_EQ(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
	CHECK_ERRNO(open("f", O_RDONLY | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(count, 1);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
	CHECK_EQ(fcntl(fd, F_SETLEASE, F_RDLCK), 0);
	CHECK(open("f", O_RDONLY | O_NONBLOCK) >= 0);
	CHECK_EQ(count, 1);
}

T(lease_stands_in_proc_locks)
{
	char b[4096];
	int fd, pfd;
	ssize_t n;

	in_new_dir();
	put("f", "x");
	fd = open("f", O_RDONLY);
	CHECK_EQ(fcntl(fd, F_SETLEASE, F_RDLCK), 0);
	pfd = open("/proc/locks", O_RDONLY);
	n = read(pfd, b, sizeof(b) - 1);
	CHECK(n > 0);
	b[n] = 0;
	CHECK(strstr(b, "LEASE  ACTIVE    READ"));
	close(fd);
	close(pfd);
	CHECK_EQ(unlink("f"), 0);
}

T(notify_tells_of_entries)
{
	int fd;

	in_new_dir();
	put("f", "x");
	fd = open(".", O_RDONLY);
	catch (SIGRTMIN + 1);
	CHECK_EQ(fcntl(fd, F_SETSIG, SIGRTMIN + 1), 0);
	CHECK_EQ(fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT), 0);
	put("g", "");
	CHECK_EQ(count, 1);
	CHECK_EQ(fd_of, fd);
	CHECK_EQ(code, POLL_MSG);
	CHECK_EQ(unlink("g"), 0);
	CHECK_EQ(count, 1);
	CHECK_EQ(fcntl(fd, F_NOTIFY, 0), 0);
	put("h", "");
	CHECK_EQ(count, 1);
	/* without DN_MULTISHOT once only */
	CHECK_EQ(fcntl(fd, F_NOTIFY, DN_DELETE), 0);
	CHECK_EQ(unlink("h"), 0);
	CHECK_EQ(count, 2);
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(count, 2);
	put("f", "x");
	CHECK_ERRNO(fcntl(open("f", O_RDONLY), F_NOTIFY, DN_ACCESS), ENOTDIR);
}

T_MAIN
