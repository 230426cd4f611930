/* SPDX-License-Identifier: GPL-2.0 */
/* personality(2). */
#ifndef ABI_PERSONALITY_H
#define ABI_PERSONALITY_H

#define UNAME26		   0x20000
#define ADDR_NO_RANDOMIZE  0x40000
#define FDPIC_FUNCPTRS	   0x80000
#define MMAP_PAGE_ZERO	   0x100000
#define ADDR_COMPAT_LAYOUT 0x200000
#define READ_IMPLIES_EXEC  0x400000
#define ADDR_LIMIT_32BIT   0x800000
#define SHORT_INODE	   0x1000000
#define WHOLE_SECONDS	   0x2000000
#define STICKY_TIMEOUTS	   0x4000000
#define ADDR_LIMIT_3GB	   0x8000000
#define PER_LINUX	   0
#define PER_LINUX32	   8
#define PER_MASK	   0xff

#endif
