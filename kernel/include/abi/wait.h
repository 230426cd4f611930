/* SPDX-License-Identifier: GPL-2.0 */
/* wait4, waitid. */
#ifndef ABI_WAIT_H
#define ABI_WAIT_H

#define WNOHANG		     0x00000001
#define WSTOPPED	     2
#define WUNTRACED	     0x00000002
#define WEXITED		     0x00000004
#define WCONTINUED	     0x00000008
#define WNOWAIT		     0x01000000
#define __WNOTHREAD	     0x20000000
#define __WALL		     0x40000000
#define __WCLONE	     0x80000000
#define P_ALL		     0
#define P_PID		     1
#define P_PGID		     2
#define P_PIDFD		     3

/* Wait statuses. */
#define W_EXITCODE(ret, sig) ((ret) << 8 | (sig))
#define W_STOPCODE(sig)	     ((sig) << 8 | 0x7f)
#define W_CONTINUED	     0xffff
#define W_COREDUMP	     0x80

#endif
