/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pipes and FIFOs, following pipe(7) and fifo(7).
 *
 * A pipe is a ring of bytes. `head` counts what was ever written and `tail`
 * what was ever read; a byte's place is its count modulo the size of the ring.
 * Writers hold wlock and alone move head, readers hold rlock and alone move
 * tail, so that a reader and a writer copy at the same time and each byte is
 * copied once in and once out, straight between guest memory and the ring.
 * The ring starts as one page and grows to the pipe's capacity when a write
 * needs it: most pipes stay small.
 *
 * As on Linux the capacity is counted in slots of a page, and programs can tell:
 * a write continues the newest slot when all of its odd part fits there, and
 * else begins new ones; what is spliced in stands in slots of its own. A ring of
 * the slots' ends, moved by writers only, keeps count: a slot whose end has been
 * read is free again. Bytes and slots together never exceed the ring.
 *
 * Packets (O_DIRECT): a side ring remembers where each packet starts and ends.
 *
 * Life: a pipe hangs on inode->special, of a FIFO in a file system or of an
 * inode without a name made by pipe_create(), while anybody has it open
 * (fifo_lock). p->files counts open files; the last release frees the pipe.
 *
 * Locks: wlock, then rlock (to grow the ring); `lock` for the counts of
 * readers and writers. Sleepers wait without any of them; wake-ups are done
 * after the locks are dropped. A reader or writer that leaves something for
 * the next one, or is interrupted after it was chosen, wakes the next one.
 */
#include <abi/capability.h>
#include <abi/ioctl.h>
#include <abi/poll.h>
#include <kernel/ipc.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>

#define PIPE_BUF      4096u
#define PIPE_CAPACITY 65536u   /* pipe(7) */
#define PIPE_MAX      1048576u /* what an unprivileged task may ask for */
#define PIPE_HARD_MAX (4u << 20)
/* Publish progress of a long copy in steps, so that the peer can follow. */
#define PIPE_STEP     32768u

struct pipe_packet {
	u64 start, end;
};

struct pipe {
	struct mutex rlock;
	u64 tail; /* under rlock; read at any time */

	struct mutex wlock;
	u64 head; /* under wlock; read at any time */

	/* changed only with both locks */
	char *ring;
	u32 size; /* of the ring: a power of two pages, or 0 */
	u32 capacity;
	/* slots [sl_tail, sl_head): under wlock; read at any time */
	u64 *slots; /* where each ends; NULL: fast[] */
	u64 fast[PIPE_CAPACITY / PAGE_SIZE];
	u32 sl_head, sl_tail;
	u32 sl_fill; /* bytes ever put into the newest; 0: takes no more */
	/* packets [pk_tail, pk_head): slot under the mover's lock */
	struct pipe_packet *packets;
	bool nameless; /* of pipe(2): opening an end again never waits */
	u32 nr_packets;
	u32 pk_head, pk_tail;

	spinlock_t lock;
	/* under lock for writing: */
	u32 readers, writers; /* open files */
	u32 r_opens, w_opens; /* ever opened, for the waits of open(2) */

	struct ref files;
	struct waitqueue rd_wait, wr_wait;
};

static struct mutex fifo_lock = MUTEX_INIT(fifo_lock);

static inline u64 pipe_used(const struct pipe *p)
{
	u64 tail = load_acquire(&p->tail);

	/* A stale tail only makes it look fuller than it is. */
	return load_acquire(&p->head) - tail;
}

static inline bool pipe_packet_room(const struct pipe *p)
{
	return !p->packets ||
	       READ_ONCE(p->pk_head) - READ_ONCE(p->pk_tail) < p->nr_packets;
}

static inline u32 pipe_nr_slots(const struct pipe *p)
{
	return READ_ONCE(p->capacity) / PAGE_SIZE;
}

static inline u64 *pipe_slot(struct pipe *p, u32 i)
{
	return p->slots ? &p->slots[i % pipe_nr_slots(p)]
			: &p->fast[i % ARRAY_SIZE(p->fast)];
}

