// SPDX-License-Identifier: GPL-2.0
/*
 * Files of a task that only tell: attr/ (no security module labels it),
 * autogroup, arch_status, cpuset, sched, stack, timers; following proc(5) where
 * that knows them. Figures that the host's scheduler keeps to itself are zero.
 */
#include <abi/capability.h>
#include <abi/sched.h>
#include <kernel/mm.h>
#include <kernel/posix_timer.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "fs/proc.h"

/* --- attr: there is no module that would know --- */

static int proc_show_attr(struct seqbuf *s, const struct seqtree_node *n)
{
	return -EINVAL;
}

static int proc_write_attr(const struct seqtree_node *n, char *buf, size_t len)
{
	struct task *t = proc_task(n);
	int err = -EINVAL;

	if (!t)
		return -ESRCH;
	if (t != current)
		err = -EACCES;
	task_put(t);
	return err;
}

#define ATTR(n) PROC_FILE_RW(n, 0666, proc_show_attr, proc_write_attr)
const struct seqtree_entry proc_attr_entries[] = {
	ATTR("current"),
	ATTR("exec"),
	ATTR("fscreate"),
	ATTR("keycreate"),
	PROC_FILE("prev", 0444, proc_show_attr),
	ATTR("sockcreate"),
	PROC_END,
};

/* --- Scheduling --- */

int proc_show_autogroup(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);

	if (!t)
		return -ESRCH;
	seq_printf(s, "/autogroup-%u nice 0\n", t->proc->sid);
	task_put(t);
	return 0;
}

/* The group's niceness. */
int proc_write_autogroup(const struct seqtree_node *n, char *buf, size_t len)
{
	s64 v;

	if (proc_parse_s64(buf, &v) || v < -20 || v > 19)
		return -EINVAL;
	return v < 0 && !capable(CAP_SYS_NICE) ? -EPERM : 0;
}

static void sched_line(struct seqbuf *s, const char *name, u64 v)
{
	seq_printf(s, "%-45s:%21llu\n", name, (unsigned long long)v);
}

static void sched_ns(struct seqbuf *s, const char *name, u64 ns)
{
	seq_printf(s, "%-45s:%14llu.%06llu\n", name,
		   (unsigned long long)(ns / NSEC_PER_MSEC),
		   (unsigned long long)(ns % NSEC_PER_MSEC));
}

int proc_show_sched(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	u64 ut, st;
	bool rt;

	if (!t)
		return -ESRCH;
	task_cputime(t, &ut, &st);
	rt = t->sched_policy == SCHED_FIFO || t->sched_policy == SCHED_RR;
	seq_printf(s, "%s (%u, #threads: %u)\n", t->comm, t->tid,
		   t->proc->nr_threads);
	seq_puts(s, "---------------------------------------------------------"
		    "----------\n");
	sched_ns(s, "se.exec_start", time_mono_ns());
	sched_ns(s, "se.vruntime", ut + st);
	sched_ns(s, "se.sum_exec_runtime", ut + st);
	sched_line(s, "se.nr_migrations", 0);
	sched_line(s, "nr_switches", t->nvcsw + t->nivcsw);
	sched_line(s, "nr_voluntary_switches", t->nvcsw);
	sched_line(s, "nr_involuntary_switches", t->nivcsw);
	sched_line(s, "se.load.weight", 1048576);
	sched_line(s, "policy", t->sched_policy);
	sched_line(s, "prio", rt ? 99 - t->sched_prio : (u64)(120 + t->nice));
	sched_line(s, "clock-delta", 0);
	task_put(t);
	return 0;
}

/* --- Where it waits --- */

int proc_show_stack(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	const char *w;
	int err;

	if (!t)
		return -ESRCH;
	err = capable(CAP_SYS_ADMIN) ? proc_may_access(t) : -EACCES;
	w = READ_ONCE(t->wchan);
	if (!err && w && READ_ONCE(t->state) == TASK_SLEEPING)
		seq_printf(s, "[<0>] %s+0x0/0x0\n", w);
	task_put(t);
	return err;
}

/* --- POSIX timers --- */

int proc_show_timers(struct seqbuf *s, const struct seqtree_node *n)
{
	static const char *const kinds[] = {
		[SIGEV_SIGNAL] = "signal",
		[SIGEV_NONE] = "none",
		[SIGEV_THREAD] = "thread",
		[SIGEV_THREAD_ID] = "signal",
	};
	struct posix_timer_info o;
	struct task *t = proc_task(n);

	if (!t)
		return -ESRCH;
	for (u32 i = 0; posix_timer_nth(t->proc, i, &o); i++)
		seq_printf(s,
			   "ID: %d\nsignal: %d/%016llx\nnotify: %s/%s.%u\n"
			   "ClockID: %d\n",
			   o.id, o.signo, (unsigned long long)o.value,
			   (u32)o.notify < ARRAY_SIZE(kinds) ? kinds[o.notify]
							     : "none",
			   o.notify == SIGEV_THREAD_ID ? "tid" : "pid",
			   o.target, o.clock);
	task_put(t);
	return 0;
}
