// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes: from the disk into memory and back, and their end.
 *
 * A hash by number makes two names of a file one inode. It holds no reference:
 * an inode whose last one went leaves it at once, and who finds one in that
 * moment waits for it to be gone. An inode with something to be written is on
 * fs->dirty with a reference, so that what ends is either clean or deleted.
 *
 * Access times are written with the next change, or when a file is closed after
 * they moved: see ext4_atime_check().
 */
#include <hostapi/host.h>
#include "ext4.h"

#define ISIZE_HAS(ei, field)                        \
	(offsetof(struct ext4_dinode, field) + 4 <= \
	 EXT4_GOOD_OLD_ISIZE + (ei)->extra_isize)

u32 ext4_inode_seed(const struct ext4_fs *fs, u32 ino, u32 generation)
{
	u32 c = ext4_crc32c(fs->csum_seed, &ino, 4);

	return ext4_crc32c(c, &generation, 4);
}

static struct ext4_inode **inode_bucket(struct ext4_fs *fs, u32 nr)
{
	return &fs->inode_hash[(nr * 0x9e3779b1u) >> 22];
}

void ext4_inode_insert(struct ext4_fs *fs, struct ext4_inode *ei)
{
	struct ext4_inode **pp = inode_bucket(fs, ei->ino);

	spin_lock(&fs->inode_lock);
	ei->hash_next = *pp;
	*pp = ei;
	spin_unlock(&fs->inode_lock);
}

void ext4_inode_remove(struct ext4_fs *fs, struct ext4_inode *ei)
{
	struct ext4_inode **pp = inode_bucket(fs, ei->ino);

	spin_lock(&fs->inode_lock);
	while (*pp && *pp != ei)
		pp = &(*pp)->hash_next;
	if (*pp)
		*pp = ei->hash_next;
	spin_unlock(&fs->inode_lock);
}

/* => it with a reference, NULL; *dying: look again */
static struct inode *inode_find(struct ext4_fs *fs, u32 nr, bool *dying)
{
	struct inode *ino = NULL;
	struct ext4_inode *ei;

	*dying = false;
	spin_lock(&fs->inode_lock);
	for (ei = *inode_bucket(fs, nr); ei; ei = ei->hash_next)
		if (ei->ino == nr)
			break;
	if (ei) {
		if (ref_get_unless_zero(&ei->inode->refs))
			ino = ei->inode;
		else
			*dying = true;
	}
	spin_unlock(&fs->inode_lock);
	return ino;
}

struct ext4_inode *ext4_inode_alloc_priv(struct inode *ino, u32 nr)
{
	struct ext4_inode *ei = kzalloc(sizeof(*ei));

	if (!ei)
		return NULL;
	ei->inode = ino;
	ei->ino = nr;
	mutex_init(&ei->map_lock);
	mutex_init(&ei->xattr_lock);
	list_init(&ei->dirty_node);
	list_init(&ei->orphan_node);
	ei->dirty = &ei->dirty_one;
	ei->dirty_words = 1;
	ino->priv = ei;
	ino->ino = nr;
	return ei;
}

struct buffer *ext4_inode_buffer(struct ext4_fs *fs, u32 nr,
				 struct ext4_dinode **raw, bool fresh)
{
	u32 g = (nr - 1) / fs->inodes_per_group;
	u32 in = (nr - 1) % fs->inodes_per_group;
	struct buffer *b;
	u64 block;

	if (!nr || g >= fs->ngroups)
		return ERR_PTR(-EUCLEAN);
	block = ext4_gd_inode_table(fs, g) + in / fs->inodes_per_block;
	b = buffer_get(fs->bc, block);
	if (IS_ERR(b))
		return b;
	if (!fresh && !b->uptodate) {
		buffer_readahead(fs->bc, block + 1,
				 min(8u, (fs->inodes_per_group - in) /
						 fs->inodes_per_block));
		buffer_put(b);
		b = buffer_read(fs->bc, block);
		if (IS_ERR(b))
			return b;
	}
	*raw = (void *)(b->data + in % fs->inodes_per_block * fs->isize);
	return b;
}

