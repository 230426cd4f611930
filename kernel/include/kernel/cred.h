/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credentials: immutable once installed in a task; changed by copy and swap.
 * Following credentials(7) and capabilities(7).
 */
#ifndef KERNEL_CRED_H
#define KERNEL_CRED_H

#include <kernel/atomic.h>

struct task;
struct user;
struct user_ns;

struct group_list {
	struct ref refs;
	u32 n;
	u32 gid[];
};

struct cred {
	struct ref refs;
	u32 uid, gid, suid, sgid, euid, egid, fsuid, fsgid;
	u64 cap_inheritable, cap_permitted, cap_effective, cap_bset,
		cap_ambient;
	struct group_list *groups; /* sorted, may be NULL */
	struct user *user;	   /* accounts of uid; reference */
	struct user_ns *user_ns;   /* where the capabilities count; reference */
};

/* What all tasks of one real uid use together. */
struct user {
	struct ref refs;
	u32 uid;
	u32 nproc;	/* tasks, for RLIMIT_NPROC */
	u32 sigpending; /* queued signals, for RLIMIT_SIGPENDING */
	u64 mq_bytes;	/* POSIX message queues, for RLIMIT_MSGQUEUE */
	u32 inflight;	/* descriptors in unread messages (unix(7)) */
	struct user *next;
};

/* A private copy to change. NULL when out of memory. */
struct cred *cred_copy(const struct cred *c);
/* Make c the current task's credentials; takes over the reference. */
void cred_install(struct cred *c);
void cred_get(struct cred *c);
void cred_put(struct cred *c);
/* After c->uid of a copy changed: its accounts. => 0, -EAGAIN (no memory) */
int cred_set_user(struct cred *c);
void group_list_put(struct group_list *g);
/* Is gid the fsgid or in the supplementary groups? */
bool cred_in_group(const struct cred *c, u32 gid);
/*
 * Does the current task have the capability (CAP_* number): in the first user
 * namespace (so about the machine), in its own, in ns? user_ns.c
 */
bool capable(int cap);
bool own_capable(int cap);
bool ns_capable(const struct user_ns *ns, int cap);
bool cred_ns_capable(const struct cred *c, const struct user_ns *ns, int cap);
/* The capability over a file of these owners. */
bool cred_capable_ids(const struct cred *c, int cap, u32 uid, u32 gid);
bool cred_caps_within(const struct cred *old, const struct cred *n);

/*
 * Ids between the current task and the kernel. Shown: one that has no number
 * there is ID_OVERFLOW. Given: -1 if there is no such id.
 */
#define ID_OVERFLOW 65534u
u32 uid_shown(u32 uid);
u32 gid_shown(u32 gid);
u32 uid_given(u32 uid);
u32 gid_given(u32 gid);
extern struct user_ns init_user_ns;
extern struct cred init_cred;

#endif
