// SPDX-License-Identifier: GPL-2.0
/*
 * Corners of calls about processes: odd exit signals, bad thread pointers,
 * descriptors that stand for processes, process_madvise(2), kcmp(2) of epoll
 * sets, prctl(2) marks of the address space, what execve(2) would say.
 */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#define PR_MERGE_SET	  67
#define PR_MERGE_GET	  68
#define EXECVE_CHECK	  0x10000
#define SELF_THREAD	  (-10000)
#define SELF_THREAD_GROUP (-10001)

struct clone3_args {
	unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal,
		stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static long pidfd_signal(int fd, int sig)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

/* A number that is no signal tells nobody; the child is waited for as clone's */
T(exit_signals_that_do_not_exist)
{
	for (int sig = 65; sig < 256; sig += 31) {
		long pid = syscall(SYS_clone, sig, 0, 0, 0, 0);

		if (!pid)
			_exit(3);
		CHECK(pid > 0);
		int st;

		CHECK_ERRNO(waitpid(pid, &st, 0), ECHILD);
		CHECK_EQ(waitpid(pid, &st, __WALL), pid);
		CHECK_EQ(st, 3 << 8);
	}
}

T(thread_pointers_out_of_range)
{
	unsigned long bad[] = { -1ul, 1ul << 47, 1ul << 63, ~0ul << 47 };

	for (int i = 0; i < 4; i++) {
		struct clone3_args a = { .flags = CLONE_SETTLS,
					 .exit_signal = SIGCHLD,
					 .tls = bad[i] };

		CHECK_ERRNO(syscall(SYS_clone3, &a, sizeof(a)), EPERM);
		CHECK_ERRNO(syscall(SYS_clone, CLONE_SETTLS | SIGCHLD, 0, 0, 0,
				    bad[i]),
			    EPERM);
	}
}

T(clone3_pidfd_and_tid_in_one_place)
{
	int where;
	struct clone3_args a = { .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
				 .pidfd = (unsigned long)&where,
				 .parent_tid = (unsigned long)&where,
				 .exit_signal = SIGCHLD };

	CHECK_ERRNO(syscall(SYS_clone3, &a, sizeof(a)), EINVAL);
}

T(proc_directories_take_signals)
{
	char path[40];
	pid_t pid = fork();
	int fd, st;

	if (!pid)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_EQ(pidfd_signal(fd, 0), 0);
	CHECK_ERRNO(pidfd_signal(fd, 99), EINVAL);
	CHECK_EQ(pidfd_signal(fd, SIGTERM), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, SIGTERM);
	CHECK_ERRNO(pidfd_signal(fd, 0), ESRCH);
	fd = open("/proc", O_RDONLY | O_DIRECTORY);
	CHECK_ERRNO(pidfd_signal(fd, 0), EBADF);
	CHECK_ERRNO(pidfd_signal(0, 0), EBADF);
}

T(numbers_that_mean_oneself)
{
	if (pidfd_signal(SELF_THREAD, 0) < 0 && errno == EBADF)
		SKIP("older than Linux 6.14");
	CHECK_EQ(pidfd_signal(SELF_THREAD, 0), 0);
	CHECK_EQ(pidfd_signal(SELF_THREAD_GROUP, 0), 0);
	CHECK_ERRNO(pidfd_signal(-10002, 0), EBADF);
}

T(pidfd_hangs_up_when_reaped)
{
	pid_t pid = fork();
	struct pollfd p = { .events = POLLIN };

	if (!pid)
		_exit(0);
	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	CHECK(p.fd >= 0);
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK(p.revents & POLLIN);
}

T(kill_asks_for_the_process_first)
{
	CHECK_ERRNO(kill(0x3fffff, 65), ESRCH);
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_ERRNO(setpgid(-1, 0), EINVAL);
}

T(process_madvise)
{
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec v[2] = { { m, 4096 }, { m + 4096, 4096 } };
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	CHECK_EQ(syscall(SYS_process_madvise, fd, v, 2, MADV_COLD, 0), 8192);
	CHECK_EQ(syscall(SYS_process_madvise, fd, v, 1, MADV_PAGEOUT, 0), 4096);
	CHECK_EQ(syscall(SYS_process_madvise, fd, v, 0, MADV_COLD, 0), 0);
	CHECK_ERRNO(syscall(SYS_process_madvise, fd, v, 1, MADV_COLD, 1),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_process_madvise, -1, v, 1, MADV_COLD, 0),
		    EBADF);
	CHECK_ERRNO(syscall(SYS_process_madvise, 0, v, 1, MADV_COLD, 0), EBADF);
	CHECK_ERRNO(syscall(SYS_process_madvise, fd, v, 1025, MADV_COLD, 0),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_process_madvise, fd, NULL, 1, MADV_COLD, 0),
		    EFAULT);
	munmap(m + 4096, 4096);
	/* what was done before the hole counts */
	CHECK_EQ(syscall(SYS_process_madvise, fd, v, 2, MADV_COLD, 0), 4096);
	CHECK_ERRNO(syscall(SYS_process_madvise, fd, v + 1, 1, MADV_COLD, 0),
		    ENOMEM);
}

