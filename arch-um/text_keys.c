// SPDX-License-Identifier: GPL-2.0
/*
 * WRPKRU (0f 01 ef) and XRSTOR (0f ae /5) open the wall, and anybody may execute
 * them: so they must not stand in executable memory, at any byte offset.
 *
 *   XRSTOR meant as such (the dynamic linker's lazy resolver) goes to a
 *   trampoline that lets it pass without bit 9, PKRU, and looks again behind
 *   it: it leaves eax alone, so who jumped past the first test is caught by the
 *   second before the next instruction that touches memory.
 *
 *   What has no room for that, XRSTOR or WRPKRU, becomes 0f ff, an instruction
 *   that no processor has; the fault is answered here (text_emulate).
 *
 *   Bytes that only look so: a call or jump whose distance they are, or an
 *   operand relative to RIP, is moved to a trampoline, where the distance is
 *   another one. 0f at the end of an instruction before `add %ebp, %edi` (01 ef)
 *   takes the other encoding of that (03 fd).
 *
 * A page with anything left is not executed at all. In practice that is data
 * between code.
 */
#include "backend.h"
#include "patch.h"
#include <kernel/string.h>

#define XCR_PKRU 0x200

int arch_xrstor(const void *image, uint64_t mask);

uint8_t *text_forbidden(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q;

	for (q = text_scan(p, end); q + 2 < end; q = text_scan(q + 1, end))
		if (text_is_forbidden(q))
			return (uint8_t *)q;
	return NULL;
}

/*
 * XRSTOR of n bytes at `at`, checked before and after:
 *	test bit 9 of eax; jnz 1f; XRSTOR; test it again; jnz 2f; jmp back
 * 1:	the form that faults; jmp back
 * 2:	no stack, and the end
 */
static bool keys_xrstor(struct patch *o, uint64_t at, int n, uint8_t modrm)
{
	static const uint8_t test[] = { 0xa9, 0x00, 0x02, 0x00, 0x00, 0x75 };
	static const uint8_t end[] = { 0x31, 0xe4, 0xf4 };
	int64_t back = (int64_t)(o->off + at) + n, place;
	uint8_t *t = patch_tramp_begin(o, 64), *it, *trap;
	int rex = o->text[at] == 0x0f ? 0 : 1;

	if (!t || n < 5 || (modrm & 0xc7) == 5 || o->text[at + rex] != 0x0f ||
	    !patch_flags_dead(o, at + (uint64_t)n))
		return false;
	memcpy(t, test, 6);
	t[6] = (uint8_t)(n + 12);
	it = t + 7;
	memcpy(it, o->text + at, (size_t)n);
	t = it + n;
	memcpy(t, test, 6);
	t[6] = (uint8_t)(n + 10);
	t[7] = 0xe9;
	patch_tramp_rel(o, t + 8, back);
	trap = t + 12;
	memcpy(trap, o->text + at, (size_t)n);
	trap[rex + 1] = 0xff;
	t = trap + n;
	*t++ = 0xe9;
	patch_tramp_rel(o, t, back);
	t += 4;
	memcpy(t, end, 3);
	place = patch_tramp_end(o, t + 3, it + rex);
	if (!place)
		return false;
	memset(o->text + at, 0xf4, (size_t)n);
	patch_jump(o, at, place);
	return true;
}

/* The sequence is the instruction, of n bytes from `start` (perhaps REX). */
static bool keys_intended(struct patch *o, uint64_t start, uint64_t at, int n)
{
	uint8_t *p = o->text + at;

	if (p[1] == 0xae && keys_xrstor(o, start, n, p[2]))
		return true;
	p[1] = 0xff;
	o->lens_hi = 0;
	return true;
}

/* An instruction that holds the sequence in its distance: elsewhere. */
static bool keys_moved(struct patch *o, uint64_t start, int n,
		       const struct insn *in)
{
	const uint8_t *p = o->text + start;
	int64_t next = (int64_t)(o->off + start) + n, target, place;
	uint8_t *t = patch_tramp_begin(o, 40);
	bool near = in->map == INSN_ONE && (in->op == 0xe8 || in->op == 0xe9);
	bool jcc = in->map == INSN_TWO && (in->op & 0xf0) == 0x80;
	int32_t d;

	if (!t || n < 5)
		return false;
	if (near || jcc) {
		memcpy(&d, p + n - 4, 4);
		target = next + d;
		if (in->op == 0xe8) {
			/* push the address that the call would: flags stay */
			static const uint8_t push[] = { 0x50, 0x48, 0x8d,
							0x05 };
			static const uint8_t swap[] = { 0x48, 0x87, 0x04,
							0x24 };

			memcpy(t, push, 4); /* push rax; lea next, rax */
			patch_tramp_rel(o, t + 4, next);
			memcpy(t + 8, swap, 4); /* xchg rax, (rsp) */
			t += 12;
		} else if (jcc) {
			*t++ = 0x0f;
			*t++ = in->op;
			patch_tramp_rel(o, t, target);
			t += 4;
			target = next;
		}
		*t++ = 0xe9;
		patch_tramp_rel(o, t, target);
		t += 4;
	} else if (in->modrm && (p[in->modrm] & 0xc7) == 5) {
		memcpy(&d, p + in->modrm + 1, 4);
		memcpy(t, p, (size_t)n);
		/* it counts from the instruction's end, as `next` does */
		patch_put32(t + in->modrm + 1,
			    next + d -
				    ((t + n - o->tramp) -
				     (int64_t)HOST_TEXT_TRAMP));
		t += n;
		*t++ = 0xe9;
		patch_tramp_rel(o, t, next);
		t += 4;
	} else {
		return false;
	}
	place = patch_tramp_end(o, t, NULL);
	if (!place)
		return false;
	memset(o->text + start, 0xf4, (size_t)n);
	patch_jump(o, start, place);
	return true;
}

