// SPDX-License-Identifier: GPL-2.0
/*
 * statmount(2) and listmount(2): mounts by numbers that are never used again.
 * Such a number is the mount's ordinary one, which this kernel does not use
 * again either, with a bit above it that tells the two apart.
 */
#include <abi/mount.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

#define MNT_ID_REQ_MIN		 24u
#define STATMOUNT_FIXED		 512u
#define LSMT_ROOT		 (~0ull)
#define LISTMOUNT_REVERSE	 1u
#define LISTMOUNT_MAX		 1000000ull

#define STATMOUNT_SB_BASIC	 0x01ull
#define STATMOUNT_MNT_BASIC	 0x02ull
#define STATMOUNT_PROPAGATE_FROM 0x04ull
#define STATMOUNT_MNT_ROOT	 0x08ull
#define STATMOUNT_MNT_POINT	 0x10ull
#define STATMOUNT_FS_TYPE	 0x20ull
#define STATMOUNT_MNT_OPTS	 0x80ull
#define STATMOUNT_SB_SOURCE	 0x200ull
#define STATMOUNT_SUPPORTED_MASK 0x1000ull
#define STATMOUNT_STRINGS                                               \
	(STATMOUNT_MNT_ROOT | STATMOUNT_MNT_POINT | STATMOUNT_FS_TYPE | \
	 STATMOUNT_MNT_OPTS | STATMOUNT_SB_SOURCE)
#define STATMOUNT_KNOWN                                                        \
	(STATMOUNT_SB_BASIC | STATMOUNT_MNT_BASIC | STATMOUNT_PROPAGATE_FROM | \
	 STATMOUNT_STRINGS | STATMOUNT_SUPPORTED_MASK)

struct mnt_id_req {
	u32 size, mnt_ns_fd;
	u64 mnt_id, param, mnt_ns_id;
};

struct statmount {
	u32 size, mnt_opts;
	u64 mask;
	u32 sb_dev_major, sb_dev_minor;
	u64 sb_magic;
	u32 sb_flags, fs_type;
	u64 mnt_id, mnt_parent_id;
	u32 mnt_id_old, mnt_parent_id_old;
	u64 mnt_attr, mnt_propagation, mnt_peer_group, mnt_master;
	u64 propagate_from;
	u32 mnt_root, mnt_point;
	u64 mnt_ns_id;
	u32 fs_subtype, sb_source;
	u32 opt_num, opt_array, opt_sec_num, opt_sec_array;
	u64 supported_mask;
	u64 spare[45];
};
_Static_assert(sizeof(struct statmount) == STATMOUNT_FIXED, "ABI");

static long mnt_id_req_get(struct mnt_id_req *r, uaddr from)
{
	u32 size;
	long err;

	memset(r, 0, sizeof(*r));
	if (get_user(size, from))
		return -EFAULT;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < MNT_ID_REQ_MIN)
		return -EINVAL;
	err = copy_struct_from_user(r, sizeof(*r), from, size);
	if (err)
		return err;
	return r->mnt_ns_fd || r->mnt_ns_id ? -EINVAL : 0;
}

static struct mount *mount_by_unique_id(u64 id)
{
	struct mount *m;

	list_for_each_entry (m, &all_mounts, node)
		if (mount_is_ours(m) && mount_unique_id(m) == id)
			return m;
	return NULL;
}

/* --- statmount --- */

static u64 statmount_attr(u32 f)
{
	return (f & MS_RDONLY ? MOUNT_ATTR_RDONLY : 0) |
	       (f & MS_NOSUID ? MOUNT_ATTR_NOSUID : 0) |
	       (f & MS_NODEV ? MOUNT_ATTR_NODEV : 0) |
	       (f & MS_NOEXEC ? MOUNT_ATTR_NOEXEC : 0) |
	       (f & MS_NOATIME	  ? MOUNT_ATTR_NOATIME
		: f & MS_RELATIME ? 0
				  : MOUNT_ATTR_STRICTATIME) |
	       (f & MS_NODIRATIME ? MOUNT_ATTR_NODIRATIME : 0) |
	       (f & MS_NOSYMFOLLOW ? MOUNT_ATTR_NOSYMFOLLOW : 0);
}

