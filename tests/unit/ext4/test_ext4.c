// SPDX-License-Identifier: GPL-2.0
/*
 * ext4 on the host: images of every flavour that mke2fs makes by default are
 * read and written and must please e2fsck; random operations are cut off at
 * random moments, and what a crash leaves must be mended by replay, and by
 * e2fsck's own; flipped bits must never do harm.
 *
 * CRASHES=N and FLIPS=N set how many of each (50 and 200, 500 and 3000 in the
 * long run), SEED=N where the sequence begins; a failure prints its seed. Files are in memory, or $TMPDIR.
 */
#include <check.h>
#include <stdarg.h>
#include <stdbool.h>
#include <time.h>
#include "crash.h"
#include "disk.h"

#define MB (1ull << 20)

static char dir[64], img[96];
static int quiet = 1;
static uint64_t rnd = 88172645463325252ull;

/* --- what the kernel half wants --- */

void hk_die(const char *msg)
{
	fprintf(stderr, "kernel: %s\n", msg);
	abort();
}
void hk_print(const char *line)
{
	if (!quiet)
		fprintf(stderr, "%s", line[0] == '<' ? line + 3 : line);
}
void hk_punch(void *at, unsigned long n)
{
	if (madvise(at, n, MADV_DONTNEED))
		abort();
}
unsigned long long hk_clock(int clock)
{
	static unsigned long long ns = 1700000000ull * 1000000000;

	return ns += 1234567;
}
void hk_random(void *p, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		((unsigned char *)p)[i] = (unsigned char)disk_rand(&rnd);
}

/* --- helpers --- */

static unsigned long long env(const char *name, unsigned long long def)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 0) : def;
}

__attribute__((format(printf, 1, 2))) static int run(const char *fmt, ...)
{
	char cmd[700];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	r = system(cmd);
	return WIFEXITED(r) ? WEXITSTATUS(r) : 128;
}

static bool is_err(const void *p)
{
	return (uintptr_t)p > (uintptr_t)-4096;
}

static void setup(void)
{
	size_t arena = 512 * MB;
	void *a = mmap(NULL, arena, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *p = mmap((void *)HK_POOL, 1ull << 40, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		       -1, 0);

	ck_assert(a != MAP_FAILED && p != MAP_FAILED);
	quiet = !getenv("VERBOSE");
	hk_init(a, arena, 1ull << 40);
	/* in memory if possible: e2fsck makes sure of its writes */
	snprintf(dir, sizeof(dir), "%s/ext4-test.XXXXXX",
		 !access("/dev/shm", W_OK) ? "/dev/shm"
		 : getenv("TMPDIR")	   ? getenv("TMPDIR")
					   : "/tmp");
	ck_assert(mkdtemp(dir) != NULL);
	snprintf(img, sizeof(img), "%s/img", dir);
}

static void teardown(void)
{
	run("rm -rf %s", dir);
}

/* A new file system of so many bytes. */
static struct disk *make(unsigned long long size, const char *opts)
{
	struct disk *d = disk_new(size);

	unlink(img);
	ck_assert_msg(!run("/sbin/mke2fs -q -F %s %s %lluk >%s/out 2>&1", opts,
			   img, size / 1024, dir),
		      "mke2fs %s", opts);
	disk_load(d, img);
	return d;
}

/* e2fsck -fn on what the disk holds must find nothing. */
static void fsck(struct disk *d, const char *what)
{
	disk_save(d, img);
	if (run("/sbin/e2fsck -fn %s >%s/fsck 2>&1", img, dir)) {
		run("head -c 3000 %s/fsck >&2; cp %s /tmp/ext4-bad.img", dir,
		    img);
		ck_abort_msg("e2fsck: %s", what);
	}
}

static void mounted(struct disk *d, unsigned long flags, const char *opts)
{
	int err = hk_disk_add("hk0", &d->hk);

	ck_assert_int_eq(err, 0);
	err = hk_mount("/dev/hk0", "/mnt", "ext4", flags, opts);
	ck_assert_msg(!err, "mount: %d", err);
}

static void unmounted(void)
{
	ck_assert_int_eq(hk_umount("/mnt"), 0);
	hk_disk_remove("hk0");
}

static void *must_open(const char *path, int flags)
{
	void *f = hk_open(path, flags, 0644);

	ck_assert_msg(!is_err(f), "%s: %ld", path, (long)f);
	return f;
}

/* Content by seed: cheap to make again. */
static void pattern(unsigned char *p, size_t n, uint64_t seed, uint64_t at)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t x = (seed + (at + i) / 8) * 0x9e3779b97f4a7c15ull;

		p[i] = (unsigned char)(x >> (24 + (at + i) % 8 * 4));
	}
}

