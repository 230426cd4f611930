// SPDX-License-Identifier: GPL-2.0
/* execve(2): arguments, stack, what is kept and what is reset, scripts. */
#include "t.h"
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

extern char **environ;
static char dir[64];

/* Runs argv in a child; => exit status or -signal. */
static int run(const char *path, char **argv, char **envp)
{
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		execve(path, argv, envp);
		_exit(100 + errno);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st);
}

static int self(const char *mode, const char *arg)
{
	char *argv[] = { "self", (char *)mode, (char *)arg, NULL };

	return run("/proc/self/exe", argv, environ);
}

static const char *tmp(const char *name)
{
	static char path[4][128];
	static int n;
	char *p = path[n++ & 3];

	if (!dir[0]) {
		strcpy(dir, "/tmp/exec-XXXXXX");
		CHECK(mkdtemp(dir));
	}
	snprintf(p, 128, "%s/%s", dir, name);
	return p;
}

static void tidy(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (dir[0] && system(cmd))
		printf("  cannot remove %s\n", dir);
}

static const char *put(const char *name, const void *data, size_t n, int mode)
{
	const char *p = tmp(name);
	int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, data, n), n);
	CHECK_EQ(fchmod(fd, mode), 0);
	close(fd);
	return p;
}

static size_t read_self(char **out)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;

	CHECK(fd >= 0);
	fstat(fd, &st);
	*out = malloc(st.st_size);
	for (off_t at = 0; at < st.st_size;) {
		ssize_t r = read(fd, *out + at, st.st_size - at);

		CHECK(r > 0);
		at += r;
	}
	close(fd);
	return st.st_size;
}

T(arguments_arrive)
{
	char *argv[] = { "zero", "@args", "one", "", "three words here", NULL };
	char *envp[] = { "A=1", "B=", "C=x y", NULL };

	CHECK_EQ(run("/proc/self/exe", argv, envp), 33);
}

T(stack_layout)
{
	CHECK_EQ(self("@layout", "x"), 34);
}

T(auxiliary_vector)
{
	CHECK_EQ(self("@auxv", "x"), 35);
}

T(no_arguments_at_all)
{
	char *argv[] = { NULL };
	char *envp[] = { "EXEC_ARGC=1", NULL };

	/* Linux 5.18 and later: argv[0] is an empty string then */
	CHECK_EQ(run("/proc/self/exe", argv, envp), 36);
}

T(errors)
{
	char *argv[] = { "x", NULL };
	const char *p;

	CHECK_ERRNO(execve("/no/such", argv, environ), ENOENT);
	CHECK_ERRNO(execve("", argv, environ), ENOENT);
	CHECK_ERRNO(execve("/", argv, environ), EACCES);
	CHECK_ERRNO(execve("/proc/self/exe/x", argv, environ), ENOTDIR);
	CHECK_ERRNO(syscall(SYS_execve, 8, argv, environ), EFAULT);
	CHECK_ERRNO(syscall(SYS_execve, "/proc/self/exe", 8, environ), EFAULT);
	p = put("noexec", "#!/bin/sh\n", 10, 0600);
	CHECK_ERRNO(execve(p, argv, environ), EACCES);
	p = put("empty", "", 0, 0700);
	CHECK_ERRNO(execve(p, argv, environ), ENOEXEC);
	p = put("text", "echo hello\n", 11, 0700);
	CHECK_ERRNO(execve(p, argv, environ), ENOEXEC);
	p = put("cut", "\177ELF\2\1\1", 7, 0700);
	CHECK_ERRNO(execve(p, argv, environ), ENOEXEC);
	tidy();
}

T(too_long_a_string)
{
	char *big = malloc(131073);
	char *argv[] = { "x", "@exit", "4", big, NULL };

	memset(big, 'a', 131072);
	big[131072] = 0;
	CHECK_EQ(run("/proc/self/exe", argv, environ), 100 + E2BIG);
	big[131071] = 0;
	CHECK_EQ(run("/proc/self/exe", argv, environ), 4);
}

