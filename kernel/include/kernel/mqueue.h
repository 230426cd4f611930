/* SPDX-License-Identifier: GPL-2.0 */
/* POSIX message queues, following mq_overview(7); kernel/ipc/mqueue*.c. */
#ifndef KERNEL_MQUEUE_H
#define KERNEL_MQUEUE_H

#include <kernel/types.h>

struct file;
struct sigevent;

#define MQ_PRIO_MAX 32768

/* As the guest's struct mq_attr. */
struct mq_attr_k {
	s64 flags;
	s64 maxmsg;
	s64 msgsize;
	s64 curmsgs;
	s64 reserved[4];
};

struct ipc_ns;
void mqueue_init(void);
int mqueue_ns_init(struct ipc_ns *ns);
void mqueue_ns_end(struct ipc_ns *ns);
/* attr may be NULL. => an open file, or ERR_PTR. */
struct file *mqueue_open(const char *name, int flags, u32 mode,
			 const struct mq_attr_k *attr);
int mqueue_unlink(const char *name);
/*
 * Of any file: -EBADF when it is no queue open for this. Deadlines monotonic.
 * _receive: => bytes; the priority in *prio.
 */
long mqueue_send(struct file *f, uaddr msg, u64 len, u32 prio, u64 deadline);
long mqueue_receive(struct file *f, uaddr msg, u64 len, u32 *prio,
		    u64 deadline);
/* ev NULL: give up one's registration. */
int mqueue_notify(struct file *f, const struct sigevent *ev);
/* set may be NULL: only O_NONBLOCK of its flags counts. */
int mqueue_attr(struct file *f, const struct mq_attr_k *set,
		struct mq_attr_k *old);

#endif
