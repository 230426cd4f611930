/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals: numbers, codes, struct siginfo, sigaction flags, sigevent, and the
 * frame that a handler finds on its stack.
 */
#ifndef ABI_SIGNAL_H
#define ABI_SIGNAL_H

#include <kernel/types.h>

#define NSIG		  64
#define SIGHUP		  1
#define SIGINT		  2
#define SIGQUIT		  3
#define SIGILL		  4
#define SIGTRAP		  5
#define SIGABRT		  6
#define SIGIOT		  6
#define SIGBUS		  7
#define SIGFPE		  8
#define SIGKILL		  9
#define SIGUSR1		  10
#define SIGSEGV		  11
#define SIGUSR2		  12
#define SIGPIPE		  13
#define SIGALRM		  14
#define SIGTERM		  15
#define SIGSTKFLT	  16
#define SIGCHLD		  17
#define SIGCONT		  18
#define SIGSTOP		  19
#define SIGTSTP		  20
#define SIGTTIN		  21
#define SIGTTOU		  22
#define SIGURG		  23
#define SIGXCPU		  24
#define SIGXFSZ		  25
#define SIGVTALRM	  26
#define SIGPROF		  27
#define SIGWINCH	  28
#define SIGIO		  29
#define SIGPOLL		  29
#define SIGPWR		  30
#define SIGSYS		  31
#define SIGRTMIN	  32
#define SIGRTMAX	  64

/* dispositions, as addresses */
#define SIG_DFL		  0ull
#define SIG_IGN		  1ull

#define SIG_BLOCK	  0
#define SIG_UNBLOCK	  1
#define SIG_SETMASK	  2

#define SA_NOCLDSTOP	  0x00000001
#define SA_NOCLDWAIT	  0x00000002
#define SA_SIGINFO	  0x00000004
#define SA_UNSUPPORTED	  0x00000400
#define SA_EXPOSE_TAGBITS 0x00000800
#define SA_RESTORER	  0x04000000
#define SA_ONSTACK	  0x08000000
#define SA_RESTART	  0x10000000
#define SA_NODEFER	  0x40000000
#define SA_NOMASK	  0x40000000
#define SA_ONESHOT	  0x80000000u
#define SA_RESETHAND	  0x80000000

#define SS_ONSTACK	  1
#define SS_DISABLE	  2
#define SS_AUTODISARM	  0x80000000u
#define MINSIGSTKSZ	  2048
#define SIGSTKSZ	  8192

/* si_code */
#define SI_USER		  0
#define SI_KERNEL	  0x80
#define SI_ASYNCNL	  (-60)
#define SI_DETHREAD	  (-7)
#define SI_TKILL	  (-6)
#define SI_SIGIO	  (-5)
#define SI_ASYNCIO	  (-4)
#define SI_MESGQ	  (-3)
#define SI_TIMER	  (-2)
#define SI_QUEUE	  (-1)
#define ILL_ILLOPC	  1
#define ILL_ILLOPN	  2
#define ILL_ILLADR	  3
#define ILL_ILLTRP	  4
#define ILL_PRVOPC	  5
#define ILL_PRVREG	  6
#define ILL_COPROC	  7
#define ILL_BADSTK	  8
#define ILL_BADIADDR	  9
#define FPE_INTDIV	  1
#define FPE_INTOVF	  2
#define FPE_FLTDIV	  3
#define FPE_FLTOVF	  4
#define FPE_FLTUND	  5
#define FPE_FLTRES	  6
#define FPE_FLTINV	  7
#define FPE_FLTSUB	  8
#define FPE_FLTUNK	  14
#define FPE_CONDTRAP	  15
#define SEGV_MAPERR	  1
#define SEGV_ACCERR	  2
#define SEGV_BNDERR	  3
#define SEGV_PKUERR	  4
#define SEGV_ACCADI	  5
#define SEGV_ADIDERR	  6
#define SEGV_ADIPERR	  7
#define SEGV_MTEAERR	  8
#define SEGV_MTESERR	  9
#define BUS_ADRALN	  1
#define BUS_ADRERR	  2
#define BUS_OBJERR	  3
#define BUS_MCEERR_AR	  4
#define BUS_MCEERR_AO	  5
#define TRAP_BRKPT	  1
#define TRAP_TRACE	  2
#define TRAP_BRANCH	  3
#define TRAP_HWBKPT	  4
#define TRAP_UNK	  5
#define TRAP_PERF	  6
#define CLD_EXITED	  1
#define CLD_KILLED	  2
#define CLD_DUMPED	  3
#define CLD_TRAPPED	  4
#define CLD_STOPPED	  5
#define CLD_CONTINUED	  6
#define POLL_IN		  1
#define POLL_OUT	  2
#define POLL_MSG	  3
#define POLL_ERR	  4
#define POLL_PRI	  5
#define POLL_HUP	  6
#define SYS_SECCOMP	  1
#define SYS_USER_DISPATCH 2

