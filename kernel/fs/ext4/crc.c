// SPDX-License-Identifier: GPL-2.0
/*
 * The checksums of ext4: CRC-32C (Castagnoli, reflected, 0x82f63b78) eight
 * bytes at a time by tables, and CRC-16 (0xa001) for the descriptors of
 * uninit_bg. Neither inverts before or after; callers start with ~0.
 */
#include "ext4.h"

static u32 crc_table[8][256] __big_bss;
static u16 crc16_table[256] __big_bss;

void ext4_crc_init(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;
		u16 d = (u16)i;

		for (u32 k = 0; k < 8; k++) {
			c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
			d = d & 1 ? (u16)(d >> 1 ^ 0xa001) : d >> 1;
		}
		crc_table[0][i] = c;
		crc16_table[i] = d;
	}
	for (u32 i = 0; i < 256; i++)
		for (u32 t = 1; t < 8; t++)
			crc_table[t][i] =
				crc_table[t - 1][i] >> 8 ^
				crc_table[0][crc_table[t - 1][i] & 0xff];
}

u32 ext4_crc32c(u32 crc, const void *data, size_t n)
{
	const u8 *p = data;

	for (; n >= 8; n -= 8, p += 8) {
		u64 w;

		memcpy(&w, p, 8);
		w ^= crc;
		crc = crc_table[7][w & 0xff] ^ crc_table[6][w >> 8 & 0xff] ^
		      crc_table[5][w >> 16 & 0xff] ^
		      crc_table[4][w >> 24 & 0xff] ^
		      crc_table[3][w >> 32 & 0xff] ^
		      crc_table[2][w >> 40 & 0xff] ^
		      crc_table[1][w >> 48 & 0xff] ^ crc_table[0][w >> 56];
	}
	while (n--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *p++) & 0xff];
	return crc;
}

u16 ext4_crc16(u16 crc, const void *data, size_t n)
{
	const u8 *p = data;

	while (n--)
		crc = (u16)(crc >> 8 ^ crc16_table[(crc ^ *p++) & 0xff]);
	return crc;
}
