// SPDX-License-Identifier: GPL-2.0
/*
 * The mount tree: mount(2), umount2(2), pivot_root(2) on kernel strings.
 *
 * A mount shows a super, from some dentry on, at a dentry of another mount. It
 * is counted; being in the tree is one reference, each child holds one on its
 * parent, and every stored path holds one: a mount with more than its own is
 * busy. The first mount is its own parent and the tree's root; there is one
 * tree for each mount namespace.
 *
 * mount_lock (a mutex) serialises changes. The hash by (parent, mountpoint) is
 * read under mount_hash_lock, or without any lock by the lockless walk, which
 * checks mount_seq afterwards; mount memory is type-stable for that.
 * DENTRY_MOUNTED on a dentry means "look into the hash".
 *
 * What is mounted and unmounted below shared mounts happens elsewhere too:
 * kernel/vfs/propagate.c. Mount namespaces and pivot_root: kernel/vfs/mnt_ns.c.
 */
#include <abi/capability.h>
#include <kernel/ns.h>
#include "vfs/internal.h"
#include "vfs/propagate.h"

#define MOUNT_BUCKETS 64u
/* Flags of a single mount; the others are the super's. */
#define MOUNT_FLAGS                                                  \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | \
	 MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME | MS_NOSYMFOLLOW)
#define MOUNT_SB_FLAGS                                                       \
	(MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_SILENT | \
	 MS_POSIXACL | MS_LAZYTIME | MS_I_VERSION)
#define MOUNT_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

struct mutex mount_lock = MUTEX_INIT(mount_lock);
struct list_head all_mounts = LIST_HEAD_INIT(all_mounts);
u32 mount_seq;
struct mount anon_mount; /* of pipes, sockets and other nameless files */
static struct super anon_super;
static spinlock_t mount_hash_lock;
static struct mount *mount_heads[MOUNT_BUCKETS];
static u32 mount_next_id = 20;
static struct objcache mount_objs = OBJCACHE(struct mount, source[0]);

static struct mount **mount_bucket(const struct mount *parent,
				   const struct dentry *at)
{
	u64 h = ((u64)parent >> 6) ^ ((u64)at >> 5);

	h *= 0x9e3779b97f4a7c15ull;
	return &mount_heads[h >> 58];
}

static struct mount *mount_find(const struct mount *parent,
				const struct dentry *at)
{
	struct mount *m = load_acquire(mount_bucket(parent, at));
	u32 n = 0;

	/* without the lock the chain may change under us: give up in time */
	for (; m && n < 4096; m = load_acquire(&m->hash_next), n++)
		if (READ_ONCE(m->parent) == parent &&
		    READ_ONCE(m->mountpoint) == at)
			return m;
	return NULL;
}

static void mount_change_begin(void)
{
	spin_lock(&mount_hash_lock);
	store_release(&mount_seq, mount_seq + 1);
}

static void mount_change_end(void)
{
	store_release(&mount_seq, mount_seq + 1);
	spin_unlock(&mount_hash_lock);
}

bool path_cross_mounts(struct path *p)
{
	bool crossed = false;

	while (unlikely(READ_ONCE(p->dentry->flags) & DENTRY_MOUNTED)) {
		struct mount *m;

		spin_lock(&mount_hash_lock);
		m = mount_find(p->mnt, p->dentry);
		if (m)
			ref_get(&m->refs);
		spin_unlock(&mount_hash_lock);
		if (!m)
			break;
		path_put(p);
		dentry_get(m->root);
		*p = (struct path){ m, m->root };
		crossed = true;
	}
	return crossed;
}

void path_cross_mounts_nolock(struct path *p)
{
	while (unlikely(READ_ONCE(p->dentry->flags) & DENTRY_MOUNTED)) {
		struct mount *m = mount_find(p->mnt, p->dentry);

		if (!m)
			return;
		p->mnt = m;
		p->dentry = READ_ONCE(m->root);
	}
}

bool path_up_mounts(struct path *p)
{
	struct path up;

	while (p->dentry == p->mnt->root) {
		spin_lock(&mount_hash_lock);
		up = (struct path){ p->mnt->parent, p->mnt->mountpoint };
		if (up.mnt == p->mnt || !up.mnt) {
			spin_unlock(&mount_hash_lock);
			return false;
		}
		path_get(&up);
		spin_unlock(&mount_hash_lock);
		path_put(p);
		*p = up;
	}
	return true;
}

