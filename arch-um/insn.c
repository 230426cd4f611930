// SPDX-License-Identifier: GPL-2.0
/*
 * The length of x86-64 instructions, for finding instruction borders in program
 * text: legacy, VEX and EVEX encodings, as the processor manuals lay them out.
 * Beyond that, where opcode and ModRM stand.
 */
#include "arch.h"
#include "insn.h"

enum {
	O_NONE = 0,
	O_M = 1,  /* ModRM */
	O_I8 = 2, /* 8-bit immediate */
	O_IZ = 4, /* 16 or 32 bits by operand size */
	O_I16 = 8,
	O_I32 = 16,
	O_BAD = 128,
};

static uint8_t insn_one[256], insn_two[256];
static bool insn_ready;

static void insn_fill(uint8_t *t, int from, int to, uint8_t v)
{
	while (from <= to)
		t[from++] = v;
}

static void insn_init_one(uint8_t *t)
{
	int i;

	for (i = 0; i < 0x40; i += 8) {
		insn_fill(t, i, i + 3, O_M);
		t[i + 4] = O_I8;
		t[i + 5] = O_IZ;
		insn_fill(t, i + 6, i + 7, O_BAD);
	}
	insn_fill(t, 0x60, 0x62, O_BAD);
	t[0x63] = O_M;
	t[0x68] = O_IZ;
	t[0x69] = O_M | O_IZ;
	t[0x6a] = O_I8;
	t[0x6b] = O_M | O_I8;
	insn_fill(t, 0x70, 0x7f, O_I8);
	t[0x80] = O_M | O_I8;
	t[0x81] = O_M | O_IZ;
	t[0x82] = O_BAD;
	t[0x83] = O_M | O_I8;
	insn_fill(t, 0x84, 0x8f, O_M);
	t[0x9a] = O_BAD;
	t[0xa8] = O_I8;
	t[0xa9] = O_IZ;
	insn_fill(t, 0xb0, 0xb7, O_I8);
	insn_fill(t, 0xb8, 0xbf, O_IZ);
	t[0xc0] = t[0xc1] = O_M | O_I8;
	t[0xc2] = O_I16;
	t[0xc6] = O_M | O_I8;
	t[0xc7] = O_M | O_IZ;
	t[0xc8] = O_I16 | O_I8;
	t[0xca] = O_I16;
	t[0xcd] = O_I8;
	t[0xce] = O_BAD;
	insn_fill(t, 0xd0, 0xd3, O_M);
	insn_fill(t, 0xd4, 0xd6, O_BAD);
	insn_fill(t, 0xd8, 0xdf, O_M);
	insn_fill(t, 0xe0, 0xe7, O_I8);
	t[0xe8] = t[0xe9] = O_I32;
	t[0xea] = O_BAD;
	t[0xeb] = O_I8;
	t[0xf6] = t[0xf7] = O_M; /* immediate by ModRM.reg, see below */
	t[0xfe] = t[0xff] = O_M;
}

static void insn_init_two(uint8_t *t)
{
	static const uint8_t none[] = { 0x05, 0x06, 0x07, 0x08, 0x09,
					0x0b, 0x30, 0x31, 0x32, 0x33,
					0x34, 0x35, 0x37, 0x77, 0xa0,
					0xa1, 0xa2, 0xa8, 0xa9, 0xaa };
	static const uint8_t imm[] = { 0x70, 0x71, 0x72, 0x73, 0xa4, 0xac,
				       0xba, 0xc2, 0xc4, 0xc5, 0xc6 };
	static const uint8_t bad[] = { 0x04, 0x0a, 0x0c, 0x0e, 0x0f, 0x24,
				       0x25, 0x26, 0x27, 0x36, 0x39, 0x3b,
				       0x3c, 0x3d, 0x3e, 0x3f, 0xa6, 0xa7 };
	unsigned int i;

	insn_fill(t, 0, 255, O_M);
	insn_fill(t, 0x80, 0x8f, O_I32);
	insn_fill(t, 0xc8, 0xcf, O_NONE);
	for (i = 0; i < sizeof(none); i++)
		t[none[i]] = O_NONE;
	for (i = 0; i < sizeof(imm); i++)
		t[imm[i]] = O_M | O_I8;
	for (i = 0; i < sizeof(bad); i++)
		t[bad[i]] = O_BAD;
}

