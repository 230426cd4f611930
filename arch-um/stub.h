/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The strict backends: what `seccomp` and `ptrace` have in common.
 *
 * The kernel runs in one host process, a thread for each task. A *stub* is a
 * host process that holds one guest address space and nothing else. Of the
 * machine it has one page of text (stub_code.S), the vDSO, and pages that it
 * shares with the kernel through a memory file of their own. In it run
 *
 *   the keeper	 the first thread. It carries out lists of orders: map, unmap,
 *		 protect, fork, make a thread. It holds the token that the stubs'
 *		 filter wants, in a register and nowhere else; uses no memory but
 *		 a page that is read-only there; and takes no signals. So guest
 *		 code, which shares all of its memory, can neither learn the
 *		 token nor change what it does nor say "done" in its name.
 *   guest threads  one for each guest thread. They have no descriptors, no
 *		 token, and may make one host call: futex, on their own pages.
 *
 * How a guest thread is stopped and let run is the backends' difference
 * (struct strict_trap): a handler in the stub, or a tracer.
 *
 * struct space is a stub process; it stands in a table and belongs to the tasks
 * that use it (`users`) and to the reaper. struct stub is a task's part; it lives
 * in the task's pad, which nothing else uses here.
 */
#ifndef ARCH_STUB_H
#define ARCH_STUB_H

#include "backend.h"
#include "stub_layout.h"
#include <abi/signal.h>
#include <kernel/task.h>

#define SPACES_MAX MAX_SLOTS
#define PLACE_MASK 128 /* bytes of an affinity mask */

struct stub_order {
	uint64_t nr, a[6];
	uint32_t kind, flags;
};

struct stub_orders {
	uint32_t seq, count, done, nap;
	uint64_t naptime[2];
	uint32_t failed, spare0;
	uint64_t nonce;
	uint64_t spare[2];
	struct stub_order list[OR_MAX];
	uint8_t spare2[OR_BIRTH - OR_LIST - OR_MAX * sizeof(struct stub_order)];
	struct abi_ucontext birth;
	uint8_t spare3[4096 - OR_BIRTH - sizeof(struct abi_ucontext)];
};

/* Guest code can write here: good for what only concerns itself. */
struct stub_report {
	int64_t value; /* of the last order, or why it has failed */
	uint8_t resident[4088];
};

/* Shared with a guest thread, which can write all of it. */
struct stub_area {
	uint32_t state, ksleep, ssleep, kicked;
	uint32_t sig, spin;
	uint64_t uc, info; /* addresses in the stub */
	uint64_t fs, gs;
	uint32_t bases, op;
	uint64_t op_addr;
	uint32_t op_old, op_new, op_bad, cpu;
	uint64_t xmask;
	uint8_t spare[AR_STACK - 96];
	uint8_t stack[STUB_AREA_SIZE - AR_STACK];
};

struct space {
	uint32_t pid;
	uint32_t dead;	  /* the host process is gone, or not to be trusted */
	uint32_t ended;	  /* … by us */
	uint32_t state;	  /* SPACE_*, under spaces_lock */
	uint32_t users;	  /* under spaces_lock */
	uint32_t threads; /* it has had, beside the keeper */
	uint32_t keeper_cpu; /* processor + 1 that the keeper is bound to */
	bool batch;	     /* the keeper's scheduling policy is set */
	bool stray;	     /* a process of it that we do not know may live */
	bool fresh; /* its guest has not run yet: orders are gathered */
	uint32_t gathered;
	uint32_t areas, parked; /* lists of area numbers + 1 */
	struct mutex lock;	/* one list at a time */
	struct space *next;
};

/* The first words of the host's user_regs_struct are struct pt_regs. */
enum { STUB_REGS = 21, STUB_FS = 21, STUB_GS = 22, STUB_REGS_ALL = 23 };

struct stub {
	struct space *space; /* NULL: none */
	uint32_t tid;
	uint32_t area;
	bool base_dirty; /* fs and gs are not in the processor yet */
	/* the last fault, if nothing has happened since (ptrace) */
	bool fault_again;
	uint64_t fault_rip, fault_addr;
	uint64_t fs, gs;     /* base addresses */
	uint64_t cpu_former; /* CPU time of former stubs */
	uint64_t cpu_ran;    /* time that this one was let run */
	uint64_t ran_since;  /* when it was resumed, 0: it stands */
	uint64_t image;	     /* offset of the XSAVE image in the area */
	uint32_t uc;	     /* offset of the registers in the area */
	uint32_t deaf;	     /* how often it was asked in vain */
	/* place_strict.c */
	uint32_t place, place_count, place_bad, place_late, spin;
	uint32_t cpu; /* processor + 1 that the guest thread is bound to */
	uint32_t place_backoff;
	uint64_t place_until, spin_after;
	uint8_t allowed[PLACE_MASK];
	bool inherits; /* vector state, from stub_xstate() (ptrace) */
	uint64_t r[STUB_REGS_ALL]; /* ptrace */
};

#define STUB_XSTATE_OFF 4096 /* in the pad */
#define STUB_XSTATE_MAX (TASK_PAD_SIZE - STUB_XSTATE_OFF)

