/* SPDX-License-Identifier: GPL-2.0 */
/* seccomp_unotify(2): another process answers a filter's calls. */
#include "t.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int listen_to(int nr, unsigned flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       flags | SECCOMP_FILTER_FLAG_NEW_LISTENER, &p);
}

static struct seccomp_notif take(int fd)
{
	struct seccomp_notif n;

	memset(&n, 0, sizeof(n));
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n), 0);
	return n;
}

static int answer(int fd, __u64 id, int error, long val, unsigned flags)
{
	struct seccomp_notif_resp r = {
		.id = id, .error = error, .val = val, .flags = flags
	};

	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

static int polled(int fd, int events)
{
	struct pollfd p = { fd, events, 0 };

	CHECK(poll(&p, 1, 10000) >= 0);
	return p.revents;
}

static int result(pid_t pid)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

T(calls_are_answered)
{
	int fd = listen_to(SYS_getpgid, 0);
	struct seccomp_notif n, dirty;
	pid_t pid;

	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(listen_to(SYS_getsid, 0), EBUSY);
	pid = fork();
	if (!pid) {
		close(fd);
		if (syscall(SYS_getpgid, 1, 2) != 77)
			_exit(1);
		if (syscall(SYS_getpgid, 1) != -1 || errno != 9)
			_exit(2);
		if (syscall(SYS_getpgid, 0) != getpgrp())
			_exit(3);
		_exit(0);
	}
	CHECK_EQ(polled(fd, POLLIN | POLLOUT), POLLIN);
	memset(&dirty, 0, sizeof(dirty));
	dirty.pid = 1;
	CHECK_ERRNO(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &dirty), EINVAL);
	n = take(fd);
	CHECK_EQ(n.pid, pid);
	CHECK_EQ(n.flags, 0);
	CHECK_EQ(n.data.nr, SYS_getpgid);
	CHECK_EQ(n.data.args[1], 2);
	CHECK_EQ(polled(fd, POLLIN | POLLOUT), POLLOUT);
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id), 0);
	CHECK_ERRNO(answer(fd, n.id, 0, 0, 8), EINVAL);
	CHECK_ERRNO(answer(fd, n.id, 0, 1, SECCOMP_USER_NOTIF_FLAG_CONTINUE),
		    EINVAL);
	CHECK_ERRNO(answer(fd, n.id + 999, 0, 77, 0), ENOENT);
	CHECK_EQ(answer(fd, n.id, 0, 77, 0), 0);
	n = take(fd);
	CHECK_ERRNO(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, 8), EFAULT);
	CHECK_EQ(answer(fd, n.id, -9, 0, 0), 0);
	n = take(fd);
	CHECK_EQ(answer(fd, n.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE), 0);
	CHECK_EQ(result(pid), 0);
	CHECK_ERRNO(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id), ENOENT);
}

T(flags_of_listeners)
{
	unsigned short sizes[3];
	unsigned a = SECCOMP_RET_USER_NOTIF;

	CHECK_ERRNO(listen_to(1, SECCOMP_FILTER_FLAG_TSYNC), EINVAL);
	CHECK_ERRNO(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0x20, NULL),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 8, NULL),
		    EFAULT);
	CHECK_EQ(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &a), 0);
	CHECK_ERRNO(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 1, sizes),
		    EINVAL);
	CHECK_EQ(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, sizes), 0);
	CHECK_EQ(sizes[0], sizeof(struct seccomp_notif));
	CHECK_EQ(sizes[1], sizeof(struct seccomp_notif_resp));
	CHECK_EQ(sizes[2], sizeof(struct seccomp_data));
}

T(nobody_listens_any_more)
{
	int fd = listen_to(SYS_getpgid, 0);
	pid_t pid;

	CHECK(fd >= 0);
	pid = fork();
	if (!pid) {
		close(fd);
		if (syscall(SYS_getpgid, 0) != -1 || errno != ENOSYS)
			_exit(1);
		_exit(syscall(SYS_getpgid, 0) != -1 || errno != ENOSYS);
	}
	CHECK_EQ(polled(fd, POLLIN), POLLIN);
	close(fd);
	CHECK_EQ(result(pid), 0);
}

T(nobody_has_the_filter_any_more)
{
	int p[2];
	pid_t pid;

	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (!pid) {
		/* its child alone has the filter, and ends */
		int fd;

		if (syscall(SYS_unshare, 0x400 /* CLONE_FILES */))
			_exit(1);
		pid = syscall(SYS_clone, 0x400 | SIGCHLD, 0, 0, 0, 0);
		if (!pid) {
			fd = listen_to(SYS_getpgid, 0);
			syscall(SYS_write, p[1], &fd, sizeof(fd));
			syscall(SYS_exit, 0);
		}
		CHECK_EQ(read(p[0], &fd, sizeof(fd)), sizeof(fd));
		CHECK_EQ(result(pid), 0);
		CHECK_EQ(polled(fd, POLLIN), POLLHUP);
		_exit(0);
	}
	CHECK_EQ(result(pid), 0);
}

static void handled(int sig)
{
}

T(a_signal_interrupts_the_caller)
{
	struct sigaction sa = { .sa_handler = handled };
	int fd = listen_to(SYS_getpgid, 0);
	struct seccomp_notif n;
	pid_t pid;

	CHECK(fd >= 0);
	sigaction(SIGUSR1, &sa, NULL);
	pid = fork();
	if (!pid)
		_exit(syscall(SYS_getpgid, 0) == -1 && errno == EINTR ? 0 : 1);
	n = take(fd);
	kill(pid, SIGUSR1);
	CHECK_EQ(result(pid), 0);
	CHECK_ERRNO(answer(fd, n.id, 0, 0, 0), ENOENT);
}

T(descriptors_are_handed_over)
{
	int fd = listen_to(SYS_getpgid, 0);
	struct seccomp_notif_addfd a = { .srcfd = 1 };
	struct seccomp_notif n;
	pid_t pid;

	CHECK(fd >= 0);
	pid = fork();
	if (!pid) {
		close(fd);
		int got = syscall(SYS_getpgid, 0);
		struct stat s, t;

		if (fcntl(200, F_GETFD) != FD_CLOEXEC)
			_exit(1);
		_exit(got == fd && !fstat(got, &s) && !fstat(200, &t) &&
				      s.st_ino == t.st_ino
			      ? 0
			      : 2);
	}
	n = take(fd);
	a.id = n.id;
	a.newfd = 200;
	CHECK_ERRNO(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), EINVAL);
	a.flags = SECCOMP_ADDFD_FLAG_SETFD;
	a.newfd_flags = O_CLOEXEC;
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), 200);
	a.srcfd = 999;
	CHECK_ERRNO(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), EBADF);
	a.srcfd = 1;
	a.flags = SECCOMP_ADDFD_FLAG_SEND;
	a.newfd = a.newfd_flags = 0;
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), fd);
	CHECK_EQ(result(pid), 0);
	CHECK_ERRNO(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), ENOENT);
}

/* A filter's death sentence is not shown to the tracer first. */
T(tracers_cannot_save_from_a_filter)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };
	pid_t pid = fork();
	int st;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p);
		syscall(SYS_getpgid, 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSYS);
}

T_MAIN
