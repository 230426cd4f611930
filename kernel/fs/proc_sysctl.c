// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/sys, following proc(5) and the sysctl pages of Linux.
 *
 * Most entries are one number with bounds, listed in SYSCTL_VARS: what the name
 * promises is either how this kernel works anyway (and then the entry is
 * read-only), or advice that it has no use for (vm.swappiness): such a value is
 * kept and shown, because programs write it and check that it stuck. Subsystems
 * that obey one read it with sysctl_get().
 *
 * Texts, names and lists of numbers have functions of their own below.
 */
#include <kernel/coredump.h>
#include <kernel/fdtable.h>
#include <kernel/machine.h>
#include <kernel/ns.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include <kernel/sysv.h>
#include "fs/proc.h"

/* --- Numbers --- */

struct sysctl_var {
	u64 value;
	u64 min, max;
};

#define SYSCTL_VAR(id, value, min, max) [SYSCTL_##id] = { value, min, max },
static struct sysctl_var sysctl_vars[SYSCTL_NR] = { SYSCTL_VARS(SYSCTL_VAR) };

u64 sysctl_get(enum sysctl_id id)
{
	return READ_ONCE(sysctl_vars[id].value);
}

static int sysctl_show(struct seqbuf *s, const struct seqtree_node *n)
{
	const struct sysctl_var *v = n->e->data;

	seq_printf(s, "%lld\n", (long long)READ_ONCE(v->value));
	return 0;
}

static int sysctl_write(const struct seqtree_node *n, char *buf, size_t len)
{
	struct sysctl_var *v = (struct sysctl_var *)(u64)n->e->data;
	s64 x;
	int err = proc_parse_s64(buf, &x);

	if (err)
		return err;
	if (x < (s64)v->min || x > (s64)v->max)
		return -EINVAL;
	WRITE_ONCE(v->value, (u64)x);
	return 0;
}

#define VAR(n, id)                                                       \
	{                                                                \
		.name = n, .mode = S_IFREG | 0644, .show = sysctl_show,  \
		.write = sysctl_write, .data = &sysctl_vars[SYSCTL_##id] \
	}
/* Kept and shown; nobody obeys it. */
#define KEPT(n, v, lo, hi)                                              \
	{                                                               \
		.name = n, .mode = S_IFREG | 0644, .show = sysctl_show, \
		.write = sysctl_write, .data = &(struct sysctl_var)     \
		{                                                       \
			v, (u64)(lo), hi                                \
		}                                                       \
	}
#define INT_MAX_S 0x7fffffff
#define TEXT(n, t)                                                         \
	{                                                                  \
		.name = n, .mode = S_IFREG | 0444, .show = proc_show_text, \
		.data = t                                                  \
	}
/* Anybody may "write" it; nothing happens: lists nobody obeys. */
#define TEXT_RW(n, t)                                                      \
	{                                                                  \
		.name = n, .mode = S_IFREG | 0644, .show = proc_show_text, \
		.write = sysctl_ignore, .data = t                          \
	}

static int sysctl_ignore(const struct seqtree_node *n, char *buf, size_t len)
{
	return 0;
}

/* --- kernel --- */

static int sysctl_show_uts(struct seqbuf *s, const struct seqtree_node *n)
{
	const char *field = (const char *)uts_current() + n->e->arg;
	char buf[UTS_LEN];

	mutex_lock(&uts_lock);
	memcpy(buf, field, sizeof(buf));
	mutex_unlock(&uts_lock);
	seq_printf(s, "%s\n", buf);
	return 0;
}

static int sysctl_write_uts(const struct seqtree_node *n, char *buf, size_t len)
{
	char *field = (char *)uts_current() + n->e->arg,
	     *nl = strchr(buf, '\n');

	if (nl)
		*nl = 0;
	mutex_lock(&uts_lock);
	memset(field, 0, UTS_LEN);
	strlcpy(field, buf, UTS_LEN);
	mutex_unlock(&uts_lock);
	return 0;
}

static int sysctl_show_core(struct seqbuf *s, const struct seqtree_node *n)
{
	char buf[CORE_PATTERN_MAX];

	mutex_lock(&core_pattern_lock);
	memcpy(buf, core_pattern, sizeof(buf));
	mutex_unlock(&core_pattern_lock);
	seq_printf(s, "%s\n", buf);
	return 0;
}

static int sysctl_write_core(const struct seqtree_node *n, char *buf,
			     size_t len)
{
	char *nl = strchr(buf, '\n');

	if (nl)
		*nl = 0;
	mutex_lock(&core_pattern_lock);
	memset(core_pattern, 0, CORE_PATTERN_MAX);
	strlcpy(core_pattern, buf, CORE_PATTERN_MAX);
	mutex_unlock(&core_pattern_lock);
	return 0;
}

#define UTS(n, f)                                                           \
	{                                                                   \
		.name = n, .mode = S_IFREG | 0444, .show = sysctl_show_uts, \
		.arg = offsetof(struct utsname, f)                          \
	}
#define UTS_RW(n, f)                                                          \
	{                                                                     \
		.name = n, .mode = S_IFREG | 0644, .show = sysctl_show_uts,   \
		.write = sysctl_write_uts, .arg = offsetof(struct utsname, f) \
	}

static int sysctl_show_printk(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s, "%u\t4\t1\t7\n", console_level);
	return 0;
}

