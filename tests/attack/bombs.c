// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that forks, makes threads, opens, allocates without end, under its
 * limits: it gets errors, and the machine answers afterwards.
 */
#define T_DEADLINE 60
#include "attack.h"
#include <pthread.h>
#include <sys/resource.h>

static void limit(int what, rlim_t n)
{
	struct rlimit rl = { n, n };

	CHECK_EQ(setrlimit(what, &rl), 0);
}

static void reap_all(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static void fork_bomb(void *unused)
{
	limit(RLIMIT_NPROC, 120);
	setpgid(0, 0);
	for (;;) {
		pid_t pid = fork();

		if (pid < 0) {
			loot->got = (uint64_t)errno;
			/* end the whole tree */
			kill(0, SIGKILL);
		}
	}
}

T(forks_without_end)
{
	ATTACK_INIT();
	for (int i = 0; i < 3; i++) {
		loot->got = 0;
		attack_run(fork_bomb, NULL, 20000);
		CHECK_EQ(loot->got, EAGAIN);
		machine_answers();
	}
}

static void *thread_waits(void *p)
{
	pause();
	return NULL;
}

static void thread_bomb(void *unused)
{
	pthread_attr_t at;
	pthread_t t;
	int n = 0;

	limit(RLIMIT_NPROC, 200);
	pthread_attr_init(&at);
	pthread_attr_setstacksize(&at, 65536);
	while (n < 4000 && !pthread_create(&t, &at, thread_waits, NULL))
		n++;
	loot->got = (uint64_t)n;
}

T(threads_without_end)
{
	ATTACK_INIT();
	CHECK_EQ(attack_run(thread_bomb, NULL, 20000), 0);
	CHECK(loot->got > 10 && loot->got < 200);
	machine_answers();
}

T(descriptors_without_end)
{
	int p[2], n = 0;

	limit(RLIMIT_NOFILE, 1000);
	while (!pipe(p))
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n > 400 && n < 501);
	for (int fd = 3; fd < 1000; fd++)
		close(fd);
	while (open("/dev/null", O_RDONLY) >= 0 || errno == EINTR)
		n++;
	CHECK_EQ(errno, EMFILE);
	for (int fd = 3; fd < 1000; fd++)
		close(fd);
	machine_answers();
}

T(full_pipes_without_end)
{
	static char buf[65536];
	int p[2], n = 0;

	limit(RLIMIT_NOFILE, 500);
	while (!pipe(p)) {
		fcntl(p[1], F_SETFL, O_NONBLOCK);
		while (write(p[1], buf, sizeof(buf)) > 0)
			n++;
	}
	CHECK(n > 10);
	for (int fd = 3; fd < 500; fd++)
		close(fd);
	machine_answers();
}

T(mappings_without_end)
{
	int n = 0;

	/* every other page, so that none can be joined; Linux stops at 65,530 */
	while (n < 200000) {
		char *m = mmap(NULL, 8192, n & 1 ? PROT_READ : PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (m == MAP_FAILED || mprotect(m, 4096, PROT_NONE))
			break;
		n++;
	}
	CHECK_EQ(errno, ENOMEM);
	CHECK(n > 10000 && n < 70000);
}

T(address_space_without_end)
{
	int n = 0;

	limit(RLIMIT_AS, 1ul << 30);
	while (mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		n++;
	CHECK_EQ(errno, ENOMEM);
	CHECK(n > 500 && n < 1024);
	CHECK_ERRNO(mmap(NULL, 1ul << 46, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    ENOMEM);
}

static void deep(volatile char *p)
{
	volatile char here[16384];

	here[0] = *p;
	deep(here);
	here[1] = here[0];
}

static void recurse(void *unused)
{
	char c = 0;

	deep(&c);
}

T(a_stack_without_end)
{
	int st;

	ATTACK_INIT();
	st = attack_run(recurse, NULL, 10000);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
	machine_answers();
}

static void zombies(void *unused)
{
	int n = 0;

	limit(RLIMIT_NPROC, 300);
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0)
			break;
		n++;
	}
	loot->got = (uint64_t)n;
	reap_all();
}

T(zombies_without_end)
{
	ATTACK_INIT();
	CHECK_EQ(attack_run(zombies, NULL, 20000), 0);
	CHECK(loot->got > 50);
	machine_answers();
}

T(signals_to_oneself_without_end)
{
	signal(SIGRTMIN, SIG_IGN);
	for (int i = 0; i < 20000; i++)
		kill(getpid(), SIGRTMIN);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGRTMIN, SIG_DFL);
	limit(RLIMIT_SIGPENDING, 1000);
	union sigval v = { .sival_int = 1 };
	int n = 0;

	while (n < 10000 && !sigqueue(getpid(), SIGRTMIN, v))
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n <= 1000);
	loot_init();
}

T_MAIN
