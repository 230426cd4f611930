// SPDX-License-Identifier: GPL-2.0
/*
 * Options of the levels IPPROTO_IP, IPPROTO_IPV6 and IPPROTO_TCP, and the
 * ancillary data that some of them ask for: ip(7), ipv6(7), tcp(7).
 *
 * Nearly all options are numbers with a range and a default: one line in
 * inet_opts, kept in isock->opt at the same index. Many have no effect where
 * there are no packets; they are told again as they were set. What is not a
 * number (groups, TCP_INFO, TCP_CONGESTION) has a function below the table.
 */
#include <abi/capability.h>
#include <kernel/cred.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include "inet_internal.h"
#include "wire.h"

#define TCP_MSS_LO	32768 /* what a connection over lo settles on */
#define TCP_MSS_UNKNOWN 536

/* struct inet_optdef flags */
#define OPT_BOOL	1u /* any value, kept as 0 or 1 */
#define OPT_DGRAM	2u /* not for streams */
#define OPT_ADMIN	4u /* needs CAP_NET_ADMIN when not 0 */
#define OPT_STREAM0	8u /* EINVAL for streams */

struct inet_optdef {
	s16 level, name;
	s32 low, high, def;
	u32 flags;
	u32 cmsg; /* INET_CMSG_* that it switches */
};

#define BOOL(l, n, d)                      \
	{                                  \
		l, n, 0, 1, d, OPT_BOOL, 0 \
	}
#define NUM(l, n, a, b, d)          \
	{                           \
		l, n, a, b, d, 0, 0 \
	}
#define CMSG(l, n, c)                      \
	{                                  \
		l, n, 0, 1, 0, OPT_BOOL, c \
	}
#define IP		  IPPROTO_IP
#define IP6		  IPPROTO_IPV6
#define TCP		  IPPROTO_TCP
#define UDP		  IPPROTO_UDP
#define INT(l, n, d)	  NUM(l, n, -0x7fffffff - 1, 0x7fffffff, d)
#define POSITIVE(l, n, d) NUM(l, n, 0, 0x7fffffff, d)

