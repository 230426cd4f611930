/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_INET and AF_INET6 inside the machine, following ip(7), ipv6(7), tcp(7),
 * udp(7). What its files share.
 *
 *	inet.c		sockets, names, ports, routes: bind and its rules
 *	inet_tcp.c	connections: connect, listen, accept, shutdown, close
 *	inet_stream.c	bytes of a connection: send, receive, poll
 *	inet_dgram.c	UDP
 *	inet_opt.c	options, by tables; ancillary data; TCP_INFO
 *	inet_proc.c	/proc/net
 *
 * There are no packets: loopback hands what is sent to the receiver's queue,
 * as AF_UNIX does. Routes are told by inet_route(): all of 127.0.0.0/8 and ::1
 * are this machine, nothing else can be reached.
 *
 * Addresses of both families are kept as IPv6 ones, IPv4 mapped into
 * ::ffff:0:0/96, so that a dual-stack socket needs no second path. Ports are
 * kept in host order.
 *
 * References: a socket holds its peer from the connection to its own close, so
 * `peer` is read without a lock once the state says there is one. (A socket
 * that disconnects and connects again keeps the old one on `stale`.)
 *
 * Locks: sk->lock (one bind, connect, listen at a time), sendlock (one sender
 * into the peer's queue), q.iolock (one reader); then inet_lock (spin: names,
 * ports, states, backlogs of all sockets) and q.lock (spin) inside it.
 */
#ifndef KERNEL_NET_INET_INTERNAL_H
#define KERNEL_NET_INET_INTERNAL_H

#include <abi/in.h>
#include "queue.h"

#define INET_NOPT	112u
#define INET_PORT_LOW	32768u /* net.ipv4.ip_local_port_range */
#define INET_PORT_HIGH	60999u
#define INET_PORT_PRIV	1024u
#define INET_LO_INDEX	1
#define INET_LO_MTU	65536

/* isock->bound: what the program asked for itself */
#define INET_BOUND_ADDR 1u
#define INET_BOUND_PORT 2u

/* Bytes of a stream. Senders add to the last one while it has room. */
struct tcp_piece {
	struct sock_piece p;
	u32 cap;
	bool oob; /* one byte sent with MSG_OOB: the mark */
	char data[];
};

/* A datagram. */
struct udp_msg {
	struct sock_piece p;
	struct in6_addr from, to;
	u16 from_port;
	u8 ttl, tos;
	s32 oif; /* the interface it came by */
	char data[];
};

/*
 * Streams: TCP_CLOSE, LISTEN, SYN_SENT (waits for room in a backlog),
 * ESTABLISHED, then by who has closed: FIN_WAIT2 (we), CLOSE_WAIT (the peer),
 * CLOSE (both, or reset). Datagrams: TCP_CLOSE, ESTABLISHED when connected.
 */
struct isock {
	struct sock sk;
	u32 uid; /* of who made it */

	/* under inet_lock for writing: */
	struct in6_addr laddr, raddr;
	u16 lport, rport;
	u8 bound;
	u8 state;     /* enum tcp_state; read at any time */
	bool fin_in;  /* the peer will send no more */
	bool fin_out; /* nor shall we */
	bool dead;    /* its file is closed; also under q.lock */
	bool hashed;
	struct list_head port_node; /* by lport */
	struct list_head all_node;
	struct isock *peer, *stale; /* references */
	struct list_head pending;   /* listening: by acc_node */
	struct list_head waiting;   /* SYN_SENT: found no room, by acc_node */
	u32 npending, backlog;
	struct list_head acc_node;

	bool connecting; /* connect has not told how it ended; under sk.lock */
	bool v6only;

	struct mutex sendlock;
	struct sock_queue q;
	u32 nospace;   /* somebody waits to write to us; see tcp_wake_room */
	bool oob_have; /* under q.lock: */
	char oob_byte;
	u64 rx_bytes, tx_bytes; /* for TCP_INFO */
	u32 drops;

