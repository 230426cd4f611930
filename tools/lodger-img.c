// SPDX-License-Identifier: GPL-2.0
/*
 * lodger-img: disk images and User Mode Linux's COW files (drivers-host/cow.h).
 *
 *	info FILE		what it is
 *	create FILE SIZE [DIR]	a sparse image; with an ext4 of DIR's content
 *	cow FILE BASE		an empty COW file
 *	convert FROM TO		a COW file (or image) as a sparse raw image
 *	commit COW		into its base, which then has its content
 *	rebase [--unsafe] COW BASE	another place of the same base
 *	resize FILE SIZE	a raw image
 *	check FILE		the structure of a COW file
 *
 * Images that a machine has are locked, and refused here as well.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "drivers-host/cow.h"
#include "drivers-host/ubd_host.h"

#define IMG_CHUNK (1u << 20)

static void img_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

static void img_die(const char *fmt, ...)
{
	va_list ap;

	fputs("lodger-img: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* "10G" => bytes */
static uint64_t img_size(const char *s)
{
	static const char units[] = "kmgtKMGT";
	char *end, *u;
	uint64_t v = strtoull(s, &end, 10);

	if (end != s && *end && (u = strchr(units, *end)) && !end[1])
		v <<= 10 * ((u - units) % 4 + 1);
	else if (end == s || *end)
		img_die("'%s' is no size", s);
	if (v < 512 || v % 512 || v >> 50)
		img_die("%s: a disk has a multiple of 512 bytes", s);
	return v;
}

