/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual file system: inodes, dentries, mounts, open files, path walk.
 *
 * super    one mounted file system instance; owns its inodes
 * inode    one file; counted; lock guards size, content and, for directories,
 *	    the set of entries
 * dentry   one name of an inode in a directory, cached; counted; negative when
 *	    inode is NULL; a child holds a reference on its parent
 * mount    a super (or a subtree of it) attached to a dentry of another mount
 * path     (mount, dentry), each with a reference when stored
 * file     an open file description
 *
 * Locks: see kernel/lock.h. d_parent and d_name change under the super's
 * rename lock and both directories' inode locks.
 */
#ifndef KERNEL_VFS_H
#define KERNEL_VFS_H

#include <abi/fcntl.h>
#include <abi/ioctl.h>
#include <abi/stat.h>
#include <kernel/atomic.h>
#include <kernel/iov.h>
#include <kernel/lock.h>
#include <kernel/pool.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>

struct inode;
struct dentry;
struct mnt_ns;
struct ns;
struct user_ns;
struct super;
struct mount;
struct file;
struct vma;
struct poll_table;
struct dir_context;
struct path;
struct task;
struct cred;
struct posix_acl;

#define PATH_MAX  4096
#define NAME_MAX  255
#define MAX_LINKS 40 /* symlinks followed in one walk */

struct timespec_k {
	s64 sec;
	s64 nsec;
};

/* inode->attrs: ioctl_iflags(2) */
#define FS_ATTRS_KNOWN \
	(FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL)

/* What stat and statx show. */
struct kstat {
	u64 ino, size, blocks, dev, rdev;
	u32 mode, nlink, uid, gid, blksize;
	struct timespec_k atime, mtime, ctime, btime;
	u32 attrs;
};

/* chmod, chown, truncate, utimes: which fields, ATTR_* */
struct iattr {
	u32 valid;
	u32 mode, uid, gid;
	u64 size;
	struct timespec_k atime, mtime;
};
#define ATTR_MODE	1u
#define ATTR_UID	2u
#define ATTR_GID	4u
#define ATTR_SIZE	8u
#define ATTR_ATIME	16u
#define ATTR_MTIME	32u
#define ATTR_ATIME_SET	64u /* given, not "now": needs ownership */
#define ATTR_MTIME_SET	128u
#define ATTR_CTIME	256u
#define ATTR_KILL_SETID 1024u /* chown: no set-id bits remain */
#define ATTR_FORCE	512u  /* permission was checked */

struct statfs_k {
	u64 type, bsize, blocks, bfree, bavail, files, ffree, namelen, flags,
		fsid;
};

/*
 * All ops: may sleep; return 0 or -errno unless said otherwise. For directory
 * ops the caller holds dir->lock (both, for rename), and the lock of an inode
 * whose link count changes (unlink, rmdir, link, the victim of rename): the
 * op takes none of these. Modes come with their S_IFMT bits. The group of new
 * entries in set-group-id directories is set by the caller. A missing op gives the
 * errno that Linux gives (EPERM for create & co. on file systems without).
 */
