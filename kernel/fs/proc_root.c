// SPDX-License-Identifier: GPL-2.0
/*
 * procfs, following proc(5): its root, its processes and threads.
 *
 *	/proc			table below, and a directory for each process
 *	/proc/PID		proc_tgid_entries
 *	/proc/PID/task/TID	proc_tid_entries
 *
 * The parts: proc_pid.c (stat, status), proc_misc.c (small files of a task),
 * proc_mem.c (what reads its memory), proc_fd.c (links), proc_mounts.c,
 * proc_global.c and proc_cpuinfo.c (the machine), proc_sysctl.c (/proc/sys),
 * proc_stub.c (files other subsystems fill in). The engine is seqtree.c.
 *
 * A node of a task remembers tid and start time and finds the task again at
 * each use, so that an open /proc/PID never keeps a task block alive and never
 * speaks of a later task with the same number: such a file reads as ESRCH.
 *
 * Each mount belongs to a pid namespace, whose tasks it shows with the numbers
 * they have there. Nodes have the first namespace's.
 *
 * Not here: hidepid=.
 */
#include <abi/capability.h>
#include <abi/statfs.h>
#include <kernel/fs.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/ns.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "fs/proc.h"

/* --- Tasks --- */

struct task *proc_task(const struct seqtree_node *n)
{
	struct task *t = task_find_get(n->tid);

	if (t && t->start_time != n->start_time) {
		task_put(t);
		return NULL;
	}
	return t;
}

int proc_may_access(struct task *t)
{
	const struct cred *me = current->cred;
	struct cred *c;
	bool same, cap;

	if (t->proc == current->proc)
		return 0;
	c = task_get_cred(t);
	same = me->fsuid == c->uid && me->fsuid == c->euid &&
	       me->fsuid == c->suid && me->fsgid == c->gid &&
	       me->fsgid == c->egid && me->fsgid == c->sgid &&
	       me->user_ns == c->user_ns &&
	       !(c->cap_permitted & ~me->cap_permitted);
	cap = ns_capable(c->user_ns, CAP_SYS_PTRACE);
	cred_put(c);
	if (same) {
		struct mm *mm = task_get_mm(t);

		same = !mm || mm->dumpable == 1;
		if (mm)
			mm_put(mm);
	}
	return same || cap ? 0 : -EACCES;
}

struct mm *proc_mm(const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct mm *mm;
	int err;

	if (!t)
		return ERR_PTR(-ESRCH);
	err = proc_may_access(t);
	mm = err ? ERR_PTR(err) : task_get_mm(t);
	task_put(t);
	return mm;
}

int proc_parse_s64(const char *buf, s64 *out)
{
	const char *end;
	bool neg;
	u64 v;

	while (*buf == ' ' || *buf == '\t')
		buf++;
	neg = *buf == '-';
	if (kstrtou64(buf + neg, &end, &v))
		return -EINVAL;
	while (*end == ' ' || *end == '\n' || *end == '\t')
		end++;
	if (*end)
		return -EINVAL;
	*out = neg ? -(s64)v : (s64)v;
	return 0;
}

static bool proc_alive(const struct seqtree_node *n)
{
	struct task *t;

	if (!n->tid)
		return true;
	t = proc_task(n);
	if (t)
		task_put(t);
	return t != NULL;
}

/* The task's effective ids; root's where its memory must not be read. */
static void proc_owner(const struct seqtree_node *n, u32 *uid, u32 *gid)
{
	struct task *t = n->tid ? proc_task(n) : NULL;
	struct mm *mm;
	struct cred *c;

	if (!t)
		return;
	c = task_get_cred(t);
	*uid = c->euid;
	*gid = c->egid;
	cred_put(c);
	mm = task_get_mm(t);
	if (mm) {
		if (mm->dumpable != 1 && n->e->mode != (S_IFDIR | 0555u))
			*uid = *gid = 0;
		mm_put(mm);
	}
	task_put(t);
}

/* Descriptors: also for the process itself, whoever it has become. */
static int proc_permission(const struct seqtree_node *n, struct inode *ino,
			   u32 mask)
{
	struct task *t = proc_task(n);
	int err;

	if (!t)
		return -ESRCH;
	err = proc_may_access(t);
	task_put(t);
	if (!err && (mask & MAY_WRITE))
		err = -EACCES;
	return err;
}

/* --- Directories of tasks --- */

