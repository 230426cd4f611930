// SPDX-License-Identifier: GPL-2.0
/*
 * Core files: which deaths leave one, how it is told, its limits, and that it
 * holds what a debugger wants to see.
 */
#include "t.h"
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char dir[] = "/tmp/t_core.XXXXXX";

/* An empty directory to crash in; skips where cores go elsewhere. */
static void enter(void)
{
	char pattern[128] = "";
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);

	if (fd < 0 || read(fd, pattern, sizeof(pattern) - 1) <= 0 ||
	    strcmp(pattern, "core\n"))
		SKIP("core_pattern is not plain");
	close(fd);
	CHECK(mkdtemp(dir));
	CHECK_EQ(chdir(dir), 0);
}

static void leave(void)
{
	unlink("core");
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(rmdir(dir), 0);
}

static void allow_core(rlim_t bytes)
{
	struct rlimit rl;

	getrlimit(RLIMIT_CORE, &rl);
	if (rl.rlim_max < bytes && rl.rlim_max != RLIM_INFINITY)
		_exit(77);
	rl.rlim_cur = bytes;
	CHECK_EQ(setrlimit(RLIMIT_CORE, &rl), 0);
}

/* Run fn in a child that may leave a core. => wait status; file in core, - = none */
static int crash(void (*fn)(void), rlim_t bytes, struct stat *st)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		allow_core(bytes);
		fn();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		leave();
		SKIP("the hard limit forbids core files");
	}
	/* where they are made without one, e.g. by a filter of the sandbox */
	if (stat("core", st) < 0)
		st->st_size = -1;
	return status;
}

static void do_abort(void)
{
	abort();
}

static void do_fault(void)
{
	*(volatile int *)16 = 1;
}

T(deaths_that_leave_one)
{
	struct stat st;
	int s;

	enter();
	s = crash(do_abort, RLIM_INFINITY, &st);
	CHECK_EQ(WTERMSIG(s), SIGABRT);
	CHECK(WCOREDUMP(s));
	CHECK(st.st_size > 4096);
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_EQ(st.st_uid, getuid());
	unlink("core");
	s = crash(do_fault, RLIM_INFINITY, &st);
	CHECK_EQ(s, SIGSEGV | 0x80);
	CHECK(st.st_size > 4096);
	leave();
}

static void do_kill(void)
{
	raise(SIGTERM);
}

static void do_undumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	abort();
}

T(deaths_that_leave_none)
{
	struct stat st;

	enter();
	CHECK_EQ(crash(do_abort, 0, &st), SIGABRT);
	CHECK_EQ(st.st_size, -1);
	CHECK_EQ(crash(do_abort, 100, &st), SIGABRT);
	CHECK_EQ(st.st_size, -1);
	CHECK_EQ(crash(do_kill, RLIM_INFINITY, &st), SIGTERM);
	CHECK_EQ(st.st_size, -1);
	CHECK_EQ(crash(do_undumpable, RLIM_INFINITY, &st), SIGABRT);
	CHECK_EQ(st.st_size, -1);
	leave();
}

