// SPDX-License-Identifier: GPL-2.0
/*
 * Disks ubda … ubdp, back end: image files of the host (ubd.h).
 *
 * Served by the ring's workers, which may block: a worker transfers between the
 * file and the machine's memory with one preadv or pwritev; how many are under
 * way is how many workers there are. The data never passes through here.
 *
 * Images are opened before the monitor confines itself. Who opens one takes a
 * lock on it (fcntl, of the open file): exclusive for writing, shared for
 * reading, so that no two machines write one image and none reads what another
 * is writing. Other programs on the host do not ask for it.
 *
 * Flush is fdatasync(2), FUA is RWF_DSYNC, discard punches a hole, so that an
 * image that was sparse stays so.
 *
 * Trust: unit, position, length and each vector come from the machine; vectors
 * are copied once, and each must lie in arena or pool. Locks: a disk's rwlock is
 * held for reading by each request, for writing by who puts in or takes out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cow.h"
#include "hostapi/host.h"
#include "monitor.h"
#include "ubd.h"
#include "ubd_host.h"

static struct ubd_disk {
	pthread_rwlock_t lock;
	struct ubd_image image;
} ubd_disks[UBD_UNITS];

/* --- whole transfers --- */

/* Go on behind the first `done` bytes. */
static void ubd_skip(struct iovec **iov, int *n, size_t done)
{
	while (*n && done >= (*iov)->iov_len) {
		done -= (*iov)->iov_len;
		(*iov)++;
		(*n)--;
	}
	if (*n) {
		(*iov)->iov_base = (uint8_t *)(*iov)->iov_base + done;
		(*iov)->iov_len -= done;
	}
}

int ubd_pread_all(int fd, struct iovec *iov, int n, uint64_t pos)
{
	while (n) {
		ssize_t got = preadv(fd, iov, n, (off_t)pos);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got) {
			/* the file ends here: the rest is zeros */
			for (int i = 0; i < n; i++)
				memset(iov[i].iov_base, 0, iov[i].iov_len);
			return 0;
		}
		pos += (uint64_t)got;
		ubd_skip(&iov, &n, (size_t)got);
	}
	return 0;
}

int ubd_pwrite_all(int fd, struct iovec *iov, int n, uint64_t pos, int flags)
{
	while (n) {
		ssize_t got = flags ? pwritev2(fd, iov, n, (off_t)pos, flags) :
				      pwritev(fd, iov, n, (off_t)pos);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -EIO;
		pos += (uint64_t)got;
		ubd_skip(&iov, &n, (size_t)got);
	}
	return 0;
}

/* --- requests --- */

/* => how many vectors, of `len` bytes together, or -errno */
static int ubd_vectors(const struct ring_work *w, struct iovec *iov,
		       uint64_t len)
{
	struct ubd_vec v[UBD_MAX_VECS];
	uint32_t n = w->len / (uint32_t)sizeof(v[0]);
	uint64_t sum = 0;

	if (!w->buf || !n || n > UBD_MAX_VECS || w->len % sizeof(v[0]))
		return -EINVAL;
	memcpy(v, w->buf, w->len);
	for (uint32_t i = 0; i < n; i++) {
		bool pool = v[i].addr >= POOL_BASE;

		iov[i].iov_len = v[i].len;
		iov[i].iov_base = monitor_ptr(
			pool ? RING_POOL : RING_ARENA,
			v[i].addr - (pool ? POOL_BASE : ARENA_BASE), v[i].len);
		if (!iov[i].iov_base)
			return -EFAULT;
		sum += v[i].len;
	}
	return sum == len ? (int)n : -EINVAL;
}

static int64_t ubd_transfer(struct ubd_image *im, const struct ring_work *w)
{
	struct iovec iov[UBD_MAX_VECS];
	int n = ubd_vectors(w, iov, w->arg[2]);

	if (n < 0)
		return n;
	if (im->cow && w->op == UBD_READ)
		return cow_read(im->cow, iov, n, w->arg[1], w->arg[2]);
	if (im->cow) {
		int err = cow_write(im->cow, iov, n, w->arg[1], w->arg[2]);

		if (!err && ((w->arg[3] & UBD_FUA) || im->sync))
			err = cow_flush(im->cow);
		return err;
	}
	if (w->op == UBD_READ)
		return ubd_pread_all(im->fd, iov, n, w->arg[1]);
	return ubd_pwrite_all(im->fd, iov, n, w->arg[1],
			      w->arg[3] & UBD_FUA ? RWF_DSYNC : 0);
}

