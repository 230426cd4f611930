// SPDX-License-Identifier: GPL-2.0
/*
 * Copies between the kernel and the current task's user memory. arch-um's
 * host_copy_*() do the copying and stop short at an address that faults; here
 * the range is checked before, and a short copy is carried on after mm_fault()
 * has made the page present.
 *
 * The check is what keeps a guest from naming the kernel's own memory: in the
 * direct backend that is mapped and, while the kernel runs, open.
 *
 * A copy that stops at the same place again although the page was made present
 * has met a guest that unmaps it as fast; after a few rounds it is -EFAULT.
 */
#include <abi/errno.h>
#include <kernel/checks.h>
#include <kernel/mm.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>

#define UACCESS_TRIES	     16
#define UACCESS_FAULT_IN_MAX (256ul << 10)

/* May it be copied? Below USER_MIN are tables of the backend's. */
static __always_inline bool uaccess_ok(u64 a, u64 n)
{
	u64 end = a + n;

	return end >= a && ((a >= USER_MIN && end <= KERNEL_RANGE_LO) ||
			    (a >= KERNEL_RANGE_HI && end <= USER_MAX) || !n);
}

/* As Linux's access_ok(): NULL passes here, and fails when it is copied. */
bool user_range_ok(uaddr a, size_t n)
{
	return a.va < USER_MIN ? n <= USER_MIN || uaccess_ok(USER_MIN, n)
			       : uaccess_ok(a.va, n);
}

static int uaccess_fault(u64 a, bool write)
{
	struct mm *mm = current->mm;

	if (!mm || !uaccess_ok(a, 1))
		return -EFAULT;
	return mm_fault(mm, a, write ? VM_WRITE : VM_READ) ? -EFAULT : 0;
}

/* Touch the word at a: read it, or write what it holds already. */
static bool uaccess_probe(u64 a, bool write)
{
	u32 word;

	a &= ~3ull;
	if (host_copy_from_user(&word, a, sizeof(word)))
		return false;
	return !write || !host_cmpxchg_user(a, &word, word);
}

int uaccess_fault_in(uaddr a, size_t n, bool write)
{
	u64 pos = a.va, end = a.va + min(n, UACCESS_FAULT_IN_MAX);
	int tries = 0;

	if (!uaccess_ok(a.va, n))
		return -EFAULT;
	while (pos < end) {
		if (uaccess_probe(pos, write)) {
			pos = PAGE_DOWN(pos) + PAGE_SIZE;
			tries = 0;
		} else if (tries++ > UACCESS_TRIES ||
			   uaccess_fault(pos, write)) {
			return pos > a.va ? 0 : -EFAULT;
		}
	}
	return 0;
}

enum uaccess_op { UACCESS_FROM, UACCESS_TO, UACCESS_CLEAR };

static __always_inline size_t uaccess_once(enum uaccess_op op, u64 user,
					   char *kern, size_t n)
{
	if (op == UACCESS_FROM)
		return host_copy_from_user(kern, user, n);
	if (op == UACCESS_TO)
		return host_copy_to_user(user, kern, n);
	return host_clear_user(user, n);
}

/* `left` bytes of n were not copied at once. */
static __noinline int uaccess_slow(enum uaccess_op op, u64 user, char *kern,
				   size_t n, size_t left)
{
	size_t before;
	int tries = 0;

	while (left) {
		size_t done = n - left;

		if (uaccess_fault(user + done, op != UACCESS_FROM))
			return -EFAULT;
		before = left;
		left = uaccess_once(op, user + done,
				    op == UACCESS_CLEAR ? NULL : kern + done,
				    left);
		tries = left < before ? 0 : tries + 1;
		if (tries > UACCESS_TRIES)
			return -EFAULT;
	}
	return 0;
}

int copy_from_user(void *dst, uaddr src, size_t n)
{
	size_t left;

	if (unlikely(!uaccess_ok(src.va, n)))
		return -EFAULT;
	asan_check(dst, n, true);
	left = host_copy_from_user(dst, src.va, n);
	if (likely(!left))
		return 0;
	return uaccess_slow(UACCESS_FROM, src.va, dst, n, left);
}

int copy_to_user(uaddr dst, const void *src, size_t n)
{
	size_t left;

	if (unlikely(!uaccess_ok(dst.va, n)))
		return -EFAULT;
	asan_check(src, n, false);
	left = host_copy_to_user(dst.va, src, n);
	if (likely(!left))
		return 0;
	return uaccess_slow(UACCESS_TO, dst.va, (char *)src, n, left);
}

int clear_user(uaddr dst, size_t n)
{
	size_t left;

	if (unlikely(!uaccess_ok(dst.va, n)))
		return -EFAULT;
	left = host_clear_user(dst.va, n);
	if (likely(!left))
		return 0;
	return uaccess_slow(UACCESS_CLEAR, dst.va, NULL, n, left);
}

size_t copy_from_user_nofault(void *dst, uaddr src, size_t n)
{
	asan_check(dst, n, true);
	return uaccess_ok(src.va, n) ? host_copy_from_user(dst, src.va, n) : n;
}

size_t copy_to_user_nofault(uaddr dst, const void *src, size_t n)
{
	asan_check(src, n, false);
	return uaccess_ok(dst.va, n) ? host_copy_to_user(dst.va, src, n) : n;
}

/* The same page by page: a fault inside must be told from one at the start. */
static __noinline ssize_t strncpy_slow(char *dst, u64 src, size_t size)
{
	size_t done = 0;
	int tries = 0;

	while (done < size) {
		size_t n = min(size - done, PAGE_SIZE - (src & ~PAGE_MASK));
		ssize_t r;

		if (!uaccess_ok(src, n))
			return -EFAULT;
		r = host_strncpy_from_user(dst + done, src, n);
		if (r < 0) {
			if (tries++ > UACCESS_TRIES ||
			    uaccess_fault(src, false))
				return -EFAULT;
			continue;
		}
		done += (size_t)r;
		if ((size_t)r < n)
			return (ssize_t)done;
		src += n;
		tries = 0;
	}
	return (ssize_t)size;
}

ssize_t strncpy_from_user(char *dst, uaddr src, size_t size)
{
	ssize_t r;

	if (likely(uaccess_ok(src.va, size))) {
		r = host_strncpy_from_user(dst, src.va, size);
		if (likely(r >= 0))
			return r;
	}
	return strncpy_slow(dst, src.va, size);
}

int user_cmpxchg_u32(uaddr a, u32 *old, u32 new_val)
{
	int tries;

	if (!uaccess_ok(a.va, sizeof(u32)))
		return -EFAULT;
	for (tries = 0; tries < UACCESS_TRIES; tries++) {
		if (!host_cmpxchg_user(a.va, old, new_val))
			return 0;
		if (uaccess_fault(a.va, true))
			return -EFAULT;
	}
	return -EFAULT;
}
