// SPDX-License-Identifier: GPL-2.0
/*
 * stat(2), statx(2), access(2), readlink(2), statfs(2): asking about files.
 *
 * stat of a cached name runs without a lock or a reference (vfs_stat). The C
 * library's fstat() is newfstatat() with an empty path: that is seen before the
 * path is copied.
 */
#include <abi/mount.h>
#include <abi/statfs.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

static long stat_copy_out(const struct kstat *ks, uaddr to)
{
	struct abi_stat st = {
		.st_dev = ks->dev,
		.st_ino = ks->ino,
		.st_nlink = ks->nlink,
		.st_mode = ks->mode,
		.st_uid = uid_shown(ks->uid),
		.st_gid = gid_shown(ks->gid),
		.st_rdev = ks->rdev,
		.st_size = (s64)ks->size,
		.st_blksize = ks->blksize,
		.st_blocks = (s64)ks->blocks,
		.st_atime = (u64)ks->atime.sec,
		.st_atime_nsec = (u64)ks->atime.nsec,
		.st_mtime = (u64)ks->mtime.sec,
		.st_mtime_nsec = (u64)ks->mtime.nsec,
		.st_ctime = (u64)ks->ctime.sec,
		.st_ctime_nsec = (u64)ks->ctime.nsec,
	};

	return copy_to_user(to, &st, sizeof(st)) ? -EFAULT : 0;
}

static int stat_fd(int fd, struct kstat *ks)
{
	struct fd_ref r = fd_ref_get_any(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = vfs_getattr(&r.file->path, ks);
	fd_ref_put(r);
	return err;
}

static long stat_path(int dfd, uaddr path, u32 lookup, uaddr to)
{
	struct kstat ks;
	long err = WITH_PATH(name, path, vfs_stat(dfd, name, lookup, &ks));

	return err ? err : stat_copy_out(&ks, to);
}

long sys_stat(uaddr path, uaddr st)
{
	return stat_path(AT_FDCWD, path, LOOKUP_FOLLOW, st);
}

long sys_lstat(uaddr path, uaddr st)
{
	return stat_path(AT_FDCWD, path, 0, st);
}

long sys_fstat(int fd, uaddr st)
{
	struct kstat ks;
	int err = stat_fd(fd, &ks);

	return err ? err : stat_copy_out(&ks, st);
}

/* AT_EMPTY_PATH and an empty path (or, since 6.11, none). => 1, 0, -EFAULT */
static int path_is_empty(uaddr path, int flags)
{
	char c;

	if (!(flags & AT_EMPTY_PATH))
		return 0;
	if (!path.va)
		return 1;
	if (get_user(c, path))
		return -EFAULT;
	return !c;
}

/* stat by dirfd, path and AT_* flags. */
static long stat_at(int dirfd, uaddr path, int flags, struct kstat *ks)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	int empty = path_is_empty(path, flags);

	if (empty < 0)
		return empty;
	if (!empty)
		return WITH_PATH(name, path, vfs_stat(dirfd, name, lookup, ks));
	if (dirfd == AT_FDCWD)
		return vfs_stat(AT_FDCWD, ".", 0, ks);
	return stat_fd(dirfd, ks);
}

long sys_newfstatat(int dirfd, uaddr path, uaddr st, int flags)
{
	struct kstat ks;
	long err;

	/* a descriptor alone is an fstat(), and nothing else is looked at */
	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
		       AT_STATX_SYNC_TYPE)) &&
	    !(dirfd >= 0 && path_is_empty(path, flags) == 1))
		return -EINVAL;
	err = stat_at(dirfd, path, flags, &ks);
	return err ? err : stat_copy_out(&ks, st);
}

/* --- statx --- */

static struct statx_timestamp statx_time(const struct timespec_k *t)
{
	return (struct statx_timestamp){ .tv_sec = t->sec,
					 .tv_nsec = (u32)t->nsec };
}

/* The mount's part: needs the path, not only the inode. */
static void statx_fill_mount(const struct path *p, u32 mask, struct statx *sx)
{
	sx->stx_attributes_mask |= STATX_ATTR_MOUNT_ROOT | STATX_ATTR_AUTOMOUNT;
	if (p->mnt->sb->has_attrs)
		sx->stx_attributes_mask |= STATX_ATTR_IMMUTABLE |
					   STATX_ATTR_APPEND |
					   STATX_ATTR_NODUMP;
	if (p->dentry == p->mnt->root)
		sx->stx_attributes |= STATX_ATTR_MOUNT_ROOT;
	if (mask & STATX_MNT_ID_UNIQUE) {
		sx->stx_mnt_id = mount_unique_id(p->mnt);
		sx->stx_mask |= STATX_MNT_ID_UNIQUE;
	} else {
		sx->stx_mnt_id = p->mnt->id;
		sx->stx_mask |= STATX_MNT_ID;
	}
}

