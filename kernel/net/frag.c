// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments on their way to become packets again: RFC 791, 8200, 5722.
 *
 * A packet that waits is a frag_queue: the fragments that have come, in order.
 * Overlaps are never sent by honest senders: the whole packet is dropped, and
 * its fragments that come later find nothing to join.
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "frag.h"
#include "inet_internal.h"
#include "wire.h"

#define FRAG_BYTES_MAX (4u << 20)
#define FRAG_PIECES    128u
#define FRAG_TIME      (30 * NSEC_PER_SEC)

struct frag_queue {
	struct list_head node; /* of net->frags, under net->lock: */
	struct in6_addr src, dst;
	u32 id;
	u8 l4;
	struct list_head pieces;  /* struct pkt by `off` kept in cap */
	u32 npieces, have, total; /* total 0: the last has not come */
	u64 deadline;
};

/* A fragment that waits keeps its offset where its capacity stood. */
static u32 frag_off(const struct pkt *p)
{
	return p->cap;
}

static struct frag_queue *frag_find_locked(struct net *net, const struct pkt *p,
					   u32 id)
{
	struct frag_queue *q;

	list_for_each_entry (q, &net->frags, node)
		if (q->id == id && q->l4 == p->l4 &&
		    in6_equal(&q->src, &p->src) && in6_equal(&q->dst, &p->dst))
			return q;
	q = net->frag_bytes < FRAG_BYTES_MAX ? kzalloc(sizeof(*q)) : NULL;
	if (!q)
		return NULL;
	q->src = p->src;
	q->dst = p->dst;
	q->id = id;
	q->l4 = p->l4;
	q->deadline = time_mono_ns() + FRAG_TIME;
	list_init(&q->pieces);
	list_add_tail(&q->node, &net->frags);
	return q;
}

static void frag_drop_locked(struct net *net, struct frag_queue *q)
{
	struct pkt *p, *next;

	list_for_each_entry_safe (p, next, &q->pieces, node) {
		net->frag_bytes -= p->len;
		pkt_free(p);
	}
	list_del(&q->node);
	kfree(q);
}

/* => false: it does not fit together */
static bool frag_insert_locked(struct net *net, struct frag_queue *q,
			       struct pkt *p, u32 off, bool more)
{
	struct pkt *o, *at = NULL;
	u32 end = off + p->len;

	if (!p->len || end > PKT_MAX || (more && p->len % 8) ||
	    q->npieces >= FRAG_PIECES || (q->total && end > q->total))
		return false;
	list_for_each_entry (o, &q->pieces, node) {
		if (!more && frag_off(o) + o->len > end)
			return false;
		if (!at && frag_off(o) >= off)
			at = o;
		if (off < frag_off(o) + o->len && frag_off(o) < end)
			return false;
	}
	if (!more) {
		if (q->total)
			return false;
		q->total = end;
	}
	p->cap = off;
	list_add_tail(&p->node, at ? &at->node : &q->pieces);
	q->npieces++;
	q->have += p->len;
	net->frag_bytes += p->len;
	return true;
}

static struct pkt *frag_whole_locked(struct frag_queue *q)
{
	struct pkt *o, *first = list_first(&q->pieces, struct pkt, node);
	u32 head = (u32)(first->data - first->net);
	struct pkt *p = pkt_alloc(head + q->total);

	if (!p)
		return NULL;
	memcpy(p->data, first->net, head);
	p->net = p->data;
	p->mac = NULL;
	pkt_pull(p, head);
	list_for_each_entry (o, &q->pieces, node)
		memcpy(p->data + frag_off(o), o->data, o->len);
	p->dev = first->dev;
	p->src = first->src;
	p->dst = first->dst;
	p->proto = first->proto;
	p->type = first->type;
	p->l4 = first->l4;
	p->ttl = first->ttl;
	p->tos = first->tos;
	p->stamp = first->stamp;
	p->csum_ok = first->csum_ok;
	/* the header says so now */
	if (in6_is_v4(&p->dst)) {
		put16(p->net + 2, (u16)(head + q->total));
		put16(p->net + 6, 0);
	}
	return p;
}

struct pkt *frag_join(struct net *net, struct pkt *p, u32 id, u32 off,
		      bool more)
{
	struct pkt *whole = NULL;
	struct frag_queue *q;

	spin_lock(&net->lock);
	q = frag_find_locked(net, p, id);
	if (!q) {
		pkt_free(p);
	} else if (!frag_insert_locked(net, q, p, off, more)) {
		pkt_free(p);
		frag_drop_locked(net, q);
	} else if (q->total && q->have == q->total) {
		whole = frag_whole_locked(q);
		frag_drop_locked(net, q);
	}
	spin_unlock(&net->lock);
	net_tick_start(net);
	return whole;
}

bool frag_tick(struct net *net)
{
	struct frag_queue *q, *next;
	u64 now = time_mono_ns();
	bool more;

	spin_lock(&net->lock);
	list_for_each_entry_safe (q, next, &net->frags, node)
		if (now >= q->deadline)
			frag_drop_locked(net, q);
	more = !list_empty(&net->frags);
	spin_unlock(&net->lock);
	return more;
}
