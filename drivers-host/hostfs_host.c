// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs, back end: the calls. Run by the ring's workers in the monitor, many
 * at a time; a call that blocks (a hung network file system) holds up only its
 * own worker.
 *
 * Every field of a request is hostile. Handles are looked up, never trusted;
 * names are copied out of the shared buffer first and may be neither empty nor
 * "." nor ".." nor contain a slash; sizes are compared with the buffer's.
 * What the granted root does not allow to be changed is refused here, whatever
 * the machine thinks (-EROFS). FIFOs, devices and sockets are shown but never
 * opened.
 *
 * What the host refuses for want of permission the guest sees as EPERM: it is
 * not its own permission bits that said no.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "hostfs.h"
#include "hostfs_nodes.h"
#include "monitor.h"

#define HOSTFS_POPULATE	 0x10000u
#define HOSTFS_IO_MAX	 0x1000000u
#define HOSTFS_DIRLOCKS	 16
#define HOSTFS_TEXT_MAX	 4096u
#define HOSTFS_DIRS_TODO 512 /* directories that a READDIR may go on with */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
};

/* Position and getdents of one directory belong together. */
static pthread_mutex_t hostfs_dirlock[HOSTFS_DIRLOCKS] = {
	[0 ... HOSTFS_DIRLOCKS - 1] = PTHREAD_MUTEX_INITIALIZER
};

/* --- messages --- */

/* One name out of shared memory. => 0, -EINVAL */
static int hostfs_name(const char *from, char to[HOSTFS_NAME_SIZE])
{
	memcpy(to, from, HOSTFS_NAME_SIZE);
	to[HOSTFS_NAME_SIZE - 1] = 0;
	if (!*to || strchr(to, '/') || !strcmp(to, ".") || !strcmp(to, ".."))
		return -EINVAL;
	return 0;
}

static struct hostfs_msg *hostfs_msg(struct ring_work *w)
{
	return w->buf && w->len >= sizeof(struct hostfs_msg) ? w->buf : NULL;
}

static int64_t hostfs_ns(const struct statx_timestamp *t)
{
	return t->tv_sec * 1000000000ll + t->tv_nsec;
}

static uint64_t hostfs_rdev(const struct statx *st)
{
	uint64_t ma = st->stx_rdev_major, mi = st->stx_rdev_minor;

	return (ma & 0xfffff000ull) << 32 | (ma & 0xfffull) << 8 |
	       (mi & 0xffull) | (mi & 0xffffff00ull) << 12;
}

/* st was asked for after seq. */
static void hostfs_attr(struct hostfs_attr *out, struct hnode *n, uint32_t seq,
			const struct statx *st)
{
	struct hostfs_attr a = {
		.handle = hnode_handle(n),
		.ino = st->stx_ino,
		.rdev = hostfs_rdev(st),
		.size = st->stx_size,
		.blocks = st->stx_blocks,
		.atime = hostfs_ns(&st->stx_atime),
		.mtime = hostfs_ns(&st->stx_mtime),
		.ctime = hostfs_ns(&st->stx_ctime),
		.btime = st->stx_mask & STATX_BTIME ? hostfs_ns(&st->stx_btime)
						    : hostfs_ns(&st->stx_ctime),
		.mode = st->stx_mode,
		.nlink = st->stx_nlink,
		.uid = st->stx_uid,
		.gid = st->stx_gid,
		.blksize = st->stx_blksize,
	};

	hwatch_seen(n, seq, &a.seen);
	memcpy(out, &a, sizeof(a));
}

/* A file's attributes: by a descriptor if there is one, else by its place. */
static int hostfs_stat_node(struct hnode *n, struct statx *st)
{
	char name[HOSTFS_NAME_SIZE];
	struct hnode *parent;
	int fd = hnode_any_fd(n), err;

	if (fd >= 0)
		return hostfs_statx(fd, "", st);
	fd = hnode_place(n, &parent, name);
	if (fd < 0)
		return fd;
	err = hostfs_statx(fd, name, st);
	hnode_put(parent);
	if (err == -ENOENT || (!err && !hnode_is(n, st)))
		err = -ESTALE;
	return err;
}

static int hostfs_reply_attr(struct hnode *n, struct hostfs_msg *msg)
{
	uint32_t seq = hwatch_seq();
	struct statx st;
	int err = hostfs_stat_node(n, &st);

	if (!err)
		hostfs_attr(&msg->attr, n, seq, &st);
	return err;
}

