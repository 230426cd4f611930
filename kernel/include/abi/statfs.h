/* SPDX-License-Identifier: GPL-2.0 */
/* statfs(2) and the magic numbers of file systems. */
#ifndef ABI_STATFS_H
#define ABI_STATFS_H

#include <kernel/types.h>

struct statfs {
	s64 f_type;
	s64 f_bsize;
	u64 f_blocks;
	u64 f_bfree;
	u64 f_bavail;
	u64 f_files;
	u64 f_ffree;
	u64 f_fsid; /* two ints */
	s64 f_namelen;
	s64 f_frsize;
	s64 f_flags;
	s64 f_spare[4];
};

struct ustat {
	s32 f_tfree;
	u32 pad;
	u64 f_tinode;
	char f_fname[6];
	char f_fpack[6];
};

#define DEVPTS_SUPER_MAGIC    0x1cd1
#define MSDOS_SUPER_MAGIC     0x4d44
#define ISOFS_SUPER_MAGIC     0x9660
#define PROC_SUPER_MAGIC      0x9fa0
#define EXT4_SUPER_MAGIC      0xEF53
#define CGROUP_SUPER_MAGIC    0x27e0eb
#define TMPFS_MAGIC	      0x01021994
#define V9FS_MAGIC	      0x01021997
#define ANON_INODE_FS_MAGIC   0x09041934
#define PIPEFS_MAGIC	      0x50495045
#define SOCKFS_MAGIC	      0x534F434B
#define XFS_SUPER_MAGIC	      0x58465342
#define SYSFS_MAGIC	      0x62656572
#define CGROUP2_SUPER_MAGIC   0x63677270
#define DEBUGFS_MAGIC	      0x64626720
#define FUSE_SUPER_MAGIC      0x65735546
#define NSFS_MAGIC	      0x6e736673
#define SECURITYFS_MAGIC      0x73636673
#define SQUASHFS_MAGIC	      0x73717368
#define TRACEFS_MAGIC	      0x74726163
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define RAMFS_MAGIC	      0x858458f6
#define BTRFS_SUPER_MAGIC     0x9123683E
#define HUGETLBFS_MAGIC	      0x958458f6
#define BPF_FS_MAGIC	      0xcafe4a11
#define SELINUX_MAGIC	      0xf97cff8c
#define PROC_ROOT_INO	      1
#define MQUEUE_MAGIC	      0x19800202
#define HOSTFS_SUPER_MAGIC    0x00c0ffee

/* f_flags */
#define ST_RDONLY	      1
#define ST_NOSUID	      2
#define ST_NODEV	      4
#define ST_NOEXEC	      8
#define ST_SYNCHRONOUS	      16
#define ST_VALID	      32
#define ST_MANDLOCK	      64
#define ST_NOATIME	      1024
#define ST_NODIRATIME	      2048
#define ST_RELATIME	      4096
#define ST_NOSYMFOLLOW	      8192

#endif