union sigval {
	s32 sival_int;
	u64 sival_ptr;
};

struct siginfo {
	s32 si_signo;
	s32 si_errno;
	s32 si_code;
	s32 si_pad;
	union {
		s32 si_raw[28];
		/* from processes, timers and children */
		struct {
			union {
				s32 si_pid;
				s32 si_tid; /* SI_TIMER: the timer's number */
				s32 si_timerid;
			};
			union {
				u32 si_uid;
				s32 si_overrun;
			};
			union {
				struct {
					union {
						union sigval si_value;
						s32 si_int;
						u64 si_ptr;
					};
					s32 si_sys_private;
				};
				struct { /* SIGCHLD */
					s32 si_status;
					s64 si_utime;
					s64 si_stime;
				};
			};
		};
		/* faults */
		struct {
			u64 si_addr;
			union {
				s32 si_trapno;
				s16 si_addr_lsb;
				struct {
					u64 si_pad2;
					u64 si_lower;
					u64 si_upper;
				};
				struct {
					u64 si_pad3;
					u32 si_pkey;
				};
			};
		};
		struct { /* SIGIO */
			s64 si_band;
			s32 si_fd;
		};
		struct { /* SIGSYS */
			u64 si_call_addr;
			s32 si_syscall;
			u32 si_arch;
		};
	};
};
_Static_assert(sizeof(struct siginfo) == 128, "siginfo");

#define SIGEV_SIGNAL	0
#define SIGEV_NONE	1
#define SIGEV_THREAD	2
#define SIGEV_THREAD_ID 4

struct sigevent {
	union sigval sigev_value;
	s32 sigev_signo;
	s32 sigev_notify;
	union {
		s32 pad[12];
		s32 tid;
		struct {
			u64 function;
			u64 attribute;
		} thread;
	} u;
};
#define sigev_notify_thread_id u.tid

/* stack_t of sigaltstack(2) */
struct abi_sigaltstack {
	u64 ss_sp;
	s32 ss_flags;
	u32 pad;
	u64 ss_size;
};

/* struct sigaction of rt_sigaction(2) */
struct abi_sigaction {
	u64 sa_handler;
	u64 sa_flags;
	u64 sa_restorer;
	u64 sa_mask;
};

/* The machine context of a signal frame. */
struct abi_sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp;
	u64 rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate; /* address of an XSAVE image, or 0 */
	u64 reserved[8];
};

struct abi_ucontext {
	u64 uc_flags;
	u64 uc_link;
	struct abi_sigaltstack uc_stack;
	struct abi_sigcontext uc_mcontext;
	u64 uc_sigmask;
};

/* What a handler finds at its stack pointer. */
struct abi_rt_sigframe {
	u64 pretcode;
	struct abi_ucontext uc;
	struct siginfo info;
};

#define UC_FP_XSTATE	     1
#define UC_SIGCONTEXT_SS     2
#define UC_STRICT_RESTORE_SS 4

/* Software trailer of the FXSAVE area, at byte 464 of it. */
struct abi_fpx_sw_bytes {
	u32 magic1;
	u32 extended_size;
	u64 xfeatures;
	u32 xstate_size;
	u32 padding[7];
};
#define FPX_SW_OFFSET	      464
#define FP_XSTATE_MAGIC1      0x46505853u
#define FP_XSTATE_MAGIC2      0x46505845u
#define FP_XSTATE_MAGIC2_SIZE 4

#endif
