// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what: mode bits, groups, capabilities, sticky and set-group-id
 * directories, following path_resolution(7), capabilities(7) and inode(7).
 *
 * Judged by fsuid, fsgid and the effective capabilities of a cred, mostly
 * current's; access(2) passes one of its own.
 */
#include "vfs/internal.h"

static bool cred_capable(const struct cred *c, int cap, const struct inode *ino)
{
	return cred_capable_ids(c, cap, ino->uid, ino->gid);
}

bool inode_capable(const struct inode *ino, int cap)
{
	return cred_capable(current->cred, cap, ino);
}

int permission_by_capability(const struct inode *ino, u32 mask,
			     const struct cred *c)
{
	u32 mode = ino->mode;

	if (S_ISDIR(mode)) {
		if (!(mask & MAY_WRITE) &&
		    cred_capable(c, CAP_DAC_READ_SEARCH, ino))
			return 0;
		return cred_capable(c, CAP_DAC_OVERRIDE, ino) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && cred_capable(c, CAP_DAC_READ_SEARCH, ino))
		return 0;
	/* even root needs one x bit to run a file */
	if ((!(mask & MAY_EXEC) || (mode & S_IXUGO)) &&
	    cred_capable(c, CAP_DAC_OVERRIDE, ino))
		return 0;
	return -EACCES;
}

int generic_permission(const struct inode *ino, u32 mask, const struct cred *c)
{
	u32 mode = ino->mode, bits;

	if (c->fsuid == ino->uid)
		bits = mode >> 6;
	else if (((mode >> 3 ^ mode) & mask) && cred_in_group(c, ino->gid))
		bits = mode >> 3; /* asked only where it makes a difference */
	else
		bits = mode;
	if (likely(!(mask & ~bits & 7)))
		return 0;
	return permission_by_capability(ino, mask, c);
}

int inode_permission_as(struct inode *ino, u32 mask, const struct cred *c)
{
	if ((mask & MAY_WRITE) && ino->sb && (ino->sb->flags & MS_RDONLY) &&
	    (S_ISREG(ino->mode) || S_ISDIR(ino->mode) || S_ISLNK(ino->mode)))
		return -EROFS;
	if (unlikely(ino->attrs & FS_IMMUTABLE_FL) && (mask & MAY_WRITE))
		return -EPERM;
	if (ino->ops->permission)
		return ino->ops->permission(ino, mask, c);
	return generic_permission(ino, mask, c);
}

int inode_permission(struct inode *ino, u32 mask)
{
	return inode_permission_as(ino, mask, current->cred);
}

bool inode_owner_or_capable(struct inode *ino)
{
	return current->cred->fsuid == ino->uid ||
	       inode_capable(ino, CAP_FOWNER);
}

/* Remove or rename away an entry. => Caller holds dir's lock. */
int may_delete(struct inode *dir, struct dentry *victim, bool isdir)
{
	struct inode *ino = victim->inode;
	int err;

	if (!ino)
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (unlikely((dir->attrs & FS_APPEND_FL) ||
		     (ino->attrs & (FS_APPEND_FL | FS_IMMUTABLE_FL))))
		return -EPERM;
	if ((dir->mode & S_ISVTX) && current->cred->fsuid != ino->uid &&
	    current->cred->fsuid != dir->uid && !inode_capable(ino, CAP_FOWNER))
		return -EPERM;
	if (isdir) {
		if (!S_ISDIR(ino->mode))
			return -ENOTDIR;
	} else if (S_ISDIR(ino->mode)) {
		return -EISDIR;
	}
	return 0;
}

int may_create(struct inode *dir)
{
	if (dir->nlink == 0) /* removed, but somebody stands in it */
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/*
 * The mode of a new entry: the umask taken off; set-group-id only for members
 * of the directory's group (directories inherit it: file systems do that).
 */
u32 inode_umask_mode(struct inode *dir, u32 mode)
{
	if (likely(!READ_ONCE(dir->acl_default)))
		mode &= ~READ_ONCE(current->fs->umask) | S_IFMT | 07000;
	if ((dir->mode & S_ISGID) && !S_ISDIR(mode) &&
	    (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	    !cred_in_group(current->cred, dir->gid) &&
	    !inode_capable(dir, CAP_FSETID))
		mode &= ~S_ISGID;
	return mode;
}
