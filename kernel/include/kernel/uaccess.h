/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory. Every access is range-checked against the user range, read
 * once, and may fault: a bad address gives -EFAULT, never a crash.
 *
 * The plain forms may sleep (an absent page of a file is read in). The
 * _nofault forms never sleep: they return how many bytes were NOT copied, and
 * the caller drops its locks, calls uaccess_fault_in() and tries again. Use
 * those while holding an inode's or a mapping's lock; pipe, socket and tty
 * locks may be held across the plain forms.
 */
#ifndef KERNEL_UACCESS_H
#define KERNEL_UACCESS_H

#include <kernel/types.h>

int __must_check copy_from_user(void *dst, uaddr src, size_t n);
int __must_check copy_to_user(uaddr dst, const void *src, size_t n);
int __must_check clear_user(uaddr dst, size_t n);

/*
 * => length without the NUL, -EFAULT, or `size` when no NUL stands in the
 *    first `size` bytes (dst is then not terminated).
 */
ssize_t __must_check strncpy_from_user(char *dst, uaddr src, size_t size);

size_t __must_check copy_from_user_nofault(void *dst, uaddr src, size_t n);
size_t __must_check copy_to_user_nofault(uaddr dst, const void *src, size_t n);
/*
 * Make [a, a+n) (at least its first page) accessible, sleeping if need be.
 * => 0, or -EFAULT when the guest itself could not access it.
 */
int __must_check uaccess_fault_in(uaddr a, size_t n, bool write);

/* Whole range inside the user range? Says nothing about mappings. */
bool user_range_ok(uaddr a, size_t n);

/* Atomics on guest words for futexes; => 0 or -EFAULT. May sleep. */
int user_cmpxchg_u32(uaddr a, u32 *old, u32 new_val);

/* get_user(x, a): x = *(typeof(x) *)a; => 0 or -EFAULT */
#define get_user(x, a) copy_from_user(&(x), (a), sizeof(x))
#define put_user(x, a)                                            \
	({                                                        \
		__typeof__(x) put_user_ = (x);                    \
		copy_to_user((a), &put_user_, sizeof(put_user_)); \
	})

#endif