static void put(const char *path, size_t n, uint64_t seed)
{
	unsigned char *p = malloc(n + 1);
	void *f = must_open(path, O_RDWR | O_CREAT | O_TRUNC);

	pattern(p, n, seed, 0);
	ck_assert_int_eq(hk_write(f, p, n, 0), (long)n);
	hk_close(f);
	free(p);
}

static void check_file(const char *path, size_t n, uint64_t seed)
{
	unsigned char *p = malloc(n + 1), *q = malloc(n + 1);
	void *f = must_open(path, O_RDONLY);
	long r = hk_read(f, q, n + 1, 0);

	ck_assert_msg(r == (long)n, "%s: %ld bytes of %zu", path, r, n);
	pattern(p, n, seed, 0);
	ck_assert_msg(!memcmp(p, q, n), "%s: content", path);
	hk_close(f);
	free(p);
	free(q);
}

static int count_name(void *arg, const char *name, unsigned len,
		      unsigned long long ino, unsigned type, long long next)
{
	++*(int *)arg;
	return 0;
}

static int entries(const char *path)
{
	void *f = must_open(path, O_RDONLY | O_DIRECTORY);
	long long pos = 0;
	int n = 0, err = hk_readdir(f, &pos, count_name, &n);

	hk_close(f);
	return err ? err : n;
}

/* --- flavours --- */

static const char *const flavours[] = {
	"-t ext4",
	"-t ext4 -b 1024",
	"-t ext4 -b 2048",
	"-t ext3",
	"-t ext3 -b 1024",
	"-t ext2",
	"-t ext2 -b 1024",
	"-t ext2 -b 2048",
	"-t ext4 -O ^64bit",
	"-t ext4 -O inline_data -I 256",
	"-t ext4 -I 128",
	"-t ext4 -I 1024",
	"-t ext4 -O ^metadata_csum",
	"-t ext4 -O ^metadata_csum,uninit_bg",
	"-t ext4 -O ^has_journal",
	"-t ext4 -O meta_bg,^resize_inode -b 1024",
	"-t ext4 -O ^flex_bg",
	"-t ext4 -O metadata_csum_seed",
	"-t ext4 -O large_dir",
	"-t ext4 -O ^dir_index",
	"-t ext4 -O ^extent,^64bit -b 1024",
	"-t ext4 -T small -b 1024",
	"-t ext4 -m 0 -O ^dir_nlink,^huge_file",
	"-t ext4 -E lazy_itable_init=1,lazy_journal_init=1",
	"-t ext4 -O orphan_file",
};

