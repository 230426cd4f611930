// SPDX-License-Identifier: GPL-2.0
/*
 * Making, removing and renaming names: the bodies of mkdir, mknod, symlink,
 * link, unlink, rmdir and rename, on kernel strings.
 *
 * All follow one pattern: walk to the parent, lock it, look the name up there,
 * check (what is made: existence, then read-only mounts, then permission; what
 * is removed: read-only mounts before existence, as Linux does), call the file
 * system's op, tell the dentry cache and inotify. An op binds a new inode to
 * the negative dentry it is given; a removed name is dropped from the cache,
 * its inode living on while somebody holds the dentry.
 *
 * Locks: one directory, then the inode whose links change. Rename takes the
 * super's rename lock first, which keeps the tree still, then both parents,
 * an ancestor before its descendant, then the victim.
 */
#include "vfs/internal.h"

/* A new entry inherits the group of a set-group-id directory: inode(7). */
static void dir_created(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;

	if (ino && (dir->mode & S_ISGID)) {
		ino->gid = dir->gid;
		if (S_ISDIR(ino->mode))
			ino->mode |= S_ISGID;
	}
	fsnotify_dir(dir,
		     IN_CREATE | (ino && S_ISDIR(ino->mode) ? IN_ISDIR : 0),
		     d->name, 0);
}

int vfs_create_locked(struct inode *dir, struct dentry *d, u32 mode)
{
	int err;

	if (!dir->ops->create)
		return -EACCES;
	err = dir->ops->create(dir, d, mode);
	if (!err)
		dir_created(dir, d);
	return err;
}

static int dir_mkdir_locked(struct inode *dir, struct dentry *d, u32 mode)
{
	int err;

	if (!dir->ops->mkdir)
		return -EPERM;
	err = dir->ops->mkdir(dir, d, mode);
	if (!err)
		dir_created(dir, d);
	return err;
}

static int dir_mknod_locked(struct inode *dir, struct dentry *d, u32 mode,
			    u64 rdev)
{
	int err;

	if (S_ISREG(mode))
		return vfs_create_locked(dir, d, mode);
	if (!dir->ops->mknod)
		return -EPERM;
	err = dir->ops->mknod(dir, d, mode, rdev);
	if (!err)
		dir_created(dir, d);
	return err;
}

static int dir_symlink_locked(struct inode *dir, struct dentry *d,
			      const char *to)
{
	int err;

	if (!dir->ops->symlink)
		return -EPERM;
	err = dir->ops->symlink(dir, d, to);
	if (!err)
		dir_created(dir, d);
	return err;
}

/* --- For the kernel's own use: no umask, by parent dentry --- */

/* A negative dentry in the locked directory; unlocked again on error. */
static struct dentry *dir_new_begin(struct dentry *dir, const char *name)
{
	struct dentry *d;
	int err = 0;

	mutex_lock(&dir->inode->lock);
	d = dentry_lookup_locked(dir, name, (u32)strlen(name));
	if (!IS_ERR(d)) {
		err = d->inode ? -EEXIST : may_create(dir->inode);
		if (err) {
			dentry_put(d);
			d = ERR_PTR(err);
		}
	}
	if (IS_ERR(d))
		mutex_unlock(&dir->inode->lock);
	return d;
}

static void dir_new_end(struct dentry *dir, struct dentry *d)
{
	mutex_unlock(&dir->inode->lock);
	dentry_put(d);
}

int vfs_mkdir(struct dentry *dir, const char *name, u32 mode)
{
	struct dentry *d = dir_new_begin(dir, name);
	int err;

	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	err = dir_mkdir_locked(dir->inode, d, (mode & S_IALLUGO) | S_IFDIR);
	dir_new_end(dir, d);
	return err;
}

int vfs_symlink(struct dentry *dir, const char *name, const char *to)
{
	struct dentry *d = dir_new_begin(dir, name);
	int err;

	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	err = dir_symlink_locked(dir->inode, d, to);
	dir_new_end(dir, d);
	return err;
}

