// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs, front end: a host directory as a file system of the guest.
 *
 * An inode stands for one file of the host, named by the handle that the
 * monitor gave; a hash by handle makes two names of it one inode with one page
 * cache. Nothing is kept that the host does not know: writes go through.
 *
 * What is believed for how long. Of directories that the monitor watches (see
 * hostfs.h): names and attributes as long as their words have not changed, when
 * what the host reported has been taken in within the last five milliseconds.
 * So whatever was done on the host is seen five milliseconds later at most, for
 * one round over the ring in so much time, however many names are looked up.
 * Attributes of a file are asked for again after a second, and at once if it
 * has several names. Of other directories: a name that leads to a directory is
 * asked for again after a quarter of a second, other names and all attributes
 * after five milliseconds: a stat or an open costs one round at most then (the
 * lookup brings the attributes). vfs believes a dentry by its watch, or for
 * sb->trust_ns from its stamp; stamps of what is not a directory are set back
 * accordingly. When size or mtime are not what they were, and it was not we who
 * wrote, the pages are dropped (mapping_invalidate).
 *
 * Pages are read straight into the window in the pool by the monitor, ahead by
 * the rules of mm/mapping.c. What guests write through shared mappings goes to
 * the host at fsync, msync and with the last reference of the file.
 *
 * Locks: hostfs_lock (spin) guards the hash and the counts of lookups, and
 * attributes together with the word they go with, when they are written. Ring
 * calls are made with vfs's locks held, and mapping->lock for pages, but never
 * under a spinlock. Files: this one (inodes, names), hostfs_file_kern.c
 * (content), hostfs_dir_kern.c (what is in directories).
 */
#include <kernel/types.h>
#include <abi/errno.h>
#include <abi/mount.h>
#include <abi/statfs.h>
#include <kernel/fs.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "hostfs_inode.h"

#define HOSTFS_BUCKETS	 4096u
#define HOSTFS_FORGETS	 32u
#define HOSTFS_TRUST_DIR (250 * NSEC_PER_MSEC)

static spinlock_t hostfs_lock = SPINLOCK_INIT;
static struct hostfs_inode *hostfs_hash[HOSTFS_BUCKETS] __big_bss;
static struct hostfs_forget hostfs_pending[HOSTFS_FORGETS];
static u32 hostfs_npending;
struct hostfs_word hostfs_words[HOSTFS_WORDS] __big_bss __aligned(8);
struct name_watch hostfs_watch = {
	.words = (u32 *)hostfs_words,
	.trust_ns = HOSTFS_TRUST,
};

/* --- calls --- */

struct ring_req *hostfs_req(u16 op, u64 handle, u64 arg1)
{
	struct ring_req *r = ring_get(RING_DEV_HOSTFS, op);

	r->arg[0] = handle;
	r->arg[1] = arg1;
	return r;
}

/* buf: in the arena (heap or kernel stack) */
s64 hostfs_run(struct ring_req *r, void *buf, u32 len)
{
	s64 ret;

	if (buf) {
		r->space = RING_ARENA;
		r->buf_off = ring_arena_off(buf);
		r->buf_len = len;
	}
	ret = ring_call(r);
	ring_put(r);
	return ret;
}

static int hostfs_call(u16 op, u64 handle, u64 arg1, struct hostfs_msg *msg)
{
	return (int)hostfs_run(hostfs_req(op, handle, arg1), msg, sizeof(*msg));
}

void hostfs_sync(void)
{
	u64 now = time_mono_ns();

	if (!READ_ONCE(hostfs_watch.synced) ||
	    now - READ_ONCE(hostfs_watch.synced) < HOSTFS_TRUST)
		return;
	if (!hostfs_run(hostfs_req(HOSTFS_SYNC, 0, 0), NULL, 0))
		WRITE_ONCE(hostfs_watch.synced, now);
}

/* Show the monitor our words; it need not want to. */
static void hostfs_watch_start(void)
{
	static bool asked;

	if (!asked && !hostfs_run(hostfs_req(HOSTFS_WATCH, 0, 0), hostfs_words,
				  sizeof(hostfs_words)))
		WRITE_ONCE(hostfs_watch.synced, time_mono_ns());
	asked = true;
}