struct inode_ops {
	/*
	 * Find d->name in dir: dentry_attach(d, inode) with a new inode
	 * reference, or leave d negative and return 0.
	 */
	int (*lookup)(struct inode *dir, struct dentry *d);
	/* Create and dentry_attach(). Permission was checked, mode has the
	   umask applied. */
	int (*create)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mkdir)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mknod)(struct inode *dir, struct dentry *d, u32 mode, u64 rdev);
	int (*symlink)(struct inode *dir, struct dentry *d, const char *to);
	int (*link)(struct inode *old, struct inode *dir, struct dentry *d);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	/* flags: RENAME_NOREPLACE (checked already), RENAME_EXCHANGE */
	int (*rename)(struct inode *odir, struct dentry *od, struct inode *ndir,
		      struct dentry *nd, u32 flags);
	/* Target into buf (size >= PATH_MAX), NUL-terminated. => length */
	ssize_t (*readlink)(struct inode *ino, char *buf, size_t size);
	/*
	 * Magic links (procfs fd, exe, cwd): the path itself with references.
	 * Tried before readlink when following.
	 */
	int (*get_path)(struct inode *ino, struct path *out);
	int (*tmpfile)(struct inode *dir, u32 mode, struct inode **out);
	/*
	 * The inode that an open file is really of, where it is not this one;
	 * it lives as long as this one. overlayfs.
	 */
	int (*open_real)(struct inode *ino, int flags, struct inode **real);
	/* Caller holds ino->lock. Default: inode_setattr_simple(). */
	int (*setattr)(struct inode *ino, const struct iattr *a);
	/* Default: inode_fill_stat(). hostfs revalidates here. */
	int (*getattr)(struct inode *ino, struct kstat *st);
	/* getattr never sleeps, and bears an inode that is just being freed
	   (its result is then thrown away): stat without references. */
	bool getattr_fast;
	/* The same where it may be that the answer is not at hand: false. */
	bool (*getattr_now)(struct inode *ino, struct kstat *st);
	/* mask of MAY_*. Default: mode bits and capabilities. */
	int (*permission)(struct inode *ino, u32 mask, const struct cred *c);
	/*
	 * The same table for inodes with an access control list, and back;
	 * both NULL: there are no lists (vfs/acl.c).
	 */
	const struct inode_ops *with_acl, *without_acl;
	/* Is a cached dentry still true? Default: yes. => 1, 0, -errno */
	int (*revalidate)(struct dentry *d);
	ssize_t (*getxattr)(struct inode *ino, const char *name, void *buf,
			    size_t n);
	int (*setxattr)(struct inode *ino, const char *name, const void *val,
			size_t n, int flags);
	ssize_t (*listxattr)(struct inode *ino, char *buf, size_t n);
	int (*removexattr)(struct inode *ino, const char *name);
};

struct file_ops {
	/* f->inode etc. are set; f->priv is the op's to fill. */
	int (*open)(struct inode *ino, struct file *f);
	/* The last reference went. */
	void (*release)(struct file *f);
	/* Each close(2) of a descriptor. */
	int (*flush)(struct file *f);
	/*
	 * => bytes or -errno. pos: in and out for seekable files; the caller
	 * stores it back. Blocking unless f->flags has O_NONBLOCK.
	 */
	ssize_t (*read)(struct file *f, struct iov_iter *it, loff_t *pos);
	ssize_t (*write)(struct file *f, struct iov_iter *it, loff_t *pos);
	loff_t (*llseek)(struct file *f, loff_t off, int whence);
	/* => mask of POLL*; registers queues by poll_wait(). Never sleeps. */
	u32 (*poll)(struct file *f, struct poll_table *pt);
	/* cmd unknown: -ENOTTY */
	long (*ioctl)(struct file *f, u32 cmd, u64 arg);
	/* Emit entries from f->pos on: see dir_emit(). inode lock held. */
	int (*iterate)(struct file *f, struct dir_context *ctx);
	int (*fsync)(struct file *f, int datasync);
	int (*fallocate)(struct file *f, int mode, loff_t off, loff_t len);
	/*
	 * Before a mapping of the file is made: may change *m, refuse. Default
	 * for regular files: the inode's mapping; others: -ENODEV.
	 */
	int (*mmap)(struct file *f, struct mapping **m, int prot, int flags);
	/* Lines of /proc/PID/fdinfo/N beyond the standard ones. */
	int (*show_fdinfo)(struct file *f, char *buf, size_t n);
};

struct super_ops {
	/* Last reference of a linked or unlinked inode: free private data. */
	void (*evict)(struct inode *ino);
	int (*statfs)(struct super *sb, struct statfs_k *st);
	int (*sync)(struct super *sb);
	/* New MS_* flags and options (NULL: none were given). It changes what
	   must change with MS_RDONLY; the caller stores the flags. */
	int (*remount)(struct super *sb, u32 flags, const char *data);
	void (*kill)(struct super *sb); /* after the last inode */
	int (*show_options)(struct super *sb, char *buf, size_t n);
	/*
	 * Handles: name_to_handle_at(2). decode => with a reference, or
	 * ERR_PTR(-ESTALE).
	 */
	int (*encode_handle)(struct dentry *d, u32 h[3]);
	struct dentry *(*decode_handle)(struct super *sb, const u32 h[3]);
};

