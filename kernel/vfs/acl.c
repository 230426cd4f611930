// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX access control lists, as acl(5) describes them and xattrs carry them:
 * system.posix_acl_access says who may do what with a file,
 * system.posix_acl_default in a directory what its new files begin with.
 *
 * A list that says no more than the mode is not kept. One that does makes the
 * inode use the second table of operations of its file system (inode_ops
 * ->with_acl), whose ->permission is acl_permission(): inodes without lists pay
 * nothing for those that have one. A file system without that table has no
 * lists.
 *
 * Lists are counted and never changed; inode->acl and ->acl_default are
 * replaced under inode->lock and acl_lock, the latter guards taking a
 * reference. While an inode has a list the mode's group bits are the list's
 * mask, so chmod changes that.
 */
#include <abi/xattr.h>
#include "vfs/acl.h"
#include "vfs/internal.h"

#define ACL_VERSION	2u
#define ACL_MAX_ENTRIES 8000u

enum acl_tag {
	ACL_USER_OBJ = 0x01,
	ACL_USER = 0x02,
	ACL_GROUP_OBJ = 0x04,
	ACL_GROUP = 0x08,
	ACL_MASK = 0x10,
	ACL_OTHER = 0x20,
};

/* As the attribute has it, after the version. */
struct acl_wire {
	u16 tag, perm;
	u32 id;
};

struct posix_acl {
	struct ref refs;
	u32 count;
	struct acl_wire e[]; /* ids are the kernel's */
};

static spinlock_t acl_lock = SPINLOCK_INIT;

/* --- Lists --- */

static struct posix_acl *acl_alloc(u32 count)
{
	struct posix_acl *a = kmalloc(sizeof(*a) + count * sizeof(a->e[0]));

	if (a) {
		ref_init(&a->refs, 1);
		a->count = count;
	}
	return a;
}

void acl_put(struct posix_acl *a)
{
	if (a && ref_put(&a->refs))
		kfree(a);
}

static struct posix_acl *acl_clone(const struct posix_acl *from)
{
	struct posix_acl *a = acl_alloc(from->count);

	if (a)
		memcpy(a->e, from->e, from->count * sizeof(a->e[0]));
	return a;
}

static struct posix_acl *acl_get(struct posix_acl *const *where)
{
	struct posix_acl *a;

	spin_lock(&acl_lock);
	a = *where;
	if (a)
		ref_get(&a->refs);
	spin_unlock(&acl_lock);
	return a;
}

/* Takes over the new one's reference. */
static void acl_replace(struct posix_acl **where, struct posix_acl *a)
{
	struct posix_acl *old;

	spin_lock(&acl_lock);
	old = *where;
	*where = a;
	spin_unlock(&acl_lock);
	acl_put(old);
}

/* In order, each obligatory entry once, a mask where one is needed. */
static int acl_check(const struct posix_acl *a)
{
	u32 seen = 0, last = 0;

	for (u32 i = 0; i < a->count; i++) {
		u32 tag = a->e[i].tag;
		bool many = tag == ACL_USER || tag == ACL_GROUP;

		if (a->e[i].perm & ~7u || (tag & (tag - 1)) || !tag ||
		    tag > ACL_OTHER)
			return -EINVAL;
		if (tag < last || (tag == last && !many))
			return -EINVAL;
		if (many && a->e[i].id == (u32)-1)
			return -EINVAL;
		seen |= tag;
		last = tag;
	}
	if ((seen & (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER)) !=
	    (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER))
		return -EINVAL;
	if ((seen & (ACL_USER | ACL_GROUP)) && !(seen & ACL_MASK))
		return -EINVAL;
	return 0;
}

/* The permission bits that stand for it. => does the mode say all of it? */
static bool acl_to_mode(const struct posix_acl *a, u32 *mode)
{
	u32 user = 0, group = 0, other = 0;
	bool all = true;

	for (u32 i = 0; i < a->count; i++)
		switch (a->e[i].tag) {
		case ACL_USER_OBJ:
			user = a->e[i].perm;
			break;
		case ACL_GROUP_OBJ:
			group = a->e[i].perm;
			break;
		case ACL_OTHER:
			other = a->e[i].perm;
			break;
		default:
			all = false;
		}
	for (u32 i = 0; i < a->count; i++)
		if (a->e[i].tag == ACL_MASK)
			group = a->e[i].perm;
	*mode = user << 6 | group << 3 | other;
	return all;
}