static int hostfs_msg_name(struct hostfs_msg *msg, const char *name, u32 len)
{
	if (len >= HOSTFS_NAME_SIZE)
		return -ENAMETOOLONG;
	memcpy(msg->name, name, len);
	msg->name[len] = 0;
	msg->link[0] = 0;
	msg->attr.link_len = 0;
	return 0;
}

/* --- handles --- */

static struct hostfs_inode **hostfs_bucket(u64 handle)
{
	return &hostfs_hash[(handle * 0x9e3779b97f4a7c15ull) >> 52];
}

static void hostfs_forget_flush(const struct hostfs_forget *f, u32 n)
{
	struct hostfs_forget *buf = kmalloc(n * sizeof(*buf));

	if (!buf)
		return; /* the monitor keeps a few nodes too many */
	memcpy(buf, f, n * sizeof(*buf));
	hostfs_run(hostfs_req(HOSTFS_FORGET, 0, 0), buf, n * (u32)sizeof(*buf));
	kfree(buf);
}

/* Give lookups back; several at a time, for it costs a round each. */
void hostfs_forget(u64 handle, u64 count)
{
	struct hostfs_forget full[HOSTFS_FORGETS];
	u32 n = 0;

	if (!count)
		return;
	spin_lock(&hostfs_lock);
	hostfs_pending[hostfs_npending].handle = handle;
	hostfs_pending[hostfs_npending].count = count;
	if (++hostfs_npending == HOSTFS_FORGETS) {
		n = hostfs_npending;
		memcpy(full, hostfs_pending, sizeof(full));
		hostfs_npending = 0;
	}
	spin_unlock(&hostfs_lock);
	if (n)
		hostfs_forget_flush(full, n);
}

static struct timespec_k hostfs_time(s64 ns)
{
	struct timespec_k t = { ns / (s64)NSEC_PER_SEC,
				ns % (s64)NSEC_PER_SEC };

	if (t.nsec < 0) {
		t.nsec += (s64)NSEC_PER_SEC;
		t.sec--;
	}
	return t;
}

void hostfs_wrote(struct hostfs_inode *hi, s64 mtime, s64 ctime, u64 blocks)
{
	struct inode *ino = hi->inode;

	WRITE_ONCE(hi->mtime, mtime);
	ino->mtime = hostfs_time(mtime);
	ino->ctime = hostfs_time(ctime);
	ino->blocks = blocks;
}

void hostfs_update(struct inode *ino, const struct hostfs_attr *a)
{
	struct hostfs_inode *hi = hostfs_inode(ino);
	u64 old = ino->size;
	bool changed, drop = false;

	spin_lock(&hostfs_lock);
	changed = S_ISREG(ino->mode) &&
		  (a->mtime != READ_ONCE(hi->mtime) || a->size != old);
	ino->mode = (ino->mode & S_IFMT) | (a->mode & S_IALLUGO);
	ino->uid = a->uid;
	ino->gid = a->gid;
	ino->nlink = a->nlink;
	ino->blocks = a->blocks;
	ino->atime = hostfs_time(a->atime);
	ino->mtime = hostfs_time(a->mtime);
	ino->ctime = hostfs_time(a->ctime);
	WRITE_ONCE(hi->mtime, a->mtime);
	/* a guest's own pages that the host has not got are worth more */
	if (changed && !ino->mapping.mapped_rw && !ino->mapping.nr_writable) {
		WRITE_ONCE(ino->size, a->size);
		drop = ino->mapping.nr_resident || ino->mapping.was_mapped;
	} else if (!S_ISREG(ino->mode)) {
		WRITE_ONCE(ino->size, a->size);
	}
	WRITE_ONCE(hi->seen, a->seen.attr);
	WRITE_ONCE(hi->stamp, time_mono_ns());
	spin_unlock(&hostfs_lock);
	if (drop)
		mapping_invalidate(&ino->mapping, old, a->size);
}

void hostfs_stale(struct hostfs_inode *hi)
{
	const u32 *w = hostfs_word(hi->handle, HOSTFS_WORD_ATTR);

	spin_lock(&hostfs_lock);
	if (w)
		WRITE_ONCE(hi->seen, *w - 1);
	WRITE_ONCE(hi->stamp, 0);
	spin_unlock(&hostfs_lock);
}

