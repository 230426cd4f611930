// SPDX-License-Identifier: GPL-2.0
/*
 * overlayfs: several directories seen as one, of which only the upper one is
 * written to: Linux's Documentation/filesystems/overlayfs.rst, with the same
 * options, the same whiteouts (character device 0:0) and the same mark of
 * opaque directories (trusted.overlay.opaque), so that layers can be carried
 * from one to the other.
 *
 *	super.c	  mount, inodes, attributes
 *	dir.c	  lookup, listing, making and removing names
 *	copy.c	  copy up: what is in a lower layer comes to the upper one
 *		  before it changes
 *
 * An inode of the overlay has the real files it stands for (struct ovl_node)
 * and mirrors their attributes for the path walk. A regular file that is opened
 * is the real file: file->inode is the real one, file->path the name in the
 * overlay, so that reading, mapping and running cost what they cost there. Who
 * opened a file for reading before it was copied up keeps seeing the old one,
 * as on Linux with shared mappings.
 *
 * A thing that is in a lower layer only has there the name that it has in the
 * overlay: directories of lower layers cannot be renamed (EXDEV, as on Linux
 * without redirect_dir), other files are copied up first.
 *
 * Locks: an inode of the overlay before the real ones; copy_lock between them.
 * Not here: redirect_dir, metacopy, index, O_TMPFILE, access lists of the
 * overlay's own.
 */
#include <abi/mount.h>
#include <abi/statfs.h>
#include <abi/xattr.h>
#include <kernel/fs.h>
#include <kernel/printk.h>
#include "overlay.h"

#define OVERLAYFS_MAGIC 0x794c7630u
#define OVL_PREFIX	"trusted.overlay."
#define OVL_OPAQUE	"trusted.overlay.opaque"

static const struct inode_ops ovl_file_iops, ovl_link_iops, ovl_special_iops;

/* --- Nodes and inodes --- */

struct ovl_node *ovl_node_alloc(u32 nlower)
{
	struct ovl_node *n = kzalloc(sizeof(*n) + nlower * sizeof(n->lower[0]));

	if (n)
		n->nlower = nlower;
	return n;
}

void ovl_node_free(struct ovl_node *n)
{
	if (n->upper)
		dentry_put(n->upper);
	for (u32 i = 0; i < n->nlower; i++)
		if (n->lower[i].d)
			dentry_put(n->lower[i].d);
	if (n->parent)
		inode_put(n->parent);
	kfree(n);
}

void ovl_mirror(struct inode *ino)
{
	struct inode *real = ovl_real(ino)->inode;

	ino->uid = real->uid;
	ino->gid = real->gid;
	WRITE_ONCE(ino->mode, real->mode);
	ino->size = real->size;
	ino->atime = real->atime;
	ino->mtime = real->mtime;
	ino->ctime = real->ctime;
	ino->btime = real->btime;
	ino->attrs = real->attrs;
	if (!S_ISDIR(real->mode))
		ino->nlink = real->nlink;
}

/* Takes over n, in any case. => NULL: no memory */
struct inode *ovl_inode(struct super *sb, struct ovl_node *n)
{
	struct inode *real = (n->upper ? n->upper : n->lower[0].d)->inode;
	struct inode *ino = inode_alloc(sb, real->mode);

	if (!ino) {
		ovl_node_free(n);
		return NULL;
	}
	ino->priv = n;
	ino->rdev = real->rdev;
	/* layers number their files independently */
	ino->ino = real->ino ^
		   (n->upper ? 0 : (u64)(n->lower[0].layer + 1) << 48);
	if (S_ISDIR(real->mode)) {
		ino->ops = &ovl_dir_iops;
		ino->fops = &ovl_dir_fops;
		ino->nlink = 2;
	} else if (S_ISREG(real->mode)) {
		ino->ops = &ovl_file_iops;
	} else if (S_ISLNK(real->mode)) {
		ino->ops = &ovl_link_iops;
	} else {
		ino->ops = &ovl_special_iops;
		inode_init_special(ino, real->mode, real->rdev);
	}
	ovl_mirror(ino);
	return ino;
}

