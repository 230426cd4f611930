// SPDX-License-Identifier: GPL-2.0
/*
 * SECCOMP_RET_USER_NOTIF, seccomp_unotify(2): another process answers calls.
 *
 * A filter may have one listener; so may only one of a chain. The listener is
 * shared by the filter and by the file that seccomp(2) gave back. A caller puts
 * a notice that stands on its own stack into the list, wakes whoever reads or
 * polls the file, and sleeps; the reader takes it (SENT), and answers it
 * (REPLIED). On the way the reader may hand descriptors over, which the caller
 * installs itself when it is woken for that. When the caller is interrupted it
 * takes its notice away, and what stands in it is gone; when the file is closed
 * all that wait get ENOSYS. All of it is under the listener's mutex.
 */
#include <abi/errno.h>
#include <abi/fcntl.h>
#include <abi/poll.h>
#include <kernel/fdtable.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "internal.h"
#include "seccomp_notify.h"

#define IOCTL_RECV	    0xc0502100u
#define IOCTL_SEND	    0xc0182101u
#define IOCTL_ID_VALID	    0x40082102u
#define IOCTL_ID_VALID_OLD  0x80082102u
#define IOCTL_SET_FLAGS	    0x40082104u
#define IOCTL_ADDFD	    0x40002103u /* and a size */
#define IOCTL_SIZE	    0x3fff0000u

#define NOTIFY_SYNC_WAKE_UP 1u

struct seccomp_notif {
	u64 id;
	u32 pid, flags;
	struct seccomp_data data;
};

struct seccomp_notif_resp {
	u64 id;
	s64 val;
	s32 error;
	u32 flags;
};

struct seccomp_notif_addfd {
	u64 id;
	u32 flags, srcfd, newfd, newfd_flags;
};

_Static_assert(sizeof(struct seccomp_notif) == 80, "seccomp_notif");
_Static_assert(sizeof(struct seccomp_notif_resp) == 24, "seccomp_notif_resp");
_Static_assert(sizeof(struct seccomp_notif_addfd) == 24, "addfd");

/* A descriptor on its way; on the stack of who sends it. */
struct notice_fd {
	struct list_head node;
	struct seccomp_notif_addfd a;
	struct file *file; /* the sender's reference */
	bool taken;	   /* the caller is installing it: it must stay */
	bool done;
	int ret;
};

enum notice_state {
	NOTICE_NEW,	/* nobody has read it */
	NOTICE_SENT,	/* read, the answer is awaited */
	NOTICE_REPLIED, /* the caller goes on */
};

struct notice {
	struct list_head node;
	struct task *task;
	u64 id;
	const struct seccomp_data *data;
	enum notice_state state;
	struct seccomp_notif_resp answer;
	struct list_head fds;
};

struct seccomp_listener {
	struct mutex lock;
	struct ref refs; /* the filter and the file */
	bool killable;	 /* fixed: once read, only SIGKILL interrupts */
	/* under lock: */
	struct list_head notices;
	u64 next_id;
	u32 events;  /* for poll, which must not sleep: read at any time */
	bool closed; /* the file is gone */
	bool orphan; /* no task has the filter any more */
	struct waitqueue readers, callers;
};

struct seccomp_listener *seccomp_listener_new(bool killable)
{
	struct seccomp_listener *l = kzalloc(sizeof(*l));

	if (!l)
		return NULL;
	mutex_init(&l->lock);
	ref_init(&l->refs, 1);
	l->killable = killable;
	list_init(&l->notices);
	host_random(&l->next_id, sizeof(l->next_id));
	waitqueue_init(&l->readers);
	waitqueue_init(&l->callers);
	return l;
}

/* Caller holds l->lock; after every change of a notice. */
static void listener_changed(struct seccomp_listener *l)
{
	struct notice *n;
	u32 ev = 0;

	list_for_each_entry (n, &l->notices, node)
		ev |= n->state == NOTICE_NEW	? POLLIN | POLLRDNORM
		      : n->state == NOTICE_SENT ? POLLOUT | POLLWRNORM
						: 0;
	WRITE_ONCE(l->events, ev);
	if (ev)
		waitqueue_wake_nr(&l->readers, 1, ev);
}

