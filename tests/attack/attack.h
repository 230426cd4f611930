/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the attack tests: they know where the kernel lives (DESIGN: 0x6800…) and
 * try to get at it. They run in a machine only, as an ordinary guest user. An
 * attack is a function run in a child; the child must end (by a signal or by
 * itself) without having got anything, and the machine must still answer.
 */
#ifndef ATTACK_H
#define ATTACK_H
#include "t.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#define KTEXT	    0x680000001000ull /* after the dropped start-up code */
#define KRANGE	    0x680000000000ull
#define ARENA	    0x680040000000ull
#define POOL	    0x6a0000000000ull
#define KERNEL_END  0x700000000000ull
#define LOW_TABLE   0x10000ull
#define PKRU_USER   0xfffffffcu
#define PKRU_KERNEL 0xfffffff0u
#define PKRU_SIGNAL 0x55555554u
#define N(a)	    (sizeof(a) / sizeof((a)[0]))

/* What a child that got through says, in memory shared with its parent. */
struct loot {
	volatile uint64_t got, value, extra;
};
static struct loot *loot;

static inline uint32_t pkru(void)
{
	uint32_t a, d;

	__asm__ volatile("rdpkru" : "=a"(a), "=d"(d) : "c"(0));
	return a;
}

static inline uint64_t gsbase(void)
{
	uint64_t v;

	__asm__ volatile("rdgsbase %0" : "=r"(v));
	return v;
}

static inline uint32_t slot(void)
{
	uint32_t v = 0;

	__asm__ volatile("lsl %1, %0" : "+r"(v) : "r"(0x63) : "cc");
	return v;
}

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

/* --- touching memory that may not be there --- */

static sigjmp_buf touch_env;

static void touch_fault(int sig)
{
	siglongjmp(touch_env, sig);
}

static void touch_init(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = touch_fault;
	sa.sa_flags = SA_NODEFER;
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	sigaction(SIGTRAP, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
}

/* => 0 and *v, or the signal */
static inline int touch_read(uint64_t at, uint64_t *v)
{
	int sig = sigsetjmp(touch_env, 0);

	if (sig)
		return sig;
	*v = *(volatile uint64_t *)at;
	return 0;
}

static inline int touch_write(uint64_t at)
{
	int sig = sigsetjmp(touch_env, 0);

	if (sig)
		return sig;
	*(volatile uint64_t *)at = 0x4141414141414141;
	return 0;
}

/* --- attacks in a child --- */

static void loot_init(void)
{
	loot = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(loot != MAP_FAILED);
}

/* Run fn(arg) in a child that has `ms` to end by itself. => its wait status */
static inline int attack_run(void (*fn)(void *), void *arg, int ms)
{
	int left = ms * t_slow();
	struct itimerval it = { { 0, 0 }, { left / 1000, left % 1000 * 1000 } };
	int st = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL); /* not touch_fault() */
		setitimer(ITIMER_REAL, &it, NULL);
		fn(arg);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return st;
}

/* The machine answers: a child, a pipe and a file work. */
static void machine_answers(void)
{
	char b[4] = "";
	int p[2], st;
	pid_t pid;

	CHECK_EQ(pipe(p), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		_exit(write(p[1], "ok", 3) == 3 ? 42 : 1);
	}
	CHECK_EQ(read(p[0], b, 3), 3);
	CHECK_STR(b, "ok");
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 42);
	close(p[0]);
	close(p[1]);
}

/* What user mode has, and text of the kernel's that it can read. */
static uint32_t pkru_user;
static uint64_t kept_text;

static inline int kept_text_find(void)
{
	uint64_t v;

	pkru_user = pkru();
	for (kept_text = KTEXT; kept_text < KTEXT + (8 << 20);
	     kept_text += 4096)
		if (!touch_read(kept_text, &v))
			return 1;
	return 0;
}

/* For attacks on any backend. */
#define ATTACK_INIT()                    \
	do {                             \
		touch_init();            \
		loot_init();             \
		CHECK(kept_text_find()); \
	} while (0)

/* A machine that is no direct one has nothing of this. */
#define NEED_DIRECT()                                             \
	do {                                                      \
		uint64_t v_;                                      \
		ATTACK_INIT();                                    \
		if (touch_read(KTEXT, &v_))                       \
			SKIP("the kernel is in another process"); \
	} while (0)

/* For attacks on stubs: the page of code that they keep. */
#define NEED_STUB()                                            \
	do {                                                   \
		uint64_t v_;                                   \
		ATTACK_INIT();                                 \
		if (!touch_read(KTEXT, &v_))                   \
			SKIP("the kernel is in this process"); \
	} while (0)
#endif
