/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timerfd_create(2): a timer whose expirations are read from a descriptor.
 *
 * Only the next expiration is armed. When it fires, `expired` is set and the
 * waiters are woken; how many periods have passed since is computed when
 * somebody reads or asks, and the timer is armed again then, so that a fast
 * timer that nobody reads costs nothing.
 *
 * Times are kept on the monotonic clock; an absolute time on another clock is
 * converted when it is set. TFD_TIMER_CANCEL_ON_SET is accepted, and nothing
 * is ever cancelled by it.
 *
 * Lock: the spinlock guards everything; the timer's function takes it. Arming
 * and cancelling without waiting are done under it.
 */
#include <abi/poll.h>
#include <abi/time.h>
#include <abi/timerfd.h>
#include <abi/ioctl.h>
#include <kernel/ipc.h>
#include <kernel/printk.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/time.h>
#include <kernel/vfs.h>

struct timerfd {
	spinlock_t lock;
	/* under lock: */
	u64 next;     /* of the first expiration not yet read; 0 = disarmed */
	u64 interval; /* 0 = once */
	u64 ticks;    /* expirations counted and not yet read */
	/* fixed after creation */
	int clock;
	u32 flags; /* as last set, for fdinfo */
	struct timer timer;
	struct waitqueue wait;
};

static u64 timerfd_clock_ns(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		return time_real_ns();
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return time_boot_ns();
	default:
		return time_mono_ns();
	}
}

/* Count what has expired by now and move on. Caller holds lock. */
static void timerfd_update_locked(struct timerfd *t)
{
	u64 now = time_mono_ns(), n = 1;

	if (!t->next || now < t->next)
		return;
	if (t->interval) {
		n += (now - t->next) / t->interval;
		t->next += n * t->interval;
	} else {
		t->next = 0;
	}
	t->ticks += n;
}

static void timerfd_fire(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);

	spin_lock(&t->lock);
	timerfd_update_locked(t);
	spin_unlock(&t->lock);
	waitqueue_wake_nr(&t->wait, ~0u, POLLIN | POLLRDNORM);
}

/* Take the count and wait for the next one. */
static u64 timerfd_take(struct timerfd *t)
{
	u64 n;

	spin_lock(&t->lock);
	timerfd_update_locked(t);
	n = t->ticks;
	t->ticks = 0;
	if (n && t->next)
		timer_arm(&t->timer, t->next);
	spin_unlock(&t->lock);
	return n;
}

static bool timerfd_ready(struct timerfd *t)
{
	u64 next = READ_ONCE(t->next);

	return READ_ONCE(t->ticks) || (next && time_mono_ns() >= next);
}

static ssize_t timerfd_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct timerfd *t = f->priv;
	u64 n;

	if (it->count < sizeof(n))
		return -EINVAL;
	while (!(n = timerfd_take(t))) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_intr(&t->wait, timerfd_ready(t), "timerfd_read"))
			return -ERESTARTSYS;
	}
	return copy_to_iter(it, &n, sizeof(n)) == sizeof(n) ? (ssize_t)sizeof(n)
							    : -EFAULT;
}

static u32 timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->priv;

	poll_wait(f, &t->wait, pt);
	return READ_ONCE(t->ticks) ? POLLIN | POLLRDNORM : 0;
}

static long timerfd_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct timerfd *t = f->priv;
	u64 ticks;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOTTY;
	if (get_user(ticks, UADDR(arg)))
		return -EFAULT;
	if (!ticks)
		return -EINVAL;
	spin_lock(&t->lock);
	t->ticks = ticks;
	spin_unlock(&t->lock);
	waitqueue_wake_nr(&t->wait, ~0u, POLLIN | POLLRDNORM);
	return 0;
}

/* What timerfd_gettime(2) tells. Caller holds lock. */
static void timerfd_get_locked(struct timerfd *t, u64 *left, u64 *interval)
{
	u64 now = time_mono_ns();

	timerfd_update_locked(t);
	*left = t->next > now ? t->next - now : t->next != 0;
	*interval = t->interval;
}

