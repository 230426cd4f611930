// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of what file systems in memory stand on: windows of the pool, the
 * page cache, tmpfs, initramfs with its inflate, and hostfs with both its ends
 * in one process, on a directory of its own below $TMPDIR.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <drivers-host/hostfs.h>
#include <drivers-host/monitor.h>
#include "fake.h"

#define POOL_AT	  0x6a0000000000ull
#define POOL_SIZE (1ull << 42)
#define ARENA	  (256ul << 20)
#define SEAL_GROW 4u

static int pool_fd;
static unsigned long punches, rounds;
static char host_dir[64];

/* --- what the kernel half wants --- */

void fake_die(const char *msg)
{
	ck_abort_msg("%s", msg);
}

void fake_punch(void *at, unsigned long n)
{
	punches++;
	ck_assert(!fallocate(pool_fd,
			     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			     (off_t)((uint64_t)at - POOL_AT), (off_t)n));
}

unsigned long long fake_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long long)ts.tv_sec * 1000000000 +
	       (unsigned long long)ts.tv_nsec;
}

long fake_hostfs(unsigned op, unsigned long long *arg, void *buf, unsigned len,
		 unsigned long long *ret)
{
	struct ring_work w = { .op = (uint16_t)op, .buf = buf, .len = len };
	long r;

	rounds++;
	for (int i = 0; i < 6; i++)
		w.arg[i] = arg[i];
	r = (long)hostfs_serve(&w);
	for (int i = 0; i < 4; i++)
		ret[i] = w.ret[i];
	return r;
}

void monitor_warn(const char *fmt, ...)
{
}

static void setup(void)
{
	void *arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *pool;

	pool_fd = memfd_create("pool", 0);
	ck_assert(!ftruncate(pool_fd, (off_t)POOL_SIZE));
	pool = mmap((void *)POOL_AT, POOL_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED | MAP_NORESERVE, pool_fd, 0);
	ck_assert(arena != MAP_FAILED && pool != MAP_FAILED);
	fs_setup(arena, ARENA, POOL_SIZE);
}

static bool is_err(const void *f)
{
	return (uintptr_t)f > (uintptr_t)-4096;
}

static void *must_open(const char *path, int flags)
{
	void *f = fs_open(path, flags, 0644);

	ck_assert_msg(!is_err(f), "%s: %ld", path, (long)f);
	return f;
}

static void put(const char *path, const char *text)
{
	void *f = must_open(path, O_WRONLY | O_CREAT | O_TRUNC);

	ck_assert_int_eq(fs_write(f, text, strlen(text), 0), strlen(text));
	fs_close(f);
}

/* => the file's text, or "-errno" */
static const char *get(const char *path)
{
	static char buf[4096];
	void *f = fs_open(path, O_RDONLY, 0);
	long n;

	if (is_err(f)) {
		snprintf(buf, sizeof(buf), "%ld", (long)f);
		return buf;
	}
	n = fs_read(f, buf, sizeof(buf) - 1, 0);
	fs_close(f);
	ck_assert_int_ge(n, 0);
	buf[n] = 0;
	return buf;
}

/* --- windows --- */

#define NWIN 2000
START_TEST(windows_never_overlap)
{
	static struct {
		uint64_t off, len;
	} w[NWIN];
	static const uint64_t sizes[] = { 1,	     65536,	65537,
					  1 << 20,   5 << 20,	1 << 24,
					  300 << 20, 1ull << 32 };

	srand(7);
	for (int round = 0; round < 10000; round++) {
		int i = rand() % NWIN;

		if (w[i].len) {
			fs_window_free(w[i].off, w[i].len);
			w[i].len = 0;
			continue;
		}
		w[i].len = sizes[(unsigned)rand() % (rand() % 9 ? 4 : 8)];
		w[i].off = (uint64_t)fs_window_alloc(w[i].len);
		ck_assert_int_ge((int64_t)w[i].off, 0);
		ck_assert(w[i].off + w[i].len <= POOL_SIZE);
		if (round % 16)
			continue;
		for (int j = 0; j < NWIN; j++)
			ck_assert(j == i || !w[j].len ||
				  w[i].off + w[i].len <= w[j].off ||
				  w[j].off + w[j].len <= w[i].off);
	}
	for (int i = 0; i < NWIN; i++)
		if (w[i].len)
			fs_window_free(w[i].off, w[i].len);
	/* all joined again: the largest can be had, but for where tmpfs is */
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(fs_window_alloc(1ull << 40), 0);
	ck_assert_int_eq(fs_window_alloc(2ull << 40), -EFBIG);
}
END_TEST