/* --- looking up --- */

static int hostfs_root(struct ring_work *w)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	struct hnode *n;
	int err;

	if (!msg)
		return -EINVAL;
	n = hnode_get_root(w->arg[0]);
	if (!n)
		return -ENOENT;
	err = hostfs_reply_attr(n, msg);
	w->ret[0] = n->rw ? HOSTFS_ROOT_RW : 0;
	hnode_put(n);
	return err;
}

static void hostfs_reply_link(int dirfd, const char *name,
			      struct hostfs_msg *msg)
{
	char text[HOSTFS_NAME_SIZE];
	ssize_t n = readlinkat(dirfd, name, text, sizeof(text));

	if (n <= 0 || n >= (ssize_t)sizeof(text))
		return; /* it will ask */
	memcpy(msg->link, text, (size_t)n);
	msg->link[n] = 0;
	msg->attr.link_len = (uint32_t)n;
}

/* What stands at (dir, name) now becomes known to the machine. */
static int hostfs_reply_entry(struct hnode *dir, int dirfd, const char *name,
			      struct hostfs_msg *msg, struct hnode **out)
{
	uint32_t seq = hwatch_seq();
	struct statx st;
	struct hnode *n;
	int err = hostfs_statx(dirfd, name, &st);

	if (err == -ENOENT)
		msg->attr.seen.names = hwatch_names(dir, seq);
	if (err)
		return err;
	n = hnode_intern(dir, name, &st);
	if (!n)
		return -ENFILE;
	hostfs_attr(&msg->attr, n, seq, &st);
	if (S_ISLNK(st.stx_mode))
		hostfs_reply_link(dirfd, name, msg);
	if (out)
		*out = n;
	else
		hnode_put(n);
	return 0;
}

static int hostfs_lookup(struct ring_work *w, struct hnode *dir)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	char name[HOSTFS_NAME_SIZE];
	int fd;

	if (!msg || hostfs_name(msg->name, name))
		return -EINVAL;
	fd = hnode_path(dir);
	if (fd < 0)
		return fd;
	hwatch_dir(dir, fd);
	return hostfs_reply_entry(dir, fd, name, msg, NULL);
}

static int hostfs_reval(struct ring_work *w, struct hnode *dir)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	char name[HOSTFS_NAME_SIZE];
	struct hnode *n;
	struct statx st;
	uint32_t seq;
	int fd, err;

	if (!msg || hostfs_name(msg->name, name))
		return -EINVAL;
	fd = hnode_path(dir);
	if (fd < 0)
		return fd;
	hwatch_dir(dir, fd);
	seq = hwatch_seq();
	err = hostfs_statx(fd, name, &st);
	if (err == -ENOENT)
		msg->attr.seen.names = hwatch_names(dir, seq);
	if (err)
		return err;
	n = hnode_get(w->arg[1]);
	if (!n)
		return -ESTALE;
	if (hnode_is(n, &st)) {
		hnode_renamed(n, dir, name); /* the place that is known good */
		hostfs_attr(&msg->attr, n, seq, &st);
	} else {
		err = -ESTALE;
	}
	hnode_put(n);
	return err;
}

static int hostfs_getattr(struct ring_work *w, struct hnode *n)
{
	struct hostfs_msg *msg = hostfs_msg(w);

	return msg ? hostfs_reply_attr(n, msg) : -EINVAL;
}

static int hostfs_readlink(struct ring_work *w, struct hnode *n)
{
	char text[HOSTFS_TEXT_MAX], name[HOSTFS_NAME_SIZE];
	struct hnode *parent;
	ssize_t len;
	int fd;

	if (n->type != S_IFLNK || !w->buf)
		return -EINVAL;
	fd = hnode_place(n, &parent, name);
	if (fd < 0)
		return fd;
	len = readlinkat(fd, name, text, sizeof(text));
	len = len < 0 ? -errno : len;
	hnode_put(parent);
	if (len > (ssize_t)w->len)
		return -ENAMETOOLONG;
	if (len > 0)
		memcpy(w->buf, text, (size_t)len);
	return (int)len;
}

/* --- content --- */

