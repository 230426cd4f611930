// SPDX-License-Identifier: GPL-2.0
/* Clocks, sleeping, interval timers, POSIX timers. Bounds are generous. */
#include "t.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static long long now(clockid_t c)
{
	struct timespec ts;

	CHECK_EQ(clock_gettime(c, &ts), 0);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static volatile int hits;
static volatile int overruns;

static void count(int sig)
{
	hits++;
}

static void count_info(int sig, siginfo_t *si, void *uc)
{
	hits++;
	overruns += si->si_overrun;
	CHECK_EQ(si->si_code, SI_TIMER);
	CHECK_EQ(si->si_value.sival_int, 42);
}

static void burn(int ms)
{
	long long end = now(CLOCK_PROCESS_CPUTIME_ID) + ms * 1000000ll;

	while (now(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

T(clocks)
{
	static const clockid_t c[] = { CLOCK_REALTIME,
				       CLOCK_MONOTONIC,
				       CLOCK_PROCESS_CPUTIME_ID,
				       CLOCK_THREAD_CPUTIME_ID,
				       CLOCK_MONOTONIC_RAW,
				       CLOCK_REALTIME_COARSE,
				       CLOCK_MONOTONIC_COARSE,
				       CLOCK_BOOTTIME,
				       CLOCK_TAI };
	struct timespec ts;

	for (unsigned i = 0; i < sizeof(c) / sizeof(*c); i++) {
		long long a = now(c[i]), b = now(c[i]);

		CHECK(a <= b && a >= 0);
		CHECK_EQ(clock_getres(c[i], &ts), 0);
		CHECK_EQ(ts.tv_sec, 0);
		CHECK_EQ(syscall(SYS_clock_gettime, c[i], &ts), 0);
	}
	CHECK_ERRNO(syscall(SYS_clock_gettime, 77, &ts), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, 1, 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &ts), EINVAL);
	CHECK(llabs(time(NULL) - now(CLOCK_REALTIME) / 1000000000) <= 1);
}

T(sleeping_takes_its_time)
{
	struct timespec ts = { 0, 50000000 }, abs;
	long long a = now(CLOCK_MONOTONIC), b;

	CHECK_EQ(nanosleep(&ts, NULL), 0);
	b = now(CLOCK_MONOTONIC);
	CHECK(b - a >= 50000000 && b - a < 500000000);
	a = now(CLOCK_REALTIME) + 50000000;
	abs = (struct timespec){ a / 1000000000, a % 1000000000 };
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &abs, NULL), 0);
	CHECK(now(CLOCK_REALTIME) >= a);
	abs.tv_sec = 5;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &abs, NULL),
		 0);
	ts.tv_nsec = 1000000000;
	CHECK_ERRNO(nanosleep(&ts, NULL), EINVAL);
	ts.tv_nsec = 0;
	ts.tv_sec = -1;
	CHECK_ERRNO(nanosleep(&ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &abs, NULL),
		 EINVAL);
}

T(processor_time_counts)
{
	struct rusage ru;
	struct tms t;
	long long p, th;

	burn(60);
	p = now(CLOCK_PROCESS_CPUTIME_ID);
	th = now(CLOCK_THREAD_CPUTIME_ID);
	CHECK(p >= 60000000 && th >= 50000000 && th <= p + 20000000);
	CHECK_EQ(getrusage(RUSAGE_SELF, &ru), 0);
	CHECK(ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec +
		      ru.ru_stime.tv_sec * 1000000 + ru.ru_stime.tv_usec >=
	      50000);
	CHECK(times(&t) != -1);
	CHECK(t.tms_utime + t.tms_stime >= 4);
}

T(sleeping_uses_no_processor_time)
{
	long long a = now(CLOCK_PROCESS_CPUTIME_ID);

	usleep(200000);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - a < 50000000);
}

T(clock_of_another_process)
{
	clockid_t c;
	pid_t pid = fork();

	if (pid == 0) {
		burn(60);
		pause();
	}
	CHECK_EQ(clock_getcpuclockid(pid, &c), 0);
	for (int i = 0; i < 400 && now(c) < 60000000; i++)
		usleep(5000);
	CHECK(now(c) >= 60000000);
	kill(pid, SIGKILL);
	wait(NULL);
}

T(alarm_fires_once)
{
	struct itimerval it = { { 0, 0 }, { 0, 30000 } }, old;

	signal(SIGALRM, count);
	alarm(0);
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
	usleep(10000);
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK(old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 30000);
	while (!hits)
		pause();
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK_EQ(old.it_value.tv_usec, 0);
	CHECK_EQ(alarm(100), 0);
	CHECK(alarm(0) >= 99);
	it.it_value.tv_usec = 1000000;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &it, NULL), EINVAL);
	CHECK_ERRNO(setitimer(7, &it, NULL), EINVAL);
}

T(interval_timer_repeats)
{
	struct itimerval it = { { 0, 5000 }, { 0, 5000 } };

	alarm(0);
	signal(SIGALRM, count);
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
	while (hits < 5)
		pause();
	memset(&it, 0, sizeof(it));
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
}

T(virtual_and_prof_timers)
{
	struct itimerval it = { { 0, 20000 }, { 0, 20000 } };

	signal(SIGVTALRM, count);
	CHECK_EQ(setitimer(ITIMER_VIRTUAL, &it, NULL), 0);
	usleep(60000);
	CHECK_EQ(hits, 0);
	while (hits < 3)
		burn(1);
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	it.it_value.tv_usec = 20000;
	hits = 0;
	signal(SIGPROF, count);
	CHECK_EQ(setitimer(ITIMER_PROF, &it, NULL), 0);
	while (hits < 1)
		burn(1);
}