struct fs_type {
	const char *name;
	bool nodev;	/* /proc/filesystems */
	bool userns;	/* root of any user namespace may mount it */
	bool revealing; /* only where one is to be seen already: proc, sysfs */
	/* => super with root dentry, or ERR_PTR. */
	struct super *(*mount)(const struct fs_type *t, const char *source,
			       u32 flags, const char *data);
	struct fs_type *next;
};
void fs_register(struct fs_type *t);
struct fs_type *fs_find(const char *name);
extern struct fs_type *fs_types;

struct super {
	struct ref refs;
	const struct fs_type *type;
	const struct super_ops *ops;
	struct dentry *root;
	u64 dev;   /* st_dev */
	u32 flags; /* SB_* = MS_* of the instance: MS_RDONLY */
	u64 magic;
	u32 blksize;
	struct mutex rename_lock;
	u64 next_ino;
	void *priv;
	struct ns *shows; /* what namespace it tells of; reference, or NULL */
	struct user_ns *owner; /* who mounted it; reference, NULL: the first */
	/*
	 * For file systems with ->revalidate: a dentry whose stamp (monotonic
	 * ns) is younger than this is true without asking. 0 = always ask.
	 */
	u64 trust_ns;
	const struct name_watch *watch; /* NULL: none */
	u32 writers;			/* files open for writing, by atomics */
	bool has_attrs;	    /* regular files and directories have FS_*_FL */
	struct super *next; /* all_supers, under super_list_lock */
};
/*
 * Words that change when what they stand for may have changed, as was known at
 * `synced` (monotonic ns). A dentry whose watch (number of a word << 32 | its
 * value) still matches is true if that is not long ago.
 */
struct name_watch {
	const u32 *words;
	u64 synced, trust_ns;
};
extern struct super *all_supers;
extern spinlock_t super_list_lock;
struct super *super_alloc(const struct fs_type *t);
/*
 * The next word of mount options "key,key=value,…": cuts it off *rest, up in
 * two; empty words are passed over. *val is NULL where there is no '='.
 * => the key, or NULL at the end
 */
char *mount_option_next(char **rest, char **val);
void super_put(struct super *sb);
const struct user_ns *super_owner(const struct super *sb);

struct inode {
	struct mutex lock;
	/* under lock for writing; read at any time: */
	u64 size;
	u32 mode, uid, gid, nlink;
	struct timespec_k atime, mtime, ctime, btime;
	u64 blocks; /* of 512 bytes, for stat */
	/* fixed after creation */
	struct ref refs;
	u64 ino, rdev;
	struct super *sb;
	const struct inode_ops *ops;
	const struct file_ops *fops;
	struct mapping mapping;	  /* regular files */
	struct text_image *text;  /* its patched copy; see kernel/text.h */
	void *priv;		  /* the file system's */
	void *special;		  /* FIFO: struct pipe; socket: bound sock */
	struct file_lock *flocks; /* flock and POSIX locks, under lock */
	struct inotify_mark *marks;
	u32 writers;	      /* open for writing: for ETXTBSY */
	u32 readers;	      /* open for reading only: for leases */
	struct lease *leases; /* under lease_lock */
	struct posix_acl *acl, *acl_default; /* vfs/acl.c */
	u32 attrs; /* FS_*_FL, under lock for writing */
	u32 exec_deny;
	u64 version; /* incremented when entries change */
	/*
	 * A symlink's target when it never changes: saves ->readlink. Belongs
	 * to the file system, which frees it in ->evict.
	 */
	const char *link;
	bool linkable; /* O_TMPFILE without O_EXCL: linkat may name it */
};

