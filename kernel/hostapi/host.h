/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam, downwards: what the kernel needs of a host. Implemented by arch-um
 * (and, for unit tests, by tests/fakehost). Every function says whether it may
 * block. Errors are negative errno values of abi/errno.h.
 *
 * The kernel proper does not know which trap backend runs: in `direct` these
 * act on the calling host thread's own process, or ask a thread of the other
 * process (mm_call); in the strict backends they act on stubs.
 */
#ifndef HOSTAPI_HOST_H
#define HOSTAPI_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hostapi/regs.h>

#define HOSTAPI_VERSION 1

typedef long ssize_t;

struct task;
struct mm;

/* --- Address-space layout (the same in every process of the machine) --- */
#define USER_MIN \
	0x30000ull			  /* vm.mmap_min_addr; below it
						stand the thread descriptors */
#define KERNEL_RANGE_LO 0x680000000000ull /* inaccessible to the guest */
#define KERNEL_RANGE_HI 0x700000000000ull
#define USER_MAX	0x7ffffffff000ull
#define KIMAGE_BASE	0x680000000000ull
#define ARENA_BASE	0x680040000000ull /* within 2 GiB of the text */
#define ARENA_MAX	0x001000000000ull /* 64 GiB of addresses */
#define POOL_BASE	0x6a0000000000ull
#define POOL_MAX	0x040000000000ull /* 4 TiB of addresses */

/* --- Clocks, randomness, the end --- */

/* Never blocks. clock: CLOCK_REALTIME/MONOTONIC/BOOTTIME/…_RAW/…_COARSE. */
uint64_t host_clock_ns(int clock);
/* CPU time used by the task's host thread: user and system together. */
uint64_t host_task_cpu_ns(struct task *t);
/*
 * What the host knows of current: its time in the host's kernel (direct) or in
 * ours (the others), faults of its thread, the most memory its process had
 * resident, 0 when not known. Never blocks.
 */
struct host_usage {
	uint64_t sys_ns, min_flt, maj_flt, maxrss_kb;
};
void host_usage(struct host_usage *u);
/* Fill with host randomness. Never blocks for long. */
void host_random(void *buf, size_t n);
/* End the machine: every process of it. code = exit status of `lodger`. */
void host_machine_exit(int code) __attribute__((noreturn));
/* Write to the host's error output, raw, for panics. Never blocks for long. */
void host_early_print(const char *s, size_t n);
/* Register dump and backtrace of the caller, through printk. */
void host_dump_state(const struct pt_regs *regs);
/*
 * The kernel has come to grief: registers for the core file, of the caller if
 * NULL. The first call counts.
 */
void host_crash_note(const struct pt_regs *regs);
/* Return addresses from a frame of the caller on, at most n. => how many. */
size_t host_backtrace(const void *frame, uint64_t *pc, size_t n);
/* Print such, with symbols, through printk; a 0 ends them. */
void host_dump_frames(const uint64_t *pc, size_t n);

/* --- The futex below sleep_on() and the ring; shared between processes --- */

/*
 * Block while *word == val. deadline: monotonic ns or (uint64_t)-1.
 * => 0 woken or value differs, -ETIMEDOUT, -EINTR (host signal; look again).
 * Saves the kernel context first: if this process dies meanwhile, another
 * host thread may continue the context (see kern_task_adopted).
 */
int host_futex_wait(uint32_t *word, uint32_t val, uint64_t deadline);
/* Never blocks. */
void host_futex_wake(uint32_t *word, int nr);
/* Let another thread run. */
void host_yield(void);

/* --- Tasks --- */

/*
 * A task block, aligned to its size: kernel stack below, then the pad (where
 * the host builds signal frames of user mode; plain private memory), then
 * struct task. Stack and pad are the thread's signal stack.
 */
#define TASK_BLOCK_SIZE	 131072ul
#define TASK_BLOCK_ORDER 5
#define TASK_AREA_SIZE	 16384ul
#define TASK_PAD_SIZE	 32768ul
#define TASK_STACK_SIZE	 (TASK_BLOCK_SIZE - TASK_AREA_SIZE - TASK_PAD_SIZE)

