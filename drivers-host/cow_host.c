// SPDX-License-Identifier: GPL-2.0
/*
 * COW files (cow.h), for the monitor and for lodger-img.
 *
 * The bitmap is in memory. A sector's bit is set there when its data has been
 * written; in the file bits are only set by a flush, and only after the data
 * they speak of is on the disk: data, fdatasync, bits, fdatasync. So after a
 * crash of the host a sector is either the old or the new one. Who overwrites a
 * sector that is here already needs none of this.
 *
 * Locks: bits are atomic. flush_lock: one flush at a time.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cow.h"
#include "ubd_host.h"

#define COW_MAGIC   0x4f4f4f4du
#define COW_VERSION 3u
#define COW_ALIGN   4096u
#define COW_CHUNK   4096u /* of the bitmap: what is written at once */
#define COW_MAX_IOV 34

struct cow_v3 {
	uint32_t magic, version, mtime;
	uint64_t size;
	uint32_t sectorsize, alignment, format;
	char base[COW_PATH];
} __attribute__((packed));

struct cow {
	int fd, base_fd;
	struct cow_header h;
	uint8_t *bits;
	uint64_t nbytes; /* of the bitmap */
	uint8_t *dirty;	 /* a flag for each chunk of the bitmap */
	uint64_t nchunks;
	bool any_dirty;
	pthread_mutex_t flush_lock;
};

/* --- the header --- */

bool cow_is(int fd)
{
	uint32_t magic;

	return pread(fd, &magic, 4, 0) == 4 && be32toh(magic) == COW_MAGIC;
}

static uint64_t cow_round(uint64_t v, uint32_t align)
{
	return (v + align - 1) / align * align;
}

static uint64_t cow_bitmap_bytes(uint64_t size)
{
	return (size + COW_SECTOR * 8 - 1) / (COW_SECTOR * 8);
}

int cow_read_header(int fd, struct cow_header *h, char *why, size_t n)
{
	struct cow_v3 v;
	uint32_t align;

	if (pread(fd, &v, sizeof(v), 0) != (ssize_t)sizeof(v) ||
	    be32toh(v.magic) != COW_MAGIC) {
		snprintf(why, n, "is no COW file");
		return -EINVAL;
	}
	if (be32toh(v.version) != COW_VERSION) {
		snprintf(why, n,
			 "is a COW file of version %u; only version 3 is "
			 "understood (uml_moo can merge it)",
			 be32toh(v.version));
		return -EINVAL;
	}
	align = be32toh(v.alignment);
	h->mtime = be32toh(v.mtime);
	h->size = be64toh(v.size);
	if (be32toh(v.sectorsize) != COW_SECTOR || !align ||
	    align > (1u << 20) || !h->size || h->size >> 50 ||
	    !memchr(v.base, 0, COW_PATH)) {
		snprintf(why, n, "has a COW header that makes no sense");
		return -EINVAL;
	}
	strcpy(h->base, v.base);
	h->bitmap_off = cow_round(sizeof(v), align);
	h->data_off =
		cow_round(h->bitmap_off + cow_bitmap_bytes(h->size), align);
	return 0;
}

static int cow_base_size(int fd, uint64_t *size, uint32_t *mtime)
{
	struct stat st;
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0 || fstat(fd, &st))
		return -errno;
	*size = (uint64_t)end;
	*mtime = (uint32_t)st.st_mtime;
	return 0;
}

int cow_create(int fd, const char *base, int base_fd, char *why, size_t n)
{
	struct cow_v3 v = { .magic = htobe32(COW_MAGIC),
			    .version = htobe32(COW_VERSION),
			    .sectorsize = htobe32(COW_SECTOR),
			    .alignment = htobe32(COW_ALIGN) };
	char *path = realpath(base, NULL);
	struct cow_header h;
	uint64_t size = 0;
	uint32_t mtime = 0;
	int err = cow_base_size(base_fd, &size, &mtime);

	if (err || !path || strlen(path) >= COW_PATH) {
		snprintf(why, n, "base %s: %s", base,
			 strerror(err ? -err : errno));
		free(path);
		return -EINVAL;
	}
	strcpy(v.base, path);
	free(path);
	v.mtime = htobe32(mtime);
	v.size = htobe64(size);
	if (pwrite(fd, &v, sizeof(v), 0) != (ssize_t)sizeof(v))
		goto bad;
	err = cow_read_header(fd, &h, why, n);
	if (err)
		return err;
	if (ftruncate(fd, (off_t)(h.data_off + size)) || fdatasync(fd))
		goto bad;
	return 0;
bad:
	snprintf(why, n, "cannot be made: %s", strerror(errno));
	return -EIO;
}

