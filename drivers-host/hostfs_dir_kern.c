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
 * tar), for this directory and for those read in the next moment.
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

#define HOSTFS_DIR_BUF	 65536u
#define HOSTFS_LIST_MAX	 (2u << 20) /* one listing */
#define HOSTFS_LISTS_MAX (16u << 20) /* all that inodes keep */
#define HOSTFS_RUN_STEP	 16u /* entries skipped that still make a run */
#define HOSTFS_ALL_TIME	 (100 * NSEC_PER_MSEC)

/* Answers come here, one at a time; the second caller has memory of its own. */
static char hostfs_dir_buf[HOSTFS_DIR_BUF] __big_bss __aligned(8);
static struct mutex hostfs_dir_lock = MUTEX_INIT(hostfs_dir_lock);
static u64 hostfs_lists_bytes; /* atomic */
static u64 hostfs_all_since;   /* somebody wanted all attributes; a hint */

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
	return hi->listing &&
	       hostfs_same(hi->handle, HOSTFS_WORD_NAMES, hi->listing->seen,
			   time_mono_ns());
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

static void hostfs_enter_one(struct dentry *dir, const char *name,
			     const struct hostfs_attr *a, const char *link,
			     struct dentry *self)
{
	u32 len = (u32)strlen(name);
	struct inode *ino = hostfs_iget(dir->sb, a, link);
	u64 watch, stamp;
	struct dentry *d;

	if (!ino)
		return;
	watch = hostfs_place_watch(dir->inode, a);
	stamp = hostfs_place_stamp(ino);
	if (self && self->len == len && !memcmp(self->name, name, len)) {
		if (self->inode) {
			inode_put(ino);
			return;
		}
		dentry_attach(self, ino);
		WRITE_ONCE(self->watch, watch);
		WRITE_ONCE(self->stamp, stamp);
		return;
	}
	d = dentry_cached_locked(dir, name, len);
	if (d && d->inode != ino && !(d->flags & DENTRY_MOUNTED)) {
		dentry_drop(d);
		dentry_put(d);
		d = NULL;
	}
	if (!d) {
		dentry_add_locked(dir, name, len, ino, watch, stamp);
		return;
	}
	if (d->inode == ino) {
		WRITE_ONCE(d->watch, watch);
		WRITE_ONCE(d->stamp, stamp);
	}
	dentry_put(d);
	inode_put(ino);
}

/* buf: an answer of READDIR; entries up to len, then count attributes at at. */
static void hostfs_enter_all(struct dentry *dir, const char *buf, u32 len,
			     u64 at, u64 count, struct dentry *self)
{
	u32 next;

	for (; count && at + sizeof(struct hostfs_dirattr) < HOSTFS_DIR_BUF;
	     count--) {
		const struct hostfs_dirattr *da = (const void *)(buf + at);
		const struct linux_dirent64 *e =
			hostfs_entry(buf, len, da->entry, &next);

		if (!e || da->len < sizeof(*da))
			return;
		hostfs_enter_one(dir, e->d_name, &da->attr,
				 da->attr.link_len ? da->link : NULL, self);
		at += da->len;
	}
}

/* --- reading --- */

static char *hostfs_dir_buf_get(void)
{
	if (mutex_trylock(&hostfs_dir_lock))
		return hostfs_dir_buf;
	return kmalloc(HOSTFS_DIR_BUF);
}

static void hostfs_dir_buf_put(char *buf)
{
	if (buf == hostfs_dir_buf)
		mutex_unlock(&hostfs_dir_lock);
	else
		kfree(buf);
}

/*
 * A chunk of dir from the position on; its attributes are entered. l: where the
 * entries are appended, or NULL. => 0, -errno
 */
static int hostfs_dir_fetch(struct dentry *dir, u64 pos, u32 what,
			    struct hostfs_listing *l, struct dentry *self)
{
	struct hostfs_inode *hi = hostfs_inode(dir->inode);
	char *buf = hostfs_dir_buf_get();
	struct ring_req *r;
	u64 at, count;
	s64 n;

	if (!buf)
		return -ENOMEM;
	r = hostfs_req(HOSTFS_READDIR, hi->handle, pos);
	r->arg[2] = what;
	r->space = RING_ARENA;
	r->buf_off = ring_arena_off(buf);
	r->buf_len = HOSTFS_DIR_BUF;
	n = ring_call(r);
	at = r->ret[HOSTFS_D_ATTRS];
	count = r->ret[HOSTFS_D_COUNT];
	if (l && n >= 0) {
		if (!l->len)
			l->seen = (u32)r->ret[HOSTFS_D_NAMES];
		l->whole = r->ret[HOSTFS_D_LAST];
	}
	ring_put(r);
	if (n > 0) {
		hostfs_enter_all(dir, buf, (u32)n, at, count, self);
		if (l)
			n = hostfs_listing_append(hi, l, buf, (u32)n);
	}
	hostfs_dir_buf_put(buf);
	return n < 0 ? (int)n : 0;
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
		if (!pos && READ_ONCE(hostfs_lists_bytes) < HOSTFS_LISTS_MAX) {
			ref_get(&hd->l->refs);
			hi->listing = hd->l;
		}
	}
	hd->pos = pos;
	hd->at = 0;
	return 0;
}

/* More of the directory. => 1, 0: that was all, -errno */
static int hostfs_dir_more(struct file *f, struct hostfs_dir *hd)
{
	u64 since = time_mono_ns() - READ_ONCE(hostfs_all_since);
	int err = 0;

	if (hd->l->whole)
		return 0;
	if (hd->l->len >= HOSTFS_LIST_MAX) /* too much to keep */
		err = hostfs_dir_begin(f, hd, hd->l->end);
	if (!err)
		err = hostfs_dir_fetch(f->path.dentry, hd->l->end,
				       since < HOSTFS_ALL_TIME ?
					       HOSTFS_DIR_ALL :
					       HOSTFS_DIR_SUBDIRS,
				       hd->l, NULL);
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