bool dentry_is_mountpoint(const struct dentry *d)
{
	return READ_ONCE(d->flags) & DENTRY_MOUNTED;
}

int path_want_write(const struct path *p)
{
	return mount_readonly(p->mnt) ? -EROFS : 0;
}

/* --- Life --- */

/* Takes over a reference of sb. */
static struct mount *mount_alloc(struct super *sb, struct dentry *root,
				 u32 flags, const char *source)
{
	struct mount *m = objcache_alloc(&mount_objs);

	if (!m)
		return NULL;
	m->sb = sb;
	dentry_get(root);
	m->root = root;
	m->parent = m;
	m->mountpoint = root;
	m->flags = flags & MOUNT_FLAGS;
	if (!(m->flags & (MS_NOATIME | MS_STRICTATIME)))
		m->flags |= MS_RELATIME;
	m->id = atomic_add(&mount_next_id, 1);
	list_init(&m->node);
	strlcpy(m->source, source && *source ? source : "none",
		sizeof(m->source));
	propagate_init(m);
	list_init(&m->gather);
	m->ns = NULL;
	m->anon = m->stuck = false;
	m->locked = 0;
	ref_init(&m->refs, 1);
	return m;
}

void mount_put(struct mount *m)
{
	struct dentry *root;
	struct super *sb;

	if (likely(!ref_put(&m->refs)))
		return;
	root = m->root;
	sb = m->sb;
	m->parent = NULL;
	m->mountpoint = NULL;
	objcache_free(&mount_objs, m);
	dentry_put(root);
	super_put(sb);
}

void path_get(const struct path *p)
{
	ref_get(&p->mnt->refs);
	ref_get(&p->dentry->refs);
}

void path_put(struct path *p)
{
	if (p->dentry)
		dentry_put(p->dentry);
	if (p->mnt)
		mount_put(p->mnt);
}

/* Put m at p. Takes over m's reference. => Caller holds mount_lock. */
void mount_attach_locked(struct mount *m, const struct path *p)
{
	struct mount **b = mount_bucket(p->mnt, p->dentry);

	path_get(p);
	mount_change_begin();
	m->parent = p->mnt;
	m->mountpoint = p->dentry;
	m->hash_next = *b;
	store_release(b, m);
	atomic_or(&p->dentry->flags, DENTRY_MOUNTED);
	m->ns = p->mnt->ns; /* none: below a tree of a descriptor's */
	mount_change_end();
	list_add_tail(&m->node, &all_mounts);
}

static bool mount_any_at(const struct dentry *d)
{
	struct mount *m;

	list_for_each_entry (m, &all_mounts, node)
		if (m->mountpoint == d && m->parent != m)
			return true;
	return false;
}

/* Out of the tree; *where gets the references it had on its place. The tree's
 * reference on m passes to the caller. => Caller holds mount_lock. */
void mount_detach_locked(struct mount *m, struct path *where)
{
	struct mount **pp = mount_bucket(m->parent, m->mountpoint);

	*where = (struct path){ m->parent, m->mountpoint };
	mount_change_begin();
	while (*pp != m)
		pp = &(*pp)->hash_next;
	store_release(pp, m->hash_next);
	m->parent = m;
	m->mountpoint = m->root;
	m->ns = NULL;
	mount_change_end();
	list_del(&m->node);
	if (!mount_any_at(where->dentry))
		atomic_and(&where->dentry->flags, ~DENTRY_MOUNTED);
}

static struct mount *mount_first_child(struct mount *m)
{
	struct mount *c;

	list_for_each_entry (c, &all_mounts, node)
		if (c->parent == m && c != m)
			return c;
	return NULL;
}

/* --- The calls --- */

/* Where a mount at p really goes: on top of what is there. */
static void mount_topmost(struct path *p)
{
	path_cross_mounts(p);
}

static int mount_add(struct mount *m, struct path *p)
{
	int err = 0;

	mutex_lock(&mount_lock);
	mount_topmost(p);
	if (S_ISDIR(m->root->inode->mode) != S_ISDIR(p->dentry->inode->mode))
		err = -ENOTDIR;
	else if (p->dentry->flags & DENTRY_DELETED)
		err = -ENOENT;
	else if (!mount_is_ours(p->mnt)) /* or unmounted meanwhile */
		err = -EINVAL;
	else {
		mount_attach_locked(m, p);
		propagate_attached(m);
	}
	mutex_unlock(&mount_lock);
	if (err)
		mount_put(m);
	return err;
}

