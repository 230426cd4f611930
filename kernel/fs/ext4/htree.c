// SPDX-License-Identifier: GPL-2.0
/*
 * Indexed directories: a tree by the hash of the name over ordinary leaf
 * blocks. The root is the first block, behind "." and ".."; each entry of an
 * index block says from which hash on a block counts. A leaf whose first hash
 * also occurs at the end of the one before has the lowest bit set in its entry:
 * who does not find a name looks there as well.
 *
 * A leaf that is full is split by hash. The entries that stay keep their
 * places, so that a reader's position in the block stays true; those that go
 * move to a block behind all others, where he meets them (again).
 *
 * Depth and counts are checked when a block is used, so that a damaged index
 * ends in -EUCLEAN.
 */
#include "ext4.h"

#define DX_LEVELS_MAX 3u /* with largedir; 2 without */

struct dx_frame {
	struct buffer *buf;
	struct ext4_dx_entry *e;
	u32 at, block;
};
struct dx_path {
	u32 levels; /* frames in use */
	u32 version;
	struct dx_frame f[DX_LEVELS_MAX + 1];
};

bool ext4_is_htree(const struct inode *dir)
{
	return (ext4_i(dir)->flags & EXT4_FL_INDEX) &&
	       ext4_of(dir)->dir_index &&
	       !(ext4_i(dir)->flags & EXT4_FL_INLINE_DATA);
}

/* --- hashes --- */

static u32 rol(u32 x, u32 n)
{
	return x << n | x >> (32 - n);
}

static void hash_half_md4(u32 h[4], const u32 in[8])
{
	static const u8 order[3][8] = { { 0, 1, 2, 3, 4, 5, 6, 7 },
					{ 1, 3, 5, 7, 0, 2, 4, 6 },
					{ 3, 7, 2, 6, 1, 5, 0, 4 } };
	static const u8 turn[3][4] = { { 3, 7, 11, 19 },
				       { 3, 5, 9, 13 },
				       { 3, 9, 11, 15 } };
	static const u32 add[3] = { 0, 0x5a827999, 0x6ed9eba1 };
	u32 v[4] = { h[0], h[1], h[2], h[3] };

	for (u32 round = 0; round < 3; round++)
		for (u32 i = 0; i < 8; i++) {
			u32 *a = &v[(4 - i) & 3], b = v[(5 - i) & 3],
			    c = v[(6 - i) & 3], d = v[(7 - i) & 3], f;

			if (round == 0)
				f = (b & c) | (~b & d);
			else if (round == 1)
				f = (b & c) | (b & d) | (c & d);
			else
				f = b ^ c ^ d;
			*a = rol(*a + f + in[order[round][i]] + add[round],
				 turn[round][i & 3]);
		}
	for (u32 i = 0; i < 4; i++)
		h[i] += v[i];
}

static void hash_tea(u32 h[4], const u32 in[4])
{
	u32 x = h[0], y = h[1], sum = 0;

	for (u32 i = 0; i < 16; i++) {
		sum += 0x9e3779b9;
		x += ((y << 4) + in[0]) ^ (y + sum) ^ ((y >> 5) + in[1]);
		y += ((x << 4) + in[2]) ^ (x + sum) ^ ((x >> 5) + in[3]);
	}
	h[0] += x;
	h[1] += y;
}

static u32 hash_char(const char *s, u32 i, bool is_unsigned)
{
	return is_unsigned ? (u32)(u8)s[i] : (u32)(s32)(s8)s[i];
}

/* Up to `words` words of the name; what is missing says how long it was. */
static void hash_words(const char *s, u32 len, u32 *out, u32 words,
		       bool is_unsigned)
{
	u32 pad = len | len << 8, w;

	pad |= pad << 16;
	len = min(len, words * 4);
	w = pad;
	for (u32 i = 0; i < len; i++) {
		w = hash_char(s, i, is_unsigned) + (w << 8);
		if ((i & 3) == 3) {
			*out++ = w;
			w = pad;
			words--;
		}
	}
	if (words) {
		*out++ = w;
		words--;
	}
	while (words--)
		*out++ = pad;
}

