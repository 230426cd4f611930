// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks: taking and giving back.
 *
 * A search begins at the goal and takes the free run there if it is long
 * enough, else the first long enough run of the group, then of the next groups,
 * asking for less in each round. Everything is under fs->alloc_lock.
 *
 * What is freed must not be used again before the transaction that frees it is
 * on the disk: until then a crash brings the old owner back. Such blocks are
 * free in the bitmap, which is what goes to the disk, and held in group->hold,
 * which the search respects; ext4_release_held() lets them go after a commit.
 * So nothing is freed and taken again in one transaction either.
 */
#include <abi/capability.h>
#include <kernel/cred.h>
#include "ext4.h"

bool ext4_may_use_reserve(const struct ext4_fs *fs)
{
	const struct cred *c = current->cred;

	return !c || (fs->opt.resuid >= 0 && c->fsuid == (u32)fs->opt.resuid) ||
	       (fs->opt.resgid > 0 && cred_in_group(c, (u32)fs->opt.resgid)) ||
	       capable(CAP_SYS_RESOURCE);
}

static bool block_free(const struct ext4_group *gr, const u8 *map, u32 i)
{
	return !bit_test(map, i) && !(gr->hold && bit_test(gr->hold, i));
}

/* Bits in a row from i on, at most max. */
static u32 free_run(const struct ext4_group *gr, const u8 *map, u32 i, u32 end,
		    u32 max)
{
	u32 n = 0;

	while (n < max && i + n < end) {
		if (!((i + n) & 63) && max - n >= 64 && end - i - n >= 64) {
			u64 w, v = 0;

			memcpy(&w, map + (i + n) / 8, 8);
			if (gr->hold)
				memcpy(&v, gr->hold + (i + n) / 8, 8);
			if (!(w | v)) {
				n += 64;
				continue;
			}
		}
		if (!block_free(gr, map, i + n))
			break;
		n++;
	}
	return n;
}

/*
 * A run of at least `want` from `from` on in the group. => its start, or end;
 * *len: how long, at most max; the longest of all when none is enough
 */
static u32 group_search(const struct ext4_group *gr, const u8 *map, u32 from,
			u32 end, u32 want, u32 max, u32 *len)
{
	u32 best = end, i = from;

	*len = 0;
	while (i < end) {
		u32 n;

		if (!(i & 63) && end - i >= 64) {
			u64 w;

			memcpy(&w, map + i / 8, 8);
			if (w == ~0ull) {
				i += 64;
				continue;
			}
		}
		if (!block_free(gr, map, i)) {
			i++;
			continue;
		}
		n = free_run(gr, map, i, end, max);
		if (n > *len) {
			*len = n;
			best = i;
			if (n >= want)
				break;
		}
		i += n + 1;
	}
	return best;
}

/* Take [at, at+n) of group g, whose bitmap is b. */
static int group_take(struct ext4_handle *h, u32 g, struct buffer *b, u32 at,
		      u32 n)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_group *gr = &fs->group[g];
	int err = ext4_touch(h, b);

	if (!err)
		err = ext4_touch(h, gr->gd_buf);
	if (err)
		return err;
	if (gr->free_blocks < n)
		return ext4_corrupt(fs, "group %u: fewer blocks than counted",
				    g);
	for (u32 i = 0; i < n; i++)
		bit_set(b->data, at + i);
	gr->free_blocks -= n;
	fs->free_blocks -= n;
	gr->hint = at + n;
	ext4_block_bitmap_csum(fs, g, b);
	ext4_gd_store(fs, g);
	return 0;
}

/* In one group. => first block, 0: nothing suitable, *err */
static u64 alloc_in_group(struct ext4_handle *h, u32 g, u32 from, u32 want,
			  u32 *n, int *err)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_group *gr = &fs->group[g];
	u32 end = ext4_group_blocks(fs, g), at, len;
	struct buffer *b;

	if (gr->bad || gr->free_blocks < want + gr->held)
		return 0;
	b = ext4_block_bitmap(fs, h, g);
	if (IS_ERR(b)) {
		if (PTR_ERR(b) != -EUCLEAN) /* other groups may do */
			*err = (int)PTR_ERR(b);
		return 0;
	}
	at = group_search(gr, b->data, from, end, want, *n, &len);
	if (len < want && from)
		at = group_search(gr, b->data, 0, end, want, *n, &len);
	if (len < want || !len) {
		buffer_put(b);
		return 0;
	}
	*err = group_take(h, g, b, at, len);
	buffer_put(b);
	if (*err)
		return 0;
	*n = len;
	return ext4_group_first(fs, g) + at;
}

u64 ext4_alloc_blocks(struct ext4_handle *h, struct inode *ino, u64 goal,
		      u32 *n, int *err)
{
	struct ext4_fs *fs = h->fs;
	u32 g, first, from, want;
	u64 got = 0, avail;

	*err = 0;
	if (goal <= fs->first_block || goal >= fs->blocks)
		goal = fs->first_block + 1;
	first = (u32)((goal - fs->first_block) / fs->blocks_per_group);
	from = (u32)((goal - fs->first_block) % fs->blocks_per_group);
	mutex_lock(&fs->alloc_lock);
	avail = fs->free_blocks - min(fs->free_blocks, fs->held_blocks);
	if (!avail) {
		*err = -ENOSPC;
		goto out;
	}
	*n = min(*n, fs->blocks_per_group);
	*n = (u32)min_t(u64, *n, avail);
	for (want = *n;; want = want > 16 ? want / 8 : want > 1 ? 1 : 0) {
		if (!want)
			break;
		for (u32 i = 0; i < fs->ngroups && !got && !*err; i++) {
			g = (first + i) % fs->ngroups;
			got = alloc_in_group(h, g, i ? fs->group[g].hint : from,
					     want, n, err);
		}
		if (got || *err)
			break;
	}
	if (!got && !*err)
		*err = -ENOSPC;
	if (got && ino)
		ext4_i(ino)->nblocks += *n;
out:
	mutex_unlock(&fs->alloc_lock);
	return got;
}

