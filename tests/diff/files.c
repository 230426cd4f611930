// SPDX-License-Identifier: GPL-2.0
/* The calls on files, flag by flag; run as an ordinary user. */
#include "d.h"
#include <linux/fs.h>
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC	16
#endif
#include <linux/openat2.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>

static void kinds(void)
{
	put("file", "hello");
	mkdir("dir", 0755);
	put("dir/in", "x");
	symlink("file", "link");
	symlink("dir", "dlink");
	symlink("nowhere", "dangling");
	symlink("loop", "loop");
	mkfifo("fifo", 0644);
	mknod("sock", S_IFSOCK | 0644, 0);
	put("none", "");
	chmod("none", 0);
	mkdir("closed", 0);
}
static const char *const names[] = {
	"file", "dir",	 "link",   "dlink",	"dangling",  "loop",
	"fifo", "sock",	 "none",   "closed",	"missing",   "file/",
	"dir/", "link/", "dlink/", "file/x",	"dir/in",    "closed/x",
	".",	"..",	 "",	   "missing/x", "dangling/", "fifo/"
};

D(open_every_kind_with_every_flag)
{
	static const struct {
		int fl;
		const char *name;
	} flags[] = {
		{ O_RDONLY, "rd" },
		{ O_WRONLY, "wr" },
		{ O_RDWR, "rdwr" },
		{ 3, "3" },
		{ O_WRONLY | O_TRUNC, "trunc" },
		{ O_RDONLY | O_TRUNC, "rdtrunc" },
		{ O_DIRECTORY, "dir" },
		{ O_NOFOLLOW, "nofollow" },
		{ O_PATH, "path" },
		{ O_PATH | O_NOFOLLOW, "path,nofollow" },
		{ O_CREAT | O_RDWR, "creat" },
		{ O_CREAT | O_EXCL | O_RDWR, "excl" },
		{ O_CREAT | O_NOFOLLOW | O_WRONLY, "creat,nofollow" },
		{ O_CREAT | O_DIRECTORY, "creat,dir" },
		{ O_TMPFILE | O_RDWR, "tmpfile" },
		{ O_TMPFILE, "tmpfile rd" },
		{ O_NOATIME, "noatime" },
		{ O_DIRECT, "direct" },
		{ O_APPEND | O_WRONLY, "append" },
		{ O_CREAT | O_PATH, "creat,path" },
		{ O_EXCL, "excl alone" },
		{ O_CREAT | O_TRUNC | O_RDONLY, "creat,trunc" },
		{ O_PATH | O_DIRECTORY, "path,dir" },
		{ O_SYNC | O_WRONLY, "sync" },
		{ O_DSYNC, "dsync" },
		{ O_DIRECTORY | O_WRONLY, "dir,wr" },
		{ O_DIRECTORY | O_NOFOLLOW, "dir,nofollow" },
	};

	for (unsigned f = 0; f < N(flags); f++) {
		char d[] = "oXXXXXX";

		if (!mkdtemp(d) || chdir(d))
			return;
		kinds();
		for (unsigned n = 0; n < N(names); n++) {
			int fd;

			fd = open(names[n], flags[f].fl | O_NONBLOCK, 0600);
			if (fd < 0)
				P("%s %s: %s", names[n], flags[f].name,
				  d_err(errno));
			else
				P("%s %s: %x", names[n], flags[f].name,
				  fcntl(fd, F_GETFL));
			close(fd);
		}
		chdir("..");
	}
}

D(paths_of_every_call)
{
	int base = open(".", O_RDONLY);

	for (unsigned n = 0; n < N(names); n++) {
		char d[] = "oXXXXXX", b[10];
		const char *s = names[n];
		struct timeval tv[2] = { { 1, 2 }, { 3, 4 } };
		struct statfs sf;

		if (!mkdtemp(d) || chdir(d))
			return;
		kinds();
		P("-- %s", s);
		R(access(s, R_OK));
		R(access(s, X_OK));
		R(readlink(s, b, 10));
		R(chmod(s, 0700));
		R(truncate(s, 3));
		R(truncate(s, -1));
		R(utimes(s, tv));
		R(lutimes(s, tv));
		R(chown(s, -1, getgid()));
		R(lchown(s, -1, getgid()));
		R(chown(s, 1, -1));
		R(link(s, "new"));
		R(linkat(AT_FDCWD, s, AT_FDCWD, "new2", AT_SYMLINK_FOLLOW));
		R(link("file", s));
		R(symlink("to", s));
		R(mkdir(s, 0755));
		R(mknod(s, S_IFREG | 0644, 0));
		R(mkfifo(s, 0644));
		R(statfs(s, &sf));
		R(setxattr(s, "user.a", "v", 1, 0));
		R(getxattr(s, "user.a", b, 10));
		R(listxattr(s, NULL, 0));
		R(removexattr(s, "user.b"));
		R(chdir(s));
		fchdir(base);
		chdir(d);
		R(rename(s, "moved"));
		R(rename("moved", s));
		R(rename("dir", s));
		R(rename("file", s));
		R(unlink(s));
		R(rmdir(s));
		R(unlinkat(AT_FDCWD, s, AT_REMOVEDIR));
		fchdir(base);
	}
}

