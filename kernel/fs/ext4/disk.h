/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ext2, ext3 and ext4 as they are on the disk: little-endian, as this machine
 * is. Names follow what the field calls these things. Facts from the public
 * description of the format; see ext4(5) for what the features mean.
 */
#ifndef FS_EXT4_DISK_H
#define FS_EXT4_DISK_H

#include <kernel/types.h>

#define EXT4_MAGIC	 0xef53u
#define EXT4_ROOT_INO	 2u
#define EXT4_RESIZE_INO	 7u
#define EXT4_JOURNAL_INO 8u
#define EXT4_NAME_MAX	 255u

struct ext4_dsuper {
	u32 inodes_count, blocks_count_lo, r_blocks_count_lo;
	u32 free_blocks_lo, free_inodes;
	u32 first_data_block, log_block_size, log_cluster_size;
	u32 blocks_per_group, clusters_per_group, inodes_per_group;
	u32 mtime, wtime;
	u16 mnt_count, max_mnt_count, magic, state, errors, minor_rev;
	u32 lastcheck, checkinterval, creator_os, rev_level;
	u16 def_resuid, def_resgid;
	/* rev 1 */
	u32 first_ino;
	u16 inode_size, block_group_nr;
	u32 compat, incompat, ro_compat;
	u8 uuid[16];
	char volume_name[16], last_mounted[64];
	u32 algorithm;
	u8 prealloc_blocks, prealloc_dir_blocks;
	u16 reserved_gdt_blocks;
	u8 journal_uuid[16];
	u32 journal_inum, journal_dev, last_orphan;
	u32 hash_seed[4];
	u8 def_hash_version, jnl_backup_type;
	u16 desc_size;
	u32 default_mount_opts, first_meta_bg, mkfs_time;
	u32 jnl_blocks[17];
	u32 blocks_count_hi, r_blocks_count_hi, free_blocks_hi;
	u16 min_extra_isize, want_extra_isize;
	u32 flags;
	u16 raid_stride, mmp_interval;
	u64 mmp_block;
	u32 raid_stripe_width;
	u8 log_groups_per_flex, checksum_type;
	u16 pad1;
	u64 kbytes_written;
	u32 snapshot_inum, snapshot_id;
	u64 snapshot_r_blocks;
	u32 snapshot_list;
	u32 error_count, first_error_time, first_error_ino;
	u64 first_error_block;
	char first_error_func[32];
	u32 first_error_line;
	u32 last_error_time, last_error_ino, last_error_line;
	u64 last_error_block;
	char last_error_func[32];
	char mount_opts[64];
	u32 usr_quota_inum, grp_quota_inum, overhead_blocks, backup_bgs[2];
	u8 encrypt_algos[4], encrypt_pw_salt[16];
	u32 lpf_ino, prj_quota_inum, checksum_seed;
	u8 wtime_hi, mtime_hi, mkfs_time_hi, lastcheck_hi, first_error_time_hi,
		last_error_time_hi, first_error_code, last_error_code;
	u16 encoding, encoding_flags;
	u32 orphan_file_inum;
	u32 reserved[94];
	u32 checksum;
} __packed __aligned(4);

#define EXT4_STATE_VALID	1u
#define EXT4_STATE_ERROR	2u
#define EXT4_STATE_ORPHAN	4u

#define EXT4_FLAG_SIGNED_HASH	1u
#define EXT4_FLAG_UNSIGNED_HASH 2u

#define COMPAT_HAS_JOURNAL	0x4u
#define COMPAT_EXT_ATTR		0x8u
#define COMPAT_DIR_INDEX	0x20u
#define COMPAT_ORPHAN_FILE	0x1000u

#define INCOMPAT_FILETYPE	0x2u
#define INCOMPAT_RECOVER	0x4u
#define INCOMPAT_JOURNAL_DEV	0x8u
#define INCOMPAT_META_BG	0x10u
#define INCOMPAT_EXTENTS	0x40u
#define INCOMPAT_64BIT		0x80u
#define INCOMPAT_MMP		0x100u
#define INCOMPAT_FLEX_BG	0x200u
#define INCOMPAT_EA_INODE	0x400u
#define INCOMPAT_CSUM_SEED	0x2000u
#define INCOMPAT_LARGEDIR	0x4000u
#define INCOMPAT_INLINE_DATA	0x8000u
#define INCOMPAT_KNOWN                                             \
	(INCOMPAT_FILETYPE | INCOMPAT_RECOVER | INCOMPAT_META_BG | \
	 INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_FLEX_BG |    \
	 INCOMPAT_CSUM_SEED | INCOMPAT_LARGEDIR | INCOMPAT_INLINE_DATA)
