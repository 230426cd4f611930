// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel half of the file-system tests: windows, page cache, tmpfs, initramfs
 * and the front end of hostfs as they are, over vfs as it is, on a host of a
 * few functions. One task, which is root. The ring is a call of the back end.
 */
#define FAKEHOST
#include <kernel/text.h>
#include "../../../kernel/lib/string.c"
#include "../../../kernel/lib/vsnprintf.c"
#include "../../../kernel/lib/iov.c"
#include "../../../kernel/lib/inflate.c"
#include "../../../kernel/core/slab.c"
#include "../../../kernel/core/lock.c"
#include "../../../kernel/core/wait.c"
#include "../../../kernel/core/timer.c"
#include "../../../kernel/mm/mapping.c"
#include "../../../kernel/mm/mapping_drop.c"
#include "../../../kernel/mm/pool.c"
#include "../../../kernel/mm/filemap.c"
#include "../../../kernel/vfs/objcache.c"
#include "../../../kernel/vfs/dcache.c"
#include "../../../kernel/vfs/acl.c"
#include "../../../kernel/vfs/inode.c"
#include "../../../kernel/vfs/permission.c"
#include "../../../kernel/vfs/super.c"
#include "../../../kernel/vfs/mount.c"
#include "../../../kernel/vfs/propagate.c"
#include "../../../kernel/vfs/mnt_ns.c"
#include "../../../kernel/vfs/namei.c"
#include "../../../kernel/vfs/fsctx.c"
#include "../../../kernel/vfs/file.c"
#include "../../../kernel/vfs/fdtable.c"
#include "../../../kernel/vfs/open.c"
#include "../../../kernel/vfs/dirops.c"
#include "../../../kernel/vfs/generic.c"
#include "../../../kernel/vfs/chrdev.c"
#include "../../../kernel/vfs/locks.c"
#include "../../../kernel/vfs/lease.c"
#include "../../../kernel/vfs/inotify.c"
#include "../../../kernel/vfs/init.c"
#include "../../../kernel/fs/tmpfs.c"
#include "../../../kernel/fs/tmpfs_dir.c"
#include "../../../kernel/fs/tmpfs_file.c"
#include "../../../kernel/fs/tmpfs_handle.c"
#include "../../../kernel/fs/tmpfs_xattr.c"
#include "../../../kernel/fs/devtmpfs.c"
#include "../../../kernel/fs/initramfs.c"
#include "../../../drivers-host/hostfs_kern.c"
#include "../../../drivers-host/hostfs_file_kern.c"
#include "../../../drivers-host/hostfs_dir_kern.c"
#include "fake.h"

struct task *fakehost_current;
struct mutex tasklist_lock = MUTEX_INIT(tasklist_lock);
struct list_head all_tasks = LIST_HEAD_INIT(all_tasks);
struct host_info host_info;
u32 debug_mask;
const struct file_ops fifo_file_ops;
static struct task fake_task;
static struct cred fake_cred;

/* --- the host and the other subsystems --- */

uint64_t host_clock_ns(int clock)
{
	return fake_now();
}
int host_futex_wait(uint32_t *word, uint32_t val, uint64_t deadline)
{
	fake_die("the only task sleeps");
	return 0;
}
void host_futex_wake(uint32_t *word, int nr)
{
}
void host_yield(void)
{
	fake_die("a spinlock is taken twice");
}
void host_pool_punch(uint64_t off, uint64_t len)
{
	fake_punch(host_pool_ptr(off), len);
}
void panic(const char *fmt, ...)
{
	fake_die(fmt);
	for (;;)
		;
}
void printk(const char *fmt, ...)
{
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
	return true;
}
struct user_ns init_user_ns;
static struct nsset fake_nsset = { .ns = { [NS_MNT] = &init_mnt_ns.ns } };
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
bool cred_capable_ids(const struct cred *c, int cap, u32 uid, u32 gid)
{
	return c->cap_effective >> cap & 1;
}
void host_random(void *buf, u64 n)
{
	memset(buf, 7, n);
}
u32 uid_given(u32 uid)
{
	return uid;
}

