/* SPDX-License-Identifier: GPL-2.0 */
/* Network interfaces: struct ifreq of the SIOC* requests. */
#ifndef ABI_IF_H
#define ABI_IF_H

#include <kernel/types.h>

#define IFNAMSIZ	16

#define IFF_UP		1
#define IFF_BROADCAST	2
#define IFF_DEBUG	4
#define IFF_LOOPBACK	8
#define IFF_POINTOPOINT 16
#define IFF_NOTRAILERS	32
#define IFF_RUNNING	64
#define IFF_NOARP	128
#define IFF_PROMISC	0x100
#define IFF_ALLMULTI	0x200
#define IFF_MASTER	0x400
#define IFF_SLAVE	0x800
#define IFF_MULTICAST	0x1000
#define IFF_PORTSEL	0x2000
#define IFF_AUTOMEDIA	0x4000
#define IFF_DYNAMIC	0x8000

#define ARPHRD_ETHER	1
#define ARPHRD_TUNNEL	768
#define ARPHRD_LOOPBACK 772
#define ARPHRD_SIT	776
#define ARPHRD_NONE	0xFFFE
#define ARPHRD_VOID	0xFFFF

#define ETH_P_ALL	0x0003
#define ETH_ALEN	6
#define ETH_HLEN	14
#define ETH_ZLEN	60
#define ETH_P_LOOP	0x0060
#define ETH_DATA_LEN	1500
#define ETH_FRAME_LEN	1514
#define ETH_P_IP	0x0800
#define ETH_P_ARP	0x0806
#define ETH_P_8021Q	0x8100
#define ETH_P_IPV6	0x86DD

struct ifmap {
	u64 mem_start;
	u64 mem_end;
	u16 base_addr;
	u8 irq;
	u8 dma;
	u8 port;
};

struct ifreq {
	char ifr_name[IFNAMSIZ];
	union {
		u8 addr[16]; /* a struct sockaddr */
		s16 flags;
		s32 ivalue;
		struct ifmap map;
		char name[IFNAMSIZ];
		u64 data;
	} ifr;
};

struct ifconf {
	s32 ifc_len;
	u32 pad;
	u64 ifc_buf;
};

#endif