static int sysctl_write_printk(const struct seqtree_node *n, char *buf,
			       size_t len)
{
	const char *end;
	u64 v;

	if (kstrtou64(buf, &end, &v) || v < 1 || v > 8)
		return -EINVAL;
	console_level = (u32)v;
	return 0;
}

/* More than the machine has room for is as much as it has. */
static int sysctl_write_threads(const struct seqtree_node *n, char *buf,
				size_t len)
{
	static u32 most;
	s64 v;

	if (proc_parse_s64(buf, &v) || v < 20 || v > INT_MAX_S)
		return -EINVAL;
	if (!most)
		most = max_tasks;
	max_tasks = min((u32)v, most);
	return 0;
}

static int sysctl_show_last_pid(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s, "%u\n", pid_last());
	return 0;
}

static int sysctl_show_threads(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s, "%u\n", max_tasks);
	return 0;
}

static int sysctl_show_sem(struct seqbuf *s, const struct seqtree_node *n)
{
	const u32 *v = sysv_sem_limits;

	seq_printf(s, "%u\t%u\t%u\t%u\n", v[0], v[1], v[2], v[3]);
	return 0;
}

static int sysctl_write_sem(const struct seqtree_node *n, char *buf, size_t len)
{
	const char *p = buf;
	u64 v;

	for (u32 i = 0; i < 4; i++) {
		while (*p == ' ' || *p == '\t')
			p++;
		if (!*p || *p == '\n')
			break;
		if (kstrtou64(p, &p, &v) || v > (i == 3 ? 32768 : 0x7fffffff))
			return -EINVAL;
		WRITE_ONCE(sysv_sem_limits[i], (u32)v);
	}
	return 0;
}

static void sysctl_uuid(struct seqbuf *s, u8 *u)
{
	u[6] = (u[6] & 0x0f) | 0x40;
	u[8] = (u[8] & 0x3f) | 0x80;
	for (u32 i = 0; i < 16; i++)
		seq_printf(s,
			   i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x"
								 : "%02x",
			   u[i]);
	seq_putc(s, '\n');
}

static int sysctl_show_uuid(struct seqbuf *s, const struct seqtree_node *n)
{
	u8 u[16];

	host_random(u, sizeof(u));
	sysctl_uuid(s, u);
	return 0;
}

static int sysctl_show_boot_id(struct seqbuf *s, const struct seqtree_node *n)
{
	static struct mutex lock = MUTEX_INIT(lock);
	static u8 id[16];
	static bool made;

	mutex_lock(&lock);
	if (!made)
		host_random(id, sizeof(id));
	made = true;
	sysctl_uuid(s, id);
	mutex_unlock(&lock);
	return 0;
}

