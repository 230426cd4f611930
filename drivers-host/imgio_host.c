// SPDX-License-Identifier: GPL-2.0
/*
 * Whole transfers to and from image files, and the lock on them: what the
 * monitor's disks (ubd_host.c) and lodger-img have in common.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "ubd_host.h"

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
		ssize_t got = flags ? pwritev2(fd, iov, n, (off_t)pos, flags)
				    : pwritev(fd, iov, n, (off_t)pos);

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

int ubd_lock(int fd, bool write)
{
	struct flock l = { .l_type = write ? F_WRLCK : F_RDLCK,
			   .l_whence = SEEK_SET };

	if (!fcntl(fd, F_OFD_SETLK, &l))
		return 0;
	/* file systems without locks are not a reason to refuse */
	return errno == EAGAIN || errno == EACCES ? -1 : 0;
}
