// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes: in the rest of a large inode, and in one block.
 *
 * Both areas are alike: entries from the front, values from the back, offsets
 * counted from the first entry (inode) or the start of the block. To change
 * one, its entries are taken down as a list, the list is changed, and the area
 * is written anew. A new value goes into the inode if it fits there, else into
 * the block. A block that others share (other systems do that) is copied.
 *
 * Everything that is read is checked to lie inside of its area. Under
 * ei->xattr_lock.
 */
#include <abi/capability.h>
#include <abi/xattr.h>
#include <kernel/cred.h>
#include "ext4.h"

#define XA_MAX 256u /* entries of an area, more do not fit in a block */

struct xa_entry {
	u8 index, name_len;
	const char *name;
	const u8 *val;
	u32 size, hash;
};
struct xa_area {
	u8 *first; /* of the entries */
	u8 *base;  /* offsets count from here */
	u32 room;  /* bytes from first to the end */
	u8 *copy;  /* what the entries point into */
	u32 n;
	struct xa_entry e[XA_MAX];
};

static const struct {
	u32 index;
	const char *prefix;
} xa_prefix[] = {
	{ 1, XATTR_USER_PREFIX },	   { 2, "system.posix_acl_access" },
	{ 3, "system.posix_acl_default" }, { 4, XATTR_TRUSTED_PREFIX },
	{ 6, XATTR_SECURITY_PREFIX },	   { 7, "system." },
};

/* => index, 0: none of ours; *rest: what follows the prefix */
static u32 xa_index(const char *name, const char **rest)
{
	for (u32 i = 0; i < ARRAY_SIZE(xa_prefix); i++) {
		size_t n = strlen(xa_prefix[i].prefix);

		if (strncmp(name, xa_prefix[i].prefix, n))
			continue;
		if (xa_prefix[i].prefix[n - 1] != '.' && name[n])
			continue;
		*rest = name + n;
		return xa_prefix[i].index;
	}
	return 0;
}

static const char *xa_prefix_of(u32 index)
{
	for (u32 i = 0; i < ARRAY_SIZE(xa_prefix); i++)
		if (xa_prefix[i].index == index)
			return xa_prefix[i].prefix;
	return NULL;
}

u32 ext4_xattr_credits(const struct ext4_fs *fs)
{
	return 10;
}

/* --- reading an area --- */

static u32 xa_entry_size(u32 name_len)
{
	return (16 + name_len + 3) & ~3u;
}

static int xa_bad(struct ext4_fs *fs, u32 ino)
{
	return ext4_corrupt(fs, "inode %u: bad attributes", ino);
}

/* Take the list down from a copy at a->copy, whose first entry is at `at`. */
static int xa_parse(struct ext4_fs *fs, u32 ino, struct xa_area *a, u32 at,
		    u32 size, u32 base)
{
	u32 first = at;

	a->n = 0;
	while (at + 4 <= size && *(u32 *)(a->copy + at)) {
		struct ext4_xattr_entry *x = (void *)(a->copy + at);
		struct xa_entry *e = &a->e[a->n];
		u64 val;

		if (at + 16 > size ||
		    at + xa_entry_size(x->name_len) + 4 > size ||
		    a->n == XA_MAX)
			return xa_bad(fs, ino);
		val = (u64)base + x->value_offs;
		if (x->value_inum)
			return -EOPNOTSUPP;
		if (x->value_size &&
		    (val < first || val > size || x->value_size > size - val))
			return xa_bad(fs, ino);
		*e = (struct xa_entry){
			x->name_index, x->name_len,
			x->name,       a->copy + (x->value_size ? val : 0),
			x->value_size, x->hash
		};
		a->n++;
		at += xa_entry_size(x->name_len);
	}
	return 0;
}

static void xa_done(struct xa_area *a)
{
	if (a)
		kfree(a->copy);
	kfree(a);
}

static u32 xa_inode_off(const struct ext4_inode *ei)
{
	return EXT4_GOOD_OLD_ISIZE + ei->extra_isize;
}

/* The area in the inode. raw: in its buffer. => ERR_PTR */
static struct xa_area *xa_inode(struct ext4_fs *fs, struct ext4_inode *ei,
				struct ext4_dinode *raw)
{
	u32 off = xa_inode_off(ei);
	struct xa_area *a = kzalloc(sizeof(*a));
	int err = 0;

