// SPDX-License-Identifier: GPL-2.0
/*
 * Replay: what a journal holds goes to its places.
 *
 * Three times along the log. First: how far do whole transactions reach? Each
 * must end in a commit block, with the right number and, where there are any,
 * right checksums; the first that does not is the end. Then: which blocks were
 * revoked, and by which transaction at last. Then the blocks are copied, except
 * where a revocation of the same or a later transaction stands.
 *
 * The log is read as it is; no step goes outside of it, none is made twice.
 */
#include "journal.h"

struct revoked {
	u64 block;
	u32 tid;
	bool used;
};

struct recovery {
	struct journal *j;
	u32 end_tid; /* the first that is not whole */
	u32 tag_bytes;
	bool csum, csum3, is64;
	u8 *buf, *data;
	struct revoked *rev; /* open hash */
	u32 rev_size, rev_used;
	u32 replayed, bad;
};

static bool tid_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static int rec_read(struct recovery *r, u32 at, u8 *to)
{
	struct ext4_fs *fs = r->j->fs;

	return bdev_read(fs->bdev, r->j->map[at] << fs->bbits, to, fs->bsize);
}

static bool rec_tail_ok(struct recovery *r)
{
	u32 bs = r->j->fs->bsize, *tail = (u32 *)(r->buf + bs - 4), had = *tail;
	bool ok;

	if (!r->csum)
		return true;
	*tail = 0;
	ok = had == be32(ext4_crc32c(r->j->seed, r->buf, bs));
	*tail = had;
	return ok;
}

static bool rec_commit_ok(struct recovery *r)
{
	struct jbd_commit *c = (void *)r->buf;
	u32 had = c->chksum[0];
	bool ok;

	if (!r->csum)
		return true;
	c->chksum[0] = 0;
	ok = had == be32(ext4_crc32c(r->j->seed, r->buf, r->j->fs->bsize));
	c->chksum[0] = had;
	return ok;
}

struct rec_tag {
	u64 block;
	u32 flags, crc;
};

/* The tag at *at of the descriptor in r->buf. => false: there is none */
static bool rec_tag(struct recovery *r, u32 *at, struct rec_tag *t)
{
	u32 end = r->j->fs->bsize - (r->csum ? 4 : 0);
	const u8 *p = r->buf + *at;
	const u32 *w = (const u32 *)p;

	if (*at + r->tag_bytes > end)
		return false;
	t->block = be32(w[0]);
	if (r->csum3) {
		t->flags = be32(w[1]);
		t->crc = be32(w[3]);
		if (r->is64)
			t->block |= (u64)be32(w[2]) << 32;
	} else {
		t->flags = be16(((const u16 *)p)[3]);
		t->crc = be16(((const u16 *)p)[2]);
		if (r->is64)
			t->block |= (u64)be32(w[2]) << 32;
	}
	*at += r->tag_bytes + (t->flags & JBD_TAG_SAME_UUID ? 0 : 16);
	return true;
}

/* --- revocations --- */

static struct revoked *rec_revoked(struct recovery *r, u64 block)
{
	u32 i = (u32)((block * 0x9e3779b97f4a7c15ull) >> 32);

	for (;; i++) {
		struct revoked *e = &r->rev[i & (r->rev_size - 1)];

		if (!e->used || e->block == block)
			return e;
	}
}

static int rec_revoke(struct recovery *r, u64 block, u32 tid)
{
	struct revoked *e, *old = r->rev;
	u32 n = r->rev_size;

	if (r->rev_used * 2 >= r->rev_size) {
		r->rev = kzalloc(n * 2 * sizeof(*r->rev));
		if (!r->rev) {
			r->rev = old;
			return -ENOMEM;
		}
		r->rev_size = n * 2;
		for (u32 i = 0; i < n; i++)
			if (old[i].used)
				*rec_revoked(r, old[i].block) = old[i];
		kfree(old);
	}
	e = rec_revoked(r, block);
	if (!e->used)
		r->rev_used++;
	else if (tid_before(tid, e->tid))
		tid = e->tid;
	*e = (struct revoked){ block, tid, true };
	return 0;
}

static int rec_revoke_block(struct recovery *r, u32 tid)
{
	u32 n = be32(*(u32 *)(r->buf + 12)), size = r->is64 ? 8 : 4;
	int err = 0;

	if (!rec_tail_ok(r)) {
		r->bad++;
		return 0;
	}
	n = min(n, r->j->fs->bsize - (r->csum ? 4 : 0));
	for (u32 at = 16; at + size <= n && !err; at += size)
		err = rec_revoke(r,
				 size == 8 ? be64(*(u64 *)(r->buf + at))
					   : be32(*(u32 *)(r->buf + at)),
				 tid);
	return err;
}

/* --- one way along the log --- */

enum rec_pass { REC_SCAN, REC_REVOKE, REC_REPLAY };

