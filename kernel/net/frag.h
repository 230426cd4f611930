/* SPDX-License-Identifier: GPL-2.0 */
/* Putting fragments together, for both families: frag.c. */
#ifndef KERNEL_NET_FRAG_H
#define KERNEL_NET_FRAG_H

#include <kernel/types.h>

struct net;
struct pkt;

/*
 * p is the fragment at `off` of packet `id`, its data without headers; it is
 * taken over. => the whole packet when this was the last that lacked, or NULL
 */
struct pkt *frag_join(struct net *net, struct pkt *p, u32 id, u32 off,
		      bool more);

#endif
