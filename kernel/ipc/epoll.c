/* SPDX-License-Identifier: GPL-2.0 */
/*
 * epoll(7): a set of watched files that remembers which may be ready.
 *
 * epoll	the set, behind an epoll descriptor
 * epitem	one watched (file, descriptor): in the set's hash table, in the
 *		file's epoll_links, and in the ready list while it may be ready
 * ep_hook	its entry on one wait queue of the file; most files have one
 *
 * Life of an item: EPOLL_CTL_ADD hooks it to the file's queues. An event runs
 * epoll_hook_wake() under that queue's lock, which puts the item on the ready
 * list and wakes a sleeper. epoll_wait() takes the list, asks each file again,
 * and reports what is true; a level-triggered item goes back to the end of the
 * list, an edge-triggered one waits for its next event. The item goes with
 * EPOLL_CTL_DEL, with the last reference of the file (epoll_file_release), or
 * with the set. It holds no reference on the file.
 *
 * Locks, outermost first: epoll_nest_lock (adding or removing an epoll file,
 * the end of a file or a set), epoll->mtx (items; a set's before those of the
 * sets it watches), the file's wait-queue lock, epoll->lock (ready list).
 * file->lock guards file->epoll_links.
 *
 * A set may watch sets, EPOLL_MAX_NESTS deep and without loops: under
 * epoll_nest_lock the graph of sets does not change.
 */
#include <abi/epoll.h>
#include <abi/poll.h>
#include <kernel/ipc.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/task.h>
#include <kernel/vfs.h>

#define EPOLL_MAX_NESTS	  4
#define EPOLL_MIN_BUCKETS 16u

/* Bits of an event mask that are not events. */
#define EPOLL_PRIVATE	  (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
/* All that may stand beside EPOLLEXCLUSIVE. */
#define EPOLL_EXCLUSIVE_OK                                                  \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | \
	 EPOLLEXCLUSIVE)

struct epitem;

struct ep_hook {
	struct wait_entry we;
	struct waitqueue *q; /* NULL: not hooked */
	struct epitem *item;
	struct ep_hook *next;
};

struct epitem {
	/* under ep->mtx; events is read in epoll_hook_wake() as well */
	struct epitem *hash_next;
	u32 events;
	u64 data;
	struct ep_hook first;
	/* under ep->lock: */
	struct list_head ready; /* empty: not on a list */
	/* under file->lock: */
	struct list_head file_node;
	/* fixed */
	struct epoll *ep;
	struct file *file;
	int fd;
};

struct epoll {
	struct mutex mtx;
	/* under mtx: */
	struct epitem **bucket;
	u32 nbuckets; /* a power of two */
	u32 nitems;
	spinlock_t lock;
	/* under lock: */
	struct list_head ready;
	bool scanning; /* a scan has taken the list and may give some back */
	struct waitqueue wait;	  /* epoll_wait */
	struct waitqueue pollers; /* of the epoll descriptor itself */
	struct file *file;
};

static struct mutex epoll_nest_lock = MUTEX_INIT(epoll_nest_lock);
static const struct file_ops epoll_file_ops;

bool file_is_epoll(const struct file *f)
{
	return f->ops == &epoll_file_ops;
}

static inline bool epoll_available(struct epoll *ep)
{
	return READ_ONCE(ep->ready.next) != &ep->ready ||
	       READ_ONCE(ep->scanning);
}

/* --- hooks --- */

/* Put it on the ready list. => was anybody waiting? */
static bool epoll_make_ready(struct epitem *i)
{
	struct epoll *ep = i->ep;
	bool waiters;

	spin_lock(&ep->lock);
	if (list_empty(&i->ready))
		list_add_tail(&i->ready, &ep->ready);
	spin_unlock(&ep->lock);
	smp_mb();
	waiters = READ_ONCE(ep->wait.nwait);
	waitqueue_wake(&ep->wait);
	waitqueue_wake_nr(&ep->pollers, ~0u, POLLIN | POLLRDNORM);
	return waiters;
}

