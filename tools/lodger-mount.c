// SPDX-License-Identifier: GPL-2.0
/*
 * lodger-mount IMAGE DIR: shows the ext2, ext3 or ext4 file system of an image
 * on the host, for the user who calls it, by FUSE. The file system is the
 * kernel's own code (hostkern), so what works there works here, and the other
 * way round; the journal is replayed, and written.
 *
 * The image is locked against machines. Whoever mounts may do everything in it,
 * as its root; new files belong to who makes them, or with -o fakeroot to root.
 * Nothing runs in the background: what is written goes to the image when files
 * are closed, by fsync, every few seconds while there is something to do, and
 * with fusermount3 -u DIR.
 *
 * Options: -o ro, -o offset=BYTES (of the file system in the image), -o part=N
 * (of an MBR or GPT), -o fakeroot, and FUSE's (-f, -d, allow_other …).
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tools/hostkern/hostkern.h"

static struct mount_options {
	char *image;
	unsigned long long offset;
	int part, ro, fakeroot, help;
} opt;
static int image_fd;
static time_t last_tick;

/* --- what hostkern wants --- */

void hk_die(const char *msg)
{
	fprintf(stderr, "lodger-mount: %s\n", msg);
	abort();
}

void hk_print(const char *line)
{
	fprintf(stderr, "%s", line[0] == '<' ? line + 3 : line);
}

void hk_punch(void *at, unsigned long n)
{
	madvise(at, n, MADV_DONTNEED);
}

unsigned long long hk_clock(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (unsigned long long)ts.tv_sec * 1000000000 +
	       (unsigned long long)ts.tv_nsec;
}

void hk_random(void *p, unsigned long n)
{
	if (getrandom(p, n, 0) != (ssize_t)n)
		memset(p, 1, n);
}

static int image_read(struct hk_disk *d, unsigned long long pos, void *p,
		      unsigned n)
{
	while (n) {
		ssize_t r = pread(image_fd, p, n, (off_t)(opt.offset + pos));

		if (r <= 0)
			return r ? -errno : -EIO;
		p = (char *)p + r;
		pos += (unsigned long long)r;
		n -= (unsigned)r;
	}
	return 0;
}

static int image_flush(struct hk_disk *d)
{
	return fdatasync(image_fd) ? -errno : 0;
}

static int image_write(struct hk_disk *d, unsigned long long pos, const void *p,
		       unsigned n, int fua)
{
	while (n) {
		ssize_t r = pwrite(image_fd, p, n, (off_t)(opt.offset + pos));

		if (r <= 0)
			return r ? -errno : -EIO;
		p = (const char *)p + r;
		pos += (unsigned long long)r;
		n -= (unsigned)r;
	}
	return fua ? image_flush(d) : 0;
}

static struct hk_disk disk = { .read = image_read,
			       .write = image_write,
			       .flush = image_flush };

/* --- the image --- */

