/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the trap backends, as one table.
 *
 * `direct` runs the kernel in the guest's own host thread: its hot paths are
 * written out where they are used (entry.S, host.c) and test one flag,
 * backend_remote, which is false there. The strict backends keep the kernel in
 * a process of its own, where guest memory and registers are out of reach:
 * everything goes through the table.
 *
 * All functions act for `current`, on its kernel stack, unless they say
 * otherwise. Contracts are those of the host_* functions of the same name.
 */
#ifndef ARCH_BACKEND_H
#define ARCH_BACKEND_H

#include "arch.h"

struct backend {
	const char *name;
	bool remote; /* user memory is not in this address space */
	bool patches_text;
	bool one_process; /* all kernel contexts are the zygote's threads */

	/* Once, before the filter: what the address space needs. */
	void (*init)(const struct boot_params *bp);
	void (*signals)(void);
	/* First acts of a host thread that is going to run ht->task. */
	void (*thread_enter)(struct host_task *ht);
	/* Body of the first thread: looks after dead processes. */
	void (*first_thread)(void); /* never returns */
	/* Body of the first helper thread: makes processes on request. */
	void (*server)(void *unused);

	int (*start_thread)(struct task *child);
	int (*start_fork)(struct task *child);
	/* The task leaves its address space for good; may be absent. */
	void (*task_exit)(struct task *t);
	void (*return_to_user)(void); /* never returns */
	/* Called when ht is in user mode. */
	void (*kick)(struct host_task *ht);
	int (*mm_exec)(struct mm *new_mm, bool shared);

	/*
	 * A host call in current's address space, raw: => value or -errno.
	 * Memory that it reads or writes must be the guest's.
	 */
	long (*user_call)(long nr, long a1, long a2, long a3, long a4, long a5);
	long (*user_mmap)(uint64_t addr, uint64_t len, int prot, int flags,
			  int fd, uint64_t off);
	long (*user_resident)(uint64_t addr, uint64_t len, uint8_t *vec);

	/* With backend_remote only. */
	size_t (*copy_from)(void *dst, uint64_t src, size_t n);
	size_t (*copy_to)(uint64_t dst, const void *src, size_t n);
	size_t (*clear)(uint64_t dst, size_t n);
	ssize_t (*strncpy_from)(char *dst, uint64_t src, size_t size);
	int (*cmpxchg)(uint64_t a, uint32_t *old, uint32_t new_val);
	void (*set_fs)(uint64_t base);
	uint64_t (*get_fs)(void);
	int (*set_gs)(uint64_t base);
	uint64_t (*get_gs)(void);
	int (*fpu_save)(uint64_t dst);
	int (*fpu_restore)(uint64_t src);
	void (*fpu_reset)(void);
	uint64_t (*cpu_ns)(struct task *t);
	int (*set_affinity)(struct task *t, const uint8_t *mask, size_t n);
};

extern const struct backend backend_direct, backend_ptrace, backend_seccomp;

/* Fixed from arch_main() on. */
extern const struct backend *backend;
extern bool backend_remote;

void backend_choose(const struct boot_params *bp);

/* --- direct: thread.c, mm_direct.c, trap_direct.c --- */
void direct_signals(void);
void direct_first_thread(void) __attribute__((noreturn));
void direct_thread_enter(struct host_task *ht);
int direct_start_thread(struct task *child);
int direct_start_fork(struct task *child);
void direct_return_to_user(void) __attribute__((noreturn));
void direct_kick(struct host_task *ht);
int direct_mm_exec(struct mm *new_mm, bool shared);
long direct_resident(uint64_t addr, uint64_t len, uint8_t *vec);
void direct_init(const struct boot_params *bp);
void direct_slot_entry(uint32_t index);

/* --- thread.c, for all --- */
int thread_start_in_zygote(struct host_task *ht, void (*fn)(void *), void *arg);

#endif
