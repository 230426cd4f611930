// SPDX-License-Identifier: GPL-2.0
/*
 * System calls about time: clocks, sleeping, interval timers and POSIX timers.
 * Decoding and copying; the timers themselves are kernel/task/cputime.c and
 * posix_timer.c.
 *
 * A relative sleep that a signal interrupts without a handler goes on by
 * restart_syscall(2) until its first deadline; an absolute one starts over.
 *
 * The guest cannot set clocks: they are the host's. Whoever has no CAP_SYS_TIME
 * gets EPERM as on Linux, and so does everybody else.
 */
#include <abi/capability.h>
#include <kernel/posix_timer.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include "../task/internal.h"

#define TIME_MAX_NS ((u64)1 << 63)

/* --- Conversions --- */

static int timespec_get(const struct abi_timespec *ts, u64 *ns)
{
	if (ts->tv_sec < 0 || (u64)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if ((u64)ts->tv_sec >= TIME_MAX_NS / NSEC_PER_SEC)
		*ns = TIME_MAX_NS;
	else
		*ns = (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
	return 0;
}

static struct abi_timespec timespec_of(u64 ns)
{
	return (struct abi_timespec){ (s64)(ns / NSEC_PER_SEC),
				      (s64)(ns % NSEC_PER_SEC) };
}

static int timeval_get(const struct abi_timeval *tv, u64 *ns)
{
	struct abi_timespec ts = { tv->tv_sec, tv->tv_usec * 1000 };

	if ((u64)tv->tv_usec >= 1000000)
		return -EINVAL;
	return timespec_get(&ts, ns);
}

/* Rounded up: a timer that runs is not shown as none. */
static struct abi_timeval timeval_of(u64 ns)
{
	ns += 999;
	return (struct abi_timeval){ (s64)(ns / NSEC_PER_SEC),
				     (s64)(ns % NSEC_PER_SEC / 1000) };
}

/* --- Clocks --- */

long sys_clock_gettime(int clock, uaddr tp)
{
	struct abi_timespec ts;
	u64 ns;
	int err = clock_read(clock, &ns);

	if (err)
		return err;
	ts = timespec_of(ns);
	return put_user(ts, tp);
}

long sys_clock_getres(int clock, uaddr tp)
{
	struct abi_timespec ts = { 0, 1 };
	u64 ns;
	int err = clock_read(clock, &ns);

	if (err)
		return err;
	if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
		ts.tv_nsec = 4000000;
	return tp.va ? put_user(ts, tp) : 0;
}

long sys_clock_settime(int clock, uaddr tp)
{
	struct abi_timespec ts;
	u64 ns;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	if (get_user(ts, tp))
		return -EFAULT;
	return timespec_get(&ts, &ns) ? -EINVAL : -EPERM;
}

long sys_gettimeofday(uaddr tv, uaddr tz)
{
	if (tv.va) {
		u64 ns = time_real_ns();
		struct abi_timeval t = { (s64)(ns / NSEC_PER_SEC),
					 (s64)(ns % NSEC_PER_SEC / 1000) };

		if (put_user(t, tv))
			return -EFAULT;
	}
	if (tz.va) {
		struct abi_timezone z = { 0, 0 };

		if (put_user(z, tz))
			return -EFAULT;
	}
	return 0;
}

long sys_settimeofday(uaddr tv, uaddr tz)
{
	struct abi_timeval t;
	u64 ns;

	if (tv.va) {
		if (get_user(t, tv))
			return -EFAULT;
		if (timeval_get(&t, &ns))
			return -EINVAL;
	}
	return -EPERM;
}

long sys_time(uaddr tloc)
{
	s64 t = (s64)(time_real_ns() / NSEC_PER_SEC);

	if (tloc.va && put_user(t, tloc))
		return -EFAULT;
	return t;
}

/* What adjtimex(2) shows of a clock that nobody disciplines. */
static long time_read_timex(uaddr timex)
{
	struct abi_timex tx;
	u64 ns = time_real_ns();

	if (get_user(tx, timex))
		return -EFAULT;
	/* adjtime(3)'s offset in one step, or nothing of that kind */
	if ((tx.modes & 0x8000) && !(tx.modes & 1))
		return -EINVAL;
	if (tx.modes && tx.modes != ADJ_OFFSET_SS_READ)
		return -EPERM;
	memset(&tx, 0, sizeof(tx));
	tx.maxerror = 16000000;
	tx.esterror = 16000000;
	tx.status = STA_UNSYNC;
	tx.constant = 2;
	tx.precision = 1;
	tx.tolerance = 32768000;
	tx.tick = 10000;
	tx.time.tv_sec = (s64)(ns / NSEC_PER_SEC);
	tx.time.tv_usec = (s64)(ns % NSEC_PER_SEC / 1000);
	return put_user(tx, timex) ? -EFAULT : TIME_ERROR;
}

long sys_adjtimex(uaddr timex)
{
	return time_read_timex(timex);
}

long sys_clock_adjtime(int clock, uaddr timex)
{
	u64 ns;

	if (clock == CLOCK_REALTIME)
		return time_read_timex(timex);
	return clock_read(clock, &ns) ? -EINVAL : -EOPNOTSUPP;
}

/* --- Sleeping --- */

static int sleep_until(u64 deadline)
{
	for (;;) {
		u32 seq = sleep_prepare();
		int err;

		if (deadline <= time_mono_ns())
			return 0;
		err = sleep_on(seq, deadline, SLEEP_INTR, "nanosleep");
		if (err == -ETIMEDOUT)
			return 0;
		if (err)
			return err;
	}
}

static long nanosleep_relative(u64 deadline, uaddr rem)
{
	struct task *t = current;
	u64 now;

	if (!sleep_until(deadline))
		return 0;
	now = time_mono_ns();
	if (rem.va) {
		struct abi_timespec left =
			timespec_of(deadline > now ? deadline - now : 0);

		if (put_user(left, rem))
			return -EFAULT;
	}
	t->restart_kind = RESTART_NANOSLEEP;
	t->restart_arg[0] = deadline;
	t->restart_arg[1] = rem.va;
	return -ERESTART_RESTARTBLOCK;
}

long nanosleep_restart(void)
{
	return nanosleep_relative(current->restart_arg[0],
				  UADDR(current->restart_arg[1]));
}

long sys_nanosleep(uaddr req, uaddr rem)
{
	struct abi_timespec ts;
	u64 ns;

	if (get_user(ts, req))
		return -EFAULT;
	if (timespec_get(&ts, &ns))
		return -EINVAL;
	return nanosleep_relative(time_mono_ns() + ns, rem);
}

static bool clock_can_sleep(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return true;
	}
	return false;
}

/* Processor time of a whole process; of a thread is not offered by Linux. */
static long clock_nanosleep_cpu(int clock, int flags, u64 ns)
{
	u64 now;
	int err;

	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return -EOPNOTSUPP;
	err = cpu_clock_read(clock, &now);
	if (err)
		return err;
	if (clock < 0 && (clock & 4))
		return -EINVAL;
	if (!(flags & TIMER_ABSTIME))
		ns += now;
	err = cpu_clock_sleep(clock, ns);
	return err == -EINTR ? -ERESTARTNOHAND : err;
}

long sys_clock_nanosleep(int clock, int flags, uaddr req, uaddr rem)
{
	struct abi_timespec ts;
	u64 ns, now;

	if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) {
		if (!capable(CAP_WAKE_ALARM))
			return -EPERM;
		clock = clock == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME
						      : CLOCK_BOOTTIME;
	}
	if (!clock_can_sleep(clock)) {
		if (clock_read(clock, &now))
			return -EINVAL;
		if (clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID &&
		    clock != CLOCK_THREAD_CPUTIME_ID)
			return -EOPNOTSUPP;
	}
	if (get_user(ts, req))
		return -EFAULT;
	if (timespec_get(&ts, &ns))
		return -EINVAL;
	if (!clock_can_sleep(clock))
		return clock_nanosleep_cpu(clock, flags, ns);
	if (!(flags & TIMER_ABSTIME))
		return nanosleep_relative(time_mono_ns() + ns, rem);
	return sleep_until(clock_to_mono(clock, ns)) ? -ERESTARTNOHAND : 0;
}

