// SPDX-License-Identifier: GPL-2.0
/*
 * Patching system-call sites in program text, so that they jump into the kernel
 * instead of trapping.
 *
 * Two shapes of site:
 *
 *   mov $nr, %eax; syscall	the first five bytes of the mov become a jump to
 *				a trampoline. The syscall instruction stays: who
 *				jumps to it directly traps as before, and a
 *				restarted call goes there.
 *   syscall			becomes a two-byte jump into padding near by
 *				(behind a return, before the next aligned
 *				function), where the jump to the trampoline is.
 *
 * A trampoline loads the number where it was displaced, the return address, and
 * jumps to gate_jump through a word at the head of the trampoline area, which
 * lies at a fixed distance below the file's first byte, so that one patched copy
 * serves every process.
 *
 * The bytes 0f 05 may be part of something else. A site counts only if
 * decoding from many places before it arrives at it: x86 decoding falls into
 * step within a few instructions, so a false border does not gather a majority.
 */
#include "backend.h"
#include "insn.h"
#include <kernel/string.h>

#define PATCH_NR_MAX 600
#define SYNC_NEAR    20 /* trial starts: this far before … */
#define SYNC_FAR     52 /* … to this far */

struct patch_out {
	struct host_text_site *sites;
	int n, max;
	uint8_t *tramp;
	uint32_t tramp_used;
	const uint8_t *text;
	uint64_t off, len;
};

/* Do most decodings that start before `at` have a border there? */
static bool patch_synced(const struct patch_out *o, uint64_t at)
{
	const uint8_t *target = o->text + at, *p;
	int k, good = 0, bad = 0;

	for (k = SYNC_NEAR; k < SYNC_FAR && (uint64_t)k <= at; k++) {
		for (p = target - k; p < target;) {
			int n = insn_length(p, o->text + o->len);

			if (!n)
				break;
			p += n;
		}
		if (p == target)
			good++;
		else
			bad++;
	}
	return good >= 8 && good >= 3 * bad;
}

static void patch_put32(uint8_t *p, int64_t v)
{
	int32_t w = (int32_t)v;

	memcpy(p, &w, 4);
}

/*
 * A trampoline that returns to file offset ret; nr < 0: the number is in eax
 * already. => its place relative to the file's first byte, or 0 when full.
 */
static int64_t patch_trampoline(struct patch_out *o, int nr, int64_t ret)
{
	uint32_t start = o->tramp_used, at = start;
	uint8_t *t = o->tramp;
	int64_t base = -(int64_t)HOST_TEXT_TRAMP;

	if (start + 32 > HOST_TEXT_TRAMP)
		return 0;
	if (nr >= 0) {
		t[at] = 0xb8; /* mov $nr, %eax */
		patch_put32(t + at + 1, nr);
		at += 5;
	}
	t[at] = 0x48; /* lea ret(%rip), %rcx */
	t[at + 1] = 0x8d;
	t[at + 2] = 0x0d;
	patch_put32(t + at + 3, ret - (base + at + 7));
	at += 7;
	t[at] = 0xff; /* jmp *gate(%rip) */
	t[at + 1] = 0x25;
	patch_put32(t + at + 2, -(int64_t)(at + 6));
	at += 6;
	o->tramp_used = (at + 7) & ~7u;
	return base + start;
}

static void patch_emit(struct patch_out *o, uint64_t at, const uint8_t *bytes,
		       uint8_t n)
{
	struct host_text_site *s = &o->sites[o->n++];

	s->off = o->off + at;
	s->len = n;
	memcpy(s->bytes, bytes, n);
}

static void patch_emit_jump(struct patch_out *o, uint64_t at, int64_t target)
{
	uint8_t b[5] = { 0xe9 };

	patch_put32(b + 1, target - (int64_t)(o->off + at + 5));
	patch_emit(o, at, b, 5);
}

