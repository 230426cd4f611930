// SPDX-License-Identifier: GPL-2.0
/*
 * Terminals and job control: which session a terminal belongs to and which of
 * its process groups is in the foreground. credentials(7), tty_ioctl(4).
 *
 * A session leader without a terminal gets one by opening it (unless O_NOCTTY)
 * or by TIOCSCTTY; its children inherit process->tty. The terminal knows the
 * session (sid of the leader) and the foreground group. The tie ends when the
 * leader exits or gives it up, or when the line is hung up: then every process
 * of the session loses process->tty, and those who care get SIGHUP.
 *
 * session, pgrp and process->tty change under tasklist_lock only, and the lock
 * may be taken while a tty's own lock is held, never the other way round.
 * Groups and sessions are kept as numbers; a pid is not given out again while
 * a group or session of that number has members.
 */
#include "tty_internal.h"
#include <abi/capability.h>
#include <kernel/cred.h>

/* Every process once: its leader's task stays listed until it is released. */
#define tty_for_each_process(t)                       \
	list_for_each_entry (t, &all_tasks, all_node) \
		if ((t)->proc && (t)->proc->leader == (t))

struct tty *tty_current_get(void)
{
	struct tty *t;

	mutex_lock(&tasklist_lock);
	t = current->proc->tty;
	if (t)
		tty_get(t);
	mutex_unlock(&tasklist_lock);
	return t;
}

void tty_process_clear(struct process *p)
{
	struct tty *t = p->tty;

	p->tty = NULL;
	if (t)
		tty_put(t);
}

/* Has nobody outside the group, but in its session, the care of it? */
static bool tty_pgrp_is_orphaned(u32 pgid)
{
	struct task *t;

	tty_for_each_process(t)
	{
		struct process *p = t->proc, *parent = p->parent;

		if (p->pgid != pgid || t->state >= TASK_ZOMBIE || !parent ||
		    parent == init_process)
			continue;
		if (parent->pgid != pgid && parent->sid == p->sid)
			return false;
	}
	return true;
}

int tty_check_change(struct tty *t, int sig)
{
	u32 pgid, fg;
	int err = 0;

	if (READ_ONCE(current->proc->tty) != t)
		return 0;
	fg = READ_ONCE(t->pgrp);
	if (!fg || fg == READ_ONCE(current->proc->pgid))
		return 0;
	mutex_lock(&tasklist_lock);
	pgid = current->proc->pgid;
	if (!t->pgrp || t->pgrp == pgid) {
		err = 0;
	} else if (signal_ignored_or_blocked(current, sig)) {
		err = sig == SIGTTIN ? -EIO : 0;
	} else if (tty_pgrp_is_orphaned(pgid)) {
		err = -EIO;
	} else {
		send_signal_pgrp_locked(pgid, sig, NULL);
		/* Another thread may take it: come by the exit path anyway. */
		atomic_or(&current->work, WORK_SIGNAL);
		err = -ERESTARTSYS;
	}
	mutex_unlock(&tasklist_lock);
	return err;
}

void tty_signal_pgrp(struct tty *t, int sig)
{
	mutex_lock(&tasklist_lock);
	if (t->pgrp)
		send_signal_pgrp_locked(t->pgrp, sig, NULL);
	mutex_unlock(&tasklist_lock);
}

/* Every process of the session loses t. Caller holds tasklist_lock. */
static void tty_clear_session_locked(struct tty *t)
{
	struct task *p;

	tty_for_each_process(p) if (p->proc->sid == t->session &&
				    p->proc->tty == t)
		tty_process_clear(p->proc);
}

void tty_clear_session(struct tty *t)
{
	tty_get(t);
	mutex_lock(&tasklist_lock);
	if (t->session)
		tty_clear_session_locked(t);
	t->session = 0;
	t->pgrp = 0;
	mutex_unlock(&tasklist_lock);
	tty_put(t);
}

static void tty_take_locked(struct tty *t)
{
	struct process *p = current->proc;

	tty_process_clear(p);
	tty_get(t);
	p->tty = t;
	p->tty_old_pgrp = 0;
	t->session = p->sid;
	t->pgrp = p->pgid;
}

void tty_acquire_on_open(struct tty *t, struct file *f)
{
	struct process *p = current->proc;

	/* One who may only write must not become able to read by /dev/tty. */
	if (!p->session_leader || !(f->mode & FMODE_READ))
		return;
	mutex_lock(&tasklist_lock);
	if (p->session_leader && !p->tty && !t->session)
		tty_take_locked(t);
	mutex_unlock(&tasklist_lock);
}

