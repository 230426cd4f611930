/* SPDX-License-Identifier: GPL-2.0 */
/* Between the kernel half (fake.c) and the test. */
#ifndef TEST_VFS_FAKE_H
#define TEST_VFS_FAKE_H

#pragma GCC visibility push(default)

/* The test's. */
void fake_die(const char *msg);
void fake_punch(void *at, unsigned long n);
void fake_futex(unsigned *word, int wake, unsigned val);
void fake_yield(void);

void fake_init(void *arena, unsigned long size);
void fake_as_root(int root);
void fake_task_switch(int n);
void fake_task_exit(void);
void fake_share_files(int on);
void fake_signal(int on);
void fake_nofile(unsigned long n);
enum { FAKE_DENTRIES, FAKE_INODES, FAKE_FILES, FAKE_MOUNT_REFS };
unsigned long fake_count(int what);
void fake_shrink(void);
void fake_shrink_some(void);
void fake_thread_begin(void);
void fake_thread_end(void);

/* The system calls: results as the kernel returns them. */
long k_openat(int d, const char *p, int f, unsigned m);
long k_open(const char *p, int f, unsigned m);
long k_openat2(int d, const char *p, void *how, unsigned long n);
long k_close(int fd);
long k_close_range(unsigned a, unsigned b, unsigned f);
long k_dup(int fd);
long k_dup2(int a, int b);
long k_dup3(int a, int b, int f);
long k_read(int fd, void *b, unsigned long n);
long k_write(int fd, const void *b, unsigned long n);
long k_pread(int fd, void *b, unsigned long n, long o);
long k_pwrite(int fd, const void *b, unsigned long n, long o);
long k_readv(int fd, const void *v, unsigned long n);
long k_writev(int fd, const void *v, unsigned long n);
long k_lseek(int fd, long o, int w);
long k_stat(const char *p, void *st);
long k_lstat(const char *p, void *st);
long k_fstat(int fd, void *st);
long k_statx(int d, const char *p, unsigned f, unsigned m, void *b);
long k_access(const char *p, int m);
long k_chmod(const char *p, unsigned m);
long k_lchown(const char *p, unsigned u, unsigned g);
long k_truncate(const char *p, long n);
long k_ftruncate(int fd, long n);
long k_mkdir(const char *p, unsigned m);
long k_rmdir(const char *p);
long k_unlink(const char *p);
long k_link(const char *a, const char *b);
long k_linkat(int d, const char *a, int e, const char *b, int f);
long k_symlink(const char *t, const char *p);
long k_readlink(const char *p, char *b, int n);
long k_rename(const char *a, const char *b);
long k_renameat2(const char *a, const char *b, unsigned f);
long k_mknod(const char *p, unsigned m, unsigned d);
long k_chdir(const char *p);
long k_fchdir(int fd);
long k_chroot(const char *p);
long k_getcwd(char *b, unsigned long n);
long k_umask(int m);
long k_getdents64(int fd, void *b, unsigned n);
long k_fcntl(int fd, unsigned c, unsigned long a);
long k_flock(int fd, unsigned op);
long k_ioctl(int fd, unsigned c, unsigned long a);
long k_mount(const char *s, const char *t, const char *y, unsigned long f);
long k_umount(const char *t, int f);
long k_pivot_root(const char *a, const char *b);
long k_utimensat(int d, const char *p, const void *t, int f);
long k_inotify_init1(int f);
long k_inotify_add(int fd, const char *p, unsigned m);
long k_inotify_rm(int fd, int wd);
long k_sendfile(int o, int i, long *off, unsigned long n);
long k_copy_file_range(int i, long *io, int o, long *oo, unsigned long n);
long k_splice(int i, long *io, int o, long *oo, unsigned long n, unsigned f);
long k_memfd(const char *s, unsigned f);
long k_fallocate(int fd, int m, long o, long n);
long k_setxattr(const char *p, const char *n, const void *v, unsigned long s,
		int f);
long k_getxattr(const char *p, const char *n, void *v, unsigned long s);
long k_pipe(int fd[2]);
const char *k_fdpath(int fd, char *buf, unsigned long n);
long k_exec_hold(const char *p, int on);

#pragma GCC visibility pop
#endif
