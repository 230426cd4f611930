// SPDX-License-Identifier: GPL-2.0
/*
 * Pid namespaces: pid_namespaces(7). Numbers on both sides, init and its end,
 * who inherits orphans, what signals do across the border, and the mount of
 * procfs that belongs to one.
 */
#include "ns_util.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* fn as init of a new pid namespace. => its number outside */
static pid_t start(void (*fn)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	CHECK(pid > 0 || !pid);
	if (!pid) {
		alarm(T_DEADLINE);
		fn();
		fflush(stdout);
		_exit(0);
	}
	CHECK(pid != 1);
	return pid;
}

static int run(void (*fn)(void))
{
	return ns_wait(start(fn));
}

static int up[2], down[2];

static void numbers_inside(void)
{
	pid_t pid;
	int st;

	CHECK_EQ(getpid(), 1);
	CHECK_EQ(syscall(SYS_gettid), 1);
	CHECK_EQ(getppid(), 0);
	CHECK_EQ(getpgid(0), 0);
	CHECK_EQ(getsid(0), 0);
	CHECK_EQ(setsid(), 1);
	CHECK_EQ(getpgrp(), 1);
	pid = fork();
	if (!pid) {
		CHECK_EQ(getpid(), 2);
		CHECK_EQ(getppid(), 1);
		CHECK_EQ(getsid(0), 1);
		_exit(7);
	}
	CHECK_EQ(pid, 2);
	CHECK_EQ(waitpid(pid, &st, 0), 2);
	CHECK_EQ(WEXITSTATUS(st), 7);
	CHECK_EQ(fork() ? 3 : (_exit(0), 0), 3);
	CHECK_EQ(wait(NULL), 3);
	CHECK_ERRNO(kill(12345, 0), ESRCH);
	CHECK_ERRNO(getpgid(4), ESRCH);
}

T(numbers)
{
	ns_root(0);
	CHECK_EQ(run(numbers_inside), 0);
}

T(unshare_is_for_children)
{
	pid_t me;
	int st;

	ns_root(0);
	me = getpid();
	CHECK_EQ(unshare(CLONE_NEWPID), 0);
	CHECK_EQ(getpid(), me);
	CHECK_ERRNO(unshare(CLONE_NEWPID), EINVAL);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM,
			    0, 0, 0, 0),
		    EINVAL);
	if (!fork())
		_exit(getpid() == 1 ? 0 : 1);
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
	CHECK_ERRNO(fork(), ENOMEM); /* its init is gone */
}

static void with_children(void)
{
	char c = 'x';

	for (int i = 0; i < 3; i++)
		if (!fork()) {
			signal(SIGTERM, SIG_IGN);
			if (!fork())
				setsid();
			CHECK_EQ(write(up[1], &c, 1), 1);
			for (;;)
				pause();
		}
	close(up[1]);
	CHECK_EQ(read(down[0], &c, 1), 1);
	_exit(9);
}

T(all_end_with_init)
{
	struct pollfd p;
	pid_t pid;
	char c;
	int st;

	ns_root(0);
	CHECK_EQ(pipe(up), 0);
	CHECK_EQ(pipe(down), 0);
	pid = start(with_children);
	close(up[1]);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(read(up[0], &c, 1), 1);
	CHECK_EQ(write(down[1], "x", 1), 1);
	st = ns_wait(pid);
	CHECK_EQ(WEXITSTATUS(st), 9);
	/* nobody holds the other end any more, already now */
	p = (struct pollfd){ .fd = up[0], .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLHUP);
}

static void orphans(void)
{
	char c = 0;
	int st;

	if (!fork()) {
		if (!fork()) {
			while (getppid() != 1)
				usleep(1000);
			CHECK_EQ(write(up[1], "i", 1), 1);
			_exit(3);
		}
		_exit(0);
	}
	CHECK(wait(&st) > 0);
	CHECK_EQ(wait(&st), 3);
	CHECK_EQ(WEXITSTATUS(st), 3);
	CHECK_EQ(read(up[0], &c, 1), 1);
	CHECK_EQ(c, 'i');
}

T(init_gets_the_orphans)
{
	ns_root(0);
	CHECK_EQ(pipe(up), 0);
	CHECK_EQ(run(orphans), 0);
}

static volatile sig_atomic_t got, got_pid, got_uid;

static void note(int sig, siginfo_t *si, void *ctx)
{
	(void)ctx;
	got = sig;
	got_pid = si->si_pid;
	got_uid = (int)si->si_uid;
}

static void catch (int sig)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void immune(void)
{
	char c;
	int st;

	/* without a handler init does not hear its own */
	CHECK_EQ(kill(1, SIGTERM), 0);
	CHECK_EQ(kill(1, SIGKILL), 0);
	catch (SIGUSR1);
	if (!fork()) {
		CHECK_EQ(kill(1, SIGKILL), 0);
		CHECK_EQ(kill(1, SIGUSR1), 0);
		_exit(0);
	}
	while (!got)
		usleep(1000);
	CHECK_EQ(got_pid, 2);
	CHECK(waitpid(-1, &st, 0) == 2 && !st);
	got = 0;
	catch (SIGUSR2);
	CHECK_EQ(write(up[1], "r", 1), 1);
	while (got != SIGUSR2)
		usleep(1000);
	CHECK_EQ(got_pid, 0); /* from outside */
	CHECK_EQ(write(up[1], "s", 1), 1);
	(void)!read(down[0], &c, 1);
	for (;;)
		pause();
}

