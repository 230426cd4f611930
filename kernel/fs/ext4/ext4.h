/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ext4 (and ext2, ext3): what its files share.
 *
 * super.c    mount, options, sync, errors		disk.h   the format
 * group.c    group descriptors and bitmaps		crc.c    checksums
 * balloc.c   blocks		ialloc.c  inodes
 * inode.c    inodes: read, write, their end		orphan.c
 * map.c      file block -> disk block: extent.c or indirect.c
 * file.c     content: page cache, write-back, truncate, fallocate
 * dir.c      directory blocks	htree.c   indexed ones	namei.c  the names
 * xattr.c    attributes	inline.c  data in the inode
 * journal.c  transactions	recover.c replay
 *
 * Every change of metadata happens inside a handle (ext4_begin … ext4_end),
 * and every block is announced with ext4_touch() before it is changed; what
 * happened in one handle is on the disk wholly or not at all.
 *
 * Locks, outermost first:
 *
 *   inode->lock (vfs), mapping->lock
 *     a handle (may wait for a commit)
 *       ei->map_lock	the block map of one inode
 *         fs->alloc_lock	bitmaps, descriptors, counts
 *       fs->orphan_lock, ei->xattr_lock
 *         journal->lock
 *   fs->inode_lock (spin), fs->dirty_lock (spin)
 *
 * Nobody takes inode->lock or mapping->lock, or drops the last reference of an
 * inode, inside a handle.
 *
 * What is dirty. Pages written by guests are marked in ei->dirty and written by
 * ext4_writeback(): blocks are allocated then, in one handle with the writing
 * of the data, so that no commit ever points to blocks whose data is not there
 * (that is data=ordered). A dirty inode stands on fs->dirty with a reference.
 */
#ifndef FS_EXT4_H
#define FS_EXT4_H

#include <abi/errno.h>
#include <abi/mount.h>
#include <kernel/block.h>
#include <kernel/buffer.h>
#include <kernel/fs.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "disk.h"

#define EXT4_INODE_BUCKETS 1024u

struct ext4_group {
	struct ext4_dgroup *gd; /* in its buffer */
	struct buffer *gd_buf;
	u32 free_blocks, free_inodes, used_dirs;
	u32 hint;  /* where the last search for blocks ended */
	u32 ihint; /* no free inode below */
	u8 *hold;  /* freed, but not before the next commit */
	u32 held;
	bool bad;     /* its bitmaps cannot be trusted: nothing from here */
	bool checked; /* the block bitmap was looked at */
};

/* What one transaction has freed. */
struct ext4_held {
	struct ext4_held *next;
	u32 group, at, n;
};

struct ext4_options {
	bool noload, discard, barrier, errors_set, acl, user_xattr, minixdf;
	u32 errors; /* 1 continue, 2 read-only, 3 panic */
	u32 commit; /* seconds */
	s64 resuid, resgid;
};

struct journal;

struct ext4_fs {
	struct super *sb;
	struct bdev *bdev;
	struct buffer_cache *bc;
	struct buffer *sb_buf;
	struct ext4_dsuper *es;
	/* fixed */
	u32 bsize, bbits, spb; /* bytes, log2, sectors per block */
	u32 isize, inodes_per_block, inodes_per_group, blocks_per_group;
	u32 ngroups, desc_size, desc_per_block, first_block, inodes;
	u64 blocks;
	u32 csum_seed;
	bool csum, gdt_csum, extents, dir_index, filetype, huge_file, is64,
		largedir;
	bool hash_unsigned;
	u32 errors_told;
	struct ext4_group *group;
	struct ext4_options opt;
	bool read_only_dev;
	bool aborted; /* an error was found: nothing is written any more */
	bool dying;
	bool cleaning; /* the orphans of the last time */
	/* counts, under alloc_lock */
	struct mutex alloc_lock;
	u64 free_blocks, reserved_blocks, overhead;
	u64 delayed; /* atomic: dirty pages' worst case of new blocks */
	u32 free_inodes;
	u64 held_blocks;
	struct ext4_held *held_running, *held_committing;
	u32 dir_group; /* where the last top directory went */
	/* inodes */
	spinlock_t inode_lock;
	struct ext4_inode *inode_hash[EXT4_INODE_BUCKETS];
	spinlock_t dirty_lock;
	struct list_head dirty; /* ei->dirty_node, with a reference */
	u64 dirty_pages;	/* atomic */
	struct mutex wb_lock;	/* one write-back of the whole at a time */
	struct mutex orphan_lock;
	struct list_head orphans; /* ei->orphan_node */
	struct journal *journal;
	u64 data_writes, data_flushed; /* writes since the last flush */
	struct waitqueue thread_wait;
	bool stop, kick;
	u32 thread_live;
};

