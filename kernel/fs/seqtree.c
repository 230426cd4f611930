// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of procfs and sysfs (seqtree.h): inodes for nodes, lookup and
 * listing by table, and regular files whose text is made when they are read.
 *
 * A file's text is made as a whole by its show function at the first read, and
 * made anew whenever a read begins at position 0, so that `top`, which keeps
 * /proc/stat open and seeks back, sees fresh figures, while a reader in small
 * pieces sees one consistent text. The text lives in f->priv until the file is
 * closed; its mutex keeps two readers of one description apart.
 *
 * Inode numbers are computed from the node, so that readdir and stat agree
 * although inodes come and go.
 */
#include <abi/dirent.h>
#include <abi/statfs.h>
#include <kernel/ns.h>
#include <kernel/lock.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "seqtree.h"

#define SEQTREE_WRITE_MAX 4095u

static const struct inode_ops seqtree_dir_ops, seqtree_dyn_dir_ops,
	seqtree_guarded_dir_ops, seqtree_file_ops, seqtree_link_ops,
	seqtree_magic_ops;
static const struct file_ops seqtree_dir_fops, seqtree_text_fops;

static const struct seqtree_type *seqtree_type_of(const struct inode *ino)
{
	return ino->sb->priv;
}

u64 seqtree_ino(const struct seqtree_node *n)
{
	u64 h = (u64)n->e ^ (u64)n->sub << 48 ^ n->at * 0x9e3779b97f4a7c15ull;

	h = (h ^ h >> 33) * 0xff51afd7ed558ccdull;
	return (u64)n->tid << 32 | (h >> 33) | 0x80000000u;
}

/* --- Inodes --- */

static void seqtree_set_ops(struct inode *ino, const struct seqtree_entry *e)
{
	u32 fmt = e->mode & S_IFMT;

	if (fmt == S_IFDIR) {
		ino->ops = e->dir ? &seqtree_dyn_dir_ops : &seqtree_dir_ops;
		if (e->guarded)
			ino->ops = &seqtree_guarded_dir_ops;
		ino->fops = &seqtree_dir_fops;
		ino->nlink = 2;
	} else if (fmt == S_IFLNK) {
		ino->ops = e->get_path ? &seqtree_magic_ops : &seqtree_link_ops;
		ino->size = e->get_path ? 64 : 0;
	} else {
		ino->ops = &seqtree_file_ops;
		ino->fops = e->fops ? e->fops : &seqtree_text_fops;
	}
}

static void seqtree_update_owner(struct inode *ino)
{
	const struct seqtree_type *st = seqtree_type_of(ino);
	u32 uid = 0, gid = 0;

	if (st->owner)
		st->owner(seqtree_node_of(ino), &uid, &gid);
	ino->uid = uid;
	ino->gid = gid;
}

static struct inode *seqtree_inode(struct super *sb,
				   const struct seqtree_node *n)
{
	struct seqtree_node *own = kmalloc(sizeof(*own));
	struct inode *ino;

	if (!own)
		return NULL;
	*own = *n;
	ino = inode_alloc(sb, n->e->mode);
	if (!ino) {
		kfree(own);
		return NULL;
	}
	ino->priv = own;
	ino->ino = seqtree_ino(n);
	seqtree_set_ops(ino, n->e);
	seqtree_update_owner(ino);
	return ino;
}

static void seqtree_evict(struct inode *ino)
{
	kfree(ino->priv);
	ino->priv = NULL;
}

static int seqtree_getattr(struct inode *ino, struct kstat *st)
{
	if (seqtree_node_of(ino)->tid)
		seqtree_update_owner(ino);
	inode_fill_stat(ino, st);
	return 0;
}