static void hostfs_set_ops(struct inode *ino, u32 mode, u64 rdev)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		ino->ops = &hostfs_file_iops;
		ino->fops = &hostfs_file_fops;
		ino->mapping.ops = &hostfs_mapping_ops;
		break;
	case S_IFDIR:
		ino->ops = &hostfs_dir_iops;
		ino->fops = &hostfs_dir_fops;
		break;
	case S_IFLNK:
		ino->ops = &hostfs_link_iops;
		break;
	default:
		/* opened through the guest's own devices and FIFOs */
		ino->ops = &hostfs_file_iops;
		inode_init_special(ino, mode, rdev);
	}
}

static struct inode *hostfs_inode_new(struct super *sb,
				      const struct hostfs_attr *a,
				      const char *link)
{
	struct hostfs_inode *hi = kzalloc(sizeof(*hi));
	struct inode *ino = hi ? inode_alloc(sb, a->mode) : NULL;

	if (!ino) {
		kfree(hi);
		return NULL;
	}
	hi->inode = ino;
	hi->handle = a->handle;
	hi->lookups = 1;
	hi->mtime = a->mtime;
	ino->priv = hi;
	ino->ino = a->ino;
	ino->rdev = a->rdev;
	ino->size = a->size;
	ino->btime = hostfs_time(a->btime);
	if (S_ISLNK(a->mode) && link && a->link_len &&
	    a->link_len < HOSTFS_NAME_SIZE)
		ino->link = kstrndup(link, a->link_len);
	hostfs_set_ops(ino, a->mode, a->rdev);
	return ino;
}

/* With hostfs_lock held: a living inode of this handle, with a reference. */
static struct inode *hostfs_find_locked(u64 handle)
{
	struct hostfs_inode *hi = *hostfs_bucket(handle);

	for (; hi; hi = hi->next)
		if (hi->handle == handle &&
		    ref_get_unless_zero(&hi->inode->refs)) {
			hi->lookups++;
			return hi->inode;
		}
	return NULL;
}

struct inode *hostfs_iget(struct super *sb, const struct hostfs_attr *a,
			  const char *link)
{
	u64 handle = a->handle;
	struct hostfs_inode **b = hostfs_bucket(handle), *hi;
	struct inode *ino, *fresh = NULL;

	spin_lock(&hostfs_lock);
	ino = hostfs_find_locked(handle);
	spin_unlock(&hostfs_lock);
	if (!ino) {
		fresh = hostfs_inode_new(sb, a, link);
		if (!fresh) {
			hostfs_forget(handle, 1);
			return NULL;
		}
		hi = hostfs_inode(fresh);
		spin_lock(&hostfs_lock);
		ino = hostfs_find_locked(handle); /* somebody was quicker */
		if (!ino) {
			hi->next = *b;
			*b = hi;
			hi->hashed = true;
			ino = fresh;
			fresh = NULL;
		}
		spin_unlock(&hostfs_lock);
	}
	if (fresh) {
		hostfs_inode(fresh)->lookups = 0; /* counted at the other */
		inode_put(fresh);
	}
	hostfs_update(ino, a);
	return ino;
}

static void hostfs_evict(struct inode *ino)
{
	struct hostfs_inode *hi = hostfs_inode(ino), **p;

	if (!hi)
		return;
	spin_lock(&hostfs_lock);
	if (hi->hashed) {
		for (p = hostfs_bucket(hi->handle); *p != hi; p = &(*p)->next)
			;
		*p = hi->next;
	}
	spin_unlock(&hostfs_lock);
	hostfs_forget(hi->handle, hi->lookups);
	hostfs_listing_drop(hi);
	if (S_ISLNK(ino->mode)) {
		kfree(ino->link);
		ino->link = NULL;
	}
	kfree(hi);
	ino->priv = NULL;
}

/* --- names --- */

u64 hostfs_place_stamp(const struct inode *ino)
{
	u64 now = time_mono_ns();

	return ino && S_ISDIR(ino->mode)
		       ? now
		       : now - (HOSTFS_TRUST_DIR - HOSTFS_TRUST);
}

static u64 hostfs_watch_word(u64 handle, u32 which, u32 seen)
{
	const u32 *w = hostfs_word(handle, which);

	return w ? (u64)(w - hostfs_watch.words) << 32 | seen : 0;
}

u64 hostfs_names_watch(const struct inode *dir, u32 seen)
{
	return hostfs_watch_word(hostfs_inode(dir)->handle, HOSTFS_WORD_NAMES,
				 seen);
}

