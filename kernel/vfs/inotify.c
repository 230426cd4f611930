// SPDX-License-Identifier: GPL-2.0
/*
 * inotify(7): events of marked inodes, read from a descriptor.
 *
 * A group is what inotify_init() returns: a queue of events and a list of
 * marks. A mark joins a group and an inode under a watch descriptor; it holds a
 * reference on the inode, which it loses when the watch is removed or the inode
 * goes (the last name is gone and nobody holds it open). The vfs paths call
 * the hooks of vfs/fsnotify.h; while no mark exists that is one load.
 *
 * One spinlock, inotify_lock, guards the marks of all inodes and groups and
 * the queues: events are rare compared with what they tell of. Nothing sleeps
 * under it; memory for an event is taken under it (kmalloc does not sleep), and
 * inode references are dropped after it was released.
 *
 * An event equal to the newest one in the queue is not queued again. A full
 * queue (fs.inotify.max_queued_events) gets one IN_Q_OVERFLOW.
 */
#include <abi/ioctl.h>
#include <abi/poll.h>
#include <kernel/signal.h>
#include "vfs/fasync.h"
#include "vfs/inotify.h"
#include "vfs/internal.h"

#define INOTIFY_MAX_EVENTS 16384u

struct inotify_mark {
	struct inotify_mark *next; /* of the inode */
	struct list_head node;	   /* of the group */
	struct inode *inode;	   /* reference */
	struct inotify_group *group;
	s32 wd;
	u32 mask;
	/* F_NOTIFY: no group, but a directory's file whose owner is told */
	struct file *dn;
	s32 dn_fd;
};

struct inotify_item {
	struct list_head node;
	struct inotify_event ev; /* ends in a flexible array */
};

struct inotify_group {
	struct waitqueue wait;
	/* under inotify_lock: */
	struct list_head marks, queue;
	u32 nqueued, bytes;
	s32 last_wd;
	struct list_head all;
};

u32 fsnotify_marks;
static spinlock_t inotify_lock;
static struct list_head inotify_groups = LIST_HEAD_INIT(inotify_groups);
static u32 inotify_cookie;

u32 fsnotify_cookie(void)
{
	return atomic_add(&inotify_cookie, 1);
}

/* --- Queueing --- */

/* Names are padded to a multiple of the event's size, as Linux does. */
static u32 inotify_name_len(const char *name)
{
	return name && *name ? ALIGN_UP((u32)strlen(name) + 1,
					(u32)sizeof(struct inotify_event))
			     : 0;
}

static bool inotify_same(const struct inotify_event *a, s32 wd, u32 mask,
			 u32 cookie, u32 len, const char *name)
{
	return a->wd == wd && a->mask == mask && a->cookie == cookie &&
	       a->len == len && (!len || !strcmp(a->name, name));
}

/* Caller holds inotify_lock. */
static void inotify_queue(struct inotify_group *g, s32 wd, u32 mask, u32 cookie,
			  const char *name)
{
	u32 len = inotify_name_len(name);
	struct inotify_item *it;

	if (g->nqueued >= INOTIFY_MAX_EVENTS) {
		wd = -1;
		mask = IN_Q_OVERFLOW;
		cookie = len = 0;
	}
	if (!list_empty(&g->queue)) {
		it = list_last(&g->queue, struct inotify_item, node);
		if (inotify_same(&it->ev, wd, mask, cookie, len, name))
			return;
	}
	it = kzalloc(sizeof(*it) + len);
	if (!it)
		return;
	it->ev.wd = wd;
	it->ev.mask = mask;
	it->ev.cookie = cookie;
	it->ev.len = len;
	if (len)
		memcpy(it->ev.name, name, strlen(name));
	list_add_tail(&it->node, &g->queue);
	g->nqueued++;
	g->bytes += (u32)sizeof(it->ev) + len;
	waitqueue_wake_poll(&g->wait, POLLIN | POLLRDNORM);
}

/* Take m from its inode and group; the caller frees it and puts the inode
 * after the lock. => Caller holds inotify_lock. */
static void inotify_unlink(struct inotify_mark *m)
{
	struct inotify_mark **pp = &m->inode->marks;

	while (*pp != m)
		pp = &(*pp)->next;
	*pp = m->next;
	list_del(&m->node);
	atomic_dec(&fsnotify_marks);
}