/* A new inode with one reference, times now, owner the current fsuid. */
struct inode *inode_alloc(struct super *sb, u32 mode);
void inode_get(struct inode *ino);
void inode_put(struct inode *ino);
void inode_fill_stat(struct inode *ino, struct kstat *st);
int inode_setattr_simple(struct inode *ino, const struct iattr *a);
struct timespec_k inode_now(void);
/* Device, FIFO and socket inodes: sets fops by mode. */
void inode_init_special(struct inode *ino, u32 mode, u64 rdev);

#define MAY_EXEC  1u
#define MAY_WRITE 2u
#define MAY_READ  4u
/* => 0, -EACCES, -EROFS for writes on read-only supers */
int inode_permission(struct inode *ino, u32 mask);
bool inode_owner_or_capable(struct inode *ino);

struct dentry {
	struct ref refs;
	u32 flags; /* DENTRY_* */
	u32 hash;
	u16 len;
	struct inode *inode;   /* NULL: negative; reference held */
	struct dentry *parent; /* itself at the root */
	char *name;	       /* NUL-terminated; inline_name when short */
	char inline_name[40];
	struct super *sb;
	struct dentry *hash_next;
	struct list_head children; /* under hash lock of the cache */
	struct list_head sibling;
	struct list_head lru;
	u64 stamp; /* hostfs: when it was last known to be true */
	u64 watch; /* see struct name_watch; 0: none */
	u32 seq;   /* changes with name, parent and life; odd while changing */
	u8 recent; /* looked up since the shrinker came by */
};
#define DENTRY_HASHED  1u
#define DENTRY_MOUNTED 2u /* something may be mounted here */
#define DENTRY_DELETED 4u
#define DENTRY_NOCACHE 8u /* procfs: dropped with the last reference */

void dentry_get(struct dentry *d);
void dentry_put(struct dentry *d);
/* Bind an inode (its reference is taken over) to a negative dentry. */
void dentry_attach(struct dentry *d, struct inode *ino);
struct dentry *dentry_alloc_root(struct super *sb, struct inode *root);
/* Child by name: from the cache or by lookup; with a reference, may be
 * negative. Caller holds dir->inode->lock. */
struct dentry *dentry_lookup_locked(struct dentry *dir, const char *name,
				    u32 len);
/* From the cache only. Caller holds dir->inode->lock. => a reference, or NULL */
struct dentry *dentry_cached_locked(struct dentry *dir, const char *name,
				    u32 len);
/*
 * Enter a name that is not cached, with its inode, whose reference is taken
 * over. Caller holds dir->inode->lock. watch, stamp: as in the dentry. => it,
 * with a reference, or NULL
 */
struct dentry *dentry_add_locked(struct dentry *dir, const char *name, u32 len,
				 struct inode *ino, u64 watch, u64 stamp);
/* Forget a name (after unlink, or when stale). */
void dentry_drop(struct dentry *d);

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};
void path_get(const struct path *p);
void path_put(struct path *p);

struct mount {
	struct ref refs;
	struct super *sb;
	struct dentry *root;	   /* of this mount */
	struct mount *parent;	   /* itself at the top */
	struct dentry *mountpoint; /* in the parent */
	u32 flags;		   /* MNT_* as MS_RDONLY, MS_NOSUID … */
	u32 id;
	struct list_head node; /* all mounts, in order of mounting */
	char source[64];
	/* shared subtrees: kernel/vfs/propagate.c */
	u32 group_id, round;
	bool unbindable;
	struct mount *master;
	struct list_head peers, slaves, slave_node, gather;
	struct mnt_ns *ns;  /* whose tree it is part of; NULL: none */
	struct mount *copy; /* while its namespace is copied */
	/*
	 * Flags that stay, and whether the place does: what came from a mount
	 * namespace with more privileges must not be uncovered.
	 */
	u32 locked;
	bool stuck;
	bool anon; /* the top of a tree that only a descriptor holds */
	struct mount *hash_next; /* by (parent, mountpoint) */
};
extern struct mutex mount_lock; /* guards the mount tree */
extern struct list_head all_mounts;

/* Is it in the current mount namespace? */
bool mount_is_ours(const struct mount *m);

