// SPDX-License-Identifier: GPL-2.0
/*
 * initramfs: cpio archives in the "newc" format (with or without check sums),
 * unpacked into the root file system at boot.
 *
 * The monitor has put the bytes into the pool. They may be several archives
 * one after another, each plain or a gzip file, with zeros between. An entry is
 * a header of hexadecimal numbers, a name and the data, the last two padded to
 * four bytes; an entry named TRAILER!!! ends an archive. Files with the same
 * inode number and several links are hard links; whichever of them carries data
 * gives it to all.
 *
 * Nothing in an archive is trusted: every length is compared with what is left
 * before it is used, names may not lead upwards, and what cannot be made is an
 * error of the whole. Later entries replace earlier ones.
 */
#include <kernel/types.h>
#include <abi/errno.h>
#include <hostapi/boot.h>
#include <hostapi/host.h>
#include <kernel/fs.h>
#include <kernel/inflate.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vfs.h>

#define CPIO_HEADER	  110u
#define CPIO_TRAILER	  "TRAILER!!!"
#define CPIO_BUCKETS	  64u
#define CPIO_UNPACKED_MAX (4ull << 30)

enum cpio_field {
	CPIO_INO,
	CPIO_MODE,
	CPIO_UID,
	CPIO_GID,
	CPIO_NLINK,
	CPIO_MTIME,
	CPIO_SIZE,
	CPIO_MAJOR,
	CPIO_MINOR,
	CPIO_RMAJOR,
	CPIO_RMINOR,
	CPIO_NAMESIZE,
	CPIO_CHECK,
	CPIO_FIELDS,
};

struct cpio_link {
	struct cpio_link *next;
	u32 ino, major, minor;
	struct inode *inode; /* reference */
};

struct cpio {
	const u8 *p;
	size_t left;
	struct dentry *root;
	/* the entry at hand */
	u32 f[CPIO_FIELDS];
	char name[PATH_MAX];
	const u8 *data;
	struct cpio_link *links[CPIO_BUCKETS];
};

/* --- the archive --- */

static int cpio_hex(const u8 *p, u32 *out)
{
	u32 v = 0;

	for (u32 i = 0; i < 8; i++) {
		u32 c = p[i], d = c | 0x20;

		if (c >= '0' && c <= '9')
			c -= '0';
		else if (d >= 'a' && d <= 'f')
			c = d - 'a' + 10;
		else
			return -EINVAL;
		v = v << 4 | c;
	}
	*out = v;
	return 0;
}

/* Take n bytes and what pads `total` to four. => NULL: there are not so many */
static const u8 *cpio_take(struct cpio *c, size_t n, size_t total)
{
	const u8 *p = c->p;
	size_t pad = -total & 3;

	if (n > c->left)
		return NULL;
	pad = min(pad, c->left - n);
	c->p += n + pad;
	c->left -= n + pad;
	return p;
}

static int cpio_next(struct cpio *c)
{
	const u8 *h, *name;
	u32 n;

	if (c->left < CPIO_HEADER)
		return -EINVAL;
	h = c->p;
	if (memcmp(h, "070701", 6) && memcmp(h, "070702", 6))
		return -EINVAL;
	for (u32 i = 0; i < CPIO_FIELDS; i++)
		if (cpio_hex(h + 6 + 8 * i, &c->f[i]))
			return -EINVAL;
	c->p += CPIO_HEADER;
	c->left -= CPIO_HEADER;
	n = c->f[CPIO_NAMESIZE];
	if (!n || n > PATH_MAX)
		return -EINVAL;
	name = cpio_take(c, n, CPIO_HEADER + (size_t)n);
	if (!name || name[n - 1])
		return -EINVAL;
	memcpy(c->name, name, n);
	c->data = cpio_take(c, c->f[CPIO_SIZE], c->f[CPIO_SIZE]);
	return c->data ? 0 : -EINVAL;
}

/* --- the tree --- */

/* The child, which is made if mode != 0. => dentry with a reference, ERR_PTR */
static struct dentry *cpio_child(struct dentry *dir, const char *name, u32 len,
				 u32 make_mode)
{
	struct inode *ino = dir->inode;
	struct dentry *d;
	int err = 0;

	if (!S_ISDIR(ino->mode))
		return ERR_PTR(-ENOTDIR);
	mutex_lock(&ino->lock);
	d = dentry_lookup_locked(dir, name, len);
	if (!IS_ERR(d) && !d->inode && make_mode) {
		err = ino->ops->mkdir ? ino->ops->mkdir(ino, d, make_mode)
				      : -EPERM;
		if (err) {
			dentry_put(d);
			d = ERR_PTR(err);
		}
	}
	mutex_unlock(&ino->lock);
	return d;
}

