/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets: from sockets down to network devices and back.
 *
 *	pkt.c		packet buffers, checksums
 *	dev.c		devices: registering, sending, receiving, lo
 *	route.c		addresses and routes of both families: net_route()
 *	neigh.c		who has which Ethernet address: ARP, and ND's table
 *	ip4.c		IPv4: input, output, fragments
 *	icmp4.c		echo, errors
 *	ip6.c, icmp6.c	the same for IPv6, with neighbour discovery and SLAAC
 *	udp_wire.c	UDP between sockets and packets
 *	tcp_*.c		TCP with segments (tcp_wire.h)
 *	packet.c, raw.c	AF_PACKET; raw and ping sockets
 *
 * Loopback does not come here for TCP and UDP: those hand bytes from socket to
 * socket (inet_internal.h). Everything else that goes to this machine itself,
 * echo requests for instance, passes through lo as packets.
 *
 * A packet is one linear buffer with room for headers in front. It belongs to
 * whom it was given to; netdev ops copy and do not keep it.
 *
 * All state is in one struct net, so that there could be several.
 *
 * Locks: net->lock (spin) guards devices' addresses and flags, routes,
 * neighbours and fragments; it is taken inside inet_lock and nothing but
 * memory and timers is taken inside it.
 */
#ifndef KERNEL_NET_WIRE_H
#define KERNEL_NET_WIRE_H

#include <abi/if.h>
#include <abi/in.h>
#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/net.h>
#include <kernel/time.h>

#define PKT_HEAD   96u /* room for headers: Ethernet, IPv6, fragment */
#define PKT_MAX	   65535u
#define NET_DEVS   16
#define NET_ADDRS  16
#define NET_LO	   1 /* index of lo */
#define NET_LO_MTU 65536u

enum pkt_type {
	PKT_HOST,
	PKT_BROADCAST,
	PKT_MULTICAST,
	PKT_OTHERHOST,
	PKT_OUTGOING
};

struct pkt {
	struct list_head node; /* of whom has it */
	struct netdev *dev;    /* where it came from or goes to */
	u8 *data;	       /* the layer in work */
	u32 len;	       /* bytes from data on */
	u8 *mac, *net;	       /* headers, once known; NULL = none */
	u16 proto;	       /* ETH_P_* */
	u8 type;	       /* enum pkt_type */
	u8 l4;		       /* IPPROTO_* of what is in data */
	u8 ttl, tos;
	bool csum_ok; /* need not be checked */
	bool partial; /* TCP's checksum is only begun */
	u16 gso;      /* to be cut into segments of so many bytes */
	bool df;      /* may not be fragmented */
	struct in6_addr src, dst;
	u64 stamp; /* real time when it came */
	u32 cap;   /* bytes at buf */
	u8 buf[];
};

struct net_addr {
	struct in6_addr addr, peer, bcast;
	u8 plen; /* as an IPv6 prefix: IPv4 ones + 96 */
	u8 scope, flags;
	u64 valid, preferred; /* monotonic ns when that ends, TIME_NEVER */
	u64 made;
	char label[IFNAMSIZ];
};

struct net_stats {
	u64 rx_packets, rx_bytes, rx_errors, rx_dropped, multicast;
	u64 tx_packets, tx_bytes, tx_errors, tx_dropped;
};

struct netdev_ops {
	/* One frame; copied. => 0, -ENOBUFS. Never sleeps for long. */
	int (*xmit)(struct netdev *d, const struct pkt *p);
};

struct netdev {
	/* fixed after registration */
	int index;
	char name[IFNAMSIZ];
	u16 type; /* ARPHRD_* */
	const struct netdev_ops *ops;
	void *priv;
	u32 mtu_max;
	bool offload; /* takes p->partial and p->gso */
	/* under net->lock for writing: */
	u32 flags; /* IFF_* */
	u32 mtu, txqlen;
	bool carrier;
	u8 mac[ETH_ALEN];
	struct net_addr addr[NET_ADDRS];
	u32 naddr;
	bool ra_done;
	u8 rs_left; /* questions for routers still to be asked */
	struct net_stats stats;
};

struct net_route {
	struct list_head node; /* under net->lock: */
	struct in6_addr dst, via, src;
	u8 plen; /* as an IPv6 prefix */
	bool has_via, has_src;
	u8 proto, scope, type, tos;
	u32 table, metric, mtu;
	int oif;
	u64 expires;
};

struct net {
	spinlock_t lock;
	struct netdev *dev[NET_DEVS]; /* by index - 1; only grows */
	struct list_head routes;      /* longest prefix first */
	struct list_head neighs;
	u32 nneighs;
	struct list_head frags;
	u32 frag_bytes;
	bool ticking;
	struct timer tick;
	bool forward6;
	u32 ip_id;
	/* of /proc/net/snmp */
	u64 ip_in, ip_out, icmp_in, icmp_out, tcp_retrans, tcp_in, tcp_out,
		tcp_rst, udp_in, udp_out, udp_noport;
};
extern struct net net0;

