// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that reach into other processes or across all threads of one:
 * process_vm_readv(2), process_vm_writev(2), process_madvise(2), kcmp(2),
 * process_mrelease(2), membarrier(2).
 */
#include <abi/rseq.h>
#include <abi/capability.h>
#include <abi/mman.h>
#include <kernel/iov.h>
#include <kernel/ipc.h>
#include <kernel/mm.h>
#include <kernel/ptrace.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "task/internal.h"

/* --- process_vm_* --- */

#define REMOTE_CHUNK PAGE_SIZE

static struct iov_seg *remote_segs(uaddr vec, u64 n)
{
	struct iov_seg *s;

	if (n > UIO_MAXIOV)
		return ERR_PTR(-EINVAL);
	s = kmalloc((n ? n : 1) * sizeof(*s));
	if (!s)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(s, vec, n * sizeof(*s))) {
		kfree(s);
		return ERR_PTR(-EFAULT);
	}
	for (u64 i = 0; i < n; i++)
		if ((s64)s[i].len < 0) {
			kfree(s);
			return ERR_PTR(-EINVAL);
		}
	return s;
}

/* One piece of the other's memory. => bytes, -EFAULT when there were none */
static ssize_t remote_copy(struct mm *mm, struct iov_iter *it,
			   const struct iov_seg *r, char *buf, bool write)
{
	u64 len = min(r->len, (u64)it->count), done = 0;

	while (done < len) {
		u64 at = r->base + done;
		size_t n = min(len - done, REMOTE_CHUNK - at % REMOTE_CHUNK);
		ssize_t got;

		if (!user_range_ok(UADDR(at), n))
			break;
		if (write) {
			n = copy_from_iter(it, buf, n);
			got = n ? mm_write_remote(mm, at, buf, n, false) : 0;
			if (got <= 0)
				break;
		} else {
			got = mm_read_remote(mm, at, buf, n);
			if (got <= 0)
				break;
			got = (ssize_t)copy_to_iter(it, buf, (size_t)got);
		}
		done += (u64)got;
		if ((size_t)got < n || fatal_signal_pending(current))
			break;
	}
	return done || !len ? (ssize_t)done : -EFAULT;
}

static long remote_transfer(struct mm *mm, struct iov_iter *it,
			    const struct iov_seg *segs, u64 n, bool write)
{
	char *buf = page_alloc(0);
	long done = 0;

	if (!buf)
		return -ENOMEM;
	for (u64 i = 0; i < n && it->count; i++) {
		ssize_t r = remote_copy(mm, it, &segs[i], buf, write);

		if (r < 0) {
			done = done ? done : r;
			break;
		}
		done += r;
		if ((u64)r < segs[i].len)
			break;
	}
	page_free(buf, 0);
	return done;
}

static struct mm *remote_mm(int pid)
{
	struct task *t = task_find_get(pid_given((u32)pid));
	struct mm *mm;
	int err;

	if (!t)
		return ERR_PTR(-ESRCH);
	err = ptrace_may_attach(t);
	mm = err ? ERR_PTR(err) : task_get_mm(t);
	task_put(t);
	return mm ? mm : ERR_PTR(-ESRCH);
}

static long remote_rw(int pid, uaddr lvec, u64 ln, uaddr rvec, u64 rn,
		      u64 flags, bool write)
{
	struct iov_seg fast[8], *lsegs = NULL, *rsegs;
	struct iov_iter it;
	struct mm *mm;
	long ret;

	if (flags)
		return -EINVAL;
	ret = iov_iter_import(&it, lvec, ln, fast, ARRAY_SIZE(fast), &lsegs);
	if (ret)
		return ret;
	rsegs = remote_segs(rvec, rn);
	if (IS_ERR(rsegs)) {
		kfree(lsegs);
		return PTR_ERR(rsegs);
	}
	if (!it.count)
		goto out;
	mm = remote_mm(pid);
	ret = IS_ERR(mm) ? PTR_ERR(mm)
			 : remote_transfer(mm, &it, rsegs, rn, write);
	if (!IS_ERR(mm))
		mm_put(mm);
out:
	kfree(rsegs);
	kfree(lsegs);
	return ret;
}

long sys_process_vm_readv(int pid, uaddr lvec, u64 liovcnt, uaddr rvec,
			  u64 riovcnt, u64 flags)
{
	return remote_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}

long sys_process_vm_writev(int pid, uaddr lvec, u64 liovcnt, uaddr rvec,
			   u64 riovcnt, u64 flags)
{
	return remote_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}

