// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that make, run, end and name processes: clone(2), execve(2),
 * exit(2), wait(2), the calls of credentials(7) about groups and sessions,
 * getrlimit(2), unshare(2), pidfd_open(2). The work is in kernel/task.
 */
#include <abi/capability.h>
#include <abi/sched.h>
#include <abi/wait.h>
#include <kernel/fdtable.h>
#include <kernel/mm.h>
#include <kernel/ns.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/sysctl.h>
#include <kernel/sysv.h>
#include <kernel/tty.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "../task/internal.h"

/* --- Who am I --- */

long sys_getpid(void)
{
	return pid_shown(current->proc->pid);
}

long sys_gettid(void)
{
	return pid_shown(current->tid);
}

/* The block of a parent that goes meanwhile stays a task block: look again. */
long sys_getppid(void)
{
	struct process *p = current->proc;

	for (;;) {
		struct process *q = READ_ONCE(p->parent);
		u32 pid = READ_ONCE(q->pid);

		if (likely(q == READ_ONCE(p->parent)))
			return pid_shown(pid);
	}
}

long sys_set_tid_address(uaddr tidptr)
{
	current->clear_child_tid = tidptr;
	return pid_shown(current->tid);
}

/* --- Making --- */

long sys_fork(void)
{
	struct clone_args_k a = { .exit_signal = SIGCHLD };

	return do_clone(&a);
}

long sys_vfork(void)
{
	struct clone_args_k a = { .flags = CLONE_VFORK | CLONE_VM,
				  .exit_signal = SIGCHLD };

	return do_clone(&a);
}

long sys_clone(u64 flags, u64 newsp, uaddr parent_tid, uaddr child_tid, u64 tls)
{
	struct clone_args_k a = {
		.flags = (u32)flags & ~(u32)CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = UADDR(newsp),
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
		.pidfd = parent_tid,
	};

	/* both would be written to the same place */
	if ((a.flags & CLONE_PIDFD) && (a.flags & CLONE_PARENT_SETTID))
		return -EINVAL;
	return do_clone(&a);
}

/* A struct that may be longer than ours if what we do not know is zero. */
static int clone3_copy(struct clone_args *ca, uaddr args, u64 size)
{
	u8 rest[64];

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < 64) /* CLONE_ARGS_SIZE_VER0 */
		return -EINVAL;
	memset(ca, 0, sizeof(*ca));
	if (copy_from_user(ca, args, min(size, sizeof(*ca))))
		return -EFAULT;
	for (u64 at = sizeof(*ca); at < size; at += sizeof(rest)) {
		u64 n = min(sizeof(rest), size - at);

		if (copy_from_user(rest, uadd(args, at), n))
			return -EFAULT;
		for (u64 i = 0; i < n; i++)
			if (rest[i])
				return -E2BIG;
	}
	return 0;
}

/* The numbers wanted, in tid; those outside are another namespace's. */
static int clone3_set_tid(const struct clone_args *ca, u32 *tid)
{
	const struct ns *ns = current->nss->ns[NS_PID];
	u32 levels = container_of(ns, struct pid_ns, ns)->level + 1 +
		     !!(ca->flags & CLONE_NEWPID);

	if (!ca->set_tid)
		return ca->set_tid_size ? -EINVAL : 0;
	if (!ca->set_tid_size || ca->set_tid_size > 32)
		return -EINVAL;
	if (ca->set_tid_size > levels)
		return -EINVAL;
	if (copy_from_user(tid, UADDR(ca->set_tid), ca->set_tid_size * 4))
		return -EFAULT;
	for (u32 i = 0; i < ca->set_tid_size; i++) {
		if ((s32)tid[i] < 1)
			return -EINVAL;
		/* part: Linux asks in the owner of each namespace concerned */
		if (!ns_capable(ns->owner, CAP_CHECKPOINT_RESTORE) &&
		    !ns_capable(ns->owner, CAP_SYS_ADMIN) &&
		    !(i == 0 && (ca->flags & CLONE_NEWUSER)))
			return -EPERM;
	}
	return 0;
}