/* --- files --- */

static void fill(unsigned char *p, size_t n)
{
	static uint32_t x = 1;

	while (n--)
		*p++ = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
}

#define MODEL (4u << 20)
START_TEST(a_file_is_what_was_written)
{
	static unsigned char model[MODEL], buf[MODEL];
	void *f = must_open("/f", O_RDWR | O_CREAT);
	uint64_t size = 0;
	struct fs_stat st;

	srand(3);
	for (int k = 0; k < 6000; k++) {
		uint64_t off = (unsigned)rand() % (k < 3000 ? 200000 : MODEL);
		uint64_t n = (unsigned)rand() % (k % 9 ? 6000 : 200000), end;

		n = n > MODEL - off ? MODEL - off : n;
		end = off + n;
		switch (rand() % 8) {
		case 0:
		case 1:
		case 2:
			fill(buf, n);
			ck_assert_int_eq(fs_write(f, buf, n, (long)off), n);
			memcpy(model + off, buf, n);
			size = n && end > size ? end : size;
			break;
		case 3:
			if (rand() % 4)
				break;
			off = rand() % 5 ? off : 0;
			ck_assert(!fs_truncate(f, off));
			if (off < size)
				memset(model + off, 0, size - off);
			size = off;
			break;
		case 4:
			if (!n)
				break;
			ck_assert(!fs_punch(f, off, n));
			memset(model + off, 0, n);
			break;
		default:
			end = end < size ? end : size;
			n = off < end ? end - off : 0;
			ck_assert_int_eq(fs_read(f, buf, 200000, (long)off),
					 off < size ? (size - off < 200000
							       ? size - off
							       : 200000)
						    : 0);
			ck_assert(!memcmp(buf, model + off, n));
		}
		ck_assert(!fs_fstat(f, &st));
		ck_assert_uint_eq(st.size, size);
		ck_assert_uint_eq(st.blocks, fs_pool_used() * 8);
	}
	fs_close(f);
	ck_assert(!fs_unlink("/f"));
	fs_shrink();
	ck_assert_uint_eq(fs_pool_used(), 0);
}
END_TEST

START_TEST(holes_take_no_memory)
{
	void *f = must_open("/s", O_RDWR | O_CREAT);
	struct fs_stat st;
	char c[3] = "abc";

	ck_assert_int_eq(fs_write(f, "x", 1, 100ll << 30), 1);
	ck_assert_int_eq(fs_read(f, c, 3, 50ll << 30), 3);
	ck_assert(!c[0] && !c[1] && !c[2]);
	ck_assert(!fs_fstat(f, &st));
	ck_assert_uint_eq(st.blocks, 8);
	ck_assert_int_eq(fs_seek(f, 0, SEEK_DATA), 100ll << 30);
	ck_assert_int_eq(fs_seek(f, 0, SEEK_HOLE), 0);
	ck_assert_int_eq(fs_seek(f, 100ll << 30, SEEK_HOLE), (100ll << 30) + 1);
	ck_assert(!fstat(pool_fd, &(struct stat){ 0 }));
	fs_close(f);
	ck_assert(!fs_unlink("/s"));
}
END_TEST

START_TEST(tmpfs_keeps_to_its_size)
{
	static char buf[1 << 20];
	long n = 0, total = 0;
	void *f;

	ck_assert(!fs_mkdir("/m"));
	ck_assert(!fs_mount("tmpfs", "/m", "size=3m,nr_inodes=20,mode=700"));
	ck_assert_int_eq(fs_mount("tmpfs", "/m", "size=x"), -EINVAL);
	f = must_open("/m/f", O_RDWR | O_CREAT);
	while ((n = fs_write(f, buf, 700000, total)) > 0)
		total += n;
	ck_assert_int_eq(n, -ENOSPC);
	ck_assert_int_eq(total, 3 << 20);
	fs_close(f);
	for (int i = 0; i < 30; i++) {
		char name[32];

		snprintf(name, sizeof(name), "/m/d%d", i);
		n = fs_mkdir(name);
		ck_assert_int_eq(n, i < 18 ? 0 : -ENOSPC);
	}
	ck_assert(!fs_umount("/m"));
	fs_shrink();
	ck_assert_uint_eq(fs_pool_used(), 0);
}
END_TEST

