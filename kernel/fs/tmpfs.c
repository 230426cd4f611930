// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs: files in memory, as tmpfs(5) describes them.
 *
 * A regular file's bytes are its mapping's pages in the pool (mm/mapping.c); a
 * symlink's text hangs at inode->link; a directory keeps its own entries, in
 * a hash for looking up and in a list for reading (tmpfs_dir.c), because the
 * dentry cache may forget names at any time.
 *
 * Each entry holds a reference on its inode; a link count of zero and the last
 * dentry's end lead to evict. When an instance goes, its root directory is
 * evicted while it still has entries; they are put on a list and dropped one by
 * one, which evicts the directories below, and so on, without recursion.
 *
 * Limits are counted per instance: pages as mappings are charged for them,
 * inodes as they come and go. The internal instance for memfd, shared anonymous
 * memory and System V shm (shmem.h) has none.
 *
 * The instance "devtmpfs" and the root file system use the same code.
 */
#include <abi/errno.h>
#include <abi/mount.h>
#include <abi/statfs.h>
#include <kernel/fs.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include "tmpfs.h"
#include "vfs/acl.h"

static const struct super_ops tmpfs_super_ops;

/* --- inodes --- */

struct inode *tmpfs_inode_new(struct super *sb, const struct inode *dir,
			      u32 mode, u64 rdev)
{
	struct tmpfs_super *ts = tmpfs_sb(sb);
	struct inode *ino;

	if (atomic_inc(&ts->used_inodes) > READ_ONCE(ts->max_inodes) &&
	    ts->max_inodes) {
		atomic_dec(&ts->used_inodes);
		return ERR_PTR(-ENOSPC);
	}
	if (dir && (dir->mode & S_ISGID) && S_ISDIR(mode))
		mode |= S_ISGID;
	ino = inode_alloc(sb, mode);
	if (!ino)
		goto nomem;
	if (dir && (dir->mode & S_ISGID))
		ino->gid = dir->gid;
	switch (mode & S_IFMT) {
	case S_IFREG:
		ino->mapping.ops = &tmpfs_mapping_ops;
		ino->ops = &tmpfs_file_iops;
		ino->fops = &tmpfs_file_fops;
		break;
	case S_IFDIR:
		ino->ops = &tmpfs_dir_iops;
		ino->fops = &tmpfs_dir_fops;
		ino->nlink = 2;
		ino->priv = tmpfs_dir_new();
		ino->size = 40; /* . and .. count for 20 each */
		if (!ino->priv) {
			inode_put(ino); /* evict counts it down */
			return ERR_PTR(-ENOMEM);
		}
		break;
	case S_IFLNK:
		ino->ops = &tmpfs_link_iops;
		break;
	default:
		ino->ops = &tmpfs_special_iops;
		inode_init_special(ino, mode, rdev);
	}
	if (unlikely(dir && acl_inherit(ino, dir))) {
		inode_put(ino);
		return ERR_PTR(-ENOMEM);
	}
	return ino;
nomem:
	atomic_dec(&ts->used_inodes);
	return ERR_PTR(-ENOMEM);
}

struct tmpfs_node *tmpfs_node(struct inode *ino)
{
	if (!ino->priv)
		ino->priv = kzalloc(sizeof(struct tmpfs_node));
	return ino->priv;
}

/* Drop what directories left behind; each may leave more. */
static void tmpfs_reap(struct tmpfs_super *ts)
{
	if (ts->reaping)
		return;
	ts->reaping = true;
	while (!list_empty(&ts->reap)) {
		struct tmpfs_dent *e =
			list_first(&ts->reap, struct tmpfs_dent, order);

		list_del(&e->order);
		inode_put(e->inode);
		kfree(e);
	}
	ts->reaping = false;
}