static int timerfd_show_fdinfo(struct file *f, char *buf, size_t n)
{
	struct timerfd *t = f->priv;
	u64 left, interval, ticks;

	spin_lock(&t->lock);
	timerfd_get_locked(t, &left, &interval);
	ticks = t->ticks;
	spin_unlock(&t->lock);
	return snprintf(buf, n,
			"clockid: %d\nticks: %llu\nsettime flags: 0%o\n"
			"it_value: (%llu, %llu)\nit_interval: (%llu, %llu)\n",
			t->clock, (unsigned long long)ticks, t->flags,
			(unsigned long long)(left / NSEC_PER_SEC),
			(unsigned long long)(left % NSEC_PER_SEC),
			(unsigned long long)(interval / NSEC_PER_SEC),
			(unsigned long long)(interval % NSEC_PER_SEC));
}

static void timerfd_release(struct file *f)
{
	struct timerfd *t = f->priv;

	timer_cancel(&t->timer);
	kfree(t);
}

static const struct file_ops timerfd_file_ops = {
	.release = timerfd_release,
	.read = timerfd_read,
	.poll = timerfd_poll,
	.ioctl = timerfd_ioctl,
	.llseek = noop_llseek,
	.show_fdinfo = timerfd_show_fdinfo,
};

struct file *timerfd_create_file(int clock, int flags)
{
	struct timerfd *t = kzalloc(sizeof(*t));
	struct file *f;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->clock = clock;
	spin_init(&t->lock);
	waitqueue_init(&t->wait);
	timer_init(&t->timer, timerfd_fire);
	f = file_open_anon("anon_inode:[timerfd]", &timerfd_file_ops, t,
			   O_RDWR | (flags & O_NONBLOCK), 0600);
	if (IS_ERR(f))
		kfree(t);
	else
		f->mode |= FMODE_STREAM;
	return f;
}

static bool timerfd_ts_valid(const struct abi_timespec *ts)
{
	return ts->tv_sec >= 0 && (u64)ts->tv_nsec < NSEC_PER_SEC;
}

static u64 timerfd_ts_ns(const struct abi_timespec *ts)
{
	if ((u64)ts->tv_sec > (TIME_NEVER >> 1) / NSEC_PER_SEC - 1)
		return TIME_NEVER >> 1;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static struct abi_timespec timerfd_ns_ts(u64 ns)
{
	return (struct abi_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

/* The moment on the monotonic clock, never 0. */
static u64 timerfd_expiry(struct timerfd *t, u64 value, bool absolute)
{
	u64 now, mono;

	if (!absolute)
		return deadline_after(value);
	now = timerfd_clock_ns(t->clock);
	if (value > now)
		return deadline_after(value - now);
	/* In the past: periods missed since then count. */
	mono = time_mono_ns();
	return mono > now - value ? mono - (now - value) : 1;
}

int timerfd_set(struct file *f, int flags, const struct abi_itimerspec *nv,
		struct abi_itimerspec *old)
{
	struct timerfd *t = f->priv;
	u64 value, left, interval;
	int err = 0;

	if (f->ops != &timerfd_file_ops)
		return -EINVAL;
	if (!timerfd_ts_valid(&nv->it_value) ||
	    !timerfd_ts_valid(&nv->it_interval))
		return -EINVAL;
	value = timerfd_ts_ns(&nv->it_value);
	spin_lock(&t->lock);
	timerfd_get_locked(t, &left, &interval);
	timer_cancel_nowait(&t->timer);
	t->ticks = 0;
	t->flags = flags;
	t->interval = timerfd_ts_ns(&nv->it_interval);
	t->next = value ? timerfd_expiry(t, value, flags & TFD_TIMER_ABSTIME)
			: 0;
	if (t->next)
		err = timer_arm(&t->timer, t->next);
	spin_unlock(&t->lock);
	if (old) {
		old->it_value = timerfd_ns_ts(left);
		old->it_interval = timerfd_ns_ts(interval);
	}
	return err;
}

int timerfd_get(struct file *f, struct abi_itimerspec *cur)
{
	struct timerfd *t = f->priv;
	u64 left, interval;

	if (f->ops != &timerfd_file_ops)
		return -EINVAL;
	spin_lock(&t->lock);
	timerfd_get_locked(t, &left, &interval);
	spin_unlock(&t->lock);
	cur->it_value = timerfd_ns_ts(left);
	cur->it_interval = timerfd_ns_ts(interval);
	return 0;
}
