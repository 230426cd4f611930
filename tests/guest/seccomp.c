/* SPDX-License-Identifier: GPL-2.0 */
/* seccomp(2): strict mode and filters. */
#include "t.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int install(int nr, unsigned action, unsigned flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 7, f };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

static int waited(pid_t pid)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

T(errno_and_inheritance)
{
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(install(SYS_getppid, SECCOMP_RET_ERRNO | 77, 0), 0);
	CHECK_ERRNO(syscall(SYS_getppid), 77);
	CHECK_EQ(prctl(PR_GET_SECCOMP), 2);
	pid_t pid = fork();
	if (!pid)
		_exit(syscall(SYS_getppid) == -1 ? errno : 0);
	CHECK_EQ(waited(pid), 77);
	/* the more severe answer counts, then the younger filter */
	CHECK_EQ(install(SYS_getppid, SECCOMP_RET_LOG, 0), 0);
	CHECK_ERRNO(syscall(SYS_getppid), 77);
}

T(needs_no_new_privs)
{
	if (!geteuid())
		SKIP("root may");
	CHECK_ERRNO(install(SYS_getppid, SECCOMP_RET_ALLOW, 0), EACCES);
}

T(kill_process)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		install(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0);
		syscall(SYS_getppid);
		_exit(1);
	}
	CHECK_EQ(waited(pid), 1000 + SIGSYS);
}

static void *thread(void *arg)
{
	syscall(SYS_getppid);
	return (void *)1;
}

T(kill_thread)
{
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		install(SYS_getppid, SECCOMP_RET_KILL_THREAD, 0);
		pthread_create(&t, NULL, thread, NULL);
		usleep(50000);
		_exit(5);
	}
	CHECK_EQ(waited(pid), 5);
}

static volatile int sys_nr, sys_errno, sys_code;
static void on_sys(int sig, siginfo_t *si, void *u)
{
	sys_nr = si->si_syscall;
	sys_errno = si->si_errno;
	sys_code = si->si_code;
}

T(trap)
{
	struct sigaction sa = { .sa_sigaction = on_sys,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CHECK_EQ(install(SYS_getppid, SECCOMP_RET_TRAP | 12, 0), 0);
	syscall(SYS_getppid);
	CHECK_EQ(sys_nr, SYS_getppid);
	CHECK_EQ(sys_errno, 12);
	CHECK_EQ(sys_code, 1);
}

T(trace_without_tracer)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CHECK_EQ(install(SYS_getppid, SECCOMP_RET_TRACE, 0), 0);
	CHECK_ERRNO(syscall(SYS_getppid), ENOSYS);
}

T(strict)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		syscall(SYS_exit, 3);
	}
	CHECK_EQ(waited(pid), 3);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		syscall(SYS_getpid);
		syscall(SYS_exit, 3);
	}
	CHECK_EQ(waited(pid), 1000 + SIGKILL);
}

static pthread_barrier_t bar;
static void *sync_thread(void *arg)
{
	pthread_barrier_wait(&bar);
	pthread_barrier_wait(&bar);
	errno = 0;
	syscall(SYS_getppid);
	return (void *)(long)errno;
}

T(tsync)
{
	pthread_t t;
	void *ret;

	pthread_barrier_init(&bar, NULL, 2);
	CHECK_EQ(pthread_create(&t, NULL, sync_thread, NULL), 0);
	pthread_barrier_wait(&bar);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CHECK_EQ(install(SYS_getppid, SECCOMP_RET_ERRNO | 9,
			 SECCOMP_FILTER_FLAG_TSYNC),
		 0);
	pthread_barrier_wait(&bar);
	pthread_join(t, &ret);
	CHECK_EQ((long)ret, 9);
}

T(bad_programs)
{
	struct sock_filter nothing[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  0) };
	struct sock_filter odd[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),
				     BPF_STMT(BPF_RET | BPF_K, 0x7fff0000) };
	struct sock_filter far_[] = { BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0),
				      BPF_STMT(BPF_RET | BPF_K, 0x7fff0000) };
	struct sock_filter unset[] = { BPF_STMT(BPF_LD | BPF_MEM, 3),
				       BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_fprog p = { 1, nothing };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CHECK_ERRNO(syscall(SYS_seccomp, 1, 0, &p), EINVAL);
	p = (struct sock_fprog){ 2, odd };
	CHECK_ERRNO(syscall(SYS_seccomp, 1, 0, &p), EINVAL);
	p = (struct sock_fprog){ 2, far_ };
	CHECK_ERRNO(syscall(SYS_seccomp, 1, 0, &p), EINVAL);
	p = (struct sock_fprog){ 2, unset };
	CHECK_ERRNO(syscall(SYS_seccomp, 1, 0, &p), EINVAL);
	p.len = 0;
	CHECK_ERRNO(syscall(SYS_seccomp, 1, 0, &p), EINVAL);
	CHECK_ERRNO(syscall(SYS_seccomp, 1, 0, NULL), EFAULT);
}

T(actions_available)
{
	unsigned a = SECCOMP_RET_ERRNO;

	CHECK_EQ(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &a), 0);
	a = 0x12340000;
	CHECK_ERRNO(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &a),
		    EOPNOTSUPP);
}

T_MAIN