/* --- buffers (pkt.c) --- */

/* Room for n bytes behind PKT_HEAD; data points there, len is n. NULL */
struct pkt *pkt_alloc(u32 n);
void pkt_free(struct pkt *p);
struct pkt *pkt_copy(const struct pkt *p);
/* A header in front, or one taken off. */
static inline void *pkt_push(struct pkt *p, u32 n)
{
	p->data -= n;
	p->len += n;
	return p->data;
}
static inline void pkt_pull(struct pkt *p, u32 n)
{
	p->data += n;
	p->len -= n;
}
/* The Internet checksum: add up, then fold and invert. */
u64 csum_add(u64 sum, const void *data, u32 n);
static inline u64 csum_add16(u64 sum, u16 v)
{
	return sum + v;
}
static inline u16 csum_fold(u64 sum)
{
	sum = (sum & 0xffffffffu) + (sum >> 32);
	sum = (sum & 0xffffffffu) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}
/* Complete the checksum of p, data at its network header of hlen bytes. */
void pkt_finish_csum(struct pkt *p, u32 hlen);
/* With the pseudo header of either family; addresses as IPv6 ones. */
u16 csum_l4(const struct in6_addr *src, const struct in6_addr *dst, u8 proto,
	    const void *data, u32 n);
/* Of the pseudo header alone, not inverted: as devices want it. */
u16 csum_pseudo(const struct in6_addr *src, const struct in6_addr *dst,
		u8 proto, u32 n);

static inline u16 get16(const void *p)
{
	u16 v;

	__builtin_memcpy(&v, p, 2);
	return __builtin_bswap16(v);
}
static inline u32 get32(const void *p)
{
	u32 v;

	__builtin_memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}
static inline void put16(void *p, u16 v)
{
	v = __builtin_bswap16(v);
	__builtin_memcpy(p, &v, 2);
}
static inline void put32(void *p, u32 v)
{
	v = __builtin_bswap32(v);
	__builtin_memcpy(p, &v, 4);
}

/* --- devices (dev.c) --- */

/* d is kept; index 0: the next free. => 0, -ENFILE */
int netdev_register(struct net *net, struct netdev *d);
struct netdev *netdev_get(struct net *net, int index);
struct netdev *netdev_by_name(struct net *net, const char *name);
/* A frame that came in, from the Ethernet header on; p is taken over. */
void netdev_receive(struct netdev *d, struct pkt *p);
/* Send p, data at the Ethernet header (lo: at the network header). Freed. */
int netdev_send(struct netdev *d, struct pkt *p);
/* Put an Ethernet header in front and send. */
int netdev_send_to(struct netdev *d, struct pkt *p, const u8 *mac);
int netdev_set_flags(struct net *net, struct netdev *d, u32 flags);
int netdev_set_mtu(struct net *net, struct netdev *d, u32 mtu);
void netdev_default_init(struct netdev *d, const char *name, u16 type);
/* Something about it changed: told to rtnetlink listeners. */
void rtnl_notify_link(struct netdev *d);
void rtnl_notify_addr(struct netdev *d, const struct net_addr *a, bool gone);
void rtnl_notify_route(const struct net_route *r, bool gone);

/* --- addresses and routes (route.c) --- */

/* Where a packet goes. dev is lo for what stays here. */
struct net_path {
	struct netdev *dev;
	struct in6_addr next; /* whom on that link to give it to */
	struct in6_addr src;  /* an address of ours for it */
	u32 mtu;
	u8 type; /* RTN_* */
};

/* oif 0: any. => 0, -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL */
int net_route(struct net *net, const struct in6_addr *dst, int oif,
	      struct net_path *out);
/* Is it an address of this machine? dev NULL: of any interface */
bool net_is_local(struct net *net, const struct in6_addr *a);
/* A broadcast address of d (NULL: of any)? */
bool net_is_broadcast(struct net *net, struct netdev *d,
		      const struct in6_addr *a);
/* => whose it is, or NULL */
struct netdev *net_dev_of(struct net *net, const struct in6_addr *a);
int net_addr_add(struct net *net, struct netdev *d, const struct net_addr *a,
		 bool replace, bool noprefix);
int net_addr_del(struct net *net, struct netdev *d, const struct in6_addr *a,
		 u8 plen);
/* The first address of a family with at least this scope; false: none */
bool net_addr_first(struct net *net, struct netdev *d, bool v4,
		    struct net_addr *out);
/* flags: NLM_F_* of rtnetlink. => 0, -EEXIST, -ENOENT, -ENETUNREACH … */
int net_route_add(struct net *net, const struct net_route *r, u32 nlflags);
int net_route_del(struct net *net, const struct net_route *r);
/* d went down: its routes go; it came up: its networks are there again. */
void net_dev_routes(struct net *net, struct netdev *d, bool up);
bool in6_prefix_equal(const struct in6_addr *a, const struct in6_addr *b,
		      u32 bits);