static void fill(bool small)
{
	char name[300], to[300];
	struct hk_stat st;
	unsigned char buf[64];
	void *f;
	int n = small ? 60 : 700;

	ck_assert_int_eq(hk_mkdir("/mnt/a", 0755), 0);
	ck_assert_int_eq(hk_mkdir("/mnt/a/b", 0700), 0);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "/mnt/a/file-with-a-name-%d", i);
		put(name, (size_t)i * 13 % 9000, (uint64_t)i);
	}
	put("/mnt/big", 3000000, 77);
	f = must_open("/mnt/sparse", O_RDWR | O_CREAT);
	ck_assert_int_eq(hk_write(f, "end", 3, 20000001), 3);
	ck_assert_int_eq(hk_write(f, "mid", 3, 5000), 3);
	hk_close(f);
	ck_assert_int_eq(hk_symlink("short", "/mnt/s1"), 0);
	memset(to, 'x', 200);
	to[200] = 0;
	ck_assert_int_eq(hk_symlink(to, "/mnt/s2"), 0);
	ck_assert_int_eq(hk_link("/mnt/big", "/mnt/a/b/big"), 0);
	ck_assert_int_eq(hk_rename("/mnt/a/b", "/mnt/c", 0), 0);
	ck_assert_int_eq(hk_mknod("/mnt/dev", S_IFCHR | 0600, 0x501), 0);
	ck_assert_int_eq(hk_mknod("/mnt/fifo", S_IFIFO | 0600, 0), 0);
	ck_assert_int_eq(hk_setxattr("/mnt/big", "user.one", "value", 5, 0), 0);
	memset(to, 'v', sizeof(to));
	ck_assert_int_eq(hk_setxattr("/mnt/big", "user.two", to, 300, 0), 0);
	ck_assert_int_eq(hk_getxattr("/mnt/big", "user.one", buf, 64), 5);
	for (int i = 0; i < n; i += 3) {
		snprintf(name, sizeof(name), "/mnt/a/file-with-a-name-%d", i);
		ck_assert_int_eq(hk_unlink(name), 0);
	}
	ck_assert_int_eq(hk_truncate("/mnt/big", 1234567), 0);
	ck_assert_int_eq(hk_utimes("/mnt/s1", 1, 2, 3, 4), 0);
	ck_assert_int_eq(hk_stat("/mnt/big", &st), 0);
	ck_assert_int_eq(st.nlink, 2);
}

static void look(bool small)
{
	char name[300], buf[4096];
	struct hk_stat st;
	void *f;
	int n = small ? 60 : 700, left = 0;

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "/mnt/a/file-with-a-name-%d", i);
		if (i % 3) {
			check_file(name, (size_t)i * 13 % 9000, (uint64_t)i);
			left++;
		} else {
			ck_assert_int_eq(hk_stat(name, &st), -ENOENT);
		}
	}
	ck_assert_int_eq(entries("/mnt/a"), left + 2);
	check_file("/mnt/big", 1234567, 77);
	check_file("/mnt/c/big", 1234567, 77);
	f = must_open("/mnt/sparse", O_RDONLY);
	ck_assert_int_eq(hk_read(f, buf, 10, 20000000), 4);
	ck_assert(!memcmp(buf, "\0end", 4));
	ck_assert_int_eq(hk_read(f, buf, 10, 4999), 10);
	ck_assert(!memcmp(buf, "\0mid\0\0\0\0\0\0", 10));
	hk_close(f);
	ck_assert_int_eq(hk_readlink("/mnt/s1", buf, 4096), 5);
	ck_assert_int_eq(hk_readlink("/mnt/s2", buf, 4096), 200);
	ck_assert_int_eq(hk_stat("/mnt/dev", &st), 0);
	ck_assert(S_ISCHR(st.mode) && st.rdev == 0x501);
	ck_assert_int_eq(hk_getxattr("/mnt/big", "user.two", buf, 4096), 300);
	ck_assert_int_eq(hk_listxattr("/mnt/big", buf, 4096), 18);
}

