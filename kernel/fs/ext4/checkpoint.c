// SPDX-License-Identifier: GPL-2.0
/*
 * The journal, second part: bringing committed blocks to their places, so that
 * the log can be used again; opening and closing.
 *
 * Transactions are taken oldest first. A buffer that the running transaction
 * has touched cannot be written, for it holds what is not committed: then that
 * one is committed first, and the buffer is its business. When all of a
 * transaction is in place, and flushed, the journal's superblock says that the
 * log begins behind it.
 */
#include "journal.h"

#define CHECKPOINT_BATCH 256u

static void jhead_sort(struct jhead **v, u32 n)
{
	for (u32 gap = n / 2; gap; gap /= 2)
		for (u32 i = gap; i < n; i++) {
			struct jhead *x = v[i];
			u32 k = i;

			for (;
			     k >= gap && v[k - gap]->buf->block > x->buf->block;
			     k -= gap)
				v[k] = v[k - gap];
			v[k] = x;
		}
}

static int checkpoint_write(struct ext4_fs *fs, struct jhead **v, u32 n)
{
	struct bio_vec *vec = kmalloc(BIO_MAX_VECS * sizeof(*vec));
	int err = 0;

	if (!vec)
		return -ENOMEM;
	for (u32 i = 0, run; i < n && !err; i += run) {
		struct bio bio = { .op = BIO_WRITE, .vecs = vec };

		for (run = 0; i + run < n && run < BIO_MAX_VECS; run++) {
			struct buffer *b = v[i + run]->buf;

			if (b->block != v[i]->buf->block + run)
				break;
			vec[run].base = b->data;
			vec[run].len = fs->bsize;
		}
		bio.nr_vecs = run;
		bio.pos = v[i]->buf->block << fs->bbits;
		bio.len = (u64)run * fs->bsize;
		err = bio_submit_wait(&bio, fs->bdev);
	}
	kfree(vec);
	return err;
}

/* Some of t's buffers. => 1: the rest is in the running one, 0, -errno */
static int checkpoint_some(struct journal *j, struct jtrans *t,
			   struct jhead **v)
{
	struct jhead *jh;
	bool held = false;
	u32 n = 0;
	int err;

	mutex_lock(&j->lock);
	list_for_each_entry (jh, &t->cp, cp) {
		if (jh->running) {
			held = true;
			continue;
		}
		jh->writing = true;
		v[n++] = jh;
		if (n == CHECKPOINT_BATCH)
			break;
	}
	mutex_unlock(&j->lock);
	if (!n)
		return held;
	jhead_sort(v, n);
	err = checkpoint_write(j->fs, v, n);
	mutex_lock(&j->lock);
	for (u32 i = 0; i < n; i++) {
		v[i]->writing = false;
		if (err)
			continue;
		list_del(&v[i]->cp);
		v[i]->cp_trans = NULL;
		journal_detach_locked(v[i]);
	}
	waitqueue_wake_all(&j->wait);
	mutex_unlock(&j->lock);
	return err;
}

int journal_super_write(struct journal *j)
{
	struct jbd_super *s = journal_super(j);
	u32 flags = j->fs->opt.barrier ? BIO_FUA : 0;

	s->checksum = 0;
	if (j->csum)
		s->checksum = be32(ext4_crc32c(~0u, s, sizeof(*s)));
	return bdev_write(j->fs->bdev, j->super_block << j->fs->bbits, j->super,
			  j->fs->bsize, flags);
}

/* The log begins at its oldest transaction. */
static int journal_move_tail(struct journal *j, u32 freed)
{
	struct jbd_super *s = journal_super(j);
	int err = ext4_flush(j->fs);

	if (err)
		return err;
	j->tail = j->head;
	j->tail_tid = j->running->tid;
	if (!list_empty(&j->done)) {
		struct jtrans *t = list_first(&j->done, struct jtrans, node);

		j->tail = t->log_start;
		j->tail_tid = t->tid;
	}
	s->start = be32(j->tail);
	s->sequence = be32(j->tail_tid);
	err = journal_super_write(j);
	mutex_lock(&j->lock);
	if (!err)
		j->free += freed;
	mutex_unlock(&j->lock);
	return err;
}

int journal_checkpoint_locked(struct journal *j, u32 want)
{
	struct jhead **v = kmalloc(CHECKPOINT_BATCH * sizeof(*v));
	u32 freed = 0;
	int err = v ? 0 : -ENOMEM, r;

	if (!err && list_empty(&j->done))
		err = journal_commit_locked(j);
	while (!err && !list_empty(&j->done) && j->free + freed < want) {
		struct jtrans *t = list_first(&j->done, struct jtrans, node);

		while (!err && !list_empty(&t->cp)) {
			r = checkpoint_some(j, t, v);
			err = r < 0 ? r : r ? journal_commit_locked(j) : 0;
		}
		if (err)
			break;
		list_del(&t->node);
		freed += t->log_len;
		journal_trans_free(t);
	}
	kfree(v);
	if (err && err != -EROFS)
		ext4_error(j->fs, "checkpoint: %d", err);
	if (!err && freed)
		err = journal_move_tail(j, freed);
	return err;
}

