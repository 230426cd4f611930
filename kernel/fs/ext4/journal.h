/* SPDX-License-Identifier: GPL-2.0 */
/* The journal, for journal.c, checkpoint.c and recover.c. Told in journal.c. */
#ifndef FS_EXT4_JOURNAL_H
#define FS_EXT4_JOURNAL_H

#include "ext4.h"

#define be32(x) __builtin_bswap32(x)
#define be16(x) __builtin_bswap16(x)
#define be64(x) __builtin_bswap64(x)

struct jtrans {
	u32 tid;
	struct list_head node; /* journal->done */
	struct list_head bufs; /* running, committing: jhead.run */
	u32 nbufs;
	u64 *revoke;
	u32 nrevoke, revoke_room;
	/* committed: */
	struct list_head cp; /* jhead.cp: not in place yet */
	u32 log_start, log_len;
};

/* buffer->journal, which holds a reference on the buffer */
struct jhead {
	struct buffer *buf;
	struct list_head run, cp;
	struct jtrans *cp_trans;
	bool running; /* in the running transaction: it may be changed */
	bool freed;   /* by that transaction */
	bool leaving; /* freed by the one that is being committed */
	bool writing; /* keep hands off the data */
	u8 *copy;     /* what the log gets */
};

struct journal {
	struct ext4_fs *fs;
	/* fixed */
	u32 maxlen, first; /* blocks [first, maxlen) are the log */
	u64 *map;	   /* of the log's blocks */
	u32 seed;
	bool csum, is64, revokes;
	u32 tag_bytes, tags_per_desc, max_trans;
	struct mutex lock;
	struct waitqueue wait;
	/* under lock */
	u32 updates, reserved; /* open handles, and what they may touch */
	bool closing;
	struct jtrans *running;
	struct jtrans *failed; /* its commit went wrong */
	u32 free;	       /* blocks of the log */
	/* under commit_lock, which is outside of lock */
	struct mutex commit_lock;
	struct list_head done; /* committed, oldest first */
	u32 head, tail, tail_tid;
	u32 committed; /* tid */
	u8 *super;     /* its block */
	u64 super_block;
};

static inline struct jbd_super *journal_super(struct journal *j)
{
	return (struct jbd_super *)j->super;
}
static inline u32 journal_next(const struct journal *j, u32 at, u32 n)
{
	at += n;
	return at >= j->maxlen ? at - (j->maxlen - j->first) : at;
}
int journal_commit_locked(struct journal *j);
int journal_checkpoint_locked(struct journal *j, u32 want);
/* recover.c; *next: the number that the next transaction gets */
int journal_recover(struct journal *j, u32 *next);
int journal_super_write(struct journal *j);
struct jtrans *journal_trans_new(u32 tid);
void journal_trans_free(struct jtrans *t);
void journal_detach_locked(struct jhead *jh);

#endif
