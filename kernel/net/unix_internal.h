/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_UNIX, following unix(7). What its files share.
 *
 *	unix.c		life, connections: bind, connect, listen, accept, close
 *	unix_name.c	names: paths, abstract names, autobind
 *	unix_msg.c	queues: send, receive, poll
 *	unix_gc.c	sockets in flight that nobody can reach any more
 *	unix_proc.c	/proc/net/unix
 *
 * A message is queued at the receiver. A stream is a queue of pieces that a
 * reader takes across boundaries; datagrams and seqpackets are taken whole.
 *
 * References: a connected socket holds its peer, each end dropping the other
 * when its own file is closed; so `peer` of a stream never changes between
 * connect and close and is read without a lock. A datagram socket's peer may
 * change: unix_peer_get().
 *
 * Locks, outermost first: sk->lock (bind, connect, listen of one socket; never
 * two at once, the peer of a connect is not locked), q.iolock (one reader at a
 * time), q.lock (queue and state that the other side looks at; spin). Names are
 * under unix_name_lock (spin), which nests inside sk->lock.
 */
#ifndef KERNEL_NET_UNIX_INTERNAL_H
#define KERNEL_NET_UNIX_INTERNAL_H

#include <abi/un.h>
#include "queue.h"

#define UNIX_DGRAM_QLEN 10u /* net.unix.max_dgram_qlen */

/* A name; shared by the sockets that carry it and messages sent from it. */
struct unix_addr {
	struct ref refs;
	u32 len; /* of the whole address; > 2 */
	u32 hash;
	struct sockaddr_un un;
	char nul; /* a path may fill sun_path */
};

struct unix_msg {
	struct sock_piece p;
	struct scm *scm;
	struct ucred cred;
	struct unix_addr *from; /* reference, or NULL */
	bool oob;		/* one byte sent with MSG_OOB */
	char data[];
};

enum unix_state {
	UNIX_NEW, /* fresh, or a datagram socket */
	UNIX_LISTENING,
	UNIX_CONNECTED, /* has a peer (which may be dead) */
	UNIX_DEAD,	/* its file is closed */
};

struct usock {
	struct sock sk;

	/* under sk.lock for writing; state and peer also under q.lock */
	struct unix_addr *addr;
	struct usock *peer; /* reference */
	struct inode *ino;  /* bound to a path: its inode, under name lock */
	struct path path;   /* references */
	struct usock *hash_next; /* abstract names, under name lock */

	struct sock_queue q;
	struct unix_msg *oob; /* the urgent byte not yet taken; under q.lock */
	/* under q.lock: */
	u32 state; /* enum unix_state, read at any time */
	/* listening: connections not yet accepted, by acc_node */
	struct list_head pending;
	u32 npending, backlog;
	/* datagram senders who poll for room here, by room_node */
	struct list_head room_waiters;

	struct list_head acc_node; /* under the listener's q.lock */
	/* on peer->room_waiters, under the q.lock of room_at */
	struct list_head room_node;
	struct usock *room_at;

	/* who waits for room in the queue or in the backlog */
	struct waitqueue room_wait;

	/* for the collector, under unix_gc_lock */
	struct list_head all_node;
	u32 gc_refs; /* how often its file is in flight */
	bool gc_seen;
	struct list_head gc_node;
};

static inline struct usock *usock_of(struct sock *sk)
{
	return container_of(sk, struct usock, sk);
}
static inline void usock_get(struct usock *u)
{
	ref_get(&u->sk.refs);
}
void usock_put(struct usock *u);

static inline bool unix_is_stream(const struct usock *u)
{
	return u->sk.type == SOCK_STREAM;
}
static inline bool unix_is_dgram(const struct usock *u)
{
	return u->sk.type == SOCK_DGRAM;
}

/* unix_name.c */
/* => 0, -EINVAL; a path is terminated, *len is that of the whole address */
int unix_addr_check(const struct sockaddr_storage *a, u32 *len);
/* The socket bound there, with a reference, or ERR_PTR(-ECONNREFUSED, …) */
struct usock *unix_find(const struct sockaddr_storage *a, u32 len, int type);
int unix_bind(struct sock *sk, const struct sockaddr_storage *a, u32 len);
int unix_autobind(struct usock *u);
void unix_unbind(struct usock *u);
static inline void unix_addr_get(struct unix_addr *a)
{
	ref_get(&a->refs);
}
void unix_addr_put(struct unix_addr *a);

/* unix.c */
extern const struct sock_ops unix_stream_ops, unix_dgram_ops,
	unix_seqpacket_ops;
/* The peer, with a reference, or NULL. */
struct usock *unix_peer_get(struct usock *u);
/* A datagram socket forgets its peer, if it is still `peer`. */
void unix_disconnect(struct usock *u, struct usock *peer);

/* unix_msg.c */
ssize_t unix_stream_send(struct sock *sk, struct sock_msg *m);
ssize_t unix_stream_recv(struct sock *sk, struct sock_msg *m);
ssize_t unix_dgram_send(struct sock *sk, struct sock_msg *m);
ssize_t unix_dgram_recv(struct sock *sk, struct sock_msg *m);
ssize_t unix_seqpacket_send(struct sock *sk, struct sock_msg *m);
ssize_t unix_seqpacket_recv(struct sock *sk, struct sock_msg *m);
u32 unix_poll(struct sock *sk, struct file *f, struct poll_table *pt);
long unix_ioctl(struct sock *sk, u32 cmd, u64 arg);
void unix_msg_free(struct unix_msg *m);
void unix_queue_flush(struct usock *u);
/* Room was made: tell writers, senders and pollers. */
void unix_wake_room(struct usock *u);
void unix_room_leave(struct usock *u);

/* unix_gc.c */
extern spinlock_t unix_all_lock;
extern struct list_head unix_all; /* by all_node, under unix_all_lock */
void unix_gc_add(struct usock *u);
void unix_gc_del(struct usock *u);
void unix_gc(void);
/* Around attaching and taking descriptors; _count: they start or stop flying */
void unix_gc_lock(void);
void unix_gc_unlock(void);
void unix_gc_count(const struct scm *s, int by);

/* unix_proc.c */
void unix_proc_init(void);

#endif