int ext4_checkpoint_all(struct ext4_fs *fs)
{
	struct journal *j = fs->journal;
	int err;

	if (!j) {
		err = buffer_sync_all(fs->bc);
		return err ? err : ext4_flush(fs);
	}
	mutex_lock(&j->commit_lock);
	err = journal_commit_locked(j);
	if (!err)
		err = journal_checkpoint_locked(j, ~0u);
	mutex_unlock(&j->commit_lock);
	return err;
}

/* --- opening --- */

/* Where its blocks are, by the inode. */
static int journal_map(struct journal *j, struct inode *ino)
{
	struct ext4_fs *fs = j->fs;
	u64 blocks = ino->size >> fs->bbits;

	if (blocks < 16 || blocks > (4u << 20) / 8)
		return ext4_corrupt(fs, "a journal of %lu blocks",
				    (unsigned long)blocks);
	j->map = kmalloc(blocks * sizeof(*j->map));
	if (!j->map)
		return -ENOMEM;
	for (u64 i = 0; i < blocks;) {
		struct ext4_map m = { .block = (u32)i,
				      .len = (u32)(blocks - i) };
		int err = ext4_map_blocks(NULL, ino, &m, 0);

		if (!err && !m.phys)
			err = ext4_corrupt(fs, "a hole in the journal");
		if (err)
			return err;
		for (u32 k = 0; k < m.len; k++)
			j->map[i++] = m.phys + k;
	}
	j->maxlen = (u32)blocks;
	j->super_block = j->map[0];
	return 0;
}

static int journal_bad(struct journal *j, const char *why)
{
	printk(KERN_ERR "ext4 (%s): journal: %s\n", j->fs->bdev->name, why);
	return -EUCLEAN;
}

static int journal_parse(struct journal *j)
{
	struct jbd_super *s = journal_super(j);
	struct ext4_fs *fs = j->fs;
	u32 maxlen = be32(s->maxlen), incompat = be32(s->incompat), crc, had;

	if (s->h.magic != be32(JBD_MAGIC) || (s->h.type != be32(JBD_SUPER_V2) &&
					      s->h.type != be32(JBD_SUPER_V1)))
		return journal_bad(j, "no superblock");
	if (s->h.type == be32(JBD_SUPER_V1))
		incompat = 0;
	if (be32(s->blocksize) != fs->bsize || maxlen > j->maxlen ||
	    maxlen < 16 || be32(s->first) < 1 || be32(s->first) >= maxlen / 2)
		return journal_bad(j, "its superblock makes no sense");
	if ((incompat & JBD_INCOMPAT_CSUM2) && (incompat & JBD_INCOMPAT_CSUM3))
		return journal_bad(j, "two kinds of checksums");
	if (incompat &
	    ~(JBD_INCOMPAT_REVOKE | JBD_INCOMPAT_64BIT | JBD_INCOMPAT_CSUM2 |
	      JBD_INCOMPAT_CSUM3 | JBD_INCOMPAT_FC | JBD_INCOMPAT_ASYNC)) {
		journal_bad(j, "unknown features");
		return -EINVAL;
	}
	if (incompat & (JBD_INCOMPAT_CSUM2 | JBD_INCOMPAT_CSUM3)) {
		had = s->checksum;
		s->checksum = 0;
		crc = ext4_crc32c(~0u, s, sizeof(*s));
		s->checksum = had;
		if (had != be32(crc))
			return journal_bad(j, "bad checksum");
	}
	j->maxlen = maxlen;
	if (incompat & JBD_INCOMPAT_FC) {
		u32 fc = be32(s->num_fc_blocks) ? be32(s->num_fc_blocks) : 256;

		if (fc >= maxlen / 2)
			return journal_bad(j, "its superblock makes no sense");
		if (s->start) {
			journal_bad(j, "fast commits to be replayed: mount it "
				       "once elsewhere");
			return -EINVAL;
		}
		j->maxlen -= fc;
	}
	j->first = be32(s->first);
	if (be32(s->start) >= j->maxlen ||
	    (s->start && be32(s->start) < j->first))
		return journal_bad(j, "it begins outside of itself");
	j->seed = ext4_crc32c(~0u, s->uuid, 16);
	return 0;
}