/* A process's place: shared by CLONE_FS tasks. */
struct fs_context {
	struct ref refs;
	spinlock_t lock;
	struct path root, cwd; /* under lock */
	u32 umask;
	u32 seq; /* odd while root or cwd change: for the lockless walk */
};
/* The current task's root or working directory, with references. */
void fs_get_root(struct path *out);
void fs_get_cwd(struct path *out);
/* Set; takes over the references of *p. */
void fs_set_root(struct fs_context *fs, const struct path *p);
void fs_set_cwd(struct fs_context *fs, const struct path *p);
struct fs_context *fs_context_alloc(void);
struct fs_context *fs_context_copy(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);

/* Path walk. flags: LOOKUP_*. dfd as for openat(2). => 0 or -errno. */
#define LOOKUP_FOLLOW	 1u /* a symlink at the end too */
#define LOOKUP_DIRECTORY 2u
#define LOOKUP_EMPTY	 4u /* AT_EMPTY_PATH */
#define LOOKUP_CREATE	 8u /* path_parent only: last part may be missing */
#define LOOKUP_NO_MAGIC	 16u
#define LOOKUP_BENEATH	 32u
#define LOOKUP_IN_ROOT	 64u
#define LOOKUP_NO_XDEV	 128u
#define LOOKUP_NO_LINKS	 256u
#define LOOKUP_CACHED	 512u /* RESOLVE_CACHED: -EAGAIN rather than sleep */
int path_lookup(int dfd, const char *name, u32 flags, struct path *out);
int path_lookup_user(int dfd, uaddr name, u32 flags, struct path *out);
/*
 * The parent directory and the last component (NUL-terminated in last, at
 * most NAME_MAX+1 bytes). *type tells "." ".." "/" apart from names.
 */
enum last_type { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };
int path_parent(int dfd, const char *name, struct path *parent, char *last,
		enum last_type *type, bool *trailing_slash);
/* Guest path into a fresh page buffer: free by path_name_put(). ERR_PTR:
 * ENOENT (empty), ENAMETOOLONG, EFAULT. */
char *path_name_get(uaddr name);
void path_name_put(char *name);
/* Such a buffer (PATH_MAX bytes) without content; NULL: no memory. */
char *path_buf_get(void);
/* Path as seen from root; into the end of buf. => pointer into buf, or
 * ERR_PTR(-ENAMETOOLONG). Appends " (deleted)" when unlinked. */
char *path_string(const struct path *p, const struct path *root, char *buf,
		  size_t n);

struct file {
	struct ref refs;
	u32 flags; /* O_*: access mode and status flags */
	const struct file_ops *ops;
	struct inode *inode;
	struct path path;      /* references */
	struct mutex pos_lock; /* for read, write, lseek with f->pos */
	loff_t pos;
	void *priv;
	u32 mode;		   /* FMODE_* */
	u32 owner_type, owner_sig; /* F_SETOWN, F_SETSIG */
	s32 owner;
	u32 owner_uid, owner_euid; /* of who named the owner */
	struct fasync *async;	   /* O_ASYNC's hooks */
	u64 dir_limit; /* tmpfs: entries younger than the open are not read */
	struct list_head epoll_links; /* of epoll items, under epoll's lock */
	spinlock_t lock;
	struct cred *cred;
};
#define FMODE_READ	1u
#define FMODE_WRITE	2u
#define FMODE_PATH	4u /* O_PATH */
#define FMODE_STREAM	8u /* no position: pipes, sockets, ttys */
#define FMODE_EXEC	16u
#define FMODE_OPENED	32u  /* ->open succeeded: ->release is due */
#define FMODE_WRITER	64u  /* counted in inode->writers */
#define FMODE_READER	128u /* counted in inode->readers */
#define FMODE_CREATED	256u /* by this very open */
#define FMODE_OLD_ATIME 512u /* older than a day: the next read tells */

/* Does this write go to the end? The file's flag, or that of the call. */
static inline bool write_appends(const struct file *f,
				 const struct iov_iter *it)
{
	return it->rwf & 16 /* RWF_APPEND */	 ? true
	       : it->rwf & 32 /* RWF_NOAPPEND */ ? false
						 : f->flags & O_APPEND;
}
static inline bool rw_nonblock(const struct file *f, const struct iov_iter *it)
{
	return (f->flags & O_NONBLOCK) || (it->rwf & 8 /* RWF_NOWAIT */);
}

