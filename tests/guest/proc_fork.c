// SPDX-License-Identifier: GPL-2.0
/* fork(2), vfork(2), clone(2), clone3(2), threads: what is shared, what not. */
#include "t.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static char stack[65536] __attribute__((aligned(16)));
#define TOP (stack + sizeof(stack))

static int exit_of(pid_t pid)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, __WALL), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st);
}

T(fork_copies_memory_and_state)
{
	static int data = 5;
	int *heap = malloc(sizeof(int)), local = 7;
	pid_t parent = getpid(), pid;

	*heap = 6;
	signal(SIGUSR1, SIG_IGN);
	umask(027);
	setpriority(PRIO_PROCESS, 0, 3);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(getppid(), parent);
		CHECK(getpid() != parent);
		CHECK_EQ(syscall(SYS_gettid), getpid());
		CHECK_EQ(data + *heap + local, 18);
		data = *heap = local = 0;
		CHECK(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
		CHECK_EQ(umask(0), 027);
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3);
		CHECK_EQ(getpgrp(), getpgid(parent));
		CHECK_EQ(getsid(0), getsid(parent));
		_exit(3);
	}
	CHECK_EQ(exit_of(pid), 3);
	CHECK_EQ(data + *heap + local, 18);
}

T(pending_signals_and_alarms_are_not_inherited)
{
	sigset_t s, p;
	struct itimerval it;
	pid_t pid;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGUSR1);
	alarm(15);
	pid = fork();
	if (pid == 0) {
		sigpending(&p);
		CHECK_EQ(sigismember(&p, SIGUSR1), 0);
		getitimer(ITIMER_REAL, &it);
		CHECK_EQ(it.it_value.tv_sec, 0);
		sigprocmask(SIG_BLOCK, NULL, &s);
		CHECK_EQ(sigismember(&s, SIGUSR1), 1);
		_exit(0);
	}
	CHECK_EQ(exit_of(pid), 0);
	CHECK(alarm(0) > 10);
}

T(many_children)
{
	pid_t pid[100];

	for (int i = 0; i < 100; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(i);
		CHECK(pid[i] > 0);
	}
	for (int i = 99; i >= 0; i--)
		CHECK_EQ(exit_of(pid[i]), i);
	CHECK_ERRNO(wait(NULL), ECHILD);
}

T(deep_family)
{
	int p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	for (int i = 0; i < 30; i++)
		if (fork() != 0) {
			int st;

			if (i == 0)
				break;
			wait(&st);
			_exit(WEXITSTATUS(st) + 1);
		} else if (i == 29) {
			CHECK_EQ(write(p[1], "x", 1), 1);
			_exit(0);
		}
	CHECK_EQ(read(p[0], &c, 1), 1);
	int st;

	wait(&st);
	CHECK_EQ(WEXITSTATUS(st), 29);
}

static int shared;

T(vfork_shares_memory_and_waits)
{
	pid_t pid = vfork();

	if (pid == 0) {
		struct timespec ts = { 0, 30000000 };

		nanosleep(&ts, NULL);
		shared = 1;
		_exit(4);
	}
	CHECK_EQ(shared, 1);
	CHECK_EQ(exit_of(pid), 4);
}

T(vfork_and_exec)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/proc/self/exe", "x", "@exit", "7", NULL);
		_exit(1);
	}
	CHECK_EQ(exit_of(pid), 7);
}

T(vfork_child_killed)
{
	pid_t pid = vfork();

	if (pid == 0) {
		raise(SIGKILL);
		_exit(1);
	}
	CHECK_EQ(exit_of(pid), -SIGKILL);
}

T(posix_spawn_works)
{
	char *argv[] = { "x", "@exit", "9", NULL };
	pid_t pid;

	for (int i = 0; i < 20; i++) {
		CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv,
				     environ),
			 0);
		CHECK_EQ(exit_of(pid), 9);
	}
	CHECK_EQ(posix_spawn(&pid, "/no/such/file", NULL, NULL, argv, environ),
		 ENOENT);
}