/* Slots in use. Without wlock it may be a little too many. */
static u32 pipe_used_slots(struct pipe *p)
{
	u64 tail = load_acquire(&p->tail);
	u32 head = load_acquire(&p->sl_head);
	u32 n = min(head - READ_ONCE(p->sl_tail), pipe_nr_slots(p));

	if (load_acquire(&p->head) == tail)
		return 0;
	while (n && READ_ONCE(*pipe_slot(p, head - n)) <= tail)
		n--;
	return n;
}

/* May a write of PIPE_BUF bytes go ahead? That is what POLLOUT promises. */
static inline bool pipe_writable(struct pipe *p)
{
	return pipe_used_slots(p) < pipe_nr_slots(p) && pipe_packet_room(p);
}

static inline bool pipe_readable(const struct pipe *p)
{
	return pipe_used(p) != 0;
}

/* --- the ring --- */

static unsigned int pipe_order(u32 size)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < size)
		order++;
	return order;
}

/*
 * Move to a ring of `size` bytes; all that is in flight keeps its count.
 * => Caller holds wlock and rlock.
 */
static int pipe_set_ring_locked(struct pipe *p, u32 size)
{
	char *ring = page_alloc(pipe_order(size));
	u64 pos = p->tail;

	if (!ring)
		return -ENOMEM;
	while (pos != p->head) {
		u64 from = pos & (p->size - 1), to = pos & (size - 1);
		u64 n = min(p->size - from, size - to);

		n = min(n, p->head - pos);
		memcpy(ring + to, p->ring + from, n);
		pos += n;
	}
	if (p->ring)
		page_free(p->ring, pipe_order(p->size));
	p->ring = ring;
	p->size = size;
	return 0;
}

/* Room for n more bytes if the capacity allows. Caller holds wlock. */
static int pipe_grow(struct pipe *p, u64 n)
{
	u64 want = min(pipe_used(p) + n, (u64)p->capacity);
	u32 size = PAGE_SIZE;
	int err;

	while (size < want)
		size <<= 1;
	if (likely(size <= p->size))
		return 0;
	mutex_lock(&p->rlock);
	err = pipe_set_ring_locked(p, size);
	mutex_unlock(&p->rlock);
	/* A smaller ring works too, as long as something fits. */
	return p->size > pipe_used(p) ? 0 : err;
}

/* Copy in up to n bytes. Caller holds wlock. => bytes; fewer on a fault. */
static size_t pipe_copy_in(struct pipe *p, struct iov_iter *it, size_t n)
{
	size_t done = 0;

	while (done < n) {
		u64 at = (p->head + done) & (p->size - 1);
		size_t part = min(n - done, (size_t)(p->size - at));
		size_t got = copy_from_iter(it, p->ring + at, part);

		done += got;
		if (got < part)
			break;
	}
	return done;
}

static size_t pipe_copy_out(struct pipe *p, struct iov_iter *it, size_t n)
{
	size_t done = 0;

	while (done < n) {
		u64 at = (p->tail + done) & (p->size - 1);
		size_t part = min(n - done, (size_t)(p->size - at));
		size_t got = copy_to_iter(it, p->ring + at, part);

		done += got;
		if (got < part)
			break;
	}
	return done;
}

static void pipe_wake_readers(struct pipe *p)
{
	waitqueue_wake_poll(&p->rd_wait, POLLIN | POLLRDNORM);
}

static void pipe_wake_writers(struct pipe *p)
{
	waitqueue_wake_poll(&p->wr_wait, POLLOUT | POLLWRNORM);
}

/* --- read --- */

/*
 * Take what there is. Caller holds rlock and the pipe is not empty.
 * => bytes, or -EFAULT when not one could be copied.
 */