void fsnotify_inode_slow(struct inode *ino, u32 mask, const char *name,
			 u32 cookie)
{
	struct inotify_mark *m, *next, *dead = NULL;

	if (!ino || !READ_ONCE(ino->marks))
		return;
	spin_lock(&inotify_lock);
	for (m = ino->marks; m; m = next) {
		next = m->next;
		if (!(m->mask & mask & IN_ALL_EVENTS))
			continue;
		if (m->dn) {
			file_signal_owner(m->dn, m->dn_fd, POLL_MSG);
			if (m->mask & IN_ONESHOT) {
				inotify_unlink(m);
				m->next = dead;
				dead = m;
			}
			continue;
		}
		inotify_queue(m->group, m->wd, mask, cookie, name);
		if (m->mask & IN_ONESHOT) {
			inotify_unlink(m);
			inotify_queue(m->group, m->wd, IN_IGNORED, 0, NULL);
			m->next = dead;
			dead = m;
		}
	}
	spin_unlock(&inotify_lock);
	for (; dead; dead = next) {
		next = dead->next;
		inode_put(dead->inode);
		kfree(dead);
	}
}

void fsnotify_dentry_slow(struct dentry *d, u32 mask)
{
	struct inode *ino = d->inode;
	u32 dirbit = ino && S_ISDIR(ino->mode) ? IN_ISDIR : 0;
	struct dentry *parent;

	if (!ino)
		return;
	/* the directory's watchers hear first */
	if (READ_ONCE(d->parent) == d) {
		fsnotify_inode_slow(ino, mask | dirbit, NULL, 0);
		return;
	}
	parent = dentry_get_parent(d);
	if (parent != d && parent->inode && READ_ONCE(parent->inode->marks)) {
		char name[NAME_MAX + 1];

		spin_lock(&dcache_lock); /* the name may be changing */
		strlcpy(name, d->name, sizeof(name));
		spin_unlock(&dcache_lock);
		fsnotify_inode_slow(parent->inode, mask | dirbit, name, 0);
	}
	dentry_put(parent);
	fsnotify_inode_slow(ino, mask | dirbit, NULL, 0);
}

/* All marks of the inode: tell, and drop them. */
static void inotify_drop_inode(struct inode *ino, u32 mask)
{
	struct inotify_mark *m, *dead = NULL;

	spin_lock(&inotify_lock);
	while ((m = ino->marks)) {
		if (!m->dn && (m->mask & mask || mask == IN_UNMOUNT))
			inotify_queue(m->group, m->wd, mask, 0, NULL);
		if (!m->dn)
			inotify_queue(m->group, m->wd, IN_IGNORED, 0, NULL);
		inotify_unlink(m);
		m->next = dead;
		dead = m;
	}
	spin_unlock(&inotify_lock);
	while ((m = dead)) {
		dead = m->next;
		inode_put(m->inode);
		kfree(m);
	}
}

void fsnotify_inode_gone(struct inode *ino)
{
	inotify_drop_inode(ino, IN_DELETE_SELF);
}

/* --- F_NOTIFY of fcntl(2): the same by a signal, for directories --- */

/* Entries moved away are deleted or renamed, ones moved here created. */
static u32 dnotify_mask(u32 dn)
{
	u32 m = 0;

	if (dn & DN_ACCESS)
		m |= IN_ACCESS;
	if (dn & DN_MODIFY)
		m |= IN_MODIFY;
	if (dn & DN_ATTRIB)
		m |= IN_ATTRIB;
	if (dn & DN_CREATE)
		m |= IN_CREATE | IN_MOVED_TO;
	if (dn & DN_DELETE)
		m |= IN_DELETE | IN_MOVED_FROM;
	if (dn & DN_RENAME)
		m |= IN_MOVED_FROM;
	return m;
}

static struct inotify_mark *dnotify_find(const struct file *f)
{
	struct inotify_mark *m;

	for (m = f->inode->marks; m; m = m->next)
		if (m->dn == f)
			return m;
	return NULL;
}

void dnotify_release(struct file *f)
{
	struct inotify_mark *m;

	spin_lock(&inotify_lock);
	m = dnotify_find(f);
	if (m)
		inotify_unlink(m);
	spin_unlock(&inotify_lock);
	if (m) {
		inode_put(m->inode);
		kfree(m);
	}
}