bool patch_keys(struct patch *o, uint64_t at)
{
	const uint8_t *end = o->text + o->len;
	uint64_t start = at;
	struct insn in;
	int n = 0;

	/* which instruction holds the first byte? */
	for (; start + 15 > at; start--) {
		n = insn_decode(o->text + start, end, &in);
		if (n && start + (uint64_t)n > at && patch_synced(o, start))
			break;
		if (!start)
			return false;
	}
	if (start + 15 <= at)
		return false;
	if (in.map == INSN_TWO && (in.op == 0x01 || in.op == 0xae) &&
	    start + in.modrm == at + 2)
		return keys_intended(o, start, at, n);
	if (start + (uint64_t)n >= at + 3)
		return keys_moved(o, start, n, &in);
	if (start + (uint64_t)n == at + 1 && o->text[at + 1] == 0x01) {
		o->lens_hi = 0;
		o->text[at + 1] = 0x03;
		o->text[at + 2] = 0xfd;
		return true;
	}
	return false;
}

/* --- The forms that fault --- */

static uint64_t keys_reg(const struct pt_regs *r, int nr)
{
	const uint64_t *const reg[] = { &r->rax, &r->rcx, &r->rdx, &r->rbx,
					&r->rsp, &r->rbp, &r->rsi, &r->rdi,
					&r->r8,	 &r->r9,  &r->r10, &r->r11,
					&r->r12, &r->r13, &r->r14, &r->r15 };

	return *reg[nr];
}

/* The memory operand whose ModRM stands at p; the instruction ends at next. */
static uint64_t keys_address(const struct pt_regs *r, const uint8_t *p, int rex,
			     uint64_t next)
{
	int mod = p[0] >> 6, rm = p[0] & 7, base;
	const uint8_t *disp = p + 1;
	uint64_t a = 0;
	int32_t d = 0;

	if (rm == 4) {
		int index = (p[1] >> 3 & 7) | (rex & 2) << 2;

		disp++;
		base = p[1] & 7;
		if (index != 4)
			a += keys_reg(r, index) << (p[1] >> 6);
	} else {
		base = rm;
	}
	if (mod == 0 && rm == 5)
		a = next;
	else if (mod || base != 5)
		a += keys_reg(r, base | (rex & 1) << 3);
	if (mod == 1)
		d = (int8_t)*disp;
	else if (mod == 2 || (!mod && (rm == 5 || base == 5)))
		memcpy(&d, disp, 4);
	return a + (uint64_t)(int64_t)d;
}

bool text_emulate(struct pt_regs *r)
{
	uint64_t a, mask = r->rdx << 32 | (uint32_t)r->rax;
	uint8_t b[16];
	int rex = 0, n;
	uint8_t *p = b;

	memset(b, 0, sizeof(b));
	if (!arch_user_range(r->rip, 15))
		return false;
	if (host_copy_from_user(b, r->rip, 15) > 8)
		return false;
	if ((*p & 0xf0) == 0x40)
		rex = *p++;
	if (p[0] != 0x0f || p[1] != 0xff)
		return false;
	if (p[2] == 0xef) {
		/* the guest has no keys: nothing to change */
		if (r->rcx || r->rdx)
			return false;
		r->rip += (uint64_t)(p + 3 - b);
		r->flags |= PT_REGS_FULL;
		return true;
	}
	if ((p[2] & 0x38) != 0x28 || p[2] >= 0xc0)
		return false;
	p[1] = 0xae;
	n = insn_length(b, b + 15);
	a = keys_address(r, p + 2, rex, r->rip + (uint64_t)n);
	if (!arch_user_range(a, fpu_size) || (a & 63))
		return false;
	host_fpu_make_live();
	if (arch_xrstor((const void *)a, mask & ~(uint64_t)XCR_PKRU))
		return false;
	r->rip += (uint64_t)n;
	r->flags |= PT_REGS_FULL;
	return true;
}
