// SPDX-License-Identifier: GPL-2.0
/*
 * Mount namespaces, following mount_namespaces(7): a tree of mounts of its own
 * for a group of tasks; and pivot_root(2).
 *
 * A namespace is copied from that of its maker, mount by mount: peers stay
 * peers, so that what is shared goes on being so, except that a namespace with
 * fewer privileges (another owner) only hears, and may neither uncover nor
 * change what it got (`stuck`, `locked`). The maker's root and working
 * directory move to the copies. With its last user a namespace's tree goes.
 *
 * The root is in the tree without a parent: its own. init_mnt_ns is that of the
 * first tasks; its root comes with the first mount(2) at boot.
 */
#include <abi/capability.h>
#include <abi/errno.h>
#include <kernel/ns.h>
#include "vfs/internal.h"
#include "vfs/propagate.h"

struct mnt_ns init_mnt_ns = {
	.ns = { .refs = { 1 },
		.kind = NS_MNT,
		.inum = 4026531841u,
		.owner = &init_user_ns },
};

static struct mnt_ns *mnt_ns_current(void)
{
	return container_of(current->nss->ns[NS_MNT], struct mnt_ns, ns);
}

/* --- Who may do what --- */

bool mount_may(void)
{
	return ns_capable(mnt_ns_current()->ns.owner, CAP_SYS_ADMIN);
}

bool mount_is_ours(const struct mount *m)
{
	return m->ns && m->ns == mnt_ns_current();
}

/* The file of a mount namespace that is not younger would make a ring. */
static bool mount_ns_file(const struct path *p, struct ns **ns)
{
	*ns = ns_of_inode(p->dentry->inode);
	return *ns != NULL;
}

bool mount_may_bind(const struct path *p)
{
	struct ns *ns;

	if (!mount_ns_file(p, &ns))
		return mount_is_ours(p->mnt);
	return ns->kind != NS_MNT ||
	       container_of(ns, struct mnt_ns, ns)->seq > mnt_ns_current()->seq;
}

#define MOUNT_ATIME	 (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)
#define MOUNT_LOCK_ATIME MS_STRICTATIME /* its bit in ->locked: all of them */

/* May m's flags become `flags`? What is locked must stay set. */
bool mount_may_change(const struct mount *m, u32 flags)
{
	u32 keep = m->locked & (MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC);

	if (keep & ~flags)
		return false;
	return !(m->locked & MOUNT_LOCK_ATIME) ||
	       !((m->flags ^ flags) & MOUNT_ATIME);
}

/* Would a copy of m's tree at d without what is mounted there show it? */
bool mount_hides(const struct mount *m, const struct dentry *d)
{
	struct mount *c;

	list_for_each_entry (c, &all_mounts, node)
		if (c != m && c->parent == m && c->stuck &&
		    dentry_is_descendant(c->mountpoint, d))
			return true;
	return false;
}

bool mount_type_allowed(const struct fs_type *t)
{
	return t->userns ? own_capable(CAP_SYS_ADMIN) : capable(CAP_SYS_ADMIN);
}

/* Is anything but an empty directory hidden below m? */
static bool mount_is_covered(const struct mount *m)
{
	struct mount *c;

	list_for_each_entry (c, &all_mounts, node)
		if (c != m && c->parent == m && c->stuck &&
		    c->mountpoint->inode && c->mountpoint->inode->nlink > 2)
			return true;
	return false;
}

/*
 * Would a new mount of a file system about the machine show more than the
 * namespace shows already? Only where its root is not the machine's.
 */
bool mount_reveals(const struct super *sb, u32 flags)
{
	struct mnt_ns *ns = init_mnt_ns.root ? mnt_ns_current() : NULL;
	u32 atime = flags & MOUNT_ATIME;
	struct mount *m;
	bool seen = false;

	if (!ns || !sb->type->revealing || ns->ns.owner == &init_user_ns)
		return false;
	if (!(atime & (MS_NOATIME | MS_STRICTATIME)))
		atime |= MS_RELATIME;
	mutex_lock(&mount_lock);
	list_for_each_entry (m, &all_mounts, node)
		if (m->ns == ns && m->sb->type == sb->type &&
		    m->root == m->sb->root && !mount_is_covered(m) &&
		    (!(m->locked & MS_RDONLY) || (flags & MS_RDONLY)) &&
		    (!(m->locked & MOUNT_LOCK_ATIME) ||
		     (m->flags & MOUNT_ATIME) == atime))
			seen = true;
	mutex_unlock(&mount_lock);
	return !seen;
}

