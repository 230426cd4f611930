/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of the benchmark that need more than one task, or large buffers; part
 * of spine.c. Each function does its operation n times.
 */
#include <dirent.h>
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>

#define BLOCK 65536

static char block64[BLOCK], other64[BLOCK];

static void b_getpid(int n)
{
	while (n--)
		syscall(SYS_getpid);
}

static void b_clock(int n)
{
	struct timespec t;

	while (n--)
		clock_gettime(CLOCK_MONOTONIC, &t);
}

static void b_reread(int n)
{
	while (n--)
		if (pread(file_fd, block64, BLOCK, (n % 16) * BLOCK) != BLOCK)
			die("pread");
}

static void b_write64(int n)
{
	while (n--)
		if (pwrite(file_fd, block64, BLOCK, (n % 16) * BLOCK) != BLOCK)
			die("pwrite");
}

/* The name stays: the rows of this file's part are few. */
static void b_readdir(int n)
{
	char name[300];
	struct dirent *e;
	int seen;
	DIR *d;

	snprintf(name, sizeof(name), "%s/bench-dir", dir);
	if (!mkdir(name, 0700))
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "%s/bench-dir/f%d", dir,
				 i);
			close(open(name, O_CREAT | O_WRONLY, 0600));
		}
	snprintf(name, sizeof(name), "%s/bench-dir", dir);
	while (n--) {
		d = opendir(name);
		for (seen = 0; d && (e = readdir(d)); seen++)
			;
		if (seen != 1002)
			die("readdir");
		closedir(d);
	}
}

static void readdir_clean(void)
{
	char name[300];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%s/bench-dir/f%d", dir, i);
		unlink(name);
	}
	snprintf(name, sizeof(name), "%s/bench-dir", dir);
	rmdir(name);
}

static void b_sh(int n)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)"true", NULL };
	char *envp[] = { NULL };
	pid_t p;

	while (n--) {
		if (posix_spawn(&p, "/bin/busybox", NULL, NULL, argv, envp))
			die("/bin/busybox");
		if (waitpid(p, NULL, 0) != p)
			die("wait");
	}
}

static void *thread_nothing(void *arg)
{
	return arg;
}

static void b_thread(int n)
{
	pthread_t t;

	while (n--)
		if (pthread_create(&t, NULL, thread_nothing, NULL) ||
		    pthread_join(t, NULL))
			die("pthread");
}

/* A child answers each byte (echo) or swallows blocks of 64 KiB. */
static void b_pair(int fds[2][2], int n, int bulk)
{
	size_t len = bulk ? BLOCK : 1;
	pid_t pid = fork();
	ssize_t r;

	if (!pid) {
		for (size_t left = (size_t)n * len; left; left -= (size_t)r) {
			r = read(fds[0][0], other64, left < len ? left : len);
			if (r <= 0 ||
			    (!bulk && write(fds[1][1], other64, 1) != 1))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < n; i++) {
		for (size_t done = 0; done < len; done += (size_t)r) {
			r = write(fds[0][1], block64 + done, len - done);
			if (r <= 0)
				die("write");
		}
		if (!bulk && read(fds[1][0], other64, 1) != 1)
			die("read");
	}
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
}

static void b_pipe_bulk(int n)
{
	int fds[2][2];

	if (pipe(fds[0]) || pipe(fds[1]))
		die("pipe");
	b_pair(fds, n, 1);
}

static void b_unix_pair(int n, int bulk)
{
	int fds[2][2];

	/* [0]: read end, write end, as of a pipe */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds[0]) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds[1]))
		die("socketpair");
	b_pair(fds, n, bulk);
}

static void b_unix(int n)
{
	b_unix_pair(n, 0);
}

static void b_unix_bulk(int n)
{
	b_unix_pair(n, 1);
}

static long futex(uint32_t *word, int op, uint32_t val)
{
	return syscall(SYS_futex, word, op, val, NULL, NULL, 0);
}

/* Two take turns: the word counts, its last bit says whose turn it is. */
static void futex_turns(uint32_t *word, int n, uint32_t me)
{
	uint32_t v;

	for (int i = 0; i < n; i++) {
		while (((v = __atomic_load_n(word, __ATOMIC_ACQUIRE)) & 1) !=
		       me)
			futex(word, FUTEX_WAIT, v);
		__atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
		futex(word, FUTEX_WAKE, 1);
	}
}

static struct turns {
	uint32_t word;
	int n;
} * turns;

static void *futex_partner(void *arg)
{
	futex_turns(&turns->word, turns->n, 1);
	return arg;
}

static void futex_prepare(int n)
{
	if (!turns)
		turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	turns->word = 0;
	turns->n = n;
}

static void b_futex_threads(int n)
{
	pthread_t t;

	futex_prepare(n);
	if (pthread_create(&t, NULL, futex_partner, NULL))
		die("pthread");
	futex_turns(&turns->word, n, 0);
	pthread_join(t, NULL);
}

static void b_futex_processes(int n)
{
	pid_t pid;

	futex_prepare(n);
	pid = fork();
	if (!pid) {
		futex_partner(NULL);
		_exit(0);
	}
	futex_turns(&turns->word, n, 0);
	waitpid(pid, NULL, 0);
}

static void b_futex_wake(int n)
{
	uint32_t word = 0;

	while (n--)
		futex(&word, FUTEX_WAKE_PRIVATE, 1);
}

static void b_yield(int n)
{
	while (n--)
		sched_yield();
}

static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;
static volatile long contended_count;

static void *mutex_worker(void *arg)
{
	for (long n = (long)arg; n--;) {
		pthread_mutex_lock(&contended);
		contended_count++;
		pthread_mutex_unlock(&contended);
	}
	return NULL;
}

static void b_mutex(int n)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, mutex_worker, (void *)(long)n))
			die("pthread");
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static sigjmp_buf segv_back;

static void segv_handler(int sig)
{
	siglongjmp(segv_back, sig);
}

static void b_segv(int n)
{
	static volatile int left;
	struct sigaction sa = { .sa_handler = segv_handler,
				.sa_flags = SA_NODEFER };
	char *p =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaction(SIGSEGV, &sa, NULL);
	left = n;
	if (sigsetjmp(segv_back, 0))
		left--;
	if (left > 0)
		*(volatile char *)p = 1;
	munmap(p, 4096);
	signal(SIGSEGV, SIG_DFL);
}

static void b_memcpy(int n)
{
	while (n--) {
		memcpy(other64, block64, BLOCK);
		__asm__ volatile("" : : : "memory");
	}
}

static void b_integers(int n)
{
	uint64_t x = 1;

	for (long i = 0; i < (long)n * 1000; i++)
		x = x * 6364136223846793005ull + 1442695040888963407ull;
	__asm__ volatile("" : : "r"(x));
}
