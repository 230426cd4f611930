// SPDX-License-Identifier: GPL-2.0
/* mprotect(2), faults and what they tell, stacks. */
#include "t.h"
#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define PG 4096ul
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf jump;
static volatile int got_sig, got_code;
static void *volatile got_addr;
static volatile long got_err;

static void on_fault(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	got_sig = sig;
	got_code = si->si_code;
	got_addr = si->si_addr;
	got_err = uc->uc_mcontext.gregs[REG_ERR];
	siglongjmp(jump, 1);
}

static void catch_faults(void)
{
	static char alt[65536];
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO | SA_ONSTACK };
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	size_t i;

	sigaltstack(&ss, NULL);
	for (i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		sigaction(sigs[i], &sa, NULL);
}

#define TRY(stmt)                          \
	({                                 \
		catch_faults();            \
		got_sig = got_code = 0;    \
		if (!sigsetjmp(jump, 1)) { \
			stmt;              \
		}                          \
		got_sig;                   \
	})

static char *anon(size_t n, int prot)
{
	char *p = mmap(NULL, n * PG, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static int rd(volatile char *p)
{
	return TRY((void)*p);
}
static int wr(volatile char *p)
{
	return TRY(*p = 1);
}

T(protections_are_enforced)
{
	char *p = anon(4, RW);

	CHECK_EQ(wr(p), 0);
	CHECK_EQ(mprotect(p, PG, PROT_READ), 0);
	CHECK_EQ(rd(p), 0);
	CHECK_EQ(wr(p + 9), SIGSEGV);
	CHECK_EQ(got_code, SEGV_ACCERR);
	CHECK(got_addr == p + 9);
	CHECK_EQ(got_err & 2, 2);
	CHECK_EQ(mprotect(p, PG, PROT_NONE), 0);
	CHECK_EQ(rd(p), SIGSEGV);
	CHECK_EQ(got_code, SEGV_ACCERR);
	CHECK_EQ(got_err & 2, 0);
	CHECK_EQ(mprotect(p, PG, RW), 0);
	CHECK_EQ(p[0], 1);
	CHECK_EQ(munmap(p, PG), 0);
	CHECK_EQ(rd(p + 3), SIGSEGV);
	CHECK_EQ(got_code, SEGV_MAPERR);
	CHECK(got_addr == p + 3);
}

T(null_and_odd_pointers)
{
	CHECK_EQ(rd(NULL), SIGSEGV);
	CHECK_EQ(got_code, SEGV_MAPERR);
	CHECK(got_addr == NULL);
	CHECK_EQ(rd((char *)0x8000000000000000), SIGSEGV);
	CHECK_EQ(got_code, SI_KERNEL);
	CHECK(got_addr == NULL);
	CHECK_EQ(rd((char *)0xffffffff81000000), SIGSEGV);
	CHECK_EQ(got_code, SEGV_MAPERR);
	CHECK(got_addr == (void *)0xffffffff81000000);
	CHECK_EQ(rd((char *)0x7ffffffff000), SIGSEGV);
}

T(execute_permission)
{
	char *p = anon(1, RW);
	int (*fn)(void) = (int (*)(void))p;

	memcpy(p, "\xb8\x2a\x00\x00\x00\xc3", 6); /* mov $42,%eax; ret */
	CHECK_EQ(TRY(fn()), SIGSEGV);
	CHECK_EQ(got_code, SEGV_ACCERR);
	CHECK(got_addr == p);
	CHECK_EQ(mprotect(p, PG, PROT_READ | PROT_EXEC), 0);
	CHECK_EQ(fn(), 42);
	CHECK_EQ(wr(p), SIGSEGV);
	p = anon(1, RW | PROT_EXEC);
	memcpy(p, "\xb8\x2b\x00\x00\x00\xc3", 6);
	CHECK_EQ(((int (*)(void))p)(), 43);
}

T(parts_and_holes)
{
	char *p = anon(10, RW);

	memset(p, 3, 10 * PG);
	CHECK_EQ(mprotect(p + 2 * PG, 3 * PG, PROT_READ), 0);
	CHECK_EQ(wr(p + PG), 0);
	CHECK_EQ(wr(p + 2 * PG), SIGSEGV);
	CHECK_EQ(wr(p + 4 * PG), SIGSEGV);
	CHECK_EQ(wr(p + 5 * PG), 0);
	CHECK_EQ(munmap(p + 6 * PG, PG), 0);
	CHECK_ERRNO(mprotect(p + 5 * PG, 3 * PG, PROT_READ), ENOMEM);
	CHECK_EQ(wr(p + 5 * PG), SIGSEGV);
	CHECK_EQ(wr(p + 7 * PG), 0);
	CHECK_ERRNO(mprotect(p + 6 * PG, PG, PROT_READ), ENOMEM);
	CHECK_ERRNO(mprotect(p + 1, PG, PROT_READ), EINVAL);
	CHECK_ERRNO(mprotect(p, PG, 0x100), EINVAL);
	CHECK_EQ(mprotect(p, 0, PROT_READ), 0);
	CHECK_ERRNO(mprotect(p, PG, PROT_READ | PROT_GROWSDOWN), EINVAL);
	CHECK_ERRNO(mprotect(p, PG, PROT_READ | PROT_GROWSUP), EINVAL);
	CHECK_ERRNO(mprotect(p, PG, PROT_READ | PROT_GROWSUP | PROT_GROWSDOWN),
		    EINVAL);
}

T(the_handler_can_mend_and_return)
{
	/* A write barrier, as garbage collectors use them. */
	extern void barrier_test(void);

	barrier_test();
}

static char *barrier_page;
static volatile int barrier_hits;

static void on_barrier(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	barrier_hits++;
	mprotect((void *)((size_t)si->si_addr & ~(PG - 1)), PG, RW);
}

void barrier_test(void)
{
	struct sigaction sa = { .sa_sigaction = on_barrier,
				.sa_flags = SA_SIGINFO };
	int i, round;

	barrier_page = anon(32, PROT_READ);
	sigaction(SIGSEGV, &sa, NULL);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 32; i++)
			((volatile char *)barrier_page)[i * PG] = (char)round;
		mprotect(barrier_page, 32 * PG, PROT_READ);
	}
	CHECK_EQ(barrier_hits, 32 * 20);
	CHECK_EQ(barrier_page[31 * PG], 19);
}

