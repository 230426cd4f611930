/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ancillary data of sendmsg and recvmsg (cmsg(3), unix(7)): SCM_RIGHTS and
 * SCM_CREDENTIALS, between a guest's control buffer and struct sock_msg.
 *
 * Descriptors in flight are counted on their sender's account until they are
 * received or dropped; who exceeds RLIMIT_NOFILE gets ETOOMANYREFS. Sockets
 * that are in flight inside each other and reachable from nowhere else are
 * found by kernel/net/unix_gc.c.
 */
#include <abi/capability.h>
#include <abi/in.h>
#include <kernel/ns.h>
#include <kernel/cred.h>
#include <kernel/fdtable.h>
#include <kernel/net.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>

#define SCM_CONTROL_MAX 131072u /* net.core.optmem_max */
#define SCM_FAST	256u

static struct scm *scm_alloc(u32 room)
{
	struct scm *s = kmalloc(sizeof(*s) + room * sizeof(s->file[0]));

	if (!s)
		return NULL;
	s->n = 0;
	s->cred = current->cred;
	cred_get(s->cred);
	return s;
}

/* Takes over the file's reference. */
static void scm_add(struct scm *s, struct file *f)
{
	s->file[s->n++] = f;
	atomic_inc(&s->cred->user->inflight);
}

static void scm_drop(struct scm *s)
{
	for (u32 i = 0; i < s->n; i++)
		file_put(s->file[i]);
	atomic_sub(&s->cred->user->inflight, s->n);
	cred_put(s->cred);
	kfree(s);
}

/*
 * A file that goes here may be a socket with messages that hold sockets with
 * messages …: one task at a time takes them from a list instead of recursing.
 */
void scm_free(struct scm *s)
{
	static spinlock_t lock = SPINLOCK_INIT;
	static struct scm *dead; /* under lock */
	static bool busy;	 /* under lock */

	if (!s)
		return;
	spin_lock(&lock);
	s->next = dead;
	dead = s;
	if (!busy) {
		busy = true;
		while ((s = dead)) {
			dead = s->next;
			spin_unlock(&lock);
			scm_drop(s);
			spin_lock(&lock);
		}
		busy = false;
	}
	spin_unlock(&lock);
}

/* The same files once more, for MSG_PEEK. NULL: no memory */
struct scm *scm_dup(const struct scm *s)
{
	struct scm *d = scm_alloc(s->n);

	for (u32 i = 0; d && i < s->n; i++) {
		file_get(s->file[i]);
		scm_add(d, s->file[i]);
	}
	return d;
}

