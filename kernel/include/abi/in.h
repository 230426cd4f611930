/* SPDX-License-Identifier: GPL-2.0 */
/* Internet addresses, protocols and socket options. */
#ifndef ABI_IN_H
#define ABI_IN_H

#include <kernel/types.h>

#define IPPROTO_HOPOPTS		  0
#define IPPROTO_IP		  0
#define IPPROTO_ICMP		  1
#define IPPROTO_IGMP		  2
#define IPPROTO_IPIP		  4
#define IPPROTO_TCP		  6
#define IPPROTO_EGP		  8
#define IPPROTO_PUP		  12
#define IPPROTO_UDP		  17
#define IPPROTO_IDP		  22
#define IPPROTO_TP		  29
#define IPPROTO_DCCP		  33
#define IPPROTO_IPV6		  41
#define IPPROTO_ROUTING		  43
#define IPPROTO_FRAGMENT	  44
#define IPPROTO_RSVP		  46
#define IPPROTO_GRE		  47
#define IPPROTO_ESP		  50
#define IPPROTO_AH		  51
#define IPPROTO_ICMPV6		  58
#define IPPROTO_NONE		  59
#define IPPROTO_DSTOPTS		  60
#define IPPROTO_MTP		  92
#define IPPROTO_BEETPH		  94
#define IPPROTO_ENCAP		  98
#define IPPROTO_PIM		  103
#define IPPROTO_COMP		  108
#define IPPROTO_SCTP		  132
#define IPPROTO_MH		  135
#define IPPROTO_UDPLITE		  136
#define IPPROTO_MPLS		  137
#define IPPROTO_ETHERNET	  143
#define IPPROTO_RAW		  255
#define IPPROTO_MPTCP		  0x106

#define IP_PMTUDISC_DONT	  0
#define IP_DEFAULT_MULTICAST_LOOP 1
#define IP_DEFAULT_MULTICAST_TTL  1
#define IP_PMTUDISC_WANT	  1
#define IP_TOS			  1
#define IP_PMTUDISC_DO		  2
#define IP_TTL			  2
#define IP_HDRINCL		  3
#define IP_PMTUDISC_PROBE	  3
#define IP_OPTIONS		  4
#define IP_PMTUDISC_INTERFACE	  4
#define IP_PMTUDISC_OMIT	  5
#define IP_ROUTER_ALERT		  5
#define IP_RECVOPTS		  6
#define IP_RECVRETOPTS		  7
#define IP_RETOPTS		  7
#define IP_PKTINFO		  8
#define IP_PKTOPTIONS		  9
#define IP_MTU_DISCOVER		  10
#define IP_PMTUDISC		  10
#define IP_RECVERR		  11
#define IP_RECVTTL		  12
#define IP_RECVTOS		  13
#define IP_MTU			  14
#define IP_FREEBIND		  15
#define IP_IPSEC_POLICY		  16
#define IP_XFRM_POLICY		  17
#define IP_PASSSEC		  18
#define IP_TRANSPARENT		  19
#define IP_MAX_MEMBERSHIPS	  20
#define IP_ORIGDSTADDR		  20
#define IP_RECVORIGDSTADDR	  20
#define IP_MINTTL		  21
#define IP_NODEFRAG		  22
#define IP_CHECKSUM		  23
#define IP_BIND_ADDRESS_NO_PORT	  24
#define IP_RECVFRAGSIZE		  25
#define IP_RECVERR_RFC4884	  26
#define IP_MULTICAST_IF		  32
#define IP_MULTICAST_TTL	  33
#define IP_MULTICAST_LOOP	  34
#define IP_ADD_MEMBERSHIP	  35
#define IP_DROP_MEMBERSHIP	  36
#define IP_UNBLOCK_SOURCE	  37
#define IP_BLOCK_SOURCE		  38
#define IP_ADD_SOURCE_MEMBERSHIP  39
#define IP_DROP_SOURCE_MEMBERSHIP 40
#define IP_MSFILTER		  41
#define IP_MULTICAST_ALL	  49
#define IP_UNICAST_IF		  50
#define IP_LOCAL_PORT_RANGE	  51
#define IP_PROTOCOL		  52
#define IPV6_PMTUDISC_DONT	  0
#define IPV6_RTHDR_LOOSE	  0
#define IPV6_RTHDR_TYPE_0	  0
#define IPV6_ADDRFORM		  1
#define IPV6_PMTUDISC_WANT	  1
#define IPV6_RTHDR_STRICT	  1
#define IPV6_2292PKTINFO	  2
#define IPV6_PMTUDISC_DO	  2
#define IPV6_2292HOPOPTS	  3
#define IPV6_PMTUDISC_PROBE	  3
#define IPV6_2292DSTOPTS	  4
#define IPV6_PMTUDISC_INTERFACE	  4
#define IPV6_2292RTHDR		  5
#define IPV6_PMTUDISC_OMIT	  5
#define IPV6_2292PKTOPTIONS	  6
#define IPV6_CHECKSUM		  7
#define IPV6_2292HOPLIMIT	  8
#define IPV6_NEXTHOP		  9
#define IPV6_AUTHHDR		  10
#define IPV6_FLOWINFO		  11
#define IPV6_UNICAST_HOPS	  16
#define IPV6_MULTICAST_IF	  17
#define IPV6_MULTICAST_HOPS	  18
#define IPV6_MULTICAST_LOOP	  19
#define IPV6_ADD_MEMBERSHIP	  20
#define IPV6_JOIN_GROUP		  20
#define IPV6_DROP_MEMBERSHIP	  21
#define IPV6_LEAVE_GROUP	  21
#define IPV6_ROUTER_ALERT	  22
#define IPV6_MTU_DISCOVER	  23
#define IPV6_MTU		  24
#define IPV6_RECVERR		  25
#define IPV6_V6ONLY		  26
#define IPV6_JOIN_ANYCAST	  27
#define IPV6_LEAVE_ANYCAST	  28
#define IPV6_MULTICAST_ALL	  29
#define IPV6_ROUTER_ALERT_ISOLATE 30
#define IPV6_RECVERR_RFC4884	  31
#define IPV6_FLOWLABEL_MGR	  32
#define IPV6_FLOWINFO_SEND	  33
#define IPV6_IPSEC_POLICY	  34
#define IPV6_XFRM_POLICY	  35
#define IPV6_HDRINCL		  36
#define IPV6_RECVPKTINFO	  49
#define IPV6_PKTINFO		  50
#define IPV6_RECVHOPLIMIT	  51
#define IPV6_HOPLIMIT		  52
#define IPV6_RECVHOPOPTS	  53
#define IPV6_HOPOPTS		  54
#define IPV6_RTHDRDSTOPTS	  55
#define IPV6_RECVRTHDR		  56
#define IPV6_RTHDR		  57
#define IPV6_RECVDSTOPTS	  58
#define IPV6_DSTOPTS		  59
#define IPV6_RECVPATHMTU	  60
#define IPV6_PATHMTU		  61
#define IPV6_DONTFRAG		  62
#define IPV6_RECVTCLASS		  66
#define IPV6_TCLASS		  67
#define IPV6_AUTOFLOWLABEL	  70
#define IPV6_ADDR_PREFERENCES	  72
#define IPV6_MINHOPCOUNT	  73
#define IPV6_ORIGDSTADDR	  74
#define IPV6_RECVORIGDSTADDR	  74
#define IPV6_TRANSPARENT	  75
#define IPV6_UNICAST_IF		  76
#define IPV6_RECVFRAGSIZE	  77
#define IPV6_FREEBIND		  78
#define MCAST_EXCLUDE		  0
#define MCAST_INCLUDE		  1
#define MCAST_JOIN_GROUP	  42
#define MCAST_BLOCK_SOURCE	  43
#define MCAST_UNBLOCK_SOURCE	  44
#define MCAST_LEAVE_GROUP	  45
#define MCAST_JOIN_SOURCE_GROUP	  46
#define MCAST_LEAVE_SOURCE_GROUP  47
#define MCAST_MSFILTER		  48

