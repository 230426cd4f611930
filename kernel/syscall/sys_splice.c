// SPDX-License-Identifier: GPL-2.0
/*
 * Moving bytes from one file to another: sendfile(2), copy_file_range(2),
 * splice(2), vmsplice(2).
 *
 * All go through a buffer of the kernel: read some, write it, and only then
 * move positions by what was written. From a pipe or socket what was read
 * cannot be given back; so the other side is asked first whether it takes a
 * page (splice), and a short write after that is completed by blocking.
 */
#include <abi/poll.h>
#include <kernel/ipc.h>
#include <kernel/signal.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

#define SPLICE_CHUNK 65536u

/* Read at *pos into buf. */
static ssize_t splice_read(struct file *f, void *buf, size_t n, loff_t *pos)
{
	struct iov_iter it;

	iov_iter_kbuf(&it, buf, n);
	return vfs_read(f, &it, pos);
}

static ssize_t splice_write(struct file *f, void *buf, size_t n, loff_t *pos)
{
	struct iov_iter it;

	iov_iter_kbuf(&it, buf, n);
	return vfs_write(f, &it, pos);
}

/*
 * From a file that can be read again at any place. => bytes moved, or the
 * error when there were none.
 */
static ssize_t copy_seekable(struct file *in, loff_t *ipos, struct file *out,
			     loff_t *opos, u64 len)
{
	char *buf = kmalloc(SPLICE_CHUNK);
	ssize_t done = 0, n = 0;

	if (!buf)
		return -ENOMEM;
	while (len) {
		loff_t at = *ipos;
		ssize_t w;

		n = splice_read(in, buf, min(len, (u64)SPLICE_CHUNK), &at);
		if (n <= 0)
			break;
		w = splice_write(out, buf, (size_t)n, opos);
		if (w <= 0) {
			n = w;
			break;
		}
		*ipos += w;
		done += w;
		len -= (u64)w;
		if (w < n || signal_pending(current))
			break;
	}
	kfree(buf);
	return done ? done : n;
}

/* --- Positions: the caller's, or the file's own --- */

struct splice_pos {
	uaddr at; /* 0: the file's */
	struct file *f;
	loff_t pos;
	bool locked;
};

static int splice_pos_get(struct splice_pos *p, struct file *f, uaddr at)
{
	*p = (struct splice_pos){.at = at, .f = f};
	if (f->mode & FMODE_STREAM)
		return at.va ? -ESPIPE : 0;
	if (at.va) {
		if (get_user(p->pos, at))
			return -EFAULT;
		return p->pos < 0 ? -EINVAL : 0;
	}
	p->pos = f->pos;
	return 0;
}

static int splice_pos_put(struct splice_pos *p)
{
	if (p->f->mode & FMODE_STREAM)
		return 0;
	if (p->at.va)
		return put_user(p->pos, p->at) ? -EFAULT : 0;
	p->f->pos = p->pos;
	return 0;
}

/* Both files of a call. */
struct splice_pair {
	struct file *in, *out;
};

static int splice_pair_get(struct splice_pair *s, int fd_in, int fd_out)
{
	s->in = fd_get(fd_in);
	s->out = fd_get(fd_out);
	if (s->in && s->out && (s->in->mode & FMODE_READ) &&
	    (s->out->mode & FMODE_WRITE))
		return 0;
	if (s->in)
		file_put(s->in);
	if (s->out)
		file_put(s->out);
	return -EBADF;
}

static void splice_pair_put(struct splice_pair *s)
{
	file_put(s->in);
	file_put(s->out);
}

/* --- sendfile, copy_file_range --- */

long sys_sendfile(int out_fd, int in_fd, uaddr offset, u64 count)
{
	struct splice_pos ip, op;
	struct splice_pair s;
	long n = splice_pair_get(&s, in_fd, out_fd);

	if (n)
		return n;
	n = -EINVAL;
	if ((s.in->mode & FMODE_STREAM) && !offset.va)
		goto out; /* no pages to send: sendfile(2) */
	if (S_ISREG(s.out->inode->mode) && (s.out->flags & O_APPEND))
		goto out;
	n = splice_pos_get(&ip, s.in, offset);
	if (!n)
		n = splice_pos_get(&op, s.out, UNULL);
	if (n)
		goto out;
	n = copy_seekable(s.in, &ip.pos, s.out, &op.pos,
			  min(count, (u64)MAX_RW_COUNT));
	if (n > 0) {
		splice_pos_put(&op);
		if (splice_pos_put(&ip))
			n = -EFAULT;
	}
out:
	splice_pair_put(&s);
	return n;
}

static int copy_range_check(struct splice_pair *s, u32 flags)
{
	u32 im = s->in->inode->mode, om = s->out->inode->mode;

	if (flags)
		return -EINVAL;
	if (S_ISDIR(im) || S_ISDIR(om))
		return -EISDIR;
	if (!S_ISREG(im) || !S_ISREG(om))
		return -EINVAL;
	if (s->out->flags & O_APPEND)
		return -EBADF;
	return s->in->inode->sb == s->out->inode->sb ? 0 : -EXDEV;
}

