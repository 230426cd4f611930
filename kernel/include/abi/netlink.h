/* SPDX-License-Identifier: GPL-2.0 */
/* netlink(7) and rtnetlink(7). */
#ifndef ABI_NETLINK_H
#define ABI_NETLINK_H

#include <kernel/types.h>

#define NETLINK_ROUTE		 0
#define NETLINK_SOCK_DIAG	 4
#define NETLINK_KOBJECT_UEVENT	 15
#define NETLINK_MAX		 32

#define NLM_F_REQUEST		 1
#define NLM_F_MULTI		 2
#define NLM_F_ACK		 4
#define NLM_F_CAPPED		 0x100
#define NLM_F_DUMP		 0x300
#define NLM_F_REPLACE		 0x100
#define NLM_F_EXCL		 0x200
#define NLM_F_CREATE		 0x400
#define NLM_F_APPEND		 0x800

#define NLMSG_ERROR		 2
#define NLMSG_DONE		 3
#define NLMSG_MIN_TYPE		 16

#define NETLINK_ADD_MEMBERSHIP	 1
#define NETLINK_DROP_MEMBERSHIP	 2
#define NETLINK_PKTINFO		 3
#define NETLINK_BROADCAST_ERROR	 4
#define NETLINK_NO_ENOBUFS	 5
#define NETLINK_LISTEN_ALL_NSID	 8
#define NETLINK_LIST_MEMBERSHIPS 9
#define NETLINK_CAP_ACK		 10
#define NETLINK_EXT_ACK		 11
#define NETLINK_GET_STRICT_CHK	 12

#define RTM_BASE		 16
#define RTM_NEWLINK		 16
#define RTM_GETLINK		 18
#define RTM_NEWADDR		 20
#define RTM_GETADDR		 22
#define RTM_NEWROUTE		 24
#define RTM_GETROUTE		 26
#define RTM_SETLINK		 19
#define RTM_DELLINK		 17
#define RTM_DELADDR		 21
#define RTM_DELROUTE		 25
#define RTM_NEWNEIGH		 28
#define RTM_DELNEIGH		 29
#define RTM_GETNEIGH		 30
#define RTM_NEWRULE		 32
#define RTM_GETRULE		 34
#define RTM_GETQDISC		 38
#define RTM_GETNEIGHTBL		 66
#define RTM_GETNETCONF		 82
#define RTM_GETNSID		 90
#define RTM_MAX			 123

#define IFLA_ADDRESS		 1
#define IFLA_BROADCAST		 2
#define IFLA_IFNAME		 3
#define IFLA_MTU		 4
#define IFLA_QDISC		 6
#define IFLA_STATS		 7
#define IFLA_TXQLEN		 13
#define IFLA_OPERSTATE		 16
#define IFLA_LINKMODE		 17
#define IFLA_STATS64		 23
#define IFLA_GROUP		 27
#define IFLA_CARRIER		 33

#define IFA_ADDRESS		 1
#define IFA_LOCAL		 2
#define IFA_LABEL		 3
#define IFA_CACHEINFO		 6
#define IFA_FLAGS		 8
#define IFA_F_PERMANENT		 0x80

#define RTA_DST			 1
#define RTA_OIF			 4
#define RTA_PRIORITY		 6
#define RTA_PREFSRC		 7
#define RTA_GATEWAY		 5
#define RTA_METRICS		 8
#define RTA_CACHEINFO		 12
#define RTAX_MTU		 2
#define RTM_F_CLONED		 0x200
#define NDA_DST			 1
#define NDA_LLADDR		 2
#define NDA_CACHEINFO		 3
#define FRA_PRIORITY		 6
#define FRA_TABLE		 15
#define RT_TABLE_DEFAULT	 253
#define IFA_BROADCAST		 4
#define IFA_F_SECONDARY		 1
#define IFA_F_NOPREFIXROUTE	 0x200

/* Groups of NETLINK_ROUTE: bits of nl_groups */
#define RTNLGRP_LINK		 (1u << 0)
#define RTNLGRP_NEIGH		 (1u << 2)
#define RTNLGRP_IPV4_IFADDR	 (1u << 4)
#define RTNLGRP_IPV4_ROUTE	 (1u << 6)
#define RTNLGRP_IPV6_IFADDR	 (1u << 8)
#define RTNLGRP_IPV6_ROUTE	 (1u << 10)
#define RTA_TABLE		 15

#define RT_TABLE_MAIN		 254
#define RT_TABLE_LOCAL		 255
#define RTPROT_KERNEL		 2
#define RT_SCOPE_UNIVERSE	 0
#define RT_SCOPE_LINK		 253
#define RT_SCOPE_HOST		 254
#define RTN_UNICAST		 1
#define RTN_LOCAL		 2
#define RTN_BROADCAST		 3
#define RTN_ANYCAST		 4
#define RTN_MULTICAST		 5
#define RTN_BLACKHOLE		 6
#define RTN_UNREACHABLE		 7
#define RTN_PROHIBIT		 8
#define RTPROT_BOOT		 3
#define RTPROT_STATIC		 4
#define RTPROT_RA		 9
#define RT_SCOPE_NOWHERE	 255

struct sockaddr_nl {
	u16 nl_family, nl_pad;
	u32 nl_pid, nl_groups;
};

struct nlmsghdr {
	u32 nlmsg_len;
	u16 nlmsg_type, nlmsg_flags;
	u32 nlmsg_seq, nlmsg_pid;
};

struct rtattr {
	u16 rta_len, rta_type;
};

struct ifinfomsg {
	u8 ifi_family, pad;
	u16 ifi_type;
	s32 ifi_index;
	u32 ifi_flags, ifi_change;
};

struct ifaddrmsg {
	u8 ifa_family, ifa_prefixlen, ifa_flags, ifa_scope;
	u32 ifa_index;
};

struct ndmsg {
	u8 ndm_family, pad1;
	u16 pad2;
	s32 ndm_ifindex;
	u16 ndm_state;
	u8 ndm_flags, ndm_type;
};

struct fib_rule_hdr {
	u8 family, dst_len, src_len, tos;
	u8 table, res1, res2, action;
	u32 flags;
};

struct rtmsg {
	u8 rtm_family, rtm_dst_len, rtm_src_len, rtm_tos;
	u8 rtm_table, rtm_protocol, rtm_scope, rtm_type;
	u32 rtm_flags;
};

#endif