/* Size changes are open(O_TRUNC): harmless. The rest is not for sale. */
static int seqtree_setattr(struct inode *ino, const struct iattr *a)
{
	return a->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

static int seqtree_permission(struct inode *ino, u32 mask, const struct cred *c)
{
	return seqtree_type_of(ino)->permission(seqtree_node_of(ino), ino,
						mask);
}

/* --- Directories --- */

static const struct seqtree_entry *seqtree_find(const struct seqtree_entry *e,
						const char *name, u32 len)
{
	for (; e && e->name; e++)
		if (strlen(e->name) == len && !memcmp(e->name, name, len))
			return e;
	return NULL;
}

static int seqtree_lookup(struct inode *dir, struct dentry *d)
{
	const struct seqtree_type *st = seqtree_type_of(dir);
	const struct seqtree_node *dn = seqtree_node_of(dir);
	struct seqtree_node n = *dn;
	struct inode *ino;
	int err;

	if (st->alive && !st->alive(dn))
		return -ENOENT;
	n.e = seqtree_find(dn->e->children, d->name, d->len);
	if (!n.e && dn->e->dir) {
		err = dn->e->dir->lookup(dn, d->name, d->len, &n);
		if (err == -ENOENT && !st->absent_is_error) {
			d->flags |= DENTRY_NOCACHE;
			return 0;
		}
		if (err)
			return err;
	}
	if (!n.e)
		return st->absent_is_error ? -ENOENT : 0;
	ino = seqtree_inode(dir->sb, &n);
	if (!ino)
		return -ENOMEM;
	if (n.tid)
		d->flags |= DENTRY_NOCACHE;
	dentry_attach(d, ino);
	return 0;
}

static int seqtree_revalidate(struct dentry *d)
{
	const struct seqtree_type *st = d->sb->priv;
	struct inode *ino = d->inode;

	if (!ino)
		return 0;
	if (st->alive && !st->alive(seqtree_node_of(ino)))
		return 0;
	/* descriptors come and go: look again */
	return seqtree_node_of(ino)->sub && seqtree_node_of(ino)->tid ? 0 : 1;
}

bool seqtree_emit(struct dir_context *ctx, const char *name,
		  const struct seqtree_node *n, u64 num)
{
	static const u8 types[] = { [S_IFDIR >> 12] = DT_DIR,
				    [S_IFLNK >> 12] = DT_LNK,
				    [S_IFREG >> 12] = DT_REG };

	return dir_emit(ctx, name, (u32)strlen(name),
			(loff_t)(num + SEQTREE_DYN + 1), seqtree_ino(n),
			types[(n->e->mode & S_IFMT) >> 12]);
}

static int seqtree_iterate(struct file *f, struct dir_context *ctx)
{
	const struct seqtree_node *dn = seqtree_node_of(f->inode);
	const struct seqtree_type *st = seqtree_type_of(f->inode);
	const struct seqtree_entry *e = dn->e->children;
	loff_t pos;

	if (st->alive && !st->alive(dn))
		return -ENOENT;
	if (!dir_emit_dots(f, ctx))
		return 0;
	for (pos = 2; e && e->name; e++, pos++) {
		struct seqtree_node n = *dn;

		if (pos < ctx->pos)
			continue;
		n.e = e;
		if (!dir_emit(ctx, e->name, (u32)strlen(e->name), pos + 1,
			      seqtree_ino(&n), e->mode >> 12 & 15))
			return 0;
	}
	if (!dn->e->dir)
		return 0;
	if (ctx->pos < SEQTREE_DYN)
		ctx->pos = SEQTREE_DYN;
	return dn->e->dir->iterate(dn, ctx);
}

/* --- Links --- */

static ssize_t seqtree_readlink(struct inode *ino, char *buf, size_t size)
{
	const struct seqtree_node *n = seqtree_node_of(ino);

	return n->e->readlink(n, buf, size);
}

static int seqtree_get_path(struct inode *ino, struct path *out)
{
	const struct seqtree_node *n = seqtree_node_of(ino);

	return n->e->get_path(n, out);
}

/* What a magic link shows: the path as the reader's root sees it. */
static ssize_t seqtree_read_magic(struct inode *ino, char *buf, size_t size)
{
	const struct seqtree_node *n = seqtree_node_of(ino);
	struct path p, root;
	ssize_t len;
	char *s;
	int err;

	if (n->e->readlink)
		return n->e->readlink(n, buf, size);
	err = n->e->get_path(n, &p);
	if (err)
		return err;
	fs_get_root(&root);
	s = path_string(&p, &root, buf, size);
	path_put(&root);
	path_put(&p);
	if (IS_ERR(s))
		return PTR_ERR(s);
	len = (ssize_t)strlen(s);
	memmove(buf, s, (size_t)len + 1);
	return len;
}

/* --- Text files --- */

struct seqtree_text {
	struct mutex lock;
	/* under lock: */
	struct seqbuf s;
	bool made;
};

static int seqtree_open(struct inode *ino, struct file *f)
{
	const struct seqtree_entry *e = seqtree_node_of(ino)->e;
	const struct seqtree_type *st = seqtree_type_of(ino);
	struct seqtree_text *t;

	if (st->alive && !st->alive(seqtree_node_of(ino)))
		return -ENOENT;
	if ((f->mode & FMODE_WRITE) && !e->write)
		return -EACCES;
	t = kmalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	mutex_init(&t->lock);
	seqbuf_init(&t->s);
	t->made = false;
	f->priv = t;
	return 0;
}

static void seqtree_release(struct file *f)
{
	struct seqtree_text *t = f->priv;

	if (!t)
		return;
	seqbuf_destroy(&t->s);
	kfree(t);
}

static int seqtree_make_locked(struct seqtree_text *t,
			       const struct seqtree_node *n)
{
	int err;

	t->s.len = 0;
	t->s.err = 0;
	t->made = false;
	if (!n->e->show)
		return -EINVAL;
	err = n->e->show(&t->s, n);
	if (!err)
		err = t->s.err;
	t->made = !err;
	return err;
}

static ssize_t seqtree_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct seqtree_text *t = f->priv;
	ssize_t ret = 0;

	mutex_lock(&t->lock);
	if (*pos == 0 || !t->made)
		ret = seqtree_make_locked(t, seqtree_node_of(f->inode));
	if (!ret && *pos >= 0 && (u64)*pos < t->s.len && it->count) {
		size_t n = min(it->count, t->s.len - (size_t)*pos);

		ret = (ssize_t)copy_to_iter(it, t->s.buf + *pos, n);
		if (!ret)
			ret = -EFAULT;
		else
			*pos += ret;
	}
	mutex_unlock(&t->lock);
	return ret;
}

