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
#include "vfs/acl.h"
#include "vfs/internal.h"
#include "vfs/xattr.h"

static bool name_in(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix)) && name[strlen(prefix)];
}

/* Immutable files and those that only grow keep their attributes. */
static int xattr_may_change(const struct path *p)
{
	int err = path_want_write(p);

	if (!err &&
	    (p->dentry->inode->attrs & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		err = -EPERM;
	return err;
}

/* In the order in which Linux finds errors; unknown names come last. */
static int xattr_permission(struct inode *ino, const char *name, u32 mask)
{
	int err = 0;

	if (!strncmp(name, XATTR_SECURITY_PREFIX, 9)) {
		if ((mask & MAY_WRITE) && (ino->mode & S_IFMT) &&
		    !capable(CAP_SYS_ADMIN) &&
		    !(!strcmp(name, "security.capability") &&
		      capable(CAP_SETFCAP)))
			err = -EPERM;
	} else if (!strncmp(name, XATTR_TRUSTED_PREFIX, 8)) {
		if (!capable(CAP_SYS_ADMIN))
			err = mask & MAY_WRITE ? -EPERM : -ENODATA;
	} else if (!strncmp(name, XATTR_USER_PREFIX, 5)) {
		if (!S_ISREG(ino->mode) && !S_ISDIR(ino->mode))
			err = mask & MAY_WRITE ? -EPERM : -ENODATA;
		else if (S_ISDIR(ino->mode) && (ino->mode & S_ISVTX) &&
			 (mask & MAY_WRITE) && !inode_owner_or_capable(ino))
			err = -EPERM;
		else
			err = inode_permission(ino, mask);
	} else if (strncmp(name, XATTR_SYSTEM_PREFIX, 7)) {
		err = inode_permission(ino, mask);
	}
	if (err)
		return err;
	if (name_in(name, XATTR_USER_PREFIX) ||
	    name_in(name, XATTR_TRUSTED_PREFIX) ||
	    name_in(name, XATTR_SECURITY_PREFIX))
		return 0;
	if (!strcmp(name, XATTR_USER_PREFIX) ||
	    !strcmp(name, XATTR_TRUSTED_PREFIX) ||
	    !strcmp(name, XATTR_SECURITY_PREFIX))
		return ino->ops->getxattr ? -EINVAL : -EOPNOTSUPP;
	return -EOPNOTSUPP;
}

ssize_t vfs_getxattr(struct inode *ino, const char *name, void *buf, size_t n)
{
	int err;

	if (acl_name(name))
		return acl_get_xattr(ino, acl_name(name), buf, n);
	err = xattr_permission(ino, name, MAY_READ);
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
	int err = xattr_may_change(p);

	if (!err && !acl_name(name))
		err = xattr_permission(ino, name, MAY_WRITE);
	if (err)
		return err;
	if (!acl_name(name) && !ino->ops->setxattr)
		return -EOPNOTSUPP;
	mutex_lock(&ino->lock);
	if (acl_name(name))
		err = acl_set_xattr(ino, acl_name(name), val, n);
	else
		err = ino->ops->setxattr(ino, name, val, n, flags);
	mutex_unlock(&ino->lock);
	if (!err)
		fsnotify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

int vfs_removexattr(const struct path *p, const char *name)
{
	struct inode *ino = p->dentry->inode;
	int err = xattr_may_change(p);

	if (!err && !acl_name(name))
		err = xattr_permission(ino, name, MAY_WRITE);
	if (err)
		return err;
	if (!acl_name(name) && !ino->ops->removexattr)
		return -EOPNOTSUPP;
	mutex_lock(&ino->lock);
	if (acl_name(name))
		err = acl_set_xattr(ino, acl_name(name), NULL, 0);
	else
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