static const struct inet_optdef inet_opts[] = {
	/* looked at for each datagram: first */
	NUM(IP, IP_TTL, 1, 255, 64),
	INT(IP, IP_TOS, 0),
	BOOL(IP, IP_RECVERR, 0),
	NUM(IP6, IPV6_UNICAST_HOPS, -1, 255, -1),
	NUM(IP6, IPV6_TCLASS, -1, 255, -1),
	CMSG(IP, IP_PKTINFO, INET_CMSG_PKTINFO),
	CMSG(IP, IP_RECVTTL, INET_CMSG_TTL),
	CMSG(IP, IP_RECVTOS, INET_CMSG_TOS),
	CMSG(IP, IP_RECVORIGDSTADDR, INET_CMSG_DST),
	BOOL(IP, IP_RECVOPTS, 0),
	BOOL(IP, IP_RETOPTS, 0),
	BOOL(IP, IP_PASSSEC, 0),
	BOOL(IP, IP_FREEBIND, 0),
	BOOL(IP, IP_BIND_ADDRESS_NO_PORT, 0),
	BOOL(IP, IP_RECVFRAGSIZE, 0),
	BOOL(IP, IP_CHECKSUM, 0),
	NUM(IP, IP_MTU_DISCOVER, 0, 5, 1),
	NUM(IP, IP_MINTTL, 0, 255, 0),
	{ IP, IP_TRANSPARENT, 0, 1, 0, OPT_BOOL | OPT_ADMIN, 0 },
	{ IP, IP_MULTICAST_TTL, 0, 255, 1, OPT_STREAM0, 0 },
	BOOL(IP, IP_MULTICAST_LOOP, 1),
	NUM(IP, IP_MULTICAST_ALL, 0, 1, 1),
	INT(IP, IP_MULTICAST_IF, 0),
	INT(IP, IP_UNICAST_IF, 0),
	BOOL(IP, IP_NODEFRAG, 0),
	NUM(IP, IP_RECVERR_RFC4884, 0, 1, 0),
	INT(IP, IP_LOCAL_PORT_RANGE, 0),

	CMSG(IP6, IPV6_RECVPKTINFO, INET_CMSG_PKTINFO6),
	CMSG(IP6, IPV6_2292PKTINFO, INET_CMSG_PKTINFO6),
	CMSG(IP6, IPV6_RECVHOPLIMIT, INET_CMSG_HOPLIMIT),
	CMSG(IP6, IPV6_RECVTCLASS, INET_CMSG_TCLASS),
	BOOL(IP6, IPV6_RECVERR, 0),
	CMSG(IP6, IPV6_2292HOPLIMIT, INET_CMSG_HOPLIMIT_OLD),
	BOOL(IP6, IPV6_2292HOPOPTS, 0),
	BOOL(IP6, IPV6_2292DSTOPTS, 0),
	BOOL(IP6, IPV6_2292RTHDR, 0),
	BOOL(IP6, IPV6_FLOWINFO, 0),
	BOOL(IP6, IPV6_FLOWINFO_SEND, 0),
	BOOL(IP6, IPV6_ROUTER_ALERT_ISOLATE, 0),
	NUM(IP6, IPV6_RECVERR_RFC4884, 0, 1, 0),
	BOOL(IP6, IPV6_RECVHOPOPTS, 0),
	BOOL(IP6, IPV6_RECVRTHDR, 0),
	BOOL(IP6, IPV6_RECVDSTOPTS, 0),
	BOOL(IP6, IPV6_RECVPATHMTU, 0),
	BOOL(IP6, IPV6_RECVORIGDSTADDR, 0),
	BOOL(IP6, IPV6_RECVFRAGSIZE, 0),
	BOOL(IP6, IPV6_DONTFRAG, 0),
	BOOL(IP6, IPV6_AUTOFLOWLABEL, 1),
	BOOL(IP6, IPV6_FREEBIND, 0),
	BOOL(IP6, IPV6_MULTICAST_ALL, 1),
	{ IP6, IPV6_TRANSPARENT, 0, 1, 0, OPT_BOOL | OPT_ADMIN, 0 },
	NUM(IP6, IPV6_MTU_DISCOVER, 0, 5, 1),
	NUM(IP6, IPV6_MINHOPCOUNT, 0, 255, 0),
	{ IP6, IPV6_MULTICAST_HOPS, -1, 255, 1, OPT_DGRAM, 0 },
	NUM(IP6, IPV6_MULTICAST_LOOP, 0, 1, 1),
	{ IP6, IPV6_MULTICAST_IF, -0x7fffffff - 1, 0x7fffffff, 0, OPT_DGRAM,
	  0 },
	INT(IP6, IPV6_UNICAST_IF, 0),
	POSITIVE(IP6, IPV6_ADDR_PREFERENCES, 0),

	BOOL(TCP, TCP_NODELAY, 0),
	BOOL(TCP, TCP_CORK, 0),
	BOOL(TCP, TCP_QUICKACK, 1),
	NUM(TCP, TCP_KEEPIDLE, 1, 32767, 7200),
	NUM(TCP, TCP_KEEPINTVL, 1, 32767, 75),
	NUM(TCP, TCP_KEEPCNT, 1, 127, 9),
	NUM(TCP, TCP_SYNCNT, 1, 127, 6),
	INT(TCP, TCP_LINGER2, 60),
	INT(TCP, TCP_DEFER_ACCEPT, 0),
	POSITIVE(TCP, TCP_WINDOW_CLAMP, 0),
	POSITIVE(TCP, TCP_USER_TIMEOUT, 0),
	POSITIVE(TCP, TCP_FASTOPEN, 0),
	INT(TCP, TCP_NOTSENT_LOWAT, 0),
	NUM(TCP, TCP_THIN_LINEAR_TIMEOUTS, 0, 1, 0),
	NUM(TCP, TCP_THIN_DUPACK, 0, 1, 0),
	NUM(TCP, TCP_SAVE_SYN, 0, 2, 0),
	NUM(TCP, TCP_FASTOPEN_CONNECT, 0, 1, 0),
	NUM(TCP, TCP_FASTOPEN_NO_COOKIE, 0, 1, 0),
	{ TCP, TCP_INQ, 0, 1, 0, 0, INET_CMSG_INQ },
	INT(TCP, TCP_TIMESTAMP, 0),
	NUM(TCP, TCP_MAXSEG, 0, 32767, 0),
	POSITIVE(TCP, TCP_TX_DELAY, 0),
	NUM(TCP, TCP_RTO_MAX_MS, 1000, 120000, 120000),

	BOOL(UDP, UDP_CORK, 0),
	BOOL(UDP, UDP_NO_CHECK6_TX, 0),
	BOOL(UDP, UDP_NO_CHECK6_RX, 0),
	BOOL(UDP, UDP_GRO, 0),
	NUM(IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, 0, 65535, 0),
	NUM(IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, 0, 65535, 0),
};
_Static_assert(ARRAY_SIZE(inet_opts) <= INET_NOPT, "isock->opt is too small");