static u32 hash_legacy(const char *s, u32 len, bool is_unsigned)
{
	u32 a = 0x12a3fe2d, b = 0x37abe8f9, h;

	for (u32 i = 0; i < len; i++) {
		h = b + (a ^ (hash_char(s, i, is_unsigned) * 7152373));
		if (h & 0x80000000)
			h -= 0x7fffffff;
		b = a;
		a = h;
	}
	return a << 1;
}

u32 ext4_hash(const struct ext4_fs *fs, u32 version, const char *name, u32 len,
	      u32 *minor)
{
	u32 h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 }, in[8];
	const u32 *seed = fs->es->hash_seed;
	bool uns = version >= 3;
	u32 major = 0;

	*minor = 0;
	if (seed[0] | seed[1] | seed[2] | seed[3])
		memcpy(h, seed, sizeof(h));
	switch (version % 3) {
	case 0:
		major = hash_legacy(name, len, uns);
		break;
	case 1:
		for (s64 left = len; left > 0; left -= 32, name += 32) {
			hash_words(name, (u32)left, in, 8, uns);
			hash_half_md4(h, in);
		}
		major = h[1];
		*minor = h[2];
		break;
	case 2:
		for (s64 left = len; left > 0; left -= 16, name += 16) {
			hash_words(name, (u32)left, in, 4, uns);
			hash_tea(h, in);
		}
		major = h[0];
		*minor = h[1];
		break;
	}
	major &= ~1u;
	return major == 0xfffffffeu ? 0xfffffffcu : major;
}

/* --- index blocks --- */

static struct ext4_dx_count *dx_count(struct ext4_dx_entry *e)
{
	return (struct ext4_dx_count *)e;
}

static struct ext4_dx_entry *dx_entries(u8 *data, bool root)
{
	return (struct ext4_dx_entry *)(data +
					(root ? sizeof(struct ext4_dx_root)
					      : 8));
}

static u32 dx_limit(const struct ext4_fs *fs, bool root)
{
	u32 room = fs->bsize - (root ? (u32)sizeof(struct ext4_dx_root) : 8);

	return (room - (fs->csum ? 8 : 0)) / 8;
}

static bool dx_ok(const struct ext4_fs *fs, u8 *data, bool root)
{
	struct ext4_dx_count *c = dx_count(dx_entries(data, root));
	struct ext4_dx_root *r = (void *)data;

	if (root && (r->info_len != 8 || r->hash_version > 5 ||
		     r->levels >= (fs->largedir ? 3 : 2) || r->zero))
		return false;
	return c->limit == dx_limit(fs, root) && c->count &&
	       c->count <= c->limit;
}

bool ext4_dx_csum(struct inode *dir, u8 *data, bool root, u32 *csum,
		  u32 **where)
{
	struct ext4_inode *ei = ext4_i(dir);
	struct ext4_fs *fs = ext4_of(dir);
	struct ext4_dx_entry *e = dx_entries(data, root);
	struct ext4_dx_tail *t;
	u32 c, zero = 0;

	if (!dx_ok(fs, data, root))
		return false;
	t = (struct ext4_dx_tail *)(e + dx_count(e)->limit);
	c = ext4_inode_seed(fs, ei->ino, ei->generation);
	c = ext4_crc32c(c, data,
			(size_t)((u8 *)e - data) + dx_count(e)->count * 8u);
	c = ext4_crc32c(c, &t->reserved, 4);
	*csum = ext4_crc32c(c, &zero, 4);
	*where = &t->checksum;
	return true;
}

static u32 dx_block(const struct ext4_dx_entry *e)
{
	return e->block & 0x0fffffff;
}

static void dx_put(struct dx_path *p)
{
	for (u32 i = 0; i <= DX_LEVELS_MAX; i++)
		if (p->f[i].buf)
			buffer_put(p->f[i].buf);
}

static int dx_bad(struct inode *dir)
{
	return ext4_corrupt(ext4_of(dir), "directory %lu: bad index",
			    (unsigned long)dir->ino);
}

/* The last entry whose hash is not above. */
static u32 dx_search(struct ext4_dx_entry *e, u32 hash)
{
	u32 lo = 1, hi = dx_count(e)->count;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (e[mid].hash > hash)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo - 1;
}