/* --- Interval timers --- */

static int itimer_set(int which, u64 value, u64 interval, u64 *old_value,
		      u64 *old_interval)
{
	switch (which) {
	case ITIMER_REAL:
		itimer_real_set(current->proc, value, interval, old_value,
				old_interval);
		return 0;
	case ITIMER_PROF:
		return itimer_cpu_set(0, value, interval, old_value,
				      old_interval);
	case ITIMER_VIRTUAL:
		return itimer_cpu_set(1, value, interval, old_value,
				      old_interval);
	}
	return -EINVAL;
}

static int itimer_put(uaddr to, u64 value, u64 interval)
{
	struct abi_itimerval it = { timeval_of(interval), timeval_of(value) };

	return put_user(it, to);
}

long sys_getitimer(int which, uaddr value)
{
	u64 v, i;
	int err = itimer_set(which, TIME_NEVER, 0, &v, &i);

	return err ? err : itimer_put(value, v, i);
}

long sys_setitimer(int which, uaddr value, uaddr ovalue)
{
	struct abi_itimerval it = { { 0, 0 }, { 0, 0 } };
	u64 v, i, ov, oi;
	int err;

	if (value.va && get_user(it, value))
		return -EFAULT;
	if (timeval_get(&it.it_value, &v) || timeval_get(&it.it_interval, &i))
		return -EINVAL;
	err = itimer_set(which, v, i, &ov, &oi);
	if (err)
		return err;
	return ovalue.va ? itimer_put(ovalue, ov, oi) : 0;
}