#define TCP_NODELAY		  1
#define TCP_MAXSEG		  2
#define TCP_CORK		  3
#define TCP_KEEPIDLE		  4
#define TCP_KEEPINTVL		  5
#define TCP_KEEPCNT		  6
#define TCP_SYNCNT		  7
#define TCP_LINGER2		  8
#define TCP_DEFER_ACCEPT	  9
#define TCP_WINDOW_CLAMP	  10
#define TCP_INFO		  11
#define TCP_QUICKACK		  12
#define TCP_CONGESTION		  13
#define TCP_MD5SIG		  14
#define TCP_THIN_LINEAR_TIMEOUTS  16
#define TCP_THIN_DUPACK		  17
#define TCP_USER_TIMEOUT	  18
#define TCP_REPAIR		  19
#define TCP_REPAIR_QUEUE	  20
#define TCP_QUEUE_SEQ		  21
#define TCP_REPAIR_OPTIONS	  22
#define TCP_FASTOPEN		  23
#define TCP_TIMESTAMP		  24
#define TCP_NOTSENT_LOWAT	  25
#define TCP_CC_INFO		  26
#define TCP_SAVE_SYN		  27
#define TCP_SAVED_SYN		  28
#define TCP_REPAIR_WINDOW	  29
#define TCP_FASTOPEN_CONNECT	  30
#define TCP_ULP			  31
#define TCP_MD5SIG_EXT		  32
#define TCP_FASTOPEN_KEY	  33
#define TCP_FASTOPEN_NO_COOKIE	  34
#define TCP_ZEROCOPY_RECEIVE	  35
#define TCP_CM_INQ		  36
#define TCP_INQ			  36
#define TCP_TX_DELAY		  37
#define TCP_IS_MPTCP		  43
#define TCP_RTO_MAX_MS		  44

#define UDP_CORK		  1
#define UDPLITE_SEND_CSCOV	  10
#define UDPLITE_RECV_CSCOV	  11
#define UDP_NO_CHECK6_TX	  101
#define UDP_NO_CHECK6_RX	  102
#define UDP_GRO			  104

#define TCP_MSS			  512
#define TCP_MAXWIN		  65535

#define INADDR_ANY		  0u
#define INADDR_LOOPBACK		  0x7f000001u
#define INADDR_BROADCAST	  0xffffffffu

/* struct tcp_info's tcpi_state, /proc/net/tcp */
enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
};

/* Addresses and ports are big-endian. */
struct in_addr {
	u32 s_addr;
};

struct sockaddr_in {
	u16 sin_family;
	u16 sin_port;
	struct in_addr sin_addr;
	u8 pad[8];
};

struct in6_addr {
	u8 s6_addr[16];
};

struct sockaddr_in6 {
	u16 sin6_family;
	u16 sin6_port;
	u32 sin6_flowinfo;
	struct in6_addr sin6_addr;
	u32 sin6_scope_id;
};

struct ip_mreq {
	struct in_addr imr_multiaddr;
	struct in_addr imr_interface;
};

struct ip_mreqn {
	struct in_addr imr_multiaddr;
	struct in_addr imr_address;
	s32 imr_ifindex;
};

struct ipv6_mreq {
	struct in6_addr ipv6mr_multiaddr;
	s32 ipv6mr_ifindex;
};

#endif
