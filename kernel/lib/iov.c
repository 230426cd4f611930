// SPDX-License-Identifier: GPL-2.0
/*
 * struct iov_iter: a position in a list of user or kernel memory segments.
 *
 * seg == NULL means the single segment in `one`, so that such an iterator can
 * be copied by assignment; nr is 1 then. The current segment is done up to
 * seg_off; nr counts it and those after it. When everything is done the
 * iterator stands at the end of its last segment: iov_iter_revert() can go
 * back from there. Empty segments are stepped over when they are met.
 *
 * The sleeping and the _nofault copies share one loop and differ in what is
 * called for user memory. Both copy what they can and say how much; only the
 * caller knows whether a short copy is an error.
 */
#include <abi/errno.h>
#include <kernel/iov.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>

#define IOV_MAX_BYTES 0x7ffff000ull
#define IOV_TRIES     16

void iov_iter_ubuf(struct iov_iter *it, uaddr buf, size_t n)
{
	*it = (struct iov_iter){ .nr = 1,
				 .count = n,
				 .one = { .base = buf.va, .len = n } };
}

void iov_iter_kbuf(struct iov_iter *it, void *buf, size_t n)
{
	*it = (struct iov_iter){ .nr = 1,
				 .kern = true,
				 .count = n,
				 .one = { .base = (u64)buf, .len = n } };
}

void iov_iter_segs(struct iov_iter *it, const struct iov_seg *seg, u32 nr)
{
	u32 i;

	*it = (struct iov_iter){ .seg = seg, .nr = nr };
	for (i = 0; i < nr; i++)
		it->count += seg[i].len;
}

int iov_iter_import(struct iov_iter *it, uaddr vec, u64 nr,
		    struct iov_seg *fast, u32 nfast, struct iov_seg **segs)
{
	struct iov_seg *seg = fast;
	u64 i, total = 0;
	int err;

	*segs = NULL;
	nr = (u32)nr; /* as Linux sees it */
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (nr > nfast) {
		seg = kmalloc(nr * sizeof(*seg));
		if (!seg)
			return -ENOMEM;
		*segs = seg;
	}
	err = nr ? copy_from_user(seg, vec, nr * sizeof(*seg)) : 0;
	for (i = 0; !err && i < nr; i++) {
		if ((s64)seg[i].len < 0)
			err = -EINVAL;
		else if (!user_range_ok(UADDR(seg[i].base), seg[i].len))
			err = -EFAULT;
		else if (seg[i].len > IOV_MAX_BYTES - total)
			seg[i].len = IOV_MAX_BYTES - total;
		total += seg[i].len;
	}
	if (err) {
		kfree(*segs);
		*segs = NULL;
		return err;
	}
	iov_iter_segs(it, seg, (u32)nr);
	return 0;
}

static inline const struct iov_seg *iov_cur(const struct iov_iter *it)
{
	return it->seg ? it->seg : &it->one;
}

/* The rest of the current segment; steps over finished ones. 0 = the end. */
static size_t iov_here(struct iov_iter *it, u64 *base)
{
	const struct iov_seg *s;

	if (!it->count)
		return 0;
	for (;;) {
		s = iov_cur(it);
		if (it->seg_off < s->len)
			break;
		if (!it->seg || it->nr <= 1)
			return 0;
		it->seg++;
		it->nr--;
		it->seg_off = 0;
	}
	*base = s->base + it->seg_off;
	return min(s->len - it->seg_off, it->count);
}

enum iov_op { IOV_TO, IOV_FROM };

/* => bytes NOT copied */
static inline size_t iov_move(enum iov_op op, bool kern, u64 base, char *p,
			      size_t n)
{
	if (!kern)
		return op == IOV_TO ? copy_to_user_nofault(UADDR(base), p, n)
				    : copy_from_user_nofault(p, UADDR(base), n);
	if (op == IOV_TO)
		memcpy((void *)base, p, n);
	else
		memcpy(p, (void *)base, n);
	return 0;
}

static inline size_t iov_copy(struct iov_iter *it, enum iov_op op, char *p,
			      size_t n, bool nofault)
{
	size_t done = 0;
	int tries = 0;

	while (done < n) {
		u64 base = 0;
		size_t len = min(iov_here(it, &base), n - done), left;

		if (!len)
			break;
		left = iov_move(op, it->kern, base, p + done, len);
		it->seg_off += len - left;
		it->count -= len - left;
		done += len - left;
		if (likely(!left))
			continue;
		tries = left < len ? 0 : tries + 1;
		if (nofault || tries > IOV_TRIES ||
		    uaccess_fault_in(UADDR(base + len - left), left,
				     op == IOV_TO))
			break;
	}
	return done;
}

size_t copy_to_iter(struct iov_iter *it, const void *src, size_t n)
{
	return iov_copy(it, IOV_TO, (char *)src, n, false);
}

size_t copy_from_iter(struct iov_iter *it, void *dst, size_t n)
{
	return iov_copy(it, IOV_FROM, dst, n, false);
}

size_t copy_to_iter_nofault(struct iov_iter *it, const void *src, size_t n)
{
	return iov_copy(it, IOV_TO, (char *)src, n, true);
}

size_t copy_from_iter_nofault(struct iov_iter *it, void *dst, size_t n)
{
	return iov_copy(it, IOV_FROM, dst, n, true);
}

size_t iov_iter_zero(struct iov_iter *it, size_t n)
{
	size_t done = 0;

	while (done < n) {
		u64 base = 0;
		size_t len = min(iov_here(it, &base), n - done);

		/* By the page: so the count is right when one cannot be. */
		len = min(len, PAGE_SIZE - (base & ~PAGE_MASK));
		if (!len)
			break;
		if (it->kern)
			memset((void *)base, 0, len);
		else if (clear_user(UADDR(base), len))
			break;
		it->seg_off += len;
		it->count -= len;
		done += len;
	}
	return done;
}

int iov_iter_fault_in(struct iov_iter *it, bool write)
{
	u64 base;
	size_t n = iov_here(it, &base);

	if (!n || it->kern)
		return 0;
	return uaccess_fault_in(UADDR(base), n, write);
}

size_t iov_iter_page_left(struct iov_iter *it)
{
	u64 base;
	size_t n = iov_here(it, &base);

	return it->kern ? n : min(n, PAGE_SIZE - (base & ~PAGE_MASK));
}

void iov_iter_advance(struct iov_iter *it, size_t n)
{
	u64 base;
	size_t len;

	while (n && (len = iov_here(it, &base))) {
		len = min(len, n);
		it->seg_off += len;
		it->count -= len;
		n -= len;
	}
}

void iov_iter_revert(struct iov_iter *it, size_t n)
{
	it->count += n;
	while (n > it->seg_off) {
		n -= it->seg_off;
		it->seg--;
		it->nr++;
		it->seg_off = it->seg->len;
	}
	it->seg_off -= n;
}
