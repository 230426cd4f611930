// SPDX-License-Identifier: GPL-2.0
/*
 * Machines by name. A running machine has a folder, mode 0700, in
 * $XDG_RUNTIME_DIR/lodger, or /tmp/lodger-UID where there is none:
 *
 *	NAME/		locked (flock) by lodger as long as the machine lives
 *	NAME/control	a stream socket that takes one line: info, stop, kill,
 *			dump; `info` answers with "key=value" words
 *
 * The lock is the truth: a folder that can be locked belonged to a machine that
 * died without cleaning up, and whoever finds it removes it. Between mkdir and
 * flock a new machine's folder looks dead too, so its owner checks after
 * locking that the folder is still the one under that name, and tries again.
 *
 * /tmp is everybody's: the base folder is used only when it is a folder of our
 * own that nobody else can write to.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "names.h"
#include "say.h"

#define NAMES_STOP_SECS 30
#define NAMES_KILL_SECS 3

bool names_valid(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > NAMES_MAX || !isalnum((unsigned char)*name))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

/* The folder of folders; which = 0, 1. => false when there is no such. */
static bool names_base(int which, char *buf, size_t size)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (which == 1) {
		snprintf(buf, size, "/tmp/lodger-%u", (unsigned int)geteuid());
		return true;
	}
	/* a socket's path has 108 bytes, name and "/control" included */
	if (!run || *run != '/' || strlen(run) > 30)
		return false;
	if (stat(run, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    access(run, W_OK))
		return false;
	snprintf(buf, size, "%s/lodger", run);
	return true;
}

/* A folder of our own that only we can write to? */
static bool names_base_safe(const char *base)
{
	struct stat st;

	return !lstat(base, &st) && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && !(st.st_mode & 022);
}

static void names_base_make(char *base, size_t size)
{
	if (!names_base(0, base, size))
		names_base(1, base, size);
	if (mkdir(base, 0700) && errno != EEXIST)
		say_die("cannot make %s: %s", base, strerror(errno));
	if (!names_base_safe(base))
		say_die("%s is not a folder that only you can write to; remove "
			"it, or set XDG_RUNTIME_DIR",
			base);
}

/* Empty and remove a state folder and, when that was the last, the base. */
static void names_remove(const char *dir, int dir_fd)
{
	char base[160];
	char *slash;
	DIR *d = fdopendir(dup(dir_fd));
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			unlinkat(dir_fd, e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
	snprintf(base, sizeof(base), "%s", dir);
	slash = strrchr(base, '/');
	if (slash) {
		*slash = 0;
		rmdir(base);
	}
}

/* => the locked folder, or -1: it is in use or gone */
static int names_lock(const char *dir)
{
	struct stat a, b;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &a) &&
	    !lstat(dir, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev)
		return fd;
	close(fd);
	return -1;
}

static void names_reap(const char *dir)
{
	int fd = names_lock(dir);

	if (fd < 0)
		return;
	names_remove(dir, fd);
	close(fd);
}

static int names_listen(const char *dir)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.90s/control", dir);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(s, 16))
		say_die("cannot make %s: %s", sa.sun_path, strerror(errno));
	return s;
}

static bool names_try(struct name_state *st, const char *name)
{
	char base[64];

	for (int tries = 0; tries < 20; tries++) {
		names_base_make(base, sizeof(base));
		snprintf(st->dir, sizeof(st->dir), "%s/%s", base, name);
		snprintf(st->name, sizeof(st->name), "%s", name);
		names_reap(st->dir);
		if (mkdir(st->dir, 0700)) {
			if (errno == ENOENT) /* the base went: again */
				continue;
			if (errno != EEXIST)
				say_die("cannot make %s: %s", st->dir,
					strerror(errno));
			return false;
		}
		st->dir_fd = names_lock(st->dir);
		if (st->dir_fd >= 0) {
			st->control = names_listen(st->dir);
			return true;
		}
	}
	return false;
}

void names_claim(struct name_state *st, const char *name)
{
	char made[32];
	unsigned int r;

	if (name) {
		if (!names_try(st, name))
			say_die("a machine named '%s' is running; take another "
				"--name or say `lodger stop %s`",
				name, name);
		return;
	}
	do {
		if (getrandom(&r, sizeof(r), 0) != sizeof(r))
			r = (unsigned int)getpid();
		snprintf(made, sizeof(made), "m%05x", r & 0xfffff);
	} while (!names_try(st, made));
}

void names_release(struct name_state *st)
{
	names_remove(st->dir, st->dir_fd);
	close(st->control);
	close(st->dir_fd);
}

/* --- Talking to running machines ----------------------------------------- */