	struct tcpcb *tcb; /* connections that leave the machine: tcp_wire.h */
	bool wired;	   /* this one does */
	u32 nsyn;	   /* listening: handshakes under way; atomic */
	u32 consumed;	   /* read, and the tcb not told; under q.iolock */
	u32 scope;	   /* interface of a link-local raddr */
	int mcast_oif;	   /* where multicasts go; 0 = as routes say */

	struct in6_addr group[8]; /* multicast, under inet_lock */
	u32 ngroups;
	u32 icmp_filter[8]; /* raw sockets: bits of types not wanted */
	s32 csum_at;	    /* raw IPv6: where the checksum goes; -1 */
	bool hdrincl;
	u32 cmsg; /* INET_CMSG_* the program wants */
	s32 opt[INET_NOPT];
	char congestion[16];
};

/* isock->cmsg */
#define INET_CMSG_PKTINFO      1u
#define INET_CMSG_TTL	       2u
#define INET_CMSG_TOS	       4u
#define INET_CMSG_DST	       8u
#define INET_CMSG_PKTINFO6     16u
#define INET_CMSG_HOPLIMIT     32u
#define INET_CMSG_TCLASS       64u
#define INET_CMSG_HOPLIMIT_OLD 128u
#define INET_CMSG_INQ	       256u

extern spinlock_t inet_lock;
extern struct list_head inet_all; /* under inet_lock */
extern const struct sock_ops inet_stream_ops, inet_dgram_ops;
extern const struct in6_addr in6_any, in6_loopback;

/* Whose ports are told apart. */
enum inet_kind { INET_UDP, INET_TCP, INET_UDPLITE, INET_KINDS };

static inline enum inet_kind inet_kind(const struct isock *is)
{
	return is->sk.type == SOCK_STREAM	    ? INET_TCP
	       : is->sk.protocol == IPPROTO_UDPLITE ? INET_UDPLITE
						    : INET_UDP;
}

static inline struct isock *isock_of(struct sock *sk)
{
	return container_of(sk, struct isock, sk);
}
static inline void isock_get(struct isock *is)
{
	ref_get(&is->sk.refs);
}
void isock_put(struct isock *is);
/* NULL: no memory */
struct isock *isock_alloc(int family, int type, int protocol);

/* An address and its port, as isock keeps them. */
struct inet_name {
	struct in6_addr addr;
	u16 port;
	u32 scope; /* interface of a link-local address; 0 = none */
};

/* --- addresses (inet.c) --- */
bool in6_equal(const struct in6_addr *a, const struct in6_addr *b);
bool in6_is_v4(const struct in6_addr *a);  /* mapped */
bool in6_is_any(const struct in6_addr *a); /* :: or ::ffff:0.0.0.0 */
bool in6_is_multicast(const struct in6_addr *a);
void in6_from_v4(struct in6_addr *a, u32 host_order);
u32 in6_v4(const struct in6_addr *a); /* host order */
/* => 0, -EINVAL, -EAFNOSUPPORT. v4_ok: a v6 socket takes AF_INET names */
int inet_name_in(const struct isock *is, const struct sockaddr_storage *a,
		 u32 len, bool v4_ok, struct inet_name *n);
int inet_name_out(const struct isock *is, const struct in6_addr *addr, u16 port,
		  struct sockaddr_storage *a);
/*
 * Where packets for *dst go: the unspecified address becomes loopback, path->src
 * is what a socket without an address of its own sends from.
 * => 0, -ENETUNREACH, …
 */
struct net_path;
int inet_route(const struct isock *is, struct in6_addr *dst, u32 scope,
	       struct net_path *path);
/* Does it stay in the machine? */
bool inet_path_is_local(const struct net_path *path);

