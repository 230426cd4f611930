// SPDX-License-Identifier: GPL-2.0
/*
 * System calls about identity: user and group IDs, supplementary groups and
 * capabilities, following credentials(7) and capabilities(7).
 *
 * Each change copies the credentials, changes the copy, lets the rules that tie
 * capabilities to user IDs work on it, and installs it. As on Linux they
 * belong to the thread; making all threads alike is the C library's work.
 */
#include <abi/capability.h>
#include <abi/limits.h>
#include <abi/prctl.h>
#include <kernel/ns.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include "../task/internal.h"

#define ID_NONE	   ((u32)-1)

#define CAP_BIT(c) (1ull << (c))
/* What goes and comes with the file-system user ID. */
#define CAP_FS_SET                                                             \
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_DAC_OVERRIDE) | \
	 CAP_BIT(CAP_DAC_READ_SEARCH) | CAP_BIT(CAP_FOWNER) |                  \
	 CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_LINUX_IMMUTABLE) |                  \
	 CAP_BIT(CAP_MAC_OVERRIDE))

/* --- Reading --- */

long sys_getuid(void)
{
	return uid_shown(current->cred->uid);
}

long sys_geteuid(void)
{
	return uid_shown(current->cred->euid);
}

long sys_getgid(void)
{
	return gid_shown(current->cred->gid);
}

long sys_getegid(void)
{
	return gid_shown(current->cred->egid);
}

static long cred_put_three(uaddr a, u32 x, uaddr b, u32 y, uaddr c, u32 z)
{
	return put_user(x, a) || put_user(y, b) || put_user(z, c) ? -EFAULT : 0;
}

long sys_getresuid(uaddr ruid, uaddr euid, uaddr suid)
{
	const struct cred *c = current->cred;

	return cred_put_three(ruid, uid_shown(c->uid), euid, uid_shown(c->euid),
			      suid, uid_shown(c->suid));
}

long sys_getresgid(uaddr rgid, uaddr egid, uaddr sgid)
{
	const struct cred *c = current->cred;

	return cred_put_three(rgid, gid_shown(c->gid), egid, gid_shown(c->egid),
			      sgid, gid_shown(c->sgid));
}

/* -1 stays, "leave it"; another id must exist here. */
static bool cred_take_uid(u32 *uid)
{
	u32 id = *uid;

	*uid = id == ID_NONE ? id : uid_given(id);
	return id == ID_NONE || *uid != ID_NONE;
}

static bool cred_take_gid(u32 *gid)
{
	u32 id = *gid;

	*gid = id == ID_NONE ? id : gid_given(id);
	return id == ID_NONE || *gid != ID_NONE;
}

/* --- Users --- */

static bool cred_has_root(const struct cred *c)
{
	u32 root = id_to_kernel(c->user_ns, ID_UID, 0);

	return c->uid == root || c->euid == root || c->suid == root;
}

/* capabilities(7), "Effect of user ID changes on capabilities" */
static void cred_fix_caps(struct cred *n, const struct cred *old)
{
	u32 sb = current->proc->securebits;
	u32 root = id_to_kernel(n->user_ns, ID_UID, 0);

	if (sb & SECBIT_NO_SETUID_FIXUP)
		return;
	if (cred_has_root(old) && !cred_has_root(n)) {
		if (!(sb & SECBIT_KEEP_CAPS)) {
			n->cap_permitted = 0;
			n->cap_effective = 0;
		}
		n->cap_ambient = 0;
	}
	if (old->euid == root && n->euid != root)
		n->cap_effective = 0;
	if (old->euid != root && n->euid == root)
		n->cap_effective = n->cap_permitted;
}

static long cred_finish_uid(struct cred *n)
{
	int err;

	n->fsuid = n->euid;
	cred_fix_caps(n, current->cred);
	err = cred_set_user(n);
	if (err) {
		cred_put(n);
		return err;
	}
	cred_install(n);
	return 0;
}

