// SPDX-License-Identifier: GPL-2.0
/* Sessions, controlling terminals, job-control signals. credentials(7). */
#include "tty_util.h"
#include <sys/mman.h>

/*
 * Run fn in a new session whose terminal is the slave of p; the caller keeps
 * the master. => pid of the session's leader
 */
static pid_t session(struct pair *p, void (*fn)(struct pair *p))
{
	pid_t pid;

	pair_open(p); /* p->s stays open: the master is never without a slave */
	pid = fork();
	if (pid)
		return pid;
	alarm(15);
	for (int sig = 1; sig < 32; sig++) /* a shell's & ignores some */
		signal(sig, SIG_DFL);
	close(p->s);
	CHECK(setsid() > 0);
	p->s = open(p->name, O_RDWR);
	CHECK(p->s >= 0);
	close(p->m);
	fn(p);
	exit(0);
}

static void finish(pid_t pid)
{
	int st = -1;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	if (!WIFEXITED(st) || WEXITSTATUS(st))
		T_FAIL("the session ended with status %x", st);
}

static void acquire(struct pair *p)
{
	int fd, sid = 0;

	CHECK_EQ(tcgetpgrp(p->s), getpgrp());
	CHECK_EQ(tcgetsid(p->s), getsid(0));
	CHECK_EQ(ioctl(p->s, TIOCGSID, &sid), 0);
	CHECK_EQ(sid, getpid());
	fd = open("/dev/tty", O_RDWR);
	CHECK(fd >= 0);
	put(fd, "hello");
	CHECK_EQ(ioctl(p->s, TIOCSCTTY, 0), 0); /* it is already */
	CHECK_EQ(signal(SIGHUP, SIG_IGN) == SIG_ERR, 0);
	CHECK_EQ(ioctl(p->s, TIOCNOTTY), 0);
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_ERRNO(tcgetpgrp(p->s), ENOTTY);
	CHECK_ERRNO(ioctl(p->s, TIOCNOTTY), ENOTTY);
	CHECK_EQ(ioctl(p->s, TIOCSCTTY, 0), 0);
	CHECK_EQ(tcgetpgrp(p->s), getpgrp());
}

T(leader_acquires_by_open)
{
	struct pair p;
	pid_t pid = session(&p, acquire);

	expect(p.m, "hello");
	finish(pid);
}

static void no_acquire(struct pair *p)
{
	/* it was acquired by session(): a second one is not taken */
	struct pair q;
	int fd;

	pair_open(&q);
	close(q.s);
	fd = open(q.name, O_RDWR);
	CHECK(fd >= 0);
	CHECK_ERRNO(tcgetpgrp(fd), ENOTTY);
	CHECK_ERRNO(ioctl(fd, TIOCSCTTY, 0), EPERM);
	if (!fork()) {
		/* no leader: neither by opening nor by asking */
		CHECK_ERRNO(ioctl(fd, TIOCSCTTY, 0), EPERM);
		_exit(0);
	}
	wait(NULL);
	signal(SIGHUP, SIG_IGN);
	CHECK_EQ(ioctl(p->s, TIOCNOTTY), 0);
	close(fd);
	fd = open(q.name, O_RDWR | O_NOCTTY);
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	close(fd);
	fd = open(q.name, O_WRONLY); /* would not do for reading /dev/tty */
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	close(fd);
	fd = open(q.name, O_RDWR);
	CHECK(open("/dev/tty", O_RDWR) >= 0);
}

T(who_does_not_acquire)
{
	struct pair p;

	finish(session(&p, no_acquire));
}

static void taken(struct pair *p)
{
	pid_t pid = fork();

	if (!pid) {
		int fd;

		setsid();
		fd = open(p->name, O_RDWR); /* has a session: not acquired */
		CHECK(fd >= 0);
		CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_ERRNO(ioctl(fd, TIOCSCTTY, 0), EPERM);
		_exit(0);
	}
	finish(pid);
}

T(a_terminal_has_one_session)
{
	struct pair p;

	finish(session(&p, taken));
}

static volatile sig_atomic_t got_sig[65];

static void on_sig(int sig)
{
	got_sig[sig]++;
}

static void catch (int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_sig, .sa_flags = flags };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void keys(struct pair *p)
{
	catch (SIGINT, 0);
	catch (SIGQUIT, 0);
	catch (SIGTSTP, 0);
	catch (SIGWINCH, 0);
	put(p->s, "ready");
	while (!got_sig[SIGINT] || !got_sig[SIGQUIT] || !got_sig[SIGTSTP] ||
	       !got_sig[SIGWINCH])
		usleep(MS(5));
	expect_read(p->s, 100, "kept\n");
}

