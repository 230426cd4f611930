// SPDX-License-Identifier: GPL-2.0
/*
 * Asynchronous I/O, following io_setup(2) and its relatives, as plainly as it
 * can be: io_submit(2) does the work itself before it returns, and what is
 * asynchronous is only that the result is fetched by io_getevents(2). That is
 * what Linux does as well for files that it cannot do otherwise.
 *
 * A context is known by the address of a page of the guest's, which Linux fills
 * with a ring; ours stays zero, which tells libaio to ask the kernel. It stands
 * in its mm's list; completions wait in a list of its own.
 *
 * Locks: aio_lock guards the lists of contexts and all contexts' counts.
 */
#include <kernel/aio.h>
#include <kernel/ipc.h>
#include <kernel/mm.h>
#include <kernel/slab.h>
#include <kernel/sysctl.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>

struct aio_done {
	struct list_head node;
	struct io_event ev;
};

struct aio_ctx {
	struct ref refs;
	u64 id;
	u32 max;
	/* under aio_lock: */
	struct aio_ctx *next;
	u32 used; /* places taken: reserved or waiting to be read */
	struct list_head done;
	bool dead;
	struct waitqueue wait;
};

static struct mutex aio_lock = MUTEX_INIT(aio_lock);
static u64 aio_places;

u64 aio_nr(void)
{
	return READ_ONCE(aio_places);
}

int aio_create(u64 id, u32 nr_events)
{
	struct aio_ctx *c = kzalloc(sizeof(*c));
	int err = 0;

	if (!c)
		return -ENOMEM;
	ref_init(&c->refs, 1);
	c->id = id;
	c->max = nr_events;
	list_init(&c->done);
	waitqueue_init(&c->wait);
	mutex_lock(&aio_lock);
	if (aio_places + nr_events > sysctl_get(SYSCTL_AIO_MAX)) {
		err = -EAGAIN;
	} else {
		aio_places += nr_events;
		c->next = current->mm->aio;
		current->mm->aio = c;
	}
	mutex_unlock(&aio_lock);
	if (err)
		kfree(c);
	return err;
}

struct aio_ctx *aio_get(u64 id)
{
	struct aio_ctx *c;

	mutex_lock(&aio_lock);
	for (c = current->mm->aio; c && c->id != id; c = c->next)
		;
	if (c)
		ref_get(&c->refs);
	mutex_unlock(&aio_lock);
	return c;
}

void aio_put(struct aio_ctx *c)
{
	if (!ref_put(&c->refs))
		return;
	while (!list_empty(&c->done)) {
		struct aio_done *d =
			list_first(&c->done, struct aio_done, node);

		list_del(&d->node);
		kfree(d);
	}
	kfree(c);
}

static void aio_kill_locked(struct aio_ctx *c)
{
	aio_places -= c->max;
	c->dead = true;
}

int aio_destroy(u64 id)
{
	struct aio_ctx **p, *c;

	mutex_lock(&aio_lock);
	for (p = &current->mm->aio; *p && (*p)->id != id; p = &(*p)->next)
		;
	c = *p;
	if (c) {
		*p = c->next;
		aio_kill_locked(c);
	}
	mutex_unlock(&aio_lock);
	if (!c)
		return -EINVAL;
	waitqueue_wake_all(&c->wait);
	aio_put(c);
	return 0;
}

void aio_exit(struct mm *mm)
{
	struct aio_ctx *c;

	while (unlikely(READ_ONCE(mm->aio))) {
		mutex_lock(&aio_lock);
		c = mm->aio;
		if (c) {
			mm->aio = c->next;
			aio_kill_locked(c);
		}
		mutex_unlock(&aio_lock);
		if (c)
			aio_put(c);
	}
}

int aio_reserve(struct aio_ctx *c)
{
	int err = 0;

	mutex_lock(&aio_lock);
	if (c->used >= c->max)
		err = -EAGAIN;
	else
		c->used++;
	mutex_unlock(&aio_lock);
	return err;
}

void aio_unreserve(struct aio_ctx *c)
{
	mutex_lock(&aio_lock);
	c->used--;
	mutex_unlock(&aio_lock);
}

int aio_complete(struct aio_ctx *c, const struct io_event *e)
{
	struct aio_done *d = kmalloc(sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->ev = *e;
	mutex_lock(&aio_lock);
	list_add_tail(&d->node, &c->done);
	mutex_unlock(&aio_lock);
	waitqueue_wake_all(&c->wait);
	return 0;
}

/* => one more is in guest memory, 0 there is none, -EFAULT */
static int aio_read_one(struct aio_ctx *c, uaddr to)
{
	struct aio_done *d = NULL;
	int err;

	mutex_lock(&aio_lock);
	if (!list_empty(&c->done)) {
		d = list_first(&c->done, struct aio_done, node);
		list_del(&d->node);
	}
	mutex_unlock(&aio_lock);
	if (!d)
		return 0;
	err = put_user(d->ev, to);
	mutex_lock(&aio_lock);
	if (err)
		list_add(&d->node, &c->done);
	else
		c->used--;
	mutex_unlock(&aio_lock);
	if (err)
		return err;
	kfree(d);
	return 1;
}

long aio_read_events(struct aio_ctx *c, long min_nr, long nr, uaddr events,
		     u64 deadline)
{
	struct wait_entry e;
	long got = 0;
	int err = 0;

	wait_entry_init(&e);
	waitqueue_add(&c->wait, &e);
	for (;;) {
		u32 seq = sleep_prepare();
		int r = 0;

		while (got < nr &&
		       (r = aio_read_one(
				c, uadd(events,
					(u64)got * sizeof(struct io_event)))) >
			       0)
			got++;
		if (r < 0 || got >= min_nr || err || !deadline) {
			err = r < 0 ? r : err;
			break;
		}
		if (READ_ONCE(c->dead)) {
			err = -EINVAL;
			break;
		}
		err = sleep_on(seq, deadline, SLEEP_INTR, "io_getevents");
	}
	waitqueue_del(&c->wait, &e);
	return got || err == -ETIMEDOUT ? got : err;
}
