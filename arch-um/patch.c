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
 *   insn; …; syscall		the same with any instruction of five bytes and
 *				more, if what stands between is a straight run
 *				that may be executed elsewhere.
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
 * CPUID sites are treated likewise (text_cpuid.c).
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

#define PATCH_RUN 24  /* so far before a site its run may begin */
#define SYNC_NEAR 40  /* trial starts: this far before … */
#define SYNC_FAR  112 /* … to this far */
#define SYNC_FEW  16  /* at a chunk's start: nearer ones, if so many */

/* Fill in the lengths before, and a little behind, `at`. */
static void patch_measure(struct patch *o, uint64_t at)
{
	const uint8_t *end = o->text + o->len, *p;
	uint64_t i;
	int n;

	o->lens_lo = at > SYNC_FAR + PATCH_RUN ? at - SYNC_FAR - PATCH_RUN : 0;
	o->lens_hi = min(o->lens_lo + PATCH_LENS, o->len);
	for (i = o->lens_lo; i < o->lens_hi; i++) {
		p = o->text + i;
		n = insn_length(p, end);
		o->lens[i - o->lens_lo] = n == 2 && !p[0] && !p[1] ? 0
								   : (uint8_t)n;
	}
}

/*
 * Do most decodings that start before `at` have a border there? Those that go
 * through what is no instruction, or through zeros (the ends of long no-ops and
 * distances), are plainly wrong and have no say.
 */
