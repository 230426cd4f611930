// SPDX-License-Identifier: GPL-2.0
/*
 * The vfs with tmpfs under it, driven by its system calls: names, errnos,
 * descriptors, mounts, locks, inotify, and that nothing is left over.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "fake.h"

#ifndef RENAME_EXCHANGE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE	 2
#endif
#define ok(x)	    ck_assert_int_eq((x), 0)
#define fails(x, e) ck_assert_int_eq((x), -(e))
#define is(x, v)    ck_assert_int_eq((x), (v))

void fake_die(const char *msg)
{
	fprintf(stderr, "fake_die: %s\n", msg);
	abort();
}

void fake_punch(void *at, unsigned long n)
{
	memset(at, 0, n);
}

static __thread struct task *fake_task_of_thread;

struct task **fake_current(void)
{
	return &fake_task_of_thread;
}

void fake_futex(unsigned *word, int wake, unsigned val)
{
	syscall(SYS_futex, word, wake, val, NULL, NULL, 0);
}

void fake_yield(void)
{
	sched_yield();
}

static void setup(void)
{
	void *arena = mmap((void *)0x680040000000, 256 << 20, 3,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (mmap((void *)0x6a0000000000, 1ul << 40, 3,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		 0) == MAP_FAILED)
		abort();
	fake_init(arena, 256 << 20);
	k_chmod("/", 0755);
}

static int put(const char *path, const char *text)
{
	long fd = k_open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644), n;

	if (fd < 0)
		return (int)fd;
	n = k_write((int)fd, text, strlen(text));
	ok(k_close((int)fd));
	return n < 0 ? (int)n : 0;
}

static const char *get(const char *path)
{
	static char buf[8192];
	long fd = k_open(path, O_RDONLY, 0), n;

	if (fd < 0)
		return "?";
	n = k_read((int)fd, buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	k_close((int)fd);
	return buf;
}

START_TEST(test_open_flags)
{
	struct stat st;
	char buf[32];
	int fd;

	fails(k_open("/no", O_RDONLY, 0), ENOENT);
	fails(k_open("/no/way", O_RDONLY, 0), ENOENT);
	fails(k_open("", O_RDONLY, 0), ENOENT);
	fails(k_open((char *)8, O_RDONLY, 0), EFAULT);
	ok(put("/f", "hello"));
	fails(k_open("/f/x", O_RDONLY, 0), ENOTDIR);
	fails(k_open("/f/", O_RDONLY, 0), ENOTDIR);
	fails(k_open("/f", O_RDONLY | O_DIRECTORY, 0), ENOTDIR);
	fails(k_open("/f", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	fails(k_open("/new/", O_CREAT | O_RDWR, 0600), EISDIR);
	fails(k_open("/", O_CREAT | O_RDWR, 0600), EISDIR);
	fails(k_open("/", O_RDWR, 0), EISDIR);
	fails(k_open(".", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	fails(k_open("/f", O_CREAT | O_DIRECTORY, 0600), EINVAL);
	fd = (int)k_open("/f", O_RDWR | O_APPEND, 0);
	is(k_write(fd, " world", 6), 6);
	is(k_lseek(fd, 0, SEEK_CUR), 11);
	is(k_pread(fd, buf, 5, 6), 5);
	ck_assert(!memcmp(buf, "world", 5));
	ok(k_close(fd));
	fails(k_close(fd), EBADF);
	ck_assert_str_eq(get("/f"), "hello world");
	ok(k_stat("/f", &st));
	is(st.st_size, 11);
	is(st.st_mode, S_IFREG | 0644);
	fd = (int)k_open("/f", O_RDWR | O_TRUNC, 0);
	ok(k_fstat(fd, &st));
	is(st.st_size, 0);
	is(k_read(fd, buf, 4), 0);
	ok(k_close(fd));
	fd = (int)k_open("/f", O_WRONLY, 0);
	fails(k_read(fd, buf, 1), EBADF);
	is(k_fcntl(fd, F_GETFL, 0), O_WRONLY | 0100000);
	ok(k_fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	is(k_fcntl(fd, F_GETFL, 0), O_WRONLY | 0100000 | O_APPEND | O_NONBLOCK);
	ok(k_close(fd));
	fd = (int)k_open("/f", O_PATH, 0);
	fails(k_read(fd, buf, 1), EBADF);
	ok(k_fstat(fd, &st));
	fails(k_fcntl(fd, F_SETFL, 0), EBADF);
	ok(k_close(fd));
	fd = (int)k_open("/", O_RDONLY | O_DIRECTORY, 0);
	fails(k_read(fd, buf, 1), EISDIR);
	is(k_openat(fd, "f", O_RDONLY, 0), fd + 1);
	ok(k_close(fd + 1));
	fails(k_openat(77, "f", O_RDONLY, 0), EBADF);
	ok(k_close(fd));
	ok(k_unlink("/f"));
	fails(k_unlink("/f"), ENOENT);
}
END_TEST

START_TEST(test_symlinks)
{
	char path[32], target[32], buf[64];
	struct stat st;
	int i;

	ok(k_mkdir("/d", 0755));
	ok(k_mkdir("/d/e", 0755));
	ok(put("/d/e/f", "x"));
	ok(k_symlink("d/e", "/l"));
	ok(k_symlink("/d/../d/./e/", "/abs"));
	ck_assert_str_eq(get("/l/f"), "x");
	ck_assert_str_eq(get("/l/../e/f"), "x");
	ck_assert_str_eq(get("/abs/f"), "x");
	ok(k_lstat("/l", &st));
	ck_assert(S_ISLNK(st.st_mode));
	is(st.st_size, 3);
	ok(k_lstat("/l/", &st));
	ck_assert(S_ISDIR(st.st_mode));
	is(k_readlink("/l", buf, sizeof(buf)), 3);
	is(k_readlink("/l", buf, 2), 2);
	fails(k_readlink("/d", buf, 2), EINVAL);
	fails(k_open("/l", O_RDONLY | O_NOFOLLOW, 0), ELOOP);
	/* a dangling link in last place is made good by O_CREAT */
	ok(k_symlink("made", "/dangle"));
	fails(k_stat("/dangle", &st), ENOENT);
	fails(k_open("/dangle", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	ok(put("/dangle", "deep"));
	ck_assert_str_eq(get("/made"), "deep");
	/* forty links are allowed, forty-one are not */
	for (i = 0; i < 42; i++) {
		snprintf(path, sizeof(path), "/c%d", i);
		snprintf(target, sizeof(target), "c%d", i - 1);
		if (i)
			ok(k_symlink(target, path));
		else
			ok(put(path, "end"));
	}
	ck_assert_str_eq(get("/c40"), "end");
	fails(k_open("/c41", O_RDONLY, 0), ELOOP);
	ok(k_symlink("self", "/self"));
	fails(k_stat("/self", &st), ELOOP);
	fails(k_mkdir("/dangle", 0755), EEXIST);
	fails(k_symlink("", "/nothing"), ENOENT);
	for (i = 0; i < 42; i++) {
		snprintf(path, sizeof(path), "/c%d", i);
		ok(k_unlink(path));
	}
	ok(k_unlink("/self"));
	ok(k_unlink("/dangle"));
	ok(k_unlink("/made"));
	ok(k_unlink("/l"));
	ok(k_unlink("/abs"));
	ok(k_unlink("/d/e/f"));
	ok(k_rmdir("/d/e"));
	ok(k_rmdir("/d"));
}
END_TEST

START_TEST(test_names)
{
	char long_name[300], *deep = malloc(9000), buf[64];
	struct stat st;

	memset(long_name, 'n', sizeof(long_name));
	long_name[0] = '/';
	long_name[256] = 0;
	ok(put(long_name, "255"));
	ck_assert_str_eq(get(long_name), "255");
	ok(k_rename(long_name, "/short"));
	fails(k_stat(long_name, &st), ENOENT);
	ok(k_rename("/short", long_name));
	ck_assert_str_eq(get(long_name), "255");
	ok(k_unlink(long_name));
	long_name[256] = 'n';
	long_name[257] = 0;
	fails(k_open(long_name, O_CREAT | O_RDWR, 0600), ENAMETOOLONG);
	fails(k_stat(long_name, &st), ENAMETOOLONG);
	memset(deep, '/', 9000);
	deep[4095] = 0;
	ok(k_stat(deep, &st));
	deep[4095] = '/';
	deep[4096] = 0;
	fails(k_stat(deep, &st), ENAMETOOLONG);
	fails(k_mkdir("/", 0755), EEXIST);
	fails(k_mkdir("/.", 0755), EEXIST);
	fails(k_mkdir("/nope/x", 0755), ENOENT);
	ok(k_mkdir("/d/", 0755));
	ok(put("/file", ""));
	fails(k_rmdir("/d/."), EINVAL);
	fails(k_rmdir("/d/.."), ENOTEMPTY);
	fails(k_rmdir("/"), EBUSY);
	fails(k_rmdir("/file"), ENOTDIR);
	fails(k_unlink("/d"), EISDIR);
	fails(k_unlink("/d/"), EISDIR);
	fails(k_unlink("/file/"), ENOTDIR);
	fails(k_unlink("/d/."), EISDIR);
	fails(k_mknod("/nod/", S_IFREG | 0600, 0), ENOENT);
	fails(k_mknod("/nod", S_IFDIR | 0600, 0), EPERM);
	fails(k_link("/d", "/d2"), EPERM);
	fails(k_symlink("x", "/file"), EEXIST);
	ok(k_chdir("/d"));
	is(k_getcwd(buf, sizeof(buf)), 3);
	ck_assert_str_eq(buf, "/d");
	fails(k_getcwd(buf, 2), ERANGE);
	ok(k_rmdir("/d"));
	fails(k_getcwd(buf, sizeof(buf)), ENOENT);
	fails(k_stat("x", &st), ENOENT);
	fails(k_open("x", O_CREAT | O_RDWR, 0600), ENOENT);
	fails(k_mkdir("x", 0700), ENOENT);
	ok(k_stat(".", &st));
	ok(k_stat("..", &st));
	ok(k_chdir("/"));
	is(k_getcwd(buf, sizeof(buf)), 2);
	ck_assert_str_eq(buf, "/");
	ok(k_unlink("/file"));
	free(deep);
}
END_TEST

START_TEST(test_rename)
{
	struct stat a, b;
	char buf[64];
	int fd;

	ok(k_mkdir("/a", 0755));
	ok(k_mkdir("/a/b", 0755));
	ok(k_mkdir("/c", 0755));
	ok(put("/x", "x"));
	ok(put("/y", "y"));
	fails(k_rename("/a", "/a/b/c"), EINVAL);
	fails(k_rename("/a/b", "/a"), ENOTEMPTY);
	fails(k_rename("/x", "/a"), EISDIR);
	fails(k_rename("/a", "/x"), ENOTDIR);
	fails(k_rename("/none", "/x"), ENOENT);
	fails(k_rename("/x/", "/z"), ENOTDIR);
	fails(k_rename("/x", "/z/"), ENOTDIR);
	fails(k_rename("/a/.", "/z"), EBUSY);
	fails(k_renameat2("/x", "/y", RENAME_NOREPLACE), EEXIST);
	fails(k_renameat2("/x", "/none", RENAME_EXCHANGE), ENOENT);
	fails(k_renameat2("/x", "/y", RENAME_NOREPLACE | RENAME_EXCHANGE),
	      EINVAL);
	ok(k_renameat2("/x", "/y", RENAME_EXCHANGE));
	ck_assert_str_eq(get("/x"), "y");
	ck_assert_str_eq(get("/y"), "x");
	ok(k_renameat2("/x", "/a/b", RENAME_EXCHANGE));
	ck_assert_str_eq(get("/a/b"), "y");
	ok(k_stat("/x", &a));
	ck_assert(S_ISDIR(a.st_mode));
	ok(k_renameat2("/x", "/a/b", RENAME_EXCHANGE));
	fd = (int)k_open("/y", O_RDONLY, 0);
	ok(k_rename("/x", "/y"));
	ck_assert_str_eq(get("/y"), "y");
	is(k_read(fd, buf, 9), 1);
	is(buf[0], 'x');
	ck_assert_str_eq(k_fdpath(fd, buf, sizeof(buf)), "/y (deleted)");
	ok(k_fstat(fd, &a));
	is(a.st_nlink, 0);
	ok(k_close(fd));
	fails(k_stat("/x", &a), ENOENT);
	/* a directory moves with all below it, over an empty one */
	ok(put("/a/b/deep", "d"));
	ok(k_stat("/a/b/deep", &a));
	ok(k_chdir("/a/b"));
	ok(k_rename("/a", "/c"));
	ok(k_stat("/c/b/deep", &b));
	is(a.st_ino, b.st_ino);
	is(k_getcwd(buf, sizeof(buf)), 5);
	ck_assert_str_eq(buf, "/c/b");
	ck_assert_str_eq(get("deep"), "d");
	fails(k_stat("/a/b/deep", &a), ENOENT);
	ok(k_chdir("/"));
	/* two names of one file: nothing happens */
	ok(k_link("/y", "/y2"));
	ok(k_rename("/y", "/y2"));
	ok(k_stat("/y", &a));
	is(a.st_nlink, 2);
	ok(k_unlink("/y"));
	ok(k_unlink("/y2"));
	ok(k_unlink("/c/b/deep"));
	ok(k_rmdir("/c/b"));
	ok(k_rmdir("/c"));
}
END_TEST

START_TEST(test_permission)
{
	struct stat st;

	ok(k_mkdir("/p", 0700));
	ok(k_mkdir("/pub", 0777));
	ok(k_chmod("/pub", 01777));
	ok(put("/p/secret", "s"));
	ok(put("/pub/root", "r"));
	ok(k_chmod("/pub/root", 0604));
	fails(k_access("/pub/root", X_OK | R_OK), EACCES);
	fake_as_root(0);
	fails(k_stat("/p/secret", &st), EACCES);
	fails(k_open("/p/secret", O_RDONLY, 0), EACCES);
	fails(k_open("/p/none", O_CREAT | O_RDWR, 0600), EACCES);
	fails(k_mkdir("/q", 0755), EACCES);
	fails(k_open("/pub/root", O_RDWR, 0), EACCES);
	is(k_open("/pub/root", O_RDONLY, 0), 0);
	fails(k_chmod("/pub/root", 0666), EPERM);
	fails(k_unlink("/pub/root"), EPERM);
	fails(k_rename("/pub/root", "/pub/mine"), EPERM);
	fails(k_access("/pub/root", W_OK), EACCES);
	ok(k_access("/pub/root", R_OK));
	fails(k_utimensat(AT_FDCWD, "/pub/root", NULL, 0), EACCES);
	fails(k_lchown("/pub/root", 1000, -1u), EPERM);
	fails(k_mount("none", "/pub", "tmpfs", 0), EPERM);
	fails(k_mknod("/pub/dev", S_IFCHR | 0600, 0x103), EPERM);
	ok(k_mknod("/pub/fifo", S_IFIFO | 0600, 0));
	ok(put("/pub/own", "o"));
	ok(k_chmod("/pub/own", 0400));
	fails(k_open("/pub/own", O_WRONLY, 0), EACCES);
	/* its maker may write it, whatever the mode says */
	is(k_open("/pub/ro", O_CREAT | O_WRONLY, 0400), 1);
	is(k_write(1, "x", 1), 1);
	/* who is not in the group loses the set-group-id bit */
	ok(k_chmod("/pub/own", 02755));
	ok(k_stat("/pub/own", &st));
	is(st.st_mode & 07777, 02755);
	fake_as_root(1);
	ok(k_lchown("/pub/own", -1u, 5));
	ok(k_stat("/pub/own", &st));
	is(st.st_mode & 07777, 0755);
	is(st.st_gid, 5);
	fake_as_root(0);
	ok(k_chmod("/pub/own", 02755));
	ok(k_stat("/pub/own", &st));
	is(st.st_mode & 07777, 0755);
	ok(k_close(0));
	ok(k_close(1));
	fake_as_root(1);
	/* set-group-id directories hand their group down */
	ok(k_lchown("/pub", -1u, 7));
	ok(k_chmod("/pub", 02777));
	ok(k_mkdir("/pub/sub", 0755));
	ok(k_stat("/pub/sub", &st));
	is(st.st_gid, 7);
	is(st.st_mode & 07777, 02755);
	/* a write takes set-id bits away, but not from root */
	ok(k_chmod("/pub/own", 04777));
	fake_as_root(0);
	ok(put("/pub/own", "y"));
	fake_as_root(1);
	ok(k_stat("/pub/own", &st));
	is(st.st_mode & 07777, 0777);
	ok(k_rmdir("/pub/sub"));
	ok(k_unlink("/pub/own"));
	ok(k_unlink("/pub/ro"));
	ok(k_unlink("/pub/fifo"));
	ok(k_unlink("/pub/root"));
	ok(k_unlink("/p/secret"));
	ok(k_rmdir("/pub"));
	ok(k_rmdir("/p"));
}
END_TEST

START_TEST(test_descriptors)
{
	char buf[16];
	int i, fd;

	ok(put("/f", "abcdef"));
	is(k_open("/f", O_RDONLY, 0), 0);
	is(k_open("/f", O_RDONLY | O_CLOEXEC, 0), 1);
	is(k_fcntl(0, F_GETFD, 0), 0);
	is(k_fcntl(1, F_GETFD, 0), FD_CLOEXEC);
	is(k_dup(0), 2);
	is(k_read(0, buf, 2), 2);
	is(k_read(2, buf, 2), 2);
	is(buf[0], 'c'); /* one position for both */
	is(k_dup2(0, 0), 0);
	fails(k_dup2(50, 50), EBADF);
	fails(k_dup3(0, 0, 0), EINVAL);
	is(k_dup2(0, 200), 200);
	is(k_dup3(0, 1, O_CLOEXEC), 1);
	is(k_fcntl(0, F_DUPFD, 100), 100);
	is(k_fcntl(0, F_DUPFD_CLOEXEC, 100), 101);
	fails(k_fcntl(0, F_DUPFD, 1024), EINVAL);
	fails(k_dup2(0, 1024), EBADF);
	ok(k_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC));
	is(k_fcntl(100, F_GETFD, 0), FD_CLOEXEC);
	ok(k_close_range(3, ~0u, 0));
	fails(k_close(100), EBADF);
	fails(k_close_range(5, 3, 0), EINVAL);
	/* the table is full */
	fake_nofile(8);
	for (i = 3; i < 8; i++)
		is(k_dup(0), i);
	fails(k_dup(0), EMFILE);
	fails(k_open("/new", O_CREAT | O_RDWR, 0600), EMFILE);
	ck_assert_str_eq(get("/new"), "?");
	ok(k_close(5));
	is(k_open("/f", O_RDONLY, 0), 5);
	fake_nofile(100000);
	/* many, with a table that grows; shared and not */
	for (i = 8; i < 3000; i++)
		is(k_dup(0), i);
	fake_share_files(1);
	for (; i < 5000; i++)
		is(k_dup(0), i);
	is(k_read(4321, buf, 1), 1);
	is(buf[0], 'e');
	fake_share_files(0);
	/* a copy holds files of its own */
	fake_task_switch(1);
	ok(k_close(4999));
	is(k_lseek(4000, 1, SEEK_SET), 1);
	fake_task_exit();
	is(k_read(4999, buf, 1), 1);
	is(buf[0], 'b');
	ok(k_close_range(0, ~0u, 0));
	is(fake_count(FAKE_FILES), 0);
	fake_nofile(1024);
	fd = (int)k_open("/f", O_RDONLY, 0);
	is(fd, 0);
	fails(k_lseek(fd, -1, SEEK_SET), EINVAL);
	is(k_lseek(fd, -1, SEEK_END), 5);
	fails(k_lseek(fd, 0, 9), EINVAL);
	ok(k_ioctl(fd, FIONREAD, (unsigned long)&i));
	is(i, 1);
	ok(k_ioctl(fd, FIOCLEX, 0));
	is(k_fcntl(fd, F_GETFD, 0), 1);
	fails(k_ioctl(fd, 0x5401, 0), ENOTTY);
	ok(k_close(fd));
	ok(k_unlink("/f"));
}
END_TEST

