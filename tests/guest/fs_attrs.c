// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of inodes (immutable, append-only), file handles, and mounts by
 * number: ioctl_iflags(2), name_to_handle_at(2), statmount(2). On the host in a
 * file system that has them, else skipped.
 */
#include "t.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define GETFLAGS  0x80086601ul
#define SETFLAGS  0x40086602ul
#define IMMUTABLE 0x10u
#define APPEND	  0x20u
#define NODUMP	  0x40u
#define TMPFS	  0x01021994

/* A file of its own in a tmpfs. */
static char path[64];
static int fresh(void)
{
	static const char *const places[] = { "/dev/shm", "/tmp", "/run" };
	struct statfs st;
	unsigned flags;
	int fd;

	for (int i = 0; i < 3; i++) {
		if (statfs(places[i], &st) || st.f_type != TMPFS)
			continue;
		snprintf(path, sizeof(path), "%s/attrs-XXXXXX", places[i]);
		fd = mkstemp(path);
		if (fd >= 0 && !ioctl(fd, GETFLAGS, &flags))
			return fd;
		if (fd >= 0) {
			close(fd);
			unlink(path);
		}
	}
	SKIP("no tmpfs with attributes here");
}

static int set(int fd, unsigned flags)
{
	return ioctl(fd, SETFLAGS, &flags);
}

T(nodump_is_the_owners)
{
	int fd = fresh();
	struct statx sx;
	unsigned flags;

	CHECK_EQ(set(fd, NODUMP), 0);
	CHECK_EQ(ioctl(fd, GETFLAGS, &flags), 0);
	CHECK_EQ(flags, NODUMP);
	CHECK_EQ(statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &sx), 0);
	CHECK(sx.stx_attributes & NODUMP);
	CHECK((sx.stx_attributes_mask & (IMMUTABLE | APPEND | NODUMP)) ==
	      (IMMUTABLE | APPEND | NODUMP));
	CHECK_ERRNO(set(fd, 1), EOPNOTSUPP);
	if (getuid())
		CHECK_ERRNO(set(fd, IMMUTABLE), EPERM);
	unlink(path);
}

T(immutable_files_stay_as_they_are)
{
	char other[80];
	int fd;

	if (getuid())
		SKIP("needs root");
	fd = fresh();
	snprintf(other, sizeof(other), "%s-2", path);
	if (set(fd, IMMUTABLE) && errno == EPERM) {
		unlink(path);
		SKIP("needs CAP_LINUX_IMMUTABLE");
	}
	CHECK_ERRNO(open(path, O_RDWR), EPERM);
	CHECK_ERRNO(open(path, O_RDONLY | O_TRUNC), EPERM);
	CHECK_ERRNO(unlink(path), EPERM);
	CHECK_ERRNO(link(path, other), EPERM);
	CHECK_ERRNO(rename(path, other), EPERM);
	CHECK_ERRNO(chmod(path, 0644), EPERM);
	CHECK_ERRNO(chown(path, 1, 1), EPERM);
	CHECK_ERRNO(utimensat(AT_FDCWD, path, NULL, 0), EPERM);
	CHECK_ERRNO(setxattr(path, "trusted.a", "b", 1, 0), EPERM);
	CHECK_ERRNO(fallocate(fd, 0, 0, 4096), EPERM);
	CHECK_EQ(set(fd, 0), 0);
	CHECK_EQ(chmod(path, 0644), 0);
	CHECK_EQ(unlink(path), 0);
}

T(append_only_files_grow)
{
	int fd, a;

	if (getuid())
		SKIP("needs root");
	fd = fresh();
	if (set(fd, APPEND) && errno == EPERM) {
		unlink(path);
		SKIP("needs CAP_LINUX_IMMUTABLE");
	}
	CHECK_ERRNO(open(path, O_WRONLY), EPERM);
	CHECK_ERRNO(open(path, O_WRONLY | O_APPEND | O_TRUNC), EPERM);
	a = open(path, O_WRONLY | O_APPEND);
	CHECK(a >= 0);
	CHECK_EQ(write(a, "x", 1), 1);
	CHECK_ERRNO(fcntl(a, F_SETFL, 0), EPERM);
	CHECK_ERRNO(ftruncate(a, 0), EPERM);
	CHECK_ERRNO(unlink(path), EPERM);
	CHECK_EQ(utimensat(AT_FDCWD, path, NULL, 0), 0);
	CHECK_EQ(set(fd, 0), 0);
	CHECK_EQ(unlink(path), 0);
}

