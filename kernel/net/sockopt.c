/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SOL_SOCKET options, following socket(7). Most are words that some family
 * looks at (fields of struct sock). Those that nothing here looks at, and that
 * are kept only to be told again, stand in sock_kept with their ranges; their
 * values are in sk->kept at the same index.
 */
#include <abi/capability.h>
#include <abi/in.h>
#include <abi/time.h>
#include <kernel/cred.h>
#include <kernel/net.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>

#define SOCK_BUF_MAX	   212992u /* net.core.[rw]mem_max */
#define SOCK_SNDBUF_MIN	   4608u
#define SOCK_RCVBUF_MIN	   2304u

#define SO_DEVMEM_DONTNEED 80
#define SO_RCVPRIORITY	   82
#define SO_PASSRIGHTS	   83
#define SO_INQ		   84

/* struct sock_keptdef: for whom, and how it is kept */
#define KEPT_BOOL	   1u
#define KEPT_UNIX	   2u /* EOPNOTSUPP elsewhere */
#define KEPT_NL		   4u /* netlink too */
#define KEPT_TCP	   8u
#define KEPT_ADMIN	   16u	/* CAP_NET_ADMIN when not 0 */
#define KEPT_WIDE	   32u	/* told in 8 bytes where there is room */
#define KEPT_INET	   64u	/* streams and datagrams of the Internet */
#define KEPT_ALWAYS	   128u /* telling is allowed for all */

static const struct sock_keptdef {
	s16 name;
	u16 flags;
	s32 low, high, def;
} sock_kept[SOCK_NKEPT] = {
	{ SO_NO_CHECK, KEPT_BOOL, 0, 1, 0 },
	{ SO_PASSSEC, KEPT_BOOL | KEPT_UNIX | KEPT_NL, 0, 1, 0 },
	{ SO_RXQ_OVFL, KEPT_BOOL, 0, 1, 0 },
	{ SO_WIFI_STATUS, KEPT_BOOL, 0, 1, 0 },
	{ SO_NOFCS, KEPT_BOOL, 0, 1, 0 },
	{ SO_LOCK_FILTER, KEPT_BOOL, 0, 1, 0 },
	{ SO_SELECT_ERR_QUEUE, KEPT_BOOL, 0, 1, 0 },
	{ SO_BUSY_POLL, KEPT_ADMIN, 0, 0x7fffffff, 0 },
	{ SO_PREFER_BUSY_POLL, KEPT_BOOL | KEPT_ADMIN, 0, 1, 0 },
	{ SO_BUF_LOCK, 0, 0, 3, 0 },
	{ SO_RCVMARK, KEPT_BOOL, 0, 1, 0 },
	{ SO_RCVPRIORITY, KEPT_BOOL, 0, 1, 0 },
	{ SO_PASSRIGHTS, KEPT_BOOL | KEPT_UNIX, 0, 1, 1 },
	{ SO_TXREHASH, KEPT_TCP, -1, 1, 1 },
	{ SO_ZEROCOPY, KEPT_INET | KEPT_ALWAYS, 0, 1, 0 },
	{ SO_MAX_PACING_RATE, KEPT_WIDE, -0x7fffffff - 1, 0x7fffffff, -1 },
	{ SO_BINDTOIFINDEX, 0, 0, 0x7fffffff, 0 },
	{ SO_TIMESTAMPING, KEPT_WIDE, 0, 0x7ffff, 0 },
};

void sock_kept_init(struct sock *sk)
{
	for (u32 i = 0; i < SOCK_NKEPT; i++)
		sk->kept[i] = sock_kept[i].def;
}

static int sock_kept_find(int name)
{
	if (name == SO_TIMESTAMPING_NEW)
		name = SO_TIMESTAMPING;
	for (int i = 0; i < (int)SOCK_NKEPT; i++)
		if (sock_kept[i].name == name)
			return i;
	return -1;
}

static bool sock_kept_allowed(const struct sock *sk,
			      const struct sock_keptdef *d)
{
	bool inet = sk->family == AF_INET || sk->family == AF_INET6;

	if (d->flags & KEPT_UNIX)
		return sk->family == AF_UNIX ||
		       ((d->flags & KEPT_NL) && sk->family == AF_NETLINK);
	if (d->flags & KEPT_TCP)
		return inet && sk->type == SOCK_STREAM;
	if (d->flags & KEPT_INET)
		return inet && sk->type != SOCK_RAW;
	return true;
}

