// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX message queues, following mq_overview(7).
 *
 * A queue is a file of the one mqueue file system, which can be mounted (at
 * /dev/mqueue) but need not be: mq_open() goes to its root directly. The file
 * system is a tmpfs instance whose directory makes queues instead of regular
 * files: the inode's ->special is the struct mqueue, made with the inode and
 * freed when it is evicted. All file-system business is tmpfs's.
 *
 * A queue's messages stand in the order in which they are received: by falling
 * priority, then by age. Its mutex guards all of it; sleepers wait without it
 * on one of two wait queues. What a queue may take up is charged to the user
 * who made it when it is made (RLIMIT_MSGQUEUE).
 */
#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/mount.h>
#include <abi/poll.h>
#include <kernel/ipc.h>
#include <kernel/mqueue.h>
#include <kernel/ns.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include <kernel/task.h>
#include "fs/tmpfs.h"
#include "task/internal.h"
#include "vfs/internal.h"

#define MQUEUE_MAGIC 0x19800202
#define MQ_HARD_MSG  65536
#define MQ_HARD_SIZE (16 << 20)
#define MQ_FILE_SIZE 80 /* st_size, as Linux shows it */

struct mq_msg {
	struct list_head node;
	u32 prio;
	u64 len;
	u8 text[];
};

struct mqueue {
	struct mutex lock;
	/* fixed after creation */
	u64 maxmsg, msgsize;
	u64 charge;
	struct user *user;
	/* under lock: */
	struct list_head msgs;
	u64 nmsgs, bytes;
	u32 nreceivers;		/* asleep */
	struct process *notify; /* reference; NULL: nobody */
	struct sigevent event;
	struct waitqueue rwait, wwait;
};

static struct ipc_ns *mq_ns_current(void)
{
	return container_of(current->nss->ns[NS_IPC], struct ipc_ns, ns);
}
#define mq_sb (mq_ns_current()->mq)
static struct fs_type mq_fs_type;
static struct super_ops mq_super_ops;
static const struct super_ops *mq_base_ops;
static struct inode_ops mq_dir_iops;
static const struct file_ops mq_file_ops;
static const struct inode_ops mq_file_iops;
static u32 mq_count; /* by atomics */

/* --- Queues and their inodes --- */

static int mq_check_attr(const struct mq_attr_k *a)
{
	bool may = capable(CAP_SYS_RESOURCE);
	s64 maxmsg = may ? MQ_HARD_MSG : (s64)sysctl_get(SYSCTL_MQ_MSG_MAX);
	s64 size = may ? MQ_HARD_SIZE : (s64)sysctl_get(SYSCTL_MQ_SIZE_MAX);

	if (a->maxmsg <= 0 || a->msgsize <= 0 || a->maxmsg > maxmsg ||
	    a->msgsize > size)
		return -EINVAL;
	return 0;
}

static struct mqueue *mq_new(const struct mq_attr_k *attr)
{
	struct user *u = current->cred->user;
	struct mqueue *q = kzalloc(sizeof(*q));

	if (!q)
		return ERR_PTR(-ENOMEM);
	mutex_init(&q->lock);
	list_init(&q->msgs);
	waitqueue_init(&q->rwait);
	waitqueue_init(&q->wwait);
	if (attr) {
		q->maxmsg = (u64)attr->maxmsg;
		q->msgsize = (u64)attr->msgsize;
	} else {
		q->maxmsg = min(sysctl_get(SYSCTL_MQ_MSG_MAX),
				sysctl_get(SYSCTL_MQ_MSG_DEFAULT));
		q->msgsize = min(sysctl_get(SYSCTL_MQ_SIZE_MAX),
				 sysctl_get(SYSCTL_MQ_SIZE_DEFAULT));
	}
	/* what Linux counts: the text, a head and a tree node a message */
	q->charge = q->maxmsg * (q->msgsize + 48 + sizeof(u64)) +
		    min(q->maxmsg, (u64)MQ_PRIO_MAX) * 48;
	if (atomic_add(&u->mq_bytes, q->charge) > rlimit(RLIMIT_MSGQUEUE)) {
		atomic_sub(&u->mq_bytes, q->charge);
		kfree(q);
		return ERR_PTR(-EMFILE);
	}
	ref_get(&u->refs);
	q->user = u;
	return q;
}

