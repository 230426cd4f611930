/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of kernel/vfs share among themselves. The story is in
 * kernel/vfs.h; each part tells its own at the top of its file.
 *
 * Locks of this folder, outermost first:
 *
 *   super->rename_lock
 *     inode->lock of directories, then of the entry
 *       mount_lock (mutex): changes of the mount tree
 *         mount_hash_lock (spin)
 *         dcache_lock (spin): every change of the dentry cache
 *     fs_context->lock, files->lock, locks_lock, inotify's lock (all spin)
 */
#ifndef VFS_INTERNAL_H
#define VFS_INTERNAL_H

#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/mount.h>
#include <kernel/cred.h>
#include <kernel/fdtable.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "vfs/fsnotify.h"

/* --- objcache.c --- */
/*
 * Objects whose memory stays what it is for ever, so that who reads one
 * without a reference reads nothing worse than an old or a new object of the
 * same kind. Fresh memory is zero; a freed object keeps its bytes, but for the
 * pointer at link_off.
 */
struct objcache {
	spinlock_t lock;
	u32 size, link_off;
	void *free;
	u64 total, in_use;
	const char *name;
	struct objcache *next; /* of those that have memory */
};
#define OBJCACHE(type, link)                                       \
	{                                                          \
		.name = #type, .size = ALIGN_UP(sizeof(type), 64), \
		.link_off = offsetof(type, link),                  \
	}
void *objcache_alloc(struct objcache *c);
void objcache_free(struct objcache *c, void *obj);

/* --- dcache.c --- */
extern spinlock_t dcache_lock;

/*
 * Words of a name at a time. Longer reads than the name are only made where
 * they cannot leave the page.
 */
u32 name_hash(const char *name, u32 len);
static inline u32 dentry_hash_with(const struct dentry *parent, u32 hash)
{
	u64 h = hash ^ ((u64)parent >> 6);

	h *= 0x9e3779b97f4a7c15ull;
	return (u32)(h >> 32);
}

/*
 * Look in the cache without any lock or reference. The caller holds a
 * reference on parent, or checks its seq afterwards. => dentry or NULL; *seq
 * was its sequence number, to be checked after its fields have been used.
 */
struct dentry *dentry_find_nolock(struct dentry *parent, const char *name,
				  u32 len, u32 hash, u32 *seq);
static inline bool dentry_seq_ok(const struct dentry *d, u32 seq)
{
	__atomic_signal_fence(
		__ATOMIC_SEQ_CST); /* loads stay in order on x86 */
	return READ_ONCE(d->seq) == seq;
}
/* With a reference, from the cache only. => NULL: not there. */
struct dentry *dentry_find(struct dentry *parent, const char *name, u32 len,
			   u32 hash);
/* Turn a finding of the lockless walk into a reference. */
bool dentry_get_checked(struct dentry *d, u32 seq);
/* The parent with a reference. */
struct dentry *dentry_get_parent(struct dentry *d);
/* Take d's name and place over from target (which may be NULL). Caller holds
 * the rename lock and both directories' locks. */
/* Is d, perhaps freed and used again, still (or again) a name of ino? => with a
 * reference. The caller keeps ino from being freed. */
bool dentry_get_of(struct dentry *d, const struct inode *ino);
int dentry_move(struct dentry *d, struct dentry *new_parent, const char *name,
		u32 len);
int dentry_exchange(struct dentry *a, struct dentry *b);
/* A nameless or unhashed dentry bound to ino (its reference is taken). */
struct dentry *dentry_alloc_anon(struct super *sb, const char *name,
				 struct inode *ino);
bool dcache_put_root(struct dentry *root);
void dcache_forget_children(struct dentry *dir);
bool dentry_is_descendant(const struct dentry *d, const struct dentry *of);

/* --- inode.c --- */
int inode_get_write(struct inode *ino);
void inode_put_write(struct inode *ino);
int vfs_setattr(const struct path *p, struct iattr *a);
int inode_setattr(struct inode *ino, struct iattr *a); /* lock held */

/* --- super.c --- */
void super_sync_all(void);

/* --- permission.c --- */
/* What the bits deny: may a capability allow it? => 0 or -EACCES */
int permission_by_capability(const struct inode *ino, u32 mask,
			     const struct cred *c);
int generic_permission(const struct inode *ino, u32 mask, const struct cred *c);
int inode_permission_as(struct inode *ino, u32 mask, const struct cred *c);
bool inode_capable(const struct inode *ino, int cap);
int may_delete(struct inode *dir, struct dentry *victim, bool isdir);
int may_create(struct inode *dir);
u32 inode_umask_mode(struct inode *dir, u32 mode);
/* Search permission, short for directories that everybody may search. */
static inline int may_search(struct inode *ino, const struct cred *c)
{
	if (likely((ino->mode & 0111) == 0111 && !ino->ops->permission))
		return 0;
	return inode_permission_as(ino, MAY_EXEC, c);
}

/* --- mount.c --- */
extern u32 mount_seq;  /* odd while the tree changes */
extern u32 rename_seq; /* odd while a name changes */
/* A number never used again, told apart from mount->id: statmount(2). */
#define MNT_UNIQUE_ID_OFFSET (1ull << 31)
static inline u64 mount_unique_id(const struct mount *m)
{
	return MNT_UNIQUE_ID_OFFSET + m->id;
}
extern struct mount anon_mount;
/* Step onto whatever is mounted at p; references move along. => crossed? */
bool path_cross_mounts(struct path *p);
/* The same without references, valid while mount_seq stands. */
void path_cross_mounts_nolock(struct path *p);
/* Up across the roots of mounts. => false at the very top. */
bool path_up_mounts(struct path *p);
bool dentry_is_mountpoint(const struct dentry *d);
static inline bool mount_readonly(const struct mount *m)
{
	return m && ((m->flags | m->sb->flags) & MS_RDONLY);
}
int path_want_write(const struct path *p);
/* Trees that a descriptor holds: fsmount(2), open_tree(2). */
struct mount *mount_copy_tree(const struct path *p, bool recursive);
struct mount *mount_of_super(struct super *sb, u32 flags, const char *source);
void mount_drop_anon(struct mount *m);
int mount_move_path(struct path *from, struct path *at);
int mount_change_attr(struct path *p, u64 set, u64 clear, u32 type,
		      bool recursive);