static void ovl_evict(struct inode *ino)
{
	if (ino->priv)
		ovl_node_free(ino->priv);
	ino->priv = NULL;
}

bool ovl_is_whiteout(const struct inode *ino)
{
	return S_ISCHR(ino->mode) && ino->rdev == 0;
}

struct dentry *ovl_lookup_real(struct dentry *dir, const char *name, u32 len)
{
	struct dentry *d;

	mutex_lock(&dir->inode->lock);
	d = dentry_lookup_locked(dir, name, len);
	mutex_unlock(&dir->inode->lock);
	return d;
}

bool ovl_is_opaque(struct dentry *d)
{
	const struct inode_ops *ops = d->inode->ops;
	char v = 0;

	return ops->getxattr &&
	       ops->getxattr(d->inode, OVL_OPAQUE, &v, 1) == 1 && v == 'y';
}

int ovl_set_opaque(struct dentry *d)
{
	struct inode *ino = d->inode;
	int err = -EOPNOTSUPP;

	mutex_lock(&ino->lock);
	if (ino->ops->setxattr)
		err = ino->ops->setxattr(ino, OVL_OPAQUE, "y", 1, 0);
	mutex_unlock(&ino->lock);
	return err;
}

/* --- Attributes --- */

int ovl_getattr(struct inode *ino, struct kstat *st)
{
	struct inode *real = ovl_real(ino)->inode;
	int err = 0;

	if (real->ops->getattr)
		err = real->ops->getattr(real, st);
	else
		inode_fill_stat(real, st);
	if (err)
		return err;
	ovl_mirror(ino);
	st->ino = ino->ino;
	st->dev = ino->sb->dev;
	st->rdev = ino->rdev;
	if (S_ISDIR(ino->mode))
		st->nlink = ino->nlink ? 1 : 0;
	return 0;
}

int ovl_setattr(struct inode *ino, const struct iattr *a)
{
	bool cut = (a->valid & ATTR_SIZE) && !a->size;
	struct inode *up;
	int err = ovl_copy_up(ino, !cut);

	if (err)
		return err;
	up = ovl_upper(ino)->inode;
	mutex_lock(&up->lock);
	err = up->ops->setattr ? up->ops->setattr(up, a)
			       : inode_setattr_simple(up, a);
	mutex_unlock(&up->lock);
	ovl_mirror(ino);
	return err;
}

static bool ovl_private(const char *name)
{
	return !strncmp(name, OVL_PREFIX, sizeof(OVL_PREFIX) - 1);
}

ssize_t ovl_getxattr(struct inode *ino, const char *name, void *buf, size_t n)
{
	struct inode *real = ovl_real(ino)->inode;

	if (!real->ops->getxattr)
		return -EOPNOTSUPP;
	return ovl_private(name) ? -ENODATA
				 : real->ops->getxattr(real, name, buf, n);
}

int ovl_setxattr(struct inode *ino, const char *name, const void *val, size_t n,
		 int flags)
{
	struct inode *up;
	int err = ovl_private(name) ? -EPERM : ovl_copy_up(ino, true);

	if (err)
		return err;
	up = ovl_upper(ino)->inode;
	if (!up->ops->setxattr)
		return -EOPNOTSUPP;
	mutex_lock(&up->lock);
	err = up->ops->setxattr(up, name, val, n, flags);
	mutex_unlock(&up->lock);
	return err;
}

int ovl_removexattr(struct inode *ino, const char *name)
{
	struct inode *up;
	int err = ovl_private(name) ? -EPERM : ovl_copy_up(ino, true);

	if (err)
		return err;
	up = ovl_upper(ino)->inode;
	if (!up->ops->removexattr)
		return -EOPNOTSUPP;
	mutex_lock(&up->lock);
	err = up->ops->removexattr(up, name);
	mutex_unlock(&up->lock);
	return err;
}

