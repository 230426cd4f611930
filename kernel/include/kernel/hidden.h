/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before everything in kernel code (Makefile): all names are hidden,
 * declared ones as well, so that references are relative to the program counter
 * and need no global offset table.
 */
#pragma GCC visibility push(hidden)