static const struct seqtree_entry sysctl_random[] = {
	PROC_FILE("boot_id", 0444, sysctl_show_boot_id),
	TEXT("entropy_avail", "256\n"),
	TEXT("poolsize", "256\n"),
	KEPT("urandom_min_reseed_secs", 60, 0, INT_MAX_S),
	PROC_FILE("uuid", 0444, sysctl_show_uuid),
	KEPT("write_wakeup_threshold", 256, 0, INT_MAX_S),
	PROC_END,
};
static const struct seqtree_entry sysctl_keys[] = {
	KEPT("gc_delay", 300, 0, INT_MAX_S),
	VAR("maxbytes", KEYS_MAXBYTES),
	VAR("maxkeys", KEYS_MAXKEYS),
	KEPT("persistent_keyring_expiry", 259200, 0, INT_MAX_S),
	KEPT("root_maxbytes", 25000000, 0, INT_MAX_S),
	KEPT("root_maxkeys", 1000000, 0, INT_MAX_S),
	PROC_END,
};
static const struct seqtree_entry sysctl_seccomp[] = {
	TEXT("actions_avail",
	     "kill_process kill_thread trap errno trace log allow\n"),
	TEXT_RW("actions_logged",
		"kill_process kill_thread trap errno trace log\n"),
	PROC_END,
};
static const struct seqtree_entry sysctl_yama[] = {
	VAR("ptrace_scope", PTRACE_SCOPE),
	PROC_END,
};

static const struct seqtree_entry sysctl_pty[] = {
	KEPT("max", 4096, 0, INT_MAX_S),
	TEXT("nr", "0\n"),
	KEPT("reserve", 1024, 0, INT_MAX_S),
	PROC_END,
};
static const struct seqtree_entry sysctl_helper[] = {
	TEXT_RW("bset", "4294967295\t511\n"),
	TEXT_RW("inheritable", "4294967295\t511\n"),
	PROC_END,
};

