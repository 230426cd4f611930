// SPDX-License-Identifier: GPL-2.0
/*
 * rtnetlink(7): what there is to tell about the one interface, lo. Links,
 * addresses and routes can be asked for, one or all (NLM_F_DUMP); neighbours,
 * rules and queueing there are none. Changing anything is for who has
 * CAP_NET_ADMIN (EPERM), who is told EOPNOTSUPP.
 */
#include <abi/capability.h>
#include <abi/if.h>
#include <abi/in.h>
#include <kernel/cred.h>
#include <kernel/string.h>
#include "netlink_internal.h"

#define RTNL_LO	      1
#define RTNL_LOWER_UP 0x10000u
#define RTNL_UNKNOWN  0u /* IF_OPER_UNKNOWN, which lo is when it is up */

static const u8 rtnl_lo4[4] = { 127, 0, 0, 1 };
static const u8 rtnl_lo6[16] = { [15] = 1 };

static void rtnl_put_link(struct nl_buf *b, u16 flags)
{
	struct ifinfomsg h = {
		.ifi_type = ARPHRD_LOOPBACK,
		.ifi_index = RTNL_LO,
		.ifi_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING |
			     RTNL_LOWER_UP,
	};
	u8 none[6] = { 0 }, byte = RTNL_UNKNOWN, carrier = 1;
	u64 stats64[24] = { 0 };
	u32 stats[24] = { 0 };

	nl_begin(b, RTM_NEWLINK, flags, &h, sizeof(h));
	nl_attr(b, IFLA_IFNAME, "lo", 3);
	nl_attr_u32(b, IFLA_TXQLEN, 1000);
	nl_attr(b, IFLA_OPERSTATE, &byte, 1);
	nl_attr(b, IFLA_LINKMODE, &byte, 1);
	nl_attr_u32(b, IFLA_MTU, 65536);
	nl_attr_u32(b, IFLA_GROUP, 0);
	nl_attr(b, IFLA_CARRIER, &carrier, 1);
	nl_attr(b, IFLA_QDISC, "noqueue", 8);
	nl_attr(b, IFLA_ADDRESS, none, sizeof(none));
	nl_attr(b, IFLA_BROADCAST, none, sizeof(none));
	nl_attr(b, IFLA_STATS64, stats64, sizeof(stats64));
	nl_attr(b, IFLA_STATS, stats, sizeof(stats));
	nl_end(b);
}

static void rtnl_put_addr(struct nl_buf *b, int family)
{
	bool v4 = family == AF_INET;
	struct ifaddrmsg h = { family, v4 ? 8 : 128, IFA_F_PERMANENT,
			       RT_SCOPE_HOST, RTNL_LO };
	/* lifetimes: for ever; made and changed at the start */
	u32 cache[4] = { ~0u, ~0u, 0, 0 };

	nl_begin(b, RTM_NEWADDR, NLM_F_MULTI, &h, sizeof(h));
	if (v4) {
		nl_attr(b, IFA_ADDRESS, rtnl_lo4, 4);
		nl_attr(b, IFA_LOCAL, rtnl_lo4, 4);
		nl_attr(b, IFA_LABEL, "lo", 3);
	} else {
		nl_attr(b, IFA_ADDRESS, rtnl_lo6, 16);
	}
	nl_attr(b, IFA_CACHEINFO, cache, sizeof(cache));
	nl_attr_u32(b, IFA_FLAGS, IFA_F_PERMANENT);
	nl_end(b);
}

static void rtnl_put_route(struct nl_buf *b, u16 flags, int type, int prefix,
			   u8 last, int scope)
{
	struct rtmsg h = {
		.rtm_family = AF_INET,
		.rtm_dst_len = prefix,
		.rtm_table = RT_TABLE_LOCAL,
		.rtm_protocol = RTPROT_KERNEL,
		.rtm_scope = scope,
		.rtm_type = type,
	};
	u8 dst[4] = { 127, 0, 0, last };

	if (type == RTN_BROADCAST)
		dst[1] = dst[2] = last;
	nl_begin(b, RTM_NEWROUTE, flags, &h, sizeof(h));
	nl_attr_u32(b, RTA_TABLE, RT_TABLE_LOCAL);
	nl_attr(b, RTA_DST, dst, 4);
	nl_attr(b, RTA_PREFSRC, rtnl_lo4, 4);
	nl_attr_u32(b, RTA_OIF, RTNL_LO);
	nl_end(b);
}

static void rtnl_put_route6(struct nl_buf *b, u16 flags, int table)
{
	bool local = table == RT_TABLE_LOCAL;
	struct rtmsg h = {
		.rtm_family = AF_INET6,
		.rtm_dst_len = 128,
		.rtm_table = table,
		.rtm_protocol = RTPROT_KERNEL,
		.rtm_type = local ? RTN_LOCAL : RTN_UNICAST,
	};

	nl_begin(b, RTM_NEWROUTE, flags, &h, sizeof(h));
	nl_attr_u32(b, RTA_TABLE, table);
	nl_attr(b, RTA_DST, rtnl_lo6, 16);
	nl_attr_u32(b, RTA_PRIORITY, local ? 0 : 256);
	nl_attr_u32(b, RTA_OIF, RTNL_LO);
	nl_end(b);
}

