// SPDX-License-Identifier: GPL-2.0
/* mount(2), umount2(2), pivot_root(2), chroot(2). */
#include "fs_util.h"
#include <limits.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

static char base[PATH_MAX];

/* A tmpfs of one's own to play in. */
static void in_new_mount(void)
{
	in_new_dir();
	CHECK(getcwd(base, sizeof(base)));
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("play", base, "tmpfs", 0, NULL), 0);
	CHECK_EQ(chdir(base), 0);
}

T(mount_hides)
{
	struct stat a, b;

	in_new_mount();
	CHECK_EQ(mkdir("m", 0755), 0);
	put("m/under", "u");
	CHECK_ERRNO(mount("t", "none", "tmpfs", 0, NULL), ENOENT);
	CHECK_ERRNO(mount("t", "m", "nosuchfs", 0, NULL), ENODEV);
	CHECK_ERRNO(mount("t", "m/under", "tmpfs", 0, NULL), ENOTDIR);
	CHECK_EQ(mount("t", "m", "tmpfs", 0, "size=1m,mode=700"), 0);
	CHECK_STR(get("m/under"), "(none)");
	put("m/over", "o");
	CHECK_EQ(stat("m", &a), 0);
	CHECK_EQ(a.st_mode & 07777, 0700);
	CHECK_EQ(stat(".", &b), 0);
	CHECK(a.st_dev != b.st_dev);
	CHECK_ERRNO(rmdir("m"), EBUSY);
	CHECK_ERRNO(rename("m", "mm"), EBUSY);
	CHECK_ERRNO(link("m/over", "over"), EXDEV);
	CHECK_ERRNO(rename("m/over", "over"), EXDEV);
	CHECK_EQ(chdir("m"), 0);
	CHECK_EQ(stat("..", &a), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_ERRNO(umount("../m"), EBUSY);
	CHECK_EQ(chdir(".."), 0);
	/* one on top of the other */
	CHECK_EQ(mount("t2", "m", "tmpfs", 0, NULL), 0);
	CHECK_STR(get("m/over"), "(none)");
	CHECK_EQ(umount("m"), 0);
	CHECK_STR(get("m/over"), "o");
	CHECK_EQ(umount("m"), 0);
	CHECK_STR(get("m/under"), "u");
	CHECK_ERRNO(umount("m"), EINVAL);
	CHECK_ERRNO(umount2("m", 0x40), EINVAL);
}

T(binding)
{
	in_new_mount();
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mkdir("n", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", 0, NULL), 0);
	put("m/f", "f");
	CHECK_EQ(mkdir("m/sub", 0755), 0);
	CHECK_EQ(mount("s", "m/sub", "tmpfs", 0, NULL), 0);
	put("m/sub/x", "x");
	CHECK_EQ(mount("m", "n", NULL, MS_BIND, NULL), 0);
	CHECK_STR(get("n/f"), "f");
	CHECK_STR(get("n/sub/x"), "(none)");
	CHECK_ERRNO(link("n/f", "m/g"), EXDEV); /* by mount, not by device */
	CHECK_EQ(umount("n"), 0);
	CHECK_EQ(mount("m", "n", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_STR(get("n/sub/x"), "x");
	CHECK_ERRNO(umount("n"), EBUSY);
	CHECK_EQ(umount2("n", MNT_DETACH), 0);
	CHECK_STR(get("n/f"), "(none)");
	/* a file on a file */
	put("file", "file");
	CHECK_EQ(mount("m/f", "file", NULL, MS_BIND, NULL), 0);
	CHECK_STR(get("file"), "f");
	CHECK_ERRNO(unlink("file"), EBUSY);
	CHECK_EQ(umount("file"), 0);
	CHECK_ERRNO(mount("m/f", "n", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_ERRNO(mount("none", "n", NULL, MS_BIND, NULL), ENOENT);
	/* part of a mount */
	CHECK_EQ(mount("m/sub", "n", NULL, MS_BIND, NULL), 0);
	CHECK_STR(get("n/x"), "x");
	CHECK_EQ(umount("n"), 0);
	/* move */
	CHECK_ERRNO(mount("m", "m/sub", NULL, MS_MOVE, NULL), ELOOP);
	CHECK_ERRNO(mount("n", "m", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_EQ(mount("m", "n", NULL, MS_MOVE, NULL), 0);
	CHECK_STR(get("n/sub/x"), "x");
	CHECK_STR(get("m/f"), "(none)");
	CHECK_EQ(umount2("n", MNT_DETACH), 0);
}

T(read_only)
{
	struct statvfs v;
	int fd;

	in_new_mount();
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", 0, NULL), 0);
	put("m/f", "f");
	CHECK_EQ(symlink("f", "m/l"), 0);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL),
		 0);
	CHECK_ERRNO(open("m/new", O_CREAT | O_RDWR, 0600), EROFS);
	CHECK_ERRNO(open("m/f", O_RDWR), EROFS);
	CHECK(open("m/f", O_RDONLY) >= 0);
	CHECK_ERRNO(mkdir("m/f", 0700), EEXIST);
	CHECK_ERRNO(mkdir("m/g", 0700), EROFS);
	CHECK_ERRNO(unlink("m/f"), EROFS);
	CHECK_ERRNO(unlink("m/none"), EROFS);
	CHECK_ERRNO(rmdir("m/none"), EROFS);
	CHECK_ERRNO(rename("m/none", "m/g"), EROFS);
	CHECK_ERRNO(rename("m/f", "m/g"), EROFS);
	CHECK_ERRNO(chmod("m/f", 0600), EROFS);
	CHECK_ERRNO(truncate("m/f", 0), EROFS);
	CHECK_ERRNO(utimensat(AT_FDCWD, "m/f", NULL, 0), EROFS);
	CHECK_ERRNO(access("m/f", W_OK), EROFS);
	CHECK_EQ(statvfs("m", &v), 0);
	CHECK(v.f_flag & ST_RDONLY);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	fd = open("m/f", O_RDWR);
	CHECK(fd >= 0);
	CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL),
		    EBUSY);
	close(fd);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	CHECK_ERRNO(open("m/f", O_RDWR), EROFS);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, NULL), 0);
	put("m/f", "g");
	/* noexec, nodev */
	CHECK_EQ(mount(NULL, "m", NULL,
		       MS_REMOUNT | MS_BIND | MS_NOEXEC | MS_NODEV | MS_NOSUID,
		       NULL),
		 0);
	CHECK_EQ(chmod("m/f", 0755), 0);
	CHECK_ERRNO(access("m/f", X_OK), EACCES);
	CHECK_ERRNO(execl("m/f", "f", NULL), EACCES);
	CHECK_EQ(mknod("m/null", S_IFCHR | 0666, 0x103), 0);
	CHECK_ERRNO(open("m/null", O_RDWR), EACCES);
	CHECK_ERRNO(mount(NULL, "m/l", NULL, MS_REMOUNT | MS_RDONLY, NULL),
		    EINVAL);
}

T(detached_lives_on)
{
	char buf[8];
	int fd;

	in_new_mount();
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", 0, NULL), 0);
	put("m/f", "f");
	fd = open("m/f", O_RDONLY);
	CHECK_EQ(chdir("m"), 0);
	CHECK_EQ(umount2("../m", MNT_DETACH), 0);
	CHECK_EQ(read(fd, buf, 8), 1);
	CHECK_STR(get("f"), "f");
	put("g", "g");
	CHECK_STR(get("g"), "g");
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(access("..", F_OK), 0);
	CHECK_EQ(chdir(base), 0);
	CHECK_EQ(rmdir("m"), 0);
}

T(propagation_types)
{
	in_new_mount();
	CHECK_EQ(mount(NULL, base, NULL, MS_PRIVATE, NULL), 0);
	CHECK_ERRNO(mount(NULL, base, NULL, MS_PRIVATE | MS_SHARED, NULL),
		    EINVAL);
	CHECK_EQ(mount(NULL, base, NULL, MS_UNBINDABLE, NULL), 0);
	CHECK_EQ(mkdir("n", 0755), 0);
	CHECK_EQ(mkdir("o", 0755), 0);
	CHECK_ERRNO(mount("n", "o", NULL, MS_BIND, NULL), EINVAL);
	CHECK_EQ(mount(NULL, base, NULL, MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("n", "o", NULL, MS_BIND, NULL), 0);
	CHECK_ERRNO(mount(NULL, "n", NULL, MS_PRIVATE, NULL), EINVAL);
}

T(jails)
{
	char buf[PATH_MAX];
	struct stat a, b;

	in_new_mount();
	CHECK_EQ(mkdir("jail", 0755), 0);
	CHECK_EQ(mkdir("jail/in", 0755), 0);
	put("jail/f", "j");
	CHECK_EQ(symlink("/f", "jail/l"), 0);
	CHECK_EQ(chroot("jail"), 0);
	CHECK_STR(get("/l"), "j");
	CHECK_EQ(stat("/../..", &a), 0);
	CHECK_EQ(stat("/", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	CHECK(!strncmp(buf, "(unreachable)/", 14));
	CHECK_EQ(chdir("/"), 0);
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR(buf, "/");
	CHECK_ERRNO(chroot("f"), ENOTDIR);
}

T(pivoting)
{
	char buf[64];

	in_new_mount();
	CHECK_EQ(mkdir("new", 0755), 0);
	CHECK_ERRNO(syscall(SYS_pivot_root, "new", "new"), EINVAL);
	CHECK_EQ(mount("new", "new", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("new/old", 0755), 0);
	put("new/here", "new root");
	CHECK_ERRNO(syscall(SYS_pivot_root, "new", "/"), EBUSY);
	CHECK_EQ(syscall(SYS_pivot_root, "new", "new/old"), 0);
	CHECK_STR(get("/here"), "new root");
	CHECK_EQ(chdir("/"), 0);
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR(buf, "/");
	CHECK_EQ(access("/old/proc", F_OK), 0);
	CHECK_EQ(umount2("/old", MNT_DETACH), 0);
	CHECK_ERRNO(access("/old/proc", F_OK), ENOENT);
	CHECK_EQ(rmdir("/old"), 0);
}

T_MAIN
