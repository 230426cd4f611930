// SPDX-License-Identifier: GPL-2.0
/*
 * File locks: flock(2), and the record locks of fcntl(2), both the POSIX kind
 * (owned by a descriptor table, gone with the first close) and the kind of an
 * open file description (OFD).
 *
 * An inode has one list of locks. Flock locks cover the whole file and conflict
 * only with each other; POSIX and OFD locks are ranges and conflict among both
 * kinds. An owner never conflicts with itself: setting a range replaces what it
 * had there, splitting and merging.
 *
 * One spinlock guards all lists: locks are few, and looked at seldom. Waiters
 * sleep on one of a few queues chosen by inode and look again at every change
 * there. Who is about to wait for a POSIX lock is in the list of waiters with
 * the owner it waits for; a chain that leads back is a deadlock (EDEADLK). OFD
 * and flock locks have no owner that could be said to wait: no detection.
 */
#include <kernel/signal.h>
#include "vfs/fasync.h"
#include "vfs/internal.h"
#include "vfs/locks.h"

#define LOCK_QUEUES    16u
#define LOCK_CHAIN_MAX 64u

struct file_lock {
	struct file_lock *next;
	u8 kind;	   /* enum lock_kind */
	u8 type;	   /* F_RDLCK, F_WRLCK */
	u64 start, end;	   /* both included */
	const void *owner; /* struct files, or struct file */
	s32 pid;
	struct inode *ino;
	struct list_head all; /* for /proc/locks */
};

struct lock_waiter {
	struct list_head node;
	const void *owner, *blocker;
};

static spinlock_t locks_lock;
static struct list_head locks_all = LIST_HEAD_INIT(locks_all);
static struct list_head locks_waiters = LIST_HEAD_INIT(locks_waiters);
static struct waitqueue locks_queues[LOCK_QUEUES];

static struct waitqueue *locks_queue(const struct inode *ino)
{
	return &locks_queues[((u64)ino >> 6) % LOCK_QUEUES];
}

static bool locks_same_owner(const struct file_lock *l,
			     const struct lock_request *r)
{
	return l->kind == r->kind && l->owner == r->owner;
}

static bool locks_conflict(const struct file_lock *l,
			   const struct lock_request *r)
{
	if ((l->kind == LOCK_FLOCK) != (r->kind == LOCK_FLOCK) ||
	    locks_same_owner(l, r))
		return false;
	if (l->type != F_WRLCK && r->type != F_WRLCK)
		return false;
	return l->start <= r->end && r->start <= l->end;
}

static struct file_lock *locks_find_conflict(struct inode *ino,
					     const struct lock_request *r)
{
	struct file_lock *l, *c = NULL;

	for (l = ino->flocks; l; l = l->next)
		if (locks_conflict(l, r) &&
		    (!c || (l->owner == c->owner && l->start < c->start)))
			c = l; /* of one owner the first in the file */
	return c;
}

/* Would `owner` wait, over others, for itself? */
static bool locks_deadlock(const void *owner, const void *blocker)
{
	u32 n;

	for (n = 0; n < LOCK_CHAIN_MAX; n++) {
		struct lock_waiter *w;
		const void *next = NULL;

		if (blocker == owner)
			return true;
		list_for_each_entry (w, &locks_waiters, node)
			if (w->owner == blocker)
				next = w->blocker;
		if (!next)
			return false;
		blocker = next;
	}
	return false;
}

/* Take *pp out of its inode's list and onto *dead. */
static void locks_unlink(struct file_lock **pp, struct file_lock **dead)
{
	struct file_lock *l = *pp;

	*pp = l->next;
	list_del(&l->all);
	l->next = *dead;
	*dead = l;
}

/*
 * Make the owner's locks on r's range be of r's type. `spare` are two unused
 * locks; what is taken is set to NULL. Emptied locks go to *dead.
 */