static int add_one(void *arg)
{
	shared++;
	return *(int *)arg;
}

T(clone_vm_shares_memory)
{
	int ret = 6;
	pid_t pid = clone(add_one, TOP, CLONE_VM | SIGCHLD, &ret);

	CHECK(pid > 0);
	CHECK_EQ(exit_of(pid), 6);
	CHECK_EQ(shared, 1);
}

static int change_files(void *arg)
{
	close(*(int *)arg);
	CHECK_EQ(chdir("/proc"), 0);
	umask(0123);
	return 0;
}

T(clone_files_and_fs)
{
	int fd = open("/", O_RDONLY);
	char cwd[100];
	pid_t pid =
		clone(change_files, TOP, CLONE_FILES | CLONE_FS | SIGCHLD, &fd);

	CHECK_EQ(exit_of(pid), 0);
	CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);
	CHECK_STR(getcwd(cwd, sizeof(cwd)), "/proc");
	CHECK_EQ(umask(0), 0123);
	fd = open("/", O_RDONLY);
	pid = clone(change_files, TOP, SIGCHLD, &fd);
	CHECK_EQ(exit_of(pid), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
}

static int change_action(void *arg)
{
	signal(SIGUSR2, SIG_IGN);
	return 0;
}

T(clone_sighand)
{
	pid_t pid = clone(change_action, TOP,
			  CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);

	CHECK_EQ(exit_of(pid), 0);
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
	pid = clone(change_action, TOP, CLONE_VM | SIGCHLD, NULL);
	CHECK_EQ(exit_of(pid), 0);
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_DFL);
}

static long raw_clone(unsigned long flags, void *sp, int *ptid, int *ctid)
{
	return syscall(SYS_clone, flags, sp, ptid, ctid, 0);
}

T(clone_tids)
{
	int ptid = 0, ctid = 0;
	long pid = raw_clone(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |
				     CLONE_CHILD_CLEARTID | SIGCHLD,
			     NULL, &ptid, &ctid);

	if (pid == 0)
		_exit(ctid != getpid());
	CHECK_EQ(ptid, pid);
	CHECK_EQ(ctid, 0);
	CHECK_EQ(exit_of((pid_t)pid), 0);
}

static volatile int cleared = 1;

T(clear_child_tid_wakes)
{
	int ret = 0;
	pid_t pid;

	shared = 0;
	pid = clone(add_one, TOP, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD,
		    &ret, NULL, NULL, (void *)&cleared);
	while (cleared)
		syscall(SYS_futex, &cleared, FUTEX_WAIT, 1, NULL, NULL, 0);
	CHECK_EQ(shared, 1);
	CHECK_EQ(exit_of(pid), 0);
}

T(clone_errors)
{
	CHECK_ERRNO(raw_clone(CLONE_THREAD | SIGCHLD, TOP, 0, 0), EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_SIGHAND | SIGCHLD, TOP, 0, 0), EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_THREAD | CLONE_SIGHAND, TOP, 0, 0), EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0),
		    EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0,
			      &shared, 0),
		    EINVAL);
}

static long clone3_(struct clone_args *a, size_t n)
{
	return syscall(SYS_clone3, a, n);
}

T(clone3_basics)
{
	int pidfd = -1, ptid = 0, st;
	struct clone_args a = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
		.pidfd = (uintptr_t)&pidfd,
		.parent_tid = (uintptr_t)&ptid,
		.exit_signal = SIGCHLD,
	};
	struct pollfd pf;
	siginfo_t si;
	long pid = clone3_(&a, sizeof(a));

	if (pid == 0) {
		usleep(20000);
		_exit(11);
	}
	CHECK(pid > 0);
	CHECK_EQ(ptid, pid);
	CHECK(pidfd >= 0);
	CHECK_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	pf = (struct pollfd){ pidfd, POLLIN, 0 };
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK_EQ(pf.revents, POLLIN);
	CHECK_EQ(waitid(P_PIDFD, pidfd, &si, WEXITED), 0);
	CHECK_EQ(si.si_status, 11);
	CHECK_EQ(si.si_pid, pid);
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0), ESRCH);
	(void)st;
}

