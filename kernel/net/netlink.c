// SPDX-License-Identifier: GPL-2.0
/*
 * AF_NETLINK sockets: NETLINK_ROUTE, whose requests are answered on the spot
 * by netlink_route.c, and NETLINK_KOBJECT_UEVENT, where listeners wait for
 * events (this kernel has none to tell) and a device manager may tell its own
 * listeners. Other protocols: EPROTONOSUPPORT.
 *
 * A socket's name is its port id; the kernel's is 0. Groups are one word.
 */
#include <abi/capability.h>
#include <abi/ioctl.h>
#include <abi/poll.h>
#include <kernel/cred.h>
#include <kernel/seqbuf.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include "netlink_internal.h"

#define NL_REQUEST_MAX 32768u

struct nl_msg {
	struct sock_piece p;
	u32 from, groups;
	struct ucred cred;
	char data[];
};

struct nlsock {
	struct sock sk;
	struct sock_queue q;
	/* under netlink_lock: */
	struct list_head node;
	u32 pid, groups;
	u32 dst_pid, dst_groups; /* connect */
	u32 flags;		 /* SOL_NETLINK options, one bit each */
};

static spinlock_t netlink_lock = SPINLOCK_INIT;
static struct list_head netlink_all = LIST_HEAD_INIT(netlink_all);

static struct nlsock *nlsock_of(struct sock *sk)
{
	return container_of(sk, struct nlsock, sk);
}

static struct nl_msg *nl_msg_of(struct sock_piece *p)
{
	return p ? container_of(p, struct nl_msg, p) : NULL;
}

/* --- building messages --- */

/* What does not fit is dropped: lo never fills a buffer. */
static void nl_put(struct nl_buf *b, const void *data, u32 n)
{
	u32 room = ALIGN_UP(n, 4u);

	if (room > NL_BUF - b->len)
		return;
	memcpy(b->data + b->len, data, n);
	memset(b->data + b->len + n, 0, room - n);
	b->len += room;
}

void nl_begin(struct nl_buf *b, u16 type, u16 flags, const void *head, u32 n)
{
	struct nlmsghdr h = { 0, type, flags, b->seq, b->pid };

	b->start = b->len;
	nl_put(b, &h, sizeof(h));
	nl_put(b, head, n);
}

void nl_attr(struct nl_buf *b, u16 type, const void *val, u32 n)
{
	struct rtattr a = { sizeof(a) + n, type };

	nl_put(b, &a, sizeof(a));
	nl_put(b, val, n);
}

void nl_attr_u32(struct nl_buf *b, u16 type, u32 v)
{
	nl_attr(b, type, &v, sizeof(v));
}

void nl_end(struct nl_buf *b)
{
	u32 len = b->len - b->start;

	memcpy(b->data + b->start, &len, sizeof(len));
}

/* --- names --- */

static struct nlsock *netlink_find_locked(int protocol, u32 pid)
{
	struct nlsock *n;

	list_for_each_entry (n, &netlink_all, node)
		if (n->pid == pid && n->sk.protocol == protocol)
			return n;
	return NULL;
}

/* pid 0: the process's own id, or any other that is free. */
static int netlink_name_locked(struct nlsock *n, u32 pid)
{
	static u32 next = -4096;

	if (pid && netlink_find_locked(n->sk.protocol, pid))
		return -EADDRINUSE;
	if (!pid) {
		pid = pid_shown(current->proc->pid);
		while (netlink_find_locked(n->sk.protocol, pid))
			pid = next--;
	}
	n->pid = pid;
	return 0;
}

static int netlink_name_in(const struct sockaddr_storage *a, u32 len,
			   struct sockaddr_nl *nl)
{
	if (len < sizeof(*nl) || a->ss_family != AF_NETLINK)
		return -EINVAL;
	memcpy(nl, a, sizeof(*nl));
	return 0;
}

