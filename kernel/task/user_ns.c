// SPDX-License-Identifier: GPL-2.0
/*
 * User namespaces: maps of ids, and what a capability is worth where, following
 * user_namespaces(7).
 *
 * A cred's effective capabilities count in its own user namespace and in those
 * below; besides, whoever made a namespace and stands in its parent has all of
 * them in it. capable() asks about the first namespace: what is not about a
 * namespace belongs to that.
 *
 * Extents are kept with their lower end as the kernel counts, so that one step
 * translates, however deep the namespace lies.
 */
#include <abi/capability.h>
#include <kernel/ns.h>
#include <kernel/seqbuf.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include "internal.h"

#define ID_NONE	       ((u32)-1)
#define USER_NS_LEVELS 32u

static struct id_extent user_ns_all = { 0, 0, ID_NONE };
static struct mutex user_ns_lock = MUTEX_INIT(user_ns_lock);

struct user_ns init_user_ns = {
	.ns = { .refs = { 1 }, .kind = NS_USER, .inum = 4026531837u },
	.max = { [0 ... NS_NR - 1] = NS_DEFAULT_MAX },
	.map = { { &user_ns_all, 1 },
		 { &user_ns_all, 1 },
		 { &user_ns_all, 1 } },
};

/* --- Ids --- */

static u32 id_map_down(const struct id_map *m, u32 id, u32 count)
{
	u32 n = load_acquire(&m->n);

	for (u32 i = 0; i < n; i++) {
		const struct id_extent *e = &m->e[i];

		if (id >= e->first && id - e->first < e->count &&
		    count <= e->count - (id - e->first))
			return e->lower + (id - e->first);
	}
	return ID_NONE;
}

u32 id_to_kernel(const struct user_ns *ns, enum id_kind k, u32 id)
{
	if (likely(ns == &init_user_ns))
		return id;
	return id_map_down(&ns->map[k], id, 1);
}

u32 id_from_kernel(const struct user_ns *ns, enum id_kind k, u32 id)
{
	const struct id_map *m = &ns->map[k];
	u32 n = load_acquire(&m->n);

	if (likely(ns == &init_user_ns))
		return id;
	for (u32 i = 0; i < n; i++)
		if (id >= m->e[i].lower && id - m->e[i].lower < m->e[i].count)
			return m->e[i].first + (id - m->e[i].lower);
	return ID_NONE;
}

u32 uid_shown(u32 uid)
{
	u32 id = id_from_kernel(current->cred->user_ns, ID_UID, uid);

	return id == ID_NONE ? ID_OVERFLOW : id;
}

u32 gid_shown(u32 gid)
{
	u32 id = id_from_kernel(current->cred->user_ns, ID_GID, gid);

	return id == ID_NONE ? ID_OVERFLOW : id;
}

u32 uid_given(u32 uid)
{
	return id_to_kernel(current->cred->user_ns, ID_UID, uid);
}

u32 gid_given(u32 gid)
{
	return id_to_kernel(current->cred->user_ns, ID_GID, gid);
}

/* --- Capabilities --- */

bool cred_ns_capable(const struct cred *c, const struct user_ns *ns, int cap)
{
	for (;; ns = ns->ns.owner) {
		if (ns == c->user_ns)
			return c->cap_effective >> cap & 1;
		if (ns->level <= c->user_ns->level)
			return false;
		if (ns->ns.owner == c->user_ns && ns->uid == c->euid)
			return true;
	}
}

bool ns_capable(const struct user_ns *ns, int cap)
{
	return cred_ns_capable(current->cred, ns, cap);
}

bool capable(int cap)
{
	const struct cred *c = current->cred;

	return (c->cap_effective >> cap & 1) && c->user_ns == &init_user_ns;
}

bool own_capable(int cap)
{
	return current->cred->cap_effective >> cap & 1;
}

bool cred_capable_ids(const struct cred *c, int cap, u32 uid, u32 gid)
{
	if (!(c->cap_effective >> cap & 1))
		return false;
	return c->user_ns == &init_user_ns ||
	       (id_from_kernel(c->user_ns, ID_UID, uid) != ID_NONE &&
		id_from_kernel(c->user_ns, ID_GID, gid) != ID_NONE);
}