u32 gid_given(u32 gid)
{
	return gid;
}

u32 pid_shown_slow(u32 pid)
{
	return pid;
}
u32 pid_given_slow(u32 nr)
{
	return nr;
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
	return true;
}
bool own_capable(int cap)
{
	return true;
}
u64 rlimit(int res)
{
	return res == RLIMIT_NOFILE ? 64 : RLIM_INFINITY;
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
int copy_from_user(void *dst, uaddr src, size_t n)
{
	return -EFAULT;
}
int copy_to_user(uaddr dst, const void *src, size_t n)
{
	return -EFAULT;
}
int clear_user(uaddr dst, size_t n)
{
	return -EFAULT;
}
ssize_t strncpy_from_user(char *dst, uaddr src, size_t size)
{
	return -EFAULT;
}
size_t copy_from_user_nofault(void *dst, uaddr src, size_t n)
{
	return n;
}
size_t copy_to_user_nofault(uaddr dst, const void *src, size_t n)
{
	return n;
}
int uaccess_fault_in(uaddr a, size_t n, bool write)
{
	return -EFAULT;
}
bool user_range_ok(uaddr a, size_t n)
{
	return true;
}

/* --- the ring --- */

static struct ring_req fake_req[8]; /* calls nest a little */
static u32 fake_nreq;

struct ring_req *ring_get(u16 device, u16 op)
{
	struct ring_req *r = &fake_req[fake_nreq++ % ARRAY_SIZE(fake_req)];

	memset(r, 0, sizeof(*r));
	r->device = device;
	r->op = op;
	return r;
}
void ring_put(struct ring_req *r)
{
	fake_nreq--;
}
u64 ring_arena_off(const void *p)
{
	return (u64)p; /* any pointer of the test will do */
}
s64 ring_call(struct ring_req *r)
{
	void *buf = NULL;

	if (r->space == RING_ARENA)
		buf = (void *)r->buf_off;
	else if (r->space == RING_POOL)
		buf = host_pool_ptr(r->buf_off);
	r->result = fake_hostfs(r->op, (unsigned long long *)r->arg, buf,
				r->buf_len, (unsigned long long *)r->ret);
	return r->result;
}

/* --- what the tests do --- */

void fs_setup(void *arena, unsigned long size, unsigned long long pool_size)
{
	fakehost_current = &fake_task;
	fake_cred.cap_effective = ~0ull;
	fake_task.cred = &fake_cred;
	fake_task.nss = &fake_nsset;
	slab_init(arena, (char *)arena + size);
	pool_init(pool_size);
	vfs_init();
	tmpfs_init();
	devtmpfs_init();
	hostfs_init();
	fake_task.fs = fs_context_alloc();
	if (do_mount("root", "/", "tmpfs", 0, "mode=755"))
		fake_die("no root");
}

unsigned long fs_pool_used(void)
{
	return pool_used_pages();
}

unsigned long fs_inodes(void)
{
	return inode_objs.in_use;
}

void fs_shrink(void)
{
	dcache_shrink_super(NULL);
}

int fs_mount(const char *type, const char *at, const char *data)
{
	return do_mount(type, at, type, 0, data);
}

int fs_umount(const char *at)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, at, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = do_umount(&p, 2 /* MNT_DETACH: p is a user */);
	path_put(&p);
	return err;
}

void *fs_open(const char *path, int flags, unsigned mode)
{
	return file_open(AT_FDCWD, path, flags, mode);
}

void *fs_memfd(unsigned long size)
{
	return shmem_file_create("memfd:test", size, SHMEM_SEALABLE);
}

void fs_close(void *f)
{
	file_put(f);
}