/* --- giving back --- */

static int hold(struct ext4_fs *fs, u32 g, u32 at, u32 n)
{
	struct ext4_group *gr = &fs->group[g];
	struct ext4_held *e = kmalloc(sizeof(*e));

	if (!gr->hold)
		gr->hold = kzalloc(fs->bsize);
	if (!e || !gr->hold) {
		kfree(e);
		return -ENOMEM;
	}
	for (u32 i = at; i < at + n; i++)
		bit_set(gr->hold, i);
	gr->held += n;
	fs->held_blocks += n;
	*e = (struct ext4_held){ fs->held_running, g, at, n };
	fs->held_running = e;
	return 0;
}

static int free_in_group(struct ext4_handle *h, u32 g, u32 at, u32 n)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_group *gr = &fs->group[g];
	struct buffer *b = ext4_block_bitmap(fs, h, g);
	u32 twice = 0;
	int err;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_touch(h, b);
	if (!err)
		err = ext4_touch(h, gr->gd_buf);
	for (u32 i = at; i < at + n; i++)
		twice += !bit_test(b->data, i);
	if (!err && !twice && fs->journal)
		err = hold(fs, g, at, n);
	if (!err && !twice) {
		for (u32 i = at; i < at + n; i++)
			bit_clear(b->data, i);
		gr->free_blocks += n;
		fs->free_blocks += n;
		ext4_block_bitmap_csum(fs, g, b);
		ext4_gd_store(fs, g);
	}
	buffer_put(b);
	if (twice)
		err = ext4_corrupt(fs, "group %u: %u blocks freed twice", g,
				   twice);
	return err;
}

int ext4_free_blocks(struct ext4_handle *h, struct inode *ino, u64 block, u64 n,
		     bool metadata)
{
	struct ext4_fs *fs = h->fs;
	int err = 0;

	if (!ext4_block_ok(fs, block, n))
		return ext4_corrupt(fs, "blocks %lu+%lu freed, outside",
				    (unsigned long)block, (unsigned long)n);
	if (metadata)
		for (u64 i = 0; i < n; i++)
			ext4_forget(h, block + i);
	mutex_lock(&fs->alloc_lock);
	if (ino)
		ext4_i(ino)->nblocks -= min(ext4_i(ino)->nblocks, n);
	while (n && !err) {
		u64 in = block - fs->first_block;
		u32 g = (u32)(in / fs->blocks_per_group);
		u32 at = (u32)(in % fs->blocks_per_group);
		u32 part = (u32)min_t(u64, n, fs->blocks_per_group - at);

		err = free_in_group(h, g, at, part);
		block += part;
		n -= part;
	}
	mutex_unlock(&fs->alloc_lock);
	return err;
}

static void held_discard(struct ext4_fs *fs, u32 g, u32 at, u32 n)
{
	bdev_discard(fs->bdev, (ext4_group_first(fs, g) + at) * fs->bsize,
		     (u64)n * fs->bsize);
}

/* The running transaction is being closed: nobody has a handle. */
void ext4_close_held(struct ext4_fs *fs)
{
	fs->held_committing = fs->held_running;
	fs->held_running = NULL;
}

/* It is on the disk: what it freed may be used. */
void ext4_release_held(struct ext4_fs *fs)
{
	struct ext4_held *e;

	mutex_lock(&fs->alloc_lock);
	while ((e = fs->held_committing)) {
		struct ext4_group *gr = &fs->group[e->group];

		if (fs->opt.discard)
			held_discard(fs, e->group, e->at, e->n);
		for (u32 i = e->at; i < e->at + e->n; i++)
			bit_clear(gr->hold, i);
		gr->held -= e->n;
		fs->held_blocks -= e->n;
		fs->held_committing = e->next;
		kfree(e);
	}
	mutex_unlock(&fs->alloc_lock);
}

/* FITRIM: tell the disk of free runs. Bytes. */
int ext4_trim(struct ext4_fs *fs, u64 start, u64 len, u64 minlen, u64 *done)
{
	u64 first = start >> fs->bbits, end,
	    mn = max_t(u64, minlen >> fs->bbits, 1);
	int err = 0;

	*done = 0;
	if (!fs->bdev->discard)
		return -EOPNOTSUPP;
	if (first >= fs->blocks || len < fs->bsize)
		return -EINVAL;
	end = first + min(len >> fs->bbits, fs->blocks - first);
	first = max_t(u64, first, fs->first_block);
	for (u32 g = 0; g < fs->ngroups && !err; g++) {
		u64 base = ext4_group_first(fs, g);
		u32 lo, hi, i, n;
		struct buffer *b;

		if (base >= end || base + fs->blocks_per_group <= first)
			continue;
		lo = first > base ? (u32)(first - base) : 0;
		hi = (u32)min_t(u64, ext4_group_blocks(fs, g), end - base);
		mutex_lock(&fs->alloc_lock);
		b = ext4_block_bitmap(fs, NULL, g);
		for (i = lo; !IS_ERR(b) && !err && i < hi; i += n + 1) {
			n = free_run(&fs->group[g], b->data, i, hi, hi);
			if (n < mn)
				continue;
			err = bdev_discard(fs->bdev, (base + i) * fs->bsize,
					   (u64)n * fs->bsize);
			if (!err)
				*done += (u64)n * fs->bsize;
		}
		if (!IS_ERR(b))
			buffer_put(b);
		mutex_unlock(&fs->alloc_lock);
	}
	return err;
}