struct ext4_inode {
	struct inode *inode;
	struct ext4_inode *hash_next;
	u32 ino, generation, flags, dtime, extra_isize;
	u32 block[15]; /* under map_lock */
	u64 file_acl;
	u64 disk_size; /* as the disk has it */
	u64 nblocks;   /* of the file system's size of blocks */
	struct mutex map_lock;
	struct mutex xattr_lock;
	struct timespec_k disk_atime;
	bool bad, is_new;
	u32 group_hint; /* blocks near here */
	u64 goal;
	u32 tid, datasync_tid; /* last transaction that changed it */
	/* last mapping found, under map_lock */
	u32 ce_block, ce_len;
	u64 ce_phys;
	/* dirty, under mapping.lock */
	u64 *dirty;
	u64 dirty_one, dirty_words, nr_dirty;
	u64 reserved;		     /* of fs->delayed */
	struct list_head dirty_node; /* under dirty_lock */
	bool attr_dirty;
	int wb_error; /* shown by the next fsync */
	struct list_head orphan_node;
	bool orphan;
	/* in-inode attributes and inline data live in the buffer */
};

static inline struct ext4_fs *ext4_fs(const struct super *sb)
{
	return sb->priv;
}
static inline struct ext4_fs *ext4_of(const struct inode *ino)
{
	return ino->sb->priv;
}
static inline struct ext4_inode *ext4_i(const struct inode *ino)
{
	return ino->priv;
}
static inline u32 ext4_now(void)
{
	return (u32)inode_now().sec;
}

/* --- handles: journal.c --- */

struct ext4_handle {
	struct ext4_fs *fs;
	u32 credits, used;
	u32 tid;
};
/*
 * May sleep until there is room for `credits` blocks in the log.
 * => 0, -EROFS, -EIO
 */
int ext4_begin(struct ext4_fs *fs, struct ext4_handle *h, u32 credits);
int ext4_end(struct ext4_handle *h);
/* This buffer is going to be changed. => 0, -EROFS, -ENOMEM */
int ext4_touch(struct ext4_handle *h, struct buffer *b);
/* The block was freed: nothing of it is written or replayed any more. */
void ext4_forget(struct ext4_handle *h, u64 block);
/* Room for so many more blocks in this handle? */
bool ext4_extend(struct ext4_handle *h, u32 credits);
/* Make transaction tid durable (0: whatever there is). */
int ext4_commit(struct ext4_fs *fs, u32 tid);
int ext4_checkpoint_all(struct ext4_fs *fs);
u32 ext4_handle_max(const struct ext4_fs *fs);
u32 ext4_running_tid(struct ext4_fs *fs);
/* recover.c, journal.c: at mount and umount */
int ext4_journal_open(struct ext4_fs *fs);
int ext4_journal_replay(struct ext4_fs *fs);
void ext4_journal_close(struct ext4_fs *fs);

/* --- super.c --- */
void ext4_error(struct ext4_fs *fs, const char *fmt, ...) __printf(2, 3);
/* The same, as an answer. */
#define ext4_corrupt(fs, ...) (ext4_error((fs), __VA_ARGS__), -EUCLEAN)
void ext4_super_csum(struct ext4_fs *fs);
/* Flush the disk's cache, unless mounted with barrier=0. */
int ext4_flush(struct ext4_fs *fs);
static inline bool ext4_readonly_flag(const struct ext4_fs *fs)
{
	return fs->sb->flags & MS_RDONLY;
}
static inline bool ext4_readonly(const struct ext4_fs *fs)
{
	return fs->aborted || (fs->sb->flags & MS_RDONLY);
}
/* sync.c: what the thread does, what sync(2) does, what nobody wants more */
void ext4_background(struct ext4_fs *fs);
int ext4_sync_super(struct super *sb);
void ext4_drop_dirty(struct ext4_fs *fs);
int ext4_sync_fs(struct ext4_fs *fs);
int ext4_become_writable(struct ext4_fs *fs);
/* Block number sane for metadata or data? */
static inline bool ext4_block_ok(const struct ext4_fs *fs, u64 b, u64 n)
{
	return b > fs->first_block && b < fs->blocks && n <= fs->blocks - b;
}
/* Counts that statfs shows. */
u64 ext4_delayed(struct ext4_fs *fs);