void in6_mask(struct in6_addr *a, u32 bits);
u32 in6_hash(const struct in6_addr *a);

/* --- neighbours (neigh.c) --- */

#define NUD_INCOMPLETE 0x01
#define NUD_REACHABLE  0x02
#define NUD_STALE      0x04
#define NUD_DELAY      0x08
#define NUD_PROBE      0x10
#define NUD_FAILED     0x20
#define NUD_NOARP      0x40
#define NUD_PERMANENT  0x80

struct neigh {
	struct list_head node; /* under net->lock: */
	struct in6_addr addr;
	struct netdev *dev;
	u8 mac[ETH_ALEN];
	u8 state; /* NUD_* */
	u8 probes, nqueued;
	bool router;
	u64 when;		/* of its last change of state */
	struct list_head queue; /* packets that wait for it */
};

/* Give p, at its network header, to `next` on d. p is taken over. */
int neigh_output(struct net *net, struct netdev *d, const struct in6_addr *next,
		 struct pkt *p);
/* Somebody told us: an answer (solicited), or in passing. */
void neigh_learn(struct net *net, struct netdev *d, const struct in6_addr *addr,
		 const u8 *mac, bool create, bool solicited);
/* As rtnetlink says. => 0, -ENOMEM, -ENOENT */
int neigh_set(struct net *net, struct netdev *d, const struct in6_addr *addr,
	      const u8 *mac, u8 state);
int neigh_del(struct net *net, struct netdev *d, const struct in6_addr *addr);
void neigh_flush(struct net *net, struct netdev *d);
void arp_input(struct net *net, struct pkt *p);
void arp_announce(struct net *net, struct netdev *d, const struct in6_addr *a);

/* Things that happen once a second while something wants it. */
void net_tick_start(struct net *net);
bool neigh_tick(struct net *net);
bool frag_tick(struct net *net);
bool icmp6_tick(struct net *net);

/* --- IP --- */

void ip4_input(struct net *net, struct pkt *p);
void ip6_input(struct net *net, struct pkt *p);
/*
 * Send what is in p (a transport header and its data) from p->src to p->dst
 * with p->l4, ttl, tos, along `path`. p is taken over.
 * => 0, -EMSGSIZE, -ENOBUFS, …
 */
int ip_output(struct net *net, struct pkt *p, const struct net_path *path);
int ip4_output(struct net *net, struct pkt *p, const struct net_path *path);
int ip6_output(struct net *net, struct pkt *p, const struct net_path *path);
/* A whole IP packet, its header made by the sender. */
int ip_output_raw(struct net *net, struct pkt *p, const struct net_path *path);
/* Up to the transport protocols; p is taken over. */
void ip_deliver(struct net *net, struct pkt *p);

void icmp4_input(struct net *net, struct pkt *p);
void icmp6_input(struct net *net, struct pkt *p);
/* p could not be delivered; p stays the caller's. code: of RFC 792, 4443 */
void icmp4_error(struct net *net, struct pkt *p, u8 type, u8 code, u32 info);
void icmp6_error(struct net *net, struct pkt *p, u8 type, u8 code, u32 info);
/* The same to our own sockets: what waited in p is lost for this reason. */
void net_unreachable(struct net *net, struct pkt *p, int err);
/* Bring an error home that came by ICMP; data is the start of our packet. */
void ip4_sock_error(struct net *net, const u8 *data, u32 len, int err,
		    bool hard, u32 mtu, u8 type, u8 code,
		    const struct in6_addr *from);
void ip6_sock_error(struct net *net, const u8 *data, u32 len, int err,
		    bool hard, u32 mtu, u8 type, u8 code,
		    const struct in6_addr *from);
void nd_solicit(struct net *net, struct netdev *d, const struct in6_addr *addr,
		const u8 *mac, const struct in6_addr *src);
void icmp6_up(struct net *net, struct netdev *d);

/* --- transport --- */

void udp_input(struct net *net, struct pkt *p);
void udp_sock_error(struct net *net, const struct in6_addr *src, u16 sport,
		    const struct in6_addr *dst, u16 dport, int err, bool hard);
void tcp_input(struct net *net, struct pkt *p);
void tcp_sock_error(struct net *net, const struct in6_addr *src, u16 sport,
		    const struct in6_addr *dst, u16 dport, u32 seq, int err,
		    bool hard, u32 mtu);
/* Copies for raw and ping sockets. => true when somebody took one */
bool raw_input(struct net *net, struct pkt *p);
bool ping_input(struct net *net, struct pkt *p);
/* Copies for AF_PACKET; p stays the caller's, data anywhere behind mac */
void packet_tap(struct netdev *d, struct pkt *p, bool outgoing);
extern u32 packet_taps; /* how many listen: read at any time */

void raw_init(void);
void packet_init(void);
void net_proc_init(void);
void rtnl_init(void);
void wire_init(void);

#endif