/* --- checksum --- */

static u32 inode_csum(struct ext4_fs *fs, u32 nr, const struct ext4_dinode *raw)
{
	const u8 *p = (const u8 *)raw;
	u32 c = ext4_inode_seed(fs, nr, raw->generation);
	const u32 lo = offsetof(struct ext4_dinode, checksum_lo);
	const u32 hi = offsetof(struct ext4_dinode, checksum_hi);
	u16 zero = 0;

	c = ext4_crc32c(c, p, lo);
	c = ext4_crc32c(c, &zero, 2);
	c = ext4_crc32c(c, p + lo + 2, EXT4_GOOD_OLD_ISIZE - lo - 2);
	if (fs->isize <= EXT4_GOOD_OLD_ISIZE)
		return c;
	c = ext4_crc32c(c, p + EXT4_GOOD_OLD_ISIZE, hi - EXT4_GOOD_OLD_ISIZE);
	if (raw->extra_isize >= 4) {
		c = ext4_crc32c(c, &zero, 2);
		return ext4_crc32c(c, p + hi + 2, fs->isize - hi - 2);
	}
	return ext4_crc32c(c, p + hi, fs->isize - hi);
}

static bool inode_csum_wide(const struct ext4_fs *fs,
			    const struct ext4_dinode *raw)
{
	return fs->isize > EXT4_GOOD_OLD_ISIZE && raw->extra_isize >= 4;
}

static bool inode_csum_ok(struct ext4_fs *fs, u32 nr,
			  const struct ext4_dinode *raw)
{
	u32 c = inode_csum(fs, nr, raw);

	return raw->checksum_lo == (u16)c &&
	       (!inode_csum_wide(fs, raw) ||
		raw->checksum_hi == (u16)(c >> 16));
}

void ext4_inode_csum_set(struct ext4_fs *fs, struct ext4_inode *ei,
			 struct ext4_dinode *raw)
{
	u32 c;

	if (!fs->csum)
		return;
	c = inode_csum(fs, ei->ino, raw);
	raw->checksum_lo = (u16)c;
	if (inode_csum_wide(fs, raw))
		raw->checksum_hi = (u16)(c >> 16);
}

/* --- reading --- */

static struct timespec_k inode_time(u32 lo, u32 extra)
{
	struct timespec_k t;

	t.sec = (s64)(s32)lo + ((s64)(extra & 3) << 32);
	t.nsec = min(extra >> 2, 999999999u);
	return t;
}

static void inode_get_times(struct inode *ino, const struct ext4_inode *ei,
			    const struct ext4_dinode *raw)
{
	bool c = ISIZE_HAS(ei, ctime_extra), m = ISIZE_HAS(ei, mtime_extra),
	     a = ISIZE_HAS(ei, atime_extra), cr = ISIZE_HAS(ei, crtime_extra);

	ino->ctime = inode_time(raw->ctime, c ? raw->ctime_extra : 0);
	ino->mtime = inode_time(raw->mtime, m ? raw->mtime_extra : 0);
	ino->atime = inode_time(raw->atime, a ? raw->atime_extra : 0);
	if (cr)
		ino->btime = inode_time(raw->crtime, raw->crtime_extra);
	else
		ino->btime = (struct timespec_k){ 0, 0 };
}

static void inode_put_time(u32 *lo, u32 *extra, const struct timespec_k *t)
{
	*lo = (u32)t->sec;
	if (extra)
		*extra = (u32)((t->sec - (s32)t->sec) >> 32 & 3) | (u32)t->nsec
									   << 2;
}

void ext4_update_blocks(struct inode *ino)
{
	struct ext4_inode *ei = ext4_i(ino);
	u64 n = ei->nblocks * ext4_of(ino)->spb;

	/* what is only promised yet counts, as on Linux */
	if (S_ISREG(ino->mode))
		n += ei->reserved * ext4_of(ino)->spb;
	WRITE_ONCE(ino->blocks, n);
}

