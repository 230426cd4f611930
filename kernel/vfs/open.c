// SPDX-License-Identifier: GPL-2.0
/*
 * open(2): from a name to a struct file.
 *
 * Without O_CREAT it is a walk (lockless when the names are cached), the
 * permission check, and ->open. With O_CREAT the same is tried first, since the
 * file mostly exists; only then is the parent locked and the name looked up or
 * made there, following a symlink in last place as often as there is one.
 * O_TMPFILE makes an inode without a name; O_PATH stops after the walk.
 *
 * Errors come in the order in which Linux finds them: open(2), openat2(2).
 */
#include "vfs/internal.h"

/* Permission to open with these flags what stands at p. */
static int open_may(const struct path *p, int flags)
{
	struct inode *ino = p->dentry->inode;
	u32 mode = ino->mode, acc = (u32)flags & O_ACCMODE, mask;
	int err;

	/* O_ACCMODE 3 asks for both and gives neither: open(2) */
	mask = acc == O_RDONLY	 ? MAY_READ
	       : acc == O_WRONLY ? MAY_WRITE
				 : MAY_READ | MAY_WRITE;
	if (flags & O_TRUNC)
		mask |= MAY_WRITE;
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if ((mask & MAY_WRITE) || (flags & O_CREAT))
			return -EISDIR;
		break;
	case S_IFCHR:
	case S_IFBLK:
		if (p->mnt->flags & MS_NODEV)
			return -EACCES;
		break;
	}
	err = inode_permission(ino, mask);
	if (err)
		return err;
	if (unlikely(ino->attrs & FS_APPEND_FL) &&
	    ((acc != O_RDONLY && !(flags & O_APPEND)) || (flags & O_TRUNC)))
		return -EPERM;
	if ((flags & O_NOATIME) && !inode_owner_or_capable(ino))
		return -EPERM;
	if ((mask & MAY_WRITE) && S_ISREG(mode))
		return path_want_write(p);
	return 0;
}

/* FMODE_READ and FMODE_WRITE of an access mode. */
static u32 open_fmode(int flags)
{
	return (u32)(flags + 1) & O_ACCMODE;
}

/* Takes over the references of *p, in case of an error too. */
static struct file *open_path_owned(struct path *p, int flags)
{
	struct file *f = file_alloc(flags);
	int err;

	if (unlikely(!f)) {
		path_put(p);
		return ERR_PTR(-ENFILE);
	}
	f->path = *p;
	f->inode = p->dentry->inode;
	if (unlikely(flags & O_PATH)) {
		static const struct file_ops path_ops;

		f->ops = &path_ops;
		f->mode = FMODE_PATH | FMODE_OPENED | FMODE_STREAM;
		return f;
	}
	f->mode = open_fmode(flags);
	err = 0;
	if (unlikely(f->inode->ops->open_real))
		err = f->inode->ops->open_real(f->inode, flags, &f->inode);
	if (likely(!err))
		err = file_open_inode(f);
	if (unlikely(err)) {
		file_put(f);
		return ERR_PTR(err);
	}
	if ((f->mode & FMODE_READ) && S_ISREG(f->inode->mode) &&
	    inode_now().sec - f->inode->atime.sec >= 24 * 3600)
		f->mode |= FMODE_OLD_ATIME;
	if (fsnotify_on())
		fsnotify_dentry(p->dentry, IN_OPEN);
	return f;
}

struct file *file_open_path(const struct path *p, int flags)
{
	struct path own = *p;

	path_get(&own);
	return open_path_owned(&own, flags);
}

/* The end of every open of something that existed. Takes over *p. */
static struct file *open_existing(struct path *p, int flags)
{
	struct file *f;
	int err;

	if (unlikely((flags & (O_DIRECT | O_PATH)) == O_DIRECT)) {
		/* only what has pages to go around */
		f = open_existing(p, flags & ~O_DIRECT);
		if (IS_ERR(f))
			return f;
		if (!S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode)) {
			file_put(f);
			return ERR_PTR(-EINVAL);
		}
		f->flags |= O_DIRECT;
		return f;
	}

	if (!(flags & O_PATH)) {
		err = open_may(p, flags);
		if (unlikely(err)) {
			path_put(p);
			return ERR_PTR(err);
		}
	}
	f = open_path_owned(p, flags);
	if (unlikely((flags & O_TRUNC) && !IS_ERR(f) &&
		     S_ISREG(f->inode->mode))) {
		err = vfs_truncate(&f->path, 0);
		if (err) {
			file_put(f);
			return ERR_PTR(err);
		}
	}
	return f;
}

