// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's file systems on the host: the files of vfs, page cache, tmpfs
 * and ext4 as they are, over a host of a few functions. See hostkern.h. Built
 * as the kernel is, with its names hidden, so that a program with libc can be
 * linked to it.
 */
#define FAKEHOST
#include <kernel/text.h>
#include "../../kernel/lib/string.c"
#include "../../kernel/lib/vsnprintf.c"
#include "../../kernel/lib/iov.c"
#include "../../kernel/core/slab.c"
#include "../../kernel/core/lock.c"
#include "../../kernel/core/wait.c"
#include "../../kernel/core/timer.c"
#include "../../kernel/mm/mapping.c"
#include "../../kernel/mm/mapping_drop.c"
#include "../../kernel/mm/pool.c"
#include "../../kernel/mm/filemap.c"
#include "../../kernel/vfs/objcache.c"
#include "../../kernel/vfs/acl.c"
#include "../../kernel/vfs/dcache.c"
#include "../../kernel/vfs/inode.c"
#include "../../kernel/vfs/permission.c"
#include "../../kernel/vfs/super.c"
#include "../../kernel/vfs/mount.c"
#include "../../kernel/vfs/propagate.c"
#include "../../kernel/vfs/mnt_ns.c"
#include "../../kernel/vfs/namei.c"
#include "../../kernel/vfs/fsctx.c"
#include "../../kernel/vfs/file.c"
#include "../../kernel/vfs/fdtable.c"
#include "../../kernel/vfs/open.c"
#include "../../kernel/vfs/dirops.c"
#include "../../kernel/vfs/generic.c"
#include "../../kernel/vfs/chrdev.c"
#include "../../kernel/vfs/locks.c"
#include "../../kernel/vfs/lease.c"
#include "../../kernel/vfs/inotify.c"
#include "../../kernel/vfs/xattr.c"
#include "../../kernel/vfs/init.c"
#include "../../kernel/fs/tmpfs.c"
#include "../../kernel/fs/tmpfs_dir.c"
#include "../../kernel/fs/tmpfs_file.c"
#include "../../kernel/fs/tmpfs_handle.c"
#include "../../kernel/fs/tmpfs_xattr.c"
#include "../../kernel/block/buffer.c"
#include "../../kernel/fs/ext4/crc.c"
#include "../../kernel/fs/ext4/group.c"
#include "../../kernel/fs/ext4/balloc.c"
#include "../../kernel/fs/ext4/ialloc.c"
#include "../../kernel/fs/ext4/map.c"
#include "../../kernel/fs/ext4/extent.c"
#include "../../kernel/fs/ext4/indirect.c"
#include "../../kernel/fs/ext4/inode.c"
#include "../../kernel/fs/ext4/orphan.c"
#include "../../kernel/fs/ext4/inline.c"
#include "../../kernel/fs/ext4/xattr.c"
#include "../../kernel/fs/ext4/acl.c"
#include "../../kernel/fs/ext4/dir.c"
#include "../../kernel/fs/ext4/htree.c"
#include "../../kernel/fs/ext4/namei.c"
#include "../../kernel/fs/ext4/file.c"
#include "../../kernel/fs/ext4/sync.c"
#include "../../kernel/fs/ext4/journal.c"
#include "../../kernel/fs/ext4/checkpoint.c"
#include "../../kernel/fs/ext4/recover.c"
#include "../../kernel/fs/ext4/options.c"
#include "../../kernel/fs/ext4/super.c"
#include "hostkern.h"

struct task *fakehost_current;
struct mutex tasklist_lock = MUTEX_INIT(tasklist_lock);
struct list_head all_tasks = LIST_HEAD_INIT(all_tasks);
struct host_info host_info;
u32 debug_mask;
const struct file_ops fifo_file_ops;
static struct task hk_task;
static struct cred hk_cred;

/* --- the host and the other subsystems --- */

