/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct iov_iter: where bulk data comes from or goes to, user or kernel
 * memory, as a position in an array of segments. Copies advance it.
 */
#ifndef KERNEL_IOV_H
#define KERNEL_IOV_H

#include <kernel/types.h>

#define UIO_MAXIOV 1024

/* As the guest's struct iovec. */
struct iov_seg {
	u64 base; /* a guest address, or a kernel pointer if iter.kern */
	u64 len;
};

/* Into a pipe: pages that were given to it, which no later write joins. */
#define IOV_SPLICED 128u

struct iov_iter {
	const struct iov_seg *seg;
	u32 nr;	      /* segments left, the current one included */
	bool kern;    /* segments are kernel memory */
	u8 rwf;	      /* RWF_* of this call alone (preadv2(2)), IOV_SPLICED */
	u64 seg_off;  /* done of the current segment */
	size_t count; /* bytes left in all segments */
	struct iov_seg one; /* storage for single-buffer iterators */
};

void iov_iter_ubuf(struct iov_iter *it, uaddr buf, size_t n);
void iov_iter_kbuf(struct iov_iter *it, void *buf, size_t n);
void iov_iter_segs(struct iov_iter *it, const struct iov_seg *seg, u32 nr);
/*
 * Copy in a guest iovec array. *segs is NULL or must be kfree()d by the caller
 * (arrays of up to `nfast` use fast[]). => 0, -EFAULT, -EINVAL, -ENOMEM.
 * Lengths are clipped to the MAX_RW_COUNT of Linux (0x7ffff000).
 */
int iov_iter_import(struct iov_iter *it, uaddr vec, u64 nr,
		    struct iov_seg *fast, u32 nfast, struct iov_seg **segs);

/* May sleep; => bytes copied, less than n when a fault or the end stops it. */
size_t copy_to_iter(struct iov_iter *it, const void *src, size_t n);
size_t copy_from_iter(struct iov_iter *it, void *dst, size_t n);
size_t iov_iter_zero(struct iov_iter *it, size_t n);
/* Never sleep (for user segments: see uaccess.h). */
size_t copy_to_iter_nofault(struct iov_iter *it, const void *src, size_t n);
size_t copy_from_iter_nofault(struct iov_iter *it, void *dst, size_t n);
/* Fault in what comes next; write = the iterator is a destination. */
int iov_iter_fault_in(struct iov_iter *it, bool write);
/* Bytes to the end of the current segment or of its page (of the guest's). */
size_t iov_iter_page_left(struct iov_iter *it);
void iov_iter_advance(struct iov_iter *it, size_t n);
/* Go back by n bytes; only over what this iterator has advanced since. */
void iov_iter_revert(struct iov_iter *it, size_t n);

#endif
