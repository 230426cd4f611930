// SPDX-License-Identifier: GPL-2.0
/*
 * Task blocks and what holds tasks together.
 *
 * A block (internal.h) is counted by its parts: the task itself until its last
 * reference goes, the process it leads, the dispositions of that process. Free
 * blocks are kept on a list: their pages are warm, and the next fork wants
 * exactly these. They never go back to the page allocator, because host
 * processes have private memory of their own in the place of the pad.
 *
 * task->refs counts the running context (dropped by kern_task_gone(), which
 * comes from another stack), the place in the pid table (task_detach()), and
 * whoever looks at the task from outside. task->mm, files, fs and cred change
 * under task->lock, so that task_get_*() can be used on any task at any time.
 *
 * The first kernel thread runs on a block that arch-um made; it is task 0 and
 * the parent of everything that has no other.
 */
#include <abi/capability.h>
#include <hostapi/kern.h>
#include <kernel/fdtable.h>
#include <kernel/mm.h>
#include <kernel/ns.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>
#include "internal.h"

#define TASK_MAX     8000u /* the host side has a table of 8,192 */
#define STACK_RLIMIT (8ull << 20)

struct mutex tasklist_lock __hot_data = MUTEX_INIT(tasklist_lock);
struct list_head all_tasks __hot_data = LIST_HEAD_INIT(all_tasks);
struct process *init_process __hot_data;
u32 max_tasks __hot_data = 1000;

static spinlock_t task_warm_lock __hot_data;
static struct task_area *task_warm __hot_data;
static struct process *task_root_process; /* of task 0 */

static struct task_area *task_area_of(struct task *t)
{
	return (struct task_area *)t;
}

static struct task_area *task_block_alloc(void)
{
	struct task_area *a;
	char *block;

	spin_lock(&task_warm_lock);
	a = task_warm;
	if (a)
		task_warm = a->next_free;
	spin_unlock(&task_warm_lock);
	if (a)
		return a;
	block = page_alloc(TASK_BLOCK_ORDER);
	if (!block)
		return NULL;
	return (struct task_area *)task_from_sp((u64)block);
}

void task_block_put(struct task_area *a)
{
	if (atomic_dec(&a->block_refs))
		return;
	spin_lock(&task_warm_lock);
	a->next_free = task_warm;
	task_warm = a;
	spin_unlock(&task_warm_lock);
}

/* What every new task has alike; the block holds one reference for it. */
void task_init_common(struct task *t)
{
	memset(t, 0, offsetof(struct task, name_buf));
	ref_init(&t->refs, 2); /* its context, and the pid table's */
	list_init(&t->pending.queue);
	list_init(&t->thread_node);
	list_init(&t->all_node);
	list_init(&t->deferred);
	t->sample_at = t->sample_gap = 7; /* see dispatch.c */
	t->alt_flags = SS_DISABLE;
	t->start_time = time_boot_ns();
	task_area_of(t)->block_refs = 1;
	lockdep_task_init(&t->lockdep);
	kcov_task_init(&t->kcov);
}

struct task *task_alloc(void)
{
	struct task_area *a = task_block_alloc();

	if (!a)
		return NULL;
	task_init_common(&a->task);
	return &a->task;
}

/* Limits as the host's init has them. */
static void process_init_rlimits(struct process *p)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		p->rlim[i] = (struct rlimit64){ RLIM_INFINITY, RLIM_INFINITY };
	p->rlim[RLIMIT_STACK].rlim_cur = STACK_RLIMIT;
	p->rlim[RLIMIT_CORE].rlim_cur = 0;
	p->rlim[RLIMIT_NPROC] =
		(struct rlimit64){ max_tasks / 2, max_tasks / 2 };
	p->rlim[RLIMIT_NOFILE] = (struct rlimit64){ 1024, 524288 };
	p->rlim[RLIMIT_MEMLOCK] = (struct rlimit64){ 8ull << 20, 8ull << 20 };
	p->rlim[RLIMIT_SIGPENDING] = p->rlim[RLIMIT_NPROC];
	p->rlim[RLIMIT_MSGQUEUE] = (struct rlimit64){ 819200, 819200 };
	p->rlim[RLIMIT_NICE] = (struct rlimit64){ 0, 0 };
	p->rlim[RLIMIT_RTPRIO] = (struct rlimit64){ 0, 0 };
}

