// SPDX-License-Identifier: GPL-2.0
/* wait4(2), waitid(2), stops and continues, orphans, sessions and groups. */
#include "t.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

static void nap(int ms)
{
	usleep(ms * 1000);
}

static pid_t child_pauses(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

T(wait_statuses)
{
	int st;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0x1234);
	CHECK_EQ(wait(&st), pid);
	CHECK_EQ(st, 0x3400);
	pid = fork();
	if (pid == 0)
		raise(SIGINT);
	CHECK_EQ(wait(&st), pid);
	CHECK_EQ(st, SIGINT);
}

T(wait_errors)
{
	int st;
	siginfo_t si;

	CHECK_ERRNO(wait(&st), ECHILD);
	CHECK_ERRNO(waitpid(1, &st, 0), ECHILD);
	CHECK_ERRNO(waitpid(getpid(), &st, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, &st, 0x1000), EINVAL);
	CHECK_ERRNO(syscall(SYS_wait4, 0x80000000, &st, 0, NULL), ESRCH);
	CHECK_ERRNO(waitid(P_ALL, 0, &si, 0), EINVAL);
	CHECK_ERRNO(waitid(P_PID, 0, &si, WEXITED), EINVAL);
	CHECK_ERRNO(waitid((idtype_t)9, 0, &si, WEXITED), EINVAL);
	CHECK_ERRNO(waitid(P_PIDFD, 999, &si, WEXITED), EBADF);
	CHECK_ERRNO(waitid(P_ALL, 0, &si, WEXITED), ECHILD);
}

T(wnohang_and_wnowait)
{
	pid_t pid = child_pauses();
	siginfo_t si;
	int st = -1;

	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK_EQ(st, -1);
	memset(&si, 1, sizeof(si));
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG), 0);
	CHECK_EQ(si.si_pid, 0);
	CHECK_EQ(si.si_signo, 0);
	kill(pid, SIGKILL);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	CHECK_EQ(si.si_code, CLD_KILLED);
	CHECK_EQ(si.si_signo, SIGCHLD);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, SIGKILL);
}

T(stop_and_continue_are_reported)
{
	pid_t pid = child_pauses();
	siginfo_t si;
	int st;

	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st));
	CHECK_EQ(WSTOPSIG(st), SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED | WNOHANG), 0);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &st, WCONTINUED), pid);
	CHECK(WIFCONTINUED(st));
	/* in a group of its own, lest that be an orphaned one */
	CHECK_EQ(setpgid(pid, pid), 0);
	kill(pid, SIGTSTP);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(si.si_code, CLD_STOPPED);
	CHECK_EQ(si.si_status, SIGTSTP);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WSTOPPED), 0);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, SIGKILL);
}

static volatile int chld;
static volatile int chld_code;

static void on_chld(int sig, siginfo_t *si, void *uc)
{
	chld++;
	chld_code = si->si_code;
}

T(sigchld_for_stops_unless_nocldstop)
{
	struct sigaction sa = { .sa_sigaction = on_chld,
				.sa_flags = SA_SIGINFO };
	pid_t pid;
	int st;

	sigaction(SIGCHLD, &sa, NULL);
	pid = child_pauses();
	kill(pid, SIGSTOP);
	waitpid(pid, &st, WUNTRACED);
	for (int i = 0; i < 100 && !chld; i++)
		nap(5);
	CHECK_EQ(chld, 1);
	CHECK_EQ(chld_code, CLD_STOPPED);
	kill(pid, SIGCONT);
	for (int i = 0; i < 100 && chld < 2; i++)
		nap(5);
	CHECK_EQ(chld, 2);
	CHECK_EQ(chld_code, CLD_CONTINUED);
	sa.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &sa, NULL);
	kill(pid, SIGSTOP);
	waitpid(pid, &st, WUNTRACED);
	nap(20);
	CHECK_EQ(chld, 2);
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
	CHECK_EQ(chld, 3);
}

T(continue_before_the_stop_is_taken)
{
	sigset_t s, p;

	sigemptyset(&s);
	sigaddset(&s, SIGTSTP);
	sigaddset(&s, SIGCONT);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGTSTP);
	raise(SIGCONT);
	sigpending(&p);
	CHECK_EQ(sigismember(&p, SIGTSTP), 0);
	CHECK_EQ(sigismember(&p, SIGCONT), 1);
	raise(SIGTSTP);
	sigpending(&p);
	CHECK_EQ(sigismember(&p, SIGTSTP), 1);
	CHECK_EQ(sigismember(&p, SIGCONT), 0);
}

T(ignored_sigchld_reaps)
{
	signal(SIGCHLD, SIG_IGN);
	if (fork() == 0)
		_exit(0);
	CHECK_ERRNO(wait(NULL), ECHILD);
	signal(SIGCHLD, SIG_DFL);
	struct sigaction sa = { .sa_handler = SIG_DFL,
				.sa_flags = SA_NOCLDWAIT };

	sigaction(SIGCHLD, &sa, NULL);
	if (fork() == 0)
		_exit(0);
	CHECK_ERRNO(wait(NULL), ECHILD);
}

T(wait_by_group)
{
	pid_t a = child_pauses(), b = child_pauses();
	int st;

	CHECK_EQ(setpgid(a, a), 0);
	CHECK_EQ(setpgid(b, a), 0);
	CHECK_EQ(waitpid(0, &st, WNOHANG) == -1 && errno == ECHILD, 1);
	CHECK_EQ(kill(-a, SIGTERM), 0);
	CHECK_EQ(waitpid(-a, &st, 0) > 0, 1);
	CHECK_EQ(waitpid(-a, &st, 0) > 0, 1);
	CHECK_ERRNO(waitpid(-a, &st, 0), ECHILD);
}

