// SPDX-License-Identifier: GPL-2.0
/*
 * Signals for input and output: O_ASYNC (fcntl(2), signal(7)), and the owner of
 * an open file, to whom they go, as they do for leases and F_NOTIFY.
 *
 * A file with O_ASYNC has hooks on the wait queues that its ->poll names, as
 * epoll has. A wake-up runs fasync_wake() under the queue's lock: it says what
 * has happened by the key, and sends. Wake-ups that only pass a turn on
 * (WAKE_CHAIN) are no news.
 *
 * The owner is a thread, a process or a process group, by number; who set it is
 * remembered, and must be allowed to signal the target. Groups are under a
 * mutex: a signal to one is sent on current's way out of the kernel.
 */
#include <abi/poll.h>
#include <kernel/signal.h>
#include "vfs/fasync.h"
#include "vfs/internal.h"

#define FASYNC_HOOKS 3u

struct fasync;

struct fasync_hook {
	struct waitqueue *q;
	struct wait_entry we;
	struct fasync *a;
};

struct fasync {
	struct file *f; /* no reference: the file owns this */
	s32 fd;
	u32 n;
	struct poll_table pt;
	struct fasync_hook hook[FASYNC_HOOKS];
};

/* --- The owner --- */

static bool owner_exists(u32 type, s32 id)
{
	struct task *t;
	bool ok;

	if (type == F_OWNER_PGRP)
		return send_signal_pgrp((u32)id, 0, NULL) != -ESRCH;
	t = type == F_OWNER_TID ? task_find_get((u32)id)
				: process_find_get((u32)id);
	ok = t != NULL;
	if (t)
		task_put(t);
	return ok;
}

int file_set_owner(struct file *f, u32 type, s32 id, bool force)
{
	if (id && !owner_exists(type, id))
		return -ESRCH;
	spin_lock(&f->lock);
	if (force || !f->owner) {
		f->owner_type = type;
		f->owner = id;
		f->owner_uid = current->cred->uid;
		f->owner_euid = current->cred->euid;
	}
	spin_unlock(&f->lock);
	return 0;
}

s32 file_get_owner(struct file *f, u32 *type)
{
	s32 id = f->owner;

	*type = f->owner_type;
	return id && owner_exists(*type, id) ? id : 0;
}

/* --- Sending --- */

struct fasync_event {
	struct deferred_work work;
	s32 pgid;
	u32 sig, uid, euid;
	struct siginfo si;
};

static bool fasync_allowed(struct task *t, u32 uid, u32 euid)
{
	struct cred *c = task_get_cred(t);
	bool ok = euid == 0 || euid == c->suid || euid == c->uid ||
		  uid == c->suid || uid == c->uid;

	cred_put(c);
	return ok;
}

/* sig 0: plain SIGIO, as it was before F_SETSIG. */
static void fasync_send(struct task *t, const struct fasync_event *e,
			bool thread)
{
	struct siginfo si = e->si;
	int err = -EAGAIN;

	if (!fasync_allowed(t, e->uid, e->euid))
		return;
	if (e->sig)
		err = thread ? send_signal_task(t, (int)e->sig, &si)
			     : send_signal_process(t->proc, (int)e->sig, &si);
	if (err != -EAGAIN) /* the queue is full: SIGIO tells of that */
		return;
	if (thread)
		send_signal_task(t, SIGIO, NULL);
	else
		send_signal_process(t->proc, SIGIO, NULL);
}

static void fasync_send_group(struct deferred_work *w)
{
	struct fasync_event *e = container_of(w, struct fasync_event, work);
	struct list_head *group;
	struct process *p;

	mutex_lock(&tasklist_lock);
	group = pid_group((u32)e->pgid);
	if (group)
		list_for_each_entry (p, group, pgrp_node)
			if (p->leader)
				fasync_send(p->leader, e, false);
	mutex_unlock(&tasklist_lock);
	kfree(e);
}

/* e->sig and e->si say what is sent. */
static void fasync_to_owner(const struct file *f, struct fasync_event *e)
{
	struct fasync_event *later;
	u32 type = f->owner_type;
	struct task *t;

	e->pgid = f->owner;
	if (!e->pgid)
		return;
	e->uid = f->owner_uid;
	e->euid = f->owner_euid;
	if (type == F_OWNER_PGRP) {
		later = kmalloc(sizeof(*later));
		if (!later)
			return;
		*later = *e;
		later->work.fn = fasync_send_group;
		task_defer(&later->work);
		return;
	}
	t = type == F_OWNER_TID ? task_find_get((u32)e->pgid)
				: process_find_get((u32)e->pgid);
	if (!t)
		return;
	fasync_send(t, e, type == F_OWNER_TID);
	task_put(t);
}