static uint64_t le(const unsigned char *p, int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* Where partition n begins, and how long it is. => 0, -1 */
static int find_partition(int n)
{
	unsigned char b[512], *e = b + 446 + (n - 1) * 16;
	uint64_t first, entry;

	if (n < 1 || pread(image_fd, b, 512, 0) != 512 || b[510] != 0x55 ||
	    b[511] != 0xaa)
		return -1;
	if (b[446 + 4] != 0xee) {
		if (n > 4 || !e[4] || !le(e + 12, 4))
			return -1;
		opt.offset = le(e + 8, 4) * 512;
		disk.size = le(e + 12, 4) * 512;
		return 0;
	}
	if (pread(image_fd, b, 512, 512) != 512 || memcmp(b, "EFI PART", 8) ||
	    (uint64_t)n > le(b + 80, 4) || le(b + 84, 4) < 128)
		return -1;
	entry = le(b + 72, 8) * 512 + (uint64_t)(n - 1) * le(b + 84, 4);
	if (pread(image_fd, b, 128, (off_t)entry) != 128 ||
	    !(first = le(b + 32, 8)) || le(b + 40, 8) < first)
		return -1;
	opt.offset = first * 512;
	disk.size = (le(b + 40, 8) - first + 1) * 512;
	return 0;
}

static int open_image(void)
{
	/* as machines lock their disks */
	struct flock l = { .l_type = opt.ro ? F_RDLCK : F_WRLCK,
			   .l_whence = SEEK_SET };
	struct stat st;

	image_fd = open(opt.image, (opt.ro ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (image_fd < 0 || fstat(image_fd, &st)) {
		perror(opt.image);
		return -1;
	}
	if (fcntl(image_fd, F_OFD_SETLK, &l)) {
		fprintf(stderr, "lodger-mount: %s is in use\n", opt.image);
		return -1;
	}
	if (opt.part && find_partition(opt.part)) {
		fprintf(stderr, "lodger-mount: %s has no partition %d\n",
			opt.image, opt.part);
		return -1;
	}
	if (opt.offset > (unsigned long long)st.st_size ||
	    disk.size > (unsigned long long)st.st_size - opt.offset) {
		fprintf(stderr, "lodger-mount: it ends before that\n");
		return -1;
	}
	if (!disk.size)
		disk.size = (unsigned long long)st.st_size - opt.offset;
	disk.size &= ~511ull;
	disk.read_only = opt.ro;
	return 0;
}

/* --- FUSE --- */

/* The path in hostkern's tree; who asks; what is due. */
static const char *at(const char *path, char buf[4200])
{
	struct fuse_context *c = fuse_get_context();
	time_t now = time(NULL);

	if (c && !opt.fakeroot)
		hk_owner(c->uid, c->gid);
	if (now - last_tick >= 5 || now < last_tick) {
		last_tick = now;
		hk_tick();
	}
	snprintf(buf, 4200, "/mnt%s", path);
	return buf;
}
#define AT(path) at(path, (char[4200]){ 0 })

static void *handle(const struct fuse_file_info *fi)
{
	return (void *)(uintptr_t)fi->fh;
}

static int m_getattr(const char *path, struct stat *out,
		     struct fuse_file_info *fi)
{
	struct hk_stat st;
	int err = hk_stat(AT(path), &st);

	if (err)
		return err;
	memset(out, 0, sizeof(*out));
	out->st_ino = st.ino;
	out->st_mode = st.mode;
	out->st_nlink = st.nlink;
	out->st_uid = st.uid;
	out->st_gid = st.gid;
	out->st_rdev = st.rdev;
	out->st_size = (off_t)st.size;
	out->st_blocks = (blkcnt_t)st.blocks;
	out->st_blksize = (blksize_t)st.blksize;
	out->st_atim = (struct timespec){ st.atime, st.atime_ns };
	out->st_mtim = (struct timespec){ st.mtime, st.mtime_ns };
	out->st_ctim = (struct timespec){ st.ctime, st.ctime_ns };
	return 0;
}

static int m_readlink(const char *path, char *buf, size_t n)
{
	char big[4096];
	long r = hk_readlink(AT(path), big, sizeof(big));

	if (r < 0)
		return (int)r;
	snprintf(buf, n, "%.*s", (int)r, big);
	return 0;
}

static int m_open(const char *path, struct fuse_file_info *fi)
{
	void *f = hk_open(AT(path), fi->flags & ~(O_CREAT | O_EXCL), 0);

	if ((uintptr_t)f > (uintptr_t)-4096)
		return (int)(long)f;
	fi->fh = (uintptr_t)f;
	return 0;
}

static int m_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	void *f = hk_open(AT(path), fi->flags | O_CREAT, mode);

	if ((uintptr_t)f > (uintptr_t)-4096)
		return (int)(long)f;
	fi->fh = (uintptr_t)f;
	return 0;
}

static int m_release(const char *path, struct fuse_file_info *fi)
{
	hk_close(handle(fi));
	return 0;
}

static int m_read(const char *path, char *buf, size_t n, off_t off,
		  struct fuse_file_info *fi)
{
	return (int)hk_read(handle(fi), buf, n, off);
}

static int m_write(const char *path, const char *buf, size_t n, off_t off,
		   struct fuse_file_info *fi)
{
	at("/", (char[4200]){ 0 });
	return (int)hk_write(handle(fi), buf, n, off);
}

static int m_fsync(const char *path, int datasync, struct fuse_file_info *fi)
{
	return hk_fsync(handle(fi), datasync);
}

static int m_fallocate(const char *path, int mode, off_t off, off_t len,
		       struct fuse_file_info *fi)
{
	return hk_fallocate(handle(fi), mode, off, len);
}

struct m_dir {
	void *buf;
	fuse_fill_dir_t fill;
};

static int m_entry(void *arg, const char *name, unsigned len,
		   unsigned long long ino, unsigned type, long long next)
{
	struct m_dir *d = arg;
	struct stat st = { .st_ino = ino, .st_mode = type << 12 };
	char z[256];

	snprintf(z, sizeof(z), "%.*s", (int)len, name);
	return d->fill(d->buf, z, &st, next, 0);
}

static int m_readdir(const char *path, void *buf, fuse_fill_dir_t fill,
		     off_t off, struct fuse_file_info *fi,
		     enum fuse_readdir_flags flags)
{
	struct m_dir d = { buf, fill };
	long long pos = off;

	return hk_readdir(handle(fi), &pos, m_entry, &d);
}

static int m_statfs(const char *path, struct statvfs *out)
{
	struct hk_statfs st;
	int err = hk_statfs(AT(path), &st);

	memset(out, 0, sizeof(*out));
	out->f_bsize = out->f_frsize = st.bsize;
	out->f_blocks = st.blocks;
	out->f_bfree = st.bfree;
	out->f_bavail = st.bavail;
	out->f_files = st.files;
	out->f_ffree = out->f_favail = st.ffree;
	out->f_namemax = 255;
	return err;
}

static int m_mknod(const char *path, mode_t mode, dev_t dev)
{
	return hk_mknod(AT(path), mode, dev);
}
static int m_mkdir(const char *path, mode_t mode)
{
	return hk_mkdir(AT(path), mode);
}
static int m_unlink(const char *path)
{
	return hk_unlink(AT(path));
}
static int m_rmdir(const char *path)
{
	return hk_rmdir(AT(path));
}
static int m_symlink(const char *to, const char *path)
{
	return hk_symlink(to, AT(path));
}
static int m_rename(const char *a, const char *b, unsigned flags)
{
	return hk_rename(AT(a), AT(b), flags);
}
static int m_link(const char *a, const char *b)
{
	return hk_link(AT(a), AT(b));
}
static int m_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	return hk_chmod(AT(path), mode);
}
static int m_chown(const char *path, uid_t uid, gid_t gid,
		   struct fuse_file_info *fi)
{
	return hk_chown(AT(path), uid, gid);
}
static int m_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	return hk_truncate(AT(path), (unsigned long long)size);
}