T(wclone_and_wall)
{
	int st;
	long pid = syscall(SYS_clone, 0, 0, 0, 0, 0);

	if (pid == 0)
		_exit(3);
	CHECK_ERRNO(wait(&st), ECHILD);
	CHECK_EQ(waitpid((pid_t)pid, &st, __WCLONE), pid);
	signal(SIGUSR1, SIG_IGN);
	pid = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	if (pid == 0)
		_exit(3);
	CHECK_EQ(waitpid(-1, &st, __WALL), pid);
	CHECK_EQ(st, 0x300);
}

T(usage_of_children)
{
	struct rusage ru, before;
	struct timespec a, b;
	pid_t pid = fork();
	int st;

	getrusage(RUSAGE_CHILDREN, &before);
	if (pid == 0) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		do
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		while ((b.tv_sec - a.tv_sec) * 1000 +
			       (b.tv_nsec - a.tv_nsec) / 1000000 <
		       100);
		_exit(0);
	}
	CHECK_EQ(wait4(pid, &st, 0, &ru), pid);
	CHECK(ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec +
		      ru.ru_stime.tv_sec * 1000000 + ru.ru_stime.tv_usec >=
	      80000);
	getrusage(RUSAGE_CHILDREN, &ru);
	CHECK(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec >= 80000);
	CHECK_ERRNO(getrusage(7, &ru), EINVAL);
}

T(orphans_go_to_the_subreaper)
{
	pid_t pid, me = getpid(), got;
	int p[2], st;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			pid_t mine = getpid();

			while (getppid() != me)
				nap(1);
			CHECK_EQ(write(p[1], &mine, sizeof(mine)),
				 sizeof(mine));
			_exit(8);
		}
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(read(p[0], &got, sizeof(got)), sizeof(got));
	CHECK_EQ(waitpid(got, &st, 0), got);
	CHECK_EQ(WEXITSTATUS(st), 8);
}

T(parent_death_signal)
{
	int p[2], st;
	char c = 0;
	pid_t pid;

	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			close(p[0]);
			CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
			CHECK_EQ(write(p[1], "x", 1), 1);
			pause();
		}
		close(p[1]);
		CHECK_EQ(read(p[0], &c, 1), 1);
		_exit(0);
	}
	close(p[1]);
	waitpid(pid, &st, 0);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

T(orphaned_group_gets_hup_and_cont)
{
	int p[2], st;
	pid_t pid;
	char c;

	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		pid_t g = fork();

		if (g == 0) {
			close(p[0]);
			setpgid(0, 0);
			raise(SIGSTOP);
			pause();
		}
		setpgid(g, g);
		waitpid(g, &st, WUNTRACED);
		_exit(0);
	}
	close(p[1]);
	waitpid(pid, &st, 0);
	/* the stopped child was continued and killed by SIGHUP */
	CHECK_EQ(read(p[0], &c, 1), 0);
}

T(tstp_in_an_orphaned_group_does_nothing)
{
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		setsid();
		raise(SIGTSTP);
		_exit(4);
	}
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_EQ(st, 0x400);
}

T(groups_and_sessions)
{
	pid_t pid, me = getpid();
	int p[2], st;
	char c;

	CHECK_ERRNO(setpgid(0, -1), EINVAL);
	CHECK_ERRNO(setpgid(999999, 0), ESRCH);
	CHECK_ERRNO(getpgid(999999), ESRCH);
	CHECK_ERRNO(getsid(999999), ESRCH);
	CHECK_EQ(setpgid(0, 0), 0);
	CHECK_EQ(getpgrp(), me);
	CHECK_ERRNO(setpgid(0, 999998), EPERM);
	CHECK_ERRNO(setsid(), EPERM);
	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERRNO(setpgid(0, 0), EPERM);
		CHECK_EQ(write(p[1], "x", 1), 1);
		pause();
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(getsid(pid), pid);
	CHECK_ERRNO(setpgid(pid, pid), EPERM);
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
}

T(pidfd_names_a_process)
{
	pid_t pid = child_pauses();
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), st, p[2], got;
	struct pollfd pf = { fd, POLLIN, 0 };
	siginfo_t si;

	CHECK(fd >= 0);
	CHECK_ERRNO(syscall(SYS_pidfd_open, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_pidfd_open, pid, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_pidfd_open, 999999, 0), ESRCH);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), 0);
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 3),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, 0, SIGUSR1, NULL, 0), EBADF);
	CHECK_EQ(pipe(p), 0);
	got = (int)syscall(SYS_pidfd_getfd, fd, 1, 0);
	CHECK(got >= 0);
	CHECK_EQ(fcntl(got, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(syscall(SYS_pidfd_getfd, fd, 999, 0), EBADF);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK_EQ(waitid((idtype_t)3, (id_t)fd, &si, WEXITED), 0);
	CHECK_EQ(si.si_status, SIGKILL);
	CHECK_ERRNO(waitpid(pid, &st, 0), ECHILD);
}

T(stopped_child_dies_by_sigkill)
{
	pid_t pid = child_pauses();
	int st;

	kill(pid, SIGSTOP);
	waitpid(pid, &st, WUNTRACED);
	kill(pid, SIGTERM);
	nap(10);
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, SIGTERM);
}

T_MAIN