static struct mount *mount_new(const char *source, const char *type, u64 flags,
			       const char *data)
{
	struct fs_type *t;
	struct super *sb;
	struct mount *m;

	if (!type || !*type)
		return ERR_PTR(-EINVAL);
	t = fs_find(type);
	if (!t)
		return ERR_PTR(-ENODEV);
	if (init_mnt_ns.root && !mount_type_allowed(t))
		return ERR_PTR(-EPERM);
	sb = t->mount(t, source, (u32)(flags & MOUNT_SB_FLAGS), data);
	if (IS_ERR(sb))
		return (struct mount *)sb;
	if (mount_reveals(sb, (u32)flags)) {
		super_put(sb);
		return ERR_PTR(-EPERM);
	}
	/* a super that is shared keeps the flags of its first mount */
	if (READ_ONCE(sb->refs.n) == 1)
		sb->flags |= (u32)(flags & MOUNT_SB_FLAGS);
	m = mount_alloc(sb, sb->root, (u32)flags, source);
	if (!m) {
		super_put(sb);
		return ERR_PTR(-ENOMEM);
	}
	return m;
}

/* The very first mount: the machine's root and everybody's place. */
static int mount_first(struct mount *m)
{
	struct path p = { m, m->root };

	mutex_lock(&mount_lock);
	m->ns = &init_mnt_ns;
	init_mnt_ns.root = m;
	list_add_tail(&m->node, &all_mounts);
	mutex_unlock(&mount_lock);
	path_get(&p);
	fs_set_root(current->fs, &p);
	path_get(&p);
	fs_set_cwd(current->fs, &p);
	return 0;
}

struct mount *mount_clone(struct mount *from, struct dentry *root)
{
	struct mount *m;

	struct super *sb = from->sb;

	/* the file of a namespace has no mount of its own */
	if (from == &anon_mount)
		sb = root->inode->sb;
	ref_get(&sb->refs);
	m = mount_alloc(sb, root, from->flags,
			from == &anon_mount ? "nsfs" : from->source);
	if (!m) {
		super_put(sb);
		return NULL;
	}
	m->flags = from == &anon_mount ? MS_RELATIME : from->flags;
	m->locked = from->locked;
	return m;
}

struct mount *mount_clone_private(struct mount *from, struct dentry *root)
{
	return mount_clone(from, root);
}

void mount_attach_under(struct mount *m, const struct path *at)
{
	mount_attach_locked(m, at);
}

struct mount *mount_child_at(const struct mount *parent,
			     const struct dentry *at)
{
	return mount_find(parent, at);
}

bool mount_has_children(struct mount *m)
{
	return mount_first_child(m) != NULL;
}

/*
 * The children of a recursive bind, below `from`, that lie under `top`'s root.
 * New mounts land at the end of all_mounts, so that the walk, which stops at
 * `last`, never meets them.
 */
static int mount_clone_children(struct mount *from, struct mount *to,
				struct mount *last)
{
	struct mount *c;

	list_for_each_entry (c, &all_mounts, node) {
		if (c != from && c->parent == from && !c->unbindable &&
		    dentry_is_descendant(c->mountpoint, to->root)) {
			struct path at = { to, c->mountpoint };
			struct mount *n = mount_clone(c, c->root);
			int err;

			if (!n)
				return -ENOMEM;
			propagate_clone(n, c);
			mount_attach_locked(n, &at);
			err = mount_clone_children(c, n, last);
			if (err)
				return err;
		}
		if (c == last)
			break;
	}
	return 0;
}

static int mount_bind(const char *source, struct path *at, u64 flags)
{
	struct path from;
	struct mount *m;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	err = -EINVAL;
	if (from.mnt->unbindable || !mount_may_bind(&from))
		goto out;
	m = mount_clone(from.mnt, from.dentry);
	err = -ENOMEM;
	if (!m)
		goto out;
	mutex_lock(&mount_lock);
	mount_topmost(at);
	err = -EINVAL;
	if (!(flags & MS_REC) && mount_hides(from.mnt, from.dentry))
		goto unlock;
	if (S_ISDIR(m->root->inode->mode) != S_ISDIR(at->dentry->inode->mode)) {
		err = -ENOTDIR;
	} else if (!mount_is_ours(at->mnt)) {
		err = -EINVAL;
	} else {
		struct mount *last = list_last(&all_mounts, struct mount, node);

		propagate_clone(m, from.mnt);
		mount_attach_locked(m, at);
		err = flags & MS_REC ? mount_clone_children(from.mnt, m, last)
				     : 0;
		propagate_attached(m);
		m = NULL;
	}
unlock:
	mutex_unlock(&mount_lock);
	if (m)
		mount_put(m);
out:
	path_put(&from);
	return err;
}

