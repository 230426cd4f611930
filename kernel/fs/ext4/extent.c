// SPDX-License-Identifier: GPL-2.0
/*
 * Extent trees. The root stands in the inode (four entries), every other node
 * in a block of its own; all leaves are equally deep. Entries are sorted by
 * file block; an index entry says from which block on its subtree counts.
 *
 * A path is the way from the root to the leaf entry at or before a block. What
 * comes from the disk is checked when its block is read: magic, depth, counts,
 * order, checksum; so a damaged tree ends in -EUCLEAN, and no walk is longer
 * than the depth that the root claims (five at most).
 *
 * Nodes are split where the new entry goes, so that a file that grows at its
 * end leaves full nodes behind. Caller holds ei->map_lock; changes of the root
 * are in ei->block, the caller stores the inode.
 */
#include "ext4.h"

struct ext_level {
	struct buffer *buf; /* NULL: the root */
	struct ext4_extent_header *eh;
	s32 pos; /* entry; -1: before the first */
};
struct ext_path {
	u32 depth;
	struct ext_level lv[EXT4_EXT_DEPTH_MAX + 2];
};

#define EXT_ENTRY(eh, i) ((struct ext4_extent *)((eh) + 1) + (i))
#define EXT_INDEX(eh, i) ((struct ext4_extent_idx *)((eh) + 1) + (i))

static struct ext4_extent_header *ext_root(struct ext4_inode *ei)
{
	return (void *)ei->block;
}

static u64 ext_start(const struct ext4_extent *e)
{
	return e->start_lo | (u64)e->start_hi << 32;
}

static u64 ext_leaf(const struct ext4_extent_idx *x)
{
	return x->leaf_lo | (u64)x->leaf_hi << 32;
}

static u32 ext_len(const struct ext4_extent *e)
{
	return e->len > EXT4_EXT_MAX_LEN ? e->len - EXT4_EXT_MAX_LEN : e->len;
}

static bool ext_unwritten(const struct ext4_extent *e)
{
	return e->len > EXT4_EXT_MAX_LEN;
}

static void ext_set(struct ext4_extent *e, u32 block, u64 start, u32 len,
		    bool unwritten)
{
	e->block = block;
	e->start_lo = (u32)start;
	e->start_hi = (u16)(start >> 32);
	e->len = (u16)(unwritten ? len + EXT4_EXT_MAX_LEN : len);
}

static u32 ext_capacity(const struct ext4_fs *fs)
{
	return (fs->bsize - (u32)sizeof(struct ext4_extent_header)) / 12;
}

void ext4_extent_init(struct ext4_inode *ei)
{
	struct ext4_extent_header *eh = ext_root(ei);

	memset(ei->block, 0, sizeof(ei->block));
	eh->magic = EXT4_EXTENT_MAGIC;
	eh->max = 4;
	ei->flags |= EXT4_FL_EXTENTS;
}

/* --- checks --- */

static u32 *ext_csum_at(const struct ext4_extent_header *eh)
{
	return (u32 *)((u8 *)(eh + 1) + eh->max * 12u);
}

static u32 ext_csum(struct inode *ino, const struct ext4_extent_header *eh)
{
	struct ext4_inode *ei = ext4_i(ino);

	return ext4_crc32c(
		ext4_inode_seed(ext4_of(ino), ei->ino, ei->generation), eh,
		(size_t)((u8 *)ext_csum_at(eh) - (u8 *)eh));
}

static bool ext_order_ok(const struct ext4_extent_header *eh)
{
	u64 next = 0;

	for (u32 i = 0; i < eh->entries; i++) {
		u32 block = EXT_ENTRY(eh, i)->block; /* of both kinds */

		if (block < next)
			return false;
		if (eh->depth) {
			next = (u64)block + 1;
			continue;
		}
		if (!ext_len(EXT_ENTRY(eh, i)))
			return false;
		next = (u64)block + ext_len(EXT_ENTRY(eh, i));
		if (next > 0x100000000ull)
			return false;
	}
	return true;
}

