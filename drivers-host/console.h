/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ring operations of the console and of the job's descriptors, known to
 * both sides.
 *
 * RING_DEV_CONSOLE
 *	CON_WRITE  buf: bytes for the terminal. => 0. Blocks until all are out.
 *
 * RING_DEV_HOSTIO: the job's own stdin, stdout and stderr (arg0 = 0, 1, 2), as
 * far as they are not the console. Reads and writes never wait: what would
 * gives -EAGAIN, and one waits by HOSTIO_POLL, which takes nothing away.
 *	HOSTIO_READ   buf: where to. => bytes, 0 at the end. ret0: as POLL now
 *	HOSTIO_WRITE  buf: what. => bytes, perhaps fewer; -EPIPE
 *	HOSTIO_POLL   arg1: POLLIN or POLLOUT. => revents. Blocks.
 *	HOSTIO_CLOSE  nobody in the machine holds it any more. => 0
 *
 * Input takes no request: the monitor puts bytes into ring_area.con_in and
 * posts RING_EV_CON_INPUT. When it finds the ring full it sleeps on the word
 * con_in_tail, which the kernel wakes.
 */
#ifndef DRIVERS_HOST_CONSOLE_H
#define DRIVERS_HOST_CONSOLE_H

enum { CON_WRITE = 1 };
enum { HOSTIO_READ = 1, HOSTIO_WRITE, HOSTIO_POLL, HOSTIO_CLOSE };

/* Bytes of one HOSTIO_READ or HOSTIO_WRITE. */
#define HOSTIO_MAX 65536u

/* Of hostio_host.c: before the monitor confines itself. => 0 or -errno */
int hostio_host_open(void);

#endif