T(kcmp_of_epoll_sets)
{
	struct {
		unsigned int efd, tfd, toff;
	} s;
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0), a = eventfd(0, 0), b = eventfd(0, 0);
	long me = getpid();

	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev), 0);
	s.efd = ep;
	s.tfd = a;
	s.toff = 0;
	if (syscall(SYS_kcmp, me, me, 7, a, &s) && errno == ENOSYS)
		SKIP("no kcmp here");
	CHECK_EQ(syscall(SYS_kcmp, me, me, 7, a, &s), 0);
	CHECK(syscall(SYS_kcmp, me, me, 7, b, &s) > 0);
	s.toff = 1;
	CHECK_ERRNO(syscall(SYS_kcmp, me, me, 7, a, &s), ENOENT);
	s.toff = 0;
	s.tfd = b;
	CHECK_ERRNO(syscall(SYS_kcmp, me, me, 7, a, &s), ENOENT);
	s.efd = a;
	CHECK_ERRNO(syscall(SYS_kcmp, me, me, 7, a, &s), EINVAL);
	CHECK_ERRNO(syscall(SYS_kcmp, me, me, 7, 999, &s), EBADF);
	CHECK_ERRNO(syscall(SYS_kcmp, me, me, 7, a, NULL), EFAULT);
}

T(what_is_writable_stays_data)
{
	char *m;

	if (prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0)
		SKIP("no PR_SET_MDWE");
	m = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	CHECK_ERRNO(prctl(PR_SET_MDWE, 2, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_MDWE, 1, 1, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_SET_MDWE, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_MDWE, 0, 0, 0, 0), 1);
	CHECK_ERRNO(prctl(PR_SET_MDWE, 0, 0, 0, 0), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	CHECK_ERRNO(mprotect(m, 4096, PROT_WRITE | PROT_EXEC), EACCES);
	CHECK_EQ(mprotect(m, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK_ERRNO(mprotect(m, 4096, PROT_READ | PROT_EXEC), EACCES);
	if (!fork())
		_exit(prctl(PR_GET_MDWE, 0, 0, 0, 0));
	int st;

	wait(&st);
	CHECK_EQ(WEXITSTATUS(st), 1);
}

T(prctl_marks)
{
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	if (!fork())
		_exit(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	int st;

	wait(&st);
	CHECK_EQ(WEXITSTATUS(st), 1);
	CHECK_EQ(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_ERRNO(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
	CHECK_EQ(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0),
		 0);
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_EARLY);
	CHECK_EQ(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0), 0);
	CHECK_ERRNO(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, 3, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 1, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0), EPERM);
	CHECK_ERRNO(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), EPERM);
	CHECK_ERRNO(prctl(PR_GET_SPECULATION_CTRL, 99, 0, 0, 0), ENODEV);
	CHECK_ERRNO(prctl(PR_GET_SPECULATION_CTRL, 0, 1, 0, 0), EINVAL);
}

T(execveat_only_asks)
{
	char *av[] = { "x", NULL }, *ev[] = { NULL };

	if (syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", av, ev,
		    EXECVE_CHECK) < 0 &&
	    errno == EINVAL)
		SKIP("older than Linux 6.14");
	CHECK_EQ(syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", av, ev,
			 EXECVE_CHECK),
		 0);
	CHECK_ERRNO(syscall(SYS_execveat, AT_FDCWD, "/etc/passwd", av, ev,
			    EXECVE_CHECK),
		    EACCES);
	CHECK_ERRNO(syscall(SYS_execveat, AT_FDCWD, "/nonexistent", av, ev,
			    EXECVE_CHECK),
		    ENOENT);
}

T(positions_that_mean_nothing)
{
	int fd = eventfd(0, 0), p[2];
	struct epoll_event ev = { .events = EPOLLIN };

	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(lseek(fd, 100, SEEK_CUR), 0);
	CHECK_EQ(lseek(epoll_create1(0), 5, SEEK_SET), 0);
	CHECK_EQ(pipe2(p, O_DIRECT | O_NONBLOCK), 0);
	CHECK_ERRNO(lseek(p[0], 0, SEEK_SET), ESPIPE);
	CHECK_EQ(fcntl(p[0], F_GETFL), O_NONBLOCK);
	CHECK_EQ(fcntl(p[1], F_GETFL), O_NONBLOCK | O_DIRECT | O_WRONLY);
	CHECK_ERRNO(pipe2(p, O_EXCL), ENOPKG);
	/* these two are always ready, and no set takes them */
	fd = epoll_create1(0);
	CHECK_ERRNO(
		epoll_ctl(fd, EPOLL_CTL_ADD, open("/dev/null", O_RDWR), &ev),
		EPERM);
	CHECK_ERRNO(
		epoll_ctl(fd, EPOLL_CTL_ADD, open("/dev/zero", O_RDWR), &ev),
		EPERM);
}

/* IPC_SET makes receivers look again: they go on waiting. */
T(msgrcv_sleeps_through_ipc_set)
{
	struct {
		long type;
		char text[4];
	} m = { 1, "abc" };
	struct msqid_ds d;
	int id = msgget(IPC_PRIVATE, 0600), st;
	pid_t pid = fork();

	if (!pid)
		_exit(msgrcv(id, &m, 4, 0, 0) == 4 ? 0 : 1);
	for (int i = 0; i < 30; i++) {
		usleep(1000);
		CHECK_EQ(msgctl(id, IPC_STAT, &d), 0);
		CHECK_EQ(msgctl(id, IPC_SET, &d), 0);
	}
	CHECK_EQ(msgsnd(id, &m, 4, 0), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

T_MAIN
