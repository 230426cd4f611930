// SPDX-License-Identifier: GPL-2.0
/*
 * Disks ubda … ubdp, back end: image files of the host (ubd.h).
 *
 * Served by the ring's workers, which may block: a worker transfers between the
 * file and the machine's memory with one preadv or pwritev; how many are under
 * way is how many workers there are. The data never passes through here.
 *
 * Images are opened before the monitor confines itself, or, for a disk that is
 * put in later, by `lodger ctl`, which passes the descriptors. Who opens one takes a
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
#include <stdarg.h>
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
	bool going; /* the kernel is to let go of it */
	/* under ubd_ack_lock: what the kernel says to a change */
	bool acked;
	int ack;
} ubd_disks[UBD_UNITS];

static pthread_mutex_t ubd_ack_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ubd_ack_cond = PTHREAD_COND_INITIALIZER;

static int64_t ubd_acknowledge(struct ubd_disk *d, int64_t err);

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
	err = w->op == UBD_ZERO ? ubd_fallocate(im->fd, FALLOC_FL_ZERO_RANGE, w)
				: -EOPNOTSUPP;
	if (err == -EOPNOTSUPP)
		err = ubd_fallocate(im->fd, FALLOC_FL_PUNCH_HOLE, w);
	return err;
}

static int64_t ubd_tell(struct ubd_disk *d, const struct ring_work *w)
{
	const struct ubd_image *im = &d->image;
	struct ubd_info info = { .size = im->size, .block = 512 };

	if (!w->buf || w->len != sizeof(info))
		return -EINVAL;
	info.flags = (im->read_only ? UBD_READ_ONLY : 0) |
		     (d->going ? UBD_GOING : 0) |
		     (im->discards ? UBD_DISCARDS : 0);
	memcpy(info.serial, im->serial, sizeof(info.serial));
	memcpy(w->buf, &info, sizeof(info));
	return 0;
}