int cow_check_base(const struct cow_header *h, const char *cow,
		   const char *base, int base_fd, char *why, size_t n)
{
	uint64_t size = 0;
	uint32_t mtime = 0;
	int err = cow_base_size(base_fd, &size, &mtime);

	if (err) {
		snprintf(why, n, "base %s: %s", base, strerror(-err));
		return err;
	}
	if (size != h->size)
		snprintf(why, n,
			 "is a COW file over a base of %llu bytes, but %s has "
			 "%llu now: they do not belong together",
			 (unsigned long long)h->size, base,
			 (unsigned long long)size);
	else if (mtime != h->mtime)
		snprintf(why, n,
			 "is a COW file over %s as it was at %u, but that was "
			 "changed at %u, so what is in the COW file may no "
			 "longer fit. If only the time is wrong: touch -d @%u "
			 "%s; if the base was really meant to change: "
			 "lodger-img rebase --unsafe %s",
			 base, h->mtime, mtime, h->mtime, base, cow);
	else
		return 0;
	return -ESTALE;
}

/* --- open --- */

/* Only where the file has data: a bitmap is mostly a hole. */
static int cow_load_bits(struct cow *c)
{
	off_t at = (off_t)c->h.bitmap_off;
	off_t end = at + (off_t)c->nbytes;

	while (at < end) {
		off_t data = lseek(c->fd, at, SEEK_DATA), hole;

		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		if (data >= end)
			return 0;
		hole = lseek(c->fd, data, SEEK_HOLE);
		if (hole < 0 || hole > end)
			hole = end;
		while (data < hole) {
			ssize_t got =
				pread(c->fd,
				      c->bits + (data - (off_t)c->h.bitmap_off),
				      (size_t)(hole - data), data);

			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				return got ? -errno : -EIO;
			data += got;
		}
		at = hole;
	}
	return 0;
}