int mount_reconfigure(struct super *sb, u32 flags, const char *data)
{
	const u32 known = MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK |
			  MS_LAZYTIME;

	if ((flags & MS_RDONLY) && !(sb->flags & MS_RDONLY) &&
	    READ_ONCE(sb->writers))
		return -EBUSY;
	if ((flags & MS_RDONLY) && sb->ops && sb->ops->sync)
		sb->ops->sync(sb);
	if (sb->ops && sb->ops->remount) {
		int err = sb->ops->remount(sb, flags, data);

		if (err)
			return err;
	}
	sb->flags = (sb->flags & ~known) | (flags & known);
	return 0;
}

static int mount_remount(struct path *at, u64 flags, const char *data)
{
	struct mount *m = at->mnt;
	struct super *sb = m->sb;

	if (at->dentry != m->root || !mount_is_ours(m))
		return -EINVAL;
	/* no word about atime keeps what there is: mount(2) */
	if (!(flags &
	      (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)))
		flags |= m->flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME |
				     MS_STRICTATIME);
	if (!mount_may_change(m, (u32)flags))
		return -EPERM;
	if (!(flags & MS_BIND)) {
		int err = ns_capable(super_owner(sb), CAP_SYS_ADMIN)
				  ? mount_reconfigure(sb, (u32)flags, data)
				  : -EPERM;

		if (err)
			return err;
	}
	m->flags = (u32)flags & MOUNT_FLAGS;
	return 0;
}

bool mount_is_below(struct mount *m, const struct mount *top)
{
	while (m != top && m->parent != m)
		m = m->parent;
	return m == top;
}

static bool mount_tree_unbindable(struct mount *top)
{
	struct mount *m;

	list_for_each_entry (m, &all_mounts, node)
		if (m->unbindable && mount_is_below(m, top))
			return true;
	return false;
}

/* From a place in the tree, or from a descriptor that holds a tree. */
int mount_move_path(struct path *from, struct path *at)
{
	struct path was = { NULL, NULL };
	struct mount *m = from->mnt, *c;
	int err = -EINVAL;

	mutex_lock(&mount_lock);
	mount_topmost(at);
	if (from->dentry != m->root || !mount_is_ours(at->mnt) || m->stuck ||
	    (!m->anon && (m->parent == m || !mount_is_ours(m))))
		goto unlock;
	if (S_ISDIR(from->dentry->inode->mode) !=
	    S_ISDIR(at->dentry->inode->mode))
		goto unlock;
	/* who else is told would not know of a move */
	if ((!m->anon && m->parent->group_id) ||
	    (at->mnt->group_id && mount_tree_unbindable(m)))
		goto unlock;
	err = -ELOOP;
	if (mount_is_below(at->mnt, m))
		goto unlock;
	if (!m->anon)
		mount_detach_locked(m, &was);
	m->anon = false;
	mount_attach_locked(m, at);
	list_for_each_entry (c, &all_mounts, node)
		if (mount_is_below(c, m))
			c->ns = m->ns;
	/* what a descriptor held stands before what is below it */
	list_for_each_entry (c, &all_mounts, node)
		if (mount_is_below(c, m)) {
			if (c != m) {
				list_del(&m->node);
				list_add_tail(&m->node, &c->node);
			}
			break;
		}
	propagate_attached(m);
	err = 0;
unlock:
	mutex_unlock(&mount_lock);
	if (was.mnt)
		path_put(&was);
	return err;
}

static int mount_move(const char *source, struct path *at)
{
	struct path from;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	err = mount_move_path(&from, at);
	path_put(&from);
	return err;
}

/* A private copy of what is mounted at p, held by nobody yet. ERR_PTR */
struct mount *mount_copy_tree(const struct path *p, bool recursive)
{
	struct mount *m, *last;
	int err;

	if ((!mount_may_bind(p) && !p->mnt->anon) || p->mnt->unbindable)
		return ERR_PTR(-EINVAL);
	m = mount_clone(p->mnt, p->dentry);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->anon = true;
	mutex_lock(&mount_lock);
	propagate_clone(m, p->mnt);
	last = list_last(&all_mounts, struct mount, node);
	err = recursive ? mount_clone_children(p->mnt, m, last) : 0;
	mutex_unlock(&mount_lock);
	if (err) {
		mount_drop_anon(m);
		return ERR_PTR(err);
	}
	return m;
}