/* Under the lock of the watched file's queue. */
static bool epoll_hook_wake(struct wait_entry *e, u64 key)
{
	struct epitem *i = container_of(e, struct ep_hook, we)->item;
	u32 events = READ_ONCE(i->events);

	if (!(events & ~EPOLL_PRIVATE)) /* a spent one-shot */
		return false;
	if (key && !(key & events))
		return false;
	return epoll_make_ready(i) || !(events & EPOLLEXCLUSIVE);
}

struct epoll_hooker {
	struct poll_table pt;
	struct epitem *item;
	int err;
};

static void epoll_hook_queue(struct poll_table *pt, struct file *f,
			     struct waitqueue *q)
{
	struct epoll_hooker *hk = container_of(pt, struct epoll_hooker, pt);
	struct epitem *i = hk->item;
	struct ep_hook *h = &i->first;

	if (h->q) {
		h = kzalloc(sizeof(*h));
		if (!h) {
			hk->err = -ENOMEM;
			return;
		}
		h->next = i->first.next;
		i->first.next = h;
	}
	h->q = q;
	h->item = i;
	wait_entry_init(&h->we);
	h->we.fn = epoll_hook_wake;
	if (i->events & EPOLLEXCLUSIVE)
		waitqueue_add_exclusive(q, &h->we);
	else
		waitqueue_add(q, &h->we);
}

static void epoll_unhook(struct epitem *i)
{
	struct ep_hook *h;

	if (i->first.q)
		waitqueue_del(i->first.q, &i->first.we);
	while ((h = i->first.next)) {
		i->first.next = h->next;
		waitqueue_del(h->q, &h->we);
		kfree(h);
	}
}

/* --- the table of items; all under ep->mtx --- */

static u32 epoll_hash(const struct file *f, int fd)
{
	return (u32)(((u64)f >> 6) * 0x9e3779b1u) ^ ((u32)fd * 0x85ebca6bu);
}

static struct epitem *epoll_find(struct epoll *ep, struct file *f, int fd)
{
	struct epitem *i = ep->bucket[epoll_hash(f, fd) & (ep->nbuckets - 1)];

	while (i && (i->file != f || i->fd != fd))
		i = i->hash_next;
	return i;
}

static void epoll_insert(struct epoll *ep, struct epitem *i)
{
	struct epitem **b =
		&ep->bucket[epoll_hash(i->file, i->fd) & (ep->nbuckets - 1)];

	i->hash_next = *b;
	*b = i;
}

/* More buckets as the set grows; without memory the chains get longer. */
static void epoll_grow(struct epoll *ep)
{
	struct epitem **old = ep->bucket, **b;
	u32 nold = ep->nbuckets;

	if (ep->nitems < nold * 2)
		return;
	b = kcalloc(nold * 4, sizeof(*b));
	if (!b)
		return;
	ep->bucket = b;
	ep->nbuckets = nold * 4;
	for (u32 n = 0; n < nold; n++) {
		struct epitem *i, *next;

		for (i = old[n]; i; i = next) {
			next = i->hash_next;
			epoll_insert(ep, i);
		}
	}
	kfree(old);
}

static void epoll_remove(struct epoll *ep, struct epitem *i)
{
	struct epitem **p =
		&ep->bucket[epoll_hash(i->file, i->fd) & (ep->nbuckets - 1)];

	epoll_unhook(i);
	spin_lock(&i->file->lock);
	list_del(&i->file_node);
	spin_unlock(&i->file->lock);
	while (*p != i)
		p = &(*p)->hash_next;
	*p = i->hash_next;
	ep->nitems--;
	spin_lock(&ep->lock);
	list_del(&i->ready);
	spin_unlock(&ep->lock);
	kfree(i);
}

/* --- scanning the ready list; all under ep->mtx --- */

static void epoll_splice(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	list_init(from);
}

static void epoll_scan_begin(struct epoll *ep, struct list_head *taken)
{
	list_init(taken);
	spin_lock(&ep->lock);
	epoll_splice(&ep->ready, taken);
	WRITE_ONCE(ep->scanning, true);
	spin_unlock(&ep->lock);
}

/* What was not looked at comes first next time. => is anything ready? */
static bool epoll_scan_end(struct epoll *ep, struct list_head *taken)
{
	bool more;

	spin_lock(&ep->lock);
	epoll_splice(taken, &ep->ready);
	WRITE_ONCE(ep->scanning, false);
	more = !list_empty(&ep->ready);
	spin_unlock(&ep->lock);
	return more;
}

