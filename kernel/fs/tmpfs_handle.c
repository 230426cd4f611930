// SPDX-License-Identifier: GPL-2.0
/*
 * Handles of tmpfs: numbers by which a file is found again without its name,
 * name_to_handle_at(2). An instance has no table of its inodes, so those that
 * were asked for are put on a list, and leave it when they go. The list knows
 * the name under which the file was then, as long as the cache does: a file
 * whose name the cache has forgotten is stale.
 */
#include <abi/errno.h>
#include <hostapi/host.h>
#include <kernel/slab.h>
#include "tmpfs.h"
#include "vfs/internal.h"

int tmpfs_encode_handle(struct dentry *d, u32 h[3])
{
	struct inode *ino = d->inode;
	struct tmpfs_super *ts = tmpfs_sb(ino->sb);
	struct tmpfs_handle *nh = kzalloc(sizeof(*nh));
	struct tmpfs_node *node;
	int err = -ENOMEM;

	if (!nh)
		return -ENOMEM;
	list_init(&nh->node);
	mutex_lock(&ino->lock);
	node = tmpfs_node(ino);
	mutex_lock(&ts->handles_lock);
	if (node && !node->handle) {
		nh->ino = ino;
		host_random(&nh->gen, sizeof(nh->gen));
		list_add(&nh->node, &ts->handles);
		node->handle = nh;
		nh = NULL;
	}
	if (node) {
		node->handle->d = d;
		h[0] = node->handle->gen;
		h[1] = (u32)ino->ino;
		h[2] = (u32)(ino->ino >> 32);
		err = 0;
	}
	mutex_unlock(&ts->handles_lock);
	mutex_unlock(&ino->lock);
	kfree(nh);
	return err;
}

struct dentry *tmpfs_decode_handle(struct super *sb, const u32 h[3])
{
	struct tmpfs_super *ts = tmpfs_sb(sb);
	struct dentry *d = ERR_PTR(-ESTALE);
	struct tmpfs_handle *nh;

	mutex_lock(&ts->handles_lock);
	list_for_each_entry (nh, &ts->handles, node)
		if (nh->gen == h[0] && (u32)nh->ino->ino == h[1] &&
		    (u32)(nh->ino->ino >> 32) == h[2]) {
			if (dentry_get_of(nh->d, nh->ino))
				d = nh->d;
			break;
		}
	mutex_unlock(&ts->handles_lock);
	return d;
}

void tmpfs_handle_free(struct super *sb, struct tmpfs_node *node)
{
	struct tmpfs_super *ts = tmpfs_sb(sb);

	if (!node->handle)
		return;
	mutex_lock(&ts->handles_lock);
	list_del(&node->handle->node);
	mutex_unlock(&ts->handles_lock);
	kfree(node->handle);
	node->handle = NULL;
}
