// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of block devices, and bios on their way to the drivers.
 *
 * A bio's life: bio_submit() checks it against the device (bounds, alignment,
 * read-only), moves it from a partition to its disk, counts it and hands it to
 * the driver; the driver calls bio_done() from wherever it learns of the end.
 * There is no queue and no scheduler between: the monitor's threads and the
 * host's own block layer do that better.
 *
 * Devices are few and change seldom: a list under bdev_lock. An open device
 * stays until it is closed; a driver that wants to take one away claims it as
 * if it were an exclusive holder first (bdev_retire).
 *
 * Locks: bdev_lock (mutex; list, openers, holders). bio_wait_lock (spinlock):
 * between a task that waits for a bio and who completes it.
 */
#include <abi/errno.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include "internal.h"

struct mutex bdev_lock = MUTEX_INIT(bdev_lock);
struct list_head bdev_list = LIST_HEAD_INIT(bdev_list);
static spinlock_t bio_wait_lock = SPINLOCK_INIT;

/* --- opening --- */

struct bdev *bdev_find_locked(u64 rdev)
{
	struct bdev *b;

	list_for_each_entry (b, &bdev_list, node)
		if (b->rdev == rdev)
			return b;
	return NULL;
}

struct bdev *bdev_open(u64 rdev, bool write, const void *holder)
{
	struct bdev *b;

	mutex_lock(&bdev_lock);
	b = bdev_find_locked(rdev);
	if (!b)
		b = ERR_PTR(-ENXIO);
	else if (write && b->read_only)
		b = ERR_PTR(-EROFS);
	else if (holder && b->holder && b->holder != holder)
		b = ERR_PTR(-EBUSY);
	if (!IS_ERR(b)) {
		b->openers++;
		if (holder) {
			b->holder = holder;
			b->holds++;
		}
	}
	mutex_unlock(&bdev_lock);
	/* a holder writes past the cache of those who have the node open */
	if (!IS_ERR(b) && holder && b->inode->mapping.nr_resident &&
	    !b->read_only)
		bdev_write_back(b, 0, ~0ull);
	return b;
}

void bdev_close(struct bdev *b, const void *holder)
{
	bool last;

	mutex_lock(&bdev_lock);
	last = b->openers == 1;
	if (last) /* still counted: it stays while this is done */
		bdev_file_closed(b);
	b->openers--;
	if (holder && !--b->holds)
		b->holder = NULL;
	mutex_unlock(&bdev_lock);
	if (last && b->whole->ops->last_close)
		b->whole->ops->last_close(b->whole);
}

/* Is it, or a partition of it, in use? Caller holds bdev_lock. */
bool bdev_busy_locked(const struct bdev *whole)
{
	struct bdev *b;

	list_for_each_entry (b, &bdev_list, node)
		if (b->whole == whole && b->openers)
			return true;
	return false;
}

bool bdev_parts_busy_locked(const struct bdev *whole)
{
	struct bdev *b;

	list_for_each_entry (b, &bdev_list, node)
		if (b->whole == whole && b != whole && b->openers)
			return true;
	return false;
}

/* --- bios --- */

static u32 bio_group(const struct bio *bio)
{
	switch (bio->op) {
	case BIO_READ:
		return 0;
	case BIO_WRITE:
		return 1;
	case BIO_FLUSH:
		return 3;
	default:
		return 2;
	}
}

static void bio_account(struct bio *bio, struct bdev *b, bool start)
{
	u32 g = bio_group(bio);

	if (start) {
		atomic_inc(&b->in_flight);
		return;
	}
	atomic_dec(&b->in_flight);
	atomic_inc(&b->ios[g]);
	atomic_add(&b->sectors[g], bio->len / 512);
	atomic_add(&b->ticks[g], time_mono_ns() - bio->started);
}

/* => 0, or why it cannot be done */
static int bio_check(const struct bio *bio, const struct bdev *b)
{
	u32 mask = b->logical_block - 1;
	u64 sum = 0;

	if (bio->op == BIO_FLUSH)
		return bio->len ? -EINVAL : 0;
	if (bio->op != BIO_READ && b->read_only)
		return -EROFS;
	if (bio->op == BIO_DISCARD && !b->discard)
		return -EOPNOTSUPP;
	if (((bio->pos | bio->len) & mask) || bio->pos > b->size ||
	    bio->len > b->size - bio->pos)
		return bio->pos >= b->size && bio->op == BIO_WRITE ? -ENOSPC
								   : -EIO;
	if (bio->op != BIO_READ && bio->op != BIO_WRITE)
		return 0;
	if (bio->nr_vecs > BIO_MAX_VECS || bio->len > b->max_bytes)
		return -EINVAL;
	for (u32 i = 0; i < bio->nr_vecs; i++)
		sum += bio->vecs[i].len;
	return sum == bio->len ? 0 : -EINVAL;
}