D(rename_matrix)
{
	static const char *const what[] = { "file", "dir",     "link", "empty",
					    "full", "missing", "hard" };
	static const unsigned fl[] = { 0, 1, 2 };

	for (unsigned f = 0; f < N(fl); f++)
		for (unsigned a = 0; a < N(what); a++)
			for (unsigned b = 0; b < N(what); b++) {
				char d[] = "rXXXXXX", from[20], to[20];

				if (!mkdtemp(d) || chdir(d))
					return;
				for (int i = 0; i < 2; i++) {
					mkdir(i ? "b" : "a", 0755);
					chdir(i ? "b" : "a");
					put("file", "1");
					mkdir("dir", 0755);
					symlink("file", "link");
					mkdir("empty", 0755);
					mkdir("full", 0755);
					put("full/x", "");
					chdir("..");
				}
				link("a/file", "a/hard");
				link("a/file", "b/hard");
				sprintf(from, "a/%s", what[a]);
				sprintf(to, "b/%s", what[b]);
				P("%u %s %s: %s", fl[f], from, to,
				  syscall(SYS_renameat2, AT_FDCWD, from,
					  AT_FDCWD, to, fl[f])
					  ? d_err(errno)
					  : "ok");
				S(from);
				S(to);
				S("a");
				S("b");
				chdir("..");
			}
}

