// SPDX-License-Identifier: GPL-2.0
/* Receive queues: what is too long to stand in queue.h, which tells of them. */
#include "queue.h"

void sock_queue_init(struct sock_queue *q)
{
	mutex_init(&q->iolock);
	spin_init(&q->lock);
	list_init(&q->list);
}

void sock_queue_take_all(struct sock_queue *q, struct list_head *out)
{
	struct sock_piece *p, *next;

	list_init(out);
	mutex_lock(&q->iolock);
	spin_lock(&q->lock);
	list_for_each_entry_safe (p, next, &q->list, node) {
		list_del(&p->node);
		list_add_tail(&p->node, out);
	}
	q->nr = q->bytes = 0;
	spin_unlock(&q->lock);
	mutex_unlock(&q->iolock);
}

u32 sock_queue_unread(struct sock_queue *q, bool all)
{
	struct sock_piece *p;
	u32 n = 0;

	spin_lock(&q->lock);
	list_for_each_entry (p, &q->list, node) {
		n += p->len - p->off;
		if (!all)
			break;
	}
	spin_unlock(&q->lock);
	return n;
}

static bool sock_queue_beyond(struct sock_queue *q, size_t off)
{
	if (likely(!off))
		return READ_ONCE(q->nr);
	return sock_queue_unread(q, true) > off;
}

int sock_queue_wait_past(struct sock *sk, struct sock_queue *q, size_t off,
			 u64 deadline, const char *wchan)
{
	int err;

	if (!deadline)
		return -EAGAIN;
	mutex_unlock(&q->iolock);
	err = wait_event_exclusive(
		&sk->rwait,
		sock_queue_beyond(q, off) || READ_ONCE(sk->err) ||
			(READ_ONCE(sk->shutdown) & SOCK_SHUT_RCV),
		deadline, SLEEP_INTR, wchan);
	if (err && READ_ONCE(q->nr))
		sock_wake_readers(sk); /* for the next one */
	mutex_lock(&q->iolock);
	return err ? sock_wait_error(err, sk->rcvtimeo) : 0;
}
