// SPDX-License-Identifier: GPL-2.0
/*
 * Changing what stands in an inode: chmod(2), chown(2), utimensat(2),
 * truncate(2), each by path, by descriptor and by both.
 */
#include <abi/time.h>
#include <kernel/signal.h>
#include "syscall/sys_file.h"
#include "vfs/fasync.h"
#include "vfs/internal.h"

/* --- The thing that is meant --- */

/* AT_* flags to a path. */
static int attr_lookup(int dirfd, uaddr path, int flags, struct path *p)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;

	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	return path_lookup_user(dirfd, path, lookup, p);
}

static int attr_of_path(int dirfd, uaddr path, int flags, struct iattr *a)
{
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = attr_lookup(dirfd, path, flags, &p);
	if (err)
		return err;
	if ((a->valid & ATTR_MODE) && S_ISLNK(p.dentry->inode->mode))
		err = -EOPNOTSUPP;
	else
		err = vfs_setattr(&p, a);
	path_put(&p);
	return err;
}

static int attr_of_fd(int fd, struct iattr *a)
{
	struct fd_ref r = fd_ref_get(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = vfs_setattr(&r.file->path, a);
	fd_ref_put(r);
	return err;
}

/* --- chmod --- */

long sys_fchmodat2(int dirfd, uaddr path, u32 mode, u32 flags)
{
	struct iattr a = { .valid = ATTR_MODE, .mode = mode & S_IALLUGO };

	return attr_of_path(dirfd, path, (int)flags, &a);
}

long sys_fchmodat(int dirfd, uaddr path, u32 mode)
{
	return sys_fchmodat2(dirfd, path, mode, 0);
}

long sys_chmod(uaddr path, u32 mode)
{
	return sys_fchmodat2(AT_FDCWD, path, mode, 0);
}

long sys_fchmod(int fd, u32 mode)
{
	struct iattr a = { .valid = ATTR_MODE, .mode = mode & S_IALLUGO };

	return attr_of_fd(fd, &a);
}

/* --- chown --- */

/* -1 leaves an id as it is. */
static struct iattr chown_attr(u32 uid, u32 gid)
{
	struct iattr a = { .valid = 0,
			   .uid = uid_given(uid),
			   .gid = gid_given(gid) };

	if (uid != (u32)-1)
		a.valid |= ATTR_UID;
	if (gid != (u32)-1)
		a.valid |= ATTR_GID;
	a.valid |= ATTR_CTIME | ATTR_KILL_SETID;
	return a;
}

long sys_fchownat(int dirfd, uaddr path, u32 uid, u32 gid, int flags)
{
	struct iattr a = chown_attr(uid, gid);

	return attr_of_path(dirfd, path, flags, &a);
}

long sys_chown(uaddr path, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(uaddr path, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, u32 uid, u32 gid)
{
	struct iattr a = chown_attr(uid, gid);

	return attr_of_fd(fd, &a);
}

/* --- Times --- */

/* One of two times: now, as it is, or a value. => 0, -EINVAL */
static int utimes_one(const struct timespec_k *t, bool explicit, u32 bit,
		      u32 set_bit, struct timespec_k *out, u32 *valid)
{
	if (t->nsec == UTIME_OMIT)
		return 0;
	*valid |= bit;
	if (t->nsec == UTIME_NOW) {
		/* beside another one, "now" needs the owner as well */
		if (explicit) {
			*valid |= set_bit;
			*out = inode_now();
		}
		return 0;
	}
	if (t->nsec < 0 || t->nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	*valid |= set_bit;
	*out = *t;
	return 0;
}

static int utimes_path(const struct path *p, const struct timespec_k *times)
{
	struct iattr a = { .valid = ATTR_ATIME | ATTR_MTIME };
	bool now = !times ||
		   (times[0].nsec == UTIME_NOW && times[1].nsec == UTIME_NOW);
	int err;

	if (now) {
		if (!inode_owner_or_capable(p->dentry->inode)) {
			err = inode_permission(p->dentry->inode, MAY_WRITE);
			if (err)
				return err;
		}
		return vfs_setattr(p, &a);
	}
	a.valid = 0;
	err = utimes_one(&times[0], true, ATTR_ATIME, ATTR_ATIME_SET, &a.atime,
			 &a.valid);
	if (!err)
		err = utimes_one(&times[1], true, ATTR_MTIME, ATTR_MTIME_SET,
				 &a.mtime, &a.valid);
	if (err || !a.valid)
		return err;
	return vfs_setattr(p, &a);
}

/* path NULL: dirfd itself. utimensat(2) */
static long utimes_at(int dirfd, uaddr path, const struct timespec_k *times,
		      int flags)
{
	struct path p;
	long err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!path.va && dirfd != AT_FDCWD) {
		struct fd_ref r;

		if (flags)
			return -EINVAL;
		r = fd_ref_get(dirfd);
		if (!r.file)
			return -EBADF;
		err = utimes_path(&r.file->path, times);
		fd_ref_put(r);
		return err;
	}
	err = attr_lookup(dirfd, path, flags, &p);
	if (err)
		return err;
	err = utimes_path(&p, times);
	path_put(&p);
	return err;
}

long sys_utimensat(int dirfd, uaddr path, uaddr utimes, int flags)
{
	struct timespec_k times[2];

	if (!utimes.va)
		return utimes_at(dirfd, path, NULL, flags);
	if (copy_from_user(times, utimes, sizeof(times)))
		return -EFAULT;
	/* nothing to change: not even the path is looked at */
	if (times[0].nsec == UTIME_OMIT && times[1].nsec == UTIME_OMIT)
		return 0;
	return utimes_at(dirfd, path, times, flags);
}

/* Microseconds to nanoseconds. */
static long utimes_micro(int dirfd, uaddr path, uaddr utimes)
{
	struct timespec_k times[2];
	int i;

	if (!utimes.va)
		return utimes_at(dirfd, path, NULL, 0);
	if (copy_from_user(times, utimes, sizeof(times)))
		return -EFAULT;
	for (i = 0; i < 2; i++) {
		if (times[i].nsec < 0 || times[i].nsec >= 1000000)
			return -EINVAL;
		times[i].nsec *= 1000;
	}
	return utimes_at(dirfd, path, times, 0);
}

long sys_futimesat(int dirfd, uaddr path, uaddr utimes)
{
	return utimes_micro(dirfd, path, utimes);
}

long sys_utimes(uaddr path, uaddr utimes)
{
	return utimes_micro(AT_FDCWD, path, utimes);
}

long sys_utime(uaddr path, uaddr utimes)
{
	struct timespec_k times[2];
	s64 sec[2];

	if (!utimes.va)
		return utimes_at(AT_FDCWD, path, NULL, 0);
	if (copy_from_user(sec, utimes, sizeof(sec)))
		return -EFAULT;
	times[0] = (struct timespec_k){ sec[0], 0 };
	times[1] = (struct timespec_k){ sec[1], 0 };
	return utimes_at(AT_FDCWD, path, times, 0);
}

/* --- Size --- */

static int truncate_check_limit(const struct inode *ino, u64 size)
{
	if (size <= ino->size ||
	    size <= current->proc->rlim[RLIMIT_FSIZE].rlim_cur)
		return 0;
	send_signal_self(SIGXFSZ);
	return -EFBIG;
}

long sys_truncate(uaddr path, long length)
{
	struct inode *ino;
	struct path p;
	int err;

	if (length < 0)
		return -EINVAL;
	err = path_lookup_user(AT_FDCWD, path, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	ino = p.dentry->inode;
	if (S_ISDIR(ino->mode))
		err = -EISDIR;
	else if (!S_ISREG(ino->mode))
		err = -EINVAL;
	if (!err)
		err = path_want_write(&p);
	if (!err)
		err = inode_permission(ino, MAY_WRITE);
	if (!err)
		err = inode_get_write(ino);
	if (!err) {
		err = lease_break(ino, O_WRONLY);
		if (!err)
			err = truncate_check_limit(ino, (u64)length);
		if (!err)
			err = vfs_truncate(&p, (u64)length);
		inode_put_write(ino);
	}
	path_put(&p);
	return err;
}

long sys_ftruncate(int fd, long length)
{
	struct fd_ref r;
	int err = -EINVAL;

	if (length < 0)
		return -EINVAL;
	r = fd_ref_get(fd);
	if (!r.file)
		return -EBADF;
	if (S_ISREG(r.file->inode->mode) && (r.file->mode & FMODE_WRITE)) {
		err = truncate_check_limit(r.file->inode, (u64)length);
		if (!err)
			err = vfs_truncate(&r.file->path, (u64)length);
	}
	fd_ref_put(r);
	return err;
}
