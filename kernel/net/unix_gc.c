/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets in flight that nobody can reach any more.
 *
 * A descriptor in an unread message is a reference on its file. Send a socket
 * through itself, or two through each other, close them, and their files hold
 * each other for ever. The collector runs when a socket closes while sockets
 * are in flight:
 *
 *	1. Count for each socket how often its file is in flight.
 *	2. A socket whose file has more references than that is held by somebody;
 *	   so is one without a file yet (it waits at its listener). Mark what
 *	   can be received from those, and from what that leads to.
 *	3. What is in flight and not marked is garbage: empty its queue. The
 *	   files in it lose their last reference, which closes them.
 *
 * The mutex unix_gc_mutex keeps messages with descriptors where they are
 * during this: attaching and taking descriptors is done under it. A file that
 * only flies cannot get another reference without being taken.
 *
 * Locks: unix_gc_mutex inside iolock, around q.lock.
 */
#include <kernel/slab.h>
#include <kernel/task.h>
#include "unix_internal.h"

static struct mutex unix_gc_mutex = MUTEX_INIT(unix_gc_mutex);
spinlock_t unix_all_lock = SPINLOCK_INIT;
struct list_head unix_all = LIST_HEAD_INIT(unix_all);
static u32 unix_inflight; /* sockets in messages, under unix_gc_mutex */

void unix_gc_lock(void)
{
	mutex_lock(&unix_gc_mutex);
}

void unix_gc_unlock(void)
{
	mutex_unlock(&unix_gc_mutex);
}

void unix_gc_add(struct usock *u)
{
	spin_lock(&unix_all_lock);
	list_add_tail(&u->all_node, &unix_all);
	spin_unlock(&unix_all_lock);
}

void unix_gc_del(struct usock *u)
{
	spin_lock(&unix_all_lock);
	list_del(&u->all_node);
	spin_unlock(&unix_all_lock);
}

/* The AF_UNIX socket behind a file, or NULL. */
static struct usock *unix_of_file(struct file *f)
{
	struct sock *sk = sock_of_file(f);

	return sk && sk->family == AF_UNIX ? usock_of(sk) : NULL;
}

void unix_gc_count(const struct scm *s, int by)
{
	for (u32 i = 0; i < s->n; i++)
		if (unix_of_file(s->file[i]))
			WRITE_ONCE(unix_inflight, unix_inflight + by);
}

static struct list_head unix_gc_work; /* seen, not yet looked into */

/* Call fn for each socket in flight in the queue of u (and its backlog). */
static void unix_gc_each(struct usock *u, void (*fn)(struct usock *v))
{
	struct unix_msg *g;
	struct usock *e, *v;

	spin_lock(&u->q.lock);
	list_for_each_entry (g, &u->q.list, p.node) {
		if (likely(!g->scm))
			continue;
		for (u32 i = 0; i < g->scm->n; i++) {
			v = unix_of_file(g->scm->file[i]);
			if (v)
				fn(v);
		}
	}
	/* Who can accept can receive what waits in the backlog. */
	list_for_each_entry (e, &u->pending, acc_node)
		fn(e);
	spin_unlock(&u->q.lock);
}

static void unix_gc_ref(struct usock *v)
{
	v->gc_refs++;
}

static void unix_gc_see(struct usock *v)
{
	if (v->gc_seen)
		return;
	v->gc_seen = true;
	list_add_tail(&v->gc_node, &unix_gc_work);
}

static bool unix_gc_is_root(struct usock *u)
{
	/* one that waits at a listener is reached through the listener */
	if (!u->sk.file)
		return list_empty(&u->acc_node);
	return READ_ONCE(u->sk.file->refs.n) != u->gc_refs;
}

/* Steps 1 and 2. => number of sockets that are garbage */
static u32 unix_gc_mark_locked(void)
{
	struct usock *u;
	u32 garbage = 0;

	list_init(&unix_gc_work);
	list_for_each_entry (u, &unix_all, all_node) {
		u->gc_refs = 0;
		u->gc_seen = false;
	}
	list_for_each_entry (u, &unix_all, all_node)
		unix_gc_each(u, unix_gc_ref);
	list_for_each_entry (u, &unix_all, all_node)
		if (unix_gc_is_root(u))
			unix_gc_see(u);
	while (!list_empty(&unix_gc_work)) {
		u = list_first(&unix_gc_work, struct usock, gc_node);
		list_del(&u->gc_node);
		unix_gc_each(u, unix_gc_see);
	}
	list_for_each_entry (u, &unix_all, all_node)
		garbage += !u->gc_seen;
	return garbage;
}

/* Step 3: the descriptors of one piece of garbage, to be dropped unlocked. */
static void unix_gc_strip(struct usock *u, struct list_head *out)
{
	struct unix_msg *g, *next;

	spin_lock(&u->q.lock);
	list_for_each_entry_safe (g, next, &u->q.list, p.node) {
		if (!g->scm)
			continue;
		sock_queue_del_locked(&u->q, &g->p);
		list_add_tail(&g->p.node, out);
	}
	spin_unlock(&u->q.lock);
}

void unix_gc(void)
{
	struct unix_msg *g, *next;
	struct list_head out;
	struct usock *u;

	if (likely(!READ_ONCE(unix_inflight)))
		return;
	list_init(&out);
	mutex_lock(&unix_gc_mutex);
	spin_lock(&unix_all_lock);
	if (unix_gc_mark_locked())
		list_for_each_entry (u, &unix_all, all_node)
			if (!u->gc_seen)
				unix_gc_strip(u, &out);
	spin_unlock(&unix_all_lock);
	mutex_unlock(&unix_gc_mutex);
	list_for_each_entry_safe (g, next, &out, p.node) {
		list_del(&g->p.node);
		unix_msg_free(g);
	}
}