/* --- Copies --- */

/* Where the namespace above a copy has fewer privileges: all of it stays. */
void mount_lock_down(struct mount *m, bool top)
{
	m->locked =
		(m->flags & (MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC)) |
		MOUNT_LOCK_ATIME;
	m->stuck = !top;
}

static struct mount *mnt_ns_copy_one(struct mount *m, bool less)
{
	struct mount *n = mount_clone(m, m->root);

	if (!n)
		return NULL;
	n->stuck = m->stuck;
	n->unbindable = m->unbindable;
	m->copy = n;
	if (less && m->group_id)
		propagate_enslave(n, m, false);
	else
		propagate_clone(n, m);
	if (less)
		mount_lock_down(n, m == m->ns->root);
	return n;
}

static void mnt_ns_drop_tree(struct mnt_ns *ns)
{
	struct mount *root = ns->root;
	struct list_head gone;

	if (!root)
		return;
	list_init(&gone);
	mutex_lock(&mount_lock);
	ns->root = NULL;
	umount_children_locked(root, &gone);
	list_del(&root->node);
	list_init(&root->node);
	root->ns = NULL;
	propagate_change(root, MS_PRIVATE);
	mutex_unlock(&mount_lock);
	umount_finish(&gone);
	mount_put(root);
}

/* m's children and theirs, up to `last`: what was made for this stands behind. */
static int mnt_ns_copy_below(struct mount *m, struct mnt_ns *to, bool less,
			     struct mount *last)
{
	struct mount *c, *n;
	int err;

	list_for_each_entry (c, &all_mounts, node) {
		if (c != m && c->parent == m) {
			struct path at = { m->copy, c->mountpoint };

			n = mnt_ns_copy_one(c, less);
			if (!n)
				return -ENOMEM;
			mount_attach_locked(n, &at);
			err = mnt_ns_copy_below(c, to, less, last);
			if (err)
				return err;
		}
		if (c == last)
			break;
	}
	return 0;
}

static int mnt_ns_copy_tree(struct mnt_ns *from, struct mnt_ns *to)
{
	bool less = from->ns.owner != to->ns.owner;
	struct mount *n, *last = list_last(&all_mounts, struct mount, node);

	if (!from->root)
		return -EINVAL;
	n = mnt_ns_copy_one(from->root, less);
	if (!n)
		return -ENOMEM;
	n->ns = to;
	to->root = n;
	list_add_tail(&n->node, &all_mounts);
	return mnt_ns_copy_below(from->root, to, less, last);
}

/* fs stands on mounts of `from`: on to their copies. */
static void mnt_ns_move_fs(struct fs_context *fs, struct mnt_ns *from)
{
	struct path p;

	if (fs->root.mnt && fs->root.mnt->ns == from) {
		p = (struct path){ fs->root.mnt->copy, fs->root.dentry };
		path_get(&p);
		fs_set_root(fs, &p);
	}
	if (fs->cwd.mnt && fs->cwd.mnt->ns == from) {
		p = (struct path){ fs->cwd.mnt->copy, fs->cwd.dentry };
		path_get(&p);
		fs_set_cwd(fs, &p);
	}
}

struct ns *mnt_ns_copy(struct ns *of, struct user_ns *owner,
		       struct fs_context *fs)
{
	static u64 last_seq;
	struct mnt_ns *from = container_of(of, struct mnt_ns, ns);
	struct mnt_ns *ns = kzalloc(sizeof(*ns));
	int err;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	ns_init(&ns->ns, NS_MNT, owner);
	mutex_lock(&mount_lock);
	ns->seq = ++last_seq;
	err = mnt_ns_copy_tree(from, ns);
	if (!err)
		mnt_ns_move_fs(fs, from);
	mutex_unlock(&mount_lock);
	if (err) {
		ns_put(&ns->ns);
		return ERR_PTR(err);
	}
	return &ns->ns;
}

void mnt_ns_free(struct ns *ns)
{
	struct mnt_ns *m = container_of(ns, struct mnt_ns, ns);

	mnt_ns_drop_tree(m);
	kfree(m);
}