/* A file with several names has one place only: then by all the names here. */
u64 hostfs_place_watch(const struct inode *dir, const struct hostfs_attr *a)
{
	if (S_ISDIR(a->mode) || a->nlink <= 1)
		return hostfs_watch_word(a->handle, HOSTFS_WORD_PLACE,
					 a->seen.place);
	return hostfs_names_watch(dir, a->seen.names);
}

/* d is true as of now, as msg says (for a negative one, only seen.names). */
static void hostfs_stamp(struct dentry *d, const struct inode *dir,
			 const struct hostfs_msg *msg)
{
	const struct hostfs_attr *a = &msg->attr;

	WRITE_ONCE(d->watch, d->inode ? hostfs_place_watch(dir, a)
				      : hostfs_names_watch(dir, a->seen.names));
	WRITE_ONCE(d->stamp, hostfs_place_stamp(d->inode));
}

static int hostfs_lookup(struct inode *dir, struct dentry *d)
{
	struct hostfs_msg msg;
	struct inode *ino;
	int err = hostfs_msg_name(&msg, d->name, d->len);

	if (!err && hostfs_lookup_listed(dir, d))
		return 0;
	if (!err)
		err = hostfs_call(HOSTFS_LOOKUP, hostfs_inode(dir)->handle, 0,
				  &msg);
	if (err == -ENOENT) {
		hostfs_stamp(d, dir, &msg);
		return 0;
	}
	if (err)
		return err;
	ino = hostfs_iget(dir->sb, &msg.attr, msg.link);
	if (!ino)
		return -ENOMEM;
	dentry_attach(d, ino);
	hostfs_stamp(d, dir, &msg);
	return 0;
}

/* By the words, or by the time that has passed. */
static bool hostfs_believed(const struct dentry *d)
{
	u64 watch = READ_ONCE(d->watch), now = time_mono_ns();

	if (now - READ_ONCE(d->stamp) < HOSTFS_TRUST_DIR)
		return true;
	return watch &&
	       load_acquire(&hostfs_watch.words[watch >> 32]) == (u32)watch &&
	       now - READ_ONCE(hostfs_watch.synced) < HOSTFS_TRUST;
}

static int hostfs_revalidate(struct dentry *d)
{
	struct inode *dir = d->parent->inode, *ino = d->inode;
	struct hostfs_msg msg;
	int err;

	if (d->flags & DENTRY_MOUNTED)
		return 1;
	if (hostfs_believed(d))
		return 1;
	hostfs_sync();
	if (hostfs_believed(d))
		return 1;
	if (!dir || hostfs_msg_name(&msg, d->name, d->len))
		return 0;
	err = hostfs_call(HOSTFS_REVAL, hostfs_inode(dir)->handle,
			  ino ? hostfs_inode(ino)->handle : 0, &msg);
	if (ino && !err)
		hostfs_update(ino, &msg.attr);
	else if (ino || err != -ENOENT)
		return err == -ESTALE || err == -ENOENT || !err ? 0 : err;
	hostfs_stamp(d, dir, &msg);
	return 1;
}

/* The directory was changed by us: its attributes are to be asked for. */
static void hostfs_touch(struct inode *dir)
{
	hostfs_stale(hostfs_inode(dir));
	hostfs_listing_drop(hostfs_inode(dir));
	dir->version++;
}

static int hostfs_enter(struct inode *dir, struct dentry *d,
			const struct hostfs_msg *msg)
{
	struct inode *ino = hostfs_iget(dir->sb, &msg->attr, msg->link);

	if (!ino)
		return -ENOMEM;
	dentry_attach(d, ino);
	hostfs_stamp(d, dir, msg);
	hostfs_touch(dir);
	return 0;
}

static int hostfs_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	struct ring_req *r;
	struct hostfs_msg msg;
	int err = hostfs_msg_name(&msg, d->name, d->len);

	if (err)
		return err;
	r = hostfs_req(HOSTFS_CREATE, hostfs_inode(dir)->handle, mode);
	r->arg[2] = rdev;
	err = (int)hostfs_run(r, &msg, sizeof(msg));
	if (err)
		return err;
	err = hostfs_enter(dir, d, &msg);
	if (!err && S_ISREG(mode)) /* the host has it open */
		hostfs_inode(d->inode)->opened = HOSTFS_MAY_READ |
						 HOSTFS_MAY_WRITE;
	return err;
}

