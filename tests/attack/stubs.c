// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks from inside a stub of the strict backends: guest code that takes over
 * the one page of code that it finds there, and the memory that it shares with
 * the kernel. Two of them are what has been published for another kernel of this
 * kind: memory that is not the process's own, reached through a descriptor that
 * was left; and staying in control by shutting the interrupt signal out.
 */
#include "attack.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <ucontext.h>

/* arch-um/stub_layout.h */
#define AREAS	  0x682000000000ull
#define AREA_SIZE 16384ull
#define ORDERS	  0x682200000000ull
#define REPORT	  0x682200001000ull
#define TARGET	  0x500000000000ull

enum { STATE, KSLEEP, SSLEEP, KICKED, SIG, SPIN };

static uint64_t sites[64];
static unsigned nsites;

/* Every syscall instruction of the page. */
static void find_sites(void)
{
	nsites = 0;
	for (uint64_t at = kept_text; at < kept_text + 4094; at++)
		if (*(volatile uint8_t *)at == 0x0f &&
		    *(volatile uint8_t *)(at + 1) == 0x05 && nsites < N(sites))
			sites[nsites++] = at;
}

static volatile uint32_t *own_area(void)
{
	uint64_t v;

	for (uint64_t a = AREAS; a < AREAS + 8192 * AREA_SIZE; a += AREA_SIZE)
		if (!touch_read(a, &v))
			return (volatile uint32_t *)a;
	return NULL;
}

/*
 * Jump to a place with registers of our own. What follows there meets null
 * pointers, so it ends in a signal, unless it comes back some other way.
 */
__attribute__((noinline)) static void jump(uint64_t at, long nr,
					   const long a[6])
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];

	__asm__ volatile("xor %%ebx, %%ebx\n\txor %%r12d, %%r12d\n\t"
			 "xor %%r13d, %%r13d\n\txor %%r14d, %%r14d\n\t"
			 "xor %%r15d, %%r15d\n\tjmp *%%rcx"
			 :
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10),
			   "r"(r8), "r"(r9), "c"(at)
			 : "rbx", "r12", "r13", "r14", "r15", "r11", "memory");
	__builtin_unreachable();
}

static void jump_to(uint64_t at, long nr, const long a[6])
{
	if (!sigsetjmp(touch_env, 0))
		jump(at, nr, a);
}

static void with_altstack(void)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa;

	sigaltstack(&ss, NULL);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = touch_fault;
	sa.sa_flags = SA_NODEFER | SA_ONSTACK;
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	sigaction(SIGTRAP, &sa, NULL);
}

/* --- descriptors --- */

static uint64_t tokens[] = { 0, ~0ull, 0x0123456789abcdef };

static void map_by(void *p)
{
	uint64_t at = sites[(uintptr_t)p], v;

	with_altstack();
	for (int fd = 3; fd < 40; fd++)
		for (unsigned t = 0; t < N(tokens); t++) {
			long hi = (long)(tokens[t] & 0xffffffff00000000);
			long lo = (long)(tokens[t] << 32);
			long a[6] = { TARGET,
				      65536,
				      PROT_READ | PROT_WRITE,
				      hi | MAP_SHARED | MAP_FIXED,
				      lo | fd,
				      0 };

			jump_to(at, SYS_mmap, a);
			if (!touch_read(TARGET, &v)) {
				loot->got = 1;
				loot->value = v;
			}
		}
	loot->extra++;
}

T(no_descriptor_is_left_to_map_by)
{
	uint64_t v;

	NEED_STUB();
	find_sites();
	CHECK(nsites > 0);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	for (unsigned i = 0; i < nsites; i++) {
		loot->got = 0;
		attack_run(map_by, (void *)(uintptr_t)i, 1000);
		if (loot->got)
			T_FAIL("mapped by site %u: %#llx", i,
			       (unsigned long long)loot->value);
	}
	/* nor are there mappings of others */
	for (uint64_t at = 0; at < 8ull << 30; at += 1 << 20)
		CHECK(touch_read(ARENA + at, &v) && touch_read(POOL + at, &v));
	machine_answers();
}