long fs_read(void *f, void *buf, unsigned long n, long long off)
{
	return file_read_kernel(f, buf, n, off);
}

long fs_write(void *f, const void *buf, unsigned long n, long long off)
{
	return file_write_kernel(f, buf, n, off);
}

int fs_truncate(void *f, unsigned long long size)
{
	return vfs_truncate(&((struct file *)f)->path, size);
}

int fs_punch(void *f, unsigned long long off, unsigned long long n)
{
	struct file *file = f;

	return file->ops->fallocate(file,
				    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				    (loff_t)off, (loff_t)n);
}

long long fs_seek(void *f, long long off, int whence)
{
	return ((struct file *)f)->ops->llseek(f, off, whence);
}

int fs_seal(void *f, unsigned seals)
{
	return (int)shmem_add_seals(f, seals);
}

struct fake_dir {
	struct dir_context ctx;
	char (*names)[64];
	int n, max;
};

static bool fake_emit(struct dir_context *ctx, const char *name, u32 len,
		      loff_t next, u64 ino, u32 type)
{
	struct fake_dir *d = container_of(ctx, struct fake_dir, ctx);

	if (d->n == d->max)
		return false;
	memcpy(d->names[d->n], name, len);
	d->names[d->n++][len] = 0;
	ctx->pos = next;
	return true;
}

int fs_readdir(void *f, char (*names)[64], int max)
{
	struct file *file = f;
	struct fake_dir d = { { fake_emit, file->pos }, names, 0, max };
	int err;

	mutex_lock(&file->inode->lock);
	err = file->ops->iterate(file, &d.ctx);
	mutex_unlock(&file->inode->lock);
	file->pos = d.ctx.pos;
	return err ? err : d.n;
}

static int fake_stat(const struct path *p, struct fs_stat *out)
{
	struct kstat st;
	int err = vfs_getattr(p, &st);

	if (err)
		return err;
	out->size = st.size;
	out->blocks = st.blocks;
	out->ino = st.ino;
	out->mode = st.mode;
	out->nlink = st.nlink;
	out->uid = st.uid;
	out->rdev = (unsigned)st.rdev;
	return 0;
}

int fs_stat(const char *path, struct fs_stat *out)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, path, 0, &p);

	if (err)
		return err;
	err = fake_stat(&p, out);
	path_put(&p);
	return err;
}

int fs_fstat(void *f, struct fs_stat *st)
{
	return fake_stat(&((struct file *)f)->path, st);
}

int fs_mkdir(const char *path)
{
	return do_mkdirat(AT_FDCWD, path, 0755);
}

int fs_unlink(const char *path)
{
	return do_unlinkat(AT_FDCWD, path);
}

int fs_rmdir(const char *path)
{
	return do_rmdirat(AT_FDCWD, path);
}

int fs_link(const char *a, const char *b)
{
	return do_linkat(AT_FDCWD, a, AT_FDCWD, b, 0);
}

int fs_symlink(const char *to, const char *path)
{
	return do_symlinkat(to, AT_FDCWD, path);
}

int fs_rename(const char *a, const char *b, unsigned flags)
{
	return do_renameat2(AT_FDCWD, a, AT_FDCWD, b, flags);
}

int fs_readlink(const char *path, char *buf)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, path, 0, &p);

	if (err)
		return err;
	err = (int)p.dentry->inode->ops->readlink(p.dentry->inode, buf,
						  PATH_MAX);
	path_put(&p);
	return err;
}

int fs_unpack(const void *p, unsigned long n)
{
	return initramfs_unpack(p, n);
}

long long fs_window_alloc(unsigned long long len)
{
	return pool_window_alloc(len);
}

void fs_window_free(unsigned long long off, unsigned long long len)
{
	pool_window_free(off, len);
}

long fs_gunzip(const void *in, unsigned long n, void *out, unsigned long cap)
{
	size_t used;

	return gzip_inflate(in, n, out, cap, &used);
}
