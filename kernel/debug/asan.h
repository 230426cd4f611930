/* SPDX-License-Identifier: GPL-2.0 */
/* What a byte of the shadow says; 1 to 7: so many bytes of eight are good. */
#ifndef DEBUG_ASAN_H
#define DEBUG_ASAN_H

#define ASAN_STACK_LEFT	 0xf1 /* these four are the compiler's */
#define ASAN_STACK_MID	 0xf2
#define ASAN_STACK_RIGHT 0xf3
#define ASAN_SCOPE	 0xf8
#define ASAN_GLOBAL	 0xf9
#define ASAN_REDZONE	 0xfa
#define ASAN_FREED	 0xfb
#define ASAN_FREED_PAGES 0xff

#endif