/* Is current's root another than its namespace's? */
bool mnt_ns_chrooted(void)
{
	struct mnt_ns *ns = mnt_ns_current();
	struct path root, top;
	bool ret = true;

	mutex_lock(&mount_lock);
	top = (struct path){ ns->root, ns->root ? ns->root->root : NULL };
	if (top.mnt)
		path_get(&top);
	mutex_unlock(&mount_lock);
	if (!top.mnt)
		return true;
	path_cross_mounts(&top);
	fs_get_root(&root);
	ret = root.mnt != top.mnt || root.dentry != top.dentry;
	path_put(&root);
	path_put(&top);
	return ret;
}

/* setns(2): to the namespace's root. */
int mnt_ns_enter(struct ns *ns, struct fs_context *fs)
{
	struct mnt_ns *to = container_of(ns, struct mnt_ns, ns);
	struct path p;

	mutex_lock(&mount_lock);
	p = (struct path){ to->root, to->root ? to->root->root : NULL };
	if (p.mnt)
		path_get(&p);
	mutex_unlock(&mount_lock);
	if (!p.mnt)
		return -EINVAL;
	path_cross_mounts(&p);
	path_get(&p);
	fs_set_root(fs, &p);
	fs_set_cwd(fs, &p);
	return 0;
}

/* --- pivot_root(2) --- */

/* Everybody who stands at the old root moves to the new one. */
static void mount_move_tasks(const struct path *from, const struct path *to)
{
	struct task *t;

	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node) {
		struct fs_context *fs;

		spin_lock(&t->lock);
		fs = t->fs;
		if (fs)
			ref_get(&fs->refs);
		spin_unlock(&t->lock);
		if (!fs)
			continue;
		if (fs->root.mnt == from->mnt &&
		    fs->root.dentry == from->dentry) {
			path_get(to);
			fs_set_root(fs, to);
		}
		if (fs->cwd.mnt == from->mnt &&
		    fs->cwd.dentry == from->dentry) {
			path_get(to);
			fs_set_cwd(fs, to);
		}
		fs_context_put(fs);
	}
	mutex_unlock(&tasklist_lock);
}

int do_pivot_root(struct path *new_root, struct path *put_old)
{
	struct path root, at = { NULL, NULL }, was = { NULL, NULL };
	struct mount *rm, *nm = new_root->mnt;
	int err = -EINVAL;

	fs_get_root(&root);
	rm = root.mnt;
	mutex_lock(&mount_lock);
	if (nm == rm || put_old->mnt == rm) {
		err = -EBUSY; /* new_root or put_old on the current root */
		goto unlock;
	}
	if (root.dentry != rm->root || new_root->dentry != nm->root ||
	    nm->parent == nm || nm->stuck || !mount_is_ours(nm) ||
	    !mount_is_ours(rm) || !mount_is_ours(put_old->mnt))
		goto unlock;
	if (nm->parent->group_id ||
	    (rm->parent != rm && rm->parent->group_id) ||
	    put_old->mnt->group_id)
		goto unlock;
	/* put_old at or underneath new_root */
	if (!mount_is_below(put_old->mnt, nm) ||
	    (put_old->mnt == nm &&
	     !dentry_is_descendant(put_old->dentry, nm->root)))
		goto unlock;
	mount_detach_locked(nm, &was);
	if (rm->parent != rm) {
		/* the root is mounted somewhere: the new one takes its place */
		mount_detach_locked(rm, &at);
		mount_attach_locked(nm, &at);
	} else {
		/* before what stands below it, for who reads the list */
		list_del(&nm->node);
		list_add(&nm->node, &rm->node);
		list_del(&rm->node);
		nm->ns = rm->ns;
		rm->ns->root = nm;
	}
	if (rm->stuck) { /* it is the new one now that may not be lifted */
		nm->stuck = true;
		rm->stuck = false;
	}
	mount_attach_locked(rm, put_old);
	err = 0;
unlock:
	mutex_unlock(&mount_lock);
	if (!err)
		mount_move_tasks(&root, new_root);
	if (at.mnt)
		path_put(&at);
	if (was.mnt)
		path_put(&was);
	path_put(&root);
	return err;
}

int mount_switch_root(struct path *to, struct path *old)
{
	int err = do_pivot_root(to, to);

	return err ? err : do_umount(old, MNT_DETACH);
}