/* --- kcmp --- */

enum kcmp_type {
	KCMP_FILE,
	KCMP_VM,
	KCMP_FILES,
	KCMP_FS,
	KCMP_SIGHAND,
	KCMP_IO,
	KCMP_SYSVSEM,
	KCMP_EPOLL_TFD,
};

/* An order that does not give addresses away. */
static long kcmp_order(const void *a, const void *b)
{
	static u64 cookie;
	u64 x, y, none = 0, fresh;

	if (a == b)
		return 0;
	if (!READ_ONCE(cookie)) {
		host_random(&fresh, sizeof(fresh));
		(void)atomic_cas(&cookie, none, fresh | 1);
	}
	x = (u64)a * READ_ONCE(cookie);
	y = (u64)b * READ_ONCE(cookie);
	return x < y ? 1 : 2;
}

static struct file *kcmp_file(struct task *t, u64 fd)
{
	struct files *fs = task_get_files(t);
	struct file *f;

	if (!fs)
		return NULL;
	f = fd <= 0xffffffffu ? files_get_fd(fs, (u32)fd) : NULL;
	files_put(fs);
	return f;
}

static long kcmp_files(struct task *a, struct task *b, u64 i, u64 j)
{
	struct file *f = kcmp_file(a, i), *g = kcmp_file(b, j);
	long ret = f && g ? kcmp_order(f, g) : -EBADF;

	if (f)
		file_put(f);
	if (g)
		file_put(g);
	return ret;
}

struct kcmp_epoll_slot {
	u32 efd, tfd, toff;
};

/* Is a's file i what b's set watches in that place? */
static long kcmp_epoll(struct task *a, struct task *b, u64 i, uaddr slot)
{
	struct kcmp_epoll_slot s;
	struct file *f, *ep;
	long ret = -EBADF;

	if (get_user(s, slot))
		return -EFAULT;
	f = kcmp_file(a, i);
	if (!f)
		return -EBADF;
	ep = kcmp_file(b, s.efd);
	if (ep && !file_is_epoll(ep))
		ret = -EINVAL;
	else if (ep && !epoll_watches(ep, (int)s.tfd, s.toff, NULL))
		ret = -ENOENT;
	else if (ep)
		ret = epoll_watches(ep, (int)s.tfd, s.toff, f) ? 0 : 1;
	if (ep)
		file_put(ep);
	file_put(f);
	return ret;
}

static long kcmp_tasks(struct task *a, struct task *b, int type, u64 i, u64 j)
{
	switch (type) {
	case KCMP_FILE:
		return kcmp_files(a, b, i, j);
	case KCMP_VM:
		return kcmp_order(READ_ONCE(a->mm), READ_ONCE(b->mm));
	case KCMP_FILES:
		return kcmp_order(READ_ONCE(a->files), READ_ONCE(b->files));
	case KCMP_FS:
		return kcmp_order(READ_ONCE(a->fs), READ_ONCE(b->fs));
	case KCMP_SIGHAND:
		return kcmp_order(READ_ONCE(a->sighand), READ_ONCE(b->sighand));
	case KCMP_IO: /* nobody has an I/O context of his own */
		return 0;
	case KCMP_SYSVSEM:
		return kcmp_order(READ_ONCE(a->sem_undo),
				  READ_ONCE(b->sem_undo));
	case KCMP_EPOLL_TFD:
		return kcmp_epoll(a, b, i, UADDR(j));
	}
	return -EINVAL;
}

long sys_kcmp(int pid1, int pid2, int type, u64 idx1, u64 idx2)
{
	struct task *a = task_find_get(pid_given((u32)pid1)), *b = NULL;
	long ret = -ESRCH;

	if (a)
		b = task_find_get(pid_given((u32)pid2));
	if (a && b) {
		ret = ptrace_may_attach(a);
		if (!ret)
			ret = ptrace_may_attach(b);
		if (!ret)
			ret = kcmp_tasks(a, b, type, idx1, idx2);
	}
	if (a)
		task_put(a);
	if (b)
		task_put(b);
	return ret;
}

/* --- process_madvise --- */

static bool process_advice_ok(int advice, bool self)
{
	switch (advice) {
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_WILLNEED:
		return true;
	}
	return self;
}

static long process_advise(struct mm *mm, const struct iov_seg *s, u64 n,
			   int advice)
{
	long done = 0;

	for (u64 i = 0; i < n; i++) {
		long err = do_madvise(mm, s[i].base, s[i].len, advice);

		if (err)
			return done ? done : err;
		done += (long)s[i].len;
	}
	return done;
}

