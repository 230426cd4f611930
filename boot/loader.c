// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's memory: three memory files.
 *
 *	arena	kernel data, shared by every process of the machine: the boot
 *		page, .data and .bss of the kernel, the ring, the boot stack,
 *		the heap
 *	pool	page cache and shared memory: sparse and large. The built-in
 *		root's archive is put at its beginning
 *	image	kernel text and read-only data, at their distance from
 *		KIMAGE_BASE, sealed against every change
 *
 * Arena and pool cannot change size (sealed), so that no process of the
 * machine can make the monitor's own mapping of them fault.
 *
 * All of it happens in the monitor, before the first process of the machine
 * exists; that one only maps what it finds here (enter.c).
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <hostapi/host.h>
#include "drivers-host/monitor.h"
#include "loader.h"
#include "say.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#define LOADER_ARENA	  (8ull << 30)
#define LOADER_POOL	  (2ull << 40)
#define LOADER_FILE_MIN	  (1ull << 30) /* less is no machine */
#define LOADER_BOOT_STACK (1ull << 20)
#define LOADER_2M	  (2ull << 20)

extern const char image_kernel_start[], image_kernel_end[];
extern const char image_initrd_start[], image_initrd_end[];

struct monitor mon;

static size_t loader_span(const char *start, const char *end)
{
	return (uintptr_t)end - (uintptr_t)start;
}

static int loader_memfd(const char *name, uint64_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING |
					    MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		say_die("the host gives no memory file: %s", strerror(errno));
	if (ftruncate(fd, (off_t)size))
		say_die("cannot make a memory file of %llu MiB: %s",
			(unsigned long long)size >> 20, strerror(errno));
	return fd;
}

static void loader_seal(int fd, int seals)
{
	if (fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SEAL))
		say_die("cannot seal a memory file: %s", strerror(errno));
}

static void loader_pwrite(int fd, const void *buf, size_t n, uint64_t off)
{
	const char *p = buf;

	while (n) {
		ssize_t w = pwrite(fd, p, n, (off_t)off);

		if (w <= 0)
			say_die("cannot fill the machine's memory: %s",
				w ? strerror(errno) : "no space");
		p += w;
		n -= (size_t)w;
		off += (uint64_t)w;
	}
}

/*
 * Limits of the caller that would stop the machine: raise the soft ones as far
 * as the hard ones allow. => largest file we can make
 */
static uint64_t loader_limits(void)
{
	static const int raise[] = { RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA,
				     RLIMIT_NOFILE };
	struct rlimit rl;

	for (size_t i = 0; i < sizeof(raise) / sizeof(raise[0]); i++)
		if (!getrlimit((__rlimit_resource_t)raise[i], &rl) &&
		    rl.rlim_cur != rl.rlim_max) {
			rl.rlim_cur = rl.rlim_max;
			setrlimit((__rlimit_resource_t)raise[i], &rl);
		}
	if (!getrlimit(RLIMIT_AS, &rl) && rl.rlim_cur != RLIM_INFINITY)
		say_die("the limit on address space (ulimit -v) is %llu KiB; a "
			"machine needs it unlimited",
			(unsigned long long)rl.rlim_cur >> 10);
	if (getrlimit(RLIMIT_FSIZE, &rl) || rl.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	if (rl.rlim_cur < LOADER_FILE_MIN)
		say_die("the limit on file sizes (ulimit -f) is %llu KiB; a "
			"machine needs 1 GiB at least, as memory is a file",
			(unsigned long long)rl.rlim_cur >> 10);
	return rl.rlim_cur & ~(LOADER_2M - 1);
}

static void *loader_map(int fd, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_NORESERVE, fd, 0);

	if (p == MAP_FAILED)
		say_die("cannot map %llu MiB of the machine's memory: %s",
			(unsigned long long)size >> 20, strerror(errno));
	madvise(p, size, MADV_DONTFORK);
	madvise(p, size, MADV_DONTDUMP);
	return p;
}