/* Which of the times a call changes. */
static struct stat before;
static void times_begin(const char *s)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };

	utimensat(AT_FDCWD, s, old, AT_SYMLINK_NOFOLLOW);
	usleep(12000);
	lstat(s, &before);
	usleep(12000);
}
static void times_end(int line, const char *what, const char *s)
{
	struct stat st;

	if (lstat(s, &st)) {
		printf("%d: %s: gone\n", line, what);
		return;
	}
	printf("%d: %s: %s:%s%s%s\n", line, what, s,
	       st.st_atim.tv_sec != before.st_atim.tv_sec ? " a" : "",
	       st.st_mtim.tv_sec != before.st_mtim.tv_sec ? " m" : "",
	       st.st_ctim.tv_sec != before.st_ctim.tv_sec ||
			       st.st_ctim.tv_nsec != before.st_ctim.tv_nsec
		       ? " c"
		       : "");
}
#define TIMES(s, call)                                    \
	do {                                              \
		times_begin(s);                           \
		if ((call) < 0)                           \
			P("%s: %s", #call, d_err(errno)); \
		times_end(__LINE__, #call, s);            \
	} while (0)

D(times)
{
	char b[10];
	int fd, d;

	kinds();
	fd = open("file", O_RDWR);
	d = open("dir", O_RDONLY);
	TIMES("file", read(fd, b, 5));
	TIMES("file", read(fd, b, 0));
	TIMES("file", read(fd, b, 5));
	TIMES("file", pread(fd, b, 5, 100));
	TIMES("file", write(fd, "x", 1));
	TIMES("file", write(fd, "", 0));
	TIMES("file", ftruncate(fd, 3));
	TIMES("file", ftruncate(fd, 3));
	TIMES("file", truncate("file", 3));
	TIMES("file", truncate("file", 30));
	TIMES("file", fallocate(fd, 0, 0, 10));
	TIMES("file", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100));
	TIMES("file", fallocate(fd, 3, 0, 10));
	TIMES("file", close(open("file", O_WRONLY | O_TRUNC)));
	TIMES("file", close(open("file", O_WRONLY | O_TRUNC)));
	TIMES("file", close(open("file", O_RDONLY)));
	TIMES("file", chmod("file", 0644));
	TIMES("file", fchmod(fd, 0600));
	TIMES("file", chown("file", -1, -1));
	TIMES("file", chown("file", getuid(), getgid()));
	TIMES("file", link("file", "hard"));
	TIMES("file", unlink("hard"));
	TIMES("file", rename("file", "moved"));
	rename("moved", "file");
	TIMES("file", setxattr("file", "user.a", "x", 1, 0));
	TIMES("file", removexattr("file", "user.a"));
	TIMES("file", utimensat(AT_FDCWD, "file", NULL, 0));
	TIMES("dir", mkdir("dir/s", 0755));
	TIMES("dir", rmdir("dir/s"));
	TIMES("dir", mkfifo("dir/f", 0755));
	TIMES("dir", rename("dir/f", "dir/g"));
	TIMES("dir", unlink("dir/g"));
	TIMES("dir", link("file", "dir/h"));
	TIMES("dir", rename("dir/h", "h"));
	TIMES("dir", symlink("x", "dir/l"));
	TIMES("dir", syscall(SYS_getdents64, d, b, 10));
	TIMES("dir", rename("dir", "dir2"));
	rename("dir2", "dir");
	TIMES("dir", access("dir/in", R_OK));
	TIMES("link", readlink("link", b, 10));
	TIMES("link", chmod("link", 0644));
	TIMES("link", access("link", R_OK));
	TIMES("link", rename("link", "link2"));
	rename("link2", "link");
	fd = open("fifo", O_RDWR | O_NONBLOCK);
	TIMES("fifo", write(fd, "xy", 2));
	TIMES("fifo", read(fd, b, 1));
	{
		int in = open("dir/in", O_RDONLY);
		int out = open("file", O_RDWR);

		TIMES("file", sendfile(out, in, NULL, 1));
		TIMES("file", copy_file_range(in, &(off_t){ 0 }, out,
					      &(off_t){ 0 }, 1, 0));
		TIMES("dir/in", copy_file_range(in, &(off_t){ 0 }, out,
						&(off_t){ 0 }, 1, 0));
		TIMES("file", fsync(out));
	}
}

D(mapping_changes_times)
{
	int fd = open("f", O_CREAT | O_RDWR, 0644);
	char *p;

	ftruncate(fd, 4096);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[0] = 1;
	R(msync(p, 4096, MS_SYNC));
	R(msync(p, 4096, MS_SYNC | MS_ASYNC));
	R(msync(p + 1, 4096, MS_SYNC));
}

D(set_id_bits)
{
	struct stat st;
	int fd = open("f", O_CREAT | O_RDWR, 0644);

	for (unsigned m = 0; m < 8; m++)
		for (int x = 0; x < 2; x++) {
			unsigned mode = m << 9 | (x ? 0775 : 0664);

			R(fchmod(fd, mode));
			S("f");
			R(pwrite(fd, "x", 1, 0));
			S("f");
			fchmod(fd, mode);
			R(ftruncate(fd, 1));
			S("f");
			fchmod(fd, mode);
			R(fchown(fd, -1, getgid()));
			S("f");
			fchmod(fd, mode);
			R(fallocate(fd, 0, 0, 10));
			S("f");
			fchmod(fd, mode);
			R(setxattr("f", "user.a", "b", 1, 0));
			S("f");
		}
	R(mkdir("d", 02777));
	S("d");
	R(chmod("d", 02777));
	S("d");
	R(mkdir("d/e", 0777));
	S("d/e");
	put("d/f", "");
	S("d/f");
	R(mknod("d/g", S_IFREG | 02775, 0));
	S("d/g");
	R(fstat(fd, &st));
}

D(umask_and_modes)
{
	umask(0137);
	R(mkdir("a", 01777));
	S("a");
	R(close(open("b", O_CREAT | O_WRONLY, 07777)));
	S("b");
	R(mknod("c", S_IFIFO | 07777, 0));
	S("c");
	R(symlink("x", "d"));
	S("d");
	R(umask(07777));
	R(umask(022));
}

D(seek_holes)
{
	int fd = open("f", O_CREAT | O_RDWR, 0644);

	R(pwrite(fd, "x", 1, 100000));
	R(pwrite(fd, "x", 1, 300000));
	for (long o = -1; o < 320000; o += 33333) {
		R(lseek(fd, o, SEEK_DATA));
		R(lseek(fd, o, SEEK_HOLE));
	}
	R(lseek(fd, 300000, SEEK_DATA));
	R(lseek(fd, 300001, SEEK_DATA));
	R(lseek(fd, 300001, SEEK_HOLE));
	R(ftruncate(fd, 400000));
	R(lseek(fd, 310000, SEEK_DATA));
	R(lseek(fd, 310000, SEEK_HOLE));
	R(fallocate(fd, 3, 0, 200000));
	R(lseek(fd, 0, SEEK_DATA));
	S("f");
}

D(openat2_resolve)
{
	static const uint64_t res[] = { 0,
					RESOLVE_NO_XDEV,
					RESOLVE_NO_MAGICLINKS,
					RESOLVE_NO_SYMLINKS,
					RESOLVE_BENEATH,
					RESOLVE_IN_ROOT,
					RESOLVE_BENEATH | RESOLVE_IN_ROOT,
					64 };
	static const char *const where[] = {
		"file",
		"link",
		"dlink/in",
		"dir/in",
		"..",
		"../x",
		"dir/..",
		"dir/../file",
		"/",
		"/etc",
		"/file",
		"abs",
		"up",
		"dir/up",
		"dir/up/up",
		"loop",
		"/proc/self/fd/0",
		"/dev/null",
		"missing",
		"dir/../../x",
		".",
	};
	int d;

	kinds();
	symlink("/file", "abs");
	symlink("..", "up");
	symlink("..", "dir/up");
	d = open(".", O_RDONLY);
	for (unsigned r = 0; r < N(res); r++)
		for (unsigned w = 0; w < N(where); w++) {
			struct open_how how = { .flags = O_RDONLY,
						.resolve = res[r] };
			int fd = (int)syscall(SYS_openat2, d, where[w], &how,
					      sizeof(how));

			P("%lx %s: %s", (long)res[r], where[w],
			  fd < 0 ? d_err(errno) : "ok");
			close(fd);
		}
	{
		struct {
			struct open_how h;
			long more;
		} big = { { .flags = O_RDONLY }, 0 };

		R(close((int)syscall(SYS_openat2, d, "file", &big,
				     sizeof(big))));
		big.more = 1;
		R(syscall(SYS_openat2, d, "file", &big, sizeof(big)));
		R(syscall(SYS_openat2, d, "file", &big, 8));
		big.more = 0;
		big.h.mode = 0644;
		R(syscall(SYS_openat2, d, "file", &big, sizeof(big)));
		big.h.flags = O_CREAT | O_WRONLY;
		big.h.mode = 010644;
		R(syscall(SYS_openat2, d, "file", &big, sizeof(big)));
		big.h.mode = 0;
		big.h.flags = O_PATH | O_WRONLY;
		R(syscall(SYS_openat2, d, "file", &big, sizeof(big)));
		big.h.flags = 1ull << 40;
		R(syscall(SYS_openat2, d, "file", &big, sizeof(big)));
		big.h.flags = O_TMPFILE | O_RDWR;
		big.h.mode = 0600;
		R(close((int)syscall(SYS_openat2, d, ".", &big, 24)));
	}
}

D(names_that_are_long)
{
	char n[5000], p[5000];
	int i;

	memset(n, 'a', sizeof(n));
	n[255] = 0;
	R(close(open(n, O_CREAT | O_WRONLY, 0644)));
	n[255] = 'a';
	n[256] = 0;
	R(open(n, O_CREAT | O_WRONLY, 0644));
	R(open(n, O_RDONLY));
	R(mkdir(n, 0755));
	R(unlink(n));
	R(symlink(n, "l"));
	R(access("l", R_OK));
	n[256] = 'a';
	n[4095] = 0;
	R(symlink(n, "m"));
	n[4095] = 'a';
	n[4096] = 0;
	R(symlink(n, "o"));
	for (i = 0; i < 4095; i += 2)
		memcpy(p + i, "./", 2);
	p[4094] = 0;
	R(access(p, F_OK));
	p[4094] = '.';
	p[4095] = 0;
	R(access(p, F_OK));
	p[4095] = '/';
	p[4096] = 0;
	R(access(p, F_OK));
	for (i = 0; i < 41; i++) {
		char a[20], b[20];

		sprintf(a, "s%d", i);
		sprintf(b, "s%d", i + 1);
		symlink(b, a);
	}
	put("s41", "x");
	R(access("s1", F_OK));
	R(access("s0", F_OK));
}

D(statx_masks)
{
	struct statx st;

	kinds();
	for (unsigned n = 0; n < N(names); n++) {
		memset(&st, 0, sizeof(st));
		if (R(statx(AT_FDCWD, names[n], AT_SYMLINK_NOFOLLOW,
			    STATX_BASIC_STATS | STATX_BTIME, &st)) == 0)
			P("mask %x attr %llx of %llx blksize %u nlink %u",
			  st.stx_mask & 0xfff,
			  (long long)st.stx_attributes &
				  ~(long long)STATX_ATTR_MOUNT_ROOT,
			  (long long)st.stx_attributes_mask &
				  STATX_ATTR_MOUNT_ROOT,
			  st.stx_blksize,
			  S_ISDIR(st.stx_mode) ? 0 : st.stx_nlink);
	}
	R(statx(AT_FDCWD, "file", 0, 0x80000000, &st));
	R(statx(AT_FDCWD, "file", 0x6000, STATX_ALL, &st));
	R(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC, STATX_ALL, &st));
	R(statx(AT_FDCWD, "", AT_EMPTY_PATH, STATX_ALL, &st));
	R(statx(AT_FDCWD, "", 0, STATX_ALL, &st));
	R(statx(AT_FDCWD, "file", 0, STATX_MODE, &st));
}