static int inet_opt_find(int level, int name)
{
	for (u32 i = 0; i < ARRAY_SIZE(inet_opts); i++)
		if (inet_opts[i].name == name && inet_opts[i].level == level)
			return i;
	return -1;
}

void inet_opt_init(struct isock *is)
{
	for (u32 i = 0; i < ARRAY_SIZE(inet_opts); i++)
		is->opt[i] = inet_opts[i].def;
	strlcpy(is->congestion, "cubic", sizeof(is->congestion));
}

s32 inet_opt(const struct isock *is, int level, int name)
{
	int i = inet_opt_find(level, name);

	return i < 0 ? 0 : is->opt[i];
}

/* Does the socket know this level at all? */
static bool inet_level_ok(const struct isock *is, int level)
{
	switch (level) {
	case IPPROTO_IP:
		return true;
	case IPPROTO_IPV6:
		return is->sk.family == AF_INET6;
	case IPPROTO_TCP:
		return is->sk.type == SOCK_STREAM;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return is->sk.protocol == level;
	default:
		return false;
	}
}

/* --- groups --- */

static int inet_group_change(struct isock *is, const struct in6_addr *group,
			     bool join)
{
	int err = join ? 0 : -EADDRNOTAVAIL;
	u32 i;

	if (!in6_is_multicast(group))
		return -EINVAL;
	spin_lock(&inet_lock);
	for (i = 0; i < is->ngroups; i++)
		if (in6_equal(&is->group[i], group))
			break;
	if (join && i < is->ngroups) {
		err = -EADDRINUSE;
	} else if (join && i == ARRAY_SIZE(is->group)) {
		err = -ENOBUFS;
	} else if (join) {
		is->group[is->ngroups++] = *group;
	} else if (i < is->ngroups) {
		is->group[i] = is->group[--is->ngroups];
		err = 0;
	}
	spin_unlock(&inet_lock);
	return err;
}

/* The interface that an index or an address names. => index, 0 none named */
static int inet_mreq_dev(const struct ip_mreqn *m)
{
	struct in6_addr a;
	struct netdev *d;

	if (m->imr_ifindex)
		return netdev_get(&net0, m->imr_ifindex) ? m->imr_ifindex
							 : -ENODEV;
	if (!m->imr_address.s_addr)
		return 0;
	in6_from_v4(&a, __builtin_bswap32(m->imr_address.s_addr));
	d = net_dev_of(&net0, &a);
	return d ? d->index : -ENODEV;
}

/* struct ip_mreq or ip_mreqn; without an interface routes decide. */
static int inet_read_mreq(uaddr val, u32 len, struct ip_mreqn *m)
{
	struct in6_addr group;
	struct net_path path;
	int dev;

	memset(m, 0, sizeof(*m));
	if (len < sizeof(struct ip_mreq))
		return -EINVAL;
	if (copy_from_user(m, val, min(len, (u32)sizeof(*m))))
		return -EFAULT;
	dev = inet_mreq_dev(m);
	if (dev)
		return dev < 0 ? dev : 0;
	in6_from_v4(&group, __builtin_bswap32(m->imr_multiaddr.s_addr));
	return net_route(&net0, &group, 0, &path) ? -ENODEV : 0;
}

static int inet_set_group4(struct isock *is, uaddr val, u32 len, bool join)
{
	struct in6_addr group;
	struct ip_mreqn m;
	int err = inet_read_mreq(val, len, &m);

	in6_from_v4(&group, __builtin_bswap32(m.imr_multiaddr.s_addr));
	if (!err || (err == -ENODEV && !in6_is_multicast(&group)))
		err = inet_group_change(is, &group, join);
	return err;
}

