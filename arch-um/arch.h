/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arch-um's own structures.
 *
 * struct host_task ("slot") is one host thread of the machine. Slots stand in
 * one table, indexed by the number that LSL tells the thread about itself.
 * A slot runs one task's kernel context at a time; contexts move between slots
 * (exec after vfork, adoption of a dead process's tasks), so task->host changes.
 */
#ifndef ARCH_H
#define ARCH_H

#include <hostapi/boot.h>
#include <hostapi/host.h>
#include <hostapi/kern.h>
#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/lock.h>
#include "layout.h"

struct task;

#define VDSO_BASE 0x683000000000ull /* the host's vDSO, moved */

/* What a host context is doing, for whoever finds its process dead. */
enum ctx_state {
	CTX_RUNNING, /* kernel or user code, see state */
	CTX_ASLEEP,  /* in host_futex_wait: ctx_sp is valid */
	CTX_ADOPTED, /* taken over by another thread */
};

enum idle_cmd { IDLE_WAIT, IDLE_RUN };

struct mm_call;

struct host_task {
	uint32_t state; /* SLOT_* */
	uint32_t index;
	uint64_t stack_top;  /* task_regs() + 1 of its task */
	uint64_t scratch;    /* in its pad */
	struct task *task;   /* whose context runs here */
	uint64_t idle_stack; /* top of a small stack of its own */
	uint32_t host_pid, host_tid;
	uint32_t alive; /* cleared by the host when the thread is gone */
	uint32_t ctx_state;
	uint64_t ctx_sp;	/* saved context: see gate.S */
	uint64_t fpu;		/* XSAVE image in the pad, 0 = live */
	struct mm_call *calls;	/* work for this address space */
	uint32_t idle_word;	/* futex: enum idle_cmd */
	uint32_t is_zygote;	/* lives in the first process */
	struct host_task *next; /* free list, blank list */
	uint64_t gs_base;	/* the guest's own, if it set one */
	uint32_t gs_set;
	uint32_t kind;	       /* enum slot_kind */
	uint32_t *wait_word;   /* where it sleeps, so that it can be asked */
	uint32_t kick_blocked; /* kicks are shut out by the host's mask */
	uint32_t spare;
};
_Static_assert(sizeof(struct host_task) == 1 << SLOT_SHIFT, "slot size");

enum slot_kind { SLOT_GUEST, SLOT_KTHREAD, SLOT_BLANK };

/* Thread descriptors (struct user_desc by slot), keyed, below USER_MIN. */
#define LOW_TABLE      0x10000ull
#define LOW_TABLE_SIZE (MAX_SLOTS * 16ull)

extern struct host_task slots[MAX_SLOTS];
extern uint32_t slots_used; /* highest index ever used + 1 */
extern uint64_t host_token;
extern const struct boot_params *boot;
extern struct host_counters counters;
extern uint32_t zygote_pid;

/* --- host calls (gate.S). Raw: => the host's value or -errno --- */
long host_call(long nr, long a1, long a2, long a3, long a4, long a5);
long host_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd,
	       uint64_t off);
long host_futex(uint32_t *w, int op, uint32_t val, const void *timeout,
		uint32_t val3);

/* --- the host's vDSO (host.c) --- */
struct host_timespec;
extern int (*host_vdso_clock)(int clock, struct host_timespec *ts);
extern uint64_t host_vdso_end; /* 0: none */
/*
 * Was it the vDSO that made a call which the filter refused? Then the host's
 * clock cannot be read without a call (no TSC), and the kernel makes its own
 * from now on.
 */
bool host_vdso_refused(uint64_t rip);

/* --- entry and exit (entry.S) --- */
extern char gate_jump[], gate_jump_saved[], gate_jump_switched[],
	gate_jump_end[], gate_slow[];
