// SPDX-License-Identifier: GPL-2.0
/*
 * CPUID in program text. In a virtual machine each one is an exit to the
 * hypervisor, and the dynamic linker makes about a hundred of them at every
 * start: a fifth of what a small program costs. The answers do not change while
 * the machine runs, so they stand in a table in the trampolines' first page, and
 * a site that can be patched looks there.
 *
 * Left out is what differs between processors (the APIC number in leaf 1, the
 * leaves about topology and kinds of cores) and everything unknown: that is
 * asked of the processor, in the trampoline itself.
 *
 *	trampoline:	the run before the site
 *			lea back(%rip), %rdx; jmp lookup
 *	back:		test %rbx, %rbx; jz real
 *			four loads from the entry; jmp behind the site
 *	real:		cpuid; jmp behind the site
 *	lookup:		rbx = entry for eax, ecx, or 0; jmp *%rdx
 *
 * rbx and rdx are CPUID's to overwrite; the flags must be dead behind it.
 */
#include "backend.h"
#include "patch.h"
#include <kernel/string.h>

#define CPUID_MAX 150
#define CPUID_ANY 0xffffffffu /* subleaf does not matter */

struct cpuid_entry {
	uint32_t leaf, sub, a, b, c, d;
};

static struct cpuid_entry cpuid_table[CPUID_MAX + 1];
static uint32_t cpuid_count;

static const struct cpuid_ask {
	uint32_t leaf;
	uint16_t subs; /* 0: has none */
} cpuid_asked[] = {
	{ 0x4, 6 },	   { 0xd, 32 },	      { 0x2, 0 },
	{ 0x0, 0 },	   { 0x7, 3 },	      { 0x14, 2 },
	{ 0x19, 0 },	   { 0x80000000, 0 }, { 0x80000001, 0 },
	{ 0x80000007, 0 }, { 0x80000008, 0 }, { 0x80000005, 0 },
	{ 0x80000006, 0 }, { 0x8000001d, 6 }, { 0x80000002, 0 },
	{ 0x80000003, 0 }, { 0x80000004, 0 }, { 0x6, 0 },
	{ 0xa, 0 },	   { 0x15, 0 },	      { 0x16, 0 },
};

static void cpuid_ask(struct cpuid_entry *e)
{
	__asm__ volatile("cpuid"
			 : "=a"(e->a), "=b"(e->b), "=c"(e->c), "=d"(e->d)
			 : "a"(e->leaf), "c"(e->sub == CPUID_ANY ? 0 : e->sub));
}

/* Processors of different kinds in one machine give different answers. */
static bool cpuid_is_hybrid(void)
{
	struct cpuid_entry e = { .leaf = 7 };

	cpuid_ask(&e);
	return e.d >> 15 & 1;
}

static void cpuid_collect(void)
{
	struct cpuid_entry max = { .leaf = 0 }, ext = { .leaf = 0x80000000 };
	uint32_t i, s, n = 0;

	cpuid_ask(&max);
	cpuid_ask(&ext);
	for (i = 0; i < ARRAY_SIZE(cpuid_asked); i++) {
		const struct cpuid_ask *q = &cpuid_asked[i];
		uint32_t top = q->leaf >> 31 ? ext.a : max.a;

		for (s = 0; s < max(q->subs, 1u) && n < CPUID_MAX; s++) {
			struct cpuid_entry *e = &cpuid_table[n];

			if (q->leaf > top)
				break;
			e->leaf = q->leaf;
			e->sub = q->subs ? s : CPUID_ANY;
			cpuid_ask(e);
			n++;
			if (q->leaf == 4 && !(e->a & 31))
				break; /* no more caches */
		}
	}
	cpuid_table[n].leaf = CPUID_ANY;
	if (cpuid_is_hybrid() || text_forbidden((uint8_t *)cpuid_table,
						(uint8_t *)&cpuid_table[n + 1]))
		n = 0;
	cpuid_table[n].leaf = CPUID_ANY;
	store_release(&cpuid_count, n + 1);
}