static inline struct stub *stub_of(const struct task *t)
{
	return (struct stub *)((char *)task_block(t) + TASK_STACK_SIZE);
}
static inline uint8_t *stub_xstate(const struct task *t)
{
	return (uint8_t *)stub_of(t) + STUB_XSTATE_OFF;
}
static inline bool stub_dead(const struct stub *s)
{
	return !s->space || READ_ONCE(s->space->dead);
}

/* What the two backends do differently; for current unless said otherwise. */
struct strict_trap {
	/* Its guest thread has been made and waits in its area. => 0, -errno */
	int (*attach)(struct stub *s);
	/* Leave the guest thread waiting in its area. */
	void (*detach)(struct stub *s);
	/* A guest thread has ended without its task's doing; may be absent. */
	bool (*lost)(uint32_t tid);
	void (*user_loop)(void *unused1, void *unused2);
	/* The vector state to hand to a new thread, into stub_xstate(child). */
	void (*fpu_inherit)(struct task *child);
	/* The XSAVE image: => where it can be read and changed, or NULL. */
	uint8_t *(*fpu_get)(void);
	bool (*fpu_set)(void);
	int (*cmpxchg)(uint64_t a, uint32_t *old, uint32_t new_val);
};
extern const struct strict_trap *strict;
extern const struct strict_trap strict_ptrace, strict_seccomp;

/* --- stub_code.S --- */
extern char stub_page[], stub_keeper[], stub_thread_wait[], stub_handler[],
	stub_cmpxchg[], stub_cmpxchg_end[];
void stub_enter_keeper(uint64_t token) __attribute__((noreturn));

/* --- stub.c: stub processes --- */
struct stub_area *area_at(uint32_t n);
static inline uint64_t area_in_stub(uint32_t n)
{
	return STUB_AREAS + (uint64_t)n * STUB_AREA_SIZE;
}
void stub_init(const struct boot_params *bp);
/* A stub with an empty address space and one guest thread. => 0, -errno */
int space_create(struct stub *s);
/* The same, with a copy of the memory of `from`; space_settle() goes on. */
int space_fork(struct stub *s, struct space *from);
/* By the task's own thread: the new stub is there. => 0, -errno */
int space_settle(struct stub *s);
/* One more guest thread. => 0, -errno */
int space_add_thread(struct stub *s, struct space *sp);
/* The task does not use it any more. */
void space_leave(struct stub *s);
/* End it, whatever it does. */
void space_kill(struct space *sp);
/* Carry out one call. => the host's value or -errno */
long space_call(struct space *sp, const struct stub_order *o);
/* Send what was gathered for a fresh one. => false: it is dead */
bool space_flush(struct space *sp);
struct stub_report *space_report(const struct space *sp);
void strict_first_thread(void) __attribute__((noreturn));
void strict_server(void *unused);
uint64_t stub_cpu_ns(const struct stub *s);
void stub_cpu_start(struct stub *s);
void stub_cpu_stop(struct stub *s);

/* --- place_strict.c --- */
enum { PLACE_LOOSE, PLACE_BOUND, PLACE_SPIN, PLACE_AWAY };
#define PLACE_SPIN_KERNEL 300 /* pauses */
#define PLACE_SPIN_STUB	  300
void place_init(const struct boot_params *bp);
void place_new(struct stub *s, const struct stub *like);
void place_enter(struct stub *s);
void place_set(struct stub *s, const uint8_t *mask, size_t n);
void place_keeper(struct space *sp);
void place_before(struct stub *s);
void place_after(struct stub *s, bool late, bool was_late);
void place_computes(struct stub *s);

/* --- mm_strict.c --- */
size_t stub_copy_from(void *dst, uint64_t src, size_t n);
size_t stub_copy_to(uint64_t dst, const void *src, size_t n);
size_t stub_clear(uint64_t dst, size_t n);
ssize_t stub_strncpy_from(char *dst, uint64_t src, size_t size);
long stub_user_call(long nr, long a1, long a2, long a3, long a4, long a5);
long stub_user_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		    uint64_t off);
long stub_user_resident(uint64_t addr, uint64_t len, uint8_t *vec);
int stub_mm_exec(struct mm *new_mm, bool shared);
size_t stub_copy_pid(long nr, uint32_t pid, uint64_t there, void *here,
		     size_t n);

/* --- fpu_strict.c --- */
int stub_fpu_save(uint64_t dst);
int stub_fpu_restore(uint64_t src);
void stub_fpu_reset(void);
void stub_fpu_init_image(uint8_t *x);

/* --- task_strict.c --- */
int strict_start_thread(struct task *child);
int strict_start_fork(struct task *child);
void strict_task_exit(struct task *t);
void strict_return_to_user(void) __attribute__((noreturn));
void strict_exit_work(struct task *t, struct pt_regs *regs);
void strict_kick(struct host_task *ht);
void strict_signals(void);
void strict_thread_enter(struct host_task *ht);
void strict_init(const struct boot_params *bp);
void strict_set_fs(uint64_t base);
uint64_t strict_get_fs(void);
int strict_set_gs(uint64_t base);
uint64_t strict_get_gs(void);
uint64_t strict_cpu_ns(struct task *t);
int strict_set_affinity(struct task *t, const uint8_t *mask, size_t n);

/* --- filter.c --- */
struct sock_filter;
const struct sock_filter *filter_for_stubs(uint64_t token, bool pid_namespace,
					   uint32_t *len);

#endif
