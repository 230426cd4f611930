// SPDX-License-Identifier: GPL-2.0
/*
 * COVER=1: which kernel text has run. Each basic block marks its 16 bytes in a
 * table in the arena, which tools/hot-text.py reads from outside: what a job
 * needs of the kernel, function by function, so that it can be kept together.
 */
#include <hostapi/host.h>
#include <kernel/types.h>

#define COVER_BYTES (4ul << 20) /* of text at most */

void __sanitizer_cov_trace_pc(void);

u8 cover_map[COVER_BYTES / 16];

void __attribute__((no_sanitize_coverage)) __sanitizer_cov_trace_pc(void)
{
	u64 off = (u64)__builtin_return_address(0) - KIMAGE_BASE;

	if (off < COVER_BYTES)
		cover_map[off / 16] = 1;
}
