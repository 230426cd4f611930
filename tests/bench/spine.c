// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark of the spine: nanoseconds per operation, one line a row,
 * "name value". Built static; run.sh runs it on the host and in a machine in
 * turn and prints both with their ratio. With --processes N instead: N children
 * that sleep, for the memory that a process costs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static const char *dir = "/tmp";
static char path[256], self[256];
static int zero_fd, null_fd, file_fd, rd[2], wr[2];

static void b_getppid(int n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void b_read(int n)
{
	char c;

	while (n--)
		if (read(zero_fd, &c, 1) != 1)
			die("read");
}

static void b_write(int n)
{
	while (n--)
		if (write(null_fd, "x", 1) != 1)
			die("write");
}

static void b_pread(int n)
{
	static char buf[4096];

	while (n--)
		if (pread(file_fd, buf, sizeof(buf), 0) != sizeof(buf))
			die("pread");
}

static void b_stat(int n)
{
	struct stat st;

	while (n--)
		if (stat(path, &st))
			die("stat");
}

static void b_open(int n)
{
	while (n--) {
		int fd = open(path, O_RDONLY);

		if (fd < 0)
			die("open");
		close(fd);
	}
}

static void b_create(int n)
{
	char name[300];

	snprintf(name, sizeof(name), "%s/bench-new", dir);
	while (n--) {
		int fd = open(name, O_CREAT | O_WRONLY, 0600);

		if (fd < 0 || write(fd, "x", 1) != 1)
			die("create");
		close(fd);
		unlink(name);
	}
}

/*
 * What it costs depends on how full the nodes are of the tree in which the host
 * keeps mappings, up to twice as much: the mean over programs that have up to
 * fifteen mappings more.
 */
static void b_mmap(int n)
{
	void *more[16], *p;

	for (int k = 0; k < 16; k++) {
		for (int i = 0; i < n / 16; i++) {
			p = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (p == MAP_FAILED)
				die("mmap");
			munmap(p, 65536);
		}
		/* each unlike its neighbour */
		more[k] = mmap(NULL, 4096, k & 1 ? PROT_READ : PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	for (int k = 0; k < 16; k++)
		munmap(more[k], 4096);
}

static void b_signal_handler(int sig)
{
}

static void b_signal(int n)
{
	pid_t pid = getpid();

	signal(SIGUSR1, b_signal_handler);
	while (n--)
		kill(pid, SIGUSR1);
}

static void b_fork(int n)
{
	while (n--) {
		pid_t p = fork();

		if (!p)
			_exit(0);
		if (p < 0 || waitpid(p, NULL, 0) != p)
			die("fork");
	}
}

static void b_spawn(int n)
{
	char *argv[] = { self, (char *)"--exit", NULL }, *envp[] = { NULL };

	while (n--) {
		pid_t p;

		if (posix_spawn(&p, self, NULL, NULL, argv, envp))
			die("spawn");
		if (waitpid(p, NULL, 0) != p)
			die("wait");
	}
}

static void b_anon(int n)
{
	size_t len = (size_t)n * 4096;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, len, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < len; i += 4096)
		p[i] = 1;
	munmap(p, len);
}

static void b_cow(int n)
{
	size_t len = (size_t)n * 4096;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int go[2];
	char c;

	madvise(p, len, MADV_NOHUGEPAGE);
	memset(p, 1, len);
	if (pipe(go))
		die("pipe");
	pid = fork();
	if (!pid) {
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	double t = now();

	for (size_t i = 0; i < len; i += 4096)
		p[i] = 2;
	t = now() - t;
	if (write(go[1], "x", 1) != 1)
		die("write");
	waitpid(pid, NULL, 0);
	munmap(p, len);
	close(go[0]);
	close(go[1]);
	printf("cow_fault %.1f\n", t / n);
}

static void b_file(int n)
{
	struct stat st;
	char *p;
	volatile char c;

	fstat(file_fd, &st);
	for (long done = 0; done < n;) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
			 file_fd, 0);
		madvise(p, (size_t)st.st_size, MADV_RANDOM);
		for (long i = 0; i < st.st_size && done < n; i += 65536, done++)
			c = p[i];
		munmap(p, (size_t)st.st_size);
	}
	(void)c;
}

static void b_pipe(int n)
{
	char c = 0;
	pid_t pid;

	if (pipe(rd) || pipe(wr))
		die("pipe");
	pid = fork();
	if (!pid) {
		for (int i = 0; i < n; i++)
			if (read(rd[0], &c, 1) != 1 || write(wr[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < n; i++)
		if (write(rd[1], &c, 1) != 1 || read(wr[0], &c, 1) != 1)
			die("pipe");
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(rd[i]);
		close(wr[i]);
	}
}

#include "rows.h"

static const struct row {
	const char *name;
	void (*fn)(int n);
	int n;
} rows[] = {
	{ "getpid", b_getpid, 100000 },
	{ "getppid", b_getppid, 100000 },
	{ "clock_gettime", b_clock, 200000 },
	{ "read_1", b_read, 100000 },
	{ "write_1", b_write, 100000 },
	{ "pread_4k", b_pread, 50000 },
	{ "reread_64k", b_reread, 4000 },
	{ "write_64k", b_write64, 4000 },
	{ "stat", b_stat, 30000 },
	{ "open_close", b_open, 30000 },
	{ "create_unlink", b_create, 10000 },
	{ "readdir_1000", b_readdir, 50 },
	{ "mmap_munmap", b_mmap, 10000 },
	{ "signal_self", b_signal, 20000 },
	{ "segv_handler", b_segv, 10000 },
	{ "fork_exit_wait", b_fork, 500 },
	{ "spawn_exit_wait", b_spawn, 300 },
	{ "sh_c_true", b_sh, 100 },
	{ "thread_create_join", b_thread, 1000 },
	{ "anon_fault", b_anon, 20000 },
	{ "file_fault", b_file, 5000 },
	{ "pipe_round_trip", b_pipe, 5000 },
	{ "pipe_64k", b_pipe_bulk, 2000 },
	{ "unix_round_trip", b_unix, 5000 },
	{ "unix_64k", b_unix_bulk, 2000 },
	{ "futex_threads", b_futex_threads, 5000 },
	{ "futex_processes", b_futex_processes, 5000 },
	{ "futex_wake", b_futex_wake, 50000 },
	{ "sched_yield", b_yield, 20000 },
	{ "mutex_4_threads", b_mutex, 20000 },
	{ "memcpy_64k", b_memcpy, 5000 },
	{ "integers_1000", b_integers, 2000 },
};

int main(int argc, char **argv)
{
	static char block[1 << 20];

	if (argc > 1 && !strcmp(argv[1], "--exit"))
		_exit(0);
	if (argc > 2 && !strcmp(argv[1], "--processes")) {
		for (int i = atoi(argv[2]); i > 0 && fork() > 0; i--)
			;
		pause();
	}
	if (argc > 1)
		dir = argv[1];
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die("/proc/self/exe");
	snprintf(path, sizeof(path), "%s/bench-file", dir);
	zero_fd = open("/dev/zero", O_RDONLY);
	null_fd = open("/dev/null", O_WRONLY);
	file_fd = open(path, O_CREAT | O_RDWR, 0600);
	if (zero_fd < 0 || null_fd < 0 || file_fd < 0 ||
	    write(file_fd, block, sizeof(block)) != sizeof(block))
		die("set-up");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double t;

		rows[i].fn(rows[i].n / 10 + 1); /* warm */
		t = now();
		rows[i].fn(rows[i].n);
		t = now() - t;
		printf("%s %.1f\n", rows[i].name, t / rows[i].n);
		fflush(stdout);
	}
	b_cow(4000);
	readdir_clean();
	unlink(path);
	return 0;
}