static ssize_t pipe_take(struct pipe *p, struct iov_iter *it)
{
	size_t done = 0;

	while (it->count) {
		u64 avail = load_acquire(&p->head) - p->tail;
		size_t n = min((u64)it->count, avail), skip, got;
		bool packet = false;

		if (!n)
			break;
		skip = n = min(n, (size_t)PIPE_STEP);
		if (p->packets && load_acquire(&p->pk_head) != p->pk_tail) {
			struct pipe_packet *k =
				&p->packets[p->pk_tail % p->nr_packets];

			if (k->start == p->tail) {
				/* the rest of a packet that does not fit is lost,
				   unless it is spliced out */
				packet = true;
				skip = k->end - k->start;
				n = min((size_t)it->count, skip);
				if ((it->rwf & IOV_SPLICED) && n < skip) {
					k->start += n;
					skip = n;
					packet = false;
				}
			} else {
				skip = n = min((u64)n, k->start - p->tail);
			}
		}
		got = pipe_copy_out(p, it, n);
		done += got;
		if (got < n) {
			store_release(&p->tail, p->tail + got);
			return done ? (ssize_t)done : -EFAULT;
		}
		store_release(&p->tail, p->tail + skip);
		if (packet) {
			store_release(&p->pk_tail, p->pk_tail + 1);
			if (!(it->rwf & IOV_SPLICED))
				break;
		}
	}
	return done;
}

static ssize_t pipe_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct pipe *p = f->priv;
	ssize_t ret;

	if (!it->count)
		return 0;
	for (;;) {
		mutex_lock(&p->rlock);
		ret = 0;
		if (pipe_readable(p)) {
			ret = pipe_take(p, it);
			mutex_unlock(&p->rlock);
			break;
		}
		mutex_unlock(&p->rlock);
		/* A writer may have written its last and left meanwhile. */
		if (!READ_ONCE(p->writers) && !pipe_readable(p))
			break;
		if (rw_nonblock(f, it)) {
			if (!pipe_readable(p))
				return -EAGAIN;
			continue;
		}
		if (wait_event_exclusive(&p->rd_wait,
					 pipe_readable(p) ||
						 !READ_ONCE(p->writers),
					 TIME_NEVER, SLEEP_INTR, "pipe_read")) {
			ret = -ERESTARTSYS;
			break;
		}
	}
	if (ret > 0 && unlikely(f->inode->sb->type))
		touch_atime(&f->path); /* a FIFO's */
	if (ret > 0 && READ_ONCE(p->wr_wait.nwait) && pipe_writable(p))
		pipe_wake_writers(p);
	if (pipe_readable(p))
		waitqueue_wake_poll(&p->rd_wait,
				    POLLIN | POLLRDNORM | WAKE_CHAIN);
	return ret;
}

/* --- write --- */

/* Free the slots that have been read. Caller holds wlock. */
static void pipe_reap_slots(struct pipe *p)
{
	u64 tail = load_acquire(&p->tail);
	u32 i = p->sl_tail;

	while (i != p->sl_head && *pipe_slot(p, i) <= tail)
		i++;
	WRITE_ONCE(p->sl_tail, i);
}

/* n bytes more, up to now `head`, in slots of a page. Caller holds wlock. */
static void pipe_new_slots(struct pipe *p, u64 head, size_t n, bool merge)
{
	while (n) {
		size_t part = min(n, PAGE_SIZE);

		head += part;
		n -= part;
		*pipe_slot(p, p->sl_head) = head;
		store_release(&p->sl_head, p->sl_head + 1);
		p->sl_fill = merge ? (u32)part : 0;
	}
}

enum pipe_how { PIPE_PLAIN, PIPE_PACKET, PIPE_SPLICED };

/*
 * One step of a write; `first` of them. Caller holds wlock.
 * => bytes, 0 when there is no room now, -EFAULT, -ENOMEM
 */