long sys_copy_file_range(int fd_in, uaddr off_in, int fd_out, uaddr off_out,
			 u64 len, u32 flags)
{
	struct splice_pos ip, op;
	struct splice_pair s;
	long n = splice_pair_get(&s, fd_in, fd_out);

	if (n)
		return n;
	n = splice_pos_get(&ip, s.in, off_in);
	if (!n)
		n = splice_pos_get(&op, s.out, off_out);
	if (!n)
		n = copy_range_check(&s, flags);
	if (n)
		goto out;
	len = min(len, (u64)MAX_RW_COUNT);
	/* two ranges of one file must not overlap */
	if (s.in->inode == s.out->inode && (u64)ip.pos < (u64)op.pos + len &&
	    (u64)op.pos < (u64)ip.pos + len) {
		n = -EINVAL;
		goto out;
	}
	n = copy_seekable(s.in, &ip.pos, s.out, &op.pos, len);
	if (n > 0 && (splice_pos_put(&ip) || splice_pos_put(&op)))
		n = -EFAULT;
out:
	splice_pair_put(&s);
	return n;
}

/* --- splice --- */

static bool splice_nonblock(const struct file *f, u32 flags)
{
	return (flags & SPLICE_F_NONBLOCK) || (f->flags & O_NONBLOCK);
}

static bool splice_ready(struct file *f, u32 events)
{
	return vfs_poll(f, NULL) & (events | POLLERR | POLLHUP);
}

/* All of buf, blocking; for what cannot be given back. */
static ssize_t splice_write_all(struct file *f, char *buf, size_t n,
				loff_t *pos)
{
	size_t done = 0;

	while (done < n) {
		ssize_t w = splice_write(f, buf + done, n - done, pos);

		if (w <= 0)
			return done ? (ssize_t)done : w;
		done += (size_t)w;
	}
	return (ssize_t)done;
}

/* The queues that ->poll names, with an entry of ours in each. */
struct splice_wait {
	struct poll_table pt;
	u32 n;
	struct waitqueue *q[2];
	struct wait_entry e[2];
};

static void splice_wait_queue(struct poll_table *pt, struct file *f,
			      struct waitqueue *q)
{
	struct splice_wait *w = container_of(pt, struct splice_wait, pt);

	if (w->n == ARRAY_SIZE(w->q))
		return;
	w->q[w->n] = q;
	wait_entry_init(&w->e[w->n]);
	waitqueue_add(q, &w->e[w->n]);
	w->n++;
}

/* Wait until the pipe takes at least a page (POLLOUT), or has something. */
static int splice_wait_for(struct file *pipe, u32 event, u32 flags)
{
	struct splice_wait w = {.pt.queue = splice_wait_queue};
	int err = 0;

	if (splice_ready(pipe, event))
		return 0;
	if (splice_nonblock(pipe, flags))
		return -EAGAIN;
	(void)vfs_poll(pipe, &w.pt);
	while (!err) {
		u32 seq = sleep_prepare();

		if (splice_ready(pipe, event))
			break;
		err = sleep_on(seq, TIME_NEVER, SLEEP_INTR, "splice");
	}
	while (w.n) {
		w.n--;
		waitqueue_del(w.q[w.n], &w.e[w.n]);
	}
	return err ? -ERESTARTSYS : 0;
}

/* Into a pipe: a page at a time, as long as there is room without waiting. */
static ssize_t splice_to_pipe(struct file *in, loff_t *ipos, struct file *pipe,
			      u64 len, u32 flags)
{
	char *buf = kmalloc(PAGE_SIZE);
	ssize_t done = 0, n;

	if (!buf)
		return -ENOMEM;
	n = splice_wait_for(pipe, POLLOUT, flags);
	while (!n && len) {
		loff_t none = 0;
		ssize_t got, put;

		got = splice_read(in, buf, min(len, (u64)PAGE_SIZE), ipos);
		if (got <= 0) {
			n = got;
			break;
		}
		put = splice_write_all(pipe, buf, (size_t)got, &none);
		if (put < got) {
			if (!(in->mode & FMODE_STREAM))
				*ipos -= got - max(put, (ssize_t)0);
			done += max(put, (ssize_t)0);
			n = put;
			break;
		}
		done += put;
		len -= (u64)put;
		if (!splice_ready(pipe, POLLOUT) ||
		    ((in->mode & FMODE_STREAM) && !splice_ready(in, POLLIN)))
			break;
	}
	kfree(buf);
	return done ? done : n;
}

