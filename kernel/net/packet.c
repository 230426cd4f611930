// SPDX-License-Identifier: GPL-2.0
/*
 * AF_PACKET, following packet(7): frames as they pass a device, in both
 * directions, with their Ethernet header (SOCK_RAW) or without (SOCK_DGRAM).
 * On lo only what passes it as packets is seen: not the bytes of TCP and UDP
 * connections inside the machine, which are never packets.
 *
 * Filters (SO_ATTACH_FILTER) are run by bpf.c. Rings in shared memory
 * (PACKET_RX_RING) are missing.
 *
 * Locks: packet_lock (spin) guards the list; q.lock nests inside it.
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
#include "bpf.h"
#include "queue.h"
#include "wire.h"

#define SOL_PACKET	       263
#define PACKET_ADD_MEMBERSHIP  1
#define PACKET_DROP_MEMBERSHIP 2
#define PACKET_STATISTICS      6
#define PACKET_AUXDATA	       8
#define PACKET_VERSION	       10
#define PACKET_HDRLEN	       11
#define PACKET_RESERVE	       12
#define PACKET_LOSS	       14
#define PACKET_VNET_HDR	       15
#define PACKET_TIMESTAMP       17
#define PACKET_FANOUT	       18
#define PACKET_IGNORE_OUTGOING 23

struct sockaddr_ll {
	u16 sll_family, sll_protocol; /* protocol: network order */
	s32 sll_ifindex;
	u16 sll_hatype;
	u8 sll_pkttype, sll_halen;
	u8 sll_addr[8];
};

struct tpacket_auxdata {
	u32 status, len, snaplen;
	u16 mac, net, vlan_tci, vlan_tpid;
};

struct packet_msg {
	struct sock_piece p;
	struct sockaddr_ll from;
	struct tpacket_auxdata aux;
	char data[];
};

struct psock {
	struct sock sk;
	struct sock_queue q;
	struct list_head node; /* under packet_lock: */
	int ifindex;	       /* 0 = all */
	u16 proto;	       /* host order; 0 = nothing */
	bool auxdata, no_outgoing;
	struct bpf_prog *filter; /* under packet_lock */
	u32 got, dropped;
};

u32 packet_taps;
static spinlock_t packet_lock = SPINLOCK_INIT;
static struct list_head packet_all = LIST_HEAD_INIT(packet_all);

static struct psock *psock_of(struct sock *sk)
{
	return container_of(sk, struct psock, sk);
}

/* --- in --- */

static bool packet_wants(const struct psock *s, const struct netdev *d,
			 u16 proto, bool outgoing)
{
	return s->proto && (s->proto == ETH_P_ALL || s->proto == proto) &&
	       (!s->ifindex || s->ifindex == d->index) &&
	       !(outgoing && (s->no_outgoing || s->proto != ETH_P_ALL));
}

static void packet_queue_locked(struct psock *s, struct netdev *d,
				struct pkt *p, u16 proto, bool outgoing)
{
	bool raw = s->sk.type == SOCK_RAW;
	const u8 *data = raw ? p->mac : p->mac + ETH_HLEN;
	u32 len = (u32)(p->data + p->len - data), n = len;
	struct packet_msg *g;
	bool ok;

	if (s->filter) {
		n = bpf_run(s->filter, data, len, proto, d->index,
			    outgoing ? PKT_OUTGOING : p->type);
		if (!n)
			return;
		n = min(n, len);
	}
	g = kmalloc(sizeof(*g) + n);
	if (!g)
		return;
	memset(g, 0, sizeof(*g));
	g->p.len = n;
	g->p.charge = n + SOCK_OVERHEAD;
	g->from.sll_family = AF_PACKET;
	g->from.sll_protocol = __builtin_bswap16(proto);
	g->from.sll_ifindex = d->index;
	g->from.sll_hatype = d->type;
	g->from.sll_pkttype = outgoing ? PKT_OUTGOING : p->type;
	g->from.sll_halen = ETH_ALEN;
	memcpy(g->from.sll_addr, p->mac + ETH_ALEN, ETH_ALEN);
	g->aux.status = 1;
	g->aux.len = len;
	g->aux.snaplen = n;
	g->aux.net = raw ? ETH_HLEN : 0;
	memcpy(g->data, data, n);
	spin_lock(&s->q.lock);
	ok = !s->q.nr || s->q.bytes + g->p.charge <= s->sk.rcvbuf;
	if (ok) {
		sock_queue_add_locked(&s->q, &g->p);
		s->got++;
	} else {
		s->dropped++;
	}
	spin_unlock(&s->q.lock);
	if (ok)
		sock_wake_readers(&s->sk);
	else
		kfree(g);
}

