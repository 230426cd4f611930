/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receive queue of a socket, for all families: pieces that senders append
 * and readers take.
 *
 * A family embeds struct sock_piece first in its own message. A stream is read
 * across the borders of pieces, `off` telling how far; datagrams are taken
 * whole.
 *
 * Locks: a reader holds iolock while it copies out of the first piece, so that
 * senders may go on appending; `lock` (spin, inside iolock) guards the list
 * and, by the family's choice, state that the other side looks at.
 */
#ifndef KERNEL_NET_QUEUE_H
#define KERNEL_NET_QUEUE_H

#include <kernel/net.h>

#define SOCK_CHUNK    32000u /* of a stream message: with header 32 KiB */
#define SOCK_OVERHEAD 512u   /* what a message costs beside its bytes */

struct sock_piece {
	struct list_head node; /* under the queue's lock */
	u32 len, off;	       /* off: taken already (streams), under iolock */
	u32 charge;
};

struct sock_queue {
	struct mutex iolock;
	spinlock_t lock;
	/* under lock: */
	struct list_head list;
	u32 nr;	   /* pieces; read at any time */
	u32 bytes; /* charges; read at any time */
};

void sock_queue_init(struct sock_queue *q);
/* Empty it onto `out`. Takes iolock. */
void sock_queue_take_all(struct sock_queue *q, struct list_head *out);
/* Bytes that wait: of all pieces, or of the first. */
u32 sock_queue_unread(struct sock_queue *q, bool all);
/*
 * Sleep until more than `off` bytes are queued (0: until anything is), an error is pending, or there is nothing
 * more to come. Caller holds iolock, which is dropped while asleep.
 * => 0 look again, -EAGAIN, -ERESTARTSYS, -EINTR
 */
int sock_queue_wait_past(struct sock *sk, struct sock_queue *q, size_t off,
			 u64 deadline, const char *wchan);
static inline int sock_queue_wait(struct sock *sk, struct sock_queue *q,
				  u64 deadline, const char *wchan)
{
	return sock_queue_wait_past(sk, q, 0, deadline, wchan);
}

/* Where a peek begins (SO_PEEK_OFF), and what it and a read do to that. */
static inline size_t sock_peek_start(const struct sock *sk, int flags)
{
	s32 off = READ_ONCE(sk->peek_off);

	return unlikely(off > 0) && (flags & MSG_PEEK) ? off : 0;
}
static inline void sock_peek_moved(struct sock *sk, int flags, size_t n)
{
	s32 off = READ_ONCE(sk->peek_off);

	if (likely(off < 0))
		return;
	if (flags & MSG_PEEK)
		off += (s32)n;
	else
		off = off > (s32)n ? off - (s32)n : 0;
	WRITE_ONCE(sk->peek_off, off);
}

/* Caller holds q->lock. */
static inline void sock_queue_add_locked(struct sock_queue *q,
					 struct sock_piece *p)
{
	list_add_tail(&p->node, &q->list);
	WRITE_ONCE(q->nr, q->nr + 1);
	WRITE_ONCE(q->bytes, q->bytes + p->charge);
}

/* Caller holds q->lock. */
static inline void sock_queue_del_locked(struct sock_queue *q,
					 struct sock_piece *p)
{
	list_del(&p->node);
	WRITE_ONCE(q->nr, q->nr - 1);
	WRITE_ONCE(q->bytes, q->bytes - p->charge);
}

static inline void sock_queue_del(struct sock_queue *q, struct sock_piece *p)
{
	spin_lock(&q->lock);
	sock_queue_del_locked(q, p);
	spin_unlock(&q->lock);
}

/* The piece after `prev`, or the first, or NULL. Caller holds iolock. */
static inline struct sock_piece *sock_queue_next(struct sock_queue *q,
						 struct sock_piece *prev)
{
	struct list_head *n;

	if (!prev && !READ_ONCE(q->nr))
		return NULL;
	spin_lock(&q->lock);
	n = prev ? prev->node.next : q->list.next;
	spin_unlock(&q->lock);
	return n == &q->list ? NULL : list_entry(n, struct sock_piece, node);
}

#endif
