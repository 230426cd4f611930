/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files in memory without a name, for memfd_create(2), shared anonymous
 * mappings and System V shared memory. They live on an internal tmpfs super.
 */
#ifndef KERNEL_SHMEM_H
#define KERNEL_SHMEM_H

#include <kernel/types.h>

struct file;
struct inode;

/*
 * An unlinked regular file of `size` zero bytes, open for reading and writing;
 * shown as "/<name> (deleted)". flags: SHMEM_*. Its file_ops->fallocate,
 * ->write, ->mmap and setattr refuse what its seals forbid (-EPERM).
 * => file with one reference, or ERR_PTR.
 */
#define SHMEM_SEALABLE 1 /* MFD_ALLOW_SEALING; else F_SEAL_SEAL is set */
#define SHMEM_NOEXEC   2 /* mode 0666, not 0777, and F_SEAL_EXEC */
struct file *shmem_file_create(const char *name, u64 size, int flags);

/*
 * F_ADD_SEALS, F_GET_SEALS. Files that know no seals: -EINVAL. Adding needs
 * the file open for writing (-EPERM), F_SEAL_WRITE no writable shared mapping
 * (-EBUSY).
 */
long shmem_add_seals(struct file *f, u32 seals);
long shmem_get_seals(struct file *f);

#endif
