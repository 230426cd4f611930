/* SPDX-License-Identifier: GPL-2.0 */
/*
 * poll(2) and select(2): wait until one of many files is ready.
 *
 * A call makes passes over its files. The first pass hands each file's ->poll
 * a poll_table, through which the file tells the wait queues that will announce
 * a change; each becomes a poll_slot, an entry on that queue. If nothing was
 * ready the task sleeps, and any slot whose events match wakes it for another
 * pass, this time without a table. A file that is ready already ends the
 * registering: nobody will sleep.
 *
 * The first few slots stand on the stack, others in pages. A slot keeps a
 * reference on its file, so that the queue outlives it.
 *
 * The wake counter is read before each pass (kernel/wait.h): an event between
 * the look at a file and the sleep is not lost.
 */
#include <abi/poll.h>
#include <abi/time.h>
#include <kernel/fdtable.h>
#include <kernel/ipc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>

#define POLL_INLINE_SLOTS 8
#define POLL_INLINE_FDS	  32

/* Always reported, asked for or not. */
#define POLL_ALWAYS	  (POLLERR | POLLHUP)
#define POLL_READ_SET \
	(POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR | POLLNVAL)
#define POLL_WRITE_SET	(POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR | POLLNVAL)
#define POLL_EXCEPT_SET (POLLPRI | POLLNVAL)

struct poll_slot {
	struct wait_entry we;
	struct waitqueue *q;
	struct file *file; /* reference */
	u32 key;
};

struct poll_page {
	struct poll_page *next;
	u32 n;
	struct poll_slot slot[];
};
#define POLL_PAGE_SLOTS \
	((PAGE_SIZE - sizeof(struct poll_page)) / sizeof(struct poll_slot))

/* One call's registrations. */
struct poll_wait {
	struct poll_table pt;
	u32 key; /* what the caller wants of the file being asked */
	int err;
	u32 n;
	struct poll_slot slot[POLL_INLINE_SLOTS];
	struct poll_page *pages;
};

static bool poll_slot_wake(struct wait_entry *e, u64 key)
{
	struct poll_slot *s = container_of(e, struct poll_slot, we);

	if (key && !(key & s->key))
		return false;
	task_wake(e->task);
	return true;
}

static struct poll_slot *poll_slot_alloc(struct poll_wait *pw)
{
	struct poll_page *pg = pw->pages;

	if (pw->n < POLL_INLINE_SLOTS)
		return &pw->slot[pw->n++];
	if (!pg || pg->n == POLL_PAGE_SLOTS) {
		pg = page_alloc(0);
		if (!pg)
			return NULL;
		pg->n = 0;
		pg->next = pw->pages;
		pw->pages = pg;
	}
	return &pg->slot[pg->n++];
}

static void poll_queue(struct poll_table *pt, struct file *f,
		       struct waitqueue *q)
{
	struct poll_wait *pw = container_of(pt, struct poll_wait, pt);
	struct poll_slot *s = poll_slot_alloc(pw);

	if (!s) {
		pw->err = -ENOMEM;
		return;
	}
	file_get(f);
	s->file = f;
	s->q = q;
	s->key = pw->key;
	wait_entry_init(&s->we);
	s->we.fn = poll_slot_wake;
	waitqueue_add(q, &s->we);
}

static void poll_slot_drop(struct poll_slot *s)
{
	waitqueue_del(s->q, &s->we);
	file_put(s->file);
}

static void poll_wait_init(struct poll_wait *pw, bool sleeps)
{
	pw->pt.queue = sleeps ? poll_queue : NULL;
	pw->err = 0;
	pw->n = 0;
	pw->pages = NULL;
}

static void poll_wait_destroy(struct poll_wait *pw)
{
	struct poll_page *pg;

	for (u32 i = 0; i < pw->n; i++)
		poll_slot_drop(&pw->slot[i]);
	while ((pg = pw->pages)) {
		pw->pages = pg->next;
		for (u32 i = 0; i < pg->n; i++)
			poll_slot_drop(&pg->slot[i]);
		page_free(pg, 0);
	}
}