/* The process in the block of `leader`; has one reference, the leader's. */
void process_init(struct process *p, struct task *leader)
{
	memset(p, 0, sizeof(*p));
	ref_init(&p->refs, 1);
	p->leader = leader;
	p->pid = leader->tid;
	p->live = 1;
	list_init(&p->threads);
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->pgrp_node);
	list_init(&p->pending.queue);
	list_init(&p->posix_timers);
	list_init(&p->ptraced);
	waitqueue_init(&p->child_wait);
	waitqueue_init(&p->exit_wait);
	itimers_init(p);
	atomic_inc(&task_area_of(leader)->block_refs);
}

void process_put(struct process *p)
{
	if (!ref_put(&p->refs))
		return;
	kfree(p->cpu_timers);
	if (p->sighand != p->first_sighand)
		sighand_put(p->sighand);
	sighand_put(p->first_sighand);
	task_block_put(container_of(p, struct task_area, proc));
}

void task_put(struct task *t)
{
	if (!ref_put(&t->refs))
		return;
	if (t->cred)
		cred_put(t->cred);
	nsset_put(t->nss);
	if (t->pid_ns)
		ns_put(&t->pid_ns->ns);
	if (t->sighand)
		sighand_put(t->sighand);
	if (t->proc)
		process_put(t->proc);
	task_block_put(task_area_of(t));
}

/* The context's and the table's reference of a task that never ran. */
void task_free_new(struct task *t)
{
	task_put(t);
	task_put(t);
}

void kern_task_gone(struct task *t)
{
	struct mm *mm;

	spin_lock(&t->lock);
	mm = t->mm;
	t->mm = NULL;
	spin_unlock(&t->lock);
	if (mm)
		mm_put(mm);
	task_put(t);
}

void kern_task_started(struct task *t)
{
	WRITE_ONCE(t->state, TASK_RUNNING);
	if (t->set_tls)
		host_set_fs(t->start_tls);
	if (t->set_child_tid.va) {
		u32 tid = pid_shown(t->tid);

		if (put_user(tid, t->set_child_tid))
			t->set_child_tid = UNULL; /* as Linux: no error */
	}
}

/*
 * Caller holds tasklist_lock. parent: NULL for another thread of t->proc; like:
 * whose group and session a new process joins.
 */
void task_attach(struct task *t, struct process *parent, struct process *like)
{
	struct process *p = t->proc;
	struct sighand *sh = p->sighand;

	spin_lock(&sh->lock);
	list_add_tail(&t->thread_node, &p->threads);
	p->nr_threads++;
	spin_unlock(&sh->lock);
	list_add_tail(&t->all_node, &all_tasks);
	if (parent) {
		p->parent = parent;
		if (unlikely(t->pid_inner) && pid_nr_in(t->tid, t->pid_ns) == 1)
			t->pid_ns->reaper = p;
		list_add_tail(&p->sibling, &parent->children);
		p->pgid = like->pgid;
		p->sid = like->sid;
		pid_get(p->pgid);
		pid_get(p->sid);
		list_add_tail(&p->pgrp_node, pid_group(p->pgid));
	}
	nr_tasks++;
	atomic_inc(&t->cred->user->nproc);
	pid_publish(t->tid, t);
}

/* Out of every list and the pid table; the table's reference is the caller's */
void task_detach(struct task *t)
{
	struct process *p = t->proc;
	struct sighand *sh;

	sh = sighand_lock(p);
	list_del(&t->thread_node);
	p->nr_threads--;
	if (p->leader == t)
		p->leader = NULL;
	spin_unlock(&sh->lock);
	list_del(&t->all_node);
	if (!p->nr_threads) {
		if (unlikely(t->pid_inner) && t->pid_ns->reaper == p)
			t->pid_ns->reaper = NULL;
		list_del(&p->sibling);
		list_del(&p->pgrp_node);
		tty_process_clear(p);
		pid_put(p->pgid);
		pid_put(p->sid);
	}
	nr_tasks--;
	atomic_dec(&t->cred->user->nproc);
	pid_release(t->tid);
}

void task_defer(struct deferred_work *w)
{
	struct task *t = current;

	list_add_tail(&w->node, &t->deferred);
	atomic_or(&t->work, WORK_NOTIFY);
}

