// SPDX-License-Identifier: GPL-2.0
/*
 * Many processes fork, exec, signal, stop, wait and end at random, threads
 * among them; nothing may be lost. Length by STORM_MS.
 */
#include "t.h"
#include <pthread.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

static long storm_ms(void)
{
	const char *s = getenv("STORM_MS");

	return s ? atol(s) : 2000;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static unsigned rnd(unsigned *s)
{
	*s = *s * 1103515245 + 12345;
	return *s >> 16;
}

static volatile int hits;

static void on_usr(int sig)
{
	hits++;
}

static void *thread_body(void *arg)
{
	if ((long)arg % 3 == 0)
		usleep(500);
	if ((long)arg % 3 == 1)
		raise(SIGUSR1);
	return arg;
}

static void some_threads(unsigned *s)
{
	pthread_t t[4];
	int n = 1 + rnd(s) % 4;

	for (int i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, thread_body, (void *)(long)i))
			_exit(50);
	if (rnd(s) % 4 == 0)
		_exit(33); /* with threads still going */
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static void child_life(unsigned s)
{
	char *argv[] = { "x", "@exit", "33", NULL };

	signal(SIGUSR1, on_usr);
	switch (rnd(&s) % 6) {
	case 0:
		_exit(33);
	case 1:
		execv("/proc/self/exe", argv);
		_exit(51);
	case 2:
		raise(SIGKILL);
		_exit(52);
	case 3:
		some_threads(&s);
		_exit(33);
	case 4:
		usleep(rnd(&s) % 2000);
		kill(getppid(), SIGUSR1);
		_exit(33);
	case 5:
		if (fork() == 0)
			_exit(0); /* an orphan, perhaps */
		_exit(33);
	}
}

static void reap(pid_t pid, int got_kill)
{
	int st;
	pid_t r;

	do
		r = waitpid(pid, &st, 0);
	while (r < 0 && errno == EINTR);
	CHECK_EQ(r, pid);
	if (WIFSIGNALED(st))
		CHECK(WTERMSIG(st) == SIGKILL);
	else
		CHECK_EQ(WEXITSTATUS(st), 33);
}

static void worker(unsigned seed, long end)
{
	char *argv[] = { "x", "@exit", "33", NULL };

	signal(SIGUSR1, on_usr);
	while (now_ms() < end) {
		pid_t pid[8];
		int n = 1 + rnd(&seed) % 8;

		for (int i = 0; i < n; i++) {
			if (rnd(&seed) % 5 == 0) {
				CHECK_EQ(posix_spawn(&pid[i], "/proc/self/exe",
						     NULL, NULL, argv, environ),
					 0);
				continue;
			}
			pid[i] = fork();
			CHECK(pid[i] >= 0);
			if (pid[i] == 0)
				child_life(seed + (unsigned)i * 77);
			if (rnd(&seed) % 6 == 0) {
				kill(pid[i], SIGSTOP);
				kill(pid[i], SIGCONT);
			}
			if (rnd(&seed) % 9 == 0)
				kill(pid[i], SIGKILL);
		}
		for (int i = 0; i < n; i++)
			reap(pid[i], 0);
	}
	_exit(0);
}

T(storm)
{
	long end = now_ms() + storm_ms();
	pid_t pid[12];
	int st;

	alarm((unsigned)(storm_ms() / 1000 + 20));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 0; i < 12; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			worker((unsigned)i * 7919 + 1, end);
	}
	for (int i = 0; i < 12; i++) {
		CHECK_EQ(waitpid(pid[i], &st, 0), pid[i]);
		CHECK_EQ(st, 0);
	}
	while (wait(NULL) > 0) /* the orphans are ours now */
		;
	CHECK_EQ(errno, ECHILD);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "@exit"))
		return atoi(argv[2]);
	return t_main(argc, argv);
}
