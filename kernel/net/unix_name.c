/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of AF_UNIX sockets. A path name is a socket inode in the vfs whose
 * ->special points to the bound socket; it keeps no reference, the socket
 * clears it when it closes. Abstract names hash by their bytes. Both are found
 * under unix_name_lock, where a reference is taken.
 *
 * The inode outlives the socket: connecting to a left-over name gives
 * ECONNREFUSED, binding to it EADDRINUSE.
 */
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "unix_internal.h"

#define UNIX_HASH 256u

static spinlock_t unix_name_lock = SPINLOCK_INIT;
static struct usock *unix_hash[UNIX_HASH]; /* under unix_name_lock */

void unix_addr_put(struct unix_addr *a)
{
	if (a && ref_put(&a->refs))
		kfree(a);
}

static struct unix_addr *unix_addr_alloc(const void *un, u32 len)
{
	struct unix_addr *a = kzalloc(sizeof(*a));

	if (!a)
		return NULL;
	ref_init(&a->refs, 1);
	a->len = len;
	memcpy(&a->un, un, len);
	return a;
}

int unix_addr_check(const struct sockaddr_storage *a, u32 *len)
{
	const struct sockaddr_un *un = (const void *)a;
	u32 head = offsetof(struct sockaddr_un, sun_path);

	if (*len <= head || *len > sizeof(*un) || un->sun_family != AF_UNIX)
		return -EINVAL;
	if (un->sun_path[0]) /* a path need not be terminated */
		*len = head + strnlen(un->sun_path, *len - head) + 1;
	return 0;
}

static u32 unix_name_hash(const struct unix_addr *a)
{
	const u8 *p = (const u8 *)a->un.sun_path;
	u32 n = a->len - offsetof(struct sockaddr_un, sun_path);
	u32 h = 2166136261u;

	while (n--)
		h = (h ^ *p++) * 16777619u;
	return (h ^ h >> 16) % UNIX_HASH;
}

/* Caller holds unix_name_lock. */
static struct usock *unix_abstract_find(const struct unix_addr *a, int type)
{
	struct usock *u = unix_hash[a->hash];

	while (u && (u->addr->len != a->len || u->sk.type != type ||
		     memcmp(&u->addr->un, &a->un, a->len)))
		u = u->hash_next;
	return u;
}

/* => the NUL-terminated path of an address; buf has UNIX_PATH_MAX + 1 bytes */
static void unix_path_of(const struct sockaddr_storage *a, u32 len, char *buf)
{
	const struct sockaddr_un *un = (const void *)a;
	u32 n = strnlen(un->sun_path,
			min(len - (u32)offsetof(struct sockaddr_un, sun_path),
			    (u32)UNIX_PATH_MAX));

	memcpy(buf, un->sun_path, n);
	buf[n] = 0;
}

static struct usock *unix_find_path(const struct sockaddr_storage *a, u32 len,
				    int type)
{
	char name[UNIX_PATH_MAX + 1];
	struct usock *u = NULL;
	struct path p;
	int err;

	unix_path_of(a, len, name);
	err = path_lookup(AT_FDCWD, name, LOOKUP_FOLLOW, &p);
	if (err)
		return ERR_PTR(err);
	err = inode_permission(p.dentry->inode, MAY_WRITE);
	if (!err) {
		err = -ECONNREFUSED;
		spin_lock(&unix_name_lock);
		if (S_ISSOCK(p.dentry->inode->mode))
			u = p.dentry->inode->special;
		if (u && ref_get_unless_zero(&u->sk.refs))
			err = 0;
		spin_unlock(&unix_name_lock);
	}
	path_put(&p);
	if (!err && u->sk.type != type) {
		usock_put(u);
		err = -EPROTOTYPE;
	}
	return err ? ERR_PTR(err) : u;
}

struct usock *unix_find(const struct sockaddr_storage *a, u32 len, int type)
{
	const struct sockaddr_un *un = (const void *)a;
	struct unix_addr *key;
	struct usock *u;

	if (un->sun_path[0])
		return unix_find_path(a, len, type);
	key = unix_addr_alloc(a, len);
	if (!key)
		return ERR_PTR(-ENOMEM);
	key->hash = unix_name_hash(key);
	spin_lock(&unix_name_lock);
	u = unix_abstract_find(key, type);
	if (u && !ref_get_unless_zero(&u->sk.refs))
		u = NULL;
	spin_unlock(&unix_name_lock);
	unix_addr_put(key);
	return u ? u : ERR_PTR(-ECONNREFUSED);
}

/* Caller holds sk.lock; takes over `a`. */
static int unix_bind_abstract_locked(struct usock *u, struct unix_addr *a)
{
	int err = 0;

	a->hash = unix_name_hash(a);
	spin_lock(&unix_name_lock);
	if (unix_abstract_find(a, u->sk.type)) {
		err = -EADDRINUSE;
	} else {
		store_release(&u->addr, a);
		u->hash_next = unix_hash[a->hash];
		unix_hash[a->hash] = u;
	}
	spin_unlock(&unix_name_lock);
	if (err)
		unix_addr_put(a);
	return err;
}

