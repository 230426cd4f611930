/* SPDX-License-Identifier: GPL-2.0 */
/* Device numbers that programs know. */
#ifndef ABI_MAJOR_H
#define ABI_MAJOR_H

#define MEM_MAJOR		1
#define PTY_MASTER_MAJOR	2
#define TTY_MAJOR		4
#define TTYAUX_MAJOR		5
#define LOOP_MAJOR		7
#define MISC_MAJOR		10
#define UNIX98_PTY_MASTER_MAJOR 128
#define UNIX98_PTY_SLAVE_MAJOR	136

#endif
