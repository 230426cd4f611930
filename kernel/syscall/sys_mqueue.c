// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of POSIX message queues: decoding and copying. Names come without
 * the leading slash: the C library takes it away.
 */
#include <abi/fcntl.h>
#include <abi/signal.h>
#include <abi/time.h>
#include <kernel/ipc.h>
#include <kernel/mqueue.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>

/* An absolute time of CLOCK_REALTIME as a monotonic deadline. */
static int mq_deadline(uaddr timeout, u64 *deadline)
{
	struct abi_timespec t;
	u64 at, now;

	*deadline = TIME_NEVER;
	if (!timeout.va)
		return 0;
	if (get_user(t, timeout))
		return -EFAULT;
	if (t.tv_sec < 0 || (u64)t.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if ((u64)t.tv_sec >= TIME_NEVER / NSEC_PER_SEC - 1)
		return 0;
	at = (u64)t.tv_sec * NSEC_PER_SEC + (u64)t.tv_nsec;
	now = time_real_ns();
	*deadline = at <= now ? 0 : deadline_after(at - now);
	return 0;
}

long sys_mq_open(uaddr name, int flags, u32 mode, uaddr attr)
{
	struct mq_attr_k a;
	struct file *f;
	char *s;
	int fd;

	if ((flags & O_CREAT) && attr.va && get_user(a, attr))
		return -EFAULT;
	s = path_name_get(name);
	if (IS_ERR(s))
		return PTR_ERR(s);
	f = mqueue_open(s, flags, mode,
			(flags & O_CREAT) && attr.va ? &a : NULL);
	path_name_put(s);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_new(f, 0, true); /* always close-on-exec */
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_mq_unlink(uaddr name)
{
	char *s = path_name_get(name);
	int err;

	if (IS_ERR(s))
		return PTR_ERR(s);
	err = mqueue_unlink(s);
	path_name_put(s);
	return err;
}

long sys_mq_timedsend(int mqdes, uaddr msg, u64 len, u32 prio, uaddr timeout)
{
	u64 deadline;
	struct file *f;
	long ret = mq_deadline(timeout, &deadline);

	if (ret)
		return ret;
	if (prio >= MQ_PRIO_MAX)
		return -EINVAL;
	f = fd_get(mqdes);
	if (!f)
		return -EBADF;
	ret = mqueue_send(f, msg, len, prio, deadline);
	file_put(f);
	return ret;
}

long sys_mq_timedreceive(int mqdes, uaddr msg, u64 len, uaddr prio,
			 uaddr timeout)
{
	u64 deadline;
	u32 p = 0;
	struct file *f;
	long ret = mq_deadline(timeout, &deadline);

	if (ret)
		return ret;
	f = fd_get(mqdes);
	if (!f)
		return -EBADF;
	ret = mqueue_receive(f, msg, len, &p, deadline);
	file_put(f);
	if (ret >= 0 && prio.va && put_user(p, prio))
		return -EFAULT;
	return ret;
}

long sys_mq_notify(int mqdes, uaddr sevp)
{
	struct sigevent ev;
	struct file *f;
	long ret;

	if (sevp.va) {
		if (get_user(ev, sevp))
			return -EFAULT;
		if (ev.sigev_notify != SIGEV_NONE &&
		    ev.sigev_notify != SIGEV_SIGNAL)
			return -EINVAL;
		if (ev.sigev_notify == SIGEV_SIGNAL &&
		    (ev.sigev_signo < 0 || ev.sigev_signo > NSIG))
			return -EINVAL;
	}
	f = fd_get(mqdes);
	if (!f)
		return -EBADF;
	ret = mqueue_notify(f, sevp.va ? &ev : NULL);
	file_put(f);
	return ret;
}

long sys_mq_getsetattr(int mqdes, uaddr newattr, uaddr oldattr)
{
	struct mq_attr_k set, old;
	struct file *f;
	long ret;

	if (newattr.va) {
		if (get_user(set, newattr))
			return -EFAULT;
		if (set.flags & ~(s64)O_NONBLOCK)
			return -EINVAL;
	}
	f = fd_get(mqdes);
	if (!f)
		return -EBADF;
	ret = mqueue_attr(f, newattr.va ? &set : NULL, &old);
	file_put(f);
	if (!ret && oldattr.va && put_user(old, oldattr))
		ret = -EFAULT;
	return ret;
}