static int sock_kept_set(struct sock *sk, int i, int v)
{
	const struct sock_keptdef *d = &sock_kept[i];

	if (!sock_kept_allowed(sk, d))
		return -EOPNOTSUPP;
	if (d->flags & KEPT_BOOL)
		v = !!v;
	if (v < d->low || v > d->high)
		return -EINVAL;
	if (v > sk->kept[i] && (d->flags & KEPT_ADMIN) &&
	    !capable(CAP_NET_ADMIN))
		return -EPERM;
	if (d->name == SO_TXREHASH && v < 0)
		v = d->def;
	if (d->name == SO_LOCK_FILTER && !v && sk->kept[i])
		return -EPERM;
	/* bit 16 (OPT_ID_TCP) goes with bit 7 (OPT_ID) */
	if (d->name == SO_TIMESTAMPING && (v & 1 << 16) && !(v & 1 << 7))
		return -EINVAL;
	sk->kept[i] = v;
	return 0;
}

/* Options that are one flag of the socket. */
static bool *sock_opt_flag(struct sock *sk, int name)
{
	switch (name) {
	case SO_DEBUG:
		return &sk->debug;
	case SO_REUSEADDR:
		return &sk->reuseaddr;
	case SO_REUSEPORT:
		return &sk->reuseport;
	case SO_KEEPALIVE:
		return &sk->keepalive;
	case SO_BROADCAST:
		return &sk->broadcast;
	case SO_OOBINLINE:
		return &sk->oobinline;
	case SO_DONTROUTE:
		return &sk->dontroute;
	case SO_PASSCRED:
		return &sk->passcred;
	case SO_PASSPIDFD:
		return &sk->passpidfd;
	default:
		return NULL;
	}
}

/* unix(7): who may not ask for the sender at all. */
static bool sock_flag_allowed(const struct sock *sk, int name, bool set)
{
	switch (name) {
	case SO_PASSCRED:
		return sk->family == AF_UNIX || sk->family == AF_NETLINK;
	case SO_PASSPIDFD:
		return sk->family == AF_UNIX;
	case SO_REUSEPORT:
		return !set || sk->family == AF_INET || sk->family == AF_INET6;
	default:
		return true;
	}
}

/* SO_TIMESTAMP and SO_TIMESTAMPNS exclude each other. */
static void sock_set_stamp(struct sock *sk, int name, bool on)
{
	bool ns = name == SO_TIMESTAMPNS || name == SO_TIMESTAMPNS_NEW;

	sk->timestamp = on && !ns;
	sk->timestampns = on && ns;
	sk->timestamp_new =
		on && (name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW);
}

static bool sock_get_stamp(const struct sock *sk, int name)
{
	switch (name) {
	case SO_TIMESTAMP:
		return sk->timestamp && !sk->timestamp_new;
	case SO_TIMESTAMP_NEW:
		return sk->timestamp && sk->timestamp_new;
	case SO_TIMESTAMPNS:
		return sk->timestampns && !sk->timestamp_new;
	default:
		return sk->timestampns && sk->timestamp_new;
	}
}

/* SO_PEEK_OFF: streams and datagrams that can be peeked at an offset. */
static bool sock_has_peek_off(const struct sock *sk)
{
	return sk->family == AF_UNIX ||
	       ((sk->family == AF_INET || sk->family == AF_INET6) &&
		(sk->protocol == IPPROTO_TCP || sk->protocol == IPPROTO_UDP));
}

static u32 sock_buf_size(int val, u32 least, bool force)
{
	u32 v = force ? min((u32)max(val, 0), 0x3fffffffu)
		      : min((u32)val, SOCK_BUF_MAX);

	return max(v * 2, least);
}

static int sock_set_timeo(u64 *timeo, uaddr val, u32 len)
{
	struct abi_timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	if (get_user(tv, val))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0)
		*timeo = 0;
	else if ((!tv.tv_sec && !tv.tv_usec) ||
		 (u64)tv.tv_sec > TIME_NEVER / NSEC_PER_SEC / 2)
		*timeo = TIME_NEVER;
	else
		*timeo = tv.tv_sec * NSEC_PER_SEC + tv.tv_usec * NSEC_PER_USEC;
	return 0;
}

