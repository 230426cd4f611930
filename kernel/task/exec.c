// SPDX-License-Identifier: GPL-2.0
/*
 * execve(2) and execveat(2).
 *
 * In order: open the program, take in the argument strings, find out what it is
 * (a script leads to its interpreter, at most five deep), check it as far as it
 * can be checked. Then there is no way back: the other threads are ended, the
 * address space is exchanged, and an error kills the process. Last come the
 * new image, its stack, and everything that execve resets.
 *
 * The exchange is host_mm_exec(): in place when nobody shares the address
 * space; a vfork child, which does, moves into another host process. Its parent
 * is let go only after that.
 *
 * Identity: set-user-ID and set-group-ID of the file finally loaded (not of a
 * script), the capabilities of root, ambient ones; capabilities(7). File
 * capabilities are not supported.
 */
#include <abi/capability.h>
#include <abi/mount.h>
#include <abi/personality.h>
#include <abi/prctl.h>
#include <abi/stat.h>
#include <kernel/aio.h>
#include <kernel/fdtable.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include <kernel/ns.h>
#include "exec.h"
#include "ptrace_internal.h"

#define EXEC_STACK_EXTRA (128u << 10)
#define EXEC_STACK_RND	 (1ull << 22) /* pages */
#define PER_CLEAR_ON_SETID                                            \
	(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | \
	 MMAP_PAGE_ZERO)

/* --- Opening --- */

static int exec_set_name(struct exec_job *job, int dfd, const char *name)
{
	size_t n;

	if (dfd == AT_FDCWD || name[0] == '/') {
		job->filename = kstrdup(name);
	} else {
		n = strlen(name) + 24;
		job->filename = kmalloc(n);
		if (job->filename)
			snprintf(job->filename, n, "/dev/fd/%d%s%s", dfd,
				 *name ? "/" : "", name);
		job->path_inaccessible =
			files_cloexec(current->files, (u32)dfd);
	}
	job->interp = job->filename;
	return job->filename ? 0 : -ENOMEM;
}

static int exec_open(struct exec_job *job, int dfd, const char *name, int flags)
{
	u32 lookup = 0;
	struct file *f;
	int err;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_EXECVE_CHECK))
		return -EINVAL;
	if (!(flags & AT_SYMLINK_NOFOLLOW))
		lookup |= LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	f = file_open_exec(dfd, name, lookup);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	err = inode_deny_write(f->inode);
	if (err)
		file_put(f);
	else
		job->file = f;
	return err;
}

static void exec_close(struct exec_job *job)
{
	if (!job->file)
		return;
	inode_allow_write(job->file->inode);
	file_put(job->file);
	job->file = NULL;
}

static int exec_read_head(struct exec_job *job)
{
	ssize_t n = file_read_kernel(job->file, job->head, EXEC_HEAD_SIZE, 0);

	if (n < 0)
		return (int)n;
	job->size = (u64)n;
	memset(job->head + n, 0, (size_t)(EXEC_HEAD_SIZE - n));
	return 0;
}

/* --- Scripts --- */

static bool exec_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * "#! interp [arg]" in head, cut up in place. What follows the first blank is
 * one argument, blanks inside included. A line that does not end within the
 * head is taken if at least the interpreter's name does.
 */
static int exec_parse_script(char *head, char **interp, char **arg)
{
	char *p = head + 2, *end = head + 2;
	bool cut;

	while (end < head + EXEC_HEAD_SIZE && *end != '\n' && *end)
		end++;
	cut = end == head + EXEC_HEAD_SIZE;
	if (cut)
		end--;
	while (p < end && exec_is_blank(*p))
		p++;
	if (cut) {
		char *q = p;

		while (q < end && !exec_is_blank(*q))
			q++;
		if (q == end)
			return -ENOEXEC; /* name cut off */
	}
	while (end > p && exec_is_blank(end[-1]))
		end--;
	if (p == end)
		return -ENOEXEC;
	*end = 0;
	*interp = p;
	*arg = NULL;
	while (*p && !exec_is_blank(*p))
		p++;
	if (*p) {
		*p++ = 0;
		while (exec_is_blank(*p))
			p++;
		*arg = p;
	}
	return 0;
}

static int exec_script(struct exec_job *job)
{
	char *interp, *arg, *copy;
	int err = exec_parse_script(job->head, &interp, &arg);

	if (err)
		return err;
	/* The interpreter could not open it by that name. */
	if (job->path_inaccessible)
		return -ENOENT;
	err = exec_args_prefix(&job->args, interp, arg, job->interp);
	if (err)
		return err;
	copy = kstrdup(interp);
	if (!copy)
		return -ENOMEM;
	kfree(job->interp_buf);
	job->interp_buf = copy;
	job->interp = copy;
	exec_close(job);
	return exec_open(job, AT_FDCWD, copy, 0);
}