static bool ext_header_ok(struct inode *ino,
			  const struct ext4_extent_header *eh, u32 depth,
			  u32 max)
{
	return eh->magic == EXT4_EXTENT_MAGIC && eh->depth == depth &&
	       eh->max && eh->max <= max && eh->entries <= eh->max &&
	       (!depth || eh->entries);
}

int ext4_extent_check_root(struct inode *ino)
{
	struct ext4_extent_header *eh = ext_root(ext4_i(ino));

	if (eh->depth > EXT4_EXT_DEPTH_MAX ||
	    !ext_header_ok(ino, eh, eh->depth, 4) || !ext_order_ok(eh))
		return ext4_corrupt(ext4_of(ino),
				    "inode %lu: bad root of extents",
				    (unsigned long)ino->ino);
	return 0;
}

static struct buffer *ext_read(struct inode *ino, u64 block, u32 depth)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_extent_header *eh;
	struct buffer *b;
	bool cached;

	if (!ext4_block_ok(fs, block, 1))
		goto bad;
	b = buffer_get(fs->bc, block);
	if (IS_ERR(b))
		return b;
	cached = b->uptodate;
	buffer_put(b);
	b = buffer_read(fs->bc, block);
	if (IS_ERR(b))
		return b;
	eh = (void *)b->data;
	if (ext_header_ok(ino, eh, depth, ext_capacity(fs)) &&
	    (cached || (ext_order_ok(eh) &&
			(!fs->csum || *ext_csum_at(eh) == ext_csum(ino, eh)))))
		return b;
	buffer_put(b);
	buffer_forget(fs->bc, block);
bad:
	ext4_error(fs, "inode %lu: bad node of extents at %lu",
		   (unsigned long)ino->ino, (unsigned long)block);
	return ERR_PTR(-EUCLEAN);
}

/* --- paths --- */

static void ext_path_put(struct ext_path *p)
{
	for (u32 i = 0; i < ARRAY_SIZE(p->lv); i++)
		if (p->lv[i].buf)
			buffer_put(p->lv[i].buf);
}

