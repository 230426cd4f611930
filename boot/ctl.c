// SPDX-License-Identifier: GPL-2.0
/*
 * Asking a running machine: `lodger ctl NAME COMMAND`, and the protocol of User
 * Mode Linux's mconsole, spoken by Debian's uml_mconsole over a datagram socket
 * NAME/mconsole, which the keeper answers. Both end in ctl_command(): it opens
 * the files that a command names, as the user who asks, and passes them and a
 * line over the machine's control socket (control.c).
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "control.h"
#include "names.h"
#include "options.h"
#include "say.h"

#define CTL_PATIENCE_MS 15000

static const char ctl_help[] =
	"OK commands:\n"
	"  version                what this is\n"
	"  config ubdN=FILE       put a disk in; ubdN=COW,FILE; ubdNr=, "
	"ubdNs=\n"
	"  config ubdN            tell of a disk\n"
	"  remove ubdN            take a disk out that nobody uses\n"
	"  halt, reboot           at once, without asking the guest\n"
	"  cad                    Ctrl-Alt-Del for the guest's init\n"
	"  log TEXT               a line in the kernel's log\n"
	"  proc FILE              show /proc/FILE\n"
	"  stack                  all tasks, in the log\n"
	"  sysrq KEY              b, o, s, t, m\n";

static char *ctl_text(const char *fmt, const char *arg)
{
	char *s;

	return asprintf(&s, fmt, arg) < 0 ? NULL : s;
}

/* Send a line with descriptors, read the answer to its end. */
static char *ctl_exchange(const char *dir, const char *line, const int *fds,
			  int nfds)
{
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { (void *)line, strlen(line) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	char *answer = NULL;
	size_t len = 0, room = 0;
	struct pollfd p;
	int s = names_dial(dir);

	if (s < 0)
		return ctl_text("ERR the machine does not answer%s\n", "");
	if (nfds) {
		struct cmsghdr *c;

		m.msg_control = control.buf;
		m.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, (size_t)nfds * sizeof(int));
	}
	if (sendmsg(s, &m, MSG_NOSIGNAL) < 0) {
		close(s);
		return ctl_text("ERR %s\n", strerror(errno));
	}
	p = (struct pollfd){ .fd = s, .events = POLLIN };
	while (poll(&p, 1, CTL_PATIENCE_MS) > 0) {
		ssize_t n;

		if (len + 4096 > room) {
			char *bigger = realloc(answer, room = room * 2 + 8192);

			if (!bigger)
				break;
			answer = bigger;
		}
		n = read(s, answer + len, room - len - 1);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(s);
	if (!len) {
		free(answer);
		return ctl_text("ERR no answer%s\n", "");
	}
	answer[len] = 0;
	return answer;
}

/* config ubd1=… */
static char *ctl_config_disk(const char *dir, const char *word)
{
	struct ubd_config c = { 0 };
	struct ubd_files *f;
	char why[160], line[CONTROL_LINE];
	int unit = options_ubd_parse(word, &c, why, sizeof(why));
	int fds[2];
	char *answer;

	if (unit < 0)
		return ctl_text("ERR %s\n", why);
	f = malloc(sizeof(*f));
	if (!f)
		return NULL;
	if (ubd_files_open(&c, f)) {
		answer = ctl_text("ERR %s\n", f->why);
		free(f);
		return answer;
	}
	fds[0] = f->fd;
	fds[1] = f->base;
	snprintf(line, sizeof(line), "plug %d %d %d -\n", unit, f->read_only,
		 c.sync);
	answer = ctl_exchange(dir, line, fds, f->base >= 0 ? 2 : 1);
	ubd_files_close(f);
	free(f);
	return answer;
}

static char *ctl_config(const char *dir, const char *word)
{
	if (!strncmp(word, "ubd", 3) && strchr(word, '='))
		return ctl_config_disk(dir, word);
	if (!strncmp(word, "ubd", 3))
		return ctl_exchange(dir, "proc partitions\n", NULL, 0);
	return ctl_text("ERR '%s' cannot be changed while the machine runs; "
			"disks can: config ubd1=FILE\n",
			word);
}

static char *ctl_remove(const char *dir, const char *word)
{
	char line[32];
	int unit = -1;

	if (!strncmp(word, "ubd", 3))
		unit = word[3] >= 'a' && word[3] <= 'p' ? word[3] - 'a'
							: atoi(word + 3);
	if (unit < 0 || unit >= UBD_DISKS)
		return ctl_text(
			"ERR '%s' cannot be removed; disks can: remove ubd1\n",
			word);
	snprintf(line, sizeof(line), "unplug %d\n", unit);
	return ctl_exchange(dir, line, NULL, 0);
}

char *ctl_command(const char *dir, const char *line)
{
	static const char *const passed[] = { "halt", "reboot", "cad",	"log",
					      "proc", "stack",	"sysrq" };
	size_t n = strcspn(line, " \n");
	const char *arg = line[n] == ' ' ? line + n + 1 : "";
	char buf[CONTROL_LINE];

	if (!strncmp(line, "version", n) && n == 7)
		return ctl_text("OK Lodger%s\n", "");
	if (!strncmp(line, "help", n) && n == 4)
		return strdup(ctl_help);
	if (!strncmp(line, "config", n) && n == 6)
		return ctl_config(dir, arg);
	if (!strncmp(line, "remove", n) && n == 6)
		return ctl_remove(dir, arg);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (strlen(passed[i]) == n && !strncmp(line, passed[i], n)) {
			snprintf(buf, sizeof(buf), "%.500s\n", line);
			return ctl_exchange(dir, buf, NULL, 0);
		}
	if (n == 4 && !strncmp(line, "stop", n))
		return ctl_text("ERR a machine cannot be paused yet; `lodger "
				"stop` ends it%s\n",
				"");
	return ctl_text("ERR unknown command; try help%s\n", "");
}

int ctl_main(int argc, char **argv)
{
	char line[CONTROL_LINE] = "", dir[160];
	char *answer;
	int ok;

	if (argc < 3)
		say_die("usage: lodger ctl NAME COMMAND...; lodger ctl NAME "
			"help");
	names_find(argv[1], dir, sizeof(dir));
	for (int i = 2; i < argc; i++) {
		size_t used = strlen(line);

		if (used + strlen(argv[i]) + 2 > sizeof(line))
			say_die("the command is too long");
		snprintf(line + used, sizeof(line) - used, "%s%s",
			 used ? " " : "", argv[i]);
	}
	answer = ctl_command(dir, line);
	if (!answer)
		say_die("out of memory");
	ok = !strncmp(answer, "OK", 2);
	if (ok && answer[2])
		fputs(answer + (answer[2] == ' ' ? 3 : 2 + (answer[2] == '\n')),
		      stdout);
	else if (!ok)
		say("%.*s", (int)strcspn(answer, "\n") - 4, answer + 4);
	free(answer);
	return ok ? 0 : 1;
}

/* --- mconsole ------------------------------------------------------------- */

#define MCONSOLE_MAGIC	 0xcafebabeu
#define MCONSOLE_VERSION 2u
#define MCONSOLE_DATA	 512u

struct mconsole_request {
	uint32_t magic, version, len;
	char data[MCONSOLE_DATA];
};
struct mconsole_reply {
	uint32_t err, more, len;
	char data[MCONSOLE_DATA];
};

int ctl_mconsole_open(const char *dir)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.90s/mconsole", dir);
	if (s >= 0 && bind(s, (struct sockaddr *)&sa, sizeof(sa))) {
		close(s);
		return -1;
	}
	return s;
}

