// SPDX-License-Identifier: GPL-2.0
/*
 * Process numbers.
 *
 * One table with a slot for each number up to pid_max: the task that bears it,
 * a count of what keeps the number from being used again (the task itself, and
 * each process whose group or session bears it), and the members of the process
 * group. Numbers are given out in ascending order and wrap, as on Linux, so
 * that the slots in use lie close together.
 *
 * Inside the kernel a number is always that of the first pid namespace. A
 * process of another one has further numbers, one for each level below the
 * first (struct pid_nrs, at the slot), which a hash by (namespace, number) leads
 * back from. pid_shown() and pid_given() translate for the current task.
 *
 * The slots' task, refs and nrs, the hash and the counts of a namespace are
 * under pid_lock, a leaf; the group lists are under tasklist_lock. A task in the table has a reference of the table's, so
 * whoever finds it under pid_lock may take one of his own.
 */
#include <abi/wait.h>
#include <kernel/ns.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include "internal.h"

#define PID_MAX	     32768u
#define PID_RESERVED 300u /* where the search goes on after a wrap */

/* One number in one namespace but the first. */
struct pid_nr {
	struct pid_nr *next; /* in the hash */
	struct pid_ns *ns;
	u32 nr, pid;
};

struct pid_nrs {
	struct pid_ns *ns;  /* the innermost; reference */
	struct pid_nr nr[]; /* by level, from 1 */
};

struct pid_slot {
	struct task *task;
	u32 refs;
	struct pid_nrs *nrs;	/* NULL: of the first namespace only */
	struct list_head group; /* struct process by pgrp_node */
};

static spinlock_t pid_lock __hot_data;
static u32 pid_last_given __hot_data;
static struct pid_slot pid_table[PID_MAX] __big_bss;

#define PID_HASH 256u
static struct pid_nr *pid_hash[PID_HASH];

struct pid_ns init_pid_ns = {
	.ns = { .refs = { 1 },
		.kind = NS_PID,
		.inum = 4026531836u,
		.owner = &init_user_ns },
};

void pid_init(void)
{
	pid_last_given = 1; /* kept for init */
	pid_table[0].refs = 1;
	list_init(&pid_table[0].group);
}

u32 pid_last(void)
{
	return READ_ONCE(pid_last_given);
}

/* --- Numbers in other namespaces than the first; under pid_lock --- */

static struct pid_nr **pid_bucket(const struct pid_ns *ns, u32 nr)
{
	return &pid_hash[(nr ^ (u32)((u64)ns >> 6)) % PID_HASH];
}

static struct pid_nr *pid_find_nr(const struct pid_ns *ns, u32 nr)
{
	struct pid_nr *n = *pid_bucket(ns, nr);

	while (n && (n->ns != ns || n->nr != nr))
		n = n->next;
	return n;
}

static int pid_choose_nr(struct pid_ns *ns, u32 want)
{
	u32 nr = ns->last, top = (u32)sysctl_get(SYSCTL_PID_MAX);

	if (want)
		return want >= top	       ? -EINVAL
		       : pid_find_nr(ns, want) ? -EEXIST
					       : (int)want;
	for (u32 i = 0; i < top; i++) {
		if (++nr >= top)
			nr = PID_RESERVED;
		if (!pid_find_nr(ns, nr)) {
			ns->last = nr;
			return (int)nr;
		}
	}
	return -EAGAIN;
}

static void pid_drop_nr(struct pid_nr *n)
{
	struct pid_nr **pp = pid_bucket(n->ns, n->nr);

	while (*pp != n)
		pp = &(*pp)->next;
	*pp = n->next;
}

/* want: from the innermost level outwards. => 0 or -errno */
static int pid_take_nrs(struct pid_nrs *nrs, u32 pid, const u32 *want, u32 n)
{
	struct pid_ns *ns = nrs->ns;

	for (; ns->level; ns = ns->parent) {
		u32 depth = nrs->ns->level - ns->level;
		struct pid_nr *e = &nrs->nr[ns->level - 1];
		int nr = pid_choose_nr(ns, depth < n ? want[depth] : 0);

		/* the first one is init, and without init there is none */
		if (nr > 0 && (ns->dead || (nr != 1 && !ns->init)))
			nr = ns->dead ? -ENOMEM : -EINVAL;
		if (nr < 0) {
			while (ns != nrs->ns) {
				ns = nrs->nr[ns->level].ns;
				pid_drop_nr(&nrs->nr[ns->level - 1]);
			}
			return nr;
		}
		*e = (struct pid_nr){ *pid_bucket(ns, (u32)nr), ns, (u32)nr,
				      pid };
		*pid_bucket(ns, (u32)nr) = e;
	}
	for (ns = nrs->ns; ns->level; ns = ns->parent) {
		ns->tasks++;
		if (nrs->nr[ns->level - 1].nr == 1)
			ns->init = 1;
	}
	return 0;
}