void bio_submit(struct bio *bio, struct bdev *b)
{
	int err = bio_check(bio, b);

	bio->bdev = b;
	bio->started = time_mono_ns();
	bio_account(bio, b, true);
	if (b != b->whole)
		bio_account(bio, b->whole, true);
	if (err) {
		bio_done(bio, err);
		return;
	}
	if (!bio->len && bio->op != BIO_FLUSH) {
		bio_done(bio, 0);
		return;
	}
	bio->pos += b->start;
	b->whole->ops->submit(b->whole, bio);
}

void bio_done(struct bio *bio, int result)
{
	struct bdev *b = bio->bdev;

	bio->result = result;
	bio_account(bio, b, false);
	if (b != b->whole)
		bio_account(bio, b->whole, false);
	bio->done(bio);
}

struct bio_waiter {
	struct task *task;
	bool done;
};

static void bio_wait_done(struct bio *bio)
{
	struct bio_waiter *w = bio->priv;

	/* the waiter's stack and task are there until the lock is free */
	spin_lock(&bio_wait_lock);
	store_release(&w->done, true);
	task_wake(w->task);
	spin_unlock(&bio_wait_lock);
}

int bio_submit_wait(struct bio *bio, struct bdev *b)
{
	struct bio_waiter w = { .task = current };

	bio->done = bio_wait_done;
	bio->priv = &w;
	bio_submit(bio, b);
	if (!load_acquire(&w.done) && b->whole->ops->poll)
		b->whole->ops->poll(b->whole, &w.done);
	for (;;) {
		u32 seq = sleep_prepare();

		if (load_acquire(&w.done))
			break;
		sleep_on(seq, TIME_NEVER, SLEEP_UNINTR, "bio");
	}
	spin_lock(&bio_wait_lock);
	spin_unlock(&bio_wait_lock);
	bio->done = NULL;
	bio->priv = NULL;
	return bio->result;
}

static int bdev_rw(struct bdev *b, enum bio_op op, u64 pos, void *data, u32 len,
		   u32 flags)
{
	while (len) {
		u32 part = min(len, b->max_bytes);
		struct bio_vec v = { data, part };
		struct bio bio = { .op = op,
				   .flags = flags,
				   .pos = pos,
				   .len = v.len,
				   .nr_vecs = 1,
				   .vecs = &v };
		int err = bio_submit_wait(&bio, b);

		if (err)
			return err;
		data = (u8 *)data + v.len;
		pos += v.len;
		len -= v.len;
	}
	return 0;
}

int bdev_read(struct bdev *b, u64 pos, void *data, u32 len)
{
	return bdev_rw(b, BIO_READ, pos, data, len, BIO_SYNC);
}

int bdev_write(struct bdev *b, u64 pos, const void *data, u32 len, u32 flags)
{
	return bdev_rw(b, BIO_WRITE, pos, (void *)data, len, flags);
}

static int bdev_command(struct bdev *b, enum bio_op op, u64 pos, u64 len)
{
	struct bio bio = { .op = op, .pos = pos, .len = len };

	return bio_submit_wait(&bio, b);
}

int bdev_flush(struct bdev *b)
{
	return b->read_only ? 0 : bdev_command(b, BIO_FLUSH, 0, 0);
}

int bdev_discard(struct bdev *b, u64 pos, u64 len)
{
	return bdev_command(b, BIO_DISCARD, pos, len);
}

int bdev_zero(struct bdev *b, u64 pos, u64 len)
{
	return bdev_command(b, BIO_ZERO, pos, len);
}

/* --- drivers --- */

static int bdev_add(struct bdev *b)
{
	static u64 seq;
	int err = 0;

	mutex_lock(&bdev_lock);
	b->seq = ++seq;
	if (bdev_find_locked(b->rdev))
		err = -EEXIST;
	else
		list_add_tail(&b->node, &bdev_list);
	mutex_unlock(&bdev_lock);
	return err ? err : bdev_nodes_add(b);
}

int bdev_register(struct bdev *b)
{
	int err;

	if (!b->whole)
		b->whole = b;
	if (!b->logical_block)
		b->logical_block = 512;
	if (!b->max_bytes)
		b->max_bytes = 1u << 20;
	err = bdev_file_create(b);
	if (err)
		return err;
	err = bdev_add(b);
	if (err) {
		bdev_file_destroy(b);
		return err;
	}
	if (b->whole == b && b->size)
		bdev_scan_partitions(b);
	if (b->whole == b && b->size)
		bdev_nodes_found(b);
	return 0;
}

void bdev_unregister(struct bdev *b)
{
	if (b->whole == b)
		bdev_drop_partitions(b);
	bdev_nodes_remove(b);
	mutex_lock(&bdev_lock);
	list_del(&b->node);
	mutex_unlock(&bdev_lock);
	bdev_file_destroy(b);
}

int bdev_retire(struct bdev *b)
{
	mutex_lock(&bdev_lock);
	if (bdev_busy_locked(b)) {
		mutex_unlock(&bdev_lock);
		return -EBUSY;
	}
	/* nobody can open it any more */
	b->rdev = ~0ull;
	mutex_unlock(&bdev_lock);
	bdev_unregister(b);
	return 0;
}
