/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making things fail on purpose, in kernels built with FAULTS=1; else nothing.
 * The story is in kernel/debug/faults.c.
 */
#ifndef KERNEL_FAULTS_H
#define KERNEL_FAULTS_H

#include <kernel/types.h>

#ifdef CONFIG_FAULTS
/* Is this one to fail? */
bool fault_alloc(void);
bool fault_host(void);
/* The kernel words failalloc= and failhost=. */
void fault_word_alloc(const char *v);
void fault_word_host(const char *v);
#else
static inline bool fault_alloc(void)
{
	return false;
}
static inline void fault_word_alloc(const char *v)
{
}
static inline void fault_word_host(const char *v)
{
}
#endif

#endif
