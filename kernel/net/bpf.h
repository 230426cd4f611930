/* SPDX-License-Identifier: GPL-2.0 */
/* Classic packet filters: bpf.c. */
#ifndef KERNEL_NET_BPF_H
#define KERNEL_NET_BPF_H

#include <kernel/types.h>

struct bpf_prog;

/* From a guest's struct sock_fprog. => kfree() it, or ERR_PTR */
struct bpf_prog *bpf_load(uaddr fprog, u32 len);
/* => how many bytes of the packet to keep; 0: none of it */
u32 bpf_run(const struct bpf_prog *f, const u8 *data, u32 len, u16 proto,
	    int ifindex, u8 type);

#endif