long sys_process_madvise(int pidfd, uaddr vec, u64 vlen, int advice, u32 flags)
{
	struct iov_seg *segs;
	struct mm *mm = NULL;
	struct task *t;
	struct file *f;
	bool thread;
	long ret;

	if (flags)
		return -EINVAL;
	segs = remote_segs(vec, vlen);
	if (IS_ERR(segs))
		return PTR_ERR(segs);
	f = fd_get(pidfd);
	ret = -EBADF;
	if (!f || !file_is_pidfd(f))
		goto out;
	t = pidfd_task(f, &thread);
	ret = -ESRCH;
	if (!t)
		goto out;
	ret = t->proc == current->proc ? 0 : ptrace_may_attach(t);
	if (!ret)
		mm = task_get_mm(t);
	task_put(t);
	if (ret)
		goto out;
	ret = -ESRCH;
	if (!mm)
		goto out;
	if (!process_advice_ok(advice, mm == current->mm))
		ret = -EINVAL;
	else if (mm != current->mm && !capable(CAP_SYS_NICE))
		ret = -EPERM;
	else
		ret = process_advise(mm, segs, vlen, advice);
	mm_put(mm);
out:
	if (f)
		file_put(f);
	kfree(segs);
	return ret;
}

/* --- process_mrelease --- */

/* Its memory goes at once anyway when a process is killed. */
long sys_process_mrelease(int pidfd, u32 flags)
{
	struct file *f;
	struct task *t;
	long ret = -EBADF;
	bool thread;

	if (flags)
		return -EINVAL;
	f = fd_get(pidfd);
	if (!f)
		return -EBADF;
	if (file_is_pidfd(f)) {
		t = pidfd_task(f, &thread);
		ret = -ESRCH;
		if (t) {
			ret = t->proc->group_flags & PROC_GROUP_EXIT ? 0
								     : -EINVAL;
			task_put(t);
		}
	}
	file_put(f);
	return ret;
}

/* --- membarrier --- */

#define MEMBARRIER_PRIVATE                  \
	(MEMBARRIER_CMD_PRIVATE_EXPEDITED | \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)
#define MEMBARRIER_ALL                                                   \
	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |       \
	 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_PRIVATE | \
	 MEMBARRIER_PRIVATE << 1 | MEMBARRIER_CMD_GET_REGISTRATIONS)
#define MEMBARRIER_CMD_GET_REGISTRATIONS 512
#define MEMBARRIER_POLL_NS		 20000

/*
 * Every task of mm (NULL: of all) goes through the kernel, which is a full
 * barrier: those in user mode are kicked. Who is asleep, or comes to user mode
 * later, passes one on his way out.
 */
static bool membarrier_concerns(struct task *t, struct mm *mm)
{
	return t != current && t->mm && (!mm || t->mm == mm) &&
	       t->state == TASK_RUNNING && !READ_ONCE(t->host_asleep);
}

static bool membarrier_pending(struct mm *mm, bool start)
{
	struct task *t;
	bool any = false;

	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node) {
		if (!membarrier_concerns(t, mm))
			continue;
		if (start)
			task_set_work(t, WORK_BARRIER);
		any |= (READ_ONCE(t->work) & WORK_BARRIER) != 0;
	}
	mutex_unlock(&tasklist_lock);
	return any;
}

static void membarrier_run(struct mm *mm)
{
	bool pending;

	smp_mb();
	pending = membarrier_pending(mm, true);
	while (pending && !fatal_signal_pending(current)) {
		sleep_on(sleep_prepare(), time_mono_ns() + MEMBARRIER_POLL_NS,
			 SLEEP_UNINTR, "membarrier");
		pending = membarrier_pending(mm, false);
	}
	smp_mb();
}

/* part: RSEQ commands and CMD_FLAG_CPU EINVAL */
long sys_membarrier(int cmd, u32 flags, int cpu_id)
{
	struct mm *mm = current->mm;

	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return MEMBARRIER_ALL;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		membarrier_run(NULL);
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		atomic_or(&mm->membarrier, (u32)cmd);
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		if (!(READ_ONCE(mm->membarrier) & (u32)cmd << 1))
			return -EPERM;
		if (READ_ONCE(mm->users.n) > 1)
			membarrier_run(mm);
		return 0;
	case MEMBARRIER_CMD_GET_REGISTRATIONS:
		return (long)READ_ONCE(mm->membarrier);
	}
	return -EINVAL;
}