static void mq_free(struct mqueue *q)
{
	while (!list_empty(&q->msgs)) {
		struct mq_msg *m = list_first(&q->msgs, struct mq_msg, node);

		list_del(&m->node);
		kfree(m);
	}
	if (q->notify)
		process_put(q->notify);
	atomic_sub(&q->user->mq_bytes, q->charge);
	user_put(q->user);
	kfree(q);
}

static int mq_create_locked(struct inode *dir, struct dentry *d, u32 mode,
			    const struct mq_attr_k *attr)
{
	struct mqueue *q;
	int err;

	if (atomic_inc(&mq_count) > sysctl_get(SYSCTL_MQ_QUEUES_MAX) &&
	    !capable(CAP_SYS_RESOURCE)) {
		err = -ENOSPC;
		goto fail;
	}
	q = mq_new(attr);
	err = IS_ERR(q) ? (int)PTR_ERR(q) : 0;
	if (err)
		goto fail;
	err = tmpfs_dir_iops.create(dir, d, mode & 0777);
	if (err) {
		mq_free(q);
		goto fail;
	}
	d->inode->special = q;
	d->inode->ops = &mq_file_iops;
	d->inode->fops = &mq_file_ops;
	d->inode->size = MQ_FILE_SIZE;
	return 0;
fail:
	atomic_dec(&mq_count);
	return err;
}

static int mq_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return mq_create_locked(dir, d, mode, NULL);
}

static void mq_evict(struct inode *ino)
{
	if (ino->special) {
		mq_free(ino->special);
		ino->special = NULL;
		atomic_dec(&mq_count);
	}
	mq_base_ops->evict(ino);
}

static int mq_setattr(struct inode *ino, const struct iattr *a)
{
	struct iattr b = *a;

	b.valid &= ~ATTR_SIZE; /* open(O_TRUNC) has no effect */
	return inode_setattr_simple(ino, &b);
}

static const struct inode_ops mq_file_iops = {
	.setattr = mq_setattr,
};

static struct super *mq_mount(const struct fs_type *t, const char *source,
			      u32 flags, const char *data)
{
	ref_get(&mq_sb->refs);
	return mq_sb;
}

static struct fs_type mq_fs_type = {
	.name = "mqueue",
	.nodev = true,
	.userns = true,
	.mount = mq_mount,
};

/* Each IPC namespace has its own; the first is there for good. */
int mqueue_ns_init(struct ipc_ns *ns)
{
	struct super *sb = tmpfs_super_new(&mq_fs_type, MS_KERNMOUNT, NULL);

	if (IS_ERR(sb))
		return (int)PTR_ERR(sb);
	if (!mq_base_ops) {
		mq_base_ops = sb->ops;
		mq_super_ops = *mq_base_ops;
		mq_super_ops.evict = mq_evict;
		mq_super_ops.show_options = NULL;
		mq_dir_iops = (struct inode_ops){
			.lookup = tmpfs_dir_iops.lookup,
			.create = mq_create,
			.unlink = tmpfs_dir_iops.unlink,
		};
	}
	sb->ops = &mq_super_ops;
	sb->magic = MQUEUE_MAGIC;
	sb->root->inode->ops = &mq_dir_iops;
	ns->mq = sb;
	return 0;
}

void mqueue_ns_end(struct ipc_ns *ns)
{
	super_put(ns->mq);
}

void mqueue_init(void)
{
	if (mqueue_ns_init(&init_ipc_ns))
		panic("mqueue: no instance");
	fs_register(&mq_fs_type);
}