/* The three classes get these bits; masked: of what they have. */
static void acl_from_mode(struct posix_acl *a, u32 mode, bool masked)
{
	bool has_mask = false;

	for (u32 i = 0; i < a->count; i++)
		has_mask |= a->e[i].tag == ACL_MASK;
	for (u32 i = 0; i < a->count; i++) {
		struct acl_wire *e = &a->e[i];
		u32 bits;

		if (e->tag == ACL_USER_OBJ)
			bits = mode >> 6 & 7;
		else if (e->tag == ACL_OTHER)
			bits = mode & 7;
		else if (e->tag == (has_mask ? ACL_MASK : ACL_GROUP_OBJ))
			bits = mode >> 3 & 7;
		else
			continue;
		e->perm = (u16)(masked ? e->perm & bits : bits);
	}
}

/* --- Permission --- */

static int acl_entry_allows(const struct posix_acl *a, u32 i, u32 want)
{
	u32 perm = a->e[i].perm;

	if (a->e[i].tag != ACL_OTHER)
		for (u32 k = i + 1; k < a->count; k++)
			if (a->e[k].tag == ACL_MASK)
				perm &= a->e[k].perm;
	return want & ~perm ? -EACCES : 0;
}

/* For those who are not the owner. => 0 or -EACCES */
static int acl_judge(const struct posix_acl *a, const struct inode *ino,
		     u32 want, const struct cred *c)
{
	bool in_group = false;

	for (u32 i = 0; i < a->count; i++) {
		const struct acl_wire *e = &a->e[i];

		switch (e->tag) {
		case ACL_USER:
			if (e->id == c->fsuid)
				return acl_entry_allows(a, i, want);
			break;
		case ACL_GROUP_OBJ:
		case ACL_GROUP:
			if (!cred_in_group(c, e->tag == ACL_GROUP ? e->id
								  : ino->gid))
				break;
			in_group = true;
			if (!(want & ~e->perm))
				return acl_entry_allows(a, i, want);
			break;
		case ACL_OTHER:
			return in_group ? -EACCES
					: acl_entry_allows(a, i, want);
		}
	}
	return -EACCES;
}

int acl_permission(struct inode *ino, u32 mask, const struct cred *c)
{
	struct posix_acl *a;
	int err;

	if (c->fsuid == ino->uid || !(ino->mode & S_IRWXG))
		return generic_permission(ino, mask, c);
	a = acl_get(&ino->acl);
	if (!a)
		return generic_permission(ino, mask, c);
	err = acl_judge(a, ino, mask & 7, c);
	acl_put(a);
	return err ? permission_by_capability(ino, mask, c) : 0;
}

/* --- Changes --- */

static void acl_set_ops(struct inode *ino)
{
	const struct inode_ops *ops = ino->ops;

	if (ino->acl && ops->with_acl)
		WRITE_ONCE(ino->ops, ops->with_acl);
	else if (!ino->acl && ops->without_acl)
		WRITE_ONCE(ino->ops, ops->without_acl);
}

static bool acl_supported(const struct inode *ino)
{
	return ino->ops->with_acl || ino->ops->without_acl;
}

int acl_chmod(struct inode *ino)
{
	struct posix_acl *a;

	if (likely(!ino->acl))
		return 0;
	a = acl_clone(ino->acl);
	if (!a)
		return -ENOMEM;
	acl_from_mode(a, ino->mode, false);
	acl_replace(&ino->acl, a);
	return 0;
}

int acl_inherit(struct inode *ino, const struct inode *dir)
{
	struct posix_acl *def, *a;
	u32 bits;

	if (likely(!dir->acl_default) || S_ISLNK(ino->mode))
		return 0;
	def = acl_get((struct posix_acl *const *)&dir->acl_default);
	if (!def)
		return 0;
	a = acl_clone(def);
	if (!a) {
		acl_put(def);
		return -ENOMEM;
	}
	acl_from_mode(a, ino->mode, true);
	if (acl_to_mode(a, &bits)) {
		acl_put(a);
		a = NULL;
	}
	ino->mode = (ino->mode & ~S_IRWXUGO) | bits;
	ino->acl = a;
	acl_set_ops(ino);
	if (S_ISDIR(ino->mode))
		ino->acl_default = def;
	else
		acl_put(def);
	return 0;
}

/* --- Attributes --- */