static int inet_set_group6(struct isock *is, uaddr val, u32 len, bool join)
{
	struct net_path path;
	struct ipv6_mreq m;

	if (len < sizeof(m))
		return -EINVAL;
	if (get_user(m, val))
		return -EFAULT;
	if (in6_is_v4(&m.ipv6mr_multiaddr))
		return -EINVAL;
	if (m.ipv6mr_ifindex && !netdev_get(&net0, m.ipv6mr_ifindex))
		return -ENODEV;
	if (!m.ipv6mr_ifindex &&
	    net_route(&net0, &m.ipv6mr_multiaddr, 0, &path))
		return -ENODEV;
	return inet_group_change(is, &m.ipv6mr_multiaddr, join);
}

/* An address, or one of the longer structures. => 0, -EADDRNOTAVAIL, … */
static int inet_set_mcast_if(struct isock *is, s32 *opt, uaddr val, u32 len)
{
	struct ip_mreqn m = { { 0 }, { 0 }, 0 };
	struct net_addr first;
	int dev;

	if (is->sk.type == SOCK_STREAM || len < sizeof(struct in_addr))
		return -EINVAL;
	if (len >= sizeof(struct ip_mreq)
		    ? copy_from_user(&m, val, min(len, (u32)sizeof(m)))
		    : copy_from_user(&m.imr_address, val,
				     sizeof(struct in_addr)))
		return -EFAULT;
	dev = inet_mreq_dev(&m);
	if (dev < 0)
		return -EADDRNOTAVAIL;
	is->mcast_oif = dev;
	if (dev && !m.imr_address.s_addr &&
	    net_addr_first(&net0, netdev_get(&net0, dev), true, &first))
		m.imr_address.s_addr = __builtin_bswap32(in6_v4(&first.addr));
	*opt = (s32)m.imr_address.s_addr;
	return 0;
}

/* --- setting --- */

static int inet_set_v6only(struct isock *is, int v)
{
	int err = 0;

	spin_lock(&inet_lock);
	if (is->lport)
		err = -EINVAL;
	else
		is->v6only = v;
	spin_unlock(&inet_lock);
	return err;
}

static int inet_set_congestion(struct isock *is, uaddr val, u32 len)
{
	char name[16] = "";

	if (!len)
		return -EINVAL;
	if (copy_from_user(name, val, min(len, 15u)))
		return -EFAULT;
	if (strcmp(name, "cubic") && strcmp(name, "reno"))
		return -ENOENT;
	memcpy(is->congestion, name, sizeof(name));
	return 0;
}

/* TCP_DEFER_ACCEPT is kept as a number of SYN-ACKs, each twice as late. */
static s32 inet_defer_accept(s32 secs)
{
	s32 n = 1, step = 1, period = 1;

	if (secs <= 0)
		return 0;
	for (; secs > period && n < 255; n++) {
		step = min(step * 2, 120);
		period += step;
	}
	return period;
}

static void inet_tcp_adjust(const struct inet_optdef *d, int *v)
{
	switch (d->name) {
	case TCP_LINGER2:
		*v = *v < 0 ? -1 : !*v ? 60 : min(*v, 120);
		break;
	case TCP_DEFER_ACCEPT:
		*v = inet_defer_accept(*v);
		break;
	case TCP_WINDOW_CLAMP:
		*v = *v ? max(*v, 1152) : 0;
		break;
	case TCP_THIN_DUPACK:
		*v = *v == 1 ? 0 : *v; /* it is no more */
		break;
	case TCP_FASTOPEN:
		*v = min(*v, 4096);
		break;
	}
}