static void listener_put(struct seccomp_listener *l)
{
	if (ref_put(&l->refs))
		kfree(l);
}

void seccomp_listener_drop(struct seccomp_listener *l)
{
	WRITE_ONCE(l->orphan, true);
	waitqueue_wake_nr(&l->readers, ~0u, POLLHUP);
	listener_put(l);
}

/* --- The caller --- */

static int notice_install(const struct notice_fd *nf)
{
	bool cloexec = nf->a.newfd_flags & O_CLOEXEC;
	int fd;

	file_get(nf->file);
	if (nf->a.flags & SECCOMP_ADDFD_FLAG_SETFD)
		return fd_install_at(nf->file, nf->a.newfd, cloexec);
	fd = fd_install_new(nf->file, 0, cloexec);
	if (fd < 0)
		file_put(nf->file);
	return fd;
}

/* Caller holds l->lock, which is let go meanwhile: files may be closed. */
static void notice_install_all(struct seccomp_listener *l, struct notice *n)
{
	while (!list_empty(&n->fds)) {
		struct notice_fd *nf =
			list_first(&n->fds, struct notice_fd, node);
		int ret;

		list_del(&nf->node);
		nf->taken = true;
		mutex_unlock(&l->lock);
		ret = notice_install(nf);
		mutex_lock(&l->lock);
		if (nf->a.flags & SECCOMP_ADDFD_FLAG_SEND) {
			if (ret < 0) /* as if nothing had been sent */
				n->state = NOTICE_SENT;
			else
				n->answer.val = ret;
		}
		nf->ret = ret;
		nf->done = true;
	}
	listener_changed(l);
	waitqueue_wake_all(&l->readers);
}

static void notice_withdraw(struct seccomp_listener *l, struct notice *n)
{
	struct notice_fd *nf, *next;

	list_for_each_entry_safe (nf, next, &n->fds, node) {
		list_del(&nf->node);
		nf->ret = -ESRCH;
		nf->done = true;
	}
	list_del(&n->node);
	listener_changed(l);
	waitqueue_wake_all(&l->readers);
}

static bool notice_concerns(const struct notice *n)
{
	return READ_ONCE(n->state) == NOTICE_REPLIED || !list_empty(&n->fds);
}

/* Caller holds l->lock, which is let go meanwhile. => 0 or -EINTR */
static int notice_wait(struct seccomp_listener *l, struct notice *n)
{
	bool killable = l->killable && n->state == NOTICE_SENT;
	int err;

	mutex_unlock(&l->lock);
	err = wait_event_deadline(
		&l->callers,
		notice_concerns(n) || (l->killable && !killable &&
				       READ_ONCE(n->state) == NOTICE_SENT),
		TIME_NEVER, killable ? SLEEP_KILLABLE : SLEEP_INTR,
		"seccomp_notify");
	mutex_lock(&l->lock);
	/* read just now: from here on only SIGKILL counts */
	if (err && l->killable && !killable && n->state == NOTICE_SENT)
		err = 0;
	return err;
}

bool seccomp_notify(struct seccomp_listener *l, const struct seccomp_data *d,
		    struct pt_regs *regs)
{
	struct notice n = { .task = current, .data = d };
	int err = 0;

	regs->rax = (u64)-ENOSYS;
	list_init(&n.fds);
	mutex_lock(&l->lock);
	if (l->closed) {
		mutex_unlock(&l->lock);
		return true;
	}
	n.id = l->next_id++;
	list_add_tail(&n.node, &l->notices);
	listener_changed(l);
	while (!err) {
		err = notice_wait(l, &n);
		if (err)
			break;
		if (!list_empty(&n.fds))
			notice_install_all(l, &n);
		if (n.state == NOTICE_REPLIED)
			break;
	}
	notice_withdraw(l, &n);
	mutex_unlock(&l->lock);
	if (err) {
		regs->rax = (u64)-ERESTARTSYS;
		return true;
	}
	if (n.answer.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE)
		return false;
	regs->rax = n.answer.error ? (u64)(s64)n.answer.error
				   : (u64)n.answer.val;
	return true;
}

/* --- The file --- */

static struct notice *notice_find(struct seccomp_listener *l, u64 id)
{
	struct notice *n;