ssize_t ovl_listxattr(struct inode *ino, char *buf, size_t n)
{
	struct inode *real = ovl_real(ino)->inode;
	ssize_t all, at = 0, len;

	if (!real->ops->listxattr)
		return 0;
	all = real->ops->listxattr(real, buf, n);
	if (all <= 0 || !n)
		return all;
	while (at < all) { /* ours are nobody's business */
		len = (ssize_t)strlen(buf + at) + 1;
		if (ovl_private(buf + at)) {
			memmove(buf + at, buf + at + len,
				(size_t)(all - at - len));
			all -= len;
		} else {
			at += len;
		}
	}
	return all;
}

static ssize_t ovl_readlink(struct inode *ino, char *buf, size_t size)
{
	struct inode *real = ovl_real(ino)->inode;

	if (real->link)
		return (ssize_t)min(strlcpy(buf, real->link, size), size - 1);
	return real->ops->readlink ? real->ops->readlink(real, buf, size)
				   : -EINVAL;
}

/* The file that an open is really of. */
static int ovl_open_real(struct inode *ino, int flags, struct inode **real)
{
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC)) {
		int err = ovl_copy_up(ino, !(flags & O_TRUNC));

		if (err)
			return err;
	}
	*real = ovl_real(ino)->inode;
	return 0;
}

#define OVL_IOPS                                            \
	.getattr = ovl_getattr, .setattr = ovl_setattr,     \
	.getxattr = ovl_getxattr, .setxattr = ovl_setxattr, \
	.listxattr = ovl_listxattr, .removexattr = ovl_removexattr

static const struct inode_ops ovl_file_iops = {
	OVL_IOPS,
	.open_real = ovl_open_real,
};
static const struct inode_ops ovl_link_iops = {
	OVL_IOPS,
	.readlink = ovl_readlink,
};
static const struct inode_ops ovl_special_iops = {
	OVL_IOPS,
};

/* --- Mounting --- */

static void ovl_super_free(struct ovl_super *os)
{
	path_put(&os->upper);
	path_put(&os->work);
	for (u32 i = 0; i < os->nlower; i++)
		path_put(&os->lower[i]);
	kfree(os->options);
	kfree(os);
}

static int ovl_dir_option(const char *name, struct path *p)
{
	if (p->dentry)
		return -EINVAL;
	return path_lookup(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, p);
}

/* Layers, separated by colons; a backslash before one makes it a letter. */
static int ovl_lower_option(struct ovl_super *os, char *s)
{
	for (;;) {
		char *from = s, *to = s;
		bool end;
		int err;

		while (*s && *s != ':') {
			if (*s == '\\' && s[1])
				s++;
			*to++ = *s++;
		}
		end = !*s;
		s++;
		*to = 0;
		if (!*from || os->nlower == OVL_LAYERS)
			return -EINVAL;
		err = ovl_dir_option(from, &os->lower[os->nlower]);
		if (err)
			return err;
		os->nlower++;
		if (end)
			return 0;
	}
}

static int ovl_option(struct ovl_super *os, char *key, char *val)
{
	static const char *const ignored[] = {
		"index",      "metacopy", "redirect_dir", "xino",
		"nfs_export", "uuid",	  "volatile",	  "verity",
	};

	if (!strcmp(key, "lowerdir"))
		return val && !os->nlower ? ovl_lower_option(os, val) : -EINVAL;
	if (!strcmp(key, "lowerdir+")) {
		int err = !val || os->nlower == OVL_LAYERS
				  ? -EINVAL
				  : ovl_dir_option(val, &os->lower[os->nlower]);

		os->nlower += !err;
		return err;
	}
	if (!strcmp(key, "upperdir"))
		return val ? ovl_dir_option(val, &os->upper) : -EINVAL;
	if (!strcmp(key, "workdir"))
		return val ? ovl_dir_option(val, &os->work) : -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(ignored); i++)
		if (!strcmp(key, ignored[i]))
			return 0;
	return -EINVAL;
}