static const struct seqtree_entry sysctl_kernel[] = {
	TEXT_RW("acct", "4\t2\t30\n"),
	VAR("acpi_video_flags", ACPI_VIDEO),
	TEXT("arch", "x86_64\n"),
	TEXT("bootloader_type", "0\n"),
	TEXT("bootloader_version", "0\n"),
	TEXT("cap_last_cap", "40\n"),
	KEPT("core_file_note_size_limit", 4194304, 4096, 16777216),
	{ .name = "core_pattern",
	  .mode = S_IFREG | 0644,
	  .show = sysctl_show_core,
	  .write = sysctl_write_core },
	VAR("core_pipe_limit", CORE_PIPE_LIMIT),
	VAR("core_uses_pid", CORE_USES_PID),
	VAR("ctrl-alt-del", CTRL_ALT_DEL),
	VAR("dmesg_restrict", DMESG_RESTRICT),
	UTS_RW("domainname", domainname),
	UTS_RW("hostname", nodename),
	TEXT_RW("hotplug", "\n"),
	KEPT("hung_task_check_count", 4194304, 0, INT_MAX_S),
	KEPT("hung_task_panic", 0, 0, 1),
	KEPT("hung_task_timeout_secs", 120, 0, INT_MAX_S),
	KEPT("hung_task_warnings", 10, -1, INT_MAX_S),
	VAR("kptr_restrict", KPTR_RESTRICT),
	PROC_DIR("keys", 0555, sysctl_keys),
	KEPT("max_lock_depth", 1024, 0, INT_MAX_S),
	TEXT_RW("modprobe", "/sbin/modprobe\n"),
	VAR("modules_disabled", MODULES_DISABLED),
	VAR("msgmax", MSGMAX),
	VAR("msgmnb", MSGMNB),
	VAR("msgmni", MSGMNI),
	TEXT("ngroups_max", "65536\n"),
	{ .name = "ns_last_pid",
	  .mode = S_IFREG | 0666,
	  .show = sysctl_show_last_pid,
	  .write = sysctl_ignore },
	VAR("numa_balancing", NUMA_BALANCING),
	KEPT("oops_limit", 10000, 0, INT_MAX_S),
	UTS("osrelease", release),
	UTS("ostype", sysname),
	VAR("overflowgid", OVERFLOWGID),
	VAR("overflowuid", OVERFLOWUID),
	VAR("panic", PANIC),
	VAR("panic_on_oops", PANIC_ON_OOPS),
	KEPT("panic_on_rcu_stall", 0, 0, 1),
	KEPT("panic_on_unrecovered_nmi", 0, 0, 1),
	KEPT("panic_on_warn", 0, 0, 1),
	KEPT("panic_print", 0, 0, 0xffffffffu),
	KEPT("perf_cpu_time_max_percent", 25, 0, 100),
	KEPT("perf_event_max_contexts_per_stack", 8, 0, 1000),
	VAR("perf_event_max_sample_rate", PERF_RATE),
	KEPT("perf_event_max_stack", 127, 0, 640),
	KEPT("perf_event_mlock_kb", 516, 0, INT_MAX_S),
	VAR("perf_event_paranoid", PERF_PARANOID),
	VAR("pid_max", PID_MAX),
	TEXT_RW("poweroff_cmd", "/sbin/poweroff\n"),
	KEPT("print-fatal-signals", 0, 0, 1),
	PROC_FILE_RW("printk", 0644, sysctl_show_printk, sysctl_write_printk),
	KEPT("printk_delay", 0, 0, 10000),
	TEXT_RW("printk_devkmsg", "ratelimit\n"),
	VAR("printk_ratelimit", PRINTK_RATELIMIT),
	KEPT("printk_ratelimit_burst", 10, 0, INT_MAX_S),
	PROC_DIR("pty", 0555, sysctl_pty),
	PROC_DIR("random", 0555, sysctl_random),
	VAR("randomize_va_space", RANDOMIZE_VA),
	VAR("sched_autogroup_enabled", SCHED_AUTOGROUP),
	KEPT("sched_cfs_bandwidth_slice_us", 5000, 1, INT_MAX_S),
	VAR("sched_child_runs_first", SCHED_CHILD_FIRST),
	KEPT("sched_deadline_period_max_us", 4194304, 0, INT_MAX_S),
	KEPT("sched_deadline_period_min_us", 100, 0, INT_MAX_S),
	VAR("sched_rr_timeslice_ms", SCHED_RR_MS),
	VAR("sched_rt_period_us", SCHED_RT_PERIOD),
	VAR("sched_rt_runtime_us", SCHED_RT_RUNTIME),
	PROC_DIR("seccomp", 0555, sysctl_seccomp),
	PROC_FILE_RW("sem", 0644, sysctl_show_sem, sysctl_write_sem),
	VAR("shmall", SHMALL),
	VAR("shmmax", SHMMAX),
	VAR("shmmni", SHMMNI),
	KEPT("softlockup_panic", 0, 0, 1),
	KEPT("split_lock_mitigate", 1, 0, 1),
	KEPT("sysctl_writes_strict", 1, -1, 1),
	VAR("sysrq", SYSRQ),
	VAR("tainted", TAINTED),
	KEPT("task_delayacct", 0, 0, 1),
	PROC_FILE_RW("threads-max", 0644, sysctl_show_threads,
		     sysctl_write_threads),
	KEPT("timer_migration", 1, 0, 1),
	VAR("unprivileged_bpf_disabled", BPF_DISABLED),
	VAR("unprivileged_userns_clone", USERNS_CLONE),
	PROC_DIR("usermodehelper", 0555, sysctl_helper),
	UTS("version", version),
	KEPT("warn_limit", 0, 0, INT_MAX_S),
	VAR("watchdog", WATCHDOG),
	KEPT("watchdog_thresh", 10, 0, 60),
	PROC_DIR("yama", 0555, sysctl_yama),
	PROC_END,
};

/* --- vm --- */

