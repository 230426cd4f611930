// SPDX-License-Identifier: GPL-2.0
/* Dispositions, masks, pending signals, restarts: signal(7), sigaction(2). */
#include "t.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static volatile int hits, last_sig, last_code, last_pid, last_value;

static void on_info(int sig, siginfo_t *si, void *uc)
{
	hits++;
	last_sig = sig;
	last_code = si->si_code;
	last_pid = si->si_pid;
	last_value = si->si_value.sival_int;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_info,
				.sa_flags = SA_SIGINFO | flags };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void block(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &s, NULL), 0);
}

static void unblock(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &s, NULL), 0);
}

T(handler_runs_with_info)
{
	handle(SIGUSR1, 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(hits, 1);
	CHECK_EQ(last_sig, SIGUSR1);
	CHECK_EQ(last_code, SI_USER);
	CHECK_EQ(last_pid, getpid());
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(hits, 2);
	CHECK_EQ(last_code, SI_TKILL);
}

T(blocked_signal_waits_and_is_not_queued)
{
	sigset_t p;

	handle(SIGUSR1, 0);
	block(SIGUSR1);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(hits, 0);
	CHECK_EQ(sigpending(&p), 0);
	CHECK_EQ(sigismember(&p, SIGUSR1), 1);
	unblock(SIGUSR1);
	CHECK_EQ(hits, 1);
	CHECK_EQ(sigpending(&p), 0);
	CHECK_EQ(sigismember(&p, SIGUSR1), 0);
}

T(realtime_signals_queue_in_order)
{
	union sigval v;

	handle(SIGRTMIN + 2, 0);
	block(SIGRTMIN + 2);
	for (v.sival_int = 1; v.sival_int <= 3; v.sival_int++)
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 2, v), 0);
	unblock(SIGRTMIN + 2);
	CHECK_EQ(hits, 3);
	CHECK_EQ(last_value, 3);
	CHECK_EQ(last_code, SI_QUEUE);
}

static volatile int order[8], norder;

static void on_order(int sig)
{
	order[norder++] = sig;
}

T(lowest_signal_number_is_taken_first)
{
	sigset_t all, old;

	signal(SIGRTMIN + 1, on_order);
	signal(SIGUSR2, on_order);
	signal(SIGHUP, on_order);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	raise(SIGRTMIN + 1);
	raise(SIGUSR2);
	raise(SIGHUP);
	sigprocmask(SIG_SETMASK, &old, NULL);
	/* each handler is interrupted by the next: the last taken runs first */
	CHECK_EQ(norder, 3);
	CHECK_EQ(order[0], SIGRTMIN + 1);
	CHECK_EQ(order[2], SIGHUP);
}

T(ignoring_drops_what_is_pending)
{
	sigset_t p;

	block(SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	sigpending(&p);
	CHECK_EQ(sigismember(&p, SIGUSR1), 0);
	/* while it is blocked it is not dropped: somebody may wait for it */
	raise(SIGUSR1);
	sigpending(&p);
	CHECK_EQ(sigismember(&p, SIGUSR1), 1);
	unblock(SIGUSR1);
	raise(SIGUSR1);
}

T(handler_mask_and_nodefer)
{
	struct sigaction sa = { .sa_handler = on_order };
	sigset_t now;

	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	raise(SIGUSR1);
	CHECK_EQ(norder, 1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK_EQ(sigismember(&now, SIGUSR1), 0);
	CHECK_EQ(sigismember(&now, SIGUSR2), 0);
}

static void check_mask(int sig)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	order[0] = sigismember(&now, SIGUSR1);
	order[1] = sigismember(&now, SIGUSR2);
}

T(mask_during_handler)
{
	struct sigaction sa = { .sa_handler = check_mask };

	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK_EQ(order[0], 1);
	CHECK_EQ(order[1], 1);
	sa.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK_EQ(order[0], 0);
	CHECK_EQ(order[1], 1);
}

T(resethand_resets)
{
	struct sigaction sa, old;

	handle(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(hits, 1);
	sigaction(SIGUSR1, NULL, &old);
	CHECK(old.sa_handler == SIG_DFL);
	(void)sa;
}

T(kill_and_stop_cannot_be_caught_or_blocked)
{
	struct sigaction sa = { .sa_handler = on_order };
	sigset_t all, now;

	CHECK_ERRNO(sigaction(SIGKILL, &sa, NULL), EINVAL);
	CHECK_ERRNO(sigaction(SIGSTOP, &sa, NULL), EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGKILL, NULL, &sa, 8), 0);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 65, NULL, &sa, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 1, NULL, &sa, 4), EINVAL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigprocmask(SIG_SETMASK, NULL, &now);
	CHECK_EQ(sigismember(&now, SIGKILL), 0);
	CHECK_EQ(sigismember(&now, SIGSTOP), 0);
	CHECK_EQ(sigismember(&now, SIGTERM), 1);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 7, &all, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 0, (void *)8, NULL, 8), EFAULT);
}