extern char gate_signal[], gate_signal_end[];
extern char gate_exit_end[], gate_bad[];
extern char host_sigreturn_code[], adopted_trampoline[];
void exit_to_user(struct pt_regs *regs) __attribute__((noreturn));
long ctx_wait6(uint64_t *ctx_sp, const long call[7]);
void ctx_resume(uint64_t sp, long value) __attribute__((noreturn));
long ctx_leave(uint64_t *ctx_sp, uint64_t new_sp, void (*fn)(void *, void *),
	       void *a, void *b);
void stack_run(uint64_t new_sp, void (*fn)(void *, void *), void *a, void *b)
	__attribute__((noreturn));
long host_clone(uint64_t flags, uint64_t stack, uint32_t *ptid, uint32_t *ctid,
		void (*fn)(void *), void *arg);
long host_set_slot(uint32_t desc, uint32_t token_lo, uint32_t token_hi);
long host_call6(long nr, long a1, long a2, long a3, long a4, long a5, long a6);

/* --- thread.c --- */
struct host_task *slot_alloc(void);
void slot_free(struct host_task *ht);
struct host_task *slot_of_task(const struct task *t);
struct host_task *slot_current(void);
void slot_bind(struct host_task *ht, struct task *t);
/* Shut kicks out, on the slot's own thread; they are kept for later. */
void thread_block_kick(struct host_task *ht);
/* Let kicks in again, if they are shut out. */
void thread_unblock_kick(struct host_task *ht);
void thread_identity(struct host_task *ht);
/* Park: wait for a command; with kicks shut out. */
void thread_idle_loop(struct host_task *ht) __attribute__((noreturn));
/* Move the current context to another slot; returns there. */
void ctx_migrate(struct host_task *from, struct host_task *to);
void zygote_main(void) __attribute__((noreturn));
/* A kernel thread's body: makes blank processes on request. */
void zygote_server(void *unused);
struct host_task *blank_get(void);
/* Tell the first process to end everything; returns. */
void machine_exit_soon(int code);

/* mm->host[]: the host process that has this address space */
#define MM_HOST_PID 0
/* Did that host process hold this address space? */
bool mm_was_in(const struct mm *mm, uint32_t pid);

/* --- mm_direct.c --- */
void mm_calls_run(struct host_task *ht);
void mm_calls_abort(struct host_task *ht);
int mm_empty_user_range(void);

/* --- fpu.c --- */
extern uint64_t fpu_mask; /* features of user frames, without PKRU */
extern uint32_t fpu_size; /* of an XSAVE image with these (and PKRU's place) */
extern uint32_t fpu_pkru_off; /* of PKRU in it; 0: there is none */

/* The software trailer that tells user space what the image holds. */
#define FPU_MAGIC1 0x46505853u
#define FPU_MAGIC2 0x46505845u
struct fpu_sw_bytes {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size;
	uint32_t padding[7];
};
void fpu_trailer(struct fpu_sw_bytes *sw);
void fpu_init(uint64_t minsigstksz);
int fpu_check_stack(const struct host_task *ht, uint64_t context,
		    uint64_t image);
int fpu_check_pad(const struct host_task *ht, uint64_t addr);

/* Wholly inside the user range? Says nothing of mappings. */
static inline bool arch_user_range(uint64_t a, uint64_t n)
{
	uint64_t end = a + n;

	return end >= a && ((a >= USER_MIN && end <= KERNEL_RANGE_LO) ||
			    (a >= KERNEL_RANGE_HI && end <= USER_MAX));
}

/* --- filter.c --- */
void filter_install(uint64_t token, const struct boot_params *bp);

/* --- text_keys.c --- */
/* An instruction that stands for WRPKRU or XRSTOR faulted. => it is done */
bool text_emulate(struct pt_regs *regs);

/* The host's clock of a process's (2) or thread's (6) processor time. */
#define HOST_CPU_CLOCK(id, kind) ((int)((~(uint32_t)(id) << 3) | (kind)))

/* --- trap_direct.c --- */
struct siginfo;
struct abi_ucontext;
struct pt_regs *direct_signal_nested(int sig, const struct siginfo *info,
				     struct abi_ucontext *uc,
				     struct host_task *ht);
void arch_panic(const char *msg) __attribute__((noreturn));

#include "faults.h"

#endif
