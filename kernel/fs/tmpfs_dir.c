// SPDX-License-Identifier: GPL-2.0
/*
 * Directories of tmpfs.
 *
 * An entry stands in two places: in a hash by name, so that lookup, create and
 * unlink cost the same in a directory of a million names; and in a list in
 * order of creation, each with a cookie that only ever grows, which is the
 * position that getdents(2) reports. Removing entries moves no other one, so a
 * reader misses nothing and sees nothing twice. An open directory that stopped
 * in the middle leaves a cursor in the list, a nameless entry, and goes on from
 * there without searching; after a seek it searches from the start.
 *
 * Everything is under the directory's inode->lock, which the callers in vfs
 * hold (both, for rename). Link counts of the entries' inodes change by
 * atomics, because their own locks are not held.
 */
#include <abi/errno.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "tmpfs.h"
#include "vfs/acl.h"

#define TMPFS_MIN_BUCKETS 8u
#define TMPFS_MAX_BUCKETS (512u << 10)

static u32 tmpfs_hash(const char *name, u32 len)
{
	u64 h = len, w;

	for (; len >= 8; name += 8, len -= 8) {
		memcpy(&w, name, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	for (w = 0; len; len--)
		w = w << 8 | (u8)*name++;
	h = (h ^ w) * 0x9e3779b97f4a7c15ull;
	return (u32)(h >> 32);
}

struct tmpfs_dir *tmpfs_dir_new(void)
{
	struct tmpfs_dir *td = kzalloc(sizeof(*td));

	if (td) {
		list_init(&td->order);
		td->next_cookie = 2; /* 0 and 1 are . and .. */
	}
	return td;
}

void tmpfs_dir_evict(struct inode *dir)
{
	struct tmpfs_super *ts = tmpfs_sb(dir->sb);
	struct tmpfs_dir *td = dir->priv;

	while (!list_empty(&td->order)) {
		struct tmpfs_dent *e =
			list_first(&td->order, struct tmpfs_dent, order);

		list_del(&e->order);
		list_add_tail(&e->order, &ts->reap);
	}
	kfree(td->bucket);
}

/* --- the hash --- */

static struct tmpfs_dent **tmpfs_find(struct tmpfs_dir *td, const char *name,
				      u32 len)
{
	u32 h = tmpfs_hash(name, len);
	struct tmpfs_dent **p;

	if (!td->nbuckets)
		return NULL;
	for (p = &td->bucket[h & (td->nbuckets - 1)]; *p; p = &(*p)->next)
		if ((*p)->hash == h && (*p)->len == len &&
		    !memcmp((*p)->name, name, len))
			return p;
	return NULL;
}

static int tmpfs_grow(struct tmpfs_dir *td)
{
	u32 n = td->nbuckets ? td->nbuckets * 4 : TMPFS_MIN_BUCKETS;
	struct tmpfs_dent **bucket, *e;

	if (td->count < td->nbuckets || td->nbuckets >= TMPFS_MAX_BUCKETS)
		return 0;
	bucket = kcalloc(n, sizeof(*bucket));
	if (!bucket)
		return td->nbuckets ? 0 : -ENOSPC; /* longer chains will do */
	list_for_each_entry (e, &td->order, order) {
		if (!e->inode)
			continue;
		e->next = bucket[e->hash & (n - 1)];
		bucket[e->hash & (n - 1)] = e;
	}
	kfree(td->bucket);
	td->bucket = bucket;
	td->nbuckets = n;
	return 0;
}

/* Takes over the inode's reference when it succeeds. */
static int tmpfs_add(struct inode *dir, const struct dentry *d,
		     struct inode *ino)
{
	struct tmpfs_dir *td = dir->priv;
	struct tmpfs_dent *e;

	if (tmpfs_grow(td))
		return -ENOSPC;
	e = kmalloc(sizeof(*e) + d->len);
	if (!e)
		return -ENOSPC;
	e->inode = ino;
	e->len = d->len;
	memcpy(e->name, d->name, d->len);
	e->hash = tmpfs_hash(e->name, e->len);
	e->cookie = td->next_cookie++;
	list_add_tail(&e->order, &td->order);
	e->next = td->bucket[e->hash & (td->nbuckets - 1)];
	td->bucket[e->hash & (td->nbuckets - 1)] = e;
	td->count++;
	dir->size = (td->count + 2) * 20;
	return 0;
}

/* => the inode, with the entry's reference */
static struct inode *tmpfs_del(struct inode *dir, struct tmpfs_dent **p)
{
	struct tmpfs_dir *td = dir->priv;
	struct tmpfs_dent *e = *p;
	struct inode *ino = e->inode;

	*p = e->next;
	list_del(&e->order);
	kfree(e);
	td->count--;
	dir->size = (td->count + 2) * 20;
	return ino;
}

static void tmpfs_touch(struct inode *dir)
{
	dir->mtime = dir->ctime = inode_now();
	dir->version++;
}

/* --- creating --- */

static int tmpfs_lookup(struct inode *dir, struct dentry *d)
{
	struct tmpfs_dent **p = tmpfs_find(dir->priv, d->name, d->len);

	if (p) {
		inode_get((*p)->inode);
		dentry_attach(d, (*p)->inode);
	}
	return 0;
}

/* Enter a new inode; its only reference is taken over in any case. */
static int tmpfs_enter(struct inode *dir, struct dentry *d, struct inode *ino)
{
	int err = tmpfs_add(dir, d, ino);

	if (err) {
		ino->nlink = 0;
		inode_put(ino);
		return err;
	}
	if (S_ISDIR(ino->mode))
		atomic_inc(&dir->nlink);
	tmpfs_touch(dir);
	inode_get(ino);
	dentry_attach(d, ino);
	return 0;
}

static int tmpfs_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	struct inode *ino = tmpfs_inode_new(dir->sb, dir, mode, rdev);

	return IS_ERR(ino) ? (int)PTR_ERR(ino) : tmpfs_enter(dir, d, ino);
}

static int tmpfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return tmpfs_mknod(dir, d, (mode & S_IALLUGO) | S_IFREG, 0);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	return tmpfs_mknod(dir, d, (mode & S_IALLUGO) | S_IFDIR, 0);
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *to)
{
	struct inode *ino =
		tmpfs_inode_new(dir->sb, dir, S_IFLNK | S_IRWXUGO, 0);

	if (IS_ERR(ino))
		return (int)PTR_ERR(ino);
	ino->link = kstrdup(to);
	if (!ino->link) {
		inode_put(ino);
		return -ENOMEM;
	}
	ino->size = strlen(to);
	return tmpfs_enter(dir, d, ino);
}