static ssize_t seqtree_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	const struct seqtree_node *n = seqtree_node_of(f->inode);
	size_t len = min(it->count, (size_t)SEQTREE_WRITE_MAX);
	char *buf;
	int err;

	if (!n->e->write)
		return -EIO;
	if (n->e->guarded && (f->cred->euid != current->cred->euid ||
			      f->cred->user_ns != current->cred->user_ns))
		return -EPERM;
	buf = kmalloc(len + 1);
	if (!buf)
		return -ENOMEM;
	if (copy_from_iter(it, buf, len) != len) {
		kfree(buf);
		return -EFAULT;
	}
	buf[len] = 0;
	err = n->e->write(n, buf, len);
	kfree(buf);
	if (err)
		return err;
	*pos += (loff_t)len;
	return (ssize_t)len;
}

loff_t seqtree_llseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

int seqtree_no_mmap(struct file *f, struct mapping **m, int prot, int flags)
{
	return -EIO;
}

/* --- The file system --- */

static int seqtree_statfs(struct super *sb, struct statfs_k *st)
{
	memset(st, 0, sizeof(*st));
	st->type = sb->magic;
	st->bsize = PAGE_SIZE;
	st->namelen = NAME_MAX;
	return 0;
}

static const struct super_ops seqtree_super_ops = {
	.evict = seqtree_evict,
	.statfs = seqtree_statfs,
};

struct super *seqtree_mount(const struct fs_type *t,
			    const struct seqtree_type *st, struct pid_ns *ns)
{
	struct seqtree_node n = { .e = &st->root, .pid_ns = ns };
	struct super *sb = super_alloc(t);
	struct inode *ino;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->ops = &seqtree_super_ops;
	sb->magic = st->magic;
	sb->priv = (void *)(u64)st;
	if (ns) {
		sb->shows = &ns->ns;
		ns_get(sb->shows);
	}
	ino = seqtree_inode(sb, &n);
	if (ino) {
		ino->ino = 1;
		sb->root = dentry_alloc_root(sb, ino);
		if (sb->root)
			return sb;
		inode_put(ino);
	}
	super_put(sb);
	return ERR_PTR(-ENOMEM);
}

static const struct inode_ops seqtree_dir_ops = {
	.lookup = seqtree_lookup,
	.getattr = seqtree_getattr,
	.setattr = seqtree_setattr,
};
static const struct inode_ops seqtree_dyn_dir_ops = {
	.lookup = seqtree_lookup,
	.revalidate = seqtree_revalidate,
	.getattr = seqtree_getattr,
	.setattr = seqtree_setattr,
};
static const struct inode_ops seqtree_guarded_dir_ops = {
	.lookup = seqtree_lookup,
	.revalidate = seqtree_revalidate,
	.getattr = seqtree_getattr,
	.setattr = seqtree_setattr,
	.permission = seqtree_permission,
};
static const struct inode_ops seqtree_file_ops = {
	.getattr = seqtree_getattr,
	.setattr = seqtree_setattr,
};
static const struct inode_ops seqtree_link_ops = {
	.readlink = seqtree_readlink,
	.getattr = seqtree_getattr,
	.setattr = seqtree_setattr,
};
static const struct inode_ops seqtree_magic_ops = {
	.readlink = seqtree_read_magic,
	.get_path = seqtree_get_path,
	.getattr = seqtree_getattr,
	.setattr = seqtree_setattr,
};
static const struct file_ops seqtree_dir_fops = {
	.iterate = seqtree_iterate,
	.llseek = generic_llseek,
};
static const struct file_ops seqtree_text_fops = {
	.open = seqtree_open,
	.release = seqtree_release,
	.read = seqtree_read,
	.write = seqtree_write,
	.llseek = seqtree_llseek,
	.mmap = seqtree_no_mmap,
};