/* The next item, off the list; an event from now on puts it back. */
static struct epitem *epoll_scan_next(struct epoll *ep, struct list_head *taken)
{
	struct epitem *i;

	if (list_empty(taken))
		return NULL;
	spin_lock(&ep->lock);
	i = list_first(taken, struct epitem, ready);
	list_del(&i->ready);
	spin_unlock(&ep->lock);
	return i;
}

/* Still ready: to the end of the line, so that all get their turn. */
static void epoll_requeue(struct epoll *ep, struct epitem *i)
{
	spin_lock(&ep->lock);
	if (list_empty(&i->ready))
		list_add_tail(&i->ready, &ep->ready);
	spin_unlock(&ep->lock);
}

/* Not reported after all: first again in what the scan has taken. */
static void epoll_unscan(struct epoll *ep, struct epitem *i,
			 struct list_head *taken)
{
	spin_lock(&ep->lock);
	list_del(&i->ready); /* an event may have put it back meanwhile */
	list_add(&i->ready, taken);
	spin_unlock(&ep->lock);
}

/* => events stored; -EFAULT when not even the first could be */
static long epoll_harvest(struct epoll *ep, uaddr events, int max)
{
	struct list_head taken;
	struct epitem *i;
	long n = 0;
	bool more;

	mutex_lock(&ep->mtx);
	epoll_scan_begin(ep, &taken);
	while (n < max && (i = epoll_scan_next(ep, &taken))) {
		struct epoll_event ev = { .data = i->data };

		ev.events = vfs_poll(i->file, NULL) & i->events;
		if (!ev.events)
			continue;
		if (put_user(ev, uadd(events, n * sizeof(ev)))) {
			epoll_unscan(ep, i, &taken);
			n = n ? n : -EFAULT;
			break;
		}
		n++;
		if (i->events & EPOLLONESHOT)
			WRITE_ONCE(i->events, i->events & EPOLL_PRIVATE);
		else if (!(i->events & EPOLLET))
			epoll_requeue(ep, i);
	}
	more = epoll_scan_end(ep, &taken);
	mutex_unlock(&ep->mtx);
	if (more)
		waitqueue_wake(&ep->wait);
	return n;
}

/* Is any item of the set really ready? Drops those that are not. */
static bool epoll_any_ready(struct epoll *ep)
{
	struct list_head taken;
	struct epitem *i;
	bool found = false;

	if (!epoll_available(ep))
		return false;
	mutex_lock(&ep->mtx);
	epoll_scan_begin(ep, &taken);
	while (!found && (i = epoll_scan_next(ep, &taken))) {
		found = vfs_poll(i->file, NULL) & i->events;
		if (found)
			epoll_unscan(ep, i, &taken);
	}
	epoll_scan_end(ep, &taken);
	mutex_unlock(&ep->mtx);
	return found;
}

static u32 epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->priv;

	poll_wait(f, &ep->pollers, pt);
	return epoll_any_ready(ep) ? POLLIN | POLLRDNORM : 0;
}

long do_epoll_wait(struct file *epf, uaddr events, int max, u64 deadline)
{
	struct epoll *ep = epf->priv;
	bool last = deadline == 0;
	long n;
	int err;

	for (;;) {
		if (epoll_available(ep)) {
			n = epoll_harvest(ep, events, max);
			if (n)
				return n;
		}
		if (last)
			return 0;
		err = wait_event_exclusive(&ep->wait, epoll_available(ep),
					   deadline, SLEEP_INTR, "epoll_wait");
		if (err == -EINTR) {
			if (epoll_available(ep))
				waitqueue_wake(&ep->wait);
			return err;
		}
		last = err == -ETIMEDOUT;
	}
}

/* --- nesting; under epoll_nest_lock --- */

/* Sets below ep, counted in levels, or -ELOOP when `self` is among them. */
static int epoll_depth_below(struct epoll *ep, struct epoll *self, int depth)
{
	int deepest = 0, d;

	if (ep == self || depth > EPOLL_MAX_NESTS)
		return -ELOOP;
	mutex_lock(&ep->mtx);
	for (u32 b = 0; b < ep->nbuckets; b++) {
		for (struct epitem *i = ep->bucket[b]; i; i = i->hash_next) {
			if (!file_is_epoll(i->file))
				continue;
			d = epoll_depth_below(i->file->priv, self, depth + 1);
			if (d < 0) {
				mutex_unlock(&ep->mtx);
				return d;
			}
			deepest = max(deepest, d + 1);
		}
	}
	mutex_unlock(&ep->mtx);
	return deepest;
}

