// SPDX-License-Identifier: GPL-2.0
/*
 * mount(2), umount2(2), pivot_root(2): strings in, kernel/vfs/mount.c does the
 * rest. Also handles: name_to_handle_at(2), open_by_handle_at(2).
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
	return WITH_PATH(
		name, target, ({
			struct path p;
			long err =
				path_lookup(AT_FDCWD, name, LOOKUP_FOLLOW, &p);

			/* the place is looked at before the right */
			if (!err) {
				path_put(&p);
				err = mount_may() ? do_mount(source, name, type,
							     flags, data)
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

/* --- Handles --- */

#define HANDLE_MAX	      128u
#define HANDLE_BYTES	      12u
#define HANDLE_INVALID	      255
#define HANDLE_TYPE	      1
#define HANDLE_INO	      0x81
#define AT_HANDLE_FID	      0x200
#define AT_HANDLE_MNT_UNIQUE  0x001
#define AT_HANDLE_CONNECTABLE 0x002

struct file_handle {
	u32 bytes;
	s32 type;
};

static long handle_make(const struct path *p, int flags, struct file_handle *fh,
			u32 h[3])
{
	const struct super_ops *ops = p->dentry->sb->ops;
	struct inode *ino = p->dentry->inode;
	bool has = ops && ops->encode_handle;
	u32 room = fh->bytes;

	if (!has && !(flags & AT_HANDLE_FID))
		return -EOPNOTSUPP;
	fh->bytes = HANDLE_BYTES;
	fh->type = HANDLE_INVALID;
	if (room < HANDLE_BYTES)
		return -EOVERFLOW;
	fh->type = has ? HANDLE_TYPE : HANDLE_INO;
	if (has)
		return ops->encode_handle(p->dentry, h);
	h[0] = (u32)ino->ino; /* enough to tell files apart */
	h[1] = (u32)(ino->ino >> 32);
	h[2] = 0;
	return 0;
}

long sys_name_to_handle_at(int dirfd, uaddr path, uaddr handle, uaddr mount_id,
			   int flags)
{
	struct file_handle fh;
	u32 h[3] = { 0 };
	struct path p;
	long err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_HANDLE_FID |
		      AT_HANDLE_MNT_UNIQUE | AT_HANDLE_CONNECTABLE))
		return -EINVAL;
	if ((flags & (AT_HANDLE_FID | AT_HANDLE_CONNECTABLE)) ==
	    (AT_HANDLE_FID | AT_HANDLE_CONNECTABLE))
		return -EINVAL;
	err = path_lookup_user(
		dirfd, path,
		(flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
			(flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
		&p);
	if (err)
		return err;
	if (copy_from_user(&fh, handle, sizeof(fh)))
		err = -EFAULT;
	else if (fh.bytes > HANDLE_MAX)
		err = -EINVAL;
	else
		err = handle_make(&p, flags, &fh, h);
	if (!err || err == -EOVERFLOW) {
		u64 id = flags & AT_HANDLE_MNT_UNIQUE ? mount_unique_id(p.mnt)
						      : p.mnt->id;

		if (copy_to_user(mount_id, &id,
				 flags & AT_HANDLE_MNT_UNIQUE ? 8 : 4) ||
		    copy_to_user(handle, &fh, sizeof(fh)) ||
		    (!err &&
		     copy_to_user(uadd(handle, sizeof(fh)), h, sizeof(h))))
			err = -EFAULT;
	}
	path_put(&p);
	return err;
}

static long handle_open(const struct path *at, const u32 h[3], int flags)
{
	const struct super_ops *ops = at->dentry->sb->ops;
	struct path p = *at;
	struct file *f;
	int fd;

	if (!ops || !ops->decode_handle)
		return -ESTALE;
	p.dentry = ops->decode_handle(at->dentry->sb, h);
	if (IS_ERR(p.dentry))
		return PTR_ERR(p.dentry);
	f = file_open_at(&p, flags);
	dentry_put(p.dentry);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_new(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_open_by_handle_at(int mount_fd, uaddr handle, int flags)
{
	struct file_handle fh;
	u32 h[3] = { 0 };
	struct path at;
	struct fd_ref r;
	long err;

	if (copy_from_user(&fh, handle, sizeof(fh)))
		return -EFAULT;
	if (!fh.bytes || fh.bytes > HANDLE_MAX)
		return -EINVAL;
	if (mount_fd == AT_FDCWD) {
		fs_get_cwd(&at);
	} else {
		r = fd_ref_get(mount_fd);
		if (!r.file)
			return -EBADF;
		at = r.file->path;
		path_get(&at);
		fd_ref_put(r);
	}
	if (!capable(CAP_DAC_READ_SEARCH))
		err = -EPERM;
	else if (copy_from_user(h, uadd(handle, sizeof(fh)),
				min(fh.bytes, HANDLE_BYTES)))
		err = -EFAULT;
	else if (fh.bytes < HANDLE_BYTES || fh.type != HANDLE_TYPE)
		err = -ESTALE;
	else
		err = handle_open(&at, h, flags | O_LARGEFILE);
	path_put(&at);
	return err;
}