bool patch_synced(struct patch *o, uint64_t at)
{
	int k, n, good = 0, bad = 0, far = SYNC_FAR, near = SYNC_NEAR;
	enum { MISSES, MEETS, LOST } end_of[SYNC_FAR + 1];

	if (at < SYNC_FAR)
		far = (int)at;
	if (far - near < SYNC_FEW)
		near = far - SYNC_FEW;
	/* end_of[k]: what is decoded from k bytes before meets `at` */
	if (at - (uint64_t)far < o->lens_lo || at > o->lens_hi)
		patch_measure(o, at);
	end_of[0] = MEETS;
	for (k = 1; k < far; k++) {
		n = o->lens[at - (uint64_t)k - o->lens_lo];
		if (!n)
			end_of[k] = LOST;
		else
			end_of[k] = n <= k ? end_of[k - n] : MISSES;
		if (k < near)
			continue;
		good += end_of[k] == MEETS;
		bad += end_of[k] == MISSES;
	}
	/*
	 * Data would have lost most of them; in code with many zeros a third is
	 * enough if hardly any other says something else.
	 */
	return good >= 8 && good >= 4 * bad &&
	       (2 * good > far - near ||
		(3 * good > far - near && good >= 16 * bad));
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

/* May it be executed elsewhere, but for an operand relative to RIP? */
static bool patch_is_plain(const struct insn *in)
{
	uint8_t op = in->op;

	/* not 00, which is rather the end of something */
	if (in->map == INSN_ONE && !op)
		return false;
	if (in->map == INSN_ONE)
		return (op < 0x40 && (op & 7) < 6) || op == 0x63 ||
		       op == 0x69 || op == 0x6b ||
		       (op >= 0x80 && op <= 0x8d && op != 0x82) ||
		       (op >= 0xb0 && op <= 0xc1) || op == 0xc6 || op == 0xc7 ||
		       op == 0xd1 || op == 0xd3 || op == 0xf7 || op == 0x90;
	if (in->map == INSN_TWO)
		return (op >= 0x40 && op <= 0x4f) || op == 0x10 || op == 0x11 ||
		       op == 0x28 || op == 0x29 || op == 0x6f || op == 0x7f ||
		       op == 0xb6 || op == 0xb7 || op == 0xbe || op == 0xbf;
	return false;
}

uint8_t *patch_copy_run(struct patch *o, uint8_t *t, uint64_t start,
			uint64_t at)
{
	const uint8_t *end = o->text + o->len;
	struct insn in;
	int32_t d;
	int n;

	for (; start < at; start += (uint64_t)n, t += n) {
		n = insn_decode(o->text + start, end, &in);
		if (!n || start + (uint64_t)n > at || !patch_is_plain(&in))
			return NULL;
		memcpy(t, o->text + start, (size_t)n);
		if (!in.modrm || (t[in.modrm] & 0xc7) != 5)
			continue;
		/* the distance counts from the instruction's end */
		memcpy(&d, t + in.modrm + 1, 4);
		patch_put32(
			t + in.modrm + 1,
			(int64_t)(o->off + start) + d -
				((t - o->tramp) - (int64_t)HOST_TEXT_TRAMP));
	}
	return t;
}

int64_t patch_run_start(struct patch *o, uint64_t at)
{
	const uint8_t *end = o->text + o->len;
	uint64_t s, p;
	struct insn in;
	int n;

	for (s = at; s && s + PATCH_RUN > at; s--) {
		for (p = s; p < at; p += (uint64_t)n) {
			n = insn_decode(o->text + p, end, &in);
			if (!n || !patch_is_plain(&in) || (p == s && n < 5))
				break;
		}
		if (p == at && s < at && patch_synced(o, s))
			return (int64_t)s;
	}
	return -1;
}

/*
 * A trampoline for the call at `at`, with what stands between it and `start`.
 * => its place relative to the file's first byte, or 0
 */
static int64_t patch_trampoline(struct patch *o, uint64_t start, uint64_t at)
{
	uint8_t *t = patch_tramp_begin(o, PATCH_RUN + 16);

	if (t)
		t = patch_copy_run(o, t, start, at);
	if (!t)
		return 0;
	*t++ = 0x48; /* lea ret(%rip), %rcx */
	*t++ = 0x8d;
	*t++ = 0x0d;
	patch_tramp_rel(o, t, (int64_t)(o->off + at + 2));
	t += 4;
	*t++ = 0xff; /* jmp *gate(%rip) */
	*t++ = 0x25;
	patch_put32(t, -(int64_t)(t + 4 - o->tramp));
	return patch_tramp_end(o, t + 4, NULL);
}

void patch_jump(struct patch *o, uint64_t at, int64_t target)
{
	o->lens_hi = 0;
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
 * The end of the no-ops that begin at `at`: at a border of 16 bytes, or of 8 if
 * something else follows there, as compilers align functions and the targets of
 * jumps. => end or 0
 */
static uint64_t patch_pad_end(const struct patch *o, uint64_t at)
{
	const uint8_t *end = o->text + o->len;
	uint64_t p = at;
	int n;

	do {
		n = patch_nop(o->text + p, end);
		p += (uint64_t)n;
	} while (n && (o->off + p) & 15);
	return (o->off + p) & 7 ? 0 : p;
}

/*
 * Padding of at least five bytes that a short jump at `from` reaches: no-ops
 * behind a ret or jmp. => place or 0
 */
static uint64_t patch_find_pad(struct patch *o, uint64_t from)
{
	const uint8_t *end = o->text + o->len;
	uint64_t lo = from > 120 ? from - 120 : 5, hi = from + 118, at, p;

	if (hi > o->len - 16)
		hi = o->len > 16 ? o->len - 16 : 0;
	for (at = lo; at < hi; at++) {
		uint64_t before = at - (uint64_t)patch_leaves(o->text + at);

		if (before == at || !patch_nop(o->text + at, end))
			continue;
		p = patch_pad_end(o, at);
		if (p < at + 5 || !patch_synced(o, before))
			continue;
		return at;
	}
	return 0;
}

bool patch_flags_dead(const struct patch *o, uint64_t at)
{
	const uint8_t *end = o->text + o->len;
	struct insn in;
	int i, n;

	for (i = 0; i < 24; i++, at += (uint64_t)n) {
		n = insn_decode(o->text + at, end, &in);
		if (!n || in.map != INSN_ONE)
			return false;
		/* arithmetic but adc and sbb; calls and returns */
		if (in.op < 0x40 && (in.op & 7) < 6) {
			if ((in.op & 0x30) == 0x10)
				return false;
			return true;
		}
		switch (in.op) {
		case 0x84:
		case 0x85:
		case 0xa8:
		case 0xa9:
		case 0xc3:
		case 0xe8:
			return true;
		case 0x80:
		case 0x81:
		case 0x83:
			return (o->text[at + in.modrm] & 0x30) != 0x10;
		case 0xf6:
		case 0xf7: /* test */
			return !(o->text[at + in.modrm] & 0x38);
		case 0x88:
		case 0x89:
		case 0x8b:
		case 0x8d:
		case 0x50 ... 0x5f:
		case 0xb8 ... 0xbf:
		case 0xc6:
		case 0xc7:
			break;
		default:
			return false;
		}
	}
	return false;
}

/* Lead the site at `at` to what make() gives for the run before it. */
bool patch_site(struct patch *o, uint64_t at,
		int64_t (*make)(struct patch *o, uint64_t start, uint64_t at))
{
	int64_t start = patch_run_start(o, at), t;
	uint64_t pad;
	int n;

	if (!patch_synced(o, at))
		return false;
	if (start >= 0) {
		t = make(o, (uint64_t)start, at);
		if (!t)
			return false;
		/* later trial decodings shall find instructions here */
		n = insn_length(o->text + start, o->text + o->len);
		memset(o->text + start, 0x90, (size_t)n);
		patch_jump(o, (uint64_t)start, t);
		return true;
	}
	pad = patch_find_pad(o, at);
	t = pad ? make(o, at, at) : 0;
	if (!t)
		return false;
	memset(o->text + pad, 0x90, (size_t)(patch_pad_end(o, pad) - pad));
	o->text[at] = 0xeb;
	o->text[at + 1] = (uint8_t)(pad - (at + 2));
	patch_jump(o, pad, t);
	return true;
}

void host_text_patch(struct host_text *ht)
{
	struct patch o = { .text = ht->text,
			   .off = ht->off,
			   .len = ht->len,
			   .tramp = ht->tramp,
			   .used = ht->tramp_used,
			   .limit = ht->tramp_limit };
	uint8_t *p = o.text, *end = o.text + o.len;

	if (o.len < 64 || o.off + o.len > 0x7fff0000ull)
		o.limit = 0;
	for (p = text_scan(p, end); p < end; p = text_scan(p + 1, end)) {
		uint64_t at = (uint64_t)(p - o.text);

		if (o.off + at < ht->code_lo || o.off + at >= ht->code_hi)
			continue;
		if (p[1] == 0xa2) {
			patch_cpuid(&o, at);
			continue;
		}
		if (p[1] != 0x05) {
			if (p + 2 < end && text_is_forbidden(p))
				patch_keys(&o, at);
			continue;
		}
		if (patch_site(&o, at, patch_trampoline))
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

void host_text_init(uint8_t *tramp)
{
	uint64_t gate = host_text_gate(false);

	memcpy(tramp, &gate, sizeof(gate));
	cpuid_fill(tramp);
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
