// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs, front end: what is in directories.
 *
 * A directory is read in chunks, as the host's getdents gives them; positions
 * are the host's. The chunks are kept as a listing, which everybody who reads
 * the directory shares until its word of names changes: whoever comes to the
 * end of what has been read fetches more. A listing outlives its validity as
 * long as somebody stands in the middle of it.
 *
 * A chunk brings along the attributes of the directories in it, which become
 * dentries and inodes: whoever walks a tree asks for them next. That of all
 * entries are fetched as soon as names are looked up along a listing (ls -l,
 * tar), for this directory and for those read in the next moment. When several
 * directories have been read soon after those that they are in, somebody walks
 * a tree, and a chunk brings along what is in the directories below it, too.
 *
 * Listings and all fields of struct hostfs_inode that go with them are under
 * the directory's inode->lock.
 */
#include <kernel/types.h>
#include <abi/dirent.h>
#include <abi/errno.h>
#include <kernel/ring.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include "hostfs_inode.h"

#define HOSTFS_DIR_BUF	 131072u
#define HOSTFS_LIST_MAX	 (2u << 20)  /* one listing */
#define HOSTFS_LISTS_MAX (16u << 20) /* all that inodes keep */
#define HOSTFS_RUN_STEP	 16u	     /* entries skipped that still make a run */
#define HOSTFS_ALL_TIME	 (100 * NSEC_PER_MSEC)

#define HOSTFS_DIR_KEPT	 512u
#define HOSTFS_WALK_RUN	 3u /* so many directories make a walk */

/* Answers come here, one at a time; the second caller has memory of its own. */
struct hostfs_dirbuf {
	struct dentry *dir[HOSTFS_DIR_KEPT]; /* entered from it; references */
	u32 ndirs;
	char buf[HOSTFS_DIR_BUF] __aligned(8);
};
static struct hostfs_dirbuf hostfs_dir_buf __big_bss;
static struct mutex hostfs_dir_lock = MUTEX_INIT(hostfs_dir_lock);
static u64 hostfs_lists_bytes; /* atomic */
/* hints: */
static u64 hostfs_all_since;  /* somebody wanted all attributes */
static u64 hostfs_walk_since; /* a directory was read soon after its parent */
static u32 hostfs_walk_run;   /* how many in a row */

/* --- listings --- */

static struct hostfs_listing *hostfs_listing_new(u64 start)
{
	struct hostfs_listing *l = kzalloc(sizeof(*l));

	if (l) {
		ref_init(&l->refs, 1);
		l->start = l->end = start;
	}
	return l;
}

static void hostfs_listing_put(struct hostfs_listing *l)
{
	if (!l || !ref_put(&l->refs))
		return;
	kfree(l->buf);
	kfree(l);
}

void hostfs_listing_drop(struct hostfs_inode *hi)
{
	struct hostfs_listing *l = hi->listing;

	if (!l)
		return;
	hi->listing = NULL;
	hi->hint = hi->run = 0;
	atomic_sub(&hostfs_lists_bytes, (u64)l->size);
	hostfs_listing_put(l);
}

static bool hostfs_listing_valid(const struct hostfs_inode *hi)
{
	return hi->listing && hostfs_same(hi->handle, HOSTFS_WORD_NAMES,
					  hi->listing->seen, time_mono_ns());
}

/* => the entry at offset at, which is followed by offset *next; NULL: none */
static const struct linux_dirent64 *hostfs_entry(const char *buf, u32 len,
						 u32 at, u32 *next)
{
	const struct linux_dirent64 *e = (const void *)(buf + at);

	if (at > len || len - at < sizeof(*e) || e->d_reclen < sizeof(*e) ||
	    e->d_reclen > len - at)
		return NULL;
	*next = at + e->d_reclen;
	return e;
}

static int hostfs_listing_append(struct hostfs_inode *hi,
				 struct hostfs_listing *l, const char *ents,
				 u32 len)
{
	u32 size = max_t(u32, l->len + len, min_t(u32, l->size * 2, 1u << 20));
	const struct linux_dirent64 *e;
	u32 at = 0;
	char *buf;

	if (l->len + len > l->size) {
		buf = kmalloc(size);
		if (!buf)
			return -ENOMEM;
		if (l->len)
			memcpy(buf, l->buf, l->len);
		kfree(l->buf);
		if (hi->listing == l)
			atomic_add(&hostfs_lists_bytes, (u64)(size - l->size));
		l->buf = buf;
		l->size = size;
	}
	memcpy(l->buf + l->len, ents, len);
	l->len += len;
	while ((e = hostfs_entry(ents, len, at, &at)))
		l->end = (u64)e->d_off;
	return 0;
}

