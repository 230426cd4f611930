// SPDX-License-Identifier: GPL-2.0
/*
 * poll, select and epoll: decoding and copying. The waiting is in
 * kernel/ipc/poll.c and kernel/ipc/epoll.c.
 *
 * Time limits: poll and epoll_wait give milliseconds, negative for ever; the
 * others a struct timespec or timeval, NULL for ever. ppoll, select and
 * pselect6 write the time left back, as Linux does.
 *
 * Signals: poll goes on after a signal without a handler through
 * restart_syscall; select, ppoll and pselect6 are simply called again; the
 * epoll calls never are (signal(7)).
 */
#include <abi/epoll.h>
#include <abi/time.h>
#include <kernel/fdtable.h>
#include <kernel/ipc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>

#define SELECT_INLINE_FDS 256u

static u64 poll_ms_deadline(int ms)
{
	if (ms < 0)
		return TIME_NEVER;
	return ms ? deadline_after(ms * NSEC_PER_MSEC) : 0;
}

/* The temporary signal mask of ppoll and friends. => 0, -EINVAL, -EFAULT */
static int poll_set_mask(uaddr mask, u64 size)
{
	sigset_t set;

	if (!mask.va)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (get_user(set, mask))
		return -EFAULT;
	signal_set_temporary(set);
	return 0;
}

/* With a handler about to run the mask stays until it has. */
static void poll_unset_mask(uaddr mask, bool interrupted)
{
	if (mask.va && !interrupted)
		signal_restore_saved();
}

static u64 poll_time_left(u64 deadline)
{
	u64 now = time_mono_ns();

	return deadline > now ? deadline - now : 0;
}

long sys_poll(uaddr fds, u32 nfds, int timeout)
{
	u64 deadline = poll_ms_deadline(timeout);
	long ret = fds.va > USER_MAX ? -EFAULT : poll_user(fds, nfds, deadline);
	struct task *t = current;

	if (ret != -EINTR)
		return ret;
	t->restart_kind = RESTART_POLL;
	t->restart_arg[0] = fds.va;
	t->restart_arg[1] = nfds;
	t->restart_arg[2] = deadline;
	return -ERESTART_RESTARTBLOCK;
}

/*
 * Write the time left. When it cannot be written the call must not be
 * restarted: it would wait for the whole time again.
 */
static long poll_finish_ts(long ret, uaddr ts, u64 deadline)
{
	struct abi_timespec left;
	u64 ns;

	if (ret == -EINTR)
		ret = -ERESTARTNOHAND;
	if (!ts.va || deadline == TIME_NEVER)
		return ret;
	ns = poll_time_left(deadline);
	left.tv_sec = ns / NSEC_PER_SEC;
	left.tv_nsec = ns % NSEC_PER_SEC;
	if (put_user(left, ts) && ret == -ERESTARTNOHAND)
		ret = -EINTR;
	return ret;
}

long sys_ppoll(uaddr fds, u32 nfds, uaddr ts, uaddr sigmask, u64 sigsetsize)
{
	u64 deadline;
	long ret = deadline_from_user(ts, &deadline);

	if (ret)
		return ret;
	ret = poll_set_mask(sigmask, sigsetsize);
	if (ret)
		return ret;
	ret = poll_user(fds, nfds, deadline);
	poll_unset_mask(sigmask, ret == -EINTR);
	return poll_finish_ts(ret, ts, deadline);
}

/* --- select --- */

/* Three sets of n bits to and from guest memory around do_select(). */
static long select_user(u32 n, const uaddr set[3], u64 deadline)
{
	u64 fast[6 * SELECT_INLINE_FDS / 64], *buf = fast, *in[3], *out[3];
	size_t bytes = (n + 63) / 64 * 8;
	long ret = 0;

	if (n > SELECT_INLINE_FDS) {
		buf = kmalloc(6 * bytes);
		if (!buf)
			return -ENOMEM;
	}
	for (int i = 0; i < 3; i++) {
		in[i] = set[i].va ? buf + 2 * i * bytes / 8 : NULL;
		out[i] = buf + (2 * i + 1) * bytes / 8;
		if (in[i] && copy_from_user(in[i], set[i], bytes))
			ret = -EFAULT;
		if (in[i] && n % 64)
			in[i][n / 64] &= (1ull << n % 64) - 1;
	}
	if (!ret)
		ret = do_select(n, in, out, deadline);
	for (int i = 0; i < 3 && ret >= 0; i++)
		if (in[i] && copy_to_user(set[i], out[i], bytes))
			ret = -EFAULT;
	if (buf != fast)
		kfree(buf);
	return ret;
}

static long select_clipped(int n, uaddr in, uaddr out, uaddr ex, u64 deadline)
{
	const uaddr set[3] = { in, out, ex };
	u32 limit = max(files_max_fd(current->files), 64u);

	if (n < 0)
		return -EINVAL;
	return select_user(min((u32)n, limit), set, deadline);
}

