// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/stat and /proc/PID/status, following proc(5): what ps and top read.
 *
 * Both collect first (under the locks that each piece needs, one after the
 * other) and print then; as on Linux the pieces need not be of one instant.
 * Addresses inside the task's memory and its registers are zero for those who
 * may not look into it.
 *
 * The same functions serve a process and a thread: for /proc/PID times and
 * faults are those of the whole group, for /proc/PID/task/TID its own.
 */
#include <abi/capability.h>
#include <abi/sched.h>
#include <kernel/ns.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/seccomp.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/tty.h>
#include "fs/proc.h"

#define PROC_TICK_NS	   (NSEC_PER_SEC / 100)

/* Linux's PF_* that tools look at. */
#define PROC_PF_FORKNOEXEC 0x40u
#define PROC_PF_KTHREAD	   0x200000u

struct proc_sigs {
	sigset_t pending, shared, blocked, ignored, caught;
	u32 queued;
};

struct proc_ids {
	u32 tid, tgid, ppid, pgid, sid, threads, tpgid, tracer;
	int seccomp;
	u32 seccomp_filters;
	u64 tty;
	u64 ut, st, cut, cst;
	u64 minflt, majflt, cminflt, cmajflt, nvcsw, nivcsw;
	int exit_code;
};

char proc_state_letter(const struct task *t)
{
	if (t->kthread) /* whatever it waits for outside of sleep_on() */
		return 'S';
	switch ((enum task_state)READ_ONCE(t->state)) {
	case TASK_NEW:
	case TASK_RUNNING:
		return 'R';
	case TASK_SLEEPING:
		if (READ_ONCE(t->jobctl) & JOBCTL_STOPPED)
			return t->tracer ? 't' : 'T';
		return 'S';
	case TASK_STOPPED:
		return t->tracer ? 't' : 'T';
	case TASK_ZOMBIE:
		return 'Z';
	case TASK_DEAD:
		break;
	}
	return 'X';
}

static const char *proc_state_name(char c)
{
	switch (c) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	}
	return "X (dead)";
}

static void proc_get_sigs(struct task *t, struct proc_sigs *o)
{
	struct sighand *sh = sighand_lock(t->proc);
	struct cred *c;
	int i;

	memset(o, 0, sizeof(*o));
	o->pending = t->pending.set;
	o->shared = t->proc->pending.set;
	o->blocked = t->blocked;
	for (i = 1; i <= NSIG; i++) {
		u64 h = sh->action[i - 1].handler;

		if (h == SIG_IGN)
			o->ignored |= sigmask(i);
		else if (h != SIG_DFL)
			o->caught |= sigmask(i);
	}
	spin_unlock(&sh->lock);
	c = task_get_cred(t);
	if (c->user)
		o->queued = READ_ONCE(c->user->sigpending);
	cred_put(c);
}

/* whole: of the process, not of the thread alone */
static void proc_get_ids(const struct seqtree_node *n, struct task *t,
			 bool whole, struct proc_ids *o)
{
	struct process *p = t->proc;
	struct task *th;

	memset(o, 0, sizeof(*o));
	mutex_lock(&tasklist_lock);
	o->tid = pid_nr_in(t->tid, n->pid_ns);
	o->tgid = pid_nr_in(p->pid, n->pid_ns);
	o->ppid = p->parent ? pid_nr_in(p->parent->pid, n->pid_ns) : 0;
	o->pgid = pid_nr_in(p->pgid, n->pid_ns);
	o->sid = pid_nr_in(p->sid, n->pid_ns);
	o->threads = p->nr_threads;
	o->seccomp = seccomp_mode(t);
	o->seccomp_filters = seccomp_filters(t);
	o->tracer = t->tracer ? pid_nr_in(t->tracer->tid, n->pid_ns) : 0;
	if (p->tty) {
		o->tty = tty_devnum(p->tty);
		o->tpgid = pid_nr_in(tty_pgrp(p->tty), n->pid_ns);
	}
	if (whole) {
		process_cputime_locked(p, &o->ut, &o->st);
		o->minflt = p->min_flt;
		o->majflt = p->maj_flt;
		o->cminflt = p->cmin_flt;
		o->cmajflt = p->cmaj_flt;
		o->cut = p->cutime_ns;
		o->cst = p->cstime_ns;
		list_for_each_entry (th, &p->threads, thread_node) {
			o->minflt += th->min_flt;
			o->majflt += th->maj_flt;
		}
	} else {
		task_cputime(t, &o->ut, &o->st);
		o->minflt = t->min_flt;
		o->majflt = t->maj_flt;
	}
	o->nvcsw = t->nvcsw;
	o->nivcsw = t->nivcsw;
	o->exit_code = p->exit_code;
	mutex_unlock(&tasklist_lock);
}

