/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differential programs: they judge nothing, they print what each call gave.
 * tests/one.sh runs them on the host's Linux and in a machine, and
 * tests/diff/compare.awk compares the two, section for section:
 *
 *	D(links) { R(link("a", "b")); S("b"); }
 *	D_MAIN
 *
 * Each D runs in a child of its own, in a new directory, with a deadline.
 * Nothing may be printed that need not be the same twice: no pids, addresses,
 * times, inode numbers.
 */
#ifndef D_H
#define D_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#ifndef D_DEADLINE
#define D_DEADLINE 20
#endif
#define N(a) (sizeof(a) / sizeof((a)[0]))

struct d_case {
	const char *name;
	void (*fn)(void);
	struct d_case *next;
};
__attribute__((unused)) static struct d_case *d_first, **d_last = &d_first;

#define D(name)                                                         \
	static void d_##name(void);                                     \
	static struct d_case d_case_##name = { #name, d_##name, NULL }; \
	__attribute__((constructor)) static void d_reg_##name(void)     \
	{                                                               \
		*d_last = &d_case_##name;                               \
		d_last = &d_case_##name.next;                           \
	}                                                               \
	static void d_##name(void)

static inline const char *d_err(int e)
{
	const char *s = strerrorname_np(e);

	return s ? s : "?";
}

/* The value of a call, or the name of its error. */
static inline long d_print(const char *what, int line, long r)
{
	int e = errno;

	if (r < 0 && r >= -1)
		printf("%d: %s = %s\n", line, what, d_err(e));
	else
		printf("%d: %s = %ld\n", line, what, r);
	errno = e;
	return r;
}
static inline long d_print_ok(const char *what, int line, long r)
{
	int e = errno;

	if (r == -1)
		printf("%d: %s = %s\n", line, what, d_err(e));
	else
		printf("%d: %s ok\n", line, what);
	errno = e;
	return r;
}
#define R(call)	 d_print(#call, __LINE__, (errno = 0, (long)(call)))
/* A value that need not be the same. */
#define OK(call) d_print_ok(#call, __LINE__, (errno = 0, (long)(call)))
#define P(...)                            \
	do {                              \
		printf("%d: ", __LINE__); \
		printf(__VA_ARGS__);      \
		printf("\n");             \
	} while (0)

static inline void d_stat(int line, const char *path)
{
	struct stat st;

	if (lstat(path, &st)) {
		printf("%d: stat %s: %s\n", line, path, d_err(errno));
		return;
	}
	printf("%d: stat %s: mode %o nlink %ld uid %d gid %d size %ld\n", line,
	       path, st.st_mode, (long)st.st_nlink, st.st_uid, st.st_gid,
	       S_ISDIR(st.st_mode) ? -1 : (long)st.st_size);
}
#define S(path) d_stat(__LINE__, path)

static inline void d_content(int line, const char *path)
{
	char b[200];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0) {
		printf("%d: content %s: %s\n", line, path, d_err(errno));
		return;
	}
	n = read(fd, b, sizeof(b));
	printf("%d: content %s: %ld \"", line, path, (long)n);
	for (ssize_t i = 0; i < n; i++)
		printf(b[i] >= ' ' && b[i] < 127 ? "%c" : "\\%02x",
		       (unsigned char)b[i]);
	printf("\"\n");
	close(fd);
}
#define C(path) d_content(__LINE__, path)

static inline void put(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("put %s: %s\n", path, d_err(errno));
	close(fd);
}

/* Run fn in a child and print how it ended. */
static inline int d_child(void (*fn)(void))
{
	int st = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		fn();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &st, 0);
	if (st)
		printf("child: status %x\n", st);
	return st;
}

static inline int d_main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct d_case *t = d_first; t; t = t->next) {
		int want = argc < 2, st = 0, p[2];
		char buf[4096];
		ssize_t n;
		pid_t pid;

		for (int i = 1; i < argc; i++)
			want |= !strcmp(argv[i], t->name);
		if (!want)
			continue;
		printf("[%s]\n", t->name);
		fflush(stdout);
		/* by a pipe: RLIMIT_FSIZE may be among what is tried */
		if (pipe(p))
			return 1;
		pid = fork();
		if (pid == 0) {
			char dir[] = "dXXXXXX";

			dup2(p[1], 1);
			close(p[0]);
			close(p[1]);
			alarm(D_DEADLINE);
			umask(022);
			if (!mkdtemp(dir) || chmod(dir, 0777) || chdir(dir))
				printf("no directory\n");
			t->fn();
			fflush(stdout);
			_exit(0);
		}
		close(p[1]);
		while ((n = read(p[0], buf, sizeof(buf))) > 0)
			fwrite(buf, 1, (size_t)n, stdout);
		close(p[0]);
		if (pid < 0 || waitpid(pid, &st, 0) != pid)
			printf("no child\n");
		if (WIFSIGNALED(st))
			printf("signal %d\n", WTERMSIG(st));
		else if (st)
			printf("status %d\n", WEXITSTATUS(st));
	}
	printf("[]\n");
	return 0;
}
#define D_MAIN                             \
	int main(int argc, char **argv)    \
	{                                  \
		return d_main(argc, argv); \
	}
#endif