	if (!a)
		return ERR_PTR(-ENOMEM);
	if (fs->isize < off + 16 || ei->is_new) {
		if (ei->is_new && fs->isize >= off + 16) {
			a->first = a->base = (u8 *)raw + off + 4;
			a->room = fs->isize - off - 4;
		}
		return a;
	}
	a->first = a->base = (u8 *)raw + off + 4;
	a->room = fs->isize - off - 4;
	a->copy = kmalloc(fs->isize);
	if (!a->copy) {
		err = -ENOMEM;
	} else {
		memcpy(a->copy, raw, fs->isize);
		if (*(u32 *)(a->copy + off) == EXT4_XATTR_MAGIC)
			err = xa_parse(fs, ei->ino, a, off + 4, fs->isize,
				       off + 4);
	}
	if (!err)
		return a;
	xa_done(a);
	return ERR_PTR(err);
}

static u32 xa_block_csum(struct ext4_fs *fs, u64 block, const u8 *data)
{
	const u32 at = offsetof(struct ext4_xattr_header, checksum);
	u32 c = ext4_crc32c(fs->csum_seed, &block, 8), zero = 0;

	c = ext4_crc32c(c, data, at);
	c = ext4_crc32c(c, &zero, 4);
	return ext4_crc32c(c, data + at + 4, fs->bsize - at - 4);
}

/* The area in a block; *b with a reference, NULL without block. */
static struct xa_area *xa_block(struct ext4_fs *fs, struct ext4_inode *ei,
				struct buffer **out)
{
	struct xa_area *a = kzalloc(sizeof(*a));
	struct ext4_xattr_header *h;
	struct buffer *b;
	int err = 0;

	*out = NULL;
	if (!a)
		return ERR_PTR(-ENOMEM);
	a->room = fs->bsize - (u32)sizeof(*h);
	if (!ei->file_acl)
		return a;
	b = buffer_read(fs->bc, ei->file_acl);
	if (IS_ERR(b)) {
		xa_done(a);
		return (struct xa_area *)b;
	}
	h = (void *)b->data;
	if (h->magic != EXT4_XATTR_MAGIC || h->blocks != 1 || !h->refcount ||
	    (fs->csum && !b->journal &&
	     h->checksum != xa_block_csum(fs, b->block, b->data)))
		err = xa_bad(fs, ei->ino);
	if (!err)
		a->copy = kmalloc(fs->bsize);
	if (!err && !a->copy)
		err = -ENOMEM;
	if (!err) {
		memcpy(a->copy, b->data, fs->bsize);
		err = xa_parse(fs, ei->ino, a, sizeof(*h), fs->bsize, 0);
	}
	if (!err) {
		*out = b;
		return a;
	}
	buffer_put(b);
	xa_done(a);
	return ERR_PTR(err);
}

static struct xa_entry *xa_find(struct xa_area *a, u32 index, const char *name)
{
	size_t n = strlen(name);

	for (u32 i = 0; i < a->n; i++)
		if (a->e[i].index == index && a->e[i].name_len == n &&
		    !memcmp(a->e[i].name, name, n))
			return &a->e[i];
	return NULL;
}

/* --- writing an area --- */

static u32 xa_hash(const struct xa_entry *e)
{
	u32 h = 0, w;

	for (u32 i = 0; i < e->name_len; i++)
		h = h << 5 ^ h >> 27 ^ (u8)e->name[i];
	for (u32 i = 0; i < e->size; i += 4) {
		w = 0;
		memcpy(&w, e->val + i, min(4u, e->size - i));
		h = h << 16 ^ h >> 16 ^ w;
	}
	return h;
}

static u32 xa_needs(const struct xa_area *a)
{
	u32 n = 4;

	for (u32 i = 0; i < a->n; i++)
		n += xa_entry_size(a->e[i].name_len) +
		     ((a->e[i].size + 3) & ~3u);
	return n;
}

