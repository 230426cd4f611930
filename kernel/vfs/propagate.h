/* SPDX-License-Identifier: GPL-2.0 */
/* Shared subtrees, between kernel/vfs/mount.c and propagate.c. */
#ifndef VFS_PROPAGATE_H
#define VFS_PROPAGATE_H

#include <kernel/vfs.h>

/* A new mount: private. */
void propagate_init(struct mount *m);
/* type: MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE. All that follow:
 * => Caller holds mount_lock. */
void propagate_change(struct mount *m, u32 type);
/* m is a copy of `of`: it joins its peers and has its master. */
void propagate_clone(struct mount *m, struct mount *of);
/* m is a copy that hears from `of`; share: with a group of its own. */
void propagate_enslave(struct mount *m, struct mount *of, bool share);
/* m was attached: the same to who hears of it from its parent. */
void propagate_attached(struct mount *m);
/* Mounts that go when m goes, by ->gather; m itself is not among them. */
void propagate_gather(struct mount *m, struct list_head *out);
/* For mountinfo: the group that this one hears from, or 0. */
u32 propagate_dominating(const struct mount *m);

/* mount.c */
struct mount *mount_clone_private(struct mount *from, struct dentry *root);
void mount_attach_under(struct mount *m, const struct path *at);
struct mount *mount_child_at(const struct mount *parent,
			     const struct dentry *at);
bool mount_has_children(struct mount *m);

#endif
