// SPDX-License-Identifier: GPL-2.0
/* Names: directories, links, renaming, walking, listing. */
#include "fs_util.h"
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>

T(walk_limits)
{
	char name[300], *path = malloc(9000), p[32], target[32];
	struct stat st;
	int i;

	in_new_dir();
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	put(name, "255");
	CHECK_STR(get(name), "255");
	CHECK_EQ(rename(name, "short"), 0);
	CHECK_ERRNO(stat(name, &st), ENOENT);
	CHECK_EQ(rename("short", name), 0);
	CHECK_STR(get(name), "255");
	name[255] = 'n';
	name[256] = 0;
	CHECK_ERRNO(stat(name, &st), ENAMETOOLONG);
	CHECK_ERRNO(open(name, O_CREAT | O_RDWR, 0600), ENAMETOOLONG);
	memset(path, '/', 9000);
	path[4095] = 0;
	CHECK_EQ(stat(path, &st), 0);
	path[4095] = '/';
	path[4096] = 0;
	CHECK_ERRNO(stat(path, &st), ENAMETOOLONG);
	/* forty links, not forty-one */
	for (i = 0; i < 42; i++) {
		snprintf(p, sizeof(p), "c%d", i);
		snprintf(target, sizeof(target), "c%d", i - 1);
		if (i)
			CHECK_EQ(symlink(target, p), 0);
		else
			put(p, "end");
	}
	CHECK_STR(get("c40"), "end");
	CHECK_ERRNO(open("c41", O_RDONLY), ELOOP);
	CHECK_EQ(symlink("self", "self"), 0);
	CHECK_ERRNO(stat("self", &st), ELOOP);
	CHECK_ERRNO(stat("self/x", &st), ELOOP);
	free(path);
}