/*
 * The directory of the entry's name, made where it is missing.
 * => with a reference and *last (empty: the root itself), or ERR_PTR
 */
static struct dentry *cpio_parent(struct cpio *c, const char **last, u32 *len)
{
	struct dentry *dir = c->root, *d;
	const char *s = c->name;

	dentry_get(dir);
	*len = 0;
	for (;;) {
		const char *end;

		while (*s == '/')
			s++;
		end = strchr(s, '/');
		if (!end)
			end = s + strlen(s);
		if (end == s)
			return dir; /* a slash at the end changes nothing */
		if (end - s == 2 && s[0] == '.' && s[1] == '.')
			goto bad;
		if (end - s == 1 && s[0] == '.') {
			s = end;
			continue;
		}
		if (end - s > NAME_MAX)
			goto bad;
		if (*len) {
			d = cpio_child(dir, *last, *len, 0755);
			dentry_put(dir);
			if (IS_ERR(d))
				return d;
			dir = d;
		}
		*last = s;
		*len = (u32)(end - s);
		s = end;
	}
bad:
	dentry_put(dir);
	return ERR_PTR(-EINVAL);
}

static struct cpio_link **cpio_link_bucket(struct cpio *c)
{
	return &c->links[(c->f[CPIO_INO] ^ c->f[CPIO_MINOR]) % CPIO_BUCKETS];
}

static struct inode *cpio_link_find(struct cpio *c)
{
	struct cpio_link *l = *cpio_link_bucket(c);

	for (; l; l = l->next)
		if (l->ino == c->f[CPIO_INO] && l->major == c->f[CPIO_MAJOR] &&
		    l->minor == c->f[CPIO_MINOR])
			return l->inode;
	return NULL;
}

static int cpio_link_remember(struct cpio *c, struct inode *ino)
{
	struct cpio_link *l = kmalloc(sizeof(*l));
	struct cpio_link **b = cpio_link_bucket(c);

	if (!l)
		return -ENOMEM;
	l->ino = c->f[CPIO_INO];
	l->major = c->f[CPIO_MAJOR];
	l->minor = c->f[CPIO_MINOR];
	inode_get(ino);
	l->inode = ino;
	l->next = *b;
	*b = l;
	return 0;
}

static void cpio_links_forget(struct cpio *c)
{
	for (u32 i = 0; i < CPIO_BUCKETS; i++) {
		struct cpio_link *l;

		while ((l = c->links[i])) {
			c->links[i] = l->next;
			inode_put(l->inode);
			kfree(l);
		}
	}
}

/* Remove what is in the way. => 0 with a negative d, or an error */
static int cpio_clear_way(struct inode *dir, struct dentry *parent,
			  struct dentry **d, const char *name, u32 len)
{
	int err = -EPERM;

	if (S_ISDIR((*d)->inode->mode)) {
		if (dir->ops->rmdir)
			err = dir->ops->rmdir(dir, *d);
	} else if (dir->ops->unlink) {
		err = dir->ops->unlink(dir, *d);
	}
	if (err)
		return err;
	dentry_drop(*d);
	dentry_put(*d);
	*d = dentry_lookup_locked(parent, name, len);
	return IS_ERR(*d) ? (int)PTR_ERR(*d) : 0;
}

static int cpio_make_symlink(struct cpio *c, struct inode *dir,
			     struct dentry *d)
{
	u32 n = c->f[CPIO_SIZE];
	char *to;
	int err;

	if (!n || n >= PATH_MAX || memchr(c->data, 0, n))
		return -EINVAL;
	to = kstrndup((const char *)c->data, n);
	if (!to)
		return -ENOMEM;
	err = dir->ops->symlink(dir, d, to);
	kfree(to);
	return err;
}

static int cpio_make_node(struct cpio *c, struct inode *dir, struct dentry *d)
{
	u32 mode = c->f[CPIO_MODE];
	struct inode *old;
	int err;

	switch (mode & S_IFMT) {
	case S_IFDIR:
		return dir->ops->mkdir(dir, d, mode & S_IALLUGO);
	case S_IFLNK:
		return cpio_make_symlink(c, dir, d);
	case S_IFREG:
		if (c->f[CPIO_NLINK] < 2)
			return dir->ops->create(dir, d, mode & S_IALLUGO);
		old = cpio_link_find(c);
		if (old)
			return dir->ops->link(old, dir, d);
		err = dir->ops->create(dir, d, mode & S_IALLUGO);
		return err ? err : cpio_link_remember(c, d->inode);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return dir->ops->mknod(
			dir, d, mode,
			MKDEV(c->f[CPIO_RMAJOR], c->f[CPIO_RMINOR]));
	}
	return -EINVAL;
}

