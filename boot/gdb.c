// SPDX-License-Identifier: GPL-2.0
/*
 * gdb on a machine's kernel: `lodger gdb` for one that runs (or its core file),
 * `lodger run --gdb` for one that is about to start.
 *
 * lodger carries the kernel image with its debug information and the scripts of
 * tools/gdb in two sections that are never loaded. They are written to a
 * folder in /tmp for gdb, which is removed when gdb ends: so this process stays
 * and waits. A child of it, the sweeper, does it where this one was killed.
 *
 * A machine is found by its name (the keeper's pid comes with the connection),
 * or by the pid of any of its processes: up to the topmost that runs the same
 * program, the keeper, and from there down. Those that have the arena mapped at
 * its place run the kernel; stubs of the strict backends do not.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <hostapi/host.h>
#include "gdb.h"
#include "names.h"
#include "say.h"

#define GDB_PROCS 4096
#define GDB_ARGS  64

static char gdb_dir[64];

/* --- What lodger carries --------------------------------------------------- */

static void gdb_write(const char *name, const char *data, size_t n)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", gdb_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		say_die("%s: %s", path, strerror(errno));
	while (n) {
		ssize_t w = write(fd, data, n);

		if (w <= 0)
			say_die("%s: %s", path, strerror(errno));
		data += w;
		n -= (size_t)w;
	}
	close(fd);
}

static void gdb_pread(int fd, void *buf, size_t n, uint64_t off)
{
	if (pread(fd, buf, n, (off_t)off) != (ssize_t)n)
		say_die("cannot read lodger's own program file");
}

static void *gdb_alloc(size_t n)
{
	void *p = malloc(n);

	if (!p)
		say_die("out of memory");
	return p;
}

/* Copy the section of that name out of our own program file. */
static void gdb_extract(const char *section, const char *name)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr eh;
	Elf64_Shdr *sh, *s;
	char *names, *data;

	if (fd < 0)
		say_die("/proc/self/exe: %s", strerror(errno));
	gdb_pread(fd, &eh, sizeof(eh), 0);
	sh = gdb_alloc(sizeof(*sh) * eh.e_shnum);
	gdb_pread(fd, sh, sizeof(*sh) * eh.e_shnum, eh.e_shoff);
	s = &sh[eh.e_shstrndx];
	names = gdb_alloc(s->sh_size + 1);
	gdb_pread(fd, names, s->sh_size, s->sh_offset);
	names[s->sh_size] = 0;
	for (s = sh; s < sh + eh.e_shnum; s++)
		if (s->sh_name && !strcmp(names + s->sh_name, section))
			break;
	if (s == sh + eh.e_shnum)
		say_die("this lodger carries no debug information; was it "
			"stripped?");
	data = gdb_alloc(s->sh_size);
	gdb_pread(fd, data, s->sh_size, s->sh_offset);
	gdb_write(name, data, s->sh_size);
	free(data);
	free(names);
	free(sh);
	close(fd);
}

static void gdb_clean(void)
{
	static const char *const files[] = { "kernel.elf", "lodger.py" };
	char path[128];

	for (size_t i = 0; *gdb_dir && i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", gdb_dir, files[i]);
		unlink(path);
	}
	if (*gdb_dir)
		rmdir(gdb_dir);
	*gdb_dir = 0;
}

/*
 * Waits for the end of all who have the other end of a pipe, which are this
 * process and those that die with it, and removes what is there then.
 */
static void gdb_sweeper(void)
{
	int p[2];
	char c;

	if (pipe2(p, O_CLOEXEC))
		return;
	if (fork()) {
		close(p[0]);
		return; /* p[1] stays open as long as we live */
	}
	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	prctl(PR_SET_NAME, "lodger:sweeper");
	dup2(p[0], 0);
	close_range(1, ~0u, 0);
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
	gdb_clean();
	_exit(0);
}

static void gdb_unpack(void)
{
	strcpy(gdb_dir, "/tmp/lodger-gdb.XXXXXX");
	if (!mkdtemp(gdb_dir))
		say_die("cannot make a folder in /tmp: %s", strerror(errno));
	gdb_sweeper();
	gdb_extract(".lodger.kernel", "kernel.elf");
	gdb_extract(".lodger.gdb", "lodger.py");
}

/* --- The processes of a machine -------------------------------------------- */

struct gdb_proc {
	pid_t pid, ppid;
};

