/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests of RING_DEV_BLOCK: disks ubda … ubdp on files of the host.
 *
 * Reads and writes name their memory by a list of struct ubd_vec in the arena
 * (buf), each a stretch of arena or pool, into or from which the monitor's
 * thread transfers directly. They are asynchronous (RING_ASYNC); many may be
 * under way, also on one disk, and end in any order.
 */
#ifndef DRIVERS_HOST_UBD_H
#define DRIVERS_HOST_UBD_H

#include <stdint.h>

#define UBD_UNITS    16u
#define UBD_MAJOR    98u
#define UBD_MINORS   16u /* the disk and its partitions */
#define UBD_MAX_VECS 32u
#define UBD_MAX_IO   (1u << 20) /* bytes of one request */

enum ubd_op {
	UBD_INFO,    /* arg0 unit; buf struct ubd_info => 0, -ENODEV */
	UBD_READ,    /* arg0 unit, arg1 position, arg2 length; buf vectors */
	UBD_WRITE,   /* the same; arg3 UBD_FUA or 0 */
	UBD_FLUSH,   /* arg0 unit: what was written before is on the disk */
	UBD_DISCARD, /* arg0 unit, arg1 position, arg2 length */
	UBD_ZERO,
	UBD_ACK, /* arg0 unit, arg1 0 or an error: RING_EV_DISK was obeyed */
};
#define UBD_FUA 1u

/* As the kernel's struct bio_vec. */
struct ubd_vec {
	uint64_t addr; /* as the machine sees it */
	uint32_t len;
	uint32_t pad;
};

#define UBD_READ_ONLY 1u
#define UBD_DISCARDS  2u
#define UBD_GOING     4u /* it is to be taken out */
struct ubd_info {
	uint64_t size; /* bytes */
	uint32_t flags;
	uint32_t block; /* logical block size */
	char serial[32];
};

#endif