static int exec_find_format(struct exec_job *job)
{
	for (u32 depth = 0;; depth++) {
		int err;

		if (depth > EXEC_MAX_DEPTH)
			return -ELOOP;
		err = exec_read_head(job);
		if (err)
			return err;
		if (job->head[0] != '#' || job->head[1] != '!')
			return elf_prepare(job);
		err = exec_script(job);
		if (err)
			return err;
	}
}

/* --- Identity --- */

static void exec_setid(struct exec_job *job, struct cred *n)
{
	const struct inode *ino = job->file->inode;

	if ((job->file->path.mnt->flags & MS_NOSUID) ||
	    !mount_is_ours(job->file->path.mnt) ||
	    !user_ns_is_within(current->cred->user_ns,
			       super_owner(job->file->path.mnt->sb)) ||
	    current->proc->no_new_privs || ptrace_forbids_setid())
		return;
	if (id_from_kernel(n->user_ns, ID_UID, ino->uid) == (u32)-1 ||
	    id_from_kernel(n->user_ns, ID_GID, ino->gid) == (u32)-1)
		return; /* owners that the namespace does not know */
	if (ino->mode & S_ISUID)
		n->euid = ino->uid;
	if ((ino->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		n->egid = ino->gid;
}

static void exec_compute_cred(struct exec_job *job, const struct cred *old,
			      struct cred *n)
{
	bool noroot = current->proc->securebits & SECBIT_NOROOT;
	bool effective = false, setid;
	u32 root = id_to_kernel(n->user_ns, ID_UID, 0);

	exec_setid(job, n);
	n->cap_permitted = 0;
	if (!noroot && (n->euid == root || n->uid == root))
		n->cap_permitted = old->cap_bset | old->cap_inheritable;
	if (!noroot && n->euid == root)
		effective = true;
	setid = n->euid != old->uid || n->egid != old->gid;
	n->suid = n->fsuid = n->euid;
	n->sgid = n->fsgid = n->egid;
	if (setid)
		n->cap_ambient = 0;
	n->cap_permitted |= n->cap_ambient;
	n->cap_effective = effective ? n->cap_permitted : n->cap_ambient;
	job->secure = setid ||
		      (n->uid != root &&
		       (effective || (n->cap_permitted & ~n->cap_ambient)));
}

static int exec_prepare_cred(struct exec_job *job)
{
	const struct cred *old = current->cred;
	struct cred n = *old;

	exec_compute_cred(job, old, &n);
	if (!memcmp(&n, old, sizeof(n)) && !job->secure)
		return 0;
	n.refs = old->refs;
	job->cred = cred_copy(&n);
	return job->cred ? 0 : -ENOMEM;
}

/* --- The other threads --- */

static bool exec_is_alone(struct process *p, struct task *t)
{
	struct sighand *sh = sighand_lock(p);
	bool alone = p->nr_threads == 1 ||
		     (p->nr_threads == 2 && p->leader != t &&
		      p->leader->state == TASK_ZOMBIE);

	spin_unlock(&sh->lock);
	return alone;
}

/* The dead leader's number and place in the world go to current. */
static void exec_become_leader(struct process *p, struct task *t)
{
	struct task *leader = p->leader;
	struct sighand *sh;

	pid_exchange(t, leader);
	sh = sighand_lock(p);
	p->leader = t;
	t->start_time = leader->start_time;
	t->exit_signal = leader->exit_signal;
	spin_unlock(&sh->lock);
	task_release(leader);
}

/*
 * End all other threads of the process and become its leader. => 0, or -EAGAIN
 * when the whole group is ending already.
 */
static int exec_take_over(void)
{
	struct task *t = current;
	struct process *p = t->proc;
	struct sighand *sh;

	if (p->nr_threads == 1 && p->leader == t)
		return 0;
	sh = sighand_lock(p);
	if ((p->group_flags & PROC_GROUP_EXIT) || p->exec_task) {
		spin_unlock(&sh->lock);
		return -EAGAIN;
	}
	p->exec_task = t;
	signal_kill_threads_locked(p, t);
	spin_unlock(&sh->lock);
	for (;;) {
		u32 seq = sleep_prepare();

		if (exec_is_alone(p, t))
			break;
		if (sleep_on(seq, TIME_NEVER, SLEEP_KILLABLE, "exec")) {
			sh = sighand_lock(p);
			p->exec_task = NULL;
			spin_unlock(&sh->lock);
			return -EAGAIN;
		}
	}
	mutex_lock(&tasklist_lock);
	if (p->leader != t)
		exec_become_leader(p, t);
	sh = sighand_lock(p);
	p->exec_task = NULL;
	spin_unlock(&sh->lock);
	mutex_unlock(&tasklist_lock);
	return 0;
}

/* --- No way back --- */

static void exec_drop_mm(struct mm *mm)
{
	struct file *exe;

	if (ref_put(&mm->users)) {
		aio_exit(mm);
		mm_release_vmas(mm);
		mutex_lock(&mm->lock);
		exe = mm->exe;
		mm->exe = NULL;
		mutex_unlock(&mm->lock);
		if (exe)
			file_drop_program(exe);
		mm_put(mm);
	}
	mm_put(mm);
}

/*
 * => 0: current runs in `new`, which is empty. An error with *intact: nothing
 * has happened to the old address space.
 */
static int exec_switch_mm(struct mm *new, bool *intact)
{
	struct task *t = current;
	struct mm *old = t->mm;
	bool shared = !old || READ_ONCE(old->users.n) > 1;
	int err;

	task_mm_exec_release(t);
	if (!shared) {
		/* Who asks for changes in it, now finds that it is gone. */
		mutex_lock(&old->lock);
		old->dead = true;
		mutex_unlock(&old->lock);
	}
	if (old) {
		cputime_refresh();
		t->proc->maxrss_kb = max(t->proc->maxrss_kb, old->max_rss_kb);
	}
	t->kthread = false;
	if (shared)
		cputime_leave_host_thread(t);
	err = host_mm_exec(new, shared);
	if (err) {
		t->kthread = !old;
		t->cpu_before = 0;
		*intact = shared;
		return err;
	}
	if (shared)
		cputime_enter_host_thread(t);
	spin_lock(&t->lock);
	t->mm = new;
	spin_unlock(&t->lock);
	mm_get(new);
	if (old)
		exec_drop_mm(old);
	task_vfork_complete(t);
	return 0;
}

static void exec_reset_signals(struct task *t)
{
	struct sighand *sh = t->sighand;

	spin_lock(&sh->lock);
	for (int i = 0; i < NSIG; i++) {
		struct ksigaction *ka = &sh->action[i];

		if (ka->handler != SIG_IGN)
			ka->handler = SIG_DFL;
		ka->flags = 0;
		ka->restorer = 0;
		ka->mask = 0;
	}
	spin_unlock(&sh->lock);
	altstack_reset(t);
}

void task_set_comm(struct task *t, const char *name)
{
	strlcpy(t->comm, name, sizeof(t->comm));
	host_task_set_name(t, t->comm);
}

static void exec_reset_task(struct exec_job *job)
{
	struct task *t = current;
	struct process *p = t->proc;
	const char *base = strrchr(job->filename, '/');

	posix_timers_exit(p);
	exec_reset_signals(t);
	files_close_on_exec(t->files);
	task_set_comm(t, base ? base + 1 : job->filename);
	if (job->secure) {
		t->personality &= ~PER_CLEAR_ON_SETID;
		t->pdeath_signal = 0;
	}
	p->securebits &= ~SECBIT_KEEP_CAPS;
	atomic_and(&t->syscall_work, ~SYSCALL_WORK_DISPATCH);
	p->did_exec = true;
	p->exit_signal = t->exit_signal = SIGCHLD;
	t->robust_list = UNULL;
	t->restart_kind = RESTART_NONE;
	t->fault_trapno = t->fault_error = t->fault_addr = 0;
	if (job->cred) {
		cred_install(job->cred);
		job->cred = NULL;
	}
	/* Whose file may not be read may not be looked at in memory either. */
	t->mm->dumpable = !job->secure && t->cred->uid == t->cred->euid &&
			  t->cred->gid == t->cred->egid &&
			  !inode_permission(job->file->inode, MAY_READ);
}

static void exec_start_regs(u64 entry, u64 sp)
{
	struct pt_regs *r = task_regs(current);
	u64 orig_rax = r->orig_rax;

	memset(r, 0, sizeof(*r));
	r->orig_rax = orig_rax;
	r->rip = entry;
	r->rsp = sp;
	r->cs = 0x33;
	r->ss = 0x2b;
	r->rflags = 0x202;
	r->entry = ENTRY_NEW;
	r->flags = PT_REGS_FULL;
	host_fpu_reset();
	host_set_fs(0);
	host_set_gs(0);
}

static int exec_load_image(struct exec_job *job, struct mm *mm)
{
	u64 rnd = 0, size, entry;
	s64 sp;
	int err;

	if (!(current->personality & ADDR_NO_RANDOMIZE))
		host_random(&rnd, sizeof(rnd));
	job->stack_top = USER_MAX - (rnd % EXEC_STACK_RND << PAGE_SHIFT);
	size = exec_args_bytes(&job->args) + EXEC_STACK_EXTRA +
	       8ull * (job->args.argc + job->args.envc);
	size = max(size, rlimit(RLIMIT_STACK));
	err = mm_setup_stack(mm, job->stack_top, size, job->exec_stack);
	if (err)
		return err;
	err = elf_load(job, mm);
	if (err)
		return err;
	file_hold_program(job->file);
	mm->exe = job->file;
	entry = elf_entry(job);
	if (entry >= USER_MAX ||
	    (entry >= KERNEL_RANGE_LO && entry < KERNEL_RANGE_HI))
		return -EINVAL;
	sp = exec_args_build(job, mm);
	if (sp < 0)
		return (int)sp;
	exec_start_regs(entry, (u64)sp);
	return 0;
}

/* => 0, or an error with which the old program goes on; or it is killed */
static int exec_commit(struct exec_job *job, bool *fatal)
{
	struct mm *mm;
	bool intact = true;
	int err = files_unshare();

	if (err)
		return err;
	mm = mm_alloc();
	if (!mm)
		return -ENOMEM;
	if (current->mm) {
		mm->prctl = current->mm->prctl;
		mm->core_filter = current->mm->core_filter;
	}
	err = exec_take_over();
	if (!err)
		err = sighand_unshare(current);
	if (!err)
		err = exec_switch_mm(mm, &intact);
	if (err) {
		*fatal = !intact;
		mm->dead = true;
		mm_put(mm);
		return err;
	}
	*fatal = true;
	exec_reset_task(job);
	return exec_load_image(job, mm);
}

static int exec_run(struct exec_job *job, const struct exec_vector *argv,
		    const struct exec_vector *envp, bool *fatal)
{
	struct exec_args *a = &job->args;
	int err;

	exec_args_init(a);
	err = exec_args_take(a, argv, &a->argc, true);
	a->argv_bytes = a->used;
	if (!err)
		err = exec_args_take(a, envp, &a->envc, false);
	if (!err)
		err = exec_find_format(job);
	if (!err)
		err = exec_prepare_cred(job);
	if (!err)
		err = exec_commit(job, fatal);
	return err;
}

static int do_execve(int dfd, const char *name, int flags,
		     const struct exec_vector *argv,
		     const struct exec_vector *envp)
{
	struct exec_job *job = kzalloc(sizeof(*job));
	u32 old_tid = current->tid;
	bool fatal = false;
	int err;

	if (!job)
		return -ENOMEM;
	err = exec_open(job, dfd, name, flags);
	if (!err)
		err = exec_set_name(job, dfd, name);
	/* could it be run? that question ends here */
	if (!err && !(flags & AT_EXECVE_CHECK))
		err = exec_run(job, argv, envp, &fatal);
	pr_debug(DEBUG_TASK, "%s[%u]: exec %s: %d\n", current->comm,
		 current->tid, name, err);
	exec_args_free(&job->args);
	elf_release(job);
	exec_close(job);
	if (job->cred)
		cred_put(job->cred);
	kfree(job->filename);
	kfree(job->interp_buf);
	kfree(job);
	if (err && fatal)
		do_group_exit(SIGSEGV);
	if (!err && !(flags & AT_EXECVE_CHECK))
		ptrace_exec(old_tid);
	return err;
}

int kernel_execve(const char *path, const char *const *argv,
		  const char *const *envp)
{
	const struct exec_vector a = { .kern = argv }, e = { .kern = envp };

	return do_execve(AT_FDCWD, path, 0, &a, &e);
}

long do_execveat(int dfd, uaddr path, uaddr argv, uaddr envp, int flags)
{
	const struct exec_vector a = { .user = argv }, e = { .user = envp };
	char *name = path_name_get(path);
	long ret;

	if (IS_ERR(name)) {
		/* the one call whose path may be empty */
		if (PTR_ERR(name) != -ENOENT || !(flags & AT_EMPTY_PATH))
			return PTR_ERR(name);
		return do_execve(dfd, "", flags, &a, &e);
	}
	ret = do_execve(dfd, name, flags, &a, &e);
	path_name_put(name);
	return ret;
}