T(kill_errors)
{
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_ERRNO(kill(2000000, 0), ESRCH);
	CHECK_ERRNO(kill(-2000000, 0), ESRCH);
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_EQ(kill(0, 0), 0);
	CHECK_ERRNO(syscall(SYS_tgkill, getpid(), 2000000, 0), ESRCH);
	CHECK_ERRNO(syscall(SYS_tgkill, 0, getpid(), 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_tkill, 0, 0), EINVAL);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0), 0);
}

static int die_by(int sig)
{
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		signal(sig, SIG_DFL);
		kill(getpid(), sig);
		_exit(9);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFSIGNALED(st) ? WTERMSIG(st) : -WEXITSTATUS(st);
}

T(default_actions)
{
	const int deadly[] = { SIGHUP,	SIGINT,	 SIGKILL,   SIGUSR1,   SIGPIPE,
			       SIGALRM, SIGTERM, SIGSTKFLT, SIGVTALRM, SIGPROF,
			       SIGIO,	SIGPWR,	 SIGRTMIN,  SIGRTMAX,  SIGABRT,
			       SIGSEGV, SIGQUIT, SIGSYS,    SIGXCPU };
	static const int ignored[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	for (unsigned i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		CHECK_EQ(die_by(deadly[i]), deadly[i]);
	for (unsigned i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		CHECK_EQ(die_by(ignored[i]), -9);
}

static void later(pid_t pid, int sig, int ms)
{
	if (fork() == 0) {
		usleep(ms * 1000);
		kill(pid, sig);
		_exit(0);
	}
}

T(read_is_restarted_with_sa_restart)
{
	int p[2];
	char c = 0;

	CHECK_EQ(pipe(p), 0);
	handle(SIGUSR1, SA_RESTART);
	if (fork() == 0) {
		usleep(30000);
		kill(getppid(), SIGUSR1);
		usleep(30000);
		CHECK_EQ(write(p[1], "x", 1), 1);
		_exit(0);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(hits, 1);
}

T(read_is_interrupted_without_sa_restart)
{
	int p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	handle(SIGUSR1, 0);
	later(getpid(), SIGUSR1, 30);
	CHECK_ERRNO(read(p[0], &c, 1), EINTR);
	CHECK_EQ(hits, 1);
}

T(ignored_signal_does_not_interrupt)
{
	int p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	signal(SIGUSR1, SIG_IGN);
	if (fork() == 0) {
		usleep(30000);
		kill(getppid(), SIGUSR1);
		kill(getppid(), SIGWINCH);
		usleep(30000);
		CHECK_EQ(write(p[1], "x", 1), 1);
		_exit(0);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
}

static long ms_between(struct timespec *a, struct timespec *b)
{
	return (b->tv_sec - a->tv_sec) * 1000 +
	       (b->tv_nsec - a->tv_nsec) / 1000000;
}

T(nanosleep_tells_what_is_left)
{
	struct timespec req = { 10, 0 }, rem = { 0, 0 };

	handle(SIGUSR1, SA_RESTART);
	later(getpid(), SIGUSR1, 50);
	CHECK_ERRNO(nanosleep(&req, &rem), EINTR);
	CHECK(rem.tv_sec == 9 && rem.tv_nsec > 500000000);
}

T(nanosleep_goes_on_after_stop_and_continue)
{
	struct timespec req = { 0, 300000000 }, a, b;
	pid_t me = getpid();

	if (fork() == 0) {
		usleep(50000);
		kill(me, SIGSTOP);
		usleep(100000);
		kill(me, SIGCONT);
		_exit(0);
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(nanosleep(&req, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(ms_between(&a, &b) >= 299 && ms_between(&a, &b) < 450);
}

T(pause_and_sigsuspend)
{
	sigset_t none, now;

	handle(SIGUSR1, SA_RESTART);
	block(SIGUSR1);
	later(getpid(), SIGUSR1, 30);
	sigemptyset(&none);
	CHECK_ERRNO(sigsuspend(&none), EINTR);
	CHECK_EQ(hits, 1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK_EQ(sigismember(&now, SIGUSR1), 1);
	unblock(SIGUSR1);
	later(getpid(), SIGUSR1, 30);
	CHECK_ERRNO(pause(), EINTR);
	CHECK_EQ(hits, 2);
}

T(sigsuspend_delivers_several_then_restores)
{
	sigset_t none;

	handle(SIGUSR1, 0);
	handle(SIGUSR2, 0);
	block(SIGUSR1);
	block(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR2);
	sigemptyset(&none);
	CHECK_ERRNO(sigsuspend(&none), EINTR);
	CHECK_EQ(hits, 2);
}

T(sigtimedwait_takes_signals)
{
	struct timespec ts = { 0, 30000000 }, zero = { 0, 0 },
			bad = { 0, 1000000000 };
	siginfo_t si;
	sigset_t s;
	union sigval v = { .sival_int = 77 };

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, NULL);
	CHECK_ERRNO(sigtimedwait(&s, &si, &ts), EAGAIN);
	CHECK_ERRNO(sigtimedwait(&s, &si, &zero), EAGAIN);
	CHECK_ERRNO(sigtimedwait(&s, &si, &bad), EINVAL);
	sigqueue(getpid(), SIGRTMIN, v);
	raise(SIGUSR1);
	CHECK_EQ(sigwaitinfo(&s, &si), SIGUSR1);
	CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN);
	CHECK_EQ(si.si_value.sival_int, 77);
	later(getpid(), SIGUSR1, 30);
	CHECK_EQ(sigwaitinfo(&s, &si), SIGUSR1);
	CHECK_EQ(si.si_code, SI_USER);
	handle(SIGUSR2, SA_RESTART);
	later(getpid(), SIGUSR2, 30);
	CHECK_ERRNO(sigwaitinfo(&s, &si), EINTR);
	CHECK_EQ(hits, 1);
}

T(sigtimedwait_takes_even_ignored_by_default)
{
	siginfo_t si;
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGCHLD);
	sigprocmask(SIG_BLOCK, &s, NULL);
	if (fork() == 0)
		_exit(5);
	CHECK_EQ(sigwaitinfo(&s, &si), SIGCHLD);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_status, 5);
}

T(queueinfo_permissions)
{
	siginfo_t si;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	memset(&si, 0, sizeof(si));
	si.si_code = SI_USER;
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &si), EPERM);
	si.si_code = SI_TKILL;
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &si), EPERM);
	si.si_code = SI_QUEUE;
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, pid, SIGKILL, &si), 0);
	wait(NULL);
}

