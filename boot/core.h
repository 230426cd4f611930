/* SPDX-License-Identifier: GPL-2.0 */
/* Core files of the kernel, and what it says of its coverage. */
#ifndef BOOT_CORE_H
#define BOOT_CORE_H

/* The keeper, before the monitor starts. => a memory file, or -1 */
int core_open(void);
/* The monitor, when the kernel has panicked: write it there. */
void core_of_panic(int fd);
/* The keeper: to a file that has a name, which is told. */
void core_save(int fd, const char *name);

/* `lodger dump NAME|PID [FILE]` => exit status */
int core_dump_main(int argc, char **argv);

/* Kernels built with KCOV=1: to a file in the folder $LODGER_COVERAGE. */
void coverage_open(void);
void coverage_write(void);

#endif