static int gdb_list(struct gdb_proc *p, int max)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (d && n < max && (e = readdir(d))) {
		char path[300], buf[512], *end;
		ssize_t len;
		int fd;

		if (*e->d_name < '1' || *e->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
		if (fd >= 0)
			close(fd);
		if (len <= 0)
			continue;
		buf[len] = 0;
		end = strrchr(buf, ')');
		if (!end || sscanf(end + 1, " %*c %d", &p[n].ppid) != 1)
			continue;
		p[n].pid = atoi(e->d_name);
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

static bool gdb_same_program(pid_t a, pid_t b)
{
	char pa[40], pb[40];
	struct stat x, y;

	snprintf(pa, sizeof(pa), "/proc/%d/exe", (int)a);
	snprintf(pb, sizeof(pb), "/proc/%d/exe", (int)b);
	return !stat(pa, &x) && !stat(pb, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Does it run the kernel? The arena is mapped where only the machine has it. */
static bool gdb_in_machine(pid_t pid)
{
	char path[40], line[PATH_MAX + 100];
	bool yes = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && !yes && fgets(line, sizeof(line), f))
		yes = strtoull(line, NULL, 16) == ARENA_BASE &&
		      strstr(line, "lodger-arena");
	if (f)
		fclose(f);
	return yes;
}

static pid_t gdb_tracer(pid_t pid)
{
	char path[40], line[200];
	int tracer = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (f)
		fclose(f);
	return tracer;
}

/* Up from any process of a machine to its keeper. */
static pid_t gdb_keeper_of(const struct gdb_proc *p, int n, pid_t pid)
{
	for (int i = 0; i < n; i++)
		if (p[i].pid == pid) {
			if (p[i].ppid <= 1 || !gdb_same_program(p[i].ppid, pid))
				return pid;
			pid = p[i].ppid;
			i = -1;
		}
	return pid;
}

static bool gdb_below(const struct gdb_proc *p, int n, pid_t pid, pid_t top)
{
	for (int steps = 0; steps < 64 && pid > 1; steps++) {
		int i;

		if (pid == top)
			return true;
		for (i = 0; i < n && p[i].pid != pid; i++)
			;
		if (i == n)
			return false;
		pid = p[i].ppid;
	}
	return false;
}

/* Those that run the kernel and can be traced, the first process first. */
static int gdb_in(pid_t keeper, const struct gdb_proc *p, int n, pid_t *out,
		  int max)
{
	int found = 0;

	for (int i = 0; i < n && found < max; i++) {
		pid_t tracer;

		if (!gdb_below(p, n, p[i].pid, keeper) ||
		    !gdb_in_machine(p[i].pid))
			continue;
		tracer = gdb_tracer(p[i].pid);
		if (tracer && !found)
			say_die("process %d of the machine is being traced "
				"already, by %d",
				(int)p[i].pid, (int)tracer);
		if (!tracer)
			out[found++] = p[i].pid;
	}
	if (!found)
		say_die("no process of a machine there that could be attached");
	return found;
}

/* NAME or PID: its keeper, and the list of all processes. */
static pid_t gdb_find(const char *what, struct gdb_proc *procs, int *n)
{
	int digits = (int)strspn(what, "0123456789");
	pid_t keeper;

	*n = gdb_list(procs, GDB_PROCS);
	if (names_pid(what, &keeper))
		return keeper;
	if (what[digits])
		say_die("no machine named '%s' is running; `lodger ls` lists "
			"those that are",
			what);
	return gdb_keeper_of(procs, *n, atoi(what));
}

int gdb_machine(const char *what, pid_t *out, int max)
{
	static struct gdb_proc procs[GDB_PROCS];
	pid_t keeper;
	int n;

	keeper = gdb_find(what, procs, &n);
	return gdb_in(keeper, procs, n, out, max);
}

/* Which --root had it? From its command line, for symbols of guests. */
static void gdb_root_of(pid_t keeper)
{
	char path[40], buf[8192], cwd[PATH_MAX] = "", full[2 * PATH_MAX];
	const char *a, *root = NULL;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)keeper);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	buf[n] = 0;
	for (a = buf; a < buf + n && strcmp(a, "--"); a += strlen(a) + 1) {
		if (!strcmp(a, "--root"))
			root = a + strlen(a) + 1;
		else if (!strncmp(a, "--root=", 7))
			root = a + 7;
		else if (!strncmp(a, "rootflags=", 10))
			root = a + 10;
	}
	if (!root || root >= buf + n)
		return;
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)keeper);
	if (*root != '/' && readlink(path, cwd, sizeof(cwd) - 1) < 0)
		return;
	snprintf(full, sizeof(full), "%s%s%.*s", cwd, *root == '/' ? "" : "/",
		 PATH_MAX - 1, root);
	setenv("LODGER_GDB_ROOT", full, 1);
}

/* --- Running gdb ------------------------------------------------------------ */

