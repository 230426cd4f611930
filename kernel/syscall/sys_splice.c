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
#include <abi/uio.h>
#include <kernel/ipc.h>
#include <kernel/signal.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

#define SPLICE_CHUNK 65536u
#define SPLICE_F_ALL \
	(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

static bool splice_is_pipe(const struct file *f)
{
	return S_ISFIFO(f->inode->mode);
}

/*
 * Has the file a way of its own to be spliced from, or to? Pipes are handled
 * apart; files that exist in memory only (eventfd and the like) have none.
 */
static bool splice_can_read(const struct file *f)
{
	return !S_ISDIR(f->inode->mode) && (f->inode->mode & S_IFMT) &&
	       !splice_is_pipe(f) &&
	       !(S_ISCHR(f->inode->mode) && f->inode->rdev == MKDEV(1, 3));
}

static bool splice_can_write(const struct file *f)
{
	return f->inode->mode & S_IFMT;
}

/* Read at *pos into buf. */
static ssize_t splice_read(struct file *f, void *buf, size_t n, loff_t *pos)
{
	struct iov_iter it;

	iov_iter_kbuf(&it, buf, n);
	it.rwf = IOV_SPLICED;
	return vfs_read(f, &it, pos);
}

static ssize_t splice_write(struct file *f, void *buf, size_t n, loff_t *pos)
{
	struct iov_iter it;

	iov_iter_kbuf(&it, buf, n);
	it.rwf = IOV_SPLICED;
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
		if (signal_pending(current))
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
	*p = (struct splice_pos){ .at = at, .f = f };
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

/* Both files of a call; whether they can be read and written comes later. */
struct splice_pair {
	struct file *in, *out;
};

static int splice_pair_get(struct splice_pair *s, int fd_in, int fd_out)
{
	s->in = fd_get(fd_in);
	s->out = fd_get(fd_out);
	if (s->in && s->out)
		return 0;
	if (s->in)
		file_put(s->in);
	if (s->out)
		file_put(s->out);
	return -EBADF;
}

static bool splice_pair_open(const struct splice_pair *s)
{
	return (s->in->mode & FMODE_READ) && (s->out->mode & FMODE_WRITE);
}

static void splice_pair_put(struct splice_pair *s)
{
	file_put(s->in);
	if (s->out)
		file_put(s->out);
}

/* --- To and from pipes --- */

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
	struct splice_wait w = { .pt.queue = splice_wait_queue };
	int err = 0;

	if (event == POLLOUT && (vfs_poll(pipe, NULL) & POLLERR)) {
		send_signal_self(SIGPIPE);
		return -EPIPE;
	}
	if (splice_ready(pipe, event) || (event == POLLIN && pipe_at_end(pipe)))
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

/* From a socket or device: what one read gives, and fits. */
static ssize_t splice_stream_to_pipe(struct file *in, struct file *pipe,
				     u64 len)
{
	loff_t none = 0;
	ssize_t n;
	char *buf;

	len = min(len, (u64)pipe_free_slots(pipe) * PAGE_SIZE);
	buf = kmalloc(SPLICE_CHUNK);
	if (!buf)
		return -ENOMEM;
	n = splice_read(in, buf, min(len, (u64)SPLICE_CHUNK), &none);
	if (n > 0)
		n = splice_write_all(pipe, buf, (size_t)n, &none);
	kfree(buf);
	return n;
}

/* From a file: a page of it at a time, as long as there is room. */
static ssize_t splice_pages_to_pipe(struct file *in, loff_t *ipos,
				    struct file *pipe, u64 len)
{
	char *buf = kmalloc(PAGE_SIZE);
	ssize_t done = 0, n = 0;

	if (!buf)
		return -ENOMEM;
	while (len && splice_ready(pipe, POLLOUT)) {
		u64 left = PAGE_SIZE - (*ipos & ~PAGE_MASK);
		loff_t none = 0;
		ssize_t got, put;

		got = splice_read(in, buf, min(len, left), ipos);
		if (got <= 0) {
			n = got;
			break;
		}
		put = splice_write_all(pipe, buf, (size_t)got, &none);
		*ipos -= got - max(put, (ssize_t)0);
		done += max(put, (ssize_t)0);
		len -= (u64)max(put, (ssize_t)0);
		if (put < got) {
			n = put;
			break;
		}
	}
	kfree(buf);
	return done ? done : n;
}

static ssize_t splice_to_pipe(struct file *in, loff_t *ipos, struct file *pipe,
			      u64 len, u32 flags)
{
	ssize_t n = splice_wait_for(pipe, POLLOUT, flags);

	if (n || !len)
		return n;
	if (!splice_can_read(in))
		return -EINVAL;
	if (in->mode & FMODE_STREAM)
		return splice_stream_to_pipe(in, pipe, len);
	return splice_pages_to_pipe(in, ipos, pipe, len);
}

/* What is in the pipe, to be written in one go: for sockets that matters. */
static ssize_t splice_peek_all(struct file *pipe, char *buf, size_t len)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		n = pipe_peek(pipe, buf + done, done, len - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done ? (ssize_t)done : n;
}

/*
 * Out of a pipe: wait for the first byte, then take what is there. What the
 * other side does not take stays.
 */
static ssize_t splice_from_pipe(struct file *pipe, struct file *out,
				loff_t *opos, u64 len, u32 flags)
{
	ssize_t done = 0, n = splice_wait_for(pipe, POLLIN, flags);
	char *buf;

	if (n)
		return n;
	buf = kmalloc(SPLICE_CHUNK);
	if (!buf)
		return -ENOMEM;
	while (len) {
		loff_t none = 0;

		n = splice_peek_all(pipe, buf, min(len, (u64)SPLICE_CHUNK));
		if (n <= 0)
			break;
		if (done && (out->mode & FMODE_STREAM) &&
		    splice_nonblock(out, 0) && !splice_ready(out, POLLOUT))
			break;
		n = splice_write(out, buf, (size_t)n, opos);
		if (n <= 0)
			break;
		n = splice_read(pipe, buf, (size_t)n, &none);
		if (n <= 0)
			break;
		done += n;
		len -= (u64)n;
	}
	kfree(buf);
	return done ? done : n;
}

/*
 * From one pipe to another: wait for both once, then move what is there for as
 * long as there is room.
 */
static ssize_t splice_pipe_to_pipe(struct file *in, struct file *out, u64 len,
				   u32 flags)
{
	ssize_t done = 0, n = splice_wait_for(in, POLLIN, flags);
	char *buf;

	if (!n)
		n = splice_wait_for(out, POLLOUT, flags);
	if (n)
		return n;
	buf = kmalloc(PAGE_SIZE);
	if (!buf)
		return -ENOMEM;
	while (len && (vfs_poll(in, NULL) & POLLIN) &&
	       splice_ready(out, POLLOUT)) {
		loff_t none = 0;

		/* a pipe that nobody reads takes nothing out of the other */
		if (!(vfs_poll(out, NULL) & POLLERR)) {
			n = pipe_peek(in, NULL, 0, min(len, (u64)PAGE_SIZE));
			n = splice_read(in, buf, (size_t)n, &none);
			if (n <= 0)
				break;
		} else {
			n = 1;
		}
		n = splice_write_all(out, buf, (size_t)n, &none);
		if (n <= 0)
			break;
		done += n;
		len -= (u64)n;
	}
	kfree(buf);
	return done ? done : n;
}

/* --- sendfile, copy_file_range --- */

long sys_sendfile(int out_fd, int in_fd, uaddr offset, u64 count)
{
	struct splice_pos ip, op;
	struct splice_pair s;
	long n = -EBADF;

	s.in = fd_get(in_fd);
	if (!s.in)
		return -EBADF;
	s.out = NULL;
	if (!(s.in->mode & FMODE_READ))
		goto out;
	n = splice_pos_get(&ip, s.in, offset);
	if (!n && !rw_range_ok(ip.pos, count))
		n = -EINVAL;
	if (n)
		goto out;
	n = -EBADF;
	s.out = fd_get(out_fd);
	if (!s.out || !(s.out->mode & FMODE_WRITE))
		goto out;
	(void)splice_pos_get(&op, s.out, UNULL);
	count = min(count, (u64)MAX_RW_COUNT);
	if (!splice_is_pipe(s.out)) {
		n = -EINVAL;
		if (!(s.out->mode & FMODE_STREAM) &&
		    !rw_range_ok(op.pos, count))
			goto out;
		if (((s.in->mode & FMODE_STREAM) &&
		     s.in->ops->llseek != noop_llseek) ||
		    (s.out->flags & O_APPEND))
			goto out; /* no pages to send: sendfile(2) */
		if (count && !splice_can_read(s.in))
			goto out;
	}
	if (splice_is_pipe(s.out))
		n = splice_to_pipe(s.in, &ip.pos, s.out, count,
				   s.in->flags & O_NONBLOCK ? SPLICE_F_NONBLOCK
							    : 0);
	else
		n = copy_seekable(s.in, &ip.pos, s.out, &op.pos, count);
	if (n >= 0) {
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
	if (!splice_pair_open(s) || (s->out->flags & O_APPEND))
		return -EBADF;
	return s->in->inode->sb == s->out->inode->sb ? 0 : -EXDEV;
}

/* What of *len there is to copy, and room for: errors first, then lengths. */
static int copy_range_length(struct splice_pair *s, loff_t ipos, loff_t opos,
			     u64 *len)
{
	s64 size = (s64)READ_ONCE(s->in->inode->size);
	u64 limit = rlimit(RLIMIT_FSIZE), end = min(limit, (u64)INT64_MAX);

	if ((u64)ipos + *len < *len || (u64)opos + *len < *len)
		return -EOVERFLOW;
	if (ipos < 0 || opos < 0)
		return -EINVAL;
	*len = ipos >= size ? 0 : min(*len, (u64)(size - ipos));
	if ((u64)opos >= limit) {
		send_signal_self(SIGXFSZ);
		return -EFBIG;
	}
	if (opos == INT64_MAX)
		return -EFBIG;
	*len = min(*len, end - (u64)opos);
	/* two ranges of one file must not overlap */
	if (s->in->inode == s->out->inode && (u64)ipos < (u64)opos + *len &&
	    (u64)opos < (u64)ipos + *len)
		return -EINVAL;
	*len = min(*len, (u64)MAX_RW_COUNT);
	return 0;
}

/* A position of the caller's, whatever kind of file that is for. */
static int copy_range_pos(struct splice_pos *p, struct file *f, uaddr at)
{
	*p = (struct splice_pos){ .at = at, .f = f, .pos = f->pos };
	return at.va && get_user(p->pos, at) ? -EFAULT : 0;
}

long sys_copy_file_range(int fd_in, uaddr off_in, int fd_out, uaddr off_out,
			 u64 len, u32 flags)
{
	struct splice_pos ip = { 0 }, op = { 0 };
	struct splice_pair s;
	long n = splice_pair_get(&s, fd_in, fd_out);

	if (n)
		return n;
	n = copy_range_pos(&ip, s.in, off_in);
	if (!n)
		n = copy_range_pos(&op, s.out, off_out);
	if (!n)
		n = copy_range_check(&s, flags);
	if (!n)
		n = copy_range_length(&s, ip.pos, op.pos, &len);
	if (n || !len)
		goto out;
	n = copy_seekable(s.in, &ip.pos, s.out, &op.pos, len);
	if (n > 0 && (splice_pos_put(&ip) || splice_pos_put(&op)))
		n = -EFAULT;
out:
	splice_pair_put(&s);
	return n;
}

/* --- splice, tee, vmsplice --- */

/* Pipe to pipe, or a pipe and something else. */
static long splice_between(struct splice_pair *s, struct splice_pos *ip,
			   struct splice_pos *op, u64 len, u32 flags)
{
	struct splice_pos *other = splice_is_pipe(s->in) ? op : ip;

	if (splice_is_pipe(s->in) && splice_is_pipe(s->out)) {
		if (s->in->priv == s->out->priv)
			return -EINVAL;
		if ((s->in->flags | s->out->flags) & O_NONBLOCK)
			flags |= SPLICE_F_NONBLOCK;
		return splice_pipe_to_pipe(s->in, s->out, len, flags);
	}
	if (!splice_is_pipe(s->in) && !splice_is_pipe(s->out))
		return -EINVAL;
	if (other->at.va && (other->f->mode & FMODE_STREAM))
		return -EINVAL;
	if (other == op &&
	    ((s->out->flags & O_APPEND) || !splice_can_write(s->out)))
		return -EINVAL;
	if (!(other->f->mode & FMODE_STREAM) && !rw_range_ok(other->pos, len))
		return -EINVAL;
	if (other == op)
		return splice_from_pipe(s->in, s->out, &op->pos, len,
					s->in->flags & O_NONBLOCK
						? flags | SPLICE_F_NONBLOCK
						: flags);
	return splice_to_pipe(s->in, &ip->pos, s->out, len, flags);
}

long sys_splice(int fd_in, uaddr off_in, int fd_out, uaddr off_out, u64 len,
		u32 flags)
{
	struct splice_pos ip, op;
	struct splice_pair s;
	long n;

	if (!len)
		return 0;
	if (flags & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	n = splice_pair_get(&s, fd_in, fd_out);
	if (n)
		return n;
	n = -ESPIPE;
	if ((splice_is_pipe(s.in) && off_in.va) ||
	    (splice_is_pipe(s.out) && off_out.va))
		goto out;
	n = copy_range_pos(&op, s.out, off_out);
	if (!n)
		n = copy_range_pos(&ip, s.in, off_in);
	if (!n && !splice_pair_open(&s))
		n = -EBADF;
	if (n)
		goto out;
	len = min(len, (u64)MAX_RW_COUNT);
	n = splice_between(&s, &ip, &op, len, flags);
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
	ssize_t n, done = 0;
	char *buf;

	n = splice_wait_for(in, POLLIN, flags);
	if (!n)
		n = splice_wait_for(out, POLLOUT, flags);
	if (n)
		return n;
	buf = kmalloc(PAGE_SIZE);
	if (!buf)
		return -ENOMEM;
	while (len && splice_ready(out, POLLOUT)) {
		n = pipe_peek(in, buf, (size_t)done, min(len, (u64)PAGE_SIZE));
		if (n > 0)
			n = splice_write_all(out, buf, (size_t)n, &none);
		if (n <= 0)
			break;
		done += n;
		len -= (u64)n;
	}
	kfree(buf);
	return done ? done : n;
}

long sys_tee(int fd_in, int fd_out, u64 len, u32 flags)
{
	struct splice_pair s;
	long n;

	if (flags & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	n = splice_pair_get(&s, fd_in, fd_out);
	if (n)
		return n;
	n = splice_pair_open(&s) ? -EINVAL : -EBADF;
	if (n == -EBADF)
		goto out;
	if ((s.in->flags | s.out->flags) & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	if (splice_is_pipe(s.in) && splice_is_pipe(s.out) &&
	    s.in->priv != s.out->priv)
		n = tee_pipes(s.in, s.out, len, flags);
out:
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

	if (flags & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	n = -EBADF;
	if (!(f->mode & (FMODE_READ | FMODE_WRITE)))
		goto out;
	n = iov_iter_import(&it, vec, vlen, fast, ARRAY_SIZE(fast), &segs);
	if (n || !it.count)
		goto out;
	n = -EBADF;
	if (!splice_is_pipe(f))
		goto out;
	n = splice_wait_for(f, f->mode & FMODE_WRITE ? POLLOUT : POLLIN, flags);
	if (n)
		goto out;
	/* (waits at most once, which was above) */
	it.rwf = IOV_SPLICED | RWF_NOWAIT;
	n = f->mode & FMODE_WRITE ? vfs_write(f, &it, &none)
				  : vfs_read(f, &it, &none);
out:
	kfree(segs);
	file_put(f);
	return n;
}
