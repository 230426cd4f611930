// SPDX-License-Identifier: GPL-2.0
/*
 * The monitor: one process that lives as long as one boot of the machine. It
 * makes the machine's memory, starts its first process, confines itself, and
 * then waits in one poll() for what may happen:
 *
 *	machine		its first process ended (pidfd): the machine is over
 *	wake		a ring worker said how it ends (monitor_end)
 *	signals		SIGTERM, SIGINT, SIGHUP: orderly stop; SIGQUIT: task
 *			dump; SIGWINCH: new size
 *	control		`lodger ls`, `stop`, `kill` of other terminals
 *	timer		an orderly stop that takes too long becomes a kill
 *
 * Requests of the machine are served by the ring's threads (drivers-host),
 * console input by the console's own.
 *
 * The exit status is, in this order: the one the kernel told us (RING_MON_EXIT
 * carries the job's status, or 120 after a panic); 137 when we killed it; the
 * first process's own; 120 when that died of a signal, because then the kernel
 * did.
 *
 * The parent of this process, the keeper (main.c), puts terminal and state
 * folder back in order, whatever happens here.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "confine.h"
#include "control.h"
#include "core.h"
#include "drivers-host/monitor.h"
#include "loader.h"
#include "monitor.h"
#include "say.h"

#define MONITOR_GRACE_SECS 10 /* for an orderly stop */
#define MONITOR_CLIENTS	   8
/* Signals closer than this are one: sent to a group they come twice. */
#define MONITOR_SAME_NS	   500000000ull

enum {
	MON_FD_MACHINE,
	MON_FD_WAKE,
	MON_FD_SIGNALS,
	MON_FD_TIMER,
	MON_FD_CONTROL,
	MON_FD_CLIENT,
	MON_FD_NR = MON_FD_CLIENT + MONITOR_CLIENTS
};

static struct {
	struct pollfd fds[MON_FD_NR];
	struct machine machine;
	struct handover *handover;
	const struct options *options;
	time_t started;
	bool stopping, killed;
	uint64_t stop_ns; /* when stopping began */
	/* under lock: */
	pthread_mutex_t lock;
	bool ended;
	int code;
} monitor = { .lock = PTHREAD_MUTEX_INITIALIZER };

void monitor_end(int code)
{
	uint64_t one = 1;

	pthread_mutex_lock(&monitor.lock);
	if (!monitor.ended) {
		monitor.ended = true;
		monitor.code = code;
	}
	pthread_mutex_unlock(&monitor.lock);
	if (write(monitor.fds[MON_FD_WAKE].fd, &one, sizeof(one)) < 0)
		return; /* its counter is full: it is awake */
}

void monitor_die(const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	say("%s", buf);
	monitor_end(EXIT_PANIC);
}

int64_t monitor_serve(struct ring_work *w)
{
	switch (w->op) {
	case RING_MON_EXIT:
		monitor_end((int)(w->arg[0] & 0xff));
		return 0;
	case RING_MON_REBOOT:
		/* once is enough for a command, which would only do it again */
		if (!monitor.options->argc && !monitor.stopping)
			monitor.handover->reboot = true;
		monitor_end(0);
		return 0;
	case RING_MON_CTL_GET:
	case RING_MON_CTL_PUT:
		return control_serve(w);
	default:
		return -ENOSYS;
	}
}

static void monitor_kill(void)
{
	syscall(SYS_pidfd_send_signal, monitor.machine.pidfd, SIGKILL, NULL, 0);
}

static uint64_t monitor_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The first request asks politely, the second does not. */
static void monitor_stop(void)
{
	struct itimerspec grace = { .it_value.tv_sec = MONITOR_GRACE_SECS };

	if (monitor.stopping) {
		if (monitor_now() - monitor.stop_ns < MONITOR_SAME_NS)
			return;
		monitor.killed = true;
		monitor_kill();
		return;
	}
	monitor.stopping = true;
	monitor.stop_ns = monitor_now();
	timerfd_settime(monitor.fds[MON_FD_TIMER].fd, 0, &grace, NULL);
	monitor_post_event(RING_EV_POWEROFF);
}

