// SPDX-License-Identifier: GPL-2.0
/*
 * Core files of a machine's kernel, for `lodger gdb CORE`: after a panic, and of
 * a machine that runs (or hangs), by `lodger dump`.
 *
 * All state of the kernel is in the arena. So a core file is an ELF header, a
 * note with registers for each thread, and the parts of the arena that have
 * memory; text and symbols gdb takes from what lodger carries. Guest memory and
 * the page cache are not in it.
 *
 * After a panic the monitor has the arena but, confined, can make no file any
 * more; the keeper can. They share a memory file, which is empty otherwise. The
 * registers are those that the kernel left in the boot page: one thread. The
 * file goes to $LODGER_CORE, else $TMPDIR, else /tmp; LODGER_CORE=no makes none.
 *
 * `lodger dump` stops all the machine's processes as a debugger does, takes the
 * registers of each thread, and lets them go on.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <hostapi/host.h>
#include "core.h"
#include "drivers-host/monitor.h"
#include "gdb.h"
#include "say.h"

#define CORE_PARTS   512
#define CORE_THREADS 4096
#define CORE_GAP     65536 /* parts closer than that are one */
#define CORE_MACHINE 1024  /* processes */

struct core_note {
	Elf64_Nhdr head;
	char name[8];
	struct elf_prstatus status;
} __attribute__((packed, aligned(4)));

struct core {
	int out;
	int arena_fd;
	const uint8_t *arena;
	uint64_t size;
	struct core_note *note; /* one for each thread */
	int threads;
	Elf64_Phdr part[CORE_PARTS + 1];
	int parts;
};

static bool core_put(const struct core *c, const void *p, size_t n,
		     uint64_t off)
{
	while (n) {
		ssize_t w = pwrite(c->out, p, n, (off_t)off);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p = (const char *)p + w;
		n -= (size_t)w;
		off += (uint64_t)w;
	}
	return true;
}

/* Where the arena has memory. */
static void core_find_parts(struct core *c)
{
	off_t at = 0, end;

	c->parts = 1; /* after the notes */
	while ((at = lseek(c->arena_fd, at, SEEK_DATA)) >= 0 &&
	       (uint64_t)at < c->size) {
		Elf64_Phdr *ph = &c->part[c->parts], *last = ph - 1;

		end = lseek(c->arena_fd, at, SEEK_HOLE);
		if (end < 0)
			end = (off_t)c->size;
		if (c->parts > 1 &&
		    (c->parts > CORE_PARTS ||
		     (uint64_t)at - (last->p_vaddr + last->p_memsz -
				     ARENA_BASE) <
			     CORE_GAP)) {
			last->p_memsz = last->p_filesz =
				ARENA_BASE + (uint64_t)end - last->p_vaddr;
		} else {
			*ph = (Elf64_Phdr){
				.p_type = PT_LOAD,
				.p_flags = PF_R | PF_W,
				.p_vaddr = ARENA_BASE + (uint64_t)at,
				.p_memsz = (uint64_t)(end - at),
				.p_filesz = (uint64_t)(end - at),
				.p_align = 4096,
			};
			c->parts++;
		}
		at = end;
	}
}

static bool core_write(struct core *c)
{
	uint64_t notes = sizeof(c->note[0]) * (uint64_t)c->threads, off;
	Elf64_Ehdr eh = { .e_type = ET_CORE,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh),
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr) };

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	core_find_parts(c);
	eh.e_phnum = (uint16_t)c->parts;
	off = sizeof(eh) + sizeof(Elf64_Phdr) * (uint64_t)c->parts;
	c->part[0] = (Elf64_Phdr){ .p_type = PT_NOTE,
				   .p_offset = off,
				   .p_filesz = notes,
				   .p_align = 4 };
	off += notes;
	for (int i = 1; i < c->parts; i++) {
		off = (off + 4095) & ~4095ull;
		c->part[i].p_offset = off;
		off += c->part[i].p_filesz;
	}
	if (!core_put(c, &eh, sizeof(eh), 0) ||
	    !core_put(c, c->part, sizeof(c->part[0]) * (size_t)c->parts,
		      sizeof(eh)) ||
	    !core_put(c, c->note, notes, c->part[0].p_offset))
		return false;
	for (int i = 1; i < c->parts; i++)
		if (!core_put(c, c->arena + (c->part[i].p_vaddr - ARENA_BASE),
			      c->part[i].p_filesz, c->part[i].p_offset))
			return false;
	return true;
}

static void core_thread(struct core_note *n, pid_t pid,
			const struct user_regs_struct *regs)
{
	*n = (struct core_note){
		.head = { .n_namesz = 5,
			  .n_descsz = sizeof(n->status),
			  .n_type = NT_PRSTATUS },
		.name = "CORE",
	};
	n->status.pr_pid = pid;
	memcpy(&n->status.pr_reg, regs, sizeof(n->status.pr_reg));
}

/* --- After a panic ------------------------------------------------------------ */

int core_open(void)
{
	const char *dir = getenv("LODGER_CORE");

	if (dir && !strcmp(dir, "no"))
		return -1;
	return memfd_create("lodger-core", MFD_CLOEXEC);
}

void core_of_panic(int fd)
{
	struct user_regs_struct regs = { .rip = mon.bp->crash_rip,
					 .rsp = mon.bp->crash_rsp,
					 .rbp = mon.bp->crash_rbp };
	static struct core_note note;
	static struct core c;

	if (fd < 0)
		return;
	c = (struct core){ .out = fd,
			   .arena_fd = mon.arena_fd,
			   .arena = mon.arena,
			   .size = mon.arena_size,
			   .note = &note,
			   .threads = 1 };
	core_thread(&note, (pid_t)mon.bp->crash_tid ?: 1, &regs);
	if (!core_write(&c) && ftruncate(fd, 0))
		say("no core file: %s", strerror(errno));
}