/* The last entry that begins at or before block; -1: none */
static s32 ext_search(const struct ext4_extent_header *eh, u32 block)
{
	s32 lo = 0, hi = (s32)eh->entries;

	while (lo < hi) {
		s32 mid = (lo + hi) / 2;

		if (EXT_ENTRY(eh, mid)->block <= block)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo - 1;
}

static int ext_find(struct inode *ino, u32 block, struct ext_path *p)
{
	struct ext4_extent_header *eh = ext_root(ext4_i(ino));

	memset(p, 0, sizeof(*p));
	if (!ext_header_ok(ino, eh, eh->depth, 4) ||
	    eh->depth > EXT4_EXT_DEPTH_MAX)
		return ext4_extent_check_root(ino) ?: -EUCLEAN;
	p->depth = eh->depth;
	for (u32 i = 0;; i++) {
		struct buffer *b;

		p->lv[i].eh = eh;
		p->lv[i].pos = ext_search(eh, block);
		if (i == p->depth)
			return 0;
		if (p->lv[i].pos < 0)
			p->lv[i].pos = 0;
		b = ext_read(ino, ext_leaf(EXT_INDEX(eh, p->lv[i].pos)),
			     p->depth - i - 1);
		if (IS_ERR(b)) {
			ext_path_put(p);
			return (int)PTR_ERR(b);
		}
		p->lv[i + 1].buf = b;
		eh = (void *)b->data;
	}
}

/* The first block behind the path's leaf entry that is mapped, or the end. */
static u32 ext_next_block(const struct ext_path *p)
{
	for (s32 i = (s32)p->depth; i >= 0; i--)
		if (p->lv[i].pos + 1 < p->lv[i].eh->entries)
			return EXT_ENTRY(p->lv[i].eh, p->lv[i].pos + 1)->block;
	return 0xffffffffu;
}

int ext4_extent_lookup(struct inode *ino, struct ext4_map *m)
{
	struct ext_path p;
	struct ext_level *leaf;
	u32 next;
	int err = ext_find(ino, m->block, &p);

	if (err)
		return err;
	leaf = &p.lv[p.depth];
	if (leaf->pos >= 0) {
		struct ext4_extent *e = EXT_ENTRY(leaf->eh, leaf->pos);
		u32 in = m->block - e->block;

		if (in < ext_len(e)) {
			m->phys = ext_start(e) + in;
			m->len = min(m->len, ext_len(e) - in);
			m->unwritten = ext_unwritten(e);
			goto out;
		}
	}
	next = ext_next_block(&p);
	if (next > m->block)
		m->len = min(m->len, next - m->block);
	else
		err = ext4_corrupt(ext4_of(ino), "inode %lu: extents overlap",
				   (unsigned long)ino->ino);
out:
	ext_path_put(&p);
	return err;
}

/* --- changes --- */

/* The level's node is going to change. */
static int ext_touch(struct ext4_handle *h, struct ext_level *l)
{
	return l->buf ? ext4_touch(h, l->buf) : 0;
}

static void ext_changed(struct inode *ino, struct ext_level *l)
{
	if (l->buf && ext4_of(ino)->csum)
		*ext_csum_at(l->eh) = ext_csum(ino, l->eh);
}

/* The first block of a node has changed: so do the indexes above. */
static int ext_fix_keys(struct ext4_handle *h, struct inode *ino,
			struct ext_path *p, u32 level)
{
	u32 key;

	/* cppcheck-suppress arrayIndexOutOfBoundsCond ; level <= depth */
	while (level && p->lv[level].pos <= 0) {
		struct ext_level *up = &p->lv[level - 1];
		int err;

		key = EXT_ENTRY(p->lv[level].eh, 0)->block;
		if (EXT_INDEX(up->eh, up->pos)->block == key)
			return 0;
		err = ext_touch(h, up);
		if (err)
			return err;
		EXT_INDEX(up->eh, up->pos)->block = key;
		ext_changed(ino, up);
		level--;
	}
	return 0;
}

/* A block for a node. */
static struct buffer *ext_new_node(struct ext4_handle *h, struct inode *ino,
				   u32 depth, int *err)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_extent_header *eh;
	u32 n = 1;
	u64 block = ext4_alloc_blocks(
		h, ino,
		ext4_group_first(fs,
				 (ext4_i(ino)->ino - 1) / fs->inodes_per_group),
		&n, err);
	struct buffer *b;

	if (!block)
		return NULL;
	b = buffer_get(fs->bc, block);
	if (IS_ERR(b)) {
		*err = (int)PTR_ERR(b);
		goto free;
	}
	*err = ext4_touch(h, b);
	if (*err) {
		buffer_put(b);
		goto free;
	}
	memset(b->data, 0, fs->bsize);
	store_release(&b->uptodate, true);
	eh = (void *)b->data;
	eh->magic = EXT4_EXTENT_MAGIC;
	eh->max = (u16)ext_capacity(fs);
	eh->depth = (u16)depth;
	return b;
free:
	ext4_free_blocks(h, ino, block, 1, true);
	return NULL;
}

/* The tree becomes one deeper: the root moves into a block. */
static int ext_grow(struct ext4_handle *h, struct inode *ino,
		    struct ext_path *p)
{
	struct ext4_extent_header *root = p->lv[0].eh, *eh;
	struct buffer *b;
	int err = 0;

	if (p->depth >= EXT4_EXT_DEPTH_MAX)
		return -ENOSPC;
	b = ext_new_node(h, ino, root->depth, &err);
	if (!b)
		return err;
	eh = (void *)b->data;
	memcpy(eh + 1, root + 1, root->entries * 12u);
	eh->entries = root->entries;
	for (u32 i = p->depth + 1; i > 0; i--)
		p->lv[i] = p->lv[i - 1];
	p->depth++;
	p->lv[1].buf = b;
	p->lv[1].eh = eh;
	ext_changed(ino, &p->lv[1]);
	p->lv[0].buf = NULL;
	p->lv[0].pos = 0;
	memset(root + 1, 0, 48);
	root->depth++;
	root->entries = 1;
	EXT_INDEX(root, 0)->block = EXT_ENTRY(eh, 0)->block;
	EXT_INDEX(root, 0)->leaf_lo = (u32)b->block;
	EXT_INDEX(root, 0)->leaf_hi = (u16)(b->block >> 32);
	return 0;
}

