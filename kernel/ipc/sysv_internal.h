/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What shm, sem and msg have in common: keys, identifiers, permissions.
 *
 * An object lives in a slot of its kind's table. Its identifier is the slot's
 * number plus 32768 times a sequence number that grows with each object made,
 * so that a stale identifier is told from the slot's new tenant (EIDRM, or
 * EINVAL when the slot is empty). One mutex per kind guards table and objects;
 * nobody sleeps or touches guest memory under it: data is copied before or
 * after, and who must wait leaves an entry on the object and looks at that
 * entry only.
 */
#ifndef KERNEL_SYSV_INTERNAL_H
#define KERNEL_SYSV_INTERNAL_H

#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/ipc.h>
#include <abi/stat.h>
#include <kernel/lock.h>
#include <kernel/seqbuf.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include <kernel/sysv.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>

#define SYSV_SLOTS   32768u
#define SYSV_SEQ_MAX (0x7fffffffu / SYSV_SLOTS)
#define SYSV_DEST    01000u /* shm: goes with the last detach */
#define SYSV_LOCKED  02000u

struct sysv_perm {
	s32 key;
	s32 id;
	u32 uid, gid, cuid, cgid;
	u32 mode;
	u32 seq;
	const struct ns *ns; /* whose; NULL: that has ended */
};

struct sysv_ids {
	struct mutex lock;
	/* under lock: */
	struct sysv_perm **slot;
	u32 nslots; /* room */
	u32 used;
	u32 top; /* one above the highest slot in use */
	u32 seq;
	u32 next; /* where the search for a slot starts */
};
#define SYSV_IDS_INIT(n)                     \
	{                                    \
		.lock = MUTEX_INIT((n).lock) \
	}

void sysv_shm_init(void);
void sysv_sem_init(void);
void sysv_msg_init(void);

/* Is it of the current task's IPC namespace? */
bool sysv_is_ours(const struct sysv_perm *p);
/* The end of a namespace: its objects go. */
void sysv_shm_ns_end(const struct ns *ns);
void sysv_sem_ns_end(const struct ns *ns);
void sysv_msg_ns_end(const struct ns *ns);

/* All with ids->lock held. */
/* => the object, ERR_PTR(-EINVAL), ERR_PTR(-EIDRM) */
struct sysv_perm *sysv_find(struct sysv_ids *ids, int id);
/* By slot, for *_STAT. */
struct sysv_perm *sysv_find_slot(struct sysv_ids *ids, int slot);
struct sysv_perm *sysv_find_key(struct sysv_ids *ids, s32 key);
/* Owner, mode, identifier. => the identifier or -ENOSPC, -ENOMEM */
int sysv_add(struct sysv_ids *ids, struct sysv_perm *p, s32 key, int flags,
	     u32 max);
void sysv_remove(struct sysv_ids *ids, struct sysv_perm *p);
/* flags: permission bits as in a mode. => 0 or -EACCES */
int sysv_may(const struct sysv_perm *p, int flags);
/* IPC_SET, IPC_RMID: => 0 or -EPERM */
int sysv_may_change(const struct sysv_perm *p);
/*
 * The common head of the get calls: => an existing object's identifier, an
 * error, or 0: make a new one. fits: -EINVAL if it is not what is asked for.
 */
#define SYSV_MAKE 0x80000000l
long sysv_get(struct sysv_ids *ids, s32 key, int flags,
	      int (*fits)(const struct sysv_perm *p, u64 arg), u64 arg);
void sysv_perm_out(struct ipc64_perm *out, const struct sysv_perm *p);
int sysv_perm_set(struct sysv_perm *p, const struct ipc64_perm *in);
static inline s64 sysv_now(void)
{
	return (s64)(time_real_ns() / NSEC_PER_SEC);
}
static inline int sysv_max_index(const struct sysv_ids *ids)
{
	return ids->top ? (int)ids->top - 1 : 0;
}

#endif