/* The features with which we write. */
static void journal_features(struct journal *j)
{
	struct jbd_super *s = journal_super(j);
	u32 incompat;

	if (s->h.type == be32(JBD_SUPER_V2)) {
		incompat = be32(s->incompat) &
			   ~(JBD_INCOMPAT_CSUM2 | JBD_INCOMPAT_CSUM3 |
			     JBD_INCOMPAT_ASYNC | JBD_INCOMPAT_64BIT);
		incompat |= JBD_INCOMPAT_REVOKE;
		if (j->fs->is64)
			incompat |= JBD_INCOMPAT_64BIT;
		if (j->fs->csum)
			incompat |= JBD_INCOMPAT_CSUM3;
		s->incompat = be32(incompat);
		s->compat = be32(be32(s->compat) & ~1u);
		s->checksum_type = j->fs->csum ? 4 : 0;
		j->revokes = true;
	}
	j->is64 = j->fs->is64;
	j->csum = j->fs->csum && j->revokes;
	j->tag_bytes = j->csum ? 16 : j->is64 ? 12 : 8;
	j->tags_per_desc =
		(j->fs->bsize - 12 - 16 - (j->csum ? 4 : 0)) / j->tag_bytes;
	j->max_trans = (j->maxlen - j->first) / 4;
}

static void journal_free(struct journal *j)
{
	kfree(j->map);
	kfree(j->super);
	if (j->running)
		journal_trans_free(j->running);
	kfree(j);
}

static struct journal *journal_load(struct ext4_fs *fs)
{
	struct journal *j = kzalloc(sizeof(*j));
	struct inode *ino;
	int err;

	if (!j)
		return ERR_PTR(-ENOMEM);
	j->fs = fs;
	mutex_init(&j->lock);
	mutex_init(&j->commit_lock);
	waitqueue_init(&j->wait);
	list_init(&j->done);
	ino = ext4_iget(fs->sb, fs->es->journal_inum);
	err = IS_ERR(ino) ? (int)PTR_ERR(ino) : 0;
	if (!err && (!S_ISREG(ino->mode) || !ino->nlink))
		err = journal_bad(j, "its inode is no file");
	if (!err)
		err = journal_map(j, ino);
	if (!IS_ERR(ino))
		inode_put(ino);
	if (!err) {
		j->super = kmalloc(fs->bsize);
		err = j->super
			      ? bdev_read(fs->bdev, j->super_block << fs->bbits,
					  j->super, fs->bsize)
			      : -ENOMEM;
	}
	if (!err)
		err = journal_parse(j);
	if (!err)
		return j;
	journal_free(j);
	return ERR_PTR(err);
}

int ext4_journal_replay(struct ext4_fs *fs)
{
	struct journal *j = journal_load(fs);
	struct jbd_super *s;
	int err = 0;
	u32 next;

	if (IS_ERR(j))
		return (int)PTR_ERR(j);
	s = journal_super(j);
	if (s->start) {
		err = journal_recover(j, &next);
		if (!err)
			err = bdev_flush(fs->bdev);
		if (!err) {
			s->start = 0;
			s->sequence = be32(next);
			j->csum = be32(s->incompat) &
				  (JBD_INCOMPAT_CSUM2 | JBD_INCOMPAT_CSUM3);
			err = journal_super_write(j);
		}
	}
	journal_free(j);
	return err;
}

int ext4_journal_open(struct ext4_fs *fs)
{
	struct journal *j = journal_load(fs);
	struct jbd_super *s;
	int err;

	if (IS_ERR(j))
		return (int)PTR_ERR(j);
	s = journal_super(j);
	journal_features(j);
	j->running = journal_trans_new(be32(s->sequence) ?: 1);
	if (!j->running) {
		journal_free(j);
		return -ENOMEM;
	}
	j->committed = j->running->tid - 1;
	j->head = j->tail = j->first;
	j->tail_tid = j->running->tid;
	j->free = j->maxlen - j->first;
	s->start = be32(j->tail);
	s->sequence = be32(j->tail_tid);
	err = journal_super_write(j);
	if (err) {
		journal_free(j);
		return err;
	}
	fs->journal = j;
	return 0;
}

/* --- closing --- */

static void journal_drop_list(struct journal *j, struct list_head *l, bool cp)
{
	while (!list_empty(l)) {
		struct jhead *jh = cp ? list_first(l, struct jhead, cp)
				      : list_first(l, struct jhead, run);

		list_del(&jh->run);
		list_del(&jh->cp);
		kfree(jh->copy);
		jh->copy = NULL;
		jh->running = jh->writing = false;
		jh->cp_trans = NULL;
		journal_detach_locked(jh);
	}
}

/* Everything is in place, or given up. */
void ext4_journal_close(struct ext4_fs *fs)
{
	struct journal *j = fs->journal;
	struct jbd_super *s;

	if (!j)
		return;
	s = journal_super(j);
	if (!fs->aborted && list_empty(&j->done)) {
		s->start = 0;
		s->sequence = be32(j->running->tid);
		journal_super_write(j);
	}
	journal_drop_list(j, &j->running->bufs, false);
	if (j->failed) {
		journal_drop_list(j, &j->failed->bufs, false);
		journal_trans_free(j->failed);
	}
	while (!list_empty(&j->done)) {
		struct jtrans *t = list_first(&j->done, struct jtrans, node);

		journal_drop_list(j, &t->cp, true);
		list_del(&t->node);
		journal_trans_free(t);
	}
	fs->journal = NULL;
	journal_free(j);
}
