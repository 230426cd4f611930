// SPDX-License-Identifier: GPL-2.0
/*
 * devtmpfs: the one tmpfs instance in which drivers make their nodes. Every
 * mount of it shows the same files; guests may change them as in any tmpfs.
 *
 * The standard nodes and links are made here, whether or not the driver has
 * registered: opening a node without one is ENXIO. pts and shm are directories
 * to mount devpts and tmpfs on.
 */
#include <abi/errno.h>
#include <abi/major.h>
#include <abi/mount.h>
#include <kernel/fs.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "tmpfs.h"

static struct super *devtmpfs_sb;

static struct super *devtmpfs_mount(const struct fs_type *t, const char *source,
				    u32 flags, const char *data)
{
	ref_get(&devtmpfs_sb->refs);
	return devtmpfs_sb;
}

static struct fs_type devtmpfs_type = {
	.name = "devtmpfs",
	.nodev = true,
	.mount = devtmpfs_mount,
};

/* One entry. mode says what; `to`: a symlink's text. Takes dir's lock. */
static int devtmpfs_make(struct dentry *dir, const char *name, u32 len,
			 u32 mode, u64 rdev, const char *to)
{
	struct inode *ino = dir->inode;
	struct dentry *d;
	int err;

	mutex_lock(&ino->lock);
	d = dentry_lookup_locked(dir, name, len);
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
		goto out;
	}
	if (d->inode)
		err = -EEXIST;
	else if (to)
		err = ino->ops->symlink(ino, d, to);
	else if (S_ISDIR(mode))
		err = ino->ops->mkdir(ino, d, mode);
	else
		err = ino->ops->mknod(ino, d, mode, rdev);
	if (!err)
		d->inode->uid = d->inode->gid = 0;
	dentry_put(d);
out:
	mutex_unlock(&ino->lock);
	return err;
}

/* The directory of the last component of name. => with a reference, ERR_PTR */
static struct dentry *devtmpfs_parent(const char *name, const char **last,
				      bool create)
{
	struct dentry *dir = devtmpfs_sb->root, *d;
	const char *slash;
	int err;

	dentry_get(dir);
	while ((slash = strchr(name, '/'))) {
		u32 len = (u32)(slash - name);

		if (create) {
			err = devtmpfs_make(dir, name, len, S_IFDIR | 0755, 0,
					    NULL);
			if (err && err != -EEXIST) {
				dentry_put(dir);
				return ERR_PTR(err);
			}
		}
		mutex_lock(&dir->inode->lock);
		d = dentry_lookup_locked(dir, name, len);
		mutex_unlock(&dir->inode->lock);
		dentry_put(dir);
		if (IS_ERR(d))
			return d;
		if (!d->inode || !S_ISDIR(d->inode->mode)) {
			dentry_put(d);
			return ERR_PTR(-ENOENT);
		}
		dir = d;
		name = slash + 1;
	}
	*last = name;
	return dir;
}

int devtmpfs_add(const char *name, u32 mode, u64 rdev)
{
	const char *last;
	struct dentry *dir = devtmpfs_parent(name, &last, true);
	int err;

	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	err = devtmpfs_make(dir, last, (u32)strlen(last), mode, rdev, NULL);
	dentry_put(dir);
	return err == -EEXIST ? 0 : err;
}

/* A symlink; one that is there already is replaced. */
int devtmpfs_link(const char *name, const char *to)
{
	const char *last;
	struct dentry *dir;
	int err;

	devtmpfs_remove(name);
	dir = devtmpfs_parent(name, &last, true);
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	err = devtmpfs_make(dir, last, (u32)strlen(last), S_IFLNK, 0, to);
	dentry_put(dir);
	return err;
}

int devtmpfs_remove(const char *name)
{
	const char *last;
	struct dentry *dir = devtmpfs_parent(name, &last, false), *d;
	struct inode *ino;
	int err;

	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	ino = dir->inode;
	mutex_lock(&ino->lock);
	d = dentry_lookup_locked(dir, last, (u32)strlen(last));
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
		goto out;
	}
	if (!d->inode)
		err = -ENOENT;
	else if (S_ISDIR(d->inode->mode))
		err = tmpfs_rmdir(ino, d);
	else
		err = tmpfs_unlink(ino, d);
	if (!err)
		dentry_drop(d);
	dentry_put(d);
out:
	mutex_unlock(&ino->lock);
	dentry_put(dir);
	return err;
}

static const struct {
	const char *name;
	u32 mode;
	u64 rdev;
	const char *to;
} devtmpfs_standard[] = {
	{ "null", S_IFCHR | 0666, MKDEV(MEM_MAJOR, 3), NULL },
	{ "zero", S_IFCHR | 0666, MKDEV(MEM_MAJOR, 5), NULL },
	{ "full", S_IFCHR | 0666, MKDEV(MEM_MAJOR, 7), NULL },
	{ "random", S_IFCHR | 0666, MKDEV(MEM_MAJOR, 8), NULL },
	{ "urandom", S_IFCHR | 0666, MKDEV(MEM_MAJOR, 9), NULL },
	{ "kmsg", S_IFCHR | 0644, MKDEV(MEM_MAJOR, 11), NULL },
	{ "tty", S_IFCHR | 0666, MKDEV(TTYAUX_MAJOR, 0), NULL },
	{ "console", S_IFCHR | 0600, MKDEV(TTYAUX_MAJOR, 1), NULL },
	{ "ptmx", S_IFCHR | 0666, MKDEV(TTYAUX_MAJOR, 2), NULL },
	{ "pts", S_IFDIR | 0755, 0, NULL },
	{ "shm", S_IFDIR | 01777, 0, NULL },
	{ "fd", S_IFLNK, 0, "/proc/self/fd" },
	{ "stdin", S_IFLNK, 0, "/proc/self/fd/0" },
	{ "stdout", S_IFLNK, 0, "/proc/self/fd/1" },
	{ "stderr", S_IFLNK, 0, "/proc/self/fd/2" },
};

void devtmpfs_init(void)
{
	devtmpfs_sb = tmpfs_super_new(&devtmpfs_type, MS_KERNMOUNT,
				      "mode=755,uid=0,gid=0");
	if (IS_ERR(devtmpfs_sb))
		panic("devtmpfs: cannot be made");
	for (u32 i = 0; i < ARRAY_SIZE(devtmpfs_standard); i++)
		devtmpfs_make(devtmpfs_sb->root, devtmpfs_standard[i].name,
			      (u32)strlen(devtmpfs_standard[i].name),
			      devtmpfs_standard[i].mode,
			      devtmpfs_standard[i].rdev,
			      devtmpfs_standard[i].to);
	fs_register(&devtmpfs_type);
}
