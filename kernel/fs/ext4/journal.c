// SPDX-License-Identifier: GPL-2.0
/*
 * The journal: transactions, and their way into the log, in the format of jbd2.
 *
 * All handles that are open at a time belong to the running transaction, which
 * is a list of buffers (jhead) that they have touched. A commit closes the
 * door, waits until the last handle has ended, takes a copy of each buffer,
 * opens the door again for the next transaction, and then writes the copies to
 * the log, flushes, and writes the commit block. Only now a buffer may go to
 * its place, which checkpoint.c does when room in the log is wanted. A buffer
 * belongs to the newest transaction that committed it.
 *
 * Whoever wants a commit makes it himself, one at a time under commit_lock; the
 * file system's thread does every few seconds.
 *
 * A metadata block that is freed is revoked: replay must not bring back what
 * its next owner has overwritten. It stays in memory until the commit, for a
 * checkpoint of what came before may need it, and is then forgotten.
 *
 * Data: see ext4.h. It was written before the handle ended that points to it,
 * so the flush before the commit block covers it.
 *
 * Without a journal (ext2) a handle is nothing, and touching a buffer makes it
 * dirty.
 */
#include "journal.h"

/* --- small things --- */

struct jtrans *journal_trans_new(u32 tid)
{
	struct jtrans *t = kzalloc(sizeof(*t));

	if (t) {
		t->tid = tid;
		list_init(&t->node);
		list_init(&t->bufs);
		list_init(&t->cp);
	}
	return t;
}

void journal_trans_free(struct jtrans *t)
{
	kfree(t->revoke);
	kfree(t);
}

/* Caller holds j->lock. Nothing wants the buffer's head any more? */
void journal_detach_locked(struct jhead *jh)
{
	struct buffer *b = jh->buf;

	if (jh->running || jh->cp_trans || jh->copy || jh->writing ||
	    !list_empty(&jh->run))
		return;
	b->journal = NULL;
	kfree(jh);
	buffer_put(b);
}

u32 ext4_handle_max(const struct ext4_fs *fs)
{
	return fs->journal ? fs->journal->max_trans / 2 : 4096;
}

u32 ext4_running_tid(struct ext4_fs *fs)
{
	return fs->journal ? READ_ONCE(fs->journal->running)->tid : 0;
}

/* How much of the log so many buffers take. */
static u32 journal_log_blocks(const struct journal *j, u32 bufs, u32 revokes)
{
	u32 per = (j->fs->bsize - 24) / 8;

	return bufs + bufs / j->tags_per_desc + 2 + revokes / per + 2;
}

/* --- handles --- */

/* The door is open and there is room. Caller holds j->lock. */
static bool journal_fits(const struct journal *j, u32 credits)
{
	u32 n = j->running->nbufs + j->reserved + credits;

	return n <= j->max_trans || !j->running->nbufs;
}

static bool journal_has_room(const struct journal *j, u32 credits)
{
	u32 n = j->running->nbufs + j->reserved + credits;

	return journal_log_blocks(j, n, j->running->nrevoke + 64) < j->free;
}

static int journal_begin(struct journal *j, struct ext4_handle *h)
{
	u32 tries = 0;
	int err;

	for (;;) {
		bool room;

		mutex_lock(&j->lock);
		if (j->closing) {
			mutex_unlock(&j->lock);
			wait_event(&j->wait, !READ_ONCE(j->closing),
				   "ext4_begin");
			continue;
		}
		if (j->fs->aborted) {
			mutex_unlock(&j->lock);
			return -EROFS;
		}
		room = journal_has_room(j, h->credits);
		if (room && journal_fits(j, h->credits))
			break;
		mutex_unlock(&j->lock);
		mutex_lock(&j->commit_lock);
		err = room ? journal_commit_locked(j)
			   : journal_checkpoint_locked(j, j->maxlen / 2);
		mutex_unlock(&j->commit_lock);
		if (!err && ++tries > 1000)
			err = -ENOSPC;
		if (err)
			return err;
	}
	j->updates++;
	j->reserved += h->credits;
	h->tid = j->running->tid;
	mutex_unlock(&j->lock);
	return 0;
}

