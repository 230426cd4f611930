/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file systems that live in memory, and what brings them up.
 *
 * Order at boot: tmpfs_init (registers tmpfs and makes the internal instance of
 * shmem), mount of the root tmpfs, initramfs_unpack, devtmpfs_init (before the
 * drivers that add nodes), mem_dev_init, hostfs_init.
 */
#ifndef KERNEL_FS_H
#define KERNEL_FS_H

#include <kernel/types.h>

void tmpfs_init(void);	  /* kernel/fs/tmpfs.c */
void devtmpfs_init(void); /* kernel/fs/devtmpfs.c */
void mem_dev_init(void);  /* kernel/dev/mem.c */
void procfs_init(void);	  /* kernel/fs/proc_root.c */
void sysfs_init(void);	  /* kernel/fs/sysfs.c */
void overlay_init(void);  /* kernel/fs/overlay/super.c */
void hostfs_init(void);	  /* drivers-host/hostfs_kern.c */
void ext4_init(void);	  /* kernel/fs/ext4/super.c */

/*
 * Unpack cpio archives (newc; several in a row; each plain or gzip) into the
 * root of the current task. => 0, or -EINVAL for a bad archive; what came
 * before the bad place is there.
 */
int initramfs_unpack(const u8 *p, size_t n);
/* The same for what the monitor put into the pool; gives the memory back. */
int initramfs_unpack_boot(void);

#endif