D(path_descriptors)
{
	char b[10];
	struct stat st;
	struct statfs sf;
	int fd;

	kinds();
	fd = open("file", O_PATH);
	R(read(fd, b, 1));
	R(write(fd, b, 1));
	R(fchmod(fd, 0600));
	R(fchown(fd, -1, -1));
	R(ftruncate(fd, 1));
	R(fsync(fd));
	R(lseek(fd, 0, SEEK_SET));
	R(fstat(fd, &st));
	R(fstatfs(fd, &sf));
	R(ioctl(fd, FIONREAD, b));
	R(fgetxattr(fd, "user.a", b, 10));
	R(flistxattr(fd, b, 10));
	R(fcntl(fd, F_GETFL));
	R(fcntl(fd, F_SETFL, 0));
	R(fcntl(fd, F_GETFD));
	R(fcntl(fd, F_DUPFD, 0));
	R(fcntl(fd, F_GETOWN));
	R(flock(fd, LOCK_SH));
	R(linkat(fd, "", AT_FDCWD, "viafd", AT_EMPTY_PATH));
	R(fchmodat(fd, "", 0600, AT_EMPTY_PATH));
	R(fchownat(fd, "", -1, getgid(), AT_EMPTY_PATH));
	R(utimensat(fd, "", NULL, AT_EMPTY_PATH));
	R(faccessat(fd, "", R_OK, AT_EMPTY_PATH));
	R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	R(futimens(fd, NULL));
	R(fallocate(fd, 0, 0, 1));
	R(posix_fadvise(fd, 0, 0, 0));
	R(fchdir(fd));
	close(fd);
	fd = open("dir", O_PATH);
	R(fchdir(fd));
	R(openat(fd, "in", O_RDONLY));
	R(syscall(SYS_getdents64, fd, b, 10));
	R(readlinkat(fd, "", b, 10));
	fd = open("../link", O_PATH | O_NOFOLLOW);
	R(readlinkat(fd, "", b, 10));
	R(fstat(fd, &st));
	P("%o", st.st_mode);
	R(linkat(fd, "", AT_FDCWD, "l2", AT_EMPTY_PATH));
}