struct file *file_open_at(const struct path *p, int flags)
{
	struct path own = *p;

	path_get(&own);
	return open_existing(&own, flags);
}

static struct file *open_plain(int dfd, const char *name, int flags, u32 lookup)
{
	struct path p;
	int err;

	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	err = path_lookup(dfd, name, lookup, &p);
	return err ? ERR_PTR(err) : open_existing(&p, flags);
}

/* --- O_CREAT --- */

/*
 * The last name in its locked directory: found, or made. => the dentry with a
 * reference, *created; or an error.
 */
static struct dentry *open_lookup_create(struct nameidata *nd, u32 mode,
					 bool *created)
{
	struct inode *dir = nd->path.dentry->inode;
	char name[NAME_MAX + 1];
	struct dentry *d;
	int err;

	*created = false;
	if (nd->last_len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	memcpy(name, nd->last, nd->last_len);
	name[nd->last_len] = 0;
	mutex_lock(&dir->lock);
	d = dentry_lookup_locked(nd->path.dentry, name, nd->last_len);
	if (!IS_ERR(d) && !d->inode) {
		err = path_want_write(&nd->path);
		if (!err)
			err = may_create(dir);
		if (!err)
			err = vfs_create_locked(
				dir, d, inode_umask_mode(dir, mode | S_IFREG));
		if (err) {
			dentry_put(d);
			d = ERR_PTR(err);
		}
		*created = !err;
	}
	mutex_unlock(&dir->lock);
	return d;
}

/* nd stands at the parent. => the path of what is to be opened. */
static int open_create_last(struct nameidata *nd, int flags, u32 mode,
			    struct path *p, bool *created)
{
	*created = false;
	for (;;) {
		struct dentry *d;
		int err;

		if (nd->last_type != LAST_NORM) {
			if (nd->last_type == LAST_ROOT && !nd->trailing) {
				nd_take_path(nd, p);
				return flags & O_EXCL ? -EEXIST : 0;
			}
			return flags & O_EXCL ? -EEXIST : -EISDIR;
		}
		if (nd->trailing)
			return -EISDIR;
		d = open_lookup_create(nd, mode, created);
		if (IS_ERR(d))
			return (int)PTR_ERR(d);
		if (!*created && (flags & O_EXCL)) {
			dentry_put(d);
			return -EEXIST;
		}
		if (!S_ISLNK(d->inode->mode)) {
			dentry_put(nd->path.dentry);
			nd->path.dentry = d;
			path_cross_mounts(&nd->path);
			nd_take_path(nd, p);
			return 0;
		}
		err = flags & O_NOFOLLOW ? -ELOOP : nd_follow_last(nd, d);
		dentry_put(d);
		if (err)
			return err;
	}
}

static struct file *open_create(int dfd, const char *name, int flags, u32 mode,
				u32 lookup)
{
	struct path p = { NULL, NULL };
	struct nameidata nd;
	bool created = false;
	int err;

	if (!(flags & O_EXCL)) {
		err = path_lookup_try(dfd, name, lookup, &p);
		if (!err)
			return open_existing(&p, flags);
		if (err != -ECHILD && err != -ENOENT)
			return ERR_PTR(err);
	}
	if (lookup & LOOKUP_CACHED)
		return ERR_PTR(-EAGAIN);
	err = nd_begin(&nd, dfd, name, lookup);
	if (!err)
		err = nd_walk_parent(&nd);
	if (!err)
		err = open_create_last(&nd, flags, mode, &p, &created);
	nd_end(&nd);
	if (err) {
		path_put(&p);
		return ERR_PTR(err);
	}
	if (created) { /* who makes a file may open it, whatever its mode */
		struct file *f = open_path_owned(&p, flags & ~O_TRUNC);

		if (!IS_ERR(f))
			f->mode |= FMODE_CREATED;
		return f;
	}
	return open_existing(&p, flags);
}

/* --- O_TMPFILE --- */

static struct file *open_tmpfile(int dfd, const char *name, int flags, u32 mode,
				 u32 lookup)
{
	struct inode *dir, *ino = NULL;
	struct dentry *d;
	struct path p;
	char buf[24];
	int err = path_lookup(dfd, name, lookup | LOOKUP_DIRECTORY, &p);

	if (err)
		return ERR_PTR(err);
	dir = p.dentry->inode;
	err = path_want_write(&p);
	if (!err)
		err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (!err && !dir->ops->tmpfile)
		err = -EOPNOTSUPP;
	if (!err)
		err = dir->ops->tmpfile(
			dir, inode_umask_mode(dir, mode | S_IFREG), &ino);
	if (err)
		goto fail;
	ino->linkable = !(flags & O_EXCL);
	snprintf(buf, sizeof(buf), "#%llu", (unsigned long long)ino->ino);
	d = dentry_alloc_anon(p.dentry->sb, buf, ino);
	if (!d) {
		inode_put(ino);
		err = -ENOMEM;
		goto fail;
	}
	d->parent = p.dentry; /* takes over the path's reference */
	d->flags |= DENTRY_DELETED;
	p.dentry = d;
	return open_path_owned(&p, flags);
fail:
	path_put(&p);
	return ERR_PTR(err);
}

/* --- The entries --- */

#define OPEN_VALID_FLAGS                                                   \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |    \
	 O_NONBLOCK | O_SYNC | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | \
	 O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |       \
	 __O_TMPFILE)

