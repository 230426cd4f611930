// SPDX-License-Identifier: GPL-2.0
/*
 * Directories of the overlay: finding names in the layers, listing them
 * together, and changing the upper one so that the whole looks changed.
 *
 * What is removed and would show through from below leaves a whiteout. A
 * listing is made as a whole when it is read from its beginning, each name from
 * the topmost layer that has it, and kept until the descriptor is closed.
 */
#include <abi/dirent.h>
#include "overlay.h"

/* --- Lookup --- */

struct ovl_found {
	struct dentry *upper;
	u32 n;
	struct dentry *d[OVL_LAYERS];
	u32 layer[OVL_LAYERS];
};

static void ovl_found_put(struct ovl_found *f)
{
	if (f->upper)
		dentry_put(f->upper);
	while (f->n)
		dentry_put(f->d[--f->n]);
}

/* One layer's answer. => does the search go on below? */
static bool ovl_take(struct ovl_found *f, struct dentry *r, bool upper,
		     u32 layer)
{
	bool first = !f->upper && !f->n, isdir;

	if (!r->inode) {
		dentry_put(r);
		return true;
	}
	isdir = S_ISDIR(r->inode->mode);
	if (ovl_is_whiteout(r->inode) || (!first && !isdir)) {
		dentry_put(r);
		return false;
	}
	if (upper) {
		f->upper = r;
	} else {
		f->d[f->n] = r;
		f->layer[f->n++] = layer;
	}
	return isdir && !ovl_is_opaque(r);
}

static int ovl_find(const struct inode *dir, const char *name, u32 len,
		    struct ovl_found *f)
{
	const struct ovl_node *n = ovl_node(dir);
	struct dentry *up = ovl_upper(dir), *r;
	bool on = true;

	memset(f, 0, sizeof(*f));
	if (up) {
		r = ovl_lookup_real(up, name, len);
		if (IS_ERR(r))
			return (int)PTR_ERR(r);
		on = ovl_take(f, r, true, 0);
	}
	for (u32 i = 0; on && i < n->nlower; i++) {
		r = ovl_lookup_real(n->lower[i].d, name, len);
		if (IS_ERR(r)) {
			ovl_found_put(f);
			return (int)PTR_ERR(r);
		}
		on = ovl_take(f, r, false, n->lower[i].layer);
	}
	return 0;
}

static int ovl_lookup(struct inode *dir, struct dentry *d)
{
	struct ovl_found *f = kmalloc(sizeof(*f));
	struct ovl_node *n;
	struct inode *ino;
	int err = f ? ovl_find(dir, d->name, d->len, f) : -ENOMEM;

	if (err || (!f->upper && !f->n)) {
		kfree(f);
		return err;
	}
	n = ovl_node_alloc(f->n);
	if (!n) {
		ovl_found_put(f);
		kfree(f);
		return -ENOMEM;
	}
	n->upper = f->upper;
	for (u32 i = 0; i < f->n; i++) {
		n->lower[i].d = f->d[i];
		n->lower[i].layer = f->layer[i];
	}
	kfree(f);
	if (!n->upper) {
		inode_get(dir);
		n->parent = dir;
	}
	ino = ovl_inode(dir->sb, n);
	if (!ino)
		return -ENOMEM;
	dentry_attach(d, ino);
	return 0;
}

/* Would the name show through from a lower layer? => 1, 0, -errno */
static int ovl_below(const struct inode *dir, const struct dentry *d)
{
	const struct ovl_node *n = ovl_node(dir);

	for (u32 i = 0; i < n->nlower; i++) {
		struct dentry *r =
			ovl_lookup_real(n->lower[i].d, d->name, d->len);
		int is;

		if (IS_ERR(r))
			return (int)PTR_ERR(r);
		is = !r->inode ? -1 : !ovl_is_whiteout(r->inode);
		dentry_put(r);
		if (is >= 0)
			return is;
	}
	return 0;
}

/* --- Listing --- */

struct ovl_entry {
	u64 ino;
	u32 at, len, type, next; /* next: with the same hash, plus one */
	bool hidden;
};

struct ovl_list {
	struct dir_context ctx;
	struct ovl_entry *e;
	char *text;
	u32 *bucket;
	u32 n, cap, text_len, text_cap, nbuckets;
	u64 ino_bits; /* of the layer that is being read */
	int err;
};