static void tmpfs_evict(struct inode *ino)
{
	struct tmpfs_super *ts = tmpfs_sb(ino->sb);
	struct tmpfs_node *node = ino->priv;

	if (S_ISLNK(ino->mode)) {
		kfree(ino->link);
		ino->link = NULL;
	}
	if (node) {
		tmpfs_xattr_free(node);
		tmpfs_handle_free(ino->sb, node);
		if (S_ISDIR(ino->mode))
			tmpfs_dir_evict(ino);
		kfree(node);
		ino->priv = NULL;
	}
	atomic_dec(&ts->used_inodes);
	if (S_ISDIR(ino->mode))
		tmpfs_reap(ts);
}

/* --- options: size= nr_blocks= nr_inodes= mode= uid= gid= --- */

static u64 tmpfs_total_pages(void)
{
	return mm_total_kb() / 4;
}

/* A number with k, m, g, t or % (of memory, in bytes) behind it. */
static int tmpfs_parse_size(const char *s, bool percent_ok, u64 *out)
{
	u32 shift = 0;
	u64 v;

	if (kstrtou64(s, &s, &v))
		return -EINVAL;
	switch (*s | 0x20) {
	case 't':
		shift += 10;
		/* fall through */
	case 'g':
		shift += 10;
		/* fall through */
	case 'm':
		shift += 10;
		/* fall through */
	case 'k':
		shift += 10;
		s++;
		break;
	default:
		if (*s == '%' && percent_ok) {
			v = v * tmpfs_total_pages() / 100 * PAGE_SIZE;
			s++;
		}
	}
	if (*s || (shift && v >> (64 - shift)))
		return -EINVAL;
	*out = v << shift;
	return 0;
}

static int tmpfs_parse_num(const char *s, u32 base, u32 *out)
{
	u64 v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		u32 digit = (u32)(*s - '0');

		if (digit >= base || v > UINT32_MAX)
			return -EINVAL;
		v = v * base + digit;
	}
	if (v > UINT32_MAX)
		return -EINVAL;
	*out = (u32)v;
	return 0;
}

static int tmpfs_option(struct tmpfs_super *ts, const char *key,
			const char *val)
{
	u64 v;
	int err;

	if (!strcmp(key, "size") || !strcmp(key, "nr_blocks")) {
		err = tmpfs_parse_size(val, key[0] == 's', &v);
		if (!err)
			ts->max_pages = key[0] == 's' ? PAGE_UP(v) / PAGE_SIZE
						      : v;
		return err;
	}
	if (!strcmp(key, "nr_inodes"))
		return tmpfs_parse_size(val, false, &ts->max_inodes);
	if (!strcmp(key, "mode")) {
		err = tmpfs_parse_num(val, 8, &ts->mode);
		ts->mode &= S_IALLUGO;
		return err;
	}
	if (!strcmp(key, "uid"))
		return tmpfs_parse_num(val, 10, &ts->uid);
	if (!strcmp(key, "gid"))
		return tmpfs_parse_num(val, 10, &ts->gid);
	/* accepted, and without meaning here */
	if (!strcmp(key, "huge") || !strcmp(key, "mpol") ||
	    !strcmp(key, "noswap") || !strcmp(key, "inode32") ||
	    !strcmp(key, "inode64"))
		return 0;
	return -EINVAL;
}

static int tmpfs_options(struct tmpfs_super *ts, const char *data)
{
	char *copy, *rest, *s, *val;
	int err = 0;

	if (!data || !*data)
		return 0;
	copy = kstrdup(data);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while (!err && (s = mount_option_next(&rest, &val))) {
		err = tmpfs_option(ts, s, val ? val : "");
	}
	kfree(copy);
	return err;
}

/* --- instances --- */