START_TEST(readdir_is_stable_while_names_go)
{
	static char names[100][64], seen[3000];
	void *d;
	int n, total = 0;

	ck_assert(!fs_mkdir("/d"));
	for (int i = 0; i < 3000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "/d/%d", i);
		put(name, "");
	}
	d = must_open("/d", O_RDONLY | O_DIRECTORY);
	while ((n = fs_readdir(d, names, 100)) > 0) {
		for (int i = 0; i < n; i++) {
			char name[72];

			if (names[i][0] == '.')
				continue;
			ck_assert(!seen[atoi(names[i])]++);
			total++;
			snprintf(name, sizeof(name), "/d/%.60s", names[i]);
			ck_assert(!fs_unlink(name));
		}
	}
	fs_close(d);
	ck_assert_int_eq(total, 3000);
	ck_assert(!fs_rmdir("/d"));
}
END_TEST

START_TEST(names_come_and_go)
{
	struct fs_stat st, root;
	char buf[4096];

	ck_assert(!fs_stat("/", &root));
	put("/a", "a");
	put("/b", "b");
	ck_assert(!fs_link("/a", "/a2"));
	ck_assert(!fs_stat("/a", &st));
	ck_assert_uint_eq(st.nlink, 2);
	ck_assert(!fs_rename("/a", "/b", 0));
	ck_assert_str_eq(get("/b"), "a");
	ck_assert_str_eq(get("/a"), "-2");
	ck_assert(!fs_mkdir("/x"));
	ck_assert(!fs_mkdir("/x/y"));
	ck_assert_int_eq(fs_rmdir("/x"), -ENOTEMPTY);
	ck_assert(!fs_rename("/x/y", "/b", 2 /* RENAME_EXCHANGE */));
	ck_assert_str_eq(get("/x/y"), "a");
	ck_assert(!fs_stat("/b", &st));
	ck_assert(S_ISDIR(st.mode));
	ck_assert(!fs_stat("/x", &st));
	ck_assert_uint_eq(st.nlink, 2);
	ck_assert(!fs_stat("/", &st));
	ck_assert_uint_eq(st.nlink, root.nlink + 2);
	ck_assert(!fs_symlink("x/y", "/l"));
	ck_assert_int_eq(fs_readlink("/l", buf), 3);
	ck_assert_str_eq(get("/l"), "a");
	ck_assert(!fs_unlink("/l") && !fs_unlink("/x/y") && !fs_rmdir("/x") &&
		  !fs_rmdir("/b") && !fs_unlink("/a2"));
	fs_shrink();
	ck_assert(!fs_stat("/", &st));
	ck_assert_uint_eq(st.nlink, root.nlink);
}
END_TEST

START_TEST(seals_hold)
{
	void *f = fs_memfd(100000);

	ck_assert(!is_err(f));
	ck_assert(!fs_seal(f, SEAL_GROW));
	ck_assert_int_eq(fs_write(f, "abc", 3, 99998), -EPERM);
	ck_assert_int_eq(fs_write(f, "ab", 2, 99998), 2);
	ck_assert_int_eq(fs_truncate(f, 100001), -EPERM);
	ck_assert(!fs_truncate(f, 1));
	fs_close(f);
}
END_TEST

/* --- archives --- */

struct buf {
	unsigned char p[1 << 20];
	size_t n;
};

