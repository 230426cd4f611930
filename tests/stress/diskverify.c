// SPDX-License-Identifier: GPL-2.0
/*
 * diskverify FILE [SEED [OPS]]: random reads and writes of a disk (or, to try it
 * on the host, of a file) by two threads, each in its own interleaved blocks,
 * through the page cache, past it (O_DIRECT), and through a shared mapping,
 * with fsync and discards in between; everything read is compared with a model.
 * At the end the whole is read once more, with the cache and without.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK	4096u
#define THREADS 2
#define SPAN	16u /* blocks of one thread, then of the other */

static int fd, direct;
static uint8_t *map;
static uint64_t blocks;
static uint32_t *model; /* the number each block is made of; 0: zeros */
static unsigned int seed = 1, ops = 1500;
static int failed;

static void fill(uint8_t *p, uint64_t block, uint32_t v)
{
	uint64_t x = v ? block * 0x9e3779b97f4a7c15u + v : 0;

	for (unsigned int i = 0; i < BLOCK / 8; i++)
		((uint64_t *)p)[i] = x ? x + i : 0;
}

static void die(const char *what, uint64_t block)
{
	printf("  %s, block %llu: %s\n", what, (unsigned long long)block,
	       strerror(errno));
	exit(1);
}

static void compare(const char *how, const uint8_t *p, uint64_t b, uint32_t n)
{
	uint8_t want[BLOCK];

	for (uint32_t i = 0; i < n; i++) {
		fill(want, b + i, model[b + i]);
		if (!memcmp(want, p + i * BLOCK, BLOCK))
			continue;
		printf("  %s: block %llu is not what was written (%u)\n", how,
		       (unsigned long long)(b + i), model[b + i]);
		failed = 1;
		return;
	}
}

static void write_some(unsigned int how, uint8_t *buf, uint64_t b, uint32_t n,
		       unsigned int *s)
{
	for (uint32_t i = 0; i < n; i++) {
		model[b + i] = (uint32_t)rand_r(s) | 1;
		fill(buf + i * BLOCK, b + i, model[b + i]);
	}
	if (how == 2) {
		memcpy(map + b * BLOCK, buf, (size_t)n * BLOCK);
		/* seen by others through the cache at once, on the disk later */
		if (msync(map + b * BLOCK, (size_t)n * BLOCK, MS_SYNC))
			die("msync", b);
		return;
	}
	if (pwrite(how ? direct : fd, buf, (size_t)n * BLOCK,
		   (off_t)(b * BLOCK)) != (ssize_t)n * BLOCK)
		die(how ? "direct write" : "write", b);
}

static void read_some(unsigned int how, uint8_t *buf, uint64_t b, uint32_t n)
{
	static const char *const names[] = { "read", "direct read", "mapping" };

	if (how == 2) {
		memcpy(buf, map + b * BLOCK, (size_t)n * BLOCK);
	} else if (pread(how ? direct : fd, buf, (size_t)n * BLOCK,
			 (off_t)(b * BLOCK)) != (ssize_t)n * BLOCK) {
		die(names[how], b);
	}
	compare(names[how], buf, b, n);
}

static void discard(uint64_t b, uint32_t n)
{
	uint64_t range[2] = { b * BLOCK, (uint64_t)n * BLOCK };

	if (ioctl(fd, BLKZEROOUT, range) && errno != ENOTTY)
		die("BLKZEROOUT", b);
	else if (errno != ENOTTY)
		memset(model + b, 0, n * sizeof(*model));
	errno = 0;
}

static void *worker(void *arg)
{
	unsigned int nr = (unsigned int)(uintptr_t)arg, s = seed * 77 + nr;
	uint8_t *buf;

	if (posix_memalign((void **)&buf, BLOCK, SPAN * BLOCK))
		return NULL;
	for (unsigned int i = 0; i < ops && !failed; i++) {
		uint64_t spans = blocks / (SPAN * THREADS);
		uint64_t b =
			((uint64_t)rand_r(&s) % spans * THREADS + nr) * SPAN;
		uint32_t off = (uint32_t)rand_r(&s) % SPAN;
		uint32_t n = 1 + (uint32_t)rand_r(&s) % (SPAN - off);
		unsigned int what = (unsigned int)rand_r(&s) % 100;

		b += off;
		if (what < 45)
			write_some(what % 3, buf, b, n, &s);
		else if (what < 96)
			read_some(what % 3, buf, b, n);
		else if (what < 98)
			discard(b, n);
		else if (fsync(fd))
			die("fsync", b);
	}
	free(buf);
	return NULL;
}

static uint64_t size_of(int f)
{
	uint64_t size = 0;
	struct stat st;

	if (!ioctl(f, BLKGETSIZE64, &size))
		return size;
	fstat(f, &st);
	return (uint64_t)st.st_size;
}

static void read_all(int from, const char *how)
{
	uint8_t *buf;

	if (posix_memalign((void **)&buf, BLOCK, BLOCK * 64))
		return;
	for (uint64_t b = 0; b < blocks && !failed; b += 64) {
		uint32_t n = blocks - b < 64 ? (uint32_t)(blocks - b) : 64;

		if (pread(from, buf, n * BLOCK, (off_t)(b * BLOCK)) !=
		    (ssize_t)(n * BLOCK))
			die(how, b);
		compare(how, buf, b, n);
	}
	free(buf);
}

int main(int argc, char **argv)
{
	const char *file = argv[1];
	pthread_t t[THREADS];

	if (argc < 2)
		return 2;
	if (argc > 2)
		seed = (unsigned int)atoi(argv[2]);
	if (argc > 3)
		ops = (unsigned int)atoi(argv[3]);
	setvbuf(stdout, NULL, _IONBF, 0);
	fd = open(file, O_RDWR);
	direct = open(file, O_RDWR | O_DIRECT);
	if (direct < 0)
		direct = open(file, O_RDWR);
	if (fd < 0 || direct < 0)
		die(file, 0);
	blocks = size_of(fd) / BLOCK;
	model = calloc(blocks, sizeof(*model));
	map = mmap(NULL, blocks * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	if (!model || map == MAP_FAILED)
		die("mmap", 0);
	read_all(fd, "before"); /* it is all zeros */
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, worker, (void *)(uintptr_t)i);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	if (fsync(fd))
		die("fsync", 0);
	read_all(fd, "at the end");
	read_all(direct, "at the end, past the cache");
	if (!failed)
		printf("verified %llu blocks\n", (unsigned long long)blocks);
	return failed;
}
