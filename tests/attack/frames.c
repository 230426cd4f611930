// SPDX-License-Identifier: GPL-2.0
/*
 * Signal frames that the guest has doctored before sigreturn, hostile flags and
 * segment bases before a call.
 */
#include "attack.h"
#include <ucontext.h>

static int what;
static uint64_t sub;

static const uint64_t places[] = {
	0,
	1,
	KTEXT,
	KTEXT + 64,
	ARENA,
	POOL,
	LOW_TABLE,
	0x0000800000000000,
	0x8000000000000000,
	0xdead000000000000,
	~0ull,
	0xffff800000000000,
	0xffffffffff600000,
	0x7ffffffff000,
	KERNEL_END - 1,
	KRANGE - 1,
};

static void doctor(int sig, siginfo_t *si, void *p)
{
	ucontext_t *uc = p;
	greg_t *g = uc->uc_mcontext.gregs;
	char *fp = (char *)uc->uc_mcontext.fpregs;
	uint32_t *sw = (uint32_t *)(fp + 464);

	switch (what) {
	case 0:
		g[REG_RIP] = (greg_t)sub;
		break;
	case 1:
		g[REG_RSP] = (greg_t)sub;
		break;
	case 2: /* cs, gs, fs, ss */
		g[REG_CSGSFS] = (greg_t)sub;
		break;
	case 3:
		g[REG_EFL] = (greg_t)sub;
		break;
	case 4:
		uc->uc_mcontext.fpregs = (void *)sub;
		break;
	case 5: /* XSTATE_BV */
		*(uint64_t *)(fp + 512) = sub;
		break;
	case 6: /* PKRU in the image, wherever it stands */
		*(uint64_t *)(fp + 512) |= 1 << 9;
		*(uint64_t *)(sw + 2) |= 1 << 9;
		for (uint32_t o = 576; o + 8 <= sw[4] && sw[4] < 16384; o += 4)
			*(uint32_t *)(fp + o) = (uint32_t)sub;
		break;
	case 7:
		sw[4] = (uint32_t)sub; /* xstate_size */
		break;
	case 8:
		sw[0] = (uint32_t)sub; /* magic */
		break;
	case 9:
		*(uint64_t *)(fp + 520) = sub; /* XCOMP_BV */
		break;
	case 10:
		*(uint32_t *)(fp + 24) = (uint32_t)sub; /* MXCSR */
		break;
	case 11:
		uc->uc_stack.ss_sp = (void *)sub;
		uc->uc_stack.ss_size = 1 << 20;
		uc->uc_stack.ss_flags = 0;
		break;
	case 12:
		uc->uc_flags = sub;
		break;
	}
}

static void come_back(void *unused)
{
	struct sigaction sa;
	uint64_t v;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = doctor;
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	/* back again: the key must be shut */
	if (pkru() != pkru_user) {
		loot->got = 1;
		loot->value = pkru();
	}
	touch_init();
	if (!touch_read(ARENA, &v))
		loot->got = 2;
}

static void doctored(int w, uint64_t s)
{
	what = w;
	sub = s;
	loot->got = 0;
	int st = attack_run(come_back, NULL, 300);

	if (WIFSIGNALED(st) && WTERMSIG(st) == SIGALRM)
		printf("  what %d, value %#llx: hung\n", w,
		       (unsigned long long)s);
	if (loot->got)
		T_FAIL("what %d, value %#llx: got %d, pkru %#llx", w,
		       (unsigned long long)s, (int)loot->got,
		       (unsigned long long)loot->value);
}

T(rip_and_rsp_anywhere)
{
	ATTACK_INIT();
	for (unsigned i = 0; i < N(places); i++) {
		doctored(0, places[i]);
		doctored(1, places[i]);
	}
	machine_answers();
}

T(segment_registers)
{
	static const uint16_t seg[] = { 0,    0x33, 0x2b,  0x23, 0x10,
					0x08, 0x18, 0x63,  0x60, 0x6b,
					0x73, 0x7,  0xffff };

	ATTACK_INIT();
	for (unsigned i = 0; i < N(seg); i++)
		for (int s = 0; s < 64; s += 16)
			doctored(2, (0x002b000000000033 & ~(0xffffull << s)) |
					    ((uint64_t)seg[i] << s));
	machine_answers();
}

T(flags_register)
{
	ATTACK_INIT();
	for (int b = 0; b < 32; b++)
		doctored(3, 1ull << b | 0x202);
	doctored(3, ~0ull);
	doctored(3, 0);
	machine_answers();
}

T(vector_state)
{
	ATTACK_INIT();
	for (unsigned i = 0; i < N(places); i++)
		doctored(4, places[i]);
	for (int b = 0; b < 64; b++) {
		doctored(5, 1ull << b);
		doctored(9, 1ull << b);
	}
	doctored(5, ~0ull);
	doctored(6, PKRU_KERNEL);
	doctored(6, 0);
	doctored(6, PKRU_SIGNAL);
	doctored(7, 0);
	doctored(7, 0xffffffff);
	doctored(7, 575);
	doctored(7, 65536);
	doctored(8, 0);
	doctored(10, 0xffffffff);
	machine_answers();
}

T(signal_stack_and_flags)
{
	ATTACK_INIT();
	for (unsigned i = 0; i < N(places); i++) {
		doctored(11, places[i]);
		doctored(12, places[i]);
	}
	machine_answers();
}

/* A signal that is to be delivered on a stack of the kernel's. */
static void deliver_there(void *at)
{
	stack_t ss = { .ss_sp = at, .ss_size = 1 << 16 };
	struct sigaction sa;

	sigaltstack(&ss, NULL);
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = doctor;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(SIGUSR1, &sa, NULL);
	what = -1;
	raise(SIGUSR1);
	loot->got = 1;
}

