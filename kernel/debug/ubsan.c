/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What code built with -fsanitize=undefined (make SAN=undefined) calls when it
 * has met undefined behaviour. Part of that build only.
 *
 * The compiler hands over a record that begins with the place in the source;
 * what follows differs and is not looked at. Each place is reported once, in
 * the kernel log: its column is overwritten with REPORTED, which also ends a
 * recursion should printk() itself be the culprit. Then the kernel goes on.
 */
#include <kernel/atomic.h>
#include <kernel/printk.h>

#define REPORTED 0xffffffffu

struct ubsan_place {
	const char *file;
	u32 line, column;
};

static void ubsan_report(void *data, const char *what)
{
	struct ubsan_place *p = data;
	u32 column = atomic_xchg(&p->column, REPORTED);

	if (column != REPORTED)
		printk(KERN_ERR "BUG: undefined: %s:%u:%u: %s\n", p->file,
		       p->line, column, what);
}

#define UBSAN_1(name, what)                     \
	void __ubsan_handle_##name(void *data); \
	void __ubsan_handle_##name(void *data)  \
	{                                       \
		ubsan_report(data, what);       \
	}
#define UBSAN_2(name, what)                                      \
	void __ubsan_handle_##name(void *data, unsigned long a); \
	void __ubsan_handle_##name(void *data, unsigned long a)  \
	{                                                        \
		ubsan_report(data, what);                        \
	}
#define UBSAN_3(name, what)                                     \
	void __ubsan_handle_##name(void *data, unsigned long a, \
				   unsigned long b);            \
	void __ubsan_handle_##name(void *data, unsigned long a, \
				   unsigned long b)             \
	{                                                       \
		ubsan_report(data, what);                       \
	}

UBSAN_1(builtin_unreachable, "a place that cannot be reached")
UBSAN_1(missing_return, "no return value")
UBSAN_1(invalid_builtin, "builtin called with zero")
UBSAN_1(nonnull_arg, "NULL argument")
UBSAN_2(type_mismatch_v1, "access through a NULL or too small object")
UBSAN_2(out_of_bounds, "index out of bounds")
UBSAN_2(load_invalid_value, "no value of its type")
UBSAN_2(negate_overflow, "negation overflows")
UBSAN_2(vla_bound_not_positive, "array size not positive")
UBSAN_2(nonnull_return_v1, "NULL returned")
UBSAN_3(add_overflow, "addition overflows")
UBSAN_3(sub_overflow, "subtraction overflows")
UBSAN_3(mul_overflow, "multiplication overflows")
UBSAN_3(divrem_overflow, "division overflows")
UBSAN_3(shift_out_of_bounds, "shift out of bounds")
UBSAN_3(pointer_overflow, "pointer arithmetic overflows")
