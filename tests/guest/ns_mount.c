// SPDX-License-Identifier: GPL-2.0
/*
 * Mount namespaces: mount_namespaces(7), pivot_root(2), and what a namespace
 * with fewer privileges than its maker's may not do.
 */
#include "ns_util.h"

static int exists(const char *path)
{
	return !access(path, F_OK);
}

static int wait_any(void)
{
	int st = -1;

	CHECK(wait(&st) > 0);
	return st;
}

T(needs_privilege)
{
	if (!geteuid())
		SKIP("for an ordinary user");
	CHECK_ERRNO(unshare(CLONE_NEWNS), EPERM);
	CHECK_ERRNO(unshare(CLONE_NEWPID), EPERM);
	CHECK_ERRNO(unshare(CLONE_NEWNET), EPERM);
	CHECK_ERRNO(mount("x", "/tmp", "tmpfs", 0, NULL), EPERM);
}

T(own_tree)
{
	ino_t before = ns_id("mnt");

	ns_room(0);
	CHECK(ns_id("mnt") != before);
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(mount("in", "a", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("a/here", 0700), 0);
	if (!fork()) { /* a child is in the same one */
		CHECK(exists("/tmp/a/here"));
		CHECK_EQ(unshare(CLONE_NEWNS), 0);
		CHECK(exists("/tmp/a/here"));
		CHECK(exists("a/here"));
		CHECK_EQ(umount("/tmp/a"), 0);
		CHECK(!exists("/tmp/a/here"));
		CHECK(!strstr(get("/proc/self/mounts"), "in /tmp/a "));
		_exit(0);
	}
	CHECK_EQ(wait_any(), 0);
}

T(umount_stays_inside)
{
	ns_room(0);
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(mount("in", "a", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("a/here", 0700), 0);
	if (!fork()) {
		CHECK_EQ(unshare(CLONE_NEWNS), 0);
		CHECK_EQ(umount2("/tmp/a", MNT_DETACH), 0);
		CHECK_EQ(mount("other", "a", "tmpfs", 0, NULL), 0);
		CHECK(!exists("/tmp/a/here"));
		_exit(0);
	}
	CHECK_EQ(wait_any(), 0);
	CHECK(exists("a/here"));
}

T(shared_and_slaves)
{
	int up[2], down[2];
	char c;

	ns_room(0);
	CHECK_EQ(mount("none", "/tmp", NULL, MS_SHARED, NULL), 0);
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(mkdir("b", 0700), 0);
	CHECK_EQ(pipe(up), 0);
	CHECK_EQ(pipe(down), 0);
	if (!fork()) {
		CHECK_EQ(unshare(CLONE_NEWNS), 0);
		CHECK_EQ(mount("peer", "/tmp/a", "tmpfs", 0, NULL), 0);
		CHECK_EQ(mkdir("/tmp/a/x", 0700), 0);
		CHECK_EQ(mount("none", "/tmp", NULL, MS_SLAVE, NULL), 0);
		CHECK_EQ(write(up[1], "x", 1), 1);
		CHECK_EQ(read(down[0], &c, 1), 1);
		CHECK(exists("/tmp/b/y"));
		CHECK_EQ(mount("mine", "/tmp/b", "tmpfs", 0, NULL), 0);
		CHECK(!exists("/tmp/b/y"));
		_exit(0);
	}
	CHECK_EQ(read(up[0], &c, 1), 1);
	CHECK(exists("/tmp/a/x"));
	CHECK_EQ(mount("master", "/tmp/b", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("/tmp/b/y", 0700), 0);
	CHECK_EQ(write(down[1], "x", 1), 1);
	CHECK_EQ(wait_any(), 0);
	CHECK(exists("/tmp/b/y"));
}

T(fewer_privileges_hear_only)
{
	ns_room(0);
	CHECK_EQ(mount("none", "/tmp", NULL, MS_SHARED, NULL), 0);
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(mkdir("b", 0700), 0);
	CHECK_EQ(mount("low", "b", "tmpfs", MS_NOSUID, NULL), 0);
	if (!fork()) {
		CHECK_EQ(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
		CHECK_EQ(mount("own", "/tmp/a", "tmpfs", 0, NULL), 0);
		CHECK_ERRNO(umount("/tmp/b"), EINVAL);
		CHECK_ERRNO(mount("none", "/tmp/b", NULL, MS_REMOUNT | MS_BIND,
				  NULL),
			    EPERM);
		CHECK_EQ(mount("none", "/tmp/b", NULL,
			       MS_REMOUNT | MS_BIND | MS_NOSUID | MS_RDONLY,
			       NULL),
			 0);
		CHECK_ERRNO(mount("/tmp", "/tmp/a", NULL, MS_BIND, NULL),
			    EINVAL);
		CHECK_EQ(mount("/tmp", "/tmp/a", NULL, MS_BIND | MS_REC, NULL),
			 0);
		CHECK_EQ(umount2("/tmp/a", MNT_DETACH), 0);
		_exit(0);
	}
	CHECK_EQ(wait_any(), 0);
	CHECK(!strstr(get("/proc/self/mounts"), "own /tmp/a "));
	CHECK_EQ(umount("b"), 0);
}

T(pivot_to_an_empty_root)
{
	char *m;

	ns_room(0);
	CHECK_EQ(mkdir("new", 0700), 0);
	CHECK_ERRNO(syscall(SYS_pivot_root, "new", "new"), EINVAL);
	CHECK_EQ(mount("root", "new", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("new/old", 0700), 0);
	CHECK_EQ(mkdir("new/proc", 0700), 0);
	CHECK_EQ(mount("/proc", "new/proc", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_EQ(mkdir("new/mark", 0700), 0);
	CHECK_EQ(chdir("new"), 0);
	CHECK_EQ(syscall(SYS_pivot_root, ".", "old"), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK(exists("/mark"));
	CHECK(exists("/old/tmp/new"));
	CHECK_EQ(umount2("/old", MNT_DETACH), 0);
	CHECK(!exists("/old/tmp"));
	m = get("/proc/self/mounts");
	CHECK(!strncmp(m, "root / tmpfs ", 13));
	/* the same place for both, as containers do it */
	CHECK_EQ(mkdir("next", 0700), 0);
	CHECK_EQ(mount("next", "next", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("next/inner", 0700), 0);
	CHECK_EQ(chdir("next"), 0);
	CHECK_EQ(syscall(SYS_pivot_root, ".", "."), 0);
	CHECK_EQ(umount2(".", MNT_DETACH), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK(exists("/inner"));
	CHECK(!exists("/mark"));
}

T(entered_by_descriptor)
{
	int fd, self;

	ns_room(0);
	self = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	CHECK(self >= 0);
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(mount("second", "a", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("a/x", 0700), 0);
	fd = open("/proc/self/ns/mnt", O_RDONLY);
	CHECK_EQ(setns(self, CLONE_NEWNS), 0);
	CHECK(!exists("/tmp/a/x"));
	CHECK(exists("/tmp/a"));
	CHECK_ERRNO(setns(fd, CLONE_NEWUTS), EINVAL);
	CHECK_EQ(setns(fd, 0), 0);
	CHECK(exists("/tmp/a/x"));
}

T(a_namespace_on_a_file)
{
	struct stat a, b;
	int fd;

	ns_room(CLONE_NEWUTS);
	CHECK_EQ(stat("/proc/self/ns/uts", &a), 0);
	CHECK_EQ(mknod("f", S_IFREG | 0600, 0), 0);
	CHECK_EQ(mount("/proc/self/ns/uts", "f", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(stat("f", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(sethostname("first", 5), 0);
	CHECK_EQ(unshare(CLONE_NEWUTS), 0);
	CHECK_EQ(sethostname("second", 6), 0);
	fd = open("f", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(setns(fd, CLONE_NEWUTS), 0);
	CHECK_STR(get("/proc/sys/kernel/hostname"), "first\n");
	close(fd);
	CHECK(strstr(get("/proc/self/mountinfo"), " uts:["));
	CHECK_EQ(umount("f"), 0);
	/* one's own mount namespace would hold itself */
	CHECK_ERRNO(mount("/proc/self/ns/mnt", "f", NULL, MS_BIND, NULL),
		    EINVAL);
}

T(chroot_hides_mounts)
{
	ns_room(0);
	CHECK_EQ(mkdir("r", 0700), 0);
	CHECK_EQ(mkdir("r/proc", 0700), 0);
	CHECK_EQ(mkdir("r/m", 0700), 0);
	CHECK_EQ(mount("inside", "r/m", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mount("/proc", "r/proc", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_EQ(chroot("r"), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK(strstr(get("/proc/self/mounts"), "inside /m tmpfs"));
	CHECK(!strstr(get("/proc/self/mounts"), "room "));
	CHECK_ERRNO(unshare(CLONE_NEWUSER), EPERM); /* in a chroot */
}

T(clone_makes_one_for_the_child)
{
	long pid;

	ns_room(0);
	CHECK_EQ(mkdir("a", 0700), 0);
	pid = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	CHECK(pid >= 0);
	if (!pid) {
		CHECK_EQ(mount("child", "a", "tmpfs", 0, NULL), 0);
		CHECK_EQ(mkdir("a/x", 0700), 0);
		_exit(0);
	}
	CHECK_EQ(ns_wait((pid_t)pid), 0);
	CHECK(!exists("a/x"));
	CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0,
			    0, 0),
		    EINVAL);
}

T_MAIN