static int netlink_bind(struct sock *sk, const struct sockaddr_storage *a,
			u32 len)
{
	struct nlsock *n = nlsock_of(sk);
	struct sockaddr_nl nl;
	int err = netlink_name_in(a, len, &nl);

	if (err)
		return err;
	spin_lock(&netlink_lock);
	if (!n->pid)
		err = netlink_name_locked(n, nl.nl_pid);
	else if (nl.nl_pid != n->pid && nl.nl_pid)
		err = -EINVAL;
	if (!err)
		n->groups = nl.nl_groups;
	spin_unlock(&netlink_lock);
	return err;
}

static int netlink_connect(struct sock *sk, const struct sockaddr_storage *a,
			   u32 len, bool nonblock)
{
	struct nlsock *n = nlsock_of(sk);
	struct sockaddr_nl nl = { 0 };
	int err = 0;

	if (len < sizeof(a->ss_family))
		return -EINVAL;
	if (a->ss_family != AF_UNSPEC)
		err = netlink_name_in(a, len, &nl);
	if (!err && (nl.nl_pid || nl.nl_groups) && !capable(CAP_NET_ADMIN))
		err = -EPERM;
	if (err)
		return err;
	spin_lock(&netlink_lock);
	if (!n->pid)
		err = netlink_name_locked(n, 0);
	n->dst_pid = nl.nl_pid;
	n->dst_groups = nl.nl_groups;
	spin_unlock(&netlink_lock);
	return err;
}

static int netlink_getname(struct sock *sk, struct sockaddr_storage *a,
			   enum sock_name which)
{
	struct nlsock *n = nlsock_of(sk);
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	bool peer = which != SOCK_NAME_OWN;

	nl.nl_pid = peer ? n->dst_pid : n->pid;
	nl.nl_groups = peer ? n->dst_groups : n->groups;
	memcpy(a, &nl, sizeof(nl));
	return sizeof(nl);
}

/* --- sending --- */

/* A copy into n's queue. => 0, -ENOBUFS. Never sleeps. */
static int netlink_deliver(struct nlsock *n, const void *data, u32 len,
			   u32 from, u32 groups, const struct ucred *cred)
{
	struct nl_msg *g = kmalloc(sizeof(*g) + len);
	int err = -ENOBUFS;

	if (!g)
		return err;
	g->p.len = len;
	g->p.off = 0;
	g->p.charge = len + SOCK_OVERHEAD;
	g->from = from;
	g->groups = groups;
	g->cred = *cred;
	memcpy(g->data, data, len);
	spin_lock(&n->q.lock);
	if (!n->q.nr || n->q.bytes + g->p.charge <= n->sk.rcvbuf) {
		sock_queue_add_locked(&n->q, &g->p);
		err = 0;
	}
	spin_unlock(&n->q.lock);
	if (err)
		kfree(g);
	else
		sock_wake_readers(&n->sk);
	return err;
}

/* From one program to others. => bytes or -errno */
static ssize_t netlink_send_users(struct nlsock *n, const void *data, u32 len,
				  const struct sockaddr_nl *to,
				  const struct ucred *cred)
{
	struct nlsock *o;
	int err = to->nl_pid ? -ECONNREFUSED : 0;

	spin_lock(&netlink_lock);
	list_for_each_entry (o, &netlink_all, node) {
		if (o == n || o->sk.protocol != n->sk.protocol)
			continue;
		if (to->nl_pid && o->pid == to->nl_pid)
			err = netlink_deliver(o, data, len, n->pid, 0, cred);
		else if (o->groups & to->nl_groups)
			netlink_deliver(o, data, len, n->pid, to->nl_groups,
					cred);
	}
	spin_unlock(&netlink_lock);
	return err ? err : (ssize_t)len;
}

static void netlink_answer(struct nlsock *n, const struct nl_buf *b)
{
	static const struct ucred kernel;

	if (b->len && netlink_deliver(n, b->data, b->len, 0, 0, &kernel)) {
		WRITE_ONCE(n->sk.err, ENOBUFS);
		sock_wake_all(&n->sk);
	}
}

void nl_flush(struct nl_buf *b)
{
	if (b->len < NL_BUF / 2 || !b->to)
		return;
	netlink_answer(b->to, b);
	b->len = 0;
}

