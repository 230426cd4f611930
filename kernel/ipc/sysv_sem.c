// SPDX-License-Identifier: GPL-2.0
/*
 * System V semaphores: semget(2), semop(2), semctl(2).
 *
 * An operation on several semaphores is tried as a whole: values change only
 * when none of its parts must wait. Who must wait leaves an entry in the set's
 * queue; whoever changes a value runs the entries through again, in order, and
 * does the work of those that can go on (so that a semaphore is handed over and
 * cannot be snatched). The sleeper only looks at its entry.
 *
 * SEM_UNDO: an adjustment per process and semaphore, in a list that tasks made
 * with CLONE_SYSVSEM share. The last of them to go applies it. Sets carry no
 * reference to adjustments: they are found by identifier, and those of removed
 * sets are dropped when met.
 *
 * Everything is under sem_ids.lock.
 */
#include <kernel/ipc.h>
#include "sysv_internal.h"

#define SEMVMX 32767

struct sem_value {
	s32 val;
	s32 pid;
};

struct sem_set {
	struct sysv_perm perm; /* first */
	s64 otime, ctime;
	u32 nsems;
	struct list_head waiters; /* struct sem_wait, first come first */
	struct sem_value sem[];
};

struct sem_undo {
	struct sem_undo *next;
	s32 id;
	u32 nsems;
	s16 adj[];
};

struct sem_undo_list {
	u32 refs; /* under sem_ids.lock */
	struct sem_undo *first;
};

struct sem_wait {
	struct list_head node;
	struct task *task;
	const struct sembuf *ops;
	u32 n;
	u32 blocked_on; /* index in ops */
	struct sem_undo_list *undo;
	s32 pid;
	int result; /* SEM_WAITING until somebody decided */
};
#define SEM_WAITING 1

u32 sysv_sem_limits[4] = { 32000, 1024000000, 500, 32000 };

static struct sysv_ids sem_ids = SYSV_IDS_INIT(sem_ids);
static u64 sem_total; /* semaphores in all sets, under sem_ids.lock */

static struct sem_set *sem_of(struct sysv_perm *p)
{
	return container_of(p, struct sem_set, perm);
}

/* --- Undo --- */

static struct sem_undo *sem_undo_find(struct sem_undo_list *l, s32 id)
{
	struct sem_undo *u;

	for (u = l ? l->first : NULL; u; u = u->next)
		if (u->id == id)
			return u;
	return NULL;
}

/* Make sure there is one. Caller holds the lock. */
static int sem_undo_prepare(struct sem_undo_list *l, const struct sem_set *s)
{
	struct sem_undo *u, **at = &l->first;

	while (*at) { /* of sets that are gone */
		u = *at;
		if (u->id == s->perm.id)
			return 0;
		if (IS_ERR(sysv_find(&sem_ids, u->id))) {
			*at = u->next;
			kfree(u);
		} else {
			at = &u->next;
		}
	}
	u = kzalloc(sizeof(*u) + s->nsems * sizeof(u->adj[0]));
	if (!u)
		return -ENOMEM;
	u->id = s->perm.id;
	u->nsems = s->nsems;
	u->next = l->first;
	l->first = u;
	return 0;
}

static int sem_undo_list_get(void)
{
	struct sem_undo_list *l = current->sem_undo;

	if (l)
		return 0;
	l = kzalloc(sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->refs = 1;
	current->sem_undo = l;
	return 0;
}

int sysv_sem_clone(struct task *child, bool share)
{
	int err;

	child->sem_undo = NULL;
	if (!share)
		return 0;
	err = sem_undo_list_get();
	if (err)
		return err;
	mutex_lock(&sem_ids.lock);
	child->sem_undo = current->sem_undo;
	child->sem_undo->refs++;
	mutex_unlock(&sem_ids.lock);
	return 0;
}

/* SETVAL, SETALL: what others would undo no longer makes sense. */
static void sem_undo_clear(struct sem_set *s, int num)
{
	struct task *t;

	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node) {
		struct sem_undo *u = sem_undo_find(t->sem_undo, s->perm.id);

		if (!u)
			continue;
		if (num >= 0)
			u->adj[num] = 0;
		else
			memset(u->adj, 0, u->nsems * sizeof(u->adj[0]));
	}
	mutex_unlock(&tasklist_lock);
}

