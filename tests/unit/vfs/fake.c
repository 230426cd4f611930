// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel half of the vfs unit test: the files of kernel/vfs, tmpfs, the page
 * cache and the file calls, as they are, over a host that is a few functions.
 * "Guest memory" is the test's own. One task, root or not; the race test makes
 * one for each of its threads.
 */
#define FAKEHOST
#define fakehost_current (*fake_current())
struct task;
struct task **fake_current(void);
#include "../../../kernel/lib/string.c"
#include "../../../kernel/lib/vsnprintf.c"
#include "../../../kernel/lib/iov.c"
#include "../../../kernel/core/slab.c"
#include "../../../kernel/core/lock.c"
#include "../../../kernel/core/wait.c"
#include "../../../kernel/core/timer.c"
#include "../../../kernel/mm/mapping.c"
#include "../../../kernel/mm/mapping_drop.c"
#include "../../../kernel/mm/pool.c"
#include "../../../kernel/mm/filemap.c"
#include "../../../kernel/mm/uaccess.c"
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
#include "../../../kernel/vfs/xattr.c"
#include "../../../kernel/vfs/locks.c"
#include "../../../kernel/vfs/lease.c"
#include "../../../kernel/vfs/inotify.c"
#include "../../../kernel/vfs/init.c"
#include "../../../kernel/fs/tmpfs.c"
#include "../../../kernel/fs/tmpfs_dir.c"
#include "../../../kernel/fs/tmpfs_file.c"
#include "../../../kernel/fs/tmpfs_handle.c"
#include "../../../kernel/fs/tmpfs_xattr.c"
#include "../../../kernel/ipc/pipe.c"
#include "../../../kernel/ipc/poll.c"
#include "../../../kernel/syscall/sys_attr.c"
#include "../../../kernel/syscall/sys_dir.c"
#include "../../../kernel/syscall/sys_fcntl.c"
#include "../../../kernel/syscall/sys_fileattr.c"
#include "../../../kernel/syscall/sys_inotify.c"
#include "../../../kernel/syscall/sys_mount.c"
#include "../../../kernel/syscall/sys_open.c"
#include "../../../kernel/syscall/sys_path.c"
#include "../../../kernel/syscall/sys_rw.c"
#include "../../../kernel/syscall/sys_splice.c"
#include "../../../kernel/syscall/sys_stat.c"
#include "../../../kernel/syscall/sys_sync.c"
#include "../../../kernel/syscall/sys_xattr.c"
#include "fake.h"

struct mutex tasklist_lock = MUTEX_INIT(tasklist_lock);
struct list_head all_tasks = LIST_HEAD_INIT(all_tasks);
struct host_info host_info;
u32 debug_mask;
static struct task fake_task[2];
static struct process fake_proc;
static struct cred fake_root, fake_user;
static u64 fake_ns = 1700000000ull * 1000000000ull;
static int fake_pending, fake_threads;

/* --- The host --- */

uint64_t host_clock_ns(int clock)
{
	return atomic_add(&fake_ns, 10000000); /* each look is a tick */
}
static u64 fake_bad(u64 a)
{
	return a < 0x10000;
}
size_t host_copy_from_user(void *dst, uint64_t src, size_t n)
{
	if (fake_bad(src))
		return n;
	memcpy(dst, (void *)src, n);
	return 0;
}
size_t host_copy_to_user(uint64_t dst, const void *src, size_t n)
{
	if (fake_bad(dst))
		return n;
	memcpy((void *)dst, src, n);
	return 0;
}
size_t host_clear_user(uint64_t dst, size_t n)
{
	if (fake_bad(dst))
		return n;
	memset((void *)dst, 0, n);
	return 0;
}
ssize_t host_strncpy_from_user(char *dst, uint64_t src, size_t size)
{
	size_t i;

	if (fake_bad(src))
		return -EFAULT;
	for (i = 0; i < size; i++)
		if (!(dst[i] = ((char *)src)[i]))
			return (ssize_t)i;
	return (ssize_t)size;
}
int host_cmpxchg_user(uint64_t a, uint32_t *old, uint32_t new_val)
{
	return -EFAULT;
}
int host_futex_wait(uint32_t *word, uint32_t val, uint64_t deadline)
{
	if (!fake_threads)
		fake_die("the only task sleeps");
	fake_futex(word, 0, val);
	return 0;
}
void host_futex_wake(uint32_t *word, int nr)
{
	fake_futex(word, 1, (unsigned)nr);
}
void host_yield(void)
{
	if (!fake_threads)
		fake_die("a spinlock is taken twice");
	fake_yield();
}
void host_pool_punch(uint64_t off, uint64_t len)
{
	fake_punch((char *)POOL_BASE + off, len);
}
void panic(const char *fmt, ...)
{
	fake_die(fmt);
	for (;;)
		;
}
void printk(const char *fmt, ...)
{
	fake_die(fmt);
}

