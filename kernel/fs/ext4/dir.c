// SPDX-License-Identifier: GPL-2.0
/*
 * Directories, as blocks of entries.
 *
 * A block is a chain of entries, each saying how far the next one is; removing
 * one lets its neighbour in front swallow it, so that entries never move. With
 * metadata checksums the last twelve bytes look like an unused entry and hold
 * the checksum. In an indexed directory (htree.c) some blocks are index; to
 * whoever goes along the blocks they look like one unused entry.
 *
 * A position of readdir is the offset of an entry. It may be old: we find our
 * way to it from the start of its block.
 *
 * Everything is under the directory's inode->lock.
 */
#include "ext4.h"

u8 ext4_mode_to_type(u32 mode)
{
	static const u8 type[16] = {
		[1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7, [12] = 6
	};

	return type[mode >> 12 & 15];
}

u8 ext4_type_to_dt(u8 type)
{
	static const u8 dt[8] = { 0, 8, 4, 2, 6, 1, 12, 10 };

	return type < 8 ? dt[type] : 0;
}

/* --- one block --- */

u32 ext4_leaf_size(const struct inode *dir)
{
	const struct ext4_fs *fs = ext4_of(dir);

	return fs->bsize - (fs->csum ? (u32)sizeof(struct ext4_dir_tail) : 0);
}

enum dir_kind { DIR_LEAF, DIR_ROOT, DIR_NODE };

static enum dir_kind dir_kind(struct inode *dir, const u8 *data, u32 block)
{
	const struct ext4_dirent *e = (const void *)data;

	if (!ext4_is_htree(dir))
		return DIR_LEAF;
	if (!block)
		return DIR_ROOT;
	return !e->ino && e->rec_len == ext4_of(dir)->bsize ? DIR_NODE
							    : DIR_LEAF;
}

static u32 leaf_csum(struct inode *dir, const u8 *data)
{
	struct ext4_inode *ei = ext4_i(dir);

	return ext4_crc32c(
		ext4_inode_seed(ext4_of(dir), ei->ino, ei->generation), data,
		ext4_leaf_size(dir));
}

static struct ext4_dir_tail *leaf_tail(struct inode *dir, u8 *data)
{
	return (struct ext4_dir_tail *)(data + ext4_leaf_size(dir));
}

void ext4_dir_csum_set(struct inode *dir, u8 *data, u32 block)
{
	enum dir_kind k = dir_kind(dir, data, block);
	struct ext4_dir_tail *t;
	u32 csum, *where;

	if (!ext4_of(dir)->csum)
		return;
	if (k == DIR_LEAF) {
		t = leaf_tail(dir, data);
		memset(t, 0, sizeof(*t));
		t->rec_len = sizeof(*t);
		t->type = 0xde;
		t->checksum = leaf_csum(dir, data);
	} else if (ext4_dx_csum(dir, data, k == DIR_ROOT, &csum, &where)) {
		*where = csum;
	}
}

static bool dir_csum_ok(struct inode *dir, u8 *data, u32 block)
{
	enum dir_kind k = dir_kind(dir, data, block);
	struct ext4_dir_tail *t;
	u32 csum, *where;

	if (!ext4_of(dir)->csum)
		return true;
	if (k == DIR_LEAF) {
		t = leaf_tail(dir, data);
		return !t->zero1 && t->rec_len == sizeof(*t) && !t->zero2 &&
		       t->type == 0xde && t->checksum == leaf_csum(dir, data);
	}
	return ext4_dx_csum(dir, data, k == DIR_ROOT, &csum, &where) &&
	       *where == csum;
}

void ext4_leaf_init(struct inode *dir, u8 *data)
{
	struct ext4_dirent *e = (void *)data;

	memset(data, 0, ext4_of(dir)->bsize);
	e->rec_len = (u16)ext4_leaf_size(dir);
}

struct ext4_dirent *ext4_dirent_at(struct inode *dir, u8 *data, u32 off,
				   u32 size)
{
	struct ext4_dirent *e = (void *)(data + off);

	if (off + 12 > size || e->rec_len < 12 || (e->rec_len & 3) ||
	    e->rec_len > size - off || 8u + e->name_len > e->rec_len ||
	    (e->ino && !e->name_len) || e->ino > ext4_of(dir)->inodes) {
		ext4_error(ext4_of(dir), "directory %lu: bad entry at %u",
			   (unsigned long)dir->ino, off);
		return NULL;
	}
	return e;
}

/* => offset, -ENOENT, -EUCLEAN */
int ext4_leaf_find(struct inode *dir, u8 *data, u32 size, const char *name,
		   u32 len)
{
	struct ext4_dirent *e;

	for (u32 off = 0; off < size; off += e->rec_len) {
		e = ext4_dirent_at(dir, data, off, size);
		if (!e)
			return -EUCLEAN;
		if (e->ino && e->name_len == len && !memcmp(e->name, name, len))
			return (int)off;
	}
	return -ENOENT;
}

static void dirent_set(struct inode *dir, struct ext4_dirent *e,
		       const char *name, u32 len, u32 ino, u8 type)
{
	e->ino = ino;
	e->name_len = (u8)len;
	e->type = ext4_of(dir)->filetype ? type : 0;
	memcpy(e->name, name, len);
}

int ext4_leaf_add(struct inode *dir, u8 *data, u32 size, const char *name,
		  u32 len, u32 ino, u8 type)
{
	u32 need = ext4_rec_len(len), used;
	struct ext4_dirent *e, *n;

	for (u32 off = 0; off < size; off += e->rec_len) {
		e = ext4_dirent_at(dir, data, off, size);
		if (!e)
			return -EUCLEAN;
		used = e->ino ? ext4_rec_len(e->name_len) : 0;
		if (e->rec_len < used + need)
			continue;
		n = e;
		if (used) {
			n = (void *)((u8 *)e + used);
			n->rec_len = (u16)(e->rec_len - used);
			e->rec_len = (u16)used;
		}
		dirent_set(dir, n, name, len, ino, type);
		return 0;
	}
	return -ENOSPC;
}

/* --- blocks of a directory --- */

struct buffer *ext4_dir_block(struct inode *dir, u32 block)
{
	struct ext4_fs *fs = ext4_of(dir);
	struct ext4_map m = { .block = block, .len = 1 };
	struct buffer *b;
	bool cached;
	int err = ext4_map_blocks(NULL, dir, &m, 0);

	if (err)
		return ERR_PTR(err);
	if (!m.phys || m.unwritten)
		return ERR_PTR(ext4_corrupt(fs, "directory %lu: no block %u",
					    (unsigned long)dir->ino, block));
	b = buffer_get(fs->bc, m.phys);
	if (IS_ERR(b))
		return b;
	cached = b->uptodate;
	buffer_put(b);
	b = buffer_read(fs->bc, m.phys);
	if (IS_ERR(b) || cached || dir_csum_ok(dir, b->data, block))
		return b;
	buffer_put(b);
	buffer_forget(fs->bc, m.phys);
	return ERR_PTR(ext4_corrupt(fs, "directory %lu, block %u: bad checksum",
				    (unsigned long)dir->ino, block));
}

struct buffer *ext4_dir_append(struct ext4_handle *h, struct inode *dir,
			       u32 *block)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_map m = { .block = (u32)(dir->size >> fs->bbits),
			      .len = 1 };
	struct buffer *b;
	int err;

	if (m.block >= 1u << 28)
		return ERR_PTR(-ENOSPC);
	err = ext4_map_blocks(h, dir, &m, EXT4_MAP_CREATE);
	if (err)
		return ERR_PTR(err);
	b = buffer_get(fs->bc, m.phys);
	if (IS_ERR(b))
		return b;
	err = ext4_touch(h, b);
	if (err) {
		buffer_put(b);
		return ERR_PTR(err);
	}
	ext4_leaf_init(dir, b->data);
	store_release(&b->uptodate, true);
	*block = m.block;
	dir->size = (u64)(m.block + 1) << fs->bbits;
	ext4_i(dir)->disk_size = dir->size;
	return b;
}