START_TEST(flavour)
{
	const char *opts = flavours[_i];
	bool small = strstr(opts, "-I 1024") || strstr(opts, "^dir_index");
	struct disk *d = make(48 * MB, opts);
	struct hk_statfs before, after;

	mounted(d, 0, NULL);
	ck_assert_int_eq(hk_statfs("/mnt", &before), 0);
	fill(small);
	look(small);
	hk_sync();
	unmounted();
	fsck(d, opts);
	mounted(d, 1, NULL);
	look(small);
	ck_assert_int_eq(hk_mkdir("/mnt/no", 0755), -EROFS);
	unmounted();
	mounted(d, 0, NULL);
	look(small);
	for (int i = 0; i < (small ? 60 : 700); i++)
		if (i % 3) {
			char name[64];

			snprintf(name, sizeof(name),
				 "/mnt/a/file-with-a-name-%d", i);
			ck_assert_int_eq(hk_unlink(name), 0);
		}
	ck_assert_int_eq(hk_rmdir("/mnt/a"), 0);
	hk_unlink("/mnt/big");
	hk_unlink("/mnt/c/big");
	hk_unlink("/mnt/sparse");
	hk_unlink("/mnt/s2");
	hk_rmdir("/mnt/c");
	ck_assert_int_eq(hk_statfs("/mnt", &after), 0);
	ck_assert_int_eq((long)(before.bfree - after.bfree), 0);
	unmounted();
	fsck(d, opts);
	disk_free(d);
}
END_TEST

/* What mke2fs -d and debugfs have made, read by us. */
START_TEST(reads)
{
	struct disk *d;
	char buf[256];

	run("mkdir -p %s/src/sub && cd %s/src && "
	    "for i in $(seq 1 400); do echo content $i >sub/f$i; done; "
	    "ln -s /etc/hostname link; echo tiny >tiny; "
	    "head -c 100000 /dev/zero | tr '\\0' 'a' >data",
	    dir, dir);
	for (int i = 0; i < 2; i++) {
		char opts[200];

		snprintf(opts, sizeof(opts), "-t ext4 -d %s/src %s", dir,
			 i ? "-O inline_data" : "");
		d = make(16 * MB, opts);
		mounted(d, i ? 0 : 1, NULL);
		ck_assert_int_eq(entries("/mnt/sub"), 402);
		for (int k = 1; k <= 400; k++) {
			char name[32], want[32];
			void *f;
			long n;

			snprintf(name, sizeof(name), "/mnt/sub/f%d", k);
			n = snprintf(want, sizeof(want), "content %d\n", k);
			f = must_open(name, O_RDONLY);
			ck_assert_int_eq(hk_read(f, buf, 256, 0), n);
			ck_assert(!memcmp(buf, want, (size_t)n));
			hk_close(f);
		}
		ck_assert_int_eq(hk_readlink("/mnt/link", buf, 256), 13);
		if (i) { /* inline ones become ordinary ones */
			void *f = must_open("/mnt/tiny", O_RDWR);

			ck_assert_int_eq(hk_write(f, "more", 4, 5), 4);
			ck_assert_int_eq(hk_read(f, buf, 256, 0), 9);
			ck_assert(!memcmp(buf, "tiny\nmore", 9));
			hk_close(f);
			put("/mnt/sub/new", 100, 1);
		}
		unmounted();
		fsck(d, "after reading");
		disk_free(d);
	}
}
END_TEST

/* --- crashes --- */

static const char *const crash_flavours[] = {
	"-t ext4 -b 1024 -J size=1",
	"-t ext4 -b 4096 -J size=4",
	"-t ext3 -b 1024 -J size=1",
	"-t ext4 -b 1024 -O ^metadata_csum",
	"-t ext4 -b 2048 -O ^64bit -J size=2",
	"-t ext4 -b 4096 -I 128",
};