u64 ext4_max_size(const struct ext4_fs *fs, bool extents)
{
	u64 n = fs->bsize / 4, blocks;

	if (extents)
		return (0xffffffffull << fs->bbits) - 1 + 1;
	blocks = 12 + n + n * n + n * n * n;
	return min_t(u64, blocks, fs->huge_file ? 1ull << 40 : 0xffffffffull)
	       << fs->bbits;
}

void ext4_set_ops(struct inode *ino)
{
	switch (ino->mode & S_IFMT) {
	case S_IFREG:
		ino->mapping.ops = &ext4_mapping_ops;
		ino->ops = &ext4_file_iops;
		ino->fops = &ext4_file_fops;
		break;
	case S_IFDIR:
		ino->ops = &ext4_dir_iops;
		ino->fops = &ext4_dir_fops;
		break;
	case S_IFLNK:
		ino->ops = &ext4_link_iops;
		break;
	default:
		ino->ops = &ext4_special_iops;
		inode_init_special(ino, ino->mode, ino->rdev);
	}
}

static u64 inode_rdev(const u32 *block)
{
	u32 d = block[1];

	if (block[0])
		return MKDEV(block[0] >> 8 & 0xff, block[0] & 0xff);
	return MKDEV(d >> 8 & 0xfff, (d & 0xff) | (d >> 12 & 0xfff00));
}

static int inode_get_link(struct inode *ino, struct ext4_inode *ei)
{
	if (ei->flags & EXT4_FL_INLINE_DATA)
		return 0;
	/* short ones stand in place of the block numbers */
	if (ino->size >= sizeof(ei->block) || (ei->flags & EXT4_FL_EXTENTS))
		return ino->size && ino->size <= PATH_MAX ? 0 : -EUCLEAN;
	if (!ino->size ||
	    strnlen((char *)ei->block, sizeof(ei->block)) != ino->size)
		return -EUCLEAN;
	ino->link = kstrndup((char *)ei->block, ino->size);
	return ino->link ? 0 : -ENOMEM;
}

static int inode_parse(struct inode *ino, struct ext4_inode *ei,
		       const struct ext4_dinode *raw)
{
	struct ext4_fs *fs = ext4_of(ino);
	u64 nb = raw->blocks_lo;

	ei->flags = raw->flags;
	ei->generation = raw->generation;
	ei->dtime = raw->dtime;
	ei->extra_isize = 0;
	if (fs->isize > EXT4_GOOD_OLD_ISIZE) {
		ei->extra_isize = raw->extra_isize;
		if (ei->extra_isize > fs->isize - EXT4_GOOD_OLD_ISIZE ||
		    (ei->extra_isize & 3))
			return -EUCLEAN;
	}
	memcpy(ei->block, raw->block, sizeof(ei->block));
	ino->uid = raw->uid_lo | (u32)raw->uid_hi << 16;
	ino->gid = raw->gid_lo | (u32)raw->gid_hi << 16;
	ino->nlink = raw->links;
	ino->size = raw->size_lo;
	if (S_ISREG(ino->mode) || (S_ISDIR(ino->mode) && fs->largedir))
		ino->size |= (u64)raw->size_hi << 32;
	if ((s64)ino->size < 0)
		return -EUCLEAN;
	ei->disk_size = ino->size;
	ei->file_acl = raw->file_acl_lo;
	if (fs->is64)
		ei->file_acl |= (u64)raw->file_acl_hi << 32;
	if (ei->file_acl && !ext4_block_ok(fs, ei->file_acl, 1))
		return -EUCLEAN;
	if (fs->huge_file)
		nb |= (u64)raw->blocks_hi << 32;
	ei->nblocks = ei->flags & EXT4_FL_HUGE_FILE ? nb : nb / fs->spb;
	if (ei->nblocks > fs->blocks)
		return -EUCLEAN;
	inode_get_times(ino, ei, raw);
	ei->disk_atime = ino->atime;
	ext4_update_blocks(ino);
	if (ei->flags & EXT4_FL_ENCRYPT)
		return -EOPNOTSUPP;
	if ((ei->flags & EXT4_FL_INLINE_DATA) &&
	    !(fs->es->incompat & INCOMPAT_INLINE_DATA))
		return -EUCLEAN;
	switch (ino->mode & S_IFMT) {
	case S_IFREG:
		if (ino->size > ext4_max_size(fs, true))
			return -EUCLEAN;
		break;
	case S_IFDIR:
		if (!(ei->flags & EXT4_FL_INLINE_DATA) &&
		    (!ino->size || (ino->size & (fs->bsize - 1)) ||
		     ino->size >> fs->bbits > fs->blocks))
			return -EUCLEAN;
		break;
	case S_IFLNK:
		return inode_get_link(ino, ei);
	case S_IFCHR:
	case S_IFBLK:
		ino->rdev = inode_rdev(ei->block);
		return 0;
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	default:
		return -EUCLEAN;
	}
	if ((ei->flags & EXT4_FL_EXTENTS) && !(ei->flags & EXT4_FL_INLINE_DATA))
		return ext4_extent_check_root(ino);
	return 0;
}