/* The priority as the kernel counts it: 20 + nice, or below 0 for real time. */
static int proc_priority(const struct task *t)
{
	if (t->sched_policy == SCHED_FIFO || t->sched_policy == SCHED_RR)
		return -1 - (int)t->sched_prio;
	return 20 + t->nice;
}

static bool proc_sleeps(const struct task *t)
{
	return READ_ONCE(t->state) == TASK_SLEEPING ||
	       READ_ONCE(t->state) == TASK_STOPPED;
}

struct proc_addrs {
	u64 vsize, rss;
	u64 start_code, end_code, start_stack, esp, eip;
	u64 start_data, end_data, start_brk, arg_start, arg_end, env_start,
		env_end;
};

static void proc_get_addrs(struct task *t, bool permitted, struct proc_addrs *a)
{
	struct mm *mm = task_get_mm(t);
	struct proc_rss rss;

	memset(a, 0, sizeof(*a));
	if (!mm)
		return;
	a->vsize = mm->total_pages << PAGE_SHIFT;
	rss = proc_get_rss(mm);
	a->rss = rss.anon + rss.file;
	a->start_code = a->end_code = 1;
	if (permitted) {
		a->start_code = mm->code_start;
		a->end_code = mm->code_end;
		a->start_stack = mm->stack_start;
		a->start_data = mm->data_start;
		a->end_data = mm->data_end;
		a->start_brk = mm->brk_start;
		a->arg_start = mm->arg_start;
		a->arg_end = mm->arg_end;
		a->env_start = mm->env_start;
		a->env_end = mm->env_end;
		/* Linux shows registers of exiting and stopped tasks only */
		if (READ_ONCE(t->state) == TASK_STOPPED) {
			a->esp = task_regs(t)->rsp;
			a->eip = task_regs(t)->rip;
		}
	}
	mm_put(mm);
}

static u64 proc_ticks(u64 ns)
{
	return ns / PROC_TICK_NS;
}

int proc_show_stat(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct proc_addrs a;
	struct proc_sigs g;
	struct proc_ids i;
	bool permitted;
	u32 dev, flags;

	if (!t)
		return -ESRCH;
	permitted = !proc_may_access(t);
	proc_get_ids(n, t, n->e->arg != 0, &i);
	proc_get_sigs(t, &g);
	proc_get_addrs(t, permitted, &a);
	dev = (MINOR(i.tty) & 0xff) | MAJOR(i.tty) << 8 |
	      (MINOR(i.tty) & ~0xffu) << 12;
	flags = t->kthread ? PROC_PF_KTHREAD : 0x400000u;
	if (!t->proc->did_exec)
		flags |= PROC_PF_FORKNOEXEC;
	seq_printf(s, "%u (%s) %c %u %u %u %d %d %u %llu %llu %llu %llu ",
		   i.tid, t->comm, proc_state_letter(t), i.ppid, i.pgid, i.sid,
		   (int)dev, i.tty ? (int)i.tpgid : -1, flags,
		   (unsigned long long)i.minflt, (unsigned long long)i.cminflt,
		   (unsigned long long)i.majflt, (unsigned long long)i.cmajflt);
	seq_printf(s, "%llu %llu %llu %llu %d %d %u 0 %llu %llu %llu %llu ",
		   (unsigned long long)proc_ticks(i.ut),
		   (unsigned long long)proc_ticks(i.st),
		   (unsigned long long)proc_ticks(i.cut),
		   (unsigned long long)proc_ticks(i.cst), proc_priority(t),
		   t->nice, i.threads,
		   (unsigned long long)proc_ticks(
			   machine_since_start_ns(t->start_time)),
		   (unsigned long long)a.vsize, (unsigned long long)a.rss,
		   (unsigned long long)t->proc->rlim[RLIMIT_RSS].rlim_cur);
	seq_printf(s, "%llu %llu %llu %llu %llu %llu %llu %llu %llu %d 0 0 ",
		   (unsigned long long)a.start_code,
		   (unsigned long long)a.end_code,
		   (unsigned long long)a.start_stack, (unsigned long long)a.esp,
		   (unsigned long long)a.eip,
		   (unsigned long long)g.pending & 0x7fffffff,
		   (unsigned long long)g.blocked & 0x7fffffff,
		   (unsigned long long)g.ignored & 0x7fffffff,
		   (unsigned long long)g.caught & 0x7fffffff, proc_sleeps(t));
	seq_printf(
		s, "%d 0 %u %u 0 0 0 %llu %llu %llu %llu %llu %llu %llu %d\n",
		(int)t->proc->exit_signal, t->sched_prio, t->sched_policy,
		(unsigned long long)a.start_data,
		(unsigned long long)a.end_data, (unsigned long long)a.start_brk,
		(unsigned long long)a.arg_start, (unsigned long long)a.arg_end,
		(unsigned long long)a.env_start, (unsigned long long)a.env_end,
		permitted ? i.exit_code : 0);
	task_put(t);
	return 0;
}

