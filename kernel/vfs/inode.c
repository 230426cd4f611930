// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes: their life, times, attributes, and who may write them.
 *
 * An inode is made by its file system with one reference; every dentry bound
 * to it holds one, and the file system itself as many as it likes (tmpfs: one
 * for each directory entry). Open files, mappings and walks hold dentries, not
 * inodes. With the last reference ->evict frees what is the file system's, and
 * the pages go.
 *
 * mode, owner, size and times are written under the inode's lock and read at
 * any time; a reader may see a mixture of two updates of a time, as on Linux
 * before it learned to order them.
 *
 * Times come from the coarse clock (a tick of a few milliseconds), as Linux
 * took them until 6.12: the fine clock would be the dearest part of a small
 * write.
 */
#include <abi/time.h>
#include <kernel/ipc.h>
#include <kernel/text.h>
#include "vfs/acl.h"
#include "vfs/internal.h"

static struct objcache inode_objs = OBJCACHE(struct inode, mapping.vmas);

struct timespec_k inode_now(void)
{
	u64 ns = host_clock_ns(CLOCK_REALTIME_COARSE);

	return (struct timespec_k){ (s64)(ns / NSEC_PER_SEC),
				    (s64)(ns % NSEC_PER_SEC) };
}

static const struct inode_ops inode_no_ops;
static const struct file_ops inode_no_fops;

/* A lockless walk may still look at the inode that lived here: ->ops is never
 * NULL. */
static void inode_clear(struct inode *ino)
{
	char *ops = (char *)&ino->ops;

	WRITE_ONCE(ino->ops, &inode_no_ops);
	memset(ino, 0, (size_t)(ops - (char *)ino));
	ops += sizeof(ino->ops);
	memset(ops, 0, (size_t)((char *)(ino + 1) - ops));
}

struct inode *inode_alloc(struct super *sb, u32 mode)
{
	struct inode *ino = objcache_alloc(&inode_objs);

	if (!ino)
		return NULL;
	inode_clear(ino);
	mutex_init(&ino->lock);
	ino->mode = mode;
	ino->uid = current->cred ? current->cred->fsuid : 0;
	ino->gid = current->cred ? current->cred->fsgid : 0;
	ino->nlink = 1;
	ino->atime = ino->mtime = ino->ctime = ino->btime = inode_now();
	ino->sb = sb;
	ino->ino = sb ? atomic_add(&sb->next_ino, 1) : 0;
	ino->fops = &inode_no_fops;
	if (S_ISREG(mode))
		mapping_init(&ino->mapping, ino, NULL);
	ref_init(&ino->refs, 1);
	return ino;
}

void inode_get(struct inode *ino)
{
	ref_get(&ino->refs);
}

void inode_put(struct inode *ino)
{
	if (likely(!ref_put(&ino->refs)))
		return;
	if (ino->sb && ino->sb->ops && ino->sb->ops->evict)
		ino->sb->ops->evict(ino);
	if (unlikely(ino->text))
		text_image_drop(ino);
	acl_put(ino->acl);
	acl_put(ino->acl_default);
	if (S_ISREG(ino->mode))
		mapping_destroy(&ino->mapping);
	objcache_free(&inode_objs, ino);
}

/* --- Attributes --- */

void inode_fill_stat(struct inode *ino, struct kstat *st)
{
	struct super *sb = READ_ONCE(ino->sb);

	st->ino = ino->ino;
	st->size = ino->size;
	st->blocks = ino->blocks;
	st->dev = sb ? sb->dev : 0;
	st->rdev = ino->rdev;
	st->mode = ino->mode;
	st->nlink = ino->nlink;
	st->uid = ino->uid;
	st->gid = ino->gid;
	st->blksize = sb ? sb->blksize : 4096;
	st->atime = ino->atime;
	st->mtime = ino->mtime;
	st->ctime = ino->ctime;
	st->btime = ino->btime;
	st->attrs = ino->attrs;
}

int vfs_getattr(const struct path *p, struct kstat *st)
{
	struct inode *ino = p->dentry->inode;

	if (unlikely(ino->ops->getattr))
		return ino->ops->getattr(ino, st);
	inode_fill_stat(ino, st);
	return 0;
}