START_TEST(test_vectors)
{
	char a[4], b[8], big[40][3];
	struct iovec v[40];
	int fd = (int)k_open("/v", O_CREAT | O_RDWR, 0600), i;

	v[0] = (struct iovec){ (void *)"abc", 3 };
	v[1] = (struct iovec){ (void *)"", 0 };
	v[2] = (struct iovec){ (void *)"defgh", 5 };
	is(k_writev(fd, v, 3), 8);
	is(k_lseek(fd, 0, SEEK_SET), 0);
	v[0] = (struct iovec){ a, 4 };
	v[1] = (struct iovec){ b, 8 };
	is(k_readv(fd, v, 2), 8);
	ck_assert(!memcmp(a, "abcd", 4) && !memcmp(b, "efgh", 4));
	for (i = 0; i < 40; i++)
		v[i] = (struct iovec){ big[i], 3 };
	memset(big, 'z', sizeof(big));
	is(k_writev(fd, v, 40), 120);
	fails(k_readv(fd, v, 1025), EINVAL);
	is(k_readv(fd, v, 0), 0);
	is(k_pwrite(fd, "!", 1, 4000), 1);
	is(k_lseek(fd, 0, SEEK_END), 4001);
	fails(k_pread(fd, a, 1, -1), EINVAL);
	ok(k_read(fd, (void *)8, 1));
	is(k_lseek(fd, 0, SEEK_SET), 0);
	fails(k_read(fd, (void *)8, 1), EFAULT);
	ok(k_ftruncate(fd, 2));
	ck_assert_str_eq(get("/v"), "ab");
	ok(k_ftruncate(fd, 5));
	is(k_pread(fd, b, 8, 0), 5);
	ck_assert(!memcmp(b, "ab\0\0", 5));
	fails(k_truncate("/", 1), EISDIR);
	fails(k_truncate("/v", -1), EINVAL);
	ok(k_close(fd));
	ok(k_unlink("/v"));
}
END_TEST

