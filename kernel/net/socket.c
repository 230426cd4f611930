/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket layer: what all families share. The file of a socket, reading and
 * writing it as a file, and the table of families. Options are in sockopt.c,
 * ancillary data in scm.c; the system calls in kernel/syscall/sys_socket.c.
 *
 * A socket lives from sock_create() or accept to the last reference: the file
 * holds one, and families hold others (a connection's ends, queued messages).
 * Its struct belongs to the family, which frees it.
 */
#include <abi/ioctl.h>
#include <abi/poll.h>
#include <kernel/ipc.h>
#include <kernel/net.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "vfs/fasync.h"
#include "wire.h"

#define SOCK_BUF_DEFAULT 212992u /* net.core.[rw]mem_default */
#define SOCK_TYPE_MAX	 11

static struct sock_family *sock_families;
static const struct file_ops socket_file_ops;

void sock_family_register(struct sock_family *f)
{
	f->next = sock_families;
	sock_families = f;
}

struct sock *sock_create(int family, int type, int protocol)
{
	struct sock_family *f = sock_families;

	if (family < 0 || family >= AF_MAX)
		return ERR_PTR(-EAFNOSUPPORT);
	if (type < 0 || type >= SOCK_TYPE_MAX)
		return ERR_PTR(-EINVAL);
	while (f && f->family != family)
		f = f->next;
	if (!f)
		return ERR_PTR(-EAFNOSUPPORT);
	return f->create(type, protocol);
}

void sock_init(struct sock *sk, int family, int type, int protocol,
	       const struct sock_ops *ops)
{
	mutex_init(&sk->lock);
	ref_init(&sk->refs, 1);
	sk->family = family;
	sk->type = type;
	sk->protocol = protocol;
	sk->ops = ops;
	sk->number = ipc_next_number();
	sk->sndbuf = sk->rcvbuf = SOCK_BUF_DEFAULT;
	sk->rcvtimeo = sk->sndtimeo = TIME_NEVER;
	sk->rcvlowat = 1;
	sk->peek_off = -1;
	sock_kept_init(sk);
	waitqueue_init(&sk->rwait);
	waitqueue_init(&sk->wwait);
}

struct sock *sock_of_file(struct file *f)
{
	return likely(f->ops == &socket_file_ops) ? f->priv : NULL;
}

struct file *sock_open_file(struct sock *sk, int flags)
{
	struct file *f;
	char name[32];

	snprintf(name, sizeof(name), "socket:[%llu]",
		 (unsigned long long)sk->number);
	f = file_open_anon(name, &socket_file_ops, sk,
			   O_RDWR | (flags & O_NONBLOCK), S_IFSOCK | 0777);
	if (IS_ERR(f)) {
		sk->ops->release(sk);
		return f;
	}
	f->mode |= FMODE_STREAM;
	sk->file = f;
	return f;
}

/* --- what families wait and wake with --- */

u64 sock_deadline(u64 timeo, bool nonblock)
{
	if (nonblock)
		return 0;
	return timeo == TIME_NEVER ? TIME_NEVER : deadline_after(timeo);
}

/* signal(7): with a timeout set the call is never restarted. */
int sock_wait_error(int err, u64 timeo)
{
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	return timeo == TIME_NEVER ? -ERESTARTSYS : -EINTR;
}

void sock_fill_cred(struct ucred *c)
{
	c->pid = current->proc->pid;
	c->uid = current->cred->uid;
	c->gid = current->cred->gid;
}

void sock_set_peer(struct sock *sk, const struct sock *like)
{
	struct cred *old = sk->peer_groups;

	if (like) {
		sk->peercred = like->peercred;
		sk->peer_groups = like->peer_groups;
	} else {
		sk->peercred.pid = current->proc->pid;
		sk->peercred.uid = current->cred->euid;
		sk->peercred.gid = current->cred->egid;
		sk->peer_groups = current->cred;
	}
	if (sk->peer_groups)
		cred_get(sk->peer_groups);
	if (old)
		cred_put(old);
}

void sock_wake_readers(struct sock *sk)
{
	waitqueue_wake_poll(&sk->rwait, POLLIN | POLLRDNORM | POLLRDBAND);
}

void sock_wake_writers(struct sock *sk)
{
	waitqueue_wake_poll(&sk->wwait, POLLOUT | POLLWRNORM | POLLWRBAND);
}

void sock_wake_all(struct sock *sk)
{
	waitqueue_wake_all(&sk->rwait);
	waitqueue_wake_all(&sk->wwait);
}

/* --- as a file --- */

static ssize_t sock_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct sock *sk = f->priv;
	struct sock_msg m = { .it = it };
	ssize_t ret;

	if (!it->count)
		return 0;
	m.flags = f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
	ret = sk->ops->recvmsg(sk, &m);
	if (unlikely(m.scm))
		scm_free(m.scm);
	return ret;
}

static ssize_t sock_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct sock *sk = f->priv;
	struct sock_msg m = { .it = it };

	m.flags = f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
	sock_fill_cred(&m.cred);
	return sock_sendmsg(sk, &m);
}

static spinlock_t sock_file_lock;

void sock_drop_file(struct sock *sk)
{
	spin_lock(&sock_file_lock);
	sk->file = NULL;
	spin_unlock(&sock_file_lock);
}

void sock_signal_urgent(struct sock *sk)
{
	spin_lock(&sock_file_lock);
	if (sk->file)
		file_signal_urgent(sk->file);
	spin_unlock(&sock_file_lock);
}

ssize_t sock_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct siginfo info = { .si_signo = SIGPIPE, .si_code = SI_USER };
	ssize_t ret = sk->ops->sendmsg(sk, m);

	if (ret == -EPIPE && sk->type == SOCK_STREAM &&
	    !(m->flags & MSG_NOSIGNAL)) {
		info.si_pid = (s32)pid_shown(current->proc->pid);
		info.si_uid = current->cred->uid;
		send_signal_task(current, SIGPIPE, &info);
	}
	if (m->scm) {
		scm_free(m->scm);
		m->scm = NULL;
	}
	return ret;
}

static u32 sock_poll(struct file *f, struct poll_table *pt)
{
	struct sock *sk = f->priv;

	return sk->ops->poll(sk, f, pt);
}

static long sock_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct sock *sk = f->priv;

	long ret = -ENOTTY;

	if (sk->ops->ioctl)
		ret = sk->ops->ioctl(sk, cmd, arg);
	return ret == -ENOTTY ? netdev_ioctl(cmd, arg) : ret;
}

static void sock_release(struct file *f)
{
	struct sock *sk = f->priv;

	sk->ops->release(sk);
}

static const struct file_ops socket_file_ops = {
	.release = sock_release,
	.read = sock_read,
	.write = sock_write,
	.poll = sock_poll,
	.ioctl = sock_ioctl,
};

void net_init(void)
{
	unix_init();
	inet_init();
	wire_init();
	netlink_init();
}
