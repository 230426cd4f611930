// SPDX-License-Identifier: GPL-2.0
/* open(2), openat2(2), O_TMPFILE, O_PATH, descriptors. */
#include "fs_util.h"
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>

T(open_errors)
{
	in_new_dir();
	put("f", "hello");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERRNO(open("no", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("no/way", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("", O_RDONLY), ENOENT);
	CHECK_ERRNO(open((char *)8, O_RDONLY), EFAULT);
	CHECK_ERRNO(open("f/x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("f/", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("f/.", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("f/..", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(open("f", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	CHECK_ERRNO(open("new/", O_CREAT | O_RDWR, 0600), EISDIR);
	CHECK_ERRNO(open(".", O_CREAT | O_RDWR, 0600), EISDIR);
	CHECK_ERRNO(open(".", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	CHECK_ERRNO(open("d", O_RDWR), EISDIR);
	CHECK_ERRNO(open("d", O_CREAT | O_RDONLY, 0600), EISDIR);
	CHECK_ERRNO(open("d", O_RDONLY | O_TRUNC), EISDIR);
	CHECK_ERRNO(open("f", O_CREAT | O_DIRECTORY | O_RDONLY, 0600), EINVAL);
	CHECK_ERRNO(openat(77, "f", O_RDONLY), EBADF);
	CHECK_ERRNO(openat(0, "f", O_RDONLY), ENOTDIR);
}

T(open_modes_and_flags)
{
	char buf[16];
	int fd;

	in_new_dir();
	put("f", "hello");
	fd = open("f", O_RDWR | O_APPEND);
	CHECK_EQ(write(fd, " world", 6), 6);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 11);
	CHECK_EQ(pwrite(fd, "!", 1, 0), 1); /* appends all the same */
	CHECK_EQ(pread(fd, buf, 6, 6), 6);
	CHECK(!memcmp(buf, "world!", 6));
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_APPEND | 0100000);
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK | 0100000);
	CHECK_EQ(close(fd), 0);
	CHECK_ERRNO(close(fd), EBADF);
	fd = open("f", O_WRONLY);
	CHECK_ERRNO(read(fd, buf, 1), EBADF);
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_ERRNO(write(fd, buf, 1), EBADF);
	CHECK_ERRNO(ftruncate(fd, 1), EINVAL);
	close(fd);
	fd = open("f", O_RDWR | O_TRUNC);
	CHECK_EQ(read(fd, buf, 1), 0);
	close(fd);
	fd = open(".", O_RDONLY);
	CHECK_ERRNO(read(fd, buf, 1), EISDIR);
	CHECK_ERRNO(ftruncate(fd, 1), EINVAL);
	close(fd);
	/* who makes a file may write it, whatever its mode */
	fd = open("ro", O_CREAT | O_WRONLY, 0400);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	CHECK_EQ(st_of("ro").st_mode, S_IFREG | 0400);
	umask(077);
	close(open("masked", O_CREAT | O_WRONLY, 0666));
	CHECK_EQ(st_of("masked").st_mode, S_IFREG | 0600);
	CHECK_EQ(umask(022), 077);
}

T(open_path_only)
{
	char buf[8];
	struct stat st;
	int fd, dir;

	in_new_dir();
	put("f", "hello");
	CHECK_EQ(symlink("f", "l"), 0);
	fd = open("f", O_PATH);
	CHECK_ERRNO(read(fd, buf, 1), EBADF);
	CHECK_ERRNO(fchmod(fd, 0600), EBADF);
	CHECK_ERRNO(fcntl(fd, F_SETFL, 0), EBADF);
	CHECK_ERRNO(ioctl(fd, FIONREAD, buf), EBADF);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(fcntl(fd, F_GETFL), O_PATH);
	close(fd);
	fd = open("l", O_PATH | O_NOFOLLOW);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(readlinkat(fd, "", buf, sizeof(buf)), 1);
	close(fd);
	dir = open(".", O_PATH | O_DIRECTORY);
	fd = openat(dir, "f", O_RDONLY);
	CHECK_EQ(read(fd, buf, 1), 1);
	CHECK_EQ(fchdir(dir), 0);
}

T(open_tmpfile)
{
	struct stat st;
	int fd;

	in_new_dir();
	CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	fd = open(".", O_TMPFILE | O_RDWR, 0640);
	if (fd < 0 && errno == EOPNOTSUPP)
		SKIP("no O_TMPFILE here");
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "temp", 4), 4);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	if (geteuid() == 0)
		CHECK_EQ(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH), 0);
	else {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		CHECK_EQ(linkat(AT_FDCWD, path, AT_FDCWD, "named",
				AT_SYMLINK_FOLLOW),
			 0);
	}
	CHECK_STR(get("named"), "temp");
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 1);
}

