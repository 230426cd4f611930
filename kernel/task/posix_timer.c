// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX timers: timer_create(2), timer_settime(2), timer_getoverrun(2); and
 * the clocks on processor time that they, clock_gettime(2) and
 * clock_nanosleep(2) know.
 *
 * A timer belongs to a process and has its own sigqueue entry, so that expiry
 * never fails for want of memory. While that entry is queued a periodic timer
 * rests; when the signal is taken (posix_timer_delivered(), from the dequeuing
 * side) the periods gone by are its overrun and the next one starts.
 *
 * Timers on wall clocks use one kernel timer with the deadline translated to
 * the monotonic clock. Timers on processor time use the same one as an alarm
 * clock: when the time can have been reached, it has the process look (see
 * cputime.c), which sets it again if that was too early.
 *
 * All fields are under the process's sighand->lock; the list of a process's
 * timers changes under it, too. A timer is freed only when its function does
 * not run and its entry is in no queue.
 */
#include <abi/capability.h>
#include <kernel/posix_timer.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "internal.h"

#define TIMER_CPU_GRAIN (2 * NSEC_PER_MSEC)
#define TIMER_MAX	65536u

struct posix_timer {
	struct list_head node; /* process->posix_timers */
	struct process *proc;
	s32 id;
	int clock;
	int notify, signo;
	union sigval value;
	u32 target_tid; /* SIGEV_THREAD_ID */
	u32 clock_tid;	/* whose time, for clocks of a thread */
	struct timer timer;
	struct sigqueue sq;
	u64 expires; /* on its own clock; 0 = disarmed */
	u64 interval;
	s32 overrun, overrun_last;
	bool dead;
};

/* --- Clocks --- */

#define CPUCLOCK_PID(c)	      (~((c) >> 3))
#define CPUCLOCK_WHICH(c)     ((c)&3)
#define CPUCLOCK_PERTHREAD(c) ((c)&4)

static bool clock_is_cpu(int clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID ||
	       clock == CLOCK_THREAD_CPUTIME_ID || clock < 0;
}

/* 0 and 2: all time, 1: user time only */
static u64 cpu_clock_pick(int which, u64 ut, u64 st)
{
	return which == 1 ? ut : ut + st;
}

int cpu_clock_read(int clock, u64 *ns)
{
	int which = clock < 0 ? CPUCLOCK_WHICH(clock) : 2;
	bool thread = clock < 0 ? CPUCLOCK_PERTHREAD(clock) != 0
				: clock == CLOCK_THREAD_CPUTIME_ID;
	u32 pid = clock < 0 ? (u32)CPUCLOCK_PID(clock) : 0;
	struct task *t = current;
	int err = -EINVAL;
	u64 ut, st;

	if (which == 3)
		return -EINVAL;
	if (pid) {
		pid = pid_given(pid);
		t = thread ? task_find_get(pid) : process_find_get(pid);
		if (!t)
			return -EINVAL;
		if (thread && t->proc != current->proc)
			goto out;
	}
	if (thread)
		task_cputime(t, &ut, &st);
	else
		process_cputime(t->proc, &ut, &st);
	*ns = cpu_clock_pick(which, ut, st);
	err = 0;
out:
	if (pid)
		task_put(t);
	return err;
}

int clock_read(int clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_MONOTONIC:
		*ns = time_mono_ns();
		return 0;
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI: /* without leap seconds, as an unset Linux */
		*ns = time_real_ns();
		return 0;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = time_boot_ns();
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		*ns = host_clock_ns(clock);
		return 0;
	}
	return clock_is_cpu(clock) ? cpu_clock_read(clock, ns) : -EINVAL;
}

u64 clock_to_mono(int clock, u64 at)
{
	u64 now, mono = time_mono_ns();

	if (clock == CLOCK_MONOTONIC)
		return at;
	if (clock_read(clock, &now) || at <= now)
		return mono;
	return at - now > TIME_NEVER - 1 - mono ? TIME_NEVER - 1
						: mono + (at - now);
}

int cpu_clock_sleep(int clock, u64 until)
{
	for (;;) {
		u32 seq = sleep_prepare();
		u64 now, left;
		int err = cpu_clock_read(clock, &now);

		if (err)
			return err;
		if (now >= until)
			return 0;
		left = (until - now) / max(current->proc->nr_threads, 1u);
		left = max(left, (u64)TIMER_CPU_GRAIN);
		err = sleep_on(seq, time_mono_ns() + left, SLEEP_INTR,
			       "cpu_clock");
		if (err == -EINTR)
			return err;
	}
}