D(tmpfile_and_link)
{
	char p[64];
	struct stat st;
	int fd = open(".", O_TMPFILE | O_RDWR, 0644);

	R(write(fd, "abc", 3));
	R(fstat(fd, &st));
	P("nlink %d", (int)st.st_nlink);
	R(linkat(fd, "", AT_FDCWD, "a", AT_EMPTY_PATH));
	sprintf(p, "/proc/self/fd/%d", fd);
	R(linkat(AT_FDCWD, p, AT_FDCWD, "b", AT_SYMLINK_FOLLOW));
	C("b");
	R(unlink("b"));
	R(linkat(AT_FDCWD, p, AT_FDCWD, "c", AT_SYMLINK_FOLLOW));
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0644);
	sprintf(p, "/proc/self/fd/%d", fd);
	R(linkat(AT_FDCWD, p, AT_FDCWD, "d", AT_SYMLINK_FOLLOW));
	fd = open("c", O_CREAT | O_RDWR, 0644);
	R(unlink("c"));
	sprintf(p, "/proc/self/fd/%d", fd);
	R(linkat(AT_FDCWD, p, AT_FDCWD, "e", AT_SYMLINK_FOLLOW));
}

D(record_locks)
{
	struct flock l;
	int fd = open("f", O_CREAT | O_RDWR, 0644), pid, st, p[2], q[2];
	int rd = open("f", O_RDONLY), wr = open("f", O_WRONLY);
	char c;

#define L(t, w, s, n)                       \
	(l = (struct flock){ .l_type = t,   \
			     .l_whence = w, \
			     .l_start = s,  \
			     .l_len = n },  \
	 &l)
	R(fcntl(rd, F_SETLK, L(F_WRLCK, 0, 0, 1)));
	R(fcntl(wr, F_SETLK, L(F_RDLCK, 0, 0, 1)));
	R(fcntl(rd, F_SETLK, L(F_RDLCK, 0, -1, 1)));
	R(fcntl(rd, F_SETLK, L(F_RDLCK, 0, 5, -5)));
	R(fcntl(rd, F_SETLK, L(F_RDLCK, 0, 5, -6)));
	R(fcntl(rd, F_SETLK, L(F_RDLCK, 0, LONG_MAX, 1)));
	R(fcntl(rd, F_SETLK, L(F_RDLCK, 0, LONG_MAX, 2)));
	R(fcntl(rd, F_SETLK, L(F_RDLCK, 9, 0, 0)));
	R(fcntl(rd, F_SETLK, L(9, 0, 0, 0)));
	R(fcntl(rd, F_GETLK, L(F_UNLCK, 0, 0, 0)));
	R(fcntl(fd, F_SETLK, L(F_UNLCK, 0, 0, 0)));
	R(fcntl(fd, F_SETLK, L(F_WRLCK, 0, 10, 10)));
	R(fcntl(fd, F_SETLK, L(F_RDLCK, 0, 13, 3)));
	pipe(p);
	pipe(q);
	pid = fork();
	if (!pid) {
		for (long o = 8; o < 22; o++) {
			fcntl(fd, F_GETLK, L(F_RDLCK, 0, o, 1));
			P("%ld: %d %ld %ld %d", o, l.l_type, (long)l.l_start,
			  (long)l.l_len, l.l_pid == getppid());
			fcntl(fd, F_GETLK, L(F_WRLCK, 0, o, 1));
			P("%ld: %d %ld %ld", o, l.l_type, (long)l.l_start,
			  (long)l.l_len);
		}
		R(fcntl(fd, F_SETLK, L(F_WRLCK, 0, 0, 0)));
		R(fcntl(fd, F_SETLK, L(F_WRLCK, 0, 30, 5)));
		fflush(stdout);
		write(p[1], "x", 1);
		read(q[0], &c, 1);
		alarm(5);
		st = fcntl(fd, F_SETLKW, L(F_WRLCK, 0, 12, 1));
		usleep(100000); /* who unlocked prints first */
		P("%d", st);
		fflush(stdout);
		_exit(0);
	}
	read(p[0], &c, 1);
	write(q[1], "y", 1);
	usleep(100000);
	R(fcntl(fd, F_SETLKW, L(F_WRLCK, 0, 32, 1))); /* EDEADLK */
	R(fcntl(fd, F_SETLK, L(F_UNLCK, 0, 0, 0)));
	fflush(stdout);
	waitpid(pid, &st, 0);
	P("%x", st);
}

D(flock_conversions)
{
	int a = open("f", O_CREAT | O_RDWR, 0644), b = open("f", O_RDONLY);
	int c = dup(a);

	R(flock(a, LOCK_SH | LOCK_NB));
	R(flock(b, LOCK_SH | LOCK_NB));
	R(flock(a, LOCK_EX | LOCK_NB));
	R(flock(b, LOCK_EX | LOCK_NB));
	R(flock(c, LOCK_UN));
	R(flock(a, LOCK_EX | LOCK_NB));
	R(flock(b, LOCK_SH | LOCK_NB));
	R(flock(a, LOCK_SH | LOCK_EX));
	R(flock(a, 0));
	R(close(a));
	R(flock(b, LOCK_SH | LOCK_NB));
	R(flock(c, LOCK_UN));
	R(flock(-1, LOCK_SH));
}

