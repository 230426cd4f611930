// SPDX-License-Identifier: GPL-2.0
/*
 * Regular files of tmpfs, and those without a name: memfd_create(2), shared
 * anonymous memory and System V shm take theirs from shmem_file_create().
 *
 * The bytes are the mapping's business. Here are the charge for its pages,
 * changes of size, holes, and seals (fcntl(2), "File sealing"). Seals are
 * looked at and set under inode->lock, which every write and truncate holds; a
 * mapping is refused when it is made.
 */
#include <abi/errno.h>
#include <abi/mman.h>
#include <abi/mount.h>
#include <kernel/fs.h>
#include <kernel/printk.h>
#include <kernel/shmem.h>
#include <kernel/slab.h>
#include "tmpfs.h"
#include "vfs/acl.h"
#include "vfs/internal.h"

#define TMPFS_MAX_SIZE ((u64)INT64_MAX)
#define TMPFS_SEALS                                                 \
	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
	 F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)

static struct super *tmpfs_shmem_sb;

/* inode->blocks is under mapping->lock here */
static int tmpfs_charge(struct mapping *m, s64 pages)
{
	struct tmpfs_super *ts = tmpfs_sb(m->inode->sb);
	u64 used = atomic_add(&ts->used_pages, (u64)pages);
	u64 max = READ_ONCE(ts->max_pages);

	if (pages > 0 && max && used > max) {
		atomic_sub(&ts->used_pages, (u64)pages);
		return -ENOSPC;
	}
	m->inode->blocks += (u64)pages * (PAGE_SIZE / 512);
	return 0;
}

const struct mapping_ops tmpfs_mapping_ops = {
	.charge = tmpfs_charge,
};

static u32 tmpfs_seals(const struct inode *ino)
{
	const struct tmpfs_node *node = READ_ONCE(ino->priv);

	return node ? node->seals : 0;
}

/* --- attributes --- */

static int tmpfs_resize(struct inode *ino, u64 size)
{
	u64 old = ino->size;
	u32 seals = tmpfs_seals(ino);
	int err = 0;

	if ((size < old && (seals & F_SEAL_SHRINK)) ||
	    (size > old && (seals & F_SEAL_GROW)))
		return -EPERM;
	if (size > TMPFS_MAX_SIZE)
		return -EFBIG;
	if (size < old || (size == old && ino->blocks)) {
		WRITE_ONCE(ino->size, size); /* and pages beyond the end */
		mapping_truncate(&ino->mapping, size, (u64)-1);
	} else if (size > old) {
		/* holes need no window, unless somebody may look at them */
		mutex_lock(&ino->mapping.lock);
		if (ino->mapping.was_mapped)
			err = mapping_reserve_locked(&ino->mapping, size);
		if (err == -EFBIG)
			err = 0; /* beyond any window: SIGBUS there */
		if (!err)
			WRITE_ONCE(ino->size, size);
		mutex_unlock(&ino->mapping.lock);
	}
	return err;
}

static int tmpfs_setattr(struct inode *ino, const struct iattr *a)
{
	struct iattr rest = *a;
	int err;

	if ((a->valid & ATTR_MODE) && (tmpfs_seals(ino) & F_SEAL_EXEC) &&
	    ((a->mode ^ ino->mode) & S_IXUGO))
		return -EPERM;
	if (a->valid & ATTR_SIZE) {
		err = tmpfs_resize(ino, a->size);
		if (err)
			return err;
		rest.valid &= ~ATTR_SIZE;
	}
	return inode_setattr_simple(ino, &rest);
}

static int tmpfs_getattr(struct inode *ino, struct kstat *st)
{
	inode_fill_stat(ino, st);
	/* what was written through a mapping was not seen */
	if (ino->mapping.was_mapped)
		st->blocks = max(st->blocks, PAGE_UP(st->size) / 512);
	return 0;
}

/* --- files --- */