T(posix_timer_signals)
{
	struct sigaction sa = { .sa_sigaction = count_info,
				.sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGRTMIN,
			       .sigev_value.sival_int = 42 };
	struct itimerspec it = { { 0, 3000000 }, { 0, 3000000 } };
	timer_t t;

	sigaction(SIGRTMIN, &sa, NULL);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &ev, &t), 0);
	CHECK_EQ(timer_settime(t, 0, &it, NULL), 0);
	while (hits < 5)
		pause();
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK_EQ(it.it_interval.tv_nsec, 3000000);
	CHECK_EQ(timer_delete(t), 0);
}

T(posix_timer_overruns)
{
	struct sigaction sa = { .sa_sigaction = count_info,
				.sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGRTMIN,
			       .sigev_value.sival_int = 42 };
	struct itimerspec it = { { 0, 1000000 }, { 0, 1000000 } };
	sigset_t s;
	timer_t t;

	sigaction(SIGRTMIN, &sa, NULL);
	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, NULL);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &ev, &t), 0);
	CHECK_EQ(timer_settime(t, 0, &it, NULL), 0);
	usleep(100000);
	memset(&it, 0, sizeof(it));
	sigprocmask(SIG_UNBLOCK, &s, NULL);
	CHECK(hits >= 1);
	CHECK(overruns >= 50);
	CHECK_EQ(timer_settime(t, 0, &it, NULL), 0);
}

T(posix_timer_errors)
{
	struct sigevent ev = { .sigev_notify = 99 };
	struct itimerspec it = { { 0, 0 }, { 0, 1000000000 } };
	int id;

	CHECK_ERRNO(syscall(SYS_timer_create, 99, NULL, &id), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id),
		    EINVAL);
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 0;
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_settime, 55, 0, &it, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_delete, 55), EINVAL);
	CHECK_EQ(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_ERRNO(syscall(SYS_timer_settime, id, 0, &it, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
	CHECK_EQ(syscall(SYS_timer_getoverrun, id), 0);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 8),
		    EFAULT);
}

T(cpu_timer)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1 };
	struct itimerspec it = { { 0, 0 }, { 0, 40000000 } };
	timer_t t;

	signal(SIGUSR1, count);
	CHECK_EQ(timer_create(CLOCK_PROCESS_CPUTIME_ID, &ev, &t), 0);
	CHECK_EQ(timer_settime(t, 0, &it, NULL), 0);
	usleep(80000);
	CHECK_EQ(hits, 0);
	while (!hits)
		burn(1);
}

T(timers_end_at_exec)
{
	struct itimerspec it = { { 0, 0 }, { 0, 50000000 } };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGKILL };
	timer_t t;
	int st;

	if (fork() == 0) {
		struct itimerval al = { { 0, 0 }, { 10, 0 } };

		timer_create(CLOCK_MONOTONIC, &ev, &t);
		timer_settime(t, 0, &it, NULL);
		setitimer(ITIMER_REAL, &al, NULL);
		execl("/proc/self/exe", "x", "@timers", NULL);
	}
	wait(&st);
	CHECK_EQ(st, 0x700);
}

T(scheduling_calls)
{
	struct sched_param sp = { 0 };
	struct timespec ts;
	cpu_set_t set;

	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_EQ(sched_getparam(0, &sp), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_ERRNO(sched_get_priority_max(77), EINVAL);
	sp.sched_priority = 1;
	CHECK_ERRNO(sched_setscheduler(0, SCHED_OTHER, &sp), EINVAL);
	sp.sched_priority = 0;
	CHECK_ERRNO(sched_setscheduler(0, SCHED_FIFO, &sp), EINVAL);
	CHECK_EQ(sched_setscheduler(0, SCHED_BATCH, &sp), 0);
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
	CHECK_EQ(sched_rr_get_interval(0, &ts), 0);
	CHECK_ERRNO(sched_getscheduler(999999), ESRCH);
	CHECK_ERRNO(sched_getscheduler(-1), EINVAL);
	CHECK_EQ(sched_yield(), 0);
	CHECK_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	CHECK(CPU_COUNT(&set) >= 1);
	CPU_ZERO(&set);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(set), &set), EINVAL);
	CPU_SET(0, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	CHECK_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	CHECK_EQ(CPU_COUNT(&set), 1);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 1, &set), EINVAL);
}

T(nice_values)
{
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 5), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 100), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	CHECK_ERRNO(getpriority(9, 0), EINVAL);
	CHECK_ERRNO(getpriority(PRIO_PROCESS, 999999), ESRCH);
	if (getuid() == 0) {
		CHECK_EQ(setpriority(PRIO_PROCESS, 0, -5), 0);
		CHECK_EQ(setuid(1000), 0);
	}
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, -10), EACCES);
	CHECK_EQ(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3), 0);
	CHECK_EQ(syscall(SYS_ioprio_get, 1, 0), 2 << 13 | 3);
	CHECK_ERRNO(syscall(SYS_ioprio_set, 1, 0, 7 << 13), EINVAL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "@timers")) {
		struct itimerval it;

		usleep(100000);
		getitimer(ITIMER_REAL, &it);
		return it.it_value.tv_sec >= 8 ? 7 : 8;
	}
	return t_main(argc, argv);
}