static void ovl_list_free(struct ovl_list *l)
{
	if (!l)
		return;
	kfree(l->e);
	kfree(l->text);
	kfree(l->bucket);
	kfree(l);
}

static void *ovl_grow(void *old, size_t have, size_t want)
{
	void *p = kmalloc(want);

	if (p && old)
		memcpy(p, old, have);
	if (p)
		kfree(old);
	return p;
}

static int ovl_list_room(struct ovl_list *l, u32 len)
{
	void *p;

	if (l->n == l->cap) {
		p = ovl_grow(l->e, l->n * sizeof(*l->e),
			     2 * l->cap * sizeof(*l->e));
		if (!p)
			return -ENOMEM;
		l->e = p;
		l->cap *= 2;
	}
	while (l->text_len + len > l->text_cap) {
		p = ovl_grow(l->text, l->text_len, 2 * l->text_cap);
		if (!p)
			return -ENOMEM;
		l->text = p;
		l->text_cap *= 2;
	}
	return 0;
}

static bool ovl_list_add(struct dir_context *ctx, const char *name, u32 len,
			 loff_t next_pos, u64 ino, u32 type)
{
	struct ovl_list *l = container_of(ctx, struct ovl_list, ctx);
	struct ovl_entry *e;
	u32 h = 5381, i;

	ctx->pos = next_pos;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return true;
	for (i = 0; i < len; i++)
		h = h * 33 + (u8)name[i];
	h &= l->nbuckets - 1;
	for (i = l->bucket[h]; i; i = l->e[i - 1].next)
		if (l->e[i - 1].len == len &&
		    !memcmp(l->text + l->e[i - 1].at, name, len))
			return true; /* a layer above has it */
	l->err = ovl_list_room(l, len);
	if (l->err)
		return false;
	e = &l->e[l->n++];
	*e = (struct ovl_entry){ .ino = ino ^ l->ino_bits,
				 .at = l->text_len,
				 .len = len,
				 .type = type,
				 .next = l->bucket[h] };
	l->bucket[h] = l->n;
	memcpy(l->text + e->at, name, len);
	l->text_len += len;
	return true;
}

static struct ovl_list *ovl_list_alloc(void)
{
	struct ovl_list *l = kzalloc(sizeof(*l));

	if (!l)
		return NULL;
	l->ctx.emit = ovl_list_add;
	l->cap = 64;
	l->text_cap = 1024;
	l->nbuckets = 256;
	l->e = kmalloc(l->cap * sizeof(*l->e));
	l->text = kmalloc(l->text_cap);
	l->bucket = kzalloc(l->nbuckets * sizeof(u32));
	if (l->e && l->text && l->bucket)
		return l;
	ovl_list_free(l);
	return NULL;
}

static int ovl_list_layer(struct ovl_list *l, struct mount *m, struct dentry *d,
			  u64 ino_bits)
{
	struct path p = { m, d };
	struct file *f = file_open_path(&p, O_RDONLY | O_DIRECTORY);
	u32 first = l->n, i;
	loff_t was;
	int err;

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	l->ino_bits = ino_bits;
	do {
		was = l->ctx.pos = f->pos;
		mutex_lock(&d->inode->lock);
		err = f->ops->iterate ? f->ops->iterate(f, &l->ctx) : -ENOTDIR;
		mutex_unlock(&d->inode->lock);
		f->pos = l->ctx.pos;
		err = err ? err : l->err;
	} while (!err && f->pos != was);
	file_put(f);
	for (i = first; !err && i < l->n; i++) {
		struct dentry *r;

		if (l->e[i].type != DT_CHR)
			continue;
		r = ovl_lookup_real(d, l->text + l->e[i].at, l->e[i].len);
		if (IS_ERR(r))
			return (int)PTR_ERR(r);
		l->e[i].hidden = r->inode && ovl_is_whiteout(r->inode);
		dentry_put(r);
	}
	return err;
}

/* Everything in a directory, what is hidden too. ERR_PTR */
static struct ovl_list *ovl_list_make(const struct inode *dir)
{
	struct ovl_super *os = ovl_sb(dir->sb);
	const struct ovl_node *n = ovl_node(dir);
	struct ovl_list *l = ovl_list_alloc();
	struct dentry *up = ovl_upper(dir);
	int err = 0;

