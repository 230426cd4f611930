/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP with segments, for connections that leave the machine: RFC 9293, 7323
 * (window scaling, timestamps), 2018 and 6675 (SACK), 6298 (timeouts), 5681,
 * 6582 and 9438 (congestion).
 *
 *	tcp_conn.c	the sockets' side: connect, send, close
 *	tcp_in.c	segments that come in, state by state
 *	tcp_out.c	what may be sent, segments built and sent
 *	tcp_loss.c	what is acknowledged, what is lost, how fast to go
 *	tcp_timer.c	retransmission, delayed ACKs, probes, waiting at the end
 *
 * struct tcpcb is the part of an isock that only such connections have. The
 * bytes received hang on is->q as those of a loopback connection do, so that
 * reading is the same code (inet_stream.c). Bytes to be sent stay in chunks
 * until they are acknowledged; segments are cut out of them by number.
 *
 * `state` is the connection's; is->state is what programs see of it, which is
 * TCP_CLOSE already in TIME_WAIT. A closed socket's connection lives on: while
 * the state is not CLOSE the tcpcb holds a reference on its isock.
 *
 * Locks: lock (mutex) guards all of it. Order: sk->lock, tcb->lock, inet_lock,
 * q.lock. tcb_unlock() wakes and drops what was decided under the lock.
 */
#ifndef KERNEL_NET_TCP_WIRE_H
#define KERNEL_NET_TCP_WIRE_H

#include "inet_internal.h"
#include "wire.h"

#define TCP_HLEN	   20u
#define TCP_FIN		   0x01
#define TCP_SYN		   0x02
#define TCP_RST		   0x04
#define TCP_PSH		   0x08
#define TCP_ACK		   0x10
#define TCP_URG		   0x20

#define TCP_MSS_LEAST	   536u
#define TCP_RANGES	   32u /* SACKed ranges remembered */
#define TCP_OOO_MAX	   512u
#define TCP_WSCALE	   10	      /* what we offer: windows up to 64 MiB */
#define TCP_RCV_WIRE	   (6u << 20) /* buffers when the program set none */
#define TCP_SND_WIRE	   (4u << 20)

#define TCP_RTO_MIN	   (200 * NSEC_PER_MSEC)
#define TCP_RTO_MAX	   (120 * NSEC_PER_SEC)
#define TCP_RTO_FIRST	   NSEC_PER_SEC
#define TCP_DELACK	   (40 * NSEC_PER_MSEC)
#define TCP_TIMEWAIT	   (60 * NSEC_PER_SEC)
#define TCP_RETRIES	   15
#define TCP_SYN_RETRIES	   6
#define TCP_ORPHAN_RETRIES 8

struct tcp_range {
	u32 start, end;
};

/* Bytes to be sent, or sent and not acknowledged. */
struct tcp_chunk {
	struct list_head node;
	u32 seq, len, cap;
	char data[];
};

/* Bytes that came before their turn. */
struct tcp_ooo {
	struct list_head node;
	u32 seq, len;
	bool fin;
	char data[];
};

enum tcp_recovery { TCP_OPEN, TCP_FAST, TCP_LOSS };

struct tcpcb {
	struct mutex lock;
	struct isock *is;
	struct list_head hash_node; /* under inet_lock */
	bool hashed;		    /* the same */
	/* under lock: */
	u8 state;		/* enum tcp_state */
	bool ref;		/* holds a reference on `is` */
	struct isock *listener; /* SYN_RECV: reference */
	struct net_path path;
	struct in6_addr laddr, raddr;
	u16 lport, rport;

	/* sending; sequence numbers */
	u32 iss, snd_una, snd_nxt, snd_end; /* snd_end: behind what is queued */
	u32 snd_wnd, snd_wl1, snd_wl2, max_wnd, snd_up;
	u8 snd_wscale, rcv_wscale;
	bool ws_ok, ts_ok, sack_ok;
	bool urgent;	 /* snd_up counts */
	bool fin_queued; /* FIN is snd_end */
	bool fin_sent;
	bool cork; /* hold back what is no full segment */
	struct list_head chunks;
	u32 mss; /* of data in a segment, options deducted */
	u32 peer_mss;

	/* receiving */
	u32 irs, rcv_nxt, rcv_adv, copied;
	u32 rcv_mss; /* as it looks */
	u32 unacked; /* bytes since our last ACK */
	u8 quick;    /* ACKs not to be delayed */
	bool ack_now;
	bool fin_rcvd;
	struct list_head ooo;
	u32 ooo_n;
	u32 ooo_last; /* start of what came last: first SACK block */
	u32 ts_recent;
	u64 ts_recent_at;
	u32 last_ack_sent;
	u32 ack_limit; /* challenge ACKs in this second */
	u64 ack_limit_at;