static int cpio_write(struct cpio *c, struct inode *ino)
{
	u32 n = c->f[CPIO_SIZE];
	struct iov_iter it;
	ssize_t r;

	iov_iter_kbuf(&it, (void *)c->data, n);
	mutex_lock(&ino->lock);
	r = mapping_write_iter(&ino->mapping, &it, 0);
	mutex_unlock(&ino->lock);
	if (r < 0)
		return (int)r;
	return (u32)r == n ? 0 : -ENOSPC;
}

static void cpio_set_attrs(struct cpio *c, struct inode *ino)
{
	ino->mode = (ino->mode & S_IFMT) | (c->f[CPIO_MODE] & S_IALLUGO);
	ino->uid = c->f[CPIO_UID];
	ino->gid = c->f[CPIO_GID];
	ino->mtime = (struct timespec_k){ c->f[CPIO_MTIME], 0 };
}

static int cpio_make(struct cpio *c)
{
	const char *last = NULL;
	struct dentry *parent, *d;
	struct inode *dir, *ino;
	int err = 0;
	u32 len;

	parent = cpio_parent(c, &last, &len);
	if (IS_ERR(parent))
		return (int)PTR_ERR(parent);
	dir = parent->inode;
	if (!len) { /* the root's own attributes */
		if (S_ISDIR(c->f[CPIO_MODE]))
			cpio_set_attrs(c, dir);
		dentry_put(parent);
		return 0;
	}
	d = cpio_child(parent, last, len, 0);
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
		goto out;
	}
	mutex_lock(&dir->lock);
	if (d->inode && !(S_ISDIR(d->inode->mode) && S_ISDIR(c->f[CPIO_MODE])))
		err = cpio_clear_way(dir, parent, &d, last, len);
	if (!err && !d->inode)
		err = cpio_make_node(c, dir, d);
	mutex_unlock(&dir->lock);
	if (!err) {
		ino = d->inode;
		if (S_ISREG(ino->mode) && c->f[CPIO_SIZE])
			err = cpio_write(c, ino);
		cpio_set_attrs(c, ino);
	}
	if (!IS_ERR(d))
		dentry_put(d);
out:
	dentry_put(parent);
	return err;
}

/* One archive. => bytes used, or -errno */
static ssize_t cpio_unpack(const u8 *p, size_t n, struct dentry *root)
{
	struct cpio *c = kzalloc(sizeof(*c));
	ssize_t ret;
	int err;

	if (!c)
		return -ENOMEM;
	c->p = p;
	c->left = n;
	c->root = root;
	for (;;) {
		err = cpio_next(c);
		if (err || !strcmp(c->name, CPIO_TRAILER))
			break;
		err = cpio_make(c);
		if (err) {
			printk(KERN_ERR "initramfs: %s: error %d\n", c->name,
			       -err);
			break;
		}
	}
	cpio_links_forget(c);
	ret = err ? err : (ssize_t)(n - c->left);
	kfree(c);
	return ret;
}

/* --- archives in a row --- */

static int initramfs_unpack_at(const u8 *p, size_t n, struct dentry *root,
			       bool packed_ok);

static ssize_t initramfs_gunzip(const u8 *p, size_t n, struct dentry *root)
{
	s64 win = pool_window_alloc(CPIO_UNPACKED_MAX);
	size_t used = 0;
	ssize_t len;
	int err;

	if (win < 0)
		return win;
	len = gzip_inflate(p, n, host_pool_ptr((u64)win), CPIO_UNPACKED_MAX,
			   &used);
	err = len < 0 ? (int)len
		      : initramfs_unpack_at(host_pool_ptr((u64)win),
					    (size_t)len, root, false);
	pool_window_free((u64)win, CPIO_UNPACKED_MAX);
	return err ? err : (ssize_t)used;
}

static int initramfs_unpack_at(const u8 *p, size_t n, struct dentry *root,
			       bool packed_ok)
{
	while (n) {
		ssize_t used;

		if (!*p) { /* padding */
			p++;
			n--;
			continue;
		}
		if (packed_ok && n > 2 && p[0] == 0x1f && p[1] == 0x8b)
			used = initramfs_gunzip(p, n, root);
		else
			used = cpio_unpack(p, n, root);
		if (used < 0)
			return (int)used;
		p += used;
		n -= (size_t)used;
	}
	return 0;
}

int initramfs_unpack(const u8 *p, size_t n)
{
	struct path root;
	int err;

	fs_get_root(&root);
	err = initramfs_unpack_at(p, n, root.dentry, true);
	path_put(&root);
	return err;
}

int initramfs_unpack_boot(void)
{
	const struct boot_params *bp = (const void *)ARENA_BASE;
	int err;

	if (!bp->initrd_len)
		return 0;
	err = initramfs_unpack(host_pool_ptr(bp->initrd_off), bp->initrd_len);
	pool_unreserve(bp->initrd_off, bp->initrd_len);
	return err;
}