static void locks_apply(struct inode *ino, const struct lock_request *r,
			struct file_lock *spare[2], struct file_lock **dead)
{
	struct file_lock **pp = &ino->flocks, *l, *n;
	u64 start = r->start, end = r->end;

	while ((l = *pp)) {
		bool touches = l->start <= end && start <= l->end;

		if (locks_same_owner(l, r) && l->type == r->type) {
			/* neighbours of the same type become one */
			if (touches ||
			    (l->end != ~0ull && l->end + 1 == start) ||
			    (end != ~0ull && end + 1 == l->start)) {
				start = min(start, l->start);
				end = max(end, l->end);
				locks_unlink(pp, dead);
				continue;
			}
		} else if (locks_same_owner(l, r) && touches) {
			if (l->start < start && l->end > end) {
				n = spare[1];
				spare[1] = NULL;
				*n = *l;
				list_add(&n->all, &l->all);
				n->start = end + 1;
				l->end = start - 1;
				n->next = l->next;
				l->next = n;
				pp = &n->next;
				continue;
			}
			if (l->start < start) {
				l->end = start - 1;
			} else if (l->end > end) {
				l->start = end + 1;
			} else {
				locks_unlink(pp, dead);
				continue;
			}
		}
		pp = &l->next;
	}
	if (r->type == F_UNLCK)
		return;
	n = spare[0];
	spare[0] = NULL;
	*n = (struct file_lock){ .kind = (u8)r->kind,
				 .type = (u8)r->type,
				 .start = start,
				 .end = end,
				 .owner = r->owner,
				 .pid = r->pid,
				 .ino = ino };
	list_add_tail(&n->all, &locks_all);
	*pp = n;
}

static void locks_free_list(struct file_lock *l)
{
	while (l) {
		struct file_lock *next = l->next;

		kfree(l);
		l = next;
	}
}

/* Wait until r no longer conflicts, and apply it. */
static int locks_wait(struct inode *ino, const struct lock_request *r,
		      struct file_lock *spare[2])
{
	struct waitqueue *q = locks_queue(ino);
	struct lock_waiter me = { .owner = r->owner };
	struct file_lock *dead = NULL, *c;
	struct wait_entry we;
	int err = 0;

	wait_entry_init(&we);
	waitqueue_add(q, &we);
	list_init(&me.node);
	for (;;) {
		u32 seq = sleep_prepare();

		spin_lock(&locks_lock);
		list_del(&me.node);
		c = locks_find_conflict(ino, r);
		if (!c) {
			locks_apply(ino, r, spare, &dead);
			err = 0;
		} else if (!err && !r->wait) {
			err = -EAGAIN;
		} else if (!err && r->kind == LOCK_POSIX &&
			   c->kind == LOCK_POSIX) {
			if (locks_deadlock(r->owner, c->owner)) {
				err = -EDEADLK;
			} else {
				me.blocker = c->owner;
				list_add_tail(&me.node, &locks_waiters);
			}
		}
		spin_unlock(&locks_lock);
		if (!c || err)
			break;
		if (sleep_on(seq, TIME_NEVER, SLEEP_INTR, "file_lock"))
			err = -ERESTARTSYS;
	}
	waitqueue_del(q, &we);
	locks_free_list(dead);
	return err;
}

int file_lock_set(struct file *f, const struct lock_request *r)
{
	struct inode *ino = f->inode;
	struct file_lock *spare[2], *dead = NULL;
	int err;

	spare[0] = kmalloc(sizeof(*spare[0]));
	spare[1] = kmalloc(sizeof(*spare[1]));
	err = -ENOLCK;
	if (!spare[0] || !spare[1])
		goto out;
	err = 0;
	/* flock(2) changes a lock by giving up the old one first */
	if (r->type == F_UNLCK || r->kind == LOCK_FLOCK) {
		struct lock_request un = *r;

		spin_lock(&locks_lock);
		if (r->type == F_UNLCK || locks_find_conflict(ino, r)) {
			un.type = F_UNLCK;
			locks_apply(ino, &un, spare, &dead);
		}
		spin_unlock(&locks_lock);
		if (dead)
			waitqueue_wake_all(locks_queue(ino));
	}
	if (r->type != F_UNLCK) {
		err = locks_wait(ino, r, spare);
		if (!err)
			waitqueue_wake_all(locks_queue(ino));
	} else if (r->kind != LOCK_FLOCK) {
		waitqueue_wake_all(locks_queue(ino));
	}
out:
	kfree(spare[0]);
	kfree(spare[1]);
	locks_free_list(dead);
	return err;
}