long sys_alarm(u32 seconds)
{
	u64 ov, oi;

	itimer_real_set(current->proc, seconds * NSEC_PER_SEC, 0, &ov, &oi);
	/* seconds left, rounded; but not to none while it runs */
	if (!ov)
		return 0;
	return (long)max((ov + NSEC_PER_SEC / 2) / NSEC_PER_SEC, 1ull);
}

/* --- POSIX timers --- */

long sys_timer_create(int clock, uaddr sevp, uaddr timerid)
{
	struct sigevent ev;
	s32 id;
	int err;

	if (sevp.va && get_user(ev, sevp))
		return -EFAULT;
	err = posix_timer_create(clock, sevp.va ? &ev : NULL, &id);
	if (err)
		return err;
	if (put_user(id, timerid)) {
		posix_timer_delete(id);
		return -EFAULT;
	}
	return 0;
}

static int timer_put(uaddr to, u64 value, u64 interval)
{
	struct abi_itimerspec it = { timespec_of(interval),
				     timespec_of(value) };

	return put_user(it, to);
}

long sys_timer_settime(int timerid, int flags, uaddr value, uaddr ovalue)
{
	struct abi_itimerspec it;
	u64 v, i, ov = 0, oi = 0;
	int err;

	if (!value.va)
		return -EINVAL;
	if (get_user(it, value))
		return -EFAULT;
	if (timespec_get(&it.it_value, &v) || timespec_get(&it.it_interval, &i))
		return -EINVAL;
	err = posix_timer_settime(timerid, flags, v, i, &ov, &oi);
	if (err)
		return err;
	return ovalue.va ? timer_put(ovalue, ov, oi) : 0;
}

long sys_timer_gettime(int timerid, uaddr value)
{
	u64 v, i;
	int err = posix_timer_gettime(timerid, &v, &i);

	return err ? err : timer_put(value, v, i);
}

long sys_timer_getoverrun(int timerid)
{
	return posix_timer_getoverrun(timerid);
}

long sys_timer_delete(int timerid)
{
	return posix_timer_delete(timerid);
}