/* --- Expiry --- */

/* Set the kernel timer for pt->expires. Caller holds sighand->lock. */
static void posix_timer_start(struct posix_timer *pt, u64 now)
{
	u64 left;

	if (!pt->expires)
		return;
	if (!clock_is_cpu(pt->clock)) {
		timer_arm(&pt->timer, clock_to_mono(pt->clock, pt->expires));
		return;
	}
	left = pt->expires > now ? pt->expires - now : 0;
	left /= max(pt->proc->nr_threads, 1u);
	timer_arm(&pt->timer, time_mono_ns() + max(left, (u64)TIMER_CPU_GRAIN));
}

/* Move on by whole periods until after now. => periods skipped */
static u64 posix_timer_forward(struct posix_timer *pt, u64 now)
{
	u64 n = 0;

	if (now >= pt->expires) {
		n = (now - pt->expires) / pt->interval;
		pt->expires += (n + 1) * pt->interval;
	}
	return n;
}

/* Queue its signal. => it is queued: the next period waits for its delivery */
static bool posix_timer_signal(struct posix_timer *pt)
{
	struct process *p = pt->proc;
	struct task *t = p->leader, *u;
	bool group = pt->notify != SIGEV_THREAD_ID;

	if (pt->notify == SIGEV_NONE || !t)
		return false;
	if (!group) {
		t = NULL;
		list_for_each_entry (u, &p->threads, thread_node)
			if (u->tid == pt->target_tid && !u->dying)
				t = u;
		if (!t)
			return false;
	}
	if (!list_empty(&pt->sq.node))
		return true;
	memset(&pt->sq.info, 0, sizeof(pt->sq.info));
	pt->sq.info.si_signo = pt->signo;
	pt->sq.info.si_code = SI_TIMER;
	pt->sq.info.si_timerid = pt->id;
	pt->sq.info.si_value = pt->value;
	return signal_send_entry_locked(&pt->sq, t, group);
}

/* Caller holds sighand->lock; it is `now` on the timer's clock. */
static void posix_timer_expire_locked(struct posix_timer *pt, u64 now)
{
	bool queued;

	if (pt->dead || !pt->expires)
		return;
	if (now < pt->expires) {
		posix_timer_start(pt, now);
		return;
	}
	queued = posix_timer_signal(pt);
	if (!pt->interval) {
		pt->expires = 0;
	} else if (!queued) {
		posix_timer_forward(pt, now);
		posix_timer_start(pt, now);
	}
}

static void posix_timer_fires(struct timer *tm)
{
	struct posix_timer *pt = container_of(tm, struct posix_timer, timer);
	struct sighand *sh;
	u64 now;

	if (clock_is_cpu(pt->clock)) {
		cpu_timers_ring(pt->proc);
		return;
	}
	clock_read(pt->clock, &now);
	sh = sighand_lock(pt->proc);
	posix_timer_expire_locked(pt, now);
	spin_unlock(&sh->lock);
}

static bool clock_is_of_thread(int clock)
{
	return clock == CLOCK_THREAD_CPUTIME_ID ||
	       (clock < 0 && CPUCLOCK_PERTHREAD(clock));
}

void posix_timers_check_cpu(struct process *p, u64 utime, u64 stime)
{
	struct sighand *sh = sighand_lock(p);
	struct posix_timer *pt;
	struct task *t;

	list_for_each_entry (pt, &p->posix_timers, node) {
		int which = pt->clock < 0 ? CPUCLOCK_WHICH(pt->clock) : 2;
		u64 ut = utime, st = stime;

		if (!clock_is_cpu(pt->clock))
			continue;
		if (clock_is_of_thread(pt->clock)) {
			list_for_each_entry (t, &p->threads, thread_node)
				if (t->tid == pt->clock_tid)
					task_cputime(t, &ut, &st);
		}
		posix_timer_expire_locked(pt, cpu_clock_pick(which, ut, st));
	}
	spin_unlock(&sh->lock);
}

