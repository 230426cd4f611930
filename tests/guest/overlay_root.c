// SPDX-License-Identifier: GPL-2.0
/*
 * overlayfs: what is seen of the layers, what a change does to the upper one,
 * whiteouts, opaque directories, renames. In a tmpfs of its own; needs root.
 */
#include "t.h"
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd < 0)
		T_FAIL("%s: errno %d", path, errno);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static const char *get(const char *path)
{
	static char buf[256];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return "(none)";
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = 0;
	return buf;
}

/* Names in a directory, in order. */
static const char *list(const char *path)
{
	static char buf[512];
	char *names[64];
	struct dirent *e;
	int n = 0;
	DIR *d = opendir(path);

	CHECK(d != NULL);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			names[n++] = strdup(e->d_name);
	closedir(d);
	buf[0] = 0;
	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++)
			if (strcmp(names[i], names[k]) > 0) {
				char *t = names[i];

				names[i] = names[k];
				names[k] = t;
			}
	for (int i = 0; i < n; i++) {
		strcat(buf, names[i]);
		strcat(buf, " ");
	}
	return buf;
}

/* l1 over l2, upper u; the whole is m */
static void enter(void)
{
	char dir[] = "/tmp/overlay-XXXXXX";

	if (getuid() || unshare(CLONE_NEWNS))
		SKIP("needs root and mount namespaces");
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	CHECK(mkdtemp(dir) != NULL);
	if (mount("t", dir, "tmpfs", 0, NULL))
		SKIP("cannot mount");
	CHECK_EQ(chdir(dir), 0);
	rmdir(dir);
	umask(022);
	mkdir("l1", 0755);
	mkdir("l2", 0755);
	mkdir("u", 0755);
	mkdir("w", 0755);
	mkdir("m", 0755);
	mkdir("l1/d", 0750);
	mkdir("l2/d", 0755);
	mkdir("l2/only2", 0755);
	put("l1/a", "l1 a");
	put("l2/a", "l2 a");
	put("l2/b", "l2 b");
	put("l1/d/x", "l1 x");
	put("l2/d/x", "l2 x");
	put("l2/d/y", "l2 y");
	put("l2/only2/z", "l2 z");
	CHECK_EQ(symlink("b", "l2/s"), 0);
}

static void over(void)
{
	if (mount("o", "m", "overlay", 0,
		  "lowerdir=l1:l2,upperdir=u,workdir=w")) {
		CHECK_EQ(errno, ENODEV);
		SKIP("no overlayfs");
	}
}

