/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network device between kernel and monitor: two rings of frames in the
 * arena, one for each direction, which the kernel makes and tells the monitor
 * of (RING_DEV_NET, NET_ATTACH). Requests of the ordinary ring are for setting
 * up; frames pass here, without an answer each.
 *
 * A ring is bytes. The producer writes records, a header and a frame, each
 * beginning at a multiple of NETRING_ALIGN and never across the end: where one
 * does not fit, a header of length NETRING_SKIP sends the consumer to the
 * start. head and tail count bytes and wrap at 2^32; head belongs to the
 * producer, tail to the consumer, and both may be anything when the other side
 * is hostile: each keeps its own in private and checks what it reads.
 *
 * Sleeping: the consumer sets `sleeping`, looks again, and waits while `seq`
 * stays what it was; the producer increments seq and wakes when it finds
 * `sleeping` set. A producer without room sets `full` and waits on tail_seq.
 */
#ifndef HOSTAPI_NETRING_H
#define HOSTAPI_NETRING_H

#include <stdint.h>

#define NETRING_SIZE  (1u << 20) /* a power of two */
#define NETRING_ALIGN 64u
#define NETRING_SKIP  0xffffffffu
#define NETRING_FRAME 65600u /* the longest frame */
#define NET_UNITS     4u

/* Operations of RING_DEV_NET */
enum {
	/* arg0 unit, arg1 arena offset of struct net_area => 0, -ENODEV;
	   ret0: MAC address in its low 48 bits, least byte first; ret1: MTU;
	   ret2: enum net_kind; ret3: NET_OFFLOAD or 0 */
	NET_ATTACH = 1,
};

/*
 * The back end takes TCP segments of up to 64 KiB and checksums that are only
 * begun (of the pseudo header), and gives such: see struct netring_rec.
 */
#define NET_OFFLOAD 1u
#define NETREC_PARTIAL \
	0x10000u /* the checksum is not complete, or known good */
#define NETREC_GSO_MASK \
	0xffffu /* bytes of data for each real segment; 0 = one */

enum net_kind { NET_PLAIN, NET_USER };

struct netring_rec {
	uint32_t len;	  /* of the frame, or NETRING_SKIP */
	uint32_t offload; /* NETREC_* */
	uint8_t data[];
};

struct netring {
	uint32_t head;
	uint32_t seq; /* futex of the consumer */
	uint32_t full;
	uint32_t pad1[13];
	uint32_t tail;
	uint32_t tail_seq; /* futex of the producer */
	uint32_t sleeping;
	uint32_t pad2[13];
	uint8_t data[NETRING_SIZE];
};

struct net_area {
	struct netring tx, rx; /* as the guest sees it */
};

#endif
