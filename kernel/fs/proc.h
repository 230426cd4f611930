/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside procfs: what its files share.
 */
#ifndef FS_PROC_H
#define FS_PROC_H

#include <kernel/task.h>
#include "fs/seqtree.h"

/* Shorthand for the tables. */
#define PROC_FILE(n, m, fn)                                  \
	{                                                    \
		.name = n, .mode = S_IFREG | (m), .show = fn \
	}
#define PROC_FILE_RW(n, m, fn, w)                                        \
	{                                                                \
		.name = n, .mode = S_IFREG | (m), .show = fn, .write = w \
	}
#define PROC_OPS(n, m, ops)                                   \
	{                                                     \
		.name = n, .mode = S_IFREG | (m), .fops = ops \
	}
#define PROC_DIR(n, m, kids)                                       \
	{                                                          \
		.name = n, .mode = S_IFDIR | (m), .children = kids \
	}
#define PROC_LINK(n, fn)                                          \
	{                                                         \
		.name = n, .mode = S_IFLNK | 0777, .readlink = fn \
	}
#define PROC_MAGIC(n, fn)                                         \
	{                                                         \
		.name = n, .mode = S_IFLNK | 0777, .get_path = fn \
	}
#define PROC_END             \
	{                    \
		.name = NULL \
	}

/* --- proc_root.c --- */
/* The node's task with a reference, or NULL when it has gone. */
struct task *proc_task(const struct seqtree_node *n);
/* ptrace(2)'s rule: may current look into t? => 0 or -EACCES */
int proc_may_access(struct task *t);
/* The address space of the node's task, access checked; reference. ERR_PTR;
 * NULL: it has none. */
struct mm *proc_mm(const struct seqtree_node *n);
/* => 0 and the number, or -EINVAL: a whole decimal number with a newline. */
int proc_parse_s64(const char *buf, s64 *out);

/* Resident pages of mm, at most a moment old: counting asks its tasks. */
struct proc_rss {
	u64 anon, file;
};
struct proc_rss proc_get_rss(struct mm *mm);

/* --- The tables --- */
/* /sys/kernel/debug */
#ifdef CONFIG_KCOV
extern const struct seqtree_entry kcov_entries[];
#else
#define kcov_entries sysfs_empty
#endif
extern const struct seqtree_entry proc_tgid_entries[], proc_tid_entries[];
extern const struct seqtree_entry proc_sys_entries[], proc_ns_entries[];
extern const struct seqtree_entry proc_net_entries[], proc_sysvipc_entries[],
	proc_tty_entries[];

/* --- proc_pid.c: text about a task --- */
int proc_show_stat(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_status(struct seqbuf *s, const struct seqtree_node *n);
char proc_state_letter(const struct task *t);

/* --- proc_misc.c: small files of a task --- */
int proc_show_comm(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_comm(const struct seqtree_node *n, char *buf, size_t len);
int proc_show_statm(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_limits(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_io(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_task_lodger(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_wchan(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_syscall(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_personality(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_schedstat(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_oom_score(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_oom_adj(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_oom_adj(const struct seqtree_node *n, char *buf, size_t len);
int proc_show_timerslack(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_timerslack(const struct seqtree_node *n, char *buf, size_t len);
int proc_show_children(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_core_filter(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_core_filter(const struct seqtree_node *n, char *buf, size_t len);
/* --- proc_task.c --- */
extern const struct seqtree_entry proc_attr_entries[];
int proc_show_autogroup(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_autogroup(const struct seqtree_node *n, char *buf, size_t len);
int proc_show_sched(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_stack(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_timers(struct seqbuf *s, const struct seqtree_node *n);

/* --- proc_vma.c --- */
extern const struct file_ops proc_pagemap_fops;
extern const struct seqtree_dir proc_map_files_dir;
int proc_show_numa_maps(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_clear_refs(const struct seqtree_node *n, char *buf, size_t len);

/* A file that always reads the same: e->data is the text. */
int proc_show_text(struct seqbuf *s, const struct seqtree_node *n);

/* --- proc_mem.c --- */
int proc_show_maps(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_smaps(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_smaps_rollup(struct seqbuf *s, const struct seqtree_node *n);
extern const struct file_ops proc_cmdline_fops, proc_environ_fops,
	proc_auxv_fops, proc_mem_fops;

/* --- proc_fd.c --- */
extern const struct seqtree_dir proc_fd_dir, proc_fdinfo_dir;
int proc_get_exe(const struct seqtree_node *n, struct path *out);
int proc_get_cwd(const struct seqtree_node *n, struct path *out);
int proc_get_root(const struct seqtree_node *n, struct path *out);

/* --- proc_ns.c --- */
int proc_show_id_map(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_id_map(const struct seqtree_node *n, char *buf, size_t len);
int proc_show_setgroups(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_setgroups(const struct seqtree_node *n, char *buf, size_t len);

/* --- proc_mounts.c --- */
int proc_show_mounts(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_mountinfo(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_mountstats(struct seqbuf *s, const struct seqtree_node *n);

/* --- proc_global.c, proc_cpuinfo.c, proc_stub.c --- */
int proc_show_meminfo(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_global_stat(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_uptime(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_loadavg(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_version(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_filesystems(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_cmdline(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_interrupts(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_vmstat(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_slabinfo(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_lodger(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_locks(struct seqbuf *s, const struct seqtree_node *n);
int proc_write_sysrq(const struct seqtree_node *n, char *buf, size_t len);
extern const struct file_ops proc_kmsg_fops;
int proc_show_config(struct seqbuf *s,
		     const struct seqtree_node *n); /* proc_config.c */
int proc_show_softirqs(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_zoneinfo(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_timer_list(struct seqbuf *s, const struct seqtree_node *n);
int proc_show_cpuinfo(struct seqbuf *s, const struct seqtree_node *n);
/* A stub (seqbuf.h: proc_register): e->data is a struct proc_stub. */
struct proc_stub {
	const char *path;
	const char *head;
};
int proc_show_stub(struct seqbuf *s, const struct seqtree_node *n);

#endif