T(too_many_strings)
{
	static char *argv[200001];
	struct rlimit rl = { 1 << 20, RLIM_INFINITY };
	int n = 0;

	argv[n++] = "x";
	argv[n++] = "@exit";
	argv[n++] = "5";
	while (n < 20000)
		argv[n++] = "abcd";
	argv[n] = NULL;
	CHECK_EQ(run("/proc/self/exe", argv, environ), 5);
	while (n < 200000)
		argv[n++] = "abcd";
	argv[n] = NULL;
	setrlimit(RLIMIT_STACK, &rl);
	CHECK_EQ(run("/proc/self/exe", argv, environ), 100 + E2BIG);
}

T(big_arguments_arrive)
{
	static char *argv[50];
	char *big = malloc(100001);
	int n = 0;

	memset(big, 'b', 100000);
	big[100000] = 0;
	argv[n++] = "x";
	argv[n++] = "@big";
	while (n < 15)
		argv[n++] = big;
	argv[n] = NULL;
	CHECK_EQ(run("/proc/self/exe", argv, environ), 37);
}

T(descriptors_close_on_exec)
{
	char arg[32];
	int a = open("/", O_RDONLY | O_CLOEXEC), b = open("/", O_RDONLY);

	snprintf(arg, sizeof(arg), "%d %d", a, b);
	CHECK_EQ(self("@fds", arg), 38);
	CHECK_EQ(fcntl(a, F_GETFD), FD_CLOEXEC);
}

T(signals_after_exec)
{
	stack_t ss = { .ss_sp = malloc(65536), .ss_size = 65536 };
	sigset_t s;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, (void (*)(int))tidy);
	sigemptyset(&s);
	sigaddset(&s, SIGHUP);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGHUP);
	sigaltstack(&ss, NULL);
	CHECK_EQ(self("@signals", "pending"), 100);
	/* the child of fork had none pending: raise in between */
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		raise(SIGHUP);
		execl("/proc/self/exe", "x", "@signals", "p", NULL);
	}
	waitpid(pid, &st, 0);
	CHECK_EQ(WEXITSTATUS(st), 39);
}

T(name_and_ids)
{
	prctl(PR_SET_NAME, "other");
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	CHECK_EQ(self("@name", "x"), 40);
}

T(scripts)
{
	char script[300], exe[200];
	char *argv[] = { "a0", "a1", "a2", NULL };
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *p, *q;

	exe[n] = 0;
	n = snprintf(script, sizeof(script), "#!%s @script\nrest\n", exe);
	p = put("s1", script, n, 0700);
	CHECK_EQ(setenv("SCRIPT", p, 1), 0);
	CHECK_EQ(run(p, argv, environ), 41);
	n = snprintf(script, sizeof(script), "#!  %s \t@script two words  \t\n",
		     exe);
	p = put("s2", script, n, 0700);
	setenv("SCRIPT", p, 1);
	CHECK_EQ(run(p, argv, environ), 42);
	n = snprintf(script, sizeof(script), "#!%s\n", p);
	q = put("s3", script, n, 0700);
	/* interpreted by a script itself: [exe, "@script two words", s2, s3,…] */
	CHECK_EQ(run(q, argv, environ), 43);
	p = put("s4", "#!\n", 3, 0700);
	CHECK_EQ(run(p, argv, environ), 100 + ENOEXEC);
	p = put("s5", "#!/no/such/interp\n", 18, 0700);
	CHECK_EQ(run(p, argv, environ), 100 + ENOENT);
	tidy();
}

T(script_recursion_ends)
{
	char line[200];
	char *argv[] = { "x", NULL };
	int n = snprintf(line, sizeof(line), "#!%s\n", tmp("loop"));
	const char *p = put("loop", line, n, 0700);

	CHECK_EQ(run(p, argv, environ), 100 + ELOOP);
	tidy();
}

