// SPDX-License-Identifier: GPL-2.0
/*
 * The small files of /proc/PID, following proc(5): comm, statm, limits, io,
 * wchan, syscall, personality, schedstat, oom_score and its adjustments,
 * timerslack_ns, children. Each is one show function over the task; those that
 * reveal more than ps(1) shows ask proc_may_access() first.
 */
#include <abi/capability.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/proc.h"

#define PROC_RSS_AGE_NS (200 * NSEC_PER_MSEC)

/* File pages that the task can reach without a fault. */
static u64 proc_reach_pages(struct mm *mm)
{
	struct vma *v;
	u64 n = 0;

	if (!mutex_trylock(&mm->lock))
		return READ_ONCE(mm->rss_file);
	vma_for_each (v, mm)
		if (v->mapping && !v->acc_map && v->acc_hi > v->acc_lo)
			n += v->acc_hi - v->acc_lo;
	mutex_unlock(&mm->lock);
	return n;
}

struct proc_rss proc_get_rss(struct mm *mm)
{
	u64 now = time_mono_ns(), kb;

	if (!mm->rss_at || now - mm->rss_at > PROC_RSS_AGE_NS) {
		WRITE_ONCE(mm->rss_anon, mm_rss_pages(mm));
		WRITE_ONCE(mm->rss_file, proc_reach_pages(mm));
		WRITE_ONCE(mm->rss_at, now);
		kb = (mm->rss_anon + mm->rss_file) << 2;
		if (kb > mm->max_rss_kb)
			WRITE_ONCE(mm->max_rss_kb, kb);
	}
	return (struct proc_rss){ READ_ONCE(mm->rss_anon),
				  READ_ONCE(mm->rss_file) };
}

int proc_show_text(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_puts(s, n->e->data);
	return 0;
}

int proc_show_comm(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);

	if (!t)
		return -ESRCH;
	seq_printf(s, "%s\n", t->comm);
	task_put(t);
	return 0;
}

/* Only threads of one's own process may be renamed. */
int proc_write_comm(const struct seqtree_node *n, char *buf, size_t len)
{
	struct task *t = proc_task(n);
	char name[TASK_COMM_LEN];

	if (!t)
		return -ESRCH;
	if (t->proc != current->proc) {
		task_put(t);
		return -EINVAL;
	}
	memset(name, 0, sizeof(name));
	strlcpy(name, buf, sizeof(name));
	if (strchr(name, '\n'))
		*strchr(name, '\n') = 0;
	memcpy(t->comm, name, sizeof(name));
	host_task_set_name(t, name);
	task_put(t);
	return 0;
}

int proc_show_statm(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct proc_rss rss;
	struct mm *mm;

	if (!t)
		return -ESRCH;
	mm = task_get_mm(t);
	task_put(t);
	if (!mm) {
		seq_puts(s, "0 0 0 0 0 0 0\n");
		return 0;
	}
	rss = proc_get_rss(mm);
	seq_printf(
		s, "%llu %llu %llu %llu 0 %llu 0\n",
		(unsigned long long)mm->total_pages,
		(unsigned long long)(rss.anon + rss.file),
		(unsigned long long)rss.file,
		(unsigned long long)(PAGE_UP(mm->code_end - mm->code_start) >>
				     PAGE_SHIFT),
		(unsigned long long)(mm->data_pages + mm->stack_pages));
	mm_put(mm);
	return 0;
}

static const struct {
	const char *name, *unit;
} proc_limit_names[] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", "" },
	[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};
_Static_assert(ARRAY_SIZE(proc_limit_names) == RLIM_NLIMITS, "limits");

static void proc_limit(struct seqbuf *s, u64 v)
{
	if (v == RLIM64_INFINITY)
		seq_printf(s, "%-20s ", "unlimited");
	else
		seq_printf(s, "%-20llu ", (unsigned long long)v);
}

