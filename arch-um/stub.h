/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ptrace backend's stubs.
 *
 * A stub is a host process that holds one guest address space and nothing else:
 * of the machine's own memory it has one page of text (stub_code.S), the vDSO
 * and a scratch area. A stub thread
 * is one guest thread. It is traced by the host thread, in the zygote process,
 * that runs the kernel context of the same task, and by no other; so it stands
 * still whenever its task is in the kernel.
 *
 * struct stub lives in the task's pad, which nothing else uses here. It belongs
 * to the task itself; `pid` and `tid` are read by those who kick.
 */
#ifndef ARCH_STUB_H
#define ARCH_STUB_H

#include "backend.h"
#include <kernel/task.h>

/* Private memory of each stub in the kernel range, writable by the guest. */
#define STUB_AREA	  0x682000000000ull
#define STUB_SCRATCH	  STUB_AREA /* results of host calls: one page … */
#define STUB_CLOCKS	  (STUB_AREA + 0x1000) /* … and 16 bytes a slot */
#define STUB_SCRATCH_SIZE (0x1000 + MAX_SLOTS * 16)
#define STUB_STACKS	  (STUB_AREA + 0x100000) /* signal stacks, by slot */
#define STUB_STACK_SIZE	  16384ull

/* The first words of the host's user_regs_struct are struct pt_regs. */
enum { STUB_REGS = 21, STUB_FS = 21, STUB_GS = 22, STUB_REGS_ALL = 23 };

struct stub {
	uint32_t pid, tid; /* 0: none */
	bool dead;	   /* killed from outside */
	bool base_dirty;   /* fs and gs are not in the processor yet */
	/* the last fault, if nothing has happened since */
	bool fault_again;
	uint64_t fault_rip, fault_addr;
	uint64_t fs, gs;     /* base addresses */
	bool threaded;	     /* the process has had other threads */
	uint64_t cpu_former; /* CPU time of former stubs */
	uint64_t cpu_seen;   /* threaded: of this one, as far as known */
	uint64_t ran_since;  /* threaded: when it was resumed, 0: it stands */
	uint64_t r[STUB_REGS_ALL];
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

/* --- stub_code.S: entry points in kernel text, and where they stop --- */
extern char stub_page[], stub_syscall[], stub_syscall_end[], stub_clone[],
	stub_clone_end[], stub_cmpxchg[], stub_cmpxchg_end[], stub_leave[];
void stub_born(void *zygote) __attribute__((noreturn));

/* How a stub has stopped. */
enum stub_stop {
	STUB_SYSCALL = 0x85, /* SIGTRAP | 0x80 */
	STUB_KICKED = 0x100, /* nothing happened but that it was asked */
	STUB_DEAD = 0x200,
	/* everything else is a host signal number */
};

enum stub_resume { STUB_CONT = 7, STUB_SYSEMU = 31, STUB_SYSEMU_STEP = 32 };

/* --- stub.c --- */
struct stub_siginfo {
	int signo, error, code, pad;
	uint64_t addr;
	uint64_t rest[13];
};

long stub_ptrace(int request, uint32_t tid, uint64_t addr, const void *data);
/* => enum stub_stop or a signal number */
int stub_resume(struct stub *s, enum stub_resume how, int sig);
bool stub_get_regs(struct stub *s);
bool stub_get_siginfo(struct stub *s, struct stub_siginfo *si);
/* Of s->r, n words. */
bool stub_set_regs(struct stub *s, unsigned int n);
/* Run code of stub_code.S up to `end`; s->r has been filled in. => s->r, false: it
   did not get there (fault, or dead). */
bool stub_run(struct stub *s, const char *from, const char *end);
long stub_call(struct stub *s, long nr, long a1, long a2, long a3, long a4,
	       long a5, long a6);
/* A thread or process with a copy of s's registers. => host tid or -errno */
long stub_clone_call(struct stub *s, uint64_t flags);
/* Become the tracer of a stub thread that waits in stub_born. => 0, -errno */
int stub_seize(struct stub *s);
/* A stub with an empty address space, traced by us. => 0, -errno */
int stub_create(struct stub *s);
/* Let the stub thread end on its own. */
void stub_release(struct stub *s);
void stub_server(void *unused);
void stub_first_thread(void) __attribute__((noreturn));
uint64_t stub_cpu_ns(const struct stub *s);
/* Of current's own, exactly. */
uint64_t stub_cpu_ns_self(void);

/* --- mm_ptrace.c --- */
size_t stub_copy_from(void *dst, uint64_t src, size_t n);
size_t stub_copy_to(uint64_t dst, const void *src, size_t n);
size_t stub_clear(uint64_t dst, size_t n);
ssize_t stub_strncpy_from(char *dst, uint64_t src, size_t size);
int stub_cmpxchg_user(uint64_t a, uint32_t *old, uint32_t new_val);
long stub_user_call(long nr, long a1, long a2, long a3, long a4, long a5);
long stub_user_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		    uint64_t off);
long stub_user_resident(uint64_t addr, uint64_t len, uint8_t *vec);
int stub_mm_exec(struct mm *new_mm, bool shared);

/* --- fpu_ptrace.c --- */
/* The whole vector state, into or from stub_xstate(current). */
bool stub_fpu_get(void);
bool stub_fpu_set(void);
int stub_fpu_save(uint64_t dst);
int stub_fpu_restore(uint64_t src);
void stub_fpu_reset(void);

#endif
