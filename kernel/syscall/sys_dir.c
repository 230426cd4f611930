// SPDX-License-Identifier: GPL-2.0
/*
 * getdents(2) and getdents64(2).
 *
 * A file system lists its entries with the directory's lock held, when guest
 * memory must not be touched; so records are gathered in a kernel buffer and
 * copied out after. The position of each record is that of the next entry, and
 * the file's position after the call is that of the first entry not returned.
 */
#include <abi/dirent.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

#define DIR_BUF_MAX 32768u

struct dir_buf {
	struct dir_context ctx;
	char *buf;
	u32 size, len;
	bool old; /* getdents(2): the type stands in the last byte */
	int err;
};

static bool dir_buf_emit(struct dir_context *ctx, const char *name, u32 len,
			 loff_t next, u64 ino, u32 type)
{
	struct dir_buf *b = container_of(ctx, struct dir_buf, ctx);
	u32 head = b->old ? (u32)offsetof(struct linux_dirent, d_name)
			  : (u32)offsetof(struct linux_dirent64, d_name);
	u32 rec = ALIGN_UP(head + len + (b->old ? 2 : 1), 8u);
	char *p = b->buf + b->len;

	if (rec > b->size - b->len) {
		b->err = -EINVAL; /* if not even one record fits */
		return false;
	}
	memset(p + rec - 8, 0, 8);
	if (b->old) {
		struct linux_dirent *d = (struct linux_dirent *)p;

		d->d_ino = ino;
		d->d_off = (u64)next;
		d->d_reclen = (u16)rec;
		memcpy(d->d_name, name, len);
		d->d_name[len] = 0;
		p[rec - 1] = (char)type;
	} else {
		struct linux_dirent64 *d = (struct linux_dirent64 *)p;

		d->d_ino = ino;
		d->d_off = next;
		d->d_reclen = (u16)rec;
		d->d_type = (u8)type;
		memcpy(d->d_name, name, len);
		d->d_name[len] = 0;
	}
	b->len += rec;
	ctx->pos = next;
	return true;
}

static int dir_iterate(struct file *f, struct dir_buf *b)
{
	struct inode *ino = f->inode;
	loff_t start;
	int err;

	if (!f->ops->iterate)
		return -ENOTDIR;
	mutex_lock(&f->pos_lock);
	mutex_lock(&ino->lock);
	start = b->ctx.pos = f->pos;
	if (ino->nlink == 0)
		err = -ENOENT; /* removed: getdents(2) */
	else
		err = f->ops->iterate(f, &b->ctx);
	if (b->ctx.pos != start)
		f->pos = b->ctx.pos;
	mutex_unlock(&ino->lock);
	mutex_unlock(&f->pos_lock);
	touch_atime(&f->path);
	if (fsnotify_on())
		fsnotify_dentry(f->path.dentry, IN_ACCESS);
	return err;
}

static long dir_read(int fd, uaddr to, u32 count, bool old)
{
	struct dir_buf b = { .ctx.emit = dir_buf_emit, .old = old };
	struct fd_ref r = fd_ref_get(fd);
	long n;

	if (!r.file)
		return -EBADF;
	n = -ENOTDIR;
	if (!S_ISDIR(r.file->inode->mode))
		goto out;
	b.size = min(count, DIR_BUF_MAX);
	b.buf = kmalloc(max(b.size, 32u));
	n = -ENOMEM;
	if (!b.buf)
		goto out;
	n = dir_iterate(r.file, &b);
	if (b.len)
		n = copy_to_user(to, b.buf, b.len) ? -EFAULT : (long)b.len;
	else if (n >= 0)
		n = b.err;
	kfree(b.buf);
out:
	fd_ref_put(r);
	return n;
}

long sys_getdents64(int fd, uaddr dirent, u32 count)
{
	return dir_read(fd, dirent, count, false);
}

long sys_getdents(int fd, uaddr dirent, u32 count)
{
	return dir_read(fd, dirent, count, true);
}