/* Called by the dequeuing task with sighand->lock held. */
void posix_timer_delivered(struct posix_timer *pt, struct siginfo *info)
{
	u64 now, n = 0;

	if (pt->interval && pt->expires && !clock_is_cpu(pt->clock) &&
	    !clock_read(pt->clock, &now)) {
		n = posix_timer_forward(pt, now);
		posix_timer_start(pt, now);
	} else if (pt->interval && pt->expires) {
		now = pt->expires;
		pt->expires += pt->interval;
		posix_timer_start(pt, now);
	}
	pt->overrun_last = n > 0x7fffffff ? 0x7fffffff : (s32)n;
	info->si_overrun = pt->overrun_last;
}

/* --- The calls --- */

static struct posix_timer *posix_timer_find_locked(struct process *p, s32 id)
{
	struct posix_timer *pt;

	list_for_each_entry (pt, &p->posix_timers, node)
		if (pt->id == id)
			return pt;
	return NULL;
}

bool posix_timer_nth(struct process *p, u32 nth, struct posix_timer_info *o)
{
	struct sighand *sh = sighand_lock(p);
	struct posix_timer *pt;
	bool found = false;

	list_for_each_entry (pt, &p->posix_timers, node) {
		if (nth--)
			continue;
		*o = (struct posix_timer_info){
			.id = pt->id,
			.clock = pt->clock,
			.notify = pt->notify,
			.signo = pt->signo,
			.value = pt->value.sival_ptr,
			.target = pt->notify == SIGEV_THREAD_ID ? pt->target_tid
								: p->pid,
		};
		found = true;
		break;
	}
	spin_unlock(&sh->lock);
	return found;
}

static int posix_timer_check_clock(int clock)
{
	u64 ns;

	/* part: of another process */
	if (clock < 0 && !CPUCLOCK_PERTHREAD(clock) && CPUCLOCK_PID(clock) &&
	    CPUCLOCK_PID(clock) != (int)pid_shown(current->proc->pid))
		return -EINVAL;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return capable(CAP_WAKE_ALARM) ? 0 : -EPERM;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	}
	return clock_read(clock, &ns);
}