T(frames_are_not_written_to_the_kernel)
{
	static const uint64_t at[] = {
		ARENA,	       POOL, KTEXT, LOW_TABLE, 0x800000000000 - 65536,
		KRANGE - 65536
	};

	ATTACK_INIT();
	for (unsigned i = 0; i < N(at); i++) {
		loot->got = 0;
		attack_run(deliver_there, (void *)at[i], 300);
		CHECK_EQ(loot->got, 0);
	}
	machine_answers();
}

/* --- flags and segment bases before a call --- */

static void with_flags(void *p)
{
	uint64_t f = (uint64_t)p, me = (uint64_t)getppid(), r;
	int i;

	signal(SIGTRAP, SIG_IGN);
	touch_init();
	for (i = 0; i < 100; i++) {
		__asm__ volatile("pushfq\n\torq %2, (%%rsp)\n\tpopfq\n\t"
				 "syscall\n\t"
				 "pushfq\n\tandq %3, (%%rsp)\n\tpopfq\n\tcld"
				 : "=a"(r)
				 : "a"(SYS_getppid), "r"(f), "r"(~f)
				 : "rcx", "r11", "memory");
		if (r != me)
			loot->got = 1;
	}
	loot->extra = 1;
}

T(flags_before_a_call)
{
	ATTACK_INIT();
	/* alignment check, direction, nested task: the call's result is right */
	static const uint64_t flag[] = { 0x40000, 0x400, 0x4000,
					 0x44400, 0xcd5, 0x200000 };
	for (unsigned i = 0; i < N(flag); i++) {
		loot->got = loot->extra = 0;
		int st = attack_run(with_flags, (void *)flag[i], 3000);

		if (st)
			T_FAIL("flags %#lx: status %#x", (long)flag[i], st);
		CHECK_EQ(loot->got, 0);
		CHECK_EQ(loot->extra, 1);
	}
	machine_answers();
}

static volatile long steps;

static void on_step(int sig)
{
	steps++;
}

static void single_step(void *unused)
{
	long r = 0;

	signal(SIGTRAP, on_step);
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
			 "syscall\n\t"
			 "nop\n\tnop\n\t"
			 "pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq"
			 : "=a"(r)
			 : "a"(SYS_getppid)
			 : "rcx", "r11", "memory");
	steps = 0;
	/* and through the library's own call site, patched or not */
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory");
	r = getppid();
	__asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::
				 : "memory");
	loot->value = (uint64_t)r;
	loot->extra = (uint64_t)steps;
}

T(single_steps_through_a_call)
{
	ATTACK_INIT();
	CHECK_EQ(attack_run(single_step, NULL, 3000), 0);
	CHECK_EQ(loot->value, getpid());
	CHECK(loot->extra > 3);
	machine_answers();
}

static void with_gs(void *p)
{
	uint64_t me = (uint64_t)getppid();

	__asm__ volatile("wrgsbase %0" ::"r"(p));
	if ((uint64_t)raw6(SYS_getppid, 0, 0, 0, 0, 0, 0) != me)
		_exit(1);
	__asm__ volatile("wrgsbase %0" ::"r"(p));
	if ((uint64_t)getppid() != me)
		_exit(2);
	for (int i = 0; i < 50; i++) {
		__asm__ volatile("wrgsbase %0" ::"r"(p));
		getppid();
		if (pkru() != pkru_user)
			loot->got = 1;
	}
}

T(forged_gs_base)
{
	ATTACK_INIT();
	for (unsigned i = 0; i < N(places); i++) {
		int64_t top = (int64_t)places[i] >> 47;

		if (top != 0 && top != -1)
			continue; /* not canonical: wrgsbase faults by itself */
		loot->got = 0;
		attack_run(with_gs, (void *)places[i], 500);
		CHECK_EQ(loot->got, 0);
	}
	machine_answers();
}

static void with_selectors(void *p)
{
	uint16_t s = (uint16_t)(uintptr_t)p;

	touch_init();
	if (!sigsetjmp(touch_env, 0))
		__asm__ volatile("mov %0, %%gs" ::"r"(s));
	getppid();
	if (!sigsetjmp(touch_env, 0))
		__asm__ volatile("mov %0, %%es; mov %0, %%ds" ::"r"(s));
	getppid();
	raw6(SYS_getppid, 0, 0, 0, 0, 0, 0);
	if (pkru() != pkru_user)
		loot->got = 1;
}

T(segment_selectors_before_a_call)
{
	static const uint16_t seg[] = { 0,    3,    0x2b, 0x23, 0x33,
					0x63, 0x6b, 0x73, 0x7b };

	ATTACK_INIT();
	for (unsigned i = 0; i < N(seg); i++) {
		loot->got = 0;
		attack_run(with_selectors, (void *)(uintptr_t)seg[i], 500);
		CHECK_EQ(loot->got, 0);
	}
	machine_answers();
}

static void with_rsp(void *p)
{
	__asm__ volatile(
		"mov %0, %%rsp\n\tmov $110, %%eax\n\tsyscall\n\t"
		"mov $60, %%eax\n\txor %%edi, %%edi\n\tsyscall" ::"r"(p)
		: "memory");
}

T(forged_rsp_at_a_call)
{
	ATTACK_INIT();
	for (unsigned i = 0; i < N(places); i++)
		attack_run(with_rsp, (void *)places[i], 500);
	attack_run(with_rsp, (void *)gsbase(), 500);
	attack_run(with_rsp, (void *)(gsbase() - 8192), 500);
	attack_run(with_rsp, (void *)(gsbase() - 32768), 500);
	machine_answers();
}

T_MAIN
