/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that the guest can read and write under /proc/sys: identifier,
 * value at boot, least and greatest. The names of the files stand in
 * kernel/fs/proc_sysctl.c. A subsystem that obeys one asks sysctl_get().
 */
#ifndef KERNEL_SYSCTL_H
#define KERNEL_SYSCTL_H

#include <kernel/types.h>

#define SYSCTL_VARS(X)                                               \
	/* kernel */                                                 \
	X(ACPI_VIDEO, 0, 0, 0x7fffffff)                              \
	X(BPF_DISABLED, 2, 0, 2)                                     \
	X(CORE_PIPE_LIMIT, 0, 0, 0x7fffffff)                         \
	X(CORE_USES_PID, 0, 0, 1)                                    \
	X(CTRL_ALT_DEL, 0, 0, 1)                                     \
	X(DMESG_RESTRICT, 0, 0, 1)                                   \
	X(EXCEPTION_TRACE, 1, 0, 1)                                  \
	X(KEYS_MAXBYTES, 20000, 0, 0x7fffffff)                       \
	X(KEYS_MAXKEYS, 200, 0, 0x7fffffff)                          \
	X(KPTR_RESTRICT, 0, 0, 2)                                    \
	X(MODULES_DISABLED, 1, 1, 1)                                 \
	X(MSGMAX, 8192, 0, 0x7fffffff)                               \
	X(MSGMNB, 16384, 0, 0x7fffffff)                              \
	X(MSGMNI, 32000, 0, 32768)                                   \
	X(NUMA_BALANCING, 0, 0, 1)                                   \
	X(PID_MAX, 32768, 301, 32768)                                \
	X(OVERFLOWGID, 65534, 0, 65535)                              \
	X(OVERFLOWUID, 65534, 0, 65535)                              \
	X(PANIC, 0, 0, 0x7fffffff)                                   \
	X(PANIC_ON_OOPS, 1, 0, 1)                                    \
	X(TAINTED, 0, 0, 0x7fffffffffffffffull)                      \
	X(PERF_PARANOID, 2, (u64)-1, 4)                              \
	X(PERF_RATE, 100000, 0, 0x7fffffff)                          \
	X(PRINTK_RATELIMIT, 5, 0, 0x7fffffff)                        \
	X(PTRACE_SCOPE, 0, 0, 3)                                     \
	X(RANDOMIZE_VA, 2, 0, 2)                                     \
	X(SCHED_AUTOGROUP, 0, 0, 1)                                  \
	X(SCHED_CHILD_FIRST, 0, 0, 1)                                \
	X(SCHED_RR_MS, 100, 0, 0x7fffffff)                           \
	X(SCHED_RT_PERIOD, 1000000, 1, 0x7fffffff)                   \
	X(SCHED_RT_RUNTIME, 950000, (u64)-1, 0x7fffffff)             \
	X(SHMALL, 0x3ffffffffffffbffull, 0, 0x7fffffffffffffffull)   \
	X(SHMMAX, 0x3ffffffffffff000ull, 0, 0x7fffffffffffffffull)   \
	X(SHMMNI, 4096, 0, 32768)                                    \
	X(SYSRQ, 1, 0, 511)                                          \
	X(USERNS_CLONE, 0, 0, 1)                                     \
	X(WATCHDOG, 0, 0, 1)                                         \
	/* vm */                                                     \
	X(ADMIN_RESERVE, 8192, 0, 0x7fffffff)                        \
	X(CACHE_PRESSURE, 100, 0, 0x7fffffff)                        \
	X(COMPACTION, 20, 0, 100)                                    \
	X(DIRTY_BG_BYTES, 0, 0, 0x7fffffff)                          \
	X(DIRTY_BG_RATIO, 10, 0, 100)                                \
	X(DIRTY_BYTES, 0, 0, 0x7fffffff)                             \
	X(DIRTY_EXPIRE, 3000, 0, 0x7fffffff)                         \
	X(DIRTY_RATIO, 20, 0, 100)                                   \
	X(DIRTY_WRITEBACK, 500, 0, 0x7fffffff)                       \
	X(LAPTOP_MODE, 0, 0, 0x7fffffff)                             \
	X(MAX_MAP_COUNT, 65530, 0, 0x7fffffff)                       \
	X(MEMFD_NOEXEC, 0, 0, 2)                                     \
	X(MIN_FREE, 4096, 0, 0x7fffffff)                             \
	X(MMAP_RND_BITS, 28, 28, 32)                                 \
	X(NR_HUGEPAGES, 0, 0, 0)                                     \
	X(OOM_DUMP, 1, 0, 1)                                         \
	X(OOM_KILL_ALLOC, 0, 0, 1)                                   \
	X(OVERCOMMIT, 0, 0, 2)                                       \
	X(OVERCOMMIT_KB, 0, 0, 0x7fffffff)                           \
	X(OVERCOMMIT_RATIO, 50, 0, 0x7fffffff)                       \
	X(PAGE_CLUSTER, 3, 0, 31)                                    \
	X(PANIC_ON_OOM, 0, 0, 2)                                     \
	X(SWAPPINESS, 60, 0, 200)                                    \
	X(USERFAULTFD, 0, 0, 1)                                      \
	X(USER_RESERVE, 131072, 0, 0x7fffffff)                       \
	X(WATERMARK, 10, 1, 3000)                                    \
	X(ZONE_RECLAIM, 0, 0, 7)                                     \
	/* fs */                                                     \
	X(AIO_MAX, 65536, 0, 0x7fffffff)                             \
	X(DIR_NOTIFY, 1, 0, 1)                                       \
	X(EPOLL_WATCHES, 1000000, 0, 0x7fffffff)                     \
	X(FILE_MAX, 0x7fffffffffffffffull, 0, 0x7fffffffffffffffull) \
	X(INOTIFY_EVENTS, 16384, 0, 0x7fffffff)                      \
	X(INOTIFY_INSTANCES, 128, 0, 0x7fffffff)                     \
	X(INOTIFY_WATCHES, 65536, 0, 0x7fffffff)                     \
	X(LEASES, 1, 0, 1)                                           \
	X(LEASE_BREAK, 45, 0, 0x7fffffff)                            \
	X(MOUNT_MAX, 100000, 1, 0x7fffffff)                          \
	X(MQ_MSG_DEFAULT, 10, 1, 65536)                              \
	X(MQ_MSG_MAX, 10, 1, 65536)                                  \
	X(MQ_SIZE_DEFAULT, 8192, 128, 16777216)                      \
	X(MQ_SIZE_MAX, 8192, 128, 16777216)                          \
	X(MQ_QUEUES_MAX, 256, 0, 0x7fffffff)                         \
	X(NR_OPEN, 1048576, 64, 1048576)                             \
	X(FANOTIFY_EVENTS, 16384, 0, 0x7fffffff)                     \
	X(FANOTIFY_GROUPS, 128, 0, 0x7fffffff)                       \
	X(FANOTIFY_MARKS, 65536, 0, 0x7fffffff)                      \
	X(PIPE_MAX_SIZE, 1048576, 4096, 0x7fffffff)                  \
	X(PIPE_PAGES_HARD, 0, 0, 0x7fffffff)                         \
	X(PIPE_PAGES_SOFT, 16384, 0, 0x7fffffff)                     \
	X(PROTECTED_FIFOS, 0, 0, 2)                                  \
	X(PROTECTED_HARDLINKS, 0, 0, 1)                              \
	X(PROTECTED_REGULAR, 0, 0, 2)                                \
	X(PROTECTED_SYMLINKS, 0, 0, 1)                               \
	X(SUID_DUMPABLE, 0, 0, 2)                                    \
	/* net */                                                    \
	X(IP_FORWARD, 0, 0, 1)                                       \
	X(IP_PORT_START, 1024, 0, 65535)                             \
	X(IP_TTL, 64, 1, 255)                                        \
	X(NETDEV_BACKLOG, 1000, 0, 0x7fffffff)                       \
	X(OPTMEM_MAX, 131072, 0, 0x7fffffff)                         \
	X(RMEM_DEFAULT, 212992, 2304, 0x7fffffff)                    \
	X(RMEM_MAX, 212992, 2304, 0x7fffffff)                        \
	X(SOMAXCONN, 4096, 0, 65535)                                 \
	X(TCP_FIN_TIMEOUT, 60, 0, 0x7fffffff)                        \
	X(TCP_KEEP_INTVL, 75, 1, 32767)                              \
	X(TCP_KEEP_PROBES, 9, 1, 127)                                \
	X(TCP_KEEP_TIME, 7200, 1, 32767)                             \
	X(TCP_SYNCOOKIES, 1, 0, 2)                                   \
	X(TCP_SYN_BACKLOG, 512, 0, 0x7fffffff)                       \
	X(UNIX_QLEN, 10, 0, 0x7fffffff)                              \
	X(WMEM_DEFAULT, 212992, 4608, 0x7fffffff)                    \
	X(WMEM_MAX, 212992, 4608, 0x7fffffff)                        \
	/* user, dev */                                              \
	X(LDISC_AUTOLOAD, 1, 0, 1)                                   \
	X(LEGACY_TIOCSTI, 1, 0, 1)                                   \
	X(USER_INOTIFY_INST, 128, 0, 0x7fffffff)                     \
	X(USER_INOTIFY_WATCH, 65536, 0, 0x7fffffff)

#define SYSCTL_ID(id, value, min, max) SYSCTL_##id,
enum sysctl_id { SYSCTL_VARS(SYSCTL_ID) SYSCTL_NR };
#undef SYSCTL_ID

u64 sysctl_get(enum sysctl_id id);

#endif
