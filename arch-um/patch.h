/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What patch.c (system calls, trampolines) and text_keys.c (WRPKRU, XRSTOR)
 * share.
 */
#ifndef ARCH_PATCH_H
#define ARCH_PATCH_H

#include <hostapi/host.h>
#include "insn.h"

#define PATCH_LENS 192

/* One chunk of a file's text. */
struct patch {
	uint8_t *text;
	uint64_t off, len; /* in the file */
	uint8_t *tramp;
	uint32_t used, limit; /* of the trampolines */
	/* lengths of what could be instructions, at [lens_lo, lens_hi) */
	uint64_t lens_lo, lens_hi;
	uint8_t lens[PATCH_LENS];
};

/* What the trampolines' first page holds. */
#define TRAMP_GATE	  0 /* the word that leads to the kernel */
#define TRAMP_CPUID_CODE  8 /* where the lookup is, 0: nowhere yet */
#define TRAMP_CPUID_TABLE 16

/* The first 0f before 05, 01, a2 or ae; end when there is none (textscan.S). */
uint8_t *text_scan(const uint8_t *p, const uint8_t *end);
/* Does WRPKRU or XRSTOR stand at p (three bytes)? */
static inline bool text_is_forbidden(const uint8_t *p)
{
	if (p[1] == 0x01)
		return p[2] == 0xef;
	return p[1] == 0xae && (p[2] & 0x38) == 0x28 && p[2] < 0xc0;
}
/* The first of these in [p, end), at any offset; NULL: none. */
uint8_t *text_forbidden(const uint8_t *p, const uint8_t *end);

bool patch_synced(struct patch *o, uint64_t at);
void patch_put32(uint8_t *p, int64_t v);
uint8_t *patch_tramp_begin(struct patch *o, uint32_t n);
void patch_tramp_rel(struct patch *o, uint8_t *t, int64_t target);
int64_t patch_tramp_end(struct patch *o, uint8_t *t, const uint8_t *but);
void patch_jump(struct patch *o, uint64_t at, int64_t target);
/* Where a run that leads to `at` begins, with five bytes or more; -1: nowhere */
int64_t patch_run_start(struct patch *o, uint64_t at);
/* Copy the run [start, at) to t. => behind it, or NULL */
uint8_t *patch_copy_run(struct patch *o, uint8_t *t, uint64_t start,
			uint64_t at);
bool patch_site(struct patch *o, uint64_t at,
		int64_t (*make)(struct patch *o, uint64_t start, uint64_t at));
/* Do the flags die behind `at`, before anybody looks at them? */
bool patch_flags_dead(const struct patch *o, uint64_t at);

/* text_cpuid.c */
bool patch_cpuid(struct patch *o, uint64_t at);
void cpuid_fill(uint8_t *tramp);

/* text_keys.c: take the sequence at `at` away. => done? */
bool patch_keys(struct patch *o, uint64_t at);

#endif
