// SPDX-License-Identifier: GPL-2.0
/* What the host kernel's own headers say. */
#include <asm/termbits.h>
#include <asm/termios.h>
#include <asm/ioctls.h>
#include <asm/prctl.h>
#include <asm/ptrace.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/sigcontext.h>
#include <linux/auxvec.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/eventpoll.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/if_ether.h>
#include <linux/inotify.h>
#include <linux/kd.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/msg.h>
#include <linux/openat2.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/resource.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <linux/signal.h>
#include <asm/ucontext.h>
#include <linux/signalfd.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include <linux/timex.h>
#include <linux/times.h>
#include <linux/uio.h>
#include <linux/un.h>
#include <linux/utime.h>
#include <linux/utsname.h>
#include <linux/vt.h>
#include <linux/wait.h>
#include <linux/xattr.h>
#include <linux/dqblk_xfs.h>
#include <linux/filter.h>
#include "abi.h"

/* Not for programs: uses a name that only the kernel has. */
#undef SIGRTMAX
#undef NSIG

const struct abi_value abi_uapi[] = {
#include <abi_consts.h>
#include "structs_uapi.h"
	{ 0, 0 },
};