void packet_tap(struct netdev *d, struct pkt *p, bool outgoing)
{
	u16 proto = get16(p->mac + 12);
	struct psock *s;

	spin_lock(&packet_lock);
	list_for_each_entry (s, &packet_all, node)
		if (packet_wants(s, d, proto, outgoing))
			packet_queue_locked(s, d, p, proto, outgoing);
	spin_unlock(&packet_lock);
}

static ssize_t packet_recv(struct sock *sk, struct sock_msg *m)
{
	struct psock *s = psock_of(sk);
	u64 deadline = sock_deadline(sk->rcvtimeo, m->flags & MSG_DONTWAIT);
	struct sock_piece *piece;
	struct packet_msg *g;
	ssize_t ret;
	size_t n;

	m->namelen = 0;
	if (m->flags & MSG_ERRQUEUE)
		return -EAGAIN;
	mutex_lock(&s->q.iolock);
	while (!(piece = sock_queue_next(&s->q, NULL))) {
		ret = sock_take_error(sk);
		if (!ret)
			ret = sock_queue_wait(sk, &s->q, deadline,
					      "packet_recv");
		if (ret) {
			mutex_unlock(&s->q.iolock);
			return ret;
		}
	}
	g = container_of(piece, struct packet_msg, p);
	n = min(m->it->count, (size_t)g->p.len);
	if (n < g->p.len)
		m->out_flags |= MSG_TRUNC;
	ret = m->flags & MSG_TRUNC ? g->p.len : n;
	if (m->name) {
		memcpy(m->name, &g->from, sizeof(g->from));
		m->namelen = offsetof(struct sockaddr_ll, sll_addr) + ETH_ALEN;
		if (m->namelen < sizeof(g->from))
			m->namelen = sizeof(g->from);
	}
	if (s->auxdata) {
		/* 20 bytes travel where the arrival's address would */
		memcpy(m->in.to, &g->aux, 16);
		m->in.port = g->aux.net;
		m->in.have = true;
	}
	if (copy_to_iter(m->it, g->data, n) != n)
		ret = -EFAULT;
	if (!(m->flags & MSG_PEEK)) {
		sock_queue_del(&s->q, &g->p);
		kfree(g);
	}
	mutex_unlock(&s->q.iolock);
	return ret;
}

static void packet_cmsg(struct sock *sk, struct sock_msg *m, struct scm_out *o)
{
	struct tpacket_auxdata aux;

	if (!m->in.have)
		return;
	memset(&aux, 0, sizeof(aux));
	memcpy(&aux, m->in.to, 16);
	aux.net = m->in.port;
	scm_put(m, o, SOL_PACKET, PACKET_AUXDATA, &aux, sizeof(aux));
}

/* --- out --- */

static int packet_send_name(struct psock *s, struct sock_msg *m,
			    struct sockaddr_ll *to)
{
	memset(to, 0, sizeof(*to));
	to->sll_ifindex = s->ifindex;
	to->sll_protocol = __builtin_bswap16(s->proto);
	if (!m->namelen)
		return 0;
	if (m->namelen < offsetof(struct sockaddr_ll, sll_addr))
		return -EINVAL;
	memcpy(to, m->name, min(m->namelen, (u32)sizeof(*to)));
	if (s->sk.type == SOCK_DGRAM &&
	    m->namelen < to->sll_halen + offsetof(struct sockaddr_ll, sll_addr))
		return -EINVAL;
	return 0;
}

static ssize_t packet_send(struct sock *sk, struct sock_msg *m)
{
	struct psock *s = psock_of(sk);
	bool raw = sk->type == SOCK_RAW;
	u32 n = (u32)m->it->count;
	struct sockaddr_ll to;
	struct netdev *d;
	struct pkt *p;
	int err;

	err = packet_send_name(s, m, &to);
	if (err)
		return err;
	d = netdev_get(&net0, to.sll_ifindex);
	if (!d)
		return -ENXIO;
	if (!(d->flags & IFF_UP))
		return -ENETDOWN;
	if (m->it->count > d->mtu + (raw ? ETH_HLEN : 0))
		return -EMSGSIZE;
	if (raw && n < ETH_HLEN)
		return -EINVAL;
	p = pkt_alloc(n);
	if (!p)
		return -ENOBUFS;
	if (copy_from_iter(m->it, p->data, n) != n) {
		pkt_free(p);
		return -EFAULT;
	}
	if (raw) {
		p->proto = get16(p->data + 12);
		if (d->type == ARPHRD_LOOPBACK)
			pkt_pull(p, ETH_HLEN);
		err = netdev_send(d, p);
	} else {
		p->proto = __builtin_bswap16(to.sll_protocol);
		err = netdev_send_to(d, p, to.sll_addr);
	}
	return err ? err : (ssize_t)n;
}