/* Values that mean another one, or are wrong though in range. */
static int inet_opt_adjust(struct isock *is, const struct inet_optdef *d,
			   int *v)
{
	if (d->level == IP &&
	    (d->name == IP_TTL || d->name == IP_MULTICAST_TTL) && *v == -1)
		*v = d->def;
	if (d->level == IP && d->name == IP_TOS) {
		*v &= 0xff;
		if (is->sk.type == SOCK_STREAM)
			*v &= ~3;
	}
	if (d->level == IP6 && d->name == IPV6_MULTICAST_HOPS && *v == -1)
		*v = d->def;
	if (d->level == TCP && d->name == TCP_MAXSEG && *v && *v < 88)
		return -EINVAL;
	if (d->level == TCP)
		inet_tcp_adjust(d, v);
	if (d->level == TCP && d->name == TCP_TIMESTAMP)
		return -EPERM; /* only in repair mode */
	if ((d->level == IP ? d->name == IP_UNICAST_IF
			    : d->level == IP6 && d->name == IPV6_UNICAST_IF) &&
	    *v && !netdev_get(&net0, (int)__builtin_bswap32((u32)*v)))
		return -EADDRNOTAVAIL;
	if (d->level == IP6 && d->name == IPV6_MULTICAST_IF &&
	    is->sk.type != SOCK_STREAM) {
		if (*v && !netdev_get(&net0, *v))
			return -ENODEV;
		is->mcast_oif = *v;
	}
	if (d->level == IP && d->name == IP_RECVFRAGSIZE &&
	    is->sk.type == SOCK_STREAM)
		return -EINVAL;
	if (d->level == TCP && d->name == TCP_FASTOPEN &&
	    is->state != TCP_CLOSE && is->state != TCP_LISTEN)
		return -EINVAL;
	return 0;
}

/* A connection that stands minds. */
static void inet_tcp_changed(struct isock *is, int name, int v)
{
	if ((name == TCP_NODELAY && v) || (name == TCP_CORK && !v))
		tcpw_push(is);
	else if (name == TCP_KEEPIDLE || name == TCP_KEEPINTVL ||
		 name == TCP_KEEPCNT)
		tcpw_keepalive(is);
}

static int inet_set_number(struct isock *is, int i, int v)
{
	const struct inet_optdef *d = &inet_opts[i];
	bool stream = is->sk.type == SOCK_STREAM;
	int err;

	if (stream && (d->flags & OPT_DGRAM))
		return -ENOPROTOOPT;
	if (stream && (d->flags & OPT_STREAM0))
		return -EINVAL;
	if (v && (d->flags & OPT_ADMIN) && !capable(CAP_NET_ADMIN) &&
	    !capable(CAP_NET_RAW))
		return -EPERM;
	if (d->flags & OPT_BOOL)
		v = !!v;
	err = inet_opt_adjust(is, d, &v);
	if (err)
		return err;
	if (v < d->low || v > d->high)
		return -EINVAL;
	is->opt[i] = v;
	if (unlikely(is->wired) && d->level == TCP)
		inet_tcp_changed(is, d->name, v);
	if (d->cmsg && v)
		is->cmsg |= d->cmsg;
	else
		is->cmsg &= ~d->cmsg;
	return 0;
}

static int inet_set_tcp_special(int name, u32 len)
{
	if (name == TCP_ULP)
		return len ? -ENOENT : -EINVAL;
	if (len < sizeof(int))
		return -EINVAL;
	switch (name) {
	case TCP_REPAIR:
	case TCP_REPAIR_QUEUE:
	case TCP_REPAIR_WINDOW:
		return -EPERM;
	case TCP_MD5SIG:
	case TCP_MD5SIG_EXT:
	case TCP_QUEUE_SEQ:
	case TCP_REPAIR_OPTIONS:
	case TCP_FASTOPEN_KEY:
		return -EINVAL;
	default:
		return -ENOPROTOOPT;
	}
}