int ext4_dir_make(struct ext4_handle *h, struct inode *dir, u32 parent)
{
	struct ext4_dirent *e;
	struct buffer *b;
	u32 block;

	dir->size = 0;
	b = ext4_dir_append(h, dir, &block);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	e = (void *)b->data;
	e->rec_len = 12;
	dirent_set(dir, e, ".", 1, ext4_i(dir)->ino, 2);
	e = (void *)(b->data + 12);
	e->rec_len = (u16)(ext4_leaf_size(dir) - 12);
	dirent_set(dir, e, "..", 2, parent, 2);
	ext4_dir_csum_set(dir, b->data, 0);
	buffer_put(b);
	return 0;
}

/* --- inline ones --- */

/* A copy of the content; to be freed. *n: bytes */
static u8 *inline_copy(struct inode *dir, u32 *n)
{
	u32 max = ext4_of(dir)->isize;
	u8 *p = kmalloc(max);
	int got;

	if (!p)
		return ERR_PTR(-ENOMEM);
	got = ext4_inline_read(dir, 0, p, max);
	if (got < 60) {
		kfree(p);
		return ERR_PTR(got < 0 ? got : -EUCLEAN);
	}
	*n = (u32)got;
	return p;
}

/* The two stretches of entries. */
static u8 *inline_part(u8 *p, u32 n, u32 part, u32 *size)
{
	*size = part ? n - 60 : 56;
	return p + (part ? 60 : 4);
}