struct handle {
	unsigned bytes;
	int type;
	unsigned char h[128];
};

T(a_handle_finds_the_file)
{
	struct handle h = { .bytes = 0 };
	struct stat a, b;
	int fd = fresh(), id, got;

	CHECK_ERRNO(syscall(SYS_name_to_handle_at, AT_FDCWD, path, &h, &id, 0),
		    EOVERFLOW);
	CHECK(h.bytes > 0 && h.bytes <= 128);
	CHECK_EQ(syscall(SYS_name_to_handle_at, AT_FDCWD, path, &h, &id, 0), 0);
	CHECK_ERRNO(
		syscall(SYS_name_to_handle_at, AT_FDCWD, path, &h, &id, 0x8000),
		EINVAL);
	CHECK_ERRNO(
		syscall(SYS_name_to_handle_at, AT_FDCWD, "nothing", &h, &id, 0),
		ENOENT);
	got = (int)syscall(SYS_open_by_handle_at, fd, &h, O_RDONLY);
	if (getuid()) {
		CHECK_EQ(got, -1);
		CHECK_EQ(errno, EPERM);
		unlink(path);
		return;
	}
	CHECK(got >= 0);
	CHECK_EQ(fstat(fd, &a), 0);
	CHECK_EQ(fstat(got, &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	close(got);
	CHECK_ERRNO(syscall(SYS_open_by_handle_at, -1, &h, O_RDONLY), EBADF);
	h.h[1] ^= 0x55;
	CHECK_ERRNO(syscall(SYS_open_by_handle_at, fd, &h, O_RDONLY), ESTALE);
	h.bytes = 0;
	CHECK_ERRNO(syscall(SYS_open_by_handle_at, fd, &h, O_RDONLY), EINVAL);
	h.bytes = 129;
	CHECK_ERRNO(syscall(SYS_name_to_handle_at, AT_FDCWD, path, &h, &id, 0),
		    EINVAL);
	unlink(path);
}

T(mounts_by_number)
{
	unsigned long long ids[64], req[4] = { 24, ~0ull, 0 };
	union {
		unsigned w[1024];
		unsigned long long q[512];
		char c[4096];
	} buf;
	long n = syscall(458, req, ids, 64, 0);
	struct statx sx;

	if (n < 0 && errno == ENOSYS)
		SKIP("no listmount");
	CHECK(n > 0);
	for (long i = 1; i < n; i++)
		CHECK(ids[i] > ids[i - 1]);
	CHECK_EQ(statx(AT_FDCWD, "/proc", 0, 0x4000, &sx), 0);
	CHECK(sx.stx_mask & 0x4000);
	req[1] = *(unsigned long long *)((char *)&sx + 0x90);
	req[2] = 1 | 2 | 0x10 | 0x20;
	CHECK_EQ(syscall(457, req, &buf, sizeof(buf), 0), 0);
	CHECK_EQ(buf.q[1], req[2]);
	CHECK_EQ(buf.q[3], 0x9fa0); /* procfs */
	CHECK_EQ(buf.q[5], req[1]);
	CHECK_STR(buf.c + 512 + buf.w[9], "proc");
	CHECK_STR(buf.c + 512 + buf.w[27], "/proc");
	CHECK_ERRNO(syscall(457, req, &buf, 512, 0), EOVERFLOW);
	CHECK_ERRNO(syscall(457, req, &buf, sizeof(buf), 1), EINVAL);
	req[1] = 1ull << 40;
	CHECK_ERRNO(syscall(457, req, &buf, sizeof(buf), 0), ENOENT);
	req[0] = 8;
	CHECK_ERRNO(syscall(457, req, &buf, sizeof(buf), 0), EINVAL);
	CHECK_ERRNO(syscall(458, req, ids, 64, 0), EINVAL);
	CHECK_ERRNO(syscall(458, req, ids, 64, 2), EINVAL);
}

T_MAIN
