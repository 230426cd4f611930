// SPDX-License-Identifier: GPL-2.0
/*
 * devpts: the names of pseudo-terminals.
 *
 * Every mount is an instance of its own, with its own numbers and its own ptmx
 * node (mode ptmxmode=, nobody by default). Opening a ptmx node that stands
 * elsewhere, as /dev/ptmx, uses the instance mounted on `pts` beside it.
 *
 * A slave's name is there from the opening of its master (devpts_add) to its
 * closing (devpts_remove). The instance holds one reference on each slave's
 * inode; what the node leads to is inode->priv, a struct tty without a
 * reference, under the instance's lock: who keeps the inode longer finds
 * NULL. Names are looked up in the table each time: positive dentries are
 * checked against it, negative ones are not cached.
 *
 * Lock: devpts->lock (spin), innermost. An open master holds its super.
 */
#include "dev/tty_internal.h"
#include <abi/major.h>
#include <abi/statfs.h>
#include <kernel/cred.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#define DEVPTS_MAX	 4096u /* of all instances: kernel.pty.max */
#define DEVPTS_INO_PTMX	 2u
#define DEVPTS_INO_FIRST 3u
#define DEVPTS_MAGIC	 0x1cd1u

struct devpts {
	spinlock_t lock;
	/* under lock: */
	struct inode **slave; /* by number; NULL = free */
	u32 size;	      /* of the table */
	/* fixed after mount */
	struct super *sb;
	struct inode *ptmx;
	u32 mode, ptmxmode, max;
	bool set_uid, set_gid;
	u32 uid, gid;
};

static u32 devpts_count; /* ptys of all instances */

static struct devpts *devpts_of_super(struct super *sb)
{
	return sb->priv;
}

/* --- Names --- */

/* => number, or -1: no name that a slave could have */
static s64 devpts_number(const char *name)
{
	u32 n = 0;

	if (!*name || (name[0] == '0' && name[1]))
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9' || n >= DEVPTS_MAX)
			return -1;
		n = n * 10 + (u32)(*name - '0');
	}
	return n;
}

/* => the node's inode with a reference, or NULL */
static struct inode *devpts_find(struct devpts *d, const char *name)
{
	struct inode *ino = NULL;
	s64 n;

	if (!strcmp(name, "ptmx")) {
		inode_get(d->ptmx);
		return d->ptmx;
	}
	n = devpts_number(name);
	if (n < 0)
		return NULL;
	spin_lock(&d->lock);
	if (n < d->size)
		ino = d->slave[n];
	if (ino)
		inode_get(ino);
	spin_unlock(&d->lock);
	return ino;
}

static int devpts_lookup(struct inode *dir, struct dentry *de)
{
	struct inode *ino = devpts_find(devpts_of_super(dir->sb), de->name);

	de->flags |= DENTRY_NOCACHE;
	if (ino)
		dentry_attach(de, ino);
	return 0;
}

static int devpts_revalidate(struct dentry *de)
{
	struct inode *ino = devpts_find(devpts_of_super(de->sb), de->name);
	bool same = ino == de->inode;

	if (ino)
		inode_put(ino);
	return same;
}

static int devpts_iterate(struct file *f, struct dir_context *ctx)
{
	struct devpts *d = devpts_of_super(f->inode->sb);

	if (!dir_emit_dots(f, ctx))
		return 0;
	if (ctx->pos == 2 &&
	    !dir_emit(ctx, "ptmx", 4, 3, DEVPTS_INO_PTMX, S_IFCHR >> 12))
		return 0;
	for (u32 n = (u32)(ctx->pos - 3); n < READ_ONCE(d->size); n++) {
		char name[12];
		bool there;
		int len;

		spin_lock(&d->lock);
		there = n < d->size && d->slave[n];
		spin_unlock(&d->lock);
		if (!there)
			continue;
		len = snprintf(name, sizeof(name), "%u", n);
		if (!dir_emit(ctx, name, (u32)len, n + 4, DEVPTS_INO_FIRST + n,
			      S_IFCHR >> 12))
			break;
	}
	return 0;
}

static const struct inode_ops devpts_root_inode_ops = {
	.lookup = devpts_lookup,
	.revalidate = devpts_revalidate,
};

static const struct file_ops devpts_root_file_ops = {
	.iterate = devpts_iterate,
	.llseek = generic_llseek,
};

/* A node has nothing of its own. */
static const struct inode_ops devpts_node_inode_ops;

/* --- Instances --- */

static void devpts_kill(struct super *sb)
{
	struct devpts *d = devpts_of_super(sb);

	if (!d)
		return;
	if (d->ptmx)
		inode_put(d->ptmx);
	kfree(d->slave);
	kfree(d);
}

static int devpts_statfs(struct super *sb, struct statfs_k *st)
{
	st->type = DEVPTS_MAGIC;
	st->bsize = PAGE_SIZE;
	st->namelen = NAME_MAX;
	return 0;
}