/* The number is free: => what the caller is to pid_nrs_free(), unlocked. */
static struct pid_nrs *pid_empty(u32 pid)
{
	struct pid_nrs *nrs = pid_table[pid].nrs;

	if (nrs)
		for (u32 i = 0; i < nrs->ns->level; i++)
			pid_drop_nr(&nrs->nr[i]);
	pid_table[pid].nrs = NULL;
	return nrs;
}

static void pid_nrs_free(struct pid_nrs *nrs)
{
	if (!nrs)
		return;
	ns_put(&nrs->ns->ns);
	kfree(nrs);
}

u32 pid_nr_in(u32 pid, const struct pid_ns *ns)
{
	struct pid_nrs *nrs;
	u32 nr = 0;

	if (likely(!ns->level) || pid >= PID_MAX)
		return pid;
	spin_lock(&pid_lock);
	nrs = pid_table[pid].refs ? pid_table[pid].nrs : NULL;
	if (nrs && nrs->ns->level >= ns->level &&
	    nrs->nr[ns->level - 1].ns == ns)
		nr = nrs->nr[ns->level - 1].nr;
	spin_unlock(&pid_lock);
	return nr;
}

u32 pid_of_nr(u32 nr, const struct pid_ns *ns)
{
	struct pid_nr *n;
	u32 pid = PID_NONE;

	if (likely(!ns->level) || !nr)
		return nr;
	spin_lock(&pid_lock);
	n = pid_find_nr(ns, nr);
	if (n)
		pid = n->pid;
	spin_unlock(&pid_lock);
	return pid;
}

u32 pid_shown_slow(u32 pid)
{
	return pid_nr_in(pid, current->pid_ns);
}

u32 pid_given_slow(u32 nr)
{
	return pid_of_nr(nr, current->pid_ns);
}

/* --- Numbers --- */

static void pid_take(u32 pid)
{
	pid_table[pid].refs = 1;
	pid_table[pid].task = NULL;
	list_init(&pid_table[pid].group);
}

static int pid_alloc_first(u32 want)
{
	u32 pid = pid_last_given, top = (u32)sysctl_get(SYSCTL_PID_MAX);

	if (want) {
		if (want >= top)
			return -EINVAL;
		if (pid_table[want].refs)
			return -EEXIST;
		pid_take(want);
		return (int)want;
	}
	for (u32 i = 0; i < top; i++) {
		if (++pid >= top)
			pid = PID_RESERVED;
		if (!pid_table[pid].refs) {
			pid_take(pid);
			pid_last_given = pid;
			return (int)pid;
		}
	}
	return -EAGAIN;
}

int pid_alloc(struct pid_ns *ns, const u32 *want, u32 n)
{
	struct pid_nrs *nrs = NULL;
	int pid;

	if (unlikely(ns->level)) {
		nrs = kzalloc(sizeof(*nrs) + ns->level * sizeof(nrs->nr[0]));
		if (!nrs)
			return -ENOMEM;
		nrs->ns = ns;
	}
	spin_lock(&pid_lock);
	pid = pid_alloc_first(n > ns->level ? want[ns->level] : 0);
	if (unlikely(nrs) && pid > 0) {
		int err = pid_take_nrs(nrs, (u32)pid, want, n);

		if (err) {
			pid_table[pid].refs = 0;
			pid = err;
		} else {
			ns_get(&ns->ns);
			pid_table[pid].nrs = nrs;
			nrs = NULL;
		}
	}
	spin_unlock(&pid_lock);
	kfree(nrs);
	return pid;
}

void pid_publish(u32 pid, struct task *t)
{
	spin_lock(&pid_lock);
	pid_table[pid].task = t;
	spin_unlock(&pid_lock);
}

void pid_get(u32 pid)
{
	spin_lock(&pid_lock);
	pid_table[pid].refs++;
	spin_unlock(&pid_lock);
}

void pid_put(u32 pid)
{
	struct pid_nrs *gone = NULL;

	spin_lock(&pid_lock);
	if (!--pid_table[pid].refs)
		gone = pid_empty(pid);
	spin_unlock(&pid_lock);
	if (unlikely(gone))
		pid_nrs_free(gone);
}

void pid_release(u32 pid)
{
	struct pid_nrs *nrs, *gone = NULL;

	spin_lock(&pid_lock);
	nrs = pid_table[pid].nrs;
	if (unlikely(nrs))
		for (struct pid_ns *ns = nrs->ns; ns->level; ns = ns->parent)
			if (--ns->tasks <= 2 && ns->waiter)
				task_wake(ns->waiter);
	pid_table[pid].task = NULL;
	if (!--pid_table[pid].refs)
		gone = pid_empty(pid);
	spin_unlock(&pid_lock);
	if (unlikely(gone))
		pid_nrs_free(gone);
}

