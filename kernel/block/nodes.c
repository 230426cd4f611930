// SPDX-License-Identifier: GPL-2.0
/*
 * Names of block devices: the nodes in devtmpfs with the links in /dev/disk
 * that udev would make of what the kernel knows (by-id, by-partuuid,
 * by-partlabel), and how a name on the command line is understood.
 *
 * by-uuid and by-label need a look into the file system: for the signatures of
 * ext2, ext3 and ext4 only.
 */
#include <abi/errno.h>
#include <abi/mount.h>
#include <abi/stat.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "internal.h"

/* Add or remove /dev/disk/DIR/NAME -> ../../ubda1 */
static void nodes_link(const struct bdev *b, const char *dir, const char *name,
		       bool add)
{
	char path[96], to[48];

	if (!*name)
		return;
	snprintf(path, sizeof(path), "disk/%s/%s", dir, name);
	snprintf(to, sizeof(to), "../../%s", b->name);
	if (add)
		devtmpfs_link(path, to);
	else
		devtmpfs_remove(path);
}

static void nodes_by_id(const struct bdev *b, bool add)
{
	char name[64];

	if (!b->whole->serial[0])
		return;
	if (b == b->whole)
		snprintf(name, sizeof(name), "ubd-%s", b->serial);
	else
		snprintf(name, sizeof(name), "ubd-%s-part%u", b->whole->serial,
			 b->part);
	nodes_link(b, "by-id", name, add);
}

/* ext2/3/4: the super block stands at 1024. */
static void nodes_by_content(struct bdev *b, bool add)
{
	u8 *buf = b->size >= 4096 ? kmalloc(4096) : NULL;
	const u8 *sb;
	char name[40];
	u32 n = 0;

	if (!buf)
		return;
	sb = buf + 1024;
	if (bdev_read(b, 0, buf, 4096) || sb[56] != 0x53 || sb[57] != 0xef)
		goto out;
	for (u32 i = 0; i < 16; i++) {
		n += (u32)snprintf(name + n, sizeof(name) - n, "%02x",
				   sb[104 + i]);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			name[n++] = '-';
	}
	nodes_link(b, "by-uuid", name, add);
	for (n = 0; n < 16 && sb[120 + n] > 32 && sb[120 + n] < 127 &&
		    sb[120 + n] != '/';
	     n++)
		name[n] = (char)sb[120 + n];
	name[n] = 0;
	nodes_link(b, "by-label", name, add);
out:
	kfree(buf);
}

int bdev_nodes_add(struct bdev *b)
{
	int err = devtmpfs_add(b->name, S_IFBLK | 0660, b->rdev);

	nodes_by_id(b, true);
	return err;
}

/* What is known of it only when it can be read. */
void bdev_nodes_found(struct bdev *b)
{
	nodes_link(b, "by-partuuid", b->uuid, true);
	nodes_link(b, "by-partlabel", b->label, true);
	nodes_by_content(b, true);
}

void bdev_nodes_remove(struct bdev *b)
{
	nodes_by_id(b, false);
	nodes_link(b, "by-partuuid", b->uuid, false);
	nodes_link(b, "by-partlabel", b->label, false);
	devtmpfs_remove(b->name);
}

static bool nodes_number(const char *s, u64 *rdev)
{
	u64 ma, mi;
	const char *colon = strchr(s, ':');
	char buf[16];

	if (!colon || colon - s >= (long)sizeof(buf))
		return false;
	memcpy(buf, s, (size_t)(colon - s));
	buf[colon - s] = 0;
	if (kstrtou64(buf, NULL, &ma) || kstrtou64(colon + 1, NULL, &mi))
		return false;
	*rdev = MKDEV(ma, mi);
	return true;
}

int bdev_from_source(const char *source, u64 *rdev)
{
	struct path p;
	int err;

	if (!source || !*source)
		return -ENOENT;
	if (!current->fs || !current->fs->root.mnt) {
		*rdev = bdev_by_name(source);
		return *rdev ? 0 : -ENXIO;
	}
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	if (!S_ISBLK(p.dentry->inode->mode))
		err = -ENOTBLK;
	else if (p.mnt->flags & MS_NODEV)
		err = -EACCES;
	else
		*rdev = p.dentry->inode->rdev;
	path_put(&p);
	return err;
}

static bool nodes_same(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a;
		char y = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;

		if (x != y)
			return false;
	}
	return *a == *b;
}

u64 bdev_by_name(const char *name)
{
	struct bdev *b;
	u64 rdev = 0;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	if (nodes_number(name, &rdev))
		return rdev;
	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node) {
		if (!strcmp(b->name, name) ||
		    (!strncmp(name, "PARTUUID=", 9) && b->uuid[0] &&
		     nodes_same(b->uuid, name + 9)) ||
		    (!strncmp(name, "PARTLABEL=", 10) && b->label[0] &&
		     !strcmp(b->label, name + 10))) {
			rdev = b->rdev;
			break;
		}
	}
	mutex_unlock(&bdev_lock);
	return rdev;
}