int inode_setattr_simple(struct inode *ino, const struct iattr *a)
{
	struct timespec_k now = inode_now();

	if (a->valid & ATTR_SIZE) {
		u64 old = ino->size;

		if (!S_ISREG(ino->mode))
			return -EINVAL;
		if (a->size < old) {
			WRITE_ONCE(ino->size, a->size);
			mapping_truncate(&ino->mapping, a->size, (u64)-1);
		} else if (a->size > old) {
			int err;

			mutex_lock(&ino->mapping.lock);
			err = mapping_reserve_locked(&ino->mapping, a->size);
			if (!err)
				WRITE_ONCE(ino->size, a->size);
			mutex_unlock(&ino->mapping.lock);
			if (err)
				return err;
		}
	}
	if (a->valid & ATTR_UID)
		ino->uid = a->uid;
	if (a->valid & ATTR_GID)
		ino->gid = a->gid;
	if (a->valid & ATTR_MODE) {
		ino->mode = (ino->mode & S_IFMT) | (a->mode & S_IALLUGO);
		if (unlikely(acl_chmod(ino)))
			return -ENOMEM;
	}
	if (a->valid & ATTR_ATIME)
		ino->atime = a->valid & ATTR_ATIME_SET ? a->atime : now;
	if (a->valid & ATTR_MTIME)
		ino->mtime = a->valid & ATTR_MTIME_SET ? a->mtime : now;
	ino->ctime = now;
	return 0;
}

/*
 * What is left of the mode when content or owner change: set-group-id stays
 * where it never meant a program, and current may set it. inode(7)
 */
static u32 inode_mode_no_setid(const struct inode *ino)
{
	u32 mode = ino->mode & ~S_ISUID;

	if ((mode & S_ISGID) &&
	    ((mode & S_IXGRP) || (!cred_in_group(current->cred, ino->gid) &&
				  !inode_capable(ino, CAP_FSETID))))
		mode &= ~S_ISGID;
	return mode;
}

/* May current make these changes? chmod(2), chown(2), utimensat(2). */
static int inode_may_setattr(struct inode *ino, struct iattr *a)
{
	const struct cred *c = current->cred;

	if (unlikely(ino->attrs & FS_APPEND_FL) && (a->valid & ATTR_SIZE))
		return -EPERM;
	if (a->valid & ATTR_FORCE)
		return 0;
	if (unlikely(ino->attrs & (FS_IMMUTABLE_FL | FS_APPEND_FL)) &&
	    (ino->attrs & FS_IMMUTABLE_FL ||
	     a->valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_ATIME_SET |
			 ATTR_MTIME_SET)))
		return -EPERM;
	if (((a->valid & ATTR_UID) && a->uid == (u32)-1) ||
	    ((a->valid & ATTR_GID) && a->gid == (u32)-1))
		return -EINVAL; /* no such id in this user namespace */
	if ((a->valid & ATTR_UID) &&
	    !(c->fsuid == ino->uid && a->uid == ino->uid) &&
	    !inode_capable(ino, CAP_CHOWN))
		return -EPERM;
	if ((a->valid & ATTR_GID) &&
	    !(c->fsuid == ino->uid &&
	      (a->gid == ino->gid || cred_in_group(c, a->gid))) &&
	    !inode_capable(ino, CAP_CHOWN))
		return -EPERM;
	if (a->valid & ATTR_MODE) {
		u32 gid = a->valid & ATTR_GID ? a->gid : ino->gid;

		if (!inode_owner_or_capable(ino))
			return -EPERM;
		if (!cred_in_group(c, gid) && !inode_capable(ino, CAP_FSETID))
			a->mode &= ~S_ISGID;
	}
	if ((a->valid & (ATTR_ATIME_SET | ATTR_MTIME_SET)) &&
	    !inode_owner_or_capable(ino))
		return -EPERM;
	return 0;
}