T(other_faults)
{
	volatile int zero = 0, r;

	CHECK_EQ(TRY(r = 100 / zero), SIGFPE);
	CHECK_EQ(got_code, FPE_INTDIV);
	CHECK_EQ(TRY(__asm__ volatile("ud2")), SIGILL);
	CHECK_EQ(got_code, ILL_ILLOPN);
	CHECK_EQ(TRY(__asm__ volatile("int3")), SIGTRAP);
	CHECK_EQ(got_code, SI_KERNEL);
	CHECK_EQ(TRY(__asm__ volatile("hlt")), SIGSEGV);
	CHECK_EQ(got_code, SI_KERNEL);
	CHECK(got_addr == NULL);
	(void)r;
}

static int deep(int n)
{
	volatile char frame[4000];

	frame[n % 4000] = (char)n;
	return n ? deep(n - 1) + frame[n % 4000] * 0 + 1 : 0;
}

T(the_stack_grows)
{
	CHECK_EQ(deep(1500), 1500);
}

T(stack_overflow_is_sigsegv)
{
	struct rlimit r = { 1 << 20, 8 << 20 };

	CHECK_EQ(TRY(deep(100000)), SIGSEGV);
	CHECK_EQ(setrlimit(RLIMIT_STACK, &r), 0);
}

T(a_raised_limit_lets_the_stack_grow_further)
{
	struct rlimit r;

	CHECK_EQ(getrlimit(RLIMIT_STACK, &r), 0);
	if (r.rlim_max < 32 << 20)
		SKIP("the hard limit of the stack is low");
	r.rlim_cur = 32 << 20;
	CHECK_EQ(setrlimit(RLIMIT_STACK, &r), 0);
	CHECK_EQ(deep(6000), 6000);
}