/* Are n's capabilities among those that old has there anyway? */
bool cred_caps_within(const struct cred *old, const struct cred *n)
{
	const struct user_ns *ns = n->user_ns;

	if (ns == old->user_ns)
		return !(n->cap_permitted & ~old->cap_permitted);
	for (; ns != &init_user_ns; ns = ns->ns.owner)
		if (ns->ns.owner == old->user_ns && ns->uid == old->euid)
			return true;
	return false;
}

/* --- How many namespaces: /proc/sys/user --- */

bool ns_count(struct user_ns *owner, enum ns_kind kind)
{
	struct user_ns *ns, *undo;

	for (ns = owner; ns; ns = ns->ns.owner)
		if (atomic_add(&ns->count[kind], 1) >= READ_ONCE(ns->max[kind]))
			goto full;
	return true;
full:
	for (undo = owner;; undo = undo->ns.owner) {
		atomic_add(&undo->count[kind], -1);
		if (undo == ns)
			return false;
	}
}

void ns_uncount(struct user_ns *owner, enum ns_kind kind)
{
	for (; owner; owner = owner->ns.owner)
		atomic_add(&owner->count[kind], -1);
}

bool user_ns_is_within(const struct user_ns *ns, const struct user_ns *top)
{
	while (ns && ns != top)
		ns = ns->ns.owner;
	return ns;
}

/* --- Life --- */

struct user_ns *user_ns_create(const struct cred *c)
{
	struct user_ns *parent = c->user_ns, *ns;

	if (parent->level >= USER_NS_LEVELS)
		return ERR_PTR(-ENOSPC);
	if (mnt_ns_chrooted() ||
	    id_from_kernel(parent, ID_UID, c->euid) == ID_NONE ||
	    id_from_kernel(parent, ID_GID, c->egid) == ID_NONE)
		return ERR_PTR(-EPERM);
	ns = kzalloc(sizeof(*ns));
	if (!ns)
		return ERR_PTR(-ENOMEM);
	for (u32 i = 0; i < NS_NR; i++)
		ns->max[i] = NS_DEFAULT_MAX;
	if (!ns_count(parent, NS_USER)) {
		kfree(ns);
		return ERR_PTR(-ENOSPC);
	}
	ns_init(&ns->ns, NS_USER, parent);
	ns->level = parent->level + 1;
	ns->uid = c->euid;
	ns->gid = c->egid;
	ns->deny_setgroups = parent->deny_setgroups;
	ns->parent_setfcap = c->cap_effective >> CAP_SETFCAP & 1;
	return ns;
}

void user_ns_free(struct ns *n)
{
	struct user_ns *ns = container_of(n, struct user_ns, ns);

	for (u32 i = 0; i < ARRAY_SIZE(ns->map); i++)
		kfree(ns->map[i].e);
	kfree(ns);
}

void user_ns_enter(struct cred *n, struct user_ns *ns)
{
	struct user_ns *old = n->user_ns;

	n->cap_inheritable = 0;
	n->cap_permitted = CAP_FULL_SET;
	n->cap_effective = CAP_FULL_SET;
	n->cap_ambient = 0;
	n->cap_bset = CAP_FULL_SET;
	n->user_ns = ns;
	ns_put(&old->ns);
}

/* --- The files uid_map, gid_map, projid_map, setgroups --- */

/* As the reader's namespace, or its parent for its own map, counts. */
int user_ns_show_map(struct seqbuf *s, struct user_ns *ns, enum id_kind k)
{
	const struct user_ns *lower = current->cred->user_ns;
	const struct id_map *m = &ns->map[k];
	u32 n = load_acquire(&m->n);

	if (lower == ns && ns->ns.owner)
		lower = ns->ns.owner;
	for (u32 i = 0; i < n; i++)
		seq_printf(s, "%10u %10u %10u\n", m->e[i].first,
			   id_from_kernel(lower, k, m->e[i].lower),
			   m->e[i].count);
	return 0;
}

static const char *map_number(const char *p, u32 *out)
{
	u64 v;

	while (*p == ' ' || *p == '\t')
		p++;
	if (*p < '0' || *p > '9' || kstrtou64(p, &p, &v) || v > ID_NONE)
		return NULL;
	*out = (u32)v;
	return p;
}

static bool extents_overlap(const struct id_extent *a,
			    const struct id_extent *b)
{
	return (a->first < b->first + b->count &&
		b->first < a->first + a->count) ||
	       (a->lower < b->lower + b->count &&
		b->lower < a->lower + a->count);
}