uint64_t host_clock_ns(int clock)
{
	return hk_clock(clock);
}
void host_random(void *buf, size_t n)
{
	hk_random(buf, n);
}
int host_futex_wait(uint32_t *word, uint32_t val, uint64_t deadline)
{
	hk_die("the only task sleeps");
}
void host_futex_wake(uint32_t *word, int nr)
{
}
void host_yield(void)
{
	hk_die("somebody waits for what cannot come");
}
void host_pool_punch(uint64_t off, uint64_t len)
{
	hk_punch(host_pool_ptr(off), len);
}
void panic(const char *fmt, ...)
{
	static char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	hk_die(line);
}
void printk(const char *fmt, ...)
{
	static char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	hk_print(line);
}
void cred_get(struct cred *c)
{
}
void cred_put(struct cred *c)
{
}
struct cred *cred_copy(const struct cred *c)
{
	return NULL;
}
bool cred_in_group(const struct cred *c, u32 gid)
{
	return c->fsgid == gid;
}
struct user_ns init_user_ns;
static struct nsset hk_nsset = { .ns = { [NS_MNT] = &init_mnt_ns.ns } };
void ns_get(struct ns *ns)
{
}
void ns_put(struct ns *ns)
{
}
void ns_init(struct ns *ns, enum ns_kind kind, struct user_ns *owner)
{
}
struct ns *ns_of_inode(const struct inode *ino)
{
	return NULL;
}
bool ns_capable(const struct user_ns *ns, int cap)
{
	return capable(cap);
}
bool own_capable(int cap)
{
	return capable(cap);
}
bool cred_capable_ids(const struct cred *c, int cap, u32 uid, u32 gid)
{
	return c->cap_effective >> cap & 1;
}
u32 uid_given(u32 uid)
{
	return uid;
}
u32 gid_given(u32 gid)
{
	return gid;
}
u32 uid_shown(u32 uid)
{
	return uid;
}
u32 gid_shown(u32 gid)
{
	return gid;
}
bool capable(int cap)
{
	return hk_cred.cap_effective >> cap & 1;
}
u64 rlimit(int res)
{
	return res == RLIMIT_NOFILE ? 1024 : RLIM_INFINITY;
}
bool signal_pending(struct task *t)
{
	return false;
}
bool fatal_signal_pending(struct task *t)
{
	return false;
}
int send_signal_task(struct task *t, int sig, const struct siginfo *info)
{
	return 0;
}
void send_signal_self(int sig)
{
}
int file_set_owner(struct file *f, u32 type, s32 id, bool force)
{
	return 0;
}
s32 file_get_owner(struct file *f, u32 *type)
{
	*type = 0;
	return 0;
}
void file_signal_owner(struct file *f, s32 fd, int reason)
{
}
bool file_can_async(const struct file *f)
{
	return false;
}
int file_set_async(struct file *f, s32 fd, bool on)
{
	return 0;
}
void fasync_release(struct file *f)
{
}
struct task *task_find_get(u32 tid)
{
	return NULL;
}
void task_put(struct task *t)
{
}
struct task *kthread_start(const char *name, void (*fn)(void *), void *arg)
{
	return NULL;
}
void epoll_file_release(struct file *f)
{
}
u64 mm_total_kb(void)
{
	return 1u << 20;
}
void text_image_drop(struct inode *ino)
{
}
void mm_unmap_mapping_range(struct mapping *m, u64 from, u64 to, bool even_cow)
{
}
void mapping_hold_exec(struct mapping *m)
{
}
void mapping_unhold_exec(struct mapping *m)
{
}
/* "Guest memory" is the program's. */
int copy_from_user(void *dst, uaddr src, size_t n)
{
	memcpy(dst, (void *)src.va, n);
	return 0;
}
int copy_to_user(uaddr dst, const void *src, size_t n)
{
	memcpy((void *)dst.va, src, n);
	return 0;
}
int clear_user(uaddr dst, size_t n)
{
	memset((void *)dst.va, 0, n);
	return 0;
}
ssize_t strncpy_from_user(char *dst, uaddr src, size_t size)
{
	return -EFAULT;
}
size_t copy_from_user_nofault(void *dst, uaddr src, size_t n)
{
	return copy_from_user(dst, src, n);
}
size_t copy_to_user_nofault(uaddr dst, const void *src, size_t n)
{
	return copy_to_user(dst, src, n);
}
int uaccess_fault_in(uaddr a, size_t n, bool write)
{
	return 0;
}
bool user_range_ok(uaddr a, size_t n)
{
	return true;
}

/* --- disks --- */

#define HK_MAJOR 98u

static struct hk_bdev {
	struct bdev b;
	struct hk_disk *d;
} hk_bdevs[8];

int bdev_from_source(const char *source, u64 *rdev)
{
	struct path p;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	if (S_ISBLK(p.dentry->inode->mode))
		*rdev = p.dentry->inode->rdev;
	else
		err = -ENOTBLK;
	path_put(&p);
	return err;
}
struct bdev *bdev_open(u64 rdev, bool write, const void *holder)
{
	u32 i = MINOR(rdev);

