// SPDX-License-Identifier: GPL-2.0
/*
 * System V message queues: msgget(2), msgop(2), msgctl(2).
 *
 * Messages are kept in the order they came. A sender first looks for a receiver
 * that waits for this kind of message and hands it over; only then is it
 * queued. A sender that finds the queue full waits its turn; a receiver that
 * takes a message wakes the senders, who try again in their order.
 *
 * Everything is under msg_ids.lock; text is copied from and to the guest
 * without it.
 */
#include "sysv_internal.h"

struct msg_text {
	struct list_head node;
	s64 type;
	u64 size;
	u8 text[];
};

struct msg_queue {
	struct sysv_perm perm; /* first */
	s64 stime, rtime, ctime;
	u64 cbytes, qnum, qbytes;
	s32 lspid, lrpid;
	struct list_head texts;
	struct list_head receivers, senders; /* struct msg_wait */
};

enum msg_pick { MSG_ANY, MSG_EQUAL, MSG_NOTEQUAL, MSG_LESSEQUAL, MSG_NUMBER };

struct msg_wait {
	struct list_head node;
	struct task *task;
	enum msg_pick pick;
	s64 type;
	u64 max; /* receiver's room; ~0 with MSG_NOERROR */
	struct msg_text *got;
	int result; /* MSG_WAITING until somebody decided */
};
#define MSG_WAITING 1

static struct sysv_ids msg_ids = SYSV_IDS_INIT(msg_ids);

static struct msg_queue *msg_of(struct sysv_perm *p)
{
	return container_of(p, struct msg_queue, perm);
}

static void msg_finish(struct msg_wait *w, int result)
{
	struct task *t = w->task;

	list_del(&w->node);
	store_release(&w->result, result);
	task_wake(t);
}

static void msg_wake_senders(struct msg_queue *q)
{
	struct msg_wait *w, *n;

	list_for_each_entry_safe (w, n, &q->senders, node)
		msg_finish(w, 0);
}

/* => w->result; -EINTR when a signal came first */
static int msg_sleep(struct msg_wait *w, const char *wchan)
{
	for (;;) {
		u32 seq = sleep_prepare();

		if (load_acquire(&w->result) != MSG_WAITING)
			break;
		if (sleep_on(seq, TIME_NEVER, SLEEP_INTR, wchan))
			break;
	}
	mutex_lock(&msg_ids.lock);
	if (w->result == MSG_WAITING) {
		list_del(&w->node);
		w->result = -EINTR;
	}
	mutex_unlock(&msg_ids.lock);
	return w->result;
}

long do_msgget(s32 key, int flags)
{
	struct msg_queue *q;
	long ret;

	mutex_lock(&msg_ids.lock);
	ret = sysv_get(&msg_ids, key, flags, NULL, 0);
	if (ret != SYSV_MAKE)
		goto out;
	ret = -ENOMEM;
	q = kzalloc(sizeof(*q));
	if (!q)
		goto out;
	q->ctime = sysv_now();
	q->qbytes = sysctl_get(SYSCTL_MSGMNB);
	list_init(&q->texts);
	list_init(&q->receivers);
	list_init(&q->senders);
	ret = sysv_add(&msg_ids, &q->perm, key, flags,
		       (u32)sysctl_get(SYSCTL_MSGMNI));
	if (ret < 0)
		kfree(q);
out:
	mutex_unlock(&msg_ids.lock);
	return ret;
}

/* --- msgsnd --- */

static bool msg_matches(const struct msg_wait *w, const struct msg_text *m)
{
	switch (w->pick) {
	case MSG_ANY:
	case MSG_NUMBER:
		return true;
	case MSG_EQUAL:
		return m->type == w->type;
	case MSG_NOTEQUAL:
		return m->type != w->type;
	case MSG_LESSEQUAL:
		return m->type <= w->type;
	}
	return false;
}

static bool msg_hand_over(struct msg_queue *q, struct msg_text *m)
{
	struct msg_wait *w, *n;

	list_for_each_entry_safe (w, n, &q->receivers, node) {
		if (!msg_matches(w, m))
			continue;
		if (w->max < m->size) {
			msg_finish(w, -E2BIG);
			continue;
		}
		w->got = m;
		q->lrpid = (s32)w->task->proc->pid;
		q->rtime = sysv_now();
		msg_finish(w, 0);
		return true;
	}
	return false;
}