/* --- Operations --- */

/*
 * Try all of w->ops. => 0 done, -errno, or SEM_WAITING with blocked_on set and
 * nothing changed.
 */
static int sem_try(struct sem_set *s, struct sem_wait *w)
{
	struct sem_undo *u = sem_undo_find(w->undo, s->perm.id);
	int ret = 0;
	u32 i;

	for (i = 0; i < w->n; i++) {
		const struct sembuf *op = &w->ops[i];
		struct sem_value *v = &s->sem[op->sem_num];
		s32 val = v->val + op->sem_op;

		if ((!op->sem_op && v->val) || val < 0) {
			w->blocked_on = i;
			ret = op->sem_flg & IPC_NOWAIT ? -EAGAIN : SEM_WAITING;
			break;
		}
		if (val > SEMVMX) {
			ret = -ERANGE;
			break;
		}
		if (op->sem_flg & SEM_UNDO) {
			s32 adj = u->adj[op->sem_num] - op->sem_op;

			if (adj < -SEMVMX - 1 || adj > SEMVMX) {
				ret = -ERANGE;
				break;
			}
			u->adj[op->sem_num] = (s16)adj;
		}
		v->val = val;
	}
	if (!ret) {
		for (i = 0; i < w->n; i++)
			s->sem[w->ops[i].sem_num].pid = w->pid;
		return 0;
	}
	while (i-- > 0) {
		const struct sembuf *op = &w->ops[i];

		s->sem[op->sem_num].val -= op->sem_op;
		if (op->sem_flg & SEM_UNDO)
			u->adj[op->sem_num] =
				(s16)(u->adj[op->sem_num] + op->sem_op);
	}
	return ret;
}

static void sem_finish(struct sem_wait *w, int result)
{
	struct task *t = w->task;

	list_del(&w->node);
	store_release(&w->result, result);
	task_wake(
		t); /* w may be gone; the task cannot leave without the lock */
}

/* A value has changed: let those go on who can. */
static void sem_update(struct sem_set *s)
{
	struct sem_wait *w, *n;
	bool again;

	do {
		again = false;
		list_for_each_entry_safe (w, n, &s->waiters, node) {
			int r = sem_try(s, w);

			if (r == SEM_WAITING)
				continue;
			sem_finish(w, r);
			if (!r) {
				s->otime = sysv_now();
				again = true;
				break;
			}
		}
	} while (again);
}

static int sem_sleep(struct sem_wait *w, u64 deadline)
{
	int err = 0;

	for (;;) {
		u32 seq = sleep_prepare();

		if (load_acquire(&w->result) != SEM_WAITING)
			break;
		err = sleep_on(seq, deadline, SLEEP_INTR, "semop");
		if (err)
			break;
	}
	mutex_lock(&sem_ids.lock);
	if (w->result == SEM_WAITING) {
		list_del(&w->node);
		w->result = err == -ETIMEDOUT ? -EAGAIN : -EINTR;
	}
	mutex_unlock(&sem_ids.lock);
	return w->result;
}

static int sem_check(struct sem_set *s, const struct sem_wait *w, bool alter,
		     bool undo)
{
	int err;
	u32 i;

	for (i = 0; i < w->n; i++)
		if (w->ops[i].sem_num >= s->nsems)
			return -EFBIG;
	err = sysv_may(&s->perm, alter ? S_IWUGO : S_IRUGO);
	if (!err && undo)
		err = sem_undo_prepare(w->undo, s);
	return err;
}