int ext4_begin(struct ext4_fs *fs, struct ext4_handle *h, u32 credits)
{
	*h = (struct ext4_handle){ .fs = fs, .credits = credits };
	if (ext4_readonly(fs))
		return -EROFS;
	return fs->journal ? journal_begin(fs->journal, h) : 0;
}

bool ext4_extend(struct ext4_handle *h, u32 credits)
{
	struct journal *j = h->fs->journal;
	bool ok = true;

	if (j) {
		mutex_lock(&j->lock);
		ok = !j->closing && journal_fits(j, credits) &&
		     journal_has_room(j, credits);
		if (ok)
			j->reserved += credits;
		mutex_unlock(&j->lock);
	}
	if (ok)
		h->credits += credits;
	return ok;
}

int ext4_end(struct ext4_handle *h)
{
	struct journal *j = h->fs->journal;

	if (!j)
		return 0;
	mutex_lock(&j->lock);
	j->reserved -= h->credits;
	if (!--j->updates)
		waitqueue_wake_all(&j->wait);
	mutex_unlock(&j->lock);
	return h->fs->aborted ? -EROFS : 0;
}

/* Caller holds j->lock. */
static struct jhead *journal_head_locked(struct journal *j, struct buffer *b)
{
	struct jhead *jh = b->journal;

	if (jh)
		return jh;
	jh = kzalloc(sizeof(*jh));
	if (!jh)
		return NULL;
	jh->buf = b;
	list_init(&jh->run);
	list_init(&jh->cp);
	buffer_ref(b);
	b->journal = jh;
	return jh;
}

static void journal_add_locked(struct journal *j, struct jhead *jh)
{
	if (jh->running)
		return;
	jh->running = true;
	/* else it is in the list of the one that is being committed, which
	   passes it on */
	if (list_empty(&jh->run))
		list_add_tail(&jh->run, &j->running->bufs);
	j->running->nbufs++;
}

int ext4_touch(struct ext4_handle *h, struct buffer *b)
{
	struct journal *j = h->fs->journal;
	struct jhead *jh = READ_ONCE(b->journal);

	if (!j) {
		buffer_mark_dirty(b);
		return 0;
	}
	/* while a handle is open the running one stays the running one */
	if (jh && jh->running && !jh->freed)
		return 0;
	mutex_lock(&j->lock);
	for (;;) {
		jh = journal_head_locked(j, b);
		if (!jh) {
			mutex_unlock(&j->lock);
			return -ENOMEM;
		}
		if (!jh->writing)
			break;
		mutex_unlock(&j->lock);
		wait_event(&j->wait, !READ_ONCE(jh->writing), "ext4_touch");
		mutex_lock(&j->lock);
	}
	journal_add_locked(j, jh);
	if (jh->freed) { /* not after all */
		struct jtrans *t = j->running;

		jh->freed = false;
		for (u32 i = 0; i < t->nrevoke; i++)
			if (t->revoke[i] == b->block)
				t->revoke[i--] = t->revoke[--t->nrevoke];
	}
	mutex_unlock(&j->lock);
	h->used++;
	return 0;
}

static int journal_revoke_locked(struct journal *j, u64 block)
{
	struct jtrans *t = j->running;

	if (t->nrevoke == t->revoke_room) {
		u32 room = t->revoke_room ? t->revoke_room * 2 : 64;
		u64 *r = krealloc(t->revoke, room * sizeof(*r));

		if (!r)
			return -ENOMEM;
		t->revoke = r;
		t->revoke_room = room;
	}
	t->revoke[t->nrevoke++] = block;
	return 0;
}