static void cpio_add(struct buf *b, const char *name, unsigned ino,
		     unsigned mode, unsigned nlink, const void *data, size_t n,
		     unsigned rmin)
{
	b->n += (size_t)sprintf((char *)b->p + b->n,
				"070701%08X%08X%08X%08X%08X%08X%08X%08X%08X"
				"%08X%08X%08X%08X",
				ino, mode, 5u, 6u, nlink, 1000u, (unsigned)n,
				8u, 1u, 1u, rmin, (unsigned)strlen(name) + 1,
				0u);
	memcpy(b->p + b->n, name, strlen(name) + 1);
	b->n += strlen(name) + 1;
	while (b->n & 3)
		b->p[b->n++] = 0;
	memcpy(b->p + b->n, data, n);
	b->n += n;
	while (b->n & 3)
		b->p[b->n++] = 0;
}

static void cpio_example(struct buf *b, const char *text)
{
	cpio_add(b, ".", 1, 040755, 2, "", 0, 0);
	cpio_add(b, "u/s/t", 2, 0100755, 2, "", 0, 0);
	cpio_add(b, "u/v", 2, 0100755, 2, text, strlen(text), 0);
	cpio_add(b, "u/l", 3, 0120777, 1, "s/t", 3, 0);
	cpio_add(b, "null", 4, 0020666, 1, "", 0, 3);
	cpio_add(b, "TRAILER!!!", 0, 0, 1, "", 0, 0);
}