static int proc_parse_tid(const char *name, u32 len, u32 *out)
{
	u32 v = 0, i;

	if (!len || len > 7 || (name[0] == '0' && len > 1))
		return -ENOENT;
	for (i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -ENOENT;
		v = v * 10 + (u32)(name[i] - '0');
	}
	*out = v;
	return v ? 0 : -ENOENT;
}

static const struct seqtree_entry proc_tgid_entry, proc_tid_entry;

static int proc_lookup_task(const struct seqtree_node *dir, const char *name,
			    u32 len, struct seqtree_node *out)
{
	struct process *of = NULL;
	struct task *t, *owner = NULL;
	u32 tid;
	int err = proc_parse_tid(name, len, &tid);

	if (err)
		return err;
	tid = pid_of_nr(tid, dir->pid_ns);
	t = task_find_get(tid);
	if (!t)
		return -ENOENT;
	if (dir->tid) { /* /proc/PID/task: only its own threads */
		owner = proc_task(dir);
		of = owner ? owner->proc : NULL;
	}
	if (dir->tid && t->proc != of) {
		err = -ENOENT;
	} else {
		out->e = dir->tid ? &proc_tid_entry : &proc_tgid_entry;
		out->tid = tid;
		out->sub = 0;
		out->start_time = t->start_time;
	}
	if (owner)
		task_put(owner);
	task_put(t);
	return err;
}

struct proc_tids {
	u32 n;
	u32 tid[];
};

