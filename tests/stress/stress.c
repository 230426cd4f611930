// SPDX-License-Identifier: GPL-2.0
/*
 * stress SEED SECONDS [PROCESSES [rough]]: a population of processes that do something
 * at random: fork a child and wait for it, exec this program, send bytes through
 * a pipe, signal a neighbour, map and touch memory, share it, sleep, end. Each
 * writes what it began and what it finished into shared memory; at the end the
 * two agree, all were reaped, and no byte was lost. Last line: `ok stress`.
 * `rough`: somebody kills processes from outside; it only has to come to its end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum act { FORK, EXEC, PIPE, SIGNAL, MAP, SHARE, THREAD, NAP, TREE, ACTS };
static const char *const act_name[ACTS] = { "fork",   "exec", "pipe",
					    "signal", "map",  "share",
					    "thread", "nap",  "tree" };

struct board {
	uint64_t begun[ACTS], done[ACTS], bad;
	uint64_t born, gone;
	uint32_t stop;
	int pid[1024];
	char why[128];
};
static struct board *b;
static uint64_t rnd;
static const char *self;
static volatile sig_atomic_t signals;

static uint32_t next(uint32_t n)
{
	rnd = rnd * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(rnd >> 33) % n;
}

static void bad(const char *why)
{
	if (!__atomic_fetch_add(&b->bad, 1, __ATOMIC_SEQ_CST))
		snprintf(b->why, sizeof(b->why), "%s, errno %d", why, errno);
}

static void on_signal(int sig)
{
	signals++;
}

static int wait_for(pid_t pid)
{
	int st;

	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR) {
			bad("waitpid");
			return -1;
		}
	return st;
}

static pid_t begin_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		bad("fork");
	return pid;
}

static void act_fork(void)
{
	int code = (int)next(120), st;
	pid_t pid = begin_child();

	if (!pid)
		_exit(code);
	if (pid > 0 && (st = wait_for(pid)) != code << 8)
		bad("exit status of a child");
}

static void act_exec(void)
{
	pid_t pid = next(2) ? vfork() : fork();
	int st;

	if (!pid) {
		execl(self, self, "--exit", "17", (char *)NULL);
		_exit(1);
	}
	if (pid < 0)
		bad("fork");
	else if ((st = wait_for(pid)) != 17 << 8)
		bad("exit status of a program");
}

static void act_pipe(void)
{
	size_t total = 1 + next(300000), got = 0;
	char buf[8192];
	uint32_t sum = 0, want = 0;
	int p[2];
	ssize_t n;
	pid_t pid;

	if (pipe(p)) {
		bad("pipe");
		return;
	}
	pid = begin_child();
	if (!pid) {
		uint8_t c = 0;
		size_t sent = 0;

		close(p[0]);
		while (sent < total) {
			size_t k = total - sent;

			k = k > sizeof(buf) ? sizeof(buf) : k;
			for (size_t i = 0; i < k; i++)
				buf[i] = (char)(c + i);
			n = write(p[1], buf, k);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				_exit(1);
			sent += (size_t)n;
			c = (uint8_t)(c + n);
		}
		_exit(0);
	}
	close(p[1]);
	while (pid > 0) {
		n = read(p[0], buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++) {
			sum += (uint8_t)buf[i];
			want += (uint8_t)(got + (size_t)i);
		}
		got += (size_t)n;
	}
	close(p[0]);
	if (pid > 0 && wait_for(pid))
		bad("a pipe's writer");
	if (pid > 0 && (got != total || sum != want))
		bad("bytes of a pipe");
}

static void act_signal(void)
{
	int pid = b->pid[next(sizeof(b->pid) / sizeof(b->pid[0]))];

	/* SIGUSR1 only ever meets processes that catch it */
	if (pid > 0 && kill(pid, SIGUSR1) && errno != ESRCH)
		bad("kill");
}

static void act_map(void)
{
	size_t pages = 1 + next(64);
	char *m = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (m == MAP_FAILED) {
		bad("mmap");
		return;
	}
	for (size_t i = 0; i < pages; i++)
		m[i * 4096] = (char)(i + 1);
	pid = begin_child();
	if (!pid) {
		for (size_t i = 0; i < pages; i++)
			m[i * 4096]++;
		_exit(m[0] == 2 ? 0 : 1);
	}
	if (pid > 0 && wait_for(pid))
		bad("copy on write in the child");
	for (size_t i = 0; i < pages; i++)
		if (m[i * 4096] != (char)(i + 1))
			bad("copy on write in the parent");
	munmap(m, pages * 4096);
}