T(execveat_by_descriptor)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), st;
	char *argv[] = { "x", "@exit", "6", NULL };
	pid_t pid = fork();

	if (pid == 0) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(100 + errno);
	}
	waitpid(pid, &st, 0);
	CHECK_EQ(WEXITSTATUS(st), 6);
	CHECK_ERRNO(syscall(SYS_execveat, fd, "", argv, environ, 0), ENOENT);
	CHECK_ERRNO(syscall(SYS_execveat, fd, "x", argv, environ, 0x4000),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_execveat, 999, "x", argv, environ, 0), EBADF);
}

T(fexecve_of_a_memory_file)
{
	char *argv[] = { "x", "@exit", "7", NULL };
	int fd = memfd_create("prog", MFD_CLOEXEC), ro, st;
	char path[40], *data;
	size_t n = read_self(&data);
	pid_t pid;

	CHECK_EQ(write(fd, data, n), n);
	/* ETXTBSY while anybody has it open for writing, on most kernels */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	pid = fork();
	if (pid == 0) {
		fexecve(ro, argv, environ);
		_exit(100 + errno);
	}
	close(ro);
	waitpid(pid, &st, 0);
	CHECK_EQ(WEXITSTATUS(st), 7);
}

T(busy_text)
{
	char *data;
	char *argv[] = { "x", "@exit", "8", NULL };
	size_t n = read_self(&data);
	const char *p = put("busy", data, n, 0700);
	int fd = open(p, O_RDWR);

	CHECK_EQ(run(p, argv, environ), 100 + ETXTBSY);
	close(fd);
	CHECK_EQ(run(p, argv, environ), 8);
	fd = open(p, O_RDWR);
	CHECK(fd >= 0);
	close(fd);
	tidy();
}