struct dirent64_k {
	unsigned long ino;
	long off;
	unsigned short len;
	unsigned char type;
	char name[];
};

START_TEST(test_getdents)
{
	char buf[256], path[32];
	int fd, i, seen = 0, calls = 0;
	long n, at;

	ok(k_mkdir("/dir", 0755));
	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/dir/name%d", i);
		ok(put(path, ""));
	}
	fd = (int)k_open("/dir", O_RDONLY, 0);
	fails(k_getdents64(fd, buf, 10), EINVAL);
	while ((n = k_getdents64(fd, buf, sizeof(buf))) > 0) {
		calls++;
		for (at = 0; at < n;) {
			struct dirent64_k *d = (void *)(buf + at);

			ck_assert(d->len % 8 == 0);
			seen += d->name[0] == 'n';
			/* removing while reading loses nothing */
			if (d->name[0] == 'n') {
				snprintf(path, sizeof(path), "/dir/%s",
					 d->name);
				ok(k_unlink(path));
			}
			at += d->len;
		}
	}
	ok(n);
	is(seen, 100);
	ck_assert(calls > 10);
	is(k_lseek(fd, 0, SEEK_SET), 0);
	ck_assert(k_getdents64(fd, buf, sizeof(buf)) > 0);
	ok(k_rmdir("/dir"));
	fails(k_getdents64(fd, buf, sizeof(buf)), ENOENT);
	ok(k_close(fd));
	fd = (int)k_open("/f", O_CREAT | O_RDWR, 0600);
	fails(k_getdents64(fd, buf, sizeof(buf)), ENOTDIR);
	ok(k_close(fd));
	ok(k_unlink("/f"));
}
END_TEST

