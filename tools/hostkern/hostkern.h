/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's file systems on the host: vfs, page cache and ext4 as they are
 * (hostkern.c), over disks that the program provides. For tests and for
 * lodger-mount.
 *
 * One thread at a time. Nothing happens in the background: hk_tick() does what
 * the kernel's threads would do every few seconds. Results are the kernel's:
 * negative errno values.
 */
#ifndef TOOLS_HOSTKERN_H
#define TOOLS_HOSTKERN_H

#pragma GCC visibility push(default)

/* The program's. */
void hk_die(const char *msg) __attribute__((noreturn));
void hk_print(const char *line);
void hk_punch(void *at, unsigned long n);
unsigned long long hk_clock(int clock); /* ns */
void hk_random(void *p, unsigned long n);

struct hk_disk {
	unsigned long long size;
	int read_only, can_discard;
	/* => 0 or -errno; fua: durable when it returns */
	int (*read)(struct hk_disk *d, unsigned long long pos, void *p,
		    unsigned n);
	int (*write)(struct hk_disk *d, unsigned long long pos, const void *p,
		     unsigned n, int fua);
	int (*flush)(struct hk_disk *d);
	int (*discard)(struct hk_disk *d, unsigned long long pos,
		       unsigned long long n);
	void *priv;
};

/* Memory for the kernel; the pool is mapped at HK_POOL by the program. */
#define HK_POOL 0x6a0000000000ull
void hk_init(void *arena, unsigned long size, unsigned long long pool_size);
/* Appears as /dev/NAME. */
int hk_disk_add(const char *name, struct hk_disk *d);
void hk_disk_remove(const char *name);
int hk_mount(const char *dev, const char *at, const char *type,
	     unsigned long flags, const char *data);
int hk_remount(const char *at, unsigned long flags, const char *data);
int hk_umount(const char *at);
void hk_tick(void);
int hk_sync(void);
/* As whom calls are made. */
void hk_as(unsigned uid, unsigned gid);
/* Whose new files are; rights stay what they are. */
void hk_owner(unsigned uid, unsigned gid);
/* Memory that the kernel has in use, names dropped before. */
unsigned long hk_used(void);

struct hk_stat {
	unsigned long long ino, size, blocks, rdev;
	unsigned mode, nlink, uid, gid, blksize;
	long long atime, mtime, ctime, btime;
	unsigned atime_ns, mtime_ns, ctime_ns, btime_ns;
};
struct hk_statfs {
	unsigned long long bsize, blocks, bfree, bavail, files, ffree;
};

/* => handle, or a small negative errno */
void *hk_open(const char *path, int flags, unsigned mode);
void hk_close(void *f);
long hk_read(void *f, void *buf, unsigned long n, long long off);
long hk_write(void *f, const void *buf, unsigned long n, long long off);
int hk_fsync(void *f, int datasync);
int hk_fallocate(void *f, int mode, long long off, long long len);
long long hk_seek(void *f, long long off, int whence);
/* Calls fn for each entry from *pos on until it returns nonzero. */
int hk_readdir(void *f, long long *pos,
	       int (*fn)(void *arg, const char *name, unsigned len,
			 unsigned long long ino, unsigned type, long long next),
	       void *arg);
int hk_stat(const char *path, struct hk_stat *st);
int hk_statfs(const char *path, struct hk_statfs *st);
int hk_truncate(const char *path, unsigned long long size);
int hk_chmod(const char *path, unsigned mode);
int hk_chown(const char *path, unsigned uid, unsigned gid);
/* Times: seconds and ns; a_ns, m_ns < 0: leave */
int hk_utimes(const char *path, long long a, long a_ns, long long m, long m_ns);
int hk_mkdir(const char *path, unsigned mode);
int hk_mknod(const char *path, unsigned mode, unsigned long long rdev);
int hk_unlink(const char *path);
int hk_rmdir(const char *path);
int hk_link(const char *a, const char *b);
int hk_symlink(const char *to, const char *path);
int hk_rename(const char *a, const char *b, unsigned flags);
long hk_readlink(const char *path, char *buf, unsigned long n);
long hk_getxattr(const char *path, const char *name, void *buf,
		 unsigned long n);
int hk_setxattr(const char *path, const char *name, const void *val,
		unsigned long n, int flags);
int hk_removexattr(const char *path, const char *name);
long hk_listxattr(const char *path, char *buf, unsigned long n);

#pragma GCC visibility pop
#endif