static void crash_one(struct crasher *c, struct disk *to, unsigned upto,
		      uint64_t seed, int *checked)
{
	const char *why;

	disk_crash(c->d, to, upto, seed);
	if (getenv("KEEP"))
		disk_save(to, getenv("KEEP"));
	if (seed % 3 == 0) { /* e2fsck's own replay must get along with it */
		disk_save(to, img);
		run("/sbin/e2fsck -fy %s >%s/fsck 2>&1", img, dir);
		if (!run("grep -v Optimize %s/fsck | grep -q '? yes'", dir)) {
			run("head -c 3000 %s/fsck >&2", dir);
			ck_abort_msg("e2fsck -fy had to mend something");
		}
		disk_load(to, img);
	}
	mounted(to, 0, NULL);
	why = cr_verify(c, upto, checked);
	ck_assert_msg(!why, "%s", why);
	hk_mkdir("/mnt/after", 0755);
	unmounted();
	fsck(to, "after a crash");
}

START_TEST(crashes)
{
	int n = (int)env("CRASHES", getenv("LODGER_LONG") ? 500 : 50), per = 10,
	    checked = 0;
	uint64_t seed = env("SEED", 1);
	const unsigned nf = sizeof(crash_flavours) / sizeof(crash_flavours[0]);

	for (int done = 0; done < n; done += per, seed++) {
		const char *opts = crash_flavours[seed % nf];
		struct disk *d = make(24 * MB, opts), *to;
		struct crasher c;
		uint64_t s = seed * 7919 + 1;

		rnd = seed | 1ull << 40;
		mounted(d, 0, NULL);
		cr_init(&c, d, seed);
		c.extents = strstr(opts, "ext4") != NULL;
		disk_begin(d);
		cr_run(&c, 250);
		for (int i = 0; i < CR_FILES; i++) {
			const char *why =
				cr_compare(i, c.f[i].data,
					   c.f[i].there ? c.f[i].size : ~0u);

			ck_assert_msg(!why, "seed %llu: %s",
				      (unsigned long long)seed, why);
		}
		unmounted();
		fsck(d, "after random operations");
		d->logging = 0;
		to = disk_new(d->hk.size);
		for (int i = 0; i < per; i++) {
			unsigned upto =
				(unsigned)(disk_rand(&s) % (d->nlog + 1));

			if (getenv("VERBOSE"))
				fprintf(stderr,
					"seed %llu %s: crash %u of %u\n",
					(unsigned long long)seed, opts, upto,
					d->nlog);
			crash_one(&c, to, upto, disk_rand(&s), &checked);
		}
		cr_free(&c);
		disk_free(to);
		disk_free(d);
	}
	ck_assert_int_gt(checked, n);
}
END_TEST

/* --- damage --- */

static void walk(const char *path, int depth);

struct walking {
	char names[64][256];
	int n;
};

static int walk_entry(void *arg, const char *name, unsigned len,
		      unsigned long long ino, unsigned type, long long next)
{
	struct walking *w = arg;

	if (len > 255 || w->n == 64)
		return 1;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return 0;
	memcpy(w->names[w->n], name, len);
	w->names[w->n++][len] = 0;
	return 0;
}

/* Everything that can be asked of a file, whatever comes back. */
static void walk(const char *path, int depth)
{
	static unsigned char buf[70000];
	struct walking *w;
	char p[1000];
	struct hk_stat st;
	long long pos = 0;
	void *f;

	if (hk_stat(path, &st))
		return;
	hk_listxattr(path, (char *)buf, sizeof(buf));
	hk_getxattr(path, "user.one", buf, sizeof(buf));
	if (S_ISLNK(st.mode))
		hk_readlink(path, (char *)buf, 4096);
	if (!S_ISREG(st.mode) && !S_ISDIR(st.mode))
		return;
	f = hk_open(path, O_RDONLY, 0);
	if (is_err(f))
		return;
	if (S_ISREG(st.mode)) {
		hk_read(f, buf, sizeof(buf), 0);
		hk_read(f, buf, sizeof(buf), (long long)st.size - 100);
		hk_seek(f, 0, 3);
	}
	hk_close(f);
	if (!S_ISDIR(st.mode))
		return;
	/* names are looked up after the directory is closed */
	f = depth > 3 ? (void *)-1l : hk_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (is_err(f))
		return;
	w = malloc(sizeof(*w));
	for (int i = 0; i < 20; i++) {
		long long was = pos;

		w->n = 0;
		if (hk_readdir(f, &pos, walk_entry, w) || pos == was)
			break;
		for (int k = 0; k < w->n; k++) {
			snprintf(p, sizeof(p), "%s/%s", path, w->names[k]);
			walk(p, depth + 1);
		}
	}
	free(w);
	hk_close(f);
}