void ext4_forget(struct ext4_handle *h, u64 block)
{
	struct ext4_fs *fs = h->fs;
	struct journal *j = fs->journal;
	struct buffer *b;
	struct jhead *jh;
	int err = 0;

	if (!j) {
		buffer_forget(fs->bc, block);
		return;
	}
	b = buffer_get(fs->bc, block);
	if (IS_ERR(b)) {
		ext4_error(fs, "no memory to forget a block");
		return;
	}
	mutex_lock(&j->lock);
	jh = b->journal;
	if (jh) {
		if (!jh->running)
			h->used++;
		journal_add_locked(j, jh);
		jh->freed = true;
	}
	if (j->revokes)
		err = journal_revoke_locked(j, block);
	mutex_unlock(&j->lock);
	buffer_put(b);
	if (!jh)
		buffer_forget(fs->bc, block);
	if (err)
		ext4_error(fs, "no memory to revoke a block");
}

/* --- the log --- */

/* Blocks of the log, gathered while they are neighbours on the disk. */
struct log_io {
	struct journal *j;
	u32 at; /* next block of the log */
	u32 n;
	u64 pos;
	struct bio_vec vec[BIO_MAX_VECS];
};

static int log_flush(struct log_io *io)
{
	struct bio bio = { .op = BIO_WRITE, .vecs = io->vec, .nr_vecs = io->n };

	if (!io->n)
		return 0;
	bio.pos = io->pos;
	bio.len = (u64)io->n * io->j->fs->bsize;
	io->n = 0;
	return bio_submit_wait(&bio, io->j->fs->bdev);
}

static int log_put(struct log_io *io, void *data)
{
	struct ext4_fs *fs = io->j->fs;
	u64 pos = io->j->map[io->at] << fs->bbits;
	int err = 0;

	if (io->n == BIO_MAX_VECS ||
	    (io->n && pos != io->pos + (u64)io->n * fs->bsize))
		err = log_flush(io);
	if (!io->n)
		io->pos = pos;
	io->vec[io->n].base = data;
	io->vec[io->n++].len = fs->bsize;
	io->at = journal_next(io->j, io->at, 1);
	return err;
}

static void log_header(struct journal *j, u8 *p, u32 type, u32 tid)
{
	struct jbd_header *h = (void *)p;

	memset(p, 0, j->fs->bsize);
	h->magic = be32(JBD_MAGIC);
	h->type = be32(type);
	h->seq = be32(tid);
}

/* Descriptors and revoke blocks end in a checksum. */
static void log_tail(struct journal *j, u8 *p)
{
	u32 *tail = (u32 *)(p + j->fs->bsize - 4);

	if (!j->csum)
		return;
	*tail = 0;
	*tail = be32(ext4_crc32c(j->seed, p, j->fs->bsize));
}

static void log_tag(struct journal *j, u8 *tag, const struct jhead *jh,
		    const u8 *data, u32 tid, u32 flags)
{
	u64 block = jh->buf->block;
	u32 *t32 = (u32 *)tag, seq = be32(tid), crc;

	t32[0] = be32((u32)block);
	if (j->csum) { /* version 3 */
		crc = ext4_crc32c(j->seed, &seq, 4);
		crc = ext4_crc32c(crc, data, j->fs->bsize);
		t32[1] = be32(flags);
		t32[2] = be32((u32)(block >> 32));
		t32[3] = be32(crc);
		return;
	}
	((u16 *)tag)[2] = 0;
	((u16 *)tag)[3] = be16((u16)flags);
	if (j->is64)
		t32[2] = be32((u32)(block >> 32));
}

static int log_revokes(struct log_io *io, struct jtrans *t, u8 **pages,
		       u32 *npages)
{
	struct journal *j = io->j;
	u32 size = j->is64 ? 8 : 4;
	u32 per = (j->fs->bsize - 16 - 4) / size;
	int err = 0;

	for (u32 i = 0; i < t->nrevoke && !err;) {
		u32 n = min(per, t->nrevoke - i);
		u8 *p = kmalloc(j->fs->bsize);

		if (!p)
			return -ENOMEM;
		pages[(*npages)++] = p;
		log_header(j, p, JBD_REVOKE, t->tid);
		*(u32 *)(p + 12) = be32(16 + n * size);
		for (u32 k = 0; k < n; k++, i++) {
			if (j->is64)
				((u64 *)(p + 16))[k] = be64(t->revoke[i]);
			else
				((u32 *)(p + 16))[k] = be32((u32)t->revoke[i]);
		}
		log_tail(j, p);
		err = log_put(io, p);
	}
	return err;
}