D(xattr_limits)
{
	char *v = calloc(1, 70000), n[300], b[100];

	put("f", "");
	R(setxattr("f", "user.a", v, 65536, 0));
	R(getxattr("f", "user.a", NULL, 0));
	R(getxattr("f", "user.a", v, 10));
	R(getxattr("f", "user.a", v, 65537));
	strcpy(n, "user.");
	memset(n + 5, 'x', 250);
	n[255] = 0;
	R(setxattr("f", n, "1", 1, 0));
	n[255] = 'x';
	n[256] = 0;
	R(setxattr("f", n, "1", 1, 0));
	R(setxattr("f", "", "1", 1, 0));
	R(setxattr("f", "user.e", "", 0, XATTR_CREATE));
	R(setxattr("f", "user.e", "", 0, XATTR_CREATE));
	R(setxattr("f", "user.g", "", 0, XATTR_REPLACE));
	R(getxattr("f", "user.e", b, 10));
	R(listxattr("f", b, 5));
	R(setxattr("f", "trusted.a", "1", 1, 0));
	R(getxattr("f", "trusted.a", b, 10));
	R(setxattr("f", "security.a", "1", 1, 0));
	R(getxattr("f", "security.a", b, 10));
	R(removexattr("f", "user.none"));
	chmod("f", 0);
	R(getxattr("f", "user.e", b, 10));
	R(setxattr("f", "user.e", "1", 1, 0));
	R(listxattr("f", NULL, 0) > 0);
	symlink("f", "l");
	R(lsetxattr("l", "user.a", "1", 1, 0));
	R(lgetxattr("l", "user.a", b, 1));
	mkfifo("p", 0644);
	R(setxattr("p", "user.a", "1", 1, 0));
}