static void xa_sort(struct xa_area *a)
{
	for (u32 i = 1; i < a->n; i++)
		for (u32 k = i; k; k--) {
			struct xa_entry *x = &a->e[k - 1], *y = &a->e[k], t;
			int c = (int)x->index - y->index;

			if (!c)
				c = (int)x->name_len - y->name_len;
			if (!c)
				c = memcmp(x->name, y->name, x->name_len);
			if (c <= 0)
				break;
			t = *x;
			*x = *y;
			*y = t;
		}
}

/* Entries and values to `first`, which has `room` bytes. */
static void xa_store(struct xa_area *a, u8 *first, u8 *base)
{
	u8 *at = first, *end = first + a->room;

	memset(first, 0, a->room);
	for (u32 i = 0; i < a->n; i++) {
		struct xa_entry *e = &a->e[i];
		struct ext4_xattr_entry *x = (void *)at;

		x->name_len = e->name_len;
		x->name_index = e->index;
		memcpy(x->name, e->name, e->name_len);
		x->value_size = e->size;
		if (e->size) {
			end -= (e->size + 3) & ~3u;
			memcpy(end, e->val, e->size);
			x->value_offs = (u16)(end - base);
		}
		x->hash = xa_hash(e);
		at += xa_entry_size(e->name_len);
	}
}

static void xa_remove(struct xa_area *a, struct xa_entry *e)
{
	u32 i = (u32)(e - a->e);

	memmove(e, e + 1, (a->n - i - 1) * sizeof(*e));
	a->n--;
}

static int xa_store_inode(struct ext4_handle *h, struct ext4_inode *ei,
			  struct buffer *b, struct ext4_dinode *raw,
			  struct xa_area *a)
{
	int err = ext4_touch(h, b);

	if (err)
		return err;
	*(u32 *)(a->first - 4) = a->n ? EXT4_XATTR_MAGIC : 0;
	xa_store(a, a->first, a->base);
	ext4_inode_csum_set(h->fs, ei, raw);
	return 0;
}

/* One owner less. */
static int xa_block_drop(struct ext4_handle *h, struct inode *ino,
			 struct buffer *b)
{
	struct ext4_xattr_header *x = (void *)b->data;
	struct ext4_fs *fs = h->fs;
	u64 block = b->block;
	int err;

	ext4_i(ino)->file_acl = 0;
	if (x->refcount == 1)
		return ext4_free_blocks(h, ino, block, 1, true);
	err = ext4_touch(h, b);
	if (err)
		return err;
	x->refcount--;
	if (fs->csum)
		x->checksum = xa_block_csum(fs, block, b->data);
	ext4_i(ino)->nblocks -= min_t(u64, ext4_i(ino)->nblocks, 1);
	return 0;
}

static int xa_store_block(struct ext4_handle *h, struct inode *ino,
			  struct buffer *old, struct xa_area *a)
{
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_fs *fs = h->fs;
	struct ext4_xattr_header *x;
	struct buffer *b = old;
	int err = 0;
	u32 n = 1, hash = 0;

	if (!a->n)
		return old ? xa_block_drop(h, ino, old) : 0;
	if (old && ((struct ext4_xattr_header *)old->data)->refcount > 1) {
		err = xa_block_drop(h, ino, old);
		b = NULL;
	}
	if (!err && !b) {
		u64 at = ext4_alloc_blocks(
			h, ino,
			ext4_group_first(fs,
					 (ei->ino - 1) / fs->inodes_per_group),
			&n, &err);

		if (!at)
			return err;
		b = buffer_get(fs->bc, at);
		if (IS_ERR(b))
			return (int)PTR_ERR(b);
		ei->file_acl = at;
	}
	if (!err)
		err = ext4_touch(h, b);
	if (!err) {
		xa_sort(a);
		x = (void *)b->data;
		memset(x, 0, sizeof(*x));
		x->magic = EXT4_XATTR_MAGIC;
		x->refcount = x->blocks = 1;
		xa_store(a, (u8 *)(x + 1), b->data);
		for (u32 i = 0; i < a->n; i++)
			hash = hash << 16 ^ hash >> 16 ^ xa_hash(&a->e[i]);
		x->hash = hash;
		store_release(&b->uptodate, true);
		if (fs->csum)
			x->checksum = xa_block_csum(fs, b->block, b->data);
	}
	if (b != old)
		buffer_put(b);
	return err;
}