int vfs_mknod(struct dentry *dir, const char *name, u32 mode, u64 rdev)
{
	struct dentry *d = dir_new_begin(dir, name);
	int err;

	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	err = dir_mknod_locked(dir->inode, d, mode, rdev);
	dir_new_end(dir, d);
	return err;
}

/* --- Creating by path --- */

struct dentry *path_create_begin(int dfd, const char *name, struct path *parent,
				 bool want_dir)
{
	char last[NAME_MAX + 1];
	enum last_type type;
	struct dentry *d;
	struct inode *dir;
	bool trailing;
	int err = path_parent(dfd, name, parent, last, &type, &trailing);

	if (err)
		return ERR_PTR(err);
	err = -EEXIST;
	if (type != LAST_NORM)
		goto put;
	dir = parent->dentry->inode;
	mutex_lock(&dir->lock);
	d = dentry_lookup_locked(parent->dentry, last, (u32)strlen(last));
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
		goto unlock;
	}
	if (!d->inode) {
		if (trailing && !want_dir)
			err = -ENOENT;
		else
			err = path_want_write(parent);
		if (!err)
			err = may_create(dir);
		if (!err)
			return d;
	}
	dentry_put(d);
unlock:
	mutex_unlock(&dir->lock);
put:
	path_put(parent);
	return ERR_PTR(err);
}

void path_create_end(struct path *parent, struct dentry *d)
{
	mutex_unlock(&parent->dentry->inode->lock);
	dentry_put(d);
	path_put(parent);
}

int do_mkdirat(int dfd, const char *name, u32 mode)
{
	struct path parent;
	struct dentry *d = path_create_begin(dfd, name, &parent, true);
	struct inode *dir;
	int err;

	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	dir = parent.dentry->inode;
	mode = (mode & (S_IRWXUGO | S_ISVTX)) | S_IFDIR;
	err = dir_mkdir_locked(dir, d, inode_umask_mode(dir, mode));
	path_create_end(&parent, d);
	return err;
}

int do_mknodat(int dfd, const char *name, u32 mode, u64 rdev)
{
	struct path parent;
	struct dentry *d;
	struct inode *dir;
	int err;

	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	d = path_create_begin(dfd, name, &parent, false);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	dir = parent.dentry->inode;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable(CAP_MKNOD) &&
	    !(S_ISCHR(mode) && rdev == 0)) /* a whiteout is nobody's device */
		err = -EPERM;
	else
		err = dir_mknod_locked(
			dir, d,
			inode_umask_mode(dir, mode & (S_IFMT | S_IALLUGO)),
			rdev);
	path_create_end(&parent, d);
	return err;
}

int do_symlinkat(const char *to, int dfd, const char *name)
{
	struct path parent;
	struct dentry *d = path_create_begin(dfd, name, &parent, false);
	int err;

	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	err = dir_symlink_locked(parent.dentry->inode, d, to);
	path_create_end(&parent, d);
	return err;
}

static int dir_link_locked(struct inode *old, struct inode *dir,
			   struct dentry *d)
{
	int err;

	if (S_ISDIR(old->mode) || !dir->ops->link ||
	    (old->attrs & (FS_APPEND_FL | FS_IMMUTABLE_FL)))
		return -EPERM;
	mutex_lock(&old->lock);
	if (old->nlink == 0 && !old->linkable)
		err = -ENOENT;
	else
		err = dir->ops->link(old, dir, d);
	if (!err)
		old->linkable = false;
	mutex_unlock(&old->lock);
	if (!err) {
		fsnotify_inode(old, IN_ATTRIB);
		fsnotify_dir(dir, IN_CREATE, d->name, 0);
	}
	return err;
}