void netlink_notify(int protocol, u32 groups, const struct nl_buf *b)
{
	static const struct ucred kernel;
	struct nlsock *n;

	spin_lock(&netlink_lock);
	list_for_each_entry (n, &netlink_all, node)
		if (n->sk.protocol == protocol && (n->groups & groups) &&
		    netlink_deliver(n, b->data, b->len, 0, groups, &kernel)) {
			WRITE_ONCE(n->sk.err, ENOBUFS);
			sock_wake_all(&n->sk);
		}
	spin_unlock(&netlink_lock);
}

/* NLMSG_ERROR: the outcome and the request, or only its header. */
static void netlink_ack(struct nlsock *n, const struct nlmsghdr *h, int err,
			struct nl_buf *b)
{
	bool whole = err && !(n->flags & 1u << NETLINK_CAP_ACK) &&
		     h->nlmsg_len < NL_BUF / 2;

	b->len = 0;
	nl_begin(b, NLMSG_ERROR, whole || !err ? 0 : NLM_F_CAPPED, &err,
		 sizeof(err));
	nl_put(b, h, whole ? h->nlmsg_len : sizeof(*h));
	nl_end(b);
	netlink_answer(n, b);
}

/* Its flags mean that only where something is asked for. */
static bool netlink_is_dump(const struct nlsock *n, const struct nlmsghdr *h)
{
	if (n->sk.protocol == NETLINK_ROUTE && (h->nlmsg_type & 3) != 2)
		return false;
	return h->nlmsg_flags & NLM_F_DUMP;
}

/* Each request in a datagram to the kernel. */
static void netlink_requests(struct nlsock *n, const char *data, u32 len,
			     struct nl_buf *b)
{
	const struct nlmsghdr *h;
	u32 step;
	int err;

	while (len >= sizeof(*h)) {
		h = (const void *)data;
		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len)
			return;
		b->len = 0;
		b->seq = h->nlmsg_seq;
		b->pid = n->pid;
		err = 0;
		if ((h->nlmsg_flags & NLM_F_REQUEST) &&
		    h->nlmsg_type >= NLMSG_MIN_TYPE)
			err = n->sk.protocol == NETLINK_ROUTE
				      ? rtnl_request(h, b)
				      : diag_request(h, b);
		if (!err)
			netlink_answer(n, b);
		/* who dumps gets NLMSG_DONE instead */
		if (err ||
		    ((h->nlmsg_flags & NLM_F_ACK) && !netlink_is_dump(n, h)))
			netlink_ack(n, h, err, b);
		step = min(ALIGN_UP(h->nlmsg_len, 4u), len);
		data += step;
		len -= step;
	}
}

static int netlink_to_kernel(struct nlsock *n, const char *data, u32 len)
{
	struct nl_buf b = { .to = n };

	if (n->sk.protocol != NETLINK_ROUTE &&
	    n->sk.protocol != NETLINK_SOCK_DIAG)
		return -ECONNREFUSED;
	b.data = kmalloc(NL_BUF);
	if (!b.data)
		return -ENOBUFS;
	netlink_requests(n, data, len, &b);
	kfree(b.data);
	return 0;
}

static ssize_t netlink_send(struct sock *sk, struct sock_msg *m)
{
	struct nlsock *n = nlsock_of(sk);
	struct sockaddr_nl to = { AF_NETLINK, 0, n->dst_pid, n->dst_groups };
	size_t len = m->it->count;
	ssize_t ret = 0;
	char *data;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->namelen)
		ret = netlink_name_in(m->name, m->namelen, &to);
	if (!ret && (to.nl_pid || to.nl_groups) && !capable(CAP_NET_ADMIN))
		ret = -EPERM;
	if (!ret && (len > NL_REQUEST_MAX || len + 32 > sk->sndbuf))
		ret = -EMSGSIZE;
	if (!ret && !n->pid) {
		spin_lock(&netlink_lock);
		ret = n->pid ? 0 : netlink_name_locked(n, 0);
		spin_unlock(&netlink_lock);
	}
	if (ret)
		return ret;
	data = kmalloc(len + 1);
	if (!data)
		return -ENOBUFS;
	if (copy_from_iter(m->it, data, len) != len)
		ret = -EFAULT;
	else if (to.nl_pid || to.nl_groups)
		ret = netlink_send_users(n, data, len, &to, &m->cred);
	else
		ret = netlink_to_kernel(n, data, len);
	kfree(data);
	return ret ? ret : (ssize_t)len;
}