/*
 * Start the host side of a task that has been set up completely, with its
 * registers in task_regs(child). Called by its parent, in the parent's
 * context. May block.
 *  _thread: runs in the caller's address space (child->mm == current->mm).
 *  _fork:   runs in a copy of it; mm->host of the child is filled in. The
 *	     caller holds the parent's mm->lock.
 *  _kernel: a kernel thread, fn(arg), no address space.
 * The caller's vector state is inherited. => 0 or -EAGAIN, -ENOMEM; after an
 * error nothing of the child has run.
 */
int host_task_start_thread(struct task *child);
int host_task_start_fork(struct task *child);
int host_task_start_kernel(struct task *child, void (*fn)(void *), void *arg);
/*
 * The end of the calling task's context. Before, the kernel has taken
 * everything down; `t` is current. Calls kern_task_gone(t) when neither the
 * stack nor the address space is in use any more. last_of_mm: nobody else uses
 * the address space: it is emptied and its process parked or ended.
 */
void host_task_exit(struct task *t, bool last_of_mm) __attribute__((noreturn));
/*
 * Make the target come through the kernel's exit path soon, where it looks at
 * its pending work. Has a full barrier. Never blocks. Sleeping tasks are not
 * its business: use task_wake().
 */
void host_kick(struct task *t);
/* How to reach it from outside; for dumps. */
int host_task_host_tid(const struct task *t);
void host_task_set_name(struct task *t, const char *name);
/* Affinity of the current task's host thread; mask of nbytes. */
int host_set_affinity(struct task *t, const uint8_t *mask, size_t n);

/* --- Address spaces --- */

/*
 * An address space for exec. The current task leaves its old one (which it
 * shares with others iff `shared`) and gets an empty one for new_mm: in place
 * when it was the only user, else by moving into a blank process. After
 * success current runs in it and nothing is mapped in the user range.
 */
int host_mm_exec(struct mm *new_mm, bool shared);

/*
 * Changes of any mm's user range; the caller holds mm->lock. Addresses and
 * lengths are page-aligned and inside the user range (checked by the caller;
 * arch-um checks again and panics). prot: PROT_READ|WRITE|EXEC. May block when
 * mm is not current's.
 * They replace whatever is mapped there. => 0, -ENOMEM.
 */
enum host_map_kind {
	HOST_MAP_ANON,	       /* private, zero */
	HOST_MAP_POOL_SHARED,  /* pool bytes from `off`, shared */
	HOST_MAP_POOL_PRIVATE, /* pool bytes from `off`, copy-on-write */
	HOST_MAP_NONE,	       /* reserve: PROT_NONE, no memory behind it */
};
#define HOST_MAP_POPULATE 0x100 /* or'ed to kind */
int host_mm_map(struct mm *mm, uint64_t addr, uint64_t len, int prot, int kind,
		uint64_t off);
int host_mm_unmap(struct mm *mm, uint64_t addr, uint64_t len);
int host_mm_protect(struct mm *mm, uint64_t addr, uint64_t len, int prot);
/* Move page tables: old range becomes unmapped, new range was free. */
int host_mm_move(struct mm *mm, uint64_t from, uint64_t old_len, uint64_t to,
		 uint64_t new_len);
/* advice: MADV_* that only touch the range's own private memory. */
int host_mm_advise(struct mm *mm, uint64_t addr, uint64_t len, int advice);
/* Which pages have memory: one byte a page, bit 0. */
int host_mm_resident(struct mm *mm, uint64_t addr, uint64_t len, uint8_t *vec);

/*
 * Copy with another address space (ptrace, /proc/PID/mem, cmdline).
 * => bytes copied (short at the first inaccessible page). force: also where
 * protection forbids it (private mappings). May block.
 */
ssize_t host_mm_read(struct mm *mm, uint64_t addr, void *buf, size_t n);
ssize_t host_mm_write(struct mm *mm, uint64_t addr, const void *buf, size_t n,
		      bool force);
/* Resident bytes of the mm's private memory, roughly; 0 when not known. */
uint64_t host_mm_rss(struct mm *mm);

/* --- User copy: the current task's own mm --- */

/* Never sleep. => bytes NOT copied. Ranges were checked by the caller. */
size_t host_copy_from_user(void *dst, uint64_t src, size_t n);
size_t host_copy_to_user(uint64_t dst, const void *src, size_t n);
size_t host_clear_user(uint64_t dst, size_t n);
/* => string length, or size when there is no NUL, or -EFAULT. */
ssize_t host_strncpy_from_user(char *dst, uint64_t src, size_t size);
/* => 0 and *old, or -EFAULT. */
int host_cmpxchg_user(uint64_t a, uint32_t *old, uint32_t new_val);

