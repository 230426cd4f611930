// SPDX-License-Identifier: GPL-2.0
/*
 * Keys, identifiers and permissions of System V IPC; see sysv_internal.h.
 *
 * The table of a kind grows by doubling and never shrinks. A search by key
 * walks it: keys are looked up once per program, identifiers all the time.
 *
 * IPC namespaces (ipc_namespaces(7)) share the tables and the limits: an object
 * knows whose it is, and only tasks of that namespace find it. Numbers are
 * therefore not as low in a new one as on Linux.
 */
#include <kernel/cred.h>
#include <kernel/mqueue.h>
#include <kernel/ns.h>
#include "sysv_internal.h"

bool sysv_is_ours(const struct sysv_perm *p)
{
	return p->ns == current->nss->ns[NS_IPC];
}

struct sysv_perm *sysv_find_slot(struct sysv_ids *ids, int slot)
{
	struct sysv_perm *p = NULL;

	if (slot >= 0)
		slot %= (int)SYSV_SLOTS;
	if (slot >= 0 && (u32)slot < ids->top)
		p = ids->slot[slot];
	return p && sysv_is_ours(p) ? p : ERR_PTR(-EINVAL);
}

struct sysv_perm *sysv_find(struct sysv_ids *ids, int id)
{
	struct sysv_perm *p;

	if (id < 0)
		return ERR_PTR(-EINVAL);
	p = sysv_find_slot(ids, id);
	if (!IS_ERR(p) && p->id != id)
		return ERR_PTR(-EIDRM);
	return p;
}

struct sysv_perm *sysv_find_key(struct sysv_ids *ids, s32 key)
{
	u32 i;

	for (i = 0; i < ids->top; i++)
		if (ids->slot[i] && ids->slot[i]->key == key &&
		    sysv_is_ours(ids->slot[i]))
			return ids->slot[i];
	return NULL;
}

static int sysv_grow(struct sysv_ids *ids)
{
	u32 n = ids->nslots ? min(ids->nslots * 2, SYSV_SLOTS) : 16;
	struct sysv_perm **tab;

	if (ids->nslots == SYSV_SLOTS)
		return -ENOSPC;
	tab = kcalloc(n, sizeof(*tab));
	if (!tab)
		return -ENOMEM;
	memcpy(tab, ids->slot, ids->nslots * sizeof(*tab));
	kfree(ids->slot);
	ids->slot = tab;
	ids->nslots = n;
	return 0;
}

int sysv_add(struct sysv_ids *ids, struct sysv_perm *p, s32 key, int flags,
	     u32 max)
{
	const struct cred *c = current->cred;
	u32 i = 0;
	int err;

	if (ids->used >= min(max, SYSV_SLOTS))
		return -ENOSPC;
	while (i < ids->nslots && ids->slot[i])
		i++;
	if (i == ids->nslots) {
		err = sysv_grow(ids);
		if (err)
			return err;
	}
	p->key = key;
	p->ns = current->nss->ns[NS_IPC];
	p->uid = p->cuid = c->euid;
	p->gid = p->cgid = c->egid;
	p->mode = (u32)flags & 0777;
	p->seq = ids->seq;
	ids->seq = ids->seq == SYSV_SEQ_MAX ? 0 : ids->seq + 1;
	p->id = (s32)(p->seq * SYSV_SLOTS + i);
	ids->slot[i] = p;
	ids->used++;
	ids->top = max(ids->top, i + 1);
	return p->id;
}

void sysv_remove(struct sysv_ids *ids, struct sysv_perm *p)
{
	ids->slot[(u32)p->id % SYSV_SLOTS] = NULL;
	ids->used--;
	while (ids->top && !ids->slot[ids->top - 1])
		ids->top--;
}

int sysv_may(const struct sysv_perm *p, int flags)
{
	const struct cred *c = current->cred;
	u32 want = (u32)flags >> 6 | (u32)flags >> 3 | (u32)flags;
	u32 have = p->mode;

	if (c->euid == p->cuid || c->euid == p->uid)
		have >>= 6;
	else if (cred_in_group(c, p->cgid) || cred_in_group(c, p->gid))
		have >>= 3;
	return (want & ~have & 7) && !capable(CAP_IPC_OWNER) ? -EACCES : 0;
}

int sysv_may_change(const struct sysv_perm *p)
{
	u32 euid = current->cred->euid;

	return euid == p->cuid || euid == p->uid || capable(CAP_SYS_ADMIN)
		       ? 0
		       : -EPERM;
}

long sysv_get(struct sysv_ids *ids, s32 key, int flags,
	      int (*fits)(const struct sysv_perm *p, u64 arg), u64 arg)
{
	struct sysv_perm *p;
	int err;

	if (key == IPC_PRIVATE)
		return SYSV_MAKE;
	p = sysv_find_key(ids, key);
	if (!p)
		return flags & IPC_CREAT ? SYSV_MAKE : -ENOENT;
	if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	err = fits ? fits(p, arg) : 0;
	if (!err)
		err = sysv_may(p, flags);
	return err ? err : p->id;
}

void sysv_perm_out(struct ipc64_perm *out, const struct sysv_perm *p)
{
	out->key = p->key;
	out->uid = p->uid;
	out->gid = p->gid;
	out->cuid = p->cuid;
	out->cgid = p->cgid;
	out->mode = p->mode;
	out->seq = (u16)p->seq;
}

int sysv_perm_set(struct sysv_perm *p, const struct ipc64_perm *in)
{
	if (in->uid == ~0u || in->gid == ~0u)
		return -EINVAL;
	p->uid = in->uid;
	p->gid = in->gid;
	p->mode = (p->mode & ~0777u) | (in->mode & 0777);
	return 0;
}

/* --- Namespaces --- */

struct ipc_ns init_ipc_ns = {
	.ns = { .refs = { 1 },
		.kind = NS_IPC,
		.inum = 4026531839u,
		.owner = &init_user_ns },
};

struct ns *ipc_ns_copy(struct ns *of, struct user_ns *owner,
		       struct fs_context *fs)
{
	struct ipc_ns *ns = kzalloc(sizeof(*ns));
	int err;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	ns_init(&ns->ns, NS_IPC, owner);
	err = mqueue_ns_init(ns);
	if (!err)
		return &ns->ns;
	ns_put(&owner->ns);
	kfree(ns);
	return ERR_PTR(err);
}

void ipc_ns_free(struct ns *ns)
{
	struct ipc_ns *i = container_of(ns, struct ipc_ns, ns);

	sysv_shm_ns_end(ns);
	sysv_sem_ns_end(ns);
	sysv_msg_ns_end(ns);
	mqueue_ns_end(i);
	kfree(i);
}

void sysv_init(void)
{
	sysv_shm_init();
	sysv_sem_init();
	sysv_msg_init();
}