	if (MAJOR(rdev) != HK_MAJOR || i >= ARRAY_SIZE(hk_bdevs) ||
	    !hk_bdevs[i].d)
		return ERR_PTR(-ENXIO);
	if (write && hk_bdevs[i].b.read_only)
		return ERR_PTR(-EROFS);
	if (holder && hk_bdevs[i].b.holder)
		return ERR_PTR(-EBUSY);
	hk_bdevs[i].b.holder = holder;
	return &hk_bdevs[i].b;
}
void bdev_close(struct bdev *b, const void *holder)
{
	if (b->holder == holder)
		b->holder = NULL;
}
void bio_done(struct bio *bio, int result)
{
	bio->result = result;
	if (bio->done)
		bio->done(bio);
}
void bio_submit(struct bio *bio, struct bdev *b)
{
	struct hk_disk *d = container_of(b, struct hk_bdev, b)->d;
	u64 pos = bio->pos;
	int err = 0;

	if (bio->op <= BIO_WRITE &&
	    (bio->pos > b->size || bio->len > b->size - bio->pos ||
	     ((bio->pos | bio->len) & 511)))
		hk_die("a bio outside of the disk");
	if (bio->op == BIO_FLUSH)
		err = d->flush(d);
	else if (bio->op == BIO_DISCARD)
		err = d->discard ? d->discard(d, bio->pos, bio->len)
				 : -EOPNOTSUPP;
	for (u32 i = 0; bio->op <= BIO_WRITE && i < bio->nr_vecs && !err; i++) {
		struct bio_vec *v = &bio->vecs[i];

		err = bio->op == BIO_READ ? d->read(d, pos, v->base, v->len)
					  : d->write(d, pos, v->base, v->len,
						     !!(bio->flags & BIO_FUA));
		pos += v->len;
	}
	bio_done(bio, err);
}
int bio_submit_wait(struct bio *bio, struct bdev *b)
{
	bio_submit(bio, b);
	return bio->result;
}
static int hk_bio(struct bdev *b, enum bio_op op, u64 pos, const void *data,
		  u64 len, u32 flags)
{
	struct bio_vec v = { (void *)data, (u32)len };
	struct bio bio = { .op = op,
			   .flags = flags,
			   .pos = pos,
			   .len = len,
			   .nr_vecs = data ? 1 : 0,
			   .vecs = &v };

	return bio_submit_wait(&bio, b);
}
int bdev_read(struct bdev *b, u64 pos, void *data, u32 len)
{
	return hk_bio(b, BIO_READ, pos, data, len, 0);
}
int bdev_write(struct bdev *b, u64 pos, const void *data, u32 len, u32 flags)
{
	return hk_bio(b, BIO_WRITE, pos, data, len, flags);
}
int bdev_flush(struct bdev *b)
{
	return hk_bio(b, BIO_FLUSH, 0, NULL, 0, 0);
}
int bdev_discard(struct bdev *b, u64 pos, u64 len)
{
	return hk_bio(b, BIO_DISCARD, pos, NULL, len, 0);
}

int hk_disk_add(const char *name, struct hk_disk *d)
{
	char path[48];

	for (u32 i = 0; i < ARRAY_SIZE(hk_bdevs); i++) {
		struct bdev *b = &hk_bdevs[i].b;

		if (hk_bdevs[i].d)
			continue;
		memset(b, 0, sizeof(*b));
		hk_bdevs[i].d = d;
		strlcpy(b->name, name, sizeof(b->name));
		b->rdev = MKDEV(HK_MAJOR, i);
		b->size = d->size;
		b->whole = b;
		b->logical_block = 512;
		b->max_bytes = 1u << 30;
		b->read_only = d->read_only;
		b->discard = d->can_discard;
		b->fua = true;
		snprintf(path, sizeof(path), "/dev/%s", name);
		return do_mknodat(AT_FDCWD, path, S_IFBLK | 0600, b->rdev);
	}
	return -ENOMEM;
}

void hk_disk_remove(const char *name)
{
	char path[48];

	for (u32 i = 0; i < ARRAY_SIZE(hk_bdevs); i++)
		if (hk_bdevs[i].d && !strcmp(hk_bdevs[i].b.name, name))
			hk_bdevs[i].d = NULL;
	snprintf(path, sizeof(path), "/dev/%s", name);
	do_unlinkat(AT_FDCWD, path);
}

/* --- what the program calls --- */

void hk_init(void *arena, unsigned long size, unsigned long long pool_size)
{
	static const char *const dir[] = { "/dev", "/mnt", "/mnt2" };

	fakehost_current = &hk_task;
	hk_cred.cap_effective = ~0ull;
	hk_task.cred = &hk_cred;
	hk_task.nss = &hk_nsset;
	slab_init(arena, (char *)arena + size);
	pool_init(pool_size);
	vfs_init();
	tmpfs_init();
	ext4_init();
	hk_task.fs = fs_context_alloc();
	if (do_mount("root", "/", "tmpfs", 0, "mode=755"))
		hk_die("no root");
	for (u32 i = 0; i < ARRAY_SIZE(dir); i++)
		do_mkdirat(AT_FDCWD, dir[i], 0755);
}