/* Bytes of padding instruction at p, 0 when it is none. */
static int patch_nop(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p;

	if (p < end && (*p == 0x90 || *p == 0xcc))
		return 1;
	while (q < end && (*q == 0x66 || *q == 0x2e))
		q++;
	if (q + 1 < end && q > p && *q == 0x90)
		return (int)(q + 1 - p);
	if (q + 2 < end && q[0] == 0x0f && q[1] == 0x1f)
		return insn_length(p, end);
	return 0;
}

static bool patch_taken(const struct patch_out *o, uint64_t at)
{
	int i;

	for (i = o->n - 1; i >= 0 && i > o->n - 64; i--)
		if (o->sites[i].off + o->sites[i].len > o->off + at &&
		    o->sites[i].off < o->off + at + 5)
			return true;
	return false;
}

/*
 * Padding of at least five bytes that a short jump at `from` reaches: behind a
 * ret or jmp, filled with no-ops up to a 16-byte border. => place or 0
 */
static uint64_t patch_find_pad(const struct patch_out *o, uint64_t from)
{
	const uint8_t *end = o->text + o->len;
	uint64_t lo = from > 120 ? from - 120 : 1, hi = from + 118, at, p;

	if (hi > o->len - 16)
		hi = o->len > 16 ? o->len - 16 : 0;
	for (at = lo; at < hi; at++) {
		bool leaves = o->text[at - 1] == 0xc3 ||
			      (at >= 5 && o->text[at - 5] == 0xe9);
		uint64_t before = o->text[at - 1] == 0xc3 ? at - 1 : at - 5;

		if (!leaves || !patch_nop(o->text + at, end))
			continue;
		for (p = at; ((o->off + p) & 15);) {
			int n = patch_nop(o->text + p, end);

			if (!n)
				break;
			p += (uint64_t)n;
		}
		if (((o->off + p) & 15) || p < at + 5 || patch_taken(o, at) ||
		    !patch_synced(o, before))
			continue;
		return at;
	}
	return 0;
}

static void patch_site(struct patch_out *o, uint64_t at)
{
	const uint8_t *p = o->text + at;
	uint64_t start, pad;
	uint32_t nr;
	int64_t t;
	uint8_t jump[2];

	if (at >= 7 && p[-7] == 0x48 && p[-6] == 0xc7 && p[-5] == 0xc0)
		start = at - 7;
	else if (at >= 5 && p[-5] == 0xb8)
		start = at - 5;
	else
		start = at;
	if (start != at) {
		memcpy(&nr, p - 4, 4);
		if (nr < PATCH_NR_MAX && patch_synced(o, start)) {
			t = patch_trampoline(o, (int)nr,
					     (int64_t)(o->off + at + 2));
			if (t)
				patch_emit_jump(o, start, t);
			return;
		}
	}
	if (!patch_synced(o, at))
		return;
	pad = patch_find_pad(o, at);
	if (!pad)
		return;
	t = patch_trampoline(o, -1, (int64_t)(o->off + at + 2));
	if (!t)
		return;
	jump[0] = 0xeb;
	jump[1] = (uint8_t)(pad - (at + 2));
	patch_emit(o, at, jump, 2);
	patch_emit_jump(o, pad, t);
}

int host_text_patch(const uint8_t *text, uint64_t off, uint64_t len,
		    uint8_t *tramp, struct host_text_site *sites, int max)
{
	struct patch_out o = { sites, 0, max, tramp, 16, text, off, len };
	uint64_t gate = (uint64_t)gate_jump, i;

	if (!backend->patches_text || len < 64 || off + len > 0x7fff0000ull)
		return 0;
	memcpy(tramp, &gate, 8);
	for (i = 0; i + 8 < len && o.n + 2 <= max;) {
		uint64_t w, z;

		/* eight bytes at a time: is there a 05? */
		memcpy(&w, text + i, 8);
		z = w ^ 0x0505050505050505ull;
		if (!((z - 0x0101010101010101ull) & ~z &
		      0x8080808080808080ull)) {
			i += 8;
			continue;
		}
		for (z = 0; z < 8; z++)
			if (text[i + z] == 0x05 && i + z &&
			    text[i + z - 1] == 0x0f && o.n + 2 <= max)
				patch_site(&o, i + z - 1);
		i += 8;
	}
	return o.n;
}
