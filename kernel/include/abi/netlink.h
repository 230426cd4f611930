/* SPDX-License-Identifier: GPL-2.0 */
/* netlink(7) and rtnetlink(7). */
#ifndef ABI_NETLINK_H
#define ABI_NETLINK_H

#include <kernel/types.h>

#define NETLINK_ROUTE	       0
#define NETLINK_KOBJECT_UEVENT 15
#define NETLINK_MAX	       32

#define NLM_F_REQUEST 1
#define NLM_F_MULTI   2
#define NLM_F_ACK     4
#define NLM_F_CAPPED  0x100
#define NLM_F_DUMP    0x300

#define NLMSG_ERROR    2
#define NLMSG_DONE     3
#define NLMSG_MIN_TYPE 16

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

#define RTM_BASE	16
#define RTM_NEWLINK	16
#define RTM_GETLINK	18
#define RTM_NEWADDR	20
#define RTM_GETADDR	22
#define RTM_NEWROUTE	24
#define RTM_GETROUTE	26
#define RTM_GETNEIGH	30
#define RTM_GETRULE	34
#define RTM_GETQDISC	38
#define RTM_GETNEIGHTBL 66
#define RTM_GETNETCONF	82
#define RTM_GETNSID	90
#define RTM_MAX		123

#define IFLA_ADDRESS   1
#define IFLA_BROADCAST 2
#define IFLA_IFNAME    3
#define IFLA_MTU       4
#define IFLA_QDISC     6
#define IFLA_STATS     7
#define IFLA_TXQLEN    13
#define IFLA_OPERSTATE 16
#define IFLA_LINKMODE  17
#define IFLA_STATS64   23
#define IFLA_GROUP     27
#define IFLA_CARRIER   33

#define IFA_ADDRESS   1
#define IFA_LOCAL     2
#define IFA_LABEL     3
#define IFA_CACHEINFO 6
#define IFA_FLAGS     8
#define IFA_F_PERMANENT 0x80

#define RTA_DST	     1
#define RTA_OIF	     4
#define RTA_PRIORITY 6
#define RTA_PREFSRC  7
#define RTA_TABLE    15

#define RT_TABLE_MAIN  254
#define RT_TABLE_LOCAL 255
#define RTPROT_KERNEL  2
#define RT_SCOPE_UNIVERSE 0
#define RT_SCOPE_LINK  253
#define RT_SCOPE_HOST  254
#define RTN_UNICAST    1
#define RTN_LOCAL      2
#define RTN_BROADCAST  3

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

struct rtmsg {
	u8 rtm_family, rtm_dst_len, rtm_src_len, rtm_tos;
	u8 rtm_table, rtm_protocol, rtm_scope, rtm_type;
	u32 rtm_flags;
};

#endif
