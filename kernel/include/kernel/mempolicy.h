/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory policies, of a machine with one node: set_mempolicy(2), mbind(2).
 * There is nothing to choose, so a policy is only remembered: eight bits, which
 * a task carries as they are and an area in the upper bits of its flags, so
 * that areas split and join by them like by any other flag.
 */
#ifndef KERNEL_MEMPOLICY_H
#define KERNEL_MEMPOLICY_H

#include <abi/mman.h>
#include <kernel/types.h>

#define MEMPOLICY_MODE	   0x07u
#define MEMPOLICY_NODE0	   0x08u /* the mask names node 0 */
#define MEMPOLICY_STATIC   0x10u
#define MEMPOLICY_RELATIVE 0x20u
#define MEMPOLICY_BALANCE  0x40u
#define MEMPOLICY_SET	   0x80u /* else: the default policy */

#define VM_MEMPOLICY_SHIFT 24
#define VM_MEMPOLICY	   (0xffu << VM_MEMPOLICY_SHIFT)

static inline u32 vma_mempolicy(u32 vm_flags)
{
	return vm_flags >> VM_MEMPOLICY_SHIFT;
}
/* As the first argument of set_mempolicy gives it. */
static inline int mempolicy_mode(u32 p)
{
	if (!(p & MEMPOLICY_SET))
		return MPOL_DEFAULT;
	return (int)(p & MEMPOLICY_MODE) |
	       (p & MEMPOLICY_STATIC ? MPOL_F_STATIC_NODES : 0) |
	       (p & MEMPOLICY_RELATIVE ? MPOL_F_RELATIVE_NODES : 0) |
	       (p & MEMPOLICY_BALANCE ? MPOL_F_NUMA_BALANCING : 0);
}

#define MEMPOLICY_TEXT 48
/* As /proc/PID/numa_maps shows it. */
void mempolicy_text(u32 p, char buf[MEMPOLICY_TEXT]);

#endif