static int epoll_depth_above(struct epoll *ep, int depth)
{
	struct epitem *i;
	int highest = 0;

	if (depth > EPOLL_MAX_NESTS)
		return depth;
	list_for_each_entry (i, &ep->file->epoll_links, file_node) {
		int d = epoll_depth_above(i->ep, depth + 1) + 1;

		highest = max(highest, d);
	}
	return highest;
}

static int epoll_check_nesting(struct epoll *ep, struct epoll *target)
{
	int below = epoll_depth_below(target, ep, 0);

	if (below < 0)
		return below;
	if (below + 1 + epoll_depth_above(ep, 0) > EPOLL_MAX_NESTS)
		return -ELOOP;
	return 0;
}

/* --- epoll_ctl; under ep->mtx --- */

static int epoll_add(struct epoll *ep, struct file *f, int fd, u32 events,
		     u64 data)
{
	struct epitem *i = kzalloc(sizeof(*i));
	struct epoll_hooker hk = { .pt.queue = epoll_hook_queue, .item = i };
	u32 mask;

	if (!i)
		return -ENOMEM;
	i->ep = ep;
	i->file = f;
	i->fd = fd;
	i->events = events;
	i->data = data;
	list_init(&i->ready);
	epoll_grow(ep);
	epoll_insert(ep, i);
	ep->nitems++;
	spin_lock(&f->lock);
	list_add_tail(&i->file_node, &f->epoll_links);
	spin_unlock(&f->lock);
	mask = vfs_poll(f, &hk.pt);
	if (hk.err) {
		epoll_remove(ep, i);
		return hk.err;
	}
	if (mask & events)
		epoll_make_ready(i);
	return 0;
}

