// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's first process on its way from an ordinary libc program into
 * the kernel. It gives up everything it has: signal handlers, session,
 * descriptors, the host's file tree, user and group, capabilities; asks to die
 * with the monitor; then maps the kernel image, arena and pool at their fixed
 * addresses and jumps. The kernel (arch_start) unmaps what is left of libc and
 * installs the machine's system-call filter itself.
 *
 * What fails here is reported through `sync` as one message; a message-less
 * end of file tells the monitor that the kernel was entered.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/rseq.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <hostapi/host.h>
#include "drivers-host/monitor.h"
#include "confine.h"
#include "loader.h"
#include "say.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define ENTER_FD_FIRST_FREE (FD_LOG + 1)

static int enter_sync;

static void enter_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

static void enter_die(const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (send(enter_sync, buf, strlen(buf), MSG_NOSIGNAL) < 0)
		_exit(EXIT_LODGER);
	_exit(EXIT_LODGER);
}

static void enter_signals(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	/* the mask stays full until the jump */
}

/* Wait until the monitor has written our id maps; false: it is dead. */
static void enter_wait_go(void)
{
	char c;
	ssize_t n;

	do
		n = recv(enter_sync, &c, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_LODGER);
}

/* The first victim when the host runs out of memory is the machine. */
static void enter_oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "500", 3) < 0) { /* a wish, not a need */
		close(fd);
		return;
	}
	close(fd);
}

/* Fixed numbers, everything else closed; 0, 1, 2 lead nowhere. */
static void enter_descriptors(const struct loader *l, int *image_fd)
{
	int from[] = { mon.arena_fd,
		       mon.pool_fd,
		       l->msock_child,
		       l->log_fd,
		       enter_sync,
		       l->image_fd,
		       -1 };
	static const int to[] = { FD_ARENA,
				  FD_POOL,
				  FD_MSOCK,
				  FD_LOG,
				  ENTER_FD_FIRST_FREE,
				  ENTER_FD_FIRST_FREE + 1,
				  0 };
	const int n = 6;

	from[6] = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (from[6] < 0)
		enter_die("/dev/null: %s", strerror(errno));
	/* out of the way first, so that no number overwrites another */
	for (int i = 0; i <= n; i++) {
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 64);
		if (from[i] < 0)
			enter_die("too few descriptors (ulimit -n): %s",
				  strerror(errno));
	}
	for (int i = 0; i <= n; i++)
		if (dup2(from[i], to[i]) < 0)
			enter_die("dup2: %s", strerror(errno));
	dup2(0, 1);
	dup2(0, 2);
	enter_sync = ENTER_FD_FIRST_FREE;
	*image_fd = ENTER_FD_FIRST_FREE + 1;
	if (syscall(SYS_close_range, *image_fd + 1, ~0u, 0))
		for (int fd = *image_fd + 1; fd < 1 << 16; fd++)
			close(fd);
}

/*
 * An empty file tree, so that nothing of the host's can be named, and no host
 * file system is kept busy by our mount namespace.
 */
static void enter_empty_root(uint32_t namespaces)
{
	if (!(namespaces & CLONE_NEWNS))
		return;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "size=4k,nr_inodes=1,mode=555") ||
	    chdir("/proc"))
		return; /* the system-call filter forbids paths anyway */
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH)) {
		if (chroot(".")) /* the host's root cannot be left so */
			return;
	}
	if (chdir("/"))
		return;
	mount(NULL, "/", NULL,
	      MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV |
		      MS_NOEXEC,
	      NULL);
}

static void enter_drop_user(bool drop)
{
	if (!drop)
		return;
	if (setgroups(0, NULL) && errno != EPERM)
		enter_die("setgroups: %s", strerror(errno));
	if (setresgid(LODGER_NOBODY, LODGER_NOBODY, LODGER_NOBODY) ||
	    setresuid(LODGER_NOBODY, LODGER_NOBODY, LODGER_NOBODY))
		enter_die("cannot become user %u: %s", LODGER_NOBODY,
			  strerror(errno));
}

static void enter_drop_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	memset(d, 0, sizeof(d));
	for (int cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno == EINVAL)
			break;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &h, d))
		enter_die("cannot drop capabilities: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		enter_die("no_new_privs: %s", strerror(errno));
}

/* Die with the monitor, whatever kills it. */
static void enter_die_with_monitor(void)
{
	char c;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		enter_die("PR_SET_PDEATHSIG: %s", strerror(errno));
	/* it may have died just before: then our socket is at its end */
	if (!recv(enter_sync, &c, 1, MSG_PEEK | MSG_DONTWAIT))
		_exit(EXIT_LODGER);
	/* so that its owner can attach gdb */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_NAME, "lodger:kernel");
}

static void enter_affinity(uint32_t n)
{
	cpu_set_t all, some;

	if (!n || sched_getaffinity(0, sizeof(all), &all))
		return;
	CPU_ZERO(&some);
	for (int cpu = 0; cpu < CPU_SETSIZE && n; cpu++)
		if (CPU_ISSET(cpu, &all)) {
			CPU_SET(cpu, &some);
			n--;
		}
	sched_setaffinity(0, sizeof(some), &some);
}

static void enter_map(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		      uint64_t off)
{
	void *p = mmap((void *)addr, len, prot, flags | MAP_FIXED_NOREPLACE, fd,
		       (off_t)off);

	if (p == (void *)addr)
		return;
	enter_die("cannot map the machine at %#llx: %s",
		  (unsigned long long)addr,
		  p == MAP_FAILED ? strerror(errno) : "the place is taken");
}

