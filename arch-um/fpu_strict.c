// SPDX-License-Identifier: GPL-2.0
/*
 * Vector state in the strict backends: it is the stub's. The backend gives a
 * copy of the whole XSAVE image in the standard format, which is the one of
 * signal frames too, and takes it back. PKRU and AMX state are left as they are.
 */
#include "stub.h"
#include <abi/errno.h>
#include <kernel/string.h>

#define XSTATE_BV     512 /* offset of the header */
#define XSTATE_MXCSR  24
#define XSTATE_MASK   28
#define XSTATE_SW     464
#define XSTATE_LEGACY 512
#define XSTATE_FIRST  576 /* the first feature behind the header */

void stub_fpu_init_image(uint8_t *x)
{
	memset(x, 0, XSTATE_FIRST);
	*(uint16_t *)x = 0x37f;
	*(uint32_t *)(x + XSTATE_MXCSR) = 0x1f80;
	*(uint64_t *)(x + XSTATE_BV) = 3;
}

int stub_fpu_save(uint64_t dst)
{
	uint32_t magic2 = FPU_MAGIC2;
	uint8_t *x;
	struct fpu_sw_bytes sw;

	if ((dst & 63) || !arch_user_range(dst, fpu_size + 4))
		return -EFAULT;
	x = strict->fpu_get();
	if (!x)
		return -EFAULT;
	*(uint64_t *)(x + XSTATE_BV) &= fpu_mask;
	fpu_trailer(&sw);
	memcpy(x + XSTATE_SW, &sw, sizeof(sw));
	if (stub_copy_to(dst, x, fpu_size) ||
	    stub_copy_to(dst + fpu_size, &magic2, sizeof(magic2)))
		return -EFAULT;
	return 0;
}

/* Initial x87 and SSE registers. */
static void stub_fpu_legacy_init(uint8_t *x)
{
	memset(x, 0, XSTATE_MASK);
	memset(x + 32, 0, XSTATE_LEGACY - 32);
	*(uint16_t *)x = 0x37f;
	*(uint32_t *)(x + XSTATE_MXCSR) = 0x1f80;
}

void stub_fpu_reset(void)
{
	uint8_t *x = strict->fpu_get();
	uint64_t *bv;

	if (!x)
		return;
	bv = (uint64_t *)(x + XSTATE_BV);
	stub_fpu_legacy_init(x);
	*bv = (*bv & ~fpu_mask) | 3;
	strict->fpu_set();
}

int stub_fpu_restore(uint64_t src)
{
	uint64_t *bv, keep, pkru, header[8];
	uint8_t *x;
	struct fpu_sw_bytes sw;
	uint32_t magic2 = 0, mxcsr_mask;

	if ((src & 63) || !arch_user_range(src, fpu_size + 4))
		return -EFAULT;
	if (stub_copy_from(&sw, src + XSTATE_SW, sizeof(sw)))
		return -EFAULT;
	x = strict->fpu_get();
	if (!x)
		return -EFAULT;
	bv = (uint64_t *)(x + XSTATE_BV);
	keep = *bv & ~fpu_mask;
	mxcsr_mask = *(uint32_t *)(x + XSTATE_MASK);
	if (sw.magic1 != FPU_MAGIC1 || sw.xstate_size > fpu_size ||
	    sw.xstate_size < XSTATE_FIRST ||
	    stub_copy_from(&magic2, src + sw.xstate_size, sizeof(magic2)) ||
	    magic2 != FPU_MAGIC2) {
		/* An old-style frame: x87 and SSE only, the rest initial. */
		if (stub_copy_from(x, src, XSTATE_LEGACY))
			return -EFAULT;
		*bv = keep | 3;
	} else {
		if (stub_copy_from(header, src + XSTATE_BV, sizeof(header)))
			return -EFAULT;
		/* what XRSTOR refuses */
		if (header[1] || header[2])
			return -EFAULT;
		pkru = *(uint64_t *)(x + fpu_pkru_off);
		if (stub_copy_from(x, src, XSTATE_LEGACY) ||
		    stub_copy_from(x + XSTATE_FIRST, src + XSTATE_FIRST,
				   sw.xstate_size - XSTATE_FIRST))
			return -EFAULT;
		if (fpu_pkru_off)
			*(uint64_t *)(x + fpu_pkru_off) = pkru;
		*bv = keep | (header[0] & fpu_mask);
	}
	/* bits of MXCSR that do not exist would fault */
	if (*(uint32_t *)(x + XSTATE_MXCSR) & ~(mxcsr_mask ?: 0xffbfu))
		return -EFAULT;
	*(uint32_t *)(x + XSTATE_MASK) = mxcsr_mask;
	return strict->fpu_set() ? 0 : -EFAULT;
}