static int log_descriptor(struct log_io *io, struct jtrans *t, struct jhead **v,
			  u32 n, u8 *p)
{
	struct journal *j = io->j;
	u8 *tag = p + 12;
	int err;

	log_header(j, p, JBD_DESCRIPTOR, t->tid);
	for (u32 i = 0; i < n; i++) {
		u8 *data = v[i]->copy;
		u32 flags = i ? JBD_TAG_SAME_UUID : 0;

		if (*(u32 *)data == be32(JBD_MAGIC)) {
			*(u32 *)data = 0;
			flags |= JBD_TAG_ESCAPE;
		}
		if (i == n - 1)
			flags |= JBD_TAG_LAST;
		log_tag(j, tag, v[i], data, t->tid, flags);
		tag += j->tag_bytes;
		if (!i) {
			memcpy(tag, journal_super(j)->uuid, 16);
			tag += 16;
		}
	}
	log_tail(j, p);
	err = log_put(io, p);
	for (u32 i = 0; i < n && !err; i++)
		err = log_put(io, v[i]->copy);
	return err;
}

static int log_commit_block(struct journal *j, u32 at, u32 tid, u8 *p)
{
	struct jbd_commit *c = (void *)p;
	struct timespec_k now = inode_now();
	struct ext4_fs *fs = j->fs;
	u32 flags = 0;
	int err;

	log_header(j, p, JBD_COMMIT, tid);
	c->sec = be64((u64)now.sec);
	c->nsec = be32((u32)now.nsec);
	if (j->csum)
		c->chksum[0] = be32(ext4_crc32c(j->seed, p, fs->bsize));
	if (fs->opt.barrier)
		flags = BIO_FUA;
	err = bdev_write(fs->bdev, j->map[at] << fs->bbits, p, fs->bsize,
			 flags);
	return err;
}

/* Write a closed transaction. v: its n buffers with copies */
static int log_write(struct journal *j, struct jtrans *t, struct jhead **v,
		     u32 n)
{
	u32 max = t->nrevoke / 60 + n / j->tags_per_desc + 4, np = 0;
	struct log_io *io = kzalloc(sizeof(*io));
	u8 **pages = kcalloc(max, sizeof(*pages));
	int err = -ENOMEM;

	if (!io || !pages)
		goto out;
	io->j = j;
	io->at = t->log_start = j->head;
	err = log_revokes(io, t, pages, &np);
	for (u32 i = 0; i < n && !err; i += j->tags_per_desc) {
		u8 *p = kmalloc(j->fs->bsize);

		if (!p) {
			err = -ENOMEM;
			break;
		}
		pages[np++] = p;
		err = log_descriptor(io, t, v + i, min(n - i, j->tags_per_desc),
				     p);
	}
	if (!err)
		err = log_flush(io);
	if (!err)
		err = ext4_flush(j->fs);
	if (!err && !np)
		pages[np++] = kmalloc(j->fs->bsize);
	if (!err)
		err = pages[0] ? log_commit_block(j, io->at, t->tid, pages[0])
			       : -ENOMEM;
	t->log_len = (io->at >= j->head
			      ? io->at - j->head
			      : io->at + j->maxlen - j->first - j->head) +
		     1;
	if (!err)
		j->head = journal_next(j, io->at, 1);
out:
	for (u32 i = 0; i < np; i++)
		kfree(pages[i]);
	kfree(pages);
	kfree(io);
	return err;
}

/* --- commit --- */

/* The superblock's counts go along with whatever has changed them. */
static void journal_store_counts(struct ext4_fs *fs)
{
	struct ext4_handle h = { .fs = fs };
	struct ext4_dsuper *es = fs->es;

	if (es->free_blocks_lo == (u32)fs->free_blocks &&
	    es->free_inodes == fs->free_inodes)
		return;
	if (ext4_touch(&h, fs->sb_buf))
		return;
	es->free_blocks_lo = (u32)fs->free_blocks;
	if (fs->is64)
		es->free_blocks_hi = (u32)(fs->free_blocks >> 32);
	es->free_inodes = fs->free_inodes;
	ext4_super_csum(fs);
}

