/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same tables of constants, sizes and offsets are compiled several times:
 * once against kernel/include/abi, once against the host's uapi headers, once
 * against the C library's; test_abi.c compares them by name.
 *
 * ABI_SIZE(ours, theirs) and ABI_FIELD(ours, theirs, our_field, their_field)
 * mean one or the other depending on who is compiled.
 */
#ifndef TESTS_ABI_H
#define TESTS_ABI_H

struct abi_value {
	const char *name;
	long long value;
};

extern const struct abi_value abi_ours[];
extern const struct abi_value abi_uapi[];
extern const struct abi_value abi_libc[];

#define ABI_CONST(c)               \
	{                          \
#c, (long long)(c) \
	}
#ifdef ABI_IS_OURS
#define ABI_PICK(ours, theirs) ours
#else
#define ABI_PICK(ours, theirs) theirs
#endif
#define ABI_SIZE(ours, theirs)                                             \
	{                                                                  \
		"sizeof " #ours, (long long)sizeof(ABI_PICK(ours, theirs)) \
	}
/* The name is made here: member macros (si_pid) must not expand in it. */
#define ABI_FIELD(ours, theirs, f, g)                                         \
	{                                                                     \
#ours "." #f, (long long)__builtin_offsetof(                  \
				      ABI_PICK(ours, theirs), ABI_PICK(f, g)) \
	}
/* Struct and field are called the same. */
#define ABI_SAME(t, f)                                         \
	{                                                      \
#t "." #f, (long long)__builtin_offsetof(t, f) \
	}

#endif