/* --- Opening --- */

static int mq_name_ok(const char *name)
{
	if (!*name)
		return -ENOENT;
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EACCES;
	return 0;
}

static int mq_may_open(struct inode *ino, int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return inode_permission(ino, MAY_READ);
	case O_WRONLY:
		return inode_permission(ino, MAY_WRITE);
	case O_RDWR:
		return inode_permission(ino, MAY_READ | MAY_WRITE);
	}
	return -EINVAL;
}

/* Find or make the name; the root's lock is held. */
static int mq_enter_locked(struct dentry *d, int flags, u32 mode,
			   const struct mq_attr_k *attr)
{
	struct inode *dir = mq_sb->root->inode;
	int err;

	if (d->inode) {
		if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
			return -EEXIST;
		return mq_may_open(d->inode, flags);
	}
	if (!(flags & O_CREAT))
		return -ENOENT;
	err = attr ? mq_check_attr(attr) : 0;
	if (!err)
		err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (!err)
		err = mq_create_locked(dir, d, mode & ~current->fs->umask,
				       attr);
	return err;
}

static struct file *mq_file(struct dentry *d, int flags)
{
	struct file *f = file_alloc(flags & (O_ACCMODE | O_NONBLOCK));
	int err;

	if (!f)
		return ERR_PTR(-ENOMEM);
	ref_get(&anon_mount.refs);
	dentry_get(d);
	f->path = (struct path){ &anon_mount, d };
	f->inode = d->inode;
	f->mode = (u32)((flags & O_ACCMODE) + 1);
	err = file_open_inode(f);
	if (!err)
		return f;
	file_put(f);
	return ERR_PTR(err);
}

struct file *mqueue_open(const char *name, int flags, u32 mode,
			 const struct mq_attr_k *attr)
{
	struct inode *dir = mq_sb->root->inode;
	struct file *f = NULL;
	struct dentry *d;
	int err = mq_name_ok(name);

	if (err)
		return ERR_PTR(err);
	mutex_lock(&dir->lock);
	d = dentry_lookup_locked(mq_sb->root, name, (u32)strlen(name));
	if (IS_ERR(d)) {
		mutex_unlock(&dir->lock);
		return (struct file *)d;
	}
	err = mq_enter_locked(d, flags, mode, attr);
	mutex_unlock(&dir->lock);
	f = err ? ERR_PTR(err) : mq_file(d, flags);
	dentry_put(d);
	return f;
}

static int mq_unlink_locked(struct dentry *d)
{
	struct inode *dir = mq_sb->root->inode, *ino = d->inode;
	int err;

	if (!ino)
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if ((dir->mode & S_ISVTX) && current->cred->fsuid != ino->uid &&
	    current->cred->fsuid != dir->uid && !capable(CAP_FOWNER))
		return -EPERM;
	mutex_lock(&ino->lock);
	err = dir->ops->unlink(dir, d);
	mutex_unlock(&ino->lock);
	if (!err)
		dentry_drop(d);
	return err;
}

int mqueue_unlink(const char *name)
{
	struct inode *dir = mq_sb->root->inode;
	struct dentry *d;
	int err = mq_name_ok(name);

	if (err)
		return err;
	mutex_lock(&dir->lock);
	d = dentry_lookup_locked(mq_sb->root, name, (u32)strlen(name));
	err = IS_ERR(d) ? (int)PTR_ERR(d) : mq_unlink_locked(d);
	mutex_unlock(&dir->lock);
	if (!IS_ERR(d))
		dentry_put(d);
	return err;
}

/* --- Messages --- */

static struct mqueue *mq_of(struct file *f, u32 mode)
{
	if (f->ops != &mq_file_ops || !(f->mode & mode))
		return NULL;
	return f->inode->special;
}

