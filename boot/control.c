// SPDX-License-Identifier: GPL-2.0
/*
 * Commands to a running machine, in the monitor. They come as a line over the
 * control socket from `lodger ctl` or from the keeper (ctl.c), which have opened
 * what files a command names and pass the descriptors: the monitor itself can
 * open nothing any more.
 *
 *	plug UNIT RO SYNC SERIAL	a disk of one or two descriptors
 *	unplug UNIT
 *	halt, reboot			at once
 *	cad, log, proc, stack, sysrq	the kernel's (kernel/init/ctl.c)
 *
 * Each is a thread, because the kernel may take its time. One command is in the
 * kernel's hands at a time.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "control.h"

#define CONTROL_KERNEL_SECS 10
#define CONTROL_ANSWER_MAX  (2u << 20)

struct control_job {
	int sock, nfds, fds[2];
	char line[CONTROL_LINE];
};

static struct {
	pthread_mutex_t turn; /* one command at a time */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	/* under lock */
	char line[RING_CTL_LINE];
	bool wanted, done;
	char *answer;
	size_t len;
} control = { .turn = PTHREAD_MUTEX_INITIALIZER,
	      .lock = PTHREAD_MUTEX_INITIALIZER,
	      .cond = PTHREAD_COND_INITIALIZER };

static void control_say(int sock, const char *s, size_t n)
{
	while (n) {
		ssize_t k = send(sock, s, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return;
		s += k;
		n -= (size_t)k;
	}
}

static void control_result(int sock, int err, const char *why)
{
	char buf[4700];
	int n;

	if (!err)
		n = snprintf(buf, sizeof(buf), "OK\n");
	else
		n = snprintf(buf, sizeof(buf), "ERR %s\n",
			     why && *why ? why : strerror(-err));
	control_say(sock, buf, (size_t)n);
}

/* --- commands for the kernel --- */

static int64_t control_get(struct ring_work *w)
{
	int64_t n = -ENOENT;

	pthread_mutex_lock(&control.lock);
	if (control.wanted && w->buf && w->len >= RING_CTL_LINE) {
		memcpy(w->buf, control.line, RING_CTL_LINE);
		control.wanted = false;
		n = (int64_t)strlen(control.line);
	}
	pthread_mutex_unlock(&control.lock);
	return n;
}

static int64_t control_put(struct ring_work *w)
{
	char *p;

	pthread_mutex_lock(&control.lock);
	if (w->buf && w->len && control.len + w->len <= CONTROL_ANSWER_MAX) {
		p = realloc(control.answer, control.len + w->len);
		if (p) {
			memcpy(p + control.len, w->buf, w->len);
			control.answer = p;
			control.len += w->len;
		}
	}
	if (w->arg[0]) {
		control.done = true;
		pthread_cond_signal(&control.cond);
	}
	pthread_mutex_unlock(&control.lock);
	return 0;
}

int64_t control_serve(struct ring_work *w)
{
	return w->op == RING_MON_CTL_GET ? control_get(w) : control_put(w);
}

static void control_ask_kernel(struct control_job *j)
{
	struct timespec end;
	int err = 0;

	pthread_mutex_lock(&control.turn);
	pthread_mutex_lock(&control.lock);
	snprintf(control.line, sizeof(control.line), "%.511s", j->line);
	control.wanted = true;
	control.done = false;
	control.len = 0;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += CONTROL_KERNEL_SECS;
	monitor_post_event(RING_EV_CTL);
	while (!control.done && !err)
		err = pthread_cond_timedwait(&control.cond, &control.lock,
					     &end);
	control.wanted = false;
	if (control.done)
		control_say(j->sock, control.answer, control.len);
	else
		control_result(j->sock, -ETIMEDOUT,
			       "the machine's kernel does not answer");
	free(control.answer);
	control.answer = NULL;
	control.len = 0;
	pthread_mutex_unlock(&control.lock);
	pthread_mutex_unlock(&control.turn);
}

/* --- the monitor's own --- */

static void control_plug(struct control_job *j)
{
	struct ubd_files f = { .fd = -1, .base = -1 };
	unsigned int unit;
	int ro, sync, err = -EINVAL;
	char serial[32];

	if (sscanf(j->line, "plug %u %d %d %31s", &unit, &ro, &sync, serial) ==
		    4 &&
	    j->nfds > 0 && unit < UBD_DISKS) {
		f.fd = j->fds[0];
		f.base = j->nfds > 1 ? j->fds[1] : -1;
		f.read_only = ro;
		err = ubd_plug_live(unit, &f,
				    strcmp(serial, "-") ? serial : NULL, sync);
		if (f.fd < 0)
			j->nfds = 0; /* they are the disk's */
	}
	control_result(j->sock, err, f.why);
}

static void control_unplug(struct control_job *j)
{
	unsigned int unit = (unsigned int)atoi(j->line + 7);
	int err = ubd_unplug_live(unit);

	control_result(j->sock, err,
		       err == -EBUSY	? "the disk is in use in the machine"
		       : err == -ENODEV ? "there is no such disk"
					: NULL);
}

static void *control_thread(void *arg)
{
	struct control_job *j = arg;

	if (!strncmp(j->line, "plug ", 5)) {
		control_plug(j);
	} else if (!strncmp(j->line, "unplug ", 7)) {
		control_unplug(j);
	} else if (!strcmp(j->line, "halt") || !strcmp(j->line, "reboot")) {
		control_result(j->sock, 0, NULL);
		monitor_halt(*j->line == 'r');
	} else {
		control_ask_kernel(j);
	}
	for (int i = 0; i < j->nfds; i++)
		close(j->fds[i]);
	close(j->sock);
	free(j);
	return NULL;
}

void control_start(int sock, const char *line, const int *fds, int nfds)
{
	struct control_job *j = calloc(1, sizeof(*j));
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 192 * 1024);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (j) {
		j->sock = sock;
		j->nfds = nfds;
		memcpy(j->fds, fds, (size_t)nfds * sizeof(*fds));
		snprintf(j->line, sizeof(j->line), "%s", line);
	}
	if (!j || pthread_create(&t, &attr, control_thread, j)) {
		for (int i = 0; i < nfds; i++)
			close(fds[i]);
		close(sock);
		free(j);
	}
	pthread_attr_destroy(&attr);
}
