// SPDX-License-Identifier: GPL-2.0
/*
 * Program text made fit for the direct backend, a chunk of a file at a time, in
 * a copy that nobody executes yet. Two things are done to it.
 *
 * System-call sites jump into the kernel instead of trapping. Shapes:
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
 * jumps through a word at the head of the trampoline area, which lies at a fixed
 * distance below the file's first byte, so that one patched copy serves every
 * process. The word leads to gate_jump, or, in a process that uses GS itself, to
 * gate_slow (host_text_gate).
 *
 * And no byte offset of the text may hold WRPKRU or XRSTOR (text_keys.c).
 *
 * The bytes 0f 05 may be part of something else. A site counts only if
 * decoding from many places before it arrives at it: x86 decoding falls into
 * step within a few instructions, so a false border does not gather a majority.
 * What stands too near the chunk's ends for that is left alone.
 */
#include "backend.h"
#include "patch.h"
#include <kernel/string.h>

#define PATCH_NR_MAX 600
#define SYNC_NEAR    40 /* trial starts: this far before … */
#define SYNC_FAR     112 /* … to this far */
#define SYNC_FEW     16 /* at a chunk's start: nearer ones, if so many */

/*
 * Do most decodings that start before `at` have a border there? Those that go
 * through what is no instruction, or through zeros (the ends of long no-ops and
 * distances), are plainly wrong and have no say.
 */
bool patch_synced(const struct patch *o, uint64_t at)
{
	const uint8_t *end = o->text + o->len;
	int k, n, good = 0, bad = 0, far = SYNC_FAR, near = SYNC_NEAR;
	enum { MISSES, MEETS, LOST } end_of[SYNC_FAR + 1];

	if (at < SYNC_FAR)
		far = (int)at;
	if (far - near < SYNC_FEW)
		near = far - SYNC_FEW;
	/* end_of[k]: what is decoded from k bytes before meets `at` */
	end_of[0] = MEETS;
	for (k = 1; k < far; k++) {
		const uint8_t *p = o->text + at - k;

		n = insn_length(p, end);
		if (!n || (n == 2 && !p[0] && !p[1]))
			end_of[k] = LOST;
		else
			end_of[k] = n <= k ? end_of[k - n] : MISSES;
		if (k < near)
			continue;
		good += end_of[k] == MEETS;
		bad += end_of[k] == MISSES;
	}
	return good >= 8 && good >= 3 * bad;
}

void patch_put32(uint8_t *p, int64_t v)
{
	int32_t w = (int32_t)v;

	memcpy(p, &w, 4);
}

/* --- Trampolines --- */

/* Begin one of at most n bytes. => where to write, or NULL: full */
uint8_t *patch_tramp_begin(struct patch *o, uint32_t n)
{
	return o->used + n <= o->limit ? o->tramp + o->used : NULL;
}

/* A relative operand at t (4 bytes) that leads to an offset in the file. */
void patch_tramp_rel(struct patch *o, uint8_t *t, int64_t target)
{
	int64_t at = (t - o->tramp) - (int64_t)HOST_TEXT_TRAMP;

	patch_put32(t, target - (at + 4));
}

/*
 * It ends before t. => its place relative to the file's first byte, or 0 when
 * its bytes make up something forbidden; `but`: the one place where they may.
 */
int64_t patch_tramp_end(struct patch *o, uint8_t *t, const uint8_t *but)
{
	uint8_t *start = o->tramp + o->used, *from = start;
	const uint8_t *bad;

	if (o->used >= 2)
		from -= 2;
	bad = text_forbidden(from, t);
	if (bad && bad == but)
		bad = text_forbidden(bad + 1, t);
	if (bad) {
		memset(start, 0xf4, (size_t)(t - start));
		return 0;
	}
	o->used = (uint32_t)(t - o->tramp + 7) & ~7u;
	return (start - o->tramp) - (int64_t)HOST_TEXT_TRAMP;
}

/*
 * A trampoline that returns to file offset ret; nr < 0: the number is in eax
 * already. => its place relative to the file's first byte, or 0 when full.
 */
static int64_t patch_trampoline(struct patch *o, int nr, int64_t ret)
{
	uint8_t *t = patch_tramp_begin(o, 24);

	if (!t)
		return 0;
	if (nr >= 0) {
		*t++ = 0xb8; /* mov $nr, %eax */
		patch_put32(t, nr);
		t += 4;
	}
	*t++ = 0x48; /* lea ret(%rip), %rcx */
	*t++ = 0x8d;
	*t++ = 0x0d;
	patch_tramp_rel(o, t, ret);
	t += 4;
	*t++ = 0xff; /* jmp *gate(%rip) */
	*t++ = 0x25;
	patch_put32(t, -(int64_t)(t + 4 - o->tramp));
	return patch_tramp_end(o, t + 4, NULL);
}