long sys_select(int n, uaddr in, uaddr out, uaddr ex, uaddr tv)
{
	u64 deadline = TIME_NEVER, ns;
	struct abi_timeval t;
	long ret;

	if (tv.va) {
		if (get_user(t, tv))
			return -EFAULT;
		if (t.tv_sec < 0 || t.tv_usec < 0)
			return -EINVAL;
		if ((u64)t.tv_sec < TIME_NEVER / NSEC_PER_SEC / 4 &&
		    (u64)t.tv_usec < TIME_NEVER / NSEC_PER_USEC / 4) {
			ns = t.tv_sec * NSEC_PER_SEC +
			     t.tv_usec * NSEC_PER_USEC;
			deadline = ns ? deadline_after(ns) : 0;
		}
	}
	ret = select_clipped(n, in, out, ex, deadline);
	if (ret == -EINTR)
		ret = -ERESTARTNOHAND;
	if (tv.va && deadline != TIME_NEVER) {
		ns = poll_time_left(deadline);
		t.tv_sec = ns / NSEC_PER_SEC;
		t.tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
		if (put_user(t, tv) && ret == -ERESTARTNOHAND)
			ret = -EINTR;
	}
	return ret;
}

long sys_pselect6(int n, uaddr in, uaddr out, uaddr ex, uaddr ts, uaddr sig)
{
	struct {
		u64 mask, size;
	} arg = { 0, 0 };
	u64 deadline;
	long ret = deadline_from_user(ts, &deadline);

	if (ret)
		return ret;
	if (sig.va && get_user(arg, sig))
		return -EFAULT;
	ret = poll_set_mask(UADDR(arg.mask), arg.size);
	if (ret)
		return ret;
	ret = select_clipped(n, in, out, ex, deadline);
	poll_unset_mask(UADDR(arg.mask), ret == -EINTR);
	return poll_finish_ts(ret, ts, deadline);
}

/* --- epoll --- */

long sys_epoll_create1(int flags)
{
	struct file *f;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	f = epoll_create_file();
	if (IS_ERR(f))
		return PTR_ERR(f);
	return fd_install_new(f, 0, flags & O_CLOEXEC);
}

long sys_epoll_create(int size)
{
	return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

long sys_epoll_ctl(int epfd, int op, int fd, uaddr event)
{
	struct epoll_event ev;
	struct file *epf, *f;
	long ret = -EBADF;

	if (op != EPOLL_CTL_DEL && get_user(ev, event))
		return -EFAULT;
	epf = fd_get(epfd);
	if (!epf)
		return -EBADF;
	f = fd_get(fd);
	if (f) {
		ret = do_epoll_ctl(epf, op, fd, f,
				   op == EPOLL_CTL_DEL ? NULL : &ev);
		file_put(f);
	}
	file_put(epf);
	return ret;
}

static long epoll_wait_fd(int epfd, uaddr events, int max, u64 deadline)
{
	struct fd_ref r;
	long ret;

	r = fd_ref_get(epfd);
	if (!r.file)
		return -EBADF;
	if (max <= 0 || (u32)max > 0x7fffffffu / sizeof(struct epoll_event))
		ret = -EINVAL;
	else if (!user_range_ok(events, max * sizeof(struct epoll_event)))
		ret = -EFAULT;
	else if (!file_is_epoll(r.file))
		ret = -EINVAL;
	else
		ret = do_epoll_wait(r.file, events, max, deadline);
	fd_ref_put(r);
	return ret;
}

long sys_epoll_wait(int epfd, uaddr events, int maxevents, int timeout)
{
	return epoll_wait_fd(epfd, events, maxevents,
			     poll_ms_deadline(timeout));
}

static long epoll_pwait_fd(int epfd, uaddr events, int max, u64 deadline,
			   uaddr sigmask, u64 sigsetsize)
{
	long ret = poll_set_mask(sigmask, sigsetsize);

	if (ret)
		return ret;
	ret = epoll_wait_fd(epfd, events, max, deadline);
	poll_unset_mask(sigmask, ret == -EINTR);
	return ret;
}

long sys_epoll_pwait(int epfd, uaddr events, int maxevents, int timeout,
		     uaddr sigmask, u64 sigsetsize)
{
	return epoll_pwait_fd(epfd, events, maxevents,
			      poll_ms_deadline(timeout), sigmask, sigsetsize);
}

long sys_epoll_pwait2(int epfd, uaddr events, int maxevents, uaddr timeout,
		      uaddr sigmask, u64 sigsetsize)
{
	u64 deadline;
	long ret = deadline_from_user(timeout, &deadline);

	if (ret)
		return ret;
	return epoll_pwait_fd(epfd, events, maxevents, deadline, sigmask,
			      sigsetsize);
}