long do_semtimedop(int id, const struct sembuf *ops, u32 n, u64 deadline)
{
	struct sem_wait w = { .task = current,
			      .ops = ops,
			      .n = n,
			      .pid = (s32)current->proc->pid };
	bool alter = false, undo = false;
	struct sysv_perm *p;
	struct sem_set *s;
	int ret = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		alter |= ops[i].sem_op != 0;
		undo |= (ops[i].sem_flg & SEM_UNDO) != 0;
	}
	if (undo)
		ret = sem_undo_list_get();
	if (ret)
		return ret;
	w.undo = undo ? current->sem_undo : NULL;
	mutex_lock(&sem_ids.lock);
	p = sysv_find(&sem_ids, id);
	if (IS_ERR(p)) {
		ret = (int)PTR_ERR(p);
		goto out;
	}
	s = sem_of(p);
	ret = sem_check(s, &w, alter, undo);
	if (ret)
		goto out;
	ret = sem_try(s, &w);
	if (!ret) {
		s->otime = sysv_now();
		if (alter)
			sem_update(s);
	} else if (ret == SEM_WAITING) {
		w.result = SEM_WAITING;
		list_add_tail(&w.node, &s->waiters);
	}
out:
	mutex_unlock(&sem_ids.lock);
	return ret == SEM_WAITING ? sem_sleep(&w, deadline) : ret;
}

static void sem_undo_apply(struct sem_set *s, const struct sem_undo *u)
{
	for (u32 i = 0; i < s->nsems; i++) {
		s32 val = s->sem[i].val + u->adj[i];

		if (!u->adj[i])
			continue;
		s->sem[i].val = max(0, min(val, SEMVMX));
		s->sem[i].pid = (s32)current->proc->pid;
	}
	s->otime = sysv_now();
	sem_update(s);
}

void sysv_sem_exit(struct task *t)
{
	struct sem_undo_list *l = t->sem_undo;
	struct sem_undo *u;

	if (!l)
		return;
	mutex_lock(&sem_ids.lock);
	t->sem_undo = NULL;
	if (--l->refs)
		l = NULL;
	while (l && (u = l->first)) {
		struct sysv_perm *p = sysv_find(&sem_ids, u->id);

		l->first = u->next;
		if (!IS_ERR(p))
			sem_undo_apply(sem_of(p), u);
		kfree(u);
	}
	mutex_unlock(&sem_ids.lock);
	kfree(l);
}

/* --- semget --- */

static int sem_fits(const struct sysv_perm *p, u64 nsems)
{
	return container_of(p, const struct sem_set, perm)->nsems < nsems
		       ? -EINVAL
		       : 0;
}

long do_semget(s32 key, int nsems, int flags)
{
	struct sem_set *s;
	long ret;

	if (nsems < 0 || (u32)nsems > sysv_sem_limits[0])
		return -EINVAL;
	mutex_lock(&sem_ids.lock);
	ret = sysv_get(&sem_ids, key, flags, sem_fits, (u64)nsems);
	if (ret != SYSV_MAKE)
		goto out;
	ret = -EINVAL;
	if (!nsems)
		goto out;
	ret = -ENOSPC;
	if (sem_total + (u32)nsems > sysv_sem_limits[1])
		goto out;
	ret = -ENOMEM;
	s = kzalloc(sizeof(*s) + (u32)nsems * sizeof(s->sem[0]));
	if (!s)
		goto out;
	s->nsems = (u32)nsems;
	s->ctime = sysv_now();
	list_init(&s->waiters);
	ret = sysv_add(&sem_ids, &s->perm, key, flags, sysv_sem_limits[3]);
	if (ret < 0)
		kfree(s);
	else
		sem_total += (u32)nsems;
out:
	mutex_unlock(&sem_ids.lock);
	return ret;
}

/* --- semctl --- */

static long sem_info_out(int cmd, uaddr buf)
{
	struct seminfo i;
	int top;

	memset(&i, 0, sizeof(i));
	i.semmsl = (s32)sysv_sem_limits[0];
	i.semmns = i.semmap = i.semmnu = (s32)sysv_sem_limits[1];
	i.semopm = i.semume = (s32)sysv_sem_limits[2];
	i.semmni = (s32)sysv_sem_limits[3];
	i.semvmx = i.semaem = SEMVMX;
	i.semusz = 20;
	mutex_lock(&sem_ids.lock);
	if (cmd == SEM_INFO) {
		i.semusz = (s32)sem_ids.used;
		i.semaem = (s32)sem_total;
	}
	top = sysv_max_index(&sem_ids);
	mutex_unlock(&sem_ids.lock);
	return copy_to_user(buf, &i, sizeof(i)) ? -EFAULT : top;
}

