/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of namespaces: an ordinary user makes a user namespace, is root in
 * it, and can then do the rest. Where the host forbids that they are skipped.
 */
#ifndef NS_UTIL_H
#define NS_UTIL_H
#include "t.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static inline int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), n, err;

	if (fd < 0)
		return errno;
	n = (int)write(fd, text, strlen(text));
	err = n < 0 ? errno : 0;
	close(fd);
	return err;
}

static inline char *get(const char *path)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY), n, at = 0;

	CHECK(fd >= 0);
	while ((n = (int)read(fd, buf + at, sizeof(buf) - 1 - (size_t)at)) > 0)
		at += n;
	CHECK(n >= 0);
	buf[at] = 0;
	close(fd);
	return buf;
}

static inline ino_t ns_id(const char *kind)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	CHECK_EQ(stat(path, &st), 0);
	return st.st_ino;
}

/* Into a new user namespace as its root, with new ones of other kinds. */
static inline void ns_root(int more)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | more)) {
		if (errno == EPERM || errno == ENOSPC)
			SKIP("no user namespaces here");
		T_FAIL("unshare: errno %d", errno);
	}
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	CHECK_EQ(put("/proc/self/uid_map", map), 0);
	CHECK_EQ(put("/proc/self/setgroups", "deny"), 0);
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	CHECK_EQ(put("/proc/self/gid_map", map), 0);
}

/* A directory to mount things in, private to a new mount namespace. */
static inline void ns_room(int more)
{
	ns_root(CLONE_NEWNS | more);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("room", "/tmp", "tmpfs", 0, "mode=700"), 0);
	CHECK_EQ(chdir("/tmp"), 0);
}

static inline int ns_wait(pid_t pid)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return st;
}

/* fn in a child; it passes when the child does. */
static inline void ns_child(void (*fn)(void))
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		fn();
		fflush(stdout);
		_exit(0);
	}
	CHECK_EQ(ns_wait(pid), 0);
}
#endif
