// SPDX-License-Identifier: GPL-2.0
/*
 * lodger: the command.
 *
 * `lodger run` is two processes. The one the user started is the keeper: it
 * takes the name, remembers what the terminal was like, and forks the monitor
 * (monitor.c) for each boot. It serves nobody and waits, so that there is one
 * who can put terminal and state folder back in order however monitor and
 * machine ended, and who can start the machine again when the guest reboots.
 *
 *	keeper (main.c) -> monitor (monitor.c) -> machine's first process
 *
 * Each dies with the one before (PR_SET_PDEATHSIG): kill -9 of any of them
 * leaves no process behind. The monitor puts the terminal back before it does.
 *
 * Signals: what the terminal sends goes to keeper and monitor alike, and the
 * monitor acts. What somebody sends to the keeper's pid is passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "core.h"
#include "confine.h"
#include "control.h"
#include "doctor.h"
#include "gdb.h"
#include "monitor.h"
#include "names.h"
#include "options.h"
#include "say.h"

#define LODGER_VERSION "0.1"

static struct {
	struct name_state name;
	struct termios tio[3];
	bool is_tty[3];
	pid_t monitor;
	pid_t gdb;	       /* of --gdb, while it runs */
	bool stopping;	       /* asked to end: do not start again */
	int signals, mconsole; /* -1: none */
} keeper;

static void keeper_remember_terminal(void)
{
	for (int fd = 0; fd < 3; fd++)
		keeper.is_tty[fd] = !tcgetattr(fd, &keeper.tio[fd]);
}

/* For a monitor that could not. In the background the terminal is another's. */
static void keeper_restore_terminal(void)
{
	/* TCSADRAIN would wait for ever on a stopped terminal */
	for (int fd = 0; fd < 3; fd++) {
		pid_t fg = keeper.is_tty[fd] ? tcgetpgrp(fd) : 0;

		if (fg < 0 || fg == getpgrp())
			tcsetattr(fd, TCSANOW, &keeper.tio[fd]);
	}
}

static void keeper_block_signals(void)
{
	static const int relayed[] = { SIGTERM, SIGINT,	  SIGHUP,
				       SIGQUIT, SIGWINCH, SIGCHLD };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(relayed) / sizeof(relayed[0]); i++)
		sigaddset(&set, relayed[i]);
	keeper.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (keeper.signals < 0)
		say_die("too few descriptors (ulimit -n): %s", strerror(errno));
	sigaddset(&set, SIGTTOU); /* restoring from the background is fine */
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void keeper_on_signal(const struct signalfd_siginfo *si)
{
	int sig = (int)si->ssi_signo;

	if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP)
		keeper.stopping = true;
	/* SI_KERNEL: from the terminal, so the monitor has it too */
	if (sig != SIGCHLD && si->ssi_code <= 0)
		kill(keeper.monitor, sig);
}

/*
 * Wait for the monitor's end, passing signals on and answering uml_mconsole.
 * => wait status
 */
static int keeper_wait(void)
{
	struct pollfd fds[2] = { { .fd = keeper.signals, .events = POLLIN },
				 { .fd = keeper.mconsole, .events = POLLIN } };
	struct signalfd_siginfo si;
	int status;

	for (;;) {
		if (waitpid(keeper.monitor, &status, WNOHANG) == keeper.monitor)
			return status;
		if (keeper.gdb &&
		    waitpid(keeper.gdb, NULL, WNOHANG) == keeper.gdb) {
			gdb_ended(keeper.gdb, false);
			keeper.gdb = 0;
		}
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents &&
		    read(keeper.signals, &si, sizeof(si)) == sizeof(si))
			keeper_on_signal(&si);
		if (fds[1].revents)
			ctl_mconsole_serve(keeper.mconsole, keeper.name.dir);
	}
}

/* One boot. => exit status */
static int keeper_boot(const struct options *o, struct handover *h)
{
	pid_t self = getpid();
	int status;

	h->machine_pid = 0;
	if (o->gdb && !keeper.gdb)
		keeper.gdb = gdb_start(o, h);
	keeper.monitor = fork();
	if (keeper.monitor < 0) {
		say("cannot start the monitor: %s",
		    errno == EAGAIN ? "too many processes (ulimit -u)"
				    : strerror(errno));
		return EXIT_LODGER;
	}
	if (!keeper.monitor) {
		prctl(PR_SET_PDEATHSIG, MONITOR_ORPHANED);
		if (getppid() != self)
			_exit(EXIT_LODGER);
		prctl(PR_SET_NAME, "lodger:monitor");
		close(keeper.signals);
		close(keeper.mconsole);
		exit(monitor_run(o, &keeper.name, h));
	}
	if (o->argc) /* else it may have to boot again, with what it has now */
		confine_keeper(o->mem);
	if (o->mem)
		memory_keeper_watch(h, keeper.monitor);
	status = keeper_wait();
	if (!WIFEXITED(status) || WEXITSTATUS(status) == EXIT_LODGER)
		keeper_restore_terminal();
	if (WIFEXITED(status))
		core_save(h->core_fd, keeper.name.name);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	say("the monitor was killed by signal %d (%s)", WTERMSIG(status),
	    strsignal(WTERMSIG(status)));
	return 128 + WTERMSIG(status);
}

static int lodger_run(int argc, char **argv)
{
	struct options o;
	struct handover *h;
	const char *why;
	int status;

	options_parse(&o, argc, argv);
	if (!o.backend_given)
		o.backend = doctor_choose();
	why = doctor_objection(o.backend);
	if (why)
		say_die("%s", why);
	/* descriptors 0, 1, 2 exist from here on */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			say_die("/dev/null: %s", strerror(errno));
	h = mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (h == MAP_FAILED)
		say_die("out of memory");
	h->core_fd = core_open();
	keeper_block_signals();
	names_claim(&keeper.name, o.name);
	keeper.mconsole = ctl_mconsole_open(keeper.name.dir);
	keeper_remember_terminal();
	if (o.gdb)
		gdb_take_terminal();
	do {
		h->reboot = false;
		status = keeper_boot(&o, h);
	} while (h->reboot && !keeper.stopping);
	if (keeper.gdb)
		gdb_ended(keeper.gdb, true);
	names_release(&keeper.name);
	return status;
}

static int lodger_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("lodger " LODGER_VERSION);
	return 0;
}

static int lodger_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	options_help();
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
} lodger_commands[] = {
	{ "run", lodger_run },	       { "ls", names_ls },
	{ "stop", names_stop },	       { "kill", names_kill },
	{ "doctor", doctor_main },     { "gdb", gdb_main },
	{ "ctl", ctl_main },	       { "dump", core_dump_main },
	{ "version", lodger_version }, { "--version", lodger_version },
	{ "-V", lodger_version },      { "help", lodger_help },
	{ "--help", lodger_help },     { "-h", lodger_help },
};

int main(int argc, char **argv)
{
	if (argc < 2)
		say_die("say what to do: run, ls, stop, kill, gdb, dump or "
			"doctor; see lodger --help");
	for (size_t i = 0;
	     i < sizeof(lodger_commands) / sizeof(lodger_commands[0]); i++)
		if (!strcmp(argv[1], lodger_commands[i].name)) {
			int status = lodger_commands[i].fn(argc - 1, argv + 1);

			if (fflush(stdout))
				status = EXIT_LODGER;
			return status;
		}
	say_die("no command '%s'; there are run, ls, stop, kill, gdb, dump and "
		"doctor",
		argv[1]);
}
