// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes: the checks that are the same for every file system,
 * following xattr(7). Names and values are kernel memory here.
 *
 * user.* is for regular files and directories only and follows the file's
 * permissions; trusted.* needs CAP_SYS_ADMIN (and is invisible without);
 * security.* is written by CAP_SYS_ADMIN. A file system without the op answers
 * EOPNOTSUPP.
 */
#include <abi/xattr.h>
#include "vfs/internal.h"
#include "vfs/xattr.h"

static bool name_in(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix)) && name[strlen(prefix)];
}

static int xattr_permission(struct inode *ino, const char *name, u32 mask)
{
	if (name_in(name, XATTR_USER_PREFIX)) {
		if (!S_ISREG(ino->mode) && !S_ISDIR(ino->mode))
			return mask & MAY_WRITE ? -EPERM : -ENODATA;
		if (S_ISDIR(ino->mode) && (ino->mode & S_ISVTX) &&
		    (mask & MAY_WRITE) && !inode_owner_or_capable(ino))
			return -EPERM;
		return inode_permission(ino, mask);
	}
	if (name_in(name, XATTR_TRUSTED_PREFIX)) {
		if (!capable(CAP_SYS_ADMIN))
			return mask & MAY_WRITE ? -EPERM : -ENODATA;
		return 0;
	}
	if (name_in(name, XATTR_SECURITY_PREFIX)) {
		if (mask & MAY_WRITE)
			return capable(CAP_SYS_ADMIN) ||
					       (!strcmp(name, "security."
							      "capability") &&
						capable(CAP_SETFCAP))
				       ? 0
				       : -EPERM;
		return 0;
	}
	if (name_in(name, XATTR_SYSTEM_PREFIX))
		return -EOPNOTSUPP; /* POSIX ACLs */
	return -EOPNOTSUPP;
}

ssize_t vfs_getxattr(struct inode *ino, const char *name, void *buf, size_t n)
{
	int err = xattr_permission(ino, name, MAY_READ);

	if (err)
		return err;
	if (!ino->ops->getxattr)
		return -EOPNOTSUPP;
	return ino->ops->getxattr(ino, name, buf, n);
}

int vfs_setxattr(const struct path *p, const char *name, const void *val,
		 size_t n, int flags)
{
	struct inode *ino = p->dentry->inode;
	int err = path_want_write(p);

	if (!err)
		err = xattr_permission(ino, name, MAY_WRITE);
	if (err)
		return err;
	if (!ino->ops->setxattr)
		return -EOPNOTSUPP;
	mutex_lock(&ino->lock);
	err = ino->ops->setxattr(ino, name, val, n, flags);
	mutex_unlock(&ino->lock);
	if (!err)
		fsnotify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

int vfs_removexattr(const struct path *p, const char *name)
{
	struct inode *ino = p->dentry->inode;
	int err = path_want_write(p);

	if (!err)
		err = xattr_permission(ino, name, MAY_WRITE);
	if (err)
		return err;
	if (!ino->ops->removexattr)
		return -EOPNOTSUPP;
	mutex_lock(&ino->lock);
	err = ino->ops->removexattr(ino, name);
	mutex_unlock(&ino->lock);
	if (!err)
		fsnotify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

ssize_t vfs_listxattr(struct inode *ino, char *buf, size_t n)
{
	/* a file system without attributes has an empty list */
	return ino->ops->listxattr ? ino->ops->listxattr(ino, buf, n) : 0;
}
