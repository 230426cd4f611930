// SPDX-License-Identifier: GPL-2.0
/*
 * Shared subtrees: mount_namespaces(7), "Shared subtrees".
 *
 * Mounts that are shared with one another form a peer group, a ring; what is
 * mounted or unmounted below one happens below all. A slave hears from its
 * master, not the other way round; it hangs in its master's list of slaves and
 * may itself be shared, with slaves of its own. A mount is neither (private),
 * or private and not to be bound (unbindable).
 *
 *	group_id	0, or the number of the peer group: the mount is shared
 *	peers		the ring of the group
 *	master, slaves, slave_node	the tree of groups
 *
 * All under mount_lock. mount.c attaches and detaches; here is who else is to
 * be attached or detached.
 */
#include <kernel/ns.h>
#include "vfs/internal.h"
#include "vfs/propagate.h"

static u32 propagate_last_group;
static u32 propagate_round; /* a mount with it has been visited */

void propagate_init(struct mount *m)
{
	m->group_id = 0;
	m->unbindable = false;
	m->master = NULL;
	list_init(&m->peers);
	list_init(&m->slaves);
	list_init(&m->slave_node);
	m->round = 0;
}

static void propagate_share(struct mount *m)
{
	if (m->group_id)
		return;
	m->group_id = ++propagate_last_group;
	list_init(&m->peers);
	m->unbindable = false;
}

static void propagate_set_master(struct mount *m, struct mount *master)
{
	list_del(&m->slave_node);
	list_init(&m->slave_node);
	m->master = master;
	if (master)
		list_add_tail(&m->slave_node, &master->slaves);
}

/*
 * Out of its group, and its slaves to somebody else: a peer, or its master.
 * => whom it would be a slave of
 */
static struct mount *propagate_leave(struct mount *m)
{
	struct mount *heir = m->master, *s;

	if (m->group_id && !list_empty(&m->peers))
		heir = list_first(&m->peers, struct mount, peers);
	list_del(&m->peers);
	list_init(&m->peers);
	m->group_id = 0;
	while (!list_empty(&m->slaves)) {
		s = list_first(&m->slaves, struct mount, slave_node);
		propagate_set_master(s, heir);
	}
	return heir;
}

void propagate_change(struct mount *m, u32 type)
{
	struct mount *master;

	if (type == MS_SHARED) {
		propagate_share(m);
		return;
	}
	master = propagate_leave(m);
	propagate_set_master(m, type == MS_SLAVE ? master : NULL);
	m->unbindable = type == MS_UNBINDABLE;
}

void propagate_clone(struct mount *m, struct mount *of)
{
	if (of->group_id) {
		m->group_id = of->group_id;
		list_add(&m->peers, &of->peers);
	}
	if (of->master)
		propagate_set_master(m, of->master);
}

void propagate_enslave(struct mount *m, struct mount *of, bool share)
{
	propagate_set_master(m, of);
	if (share)
		propagate_share(m);
}

u32 propagate_dominating(const struct mount *m)
{
	return m->master ? m->master->group_id : 0;
}

/* --- Mounting --- */

/*
 * A copy of m, and of what is mounted below it, at `at`. as_slave: it hears
 * from the original; else it is a peer.
 */
static struct mount *propagate_copy(struct mount *m, const struct path *at,
				    bool as_slave, bool share, bool top)
{
	struct mount *c, *n = mount_clone_private(m, m->root);

	if (!n)
		return NULL;
	if (as_slave)
		propagate_enslave(n, m, share);
	else
		propagate_clone(n, m);
	mount_attach_under(n, at);
	/* a namespace with fewer privileges: it may not be taken apart */
	if (n->ns && m->ns && n->ns->ns.owner != m->ns->ns.owner)
		mount_lock_down(n, top);
	list_for_each_entry (c, &all_mounts, node) {
		struct path below = { n, c->mountpoint };

		if (c->parent == m && c != m && c != n)
			propagate_copy(c, &below, as_slave, share, false);
	}
	return n;
}

/*
 * All of first's group but `skip`, then the slaves of each. The model is what
 * the next copy is made of.
 */
static void propagate_group(struct mount *first, struct mount *skip,
			    struct mount *model, struct dentry *at, bool slave)
{
	struct mount *n = first, *s;

	do {
		struct path place = { n, at };

		n->round = propagate_round;
		if (n != skip && n->ns && dentry_is_descendant(at, n->root)) {
			struct mount *c = propagate_copy(
				model, &place, slave, n->group_id != 0, true);

			if (c && slave) {
				model = c;
				slave = false;
			}
		}
		n = list_entry(n->peers.next, struct mount, peers);
	} while (n != first);
	do {
		list_for_each_entry (s, &n->slaves, slave_node)
			if (s->round != propagate_round)
				propagate_group(s, skip, model, at, true);
		n = list_entry(n->peers.next, struct mount, peers);
	} while (n != first);
}

static void propagate_share_tree(struct mount *m)
{
	struct mount *c;

	propagate_share(m);
	list_for_each_entry (c, &all_mounts, node)
		if (c->parent == m && c != m)
			propagate_share_tree(c);
}

void propagate_attached(struct mount *m)
{
	struct mount *parent = m->parent;

	if (!parent->group_id)
		return;
	propagate_share_tree(m);
	propagate_round++;
	propagate_group(parent, parent, m, m->mountpoint, false);
}

/* --- Unmounting --- */

static void propagate_gather_group(struct mount *first, struct mount *skip,
				   struct dentry *at, struct list_head *out)
{
	struct mount *n = first, *s, *c;

	do {
		n->round = propagate_round;
		if (n != skip) {
			c = mount_child_at(n, at);
			/* what something else stands on stays */
			if (c && !mount_has_children(c) &&
			    list_empty(&c->gather))
				list_add_tail(&c->gather, out);
		}
		n = list_entry(n->peers.next, struct mount, peers);
	} while (n != first);
	do {
		list_for_each_entry (s, &n->slaves, slave_node)
			if (s->round != propagate_round)
				propagate_gather_group(s, skip, at, out);
		n = list_entry(n->peers.next, struct mount, peers);
	} while (n != first);
}

void propagate_gather(struct mount *m, struct list_head *out)
{
	list_init(out);
	if (!m->parent->group_id)
		return;
	propagate_round++;
	propagate_gather_group(m->parent, m->parent, m->mountpoint, out);
}