static void monitor_on_signal(void)
{
	struct signalfd_siginfo si;

	if (read(monitor.fds[MON_FD_SIGNALS].fd, &si, sizeof(si)) != sizeof(si))
		return;
	switch (si.ssi_signo) {
	case SIGWINCH:
		console_winch();
		break;
	case SIGQUIT:
		monitor_post_event(RING_EV_DUMP);
		break;
	default:
		monitor_stop();
	}
}

static void monitor_on_timer(void)
{
	uint64_t n;

	if (read(monitor.fds[MON_FD_TIMER].fd, &n, sizeof(n)) != sizeof(n))
		return;
	say("the machine did not stop within %d seconds: killed",
	    MONITOR_GRACE_SECS);
	monitor.killed = true;
	monitor_kill();
}

/* --- Control connections -------------------------------------------------- */

static void monitor_info(int fd)
{
	const struct options *o = monitor.options;
	char buf[512];
	int n;

	n = snprintf(buf, sizeof(buf), "up %llds, root %.200s%s, %.200s\n",
		     (long long)(time(NULL) - monitor.started),
		     o->root	    ? o->root
		     : o->root_disk ? o->root_disk
				    : "built-in",
		     o->rw ? " (rw)" : "", o->argc ? o->argv[0] : "init");
	send(fd, buf, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void monitor_halt(bool reboot)
{
	if (reboot && !monitor.stopping)
		monitor.handover->reboot = true;
	monitor_end(0);
}

/* A line, and descriptors with it. => bytes, as recv(2) */
static ssize_t monitor_receive(int sock, char *buf, size_t n, int *fds,
			       int *nfds)
{
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { buf, n };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	ssize_t got = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;

	*nfds = 0;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*nfds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), (size_t)*nfds * sizeof(int));
	}
	return got;
}

static void monitor_on_client(struct pollfd *p)
{
	char buf[CONTROL_LINE];
	int fds[2], nfds;
	ssize_t n = monitor_receive(p->fd, buf, sizeof(buf) - 1, fds, &nfds);
	int sock = p->fd;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	p->fd = -1;
	if (n > 0) {
		buf[n] = 0;
		buf[strcspn(buf, "\n")] = 0;
		if (!strcmp(buf, "info")) {
			monitor_info(sock);
		} else if (!strcmp(buf, "stop")) {
			if (!monitor.stopping)
				monitor_stop();
		} else if (!strcmp(buf, "kill")) {
			monitor.killed = true;
			monitor_kill();
		} else if (!strcmp(buf, "dump")) {
			monitor_post_event(RING_EV_DUMP);
		} else {
			fcntl(sock, F_SETFL, 0); /* its thread may wait */
			control_start(sock, buf, fds, nfds);
			return;
		}
	}
	close(sock);
}

