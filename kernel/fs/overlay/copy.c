// SPDX-License-Identifier: GPL-2.0
/*
 * Copy up: a file, directory, link or node of a lower layer gets its like in
 * the upper one, with owner, mode, times and attributes, after all directories
 * above it have. The new file is made under its name; nobody sees it before
 * the node says so, because names are looked up through the overlay.
 */
#include <abi/xattr.h>
#include "overlay.h"

#define OVL_CHUNK (64u << 10)

static int ovl_copy_data(struct ovl_super *os, struct ovl_node *n,
			 struct dentry *to)
{
	struct path from = { os->lower[n->lower[0].layer].mnt, n->lower[0].d };
	struct path dest = { os->upper.mnt, to };
	struct file *in = file_open_path(&from, O_RDONLY), *out;
	char *buf = kmalloc(OVL_CHUNK);
	ssize_t got = buf ? 1 : -ENOMEM;
	loff_t pos = 0;

	if (IS_ERR(in)) {
		kfree(buf);
		return (int)PTR_ERR(in);
	}
	out = file_open_path(&dest, O_WRONLY);
	if (IS_ERR(out))
		got = PTR_ERR(out);
	while (got > 0) {
		got = file_read_kernel(in, buf, OVL_CHUNK, pos);
		if (got > 0) {
			ssize_t put =
				file_write_kernel(out, buf, (size_t)got, pos);

			got = put < 0 ? put : put < got ? -ENOSPC : put;
			pos += got > 0 ? got : 0;
		}
	}
	file_put(in);
	if (!IS_ERR(out))
		file_put(out);
	kfree(buf);
	return (int)got;
}

/* Extended attributes, as far as both sides have them. */
static void ovl_copy_xattrs(struct inode *from, struct inode *to)
{
	char *list, *val;
	ssize_t n, at = 0, len;

	if (!from->ops->listxattr || !to->ops->setxattr)
		return;
	list = kmalloc(2 * PAGE_SIZE);
	if (!list)
		return;
	val = list + PAGE_SIZE;
	n = from->ops->listxattr(from, list, PAGE_SIZE);
	for (; at < n; at += (ssize_t)strlen(list + at) + 1) {
		len = from->ops->getxattr(from, list + at, val, PAGE_SIZE);
		if (len >= 0 && strncmp(list + at, "trusted.overlay.", 16) &&
		    strncmp(list + at, "system.", 7))
			(void)to->ops->setxattr(to, list + at, val, (size_t)len,
						0);
	}
	kfree(list);
}

static int ovl_copy_attrs(struct inode *from, struct inode *to)
{
	struct iattr a = { .valid = ATTR_FORCE | ATTR_UID | ATTR_GID |
				    ATTR_ATIME | ATTR_MTIME | ATTR_ATIME_SET |
				    ATTR_MTIME_SET };
	struct kstat st;
	int err = 0;

	if (from->ops->getattr)
		err = from->ops->getattr(from, &st);
	else
		inode_fill_stat(from, &st);
	if (err)
		return err;
	a.uid = st.uid;
	a.gid = st.gid;
	a.atime = st.atime;
	a.mtime = st.mtime;
	if (!S_ISLNK(st.mode)) {
		a.valid |= ATTR_MODE;
		a.mode = st.mode & S_IALLUGO;
	}
	mutex_lock(&to->lock);
	ovl_copy_xattrs(from, to);
	err = to->ops->setattr ? to->ops->setattr(to, &a)
			       : inode_setattr_simple(to, &a);
	mutex_unlock(&to->lock);
	return err;
}

/* The like of `from` as d in dir, which is locked. */
static int ovl_copy_make(struct inode *dir, struct dentry *d,
			 struct inode *from)
{
	u32 mode = from->mode;
	char *to;
	ssize_t n;
	int err;

	if (S_ISREG(mode))
		return dir->ops->create(dir, d, S_IFREG | 0600);
	if (S_ISDIR(mode))
		return dir->ops->mkdir(dir, d, S_IFDIR | 0700);
	if (!S_ISLNK(mode))
		return dir->ops->mknod(dir, d, mode, from->rdev);
	if (from->link)
		return dir->ops->symlink(dir, d, from->link);
	to = kmalloc(PATH_MAX);
	if (!to)
		return -ENOMEM;
	n = from->ops->readlink(from, to, PATH_MAX - 1);
	err = n < 0 ? (int)n : 0;
	if (!err) {
		to[n] = 0;
		err = dir->ops->symlink(dir, d, to);
	}
	kfree(to);
	return err;
}

static void ovl_copy_undo(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;
	bool isdir = S_ISDIR(ino->mode);

	mutex_lock(&dir->lock);
	mutex_lock(&ino->lock);
	if (!(isdir ? dir->ops->rmdir : dir->ops->unlink)(dir, d))
		dentry_drop(d);
	mutex_unlock(&ino->lock);
	mutex_unlock(&dir->lock);
}

/* The parent is there. => Caller holds copy_lock. */
static int ovl_copy_one(struct inode *ino, bool with_data)
{
	struct ovl_super *os = ovl_sb(ino->sb);
	struct ovl_node *n = ovl_node(ino);
	struct dentry *up = ovl_upper(n->parent), *low = n->lower[0].d, *d;
	struct inode *dir = up->inode;
	int err = 0;

	mutex_lock(&dir->lock);
	d = dentry_lookup_locked(up, low->name, low->len);
	if (IS_ERR(d))
		err = (int)PTR_ERR(d);
	else if (d->inode)
		err = -EEXIST; /* somebody works on the layer itself */
	else if (!dir->nlink)
		err = -ENOENT;
	else
		err = ovl_copy_make(dir, d, low->inode);
	mutex_unlock(&dir->lock);
	if (!err && with_data && S_ISREG(low->inode->mode))
		err = ovl_copy_data(os, n, d);
	if (!err)
		err = ovl_copy_attrs(low->inode, d->inode);
	if (err) {
		if (!IS_ERR(d)) {
			if (err != -EEXIST && d->inode)
				ovl_copy_undo(dir, d);
			dentry_put(d);
		}
		return err;
	}
	store_release(&n->upper, d);
	ovl_mirror(ino);
	return 0;
}

int ovl_copy_up(struct inode *ino, bool with_data)
{
	struct ovl_super *os = ovl_sb(ino->sb);
	int err = 0;

	if (ovl_upper(ino))
		return 0;
	if (!os->upper.dentry)
		return -EROFS;
	mutex_lock(&os->copy_lock);
	while (!err && !ovl_upper(ino)) {
		struct inode *top = ino;

		while (!ovl_upper(ovl_node(top)->parent))
			top = ovl_node(top)->parent;
		err = ovl_copy_one(top, top == ino ? with_data : true);
	}
	mutex_unlock(&os->copy_lock);
	return err;
}