static const struct seqtree_entry sysctl_vm[] = {
	VAR("admin_reserve_kbytes", ADMIN_RESERVE),
	{ .name = "compact_memory",
	  .mode = S_IFREG | 0200,
	  .write = sysctl_ignore },
	KEPT("compact_unevictable_allowed", 1, 0, 1),
	VAR("compaction_proactiveness", COMPACTION),
	VAR("dirty_background_bytes", DIRTY_BG_BYTES),
	VAR("dirty_background_ratio", DIRTY_BG_RATIO),
	VAR("dirty_bytes", DIRTY_BYTES),
	VAR("dirty_expire_centisecs", DIRTY_EXPIRE),
	VAR("dirty_ratio", DIRTY_RATIO),
	VAR("dirty_writeback_centisecs", DIRTY_WRITEBACK),
	KEPT("dirtytime_expire_seconds", 43200, 0, INT_MAX_S),
	{ .name = "drop_caches",
	  .mode = S_IFREG | 0200,
	  .write = sysctl_ignore },
	KEPT("extfrag_threshold", 500, 0, 1000),
	KEPT("hugetlb_shm_group", 0, 0, INT_MAX_S),
	VAR("laptop_mode", LAPTOP_MODE),
	KEPT("legacy_va_layout", 0, 0, 1),
	TEXT_RW("lowmem_reserve_ratio", "256\t256\t32\t0\t0\n"),
	VAR("max_map_count", MAX_MAP_COUNT),
	VAR("memfd_noexec", MEMFD_NOEXEC),
	VAR("min_free_kbytes", MIN_FREE),
	KEPT("min_slab_ratio", 5, 0, 100),
	KEPT("min_unmapped_ratio", 1, 0, 100),
	TEXT_RW("mmap_min_addr", "196608\n"),
	VAR("mmap_rnd_bits", MMAP_RND_BITS),
	VAR("nr_hugepages", NR_HUGEPAGES),
	KEPT("nr_hugepages_mempolicy", 0, 0, 0),
	KEPT("nr_overcommit_hugepages", 0, 0, INT_MAX_S),
	KEPT("numa_stat", 1, 0, 1),
	TEXT_RW("numa_zonelist_order", "Node\n"),
	VAR("oom_dump_tasks", OOM_DUMP),
	VAR("oom_kill_allocating_task", OOM_KILL_ALLOC),
	VAR("overcommit_kbytes", OVERCOMMIT_KB),
	VAR("overcommit_memory", OVERCOMMIT),
	VAR("overcommit_ratio", OVERCOMMIT_RATIO),
	VAR("page-cluster", PAGE_CLUSTER),
	KEPT("page_lock_unfairness", 5, 0, INT_MAX_S),
	VAR("panic_on_oom", PANIC_ON_OOM),
	KEPT("percpu_pagelist_high_fraction", 0, 0, INT_MAX_S),
	KEPT("stat_interval", 1, 0, INT_MAX_S),
	{ .name = "stat_refresh",
	  .mode = S_IFREG | 0600,
	  .write = sysctl_ignore },
	VAR("swappiness", SWAPPINESS),
	VAR("unprivileged_userfaultfd", USERFAULTFD),
	VAR("user_reserve_kbytes", USER_RESERVE),
	VAR("vfs_cache_pressure", CACHE_PRESSURE),
	KEPT("watermark_boost_factor", 15000, 0, INT_MAX_S),
	VAR("watermark_scale_factor", WATERMARK),
	VAR("zone_reclaim_mode", ZONE_RECLAIM),
	PROC_END,
};

/* --- fs --- */

static int sysctl_show_file_nr(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s, "%u\t0\t%llu\n", 0u,
		   (unsigned long long)sysctl_get(SYSCTL_FILE_MAX));
	return 0;
}

static int sysctl_show_dentry(struct seqbuf *s, const struct seqtree_node *n)
{
	struct dcache_stats d;

	dcache_get_stats(&d);
	seq_printf(s, "%llu\t%llu\t45\t0\t0\t0\n", (unsigned long long)d.total,
		   (unsigned long long)d.total);
	return 0;
}