static int tmpfs_tmpfile(struct inode *dir, u32 mode, struct inode **out)
{
	struct inode *ino =
		tmpfs_inode_new(dir->sb, dir, (mode & S_IALLUGO) | S_IFREG, 0);

	if (IS_ERR(ino))
		return (int)PTR_ERR(ino);
	ino->nlink = 0;
	*out = ino;
	return 0;
}

static int tmpfs_link(struct inode *old, struct inode *dir, struct dentry *d)
{
	int err = tmpfs_add(dir, d, old);

	if (err)
		return err;
	inode_get(old); /* the entry's */
	inode_get(old); /* the dentry's */
	atomic_inc(&old->nlink);
	old->ctime = inode_now();
	tmpfs_touch(dir);
	dentry_attach(d, old);
	return 0;
}

/* --- removing --- */

static void tmpfs_drop_link(struct inode *dir, struct inode *ino)
{
	if (S_ISDIR(ino->mode)) {
		ino->nlink = 0;
		atomic_dec(&dir->nlink);
	} else {
		atomic_dec(&ino->nlink);
	}
	ino->ctime = inode_now();
	inode_put(ino);
}

int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	struct tmpfs_dent **p = tmpfs_find(dir->priv, d->name, d->len);

	if (!p)
		return -ENOENT;
	tmpfs_drop_link(dir, tmpfs_del(dir, p));
	tmpfs_touch(dir);
	return 0;
}

static bool tmpfs_is_empty(const struct inode *ino)
{
	return !((struct tmpfs_dir *)ino->priv)->count;
}

int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	if (!tmpfs_is_empty(d->inode))
		return -ENOTEMPTY;
	return tmpfs_unlink(dir, d);
}

/* --- rename --- */

static void tmpfs_moved(struct inode *from, struct inode *to,
			const struct inode *ino)
{
	if (from != to && S_ISDIR(ino->mode)) {
		atomic_dec(&from->nlink);
		atomic_inc(&to->nlink);
	}
}

static int tmpfs_exchange(struct inode *odir, struct tmpfs_dent *a,
			  struct inode *ndir, struct tmpfs_dent *b)
{
	struct inode *ino = a->inode;

	tmpfs_moved(odir, ndir, a->inode);
	tmpfs_moved(ndir, odir, b->inode);
	a->inode = b->inode;
	b->inode = ino;
	a->inode->ctime = b->inode->ctime = inode_now();
	return 0;
}

/*
 * The whiteout takes the old entry over, so that nothing can fail after the
 * first step.
 */
static int tmpfs_rename_over(struct inode *odir, struct dentry *od,
			     struct inode *ndir, struct dentry *nd, u32 flags)
{
	struct inode *white = NULL, *ino, *old = NULL;
	struct tmpfs_dent **p;
	int err;