void task_run_deferred(struct task *t)
{
	atomic_and(&t->work, ~WORK_NOTIFY);
	while (!list_empty(&t->deferred)) {
		struct deferred_work *w =
			list_first(&t->deferred, struct deferred_work, node);

		list_del(&w->node);
		w->fn(w);
	}
}

/* --- What other tasks hold --- */

struct mm *task_get_mm(struct task *t)
{
	struct mm *mm;

	spin_lock(&t->lock);
	mm = t->dying ? NULL : t->mm;
	if (mm)
		mm_get(mm);
	spin_unlock(&t->lock);
	return mm;
}

struct files *task_get_files(struct task *t)
{
	struct files *f;

	spin_lock(&t->lock);
	f = t->files;
	if (f)
		ref_get(&f->refs);
	spin_unlock(&t->lock);
	return f;
}

struct fs_context *task_get_fs(struct task *t)
{
	struct fs_context *fs;

	spin_lock(&t->lock);
	fs = t->fs;
	if (fs)
		ref_get(&fs->refs);
	spin_unlock(&t->lock);
	return fs;
}

struct cred *task_get_cred(struct task *t)
{
	struct cred *c;

	spin_lock(&t->lock);
	c = t->cred;
	cred_get(c);
	spin_unlock(&t->lock);
	return c;
}

u64 rlimit(int res)
{
	return READ_ONCE(current->proc->rlim[res].rlim_cur);
}

/* --- Kernel threads --- */

static void kthread_main(void *unused)
{
	struct task *t = current;
	void (*fn)(void *) = (void (*)(void *))t->restart_arg[0];

	WRITE_ONCE(t->state, TASK_RUNNING);
	host_task_set_name(t, t->comm);
	fn((void *)t->restart_arg[1]);
	do_exit(0);
}

/* tid: its number, 0 = any. */
struct task *kthread_create(const char *name, u32 tid, void (*fn)(void *),
			    void *arg)
{
	struct task *t = task_alloc();
	struct task_area *a = task_area_of(t);
	struct process *p;
	int err;

	if (!t)
		return ERR_PTR(-ENOMEM);
	err = pid_alloc(&init_pid_ns, &tid, 1);
	if (err < 0) {
		task_free_new(t);
		return ERR_PTR(err);
	}
	tid = (u32)err;
	err = -ENOMEM;
	t->tid = tid;
	t->kthread = true;
	strlcpy(t->comm, name, sizeof(t->comm));
	t->restart_arg[0] = (u64)fn;
	t->restart_arg[1] = (u64)arg;
	p = &a->proc;
	process_init(p, t);
	t->proc = p;
	p->sighand = p->first_sighand = t->sighand = &a->sighand;
	sighand_init(&a->sighand);
	p->exit_signal = SIGCHLD;
	t->exit_signal = SIGCHLD;
	memcpy(p->rlim, task_root_process->rlim, sizeof(p->rlim));
	t->cred = &init_cred;
	cred_get(t->cred);
	t->nss = &init_nsset;
	nsset_get(t->nss);
	t->pid_ns = &init_pid_ns;
	ns_get(&init_pid_ns.ns);
	memcpy(t->affinity, current->affinity, sizeof(t->affinity));
	t->timer_slack = 50000;
	if (current->fs) {
		t->fs = tid == 1 ? fs_context_copy(current->fs) : current->fs;
		if (!t->fs)
			goto free_pid;
		if (tid != 1)
			ref_get(&t->fs->refs);
	}
	if (tid == 1) {
		t->files = files_alloc();
		if (!t->files)
			goto put_fs;
		p->unkillable = true;
		init_process = p;
	}
	mutex_lock(&tasklist_lock);
	task_attach(t, task_root_process, task_root_process);
	if (tid == 1) {
		process_set_pgid(p, 1);
		process_set_sid(p, 1);
		p->session_leader = true;
	}
	mutex_unlock(&tasklist_lock);
	err = host_task_start_kernel(t, kthread_main, NULL);
	if (!err)
		return t;
	mutex_lock(&tasklist_lock);
	task_detach(t);
	mutex_unlock(&tasklist_lock);
	if (t->files)
		files_put(t->files);
	tid = 0; /* task_detach() gave it back */
put_fs:
	if (t->fs)
		fs_context_put(t->fs);
free_pid:
	if (tid)
		pid_release(tid);
	task_free_new(t);
	return ERR_PTR(err);
}