/* What open(2) refuses without a look at the name. */
int file_open_flags(int flags)
{
	if (flags & O_PATH)
		return 0;
	if ((flags & __O_TMPFILE) &&
	    ((flags & O_TMPFILE) != O_TMPFILE || (flags & O_CREAT) ||
	     (flags & O_ACCMODE) == O_RDONLY))
		return -EINVAL;
	return (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)
		       ? -EINVAL
		       : 0;
}

struct file *file_open_how(int dfd, const char *name, int flags, u32 mode,
			   u32 lookup)
{
	flags &= OPEN_VALID_FLAGS; /* open(2) ignores what it does not know */
	if (unlikely(flags & O_PATH)) {
		flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
		if (!(flags & O_NOFOLLOW))
			lookup |= LOOKUP_FOLLOW;
		return open_plain(dfd, name, flags, lookup);
	}
	if (flags & __O_SYNC)
		flags |= O_DSYNC;
	if (unlikely(flags & __O_TMPFILE)) {
		if ((flags & O_TMPFILE) != O_TMPFILE || (flags & O_CREAT) ||
		    (flags & O_ACCMODE) == O_RDONLY)
			return ERR_PTR(-EINVAL);
		if (!(flags & O_NOFOLLOW))
			lookup |= LOOKUP_FOLLOW;
		return open_tmpfile(dfd, name, flags, mode & S_IALLUGO, lookup);
	}
	if (!(flags & O_CREAT)) {
		if (!(flags & O_NOFOLLOW))
			lookup |= LOOKUP_FOLLOW;
		return open_plain(dfd, name, flags, lookup);
	}
	if (flags & O_DIRECTORY)
		return ERR_PTR(-EINVAL);
	if (!(flags & (O_NOFOLLOW | O_EXCL)))
		lookup |= LOOKUP_FOLLOW;
	return open_create(dfd, name, flags, mode & S_IALLUGO, lookup);
}

struct file *file_open(int dfd, const char *name, int flags, u32 mode)
{
	return file_open_how(dfd, name, flags, mode, 0);
}

struct file *file_open_exec(int dfd, const char *name, u32 lookup)
{
	struct path p;
	int err = path_lookup(dfd, name, lookup, &p);

	if (err)
		return ERR_PTR(err);
	if (S_ISLNK(p.dentry->inode->mode))
		err = -ELOOP;
	else if (!S_ISREG(p.dentry->inode->mode) || path_noexec(&p))
		err = -EACCES;
	else
		err = inode_permission(p.dentry->inode, MAY_EXEC);
	if (err) {
		path_put(&p);
		return ERR_PTR(err);
	}
	return open_path_owned(&p, O_RDONLY | O_LARGEFILE);
}

int vfs_fsync(struct file *f, int datasync)
{
	if (f->ops->fsync)
		return f->ops->fsync(f, datasync);
	/* memory needs no sync; pipes, sockets and ttys cannot: fsync(2) */
	return S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode) ||
			       S_ISBLK(f->inode->mode)
		       ? 0
		       : -EINVAL;
}