/* Lines of three numbers. => how many, or -EINVAL */
static int map_parse(const char *p, struct id_extent *e)
{
	u32 n = 0;

	while (*p) {
		struct id_extent *x = &e[n];

		if (n == ID_EXTENTS)
			return -EINVAL;
		if (!(p = map_number(p, &x->first)) ||
		    (*p != ' ' && *p != '\t') ||
		    !(p = map_number(p, &x->lower)) ||
		    (*p != ' ' && *p != '\t') ||
		    !(p = map_number(p, &x->count)))
			return -EINVAL;
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p && *p != '\n')
			return -EINVAL;
		p += *p == '\n';
		if (x->first == ID_NONE || x->lower == ID_NONE || !x->count ||
		    x->first + x->count <= x->first ||
		    x->lower + x->count <= x->lower)
			return -EINVAL;
		for (u32 i = 0; i < n; i++)
			if (extents_overlap(&e[i], x))
				return -EINVAL;
		n++;
	}
	return n ? (int)n : -EINVAL;
}

/* user_namespaces(7), "Defining user and group ID mappings" */
static bool map_allowed(const struct user_ns *ns, enum id_kind k,
			const struct id_extent *e, u32 n)
{
	const struct user_ns *parent = ns->ns.owner;
	const struct cred *c = current->cred;
	int cap = k == ID_UID ? CAP_SETUID : CAP_SETGID;

	if (c->user_ns != ns && c->user_ns != parent)
		return false;
	if (k != ID_GID)
		for (u32 i = 0; k == ID_UID && i < n; i++)
			if (!id_to_kernel(parent, k, e[i].lower) &&
			    (c->user_ns == ns
				     ? !ns->parent_setfcap
				     : !ns_capable(parent, CAP_SETFCAP)))
				return false;
	if (n == 1 && e->count == 1 && ns->uid == c->euid) {
		u32 id = id_to_kernel(parent, k, e->lower);

		if (k == ID_UID && id == c->euid)
			return true;
		if (k == ID_GID && id == c->egid && ns->deny_setgroups)
			return true;
	}
	return k == ID_PROJ || ns_capable(parent, cap);
}

static int map_install(struct user_ns *ns, enum id_kind k, struct id_extent *e,
		       char *buf)
{
	struct id_map *m = &ns->map[k];
	int n;

	if (m->n)
		return -EPERM;
	if (k != ID_PROJ && !ns_capable(ns, CAP_SYS_ADMIN))
		return -EPERM;
	n = map_parse(buf, e);
	if (n < 0)
		return n;
	if (!map_allowed(ns, k, e, (u32)n))
		return -EPERM;
	for (int i = 0; i < n; i++) {
		const struct user_ns *parent = ns->ns.owner;
		u32 low = id_map_down(&parent->map[k], e[i].lower, e[i].count);

		if (low == ID_NONE)
			return -EPERM;
		e[i].lower = low;
	}
	m->e = e;
	store_release(&m->n, (u32)n);
	return 0;
}

int user_ns_write_map(struct user_ns *ns, enum id_kind k, char *buf)
{
	struct id_extent *e;
	int err;

	if (!ns->ns.owner)
		return -EPERM;
	e = kmalloc(ID_EXTENTS * sizeof(*e));
	if (!e)
		return -ENOMEM;
	mutex_lock(&user_ns_lock);
	err = map_install(ns, k, e, buf);
	mutex_unlock(&user_ns_lock);
	if (err)
		kfree(e);
	return err;
}

/* "deny" only before gid_map is written, and never back. */
int user_ns_write_setgroups(struct user_ns *ns, const char *buf)
{
	bool deny = !strncmp(buf, "deny", 4);
	const char *rest = buf + (deny ? 4 : 5);
	int err = 0;

	if (!deny && strncmp(buf, "allow", 5))
		return -EINVAL;
	while (*rest == ' ' || *rest == '\n' || *rest == '\t')
		rest++;
	if (*rest)
		return -EINVAL;
	mutex_lock(&user_ns_lock);
	if (deny && ns->map[ID_GID].n)
		err = -EPERM;
	else if (!deny && ns->deny_setgroups)
		err = -EPERM;
	else
		ns->deny_setgroups = deny;
	mutex_unlock(&user_ns_lock);
	return err;
}

bool user_ns_may_setgroups(const struct user_ns *ns)
{
	return load_acquire(&ns->map[ID_GID].n) &&
	       !READ_ONCE(ns->deny_setgroups);
}