	if (!l)
		return ERR_PTR(-ENOMEM);
	if (up)
		err = ovl_list_layer(l, os->upper.mnt, up, 0);
	for (u32 i = 0; !err && i < n->nlower; i++)
		err = ovl_list_layer(l, os->lower[n->lower[i].layer].mnt,
				     n->lower[i].d,
				     (u64)(n->lower[i].layer + 1) << 48);
	if (!err)
		return l;
	ovl_list_free(l);
	return ERR_PTR(err);
}

static int ovl_iterate(struct file *f, struct dir_context *ctx)
{
	struct ovl_list *l;

	if (ctx->pos == 0 || !f->priv) {
		l = ovl_list_make(f->inode);
		if (IS_ERR(l))
			return (int)PTR_ERR(l);
		ovl_list_free(f->priv);
		f->priv = l;
	}
	if (!dir_emit_dots(f, ctx))
		return 0;
	l = f->priv;
	while (ctx->pos - 2 < (loff_t)l->n) {
		struct ovl_entry *e = &l->e[ctx->pos - 2];

		if (e->hidden)
			ctx->pos++;
		else if (!dir_emit(ctx, l->text + e->at, e->len, ctx->pos + 1,
				   e->ino, e->type))
			return 0;
	}
	return 0;
}

static void ovl_dir_release(struct file *f)
{
	ovl_list_free(f->priv);
}

/* --- Making --- */

/* => Caller holds the directory's lock. */
static int ovl_whiteout_locked(struct dentry *up, const char *name, u32 len)
{
	struct dentry *r = dentry_lookup_locked(up, name, len);
	int err;

	if (IS_ERR(r))
		return (int)PTR_ERR(r);
	err = r->inode ? -EEXIST
		       : up->inode->ops->mknod(up->inode, r, S_IFCHR, 0);
	dentry_put(r);
	return err;
}

static int ovl_unlink_locked(struct dentry *up, struct dentry *r)
{
	struct inode *ino = r->inode;
	int err;

	mutex_lock(&ino->lock);
	err = (S_ISDIR(ino->mode) ? up->inode->ops->rmdir
				  : up->inode->ops->unlink)(up->inode, r);
	mutex_unlock(&ino->lock);
	if (!err)
		dentry_drop(r);
	return err;
}

/*
 * The place of a new name in the upper directory, which is locked after: a
 * negative dentry. A whiteout there is gone, and *was_white says so.
 */
static struct dentry *ovl_place(struct inode *dir, const struct dentry *d,
				bool *was_white)
{
	struct dentry *up, *r;
	int err = ovl_copy_up(dir, true);

	*was_white = false;
	if (err)
		return ERR_PTR(err);
	up = ovl_upper(dir);
	mutex_lock(&up->inode->lock);
	r = dentry_lookup_locked(up, d->name, d->len);
	if (IS_ERR(r) || !r->inode)
		goto out;
	err = ovl_is_whiteout(r->inode) ? ovl_unlink_locked(up, r) : -EEXIST;
	dentry_put(r);
	*was_white = !err;
	r = err ? ERR_PTR(err) : dentry_lookup_locked(up, d->name, d->len);
out:
	if (IS_ERR(r))
		mutex_unlock(&up->inode->lock);
	return r;
}

/* What was made in the upper layer as r is now d. Ends ovl_place(). */
static int ovl_placed(struct inode *dir, struct dentry *d, struct dentry *r,
		      bool was_white, int err)
{
	struct dentry *up = ovl_upper(dir);
	struct ovl_node *n = NULL;
	struct inode *ino;

	if (err && was_white)
		(void)ovl_whiteout_locked(up, d->name, d->len);
	mutex_unlock(&up->inode->lock);
	if (!err && was_white && S_ISDIR(r->inode->mode))
		(void)ovl_set_opaque(r);
	if (!err) {
		n = ovl_node_alloc(0);
		err = n ? 0 : -ENOMEM;
	}
	if (err) {
		dentry_put(r);
		return err;
	}
	n->upper = r;
	ino = ovl_inode(dir->sb, n);
	if (!ino)
		return -ENOMEM;
	dentry_attach(d, ino);
	ovl_mirror(dir);
	return 0;
}

