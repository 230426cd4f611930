/* SPDX-License-Identifier: GPL-2.0 */
/* The command line of `lodger run`, understood and checked. */
#ifndef BOOT_OPTIONS_H
#define BOOT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hostapi/boot.h>
#include <hostapi/netring.h>
#include "drivers-host/monitor.h"

struct options {
	const char *name; /* NULL: generate one */
	const char *root; /* host directory; NULL: the built-in root */
	const char *rootflags;
	const char *root_disk; /* as the kernel knows it, or NULL */
	bool rw;
	bool overlay;
	uint64_t mem;  /* bytes; 0: no limit */
	uint32_t cpus; /* 0: as many as the host lets us use */
	const char *hostname;
	const char *workdir; /* in the guest */
	uint32_t uid, gid;   /* of the job */
	enum boot_backend backend;
	bool backend_given;
	enum console_kind console;
	const char *console_file;
	int con_in, con_out; /* CONSOLE_FD */
	bool quiet, verbose;
	bool gdb;   /* start under gdb */
	int ndisks; /* the highest number and one */
	struct ubd_config disk[UBD_DISKS];
	int nnets;
	struct net_config net[NET_UNITS];
	char cmdline[sizeof(((struct boot_params *)0)->cmdline)];
	/* job and environment */
	int argc;
	char **argv; /* argc strings; argc 0: no job */
	int envc;
	const char **envp; /* K=V */
};

/* argv[0] is "run". Dies with a sentence when something is wrong. */
void options_parse(struct options *o, int argc, char **argv);
void options_help(void);
/* "ubd0r=FILE" => number of the disk, or -1 with why */
int options_ubd_parse(const char *word, struct ubd_config *c, char *why,
		      size_t n);
/* "512M" => bytes. => false when it is no size. */
bool options_size(const char *s, uint64_t *out);

#endif