/* Flags of a super: fsconfig(2)'s FSCONFIG_CMD_RECONFIGURE. */
int mount_reconfigure(struct super *sb, u32 flags, const char *data);
/* => Caller holds mount_lock for the _locked ones. */
struct mount *mount_clone(struct mount *from, struct dentry *root);
void mount_attach_locked(struct mount *m, const struct path *p);
void mount_detach_locked(struct mount *m, struct path *where);
bool mount_is_below(struct mount *m, const struct mount *top);
void mount_put(struct mount *m);
/* Those below m, or m as well, leave the tree; later, without the lock: */
void umount_children_locked(struct mount *m, struct list_head *gone);
void umount_tree_locked(struct mount *m, struct list_head *gone);
void umount_finish(struct list_head *gone);

/* --- mnt_ns.c --- */
int do_pivot_root(struct path *new_root, struct path *put_old);
bool mount_may(void); /* the right to mount anything at all */
bool mount_may_bind(const struct path *p);
bool mount_may_change(const struct mount *m, u32 flags);
bool mount_hides(const struct mount *m, const struct dentry *d);
bool mount_type_allowed(const struct fs_type *t);
bool mount_reveals(const struct super *sb, u32 flags);
void mount_lock_down(struct mount *m, bool top);

/* --- namei.c --- */
struct nd_link {
	const char *rest;
};
struct nameidata {
	struct path path; /* references, unless `lockless` */
	struct path root;
	bool root_held;
	bool trailing;	  /* slashes after the last component */
	u32 flags;	  /* LOOKUP_* */
	u32 mseq, rseq;	  /* scoped walks: mount_seq and rename_seq at start */
	const char *name; /* what is still to be walked */
	const struct cred *cred;
	/* the last component, after a walk to the parent */
	const char *last;
	u32 last_len;
	enum last_type last_type;
	/* symlinks */
	u32 links, depth, nbodies;
	const char *rest[MAX_LINKS];
	char *body[MAX_LINKS];
};
/* A walk from dfd; ends with nd_end() in any case. */
int nd_begin(struct nameidata *nd, int dfd, const char *name, u32 flags);
void nd_end(struct nameidata *nd);
/* To the parent: nd->path is it, nd->last the rest. */
int nd_walk_parent(struct nameidata *nd);
/* The last component is this symlink: continue through it. */
int nd_follow_last(struct nameidata *nd, struct dentry *link);
/* Take the result out of nd. */
static inline void nd_take_path(struct nameidata *nd, struct path *out)
{
	*out = nd->path;
	nd->path = (struct path){ NULL, NULL };
}
/*
 * A whole walk without references. => 0 with *p, *seq, *mseq to be checked
 * (path_fast_ok) after use; -ECHILD: take the slow way; or the true error.
 */
int path_lookup_fast(int dfd, const char *name, u32 flags, struct path *p,
		     u32 *seq, u32 *mseq);
static inline bool path_fast_ok(const struct path *p, u32 seq, u32 mseq)
{
	return dentry_seq_ok(p->dentry, seq) && READ_ONCE(mount_seq) == mseq;
}
/* The parent locked and the entry looked up in it, for creating. */
struct dentry *path_create_begin(int dfd, const char *name, struct path *parent,
				 bool want_dir);
void path_create_end(struct path *parent, struct dentry *d);
/* By the slow way, judged by other credentials. */
int path_lookup_as(int dfd, const char *name, u32 flags,
		   const struct cred *cred, struct path *out);
/* => 0 with references, or -ECHILD, or the true error */
int path_lookup_try(int dfd, const char *name, u32 flags, struct path *out);

/* --- open.c --- */
struct file *file_open_how(int dfd, const char *name, int flags, u32 mode,
			   u32 lookup);
int file_open_flags(int flags);
/* What stands at p, with all checks but those of a walk. */
struct file *file_open_at(const struct path *p, int flags);
int vfs_fsync(struct file *f, int datasync);

/* --- dirops.c: the bodies of the calls; names are kernel strings --- */
int do_mkdirat(int dfd, const char *name, u32 mode);
int do_mknodat(int dfd, const char *name, u32 mode, u64 rdev);
int do_symlinkat(const char *to, int dfd, const char *name);
int do_linkat(int odfd, const char *old, int ndfd, const char *name, int flags);
int do_rmdirat(int dfd, const char *name);
int do_renameat2(int odfd, const char *old, int ndfd, const char *name,
		 u32 flags);
int vfs_create_locked(struct inode *dir, struct dentry *d, u32 mode);

/* --- fsctx.c --- */
/* As path_string(); *reached: the string starts at root. */
char *path_string_from(const struct path *p, const struct path *root, char *buf,
		       size_t n, bool *reached);

/* --- file.c --- */
struct file *file_alloc(int flags);
int file_open_inode(struct file *f);
void file_cache_init(void);
void locks_release_file(struct file *f);
void locks_release_posix(struct inode *ino, struct files *owner);

void mount_init(void);
void inotify_init(void);

#endif