static int m_utimens(const char *path, const struct timespec tv[2],
		     struct fuse_file_info *fi)
{
	struct timespec now, t[2];

	clock_gettime(CLOCK_REALTIME, &now);
	for (int i = 0; i < 2; i++) {
		t[i] = tv[i].tv_nsec == UTIME_NOW ? now : tv[i];
		if (tv[i].tv_nsec == UTIME_OMIT)
			t[i].tv_nsec = -1;
	}
	return hk_utimes(AT(path), t[0].tv_sec, t[0].tv_nsec, t[1].tv_sec,
			 t[1].tv_nsec);
}

static int m_setxattr(const char *path, const char *name, const char *val,
		      size_t n, int flags)
{
	return hk_setxattr(AT(path), name, val, n, flags);
}
static int m_getxattr(const char *path, const char *name, char *val, size_t n)
{
	return (int)hk_getxattr(AT(path), name, val, n);
}
static int m_listxattr(const char *path, char *buf, size_t n)
{
	return (int)hk_listxattr(AT(path), buf, n);
}
static int m_removexattr(const char *path, const char *name)
{
	return hk_removexattr(AT(path), name);
}

static const struct fuse_operations ops = {
	.getattr = m_getattr,
	.readlink = m_readlink,
	.mknod = m_mknod,
	.mkdir = m_mkdir,
	.unlink = m_unlink,
	.rmdir = m_rmdir,
	.symlink = m_symlink,
	.rename = m_rename,
	.link = m_link,
	.chmod = m_chmod,
	.chown = m_chown,
	.truncate = m_truncate,
	.open = m_open,
	.create = m_create,
	.release = m_release,
	.read = m_read,
	.write = m_write,
	.fsync = m_fsync,
	.opendir = m_open,
	.readdir = m_readdir,
	.releasedir = m_release,
	.fsyncdir = m_fsync,
	.statfs = m_statfs,
	.utimens = m_utimens,
	.setxattr = m_setxattr,
	.getxattr = m_getxattr,
	.listxattr = m_listxattr,
	.removexattr = m_removexattr,
	.fallocate = m_fallocate,
};

#define OPT(t, m, v)                                    \
	{                                               \
		t, offsetof(struct mount_options, m), v \
	}
static const struct fuse_opt opts[] = {
	OPT("offset=%llu", offset, 0),
	OPT("part=%d", part, 0),
	OPT("ro", ro, 1),
	OPT("fakeroot", fakeroot, 1),
	OPT("-h", help, 1),
	OPT("--help", help, 1),
	FUSE_OPT_END,
};

static int first_is_image(void *data, const char *arg, int key,
			  struct fuse_args *args)
{
	if (key != FUSE_OPT_KEY_NONOPT || opt.image)
		return 1;
	opt.image = realpath(arg, NULL);
	if (opt.image)
		return 0;
	perror(arg);
	return -1;
}

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	size_t arena = 4ull << 30, pool = 1ull << 40;
	void *a, *p;
	int err;

	if (fuse_opt_parse(&args, &opt, opts, first_is_image))
		return 1;
	if (opt.help || !opt.image) {
		printf("usage: lodger-mount [-o "
		       "ro,part=N,offset=BYTES,fakeroot]"
		       " IMAGE DIR\nends with: fusermount3 -u DIR\n");
		return !opt.help;
	}
	a = mmap(NULL, arena, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	p = mmap((void *)HK_POOL, pool, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			 MAP_FIXED_NOREPLACE,
		 -1, 0);
	if (a == MAP_FAILED || p == MAP_FAILED || open_image()) {
		fprintf(stderr, "lodger-mount: cannot start\n");
		return 1;
	}
	hk_init(a, arena, pool);
	err = hk_disk_add("image", &disk);
	if (!err)
		err = hk_mount("/dev/image", "/mnt", "ext4", opt.ro ? 1 : 0,
			       NULL);
	if (err) {
		fprintf(stderr, "lodger-mount: %s: %s\n", opt.image,
			strerror(-err));
		return 1;
	}
	last_tick = time(NULL);
	/* one thread: hostkern knows of no other */
	fuse_opt_add_arg(&args, "-s");
	if (opt.ro)
		fuse_opt_add_arg(&args, "-oro");
	err = fuse_main(args.argc, args.argv, &ops, NULL);
	if (hk_umount("/mnt"))
		fprintf(stderr, "lodger-mount: it was not unmounted cleanly\n");
	return err;
}