/* --- names and options --- */

static int packet_bind(struct sock *sk, const struct sockaddr_storage *a,
		       u32 len)
{
	struct psock *s = psock_of(sk);
	struct sockaddr_ll ll;

	if (len < sizeof(ll))
		return -EINVAL;
	memcpy(&ll, a, sizeof(ll));
	if (ll.sll_family != AF_PACKET)
		return -EINVAL;
	if (ll.sll_ifindex && !netdev_get(&net0, ll.sll_ifindex))
		return -ENODEV;
	spin_lock(&packet_lock);
	s->ifindex = ll.sll_ifindex;
	if (ll.sll_protocol)
		s->proto = __builtin_bswap16(ll.sll_protocol);
	spin_unlock(&packet_lock);
	if (ll.sll_ifindex &&
	    !(netdev_get(&net0, ll.sll_ifindex)->flags & IFF_UP)) {
		WRITE_ONCE(sk->err, ENETDOWN);
		sock_wake_all(sk);
	}
	return 0;
}

static int packet_getname(struct sock *sk, struct sockaddr_storage *a,
			  enum sock_name which)
{
	struct psock *s = psock_of(sk);
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct netdev *d = netdev_get(&net0, s->ifindex);

	if (which != SOCK_NAME_OWN)
		return -EOPNOTSUPP;
	ll.sll_protocol = __builtin_bswap16(s->proto);
	ll.sll_ifindex = s->ifindex;
	if (d) {
		ll.sll_hatype = d->type;
		ll.sll_halen = ETH_ALEN;
		memcpy(ll.sll_addr, d->mac, ETH_ALEN);
	}
	memcpy(a, &ll, sizeof(ll));
	return (int)(offsetof(struct sockaddr_ll, sll_addr) + ll.sll_halen);
}

static int packet_set_filter(struct psock *s, uaddr val, u32 len)
{
	struct bpf_prog *f = bpf_load(val, len), *old;

	if (IS_ERR(f))
		return PTR_ERR(f);
	spin_lock(&packet_lock);
	old = s->filter;
	s->filter = f;
	spin_unlock(&packet_lock);
	kfree(old);
	return 0;
}