/* One level down from frame i. */
static int dx_step(struct inode *dir, struct dx_path *p, u32 i)
{
	u32 block = dx_block(&p->f[i].e[p->f[i].at]);
	struct buffer *b;

	if (!block || block >= dir->size >> ext4_of(dir)->bbits)
		return dx_bad(dir);
	b = ext4_dir_block(dir, block);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	if (p->f[i + 1].buf)
		buffer_put(p->f[i + 1].buf);
	p->f[i + 1].buf = b;
	p->f[i + 1].block = block;
	p->f[i + 1].e = dx_entries(b->data, false);
	p->f[i + 1].at = 0;
	return dx_ok(ext4_of(dir), b->data, false) ? 0 : dx_bad(dir);
}

/* From the root to the entry of the leaf. *hash: of the name */
static int dx_walk(struct inode *dir, const char *name, u32 len,
		   struct dx_path *p, u32 *hash)
{
	struct ext4_fs *fs = ext4_of(dir);
	struct ext4_dx_root *root;
	u32 minor;
	int err;

	memset(p, 0, sizeof(*p));
	p->f[0].buf = ext4_dir_block(dir, 0);
	if (IS_ERR(p->f[0].buf)) {
		err = (int)PTR_ERR(p->f[0].buf);
		p->f[0].buf = NULL;
		return err;
	}
	root = (void *)p->f[0].buf->data;
	if (!dx_ok(fs, p->f[0].buf->data, true)) {
		dx_put(p);
		return dx_bad(dir);
	}
	p->version = root->hash_version;
	if (p->version < 3 && fs->hash_unsigned)
		p->version += 3;
	p->levels = root->levels + 1u;
	p->f[0].e = dx_entries(p->f[0].buf->data, true);
	*hash = ext4_hash(fs, p->version, name, len, &minor);
	for (u32 i = 0; i < p->levels; i++) {
		p->f[i].at = dx_search(p->f[i].e, *hash);
		err = i + 1 < p->levels ? dx_step(dir, p, i) : 0;
		if (err) {
			dx_put(p);
			return err;
		}
	}
	return 0;
}

static struct buffer *dx_leaf(struct inode *dir, struct dx_path *p, u32 *block)
{
	struct dx_frame *f = &p->f[p->levels - 1];

	*block = dx_block(&f->e[f->at]);
	if (!*block || *block >= dir->size >> ext4_of(dir)->bbits)
		return ERR_PTR(dx_bad(dir));
	return ext4_dir_block(dir, *block);
}

/* On to the next leaf if it may hold the same hash. => 1, 0 no, -errno */
static int dx_next(struct inode *dir, struct dx_path *p, u32 hash)
{
	s32 i = (s32)p->levels - 1;
	int err;

	while (i >= 0 && p->f[i].at + 1 >= dx_count(p->f[i].e)->count)
		i--;
	if (i < 0)
		return 0;
	p->f[i].at++;
	if (p->f[i].e[p->f[i].at].hash != (hash | 1))
		return 0;
	for (; i + 1 < (s32)p->levels; i++) {
		err = dx_step(dir, p, (u32)i);
		if (err)
			return err;
	}
	return 1;
}

int ext4_htree_find(struct inode *dir, const char *name, u32 len,
		    struct ext4_place *pl)
{
	struct dx_path p;
	u32 hash, block;
	int off, more, err = dx_walk(dir, name, len, &p, &hash);

	if (err)
		return err;
	for (;;) {
		struct buffer *b = dx_leaf(dir, &p, &block);

		if (IS_ERR(b)) {
			err = (int)PTR_ERR(b);
			break;
		}
		off = ext4_leaf_find(dir, b->data, ext4_leaf_size(dir), name,
				     len);
		if (off >= 0) {
			struct ext4_dirent *e = (void *)(b->data + off);

			*pl = (struct ext4_place){ b, (u32)off, block, e->ino,
						   e->type };
			break;
		}
		buffer_put(b);
		err = off;
		if (err != -ENOENT)
			break;
		more = dx_next(dir, &p, hash);
		if (more <= 0) {
			err = more ? more : -ENOENT;
			break;
		}
		err = 0;
	}
	dx_put(&p);
	return err;
}

