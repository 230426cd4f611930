// SPDX-License-Identifier: GPL-2.0
/*
 * Names: the operations of vfs on directories. Each is one handle. What is left
 * without a name goes on the orphan list in the same handle, and is deleted
 * with its last reference (inode.c), outside of it.
 */
#include <abi/fcntl.h>
#include "ext4.h"

#define EXT4_LINKS_MAX	 65000u
#define RENAME_EXCHANGE_ 2u
#define RENAME_WHITEOUT_ 4u

/* Worth another try? What was freed can be used after a commit. */
static bool try_again(struct ext4_fs *fs, int err, u32 *tries)
{
	return err == -ENOSPC && fs->held_blocks && ++*tries < 3 &&
	       !ext4_commit(fs, 0);
}

static int dir_may_change(struct inode *dir, struct inode *ino)
{
	if (ext4_i(dir)->flags & EXT4_FL_IMMUTABLE)
		return -EPERM;
	if (ino && (ext4_i(ino)->flags & (EXT4_FL_IMMUTABLE | EXT4_FL_APPEND)))
		return -EPERM;
	if (ino && (ext4_i(dir)->flags & EXT4_FL_APPEND))
		return -EPERM;
	return 0;
}

static int ext4_lookup(struct inode *dir, struct dentry *d)
{
	struct ext4_place pl;
	struct inode *ino;
	int err = ext4_dir_find(dir, d->name, d->len, &pl);

	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	if (pl.buf)
		buffer_put(pl.buf);
	if (!pl.ino || pl.ino == ext4_i(dir)->ino)
		return ext4_corrupt(ext4_of(dir),
				    "directory %lu: an entry leads to %u",
				    (unsigned long)dir->ino, pl.ino);
	ino = ext4_iget(dir->sb, pl.ino);
	if (IS_ERR(ino)) {
		err = (int)PTR_ERR(ino);
		if (err == -ESTALE)
			err = ext4_corrupt(ext4_of(dir),
					   "directory %lu: entry of dead "
					   "inode %u",
					   (unsigned long)dir->ino, pl.ino);
		return err;
	}
	/* a directory has one name, which would be above itself here */
	if (S_ISDIR(ino->mode) && pl.ino == EXT4_ROOT_INO) {
		inode_put(ino);
		return ext4_corrupt(ext4_of(dir), "the root has a name");
	}
	dentry_attach(d, ino);
	return 0;
}

/* --- making --- */

static u32 create_credits(const struct ext4_fs *fs)
{
	return ext4_dir_credits(fs) + 2 * ext4_xattr_credits(fs) + 20;
}

static void nlink_inc(struct inode *dir)
{
	if (dir->nlink == 1)
		return; /* more than could be counted */
	dir->nlink++;
	if (dir->nlink >= EXT4_LINKS_MAX)
		dir->nlink = 1;
}

static void nlink_dec(struct inode *dir)
{
	if (dir->nlink > 2)
		dir->nlink--;
}

static int symlink_store(struct ext4_handle *h, struct inode *ino,
			 const char *to)
{
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_map m = { .len = 1 };
	size_t n = strlen(to);
	struct buffer *b;
	int err;

	ino->size = n;
	ei->disk_size = n;
	if (n < sizeof(ei->block)) {
		ino->link = kstrdup(to);
		memcpy(ei->block, to, n);
		return ino->link ? 0 : -ENOMEM;
	}
	if (h->fs->extents)
		ext4_extent_init(ei);
	err = ext4_map_blocks(h, ino, &m, EXT4_MAP_CREATE);
	if (err)
		return err;
	b = buffer_get(h->fs->bc, m.phys);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_touch(h, b);
	if (!err) {
		memset(b->data, 0, h->fs->bsize);
		memcpy(b->data, to, n);
		store_release(&b->uptodate, true);
	}
	buffer_put(b);
	return err;
}

struct making {
	u32 mode;
	u64 rdev;
	const char *link;
};