void pid_exchange(struct task *a, struct task *b)
{
	u32 tid = a->tid;

	spin_lock(&pid_lock);
	a->tid = b->tid;
	b->tid = tid;
	pid_table[a->tid].task = a;
	pid_table[b->tid].task = b;
	spin_unlock(&pid_lock);
}

struct list_head *pid_group(u32 pgid)
{
	if (pgid >= PID_MAX || !pid_table[pgid].refs)
		return NULL;
	return &pid_table[pgid].group;
}

/* The new number is held before the old one is let go: they may be one. */
void process_set_pgid(struct process *p, u32 pgid)
{
	u32 old = p->pgid;

	pid_get(pgid);
	list_del(&p->pgrp_node);
	p->pgid = pgid;
	list_add_tail(&p->pgrp_node, &pid_table[pgid].group);
	pid_put(old);
}

void process_set_sid(struct process *p, u32 sid)
{
	u32 old = p->sid;

	pid_get(sid);
	p->sid = sid;
	pid_put(old);
}

struct task *task_find_get(u32 tid)
{
	struct task *t = NULL;

	if (tid >= PID_MAX)
		return NULL;
	spin_lock(&pid_lock);
	t = pid_table[tid].task;
	if (t)
		task_get(t);
	spin_unlock(&pid_lock);
	return t;
}

struct task *process_find_get(u32 pid)
{
	struct task *t = task_find_get(pid);

	if (t && t->proc->pid != pid) {
		task_put(t);
		return NULL;
	}
	return t;
}

/* --- Namespaces --- */

struct ns *pid_ns_copy(struct ns *of, struct user_ns *owner,
		       struct fs_context *fs)
{
	struct pid_ns *parent = current->pid_ns, *ns;

	if (parent->level >= PID_NS_LEVELS)
		return ERR_PTR(-ENOSPC);
	/* one for the children that has not begun is not to be stepped over */
	if (of != &parent->ns || !user_ns_is_within(owner, parent->ns.owner))
		return ERR_PTR(-EINVAL);
	ns = kzalloc(sizeof(*ns));
	if (!ns)
		return ERR_PTR(-ENOMEM);
	ns_init(&ns->ns, NS_PID, owner);
	ns->parent = parent;
	ns->level = parent->level + 1;
	ns_get(&parent->ns);
	return &ns->ns;
}

void pid_ns_free(struct ns *ns)
{
	struct pid_ns *p = container_of(ns, struct pid_ns, ns);
	struct pid_ns *parent = p->parent;

	kfree(p);
	ns_put(&parent->ns);
}

bool pid_ns_is_within(const struct pid_ns *ns, const struct pid_ns *top)
{
	while (ns->level > top->level)
		ns = ns->parent;
	return ns == top;
}

struct process *pid_ns_reaper_locked(const struct pid_ns *ns)
{
	return ns->level && ns->reaper ? ns->reaper : init_process;
}

/* The tasks of ns that are left, the caller and the group's leader not. */
static u32 pid_ns_left(struct pid_ns *ns)
{
	u32 n;

	spin_lock(&pid_lock);
	n = ns->tasks - (current->proc->leader == current ? 1 : 2);
	spin_unlock(&pid_lock);
	return n;
}

static void pid_ns_kill_all(struct pid_ns *ns)
{
	struct task *t;

	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node)
		if (t->proc->leader == t && t->proc != current->proc &&
		    pid_ns_is_within(t->pid_ns, ns))
			send_signal_process(t->proc, SIGKILL, NULL);
	mutex_unlock(&tasklist_lock);
}

/*
 * Init of ns ends, this is its last thread: everybody else goes first, and what
 * becomes of them nobody asks.
 */
void pid_ns_end(struct pid_ns *ns)
{
	struct sighand *sh = sighand_lock(current->proc);

	sh->action[SIGCHLD - 1].handler = SIG_IGN;
	spin_unlock(&sh->lock);
	spin_lock(&pid_lock);
	ns->dead = true;
	ns->waiter = current;
	spin_unlock(&pid_lock);
	pid_ns_kill_all(ns);
	for (;;) {
		struct wait_job w = { .which = P_ALL,
				      .options = WEXITED | WNOHANG | __WALL };
		u32 seq = sleep_prepare();

		while (do_wait(&w) > 0)
			;
		if (!pid_ns_left(ns))
			break;
		sleep_on(seq, TIME_NEVER, SLEEP_UNINTR, "zap_pid_ns");
	}
	spin_lock(&pid_lock);
	ns->waiter = NULL;
	spin_unlock(&pid_lock);
	mutex_lock(&tasklist_lock);
	ns->reaper = NULL;
	mutex_unlock(&tasklist_lock);
}