static void gdb_exec(const char *first, const char *second, char **more)
{
	static char python[128], file[128];
	const char *argv[GDB_ARGS];
	int n = 0;

	snprintf(python, sizeof(python),
		 "python exec(open('%s/lodger.py').read())", gdb_dir);
	snprintf(file, sizeof(file), "%s/kernel.elf", gdb_dir);
	argv[n++] = "gdb";
	argv[n++] = "-q";
	argv[n++] = "-iex";
	argv[n++] = "set auto-load no";
	argv[n++] = "-iex";
	argv[n++] = "set confirm off";
	argv[n++] = file;
	argv[n++] = "-ex";
	argv[n++] = python;
	argv[n++] = "-ex";
	argv[n++] = first;
	if (second) {
		argv[n++] = "-ex";
		argv[n++] = second;
	}
	while (more && *more && n < GDB_ARGS - 1)
		argv[n++] = *more++;
	argv[n] = NULL;
	execvp("gdb", (char **)argv);
	say("gdb: %s%s", strerror(errno),
	    errno == ENOENT ? "; it is Debian's package gdb" : "");
	_exit(EXIT_LODGER);
}

static void gdb_default_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool gdb_is_core(const char *path)
{
	Elf64_Ehdr eh;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, &eh, sizeof(eh));

	if (fd >= 0)
		close(fd);
	return n == sizeof(eh) && !memcmp(eh.e_ident, ELFMAG, SELFMAG) &&
	       eh.e_type == ET_CORE;
}

int gdb_main(int argc, char **argv)
{
	static struct gdb_proc procs[GDB_PROCS];
	static char what[GDB_PROCS * 8], list[GDB_PROCS * 7];
	static pid_t pids[GDB_PROCS];
	pid_t keeper, gdb, self = getpid();
	size_t len = 0;
	int status, n;

	if (argc < 2)
		say_die("usage: lodger gdb NAME|PID|CORE [GDB-ARG...]");
	if (gdb_is_core(argv[1])) {
		snprintf(what, sizeof(what), "core-file %s", argv[1]);
	} else {
		keeper = gdb_find(argv[1], procs, &n);
		n = gdb_in(keeper, procs, n, pids, GDB_PROCS);
		for (int i = 0; i < n && len < sizeof(list) - 16; i++)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
						"%s%d", i ? "," : "",
						(int)pids[i]);
		gdb_root_of(keeper);
	}
	gdb_unpack();
	if (!*what)
		snprintf(what, sizeof(what),
			 "python lodger_attach([%s], '%s/kernel.elf')", list,
			 gdb_dir);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	gdb = fork();
	if (!gdb) {
		gdb_default_signals();
		/* takes its breakpoints out and lets go */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != self)
			_exit(EXIT_LODGER);
		gdb_exec(what, NULL, argv + 2);
	}
	while (gdb < 0 || (waitpid(gdb, &status, 0) < 0 && errno == EINTR))
		if (gdb < 0)
			say_die("fork: %s", strerror(errno));
	gdb_clean();
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_LODGER;
}

/* --- lodger run --gdb --------------------------------------------------------- */

static int gdb_fds[3] = { 0, 1, 2 }; /* gdb's own streams */

/* What comes out of the job goes to the terminal, which is gdb's. */
static int gdb_relay(int to)
{
	char buf[4096];
	ssize_t n, w;
	int p[2];

	if (!isatty(to))
		return to;
	if (pipe2(p, O_CLOEXEC))
		say_die("pipe: %s", strerror(errno));
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(p[1]);
		signal(SIGTTOU, SIG_IGN);
		while ((n = read(p[0], buf, sizeof(buf))) > 0)
			for (ssize_t i = 0; i < n; i += w)
				if ((w = write(to, buf + i, (size_t)(n - i))) <=
				    0)
					_exit(1);
		_exit(0);
	}
	close(p[0]);
	return p[1];
}

void gdb_take_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++)
		gdb_fds[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	dup2(null, 0);
	for (int i = 1; i < 3; i++)
		dup2(gdb_relay(i), i);
	close(null);
}

pid_t gdb_start(const struct options *o, const struct handover *h)
{
	static const struct timespec tick = { .tv_nsec = 5000000 };
	static char what[128];
	pid_t pid;

	gdb_unpack();
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing stays behind */
	setpgid(0, 0);
	if (isatty(gdb_fds[0]))
		tcsetpgrp(gdb_fds[0], getpid());
	for (int i = 0; i < 3; i++)
		dup2(gdb_fds[i], i);
	gdb_default_signals();
	for (int i = 0; !h->machine_pid; i++) {
		if (i > 4000)
			_exit(EXIT_LODGER);
		nanosleep(&tick, NULL);
	}
	if (o->root) {
		char *full = realpath(o->root, NULL);

		if (full)
			setenv("LODGER_GDB_ROOT", full, 1);
	}
	snprintf(what, sizeof(what), "python lodger_start(%d, '%s/kernel.elf')",
		 h->machine_pid, gdb_dir);
	gdb_exec(what, NULL, NULL);
	return -1;
}

void gdb_ended(pid_t pid, bool wait)
{
	if (wait)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (isatty(gdb_fds[0]))
		tcsetpgrp(gdb_fds[0], getpgrp());
	gdb_clean();
}