/* --- receiving --- */

static ssize_t netlink_recv(struct sock *sk, struct sock_msg *m)
{
	struct nlsock *n = nlsock_of(sk);
	u64 deadline = sock_deadline(sk->rcvtimeo, m->flags & MSG_DONTWAIT);
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	struct nl_msg *g;
	ssize_t ret = 0;
	size_t len;

	m->namelen = 0;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	mutex_lock(&n->q.iolock);
	while (!(g = nl_msg_of(sock_queue_next(&n->q, NULL)))) {
		ret = sock_take_error(sk);
		if (!ret)
			ret = sock_queue_wait(sk, &n->q, deadline,
					      "netlink_recv");
		if (ret) {
			mutex_unlock(&n->q.iolock);
			return ret;
		}
	}
	len = min(m->it->count, (size_t)g->p.len);
	if (len < g->p.len)
		m->out_flags |= MSG_TRUNC;
	ret = m->flags & MSG_TRUNC ? g->p.len : len;
	from.nl_pid = g->from;
	from.nl_groups = g->groups;
	m->cred = g->cred;
	if (m->name) {
		memcpy(m->name, &from, sizeof(from));
		m->namelen = sizeof(from);
	}
	if (copy_to_iter(m->it, g->data, len) != len)
		ret = -EFAULT;
	if (!(m->flags & MSG_PEEK)) {
		sock_queue_del(&n->q, &g->p);
		kfree(g);
	}
	mutex_unlock(&n->q.iolock);
	return ret;
}

static u32 netlink_poll(struct sock *sk, struct file *f, struct poll_table *pt)
{
	struct nlsock *n = nlsock_of(sk);
	u32 mask = POLLOUT | POLLWRNORM | POLLWRBAND;

	poll_wait(f, &sk->rwait, pt);
	poll_wait(f, &sk->wwait, pt);
	if (READ_ONCE(sk->err))
		mask |= POLLERR;
	if (READ_ONCE(n->q.nr))
		mask |= POLLIN | POLLRDNORM;
	return mask;
}

static long netlink_ioctl(struct sock *sk, u32 cmd, u64 arg)
{
	int n;

	if (cmd != SIOCINQ)
		return -ENOTTY;
	n = sock_queue_unread(&nlsock_of(sk)->q, false);
	return put_user(n, UADDR(arg));
}

/* --- options --- */

