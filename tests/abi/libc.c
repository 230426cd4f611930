// SPDX-License-Identifier: GPL-2.0
/* What the C library's headers say. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <utime.h>
#include "abi.h"

/* The kernel's alone; the C library means something else by these. */
#undef NSIG
#undef SIGRTMIN
#undef SIGRTMAX
#undef MINSIGSTKSZ
#undef SIGSTKSZ
/* Their sizes need a struct the C library does not have. */
#undef TCGETS2
#undef TCSETS2
#undef TCSETSF2
#undef TCSETSW2
/* Differ on purpose in the C library. */
#undef EI_PAD
#undef O_LARGEFILE
#undef SHT_HIUSER
#undef SHT_NUM
#undef O_TMPFILE
#undef __O_TMPFILE

const struct abi_value abi_libc[] = {
#include <abi_consts.h>
#include "structs_libc.h"
	{ 0, 0 },
};
