// SPDX-License-Identifier: GPL-2.0
/* PR_SET_SYSCALL_USER_DISPATCH: a program's own system calls, by SIGSYS. */
#include "t.h"
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

static volatile char selector; /* 0 let pass, 1 block */
static volatile long seen_nr, seen_code, seen_addr;

/*
 * By an instruction of the test's own, whose return address is known, and by
 * the C library.
 */
extern char site_end[];
__attribute__((noinline)) static long raw(long nr)
{
	long r;

	__asm__ volatile("syscall\n.globl site_end\nsite_end:"
			 : "=a"(r)
			 : "a"(nr)
			 : "rcx", "r11", "memory");
	return r;
}

static void on_sys(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;

	selector = 0;
	seen_nr = si->si_syscall;
	seen_code = si->si_code;
	seen_addr = (long)si->si_call_addr;
	u->uc_mcontext.gregs[REG_RAX] = 4242;
	(void)sig;
}

static void begin(void)
{
	struct sigaction sa = { .sa_sigaction = on_sys,
				.sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(SIGSYS, &sa, NULL), 0);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector))
		SKIP("no user dispatch");
}

T(blocked_calls_are_ours)
{
	long r;

	begin();
	CHECK_EQ(raw(SYS_getpid), getpid());
	selector = 1;
	r = raw(SYS_getppid);
	CHECK_EQ(selector, 0);
	CHECK_EQ(r, 4242);
	CHECK_EQ(seen_nr, SYS_getppid);
	CHECK_EQ(seen_code, 2);
	CHECK_EQ(seen_addr, (long)site_end);
	/* what is not a call at all, too; and from the C library */
	selector = 1;
	r = raw(0xf00f);
	CHECK_EQ(r, 4242);
	CHECK_EQ(seen_nr, 0xf00f);
	selector = 1;
	r = getpgid(0);
	CHECK_EQ(r, 4242);
	CHECK_EQ(seen_nr, SYS_getpgid);
	CHECK_EQ(prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0), 0);
	selector = 1;
	CHECK_EQ(raw(SYS_getppid), getppid());
}

T(a_range_passes)
{
	struct sigaction sa = { .sa_sigaction = on_sys,
				.sa_flags = SA_SIGINFO };
	long r;

	CHECK_EQ(sigaction(SIGSYS, &sa, NULL), 0);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, site_end - 2, 16, &selector))
		SKIP("no user dispatch");
	selector = 1;
	r = raw(SYS_getpid);
	selector = 0;
	CHECK_EQ(r, getpid());
}

T(children_start_without)
{
	int st;
	pid_t pid;

	begin();
	pid = fork();
	if (!pid) {
		selector = 1;
		_exit(raw(SYS_getppid) == 4242);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	pid = fork();
	if (!pid) {
		signal(SIGSYS, SIG_DFL);
		prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector);
		selector = 7; /* neither */
		raw(SYS_getppid);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WTERMSIG(st), SIGSYS);
}

T(errors)
{
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0))
		SKIP("no user dispatch");
	CHECK_ERRNO(prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 1, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_SYSCALL_USER_DISPATCH, 9, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, -1l, 10, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 4096, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, -1l), EFAULT);
}

T_MAIN