/* Does anything bear this name, slashes after it or not? */
static bool unix_name_taken(const char *name)
{
	char bare[UNIX_PATH_MAX + 1];
	size_t n = strlcpy(bare, name, sizeof(bare));
	struct path p;

	while (n > 1 && n < sizeof(bare) && bare[n - 1] == '/')
		bare[--n] = 0;
	if (path_lookup(AT_FDCWD, bare, 0, &p))
		return false;
	path_put(&p);
	return true;
}

/* Make the socket inode. => its path, with references */
static int unix_mknod(const char *name, struct path *out)
{
	char last[NAME_MAX + 1];
	enum last_type type;
	struct path dir;
	bool slash;
	int err = path_parent(AT_FDCWD, name, &dir, last, &type, &slash);

	if (err)
		return err;
	if (type != LAST_NORM)
		err = -EEXIST;
	/* that the name is taken is said before that it may not be made */
	if (!err && unix_name_taken(name))
		err = -EEXIST;
	if (!err && slash)
		err = -ENOENT;
	if (!err)
		err = inode_permission(dir.dentry->inode, MAY_WRITE | MAY_EXEC);
	if (!err)
		err = vfs_mknod(dir.dentry, last,
				S_IFSOCK | (0777 & ~current->fs->umask), 0);
	path_put(&dir);
	if (!err)
		err = path_lookup(AT_FDCWD, name, 0, out);
	return err == -EEXIST ? -EADDRINUSE : err;
}

static int unix_bind_path_locked(struct usock *u, struct unix_addr *a)
{
	struct path p;
	int err = unix_mknod(a->un.sun_path, &p);

	if (err) {
		unix_addr_put(a);
		return err;
	}
	spin_lock(&unix_name_lock);
	u->ino = p.dentry->inode;
	u->ino->special = u;
	u->path = p;
	store_release(&u->addr, a);
	spin_unlock(&unix_name_lock);
	return 0;
}

/* Five hexadecimal digits, abstract (unix(7), "Autobind feature"). */
static int unix_autobind_locked(struct usock *u)
{
	static u32 next;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct unix_addr *a;
	int err = -EADDRINUSE;

	for (u32 i = 0; err == -EADDRINUSE && i < 1u << 20; i++) {
		snprintf(un.sun_path + 1, 6, "%05x",
			 atomic_inc(&next) & 0xfffff);
		a = unix_addr_alloc(&un,
				    offsetof(struct sockaddr_un, sun_path) + 6);
		if (!a)
			return -ENOMEM;
		err = unix_bind_abstract_locked(u, a);
	}
	return err == -EADDRINUSE ? -ENOSPC : err;
}

int unix_autobind(struct usock *u)
{
	int err = 0;

	mutex_lock(&u->sk.lock);
	if (!u->addr)
		err = unix_autobind_locked(u);
	mutex_unlock(&u->sk.lock);
	return err;
}

int unix_bind(struct sock *sk, const struct sockaddr_storage *a, u32 len)
{
	struct usock *u = usock_of(sk);
	struct unix_addr *addr;
	int err;

	if (len == offsetof(struct sockaddr_un, sun_path) &&
	    a->ss_family == AF_UNIX)
		return u->addr ? 0 : unix_autobind(u);
	err = unix_addr_check(a, &len);
	if (err)
		return err;
	addr = kzalloc(sizeof(*addr));
	if (!addr)
		return -ENOMEM;
	ref_init(&addr->refs, 1);
	addr->len = len;
	memcpy(&addr->un, a, min(len, (u32)sizeof(addr->un)));
	mutex_lock(&sk->lock);
	if (u->addr) {
		/* that the name is taken is found first */
		err = addr->un.sun_path[0] && unix_name_taken(addr->un.sun_path)
			      ? -EADDRINUSE
			      : -EINVAL;
		unix_addr_put(addr);
	} else if (addr->un.sun_path[0]) {
		err = unix_bind_path_locked(u, addr);
	} else {
		err = unix_bind_abstract_locked(u, addr);
	}
	mutex_unlock(&sk->lock);
	return err;
}

void unix_unbind(struct usock *u)
{
	struct usock **p;

	if (!u->addr)
		return;
	spin_lock(&unix_name_lock);
	if (u->ino) {
		u->ino->special = NULL;
		u->ino = NULL;
	} else {
		/* an accepted socket only shares its listener's address */
		for (p = &unix_hash[u->addr->hash]; *p && *p != u;)
			p = &(*p)->hash_next;
		if (*p)
			*p = u->hash_next;
	}
	spin_unlock(&unix_name_lock);
	if (u->path.dentry)
		path_put(&u->path);
}