/* Bytes of ModRM, SIB and displacement at p. */
static int insn_modrm(const uint8_t *p, const uint8_t *end)
{
	int mod, rm, n = 1;

	if (p >= end)
		return -1;
	mod = p[0] >> 6;
	rm = p[0] & 7;
	if (mod == 3)
		return 1;
	if (rm == 4) {
		if (p + 1 >= end)
			return -1;
		n = 2;
		if (mod == 0 && (p[1] & 7) == 5)
			n += 4;
	} else if (mod == 0 && rm == 5) {
		n += 4;
	}
	return n + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

/* VEX (2 or 3 bytes of prefix) and EVEX (4). */
static int insn_vector(const uint8_t *start, const uint8_t *p,
		       const uint8_t *end, struct insn *in)
{
	int map, m, imm;
	uint8_t op;

	if (p + 5 >= end)
		return 0;
	if (*p == 0xc5) {
		map = 1;
		p += 2;
	} else if (*p == 0xc4) {
		map = p[1] & 31;
		p += 3;
	} else {
		map = p[1] & 7;
		p += 4;
	}
	op = *p++;
	in->map = INSN_VECTOR;
	in->op = op;
	if (map < 1 || map > 7)
		return 0;
	if (map == 1 && op == 0x77)
		return (int)(p - start);
	in->modrm = (uint8_t)(p - start);
	m = insn_modrm(p, end);
	if (m < 0)
		return 0;
	imm = map == 3 || (map == 1 && (insn_two[op] & O_I8));
	return (int)(p - start) + m + imm;
}

int insn_length(const uint8_t *start, const uint8_t *end)
{
	struct insn in;

	return insn_decode(start, end, &in);
}

int insn_decode(const uint8_t *start, const uint8_t *end, struct insn *in)
{
	const uint8_t *p = start;
	bool small = false, rexw = false;
	uint8_t op, kind;
	int m, n;

	in->modrm = 0;
	in->map = INSN_ONE;
	if (!insn_ready) {
		insn_init_one(insn_one);
		insn_init_two(insn_two);
		insn_ready = true;
	}
	for (; p < end && p - start < 14; p++) {
		if (*p == 0x66)
			small = true;
		else if (*p != 0x26 && *p != 0x2e && *p != 0x36 && *p != 0x3e &&
			 *p != 0x64 && *p != 0x65 && *p != 0x67 && *p != 0xf0 &&
			 *p != 0xf2 && *p != 0xf3)
			break;
	}
	if (p < end && (*p & 0xf0) == 0x40) {
		rexw = *p & 8;
		p++;
	}
	if (p >= end)
		return 0;
	if (*p == 0xc4 || *p == 0xc5 || *p == 0x62)
		return insn_vector(start, p, end, in);
	op = *p++;
	if (op == 0x0f) {
		if (p >= end)
			return 0;
		op = *p++;
		in->map = INSN_TWO;
		if (op == 0x38 || op == 0x3a) {
			kind = op == 0x3a ? O_M | O_I8 : O_M;
			in->map = INSN_THREE;
			p++;
		} else {
			kind = insn_two[op];
		}
	} else {
		kind = insn_one[op];
		if (op >= 0xb8 && op <= 0xbf && rexw)
			return (int)(p - start) + 8;
		if (op >= 0xa0 && op <= 0xa3)
			return (int)(p - start) + 8;
		if ((op == 0xf6 || op == 0xf7) && p < end && !(p[0] & 0x30))
			kind |= op == 0xf6 ? O_I8 : O_IZ;
	}
	in->op = op;
	if (kind & O_BAD)
		return 0;
	if (kind & O_M) {
		in->modrm = (uint8_t)(p - start);
		m = insn_modrm(p, end);
		if (m < 0)
			return 0;
		p += m;
	}
	n = (int)(p - start);
	if (kind & O_I8)
		n += 1;
	if (kind & O_I16)
		n += 2;
	if (kind & O_I32)
		n += 4;
	if (kind & O_IZ)
		n += small && !rexw ? 2 : 4;
	return n;
}