static long sem_stat(int id, int cmd, uaddr buf)
{
	struct semid64_ds d;
	struct sysv_perm *p;
	struct sem_set *s;
	long ret = 0;

	memset(&d, 0, sizeof(d));
	mutex_lock(&sem_ids.lock);
	p = cmd == IPC_STAT ? sysv_find(&sem_ids, id)
			    : sysv_find_slot(&sem_ids, id);
	if (IS_ERR(p))
		ret = PTR_ERR(p);
	else if (cmd != SEM_STAT_ANY)
		ret = sysv_may(p, S_IRUGO);
	if (!ret) {
		s = sem_of(p);
		sysv_perm_out(&d.sem_perm, p);
		d.sem_otime = s->otime;
		d.sem_ctime = s->ctime;
		d.sem_nsems = s->nsems;
		ret = cmd == IPC_STAT ? 0 : p->id;
	}
	mutex_unlock(&sem_ids.lock);
	if (ret >= 0 && copy_to_user(buf, &d, sizeof(d)))
		ret = -EFAULT;
	return ret;
}

static void sem_destroy(struct sem_set *s)
{
	struct sem_wait *w, *n;

	list_for_each_entry_safe (w, n, &s->waiters, node)
		sem_finish(w, -EIDRM);
	sem_total -= s->nsems;
	sysv_remove(&sem_ids, &s->perm);
	kfree(s);
}

void sysv_sem_ns_end(const struct ns *ns)
{
	mutex_lock(&sem_ids.lock);
	for (u32 i = 0; i < sem_ids.top; i++)
		if (sem_ids.slot[i] && sem_ids.slot[i]->ns == ns)
			sem_destroy(sem_of(sem_ids.slot[i]));
	mutex_unlock(&sem_ids.lock);
}

static long sem_change(int id, int cmd, uaddr buf)
{
	struct semid64_ds d;
	struct sysv_perm *p;
	long err;

	if (cmd == IPC_SET && copy_from_user(&d, buf, sizeof(d)))
		return -EFAULT;
	mutex_lock(&sem_ids.lock);
	p = sysv_find(&sem_ids, id);
	err = IS_ERR(p) ? PTR_ERR(p) : sysv_may_change(p);
	if (!err && cmd == IPC_RMID) {
		sem_destroy(sem_of(p));
	} else if (!err) {
		err = sysv_perm_set(p, &d.sem_perm);
		sem_of(p)->ctime = sysv_now();
	}
	mutex_unlock(&sem_ids.lock);
	return err;
}

static s32 sem_count_waiting(const struct sem_set *s, u32 num, bool for_zero)
{
	const struct sem_wait *w;
	s32 n = 0;

	list_for_each_entry (w, &s->waiters, node) {
		const struct sembuf *op = &w->ops[w->blocked_on];

		n += op->sem_num == num && !op->sem_op == for_zero;
	}
	return n;
}

/* SETVAL, GETVAL and the like: one semaphore. */
static long sem_one(int id, int num, int cmd, u64 arg)
{
	struct sysv_perm *p;
	struct sem_set *s;
	struct sem_value *v;
	s32 val = (s32)arg;
	long ret;

	if (cmd == SETVAL && (val < 0 || val > SEMVMX))
		return -ERANGE;
	mutex_lock(&sem_ids.lock);
	p = sysv_find(&sem_ids, id);
	if (IS_ERR(p)) {
		ret = PTR_ERR(p);
		goto out;
	}
	s = sem_of(p);
	ret = -EINVAL;
	if (cmd == SETVAL && (num < 0 || (u32)num >= s->nsems))
		goto out;
	ret = sysv_may(p, cmd == SETVAL ? S_IWUGO : S_IRUGO);
	if (ret)
		goto out;
	ret = -EINVAL;
	if (num < 0 || (u32)num >= s->nsems)
		goto out;
	v = &s->sem[num];
	switch (cmd) {
	case GETVAL:
		ret = v->val;
		break;
	case GETPID:
		ret = (long)pid_shown((u32)v->pid);
		break;
	case GETNCNT:
	case GETZCNT:
		ret = sem_count_waiting(s, (u32)num, cmd == GETZCNT);
		break;
	default: /* SETVAL */
		ret = 0;
		v->val = val;
		v->pid = (s32)current->proc->pid;
		s->ctime = sysv_now();
		sem_undo_clear(s, num);
		sem_update(s);
	}
out:
	mutex_unlock(&sem_ids.lock);
	return ret;
}