void hk_as(unsigned uid, unsigned gid)
{
	hk_cred.uid = hk_cred.euid = hk_cred.fsuid = uid;
	hk_cred.gid = hk_cred.egid = hk_cred.fsgid = gid;
	hk_cred.cap_effective = uid ? 0 : ~0ull;
}

void hk_owner(unsigned uid, unsigned gid)
{
	hk_cred.fsuid = uid;
	hk_cred.fsgid = gid;
}

int hk_mount(const char *dev, const char *at, const char *type,
	     unsigned long flags, const char *data)
{
	return do_mount(dev, at, type, flags, data);
}

int hk_remount(const char *at, unsigned long flags, const char *data)
{
	return do_mount(NULL, at, NULL, flags | MS_REMOUNT, data);
}

int hk_umount(const char *at)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, at, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = do_umount(&p, MNT_DETACH); /* p is a user */
	path_put(&p);
	return err;
}

void hk_tick(void)
{
	for (struct super *sb = all_supers; sb; sb = sb->next)
		if (sb->magic == EXT4_MAGIC)
			ext4_background(sb->priv);
}

int hk_sync(void)
{
	super_sync_all();
	return 0;
}

unsigned long hk_used(void)
{
	struct slab_stats st;

	dcache_shrink_super(NULL);
	slab_get_stats(&st);
	return inode_objs.in_use * 1000000 + st.objects;
}

void *hk_open(const char *path, int flags, unsigned mode)
{
	return file_open(AT_FDCWD, path, flags, mode);
}
void hk_close(void *f)
{
	file_put(f);
}
long hk_read(void *f, void *buf, unsigned long n, long long off)
{
	return file_read_kernel(f, buf, n, off);
}
long hk_write(void *f, const void *buf, unsigned long n, long long off)
{
	return file_write_kernel(f, buf, n, off);
}
int hk_fsync(void *f, int datasync)
{
	return vfs_fsync(f, datasync);
}
int hk_fallocate(void *f, int mode, long long off, long long len)
{
	struct file *file = f;

	return file->ops->fallocate ? file->ops->fallocate(file, mode, off, len)
				    : -EOPNOTSUPP;
}
long long hk_seek(void *f, long long off, int whence)
{
	struct file *file = f;

	return file->ops->llseek(file, off, whence);
}

struct hk_dir {
	struct dir_context ctx;
	int (*fn)(void *arg, const char *name, unsigned len,
		  unsigned long long ino, unsigned type, long long next);
	void *arg;
};

static bool hk_emit(struct dir_context *ctx, const char *name, u32 len,
		    loff_t next, u64 ino, u32 type)
{
	struct hk_dir *d = container_of(ctx, struct hk_dir, ctx);

	if (d->fn(d->arg, name, len, ino, type, next))
		return false;
	ctx->pos = next;
	return true;
}

int hk_readdir(void *f, long long *pos,
	       int (*fn)(void *arg, const char *name, unsigned len,
			 unsigned long long ino, unsigned type, long long next),
	       void *arg)
{
	struct file *file = f;
	struct hk_dir d = { { hk_emit, *pos }, fn, arg };
	int err;

	if (!file->ops->iterate)
		return -ENOTDIR;
	mutex_lock(&file->inode->lock);
	err = file->ops->iterate(file, &d.ctx);
	mutex_unlock(&file->inode->lock);
	*pos = d.ctx.pos;
	return err;
}

static int hk_path(const char *name, struct path *p)
{
	return path_lookup(AT_FDCWD, name, 0, p);
}

int hk_stat(const char *path, struct hk_stat *st)
{
	struct kstat k;
	struct path p;
	int err = hk_path(path, &p);

	if (err)
		return err;
	err = vfs_getattr(&p, &k);
	path_put(&p);
	if (err)
		return err;
	*st = (struct hk_stat){
		.ino = k.ino,
		.size = k.size,
		.blocks = k.blocks,
		.rdev = k.rdev,
		.mode = k.mode,
		.nlink = k.nlink,
		.uid = k.uid,
		.gid = k.gid,
		.blksize = k.blksize,
		.atime = k.atime.sec,
		.mtime = k.mtime.sec,
		.ctime = k.ctime.sec,
		.btime = k.btime.sec,
		.atime_ns = (unsigned)k.atime.nsec,
		.mtime_ns = (unsigned)k.mtime.nsec,
		.ctime_ns = (unsigned)k.ctime.nsec,
		.btime_ns = (unsigned)k.btime.nsec,
	};
	return 0;
}