static int devpts_show_options(struct super *sb, char *buf, size_t n)
{
	struct devpts *d = devpts_of_super(sb);
	size_t len = 0;

	if (d->set_uid)
		len += (size_t)snprintf(buf, n, ",uid=%u", d->uid);
	if (d->set_gid && len < n)
		len += (size_t)snprintf(buf + len, n - len, ",gid=%u", d->gid);
	if (len < n)
		len += (size_t)snprintf(buf + len, n - len,
					",mode=%03o,ptmxmode=%03o", d->mode,
					d->ptmxmode);
	if (d->max < DEVPTS_MAX && len < n)
		snprintf(buf + len, n - len, ",max=%u", d->max);
	return 0;
}

static const struct super_ops devpts_super_ops = {
	.kill = devpts_kill,
	.statfs = devpts_statfs,
	.show_options = devpts_show_options,
};

/* "=" and a number in the given base, up to a comma. => 0, -EINVAL */
static int devpts_value(const char **p, u32 base, u32 *out)
{
	const char *s = *p;
	u32 v = 0;

	if (*s++ != '=' || !*s || *s == ',')
		return -EINVAL;
	for (; *s && *s != ','; s++) {
		u32 digit = (u32)(*s - '0');

		if (digit >= base || v > (~0u - digit) / base)
			return -EINVAL;
		v = v * base + digit;
	}
	*p = s;
	*out = v;
	return 0;
}

static bool devpts_word(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) ||
	    ((*p)[n] && (*p)[n] != ',' && (*p)[n] != '='))
		return false;
	*p += n;
	return true;
}

static int devpts_parse(struct devpts *d, const char *s)
{
	int err = 0;

	while (s && *s && !err) {
		if (*s == ',') {
			s++;
		} else if (devpts_word(&s, "newinstance")) {
			err = *s == '=' ? -EINVAL : 0;
		} else if (devpts_word(&s, "uid")) {
			err = devpts_value(&s, 10, &d->uid);
			d->set_uid = true;
		} else if (devpts_word(&s, "gid")) {
			err = devpts_value(&s, 10, &d->gid);
			d->set_gid = true;
		} else if (devpts_word(&s, "mode")) {
			err = devpts_value(&s, 8, &d->mode);
			d->mode &= 07777;
		} else if (devpts_word(&s, "ptmxmode")) {
			err = devpts_value(&s, 8, &d->ptmxmode);
			d->ptmxmode &= 07777;
		} else if (devpts_word(&s, "max")) {
			err = devpts_value(&s, 10, &d->max);
			if (d->max > DEVPTS_MAX)
				err = -EINVAL;
		} else {
			err = -EINVAL;
		}
	}
	return err;
}

static struct inode *devpts_inode(struct super *sb, u32 mode, u64 ino_nr)
{
	struct inode *ino = inode_alloc(sb, mode);

	if (!ino)
		return NULL;
	ino->ino = ino_nr;
	ino->ops = &devpts_node_inode_ops;
	return ino;
}

/* => 0, or -ENOMEM with what there is left to devpts_kill() */
static int devpts_fill(struct super *sb, struct devpts *d)
{
	struct inode *root = devpts_inode(sb, S_IFDIR | 0755, 1);

	d->ptmx = devpts_inode(sb, S_IFCHR | d->ptmxmode, DEVPTS_INO_PTMX);
	if (!root || !d->ptmx)
		goto fail;
	root->uid = root->gid = d->ptmx->uid = d->ptmx->gid = 0;
	root->nlink = 2;
	root->ops = &devpts_root_inode_ops;
	root->fops = &devpts_root_file_ops;
	inode_init_special(d->ptmx, S_IFCHR | d->ptmxmode,
			   MKDEV(TTYAUX_MAJOR, 2));
	sb->root = dentry_alloc_root(sb, root);
	if (sb->root)
		return 0;
fail:
	if (root)
		inode_put(root);
	return -ENOMEM;
}

static struct super *devpts_mount(const struct fs_type *t, const char *source,
				  u32 flags, const char *data)
{
	struct super *sb = super_alloc(t);
	struct devpts *d = kzalloc(sizeof(*d));
	int err = -ENOMEM;

	if (!sb || !d)
		goto fail;
	d->sb = sb;
	d->mode = 0600;
	d->max = DEVPTS_MAX;
	err = devpts_parse(d, data);
	if (err)
		goto fail;
	sb->ops = &devpts_super_ops;
	sb->priv = d;
	sb->flags = flags;
	sb->magic = DEVPTS_MAGIC;
	sb->blksize = 1024;
	err = devpts_fill(sb, d);
	if (!err)
		return sb;
	d = NULL; /* devpts_kill() frees it */
fail:
	kfree(d);
	if (sb)
		super_put(sb);
	return ERR_PTR(err);
}

static struct fs_type devpts_type = {
	.name = "devpts",
	.nodev = true,
	.userns = true,
	.mount = devpts_mount,
};

void devpts_init(void)
{
	fs_register(&devpts_type);
}

/* --- For the ptys --- */