static void proc_sort(u32 *v, u32 n)
{
	for (u32 gap = n / 2; gap; gap /= 2)
		for (u32 i = gap; i < n; i++) {
			u32 x = v[i], j = i;

			for (; j >= gap && v[j - gap] > x; j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
}

/* Numbers from `from` up, ascending: all processes, or threads of one. */
static struct proc_tids *proc_collect(struct process *of, u32 from,
				      const struct pid_ns *ns)
{
	struct proc_tids *l;
	struct task *t;
	u32 n = 0;

	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node)
		n++;
	l = kmalloc(sizeof(*l) + n * sizeof(u32));
	if (l) {
		l->n = 0;
		list_for_each_entry (t, &all_tasks, all_node) {
			u32 nr = pid_nr_in(t->tid, ns);

			if (nr && nr >= from &&
			    (of ? t->proc == of : t->proc->pid == t->tid))
				l->tid[l->n++] = nr;
		}
		proc_sort(l->tid, l->n);
	}
	mutex_unlock(&tasklist_lock);
	return l;
}

static int proc_iterate_tasks(const struct seqtree_node *dir,
			      struct dir_context *ctx)
{
	struct seqtree_node n = *dir;
	struct task *owner = dir->tid ? proc_task(dir) : NULL;
	struct proc_tids *l;

	if (dir->tid && !owner)
		return -ENOENT;
	l = proc_collect(owner ? owner->proc : NULL,
			 (u32)(ctx->pos - SEQTREE_DYN), dir->pid_ns);
	if (owner)
		task_put(owner);
	if (!l)
		return -ENOMEM;
	n.e = dir->tid ? &proc_tid_entry : &proc_tgid_entry;
	for (u32 i = 0; i < l->n; i++) {
		char name[16];

		n.tid = pid_of_nr(l->tid[i], dir->pid_ns);
		snprintf(name, sizeof(name), "%u", l->tid[i]);
		if (!seqtree_emit(ctx, name, &n, l->tid[i]))
			break;
	}
	kfree(l);
	return 0;
}

static const struct seqtree_dir proc_tasks_dir = {
	.lookup = proc_lookup_task,
	.iterate = proc_iterate_tasks,
};

/* --- Links of the root --- */

static ssize_t proc_read_self(const struct seqtree_node *n, char *buf,
			      size_t size)
{
	u32 nr = pid_nr_in(current->proc->pid, n->pid_ns);

	return nr ? snprintf(buf, size, "%u", nr) : -ENOENT;
}

static ssize_t proc_read_thread_self(const struct seqtree_node *n, char *buf,
				     size_t size)
{
	u32 nr = pid_nr_in(current->proc->pid, n->pid_ns);

	return nr ? snprintf(buf, size, "%u/task/%u", nr,
			     pid_nr_in(current->tid, n->pid_ns))
		  : -ENOENT;
}

/* A link whose target is e->data. */
static ssize_t proc_read_fixed(const struct seqtree_node *n, char *buf,
			       size_t size)
{
	return (ssize_t)strlcpy(buf, n->e->data, size);
}

/* What is written resets figures that are not kept. */
static int proc_write_ignore(const struct seqtree_node *n, char *buf,
			     size_t len)
{
	return 0;
}

/* --- The tables --- */

#define PROC_TEXT(n, m, t)                                                \
	{                                                                 \
		.name = n, .mode = S_IFREG | (m), .show = proc_show_text, \
		.data = t                                                 \
	}
#define PROC_ID_MAP(n, kind)                                                 \
	{                                                                    \
		.name = n, .mode = S_IFREG | 0644, .show = proc_show_id_map, \
		.write = proc_write_id_map, .guarded = true, .arg = kind     \
	}
/* whole: figures of the process, not of one thread */
#define PROC_TASK_ENTRIES(whole)                                             \
	PROC_TEXT("arch_status", 0444, "AVX512_elapsed_ms:\t-1\n"),          \
		PROC_DIR("attr", 0555, proc_attr_entries),                   \
		PROC_OPS("auxv", 0400, &proc_auxv_fops),                     \
		PROC_TEXT("cgroup", 0444, "0::/\n"),                         \
		{ .name = "clear_refs",                                      \
		  .mode = S_IFREG | 0200,                                    \
		  .write = proc_write_clear_refs },                          \
		PROC_OPS("cmdline", 0444, &proc_cmdline_fops),               \
		PROC_FILE_RW("comm", 0644, proc_show_comm, proc_write_comm), \
		PROC_TEXT("cpuset", 0444, "/\n"),                            \
		PROC_MAGIC("cwd", proc_get_cwd),                             \
		PROC_OPS("environ", 0400, &proc_environ_fops),               \
		PROC_MAGIC("exe", proc_get_exe),                             \
		{ .name = "fd",                                              \
		  .mode = S_IFDIR | 0500,                                    \
		  .dir = &proc_fd_dir,                                       \
		  .guarded = true },                                         \
		{ .name = "fdinfo",                                          \
		  .mode = S_IFDIR | 0555,                                    \
		  .dir = &proc_fdinfo_dir,                                   \
		  .guarded = true },                                         \
		PROC_ID_MAP("gid_map", ID_GID),                              \
		PROC_FILE("io", 0400, proc_show_io),                         \
		PROC_FILE("limits", 0444, proc_show_limits),                 \
		PROC_TEXT("loginuid", 0644, "4294967295"),                   \
		{ .name = "lodger",                                          \
		  .mode = S_IFREG | 0444,                                    \
		  .show = proc_show_task_lodger,                             \
		  .arg = whole },                                            \
		PROC_FILE("maps", 0444, proc_show_maps),                     \
		PROC_OPS("mem", 0600, &proc_mem_fops),                       \
		PROC_FILE("mountinfo", 0444, proc_show_mountinfo),           \
		PROC_FILE("mounts", 0444, proc_show_mounts),                 \
		PROC_DIR("net", 0555, proc_net_entries),                     \
		PROC_DIR("ns", 0511, proc_ns_entries),                       \
		PROC_FILE("numa_maps", 0444, proc_show_numa_maps),           \
		{ .name = "oom_adj",                                         \
		  .mode = S_IFREG | 0644,                                    \
		  .show = proc_show_oom_adj,                                 \
		  .write = proc_write_oom_adj,                               \
		  .arg = 17 },                                               \
		PROC_FILE("oom_score", 0444, proc_show_oom_score),           \
		{ .name = "oom_score_adj",                                   \
		  .mode = S_IFREG | 0644,                                    \
		  .show = proc_show_oom_adj,                                 \
		  .write = proc_write_oom_adj,                               \
		  .arg = 1000 },                                             \
		PROC_OPS("pagemap", 0400, &proc_pagemap_fops),               \
		PROC_FILE("personality", 0400, proc_show_personality),       \
		PROC_ID_MAP("projid_map", ID_PROJ),                          \
		PROC_MAGIC("root", proc_get_root),                           \
		PROC_FILE_RW("sched", 0644, proc_show_sched,                 \
			     proc_write_ignore),                             \
		PROC_FILE("schedstat", 0444, proc_show_schedstat),           \
		PROC_TEXT("sessionid", 0444, "4294967295"),                  \
		{ .name = "setgroups",                                       \
		  .mode = S_IFREG | 0644,                                    \
		  .show = proc_show_setgroups,                               \
		  .write = proc_write_setgroups,                             \
		  .guarded = true },                                         \
		PROC_FILE("smaps", 0444, proc_show_smaps),                   \
		PROC_FILE("smaps_rollup", 0444, proc_show_smaps_rollup),     \
		PROC_FILE("stack", 0400, proc_show_stack),                   \
		{ .name = "stat",                                            \
		  .mode = S_IFREG | 0444,                                    \
		  .show = proc_show_stat,                                    \
		  .arg = whole },                                            \
		PROC_FILE("statm", 0444, proc_show_statm),                   \
		PROC_FILE("status", 0444, proc_show_status),                 \
		PROC_FILE("syscall", 0400, proc_show_syscall),               \
		PROC_FILE_RW("timerslack_ns", 0666, proc_show_timerslack,    \
			     proc_write_timerslack),                         \
		PROC_ID_MAP("uid_map", ID_UID),                              \
		PROC_FILE("wchan", 0444, proc_show_wchan), PROC_END

const struct seqtree_entry proc_tid_entries[] = {
	PROC_FILE("children", 0444, proc_show_children),
	PROC_TASK_ENTRIES(0),
};

const struct seqtree_entry proc_tgid_entries[] = {
	PROC_FILE_RW("autogroup", 0644, proc_show_autogroup,
		     proc_write_autogroup),
	PROC_FILE_RW("coredump_filter", 0644, proc_show_core_filter,
		     proc_write_core_filter),
	{ .name = "map_files",
	  .mode = S_IFDIR | 0500,
	  .dir = &proc_map_files_dir,
	  .guarded = true },
	PROC_FILE("mountstats", 0400, proc_show_mountstats),
	PROC_FILE("timers", 0444, proc_show_timers),
	{ .name = "task", .mode = S_IFDIR | 0555, .dir = &proc_tasks_dir },
	PROC_TASK_ENTRIES(1),
};

static const struct seqtree_entry proc_tgid_entry = {
	.mode = S_IFDIR | 0555,
	.children = proc_tgid_entries,
};
static const struct seqtree_entry proc_tid_entry = {
	.mode = S_IFDIR | 0555,
	.children = proc_tid_entries,
};

static const struct seqtree_entry proc_empty_dir[] = { PROC_END };
/* Nothing ever waits for what the host has: nobody counts it. */
#define PRESSURE_LINE(w) w " avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
static const struct seqtree_entry proc_pressure_entries[] = {
	PROC_TEXT("cpu", 0644, PRESSURE_LINE("some") PRESSURE_LINE("full")),
	PROC_TEXT("io", 0644, PRESSURE_LINE("some") PRESSURE_LINE("full")),
	PROC_TEXT("memory", 0644, PRESSURE_LINE("some") PRESSURE_LINE("full")),
	PROC_END,
};
static const struct seqtree_entry proc_fs_entries[] = { PROC_END };

#define PROC_FIXED(n, to)                               \
	{                                               \
		.name = n, .mode = S_IFLNK | 0777,      \
		.readlink = proc_read_fixed, .data = to \
	}

static const struct seqtree_entry proc_root_entries[] = {
	PROC_TEXT("buddyinfo", 0444, ""),
	PROC_DIR("bus", 0555, proc_empty_dir),
	PROC_TEXT("cgroups", 0444,
		  "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"),
	PROC_FILE("cmdline", 0444, proc_show_cmdline),
	PROC_TEXT("consoles", 0444,
		  "tty1                 -WU (EC p  )    4:1\n"),
	PROC_FILE("config.gz", 0444, proc_show_config),
	PROC_FILE("cpuinfo", 0444, proc_show_cpuinfo),
	PROC_TEXT("crypto", 0444, ""),
	PROC_TEXT("devices", 0444,
		  "Character devices:\n  1 mem\n  5 /dev/tty\n"
		  "  5 /dev/console\n  5 /dev/ptmx\n 10 misc\n128 ptm\n"
		  "136 pts\n\nBlock devices:\n"),
	{ .name = "diskstats",
	  .mode = S_IFREG | 0444,
	  .show = proc_show_stub,
	  .data = &(const struct proc_stub){ "diskstats", "" } },
	PROC_TEXT("dma", 0444, ""),
	PROC_DIR("driver", 0555, proc_empty_dir),
	PROC_TEXT("execdomains", 0444, "0-0\tLinux           \t[kernel]\n"),
	PROC_FILE("filesystems", 0444, proc_show_filesystems),
	PROC_DIR("fs", 0555, proc_fs_entries),
	PROC_FILE("interrupts", 0444, proc_show_interrupts),
	PROC_TEXT("iomem", 0444, ""),
	PROC_TEXT("ioports", 0444, ""),
	PROC_DIR("irq", 0555, proc_empty_dir),
	PROC_TEXT("kallsyms", 0444, ""),
	PROC_TEXT("key-users", 0444, ""),
	PROC_TEXT("keys", 0444, ""),
	PROC_OPS("kmsg", 0400, &proc_kmsg_fops),
	PROC_FILE("loadavg", 0444, proc_show_loadavg),
	PROC_FILE("locks", 0444, proc_show_locks),
	PROC_FILE("lodger", 0444, proc_show_lodger),
	PROC_TEXT("mdstat", 0444, "Personalities : \nunused devices: <none>\n"),
	PROC_FILE("meminfo", 0444, proc_show_meminfo),
	PROC_TEXT("misc", 0444, ""),
	PROC_TEXT("modules", 0444, ""),
	PROC_FIXED("mounts", "self/mounts"),
	PROC_FIXED("net", "self/net"),
	{ .name = "partitions",
	  .mode = S_IFREG | 0444,
	  .show = proc_show_stub,
	  .data = &(const struct proc_stub){ "partitions", "" } },
	PROC_DIR("pressure", 0555, proc_pressure_entries),
	PROC_LINK("self", proc_read_self),
	PROC_FILE("slabinfo", 0400, proc_show_slabinfo),
	PROC_FILE("softirqs", 0444, proc_show_softirqs),
	PROC_FILE("stat", 0444, proc_show_global_stat),
	PROC_TEXT("swaps", 0444,
		  "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
	PROC_DIR("sys", 0555, proc_sys_entries),
	{ .name = "sysrq-trigger",
	  .mode = S_IFREG | 0200,
	  .write = proc_write_sysrq },
	PROC_DIR("sysvipc", 0555, proc_sysvipc_entries),
	PROC_LINK("thread-self", proc_read_thread_self),
	PROC_FILE("timer_list", 0400, proc_show_timer_list),
	PROC_DIR("tty", 0555, proc_tty_entries),
	PROC_FILE("uptime", 0444, proc_show_uptime),
	PROC_FILE("version", 0444, proc_show_version),
	PROC_TEXT("vmallocinfo", 0400, ""),
	PROC_FILE("vmstat", 0444, proc_show_vmstat),
	PROC_FILE("zoneinfo", 0444, proc_show_zoneinfo),
	PROC_END,
};

/* A procfs whose top holds these entries beside the tasks. */
#define PROC_TYPE(entries)                                          \
	{                                                           \
		.root = { .mode = S_IFDIR | 0555,                   \
			  .children = (entries),                    \
			  .dir = &proc_tasks_dir },                 \
		.magic = PROC_SUPER_MAGIC, .absent_is_error = true, \
		.alive = proc_alive, .owner = proc_owner,           \
		.permission = proc_permission,                      \
	}

static const struct seqtree_type proc_type = PROC_TYPE(proc_root_entries);

/* subset=pid: the tasks, and nothing about the machine. */
static const struct seqtree_entry proc_subset_entries[] = {
	PROC_LINK("self", proc_read_self),
	PROC_LINK("thread-self", proc_read_thread_self),
	PROC_END,
};

static const struct seqtree_type proc_subset_type =
	PROC_TYPE(proc_subset_entries);

/* => 1 subset=pid, 0 no such word, -EINVAL another subset */
static int proc_subset(const char *s)
{
	while (s && *s) {
		if (!strncmp(s, "subset=", 7))
			return !strncmp(s + 7, "pid", 3) &&
					       (!s[10] || s[10] == ',')
				       ? 1
				       : -EINVAL;
		s = strchr(s, ',');
		s += s != NULL;
	}
	return 0;
}

static struct super *proc_mount(const struct fs_type *t, const char *source,
				u32 flags, const char *data)
{
	int subset = proc_subset(data);

	if (subset < 0)
		return ERR_PTR(subset);
	return seqtree_mount(t, subset ? &proc_subset_type : &proc_type,
			     current->pid_ns);
}

static struct fs_type proc_fs_type = {
	.name = "proc",
	.nodev = true,
	.userns = true,
	.revealing = true,
	.mount = proc_mount,
};

struct task *proc_dir_task(struct file *f)
{
	const struct seqtree_node *n;
	struct task *t;

	if (f->inode->sb->type != &proc_fs_type || !S_ISDIR(f->inode->mode))
		return NULL;
	n = seqtree_node_of(f->inode);
	if (n->e != &proc_tgid_entry)
		return NULL;
	t = proc_task(n);
	return t ? t : ERR_PTR(-ESRCH);
}

void procfs_init(void)
{
	machine_mark_start();
	fs_register(&proc_fs_type);
}