static void act_share(void)
{
	uint32_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[3];
	int i;

	if (m == MAP_FAILED) {
		bad("mmap shared");
		return;
	}
	for (i = 0; i < 3; i++) {
		pid[i] = begin_child();
		if (!pid[i]) {
			for (int k = 0; k < 1000; k++)
				__atomic_fetch_add(m, 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
	}
	for (i = 0; i < 3; i++)
		if (pid[i] > 0 && wait_for(pid[i]))
			bad("a sharing child");
	if (*m != 3000)
		bad("additions in shared memory");
	munmap(m, 4096);
}

static void *thread_adds(void *p)
{
	for (int k = 0; k < 1000; k++)
		__atomic_fetch_add((uint32_t *)p, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void act_thread(void)
{
	pid_t pid = begin_child();

	if (!pid) {
		uint32_t n = 0;
		pthread_t t[4];

		for (int i = 0; i < 4; i++)
			if (pthread_create(&t[i], NULL, thread_adds, &n))
				_exit(2);
		for (int i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		_exit(n == 4000 ? 0 : 1);
	}
	if (pid > 0 && wait_for(pid))
		bad("threads of a child");
}

static void act_nap(void)
{
	struct timespec ts = { 0, next(3000000) };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* Grandchildren outlive their parent and are adopted. */
static void act_tree(void)
{
	int p[2], n = 0;
	char c;
	pid_t pid;

	if (pipe(p)) {
		bad("pipe");
		return;
	}
	pid = begin_child();
	if (!pid) {
		for (int i = 0; i < 3; i++)
			if (!fork()) {
				usleep(next(2000));
				_exit(write(p[1], "x", 1) == 1 ? 0 : 1);
			}
		_exit(0);
	}
	close(p[1]);
	if (pid > 0 && wait_for(pid))
		bad("a parent of orphans");
	for (;;) {
		ssize_t r = read(p[0], &c, 1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		n++;
	}
	if (pid > 0 && n != 3)
		bad("orphans");
	close(p[0]);
}

static void (*const act_fn[ACTS])(void) = { act_fork,	act_exec, act_pipe,
					    act_signal, act_map,  act_share,
					    act_thread, act_nap,  act_tree };

static void live(int index, uint64_t seed)
{
	rnd = seed * 2654435761u + (uint64_t)index * 40503u + 1;
	b->pid[index] = getpid();
	while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
		int act = (int)next(ACTS);

		__atomic_fetch_add(&b->begun[act], 1, __ATOMIC_SEQ_CST);
		act_fn[act]();
		__atomic_fetch_add(&b->done[act], 1, __ATOMIC_SEQ_CST);
		if (!next(40))
			break; /* and another one takes its place */
	}
	b->pid[index] = 0;
	_exit(0);
}

static pid_t spawn(int index, uint64_t seed)
{
	pid_t pid = fork();

	if (!pid)
		live(index, seed);
	if (pid > 0)
		b->born++;
	return pid;
}

int main(int argc, char **argv)
{
	struct sigaction sa;
	uint64_t seed, total = 0;
	int seconds, n, i, rough;
	pid_t *kids;
	time_t end;

	if (argc == 3 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	if (argc < 3)
		return 2;
	self = argv[0];
	seed = strtoull(argv[1], NULL, 0);
	seconds = atoi(argv[2]);
	n = argc > 3 ? atoi(argv[3]) : 200;
	rough = argc > 4 && !strcmp(argv[4], "rough");
	if (n > 1024)
		n = 1024;
	b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	kids = calloc((size_t)n, sizeof(*kids));
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigaction(SIGUSR1, &sa, NULL); /* without SA_RESTART */
	end = time(NULL) + seconds;
	for (i = 0; i < n; i++)
		if ((kids[i] = spawn(i, seed)) < 0)
			bad("fork of the population");
	while (time(NULL) < end && (rough || !b->bad)) {
		int st;
		pid_t pid = waitpid(-1, &st, WNOHANG);

		if (pid <= 0) {
			usleep(500);
			continue;
		}
		for (i = 0; i < n && kids[i] != pid; i++)
			;
		if (i == n) {
			bad("a stranger was reaped");
			break;
		}
		if (st)
			bad("a process ended badly");
		b->gone++;
		if ((kids[i] = spawn(i, ++seed)) < 0)
			bad("fork of the population");
	}
	__atomic_store_n(&b->stop, 1, __ATOMIC_RELEASE);
	alarm(60); /* a hang is a failure */
	for (i = 0; i < n; i++)
		if (kids[i] > 0) {
			if (wait_for(kids[i]))
				bad("a process ended badly");
			b->gone++;
		}
	if (waitpid(-1, NULL, 0) != -1 || errno != ECHILD)
		bad("a child too many");
	for (i = 0; i < ACTS; i++) {
		printf("%-8s %8llu\n", act_name[i],
		       (unsigned long long)b->done[i]);
		total += b->done[i];
		if (b->begun[i] != b->done[i])
			bad("something begun was not finished");
	}
	if (b->born != b->gone)
		bad("not everybody was reaped");
	if (b->bad && !rough) {
		printf("seed %s: %llu failures, the first: %s\nFAIL stress\n",
		       argv[1], (unsigned long long)b->bad, b->why);
		return 1;
	}
	printf("%llu processes, %llu acts\nok stress\n",
	       (unsigned long long)b->born, (unsigned long long)total);
	return 0;
}