static int ovl_options(struct ovl_super *os, char *s)
{
	char *key, *val;
	int err = 0;

	while (!err && (key = mount_option_next(&s, &val)))
		if (*key)
			err = ovl_option(os, key, val);
	return err;
}

static int ovl_check(struct ovl_super *os)
{
	if (!os->nlower)
		return -EINVAL;
	if (!os->upper.dentry)
		return os->work.dentry ? 0 : os->nlower < 2 ? -EINVAL : 0;
	if (!os->work.dentry || os->work.mnt != os->upper.mnt ||
	    os->work.dentry == os->upper.dentry)
		return -EINVAL;
	if (path_want_write(&os->upper) || !os->upper.dentry->inode->ops->mknod)
		return -EINVAL;
	return 0;
}

static const struct super_ops ovl_super_ops;

static struct super *ovl_super_make(const struct fs_type *t, u32 flags,
				    struct ovl_super *os)
{
	struct ovl_node *n = ovl_node_alloc(os->nlower);
	struct super *sb = n ? super_alloc(t) : NULL;
	struct inode *root;

	if (!sb) {
		kfree(n);
		ovl_super_free(os);
		return ERR_PTR(-ENOMEM);
	}
	sb->ops = &ovl_super_ops;
	sb->magic = OVERLAYFS_MAGIC;
	sb->flags = flags | (os->upper.dentry ? 0 : MS_RDONLY);
	sb->priv = os;
	if (os->upper.dentry) {
		dentry_get(os->upper.dentry);
		n->upper = os->upper.dentry;
	}
	for (u32 i = 0; i < os->nlower; i++) {
		dentry_get(os->lower[i].dentry);
		n->lower[i].d = os->lower[i].dentry;
		n->lower[i].layer = i;
	}
	root = ovl_inode(sb, n);
	if (root)
		sb->root = dentry_alloc_root(sb, root);
	if (sb->root)
		return sb;
	if (root)
		inode_put(root);
	super_put(sb);
	return ERR_PTR(-ENOMEM);
}

static struct super *ovl_mount(const struct fs_type *t, const char *source,
			       u32 flags, const char *data)
{
	struct ovl_super *os = kzalloc(sizeof(*os));
	char *copy = kstrdup(data ? data : "");
	int err = -ENOMEM;

	if (os && copy) {
		mutex_init(&os->copy_lock);
		os->options = kstrdup(data ? data : "");
		err = ovl_options(os, copy);
		if (!err)
			err = ovl_check(os);
	}
	kfree(copy);
	if (!err)
		return ovl_super_make(t, flags, os);
	if (os)
		ovl_super_free(os);
	return ERR_PTR(err);
}

static void ovl_kill(struct super *sb)
{
	ovl_super_free(sb->priv);
	sb->priv = NULL;
}

static int ovl_statfs(struct super *sb, struct statfs_k *st)
{
	struct ovl_super *os = ovl_sb(sb);
	struct super *real =
		(os->upper.dentry ? &os->upper : &os->lower[0])->dentry->sb;
	int err = 0;

	if (real->ops && real->ops->statfs)
		err = real->ops->statfs(real, st);
	st->type = OVERLAYFS_MAGIC;
	st->fsid = sb->dev;
	return err;
}

static int ovl_show_options(struct super *sb, char *buf, size_t n)
{
	const char *o = ovl_sb(sb)->options;

	if (n)
		buf[0] = 0;
	return o && *o ? snprintf(buf, n, ",%s", o) : 0;
}

static const struct super_ops ovl_super_ops = {
	.evict = ovl_evict,
	.kill = ovl_kill,
	.statfs = ovl_statfs,
	.show_options = ovl_show_options,
};

static struct fs_type ovl_type = {
	.name = "overlay",
	.nodev = true,
	.mount = ovl_mount,
};

void overlay_init(void)
{
	fs_register(&ovl_type);
}