static struct inode *inode_load(struct super *sb, u32 nr)
{
	struct ext4_fs *fs = ext4_fs(sb);
	struct ext4_dinode *raw;
	struct ext4_inode *ei;
	struct inode *ino;
	struct buffer *b;
	int err;

	b = ext4_inode_buffer(fs, nr, &raw, false);
	if (IS_ERR(b))
		return (struct inode *)b;
	if (fs->csum && !inode_csum_ok(fs, nr, raw)) {
		ext4_error(fs, "inode %u: bad checksum", nr);
		buffer_put(b);
		return ERR_PTR(-EUCLEAN);
	}
	if (!raw->mode || (!raw->links && !fs->cleaning)) {
		buffer_put(b);
		return ERR_PTR(-ESTALE);
	}
	ino = inode_alloc(sb, raw->mode);
	ei = ino ? ext4_inode_alloc_priv(ino, nr) : NULL;
	if (!ei) {
		err = -ENOMEM;
		goto fail;
	}
	err = inode_parse(ino, ei, raw);
	if (err == -EUCLEAN)
		ext4_error(fs, "inode %u makes no sense", nr);
	if (err) {
		ei->bad = true;
		goto fail;
	}
	buffer_put(b);
	ext4_set_ops(ino);
	return ino;
fail:
	buffer_put(b);
	if (ino)
		inode_put(ino);
	return ERR_PTR(err);
}

struct inode *ext4_iget(struct super *sb, u32 nr)
{
	struct ext4_fs *fs = ext4_fs(sb);
	struct inode *ino, *other;
	bool dying;

	if (!nr || nr > fs->inodes ||
	    (nr != EXT4_ROOT_INO && nr < fs->es->first_ino &&
	     nr != fs->es->journal_inum))
		return ERR_PTR(ext4_corrupt(fs, "there is no inode %u", nr));
	for (;;) {
		ino = inode_find(fs, nr, &dying);
		if (ino)
			return ino;
		if (dying) {
			host_yield();
			continue;
		}
		ino = inode_load(sb, nr);
		if (IS_ERR(ino))
			return ino;
		/* somebody may have been faster */
		other = inode_find(fs, nr, &dying);
		if (!other && !dying) {
			ext4_inode_insert(fs, ext4_i(ino));
			return ino;
		}
		ext4_i(ino)->bad = true;
		inode_put(ino);
		if (other)
			return other;
	}
}

/* --- writing --- */

static void inode_put_block(struct inode *ino, struct ext4_inode *ei,
			    struct ext4_dinode *raw)
{
	u32 ma = MAJOR(ino->rdev), mi = MINOR(ino->rdev);