void file_signal_owner(struct file *f, s32 fd, int reason)
{
	static const u16 bands[] = {
		[POLL_IN] = POLLIN | POLLRDNORM,
		[POLL_OUT] = POLLOUT | POLLWRNORM | POLLWRBAND,
		[POLL_MSG] = POLLIN | POLLRDNORM | 0x400 /* POLLMSG */,
		[POLL_ERR] = POLLERR,
		[POLL_PRI] = POLLPRI | POLLRDBAND,
		[POLL_HUP] = POLLHUP | POLLERR,
	};
	struct fasync_event e = { .pgid = f->owner };

	if (!e.pgid)
		return;
	e.sig = f->owner_sig;
	e.si.si_signo = (s32)e.sig;
	e.si.si_code = reason;
	/* codes of these signals mean something else */
	if (e.sig && e.sig != SIGPOLL &&
	    (sigmask(e.sig) &
	     (sigmask(SIGILL) | sigmask(SIGFPE) | sigmask(SIGSEGV) |
	      sigmask(SIGBUS) | sigmask(SIGTRAP) | sigmask(SIGCHLD) |
	      sigmask(SIGSYS))))
		e.si.si_code = SI_SIGIO;
	e.si.si_band = bands[reason];
	e.si.si_fd = fd;
	fasync_to_owner(f, &e);
}

void file_signal_urgent(struct file *f)
{
	struct fasync_event e = { .sig = SIGURG };

	e.si.si_signo = SIGURG;
	e.si.si_code = SI_KERNEL;
	fasync_to_owner(f, &e);
}

/* --- O_ASYNC --- */

/* Under the lock of the file's queue. */
static bool fasync_wake(struct wait_entry *we, u64 key)
{
	struct fasync *a = container_of(we, struct fasync_hook, we)->a;
	u32 ev = (u32)key;

	if (key & WAKE_CHAIN)
		return false;
	file_signal_owner(a->f, a->fd,
			  !ev || ev & POLLIN ? POLL_IN
			  : ev & POLLOUT     ? POLL_OUT
			  : ev & POLLPRI     ? POLL_PRI
			  : ev & POLLHUP     ? POLL_HUP
					     : POLL_ERR);
	return false;
}

static void fasync_hook_queue(struct poll_table *pt, struct file *f,
			      struct waitqueue *q)
{
	struct fasync *a = container_of(pt, struct fasync, pt);
	struct fasync_hook *h = &a->hook[a->n];

	if (a->n == FASYNC_HOOKS)
		return;
	a->n++;
	h->q = q;
	h->a = a;
	wait_entry_init(&h->we);
	h->we.fn = fasync_wake;
	waitqueue_add(q, &h->we);
}

static void fasync_free(struct fasync *a)
{
	while (a->n) {
		a->n--;
		waitqueue_del(a->hook[a->n].q, &a->hook[a->n].we);
	}
	kfree(a);
}

/* Pipes, sockets, terminals and inotify can; others keep the flag, silently. */
bool file_can_async(const struct file *f)
{
	u32 mode = f->inode->mode;

	return f->ops->poll && (S_ISFIFO(mode) || S_ISSOCK(mode) ||
				S_ISCHR(mode) || inotify_is_file(f));
}

int file_set_async(struct file *f, s32 fd, bool on)
{
	struct fasync *a = NULL, *old;

	if (on) {
		a = kzalloc(sizeof(*a));
		if (!a)
			return -ENOMEM;
		a->f = f;
		a->fd = fd;
		a->pt.queue = fasync_hook_queue;
		/* a terminal signals whoever asked, if nobody was named */
		if (S_ISCHR(f->inode->mode))
			file_set_owner(f, F_OWNER_PID, (s32)current->proc->pid,
				       false);
		(void)f->ops->poll(f, &a->pt);
	}
	spin_lock(&f->lock);
	old = f->async;
	f->async = a;
	WRITE_ONCE(f->flags, on ? f->flags | FASYNC : f->flags & ~FASYNC);
	spin_unlock(&f->lock);
	if (old)
		fasync_free(old);
	return 0;
}

void fasync_release(struct file *f)
{
	struct fasync *a = f->async;

	f->async = NULL;
	fasync_free(a);
}