static int epoll_modify(struct epitem *i, u32 events, u64 data)
{
	if ((i->events | events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	WRITE_ONCE(i->events, events);
	i->data = data;
	smp_mb(); /* a callback sees the new mask, or we its event */
	if (vfs_poll(i->file, NULL) & events)
		epoll_make_ready(i);
	return 0;
}

static int epoll_ctl_locked(struct epoll *ep, int op, int fd, struct file *f,
			    u32 events, u64 data)
{
	struct epitem *i = epoll_find(ep, f, fd);

	events |= EPOLLERR | EPOLLHUP;
	switch (op) {
	case EPOLL_CTL_ADD:
		return i ? -EEXIST : epoll_add(ep, f, fd, events, data);
	case EPOLL_CTL_MOD:
		return i ? epoll_modify(i, events, data) : -ENOENT;
	default:
		if (!i)
			return -ENOENT;
		epoll_remove(ep, i);
		return 0;
	}
}

bool epoll_watches(struct file *epf, int fd, u32 nth, struct file *f)
{
	struct epoll *ep = epf->priv;
	struct epitem *i;
	bool yes = false;

	mutex_lock(&ep->mtx);
	for (u32 b = 0; b < ep->nbuckets && !yes; b++)
		for (i = ep->bucket[b]; i && !yes; i = i->hash_next)
			if (i->fd == fd && (i->file == f || !f))
				yes = !nth--;
	mutex_unlock(&ep->mtx);
	return yes;
}

int do_epoll_ctl(struct file *epf, int op, int fd, struct file *f,
		 const struct epoll_event *ev)
{
	struct epoll *ep = epf->priv;
	u32 events = ev ? ev->events & ~EPOLLWAKEUP : 0;
	u64 data = ev ? ev->data : 0;
	bool nest = false;
	int err = 0;

	if (!f->ops->poll)
		return -EPERM;
	if (epf == f || !file_is_epoll(epf))
		return -EINVAL;
	if (events & EPOLLEXCLUSIVE) {
		if (op == EPOLL_CTL_MOD)
			return -EINVAL;
		if (op == EPOLL_CTL_ADD &&
		    (file_is_epoll(f) || (events & ~EPOLL_EXCLUSIVE_OK)))
			return -EINVAL;
	}
	if (op < EPOLL_CTL_ADD || op > EPOLL_CTL_MOD)
		return -EINVAL;
	if (file_is_epoll(f) && op != EPOLL_CTL_MOD) {
		nest = true;
		mutex_lock(&epoll_nest_lock);
		if (op == EPOLL_CTL_ADD)
			err = epoll_check_nesting(ep, f->priv);
	}
	if (!err) {
		mutex_lock(&ep->mtx);
		err = epoll_ctl_locked(ep, op, fd, f, events, data);
		mutex_unlock(&ep->mtx);
	}
	if (nest)
		mutex_unlock(&epoll_nest_lock);
	return err;
}

/* --- ends --- */

void epoll_file_release(struct file *f)
{
	/*
	 * Nobody can add an item any more. An item that is being removed at
	 * this moment holds f->lock to the end.
	 */
	if (likely(!f->epoll_links.next || list_empty(&f->epoll_links)) &&
	    likely(!load_acquire(&f->lock.held)))
		return;
	mutex_lock(&epoll_nest_lock);
	for (;;) {
		struct epitem *i = NULL;
		struct epoll *ep;

		spin_lock(&f->lock);
		if (!list_empty(&f->epoll_links))
			i = list_first(&f->epoll_links, struct epitem,
				       file_node);
		spin_unlock(&f->lock);
		if (!i)
			break;
		ep = i->ep;
		mutex_lock(&ep->mtx);
		epoll_remove(ep, i);
		mutex_unlock(&ep->mtx);
	}
	mutex_unlock(&epoll_nest_lock);
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->priv;

	mutex_lock(&epoll_nest_lock);
	mutex_lock(&ep->mtx);
	for (u32 b = 0; b < ep->nbuckets; b++)
		while (ep->bucket[b])
			epoll_remove(ep, ep->bucket[b]);
	mutex_unlock(&ep->mtx);
	mutex_unlock(&epoll_nest_lock);
	kfree(ep->bucket);
	kfree(ep);
}

static int epoll_show_fdinfo(struct file *f, char *buf, size_t n)
{
	struct epoll *ep = f->priv;
	size_t len = 0;

	mutex_lock(&ep->mtx);
	for (u32 b = 0; b < ep->nbuckets; b++) {
		for (struct epitem *i = ep->bucket[b]; i && len < n;
		     i = i->hash_next)
			len += snprintf(
				buf + len, n - len,
				"tfd: %8d events: %8x data: %16llx  pos:%lli "
				"ino:%llx sdev:%llx\n",
				i->fd, i->events, (unsigned long long)i->data,
				(long long)i->file->pos,
				(unsigned long long)i->file->inode->ino,
				(unsigned long long)i->file->inode->sb->dev);
	}
	mutex_unlock(&ep->mtx);
	return min(len, n);
}

/* Busy polling of network devices is not there. */
static long epoll_ioctl(struct file *f, u32 cmd, u64 arg)
{
	return -EINVAL;
}

static const struct file_ops epoll_file_ops = {
	.release = epoll_release,
	.ioctl = epoll_ioctl,
	.poll = epoll_poll,
	.llseek = noop_llseek,
	.show_fdinfo = epoll_show_fdinfo,
};

struct file *epoll_create_file(void)
{
	struct epoll *ep = kzalloc(sizeof(*ep));
	struct file *f;

	if (!ep)
		return ERR_PTR(-ENOMEM);
	ep->nbuckets = EPOLL_MIN_BUCKETS;
	ep->bucket = kcalloc(ep->nbuckets, sizeof(*ep->bucket));
	if (!ep->bucket) {
		kfree(ep);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&ep->mtx);
	spin_init(&ep->lock);
	list_init(&ep->ready);
	waitqueue_init(&ep->wait);
	waitqueue_init(&ep->pollers);
	f = file_open_anon("anon_inode:[eventpoll]", &epoll_file_ops, ep,
			   O_RDWR, 0600);
	if (IS_ERR(f)) {
		kfree(ep->bucket);
		kfree(ep);
		return f;
	}
	f->mode |= FMODE_STREAM;
	ep->file = f;
	return f;
}
