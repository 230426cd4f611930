/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the disks' back end share: an open image, raw (ubd_host.c)
 * or with a COW file before it (cow_host.c).
 */
#ifndef DRIVERS_HOST_UBD_HOST_H
#define DRIVERS_HOST_UBD_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct cow;

struct ubd_image {
	int fd;	       /* of what is written; -1: no disk here */
	uint64_t size; /* bytes, of the guest's disk */
	bool read_only, discards, sync;
	char serial[32];
	struct cow *cow; /* NULL: raw */
};

/* Everything of [pos, …) that iov names. => 0 or -errno */
int ubd_pread_all(int fd, struct iovec *iov, int n, uint64_t pos);
int ubd_pwrite_all(int fd, struct iovec *iov, int n, uint64_t pos, int flags);
/* => 0, or -1: another machine has it. */
int ubd_lock(int fd, bool write);

#endif
