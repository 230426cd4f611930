// SPDX-License-Identifier: GPL-2.0
/*
 * Open file descriptions: their life, and reading and writing through them.
 *
 * A struct file is made by open or by file_open_anon() with one reference; each
 * descriptor, each vma and each call in progress (unless the descriptor table
 * is private: kernel/fdtable.h) holds one. With the last one epoll forgets it,
 * its locks go, ->release is called, and the path is let go. Its memory stays a
 * struct file for ever, because fd_get() reads the count without a lock.
 *
 * What can be decided once is decided at open: mode bits, position or not,
 * which operations there are. vfs_read() and vfs_write() only look at those.
 */
#include <kernel/ipc.h>
#include "vfs/fasync.h"
#include "vfs/internal.h"

static struct objcache file_objs = OBJCACHE(struct file, priv);
static const struct file_ops file_no_ops;
static struct inode *anon_inode; /* of all that have no type: eventfd, epoll */

/* With a count of zero: nobody can take it before file_open_*() is done. */
struct file *file_alloc(int flags)
{
	struct file *f = objcache_alloc(&file_objs);

	if (!f)
		return NULL;
	f->flags = (u32)flags & ~(u32)(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
	f->ops = &file_no_ops;
	f->inode = NULL;
	f->path = (struct path){ NULL, NULL };
	mutex_init(&f->pos_lock);
	f->pos = 0;
	f->priv = NULL;
	f->mode = 0;
	f->owner_type = f->owner_sig = 0;
	f->owner = 0;
	f->async = NULL;
	list_init(&f->epoll_links);
	spin_init(&f->lock);
	f->cred = current->cred;
	cred_get(f->cred);
	ref_init(&f->refs, 1);
	return f;
}

void file_get(struct file *f)
{
	ref_get(&f->refs);
}

static void file_release(struct file *f)
{
	struct inode *ino = f->inode;

	if (likely(f->mode & FMODE_OPENED)) {
		if (fsnotify_on() && !(f->mode & FMODE_PATH))
			fsnotify_dentry(f->path.dentry,
					f->mode & FMODE_WRITE
						? IN_CLOSE_WRITE
						: IN_CLOSE_NOWRITE);
		if (unlikely(!list_empty(&f->epoll_links)))
			epoll_file_release(f);
		if (unlikely(ino->marks && S_ISDIR(ino->mode)))
			dnotify_release(f);
		if (unlikely(f->async))
			fasync_release(f);
		if (unlikely(ino->flocks))
			locks_release_file(f);
		if (unlikely(ino->leases))
			lease_release(f);
		if (f->ops->release)
			f->ops->release(f);
	}
	if (f->mode & FMODE_WRITER) {
		inode_put_write(ino);
		atomic_dec(&ino->sb->writers);
	} else if (f->mode & FMODE_READER) {
		atomic_dec(&ino->readers);
	}
	path_put(&f->path);
	cred_put(f->cred);
	objcache_free(&file_objs, f);
}

void file_put(struct file *f)
{
	if (ref_put(&f->refs))
		file_release(f);
}

/*
 * The common end of all ways to open: f->path, f->inode and f->mode's access
 * bits are set. The caller puts f when this fails.
 */
int file_open_inode(struct file *f)
{
	struct inode *ino = f->inode;
	int err;

	f->ops = ino->fops;
	if ((f->mode & FMODE_WRITE) && S_ISREG(ino->mode)) {
		err = inode_get_write(ino);
		if (err)
			return err;
		atomic_inc(&ino->sb->writers);
		f->mode |= FMODE_WRITER;
	} else if ((f->mode & FMODE_READ) && S_ISREG(ino->mode)) {
		atomic_inc(&ino->readers);
		f->mode |= FMODE_READER;
	}
	err = lease_break(ino, (int)f->flags);
	if (unlikely(err))
		return err;
	if (f->ops->open) {
		err = f->ops->open(ino, f);
		if (unlikely(err))
			return err;
	}
	f->flags &= ~(u32)O_NOCTTY; /* terminals have looked at it */
	/* ->open may have put the device's own operations there */
	if (!S_ISREG(ino->mode) && !S_ISDIR(ino->mode) && !S_ISBLK(ino->mode) &&
	    !f->ops->llseek)
		f->mode |= FMODE_STREAM;
	f->mode |= FMODE_OPENED;
	return 0;
}

/* --- Files without a name --- */

/* The number in "pipe:[123]": names of such files tell their inode. */
static u64 anon_name_number(const char *name)
{
	const char *p = strchr(name, '[');
	u64 n = 0;

	for (p = p ? p + 1 : ""; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (u64)(*p - '0');
	return n;
}

struct file *file_open_anon(const char *name, const struct file_ops *ops,
			    void *priv, int flags, u32 mode)
{
	struct file *f = file_alloc(flags);
	struct inode *ino = anon_inode;
	struct dentry *d;

	if (!f)
		return ERR_PTR(-ENFILE);
	if (mode & S_IFMT) {
		ino = inode_alloc(anon_mount.sb, mode);
		if (ino && anon_name_number(name))
			ino->ino = anon_name_number(name);
	} else {
		inode_get(ino);
	}
	d = ino ? dentry_alloc_anon(anon_mount.sb, name, ino) : NULL;
	if (!d) {
		if (ino)
			inode_put(ino);
		file_put(f);
		return ERR_PTR(-ENOMEM);
	}
	f->path = (struct path){ &anon_mount, d };
	ref_get(&anon_mount.refs);
	f->inode = ino;
	f->ops = ops;
	f->priv = priv;
	f->mode = ((u32)(flags + 1) & O_ACCMODE) | FMODE_STREAM | FMODE_OPENED;
	if (ops->llseek && ops->llseek != noop_llseek)
		f->mode &= ~FMODE_STREAM;
	return f;
}

/* --- Reading and writing --- */

ssize_t vfs_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	ssize_t n;

	if (unlikely(!(f->mode & FMODE_READ)))
		return -EBADF;
	if (unlikely(!f->ops->read))
		return S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
	n = f->ops->read(f, it, pos);
	if (fsnotify_on() && n > 0)
		fsnotify_dentry(f->path.dentry, IN_ACCESS);
	return n;
}

ssize_t vfs_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	ssize_t n;

	if (unlikely(!(f->mode & FMODE_WRITE)))
		return -EBADF;
	if (unlikely(!f->ops->write))
		return -EINVAL;
	n = f->ops->write(f, it, pos);
	if (unlikely(f->flags & O_DSYNC) && n > 0 && f->ops->fsync) {
		int err = f->ops->fsync(f, !(f->flags & __O_SYNC));

		if (err)
			return err;
	}
	if (fsnotify_on() && n > 0)
		fsnotify_dentry(f->path.dentry, IN_MODIFY);
	return n;
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos)
{
	size_t done = 0;

	while (done < n) {
		struct iov_iter it;
		ssize_t r;

		iov_iter_kbuf(&it, (char *)buf + done, n - done);
		r = vfs_read(f, &it, &pos);
		if (r < 0)
			return done ? (ssize_t)done : r;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

ssize_t file_write_kernel(struct file *f, const void *buf, size_t n, loff_t pos)
{
	size_t done = 0;

	while (done < n) {
		struct iov_iter it;
		ssize_t r;

		iov_iter_kbuf(&it, (char *)(u64)buf + done, n - done);
		r = vfs_write(f, &it, &pos);
		if (r < 0)
			return done ? (ssize_t)done : r;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

void file_cache_init(void)
{
	anon_inode = inode_alloc(anon_mount.sb, 0600);
	if (!anon_inode)
		panic("vfs: no memory for the anonymous inode");
}
