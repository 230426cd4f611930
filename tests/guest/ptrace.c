/* SPDX-License-Identifier: GPL-2.0 */
/* ptrace(2). */
#include "t.h"
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

static volatile long word = 0x1234;

static int stopped(pid_t pid)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, __WALL), pid);
	if (!WIFSTOPPED(st))
		T_FAIL("not stopped: %x", st);
	return st >> 8;
}

static void ended(pid_t pid, int want)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, __WALL), pid);
	CHECK_EQ(st, want);
}

static pid_t child(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		fn();
		_exit(0);
	}
	CHECK_EQ(stopped(pid), SIGSTOP);
	return pid;
}

static void nothing(void)
{
	_exit(word == 0x1234 ? 3 : 4);
}

T(peek_and_poke)
{
	pid_t pid = child(nothing);

	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, &word, 0), 0x1234);
	CHECK_EQ(ptrace(PTRACE_POKEDATA, pid, &word, 77), 0);
	CHECK_EQ(word, 0x1234);
	CHECK_ERRNO(ptrace(PTRACE_PEEKDATA, pid, 8, 0), EIO);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ended(pid, 4 << 8);
	CHECK_ERRNO(ptrace(PTRACE_CONT, pid, 0, 0), ESRCH);
}

static void call(void)
{
	_exit(syscall(SYS_getppid, 1, 2, 3) == 99 ? 5 : 6);
}

static int constant(void)
{
	return 11;
}
static int (*volatile ask)(void) = constant;

static void asks(void)
{
	_exit(ask());
}

T(pokes_into_program_text)
{
	pid_t pid = child(asks);
	long was = ptrace(PTRACE_PEEKTEXT, pid, constant, 0);

	CHECK_EQ(was, *(long *)constant);
	/* mov $12, %eax; ret */
	CHECK_EQ(ptrace(PTRACE_POKETEXT, pid, constant, 0xc30000000cb8), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ended(pid, 12 << 8);
	CHECK_EQ(ask(), 11);
}

T(system_calls)
{
	struct user_regs_struct r;
	pid_t pid = child(call);
	int seen = 0;

	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD), 0);
	for (;;) {
		CHECK_EQ(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
		CHECK_EQ(stopped(pid), SIGTRAP | 0x80);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &r), 0);
		if (r.orig_rax == SYS_exit_group)
			break;
		if (r.orig_rax != SYS_getppid)
			continue;
		if (!seen++) {
			CHECK_EQ(r.rax, -ENOSYS);
			CHECK_EQ(r.rdi, 1);
			CHECK_EQ(r.rdx, 3);
		} else {
			CHECK_EQ(r.rax, getpid());
			r.rax = 99;
			CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &r), 0);
		}
	}
	CHECK_EQ(seen, 2);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ended(pid, 5 << 8);
}

static volatile int got;
static void on_sig(int sig)
{
	got = sig;
}

static void sig(void)
{
	signal(SIGUSR1, on_sig);
	signal(SIGUSR2, on_sig);
	raise(SIGUSR1);
	_exit(got);
}

T(signals)
{
	siginfo_t si;
	pid_t pid = child(sig);

	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGUSR1);
	CHECK_EQ(ptrace(PTRACE_GETSIGINFO, pid, 0, &si), 0);
	CHECK_EQ(si.si_signo, SIGUSR1);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, SIGUSR2), 0);
	ended(pid, SIGUSR2 << 8);
	pid = child(sig);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGUSR1);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ended(pid, 0);
	pid = child(sig);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	ended(pid, SIGKILL);
}

static void loop(void)
{
	for (volatile int i = 0; i < 1000000000; i++)
		;
}

T(single_steps)
{
	struct user_regs_struct r, s;
	pid_t pid = child(loop);
	int moved = 0;

	for (int i = 0; i < 200; i++) {
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &r), 0);
		CHECK_EQ(ptrace(PTRACE_SINGLESTEP, pid, 0, 0), 0);
		CHECK_EQ(stopped(pid), SIGTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &s), 0);
		moved += s.rip != r.rip;
	}
	CHECK(moved > 190);
	kill(pid, SIGKILL);
	ended(pid, SIGKILL);
}

static void trap(void)
{
	__asm__ volatile("int3");
	_exit(9);
}

T(breakpoints)
{
	pid_t pid = child(trap);

	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ended(pid, 9 << 8);
}

static void forks(void)
{
	pid_t pid = fork();
	int st;

	if (!pid)
		_exit(7);
	waitpid(pid, &st, 0);
	_exit(WEXITSTATUS(st) + 1);
}

T(follows_forks)
{
	pid_t pid = child(forks), kid;
	unsigned long msg;
	int ends = 0;

	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, 0,
			PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT),
		 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP | PTRACE_EVENT_FORK << 8);
	CHECK_EQ(ptrace(PTRACE_GETEVENTMSG, pid, 0, &msg), 0);
	kid = msg;
	CHECK_EQ(stopped(kid), SIGSTOP);
	CHECK_EQ(ptrace(PTRACE_CONT, kid, 0, 0), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(kid), SIGTRAP | PTRACE_EVENT_EXIT << 8);
	CHECK_EQ(ptrace(PTRACE_GETEVENTMSG, kid, 0, &msg), 0);
	CHECK_EQ(msg, 7 << 8);
	CHECK_EQ(ptrace(PTRACE_CONT, kid, 0, 0), 0);
	while (ends < 2) {
		int st;
		pid_t w = waitpid(-1, &st, __WALL);

		if (WIFSTOPPED(st)) {
			ptrace(PTRACE_CONT, w, 0, st >> 16 ? 0 : WSTOPSIG(st));
			continue;
		}
		CHECK(WIFEXITED(st));
		CHECK_EQ(WEXITSTATUS(st), w == kid ? 7 : 8);
		ends++;
	}
}