static ssize_t pipe_put(struct pipe *p, struct iov_iter *it, enum pipe_how how,
			bool first)
{
	size_t odd = it->count & (PAGE_SIZE - 1), n, got;
	bool merge = false;
	u32 room;
	int err;

	pipe_reap_slots(p);
	if (first && odd && how == PIPE_PLAIN && p->sl_fill &&
	    p->sl_head != p->sl_tail && p->sl_fill + odd <= PAGE_SIZE) {
		merge = true;
		n = odd;
	} else {
		room = pipe_nr_slots(p) - (p->sl_head - p->sl_tail);
		if (!room || (how == PIPE_PACKET && !pipe_packet_room(p)))
			return 0;
		n = min(it->count, (size_t)room * PAGE_SIZE);
		n = min(n, (size_t)(how == PIPE_PLAIN ? PIPE_STEP : PAGE_SIZE));
		if (how == PIPE_SPLICED)
			n = min(n, iov_iter_page_left(it));
	}
	err = pipe_grow(p, n);
	if (err)
		return err;
	if (n > p->size - pipe_used(p)) { /* the arena is full */
		n = p->size - pipe_used(p);
		if (it->count <= PIPE_BUF || !n)
			return -ENOMEM;
		n = min(n, PAGE_SIZE);
		merge = false;
	}
	got = pipe_copy_in(p, it, n);
	if (unlikely(got < n)) { /* whole pages or nothing */
		size_t keep = merge ? 0 : got & PAGE_MASK;

		iov_iter_revert(it, got - keep);
		got = keep;
	}
	if (!got)
		return -EFAULT;
	if (merge) {
		*pipe_slot(p, p->sl_head - 1) = p->head + got;
		p->sl_fill += (u32)got;
	} else {
		pipe_new_slots(p, p->head, got, how == PIPE_PLAIN);
	}
	if (how == PIPE_PACKET) {
		p->packets[p->pk_head % p->nr_packets] =
			(struct pipe_packet){ p->head, p->head + got };
		store_release(&p->pk_head, p->pk_head + 1);
	}
	store_release(&p->head, p->head + got);
	return (ssize_t)got;
}

/* First packet write: the side ring. Caller holds wlock. */
static int pipe_packets_init(struct pipe *p)
{
	u32 nr = p->capacity / PIPE_BUF;
	struct pipe_packet *k = kcalloc(nr, sizeof(*k));

	if (!k)
		return -ENOMEM;
	mutex_lock(&p->rlock);
	p->nr_packets = nr;
	p->packets = k;
	mutex_unlock(&p->rlock);
	return 0;
}

static ssize_t pipe_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct pipe *p = f->priv;
	bool packet = f->flags & O_DIRECT;
	enum pipe_how how = it->rwf & IOV_SPLICED ? PIPE_SPLICED
			    : packet		  ? PIPE_PACKET
						  : PIPE_PLAIN;
	ssize_t done = 0, n = 0;

	if (!it->count)
		return 0;
	mutex_lock(&p->wlock);
	if (unlikely(packet && !p->packets))
		n = pipe_packets_init(p);
	while (n >= 0 && it->count) {
		if (unlikely(!READ_ONCE(p->readers))) {
			send_signal_self(SIGPIPE);
			n = -EPIPE;
			break;
		}
		n = pipe_put(p, it, how, !done);
		if (n > 0) {
			done += n;
			if (it->count && READ_ONCE(p->rd_wait.nwait))
				pipe_wake_readers(p);
			continue;
		}
		if (n < 0)
			break;
		if (rw_nonblock(f, it)) {
			n = -EAGAIN;
			break;
		}
		mutex_unlock(&p->wlock);
		pipe_wake_readers(p);
		n = wait_event_exclusive(
			&p->wr_wait, pipe_writable(p) || !READ_ONCE(p->readers),
			TIME_NEVER, SLEEP_INTR, "pipe_write");
		if (n) {
			n = -ERESTARTSYS;
			goto out;
		}
		mutex_lock(&p->wlock);
	}
	mutex_unlock(&p->wlock);