static int packet_setsockopt(struct sock *sk, int level, int name, uaddr val,
			     u32 len)
{
	struct psock *s = psock_of(sk);
	struct bpf_prog *old;
	int v;

	if (level == SOL_SOCKET && name == SO_ATTACH_FILTER)
		return packet_set_filter(s, val, len);
	if (level == SOL_SOCKET && name == SO_DETACH_FILTER) {
		spin_lock(&packet_lock);
		old = s->filter;
		s->filter = NULL;
		spin_unlock(&packet_lock);
		kfree(old);
		return old ? 0 : -ENOENT;
	}
	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	if (name == PACKET_ADD_MEMBERSHIP || name == PACKET_DROP_MEMBERSHIP) {
		if (len < 16)
			return -EINVAL;
		if (get_user(v, val))
			return -EFAULT;
		return netdev_get(&net0, v) ? 0 : -ENODEV;
	}
	if (len < sizeof(v))
		return -EINVAL;
	if (get_user(v, val))
		return -EFAULT;
	switch (name) {
	case PACKET_AUXDATA:
		s->auxdata = v;
		return 0;
	case PACKET_IGNORE_OUTGOING:
		s->no_outgoing = v;
		return v < 0 || v > 1 ? -EINVAL : 0;
	case PACKET_VERSION:
	case PACKET_RESERVE:
	case PACKET_TIMESTAMP:
	case PACKET_LOSS:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int packet_getsockopt(struct sock *sk, int level, int name, void *buf,
			     u32 *len)
{
	struct psock *s = psock_of(sk);
	u32 v[2] = { 0, 0 }, n = 4;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (name) {
	case PACKET_STATISTICS:
		v[0] = atomic_xchg(&s->got, 0);
		v[1] = atomic_xchg(&s->dropped, 0);
		v[0] += v[1];
		n = 8;
		break;
	case PACKET_AUXDATA:
		v[0] = s->auxdata;
		break;
	case PACKET_IGNORE_OUTGOING:
		v[0] = s->no_outgoing;
		break;
	case PACKET_VERSION:
	case PACKET_RESERVE:
	case PACKET_TIMESTAMP:
	case PACKET_LOSS:
	case PACKET_VNET_HDR:
		break;
	default:
		return -ENOPROTOOPT;
	}
	*len = min(*len, n);
	memcpy(buf, v, *len);
	return 0;
}

static u32 packet_poll(struct sock *sk, struct file *f, struct poll_table *pt)
{
	struct psock *s = psock_of(sk);
	u32 mask = POLLOUT | POLLWRNORM | POLLWRBAND;

	poll_wait(f, &sk->rwait, pt);
	poll_wait(f, &sk->wwait, pt);
	if (READ_ONCE(sk->err))
		mask |= POLLERR;
	if (READ_ONCE(s->q.nr))
		mask |= POLLIN | POLLRDNORM;
	return mask;
}

static long packet_ioctl(struct sock *sk, u32 cmd, u64 arg)
{
	int n = 0;

	if (cmd == SIOCINQ)
		n = sock_queue_unread(&psock_of(sk)->q, false);
	else if (cmd != SIOCOUTQ)
		return -ENOTTY;
	return put_user(n, UADDR(arg));
}

static int packet_connect(struct sock *sk, const struct sockaddr_storage *a,
			  u32 len, bool nonblock)
{
	return -EOPNOTSUPP;
}
static int packet_listen(struct sock *sk, int backlog)
{
	return -EOPNOTSUPP;
}
static struct sock *packet_accept(struct sock *sk, bool nonblock)
{
	return ERR_PTR(-EOPNOTSUPP);
}
static int packet_shutdown(struct sock *sk, int how)
{
	return -EOPNOTSUPP;
}

/* --- life --- */

static void packet_release(struct sock *sk)
{
	struct psock *s = psock_of(sk);
	struct sock_piece *p, *next;
	struct list_head out;

	spin_lock(&packet_lock);
	list_del(&s->node);
	spin_unlock(&packet_lock);
	atomic_dec(&packet_taps);
	sock_queue_take_all(&s->q, &out);
	list_for_each_entry_safe (p, next, &out, node)
		kfree(container_of(p, struct packet_msg, p));
	kfree(s->filter);
	kfree(s);
}

static const struct sock_ops packet_ops = {
	.release = packet_release,
	.bind = packet_bind,
	.connect = packet_connect,
	.listen = packet_listen,
	.accept = packet_accept,
	.getname = packet_getname,
	.sendmsg = packet_send,
	.recvmsg = packet_recv,
	.shutdown = packet_shutdown,
	.poll = packet_poll,
	.ioctl = packet_ioctl,
	.setsockopt = packet_setsockopt,
	.getsockopt = packet_getsockopt,
	.cmsg = packet_cmsg,
};

static struct sock *packet_create(int type, int protocol)
{
	struct psock *s;

	if (!capable(CAP_NET_RAW))
		return ERR_PTR(-EPERM);
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	s = kzalloc(sizeof(*s));
	if (!s)
		return ERR_PTR(-ENOBUFS);
	sock_init(&s->sk, AF_PACKET, type, protocol, &packet_ops);
	sock_queue_init(&s->q);
	s->proto = __builtin_bswap16((u16)protocol);
	spin_lock(&packet_lock);
	list_add_tail(&s->node, &packet_all);
	spin_unlock(&packet_lock);
	atomic_inc(&packet_taps);
	return &s->sk;
}

static struct sock_family packet_family = {
	.family = AF_PACKET,
	.create = packet_create,
};

static void proc_packet(struct seqbuf *sb)
{
	struct psock *s;

	seq_puts(sb, "sk               RefCnt Type Proto  Iface R Rmem   "
		     "User   Inode\n");
	spin_lock(&packet_lock);
	list_for_each_entry (s, &packet_all, node)
		seq_printf(sb, "%s %-6u %-4u %04x   %-5d %u %-6u %-6u %-6llu\n",
			   "0000000000000000", s->sk.refs.n, s->sk.type,
			   s->proto, s->ifindex, 1u, s->q.bytes, 0u,
			   (unsigned long long)s->sk.number);
	spin_unlock(&packet_lock);
}

void packet_init(void)
{
	sock_family_register(&packet_family);
	proc_register("net/packet", proc_packet);
}