/* Enter a leaf or index entry behind the path's position at this level. */
static int ext_enter(struct ext4_handle *h, struct inode *ino,
		     struct ext_path *p, u32 level,
		     const struct ext4_extent *entry)
{
	struct ext_level *l = &p->lv[level], right = { 0 };
	struct ext4_extent_header *eh = l->eh;
	struct ext4_extent_idx idx = { 0 };
	u32 at, move;
	int err;

	if (eh->entries >= eh->max && level == 0) {
		err = ext_grow(h, ino, p);
		if (err)
			return err;
		level = 1;
		l = &p->lv[1];
		eh = l->eh;
	}
	err = ext_touch(h, l);
	if (err)
		return err;
	at = (u32)(l->pos + 1);
	if (eh->entries < eh->max) {
		memmove(EXT_ENTRY(eh, at + 1), EXT_ENTRY(eh, at),
			(eh->entries - at) * 12u);
		*EXT_ENTRY(eh, at) = *entry;
		eh->entries++;
		ext_changed(ino, l);
		return at ? 0 : ext_fix_keys(h, ino, p, level);
	}
	right.buf = ext_new_node(h, ino, eh->depth, &err);
	if (!right.buf)
		return err;
	right.eh = (void *)right.buf->data;
	move = eh->entries - at;
	memcpy(EXT_ENTRY(right.eh, 0), EXT_ENTRY(eh, at), move * 12u);
	right.eh->entries = (u16)move;
	eh->entries = (u16)at;
	if (move && at) {
		*EXT_ENTRY(eh, at) = *entry;
		eh->entries++;
	} else if (!move) {
		*EXT_ENTRY(right.eh, 0) = *entry;
		right.eh->entries = 1;
	} else { /* before all others: they stay together, to the right */
		*EXT_ENTRY(eh, 0) = *entry;
		eh->entries = 1;
	}
	ext_changed(ino, l);
	ext_changed(ino, &right);
	idx.block = EXT_ENTRY(right.eh, 0)->block;
	idx.leaf_lo = (u32)right.buf->block;
	idx.leaf_hi = (u16)(right.buf->block >> 32);
	buffer_put(right.buf);
	if (!at) {
		err = ext_fix_keys(h, ino, p, level);
		if (err)
			return err;
	}
	return ext_enter(h, ino, p, level - 1, (struct ext4_extent *)&idx);
}

/* Do a and b, one behind the other, make one? */
static bool ext_joins(const struct ext4_extent *a, const struct ext4_extent *b)
{
	u32 len = ext_len(a) + ext_len(b);

	return ext_unwritten(a) == ext_unwritten(b) &&
	       a->block + ext_len(a) == b->block &&
	       ext_start(a) + ext_len(a) == ext_start(b) &&
	       len <= (ext_unwritten(a) ? EXT4_EXT_UNWRITTEN_MAX
					: EXT4_EXT_MAX_LEN);
}

static void ext_delete_entry(struct ext4_extent_header *eh, u32 at)
{
	memmove(EXT_ENTRY(eh, at), EXT_ENTRY(eh, at + 1),
		(eh->entries - at - 1) * 12u);
	eh->entries--;
}

/* Join entry `at` of the leaf with its neighbours. */
static void ext_merge(struct ext_level *l, u32 at)
{
	struct ext4_extent *e = EXT_ENTRY(l->eh, at);

	if (at + 1 < l->eh->entries && ext_joins(e, e + 1)) {
		ext_set(e, e->block, ext_start(e), ext_len(e) + ext_len(e + 1),
			ext_unwritten(e));
		ext_delete_entry(l->eh, at + 1);
	}
	if (at && ext_joins(e - 1, e)) {
		ext_set(e - 1, e[-1].block, ext_start(e - 1),
			ext_len(e - 1) + ext_len(e), ext_unwritten(e));
		ext_delete_entry(l->eh, at);
	}
}