/* Offset of the entry that has this position. => l->len: the end; -1: none */
static s64 hostfs_listing_seek(const struct hostfs_listing *l, u64 pos)
{
	const struct linux_dirent64 *e;
	u32 at = 0;

	if (pos == l->start)
		return 0;
	while ((e = hostfs_entry(l->buf, l->len, at, &at)))
		if ((u64)e->d_off == pos)
			return at;
	return -1;
}

/* --- attributes that come along --- */

/* => its dentry, with a reference, or NULL. self: one that is being looked up */
static struct dentry *hostfs_enter_one(struct dentry *dir, const char *name,
				       const struct hostfs_attr *a,
				       const char *link, struct dentry *self)
{
	u32 len = (u32)strlen(name);
	struct inode *ino = hostfs_iget(dir->sb, a, link);
	u64 watch, stamp;
	struct dentry *d;

	if (!ino)
		return NULL;
	watch = hostfs_place_watch(dir->inode, a);
	stamp = hostfs_place_stamp(ino);
	if (self && self->len == len && !memcmp(self->name, name, len)) {
		if (self->inode) {
			inode_put(ino);
			return NULL;
		}
		dentry_attach(self, ino);
		WRITE_ONCE(self->watch, watch);
		WRITE_ONCE(self->stamp, stamp);
		return NULL;
	}
	d = dentry_cached_locked(dir, name, len);
	if (d && d->inode != ino && !(d->flags & DENTRY_MOUNTED)) {
		dentry_drop(d);
		dentry_put(d);
		d = NULL;
	}
	if (!d)
		return dentry_add_locked(dir, name, len, ino, watch, stamp);
	if (d->inode == ino) {
		WRITE_ONCE(d->watch, watch);
		WRITE_ONCE(d->stamp, stamp);
	}
	inode_put(ino);
	return d;
}

/* A block's attributes; dir is NULL when they are not wanted after all. */
static void hostfs_enter_block(struct dentry *dir, struct super *sb,
			       const struct hostfs_dirblock *b,
			       struct dentry *self, struct hostfs_dirbuf *db)
{
	const char *ents = (const char *)(b + 1);
	u32 at = b->ents, count = b->count, next;

	while (count-- &&
	       at + sizeof(struct hostfs_dirattr) <= b->len - sizeof(*b)) {
		const struct hostfs_dirattr *da = (const void *)(ents + at);
		const struct linux_dirent64 *e =
			hostfs_entry(ents, b->ents, da->entry, &next);
		const char *link = da->attr.link_len ? da->link : NULL;
		struct dentry *d;
		struct inode *ino;

		if (!e || da->len < sizeof(*da) ||
		    da->len > b->len - sizeof(*b) - at)
			return;
		at += da->len;
		if (!dir) { /* they count all the same */
			ino = hostfs_iget(sb, &da->attr, link);
			if (ino)
				inode_put(ino);
			continue;
		}
		d = hostfs_enter_one(dir, e->d_name, &da->attr, link, self);
		if (d && S_ISDIR(da->attr.mode) && db->ndirs < HOSTFS_DIR_KEPT)
			db->dir[db->ndirs++] = d;
		else if (d)
			dentry_put(d);
	}
}

/* --- reading --- */

static struct hostfs_dirbuf *hostfs_dir_buf_get(void)
{
	struct hostfs_dirbuf *db = &hostfs_dir_buf;

	if (!mutex_trylock(&hostfs_dir_lock))
		db = kmalloc(sizeof(*db));
	if (db)
		db->ndirs = 0;
	return db;
}

static void hostfs_dir_buf_put(struct hostfs_dirbuf *db)
{
	while (db->ndirs)
		dentry_put(db->dir[--db->ndirs]);
	if (db == &hostfs_dir_buf)
		mutex_unlock(&hostfs_dir_lock);
	else
		kfree(db);
}

/* A listing that the inode keeps for whoever comes. */
static void hostfs_listing_keep(struct hostfs_inode *hi,
				struct hostfs_listing *l)
{
	ref_get(&l->refs);
	hi->listing = l;
	atomic_add(&hostfs_lists_bytes, (u64)l->size);
}

/* What came along unasked: all of one directory. */
static void hostfs_enter_below(struct super *sb,
			       const struct hostfs_dirblock *b,
			       struct hostfs_dirbuf *db)
{
	struct dentry *dir = NULL;
	struct hostfs_inode *hi;
	struct hostfs_listing *l;
	u32 i;