void file_get(struct file *f);
/* The last put releases; may sleep. */
void file_put(struct file *f);
/* Open a path. => file with one reference, or ERR_PTR. */
struct file *file_open(int dfd, const char *name, int flags, u32 mode);
/* The same without any permission check. */
struct file *file_open_path(const struct path *p, int flags);
/*
 * For exec: a regular file that current may execute (no need to read it) on a
 * mount that allows it, else -EACCES. lookup: LOOKUP_FOLLOW, LOOKUP_EMPTY.
 */
struct file *file_open_exec(int dfd, const char *name, u32 lookup);
/*
 * A file without a name (pipe, eventfd, epoll …), shown in /proc as `name`,
 * e.g. "anon_inode:[eventfd]" or "pipe:[123]". mode: S_IFMT bits | permissions.
 */
struct file *file_open_anon(const char *name, const struct file_ops *ops,
			    void *priv, int flags, u32 mode);
/* Kernel reads and writes at a position (exec, initramfs). */
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos);
ssize_t file_write_kernel(struct file *f, const void *buf, size_t n,
			  loff_t pos);
ssize_t vfs_read(struct file *f, struct iov_iter *it, loff_t *pos);
ssize_t vfs_write(struct file *f, struct iov_iter *it, loff_t *pos);
int vfs_getattr(const struct path *p, struct kstat *st);
/* stat of a name; flags: LOOKUP_*. Mostly without a lock or a reference. */
int vfs_stat(int dfd, const char *name, u32 flags, struct kstat *st);
int vfs_truncate(struct path *p, u64 size);
/* unlink(2), on a kernel string. */
int do_unlinkat(int dfd, const char *name);
int vfs_mkdir(struct dentry *dir, const char *name, u32 mode);
int vfs_symlink(struct dentry *dir, const char *name, const char *to);
int vfs_mknod(struct dentry *dir, const char *name, u32 mode, u64 rdev);

/* Descriptors. */
struct files;
struct files *files_alloc(void);
struct files *files_copy(struct files *f); /* fork */
void files_put(struct files *f);
void files_close_on_exec(struct files *f);
/* => file with a reference, or NULL. fd_get refuses O_PATH files. */
struct file *fd_get(int fd);
struct file *fd_get_any(int fd);
/* Lowest free descriptor >= from; the file's reference is taken over. */
int fd_install_new(struct file *f, int from, bool cloexec);
/* Reserve, then publish or give up: for calls that may fail after. */
int fd_reserve(int from, bool cloexec);
void fd_publish(int fd, struct file *f);
void fd_unreserve(int fd);
int fd_close(int fd);
/* For procfs: with a reference; other tasks' tables. */
struct file *files_get_fd(struct files *f, u32 fd);
u32 files_max_fd(struct files *f);
bool files_cloexec(struct files *f, u32 fd);

/*
 * Directories: call dir_emit for each entry; false = buffer full, stop. An
 * accepted entry moves ctx->pos to next_pos; the caller stores it to f->pos.
 */
struct dir_context {
	bool (*emit)(struct dir_context *ctx, const char *name, u32 len,
		     loff_t next_pos, u64 ino, u32 type);
	loff_t pos;
};
#define dir_emit(ctx, name, len, next, ino, type) \
	(ctx)->emit((ctx), (name), (len), (next), (ino), (type))
/* Emits . and .. at positions 0 and 1. => false when full. */
bool dir_emit_dots(struct file *f, struct dir_context *ctx);

/* poll. A table of NULL means: only tell the mask. */
struct poll_table {
	void (*queue)(struct poll_table *pt, struct file *f,
		      struct waitqueue *q);
};
static inline void poll_wait(struct file *f, struct waitqueue *q,
			     struct poll_table *pt)
{
	if (pt && pt->queue)
		pt->queue(pt, f, q);
}