static int inline_find(struct inode *dir, const char *name, u32 len,
		       struct ext4_place *pl)
{
	u32 n, size;
	u8 *p = inline_copy(dir, &n), *part;
	int off = -ENOENT;

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	memset(pl, 0, sizeof(*pl));
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		pl->ino = *(u32 *)p;
		pl->type = 2;
		off = 0;
	} else {
		for (u32 i = 0; i < 2 && off == -ENOENT; i++) {
			part = inline_part(p, n, i, &size);
			off = ext4_leaf_find(dir, part, size, name, len);
			if (off >= 0) {
				struct ext4_dirent *e = (void *)(part + off);

				pl->ino = e->ino;
				pl->type = e->type;
			}
		}
	}
	kfree(p);
	return off < 0 ? off : 0;
}

static int inline_iterate(struct file *f, struct dir_context *ctx)
{
	struct inode *dir = f->inode;
	u32 n, size;
	u8 *p = inline_copy(dir, &n), *part;
	int err = 0;

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	if (!dir_emit_dots(f, ctx))
		goto out;
	for (u32 i = 0; i < 2; i++) {
		struct ext4_dirent *e;

		part = inline_part(p, n, i, &size);
		for (u32 off = 0; off < size; off += e->rec_len) {
			loff_t at = (loff_t)(i * 60 + off + 2);

			e = ext4_dirent_at(dir, part, off, size);
			err = e ? 0 : -EUCLEAN;
			if (err)
				goto out;
			if (at < ctx->pos || !e->ino)
				continue;
			if (!dir_emit(ctx, e->name, e->name_len,
				      at + e->rec_len, e->ino,
				      ext4_type_to_dt(e->type)))
				goto out;
		}
	}
out:
	kfree(p);
	return err;
}

/* --- finding, adding, removing --- */

