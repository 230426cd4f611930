// SPDX-License-Identifier: GPL-2.0
/* Reading, writing, sizes, times, copying, statx. */
#include "fs_util.h"
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <utime.h>

/* what the compiler must not see through */
static void *volatile bad_address = (void *)8;
static volatile int minus_one = -1;

T(vectors_and_positions)
{
	char a[4], b[8], big[40][3];
	struct iovec v[40];
	int fd, i;

	in_new_dir();
	fd = open("v", O_CREAT | O_RDWR, 0600);
	v[0] = (struct iovec){ (void *)"abc", 3 };
	v[1] = (struct iovec){ (void *)"", 0 };
	v[2] = (struct iovec){ (void *)"defgh", 5 };
	CHECK_EQ(writev(fd, v, 3), 8);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	v[0] = (struct iovec){ a, 4 };
	v[1] = (struct iovec){ b, 8 };
	CHECK_EQ(readv(fd, v, 2), 8);
	CHECK(!memcmp(a, "abcd", 4) && !memcmp(b, "efgh", 4));
	CHECK_EQ(preadv(fd, v, 2, 1), 7);
	CHECK_EQ(a[0], 'b');
	CHECK_EQ(preadv2(fd, v, 2, -1, 0), 0);
	CHECK_ERRNO(preadv2(fd, v, 2, 0, 0x1000), EOPNOTSUPP);
	CHECK_EQ(pwritev2(fd, v, 1, 0, RWF_APPEND), 4);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 12);
	for (i = 0; i < 40; i++)
		v[i] = (struct iovec){ big[i], 3 };
	memset(big, 'z', sizeof(big));
	CHECK_EQ(writev(fd, v, 40), 120);
	CHECK_ERRNO(readv(fd, v, 1025), EINVAL);
	CHECK_ERRNO(readv(fd, v, minus_one), EINVAL);
	CHECK_EQ(readv(fd, v, 0), 0);
	v[0].iov_len = -1;
	CHECK_ERRNO(readv(fd, v, 1), EINVAL);
	CHECK_EQ(pwrite(fd, "!", 1, 4000), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 4001);
	CHECK_ERRNO(pread(fd, a, 1, -1), EINVAL);
	CHECK_EQ(read(fd, bad_address, 1), 0); /* at the end */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERRNO(read(fd, bad_address, 1), EFAULT);
	CHECK_ERRNO(write(fd, bad_address, 1), EFAULT);
	CHECK_ERRNO(read(fd, a, minus_one), EFAULT);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 9), EINVAL);
	CHECK_ERRNO(lseek(fd, 5000, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 4000, SEEK_HOLE), 4001);
	CHECK_EQ(ioctl(fd, FIONREAD, &i), 0);
	CHECK_EQ(i, 0);
}

T(truncating)
{
	char buf[8];
	int fd;

	in_new_dir();
	put("f", "abcdefgh");
	CHECK_EQ(truncate("f", 2), 0);
	CHECK_STR(get("f"), "ab");
	fd = open("f", O_RDWR);
	CHECK_EQ(ftruncate(fd, 5), 0);
	CHECK_EQ(pread(fd, buf, 8, 0), 5);
	CHECK(!memcmp(buf, "ab\0\0", 5));
	CHECK_ERRNO(truncate("f", -1), EINVAL);
	CHECK_ERRNO(truncate(".", 1), EISDIR);
	CHECK_ERRNO(truncate("none", 1), ENOENT);
	CHECK_EQ(mkfifo("p", 0600), 0);
	CHECK_ERRNO(truncate("p", 1), EINVAL);
}

T(size_limit)
{
	struct rlimit l = { 1000, 1000 };
	char buf[600];
	int fd;

	in_new_dir();
	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &l), 0);
	fd = open("f", O_CREAT | O_RDWR, 0600);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(write(fd, buf, 600), 600);
	CHECK_EQ(write(fd, buf, 600), 400);
	CHECK_ERRNO(write(fd, buf, 600), EFBIG);
	CHECK_ERRNO(ftruncate(fd, 1001), EFBIG);
	CHECK_EQ(ftruncate(fd, 1000), 0);
}

