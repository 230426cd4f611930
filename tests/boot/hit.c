// SPDX-License-Identifier: GPL-2.0
/*
 * hit SIGNAL TOP SECONDS PAUSE_MS COUNT: for SECONDS, or until process TOP ends,
 * send SIGNAL to COUNT random descendants of TOP, then pause. Prints how many it
 * hit.
 *
 * Process numbers are used again within seconds on a busy host, and kill(2) takes
 * a thread's number for its process: so a process is held by a descriptor first,
 * and must then still descend from TOP. Else tests that run beside would be hit.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX 8192

static int pids[MAX], parents[MAX], npids;
static int top, top_fd, strangers;

static int pidfd_of(int pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int top_is_gone(void)
{
	struct pollfd p = { .fd = top_fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

/* 0: there is no such process */
static int parent_of(int pid)
{
	char path[32], buf[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = 0;
	for (p = buf + (n > 0 ? n : 0); p > buf && *p != ')'; p--)
		;
	return p > buf + 1 ? atoi(p + 4) : 0;
}

static int descends(int pid)
{
	for (int depth = 0; depth < 32 && pid > 1; depth++) {
		pid = parent_of(pid);
		if (pid == top)
			return !top_is_gone();
	}
	return 0;
}

static int listed(int pid)
{
	for (int depth = 0; depth < 32 && pid > 1; depth++) {
		int i;

		for (i = 0; i < npids && pids[i] != pid; i++)
			;
		if (i == npids)
			return 0;
		pid = parents[i];
		if (pid == top)
			return 1;
	}
	return 0;
}

/* All processes of the host, then what descends from top. */
static void look(void)
{
	int found[MAX], n = 0, i;
	DIR *d = opendir("/proc");
	struct dirent *e;

	for (npids = 0; d && (e = readdir(d)) && npids < MAX;) {
		if (!isdigit((unsigned char)*e->d_name))
			continue;
		pids[npids] = atoi(e->d_name);
		parents[npids] = parent_of(pids[npids]);
		npids++;
	}
	if (d)
		closedir(d);
	for (i = 0; i < npids; i++)
		if (listed(pids[i]))
			found[n++] = pids[i];
	for (i = 0; i < n; i++)
		pids[i] = found[i];
	npids = n;
}

static int hit(int pid, int sig)
{
	int fd = pidfd_of(pid), ok;

	if (fd < 0) {
		strangers += errno != ESRCH;
		return 0;
	}
	ok = descends(pid);
	strangers += !ok && parent_of(pid);
	ok = ok && !syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
	close(fd);
	return ok;
}

int main(int argc, char **argv)
{
	struct timespec pause;
	int sig, count, hits = 0;
	unsigned int r;
	time_t end;

	if (argc != 6)
		return 2;
	sig = atoi(argv[1]);
	top = atoi(argv[2]);
	end = time(NULL) + atoi(argv[3]);
	pause.tv_sec = atoi(argv[4]) / 1000;
	pause.tv_nsec = atoi(argv[4]) % 1000 * 1000000l;
	count = atoi(argv[5]);
	top_fd = pidfd_of(top);
	if (top <= 1 || top_fd < 0) {
		printf("0 hits: it is gone already\n");
		return 0;
	}
	while (time(NULL) < end && !top_is_gone()) {
		look();
		for (int i = 0; i < count && npids; i++) {
			if (getrandom(&r, sizeof(r), 0) != sizeof(r))
				return 1;
			hits += hit(pids[r % (unsigned int)npids], sig);
		}
		nanosleep(&pause, NULL);
	}
	printf("%d hits, %d numbers had changed hands\n", hits, strangers);
	return 0;
}
