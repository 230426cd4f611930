// SPDX-License-Identifier: GPL-2.0
/*
 * Leases: fcntl(2), "Leases". Who holds one on a regular file is told before
 * somebody else opens it in a way that conflicts, or truncates it, and has
 * fs.lease-break-time to let go; the other waits that long.
 *
 * A read lease is broken by opening for writing, a write lease by any opening;
 * one for reading asks a write lease only to become a read lease. The lease
 * belongs to the open file, and goes with it.
 *
 * lease_lock guards all of them; who waits for a lease sleeps on one queue.
 */
#include <abi/signal.h>
#include <abi/time.h>
#include <kernel/signal.h>
#include "vfs/fasync.h"
#include "vfs/internal.h"

#define LEASE_BREAK_NS (45ull * NSEC_PER_SEC)

struct lease {
	struct lease *next; /* of the inode */
	struct file *f;	    /* the lease goes before the file */
	struct inode *ino;
	s32 fd, pid;
	u8 type;   /* F_RDLCK, F_WRLCK */
	u8 target; /* what it is to become; type: nobody asked */
	u64 deadline;
	struct list_head all;
};

static spinlock_t lease_lock;
static struct waitqueue lease_wait;
static struct list_head lease_all = LIST_HEAD_INIT(lease_all);

void lease_init(void)
{
	waitqueue_init(&lease_wait);
}

static struct lease **lease_find(struct inode *ino, const struct file *f)
{
	struct lease **pp = &ino->leases;

	while (*pp && (*pp)->f != f)
		pp = &(*pp)->next;
	return pp;
}

static void lease_unlink(struct lease **pp)
{
	struct lease *l = *pp;

	*pp = l->next;
	list_del(&l->all);
}

/* Who has the file open besides f? Caller holds lease_lock. */
static bool lease_possible(struct inode *ino, const struct file *f, int type)
{
	u32 w = f->mode & FMODE_WRITE ? 1 : 0;
	u32 r = !w && (f->mode & FMODE_READ) ? 1 : 0;
	struct lease *l;

	if (type == F_RDLCK)
		return !READ_ONCE(ino->writers);
	for (l = ino->leases; l; l = l->next)
		if (l->f != f)
			return false;
	return READ_ONCE(ino->writers) == w && READ_ONCE(ino->readers) == r;
}

static bool lease_being_broken(const struct inode *ino)
{
	const struct lease *l;

	for (l = ino->leases; l; l = l->next)
		if (l->target == F_UNLCK)
			return true;
	return false;
}

static int lease_take(struct file *f, s32 fd, int type)
{
	struct inode *ino = f->inode;
	struct lease *new = kzalloc(sizeof(*new)), *l;
	int err = 0;

	if (!new)
		return -ENOMEM;
	spin_lock(&lease_lock);
	l = *lease_find(ino, f);
	if (!lease_possible(ino, f, type) || (!l && lease_being_broken(ino)) ||
	    (l && l->target == F_UNLCK)) {
		err = -EAGAIN;
	} else if (l) {
		l->type = l->target = (u8)type;
	} else {
		*new = (struct lease){ .next = ino->leases,
				       .f = f,
				       .ino = ino,
				       .fd = fd,
				       .pid = (s32)current->proc->pid,
				       .type = (u8)type,
				       .target = (u8)type };
		list_add_tail(&new->all, &lease_all);
		WRITE_ONCE(ino->leases, new);
		new = NULL;
	}
	spin_unlock(&lease_lock);
	kfree(new);
	if (!err) {
		atomic_or(&f->flags, FASYNC); /* F_GETFL shows that */
		file_set_owner(f, F_OWNER_PID, (s32)current->proc->pid, false);
		waitqueue_wake_all(&lease_wait);
	}
	return err;
}

static int lease_give_up(struct file *f)
{
	struct lease **pp, *l;

	spin_lock(&lease_lock);
	pp = lease_find(f->inode, f);
	l = *pp;
	if (l)
		lease_unlink(pp);
	spin_unlock(&lease_lock);
	if (!l)
		return -EAGAIN;
	atomic_and(&f->flags, ~(u32)FASYNC);
	kfree(l);
	waitqueue_wake_all(&lease_wait);
	return 0;
}

