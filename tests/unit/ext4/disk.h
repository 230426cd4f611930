/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk in memory that remembers: the image it began with, and every write,
 * FLUSH and FUA since. From them any crash can be made up: what was durable at
 * some moment, and of the later writes whatever the seed says, torn at 512
 * bytes.
 */
#ifndef TEST_EXT4_DISK_H
#define TEST_EXT4_DISK_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fake.h"

struct disk_write {
	unsigned long long pos;
	unsigned n;
	int kind; /* 0 write, 1 flush, 2 write with FUA */
	unsigned char *data;
};

struct disk {
	struct hk_disk hk;
	unsigned char *now, *begin;
	struct disk_write *log;
	unsigned nlog, room;
	int logging;
	unsigned long writes, flushes;
};

static uint64_t disk_rand(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s * 0x2545f4914f6cdd1dull >> 11;
}

static void disk_log(struct disk *d, unsigned long long pos, const void *p,
		     unsigned n, int kind)
{
	struct disk_write *w;

	if (!d->logging)
		return;
	if (d->nlog == d->room) {
		d->room = d->room ? d->room * 2 : 256;
		d->log = realloc(d->log, d->room * sizeof(*d->log));
	}
	w = &d->log[d->nlog++];
	*w = (struct disk_write){ pos, n, kind, NULL };
	if (n) {
		w->data = malloc(n);
		memcpy(w->data, p, n);
	}
}

static int disk_read(struct hk_disk *hk, unsigned long long pos, void *p,
		     unsigned n)
{
	struct disk *d = (struct disk *)hk;

	memcpy(p, d->now + pos, n);
	return 0;
}

static int disk_write(struct hk_disk *hk, unsigned long long pos, const void *p,
		      unsigned n, int fua)
{
	struct disk *d = (struct disk *)hk;

	d->writes++;
	memcpy(d->now + pos, p, n);
	disk_log(d, pos, p, n, fua ? 2 : 0);
	return 0;
}

static int disk_flush(struct hk_disk *hk)
{
	struct disk *d = (struct disk *)hk;

	d->flushes++;
	disk_log(d, 0, NULL, 0, 1);
	return 0;
}

static int disk_discard(struct hk_disk *hk, unsigned long long pos,
			unsigned long long n)
{
	struct disk *d = (struct disk *)hk;

	memset(d->now + pos, 0xdd, n);
	return 0;
}

static struct disk *disk_new(unsigned long long size)
{
	struct disk *d = calloc(1, sizeof(*d));

	d->hk = (struct hk_disk){ .size = size,
				  .read = disk_read,
				  .write = disk_write,
				  .flush = disk_flush,
				  .discard = disk_discard,
				  .can_discard = 1 };
	d->now = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return d;
}

static void disk_log_drop(struct disk *d)
{
	for (unsigned i = 0; i < d->nlog; i++)
		free(d->log[i].data);
	d->nlog = 0;
}

static void disk_free(struct disk *d)
{
	disk_log_drop(d);
	free(d->log);
	munmap(d->now, d->hk.size);
	if (d->begin)
		munmap(d->begin, d->hk.size);
	free(d);
}

/* Remember from here on. */
static void disk_begin(struct disk *d)
{
	disk_log_drop(d);
	if (!d->begin)
		d->begin = mmap(NULL, d->hk.size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
				0);
	memcpy(d->begin, d->now, d->hk.size);
	d->logging = 1;
}

/*
 * The disk as a crash after `upto` log entries may have left it: what was
 * written before the last flush among them, and FUA, is there; of the rest each
 * sector is or is not.
 */
static void disk_crash(const struct disk *d, struct disk *to, unsigned upto,
		       uint64_t seed)
{
	unsigned safe = 0, how = disk_rand(&seed) % 4;

	memcpy(to->now, d->begin, d->hk.size);
	for (unsigned i = 0; i < upto; i++)
		if (d->log[i].kind == 1)
			safe = i + 1;
	for (unsigned i = 0; i < upto; i++) {
		const struct disk_write *w = &d->log[i];
		int whole = i < safe || w->kind == 2;

		/* sometimes all, sometimes nothing, mostly some */
		if (!whole && how == 1)
			continue;
		if (!whole && how == 2 && disk_rand(&seed) % 2)
			continue;
		for (unsigned at = 0; at < w->n; at += 512)
			if (whole || how != 3 || disk_rand(&seed) % 2)
				memcpy(to->now + w->pos + at, w->data + at,
				       512);
	}
}

/* To and from a file, with its holes. */
static void disk_save(const struct disk *d, const char *path)
{
	static const unsigned char zero[65536];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || ftruncate(fd, (off_t)d->hk.size))
		abort();
	for (unsigned long long i = 0; i < d->hk.size; i += sizeof(zero)) {
		size_t n = d->hk.size - i < sizeof(zero) ? d->hk.size - i
							 : sizeof(zero);

		if (memcmp(d->now + i, zero, n) &&
		    pwrite(fd, d->now + i, n, (off_t)i) != (ssize_t)n)
			abort();
	}
	close(fd);
}

static void disk_load(struct disk *d, const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t at = 0;

	if (fd < 0)
		abort();
	while (at < d->hk.size) {
		ssize_t n = pread(fd, d->now + at, d->hk.size - at, (off_t)at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	close(fd);
}

#endif