/* A mount of a super, held by nobody yet. Takes over a reference of sb. */
struct mount *mount_of_super(struct super *sb, u32 flags, const char *source)
{
	struct mount *m = mount_alloc(sb, sb->root, flags, source);

	if (!m) {
		super_put(sb);
		return ERR_PTR(-ENOMEM);
	}
	m->anon = true;
	return m;
}

/* mount_setattr(2): p and perhaps all below it. */
int mount_change_attr(struct path *p, u64 set, u64 clear, u32 type,
		      bool recursive)
{
	struct mount *m = p->mnt, *c;
	int err = -EINVAL;

	mutex_lock(&mount_lock);
	if (p->dentry != m->root ||
	    (m->anon ? m->ns != NULL : !mount_is_ours(m)))
		goto out;
	err = -EPERM;
	if (!mount_may_change(m, m->flags & ~(u32)clear))
		goto out;
	if (recursive)
		list_for_each_entry (c, &all_mounts, node)
			if (c != m && mount_is_below(c, m) &&
			    !mount_may_change(c, c->flags & ~(u32)clear))
				goto out;
	err = -EBUSY;
	if ((set & MS_RDONLY) && !(m->flags & MS_RDONLY) &&
	    READ_ONCE(m->sb->writers))
		goto out;
	err = 0;
	m->flags = (m->flags & ~(u32)clear) | (u32)set;
	if (type)
		propagate_change(m, type);
	list_for_each_entry (c, &all_mounts, node) {
		if (!recursive || c == m || !mount_is_below(c, m))
			continue;
		c->flags = (c->flags & ~(u32)clear) | (u32)set;
		if (type)
			propagate_change(c, type);
	}
out:
	mutex_unlock(&mount_lock);
	return err;
}

static int mount_set_propagation(struct path *at, u64 flags)
{
	u64 type = flags & MOUNT_PROPAGATION;
	struct mount *m;

	/* exactly one type, with nothing but MS_REC and MS_SILENT beside */
	if ((flags & ~(MOUNT_PROPAGATION | MS_REC | MS_SILENT)) ||
	    (type & (type - 1)))
		return -EINVAL;
	if (at->dentry != at->mnt->root || !mount_is_ours(at->mnt))
		return -EINVAL;
	mutex_lock(&mount_lock);
	propagate_change(at->mnt, (u32)type);
	if (flags & MS_REC)
		list_for_each_entry (m, &all_mounts, node)
			if (m != at->mnt && mount_is_below(m, at->mnt))
				propagate_change(m, (u32)type);
	mutex_unlock(&mount_lock);
	return 0;
}

