// SPDX-License-Identifier: GPL-2.0
/*
 * The twelve calls on extended attributes: set, get, list, remove, each by
 * path, by path without following, by descriptor. Names and values are copied;
 * kernel/vfs/xattr.c checks and dispatches.
 */
#include <abi/xattr.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"
#include "vfs/xattr.h"

struct xattr_name {
	char s[XATTR_NAME_MAX + 1];
};

static int xattr_name_get(struct xattr_name *name, uaddr from)
{
	ssize_t n = strncpy_from_user(name->s, from, sizeof(name->s));

	if (n < 0)
		return (int)n;
	return n == 0 || n == (ssize_t)sizeof(name->s) ? -ERANGE : 0;
}

/* A descriptor's path with references, as path_lookup_user() gives it. */
static int xattr_fd_path(int fd, struct path *p)
{
	struct fd_ref r = fd_ref_get(fd);

	if (!r.file)
		return -EBADF;
	*p = r.file->path;
	path_get(p);
	fd_ref_put(r);
	return 0;
}

/* --- The bodies; they take over *p's references --- */

static long xattr_set(struct path *p, uaddr uname, uaddr value, u64 size,
		      int flags)
{
	struct xattr_name name;
	void *buf = NULL;
	long err = -EINVAL;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		goto out;
	err = xattr_name_get(&name, uname);
	if (err)
		goto out;
	err = -E2BIG;
	if (size > XATTR_SIZE_MAX)
		goto out;
	if (size) {
		err = -ENOMEM;
		buf = kmalloc(size);
		if (!buf)
			goto out;
		err = -EFAULT;
		if (copy_from_user(buf, value, size))
			goto out;
	}
	err = vfs_setxattr(p, name.s, buf, size, flags);
out:
	kfree(buf);
	path_put(p);
	return err;
}

static long xattr_get(struct path *p, uaddr uname, uaddr value, u64 size)
{
	struct xattr_name name;
	void *buf = NULL;
	long n = xattr_name_get(&name, uname);

	if (n)
		goto out;
	size = min(size, (u64)XATTR_SIZE_MAX);
	if (size) {
		n = -ENOMEM;
		buf = kmalloc(size);
		if (!buf)
			goto out;
	}
	n = vfs_getxattr(p->dentry->inode, name.s, buf, size);
	if (n > 0 && size && copy_to_user(value, buf, (size_t)n))
		n = -EFAULT;
out:
	kfree(buf);
	path_put(p);
	return n;
}

static long xattr_list(struct path *p, uaddr list, u64 size)
{
	char *buf = NULL;
	long n;

	size = min(size, (u64)XATTR_LIST_MAX);
	if (size) {
		n = -ENOMEM;
		buf = kmalloc(size);
		if (!buf)
			goto out;
	}
	n = vfs_listxattr(p->dentry->inode, buf, size);
	if (n > 0 && size && copy_to_user(list, buf, (size_t)n))
		n = -EFAULT;
out:
	kfree(buf);
	path_put(p);
	return n;
}

static long xattr_remove(struct path *p, uaddr uname)
{
	struct xattr_name name;
	long err = xattr_name_get(&name, uname);

	if (!err)
		err = vfs_removexattr(p, name.s);
	path_put(p);
	return err;
}

/* --- The entries --- */

#define XATTR_BY_PATH(path, lookup, body)                               \
	({                                                              \
		struct path p;                                          \
		int err = path_lookup_user(AT_FDCWD, path, lookup, &p); \
		err ? (long)err : (body);                               \
	})
#define XATTR_BY_FD(fd, body)                    \
	({                                       \
		struct path p;                   \
		int err = xattr_fd_path(fd, &p); \
		err ? (long)err : (body);        \
	})

long sys_setxattr(uaddr path, uaddr name, uaddr value, u64 size, int flags)
{
	return XATTR_BY_PATH(path, LOOKUP_FOLLOW,
			     xattr_set(&p, name, value, size, flags));
}

long sys_lsetxattr(uaddr path, uaddr name, uaddr value, u64 size, int flags)
{
	return XATTR_BY_PATH(path, 0, xattr_set(&p, name, value, size, flags));
}

long sys_fsetxattr(int fd, uaddr name, uaddr value, u64 size, int flags)
{
	return XATTR_BY_FD(fd, xattr_set(&p, name, value, size, flags));
}

long sys_getxattr(uaddr path, uaddr name, uaddr value, u64 size)
{
	return XATTR_BY_PATH(path, LOOKUP_FOLLOW,
			     xattr_get(&p, name, value, size));
}

long sys_lgetxattr(uaddr path, uaddr name, uaddr value, u64 size)
{
	return XATTR_BY_PATH(path, 0, xattr_get(&p, name, value, size));
}

long sys_fgetxattr(int fd, uaddr name, uaddr value, u64 size)
{
	return XATTR_BY_FD(fd, xattr_get(&p, name, value, size));
}

long sys_listxattr(uaddr path, uaddr list, u64 size)
{
	return XATTR_BY_PATH(path, LOOKUP_FOLLOW, xattr_list(&p, list, size));
}

long sys_llistxattr(uaddr path, uaddr list, u64 size)
{
	return XATTR_BY_PATH(path, 0, xattr_list(&p, list, size));
}

long sys_flistxattr(int fd, uaddr list, u64 size)
{
	return XATTR_BY_FD(fd, xattr_list(&p, list, size));
}

long sys_removexattr(uaddr path, uaddr name)
{
	return XATTR_BY_PATH(path, LOOKUP_FOLLOW, xattr_remove(&p, name));
}

long sys_lremovexattr(uaddr path, uaddr name)
{
	return XATTR_BY_PATH(path, 0, xattr_remove(&p, name));
}

long sys_fremovexattr(int fd, uaddr name)
{
	return XATTR_BY_FD(fd, xattr_remove(&p, name));
}