/* The first byte of every family header is the address family. */
static int rtnl_family(const struct nlmsghdr *h)
{
	return h->nlmsg_len > sizeof(*h) ? *(const u8 *)(h + 1) : AF_UNSPEC;
}

static int rtnl_dump(const struct nlmsghdr *h, struct nl_buf *b)
{
	int family = rtnl_family(h), done = 0;
	bool v4 = family == AF_UNSPEC || family == AF_INET;
	bool v6 = family == AF_UNSPEC || family == AF_INET6;

	switch (h->nlmsg_type) {
	case RTM_GETLINK:
		rtnl_put_link(b, NLM_F_MULTI);
		break;
	case RTM_GETADDR:
		if (v4)
			rtnl_put_addr(b, AF_INET);
		if (v6)
			rtnl_put_addr(b, AF_INET6);
		break;
	case RTM_GETROUTE:
		if (v4) {
			rtnl_put_route(b, NLM_F_MULTI, RTN_LOCAL, 8, 0,
				       RT_SCOPE_HOST);
			rtnl_put_route(b, NLM_F_MULTI, RTN_LOCAL, 32, 1,
				       RT_SCOPE_HOST);
			rtnl_put_route(b, NLM_F_MULTI, RTN_BROADCAST, 32, 255,
				       RT_SCOPE_LINK);
		}
		if (v6) {
			rtnl_put_route6(b, NLM_F_MULTI, RT_TABLE_MAIN);
			rtnl_put_route6(b, NLM_F_MULTI, RT_TABLE_LOCAL);
		}
		break;
	case RTM_GETNEIGH:
	case RTM_GETRULE:
	case RTM_GETQDISC:
	case RTM_GETNEIGHTBL:
	case RTM_GETNETCONF:
	case RTM_GETNSID:
		break;
	default:
		return -EOPNOTSUPP;
	}
	nl_begin(b, NLMSG_DONE, NLM_F_MULTI, &done, sizeof(done));
	nl_end(b);
	return 0;
}

/* The attribute of this type behind a family header of `head` bytes. */
static const void *rtnl_find(const struct nlmsghdr *h, u32 head, u16 type,
			     u32 *len)
{
	const char *p = (const char *)h;
	u32 at = sizeof(*h) + ALIGN_UP(head, 4u);
	struct rtattr a;

	while (at + sizeof(a) <= h->nlmsg_len) {
		memcpy(&a, p + at, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > h->nlmsg_len - at)
			break;
		if ((a.rta_type & 0x3fff) == type) {
			*len = a.rta_len - sizeof(a);
			return p + at + sizeof(a);
		}
		at += ALIGN_UP((u32)a.rta_len, 4u);
	}
	return NULL;
}

static int rtnl_get_link(const struct nlmsghdr *h, struct nl_buf *b)
{
	struct ifinfomsg m;
	const char *name;
	u32 len = 0;

	if (h->nlmsg_len < sizeof(*h) + sizeof(m))
		return -EINVAL;
	memcpy(&m, h + 1, sizeof(m));
	name = rtnl_find(h, sizeof(m), IFLA_IFNAME, &len);
	if (m.ifi_index <= 0 && !name)
		return -EINVAL;
	if (m.ifi_index > 0 ? m.ifi_index != RTNL_LO :
			      len < 2 || memcmp(name, "lo", 2) ||
				      (len > 2 && name[2]))
		return -ENODEV;
	rtnl_put_link(b, 0);
	return 0;
}

/* The route to one address, as `ip route get` asks. */
static int rtnl_get_route(const struct nlmsghdr *h, struct nl_buf *b)
{
	const u8 *dst;
	u32 len = 0;

	if (h->nlmsg_len < sizeof(*h) + sizeof(struct rtmsg))
		return -EINVAL;
	dst = rtnl_find(h, sizeof(struct rtmsg), RTA_DST, &len);
	if (rtnl_family(h) == AF_INET && dst && len == 4 && dst[0] == 127)
		rtnl_put_route(b, 0, RTN_LOCAL, 32, dst[3], 0);
	else if (rtnl_family(h) == AF_INET6 && dst && len == 16 &&
		 !memcmp(dst, rtnl_lo6, 16))
		rtnl_put_route6(b, 0, RT_TABLE_LOCAL);
	else
		return dst ? -ENETUNREACH : -EINVAL;
	return 0;
}

int rtnl_request(const struct nlmsghdr *h, struct nl_buf *b)
{
	bool get = (h->nlmsg_type & 3) == 2;

	if (h->nlmsg_type > RTM_MAX)
		return -EOPNOTSUPP;
	if (h->nlmsg_len <= sizeof(*h))
		return 0;
	if (!get)
		return capable(CAP_NET_ADMIN) ? -EOPNOTSUPP : -EPERM;
	if (h->nlmsg_flags & NLM_F_DUMP)
		return rtnl_dump(h, b);
	if (h->nlmsg_type == RTM_GETLINK)
		return rtnl_get_link(h, b);
	if (h->nlmsg_type == RTM_GETROUTE)
		return rtnl_get_route(h, b);
	return -EOPNOTSUPP;
}