/* => 0, -EAGAIN full, or another error */
static int msg_send_locked(struct msg_queue *q, struct msg_text *m)
{
	int err = sysv_may(&q->perm, S_IWUGO);

	if (err)
		return err;
	if (q->cbytes + m->size > q->qbytes || q->qnum + 1 > q->qbytes)
		return -EAGAIN;
	q->lspid = (s32)current->proc->pid;
	q->stime = sysv_now();
	if (msg_hand_over(q, m))
		return 0;
	list_add_tail(&m->node, &q->texts);
	q->cbytes += m->size;
	q->qnum++;
	return 0;
}

static long msg_send(int id, struct msg_text *m, int flags)
{
	struct msg_wait w = { .task = current };
	struct sysv_perm *p;
	long ret;
	bool waited = false;

	for (;;) {
		mutex_lock(&msg_ids.lock);
		p = sysv_find(&msg_ids, id);
		ret = IS_ERR(p) ? (waited ? -EIDRM : PTR_ERR(p))
				: msg_send_locked(msg_of(p), m);
		if (ret == -EAGAIN && !(flags & IPC_NOWAIT)) {
			w.result = MSG_WAITING;
			list_add_tail(&w.node, &msg_of(p)->senders);
			ret = MSG_WAITING;
		}
		mutex_unlock(&msg_ids.lock);
		if (ret != MSG_WAITING)
			return ret;
		ret = msg_sleep(&w, "msgsnd");
		if (ret)
			return ret == -EINTR ? -ERESTARTNOHAND : ret;
		waited = true;
	}
}

long do_msgsnd(int id, uaddr msg, u64 size, int flags)
{
	struct msg_text *m;
	s64 type;
	long ret;

	if (size > sysctl_get(SYSCTL_MSGMAX) || (s64)size < 0 || id < 0)
		return -EINVAL;
	if (get_user(type, msg))
		return -EFAULT;
	if (type < 1)
		return -EINVAL;
	m = kmalloc(sizeof(*m) + size);
	if (!m)
		return -ENOMEM;
	m->type = type;
	m->size = size;
	ret = copy_from_user(m->text, uadd(msg, sizeof(type)), size)
		      ? -EFAULT
		      : msg_send(id, m, flags);
	if (ret)
		kfree(m);
	return ret;
}

/* --- msgrcv --- */

static struct msg_text *msg_find(struct msg_queue *q, const struct msg_wait *w)
{
	struct msg_text *m, *best = NULL;
	s64 nr = 0;

	list_for_each_entry (m, &q->texts, node) {
		if (w->pick == MSG_NUMBER) {
			if (nr++ == w->type)
				return m;
			continue;
		}
		if (!msg_matches(w, m))
			continue;
		if (w->pick != MSG_LESSEQUAL)
			return m;
		if (!best || m->type < best->type)
			best = m;
	}
	return best;
}

static struct msg_text *msg_copy(const struct msg_text *m)
{
	struct msg_text *c = kmalloc(sizeof(*c) + m->size);

	if (!c)
		return ERR_PTR(-ENOMEM);
	memcpy(c, m, sizeof(*c) + m->size);
	return c;
}

/* => the message, NULL when there is none, ERR_PTR */
static struct msg_text *msg_take_locked(struct msg_queue *q,
					const struct msg_wait *w)
{
	struct msg_text *m = msg_find(q, w);

	if (!m)
		return NULL;
	if (m->size > w->max)
		return ERR_PTR(-E2BIG);
	if (w->pick == MSG_NUMBER)
		return msg_copy(m);
	list_del(&m->node);
	q->cbytes -= m->size;
	q->qnum--;
	q->rtime = sysv_now();
	q->lrpid = (s32)current->proc->pid;
	msg_wake_senders(q);
	return m;
}

/* => as msg_receive, or ERR_PTR(-EAGAIN): the queue changed, look again */
static struct msg_text *msg_receive_once(int id, struct msg_wait *w, int flags)
{
	struct msg_text *m = NULL;
	struct sysv_perm *p;
	struct msg_queue *q;
	int err;

