// SPDX-License-Identifier: GPL-2.0
/*
 * User and UTS namespaces: clone(2), unshare(2), setns(2), their files, maps of
 * ids, and what capabilities are worth in them: user_namespaces(7).
 */
#define _GNU_SOURCE
#include "t.h"
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define GET_USERNS _IO(0xb7, 1)
#define GET_PARENT _IO(0xb7, 2)
#define GET_NSTYPE _IO(0xb7, 3)
#define GET_OWNER  _IO(0xb7, 4)

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), n, err;

	if (fd < 0)
		return errno;
	n = (int)write(fd, text, strlen(text));
	err = n < 0 ? errno : 0;
	close(fd);
	return err;
}

static void get(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY), n;

	CHECK(fd >= 0);
	n = (int)read(fd, buf, size - 1);
	CHECK(n >= 0);
	buf[n] = 0;
	close(fd);
}

/* Into a new user namespace as its root. */
static void become_root(int more)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	CHECK_EQ(unshare(CLONE_NEWUSER | more), 0);
	CHECK_EQ(geteuid(), 65534);
	CHECK_EQ(getegid(), 65534);
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	CHECK_EQ(put("/proc/self/uid_map", map), 0);
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	CHECK_EQ(put("/proc/self/gid_map", map), EPERM);
	CHECK_EQ(put("/proc/self/setgroups", "deny"), 0);
	CHECK_EQ(put("/proc/self/gid_map", map), 0);
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(getegid(), 0);
}

