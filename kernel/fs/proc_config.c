// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/config.gz: which features a kernel was built with, in the words of
 * Linux's configuration. Test suites and container tools ask it before they try
 * a thing; so here stands what this kernel has, by the names that they know.
 *
 * The file is a gzip member with its text in stored blocks: nothing that is
 * read once in a while is worth a compressor.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/proc.h"

static const char config_text[] =
	"#\n# Lodger: features, by the names of Linux's configuration\n#\n"
	"CONFIG_64BIT=y\nCONFIG_X86_64=y\nCONFIG_X86=y\nCONFIG_MMU=y\n"
	"CONFIG_SMP=y\nCONFIG_NR_CPUS=1024\nCONFIG_HZ_100=y\nCONFIG_HZ=100\n"
	"CONFIG_PREEMPT=y\nCONFIG_PREEMPT_DYNAMIC=y\n"
	"CONFIG_LOCALVERSION=\"-lodger\"\n"
	"CONFIG_IKCONFIG=y\nCONFIG_IKCONFIG_PROC=y\n"
	"CONFIG_MULTIUSER=y\nCONFIG_NAMESPACES=y\nCONFIG_UTS_NS=y\n"
	"CONFIG_USER_NS=y\n"
	"CONFIG_SYSVIPC=y\nCONFIG_SYSVIPC_SYSCTL=y\nCONFIG_POSIX_MQUEUE=y\n"
	"CONFIG_POSIX_MQUEUE_SYSCTL=y\nCONFIG_POSIX_TIMERS=y\n"
	"CONFIG_CROSS_MEMORY_ATTACH=y\nCONFIG_HIGH_RES_TIMERS=y\n"
	"CONFIG_PRINTK=y\nCONFIG_PROC_FS=y\nCONFIG_PROC_SYSCTL=y\n"
	"CONFIG_PROC_CHILDREN=y\nCONFIG_PROC_PAGE_MONITOR=y\n"
	"CONFIG_SYSFS=y\nCONFIG_SYSCTL=y\nCONFIG_TMPFS=y\n"
	"CONFIG_TMPFS_XATTR=y\nCONFIG_TMPFS_POSIX_ACL=y\n"
	"CONFIG_FS_POSIX_ACL=y\nCONFIG_SHMEM=y\nCONFIG_MEMFD_CREATE=y\n"
	"CONFIG_DEVTMPFS=y\nCONFIG_DEVTMPFS_MOUNT=y\n"
	"CONFIG_UNIX98_PTYS=y\nCONFIG_TTY=y\nCONFIG_BLK_DEV_INITRD=y\n"
	"CONFIG_FILE_LOCKING=y\nCONFIG_INOTIFY_USER=y\nCONFIG_FSNOTIFY=y\n"
	"CONFIG_EPOLL=y\nCONFIG_SIGNALFD=y\nCONFIG_TIMERFD=y\n"
	"CONFIG_EVENTFD=y\nCONFIG_AIO=y\nCONFIG_ADVISE_SYSCALLS=y\n"
	"CONFIG_MEMBARRIER=y\nCONFIG_FUTEX=y\nCONFIG_FUTEX_PI=y\n"
	"CONFIG_KCMP=y\nCONFIG_NUMA=y\nCONFIG_CACHESTAT_SYSCALL=y\n"
	"CONFIG_SECCOMP=y\nCONFIG_SECCOMP_FILTER=y\n"
	"CONFIG_ELF_CORE=y\nCONFIG_COREDUMP=y\nCONFIG_BINFMT_ELF=y\n"
	"CONFIG_BINFMT_SCRIPT=y\n"
	"CONFIG_NET=y\nCONFIG_UNIX=y\nCONFIG_PACKET=y\nCONFIG_INET=y\n"
	"CONFIG_IPV6=y\nCONFIG_INET_DIAG=y\nCONFIG_UNIX_DIAG=y\n"
	"CONFIG_TCP_CONG_CUBIC=y\nCONFIG_DEFAULT_TCP_CONG=\"cubic\"\n";

static u32 config_crc(const u8 *p, size_t n)
{
	u32 crc = ~0u;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

int proc_show_config(struct seqbuf *s, const struct seqtree_node *n)
{
	static const u8 head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	const u32 len = sizeof(config_text) - 1;
	const u16 blen = (u16)len, check = (u16)~len;
	const u8 last = 1;
	u32 crc = config_crc((const u8 *)config_text, len);

	_Static_assert(sizeof(config_text) < 65536, "one block");
	seq_write(s, head, sizeof(head));
	seq_write(s, &last, 1);
	seq_write(s, &blen, 2);
	seq_write(s, &check, 2);
	seq_write(s, config_text, len);
	seq_write(s, &crc, 4);
	seq_write(s, &len, 4);
	return 0;
}
