/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside overlayfs; the story is in super.c.
 */
#ifndef FS_OVERLAY_H
#define FS_OVERLAY_H

#include "vfs/internal.h"

#define OVL_LAYERS 32u /* lower ones */

struct ovl_super {
	struct path upper, work; /* upper.dentry NULL: read-only */
	struct mutex copy_lock;	 /* one copy up at a time */
	u32 nlower;
	struct path lower[OVL_LAYERS];
	char *options;
};

/*
 * inode->priv. What an inode is made from: its file in the upper layer, if it
 * is there, and those in the lower ones, the topmost first: of a directory all
 * that are merged, of anything else one.
 */
struct ovl_node {
	struct dentry *upper; /* reference; set once, under copy_lock */
	struct inode *parent; /* reference; of nodes born without upper */
	u32 nlower;
	struct {
		struct dentry *d; /* reference */
		u32 layer;
	} lower[];
};

static inline struct ovl_super *ovl_sb(const struct super *sb)
{
	return sb->priv;
}
static inline struct ovl_node *ovl_node(const struct inode *ino)
{
	return ino->priv;
}
static inline struct dentry *ovl_upper(const struct inode *ino)
{
	return load_acquire(&ovl_node(ino)->upper);
}
/* What attributes and contents are read from. */
static inline struct dentry *ovl_real(const struct inode *ino)
{
	struct dentry *u = ovl_upper(ino);

	return u ? u : ovl_node(ino)->lower[0].d;
}

/* --- super.c --- */
struct inode *ovl_inode(struct super *sb, struct ovl_node *n);
struct ovl_node *ovl_node_alloc(u32 nlower);
void ovl_node_free(struct ovl_node *n);
/* Owner, mode, size and times as the real file has them. */
void ovl_mirror(struct inode *ino);
bool ovl_is_whiteout(const struct inode *ino);
/* Name in a real directory; takes its lock. May be negative. ERR_PTR */
struct dentry *ovl_lookup_real(struct dentry *dir, const char *name, u32 len);
bool ovl_is_opaque(struct dentry *d);
int ovl_set_opaque(struct dentry *d);

/* --- copy.c --- */
/* Afterwards there is an upper file. with_data: and what it contains. */
int ovl_copy_up(struct inode *ino, bool with_data);

/* --- dir.c --- */
extern const struct inode_ops ovl_dir_iops;
extern const struct file_ops ovl_dir_fops;

/* --- super.c, for all kinds --- */
int ovl_setattr(struct inode *ino, const struct iattr *a);
int ovl_getattr(struct inode *ino, struct kstat *st);
ssize_t ovl_getxattr(struct inode *ino, const char *name, void *buf, size_t n);
int ovl_setxattr(struct inode *ino, const char *name, const void *val, size_t n,
		 int flags);
ssize_t ovl_listxattr(struct inode *ino, char *buf, size_t n);
int ovl_removexattr(struct inode *ino, const char *name);

#endif