int lease_set(struct file *f, s32 fd, int type)
{
	struct inode *ino = f->inode;

	if (type != F_RDLCK && type != F_WRLCK && type != F_UNLCK)
		return -EINVAL;
	if (current->cred->fsuid != ino->uid && !capable(CAP_LEASE))
		return -EACCES;
	if (!S_ISREG(ino->mode))
		return -EINVAL;
	return type == F_UNLCK ? lease_give_up(f) : lease_take(f, fd, type);
}

int lease_get(struct file *f)
{
	struct lease *l;
	int type;

	spin_lock(&lease_lock);
	l = *lease_find(f->inode, f);
	type = l ? l->target : F_UNLCK;
	spin_unlock(&lease_lock);
	return type;
}

void lease_release(struct file *f)
{
	(void)lease_give_up(f);
}

/*
 * One look at the leases. => a file to be told (a reference) with its
 * descriptor, or NULL; *wait_until: 0 when nothing is in the way.
 */
static struct file *lease_break_step(struct inode *ino, bool write, s32 *fd,
				     u64 *wait_until)
{
	u64 now = host_clock_ns(CLOCK_MONOTONIC);
	struct lease **pp = &ino->leases, *l, *dead = NULL;
	struct file *tell = NULL;

	*wait_until = 0;
	spin_lock(&lease_lock);
	while ((l = *pp) && !tell) {
		u8 target = write ? F_UNLCK : F_RDLCK;

		pp = &l->next;
		if (!write && l->type != F_WRLCK)
			continue;
		if (l->target == l->type || (write && l->target != F_UNLCK)) {
			if (l->target == l->type)
				l->deadline = now + LEASE_BREAK_NS;
			l->target = target;
			tell = l->f;
			*fd = l->fd;
			if (!ref_get_unless_zero(&tell->refs))
				tell = NULL; /* it is going anyway */
		} else if (now >= l->deadline) {
			l->type = l->target;
			if (l->type == F_UNLCK) {
				pp = lease_find(ino, l->f);
				lease_unlink(pp);
				l->next = dead;
				dead = l;
			}
			continue;
		}
		*wait_until = l->deadline;
	}
	spin_unlock(&lease_lock);
	while ((l = dead)) {
		dead = l->next;
		kfree(l);
	}
	return tell;
}

int lease_break_slow(struct inode *ino, int flags)
{
	bool write = (flags & O_ACCMODE) != O_RDONLY;
	struct wait_entry we;
	int err = 0;

	wait_entry_init(&we);
	waitqueue_add(&lease_wait, &we);
	while (!err) {
		u32 seq = sleep_prepare();
		u64 until;
		s32 fd = -1;
		struct file *tell = lease_break_step(ino, write, &fd, &until);

		if (tell) {
			file_signal_owner(tell, fd, POLL_MSG);
			file_put(tell);
			continue;
		}
		if (!until)
			break;
		if (flags & O_NONBLOCK)
			err = -EAGAIN;
		else if (sleep_on(seq, until, SLEEP_INTR, "lease") == -EINTR)
			err = -ERESTARTSYS;
	}
	waitqueue_del(&lease_wait, &we);
	return err;
}

size_t lease_show(char *buf, size_t n, u32 *nr)
{
	struct lease *l;
	size_t len = 0;

	spin_lock(&lease_lock);
	list_for_each_entry (l, &lease_all, all)
		if (len < n)
			len += (size_t)snprintf(
				buf + len, n - len,
				"%u: LEASE  %s%s %d %02x:%02x:%llu 0 EOF\n",
				++*nr,
				l->target == l->type ? "ACTIVE    "
						     : "BREAKING  ",
				l->target == F_WRLCK   ? "WRITE"
				: l->target == F_RDLCK ? "READ "
						       : "UNLCK",
				l->pid, MAJOR(l->ino->sb->dev),
				MINOR(l->ino->sb->dev),
				(unsigned long long)l->ino->ino);
	spin_unlock(&lease_lock);
	return min(len, n);
}