long sys_setuid(u32 uid)
{
	const struct cred *old = current->cred;
	bool may = own_capable(CAP_SETUID);
	struct cred *n;

	uid = uid_given(uid);
	if (uid == ID_NONE)
		return -EINVAL;
	if (!may && uid != old->uid && uid != old->suid)
		return -EPERM;
	n = cred_copy(old);
	if (!n)
		return -ENOMEM;
	if (may)
		n->uid = n->suid = uid;
	n->euid = uid;
	return cred_finish_uid(n);
}

long sys_setreuid(u32 ruid, u32 euid)
{
	const struct cred *old = current->cred;
	bool may = own_capable(CAP_SETUID);
	struct cred *n;

	if (!cred_take_uid(&ruid) || !cred_take_uid(&euid))
		return -EINVAL;
	if (ruid != ID_NONE && !may && ruid != old->uid && ruid != old->euid)
		return -EPERM;
	if (euid != ID_NONE && !may && euid != old->uid && euid != old->euid &&
	    euid != old->suid)
		return -EPERM;
	n = cred_copy(old);
	if (!n)
		return -ENOMEM;
	if (ruid != ID_NONE)
		n->uid = ruid;
	if (euid != ID_NONE)
		n->euid = euid;
	if (ruid != ID_NONE || (euid != ID_NONE && euid != old->uid))
		n->suid = n->euid;
	return cred_finish_uid(n);
}

static bool cred_uid_is_ours(const struct cred *c, u32 uid)
{
	return uid == ID_NONE || uid == c->uid || uid == c->euid ||
	       uid == c->suid;
}

long sys_setresuid(u32 ruid, u32 euid, u32 suid)
{
	const struct cred *old = current->cred;
	struct cred *n;

	if (!cred_take_uid(&ruid) || !cred_take_uid(&euid) ||
	    !cred_take_uid(&suid))
		return -EINVAL;
	if ((!cred_uid_is_ours(old, ruid) || !cred_uid_is_ours(old, euid) ||
	     !cred_uid_is_ours(old, suid)) &&
	    !own_capable(CAP_SETUID))
		return -EPERM;
	n = cred_copy(old);
	if (!n)
		return -ENOMEM;
	if (ruid != ID_NONE)
		n->uid = ruid;
	if (euid != ID_NONE)
		n->euid = euid;
	if (suid != ID_NONE)
		n->suid = suid;
	return cred_finish_uid(n);
}