/* --- growing --- */

static void dx_insert(struct dx_frame *f, u32 hash, u32 block)
{
	struct ext4_dx_count *c = dx_count(f->e);
	u32 at = f->at + 1;

	memmove(f->e + at + 1, f->e + at, (c->count - at) * 8u);
	f->e[at].hash = hash;
	f->e[at].block = block;
	c->count++;
}

/* A new index block with n of the entries from e on. */
static struct buffer *dx_new_node(struct ext4_handle *h, struct inode *dir,
				  struct ext4_dx_entry *e, u32 n, u32 *block)
{
	struct buffer *b = ext4_dir_append(h, dir, block);
	struct ext4_dx_entry *to;
	struct ext4_dirent *fake;

	if (IS_ERR(b))
		return b;
	memset(b->data, 0, h->fs->bsize);
	fake = (void *)b->data;
	fake->rec_len = (u16)h->fs->bsize;
	to = dx_entries(b->data, false);
	memcpy(to, e, n * 8u);
	dx_count(to)->limit = (u16)dx_limit(h->fs, false);
	dx_count(to)->count = (u16)n;
	ext4_dir_csum_set(dir, b->data, *block);
	return b;
}

/* The root's entries move one level down. */
static int dx_deepen(struct ext4_handle *h, struct inode *dir,
		     struct dx_path *p)
{
	struct ext4_dx_root *root = (void *)p->f[0].buf->data;
	struct ext4_dx_entry *e = p->f[0].e;
	u32 block, max = h->fs->largedir ? 3 : 2;
	struct buffer *b;

	if (p->levels >= max)
		return -ENOSPC;
	b = dx_new_node(h, dir, e, dx_count(e)->count, &block);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	for (u32 i = p->levels; i > 0; i--)
		p->f[i] = p->f[i - 1];
	p->f[1].buf = b;
	p->f[1].e = dx_entries(b->data, false);
	p->f[1].block = block;
	p->f[0].at = 0;
	p->levels++;
	dx_count(e)->count = 1;
	e[0].block = block;
	root->levels++;
	ext4_dir_csum_set(dir, p->f[0].buf->data, 0);
	return 0;
}

/* Room for one more entry in frame i. */
static int dx_make_room(struct ext4_handle *h, struct inode *dir,
			struct dx_path *p, u32 i)
{
	struct dx_frame *f = &p->f[i], *up;
	u32 n = dx_count(f->e)->count, half, hash, block;
	struct ext4_dx_entry *was = f->e;
	struct buffer *b;
	int err = ext4_touch(h, f->buf);

	if (err || n < dx_count(f->e)->limit)
		return err;
	if (!i) /* nodes hold more than the root */
		return dx_deepen(h, dir, p);
	err = dx_make_room(h, dir, p, i - 1);
	if (err)
		return err;
	if (p->f[i].e != was)
		i++; /* it became deeper */
	f = &p->f[i];
	up = &p->f[i - 1];
	half = n / 2;
	hash = f->e[half].hash;
	b = dx_new_node(h, dir, f->e + half, n - half, &block);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	dx_count(f->e)->count = (u16)half;
	ext4_dir_csum_set(dir, f->buf->data, f->block);
	dx_insert(up, hash, block);
	ext4_dir_csum_set(dir, up->buf->data, up->block);
	if (f->at >= half) {
		buffer_put(f->buf);
		f->at -= half;
		f->buf = b;
		f->e = dx_entries(b->data, false);
		f->block = block;
		up->at++;
	} else {
		buffer_put(b);
	}
	return 0;
}

/* --- splitting a leaf --- */

struct dx_name {
	u32 hash;
	u16 off, size;
};

/* => how many, -EUCLEAN */
static int leaf_names(struct inode *dir, u32 version, u8 *data,
		      struct dx_name *v)
{
	u32 size = ext4_leaf_size(dir), n = 0, minor;
	struct ext4_dirent *e;

