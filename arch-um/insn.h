/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ARCH_INSN_H
#define ARCH_INSN_H

#include <stdint.h>

enum insn_map { INSN_ONE, INSN_TWO, INSN_THREE, INSN_VECTOR };

struct insn {
	uint8_t map;   /* enum insn_map: which table of opcodes */
	uint8_t op;    /* the last byte of the opcode (THREE: 38 or 3a) */
	uint8_t modrm; /* where ModRM stands, 0: there is none */
};

/* => bytes of the instruction at p, 0 when it is none we know. */
int insn_length(const uint8_t *p, const uint8_t *end);
int insn_decode(const uint8_t *p, const uint8_t *end, struct insn *in);

#endif
