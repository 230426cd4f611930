/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel and the code in the stubs (stub_code.S) agree on: where things
 * are, and the layout of the pages they share. stub.c asserts that it agrees
 * with the structs in stub.h.
 */
#ifndef ARCH_STUB_LAYOUT_H
#define ARCH_STUB_LAYOUT_H

#include "layout.h"

/* In a stub. The filter tells the two regions apart by their upper halves. */
#define STUB_AREAS	  0x682000000000 /* a signal stack for each thread */
#define STUB_ORDERS	  0x682200000000 /* what the keeper shall do: read-only */
#define STUB_REPORT	  0x682200001000 /* what came of it */
#define STUB_AREAS_HI	  0x6820
#define STUB_ORDERS_HI	  0x6822

#define STUB_AREA_SIZE	  16384
#define STUB_CODE_SIZE	  4096

/* struct stub_orders */
#define OR_SEQ		  0 /* futex: a new list */
#define OR_COUNT	  4
#define OR_DONE		  8  /* futex: never written, only woken */
#define OR_NAP		  12 /* futex: never written nor woken */
#define OR_NAPTIME	  16
#define OR_FAILED	  32 /* futex, like OR_DONE: the last order has failed */
#define OR_LIST		  64
#define OR_MAX		  36
#define OR_BIRTH	  2560 /* the first signal frame of a thread */

/* struct stub_order */
#define ORDER_SHIFT	  6
#define ORDER_NR	  0
#define ORDER_ARGS	  8
#define ORDER_KIND	  56
#define ORDER_FLAGS	  60
#define ORDER_CALL	  0 /* token in argument 6 */
#define ORDER_MMAP	  1 /* token in the upper halves of flags and fd */
#define ORDER_FORK	  2
#define ORDER_THREAD	  3
#define ORDER_MUST	  1 /* if it fails, the stub dies */

/* struct stub_area */
#define AR_STATE	  0
#define AR_KSLEEP	  4 /* futex: the kernel sleeps */
#define AR_SSLEEP	  8 /* futex: the stub sleeps */
#define AR_KICKED	  12
#define AR_SIG		  16
#define AR_SPIN		  20
#define AR_UC		  24
#define AR_INFO		  32
#define AR_FS		  40
#define AR_GS		  48
#define AR_BASES	  56 /* fs and gs are to be loaded */
#define AR_OP		  60
#define AR_OP_ADDR	  64
#define AR_OP_OLD	  72
#define AR_OP_NEW	  76
#define AR_OP_BAD	  80
#define AR_CPU		  84
#define AR_XMASK	  88
#define AR_STACK	  256 /* from here on signal stack */

/* who has the thread; AR_STATE */
#define STUB_RUNS	  0 /* the guest */
#define STUB_STOPPED	  1 /* it waits for the kernel */
#define STUB_GO		  2 /* the kernel wants it to run */

#define STUB_NESTED	  0x100 /* AR_SIG: the stub's own code was interrupted */

#define STUB_OP_CMPXCHG	  1

/* struct abi_ucontext */
#define UC_REGS		  40
#define UC_RIP		  (UC_REGS + 128)
#define UC_FPSTATE	  (UC_REGS + 184)
/* five words for iret, so far below it */
#define UC_IRET		  64

#define FD_STUBS	  7

/* VM, FS, SIGHAND, THREAD, SYSVSEM, UNTRACED: descriptors of its own */
#define STUB_CLONE_THREAD 0x850b00
#define STUB_CLONE_FORK	  0x808011 /* PARENT, UNTRACED; SIGCHLD */
#endif