out:
	if (done && unlikely(f->inode->sb->type))
		f->inode->mtime = f->inode->ctime = inode_now();
	if (done)
		pipe_wake_readers(p);
	if (READ_ONCE(p->wr_wait.nwait) && pipe_writable(p))
		waitqueue_wake_poll(&p->wr_wait,
				    POLLOUT | POLLWRNORM | WAKE_CHAIN);
	return done ? done : n;
}

/* --- poll, ioctl, fcntl --- */

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->priv;
	u32 mask = 0;

	if (f->mode & FMODE_READ)
		poll_wait(f, &p->rd_wait, pt);
	if (f->mode & FMODE_WRITE)
		poll_wait(f, &p->wr_wait, pt);
	if (f->mode & FMODE_READ) {
		if (pipe_readable(p))
			mask |= POLLIN | POLLRDNORM;
		/* Opened without a writer: no hang-up before the first one. */
		if (!READ_ONCE(p->writers) &&
		    f->pos != (loff_t)READ_ONCE(p->w_opens))
			mask |= POLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (pipe_writable(p))
			mask |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			mask |= POLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = f->priv;
	int n = pipe_used(p);

	if (cmd != FIONREAD)
		return -ENOTTY;
	return put_user(n, UADDR(arg));
}

/*
 * The slots in use move to another array. Who looks without a lock may count
 * wrongly once; a wake-up follows. => the old array. Caller holds wlock.
 */
static u64 *pipe_set_slots(struct pipe *p, u64 *slots, u64 cap)
{
	u32 n = p->sl_head - p->sl_tail, i;
	u64 *old = p->slots, ends[PIPE_CAPACITY / PAGE_SIZE];

	for (i = 0; i < n && slots; i++)
		slots[i] = *pipe_slot(p, p->sl_tail + i);
	for (i = 0; i < n && !slots; i++)
		ends[i] = *pipe_slot(p, p->sl_tail + i);
	for (i = 0; i < n && !slots; i++)
		p->fast[i] = ends[i];
	WRITE_ONCE(p->capacity, cap);
	WRITE_ONCE(p->slots, slots);
	WRITE_ONCE(p->sl_tail, 0);
	WRITE_ONCE(p->sl_head, n);
	return old;
}