static void in_child(void (*fn)(void))
{
	pid_t pid = fork();
	int st;

	CHECK(pid >= 0);
	if (!pid) {
		fn();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

static void maps(void)
{
	gid_t g = 0;
	char buf[128];
	struct stat st;

	become_root(0);
	get("/proc/self/setgroups", buf, sizeof(buf));
	CHECK_STR(buf, "deny\n");
	CHECK_EQ(put("/proc/self/uid_map", "0 0 1"), EPERM); /* once */
	CHECK_EQ(put("/proc/self/setgroups", "allow"), EPERM);
	CHECK_ERRNO(setuid(5), EINVAL);
	CHECK_ERRNO(setresgid(-1, 7, -1), EINVAL);
	CHECK_ERRNO(setgroups(1, &g), EPERM);
	CHECK_EQ(setuid(0), 0);
	CHECK_EQ(stat("/", &st), 0);
	CHECK(st.st_uid == 65534 || st.st_uid == 0);
	CHECK_ERRNO(chown("/proc/self/uid_map", 3, -1), EINVAL);
}

static void wrong_maps(void)
{
	CHECK_EQ(unshare(CLONE_NEWUSER), 0);
	CHECK_EQ(put("/proc/self/uid_map", "0 1"), EINVAL);
	CHECK_EQ(put("/proc/self/uid_map", "0 1 0"), EINVAL);
	CHECK_EQ(put("/proc/self/uid_map", "0 1 x"), EINVAL);
	CHECK_EQ(put("/proc/self/uid_map", "0 1 2\n1 3 1\n"), EINVAL);
	CHECK_EQ(put("/proc/self/setgroups", "never"), EINVAL);
}

static void names(void)
{
	struct utsname u;

	become_root(CLONE_NEWUTS);
	CHECK_EQ(sethostname("inside", 6), 0);
	CHECK_EQ(uname(&u), 0);
	CHECK_STR(u.nodename, "inside");
}

/* What is not about the namespace stays forbidden. */
static void limits(void)
{
	become_root(0);
	CHECK_ERRNO(sethostname("x", 1), EPERM); /* not our UTS namespace */
	CHECK_ERRNO(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM);
	CHECK_ERRNO(settimeofday(&(struct timeval){ 1, 0 }, NULL), EPERM);
	CHECK_EQ(chroot("/"), 0);
}

static void files(void)
{
	int u0 = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), u1, p, own;
	int uts0 = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), uts1;
	struct stat a, b;
	char link[64], want[64];
	uid_t uid;

	CHECK(u0 >= 0 && uts0 >= 0);
	CHECK_EQ(fstat(uts0, &a), 0);
	CHECK_EQ(ioctl(u0, GET_NSTYPE), CLONE_NEWUSER);
	CHECK_EQ(ioctl(uts0, GET_NSTYPE), CLONE_NEWUTS);
	CHECK_ERRNO(ioctl(uts0, GET_PARENT), EINVAL);
	CHECK_ERRNO(setns(u0, 0), EINVAL);
	CHECK_ERRNO(setns(uts0, CLONE_NEWNET), EINVAL);
	CHECK_ERRNO(setns(0x7fff, 0), EBADF);
	become_root(CLONE_NEWUTS);
	u1 = open("/proc/self/ns/user", O_RDONLY);
	uts1 = open("/proc/self/ns/uts", O_RDONLY);
	CHECK_EQ(fstat(uts1, &b), 0);
	CHECK_EQ(a.st_dev, b.st_dev);
	CHECK(a.st_ino != b.st_ino);
	snprintf(want, sizeof(want), "uts:[%lu]", (unsigned long)b.st_ino);
	memset(link, 0, sizeof(link));
	CHECK(readlink("/proc/self/ns/uts", link, sizeof(link) - 1) > 0);
	CHECK_STR(link, want);
	own = ioctl(uts1, GET_USERNS);
	CHECK(own >= 0);
	CHECK_EQ(fstat(own, &a), 0);
	CHECK_EQ(fstat(u1, &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(ioctl(u1, GET_OWNER, &uid), 0);
	CHECK_EQ(uid, 0);
	p = ioctl(u1, GET_PARENT);
	CHECK_EQ(p, -1);
	CHECK_EQ(errno, EPERM);
	CHECK_ERRNO(setns(uts0, 0), EPERM);
	CHECK_EQ(setns(uts1, CLONE_NEWUTS), 0);
	CHECK_ERRNO(setns(u1, 0), EINVAL);
}

T(user_namespaces_map_ids)
{
	in_child(maps);
}
T(bad_maps_are_refused)
{
	in_child(wrong_maps);
}
T(a_uts_namespace_has_its_own_names)
{
	struct utsname u, v;

	CHECK_EQ(uname(&u), 0);
	in_child(names);
	CHECK_EQ(uname(&v), 0);
	CHECK_STR(u.nodename, v.nodename);
}
T(capabilities_count_in_their_namespace)
{
	in_child(limits);
}
T(namespaces_have_files)
{
	in_child(files);
}

T(the_maker_enters_by_pidfd)
{
	int up[2], down[2], st, pfd;
	char c, map[64];
	pid_t pid;

	CHECK_EQ(pipe(up), 0);
	CHECK_EQ(pipe(down), 0);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWUTS) ||
		    sethostname("there", 5))
			_exit(1);
		(void)!write(up[1], "x", 1);
		(void)!read(down[0], &c, 1);
		_exit(geteuid() == 0 ? 0 : 2);
	}
	CHECK_EQ(read(up[0], &c, 1), 1);
	snprintf(map, sizeof(map), "/proc/%d/uid_map", pid);
	{
		char line[32];

		snprintf(line, sizeof(line), "0 %u 1", geteuid());
		CHECK_EQ(put(map, line), 0);
	}
	pfd = (int)syscall(434, pid, 0);
	CHECK(pfd >= 0);
	if (!fork()) {
		struct utsname u;

		if (setns(pfd, CLONE_NEWUSER | CLONE_NEWUTS) || uname(&u))
			_exit(1);
		_exit(strcmp(u.nodename, "there") || geteuid() ? 3 : 0);
	}
	CHECK(wait(&st) > 0);
	CHECK_EQ(st, 0);
	CHECK_EQ(write(down[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T_MAIN
