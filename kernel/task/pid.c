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
 * The slots' task and refs are under pid_lock, a leaf; the group lists are
 * under tasklist_lock. A task in the table has a reference of the table's, so
 * whoever finds it under pid_lock may take one of his own.
 */
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include "internal.h"

#define PID_MAX	     32768u
#define PID_RESERVED 300u /* where the search goes on after a wrap */

struct pid_slot {
	struct task *task;
	u32 refs;
	struct list_head group; /* struct process by pgrp_node */
};

static spinlock_t pid_lock __hot_data;
static u32 pid_last_given __hot_data;
static struct pid_slot pid_table[PID_MAX] __big_bss;

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

static void pid_take(u32 pid)
{
	pid_table[pid].refs = 1;
	pid_table[pid].task = NULL;
	list_init(&pid_table[pid].group);
}

int pid_alloc(u32 want)
{
	int ret = -EAGAIN;

	u32 top = (u32)sysctl_get(SYSCTL_PID_MAX);

	spin_lock(&pid_lock);
	if (want) {
		ret = want >= top ? -EINVAL : -EEXIST;
		if (want < top && !pid_table[want].refs) {
			pid_take(want);
			ret = (int)want;
		}
	} else {
		u32 pid = pid_last_given;

		for (u32 i = 0; i < top; i++) {
			if (++pid >= top)
				pid = PID_RESERVED;
			if (!pid_table[pid].refs) {
				pid_take(pid);
				pid_last_given = pid;
				ret = (int)pid;
				break;
			}
		}
	}
	spin_unlock(&pid_lock);
	return ret;
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
	spin_lock(&pid_lock);
	pid_table[pid].refs--;
	spin_unlock(&pid_lock);
}

void pid_release(u32 pid)
{
	spin_lock(&pid_lock);
	pid_table[pid].task = NULL;
	pid_table[pid].refs--;
	spin_unlock(&pid_lock);
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
