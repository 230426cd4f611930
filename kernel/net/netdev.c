// SPDX-License-Identifier: GPL-2.0
/*
 * netdevice(7): what the SIOCGIF requests tell of the one interface there is,
 * lo, through sockets of any family. Nothing of it can be changed: EPERM, as
 * for anybody on Linux who may not, and for who may EOPNOTSUPP.
 */
#include <abi/capability.h>
#include <abi/if.h>
#include <abi/ioctl.h>
#include <kernel/cred.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include "inet_internal.h"

#define NETDEV_IFREQ_SIZE 40u

static void netdev_put_addr(struct ifreq *r, u32 addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	in.sin_addr.s_addr = __builtin_bswap32(addr);
	memcpy(r->ifr.addr, &in, sizeof(in));
}

static long netdev_ifconf(uaddr arg)
{
	struct ifconf c;
	struct ifreq r;

	if (get_user(c, arg))
		return -EFAULT;
	if (!c.ifc_buf) {
		c.ifc_len = NETDEV_IFREQ_SIZE;
	} else if (c.ifc_len < (s32)NETDEV_IFREQ_SIZE) {
		c.ifc_len = 0;
	} else {
		memset(&r, 0, sizeof(r));
		memcpy(r.ifr_name, "lo", 3);
		netdev_put_addr(&r, INADDR_LOOPBACK);
		if (copy_to_user(UADDR(c.ifc_buf), &r, NETDEV_IFREQ_SIZE))
			return -EFAULT;
		c.ifc_len = NETDEV_IFREQ_SIZE;
	}
	return put_user(c, arg);
}

/* => 0 with the answer in *r */
static int netdev_get(u32 cmd, struct ifreq *r)
{
	memset(&r->ifr, 0, sizeof(r->ifr));
	switch (cmd) {
	case SIOCGIFFLAGS:
		r->ifr.flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
		return 0;
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
		netdev_put_addr(r, INADDR_LOOPBACK);
		return 0;
	case SIOCGIFBRDADDR:
		netdev_put_addr(r, INADDR_ANY);
		return 0;
	case SIOCGIFNETMASK:
		netdev_put_addr(r, 0xff000000u);
		return 0;
	case SIOCGIFINDEX:
		r->ifr.ivalue = INET_LO_INDEX;
		return 0;
	case SIOCGIFMTU:
		r->ifr.ivalue = INET_LO_MTU;
		return 0;
	case SIOCGIFTXQLEN:
		r->ifr.ivalue = 1000;
		return 0;
	case SIOCGIFHWADDR:
		r->ifr.addr[0] = ARPHRD_LOOPBACK & 0xff;
		r->ifr.addr[1] = ARPHRD_LOOPBACK >> 8;
		return 0;
	case SIOCGIFMETRIC:
	case SIOCGIFMAP:
		return 0;
	default:
		return -ENOTTY;
	}
}

static long netdev_ifreq(u32 cmd, uaddr arg)
{
	struct ifreq r;
	int err;

	if (copy_from_user(&r, arg, NETDEV_IFREQ_SIZE))
		return -EFAULT;
	r.ifr_name[IFNAMSIZ - 1] = 0;
	if (cmd == SIOCGIFNAME) {
		if (r.ifr.ivalue != INET_LO_INDEX)
			return -ENODEV;
		memset(r.ifr_name, 0, sizeof(r.ifr_name));
		memcpy(r.ifr_name, "lo", 3);
	} else {
		/* an alias "lo:1" names the same interface */
		char *colon = strchr(r.ifr_name, ':');

		if (colon)
			*colon = 0;
		err = strcmp(r.ifr_name, "lo") ? -ENODEV :
						 netdev_get(cmd, &r);
		if (colon)
			*colon = ':';
		if (err)
			return err;
	}
	return copy_to_user(arg, &r, NETDEV_IFREQ_SIZE);
}

int netdev_index(const char *name)
{
	return strcmp(name, "lo") ? -ENODEV : INET_LO_INDEX;
}

int netdev_name(int index, char *name)
{
	if (index != INET_LO_INDEX)
		return -ENODEV;
	memset(name, 0, IFNAMSIZ);
	memcpy(name, "lo", 3);
	return 0;
}

long netdev_ioctl(u32 cmd, u64 arg)
{
	switch (cmd) {
	case SIOCGIFCONF:
		return netdev_ifconf(UADDR(arg));
	case SIOCGIFNAME:
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFMETRIC:
	case SIOCGIFINDEX:
	case SIOCGIFMTU:
	case SIOCGIFMAP:
	case SIOCGIFTXQLEN:
	case SIOCGIFHWADDR:
		return netdev_ifreq(cmd, UADDR(arg));
	case SIOCETHTOOL:
		return -EOPNOTSUPP;
	case SIOCSIFFLAGS:
	case SIOCSIFADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFMTU:
	case SIOCSIFHWADDR:
	case SIOCSIFTXQLEN:
	case SIOCADDRT:
	case SIOCDELRT:
		return capable(CAP_NET_ADMIN) ? -EOPNOTSUPP : -EPERM;
	default:
		return -ENOTTY;
	}
}