static long pipe_resize(struct pipe *p, u64 arg)
{
	u64 cap = PAGE_SIZE, size;
	struct pipe_packet *k = NULL;
	u64 *slots = NULL;
	long err = 0;

	if (arg > 1ull << 31)
		return -EINVAL;
	while (cap < arg)
		cap <<= 1;
	if (cap > PIPE_MAX && cap > p->capacity && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (cap > PIPE_HARD_MAX)
		return -ENOMEM;
	mutex_lock(&p->wlock);
	mutex_lock(&p->rlock);
	pipe_reap_slots(p);
	if (p->sl_head - p->sl_tail > cap / PAGE_SIZE) {
		err = -EBUSY;
	} else if (p->packets) {
		k = kcalloc(cap / PIPE_BUF, sizeof(*k));
		err = k ? 0 : -ENOMEM;
	}
	if (!err && cap > PIPE_CAPACITY) {
		slots = kcalloc(cap / PAGE_SIZE, sizeof(*slots));
		err = slots ? 0 : -ENOMEM;
	}
	for (size = PAGE_SIZE; !err && size < pipe_used(p);)
		size <<= 1;
	if (!err && p->size > cap)
		err = pipe_set_ring_locked(p, size);
	if (!err && k) {
		for (u32 i = p->pk_tail; i != p->pk_head; i++)
			k[i % (cap / PIPE_BUF)] = p->packets[i % p->nr_packets];
		kfree(p->packets);
		p->packets = k;
		p->nr_packets = cap / PIPE_BUF;
		k = NULL;
	}
	if (!err)
		slots = pipe_set_slots(p, slots, cap);
	mutex_unlock(&p->rlock);
	mutex_unlock(&p->wlock);
	kfree(k);
	kfree(slots);
	if (err)
		return err;
	if (pipe_writable(p))
		pipe_wake_writers(p);
	return cap;
}

ssize_t pipe_peek(struct file *f, void *buf, size_t skip, size_t n)
{
	struct pipe *p = f->priv;
	size_t done = 0;
	u64 from;
	u32 i;

	if (f->ops != &fifo_file_ops)
		return -EINVAL;
	mutex_lock(&p->wlock);
	mutex_lock(&p->rlock);
	from = p->tail + skip;
	for (i = p->sl_tail; i != p->sl_head && *pipe_slot(p, i) <= from;)
		i++;
	n = i == p->sl_head ? 0 : min(n, (size_t)(*pipe_slot(p, i) - from));
	while (buf && done < n) {
		u64 at = (from + done) & (p->size - 1);
		size_t part = min(n - done, (size_t)(p->size - at));

		memcpy((char *)buf + done, p->ring + at, part);
		done += part;
	}
	mutex_unlock(&p->rlock);
	mutex_unlock(&p->wlock);
	return (ssize_t)n;
}

u32 pipe_free_slots(struct file *f)
{
	struct pipe *p = f->priv;
	u32 used = pipe_used_slots(p), nr = pipe_nr_slots(p);

	return used < nr ? nr - used : 0;
}

bool pipe_at_end(struct file *f)
{
	struct pipe *p = f->priv;

	return !READ_ONCE(p->writers) && !pipe_readable(p);
}

long pipe_fcntl(struct file *f, int cmd, u64 arg)
{
	struct pipe *p = f->priv;

	if (f->ops != &fifo_file_ops)
		return -EBADF;
	if (cmd == F_GETPIPE_SZ)
		return READ_ONCE(p->capacity);
	if (cmd == F_SETPIPE_SZ)
		return pipe_resize(p, (u32)arg);
	return -EINVAL;
}

/* --- life --- */

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	mutex_init(&p->rlock);
	mutex_init(&p->wlock);
	spin_init(&p->lock);
	waitqueue_init(&p->rd_wait);
	waitqueue_init(&p->wr_wait);
	p->capacity = PIPE_CAPACITY;
	return p;
}

static void pipe_free(struct pipe *p)
{
	if (p->ring)
		page_free(p->ring, pipe_order(p->size));
	kfree(p->packets);
	kfree(p->slots);
	kfree(p);
}

/* Count an end in or out and tell everybody. */
static void pipe_attach(struct pipe *p, u32 mode)
{
	spin_lock(&p->lock);
	if (mode & FMODE_READ) {
		p->readers++;
		p->r_opens++;
	}
	if (mode & FMODE_WRITE) {
		p->writers++;
		p->w_opens++;
	}
	spin_unlock(&p->lock);
	waitqueue_wake_all(&p->rd_wait);
	waitqueue_wake_all(&p->wr_wait);
}

static void pipe_detach(struct pipe *p, u32 mode)
{
	spin_lock(&p->lock);
	if (mode & FMODE_READ)
		p->readers--;
	if (mode & FMODE_WRITE)
		p->writers--;
	spin_unlock(&p->lock);
	waitqueue_wake_nr(&p->rd_wait, ~0u, POLLIN | POLLRDNORM | POLLHUP);
	waitqueue_wake_nr(&p->wr_wait, ~0u, POLLOUT | POLLWRNORM | POLLERR);
}

/* Drop one file's reference; a FIFO's inode forgets the pipe with the last. */
static void pipe_put_file(struct pipe *p, struct inode *ino)
{
	bool last;

	mutex_lock(&fifo_lock);
	last = ref_put(&p->files);
	if (last)
		ino->special = NULL;
	mutex_unlock(&fifo_lock);
	if (last)
		pipe_free(p);
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->priv;

	pipe_detach(p, f->mode);
	pipe_put_file(p, f->inode);
}

/* The pipe of a FIFO's inode, made when it is the first, with a reference. */
static struct pipe *fifo_pipe_get(struct inode *ino)
{
	struct pipe *p;