/* Text and read-only data into the image, data into the arena. */
static void loader_segments(struct loader *l)
{
	const Elf64_Ehdr *eh = (const void *)image_kernel_start;
	const Elf64_Phdr *ph = (const void *)(image_kernel_start + eh->e_phoff);
	uint64_t data_end = 0, image_end = KIMAGE_BASE;

	if (loader_span(image_kernel_start, image_kernel_end) < sizeof(*eh) ||
	    memcmp(eh->e_ident, ELFMAG, SELFMAG))
		say_die("this program was built without a kernel image");
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && ph[i].p_vaddr < ARENA_BASE &&
		    ph[i].p_vaddr + ph[i].p_memsz > image_end)
			image_end = ph[i].p_vaddr + ph[i].p_memsz;
	}
	image_end = (image_end + 4095) & ~4095ull;
	l->image_fd = loader_memfd("lodger-kernel", image_end - KIMAGE_BASE);
	for (int i = 0; i < eh->e_phnum; i++) {
		const char *src = image_kernel_start + ph[i].p_offset;
		uint64_t end = ph[i].p_vaddr + ph[i].p_memsz;
		struct loader_segment *s;

		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (ph[i].p_vaddr >= ARENA_BASE) {
			memcpy(mon.arena + (ph[i].p_vaddr - ARENA_BASE), src,
			       ph[i].p_filesz);
			if (end > data_end)
				data_end = end;
			continue;
		}
		if (l->nseg == (int)(sizeof(l->seg) / sizeof(l->seg[0])))
			say_die("the kernel image has too many segments");
		loader_pwrite(l->image_fd, src, ph[i].p_filesz,
			      ph[i].p_vaddr - KIMAGE_BASE);
		s = &l->seg[l->nseg++];
		s->vaddr = ph[i].p_vaddr & ~4095ull;
		s->len = ((end + 4095) & ~4095ull) - s->vaddr;
		s->off = s->vaddr - KIMAGE_BASE;
		s->prot = PROT_READ | (ph[i].p_flags & PF_X ? PROT_EXEC : 0);
	}
	if (!data_end)
		data_end = ARENA_BASE + BOOT_PARAMS_SIZE;
	loader_seal(l->image_fd, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
	l->entry = eh->e_entry;
	mon.bp->kimage_end = image_end;
	mon.bp->kdata_end = (data_end - ARENA_BASE + 65535) & ~65535ull;
	madvise((void *)(uintptr_t)image_kernel_start,
		loader_span(image_kernel_start, image_kernel_end),
		MADV_DONTNEED);
}

/* The host's vDSO and, directly below, its data pages. */
static void loader_find_vdso(struct boot_params *bp)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long lo, hi;

		if (sscanf(line, "%lx-%lx", &lo, &hi) != 2)
			continue;
		if (strstr(line, "[vvar")) {
			if (!bp->vvar_len || bp->vvar_addr + bp->vvar_len != lo)
				bp->vvar_addr = lo;
			bp->vvar_len = hi - bp->vvar_addr;
		} else if (strstr(line, "[vdso]")) {
			bp->vdso_addr = lo;
			bp->vdso_len = hi - lo;
		} else if (strstr(line, "[vsyscall]")) {
			bp->vsyscall = 1;
		}
	}
	if (f)
		fclose(f);
	if (bp->vvar_addr + bp->vvar_len != bp->vdso_addr)
		bp->vdso_addr = bp->vdso_len = bp->vvar_addr = bp->vvar_len = 0;
}

static void loader_string(struct boot_params *bp, const char *s)
{
	size_t n = strlen(s) + 1;

	if (bp->strings_len + n > sizeof(bp->strings))
		say_die("COMMAND, its arguments and --env are longer than %zu "
			"bytes; put them into a script in the root",
			sizeof(bp->strings));
	memcpy(bp->strings + bp->strings_len, s, n);
	bp->strings_len += (uint32_t)n;
}

