// SPDX-License-Identifier: GPL-2.0
/*
 * mount(2), umount2(2), pivot_root(2): strings in, kernel/vfs/mount.c does the
 * rest. Also name_to_handle_at(2), which no file system here supports.
 */
#include <abi/mount.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

/* A string of the guest that may be absent. NULL, a buffer, or an error. */
static char *mount_string(uaddr from)
{
	char *s;
	ssize_t n;

	if (!from.va)
		return NULL;
	s = kmalloc(PAGE_SIZE);
	if (!s)
		return ERR_PTR(-ENOMEM);
	n = strncpy_from_user(s, from, PAGE_SIZE);
	if (n < 0 || n == (ssize_t)PAGE_SIZE) {
		kfree(s);
		return ERR_PTR(n < 0 ? n : -EINVAL);
	}
	return s;
}

/* Options are a string for every file system here; a page at most. */
static char *mount_data(uaddr from)
{
	char *s;
	ssize_t n;

	if (!from.va)
		return NULL;
	s = kmalloc(PAGE_SIZE);
	if (!s)
		return ERR_PTR(-ENOMEM);
	n = strncpy_from_user(s, from, PAGE_SIZE);
	if (n < 0) {
		kfree(s);
		return ERR_PTR(n);
	}
	s[PAGE_SIZE - 1] = 0;
	return s;
}

static void mount_string_put(char *s)
{
	if (!IS_ERR(s))
		kfree(s);
}

static long mount_at(const char *source, uaddr target, const char *type,
		     u64 flags, const char *data)
{
	return WITH_PATH(name, target, ({
				 struct path p;
				 long err = path_lookup(AT_FDCWD, name,
							LOOKUP_FOLLOW, &p);

				 /* the place is looked at before the right */
				 if (!err) {
					 path_put(&p);
					 err = mount_may()
						       ? do_mount(source, name,
								  type, flags,
								  data)
						       : -EPERM;
				 }
				 err;
			 }));
}

long sys_mount(uaddr source, uaddr target, uaddr type, u64 flags, uaddr data)
{
	char *ktype = mount_string(type), *ksource = mount_string(source),
	     *kdata = mount_data(data);
	long err;

	if (IS_ERR(ktype))
		err = PTR_ERR(ktype);
	else if (IS_ERR(ksource))
		err = PTR_ERR(ksource);
	else if (IS_ERR(kdata))
		err = PTR_ERR(kdata);
	else
		err = mount_at(ksource, target, ktype, flags, kdata);
	mount_string_put(ktype);
	mount_string_put(ksource);
	mount_string_put(kdata);
	return err;
}

long sys_umount2(uaddr path, int flags)
{
	struct path p;
	long err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = path_lookup_user(AT_FDCWD, path,
			       flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	path_cross_mounts(&p); /* what stands on top, also of "." */
	err = mount_may() ? do_umount(&p, flags) : -EPERM;
	path_put(&p);
	return err;
}

long sys_pivot_root(uaddr new_root, uaddr put_old)
{
	struct path to, old;
	long err;

	if (!mount_may())
		return -EPERM;
	err = path_lookup_user(AT_FDCWD, new_root,
			       LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &to);
	if (err)
		return err;
	err = path_lookup_user(AT_FDCWD, put_old,
			       LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (!err) {
		err = do_pivot_root(&to, &old);
		path_put(&old);
	}
	path_put(&to);
	return err;
}

long sys_name_to_handle_at(int dirfd, uaddr path, uaddr handle, uaddr mount_id,
			   int flags)
{
	struct path p;
	long err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_EACCESS))
		return -EINVAL;
	err = path_lookup_user(
		dirfd, path,
		(flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
			(flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
		&p);
	if (err)
		return err;
	path_put(&p);
	return -EOPNOTSUPP;
}