	/* loss and congestion */
	u8 recovery; /* enum tcp_recovery */
	u32 dupacks, recover, rtx_next;
	struct tcp_range sacked[TCP_RANGES]; /* ascending, apart */
	u32 nsacked;
	u32 cwnd, ssthresh;			  /* bytes */
	u32 prior_cwnd, prior_ssthresh, undo_una; /* RTO: to be undone */
	bool undo;
	u64 undo_stamp;
	u64 srtt, rttvar, rto, min_rtt; /* ns; srtt 0: none yet */
	u32 rtt_seq;
	u64 rtt_at; /* a segment is being timed since; 0: none */
	u32 backoff, probes;
	/* CUBIC, in segments of mss */
	u32 w_max;
	u64 epoch;
	u32 epoch_cwnd;
	u64 cubic_k; /* ms */

	/* deadlines, TIME_NEVER = none */
	u64 rtx_at, delack_at, keep_at, wait_at;
	u32 keep_probes;
	u64 heard_at, sent_at; /* monotonic ns */
	u64 stalled_at;	       /* since when nothing is acknowledged; 0 */
	struct timer timer;

	/* decided under lock, done by tcb_unlock() */
	bool drop, wake_r, wake_w, wake_pri;
	struct isock *wake_listener; /* reference */

	bool nospace; /* a writer found no room */
	s32 soft_err;
	u32 retrans, segs_in, segs_out, ooo_seen;
};

static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}
static inline bool seq_le(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}
static inline u32 seq_max(u32 a, u32 b)
{
	return seq_lt(a, b) ? b : a;
}
static inline u32 seq_min(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

/* A segment, taken apart. */
struct tcp_seg {
	struct pkt *p;
	const u8 *data;
	u32 seq, ack, len, wnd;
	u16 urg;
	u8 flags;
	/* options */
	bool has_ts, has_mss, has_ws, sack_ok;
	u32 tsval, tsecr, mss;
	u8 ws;
	struct tcp_range sack[4];
	u32 nsack;
};

static inline struct tcpcb *tcb_of(struct isock *is)
{
	return READ_ONCE(is->tcb);
}
static inline void tcb_lock(struct tcpcb *t)
{
	mutex_lock(&t->lock);
}
void tcb_unlock(struct tcpcb *t);

/* --- tcp_conn.c --- */
struct tcpcb *tcb_make(struct isock *is);
/* A state that programs may see, and what comes with it. */
void tcb_set_state(struct tcpcb *t, u8 state);
/* It is over: error for who reads and writes, or 0. Timers and queues go. */
void tcb_close(struct tcpcb *t, int err);
/* Bytes in order, for the program. */
int tcb_deliver(struct tcpcb *t, const void *data, u32 n, bool oob);
void tcb_got_fin(struct tcpcb *t);
u32 tcb_sndbuf(const struct tcpcb *t);
u32 tcb_rcvbuf(const struct tcpcb *t);
/* By names; with a reference. */
struct isock *tcp_conn_find(const struct in6_addr *laddr, u16 lport,
			    const struct in6_addr *raddr, u16 rport);
/* t's names are known. => 0, -EADDRNOTAVAIL: there is one already */
int tcb_hash(struct tcpcb *t);
void tcb_begin(
	struct tcpcb *t); /* options of this side's socket, first numbers */
u32 tcp_first_seq(const struct tcpcb *t);

/* --- tcp_out.c --- */
/* Send what may be sent. => something was sent */
bool tcp_output(struct tcpcb *t);
void tcp_send_ack(struct tcpcb *t);
void tcp_send_rst(struct tcpcb *t);
void tcp_send_syn(struct tcpcb *t);
/* One byte that the window may not want, so that the peer answers. */
void tcp_send_probe(struct tcpcb *t);
/* A RST to somebody we do not know. */
void tcp_reject(struct net *net, const struct tcp_seg *s);
/* What may be announced now. */
u32 tcp_rcv_window(struct tcpcb *t);
void tcp_set_mss(struct tcpcb *t, u32 mtu);
u32 tcp_now_ms(void);

/* --- tcp_loss.c --- */
void tcp_loss_init(struct tcpcb *t);
/* s acknowledges; `acked` bytes are new. */
void tcp_acked(struct tcpcb *t, const struct tcp_seg *s, u32 acked, bool dup);
void tcp_rtt_sample(struct tcpcb *t, u64 ns);
void tcp_rto_loss(struct tcpcb *t);
/* Bytes that are under way, as far as we know. */
u32 tcp_pipe(const struct tcpcb *t);
/* The next bytes to be sent again. => false: none */
bool tcp_next_hole(const struct tcpcb *t, u32 *seq, u32 *len);
u32 tcp_lost_end(const struct tcpcb *t);

/* --- tcp_timer.c --- */
void tcp_timer_fn(struct timer *timer);
/* Arm the one timer for the nearest deadline. */
void tcp_rearm(struct tcpcb *t);
void tcp_rtx_start(struct tcpcb *t);
void tcp_keep_start(struct tcpcb *t);

#endif