struct cow *cow_open(int fd, int base_fd, const struct cow_header *h, char *why,
		     size_t n)
{
	struct cow *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (!c)
		goto bad;
	c->fd = fd;
	c->base_fd = base_fd;
	c->h = *h;
	c->nbytes = cow_bitmap_bytes(h->size);
	c->nchunks = (c->nbytes + COW_CHUNK - 1) / COW_CHUNK;
	pthread_mutex_init(&c->flush_lock, NULL);
	c->bits = mmap(NULL, c->nchunks * COW_CHUNK, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	c->dirty = calloc(1, c->nchunks);
	if (c->bits == MAP_FAILED || !c->dirty)
		goto bad;
	err = cow_load_bits(c);
	if (!err)
		return c;
bad:
	snprintf(why, n, "cannot be read: %s", strerror(-err));
	if (c && c->bits && c->bits != MAP_FAILED)
		munmap(c->bits, c->nchunks * COW_CHUNK);
	if (c)
		free(c->dirty);
	free(c);
	return NULL;
}

void cow_close(struct cow *c)
{
	cow_flush(c);
	munmap(c->bits, c->nchunks * COW_CHUNK);
	free(c->dirty);
	close(c->fd);
	close(c->base_fd);
	free(c);
}

/* --- bits --- */

bool cow_has(const struct cow *c, uint64_t sector)
{
	return __atomic_load_n(&c->bits[sector / 8], __ATOMIC_ACQUIRE) >>
		       (sector % 8) &
	       1;
}

/* How many sectors from the first on are alike? */
static uint64_t cow_run(const struct cow *c, uint64_t first, uint64_t max)
{
	bool has = cow_has(c, first);
	uint8_t all = has ? 0xff : 0;
	uint64_t n = 1;

	while (n < max) {
		uint64_t s = first + n;

		if (s % 8 == 0 && max - n >= 8 &&
		    __atomic_load_n(&c->bits[s / 8], __ATOMIC_ACQUIRE) == all)
			n += 8;
		else if (cow_has(c, s) == has)
			n++;
		else
			break;
	}
	return n;
}

/* => some were not set before */
static bool cow_set(struct cow *c, uint64_t first, uint64_t n)
{
	bool fresh = false;

	for (uint64_t s = first; s < first + n;) {
		uint64_t end = (s | 7) + 1;
		uint8_t mask;

		if (end > first + n)
			end = first + n;
		mask = (uint8_t)((0xffu >> (8 - (end - s))) << s % 8);
		if ((__atomic_load_n(&c->bits[s / 8], __ATOMIC_RELAXED) &
		     mask) != mask) {
			__atomic_fetch_or(&c->bits[s / 8], mask,
					  __ATOMIC_SEQ_CST);
			__atomic_store_n(&c->dirty[s / 8 / COW_CHUNK], 1,
					 __ATOMIC_SEQ_CST);
			fresh = true;
		}
		s = end;
	}
	if (fresh)
		__atomic_store_n(&c->any_dirty, true, __ATOMIC_SEQ_CST);
	return fresh;
}

/* --- data --- */

/* The part [skip, skip+len) of the vectors. => how many */
static int cow_slice(const struct iovec *iov, int n, uint64_t skip,
		     uint64_t len, struct iovec *out)
{
	int k = 0;

	for (int i = 0; i < n && len; i++) {
		uint64_t part = iov[i].iov_len;

		if (skip >= part) {
			skip -= part;
			continue;
		}
		part -= skip;
		if (part > len)
			part = len;
		out[k].iov_base = (uint8_t *)iov[i].iov_base + skip;
		out[k++].iov_len = part;
		len -= part;
		skip = 0;
	}
	return k;
}

int cow_read(struct cow *c, struct iovec *iov, int n, uint64_t pos,
	     uint64_t len)
{
	struct iovec part[COW_MAX_IOV];
	uint64_t done = 0;
	int err = 0;

	while (done < len && !err) {
		uint64_t s = (pos + done) / COW_SECTOR;
		bool has = cow_has(c, s);
		uint64_t bytes =
			cow_run(c, s, (len - done) / COW_SECTOR) * COW_SECTOR;
		int k = cow_slice(iov, n, done, bytes, part);

		err = ubd_pread_all(has ? c->fd : c->base_fd, part, k,
				    pos + done + (has ? c->h.data_off : 0));
		done += bytes;
	}
	return err;
}

int cow_write(struct cow *c, struct iovec *iov, int n, uint64_t pos,
	      uint64_t len)
{
	int err = ubd_pwrite_all(c->fd, iov, n, c->h.data_off + pos, 0);

	if (!err)
		cow_set(c, pos / COW_SECTOR, len / COW_SECTOR);
	return err;
}

static int cow_write_chunk(struct cow *c, uint64_t chunk, const uint8_t *copy)
{
	uint64_t off = chunk * COW_CHUNK;
	uint64_t n = c->nbytes - off < COW_CHUNK ? c->nbytes - off : COW_CHUNK;
	struct iovec iov = { (void *)copy, n };

	return ubd_pwrite_all(c->fd, &iov, 1, c->h.bitmap_off + off, 0);
}

int cow_flush(struct cow *c)
{
	uint64_t *list = NULL, nr = 0, room = 0;
	uint8_t *copies = NULL;
	int err = 0;

	pthread_mutex_lock(&c->flush_lock);
	if (__atomic_exchange_n(&c->any_dirty, false, __ATOMIC_SEQ_CST)) {
		for (uint64_t i = 0; i < c->nchunks; i++)
			room += c->dirty[i];
		list = malloc((room + 64) * sizeof(*list));
		copies = malloc((room + 64) * COW_CHUNK);
		if (!list || !copies)
			err = -ENOMEM;
		for (uint64_t i = 0; i < c->nchunks && !err; i++) {
			if (!c->dirty[i])
				continue;
			if (nr == room + 64) {
				c->any_dirty = true; /* next time */
				break;
			}
			__atomic_store_n(&c->dirty[i], 0, __ATOMIC_SEQ_CST);
			for (uint32_t k = 0; k < COW_CHUNK; k++)
				copies[nr * COW_CHUNK + k] = __atomic_load_n(
					&c->bits[i * COW_CHUNK + k],
					__ATOMIC_ACQUIRE);
			list[nr++] = i;
		}
	}
	if (fdatasync(c->fd))
		err = -errno;
	for (uint64_t i = 0; i < nr && !err; i++)
		err = cow_write_chunk(c, list[i], copies + i * COW_CHUNK);
	if (nr && !err && fdatasync(c->fd))
		err = -errno;
	if (err) { /* these bits are not in the file */
		for (uint64_t i = 0; i < nr; i++)
			c->dirty[list[i]] = 1;
		c->any_dirty = true;
	}
	pthread_mutex_unlock(&c->flush_lock);
	free(list);
	free(copies);
	return err;
}

int cow_clear(struct cow *c, uint64_t pos, uint64_t len, bool zero)
{
	if (fallocate(c->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)(c->h.data_off + pos), (off_t)len))
		return -errno;
	if (zero)
		cow_set(c, pos / COW_SECTOR, len / COW_SECTOR);
	return 0;
}