T(times)
{
	struct timespec t[2] = { { 1, 2 }, { 3, 4 } };
	struct timeval tv[2] = { { 5, 6 }, { 7, 8 } };
	struct utimbuf ub = { 9, 10 };
	struct stat a, b;
	int fd;

	in_new_dir();
	put("t", "t");
	CHECK_EQ(utimensat(AT_FDCWD, "t", t, 0), 0);
	a = st_of("t");
	CHECK_EQ(a.st_atim.tv_sec, 1);
	CHECK_EQ(a.st_mtim.tv_nsec, 4);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	CHECK_EQ(utimensat(AT_FDCWD, "t", t, 0), 0);
	b = st_of("t");
	CHECK_EQ(b.st_atim.tv_sec, 1);
	CHECK(b.st_mtim.tv_sec > 1000000000);
	t[1].tv_nsec = 2000000000;
	CHECK_ERRNO(utimensat(AT_FDCWD, "t", t, 0), EINVAL);
	t[1].tv_nsec = UTIME_OMIT;
	CHECK_EQ(utimensat(AT_FDCWD, "none", t, 0), 0); /* nothing to do */
	CHECK_ERRNO(utimensat(AT_FDCWD, "none", NULL, 0), ENOENT);
	CHECK_EQ(utimes("t", tv), 0);
	CHECK_EQ(st_of("t").st_mtim.tv_nsec, 8000);
	CHECK_EQ(utime("t", &ub), 0);
	CHECK_EQ(st_of("t").st_mtim.tv_sec, 10);
	fd = open("t", O_RDONLY);
	CHECK_EQ(futimens(fd, NULL), 0);
	CHECK(st_of("t").st_atim.tv_sec > 1000000000);
	CHECK_EQ(symlink("t", "l"), 0);
	t[0] = t[1] = (struct timespec){ 11, 0 };
	CHECK_EQ(utimensat(AT_FDCWD, "l", t, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_EQ(st_of("l").st_mtim.tv_sec, 11);
	CHECK(st_of("t").st_mtim.tv_sec > 1000000000);
}

T(write_moves_mtime)
{
	struct timespec old[2] = { { 100, 0 }, { 100, 0 } };
	struct stat a;
	int fd;

	in_new_dir();
	put("f", "x");
	CHECK_EQ(utimensat(AT_FDCWD, "f", old, 0), 0);
	fd = open("f", O_WRONLY);
	a = st_of("f");
	CHECK_EQ(a.st_mtim.tv_sec, 100);
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK(st_of("f").st_mtim.tv_sec > 100);
	CHECK_EQ(utimensat(AT_FDCWD, ".", old, 0), 0);
	put("g", "x");
	CHECK(st_of(".").st_mtim.tv_sec > 100);
	CHECK_EQ(utimensat(AT_FDCWD, ".", old, 0), 0);
	CHECK_EQ(unlink("g"), 0);
	CHECK(st_of(".").st_mtim.tv_sec > 100);
}

T(copying)
{
	static char big[200000], back[200000];
	off_t off = 2, out = 0, in;
	unsigned i;
	int a, b, p[2];

	in_new_dir();
	for (i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 1000);
	a = open("a", O_CREAT | O_RDWR, 0600);
	b = open("b", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(write(a, big, sizeof(big)), sizeof(big));
	CHECK_EQ(sendfile(b, a, &off, 100000), 100000);
	CHECK_EQ(off, 100002);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), sizeof(big));
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 100000);
	CHECK_EQ(pread(b, back, 100000, 0), 100000);
	CHECK(!memcmp(back, big + 2, 100000));
	off = 0;
	CHECK_EQ(copy_file_range(a, &off, b, &out, 300000, 0), sizeof(big));
	CHECK_EQ(pread(b, back, sizeof(back), 0), sizeof(back));
	CHECK(!memcmp(back, big, sizeof(big)));
	off = 0;
	out = 10;
	CHECK_ERRNO(copy_file_range(a, &off, a, &out, 100, 0), EINVAL);
	CHECK_ERRNO(copy_file_range(a, &off, b, &out, 100, 1), EINVAL);
	CHECK_EQ(pipe(p), 0);
	CHECK_ERRNO(copy_file_range(a, &off, p[1], NULL, 100, 0), EINVAL);
	in = 1;
	CHECK_EQ(splice(a, &in, p[1], NULL, 10000, 0), 10000);
	CHECK_EQ(in, 10001);
	out = 0;
	CHECK_EQ(splice(p[0], NULL, b, &out, 20000, 0), 10000);
	CHECK_EQ(out, 10000);
	CHECK_EQ(pread(b, back, 10000, 0), 10000);
	CHECK(!memcmp(back, big + 1, 10000));
	CHECK_ERRNO(splice(a, NULL, b, NULL, 10, 0), EINVAL);
	CHECK_ERRNO(splice(p[0], &in, b, NULL, 10, 0), ESPIPE);
	CHECK_ERRNO(splice(p[0], NULL, b, NULL, 10, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERRNO(splice(a, NULL, p[1], NULL, 10, 0x100), EINVAL);
	CHECK_ERRNO(lseek(p[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERRNO(pread(p[0], back, 1, 0), ESPIPE);
	CHECK_EQ(vmsplice(p[1], &(struct iovec){ (void *)"hello", 5 }, 1, 0),
		 5);
	CHECK_EQ(read(p[0], back, 9), 5);
}

T(allocating)
{
	char buf[4];
	int fd;

	in_new_dir();
	fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, -1, 1), EINVAL);
	if (fallocate(fd, 0, 0, 30000) < 0 && errno == EOPNOTSUPP)
		SKIP("no fallocate here");
	CHECK_EQ(lseek(fd, 0, SEEK_END), 30000);
	CHECK_EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 60000), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 30000);
	CHECK_EQ(pwrite(fd, "abcd", 4, 4094), 4);
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			   4096),
		 0);
	CHECK_EQ(pread(fd, buf, 4, 4094), 4);
	CHECK(!memcmp(buf, "\0\0cd", 4));
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1), EOPNOTSUPP);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, 99), EINVAL);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_EQ(syncfs(fd), 0);
}