#define OVL_MAKE(op, ...)                                                   \
	({                                                                  \
		bool white_;                                                \
		struct dentry *r_ = ovl_place(dir, d, &white_);             \
		struct inode *up_;                                          \
		int err_;                                                   \
		if (IS_ERR(r_)) {                                           \
			err_ = (int)PTR_ERR(r_);                            \
		} else {                                                    \
			up_ = ovl_upper(dir)->inode;                        \
			err_ = up_->ops->op                                 \
				       ? up_->ops->op(up_, r_, __VA_ARGS__) \
				       : -EPERM;                            \
			err_ = ovl_placed(dir, d, r_, white_, err_);        \
		}                                                           \
		err_;                                                       \
	})

static int ovl_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return OVL_MAKE(create, mode);
}

static int ovl_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	int err = OVL_MAKE(mkdir, mode);

	return err;
}

static int ovl_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	if (S_ISCHR(mode) && !rdev)
		return -EPERM; /* that is what a whiteout looks like */
	return OVL_MAKE(mknod, mode, rdev);
}

static int ovl_symlink(struct inode *dir, struct dentry *d, const char *to)
{
	return OVL_MAKE(symlink, to);
}

static int ovl_link(struct inode *old, struct inode *dir, struct dentry *d)
{
	struct inode *real, *up;
	struct dentry *r;
	bool white;
	int err = ovl_copy_up(old, true);

	if (err)
		return err;
	r = ovl_place(dir, d, &white);
	if (IS_ERR(r))
		return (int)PTR_ERR(r);
	real = ovl_upper(old)->inode;
	up = ovl_upper(dir)->inode;
	mutex_lock(&real->lock);
	err = up->ops->link ? up->ops->link(real, up, r) : -EPERM;
	mutex_unlock(&real->lock);
	if (err && white)
		(void)ovl_whiteout_locked(ovl_upper(dir), d->name, d->len);
	mutex_unlock(&up->lock);
	dentry_put(r);
	if (err)
		return err;
	ovl_mirror(old);
	ovl_mirror(dir);
	inode_get(old);
	dentry_attach(d, old);
	return 0;
}

/* --- Removing --- */

/* The name goes from the upper layer and stays away. */
static int ovl_remove(struct inode *dir, struct dentry *d)
{
	struct dentry *up, *r;
	int below = ovl_below(dir, d), err;

	err = below < 0 ? below : ovl_copy_up(dir, true);
	if (err)
		return err;
	up = ovl_upper(dir);
	mutex_lock(&up->inode->lock);
	r = dentry_lookup_locked(up, d->name, d->len);
	if (IS_ERR(r)) {
		err = (int)PTR_ERR(r);
	} else {
		if (r->inode)
			err = ovl_unlink_locked(up, r);
		dentry_put(r);
		if (!err && below)
			err = ovl_whiteout_locked(up, d->name, d->len);
	}
	mutex_unlock(&up->inode->lock);
	ovl_mirror(dir);
	return err;
}

static int ovl_unlink(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;
	int err = ovl_remove(dir, d);

	if (err)
		return err;
	if (ovl_upper(ino))
		ovl_mirror(ino);
	else
		ino->nlink = 0;
	return 0;
}

/* Only whiteouts are left in it: they go. => 0, -ENOTEMPTY */
static int ovl_clear(const struct inode *dir)
{
	struct ovl_list *l = ovl_list_make(dir);
	struct dentry *up = ovl_upper(dir), *r;
	int err = 0;
	u32 i;

	if (IS_ERR(l))
		return (int)PTR_ERR(l);
	for (i = 0; i < l->n; i++)
		if (!l->e[i].hidden)
			err = -ENOTEMPTY;
	if (!err && up) {
		mutex_lock(&up->inode->lock);
		for (i = 0; !err && i < l->n; i++) {
			r = dentry_lookup_locked(up, l->text + l->e[i].at,
						 l->e[i].len);
			if (IS_ERR(r)) {
				err = (int)PTR_ERR(r);
				break;
			}
			if (r->inode)
				err = ovl_unlink_locked(up, r);
			dentry_put(r);
		}
		mutex_unlock(&up->inode->lock);
	}
	ovl_list_free(l);
	return err;
}

static int ovl_rmdir(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;
	int err = ovl_clear(ino);

	if (!err)
		err = ovl_remove(dir, d);
	if (!err)
		ino->nlink = 0;
	return err;
}

/* --- Renaming --- */

static void ovl_lock_two(struct inode *a, struct inode *b)
{
	mutex_lock(&a->sb->rename_lock);
	mutex_lock(&(a < b ? a : b)->lock);
	if (a != b)
		mutex_lock(&(a < b ? b : a)->lock);
}

