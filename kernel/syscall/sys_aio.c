// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of asynchronous I/O: io_setup(2), io_submit(2) and the others.
 * The work is done at once; see kernel/ipc/aio.c for what remains.
 */
#include <abi/mman.h>
#include <abi/poll.h>
#include <kernel/aio.h>
#include <kernel/iov.h>
#include <kernel/ipc.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "task/internal.h"

#define AIO_EVENTS_LIMIT (0x10000000u / sizeof(struct io_event))

long sys_io_setup(u32 nr_events, uaddr ctxp)
{
	u64 id;
	long page;
	int err;

	if (get_user(id, ctxp))
		return -EFAULT;
	if (id || !nr_events || nr_events > AIO_EVENTS_LIMIT)
		return -EINVAL;
	page = do_mmap(current->mm, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
	if (page < 0)
		return page;
	id = (u64)page;
	err = aio_create(id, nr_events);
	if (!err && put_user(id, ctxp)) {
		aio_destroy(id);
		err = -EFAULT;
	}
	if (err)
		(void)do_munmap(current->mm, id, PAGE_SIZE);
	return err;
}

long sys_io_destroy(u64 ctx)
{
	int err = aio_destroy(ctx);

	if (!err)
		(void)do_munmap(current->mm, ctx, PAGE_SIZE);
	return err;
}

/* --- Submission --- */

/* What Linux refuses before it starts. => 0 or -errno */
static int aio_check(const struct iocb *cb, struct file *f)
{
	u32 need = 0;

	switch (cb->aio_lio_opcode) {
	case IOCB_CMD_PREAD:
	case IOCB_CMD_PREADV:
		need = FMODE_READ;
		break;
	case IOCB_CMD_PWRITE:
	case IOCB_CMD_PWRITEV:
		need = FMODE_WRITE;
		break;
	case IOCB_CMD_FSYNC:
	case IOCB_CMD_FDSYNC:
		return cb->aio_buf || cb->aio_offset || cb->aio_nbytes ||
				       cb->aio_rw_flags
			       ? -EINVAL
			       : 0;
	default:
		return -EINVAL;
	}
	if (!(f->mode & need))
		return -EBADF;
	return cb->aio_offset < 0 && !(f->mode & FMODE_STREAM) ? -EINVAL : 0;
}

static long aio_do(const struct iocb *cb, struct file *f)
{
	uaddr buf = UADDR(cb->aio_buf);
	int fd = (int)cb->aio_fildes;
	bool stream = f->mode & FMODE_STREAM;

	switch (cb->aio_lio_opcode) {
	case IOCB_CMD_PREAD:
		return stream ? sys_read(fd, buf, cb->aio_nbytes)
			      : sys_pread64(fd, buf, cb->aio_nbytes,
					    cb->aio_offset);
	case IOCB_CMD_PWRITE:
		return stream ? sys_write(fd, buf, cb->aio_nbytes)
			      : sys_pwrite64(fd, buf, cb->aio_nbytes,
					     cb->aio_offset);
	case IOCB_CMD_PREADV:
		return stream ? sys_readv(fd, buf, cb->aio_nbytes)
			      : sys_preadv(fd, buf, cb->aio_nbytes,
					   (u64)cb->aio_offset, 0);
	case IOCB_CMD_PWRITEV:
		return stream ? sys_writev(fd, buf, cb->aio_nbytes)
			      : sys_pwritev(fd, buf, cb->aio_nbytes,
					    (u64)cb->aio_offset, 0);
	case IOCB_CMD_FSYNC:
		return sys_fsync(fd);
	default:
		return sys_fdatasync(fd);
	}
}

/* One more in the counter of an eventfd. */
static void aio_tell(struct file *event)
{
	struct iov_iter it;
	u64 one = 1;
	loff_t pos = 0;

	iov_iter_kbuf(&it, &one, sizeof(one));
	(void)vfs_write(event, &it, &pos);
}

static int aio_submit_one(struct aio_ctx *c, uaddr at)
{
	struct file *f, *event = NULL;
	struct io_event e;
	struct iocb cb;
	u32 key = 0;
	long res;
	int err;

	if (get_user(cb, at))
		return -EFAULT;
	if (cb.aio_reserved2 || (s64)cb.aio_nbytes < 0)
		return -EINVAL;
	err = aio_reserve(c);
	if (err)
		return err;
	f = fd_get((int)cb.aio_fildes);
	err = f ? 0 : -EBADF;
	if (!err && (cb.aio_flags & IOCB_FLAG_RESFD)) {
		event = fd_get((int)cb.aio_resfd);
		err = !event ? -EBADF : file_is_eventfd(event) ? 0 : -EINVAL;
	}
	if (!err && put_user(key, uadd(at, offsetof(struct iocb, aio_key))))
		err = -EFAULT;
	if (!err)
		err = aio_check(&cb, f);
	if (!err) {
		res = aio_do(&cb, f);
		if (res == -ERESTARTSYS || res == -ERESTARTNOINTR ||
		    res == -ERESTARTNOHAND || res == -ERESTART_RESTARTBLOCK)
			res = -EINTR;
		e = (struct io_event){ cb.aio_data, at.va, res, 0 };
		err = aio_complete(c, &e);
		if (!err && event)
			aio_tell(event);
	}
	if (err)
		aio_unreserve(c);
	if (event)
		file_put(event);
	if (f)
		file_put(f);
	return err;
}

long sys_io_submit(u64 ctx, long nr, uaddr iocbpp)
{
	struct aio_ctx *c;
	long done = 0;
	int err = 0;
	u64 at;

	if (nr < 0)
		return -EINVAL;
	c = aio_get(ctx);
	if (!c)
		return -EINVAL;
	for (; done < nr && !err; done += !err) {
		if (get_user(at, uadd(iocbpp, (u64)done * sizeof(at))))
			err = -EFAULT;
		else
			err = aio_submit_one(c, UADDR(at));
	}
	aio_put(c);
	return done ? done : err;
}

/* Nothing is ever under way. */
long sys_io_cancel(u64 ctx, uaddr iocb, uaddr result)
{
	u32 key;

	if (get_user(key, uadd(iocb, offsetof(struct iocb, aio_key))))
		return -EFAULT;
	return -EINVAL;
}

/* --- Completions --- */

static long aio_getevents(u64 ctx, long min_nr, long nr, uaddr events,
			  uaddr timeout)
{
	struct aio_ctx *c;
	u64 deadline;
	long ret = deadline_from_user(timeout, &deadline);

	if (ret)
		return ret;
	c = aio_get(ctx);
	if (!c)
		return -EINVAL;
	ret = min_nr < 0 || nr < min_nr
		      ? -EINVAL
		      : aio_read_events(c, min_nr, nr, events, deadline);
	aio_put(c);
	return ret;
}

long sys_io_getevents(u64 ctx, long min_nr, long nr, uaddr events,
		      uaddr timeout)
{
	return aio_getevents(ctx, min_nr, nr, events, timeout);
}

long sys_io_pgetevents(u64 ctx, long min_nr, long nr, uaddr events,
		       uaddr timeout, uaddr sig)
{
	struct {
		u64 mask, size;
	} s = { 0, 0 };
	sigset_t set;
	long ret;

	if (sig.va && get_user(s, sig))
		return -EFAULT;
	if (s.mask) {
		if (s.size != sizeof(set))
			return -EINVAL;
		if (get_user(set, UADDR(s.mask)))
			return -EFAULT;
		signal_set_temporary(set);
	}
	ret = aio_getevents(ctx, min_nr, nr, events, timeout);
	if (s.mask && ret != -EINTR)
		signal_restore_saved();
	return ret;
}
