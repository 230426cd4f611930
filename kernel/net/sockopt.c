/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SOL_SOCKET options, following socket(7). Most are words that some family
 * looks at; a few are kept only to be told again (SO_DEBUG, SO_PRIORITY).
 */
#include <abi/capability.h>
#include <abi/time.h>
#include <kernel/cred.h>
#include <kernel/net.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>

#define SOCK_BUF_MAX	212992u /* net.core.[rw]mem_max */
#define SOCK_SNDBUF_MIN 4608u
#define SOCK_RCVBUF_MIN 2304u

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
	case SO_TIMESTAMP:
		return &sk->timestamp;
	case SO_TIMESTAMPNS:
		return &sk->timestampns;
	default:
		return NULL;
	}
}

static u32 sock_buf_size(int val, u32 least, bool force)
{
	u32 v = force ? min((u32)max(val, 0), 0x3fffffffu) :
			min((u32)val, SOCK_BUF_MAX);

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

	if (flag) {
		if (name == SO_DEBUG && val && !capable(CAP_NET_ADMIN))
			return -EACCES;
		*flag = val;
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
	case SO_NO_CHECK:
	case SO_BUSY_POLL:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
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
	case SO_BINDTODEVICE: /* not a number */
		return -ENOPROTOOPT;
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
	case SO_NO_CHECK:
	case SO_BUSY_POLL:
	case SO_RXQ_OVFL:
	case SO_PASSSEC:
		*v = 0;
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

static int sock_get_timeo(u64 timeo, void *buf, u32 *len)
{
	struct abi_timeval tv = { 0, 0 };

	if (timeo != TIME_NEVER) {
		tv.tv_sec = timeo / NSEC_PER_SEC;
		tv.tv_usec = timeo % NSEC_PER_SEC / NSEC_PER_USEC;
	}
	return sock_opt_give(buf, len, &tv, sizeof(tv));
}

int sock_getsockopt(struct sock *sk, int name, void *buf, u32 *len)
{
	int v, err;

	switch (name) {
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return sock_get_timeo(sk->rcvtimeo, buf, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return sock_get_timeo(sk->sndtimeo, buf, len);
	case SO_LINGER:
		return sock_opt_give(buf, len, &sk->linger, sizeof(sk->linger));
	case SO_PEERCRED:
		return sock_opt_give(buf, len, &sk->peercred,
				     sizeof(sk->peercred));
	case SO_COOKIE:
		return *len < sizeof(sk->number) ?
			       -EINVAL :
			       sock_opt_give(buf, len, &sk->number,
					     sizeof(sk->number));
	}
	err = sock_get_int(sk, name, &v);
	return err ? err : sock_opt_give(buf, len, &v, sizeof(v));
}