/* --- ports (inet.c); callers hold inet_lock --- */
int inet_port_bind_locked(struct isock *is, u16 port);
int inet_port_pick_locked(struct isock *is);
void inet_port_join_locked(struct isock *is);
void inet_port_leave_locked(struct isock *is);
bool inet_port_conflict_locked(struct isock *is, u16 port, bool listening);
/* Who takes what comes to dst:dport from src:sport; no reference. */
struct isock *inet_lookup_locked(enum inet_kind kind,
				 const struct in6_addr *dst, u16 dport,
				 const struct in6_addr *src, u16 sport);
/* Call fn for each socket bound to the port. */
void inet_port_each_locked(enum inet_kind kind, u16 port,
			   void (*fn)(struct isock *is, void *arg), void *arg);
/* Forget names that were not asked for. */
void inet_unname_locked(struct isock *is);

int inet_bind(struct sock *sk, const struct sockaddr_storage *a, u32 len);
int inet_getname(struct sock *sk, struct sockaddr_storage *a,
		 enum sock_name which);

/* --- streams --- */
ssize_t tcp_send(struct sock *sk, struct sock_msg *m);
ssize_t tcp_recv(struct sock *sk, struct sock_msg *m);
u32 tcp_poll(struct sock *sk, struct file *f, struct poll_table *pt);
long tcp_ioctl(struct sock *sk, u32 cmd, u64 arg);
void tcp_queue_flush(struct isock *is);
/* The connection of is broke: reads and writes end with an error. */
void tcp_reset(struct isock *is);
void tcp_wake_room(struct isock *is);

struct tcp_piece *tcp_piece_alloc(u32 cap);
/* Into the last piece. => false: there is no room */
bool tcp_append(struct isock *is, const void *data, u32 n);
/* => 0, -EPIPE: nobody is there any more */
int tcp_queue(struct isock *is, struct tcp_piece *g);
void tcp_inherit_locked(struct isock *n, const struct isock *l);

/* --- streams with segments (tcp_conn.c) --- */
struct tcpcb;
struct tcpw_info {
	u8 state, ca_state, options, wscale, retransmits, probes;
	u32 rto, mss, rcv_mss, pmtu, rtt, rttvar, min_rtt, cwnd, ssthresh,
		unacked, retrans, segs_in, segs_out, ooo, snd_wnd, rcv_wnd,
		notsent, idle_ms;
};
void tcb_free(struct tcpcb *t);
int tcpw_connect(struct isock *is, const struct net_path *path);
ssize_t tcpw_send(struct isock *is, struct sock_msg *m, u64 deadline);
bool tcpw_writable(struct isock *is);
void tcpw_consumed(struct isock *is);
void tcpw_shutdown(struct isock *is);
void tcpw_close(struct isock *is, bool reset, bool gone);
bool tcpw_alive(struct isock *is);
u32 tcpw_outq(struct isock *is, bool unsent);
void tcpw_push(struct isock *is);
void tcpw_keepalive(struct isock *is);
void tcpw_info(struct isock *is, struct tcpw_info *i);
/* state, notsent and unacked (in bytes) alone, without a lock */
void tcpw_peek(struct isock *is, struct tcpw_info *i);

/* --- raw and ping sockets (raw.c) --- */
struct sock *raw_create(int family, int type, int protocol);
extern u32 ping_group_range[2];

/* --- datagrams with packets (udp_wire.c) --- */
int udpw_send(struct isock *is, struct sock_msg *m, const struct inet_name *to,
	      const struct net_path *path);
void udp_queue(struct isock *to, struct udp_msg *g);
struct udp_msg *udp_msg_alloc(u32 len);
void udp_deliver_copy(struct isock *is, void *arg);

/* --- options --- */
int inet_setsockopt(struct sock *sk, int level, int name, uaddr val, u32 len);
int inet_getsockopt(struct sock *sk, int level, int name, void *buf, u32 *len);
void inet_opt_init(struct isock *is);
s32 inet_opt(const struct isock *is, int level, int name);
void inet_cmsg(struct sock *sk, struct sock_msg *m, struct scm_out *o);

/* --- the rest --- */
void inet_proc_init(void);
void udp_queue_flush(struct isock *is);

#endif