	for (i = 0; i < db->ndirs; i++)
		if (hostfs_inode(db->dir[i]->inode)->handle == b->handle)
			dir = db->dir[i];
	if (!dir || !mutex_trylock(&dir->inode->lock)) {
		hostfs_enter_block(NULL, sb, b, NULL, db);
		return;
	}
	hostfs_enter_block(dir, sb, b, NULL, db);
	hi = hostfs_inode(dir->inode);
	if (!hostfs_listing_valid(hi) &&
	    READ_ONCE(hostfs_lists_bytes) < HOSTFS_LISTS_MAX) {
		hostfs_listing_drop(hi);
		l = hostfs_listing_new(0);
		if (l && !hostfs_listing_append(hi, l, (const char *)(b + 1),
						b->ents)) {
			l->seen = b->names;
			l->whole = true;
			hostfs_listing_keep(hi, l);
		}
		hostfs_listing_put(l);
	}
	mutex_unlock(&dir->inode->lock);
}

/*
 * A chunk of dir from the position on; its attributes are entered. l: where the
 * entries are appended, or NULL. => 0, -errno
 */
static int hostfs_dir_fetch(struct dentry *dir, u64 pos, u32 what,
			    struct hostfs_listing *l, struct dentry *self)
{
	struct hostfs_inode *hi = hostfs_inode(dir->inode);
	struct hostfs_dirbuf *db = hostfs_dir_buf_get();
	const struct hostfs_dirblock *b;
	struct ring_req *r;
	u32 at = 0;
	s64 n;
	int err = 0;

	if (!db)
		return -ENOMEM;
	r = hostfs_req(HOSTFS_READDIR, hi->handle, pos);
	r->arg[2] = what;
	r->space = RING_ARENA;
	r->buf_off = ring_arena_off(db->buf);
	r->buf_len = HOSTFS_DIR_BUF;
	n = ring_call(r);
	ring_put(r);
	while (n > 0 && at + sizeof(*b) <= (u64)n) {
		b = (const void *)(db->buf + at);
		if (b->len < sizeof(*b) || b->len > (u64)n - at ||
		    b->ents > b->len - sizeof(*b))
			break;
		if (at) {
			hostfs_enter_below(dir->sb, b, db);
			at += b->len;
			continue;
		}
		hostfs_enter_block(dir, dir->sb, b, self, db);
		at += b->len;
		if (!l)
			continue;
		if (!l->len)
			l->seen = b->names;
		l->whole = b->last;
		err = hostfs_listing_append(hi, l, (const char *)(b + 1),
					    b->ents);
	}
	hostfs_dir_buf_put(db);
	return n < 0 ? (int)n : err;
}

/* What to ask for along with the entries of this directory. */
static u32 hostfs_dir_what(struct dentry *dir)
{
	struct inode *up = dir->parent->inode;
	u64 now = time_mono_ns();
	u32 what = HOSTFS_DIR_SUBDIRS;

	if (now - READ_ONCE(hostfs_all_since) < HOSTFS_ALL_TIME)
		what = HOSTFS_DIR_ALL;
	if (!up || up == dir->inode ||
	    now - READ_ONCE(hostfs_inode(up)->read_at) > HOSTFS_ALL_TIME)
		return what;
	if (now - READ_ONCE(hostfs_walk_since) > HOSTFS_ALL_TIME)
		WRITE_ONCE(hostfs_walk_run, 0);
	WRITE_ONCE(hostfs_walk_since, now);
	if (READ_ONCE(hostfs_walk_run) >= HOSTFS_WALK_RUN)
		return what | HOSTFS_DIR_DEEP;
	WRITE_ONCE(hostfs_walk_run, hostfs_walk_run + 1);
	return what;
}

/* --- the file operations --- */

/* file->priv */
struct hostfs_dir {
	struct hostfs_listing *l;
	u64 pos; /* of the entry at `at` */
	u32 at;	 /* offset in l->buf */
};

/* A listing to read from the position on. */
static int hostfs_dir_begin(struct file *f, struct hostfs_dir *hd, u64 pos)
{
	struct hostfs_inode *hi = hostfs_inode(f->inode);
	s64 at;

	if (pos && hd->l) {
		at = hostfs_listing_seek(hd->l, pos);
		if (at >= 0 && hd->l->len < HOSTFS_LIST_MAX) {
			hd->at = (u32)at;
			hd->pos = pos;
			return 0;
		}
	}
	hostfs_listing_put(hd->l);
	hd->l = NULL;
	if (!pos) {
		WRITE_ONCE(hi->read_at, time_mono_ns());
		hostfs_sync();
		if (!hostfs_listing_valid(hi))
			hostfs_listing_drop(hi);
		hd->l = hi->listing;
	}
	if (hd->l) {
		ref_get(&hd->l->refs);
	} else {
		hd->l = hostfs_listing_new(pos);
		if (!hd->l)
			return -ENOMEM;
		if (!pos && READ_ONCE(hostfs_lists_bytes) < HOSTFS_LISTS_MAX)
			hostfs_listing_keep(hi, hd->l);
	}
	hd->pos = pos;
	hd->at = 0;
	return 0;
}