static int64_t ubd_serve_image(struct ubd_image *im, const struct ring_work *w)
{
	switch (w->op) {
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
	if (((w->arg[1] | w->arg[2]) & 511) || w->arg[1] > im->size ||
	    w->arg[2] > im->size - w->arg[1])
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
	if (w->op == UBD_ACK)
		return ubd_acknowledge(d, (int64_t)w->arg[1]);
	pthread_rwlock_rdlock(&d->lock);
	ret = d->image.fd < 0	  ? -ENODEV
	      : w->op == UBD_INFO ? ubd_tell(d, w)
				  : ubd_serve_image(&d->image, w);
	pthread_rwlock_unlock(&d->lock);
	return ret;
}

/* --- opening files: in whoever may --- */

static int ubd_complain(struct ubd_files *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int ubd_complain(struct ubd_files *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
	return -EIO;
}

static int ubd_open_raw(const struct ubd_config *c, struct ubd_files *f)
{
	int flags = O_CLOEXEC | O_NOCTTY | (c->sync ? O_DSYNC : 0);
	int err = 0;
	struct stat st;

	f->read_only = c->read_only;
	if (!c->read_only) {
		f->fd = open(c->file, O_RDWR | flags);
		err = errno;
		if (f->fd < 0 && (err == EACCES || err == EROFS ||
				  err == EPERM || err == ETXTBSY))
			f->read_only = true;
	}
	if (f->fd < 0 && f->read_only)
		f->fd = open(c->file, O_RDONLY | flags);
	if (f->fd < 0)
		return ubd_complain(f, "disk %s: %s", c->file, strerror(errno));
	if (fstat(f->fd, &st) || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return ubd_complain(
			f, "disk %s: neither a file nor a block device",
			c->file);
	if (ubd_lock(f->fd, !f->read_only))
		return ubd_complain(f, "disk %s is in use by another machine%s",
				    c->file,
				    f->read_only ? ", which writes it"
						 : "; two may read it: ro, or "
						   "have a COW file each");
	/*
	 * Not taken for one unasked: what a guest writes to its raw disk
	 * must not decide which file of the host is opened at the next start.
	 */
	if (cow_is(f->fd)) {
		struct cow_header h;
		char why[512];

		if (cow_read_header(f->fd, &h, why, sizeof(why)))
			strcpy(h.base, "BASE");
		return ubd_complain(f,
				    "disk %s is a COW file: give its base too, "
				    "ubd0=%s,%.2000s or --disk %.2000s,cow=%s",
				    c->file, c->file, h.base, h.base, c->file);
	}
	if (lseek(f->fd, 0, SEEK_END) < 512)
		return ubd_complain(f,
				    "disk %s: it is empty; give it a size "
				    "first (truncate -s 1G)",
				    c->file);
	if (f->read_only && !c->read_only)
		monitor_warn("disk %s cannot be written (%s): read-only",
			     c->file, strerror(err));
	return 0;
}

/* The COW file, made when it is missing; f->base is open. */
static int ubd_open_cow(const struct ubd_config *c, struct ubd_files *f)
{
	char why[COW_PATH + 512];
	int flags = O_CLOEXEC | O_NOCTTY;
	struct cow_header h;
	bool fresh = false;

	f->read_only = c->read_only;
	f->fd = open(c->cow, (c->read_only ? O_RDONLY : O_RDWR) | flags);
	if (f->fd < 0 && errno == ENOENT && !c->read_only) {
		f->fd = open(c->cow, O_RDWR | O_CREAT | O_EXCL | flags, 0644);
		fresh = true;
	}
	if (f->fd < 0)
		return ubd_complain(f, "disk %s: %s", c->cow, strerror(errno));
	if (ubd_lock(f->fd, !c->read_only))
		return ubd_complain(f,
				    "disk %s is in use by another machine; "
				    "each needs a COW file of its own",
				    c->cow);
	if (fresh && cow_create(f->fd, c->file, f->base, why, sizeof(why))) {
		unlink(c->cow);
		return ubd_complain(f, "disk %s %s", c->cow, why);
	}
	if (cow_read_header(f->fd, &h, why, sizeof(why)) ||
	    cow_check_base(&h, c->cow, c->file, f->base, why, sizeof(why)))
		return ubd_complain(f, "disk %s %s", c->cow, why);
	return 0;
}

void ubd_files_close(struct ubd_files *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->base >= 0)
		close(f->base);
	f->fd = f->base = -1;
}

int ubd_files_open(const struct ubd_config *c, struct ubd_files *f)
{
	int err = 0;

	memset(f, 0, sizeof(*f));
	f->fd = f->base = -1;
	if (c->cow) {
		f->base = open(c->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (f->base < 0)
			err = ubd_complain(f, "disk %s: %s", c->file,
					   strerror(errno));
		else if (ubd_lock(f->base, false))
			err = ubd_complain(f,
					   "disk %s: another machine writes it",
					   c->file);
		else
			err = ubd_open_cow(c, f);
	} else {
		err = ubd_open_raw(c, f);
	}
	if (err)
		ubd_files_close(f);
	return err;
}

/* --- disks of open files: in the monitor --- */

static void ubd_serial(struct ubd_image *im, const char *serial)
{
	struct stat st = { 0 };
	uint64_t h;

	fstat(im->fd, &st);
	h = (uint64_t)st.st_ino * 0x9e3779b97f4a7c15u ^
	    (uint64_t)st.st_dev * 0xff51afd7ed558ccdu;
	if (serial && *serial)
		snprintf(im->serial, sizeof(im->serial), "%s", serial);
	else
		snprintf(im->serial, sizeof(im->serial), "%016llx",
			 (unsigned long long)h);
}

int ubd_plug(unsigned int unit, struct ubd_files *f, const char *serial,
	     bool sync)
{
	struct ubd_disk *d = &ubd_disks[unit];
	struct ubd_image im = { .fd = f->fd,
				.sync = sync,
				.read_only = f->read_only };
	struct cow_header h;

	if (unit >= UBD_UNITS)
		return ubd_complain(f, "a machine has %u disks", UBD_UNITS);
	if (f->base >= 0) {
		if (cow_read_header(f->fd, &h, f->why, sizeof(f->why)))
			return -EINVAL;
		im.cow = cow_open(f->fd, f->base, &h, f->why, sizeof(f->why));
		if (!im.cow)
			return -EIO;
		im.size = h.size & ~511ull;
	} else {
		im.size = (uint64_t)lseek(f->fd, 0, SEEK_END) & ~511ull;
	}
	im.discards = !im.read_only;
	ubd_serial(&im, serial);
	pthread_rwlock_wrlock(&d->lock);
	if (d->image.fd >= 0) {
		pthread_rwlock_unlock(&d->lock);
		return ubd_complain(f, "there is a disk %u already", unit);
	}
	d->image = im;
	d->going = false;
	pthread_rwlock_unlock(&d->lock);
	return 0;
}

/* Wait for the kernel's answer about a disk. => it, or -ETIMEDOUT */
static int ubd_await(struct ubd_disk *d)
{
	struct timespec end;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	pthread_mutex_lock(&ubd_ack_lock);
	while (!d->acked && !err)
		err = pthread_cond_timedwait(&ubd_ack_cond, &ubd_ack_lock,
					     &end);
	err = d->acked ? d->ack : -ETIMEDOUT;
	pthread_mutex_unlock(&ubd_ack_lock);
	return err;
}

static void ubd_take_out(struct ubd_disk *d)
{
	struct ubd_image im;

	pthread_rwlock_wrlock(&d->lock);
	im = d->image;
	d->image.fd = -1;
	d->image.cow = NULL;
	d->going = false;
	pthread_rwlock_unlock(&d->lock);
	if (im.cow)
		cow_close(im.cow);
	else if (im.fd >= 0)
		close(im.fd);
}

int ubd_plug_live(unsigned int unit, struct ubd_files *f, const char *serial,
		  bool sync)
{
	int err = ubd_plug(unit, f, serial, sync);

	if (err)
		return err;
	f->fd = f->base = -1; /* the disk's */
	ubd_disks[unit].acked = false;
	monitor_post_event(RING_EV_DISK);
	err = ubd_await(&ubd_disks[unit]);
	if (err && err != -ETIMEDOUT)
		ubd_take_out(&ubd_disks[unit]);
	return err;
}

int ubd_unplug_live(unsigned int unit)
{
	struct ubd_disk *d = &ubd_disks[unit];
	int err;

	if (unit >= UBD_UNITS || d->image.fd < 0)
		return -ENODEV;
	d->acked = false;
	d->going = true;
	monitor_post_event(RING_EV_DISK);
	err = ubd_await(d);
	d->going = false;
	if (!err)
		ubd_take_out(d);
	return err;
}

static int64_t ubd_acknowledge(struct ubd_disk *d, int64_t err)
{
	pthread_mutex_lock(&ubd_ack_lock);
	d->ack = err < 0 && err > -4096 ? (int)err : 0;
	d->acked = true;
	pthread_cond_broadcast(&ubd_ack_cond);
	pthread_mutex_unlock(&ubd_ack_lock);
	return 0;
}

void ubd_close(void)
{
	struct timespec patience;

	/* requests that are under way have that long */
	clock_gettime(CLOCK_REALTIME, &patience);
	patience.tv_sec += 2;
	for (int i = 0; i < (int)UBD_UNITS; i++) {
		struct ubd_disk *d = &ubd_disks[i];

		if (d->image.fd < 0 ||
		    pthread_rwlock_timedwrlock(&d->lock, &patience))
			continue;
		pthread_rwlock_unlock(&d->lock);
		ubd_take_out(d);
	}
}

int ubd_open(const struct ubd_config *c, int n)
{
	struct ubd_files f;

	for (int i = 0; i < (int)UBD_UNITS; i++) {
		pthread_rwlock_init(&ubd_disks[i].lock, NULL);
		ubd_disks[i].image.fd = -1;
	}
	for (int i = 0; i < n; i++) {
		if (!c[i].file)
			continue;
		if (ubd_files_open(&c[i], &f) ||
		    ubd_plug((unsigned int)i, &f, c[i].serial, c[i].sync)) {
			monitor_warn("%s", f.why);
			return -EIO;
		}
	}
	return 0;
}