static int make_in(struct ext4_handle *h, struct inode *dir, struct dentry *d,
		   const struct making *mk, struct inode **out)
{
	struct inode *ino = ext4_new_inode(h, dir, mk->mode, d->name, d->len);
	int err;

	if (IS_ERR(ino))
		return (int)PTR_ERR(ino);
	*out = ino;
	if (S_ISCHR(mk->mode) || S_ISBLK(mk->mode))
		ino->rdev = mk->rdev;
	if (!S_ISREG(mk->mode) && !S_ISDIR(mk->mode) && !S_ISLNK(mk->mode))
		inode_init_special(ino, ino->mode, mk->rdev);
	err = ext4_acl_init(h, dir, ino);
	if (!err && mk->link)
		err = symlink_store(h, ino, mk->link);
	if (!err && S_ISDIR(mk->mode))
		err = ext4_dir_make(h, ino, ext4_i(dir)->ino);
	if (!err)
		err = ext4_write_inode(h, ino);
	if (!err && S_ISDIR(mk->mode))
		nlink_inc(dir);
	if (!err) {
		err = ext4_dir_add(h, dir, d->name, d->len, ext4_i(ino)->ino,
				   ext4_mode_to_type(mk->mode));
		if (err && S_ISDIR(mk->mode))
			nlink_dec(dir);
	}
	if (err) {
		ino->nlink = 0; /* deleted when it is put */
		ext4_orphan_add(h, ino);
	}
	return err;
}

static int ext4_make(struct inode *dir, struct dentry *d,
		     const struct making *mk)
{
	struct ext4_fs *fs = ext4_of(dir);
	struct inode *ino;
	struct ext4_handle h;
	u32 tries = 0;
	int err = dir_may_change(dir, NULL);

	if (err)
		return err;
	do {
		ino = NULL;
		err = ext4_begin(fs, &h, create_credits(fs));
		if (err)
			return err;
		err = make_in(&h, dir, d, mk, &ino);
		ext4_end(&h);
		if (err && ino)
			inode_put(ino);
	} while (err && try_again(fs, err, &tries));
	if (!err)
		dentry_attach(d, ino);
	return err;
}

static int ext4_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return ext4_make(dir, d, &(struct making){ .mode = mode });
}

static int ext4_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	if (dir->nlink >= EXT4_LINKS_MAX - 1 &&
	    !(ext4_of(dir)->es->ro_compat & RO_DIR_NLINK))
		return -EMLINK;
	return ext4_make(dir, d, &(struct making){ .mode = mode });
}

static int ext4_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	return ext4_make(dir, d,
			 &(struct making){ .mode = mode, .rdev = rdev });
}

static int ext4_symlink(struct inode *dir, struct dentry *d, const char *to)
{
	if (strlen(to) >= ext4_of(dir)->bsize)
		return -ENAMETOOLONG;
	return ext4_make(
		dir, d, &(struct making){ .mode = S_IFLNK | 0777, .link = to });
}

static int ext4_tmpfile(struct inode *dir, u32 mode, struct inode **out)
{
	struct ext4_fs *fs = ext4_of(dir);
	struct ext4_handle h;
	struct inode *ino;
	int err = ext4_begin(fs, &h, create_credits(fs));

	if (err)
		return err;
	ino = ext4_new_inode(&h, dir, mode, "", 0);
	if (IS_ERR(ino)) {
		ext4_end(&h);
		return (int)PTR_ERR(ino);
	}
	ino->nlink = 0;
	err = ext4_acl_init(&h, dir, ino);
	if (!err)
		err = ext4_orphan_add(&h, ino);
	ext4_end(&h);
	if (err)
		inode_put(ino);
	else
		*out = ino;
	return err;
}

static int ext4_link(struct inode *old, struct inode *dir, struct dentry *d)
{
	struct ext4_fs *fs = ext4_of(dir);
	struct ext4_handle h;
	u32 tries = 0;
	int err = dir_may_change(dir, NULL);

	if (!err && (ext4_i(old)->flags & (EXT4_FL_IMMUTABLE | EXT4_FL_APPEND)))
		err = -EPERM;
	if (err)
		return err;
	if (old->nlink >= EXT4_LINKS_MAX)
		return -EMLINK;
	do {
		err = ext4_begin(fs, &h, create_credits(fs));
		if (err)
			return err;
		err = ext4_dir_add(&h, dir, d->name, d->len, ext4_i(old)->ino,
				   ext4_mode_to_type(old->mode));
		if (!err) {
			if (!old->nlink)
				err = ext4_orphan_del(&h, old);
			old->nlink++;
			old->ctime = inode_now();
			if (!err)
				err = ext4_write_inode(&h, old);
		}
		ext4_end(&h);
	} while (err && try_again(fs, err, &tries));
	if (!err) {
		inode_get(old);
		dentry_attach(d, old);
	}
	return err;
}

/* --- removing --- */

