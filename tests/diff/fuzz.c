// SPDX-License-Identifier: GPL-2.0
/*
 * Random programs: sequences of file, descriptor, memory, signal, process and
 * socket calls, made from a seed, that must give the same results on the
 * host's Linux and in a machine.
 *
 *	fuzz run SEED COUNT STEPS	run COUNT programs, each in a child
 *	fuzz one SEED MASK		one program, with the steps in MASK only
 *	fuzz drive SECONDS SEED LODGER-COMMAND...
 *					both, compare, shrink what differs
 *
 * A step's numbers come from the seed and its own index alone, so a program
 * without some of its steps is still the same program: that is how a failure is
 * made small. Nothing blocks: descriptors are non-blocking, children are waited
 * for. MASK is a hexadecimal string, four steps a digit. The files fuzz_*.h
 * hold the steps.
 */
#include <stdarg.h>
#include "fuzz.h"

#define STEPS_MAX 400u

unsigned char fuzz_buf[1 << 16];
static char line[8192];
static size_t line_len;

#include "fuzz_file.h"
#include "fuzz_fd.h"
#include "fuzz_mem.h"
#include "fuzz_proc.h"

static uint64_t run_seed;
static unsigned run_at, run_end, run_depth;
static unsigned char run_keep[STEPS_MAX];

void out(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line + line_len, sizeof(line) - line_len, fmt, ap);
	va_end(ap);
	line_len += (size_t)n;
	if (line_len > sizeof(line) - 1)
		line_len = sizeof(line) - 1;
}

static void flush_line(void)
{
	line[line_len++] = '\n';
	if (write(STDERR_FILENO, line, line_len) < 0)
		_exit(9);
	line_len = 0;
}

long res(long r)
{
	if (r == -1)
		out(") = %s", d_err(errno));
	else
		out(") = %ld", r);
	return r;
}

uint64_t hash(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t h = 0xcbf29ce484222325ull;

	while (n--)
		h = (h ^ *b++) * 0x100000001b3ull;
	return h & 0xffffff;
}

int arg_fd(struct rng *r)
{
	int fd = chance(r, 2) ? -1 : 3 + (int)below(r, 12);

	out("%d", fd);
	return fd;
}

const char *arg_name(struct rng *r)
{
	static const char *const names[] = {
		"a",   "b",   "c",   "d",   "a/x",   "a/y",   "b/x",
		"b/y", "d/x", "d/y", "d/e", "d/e/z", "./a",   "d/../b",
		"c/",  "d/",  "l/x", "l",   "f",     "a/.",   "d/..",
		"f",   "c",   "b",   "e",   "e/x",   "..//b", "m",
	};
	const char *s = PICK(r, names);

	if (!strcmp(s, "..//b"))
		s = ".//b";
	out("\"%s\"", s);
	return s;
}

long arg_off(struct rng *r)
{
	static const long at[] = { 0,	  1,	 100,  4095,
				   4096,  4097,	 8192, 10000,
				   65536, 70000, -1,   0x7fffffffffffffffl };
	long v = chance(r, 70) ? (long)below(r, 20000) : PICK(r, at);

	out("%ld", v);
	return v;
}

size_t arg_len(struct rng *r)
{
	static const size_t len[] = { 0, 1, 4096, 8192, 65536, 5000, 12288 };
	size_t v = chance(r, 70) ? below(r, 300) : PICK(r, len);

	out("%zu", v);
	return v;
}

unsigned arg_flags(struct rng *r, const unsigned *set, unsigned n, unsigned pc)
{
	unsigned v = 0;

	for (unsigned i = 0; i < n; i++)
		if (chance(r, pc))
			v |= set[i];
	out("%#x", v);
	return v;
}

void fill(struct rng *r, size_t n)
{
	unsigned c = below(r, 250);

	for (size_t i = 0; i < n; i++)
		fuzz_buf[i] = (unsigned char)(c + i % 7 + i / 4096);
}

static const struct step *const tables[] = { steps_file, steps_fd, steps_mem,
					     steps_proc };

static const struct step *choose(struct rng *r)
{
	static unsigned total;
	unsigned w;

	if (!total)
		for (unsigned t = 0; t < N(tables); t++)
			for (const struct step *s = tables[t]; s->name; s++)
				total += s->weight;
	w = below(r, total);
	for (unsigned t = 0; t < N(tables); t++)
		for (const struct step *s = tables[t]; s->name; s++) {
			if (w < s->weight)
				return s;
			w -= s->weight;
		}
	return steps_file;
}