static void mq_insert_locked(struct mqueue *q, struct mq_msg *m)
{
	struct list_head *at = q->msgs.prev;

	while (at != &q->msgs &&
	       list_entry(at, struct mq_msg, node)->prio < m->prio)
		at = at->prev;
	list_insert(&m->node, at, at->next);
	q->nmsgs++;
	q->bytes += m->len;
}

/* The first message came, and nobody was waiting for it. */
static void mq_tell_locked(struct mqueue *q)
{
	struct process *p = q->notify;
	struct siginfo si;

	if (!p || q->nmsgs != 1 || q->nreceivers)
		return;
	q->notify = NULL;
	if (q->event.sigev_notify == SIGEV_SIGNAL && q->event.sigev_signo) {
		memset(&si, 0, sizeof(si));
		si.si_signo = q->event.sigev_signo;
		si.si_code = SI_MESGQ;
		si.si_pid = (s32)pid_nr_in(current->proc->pid,
					   p->leader ? p->leader->pid_ns
						     : current->pid_ns);
		si.si_uid = current->cred->uid;
		si.si_value = q->event.sigev_value;
		(void)send_signal_process(p, si.si_signo, &si);
	}
	process_put(p);
}

static bool mq_put(struct mqueue *q, struct mq_msg *m)
{
	bool ok;

	mutex_lock(&q->lock);
	ok = q->nmsgs < q->maxmsg;
	if (ok) {
		mq_insert_locked(q, m);
		mq_tell_locked(q);
	}
	mutex_unlock(&q->lock);
	if (ok)
		waitqueue_wake_poll(&q->rwait, POLLIN | POLLRDNORM);
	return ok;
}

static struct mq_msg *mq_take(struct mqueue *q)
{
	struct mq_msg *m = NULL;

	mutex_lock(&q->lock);
	if (q->nmsgs) {
		m = list_first(&q->msgs, struct mq_msg, node);
		list_del(&m->node);
		q->nmsgs--;
		q->bytes -= m->len;
	}
	mutex_unlock(&q->lock);
	if (m)
		waitqueue_wake_poll(&q->wwait, POLLOUT | POLLWRNORM);
	return m;
}

static long mq_sleep_error(int err)
{
	return err == -EINTR ? -ERESTARTSYS : err;
}

static long mq_send(struct file *f, struct mqueue *q, struct mq_msg *m,
		    u64 deadline)
{
	int err;

	while (!mq_put(q, m)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_exclusive(&q->wwait,
					   READ_ONCE(q->nmsgs) < q->maxmsg,
					   deadline, SLEEP_INTR, "mq_send");
		if (err)
			return mq_sleep_error(err);
	}
	return 0;
}

long mqueue_send(struct file *f, uaddr msg, u64 len, u32 prio, u64 deadline)
{
	struct mqueue *q = mq_of(f, FMODE_WRITE);
	struct mq_msg *m;
	long err;

	if (!q)
		return -EBADF;
	if (len > q->msgsize)
		return -EMSGSIZE;
	m = kmalloc(sizeof(*m) + len);
	if (!m)
		return -ENOMEM;
	m->prio = prio;
	m->len = len;
	err = copy_from_user(m->text, msg, len);
	if (!err)
		err = mq_send(f, q, m, deadline);
	if (err)
		kfree(m);
	return err;
}

static struct mq_msg *mq_receive(struct file *f, struct mqueue *q, u64 deadline)
{
	struct mq_msg *m;
	int err;

	while (!(m = mq_take(q))) {
		if (f->flags & O_NONBLOCK)
			return ERR_PTR(-EAGAIN);
		atomic_inc(&q->nreceivers);
		err = wait_event_exclusive(&q->rwait, READ_ONCE(q->nmsgs),
					   deadline, SLEEP_INTR, "mq_receive");
		atomic_dec(&q->nreceivers);
		if (err)
			return ERR_PTR(mq_sleep_error(err));
	}
	return m;
}

