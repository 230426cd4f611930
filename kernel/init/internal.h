/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of kernel/init share. */
#ifndef KERNEL_INIT_INTERNAL_H
#define KERNEL_INIT_INTERNAL_H

#include <hostapi/boot.h>
#include <kernel/types.h>

#define INIT_ARGS 32

/* The kernel words, understood. Strings live as long as the machine. */
struct init_words {
	char *line; /* what the others point into */
	bool debug;
	const char *init;			   /* init=, or NULL */
	const char *root, *rootfstype, *rootflags; /* or NULL */
	const char *argv[INIT_ARGS + 2]; /* of init; [0] is filled in later */
	const char *envp[INIT_ARGS * 2];
	u32 argc, envc;
};
extern struct init_words init_words;

/* cmdline.c */
void init_parse_words(const struct boot_params *bp);

/* rootfs.c: the root and what is mounted below it. Panics without a root. */
void init_mount_root(const struct boot_params *bp);
void init_mount_below(const struct boot_params *bp);

/* init.c: start pid 1. */
void init_first_process(const struct boot_params *bp);
/* To the user's stderr; the errors that have words for it. */
void init_complain(const char *fmt, ...) __printf(1, 2);
const char *init_error(int err);
/* ctl.c: RING_EV_CTL */
void init_ctl_event(u32 bits);
/* The power button. */
void init_power_button(void);
/* Write everything back and end the machine. */
void init_machine_end(int code) __noreturn;

#endif
