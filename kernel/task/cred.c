// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials and the accounts of users.
 *
 * A struct cred never changes once a task has it: who wants another identity
 * copies it, changes the copy and installs that. Tasks, open files and sleeping
 * system calls hold references, so each sees one consistent set.
 *
 * struct user counts what a real uid uses over all its tasks (RLIMIT_NPROC,
 * RLIMIT_SIGPENDING). It lives as long as a cred or a queued signal names it.
 */
#include <abi/capability.h>
#include <kernel/mm.h>
#include <kernel/ns.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "internal.h"

#define USER_HASH 64u

static spinlock_t user_lock __hot_data;
static struct user *user_table[USER_HASH]; /* under user_lock */

static struct user user_root __hot_data = { .refs = { 1 } };
struct cred init_cred __hot_data = {
	.refs = { 1 },
	.cap_permitted = CAP_FULL_SET,
	.cap_effective = CAP_FULL_SET,
	.cap_bset = CAP_FULL_SET,
	.user = &user_root,
	.user_ns = &init_user_ns,
};

void cred_init(void)
{
	user_table[0] = &user_root;
}

static struct user *user_find_locked(u32 uid)
{
	struct user *u = user_table[uid % USER_HASH];

	while (u && u->uid != uid)
		u = u->next;
	if (u)
		user_hold(u);
	return u;
}

struct user *user_get(u32 uid)
{
	struct user *u, *new = NULL;

	spin_lock(&user_lock);
	u = user_find_locked(uid);
	spin_unlock(&user_lock);
	if (u)
		return u;
	new = kzalloc(sizeof(*new));
	if (!new)
		return NULL;
	ref_init(&new->refs, 1);
	new->uid = uid;
	spin_lock(&user_lock);
	u = user_find_locked(uid);
	if (!u) {
		u = new;
		new = NULL;
		u->next = user_table[uid % USER_HASH];
		user_table[uid % USER_HASH] = u;
	}
	spin_unlock(&user_lock);
	kfree(new);
	return u;
}

/* The count reaches zero only under the lock: nobody can find it then. */
void user_put(struct user *u)
{
	u32 n = READ_ONCE(u->refs.n);
	struct user **pp;

	while (n > 1)
		if (__atomic_compare_exchange_n(&u->refs.n, &n, n - 1, true,
						__ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return;
	spin_lock(&user_lock);
	if (!ref_put(&u->refs)) {
		spin_unlock(&user_lock);
		return;
	}
	pp = &user_table[u->uid % USER_HASH];
	while (*pp != u)
		pp = &(*pp)->next;
	*pp = u->next;
	spin_unlock(&user_lock);
	kfree(u);
}

void cred_get(struct cred *c)
{
	ref_get(&c->refs);
}

void group_list_put(struct group_list *g)
{
	if (g && ref_put(&g->refs))
		kfree(g);
}

void cred_put(struct cred *c)
{
	if (!ref_put(&c->refs))
		return;
	group_list_put(c->groups);
	user_put(c->user);
	ns_put(&c->user_ns->ns);
	kfree(c);
}

struct cred *cred_copy(const struct cred *c)
{
	struct cred *n = kmalloc(sizeof(*n));

	if (!n)
		return NULL;
	*n = *c;
	ref_init(&n->refs, 1);
	if (n->groups)
		ref_get(&n->groups->refs);
	user_hold(n->user);
	ns_get(&n->user_ns->ns);
	return n;
}

/* The accounts of a changed real uid. => 0, -EAGAIN */
int cred_set_user(struct cred *c)
{
	struct user *u;

	if (c->user->uid == c->uid)
		return 0;
	u = user_get(c->uid);
	if (!u)
		return -EAGAIN;
	user_put(c->user);
	c->user = u;
	return 0;
}

/* Who gains or changes identity is not to be looked into by who it was. */
static bool cred_needs_shield(const struct cred *old, const struct cred *new)
{
	return old->euid != new->euid || old->egid != new->egid ||
	       old->fsuid != new->fsuid || old->fsgid != new->fsgid ||
	       !cred_caps_within(old, new);
}

void cred_install(struct cred *c)
{
	struct task *t = current;
	struct cred *old = t->cred;

	if (cred_needs_shield(old, c)) {
		if (t->mm)
			WRITE_ONCE(t->mm->dumpable, 0);
		t->pdeath_signal = 0;
	}
	if (c->user != old->user) {
		atomic_inc(&c->user->nproc);
		atomic_dec(&old->user->nproc);
	}
	spin_lock(&t->lock);
	WRITE_ONCE(t->cred, c);
	spin_unlock(&t->lock);
	cred_put(old);
}

bool cred_in_group(const struct cred *c, u32 gid)
{
	const struct group_list *g = c->groups;
	u32 lo = 0, hi;

	if (c->fsgid == gid)
		return true;
	if (!g)
		return false;
	hi = g->n;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (g->gid[mid] == gid)
			return true;
		if (g->gid[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