int proc_show_limits(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	int i;

	if (!t)
		return -ESRCH;
	seq_printf(s, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
		   "Hard Limit", "Units");
	for (i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(s, "%-25s ", proc_limit_names[i].name);
		proc_limit(s, t->proc->rlim[i].rlim_cur);
		proc_limit(s, t->proc->rlim[i].rlim_max);
		if (*proc_limit_names[i].unit)
			seq_printf(s, "%-10s\n", proc_limit_names[i].unit);
		else
			seq_putc(s, '\n');
	}
	task_put(t);
	return 0;
}

int proc_show_io(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	int err;

	if (!t)
		return -ESRCH;
	err = proc_may_access(t);
	if (!err)
		seq_printf(s,
			   "rchar: %llu\nwchar: %llu\nsyscr: %llu\nsyscw: 0\n"
			   "read_bytes: %llu\nwrite_bytes: %llu\n"
			   "cancelled_write_bytes: 0\n",
			   (unsigned long long)t->read_bytes,
			   (unsigned long long)t->write_bytes,
			   (unsigned long long)t->syscalls,
			   (unsigned long long)t->read_bytes,
			   (unsigned long long)t->write_bytes);
	task_put(t);
	return err;
}

/* How a process's calls have come in; the whole machine's are in /proc/lodger. */
int proc_show_task_lodger(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n), *th;
	u64 calls, trapped;

	if (!t)
		return -ESRCH;
	calls = t->syscalls;
	trapped = t->trapped;
	if (n->e->arg) {
		mutex_lock(&tasklist_lock);
		calls = t->proc->syscalls;
		trapped = t->proc->trapped;
		list_for_each_entry (th, &t->proc->threads, thread_node)
			if (READ_ONCE(th->state) < TASK_ZOMBIE) {
				calls += th->syscalls;
				trapped += th->trapped;
			}
		mutex_unlock(&tasklist_lock);
	}
	seq_printf(s, "calls %llu\npatched %llu\ntrapped %llu\n",
		   (unsigned long long)calls,
		   (unsigned long long)(calls - min(calls, trapped)),
		   (unsigned long long)trapped);
	task_put(t);
	return 0;
}

int proc_show_wchan(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	const char *w;

	if (!t)
		return -ESRCH;
	w = READ_ONCE(t->wchan);
	if (!w || READ_ONCE(t->state) != TASK_SLEEPING || proc_may_access(t))
		w = "0";
	seq_puts(s, w);
	task_put(t);
	return 0;
}

int proc_show_syscall(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	const struct pt_regs *r;
	int err;

	if (!t)
		return -ESRCH;
	err = proc_may_access(t);
	if (err) {
		task_put(t);
		return err;
	}
	r = task_regs(t);
	if ((READ_ONCE(t->state) != TASK_SLEEPING && t != current) ||
	    t->kthread)
		seq_puts(s, "running\n");
	else
		seq_printf(
			s,
			"%d 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx "
			"0x%llx 0x%llx\n",
			(int)r->orig_rax, (unsigned long long)r->rdi,
			(unsigned long long)r->rsi, (unsigned long long)r->rdx,
			(unsigned long long)r->r10, (unsigned long long)r->r8,
			(unsigned long long)r->r9, (unsigned long long)r->rsp,
			(unsigned long long)r->rip);
	task_put(t);
	return 0;
}

int proc_show_personality(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);

	if (!t)
		return -ESRCH;
	seq_printf(s, "%08x\n", t->personality);
	task_put(t);
	return 0;
}

/* Time on a processor, time waiting for one (the host's secret), slices. */
int proc_show_schedstat(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	u64 ut, st;

	if (!t)
		return -ESRCH;
	task_cputime(t, &ut, &st);
	seq_printf(s, "%llu 0 %llu\n", (unsigned long long)(ut + st),
		   (unsigned long long)(t->nvcsw + t->nivcsw));
	task_put(t);
	return 0;
}

/* Share of the machine's memory in thousandths, plus the adjustment. */
int proc_show_oom_score(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct mem_stats m;
	struct mm *mm;
	s64 points = 0;

	if (!t)
		return -ESRCH;
	mm = task_get_mm(t);
	mm_get_stats(&m);
	if (mm) {
		points = (s64)(proc_get_rss(mm).anon * 4000 /
			       max(m.total_kb, (u64)1));
		mm_put(mm);
	}
	points = (1000 + points + t->oom_score_adj) * 2 / 3;
	seq_printf(s, "%lld\n", (long long)max(points, (s64)0));
	task_put(t);
	return 0;
}