/* Whatever stands in its place goes, and nothing is written through it. */
T(an_old_one_makes_room)
{
	struct stat st;

	enter();
	close(open("core", O_CREAT | O_WRONLY, 0644));
	CHECK_EQ(link("core", "other"), 0);
	CHECK_EQ(crash(do_abort, RLIM_INFINITY, &st), SIGABRT | 0x80);
	CHECK(st.st_size > 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_EQ(stat("other", &st), 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(unlink("other"), 0);
	CHECK_EQ(unlink("core"), 0);
	CHECK_EQ(symlink("target", "core"), 0);
	CHECK_EQ(crash(do_abort, RLIM_INFINITY, &st), SIGABRT | 0x80);
	CHECK_EQ(lstat("core", &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(access("target", F_OK), -1);
	leave();
}

T(a_limit_cuts_it_off)
{
	struct stat st;

	enter();
	CHECK_EQ(crash(do_abort, 20480, &st), SIGABRT | 0x80);
	CHECK(st.st_size > 0 && st.st_blocks * 512 <= 20480 + 4096);
	leave();
}

T(waitid_tells)
{
	siginfo_t si;
	pid_t pid;

	enter();
	pid = fork();
	if (!pid) {
		allow_core(RLIM_INFINITY);
		abort();
	}
	CHECK_EQ(waitid(P_PID, pid, &si, WEXITED | WNOWAIT), 0);
	if (si.si_code == CLD_EXITED)
		SKIP("the hard limit forbids core files");
	CHECK_EQ(si.si_code, CLD_DUMPED);
	CHECK_EQ(si.si_status, SIGABRT);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	leave();
}

/* --- Inside --- */

/* Made up at run time, so that it stands in memory only. */
static void make_text(volatile char *at, int seed)
{
	for (int i = 0; i < 64; i++)
		at[i] = (char)((i + seed) * (i + 3) + seed);
}

char *heap_text, *hidden_text;
static pthread_barrier_t barrier;

static void *idle_thread(void *arg)
{
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	return arg;
}

static void do_threads(void)
{
	pthread_t t;

	heap_text = malloc(64);
	make_text(heap_text, 17);
	hidden_text = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	make_text(hidden_text, 23);
	madvise(hidden_text, 4096, MADV_DONTDUMP);
	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, idle_thread, NULL);
	pthread_barrier_wait(&barrier);
	do_fault();
}

static unsigned char *core;
static Elf64_Ehdr *eh;

static int notes_of(unsigned int type, void **first)
{
	Elf64_Phdr *ph = (void *)(core + eh->e_phoff);
	unsigned char *p, *end;
	int n = 0;

	*first = NULL;
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_NOTE)
			continue;
		p = core + ph[i].p_offset;
		end = p + ph[i].p_filesz;
		while (p + sizeof(Elf64_Nhdr) < end) {
			Elf64_Nhdr *nh = (void *)p;

			p += sizeof(*nh) + (nh->n_namesz + 3) / 4 * 4;
			if (nh->n_type == type && !n++)
				*first = p;
			p += (nh->n_descsz + 3) / 4 * 4;
		}
	}
	return n;
}

T(what_it_holds)
{
	struct stat st;
	int fd, s, loads = 0;
	char text[64];
	void *note;

	enter();
	s = crash(do_threads, RLIM_INFINITY, &st);
	CHECK_EQ(s, SIGSEGV | 0x80);
	fd = open("core", O_RDONLY);
	CHECK(fd >= 0);
	core = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(core != MAP_FAILED);
	eh = (void *)core;
	CHECK(!memcmp(eh->e_ident, ELFMAG, SELFMAG));
	CHECK_EQ(eh->e_type, ET_CORE);
	CHECK_EQ(eh->e_machine, EM_X86_64);
	for (int i = 0; i < eh->e_phnum; i++) {
		Elf64_Phdr *ph = (Elf64_Phdr *)(core + eh->e_phoff) + i;

		loads += ph->p_type == PT_LOAD;
		CHECK(ph->p_offset + ph->p_filesz <= (size_t)st.st_size);
	}
	CHECK(loads > 5);
	CHECK_EQ(notes_of(NT_PRSTATUS, &note), 4);
	CHECK_EQ(((prstatus_t *)note)->pr_cursig, SIGSEGV);
	CHECK_EQ(notes_of(NT_PRPSINFO, &note), 1);
	CHECK(!strncmp(((prpsinfo_t *)note)->pr_fname, "core_file", 9));
	CHECK_EQ(notes_of(NT_SIGINFO, &note), 1);
	CHECK_EQ(((siginfo_t *)note)->si_signo, SIGSEGV);
	CHECK_EQ((long)((siginfo_t *)note)->si_addr, 16);
	CHECK_EQ(notes_of(NT_AUXV, &note), 1);
	CHECK_EQ(notes_of(NT_FILE, &note), 1);
	CHECK(*(long *)note >= 3);
	CHECK_EQ(notes_of(NT_FPREGSET, &note), 4);
	make_text(text, 17);
	CHECK(memmem(core, st.st_size, text, sizeof(text)));
	make_text(text, 23);
	CHECK(!memmem(core, st.st_size, text, sizeof(text)));
	munmap(core, st.st_size);
	close(fd);
	leave();
}

T(a_filter_for_what_it_holds)
{
	int fd = open("/proc/self/coredump_filter", O_RDWR);
	char b[16] = "";

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, b, sizeof(b)), 9);
	CHECK_STR(b, "00000033\n");
	CHECK_EQ(write(fd, "0x7f", 4), 4);
	CHECK_EQ(pread(fd, b, sizeof(b), 0), 9);
	CHECK_STR(b, "0000007f\n");
	CHECK_ERRNO(write(fd, "zz", 2), EINVAL);
	if (!fork()) {
		fd = open("/proc/self/coredump_filter", O_RDONLY);
		CHECK_EQ(read(fd, b, sizeof(b)), 9);
		CHECK_STR(b, "0000007f\n");
		_exit(0);
	}
	int st;

	wait(&st);
	CHECK_EQ(st, 0);
}

T_MAIN
