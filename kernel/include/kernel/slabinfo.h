/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc/slabinfo shows: the caches of kernel memory, one after another. */
#ifndef KERNEL_SLABINFO_H
#define KERNEL_SLABINFO_H

#include <kernel/types.h>

struct slab_info {
	const char *name; /* NULL: kmalloc of that size */
	u64 active, total;
	u32 size, per_slab, pages;
};

/* Number i, from 0 on; false: there are not so many. */
bool slab_info(u32 i, struct slab_info *out);
bool objcache_info(u32 i, struct slab_info *out);

#endif