	for (u32 off = 0; off < size; off += e->rec_len) {
		e = ext4_dirent_at(dir, data, off, size);
		if (!e)
			return -EUCLEAN;
		if (!e->ino)
			continue;
		v[n++] = (struct dx_name){ ext4_hash(ext4_of(dir), version,
						     e->name, e->name_len,
						     &minor),
					   (u16)off,
					   (u16)ext4_rec_len(e->name_len) };
	}
	for (u32 gap = n / 2; gap; gap /= 2)
		for (u32 i = gap; i < n; i++) {
			struct dx_name x = v[i];
			u32 k = i;

			for (; k >= gap && v[k - gap].hash > x.hash; k -= gap)
				v[k] = v[k - gap];
			v[k] = x;
		}
	return (int)n;
}

/* Everything to the front. */
static void leaf_compact(struct inode *dir, u8 *data)
{
	u32 size = ext4_leaf_size(dir), to = 0, next;
	struct ext4_dirent *last = NULL, *e;

	for (u32 off = 0; off < size; off = next) {
		u32 len;

		e = (void *)(data + off);
		next = off + e->rec_len;
		if (!e->ino)
			continue;
		len = ext4_rec_len(e->name_len);
		memmove(data + to, e, len);
		last = (void *)(data + to);
		last->rec_len = (u16)len;
		to += len;
	}
	if (!last)
		ext4_leaf_init(dir, data);
	else
		last->rec_len = (u16)(last->rec_len + size - to);
}

/* Remove the names that moved; what stays does not stir. */
static void leaf_drop(struct inode *dir, u8 *data, const struct dx_name *v,
		      u32 n)
{
	u32 size = ext4_leaf_size(dir), off = 0;
	struct ext4_dirent *e, *prev = NULL;

	for (u32 i = 0; i < n; i++)
		((struct ext4_dirent *)(data + v[i].off))->ino = 0;
	for (; off < size; off += e->rec_len) {
		e = (void *)(data + off);
		if (!e->ino && prev) {
			u32 len = e->rec_len;

			prev->rec_len = (u16)(prev->rec_len + len);
			off = (u32)((u8 *)prev - data);
			e = prev;
			continue;
		}
		prev = e;
	}
}

/* Split the leaf; *b becomes the half where hash belongs. */
static int dx_split_leaf(struct ext4_handle *h, struct inode *dir,
			 struct dx_path *p, struct buffer **b, u32 *block,
			 u32 hash)
{
	struct dx_frame *f = &p->f[p->levels - 1];
	u32 half = ext4_leaf_size(dir) / 2, sum = 0, at, nblock, to = 0;
	struct dx_name *v = kmalloc((h->fs->bsize / 12 + 1) * sizeof(*v));
	struct ext4_dirent *last = NULL;
	struct buffer *nb;
	int n, err;
	bool cont;

	if (!v)
		return -ENOMEM;
	n = leaf_names(dir, p->version, (*b)->data, v);
	err = n < 0 ? n : n < 2 ? dx_bad(dir) : 0;
	if (err)
		goto out;
	for (at = (u32)n; at > 1 && sum < half; at--)
		sum += v[at - 1].size;
	cont = v[at].hash == v[at - 1].hash;
	if (at >= (u32)n) {
		err = dx_bad(dir);
		goto out;
	}
	nb = ext4_dir_append(h, dir, &nblock);
	if (IS_ERR(nb)) {
		err = (int)PTR_ERR(nb);
		goto out;
	}
	err = ext4_touch(h, *b);
	if (err) {
		buffer_put(nb);
		goto out;
	}
	for (u32 i = at; i < (u32)n; i++) {
		last = (void *)(nb->data + to);
		memcpy(last, (*b)->data + v[i].off, v[i].size);
		last->rec_len = v[i].size;
		to += v[i].size;
	}
	last->rec_len = (u16)(last->rec_len + ext4_leaf_size(dir) - to);
	leaf_drop(dir, (*b)->data, v + at, (u32)n - at);
	ext4_dir_csum_set(dir, (*b)->data, *block);
	ext4_dir_csum_set(dir, nb->data, nblock);
	dx_insert(f, v[at].hash | cont, nblock);
	ext4_dir_csum_set(dir, f->buf->data, f->block);
	if (hash >= v[at].hash) {
		buffer_put(*b);
		*b = nb;
		*block = nblock;
	} else {
		buffer_put(nb);
	}
out:
	kfree(v);
	return err;
}

