// SPDX-License-Identifier: GPL-2.0
/*
 * Processor time: what a task has used, resource usage, and the timers that
 * run on it.
 *
 * The host counts; a task's time is asked for, not accumulated by ticks. A dead
 * thread leaves its sum in the process, a waited-for child in its parent.
 * Because a guest's call runs in the guest's own thread, the host's figure does
 * not tell user from kernel time. What is system time is the greater of two
 * estimates: the host's own system time of the thread (faults, and the host
 * calls of our kernel), which the thread asks for now and then, and the time
 * of our kernel, of which some calls are timed (dispatch.c). The sum is exact
 * always, and neither part ever shrinks.
 *
 * ITIMER_VIRTUAL, ITIMER_PROF and RLIMIT_CPU share one kernel timer a process,
 * set to the earliest moment at which the limit can be reached (all threads
 * running). It only rings: the host tells a thread's time to its own process
 * alone, so the timer gives all threads WORK_CPUTIME, and the first that comes
 * by kern_exit_work() looks and sets it again. A process that sleeps uses no
 * time, and looks when it wakes.
 *
 * ITIMER_REAL is an ordinary timer. expires and interval are under
 * sighand->lock, so that a firing that was overtaken by setitimer(2) sees it.
 */
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/posix_timer.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "internal.h"

#define CPU_TIMER_GRAIN	 (2 * NSEC_PER_MSEC)

/* Smaller address spaces are not worth asking how much of them is there. */
#define CPUTIME_SMALL_KB (32u << 10)
#define CPUTIME_LARGE_KB (16ull << 20) /* counting would take too long */

struct cpu_timers {
	struct timer timer;
	struct process *proc;
	/* under sighand->lock: PROF, VIRTUAL; 0 = off */
	u64 expires[2], interval[2];
};

/* total, divided; what was once shown is not taken back. */
static void cputime_divide(struct task *t, u64 total, u64 *utime, u64 *stime)
{
	u64 st = max(READ_ONCE(t->sys_host_ns), READ_ONCE(t->sys_kern_ns));
	u64 ut;

	st = max(min(st, total), READ_ONCE(t->stime_shown));
	ut = max(total - min(st, total), READ_ONCE(t->utime_shown));
	st = total - min(ut, total);
	WRITE_ONCE(t->utime_shown, ut);
	WRITE_ONCE(t->stime_shown, st);
	*utime = ut;
	*stime = st;
}

void task_cputime(struct task *t, u64 *utime, u64 *stime)
{
	u64 total;

	if (READ_ONCE(t->state) >= TASK_ZOMBIE) {
		*utime = t->utime_ns;
		*stime = t->stime_ns;
		return;
	}
	total = host_task_cpu_ns(t);
	total = t->cpu_before + (total > t->cpu_base ? total - t->cpu_base : 0);
	cputime_divide(t, total, utime, stime);
}

static u64 cputime_since(u64 now, u64 base)
{
	return now > base ? now - base : 0;
}

void cputime_refresh(void)
{
	struct task *t = current;
	struct host_usage u;
	struct mm *mm = t->mm;
	u64 kb;

	host_usage(&u);
	t->sys_host_ns = t->sys_before + cputime_since(u.sys_ns, t->sys_base);
	t->min_flt =
		t->flt_before[0] + cputime_since(u.min_flt, t->flt_base[0]);
	t->maj_flt =
		t->flt_before[1] + cputime_since(u.maj_flt, t->flt_base[1]);
	if (!mm)
		return;
	kb = READ_ONCE(mm->peak_pages) << (PAGE_SHIFT - 10);
	if (!u.maxrss_kb && kb > CPUTIME_LARGE_KB)
		kb = 0;
	else if (!u.maxrss_kb && kb > CPUTIME_SMALL_KB)
		kb = mm_rss_pages(mm) << (PAGE_SHIFT - 10);
	else if (!u.maxrss_kb)
		kb -= min(kb, READ_ONCE(mm->stack_pages) << (PAGE_SHIFT - 10));
	else /* a host process that is used again has seen larger guests */
		kb = min(kb, u.maxrss_kb);
	if (kb > mm->max_rss_kb)
		WRITE_ONCE(mm->max_rss_kb, kb);
}

void process_cputime_locked(struct process *p, u64 *utime, u64 *stime)
{
	u64 ut = p->utime_ns, st = p->stime_ns;
	struct task *t;

	list_for_each_entry (t, &p->threads, thread_node) {
		u64 u, s;

		if (t->state >= TASK_ZOMBIE)
			continue;
		task_cputime(t, &u, &s);
		ut += u;
		st += s;
	}
	*utime = ut;
	*stime = st;
}