static int hostfs_open_op(struct ring_work *w, struct hnode *n)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	int fd;

	if (!msg)
		return -EINVAL;
	if (w->arg[1] & HOSTFS_MAY_READ) {
		fd = hnode_open(n, false);
		if (fd < 0)
			return fd;
	}
	if (w->arg[1] & HOSTFS_MAY_WRITE) {
		fd = hnode_open(n, true);
		if (fd < 0)
			return fd;
	}
	return hostfs_reply_attr(n, msg);
}

static int64_t hostfs_read(struct ring_work *w, struct hnode *n)
{
	uint64_t off = w->arg[1];
	size_t done = 0;
	int fd;

	if (!w->buf || n->type != S_IFREG || w->len > HOSTFS_IO_MAX ||
	    off > (uint64_t)INT64_MAX - w->len)
		return -EINVAL;
	fd = hnode_open(n, false);
	if (fd < 0)
		return fd;
	/* pages of the pool in one go, instead of fault by fault */
	if (w->len >= HOSTFS_POPULATE && !((uintptr_t)w->buf & 4095))
		madvise(w->buf, w->len, MADV_POPULATE_WRITE);
	while (done < w->len) {
		ssize_t r = pread(fd, (char *)w->buf + done, w->len - done,
				  (off_t)(off + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return done ? (int64_t)done : -errno;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (int64_t)done;
}

static int64_t hostfs_write(struct ring_work *w, struct hnode *n)
{
	uint64_t off = w->arg[1];
	struct statx st;
	size_t done = 0;
	int fd;

	if (!w->buf || n->type != S_IFREG || w->len > HOSTFS_IO_MAX ||
	    off > (uint64_t)INT64_MAX - w->len)
		return -EINVAL;
	fd = hnode_open(n, true);
	if (fd < 0)
		return fd;
	while (done < w->len) {
		ssize_t r = pwrite(fd, (char *)w->buf + done, w->len - done,
				   (off_t)(off + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && !done)
			return -errno;
		if (r <= 0)
			break;
		done += (size_t)r;
	}
	if (!hostfs_statx(fd, "", &st)) {
		w->ret[HOSTFS_W_SIZE] = st.stx_size;
		w->ret[HOSTFS_W_MTIME] = (uint64_t)hostfs_ns(&st.stx_mtime);
		w->ret[HOSTFS_W_CTIME] = (uint64_t)hostfs_ns(&st.stx_ctime);
		w->ret[HOSTFS_W_BLOCKS] = st.stx_blocks;
	}
	return (int64_t)done;
}

/* An entry of a directory that is being read. => bytes of its attributes */
static uint32_t hostfs_dirattr(struct hnode *dir, int dirfd, uint32_t entry,
			       const char *name, char *to, uint32_t room,
			       uint64_t *handle)
{
	struct hostfs_dirattr *da = (void *)to;
	uint32_t seq = hwatch_seq(), len;
	struct statx st;
	struct hnode *n;
	char text[HOSTFS_NAME_SIZE];
	ssize_t link = 0;

	if (!strcmp(name, ".") || !strcmp(name, "..") ||
	    room < sizeof(*da) + sizeof(text) || hostfs_statx(dirfd, name, &st))
		return 0;
	n = hnode_intern(dir, name, &st);
	if (!n)
		return 0;
	hostfs_attr(&da->attr, n, seq, &st);
	*handle = hnode_handle(n);
	hnode_put(n);
	if (S_ISLNK(st.stx_mode))
		link = readlinkat(dirfd, name, text, sizeof(text));
	if (link < 0 || link >= (ssize_t)sizeof(text))
		link = 0;
	if (link)
		memcpy(da->link, text, (size_t)link);
	da->attr.link_len = (uint32_t)link;
	len = ((uint32_t)sizeof(*da) + (uint32_t)link + 7) & ~7u;
	da->entry = entry;
	da->len = len;
	return len;
}

/* Entries from the position on into buf. => bytes, -errno */
static long hostfs_getdents(int fd, uint64_t pos, char *buf, uint32_t room,
			    uint64_t *last)
{
	uint32_t done = 0;
	long r;

	if (lseek(fd, (off_t)pos, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		r = syscall(SYS_getdents64, fd, buf + done, room - done);
		if (r <= 0)
			break;
		done += (uint32_t)r;
		if (room - done < 512) /* surely more, or surely no room */
			return done;
	}
	if (!r)
		*last = 1;
	else if (!done)
		return -errno;
	return done; /* EINVAL: no room for the next one */
}

/* The answer to a READDIR, as it grows, and directories that it may go on with. */
struct hostfs_dirs {
	char *buf;
	uint32_t at, len;
	uint64_t what;
	uint32_t todo;
	uint64_t handle[HOSTFS_DIRS_TODO]; /* the next one is the last */
};

/*
 * Attributes of those that are asked for, at d->at. => how many. The
 * directories among them are put on d's list, the first one on top.
 */
static uint32_t hostfs_dirattrs(struct hostfs_dirs *d, struct hnode *dir,
				int fd, const char *ents, uint32_t n)
{
	uint32_t count = 0, first = d->todo;

	for (uint32_t i = 0; i < n && d->what;) {
		const struct linux_dirent64 *e = (const void *)(ents + i);
		uint64_t handle = 0;
		uint32_t got = 0;

		if (e->d_type == DT_DIR || (d->what & HOSTFS_DIR_ALL))
			got = hostfs_dirattr(dir, fd, i, e->d_name,
					     d->buf + d->at, d->len - d->at,
					     &handle);
		if (got && e->d_type == DT_DIR && d->todo < HOSTFS_DIRS_TODO)
			d->handle[d->todo++] = handle;
		d->at += got;
		count += got != 0;
		i += e->d_reclen;
	}
	for (uint32_t i = first, k = d->todo; i + 1 < k; i++) {
		uint64_t t = d->handle[--k];

		d->handle[k] = d->handle[i];
		d->handle[i] = t;
	}
	return count;
}

/* One directory. => 0, -errno, 1: it does not fit */
static int hostfs_dirblock(struct hostfs_dirs *d, struct hnode *n, uint64_t pos,
			   bool whole)
{
	pthread_mutex_t *lock = &hostfs_dirlock[n->index % HOSTFS_DIRLOCKS];
	char ents[HOSTFS_DIR_CHUNK] __attribute__((aligned(8)));
	struct hostfs_dirblock b = { .handle = hnode_handle(n) };
	uint32_t start = d->at, seq, room;
	uint64_t last = 0;
	int fd = hnode_open(n, false);
	long len;

	if (fd < 0)
		return fd;
	if (d->len - d->at < sizeof(b) + 512)
		return whole ? 1 : -EINVAL;
	room = d->len - d->at - (uint32_t)sizeof(b);
	hwatch_dir(n, fd);
	seq = hwatch_seq();
	pthread_mutex_lock(lock);
	len = hostfs_getdents(fd, pos, ents,
			      room < sizeof(ents) ? room : sizeof(ents), &last);
	pthread_mutex_unlock(lock);
	if (len < 0 || (whole && !last))
		return len < 0 ? (int)len : 1;
	b.ents = (uint32_t)len;
	b.last = (uint32_t)last;
	b.names = hwatch_names(n, seq);
	memcpy(d->buf + start + sizeof(b), ents, (size_t)len);
	d->at += (uint32_t)sizeof(b) + b.ents;
	b.count = hostfs_dirattrs(d, n, fd, ents, b.ents);
	b.len = d->at - start;
	memcpy(d->buf + start, &b, sizeof(b));
	return 0;
}

static int64_t hostfs_readdir(struct ring_work *w, struct hnode *n)
{
	struct hostfs_dirs d = { .buf = w->buf,
				 .len = w->len & ~7u,
				 .what = w->arg[2] };
	int err;

	if (n->type != S_IFDIR)
		return -ENOTDIR;
	if (!w->buf || ((uintptr_t)w->buf & 7))
		return -EINVAL;
	err = hostfs_dirblock(&d, n, w->arg[1], false);
	while (!err && d.todo && (d.what & HOSTFS_DIR_DEEP)) {
		n = hnode_get(d.handle[--d.todo]);
		if (n && hostfs_dirblock(&d, n, 0, true))
			d.todo = 0; /* there is no room, or something odd */
		hnode_put(n);
	}
	return err < 0 ? err : (int64_t)d.at;
}

static int hostfs_statfs(struct ring_work *w, struct hnode *n)
{
	struct statfs st;
	int fd = hnode_path(n);

	if (fd < 0)
		return fd;
	if (!w->buf || w->len < sizeof(struct hostfs_statfs))
		return -EINVAL;
	if (fstatfs(fd, &st))
		return -errno;
	*(struct hostfs_statfs *)w->buf = (struct hostfs_statfs){
		.bsize = (uint64_t)st.f_bsize,
		.blocks = st.f_blocks,
		.bfree = st.f_bfree,
		.bavail = st.f_bavail,
		.files = st.f_files,
		.ffree = st.f_ffree,
		.namelen = (uint64_t)st.f_namelen,
	};
	return 0;
}

static int hostfs_fsync(struct ring_work *w, struct hnode *n)
{
	int fd = hnode_open(n, false);

	if (fd < 0 && n->type == S_IFREG)
		fd = hnode_open(n, true); /* may be written, not read */
	if (fd < 0)
		return fd;
	return (w->arg[1] ? fdatasync(fd) : fsync(fd)) ? -errno : 0;
}

/* --- changing: granted roots that may be written only --- */

/* A descriptor that stays n whatever happens to its name, as a path. */
static int hostfs_fd_path(struct hnode *n, char path[40])
{
	int fd = hnode_path(n);

	if (fd < 0 && n->orphan)
		fd = hnode_any_fd(n);
	if (fd < 0)
		return fd;
	snprintf(path, 40, "/proc/self/fd/%d", fd);
	return fd;
}

static struct timespec hostfs_time(uint64_t set, uint64_t bit, uint64_t now_bit,
				   int64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	if (set & now_bit)
		return (struct timespec){ 0, UTIME_NOW };
	if (!(set & bit))
		return (struct timespec){ 0, UTIME_OMIT };
	if (ts.tv_nsec < 0) {
		ts.tv_nsec += 1000000000;
		ts.tv_sec--;
	}
	return ts;
}

static int hostfs_set(struct hnode *n, uint64_t set,
		      const struct hostfs_attr *a)
{
	struct timespec ts[2];
	char path[40];
	int fd;

	if (set & HOSTFS_SET_SIZE) {
		fd = hnode_open(n, true);
		if (fd < 0)
			return fd;
		if (a->size > INT64_MAX || ftruncate(fd, (off_t)a->size))
			return a->size > INT64_MAX ? -EFBIG : -errno;
	}
	if (!(set & ~(uint64_t)HOSTFS_SET_SIZE))
		return 0;
	fd = hostfs_fd_path(n, path);
	if (fd < 0)
		return fd;
	if (set & (HOSTFS_SET_UID | HOSTFS_SET_GID)) {
		uid_t uid = set & HOSTFS_SET_UID ? a->uid : (uid_t)-1;
		gid_t gid = set & HOSTFS_SET_GID ? a->gid : (gid_t)-1;

		if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH))
			return -errno;
	}
	if (set & HOSTFS_SET_MODE) {
		if (n->type == S_IFLNK)
			return -EOPNOTSUPP;
		if (chmod(path, a->mode & 07777))
			return -errno;
	}
	if (set & (HOSTFS_SET_ATIME | HOSTFS_SET_MTIME | HOSTFS_SET_ATIME_NOW |
		   HOSTFS_SET_MTIME_NOW)) {
		ts[0] = hostfs_time(set, HOSTFS_SET_ATIME, HOSTFS_SET_ATIME_NOW,
				    a->atime);
		ts[1] = hostfs_time(set, HOSTFS_SET_MTIME, HOSTFS_SET_MTIME_NOW,
				    a->mtime);
		if (utimensat(fd, "", ts, AT_EMPTY_PATH))
			return -errno;
	}
	return 0;
}

static int hostfs_setattr(struct ring_work *w, struct hnode *n)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	struct hostfs_attr a;
	int err;

	if (!msg)
		return -EINVAL;
	memcpy(&a, &msg->attr, sizeof(a));
	err = hostfs_set(n, w->arg[1], &a);
	return err ? err : hostfs_reply_attr(n, msg);
}

/* => 0, and a descriptor in *fd if one came of it */
static int hostfs_make(int dirfd, const char *name, uint32_t mode,
		       uint64_t rdev, int *fd)
{
	unsigned int ma = (unsigned int)(rdev >> 8 & 0xfff) |
			  (unsigned int)(rdev >> 32 & 0xfffff000);
	unsigned int mi = (unsigned int)(rdev & 0xff) |
			  (unsigned int)(rdev >> 12 & 0xffffff00);

	*fd = -1;
	switch (mode & S_IFMT) {
	case S_IFREG:
		*fd = openat(dirfd, name,
			     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
				     O_CLOEXEC | O_NOCTTY,
			     mode & 07777);
		return *fd < 0 ? -errno : 0;
	case S_IFDIR:
		return mkdirat(dirfd, name, mode & 07777) ? -errno : 0;
	case S_IFIFO:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
		return mknodat(dirfd, name, mode, makedev(ma, mi)) ? -errno : 0;
	}
	return -EINVAL;
}

static int hostfs_create(struct ring_work *w, struct hnode *dir)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	char name[HOSTFS_NAME_SIZE];
	struct hnode *n = NULL;
	int dirfd, fd, rfd, err;

	if (!msg || hostfs_name(msg->name, name))
		return -EINVAL;
	dirfd = hnode_path(dir);
	if (dirfd < 0)
		return dirfd;
	err = hostfs_make(dirfd, name, (uint32_t)w->arg[1], w->arg[2], &fd);
	if (!err)
		err = hostfs_reply_entry(dir, dirfd, name, msg, &n);
	if (fd >= 0 && err) {
		close(fd);
	} else if (fd >= 0) {
		rfd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		hnode_give_fd(n, fd, true);
		if (rfd >= 0)
			hnode_give_fd(n, rfd, false);
	}
	hnode_put(n);
	return err;
}

static int hostfs_symlink(struct ring_work *w, struct hnode *dir)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	char name[HOSTFS_NAME_SIZE], text[HOSTFS_TEXT_MAX];
	size_t len = w->len - sizeof(*msg);
	int fd;

	if (!msg || hostfs_name(msg->name, name))
		return -EINVAL;
	if (!len || len > sizeof(text))
		return -ENAMETOOLONG;
	memcpy(text, msg + 1, len);
	text[len - 1] = 0;
	fd = hnode_path(dir);
	if (fd < 0)
		return fd;
	if (symlinkat(text, fd, name))
		return -errno;
	return hostfs_reply_entry(dir, fd, name, msg, NULL);
}

