// SPDX-License-Identifier: GPL-2.0
/* inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2). */
#include <abi/inotify.h>
#include "syscall/sys_file.h"
#include "vfs/inotify.h"

#define INOTIFY_KNOWN                                                    \
	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED |       \
	 IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | \
	 IN_MASK_ADD | IN_ISDIR | IN_ONESHOT)

long sys_inotify_init1(int flags)
{
	struct file *f;
	int fd;

	if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
		return -EINVAL;
	f = inotify_create(flags & IN_NONBLOCK ? O_NONBLOCK : 0);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_new(f, 0, flags & IN_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_inotify_init(void)
{
	return sys_inotify_init1(0);
}

long sys_inotify_add_watch(int fd, uaddr path, u32 mask)
{
	u32 lookup = mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW;
	struct fd_ref r;
	struct path p;
	long ret;

	if (!(mask & INOTIFY_KNOWN))
		return -EINVAL;
	if (mask & IN_ONLYDIR)
		lookup |= LOOKUP_DIRECTORY;
	r = fd_ref_get(fd);
	if (!r.file)
		return -EBADF;
	if (((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE)) ||
	    !inotify_is_file(r.file)) {
		fd_ref_put(r);
		return -EINVAL;
	}
	ret = path_lookup_user(AT_FDCWD, path, lookup, &p);
	if (!ret) {
		ret = inode_permission(p.dentry->inode, MAY_READ);
		if (!ret)
			ret = inotify_add(r.file, p.dentry->inode, mask);
		path_put(&p);
	}
	fd_ref_put(r);
	return ret;
}

long sys_inotify_rm_watch(int fd, int wd)
{
	struct fd_ref r = fd_ref_get(fd);
	long ret;

	if (!r.file)
		return -EBADF;
	ret = inotify_remove(r.file, wd);
	fd_ref_put(r);
	return ret;
}