static int hostfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return hostfs_mknod(dir, d, (mode & S_IALLUGO) | S_IFREG, 0);
}

static int hostfs_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	return hostfs_mknod(dir, d, (mode & S_IALLUGO) | S_IFDIR, 0);
}

static int hostfs_symlink(struct inode *dir, struct dentry *d, const char *to)
{
	size_t len = strlen(to) + 1;
	struct hostfs_msg *msg = kmalloc(sizeof(*msg) + len);
	int err;

	if (!msg)
		return -ENOMEM;
	err = hostfs_msg_name(msg, d->name, d->len);
	if (err)
		goto out;
	memcpy(msg + 1, to, len);
	err = (int)hostfs_run(
		hostfs_req(HOSTFS_SYMLINK, hostfs_inode(dir)->handle, 0), msg,
		(u32)(sizeof(*msg) + len));
	if (!err)
		err = hostfs_enter(dir, d, msg);
out:
	kfree(msg);
	return err;
}

static int hostfs_link(struct inode *old, struct inode *dir, struct dentry *d)
{
	struct hostfs_msg msg;
	int err = hostfs_msg_name(&msg, d->name, d->len);

	if (!err)
		err = hostfs_call(HOSTFS_LINK, hostfs_inode(old)->handle,
				  hostfs_inode(dir)->handle, &msg);
	if (err)
		return err;
	hostfs_update(old, &msg.attr);
	inode_get(old);
	dentry_attach(d, old);
	hostfs_stamp(d, dir, &msg);
	hostfs_touch(dir);
	return 0;
}

/* Must it stay readable when its name is gone? */
static u64 hostfs_keep(const struct dentry *d)
{
	const struct hostfs_inode *hi = d->inode ? hostfs_inode(d->inode)
						 : NULL;

	return hi && (hi->opened || d->inode->nlink > 1) ? hi->handle : 0;
}

static int hostfs_remove(struct inode *dir, struct dentry *d, bool is_dir)
{
	struct hostfs_inode *hi = hostfs_inode(d->inode);
	struct ring_req *r;
	struct hostfs_msg msg;
	int err = hostfs_msg_name(&msg, d->name, d->len);

	if (err)
		return err;
	r = hostfs_req(HOSTFS_UNLINK, hostfs_inode(dir)->handle, is_dir);
	r->arg[2] = hostfs_keep(d);
	err = (int)hostfs_run(r, &msg, sizeof(msg));
	if (err)
		return err;
	if (is_dir)
		WRITE_ONCE(d->inode->nlink, 0);
	else if (d->inode->nlink)
		atomic_dec(&d->inode->nlink);
	hostfs_stale(hi);
	hostfs_touch(dir);
	return 0;
}

static int hostfs_unlink(struct inode *dir, struct dentry *d)
{
	return hostfs_remove(dir, d, false);
}

static int hostfs_rmdir(struct inode *dir, struct dentry *d)
{
	return hostfs_remove(dir, d, true);
}

static int hostfs_rename(struct inode *odir, struct dentry *od,
			 struct inode *ndir, struct dentry *nd, u32 flags)
{
	struct ring_req *r;
	struct hostfs_msg msg;
	int err = hostfs_msg_name(&msg, od->name, od->len);