struct super *tmpfs_super_new(const struct fs_type *t, u32 flags,
			      const char *data)
{
	struct tmpfs_super *ts = kzalloc(sizeof(*ts));
	struct super *sb = NULL;
	struct inode *root;
	int err = -ENOMEM;

	if (!ts)
		return ERR_PTR(-ENOMEM);
	list_init(&ts->reap);
	mutex_init(&ts->handles_lock);
	list_init(&ts->handles);
	ts->mode = 01777;
	ts->uid = current->cred ? current->cred->fsuid : 0;
	ts->gid = current->cred ? current->cred->fsgid : 0;
	if (!(flags & MS_KERNMOUNT))
		ts->max_pages = ts->max_inodes = tmpfs_total_pages() / 2;
	err = tmpfs_options(ts, data);
	if (err)
		goto fail;
	err = -ENOMEM;
	sb = super_alloc(t);
	if (!sb)
		goto fail;
	sb->ops = &tmpfs_super_ops;
	sb->has_attrs = true;
	sb->magic = TMPFS_MAGIC;
	sb->flags = flags;
	sb->priv = ts;
	root = tmpfs_inode_new(sb, NULL, S_IFDIR | ts->mode, 0);
	if (IS_ERR(root)) {
		super_put(sb); /* kill frees ts */
		return (struct super *)root;
	}
	root->uid = ts->uid;
	root->gid = ts->gid;
	sb->root = dentry_alloc_root(sb, root);
	if (!sb->root) {
		inode_put(root);
		super_put(sb);
		return ERR_PTR(-ENOMEM);
	}
	return sb;
fail:
	kfree(ts);
	return ERR_PTR(err);
}

static struct super *tmpfs_mount(const struct fs_type *t, const char *source,
				 u32 flags, const char *data)
{
	return tmpfs_super_new(t, flags, data);
}

static void tmpfs_kill(struct super *sb)
{
	kfree(sb->priv);
	sb->priv = NULL;
}

static u64 tmpfs_left(u64 max, u64 used)
{
	return max > used ? max - used : 0;
}

static int tmpfs_statfs(struct super *sb, struct statfs_k *st)
{
	struct tmpfs_super *ts = tmpfs_sb(sb);

	memset(st, 0, sizeof(*st));
	st->type = sb->magic;
	st->bsize = PAGE_SIZE;
	st->namelen = NAME_MAX;
	st->fsid = sb->dev;
	st->blocks = ts->max_pages;
	st->bfree = st->bavail = tmpfs_left(ts->max_pages, ts->used_pages);
	st->files = ts->max_inodes;
	st->ffree = tmpfs_left(ts->max_inodes, ts->used_inodes);
	return 0;
}

static int tmpfs_show_options(struct super *sb, char *buf, size_t n)
{
	struct tmpfs_super *ts = tmpfs_sb(sb);
	size_t at = 0;

#define TMPFS_SHOW(...)                                                        \
	do {                                                                   \
		if (at < n)                                                    \
			at += (size_t)snprintf(buf + at, n - at, __VA_ARGS__); \
	} while (0)
	if (n)
		buf[0] = 0;
	if (ts->max_pages)
		TMPFS_SHOW(",size=%luk", ts->max_pages * 4);
	if (ts->max_inodes)
		TMPFS_SHOW(",nr_inodes=%lu", ts->max_inodes);
	if (ts->mode != 01777)
		TMPFS_SHOW(",mode=%03o", ts->mode);
	if (ts->uid)
		TMPFS_SHOW(",uid=%u", ts->uid);
	if (ts->gid)
		TMPFS_SHOW(",gid=%u", ts->gid);
#undef TMPFS_SHOW
	return 0;
}

static const struct super_ops tmpfs_super_ops = {
	.evict = tmpfs_evict,
	.statfs = tmpfs_statfs,
	.kill = tmpfs_kill,
	.show_options = tmpfs_show_options,
	.encode_handle = tmpfs_encode_handle,
	.decode_handle = tmpfs_decode_handle,
};

struct fs_type tmpfs_type = {
	.name = "tmpfs",
	.nodev = true,
	.userns = true,
	.mount = tmpfs_mount,
};
static struct fs_type tmpfs_ramfs_type = {
	.name = "ramfs",
	.nodev = true,
	.userns = true,
	.mount = tmpfs_mount,
};

void tmpfs_init(void)
{
	fs_register(&tmpfs_type);
	fs_register(&tmpfs_ramfs_type);
	tmpfs_shmem_init();
}