/* Options that are not just a number. => -ENOPROTOOPT: not one of them */
static int inet_set_special(struct isock *is, int level, int name, uaddr val,
			    u32 len)
{
	bool join;

	if (level == IPPROTO_IP) {
		switch (name) {
		case IP_ADD_MEMBERSHIP:
		case IP_DROP_MEMBERSHIP:
			join = name == IP_ADD_MEMBERSHIP;
			return inet_set_group4(is, val, len, join);
		case IP_MULTICAST_IF:
			return inet_set_mcast_if(
				is, &is->opt[inet_opt_find(level, name)], val,
				len);
		case IP_OPTIONS:
			return len ? -EINVAL : 0;
		case IP_ROUTER_ALERT:
			return -EINVAL;
		case IP_IPSEC_POLICY:
			return -EOPNOTSUPP;
		case IP_FREEBIND:
		case IP_TRANSPARENT:
		case IP_MINTTL:
		case IP_MULTICAST_TTL:
		case IP_MULTICAST_LOOP:
		case IP_MULTICAST_ALL:
			return len ? -ENOPROTOOPT : -EINVAL;
		case IP_UNICAST_IF:
		case IP_LOCAL_PORT_RANGE:
			return len < sizeof(s32) ? -EINVAL : -ENOPROTOOPT;
		}
		/* source filters: there is nothing here to filter */
		if (name >= IP_UNBLOCK_SOURCE && name <= MCAST_MSFILTER)
			return -EINVAL;
	} else if (level == IPPROTO_IPV6) {
		switch (name) {
		case IPV6_JOIN_GROUP:
		case IPV6_LEAVE_GROUP:
			return inet_set_group6(is, val, len,
					       name == IPV6_JOIN_GROUP);
		}
	} else if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
		return inet_set_congestion(is, val, len);
	} else if (level == IPPROTO_TCP) {
		return inet_set_tcp_special(name, len);
	}
	return -ENOPROTOOPT;
}

/* At the level of IP a byte will do. */
static int inet_read_number(int level, uaddr val, u32 len, int *v)
{
	u8 byte = 0;

	if (len >= sizeof(*v))
		return get_user(*v, val);
	if (level != IPPROTO_IP)
		return -EINVAL;
	if (len && get_user(byte, val))
		return -EFAULT;
	*v = byte;
	return 0;
}

int inet_setsockopt(struct sock *sk, int level, int name, uaddr val, u32 len)
{
	struct isock *is = isock_of(sk);
	int i, v, err;

	if (level == SOL_SOCKET)
		return -ENOPROTOOPT;
	if (!inet_level_ok(is, level))
		return -ENOPROTOOPT;
	if (level == IPPROTO_UDP && len < sizeof(v))
		return -EINVAL;
	err = inet_set_special(is, level, name, val, len);
	if (err != -ENOPROTOOPT)
		return err;
	i = inet_opt_find(level, name);
	if (i < 0 && !(level == IPPROTO_IPV6 && name == IPV6_V6ONLY))
		return -ENOPROTOOPT;
	err = inet_read_number(level, val, len, &v);
	if (err)
		return err;
	return i < 0 ? inet_set_v6only(is, v) : inet_set_number(is, i, v);
}

/* --- getting --- */

static int inet_give(void *buf, u32 *len, const void *val, u32 size)
{
	*len = min(*len, size);
	memcpy(buf, val, *len);
	return 0;
}

/* struct tcp_info as far as it is filled here; tcp(7), linux/tcp.h */
struct tcp_info_head {
	u8 state, ca_state, retransmits, probes, backoff, options, wscale,
		limited;
	u32 rto, ato, snd_mss, rcv_mss;
	u32 unacked, sacked, lost, retrans, fackets;
	u32 last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
	u32 pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss,
		reordering;
	u32 rcv_rtt, rcv_space, total_retrans;
	u64 pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
	u32 segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in,
		data_segs_out;
	u64 delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
	u32 delivered, delivered_ce;
	u64 bytes_sent, bytes_retrans;
	u32 dsack_dups, reord_seen, rcv_ooopack, snd_wnd, rcv_wnd, rehash;
};

static void tcp_wired_info(struct isock *is, struct tcp_info_head *t)
{
	struct tcpw_info i;

	tcpw_info(is, &i);
	t->state = i.state;
	t->ca_state = i.ca_state;
	t->retransmits = i.retransmits;
	t->probes = i.probes;
	t->options = i.options;
	t->wscale = i.wscale;
	t->rto = i.rto;
	t->snd_mss = i.mss;
	t->rcv_mss = i.rcv_mss;
	t->advmss = t->pmtu = i.pmtu;
	t->rtt = i.rtt;
	t->rttvar = i.rttvar;
	t->min_rtt = i.min_rtt;
	t->snd_cwnd = i.cwnd;
	t->snd_ssthresh = i.ssthresh;
	t->unacked = i.unacked;
	t->total_retrans = i.retrans;
	t->segs_in = i.segs_in;
	t->segs_out = i.segs_out;
	t->rcv_ooopack = i.ooo;
	t->snd_wnd = i.snd_wnd;
	t->rcv_wnd = i.rcv_wnd;
	t->notsent_bytes = i.notsent;
	t->last_data_recv = t->last_ack_recv = i.idle_ms;
}