static void gzip_add(struct buf *b, const void *p, size_t n, int level)
{
	z_stream z = { 0 };

	ck_assert(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 9,
			       Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (void *)(uintptr_t)p;
	z.avail_in = (unsigned)n;
	z.next_out = b->p + b->n;
	z.avail_out = (unsigned)(sizeof(b->p) - b->n);
	ck_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
	b->n = sizeof(b->p) - z.avail_out;
	deflateEnd(&z);
}

START_TEST(archives_unpack)
{
	static struct buf a, b;
	struct fs_stat st;

	cpio_example(&a, "first");
	memset(a.p + a.n, 0, 100);
	a.n += 100;
	cpio_example(&b, "second");
	gzip_add(&a, b.p, b.n, 6);
	ck_assert_int_eq(fs_unpack(a.p, a.n), 0);
	ck_assert_str_eq(get("/u/l"), "second");
	ck_assert(!fs_stat("/u/v", &st));
	ck_assert_uint_eq(st.nlink, 2);
	ck_assert_uint_eq(st.mode, 0100755);
	ck_assert_uint_eq(st.uid, 5);
	ck_assert(!fs_stat("/null", &st));
	ck_assert_uint_eq(st.rdev, 0x103);
}
END_TEST

START_TEST(bad_archives_are_errors)
{
	static struct buf good, gz, a;

	cpio_example(&good, "text");
	gzip_add(&gz, good.p, good.n, 9);
	srand(11);
	for (int i = 0; i < 4000; i++) {
		const struct buf *from = i % 2 ? &good : &gz;

		a = *from;
		a.p[(unsigned)rand() % a.n] ^= (unsigned char)(1 << rand() % 8);
		if (rand() % 2)
			a.n = (unsigned)rand() % a.n;
		fs_unpack(a.p, a.n);
	}
	a.n = 0;
	cpio_add(&a, "../up", 2, 0100755, 1, "x", 1, 0);
	ck_assert_int_eq(fs_unpack(a.p, a.n), -EINVAL);
	ck_assert_int_eq(fs_unpack("070701", 6), -EINVAL);
	ck_assert_int_eq(fs_unpack("\x1f\x8b\x08", 3), -EINVAL);
	ck_assert_int_eq(fs_unpack("x", 1), -EINVAL);
}
END_TEST

START_TEST(inflate_agrees_with_zlib)
{
	static unsigned char in[300000], out[300000];
	static struct buf z;

	srand(5);
	for (int k = 0; k < 60; k++) {
		size_t n = (unsigned)rand() % sizeof(in);
		unsigned kinds = 1u << rand() % 9;

		for (size_t i = 0; i < n; i++)
			in[i] = i > 300 && rand() % 3
					? in[i - (unsigned)rand() % 300]
					: (unsigned char)((unsigned)rand() %
							  kinds);
		z.n = 0;
		gzip_add(&z, in, n, k % 10);
		ck_assert_int_eq(fs_gunzip(z.p, z.n, out, sizeof(out)), n);
		ck_assert(!memcmp(in, out, n));
		if (n)
			ck_assert_int_eq(fs_gunzip(z.p, z.n, out, n - 1),
					 -ENOSPC);
		z.p[z.n - 1 - (unsigned)rand() % 8] ^= 1;
		ck_assert_int_eq(fs_gunzip(z.p, z.n, out, sizeof(out)),
				 -EINVAL);
	}
}
END_TEST

/* --- hostfs --- */

static void host_put(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", host_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static const char *host_get(const char *name)
{
	static char path[128], buf[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", host_dir, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return "none";
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = 0;
	return buf;
}

static void host_do(const char *what)
{
	char cmd[512];

	usleep(8000); /* what the guest believes for a while is old now */
	snprintf(cmd, sizeof(cmd), "cd %s && %s", host_dir, what);
	ck_assert_int_eq(system(cmd), 0);
}

static void host_setup(bool rw)
{
	setup();
	snprintf(host_dir, sizeof(host_dir), "%s/lodger-hostfs-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert(mkdtemp(host_dir));
	host_do("mkdir a && echo hello >a/f && ln -s a/f in && "
		"ln -s /etc/passwd out && mkfifo fifo && ln -s .. up");
	ck_assert_int_ge(hostfs_open(host_dir, rw), 0);
	ck_assert(!fs_mkdir("/h"));
	ck_assert(!fs_mount("hostfs", "/h", "root=0"));
}

static void host_setup_rw(void)
{
	host_setup(true);
}

static void host_setup_ro(void)
{
	host_setup(false);
}

static void host_teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", host_dir);
	ck_assert_int_eq(system(cmd), 0);
}

START_TEST(hostfs_shows_the_host)
{
	static char names[32][64];
	struct fs_stat st;
	void *d;
	int n;

	ck_assert_str_eq(get("/h/a/f"), "hello\n");
	ck_assert_str_eq(get("/h/in"), "hello\n");
	/* links lead where the guest's root says, not the host's */
	ck_assert_str_eq(get("/h/out"), "-2");
	ck_assert(!fs_stat("/h/fifo", &st));
	ck_assert(S_ISFIFO(st.mode));
	d = must_open("/h", O_RDONLY | O_DIRECTORY);
	n = fs_readdir(d, names, 3);
	ck_assert_int_eq(n, 3);
	n += fs_readdir(d, names + 3, 29);
	ck_assert_int_eq(n, 7);
	ck_assert_int_eq(fs_readdir(d, names, 32), 0);
	fs_close(d);
	ck_assert_int_eq(fs_mkdir("/h/new"), -EROFS);
	ck_assert_int_eq((long)fs_open("/h/a/f", O_RDWR, 0), -EROFS);
}
END_TEST

START_TEST(hostfs_sees_what_the_host_does)
{
	struct fs_stat st;
	void *f;

	ck_assert_str_eq(get("/h/a/f"), "hello\n");
	host_do("echo 'something longer' >a/f");
	ck_assert_str_eq(get("/h/a/f"), "something longer\n");
	host_do("rm a/f");
	ck_assert_str_eq(get("/h/a/f"), "-2");
	host_do("echo back >a/f");
	ck_assert_str_eq(get("/h/a/f"), "back\n");
	f = must_open("/h/a/f", O_RDONLY);
	host_do("echo other >a/g && mv a/g a/f");
	ck_assert_str_eq(get("/h/a/f"), "other\n");
	ck_assert_int_eq(fs_read(f, (char[8]){ 0 }, 8, 0), 5);
	ck_assert(!fs_fstat(f, &st));
	ck_assert_uint_eq(st.nlink, 0);
	fs_close(f);
}
END_TEST

START_TEST(hostfs_writes_through)
{
	struct fs_stat st;
	char buf[64];
	void *f;

	f = must_open("/h/new", O_RDWR | O_CREAT | O_EXCL);
	ck_assert_int_eq(fs_write(f, "0123456789", 10, 0), 10);
	ck_assert_int_eq(fs_write(f, "X", 1, 5), 1);
	ck_assert_str_eq(host_get("new"), "01234X6789");
	ck_assert(!fs_truncate(f, 4));
	ck_assert(!fs_truncate(f, 6));
	ck_assert_int_eq(fs_read(f, buf, 64, 0), 6);
	ck_assert(!memcmp(buf, "0123\0\0", 6));
	ck_assert(!fs_unlink("/h/new"));
	ck_assert_int_eq(fs_write(f, "zz", 2, 0), 2);
	ck_assert_int_eq(fs_read(f, buf, 64, 0), 6);
	ck_assert(!fs_fstat(f, &st));
	ck_assert_uint_eq(st.nlink, 0);
	fs_close(f);
	ck_assert(!fs_mkdir("/h/d"));
	ck_assert(!fs_link("/h/a/f", "/h/d/g"));
	ck_assert(!fs_unlink("/h/a/f"));
	ck_assert_str_eq(get("/h/d/g"), "hello\n");
	ck_assert(!fs_rename("/h/d", "/h/a/e", 0));
	ck_assert_str_eq(get("/h/a/e/g"), "hello\n");
	ck_assert_str_eq(host_get("a/e/g"), "hello\n");
	ck_assert_int_eq(fs_rmdir("/h/a/e"), -ENOTEMPTY);
	host_put("late", "late");
	ck_assert_str_eq(get("/h/late"), "late");
}
END_TEST

START_TEST(hostfs_asks_once)
{
	struct fs_stat st;
	unsigned long before;

	ck_assert_str_eq(get("/h/a/f"), "hello\n");
	usleep(8000);
	before = rounds;
	for (int i = 0; i < 3; i++)
		ck_assert(!fs_stat("/h/a/f", &st));
	ck_assert_uint_le(rounds - before, 1);
}
END_TEST

/* Hostile requests: an answer each, nothing else. */
START_TEST(hostfs_back_end_survives_nonsense)
{
	static char buf[8192];

	srand(17);
	for (int i = 0; i < 15000; i++) {
		struct ring_work w = { .op = (uint16_t)(rand() % 24) };

		for (int k = 0; k < 6; k++)
			w.arg[k] = rand() % 2 ? (uint64_t)(rand() % 4)
					      : (uint64_t)rand() << 33 |
							(uint64_t)rand();
		if (rand() % 2) /* a handle that may exist */
			w.arg[0] = (uint64_t)(rand() % 8) << 32 |
				   (uint64_t)(rand() % 8);
		for (size_t k = 0; k < sizeof(struct hostfs_msg); k++)
			buf[k] = (char)rand();
		if (rand() % 2)
			strcpy(((struct hostfs_msg *)buf)->name,
			       (const char *[]){ "..", "/", "a", "up", "a/f",
						 "fifo", "",
						 "in" }[rand() % 8]);
		if (rand() % 8) {
			w.buf = buf;
			w.len = (uint32_t)rand() % sizeof(buf);
		}
		hostfs_serve(&w);
	}
	ck_assert_str_eq(get("/h/a/f"), "hello\n");
}
END_TEST

static TCase *fs_case(Suite *s, const char *name, void (*begin)(void),
		      void (*end)(void))
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("fs");
	SRunner *sr = srunner_create(s);
	TCase *tc;
	int failed;

	tc = fs_case(s, "memory", setup, NULL);
	tcase_add_test(tc, windows_never_overlap);
	tcase_add_test(tc, a_file_is_what_was_written);
	tcase_add_test(tc, holes_take_no_memory);
	tcase_add_test(tc, tmpfs_keeps_to_its_size);
	tcase_add_test(tc, readdir_is_stable_while_names_go);
	tcase_add_test(tc, names_come_and_go);
	tcase_add_test(tc, seals_hold);
	tcase_add_test(tc, archives_unpack);
	tcase_add_test(tc, bad_archives_are_errors);
	tcase_add_test(tc, inflate_agrees_with_zlib);
	tc = fs_case(s, "hostfs", host_setup_rw, host_teardown);
	tcase_add_test(tc, hostfs_sees_what_the_host_does);
	tcase_add_test(tc, hostfs_writes_through);
	tc = fs_case(s, "hostfs-ro", host_setup_ro, host_teardown);
	tcase_add_test(tc, hostfs_shows_the_host);
	tcase_add_test(tc, hostfs_asks_once);
	tcase_add_test(tc, hostfs_back_end_survives_nonsense);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