/* One name less. */
static int drop_link(struct ext4_handle *h, struct inode *ino)
{
	int err = 0;

	ino->ctime = inode_now();
	if (S_ISDIR(ino->mode))
		ino->nlink = 0;
	else if (ino->nlink)
		ino->nlink--;
	if (!ino->nlink)
		err = ext4_orphan_add(h, ino);
	return err ? err : ext4_write_inode(h, ino);
}

static int ext4_unlink(struct inode *dir, struct dentry *d)
{
	struct ext4_fs *fs = ext4_of(dir);
	struct ext4_handle h;
	int err = dir_may_change(dir, d->inode);

	if (err)
		return err;
	err = ext4_begin(fs, &h, ext4_dir_credits(fs));
	if (err)
		return err;
	err = ext4_dir_remove(&h, dir, d->name, d->len);
	if (!err)
		err = drop_link(&h, d->inode);
	ext4_end(&h);
	return err;
}

static int ext4_rmdir(struct inode *dir, struct dentry *d)
{
	struct ext4_fs *fs = ext4_of(dir);
	struct ext4_handle h;
	int err = dir_may_change(dir, d->inode);

	if (err)
		return err;
	err = ext4_dir_is_empty(d->inode);
	if (err <= 0)
		return err ? err : -ENOTEMPTY;
	err = ext4_begin(fs, &h, ext4_dir_credits(fs));
	if (err)
		return err;
	nlink_dec(dir);
	err = ext4_dir_remove(&h, dir, d->name, d->len);
	if (!err)
		err = drop_link(&h, d->inode);
	ext4_end(&h);
	return err;
}

/* --- renaming --- */

static int move_dotdot(struct ext4_handle *h, struct inode *ino,
		       struct inode *to)
{
	return ext4_dir_replace(h, ino, "..", 2, ext4_i(to)->ino, 2);
}

static int rename_over(struct ext4_handle *h, struct inode *ndir,
		       struct dentry *nd, struct inode *oi)
{
	struct inode *victim = nd->inode;
	u8 type = ext4_mode_to_type(oi->mode);
	int err;

	if (!victim)
		return ext4_dir_add(h, ndir, nd->name, nd->len, ext4_i(oi)->ino,
				    type);
	err = ext4_dir_replace(h, ndir, nd->name, nd->len, ext4_i(oi)->ino,
			       type);
	if (err)
		return err;
	ndir->mtime = ndir->ctime = inode_now();
	if (S_ISDIR(victim->mode))
		nlink_dec(ndir);
	return drop_link(h, victim);
}

/* What stays in the old place: nothing, or a whiteout. */
static int rename_from(struct ext4_handle *h, struct inode *odir,
		       struct dentry *od, struct inode **white)
{
	struct inode *ino;
	int err;

	if (!white)
		return ext4_dir_remove(h, odir, od->name, od->len);
	ino = ext4_new_inode(h, odir, S_IFCHR, od->name, od->len);
	if (IS_ERR(ino))
		return (int)PTR_ERR(ino);
	*white = ino;
	inode_init_special(ino, S_IFCHR, 0);
	err = ext4_write_inode(h, ino);
	return err ? err
		   : ext4_dir_replace(h, odir, od->name, od->len,
				      ext4_i(ino)->ino,
				      ext4_mode_to_type(S_IFCHR));
}

static int rename_plain(struct ext4_handle *h, struct inode *odir,
			struct dentry *od, struct inode *ndir,
			struct dentry *nd, struct inode **white)
{
	struct inode *oi = od->inode;
	bool isdir = S_ISDIR(oi->mode);
	int err = 0;

	if (isdir && odir != ndir)
		nlink_inc(ndir);
	err = rename_over(h, ndir, nd, oi);
	if (!err && isdir && odir != ndir)
		nlink_dec(odir);
	if (!err)
		err = rename_from(h, odir, od, white);
	if (!err && isdir && odir != ndir)
		err = move_dotdot(h, oi, ndir);
	if (!err)
		err = ext4_write_inode(h, ndir);
	oi->ctime = inode_now();
	return err ? err : ext4_write_inode(h, oi);
}

static int rename_exchange(struct ext4_handle *h, struct inode *odir,
			   struct dentry *od, struct inode *ndir,
			   struct dentry *nd)
{
	struct inode *a = od->inode, *b = nd->inode;
	bool adir = S_ISDIR(a->mode), bdir = S_ISDIR(b->mode);
	int err;