void cpuid_fill(uint8_t *tramp)
{
	static spinlock_t lock;

	spin_lock(&lock);
	if (!cpuid_count)
		cpuid_collect();
	spin_unlock(&lock);
	memcpy(tramp + TRAMP_CPUID_TABLE, cpuid_table,
	       cpuid_count * sizeof(cpuid_table[0]));
}

/* The code behind "lookup:". => its place in the area, or 0 */
static uint32_t cpuid_lookup(struct patch *o)
{
	static const uint8_t code[] = {
		0x48, 0x8d, 0x1d, 0,	0, 0, 0, /*    lea table(%rip), %rbx */
		0x39, 0x03,			 /* 1: cmp %eax, (%rbx) */
		0x75, 0x0b,			 /*    jne 2f */
		0x83, 0x7b, 0x04, 0xff,		 /*    cmpl $-1, 4(%rbx) */
		0x74, 0x10,			 /*    je 3f */
		0x39, 0x4b, 0x04,		 /*    cmp %ecx, 4(%rbx) */
		0x74, 0x0b,			 /*    je 3f */
		0x48, 0x83, 0xc3, 0x18,		 /* 2: add $24, %rbx */
		0x83, 0x3b, 0xff,		 /*    cmpl $-1, (%rbx) */
		0x75, 0xe8,			 /*    jne 1b */
		0x31, 0xdb,			 /*    xor %ebx, %ebx */
		0xff, 0xe2,			 /* 3: jmp *%rdx */
	};
	uint32_t at;
	uint8_t *t;

	memcpy(&at, o->tramp + TRAMP_CPUID_CODE, 4);
	if (at)
		return at;
	t = patch_tramp_begin(o, sizeof(code));
	if (!t)
		return 0;
	at = o->used;
	memcpy(t, code, sizeof(code));
	patch_put32(t + 3, TRAMP_CPUID_TABLE - (t + 7 - o->tramp));
	if (!patch_tramp_end(o, t + sizeof(code), NULL))
		return 0;
	memcpy(o->tramp + TRAMP_CPUID_CODE, &at, 4);
	return at;
}

static int64_t cpuid_trampoline(struct patch *o, uint64_t start, uint64_t at)
{
	static const uint8_t found[] = {
		0x48, 0x85, 0xdb, /* test %rbx, %rbx */
		0x74, 0x11,	  /* jz real */
		0x8b, 0x43, 0x08, /* mov 8(%rbx), %eax */
		0x8b, 0x4b, 0x10, /* mov 16(%rbx), %ecx */
		0x8b, 0x53, 0x14, /* mov 20(%rbx), %edx */
		0x8b, 0x5b, 0x0c, /* mov 12(%rbx), %ebx */
	};
	uint32_t lookup = cpuid_lookup(o);
	int64_t back = (int64_t)(o->off + at) + 2;
	uint8_t *t = patch_tramp_begin(o, 96);

	if (t && lookup)
		t = patch_copy_run(o, t, start, at);
	if (!t || !lookup)
		return 0;
	*t++ = 0x48; /* lea back(%rip), %rdx: behind the jump */
	*t++ = 0x8d;
	*t++ = 0x15;
	patch_put32(t, 5);
	t += 4;
	*t++ = 0xe9;
	patch_put32(t, lookup - (t + 4 - o->tramp));
	t += 4;
	memcpy(t, found, sizeof(found));
	t += sizeof(found);
	*t++ = 0xe9;
	patch_tramp_rel(o, t, back);
	t += 4;
	*t++ = 0x0f; /* real: */
	*t++ = 0xa2;
	*t++ = 0xe9;
	patch_tramp_rel(o, t, back);
	return patch_tramp_end(o, t + 4, NULL);
}

bool patch_cpuid(struct patch *o, uint64_t at)
{
	if (cpuid_count < 2 || !patch_flags_dead(o, at + 2))
		return false;
	return patch_site(o, at, cpuid_trampoline);
}
