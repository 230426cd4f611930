// SPDX-License-Identifier: GPL-2.0
/*
 * The sixteen calls on extended attributes: set, get, list, remove, each by
 * path, by path without following, by descriptor, and in the general form of
 * the *at calls, which is what all others become. Names and values are copied
 * before the path is walked; kernel/vfs/xattr.c checks and dispatches.
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

/* What an *at call works on: a path, or a descriptor when that is empty. */
struct xattr_at {
	int dfd;
	uaddr path;
	u32 flags; /* AT_* */
	bool is_fd;
};

static int xattr_at_path(const struct xattr_at *at, struct path *p)
{
	u32 lookup = at->flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct fd_ref r;
	char first = 0;

	if (at->flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (at->flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	if ((at->flags & AT_EMPTY_PATH) && at->path.va &&
	    get_user(first, at->path))
		return -EFAULT;
	if (!(at->flags & AT_EMPTY_PATH) || first ||
	    (at->dfd == AT_FDCWD && !at->is_fd))
		return path_lookup_user(at->dfd, at->path, lookup, p);
	r = fd_ref_get(at->dfd);
	if (!r.file)
		return -EBADF;
	*p = r.file->path;
	path_get(p);
	fd_ref_put(r);
	return 0;
}

/* --- The bodies --- */

static int xattr_value_get(void **buf, uaddr value, u64 size)
{
	*buf = NULL;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	if (!size)
		return 0;
	*buf = kmalloc(size);
	if (!*buf)
		return -ENOMEM;
	if (!copy_from_user(*buf, value, size))
		return 0;
	kfree(*buf);
	return -EFAULT;
}

static long xattr_set(const struct xattr_at *at, uaddr uname, uaddr value,
		      u64 size, u32 flags)
{
	struct xattr_name name;
	struct path p;
	void *buf;
	long err;

	if (at->flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & ~(u32)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = xattr_name_get(&name, uname);
	if (!err)
		err = xattr_value_get(&buf, value, size);
	if (err)
		return err;
	err = xattr_at_path(at, &p);
	if (!err) {
		err = vfs_setxattr(&p, name.s, buf, size, (int)flags);
		path_put(&p);
	}
	kfree(buf);
	return err;
}

static long xattr_get(const struct xattr_at *at, uaddr uname, uaddr value,
		      u64 size)
{
	struct xattr_name name;
	struct path p;
	void *buf = NULL;
	long n;

	if (at->flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	n = xattr_name_get(&name, uname);
	if (!n)
		n = xattr_at_path(at, &p);
	if (n)
		return n;
	size = min(size, (u64)XATTR_SIZE_MAX);
	if (size)
		buf = kmalloc(size);
	n = size && !buf ? -ENOMEM
			 : vfs_getxattr(p.dentry->inode, name.s, buf, size);
	if (n > 0 && size && copy_to_user(value, buf, (size_t)n))
		n = -EFAULT;
	kfree(buf);
	path_put(&p);
	return n;
}

static long xattr_list(const struct xattr_at *at, uaddr list, u64 size)
{
	struct path p;
	char *buf = NULL;
	long n = xattr_at_path(at, &p);

	if (n)
		return n;
	size = min(size, (u64)XATTR_LIST_MAX);
	if (size)
		buf = kmalloc(size);
	n = size && !buf ? -ENOMEM : vfs_listxattr(p.dentry->inode, buf, size);
	if (n > 0 && size && copy_to_user(list, buf, (size_t)n))
		n = -EFAULT;
	kfree(buf);
	path_put(&p);
	return n;
}

static long xattr_remove(const struct xattr_at *at, uaddr uname)
{
	struct xattr_name name;
	struct path p;
	long err;

	if (at->flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = xattr_name_get(&name, uname);
	if (!err)
		err = xattr_at_path(at, &p);
	if (err)
		return err;
	err = vfs_removexattr(&p, name.s);
	path_put(&p);
	return err;
}

/* --- The entries --- */

#define AT_PATH(path) (&(struct xattr_at){ AT_FDCWD, path, 0, false })
#define AT_LPATH(path) \
	(&(struct xattr_at){ AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, false })
#define AT_FD(fd)		 (&(struct xattr_at){ fd, UNULL, AT_EMPTY_PATH, true })
#define AT_ALL(dfd, path, flags) (&(struct xattr_at){ dfd, path, flags, false })

long sys_setxattr(uaddr path, uaddr name, uaddr value, u64 size, int flags)
{
	return xattr_set(AT_PATH(path), name, value, size, (u32)flags);
}

long sys_lsetxattr(uaddr path, uaddr name, uaddr value, u64 size, int flags)
{
	return xattr_set(AT_LPATH(path), name, value, size, (u32)flags);
}

long sys_fsetxattr(int fd, uaddr name, uaddr value, u64 size, int flags)
{
	return xattr_set(AT_FD(fd), name, value, size, (u32)flags);
}

long sys_getxattr(uaddr path, uaddr name, uaddr value, u64 size)
{
	return xattr_get(AT_PATH(path), name, value, size);
}

long sys_lgetxattr(uaddr path, uaddr name, uaddr value, u64 size)
{
	return xattr_get(AT_LPATH(path), name, value, size);
}

long sys_fgetxattr(int fd, uaddr name, uaddr value, u64 size)
{
	return xattr_get(AT_FD(fd), name, value, size);
}

long sys_listxattr(uaddr path, uaddr list, u64 size)
{
	return xattr_list(AT_PATH(path), list, size);
}

long sys_llistxattr(uaddr path, uaddr list, u64 size)
{
	return xattr_list(AT_LPATH(path), list, size);
}

long sys_flistxattr(int fd, uaddr list, u64 size)
{
	return xattr_list(AT_FD(fd), list, size);
}

long sys_removexattr(uaddr path, uaddr name)
{
	return xattr_remove(AT_PATH(path), name);
}

long sys_lremovexattr(uaddr path, uaddr name)
{
	return xattr_remove(AT_LPATH(path), name);
}

long sys_fremovexattr(int fd, uaddr name)
{
	return xattr_remove(AT_FD(fd), name);
}

/* setxattrat(2)'s struct xattr_args, of a size that may grow. */
struct xattr_args {
	u64 value;
	u32 size, flags;
};

static int xattr_args_get(struct xattr_args *a, uaddr from, u64 size)
{
	if (size < sizeof(*a))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(a, sizeof(*a), from, size);
}

long sys_setxattrat(int dfd, uaddr path, u32 flags, uaddr name, uaddr args,
		    u64 size)
{
	struct xattr_args a;
	int err = xattr_args_get(&a, args, size);

	return err ? err
		   : xattr_set(AT_ALL(dfd, path, flags), name, UADDR(a.value),
			       a.size, a.flags);
}

long sys_getxattrat(int dfd, uaddr path, u32 flags, uaddr name, uaddr args,
		    u64 size)
{
	struct xattr_args a;
	int err = xattr_args_get(&a, args, size);

	if (!err && a.flags)
		err = -EINVAL;
	return err ? err
		   : xattr_get(AT_ALL(dfd, path, flags), name, UADDR(a.value),
			       a.size);
}

long sys_listxattrat(int dfd, uaddr path, u32 flags, uaddr list, u64 size)
{
	return xattr_list(AT_ALL(dfd, path, flags), list, size);
}

long sys_removexattrat(int dfd, uaddr path, u32 flags, uaddr name)
{
	return xattr_remove(AT_ALL(dfd, path, flags), name);
}