u32 vfs_poll(struct file *f, struct poll_table *pt)
{
	if (!f->ops->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return f->ops->poll(f, pt);
}

/* The mask of one descriptor, cut to what is wanted; something ends registering. */
static u32 poll_one(struct poll_wait *pw, int fd, u32 want)
{
	struct fd_ref r = fd_ref_get(fd);
	u32 mask;

	if (!r.file)
		return POLLNVAL;
	pw->key = want;
	mask = vfs_poll(r.file, &pw->pt) & pw->key;
	fd_ref_put(r);
	if (mask)
		pw->pt.queue = NULL;
	return mask;
}

/*
 * Make passes until one finds something, the deadline passes or a signal comes.
 * => what the last pass gave, or -EINTR, -ENOMEM
 */
static long poll_loop(struct poll_wait *pw,
		      long (*pass)(struct poll_wait *pw, void *arg), void *arg,
		      u64 deadline, const char *wchan)
{
	bool last = deadline == 0;
	long n;
	int err;

	for (;;) {
		u32 seq = sleep_prepare();

		n = pass(pw, arg);
		pw->pt.queue = NULL;
		if (n)
			return n;
		if (pw->err)
			return pw->err;
		if (last)
			return 0;
		err = sleep_on(seq, deadline, SLEEP_INTR, wchan);
		if (err == -EINTR)
			return err;
		last = err == -ETIMEDOUT;
	}
}

struct poll_args {
	struct pollfd *fds;
	u32 n;
};

static long poll_pass(struct poll_wait *pw, void *arg)
{
	struct poll_args *a = arg;
	long count = 0;

	for (u32 i = 0; i < a->n; i++) {
		struct pollfd *p = &a->fds[i];

		p->revents = 0;
		if (p->fd < 0)
			continue;
		p->revents = poll_one(pw, p->fd, (u16)p->events | POLL_ALWAYS);
		if (p->revents) {
			count++;
			pw->pt.queue = NULL;
		}
	}
	return count;
}

long do_poll(struct pollfd *fds, u32 n, u64 deadline)
{
	struct poll_args a = { fds, n };
	struct poll_wait pw;
	long ret;

	poll_wait_init(&pw, deadline != 0);
	ret = poll_loop(&pw, poll_pass, &a, deadline, "poll");
	poll_wait_destroy(&pw);
	return ret;
}

struct select_args {
	u32 n;
	u64 *const *in;
	u64 *const *out;
};

static const u32 select_set[3] = { POLL_READ_SET, POLL_WRITE_SET,
				   POLL_EXCEPT_SET };

static long select_one(struct poll_wait *pw, struct select_args *a, u32 fd)
{
	u64 bit = 1ull << (fd & 63);
	u32 word = fd / 64, want = 0, mask;
	long count = 0;

	for (int i = 0; i < 3; i++)
		if (a->in[i] && (a->in[i][word] & bit))
			want |= select_set[i];
	if (!want)
		return 0;
	mask = poll_one(pw, fd, want);
	if (mask & POLLNVAL)
		return -EBADF;
	for (int i = 0; i < 3; i++) {
		if (a->in[i] && (a->in[i][word] & bit) &&
		    (mask & select_set[i])) {
			a->out[i][word] |= bit;
			count++;
		}
	}
	return count;
}

static long select_pass(struct poll_wait *pw, void *arg)
{
	struct select_args *a = arg;
	long count = 0;

	for (int i = 0; i < 3; i++)
		if (a->in[i])
			memset(a->out[i], 0, (a->n + 63) / 64 * 8);
	for (u32 fd = 0; fd < a->n; fd++) {
		u64 any = 0;
		long r;

		for (int i = 0; i < 3; i++)
			any |= a->in[i] ? a->in[i][fd / 64] : 0;
		if (!any) {
			fd |= 63; /* skip the word */
			continue;
		}
		r = select_one(pw, a, fd);
		if (r < 0)
			return r;
		count += r;
	}
	return count;
}

long do_select(u32 n, u64 *const in[3], u64 *const out[3], u64 deadline)
{
	struct select_args a = { n, in, out };
	struct poll_wait pw;
	long ret;

	poll_wait_init(&pw, deadline != 0);
	ret = poll_loop(&pw, select_pass, &a, deadline, "select");
	poll_wait_destroy(&pw);
	return ret;
}

long poll_user(uaddr ufds, u32 n, u64 deadline)
{
	struct pollfd fast[POLL_INLINE_FDS], *fds = fast;
	long ret;

	if (n > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (n > POLL_INLINE_FDS) {
		fds = kmalloc(n * sizeof(*fds));
		if (!fds)
			return -ENOMEM;
	}
	ret = -EFAULT;
	if (copy_from_user(fds, ufds, n * sizeof(*fds)))
		goto out;
	ret = do_poll(fds, n, deadline);
	if (ret < 0)
		goto out;
	for (u32 i = 0; i < n; i++)
		if (put_user(fds[i].revents,
			     uadd(ufds,
				  i * sizeof(*fds) +
					  offsetof(struct pollfd, revents)))) {
			ret = -EFAULT;
			break;
		}
out:
	if (fds != fast)
		kfree(fds);
	return ret;
}

long poll_restart(void)
{
	u64 *a = current->restart_arg;
	long ret = poll_user(UADDR(a[0]), a[1], a[2]);

	return ret == -EINTR ? -ERESTART_RESTARTBLOCK : ret;
}

u64 deadline_after(u64 ns)
{
	u64 now = time_mono_ns();

	return ns < TIME_NEVER - 1 - now ? now + ns : TIME_NEVER - 1;
}

int deadline_from_user(uaddr ts, u64 *deadline)
{
	struct abi_timespec t;

	*deadline = TIME_NEVER;
	if (!ts.va)
		return 0;
	if (get_user(t, ts))
		return -EFAULT;
	if (t.tv_sec < 0 || (u64)t.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (!t.tv_sec && !t.tv_nsec)
		*deadline = 0;
	else if ((u64)t.tv_sec < TIME_NEVER / NSEC_PER_SEC - 1)
		*deadline = deadline_after(t.tv_sec * NSEC_PER_SEC + t.tv_nsec);
	return 0;
}