static void ctl_mconsole_reply(int fd, const struct sockaddr_un *to,
			       socklen_t tolen, const char *answer)
{
	bool err = strncmp(answer, "OK", 2) != 0;
	const char *p = answer + (err ? 4 : answer[2] ? 3 : 2);
	size_t left = strlen(p);

	do {
		struct mconsole_reply r = { .err = err };
		size_t n = left < MCONSOLE_DATA - 1 ? left : MCONSOLE_DATA - 1;

		memcpy(r.data, p, n);
		p += n;
		left -= n;
		r.more = left > 0;
		r.len = (uint32_t)n + 1;
		if (sendto(fd, &r, sizeof(r) - MCONSOLE_DATA + r.len, 0,
			   (const struct sockaddr *)to, tolen) < 0)
			return;
	} while (left);
}

void ctl_mconsole_serve(int fd, const char *dir)
{
	struct mconsole_request q = { 0 };
	struct sockaddr_un from;
	socklen_t fromlen = sizeof(from);
	ssize_t n = recvfrom(fd, &q, sizeof(q) - 1, 0, (struct sockaddr *)&from,
			     &fromlen);
	char *answer;

	if (n < (ssize_t)(3 * sizeof(uint32_t)) || q.magic != MCONSOLE_MAGIC)
		return;
	if (q.version != MCONSOLE_VERSION) {
		ctl_mconsole_reply(fd, &from, fromlen,
				   "ERR only version 2 of the protocol");
		return;
	}
	q.data[q.len < MCONSOLE_DATA - 1 ? q.len : MCONSOLE_DATA - 1] = 0;
	q.data[strcspn(q.data, "\n")] = 0;
	answer = ctl_command(dir, q.data);
	ctl_mconsole_reply(fd, &from, fromlen,
			   answer ? answer : "ERR out of memory");
	free(answer);
}