static void run_step(unsigned i)
{
	struct rng r = { run_seed * 1000003 + i };
	const struct step *s;

	rnd(&r);
	s = choose(&r);
	out("%u:%*s %s(", i, (int)run_depth, "", s->name);
	s->fn(&r);
	/* arrived signals are told at the end of a step */
	proc_signals();
	flush_line();
}

void run_next(unsigned n)
{
	unsigned at = run_at;

	run_depth++;
	for (unsigned i = at + 1; i <= at + n && i < run_end; i++) {
		run_at = i;
		if (run_keep[i])
			run_step(i);
	}
	run_at = at;
	run_depth--;
}

/* Something to work with: names, and descriptors from 3 on. */
static void prepare(uint64_t seed)
{
	struct rng r = { seed };
	int p[2], fd;

	mkdir("d", 0755);
	mkdir("d/e", 0755);
	if (chance(&r, 50))
		mkdir("a", 0755);
	fd = open("b", O_CREAT | O_RDWR, 0644); /* 3 */
	fill(&r, 9000);
	if (write(fd, fuzz_buf, 9000) < 0 || symlink("d", "l"))
		_exit(7);
	open("d/x", O_CREAT | O_RDWR, 0644); /* 4 */
	open("d", O_RDONLY);		     /* 5 */
	if (pipe2(p, O_NONBLOCK))	     /* 6, 7 */
		_exit(7);
	if (chance(&r, 60))
		socketpair(AF_UNIX, SOCK_NONBLOCK | PICK(&r, types), 0, p);
	if (chance(&r, 40))
		memfd_create("m", MFD_ALLOW_SEALING);
	if (chance(&r, 30))
		epoll_create1(0);
	if (chance(&r, 30))
		inotify_init1(IN_NONBLOCK);
	if (chance(&r, 30) && pipe2(p, O_NONBLOCK | O_DIRECT))
		_exit(7);
}

/* In a child of its own, in a new directory; messages go to standard output. */
static void run_program(uint64_t seed)
{
	char dir[] = "fuzzXXXXXX", buf[4096];
	int st = 0, p[2];
	ssize_t n;
	pid_t pid;

	printf("[%llu]\n", (unsigned long long)seed);
	fflush(stdout);
	/* a pipe, because RLIMIT_FSIZE is among the steps */
	if (pipe(p))
		_exit(8);
	pid = fork();
	if (!pid) {
		if (!mkdtemp(dir) || chdir(dir))
			_exit(8);
		setpgid(0, 0);
		dup2(p[1], 2);
		close(0);
		open("/dev/null", O_RDWR);
		dup2(0, 1);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		alarm(20);
		umask(022);
		proc_init();
		mem_init();
		run_seed = seed;
		prepare(seed);
		for (run_at = 0; run_at < run_end; run_at++)
			if (run_keep[run_at])
				run_step(run_at);
		_exit(0);
	}
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(p[0]);
	waitpid(pid, &st, 0);
	printf("status %x\n", st);
	fflush(stdout);
}

#include "fuzz_drive.h"

int main(int argc, char **argv)
{
	if (argc > 4 && !strcmp(argv[1], "run")) {
		uint64_t seed = strtoull(argv[2], NULL, 10);

		run_end = (unsigned)atoi(argv[4]);
		if (run_end > STEPS_MAX)
			run_end = STEPS_MAX;
		memset(run_keep, 1, sizeof(run_keep));
		for (int i = 0; i < atoi(argv[3]); i++)
			run_program(seed + (unsigned)i);
		return 0;
	}
	if (argc > 3 && !strcmp(argv[1], "one")) {
		const char *m = argv[3];

		for (; m[run_end / 4] && run_end < STEPS_MAX; run_end++) {
			char d[2] = { m[run_end / 4], 0 };

			run_keep[run_end] =
				strtoul(d, NULL, 16) >> run_end % 4 & 1;
		}
		run_program(strtoull(argv[2], NULL, 10));
		return 0;
	}
	if (argc > 4 && !strcmp(argv[1], "drive"))
		return drive(atoi(argv[2]), strtoull(argv[3], NULL, 10),
			     argv + 4);
	fprintf(stderr, "usage: fuzz run|one|drive: see the source\n");
	return 2;
}