/* --- status --- */

/* pid from the level of the mount on down to the task's own. */
static void proc_status_numbers(struct seqbuf *s, const struct seqtree_node *n,
				struct task *t, const char *name, u32 pid)
{
	u32 level = n->pid_ns->level;

	seq_puts(s, name);
	for (; level <= t->pid_ns->level; level++) {
		const struct pid_ns *ns = t->pid_ns;

		while (ns->level > level)
			ns = ns->parent;
		seq_printf(s, "\t%u", pid_nr_in(pid, ns));
	}
}

static void proc_status_ids(struct seqbuf *s, const struct seqtree_node *n,
			    struct task *t, const struct proc_ids *i)
{
	struct cred *c = task_get_cred(t);
	struct fs_context *fs = task_get_fs(t);
	struct files *files = task_get_files(t);
	u32 k;

	seq_puts(s, "Name:\t");
	seq_escape(s, t->comm, "\n\\");
	if (fs)
		seq_printf(s, "\nUmask:\t%04o", READ_ONCE(fs->umask));
	seq_printf(s, "\nState:\t%s\nTgid:\t%u\nNgid:\t0\nPid:\t%u\n",
		   proc_state_name(proc_state_letter(t)), i->tgid, i->tid);
	seq_printf(s, "PPid:\t%u\nTracerPid:\t%u\n", i->ppid, i->tracer);
	seq_printf(s, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n",
		   uid_shown(c->uid), uid_shown(c->euid), uid_shown(c->suid),
		   uid_shown(c->fsuid), gid_shown(c->gid), gid_shown(c->egid),
		   gid_shown(c->sgid), gid_shown(c->fsgid));
	seq_printf(s, "FDSize:\t%u\nGroups:\t",
		   files ? (u32)ALIGN_UP(files_max_fd(files), 64u) : 0);
	for (k = 0; c->groups && k < c->groups->n; k++)
		seq_printf(s, "%u ", gid_shown(c->groups->gid[k]));
	if (!c->groups || !c->groups->n)
		seq_putc(s, ' ');
	proc_status_numbers(s, n, t, "\nNStgid:", t->proc->pid);
	proc_status_numbers(s, n, t, "\nNSpid:", t->tid);
	proc_status_numbers(s, n, t, "\nNSpgid:", t->proc->pgid);
	proc_status_numbers(s, n, t, "\nNSsid:", t->proc->sid);
	seq_putc(s, '\n');
	seq_printf(s, "Kthread:\t%u\n", t->kthread);
	if (files)
		files_put(files);
	if (fs)
		fs_context_put(fs);
	cred_put(c);
}

static void proc_status_kb(struct seqbuf *s, const char *name, u64 kb)
{
	seq_printf(s, "%s:\t%8llu kB\n", name, (unsigned long long)kb);
}

static void proc_status_mem(struct seqbuf *s, struct task *t)
{
	struct mm *mm = task_get_mm(t);
	struct proc_rss rss;
	u64 kb;

	if (!mm)
		return;
	rss = proc_get_rss(mm);
	kb = (rss.anon + rss.file) << 2;
	proc_status_kb(s, "VmPeak", mm->peak_pages << 2);
	proc_status_kb(s, "VmSize", mm->total_pages << 2);
	proc_status_kb(s, "VmLck", mm->locked_pages << 2);
	proc_status_kb(s, "VmPin", 0);
	proc_status_kb(s, "VmHWM", max(kb, mm->max_rss_kb));
	proc_status_kb(s, "VmRSS", kb);
	proc_status_kb(s, "RssAnon", rss.anon << 2);
	proc_status_kb(s, "RssFile", rss.file << 2);
	proc_status_kb(s, "RssShmem", 0);
	proc_status_kb(s, "VmData", mm->data_pages << 2);
	proc_status_kb(s, "VmStk", mm->stack_pages << 2);
	proc_status_kb(s, "VmExe",
		       PAGE_UP(mm->code_end - mm->code_start) >> 10);
	proc_status_kb(s, "VmLib", mm->exec_pages << 2);
	proc_status_kb(s, "VmPTE", (mm->total_pages >> 9 << 2) + 16);
	proc_status_kb(s, "VmSwap", 0);
	proc_status_kb(s, "HugetlbPages", 0);
	seq_puts(s, "CoreDumping:\t0\nTHP_enabled:\t1\n"
		    "untag_mask:\t0xffffffffffffffff\n");
	mm_put(mm);
}

