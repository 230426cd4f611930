// SPDX-License-Identifier: GPL-2.0
/*
 * ptytalk SCRIPT COMMAND [ARG…]: run COMMAND on a terminal of its own and talk to
 * it. SCRIPT has a step a line:
 *
 *	expect TEXT	wait until the output has TEXT (10 s); what follows it
 *			is looked at by the next step
 *	send TEXT	type it; \n is Enter, \x03 a control character
 *	size ROWS COLS	resize the terminal
 *	sleep MS
 *	status N	wait for the end; its exit status is N
 *	termios		the terminal's settings are as they were at the start
 *
 * Exit status 0 when all went so; else the output is shown up to there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 15000

static char out[1 << 20];
static size_t len, seen;
static int master, slave, line_no;
static pid_t pid;

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void fail(const char *what)
{
	printf("step %d failed: %s\n--- output:\n", line_no, what);
	fwrite(out, 1, len, stdout);
	printf("\n---\n");
	fflush(stdout);
	kill(pid, SIGTERM);
	usleep(300000);
	kill(pid, SIGKILL);
	exit(1);
}

/* Take what is there, waiting at most ms. => 0 at the end */
static int drain(int ms)
{
	struct pollfd p = { master, POLLIN, 0 };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return 1;
	n = read(master, out + len, sizeof(out) - 1 - len);
	if (n <= 0)
		return 0;
	len += (size_t)n;
	out[len] = 0;
	return 1;
}

static void expect(const char *text)
{
	long end = now_ms() + WAIT_MS;
	char *at;

	for (;;) {
		at = memmem(out + seen, len - seen, text, strlen(text));
		if (at) {
			seen = (size_t)(at - out) + strlen(text);
			return;
		}
		if (now_ms() > end || !drain(100)) {
			char msg[256];

			snprintf(msg, sizeof(msg), "no \"%s\"", text);
			fail(msg);
		}
	}
}

/* \n \r \t \\ \xHH in place */
static size_t unescape(char *s)
{
	char *d = s, *start = s, hex[3] = "";

	while (*s) {
		if (*s != '\\') {
			*d++ = *s++;
			continue;
		}
		s++;
		if (*s == 'x') {
			hex[0] = s[1];
			hex[1] = s[2];
			*d++ = (char)strtol(hex, NULL, 16);
			s += 3;
			continue;
		}
		*d++ = *s == 'n' ? '\r' : *s == 't' ? '\t' : *s;
		s++;
	}
	*d = 0;
	return (size_t)(d - start);
}

static void status(int want)
{
	long end = now_ms() + WAIT_MS;
	int st;
	pid_t r;

	while ((r = waitpid(pid, &st, WNOHANG)) == 0) {
		drain(20);
		if (now_ms() > end)
			fail("does not end");
	}
	while (drain(50) && now_ms() < end) {
		struct pollfd p = { master, POLLIN, 0 };

		if (poll(&p, 1, 0) <= 0)
			break;
	}
	st = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	if (st != want) {
		char msg[64];

		snprintf(msg, sizeof(msg), "status %d, not %d", st, want);
		fail(msg);
	}
}

int main(int argc, char **argv)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	struct termios before, after;
	char line[1024];
	FILE *f;

	if (argc < 3 || !(f = fopen(argv[1], "r")))
		return 2;
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) || unlockpt(master))
		return 2;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ioctl(slave, TIOCSWINSZ, &ws);
	tcgetattr(slave, &before);
	pid = fork();
	if (!pid) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, 0);
		dup2(slave, 1);
		dup2(slave, 2);
		close(slave);
		close(master);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (fgets(line, sizeof(line), f)) {
		char *arg;

		line_no++;
		line[strcspn(line, "\n")] = 0;
		if (!line[0] || line[0] == '#')
			continue;
		arg = strchr(line, ' ');
		if (arg)
			*arg++ = 0;
		if (!strcmp(line, "expect")) {
			unescape(arg);
			expect(arg);
		} else if (!strcmp(line, "send")) {
			size_t n = unescape(arg);

			if (write(master, arg, n) != (ssize_t)n)
				fail("cannot type");
		} else if (!strcmp(line, "size")) {
			sscanf(arg, "%hu %hu", &ws.ws_row, &ws.ws_col);
			ioctl(master, TIOCSWINSZ, &ws);
		} else if (!strcmp(line, "sleep")) {
			usleep((useconds_t)atoi(arg) * 1000);
		} else if (!strcmp(line, "status")) {
			status(atoi(arg));
		} else if (!strcmp(line, "termios")) {
			tcgetattr(slave, &after);
			if (before.c_lflag != after.c_lflag ||
			    before.c_iflag != after.c_iflag ||
			    before.c_oflag != after.c_oflag)
				fail("the terminal is not restored");
		} else {
			fail("unknown step");
		}
	}
	return 0;
}