/* Other ways to what is mapped already. */
static const struct {
	int nr;
	long a[6];
} calls[] = {
	{ SYS_mremap, { AREAS, 0, 65536, 3, TARGET, 0 } },
	{ SYS_mremap, { ORDERS, 4096, 1 << 20, 1, 0, 0 } },
	{ SYS_mprotect, { ORDERS, 4096, 7, 0, 0, 0 } },
	{ SYS_munmap, { ORDERS, 8192, 0, 0, 0, 0 } },
	{ SYS_recvmsg, { 3, AREAS, 0, 0, 0, 0 } },
	{ SYS_dup, { 3, 0, 0, 0, 0, 0 } },
	{ SYS_pread64, { 4, AREAS + 512, 4096, 0, 0, 0 } },
	{ SYS_pread64, { 7, AREAS + 512, 4096, 0, 0, 0 } },
	{ SYS_process_vm_readv, { 1, AREAS, 1, AREAS, 1, 0 } },
	{ SYS_kill, { -1, 9, 0, 0, 0, 0 } },
	{ SYS_tgkill, { 1, 1, 9, 0, 0, 0 } },
	{ SYS_ptrace, { 16, 1, 0, 0, 0, 0 } },
	{ SYS_socket, { 1, 1, 0, 0, 0, 0 } },
	{ SYS_execve, { AREAS, 0, 0, 0, 0, 0 } },
	{ SYS_futex, { ORDERS + 8, 1, 1, 0, 0, 0 } },
	{ SYS_futex, { ORDERS + 32, 1, 1, 0, 0, 0 } },
	{ SYS_clone, { 0x850b00, 0, 0, 0, 0, 0 } },
	{ SYS_close_range, { 0, 0x7fffffff, 0, 0, 0, 0 } },
};

static void call_by(void *p)
{
	uint64_t at = sites[(uintptr_t)p];

	with_altstack();
	/* kill(-1) is a guest call as well: only to ourselves, please */
	for (unsigned i = 0; i < N(calls); i++) {
		if (calls[i].nr == SYS_kill || calls[i].nr == SYS_clone)
			continue;
		for (unsigned t = 0; t < N(tokens); t++) {
			long a[6];

			memcpy(a, calls[i].a, sizeof(a));
			a[5] = (long)tokens[t];
			jump_to(at, calls[i].nr, a);
		}
	}
	loot->extra++;
}

T(host_calls_by_the_stubs_own_code)
{
	NEED_STUB();
	find_sites();
	for (unsigned i = 0; i < nsites; i++)
		attack_run(call_by, (void *)(uintptr_t)i, 1000);
	machine_answers();
}

/* Every instruction of the page, with registers that lead to nothing. */
static void run_from(void *p)
{
	static const long a[6];

	with_altstack();
	for (uint64_t i = 0; i < 64; i++)
		jump_to(kept_text + (uintptr_t)p + i, SYS_getppid, a);
}

T(jumps_to_every_instruction_of_the_page)
{
	NEED_STUB();
	for (uintptr_t at = 0; at < 1536; at += 64)
		attack_run(run_from, (void *)at, 200);
	machine_answers();
}

/* --- memory that is shared with the kernel --- */

T(the_orders_are_not_to_be_written)
{
	NEED_STUB();
	CHECK(touch_write(ORDERS));
	CHECK(touch_write(ORDERS + 8));
	CHECK(touch_write(kept_text));
}

static void count_areas(void *unused)
{
	uint64_t v;

	for (uint64_t a = AREAS; a < AREAS + 8192 * AREA_SIZE; a += AREA_SIZE)
		loot->value += !touch_read(a, &v);
}

static void count_in_child(void *unused)
{
	touch_init();
	count_areas(NULL);
}

T(areas_of_other_processes_are_not_mapped)
{
	NEED_STUB();
	loot->value = 0;
	attack_run(count_in_child, NULL, 2000);
	CHECK_EQ(loot->value, 1);
}

/* The area filled with rubbish, and what the kernel makes of it. */
static void rubbish(void *p)
{
	volatile uint32_t *a = own_area();
	uint64_t seed = (uintptr_t)p * 0x9e3779b97f4a7c15ull + 1;

	if (!a)
		return;
	for (int i = 0; i < 200; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		/* words of the header, or of the stack */
		unsigned at = seed % 3 ? seed / 3 % 24 : seed / 3 % 4096;

		switch (seed >> 60) {
		case 0:
			a[at] = (uint32_t)seed;
			break;
		case 1:
			a[STATE] = 1; /* "it has stopped" */
			break;
		case 2:
			((volatile uint64_t *)a)[3] =
				AREAS + (seed >> 8) % (4 * AREA_SIZE);
			break;
		case 3:
			((volatile uint64_t *)a)[3] = seed;
			a[STATE] = 1;
			break;
		default:
			a[at % 24] = (uint32_t)(seed >> 32) % 4;
		}
		if (seed & 64)
			getppid();
	}
}