T(layers_are_seen_as_one)
{
	struct stat st, st2;

	enter();
	over();
	CHECK_STR(list("m"), "a b d only2 s ");
	CHECK_STR(list("m/d"), "x y ");
	CHECK_STR(get("m/a"), "l1 a");
	CHECK_STR(get("m/b"), "l2 b");
	CHECK_STR(get("m/s"), "l2 b");
	CHECK_STR(get("m/d/x"), "l1 x");
	CHECK_STR(get("m/d/y"), "l2 y");
	CHECK_EQ(stat("m/d", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0750);
	CHECK_EQ(stat("m", &st2), 0);
	CHECK_EQ(st.st_dev, st2.st_dev);
	CHECK_STR(list("u"), "");
	CHECK_ERRNO(open("m/none", O_RDONLY), ENOENT);
}

T(writing_copies_up)
{
	struct stat st;
	int fd;

	enter();
	CHECK_EQ(chmod("l2/d/y", 0604), 0);
	CHECK_EQ(setxattr("l2/d/y", "trusted.mine", "v", 1, 0), 0);
	over();
	fd = open("m/d/y", O_WRONLY | O_APPEND);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "!", 1), 1);
	close(fd);
	CHECK_STR(get("m/d/y"), "l2 y!");
	CHECK_STR(get("u/d/y"), "l2 y!");
	CHECK_STR(get("l2/d/y"), "l2 y");
	CHECK_EQ(stat("u/d/y", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0604);
	CHECK_EQ(getxattr("u/d/y", "trusted.mine", NULL, 0), 1);
	CHECK_EQ(stat("u/d", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0750);
	CHECK_EQ(chmod("m/b", 0600), 0);
	CHECK_STR(get("u/b"), "l2 b");
	CHECK_EQ(stat("m/b", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(truncate("m/a", 2), 0);
	CHECK_STR(get("m/a"), "l1");
	put("m/only2/z", "new");
	CHECK_STR(get("m/only2/z"), "new");
	CHECK_STR(get("l2/only2/z"), "l2 z");
}

T(removing_leaves_whiteouts)
{
	struct stat st;

	enter();
	over();
	CHECK_EQ(unlink("m/a"), 0);
	CHECK_ERRNO(stat("m/a", &st), ENOENT);
	CHECK_STR(list("m"), "b d only2 s ");
	CHECK_EQ(lstat("u/a", &st), 0);
	CHECK(S_ISCHR(st.st_mode) && st.st_rdev == 0);
	put("m/a", "again");
	CHECK_STR(get("m/a"), "again");
	CHECK_EQ(unlink("m/a"), 0);
	CHECK_ERRNO(rmdir("m/d"), ENOTEMPTY);
	CHECK_EQ(unlink("m/d/x"), 0);
	CHECK_EQ(unlink("m/d/y"), 0);
	CHECK_STR(list("m/d"), "");
	CHECK_EQ(rmdir("m/d"), 0);
	CHECK_ERRNO(stat("m/d", &st), ENOENT);
	/* a new directory of the name does not show what was below */
	CHECK_EQ(mkdir("m/d", 0755), 0);
	CHECK_STR(list("m/d"), "");
	CHECK_ERRNO(stat("m/d/x", &st), ENOENT);
	CHECK_EQ(umount("m"), 0);
	over();
	CHECK_STR(list("m"), "b d only2 s ");
	CHECK_STR(list("m/d"), "");
	CHECK_STR(list("l1/d"), "x ");
}

T(renaming)
{
	struct stat st;

	enter();
	over();
	CHECK_EQ(rename("m/a", "m/d/a2"), 0);
	CHECK_ERRNO(stat("m/a", &st), ENOENT);
	CHECK_STR(get("m/d/a2"), "l1 a");
	CHECK_EQ(rename("m/b", "m/d/x"), 0); /* over one from below */
	CHECK_STR(get("m/d/x"), "l2 b");
	CHECK_STR(list("m"), "d only2 s ");
	CHECK_STR(list("m/d"), "a2 x y ");
	CHECK_ERRNO(rename("m/only2", "m/other"), EXDEV);
	CHECK_EQ(mkdir("m/new", 0755), 0);
	put("m/new/f", "f");
	CHECK_EQ(rename("m/new", "m/newer"), 0);
	CHECK_STR(get("m/newer/f"), "f");
	CHECK_EQ(unlink("m/only2/z"), 0);
	CHECK_EQ(rename("m/newer", "m/only2"), 0); /* over an empty one */
	CHECK_STR(list("m/only2"), "f ");
	CHECK_EQ(umount("m"), 0);
	over();
	CHECK_STR(list("m"), "d only2 s ");
	CHECK_STR(list("m/only2"), "f ");
}

T(links_nodes_and_new_things)
{
	struct stat a, b;

	enter();
	over();
	CHECK_EQ(link("m/b", "m/b2"), 0);
	CHECK_EQ(stat("m/b", &a), 0);
	CHECK_EQ(stat("m/b2", &b), 0);
	CHECK_EQ(a.st_nlink, 2);
	CHECK_EQ(a.st_ino, b.st_ino);
	put("m/b2", "both");
	CHECK_STR(get("m/b"), "both");
	CHECK_EQ(mkfifo("m/fifo", 0600), 0);
	CHECK_EQ(symlink("d/x", "m/sx"), 0);
	CHECK_STR(get("m/sx"), "l1 x");
	CHECK_EQ(mkdir("m/p", 0755), 0);
	CHECK_EQ(mkdir("m/p/q", 0755), 0);
	put("m/p/q/r", "r");
	CHECK_STR(get("u/p/q/r"), "r");
	CHECK_EQ(unlink("m/b"), 0);
	CHECK_STR(get("m/b2"), "both");
	CHECK_EQ(lsetxattr("m/p", "trusted.a", "b", 1, 0), 0);
	CHECK_EQ(getxattr("u/p", "trusted.a", NULL, 0), 1);
}

T(mapped_files)
{
	char *p;
	int fd;

	enter();
	over();
	fd = open("m/b", O_RDWR);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(!memcmp(p, "l2 b", 4));
	p[0] = 'L';
	CHECK_EQ(msync(p, 4096, MS_SYNC), 0);
	CHECK_STR(get("m/b"), "L2 b");
	CHECK_STR(get("l2/b"), "l2 b");
}

T(options)
{
	enter();
	over();
	CHECK_EQ(umount("m"), 0);
	CHECK_ERRNO(mount("o", "m", "overlay", 0, "upperdir=u,workdir=w"),
		    EINVAL);
	CHECK_ERRNO(mount("o", "m", "overlay", 0, "lowerdir=nothing:l2"),
		    ENOENT);
	CHECK_ERRNO(mount("o", "m", "overlay", 0, "lowerdir=l1,upperdir=u"),
		    EINVAL);
	CHECK_EQ(mount("o", "m", "overlay", 0, "lowerdir=l1:l2"), 0);
	CHECK_ERRNO(open("m/new", O_CREAT | O_WRONLY, 0600), EROFS);
	CHECK_ERRNO(open("m/a", O_WRONLY), EROFS);
	CHECK_ERRNO(unlink("m/a"), EROFS);
	CHECK_STR(get("m/a"), "l1 a");
}

T_MAIN
