/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What patch.c (system calls, trampolines) and text_keys.c (WRPKRU, XRSTOR)
 * share.
 */
#ifndef ARCH_PATCH_H
#define ARCH_PATCH_H

#include <hostapi/host.h>
#include "insn.h"

/* One chunk of a file's text. */
struct patch {
	uint8_t *text;
	uint64_t off, len;    /* in the file */
	uint8_t *tramp;
	uint32_t used, limit; /* of the trampolines */
};

/* The first 0f before 05, 01 or ae; end when there is none (textscan.S). */
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

bool patch_synced(const struct patch *o, uint64_t at);
void patch_put32(uint8_t *p, int64_t v);
uint8_t *patch_tramp_begin(struct patch *o, uint32_t n);
void patch_tramp_rel(struct patch *o, uint8_t *t, int64_t target);
int64_t patch_tramp_end(struct patch *o, uint8_t *t, const uint8_t *but);
void patch_jump(struct patch *o, uint64_t at, int64_t target);

/* text_keys.c: take the sequence at `at` away. => done? */
bool patch_keys(struct patch *o, uint64_t at);

#endif
