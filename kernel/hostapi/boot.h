/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the monitor tells the machine at start: one page at the beginning of
 * the arena (ARENA_BASE), followed by the kernel's .data and .bss, the rings
 * and the heap. Written by boot/loader.c before the kernel runs, read-only
 * after. Shared by both worlds: fixed-size types only.
 */
#ifndef HOSTAPI_BOOT_H
#define HOSTAPI_BOOT_H

#include <stdint.h>

#define BOOT_MAGIC   0x313052454744304cull
#define BOOT_VERSION 1

/* Fixed descriptor numbers in every process of the machine. */
#define FD_ARENA     3
#define FD_POOL	     4
#define FD_MSOCK     5 /* passes descriptors from the monitor */
#define FD_LOG	     6 /* host stderr: panics and early prints */

enum boot_backend {
	BACKEND_DIRECT,
	BACKEND_DIRECT_UNWALLED,
	BACKEND_PTRACE,
	BACKEND_SECCOMP,
};

#define BOOT_HAVE_PIDNS	  1u
#define BOOT_QUIET	  2u
#define BOOT_HAVE_JOB	  4u /* a COMMAND was given: argv below */
#define BOOT_ROOT_HOSTFS  8u
#define BOOT_ROOT_RW	  16u
#define BOOT_JOB_TTY	  32u	/* the job's stdio is the console terminal */
#define BOOT_ROOT_DISK	  512u	/* root= names a disk */
#define BOOT_ROOT_OVERLAY 1024u /* the root is read, changes stay in memory */
#define BOOT_TTY_FD(n)	  (64u << (n)) /* the job's fd 0, 1, 2 is the console */

struct boot_params {
	uint64_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t backend;
	uint32_t ncpus;
	uint64_t arena_size; /* bytes of the arena file that may be used */
	uint64_t pool_size;
	uint64_t kdata_end; /* arena offset where .bss ends: the heap's start */
	uint64_t kimage_end; /* address after the kernel image */
	uint64_t ring_off;   /* arena offset of struct ring_area */
	uint64_t ring_size;
	uint64_t mem_limit;  /* bytes: mem=, else what the host has */
	uint64_t initrd_off; /* plain cpio: pool offset, 0 length = none */
	uint64_t initrd_len;
	uint64_t vdso_addr, vdso_len; /* as the loader found them */
	uint64_t vvar_addr, vvar_len; /* lies directly below the vDSO */
	uint64_t hwcap, hwcap2, minsigstksz;
	uint32_t uid, gid; /* of the job */
	uint32_t pkey;	   /* protection key of arena and pool */
	uint32_t job_argc, job_envc;
	uint32_t con_cols, con_rows;
	uint32_t nets;	/* network devices */
	uint32_t disks; /* bit n: there is a disk n */
	char platform[16];
	char hostname[65];
	char workdir[256];
	char cmdline[1024]; /* kernel words, space-separated */
	/* job_argc + job_envc NUL-terminated strings, one after another */
	uint32_t strings_len;
	char strings[12288];
	uint32_t vsyscall; /* the host's old page can be called */
	uint32_t
		debug_wait; /* the first process waits until a debugger clears it */
	/* written by the kernel, for core files and coverage; see boot/core.c */
	uint32_t crash_tid; /* of the task that panicked */
	uint64_t crash_rip, crash_rsp, crash_rbp; /* 0: none did */
	uint64_t cov_off, cov_len; /* KCOV=1: a byte for each byte of text */
};

#define BOOT_PARAMS_SIZE 16384ul /* room reserved at ARENA_BASE */

_Static_assert(sizeof(struct boot_params) <= BOOT_PARAMS_SIZE, "boot page");

#endif
