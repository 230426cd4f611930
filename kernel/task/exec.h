/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One execve(2) on its way: shared by exec.c, exec_args.c and elf.c.
 */
#ifndef KERNEL_TASK_EXEC_H
#define KERNEL_TASK_EXEC_H

#include <abi/elf.h>
#include <kernel/mm.h>
#include "internal.h"

#define EXEC_HEAD_SIZE 256 /* what decides the format; a script's first line */
#define EXEC_MAX_DEPTH 5   /* scripts run by scripts */

/*
 * Argument and environment strings: all bytes with their NULs one after
 * another in pages of the kernel's, since the memory they come from goes away
 * before the new stack exists. A script's interpreter drops strings from the
 * front (skip) and puts others before (prefix).
 */
struct exec_args {
	char **page;
	u32 npages, max_pages;
	u64 used; /* bytes appended */
	u64 skip; /* of them not wanted, at the front */
	char *prefix;
	u32 prefix_len;
	u64 argv_bytes; /* of `used` */
	u32 argc, envc;
	u64 limit; /* bytes, pointers included */
};

/* Where strings come from: a guest vector, or one of the kernel's. */
struct exec_vector {
	uaddr user;
	const char *const *kern; /* if not NULL */
};

/* One ELF file: program or interpreter. */
struct elf_file {
	struct file *file;
	struct elf64_ehdr eh;
	struct elf64_phdr *ph;
	u64 lo, hi; /* page-aligned extent of its PT_LOADs, unbiased */
	u64 align;
	u64 bias; /* once placed */
};

struct exec_job {
	struct file *file;  /* what is to be loaded */
	char *filename;	    /* as given: AT_EXECFN, comm */
	const char *interp; /* as the last script names it, or filename */
	char *interp_buf;
	u64 size; /* valid bytes in head */
	char head[EXEC_HEAD_SIZE];
	bool path_inaccessible; /* /dev/fd/N of a close-on-exec descriptor */
	struct exec_args args;
	struct elf_file prog, ld; /* ld.file NULL: none */
	bool exec_stack;
	struct cred *cred; /* to install, or NULL: the same */
	bool secure;
	/* the new stack */
	u64 stack_top;
};

/* exec_args.c */
void exec_args_init(struct exec_args *a);
void exec_args_free(struct exec_args *a);
int exec_args_take(struct exec_args *a, const struct exec_vector *v, u32 *count,
		   bool at_least_one);
/* A script: instead of argv[0], the strings interp, arg (may be NULL), name. */
int exec_args_prefix(struct exec_args *a, const char *interp, const char *arg,
		     const char *name);
static inline u64 exec_args_bytes(const struct exec_args *a)
{
	return a->prefix_len + a->used - a->skip;
}
/*
 * Copy everything to the guest stack: strings up to `top` (8 bytes below the
 * end), then the auxiliary vector, then pointers. => stack pointer or -errno
 */
s64 exec_args_build(struct exec_job *job, struct mm *mm);

/* elf.c */
int elf_prepare(struct exec_job *job);
int elf_load(struct exec_job *job, struct mm *mm);
u64 elf_entry(const struct exec_job *job);
u32 elf_fill_auxv(const struct exec_job *job, u64 *auxv, u32 max, u64 random,
		  u64 platform, u64 execfn);
void elf_release(struct exec_job *job);

#endif