/* --- Processor state of the current task --- */

void host_set_fs(uint64_t base);
uint64_t host_get_fs(void);
int host_set_gs(uint64_t base);
uint64_t host_get_gs(void);
/* Bytes of a signal frame's XSAVE image (with the software trailer). */
size_t host_fpu_frame_size(void);
/*
 * Write the current user vector state as the host would into a signal frame at
 * a 64-byte aligned guest address / take it back, never trusting a byte of it.
 * => 0 or -EFAULT (save), -EFAULT/-EINVAL (restore).
 */
int host_fpu_save_user(uint64_t dst);
int host_fpu_restore_user(uint64_t src);
/* Bring vector state into the processor before fork or thread start. */
void host_fpu_make_live(void);
/* Initial state, as after execve. */
void host_fpu_reset(void);
/* arch_prctl ARCH_REQ_XCOMP_PERM and friends; => as Linux. */
long host_xcomp(int code, uint64_t arg);

/* Start user mode with task_regs(current) as they are; never returns. */
void host_return_to_user(void) __attribute__((noreturn));

/* --- Facts about the host, fixed at boot --- */
struct host_info {
	uint64_t vdso;	   /* guest address of the vDSO ELF header, or 0 */
	uint64_t vdso_len; /* of what can be executed, from there on */
	uint32_t vsyscall; /* the old page at -10 MiB can be called */
	uint64_t hwcap, hwcap2;
	uint64_t minsigstksz;	/* AT_MINSIGSTKSZ */
	uint32_t ncpus;		/* what the machine may use */
	uint32_t pid_namespace; /* 1 when the machine has its own */
	uint32_t scans_text;	/* nothing may be executed that was not scanned:
				  see kernel/text.h */
	char backend[16];
	char platform[16]; /* AT_PLATFORM */
};
extern struct host_info host_info;

/* --- Pool --- */

/* Give the memory of a pool range back; it reads as zeros after. */
void host_pool_punch(uint64_t off, uint64_t len);
static inline void *host_pool_ptr(uint64_t off)
{
	return (void *)(POOL_BASE + off);
}

/* --- Program text --- */

/* Room for trampolines: so many addresses directly below file offset 0. */
#define HOST_TEXT_TRAMP	      65536ul
/* Of these, what goes before: the word that leads to the kernel, tables. */
#define HOST_TEXT_TRAMP_FIRST 4096ul

/*
 * One chunk of a file's text, to be made fit for execution in place: [text,
 * text+len) is a copy, that nobody sees yet, of the file from `off` on. tramp is
 * the file's whole trampoline area, which may be mapped executable already;
 * [tramp_used, tramp_limit) of it is free. At most 32 pages.
 */
struct host_text {
	uint8_t *text;
	uint64_t off, len;
	uint64_t code_lo, code_hi; /* in the file: outside is data */
	uint8_t *tramp;
	uint32_t tramp_used, tramp_limit;
	uint32_t patched, left; /* system calls: += */
	uint32_t bad; /* |= pages that must not be executed, by number */
};
/*
 * With host_info.scans_text only. The system calls in it become jumps, and what
 * must not be executed is replaced, where it is clear what it is: data in between
 * stays as it is. Never blocks.
 */
void host_text_patch(struct host_text *ht);
/* Does something forbidden stand across the border of a's end and b's start? */
bool host_text_edge(const uint8_t *a_end, const uint8_t *b);
/* The first place in n bytes with something forbidden, or n. */
size_t host_text_scan(const uint8_t *p, size_t n);
/*
 * Bytes of private memory with something forbidden at `at`: change them so that
 * it means the same or faults in a way that is answered. => done?
 */
bool host_text_defuse(uint8_t *p, size_t n, size_t at);
/* Fill the first page of a new trampoline area. */
void host_text_init(uint8_t *tramp);
/* The word at its start; slow: for who uses GS himself. */
uint64_t host_text_gate(bool slow);

/* --- Counters for tests and figures --- */
struct host_counters {
	uint64_t sigsys, faults, kicks, kernel_faults, host_calls, maps, forks,
		threads, recycled, adopted, mm_calls, slow_calls, emulated;
};
void host_get_counters(struct host_counters *c);

#endif
