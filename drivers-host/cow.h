/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User Mode Linux's copy-on-write files, version 3: a header, a bitmap with a
 * bit for each sector, and the sectors that were written, each at its own place,
 * so that the file is sparse. All else is in the base, which is never written.
 *
 *	0	"OOOM", version 3, the base's mtime (32 bits), its size (64
 *		bits), bytes of a sector, alignment, format 0: all big endian,
 *		and the base's name, 4096 bytes
 *	bitmap	at the next multiple of the alignment; bit n%8 of byte n/8
 *	data	at the next multiple after it
 */
#ifndef DRIVERS_HOST_COW_H
#define DRIVERS_HOST_COW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define COW_SECTOR 512u
#define COW_PATH   4096u

struct cow_header {
	char base[COW_PATH];
	uint32_t mtime;
	uint64_t size;
	uint64_t bitmap_off, data_off;
};

struct cow; /* an open one */

/* Is there a COW file's mark at the beginning, of any version? */
bool cow_is(int fd);
/* => 0, or -errno with what is wrong in why */
int cow_read_header(int fd, struct cow_header *h, char *why, size_t n);
/* Make an empty one in fd for a base of that name. */
int cow_create(int fd, const char *base, int base_fd, char *why, size_t n);
/* Is base_fd what the header says, unchanged? */
int cow_check_base(const struct cow_header *h, const char *cow,
		   const char *base, int base_fd, char *why, size_t n);

/* fd and base_fd belong to it from then on. => NULL: why */
struct cow *cow_open(int fd, int base_fd, const struct cow_header *h, char *why,
		     size_t n);
void cow_close(struct cow *c); /* flushes */
int cow_read(struct cow *c, struct iovec *iov, int n, uint64_t pos,
	     uint64_t len);
int cow_write(struct cow *c, struct iovec *iov, int n, uint64_t pos,
	      uint64_t len);
/* What was written, and the bits that say so, are on the disk, in this order. */
int cow_flush(struct cow *c);
/* Zeros; or whatever (a discard), for sectors that stand here. */
int cow_clear(struct cow *c, uint64_t pos, uint64_t len, bool zero);
bool cow_has(const struct cow *c, uint64_t sector);

#endif