static void ovl_unlock_two(struct inode *a, struct inode *b)
{
	if (a != b)
		mutex_unlock(&b->lock);
	mutex_unlock(&a->lock);
	mutex_unlock(&a->sb->rename_lock);
}

/* Both upper directories are locked. */
static int ovl_rename_real(struct dentry *oup, const struct dentry *od,
			   struct dentry *nup, const struct dentry *nd,
			   bool leaves_white, bool covers)
{
	struct dentry *ro = dentry_lookup_locked(oup, od->name, od->len), *rn;
	struct inode *victim;
	int err;

	if (IS_ERR(ro))
		return (int)PTR_ERR(ro);
	rn = dentry_lookup_locked(nup, nd->name, nd->len);
	if (IS_ERR(rn)) {
		dentry_put(ro);
		return (int)PTR_ERR(rn);
	}
	victim = rn->inode;
	err = ro->inode ? 0 : -ENOENT;
	/* a directory takes no other thing's place: a whiteout goes first */
	if (!err && victim && S_ISDIR(ro->inode->mode) &&
	    !S_ISDIR(victim->mode)) {
		err = ovl_unlink_locked(nup, rn);
		dentry_put(rn);
		rn = err ? NULL : dentry_lookup_locked(nup, nd->name, nd->len);
		victim = NULL;
		if (IS_ERR(rn)) {
			err = (int)PTR_ERR(rn);
			rn = NULL;
		}
	}
	if (!err) {
		if (victim)
			mutex_lock(&victim->lock);
		err = oup->inode->ops->rename(oup->inode, ro, nup->inode, rn,
					      0);
		if (victim)
			mutex_unlock(&victim->lock);
	}
	if (!err) {
		dentry_drop(rn);
		if (dentry_move(ro, nup, nd->name, nd->len))
			dentry_drop(ro);
		if (covers && S_ISDIR(ro->inode->mode))
			(void)ovl_set_opaque(ro);
		if (leaves_white)
			err = ovl_whiteout_locked(oup, od->name, od->len);
	}
	if (rn)
		dentry_put(rn);
	dentry_put(ro);
	return err;
}

static int ovl_rename(struct inode *odir, struct dentry *od, struct inode *ndir,
		      struct dentry *nd, u32 flags)
{
	struct inode *ino = od->inode, *victim = nd->inode;
	int below, covers, err;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	if (S_ISDIR(ino->mode) && ovl_node(ino)->nlower)
		return -EXDEV;
	err = ovl_copy_up(ino, true);
	if (!err)
		err = ovl_copy_up(odir, true);
	if (!err)
		err = ovl_copy_up(ndir, true);
	if (!err && victim && S_ISDIR(victim->mode))
		err = ovl_clear(victim);
	if (err)
		return err;
	below = ovl_below(odir, od);
	covers = ovl_below(ndir, nd);
	if (below < 0 || covers < 0)
		return below < 0 ? below : covers;
	ovl_lock_two(ovl_upper(odir)->inode, ovl_upper(ndir)->inode);
	err = ovl_rename_real(ovl_upper(odir), od, ovl_upper(ndir), nd, below,
			      covers);
	ovl_unlock_two(ovl_upper(odir)->inode, ovl_upper(ndir)->inode);
	if (!err && victim) {
		if (S_ISDIR(victim->mode) || !ovl_upper(victim))
			victim->nlink = 0;
		else
			ovl_mirror(victim);
	}
	ovl_mirror(odir);
	ovl_mirror(ndir);
	ovl_mirror(ino);
	return err;
}

const struct inode_ops ovl_dir_iops = {
	.lookup = ovl_lookup,
	.create = ovl_create,
	.mkdir = ovl_mkdir,
	.mknod = ovl_mknod,
	.symlink = ovl_symlink,
	.link = ovl_link,
	.unlink = ovl_unlink,
	.rmdir = ovl_rmdir,
	.rename = ovl_rename,
	.getattr = ovl_getattr,
	.setattr = ovl_setattr,
	.getxattr = ovl_getxattr,
	.setxattr = ovl_setxattr,
	.listxattr = ovl_listxattr,
	.removexattr = ovl_removexattr,
};

const struct file_ops ovl_dir_fops = {
	.iterate = ovl_iterate,
	.release = ovl_dir_release,
	.llseek = generic_llseek,
};