T(keys_make_signals)
{
	struct pair p;
	pid_t pid = session(&p, keys);
	struct winsize ws = { .ws_row = 30, .ws_col = 100 };

	expect(p.m, "ready");
	put(p.m, "thrown");
	expect(p.m, "thrown");
	put(p.m, "\x03");
	expect(p.m, "^C");
	put(p.m, "\x1c");
	expect(p.m, "^\\");
	put(p.m, "\x1a");
	expect(p.m, "^Z");
	CHECK_EQ(ioctl(p.m, TIOCSWINSZ, &ws), 0);
	put(p.m, "kept\n");
	finish(pid);
}

static void noflsh(struct pair *p)
{
	catch (SIGINT, 0);
	tio_mode(p->s, NOFLSH, 0, 0, 0, 0, 0);
	put(p->s, "ready");
	while (!got_sig[SIGINT])
		usleep(MS(5));
	expect_read(p->s, 100, "kept too\n");
}

T(noflsh_keeps_the_input)
{
	struct pair p;
	pid_t pid = session(&p, noflsh);

	expect(p.m, "ready");
	put(p.m, "kept \x03too\n");
	finish(pid);
}

/* A child in a group of its own. */
static pid_t background(void (*fn)(struct pair *), struct pair *p)
{
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		fn(p);
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void reads_a_line(struct pair *p)
{
	char buf[100];

	_exit(read(p->s, buf, sizeof(buf)) == 4 ? 7 : 8);
}

static void bg_read(struct pair *p)
{
	pid_t pid = background(reads_a_line, p);
	int st;

	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st));
	CHECK_EQ(WSTOPSIG(st), SIGTTIN);
	CHECK_EQ(tcsetpgrp(p->s, pid), 0);
	CHECK_EQ(tcgetpgrp(p->s), pid);
	put(p->s, "go");
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFEXITED(st));
	CHECK_EQ(WEXITSTATUS(st), 7);
	/* now this group is in the background */
	signal(SIGTTOU, SIG_IGN);
	CHECK_EQ(tcsetpgrp(p->s, getpgrp()), 0);
}

T(background_read_stops)
{
	struct pair p;
	pid_t pid = session(&p, bg_read);

	expect(p.m, "go");
	put(p.m, "abc\n");
	finish(pid);
}

static void writes(struct pair *p)
{
	_exit(write(p->s, "bg", 2) == 2 ? 7 : 8);
}

static void bg_write(struct pair *p)
{
	int st;
	pid_t pid = background(writes, p);

	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_EQ(WEXITSTATUS(st), 7); /* without TOSTOP it may */
	tio_mode(p->s, TOSTOP, 0, 0, 0, 0, 0);
	pid = background(writes, p);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st));
	CHECK_EQ(WSTOPSIG(st), SIGTTOU);
	tio_mode(p->s, 0, TOSTOP, 0, 0, 0, 0);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 7);
}

T(background_write_stops_with_tostop)
{
	struct pair p;
	pid_t pid = session(&p, bg_write);

	expect(p.m, "bgbg");
	finish(pid);
}

static void blocks_ttin(struct pair *p)
{
	char c;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_ERRNO(read(p->s, &c, 1), EIO);
	signal(SIGTTIN, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK_ERRNO(read(p->s, &c, 1), EIO);
	/* a blocked SIGTTOU lets settings through */
	signal(SIGTTOU, SIG_IGN);
	struct termios t = tio_get(p->s);

	CHECK_EQ(tcsetattr(p->s, TCSANOW, &t), 0);
}

static void bg_blocked(struct pair *p)
{
	finish(background(blocks_ttin, p));
}

T(background_read_with_ttin_blocked)
{
	struct pair p;

	finish(session(&p, bg_blocked));
}

static void sets_termios(struct pair *p)
{
	struct termios t = tio_get(p->s);

	tcsetattr(p->s, TCSANOW, &t);
}

static void bg_settings(struct pair *p)
{
	int st;
	pid_t pid = background(sets_termios, p);

	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st));
	CHECK_EQ(WSTOPSIG(st), SIGTTOU);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
}

T(background_tcsetattr_stops)
{
	struct pair p;

	finish(session(&p, bg_settings));
}

/* Its parent has gone: nobody would continue it. */
static void orphan(struct pair *p)
{
	int *r = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int st;
	pid_t mid = fork();

	if (!mid) {
		if (!fork()) {
			char c;

			setpgid(0, 0);
			while (getppid() == mid || !r[1])
				usleep(MS(2));
			usleep(MS(20));
			r[0] = read(p->s, &c, 1) < 0 ? errno : -1;
			r[2] = write(p->s, "o", 1);
			r[3] = 1;
			_exit(0);
		}
		usleep(MS(30));
		_exit(0);
	}
	CHECK_EQ(waitpid(mid, &st, 0), mid);
	r[1] = 1;
	for (int i = 0; i < 500 && !r[3]; i++)
		usleep(MS(5));
	CHECK_EQ(r[3], 1);
	CHECK_EQ(r[0], EIO);
	CHECK_EQ(r[2], 1);
}