static void *thread(void *arg)
{
	return NULL;
}

static void threads(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	_exit(2);
}

T(follows_threads)
{
	pid_t pid = child(threads);
	int ends = 0, clones = 0;

	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	while (ends < 2) {
		int st;
		pid_t w = waitpid(-1, &st, __WALL);

		CHECK(w > 0);
		if (!WIFSTOPPED(st)) {
			/* a thread shows its group's status once there is one */
			CHECK(st == 2 << 8 || (w != pid && !st));
			ends++;
			continue;
		}
		clones += st >> 16 == PTRACE_EVENT_CLONE;
		CHECK_EQ(ptrace(PTRACE_CONT, w, 0, 0), 0);
	}
	CHECK_EQ(clones, 1);
}

static void execs(void)
{
	execl("/proc/self/exe", "ptrace", "--exit", NULL);
}

T(exec_event)
{
	pid_t pid = child(execs);

	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP);
	kill(pid, SIGKILL);
	ended(pid, SIGKILL);
	pid = child(execs);
	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP | PTRACE_EVENT_EXEC << 8);
	kill(pid, SIGKILL);
	ended(pid, SIGKILL);
}

T(attach_and_detach)
{
	char path[64], line[100];
	int tracer = -1;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(ptrace(PTRACE_ATTACH, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGSTOP);
	CHECK_ERRNO(ptrace(PTRACE_ATTACH, pid, 0, 0), EPERM);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *f = fopen(path, "r");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "TracerPid: %d", &tracer);
	fclose(f);
	CHECK_EQ(tracer, getpid());
	CHECK_EQ(ptrace(PTRACE_DETACH, pid, 0, 0), 0);
	CHECK_ERRNO(ptrace(PTRACE_PEEKDATA, pid, &word, 0), ESRCH);
	kill(pid, SIGTERM);
	ended(pid, SIGTERM);
}

T(seize_interrupt_listen)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD), 0);
	CHECK_EQ(ptrace(PTRACE_INTERRUPT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP | PTRACE_EVENT_STOP << 8);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	kill(pid, SIGSTOP);
	CHECK_EQ(stopped(pid), SIGSTOP);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, SIGSTOP), 0);
	CHECK_EQ(stopped(pid), SIGSTOP | PTRACE_EVENT_STOP << 8);
	CHECK_EQ(ptrace(PTRACE_LISTEN, pid, 0, 0), 0);
	kill(pid, SIGCONT);
	CHECK_EQ(stopped(pid), SIGTRAP | PTRACE_EVENT_STOP << 8);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGCONT);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, SIGTERM), 0);
	ended(pid, SIGTERM);
}

static void filtered(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 55),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };
	long me = getpid(), a, b;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p))
		_exit(1);
	a = syscall(SYS_getppid);
	b = syscall(SYS_getppid);
	_exit(a != me && a > 0 && b == me ? 8 : 2);
}

T(seccomp_events)
{
	pid_t pid = child(filtered);
	struct user_regs_struct r;
	unsigned long msg;

	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
	CHECK_EQ(ptrace(PTRACE_GETEVENTMSG, pid, 0, &msg), 0);
	CHECK_EQ(msg, 55);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
	CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &r), 0);
	r.orig_rax = SYS_getpid;
	CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &r), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ended(pid, 8 << 8);
}

static void vectors(void)
{
	double d = 1.5;

	__asm__ volatile("movsd %0, %%xmm7\n\tint3\n\tmovsd %%xmm7, %0"
			 : "+m"(d)::"xmm7");
	_exit(d == 2.5 ? 1 : 2);
}

T(register_sets)
{
	pid_t pid = child(vectors);
	struct user_fpregs_struct fp;
	struct user_regs_struct r;
	struct iovec v = { &r, sizeof(r) };
	static char xs[16384] __attribute__((aligned(64)));
	double d;

	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(stopped(pid), SIGTRAP);
	CHECK_EQ(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v), 0);
	CHECK_EQ(v.iov_len, sizeof(r));
	CHECK_EQ(r.cs, 0x33);
	CHECK(r.fs_base != 0);
	CHECK_EQ(ptrace(PTRACE_GETFPREGS, pid, 0, &fp), 0);
	memcpy(&d, &fp.xmm_space[28], 8);
	CHECK(d == 1.5);
	d = 2.5;
	memcpy(&fp.xmm_space[28], &d, 8);
	CHECK_EQ(ptrace(PTRACE_SETFPREGS, pid, 0, &fp), 0);
	v = (struct iovec){ xs, sizeof(xs) };
	CHECK_EQ(ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &v), 0);
	CHECK(v.iov_len >= 576);
	CHECK(!memcmp(xs + 160 + 112, &d, 8));
	CHECK_EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ended(pid, 1 << 8);
}

T_MAIN