int ext4_htree_add(struct ext4_handle *h, struct inode *dir, const char *name,
		   u32 len, u32 ino, u8 type)
{
	u32 size = ext4_leaf_size(dir), hash, block;
	struct dx_path p;
	struct buffer *b;
	int err = dx_walk(dir, name, len, &p, &hash);

	if (err)
		return err;
	b = dx_leaf(dir, &p, &block);
	if (IS_ERR(b)) {
		dx_put(&p);
		return (int)PTR_ERR(b);
	}
	err = ext4_touch(h, b);
	if (!err)
		err = ext4_leaf_add(dir, b->data, size, name, len, ino, type);
	if (err == -ENOSPC) {
		err = dx_make_room(h, dir, &p, p.levels - 1);
		if (!err)
			err = dx_split_leaf(h, dir, &p, &b, &block, hash);
		if (!err) {
			err = ext4_leaf_add(dir, b->data, size, name, len, ino,
					    type);
			if (err == -ENOSPC) {
				leaf_compact(dir, b->data);
				err = ext4_leaf_add(dir, b->data, size, name,
						    len, ino, type);
			}
		}
	}
	if (!err)
		ext4_dir_csum_set(dir, b->data, block);
	buffer_put(b);
	dx_put(&p);
	return err;
}

int ext4_htree_make(struct ext4_handle *h, struct inode *dir)
{
	struct ext4_fs *fs = h->fs;
	struct buffer *first = ext4_dir_block(dir, 0), *b;
	struct ext4_dirent *dot, *dotdot, *e;
	struct ext4_dx_entry *de;
	struct ext4_dx_root *root;
	u32 block, size = ext4_leaf_size(dir), off, parent;
	int err;

	if (IS_ERR(first))
		return (int)PTR_ERR(first);
	err = ext4_touch(h, first);
	dot = ext4_dirent_at(dir, first->data, 0, size);
	dotdot = dot ? ext4_dirent_at(dir, first->data, dot->rec_len, size)
		     : NULL;
	if (!err && (!dotdot || dot->rec_len != 12 || dotdot->name_len != 2))
		err = dx_bad(dir);
	if (err)
		goto out;
	parent = dotdot->ino;
	b = ext4_dir_append(h, dir, &block);
	if (IS_ERR(b)) {
		err = (int)PTR_ERR(b);
		goto out;
	}
	/* as they are, with one unused entry in place of the dots */
	memcpy(b->data, first->data, fs->bsize);
	off = 12u + dotdot->rec_len;
	e = (void *)b->data;
	memset(e, 0, 24);
	e->rec_len = (u16)off;
	if (off >= size)
		ext4_leaf_init(dir, b->data);
	memset(first->data, 0, fs->bsize);
	root = (void *)first->data;
	root->dot = (struct ext4_dirent){ .ino = ext4_i(dir)->ino,
					  .rec_len = 12,
					  .name_len = 1,
					  .type = fs->filetype ? 2 : 0 };
	root->dot_name[0] = '.';
	root->dotdot = (struct ext4_dirent){ .ino = parent,
					     .rec_len = (u16)(fs->bsize - 12),
					     .name_len = 2,
					     .type = fs->filetype ? 2 : 0 };
	root->dotdot_name[0] = root->dotdot_name[1] = '.';
	root->hash_version =
		fs->es->def_hash_version < 3 ? fs->es->def_hash_version : 1;
	root->info_len = 8;
	de = dx_entries(first->data, true);
	dx_count(de)->limit = (u16)dx_limit(fs, true);
	dx_count(de)->count = 1;
	de[0].block = block;
	ext4_i(dir)->flags |= EXT4_FL_INDEX;
	ext4_dir_csum_set(dir, first->data, 0);
	leaf_compact(dir, b->data);
	ext4_dir_csum_set(dir, b->data, block);
	buffer_put(b);
	err = ext4_write_inode(h, dir);
out:
	buffer_put(first);
	return err;
}
