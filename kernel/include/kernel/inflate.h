/* SPDX-License-Identifier: GPL-2.0 */
/* gzip files (RFC 1952, RFC 1951) in memory. */
#ifndef KERNEL_INFLATE_H
#define KERNEL_INFLATE_H

#include <kernel/types.h>

/*
 * Unpack the one gzip member that `in` starts with into `out`. *used: how many
 * bytes of `in` it had. The check sum is checked. Does not sleep.
 * => bytes written, -EINVAL (not a gzip file, or a damaged one), -ENOSPC (more
 *    than `cap`), -ENOMEM
 */
ssize_t gzip_inflate(const u8 *in, size_t n, u8 *out, size_t cap, size_t *used);

/* The CRC-32 of gzip; start with 0. */
u32 crc32(u32 crc, const u8 *p, size_t n);

#endif
