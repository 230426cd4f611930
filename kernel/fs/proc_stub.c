// SPDX-License-Identifier: GPL-2.0
/*
 * Files of procfs whose content belongs to other subsystems: /proc/net,
 * /proc/sysvipc, /proc/tty. Here stand their names and what they read like
 * while there is nothing in them: the head line that parsers skip. The
 * subsystem takes one over with proc_register() (kernel/seqbuf.h).
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/proc.h"

#define PROC_HOOKS_MAX 32u

static struct {
	const char *path;
	void (*show)(struct seqbuf *s);
} proc_hooks[PROC_HOOKS_MAX];
static u32 proc_nr_hooks; /* grows at init time only */

void proc_register(const char *path, void (*show)(struct seqbuf *s))
{
	BUG_ON(proc_nr_hooks == PROC_HOOKS_MAX);
	proc_hooks[proc_nr_hooks].path = path;
	proc_hooks[proc_nr_hooks].show = show;
	store_release(&proc_nr_hooks, proc_nr_hooks + 1);
}

int proc_show_stub(struct seqbuf *s, const struct seqtree_node *n)
{
	const struct proc_stub *st = n->e->data;
	u32 i, nr = load_acquire(&proc_nr_hooks);

	for (i = 0; i < nr; i++)
		if (!strcmp(proc_hooks[i].path, st->path)) {
			proc_hooks[i].show(s);
			return 0;
		}
	seq_puts(s, st->head);
	return 0;
}

#define STUB(dir, n, h)                                                    \
	{                                                                  \
		.name = n, .mode = S_IFREG | 0444, .show = proc_show_stub, \
		.data = &(const struct proc_stub)                          \
		{                                                          \
			dir "/" n, h                                       \
		}                                                          \
	}

#define SOCK_HEAD                                                             \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when " \
	"retrnsmt   uid  timeout inode"
#define SOCK6_HEAD                                                          \
	"  sl  local_address                         remote_address"        \
	"                        st tx_queue rx_queue tr tm->when retrnsmt" \
	"   uid  timeout inode"

const struct seqtree_entry proc_net_entries[] = {
	STUB("net", "arp",
	     "IP address       HW type     Flags       HW address"
	     "            Mask     Device\n"),
	STUB("net", "dev",
	     "Inter-|   Receive                                                "
	     "|  Transmit\n"
	     " face |bytes    packets errs drop fifo frame compressed multicast"
	     "|bytes    packets errs drop fifo colls carrier compressed\n"),
	STUB("net", "dev_mcast", ""),
	STUB("net", "if_inet6", ""),
	STUB("net", "igmp",
	     "Idx\tDevice    : Count Querier\tGroup    Users "
	     "Timer\tReporter\n"),
	STUB("net", "ipv6_route", ""),
	STUB("net", "netlink",
	     "sk               Eth Pid        Groups   Rmem     Wmem     Dump"
	     "  Locks    Drops    Inode\n"),
	STUB("net", "netstat", ""),
	STUB("net", "packet",
	     "sk               RefCnt Type Proto  Iface R Rmem   User   "
	     "Inode\n"),
	STUB("net", "protocols", ""),
	STUB("net", "psched", "000003e8 00000040 000f4240 3b9aca00\n"),
	STUB("net", "ptype", "Type Device      Function\n"),
	STUB("net", "raw", SOCK_HEAD " ref pointer drops\n"),
	STUB("net", "raw6", SOCK6_HEAD " ref pointer drops\n"),
	STUB("net", "route",
	     "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask"
	     "\t\tMTU\tWindow\tIRTT"
	     "                                                       \n"),
	STUB("net", "snmp", ""),
	STUB("net", "snmp6", ""),
	STUB("net", "sockstat",
	     "sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n"
	     "UDP: inuse 0 mem 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n"),
	STUB("net", "softnet_stat", ""),
	STUB("net", "tcp",
	     SOCK_HEAD
	     "                                                     \n"),
	STUB("net", "tcp6", SOCK6_HEAD "\n"),
	STUB("net", "udp", SOCK_HEAD " ref pointer drops             \n"),
	STUB("net", "udp6", SOCK6_HEAD " ref pointer drops\n"),
	STUB("net", "udplite", SOCK_HEAD " ref pointer drops             \n"),
	STUB("net", "unix",
	     "Num       RefCount Protocol Flags    Type St Inode Path\n"),
	STUB("net", "wireless",
	     "Inter-| sta-|   Quality        |   Discarded packets             "
	     "  "
	     "| Missed | WE\n"
	     " face | tus | link level noise |  nwid  crypt   frag  retry   "
	     "misc "
	     "| beacon | 22\n"),
	PROC_END,
};

const struct seqtree_entry proc_sysvipc_entries[] = {
	STUB("sysvipc", "msg",
	     "       key      msqid perms      cbytes       qnum lspid lrpid   "
	     "uid   gid  cuid  cgid      stime      rtime      ctime\n"),
	STUB("sysvipc", "sem",
	     "       key      semid perms      nsems   uid   gid  cuid  cgid"
	     "      otime      ctime\n"),
	STUB("sysvipc", "shm",
	     "       key      shmid perms                  size  cpid  lpid "
	     "nattch   uid   gid  cuid  cgid      atime      dtime      ctime"
	     "                   rss                  swap\n"),
	PROC_END,
};

const struct seqtree_entry proc_tty_entries[] = {
	STUB("tty", "drivers",
	     "/dev/tty             /dev/tty        5       0 system:/dev/tty\n"
	     "/dev/console         /dev/console    5       1 system:console\n"
	     "/dev/ptmx            /dev/ptmx       5       2 system\n"
	     "pty_slave            /dev/pts      136 0-1048575 pty:slave\n"
	     "pty_master           /dev/ptm      128 0-1048575 pty:master\n"),
	STUB("tty", "ldiscs", "n_tty       0\n"),
	PROC_END,
};