T(memory_is_new)
{
	char *p = mmap((void *)0x200000000000, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(p != MAP_FAILED);
	*p = 1;
	CHECK_EQ(self("@nomap", "x"), 44);
	CHECK_EQ(*p, 1);
}

static long aslr_sample(void)
{
	int p[2], st;
	long v = 0;

	CHECK_EQ(pipe(p), 0);
	if (fork() == 0) {
		dup2(p[1], 1);
		execl("/proc/self/exe", "x", "@where", NULL);
		_exit(1);
	}
	CHECK_EQ(read(p[0], &v, sizeof(v)), sizeof(v));
	wait(&st);
	close(p[0]);
	close(p[1]);
	return v;
}

T(addresses_are_random_unless_asked)
{
	long a = aslr_sample(), b = aslr_sample();

	CHECK(a != b);
	CHECK(personality(ADDR_NO_RANDOMIZE) >= 0);
	a = aslr_sample();
	b = aslr_sample();
	CHECK_EQ(a, b);
}

T(fork_exec_storm)
{
	for (int i = 0; i < 50; i++)
		CHECK_EQ(self("@exit", "3"), 3);
}

/* --- Files that lie --- */

static int run_elf(const char *data, size_t n)
{
	const char *p = put("bad", data, n, 0700);
	char *argv[] = { "x", "@exit", "1", NULL };
	int r = run(p, argv, environ);

	unlink(p);
	return r;
}

T(hostile_headers)
{
	char *good, *d;
	size_t n = read_self(&good);
	Elf64_Ehdr *eh;
	Elf64_Phdr *ph;

	d = malloc(n);
#define FRESH() \
	(memcpy(d, good, n), eh = (void *)d, ph = (void *)(d + eh->e_phoff))
	FRESH();
	eh->e_phentsize = 8;
	CHECK_EQ(run_elf(d, n), 100 + ENOEXEC);
	FRESH();
	eh->e_phnum = 0;
	CHECK_EQ(run_elf(d, n), 100 + ENOEXEC);
	FRESH();
	eh->e_phnum = 0xffff;
	CHECK_EQ(run_elf(d, n), 100 + ENOEXEC);
	FRESH();
	eh->e_machine = EM_386;
	CHECK_EQ(run_elf(d, n), 100 + ENOEXEC);
	FRESH();
	eh->e_type = ET_REL;
	CHECK_EQ(run_elf(d, n), 100 + ENOEXEC);
	FRESH();
	CHECK_EQ(run_elf(d, 64), 100 + ENOEXEC);
	(void)ph;
	tidy();
}

/* Whatever happens, it is an error or a signal, and the kernel goes on. */
T(random_damage)
{
	char *good, *d;
	size_t n = read_self(&good);
	unsigned long seed = 1;

	d = malloc(n);
	for (int i = 0; i < 150; i++) {
		Elf64_Ehdr *eh = (void *)good;
		size_t area = eh->e_phoff + eh->e_phnum * sizeof(Elf64_Phdr);

		memcpy(d, good, n);
		for (int k = 0; k < 1 + i % 4; k++) {
			size_t at;

			seed = seed * 6364136223846793005ul + 1;
			at = 16 + (seed >> 33) % (area - 24);
			seed = seed * 6364136223846793005ul + 1;
			if (seed >> 62)
				d[at] = (char)(seed >> 40);
			else
				memcpy(d + at, &seed, 8);
		}
		alarm(T_DEADLINE);
		if (fork() == 0) {
			/* some of them run and wait for something */
			struct rlimit rl = { 1, 1 };
			const char *p;

			setrlimit(RLIMIT_CPU, &rl);
			p = put("bad", d, n, 0700);
			alarm(1);
			close(1);
			close(2);
			execl(p, "x", "@exit", "1", NULL);
			_exit(0);
		}
		wait(NULL);
	}
	tidy();
}

/* --- What the executed program looks at --- */

static int x_args(int argc, char **argv)
{
	return argc == 5 && !strcmp(argv[0], "zero") &&
			       !strcmp(argv[2], "one") && !*argv[3] &&
			       !strcmp(argv[4], "three words here") &&
			       !strcmp(environ[0], "A=1") &&
			       !strcmp(environ[1], "B=") &&
			       !strcmp(environ[2], "C=x y") && !environ[3]
		       ? 33
		       : 1;
}

static int x_layout(int argc, char **argv)
{
	uintptr_t sp = (uintptr_t)(argv - 1);
	char *end, *execfn = (char *)getauxval(AT_EXECFN);
	int n = 0;

	if (sp % 16 || *(long *)sp != argc || argv[argc] ||
	    environ != argv + argc + 1)
		return 1;
	/* strings lie one after another: argv, environ, the program's name */
	end = argv[0];
	for (int i = 0; i < argc; i++) {
		if (argv[i] != end)
			return 2;
		end += strlen(end) + 1;
	}
	for (n = 0; environ[n]; n++) {
		if (environ[n] != end)
			return 3;
		end += strlen(end) + 1;
	}
	if (execfn != end)
		return 4;
	end += strlen(end) + 1;
	if (memcmp(end, "\0\0\0\0\0\0\0", 8) || (uintptr_t)(end + 8) % 4096)
		return 5;
	/* auxv follows environ */
	if (*(unsigned long *)(environ + n + 1) != AT_SYSINFO_EHDR &&
	    *(unsigned long *)(environ + n + 1) != AT_MINSIGSTKSZ)
		return 6;
	return 34;
}

static int x_auxv(void)
{
	extern char __ehdr_start[];
	unsigned char *rnd = (void *)getauxval(AT_RANDOM);
	int sum = 0;

	for (int i = 0; i < 16; i++)
		sum += rnd[i] != 0;
	if (getauxval(AT_PAGESZ) != 4096 || getauxval(AT_CLKTCK) != 100 ||
	    getauxval(AT_UID) != getuid() || getauxval(AT_EGID) != getegid() ||
	    getauxval(AT_SECURE) || sum < 4 ||
	    getauxval(AT_PHENT) != sizeof(Elf64_Phdr) ||
	    strcmp((char *)getauxval(AT_PLATFORM), "x86_64") ||
	    getauxval(AT_FLAGS) || getauxval(AT_MINSIGSTKSZ) < 1000)
		return 1;
	if (getauxval(AT_PHDR) != (uintptr_t)__ehdr_start + 64)
		return 2;
	if (getauxval(AT_HWCAP) == 0)
		return 3;
	return 35;
}

static int x_big(int argc, char **argv)
{
	if (argc != 15)
		return 1;
	for (int i = 2; i < argc; i++)
		if (strlen(argv[i]) != 100000 || argv[i][99999] != 'b')
			return 2;
	return 37;
}

static int x_fds(const char *arg)
{
	int a, b;

	sscanf(arg, "%d %d", &a, &b);
	return fcntl(a, F_GETFD) == -1 && errno == EBADF &&
			       fcntl(b, F_GETFD) == 0
		       ? 38
		       : 1;
}

static int x_signals(const char *arg)
{
	stack_t ss;
	sigset_t s, p;

	sigprocmask(SIG_BLOCK, NULL, &s);
	sigpending(&p);
	sigaltstack(NULL, &ss);
	if (!sigismember(&s, SIGHUP) || ss.ss_flags != SS_DISABLE ||
	    signal(SIGUSR1, SIG_DFL) != SIG_IGN ||
	    signal(SIGUSR2, SIG_DFL) != SIG_DFL)
		return 1;
	if (!sigismember(&p, SIGHUP))
		return 100;
	return 39;
}

static int x_name(void)
{
	char name[16];
	int sig;

	prctl(PR_GET_NAME, name);
	prctl(PR_GET_PDEATHSIG, &sig);
	if (strcmp(name, "exe"))
		return 1;
	return sig ? 2 : 40;
}

static int x_script(int argc, char **argv)
{
	const char *want = getenv("SCRIPT");

	if (argc == 5 && !strcmp(argv[1], "@script") &&
	    !strcmp(argv[2], want) && !strcmp(argv[3], "a1"))
		return 41;
	if (argc == 5 && !strcmp(argv[1], "@script two words") &&
	    !strcmp(argv[2], want) && !strcmp(argv[4], "a2"))
		return 42;
	if (argc == 6 && !strcmp(argv[1], "@script two words") &&
	    !strcmp(argv[2], want) && strstr(argv[3], "/s3") &&
	    !strcmp(argv[5], "a2"))
		return 43;
	return 1;
}

static int x_where(void)
{
	long v = (long)&v ^ (long)mmap(NULL, 4096, PROT_READ,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return write(1, &v, sizeof(v)) == sizeof(v) ? 0 : 1;
}

static int executed(int argc, char **argv)
{
	const char *m = argv[1], *arg = argc > 2 ? argv[2] : "";

	if (!strcmp(m, "@exit"))
		return atoi(arg);
	if (!strcmp(m, "@args"))
		return x_args(argc, argv);
	if (!strcmp(m, "@layout"))
		return x_layout(argc, argv);
	if (!strcmp(m, "@auxv"))
		return x_auxv();
	if (!strcmp(m, "@big"))
		return x_big(argc, argv);
	if (!strcmp(m, "@fds"))
		return x_fds(arg);
	if (!strcmp(m, "@signals"))
		return x_signals(arg);
	if (!strcmp(m, "@name"))
		return x_name();
	if (!strcmp(m, "@nomap"))
		return msync((void *)0x200000000000, 4096, MS_ASYNC) == -1 &&
				       errno == ENOMEM
			       ? 44
			       : 1;
	if (!strcmp(m, "@where"))
		return x_where();
	if (!strncmp(m, "@script", 7))
		return x_script(argc, argv);
	return 99;
}

int main(int argc, char **argv)
{
	if (getenv("EXEC_ARGC"))
		return argc == 1 && !*argv[0] ? 36 : 1;
	if (argc > 1 && argv[1][0] == '@')
		return executed(argc, argv);
	return t_main(argc, argv);
}