static int netlink_setsockopt(struct sock *sk, int level, int name, uaddr val,
			      u32 len)
{
	struct nlsock *n = nlsock_of(sk);
	int v = 0;

	/* filters only spare a listener messages that it looks at anyway */
	if (level == SOL_SOCKET &&
	    (name == SO_ATTACH_FILTER || name == SO_DETACH_FILTER))
		return 0;
	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	/* too short is 0 */
	if (len >= sizeof(v) && get_user(v, val))
		return -EFAULT;
	switch (name) {
	case NETLINK_ADD_MEMBERSHIP:
	case NETLINK_DROP_MEMBERSHIP:
		if (v < 1 || v > 64)
			return -EINVAL;
		if (v > 32) /* nothing is ever told there */
			return 0;
		if (name == NETLINK_ADD_MEMBERSHIP)
			atomic_or(&n->groups, 1u << (v - 1));
		else
			atomic_and(&n->groups, ~(1u << (v - 1)));
		return 0;
	case NETLINK_PKTINFO:
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_NO_ENOBUFS:
	case NETLINK_CAP_ACK:
	case NETLINK_EXT_ACK:
	case NETLINK_GET_STRICT_CHK:
		if (v)
			atomic_or(&n->flags, 1u << name);
		else
			atomic_and(&n->flags, ~(1u << name));
		return 0;
	case NETLINK_LISTEN_ALL_NSID:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		if (v)
			atomic_or(&n->flags, 1u << name);
		else
			atomic_and(&n->flags, ~(1u << name));
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* As many words as there is room for; *len tells how much there would be. */
static int netlink_get_groups(struct nlsock *n, void *buf, u32 *len)
{
	u32 words[2] = { n->groups, 0 };
	u32 all = n->sk.protocol == NETLINK_ROUTE ? sizeof(words)
						  : sizeof(words[0]);

	if (!n->groups && !n->pid) /* it has no room for any yet */
		all = 0;
	memcpy(buf, words, min(*len & ~3u, all));
	*len = all;
	return 0;
}

static int netlink_getsockopt(struct sock *sk, int level, int name, void *buf,
			      u32 *len)
{
	struct nlsock *n = nlsock_of(sk);
	u32 v;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	switch (name) {
	case NETLINK_PKTINFO:
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_NO_ENOBUFS:
	case NETLINK_CAP_ACK:
	case NETLINK_EXT_ACK:
	case NETLINK_GET_STRICT_CHK:
	case NETLINK_LISTEN_ALL_NSID:
		v = n->flags >> name & 1;
		break;
	case NETLINK_LIST_MEMBERSHIPS:
		return netlink_get_groups(n, buf, len);
	default:
		return -ENOPROTOOPT;
	}
	if (*len < sizeof(v))
		return -EINVAL;
	*len = sizeof(v);
	memcpy(buf, &v, sizeof(v));
	return 0;
}

/* --- life --- */

static void netlink_release(struct sock *sk)
{
	struct nlsock *n = nlsock_of(sk);
	struct nl_msg *g, *next;
	struct list_head out;

	spin_lock(&netlink_lock);
	list_del(&n->node);
	spin_unlock(&netlink_lock);
	sock_queue_take_all(&n->q, &out);
	list_for_each_entry_safe (g, next, &out, p.node)
		kfree(g);
	kfree(n);
}

static int netlink_listen(struct sock *sk, int backlog)
{
	return -EOPNOTSUPP;
}

static struct sock *netlink_accept(struct sock *sk, bool nonblock)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static int netlink_shutdown(struct sock *sk, int how)
{
	return -EOPNOTSUPP;
}

static const struct sock_ops netlink_ops = {
	.release = netlink_release,
	.bind = netlink_bind,
	.connect = netlink_connect,
	.listen = netlink_listen,
	.accept = netlink_accept,
	.getname = netlink_getname,
	.sendmsg = netlink_send,
	.recvmsg = netlink_recv,
	.shutdown = netlink_shutdown,
	.poll = netlink_poll,
	.ioctl = netlink_ioctl,
	.setsockopt = netlink_setsockopt,
	.getsockopt = netlink_getsockopt,
};

static struct sock *netlink_create(int type, int protocol)
{
	struct nlsock *n;

	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	if (protocol != NETLINK_ROUTE && protocol != NETLINK_SOCK_DIAG &&
	    protocol != NETLINK_KOBJECT_UEVENT)
		return ERR_PTR(-EPROTONOSUPPORT);
	n = kzalloc(sizeof(*n));
	if (!n)
		return ERR_PTR(-ENOMEM);
	sock_init(&n->sk, AF_NETLINK, type, protocol, &netlink_ops);
	sock_queue_init(&n->q);
	spin_lock(&netlink_lock);
	list_add_tail(&n->node, &netlink_all);
	spin_unlock(&netlink_lock);
	return &n->sk;
}

static struct sock_family netlink_family = {
	.family = AF_NETLINK,
	.create = netlink_create,
};

static void proc_netlink(struct seqbuf *s)
{
	struct nlsock *n;

	seq_puts(s, "sk               Eth Pid        Groups   Rmem     Wmem"
		    "     Dump  Locks    Drops    Inode\n");
	spin_lock(&netlink_lock);
	list_for_each_entry (n, &netlink_all, node)
		seq_printf(s,
			   "%s %-3d %-10u %08x %-8u %-8d %-5d %-8u %-8u "
			   "%-8llu\n",
			   "0000000000000000", n->sk.protocol, n->pid,
			   n->groups, n->q.bytes, 0, 0, n->sk.refs.n, 0u,
			   (unsigned long long)n->sk.number);
	spin_unlock(&netlink_lock);
}

void netlink_init(void)
{
	sock_family_register(&netlink_family);
	proc_register("net/netlink", proc_netlink);
}