T(signals_over_the_border)
{
	pid_t pid;
	char c;
	int st;

	ns_root(0);
	CHECK_EQ(pipe(up), 0);
	CHECK_EQ(pipe(down), 0);
	pid = start(immune);
	CHECK_EQ(read(up[0], &c, 1), 1);
	CHECK_EQ(c, 'r');
	CHECK_EQ(kill(pid, SIGUSR2), 0);
	CHECK_EQ(read(up[0], &c, 1), 1);
	CHECK_EQ(kill(pid, SIGTERM), 0); /* no handler: no effect */
	CHECK_EQ(write(down[1], "x", 1), 1);
	usleep(10000);
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	catch (SIGCHLD);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	st = ns_wait(pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	CHECK_EQ(got_pid, pid);
}

static int sp[2];

static void send_cred(int want)
{
	char buf[CMSG_SPACE(sizeof(struct ucred))] = { 0 }, c = 'x';
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	struct ucred u = { want, getuid(), getgid() };

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_CREDENTIALS;
	h->cmsg_len = CMSG_LEN(sizeof(u));
	memcpy(CMSG_DATA(h), &u, sizeof(u));
	CHECK_EQ(sendmsg(sp[1], &m, 0), 1);
}

static int recv_cred(int fd)
{
	char buf[CMSG_SPACE(sizeof(struct ucred))], c;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };
	struct ucred u;

	CHECK_EQ(recvmsg(fd, &m, 0), 1);
	memcpy(&u, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(u));
	return u.pid;
}

static void creds_inside(void)
{
	int on = 1;
	char c;

	send_cred(1);
	CHECK_EQ(setsockopt(sp[1], SOL_SOCKET, SO_PASSCRED, &on, 4), 0);
	CHECK_EQ(recv_cred(sp[1]), 0); /* the sender has no number here */
	(void)!read(down[0], &c, 1);
}

T(credentials_are_translated)
{
	int on = 1;
	pid_t pid;

	ns_root(0);
	CHECK_EQ(pipe(down), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, sp), 0);
	CHECK_EQ(setsockopt(sp[0], SOL_SOCKET, SO_PASSCRED, &on, 4), 0);
	CHECK_EQ(setsockopt(sp[1], SOL_SOCKET, SO_PASSCRED, &on, 4), 0);
	pid = start(creds_inside);
	CHECK_EQ(recv_cred(sp[0]), pid);
	CHECK_EQ(write(sp[0], "x", 1), 1);
	CHECK_EQ(write(down[1], "x", 1), 1);
	CHECK_EQ(ns_wait(pid), 0);
}

static void proc_inside(void)
{
	char link[32];
	ssize_t n;

	CHECK_EQ(mount("proc", "/proc", "proc", 0, NULL), 0);
	n = readlink("/proc/self", link, sizeof(link) - 1);
	CHECK_EQ(n, 1);
	CHECK_EQ(link[0], '1');
	CHECK(strstr(get("/proc/self/status"), "\nPid:\t1\nPPid:\t0\n"));
	CHECK(strstr(get("/proc/self/status"), "\nNSpid:\t1\n"));
	CHECK(!strncmp(get("/proc/1/stat"), "1 (", 3));
	CHECK(access("/proc/2", F_OK));
	if (!fork()) {
		CHECK(!access("/proc/2/status", F_OK));
		_exit(0);
	}
	CHECK_EQ(ns_wait(2), 0);
}

T(procfs_of_a_namespace)
{
	ns_root(CLONE_NEWNS);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(run(proc_inside), 0);
}

static void nested_inner(void)
{
	char c;

	CHECK_EQ(getpid(), 1);
	CHECK_EQ(write(up[1], "x", 1), 1);
	CHECK_EQ(read(down[0], &c, 1), 1);
}

static void nested(void)
{
	pid_t pid = start(nested_inner);
	char path[32], want[64], c;

	CHECK_EQ(pid, 2);
	CHECK_EQ(read(up[0], &c, 1), 1);
	CHECK_EQ(mount("proc", "/proc", "proc", 0, NULL), 0);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(want, sizeof(want), "\nNSpid:\t2\t1\n");
	CHECK(strstr(get(path), want));
	CHECK_EQ(write(down[1], "x", 1), 1);
	CHECK_EQ(ns_wait(pid), 0);
}

T(two_levels)
{
	ns_root(CLONE_NEWNS);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(pipe(up), 0);
	CHECK_EQ(pipe(down), 0);
	CHECK_EQ(run(nested), 0);
}

static void waits(void)
{
	char c;

	(void)!read(down[0], &c, 1);
}

T(entered_by_descriptor)
{
	char path[64];
	int fd, own;
	pid_t pid;

	ns_root(0);
	CHECK_EQ(pipe(down), 0);
	own = open("/proc/self/ns/pid", O_RDONLY);
	CHECK(own >= 0);
	pid = start(waits);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(setns(fd, CLONE_NEWPID), 0);
	CHECK(getpid() != 1);
	if (!fork()) {
		CHECK_EQ(getpid(), 2);
		CHECK_EQ(getppid(), 0);
		CHECK_ERRNO(setns(own, CLONE_NEWPID), EPERM); /* not up */
		_exit(0);
	}
	CHECK_EQ(wait(NULL) > 2, 1);
	CHECK_EQ(write(down[1], "x", 1), 1);
	CHECK_EQ(ns_wait(pid), 0);
	CHECK_ERRNO(fork(), ENOMEM);
}

T_MAIN
