// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of inodes: FS_IOC_GETFLAGS and SETFLAGS, their younger kin
 * FS_IOC_FSGETXATTR and FSSETXATTR, file_getattr(2) and file_setattr(2);
 * ioctl_iflags(2). What they mean (immutable, append-only) is looked at in
 * vfs; here stand the words in which they are asked for.
 */
#include <abi/mount.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

#define FS_IOC_FSGETXATTR 0x801c581fu
#define FS_IOC_FSSETXATTR 0x401c5820u

#define XFLAG_IMMUTABLE	  0x08u
#define XFLAG_APPEND	  0x10u
#define XFLAG_NOATIME	  0x40u
#define XFLAG_NODUMP	  0x80u
#define XFLAG_KNOWN \
	(XFLAG_IMMUTABLE | XFLAG_APPEND | XFLAG_NOATIME | XFLAG_NODUMP)

struct fsxattr {
	u32 xflags, extsize, nextents, projid, cowextsize;
	u8 pad[8];
};
_Static_assert(sizeof(struct fsxattr) == 28, "ABI");

struct file_attr {
	u64 xflags;
	u32 extsize, nextents, projid, cowextsize;
};

static u32 fileattr_to_x(u32 f)
{
	return (f & FS_IMMUTABLE_FL ? XFLAG_IMMUTABLE : 0) |
	       (f & FS_APPEND_FL ? XFLAG_APPEND : 0) |
	       (f & FS_NOATIME_FL ? XFLAG_NOATIME : 0) |
	       (f & FS_NODUMP_FL ? XFLAG_NODUMP : 0);
}

static u32 fileattr_from_x(u32 x)
{
	return (x & XFLAG_IMMUTABLE ? FS_IMMUTABLE_FL : 0) |
	       (x & XFLAG_APPEND ? FS_APPEND_FL : 0) |
	       (x & XFLAG_NOATIME ? FS_NOATIME_FL : 0) |
	       (x & XFLAG_NODUMP ? FS_NODUMP_FL : 0);
}

static bool fileattr_has(const struct inode *ino)
{
	return ino->sb && ino->sb->has_attrs &&
	       (S_ISREG(ino->mode) || S_ISDIR(ino->mode));
}

static long fileattr_set(const struct path *p, u32 flags)
{
	struct inode *ino = p->dentry->inode;
	long err = path_want_write(p);

	if (err)
		return err;
	if (!inode_owner_or_capable(ino))
		return -EPERM;
	mutex_lock(&ino->lock);
	if (((flags ^ ino->attrs) & (FS_IMMUTABLE_FL | FS_APPEND_FL)) &&
	    !capable(CAP_LINUX_IMMUTABLE)) {
		err = -EPERM;
	} else {
		WRITE_ONCE(ino->attrs, flags);
		ino->ctime = inode_now();
	}
	mutex_unlock(&ino->lock);
	if (!err)
		fsnotify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

long fileattr_ioctl(struct file *f, u32 cmd, uaddr arg)
{
	struct inode *ino = f->inode;
	struct fsxattr x;
	u32 flags;

	if (!fileattr_has(ino))
		return -ENOTTY;
	switch (cmd) {
	case FS_IOC_GETFLAGS:
		return put_user(ino->attrs, arg) ? -EFAULT : 0;
	case FS_IOC_SETFLAGS:
		if (get_user(flags, arg))
			return -EFAULT;
		if (flags & ~FS_ATTRS_KNOWN)
			return -EOPNOTSUPP;
		return fileattr_set(&f->path, flags);
	case FS_IOC_FSGETXATTR:
		memset(&x, 0, sizeof(x));
		x.xflags = fileattr_to_x(ino->attrs);
		return copy_to_user(arg, &x, sizeof(x)) ? -EFAULT : 0;
	case FS_IOC_FSSETXATTR:
		if (copy_from_user(&x, arg, sizeof(x)))
			return -EFAULT;
		if (x.xflags & ~XFLAG_KNOWN || x.projid || x.extsize)
			return -EOPNOTSUPP;
		return fileattr_set(&f->path, fileattr_from_x(x.xflags));
	}
	return -ENOTTY;
}

static long fileattr_at(int dirfd, uaddr path, u32 flags, struct path *p)
{
	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return path_lookup_user(
		dirfd, path,
		(flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			(flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
		p);
}

static long fileattr_check_size(u64 size)
{
	if (size < sizeof(struct file_attr))
		return -EINVAL;
	return size > PAGE_SIZE ? -E2BIG : 0;
}

long sys_file_getattr(int dirfd, uaddr path, uaddr attr, u64 size, u32 flags)
{
	struct file_attr a = { 0 };
	struct path p;
	long err;

	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = fileattr_check_size(size);
	if (!err)
		err = fileattr_at(dirfd, path, flags, &p);
	if (err)
		return err;
	if (!fileattr_has(p.dentry->inode)) {
		err = -EOPNOTSUPP;
	} else {
		a.xflags = fileattr_to_x(p.dentry->inode->attrs);
		if (copy_to_user(attr, &a, sizeof(a)) ||
		    (size > sizeof(a) &&
		     clear_user(uadd(attr, sizeof(a)), size - sizeof(a))))
			err = -EFAULT;
	}
	path_put(&p);
	return err;
}

long sys_file_setattr(int dirfd, uaddr path, uaddr attr, u64 size, u32 flags)
{
	struct file_attr a = { 0 };
	struct path p;
	long err;

	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = fileattr_check_size(size);
	if (!err)
		err = copy_struct_from_user(&a, sizeof(a), attr, size);
	if (!err && a.xflags & ~(u64)XFLAG_KNOWN)
		err = -EINVAL;
	if (!err)
		err = fileattr_at(dirfd, path, flags, &p);
	if (err)
		return err;
	err = fileattr_has(p.dentry->inode)
		      ? fileattr_set(&p, fileattr_from_x((u32)a.xflags))
		      : -EOPNOTSUPP;
	path_put(&p);
	return err;
}