static int ubd_fallocate(int fd, int mode, const struct ring_work *w)
{
	while (fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)w->arg[1],
			 (off_t)w->arg[2]))
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int64_t ubd_clear(struct ubd_image *im, const struct ring_work *w)
{
	int err;

	if (im->cow)
		return cow_clear(im->cow, w->arg[1], w->arg[2],
				 w->op == UBD_ZERO);
	err = w->op == UBD_ZERO ?
		      ubd_fallocate(im->fd, FALLOC_FL_ZERO_RANGE, w) :
		      -EOPNOTSUPP;
	if (err == -EOPNOTSUPP)
		err = ubd_fallocate(im->fd, FALLOC_FL_PUNCH_HOLE, w);
	return err;
}

static int64_t ubd_tell(struct ubd_image *im, const struct ring_work *w)
{
	struct ubd_info info = { .size = im->size, .block = 512 };

	if (!w->buf || w->len != sizeof(info))
		return -EINVAL;
	info.flags = (im->read_only ? UBD_READ_ONLY : 0) |
		     (im->discards ? UBD_DISCARDS : 0);
	memcpy(info.serial, im->serial, sizeof(info.serial));
	memcpy(w->buf, &info, sizeof(info));
	return 0;
}

static int64_t ubd_serve_image(struct ubd_image *im, const struct ring_work *w)
{
	switch (w->op) {
	case UBD_INFO:
		return ubd_tell(im, w);
	case UBD_FLUSH:
		if (im->cow)
			return cow_flush(im->cow);
		return fdatasync(im->fd) ? -errno : 0;
	case UBD_READ:
	case UBD_WRITE:
	case UBD_DISCARD:
	case UBD_ZERO:
		break;
	default:
		return -ENOSYS;
	}
	if (((w->arg[1] | w->arg[2]) & 511) || w->arg[1] > im->size || w->arg[2] > im->size - w->arg[1])
		return -EIO;
	if (w->op != UBD_READ && im->read_only)
		return -EROFS;
	if (w->op == UBD_READ || w->op == UBD_WRITE)
		return ubd_transfer(im, w);
	return ubd_clear(im, w);
}

int64_t ubd_serve(struct ring_work *w)
{
	struct ubd_disk *d;
	int64_t ret;

	if (w->arg[0] >= UBD_UNITS)
		return -ENODEV;
	d = &ubd_disks[w->arg[0]];
	pthread_rwlock_rdlock(&d->lock);
	ret = d->image.fd < 0 ? -ENODEV : ubd_serve_image(&d->image, w);
	pthread_rwlock_unlock(&d->lock);
	return ret;
}

/* --- opening --- */

int ubd_lock(int fd, bool write)
{
	struct flock l = { .l_type = write ? F_WRLCK : F_RDLCK,
			   .l_whence = SEEK_SET };

	if (!fcntl(fd, F_OFD_SETLK, &l))
		return 0;
	/* file systems without locks are not a reason to refuse */
	return errno == EAGAIN || errno == EACCES ? -1 : 0;
}

static void ubd_serial(struct ubd_image *im, const struct ubd_config *c,
		       const struct stat *st)
{
	uint64_t h = (uint64_t)st->st_ino * 0x9e3779b97f4a7c15u ^
		     (uint64_t)st->st_dev * 0xff51afd7ed558ccdu;

	if (c->serial)
		snprintf(im->serial, sizeof(im->serial), "%s", c->serial);
	else
		snprintf(im->serial, sizeof(im->serial), "%016llx",
			 (unsigned long long)h);
}

/* The file, for writing if it can be. => descriptor, or -1 having complained */
static int ubd_open_file(struct ubd_image *im, const struct ubd_config *c)
{
	int flags = O_CLOEXEC | O_NOCTTY | (c->sync ? O_DSYNC : 0);
	int fd = -1, err = 0;

	im->read_only = c->read_only;
	if (!c->read_only) {
		fd = open(c->file, O_RDWR | flags);
		err = errno;
		if (fd < 0 && (err == EACCES || err == EROFS || err == EPERM ||
			       err == ETXTBSY))
			im->read_only = true;
	}
	if (fd < 0 && im->read_only)
		fd = open(c->file, O_RDONLY | flags);
	if (fd < 0) {
		monitor_warn("disk %s: %s", c->file, strerror(errno));
		return -1;
	}
	if (im->read_only && !c->read_only)
		monitor_warn("disk %s cannot be written (%s): read-only",
			     c->file, strerror(err));
	return fd;
}