static int tcp_get_info(struct isock *is, void *buf, u32 *len)
{
	struct tcp_info_head t = {
		.state = is->state,
		.options = 7, /* timestamps, SACK, window scaling */
		.wscale = 0x77,
		.rto = 201000,
		.ato = 40000,
		.snd_mss = TCP_MSS_LO,
		.rcv_mss = 536,
		.pmtu = INET_LO_MTU,
		.rcv_ssthresh = 65483,
		.rtt = 20,
		.rttvar = 10,
		.snd_ssthresh = 0x7fffffff,
		.snd_cwnd = 10,
		.advmss = 65483,
		.reordering = 3,
		.rcv_space = 65483,
		.pacing_rate = ~0ull,
		.max_pacing_rate = ~0ull,
		.min_rtt = 10,
	};

	if (is->wired)
		tcp_wired_info(is, &t);
	if (is->state == TCP_LISTEN) {
		t.unacked = is->npending;
		t.sacked = is->backlog;
	}
	t.bytes_sent = t.bytes_acked = is->tx_bytes;
	t.bytes_received = is->rx_bytes;
	if (!is->wired)
		t.rcv_wnd = is->sk.rcvbuf;
	return inet_give(buf, len, &t, sizeof(t));
}

static int inet_get_special(struct isock *is, int level, int name, int *v)
{
	bool up = is->rport && is->state != TCP_CLOSE;

	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
		*v = is->v6only;
		return 0;
	}
	if ((level == IPPROTO_IP && name == IP_MTU) ||
	    (level == IPPROTO_IPV6 && name == IPV6_MTU)) {
		*v = level == IPPROTO_IP ? 65535 : INET_LO_MTU;
		return up ? 0 : -ENOTCONN;
	}
	if (level == IPPROTO_IPV6 && name == IPV6_UNICAST_HOPS) {
		*v = inet_opt(is, level, name);
		*v = *v < 0 ? 64 : *v;
		return 0;
	}
	if (level == IPPROTO_IPV6 && name == IPV6_TCLASS) {
		*v = max(inet_opt(is, level, name), 0);
		return 0;
	}
	if ((level == IPPROTO_IP &&
	     (name == IP_HDRINCL || name == IP_ROUTER_ALERT)) ||
	    (level == IPPROTO_IPV6 && name == IPV6_ROUTER_ALERT) ||
	    (level == IPPROTO_TCP &&
	     (name == TCP_IS_MPTCP || name == TCP_REPAIR))) {
		*v = 0;
		return 0;
	}
	if (level == IPPROTO_IP && name == IP_PROTOCOL) {
		*v = is->lport;
		return 0;
	}
	if (level == IPPROTO_TCP && name == TCP_TIMESTAMP) {
		*v = time_mono_ns() / NSEC_PER_MSEC;
		return 0;
	}
	if (level == IPPROTO_TCP && name == TCP_MAXSEG) {
		*v = inet_opt(is, level, name);
		if (up && is->state != TCP_LISTEN)
			*v = *v ? *v : TCP_MSS_LO;
		else
			*v = *v ? *v : TCP_MSS_UNKNOWN;
		return 0;
	}
	return -ENOPROTOOPT;
}

/* Things of which there is nothing to tell. */
static bool inet_get_is_empty(const struct isock *is, int level, int name)
{
	bool stream = is->sk.type == SOCK_STREAM;

	switch (level) {
	case IPPROTO_IP:
		return name == IP_OPTIONS || (name == IP_PKTOPTIONS && stream);
	case IPPROTO_IPV6:
		return name == IPV6_HOPOPTS || name == IPV6_RTHDRDSTOPTS ||
		       name == IPV6_RTHDR || name == IPV6_DSTOPTS ||
		       (name == IPV6_2292PKTOPTIONS && stream);
	case IPPROTO_TCP:
		return name == TCP_ULP || name == TCP_SAVED_SYN ||
		       name == TCP_FASTOPEN_KEY || name == TCP_CC_INFO;
	default:
		return false;
	}
}