/* --- crc.c --- */
void ext4_crc_init(void);
u32 ext4_crc32c(u32 crc, const void *p, size_t n);
u16 ext4_crc16(u16 crc, const void *p, size_t n);
u32 ext4_inode_seed(const struct ext4_fs *fs, u32 ino, u32 generation);

/* --- group.c --- */
int ext4_groups_read(struct ext4_fs *fs);
void ext4_groups_free(struct ext4_fs *fs);
void ext4_group_csum(struct ext4_fs *fs, u32 g);
u64 ext4_gd_block_bitmap(const struct ext4_fs *fs, u32 g);
u64 ext4_gd_inode_bitmap(const struct ext4_fs *fs, u32 g);
u64 ext4_gd_inode_table(const struct ext4_fs *fs, u32 g);
u32 ext4_gd_unused(const struct ext4_fs *fs, u32 g);
void ext4_gd_store(struct ext4_fs *fs, u32 g); /* counts, checksum */
void ext4_gd_set_unused(struct ext4_fs *fs, u32 g, u32 n);
bool ext4_group_has_super(const struct ext4_fs *fs, u32 g);
static inline u64 ext4_group_first(const struct ext4_fs *fs, u32 g)
{
	return (u64)g * fs->blocks_per_group + fs->first_block;
}
static inline u32 ext4_group_blocks(const struct ext4_fs *fs, u32 g)
{
	u64 left = fs->blocks - ext4_group_first(fs, g);

	return left < fs->blocks_per_group ? (u32)left : fs->blocks_per_group;
}
/* With a reference, checked. h: to set up what is uninitialised; or NULL */
struct buffer *ext4_block_bitmap(struct ext4_fs *fs, struct ext4_handle *h,
				 u32 g);
struct buffer *ext4_inode_bitmap(struct ext4_fs *fs, struct ext4_handle *h,
				 u32 g);
void ext4_block_bitmap_csum(struct ext4_fs *fs, u32 g, struct buffer *b);
void ext4_inode_bitmap_csum(struct ext4_fs *fs, u32 g, struct buffer *b);

static inline bool bit_test(const u8 *map, u32 n)
{
	return map[n >> 3] >> (n & 7) & 1;
}
static inline void bit_set(u8 *map, u32 n)
{
	map[n >> 3] |= (u8)(1u << (n & 7));
}
static inline void bit_clear(u8 *map, u32 n)
{
	map[n >> 3] &= (u8) ~(1u << (n & 7));
}

/* --- balloc.c --- */
#define EXT4_ALLOC_RESERVED 1u /* may dip into root's reserve */
/*
 * Up to *n blocks in a row near goal. => the first, *n how many, or 0 with *err
 */
u64 ext4_alloc_blocks(struct ext4_handle *h, struct inode *ino, u64 goal,
		      u32 *n, int *err);
/* metadata: what the journal may hold of them is forgotten */
int ext4_free_blocks(struct ext4_handle *h, struct inode *ino, u64 block, u64 n,
		     bool metadata);
/* After a commit: freed blocks may be used again. */
void ext4_close_held(struct ext4_fs *fs);
void ext4_release_held(struct ext4_fs *fs);
bool ext4_may_use_reserve(const struct ext4_fs *fs);
int ext4_trim(struct ext4_fs *fs, u64 start, u64 len, u64 minlen, u64 *done);

/* --- ialloc.c --- */
/* A new inode in memory and in the bitmap; not yet written. */
struct inode *ext4_new_inode(struct ext4_handle *h, struct inode *dir, u32 mode,
			     const char *name, u32 len);
int ext4_free_inode(struct ext4_handle *h, struct inode *ino);

/* --- inode.c --- */
struct inode *ext4_iget(struct super *sb, u32 ino);
/* Its buffer, with a reference; *raw points into it. */
struct buffer *ext4_inode_buffer(struct ext4_fs *fs, u32 ino,
				 struct ext4_dinode **raw, bool fresh);