static int scm_import_rights(struct sock_msg *m, const void *data, size_t n)
{
	u32 nr = n / sizeof(int);
	int fd;

	if (!nr)
		return 0;
	if (nr + (m->scm ? m->scm->n : 0) > SCM_MAX_FD)
		return -EINVAL;
	if (READ_ONCE(current->cred->user->inflight) > rlimit(RLIMIT_NOFILE) &&
	    !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -ETOOMANYREFS;
	if (!m->scm)
		m->scm = scm_alloc(SCM_MAX_FD);
	if (!m->scm)
		return -ENOMEM;
	for (u32 i = 0; i < nr; i++) {
		struct file *f;

		memcpy(&fd, (const char *)data + i * sizeof(fd), sizeof(fd));
		f = fd_get_any(fd);
		if (!f)
			return -EBADF;
		scm_add(m->scm, f);
	}
	return 0;
}

/* unix(7): one's own ids, or those that one has the right to claim. */
static int scm_import_cred(struct sock_msg *m, const void *data, size_t n)
{
	const struct cred *c = current->cred;
	struct ucred u;

	if (n != sizeof(u))
		return -EINVAL;
	memcpy(&u, data, sizeof(u));
	u.pid = (s32)pid_given((u32)u.pid);
	u.uid = uid_given(u.uid);
	u.gid = gid_given(u.gid);
	if ((u32)u.pid != current->proc->pid &&
	    !ns_capable(current->pid_ns->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	if (u.uid == (u32)-1 || u.gid == (u32)-1)
		return -EINVAL;
	if (u.uid != c->uid && u.uid != c->euid && u.uid != c->suid &&
	    !own_capable(CAP_SETUID))
		return -EPERM;
	if (u.gid != c->gid && u.gid != c->egid && u.gid != c->sgid &&
	    !own_capable(CAP_SETGID))
		return -EPERM;
	m->cred = u;
	return 0;
}

/* What ip(7) and ipv6(7) let a sender ask for one datagram. */
static int scm_import_wish(struct sock_wish *w, const struct cmsghdr *h,
			   const char *data, u64 n)
{
	int v = 0;

	if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
		if (n < 12)
			return -EINVAL;
		memcpy(&w->oif, data, 4);
		memcpy(&v, data + 4, 4);
		w->have_src = v;
		memset(w->src, 0, 10);
		w->src[10] = w->src[11] = 0xff;
		memcpy(w->src + 12, data + 4, 4);
		return 0;
	}
	if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) {
		if (n < 20)
			return -EINVAL;
		memcpy(w->src, data, 16);
		memcpy(&w->oif, data + 16, 4);
		for (int i = 0; i < 16; i++)
			w->have_src |= w->src[i] != 0;
		return 0;
	}
	if (h->cmsg_level != IPPROTO_IP && h->cmsg_level != IPPROTO_IPV6)
		return 0;
	if (n >= 4)
		memcpy(&v, data, 4);
	else if (n >= 1)
		v = (u8)data[0];
	if (h->cmsg_level == IPPROTO_IP) {
		if (h->cmsg_type == IP_TTL) {
			if (n != 4 || v < 1 || v > 255)
				return -EINVAL;
			w->ttl = v;
		} else if (h->cmsg_type == IP_TOS) {
			w->tos = v & 0xff;
		} else if (h->cmsg_type != IP_RETOPTS) {
			return -EINVAL;
		}
		return 0;
	}
	if (h->cmsg_type == IPV6_HOPLIMIT || h->cmsg_type == IPV6_2292HOPLIMIT)
		w->ttl = v;
	else if (h->cmsg_type == IPV6_TCLASS)
		w->tos = v;
	return 0;
}

static int scm_parse(struct sock_msg *m, const char *buf, u64 len)
{
	struct cmsghdr h;
	u64 at = 0;
	int err = 0;

	while (!err && len - at >= sizeof(h)) {
		const char *data = buf + at + sizeof(h);

		memcpy(&h, buf + at, sizeof(h));
		if (h.cmsg_len < sizeof(h) || h.cmsg_len > len - at)
			return -EINVAL;
		if (h.cmsg_level == SOL_SOCKET) {
			u64 n = h.cmsg_len - sizeof(h);

			if (h.cmsg_type == SCM_RIGHTS)
				err = scm_import_rights(m, data, n);
			else if (h.cmsg_type == SCM_CREDENTIALS)
				err = scm_import_cred(m, data, n);
			else
				err = -EINVAL;
		} else if (m->wish) {
			err = scm_import_wish(m->wish, &h, data,
					      h.cmsg_len - sizeof(h));
		}
		at += min(CMSG_ALIGN(h.cmsg_len), len - at);
	}
	return err;
}

int scm_import(struct sock_msg *m, uaddr control, u64 len)
{
	char fast[SCM_FAST], *buf = fast;
	int err;

	if (len > SCM_CONTROL_MAX)
		return -ENOBUFS;
	if (len > sizeof(fast)) {
		buf = kmalloc(len);
		if (!buf)
			return -ENOBUFS;
	}
	err = copy_from_user(buf, control, len);
	if (!err)
		err = scm_parse(m, buf, len);
	if (err) {
		scm_free(m->scm);
		m->scm = NULL;
	}
	if (buf != fast)
		kfree(buf);
	return err;
}

/* --- out --- */

void scm_put(struct sock_msg *m, struct scm_out *o, int level, int type,
	     const void *data, size_t n)
{
	struct cmsghdr h = { CMSG_LEN(n), level, type };
	u64 space = CMSG_SPACE(n);

	if (o->left < sizeof(h)) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	if (o->left < h.cmsg_len) {
		m->out_flags |= MSG_CTRUNC;
		h.cmsg_len = o->left;
	}
	if (put_user(h, o->at) ||
	    copy_to_user(uadd(o->at, sizeof(h)), data, h.cmsg_len - sizeof(h)))
		return;
	space = min(space, o->left);
	o->at = uadd(o->at, space);
	o->left -= space;
	o->used += space;
}

/* Install one file where its number can be told. => 0 or -errno */
static int scm_install(struct file *f, uaddr where, bool cloexec)
{
	int fd = fd_reserve(0, cloexec), err;

	if (fd < 0)
		return fd;
	err = put_user(fd, where);
	if (err) {
		fd_unreserve(fd);
		return err;
	}
	file_get(f);
	fd_publish(fd, f);
	return 0;
}

static void scm_put_rights(struct sock_msg *m, struct scm_out *o)
{
	struct cmsghdr h = { 0, SOL_SOCKET, SCM_RIGHTS };
	uaddr data = uadd(o->at, sizeof(h));
	bool cloexec = m->flags & MSG_CMSG_CLOEXEC;
	u64 room = 0, space;
	u32 n;

	if (o->left >= sizeof(h))
		room = (o->left - sizeof(h)) / sizeof(int);
	for (n = 0; n < m->scm->n && n < room; n++)
		if (scm_install(m->scm->file[n], uadd(data, n * sizeof(int)),
				cloexec))
			break;
	if (n < m->scm->n)
		m->out_flags |= MSG_CTRUNC;
	if (!n)
		return;
	h.cmsg_len = CMSG_LEN(n * sizeof(int));
	if (put_user(h, o->at))
		return;
	space = min((u64)CMSG_SPACE(n * sizeof(int)), o->left);
	o->at = uadd(o->at, space);
	o->left -= space;
	o->used += space;
}

static void scm_put_time(struct sock *sk, struct sock_msg *m, struct scm_out *o)
{
	u64 now = time_real_ns();
	s64 ts[2] = { now / NSEC_PER_SEC, now % NSEC_PER_SEC };

	if (sk->timestampns) {
		scm_put(m, o, SOL_SOCKET,
			sk->timestamp_new ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS,
			ts, sizeof(ts));
	} else if (sk->timestamp) {
		ts[1] /= NSEC_PER_USEC;
		scm_put(m, o, SOL_SOCKET,
			sk->timestamp_new ? SO_TIMESTAMP_NEW : SO_TIMESTAMP, ts,
			sizeof(ts));
	}
}

int sock_pidfd(int pid)
{
	struct task *t = task_find_get((u32)pid);
	struct file *f;
	int fd;

	if (!t)
		return -ESRCH;
	f = pidfd_create(t, false, 0);
	task_put(t);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_new(f, 0, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* SO_PASSPIDFD: a pidfd of the sender, or why there is none. */
static void scm_put_pidfd(struct sock_msg *m, struct scm_out *o)
{
	int fd;

	if (o->left < CMSG_LEN(sizeof(fd))) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	fd = m->cred.pid ? sock_pidfd(m->cred.pid) : -ESRCH;
	scm_put(m, o, SOL_SOCKET, SCM_PIDFD, &fd, sizeof(fd));
}

/* As current counts. */
struct ucred sock_cred_shown(const struct ucred *c)
{
	struct ucred u = { c->pid > 0 ? (s32)pid_shown((u32)c->pid) : c->pid,
			   c->uid == (u32)-1 ? c->uid : uid_shown(c->uid),
			   c->gid == (u32)-1 ? c->gid : gid_shown(c->gid) };

	return u;
}

u64 scm_export(struct sock *sk, struct sock_msg *m, uaddr control, u64 len)
{
	struct scm_out o = { control, control.va ? len : 0, 0 };

	if (unlikely(sk->timestamp || sk->timestampns))
		scm_put_time(sk, m, &o);
	if (sk->passcred) {
		struct ucred u = sock_cred_shown(&m->cred);

		scm_put(m, &o, SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof(u));
	}
	if (unlikely(sk->passpidfd))
		scm_put_pidfd(m, &o);
	if (m->scm) {
		scm_put_rights(m, &o);
		scm_free(m->scm);
		m->scm = NULL;
	}
	if (sk->ops->cmsg)
		sk->ops->cmsg(sk, m, &o);
	return o.used;
}
