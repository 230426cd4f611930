/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that C and assembly share: protection-key values, the layout of
 * struct host_task and struct pt_regs, and the scratch area. trap_direct.c
 * asserts that they agree with the structs.
 */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

/*
 * PKRU. Key 1 guards arena and pool. The host starts signal handlers with
 * 0x55555554; guest code never has that value, so a handler that does not start
 * with it was jumped to. The kernel's value is not zero.
 */
#define PKRU_HANDLER  0x55555554
#define PKRU_USER     0xfffffffc
#define PKRU_KERNEL   0xfffffff0

/*
 * Which thread runs is told by the segment limit of the first thread-local
 * descriptor (LSL): set once per thread through the host, and not to be
 * changed by anything user mode can execute.
 */
#define SLOT_SELECTOR 0x63
#define SLOT_SHIFT    7
#define MAX_SLOTS     8192

/* struct boot_params */
#define BP_PKEY	      160

#define SLOT_FREE     0
#define SLOT_USER     1 /* in user mode: kick by signal */
#define SLOT_KERNEL   2
#define SLOT_IDLE     3 /* parked, waits for work */

/* struct host_task */
#define HT_STATE      0
#define HT_STACKTOP   8
#define HT_SCRATCH    16
#define HT_TASK	      24

/* struct task, counted from task_regs() */
#define STACK_SIZE    81920
#define PAD_SIZE      32768
#define TASK_WORK_OFF (PT_SIZE + PAD_SIZE)
#define HT_TASK_OFF   (PT_SIZE + PAD_SIZE + 16)

/* struct pt_regs, in bytes */
#define PT_R15	      0
#define PT_R14	      8
#define PT_R13	      16
#define PT_R12	      24
#define PT_RBP	      32
#define PT_RBX	      40
#define PT_R11	      48
#define PT_R10	      56
#define PT_R9	      64
#define PT_R8	      72
#define PT_RAX	      80
#define PT_RCX	      88
#define PT_RDX	      96
#define PT_RSI	      104
#define PT_RDI	      112
#define PT_ORIG_RAX   120
#define PT_RIP	      128
#define PT_CS	      136
#define PT_RFLAGS     144
#define PT_RSP	      152
#define PT_SS	      160
#define PT_ENTRY      168
#define PT_SIZE	      176

/* the scratch area at the end of the pad, plain memory of the process */
#define SCRATCH_SIZE  256
#define SCR_RAX	      0
#define SCR_RDX	      8
#define SCR_RIP	      16
#define SCR_RSP	      24
#define SCR_RCX	      32
#define SCR_R11	      40
#define SCR_FLAGS     48
#define SCR_CS	      56 /* with RIP2 below and the rest: an iret frame */
#define SCR_IRET      64

#define USER_CS	      0x33
#define USER_SS	      0x2b

/* flags that make the plain way out impossible: TF DF NT AC (IOPL never) */
#define FLAGS_ODD     0x44500
/* what user mode may set */
#define FLAGS_USER    0x244dd5

#endif