/* Out of a pipe: wait for the first byte, then take what is there. */
static ssize_t splice_from_pipe(struct file *pipe, struct file *out,
				loff_t *opos, u64 len, u32 flags)
{
	char *buf;
	ssize_t done = 0, n = 0;

	if ((flags & SPLICE_F_NONBLOCK) && !splice_ready(pipe, POLLIN))
		return -EAGAIN;
	buf = kmalloc(SPLICE_CHUNK);
	if (!buf)
		return -ENOMEM;
	while (len) {
		loff_t none = 0;
		ssize_t got;

		if ((out->mode & FMODE_STREAM) && splice_nonblock(out, 0) &&
		    !splice_ready(out, POLLOUT)) {
			n = -EAGAIN;
			break;
		}
		got = splice_read(pipe, buf, min(len, (u64)SPLICE_CHUNK),
				  &none);
		if (got <= 0) {
			n = got;
			break;
		}
		n = splice_write_all(out, buf, (size_t)got, opos);
		if (n > 0)
			done += n;
		if (n < got)
			break;
		len -= (u64)got;
		if (!(vfs_poll(pipe, NULL) & POLLIN))
			break;
	}
	kfree(buf);
	return done ? done : n;
}

static bool splice_is_pipe(const struct file *f)
{
	return S_ISFIFO(f->inode->mode);
}

long sys_splice(int fd_in, uaddr off_in, int fd_out, uaddr off_out, u64 len,
		u32 flags)
{
	struct splice_pos ip, op;
	struct splice_pair s;
	long n;

	if (flags & ~(u32)(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE |
			   SPLICE_F_GIFT))
		return -EINVAL;
	if (!len)
		return 0;
	n = splice_pair_get(&s, fd_in, fd_out);
	if (n)
		return n;
	n = splice_pos_get(&ip, s.in, off_in);
	if (!n)
		n = splice_pos_get(&op, s.out, off_out);
	if (n)
		goto out;
	len = min(len, (u64)MAX_RW_COUNT);
	n = -EINVAL;
	if (splice_is_pipe(s.in) &&
	    !(s.out->flags & O_APPEND && S_ISREG(s.out->inode->mode)))
		n = splice_from_pipe(s.in, s.out, &op.pos, len, flags);
	else if (splice_is_pipe(s.out) && !splice_is_pipe(s.in))
		n = splice_to_pipe(s.in, &ip.pos, s.out, len, flags);
	if (n > 0 && (splice_pos_put(&ip) || splice_pos_put(&op)))
		n = -EFAULT;
out:
	splice_pair_put(&s);
	return n;
}

/*
 * What was copied stays in the first pipe. A writer that comes between finds
 * less room, so that the second write may block: then it takes a little longer.
 */
static long tee_pipes(struct file *in, struct file *out, u64 len, u32 flags)
{
	loff_t none = 0;
	ssize_t n;
	char *buf;

	n = splice_wait_for(in, POLLIN, flags);
	if (!n)
		n = splice_wait_for(out, POLLOUT, flags);
	if (n)
		return n;
	buf = kmalloc(PAGE_SIZE);
	if (!buf)
		return -ENOMEM;
	n = pipe_peek(in, buf, min(len, (u64)PAGE_SIZE));
	if (n > 0)
		n = splice_write_all(out, buf, (size_t)n, &none);
	kfree(buf);
	return n;
}

long sys_tee(int fd_in, int fd_out, u64 len, u32 flags)
{
	struct splice_pair s;
	long n;

	if (flags & ~(u32)(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE |
			   SPLICE_F_GIFT))
		return -EINVAL;
	if (!len)
		return 0;
	n = splice_pair_get(&s, fd_in, fd_out);
	if (n)
		return n;
	n = -EINVAL;
	if (splice_is_pipe(s.in) && splice_is_pipe(s.out) &&
	    s.in->priv != s.out->priv)
		n = tee_pipes(s.in, s.out, len, flags);
	splice_pair_put(&s);
	return n;
}

long sys_vmsplice(int fd, uaddr vec, u64 vlen, u32 flags)
{
	struct iov_seg fast[8], *segs = NULL;
	struct file *f;
	struct iov_iter it;
	loff_t none = 0;
	long n;

	if (flags & ~(u32)(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE |
			   SPLICE_F_GIFT))
		return -EINVAL;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	n = -EBADF;
	if (!splice_is_pipe(f) || !(f->mode & (FMODE_READ | FMODE_WRITE)))
		goto out;
	n = -EAGAIN;
	if ((flags & SPLICE_F_NONBLOCK) &&
	    !splice_ready(f, f->mode & FMODE_WRITE ? POLLOUT : POLLIN))
		goto out;
	n = iov_iter_import(&it, vec, vlen, fast, ARRAY_SIZE(fast), &segs);
	if (n)
		goto out;
	n = it.count ? f->mode & FMODE_WRITE ? vfs_write(f, &it, &none)
					     : vfs_read(f, &it, &none)
		     : 0;
	kfree(segs);
out:
	file_put(f);
	return n;
}