	mutex_lock(&msg_ids.lock);
	p = sysv_find(&msg_ids, id);
	err = IS_ERR(p) ? (int)PTR_ERR(p) : sysv_may(p, S_IRUGO);
	if (!err) {
		q = msg_of(p);
		m = msg_take_locked(q, w);
		if (!m && (flags & IPC_NOWAIT))
			err = -ENOMSG;
		if (!m && !err) {
			w->result = MSG_WAITING;
			list_add_tail(&w->node, &q->receivers);
		}
	}
	mutex_unlock(&msg_ids.lock);
	if (err)
		return ERR_PTR(err);
	if (m)
		return m;
	err = msg_sleep(w, "msgrcv");
	if (err)
		return ERR_PTR(err == -EINTR ? -ERESTARTNOHAND : err);
	return w->got;
}

static struct msg_text *msg_receive(int id, struct msg_wait *w, int flags)
{
	struct msg_text *m = msg_receive_once(id, w, flags);

	while (IS_ERR(m) && PTR_ERR(m) == -EAGAIN) {
		m = msg_receive_once(id, w, flags);
		if (IS_ERR(m) && PTR_ERR(m) == -EINVAL)
			m = ERR_PTR(-EIDRM); /* it was there before */
	}
	return m;
}

static enum msg_pick msg_pick_of(s64 *type, int flags)
{
	if (flags & MSG_COPY)
		return MSG_NUMBER;
	if (!*type)
		return MSG_ANY;
	if (*type < 0) {
		*type = *type == INT64_MIN ? INT64_MAX : -*type;
		return MSG_LESSEQUAL;
	}
	return flags & MSG_EXCEPT ? MSG_NOTEQUAL : MSG_EQUAL;
}

long do_msgrcv(int id, uaddr msg, u64 size, s64 type, int flags)
{
	struct msg_wait w = { .task = current };
	struct msg_text *m;
	u64 n;
	long ret;

	if (id < 0 || (s64)size < 0)
		return -EINVAL;
	if ((flags & MSG_COPY) &&
	    ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT)))
		return -EINVAL;
	w.pick = msg_pick_of(&type, flags);
	w.type = type;
	w.max = flags & MSG_NOERROR ? ~0ull : size;
	m = msg_receive(id, &w, flags);
	if (IS_ERR(m))
		return PTR_ERR(m);
	n = min(m->size, size);
	ret = (long)n;
	if (put_user(m->type, msg) ||
	    copy_to_user(uadd(msg, sizeof(m->type)), m->text, n))
		ret = -EFAULT;
	kfree(m);
	return ret;
}

/* --- msgctl --- */

static long msg_info_out(int cmd, uaddr buf)
{
	struct msginfo i;
	int top;

	memset(&i, 0, sizeof(i));
	i.msgmax = (s32)sysctl_get(SYSCTL_MSGMAX);
	i.msgmnb = (s32)sysctl_get(SYSCTL_MSGMNB);
	i.msgmni = (s32)sysctl_get(SYSCTL_MSGMNI);
	i.msgssz = 16;
	i.msgseg = 0xffff;
	i.msgmap = i.msgtql = i.msgmnb;
	i.msgpool = (s32)((s64)i.msgmni * i.msgmnb / 1024);
	mutex_lock(&msg_ids.lock);
	if (cmd == MSG_INFO) {
		i.msgpool = (s32)msg_ids.used;
		i.msgmap = i.msgtql = 0;
		for (u32 n = 0; n < msg_ids.top; n++) {
			if (!msg_ids.slot[n])
				continue;
			i.msgmap += (s32)msg_of(msg_ids.slot[n])->qnum;
			i.msgtql += (s32)msg_of(msg_ids.slot[n])->cbytes;
		}
	}
	top = sysv_max_index(&msg_ids);
	mutex_unlock(&msg_ids.lock);
	return copy_to_user(buf, &i, sizeof(i)) ? -EFAULT : top;
}

static long msg_stat(int id, int cmd, uaddr buf)
{
	struct msqid64_ds d;
	struct sysv_perm *p;
	struct msg_queue *q;
	long ret = 0;

	memset(&d, 0, sizeof(d));
	mutex_lock(&msg_ids.lock);
	p = cmd == IPC_STAT ? sysv_find(&msg_ids, id)
			    : sysv_find_slot(&msg_ids, id);
	if (IS_ERR(p))
		ret = PTR_ERR(p);
	else if (cmd != MSG_STAT_ANY)
		ret = sysv_may(p, S_IRUGO);
	if (!ret) {
		q = msg_of(p);
		sysv_perm_out(&d.msg_perm, p);
		d.msg_stime = q->stime;
		d.msg_rtime = q->rtime;
		d.msg_ctime = q->ctime;
		d.msg_cbytes = q->cbytes;
		d.msg_qnum = q->qnum;
		d.msg_qbytes = q->qbytes;
		d.msg_lspid = (s32)pid_shown((u32)q->lspid);
		d.msg_lrpid = (s32)pid_shown((u32)q->lrpid);
		ret = cmd == IPC_STAT ? 0 : p->id;
	}
	mutex_unlock(&msg_ids.lock);
	if (ret >= 0 && copy_to_user(buf, &d, sizeof(d)))
		ret = -EFAULT;
	return ret;
}