int dnotify_set(struct file *f, s32 fd, u32 dn)
{
	u32 mask = dnotify_mask(dn);
	struct inotify_mark *m, *new;

	if (!(dn & ~DN_MULTISHOT)) {
		dnotify_release(f);
		return 0;
	}
	if (!S_ISDIR(f->inode->mode))
		return -ENOTDIR;
	new = kzalloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	file_set_owner(f, F_OWNER_PID, (s32)current->proc->pid, false);
	spin_lock(&inotify_lock);
	m = dnotify_find(f);
	if (!m) {
		m = new;
		new = NULL;
		inode_get(f->inode);
		m->inode = f->inode;
		m->dn = f;
		list_init(&m->node);
		m->next = f->inode->marks;
		f->inode->marks = m;
		atomic_inc(&fsnotify_marks);
		m->mask = IN_ONESHOT;
	}
	m->dn_fd = fd;
	m->mask |= mask;
	if (dn & DN_MULTISHOT)
		m->mask &= ~(u32)IN_ONESHOT;
	spin_unlock(&inotify_lock);
	kfree(new);
	return 0;
}

/* --- The descriptor --- */

static struct inotify_item *inotify_take(struct inotify_group *g, size_t room)
{
	struct inotify_item *it = NULL;

	spin_lock(&inotify_lock);
	if (!list_empty(&g->queue)) {
		it = list_first(&g->queue, struct inotify_item, node);
		if (sizeof(it->ev) + it->ev.len > room) {
			it = ERR_PTR(-EINVAL); /* does not fit: inotify(7) */
		} else {
			list_del(&it->node);
			g->nqueued--;
			g->bytes -= (u32)sizeof(it->ev) + it->ev.len;
		}
	}
	spin_unlock(&inotify_lock);
	return it;
}

static ssize_t inotify_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct inotify_group *g = f->priv;
	ssize_t done = 0;
	int err;

	for (;;) {
		struct inotify_item *e = inotify_take(g, it->count);
		size_t n;

		if (IS_ERR(e))
			return done ? done : PTR_ERR(e);
		if (e) {
			n = sizeof(e->ev) + e->ev.len;
			if (copy_to_iter(it, &e->ev, n) != n)
				err = -EFAULT;
			else
				err = 0;
			kfree(e);
			if (err)
				return done ? done : err;
			done += (ssize_t)n;
			continue;
		}
		if (done)
			return done;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_intr(&g->wait, READ_ONCE(g->nqueued),
				      "inotify_read");
		if (err)
			return -ERESTARTSYS;
	}
}

static u32 inotify_poll(struct file *f, struct poll_table *pt)
{
	struct inotify_group *g = f->priv;

	poll_wait(f, &g->wait, pt);
	return READ_ONCE(g->nqueued) ? POLLIN | POLLRDNORM : 0;
}

static long inotify_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct inotify_group *g = f->priv;

	if (cmd != FIONREAD)
		return -ENOTTY;
	return put_user((int)READ_ONCE(g->bytes), UADDR(arg));
}

static void inotify_free_group(struct inotify_group *g)
{
	spin_lock(&inotify_lock);
	list_del(&g->all);
	spin_unlock(&inotify_lock);
	kfree(g);
}

static void inotify_release(struct file *f)
{
	struct inotify_group *g = f->priv;

	for (;;) {
		struct inotify_mark *m = NULL;
		struct inotify_item *it = NULL;

		spin_lock(&inotify_lock);
		if (!list_empty(&g->marks)) {
			m = list_first(&g->marks, struct inotify_mark, node);
			inotify_unlink(m);
		} else if (!list_empty(&g->queue)) {
			it = list_first(&g->queue, struct inotify_item, node);
			list_del(&it->node);
		}
		spin_unlock(&inotify_lock);
		if (m)
			inode_put(m->inode);
		kfree(m);
		kfree(it);
		if (!m && !it)
			break;
	}
	inotify_free_group(g);
}

