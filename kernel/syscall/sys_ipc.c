// SPDX-License-Identifier: GPL-2.0
/*
 * pipe, eventfd, timerfd and signalfd: decoding and copying. The files behind
 * the descriptors are in kernel/ipc.
 */
#include <abi/eventfd.h>
#include <abi/signalfd.h>
#include <abi/time.h>
#include <abi/timerfd.h>
#include <abi/capability.h>
#include <kernel/fdtable.h>
#include <kernel/ipc.h>
#include <kernel/syscall.h>
#include <kernel/task.h>

long sys_pipe2(uaddr fds, int flags)
{
	struct file *f[2];
	int fd[2], err;

	if (flags & O_EXCL) /* a pipe for notifications of key changes */
		return flags & ~(O_CLOEXEC | O_NONBLOCK | O_EXCL) ? -EINVAL
								  : -ENOPKG;
	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = pipe_create(f, flags);
	if (err)
		return err;
	err = fd[0] = fd_reserve(0, flags & O_CLOEXEC);
	if (fd[0] < 0)
		goto put;
	err = fd[1] = fd_reserve(0, flags & O_CLOEXEC);
	if (fd[1] < 0)
		goto unreserve0;
	err = copy_to_user(fds, fd, sizeof(fd));
	if (err)
		goto unreserve1;
	fd_publish(fd[0], f[0]);
	fd_publish(fd[1], f[1]);
	return 0;

unreserve1:
	fd_unreserve(fd[1]);
unreserve0:
	fd_unreserve(fd[0]);
put:
	file_put(f[0]);
	file_put(f[1]);
	return err;
}

long sys_pipe(uaddr fds)
{
	return sys_pipe2(fds, 0);
}

long sys_eventfd2(u32 count, int flags)
{
	struct file *f;

	if (flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC))
		return -EINVAL;
	f = eventfd_create(count, flags);
	if (IS_ERR(f))
		return PTR_ERR(f);
	return fd_install_new(f, 0, flags & EFD_CLOEXEC);
}

long sys_eventfd(u32 count)
{
	return sys_eventfd2(count, 0);
}

/* --- timerfd --- */

long sys_timerfd_create(int clock, int flags)
{
	struct file *f;

	if (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC))
		return -EINVAL;
	switch (clock) {
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		if (!capable(CAP_WAKE_ALARM))
			return -EPERM;
		break;
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		break;
	default:
		return -EINVAL;
	}
	f = timerfd_create_file(clock, flags);
	if (IS_ERR(f))
		return PTR_ERR(f);
	return fd_install_new(f, 0, flags & TFD_CLOEXEC);
}

long sys_timerfd_settime(int fd, int flags, uaddr value, uaddr ovalue)
{
	struct abi_itimerspec nv, old;
	struct fd_ref r;
	long ret;

	if (get_user(nv, value))
		return -EFAULT;
	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	r = fd_ref_get(fd);
	if (!r.file)
		return -EBADF;
	ret = timerfd_set(r.file, flags, &nv, &old);
	fd_ref_put(r);
	if (!ret && ovalue.va)
		ret = put_user(old, ovalue);
	return ret;
}

long sys_timerfd_gettime(int fd, uaddr value)
{
	struct fd_ref r = fd_ref_get(fd);
	struct abi_itimerspec cur;
	long ret;

	if (!r.file)
		return -EBADF;
	ret = timerfd_get(r.file, &cur);
	fd_ref_put(r);
	return ret ? ret : put_user(cur, value);
}

/* --- signalfd --- */

long sys_signalfd4(int fd, uaddr mask, u64 sizemask, int flags)
{
	struct fd_ref r;
	struct file *f;
	sigset_t set;
	long ret;

	if (sizemask != sizeof(set))
		return -EINVAL;
	if (get_user(set, mask))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	if (fd == -1) {
		f = signalfd_create(set, flags);
		if (IS_ERR(f))
			return PTR_ERR(f);
		return fd_install_new(f, 0, flags & SFD_CLOEXEC);
	}
	r = fd_ref_get(fd);
	if (!r.file)
		return -EBADF;
	ret = signalfd_set_mask(r.file, set);
	fd_ref_put(r);
	return ret ? ret : fd;
}

long sys_signalfd(int fd, uaddr mask, u64 sizemask)
{
	return sys_signalfd4(fd, mask, sizemask, 0);
}