static int rec_replay_one(struct recovery *r, const struct rec_tag *t, u32 at,
			  u32 tid)
{
	struct ext4_fs *fs = r->j->fs;
	struct revoked *e = rec_revoked(r, t->block);
	u32 seq = be32(tid), crc;
	int err;

	if (e->used && !tid_before(e->tid, tid))
		return 0;
	if (t->block >= fs->blocks) {
		r->bad++;
		return 0;
	}
	err = rec_read(r, at, r->data);
	if (err)
		return err;
	if (r->csum) {
		crc = ext4_crc32c(r->j->seed, &seq, 4);
		crc = ext4_crc32c(crc, r->data, fs->bsize);
		if (t->crc != (r->csum3 ? crc : crc & 0xffff)) {
			r->bad++;
			return 0;
		}
	}
	if (t->flags & JBD_TAG_ESCAPE)
		*(u32 *)r->data = be32(JBD_MAGIC);
	r->replayed++;
	return bdev_write(fs->bdev, t->block << fs->bbits, r->data, fs->bsize,
			  0);
}

/* The blocks of the descriptor in r->buf. => how many, or -errno */
static s64 rec_descriptor(struct recovery *r, enum rec_pass pass, u32 at,
			  u32 tid)
{
	struct rec_tag t;
	u32 off = 12;
	s64 n = 0;
	int err;

	while (rec_tag(r, &off, &t)) {
		at = journal_next(r->j, at, 1);
		n++;
		if (pass == REC_REPLAY) {
			err = rec_replay_one(r, &t, at, tid);
			if (err)
				return err;
		}
		if (t.flags & JBD_TAG_LAST)
			break;
	}
	return n;
}

static int rec_pass(struct recovery *r, enum rec_pass pass)
{
	struct jbd_super *s = journal_super(r->j);
	u32 at = be32(s->start), tid = be32(s->sequence);
	u32 left = r->j->maxlen - r->j->first;
	struct jbd_header *h = (void *)r->buf;
	int err = 0;
	s64 n;

	while (left && !err) {
		u32 type;

		if (pass != REC_SCAN && !tid_before(tid, r->end_tid))
			break;
		err = rec_read(r, at, r->buf);
		if (err)
			break;
		if (h->magic != be32(JBD_MAGIC) || h->seq != be32(tid))
			break;
		type = be32(h->type);
		n = 0;
		if (type == JBD_DESCRIPTOR) {
			if (!rec_tail_ok(r))
				break;
			n = rec_descriptor(r, pass, at, tid);
			if (n < 0)
				return (int)n;
			if (n + 1 > left)
				break;
		} else if (type == JBD_COMMIT) {
			if (!rec_commit_ok(r))
				break;
			tid++;
		} else if (type == JBD_REVOKE) {
			if (pass == REC_REVOKE)
				err = rec_revoke_block(r, tid);
		} else {
			break;
		}
		at = journal_next(r->j, at, (u32)n + 1);
		left -= (u32)n + 1;
	}
	if (pass == REC_SCAN)
		r->end_tid = tid;
	return err;
}

int journal_recover(struct journal *j, u32 *next)
{
	struct jbd_super *s = journal_super(j);
	u32 incompat = s->h.type == be32(JBD_SUPER_V2) ? be32(s->incompat) : 0;
	struct recovery r = { .j = j, .rev_size = 256 };
	int err = -ENOMEM;

	r.csum3 = incompat & JBD_INCOMPAT_CSUM3;
	r.csum = incompat & (JBD_INCOMPAT_CSUM2 | JBD_INCOMPAT_CSUM3);
	r.is64 = incompat & JBD_INCOMPAT_64BIT;
	r.tag_bytes = r.csum3 ? 16 : r.is64 ? 12 : 8;
	if (r.csum && !r.csum3)
		r.tag_bytes += 2;
	r.buf = kmalloc(j->fs->bsize);
	r.data = kmalloc(j->fs->bsize);
	r.rev = kzalloc(r.rev_size * sizeof(*r.rev));
	if (r.buf && r.data && r.rev) {
		err = rec_pass(&r, REC_SCAN);
		if (!err)
			err = rec_pass(&r, REC_REVOKE);
		if (!err)
			err = rec_pass(&r, REC_REPLAY);
	}
	*next = r.end_tid + 1;
	if (!err)
		printk(KERN_INFO
		       "ext4 (%s): replayed %u blocks of the journal, "
		       "transactions %u to %u\n",
		       j->fs->bdev->name, r.replayed, be32(s->sequence),
		       r.end_tid - 1);
	if (!err && r.bad) {
		printk(KERN_ERR "ext4 (%s): %u blocks in the journal are bad\n",
		       j->fs->bdev->name, r.bad);
		err = -EUCLEAN;
	}
	kfree(r.buf);
	kfree(r.data);
	kfree(r.rev);
	return err;
}
