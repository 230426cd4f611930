// SPDX-License-Identifier: GPL-2.0
/*
 * Starting the machine's first process in namespaces of its own: user, pid,
 * mount, net, ipc and uts, all six in one clone. Where the host refuses
 * (hardened distributions, containers) it is done without: root tries the five
 * that need no user namespace first. The machine works either way; what is lost
 * is one wall.
 *
 * Death: the first process dies with the monitor (PR_SET_PDEATHSIG), and as
 * pid 1 of its pid namespace it takes all others with it; without one, each
 * process of the machine has a parent-death signal of its own.
 *
 * User ids: an ordinary user is mapped to himself; started by root, the machine
 * becomes nobody. The map is written by the monitor, because that may map to
 * another user, while the new process waits.
 *
 * The clone is a raw one: no glibc wrapper makes namespaces without a stack for
 * the child. No thread but the calling one exists yet.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "drivers-host/monitor.h"
#include "loader.h"
#include "say.h"

#define NS_NO_USER                                                  \
	(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | \
	 CLONE_NEWUTS)

static pid_t ns_clone(uint32_t namespaces, int *pidfd)
{
	return (pid_t)syscall(SYS_clone,
			      (unsigned long)namespaces | CLONE_PIDFD | SIGCHLD,
			      NULL, pidfd, NULL, NULL);
}

static void ns_write(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text)) {
		close(fd);
		return;
	}
	say_die("cannot write %s for the machine's user namespace: %s", path,
		strerror(errno));
}

static void ns_map_ids(pid_t pid, bool drop_uid)
{
	uint32_t uid = drop_uid ? LODGER_NOBODY : geteuid();
	uint32_t gid = drop_uid ? LODGER_NOBODY : getegid();
	char map[64];

	snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
	ns_write(pid, "uid_map", map);
	if (!drop_uid) /* else it empties its own list of groups */
		ns_write(pid, "setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
	ns_write(pid, "gid_map", map);
}

/* Is `id` a user (or group) of the namespace we are in? */
static bool ns_has_id(const char *map, uint32_t id)
{
	FILE *f = fopen(map, "re");
	unsigned long first, outside, n;
	bool has = false;

	while (f && fscanf(f, "%lu %lu %lu", &first, &outside, &n) == 3)
		has |= id >= first && id - first < n;
	if (f)
		fclose(f);
	return has;
}

/* Started by root: may the machine become nobody? */
static bool ns_may_drop_user(void)
{
	return geteuid() == 0 &&
	       ns_has_id("/proc/self/uid_map", LODGER_NOBODY) &&
	       ns_has_id("/proc/self/gid_map", LODGER_NOBODY) &&
	       !capng_get_caps_process() &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
}

void machine_start(struct machine *m, struct loader *l, const struct options *o)
{
	const uint32_t tries[] = { CLONE_NEWUSER | NS_NO_USER,
				   geteuid() ? 0 : NS_NO_USER, 0 };
	struct enter e = { .l = l,
			   .backend = o->backend,
			   .drop_uid = ns_may_drop_user() };
	int sync[2];
	sigset_t all, old;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sync))
		say_die("socketpair: %s", strerror(errno));
	e.sync = sync[1];
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		e.namespaces = tries[i];
		m->pid = ns_clone(e.namespaces, &m->pidfd);
		if (m->pid == 0) {
			/* the other end must close with the monitor */
			close(sync[0]);
			machine_enter(&e);
		}
		if (m->pid > 0 || !e.namespaces)
			break;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (m->pid < 0)
		say_die("cannot start the machine's first process: %s",
			errno == EAGAIN ? "too many processes (ulimit -u)"
					: strerror(errno));
	close(sync[1]);
	m->sync = sync[0];
	m->namespaces = e.namespaces;
	if (m->namespaces & CLONE_NEWUSER)
		ns_map_ids(m->pid, e.drop_uid);
	if (m->namespaces & CLONE_NEWPID)
		mon.bp->flags |= BOOT_HAVE_PIDNS;
	if (send(m->sync, "g", 1, MSG_NOSIGNAL) != 1)
		say_die("the machine's first process died on its way in");
	close(l->image_fd);
	close(l->msock_child);
}

void machine_entered(struct machine *m)
{
	char buf[256];
	ssize_t n;

	do
		n = recv(m->sync, buf, sizeof(buf) - 1, 0);
	while (n < 0 && errno == EINTR);
	close(m->sync);
	if (n > 0) {
		buf[n] = 0;
		waitpid(m->pid, NULL, 0);
		say_die("%s", buf);
	}
}