int tty_set_ctty(struct tty *t, struct file *f, bool steal)
{
	struct process *p = current->proc;
	int err = 0;

	mutex_lock(&tasklist_lock);
	if (p->session_leader && p->sid == t->session)
		goto out;
	err = -EPERM;
	if (!p->session_leader || p->tty)
		goto out;
	if (t->session) {
		if (!steal || !capable(CAP_SYS_ADMIN))
			goto out;
		tty_clear_session_locked(t);
	}
	if (!(f->mode & FMODE_READ) && !capable(CAP_SYS_ADMIN))
		goto out;
	tty_take_locked(t);
	err = 0;
out:
	mutex_unlock(&tasklist_lock);
	return err;
}

/* TIOCNOTTY: a leader gives it up for the whole session. */
int tty_give_up_ctty(struct tty *t)
{
	struct process *p = current->proc;

	mutex_lock(&tasklist_lock);
	if (p->tty != t) {
		mutex_unlock(&tasklist_lock);
		return -ENOTTY;
	}
	if (p->session_leader) {
		if (t->pgrp) {
			send_signal_pgrp_locked(t->pgrp, SIGHUP, NULL);
			send_signal_pgrp_locked(t->pgrp, SIGCONT, NULL);
		}
		tty_clear_session_locked(t);
		t->session = 0;
		t->pgrp = 0;
	}
	tty_process_clear(p);
	mutex_unlock(&tasklist_lock);
	return 0;
}

/*
 * The line was hung up: the leader gets SIGHUP and, in case it is stopped,
 * SIGCONT; the foreground group only at the leader's exit, now or later.
 */
void tty_hangup_session(struct tty *t, bool session_exit)
{
	struct task *p;

	mutex_lock(&tasklist_lock);
	if (t->session) {
		tty_for_each_process(p)
		{
			if (p->proc->sid != t->session || p->proc->tty != t)
				continue;
			tty_process_clear(p->proc);
			if (!p->proc->session_leader)
				continue;
			p->proc->tty_old_pgrp = t->pgrp;
			send_signal_process(p->proc, SIGHUP, NULL);
			send_signal_process(p->proc, SIGCONT, NULL);
		}
		if (session_exit && t->pgrp)
			send_signal_pgrp_locked(t->pgrp, SIGHUP, NULL);
	}
	t->session = 0;
	t->pgrp = 0;
	mutex_unlock(&tasklist_lock);
}

void tty_session_exit(struct process *leader)
{
	struct tty *t;

	if (!leader->session_leader)
		return;
	mutex_lock(&tasklist_lock);
	t = leader->tty;
	if (!t) {
		if (leader->tty_old_pgrp) {
			u32 old = leader->tty_old_pgrp;

			leader->tty_old_pgrp = 0;
			send_signal_pgrp_locked(old, SIGHUP, NULL);
			send_signal_pgrp_locked(old, SIGCONT, NULL);
		}
		mutex_unlock(&tasklist_lock);
		return;
	}
	tty_get(t);
	if (!t->is_pty) {
		mutex_unlock(&tasklist_lock);
		tty_hangup(t, true);
		tty_put(t);
		return;
	}
	if (t->session == leader->sid) {
		if (t->pgrp)
			send_signal_pgrp_locked(t->pgrp, SIGHUP, NULL);
		tty_clear_session_locked(t);
		t->session = 0;
		t->pgrp = 0;
	}
	tty_process_clear(leader);
	mutex_unlock(&tasklist_lock);
	tty_put(t);
}

/* --- The ioctls --- */

/* Through the slave only one's own terminal may be asked about. */
static bool tty_is_foreign(struct tty *t, bool check)
{
	return check && READ_ONCE(current->proc->tty) != t;
}

int tty_get_pgrp(struct tty *t, bool check, u32 *out)
{
	if (tty_is_foreign(t, check))
		return -ENOTTY;
	*out = pid_shown(READ_ONCE(t->pgrp));
	return 0;
}

int tty_get_sid(struct tty *t, bool check, u32 *out)
{
	if (tty_is_foreign(t, check))
		return -ENOTTY;
	*out = READ_ONCE(t->session);
	if (!*out)
		return -ENOTTY;
	*out = pid_shown(*out);
	return 0;
}

int tty_set_pgrp(struct tty *t, s32 pgrp)
{
	struct process *self = current->proc;
	struct task *p;
	int err = -ESRCH;

	if (pgrp < 0)
		return -EINVAL;
	pgrp = (s32)pid_given((u32)pgrp);
	mutex_lock(&tasklist_lock);
	if (self->tty != t || t->session != self->sid) {
		err = -ENOTTY;
		goto out;
	}
	tty_for_each_process(p)
	{
		if (p->proc->pgid != (u32)pgrp)
			continue;
		err = p->proc->sid == self->sid ? 0 : -EPERM;
		break;
	}
	if (!err)
		t->pgrp = (u32)pgrp;
out:
	mutex_unlock(&tasklist_lock);
	return err;
}