void process_cputime(struct process *p, u64 *utime, u64 *stime)
{
	bool alone = p == current->proc && p->nr_threads == 1;

	if (!alone)
		mutex_lock(&tasklist_lock);
	process_cputime_locked(p, utime, stime);
	if (!alone)
		mutex_unlock(&tasklist_lock);
}

/* current is going to move to another host thread, and has moved. */
void cputime_leave_host_thread(struct task *t)
{
	u64 ut, st;

	task_cputime(t, &ut, &st);
	t->cpu_before = ut + st;
	cputime_refresh();
	t->sys_before = t->sys_host_ns;
	t->flt_before[0] = t->min_flt;
	t->flt_before[1] = t->maj_flt;
}

void cputime_enter_host_thread(struct task *t)
{
	struct host_usage u;

	t->cpu_base = host_task_cpu_ns(t);
	host_usage(&u);
	t->sys_base = u.sys_ns;
	t->flt_base[0] = u.min_flt;
	t->flt_base[1] = u.maj_flt;
}

/* At its end, before the state says ZOMBIE; caller holds tasklist_lock. */
/* Calls of tasks that have ended; under tasklist_lock. */
static u64 calls_before __hot_data, trapped_before __hot_data;

void task_count_calls(u64 *calls, u64 *trapped)
{
	struct task *t;

	mutex_lock(&tasklist_lock);
	*calls = calls_before;
	*trapped = trapped_before;
	list_for_each_entry (t, &all_tasks, all_node)
		if (READ_ONCE(t->state) < TASK_ZOMBIE) {
			*calls += t->syscalls;
			*trapped += t->trapped;
		}
	mutex_unlock(&tasklist_lock);
}

void task_add_times_to_process(struct task *t)
{
	struct process *p = t->proc;
	u64 ut, st;

	task_cputime(t, &ut, &st);
	t->utime_ns = ut;
	t->stime_ns = st;
	p->utime_ns += ut;
	p->stime_ns += st;
	p->min_flt += t->min_flt;
	p->maj_flt += t->maj_flt;
	p->nvcsw += t->nvcsw;
	p->nivcsw += t->nivcsw;
	p->inblock += t->read_bytes / 512;
	p->oublock += t->write_bytes / 512;
	p->syscalls += t->syscalls;
	p->trapped += t->trapped;
	calls_before += t->syscalls;
	trapped_before += t->trapped;
}

void process_add_child_times(struct process *parent, struct process *p)
{
	parent->cutime_ns += p->utime_ns + p->cutime_ns;
	parent->cstime_ns += p->stime_ns + p->cstime_ns;
	parent->cmin_flt += p->min_flt + p->cmin_flt;
	parent->cmaj_flt += p->maj_flt + p->cmaj_flt;
	parent->cnvcsw += p->nvcsw + p->cnvcsw;
	parent->cnivcsw += p->nivcsw + p->cnivcsw;
	parent->cinblock += p->inblock + p->cinblock;
	parent->coublock += p->oublock + p->coublock;
	parent->cmaxrss_kb = max(parent->cmaxrss_kb, p->maxrss_kb);
	parent->cmaxrss_kb = max(parent->cmaxrss_kb, p->cmaxrss_kb);
}

static struct abi_timeval cputime_timeval(u64 ns)
{
	return (struct abi_timeval){ (s64)(ns / NSEC_PER_SEC),
				     (s64)(ns % NSEC_PER_SEC / 1000) };
}

static void rusage_add_thread(struct rusage *ru, struct task *t)
{
	ru->ru_minflt += (s64)t->min_flt;
	ru->ru_majflt += (s64)t->maj_flt;
	ru->ru_nvcsw += (s64)t->nvcsw;
	ru->ru_nivcsw += (s64)t->nivcsw;
	ru->ru_inblock += (s64)(t->read_bytes / 512);
	ru->ru_oublock += (s64)(t->write_bytes / 512);
}

static void rusage_add_self(struct rusage *ru, struct process *p, u64 *ut,
			    u64 *st)
{
	struct task *t;
	struct mm *mm;

	process_cputime_locked(p, ut, st);
	ru->ru_minflt += (s64)p->min_flt;
	ru->ru_majflt += (s64)p->maj_flt;
	ru->ru_nvcsw += (s64)p->nvcsw;
	ru->ru_nivcsw += (s64)p->nivcsw;
	ru->ru_inblock += (s64)p->inblock;
	ru->ru_oublock += (s64)p->oublock;
	list_for_each_entry (t, &p->threads, thread_node)
		if (t->state < TASK_ZOMBIE)
			rusage_add_thread(ru, t);
	ru->ru_maxrss = (s64)p->maxrss_kb;
	mm = p == current->proc ? current->mm : NULL;
	if (mm)
		ru->ru_maxrss = max(ru->ru_maxrss, (s64)mm->max_rss_kb);
}