static int posix_timer_check_event(const struct sigevent *ev)
{
	struct task *t;
	bool ours;

	switch (ev->sigev_notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		break;
	case SIGEV_THREAD_ID:
		t = task_find_get(pid_given((u32)ev->sigev_notify_thread_id));
		if (!t)
			return -EINVAL;
		ours = t->proc == current->proc;
		task_put(t);
		if (!ours)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	return ev->sigev_signo > 0 && ev->sigev_signo <= NSIG ? 0 : -EINVAL;
}

int posix_timer_create(int clock, const struct sigevent *ev, s32 *id)
{
	struct process *p = current->proc;
	struct posix_timer *pt;
	struct sighand *sh;
	int err = posix_timer_check_clock(clock);

	if (err)
		return err;
	if (ev) {
		err = posix_timer_check_event(ev);
		if (err)
			return err;
	}
	if (atomic_inc(&current->cred->user->sigpending) >
	    rlimit(RLIMIT_SIGPENDING)) {
		atomic_dec(&current->cred->user->sigpending);
		return -EAGAIN;
	}
	pt = kzalloc(sizeof(*pt));
	if (!pt) {
		atomic_dec(&current->cred->user->sigpending);
		return -EAGAIN;
	}
	pt->proc = p;
	pt->clock = clock;
	pt->sq.timer = pt;
	pt->sq.user = current->cred->user;
	user_hold(pt->sq.user);
	list_init(&pt->sq.node);
	timer_init(&pt->timer, posix_timer_fires);
	pt->notify = ev ? ev->sigev_notify : SIGEV_SIGNAL;
	pt->signo = ev ? ev->sigev_signo : SIGALRM;
	pt->clock_tid = current->tid;
	if (clock < 0 && CPUCLOCK_PID(clock))
		pt->clock_tid = (u32)CPUCLOCK_PID(clock);
	if (pt->notify == SIGEV_THREAD_ID)
		pt->target_tid = (u32)ev->sigev_notify_thread_id;
	sh = sighand_lock(p);
	do {
		pt->id = (s32)(p->next_timer_id++ & 0x7fffffff);
	} while (posix_timer_find_locked(p, pt->id));
	if (ev)
		pt->value = ev->sigev_value;
	else
		pt->value.sival_ptr = (u64)pt->id;
	list_add_tail(&pt->node, &p->posix_timers);
	spin_unlock(&sh->lock);
	*id = pt->id;
	return 0;
}

static void posix_timer_get_locked(struct posix_timer *pt, u64 now, u64 *value,
				   u64 *interval)
{
	*interval = pt->interval;
	*value = 0;
	if (!pt->expires)
		return;
	/* One that rests until its signal is taken counts as if it went on. */
	if (pt->interval && now >= pt->expires)
		*value = pt->interval - (now - pt->expires) % pt->interval;
	else if (now < pt->expires)
		*value = pt->expires - now;
	else
		*value = pt->notify == SIGEV_NONE ? 0 : 1;
}

int posix_timer_gettime(s32 id, u64 *value, u64 *interval)
{
	u64 old_value = 0, old_interval = 0;
	int err = posix_timer_settime(id, 0, TIME_NEVER, 0, &old_value,
				      &old_interval);

	*value = old_value;
	*interval = old_interval;
	return err;
}

/* value TIME_NEVER: only ask. flags: TIMER_ABSTIME */
int posix_timer_settime(s32 id, int flags, u64 value, u64 interval,
			u64 *old_value, u64 *old_interval)
{
	struct process *p = current->proc;
	struct posix_timer *pt;
	struct sighand *sh = sighand_lock(p);
	u64 now = 0;
	int err = -EINVAL;

	pt = posix_timer_find_locked(p, id);
	if (!pt)
		goto out;
	if (clock_is_cpu(pt->clock)) {
		/* asking takes tasklist_lock; only we delete our timers' list
		   entries, but another thread might: look again */
		int clock = pt->clock;

		spin_unlock(&sh->lock);
		if (cpu_clock_read(clock, &now))
			return -EINVAL;
		sh = sighand_lock(p);
		pt = posix_timer_find_locked(p, id);
		if (!pt)
			goto out;
	} else {
		clock_read(pt->clock, &now);
	}
	err = 0;
	posix_timer_get_locked(pt, now, old_value, old_interval);
	if (value == TIME_NEVER)
		goto out;
	timer_cancel_nowait(&pt->timer);
	signal_take_back_entry_locked(&pt->sq, p);
	pt->overrun_last = 0;
	pt->interval = interval;
	pt->expires = 0;
	if (value) {
		if (!(flags & TIMER_ABSTIME))
			value = value > TIME_NEVER - 1 - now ? TIME_NEVER - 1
							     : now + value;
		pt->expires = value;
		posix_timer_start(pt, now);
	}
out:
	spin_unlock(&sh->lock);
	return err;
}

long posix_timer_getoverrun(s32 id)
{
	struct process *p = current->proc;
	struct sighand *sh = sighand_lock(p);
	struct posix_timer *pt = posix_timer_find_locked(p, id);
	long ret = pt ? pt->overrun_last : -EINVAL;

	spin_unlock(&sh->lock);
	return ret;
}

/* It is off the list: nobody else finds it. */
static void posix_timer_free(struct posix_timer *pt)
{
	timer_cancel(&pt->timer);
	atomic_dec(&pt->sq.user->sigpending);
	user_put(pt->sq.user);
	kfree(pt);
}

static void posix_timer_unlink_locked(struct posix_timer *pt)
{
	pt->dead = true;
	pt->expires = 0;
	list_del(&pt->node);
	signal_take_back_entry_locked(&pt->sq, pt->proc);
}

int posix_timer_delete(s32 id)
{
	struct process *p = current->proc;
	struct sighand *sh = sighand_lock(p);
	struct posix_timer *pt = posix_timer_find_locked(p, id);

	if (pt)
		posix_timer_unlink_locked(pt);
	spin_unlock(&sh->lock);
	if (!pt)
		return -EINVAL;
	posix_timer_free(pt);
	return 0;
}

/* At exit of the last thread, and at execve. */
void posix_timers_exit(struct process *p)
{
	for (;;) {
		struct sighand *sh = sighand_lock(p);
		struct posix_timer *pt = NULL;

		if (!list_empty(&p->posix_timers)) {
			pt = list_first(&p->posix_timers, struct posix_timer,
					node);
			posix_timer_unlink_locked(pt);
		}
		spin_unlock(&sh->lock);
		if (!pt)
			return;
		posix_timer_free(pt);
	}
}
