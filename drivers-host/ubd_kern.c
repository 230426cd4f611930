// SPDX-License-Identifier: GPL-2.0
/*
 * Disks ubda … ubdp, front end: bios become requests of the ring (ubd.h).
 *
 * Each bio is one asynchronous request; its vectors are named to the monitor
 * where they stand. So that a stuck disk leaves slots of the ring for others,
 * one disk has at most UBD_DEPTH under way, all together UBD_DEPTH_ALL.
 */
#include <abi/errno.h>
#include <hostapi/boot.h>
#include <hostapi/host.h>
#include <kernel/block.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include "ubd.h"

#define UBD_DEPTH     64u
#define UBD_DEPTH_ALL 160u

struct ubd {
	struct bdev bdev;
	u32 unit;
	u32 in_flight; /* atomic, as ubd_in_flight */
};

static struct ubd *ubds[UBD_UNITS];
static u32 ubd_in_flight;
static struct waitqueue ubd_wait = WAITQUEUE_INIT(ubd_wait);

_Static_assert(sizeof(struct ubd_vec) == sizeof(struct bio_vec), "vectors");
_Static_assert(BIO_MAX_VECS == UBD_MAX_VECS, "vectors");

static bool ubd_room(struct ubd *u)
{
	if (atomic_inc(&u->in_flight) <= UBD_DEPTH) {
		if (atomic_inc(&ubd_in_flight) <= UBD_DEPTH_ALL)
			return true;
		atomic_dec(&ubd_in_flight);
	}
	atomic_dec(&u->in_flight);
	return false;
}

static void ubd_done(struct ring_req *r, void *priv)
{
	struct bio *bio = priv;
	struct ubd *u = bio->bdev->whole->priv;
	s64 err = r->result;

	atomic_dec(&ubd_in_flight);
	atomic_dec(&u->in_flight);
	if (READ_ONCE(ubd_wait.nwait))
		waitqueue_wake_all(&ubd_wait);
	if (err == -ENODEV)
		err = -EIO;
	bio_done(bio, (int)err);
}

static void ubd_submit(struct bdev *b, struct bio *bio)
{
	static const u16 ops[] = {
		[BIO_READ] = UBD_READ,	 [BIO_WRITE] = UBD_WRITE,
		[BIO_FLUSH] = UBD_FLUSH, [BIO_DISCARD] = UBD_DISCARD,
		[BIO_ZERO] = UBD_ZERO,
	};
	struct ubd *u = b->priv;
	struct ring_req *r;

	if (!ubd_room(u))
		wait_event(&ubd_wait, ubd_room(u), "ubd");
	r = ring_get(RING_DEV_BLOCK, ops[bio->op]);
	r->arg[0] = u->unit;
	r->arg[1] = bio->pos;
	r->arg[2] = bio->len;
	if (bio->op == BIO_WRITE && (bio->flags & BIO_FUA))
		r->arg[3] = UBD_FUA;
	if (bio->op <= BIO_WRITE) {
		r->space = RING_ARENA;
		r->buf_off = ring_arena_off(bio->vecs);
		r->buf_len = bio->nr_vecs * (u32)sizeof(struct ubd_vec);
	}
	ring_call_async(r, ubd_done, bio);
}

static void ubd_poll(struct bdev *b, const bool *done)
{
	ring_poll_async(done);
}

static const struct bdev_ops ubd_ops = {
	.submit = ubd_submit,
	.poll = ubd_poll,
};

/* --- coming and going --- */

/* => 0, -ENODEV */
static int ubd_ask(u32 unit, struct ubd_info *info)
{
	struct ring_req *r = ring_get(RING_DEV_BLOCK, UBD_INFO);
	s64 err;

	r->arg[0] = unit;
	r->space = RING_ARENA;
	r->buf_off = ring_arena_off(info);
	r->buf_len = sizeof(*info);
	err = ring_call(r);
	ring_put(r);
	return (int)err;
}

static void ubd_add(u32 unit, const struct ubd_info *info)
{
	struct ubd *u = kzalloc(sizeof(*u));
	struct bdev *b;
	int err;

	if (!u)
		return;
	u->unit = unit;
	b = &u->bdev;
	snprintf(b->name, sizeof(b->name), "ubd%c", 'a' + unit);
	b->rdev = MKDEV(UBD_MAJOR, unit * UBD_MINORS);
	b->minors = UBD_MINORS;
	b->size = info->size;
	b->logical_block = info->block;
	b->max_bytes = UBD_MAX_IO;
	b->read_only = b->host_read_only = info->flags & UBD_READ_ONLY;
	b->discard = info->flags & UBD_DISCARDS;
	b->fua = true;
	b->ops = &ubd_ops;
	b->priv = u;
	strlcpy(b->serial, info->serial, sizeof(b->serial));
	err = bdev_register(b);
	if (err) {
		printk(KERN_WARN "%s: error %d\n", b->name, -err);
		kfree(u);
		return;
	}
	ubds[unit] = u;
	printk(KERN_INFO "%s: %llu sectors%s\n", b->name,
	       (unsigned long long)b->size / 512,
	       b->read_only ? ", read-only" : "");
}

static void ubd_acknowledge(u32 unit, s64 err)
{
	struct ring_req *r = ring_get(RING_DEV_BLOCK, UBD_ACK);

	r->arg[0] = unit;
	r->arg[1] = (u64)err;
	ring_call(r);
	ring_put(r);
}

static int ubd_remove(u32 unit)
{
	struct ubd *u = ubds[unit];
	int err = bdev_retire(&u->bdev);

	if (err)
		return err;
	ubds[unit] = NULL;
	printk(KERN_INFO "%s: removed\n", u->bdev.name);
	kfree(u);
	return 0;
}

/* Something is new: look at all. */
static void ubd_event(u32 bits)
{
	struct ubd_info *info = kmalloc(sizeof(*info));

	for (u32 i = 0; info && i < UBD_UNITS; i++) {
		if (ubd_ask(i, info))
			continue;
		if (!ubds[i]) {
			ubd_add(i, info);
			ubd_acknowledge(i, ubds[i] ? 0 : -EIO);
		} else if (info->flags & UBD_GOING) {
			ubd_acknowledge(i, ubd_remove(i));
		}
	}
	kfree(info);
}

void ubd_init(void)
{
	struct boot_params *bp = (void *)ARENA_BASE;
	struct ubd_info *info;

	ring_event_register(RING_EV_DISK, ubd_event);
	if (!bp->disks)
		return;
	info = kzalloc(sizeof(*info));
	if (!info)
		panic("ubd: no memory");
	for (u32 i = 0; i < UBD_UNITS; i++)
		if ((bp->disks >> i & 1) && !ubd_ask(i, info))
			ubd_add(i, info);
	kfree(info);
}