D(limits)
{
	struct rlimit rl = { 5000, RLIM_INFINITY };
	char b[8192] = "";
	int fd = open("f", O_CREAT | O_RDWR, 0644);

	signal(SIGXFSZ, SIG_IGN);
	R(setrlimit(RLIMIT_FSIZE, &rl));
	R(write(fd, b, 4096));
	R(write(fd, b, 4096));
	R(write(fd, b, 1));
	R(pwrite(fd, b, 10, 4995));
	R(pwrite(fd, b, 10, 5000));
	R(ftruncate(fd, 5001));
	R(truncate("f", 5001));
	R(ftruncate(fd, 5000));
	R(fallocate(fd, 0, 4000, 2000));
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = 10;
	R(setrlimit(RLIMIT_NOFILE, &rl));
	while (open("f", O_RDONLY) >= 0)
		;
	P("%s", d_err(errno));
	R(dup(0));
	R(dup2(0, 9));
	R(dup2(0, 10));
	R(fcntl(0, F_DUPFD, 10));
	R(fcntl(0, F_DUPFD, 9));
	{
		int p[2];

		R(pipe(p));
		close(9);
		R(pipe(p));
		R(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
		R(eventfd(0, 0));
	}
}

D(getdents_sizes)
{
	char b[4096];
	int fd = open(".", O_RDONLY);

	put("a", "");
	for (unsigned n = 0; n < 40; n += 3) {
		lseek(fd, 0, SEEK_SET);
		R(syscall(SYS_getdents64, fd, b, n) > 0);
		if (errno)
			P("%u %s", n, d_err(errno));
	}
	fd = open("a", O_RDONLY);
	R(syscall(SYS_getdents64, fd, b, 100));
	mkdir("d", 0755);
	fd = open("d", O_RDONLY);
	R(rmdir("d"));
	R(syscall(SYS_getdents64, fd, b, 100));
	R(openat(fd, "x", O_CREAT | O_RDWR, 0644));
	R(openat(fd, "..", O_RDONLY) >= 0);
	R(fchdir(fd));
	R(getcwd(b, 100) == NULL);
	R(open("x", O_CREAT | O_RDWR, 0644));
	R(mkdir("x", 0755));
	R(access(".", F_OK));
	R(access("..", F_OK));
}

D(utimensat_rules)
{
	struct timespec t[2] = { { 5, 6 }, { 7, 8 } };
	struct stat st;

	put("f", "");
	R(utimensat(AT_FDCWD, "f", t, 0));
	stat("f", &st);
	P("%ld.%ld %ld.%ld", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
	  (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_sec = -5;
	R(utimensat(AT_FDCWD, "f", t, 0));
	stat("f", &st);
	P("%ld %ld", (long)st.st_atim.tv_sec, (long)st.st_mtim.tv_sec);
	t[1].tv_nsec = 1000000000;
	R(utimensat(AT_FDCWD, "f", t, 0));
	t[1].tv_nsec = UTIME_OMIT;
	R(utimensat(AT_FDCWD, "missing", t, 0));
	R(syscall(SYS_utimensat, -1, NULL, t, 0));
	R(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));
	R(utimensat(AT_FDCWD, "f", t, 0x1));
	R(syscall(SYS_utimensat, 0, NULL, NULL, AT_SYMLINK_NOFOLLOW));
	t[1].tv_nsec = UTIME_NOW;
	R(chmod("f", 0));
	R(utimensat(AT_FDCWD, "f", t, 0));
	R(utimensat(AT_FDCWD, "f", NULL, 0));
	t[0].tv_nsec = UTIME_NOW;
	t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
	t[0].tv_nsec = 0;
	t[1] = (struct timespec){ 1l << 40, 0 };
	chmod("f", 0644);
	R(utimensat(AT_FDCWD, "f", t, 0));
	stat("f", &st);
	P("%ld", (long)st.st_mtim.tv_sec);
}

D(close_range_flags)
{
	for (int i = 3; i < 10; i++)
		dup2(1, i);
	R(close_range(5, 4, 0));
	R(close_range(4, 6, CLOSE_RANGE_CLOEXEC));
	R(fcntl(5, F_GETFD));
	R(fcntl(7, F_GETFD));
	R(close_range(5, 5, 8));
	R(close_range(5, 5, CLOSE_RANGE_UNSHARE));
	R(fcntl(5, F_GETFD));
	R(close_range(8, ~0u, 0));
	R(fcntl(9, F_GETFD));
	R(dup3(1, 1, 0));
	R(dup3(1, 7, O_CLOEXEC));
	R(fcntl(7, F_GETFD));
	R(dup3(1, 7, O_APPEND));
	R(dup2(99, 99));
}

D(memfd_seals)
{
	char b[10];
	int fd = memfd_create("a", MFD_ALLOW_SEALING), r;
	char path[40];
	void *p;

	R(fcntl(fd, F_GET_SEALS));
	R(write(fd, "hello", 5));
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	R(munmap(p, 4096));
	R(write(fd, "x", 1));
	R(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
	  MAP_FAILED);
	R(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	R(ftruncate(fd, 1));
	R(ftruncate(fd, 100));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	R(ftruncate(fd, 200));
	R(fallocate(fd, 0, 0, 300));
	R(fallocate(fd, 3, 0, 10));
	R(fcntl(fd, F_ADD_SEALS, 0x80));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	R(fcntl(fd, F_GET_SEALS));
	sprintf(path, "/proc/self/fd/%d", fd);
	r = open(path, O_RDONLY);
	R(fcntl(r, F_ADD_SEALS, F_SEAL_SHRINK));
	R(fcntl(r, F_GET_SEALS));
	R(pread(r, b, 10, 0));
	fd = memfd_create("b", MFD_NOEXEC_SEAL);
	R(fcntl(fd, F_GET_SEALS));
	R(fchmod(fd, 0777));
	R(fcntl(memfd_create("c", 0), F_GET_SEALS));
	R(memfd_create("d", 0x100));
	R(memfd_create("e", MFD_NOEXEC_SEAL | MFD_EXEC));
	put("f", "");
	R(fcntl(open("f", O_RDWR), F_GET_SEALS));
}

D(inotify_events)
{
	char buf[8192];
	int i = inotify_init1(IN_NONBLOCK), fd;
	ssize_t n;

	kinds();
	R(inotify_add_watch(i, ".", IN_ALL_EVENTS));
	R(inotify_add_watch(i, "file", IN_ALL_EVENTS));
	R(inotify_add_watch(i, "dir", IN_ALL_EVENTS));
	R(inotify_add_watch(i, "dir", IN_CREATE | IN_MASK_CREATE));
	R(inotify_add_watch(i, "file", IN_ONLYDIR | IN_OPEN));
	R(inotify_add_watch(i, "none", IN_OPEN));
	fd = open("file", O_RDWR);
	read(fd, buf, 1);
	write(fd, "x", 1);
	ftruncate(fd, 2);
	fchmod(fd, 0600);
	close(fd);
	truncate("file", 1);
	chmod("file", 0644);
	chown("file", -1, getgid());
	utimensat(AT_FDCWD, "file", NULL, 0);
	setxattr("file", "user.a", "1", 1, 0);
	link("file", "hard");
	rename("hard", "dir/hard");
	rename("dir/hard", "dir/h2");
	mkdir("dir/sub", 0755);
	rmdir("dir/sub");
	symlink("x", "dir/s");
	mkfifo("dir/p", 0644);
	unlink("dir/p");
	close(open("dir/new", O_CREAT | O_WRONLY, 0644));
	close(open("dir", O_RDONLY));
	rename("file", "dir/h2");
	unlink("dir/h2");
	syscall(SYS_renameat2, AT_FDCWD, "dir/new", AT_FDCWD, "fifo", 2);
	rename("dir", "dir9");
	while ((n = read(i, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			struct inotify_event *e = (void *)p;

			P("%d %x %d %s", e->wd, e->mask, !!e->cookie,
			  e->len ? e->name : "");
			p += sizeof(*e) + e->len;
		}
	R(inotify_rm_watch(i, 1));
	R(inotify_rm_watch(i, 9));
	R(read(i, buf, 10));
	R(read(i, buf, 16));
	P("%x", ((struct inotify_event *)buf)->mask);
}

D(splice_rules)
{
	int p[2], fd, dir = open(".", O_RDONLY), zero, null;
	char b[100];
	loff_t off = 0;

	put("f", "0123456789");
	fd = open("f", O_RDWR);
	zero = open("/dev/zero", O_RDWR);
	null = open("/dev/null", O_RDWR);
	pipe(p);
	R(splice(fd, &off, p[1], NULL, 4, 0));
	R(splice(fd, NULL, p[1], &off, 4, 0));
	R(splice(fd, NULL, fd, NULL, 4, 0));
	R(splice(dir, NULL, p[1], NULL, 4, 0));
	R(splice(zero, NULL, p[1], NULL, 4, 0));
	R(splice(p[0], NULL, null, NULL, 2, 0));
	R(splice(p[0], NULL, fd, &off, 3, 0));
	C("f");
	R(splice(p[0], NULL, dir, NULL, 3, 0));
	R(splice(fd, NULL, p[1], NULL, 4, 0x100));
	R(tee(p[0], p[1], 1, 0));
	R(tee(fd, p[1], 1, 0));
	R(sendfile(fd, dir, NULL, 1));
	R(sendfile(fd, p[0], NULL, 1));
	R(sendfile(p[1], zero, NULL, 5));
	R(sendfile(null, fd, NULL, 5));
	R(sendfile(fd, null, NULL, 5));
	R(copy_file_range(fd, NULL, null, NULL, 5, 0));
	R(copy_file_range(dir, NULL, fd, NULL, 5, 0));
	R(copy_file_range(p[0], NULL, fd, NULL, 5, 0));
	fd = open("f", O_RDWR | O_APPEND);
	R(splice(p[0], NULL, fd, NULL, 1, 0));
	R(sendfile(fd, zero, NULL, 1));
	R(ioctl(p[0], FIONREAD, b));
	P("%d", *(int *)b);
}

D(fcntl_rules)
{
	int p[2], fd;
	struct f_owner_ex ex = { 9, 9 };

	pipe(p);
	put("f", "");
	fd = open("f", O_RDWR);
	R(fcntl(p[0], F_GETPIPE_SZ));
	R(fcntl(p[0], F_SETPIPE_SZ, 1));
	R(fcntl(p[0], F_SETPIPE_SZ, 0));
	R(fcntl(p[0], F_SETPIPE_SZ, 4097));
	R(fcntl(p[0], F_SETPIPE_SZ, 1048576));
	R(fcntl(p[0], F_SETPIPE_SZ, 1048577));
	R(fcntl(p[0], F_SETPIPE_SZ, -1));
	R(fcntl(fd, F_SETPIPE_SZ, 4096));
	R(fcntl(fd, F_GETPIPE_SZ));
	R(fcntl(fd, F_GETOWN_EX, &ex));
	P("%d %d", ex.type, ex.pid);
	R(fcntl(fd, F_GETSIG));
	R(fcntl(fd, F_SETFL, O_ASYNC | O_APPEND | O_TRUNC | O_SYNC));
	R(fcntl(fd, F_GETFL));
	R(fcntl(fd, F_SETFL, O_DIRECT));
	R(fcntl(p[0], F_SETFL, O_DIRECT));
	R(fcntl(p[0], F_GETFL));
	R(fcntl(fd, 9999));
	R(fcntl(fd, F_DUPFD, -1));
	R(fcntl(fd, 1024 + 3 /* F_DUPFD_QUERY */, fd));
	R(fcntl(fd, 1024 + 4 /* F_CREATED_QUERY */));
	R(fcntl(fd, F_SETOWN, 0));
	R(fcntl(fd, F_SETOWN, 0x7fffffff));
	R(ioctl(fd, FIOASYNC, &(int){ 1 }));
	R(ioctl(fd, FIONBIO, &(int){ 1 }));
	R(fcntl(fd, F_GETFL));
	R(ioctl(fd, FIOQSIZE, &(long){ 0 }));
	R(ioctl(p[0], FIOQSIZE, &(long){ 0 }));
	R(ioctl(fd, FIGETBSZ, &(int){ 0 }));
	R(ioctl(fd, FIFREEZE, &(int){ 0 }));
}

D(sync_family)
{
	int p[2], fd, ro;

	put("f", "x");
	pipe(p);
	fd = open("f", O_RDWR);
	ro = open("f", O_RDONLY);
	R(fsync(fd));
	R(fsync(ro));
	R(fdatasync(ro));
	R(fsync(p[0]));
	R(fsync(open(".", O_RDONLY)));
	R(fsync(open("/dev/null", O_RDWR)));
	R(syncfs(p[0]));
	R(syncfs(fd));
	R(sync_file_range(fd, 0, 0, 7));
	R(sync_file_range(fd, 0, 0, 8));
	R(sync_file_range(fd, -1, 0, 1));
	R(sync_file_range(p[0], 0, 0, 1));
	R(posix_fadvise(fd, 0, 0, 9));
	R(posix_fadvise(p[0], 0, 0, 0));
	R(readahead(fd, 0, 10));
	R(readahead(p[0], 0, 10));
}

D(access_flags)
{
	kinds();
	for (unsigned n = 0; n < N(names); n++) {
		R(faccessat(AT_FDCWD, names[n], F_OK, AT_SYMLINK_NOFOLLOW));
		R(faccessat(AT_FDCWD, names[n], W_OK | R_OK, AT_EACCESS));
	}
	R(access("file", 8));
	R(syscall(439, AT_FDCWD, "file", 0, 0x1));
	R(faccessat(0, "", R_OK, AT_EMPTY_PATH));
	R(access("/proc/self/mem", W_OK));
}

D_MAIN