/* F_OFD_GETLK with F_UNLCK: what the owner itself has there. */
static struct file_lock *locks_find_own(struct inode *ino,
					const struct lock_request *r)
{
	struct file_lock *l;

	for (l = ino->flocks; l; l = l->next)
		if (locks_same_owner(l, r) && l->start <= r->end &&
		    r->start <= l->end)
			return l;
	return NULL;
}

void file_lock_get(struct file *f, struct lock_request *r)
{
	struct file_lock *c;

	spin_lock(&locks_lock);
	c = r->type == F_UNLCK ? locks_find_own(f->inode, r)
			       : locks_find_conflict(f->inode, r);
	if (c) {
		r->type = c->type;
		r->start = c->start;
		r->end = c->end;
		r->pid = c->kind == LOCK_OFD ? -1 : c->pid;
	} else {
		r->type = F_UNLCK;
	}
	spin_unlock(&locks_lock);
}

/* All locks of an owner on the inode. */
static void locks_release(struct inode *ino, const void *owner)
{
	struct file_lock **pp, *l, *dead = NULL;

	spin_lock(&locks_lock);
	for (pp = &ino->flocks; (l = *pp);) {
		if (l->owner == owner) {
			locks_unlink(pp, &dead);
		} else {
			pp = &l->next;
		}
	}
	spin_unlock(&locks_lock);
	if (dead) {
		locks_free_list(dead);
		waitqueue_wake_all(locks_queue(ino));
	}
}

void locks_release_file(struct file *f)
{
	locks_release(f->inode, f);
}

void locks_release_posix(struct inode *ino, struct files *owner)
{
	locks_release(ino, owner);
}

/* --- /proc/locks --- */

struct locks_show {
	char *buf;
	size_t n, len;
	u32 id;
};

static void locks_show_one(struct locks_show *s, const struct file_lock *l)
{
	static const char *const kinds[] = { "FLOCK ", "POSIX ", "OFDLCK" };
	const struct inode *ino = l->ino;
	char end[24];

	if (l->end >= INT64_MAX)
		strlcpy(end, "EOF", sizeof(end));
	else
		snprintf(end, sizeof(end), "%llu", (unsigned long long)l->end);
	s->len += (size_t)snprintf(
		s->buf + s->len, s->n - s->len,
		"%u: %s ADVISORY  %s %d %02x:%02x:%llu %llu %s\n", ++s->id,
		kinds[l->kind], l->type == F_WRLCK ? "WRITE" : "READ ", l->pid,
		MAJOR(ino->sb->dev), MINOR(ino->sb->dev),
		(unsigned long long)ino->ino, (unsigned long long)l->start,
		end);
}

size_t locks_show(char *buf, size_t n)
{
	struct locks_show s = { .buf = buf, .n = n };
	struct file_lock *l;

	spin_lock(&locks_lock);
	list_for_each_entry (l, &locks_all, all)
		if (s.len < s.n)
			locks_show_one(&s, l);
	spin_unlock(&locks_lock);
	if (s.len < n)
		s.len += lease_show(buf + s.len, n - s.len, &s.id);
	return min(s.len, n);
}

void locks_init(void)
{
	u32 i;

	for (i = 0; i < LOCK_QUEUES; i++)
		waitqueue_init(&locks_queues[i]);
}