T(orphaned_group_gets_eio)
{
	struct pair p;

	finish(session(&p, orphan));
}

static void pgrp_errors(struct pair *p)
{
	CHECK_ERRNO(tcsetpgrp(p->s, -1), EINVAL);
	CHECK_ERRNO(tcsetpgrp(p->s, 0x3fffffff), ESRCH);
	CHECK_ERRNO(tcsetpgrp(p->s, getppid()), EPERM);
	CHECK_ERRNO(tcsetpgrp(0x7fff, 1), EBADF);
}

T(tcsetpgrp_errors)
{
	struct pair p;

	/* a group of another session: the test's own */
	setpgid(0, 0);
	finish(session(&p, pgrp_errors));
}

static int *shared;

static void leader_waits(struct pair *p)
{
	pid_t pid;

	catch (SIGHUP, 0);
	catch (SIGCONT, 0);
	pid = background(reads_a_line, p); /* stops */
	waitpid(pid, NULL, WUNTRACED);
	put(p->s, "ready");
	while (!got_sig[SIGHUP] || !got_sig[SIGCONT])
		usleep(MS(5));
	shared[0] = 1;
	CHECK_EQ(read(p->s, (char[4]){ 0 }, 4), 0); /* hung up: end of file */
	CHECK_ERRNO(write(p->s, "x", 1), EIO);
	CHECK_ERRNO(tcgetpgrp(p->s), EIO);
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	struct pollfd pfd = { p->s, POLLIN | POLLOUT, 0 };

	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLIN | POLLOUT | POLLERR | POLLHUP);
	kill(pid, SIGKILL);
	shared[1] = 1;
}

T(closing_the_master_hangs_up)
{
	struct pair p;
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = session(&p, leader_waits);
	expect(p.m, "ready");
	close(p.m);
	finish(pid);
	CHECK_EQ(shared[0], 1);
	CHECK_EQ(shared[1], 1);
}

static void leader_exits(struct pair *p)
{
	pid_t pid = fork();

	if (!pid) {
		catch (SIGHUP, 0);
		put(p->s, "child");
		while (!got_sig[SIGHUP])
			usleep(MS(5));
		shared[0] = 1;
		shared[1] = open("/dev/tty", O_RDWR) < 0 ? errno : -1;
		shared[2] = write(p->s, "still", 5);
		shared[3] = 1;
		_exit(0);
	}
	while (!shared[4])
		usleep(MS(5));
}

T(leaders_exit_ends_the_session)
{
	struct pair p;
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = session(&p, leader_exits);
	expect(p.m, "child");
	shared[4] = 1;
	finish(pid);
	for (int i = 0; i < 500 && !shared[3]; i++)
		usleep(MS(5));
	CHECK_EQ(shared[0], 1);
	CHECK_EQ(shared[1], ENXIO);
	CHECK_EQ(shared[2], 5); /* a pty is not hung up by that */
	expect(p.m, "still");
}

static void restarts(struct pair *p)
{
	catch (SIGUSR1, SA_RESTART);
	put(p->s, "1");
	expect_read(p->s, 10, "ok\n");
	CHECK(got_sig[SIGUSR1] > 0);
	catch (SIGUSR1, 0);
	put(p->s, "2");
	CHECK_ERRNO(read(p->s, (char[4]){ 0 }, 4), EINTR);
}

T(signals_interrupt_a_read)
{
	struct pair p;
	pid_t pid = session(&p, restarts);

	expect(p.m, "1");
	usleep(MS(50));
	kill(pid, SIGUSR1);
	usleep(MS(50));
	put(p.m, "ok\n");
	expect(p.m, "ok\r\n2");
	usleep(MS(50));
	kill(pid, SIGUSR1);
	finish(pid);
}

static void self_stop(struct pair *p)
{
	pid_t pid = fork();
	int st;

	if (!pid) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN);
		tcsetpgrp(p->s, getpid());
		signal(SIGTTOU, SIG_DFL);
		put(p->s, "fg");
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st));
	CHECK_EQ(WSTOPSIG(st), SIGTSTP);
	kill(-pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &st, WCONTINUED), pid);
	CHECK(WIFCONTINUED(st));
	put(p->s, "on");
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGINT);
}

T(stop_continue_interrupt)
{
	struct pair p;
	pid_t pid = session(&p, self_stop);

	expect(p.m, "fg");
	put(p.m, "\x1a");
	expect(p.m, "^Zon");
	put(p.m, "\x03");
	finish(pid);
}

T_MAIN