/* A line for each watch, as proc_pid_fdinfo(5) has it. */
static int inotify_show_fdinfo(struct file *f, char *buf, size_t n)
{
	struct inotify_group *g = f->priv;
	struct inotify_mark *m;
	size_t len = 0;

	spin_lock(&inotify_lock);
	list_for_each_entry (m, &g->marks, node) {
		if (len >= n)
			break;
		len += (size_t)snprintf(
			buf + len, n - len,
			"inotify wd:%d ino:%llx sdev:%llx mask:%x "
			"ignored_mask:0\n",
			m->wd, (unsigned long long)m->inode->ino,
			(unsigned long long)m->inode->sb->dev, m->mask);
	}
	spin_unlock(&inotify_lock);
	return (int)min(len, n);
}

static const struct file_ops inotify_ops = {
	.llseek = noop_llseek,
	.read = inotify_read,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.release = inotify_release,
	.show_fdinfo = inotify_show_fdinfo,
};

struct file *inotify_create(int flags)
{
	struct inotify_group *g = kzalloc(sizeof(*g));
	struct file *f;

	if (!g)
		return ERR_PTR(-ENOMEM);
	waitqueue_init(&g->wait);
	list_init(&g->marks);
	list_init(&g->queue);
	spin_lock(&inotify_lock);
	list_add_tail(&g->all, &inotify_groups);
	spin_unlock(&inotify_lock);
	f = file_open_anon("anon_inode:inotify", &inotify_ops, g,
			   O_RDONLY | flags, 0);
	if (IS_ERR(f))
		inotify_free_group(g);
	return f;
}

static struct inotify_group *inotify_group(struct file *f)
{
	return f->ops == &inotify_ops ? f->priv : NULL;
}

/* --- Watches --- */

static struct inotify_mark *inotify_find(struct inotify_group *g,
					 struct inode *ino)
{
	struct inotify_mark *m;

	for (m = ino->marks; m; m = m->next)
		if (m->group == g)
			return m;
	return NULL;
}

bool inotify_is_file(const struct file *f)
{
	return f->ops == &inotify_ops;
}

int inotify_add(struct file *f, struct inode *ino, u32 mask)
{
	struct inotify_group *g = inotify_group(f);
	u32 keep = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
	struct inotify_mark *m, *new;
	int wd;

	if (!g)
		return -EINVAL;
	new = kzalloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	spin_lock(&inotify_lock);
	m = inotify_find(g, ino);
	if (m) {
		wd = mask & IN_MASK_CREATE ? -EEXIST : m->wd;
		if (wd > 0)
			m->mask = mask & IN_MASK_ADD ? m->mask | keep : keep;
	} else {
		m = new;
		new = NULL;
		inode_get(ino);
		m->inode = ino;
		m->group = g;
		m->mask = keep;
		wd = m->wd = ++g->last_wd;
		m->next = ino->marks;
		ino->marks = m;
		list_add_tail(&m->node, &g->marks);
		atomic_inc(&fsnotify_marks);
	}
	spin_unlock(&inotify_lock);
	kfree(new);
	return wd;
}

int inotify_remove(struct file *f, s32 wd)
{
	struct inotify_group *g = inotify_group(f);
	struct inotify_mark *m, *found = NULL;

	if (!g)
		return -EINVAL;
	spin_lock(&inotify_lock);
	list_for_each_entry (m, &g->marks, node) {
		if (m->wd == wd) {
			found = m;
			inotify_unlink(m);
			inotify_queue(g, wd, IN_IGNORED, 0, NULL);
			break;
		}
	}
	spin_unlock(&inotify_lock);
	if (!found)
		return -EINVAL;
	inode_put(found->inode);
	kfree(found);
	return 0;
}

/* Some marked inode of the super, with a reference. */
static struct inode *inotify_marked_of(const struct super *sb)
{
	struct inotify_group *g;
	struct inotify_mark *m;
	struct inode *ino = NULL;

	spin_lock(&inotify_lock);
	list_for_each_entry (g, &inotify_groups, all) {
		list_for_each_entry (m, &g->marks, node)
			if (!ino && m->inode->sb == sb)
				ino = m->inode;
	}
	if (ino)
		inode_get(ino);
	spin_unlock(&inotify_lock);
	return ino;
}

/* The last mount of a super went; marks must not outlive it. */
void fsnotify_super_gone_slow(void *sb)
{
	struct inode *ino;

	while ((ino = inotify_marked_of(sb))) {
		inotify_drop_inode(ino, IN_UNMOUNT);
		inode_put(ino);
	}
}

void inotify_init(void)
{
	spin_init(&inotify_lock);
}