	list_for_each_entry (n, &l->notices, node)
		if (n->id == id)
			return n;
	return NULL;
}

static struct notice *notice_unread(struct seccomp_listener *l)
{
	struct notice *n;

	list_for_each_entry (n, &l->notices, node)
		if (n->state == NOTICE_NEW)
			return n;
	return NULL;
}

static bool listener_readable(struct seccomp_listener *l)
{
	bool yes;

	mutex_lock(&l->lock);
	yes = l->orphan || notice_unread(l);
	mutex_unlock(&l->lock);
	return yes;
}

static long listener_recv(struct seccomp_listener *l, uaddr to)
{
	struct seccomp_notif out, zero;
	struct notice *n;
	int err;

	memset(&zero, 0, sizeof(zero));
	if (get_user(out, to))
		return -EFAULT;
	if (memcmp(&out, &zero, sizeof(out)))
		return -EINVAL;
	for (;;) {
		mutex_lock(&l->lock);
		n = notice_unread(l);
		if (n || l->orphan)
			break;
		mutex_unlock(&l->lock);
		err = wait_event_intr(&l->readers, listener_readable(l),
				      "seccomp_recv");
		if (err)
			return -EINTR;
	}
	if (!n) {
		mutex_unlock(&l->lock);
		return -ENOENT;
	}
	out.id = n->id;
	out.pid = n->task->tid;
	out.data = *n->data;
	n->state = NOTICE_SENT;
	listener_changed(l);
	if (l->killable) /* it goes to sleep anew, more soundly */
		waitqueue_wake_all(&l->callers);
	mutex_unlock(&l->lock);
	if (!put_user(out, to))
		return 0;
	mutex_lock(&l->lock);
	n = notice_find(l, out.id);
	if (n && n->state == NOTICE_SENT)
		n->state = NOTICE_NEW;
	listener_changed(l);
	mutex_unlock(&l->lock);
	return -EFAULT;
}

static long listener_send(struct seccomp_listener *l, uaddr from)
{
	struct seccomp_notif_resp r;
	struct notice *n;
	long err = 0;

	if (get_user(r, from))
		return -EFAULT;
	if (r.flags & ~SECCOMP_USER_NOTIF_FLAG_CONTINUE)
		return -EINVAL;
	if (r.flags && (r.error || r.val))
		return -EINVAL;
	mutex_lock(&l->lock);
	n = notice_find(l, r.id);
	if (!n) {
		err = -ENOENT;
	} else if (n->state != NOTICE_SENT) {
		err = -EINPROGRESS;
	} else {
		n->answer = r;
		n->state = NOTICE_REPLIED;
		listener_changed(l);
		waitqueue_wake_all(&l->callers);
	}
	mutex_unlock(&l->lock);
	return err;
}

static long listener_id_valid(struct seccomp_listener *l, uaddr from)
{
	struct notice *n;
	u64 id;
	bool ok;

	if (get_user(id, from))
		return -EFAULT;
	mutex_lock(&l->lock);
	n = notice_find(l, id);
	ok = n && n->state == NOTICE_SENT;
	mutex_unlock(&l->lock);
	return ok ? 0 : -ENOENT;
}

/* Caller holds l->lock. */
static long listener_addfd_locked(struct seccomp_listener *l,
				  struct notice_fd *nf)
{
	struct notice *n = notice_find(l, nf->a.id);

	if (!n)
		return -ENOENT;
	if (n->state != NOTICE_SENT)
		return -EINPROGRESS;
	if (nf->a.flags & SECCOMP_ADDFD_FLAG_SEND) {
		if (!list_empty(&n->fds))
			return -EBUSY;
		n->state = NOTICE_REPLIED;
	}
	list_add_tail(&nf->node, &n->fds);
	listener_changed(l);
	waitqueue_wake_all(&l->callers);
	return 0;
}

/* nf leaves with us: nobody may look at it any more. */
static void listener_addfd_wait(struct seccomp_listener *l,
				struct notice_fd *nf)
{
	struct notice *n;