/* --- Tasks and credentials --- */

struct cred *cred_copy(const struct cred *c)
{
	struct cred *n = kmalloc(sizeof(*n));

	*n = *c;
	ref_init(&n->refs, 1);
	return n;
}
void cred_get(struct cred *c)
{
	ref_get(&c->refs);
}
void cred_put(struct cred *c)
{
	if (ref_put(&c->refs))
		kfree(c);
}
bool cred_in_group(const struct cred *c, u32 gid)
{
	return c->fsgid == gid;
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
bool own_capable(int cap)
{
	return capable(cap);
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
	return current->cred->cap_effective >> cap & 1;
}
u64 rlimit(int res)
{
	return fake_proc.rlim[res].rlim_cur;
}
bool signal_pending(struct task *t)
{
	return fake_pending;
}
bool fatal_signal_pending(struct task *t)
{
	return fake_pending;
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
void bdev_sync_all(void)
{
}
struct task *kthread_start(const char *name, void (*fn)(void *), void *arg)
{
	return NULL;
}
void epoll_file_release(struct file *f)
{
}
int mm_fault(struct mm *mm, u64 addr, u32 access)
{
	return -EFAULT;
}
u64 mm_total_kb(void)
{
	return 1u << 20;
}
void mm_get_stats(struct mem_stats *st)
{
	st->total_kb = 1 << 20;
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

/* --- What the test calls --- */

void fake_init(void *arena, unsigned long size)
{
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		fake_proc.rlim[i].rlim_cur = RLIM_INFINITY;
	fake_proc.rlim[RLIMIT_NOFILE].rlim_cur = 1024;
	fake_proc.pid = 100;
	ref_init(&fake_root.refs, 1000);
	ref_init(&fake_user.refs, 1000);
	fake_root.cap_effective = fake_root.cap_permitted = ~0ull;
	fake_user.uid = fake_user.euid = fake_user.fsuid = 1000;
	fake_user.gid = fake_user.egid = fake_user.fsgid = 1000;
	for (i = 0; i < 2; i++) {
		fake_task[i].proc = &fake_proc;
		fake_task[i].cred = &fake_root;
		fake_task[i].nss = &fake_nsset;
		fake_task[i].tid = 100;
	}
	fakehost_current = &fake_task[0];
	list_add(&fake_task[0].all_node, &all_tasks);
	slab_init(arena, (char *)arena + size);
	pool_init(1ull << 30);
	vfs_init();
	tmpfs_init();
	if (do_mount("root", "/", "tmpfs", 0, NULL))
		fake_die("no root");
	current->fs->umask = 022;
}

void fake_as_root(int root)
{
	current->cred = root ? &fake_root : &fake_user;
}
/* A second table of descriptors, as after fork; back with 0. */
void fake_task_switch(int n)
{
	if (n && !fake_task[1].files) {
		fake_task[1].files = files_copy(fake_task[0].files);
		fake_task[1].fs = fake_task[0].fs;
	}
	fakehost_current = &fake_task[n];
}
void fake_task_exit(void)
{
	files_put(fake_task[1].files);
	fake_task[1].files = NULL;
	fakehost_current = &fake_task[0];
}
void fake_share_files(int on)
{
	if (on)
		ref_get(&current->files->refs);
	else if (ref_put(&current->files->refs))
		fake_die("files");
}
void fake_signal(int on)
{
	fake_pending = on;
	current->work = on ? WORK_SIGNAL : 0;
}
void fake_nofile(unsigned long n)
{
	fake_proc.rlim[RLIMIT_NOFILE].rlim_cur = n;
}
/* A task for the calling thread; descriptors of its own, root and cwd shared. */
void fake_thread_begin(void)
{
	struct task *t = kzalloc(sizeof(*t));

	fake_threads = 1;
	t->proc = &fake_proc;
	t->cred = &fake_root;
	t->nss = &fake_nsset;
	t->tid = 200;
	t->fs = fake_task[0].fs;
	t->files = files_alloc();
	fakehost_current = t;
}
void fake_thread_end(void)
{
	files_put(current->files);
	kfree(current);
}
void fake_shrink_some(void)
{
	dcache_shrink(16);
}
unsigned long fake_count(int what)
{
	switch (what) {
	case FAKE_DENTRIES:
		return dentry_objs.in_use;
	case FAKE_INODES:
		return inode_objs.in_use;
	case FAKE_FILES:
		return file_objs.in_use;
	case FAKE_MOUNT_REFS:
		return init_mnt_ns.root->refs.n;
	}
	return 0;
}
void fake_shrink(void)
{
	dcache_shrink_super(NULL);
}

#define UA(p) UADDR((u64)(p))
#define AT    AT_FDCWD
long k_openat(int d, const char *p, int f, unsigned m)
{
	return sys_openat(d, UA(p), f, m);
}
long k_open(const char *p, int f, unsigned m)
{
	return sys_openat(AT, UA(p), f, m);
}
long k_openat2(int d, const char *p, void *how, unsigned long n)
{
	return sys_openat2(d, UA(p), UA(how), n);
}
long k_close(int fd)
{
	return sys_close(fd);
}
long k_close_range(unsigned a, unsigned b, unsigned f)
{
	return sys_close_range(a, b, f);
}
long k_dup(int fd)
{
	return sys_dup(fd);
}
long k_dup2(int a, int b)
{
	return sys_dup2(a, b);
}
long k_dup3(int a, int b, int f)
{
	return sys_dup3(a, b, f);
}
long k_read(int fd, void *b, unsigned long n)
{
	return sys_read(fd, UA(b), n);
}
long k_write(int fd, const void *b, unsigned long n)
{
	return sys_write(fd, UA(b), n);
}
long k_pread(int fd, void *b, unsigned long n, long o)
{
	return sys_pread64(fd, UA(b), n, o);
}
long k_pwrite(int fd, const void *b, unsigned long n, long o)
{
	return sys_pwrite64(fd, UA(b), n, o);
}
long k_readv(int fd, const void *v, unsigned long n)
{
	return sys_readv(fd, UA(v), n);
}
long k_writev(int fd, const void *v, unsigned long n)
{
	return sys_writev(fd, UA(v), n);
}
long k_lseek(int fd, long o, int w)
{
	return sys_lseek(fd, o, w);
}
long k_stat(const char *p, void *st)
{
	return sys_newfstatat(AT, UA(p), UA(st), 0);
}
long k_lstat(const char *p, void *st)
{
	return sys_newfstatat(AT, UA(p), UA(st), AT_SYMLINK_NOFOLLOW);
}
long k_fstat(int fd, void *st)
{
	return sys_newfstatat(fd, UA(""), UA(st), AT_EMPTY_PATH);
}
long k_statx(int d, const char *p, unsigned f, unsigned m, void *b)
{
	return sys_statx(d, UA(p), f, m, UA(b));
}
long k_access(const char *p, int m)
{
	return sys_access(UA(p), m);
}
long k_chmod(const char *p, unsigned m)
{
	return sys_chmod(UA(p), m);
}
long k_lchown(const char *p, unsigned u, unsigned g)
{
	return sys_lchown(UA(p), u, g);
}
long k_truncate(const char *p, long n)
{
	return sys_truncate(UA(p), n);
}
long k_ftruncate(int fd, long n)
{
	return sys_ftruncate(fd, n);
}
long k_mkdir(const char *p, unsigned m)
{
	return sys_mkdir(UA(p), m);
}
long k_rmdir(const char *p)
{
	return sys_rmdir(UA(p));
}
long k_unlink(const char *p)
{
	return sys_unlink(UA(p));
}
long k_link(const char *a, const char *b)
{
	return sys_link(UA(a), UA(b));
}
long k_linkat(int d, const char *a, int e, const char *b, int f)
{
	return sys_linkat(d, UA(a), e, UA(b), f);
}
long k_symlink(const char *t, const char *p)
{
	return sys_symlink(UA(t), UA(p));
}
long k_readlink(const char *p, char *b, int n)
{
	return sys_readlink(UA(p), UA(b), n);
}
long k_rename(const char *a, const char *b)
{
	return sys_rename(UA(a), UA(b));
}
long k_renameat2(const char *a, const char *b, unsigned f)
{
	return sys_renameat2(AT, UA(a), AT, UA(b), f);
}
long k_mknod(const char *p, unsigned m, unsigned d)
{
	return sys_mknod(UA(p), m, d);
}
long k_chdir(const char *p)
{
	return sys_chdir(UA(p));
}
long k_fchdir(int fd)
{
	return sys_fchdir(fd);
}
long k_chroot(const char *p)
{
	return sys_chroot(UA(p));
}
long k_getcwd(char *b, unsigned long n)
{
	return sys_getcwd(UA(b), n);
}
long k_umask(int m)
{
	return sys_umask(m);
}
long k_getdents64(int fd, void *b, unsigned n)
{
	return sys_getdents64(fd, UA(b), n);
}
long k_fcntl(int fd, unsigned c, unsigned long a)
{
	return sys_fcntl(fd, c, a);
}
long k_flock(int fd, unsigned op)
{
	return sys_flock(fd, op);
}
long k_ioctl(int fd, unsigned c, unsigned long a)
{
	return sys_ioctl(fd, c, a);
}
long k_mount(const char *s, const char *t, const char *y, unsigned long f)
{
	return sys_mount(UA(s), UA(t), UA(y), f, UNULL);
}
long k_umount(const char *t, int f)
{
	return sys_umount2(UA(t), f);
}
long k_pivot_root(const char *a, const char *b)
{
	return sys_pivot_root(UA(a), UA(b));
}
long k_utimensat(int d, const char *p, const void *t, int f)
{
	return sys_utimensat(d, UA(p), UA(t), f);
}
long k_inotify_init1(int f)
{
	return sys_inotify_init1(f);
}
long k_inotify_add(int fd, const char *p, unsigned m)
{
	return sys_inotify_add_watch(fd, UA(p), m);
}
long k_inotify_rm(int fd, int wd)
{
	return sys_inotify_rm_watch(fd, wd);
}
long k_sendfile(int o, int i, long *off, unsigned long n)
{
	return sys_sendfile(o, i, UA(off), n);
}
long k_copy_file_range(int i, long *io, int o, long *oo, unsigned long n)
{
	return sys_copy_file_range(i, UA(io), o, UA(oo), n, 0);
}
long k_splice(int i, long *io, int o, long *oo, unsigned long n, unsigned f)
{
	return sys_splice(i, UA(io), o, UA(oo), n, f);
}
long k_memfd(const char *s, unsigned f)
{
	return sys_memfd_create(UA(s), f);
}
long k_fallocate(int fd, int m, long o, long n)
{
	return sys_fallocate(fd, m, o, n);
}
long k_setxattr(const char *p, const char *n, const void *v, unsigned long s,
		int f)
{
	return sys_setxattr(UA(p), UA(n), UA(v), s, f);
}
long k_getxattr(const char *p, const char *n, void *v, unsigned long s)
{
	return sys_getxattr(UA(p), UA(n), UA(v), s);
}
long k_pipe(int fd[2])
{
	struct file *f[2];
	int err = pipe_create(f, 0);

	if (err)
		return err;
	fd[0] = fd_install_new(f[0], 0, false);
	fd[1] = fd_install_new(f[1], 0, false);
	return 0;
}
/* The path of a descriptor as /proc shows it. */
const char *k_fdpath(int fd, char *buf, unsigned long n)
{
	struct file *f = fd_get_any(fd);
	struct path root;
	char *s;

	fs_get_root(&root);
	s = path_string(&f->path, &root, buf, n);
	path_put(&root);
	file_put(f);
	return IS_ERR(s) ? "?" : s;
}
/* exec's part of ETXTBSY. */
long k_exec_hold(const char *p, int on)
{
	struct file *f = file_open_exec(AT, p, LOOKUP_FOLLOW);
	long err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	err = 0;
	if (on)
		err = inode_deny_write(f->inode);
	else
		inode_allow_write(f->inode);
	file_put(f);
	return err;
}