/*
 * A part of the kernel's image. The host copies the page tables of a private
 * mapping to a forked child only if some page of it is private indeed; without
 * them each new process would pay a fault for every 64 KiB of kernel that it
 * runs through. So one page is written to, with what it holds anyway.
 */
static void enter_image(const struct loader_segment *s, int fd)
{
	volatile char *p = (volatile char *)s->vaddr;

	enter_map(s->vaddr, s->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
		  s->off);
	/* cppcheck-suppress selfAssignment ; the store is what counts */
	*p = *p;
	/* hosts may forbid it (SELinux: execmod) */
	if (mprotect((void *)s->vaddr, s->len, s->prot)) {
		munmap((void *)s->vaddr, s->len);
		enter_map(s->vaddr, s->len, s->prot, MAP_PRIVATE, fd, s->off);
	}
}

static void enter_memory(const struct loader *l, int image_fd, int key)
{
	static const int rw = PROT_READ | PROT_WRITE;

	for (int i = 0; i < l->nseg; i++)
		enter_image(&l->seg[i], image_fd);
	enter_map(ARENA_BASE, mon.arena_size, rw, MAP_SHARED | MAP_NORESERVE,
		  FD_ARENA, 0);
	enter_map(POOL_BASE, mon.pool_size, rw, MAP_SHARED | MAP_NORESERVE,
		  FD_POOL, 0);
	if (key <= 0)
		return;
	if (pkey_mprotect((void *)ARENA_BASE, mon.arena_size, rw, key) ||
	    pkey_mprotect((void *)POOL_BASE, mon.pool_size, rw, key))
		enter_die("pkey_mprotect: %s", strerror(errno));
}

/* The direct backend is built upon key 1. */
static int enter_key(enum boot_backend backend)
{
	int key;

	if (backend != BACKEND_DIRECT)
		return 0;
	key = pkey_alloc(0, 0);
	if (key == 1)
		return key;
	if (key > 1)
		enter_die("the host gave protection key %d instead of 1; "
			  "somebody uses keys in lodger itself",
			  key);
	enter_die("no protection keys here (%s): use --trap seccomp or --trap "
		  "ptrace",
		  strerror(errno));
}

/* glibc's registration points into memory that is about to go. */
static void enter_unregister_rseq(void)
{
	static const unsigned int sizes[] = { 32, 64, 28, 20 };
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (!__rseq_size)
		return;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (!syscall(SYS_rseq, area, sizes[i], RSEQ_FLAG_UNREGISTER,
			     RSEQ_SIG))
			return;
	enter_die("cannot unregister rseq: %s; start lodger with "
		  "GLIBC_TUNABLES=glibc.pthread.rseq=0",
		  strerror(errno));
}

static void enter_no_ia32(int sig)
{
	(void)sig;
	enter_die("this host's kernel has no 32-bit calls (int 0x80), which "
		  "the direct backend needs once per thread: boot the host "
		  "with ia32_emulation=1, or use --trap seccomp");
}

/* set_thread_area exists for 32-bit callers only. */
static void enter_check_ia32(enum boot_backend backend)
{
	long ret = 20; /* getpid */

	if (backend != BACKEND_DIRECT && backend != BACKEND_DIRECT_UNWALLED)
		return;
	signal(SIGSEGV, enter_no_ia32);
	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 :
			 : "memory", "r8", "r9", "r10", "r11");
	signal(SIGSEGV, SIG_DFL);
	if (ret <= 0)
		enter_no_ia32(0);
}

static void enter_jump(uint64_t entry, uint64_t stack)
	__attribute__((noreturn));

static void enter_jump(uint64_t entry, uint64_t stack)
{
	register uint64_t bp __asm__("rdi") = ARENA_BASE;

	__asm__ volatile("mov %[sp], %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "cld\n\t"
			 "jmp *%[entry]"
			 :
			 : [entry] "a"(entry), [sp] "d"(stack), "r"(bp)
			 : "memory");
	__builtin_unreachable();
}

/* --gdb: everything is mapped, so breakpoints can be set. */
static void enter_wait_debugger(const volatile struct boot_params *bp)
{
	static const struct timespec tick = { .tv_nsec = 2000000 };

	if (!bp->debug_wait)
		return;
	/* where the host lets nobody but parents trace */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	while (bp->debug_wait)
		nanosleep(&tick, NULL);
}

void machine_enter(const struct enter *e)
{
	struct boot_params *bp = (void *)ARENA_BASE;
	uint64_t entry = e->l->entry, stack = e->l->stack;
	sigset_t none;
	int image_fd, key;

	enter_sync = e->sync;
	enter_signals();
	setsid(); /* no terminal of the host, no signals of its keys */
	enter_wait_go();
	enter_oom_score();
	enter_descriptors(e->l, &image_fd);
	enter_affinity(e->l->affinity);
	enter_empty_root(e->namespaces);
	enter_drop_user(e->drop_uid);
	enter_drop_caps();
	enter_die_with_monitor();
	confine_machine(e->namespaces & CLONE_NEWPID);
	enter_check_ia32(e->backend);
	key = enter_key(e->backend);
	enter_memory(e->l, image_fd, key);
	bp->pkey = (uint32_t)key;
	enter_unregister_rseq();
	close(image_fd);
	close(enter_sync);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	enter_wait_debugger(bp);
	enter_jump(entry, stack);
}
