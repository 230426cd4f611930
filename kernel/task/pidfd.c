// SPDX-License-Identifier: GPL-2.0
/*
 * pidfds: descriptors that name a process (or, with PIDFD_THREAD, a thread)
 * and keep naming it after its number was given to another. pidfd_open(2).
 *
 * The file holds a reference on the task it was made for and on its process;
 * what it names is dead when that process has no leader any more. poll(2) says
 * readable as soon as it could be waited for.
 */
#include <abi/poll.h>
#include <abi/stat.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/vfs.h>
#include "internal.h"

struct pidfd {
	struct process *proc;
	struct task *task;
	bool thread;
};

static void pidfd_release(struct file *f)
{
	struct pidfd *pf = f->priv;

	process_put(pf->proc);
	task_put(pf->task);
	kfree(pf);
}

static bool pidfd_exited(struct pidfd *pf)
{
	struct process *p = pf->proc;
	struct sighand *sh;
	bool yes;

	if (pf->thread)
		return READ_ONCE(pf->task->state) >= TASK_ZOMBIE;
	sh = sighand_lock(p);
	yes = !p->leader ||
	      (p->leader->state >= TASK_ZOMBIE && process_empty_but_leader(p));
	spin_unlock(&sh->lock);
	return yes;
}

static u32 pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pidfd *pf = f->priv;

	poll_wait(f, &pf->proc->exit_wait, pt);
	if (READ_ONCE(pf->task->state) == TASK_DEAD && pidfd_exited(pf))
		return POLLIN | POLLRDNORM | POLLHUP; /* and waited for */
	return pidfd_exited(pf) ? POLLIN | POLLRDNORM : 0;
}

static int pidfd_show_fdinfo(struct file *f, char *buf, size_t n)
{
	struct pidfd *pf = f->priv;
	int pid = pf->proc->leader ? (int)pid_shown(pf->proc->pid) : -1;

	return snprintf(buf, n, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}

static const struct file_ops pidfd_file_ops = {
	.release = pidfd_release,
	.poll = pidfd_poll,
	.show_fdinfo = pidfd_show_fdinfo,
};

/* => file, or ERR_PTR */
struct file *pidfd_create(struct task *t, bool thread, int flags)
{
	struct pidfd *pf = kzalloc(sizeof(*pf));
	struct file *f;

	if (!pf)
		return ERR_PTR(-ENOMEM);
	pf->proc = t->proc;
	pf->task = t;
	pf->thread = thread;
	ref_get(&pf->proc->refs);
	task_get(t);
	f = file_open_anon("anon_inode:[pidfd]", &pidfd_file_ops, pf,
			   O_RDWR | flags, 0700);
	if (IS_ERR(f)) {
		process_put(pf->proc);
		task_put(t);
		kfree(pf);
	}
	return f;
}

bool file_is_pidfd(struct file *f)
{
	return f->ops == &pidfd_file_ops;
}

struct process *pidfd_process(struct file *f)
{
	struct pidfd *pf = f->priv;

	return pf->proc;
}

/* The task it names (of a process: its leader), with a reference, or NULL. */
struct task *pidfd_task(struct file *f, bool *thread)
{
	struct pidfd *pf = f->priv;
	struct task *t = pf->task;
	struct sighand *sh;

	*thread = pf->thread;
	if (pf->thread) {
		if (READ_ONCE(t->state) == TASK_DEAD)
			return NULL;
		task_get(t);
		return t;
	}
	sh = sighand_lock(pf->proc);
	t = pf->proc->leader;
	if (t)
		task_get(t);
	spin_unlock(&sh->lock);
	return t;
}