START_TEST(test_mounts)
{
	struct stat a, b;
	char buf[64];
	int fd;

	ok(k_mkdir("/m", 0755));
	ok(k_mkdir("/n", 0755));
	ok(put("/m/under", "u"));
	fails(k_mount("t", "/none", "tmpfs", 0), ENOENT);
	fails(k_mount("t", "/m", "nofs", 0), ENODEV);
	ok(k_stat("/m/under", &a));
	ok(k_mount("t", "/m", "tmpfs", 0));
	fails(k_stat("/m/under", &a), ENOENT);
	ok(put("/m/over", "o"));
	ok(k_stat("/m", &a));
	ok(k_stat("/", &b));
	ck_assert(a.st_dev != b.st_dev);
	fails(k_rmdir("/m"), EBUSY);
	fails(k_rename("/m", "/mm"), EBUSY);
	fails(k_link("/m/over", "/over"), EXDEV);
	fails(k_rename("/m/over", "/over"), EXDEV);
	ok(k_chdir("/m"));
	ok(k_stat("..", &a));
	is(a.st_ino, b.st_ino);
	fails(k_umount("/m", 0), EBUSY);
	is(k_getcwd(buf, sizeof(buf)), 3);
	ck_assert_str_eq(buf, "/m");
	ok(k_chdir("/"));
	fails(k_umount("/n", 0), EINVAL);
	/* bind, with a mount below it */
	ok(k_mkdir("/m/sub", 0755));
	ok(k_mount("s", "/m/sub", "tmpfs", 0));
	ok(put("/m/sub/x", "x"));
	ok(k_mount("/m", "/n", NULL, MS_BIND));
	ck_assert_str_eq(get("/n/over"), "o");
	fails(k_stat("/n/sub/x", &a), ENOENT);
	ok(k_umount("/n", 0));
	ok(k_mount("/m", "/n", NULL, MS_BIND | MS_REC));
	ck_assert_str_eq(get("/n/sub/x"), "x");
	fails(k_umount("/n", 0), EBUSY);
	ok(k_umount("/n", MNT_DETACH));
	fails(k_stat("/n/over", &a), ENOENT);
	/* read-only, by mount and by instance */
	ok(k_mount(NULL, "/m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY));
	fails(k_open("/m/new", O_CREAT | O_RDWR, 0600), EROFS);
	fails(k_open("/m/over", O_RDWR, 0), EROFS);
	fails(k_mkdir("/m/over", 0700), EEXIST);
	fails(k_unlink("/m/over"), EROFS);
	fails(k_chmod("/m/over", 0600), EROFS);
	fails(k_access("/m/over", W_OK), EROFS);
	ok(k_mount(NULL, "/m", NULL, MS_REMOUNT));
	fd = (int)k_open("/m/over", O_RDWR, 0);
	fails(k_mount(NULL, "/m", NULL, MS_REMOUNT | MS_RDONLY), EBUSY);
	ok(k_close(fd));
	ok(k_mount(NULL, "/m", NULL, MS_REMOUNT | MS_RDONLY));
	fails(k_open("/m/over", O_RDWR, 0), EROFS);
	ok(k_mount(NULL, "/m", NULL, MS_REMOUNT | MS_NOEXEC));
	ok(k_chmod("/m/over", 0755));
	fails(k_access("/m/over", X_OK), EACCES);
	/* move */
	fails(k_mount("/m", "/m/sub", NULL, MS_MOVE), ELOOP);
	ok(k_mount("/m", "/n", NULL, MS_MOVE));
	ck_assert_str_eq(get("/m/under"), "u");
	ck_assert_str_eq(get("/n/sub/x"), "x");
	/* a file that is still open keeps a detached mount */
	fd = (int)k_open("/n/over", O_RDONLY, 0);
	ok(k_umount("/n", MNT_DETACH));
	is(k_read(fd, buf, 4), 1);
	ok(k_close(fd));
	ok(k_unlink("/m/under"));
	ok(k_rmdir("/m"));
	ok(k_rmdir("/n"));
}
END_TEST

START_TEST(test_chroot_pivot)
{
	struct stat a, b;
	char buf[64];
	int fd;

	ok(k_mkdir("/jail", 0755));
	ok(k_mkdir("/jail/in", 0755));
	ok(put("/jail/f", "j"));
	ok(k_symlink("/f", "/jail/l"));
	fd = (int)k_open("/", O_RDONLY | O_DIRECTORY, 0);
	ok(k_chroot("/jail"));
	ck_assert_str_eq(get("/l"), "j");
	ok(k_stat("/../..", &a));
	ok(k_stat("/", &b));
	is(a.st_ino, b.st_ino);
	/* the working directory stayed outside: getcwd says so */
	is(k_getcwd(buf, sizeof(buf)), 15);
	ck_assert_str_eq(buf, "(unreachable)/");
	ok(k_fchdir(fd));
	ok(k_chroot("."));
	is(k_getcwd(buf, sizeof(buf)), 2);
	ok(k_close(fd));
	ok(k_unlink("/jail/f"));
	ok(k_unlink("/jail/l"));
	ok(k_rmdir("/jail/in"));
	/* pivot_root onto a mount and back */
	ok(k_mount("new", "/jail", "tmpfs", 0));
	ok(k_mkdir("/jail/old", 0755));
	ok(put("/jail/here", "new root"));
	fails(k_pivot_root("/jail", "/"), EBUSY);
	ok(k_pivot_root("/jail", "/jail/old"));
	ck_assert_str_eq(get("/old/jail/none"), "?");
	ok(k_stat("/old/jail", &a));
	ck_assert_str_eq(get("/here"), "new root");
	ok(k_chdir("/"));
	is(k_getcwd(buf, sizeof(buf)), 2);
	ok(k_pivot_root("/old", "/old/jail"));
	ok(k_chdir("/"));
	ck_assert_str_eq(get("/jail/here"), "new root");
	ok(k_umount("/jail", 0));
	ok(k_rmdir("/jail"));
}
END_TEST

static long at2(int dfd, const char *p, unsigned long flags,
		unsigned long resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };
	long fd = k_openat2(dfd, p, &how, sizeof(how));

	if (fd >= 0)
		ok(k_close((int)fd));
	return fd < 0 ? fd : 0;
}

START_TEST(test_openat2)
{
	struct {
		struct open_how how;
		long more;
	} big = { .how.flags = O_RDONLY };
	int d;

	ok(k_mkdir("/r", 0755));
	ok(k_mkdir("/r/s", 0755));
	ok(put("/r/f", "f"));
	ok(put("/out", "o"));
	ok(k_symlink("../f", "/r/s/in"));
	ok(k_symlink("../../out", "/r/s/esc"));
	ok(k_symlink("/f", "/r/abs"));
	ok(k_mkdir("/r/mnt", 0755));
	ok(k_mount("t", "/r/mnt", "tmpfs", 0));
	d = (int)k_open("/r", O_PATH, 0);
	ok(at2(d, "f", O_RDONLY, RESOLVE_BENEATH));
	ok(at2(d, "s/in", O_RDONLY, RESOLVE_BENEATH));
	fails(at2(d, "s/esc", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	fails(at2(d, "../out", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	fails(at2(d, "/f", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	fails(at2(d, "abs", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	ok(at2(d, "abs", O_RDONLY, RESOLVE_IN_ROOT));
	ok(at2(d, "/f", O_RDONLY, RESOLVE_IN_ROOT));
	ok(at2(d, "../../f", O_RDONLY, RESOLVE_IN_ROOT));
	fails(at2(d, "s/in", O_RDONLY, RESOLVE_NO_SYMLINKS), ELOOP);
	fails(at2(d, "mnt", O_RDONLY, RESOLVE_NO_XDEV), EXDEV);
	ok(at2(d, "s", O_RDONLY, RESOLVE_NO_XDEV));
	ok(at2(d, "f", O_RDONLY, RESOLVE_CACHED));
	fake_shrink();
	fails(at2(d, "s/in", O_RDONLY, RESOLVE_CACHED), EAGAIN);
	fails(at2(d, "f", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL);
	fails(at2(d, "f", 1ul << 40, 0), EINVAL);
	is(k_openat2(d, "f", &big, sizeof(big)), d + 1);
	ok(k_close(d + 1));
	big.more = 1;
	fails(k_openat2(d, "f", &big, sizeof(big)), E2BIG);
	fails(k_openat2(d, "f", &big, 8), EINVAL);
	ok(k_close(d));
	ok(k_umount("/r/mnt", 0));
	ok(k_rmdir("/r/mnt"));
	ok(k_unlink("/r/abs"));
	ok(k_unlink("/r/s/esc"));
	ok(k_unlink("/r/s/in"));
	ok(k_unlink("/r/f"));
	ok(k_unlink("/out"));
	ok(k_rmdir("/r/s"));
	ok(k_rmdir("/r"));
}
END_TEST

static long lock_range(int fd, unsigned cmd, short type, long start, long len)
{
	struct flock fl = { .l_type = type, .l_start = start, .l_len = len };

	return k_fcntl(fd, cmd, (unsigned long)&fl);
}

/* The first lock in the way of a write to the range: "R 3-7", or "-". */
static const char *blocker(int fd, unsigned cmd, long start, long len)
{
	static char buf[64];
	struct flock fl = { .l_type = F_WRLCK, .l_start = start, .l_len = len };

	ok(k_fcntl(fd, cmd, (unsigned long)&fl));
	if (fl.l_type == F_UNLCK)
		return "-";
	snprintf(buf, sizeof(buf), "%c %ld-%ld",
		 fl.l_type == F_RDLCK ? 'R' : 'W', (long)fl.l_start,
		 fl.l_len ? (long)(fl.l_start + fl.l_len - 1) : -1L);
	return buf;
}

START_TEST(test_locks)
{
	int a = (int)k_open("/lock", O_CREAT | O_RDWR, 0600);
	int b = (int)k_open("/lock", O_RDWR, 0);

	/* flock: by open file description */
	ok(k_flock(a, LOCK_SH));
	ok(k_flock(b, LOCK_SH | LOCK_NB));
	fails(k_flock(a, LOCK_EX | LOCK_NB), EAGAIN);
	ok(k_flock(b, LOCK_UN));
	ok(k_flock(a, LOCK_EX | LOCK_NB));
	fails(k_flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	fake_signal(1);
	fails(k_flock(b, LOCK_EX), 512);
	fake_signal(0);
	fails(k_flock(b, 17), EINVAL);
	ok(k_flock(a, LOCK_UN));
	/* records: never in one's own way */
	ok(lock_range(a, F_SETLK, F_WRLCK, 0, 10));
	ok(lock_range(b, F_SETLK, F_RDLCK, 4, 2));
	ck_assert_str_eq(blocker(b, F_GETLK, 0, 0), "-");
	fake_task_switch(1);
	ck_assert_str_eq(blocker(b, F_GETLK, 0, 0), "W 0-3");
	ck_assert_str_eq(blocker(b, F_GETLK, 4, 1), "R 4-5");
	ck_assert_str_eq(blocker(b, F_GETLK, 6, 0), "W 6-9");
	ck_assert_str_eq(blocker(b, F_GETLK, 10, 0), "-");
	ok(lock_range(b, F_SETLK, F_RDLCK, 4, 2));
	fails(lock_range(b, F_SETLK, F_RDLCK, 0, 2), EAGAIN);
	fake_signal(1);
	fails(lock_range(b, F_SETLKW, F_WRLCK, 0, 2), 512);
	fake_signal(0);
	ok(lock_range(b, F_SETLK, F_WRLCK, 100, 0));
	fake_task_switch(0);
	fails(lock_range(a, F_SETLK, F_WRLCK, 5, 1), EAGAIN);
	ck_assert_str_eq(blocker(a, F_GETLK, 50, 0), "W 100--1");
	/* the parts grow together again */
	fake_task_switch(1);
	ok(lock_range(b, F_SETLK, F_UNLCK, 0, 0));
	fake_task_switch(0);
	ok(lock_range(a, F_SETLK, F_WRLCK, 4, 2));
	fake_task_switch(1);
	ck_assert_str_eq(blocker(b, F_GETLK, 5, 0), "W 0-9");
	fake_task_switch(0);
	ok(lock_range(a, F_SETLK, F_WRLCK, 10, 5));
	ok(lock_range(a, F_SETLK, F_UNLCK, 3, 3));
	fake_task_switch(1);
	ck_assert_str_eq(blocker(b, F_GETLK, 0, 0), "W 0-2");
	ck_assert_str_eq(blocker(b, F_GETLK, 3, 0), "W 6-14");
	/* closing any descriptor of the file lets go */
	fake_task_switch(0);
	ok(k_close(b));
	fake_task_switch(1);
	ck_assert_str_eq(blocker(b, F_GETLK, 0, 0), "-");
	/* by open file description */
	ok(lock_range(b, F_OFD_SETLK, F_WRLCK, 0, 5));
	fails(lock_range(a, F_OFD_SETLK, F_RDLCK, 4, 1), EAGAIN);
	fake_task_exit();
	ok(lock_range(a, F_OFD_SETLK, F_WRLCK, 0, 5));
	ok(k_close(a));
	ok(k_unlink("/lock"));
}
END_TEST

static int next_event(int fd, unsigned *mask, char *name)
{
	static char buf[512];
	static long have, at;
	struct inotify_event *e;

	if (at == have) {
		at = 0;
		have = k_read(fd, buf, sizeof(buf));
		if (have < 0) {
			int err = (int)have;

			have = 0;
			return err;
		}
	}
	e = (void *)(buf + at);
	at += (long)(sizeof(*e) + e->len);
	*mask = e->mask;
	strcpy(name, e->len ? e->name : "");
	return e->wd;
}

#define event(w, m, s)                                              \
	do {                                                        \
		is(next_event(in, &mask, name), w);                 \
		ck_assert_msg(mask == (m), "mask %x, not %x", mask, \
			      (unsigned)(m));                       \
		ck_assert_str_eq(name, s);                          \
	} while (0)

START_TEST(test_inotify)
{
	unsigned mask;
	char name[256];
	int in, fd, wd, wf;

	ok(k_mkdir("/w", 0755));
	in = (int)k_inotify_init1(IN_NONBLOCK);
	fails(next_event(in, &mask, name), EAGAIN);
	wd = (int)k_inotify_add(in, "/w", IN_ALL_EVENTS);
	is(wd, 1);
	is(k_inotify_add(in, "/w", IN_ALL_EVENTS), 1);
	fails(k_inotify_add(in, "/w", IN_ALL_EVENTS | IN_MASK_CREATE), EEXIST);
	fails(k_inotify_add(in, "/none", IN_CREATE), ENOENT);
	fails(k_inotify_add(in, "/w", 0), EINVAL);
	fd = (int)k_open("/w/f", O_CREAT | O_RDWR, 0600);
	event(wd, IN_CREATE, "f");
	event(wd, IN_OPEN, "f");
	is(k_write(fd, "x", 1), 1);
	is(k_write(fd, "x", 1), 1); /* twice the same is once */
	event(wd, IN_MODIFY, "f");
	is(k_pread(fd, name, 1, 0), 1);
	event(wd, IN_ACCESS, "f");
	ok(k_close(fd));
	event(wd, IN_CLOSE_WRITE, "f");
	ok(k_rename("/w/f", "/w/g"));
	event(wd, IN_MOVED_FROM, "f");
	event(wd, IN_MOVED_TO, "g");
	wf = (int)k_inotify_add(in, "/w/g",
				IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
	ok(k_chmod("/w/g", 0644));
	event(wd, IN_ATTRIB, "g");
	event(wf, IN_ATTRIB, "");
	ok(k_mkdir("/w/d", 0755));
	event(wd, IN_CREATE | IN_ISDIR, "d");
	ok(k_rmdir("/w/d"));
	event(wd, IN_DELETE | IN_ISDIR, "d");
	ok(k_unlink("/w/g"));
	event(wf, IN_ATTRIB, "");
	event(wd, IN_DELETE, "g");
	event(wf, IN_DELETE_SELF, "");
	event(wf, IN_IGNORED, "");
	fails(k_inotify_rm(in, wf), EINVAL);
	ok(k_inotify_rm(in, wd));
	event(wd, IN_IGNORED, "");
	fails(next_event(in, &mask, name), EAGAIN);
	is(k_inotify_add(in, "/w", IN_CREATE | IN_ONESHOT), 3);
	ok(put("/w/one", ""));
	ok(put("/w/two", ""));
	event(3, IN_CREATE, "one");
	event(3, IN_IGNORED, "");
	fails(next_event(in, &mask, name), EAGAIN);
	k_inotify_add(in, "/w", IN_CREATE);
	ok(k_close(in));
	ok(k_unlink("/w/one"));
	ok(k_unlink("/w/two"));
	ok(k_rmdir("/w"));
}
END_TEST

START_TEST(test_tmpfile_memfd)
{
	char path[64], buf[64];
	struct stat st;
	int fd;

	fails(k_open("/", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	fd = (int)k_open("/", O_TMPFILE | O_RDWR, 0600);
	ck_assert_int_ge(fd, 0);
	is(k_write(fd, "temp", 4), 4);
	ok(k_fstat(fd, &st));
	is(st.st_nlink, 0);
	snprintf(path, sizeof(path), "/#%lu (deleted)", st.st_ino);
	ck_assert_str_eq(k_fdpath(fd, buf, sizeof(buf)), path);
	ok(k_linkat(fd, "", AT_FDCWD, "/named", AT_EMPTY_PATH));
	ck_assert_str_eq(get("/named"), "temp");
	ok(k_close(fd));
	ok(k_unlink("/named"));
	fd = (int)k_open("/", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	fails(k_linkat(fd, "", AT_FDCWD, "/named", AT_EMPTY_PATH), ENOENT);
	ok(k_close(fd));
	fd = (int)k_memfd("blob", 2);
	ck_assert_str_eq(k_fdpath(fd, buf, sizeof(buf)),
			 "/memfd:blob (deleted)");
	is(k_write(fd, "12345", 5), 5);
	ok(k_fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	is(k_fcntl(fd, F_GET_SEALS, 0), F_SEAL_SHRINK | F_SEAL_GROW);
	fails(k_ftruncate(fd, 1), EPERM);
	fails(k_ftruncate(fd, 100), EPERM);
	is(k_pwrite(fd, "x", 1, 0), 1);
	ok(k_fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
	fails(k_pwrite(fd, "x", 1, 0), EPERM);
	fails(k_fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	ok(k_close(fd));
}
END_TEST

START_TEST(test_busy_text)
{
	int fd;

	ok(put("/prog", "#!"));
	fails(k_exec_hold("/prog", 1), EACCES);
	ok(k_chmod("/prog", 0755));
	fd = (int)k_open("/prog", O_WRONLY, 0);
	fails(k_exec_hold("/prog", 1), ETXTBSY);
	ok(k_close(fd));
	ok(k_exec_hold("/prog", 1));
	fails(k_open("/prog", O_RDWR, 0), ETXTBSY);
	fails(k_truncate("/prog", 0), ETXTBSY);
	ok(k_unlink("/prog"));
	ok(put("/prog", "other"));
	ok(k_unlink("/prog"));
}
END_TEST

START_TEST(test_times)
{
	struct timespec t[2] = { { 1, 2 }, { 3, 4 } };
	struct stat a, b;

	ok(put("/t", "t"));
	ok(k_utimensat(AT_FDCWD, "/t", t, 0));
	ok(k_stat("/t", &a));
	is(a.st_atim.tv_sec, 1);
	is(a.st_mtim.tv_nsec, 4);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	ok(k_utimensat(AT_FDCWD, "/t", t, 0));
	ok(k_stat("/t", &b));
	is(b.st_atim.tv_sec, 1);
	ck_assert_int_gt(b.st_mtim.tv_sec, 1000000000);
	t[1].tv_nsec = 2000000000;
	fails(k_utimensat(AT_FDCWD, "/t", t, 0), EINVAL);
	/* relatime: the first read after a change shows, the second not */
	ck_assert_str_eq(get("/t"), "t");
	ok(k_stat("/t", &a));
	ck_assert_int_gt(a.st_atim.tv_sec, 1);
	ck_assert_str_eq(get("/t"), "t");
	ok(k_stat("/t", &b));
	ok(memcmp(&a.st_atim, &b.st_atim, sizeof(a.st_atim)));
	ok(k_unlink("/t"));
}
END_TEST

START_TEST(test_copying)
{
	char big[20000], back[20000], buf[16];
	int a, b, p[2];
	long off = 2, out = 0;
	unsigned i;

	for (i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	a = (int)k_open("/a", O_CREAT | O_RDWR, 0600);
	b = (int)k_open("/b", O_CREAT | O_RDWR, 0600);
	is(k_write(a, big, sizeof(big)), sizeof(big));
	is(k_sendfile(b, a, &off, 5000), 5000);
	is(off, 5002);
	is(k_lseek(b, 0, SEEK_CUR), 5000);
	is(k_pread(b, back, 5000, 0), 5000);
	ck_assert(!memcmp(back, big + 2, 5000));
	off = 0;
	is(k_copy_file_range(a, &off, b, &out, 30000), sizeof(big));
	is(k_pread(b, back, sizeof(back), 0), sizeof(back));
	ck_assert(!memcmp(back, big, sizeof(big)));
	off = 0;
	out = 10;
	fails(k_copy_file_range(a, &off, a, &out, 100), EINVAL);
	ok(k_pipe(p));
	off = 1;
	is(k_splice(a, &off, p[1], NULL, 10000, 0), 10000);
	is(off, 10001);
	out = 0;
	is(k_splice(p[0], NULL, b, &out, 20000, 0), 10000);
	is(k_pread(b, back, 10000, 0), 10000);
	ck_assert(!memcmp(back, big + 1, 10000));
	fails(k_splice(a, NULL, b, NULL, 10, 0), EINVAL);
	fails(k_splice(p[0], &off, b, NULL, 10, 0), ESPIPE);
	fails(k_splice(p[0], NULL, b, NULL, 10, 2), EAGAIN);
	fails(k_lseek(p[0], 0, SEEK_SET), ESPIPE);
	fails(k_pread(p[0], buf, 1, 0), ESPIPE);
	ok(k_close(p[0]));
	ok(k_close(p[1]));
	fails(k_fallocate(a, 0, 0, 0), EINVAL);
	ok(k_fallocate(a, 0, 0, 30000));
	is(k_lseek(a, 0, SEEK_END), 30000);
	ok(k_fallocate(a, 3, 0, 4096));
	is(k_pread(a, buf, 1, 100), 1);
	is(buf[0], 0);
	ok(k_close(a));
	ok(k_close(b));
	ok(k_unlink("/a"));
	ok(k_unlink("/b"));
}
END_TEST

START_TEST(test_xattr)
{
	char buf[16];

	ok(put("/x", ""));
	ok(k_setxattr("/x", "user.a", "val", 3, 0));
	is(k_getxattr("/x", "user.a", NULL, 0), 3);
	is(k_getxattr("/x", "user.a", buf, 16), 3);
	fails(k_getxattr("/x", "user.a", buf, 2), ERANGE);
	fails(k_getxattr("/x", "user.b", buf, 2), ENODATA);
	fails(k_setxattr("/x", "user.a", "v", 1, 1), EEXIST);
	fails(k_setxattr("/x", "user.b", "v", 1, 2), ENODATA);
	fails(k_setxattr("/x", "bogus.b", "v", 1, 0), EOPNOTSUPP);
	ok(k_unlink("/x"));
}
END_TEST

/* Dentries come and go; what is idle can all be taken back. */
START_TEST(test_cache)
{
	unsigned long before, inodes;
	struct stat st;
	char path[64];
	int i;

	fake_shrink();
	before = fake_count(FAKE_DENTRIES);
	inodes = fake_count(FAKE_INODES);
	ok(k_mkdir("/many", 0755));
	for (i = 0; i < 30000; i++) {
		snprintf(path, sizeof(path), "/many/%d", i);
		fails(k_stat(path, &st), ENOENT);
	}
	ck_assert_int_lt(fake_count(FAKE_DENTRIES), 17000);
	for (i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "/many/%d", i);
		ok(put(path, "x"));
		ok(k_stat(path, &st));
	}
	fake_shrink();
	is(fake_count(FAKE_DENTRIES), before);
	for (i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "/many/%d", i);
		ok(k_stat(path, &st));
		ok(k_unlink(path));
		fails(k_stat(path, &st), ENOENT);
	}
	ok(k_rmdir("/many"));
	fake_shrink();
	is(fake_count(FAKE_DENTRIES), before);
	is(fake_count(FAKE_INODES), inodes);
	is(fake_count(FAKE_FILES), 0);
}
END_TEST

/* Every test leaves the tree as it found it: so many objects, no more. */
START_TEST(test_nothing_left)
{
	unsigned long inodes, refs;

	fake_shrink();
	inodes = fake_count(FAKE_INODES);
	refs = fake_count(FAKE_MOUNT_REFS);
	test_rename_fn(_i);
	test_mounts_fn(_i);
	test_symlinks_fn(_i);
	test_permission_fn(_i);
	test_inotify_fn(_i);
	test_locks_fn(_i);
	test_openat2_fn(_i);
	test_tmpfile_memfd_fn(_i);
	test_copying_fn(_i);
	fake_shrink();
	is(fake_count(FAKE_FILES), 0);
	is(fake_count(FAKE_INODES), inodes);
	is(fake_count(FAKE_MOUNT_REFS), refs);
}
END_TEST

/*
 * Threads that walk, make, remove and move the same few names, while others
 * mount and shrink. What can be said of each result is little (the errno is one
 * that the call may have), but nothing may crash, hang or stay behind; and the
 * file that nobody moves is always found.
 */
#define RACERS 4
static int race_stop;

static unsigned race_rand(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 12) % n;
}

static void race_name(unsigned *seed, char *buf, int deep)
{
	static const char *const dirs[] = { "/a",   "/b", "/a/c",
					    "/b/d", "/m", "/l" };

	strcpy(buf, dirs[race_rand(seed, 6)]);
	if (deep)
		sprintf(buf + strlen(buf), "/%c", 'c' + race_rand(seed, 4));
}

static void *race_thread(void *arg)
{
	unsigned seed = (unsigned)(unsigned long)arg;
	char p[64], q[64], buf[64];
	struct stat st;
	long fd, n = 0;

	fake_thread_begin();
	while (!__atomic_load_n(&race_stop, __ATOMIC_RELAXED)) {
		race_name(&seed, p, 1);
		race_name(&seed, q, 1);
		switch (race_rand(&seed, 16)) {
		case 0:
			k_mkdir(p, 0755);
			break;
		case 1:
			k_rmdir(p);
			break;
		case 2:
		case 3:
			k_rename(p, q);
			break;
		case 4:
			k_renameat2(p, q, RENAME_EXCHANGE);
			break;
		case 5:
			k_unlink(p);
			break;
		case 6:
		case 7:
			fd = k_open(p, O_CREAT | O_RDWR, 0644);
			if (fd >= 0) {
				ck_assert_int_eq(k_write((int)fd, "x", 1), 1);
				ok(k_close((int)fd));
			}
			break;
		case 8:
			k_link(p, q);
			break;
		case 9:
			if (arg == (void *)1)
				k_mount("t", "/m", "tmpfs", 0);
			else
				fake_shrink_some();
			break;
		case 10:
			if (arg == (void *)1)
				k_umount("/m", MNT_DETACH);
			break;
		case 11:
			fd = k_open(p, O_PATH, 0);
			if (fd >= 0) {
				k_fdpath((int)fd, buf, sizeof(buf));
				k_fstat((int)fd, &st);
				ok(k_close((int)fd));
			}
			break;
		default:
			k_stat(p, &st);
			k_lstat(q, &st);
			ok(k_stat("/still/here/../here/./now", &st));
			ck_assert(S_ISREG(st.st_mode));
		}
		n++;
	}
	fake_thread_end();
	return (void *)n;
}

/* By steps, as trees that were moved into each other get deep. */
static void remove_all(const char *name)
{
	char buf[1024];
	long n, at;
	int fd = (int)k_open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd < 0) {
		ok(k_unlink(name));
		return;
	}
	ok(k_fchdir(fd));
	while ((n = k_getdents64(fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n;) {
			struct dirent64_k *d = (void *)(buf + at);

			at += d->len;
			if (strcmp(d->name, ".") && strcmp(d->name, ".."))
				remove_all(d->name);
		}
	}
	ok(n);
	ok(k_close(fd));
	ok(k_chdir(".."));
	ok(k_rmdir(name));
}

START_TEST(test_race)
{
	struct timespec wait = { 2, 0 };
	unsigned long inodes, refs;
	pthread_t t[RACERS];
	long i;

	ok(k_mkdir("/still", 0755));
	ok(k_mkdir("/still/here", 0755));
	ok(put("/still/here/now", "!"));
	ok(k_symlink("/a/c", "/l"));
	fake_shrink();
	inodes = fake_count(FAKE_INODES);
	refs = fake_count(FAKE_MOUNT_REFS);
	ok(k_mkdir("/a", 0755));
	ok(k_mkdir("/b", 0755));
	ok(k_mkdir("/m", 0755));
	for (i = 0; i < RACERS; i++)
		ok(pthread_create(&t[i], NULL, race_thread, (void *)(i + 1)));
	nanosleep(&wait, NULL);
	__atomic_store_n(&race_stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < RACERS; i++)
		ok(pthread_join(t[i], NULL));
	while (k_umount("/m", MNT_DETACH) == 0)
		;
	remove_all("/a");
	remove_all("/b");
	remove_all("/m");
	fake_shrink();
	is(fake_count(FAKE_FILES), 0);
	is(fake_count(FAKE_INODES), inodes);
	is(fake_count(FAKE_MOUNT_REFS), refs);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vfs");
	TCase *tc = tcase_create("calls");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_open_flags);
	tcase_add_test(tc, test_symlinks);
	tcase_add_test(tc, test_names);
	tcase_add_test(tc, test_rename);
	tcase_add_test(tc, test_permission);
	tcase_add_test(tc, test_descriptors);
	tcase_add_test(tc, test_vectors);
	tcase_add_test(tc, test_getdents);
	tcase_add_test(tc, test_mounts);
	tcase_add_test(tc, test_chroot_pivot);
	tcase_add_test(tc, test_openat2);
	tcase_add_test(tc, test_locks);
	tcase_add_test(tc, test_inotify);
	tcase_add_test(tc, test_tmpfile_memfd);
	tcase_add_test(tc, test_busy_text);
	tcase_add_test(tc, test_times);
	tcase_add_test(tc, test_copying);
	tcase_add_test(tc, test_xattr);
	tcase_add_test(tc, test_cache);
	tcase_add_test(tc, test_nothing_left);
	tcase_add_test(tc, test_race);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
