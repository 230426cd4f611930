// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that make, remove and rename names, and those that move a process in
 * the tree: mkdir(2), mknod(2), link(2), symlink(2), unlink(2), rmdir(2),
 * rename(2); chdir(2), chroot(2), getcwd(2), umask(2). They decode; the work is
 * in kernel/vfs/dirops.c.
 */
#include "syscall/sys_file.h"
#include "vfs/internal.h"

long sys_mkdirat(int dirfd, uaddr path, u32 mode)
{
	return WITH_PATH(name, path, do_mkdirat(dirfd, name, mode));
}

long sys_mkdir(uaddr path, u32 mode)
{
	return sys_mkdirat(AT_FDCWD, path, mode);
}

/* dev_t of 32 bits: 12 bits of major, 20 of minor; that is MKDEV's layout. */
long sys_mknodat(int dirfd, uaddr path, u32 mode, u32 dev)
{
	switch (mode & S_IFMT) { /* before the path is looked at */
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	return WITH_PATH(name, path, do_mknodat(dirfd, name, mode, dev));
}

long sys_mknod(uaddr path, u32 mode, u32 dev)
{
	return sys_mknodat(AT_FDCWD, path, mode, dev);
}

long sys_rmdir(uaddr path)
{
	return WITH_PATH(name, path, do_rmdirat(AT_FDCWD, name));
}

long sys_unlink(uaddr path)
{
	return WITH_PATH(name, path, do_unlinkat(AT_FDCWD, name));
}

long sys_unlinkat(int dirfd, uaddr path, int flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return WITH_PATH(name, path,
			 flags & AT_REMOVEDIR ? do_rmdirat(dirfd, name)
					      : do_unlinkat(dirfd, name));
}

long sys_symlinkat(uaddr target, int dirfd, uaddr path)
{
	return WITH_PATH(to, target,
			 WITH_PATH(name, path, do_symlinkat(to, dirfd, name)));
}

long sys_symlink(uaddr target, uaddr path)
{
	return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_linkat(int olddirfd, uaddr old, int newdirfd, uaddr new_path,
		int flags)
{
	char *from;
	long err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	from = path_name_get(old);

	/* an empty old path stands for olddirfd itself: do_linkat() knows */
	if (IS_ERR(from)) {
		if (PTR_ERR(from) != -ENOENT || !(flags & AT_EMPTY_PATH))
			return PTR_ERR(from);
		return WITH_PATH(
			name, new_path,
			do_linkat(olddirfd, "", newdirfd, name, flags));
	}
	err = WITH_PATH(name, new_path,
			do_linkat(olddirfd, from, newdirfd, name, flags));
	path_name_put(from);
	return err;
}

long sys_link(uaddr old, uaddr new_path)
{
	return sys_linkat(AT_FDCWD, old, AT_FDCWD, new_path, 0);
}

long sys_renameat2(int olddirfd, uaddr old, int newdirfd, uaddr new_path,
		   u32 flags)
{
	if ((flags &
	     ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
	    ((flags & RENAME_EXCHANGE) && flags != RENAME_EXCHANGE))
		return -EINVAL;
	return WITH_PATH(
		from, old,
		WITH_PATH(to, new_path,
			  do_renameat2(olddirfd, from, newdirfd, to, flags)));
}

long sys_renameat(int olddirfd, uaddr old, int newdirfd, uaddr new_path)
{
	return sys_renameat2(olddirfd, old, newdirfd, new_path, 0);
}

long sys_rename(uaddr old, uaddr new_path)
{
	return sys_renameat2(AT_FDCWD, old, AT_FDCWD, new_path, 0);
}

/* --- Where a process stands --- */

long sys_chdir(uaddr path)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, path,
				   LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = inode_permission(p.dentry->inode, MAY_EXEC);
	if (err)
		path_put(&p);
	else
		fs_set_cwd(current->fs, &p);
	return err;
}

long sys_fchdir(int fd)
{
	struct fd_ref r = fd_ref_get_any(fd);
	struct path p;
	int err;

	if (!r.file)
		return -EBADF;
	err = S_ISDIR(r.file->inode->mode)
		      ? inode_permission(r.file->inode, MAY_EXEC)
		      : -ENOTDIR;
	if (!err) {
		p = r.file->path;
		path_get(&p);
		fs_set_cwd(current->fs, &p);
	}
	fd_ref_put(r);
	return err;
}

long sys_chroot(uaddr path)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, path,
				   LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = inode_permission(p.dentry->inode, MAY_EXEC);
	if (!err && !own_capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (err)
		path_put(&p);
	else
		fs_set_root(current->fs, &p);
	return err;
}

static long getcwd_copy(char *buf, uaddr to, u64 size)
{
	static const char prefix[] = "(unreachable)";
	struct path root, cwd;
	bool reached = true;
	char *s = ERR_PTR(-ENOENT);
	size_t n, skip = 0;

	fs_get_root(&root);
	fs_get_cwd(&cwd);
	if (!(READ_ONCE(cwd.dentry->flags) & DENTRY_DELETED))
		s = path_string_from(&cwd, &root, buf, PATH_MAX, &reached);
	path_put(&root);
	path_put(&cwd);
	if (IS_ERR(s))
		return PTR_ERR(s);
	if (!reached) /* outside of the root: getcwd(2) */
		skip = sizeof(prefix) - 1;
	n = strlen(s) + 1;
	if (n + skip > size)
		return -ERANGE;
	if (copy_to_user(to, prefix, skip) ||
	    copy_to_user(uadd(to, skip), s, n))
		return -EFAULT;
	return (long)(n + skip);
}

long sys_getcwd(uaddr to, u64 size)
{
	char *buf = path_buf_get();
	long n;

	if (!buf)
		return -ENOMEM;
	n = getcwd_copy(buf, to, size);
	path_name_put(buf);
	return n;
}

long sys_umask(int mask)
{
	return (long)atomic_xchg(&current->fs->umask, (u32)mask & S_IRWXUGO);
}