static void *thread_waits(void *arg)
{
	sigset_t s;
	siginfo_t si;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigwaitinfo(&s, &si);
	*(int *)arg = si.si_signo;
	return NULL;
}

T(process_signal_reaches_the_thread_that_waits)
{
	pthread_t th;
	int got = 0;

	block(SIGUSR1);
	pthread_create(&th, NULL, thread_waits, &got);
	usleep(30000);
	kill(getpid(), SIGUSR1);
	pthread_join(th, NULL);
	CHECK_EQ(got, SIGUSR1);
}

static pthread_t handled_in;

static void note_thread(int sig)
{
	handled_in = pthread_self();
	hits++;
}

static void *thread_sleeps(void *arg)
{
	while (!hits)
		usleep(1000);
	return NULL;
}

T(blocked_here_goes_to_another_thread)
{
	pthread_t th;

	signal(SIGUSR1, note_thread);
	pthread_create(&th, NULL, thread_sleeps, NULL);
	block(SIGUSR1);
	kill(getpid(), SIGUSR1);
	pthread_join(th, NULL);
	CHECK(pthread_equal(handled_in, th));
}

T(tgkill_reaches_its_thread)
{
	pthread_t th;

	signal(SIGUSR1, note_thread);
	pthread_create(&th, NULL, thread_sleeps, NULL);
	pthread_kill(th, SIGUSR1);
	pthread_join(th, NULL);
	CHECK(pthread_equal(handled_in, th));
}

T(sigchld_information)
{
	siginfo_t si;
	sigset_t s;
	pid_t pid;

	sigemptyset(&s);
	sigaddset(&s, SIGCHLD);
	sigprocmask(SIG_BLOCK, &s, NULL);
	pid = fork();
	if (pid == 0)
		raise(SIGKILL);
	CHECK_EQ(sigwaitinfo(&s, &si), SIGCHLD);
	CHECK_EQ(si.si_code, CLD_KILLED);
	CHECK_EQ(si.si_status, SIGKILL);
	CHECK_EQ(si.si_pid, pid);
}

T(signals_during_heavy_load_are_not_lost)
{
	sigset_t s, old;
	siginfo_t si;
	int n = 0;
	union sigval v;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN + 5);
	sigprocmask(SIG_BLOCK, &s, &old);
	for (int c = 0; c < 4; c++) {
		if (fork() == 0) {
			for (int i = 0; i < 500; i++) {
				v.sival_int = i;
				while (sigqueue(getppid(), SIGRTMIN + 5, v))
					usleep(100);
			}
			_exit(0);
		}
	}
	while (n < 2000 && sigwaitinfo(&s, &si) > 0)
		n++;
	CHECK_EQ(n, 2000);
	while (wait(NULL) > 0)
		;
}

T_MAIN