static void msg_destroy(struct msg_queue *q)
{
	struct msg_wait *w, *n;

	list_for_each_entry_safe (w, n, &q->receivers, node)
		msg_finish(w, -EIDRM);
	list_for_each_entry_safe (w, n, &q->senders, node)
		msg_finish(w, -EIDRM);
	while (!list_empty(&q->texts)) {
		struct msg_text *m =
			list_first(&q->texts, struct msg_text, node);

		list_del(&m->node);
		kfree(m);
	}
	sysv_remove(&msg_ids, &q->perm);
	kfree(q);
}

void sysv_msg_ns_end(const struct ns *ns)
{
	mutex_lock(&msg_ids.lock);
	for (u32 i = 0; i < msg_ids.top; i++)
		if (msg_ids.slot[i] && msg_ids.slot[i]->ns == ns)
			msg_destroy(msg_of(msg_ids.slot[i]));
	mutex_unlock(&msg_ids.lock);
}

static long msg_set_locked(struct msg_queue *q, const struct msqid64_ds *d)
{
	struct msg_wait *w, *n;
	int err;

	if (d->msg_qbytes > sysctl_get(SYSCTL_MSGMNB) &&
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	err = sysv_perm_set(&q->perm, &d->msg_perm);
	if (err)
		return err;
	q->qbytes = d->msg_qbytes;
	q->ctime = sysv_now();
	/* they may no longer be allowed to, or may fit now */
	list_for_each_entry_safe (w, n, &q->receivers, node)
		msg_finish(w, -EAGAIN);
	msg_wake_senders(q);
	return 0;
}

static long msg_change(int id, int cmd, uaddr buf)
{
	struct msqid64_ds d;
	struct sysv_perm *p;
	long err;

	if (cmd == IPC_SET && copy_from_user(&d, buf, sizeof(d)))
		return -EFAULT;
	mutex_lock(&msg_ids.lock);
	p = sysv_find(&msg_ids, id);
	err = IS_ERR(p) ? PTR_ERR(p) : sysv_may_change(p);
	if (!err && cmd == IPC_RMID)
		msg_destroy(msg_of(p));
	else if (!err)
		err = msg_set_locked(msg_of(p), &d);
	mutex_unlock(&msg_ids.lock);
	return err;
}

long do_msgctl(int id, int cmd, uaddr buf)
{
	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return msg_info_out(cmd, buf);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return msg_stat(id, cmd, buf);
	case IPC_RMID:
	case IPC_SET:
		return msg_change(id, cmd, buf);
	}
	return -EINVAL;
}

/* --- /proc/sysvipc/msg --- */

static void msg_show(struct seqbuf *b)
{
	seq_puts(b, "       key      msqid perms      cbytes       qnum lspid "
		    "lrpid   uid   gid  cuid  cgid      stime      rtime      "
		    "ctime\n");
	mutex_lock(&msg_ids.lock);
	for (u32 i = 0; i < msg_ids.top; i++) {
		struct sysv_perm *p = msg_ids.slot[i];
		struct msg_queue *q;

		if (!p || !sysv_is_ours(p))
			continue;
		q = msg_of(p);
		seq_printf(
			b,
			"%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u "
			"%10lu %10lu %10lu\n",
			p->key, p->id, p->mode, (unsigned long)q->cbytes,
			(unsigned long)q->qnum, pid_shown((u32)q->lspid),
			pid_shown((u32)q->lrpid), p->uid, p->gid, p->cuid,
			p->cgid, (unsigned long)q->stime,
			(unsigned long)q->rtime, (unsigned long)q->ctime);
	}
	mutex_unlock(&msg_ids.lock);
}

void sysv_msg_init(void)
{
	proc_register("sysvipc/msg", msg_show);
}
