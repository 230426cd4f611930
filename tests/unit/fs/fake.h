/* SPDX-License-Identifier: GPL-2.0 */
/* Between the kernel half (fake.c) and the tests of tests/unit/fs. */
#ifndef TEST_FS_FAKE_H
#define TEST_FS_FAKE_H

#pragma GCC visibility push(default)

/* The test's. */
void fake_die(const char *msg);
void fake_punch(void *at, unsigned long n);
unsigned long long fake_now(void);
long fake_hostfs(unsigned op, unsigned long long *arg, void *buf, unsigned len,
		 unsigned long long *ret);

void fs_setup(void *arena, unsigned long size, unsigned long long pool_size);
unsigned long fs_pool_used(void);
unsigned long fs_inodes(void);
void fs_shrink(void);

int fs_mount(const char *type, const char *at, const char *data);
int fs_umount(const char *at);
/* => handle, or a small negative errno */
void *fs_open(const char *path, int flags, unsigned mode);
void *fs_memfd(unsigned long size);
void fs_close(void *f);
long fs_read(void *f, void *buf, unsigned long n, long long off);
long fs_write(void *f, const void *buf, unsigned long n, long long off);
int fs_truncate(void *f, unsigned long long size);
int fs_punch(void *f, unsigned long long off, unsigned long long n);
long long fs_seek(void *f, long long off, int whence);
int fs_seal(void *f, unsigned seals);
/* Up to max names of 64 bytes, going on where the last call stopped. */
int fs_readdir(void *f, char (*names)[64], int max);

struct fs_stat {
	unsigned long long size, blocks, ino;
	unsigned mode, nlink, uid, rdev;
};
int fs_stat(const char *path, struct fs_stat *st);
int fs_fstat(void *f, struct fs_stat *st);
int fs_mkdir(const char *path);
int fs_unlink(const char *path);
int fs_rmdir(const char *path);
int fs_link(const char *a, const char *b);
int fs_symlink(const char *to, const char *path);
int fs_rename(const char *a, const char *b, unsigned flags);
int fs_readlink(const char *path, char *buf);
int fs_unpack(const void *p, unsigned long n);

long long fs_window_alloc(unsigned long long len);
void fs_window_free(unsigned long long off, unsigned long long len);
long fs_gunzip(const void *in, unsigned long n, void *out, unsigned long cap);

#pragma GCC visibility pop
#endif
