/* SPDX-License-Identifier: GPL-2.0 */
/* The machine's memory and its first process. */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "options.h"

/* What loader_prepare() leaves for the machine's first process. */
struct loader {
	int image_fd; /* sealed: text and read-only data, from KIMAGE_BASE */
	int log_fd;
	int msock_child;
	uint64_t entry;
	uint64_t stack;
	uint32_t affinity; /* processors to use, 0: all */
	struct loader_segment {
		uint64_t vaddr, len, off;
		int prot;
	} seg[4];
	int nseg;
};

/*
 * Make arena, pool and image, fill in the boot page; sets up `mon`. Dies with a
 * sentence when the host cannot.
 */
void loader_prepare(struct loader *l, const struct options *o,
		    const struct console_state *con);

/*
 * Start the first process of the machine (namespaces.c, enter.c). => pid, and a
 * pidfd. Blocks until it has entered the kernel. Dies with a sentence.
 */
struct machine {
	pid_t pid;
	int pidfd;
	uint32_t namespaces; /* CLONE_NEW* it has */
	int sync;	     /* reports the way in; closed when it is in */
};
void machine_start(struct machine *m, struct loader *l,
		   const struct options *o);
/* Read what the first process had to say. Dies when it could not enter. */
void machine_entered(struct machine *m);

/* enter.c: in the new process. Never returns. */
struct enter {
	const struct loader *l;
	int sync;
	uint32_t namespaces;
	enum boot_backend backend;
	bool drop_uid; /* started by root: become nobody */
};
void machine_enter(const struct enter *e) __attribute__((noreturn));

#define LODGER_NOBODY 65534u

#endif