static ssize_t tmpfs_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct inode *ino = f->inode;
	u32 seals;
	ssize_t n;

	if (!it->count)
		return 0;
	mutex_lock(&ino->lock);
	seals = tmpfs_seals(ino);
	n = -EPERM;
	if (unlikely(seals)) {
		u64 from = write_appends(f, it) ? ino->size : (u64)*pos;

		if (from >= rlimit(RLIMIT_FSIZE))
			seals = 0; /* that comes first, below */
		if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			goto out;
		if ((seals & F_SEAL_GROW) && from + it->count > ino->size)
			goto out;
	}
	n = generic_mapping_write_locked(f, it, pos);
out:
	mutex_unlock(&ino->lock);
	return n;
}

static loff_t tmpfs_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_llseek(f, off, whence);
	off = mapping_seek(&f->inode->mapping, off, whence);
	if (off >= 0)
		f->pos = off;
	return off;
}

static int tmpfs_fallocate_locked(struct inode *ino, int mode, u64 off, u64 len)
{
	u32 seals = tmpfs_seals(ino);
	int err;

	if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			return -EPERM;
		mapping_truncate(&ino->mapping, off, len);
	} else {
		if ((seals & F_SEAL_GROW) && off + len > ino->size)
			return -EPERM;
		if (off + len > TMPFS_MAX_SIZE)
			return -EFBIG;
		err = mapping_fallocate(&ino->mapping, off, len);
		if (err) /* nobody has as much */
			return err == -EFBIG ? -ENOSPC : err;
		if (!(mode & FALLOC_FL_KEEP_SIZE) && off + len > ino->size)
			WRITE_ONCE(ino->size, off + len);
	}
	inode_modified(ino);
	return 0;
}

static int tmpfs_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *ino = f->inode;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	mutex_lock(&ino->lock);
	err = tmpfs_fallocate_locked(ino, mode, (u64)off, (u64)len);
	mutex_unlock(&ino->lock);
	return err;
}

static int tmpfs_mmap(struct file *f, struct mapping **m, int prot, int flags)
{
	u32 seals = tmpfs_seals(f->inode);

	/* mprotect cannot make it writable later: mm asks for the seals */
	if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) &&
	    (flags & MAP_SHARED) && (prot & PROT_WRITE))
		return -EPERM;
	*m = &f->inode->mapping;
	return 0;
}

static int tmpfs_fsync(struct file *f, int datasync)
{
	return 0;
}

/* --- without a name --- */

struct file *shmem_file_create(const char *name, u64 size, int flags)
{
	struct tmpfs_node *node;
	struct dentry *d = NULL;
	struct inode *ino;
	struct file *f;
	int err = -ENOMEM;

	if (size > TMPFS_MAX_SIZE)
		return ERR_PTR(-EINVAL);
	ino = tmpfs_inode_new(tmpfs_shmem_sb, NULL,
			      S_IFREG | (flags & SHMEM_NOEXEC ? 0666 : 0777),
			      0);
	if (IS_ERR(ino))
		return (struct file *)ino;
	ino->nlink = 0;
	ino->size = size;
	node = tmpfs_node(ino);
	if (!node)
		goto fail;
	node->sealable = flags & SHMEM_SEALABLE;
	node->seals = (node->sealable ? 0 : F_SEAL_SEAL) |
		      (flags & SHMEM_NOEXEC ? F_SEAL_EXEC : 0);
	d = dentry_alloc_anon(tmpfs_shmem_sb, name, ino);
	if (!d)
		goto fail;
	f = file_alloc(O_RDWR | O_LARGEFILE);
	if (!f)
		goto fail;
	ref_get(&anon_mount.refs);
	atomic_or(&d->flags, DENTRY_DELETED);
	f->path = (struct path){ &anon_mount, d };
	f->inode = ino;
	f->mode = FMODE_READ | FMODE_WRITE;
	err = file_open_inode(f);
	if (!err) {
		/* was never opened: programs may be run from it, leases taken */
		inode_put_write(ino);
		atomic_dec(&ino->sb->writers);
		f->mode &= ~FMODE_WRITER;
		return f;
	}
	file_put(f);
	return ERR_PTR(err);
fail:
	if (d)
		dentry_put(d);
	else
		inode_put(ino);
	return ERR_PTR(err);
}