/* AT_EMPTY_PATH is for who has opened the file himself, as he is now. */
static bool dir_opened_by_current(int fd)
{
	struct fd_ref r = fd_ref_get_any(fd);
	bool mine = r.file && r.file->cred == current->cred;

	if (r.file)
		fd_ref_put(r);
	return mine;
}

int do_linkat(int odfd, const char *old, int ndfd, const char *name, int flags)
{
	struct path from, parent;
	struct dentry *d;
	u32 lookup = 0;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!*old && !capable(CAP_DAC_READ_SEARCH) &&
		    !dir_opened_by_current(odfd))
			return -ENOENT;
		lookup |= LOOKUP_EMPTY;
	}
	if (flags & AT_SYMLINK_FOLLOW)
		lookup |= LOOKUP_FOLLOW;
	err = path_lookup(odfd, old, lookup, &from);
	if (err)
		return err;
	d = path_create_begin(ndfd, name, &parent, false);
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
	} else {
		err = from.mnt == parent.mnt
			      ? dir_link_locked(from.dentry->inode,
						parent.dentry->inode, d)
			      : -EXDEV;
		path_create_end(&parent, d);
	}
	path_put(&from);
	return err;
}

/* --- Removing --- */

/* The name is gone from dir. Both locks were let go. */
static void dir_removed(struct inode *dir, struct dentry *d, struct inode *ino,
			bool isdir)
{
	if (!fsnotify_on())
		return;
	if (!isdir)
		fsnotify_inode(ino, IN_ATTRIB);
	fsnotify_dir(dir, IN_DELETE | (isdir ? IN_ISDIR : 0), d->name, 0);
}

static int dir_unlink_locked(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;
	int err = may_delete(dir, d, false);

	if (err)
		return err;
	if (!dir->ops->unlink)
		return -EPERM;
	if (dentry_is_mountpoint(d))
		return -EBUSY;
	mutex_lock(&ino->lock);
	err = dir->ops->unlink(dir, d);
	mutex_unlock(&ino->lock);
	if (!err)
		dentry_drop(d);
	return err;
}

static int dir_rmdir_locked(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;
	int err = may_delete(dir, d, true);

	if (err)
		return err;
	if (!dir->ops->rmdir)
		return -EPERM;
	if (dentry_is_mountpoint(d))
		return -EBUSY;
	mutex_lock(&ino->lock);
	err = dir->ops->rmdir(dir, d);
	mutex_unlock(&ino->lock);
	if (!err) {
		dentry_drop(d);
		dcache_forget_children(d);
	}
	return err;
}

static int do_remove(int dfd, const char *name, bool isdir)
{
	char last[NAME_MAX + 1];
	enum last_type type;
	struct path parent;
	struct dentry *d;
	struct inode *dir, *ino;
	bool trailing;
	int err = path_parent(dfd, name, &parent, last, &type, &trailing);

	if (err)
		return err;
	dir = parent.dentry->inode;
	if (type != LAST_NORM) {
		err = !isdir		    ? -EISDIR
		      : type == LAST_DOT    ? -EINVAL
		      : type == LAST_DOTDOT ? -ENOTEMPTY
					    : -EBUSY;
		goto put;
	}
	err = path_want_write(&parent);
	if (err)
		goto put;
	mutex_lock(&dir->lock);
	d = dentry_lookup_locked(parent.dentry, last, (u32)strlen(last));
	if (IS_ERR(d)) {
		mutex_unlock(&dir->lock);
		err = (int)PTR_ERR(d);
		goto put;
	}
	ino = d->inode;
	if (!ino)
		err = -ENOENT;
	else if (!isdir && trailing)
		err = S_ISDIR(ino->mode) ? -EISDIR : -ENOTDIR;
	if (!err)
		err = isdir ? dir_rmdir_locked(dir, d)
			    : dir_unlink_locked(dir, d);
	mutex_unlock(&dir->lock);
	if (!err)
		dir_removed(dir, d, ino, isdir);
	dentry_put(d);
put:
	path_put(&parent);
	return err;
}