long sys_clone3(uaddr args, u64 size)
{
	struct clone_args ca;
	struct clone_args_k a;
	u32 tid[32];
	int err = clone3_copy(&ca, args, size);

	if (err)
		return err;
	if (ca.exit_signal & ~(u64)CSIGNAL || ca.exit_signal > NSIG)
		return -EINVAL;
	if (ca.flags & (CLONE_DETACHED | CSIGNAL) & ~(u64)CLONE_NEWTIME ||
	    ca.flags &
		    ~(0xffffffffull | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return -EINVAL;
	if ((ca.flags & (CLONE_THREAD | CLONE_PARENT)) && ca.exit_signal)
		return -EINVAL;
	if ((ca.flags & CLONE_PIDFD) && (ca.flags & CLONE_PARENT_SETTID) &&
	    ca.pidfd == ca.parent_tid)
		return -EINVAL;
	if (!ca.stack != !ca.stack_size ||
	    (ca.stack && !user_range_ok(UADDR(ca.stack), ca.stack_size)))
		return -EINVAL;
	a = (struct clone_args_k){
		.flags = ca.flags,
		.exit_signal = (u32)ca.exit_signal,
		.stack = UADDR(ca.stack),
		.stack_size = ca.stack_size,
		.parent_tid = UADDR(ca.parent_tid),
		.child_tid = UADDR(ca.child_tid),
		.tls = ca.tls,
		.pidfd = UADDR(ca.pidfd),
	};
	a.set_tid = tid;
	a.nset_tid = (u32)ca.set_tid_size;
	err = clone3_set_tid(&ca, tid);
	return err ? err : do_clone(&a);
}

long sys_execve(uaddr path, uaddr argv, uaddr envp)
{
	return do_execveat(AT_FDCWD, path, argv, envp, 0);
}

long sys_execveat(int dirfd, uaddr path, uaddr argv, uaddr envp, int flags)
{
	return do_execveat(dirfd, path, argv, envp, flags);
}

long sys_exit(int code)
{
	do_exit((code & 0xff) << 8);
}

long sys_exit_group(int code)
{
	do_group_exit((code & 0xff) << 8);
}

/* --- Waiting --- */

long sys_wait4(int pid, uaddr status, int options, uaddr rusage)
{
	struct wait_job w;
	int ret;

	if (options & ~(int)(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD |
			     __WCLONE | __WALL))
		return -EINVAL;
	if (pid == (int)0x80000000)
		return -ESRCH;
	w.target = NULL;
	w.options = (u32)options | WEXITED;
	w.want_usage = rusage.va != 0;
	w.which = pid == -1 ? P_ALL : pid > 0 ? P_PID : P_PGID;
	w.id = pid ? pid_given(pid > 0 ? (u32)pid : (u32)-pid)
		   : current->proc->pgid;
	ret = do_wait(&w);
	if (ret <= 0)
		return ret;
	if (status.va && put_user(w.status, status))
		return -EFAULT;
	if (rusage.va && put_user(w.usage, rusage))
		return -EFAULT;
	return w.nr;
}

static int waitid_select(struct wait_job *w, int which, int id,
			 struct file **pidfd, bool *nonblock)
{
	*pidfd = NULL;
	*nonblock = false;
	switch (which) {
	case P_ALL:
		break;
	case P_PID:
		if (id <= 0)
			return -EINVAL;
		id = (int)pid_given((u32)id);
		break;
	case P_PGID:
		if (id < 0)
			return -EINVAL;
		id = id ? (int)pid_given((u32)id) : (int)current->proc->pgid;
		break;
	case P_PIDFD:
		if (id < 0)
			return -EINVAL;
		*pidfd = fd_get(id);
		if (!*pidfd)
			return -EBADF;
		if (!file_is_pidfd(*pidfd)) {
			file_put(*pidfd);
			return -EBADF;
		}
		w->target = pidfd_process(*pidfd);
		*nonblock = (*pidfd)->flags & O_NONBLOCK;
		break;
	default:
		return -EINVAL;
	}
	w->which = (u32)which;
	w->id = (u32)id;
	return 0;
}

/* As Linux: only these fields are written. */
static int waitid_put_info(uaddr info, const struct wait_job *w, bool found)
{
	struct siginfo si;

	memset(&si, 0, sizeof(si));
	if (found) {
		si.si_signo = SIGCHLD;
		si.si_code = w->si_code;
		si.si_pid = (s32)w->nr;
		si.si_uid = uid_shown(w->uid);
		si.si_status = w->si_status;
	}
	return copy_to_user(info, &si,
			    offsetof(struct siginfo, si_status) +
				    sizeof(si.si_status));
}

long sys_waitid(int which, int id, uaddr info, int options, uaddr rusage)
{
	struct wait_job w;
	struct file *pidfd;
	bool nonblock;
	int ret;

	if (options & ~(int)(WNOHANG | WNOWAIT | WEXITED | WSTOPPED |
			     WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	w.target = NULL;
	ret = waitid_select(&w, which, id, &pidfd, &nonblock);
	if (ret)
		return ret;
	w.options = (u32)options | (nonblock ? WNOHANG : 0);
	w.want_usage = rusage.va != 0;
	ret = do_wait(&w);
	if (pidfd)
		file_put(pidfd);
	if (!ret && nonblock && !(options & WNOHANG))
		return -EAGAIN;
	if (ret < 0)
		return ret;
	if (ret && rusage.va && put_user(w.usage, rusage))
		return -EFAULT;
	if (info.va && waitid_put_info(info, &w, ret > 0))
		return -EFAULT;
	return 0;
}

/* --- Groups and sessions --- */

static int setpgid_locked(struct task *t, u32 pgid)
{
	struct process *p = t->proc, *me = current->proc, *g;
	struct list_head *group;

	if (!p->leader)
		return -ESRCH;
	if (p->parent == me) {
		if (p->sid != me->sid)
			return -EPERM;
		if (p->did_exec)
			return -EACCES;
	} else if (p != me) {
		return -ESRCH;
	}
	if (p->session_leader)
		return -EPERM;
	if (pgid != p->pid) {
		group = pid_group(pgid);
		if (!group || list_empty(group))
			return -EPERM;
		g = list_first(group, struct process, pgrp_node);
		if (g->sid != me->sid)
			return -EPERM;
	}
	if (p->pgid != pgid)
		process_set_pgid(p, pgid);
	return 0;
}

long sys_setpgid(int pid, int pgid)
{
	struct task *t;
	int err;

	if (pgid < 0 || (!pgid && pid < 0))
		return -EINVAL;
	pid = pid ? (int)pid_given((u32)pid) : (int)current->proc->pid;
	pgid = pgid ? (int)pid_given((u32)pgid) : pid;
	t = task_find_get((u32)pid);
	if (!t)
		return -ESRCH;
	mutex_lock(&tasklist_lock);
	if (t->proc->leader && t->proc->leader != t)
		err = -EINVAL;
	else
		err = setpgid_locked(t, (u32)pgid);
	mutex_unlock(&tasklist_lock);
	task_put(t);
	return err;
}

long sys_getpgid(int pid)
{
	struct task *t;
	long ret;

	if (!pid)
		return pid_shown(current->proc->pgid);
	t = task_find_get(pid_given((u32)pid));
	if (!t)
		return -ESRCH;
	ret = pid_shown(t->proc->pgid);
	task_put(t);
	return ret;
}

long sys_getpgrp(void)
{
	return pid_shown(current->proc->pgid);
}

long sys_getsid(int pid)
{
	struct task *t;
	long ret;

	if (!pid)
		return pid_shown(current->proc->sid);
	t = task_find_get(pid_given((u32)pid));
	if (!t)
		return -ESRCH;
	ret = pid_shown(t->proc->sid);
	task_put(t);
	return ret;
}

long sys_setsid(void)
{
	struct process *p = current->proc;
	struct list_head *group;
	long ret = -EPERM;

	mutex_lock(&tasklist_lock);
	group = pid_group(p->pid);
	if (!p->session_leader && (!group || list_empty(group))) {
		p->session_leader = true;
		process_set_sid(p, p->pid);
		process_set_pgid(p, p->pid);
		tty_process_clear(p);
		ret = pid_shown(p->pid);
	}
	mutex_unlock(&tasklist_lock);
	return ret;
}

/* --- Limits and usage --- */

static bool prlimit_allowed(struct task *t)
{
	const struct cred *me = current->cred;
	struct cred *c;
	bool ok;

	if (t->proc == current->proc)
		return true;
	c = task_get_cred(t);
	ok = (me->uid == c->euid && me->uid == c->suid && me->uid == c->uid &&
	      me->gid == c->egid && me->gid == c->sgid && me->gid == c->gid) ||
	     ns_capable(c->user_ns, CAP_SYS_RESOURCE);
	cred_put(c);
	return ok;
}

static int prlimit_set(struct process *p, u32 res, const struct rlimit64 *new)
{
	struct rlimit64 *rl = &p->rlim[res];
	struct sighand *sh;
	int err = 0;

	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (res == RLIMIT_NOFILE && new->rlim_max > sysctl_get(SYSCTL_NR_OPEN))
		return -EPERM;
	sh = sighand_lock(p);
	if (new->rlim_max > rl->rlim_max && !capable(CAP_SYS_RESOURCE))
		err = -EPERM;
	else
		*rl = *new;
	spin_unlock(&sh->lock);
	if (!err && res == RLIMIT_CPU && new->rlim_cur != RLIM_INFINITY)
		err = cpu_timer_rearm(p);
	return err;
}

static int do_prlimit(struct process *p, u32 res, const struct rlimit64 *new,
		      struct rlimit64 *old)
{
	if (res >= RLIM_NLIMITS)
		return -EINVAL;
	*old = p->rlim[res];
	return new ? prlimit_set(p, res, new) : 0;
}

long sys_getrlimit(u32 resource, uaddr rlim)
{
	struct rlimit64 old;
	int err = do_prlimit(current->proc, resource, NULL, &old);

	return err ? err : put_user(old, rlim);
}

long sys_setrlimit(u32 resource, uaddr rlim)
{
	struct rlimit64 new, old;

	if (get_user(new, rlim))
		return -EFAULT;
	return do_prlimit(current->proc, resource, &new, &old);
}

long sys_prlimit64(int pid, u32 resource, uaddr new_rlim, uaddr old_rlim)
{
	struct rlimit64 new, old;
	struct task *t = current;
	int err = 0;

	if (new_rlim.va && get_user(new, new_rlim))
		return -EFAULT;
	if (pid) {
		t = task_find_get(pid_given((u32)pid));
		if (!t)
			return -ESRCH;
		if (!prlimit_allowed(t))
			err = -EPERM;
	}
	if (!err)
		err = do_prlimit(t->proc, resource, new_rlim.va ? &new : NULL,
				 &old);
	if (pid)
		task_put(t);
	if (!err && old_rlim.va)
		err = put_user(old, old_rlim);
	return err;
}

long sys_getrusage(int who, uaddr ru)
{
	struct rusage u;
	int err = do_getrusage(who, &u);

	return err ? err : put_user(u, ru);
}

long sys_times(uaddr buf)
{
	struct process *p = current->proc;
	const u64 tick = NSEC_PER_SEC / USER_HZ;
	struct abi_tms tms;
	u64 ut, st;

	if (buf.va) {
		cputime_refresh();
		process_cputime(p, &ut, &st);
		tms.tms_utime = (s64)(ut / tick);
		tms.tms_stime = (s64)(st / tick);
		tms.tms_cutime = (s64)(p->cutime_ns / tick);
		tms.tms_cstime = (s64)(p->cstime_ns / tick);
		if (put_user(tms, buf))
			return -EFAULT;
	}
	return (long)(time_boot_ns() / tick);
}

/* --- unshare, setns --- */

static int unshare_fs(void)
{
	struct task *t = current;
	struct fs_context *old = t->fs, *new;

	if (READ_ONCE(old->refs.n) == 1)
		return 0;
	new = fs_context_copy(old);
	if (!new)
		return -ENOMEM;
	spin_lock(&t->lock);
	t->fs = new;
	spin_unlock(&t->lock);
	fs_context_put(old);
	return 0;
}

long sys_unshare(u64 flags)
{
	struct task *t = current;
	int err = 0;

	if (flags & ~(u64)(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM |
			   CLONE_FILES | CLONE_SYSVSEM | NS_ALL))
		return -EINVAL;
	err = ns_check_flags(flags);
	if (err)
		return err;
	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_NEWIPC)
		flags |= CLONE_SYSVSEM;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	/* These cannot be undone: only a check that they are not shared. */
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) &&
	    t->proc->nr_threads > 1)
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) &&
	    READ_ONCE(t->sighand->refs.n) > 2)
		return -EINVAL;
	if ((flags & CLONE_VM) && READ_ONCE(t->mm->users.n) > 1)
		return -EINVAL;
	if (flags & CLONE_SYSVSEM)
		sysv_sem_exit(t);
	if (flags & CLONE_FS)
		err = unshare_fs();
	if (!err && (flags & CLONE_FILES))
		err = files_unshare();
	if (!err && (flags & NS_ALL))
		err = (int)ns_unshare(flags);
	return err;
}