static void loader_boot_page(struct boot_params *bp, const struct options *o,
			     const struct console_state *con)
{
	const char *platform = (const char *)getauxval(AT_PLATFORM);
	cpu_set_t set;
	uint32_t n = 1;

	bp->magic = BOOT_MAGIC;
	bp->version = BOOT_VERSION;
	bp->backend = o->backend;
	if (!sched_getaffinity(0, sizeof(set), &set))
		n = (uint32_t)CPU_COUNT(&set);
	bp->ncpus = o->cpus && o->cpus < n ? o->cpus : n;
	/* nobody can have more than there is; enforced only when asked for */
	bp->mem_limit = o->mem;
	if (!bp->mem_limit)
		bp->mem_limit = (uint64_t)sysconf(_SC_PHYS_PAGES) * 4096;
	bp->hwcap = getauxval(AT_HWCAP);
	bp->hwcap2 = getauxval(AT_HWCAP2);
	bp->minsigstksz = getauxval(AT_MINSIGSTKSZ);
	bp->nets = (uint32_t)o->nnets;
	for (int i = 0; i < o->ndisks; i++)
		if (o->disk[i].file)
			bp->disks |= 1u << i;
	bp->uid = o->uid;
	bp->gid = o->gid;
	bp->con_cols = con->cols;
	bp->con_rows = con->rows;
	snprintf(bp->platform, sizeof(bp->platform), "%s",
		 platform ? platform : "x86_64");
	snprintf(bp->hostname, sizeof(bp->hostname), "%s", o->hostname);
	snprintf(bp->workdir, sizeof(bp->workdir), "%s", o->workdir);
	snprintf(bp->cmdline, sizeof(bp->cmdline), "%s", o->cmdline);
	for (int i = 0; i < o->argc; i++)
		loader_string(bp, o->argv[i]);
	for (int i = 0; i < o->envc; i++)
		loader_string(bp, o->envp[i]);
	bp->job_argc = (uint32_t)o->argc;
	bp->job_envc = (uint32_t)o->envc;
	bp->debug_wait = o->gdb;
	if (o->quiet)
		bp->flags |= BOOT_QUIET;
	if (o->argc)
		bp->flags |= BOOT_HAVE_JOB;
	if (o->root)
		bp->flags |= BOOT_ROOT_HOSTFS;
	if (o->root_disk)
		bp->flags |= BOOT_ROOT_DISK;
	if (o->rw)
		bp->flags |= BOOT_ROOT_RW;
	if (o->overlay)
		bp->flags |= BOOT_ROOT_OVERLAY;
	if (con->tty_fd[0])
		bp->flags |= BOOT_JOB_TTY;
	for (int i = 0; i < 3; i++)
		if (con->tty_fd[i])
			bp->flags |= BOOT_TTY_FD(i);
	loader_find_vdso(bp);
}

static void loader_ring(struct boot_params *bp)
{
	struct ring_area *ring;

	bp->ring_off = bp->kdata_end;
	bp->ring_size = (sizeof(*ring) + 65535) & ~65535ull;
	ring = (void *)(mon.arena + bp->ring_off);
	ring->version = BOOT_VERSION;
	ring->nslots = RING_SLOTS;
	ring->con_cols = bp->con_cols;
	ring->con_rows = bp->con_rows;
	mon.ring = ring;
}

static void loader_initrd(struct boot_params *bp)
{
	size_t n = loader_span(image_initrd_start, image_initrd_end);

	loader_pwrite(mon.pool_fd, image_initrd_start, n, 0);
	bp->initrd_off = 0;
	bp->initrd_len = n;
	madvise((void *)(uintptr_t)image_initrd_start, n, MADV_DONTNEED);
}

void loader_prepare(struct loader *l, const struct options *o,
		    const struct console_state *con)
{
	uint64_t largest = loader_limits();
	struct boot_params *bp;
	int sock[2];

	memset(l, 0, sizeof(*l));
	mon.arena_size = LOADER_ARENA < largest ? LOADER_ARENA : largest;
	mon.pool_size = LOADER_POOL < largest ? LOADER_POOL : largest;
	mon.arena_fd = loader_memfd("lodger-arena", mon.arena_size);
	mon.pool_fd = loader_memfd("lodger-pool", mon.pool_size);
	loader_seal(mon.arena_fd, F_SEAL_SHRINK | F_SEAL_GROW);
	loader_seal(mon.pool_fd, F_SEAL_SHRINK | F_SEAL_GROW);
	mon.arena = loader_map(mon.arena_fd, mon.arena_size);
	mon.pool = loader_map(mon.pool_fd, mon.pool_size);
	mon.verbose = o->verbose;

	mon.bp = bp = (void *)mon.arena;
	bp->arena_size = mon.arena_size;
	bp->pool_size = mon.pool_size;
	loader_segments(l);
	loader_boot_page(bp, o, con);
	loader_ring(bp);
	if (!o->root && !o->root_disk)
		loader_initrd(bp);
	l->stack =
		ARENA_BASE + bp->ring_off + bp->ring_size + LOADER_BOOT_STACK;
	l->affinity = o->cpus;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock))
		say_die("socketpair: %s", strerror(errno));
	mon.msock = sock[0];
	l->msock_child = sock[1];
	l->log_fd = STDERR_FILENO;
}
