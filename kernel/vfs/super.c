// SPDX-License-Identifier: GPL-2.0
/*
 * File system types and their instances.
 *
 * A type registers once at boot. Its ->mount makes a super (or returns one it
 * has, with a reference): super_alloc(), a root inode, dentry_alloc_root().
 * Every mount holds a reference; with the last one the cached names go, then
 * the root, then ->kill takes down what is the file system's. Open files and
 * working directories hold mounts, so that nothing of the super is in use then.
 */
#include <kernel/ns.h>
#include "vfs/internal.h"

struct fs_type *fs_types;
struct super *all_supers;
spinlock_t super_list_lock;
static spinlock_t fs_type_lock;
static struct objcache super_objs = OBJCACHE(struct super, priv);
static u32 super_next_minor;

void fs_register(struct fs_type *t)
{
	struct fs_type **pp = &fs_types;

	spin_lock(&fs_type_lock);
	while (*pp)
		pp = &(*pp)->next;
	t->next = NULL;
	store_release(pp, t);
	spin_unlock(&fs_type_lock);
}

struct fs_type *fs_find(const char *name)
{
	struct fs_type *t;

	for (t = load_acquire(&fs_types); t; t = load_acquire(&t->next))
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

char *mount_option_next(char **rest, char **val)
{
	char *key, *next;

	for (key = *rest; key; key = next) {
		next = strchr(key, ',');
		if (next)
			*next++ = 0;
		if (!*key)
			continue;
		*rest = next;
		*val = strchr(key, '=');
		if (*val)
			*(*val)++ = 0;
		return key;
	}
	return NULL;
}

struct super *super_alloc(const struct fs_type *t)
{
	struct super *sb = objcache_alloc(&super_objs);

	if (!sb)
		return NULL;
	memset(sb, 0, sizeof(*sb));
	sb->type = t;
	sb->dev = MKDEV(0, atomic_add(&super_next_minor, 1) + 20);
	sb->blksize = 4096;
	sb->next_ino = 0;
	if (current->cred && current->cred->user_ns != &init_user_ns) {
		sb->owner = current->cred->user_ns;
		ns_get(&sb->owner->ns);
	}
	mutex_init(&sb->rename_lock);
	ref_init(&sb->refs, 1);
	spin_lock(&super_list_lock);
	sb->next = all_supers;
	all_supers = sb;
	spin_unlock(&super_list_lock);
	return sb;
}

const struct user_ns *super_owner(const struct super *sb)
{
	return sb->owner ? sb->owner : &init_user_ns;
}

void super_put(struct super *sb)
{
	struct super **pp;

	if (!ref_put(&sb->refs))
		return;
	spin_lock(&super_list_lock);
	for (pp = &all_supers; *pp != sb; pp = &(*pp)->next)
		;
	*pp = sb->next;
	spin_unlock(&super_list_lock);
	if (fsnotify_on())
		fsnotify_super_gone_slow(sb);
	if (sb->root && !dcache_put_root(sb->root)) {
		printk(KERN_WARN "vfs: a dentry of a dead %s is in use\n",
		       sb->type->name);
		return; /* rather lost than freed under somebody's hands */
	}
	if (sb->ops && sb->ops->kill)
		sb->ops->kill(sb);
	if (sb->shows)
		ns_put(sb->shows);
	if (sb->owner)
		ns_put(&sb->owner->ns);
	objcache_free(&super_objs, sb);
}

/* sync(2). Supers are synced one by one, without the list's lock. */
void super_sync_all(void)
{
	struct super *sb, *prev = NULL;

	spin_lock(&super_list_lock);
	sb = all_supers;
	while (sb) {
		if (!sb->ops || !sb->ops->sync ||
		    !ref_get_unless_zero(&sb->refs)) {
			sb = sb->next;
			continue;
		}
		spin_unlock(&super_list_lock);
		if (prev)
			super_put(prev);
		sb->ops->sync(sb);
		prev = sb; /* held: it stays in the list, so next is true */
		spin_lock(&super_list_lock);
		sb = sb->next;
	}
	spin_unlock(&super_list_lock);
	if (prev)
		super_put(prev);
}
