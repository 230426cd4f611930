// SPDX-License-Identifier: GPL-2.0
/*
 * The block map of ext2 and ext3: twelve block numbers in the inode, then one
 * block of numbers, one of such blocks, one of those. Zero is a hole. The depth
 * is fixed by the place, so that no chain, however damaged, is longer than four
 * steps. Caller holds ei->map_lock; the numbers in the inode are ei->block.
 */
#include "ext4.h"

#define IND_DIRECT 12u

struct ind_way {
	u32 depth; /* numbers to follow: 1 … 4 */
	u32 at[4]; /* at[0]: in the inode */
};

static int ind_split(const struct ext4_fs *fs, u32 block, struct ind_way *w)
{
	u64 n = fs->bsize / 4, b = block;

	if (b < IND_DIRECT) {
		*w = (struct ind_way){ 1, { (u32)b } };
		return 0;
	}
	b -= IND_DIRECT;
	if (b < n) {
		*w = (struct ind_way){ 2, { 12, (u32)b } };
		return 0;
	}
	b -= n;
	if (b < n * n) {
		*w = (struct ind_way){ 3, { 13, (u32)(b / n), (u32)(b % n) } };
		return 0;
	}
	b -= n * n;
	if (b < n * n * n) {
		*w = (struct ind_way){ 4,
				       { 14, (u32)(b / (n * n)),
					 (u32)(b / n % n), (u32)(b % n) } };
		return 0;
	}
	return -EFBIG;
}

static struct buffer *ind_read(struct inode *ino, u32 block)
{
	struct ext4_fs *fs = ext4_of(ino);

	if (!ext4_block_ok(fs, block, 1))
		return ERR_PTR(ext4_corrupt(fs, "inode %lu: indirect block %u",
					    (unsigned long)ino->ino, block));
	return buffer_read(fs->bc, block);
}

int ext4_indirect_lookup(struct inode *ino, struct ext4_map *m)
{
	struct ext4_fs *fs = ext4_of(ino);
	u32 n = fs->bsize / 4, *p = ext4_i(ino)->block, i, max, run, left;
	struct buffer *b = NULL;
	struct ind_way w;

	if (ind_split(fs, m->block, &w)) { /* nothing can be there */
		m->phys = 0;
		return 0;
	}
	for (i = 0;; i++) {
		struct buffer *next;

		if (i == w.depth - 1 || !p[w.at[i]])
			break;
		next = ind_read(ino, p[w.at[i]]);
		if (b)
			buffer_put(b);
		if (IS_ERR(next))
			return (int)PTR_ERR(next);
		b = next;
		p = (u32 *)b->data;
	}
	if (i < w.depth - 1) { /* a whole subtree is missing */
		u64 span = 1, in = 0;

		for (u32 k = i + 1; k < w.depth; k++) {
			span *= n;
			in = in * n + w.at[k];
		}
		m->len = (u32)min_t(u64, m->len, span - in);
		goto out;
	}
	left = (w.depth == 1 ? IND_DIRECT : n) - w.at[i];
	max = min(m->len, left);
	p += w.at[i];
	m->phys = p[0];
	for (run = 1; run < max; run++)
		if (p[0] ? p[run] != p[0] + run : p[run])
			break;
	m->len = run;
out:
	if (b)
		buffer_put(b);
	return 0;
}

/* A block of zeros for numbers. */
static struct buffer *ind_new(struct ext4_handle *h, struct inode *ino,
			      int *err)
{
	struct ext4_fs *fs = h->fs;
	u64 goal = ext4_i(ino)->goal;
	u32 n = 1;
	u64 block;
	struct buffer *b;

	if (!goal)
		goal = ext4_group_first(fs, (ext4_i(ino)->ino - 1) /
						    fs->inodes_per_group);
	block = ext4_alloc_blocks(h, ino, goal, &n, err);
	if (!block)
		return NULL;
	b = buffer_get(fs->bc, block);
	*err = IS_ERR(b) ? (int)PTR_ERR(b) : ext4_touch(h, b);
	if (*err) {
		if (!IS_ERR(b))
			buffer_put(b);
		ext4_free_blocks(h, ino, block, 1, true);
		return NULL;
	}
	memset(b->data, 0, fs->bsize);
	store_release(&b->uptodate, true);
	return b;
}

