// SPDX-License-Identifier: GPL-2.0
/*
 * The dentry cache.
 *
 * A hashed dentry carries one reference for its place in the cache, so that the
 * count of an idle one is 1 and taking or dropping a reference never touches a
 * list. A child holds a reference on its parent: idle directories with cached
 * children are not idle. Unhashing drops the cache's reference; the last
 * reference frees.
 *
 * Readers take no lock. They walk a hash chain through memory that always holds
 * dentries (objcache.c), compare parent and name, and check the dentry's
 * sequence number after they have used what they read: it changes when the
 * dentry is renamed, unhashed or freed, and is odd meanwhile. A reader that is
 * led astray by a concurrent rename misses an entry; every miss is therefore
 * looked up again under dcache_lock, with the directory's inode lock held.
 *
 * Writers (insert, unhash, move, shrink) take dcache_lock. It also guards the
 * list of all hashed dentries, newest first, from whose end the shrinker takes
 * those that nobody has looked up since its last visit.
 */
#include "vfs/internal.h"

#define DCACHE_BUCKETS	 4096u
#define DCACHE_CHAIN_MAX 128u /* a reader gone astray gives up */

spinlock_t dcache_lock;
static struct dentry *dcache_heads[DCACHE_BUCKETS] __big_bss;
static struct list_head dcache_lru = LIST_HEAD_INIT(dcache_lru);
static u64 dcache_count;
static u64 dcache_limit = 16384;
static struct objcache dentry_objs = OBJCACHE(struct dentry, lru);

static struct dentry **dcache_bucket(u32 hash)
{
	return &dcache_heads[hash & (DCACHE_BUCKETS - 1)];
}