static void proc_status_sigs(struct seqbuf *s, struct task *t, u32 threads)
{
	struct proc_sigs g;

	proc_get_sigs(t, &g);
	seq_printf(
		s, "Threads:\t%u\nSigQ:\t%u/%llu\n", threads, g.queued,
		(unsigned long long)t->proc->rlim[RLIMIT_SIGPENDING].rlim_cur);
	seq_printf(s, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n",
		   (unsigned long long)g.pending, (unsigned long long)g.shared,
		   (unsigned long long)g.blocked);
	seq_printf(s, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n",
		   (unsigned long long)g.ignored, (unsigned long long)g.caught);
}

static void proc_status_caps(struct seqbuf *s, struct task *t)
{
	struct cred *c = task_get_cred(t);

	seq_printf(s, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n",
		   (unsigned long long)c->cap_inheritable,
		   (unsigned long long)c->cap_permitted,
		   (unsigned long long)c->cap_effective);
	seq_printf(s, "CapBnd:\t%016llx\nCapAmb:\t%016llx\nNoNewPrivs:\t%u\n",
		   (unsigned long long)c->cap_bset,
		   (unsigned long long)c->cap_ambient, t->proc->no_new_privs);
	cred_put(c);
}

/* Processors of a mask as "0-2,5"; an empty mask means all. */
static void proc_cpu_list(struct seqbuf *s, const u8 *mask, u32 ncpus)
{
	bool first = true, any = false;
	u32 i, j;

	for (i = 0; i < ncpus; i++)
		any |= mask[i / 8] >> i % 8 & 1;
	for (i = 0; i < ncpus; i = j + 1) {
		j = i;
		if (any && !(mask[i / 8] >> i % 8 & 1))
			continue;
		while (j + 1 < ncpus &&
		       (!any || mask[(j + 1) / 8] >> (j + 1) % 8 & 1))
			j++;
		seq_printf(s, i == j ? "%s%u" : "%s%u-%u", first ? "" : ",", i,
			   j);
		first = false;
	}
	seq_putc(s, '\n');
}

static void proc_status_cpus(struct seqbuf *s, struct task *t)
{
	u32 n = min(host_info.ncpus, (u32)sizeof(t->affinity) * 8), i;
	bool any = false;
	u32 word = 0;

	for (i = 0; i < n; i++)
		any |= t->affinity[i / 8] >> i % 8 & 1;
	seq_puts(s, "Cpus_allowed:\t");
	for (i = (n + 31) / 32; i-- > 0;) {
		memcpy(&word, t->affinity + 4 * i, 4);
		if (!any)
			word = n - 32 * i >= 32 ? ~0u
						: (1u << (n - 32 * i)) - 1;
		seq_printf(s, i + 1 == (n + 31) / 32 ? "%x" : "%08x", word);
		if (i)
			seq_putc(s, ',');
	}
	seq_puts(s, "\nCpus_allowed_list:\t");
	proc_cpu_list(s, t->affinity, n);
	seq_puts(s, "Mems_allowed:\t00000001\nMems_allowed_list:\t0\n");
}

int proc_show_status(struct seqbuf *s, const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct proc_ids i;

	if (!t)
		return -ESRCH;
	proc_get_ids(n, t, false, &i);
	proc_status_ids(s, n, t, &i);
	proc_status_mem(s, t);
	proc_status_sigs(s, t, i.threads);
	proc_status_caps(s, t);
	seq_printf(s, "Seccomp:\t%d\nSeccomp_filters:\t%u\n", i.seccomp,
		   i.seccomp_filters);
	seq_puts(s, "Speculation_Store_Bypass:\tnot vulnerable\n"
		    "SpeculationIndirectBranch:\talways enabled\n");
	proc_status_cpus(s, t);
	seq_printf(s,
		   "voluntary_ctxt_switches:\t%llu\n"
		   "nonvoluntary_ctxt_switches:\t%llu\n",
		   (unsigned long long)i.nvcsw, (unsigned long long)i.nivcsw);
	task_put(t);
	return 0;
}