/* Store the inode's fields. */
int ext4_write_inode(struct ext4_handle *h, struct inode *ino);
/* After raw (all of it in its buffer) was changed. */
void ext4_inode_csum_set(struct ext4_fs *fs, struct ext4_inode *ei,
			 struct ext4_dinode *raw);
void ext4_inode_insert(struct ext4_fs *fs, struct ext4_inode *ei);
void ext4_inode_remove(struct ext4_fs *fs, struct ext4_inode *ei);
struct ext4_inode *ext4_inode_alloc_priv(struct inode *ino, u32 nr);
void ext4_set_ops(struct inode *ino);
void ext4_evict(struct inode *ino);
int ext4_setattr(struct inode *ino, const struct iattr *a);
int ext4_getattr(struct inode *ino, struct kstat *st);
/* Put on the list of dirty inodes. */
void ext4_mark_dirty(struct inode *ino);
void ext4_atime_check(struct inode *ino);
void ext4_update_blocks(struct inode *ino);
u64 ext4_max_size(const struct ext4_fs *fs, bool extents);

/* --- orphan.c --- */
int ext4_orphan_add(struct ext4_handle *h, struct inode *ino);
int ext4_orphan_del(struct ext4_handle *h, struct inode *ino);
void ext4_orphan_cleanup(struct ext4_fs *fs);

/* --- map.c --- */
struct ext4_map {
	u32 block; /* in the file */
	u32 len;   /* in: how many at most; out: alike from block on */
	u64 phys;  /* 0: hole */
	bool unwritten;
	bool fresh; /* just allocated */
};
#define EXT4_MAP_CREATE	   1u /* allocate holes */
#define EXT4_MAP_UNWRITTEN 2u /* … as unwritten extents */
#define EXT4_MAP_WRITTEN   4u /* unwritten ones become written */
#define EXT4_MAP_META	   8u /* for metadata (directories) */
int ext4_map_blocks(struct ext4_handle *h, struct inode *ino,
		    struct ext4_map *m, u32 flags);
/* Free file blocks [from, to). Goes over several handles. */
int ext4_remove_range(struct inode *ino, u32 from, u32 to);
u32 ext4_map_credits(const struct ext4_fs *fs, const struct inode *ino);
bool ext4_uses_extents(const struct inode *ino);
bool ext4_is_inline(const struct inode *ino);

/* extent.c. Caller holds map_lock. */
void ext4_extent_init(struct ext4_inode *ei);
int ext4_extent_lookup(struct inode *ino, struct ext4_map *m);
int ext4_extent_insert(struct ext4_handle *h, struct inode *ino, u32 block,
		       u64 phys, u32 len, bool unwritten);
int ext4_extent_mark(struct ext4_handle *h, struct inode *ino, u32 block,
		     u32 len, bool written);
/* One step from the end: => 1 more is to be done, 0 */
int ext4_extent_remove(struct ext4_handle *h, struct inode *ino, u32 from,
		       u32 to);
int ext4_extent_check_root(struct inode *ino);
/* indirect.c */
int ext4_indirect_lookup(struct inode *ino, struct ext4_map *m);
int ext4_indirect_insert(struct ext4_handle *h, struct inode *ino, u32 block,
			 u64 phys, u32 *len);
int ext4_indirect_remove(struct ext4_handle *h, struct inode *ino, u32 from,
			 u32 to);

/* --- file.c --- */
extern const struct mapping_ops ext4_mapping_ops;
extern const struct file_ops ext4_file_fops;
extern const struct inode_ops ext4_file_iops, ext4_special_iops;
/* Write dirty pages. Caller holds no locks of the inode. */
int ext4_writeback(struct inode *ino);
int ext4_resize(struct inode *ino, u64 size);
void ext4_dirty_drop(struct inode *ino, u64 from_page);
int ext4_fsync(struct file *f, int datasync);
/* Pages and attributes go out, into the running transaction. */
int ext4_sync_inode(struct inode *ino);
long ext4_ioctl(struct file *f, u32 cmd, u64 arg);

/* --- inline.c --- */
/* Copy of the inline content. => bytes */
int ext4_inline_read(struct inode *ino, u64 off, void *buf, u32 n);
u32 ext4_inline_capacity(struct inode *ino);
/* To blocks, before it is written to. Own handle(s); inode->lock is held. */
int ext4_inline_convert_file(struct inode *ino);
int ext4_inline_convert_dir(struct ext4_handle *h, struct inode *dir);

