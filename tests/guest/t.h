/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest tests' little harness. A test is a plain Linux program:
 *
 *	T(pipe_is_atomic) { CHECK_EQ(pipe(p), 0); … }
 *	T_MAIN
 *
 * Each T runs in a forked child with a deadline. What is printed is the same on
 * the host and in a machine: no pids, addresses or times. SKIP("why") ends a
 * test as skipped. T_SLOW=N in the environment makes deadlines N times as long
 * (emulated processors). The last line reads `N passed, M failed, K skipped`.
 */
#ifndef T_H
#define T_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/syscall.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef T_DEADLINE
#define T_DEADLINE 20
#endif

/* How many times longer than usual may things take? */
static inline int t_slow(void)
{
	const char *s = getenv("T_SLOW");
	int n = s ? atoi(s) : 1;

	return n > 0 ? n : 1;
}

struct t_case {
	const char *name;
	void (*fn)(void);
	struct t_case *next;
};
/* Are all other threads of this process, or all its children, off the processor? */
static inline int t_all_asleep(const char *dir, int parent)
{
	int asleep = 1, me = (int)syscall(SYS_gettid);
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[300], buf[512], *p, state;
		int ppid;
		FILE *f;

		if (*e->d_name < '1' || *e->d_name > '9' ||
		    atoi(e->d_name) == me)
			continue;
		snprintf(path, sizeof(path), "%s/%s/stat", dir, e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		p = fgets(buf, sizeof(buf), f) ? strrchr(buf, ')') : NULL;
		fclose(f);
		if (!p || sscanf(p + 1, " %c %d", &state, &ppid) != 2)
			continue;
		if ((!parent || ppid == parent) &&
		    (state == 'R' || state == 'D'))
			asleep = 0;
	}
	if (d)
		closedir(d);
	return asleep;
}

/* Until who was started last has come to where it waits; 10 s at most. */
static inline void t_settle(void)
{
	for (int i = 0, quiet = 0; i < 5000 && quiet < 3; i++) {
		usleep(2000);
		quiet = t_all_asleep("/proc", getpid()) &&
					t_all_asleep("/proc/self/task", 0)
				? quiet + 1
				: 0;
	}
}

static struct t_case *t_first, **t_last = &t_first;

#define T(name)                                                         \
	static void t_##name(void);                                     \
	static struct t_case t_case_##name = { #name, t_##name, NULL }; \
	__attribute__((constructor)) static void t_reg_##name(void)     \
	{                                                               \
		*t_last = &t_case_##name;                               \
		t_last = &t_case_##name.next;                           \
	}                                                               \
	static void t_##name(void)

#define T_FAIL(...)                                      \
	do {                                             \
		printf("  %s:%d: ", __FILE__, __LINE__); \
		printf(__VA_ARGS__);                     \
		printf("\n");                            \
		fflush(stdout);                          \
		_exit(1);                                \
	} while (0)
#define SKIP(why)                               \
	do {                                    \
		printf("  skipped: %s\n", why); \
		fflush(stdout);                 \
		_exit(77);                      \
	} while (0)
#define CHECK(c)                                                         \
	do {                                                             \
		if (!(c))                                                \
			T_FAIL("CHECK(%s) failed, errno %d", #c, errno); \
	} while (0)
#define CHECK_EQ(a, b)                                                        \
	do {                                                                  \
		long long a_ = (long long)(a), b_ = (long long)(b);           \
		if (a_ != b_)                                                 \
			T_FAIL("%s is %lld, not %lld (%s), errno %d", #a, a_, \
			       b_, #b, errno);                                \
	} while (0)
/* The call must fail with -1 and this errno. */
#define CHECK_ERRNO(call, e)                                                \
	do {                                                                \
		errno = 0;                                                  \
		long long r_ = (long long)(call);                           \
		if (r_ != -1 || errno != (e))                               \
			T_FAIL("%s gave %lld, errno %d, not %s", #call, r_, \
			       errno, #e);                                  \
	} while (0)
#define CHECK_STR(a, b)                                                   \
	do {                                                              \
		if (strcmp((a), (b)))                                     \
			T_FAIL("%s is \"%s\", not \"%s\"", #a, (a), (b)); \
	} while (0)

static int t_run(struct t_case *t)
{
	int st = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm((unsigned)(T_DEADLINE * t_slow()));
		t->fn();
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &st, 0) != pid) {
		printf("FAIL %s (fork or wait)\n", t->name);
		return 1;
	}
	if (WIFEXITED(st) && WEXITSTATUS(st) == 77) {
		printf("SKIP %s\n", t->name);
		return 77;
	}
	if (WIFSIGNALED(st))
		printf("FAIL %s (signal %d)\n", t->name, WTERMSIG(st));
	else if (WEXITSTATUS(st))
		printf("FAIL %s\n", t->name);
	else
		printf("ok %s\n", t->name);
	return st != 0;
}

/* Arguments, when given, name the tests to run. */
static int t_main(int argc, char **argv)
{
	int n[3] = { 0, 0, 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct t_case *t = t_first; t; t = t->next) {
		int want = argc < 2, r;

		for (int i = 1; i < argc; i++)
			want |= !strcmp(argv[i], t->name);
		if (!want)
			continue;
		r = t_run(t);
		n[r == 77 ? 2 : r]++;
	}
	printf("%d passed, %d failed, %d skipped\n", n[0], n[1], n[2]);
	return n[1] != 0;
}
#define T_MAIN                             \
	int main(int argc, char **argv)    \
	{                                  \
		return t_main(argc, argv); \
	}
#endif