static int hostfs_link(struct ring_work *w, struct hnode *n)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	char name[HOSTFS_NAME_SIZE], from[HOSTFS_NAME_SIZE];
	struct hnode *dir = hnode_get(w->arg[1]), *parent = NULL;
	int fd, pfd, err = -EINVAL;

	if (!dir)
		return -ESTALE;
	if (!msg || hostfs_name(msg->name, name))
		goto out;
	err = -EROFS;
	if (!dir->rw)
		goto out;
	fd = hnode_path(dir);
	err = fd;
	if (fd < 0)
		goto out;
	pfd = hnode_place(n, &parent, from);
	err = pfd;
	if (pfd < 0)
		goto out;
	err = linkat(pfd, from, fd, name, 0) ? -errno : 0;
	if (!err) {
		hnode_renamed(n, dir, name);
		err = hostfs_reply_attr(n, msg);
	}
out:
	hnode_put(parent);
	hnode_put(dir);
	return err;
}

/* A file that will have no name: keep hold of it while the machine does. */
static void hostfs_pin(struct hnode *n)
{
	if (hnode_path(n) >= 0 && n->type == S_IFREG) {
		hnode_open(n, false);
		if (n->rw)
			hnode_open(n, true);
	}
}

static int hostfs_unlink(struct ring_work *w, struct hnode *dir)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	char name[HOSTFS_NAME_SIZE];
	struct hnode *victim;
	int fd, err;

	if (!msg || hostfs_name(msg->name, name))
		return -EINVAL;
	fd = hnode_path(dir);
	if (fd < 0)
		return fd;
	victim = hnode_get(w->arg[2]);
	if (victim)
		hostfs_pin(victim);
	err = unlinkat(fd, name, w->arg[1] ? AT_REMOVEDIR : 0) ? -errno : 0;
	if (!err && victim)
		hnode_lost_name(victim, dir, name);
	hnode_put(victim);
	return err;
}

