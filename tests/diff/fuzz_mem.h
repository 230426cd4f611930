/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps of the random programs: memory. Everything happens in a window of
 * addresses that nothing else uses.
 */
#include <setjmp.h>

#define MEM_BASE  0x200000000000ul
#define MEM_PAGES 64u

static sigjmp_buf mem_env;
static int mem_code;

static void mem_fault(int sig, siginfo_t *si, void *uc)
{
	mem_code = si->si_code;
	siglongjmp(mem_env, sig);
}

static void mem_init(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = mem_fault;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	mmap((void *)MEM_BASE, MEM_PAGES * 4096, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static unsigned char *arg_addr(struct rng *r)
{
	unsigned long off = below(r, MEM_PAGES - 9) * 4096ul;

	if (chance(r, 3))
		off += 100;
	out("+%lx", off);
	return (unsigned char *)MEM_BASE + off;
}
static size_t arg_size(struct rng *r)
{
	size_t n = chance(r, 80) ? (1 + below(r, 8)) * 4096ul : below(r, 20000);

	out(", %zx", n);
	return n;
}
static void res_addr(void *p)
{
	if (p == MAP_FAILED)
		out(") = %s", d_err(errno));
	else
		out(") = %s%lx",
		    (unsigned long)p - MEM_BASE < MEM_PAGES * 4096 ? "+" : "",
		    (unsigned long)p - MEM_BASE < MEM_PAGES * 4096
			    ? (unsigned long)p - MEM_BASE
			    : 0);
}
static void m_mmap(struct rng *r)
{
	unsigned char *p = arg_addr(r);
	size_t n = arg_size(r);
	int prot = (int)below(r, 4),
	    fl = chance(r, 5) ? 3 : 1 + (int)below(r, 2);
	int fd = -1;
	long off = 0;

	fl |= chance(r, 80) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	out(", %d, %x, ", prot, fl);
	if (chance(r, 70)) {
		fd = arg_fd(r);
		blocks_unsure = 1;
		off = (long)below(r, 4) * 4096;
		out(", %ld", off);
	} else {
		fl |= MAP_ANONYMOUS;
		out("anon");
	}
	res_addr(mmap(p, n, prot, fl, fd, off));
}
static void m_munmap(struct rng *r)
{
	unsigned char *p = arg_addr(r);

	res(munmap(p, arg_size(r)));
}
static void m_mprotect(struct rng *r)
{
	unsigned char *p = arg_addr(r);
	size_t n = arg_size(r);
	int prot = (int)below(r, 4);

	out(", %d", prot);
	res(mprotect(p, n, prot));
}
static void m_mremap(struct rng *r)
{
	unsigned char *p = arg_addr(r), *q;
	size_t n = arg_size(r), m = arg_size(r);

	/* (newer kernels move several areas at once when the size stays) */
	if ((n + 4095) / 4096 == (m + 4095) / 4096)
		m += 4096;
	int fl = (int)below(r, 2) ? MREMAP_MAYMOVE | MREMAP_FIXED : 0;

	out(", %d, ", fl);
	q = arg_addr(r);
	res_addr(mremap(p, n, m, fl, q));
}
static void m_madvise(struct rng *r)
{
	/* (not those that mark areas: what they mark does not merge) */
	static const int adv[] = { 0, 3, 4, 4, 4, 9, 8, 1000 };
	unsigned char *p = arg_addr(r);
	size_t n = arg_size(r);
	int a = PICK(r, adv);

	out(", %d", a);
	res(madvise(p, n, a));
}
static void m_msync(struct rng *r)
{
	unsigned char *p = arg_addr(r);
	size_t n = arg_size(r);
	int fl = (int)below(r, 8);

	out(", %d", fl);
	res(msync(p, n, fl));
}
static void m_load(struct rng *r)
{
	unsigned char *p = arg_addr(r);
	volatile unsigned sum = 0;
	int sig;

	p += below(r, 4096);
	sig = sigsetjmp(mem_env, 1);
	if (!sig) {
		for (int i = 0; i < 16; i++)
			sum += ((volatile unsigned char *)p)[i * 300];
		out(") %u", sum);
	} else {
		out(") signal %d code %d", sig, mem_code);
	}
}
static void m_store(struct rng *r)
{
	unsigned char *p = arg_addr(r);
	unsigned v = below(r, 256);
	int sig;

	p += below(r, 4096);
	sig = sigsetjmp(mem_env, 1);
	if (!sig) {
		*(volatile unsigned char *)p = (unsigned char)v;
		out(") ok");
	} else {
		out(") signal %d code %d", sig, mem_code);
	}
}
/* The kernel reads or writes there. */
static void m_kernel_io(struct rng *r)
{
	unsigned char *p = arg_addr(r);
	int fd, w = (int)below(r, 2);
	struct stat st;
	size_t n;

	p += below(r, 4096);
	out(", %s, ", w ? "w" : "r");
	fd = arg_fd(r);
	if (is_special(fd, NULL) || (!fstat(fd, &st) && S_ISSOCK(st.st_mode))) {
		out(") none");
		return;
	}
	out(", ");
	n = arg_len(r);
	if (w)
		blocks_unsure = 1;
	res(w ? write(fd, p, n) : read(fd, p, n));
}
static void m_maps(struct rng *r)
{
	unsigned long a, b, end = 0;
	char l[400], perm[8], was[8] = "";
	FILE *f = fopen("/proc/self/maps", "re");

	out(")");
	while (f && fgets(l, sizeof(l), f)) {
		if (sscanf(l, "%lx-%lx %7s", &a, &b, perm) < 3 ||
		    a < MEM_BASE || a >= MEM_BASE + MEM_PAGES * 4096)
			continue;
		/* (advice splits areas; whether they merge again may differ) */
		if (a != end || strcmp(perm, was))
			out("%.0lx %lx:%s", end ? (end - MEM_BASE) >> 12 : 0,
			    (a - MEM_BASE) >> 12, perm);
		end = b;
		strcpy(was, perm);
	}
	out("-%lx", end ? (end - MEM_BASE) >> 12 : 0);
	if (f)
		fclose(f);
}
static void m_mincore(struct rng *r)
{
	unsigned char *p = arg_addr(r), v[16];

	res(mincore(p, arg_size(r), v));
}
static void m_mlock(struct rng *r)
{
	unsigned char *p = arg_addr(r);
	size_t n = arg_size(r);
	int how = (int)below(r, 2);

	out(", %d", how);
	res(how ? mlock(p, n) : munlock(p, n));
}

const struct step steps_mem[] = {
	{ "mmap", m_mmap, 16 },
	{ "munmap", m_munmap, 4 },
	{ "mprotect", m_mprotect, 6 },
	{ "mremap", m_mremap, 5 },
	{ "madvise", m_madvise, 4 },
	{ "msync", m_msync, 3 },
	{ "load", m_load, 8 },
	{ "store", m_store, 10 },
	{ "kernel_io", m_kernel_io, 6 },
	{ "maps", m_maps, 2 },
	{ "mincore", m_mincore, 2 },
	{ "mlock", m_mlock, 2 },
	{ NULL, NULL, 0 },
};
