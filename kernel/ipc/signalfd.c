/* SPDX-License-Identifier: GPL-2.0 */
/*
 * signalfd(2): signals read from a descriptor.
 *
 * The descriptor only holds a mask. Reading takes the pending signals of the
 * *reading* task, polling looks at those of the polling task: what stands in
 * signalfd(2) under "fork(2) semantics". Senders wake sighand->signalfd_wait.
 *
 * An epoll item may stay on a task's signalfd_wait longer than the task lives.
 * So the descriptor keeps a reference on each sighand that was ever polled
 * through it, in `seen`; they go with the descriptor, after its epoll items.
 */
#include <abi/poll.h>
#include <abi/signalfd.h>
#include <kernel/ipc.h>
#include <kernel/printk.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>

struct signalfd_seen {
	struct signalfd_seen *next;
	struct sighand *sighand; /* reference */
};

struct signalfd {
	spinlock_t lock;
	/* under lock: */
	struct signalfd_seen *seen;
	sigset_t mask; /* read at any time */
};

static const struct file_ops signalfd_file_ops;

/* SIGKILL and SIGSTOP never come this way. */
static sigset_t signalfd_clean(sigset_t mask)
{
	return mask & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
}

/* Which fields are meaningful follows from how the signal was sent. */
static void signalfd_fill(struct signalfd_siginfo *s, const struct siginfo *i)
{
	int sig = i->si_signo, code = i->si_code;

	memset(s, 0, sizeof(*s));
	s->ssi_signo = sig;
	s->ssi_errno = i->si_errno;
	s->ssi_code = code;
	if (code == SI_TIMER) {
		s->ssi_tid = i->si_timerid;
		s->ssi_overrun = i->si_overrun;
		s->ssi_ptr = i->si_value.sival_ptr;
		s->ssi_int = i->si_value.sival_int;
	} else if (code == SI_SIGIO || (sig == SIGPOLL && code > 0)) {
		s->ssi_band = i->si_band;
		s->ssi_fd = i->si_fd;
	} else if (code < 0) {
		s->ssi_pid = i->si_pid;
		s->ssi_uid = i->si_uid;
		s->ssi_ptr = i->si_ptr;
		s->ssi_int = i->si_int;
	} else if (sig == SIGCHLD && code > 0 && code < SI_KERNEL) {
		s->ssi_pid = i->si_pid;
		s->ssi_uid = i->si_uid;
		s->ssi_status = i->si_status;
		s->ssi_utime = i->si_utime;
		s->ssi_stime = i->si_stime;
	} else if (code > 0 && code < SI_KERNEL &&
		   (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE ||
		    sig == SIGILL || sig == SIGTRAP)) {
		s->ssi_addr = i->si_addr;
		s->ssi_trapno = i->si_trapno;
		if (sig == SIGBUS)
			s->ssi_addr_lsb = i->si_addr_lsb;
	} else if (sig == SIGSYS && code > 0 && code < SI_KERNEL) {
		s->ssi_call_addr = i->si_call_addr;
		s->ssi_syscall = i->si_syscall;
		s->ssi_arch = i->si_arch;
	} else {
		s->ssi_pid = i->si_pid;
		s->ssi_uid = i->si_uid;
	}
}

static bool signalfd_pending(struct signalfd *s)
{
	return signal_pending_set(current) & READ_ONCE(s->mask);
}

/* As many as fit; only the first may be waited for. */
static ssize_t signalfd_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct signalfd *s = f->priv;
	struct signalfd_siginfo out;
	struct siginfo info;
	ssize_t done = 0;

	if (it->count < sizeof(out))
		return -EINVAL;
	while (it->count >= sizeof(out)) {
		if (!signal_dequeue(READ_ONCE(s->mask), &info)) {
			if (done)
				break;
			if (f->flags & O_NONBLOCK)
				return -EAGAIN;
			if (wait_event_intr(&current->sighand->signalfd_wait,
					    signalfd_pending(s),
					    "signalfd_read"))
				return -ERESTARTSYS;
			continue;
		}
		signalfd_fill(&out, &info);
		if (copy_to_iter(it, &out, sizeof(out)) != sizeof(out))
			return done ? done : -EFAULT;
		done += sizeof(out);
	}
	return done;
}

/* Keep the current sighand as long as the descriptor. => false: no memory */
static bool signalfd_remember(struct signalfd *s)
{
	struct sighand *sh = current->sighand;
	struct signalfd_seen *n = kmalloc(sizeof(*n)), *p;

	if (!n)
		return false;
	spin_lock(&s->lock);
	for (p = s->seen; p && p->sighand != sh;)
		p = p->next;
	if (!p) {
		sighand_get(sh);
		n->sighand = sh;
		n->next = s->seen;
		s->seen = n;
		n = NULL;
	}
	spin_unlock(&s->lock);
	kfree(n);
	return true;
}

static u32 signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *s = f->priv;

	if (pt && pt->queue && signalfd_remember(s))
		poll_wait(f, &current->sighand->signalfd_wait, pt);
	return signalfd_pending(s) ? POLLIN : 0;
}

static int signalfd_show_fdinfo(struct file *f, char *buf, size_t n)
{
	struct signalfd *s = f->priv;

	return snprintf(buf, n, "sigmask:\t%016llx\n",
			(unsigned long long)READ_ONCE(s->mask));
}

static void signalfd_release(struct file *f)
{
	struct signalfd *s = f->priv;
	struct signalfd_seen *p;

	while ((p = s->seen)) {
		s->seen = p->next;
		sighand_put(p->sighand);
		kfree(p);
	}
	kfree(s);
}

static const struct file_ops signalfd_file_ops = {
	.release = signalfd_release,
	.read = signalfd_read,
	.poll = signalfd_poll,
	.llseek = noop_llseek,
	.show_fdinfo = signalfd_show_fdinfo,
};

struct file *signalfd_create(u64 mask, int flags)
{
	struct signalfd *s = kzalloc(sizeof(*s));
	struct file *f;

	if (!s)
		return ERR_PTR(-ENOMEM);
	spin_init(&s->lock);
	s->mask = signalfd_clean(mask);
	f = file_open_anon("anon_inode:[signalfd]", &signalfd_file_ops, s,
			   O_RDWR | (flags & O_NONBLOCK), 0600);
	if (IS_ERR(f))
		kfree(s);
	else
		f->mode |= FMODE_STREAM;
	return f;
}

int signalfd_set_mask(struct file *f, u64 mask)
{
	struct signalfd *s = f->priv;

	if (f->ops != &signalfd_file_ops)
		return -EINVAL;
	WRITE_ONCE(s->mask, signalfd_clean(mask));
	waitqueue_wake_all(&current->sighand->signalfd_wait);
	return 0;
}