int do_mount(const char *source, const char *target, const char *type,
	     u64 flags, const char *data)
{
	struct mount *m;
	struct path at;
	int err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	if (flags & MS_NOUSER)
		return -EINVAL;
	if (!init_mnt_ns.root) {
		m = mount_new(source, type, flags, data);
		return IS_ERR(m) ? (int)PTR_ERR(m) : mount_first(m);
	}
	err = path_lookup(AT_FDCWD, target, LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	if (flags & MS_REMOUNT) {
		err = mount_remount(&at, flags, data);
	} else if (flags & MS_BIND) {
		err = mount_bind(source, &at, flags);
	} else if (flags & MOUNT_PROPAGATION) {
		err = mount_set_propagation(&at, flags);
	} else if (flags & MS_MOVE) {
		err = mount_move(source, &at);
	} else {
		m = mount_new(source, type, flags, data);
		err = IS_ERR(m) ? (int)PTR_ERR(m) : mount_add(m, &at);
	}
	path_put(&at);
	return err;
}

/* MNT_DETACH: the mount and all below it leave the tree; each goes when its
 * last user lets go. */
void umount_children_locked(struct mount *m, struct list_head *gone)
{
	struct mount *c;

	while ((c = mount_first_child(m)))
		umount_tree_locked(c, gone);
}

void umount_tree_locked(struct mount *m, struct list_head *gone)
{
	struct path where;

	umount_children_locked(m, gone);
	mount_detach_locked(m, &where);
	propagate_change(m, MS_PRIVATE);
	/* the place's references go later, without the lock */
	m->parent = where.mnt;
	m->mountpoint = where.dentry;
	list_add_tail(&m->node, gone);
}

/* The references of mounts that left the tree. */
void umount_finish(struct list_head *gone)
{
	struct mount *m, *n;

	list_for_each_entry_safe (m, n, gone, node) {
		struct path where = { m->parent, m->mountpoint };

		list_del(&m->node);
		mount_change_begin();
		m->parent = m;
		m->mountpoint = m->root;
		mount_change_end();
		/* what others still show is written when they let it */
		if (READ_ONCE(m->sb->refs.n) == 1 && m->sb->ops &&
		    m->sb->ops->sync)
			m->sb->ops->sync(m->sb);
		path_put(&where);
		mount_put(m);
	}
}

static void umount_gather_done(struct list_head *also)
{
	struct mount *n, *c;

	list_for_each_entry_safe (n, c, also, gather)
		list_init(&n->gather);
}

/* Is somebody in a mount that would go together with m? */
static bool umount_copy_busy(struct mount *m)
{
	struct list_head also;
	struct mount *n;
	bool busy = false;

	propagate_gather(m, &also);
	list_for_each_entry (n, &also, gather)
		busy |= READ_ONCE(n->refs.n) > 1;
	umount_gather_done(&also);
	return busy;
}

/* m and all below it, the deepest first. */
static void umount_list_tree(struct mount *m, struct list_head *tree)
{
	struct mount *c;

	list_for_each_entry (c, &all_mounts, node)
		if (c->parent == m && c != m)
			umount_list_tree(c, tree);
	list_add_tail(&m->gather, tree);
}

/* What hears of it that m and all below it go, goes as well. */
static void umount_copies_locked(struct mount *m, struct list_head *gone)
{
	struct list_head tree, also;
	struct mount *t, *n, *c;

	list_init(&tree);
	umount_list_tree(m, &tree);
	list_for_each_entry (t, &tree, gather) {
		propagate_gather(t, &also);
		list_for_each_entry_safe (n, c, &also, gather) {
			list_init(&n->gather);
			umount_tree_locked(n, gone);
		}
	}
	umount_gather_done(&tree);
}

int do_umount(struct path *p, int flags)
{
	struct mount *m = p->mnt;
	struct list_head gone;
	int err = -EINVAL;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH)))
		return -EINVAL;
	list_init(&gone);
	mutex_lock(&mount_lock);
	if (p->dentry != m->root || !mount_is_ours(m) || m->stuck)
		goto unlock;
	err = -EBUSY;
	if (m->parent == m)
		goto unlock;
	/* one reference is the tree's, one the caller's path */
	if (!(flags & MNT_DETACH) &&
	    (READ_ONCE(m->refs.n) > 2 || mount_first_child(m)))
		goto unlock;
	if (!(flags & MNT_DETACH) && umount_copy_busy(m))
		goto unlock;
	umount_copies_locked(m, &gone);
	umount_tree_locked(m, &gone);
	err = 0;
unlock:
	mutex_unlock(&mount_lock);
	umount_finish(&gone);
	return err;
}

void mount_drop_anon(struct mount *m)
{
	struct list_head gone;
	struct mount *c;

	list_init(&gone);
	mutex_lock(&mount_lock);
	if (!m->anon) { /* it has found a place */
		mutex_unlock(&mount_lock);
		return;
	}
	m->anon = false;
	while ((c = mount_first_child(m)))
		umount_tree_locked(c, &gone);
	propagate_change(m, MS_PRIVATE);
	mutex_unlock(&mount_lock);
	umount_finish(&gone);
	mount_put(m);
}

/* The super and mount of files without a name; they never go. */
void mount_init(void)
{
	struct dentry *d;
	struct inode *ino;

	anon_super.dev = MKDEV(0, 15);
	anon_super.blksize = 4096;
	mutex_init(&anon_super.rename_lock);
	ref_init(&anon_super.refs, 1);
	ino = inode_alloc(&anon_super, S_IFDIR | 0500);
	d = ino ? dentry_alloc_root(&anon_super, ino) : NULL;
	if (!d)
		panic("vfs: no memory for the first inode");
	anon_super.root = d;
	anon_mount.sb = &anon_super;
	anon_mount.root = d;
	anon_mount.parent = &anon_mount;
	anon_mount.mountpoint = d;
	anon_mount.flags = MS_NOSUID | MS_NODEV; /* memfds may be run */
	list_init(&anon_mount.node);
	ref_init(&anon_mount.refs, 1);
}