/* One leaf, and what it has would fit into the root: then it goes there. */
static int ext_lift(struct ext4_handle *h, struct inode *ino,
		    struct ext_path *p)
{
	struct ext4_extent_header *root = p->lv[0].eh, *eh = p->lv[1].eh;
	u64 block;

	if (p->depth != 1 || root->entries != 1 || !p->lv[1].buf ||
	    !eh->entries || eh->entries > root->max)
		return 0;
	block = p->lv[1].buf->block;
	memcpy(root + 1, eh + 1, eh->entries * 12u);
	root->entries = eh->entries;
	root->depth = 0;
	buffer_put(p->lv[1].buf);
	p->lv[1].buf = NULL;
	p->depth = 0;
	return ext4_free_blocks(h, ino, block, 1, true);
}

int ext4_extent_insert(struct ext4_handle *h, struct inode *ino, u32 block,
		       u64 phys, u32 len, bool unwritten)
{
	struct ext4_extent n;
	struct ext_path p;
	struct ext_level *l;
	int err = ext_find(ino, block, &p);

	if (err)
		return err;
	memset(&n, 0, sizeof(n));
	ext_set(&n, block, phys, len, unwritten);
	l = &p.lv[p.depth];
	if (l->pos >= 0 && ext_joins(EXT_ENTRY(l->eh, l->pos), &n)) {
		struct ext4_extent *e = EXT_ENTRY(l->eh, l->pos);

		err = ext_touch(h, l);
		if (!err) {
			ext_set(e, e->block, ext_start(e), ext_len(e) + len,
				unwritten);
			ext_merge(l, (u32)l->pos);
			ext_changed(ino, l);
			err = ext_lift(h, ino, &p);
		}
	} else if (l->pos + 1 < l->eh->entries &&
		   ext_joins(&n, EXT_ENTRY(l->eh, l->pos + 1))) {
		struct ext4_extent *e = EXT_ENTRY(l->eh, l->pos + 1);

		err = ext_touch(h, l);
		if (!err) {
			ext_set(e, block, phys, len + ext_len(e), unwritten);
			ext_changed(ino, l);
			if (l->pos < 0)
				err = ext_fix_keys(h, ino, &p, p.depth);
		}
	} else {
		err = ext_enter(h, ino, &p, p.depth, &n);
	}
	ext_path_put(&p);
	return err;
}

int ext4_extent_mark(struct ext4_handle *h, struct inode *ino, u32 block,
		     u32 len, bool written)
{
	struct ext4_extent *e, old;
	struct ext_path p;
	struct ext_level *l;
	u32 before, after;
	int err = ext_find(ino, block, &p);

	if (err)
		return err;
	l = &p.lv[p.depth];
	err = -EIO;
	if (l->pos < 0)
		goto out;
	e = EXT_ENTRY(l->eh, l->pos);
	old = *e;
	if (block - e->block >= ext_len(e) ||
	    len > ext_len(e) - (block - e->block))
		goto out;
	before = block - old.block;
	after = ext_len(&old) - before - len;
	err = ext_touch(h, l);
	if (err)
		goto out;
	if (!before && !after) {
		ext_set(e, old.block, ext_start(&old), len, !written);
		ext_merge(l, (u32)l->pos);
		ext_changed(ino, l);
		err = ext_lift(h, ino, &p);
		goto out;
	}
	if (before) {
		ext_set(e, old.block, ext_start(&old), before,
			ext_unwritten(&old));
	} else {
		ext_set(e, block + len, ext_start(&old) + len, after,
			ext_unwritten(&old));
		err = l->pos ? 0 : ext_fix_keys(h, ino, &p, p.depth);
	}
	ext_changed(ino, l);
	ext_path_put(&p);
	if (!err)
		err = ext4_extent_insert(
			h, ino, block, ext_start(&old) + before, len, !written);
	if (!err && before && after)
		err = ext4_extent_insert(h, ino, block + len,
					 ext_start(&old) + before + len, after,
					 ext_unwritten(&old));
	return err;
out:
	ext_path_put(&p);
	return err;
}