static int img_open(const char *file, bool write)
{
	int fd = open(file, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	if (fd < 0)
		img_die("%s: %s", file, strerror(errno));
	if (ubd_lock(fd, write))
		img_die("%s: a machine has it", file);
	return fd;
}

static int img_create(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		img_die("%s: %s", file, strerror(errno));
	return fd;
}

/* A COW file with its base, which *base_fd is then. */
static struct cow *img_open_cow(const char *file, struct cow_header *h,
				bool write_base, int *base_fd)
{
	char why[COW_PATH + 512];
	int fd = img_open(file, false);
	struct cow *c;

	if (cow_read_header(fd, h, why, sizeof(why)))
		img_die("%s %s", file, why);
	*base_fd = img_open(h->base, write_base);
	if (cow_check_base(h, file, h->base, *base_fd, why, sizeof(why)))
		img_die("%s %s", file, why);
	c = cow_open(fd, *base_fd, h, why, sizeof(why));
	if (!c)
		img_die("%s %s", file, why);
	return c;
}

static uint64_t img_count(const struct cow *c, const struct cow_header *h)
{
	uint64_t n = 0;

	for (uint64_t s = 0; s < (h->size + COW_SECTOR - 1) / COW_SECTOR; s++)
		n += cow_has(c, s);
	return n;
}

static int img_info(int argc, char **argv)
{
	char why[512];
	struct cow_header h;
	struct stat st;
	struct cow *c;
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	if (fd < 0 || fstat(fd, &st))
		img_die("%s: %s", argv[0], strerror(errno));
	printf("file      %s\non disk   %llu KiB\n", argv[0],
	       (unsigned long long)st.st_blocks / 2);
	if (!cow_is(fd)) {
		printf("kind      raw\nsize      %llu bytes\n",
		       (unsigned long long)lseek(fd, 0, SEEK_END));
		return 0;
	}
	if (cow_read_header(fd, &h, why, sizeof(why)))
		img_die("%s %s", argv[0], why);
	printf("kind      COW file, version 3\nsize      %llu bytes\nbase      "
	       "%s\nbase time %u\n",
	       (unsigned long long)h.size, h.base, h.mtime);
	c = cow_open(fd, -1, &h, why, sizeof(why));
	if (!c)
		img_die("%s %s", argv[0], why);
	printf("written   %llu KiB\n",
	       (unsigned long long)img_count(c, &h) / 2);
	return 0;
}

/* mke2fs takes owners and device nodes as far as the caller can see them. */
static void img_mke2fs(const char *file, const char *dir)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
		execlp("mke2fs", "mke2fs", "-q", "-F", "-t", "ext4", "-d", dir,
		       file, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		img_die("mke2fs (package e2fsprogs) failed");
}

static int img_create_main(int argc, char **argv)
{
	uint64_t size = img_size(argv[1]);
	int fd = img_create(argv[0]);

	if (ftruncate(fd, (off_t)size))
		img_die("%s: %s", argv[0], strerror(errno));
	close(fd);
	if (argc > 2)
		img_mke2fs(argv[0], argv[2]);
	return 0;
}

static int img_cow(int argc, char **argv)
{
	char why[COW_PATH + 512];
	int base = img_open(argv[1], false), fd = img_create(argv[0]);

	(void)argc;
	if (cow_create(fd, argv[1], base, why, sizeof(why))) {
		unlink(argv[0]);
		img_die("%s %s", argv[0], why);
	}
	return 0;
}

static bool img_zeros(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

static int img_convert(int argc, char **argv)
{
	int in = open(argv[0], O_RDONLY | O_CLOEXEC), out;
	uint8_t *buf = malloc(IMG_CHUNK);
	struct cow *c = NULL;
	struct cow_header h;
	uint64_t size;

	(void)argc;
	if (in < 0 || !buf)
		img_die("%s: %s", argv[0], strerror(errno));
	if (cow_is(in)) {
		close(in);
		c = img_open_cow(argv[0], &h, false, &in);
		size = h.size;
	} else {
		close(in);
		in = img_open(argv[0], false);
		size = (uint64_t)lseek(in, 0, SEEK_END);
	}
	out = img_create(argv[1]);
	if (ftruncate(out, (off_t)size))
		img_die("%s: %s", argv[1], strerror(errno));
	for (uint64_t pos = 0; pos < size; pos += IMG_CHUNK) {
		size_t n = size - pos < IMG_CHUNK ? (size_t)(size - pos)
						  : IMG_CHUNK;
		struct iovec iov = { buf, n };
		int err = c ? cow_read(c, &iov, 1, pos, n)
			    : ubd_pread_all(in, &iov, 1, pos);

		if (err)
			img_die("%s: %s", argv[0], strerror(-err));
		for (size_t at = 0; at < n; at += 4096) {
			size_t part = n - at < 4096 ? n - at : 4096;
			struct iovec w = { buf + at, part };

			if (img_zeros(buf + at, part))
				continue;
			err = ubd_pwrite_all(out, &w, 1, pos + at, 0);
			if (err)
				img_die("%s: %s", argv[1], strerror(-err));
		}
	}
	if (fsync(out))
		img_die("%s: %s", argv[1], strerror(errno));
	return 0;
}

/* What the header says of the base: a name and a time. */
static void img_set_base(const char *cow, int fd, const char *base)
{
	char path[COW_PATH] = "", *real = realpath(base, NULL);
	struct stat st;
	uint32_t mtime;

	if (!real || strlen(real) >= COW_PATH || stat(real, &st))
		img_die("%s: %s", base, strerror(errno));
	strcpy(path, real);
	mtime = htobe32((uint32_t)st.st_mtime);
	if (pwrite(fd, &mtime, 4, 8) != 4 ||
	    pwrite(fd, path, COW_PATH, 32) != COW_PATH || fsync(fd))
		img_die("%s: %s", cow, strerror(errno));
	free(real);
}

static int img_commit(int argc, char **argv)
{
	struct cow_header h;
	static uint8_t buf[COW_SECTOR * 64];
	int out, fd;
	struct cow *c = img_open_cow(argv[0], &h, true, &out);

	(void)argc;
	for (uint64_t s = 0; s < h.size / COW_SECTOR;) {
		uint64_t n = 0;
		struct iovec iov;
		int err;

		while (n < 64 && s + n < h.size / COW_SECTOR &&
		       cow_has(c, s + n))
			n++;
		if (!n) {
			s++;
			continue;
		}
		iov = (struct iovec){ buf, n * COW_SECTOR };
		err = cow_read(c, &iov, 1, s * COW_SECTOR, n * COW_SECTOR);
		iov = (struct iovec){ buf, n * COW_SECTOR };
		if (!err)
			err = ubd_pwrite_all(out, &iov, 1, s * COW_SECTOR, 0);
		if (err)
			img_die("%s: %s", h.base, strerror(-err));
		s += n;
	}
	if (fsync(out))
		img_die("%s: %s", h.base, strerror(errno));
	cow_close(c);
	fd = img_open(argv[0], true);
	img_set_base(argv[0], fd, h.base);
	return 0;
}

static int img_rebase(int argc, char **argv)
{
	bool unsafe = !strcmp(argv[0], "--unsafe");
	const char *file = argv[unsafe];
	const char *base = argc > 1 + unsafe ? argv[1 + unsafe] : NULL;
	char why[COW_PATH + 512];
	struct cow_header h;
	int fd, base_fd;

	if (!file)
		img_die("rebase: which COW file?");
	fd = img_open(file, true);
	if (cow_read_header(fd, &h, why, sizeof(why)))
		img_die("%s %s", file, why);
	base_fd = img_open(base ? base : h.base, false);
	if (cow_check_base(&h, file, base ? base : h.base, base_fd, why,
			   sizeof(why)) &&
	    (!unsafe || (uint64_t)lseek(base_fd, 0, SEEK_END) != h.size))
		img_die("%s %s", file, why);
	img_set_base(file, fd, base ? base : h.base);
	return 0;
}

static int img_resize(int argc, char **argv)
{
	uint64_t size = img_size(argv[1]);
	int fd = img_open(argv[0], true);

	(void)argc;
	if (cow_is(fd))
		img_die("%s is a COW file: only raw images can be resized "
			"(convert it first)",
			argv[0]);
	if (ftruncate(fd, (off_t)size))
		img_die("%s: %s", argv[0], strerror(errno));
	return 0;
}

static int img_check(int argc, char **argv)
{
	struct cow_header h;
	int base;
	struct cow *c = img_open_cow(argv[0], &h, false, &base);
	struct stat st;

	(void)argc;
	if (stat(argv[0], &st) || (uint64_t)st.st_size < h.data_off)
		img_die("%s is shorter than its bitmap", argv[0]);
	for (uint64_t s = 0; s < h.size / COW_SECTOR; s++)
		if (cow_has(c, s) &&
		    h.data_off + (s + 1) * COW_SECTOR > (uint64_t)st.st_size)
			img_die("%s: sector %llu is said to be here, beyond "
				"the end",
				argv[0], (unsigned long long)s);
	puts("fine");
	return 0;
}

static const struct {
	const char *name, *args;
	int min, max;
	int (*fn)(int argc, char **argv);
} img_commands[] = {
	{ "info", "FILE", 1, 1, img_info },
	{ "create", "FILE SIZE [DIR]", 2, 3, img_create_main },
	{ "cow", "FILE BASE", 2, 2, img_cow },
	{ "convert", "FROM TO", 2, 2, img_convert },
	{ "commit", "COW", 1, 1, img_commit },
	{ "rebase", "[--unsafe] COW [BASE]", 1, 3, img_rebase },
	{ "resize", "FILE SIZE", 2, 2, img_resize },
	{ "check", "COW", 1, 1, img_check },
};

int main(int argc, char **argv)
{
	size_t n = sizeof(img_commands) / sizeof(img_commands[0]);

	for (size_t i = 0; argc > 1 && i < n; i++) {
		if (strcmp(argv[1], img_commands[i].name))
			continue;
		if (argc - 2 < img_commands[i].min ||
		    argc - 2 > img_commands[i].max)
			img_die("usage: lodger-img %s %s", argv[1],
				img_commands[i].args);
		return img_commands[i].fn(argc - 2, argv + 2);
	}
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s lodger-img %s %s\n",
			i ? "      " : "usage:", img_commands[i].name,
			img_commands[i].args);
	return argc > 1 && !strcmp(argv[1], "--help") ? 0 : 1;
}
