/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ARCH_INSN_H
#define ARCH_INSN_H

#include <stdint.h>

/* => bytes of the instruction at p, 0 when it is none we know. */
int insn_length(const uint8_t *p, const uint8_t *end);

#endif
