/* SPDX-License-Identifier: GPL-2.0 */
/* Steps of the random programs: processes and signals. */
#include <sys/signalfd.h>

static volatile int got[65][2]; /* how often, and the last si_code */
static volatile int got_any;

static void proc_handler(int sig, siginfo_t *si, void *uc)
{
	int e = errno;

	got[sig][0]++;
	got[sig][1] = si->si_code;
	got_any = 1;
	errno = e;
}
/* What came in. */
static void proc_signals(void)
{
	if (!got_any)
		return;
	got_any = 0;
	for (int s = 1; s < 65; s++)
		if (got[s][0]) {
			out(" {sig %d x%d code %d}", s, got[s][0], got[s][1]);
			got[s][0] = 0;
		}
}
static const int sigs[] = { SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE, SIGIO,
			    SIGXFSZ, 40,      41,      SIGURG };
static void proc_init(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = proc_handler;
	sa.sa_flags = SA_SIGINFO;
	for (unsigned i = 0; i < N(sigs); i++)
		sigaction(sigs[i], &sa, NULL);
}
static void s_action(struct rng *r)
{
	struct sigaction sa, old;
	int s = PICK(r, sigs), how = (int)below(r, 4);

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = proc_handler;
	sa.sa_flags = SA_SIGINFO | (how == 3 ? SA_RESETHAND : 0);
	if (how == 0) {
		sa.sa_handler = SIG_IGN;
		sa.sa_flags = 0;
	}
	out("%d, %d", s, how);
	res(sigaction(s, &sa, &old));
	out(" %d %x",
	    old.sa_handler == SIG_IGN	? 1
	    : old.sa_handler == SIG_DFL ? 0
					: 2,
	    old.sa_flags & ~0x4000000);
}
static void s_mask(struct rng *r)
{
	sigset_t s, o;
	int how = (int)below(r, 3), m = 0;

	sigemptyset(&s);
	for (unsigned i = 0; i < N(sigs); i++)
		if (chance(r, 30))
			sigaddset(&s, sigs[i]);
	out("%d", how);
	res(sigprocmask(how, &s, &o));
	for (unsigned i = 0; i < N(sigs); i++)
		m |= sigismember(&o, sigs[i]) << i;
	out(" %x", m);
}
static void s_kill(struct rng *r)
{
	int s = PICK(r, sigs), how = (int)below(r, 4);
	union sigval v = { .sival_int = 7 };

	out("%d, %d", s, how);
	switch (how) {
	case 0:
		res(kill(getpid(), s));
		break;
	case 1:
		res(raise(s));
		break;
	case 2:
		res(sigqueue(getpid(), s, v));
		break;
	default:
		res(kill(getpid(), 65 + (int)below(r, 3)));
	}
}
static void s_pending(struct rng *r)
{
	sigset_t s;
	int m = 0;

	res(sigpending(&s));
	for (unsigned i = 0; i < N(sigs); i++)
		m |= sigismember(&s, sigs[i]) << i;
	out(" %x", m);
}
static void s_timedwait(struct rng *r)
{
	struct timespec ts = { 0, 0 };
	siginfo_t si;
	sigset_t s;

	sigemptyset(&s);
	for (unsigned i = 0; i < N(sigs); i++)
		if (chance(r, 60))
			sigaddset(&s, sigs[i]);
	if (res(sigtimedwait(&s, &si, &ts)) > 0)
		out(" code %d", si.si_code);
}
static void s_signalfd(struct rng *r)
{
	sigset_t s;
	int fd;

	sigemptyset(&s);
	for (unsigned i = 0; i < N(sigs); i++)
		if (chance(r, 40))
			sigaddset(&s, sigs[i]);
	fd = chance(r, 70) ? -1 : arg_fd(r);
	res(signalfd(fd, &s, SFD_NONBLOCK));
}
/* A child runs the next steps, ends; then so does this process. */
static void s_fork(struct rng *r)
{
	unsigned n = 1 + below(r, 5), how = below(r, 8);
	int st = 0;
	siginfo_t si;
	pid_t pid;

	if (getpgrp() != getpid()) { /* one generation */
		out(") none");
		return;
	}
	out("%u, %u) {\n", n, how);
	if (write(2, line, line_len) < 0)
		_exit(9);
	line_len = 0;
	pid = fork();
	if (!pid) {
		run_next(n);
		if (how == 0)
			kill(getpid(), SIGKILL);
		if (how == 1)
			kill(getpid(), SIGTERM);
		_exit((int)n);
	}
	out("}");
	if (how & 1) {
		memset(&si, 0, sizeof(si));
		waitid(P_PID, (id_t)pid, &si, WEXITED);
		out(" %d %d", si.si_code, si.si_status);
	} else {
		waitpid(pid, &st, 0);
		out(" %x", st);
	}
}
static void s_wait(struct rng *r)
{
	int st, o = (int)below(r, 16) | WNOHANG;

	out("%d", o);
	res(waitpid(-1, &st, o));
}
static void s_rlimit(struct rng *r)
{
	static const unsigned long lim[] = { RLIM_INFINITY, RLIM_INFINITY, 5000,
					     10000, 100 };
	struct rlimit rl = { PICK(r, lim), RLIM_INFINITY };

	out("fsize %ld", (long)rl.rlim_cur);
	res(setrlimit(RLIMIT_FSIZE, &rl));
}
static void s_ids(struct rng *r)
{
	switch (below(r, 4)) {
	case 0:
		out("setuid 1");
		res(setuid(1));
		break;
	case 1:
		out("setpgid");
		res(setpgid(0, 1));
		break;
	case 2:
		out("getpgid");
		res(getpgid(-1));
		break;
	default:
		out("setgroups");
		res(setregid(1, 2));
	}
}

const struct step steps_proc[] = {
	{ "sigaction", s_action, 4 },
	{ "sigprocmask", s_mask, 5 },
	{ "kill", s_kill, 7 },
	{ "sigpending", s_pending, 2 },
	{ "sigtimedwait", s_timedwait, 3 },
	{ "signalfd", s_signalfd, 3 },
	{ "fork", s_fork, 6 },
	{ "wait", s_wait, 2 },
	{ "rlimit", s_rlimit, 1 },
	{ "ids", s_ids, 2 },
	{ NULL, NULL, 0 },
};