static long at2(int dfd, const char *p, unsigned long flags,
		unsigned long resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };
	long fd = syscall(SYS_openat2, dfd, p, &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? -1 : 0;
}

T(openat2_resolve)
{
	struct {
		struct open_how how;
		long more;
	} big = { .how = { .flags = O_RDONLY } };
	int d;

	in_new_dir();
	CHECK_EQ(mkdir("r", 0755), 0);
	CHECK_EQ(mkdir("r/s", 0755), 0);
	put("r/f", "f");
	put("out", "o");
	CHECK_EQ(symlink("../f", "r/s/in"), 0);
	CHECK_EQ(symlink("../../out", "r/s/esc"), 0);
	CHECK_EQ(symlink("/f", "r/abs"), 0);
	d = open("r", O_PATH);
	CHECK_EQ(at2(d, "f", O_RDONLY, RESOLVE_BENEATH), 0);
	CHECK_EQ(at2(d, "s/in", O_RDONLY, RESOLVE_BENEATH), 0);
	CHECK_EQ(at2(d, "s/../f", O_RDONLY, RESOLVE_BENEATH), 0);
	CHECK_ERRNO(at2(d, "s/esc", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(at2(d, "../out", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(at2(d, "/f", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(at2(d, "abs", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_EQ(at2(d, "abs", O_RDONLY, RESOLVE_IN_ROOT), 0);
	CHECK_EQ(at2(d, "/f", O_RDONLY, RESOLVE_IN_ROOT), 0);
	CHECK_EQ(at2(d, "../../f", O_RDONLY, RESOLVE_IN_ROOT), 0);
	CHECK_ERRNO(at2(d, "s/esc", O_RDONLY, RESOLVE_IN_ROOT), ENOENT);
	CHECK_ERRNO(at2(d, "s/in", O_RDONLY, RESOLVE_NO_SYMLINKS), ELOOP);
	CHECK_EQ(at2(d, "s/../f", O_RDONLY, RESOLVE_NO_SYMLINKS), 0);
	CHECK_ERRNO(at2(AT_FDCWD, "/proc/self/exe", O_RDONLY,
			RESOLVE_NO_MAGICLINKS),
		    ELOOP);
	CHECK_ERRNO(at2(AT_FDCWD, "/proc/self/exe", O_RDONLY, RESOLVE_NO_XDEV),
		    EXDEV);
	CHECK_ERRNO(at2(d, "f", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT),
		    EINVAL);
	CHECK_ERRNO(at2(d, "f", 1ul << 40, 0), EINVAL);
	CHECK_ERRNO(at2(d, "f", O_PATH | O_RDWR, 0), EINVAL);
	CHECK(syscall(SYS_openat2, d, "f", &big, sizeof(big)) >= 0);
	big.more = 1;
	CHECK_ERRNO(syscall(SYS_openat2, d, "f", &big, sizeof(big)), E2BIG);
	CHECK_ERRNO(syscall(SYS_openat2, d, "f", &big, 8), EINVAL);
	big.how.mode = 0600;
	CHECK_ERRNO(syscall(SYS_openat2, d, "f", &big, sizeof(big.how)),
		    EINVAL);
}

T(dup_and_close)
{
	char buf[8];
	int i, a, b;

	in_new_dir();
	put("f", "abcdef");
	CHECK_EQ(syscall(SYS_close_range, 3, ~0u, 0), 0);
	CHECK_EQ(open("f", O_RDONLY), 3);
	CHECK_EQ(open("f", O_RDONLY | O_CLOEXEC), 4);
	CHECK_EQ(fcntl(3, F_GETFD), 0);
	CHECK_EQ(fcntl(4, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup(3), 5);
	CHECK_EQ(read(3, buf, 2), 2);
	CHECK_EQ(read(5, buf, 2), 2);
	CHECK_EQ(buf[0], 'c'); /* one position for both */
	CHECK_EQ(dup2(3, 3), 3);
	CHECK_ERRNO(dup2(50, 50), EBADF);
	CHECK_ERRNO(dup3(3, 3, 0), EINVAL);
	CHECK_ERRNO(dup3(3, 9, 1), EINVAL);
	CHECK_EQ(dup2(3, 200), 200);
	CHECK_EQ(dup3(3, 4, O_CLOEXEC), 4);
	CHECK_EQ(fcntl(3, F_DUPFD, 100), 100);
	CHECK_EQ(fcntl(3, F_DUPFD_CLOEXEC, 100), 101);
	CHECK_EQ(fcntl(101, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(fcntl(3, F_DUPFD, 1 << 30), EINVAL);
	CHECK_ERRNO(dup2(3, 1 << 30), EBADF);
	CHECK_ERRNO(dup2(3, -1), EBADF);
	CHECK_EQ(syscall(SYS_close_range, 6, ~0u, CLOSE_RANGE_CLOEXEC), 0);
	CHECK_EQ(fcntl(100, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(syscall(SYS_close_range, 6, ~0u, 0), 0);
	CHECK_ERRNO(close(100), EBADF);
	CHECK_ERRNO(syscall(SYS_close_range, 5, 3, 0), EINVAL);
	a = 6;
	for (i = 0; i < 300; i++) {
		b = dup(3);
		CHECK_EQ(b, a + i);
	}
	CHECK_EQ(pread(b, buf, 1, 5), 1);
	CHECK_EQ(buf[0], 'f');
}

T(descriptor_limit)
{
	struct rlimit old, low;
	int i;

	in_new_dir();
	CHECK_EQ(syscall(SYS_close_range, 3, ~0u, 0), 0);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 8;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (i = 3; i < 8; i++)
		CHECK_EQ(dup(0), i);
	CHECK_ERRNO(dup(0), EMFILE);
	CHECK_ERRNO(open("new", O_CREAT | O_RDWR, 0600), EMFILE);
	CHECK_ERRNO(access("new", F_OK), ENOENT);
	CHECK_ERRNO(dup2(0, 8), EBADF);
	close(5);
	CHECK_EQ(open("new", O_CREAT | O_RDWR, 0600), 5);
}

T(memfd_seals)
{
	char buf[64], link[32];
	int fd = memfd_create("blob", MFD_ALLOW_SEALING);

	CHECK(fd >= 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	memset(buf, 0, sizeof(buf));
	CHECK(readlink(link, buf, sizeof(buf) - 1) > 0);
	CHECK_STR(buf, "/memfd:blob (deleted)");
	CHECK_EQ(write(fd, "12345", 5), 5);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
	CHECK_ERRNO(ftruncate(fd, 1), EPERM);
	CHECK_ERRNO(ftruncate(fd, 100), EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	close(fd);
	fd = memfd_create("plain", 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(memfd_create("x", 0x8000), EINVAL);
	CHECK_ERRNO(fcntl(0, F_GET_SEALS), EINVAL);
}

T_MAIN