/* Where is the value to go? => the area, NULL: nowhere */
static struct xa_area *xa_place(struct xa_area *ia, struct xa_area *ba,
				const struct xa_entry *e)
{
	u32 need = xa_entry_size(e->name_len) + ((e->size + 3) & ~3u);

	if (ia->first && xa_needs(ia) + need <= ia->room && ia->n < XA_MAX)
		return ia;
	if (xa_needs(ba) + need <= ba->room && ba->n < XA_MAX)
		return ba;
	return NULL;
}

static int xa_change(struct ext4_handle *h, struct inode *ino,
		     struct buffer *ib, struct ext4_dinode *raw,
		     struct xa_area *ia, struct xa_area *ba, struct buffer *bb,
		     const struct xa_entry *n, const char *name, bool remove,
		     int flags)
{
	struct xa_entry *in_i = xa_find(ia, n->index, name);
	struct xa_entry *in_b = xa_find(ba, n->index, name);
	bool i_changed = in_i, b_changed = in_b;
	struct xa_area *to = NULL;
	int err = 0;

	if ((flags & XATTR_CREATE) && (in_i || in_b))
		return -EEXIST;
	if (((flags & XATTR_REPLACE) || remove) && !in_i && !in_b)
		return -ENODATA;
	if (in_i)
		xa_remove(ia, in_i);
	if (in_b)
		xa_remove(ba, in_b);
	if (!remove) {
		to = xa_place(ia, ba, n);
		if (!to)
			return -ENOSPC;
		to->e[to->n++] = *n;
		i_changed |= to == ia;
		b_changed |= to == ba;
	}
	if (b_changed)
		err = xa_store_block(h, ino, bb, ba);
	if (!err && i_changed)
		err = xa_store_inode(h, ext4_i(ino), ib, raw, ia);
	return err;
}

int ext4_xattr_set(struct ext4_handle *h, struct inode *ino, u32 index,
		   const char *name, const void *val, size_t n, int flags)
{
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_fs *fs = h->fs;
	struct xa_entry e = {
		(u8)index, (u8)strlen(name), name, val, (u32)n, 0
	};
	struct xa_area *ia, *ba = NULL;
	struct ext4_dinode *raw;
	struct buffer *ib, *bb = NULL;
	int err;

	if (n > fs->bsize)
		return -ENOSPC;
	/* what is not stored yet would wipe the area out later */
	if (ei->is_new) {
		err = ext4_write_inode(h, ino);
		if (err)
			return err;
	}
	ib = ext4_inode_buffer(fs, ei->ino, &raw, false);
	if (IS_ERR(ib))
		return (int)PTR_ERR(ib);
	mutex_lock(&ei->xattr_lock);
	ia = xa_inode(fs, ei, raw);
	err = IS_ERR(ia) ? (int)PTR_ERR(ia) : 0;
	if (!err) {
		ba = xa_block(fs, ei, &bb);
		err = IS_ERR(ba) ? (int)PTR_ERR(ba) : 0;
		if (!err)
			err = xa_change(h, ino, ib, raw, ia, ba, bb, &e, name,
					!val, flags);
		if (bb)
			buffer_put(bb);
		if (!IS_ERR(ba))
			xa_done(ba);
		xa_done(ia);
	}
	mutex_unlock(&ei->xattr_lock);
	buffer_put(ib);
	if (!err) {
		ino->ctime = inode_now();
		ext4_update_blocks(ino);
		err = ext4_write_inode(h, ino);
	}
	return err;
}

int ext4_xattr_delete(struct ext4_handle *h, struct inode *ino)
{
	struct ext4_inode *ei = ext4_i(ino);
	struct buffer *b;
	struct ext4_xattr_header *x;
	int err;

	if (!ei->file_acl)
		return 0;
	b = buffer_read(h->fs->bc, ei->file_acl);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	x = (void *)b->data;
	err = x->magic == EXT4_XATTR_MAGIC && x->refcount
		      ? xa_block_drop(h, ino, b)
		      : xa_bad(h->fs, ei->ino);
	buffer_put(b);
	return err;
}

/* --- the calls --- */