static u64 statmount_propagation(const struct mount *m)
{
	u64 r = (m->group_id ? MS_SHARED : 0) | (m->master ? MS_SLAVE : 0);

	if (!r)
		r = m->unbindable ? MS_UNBINDABLE : MS_PRIVATE;
	return r;
}

/* One string behind the others. => its place, or -1: no room */
struct statmount_text {
	char *buf;
	u32 len, cap;
	bool full;
};
static u32 statmount_add(struct statmount_text *t, const char *s)
{
	u32 n = (u32)strlen(s) + 1, at = t->len;

	if (t->len + n > t->cap) {
		t->full = true;
		return 0;
	}
	memcpy(t->buf + at, s, n);
	t->len += n;
	return at;
}

static void statmount_strings(struct statmount *o, struct statmount_text *t,
			      struct mount *m, const struct path *root,
			      u64 mask, char *page)
{
	struct path at = { m, m->root };

	/* at place 0 stands an empty string */
	(void)statmount_add(t, "");
	if (mask & STATMOUNT_FS_TYPE)
		o->fs_type = statmount_add(t, m->sb->type->name);
	if (mask & STATMOUNT_MNT_ROOT) {
		char *p = page + PATH_MAX - 1;
		struct dentry *d = m->root;

		*p = 0;
		for (; d->parent != d && p - page > d->len + 1; d = d->parent) {
			p -= d->len;
			memcpy(p, d->name, d->len);
			*--p = '/';
		}
		o->mnt_root = statmount_add(t, *p ? p : "/");
	}
	if (mask & STATMOUNT_MNT_POINT) {
		char *p = path_string(&at, root, page, PATH_MAX);

		o->mnt_point = statmount_add(t, IS_ERR(p) ? "" : p);
	}
	if (mask & STATMOUNT_MNT_OPTS) {
		page[0] = 0;
		if (m->sb->ops && m->sb->ops->show_options)
			(void)m->sb->ops->show_options(m->sb, page, PATH_MAX);
		o->mnt_opts = statmount_add(t, page + (page[0] == ','));
	}
	if (mask & STATMOUNT_SB_SOURCE)
		o->sb_source = statmount_add(t, m->source);
}

static void statmount_fill(struct statmount *o, struct mount *m, u64 mask)
{
	if (mask & STATMOUNT_SB_BASIC) {
		o->sb_dev_major = MAJOR(m->sb->dev);
		o->sb_dev_minor = MINOR(m->sb->dev);
		o->sb_magic = m->sb->magic;
		o->sb_flags = m->sb->flags & (MS_RDONLY | MS_SYNCHRONOUS |
					      MS_DIRSYNC | MS_LAZYTIME);
	}
	if (mask & STATMOUNT_MNT_BASIC) {
		o->mnt_id = mount_unique_id(m);
		o->mnt_parent_id = mount_unique_id(m->parent);
		o->mnt_id_old = m->id;
		o->mnt_parent_id_old = m->parent->id;
		o->mnt_attr = statmount_attr(m->flags);
		o->mnt_propagation = statmount_propagation(m);
		o->mnt_peer_group = m->group_id;
		o->mnt_master = m->master ? m->master->group_id : 0;
	}
	if (mask & STATMOUNT_PROPAGATE_FROM && m->master)
		o->propagate_from = m->master->group_id;
	if (mask & STATMOUNT_SUPPORTED_MASK)
		o->supported_mask = STATMOUNT_KNOWN;
}

static long statmount_of(u64 id, u64 mask, struct statmount *o,
			 struct statmount_text *t, char *page)
{
	struct path root;
	struct mount *m;
	long err = 0;