/* e->arg: the scale, 1000 (oom_score_adj) or 17 (oom_adj). */
int proc_show_oom_adj(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	int v;

	if (!t)
		return -ESRCH;
	v = t->oom_score_adj;
	if (n->e->arg == 17)
		v = v == 1000 ? 15 : v * 17 / 1000;
	seq_printf(s, "%d\n", v);
	task_put(t);
	return 0;
}

int proc_write_oom_adj(const struct seqtree_node *n, char *buf, size_t len)
{
	struct task *t, *th;
	s64 v;
	int err = proc_parse_s64(buf, &v);

	if (err)
		return err;
	if (n->e->arg == 17) {
		if (v < -17 || v > 15)
			return -EINVAL;
		v = v == 15 ? 1000 : v * 1000 / 17;
	}
	if (v < -1000 || v > 1000)
		return -EINVAL;
	t = proc_task(n);
	if (!t)
		return -ESRCH;
	if (v < t->oom_score_adj && !capable(CAP_SYS_RESOURCE)) {
		err = -EACCES;
	} else {
		mutex_lock(&tasklist_lock);
		list_for_each_entry (th, &t->proc->threads, thread_node)
			th->oom_score_adj = (int)v;
		mutex_unlock(&tasklist_lock);
	}
	task_put(t);
	return err;
}

int proc_show_timerslack(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);

	if (!t)
		return -ESRCH;
	seq_printf(s, "%llu\n", (unsigned long long)t->timer_slack);
	task_put(t);
	return 0;
}

int proc_write_timerslack(const struct seqtree_node *n, char *buf, size_t len)
{
	struct task *t;
	s64 v;

	if (proc_parse_s64(buf, &v) || v < 0)
		return -EINVAL;
	t = proc_task(n);
	if (!t)
		return -ESRCH;
	if (t != current && !capable(CAP_SYS_NICE)) {
		task_put(t);
		return -EPERM;
	}
	WRITE_ONCE(t->timer_slack, v ? (u64)v : 50000);
	task_put(t);
	return 0;
}

int proc_show_children(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct process *p;

	if (!t)
		return -ESRCH;
	mutex_lock(&tasklist_lock);
	if (t->tid == t->proc->pid)
		list_for_each_entry (p, &t->proc->children, sibling)
			seq_printf(s, "%u ", pid_nr_in(p->pid, n->pid_ns));
	mutex_unlock(&tasklist_lock);
	task_put(t);
	return 0;
}

int proc_show_core_filter(struct seqbuf *s, const struct seqtree_node *n)
{
	struct mm *mm = proc_mm(n);

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (!mm)
		return 0;
	seq_printf(s, "%08x\n", mm->core_filter);
	mm_put(mm);
	return 0;
}

/* Decimal, octal or hexadecimal, by its beginning. */
int proc_write_core_filter(const struct seqtree_node *n, char *buf, size_t len)
{
	u32 base = 10, digit;
	struct mm *mm;
	u64 v = 0;

	if (buf[0] == '0') {
		base = buf[1] == 'x' || buf[1] == 'X' ? 16 : 8;
		buf += base == 16 ? 2 : 0;
	}
	if (!*buf || *buf == '\n')
		return -EINVAL;
	for (; *buf && *buf != '\n'; buf++) {
		digit = *buf >= 'a'   ? (u32)(*buf - 'a') + 10
			: *buf >= 'A' ? (u32)(*buf - 'A') + 10
				      : (u32)(*buf - '0');
		if (digit >= base)
			return -EINVAL;
		v = v * base + digit;
		if (v > 0xffffffffu)
			return -ERANGE;
	}
	mm = proc_mm(n);
	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (!mm)
		return -ESRCH;
	WRITE_ONCE(mm->core_filter, (u32)v & 0x1ff);
	mm_put(mm);
	return 0;
}