/* can be read, but not be written */
#define INCOMPAT_READ	  (INCOMPAT_MMP | INCOMPAT_EA_INODE)

#define RO_SPARSE_SUPER	  0x1u
#define RO_LARGE_FILE	  0x2u
#define RO_BTREE_DIR	  0x4u
#define RO_HUGE_FILE	  0x8u
#define RO_GDT_CSUM	  0x10u
#define RO_DIR_NLINK	  0x20u
#define RO_EXTRA_ISIZE	  0x40u
#define RO_QUOTA	  0x100u
#define RO_BIGALLOC	  0x200u
#define RO_METADATA_CSUM  0x400u
#define RO_PROJECT	  0x2000u
#define RO_ORPHAN_PRESENT 0x10000u
/* quota: as absent; e2fsck counts again. */
#define RO_KNOWN                                                         \
	(RO_SPARSE_SUPER | RO_LARGE_FILE | RO_BTREE_DIR | RO_HUGE_FILE | \
	 RO_GDT_CSUM | RO_DIR_NLINK | RO_EXTRA_ISIZE | RO_METADATA_CSUM)

struct ext4_dgroup {
	u32 block_bitmap_lo, inode_bitmap_lo, inode_table_lo;
	u16 free_blocks_lo, free_inodes_lo, used_dirs_lo, flags;
	u32 exclude_bitmap_lo;
	u16 block_bitmap_csum_lo, inode_bitmap_csum_lo, itable_unused_lo,
		checksum;
	/* with 64bit and a descriptor of 64 bytes */
	u32 block_bitmap_hi, inode_bitmap_hi, inode_table_hi;
	u16 free_blocks_hi, free_inodes_hi, used_dirs_hi, itable_unused_hi;
	u32 exclude_bitmap_hi;
	u16 block_bitmap_csum_hi, inode_bitmap_csum_hi;
	u32 reserved;
} __packed;
#define BG_INODE_UNINIT 1u
#define BG_BLOCK_UNINIT 2u
#define BG_INODE_ZEROED 4u

struct ext4_dinode {
	u16 mode, uid_lo;
	u32 size_lo, atime, ctime, mtime, dtime;
	u16 gid_lo, links;
	u32 blocks_lo, flags, version;
	u32 block[15];
	u32 generation, file_acl_lo, size_hi, faddr;
	u16 blocks_hi, file_acl_hi, uid_hi, gid_hi, checksum_lo, reserved;
	/* larger inodes */
	u16 extra_isize, checksum_hi;
	u32 ctime_extra, mtime_extra, atime_extra, crtime, crtime_extra,
		version_hi, projid;
} __packed __aligned(4);
#define EXT4_GOOD_OLD_ISIZE 128u

#define EXT4_FL_SYNC	    0x8u
#define EXT4_FL_IMMUTABLE   0x10u
#define EXT4_FL_APPEND	    0x20u
#define EXT4_FL_NODUMP	    0x40u
#define EXT4_FL_NOATIME	    0x80u
#define EXT4_FL_ENCRYPT	    0x800u
#define EXT4_FL_INDEX	    0x1000u
#define EXT4_FL_DIRSYNC	    0x10000u
#define EXT4_FL_TOPDIR	    0x20000u
#define EXT4_FL_HUGE_FILE   0x40000u
#define EXT4_FL_EXTENTS	    0x80000u
#define EXT4_FL_EA_INODE    0x200000u
#define EXT4_FL_INLINE_DATA 0x10000000u
#define EXT4_FL_PROJINHERIT 0x20000000u
/* what a new inode takes over from its directory */
#define EXT4_FL_INHERITED \
	(EXT4_FL_SYNC | EXT4_FL_NODUMP | EXT4_FL_NOATIME | EXT4_FL_DIRSYNC)