	err = ext4_dir_replace(h, ndir, nd->name, nd->len, ext4_i(a)->ino,
			       ext4_mode_to_type(a->mode));
	if (!err)
		err = ext4_dir_replace(h, odir, od->name, od->len,
				       ext4_i(b)->ino,
				       ext4_mode_to_type(b->mode));
	if (!err && odir != ndir && adir)
		err = move_dotdot(h, a, ndir);
	if (!err && odir != ndir && bdir)
		err = move_dotdot(h, b, odir);
	if (odir != ndir && adir != bdir) {
		nlink_inc(adir ? ndir : odir);
		nlink_dec(adir ? odir : ndir);
	}
	odir->mtime = odir->ctime = ndir->mtime = ndir->ctime = a->ctime =
		b->ctime = inode_now();
	if (!err)
		err = ext4_write_inode(h, odir);
	if (!err)
		err = ext4_write_inode(h, ndir);
	if (!err)
		err = ext4_write_inode(h, a);
	return err ? err : ext4_write_inode(h, b);
}

static int ext4_rename(struct inode *odir, struct dentry *od,
		       struct inode *ndir, struct dentry *nd, u32 flags)
{
	struct ext4_fs *fs = ext4_of(odir);
	struct inode *oi = od->inode, *white = NULL;
	struct ext4_handle h;
	bool lock;
	int err = dir_may_change(odir, oi);

	if (!err)
		err = dir_may_change(ndir, nd->inode);
	if (err)
		return err;
	if (nd->inode && S_ISDIR(nd->inode->mode) &&
	    !(flags & RENAME_EXCHANGE_)) {
		err = ext4_dir_is_empty(nd->inode);
		if (err <= 0)
			return err ? err : -ENOTEMPTY;
	}
	/* its ".." changes; the victim's is held by the caller */
	lock = S_ISDIR(oi->mode) && odir != ndir;
	if (lock)
		mutex_lock(&oi->lock);
	err = ext4_begin(fs, &h, 3 * ext4_dir_credits(fs) + 20);
	if (!err) {
		if (flags & RENAME_EXCHANGE_)
			err = rename_exchange(&h, odir, od, ndir, nd);
		else
			err = rename_plain(&h, odir, od, ndir, nd,
					   flags & RENAME_WHITEOUT_ ? &white
								    : NULL);
		if (err && white) {
			white->nlink = 0;
			ext4_orphan_add(&h, white);
		}
		ext4_end(&h);
	}
	if (lock)
		mutex_unlock(&oi->lock);
	if (white)
		inode_put(white);
	return err;
}

/* --- symlinks --- */

static ssize_t ext4_readlink(struct inode *ino, char *buf, size_t size)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_map m = { .len = 1 };
	size_t n = min_t(u64, ino->size, size - 1);
	struct buffer *b;
	int err;

	if (ino->link) {
		n = strlcpy(buf, ino->link, size);
		return (ssize_t)min(n, size - 1);
	}
	if (ext4_is_inline(ino)) {
		err = ext4_inline_read(ino, 0, buf, (u32)n);
		if (err < 0)
			return err;
		buf[err] = 0;
		return err;
	}
	if (ino->size > fs->bsize)
		return -EUCLEAN;
	err = ext4_map_blocks(NULL, ino, &m, 0);
	if (err || !m.phys)
		return err ? err : -EUCLEAN;
	b = buffer_read(fs->bc, m.phys);
	if (IS_ERR(b))
		return PTR_ERR(b);
	n = strnlen((char *)b->data, n);
	memcpy(buf, b->data, n);
	buf[n] = 0;
	buffer_put(b);
	return n ? (ssize_t)n : -EUCLEAN;
}

#define EXT4_ATTR_OPS                                           \
	.setattr = ext4_setattr, .getxattr = ext4_getxattr,     \
	.setxattr = ext4_setxattr, .listxattr = ext4_listxattr, \
	.removexattr = ext4_removexattr

const struct inode_ops ext4_dir_iops = {
	.lookup = ext4_lookup,
	.create = ext4_create,
	.mkdir = ext4_mkdir,
	.mknod = ext4_mknod,
	.symlink = ext4_symlink,
	.link = ext4_link,
	.unlink = ext4_unlink,
	.rmdir = ext4_rmdir,
	.rename = ext4_rename,
	.tmpfile = ext4_tmpfile,
	EXT4_ATTR_OPS,
};
const struct inode_ops ext4_link_iops = {
	.readlink = ext4_readlink,
	EXT4_ATTR_OPS,
};
const struct inode_ops ext4_file_iops = {
	EXT4_ATTR_OPS,
};
const struct inode_ops ext4_special_iops = {
	EXT4_ATTR_OPS,
};