T(symlinks)
{
	char buf[64], cwd[PATH_MAX], abs[PATH_MAX + 16];

	in_new_dir();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("d/e", 0755), 0);
	put("d/e/f", "x");
	CHECK(getcwd(cwd, sizeof(cwd)));
	snprintf(abs, sizeof(abs), "%s/d/../d/./e/", cwd);
	CHECK_EQ(symlink("d/e", "l"), 0);
	CHECK_EQ(symlink(abs, "abs"), 0);
	CHECK_STR(get("l/f"), "x");
	CHECK_STR(get("l/../e/f"), "x");
	CHECK_STR(get("abs/f"), "x");
	CHECK(S_ISLNK(st_of("l").st_mode));
	CHECK_EQ(st_of("l").st_size, 3);
	CHECK(S_ISDIR(st_of("l/").st_mode));
	CHECK(S_ISDIR(st_of("abs/.").st_mode));
	CHECK_EQ(readlink("l", buf, sizeof(buf)), 3);
	CHECK_EQ(readlink("l", buf, 2), 2);
	CHECK_ERRNO(readlink("d", buf, 2), EINVAL);
	CHECK_ERRNO(readlink("l", buf, 0), EINVAL);
	CHECK_ERRNO(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERRNO(symlink("", "nothing"), ENOENT);
	CHECK_ERRNO(symlink("x", "l"), EEXIST);
	CHECK_ERRNO(mkdir("l", 0755), EEXIST);
	CHECK_ERRNO(rmdir("l"), ENOTDIR);
	/* a dangling link in last place is made good by O_CREAT */
	CHECK_EQ(symlink("made", "dangle"), 0);
	CHECK_ERRNO(access("dangle", F_OK), ENOENT);
	CHECK_ERRNO(open("dangle", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	CHECK_ERRNO(mkdir("dangle", 0755), EEXIST);
	put("dangle", "deep");
	CHECK_STR(get("made"), "deep");
	/* link(2) does not follow */
	CHECK_EQ(link("dangle", "hard"), 0);
	CHECK(S_ISLNK(st_of("hard").st_mode));
	CHECK_EQ(
		linkat(AT_FDCWD, "dangle", AT_FDCWD, "real", AT_SYMLINK_FOLLOW),
		0);
	CHECK(S_ISREG(st_of("real").st_mode));
}

T(make_and_remove)
{
	struct stat st;

	in_new_dir();
	CHECK_ERRNO(mkdir("/", 0755), EEXIST);
	CHECK_ERRNO(mkdir(".", 0755), EEXIST);
	CHECK_ERRNO(mkdir("nope/x", 0755), ENOENT);
	CHECK_EQ(mkdir("d/", 01755), 0);
	CHECK_EQ(st_of("d").st_mode & 01777, 01755);
	CHECK_EQ(chmod("d", 0755), 0);
	put("file", "");
	CHECK_EQ(mkdir("d/sub", 0755), 0);
	CHECK_ERRNO(rmdir("d"), ENOTEMPTY);
	CHECK_EQ(rmdir("d/sub/"), 0);
	CHECK_ERRNO(rmdir("d/."), EINVAL);
	CHECK_ERRNO(rmdir("d/.."), ENOTEMPTY);
	CHECK_ERRNO(rmdir("/"), EBUSY);
	CHECK_ERRNO(rmdir("file"), ENOTDIR);
	CHECK_ERRNO(rmdir("none"), ENOENT);
	CHECK_ERRNO(unlink("d"), EISDIR);
	CHECK_ERRNO(unlink("d/"), EISDIR);
	CHECK_ERRNO(unlink("d/."), EISDIR);
	CHECK_ERRNO(unlink("file/"), ENOTDIR);
	CHECK_ERRNO(unlink("none/"), ENOENT);
	CHECK_ERRNO(unlinkat(AT_FDCWD, "d", 1), EINVAL);
	CHECK_ERRNO(mknod("nod/", S_IFREG | 0600, 0), ENOENT);
	CHECK_ERRNO(mknod("nod", S_IFDIR | 0600, 0), EPERM);
	CHECK_EQ(mknod("nod", 0640, 0), 0);
	CHECK_EQ(st_of("nod").st_mode, S_IFREG | 0640);
	CHECK_EQ(mkfifo("fifo", 0600), 0);
	CHECK(S_ISFIFO(st_of("fifo").st_mode));
	CHECK_EQ(mknod("sock", S_IFSOCK | 0600, 0), 0);
	CHECK_ERRNO(open("sock", O_RDONLY), ENXIO);
	CHECK_ERRNO(link("d", "d2"), EPERM);
	CHECK_ERRNO(link("none", "d2"), ENOENT);
	CHECK_ERRNO(link("file", "d"), EEXIST);
	CHECK_EQ(link("file", "file2"), 0);
	CHECK_EQ(st_of("file").st_nlink, 2);
	CHECK_EQ(st_of("file").st_ino, st_of("file2").st_ino);
	CHECK_EQ(unlink("file"), 0);
	CHECK_EQ(st_of("file2").st_nlink, 1);
	/* one can stand in a directory that is gone */
	CHECK_EQ(chdir("d"), 0);
	CHECK_EQ(rmdir("../d"), 0);
	CHECK_ERRNO(syscall(SYS_getcwd, &st, sizeof(st)), ENOENT);
	CHECK_ERRNO(stat("x", &st), ENOENT);
	CHECK_ERRNO(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK_ERRNO(mkdir("x", 0700), ENOENT);
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(stat("..", &st), 0);
}

T(renaming)
{
	struct stat a;
	char buf[PATH_MAX];
	int fd;

	in_new_dir();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	CHECK_EQ(mkdir("c", 0755), 0);
	put("x", "x");
	put("y", "y");
	CHECK_ERRNO(rename("a", "a/b/c"), EINVAL);
	CHECK_ERRNO(rename("a/b", "a"), ENOTEMPTY);
	CHECK_ERRNO(rename("x", "a"), EISDIR);
	CHECK_ERRNO(rename("a", "x"), ENOTDIR);
	CHECK_ERRNO(rename("none", "x"), ENOENT);
	CHECK_ERRNO(rename("x/", "z"), ENOTDIR);
	CHECK_ERRNO(rename("x", "z/"), ENOTDIR);
	CHECK_ERRNO(rename("a/.", "z"), EBUSY);
	CHECK_ERRNO(rename("c", "a"), ENOTEMPTY);
	CHECK_ERRNO(renameat2(AT_FDCWD, "x", AT_FDCWD, "y", RENAME_NOREPLACE),
		    EEXIST);
	CHECK_ERRNO(renameat2(AT_FDCWD, "x", AT_FDCWD, "none", RENAME_EXCHANGE),
		    ENOENT);
	CHECK_ERRNO(renameat2(AT_FDCWD, "x", AT_FDCWD, "y",
			      RENAME_NOREPLACE | RENAME_EXCHANGE),
		    EINVAL);
	CHECK_EQ(renameat2(AT_FDCWD, "x", AT_FDCWD, "y", RENAME_EXCHANGE), 0);
	CHECK_STR(get("x"), "y");
	CHECK_EQ(renameat2(AT_FDCWD, "x", AT_FDCWD, "a/b", RENAME_EXCHANGE), 0);
	CHECK_STR(get("a/b"), "y");
	CHECK(S_ISDIR(st_of("x").st_mode));
	CHECK_EQ(renameat2(AT_FDCWD, "x", AT_FDCWD, "a/b", RENAME_EXCHANGE), 0);
	fd = open("y", O_RDONLY);
	CHECK_EQ(rename("x", "y"), 0);
	CHECK_EQ(read(fd, buf, 9), 1);
	CHECK_EQ(buf[0], 'x');
	CHECK_EQ(fstat(fd, &a), 0);
	CHECK_EQ(a.st_nlink, 0);
	/* a directory moves with all below it, over an empty one */
	put("a/b/deep", "d");
	CHECK_EQ(chdir("a/b"), 0);
	CHECK_EQ(rename("../../a", "../../c"), 0);
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR(buf + strlen(buf) - 4, "/c/b");
	CHECK_STR(get("deep"), "d");
	CHECK_EQ(chdir("../.."), 0);
	CHECK_ERRNO(access("a", F_OK), ENOENT);
	CHECK_STR(get("c/b/deep"), "d");
	/* two names of one file: nothing happens */
	CHECK_EQ(link("y", "y2"), 0);
	CHECK_EQ(rename("y", "y2"), 0);
	CHECK_EQ(st_of("y").st_nlink, 2);
}

T(listing)
{
	int i, seen = 0, dots = 0;
	struct dirent *e;
	char name[32], buf[64];
	DIR *d;

	in_new_dir();
	CHECK_EQ(mkdir("many", 0755), 0);
	CHECK_EQ(chdir("many"), 0);
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		put(name, "");
	}
	d = opendir(".");
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.') {
			dots++;
			CHECK_EQ(e->d_type, DT_DIR);
			continue;
		}
		CHECK_EQ(e->d_type, DT_REG);
		CHECK_EQ(e->d_ino, st_of(e->d_name).st_ino);
		CHECK_EQ(unlink(e->d_name), 0); /* loses nothing */
		seen++;
	}
	CHECK_EQ(seen, 500);
	CHECK_EQ(dots, 2);
	rewinddir(d);
	for (dots = 0; readdir(d);)
		dots++;
	CHECK_EQ(dots, 2);
	CHECK_EQ(lseek(dirfd(d), 0, SEEK_SET), 0);
	CHECK_ERRNO(syscall(SYS_getdents64, dirfd(d), buf, 8), EINVAL);
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(rmdir("many"), 0);
	CHECK_EQ(lseek(dirfd(d), 0, SEEK_SET), 0);
	CHECK_ERRNO(syscall(SYS_getdents64, dirfd(d), buf, sizeof(buf)),
		    ENOENT);
	CHECK_ERRNO(syscall(SYS_getdents64, 0, buf, sizeof(buf)), ENOTDIR);
	closedir(d);
}

/* Many names that are not there, then there, then not. */
T(negative_names)
{
	char name[32];
	int i;

	in_new_dir();
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		CHECK_ERRNO(access(name, F_OK), ENOENT);
	}
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		put(name, "");
		CHECK_EQ(access(name, F_OK), 0);
		CHECK_EQ(unlink(name), 0);
		CHECK_ERRNO(access(name, F_OK), ENOENT);
	}
}

T_MAIN
