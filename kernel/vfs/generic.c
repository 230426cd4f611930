// SPDX-License-Identifier: GPL-2.0
/*
 * File operations that many file systems share: seeking, and "." and ".." of
 * directories. Reading and writing through a mapping is kernel/mm/filemap.c.
 */
#include "vfs/internal.h"

/* Where SEEK_* leads, without any bound but the sign. */
loff_t generic_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = (loff_t)READ_ONCE(f->inode->size), pos;

	switch (whence) {
	case SEEK_SET:
		pos = off;
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(f->pos, off, &pos))
			return -EINVAL;
		break;
	case SEEK_END:
		if (__builtin_add_overflow(size, off, &pos))
			return -EINVAL;
		break;
	case SEEK_DATA: /* no holes are known: all of the file is data */
		if (off < 0 || off >= size)
			return -ENXIO;
		pos = off;
		break;
	case SEEK_HOLE: /* but for the virtual one at the end: lseek(2) */
		if (off < 0 || off >= size)
			return -ENXIO;
		pos = size;
		break;
	default:
		return -EINVAL;
	}
	if (pos < 0)
		return -EINVAL;
	f->pos = pos;
	return pos;
}

loff_t noop_llseek(struct file *f, loff_t off, int whence)
{
	return 0;
}

loff_t dir_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return generic_llseek(f, off, whence);
}

bool dir_emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *d = f->path.dentry;
	struct inode *up = d->parent->inode;

	if (ctx->pos == 0 &&
	    !dir_emit(ctx, ".", 1, 1, f->inode->ino, S_IFDIR >> 12))
		return false;
	if (ctx->pos == 1 &&
	    !dir_emit(ctx, "..", 2, 2, up ? up->ino : f->inode->ino,
		      S_IFDIR >> 12))
		return false;
	return true;
}