long mqueue_receive(struct file *f, uaddr msg, u64 len, u32 *prio, u64 deadline)
{
	struct mqueue *q = mq_of(f, FMODE_READ);
	struct mq_msg *m;
	long ret;

	if (!q)
		return -EBADF;
	if (len < q->msgsize)
		return -EMSGSIZE;
	m = mq_receive(f, q, deadline);
	if (IS_ERR(m))
		return PTR_ERR(m);
	*prio = m->prio;
	ret = copy_to_user(msg, m->text, m->len) ? -EFAULT : (long)m->len;
	kfree(m);
	return ret;
}

int mqueue_notify(struct file *f, const struct sigevent *ev)
{
	struct mqueue *q = mq_of(f, FMODE_READ | FMODE_WRITE);
	struct process *p = NULL;
	int err = 0;

	if (!q)
		return -EBADF;
	mutex_lock(&q->lock);
	if (!ev) {
		if (q->notify == current->proc) {
			p = q->notify;
			q->notify = NULL;
		}
	} else if (q->notify) {
		err = -EBUSY;
	} else {
		q->notify = current->proc;
		ref_get(&q->notify->refs);
		q->event = *ev;
	}
	mutex_unlock(&q->lock);
	if (p)
		process_put(p);
	return err;
}

int mqueue_attr(struct file *f, const struct mq_attr_k *set,
		struct mq_attr_k *old)
{
	struct mqueue *q = mq_of(f, FMODE_READ | FMODE_WRITE);

	if (!q)
		return -EBADF;
	memset(old, 0, sizeof(*old));
	mutex_lock(&q->lock);
	old->flags = f->flags & O_NONBLOCK;
	old->maxmsg = (s64)q->maxmsg;
	old->msgsize = (s64)q->msgsize;
	old->curmsgs = (s64)q->nmsgs;
	if (set) {
		spin_lock(&f->lock);
		f->flags = (f->flags & ~(u32)O_NONBLOCK) |
			   ((u32)set->flags & O_NONBLOCK);
		spin_unlock(&f->lock);
	}
	mutex_unlock(&q->lock);
	return 0;
}

/* --- As a file --- */

static ssize_t mq_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct mqueue *q = f->inode->special;
	char buf[MQ_FILE_SIZE + 40];
	s32 pid = 0, kind = 0, sig = 0;
	size_t n;

	mutex_lock(&q->lock);
	if (q->notify) {
		pid = (s32)pid_shown(q->notify->pid);
		kind = q->event.sigev_notify;
		sig = kind == SIGEV_SIGNAL ? q->event.sigev_signo : 0;
	}
	n = (size_t)snprintf(buf, sizeof(buf),
			     "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d "
			     "NOTIFY_PID:%-6d\n",
			     (unsigned long)q->bytes, kind, sig, pid);
	mutex_unlock(&q->lock);
	if (*pos < 0 || (u64)*pos >= n)
		return 0;
	n = copy_to_iter(it, buf + *pos, min(n - (u64)*pos, it->count));
	*pos += (loff_t)n;
	return (ssize_t)n;
}

static u32 mq_poll(struct file *f, struct poll_table *pt)
{
	struct mqueue *q = f->inode->special;
	u64 n;
	u32 mask = 0;

	poll_wait(f, &q->rwait, pt);
	poll_wait(f, &q->wwait, pt);
	n = READ_ONCE(q->nmsgs);
	if (n)
		mask |= POLLIN | POLLRDNORM;
	if (n < q->maxmsg)
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

static int mq_flush(struct file *f)
{
	(void)mqueue_notify(f, NULL);
	return 0;
}

static int mq_no_mmap(struct file *f, struct mapping **m, int prot, int flags)
{
	return -ENODEV;
}

static const struct file_ops mq_file_ops = {
	.read = mq_read,
	.llseek = generic_llseek,
	.poll = mq_poll,
	.flush = mq_flush,
	.mmap = mq_no_mmap,
};