static const struct seqtree_entry sysctl_inotify[] = {
	VAR("max_queued_events", INOTIFY_EVENTS),
	VAR("max_user_instances", INOTIFY_INSTANCES),
	VAR("max_user_watches", INOTIFY_WATCHES),
	PROC_END,
};
static const struct seqtree_entry sysctl_epoll[] = {
	VAR("max_user_watches", EPOLL_WATCHES),
	PROC_END,
};
static const struct seqtree_entry sysctl_mqueue[] = {
	VAR("msg_default", MQ_MSG_DEFAULT),
	VAR("msg_max", MQ_MSG_MAX),
	VAR("msgsize_default", MQ_SIZE_DEFAULT),
	VAR("msgsize_max", MQ_SIZE_MAX),
	VAR("queues_max", MQ_QUEUES_MAX),
	PROC_END,
};
static const struct seqtree_entry sysctl_fanotify[] = {
	VAR("max_queued_events", FANOTIFY_EVENTS),
	VAR("max_user_groups", FANOTIFY_GROUPS),
	VAR("max_user_marks", FANOTIFY_MARKS),
	KEPT("watchdog_timeout", 0, 0, INT_MAX_S),
	PROC_END,
};
static const struct seqtree_entry sysctl_binfmt[] = { PROC_END };

static const struct seqtree_entry sysctl_fs[] = {
	TEXT("aio-nr", "0\n"),
	VAR("aio-max-nr", AIO_MAX),
	PROC_DIR("binfmt_misc", 0555, sysctl_binfmt),
	PROC_FILE("dentry-state", 0444, sysctl_show_dentry),
	VAR("dir-notify-enable", DIR_NOTIFY),
	PROC_DIR("epoll", 0555, sysctl_epoll),
	PROC_DIR("fanotify", 0555, sysctl_fanotify),
	VAR("file-max", FILE_MAX),
	PROC_FILE("file-nr", 0444, sysctl_show_file_nr),
	TEXT("inode-nr", "0\t0\n"),
	TEXT("inode-state", "0\t0\t0\t0\t0\t0\t0\n"),
	PROC_DIR("inotify", 0555, sysctl_inotify),
	VAR("lease-break-time", LEASE_BREAK),
	VAR("leases-enable", LEASES),
	VAR("mount-max", MOUNT_MAX),
	PROC_DIR("mqueue", 0555, sysctl_mqueue),
	VAR("nr_open", NR_OPEN),
	VAR("overflowgid", OVERFLOWGID),
	VAR("overflowuid", OVERFLOWUID),
	VAR("pipe-max-size", PIPE_MAX_SIZE),
	VAR("pipe-user-pages-hard", PIPE_PAGES_HARD),
	VAR("pipe-user-pages-soft", PIPE_PAGES_SOFT),
	VAR("protected_fifos", PROTECTED_FIFOS),
	VAR("protected_hardlinks", PROTECTED_HARDLINKS),
	VAR("protected_regular", PROTECTED_REGULAR),
	VAR("protected_symlinks", PROTECTED_SYMLINKS),
	VAR("suid_dumpable", SUID_DUMPABLE),
	PROC_END,
};

/* --- net --- */