u32 name_hash(const char *name, u32 len)
{
	u64 h = len, w;

	while (len >= 8) {
		memcpy(&w, name, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 32;
		name += 8;
		len -= 8;
	}
	w = 0;
	while (len--)
		w = w << 8 | (u8)*name++;
	h = (h ^ w) * 0x9e3779b97f4a7c15ull;
	return (u32)(h >> 32);
}

static bool name_equal(const char *a, const char *b, u32 len)
{
	while (len >= 8) {
		u64 x, y;

		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		if (x != y)
			return false;
		a += 8;
		b += 8;
		len -= 8;
	}
	while (len--)
		if (*a++ != *b++)
			return false;
	return true;
}

static void dentry_seq_begin(struct dentry *d)
{
	store_release(&d->seq, d->seq + 1);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void dentry_seq_end(struct dentry *d)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	store_release(&d->seq, d->seq + 1);
}

/* --- Finding --- */

struct dentry *dentry_find_nolock(struct dentry *parent, const char *name,
				  u32 len, u32 hash, u32 *seq)
{
	u32 h = dentry_hash_with(parent, hash), n = 0;
	struct dentry *d = load_acquire(dcache_bucket(h));

	for (; d && n < DCACHE_CHAIN_MAX;
	     d = load_acquire(&d->hash_next), n++) {
		u32 s;

		if (d->hash != h || READ_ONCE(d->parent) != parent)
			continue;
		s = load_acquire(&d->seq);
		if ((s & 1) || !(READ_ONCE(d->flags) & DENTRY_HASHED) ||
		    d->len != len ||
		    !name_equal(READ_ONCE(d->name), name, len) ||
		    READ_ONCE(d->parent) != parent || !dentry_seq_ok(d, s))
			continue;
		*seq = s;
		if (!d->recent)
			d->recent = 1;
		return d;
	}
	return NULL;
}

bool dentry_get_checked(struct dentry *d, u32 seq)
{
	if (!ref_get_unless_zero(&d->refs))
		return false;
	if (likely(READ_ONCE(d->seq) == seq))
		return true;
	dentry_put(d);
	return false;
}

bool dentry_get_of(struct dentry *d, const struct inode *ino)
{
	if (!ref_get_unless_zero(&d->refs))
		return false;
	if (READ_ONCE(d->inode) == ino)
		return true;
	dentry_put(d);
	return false;
}

struct dentry *dentry_find(struct dentry *parent, const char *name, u32 len,
			   u32 hash)
{
	u32 seq;
	struct dentry *d = dentry_find_nolock(parent, name, len, hash, &seq);

	return d && dentry_get_checked(d, seq) ? d : NULL;
}

/* The last word on whether a name is cached. Caller holds the dir's lock. */
static struct dentry *dentry_find_sure(struct dentry *parent, const char *name,
				       u32 len, u32 hash)
{
	u32 h = dentry_hash_with(parent, hash);
	struct dentry *d;

	spin_lock(&dcache_lock);
	for (d = *dcache_bucket(h); d; d = d->hash_next)
		if (d->hash == h && d->parent == parent && d->len == len &&
		    name_equal(d->name, name, len))
			break;
	if (d)
		ref_get(&d->refs);
	spin_unlock(&dcache_lock);
	return d;
}

/* --- Life --- */

static int dentry_set_name(struct dentry *d, const char *name, u32 len)
{
	char *s = d->inline_name;

	if (len >= sizeof(d->inline_name)) {
		s = kmalloc(ALIGN_UP(len + 1, 8));
		if (!s)
			return -ENOMEM;
	}
	memcpy(s, name, len);
	s[len] = 0;
	d->name = s;
	d->len = (u16)len;
	return 0;
}

static struct dentry *dentry_alloc(struct super *sb, const char *name, u32 len)
{
	struct dentry *d = objcache_alloc(&dentry_objs);

	if (!d)
		return NULL;
	d->flags = 0;
	d->hash = 0;
	d->inode = NULL;
	d->parent = d;
	d->sb = sb;
	list_init(&d->children);
	list_init(&d->sibling);
	list_init(&d->lru);
	d->stamp = 0;
	d->watch = 0;
	d->recent = 0;
	if (dentry_set_name(d, name, len)) {
		d->parent = NULL;
		objcache_free(&dentry_objs, d);
		return NULL;
	}
	ref_init(&d->refs, 1);
	return d;
}

/* No reference and no place in any list is left. */
static void dentry_free(struct dentry *d)
{
	for (;;) {
		struct dentry *parent = d->parent;
		struct inode *ino = d->inode;

		if (ino && ino->marks && ino->nlink == 0)
			fsnotify_inode_gone(ino);
		dentry_seq_begin(d);
		d->parent = NULL;
		d->inode = NULL;
		d->hash = 0;
		dentry_seq_end(d);
		if (d->name != d->inline_name)
			kfree(d->name);
		d->name = d->inline_name;
		objcache_free(&dentry_objs, d);
		if (ino)
			inode_put(ino);
		/* the parent's reference, without recursion */
		if (!parent || parent == d || !ref_put(&parent->refs))
			return;
		d = parent;
	}
}

void dentry_get(struct dentry *d)
{
	ref_get(&d->refs);
}

/* Caller holds dcache_lock and drops the cache's reference after it. */
static void dentry_unhash_locked(struct dentry *d)
{
	struct dentry **pp = dcache_bucket(d->hash);

	dentry_seq_begin(d);
	while (*pp != d)
		pp = &(*pp)->hash_next;
	/* d->hash_next stays: a reader may stand on it */
	store_release(pp, d->hash_next);
	atomic_and(&d->flags, ~DENTRY_HASHED);
	list_del(&d->lru);
	list_del(&d->sibling);
	dcache_count--;
	dentry_seq_end(d);
}

/* Caller holds dcache_lock. => the only reference was the cache's: it is gone,
 * the dentry unhashed, and the caller frees it. */
static bool dentry_kill_idle_locked(struct dentry *d)
{
	if (!(d->flags & DENTRY_HASHED) || !atomic_cas(&d->refs.n, 1u, 0u))
		return false;
	dentry_unhash_locked(d);
	return true;
}

void dentry_put(struct dentry *d)
{
	u32 n = __atomic_sub_fetch(&d->refs.n, 1, __ATOMIC_ACQ_REL);
	bool kill;

	if (unlikely(n == 0)) {
		dentry_free(d);
		return;
	}
	if (likely(n > 1 || !(READ_ONCE(d->flags) & DENTRY_NOCACHE)))
		return;
	/* d is memory of a dentry for ever; which one, the lock decides */
	spin_lock(&dcache_lock);
	kill = (d->flags & DENTRY_NOCACHE) && dentry_kill_idle_locked(d);
	spin_unlock(&dcache_lock);
	if (kill)
		dentry_free(d);
}

/* Hash it under its parent: one more reference, the cache's. */
static void dentry_hash_locked(struct dentry *d, u32 hash)
{
	struct dentry **pp;

	d->hash = dentry_hash_with(d->parent, hash);
	pp = dcache_bucket(d->hash);
	dentry_seq_begin(d);
	d->hash_next = *pp;
	atomic_or(&d->flags, DENTRY_HASHED);
	list_add(&d->lru, &dcache_lru);
	list_add_tail(&d->sibling, &d->parent->children);
	dcache_count++;
	dentry_seq_end(d);
	store_release(pp, d);
}

void dentry_attach(struct dentry *d, struct inode *ino)
{
	store_release(&d->inode, ino);
}

struct dentry *dentry_alloc_root(struct super *sb, struct inode *root)
{
	struct dentry *d = dentry_alloc(sb, "/", 1);

	if (d)
		d->inode = root;
	return d;
}

struct dentry *dentry_alloc_anon(struct super *sb, const char *name,
				 struct inode *ino)
{
	struct dentry *d = dentry_alloc(sb, name, (u32)strlen(name));

	if (d)
		d->inode = ino;
	return d;
}

struct dentry *dentry_lookup_locked(struct dentry *dir, const char *name,
				    u32 len)
{
	struct inode *ino = dir->inode;
	u32 hash = name_hash(name, len);
	struct dentry *d;
	int err;

	if (len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	for (;;) {
		d = dentry_find_sure(dir, name, len, hash);
		if (!d)
			break;
		if (likely(!ino->ops->revalidate))
			return d;
		err = ino->ops->revalidate(d);
		if (err == 1)
			return d;
		if (err == 0)
			dentry_drop(d);
		dentry_put(d);
		if (err < 0)
			return ERR_PTR(err);
	}
	if (!ino->ops->lookup)
		return ERR_PTR(-ENOTDIR);
	d = dentry_alloc(dir->sb, name, len);
	if (!d)
		return ERR_PTR(-ENOMEM);
	dentry_get(dir);
	d->parent = dir;
	err = ino->ops->lookup(ino, d);
	if (err) {
		dentry_put(d);
		return ERR_PTR(err);
	}
	/* negative ones of file systems that do not want to be cached: no */
	if (!d->inode && (d->flags & DENTRY_NOCACHE))
		return d;
	spin_lock(&dcache_lock);
	ref_get(&d->refs);
	dentry_hash_locked(d, hash);
	spin_unlock(&dcache_lock);
	if (unlikely(READ_ONCE(dcache_count) > dcache_limit))
		dcache_shrink(32);
	return d;
}

struct dentry *dentry_cached_locked(struct dentry *dir, const char *name,
				    u32 len)
{
	return dentry_find_sure(dir, name, len, name_hash(name, len));
}

struct dentry *dentry_add_locked(struct dentry *dir, const char *name, u32 len,
				 struct inode *ino, u64 watch, u64 stamp)
{
	struct dentry *d = dentry_alloc(dir->sb, name, len);

	if (!d) {
		inode_put(ino);
		return NULL;
	}
	dentry_get(dir);
	d->parent = dir;
	d->inode = ino;
	d->watch = watch;
	d->stamp = stamp;
	spin_lock(&dcache_lock);
	ref_get(&d->refs);
	dentry_hash_locked(d, name_hash(name, len));
	spin_unlock(&dcache_lock);
	if (unlikely(READ_ONCE(dcache_count) > dcache_limit))
		dcache_shrink(32);
	return d;
}

void dentry_drop(struct dentry *d)
{
	bool hashed;

	spin_lock(&dcache_lock);
	hashed = d->flags & DENTRY_HASHED;
	if (hashed)
		dentry_unhash_locked(d);
	atomic_or(&d->flags, DENTRY_DELETED);
	spin_unlock(&dcache_lock);
	if (hashed)
		dentry_put(d);
}

struct dentry *dentry_get_parent(struct dentry *d)
{
	struct dentry *p;

	spin_lock(&dcache_lock);
	p = d->parent;
	ref_get(&p->refs);
	spin_unlock(&dcache_lock);
	return p;
}

bool dentry_is_descendant(const struct dentry *d, const struct dentry *of)
{
	bool is;

	spin_lock(&dcache_lock);
	while (d != of && d->parent != d)
		d = d->parent;
	is = d == of;
	spin_unlock(&dcache_lock);
	return is;
}

/* --- Renaming --- */

u32 rename_seq; /* under dcache_lock */

int dentry_move(struct dentry *d, struct dentry *new_parent, const char *name,
		u32 len)
{
	struct dentry *old_parent = d->parent;
	char *old_name = d->name, *s = NULL;
	bool hashed;

	if (len >= sizeof(d->inline_name)) {
		s = kmalloc(ALIGN_UP(len + 1, 8));
		if (!s)
			return -ENOMEM;
	}
	dentry_get(new_parent);
	spin_lock(&dcache_lock);
	store_release(&rename_seq, rename_seq + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	hashed = d->flags & DENTRY_HASHED;
	if (hashed)
		dentry_unhash_locked(d);
	dentry_seq_begin(d);
	if (!s)
		s = d->inline_name;
	memmove(s, name, len);
	s[len] = 0;
	d->name = s;
	d->len = (u16)len;
	d->parent = new_parent;
	dentry_seq_end(d);
	store_release(&rename_seq, rename_seq + 1);
	if (!hashed)
		ref_get(&d->refs);
	dentry_hash_locked(d, name_hash(s, len));
	spin_unlock(&dcache_lock);
	if (old_name != d->inline_name)
		kfree(old_name);
	dentry_put(old_parent);
	return 0;
}

int dentry_exchange(struct dentry *a, struct dentry *b)
{
	struct dentry *ap = a->parent, *bp = b->parent;
	char *an = kstrdup(a->name), *bn = kstrdup(b->name);
	int err = -ENOMEM;

	if (!an || !bn)
		goto out;
	dentry_get(ap);
	err = dentry_move(a, bp, bn, (u32)strlen(bn));
	if (!err) {
		err = dentry_move(b, ap, an, (u32)strlen(an));
		if (err) /* forget both: the next lookup asks again */
			dentry_drop(b);
	}
	dentry_put(ap);
out:
	kfree(an);
	kfree(bn);
	return err;
}

/* --- Shrinking --- */

u32 dcache_shrink(u32 nr)
{
	u32 freed = 0, scan = nr * 8;

	while (freed < nr && scan--) {
		struct dentry *d;
		bool kill = false;

		spin_lock(&dcache_lock);
		if (list_empty(&dcache_lru)) {
			spin_unlock(&dcache_lock);
			break;
		}
		d = list_last(&dcache_lru, struct dentry, lru);
		if (!d->recent)
			kill = dentry_kill_idle_locked(d);
		if (!kill) {
			d->recent = 0;
			list_del(&d->lru);
			list_add(&d->lru, &dcache_lru);
		}
		spin_unlock(&dcache_lock);
		if (kill) {
			dentry_free(d);
			freed++;
		}
	}
	return freed;
}

/*
 * Each round takes the leaves; their parents are idle in the next one. What
 * is left in the end is in use, or holds something that is.
 */
void dcache_shrink_super(struct super *sb)
{
	struct list_head doomed;
	struct dentry *d, *n;
	bool any;

	do {
		list_init(&doomed);
		spin_lock(&dcache_lock);
		list_for_each_entry_safe (d, n, &dcache_lru, lru) {
			if ((!sb || d->sb == sb) && dentry_kill_idle_locked(d))
				list_add(&d->lru, &doomed);
		}
		spin_unlock(&dcache_lock);
		any = !list_empty(&doomed);
		list_for_each_entry_safe (d, n, &doomed, lru)
			dentry_free(d);
	} while (any);
}

/* A directory that goes lets go of the names nobody uses: they hold it. */
void dcache_forget_children(struct dentry *dir)
{
	struct list_head doomed;
	struct dentry *d, *n;

	list_init(&doomed);
	spin_lock(&dcache_lock);
	list_for_each_entry_safe (d, n, &dir->children, sibling)
		if (dentry_kill_idle_locked(d))
			list_add(&d->lru, &doomed);
	spin_unlock(&dcache_lock);
	list_for_each_entry_safe (d, n, &doomed, lru)
		dentry_free(d);
}

/*
 * The end of a super: its names go, then its root. A lockless walker may hold
 * any of them for a moment, and the shrinker may be freeing one: both end at
 * the root, whose count says when they are done. => false: somebody never is
 */
bool dcache_put_root(struct dentry *root)
{
	u32 tries;

	for (tries = 0; tries < 100000; tries++) {
		dcache_shrink_super(root->sb);
		if (atomic_cas(&root->refs.n, 1u, 0u)) {
			dentry_free(root);
			return true;
		}
		host_yield();
	}
	return false;
}

void dcache_get_stats(struct dcache_stats *st)
{
	st->total = READ_ONCE(dcache_count);
	st->limit = dcache_limit;
}