	mutex_lock(&fifo_lock);
	p = ino->special;
	if (p) {
		ref_get(&p->files);
	} else {
		p = pipe_alloc();
		if (p) {
			ref_init(&p->files, 1);
			ino->special = p;
		}
	}
	mutex_unlock(&fifo_lock);
	return p;
}

/*
 * fifo(7): to read waits for a writer, to write for a reader; it is enough
 * that one came by, even if it has left again. O_RDWR never waits.
 */
static int fifo_wait_peer(struct file *f, struct pipe *p, u32 seen)
{
	bool rd = f->mode & FMODE_READ, wr = f->mode & FMODE_WRITE;
	struct waitqueue *q = rd ? &p->rd_wait : &p->wr_wait;
	u32 *peers = rd ? &p->writers : &p->readers;
	u32 *opens = rd ? &p->w_opens : &p->r_opens;

	if ((rd && wr) || p->nameless || READ_ONCE(*peers))
		return 0;
	if (f->flags & O_NONBLOCK) {
		if (rd)
			f->pos = seen;
		return rd ? 0 : -ENXIO;
	}
	if (wait_event_intr(q, READ_ONCE(*peers) || READ_ONCE(*opens) != seen,
			    "fifo_open"))
		return -ERESTARTSYS;
	return 0;
}

static int fifo_open(struct inode *ino, struct file *f)
{
	struct pipe *p;
	u32 seen;
	int err;

	if (!(f->mode & (FMODE_READ | FMODE_WRITE)))
		return -EINVAL;
	p = fifo_pipe_get(ino);
	if (!p)
		return -ENOMEM;
	f->mode |= FMODE_STREAM;
	f->priv = p;
	f->pos = -1;
	if ((f->mode & (FMODE_READ | FMODE_WRITE)) == FMODE_WRITE &&
	    (f->flags & O_NONBLOCK) && !p->nameless && !READ_ONCE(p->readers)) {
		pipe_put_file(p, ino);
		return -ENXIO;
	}
	/* Taken before we can be seen: who comes from now on is met. */
	seen = f->mode & FMODE_READ ? READ_ONCE(p->w_opens)
				    : READ_ONCE(p->r_opens);
	pipe_attach(p, f->mode);
	err = fifo_wait_peer(f, p, seen);
	if (err) {
		pipe_detach(p, f->mode);
		pipe_put_file(p, ino);
	}
	return err;
}

u64 ipc_next_number(void)
{
	static u64 last = 1000;

	return atomic_inc(&last);
}

/*
 * pipe(2). The inode is a FIFO without a name, so that both ends share it and
 * /proc/PID/fd/N can be opened again.
 */
int pipe_create(struct file *out[2], int flags)
{
	struct pipe *p = pipe_alloc();
	char name[32];

	if (!p)
		return -ENOMEM;
	snprintf(name, sizeof(name), "pipe:[%llu]",
		 (unsigned long long)ipc_next_number());
	ref_init(&p->files, 1);
	p->readers = p->r_opens = 1;
	p->nameless = true;
	out[0] = file_open_anon(name, &fifo_file_ops, p,
				O_RDONLY | (flags & O_NONBLOCK),
				S_IFIFO | 0600);
	if (IS_ERR(out[0])) {
		pipe_free(p);
		return PTR_ERR(out[0]);
	}
	out[0]->mode |= FMODE_STREAM;
	out[0]->pos = -1;
	out[0]->inode->special = p;
	out[0]->inode->fops = &fifo_file_ops;
	out[1] = file_open_path(&out[0]->path,
				O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
	if (IS_ERR(out[1])) {
		file_put(out[0]);
		return PTR_ERR(out[1]);
	}
	return 0;
}

/*
 * The tables' contracts are in vfs.h. Bytes are read and written without the
 * file's position; llseek is absent, which gives ESPIPE for streams.
 */
const struct file_ops fifo_file_ops = {
	.open = fifo_open,
	.release = pipe_release,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
};
