/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of tmpfs share (tmpfs.c: instances; tmpfs_dir.c: directories;
 * tmpfs_file.c: regular files; tmpfs_xattr.c). The story is in tmpfs.c.
 */
#ifndef KERNEL_FS_TMPFS_H
#define KERNEL_FS_TMPFS_H

#include <kernel/vfs.h>

struct tmpfs_super {
	u64 max_pages, max_inodes;   /* 0: no limit */
	u64 used_pages, used_inodes; /* by atomics */
	u32 mode, uid, gid;
	struct mutex handles_lock;
	struct list_head handles; /* struct tmpfs_handle */
	/* while the instance is taken down: entries of dead directories */
	struct list_head reap;
	bool reaping;
};

struct tmpfs_xattr {
	struct tmpfs_xattr *next;
	u32 size;
	u16 name_len;
	char name[]; /* NUL-terminated, then the value */
};

/* inode->priv; absent (NULL) until something needs it, but for directories. */
struct tmpfs_node {
	struct tmpfs_xattr *xattrs; /* under tmpfs_xattr_lock */
	u32 seals;		    /* of regular files, under inode->lock */
	bool sealable;
	struct tmpfs_handle *handle; /* name_to_handle_at(2) made one */
};

/* Where the inode of a handle is; goes with the inode. */
struct tmpfs_handle {
	struct list_head node;
	struct inode *ino;
	struct dentry *d; /* no reference: asked for with ino */
	u32 gen;
};

/* A place in a directory: a name, or the cursor of an open file. */
struct tmpfs_dent {
	struct list_head order;
	u64 cookie;		 /* ascending in the list */
	struct inode *inode;	 /* NULL: a cursor */
	struct tmpfs_dent *next; /* in the bucket */
	u32 hash;
	u16 len;
	char name[];
};

struct tmpfs_dir {
	struct tmpfs_node node;
	/* under inode->lock */
	struct tmpfs_dent **bucket;
	u32 nbuckets; /* a power of two, or 0 */
	u32 count;
	u64 next_cookie;
	struct list_head order;
};

static inline struct tmpfs_super *tmpfs_sb(const struct super *sb)
{
	return sb->priv;
}

/* dir may be NULL. => ERR_PTR: -ENOSPC, -ENOMEM */
struct inode *tmpfs_inode_new(struct super *sb, const struct inode *dir,
			      u32 mode, u64 rdev);
/* => NULL when out of memory. Caller holds ino->lock or is alone. */
struct tmpfs_node *tmpfs_node(struct inode *ino);
struct super *tmpfs_super_new(const struct fs_type *t, u32 flags,
			      const char *data);

struct tmpfs_dir *tmpfs_dir_new(void);
/* Move all entries to the instance's reap list; frees the rest. */
void tmpfs_dir_evict(struct inode *dir);
int tmpfs_unlink(struct inode *dir, struct dentry *d);
int tmpfs_rmdir(struct inode *dir, struct dentry *d);

ssize_t tmpfs_getxattr(struct inode *ino, const char *name, void *buf,
		       size_t n);
int tmpfs_setxattr(struct inode *ino, const char *name, const void *val,
		   size_t n, int flags);
ssize_t tmpfs_listxattr(struct inode *ino, char *buf, size_t n);
int tmpfs_removexattr(struct inode *ino, const char *name);
void tmpfs_xattr_free(struct tmpfs_node *node);

int tmpfs_encode_handle(struct dentry *d, u32 h[3]);
struct dentry *tmpfs_decode_handle(struct super *sb, const u32 h[3]);
void tmpfs_handle_free(struct super *sb, struct tmpfs_node *node);

void tmpfs_shmem_init(void);

extern const struct inode_ops tmpfs_dir_iops, tmpfs_file_iops, tmpfs_link_iops,
	tmpfs_special_iops, tmpfs_dir_acl_iops, tmpfs_file_acl_iops,
	tmpfs_special_acl_iops;
extern const struct file_ops tmpfs_dir_fops, tmpfs_file_fops;
extern const struct mapping_ops tmpfs_mapping_ops;
extern struct fs_type tmpfs_type;

#endif
