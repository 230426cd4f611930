/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which code ran, in kernels built with KCOV=1; else nothing. See
 * kernel/debug/kcov.c.
 */
#ifndef KERNEL_KCOV_H
#define KERNEL_KCOV_H

#include <kernel/types.h>

struct boot_params;

#ifdef CONFIG_KCOV
void kcov_init(const struct boot_params *bp);
/* In struct task; only by the task itself. */
struct kcov_task {
	u64 magic; /* else it is no task */
	u64 *area; /* in the pool: how many, then places; NULL: off */
	u64 words;
	struct kcov *kcov; /* that it is enabled for */
};
void kcov_task_init(struct kcov_task *k);
/* The task goes. */
void kcov_task_exit(struct kcov_task *k);
#else
struct kcov_task {
};
static inline void kcov_init(const struct boot_params *bp)
{
}
static inline void kcov_task_init(struct kcov_task *k)
{
}
static inline void kcov_task_exit(struct kcov_task *k)
{
}
#endif

#endif