int acl_name(const char *name)
{
	return !strcmp(name, XATTR_POSIX_ACL_ACCESS)	? 1
	       : !strcmp(name, XATTR_POSIX_ACL_DEFAULT) ? 2
							: 0;
}

size_t acl_list(struct inode *ino, char *buf, size_t n)
{
	size_t at = 0, len;

	for (int which = 1; which <= 2; which++) {
		const char *name = which == 1 ? XATTR_POSIX_ACL_ACCESS
					      : XATTR_POSIX_ACL_DEFAULT;

		if (!(which == 1 ? ino->acl : ino->acl_default))
			continue;
		len = strlen(name) + 1;
		if (buf && at + len <= n)
			memcpy(buf + at, name, len);
		at += len;
	}
	return at;
}

ssize_t acl_get_xattr(struct inode *ino, int which, void *buf, size_t n)
{
	struct posix_acl *a;
	struct acl_wire *w;
	size_t len;

	if (!acl_supported(ino))
		return -EOPNOTSUPP;
	a = acl_get(which == 1 ? &ino->acl : &ino->acl_default);
	if (!a)
		return -ENODATA;
	len = 4 + a->count * sizeof(a->e[0]);
	if (n && n < len) {
		acl_put(a);
		return -ERANGE;
	}
	if (n) {
		*(u32 *)buf = ACL_VERSION;
		w = (struct acl_wire *)((char *)buf + 4);
		for (u32 i = 0; i < a->count; i++) {
			w[i] = a->e[i];
			if (w[i].tag == ACL_USER)
				w[i].id = uid_shown(w[i].id);
			else if (w[i].tag == ACL_GROUP)
				w[i].id = gid_shown(w[i].id);
		}
	}
	acl_put(a);
	return (ssize_t)len;
}

/* => a list; NULL: an empty one; ERR_PTR */
static struct posix_acl *acl_parse(const void *val, size_t n)
{
	const struct acl_wire *w = (const void *)((const char *)val + 4);
	struct posix_acl *a;
	size_t count;
	int err;

	if (n < 4)
		return ERR_PTR(-EINVAL);
	if (*(const u32 *)val != ACL_VERSION)
		return ERR_PTR(-EOPNOTSUPP);
	if ((n - 4) % sizeof(*w))
		return ERR_PTR(-EINVAL);
	count = (n - 4) / sizeof(*w);
	if (!count)
		return NULL;
	if (count > ACL_MAX_ENTRIES)
		return ERR_PTR(-EINVAL);
	a = acl_alloc((u32)count);
	if (!a)
		return ERR_PTR(-ENOMEM);
	for (size_t i = 0; i < count; i++) {
		a->e[i] = w[i];
		if (w[i].tag == ACL_USER)
			a->e[i].id = uid_given(w[i].id);
		else if (w[i].tag == ACL_GROUP)
			a->e[i].id = gid_given(w[i].id);
		else
			a->e[i].id = (u32)-1;
	}
	err = acl_check(a);
	if (!err)
		return a;
	acl_put(a);
	return ERR_PTR(err);
}

/* The mode follows an access list; a list that says no more goes. */
static void acl_set_access(struct inode *ino, struct posix_acl *a)
{
	u32 bits, mode = ino->mode;

	if (a) {
		bool all = acl_to_mode(a, &bits);

		mode = (mode & ~S_IRWXUGO) | bits;
		if (!cred_in_group(current->cred, ino->gid) &&
		    !inode_capable(ino, CAP_FSETID))
			mode &= ~S_ISGID;
		WRITE_ONCE(ino->mode, mode);
		if (all) {
			acl_put(a);
			a = NULL;
		}
	}
	acl_replace(&ino->acl, a);
	acl_set_ops(ino);
}

int acl_set_xattr(struct inode *ino, int which, const void *val, size_t n)
{
	struct posix_acl *a = NULL;

	if (n) {
		a = acl_parse(val, n);
		if (IS_ERR(a))
			return (int)PTR_ERR(a);
	}
	if (!acl_supported(ino)) {
		acl_put(a);
		return -EOPNOTSUPP;
	}
	if (which == 2 && !S_ISDIR(ino->mode)) {
		bool any = a;

		acl_put(a);
		return any ? -EACCES : 0;
	}
	if (!inode_owner_or_capable(ino)) {
		acl_put(a);
		return -EPERM;
	}
	if (which == 1)
		acl_set_access(ino, a);
	else
		acl_replace(&ino->acl_default, a);
	ino->ctime = inode_now();
	return 0;
}