static void statx_fill(const struct kstat *ks, u32 mask, struct statx *sx)
{
	sx->stx_mask = STATX_BASIC_STATS;
	sx->stx_attributes |= ks->attrs &
			      (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL);
	sx->stx_blksize = ks->blksize;
	sx->stx_nlink = ks->nlink;
	sx->stx_uid = uid_shown(ks->uid);
	sx->stx_gid = gid_shown(ks->gid);
	sx->stx_mode = (u16)ks->mode;
	sx->stx_ino = ks->ino;
	sx->stx_size = ks->size;
	sx->stx_blocks = ks->blocks;
	sx->stx_atime = statx_time(&ks->atime);
	sx->stx_mtime = statx_time(&ks->mtime);
	sx->stx_ctime = statx_time(&ks->ctime);
	if ((mask & STATX_BTIME) && (ks->btime.sec || ks->btime.nsec)) {
		sx->stx_btime = statx_time(&ks->btime);
		sx->stx_mask |= STATX_BTIME;
	}
	sx->stx_rdev_major = MAJOR(ks->rdev);
	sx->stx_rdev_minor = MINOR(ks->rdev);
	sx->stx_dev_major = MAJOR(ks->dev);
	sx->stx_dev_minor = MINOR(ks->dev);
}

long sys_statx(int dirfd, uaddr path, u32 flags, u32 mask, uaddr buf)
{
	u32 lookup = LOOKUP_EMPTY;
	struct statx sx = { .stx_mask = 0 };
	struct kstat ks;
	struct path p;
	int empty, err;

	if (mask & STATX__RESERVED)
		return -EINVAL;
	if ((flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
			    AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if (!(flags & AT_SYMLINK_NOFOLLOW))
		lookup |= LOOKUP_FOLLOW;
	empty = path_is_empty(path, (int)flags);
	if (empty < 0)
		return empty;
	err = empty ? path_lookup(dirfd, "", lookup, &p)
		    : path_lookup_user(dirfd, path, lookup & ~LOOKUP_EMPTY, &p);
	if (err)
		return err;
	err = vfs_getattr(&p, &ks);
	if (!err) {
		statx_fill(&ks, mask, &sx);
		statx_fill_mount(&p, mask, &sx);
	}
	path_put(&p);
	if (err)
		return err;
	return copy_to_user(buf, &sx, sizeof(sx)) ? -EFAULT : 0;
}

/* --- access --- */

/* The credentials that access(2) asks about: the real ids. NULL: current's. */
static struct cred *access_cred(int flags)
{
	const struct cred *c = current->cred;
	struct cred *real;
	u64 caps = c->uid == uid_given(0) ? c->cap_permitted : 0;

	if ((flags & AT_EACCESS) || (c->fsuid == c->uid && c->fsgid == c->gid &&
				     c->cap_effective == caps))
		return NULL;
	real = cred_copy(c);
	if (!real)
		return ERR_PTR(-ENOMEM);
	real->fsuid = real->uid;
	real->fsgid = real->gid;
	real->cap_effective = caps;
	return real;
}

static int access_check(const struct path *p, u32 mask, const struct cred *c)
{
	struct inode *ino = p->dentry->inode;
	int err;

	if ((mask & MAY_EXEC) && S_ISREG(ino->mode) && path_noexec(p))
		return -EACCES;
	err = inode_permission_as(ino, mask, c);
	if (!err && (mask & MAY_WRITE) && !S_ISCHR(ino->mode) &&
	    !S_ISBLK(ino->mode) && !S_ISFIFO(ino->mode) && !S_ISSOCK(ino->mode))
		err = path_want_write(p);
	return err;
}

static long access_at(int dfd, const char *name, u32 mask, u32 lookup,
		      int flags)
{
	struct cred *c = access_cred(flags);
	struct path p;
	int err;

	if (IS_ERR(c))
		return PTR_ERR(c);
	if (c)
		err = path_lookup_as(dfd, name, lookup, c, &p);
	else
		err = path_lookup(dfd, name, lookup, &p);
	if (!err) {
		if (mask)
			err = access_check(&p, mask, c ? c : current->cred);
		path_put(&p);
	}
	if (c)
		cred_put(c);
	return err;
}

long sys_faccessat2(int dirfd, uaddr path, int mode, int flags)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	int empty;

	if ((mode & ~(R_OK | W_OK | X_OK)) ||
	    (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	empty = path_is_empty(path, flags);
	if (empty < 0)
		return empty;
	if (empty)
		return access_at(dirfd, "", (u32)mode, LOOKUP_EMPTY, flags);
	return WITH_PATH(name, path,
			 access_at(dirfd, name, (u32)mode, lookup, flags));
}

long sys_faccessat(int dirfd, uaddr path, int mode)
{
	return sys_faccessat2(dirfd, path, mode, 0);
}

long sys_access(uaddr path, int mode)
{
	return sys_faccessat2(AT_FDCWD, path, mode, 0);
}

/* --- readlink --- */

static long readlink_copy(const struct path *p, uaddr buf, size_t size)
{
	struct inode *ino = p->dentry->inode;
	char *kbuf;
	ssize_t n;

	touch_atime(p);
	if (ino->link) {
		n = (ssize_t)min(strlen(ino->link), size);
		return copy_to_user(buf, ino->link, (size_t)n) ? -EFAULT : n;
	}
	kbuf = kmalloc(PATH_MAX);
	if (!kbuf)
		return -ENOMEM;
	n = ino->ops->readlink(ino, kbuf, PATH_MAX);
	if (n > 0) {
		n = (ssize_t)min((size_t)n, size);
		if (copy_to_user(buf, kbuf, (size_t)n))
			n = -EFAULT;
	}
	kfree(kbuf);
	return n;
}

long sys_readlinkat(int dirfd, uaddr path, uaddr buf, int size)
{
	struct path p;
	long n;
	char c;
	int err;

	if (size <= 0)
		return -EINVAL;
	if (get_user(c, path))
		return -EFAULT;
	err = path_lookup_user(dirfd, path, LOOKUP_EMPTY, &p);
	if (err)
		return err;
	if (!S_ISLNK(p.dentry->inode->mode) ||
	    (!p.dentry->inode->link && !p.dentry->inode->ops->readlink))
		n = c ? -EINVAL : -ENOENT;
	else
		n = readlink_copy(&p, buf, (size_t)size);
	path_put(&p);
	return n;
}

long sys_readlink(uaddr path, uaddr buf, int size)
{
	return sys_readlinkat(AT_FDCWD, path, buf, size);
}

/* --- statfs --- */

static u64 statfs_flags(const struct mount *m)
{
	u32 f = m->flags | m->sb->flags;
	u64 r = ST_VALID | (f & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC |
				 ST_SYNCHRONOUS | ST_NOATIME | ST_NODIRATIME));

	if (f & MS_RELATIME)
		r |= ST_RELATIME;
	if (f & MS_NOSYMFOLLOW)
		r |= ST_NOSYMFOLLOW;
	return r;
}

static long statfs_copy_out(const struct path *p, uaddr to)
{
	struct super *sb = p->mnt->sb;
	struct statfs_k k = { .type = sb->magic,
			      .bsize = sb->blksize,
			      .namelen = NAME_MAX,
			      .fsid = sb->dev };
	struct statfs st = { .f_type = 0 };
	int err = sb->ops && sb->ops->statfs ? sb->ops->statfs(sb, &k) : 0;

	if (err)
		return err;
	st.f_type = (s64)k.type;
	st.f_bsize = (s64)k.bsize;
	st.f_blocks = k.blocks;
	st.f_bfree = k.bfree;
	st.f_bavail = k.bavail;
	st.f_files = k.files;
	st.f_ffree = k.ffree;
	st.f_fsid = k.fsid;
	st.f_namelen = (s64)k.namelen;
	st.f_frsize = (s64)k.bsize;
	st.f_flags = (s64)statfs_flags(p->mnt);
	return copy_to_user(to, &st, sizeof(st)) ? -EFAULT : 0;
}

long sys_statfs(uaddr path, uaddr buf)
{
	struct path p;
	long err = path_lookup_user(AT_FDCWD, path, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = statfs_copy_out(&p, buf);
	path_put(&p);
	return err;
}

long sys_fstatfs(int fd, uaddr buf)
{
	struct fd_ref r = fd_ref_get_any(fd);
	long err;

	if (!r.file)
		return -EBADF;
	err = statfs_copy_out(&r.file->path, buf);
	fd_ref_put(r);
	return err;
}