	if (flags & RENAME_WHITEOUT) {
		white = tmpfs_inode_new(odir->sb, odir, S_IFCHR, 0);
		if (IS_ERR(white))
			return (int)PTR_ERR(white);
	}
	p = tmpfs_find(ndir->priv, nd->name, nd->len);
	ino = od->inode;
	if (p) {
		old = (*p)->inode;
		if (S_ISDIR(old->mode) && !tmpfs_is_empty(old)) {
			err = -ENOTEMPTY;
			goto fail;
		}
		(*p)->inode = ino;
	} else {
		err = tmpfs_add(ndir, nd, ino);
		if (err)
			goto fail;
	}
	/* the reference moves along */
	p = tmpfs_find(odir->priv, od->name, od->len);
	if (white)
		(*p)->inode = white;
	else
		tmpfs_del(odir, p);
	if (old)
		tmpfs_drop_link(ndir, old);
	tmpfs_moved(odir, ndir, ino);
	ino->ctime = inode_now();
	return 0;
fail:
	if (white)
		inode_put(white);
	return err;
}

static int tmpfs_rename(struct inode *odir, struct dentry *od,
			struct inode *ndir, struct dentry *nd, u32 flags)
{
	struct tmpfs_dent **a, **b;
	int err;

	a = tmpfs_find(odir->priv, od->name, od->len);
	if (!a)
		return -ENOENT;
	if (flags & RENAME_EXCHANGE) {
		b = tmpfs_find(ndir->priv, nd->name, nd->len);
		err = b ? tmpfs_exchange(odir, *a, ndir, *b) : -ENOENT;
	} else {
		err = tmpfs_rename_over(odir, od, ndir, nd, flags);
	}
	if (!err) {
		tmpfs_touch(odir);
		if (ndir != odir)
			tmpfs_touch(ndir);
	}
	return err;
}

/* --- reading --- */

/* Where to go on: the list node before the first entry at or after pos. */
static struct list_head *tmpfs_seek(struct tmpfs_dir *td,
				    struct tmpfs_dent *cursor, u64 pos)
{
	struct tmpfs_dent *e;

	if (cursor && cursor->cookie == pos && !list_empty(&cursor->order))
		return &cursor->order;
	if (pos <= 2)
		return &td->order;
	list_for_each_entry (e, &td->order, order)
		if (e->cookie >= pos)
			return e->order.prev;
	return td->order.prev;
}

/* Remember that everything before `next` has been read. */
static void tmpfs_leave_cursor(struct file *f, struct list_head *next, u64 pos)
{
	struct tmpfs_dent *c = f->priv;

	if (!c) {
		c = kzalloc(sizeof(*c));
		if (!c)
			return; /* the next call searches */
		list_init(&c->order);
		f->priv = c;
	}
	if (next == &c->order)
		next = next->next;
	list_del(&c->order);
	c->cookie = pos;
	list_add_tail(&c->order, next); /* before it */
}

static int tmpfs_iterate(struct file *f, struct dir_context *ctx)
{
	struct tmpfs_dir *td = f->inode->priv;
	struct list_head *at;

	/* what is made while the directory is read would never end */
	if (ctx->pos == 0)
		f->dir_limit = td->next_cookie;
	if (!dir_emit_dots(f, ctx))
		return 0;
	at = tmpfs_seek(td, f->priv, (u64)ctx->pos)->next;
	for (; at != &td->order; at = at->next) {
		struct tmpfs_dent *e = list_entry(at, struct tmpfs_dent, order);

		if (e->inode && e->cookie >= f->dir_limit)
			break;
		if (e->inode &&
		    !dir_emit(ctx, e->name, e->len, (loff_t)e->cookie + 1,
			      e->inode->ino, e->inode->mode >> 12 & 15))
			break;
	}
	tmpfs_leave_cursor(f, at, (u64)ctx->pos);
	return 0;
}

static void tmpfs_dir_release(struct file *f)
{
	struct tmpfs_dent *c = f->priv;

	if (!c)
		return;
	mutex_lock(&f->inode->lock);
	list_del(&c->order);
	mutex_unlock(&f->inode->lock);
	kfree(c);
}

#define TMPFS_DIR_IOPS                                                        \
	.lookup = tmpfs_lookup, .create = tmpfs_create, .mkdir = tmpfs_mkdir, \
	.mknod = tmpfs_mknod, .symlink = tmpfs_symlink, .link = tmpfs_link,   \
	.unlink = tmpfs_unlink, .rmdir = tmpfs_rmdir, .rename = tmpfs_rename, \
	.tmpfile = tmpfs_tmpfile, .getxattr = tmpfs_getxattr,                 \
	.setxattr = tmpfs_setxattr, .listxattr = tmpfs_listxattr,             \
	.removexattr = tmpfs_removexattr

const struct inode_ops tmpfs_dir_iops = {
	TMPFS_DIR_IOPS,
	.with_acl = &tmpfs_dir_acl_iops,
};
const struct inode_ops tmpfs_dir_acl_iops = {
	TMPFS_DIR_IOPS,
	.permission = acl_permission,
	.without_acl = &tmpfs_dir_iops,
};

const struct file_ops tmpfs_dir_fops = {
	.release = tmpfs_dir_release,
	.llseek = dir_llseek,
	.iterate = tmpfs_iterate,
};