	if (S_ISCHR(ino->mode) || S_ISBLK(ino->mode)) {
		memset(ei->block, 0, sizeof(ei->block));
		if (ma < 256 && mi < 256)
			ei->block[0] = ma << 8 | mi;
		else
			ei->block[1] = (mi & 0xff) | ma << 8 |
				       (mi & 0xfff00) << 12;
	}
	/* inline content stands in the buffer only */
	if (!(ei->flags & EXT4_FL_INLINE_DATA))
		memcpy(raw->block, ei->block, sizeof(ei->block));
}

static int inode_put_blocks(struct ext4_fs *fs, struct ext4_inode *ei,
			    struct ext4_dinode *raw)
{
	u64 n = ei->nblocks * fs->spb;

	ei->flags &= ~EXT4_FL_HUGE_FILE;
	if (n >> 32 && !fs->huge_file)
		return -EFBIG;
	if (n >> 48) {
		n = ei->nblocks;
		ei->flags |= EXT4_FL_HUGE_FILE;
	}
	raw->blocks_lo = (u32)n;
	if (fs->huge_file)
		raw->blocks_hi = (u16)(n >> 32);
	return 0;
}

static int inode_want_large_file(struct ext4_handle *h)
{
	struct ext4_fs *fs = h->fs;
	int err;

	if (fs->es->ro_compat & RO_LARGE_FILE)
		return 0;
	err = ext4_touch(h, fs->sb_buf);
	if (!err) {
		fs->es->ro_compat |= RO_LARGE_FILE;
		ext4_super_csum(fs);
	}
	return err;
}

int ext4_write_inode(struct ext4_handle *h, struct inode *ino)
{
	struct ext4_fs *fs = h->fs;
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_dinode *raw;
	struct buffer *b = ext4_inode_buffer(fs, ei->ino, &raw, false);
	u64 size = S_ISREG(ino->mode) ? ei->disk_size : ino->size;
	int err;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_touch(h, b);
	if (!err && S_ISREG(ino->mode) && size > 0x7fffffff)
		err = inode_want_large_file(h);
	if (err)
		goto out;
	if (ei->is_new) {
		memset(raw, 0, fs->isize);
		ei->is_new = false;
	}
	raw->mode = (u16)ino->mode;
	raw->uid_lo = (u16)ino->uid;
	raw->uid_hi = (u16)(ino->uid >> 16);
	raw->gid_lo = (u16)ino->gid;
	raw->gid_hi = (u16)(ino->gid >> 16);
	raw->links = (u16)ino->nlink;
	raw->dtime = ei->dtime;
	raw->size_lo = (u32)size;
	if (S_ISREG(ino->mode) || (S_ISDIR(ino->mode) && fs->largedir))
		raw->size_hi = (u32)(size >> 32);
	err = inode_put_blocks(fs, ei, raw);
	raw->flags = ei->flags;
	raw->generation = ei->generation;
	raw->file_acl_lo = (u32)ei->file_acl;
	if (fs->is64)
		raw->file_acl_hi = (u16)(ei->file_acl >> 32);
	inode_put_block(ino, ei, raw);
	if (fs->isize > EXT4_GOOD_OLD_ISIZE)
		raw->extra_isize = (u16)ei->extra_isize;
	inode_put_time(&raw->ctime,
		       ISIZE_HAS(ei, ctime_extra) ? &raw->ctime_extra : NULL,
		       &ino->ctime);
	inode_put_time(&raw->mtime,
		       ISIZE_HAS(ei, mtime_extra) ? &raw->mtime_extra : NULL,
		       &ino->mtime);
	inode_put_time(&raw->atime,
		       ISIZE_HAS(ei, atime_extra) ? &raw->atime_extra : NULL,
		       &ino->atime);
	if (ISIZE_HAS(ei, crtime_extra))
		inode_put_time(&raw->crtime, &raw->crtime_extra, &ino->btime);
	ei->disk_atime = ino->atime;
	ext4_inode_csum_set(fs, ei, raw);
	ei->tid = h->tid;
out:
	buffer_put(b);
	return err;
}