static bool is_dots(const char *name, u32 len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

int ext4_dir_find(struct inode *dir, const char *name, u32 len,
		  struct ext4_place *pl)
{
	struct ext4_fs *fs = ext4_of(dir);
	u32 n = (u32)(dir->size >> fs->bbits);
	int off = -ENOENT;

	if (ext4_is_inline(dir))
		return inline_find(dir, name, len, pl);
	if (ext4_is_htree(dir) && !is_dots(name, len))
		return ext4_htree_find(dir, name, len, pl);
	if (is_dots(name, len))
		n = 1;
	for (u32 i = 0; i < n; i++) {
		struct buffer *b = ext4_dir_block(dir, i);
		u32 size = ext4_leaf_size(dir);

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		if (!i && ext4_is_htree(dir))
			size = fs->bsize; /* of the root: only the dots */
		off = ext4_leaf_find(dir, b->data, size, name, len);
		if (off >= 0) {
			struct ext4_dirent *e = (void *)(b->data + off);

			*pl = (struct ext4_place){ b, (u32)off, i, e->ino,
						   e->type };
			return 0;
		}
		buffer_put(b);
		if (off != -ENOENT)
			break;
	}
	return off;
}

static int dir_add_linear(struct ext4_handle *h, struct inode *dir,
			  const char *name, u32 len, u32 ino, u8 type)
{
	struct ext4_fs *fs = h->fs;
	u32 n = (u32)(dir->size >> fs->bbits), i;
	struct buffer *b;
	int err;

	for (i = 0; i < n; i++) {
		b = ext4_dir_block(dir, i);
		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		err = ext4_touch(h, b);
		if (!err)
			err = ext4_leaf_add(dir, b->data, ext4_leaf_size(dir),
					    name, len, ino, type);
		if (!err)
			ext4_dir_csum_set(dir, b->data, i);
		buffer_put(b);
		if (err != -ENOSPC)
			return err;
	}
	if (n == 1 && fs->dir_index) {
		err = ext4_htree_make(h, dir);
		return err ? err : ext4_htree_add(h, dir, name, len, ino, type);
	}
	b = ext4_dir_append(h, dir, &i);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_leaf_add(dir, b->data, ext4_leaf_size(dir), name, len, ino,
			    type);
	ext4_dir_csum_set(dir, b->data, i);
	buffer_put(b);
	return err;
}

u32 ext4_dir_credits(const struct ext4_fs *fs)
{
	/* leaf, its new half, index blocks up to the root and their new
	   halves, each with a bitmap and descriptor; map; inode, super */
	return 40;
}

int ext4_dir_add(struct ext4_handle *h, struct inode *dir, const char *name,
		 u32 len, u32 ino, u8 type)
{
	int err = 0;

	if (ext4_is_inline(dir))
		err = ext4_inline_convert_dir(h, dir);
	if (err)
		return err;
	dir->version++;
	dir->mtime = dir->ctime = inode_now();
	err = ext4_is_htree(dir) ? ext4_htree_add(h, dir, name, len, ino, type)
				 : dir_add_linear(h, dir, name, len, ino, type);
	if (!err)
		err = ext4_write_inode(h, dir);
	return err;
}

static void leaf_remove(struct inode *dir, u8 *data, u32 at)
{
	struct ext4_dirent *e, *prev = NULL, *victim = (void *)(data + at);

	for (u32 off = 0; off < at; off += e->rec_len) {
		e = (void *)(data + off); /* was checked on the way here */
		prev = e;
	}
	if (prev)
		prev->rec_len = (u16)(prev->rec_len + victim->rec_len);
	victim->ino = 0;
}

int ext4_dir_remove(struct ext4_handle *h, struct inode *dir, const char *name,
		    u32 len)
{
	struct ext4_place pl;
	int err = 0;

	if (ext4_is_inline(dir))
		err = ext4_inline_convert_dir(h, dir);
	if (!err)
		err = ext4_dir_find(dir, name, len, &pl);
	if (err)
		return err;
	err = ext4_touch(h, pl.buf);
	if (!err) {
		leaf_remove(dir, pl.buf->data, pl.off);
		ext4_dir_csum_set(dir, pl.buf->data, pl.block);
	}
	buffer_put(pl.buf);
	if (err)
		return err;
	dir->version++;
	dir->mtime = dir->ctime = inode_now();
	return ext4_write_inode(h, dir);
}

int ext4_dir_replace(struct ext4_handle *h, struct inode *dir, const char *name,
		     u32 len, u32 ino, u8 type)
{
	struct ext4_place pl;
	int err = 0;

	if (ext4_is_inline(dir))
		err = ext4_inline_convert_dir(h, dir);
	if (!err)
		err = ext4_dir_find(dir, name, len, &pl);
	if (err)
		return err;
	err = ext4_touch(h, pl.buf);
	if (!err) {
		struct ext4_dirent *e = (void *)(pl.buf->data + pl.off);

		e->ino = ino;
		e->type = h->fs->filetype ? type : 0;
		ext4_dir_csum_set(dir, pl.buf->data, pl.block);
	}
	buffer_put(pl.buf);
	if (err)
		return err;
	dir->version++;
	return ext4_write_inode(h, dir);
}

int ext4_dir_is_empty(struct inode *dir)
{
	struct ext4_fs *fs = ext4_of(dir);
	u32 n = (u32)(dir->size >> fs->bbits);
	struct ext4_dirent *e;
	int r = 1;

	if (ext4_is_inline(dir)) {
		u32 len, size;
		u8 *p = inline_copy(dir, &len), *part;

		if (IS_ERR(p))
			return (int)PTR_ERR(p);
		for (u32 i = 0; i < 2 && r == 1; i++) {
			part = inline_part(p, len, i, &size);
			for (u32 off = 0; off < size && r == 1;
			     off += e->rec_len) {
				e = ext4_dirent_at(dir, part, off, size);
				if (!e) {
					r = -EUCLEAN;
					break;
				}
				r = !e->ino;
			}
		}
		kfree(p);
		return r;
	}
	for (u32 i = 0; i < n && r == 1; i++) {
		struct buffer *b = ext4_dir_block(dir, i);
		u32 size = ext4_leaf_size(dir);

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		if (dir_kind(dir, b->data, i) != DIR_LEAF)
			size = fs->bsize;
		for (u32 off = 0; off < size && r == 1; off += e->rec_len) {
			e = ext4_dirent_at(dir, b->data, off, size);
			if (!e) {
				r = -EUCLEAN;
				break;
			}
			r = !e->ino || is_dots(e->name, e->name_len);
		}
		buffer_put(b);
	}
	return r;
}

/* --- reading --- */

/* Entries of one block from offset `from` on. => 1 go on, 0 stop, -errno */
static int dir_emit_block(struct inode *dir, struct dir_context *ctx,
			  struct buffer *b, u32 block, u32 from)
{
	struct ext4_fs *fs = ext4_of(dir);
	u64 base = (u64)block << fs->bbits;
	u32 size = ext4_leaf_size(dir), off;
	struct ext4_dirent *e;

	if (dir_kind(dir, b->data, block) != DIR_LEAF)
		size = fs->bsize;
	for (off = 0; off < size; off += e->rec_len) {
		u64 next;

		e = ext4_dirent_at(dir, b->data, off, size);
		if (!e)
			return -EUCLEAN;
		if (off < from || !e->ino)
			continue;
		next = off + e->rec_len >= size ? base + fs->bsize
						: base + off + e->rec_len;
		if (!dir_emit(ctx, e->name, e->name_len, (loff_t)next, e->ino,
			      ext4_type_to_dt(e->type)))
			return 0;
	}
	ctx->pos = (loff_t)(base + fs->bsize);
	return 1;
}

static int ext4_iterate(struct file *f, struct dir_context *ctx)
{
	struct inode *dir = f->inode;
	struct ext4_fs *fs = ext4_of(dir);
	int r = 1;

	if (ext4_is_inline(dir))
		return inline_iterate(f, ctx);
	while (r == 1 && (u64)ctx->pos < dir->size) {
		u32 block = (u32)((u64)ctx->pos >> fs->bbits);
		struct buffer *b = ext4_dir_block(dir, block);

		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		r = dir_emit_block(dir, ctx, b, block,
				   (u32)ctx->pos & (fs->bsize - 1));
		buffer_put(b);
	}
	return r < 0 ? r : 0;
}

static void ext4_dir_release(struct file *f)
{
	ext4_atime_check(f->inode);
}

const struct file_ops ext4_dir_fops = {
	.release = ext4_dir_release,
	.llseek = dir_llseek,
	.iterate = ext4_iterate,
	.fsync = ext4_fsync,
	.ioctl = ext4_ioctl,
};