int do_unlinkat(int dfd, const char *name)
{
	return do_remove(dfd, name, false);
}

int do_rmdirat(int dfd, const char *name)
{
	return do_remove(dfd, name, true);
}

/* --- Renaming --- */

struct rename {
	struct path op, np; /* the parents */
	char oname[NAME_MAX + 1], nname[NAME_MAX + 1];
	enum last_type otype, ntype;
	bool oslash, nslash;
	u32 flags;
	struct dentry *od, *nd;
	struct inode *victim;
};

static void rename_lock_dirs(struct dentry *a, struct dentry *b)
{
	mutex_lock(&a->sb->rename_lock);
	if (a->inode == b->inode) {
		mutex_lock(&a->inode->lock);
	} else if (dentry_is_descendant(a, b)) {
		mutex_lock(&b->inode->lock);
		mutex_lock(&a->inode->lock);
	} else {
		mutex_lock(&a->inode->lock);
		mutex_lock(&b->inode->lock);
	}
}

static void rename_unlock_dirs(struct dentry *a, struct dentry *b)
{
	mutex_unlock(&a->inode->lock);
	if (a->inode != b->inode)
		mutex_unlock(&b->inode->lock);
	mutex_unlock(&a->sb->rename_lock);
}

/* What the names allow, before permission is asked. */
static int rename_check_names(struct rename *r)
{
	struct inode *oi = r->od->inode, *ni = r->nd->inode;
	bool swap = r->flags & RENAME_EXCHANGE;

	if (!oi)
		return -ENOENT;
	if ((r->flags & RENAME_NOREPLACE) && ni)
		return -EEXIST;
	if (swap && !ni)
		return -ENOENT;
	if (swap && r->nslash && !S_ISDIR(ni->mode))
		return -ENOTDIR;
	if (!S_ISDIR(oi->mode)) {
		if (r->oslash || (!swap && r->nslash))
			return -ENOTDIR;
	}
	if (dentry_is_descendant(r->np.dentry, r->od))
		return -EINVAL; /* into itself */
	if (ni && dentry_is_descendant(r->op.dentry, r->nd))
		return swap ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_check_permission(struct rename *r)
{
	struct inode *odir = r->op.dentry->inode, *ndir = r->np.dentry->inode;
	struct inode *oi = r->od->inode, *ni = r->nd->inode;
	bool isdir = S_ISDIR(oi->mode), swap = r->flags & RENAME_EXCHANGE;
	int err = may_delete(odir, r->od, isdir);

	if (err)
		return err;
	if (!ni)
		err = may_create(ndir);
	else
		err = may_delete(ndir, r->nd, swap ? S_ISDIR(ni->mode) : isdir);
	if (err)
		return err;
	if (!odir->ops->rename)
		return -EPERM;
	/* a directory that moves is written to: its ".." changes */
	if (odir != ndir && isdir)
		err = inode_permission(oi, MAY_WRITE);
	if (!err && odir != ndir && swap && S_ISDIR(ni->mode))
		err = inode_permission(ni, MAY_WRITE);
	if (!err &&
	    (dentry_is_mountpoint(r->od) || dentry_is_mountpoint(r->nd)))
		err = -EBUSY;
	return err;
}

static void rename_notify(struct rename *r, const char *oname, bool isdir)
{
	u32 cookie, dirbit = isdir ? IN_ISDIR : 0;

	if (!fsnotify_on())
		return;
	cookie = fsnotify_cookie();
	fsnotify_dir(r->op.dentry->inode, IN_MOVED_FROM | dirbit, oname,
		     cookie);
	fsnotify_dir(r->np.dentry->inode, IN_MOVED_TO | dirbit, r->nname,
		     cookie);
	fsnotify_inode(r->od->inode, IN_MOVE_SELF);
	if (r->flags & RENAME_EXCHANGE) { /* and back again */
		dirbit = S_ISDIR(r->victim->mode) ? IN_ISDIR : 0;
		cookie = fsnotify_cookie();
		fsnotify_dir(r->np.dentry->inode, IN_MOVED_FROM | dirbit,
			     r->nname, cookie);
		fsnotify_dir(r->op.dentry->inode, IN_MOVED_TO | dirbit, oname,
			     cookie);
		fsnotify_inode(r->victim, IN_MOVE_SELF);
	}
	if (r->victim && !(r->flags & RENAME_EXCHANGE))
		fsnotify_inode(r->victim, IN_ATTRIB);
}

/* Both directories locked, both entries looked up. */
static int rename_locked(struct rename *r)
{
	struct inode *odir = r->op.dentry->inode, *ndir = r->np.dentry->inode;
	int err = rename_check_names(r);

	if (err)
		return err;
	r->victim = r->nd->inode;
	if (r->od->inode == r->victim)
		return 0; /* two names of one file: nothing to do, rename(2) */
	err = rename_check_permission(r);
	if (err)
		return err;
	if (r->victim)
		mutex_lock(&r->victim->lock);
	err = odir->ops->rename(odir, r->od, ndir, r->nd, r->flags);
	if (r->victim)
		mutex_unlock(&r->victim->lock);
	if (err)
		return err;
	if (r->flags & RENAME_EXCHANGE) {
		if (dentry_exchange(r->od, r->nd)) {
			dentry_drop(r->od);
			dentry_drop(r->nd);
		}
	} else {
		dentry_drop(r->nd);
		if (r->victim && S_ISDIR(r->victim->mode))
			dcache_forget_children(r->nd);
		if (dentry_move(r->od, r->np.dentry, r->nname,
				(u32)strlen(r->nname)))
			dentry_drop(r->od); /* the next lookup finds it */
	}
	return 1;
}

static int rename_between(struct rename *r)
{
	bool isdir = false;
	int err;

	if (r->op.mnt != r->np.mnt)
		return -EXDEV;
	if (r->otype != LAST_NORM)
		return -EBUSY;
	if (r->ntype != LAST_NORM)
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	err = path_want_write(&r->op);
	if (err)
		return err;
	rename_lock_dirs(r->op.dentry, r->np.dentry);
	r->od = dentry_lookup_locked(r->op.dentry, r->oname,
				     (u32)strlen(r->oname));
	if (IS_ERR(r->od)) {
		err = (int)PTR_ERR(r->od);
		goto unlock;
	}
	r->nd = dentry_lookup_locked(r->np.dentry, r->nname,
				     (u32)strlen(r->nname));
	if (IS_ERR(r->nd)) {
		err = (int)PTR_ERR(r->nd);
	} else {
		isdir = r->od->inode && S_ISDIR(r->od->inode->mode);
		err = rename_locked(r);
	}
unlock:
	rename_unlock_dirs(r->op.dentry, r->np.dentry);
	if (err == 1) {
		rename_notify(r, r->oname, isdir);
		err = 0;
	}
	if (!IS_ERR(r->od)) {
		dentry_put(r->od);
		if (!IS_ERR(r->nd))
			dentry_put(r->nd);
	}
	return err;
}

int do_renameat2(int odfd, const char *old, int ndfd, const char *name,
		 u32 flags)
{
	struct rename *r;
	int err;

	if ((flags &
	     ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
	    ((flags & RENAME_EXCHANGE) && flags != RENAME_EXCHANGE))
		return -EINVAL;
	r = kzalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->flags = flags;
	err = path_parent(odfd, old, &r->op, r->oname, &r->otype, &r->oslash);
	if (err)
		goto free;
	err = path_parent(ndfd, name, &r->np, r->nname, &r->ntype, &r->nslash);
	if (!err) {
		err = rename_between(r);
		path_put(&r->np);
	}
	path_put(&r->op);
free:
	kfree(r);
	return err;
}
