// SPDX-License-Identifier: GPL-2.0
/*
 * Metadata buffers: see kernel/buffer.h.
 *
 * A cache is a hash by block number, a list of dirty buffers and one of those
 * that nobody has a reference on, oldest first, from which memory is taken
 * back; a cache that has grown past its limit does that by itself whenever it
 * makes a new buffer. Data of a page or more comes from the page allocator,
 * smaller blocks share a page, so that a block never crosses one and is
 * naturally aligned.
 *
 * cache->lock (spin) guards the hash, the lists, references and flags; I/O is
 * done under buffer->lock (for reading in: the second one waits for the first)
 * and never under the spinlock. A buffer that is being written keeps a
 * reference; what is changed meanwhile makes it dirty again.
 */
#include <abi/errno.h>
#include <kernel/buffer.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#define BUFFER_HASH_MIN 256u
#define BUFFER_RUN	BIO_MAX_VECS

struct buffer_cache {
	spinlock_t lock;
	struct bdev *bdev;
	u32 size; /* of a block */
	u32 nbuckets, count, limit;
	struct buffer **bucket;
	struct list_head lru; /* without references, clean; oldest first */
	struct list_head dirty;
	struct list_head free_data; /* pieces of pages, when size < PAGE_SIZE */
	struct list_head node;
};

/* A piece of a page that is not in use. */
struct buffer_piece {
	struct list_head node;
};

static spinlock_t buffer_caches_lock = SPINLOCK_INIT;
static struct list_head buffer_caches = LIST_HEAD_INIT(buffer_caches);

struct buffer_cache *buffer_cache_create(struct bdev *b, u32 block_size)
{
	struct buffer_cache *c;

	if (block_size < 512 || block_size > 65536 ||
	    (block_size & (block_size - 1)))
		return ERR_PTR(-EINVAL);
	c = kzalloc(sizeof(*c));
	if (!c)
		return ERR_PTR(-ENOMEM);
	spin_init(&c->lock);
	c->bdev = b;
	c->size = block_size;
	c->limit = (32u << 20) / block_size;
	c->nbuckets = BUFFER_HASH_MIN;
	c->bucket = kcalloc(c->nbuckets, sizeof(*c->bucket));
	if (!c->bucket) {
		kfree(c);
		return ERR_PTR(-ENOMEM);
	}
	list_init(&c->lru);
	list_init(&c->dirty);
	list_init(&c->free_data);
	spin_lock(&buffer_caches_lock);
	list_add_tail(&c->node, &buffer_caches);
	spin_unlock(&buffer_caches_lock);
	return c;
}

/* --- memory of the data --- */

static u32 buffer_order(const struct buffer_cache *c)
{
	u32 order = 0;

	while ((PAGE_SIZE << order) < c->size)
		order++;
	return order;
}

/* Caller holds c->lock. Pages that were cut stay with the cache. */
static u8 *buffer_data_alloc(struct buffer_cache *c)
{
	struct buffer_piece *p;
	u8 *page;

	if (c->size >= PAGE_SIZE)
		return page_alloc(buffer_order(c));
	if (list_empty(&c->free_data)) {
		page = page_alloc(0);
		if (!page)
			return NULL;
		for (u32 i = 0; i < PAGE_SIZE; i += c->size)
			list_add(&((struct buffer_piece *)(page + i))->node,
				 &c->free_data);
	}
	p = list_first(&c->free_data, struct buffer_piece, node);
	list_del(&p->node);
	return (u8 *)p;
}

static void buffer_data_free(struct buffer_cache *c, u8 *data)
{
	if (c->size >= PAGE_SIZE)
		page_free(data, buffer_order(c));
	else
		list_add(&((struct buffer_piece *)data)->node, &c->free_data);
}

/* The pieces go back: all of them are free. */
static void buffer_pieces_drop(struct buffer_cache *c)
{
	struct list_head pages;
	struct buffer_piece *p, *n;

	list_init(&pages);
	list_for_each_entry_safe (p, n, &c->free_data, node) {
		list_del(&p->node);
		if (!((u64)p & (PAGE_SIZE - 1)))
			list_add(&p->node, &pages);
	}
	list_for_each_entry_safe (p, n, &pages, node)
		page_free(p, 0);
}

/* --- finding --- */

static struct buffer **buffer_slot(struct buffer_cache *c, u64 block)
{
	u64 h = block * 0x9e3779b97f4a7c15ull;

	return &c->bucket[(h >> 40) & (c->nbuckets - 1)];
}

static struct buffer *buffer_find_locked(struct buffer_cache *c, u64 block)
{
	struct buffer *b = *buffer_slot(c, block);

	while (b && b->block != block)
		b = b->hash_next;
	return b;
}

static void buffer_unhash_locked(struct buffer_cache *c, struct buffer *b)
{
	struct buffer **pp = buffer_slot(c, b->block);

	while (*pp && *pp != b)
		pp = &(*pp)->hash_next;
	if (*pp)
		*pp = b->hash_next;
	b->hash_next = b; /* says: not hashed */
}