/* --- pidfds --- */

long sys_pidfd_open(int pid, u32 flags)
{
	struct task *t;
	struct file *f;
	bool thread = flags & O_EXCL; /* PIDFD_THREAD */
	int fd;

	if (flags & ~(u32)(O_NONBLOCK | O_EXCL) || pid <= 0)
		return -EINVAL;
	t = task_find_get(pid_given((u32)pid));
	if (!t)
		return -ESRCH;
	if (!thread && t->proc->leader != t) {
		task_put(t);
		return -EINVAL;
	}
	f = pidfd_create(t, thread, (int)(flags & O_NONBLOCK));
	task_put(t);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_new(f, 0, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* Whom current may look into: ptrace(2), access mode checking. */
static bool pidfd_may_look_into(struct task *t)
{
	const struct cred *me = current->cred;
	struct cred *c;
	struct mm *mm;
	bool ok;

	if (t->proc == current->proc || capable(CAP_SYS_PTRACE))
		return true;
	c = task_get_cred(t);
	ok = me->uid == c->euid && me->uid == c->suid && me->uid == c->uid &&
	     me->gid == c->egid && me->gid == c->sgid && me->gid == c->gid;
	cred_put(c);
	mm = task_get_mm(t);
	ok = ok && mm && mm->dumpable;
	if (mm)
		mm_put(mm);
	return ok;
}

static long pidfd_take_fd(struct task *t, int fd)
{
	struct files *files;
	struct file *f;
	int ret;

	if (!pidfd_may_look_into(t))
		return -EPERM;
	files = task_get_files(t);
	if (!files)
		return -ESRCH;
	f = files_get_fd(files, (u32)fd);
	files_put(files);
	if (!f)
		return -EBADF;
	ret = fd_install_new(f, 0, true);
	if (ret < 0)
		file_put(f);
	return ret;
}

long sys_pidfd_getfd(int pidfd, int fd, u32 flags)
{
	struct file *pf;
	struct task *t;
	long ret = -EBADF;
	bool thread;

	if (flags)
		return -EINVAL;
	pf = fd_get(pidfd);
	if (!pf)
		return -EBADF;
	if (file_is_pidfd(pf)) {
		t = pidfd_task(pf, &thread);
		ret = t ? pidfd_take_fd(t, fd) : -ESRCH;
		if (t)
			task_put(t);
	}
	file_put(pf);
	return ret;
}
