/* SPDX-License-Identifier: GPL-2.0 */
/* ptrace(2) on x86-64. */
#ifndef ABI_PTRACE_H
#define ABI_PTRACE_H

#include <kernel/types.h>

#define PTRACE_SYSCALL_INFO_NONE      0
#define PTRACE_TRACEME		      0
#define PTRACE_EVENTMSG_SYSCALL_ENTRY 1
#define PTRACE_EVENT_FORK	      1
#define PTRACE_O_TRACESYSGOOD	      1
#define PTRACE_PEEKSIGINFO_SHARED     0x1
#define PTRACE_PEEKTEXT		      1
#define PTRACE_SYSCALL_INFO_ENTRY     1
#define PTRACE_EVENTMSG_SYSCALL_EXIT  2
#define PTRACE_EVENT_VFORK	      2
#define PTRACE_O_TRACEFORK	      2
#define PTRACE_PEEKDATA		      2
#define PTRACE_SYSCALL_INFO_EXIT      2
#define PTRACE_EVENT_CLONE	      3
#define PTRACE_PEEKUSR		      3
#define PTRACE_SYSCALL_INFO_SECCOMP   3
#define PTRACE_EVENT_EXEC	      4
#define PTRACE_O_TRACEVFORK	      4
#define PTRACE_POKETEXT		      4
#define PTRACE_EVENT_VFORK_DONE	      5
#define PTRACE_POKEDATA		      5
#define PTRACE_EVENT_EXIT	      6
#define PTRACE_POKEUSR		      6
#define PTRACE_CONT		      7
#define PTRACE_EVENT_SECCOMP	      7
#define PTRACE_KILL		      8
#define PTRACE_O_TRACECLONE	      8
#define PTRACE_SINGLESTEP	      9
#define PTRACE_GETREGS		      12
#define PTRACE_SETREGS		      13
#define PTRACE_GETFPREGS	      14
#define PTRACE_SETFPREGS	      15
#define PTRACE_ATTACH		      16
#define PTRACE_O_TRACEEXEC	      16
#define PTRACE_DETACH		      17
#define PTRACE_GETFPXREGS	      18
#define PTRACE_SETFPXREGS	      19
#define PTRACE_OLDSETOPTIONS	      21
#define PTRACE_SYSCALL		      24
#define PTRACE_GET_THREAD_AREA	      25
#define PTRACE_SET_THREAD_AREA	      26
#define PTRACE_ARCH_PRCTL	      30
#define PTRACE_SYSEMU		      31
#define PTRACE_O_TRACEVFORKDONE	      32
#define PTRACE_SYSEMU_SINGLESTEP      32
#define PTRACE_SINGLEBLOCK	      33
#define PTRACE_O_TRACEEXIT	      64
#define PTRACE_EVENT_STOP	      128
#define PTRACE_O_TRACESECCOMP	      128
#define PTRACE_SETOPTIONS	      0x4200
#define PTRACE_GETEVENTMSG	      0x4201
#define PTRACE_GETSIGINFO	      0x4202
#define PTRACE_SETSIGINFO	      0x4203
#define PTRACE_GETREGSET	      0x4204
#define PTRACE_SETREGSET	      0x4205
#define PTRACE_SEIZE		      0x4206
#define PTRACE_INTERRUPT	      0x4207
#define PTRACE_LISTEN		      0x4208
#define PTRACE_PEEKSIGINFO	      0x4209
#define PTRACE_GETSIGMASK	      0x420a
#define PTRACE_SETSIGMASK	      0x420b
#define PTRACE_SECCOMP_GET_FILTER     0x420c
#define PTRACE_SECCOMP_GET_METADATA   0x420d
#define PTRACE_GET_SYSCALL_INFO	      0x420e
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#define PTRACE_O_EXITKILL	      0x100000
#define PTRACE_O_SUSPEND_SECCOMP      0x200000
#define PTRACE_O_MASK		      0x3000ff

/* PTRACE_GETREGS */
struct user_regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	u64 rax, rcx, rdx, rsi, rdi, orig_rax;
	u64 rip, cs, eflags, rsp, ss;
	u64 fs_base, gs_base, ds, es, fs, gs;
};

struct ptrace_syscall_info {
	u8 op;
	u8 pad[3];
	u32 arch;
	u64 instruction_pointer;
	u64 stack_pointer;
	union {
		struct {
			u64 nr;
			u64 args[6];
		} entry;
		struct {
			s64 rval;
			u8 is_error;
		} exit;
		struct {
			u64 nr;
			u64 args[6];
			u32 ret_data;
		} seccomp;
	};
};

struct ptrace_peeksiginfo_args {
	u64 off;
	u32 flags;
	s32 nr;
};
#define AUDIT_ARCH_X86_64 0xc000003eu

#endif
