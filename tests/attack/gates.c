// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps into the kernel's text around each WRPKRU, XRSTOR and SYSCALL that it
 * holds, at every byte offset, with registers made for each of them: the value
 * that opens the key, images that carry it, stack pointers into the kernel. A
 * way back (return address, rcx, scratch page) leads to code that tries the
 * arena. None may get there with the key open, and the machine goes on.
 */
#define T_DEADLINE 100
#include "attack.h"

#define TEXT_MAX (4u << 20)
#define BEFORE	 96
#define AFTER	 24

static uint64_t gate[64];
static unsigned gates;
static uint64_t stack_words[512] __attribute__((aligned(64)));
static uint8_t image[12288] __attribute__((aligned(64)));
static uint64_t frame[4096] __attribute__((aligned(64)));

/* Got back to user code. With an open key the arena can be read. */
__attribute__((noreturn, used)) static void landed(void)
{
	uint32_t p = pkru();

	if (p != PKRU_USER) {
		loot->got = 1;
		loot->value = p;
	}
	/* no library here: registers and stack are what they are */
	raw6(SYS_exit_group, 33, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

__attribute__((naked, used)) static void land(void)
{
	__asm__ volatile("lea stack_words+2048(%rip), %rsp\n\t"
			 "cld\n\tcall landed");
}

/* => end of readable text */
static uint64_t text_end(void)
{
	uint64_t at, v;

	for (at = KTEXT; at < KTEXT + TEXT_MAX; at += 4096)
		if (touch_read(at, &v))
			break;
	return at;
}

static int gate_kind(const uint8_t *p)
{
	if (p[0] == 0x0f && p[1] == 0x01 && p[2] == 0xef)
		return 1; /* wrpkru */
	if (p[0] == 0x0f && p[1] == 0xae && (p[2] >> 3 & 7) == 5 &&
	    p[2] >> 6 != 3)
		return 2; /* xrstor */
	if (p[0] == 0x0f && p[1] == 0xc7 && (p[2] >> 3 & 7) == 3 &&
	    p[2] >> 6 != 3)
		return 2; /* xrstors */
	if (p[0] == 0x0f && p[1] == 0x05)
		return 3;
	if (p[0] == 0xcd && p[1] == 0x80)
		return 4;
	return 0;
}

static void scan(void)
{
	uint64_t end = text_end();
	int n[5] = { 0 };

	for (uint64_t at = KTEXT; at + 8 < end; at++) {
		int k = gate_kind((const uint8_t *)at);

		if (!k)
			continue;
		n[k]++;
		if (gates < N(gate))
			gate[gates++] = at;
	}
	/* The build promises as much. */
	CHECK(n[1] >= 3);
	CHECK(n[2] >= 1);
	CHECK(n[3] >= 2);
	CHECK(gates < N(gate));
}

struct jump {
	uint64_t to, rax, rsp, other, rcx, rdx;
};

static void jump(void *p)
{
	struct jump *j = p;
	uint64_t *scr = (uint64_t *)gsbase();
	unsigned i;

	for (i = 0; i < N(stack_words); i++)
		stack_words[i] = (uint64_t)land;
	for (i = 0; i < 24; i++)
		scr[i] = (uint64_t)land;
	scr[3] = (uint64_t)&stack_words[256]; /* where rsp stands */
	/* XSAVE image: PKRU and all else in use */
	memset(image, 0, sizeof(image));
	*(uint32_t *)(image + 24) = 0x1f80;
	*(uint64_t *)(image + 512) = 0x203;
	for (i = 2432; i < sizeof(image); i += 4)
		*(uint32_t *)(image + i) = PKRU_KERNEL;
	__asm__ volatile("mov %0, %%r15\n\t"
			 "mov 8(%%r15), %%rax\n\t"
			 "mov 16(%%r15), %%rsp\n\t"
			 "mov 24(%%r15), %%rdi\n\t"
			 "mov 32(%%r15), %%rcx\n\t"
			 "mov 40(%%r15), %%rdx\n\t"
			 "mov %%rdi, %%rsi\n\tmov %%rdi, %%rbx\n\t"
			 "mov %%rdi, %%rbp\n\tmov %%rdi, %%r8\n\t"
			 "mov %%rdi, %%r9\n\tmov %%rdi, %%r10\n\t"
			 "mov %%rdi, %%r11\n\tmov %%rdi, %%r12\n\t"
			 "mov %%rdi, %%r13\n\tmov %%rdi, %%r14\n\t"
			 "jmp *(%%r15)" ::"r"(j)
			 : "memory");
}

static void try_jump(struct jump *j)
{
	loot->got = 0;
	attack_run(jump, j, 40);
	if (loot->got)
		T_FAIL("jump to %#llx with rax %#llx rsp %#llx others %#llx: "
		       "back with PKRU %#llx",
		       (unsigned long long)j->to, (unsigned long long)j->rax,
		       (unsigned long long)j->rsp, (unsigned long long)j->other,
		       (unsigned long long)loot->value);
}

static void around(int kind)
{
	uint64_t own = gsbase();
	const uint64_t rax[] = { PKRU_KERNEL, 0x2e7, 0, PKRU_SIGNAL };
	const uint64_t sp[] = { (uint64_t)&stack_words[256], own - 65536,
				(uint64_t)&stack_words[256], 0 };
	const uint64_t other[] = { (uint64_t)image, (uint64_t)image,
				   (uint64_t)stack_words, ARENA + 65536 };

	for (unsigned g = 0; g < gates; g++) {
		int k = gate_kind((const uint8_t *)gate[g]);

		if (k != kind)
			continue;
		/* a host call is short, and there are more of them */
		for (int o = kind < 3 ? -BEFORE : -24;
		     o <= (kind < 3 ? AFTER : 4); o++)
			for (unsigned i = 0; i < (kind < 3 ? N(rax) : 2); i++) {
				struct jump j = {
					gate[g] + (uint64_t)(int64_t)o,
					rax[i],
					sp[i],
					other[i],
					0,
					0
				};

				if (j.to < KTEXT)
					continue;
				try_jump(&j);
			}
		/* right at it, everything with everything */
		for (unsigned i = 0; kind < 3 && i < N(rax) * N(sp) * N(other);
		     i++) {
			struct jump j = {
				gate[g],       rax[i & 3], sp[i >> 2 & 3],
				other[i >> 4], 0,	   0
			};

			try_jump(&j);
			j.rcx = (uint64_t)land;
			try_jump(&j);
		}
	}
}

T(jumps_around_wrpkru)
{
	NEED_DIRECT();
	scan();
	around(1);
	machine_answers();
}

T(jumps_around_xrstor)
{
	NEED_DIRECT();
	scan();
	around(2);
	machine_answers();
}

T(jumps_around_host_calls)
{
	NEED_DIRECT();
	scan();
	around(3);
	around(4);
	machine_answers();
}

/* --- a jump to the signal gate's WRPKRU with a frame of our own --- */

/* offsets in the host's ucontext */
#define UC_RIP	   ((40 + 16 * 8) / 8)
#define UC_RAX	   ((40 + 13 * 8) / 8)
#define UC_RCX	   ((40 + 14 * 8) / 8)
#define UC_RSP	   ((40 + 15 * 8) / 8)
#define UC_FPSTATE ((40 + 23 * 8) / 8)

static uint64_t the_gate, jump_gate, got_xmm[2];

/* Enter with frame; come back by a call of gate_jump, looking at xmm0. */
__attribute__((noinline)) static void enter(uint64_t gate_at, uint64_t sp)
{
	__asm__ volatile(
		"push %%rbx\n\tpush %%rbp\n\tpush %%r12\n\tpush %%r13\n\t"
		"push %%r14\n\tpush %%r15\n\t"
		"mov %%rsp, saved_sp(%%rip)\n\t"
		"pcmpeqd %%xmm0, %%xmm0\n\t"
		"mov %[gate], %%r13\n\t"
		"mov %[sp], %%r14\n\t"
		"lea frame(%%rip), %%r12\n\t"
		"mov %%r12, %%rsi\n\tmov $23, %%edi\n\t"
		"mov $0xfffffff0, %%eax\n\txor %%ecx, %%ecx\n\t"
		"xor %%edx, %%edx\n\t"
		"mov %%r14, %%rsp\n\t"
		"jmp *%%r13\n\t"
		"syscall\n" /* a call undone in the gate is made here again */
		".globl enter_back\nenter_back:\n\t"
		"mov saved_sp(%%rip), %%rsp\n\t"
		"movups %%xmm0, got_xmm(%%rip)\n\t"
		"pop %%r15\n\tpop %%r14\n\tpop %%r13\n\tpop %%r12\n\t"
		"pop %%rbp\n\tpop %%rbx\n\t" ::[gate] "r"(gate_at),
		[sp] "r"(sp)
		: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		  "memory", "xmm0", "cc");
}
__attribute__((used)) static uint64_t saved_sp;
extern char enter_back[];

static void forge_frames(void *p)
{
	uint64_t own = gsbase(), step = 64, tries = 0;
	uint64_t sp = (uint64_t)p;

	memset(frame, 0, sizeof(frame));
	frame[UC_RIP] = jump_gate; /* "interrupted in the jump gate" */
	frame[UC_RAX] = SYS_getppid;
	frame[UC_RCX] = (uint64_t)enter_back;
	frame[UC_RSP] = (uint64_t)&stack_words[256];
	/* an image of ours must not be taken, then none of the kernel's can */
	memset(image, 0, sizeof(image));
	*(uint32_t *)(image + 24) = 0x1f80;
	*(uint64_t *)(image + 512) = 3;
	memset(image + 160, 0x5a, 16);
	for (uint64_t at = own & ~0x3ffffull; at < own + (1 << 20);
	     at += step) {
		frame[UC_FPSTATE] = tries ? at : (uint64_t)image;
		got_xmm[0] = got_xmm[1] = 0;
		enter(the_gate, sp);
		tries++;
		if ((got_xmm[0] || got_xmm[1]) && ~got_xmm[0]) {
			loot->got = tries;
			loot->value = at;
			loot->extra = got_xmm[0];
			return;
		}
	}
}

T(a_frame_of_our_own_is_not_believed)
{
	uint64_t own, sp[4];

	NEED_DIRECT();
	scan();
	own = gsbase();
	sp[0] = (uint64_t)&stack_words[256];
	sp[1] = own - 4096;
	sp[2] = own - 32768;
	sp[3] = 0;
	jump_gate = KTEXT; /* the text begins with it */
	for (unsigned g = 0; g < gates; g++) {
		if (gate_kind((const uint8_t *)gate[g]) != 1)
			continue;
		for (unsigned i = 0; i < N(sp); i++) {
			the_gate = gate[g];
			loot->got = 0;
			attack_run(forge_frames, (void *)sp[i], 3000);
			if (loot->got)
				T_FAIL("gate %#llx rsp %#llx: try %d read "
				       "%#llx from %#llx of the kernel",
				       (unsigned long long)the_gate,
				       (unsigned long long)sp[i],
				       (int)loot->got,
				       (unsigned long long)loot->extra,
				       (unsigned long long)loot->value);
		}
	}
	machine_answers();
}

T_MAIN