/* RUSAGE_*; caller holds tasklist_lock. */
void process_rusage(struct process *p, int who, struct rusage *ru)
{
	u64 ut = 0, st = 0;

	memset(ru, 0, sizeof(*ru));
	if (who == RUSAGE_THREAD) {
		task_cputime(current, &ut, &st);
		rusage_add_thread(ru, current);
		if (current->mm)
			ru->ru_maxrss = (s64)current->mm->max_rss_kb;
	}
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH)
		rusage_add_self(ru, p, &ut, &st);
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH) {
		ut += p->cutime_ns;
		st += p->cstime_ns;
		ru->ru_minflt += (s64)p->cmin_flt;
		ru->ru_majflt += (s64)p->cmaj_flt;
		ru->ru_nvcsw += (s64)p->cnvcsw;
		ru->ru_nivcsw += (s64)p->cnivcsw;
		ru->ru_inblock += (s64)p->cinblock;
		ru->ru_oublock += (s64)p->coublock;
		ru->ru_maxrss = max(ru->ru_maxrss, (s64)p->cmaxrss_kb);
	}
	ru->ru_utime = cputime_timeval(ut);
	ru->ru_stime = cputime_timeval(st);
}

int do_getrusage(int who, struct rusage *ru)
{
	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN &&
	    who != RUSAGE_THREAD)
		return -EINVAL;
	cputime_refresh();
	mutex_lock(&tasklist_lock);
	process_rusage(current->proc, who, ru);
	mutex_unlock(&tasklist_lock);
	return 0;
}

/* --- ITIMER_REAL --- */

static void itimer_real_fires(struct timer *tm)
{
	struct process *p = container_of(tm, struct process, itimer_real);
	struct sighand *sh = sighand_lock(p);
	u64 now = time_mono_ns();

	if (p->leader && p->itimer_expires && now >= p->itimer_expires) {
		signal_send_locked(SIGALRM, NULL, p->leader, true);
		if (p->itimer_interval) {
			/* A period that passed unseen is not made up for. */
			p->itimer_expires += p->itimer_interval;
			if (p->itimer_expires <= now)
				p->itimer_expires = now + p->itimer_interval;
			timer_arm(tm, p->itimer_expires);
		} else {
			p->itimer_expires = 0;
		}
	}
	spin_unlock(&sh->lock);
}

void itimers_init(struct process *p)
{
	timer_init(&p->itimer_real, itimer_real_fires);
}

/* value 0: off. Never blocks. */
void itimer_real_set(struct process *p, u64 value, u64 interval, u64 *old_value,
		     u64 *old_interval)
{
	struct sighand *sh = sighand_lock(p);
	u64 now = time_mono_ns();

	*old_interval = p->itimer_interval;
	*old_value = !p->itimer_expires		? 0
		     : p->itimer_expires <= now ? NSEC_PER_USEC
						: p->itimer_expires - now;
	if (value != TIME_NEVER) {
		p->itimer_interval = interval;
		p->itimer_expires = value ? now + value : 0;
		if (value)
			timer_arm(&p->itimer_real, p->itimer_expires);
		else
			timer_cancel_nowait(&p->itimer_real);
	}
	spin_unlock(&sh->lock);
}

/* --- Timers on processor time --- */

/* Soft limit: SIGXCPU each second from there on; hard limit: SIGKILL. */
static void cpu_timers_rlimit_locked(struct process *p, u64 used)
{
	struct rlimit64 *rl = &p->rlim[RLIMIT_CPU];
	u64 sec = used / NSEC_PER_SEC;

	if (rl->rlim_max != RLIM_INFINITY && sec >= rl->rlim_max) {
		signal_send_locked(SIGKILL, NULL, p->leader, true);
	} else if (rl->rlim_cur != RLIM_INFINITY && sec >= rl->rlim_cur) {
		signal_send_locked(SIGXCPU, NULL, p->leader, true);
		rl->rlim_cur = sec + 1;
	}
}

static u64 cpu_timers_next_locked(struct cpu_timers *ct, const u64 used[2])
{
	const struct rlimit64 *rl = &ct->proc->rlim[RLIMIT_CPU];
	u64 left = TIME_NEVER;

	for (int i = 0; i < 2; i++)
		if (ct->expires[i])
			left = min(left, ct->expires[i] > used[i]
						 ? ct->expires[i] - used[i]
						 : 0);
	if (rl->rlim_cur < RLIM_INFINITY / NSEC_PER_SEC) {
		u64 at = rl->rlim_cur * NSEC_PER_SEC;

		left = min(left, at > used[0] ? at - used[0] : 0);
	}
	if (left == TIME_NEVER)
		return TIME_NEVER;
	left /= max(ct->proc->nr_threads, 1u);
	return time_mono_ns() + max(left, (u64)CPU_TIMER_GRAIN);
}