static const struct seqtree_entry sysctl_net_core[] = {
	VAR("netdev_max_backlog", NETDEV_BACKLOG),
	VAR("optmem_max", OPTMEM_MAX),
	VAR("rmem_default", RMEM_DEFAULT),
	VAR("rmem_max", RMEM_MAX),
	VAR("somaxconn", SOMAXCONN),
	VAR("wmem_default", WMEM_DEFAULT),
	VAR("wmem_max", WMEM_MAX),
	PROC_END,
};
static const struct seqtree_entry sysctl_net_ipv4[] = {
	VAR("ip_forward", IP_FORWARD),
	TEXT_RW("ip_local_port_range", "32768\t60999\n"),
	TEXT_RW("ping_group_range", "1\t0\n"),
	VAR("ip_default_ttl", IP_TTL),
	VAR("ip_unprivileged_port_start", IP_PORT_START),
	TEXT("tcp_available_congestion_control", "reno cubic\n"),
	TEXT("tcp_allowed_congestion_control", "reno cubic\n"),
	TEXT("tcp_congestion_control", "cubic\n"),
	VAR("tcp_fin_timeout", TCP_FIN_TIMEOUT),
	VAR("tcp_keepalive_intvl", TCP_KEEP_INTVL),
	VAR("tcp_keepalive_probes", TCP_KEEP_PROBES),
	VAR("tcp_keepalive_time", TCP_KEEP_TIME),
	VAR("tcp_max_syn_backlog", TCP_SYN_BACKLOG),
	TEXT_RW("tcp_rmem", "4096\t131072\t6291456\n"),
	TEXT_RW("tcp_wmem", "4096\t16384\t4194304\n"),
	VAR("tcp_syncookies", TCP_SYNCOOKIES),
	PROC_END,
};
static const struct seqtree_entry sysctl_net_unix[] = {
	VAR("max_dgram_qlen", UNIX_QLEN),
	PROC_END,
};
static const struct seqtree_entry sysctl_net[] = {
	PROC_DIR("core", 0555, sysctl_net_core),
	PROC_DIR("ipv4", 0555, sysctl_net_ipv4),
	PROC_DIR("unix", 0555, sysctl_net_unix),
	PROC_END,
};

/* --- The others --- */

/* How many namespaces of a kind the reader's user namespace may own. */
static int sysctl_show_ns_max(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s, "%u\n",
		   READ_ONCE(current->cred->user_ns->max[n->e->arg]));
	return 0;
}

static int sysctl_write_ns_max(const struct seqtree_node *n, char *buf,
			       size_t len)
{
	s64 x;
	int err = proc_parse_s64(buf, &x);

	if (err)
		return err;
	if (x < 0 || x > 0x7fffffff)
		return -EINVAL;
	WRITE_ONCE(current->cred->user_ns->max[n->e->arg], (u32)x);
	return 0;
}

#define NS_MAX(n, kind)                                                        \
	{                                                                      \
		.name = n, .mode = S_IFREG | 0644, .show = sysctl_show_ns_max, \
		.write = sysctl_write_ns_max, .arg = kind                      \
	}

static const struct seqtree_entry sysctl_user[] = {
	NS_MAX("max_cgroup_namespaces", NS_CGROUP),
	NS_MAX("max_ipc_namespaces", NS_IPC),
	NS_MAX("max_mnt_namespaces", NS_MNT),
	NS_MAX("max_net_namespaces", NS_NET),
	NS_MAX("max_pid_namespaces", NS_PID),
	NS_MAX("max_time_namespaces", NS_TIME),
	NS_MAX("max_uts_namespaces", NS_UTS),
	VAR("max_fanotify_groups", FANOTIFY_GROUPS),
	VAR("max_fanotify_marks", FANOTIFY_MARKS),
	NS_MAX("max_user_namespaces", NS_USER),
	VAR("max_inotify_instances", USER_INOTIFY_INST),
	VAR("max_inotify_watches", USER_INOTIFY_WATCH),
	PROC_END,
};
static const struct seqtree_entry sysctl_debug[] = {
	VAR("exception-trace", EXCEPTION_TRACE),
	PROC_END,
};
static const struct seqtree_entry sysctl_dev_tty[] = {
	VAR("ldisc_autoload", LDISC_AUTOLOAD),
	VAR("legacy_tiocsti", LEGACY_TIOCSTI),
	PROC_END,
};
static const struct seqtree_entry sysctl_dev[] = {
	PROC_DIR("tty", 0555, sysctl_dev_tty),
	PROC_END,
};

const struct seqtree_entry proc_sys_entries[] = {
	PROC_DIR("debug", 0555, sysctl_debug),
	PROC_DIR("dev", 0555, sysctl_dev),
	PROC_DIR("fs", 0555, sysctl_fs),
	PROC_DIR("kernel", 0555, sysctl_kernel),
	PROC_DIR("net", 0555, sysctl_net),
	PROC_DIR("user", 0555, sysctl_user),
	PROC_DIR("vm", 0555, sysctl_vm),
	PROC_END,
};