/* No error is ever told: the old value comes back. */
long sys_setfsuid(u32 uid)
{
	const struct cred *old = current->cred;
	u32 was = old->fsuid, shown = uid_shown(was);
	struct cred *n;

	uid = uid_given(uid);
	if (uid == ID_NONE || uid == was ||
	    (uid != old->uid && uid != old->euid && uid != old->suid &&
	     !own_capable(CAP_SETUID)))
		return shown;
	n = cred_copy(old);
	if (!n)
		return shown;
	n->fsuid = uid;
	if (!(current->proc->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (!was && uid)
			n->cap_effective &= ~CAP_FS_SET;
		if (was && !uid)
			n->cap_effective |= n->cap_permitted & CAP_FS_SET;
	}
	cred_install(n);
	return shown;
}

/* --- Groups --- */

static long cred_finish_gid(struct cred *n)
{
	n->fsgid = n->egid;
	cred_install(n);
	return 0;
}

long sys_setgid(u32 gid)
{
	const struct cred *old = current->cred;
	bool may = own_capable(CAP_SETGID);
	struct cred *n;

	gid = gid_given(gid);
	if (gid == ID_NONE)
		return -EINVAL;
	if (!may && gid != old->gid && gid != old->sgid)
		return -EPERM;
	n = cred_copy(old);
	if (!n)
		return -ENOMEM;
	if (may)
		n->gid = n->sgid = gid;
	n->egid = gid;
	return cred_finish_gid(n);
}

long sys_setregid(u32 rgid, u32 egid)
{
	const struct cred *old = current->cred;
	bool may = own_capable(CAP_SETGID);
	struct cred *n;

	if (!cred_take_gid(&rgid) || !cred_take_gid(&egid))
		return -EINVAL;
	if (rgid != ID_NONE && !may && rgid != old->gid && rgid != old->egid)
		return -EPERM;
	if (egid != ID_NONE && !may && egid != old->gid && egid != old->egid &&
	    egid != old->sgid)
		return -EPERM;
	n = cred_copy(old);
	if (!n)
		return -ENOMEM;
	if (rgid != ID_NONE)
		n->gid = rgid;
	if (egid != ID_NONE)
		n->egid = egid;
	if (rgid != ID_NONE || (egid != ID_NONE && egid != old->gid))
		n->sgid = n->egid;
	return cred_finish_gid(n);
}

static bool cred_gid_is_ours(const struct cred *c, u32 gid)
{
	return gid == ID_NONE || gid == c->gid || gid == c->egid ||
	       gid == c->sgid;
}

long sys_setresgid(u32 rgid, u32 egid, u32 sgid)
{
	const struct cred *old = current->cred;
	struct cred *n;

	if (!cred_take_gid(&rgid) || !cred_take_gid(&egid) ||
	    !cred_take_gid(&sgid))
		return -EINVAL;
	if ((!cred_gid_is_ours(old, rgid) || !cred_gid_is_ours(old, egid) ||
	     !cred_gid_is_ours(old, sgid)) &&
	    !own_capable(CAP_SETGID))
		return -EPERM;
	n = cred_copy(old);
	if (!n)
		return -ENOMEM;
	if (rgid != ID_NONE)
		n->gid = rgid;
	if (egid != ID_NONE)
		n->egid = egid;
	if (sgid != ID_NONE)
		n->sgid = sgid;
	return cred_finish_gid(n);
}

long sys_setfsgid(u32 gid)
{
	const struct cred *old = current->cred;
	u32 was = old->fsgid, shown = gid_shown(was);
	struct cred *n;

	gid = gid_given(gid);
	if (gid == ID_NONE || gid == was ||
	    (gid != old->gid && gid != old->egid && gid != old->sgid &&
	     !own_capable(CAP_SETGID)))
		return shown;
	n = cred_copy(old);
	if (!n)
		return shown;
	n->fsgid = gid;
	cred_install(n);
	return shown;
}

long sys_getgroups(int size, uaddr list)
{
	const struct group_list *g = current->cred->groups;
	u32 n = g ? g->n : 0;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return n;
	if (n > (u32)size)
		return -EINVAL;
	for (u32 i = 0; i < n; i++) {
		u32 gid = gid_shown(g->gid[i]);

		if (put_user(gid, uadd(list, i * sizeof(gid))))
			return -EFAULT;
	}
	return n;
}

/* Smallest last to the end, largest of the rest to its place: heap sort. */
static void groups_sift(u32 *a, u32 i, u32 n)
{
	for (;;) {
		u32 c = 2 * i + 1, tmp;

		if (c >= n)
			return;
		if (c + 1 < n && a[c + 1] > a[c])
			c++;
		if (a[i] >= a[c])
			return;
		tmp = a[i];
		a[i] = a[c];
		a[c] = tmp;
		i = c;
	}
}

static void groups_sort(u32 *a, u32 n)
{
	for (u32 i = n / 2; i-- > 0;)
		groups_sift(a, i, n);
	while (n > 1) {
		u32 tmp = a[0];

		a[0] = a[--n];
		a[n] = tmp;
		groups_sift(a, 0, n);
	}
}

long sys_setgroups(int size, uaddr list)
{
	struct group_list *g;
	struct cred *n;

	if (!own_capable(CAP_SETGID) ||
	    !user_ns_may_setgroups(current->cred->user_ns))
		return -EPERM;
	if (size < 0 || size > NGROUPS_MAX)
		return -EINVAL;
	g = kmalloc(sizeof(*g) + (u64)size * sizeof(u32));
	if (!g)
		return -ENOMEM;
	ref_init(&g->refs, 1);
	g->n = (u32)size;
	if (size && copy_from_user(g->gid, list, (u64)size * sizeof(u32))) {
		kfree(g);
		return -EFAULT;
	}
	for (int i = 0; i < size; i++) {
		g->gid[i] = gid_given(g->gid[i]);
		if (g->gid[i] == ID_NONE) {
			kfree(g);
			return -EINVAL;
		}
	}
	groups_sort(g->gid, g->n);
	n = cred_copy(current->cred);
	if (!n) {
		kfree(g);
		return -ENOMEM;
	}
	group_list_put(n->groups);
	n->groups = g;
	cred_install(n);
	return 0;
}

/* --- Capabilities --- */

/* => words of each set, or -errno; an unknown version is told ours. */
static int cap_check_version(struct cap_user_header *h, uaddr header)
{
	u32 ours = _LINUX_CAPABILITY_VERSION_3;

	if (copy_from_user(h, header, sizeof(*h)))
		return -EFAULT;
	switch (h->version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return 1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return 2;
	}
	return put_user(ours, header) ? -EFAULT : -EINVAL;
}

long sys_capget(uaddr header, uaddr data)
{
	struct cap_user_header h;
	struct cap_user_data d[2];
	struct task *t;
	struct cred *c;
	int words = cap_check_version(&h, header);

	/* asking for the version only */
	if (words == -EINVAL && !data.va)
		return 0;
	if (words < 0)
		return words;
	if (h.pid < 0)
		return -EINVAL;
	if (!data.va)
		return 0;
	t = h.pid ? task_find_get(pid_given((u32)h.pid)) : current;
	if (!t)
		return -ESRCH;
	c = task_get_cred(t);
	for (int i = 0; i < 2; i++) {
		d[i].effective = (u32)(c->cap_effective >> 32 * i);
		d[i].permitted = (u32)(c->cap_permitted >> 32 * i);
		d[i].inheritable = (u32)(c->cap_inheritable >> 32 * i);
	}
	cred_put(c);
	if (h.pid)
		task_put(t);
	return copy_to_user(data, d, (size_t)words * sizeof(d[0]));
}

static int cap_check_change(const struct cred *old, u64 e, u64 p, u64 i)
{
	if (!own_capable(CAP_SETPCAP) &&
	    (i & ~(old->cap_inheritable | old->cap_permitted)))
		return -EPERM;
	if (i & ~(old->cap_inheritable | old->cap_bset))
		return -EPERM;
	if ((p & ~old->cap_permitted) || (e & ~p))
		return -EPERM;
	return 0;
}

long sys_capset(uaddr header, uaddr data)
{
	const struct cred *old = current->cred;
	struct cap_user_header h;
	struct cap_user_data d[2];
	int words = cap_check_version(&h, header), err;
	struct cred *n;
	u64 e, p, i;

	if (words < 0)
		return words;
	if (h.pid && h.pid != (s32)pid_shown(current->tid))
		return -EPERM;
	memset(d, 0, sizeof(d));
	if (copy_from_user(d, data, (size_t)words * sizeof(d[0])))
		return -EFAULT;
	e = (d[0].effective | (u64)d[1].effective << 32) & CAP_FULL_SET;
	p = (d[0].permitted | (u64)d[1].permitted << 32) & CAP_FULL_SET;
	i = (d[0].inheritable | (u64)d[1].inheritable << 32) & CAP_FULL_SET;
	err = cap_check_change(old, e, p, i);
	if (err)
		return err;
	n = cred_copy(old);
	if (!n)
		return -ENOMEM;
	n->cap_effective = e;
	n->cap_permitted = p;
	n->cap_inheritable = i;
	n->cap_ambient &= p & i;
	cred_install(n);
	return 0;
}