int inet_getsockopt(struct sock *sk, int level, int name, void *buf, u32 *len)
{
	struct isock *is = isock_of(sk);
	int i, v, err;
	u8 byte;

	if (level == SOL_SOCKET)
		return -ENOPROTOOPT;
	if (!inet_level_ok(is, level))
		return is->sk.family == AF_INET ? -EOPNOTSUPP : -ENOPROTOOPT;
	if (level == IPPROTO_TCP && name == TCP_INFO)
		return tcp_get_info(is, buf, len);
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return inet_give(buf, len, is->congestion,
				 sizeof(is->congestion));
	if (inet_get_is_empty(is, level, name)) {
		*len = 0;
		return 0;
	}
	err = inet_get_special(is, level, name, &v);
	if (err == -ENOPROTOOPT) {
		i = inet_opt_find(level, name);
		if (i < 0)
			return -ENOPROTOOPT;
		v = is->opt[i];
		err = 0;
	}
	if (err)
		return err;
	byte = v;
	if (level == IPPROTO_IP && *len && *len < sizeof(v) && v >= 0 &&
	    v <= 255)
		return inet_give(buf, len, &byte, 1);
	return inet_give(buf, len, &v, sizeof(v));
}

/* --- ancillary data --- */

struct inet_pktinfo4 {
	s32 ifindex;
	struct in_addr local, addr;
};

struct inet_pktinfo6 {
	struct in6_addr addr;
	u32 ifindex;
};

static void inet_cmsg4(struct isock *is, struct sock_msg *m, struct scm_out *o)
{
	struct in6_addr to;
	struct inet_pktinfo4 p = { m->in.oif, { 0 }, { 0 } };
	struct sockaddr_in dst = { .sin_family = AF_INET };
	int v = m->in.ttl;

	memcpy(&to, m->in.to, sizeof(to));
	p.addr.s_addr = __builtin_bswap32(in6_v4(&to));
	p.local = p.addr;
	if (is->cmsg & INET_CMSG_PKTINFO)
		scm_put(m, o, IPPROTO_IP, IP_PKTINFO, &p, sizeof(p));
	if (is->cmsg & INET_CMSG_TTL)
		scm_put(m, o, IPPROTO_IP, IP_TTL, &v, sizeof(v));
	if (is->cmsg & INET_CMSG_TOS)
		scm_put(m, o, IPPROTO_IP, IP_TOS, &m->in.tos, 1);
	dst.sin_addr = p.addr;
	dst.sin_port = __builtin_bswap16(m->in.port);
	if (is->cmsg & INET_CMSG_DST)
		scm_put(m, o, IPPROTO_IP, IP_ORIGDSTADDR, &dst, sizeof(dst));
}

void inet_cmsg(struct sock *sk, struct sock_msg *m, struct scm_out *o)
{
	struct isock *is = isock_of(sk);
	struct inet_pktinfo6 p;
	int v;

	if (is->cmsg & INET_CMSG_INQ) {
		v = sock_queue_unread(&is->q, true);
		if (!v && (READ_ONCE(sk->shutdown) & SOCK_SHUT_RCV))
			v = 1; /* the end is still to be read */
		scm_put(m, o, IPPROTO_TCP, TCP_CM_INQ, &v, sizeof(v));
	}
	if (!m->in.have)
		return;
	memcpy(&p.addr, m->in.to, sizeof(p.addr));
	p.ifindex = (u32)m->in.oif;
	if (is->cmsg & INET_CMSG_PKTINFO6)
		scm_put(m, o, IPPROTO_IPV6, IPV6_PKTINFO, &p, sizeof(p));
	v = m->in.ttl;
	if (is->cmsg & INET_CMSG_HOPLIMIT_OLD)
		scm_put(m, o, IPPROTO_IPV6, IPV6_2292HOPLIMIT, &v, sizeof(v));
	if (is->cmsg & INET_CMSG_HOPLIMIT)
		scm_put(m, o, IPPROTO_IPV6, IPV6_HOPLIMIT, &v, sizeof(v));
	v = m->in.tos;
	if (is->cmsg & INET_CMSG_TCLASS)
		scm_put(m, o, IPPROTO_IPV6, IPV6_TCLASS, &v, sizeof(v));
	if (in6_is_v4(&p.addr))
		inet_cmsg4(is, m, o);
}