/* --- dir.c, htree.c, namei.c --- */
extern const struct inode_ops ext4_dir_iops, ext4_link_iops;
extern const struct file_ops ext4_dir_fops;
struct ext4_place {	    /* where a name stands */
	struct buffer *buf; /* reference; NULL: inline */
	u32 off, block;
	u32 ino;
	u8 type;
};
int ext4_dir_find(struct inode *dir, const char *name, u32 len,
		  struct ext4_place *pl);
int ext4_dir_add(struct ext4_handle *h, struct inode *dir, const char *name,
		 u32 len, u32 ino, u8 type);
int ext4_dir_remove(struct ext4_handle *h, struct inode *dir, const char *name,
		    u32 len);
int ext4_dir_replace(struct ext4_handle *h, struct inode *dir, const char *name,
		     u32 len, u32 ino, u8 type);
/* => 1 empty, 0 not, -errno */
int ext4_dir_is_empty(struct inode *dir);
u32 ext4_dir_credits(const struct ext4_fs *fs);
/* Block of a directory, checked. */
struct buffer *ext4_dir_block(struct inode *dir, u32 block);
/* A new block at its end, touched, for the caller to fill. */
struct buffer *ext4_dir_append(struct ext4_handle *h, struct inode *dir,
			       u32 *block);
/* "." and ".." in the first block of a new one. */
int ext4_dir_make(struct ext4_handle *h, struct inode *dir, u32 parent);
/* After a change of any block. */
void ext4_dir_csum_set(struct inode *dir, u8 *data, u32 block);
/* Bytes for entries in a leaf. */
u32 ext4_leaf_size(const struct inode *dir);
/* An empty leaf. */
void ext4_leaf_init(struct inode *dir, u8 *data);
/* Next entry of a block, checked. => NULL: corrupt */
struct ext4_dirent *ext4_dirent_at(struct inode *dir, u8 *data, u32 off,
				   u32 size);
int ext4_leaf_find(struct inode *dir, u8 *data, u32 size, const char *name,
		   u32 len);
/* => 0, -ENOSPC */
int ext4_leaf_add(struct inode *dir, u8 *data, u32 size, const char *name,
		  u32 len, u32 ino, u8 type);
static inline u32 ext4_rec_len(u32 len)
{
	return (8 + len + 3) & ~3u;
}
static inline u32 ext4_rec_from_disk(u16 v, u32 bsize)
{
	return bsize < 65536 ? v : v == 0 || v == 65535 ? 65536 : v;
}
/* htree.c */
u32 ext4_hash(const struct ext4_fs *fs, u32 version, const char *name, u32 len,
	      u32 *minor);
int ext4_htree_find(struct inode *dir, const char *name, u32 len,
		    struct ext4_place *pl);
int ext4_htree_add(struct ext4_handle *h, struct inode *dir, const char *name,
		   u32 len, u32 ino, u8 type);
/* A directory of one block becomes an indexed one. */
int ext4_htree_make(struct ext4_handle *h, struct inode *dir);
bool ext4_is_htree(const struct inode *dir);
/* Of an index block; => false: it makes no sense */
bool ext4_dx_csum(struct inode *dir, u8 *data, bool root, u32 *csum,
		  u32 **where);
u8 ext4_mode_to_type(u32 mode);
u8 ext4_type_to_dt(u8 type);

/* --- xattr.c --- */
ssize_t ext4_getxattr(struct inode *ino, const char *name, void *buf, size_t n);
int ext4_setxattr(struct inode *ino, const char *name, const void *val,
		  size_t n, int flags);
ssize_t ext4_listxattr(struct inode *ino, char *buf, size_t n);
int ext4_removexattr(struct inode *ino, const char *name);
/* By index, inside a handle; val NULL: remove. */
int ext4_xattr_set(struct ext4_handle *h, struct inode *ino, u32 index,
		   const char *name, const void *val, size_t n, int flags);
ssize_t ext4_xattr_get(struct inode *ino, u32 index, const char *name,
		       void *buf, size_t n);
int ext4_xattr_delete(struct ext4_handle *h, struct inode *ino);
u32 ext4_xattr_credits(const struct ext4_fs *fs);
/* acl.c */
int ext4_acl_init(struct ext4_handle *h, struct inode *dir, struct inode *ino);

#endif