/* Bits flipped in what was written in small pieces: mostly metadata. */
START_TEST(flips)
{
	static const char *const kinds[] = {
		"-t ext4 -b 1024",
		"-t ext4 -O inline_data",
		"-t ext3 -b 1024",
		"-t ext4 -b 1024 -O ^metadata_csum",
		"-t ext4 -O ^metadata_csum,uninit_bg",
		"-t ext2",
	};
	int n = (int)env("FLIPS", getenv("LODGER_LONG") ? 3000 : 200);
	uint64_t s = env("SEED", 1) * 77777 + 5;
	struct disk *base = NULL, *d = disk_new(16 * MB);
	unsigned *meta = malloc(65536 * sizeof(*meta)), nmeta = 0;

	for (int i = 0; i < n; i++) {
		if (i % (n / 6 + 1) == 0) {
			const char *opts = kinds[i / (n / 6 + 1)];

			if (base)
				disk_free(base);
			base = make(16 * MB, opts);
			disk_begin(base);
			base->logging = 1;
			mounted(base, 0, NULL);
			fill(true);
			hk_sync();
			unmounted();
			/* what was written, but for long runs of file data */
			nmeta = 0;
			for (unsigned k = 0; k < base->nlog; k++)
				if (base->log[k].n && base->log[k].n <= 4096 &&
				    nmeta < 65000)
					meta[nmeta++] =
						(unsigned)(base->log[k].pos /
							   512);
			meta[nmeta++] = 2;
			meta[nmeta++] = 2;
			base->logging = 0;
		}
		memcpy(d->now, base->now, d->hk.size);
		for (int k = 0; k < 1 + (int)(disk_rand(&s) % 4); k++) {
			uint64_t at = meta[disk_rand(&s) % nmeta] * 512ull +
				      disk_rand(&s) % 1024;

			if (disk_rand(&s) % 3)
				d->now[at] ^=
					(unsigned char)(1 << disk_rand(&s) % 8);
			else
				d->now[at] = (unsigned char)disk_rand(&s);
		}
		if (getenv("VERBOSE"))
			fprintf(stderr, "flip %d\n", i);
		ck_assert_int_eq(hk_disk_add("hk0", &d->hk), 0);
		if (!hk_mount("/dev/hk0", "/mnt", "ext4", 0, NULL)) {
			walk("/mnt", 0);
			for (int k = 0; k < 60; k += 2) {
				char p[64];

				snprintf(p, sizeof(p),
					 "/mnt/a/file-with-a-name-%d", k + 1);
				hk_unlink(p);
				snprintf(p, sizeof(p), "/mnt/a/new%d", k);
				if (k % 4)
					hk_mkdir(p, 0755);
				else
					hk_symlink("/mnt/a", p);
			}
			hk_truncate("/mnt/big", 10000);
			hk_setxattr("/mnt/big", "user.x", "y", 1, 0);
			hk_rename("/mnt/c/big", "/mnt/a/big", 0);
			hk_unlink("/mnt/sparse");
			hk_sync();
			ck_assert_int_eq(hk_umount("/mnt"), 0);
		}
		hk_disk_remove("hk0");
	}
	disk_free(base);
	disk_free(d);
	free(meta);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ext4");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, flavour, 0,
			    sizeof(flavours) / sizeof(flavours[0]));
	tcase_add_test(t, reads);
	tcase_add_test(t, crashes);
	tcase_add_test(t, flips);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
