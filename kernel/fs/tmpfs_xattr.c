// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes of tmpfs, as xattr(7) describes them: user.*, security.*
 * and trusted.*, a short list at the inode. Who may see and set which is
 * decided in vfs, but for what only tmpfs knows. One lock for all of them:
 * they are rare.
 */
#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/xattr.h>
#include <kernel/cred.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "tmpfs.h"
#include "vfs/acl.h"

#define TMPFS_XATTR_TOTAL (256u << 10) /* of one inode */

static struct mutex tmpfs_xattr_lock = MUTEX_INIT(tmpfs_xattr_lock);

static bool tmpfs_xattr_known(const char *name)
{
	static const char *const prefix[] = { XATTR_USER_PREFIX,
					      XATTR_SECURITY_PREFIX,
					      XATTR_TRUSTED_PREFIX };

	for (u32 i = 0; i < ARRAY_SIZE(prefix); i++)
		if (!strncmp(name, prefix[i], strlen(prefix[i])))
			return true;
	return false;
}

static struct tmpfs_xattr **tmpfs_xattr_find(struct tmpfs_node *node,
					     const char *name)
{
	struct tmpfs_xattr **p = &node->xattrs;

	while (*p && strcmp((*p)->name, name))
		p = &(*p)->next;
	return p;
}

ssize_t tmpfs_getxattr(struct inode *ino, const char *name, void *buf, size_t n)
{
	struct tmpfs_node *node = READ_ONCE(ino->priv);
	ssize_t r = -ENODATA;
	struct tmpfs_xattr *x;

	if (!tmpfs_xattr_known(name))
		return -EOPNOTSUPP;
	if (!node)
		return -ENODATA;
	mutex_lock(&tmpfs_xattr_lock);
	x = *tmpfs_xattr_find(node, name);
	if (x) {
		r = x->size;
		if (n && n < x->size)
			r = -ERANGE;
		else if (n)
			memcpy(buf, x->name + x->name_len + 1, x->size);
	}
	mutex_unlock(&tmpfs_xattr_lock);
	return r;
}

/* Replace, add (x) or remove (x NULL). => 0 and *old to be freed */
static int tmpfs_xattr_change(struct inode *ino, const char *name,
			      struct tmpfs_xattr *x, int flags,
			      struct tmpfs_xattr **old)
{
	struct tmpfs_node *node = tmpfs_node(ino);
	struct tmpfs_xattr **p;
	u64 total = 0;

	if (!node)
		return -ENOMEM;
	p = tmpfs_xattr_find(node, name);
	if (*p && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!*p && (flags & XATTR_REPLACE))
		return -ENODATA;
	for (struct tmpfs_xattr *i = node->xattrs; i; i = i->next)
		total += i->size + i->name_len;
	if (x && total + x->size + x->name_len > TMPFS_XATTR_TOTAL)
		return -ENOSPC;
	*old = *p;
	if (x) {
		x->next = *p ? (*p)->next : NULL;
		*p = x;
	} else if (*p) {
		*p = (*p)->next;
	}
	ino->ctime = inode_now();
	return 0;
}

int tmpfs_setxattr(struct inode *ino, const char *name, const void *val,
		   size_t n, int flags)
{
	size_t len = strlen(name);
	struct tmpfs_xattr *x, *old = NULL;
	int err;

	if (!tmpfs_xattr_known(name))
		return -EOPNOTSUPP;
	if (len > XATTR_NAME_MAX || n > XATTR_SIZE_MAX)
		return -E2BIG;
	x = kmalloc(sizeof(*x) + len + 1 + n);
	if (!x)
		return -ENOSPC;
	x->size = (u32)n;
	x->name_len = (u16)len;
	memcpy(x->name, name, len + 1);
	memcpy(x->name + len + 1, val, n);
	mutex_lock(&tmpfs_xattr_lock);
	err = tmpfs_xattr_change(ino, name, x, flags, &old);
	mutex_unlock(&tmpfs_xattr_lock);
	kfree(err ? x : old);
	return err;
}

int tmpfs_removexattr(struct inode *ino, const char *name)
{
	struct tmpfs_xattr *old = NULL;
	int err;

	if (!tmpfs_xattr_known(name))
		return -EOPNOTSUPP;
	mutex_lock(&tmpfs_xattr_lock);
	err = tmpfs_xattr_change(ino, name, NULL, XATTR_REPLACE, &old);
	mutex_unlock(&tmpfs_xattr_lock);
	if (!err)
		kfree(old);
	return err;
}

ssize_t tmpfs_listxattr(struct inode *ino, char *buf, size_t n)
{
	struct tmpfs_node *node = READ_ONCE(ino->priv);
	bool admin = capable(CAP_SYS_ADMIN);
	size_t at = acl_list(ino, n ? buf : NULL, n);

	if (!node)
		return n && at > n ? -ERANGE : (ssize_t)at;
	mutex_lock(&tmpfs_xattr_lock);
	for (struct tmpfs_xattr *x = node->xattrs; x; x = x->next) {
		size_t len = (size_t)x->name_len + 1;

		if (!admin && !strncmp(x->name, XATTR_TRUSTED_PREFIX,
				       strlen(XATTR_TRUSTED_PREFIX)))
			continue;
		if (n && at + len <= n)
			memcpy(buf + at, x->name, len);
		at += len;
	}
	mutex_unlock(&tmpfs_xattr_lock);
	return n && at > n ? -ERANGE : (ssize_t)at;
}

void tmpfs_xattr_free(struct tmpfs_node *node)
{
	struct tmpfs_xattr *x;

	while ((x = node->xattrs)) {
		node->xattrs = x->next;
		kfree(x);
	}
}
