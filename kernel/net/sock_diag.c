// SPDX-License-Identifier: GPL-2.0
/*
 * NETLINK_SOCK_DIAG, as ss(8) asks it: the sockets of AF_INET, AF_INET6 and
 * AF_UNIX, by family, protocol and states. Byte code that filters on the
 * kernel's side is not run: ss filters what it gets once more itself.
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "inet_internal.h"
#include "netlink_internal.h"
#include "unix_internal.h"

#define SOCK_DIAG_BY_FAMILY 20

struct diag_sockid {
	u16 sport, dport; /* network order */
	u8 src[16], dst[16];
	u32 oif, cookie[2];
};

struct inet_diag_req {
	u8 family, protocol, ext, pad;
	u32 states;
	struct diag_sockid id;
};

struct inet_diag_msg {
	u8 family, state, timer, retrans;
	struct diag_sockid id;
	u32 expires, rqueue, wqueue, uid, inode;
};

struct unix_diag_req {
	u8 family, protocol;
	u16 pad;
	u32 states, ino, show, cookie[2];
};

struct unix_diag_msg {
	u8 family, type, state, pad;
	u32 ino, cookie[2];
};

#define UDIAG_SHOW_NAME	   1u
#define UDIAG_SHOW_PEER	   4u
#define UDIAG_SHOW_RQLEN   16u
#define UNIX_DIAG_NAME	   0
#define UNIX_DIAG_PEER	   2
#define UNIX_DIAG_RQLEN	   4
#define UNIX_DIAG_SHUTDOWN 6

/* A socket's row, copied under inet_lock. */
static bool diag_row(struct isock *is, const struct inet_diag_req *q,
		     struct inet_diag_msg *m)
{
	u8 state = is->state;
	u32 out = 0;

	if (is->sk.family != q->family || is->sk.protocol != q->protocol)
		return false;
	if (is->sk.type != SOCK_RAW && !is->lport)
		return false;
	if (is->wired) {
		struct tcpw_info i;

		tcpw_peek(is, &i);
		state = i.state;
		out = i.notsent + i.unacked;
	}
	if (is->sk.type == SOCK_STREAM && state == TCP_CLOSE)
		return false;
	if (!(q->states >> state & 1))
		return false;
	memset(m, 0, sizeof(*m));
	m->family = (u8)is->sk.family;
	m->state = state;
	m->id.sport = __builtin_bswap16(is->lport);
	m->id.dport = __builtin_bswap16(is->rport);
	if (is->sk.family == AF_INET) {
		memcpy(m->id.src, is->laddr.s6_addr + 12, 4);
		memcpy(m->id.dst, is->raddr.s6_addr + 12, 4);
	} else {
		memcpy(m->id.src, &is->laddr, 16);
		memcpy(m->id.dst, &is->raddr, 16);
	}
	m->id.oif = (u32)is->sk.bound_dev;
	m->id.cookie[0] = (u32)is->sk.number;
	m->rqueue = state == TCP_LISTEN ? is->npending
					: sock_queue_unread(&is->q, true);
	m->wqueue = state == TCP_LISTEN ? is->backlog : out;
	m->uid = is->uid;
	m->inode = is->dead ? 0 : (u32)is->sk.number;
	return true;
}

static void diag_inet(const struct nlmsghdr *h, struct nl_buf *b)
{
	struct inet_diag_req q;
	struct inet_diag_msg m;
	struct isock *is;
	u32 n = 0, i;
	bool have;
	u8 shut;

	memcpy(&q, h + 1, sizeof(q));
	for (;; n++) {
		have = false;
		i = 0;
		spin_lock(&inet_lock);
		list_for_each_entry (is, &inet_all, all_node)
			if (diag_row(is, &q, &m) && i++ == n) {
				have = true;
				shut = (u8)is->sk.shutdown;
				break;
			}
		spin_unlock(&inet_lock);
		if (!have)
			return;
		nl_begin(b, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, &m, sizeof(m));
		nl_attr(b, 8 /* INET_DIAG_SHUTDOWN */, &shut, 1);
		nl_end(b);
		nl_flush(b);
	}
}

struct diag_unix_arg {
	const struct unix_diag_req *q;
	struct nl_buf *b;
};

static void diag_unix_one(struct usock *u, struct diag_unix_arg *a)
{
	struct unix_diag_msg m = { .family = AF_UNIX, .type = (u8)u->sk.type };
	struct unix_addr *addr = load_acquire(&u->addr);
	u32 v[2], peer = 0;

	m.state = u->state == UNIX_LISTENING ? TCP_LISTEN
		  : u->peer		     ? TCP_ESTABLISHED
					     : TCP_CLOSE;
	if (!(a->q->states >> m.state & 1) ||
	    (a->q->ino && a->q->ino != (u32)u->sk.number))
		return;
	m.ino = m.cookie[0] = (u32)u->sk.number;
	nl_begin(a->b, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, &m, sizeof(m));
	if ((a->q->show & UDIAG_SHOW_NAME) && addr &&
	    addr->len > sizeof(addr->un.sun_family))
		nl_attr(a->b, UNIX_DIAG_NAME, addr->un.sun_path,
			addr->len - (u32)sizeof(addr->un.sun_family));
	spin_lock(&u->q.lock);
	if (u->peer)
		peer = (u32)u->peer->sk.number;
	spin_unlock(&u->q.lock);
	if ((a->q->show & UDIAG_SHOW_PEER) && peer)
		nl_attr_u32(a->b, UNIX_DIAG_PEER, peer);
	if (a->q->show & UDIAG_SHOW_RQLEN) {
		v[0] = u->state == UNIX_LISTENING ? u->npending : u->q.bytes;
		v[1] = u->state == UNIX_LISTENING ? u->backlog : 0;
		nl_attr(a->b, UNIX_DIAG_RQLEN, v, sizeof(v));
	}
	nl_attr(a->b, UNIX_DIAG_SHUTDOWN, &u->sk.shutdown, 1);
	nl_end(a->b);
	nl_flush(a->b);
}

int diag_request(const struct nlmsghdr *h, struct nl_buf *b)
{
	struct unix_diag_req q;
	struct diag_unix_arg a = { &q, b };
	struct usock *u;
	int done = 0;
	u8 family;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -EINVAL;
	if (h->nlmsg_len < sizeof(*h) + 2)
		return -EINVAL;
	family = *(const u8 *)(h + 1);
	if (!(h->nlmsg_flags & NLM_F_DUMP))
		return -EOPNOTSUPP;
	switch (family) {
	case AF_INET:
	case AF_INET6:
		if (h->nlmsg_len < sizeof(*h) + sizeof(struct inet_diag_req))
			return -EINVAL;
		diag_inet(h, b);
		break;
	case AF_UNIX:
		if (h->nlmsg_len < sizeof(*h) + sizeof(q))
			return -EINVAL;
		memcpy(&q, h + 1, sizeof(q));
		spin_lock(&unix_all_lock);
		list_for_each_entry (u, &unix_all, all_node)
			diag_unix_one(u, &a);
		spin_unlock(&unix_all_lock);
		break;
	default:
		return -ENOENT;
	}
	nl_begin(b, NLMSG_DONE, NLM_F_MULTI, &done, sizeof(done));
	nl_end(b);
	return 0;
}