/* Have a thread of p look at the processor time. */
void cpu_timers_ring(struct process *p)
{
	struct sighand *sh = sighand_lock(p);
	struct task *t;

	list_for_each_entry (t, &p->threads, thread_node)
		if (!t->dying)
			task_set_work(t, WORK_CPUTIME);
	spin_unlock(&sh->lock);
}

static void cpu_timers_fire(struct timer *tm)
{
	cpu_timers_ring(container_of(tm, struct cpu_timers, timer)->proc);
}

static void cpu_timers_expire_locked(struct cpu_timers *ct, const u64 used[2])
{
	static const int signo[2] = { SIGPROF, SIGVTALRM };
	struct process *p = ct->proc;

	for (int i = 0; i < 2; i++) {
		if (!ct->expires[i] || used[i] < ct->expires[i])
			continue;
		signal_send_locked(signo[i], NULL, p->leader, true);
		ct->expires[i] = ct->interval[i] ? used[i] + ct->interval[i]
						 : 0;
	}
	cpu_timers_rlimit_locked(p, used[0]);
}

/* WORK_CPUTIME, on the way to user mode. */
void cpu_timers_check(void)
{
	struct process *p = current->proc;
	struct cpu_timers *ct = READ_ONCE(p->cpu_timers);
	u64 used[2], st, next;
	struct sighand *sh;

	atomic_and(&current->work, ~WORK_CPUTIME);
	cputime_refresh();
	process_cputime(p, &used[1], &st);
	used[0] = used[1] + st;
	if (ct) {
		sh = sighand_lock(p);
		cpu_timers_expire_locked(ct, used);
		next = cpu_timers_next_locked(ct, used);
		if (next != TIME_NEVER)
			timer_arm(&ct->timer, next);
		spin_unlock(&sh->lock);
	}
	posix_timers_check_cpu(p, used[1], st);
}

static struct cpu_timers *cpu_timers_of(struct process *p)
{
	struct cpu_timers *ct = READ_ONCE(p->cpu_timers);

	if (ct)
		return ct;
	ct = kzalloc(sizeof(*ct));
	if (!ct)
		return NULL;
	ct->proc = p;
	timer_init(&ct->timer, cpu_timers_fire);
	if (!atomic_cas(&p->cpu_timers, (struct cpu_timers *)NULL, ct))
		kfree(ct);
	return p->cpu_timers;
}

/* After RLIMIT_CPU changed. => 0 or -ENOMEM */
int cpu_timer_rearm(struct process *p)
{
	struct cpu_timers *ct = cpu_timers_of(p);
	struct sighand *sh;

	if (!ct)
		return -ENOMEM;
	sh = sighand_lock(p);
	if (p->live)
		timer_arm(&ct->timer, time_mono_ns() + CPU_TIMER_GRAIN);
	spin_unlock(&sh->lock);
	return 0;
}

/* which: 0 PROF, 1 VIRTUAL; of current. value TIME_NEVER: only ask. */
int itimer_cpu_set(int which, u64 value, u64 interval, u64 *old_value,
		   u64 *old_interval)
{
	struct process *p = current->proc;
	struct cpu_timers *ct = READ_ONCE(p->cpu_timers);
	struct sighand *sh;
	u64 used[2], st;

	*old_value = *old_interval = 0;
	if (!ct && (value == 0 || value == TIME_NEVER))
		return 0;
	ct = cpu_timers_of(p);
	if (!ct)
		return -ENOMEM;
	process_cputime(p, &used[1], &st);
	used[0] = used[1] + st;
	sh = sighand_lock(p);
	*old_interval = ct->interval[which];
	if (ct->expires[which])
		*old_value = ct->expires[which] > used[which]
				     ? ct->expires[which] - used[which]
				     : NSEC_PER_USEC;
	if (value != TIME_NEVER) {
		u64 next;

		ct->interval[which] = interval;
		ct->expires[which] = value ? used[which] + value : 0;
		next = cpu_timers_next_locked(ct, used);
		if (next != TIME_NEVER)
			timer_arm(&ct->timer, next);
	}
	spin_unlock(&sh->lock);
	return 0;
}

/* The process has no thread left that could use them. */
void cpu_timers_exit(struct process *p)
{
	struct cpu_timers *ct = p->cpu_timers;

	if (!ct)
		return;
	timer_cancel(&ct->timer);
	/* A firing that had passed the check may have armed it again. */
	timer_cancel(&ct->timer);
	p->cpu_timers = NULL;
	kfree(ct);
}
