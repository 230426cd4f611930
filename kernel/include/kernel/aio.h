/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contexts of asynchronous I/O: queues of completions that belong to an address
 * space. See kernel/ipc/aio.c.
 */
#ifndef KERNEL_AIO_H
#define KERNEL_AIO_H

#include <abi/aio.h>

struct aio_ctx;
struct mm;

/* A context known by the guest address id. => 0, -EAGAIN, -ENOMEM */
int aio_create(u64 id, u32 nr_events);
/* => a reference, or NULL */
struct aio_ctx *aio_get(u64 id);
void aio_put(struct aio_ctx *c);
/* Forget it; who waits finds out. => 0 or -EINVAL */
int aio_destroy(u64 id);
/* Room for one completion more. => 0 or -EAGAIN */
int aio_reserve(struct aio_ctx *c);
void aio_unreserve(struct aio_ctx *c);
/* Fill the reserved place. => 0 or -ENOMEM */
int aio_complete(struct aio_ctx *c, const struct io_event *e);
/*
 * Copy out completions, at least min unless the deadline (monotonic; 0: do not
 * wait) comes first. => how many, -EINTR, -EFAULT, -EINVAL
 */
long aio_read_events(struct aio_ctx *c, long min_nr, long nr, uaddr events,
		     u64 deadline);
/* The address space has no user left. */
void aio_exit(struct mm *mm);
/* Contexts' places in use, for fs.aio-nr. */
u64 aio_nr(void);

#endif