static void buffer_free_locked(struct buffer_cache *c, struct buffer *b)
{
	if (b->hash_next != b)
		buffer_unhash_locked(c, b);
	list_del(&b->lru);
	list_del(&b->dirty_node);
	buffer_data_free(c, b->data);
	kfree(b);
	c->count--;
}

static u32 buffer_shrink_locked(struct buffer_cache *c, u32 nr)
{
	u32 done = 0;

	while (done < nr && !list_empty(&c->lru)) {
		struct buffer *b = list_first(&c->lru, struct buffer, lru);

		buffer_free_locked(c, b);
		done++;
	}
	return done;
}

static void buffer_rehash_locked(struct buffer_cache *c)
{
	u32 n = c->nbuckets * 4, old = c->nbuckets;
	struct buffer **bucket, **was = c->bucket;

	if (c->count < c->nbuckets * 2 || n > (1u << 18))
		return;
	bucket = kcalloc(n, sizeof(*bucket));
	if (!bucket)
		return;
	c->bucket = bucket;
	c->nbuckets = n;
	for (u32 i = 0; i < old; i++) {
		struct buffer *b = was[i], *next;

		for (; b; b = next) {
			struct buffer **pp = buffer_slot(c, b->block);

			next = b->hash_next;
			b->hash_next = *pp;
			*pp = b;
		}
	}
	kfree(was);
}

static struct buffer *buffer_new_locked(struct buffer_cache *c, u64 block)
{
	struct buffer *b, **pp;

	if (c->count >= c->limit)
		buffer_shrink_locked(c, 16);
	buffer_rehash_locked(c);
	b = kzalloc(sizeof(*b));
	if (!b)
		return NULL;
	b->data = buffer_data_alloc(c);
	if (!b->data) {
		kfree(b);
		return NULL;
	}
	b->block = block;
	b->cache = c;
	mutex_init(&b->lock);
	list_init(&b->lru);
	list_init(&b->dirty_node);
	pp = buffer_slot(c, block);
	b->hash_next = *pp;
	*pp = b;
	c->count++;
	return b;
}

struct buffer *buffer_get(struct buffer_cache *c, u64 block)
{
	struct buffer *b;

	spin_lock(&c->lock);
	b = buffer_find_locked(c, block);
	if (!b)
		b = buffer_new_locked(c, block);
	if (b) {
		b->refs++;
		list_del(&b->lru);
	}
	spin_unlock(&c->lock);
	return b ? b : ERR_PTR(-ENOMEM);
}

struct buffer *buffer_read(struct buffer_cache *c, u64 block)
{
	struct buffer *b = buffer_get(c, block);
	int err = 0;

	if (IS_ERR(b) || likely(load_acquire(&b->uptodate)))
		return b;
	mutex_lock(&b->lock);
	if (!b->uptodate) {
		err = bdev_read(c->bdev, block * c->size, b->data, c->size);
		if (!err)
			store_release(&b->uptodate, true);
	}
	mutex_unlock(&b->lock);
	if (!err)
		return b;
	buffer_put(b);
	return ERR_PTR(err);
}

void buffer_ref(struct buffer *b)
{
	spin_lock(&b->cache->lock);
	b->refs++;
	spin_unlock(&b->cache->lock);
}

void buffer_put(struct buffer *b)
{
	struct buffer_cache *c = b->cache;

	spin_lock(&c->lock);
	BUG_ON(!b->refs);
	if (!--b->refs && !b->dirty) {
		if (b->hash_next == b || !b->uptodate)
			buffer_free_locked(c, b);
		else
			list_add_tail(&b->lru, &c->lru);
	}
	spin_unlock(&c->lock);
}

void buffer_mark_dirty(struct buffer *b)
{
	struct buffer_cache *c = b->cache;

	spin_lock(&c->lock);
	if (!b->dirty && b->hash_next != b) {
		b->dirty = true;
		list_del(&b->lru);
		list_add_tail(&b->dirty_node, &c->dirty);
	}
	spin_unlock(&c->lock);
}

static void buffer_clean_locked(struct buffer_cache *c, struct buffer *b)
{
	if (!b->dirty)
		return;
	b->dirty = false;
	list_del(&b->dirty_node);
}

void buffer_forget(struct buffer_cache *c, u64 block)
{
	struct buffer *b;

	spin_lock(&c->lock);
	b = buffer_find_locked(c, block);
	if (b) {
		buffer_clean_locked(c, b);
		buffer_unhash_locked(c, b);
		if (!b->refs)
			buffer_free_locked(c, b);
	}
	spin_unlock(&c->lock);
}