/* More of the directory. => 1, 0: that was all, -errno */
static int hostfs_dir_more(struct file *f, struct hostfs_dir *hd)
{
	int err = 0;

	if (hd->l->whole)
		return 0;
	if (hd->l->len >= HOSTFS_LIST_MAX) /* too much to keep */
		err = hostfs_dir_begin(f, hd, hd->l->end);
	if (!err)
		err = hostfs_dir_fetch(f->path.dentry, hd->l->end,
				       hostfs_dir_what(f->path.dentry), hd->l,
				       NULL);
	return err ? err : hd->at < hd->l->len;
}

static int hostfs_iterate(struct file *f, struct dir_context *ctx)
{
	struct hostfs_dir *hd = f->priv;
	const struct linux_dirent64 *e;
	u32 next;
	int err;

	if (!hd) {
		hd = f->priv = kzalloc(sizeof(*hd));
		if (!hd)
			return -ENOMEM;
	}
	if (!hd->l || !ctx->pos || hd->pos != (u64)ctx->pos) {
		err = hostfs_dir_begin(f, hd, (u64)ctx->pos);
		if (err)
			return err;
	}
	for (;;) {
		if (hd->at >= hd->l->len) {
			err = hostfs_dir_more(f, hd);
			if (err <= 0)
				return err;
		}
		e = hostfs_entry(hd->l->buf, hd->l->len, hd->at, &next);
		if (!e)
			return -EIO;
		if (!dir_emit(ctx, e->d_name, (u32)strlen(e->d_name), e->d_off,
			      e->d_ino, e->d_type))
			return 0;
		hd->at = next;
		hd->pos = (u64)e->d_off;
	}
}

static void hostfs_dir_release(struct file *f)
{
	struct hostfs_dir *hd = f->priv;

	if (hd)
		hostfs_listing_put(hd->l);
	kfree(hd);
}

static int hostfs_dir_open(struct inode *ino, struct file *f)
{
	return hostfs_refresh(ino);
}

const struct file_ops hostfs_dir_fops = {
	.open = hostfs_dir_open,
	.release = hostfs_dir_release,
	.llseek = generic_llseek,
	.fsync = hostfs_fsync,
	.iterate = hostfs_iterate,
};

/* --- names, by what is listed --- */

/*
 * Find a name from offset `from`, position *pos, on. => its offset, -1; *pos:
 * its position, *steps: how many were passed.
 */
static s64 hostfs_listing_find(const struct hostfs_listing *l, u32 from,
			       const struct dentry *d, u64 *pos, u32 *steps)
{
	const struct linux_dirent64 *e;
	u32 at = from, next;

	*steps = 0;
	while ((e = hostfs_entry(l->buf, l->len, at, &next))) {
		if (e->d_name[0] == d->name[0] && !strcmp(e->d_name, d->name))
			return at;
		*pos = (u64)e->d_off;
		at = next;
		++*steps;
	}
	return -1;
}

bool hostfs_lookup_listed(struct inode *dir, struct dentry *d)
{
	struct hostfs_inode *hi = hostfs_inode(dir);
	struct hostfs_listing *l = hi->listing;
	const struct linux_dirent64 *e;
	u32 steps, from = hi->hint;
	u64 pos = from ? hi->hint_pos : 0;
	s64 at;

	if (!l || !l->len)
		return false;
	if (!hostfs_listing_valid(hi))
		hostfs_sync();
	if (!hostfs_listing_valid(hi))
		return false;
	at = hostfs_listing_find(l, from, d, &pos, &steps);
	if (at < 0 && from) {
		pos = 0; /* inodes' listings begin at the beginning */
		at = hostfs_listing_find(l, 0, d, &pos, &steps);
		steps = ~0u;
	}
	if (at < 0) {
		if (!l->whole)
			return false;
		WRITE_ONCE(d->watch, hostfs_names_watch(dir, l->seen));
		WRITE_ONCE(d->stamp, hostfs_place_stamp(NULL));
		return true;
	}
	e = hostfs_entry(l->buf, l->len, (u32)at, &hi->hint);
	hi->hint_pos = (u64)e->d_off;
	if (e->d_type == DT_DIR)
		return false;
	hi->run = steps <= HOSTFS_RUN_STEP ? hi->run + 1 : 0;
	if (hi->run < 2)
		return false;
	WRITE_ONCE(hostfs_all_since, time_mono_ns());
	hostfs_dir_fetch(d->parent, pos, HOSTFS_DIR_ALL, NULL, d);
	return d->inode != NULL;
}