/* chattr(1): seen, and changed */
#define EXT4_FL_USER_VISIBLE 0x705bdfffu
#define EXT4_FL_USER_SETTABLE                                                 \
	(EXT4_FL_SYNC | EXT4_FL_IMMUTABLE | EXT4_FL_APPEND | EXT4_FL_NODUMP | \
	 EXT4_FL_NOATIME | EXT4_FL_DIRSYNC | EXT4_FL_TOPDIR)

struct ext4_extent_header {
	u16 magic, entries, max, depth;
	u32 generation;
} __packed;
#define EXT4_EXTENT_MAGIC 0xf30au
struct ext4_extent {
	u32 block;
	u16 len, start_hi;
	u32 start_lo;
} __packed;
struct ext4_extent_idx {
	u32 block, leaf_lo;
	u16 leaf_hi, unused;
} __packed;
#define EXT4_EXT_MAX_LEN       32768u
#define EXT4_EXT_UNWRITTEN_MAX 32767u
#define EXT4_EXT_DEPTH_MAX     5u

struct ext4_dirent {
	u32 ino;
	u16 rec_len;
	u8 name_len, type;
	char name[];
} __packed;
struct ext4_dir_tail {
	u32 zero1;
	u16 rec_len;	/* 12 */
	u8 zero2, type; /* 0xde */
	u32 checksum;
} __packed;

struct ext4_dx_entry {
	u32 hash, block;
} __packed;
struct ext4_dx_count { /* in place of the first entry's hash */
	u16 limit, count;
} __packed;
struct ext4_dx_root {
	struct ext4_dirent dot;
	char dot_name[4];
	struct ext4_dirent dotdot;
	char dotdot_name[4];
	u32 zero;
	u8 hash_version, info_len, levels, unused;
} __packed;
struct ext4_dx_tail {
	u32 reserved, checksum;
} __packed __aligned(4);

struct ext4_xattr_header {
	u32 magic, refcount, blocks, hash, checksum, reserved[3];
} __packed;
#define EXT4_XATTR_MAGIC 0xea020000u
struct ext4_xattr_entry {
	u8 name_len, name_index;
	u16 value_offs;
	u32 value_inum, value_size, hash;
	char name[];
} __packed;

/* The journal: big-endian. */
#define JBD_MAGIC 0xc03b3998u
enum {
	JBD_DESCRIPTOR = 1,
	JBD_COMMIT = 2,
	JBD_SUPER_V1 = 3,
	JBD_SUPER_V2 = 4,
	JBD_REVOKE = 5
};
struct jbd_header {
	u32 magic, type, seq;
} __packed;
struct jbd_super {
	struct jbd_header h;
	u32 blocksize, maxlen, first;
	u32 sequence, start, err;
	u32 compat, incompat, ro_compat;
	u8 uuid[16];
	u32 nr_users, dynsuper, max_transaction, max_trans_data;
	u8 checksum_type, pad1[3];
	u32 num_fc_blocks, head;
	u32 pad2[40];
	u32 checksum;
	u8 users[768];
} __packed;
#define JBD_INCOMPAT_REVOKE 1u
#define JBD_INCOMPAT_64BIT  2u
#define JBD_INCOMPAT_ASYNC  4u
#define JBD_INCOMPAT_CSUM2  8u
#define JBD_INCOMPAT_CSUM3  0x10u
#define JBD_INCOMPAT_FC	    0x20u
#define JBD_TAG_ESCAPE	    1u
#define JBD_TAG_SAME_UUID   2u
#define JBD_TAG_DELETED	    4u
#define JBD_TAG_LAST	    8u
struct jbd_commit {
	struct jbd_header h;
	u8 chksum_type, chksum_size, pad[2];
	u32 chksum[8];
	u64 sec;
	u32 nsec;
} __packed;

_Static_assert(sizeof(struct ext4_dsuper) == 1024, "superblock");
_Static_assert(sizeof(struct ext4_dgroup) == 64, "group descriptor");
_Static_assert(sizeof(struct ext4_dinode) == 160, "inode");
_Static_assert(sizeof(struct jbd_super) == 1024, "journal superblock");
_Static_assert(sizeof(struct ext4_dx_root) == 32, "root of an index");

#endif