T(statx_and_statfs)
{
	struct statx x;
	struct statfs f;
	struct stat s;

	in_new_dir();
	put("f", "12345");
	CHECK_EQ(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x), 0);
	s = st_of("f");
	CHECK_EQ(x.stx_size, 5);
	CHECK_EQ(x.stx_ino, s.st_ino);
	CHECK_EQ(x.stx_mode, s.st_mode);
	CHECK_EQ(x.stx_nlink, 1);
	CHECK_EQ(x.stx_mtime.tv_nsec, s.st_mtim.tv_nsec);
	CHECK((x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
	CHECK_ERRNO(statx(AT_FDCWD, "f", 0x8000, 0, &x), EINVAL);
	CHECK_ERRNO(statx(AT_FDCWD, "f", 0, 1u << 31, &x), EINVAL);
	CHECK_ERRNO(statx(AT_FDCWD, "none", 0, 0, &x), ENOENT);
	CHECK_EQ(statx(0, "", AT_EMPTY_PATH, STATX_TYPE, &x), 0);
	CHECK_EQ(statfs(".", &f), 0);
	CHECK(f.f_bsize > 0 && f.f_namelen == 255);
	CHECK_ERRNO(statfs("none", &f), ENOENT);
	CHECK_EQ(fstatat(AT_FDCWD, "", &s, AT_EMPTY_PATH), 0);
	CHECK(S_ISDIR(s.st_mode));
	CHECK_ERRNO(fstatat(AT_FDCWD, "", &s, 0), ENOENT);
	CHECK_ERRNO(fstat(99, &s), EBADF);
	CHECK_ERRNO(stat("f", bad_address), EFAULT);
}

T(attributes)
{
	char buf[16];

	in_new_dir();
	put("x", "");
	if (setxattr("x", "user.a", "val", 3, 0) < 0 && errno == EOPNOTSUPP)
		SKIP("no user attributes here");
	CHECK_EQ(getxattr("x", "user.a", NULL, 0), 3);
	CHECK_EQ(getxattr("x", "user.a", buf, 16), 3);
	CHECK_ERRNO(getxattr("x", "user.a", buf, 2), ERANGE);
	CHECK_ERRNO(getxattr("x", "user.b", buf, 2), ENODATA);
	CHECK_ERRNO(setxattr("x", "user.a", "v", 1, XATTR_CREATE), EEXIST);
	CHECK_ERRNO(setxattr("x", "user.b", "v", 1, XATTR_REPLACE), ENODATA);
	CHECK_ERRNO(setxattr("x", "bogus.b", "v", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(setxattr("x", "", "v", 1, 0), ERANGE);
	CHECK_EQ(setxattr("x", "user.empty", "", 0, 0), 0);
	CHECK_EQ(removexattr("x", "user.empty"), 0);
	CHECK_ERRNO(removexattr("x", "user.empty"), ENODATA);
	CHECK_EQ(symlink("x", "l"), 0);
	CHECK_ERRNO(lsetxattr("l", "user.a", "v", 1, 0), EPERM);
}

T(times_on_read)
{
	struct timespec old[2] = { { 100, 0 }, { 200, 0 } };

	in_new_dir();
	put("f", "x");
	CHECK_EQ(utimensat(AT_FDCWD, "f", old, 0), 0);
	CHECK_EQ(st_of("f").st_atim.tv_sec, 100);
	close(open("f", O_RDONLY));
	CHECK_STR(get("f"), "x");
	/* relatime: the first read after a change shows (unless noatime) */
	CHECK(st_of("f").st_atim.tv_sec == 100 ||
	      st_of("f").st_atim.tv_sec > 1000000000);
}

T_MAIN