	fs_get_root(&root);
	mutex_lock(&mount_lock);
	m = mount_by_unique_id(id);
	if (!m)
		err = -ENOENT;
	else if (!mount_is_below(m, root.mnt) && !mount_may())
		err = -EPERM;
	if (!err) {
		statmount_fill(o, m, mask);
		if (mask & STATMOUNT_STRINGS)
			statmount_strings(o, t, m, &root, mask, page);
	}
	mutex_unlock(&mount_lock);
	path_put(&root);
	return err;
}

long sys_statmount(uaddr req, uaddr buf, u64 bufsize, u32 flags)
{
	struct statmount_text t = { .cap = 3 * PATH_MAX };
	struct statmount *o;
	struct mnt_id_req r;
	long err;

	if (flags)
		return -EINVAL;
	err = mnt_id_req_get(&r, req);
	if (err)
		return err;
	if (r.mnt_id <= MNT_UNIQUE_ID_OFFSET)
		return -EINVAL;
	o = kzalloc(sizeof(*o));
	t.buf = kmalloc(t.cap + PATH_MAX);
	err = -ENOMEM;
	if (o && t.buf)
		err = statmount_of(r.mnt_id, r.param, o, &t, t.buf + t.cap);
	if (!err) {
		bool strings = r.param & STATMOUNT_STRINGS;

		o->mask = r.param & STATMOUNT_KNOWN;
		o->size = STATMOUNT_FIXED + t.len;
		if (t.full || (strings && bufsize < STATMOUNT_FIXED + t.len))
			err = -EOVERFLOW;
		else if (copy_to_user(buf, o, min(bufsize, sizeof(*o))) ||
			 (strings && copy_to_user(uadd(buf, STATMOUNT_FIXED),
						  t.buf, t.len)))
			err = -EFAULT;
	}
	kfree(t.buf);
	kfree(o);
	return err;
}

/* --- listmount --- */

/* The next number after `last` below top. 0: none */
static u64 listmount_next(const struct mount *top, bool with_top, u64 last,
			  bool reverse)
{
	struct mount *m;
	u64 best = 0;

	list_for_each_entry (m, &all_mounts, node) {
		u64 id = mount_unique_id(m);

		if ((m == top && !with_top) || !mount_is_below(m, top))
			continue;
		if (last && (reverse ? id >= last : id <= last))
			continue;
		if (!best || (reverse ? id > best : id < best))
			best = id;
	}
	return best;
}

long sys_listmount(uaddr req, uaddr mnt_ids, u64 nr, u32 flags)
{
	bool all, reverse = flags & LISTMOUNT_REVERSE;
	struct mnt_id_req r;
	struct mount *top;
	struct path root;
	u64 done = 0;
	long err;

	if (flags & ~LISTMOUNT_REVERSE)
		return -EINVAL;
	if (nr > LISTMOUNT_MAX)
		return -EOVERFLOW;
	if (mnt_ids.va > USER_MAX || !user_range_ok(mnt_ids, nr * 8))
		return -EFAULT; /* even for none */
	err = mnt_id_req_get(&r, req);
	if (err)
		return err;
	all = r.mnt_id == LSMT_ROOT;
	if (!all && r.mnt_id <= MNT_UNIQUE_ID_OFFSET)
		return -EINVAL;
	if (r.param && r.param <= MNT_UNIQUE_ID_OFFSET)
		return -EINVAL;
	fs_get_root(&root);
	while (!err && done < nr) {
		u64 id = 0;

		mutex_lock(&mount_lock);
		top = all ? root.mnt : mount_by_unique_id(r.mnt_id);
		if (!top)
			err = -ENOENT;
		else if (!mount_is_below(top, root.mnt) && !mount_may())
			err = -EPERM;
		else
			id = listmount_next(top, all, r.param, reverse);
		mutex_unlock(&mount_lock);
		if (!id)
			break;
		if (put_user(id, uadd(mnt_ids, done * 8)))
			err = -EFAULT;
		r.param = id;
		done++;
	}
	path_put(&root);
	return err ? err : (long)done;
}