/* Devices by number: registered by drivers, opened by device inodes. */
#define MKDEV(ma, mi)                                                      \
	((((u64)(ma)&0xfffff000ull) << 32) | (((u64)(ma)&0xfffull) << 8) | \
	 ((u64)(mi)&0xffull) | (((u64)(mi)&0xffffff00ull) << 12))
#define MAJOR(d) ((u32)(((d) >> 8) & 0xfff) | (u32)(((d) >> 32) & 0xfffff000))
#define MINOR(d) ((u32)((d)&0xff) | (u32)(((d) >> 12) & 0xffffff00))
struct chrdev {
	u32 major, minor, count;
	const char *name;
	const struct file_ops *ops; /* ->open gets the device inode */
	struct chrdev *next;
};
void chrdev_register(struct chrdev *c);
struct chrdev *chrdev_list(void); /* for /proc/devices; never shrinks */
/* Node in devtmpfs: name may have a directory ("pts/3"). 0 or -errno. */
int devtmpfs_add(const char *name, u32 mode, u64 rdev);
int devtmpfs_remove(const char *name);
int devtmpfs_link(const char *name, const char *to);
/* Block devices' files, as kernel/block has them; NULL: none. */
extern const struct file_ops *blkdev_file_ops;

/* do_mount: kernel-side mount(2); paths are kernel strings. */
int do_mount(const char *source, const char *target, const char *type,
	     u64 flags, const char *data);
int do_umount(struct path *p, int flags);
/* Everybody's root becomes `to`; the tree of mounts at `old` goes. */
int mount_switch_root(struct path *to, struct path *old);

/* Generic ops for file systems in memory (tmpfs) and read-only tables. */
loff_t generic_llseek(struct file *f, loff_t off, int whence);
/* Seeks nowhere, without an error: for files that are no streams by name. */
loff_t noop_llseek(struct file *f, loff_t off, int whence);
/* Directories: SEEK_SET and SEEK_CUR only. */
loff_t dir_llseek(struct file *f, loff_t off, int whence);
ssize_t generic_mapping_read(struct file *f, struct iov_iter *it, loff_t *pos);
ssize_t generic_mapping_write(struct file *f, struct iov_iter *it, loff_t *pos);
/* The same by a caller that holds inode->lock. */
ssize_t generic_mapping_write_locked(struct file *f, struct iov_iter *it,
				     loff_t *pos);

/*
 * exec: while a program runs from an inode nobody may open it for writing, and
 * the other way round. => 0, -ETXTBSY
 */
int inode_deny_write(struct inode *ino);
void inode_allow_write(struct inode *ino);
/* The same for as long as a program runs: with a reference on its file, which
 * was denied to writers, or is held so, when this is called. */
static inline void file_hold_program(struct file *f)
{
	file_get(f);
	atomic_inc(&f->inode->exec_deny);
}
static inline void file_drop_program(struct file *f)
{
	atomic_dec(&f->inode->exec_deny);
	file_put(f);
}
/* Does the mount allow programs to be run, set-uid bits to count? */
static inline bool path_noexec(const struct path *p)
{
	return p->mnt && (p->mnt->flags & 8 /* MS_NOEXEC */);
}
static inline bool path_nosuid(const struct path *p)
{
	return p->mnt && (p->mnt->flags & 2 /* MS_NOSUID */);
}
/* atime by the rules of the mount (relatime); at open and readlink. */
void touch_atime(const struct path *p);
/* Before content of a file changes: clears set-id bits, sets mtime, ctime.
 * => Caller holds ino->lock. */
void inode_modified(struct inode *ino);
/* Record locks and flock as /proc/locks lists them. => bytes */
size_t locks_show(char *buf, size_t n);
/* Drop cached names: memory is short, or a super goes (NULL = all). */
u32 dcache_shrink(u32 nr);
void dcache_shrink_super(struct super *sb);
struct dcache_stats {
	u64 total, limit;
};
void dcache_get_stats(struct dcache_stats *st);

void vfs_init(void);
/* One explicit list of initcalls calls these in order: kernel/init/main.c */

#endif