T(clone3_errors)
{
	struct clone_args a = { .exit_signal = SIGCHLD };
	char big[256];

	CHECK_ERRNO(clone3_(&a, 63), EINVAL);
	CHECK_ERRNO(clone3_(&a, 5000), E2BIG);
	memset(big, 0, sizeof(big));
	memcpy(big, &a, sizeof(a));
	big[200] = 1;
	CHECK_ERRNO(clone3_((void *)big, 256), E2BIG);
	a.exit_signal = 65;
	CHECK_ERRNO(clone3_(&a, sizeof(a)), EINVAL);
	a.exit_signal = SIGCHLD;
	a.stack = (uintptr_t)stack;
	CHECK_ERRNO(clone3_(&a, sizeof(a)), EINVAL);
	a.stack = 0;
	a.stack_size = 4096;
	CHECK_ERRNO(clone3_(&a, sizeof(a)), EINVAL);
	a.stack_size = 0;
	a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	CHECK_ERRNO(clone3_(&a, sizeof(a)), EINVAL);
	a.flags = CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND;
	CHECK_ERRNO(clone3_(&a, sizeof(a)), EINVAL);
	a.flags = 1ull << 50;
	CHECK_ERRNO(clone3_(&a, sizeof(a)), EINVAL);
	a.flags = 0;
	a.set_tid_size = 1;
	CHECK_ERRNO(clone3_(&a, sizeof(a)), EINVAL);
	CHECK_ERRNO(clone3_((void *)8, sizeof(a)), EFAULT);
}

T(clone3_clear_sighand)
{
	struct clone_args a = { .flags = CLONE_CLEAR_SIGHAND,
				.exit_signal = SIGCHLD };
	long pid;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, (void (*)(int))add_one);
	pid = clone3_(&a, sizeof(a));
	if (pid == 0) {
		CHECK(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
		CHECK(signal(SIGUSR2, SIG_DFL) == SIG_DFL);
		_exit(0);
	}
	CHECK_EQ(exit_of((pid_t)pid), 0);
}

T(clone_parent_makes_a_sibling)
{
	int p[2];
	pid_t pid, parent = getpid();
	pid_t grand = 0;

	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		long c = raw_clone(CLONE_PARENT | SIGCHLD, 0, 0, 0);
		pid_t me;

		if (c == 0) {
			me = getpid();
			CHECK_EQ(getppid(), parent);
			CHECK_EQ(write(p[1], &me, sizeof(me)), sizeof(me));
			_exit(2);
		}
		_exit(1);
	}
	CHECK_EQ(exit_of(pid), 1);
	CHECK_EQ(read(p[0], &grand, sizeof(grand)), sizeof(grand));
	CHECK_EQ(exit_of(grand), 2);
}

/* --- Threads --- */

static void *count_up(void *arg)
{
	for (int i = 0; i < 1000; i++)
		__atomic_fetch_add((int *)arg, 1, __ATOMIC_SEQ_CST);
	return arg;
}

T(threads_come_and_go)
{
	pthread_t th[16];
	int n = 0;
	void *ret;

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 16; i++)
			CHECK_EQ(pthread_create(&th[i], NULL, count_up, &n), 0);
		for (int i = 0; i < 16; i++) {
			CHECK_EQ(pthread_join(th[i], &ret), 0);
			CHECK(ret == &n);
		}
	}
	CHECK_EQ(n, 160000);
}

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static int turn;

static void *ping(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&mu);
		while (turn != me)
			pthread_cond_wait(&cv, &mu);
		turn = !me;
		pthread_cond_broadcast(&cv);
		pthread_mutex_unlock(&mu);
	}
	return NULL;
}