int hk_statfs(const char *path, struct hk_statfs *st)
{
	struct statfs_k k;
	struct path p;
	int err = hk_path(path, &p);

	if (err)
		return err;
	err = p.dentry->sb->ops->statfs(p.dentry->sb, &k);
	path_put(&p);
	if (!err)
		*st = (struct hk_statfs){ k.bsize,  k.blocks, k.bfree,
					  k.bavail, k.files,  k.ffree };
	return err;
}

static int hk_setattr(const char *path, struct iattr *a)
{
	struct path p;
	int err = hk_path(path, &p);

	if (err)
		return err;
	err = vfs_setattr(&p, a);
	path_put(&p);
	return err;
}
int hk_truncate(const char *path, unsigned long long size)
{
	struct path p;
	int err = hk_path(path, &p);

	if (err)
		return err;
	err = vfs_truncate(&p, size);
	path_put(&p);
	return err;
}
int hk_chmod(const char *path, unsigned mode)
{
	struct iattr a = { .valid = ATTR_MODE | ATTR_CTIME, .mode = mode };

	return hk_setattr(path, &a);
}
int hk_chown(const char *path, unsigned uid, unsigned gid)
{
	struct iattr a = { .valid = ATTR_CTIME, .uid = uid, .gid = gid };

	a.valid |= (uid != (u32)-1 ? ATTR_UID : 0) |
		   (gid != (u32)-1 ? ATTR_GID : 0);
	return hk_setattr(path, &a);
}
int hk_utimes(const char *path, long long as, long a_ns, long long ms,
	      long m_ns)
{
	struct iattr a = { .valid = ATTR_CTIME,
			   .atime = { as, a_ns },
			   .mtime = { ms, m_ns } };

	if (a_ns >= 0)
		a.valid |= ATTR_ATIME | ATTR_ATIME_SET;
	if (m_ns >= 0)
		a.valid |= ATTR_MTIME | ATTR_MTIME_SET;
	return hk_setattr(path, &a);
}
int hk_mkdir(const char *path, unsigned mode)
{
	return do_mkdirat(AT_FDCWD, path, mode);
}
int hk_mknod(const char *path, unsigned mode, unsigned long long rdev)
{
	return do_mknodat(AT_FDCWD, path, mode, rdev);
}
int hk_unlink(const char *path)
{
	return do_unlinkat(AT_FDCWD, path);
}
int hk_rmdir(const char *path)
{
	return do_rmdirat(AT_FDCWD, path);
}
int hk_link(const char *a, const char *b)
{
	return do_linkat(AT_FDCWD, a, AT_FDCWD, b, 0);
}
int hk_symlink(const char *to, const char *path)
{
	return do_symlinkat(to, AT_FDCWD, path);
}
int hk_rename(const char *a, const char *b, unsigned flags)
{
	return do_renameat2(AT_FDCWD, a, AT_FDCWD, b, flags);
}
long hk_readlink(const char *path, char *buf, unsigned long n)
{
	struct path p;
	long r = hk_path(path, &p);

	if (r)
		return r;
	r = -EINVAL;
	if (p.dentry->inode->ops->readlink)
		r = p.dentry->inode->ops->readlink(p.dentry->inode, buf, n);
	path_put(&p);
	return r;
}
long hk_getxattr(const char *path, const char *name, void *buf, unsigned long n)
{
	struct path p;
	long r = hk_path(path, &p);

	if (r)
		return r;
	r = vfs_getxattr(p.dentry->inode, name, buf, n);
	path_put(&p);
	return r;
}
int hk_setxattr(const char *path, const char *name, const void *val,
		unsigned long n, int flags)
{
	struct path p;
	int r = hk_path(path, &p);

	if (r)
		return r;
	r = vfs_setxattr(&p, name, val, n, flags);
	path_put(&p);
	return r;
}
int hk_removexattr(const char *path, const char *name)
{
	struct path p;
	int r = hk_path(path, &p);

	if (r)
		return r;
	r = vfs_removexattr(&p, name);
	path_put(&p);
	return r;
}
long hk_listxattr(const char *path, char *buf, unsigned long n)
{
	struct path p;
	long r = hk_path(path, &p);

	if (r)
		return r;
	r = vfs_listxattr(p.dentry->inode, buf, n);
	path_put(&p);
	return r;
}