static bool shmem_is_file(const struct file *f)
{
	return f->inode->fops == &tmpfs_file_fops;
}

long shmem_get_seals(struct file *f)
{
	struct tmpfs_node *node = shmem_is_file(f) ? f->inode->priv : NULL;

	/* named files of tmpfs have none and take none, as on Linux */
	if (!shmem_is_file(f))
		return -EINVAL;
	return node && (node->seals || node->sealable) ? node->seals
						       : F_SEAL_SEAL;
}

long shmem_add_seals(struct file *f, u32 seals)
{
	struct inode *ino = f->inode;
	struct tmpfs_node *node;
	long err = 0;

	if (!(f->mode & FMODE_WRITE))
		return -EPERM;
	if (!shmem_is_file(f) || (seals & ~(u32)TMPFS_SEALS))
		return -EINVAL;
	mutex_lock(&ino->lock);
	node = ino->priv;
	if (!node || !node->sealable || (node->seals & F_SEAL_SEAL)) {
		err = -EPERM;
		goto out;
	}
	mutex_lock(&ino->mapping.vma_lock);
	if ((seals & F_SEAL_EXEC) && (ino->mode & S_IXUGO))
		seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
			 F_SEAL_FUTURE_WRITE;
	if ((seals & F_SEAL_WRITE) && !(node->seals & F_SEAL_WRITE) &&
	    ino->mapping.nr_writable)
		err = -EBUSY;
	if (!err)
		node->seals |= seals;
	mutex_unlock(&ino->mapping.vma_lock);
out:
	mutex_unlock(&ino->lock);
	return err;
}

void tmpfs_shmem_init(void)
{
	tmpfs_shmem_sb = tmpfs_super_new(&tmpfs_type, MS_KERNMOUNT, NULL);
	if (IS_ERR(tmpfs_shmem_sb))
		panic("tmpfs: no internal instance");
}

/* --- tables --- */

const struct file_ops tmpfs_file_fops = {
	.read = generic_mapping_read,
	.write = tmpfs_write,
	.llseek = tmpfs_llseek,
	.fsync = tmpfs_fsync,
	.fallocate = tmpfs_fallocate,
	.mmap = tmpfs_mmap,
};

#define TMPFS_FILE_IOPS                                           \
	.setattr = tmpfs_setattr, .getattr = tmpfs_getattr,       \
	.getattr_fast = true, .getxattr = tmpfs_getxattr,         \
	.setxattr = tmpfs_setxattr, .listxattr = tmpfs_listxattr, \
	.removexattr = tmpfs_removexattr

const struct inode_ops tmpfs_file_iops = {
	TMPFS_FILE_IOPS,
	.with_acl = &tmpfs_file_acl_iops,
};
const struct inode_ops tmpfs_file_acl_iops = {
	TMPFS_FILE_IOPS,
	.permission = acl_permission,
	.without_acl = &tmpfs_file_iops,
};

static ssize_t tmpfs_readlink(struct inode *ino, char *buf, size_t size)
{
	size_t n = strlcpy(buf, ino->link, size);

	return (ssize_t)min(n, size - 1);
}

const struct inode_ops tmpfs_link_iops = {
	.readlink = tmpfs_readlink,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
};

#define TMPFS_SPECIAL_IOPS                                      \
	.getxattr = tmpfs_getxattr, .setxattr = tmpfs_setxattr, \
	.listxattr = tmpfs_listxattr, .removexattr = tmpfs_removexattr

const struct inode_ops tmpfs_special_iops = {
	TMPFS_SPECIAL_IOPS,
	.with_acl = &tmpfs_special_acl_iops,
};
const struct inode_ops tmpfs_special_acl_iops = {
	TMPFS_SPECIAL_IOPS,
	.permission = acl_permission,
	.without_acl = &tmpfs_special_iops,
};