/* An empty leaf goes, and the indexes that have nothing below them. */
static int ext_drop_empty(struct ext4_handle *h, struct inode *ino,
			  struct ext_path *p)
{
	u32 i = p->depth;
	int err;

	while (i && !p->lv[i].eh->entries) {
		struct ext_level *up = &p->lv[i - 1];
		u64 block = p->lv[i].buf->block;

		err = ext_touch(h, up);
		if (err)
			return err;
		ext_delete_entry(up->eh, (u32)up->pos);
		ext_changed(ino, up);
		buffer_put(p->lv[i].buf);
		p->lv[i].buf = NULL;
		err = ext4_free_blocks(h, ino, block, 1, true);
		if (err)
			return err;
		if (up->eh->entries && !up->pos && i > 1) {
			p->lv[i - 1].pos = 0;
			err = ext_fix_keys(h, ino, p, i - 1);
			if (err)
				return err;
		}
		i--;
	}
	if (!i && !p->lv[0].eh->entries)
		p->lv[0].eh->depth = 0;
	return 0;
}

/* One extent's share of [from, to). => 1 there may be more, 0, -errno */
static int ext_remove_one(struct ext4_handle *h, struct inode *ino, u32 from,
			  u32 to)
{
	struct ext4_extent *e, old;
	struct ext_path p;
	struct ext_level *l;
	u32 a, b, end;
	int err = ext_find(ino, to - 1, &p);

	if (err)
		return err;
	l = &p.lv[p.depth];
	if (l->pos < 0)
		goto out;
	e = EXT_ENTRY(l->eh, l->pos);
	old = *e;
	end = old.block + ext_len(&old);
	if (end <= from)
		goto out;
	a = max(old.block, from);
	b = min(end, to);
	if (!ext4_block_ok(h->fs, ext_start(&old), ext_len(&old))) {
		err = ext4_corrupt(h->fs, "inode %lu: an extent lies outside",
				   (unsigned long)ino->ino);
		goto out;
	}
	err = ext_touch(h, l);
	if (err)
		goto out;
	if (a == old.block && b == end) {
		ext_delete_entry(l->eh, (u32)l->pos);
		ext_changed(ino, l);
		if (!l->eh->entries)
			err = ext_drop_empty(h, ino, &p);
		else if (!l->pos)
			err = ext_fix_keys(h, ino, &p, p.depth);
	} else if (a == old.block) {
		ext_set(e, b, ext_start(&old) + (b - a), end - b,
			ext_unwritten(&old));
		ext_changed(ino, l);
		if (!l->pos)
			err = ext_fix_keys(h, ino, &p, p.depth);
	} else {
		ext_set(e, old.block, ext_start(&old), a - old.block,
			ext_unwritten(&old));
		ext_changed(ino, l);
		if (b < end) {
			struct ext4_extent n = { 0 };

			ext_set(&n, b, ext_start(&old) + (b - old.block),
				end - b, ext_unwritten(&old));
			err = ext_enter(h, ino, &p, p.depth, &n);
			if (err) { /* as it was */
				*e = old;
				ext_changed(ino, l);
			}
		}
	}
	if (!err)
		err = ext4_free_blocks(
			h, ino, ext_start(&old) + (a - old.block), b - a,
			S_ISDIR(ino->mode) || S_ISLNK(ino->mode));
	if (!err)
		err = ext_lift(h, ino, &p);
	if (!err)
		err = a > from;
out:
	ext_path_put(&p);
	return err;
}

int ext4_extent_remove(struct ext4_handle *h, struct inode *ino, u32 from,
		       u32 to)
{
	int more = 1;

	if (from >= to)
		return 0;
	/* as many as the handle can pay for */
	while (more == 1 && h->used + 24 <= h->credits)
		more = ext_remove_one(h, ino, from, to);
	return more;
}