T(threads_take_turns)
{
	pthread_t a, b;

	pthread_create(&a, NULL, ping, (void *)0);
	pthread_create(&b, NULL, ping, (void *)1);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void *spinner(void *arg)
{
	for (;;)
		;
	return NULL;
}

static void *exiter(void *arg)
{
	usleep(20000);
	_exit(13);
	return NULL;
}

T(exit_group_ends_all_threads)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		for (int i = 0; i < 5; i++)
			pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, spinner, NULL);
		pthread_create(&t, NULL, exiter, NULL);
		pause();
	}
	CHECK_EQ(exit_of(pid), 13);
}

T(fatal_signal_ends_all_threads)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, spinner, NULL);
		usleep(10000);
		kill(getpid(), SIGTERM);
		pause();
	}
	CHECK_EQ(exit_of(pid), -SIGTERM);
}

T(leader_exits_first)
{
	pid_t pid = fork();
	siginfo_t si;

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, exiter, NULL);
		syscall(SYS_exit, 1);
	}
	usleep(5000);
	si.si_pid = 0;
	CHECK_EQ(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG), 0);
	CHECK_EQ(si.si_pid, 0);
	CHECK_EQ(exit_of(pid), 13);
}

static void *exec_in_thread(void *arg)
{
	usleep(10000);
	execl("/proc/self/exe", "x", "@ids", NULL);
	_exit(1);
	return NULL;
}

T(exec_in_a_thread_becomes_the_leader)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, spinner, NULL);
		pthread_create(&t, NULL, exec_in_thread, NULL);
		pause();
	}
	CHECK_EQ(exit_of(pid), 21);
}

T(exec_in_the_leader_ends_threads)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, spinner, NULL);
		usleep(10000);
		execl("/proc/self/exe", "x", "@ids", NULL);
	}
	CHECK_EQ(exit_of(pid), 21);
}

static void *forker(void *arg)
{
	for (int i = 0; i < 25; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		CHECK_EQ(exit_of(pid), i);
	}
	return NULL;
}

T(threads_fork_at_once)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, forker, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static void *get_tid(void *arg)
{
	CHECK(syscall(SYS_gettid) != getpid());
	CHECK_EQ(getppid(), *(pid_t *)arg);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0), 0);
	return NULL;
}

T(thread_ids)
{
	pthread_t t;
	pid_t pp = getppid();

	pthread_create(&t, NULL, get_tid, &pp);
	pthread_join(t, NULL);
}

T(robust_mutex_owner_dies)
{
	pthread_mutexattr_t at;
	pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	pthread_mutexattr_init(&at);
	pthread_mutexattr_setpshared(&at, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &at);
	pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(m);
		while (!(*(volatile int *)&m->__data.__lock & 0x80000000))
			usleep(1000); /* until somebody waits */
		raise(SIGKILL);
	}
	while (!*(volatile int *)&m->__data.__lock)
		usleep(1000);
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);
	CHECK_EQ(exit_of(pid), -SIGKILL);
}

T(nproc_limit)
{
	struct rlimit rl = { 1, 1 };
	pid_t pid = fork();

	if (pid == 0) {
		if (getuid() == 0)
			CHECK_EQ(setuid(61234), 0);
		CHECK_EQ(setrlimit(RLIMIT_NPROC, &rl), 0);
		CHECK_ERRNO(fork(), EAGAIN);
		_exit(0);
	}
	CHECK_EQ(exit_of(pid), 0);
}

T(unshare_files_and_fs)
{
	CHECK_EQ(unshare(CLONE_FILES), 0);
	CHECK_EQ(unshare(CLONE_FS | CLONE_SYSVSEM), 0);
	CHECK_ERRNO(unshare(0x40), EINVAL);
	CHECK_EQ(unshare(CLONE_THREAD | CLONE_VM | CLONE_SIGHAND), 0);
}

T(names)
{
	char name[17] = { 0 };

	CHECK_EQ(prctl(PR_SET_NAME, "a name that is too long"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "a name that is ");
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "@exit"))
		return atoi(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "@ids"))
		return syscall(SYS_gettid) == getpid() ? 21 : 22;
	return t_main(argc, argv);
}