	if (err || nd->len >= HOSTFS_NAME_SIZE)
		return -ENAMETOOLONG;
	if (flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	memcpy(msg.link, nd->name, nd->len);
	msg.link[nd->len] = 0;
	r = hostfs_req(HOSTFS_RENAME, hostfs_inode(odir)->handle,
		       hostfs_inode(ndir)->handle);
	r->arg[2] = flags;
	r->arg[3] = hostfs_inode(od->inode)->handle;
	if (nd->inode)
		r->arg[4] = flags & RENAME_EXCHANGE
				    ? hostfs_inode(nd->inode)->handle
				    : hostfs_keep(nd);
	err = (int)hostfs_run(r, &msg, sizeof(msg));
	if (err)
		return err;
	if (nd->inode && !(flags & RENAME_EXCHANGE)) {
		if (S_ISDIR(nd->inode->mode))
			WRITE_ONCE(nd->inode->nlink, 0);
		else if (nd->inode->nlink)
			atomic_dec(&nd->inode->nlink);
	}
	hostfs_stale(hostfs_inode(od->inode));
	hostfs_touch(odir);
	hostfs_touch(ndir);
	return 0;
}

/* --- attributes --- */

int hostfs_refresh(struct inode *ino)
{
	struct hostfs_inode *hi = hostfs_inode(ino);
	struct hostfs_msg msg;
	int err;

	if (hostfs_fresh(ino, hi))
		return 0;
	hostfs_sync();
	if (hostfs_fresh(ino, hi))
		return 0;
	err = hostfs_call(HOSTFS_GETATTR, hi->handle, 0, &msg);
	if (!err)
		hostfs_update(ino, &msg.attr);
	return err;
}

static int hostfs_getattr(struct inode *ino, struct kstat *st)
{
	int err = hostfs_refresh(ino);

	/* a name that is gone, of a file that is not open: what we knew */
	if (err && err != -ESTALE)
		return err;
	inode_fill_stat(ino, st);
	return 0;
}

/* No sleep, no reference: ino may be on its way out, and priv gone. */
static bool hostfs_getattr_now(struct inode *ino, struct kstat *st)
{
	const struct hostfs_inode *hi = READ_ONCE(ino->priv);

	if (!hi || !hostfs_fresh(ino, hi))
		return false;
	inode_fill_stat(ino, st);
	return true;
}

static s64 hostfs_ns(const struct timespec_k *t)
{
	return t->sec * (s64)NSEC_PER_SEC + t->nsec;
}

static u64 hostfs_set_bits(const struct iattr *a, struct hostfs_attr *out)
{
	u64 set = 0;

	out->mode = a->mode;
	out->uid = a->uid;
	out->gid = a->gid;
	out->size = a->size;
	out->atime = hostfs_ns(&a->atime);
	out->mtime = hostfs_ns(&a->mtime);
	if (a->valid & ATTR_MODE)
		set |= HOSTFS_SET_MODE;
	if (a->valid & ATTR_UID)
		set |= HOSTFS_SET_UID;
	if (a->valid & ATTR_GID)
		set |= HOSTFS_SET_GID;
	if (a->valid & ATTR_SIZE)
		set |= HOSTFS_SET_SIZE;
	if (a->valid & ATTR_ATIME_SET)
		set |= HOSTFS_SET_ATIME;
	else if (a->valid & ATTR_ATIME)
		set |= HOSTFS_SET_ATIME_NOW;
	if (a->valid & ATTR_MTIME_SET)
		set |= HOSTFS_SET_MTIME;
	else if ((a->valid & ATTR_MTIME) && !(a->valid & ATTR_SIZE))
		set |= HOSTFS_SET_MTIME_NOW; /* a truncate does it itself */
	return set;
}

static int hostfs_setattr(struct inode *ino, const struct iattr *a)
{
	struct hostfs_inode *hi = hostfs_inode(ino);
	u64 set, old = ino->size;
	struct hostfs_msg msg;
	int err;

	memset(&msg.attr, 0, sizeof(msg.attr));
	set = hostfs_set_bits(a, &msg.attr);
	if (!set)
		return 0;
	err = hostfs_call(HOSTFS_SETATTR, hi->handle, set, &msg);
	if (err)
		return err;
	if (a->valid & ATTR_SIZE) {
		if (a->size > old && ino->mapping.was_mapped) {
			mutex_lock(&ino->mapping.lock);
			mapping_reserve_locked(&ino->mapping, a->size);
			mutex_unlock(&ino->mapping.lock);
		}
		WRITE_ONCE(ino->size, a->size);
		if (a->size < old)
			mapping_truncate(&ino->mapping, a->size, (u64)-1);
		hi->opened |= HOSTFS_MAY_WRITE;
	}
	/* it was we who changed it */
	if (msg.attr.size == ino->size)
		WRITE_ONCE(hi->mtime, msg.attr.mtime);
	hostfs_update(ino, &msg.attr);
	return 0;
}

static ssize_t hostfs_readlink(struct inode *ino, char *buf, size_t size)
{
	struct hostfs_inode *hi = hostfs_inode(ino);
	char *text;
	s64 n;

	if (ino->link) {
		n = (s64)strlcpy(buf, ino->link, size);
		return min_t(s64, n, (s64)size - 1);
	}
	text = kmalloc(PATH_MAX);
	if (!text)
		return -ENOMEM;
	n = hostfs_run(hostfs_req(HOSTFS_READLINK, hi->handle, 0), text,
		       PATH_MAX);
	if (n >= (s64)size)
		n = -ENAMETOOLONG;
	if (n >= 0) {
		memcpy(buf, text, (size_t)n);
		buf[n] = 0;
	}
	kfree(text);
	return n;
}

const struct inode_ops hostfs_dir_iops = {
	.lookup = hostfs_lookup,
	.revalidate = hostfs_revalidate,
	.create = hostfs_create,
	.mkdir = hostfs_mkdir,
	.mknod = hostfs_mknod,
	.symlink = hostfs_symlink,
	.link = hostfs_link,
	.unlink = hostfs_unlink,
	.rmdir = hostfs_rmdir,
	.rename = hostfs_rename,
	.setattr = hostfs_setattr,
	.getattr = hostfs_getattr,
	.getattr_now = hostfs_getattr_now,
};
const struct inode_ops hostfs_file_iops = {
	.setattr = hostfs_setattr,
	.getattr = hostfs_getattr,
	.getattr_now = hostfs_getattr_now,
};
const struct inode_ops hostfs_link_iops = {
	.readlink = hostfs_readlink,
	.setattr = hostfs_setattr,
	.getattr = hostfs_getattr,
	.getattr_now = hostfs_getattr_now,
};

/* --- instances --- */

static int hostfs_statfs(struct super *sb, struct statfs_k *st)
{
	struct hostfs_inode *hi = hostfs_inode(sb->root->inode);
	struct hostfs_statfs h = { 0 };
	s64 err = hostfs_run(hostfs_req(HOSTFS_STATFS, hi->handle, 0), &h,
			     sizeof(h));

	if (err)
		return (int)err;
	memset(st, 0, sizeof(*st));
	st->type = HOSTFS_SUPER_MAGIC;
	st->bsize = h.bsize;
	st->blocks = h.blocks;
	st->bfree = h.bfree;
	st->bavail = h.bavail;
	st->files = h.files;
	st->ffree = h.ffree;
	st->namelen = h.namelen;
	st->fsid = sb->dev;
	return 0;
}

static const struct super_ops hostfs_super_ops = {
	.evict = hostfs_evict,
	.statfs = hostfs_statfs,
};

/* "root=N": which of the granted directories; without it the first. */
static int hostfs_option(const char *data, u64 *index)
{
	*index = 0;
	if (!data || !*data)
		return 0;
	if (strncmp(data, "root=", 5))
		return -EINVAL;
	return kstrtou64(data + 5, &data, index) || *data ? -EINVAL : 0;
}

static struct super *hostfs_mount(const struct fs_type *t, const char *source,
				  u32 flags, const char *data)
{
	struct ring_req *r;
	struct hostfs_msg msg;
	struct inode *root;
	struct super *sb;
	u64 index;
	s64 err = hostfs_option(data, &index);

	if (err)
		return ERR_PTR(err);
	hostfs_watch_start();
	r = hostfs_req(HOSTFS_ROOT, index, 0);
	r->space = RING_ARENA;
	r->buf_off = ring_arena_off(&msg);
	r->buf_len = sizeof(msg);
	err = ring_call(r);
	if (!err && !(r->ret[0] & HOSTFS_ROOT_RW))
		flags |= MS_RDONLY;
	ring_put(r);
	if (err)
		return ERR_PTR(err);
	sb = super_alloc(t);
	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->ops = &hostfs_super_ops;
	sb->magic = HOSTFS_SUPER_MAGIC;
	sb->flags = flags;
	sb->trust_ns = HOSTFS_TRUST_DIR;
	sb->watch = &hostfs_watch;
	root = hostfs_iget(sb, &msg.attr, NULL);
	sb->root = root ? dentry_alloc_root(sb, root) : NULL;
	if (!sb->root) {
		if (root)
			inode_put(root);
		super_put(sb);
		return ERR_PTR(-ENOMEM);
	}
	return sb;
}

static struct fs_type hostfs_type = {
	.name = "hostfs",
	.nodev = true,
	.mount = hostfs_mount,
};

void hostfs_init(void)
{
	fs_register(&hostfs_type);
}
