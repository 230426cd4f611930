/* SPDX-License-Identifier: GPL-2.0 */
/* What this host offers, and which backend that makes possible. */
#ifndef BOOT_DOCTOR_H
#define BOOT_DOCTOR_H

#include <hostapi/boot.h>
#include <stdbool.h>

/* `lodger doctor` => exit status: 0 a machine can run, 125 none can. */
int doctor_main(int argc, char **argv);
/* The backend when none was asked for. */
enum boot_backend doctor_choose(void);
/* NULL, or why this backend cannot run here and what to do about it. */
const char *doctor_objection(enum boot_backend b);

#endif