	(void)wait_event_intr(&l->readers, READ_ONCE(nf->done),
			      "seccomp_addfd");
	mutex_lock(&l->lock);
	if (!nf->done && !nf->taken) {
		list_del(&nf->node);
		n = notice_find(l, nf->a.id);
		if (n && (nf->a.flags & SECCOMP_ADDFD_FLAG_SEND))
			n->state = NOTICE_SENT;
		listener_changed(l);
		nf->ret = -ERESTARTSYS;
		nf->done = true;
	}
	mutex_unlock(&l->lock);
	wait_event(&l->readers, READ_ONCE(nf->done), "seccomp_addfd");
	mutex_lock(&l->lock); /* who set it is through */
	mutex_unlock(&l->lock);
}

static long listener_addfd(struct seccomp_listener *l, uaddr from, u32 size)
{
	struct notice_fd nf = { .done = false };
	struct fd_ref src;
	long err;
	u8 more;

	if (size < sizeof(nf.a) || size >= PAGE_SIZE)
		return -EINVAL;
	if (get_user(nf.a, from))
		return -EFAULT;
	for (u32 i = sizeof(nf.a); i < size; i++) {
		if (get_user(more, UADDR(from.va + i)))
			return -EFAULT;
		if (more)
			return -E2BIG;
	}
	if ((nf.a.newfd_flags & ~(u32)O_CLOEXEC) ||
	    (nf.a.flags &
	     ~(u32)(SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND)) ||
	    (nf.a.newfd && !(nf.a.flags & SECCOMP_ADDFD_FLAG_SETFD)))
		return -EINVAL;
	src = fd_ref_get((int)nf.a.srcfd);
	if (!src.file)
		return -EBADF;
	nf.file = src.file;
	mutex_lock(&l->lock);
	err = listener_addfd_locked(l, &nf);
	mutex_unlock(&l->lock);
	if (!err)
		listener_addfd_wait(l, &nf);
	fd_ref_put(src);
	return err ? err : nf.ret;
}

static long listener_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct seccomp_listener *l = f->priv;

	switch (cmd) {
	case IOCTL_RECV:
		return listener_recv(l, UADDR(arg));
	case IOCTL_SEND:
		return listener_send(l, UADDR(arg));
	case IOCTL_ID_VALID:
	case IOCTL_ID_VALID_OLD:
		return listener_id_valid(l, UADDR(arg));
	case IOCTL_SET_FLAGS:
		return arg & ~(u64)NOTIFY_SYNC_WAKE_UP ? -EINVAL : 0;
	}
	/* the direction bits of this one do not count */
	if ((cmd & 0xffff) == (IOCTL_ADDFD & 0xffff))
		return listener_addfd(l, UADDR(arg), (cmd & IOCTL_SIZE) >> 16);
	return -EINVAL;
}

static u32 listener_poll(struct file *f, struct poll_table *pt)
{
	struct seccomp_listener *l = f->priv;
	u32 ev;

	poll_wait(f, &l->readers, pt);
	ev = READ_ONCE(l->events);
	return READ_ONCE(l->orphan) ? ev | POLLHUP : ev;
}

static void listener_release(struct file *f)
{
	struct seccomp_listener *l = f->priv;
	struct notice *n;

	mutex_lock(&l->lock);
	l->closed = true;
	list_for_each_entry (n, &l->notices, node)
		if (n->state != NOTICE_REPLIED) {
			n->answer =
				(struct seccomp_notif_resp){ .error = -ENOSYS };
			n->state = NOTICE_REPLIED;
		}
	waitqueue_wake_all(&l->callers);
	mutex_unlock(&l->lock);
	listener_put(l);
}

static const struct file_ops seccomp_listener_ops = {
	.release = listener_release,
	.poll = listener_poll,
	.ioctl = listener_ioctl,
};

struct file *seccomp_listener_file(struct seccomp_listener *l)
{
	struct file *f;

	ref_get(&l->refs);
	f = file_open_anon("anon_inode:seccomp notify", &seccomp_listener_ops,
			   l, O_RDWR, 0600);
	if (IS_ERR(f))
		listener_put(l);
	return f;
}

long seccomp_notify_sizes(u32 flags, uaddr args)
{
	static const u16 sizes[3] = { sizeof(struct seccomp_notif),
				      sizeof(struct seccomp_notif_resp),
				      sizeof(struct seccomp_data) };

	if (flags)
		return -EINVAL;
	return copy_to_user(args, sizes, sizeof(sizes));
}