/*
 * A kernel thread is a thread of the host process that it is started from, and
 * must not end with a guest's: a guest has the timer thread start it.
 */
struct kthread_request {
	struct timer timer;
	struct waitqueue wait;
	const char *name;
	void (*fn)(void *arg);
	void *arg;
	struct task *task; /* NULL: not yet */
};

static void kthread_request_serve(struct timer *timer)
{
	struct kthread_request *r =
		container_of(timer, struct kthread_request, timer);

	store_release(&r->task, kthread_create(r->name, 0, r->fn, r->arg));
	waitqueue_wake_all(&r->wait);
}

struct task *kthread_start(const char *name, void (*fn)(void *), void *arg)
{
	struct kthread_request r = { .name = name, .fn = fn, .arg = arg };

	if (current->kthread)
		return kthread_create(name, 0, fn, arg);
	waitqueue_init(&r.wait);
	timer_init(&r.timer, kthread_request_serve);
	if (timer_arm(&r.timer, time_mono_ns()))
		return ERR_PTR(-ENOMEM);
	wait_event(&r.wait, load_acquire(&r.task), "kthread_start");
	timer_cancel(&r.timer); /* its function may still be on its way out */
	return r.task;
}

struct task *kthread_start_init(void (*fn)(void *), void *arg)
{
	return kthread_create("init", 1, fn, arg);
}

/* --- The beginning, and the dump --- */

void task_subsys_init(void)
{
	struct task *t = current;
	struct host_task *host = t->host;
	struct task_area *a = task_area_of(t);
	struct slab_stats st;

	/* Half of the arena at most for blocks. */
	slab_get_stats(&st);
	max_tasks = (u32)min_t(u64, st.arena_pages >> (TASK_BLOCK_ORDER + 1),
			       TASK_MAX);
	task_init_common(t);
	t->host = host;
	pid_init();
	cred_init();
	t->kthread = true;
	t->state = TASK_RUNNING;
	strlcpy(t->comm, "swapper", sizeof(t->comm));
	t->cred = &init_cred;
	cred_get(t->cred);
	t->nss = &init_nsset;
	nsset_get(t->nss);
	t->pid_ns = &init_pid_ns;
	ns_get(&init_pid_ns.ns);
	process_init(&a->proc, t);
	t->proc = &a->proc;
	a->proc.sighand = a->proc.first_sighand = t->sighand = &a->sighand;
	sighand_init(&a->sighand);
	process_init_rlimits(t->proc);
	for (u32 i = 0; i < host_info.ncpus && i < 1024; i++)
		t->affinity[i / 8] |= (u8)(1u << (i % 8));
	task_root_process = t->proc;
	t->proc->parent = t->proc;
	a->proc.nr_threads = 1;
	list_add_tail(&t->thread_node, &a->proc.threads);
}

static const char *const task_state_names[] = {
	[TASK_NEW] = "new",	    [TASK_RUNNING] = "running",
	[TASK_SLEEPING] = "asleep", [TASK_STOPPED] = "stopped",
	[TASK_ZOMBIE] = "zombie",   [TASK_DEAD] = "dead",
};
_Static_assert(ARRAY_SIZE(task_state_names) == TASK_DEAD + 1, "names");

void task_dump_all(void)
{
	struct task *t;
	bool locked = false;

	/* A stuck machine may hold the lock: then look without it. */
	for (int i = 0; i < 100 && !locked; i++) {
		locked = mutex_trylock(&tasklist_lock);
		if (!locked)
			host_yield();
	}
	printk(KERN_INFO "%u tasks%s\n", nr_tasks,
	       locked ? "" : " (tasklist_lock is held)");
	list_for_each_entry (t, &all_tasks, all_node) {
		const char *wchan = READ_ONCE(t->wchan);
		u32 state = READ_ONCE(t->state);

		printk(KERN_INFO "%5u %5u %-15s %-8s host %d %s work %x\n",
		       t->tid, t->proc->pid, t->comm,
		       state <= TASK_DEAD ? task_state_names[state] : "?",
		       host_task_host_tid(t), wchan ? wchan : "-", t->work);
	}
	if (locked)
		mutex_unlock(&tasklist_lock);
}