void ext4_mark_dirty(struct inode *ino)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);

	ei->attr_dirty = true;
	if (!list_empty(&ei->dirty_node)) /* a hint; checked below */
		return;
	spin_lock(&fs->dirty_lock);
	if (list_empty(&ei->dirty_node)) {
		inode_get(ino);
		list_add_tail(&ei->dirty_node, &fs->dirty);
	}
	spin_unlock(&fs->dirty_lock);
}

void ext4_atime_check(struct inode *ino)
{
	struct ext4_inode *ei = ext4_i(ino);

	if (!ext4_readonly(ext4_of(ino)) &&
	    (ei->disk_atime.sec != ino->atime.sec ||
	     ei->disk_atime.nsec != ino->atime.nsec))
		ext4_mark_dirty(ino);
}

/* --- attributes --- */

int ext4_setattr(struct inode *ino, const struct iattr *a)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct iattr rest = *a;
	struct ext4_handle h;
	int err;

	if (ext4_readonly(fs))
		return -EROFS;
	if (ext4_i(ino)->flags & EXT4_FL_IMMUTABLE)
		return -EPERM;
	if ((ext4_i(ino)->flags & EXT4_FL_APPEND) &&
	    (a->valid & (ATTR_SIZE | ATTR_MODE | ATTR_UID | ATTR_GID |
			 ATTR_ATIME_SET | ATTR_MTIME_SET)))
		return -EPERM;
	if (a->valid & ATTR_SIZE) {
		if (!S_ISREG(ino->mode))
			return -EINVAL;
		err = ext4_resize(ino, a->size);
		if (err)
			return err;
		rest.valid &= ~ATTR_SIZE;
	}
	err = ext4_begin(fs, &h, 4);
	if (err)
		return err;
	err = inode_setattr_simple(ino, &rest);
	if (!err)
		err = ext4_write_inode(&h, ino);
	ext4_end(&h);
	return err;
}

/* --- the end --- */

/* Nothing names it and nobody has it open: its blocks and itself. */
static void inode_delete(struct inode *ino)
{
	struct ext4_fs *fs = ext4_of(ino);
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_handle h;
	int err = 0;

	if (!ext4_is_inline(ino) && !ino->link &&
	    (S_ISREG(ino->mode) || S_ISDIR(ino->mode) || S_ISLNK(ino->mode))) {
		ei->disk_size = 0;
		ino->size = 0;
		err = ext4_remove_range(ino, 0, 0xffffffffu);
	}
	if (!err)
		err = ext4_begin(fs, &h, ext4_xattr_credits(fs) + 10);
	if (err)
		return; /* the orphan list has it */
	err = ext4_xattr_delete(&h, ino);
	if (!err)
		err = ext4_orphan_del(&h, ino);
	if (!err)
		err = ext4_free_inode(&h, ino);
	ext4_end(&h);
}

void ext4_evict(struct inode *ino)
{
	struct ext4_inode *ei = ext4_i(ino);
	struct ext4_fs *fs = ext4_of(ino);

	if (!ei)
		return;
	ext4_inode_remove(fs, ei);
	if (!ei->bad) {
		if (S_ISREG(ino->mode))
			ext4_dirty_drop(ino, 0);
		if (!ino->nlink && !ext4_readonly(fs))
			inode_delete(ino);
	}
	if (ei->orphan) { /* left for the next mount */
		mutex_lock(&fs->orphan_lock);
		list_del(&ei->orphan_node);
		mutex_unlock(&fs->orphan_lock);
	}
	if (ei->dirty != &ei->dirty_one)
		kfree(ei->dirty);
	kfree(ino->link);
	ino->link = NULL;
	kfree(ei);
	ino->priv = NULL;
}