T(map_growsdown)
{
	char *room = anon(2048, PROT_NONE), *top = room + 2048 * PG;
	volatile char *p;

	CHECK_EQ(munmap(room, 2048 * PG), 0);
	p = mmap(top - PG, PG, RW,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
			 MAP_FIXED_NOREPLACE,
		 -1, 0);
	CHECK(p == (volatile char *)top - PG);
	p[0] = 1;
	CHECK_EQ(wr((char *)p - 1), 0);
	CHECK_EQ(wr((char *)p - 10 * PG), 0);
	CHECK_EQ(p[-10 * (long)PG], 1);
	CHECK_EQ(p[0], 1);
	CHECK_EQ(mprotect((void *)p, PG, PROT_READ | PROT_GROWSDOWN), 0);
	CHECK_EQ(wr((char *)p - 10 * PG), SIGSEGV);
}

static char *race_page;
static volatile int race_stop;

static void *racer(void *arg)
{
	(void)arg;
	while (!race_stop) {
		mprotect(race_page, 4 * PG, PROT_READ);
		mprotect(race_page, 4 * PG, RW);
	}
	return NULL;
}

static void on_race(int sig)
{
	(void)sig;
}

T(faults_race_with_mprotect)
{
	struct sigaction sa = { .sa_handler = on_race };
	pthread_t t;
	int i;

	race_page = anon(4, RW);
	sigaction(SIGSEGV, &sa, NULL);
	CHECK_EQ(pthread_create(&t, NULL, racer, NULL), 0);
	for (i = 0; i < 20000; i++)
		((volatile char *)race_page)[(i % 4) * PG] = (char)i;
	race_stop = 1;
	pthread_join(t, NULL);
}

static void *toucher(void *arg)
{
	volatile char *p = arg;
	int i;

	for (i = 0; i < 512; i++)
		p[i * PG]++;
	return NULL;
}

T(threads_fault_the_same_pages)
{
	char *p = mmap(NULL, 512 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t t[4];
	int i;

	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, toucher, p), 0);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 512; i++)
		CHECK(p[i * PG] >= 1 && p[i * PG] <= 4);
}

T(sealed_memory_stays_as_it_is)
{
	char *p = anon(4, RW);

	p[PG] = 1;
	if (syscall(462, p + PG, 2 * PG, 0))
		SKIP("no mseal here");
	CHECK_EQ(p[PG], 1);
	CHECK_ERRNO(mprotect(p, 4 * PG, PROT_READ), EPERM);
	CHECK_ERRNO(munmap(p, 4 * PG), EPERM);
	CHECK_ERRNO(mremap(p + PG, PG, 2 * PG, MREMAP_MAYMOVE) == MAP_FAILED
			    ? -1
			    : 0,
		    EPERM);
	CHECK_ERRNO(mmap(p + 2 * PG, PG, RW,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EPERM);
	CHECK_EQ(munmap(p + 3 * PG, PG), 0);
	CHECK_ERRNO(syscall(462, p, 4 * PG, 0), ENOMEM);
	CHECK_ERRNO(syscall(462, p, PG, 1), EINVAL);
}

T(the_kernel_obeys_protections)
{
	char *p = anon(3, RW);
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(mprotect(p + PG, PG, PROT_NONE), 0);
	CHECK_ERRNO(write(fd[1], p + PG, 1), EFAULT);
	CHECK_EQ(write(fd[1], "xyz", 3), 3);
	CHECK_ERRNO(read(fd[0], p + PG, 1), EFAULT);
	CHECK_EQ(read(fd[0], p + 2 * PG, 3), 3);
	CHECK_ERRNO(syscall(SYS_getcwd, p + PG, PG), EFAULT);
	CHECK_ERRNO(syscall(SYS_open, p + PG, 0), EFAULT);
	memset(p + PG - 4, '/', 4);
	CHECK_ERRNO(syscall(SYS_open, p + PG - 4, 0), EFAULT);
	p[PG - 1] = 0;
	CHECK(syscall(SYS_open, p + PG - 4, 0) >= 0);
}

T_MAIN