static int ubd_open_raw(struct ubd_image *im, const struct ubd_config *c)
{
	struct stat st;
	off_t end;
	int fd = ubd_open_file(im, c);

	if (fd < 0)
		return -EIO;
	if (fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))) {
		monitor_warn("disk %s: neither a file nor a block device",
			     c->file);
		goto bad;
	}
	if (ubd_lock(fd, !im->read_only)) {
		monitor_warn("disk %s is in use by another machine%s", c->file,
			     im->read_only ? ", which writes it" :
					     "; two may read it: ro, or have a COW file each");
		goto bad;
	}
	/*
	 * Not taken for one unasked: what a guest writes to its raw disk
	 * must not decide which file of the host is opened at the next start.
	 */
	if (cow_is(fd)) {
		struct cow_header h;
		char why[512];

		if (cow_read_header(fd, &h, why, sizeof(why)))
			strcpy(h.base, "BASE");
		monitor_warn("disk %s is a COW file: give its base too, ubd0=%s,%s or --disk %s,cow=%s",
			     c->file, c->file, h.base, h.base, c->file);
		goto bad;
	}
	end = lseek(fd, 0, SEEK_END);
	if (end < 512) {
		monitor_warn("disk %s: it is empty; give it a size first (truncate -s 1G)",
			     c->file);
		goto bad;
	}
	im->fd = fd;
	im->size = (uint64_t)end & ~511ull;
	im->discards = !im->read_only;
	ubd_serial(im, c, &st);
	return 0;
bad:
	close(fd);
	return -EIO;
}

/* --- with a COW file --- */

static int ubd_open_base(const struct ubd_config *c)
{
	int fd = open(c->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		monitor_warn("disk %s: %s", c->file, strerror(errno));
		return -1;
	}
	if (ubd_lock(fd, false)) {
		monitor_warn("disk %s: another machine writes it", c->file);
		close(fd);
		return -1;
	}
	return fd;
}

/* The COW file, made when it is missing. */
static int ubd_open_cow_file(const struct ubd_config *c, int base)
{
	char why[COW_PATH + 512];
	int flags = O_CLOEXEC | O_NOCTTY;
	int fd = open(c->cow, (c->read_only ? O_RDONLY : O_RDWR) | flags);

	if (fd < 0 && errno == ENOENT && !c->read_only) {
		fd = open(c->cow, O_RDWR | O_CREAT | O_EXCL | flags, 0644);
		if (fd >= 0 &&
		    cow_create(fd, c->file, base, why, sizeof(why))) {
			monitor_warn("disk %s %s", c->cow, why);
			unlink(c->cow);
			close(fd);
			return -1;
		}
	}
	if (fd < 0) {
		monitor_warn("disk %s: %s", c->cow, strerror(errno));
		return -1;
	}
	if (ubd_lock(fd, !c->read_only)) {
		monitor_warn("disk %s is in use by another machine; each needs a COW file of its own",
			     c->cow);
		close(fd);
		return -1;
	}
	return fd;
}

static int ubd_open_cow(struct ubd_image *im, const struct ubd_config *c)
{
	char why[COW_PATH + 512];
	struct cow_header h;
	struct stat st;
	int base = ubd_open_base(c);
	int fd = base < 0 ? -1 : ubd_open_cow_file(c, base);

	if (fd < 0)
		goto bad;
	if (cow_read_header(fd, &h, why, sizeof(why)) ||
	    cow_check_base(&h, c->cow, c->file, base, why, sizeof(why)))
		goto wrong;
	im->cow = cow_open(fd, base, &h, why, sizeof(why));
	if (!im->cow)
		goto wrong;
	im->fd = fd;
	im->size = h.size & ~511ull;
	im->read_only = c->read_only;
	im->discards = !c->read_only;
	im->sync = c->sync;
	fstat(fd, &st);
	ubd_serial(im, c, &st);
	return 0;
wrong:
	monitor_warn("disk %s %s", c->cow, why);
	close(fd);
bad:
	if (base >= 0)
		close(base);
	return -EIO;
}

static int ubd_open_one(struct ubd_image *im, const struct ubd_config *c)
{
	return c->cow ? ubd_open_cow(im, c) : ubd_open_raw(im, c);
}

void ubd_close(void)
{
	struct timespec patience;

	/* requests that are under way have that long */
	clock_gettime(CLOCK_REALTIME, &patience);
	patience.tv_sec += 2;
	for (int i = 0; i < (int)UBD_UNITS; i++) {
		struct ubd_image *im = &ubd_disks[i].image;

		if (im->fd < 0 ||
		    pthread_rwlock_timedwrlock(&ubd_disks[i].lock, &patience))
			continue;
		if (im->cow)
			cow_close(im->cow);
		else
			close(im->fd);
		im->fd = -1;
		im->cow = NULL;
		pthread_rwlock_unlock(&ubd_disks[i].lock);
	}
}

int ubd_open(const struct ubd_config *c, int n)
{
	int err = 0;

	for (int i = 0; i < (int)UBD_UNITS; i++) {
		pthread_rwlock_init(&ubd_disks[i].lock, NULL);
		ubd_disks[i].image.fd = -1;
	}
	for (int i = 0; i < n && !err; i++)
		if (c[i].file)
			err = ubd_open_one(&ubd_disks[i].image, &c[i]);
	return err;
}