void patch_jump(struct patch *o, uint64_t at, int64_t target)
{
	o->text[at] = 0xe9;
	patch_put32(o->text + at + 1, target - (int64_t)(o->off + at + 5));
}

/* --- System calls --- */

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

/* Bytes of the ret, jmp or ud2 that may end at p; 0: none. */
static int patch_leaves(const uint8_t *p)
{
	if (p[-1] == 0xc3)
		return 1;
	if (p[-2] == 0xeb || (p[-2] == 0x0f && p[-1] == 0x0b) ||
	    (p[-2] == 0xff && (p[-1] & 0xf8) == 0xe0))
		return 2;
	return p[-5] == 0xe9 ? 5 : 0;
}

/*
 * Padding of at least five bytes that a short jump at `from` reaches: behind a
 * ret or jmp, filled with no-ops up to a 16-byte border. => place or 0
 */
static uint64_t patch_find_pad(const struct patch *o, uint64_t from)
{
	const uint8_t *end = o->text + o->len;
	uint64_t lo = from > 120 ? from - 120 : 5, hi = from + 118, at, p;

	if (hi > o->len - 16)
		hi = o->len > 16 ? o->len - 16 : 0;
	for (at = lo; at < hi; at++) {
		uint64_t before = at - (uint64_t)patch_leaves(o->text + at);

		if (before == at || !patch_nop(o->text + at, end))
			continue;
		for (p = at; ((o->off + p) & 15);) {
			int n = patch_nop(o->text + p, end);

			if (!n)
				break;
			p += (uint64_t)n;
		}
		if (((o->off + p) & 15) || p < at + 5 ||
		    !patch_synced(o, before))
			continue;
		return at;
	}
	return 0;
}

/* => was it patched? */
static bool patch_syscall(struct patch *o, uint64_t at)
{
	const uint8_t *p = o->text + at;
	uint64_t start, pad;
	uint32_t nr;
	int64_t t;

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
				patch_jump(o, start, t);
			return t;
		}
	}
	if (!patch_synced(o, at))
		return false;
	pad = patch_find_pad(o, at);
	if (!pad)
		return false;
	t = patch_trampoline(o, -1, (int64_t)(o->off + at + 2));
	if (!t)
		return false;
	o->text[at] = 0xeb;
	o->text[at + 1] = (uint8_t)(pad - (at + 2));
	patch_jump(o, pad, t);
	return true;
}

void host_text_patch(struct host_text *ht)
{
	struct patch o = { ht->text, ht->off, ht->len, ht->tramp,
			   ht->tramp_used, ht->tramp_limit };
	uint8_t *p = o.text, *end = o.text + o.len;

	if (o.len < 64 || o.off + o.len > 0x7fff0000ull)
		o.limit = 0;
	for (p = text_scan(p, end); p < end; p = text_scan(p + 1, end)) {
		uint64_t at = (uint64_t)(p - o.text);

		if (p[1] != 0x05) {
			if (p + 2 < end && text_is_forbidden(p))
				patch_keys(&o, at);
			continue;
		}
		if (patch_syscall(&o, at))
			ht->patched++;
		else
			ht->left++;
	}
	/* patches are bytes as well, and some sequences had no answer */
	for (p = text_forbidden(o.text, end); p; p = text_forbidden(p + 1, end))
		ht->bad |= 1u << (uint64_t)(p - o.text) / 4096;
	ht->tramp_used = o.used;
}

bool host_text_edge(const uint8_t *a_end, const uint8_t *b)
{
	uint8_t w[4] = { a_end[-2], a_end[-1], b[0], b[1] };

	return text_forbidden(w, w + 4);
}

bool host_text_defuse(uint8_t *p, size_t n, size_t at)
{
	struct patch o = { .text = p, .len = n };

	return patch_keys(&o, at) && !text_is_forbidden(p + at);
}

uint64_t host_text_gate(bool slow)
{
	return (uint64_t)(slow ? gate_slow : gate_jump);
}

size_t host_text_scan(const uint8_t *p, size_t n)
{
	const uint8_t *bad = text_forbidden(p, p + n);

	return bad ? (size_t)(bad - p) : n;
}
