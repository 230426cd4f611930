/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ring between kernel and monitor: requests with a completion each, in the
 * arena, shared by both worlds.
 *
 * There is one area with RING_SLOTS request slots and a submission queue of
 * slot numbers. A kernel task takes a free slot, fills it in, appends its
 * number to the queue and wakes the doorbell; it sleeps until the slot's state
 * is DONE. The monitor's threads take numbers from the queue, check everything
 * in a private copy of the slot (each index, length and address is hostile),
 * do the work, write `result`, set DONE and wake the slot's `done` word.
 *
 * Bulk data is addressed by arena or pool offset; the monitor has both mapped.
 *
 * A request marked RING_ASYNC has no waiter: its number goes to the completion
 * queue when it is DONE (disks do this). Whoever looks at that queue may take
 * what is in it; the monitor wakes the kernel's thread for it only when that
 * sleeps and nobody polls.
 *
 * The event word goes the other way: the monitor sets bits in `events`,
 * increments event_seq and wakes it; a kernel thread waits on it.
 */
#ifndef HOSTAPI_RING_H
#define HOSTAPI_RING_H

#include <stdint.h>

#define RING_SLOTS 256u

enum ring_state { RING_FREE, RING_FILLING, RING_QUEUED, RING_BUSY, RING_DONE };
#define RING_STATE_MASK 0xffu
#define RING_ASLEEP	0x100u /* the waiter sleeps on the state word: wake it */
#define RING_NOTIFY	0x200u /* post RING_EV_REQ_DONE when done */
#define RING_ASYNC	0x400u /* to the completion queue when done */

/* Where bulk data lies. */
enum ring_space { RING_NOBUF, RING_ARENA, RING_POOL };

struct ring_req {
	uint32_t state;	 /* enum ring_state; futex word of the waiter */
	uint16_t device; /* enum ring_device */
	uint16_t op;	 /* per device */
	uint64_t arg[6];
	uint32_t space; /* enum ring_space of buf */
	uint32_t buf_len;
	uint64_t buf_off;
	int64_t result;	 /* >= 0, or -errno with the guest's numbers */
	uint64_t ret[4]; /* per op */
};

enum ring_device {
	RING_DEV_MONITOR, /* power, events, clock … (drivers-host/monitor.h) */
	RING_DEV_CONSOLE,
	RING_DEV_HOSTFS,
	RING_DEV_HOSTIO, /* the job's stdin, stdout, stderr */
	RING_DEV_NET,	 /* hostapi/netring.h */
	RING_DEV_BLOCK,	 /* drivers-host/ubd.h */
};

/* RING_DEV_MONITOR */
enum {
	RING_MON_EXIT = 1, /* arg0 = exit code */
	RING_MON_REBOOT,
	RING_MON_CTL_GET, /* buf: a command line, => its length, -ENOENT */
	RING_MON_CTL_PUT, /* buf: part of the answer; arg0 1: the last */
};
#define RING_CTL_LINE	  512u

/* Bits of ring_area.events */
#define RING_EV_CON_INPUT 1u /* bytes in con_in */
#define RING_EV_WINCH	  2u /* con_cols, con_rows changed */
#define RING_EV_DUMP	  4u /* task dump wanted */
#define RING_EV_POWEROFF  8u
#define RING_EV_OOM	  16u
#define RING_EV_CON_EOF	  32u
#define RING_EV_REQ_DONE  64u  /* a request marked RING_NOTIFY is done */
#define RING_EV_DISK	  256u /* a disk came, or is to go */
#define RING_EV_CTL	  512u /* a command from outside: RING_MON_CTL_GET */
#define RING_EV_HOSTIO	  128u /* stdin, stdout or stderr may have become ready */

#define CON_IN_SIZE	  4096u

struct ring_area {
	uint32_t version;
	uint32_t nslots;
	/* submission queue: kernel writes at head, monitor takes at tail */
	uint32_t sq_head, sq_tail;
	uint32_t doorbell;	   /* futex: incremented at each submission */
	uint32_t monitor_sleeping; /* number of monitor threads asleep */
	uint32_t monitor_spinning; /* one looks at the queue: no need to wake */
	uint32_t free_waiters;
	uint32_t event_seq; /* futex of the kernel's event thread */
	uint32_t events;
	uint32_t event_sleeping;
	/* completion queue: monitor writes at head */
	uint32_t cq_head;
	uint32_t cq_seq; /* futex of the kernel's completion thread */
	uint32_t cq_sleeping, cq_polling;
	/* console input, single producer (monitor), single consumer */
	uint32_t con_in_head, con_in_tail;
	uint32_t con_cols, con_rows;
	uint8_t con_in[CON_IN_SIZE];
	uint32_t sq[RING_SLOTS];
	uint32_t cq[RING_SLOTS];
	struct ring_req req[RING_SLOTS];
};

#endif