static bool devpts_is(const struct super *sb)
{
	return sb->type == &devpts_type;
}

/* Is m mounted on the directory `pts` beside f? Under mount_lock. */
static bool devpts_is_beside(const struct mount *m, const struct file *f)
{
	return devpts_is(m->sb) && m->parent == f->path.mnt && m->mountpoint &&
	       f->path.dentry &&
	       m->mountpoint->parent == f->path.dentry->parent &&
	       !strcmp(m->mountpoint->name, "pts");
}

struct devpts *devpts_of_ptmx(struct file *f)
{
	struct super *sb = NULL;
	struct mount *m;

	if (devpts_is(f->inode->sb)) {
		sb = f->inode->sb;
		ref_get(&sb->refs);
		return devpts_of_super(sb);
	}
	mutex_lock(&mount_lock);
	list_for_each_entry (m, &all_mounts, node)
		if (devpts_is_beside(m, f))
			sb = m->sb; /* the last one mounted hides the others */
	if (sb)
		ref_get(&sb->refs);
	mutex_unlock(&mount_lock);
	return sb ? devpts_of_super(sb) : ERR_PTR(-ENODEV);
}

void devpts_put(struct devpts *d)
{
	super_put(d->sb);
}

int devpts_slave_path(struct devpts *d, struct file *f, u32 index,
		      struct path *out)
{
	struct mount *m, *found = NULL;
	char name[12];
	struct dentry *de;
	int len = snprintf(name, sizeof(name), "%u", index);

	mutex_lock(&mount_lock);
	list_for_each_entry (m, &all_mounts, node)
		if (m->sb == d->sb &&
		    (!found || m == f->path.mnt || devpts_is_beside(m, f)))
			found = m;
	if (found)
		ref_get(&found->refs);
	mutex_unlock(&mount_lock);
	if (!found)
		return -ENODEV;
	mutex_lock(&d->sb->root->inode->lock);
	de = dentry_lookup_locked(d->sb->root, name, (u32)len);
	mutex_unlock(&d->sb->root->inode->lock);
	if (!IS_ERR(de) && de->inode) {
		*out = (struct path){ found, de };
		return 0;
	}
	*out = (struct path){ found, NULL };
	if (!IS_ERR(de)) {
		out->dentry = de;
		path_put(out);
		return -EIO;
	}
	dentry_get(d->sb->root);
	out->dentry = d->sb->root;
	path_put(out);
	return (int)PTR_ERR(de);
}

/* Lowest free number, the table grown if need be. Under d->lock. */
static int devpts_number_locked(struct devpts *d)
{
	struct inode **table;
	u32 n = 0, size;

	while (n < d->size && d->slave[n])
		n++;
	if (n >= d->max)
		return -ENOSPC;
	if (n < d->size)
		return (int)n;
	size = d->size ? d->size * 2 : 16;
	table = krealloc(d->slave, size * sizeof(*table));
	if (!table)
		return -ENOMEM;
	memset(table + d->size, 0, (size - d->size) * sizeof(*table));
	d->slave = table;
	WRITE_ONCE(d->size, size);
	return (int)n;
}

int devpts_add(struct devpts *d, struct tty *t)
{
	struct inode *ino = devpts_inode(d->sb, S_IFCHR | d->mode, 0);
	int n;

	if (!ino)
		return -ENOMEM;
	if (atomic_inc(&devpts_count) > DEVPTS_MAX) {
		n = -ENOSPC;
		goto fail;
	}
	if (d->set_uid)
		ino->uid = d->uid;
	if (d->set_gid)
		ino->gid = d->gid;
	spin_lock(&d->lock);
	n = devpts_number_locked(d);
	if (n >= 0) {
		u64 dev =
			MKDEV(UNIX98_PTY_SLAVE_MAJOR + (n >> 20), n & 0xfffff);

		t->dev = dev;
		snprintf(t->name, sizeof(t->name), "pts/%d", n);
		ino->ino = DEVPTS_INO_FIRST + (u32)n;
		inode_init_special(ino, S_IFCHR | d->mode, dev);
		ino->priv = t;
		d->slave[n] = ino;
	}
	spin_unlock(&d->lock);
	if (n >= 0)
		return n;
fail:
	atomic_dec(&devpts_count);
	inode_put(ino);
	return n;
}

void devpts_remove(struct devpts *d, u32 index)
{
	struct inode *ino;

	spin_lock(&d->lock);
	ino = d->slave[index];
	d->slave[index] = NULL;
	ino->priv = NULL;
	spin_unlock(&d->lock);
	WRITE_ONCE(ino->nlink, 0);
	inode_put(ino);
	atomic_dec(&devpts_count);
}

struct tty *devpts_inode_tty(struct inode *ino)
{
	struct devpts *d;
	struct tty *t;

	if (!devpts_is(ino->sb))
		return NULL;
	d = devpts_of_super(ino->sb);
	spin_lock(&d->lock);
	t = ino->priv;
	if (t)
		tty_get(t);
	spin_unlock(&d->lock);
	return t;
}