T(rubbish_in_the_shared_page)
{
	NEED_STUB();
	for (uintptr_t i = 0; i < 60; i++)
		attack_run(rubbish, (void *)i, 200);
	machine_answers();
}

static volatile uint32_t *victim;

static void *liar(void *unused)
{
	for (unsigned i = 0;; i++) {
		((volatile uint64_t *)victim)[3] =
			(uint64_t)(uintptr_t)victim + (i * 64) % AREA_SIZE;
		((volatile uint64_t *)victim)[4] = i * 0x10001ull;
		if (i % 64 == 0)
			victim[STATE] = i / 64 % 3;
	}
	return NULL;
}

static void lied_about(void *unused)
{
	pthread_t t;

	victim = own_area();
	if (!victim || pthread_create(&t, NULL, liar, NULL))
		return;
	for (int i = 0; i < 20000; i++)
		getppid();
}

/* A sibling changes what the kernel is just reading. */
T(a_sibling_writes_while_the_kernel_reads)
{
	NEED_STUB();
	for (int i = 0; i < 5; i++)
		attack_run(lied_about, NULL, 300);
	machine_answers();
}

/* --- the interrupt --- */

static void *keep_going(void *unused)
{
	for (;;) {
		victim[STATE] = 2; /* "go on" */
		victim[KSLEEP] = 0;
		victim[KICKED] = 0;
	}
	return NULL;
}

static void spin(void)
{
	for (;;)
		loot->extra++;
}

static void deaf_by_mask(void *unused)
{
	long all = -1, a[6] = { 0, (long)(uintptr_t)&all, 0, 8, 0, 0 };

	with_altstack();
	find_sites();
	for (unsigned i = 0; i < nsites; i++)
		jump_to(sites[i], SYS_rt_sigprocmask, a);
	spin();
}

static void deaf_spin(void)
{
	for (;;)
		loot->extra++;
}

/* A frame of our own with every signal blocked, for the host's sigreturn. */
static void deaf_by_frame(void *unused)
{
	static const long a[6];
	ucontext_t uc;

	with_altstack();
	find_sites();
	for (volatile unsigned i = 0; i < nsites; i++) {
		getcontext(&uc);
		memset(&uc.uc_sigmask, 0xff, 8);
		uc.uc_mcontext.gregs[REG_RIP] = (long)(uintptr_t)deaf_spin;
		if (sigsetjmp(touch_env, 0))
			continue;
		__asm__ volatile("mov %1, %%rsp\n\txor %%ebx, %%ebx\n\t"
				 "xor %%r14d, %%r14d\n\tjmp *%0"
				 :
				 : "c"(sites[i]), "d"(&uc),
				   "a"(SYS_rt_sigreturn), "D"(a[0])
				 : "memory");
	}
	spin();
}

static void deaf_by_sibling(void *unused)
{
	pthread_t t;

	victim = own_area();
	if (victim)
		pthread_create(&t, NULL, keep_going, NULL);
	spin();
}

static void deaf_by_handler(void *unused)
{
	volatile uint32_t *a = own_area();

	/* the handler shall find that it need not stop */
	for (;;) {
		a[STATE] = 2;
		a[KICKED] = 0;
		a[KSLEEP] = 0;
		((volatile uint64_t *)a)[3] = (uint64_t)(uintptr_t)a + 4096;
	}
}

static void (*const deaf[])(void *) = { deaf_by_mask, deaf_by_frame,
					deaf_by_sibling, deaf_by_handler };

T(the_interrupt_cannot_be_shut_out)
{
	NEED_STUB();
	for (unsigned i = 0; i < N(deaf); i++) {
		struct timespec from, to;
		int st;
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			deaf[i](NULL);
			_exit(0);
		}
		usleep(100000);
		CHECK_EQ(kill(pid, SIGKILL), 0);
		clock_gettime(CLOCK_MONOTONIC, &from);
		CHECK_EQ(waitpid(pid, &st, 0), pid);
		clock_gettime(CLOCK_MONOTONIC, &to);
		CHECK(WIFSIGNALED(st));
		if (to.tv_sec - from.tv_sec > 15)
			T_FAIL("way %u: it lived on for %d s", i,
			       (int)(to.tv_sec - from.tv_sec));
	}
	machine_answers();
}

T_MAIN