/* => connected socket and the pid of its lodger, or -1 */
static int names_connect(const char *dir, pid_t *pid)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.90s/control", dir);
	if (s < 0)
		return -1;
	if (connect(s, (struct sockaddr *)&sa, sizeof(sa)) ||
	    getsockopt(s, SOL_SOCKET, SO_PEERCRED, &cred, &len)) {
		close(s);
		return -1;
	}
	*pid = cred.pid;
	return s;
}

int names_dial(const char *dir)
{
	pid_t pid;

	return names_connect(dir, &pid);
}

void names_find(const char *name, char *dir, size_t size)
{
	char base[64];

	for (int which = 0; names_valid(name) && which < 2; which++) {
		int fd;

		if (!names_base(which, base, sizeof(base)) ||
		    !names_base_safe(base))
			continue;
		snprintf(dir, size, "%s/%s", base, name);
		if (access(dir, F_OK))
			continue;
		fd = names_lock(dir);
		if (fd < 0)
			return;
		names_remove(dir, fd);
		close(fd);
	}
	say_die("no machine named '%s' is running; `lodger ls` lists those "
		"that are",
		name);
}

bool names_pid(const char *name, int *pid)
{
	char base[64], dir[160];

	for (int which = 0; names_valid(name) && which < 2; which++) {
		pid_t p;
		int s;

		if (!names_base(which, base, sizeof(base)) ||
		    !names_base_safe(base))
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", base, name);
		s = names_connect(dir, &p);
		if (s < 0)
			continue;
		close(s);
		*pid = (int)p;
		return true;
	}
	return false;
}

/* => true when the machine has gone within `secs` */
static bool names_wait_gone(const char *dir, int secs)
{
	for (int i = 0; i < secs * 50; i++) {
		struct timespec ts = { .tv_nsec = 20000000 };

		if (access(dir, F_OK))
			return true;
		names_reap(dir);
		if (access(dir, F_OK))
			return true;
		nanosleep(&ts, NULL);
	}
	return false;
}

static int names_end(const char *verb, int secs, int argc, char **argv)
{
	char dir[160];
	pid_t pid = 0;
	int s;

	if (argc != 2)
		say_die("usage: lodger %s NAME", verb);
	names_find(argv[1], dir, sizeof(dir));
	s = names_connect(dir, &pid);
	if (s >= 0)
		dprintf(s, "%s\n", verb);
	if (names_wait_gone(dir, secs))
		return 0;
	if (!strcmp(verb, "kill") && s >= 0 && pid > 1) {
		kill(pid, SIGKILL);
		if (names_wait_gone(dir, secs))
			return 0;
	}
	say("%s does not end; `lodger kill %s` ends it at once", argv[1],
	    argv[1]);
	return EXIT_LODGER;
}

int names_stop(int argc, char **argv)
{
	return names_end("stop", NAMES_STOP_SECS, argc, argv);
}

int names_kill(int argc, char **argv)
{
	return names_end("kill", NAMES_KILL_SECS, argc, argv);
}

static void names_show(const char *dir, const char *name)
{
	char buf[1024] = "";
	size_t len = 0;
	ssize_t n;
	pid_t pid;
	int s = names_connect(dir, &pid);
	struct pollfd p = { .fd = s, .events = POLLIN };

	if (s < 0)
		return;
	dprintf(s, "info\n");
	while (len < sizeof(buf) - 1 && poll(&p, 1, 1000) > 0) {
		n = read(s, buf + len, sizeof(buf) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(s);
	buf[len] = 0;
	buf[strcspn(buf, "\n")] = 0;
	printf("%-16s %7d  %s\n", name, (int)pid, len ? buf : "(no answer)");
}

int names_ls(int argc, char **argv)
{
	char base[64], dir[160];
	bool any = false;

	(void)argv;
	if (argc != 1)
		say_die("usage: lodger ls");
	for (int which = 0; which < 2; which++) {
		struct dirent **list;
		int n;

		if (!names_base(which, base, sizeof(base)) ||
		    !names_base_safe(base))
			continue;
		n = scandir(base, &list, NULL, alphasort);
		for (int i = 0; i < n; i++) {
			const char *name = list[i]->d_name;

			snprintf(dir, sizeof(dir), "%s/%.90s", base, name);
			if (names_valid(name)) {
				names_reap(dir);
				if (!access(dir, F_OK)) {
					if (!any)
						printf("%-16s %7s  %s\n",
						       "NAME", "PID", "WHAT");
					any = true;
					names_show(dir, name);
				}
			}
			free(list[i]);
		}
		if (n >= 0)
			free(list);
		rmdir(base); /* when empty */
	}
	return 0;
}