/* Caller holds ino->lock. */
int inode_setattr(struct inode *ino, struct iattr *a)
{
	int err;

	/* what has no type (eventfd, epoll …) is one inode for all */
	if (unlikely(!(ino->mode & S_IFMT)))
		return -EOPNOTSUPP;
	err = inode_may_setattr(ino, a);
	if (err)
		return err;
	/* chown(2), even to the same owner, leaves no set-id bits */
	if ((a->valid & ATTR_KILL_SETID) && !S_ISDIR(ino->mode)) {
		u32 mode = inode_mode_no_setid(ino);

		if (mode != ino->mode) {
			a->valid |= ATTR_MODE;
			a->mode = mode & S_IALLUGO;
		}
	}
	if (ino->ops->setattr)
		return ino->ops->setattr(ino, a);
	return inode_setattr_simple(ino, a);
}

int vfs_setattr(const struct path *p, struct iattr *a)
{
	struct inode *ino = p->dentry->inode;
	u32 valid = a->valid, mask = 0;
	int err = path_want_write(p);

	if (err)
		return err;
	mutex_lock(&ino->lock);
	err = inode_setattr(ino, a);
	mutex_unlock(&ino->lock);
	if (err || !fsnotify_on())
		return err;
	if (valid & ATTR_SIZE)
		mask |= IN_MODIFY;
	if (valid & (ATTR_UID | ATTR_GID | ATTR_MODE))
		mask |= IN_ATTRIB;
	if ((valid & (ATTR_ATIME | ATTR_MTIME)) && !(valid & ATTR_SIZE))
		mask |= IN_ATTRIB;
	fsnotify_dentry(p->dentry, mask);
	return 0;
}

int vfs_truncate(struct path *p, u64 size)
{
	struct inode *ino = p->dentry->inode;
	struct iattr a = { .valid = ATTR_SIZE | ATTR_MTIME | ATTR_FORCE,
			   .size = size };

	if (S_ISDIR(ino->mode))
		return -EISDIR;
	if (!S_ISREG(ino->mode))
		return -EINVAL;
	/* set-id bits do not survive, as for a write */
	if ((ino->mode & (S_ISUID | S_ISGID)) &&
	    !inode_capable(ino, CAP_FSETID)) {
		a.valid |= ATTR_MODE;
		a.mode = inode_mode_no_setid(ino) & S_IALLUGO;
	}
	return vfs_setattr(p, &a);
}

void inode_modified(struct inode *ino)
{
	struct timespec_k now = inode_now();

	ino->mtime = now;
	ino->ctime = now;
	if (unlikely((ino->mode & (S_ISUID | S_ISGID)) &&
		     !inode_capable(ino, CAP_FSETID)))
		ino->mode = inode_mode_no_setid(ino);
}

static bool timespec_before(const struct timespec_k *a,
			    const struct timespec_k *b)
{
	return a->sec < b->sec || (a->sec == b->sec && a->nsec <= b->nsec);
}

/*
 * relatime: only when the last access is older than the last change, or than a
 * day.
 */
void touch_atime(const struct path *p)
{
	struct inode *ino = p->dentry->inode;
	u32 flags;

	if (!p->mnt || mount_readonly(p->mnt))
		return;
	flags = p->mnt->flags | p->mnt->sb->flags;
	if ((flags & MS_NOATIME) ||
	    ((flags & MS_NODIRATIME) && S_ISDIR(ino->mode)))
		return;
	if (!(flags & MS_STRICTATIME) &&
	    !timespec_before(&ino->atime, &ino->mtime) &&
	    !timespec_before(&ino->atime, &ino->ctime) &&
	    inode_now().sec - ino->atime.sec < 24 * 3600)
		return;
	ino->atime = inode_now();
}

/* --- Writers and programs: ETXTBSY --- */

int inode_get_write(struct inode *ino)
{
	atomic_inc(&ino->writers);
	if (likely(!READ_ONCE(ino->exec_deny)))
		return 0;
	atomic_dec(&ino->writers);
	return -ETXTBSY;
}

void inode_put_write(struct inode *ino)
{
	atomic_dec(&ino->writers);
}

int inode_deny_write(struct inode *ino)
{
	atomic_inc(&ino->exec_deny);
	if (likely(!READ_ONCE(ino->writers)))
		return 0;
	atomic_dec(&ino->exec_deny);
	return -ETXTBSY;
}

void inode_allow_write(struct inode *ino)
{
	atomic_dec(&ino->exec_deny);
}