/* Both areas, one after the other. */
static struct xa_area *xa_open(struct inode *ino, u32 which)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_dinode *raw;
	struct buffer *b;
	struct xa_area *a;

	if (which) {
		a = xa_block(fs, ext4_i(ino), &b);
		if (b)
			buffer_put(b);
		return a;
	}
	b = ext4_inode_buffer(fs, ext4_i(ino)->ino, &raw, false);
	if (IS_ERR(b))
		return (struct xa_area *)b;
	a = xa_inode(fs, ext4_i(ino), raw);
	buffer_put(b);
	return a;
}

ssize_t ext4_xattr_get(struct inode *ino, u32 index, const char *name,
		       void *buf, size_t n)
{
	ssize_t r = -ENODATA;

	mutex_lock(&ext4_i(ino)->xattr_lock);
	for (u32 i = 0; i < 2 && r == -ENODATA; i++) {
		struct xa_area *a = xa_open(ino, i);
		struct xa_entry *e;

		if (IS_ERR(a)) {
			r = PTR_ERR(a);
			break;
		}
		e = xa_find(a, index, name);
		if (e) {
			r = (ssize_t)e->size;
			if (n && n < e->size)
				r = -ERANGE;
			else if (n)
				memcpy(buf, e->val, e->size);
		}
		xa_done(a);
	}
	mutex_unlock(&ext4_i(ino)->xattr_lock);
	return r;
}

ssize_t ext4_getxattr(struct inode *ino, const char *name, void *buf, size_t n)
{
	const char *rest;
	u32 index = xa_index(name, &rest);

	if (!index || index == 7 ||
	    (index == 1 && !ext4_of(ino)->opt.user_xattr))
		return -EOPNOTSUPP;
	return ext4_xattr_get(ino, index, rest, buf, n);
}

int ext4_setxattr(struct inode *ino, const char *name, const void *val,
		  size_t n, int flags)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_handle h;
	const char *rest;
	u32 index = xa_index(name, &rest);
	int err;

	if (!index || index == 7 || (index == 1 && !fs->opt.user_xattr))
		return -EOPNOTSUPP;
	if (strlen(rest) > XATTR_NAME_MAX)
		return -ERANGE;
	if (ext4_i(ino)->flags & EXT4_FL_IMMUTABLE)
		return -EPERM;
	err = ext4_begin(fs, &h, ext4_xattr_credits(fs) + 8);
	if (err)
		return err;
	err = ext4_xattr_set(&h, ino, index, rest, val ? val : "", n, flags);
	ext4_end(&h);
	return err;
}

int ext4_removexattr(struct inode *ino, const char *name)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_handle h;
	const char *rest;
	u32 index = xa_index(name, &rest);
	int err;

	if (!index || index == 7)
		return -EOPNOTSUPP;
	err = ext4_begin(fs, &h, ext4_xattr_credits(fs) + 8);
	if (err)
		return err;
	err = ext4_xattr_set(&h, ino, index, rest, NULL, 0, 0);
	ext4_end(&h);
	return err;
}

ssize_t ext4_listxattr(struct inode *ino, char *buf, size_t n)
{
	bool admin = capable(CAP_SYS_ADMIN);
	size_t at = 0;
	ssize_t r = 0;

	mutex_lock(&ext4_i(ino)->xattr_lock);
	for (u32 k = 0; k < 2 && !r; k++) {
		struct xa_area *a = xa_open(ino, k);

		if (IS_ERR(a)) {
			r = PTR_ERR(a);
			break;
		}
		for (u32 i = 0; i < a->n; i++) {
			const char *p = xa_prefix_of(a->e[i].index);
			size_t pl = p ? strlen(p) : 0;

			if (!p || a->e[i].index == 7 ||
			    (a->e[i].index == 4 && !admin) ||
			    (a->e[i].index == 1 &&
			     !ext4_of(ino)->opt.user_xattr))
				continue;
			if (n && at + pl + a->e[i].name_len + 1 <= n) {
				memcpy(buf + at, p, pl);
				memcpy(buf + at + pl, a->e[i].name,
				       a->e[i].name_len);
				buf[at + pl + a->e[i].name_len] = 0;
			}
			at += pl + a->e[i].name_len + 1;
		}
		xa_done(a);
	}
	mutex_unlock(&ext4_i(ino)->xattr_lock);
	if (r)
		return r;
	return n && at > n ? -ERANGE : (ssize_t)at;
}