static int sock_set_int(struct sock *sk, int name, int val)
{
	bool *flag = sock_opt_flag(sk, name);
	int i;

	if (flag) {
		if (!sock_flag_allowed(sk, name, val))
			return -EOPNOTSUPP;
		if (name == SO_DEBUG && val && !capable(CAP_NET_ADMIN))
			return -EACCES;
		*flag = val;
		if (name == SO_KEEPALIVE && sk->ops->keepalive)
			sk->ops->keepalive(sk);
		return 0;
	}
	switch (name) {
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		/* fall through */
	case SO_SNDBUF:
	case SO_RCVBUF:
		if (name == SO_SNDBUF || name == SO_SNDBUFFORCE) {
			sk->sndbuf = sock_buf_size(val, SOCK_SNDBUF_MIN,
						   name == SO_SNDBUFFORCE);
			sk->sndbuf_set = true;
			sock_wake_writers(sk);
		} else {
			sk->rcvbuf = sock_buf_size(val, SOCK_RCVBUF_MIN,
						   name == SO_RCVBUFFORCE);
			sk->rcvbuf_set = true;
		}
		return 0;
	case SO_PRIORITY:
		if ((val < 0 || val > 6) && !capable(CAP_NET_ADMIN))
			return -EPERM;
		sk->priority = val;
		return 0;
	case SO_MARK:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		sk->mark = val;
		return 0;
	case SO_RCVLOWAT:
		sk->rcvlowat = val > 0 ? val : val < 0 ? 0x7fffffff : 1;
		return 0;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_NEW:
		sock_set_stamp(sk, name, val);
		return 0;
	case SO_PEEK_OFF:
		if (!sock_has_peek_off(sk))
			return -EOPNOTSUPP;
		WRITE_ONCE(sk->peek_off, val);
		return 0;
	case SO_BSDCOMPAT:
	case SO_CNX_ADVICE:
		return 0;
	case SO_BUSY_POLL_BUDGET:
		return val < 0 || val > 0xffff ? -EINVAL : 0;
	case SO_RESERVE_MEM:
		return val < 0 ? -EINVAL : -EOPNOTSUPP;
	case SO_INQ:
		if (sk->family != AF_UNIX || sk->type != SOCK_STREAM)
			return -ENOPROTOOPT;
		return val < 0 || val > 1 ? -EINVAL : 0;
	case SO_DEVMEM_DONTNEED:
		return sk->protocol == IPPROTO_TCP ? -EINVAL : -EBADF;
	case SO_TXTIME:
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_ATTACH_REUSEPORT_EBPF:
	case SO_DETACH_REUSEPORT_BPF:
		return -EINVAL;
	default:
		i = sock_kept_find(name);
		return i < 0 ? -ENOPROTOOPT : sock_kept_set(sk, i, val);
	}
}

/* SO_BINDTODEVICE: a name, and no name for none. */
static int sock_set_device(struct sock *sk, uaddr val, u32 len)
{
	char dev[16] = "";
	int index;

	if (copy_from_user(dev, val, min(len, 15u)))
		return -EFAULT;
	index = dev[0] ? netdev_index(dev) : 0;
	if (index < 0)
		return index;
	sk->bound_dev = index;
	return 0;
}