void buffer_readahead(struct buffer_cache *c, u64 block, u32 n)
{
	struct buffer *got[BUFFER_RUN];
	struct bio_vec vec[BUFFER_RUN];
	struct bio bio = { .op = BIO_READ, .vecs = vec };
	u32 k = 0;

	n = min_t(u32, n, BUFFER_RUN);
	while (k < n && (block + k + 1) * c->size <= c->bdev->size) {
		struct buffer *b = buffer_get(c, block + k);

		if (IS_ERR(b))
			break;
		if (b->uptodate || !mutex_trylock(&b->lock)) {
			buffer_put(b);
			break;
		}
		if (b->uptodate) {
			mutex_unlock(&b->lock);
			buffer_put(b);
			break;
		}
		vec[k].base = b->data;
		vec[k].len = c->size;
		got[k++] = b;
	}
	if (!k)
		return;
	bio.pos = block * c->size;
	bio.len = (u64)k * c->size;
	bio.nr_vecs = k;
	if (!bio_submit_wait(&bio, c->bdev))
		for (u32 i = 0; i < k; i++)
			store_release(&got[i]->uptodate, true);
	for (u32 i = 0; i < k; i++) {
		mutex_unlock(&got[i]->lock);
		buffer_put(got[i]);
	}
}

/* Written; what failed is dirty again. */
static void buffer_written(struct buffer *b, int err)
{
	b->write_error = err != 0;
	if (err)
		buffer_mark_dirty(b);
	buffer_put(b);
}

/* Buffers that were clean-marked and referenced; sorted by block. */
static int buffer_write_run(struct buffer_cache *c, struct buffer **v, u32 n)
{
	struct bio_vec vec[BUFFER_RUN];
	struct bio bio = { .op = BIO_WRITE, .vecs = vec, .nr_vecs = n };
	int err;

	for (u32 i = 0; i < n; i++) {
		vec[i].base = v[i]->data;
		vec[i].len = c->size;
	}
	bio.pos = v[0]->block * c->size;
	bio.len = (u64)n * c->size;
	err = bio_submit_wait(&bio, c->bdev);
	for (u32 i = 0; i < n; i++)
		buffer_written(v[i], err);
	return err;
}

int buffer_sync(struct buffer *b)
{
	struct buffer_cache *c = b->cache;
	bool was;

	spin_lock(&c->lock);
	was = b->dirty;
	buffer_clean_locked(c, b);
	if (was)
		b->refs++;
	spin_unlock(&c->lock);
	return was ? buffer_write_run(c, &b, 1) : 0;
}

/* Take a dirty buffer that may be written; NULL: none. */
static struct buffer *buffer_take_locked(struct buffer_cache *c)
{
	struct buffer *b;

	list_for_each_entry (b, &c->dirty, dirty_node)
		if (!b->journal) {
			buffer_clean_locked(c, b);
			b->refs++;
			return b;
		}
	return NULL;
}

static void buffer_sort(struct buffer **v, u32 n)
{
	for (u32 gap = n / 2; gap; gap /= 2)
		for (u32 i = gap; i < n; i++) {
			struct buffer *x = v[i];
			u32 j = i;

			for (; j >= gap && v[j - gap]->block > x->block;
			     j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
}

#define BUFFER_BATCH 512u

int buffer_sync_all(struct buffer_cache *c)
{
	struct buffer **v = kmalloc(BUFFER_BATCH * sizeof(*v));
	int err = 0, e;
	u32 n, i, run;

	if (!v)
		return -ENOMEM;
	do {
		spin_lock(&c->lock);
		for (n = 0; n < BUFFER_BATCH; n++) {
			v[n] = buffer_take_locked(c);
			if (!v[n])
				break;
		}
		spin_unlock(&c->lock);
		buffer_sort(v, n);
		for (i = 0; i < n; i += run) {
			run = 1;
			while (i + run < n && run < BUFFER_RUN &&
			       v[i + run]->block == v[i]->block + run)
				run++;
			e = buffer_write_run(c, v + i, run);
			if (e && !err)
				err = e;
		}
	} while (n == BUFFER_BATCH && !err);
	kfree(v);
	return err;
}

u32 buffer_cache_shrink(u32 nr)
{
	struct buffer_cache *c;
	u32 done = 0;

	spin_lock(&buffer_caches_lock);
	list_for_each_entry (c, &buffer_caches, node) {
		if (done >= nr)
			break;
		spin_lock(&c->lock);
		done += buffer_shrink_locked(c, nr - done);
		spin_unlock(&c->lock);
	}
	spin_unlock(&buffer_caches_lock);
	return done;
}

void buffer_cache_destroy(struct buffer_cache *c)
{
	u32 lost = 0;

	spin_lock(&buffer_caches_lock);
	list_del(&c->node);
	spin_unlock(&buffer_caches_lock);
	for (u32 i = 0; i < c->nbuckets; i++)
		while (c->bucket[i]) {
			lost += c->bucket[i]->refs != 0;
			buffer_free_locked(c, c->bucket[i]);
		}
	if (lost)
		printk(KERN_WARN "buffers: %u of %s were in use\n", lost,
		       c->bdev->name);
	buffer_pieces_drop(c);
	kfree(c->bucket);
	kfree(c);
}