static void monitor_on_connect(void)
{
	int fd = accept4(monitor.fds[MON_FD_CONTROL].fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (int i = MON_FD_CLIENT; i < MON_FD_NR; i++)
		if (monitor.fds[i].fd < 0) {
			monitor.fds[i].fd = fd;
			return;
		}
	close(fd);
}

/* --- Life ------------------------------------------------------------------ */

static void monitor_watch(int slot, int fd)
{
	monitor.fds[slot].fd = fd;
	monitor.fds[slot].events = POLLIN;
}

static void monitor_open_fds(const struct name_state *st)
{
	sigset_t set;

	for (int i = 0; i < MON_FD_NR; i++)
		monitor_watch(i, -1);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	monitor_watch(MON_FD_SIGNALS, signalfd(-1, &set, SFD_CLOEXEC));
	monitor_watch(MON_FD_WAKE, eventfd(0, EFD_CLOEXEC));
	monitor_watch(MON_FD_TIMER,
		      timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
	monitor_watch(MON_FD_CONTROL, st->control);
	if (monitor.fds[MON_FD_SIGNALS].fd < 0 ||
	    monitor.fds[MON_FD_WAKE].fd < 0 || monitor.fds[MON_FD_TIMER].fd < 0)
		say_die("too few descriptors (ulimit -n): %s", strerror(errno));
}

/* Until the machine is over. */
static void monitor_loop(void)
{
	for (;;) {
		struct pollfd *fds = monitor.fds;

		if (poll(fds, MON_FD_NR, -1) < 0)
			continue;
		if (fds[MON_FD_WAKE].revents || fds[MON_FD_MACHINE].revents)
			return;
		if (fds[MON_FD_SIGNALS].revents)
			monitor_on_signal();
		if (fds[MON_FD_TIMER].revents)
			monitor_on_timer();
		for (int i = MON_FD_CLIENT; i < MON_FD_NR; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				monitor_on_client(&fds[i]);
		if (fds[MON_FD_CONTROL].revents)
			monitor_on_connect();
	}
}

/* What became of the first process, when the kernel did not say. */
static int monitor_status(int status)
{
	if (monitor.killed)
		return 128 + SIGKILL;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	say("the machine died: its first process was killed by signal %d "
	    "(%s)%s",
	    WTERMSIG(status), strsignal(WTERMSIG(status)),
	    WTERMSIG(status) == SIGSYS
		    ? "; does a system-call filter of the host, a container's "
		      "perhaps, forbid something? See lodger doctor"
		    : "");
	return EXIT_PANIC;
}

static int monitor_reap(void)
{
	int status = 0;

	monitor_kill(); /* what is left; harmless when nothing is */
	while (waitpid(monitor.machine.pid, &status, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&monitor.lock);
	status = monitor.ended ? monitor.code : monitor_status(status);
	pthread_mutex_unlock(&monitor.lock);
	return status;
}

static void monitor_verbose(const struct options *o)
{
	static const char *const backends[] = { "direct", "direct-unwalled",
						"ptrace", "seccomp" };

	if (o->verbose)
		say("machine %s: backend %s, %s, %u processors", mon.name,
		    backends[o->backend],
		    monitor.machine.namespaces & CLONE_NEWUSER
			    ? "six namespaces"
		    : monitor.machine.namespaces ? "five namespaces"
						 : "no namespaces",
		    mon.bp->ncpus);
}

static int monitor_open_nets(const struct options *o,
			     const struct name_state *st)
{
	struct net_config c[NET_UNITS];
	char lan[sizeof(st->dir) + 8];
	char *slash;

	if (!o->nnets)
		return 0;
	memcpy(c, o->net, sizeof(c));
	snprintf(lan, sizeof(lan), "%s", st->dir);
	slash = strrchr(lan, '/');
	strcpy(slash ? slash : lan, "-lan");
	return net_open(c, o->nnets, lan);
}

int monitor_run(const struct options *o, struct name_state *st,
		struct handover *h)
{
	struct console_config cc = { .kind = o->console,
				     .file = o->console_file,
				     .in_fd = o->con_in,
				     .out_fd = o->con_out,
				     .have_job = o->argc > 0,
				     .quiet = o->quiet };
	struct console_state cs = { 0 };
	struct confine confine = { .root_fd = -1,
				   .root_granted = o->root != NULL,
				   .root_rw = o->rw,
				   .verbose = o->verbose };
	struct loader l;
	int err, status;

	monitor.handover = h;
	monitor.options = o;
	monitor.started = time(NULL);
	mon.name = st->name;
	coverage_open();
	monitor_open_fds(st);
	if (console_open(&cc, &cs))
		return EXIT_LODGER;
	if (o->root) {
		confine.root_fd = hostfs_open(o->root, o->rw);
		if (confine.root_fd < 0)
			return EXIT_LODGER;
	}
	if (monitor_open_nets(o, st) || ubd_open(o->disk, o->ndisks))
		return EXIT_LODGER;
	loader_prepare(&l, o, &cs);
	machine_start(&monitor.machine, &l, o);
	h->machine_pid = monitor.machine.pid;
	monitor_watch(MON_FD_MACHINE, monitor.machine.pidfd);
	confine.own_userns = monitor.machine.namespaces & CLONE_NEWUSER;
	confine_monitor(&confine);
	malloc_trim(0); /* the filter took some room while it was made */
	err = ring_host_start();
	if (err)
		say_die("cannot start threads: %s", strerror(-err));
	machine_entered(&monitor.machine);
	monitor_verbose(o);
	err = console_start();
	if (!err && o->mem)
		err = memory_watch_start(h, monitor.machine.pid, o->mem);
	if (err)
		say_die("cannot start the console: %s", strerror(-err));
	monitor_loop();
	ring_host_stop();
	status = monitor_reap();
	ubd_close();
	if (mon.bp->crash_rip)
		core_of_panic(h->core_fd);
	coverage_write();
	console_close();
	return status;
}