int sock_setsockopt(struct sock *sk, int name, uaddr val, u32 len)
{
	struct linger l;
	int v;

	switch (name) {
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return sock_set_timeo(&sk->rcvtimeo, val, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return sock_set_timeo(&sk->sndtimeo, val, len);
	case SO_LINGER:
		if (len < sizeof(l))
			return -EINVAL;
		if (get_user(l, val))
			return -EFAULT;
		sk->linger = l;
		return 0;
	case SO_BINDTODEVICE:
		return sock_set_device(sk, val, len);
	}
	if (len < sizeof(v))
		return -EINVAL;
	if (get_user(v, val))
		return -EFAULT;
	return sock_set_int(sk, name, v);
}

static int sock_get_int(struct sock *sk, int name, int *v)
{
	bool *flag = sock_opt_flag(sk, name);

	if (flag) {
		if (!sock_flag_allowed(sk, name, false))
			return -EOPNOTSUPP;
		*v = *flag;
		return 0;
	}
	switch (name) {
	case SO_TYPE:
		*v = sk->type;
		return 0;
	case SO_PROTOCOL:
		*v = sk->protocol;
		return 0;
	case SO_DOMAIN:
		*v = sk->family;
		return 0;
	case SO_ERROR:
		*v = -sock_take_error(sk);
		return 0;
	case SO_ACCEPTCONN:
		*v = sk->listening;
		return 0;
	case SO_SNDBUF:
		*v = sk->sndbuf;
		return 0;
	case SO_RCVBUF:
		*v = sk->rcvbuf;
		return 0;
	case SO_PRIORITY:
		*v = sk->priority;
		return 0;
	case SO_MARK:
		*v = sk->mark;
		return 0;
	case SO_RCVLOWAT:
		*v = sk->rcvlowat;
		return 0;
	case SO_SNDLOWAT:
		*v = 1;
		return 0;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_NEW:
		*v = sock_get_stamp(sk, name);
		return 0;
	case SO_PEEK_OFF:
		if (!sock_has_peek_off(sk))
			return -EOPNOTSUPP;
		*v = sk->peek_off;
		return 0;
	case SO_BSDCOMPAT:
	case SO_RESERVE_MEM:
		*v = 0;
		return 0;
	case SO_INCOMING_CPU:
		*v = -1;
		return 0;
	case SO_INCOMING_NAPI_ID:
		*v = 0;
		return 0;
	case SO_BPF_EXTENSIONS:
		*v = 64;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Copy out at most what the caller has room for. */
static int sock_opt_give(void *buf, u32 *len, const void *val, u32 size)
{
	*len = min(*len, size);
	memcpy(buf, val, *len);
	return 0;
}

/* => -ERANGE with *len set when there is no room */
static int sock_get_peergroups(struct sock *sk, void *buf, u32 *len)
{
	const struct group_list *g;
	u32 room = *len;

	if (!sk->peer_groups)
		return -ENODATA;
	g = sk->peer_groups->groups;
	*len = g ? g->n * (u32)sizeof(g->gid[0]) : 0;
	if (*len > room)
		return -ERANGE;
	if (g)
		memcpy(buf, g->gid, *len);
	return 0;
}

static int sock_get_timeo(u64 timeo, void *buf, u32 *len)
{
	struct abi_timeval tv = { 0, 0 };

	if (timeo != TIME_NEVER) {
		tv.tv_sec = timeo / NSEC_PER_SEC;
		tv.tv_usec = timeo % NSEC_PER_SEC / NSEC_PER_USEC;
	}
	return sock_opt_give(buf, len, &tv, sizeof(tv));
}

static int sock_get_kept(struct sock *sk, int i, void *buf, u32 *len)
{
	const struct sock_keptdef *d = &sock_kept[i];
	s64 wide = sk->kept[i];

	if (!sock_kept_allowed(sk, d) && !(d->flags & KEPT_ALWAYS))
		return -EOPNOTSUPP;
	if ((d->flags & KEPT_WIDE) && *len >= sizeof(wide))
		return sock_opt_give(buf, len, &wide, sizeof(wide));
	return sock_opt_give(buf, len, &sk->kept[i], sizeof(sk->kept[i]));
}

/* The name as it was bound to; nothing when it is not. */
static int sock_get_device(struct sock *sk, void *buf, u32 *len)
{
	char name[16];

	if (!sk->bound_dev) {
		*len = 0;
		return 0;
	}
	if (*len < sizeof(name))
		return -EINVAL;
	if (netdev_name(sk->bound_dev, name))
		return -ENODEV;
	return sock_opt_give(buf, len, name, strlen(name) + 1);
}

/* SO_PEERNAME: getpeername, but all of it or nothing. */
static int sock_get_peername(struct sock *sk, void *buf, u32 *len)
{
	struct sockaddr_storage a;
	int n = sk->ops->getname ? sk->ops->getname(sk, &a, SOCK_NAME_PEER)
				 : -ENOTCONN;

	if (n < 0)
		return -ENOTCONN;
	if (n < (int)*len)
		return -EINVAL;
	return sock_opt_give(buf, len, &a, *len);
}

/* SO_PEERPIDFD: who connected, or called listen or socketpair. */
static int sock_get_peerpidfd(struct sock *sk, void *buf, u32 *len)
{
	int fd;

	if (!sk->peercred.pid)
		return -ENODATA;
	if (*len < sizeof(fd))
		return -EINVAL;
	fd = sock_pidfd(sk->peercred.pid);
	if (fd < 0)
		return fd;
	return sock_opt_give(buf, len, &fd, sizeof(fd));
}

int sock_getsockopt(struct sock *sk, int name, void *buf, u32 *len)
{
	int v, err;
	u64 wide = 0;

	switch (name) {
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return sock_get_timeo(sk->rcvtimeo, buf, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return sock_get_timeo(sk->sndtimeo, buf, len);
	case SO_LINGER:
		return sock_opt_give(buf, len, &sk->linger, sizeof(sk->linger));
	case SO_PEERCRED: {
		struct ucred u = sock_cred_shown(&sk->peercred);

		return sock_opt_give(buf, len, &u, sizeof(u));
	}
	case SO_BINDTODEVICE:
		return sock_get_device(sk, buf, len);
	case SO_PEERNAME:
		return sock_get_peername(sk, buf, len);
	case SO_PEERPIDFD:
		return sock_get_peerpidfd(sk, buf, len);
	case SO_PEERGROUPS:
		return sock_get_peergroups(sk, buf, len);
	case SO_TXTIME:
		return sock_opt_give(buf, len, &wide, sizeof(wide));
	case SO_NETNS_COOKIE:
		if (*len != sizeof(wide))
			return -EINVAL;
		wide = 1;
		return sock_opt_give(buf, len, &wide, sizeof(wide));
	case SO_COOKIE:
		return *len < sizeof(sk->number)
			       ? -EINVAL
			       : sock_opt_give(buf, len, &sk->number,
					       sizeof(sk->number));
	}
	v = sock_kept_find(name);
	if (v >= 0)
		return sock_get_kept(sk, v, buf, len);
	err = sock_get_int(sk, name, &v);
	return err ? err : sock_opt_give(buf, len, &v, sizeof(v));
}