/* Close the door, wait for handles, take copies. => how many, or -errno */
static s64 journal_close_running(struct journal *j, struct jhead ***out)
{
	struct jtrans *t = j->running;
	struct jtrans *next = journal_trans_new(t->tid + 1);
	struct jhead **v = NULL, *jh;
	u32 n = 0;
	s64 ret = -ENOMEM;

	mutex_lock(&j->lock);
	j->closing = true;
	while (j->updates) {
		mutex_unlock(&j->lock);
		wait_event(&j->wait, !READ_ONCE(j->updates), "ext4_commit");
		mutex_lock(&j->lock);
	}
	mutex_unlock(&j->lock);
	journal_store_counts(j->fs);
	mutex_lock(&j->lock);
	if (next)
		v = kcalloc(t->nbufs + 1, sizeof(*v));
	if (!v)
		goto out;
	list_for_each_entry (jh, &t->bufs, run) {
		if (jh->freed)
			continue;
		jh->copy = kmalloc(j->fs->bsize);
		if (!jh->copy) {
			while (n--) {
				kfree(v[n]->copy);
				v[n]->copy = NULL;
			}
			goto out;
		}
		memcpy(jh->copy, jh->buf->data, j->fs->bsize);
		v[n++] = jh;
	}
	list_for_each_entry (jh, &t->bufs, run) {
		jh->running = false;
		jh->leaving = jh->freed;
		jh->freed = false;
	}
	ext4_close_held(j->fs);
	WRITE_ONCE(j->running, next);
	next = NULL;
	ret = n;
out:
	j->closing = false;
	waitqueue_wake_all(&j->wait);
	mutex_unlock(&j->lock);
	if (next)
		journal_trans_free(next);
	if (ret < 0)
		kfree(v);
	else
		*out = v;
	return ret;
}

/* It is on the disk. */
static void journal_committed(struct journal *j, struct jtrans *t)
{
	struct jhead *jh, *n;

	mutex_lock(&j->lock);
	list_for_each_entry_safe (jh, n, &t->bufs, run) {
		list_del(&jh->run);
		kfree(jh->copy);
		jh->copy = NULL;
		list_del(&jh->cp);
		jh->cp_trans = NULL;
		if (jh->leaving) {
			jh->leaving = false;
			buffer_forget(j->fs->bc, jh->buf->block);
		} else {
			list_add_tail(&jh->cp, &t->cp);
			jh->cp_trans = t;
		}
		if (jh->running)
			list_add_tail(&jh->run, &j->running->bufs);
		else
			journal_detach_locked(jh);
	}
	list_add_tail(&t->node, &j->done);
	j->free -= t->log_len;
	j->committed = t->tid;
	mutex_unlock(&j->lock);
}

int journal_commit_locked(struct journal *j)
{
	struct jtrans *t = j->running;
	struct jhead **v = NULL;
	s64 n;
	int err;

	if (!READ_ONCE(t->nbufs) && !t->nrevoke)
		return 0;
	if (j->fs->aborted)
		return -EROFS;
	n = journal_close_running(j, &v);
	if (n < 0)
		return (int)n;
	err = log_write(j, t, v, (u32)n);
	kfree(v);
	if (err) {
		j->failed = t;
		ext4_error(j->fs, "the journal cannot be written: %d", err);
	} else {
		journal_committed(j, t);
	}
	if (!err)
		ext4_release_held(j->fs);
	return err;
}

int ext4_commit(struct ext4_fs *fs, u32 tid)
{
	struct journal *j = fs->journal;
	int err = 0;

	if (!j) {
		err = buffer_sync_all(fs->bc);
		return err ? err : ext4_flush(fs);
	}
	mutex_lock(&j->commit_lock);
	if (!tid || (s32)(tid - j->committed) > 0)
		err = journal_commit_locked(j);
	mutex_unlock(&j->commit_lock);
	return err;
}
