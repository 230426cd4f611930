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
 * The same but a signal ends the wait with -EINTR (caller turns it into
 * -ERESTARTSYS). The slot is then no longer the caller's: it is freed when
 * the monitor answers, and `buf` (from kmalloc, may be NULL), which the
 * request may still write to, is kfree()d with it. After any other result both
 * are still the caller's.
 */
s64 ring_call_intr(struct ring_req *r, void *buf);
/*
 * Submit and go on. fn(r, priv) is called once, when r->result is there, in a
 * kernel thread or in a task that polls: it must not sleep. The slot goes back
 * by itself after it.
 */
void ring_call_async(struct ring_req *r,
		     void (*fn)(struct ring_req *r, void *priv), void *priv);
/*
 * For who waits for such a request: a short while of looking at the completion
 * queue, until *done. Then it is time to sleep.
 */
void ring_poll_async(const bool *done);
/* Give the slot back. */
void ring_put(struct ring_req *r);
/* Bulk data: arena offset of a kernel pointer. */
u64 ring_arena_off(const void *p);

/*
 * fn(bits) is called in the kernel's event thread when the monitor has posted
 * any of `bits` (RING_EV_*). May sleep, but not for long. At init time only.
 */
void ring_event_register(u32 bits, void (*fn)(u32 bits));
/* The ring itself; fixed after ring_init(). */
extern struct ring_area *ring_area;

void ring_init(void);
/* Start the thread for asynchronous requests, before the first one. */
void ring_async_start(void);
/* Start the event thread, when all handlers have registered. */
void ring_events_start(void);

#endif