int ext4_indirect_insert(struct ext4_handle *h, struct inode *ino, u32 block,
			 u64 phys, u32 *len)
{
	struct ext4_fs *fs = h->fs;
	u32 n = fs->bsize / 4, *p = ext4_i(ino)->block, i, k;
	struct buffer *b = NULL, *next;
	struct ind_way w;
	int err = ind_split(fs, block, &w);

	if (err)
		return err;
	for (i = 0; i < w.depth - 1; i++) {
		u32 *slot = &p[w.at[i]];

		if (*slot) {
			next = ind_read(ino, *slot);
			err = IS_ERR(next) ? (int)PTR_ERR(next) : 0;
		} else {
			next = ind_new(h, ino, &err);
			if (next && b)
				err = ext4_touch(h, b);
			if (next && !err)
				*slot = (u32)next->block;
		}
		if (b)
			buffer_put(b);
		if (err)
			return err;
		b = next;
		p = (u32 *)b->data;
	}
	if (b)
		err = ext4_touch(h, b);
	*len = min(*len, (w.depth == 1 ? IND_DIRECT : n) - w.at[i]);
	for (k = 0; !err && k < *len; k++) {
		if (p[w.at[i] + k])
			break; /* somebody's already */
		p[w.at[i] + k] = (u32)(phys + k);
	}
	if (!err)
		*len = k;
	if (b)
		buffer_put(b);
	return err;
}

/* --- freeing --- */

struct ind_free {
	struct ext4_handle *h;
	struct inode *ino;
	u64 from, to; /* file blocks */
	u64 start, n; /* a run that is to be freed */
	bool full;    /* the handle can pay for no more */
};

static int ind_flush(struct ind_free *f)
{
	int err = 0;

	if (f->n)
		err = ext4_free_blocks(f->h, f->ino, f->start, f->n,
				       !S_ISREG(f->ino->mode));
	f->n = 0;
	if (f->h->used + 16 > f->h->credits)
		f->full = true;
	return err;
}

static int ind_free_one(struct ind_free *f, u32 block)
{
	int err = 0;

	if (!ext4_block_ok(f->h->fs, block, 1))
		return ext4_corrupt(f->h->fs, "inode %lu: block %u, outside",
				    (unsigned long)f->ino->ino, block);
	/* backwards, as we go */
	if (f->n && block + 1 == f->start && f->n < 2048) {
		f->start--;
		f->n++;
		return 0;
	}
	err = ind_flush(f);
	f->start = block;
	f->n = 1;
	return err;
}

/* What is below *slot, which stands for blocks [base, base + n^level). */
static int ind_free_tree(struct ind_free *f, u32 *slot, u32 level, u64 base)
{
	u64 n = f->h->fs->bsize / 4, span = 1;
	struct buffer *b;
	bool any = false;
	u32 *p;
	int err;

	if (!*slot || base >= f->to)
		return 0;
	for (u32 i = 0; i < level; i++)
		span *= n;
	if (base + span <= f->from)
		return 0;
	if (!level) {
		err = ind_free_one(f, *slot);
		if (!err)
			*slot = 0;
		return err;
	}
	b = ind_read(f->ino, *slot);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_touch(f->h, b);
	p = (u32 *)b->data;
	for (s64 i = (s64)n - 1; !err && !f->full && i >= 0; i--)
		err = ind_free_tree(f, &p[i], level - 1,
				    base + (u64)i * (span / n));
	for (u64 i = 0; i < n && !any; i++)
		any = p[i];
	buffer_put(b);
	if (!err && !any) {
		err = ext4_free_blocks(f->h, f->ino, *slot, 1, true);
		if (!err)
			*slot = 0;
	}
	return err;
}

int ext4_indirect_remove(struct ext4_handle *h, struct inode *ino, u32 from,
			 u32 to)
{
	struct ind_free f = { .h = h, .ino = ino, .from = from, .to = to };
	u32 *p = ext4_i(ino)->block;
	u64 n = h->fs->bsize / 4;
	int err;

	err = ind_free_tree(&f, &p[14], 3, IND_DIRECT + n + n * n);
	if (!err && !f.full)
		err = ind_free_tree(&f, &p[13], 2, IND_DIRECT + n);
	if (!err && !f.full)
		err = ind_free_tree(&f, &p[12], 1, IND_DIRECT);
	for (s32 i = IND_DIRECT - 1; !err && !f.full && i >= 0; i--)
		err = ind_free_tree(&f, &p[i], 0, (u64)i);
	if (!err)
		err = ind_flush(&f);
	else
		f.n = 0;
	return err ? err : f.full;
}