static int hostfs_rename_at(struct ring_work *w, struct hnode *odir,
			    const char *from, struct hnode *ndir,
			    const char *to)
{
	struct hnode *moved = hnode_get(w->arg[3]);
	struct hnode *there = w->arg[4] ? hnode_get(w->arg[4]) : NULL;
	unsigned int flags = (unsigned int)w->arg[2];
	int ofd = hnode_path(odir), nfd = hnode_path(ndir), err;

	err = ofd < 0 ? ofd : nfd < 0 ? nfd : 0;
	if (flags & ~(unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		err = -EINVAL;
	if (err)
		goto out;
	if (there && !(flags & RENAME_EXCHANGE))
		hostfs_pin(there);
	if (syscall(SYS_renameat2, ofd, from, nfd, to, flags)) {
		err = -errno;
		goto out;
	}
	if (there) {
		if (flags & RENAME_EXCHANGE)
			hnode_renamed(there, odir, from);
		else
			hnode_lost_name(there, ndir, to);
	}
	if (moved)
		hnode_renamed(moved, ndir, to);
out:
	hnode_put(moved);
	hnode_put(there);
	return err;
}

static int hostfs_rename(struct ring_work *w, struct hnode *odir)
{
	struct hostfs_msg *msg = hostfs_msg(w);
	char from[HOSTFS_NAME_SIZE], to[HOSTFS_NAME_SIZE];
	struct hnode *ndir;
	int err;

	if (!msg || hostfs_name(msg->name, from) || hostfs_name(msg->link, to))
		return -EINVAL;
	ndir = hnode_get(w->arg[1]);
	if (!ndir)
		return -ESTALE;
	err = ndir->rw ? hostfs_rename_at(w, odir, from, ndir, to) : -EROFS;
	hnode_put(ndir);
	return err;
}

static int hostfs_forget(struct ring_work *w)
{
	const struct hostfs_forget *f = w->buf;
	uint32_t n = w->len / sizeof(*f);

	if (!f)
		return -EINVAL;
	for (uint32_t i = 0; i < n; i++)
		hnode_forget(__atomic_load_n(&f[i].handle, __ATOMIC_RELAXED),
			     __atomic_load_n(&f[i].count, __ATOMIC_RELAXED));
	return 0;
}

/* --- dispatch --- */

static int64_t hostfs_call(struct ring_work *w, struct hnode *n)
{
	switch (w->op) {
	case HOSTFS_LOOKUP:
		return hostfs_lookup(w, n);
	case HOSTFS_REVAL:
		return hostfs_reval(w, n);
	case HOSTFS_GETATTR:
		return hostfs_getattr(w, n);
	case HOSTFS_OPEN:
		return hostfs_open_op(w, n);
	case HOSTFS_READ:
		return hostfs_read(w, n);
	case HOSTFS_READDIR:
		return hostfs_readdir(w, n);
	case HOSTFS_READLINK:
		return hostfs_readlink(w, n);
	case HOSTFS_STATFS:
		return hostfs_statfs(w, n);
	}
	if (!n->rw)
		return w->op <= HOSTFS_SYNC ? -EROFS : -ENOSYS;
	switch (w->op) {
	case HOSTFS_WRITE:
		return hostfs_write(w, n);
	case HOSTFS_SETATTR:
		return hostfs_setattr(w, n);
	case HOSTFS_CREATE:
		return hostfs_create(w, n);
	case HOSTFS_SYMLINK:
		return hostfs_symlink(w, n);
	case HOSTFS_LINK:
		return hostfs_link(w, n);
	case HOSTFS_UNLINK:
		return hostfs_unlink(w, n);
	case HOSTFS_RENAME:
		return hostfs_rename(w, n);
	case HOSTFS_FSYNC:
		return hostfs_fsync(w, n);
	}
	return -ENOSYS;
}

int64_t hostfs_serve(struct ring_work *w)
{
	struct hnode *n;
	int64_t ret;

	if (w->op == HOSTFS_ROOT)
		return hostfs_root(w);
	if (w->op == HOSTFS_FORGET)
		return hostfs_forget(w);
	if (w->op == HOSTFS_WATCH)
		return w->buf && !((uintptr_t)w->buf & 7)
			       ? hwatch_table(w->buf, w->len)
			       : -EINVAL;
	if (w->op == HOSTFS_SYNC) {
		hwatch_sync();
		return 0;
	}
	n = hnode_get(w->arg[0]);
	if (!n)
		return -ESTALE;
	ret = hostfs_call(w, n);
	hnode_put(n);
	return ret == -EACCES ? -EPERM : ret;
}

int hostfs_open(const char *dir, bool rw)
{
	int fd = hnodes_add_root(dir, rw);

	hwatch_open(); /* without it all works, slower */
	if (rw)
		umask(0); /* the guest has its own */
	if (fd < 0)
		monitor_warn("%s: %s", dir, strerror(-fd));
	return fd;
}