void core_save(int fd, const char *name)
{
	const char *dir = getenv("LODGER_CORE") ?: getenv("TMPDIR");
	char path[PATH_MAX];
	off_t at = 0, end;
	struct stat st;
	int out;

	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		return;
	snprintf(path, sizeof(path), "%s/lodger-%s.XXXXXX.core",
		 dir && *dir == '/' ? dir : "/tmp", name);
	out = mkostemps(path, 5, O_CLOEXEC);
	if (out < 0) {
		say("no core file: %s: %s", path, strerror(errno));
		return;
	}
	while ((at = lseek(fd, at, SEEK_DATA)) >= 0 &&
	       (end = lseek(fd, at, SEEK_HOLE)) >= 0)
		while (at < end) {
			loff_t to = at;
			ssize_t n = copy_file_range(fd, &at, out, &to,
						    (size_t)(end - at), 0);
			if (n <= 0) {
				char buf[65536];

				n = pread(fd, buf,
					  (size_t)(end - at) < sizeof(buf)
						  ? (size_t)(end - at)
						  : sizeof(buf),
					  at);
				if (n <= 0 ||
				    pwrite(out, buf, (size_t)n, at) != n) {
					say("no core file: %s: %s", path,
					    strerror(errno));
					unlink(path);
					close(out);
					return;
				}
				at += n;
			}
		}
	if (!ftruncate(out, st.st_size))
		say("core file: %s (lodger gdb %s)", path, path);
	close(out);
	if (ftruncate(fd, 0)) /* it may boot again */
		say("core file: %s", strerror(errno));
}

/* --- lodger dump ---------------------------------------------------------------- */

struct core_stopped {
	pid_t tid[CORE_THREADS];
	int n;
};

/* Stop the threads of a process that are not yet. => new ones */
static int core_stop_threads(pid_t pid, struct core_stopped *s)
{
	char path[64];
	struct dirent *e;
	int found = 0, status;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		pid_t tid = atoi(e->d_name);
		bool have = tid <= 0 || s->n == CORE_THREADS;

		for (int i = 0; i < s->n && !have; i++)
			have = s->tid[i] == tid;
		if (have || ptrace(PTRACE_SEIZE, tid, NULL, NULL))
			continue;
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
		if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
			continue;
		s->tid[s->n++] = tid;
		found++;
	}
	if (d)
		closedir(d);
	return found;
}

static int core_arena_of(pid_t pid, struct core *c)
{
	char path[64];
	struct stat st;
	void *p;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, FD_ARENA);
	c->arena_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->arena_fd < 0 || fstat(c->arena_fd, &st))
		return -1;
	c->size = (uint64_t)st.st_size;
	p = mmap(NULL, c->size, PROT_READ, MAP_SHARED, c->arena_fd, 0);
	c->arena = p;
	return p == MAP_FAILED ? -1 : 0;
}

int core_dump_main(int argc, char **argv)
{
	static struct core_note notes[CORE_THREADS];
	static struct core_stopped stopped;
	static struct core c;
	static pid_t pids[CORE_MACHINE];
	char path[PATH_MAX];
	bool ok;
	int n;

	if (argc < 2 || argc > 3)
		say_die("usage: lodger dump NAME|PID [FILE]");
	n = gdb_machine(argv[1], pids, CORE_MACHINE);
	snprintf(path, sizeof(path), "%s%s", argc > 2 ? argv[2] : argv[1],
		 argc > 2 ? "" : ".core");
	if (core_arena_of(pids[0], &c))
		say_die("cannot read the machine's memory: %s",
			strerror(errno));
	c.out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (c.out < 0)
		say_die("%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++)
		while (core_stop_threads(pids[i], &stopped))
			;
	for (int i = 0; i < stopped.n; i++) {
		struct user_regs_struct regs = { 0 };
		struct iovec iov = { &regs, sizeof(regs) };

		if (!ptrace(PTRACE_GETREGSET, stopped.tid[i], NT_PRSTATUS,
			    &iov))
			core_thread(&notes[c.threads++], stopped.tid[i], &regs);
	}
	c.note = notes;
	ok = core_write(&c);
	n = errno;
	for (int i = 0; i < stopped.n; i++)
		ptrace(PTRACE_DETACH, stopped.tid[i], NULL, NULL);
	if (!ok || close(c.out))
		say_die("%s: %s", path, strerror(n));
	printf("%s: %d threads, %d parts of memory\n", path, c.threads,
	       c.parts - 1);
	return 0;
}

/* --- Coverage ------------------------------------------------------------------- */

static int coverage_fd = -1;

void coverage_open(void)
{
	const char *dir = getenv("LODGER_COVERAGE");
	char path[PATH_MAX];

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%d.cov", dir, (int)getpid());
	coverage_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
}

void coverage_write(void)
{
	uint64_t off = mon.bp->cov_off, len = mon.bp->cov_len;
	struct core c = { .out = coverage_fd };

	if (coverage_fd < 0 || !len || off > mon.arena_size ||
	    len > mon.arena_size - off)
		return;
	if (!core_put(&c, mon.arena + off, len, 0))
		say("LODGER_COVERAGE: %s", strerror(errno));
}
