// SPDX-License-Identifier: GPL-2.0
/*
 * vfs_init(): once, before the first mount. Gives the calling task, the first,
 * its place and its descriptor table; every other task gets copies at fork.
 */
#include "vfs/fasync.h"
#include "vfs/internal.h"
#include "vfs/locks.h"

void vfs_init(void)
{
	mount_init();
	file_cache_init();
	locks_init();
	inotify_init();
	lease_init();
	if (!current->fs)
		current->fs = fs_context_alloc();
	if (!current->files)
		current->files = files_alloc();
	if (!current->fs || !current->files)
		panic("vfs: no memory");
}