static long sem_setall_locked(struct sem_set *s, const u16 *val)
{
	for (u32 i = 0; i < s->nsems; i++)
		if (val[i] > SEMVMX)
			return -ERANGE;
	for (u32 i = 0; i < s->nsems; i++) {
		s->sem[i].val = val[i];
		s->sem[i].pid = (s32)current->proc->pid;
	}
	s->ctime = sysv_now();
	sem_undo_clear(s, -1);
	sem_update(s);
	return 0;
}

static long sem_all(int id, int cmd, uaddr buf)
{
	struct sysv_perm *p;
	struct sem_set *s;
	u32 n = 0;
	u16 *val = NULL;
	long ret;

	for (;;) {
		mutex_lock(&sem_ids.lock);
		p = sysv_find(&sem_ids, id);
		ret = IS_ERR(p)
			      ? PTR_ERR(p)
			      : sysv_may(p, cmd == SETALL ? S_IWUGO : S_IRUGO);
		if (ret)
			break;
		s = sem_of(p);
		if (val) {
			if (cmd == SETALL)
				ret = sem_setall_locked(s, val);
			else
				for (u32 i = 0; i < n; i++)
					val[i] = (u16)s->sem[i].val;
			break;
		}
		n = s->nsems; /* fixed for this identifier */
		mutex_unlock(&sem_ids.lock);
		val = kcalloc(n, sizeof(*val));
		if (!val)
			return -ENOMEM;
		if (cmd == SETALL &&
		    copy_from_user(val, buf, n * sizeof(*val))) {
			kfree(val);
			return -EFAULT;
		}
	}
	mutex_unlock(&sem_ids.lock);
	if (!ret && cmd == GETALL && copy_to_user(buf, val, n * sizeof(*val)))
		ret = -EFAULT;
	kfree(val);
	return ret;
}

long do_semctl(int id, int num, int cmd, u64 arg)
{
	if (id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return sem_info_out(cmd, UADDR(arg));
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return sem_stat(id, cmd, UADDR(arg));
	case IPC_RMID:
	case IPC_SET:
		return sem_change(id, cmd, UADDR(arg));
	case GETALL:
	case SETALL:
		return sem_all(id, cmd, UADDR(arg));
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
	case SETVAL:
		return sem_one(id, num, cmd, arg);
	}
	return -EINVAL;
}

/* --- /proc/sysvipc/sem --- */

static void sem_show(struct seqbuf *b)
{
	seq_puts(b, "       key      semid perms      nsems   uid   gid  cuid  "
		    "cgid      otime      ctime\n");
	mutex_lock(&sem_ids.lock);
	for (u32 i = 0; i < sem_ids.top; i++) {
		struct sysv_perm *p = sem_ids.slot[i];
		struct sem_set *s;

		if (!p || !sysv_is_ours(p))
			continue;
		s = sem_of(p);
		seq_printf(b,
			   "%10d %10d  %4o %10u %5u %5u %5u %5u %10lu %10lu\n",
			   p->key, p->id, p->mode, s->nsems, p->uid, p->gid,
			   p->cuid, p->cgid, (unsigned long)s->otime,
			   (unsigned long)s->ctime);
	}
	mutex_unlock(&sem_ids.lock);
}

void sysv_sem_init(void)
{
	proc_register("sysvipc/sem", sem_show);
}
