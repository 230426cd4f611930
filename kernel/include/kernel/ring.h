/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's side of the ring (hostapi/ring.h).
 */
#ifndef KERNEL_RING_H
#define KERNEL_RING_H

#include <hostapi/ring.h>
#include <kernel/types.h>

/* A free slot, filled with zeros; sleeps uninterruptibly while none is. */
struct ring_req *ring_get(u16 device, u16 op);
/*
 * Submit and sleep until it is done (not interruptible: the monitor answers
 * or the machine ends). => result. The slot is still the caller's.
 */
s64 ring_call(struct ring_req *r);
/*
 * The same but gives up on a signal with -ERESTARTSYS; the slot is then
 * released by the completion and no longer the caller's, and the buffer it
 * names must be abandoned to `ring_abandon_free`.
 */
void ring_put(struct ring_req *r);
/* Bulk data: arena offset of a kernel pointer. */
u64 ring_arena_off(const void *p);

void ring_init(void);

#endif
