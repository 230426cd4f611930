// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs, back end: the files that the machine knows, and their descriptors.
 *
 * A node is a file by device, inode number and birth time, together with a
 * place (directory node and name) where it was last seen. Looking a file up
 * opens nothing; descriptors come when they are needed, by walking down from
 * the nearest node that has one, one name at a time: openat2 with
 * RESOLVE_BENEATH | NO_SYMLINKS | NO_MAGICLINKS of a name without slashes, and
 * the file that is found must be the node's, else -ESTALE. So nothing outside
 * a granted directory can be reached, whatever handles and names the machine
 * makes up, and whatever moves on the host meanwhile.
 *
 * Descriptors are a cache. When there are too many, those of the least recently
 * used nodes are closed, but not of a file that has lost its name. A node lives
 * while the machine has not forgotten it, a child needs it, or a call works on
 * it. A handle is index and generation, so that an old one means nothing.
 *
 * One lock guards table and nodes; no call that can block is made under it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "hostfs.h"
#include "hostfs_nodes.h"

#define HNODES_MAX  (1u << 20)
#define HNODES_HASH 4096u
#define HNODE_DEPTH 96 /* directories opened on the way to one */
#define HNODE_ROOTS 8

#ifndef STATX_BTIME
#define STATX_BTIME 0x800U
#endif

static struct {
	pthread_mutex_t lock;
	struct hnode **node; /* by index */
	uint32_t size, used, free_hint;
	uint32_t next_gen;
	struct hnode *hash[HNODES_HASH];
	struct hnode *place[HNODES_HASH]; /* by parent and name */
	struct hnode *root[HNODE_ROOTS];
	uint32_t nroots;
	struct hnode lru; /* head: the most recently used is next */
	uint32_t nfds, max_fds;
} hn = { .lock = PTHREAD_MUTEX_INITIALIZER };

void hnodes_lock(void)
{
	pthread_mutex_lock(&hn.lock);
}

void hnodes_unlock(void)
{
	pthread_mutex_unlock(&hn.lock);
}

/* --- identity --- */

static uint64_t hnode_dev(const struct statx *st)
{
	return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

static int64_t hnode_btime(const struct statx *st)
{
	if (!(st->stx_mask & STATX_BTIME))
		return 0;
	return st->stx_btime.tv_sec * 1000000000ll + st->stx_btime.tv_nsec;
}

bool hnode_is(const struct hnode *n, const struct statx *st)
{
	return n->ino == st->stx_ino && n->dev == hnode_dev(st) &&
	       n->btime == hnode_btime(st) &&
	       n->type == (st->stx_mode & S_IFMT);
}

static struct hnode **hnode_bucket(uint64_t dev, uint64_t ino)
{
	uint64_t h = (ino ^ dev << 40) * 0x9e3779b97f4a7c15ull;

	return &hn.hash[h >> 52 & (HNODES_HASH - 1)];
}

static struct hnode **hnode_place_bucket(const struct hnode *dir,
					 const char *name)
{
	uint64_t h = dir->index * 0x9e3779b97f4a7c15ull;

	while (*name)
		h = (h ^ (unsigned char)*name++) * 0x100000001b3ull;
	return &hn.place[(h ^ h >> 32) & (HNODES_HASH - 1)];
}

static void hnode_place_add(struct hnode *n)
{
	struct hnode **b;

	if (!n->parent)
		return;
	b = hnode_place_bucket(n->parent, n->name);
	n->place_next = *b;
	*b = n;
}

static void hnode_place_del(struct hnode *n)
{
	struct hnode **p;

	if (!n->parent)
		return;
	p = hnode_place_bucket(n->parent, n->name);
	while (*p && *p != n)
		p = &(*p)->place_next;
	if (*p)
		*p = n->place_next;
}

struct hnode *hnode_at_locked(struct hnode *dir, const char *name)
{
	struct hnode *n = *hnode_place_bucket(dir, name);

	while (n && !(n->parent == dir && !n->orphan && !strcmp(n->name, name)))
		n = n->place_next;
	return n;
}

void hnodes_each_locked(void (*fn)(struct hnode *n, void *arg), void *arg)
{
	for (uint32_t i = 0; i < hn.size; i++)
		if (hn.node[i])
			fn(hn.node[i], arg);
}

uint64_t hnode_handle(const struct hnode *n)
{
	return (uint64_t)n->gen << 32 | n->index;
}

int hostfs_statx(int dirfd, const char *name, struct statx *st)
{
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
		    (*name ? 0 : AT_EMPTY_PATH);

	return statx(dirfd, name, flags, STATX_BASIC_STATS | STATX_BTIME, st)
		       ? -errno
		       : 0;
}

/* --- descriptors, least recently used last --- */

static bool hnode_has_fd(const struct hnode *n)
{
	return n->pfd >= 0 || n->rfd >= 0 || n->wfd >= 0;
}

static void hnode_lru_del(struct hnode *n)
{
	if (!n->lru_next)
		return;
	n->lru_prev->lru_next = n->lru_next;
	n->lru_next->lru_prev = n->lru_prev;
	n->lru_next = n->lru_prev = NULL;
}

static void hnode_used(struct hnode *n)
{
	if (hn.lru.lru_next == n || !n->parent)
		return; /* roots are never closed */
	hnode_lru_del(n);
	n->lru_next = hn.lru.lru_next;
	n->lru_prev = &hn.lru;
	n->lru_next->lru_prev = n;
	hn.lru.lru_next = n;
}

static int hnode_take_fds(struct hnode *n, int fds[3])
{
	int k = 0;

	if (n->pfd >= 0)
		fds[k++] = n->pfd;
	if (n->rfd >= 0)
		fds[k++] = n->rfd;
	if (n->wfd >= 0)
		fds[k++] = n->wfd;
	n->pfd = n->rfd = n->wfd = -1;
	hn.nfds -= (uint32_t)k;
	hnode_lru_del(n);
	return k;
}

static void hnode_close_fds(const int *fds, int k)
{
	while (k-- > 0)
		close(fds[k]);
}

/* Close what has not been used for long, if there are too many. */
static void hnodes_trim(void)
{
	for (int tries = 0; tries < 64; tries++) {
		struct hnode *n = NULL;
		int fds[3], k = 0;

		hnodes_lock();
		if (hn.nfds > hn.max_fds) {
			n = hn.lru.lru_prev;
			if (n == &hn.lru)
				n = NULL;
			else if (n->busy || n->orphan)
				hnode_used(n);
			else
				k = hnode_take_fds(n, fds);
		}
		hnodes_unlock();
		hnode_close_fds(fds, k);
		if (!n)
			return;
	}
}

/* Keep fd in *slot, unless somebody was quicker. => the one to use */
static int hnode_keep_fd(struct hnode *n, int *slot, int fd)
{
	int extra = -1;

	hnodes_lock();
	if (*slot >= 0) {
		extra = fd;
	} else {
		*slot = fd;
		hn.nfds++;
		hnode_used(n);
	}
	fd = *slot;
	hnodes_unlock();
	if (extra >= 0)
		close(extra);
	hnodes_trim();
	return fd;
}

static int hnode_openat(int dirfd, const char *name, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	int fd, tries = 0;

	do { /* EAGAIN: something was renamed on the way */
		fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	} while (fd < 0 &&
		 (errno == EINTR || (errno == EAGAIN && tries++ < 8)));
	if (fd < 0)
		return errno == EXDEV || errno == ELOOP ? -ESTALE : -errno;
	return fd;
}

/*
 * Files that are windows into a kernel are not the granted directory's, though
 * a mount may show them there: the monitor's own memory is among them.
 */
static bool hostfs_is_window(int fd)
{
	static const unsigned int magic[] = {
		0x9fa0 /* proc */,	     0x62656572 /* sysfs */,
		0x64626720 /* debugfs */,    0x74726163 /* tracefs */,
		0x73636673 /* securityfs */, 0xf97cff8c /* selinux */,
		0x27e0eb /* cgroup */,	     0x63677270 /* cgroup2 */,
		0xcafe4a11 /* bpf */,	     0x62656570 /* configfs */,
	};
	struct statfs st;

	if (fstatfs(fd, &st))
		return true;
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if ((unsigned int)st.f_type == magic[i])
			return true;
	return false;
}

/* Open n at its place and see that it is n. */
static int hnode_open_checked(struct hnode *n, int dirfd, const char *name,
			      uint64_t flags)
{
	struct statx st;
	int fd = hnode_openat(dirfd, name, flags), err;

	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	err = hostfs_statx(fd, "", &st);
	if (!err && !hnode_is(n, &st))
		err = -ESTALE;
	if (!err && !(flags & O_PATH) && n->type == S_IFREG &&
	    hostfs_is_window(fd))
		err = -EPERM;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* --- life --- */

/* Caller holds the lock. => to be freed, with what hangs on it, after it */
static struct hnode *hnode_unref_locked(struct hnode *n, int *fds, int *nfds)
{
	struct hnode **p;

	if (--n->refs)
		return NULL;
	p = hnode_bucket(n->dev, n->ino);
	while (*p && *p != n)
		p = &(*p)->hash_next;
	if (*p)
		*p = n->hash_next;
	hnode_place_del(n);
	hwatch_gone_locked(n);
	hn.node[n->index] = NULL;
	if (n->index < hn.free_hint)
		hn.free_hint = n->index;
	hn.used--;
	*nfds = hnode_take_fds(n, fds);
	return n;
}

/* Drop one reference, and what it held in turn. */
static void hnode_unref(struct hnode *n, bool was_busy, uint64_t forget)
{
	while (n) {
		struct hnode *dead = NULL, *parent = NULL;
		int fds[3], k = 0;

		hnodes_lock();
		if (was_busy)
			n->busy--;
		if (forget) {
			n->lookups -= forget < n->lookups ? forget : n->lookups;
			if (!n->lookups)
				dead = hnode_unref_locked(n, fds, &k);
		} else {
			dead = hnode_unref_locked(n, fds, &k);
		}
		if (dead)
			parent = dead->parent;
		hnodes_unlock();
		hnode_close_fds(fds, k);
		if (dead) {
			free(dead->name);
			free(dead);
		}
		n = parent;
		was_busy = false;
		forget = 0;
	}
}

struct hnode *hnode_get(uint64_t handle)
{
	uint32_t index = (uint32_t)handle, gen = (uint32_t)(handle >> 32);
	struct hnode *n = NULL;

	hnodes_lock();
	if (index < hn.size && hn.node[index] && hn.node[index]->gen == gen) {
		n = hn.node[index];
		n->refs++;
		n->busy++;
		if (hnode_has_fd(n))
			hnode_used(n);
	}
	hnodes_unlock();
	return n;
}

void hnode_put(struct hnode *n)
{
	if (n)
		hnode_unref(n, true, 0);
}

void hnode_forget(uint64_t handle, uint64_t count)
{
	struct hnode *n = hnode_get(handle);
	bool any;

	if (!n)
		return;
	hnodes_lock();
	any = count && n->lookups;
	hnodes_unlock();
	if (any)
		hnode_unref(n, false, count);
	hnode_put(n);
}

/* A free index. Caller holds the lock. => HNODES_MAX: none */
static uint32_t hnodes_slot(void)
{
	uint32_t i;

	for (i = hn.free_hint; i < hn.size; i++)
		if (!hn.node[i])
			break;
	if (i == hn.size) {
		uint32_t size = hn.size ? hn.size * 2 : 1024;
		struct hnode **t;

		if (hn.size >= HNODES_MAX)
			return HNODES_MAX;
		t = realloc(hn.node, size * sizeof(*t));
		if (!t)
			return HNODES_MAX;
		memset(t + hn.size, 0, (size - hn.size) * sizeof(*t));
		hn.node = t;
		hn.size = size;
	}
	hn.free_hint = i + 1;
	return i;
}

/* Caller holds the lock. */
static struct hnode *hnode_new_locked(struct hnode *dir, const char *name,
				      const struct statx *st, bool rw)
{
	struct hnode *n = calloc(1, sizeof(*n)), **b;
	uint32_t i;

	if (!n)
		return NULL;
	n->name = strdup(name);
	i = n->name ? hnodes_slot() : HNODES_MAX;
	if (i == HNODES_MAX) {
		free(n->name);
		free(n);
		return NULL;
	}
	n->index = i;
	n->gen = ++hn.next_gen ? hn.next_gen : ++hn.next_gen;
	n->dev = hnode_dev(st);
	n->ino = st->stx_ino;
	n->btime = hnode_btime(st);
	n->type = st->stx_mode & S_IFMT;
	n->rw = rw;
	n->pfd = n->rfd = n->wfd = -1;
	n->parent = dir;
	if (dir)
		dir->refs++;
	hn.node[i] = n;
	hn.used++;
	b = hnode_bucket(n->dev, n->ino);
	n->hash_next = *b;
	*b = n;
	hnode_place_add(n);
	return n;
}

/* Caller holds the lock. => the old parent, to be unreferenced */
static struct hnode *hnode_place_locked(struct hnode *n, struct hnode *dir,
					const char *name)
{
	struct hnode *old = n->parent, *up;
	char *copy;

	if (!old)
		return NULL;
	if (old == dir && !strcmp(n->name, name)) {
		if (n->orphan)
			hwatch_moved_locked(n);
		n->orphan = false;
		return NULL;
	}
	/* a directory below itself: the host was changed under us */
	for (up = dir; up; up = up->parent)
		if (up == n)
			return NULL;
	copy = strdup(name);
	if (!copy)
		return NULL;
	hnode_place_del(n);
	free(n->name);
	n->name = copy;
	n->orphan = false;
	dir->refs++;
	n->parent = dir;
	hnode_place_add(n);
	hwatch_moved_locked(n); /* the other name may be gone */
	return old;
}

struct hnode *hnode_intern(struct hnode *dir, const char *name,
			   const struct statx *st)
{
	struct hnode *n, *old = NULL;

	hnodes_lock();
	n = *hnode_bucket(hnode_dev(st), st->stx_ino);
	while (n && !(hnode_is(n, st) && n->rw == dir->rw))
		n = n->hash_next;
	if (n)
		old = hnode_place_locked(n, dir, name);
	else
		n = hnode_new_locked(dir, name, st, dir->rw);
	if (n) {
		if (!n->lookups++)
			n->refs++;
		n->refs++;
		n->busy++;
	}
	hnodes_unlock();
	if (old)
		hnode_unref(old, false, 0);
	return n;
}

void hnode_renamed(struct hnode *n, struct hnode *dir, const char *name)
{
	struct hnode *old;

	hnodes_lock();
	old = hnode_place_locked(n, dir, name);
	hnodes_unlock();
	if (old)
		hnode_unref(old, false, 0);
}

void hnode_lost_name(struct hnode *n, struct hnode *dir, const char *name)
{
	hnodes_lock();
	if (n->parent == dir && !strcmp(n->name, name)) {
		n->orphan = true;
		hwatch_moved_locked(n);
	}
	hnodes_unlock();
}

/* --- descriptors of a node --- */

int hnode_any_fd(struct hnode *n)
{
	int fd;

	hnodes_lock();
	fd = n->rfd >= 0 ? n->rfd : n->pfd >= 0 ? n->pfd : n->wfd;
	hnodes_unlock();
	return fd;
}

static int hnode_path_depth(struct hnode *n, int depth);

static int hnode_place_depth(struct hnode *n, struct hnode **parent, char *name,
			     int depth)
{
	int fd;

	hnodes_lock();
	*parent = n->parent;
	if (!n->parent || n->orphan) {
		hnodes_unlock();
		*parent = NULL;
		return -ESTALE;
	}
	snprintf(name, HOSTFS_NAME_SIZE, "%s", n->name);
	n->parent->refs++;
	n->parent->busy++;
	hnodes_unlock();
	fd = hnode_path_depth(*parent, depth + 1);
	if (fd < 0) {
		hnode_put(*parent);
		*parent = NULL;
	}
	return fd;
}

int hnode_place(struct hnode *n, struct hnode **parent, char *name)
{
	return hnode_place_depth(n, parent, name, 0);
}

static int hnode_path_depth(struct hnode *n, int depth)
{
	char name[HOSTFS_NAME_SIZE];
	struct hnode *parent;
	int dirfd, fd;

	hnodes_lock();
	fd = n->pfd >= 0 || n->type != S_IFDIR ? n->pfd : n->rfd;
	hnodes_unlock();
	if (fd >= 0)
		return fd;
	if (depth > HNODE_DEPTH)
		return -ENAMETOOLONG;
	dirfd = hnode_place_depth(n, &parent, name, depth);
	if (dirfd < 0)
		return dirfd;
	fd = hnode_open_checked(n, dirfd, name, O_PATH);
	hnode_put(parent);
	return fd < 0 ? fd : hnode_keep_fd(n, &n->pfd, fd);
}

int hnode_path(struct hnode *n)
{
	return hnode_path_depth(n, 0);
}

/* A file without a name, by the O_PATH descriptor that was kept. */
static int hnode_reopen(struct hnode *n, uint64_t flags)
{
	char path[40];
	int pfd, fd;

	hnodes_lock();
	pfd = n->pfd;
	hnodes_unlock();
	if (pfd < 0)
		return -ESTALE;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pfd);
	fd = open(path, (int)flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int hnode_open(struct hnode *n, bool write)
{
	int *slot = write ? &n->wfd : &n->rfd, dirfd, fd;
	/* never waits for the other end of something, takes no terminal */
	uint64_t flags = (write ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY;
	char name[HOSTFS_NAME_SIZE];
	struct hnode *parent;

	if (n->type != S_IFREG && (n->type != S_IFDIR || write))
		return -EINVAL;
	if (write && !n->rw)
		return -EROFS;
	hnodes_lock();
	fd = *slot;
	hnodes_unlock();
	if (fd >= 0)
		return fd;
	if (n->type == S_IFDIR)
		flags |= O_DIRECTORY;
	if (!n->parent) {
		fd = hnode_openat(n->pfd, ".", flags);
	} else if (n->orphan) {
		fd = hnode_reopen(n, flags);
	} else {
		dirfd = hnode_place(n, &parent, name);
		if (dirfd < 0)
			return dirfd;
		fd = hnode_open_checked(n, dirfd, name, flags);
		hnode_put(parent);
	}
	return fd < 0 ? fd : hnode_keep_fd(n, slot, fd);
}

void hnode_give_fd(struct hnode *n, int fd, bool write)
{
	hnode_keep_fd(n, write ? &n->wfd : &n->rfd, fd);
}

/* --- roots --- */

static void hnodes_init(void)
{
	struct rlimit rl = { 1024, 1024 };

	hn.lru.lru_next = hn.lru.lru_prev = &hn.lru;
	if (!getrlimit(RLIMIT_NOFILE, &rl) && rl.rlim_cur < rl.rlim_max) {
		rlim_t had = rl.rlim_cur;

		rl.rlim_cur = rl.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &rl))
			rl.rlim_cur = had;
	}
	hn.max_fds = rl.rlim_cur > 65536 ? 32768 : (uint32_t)rl.rlim_cur / 2;
}

int hnodes_add_root(const char *dir, bool rw)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct hnode *n = NULL;
	struct statx st;
	int err;

	if (fd < 0)
		return -errno;
	err = hostfs_statx(fd, "", &st);
	hnodes_lock();
	if (!hn.max_fds)
		hnodes_init();
	if (!err && hn.nroots < HNODE_ROOTS)
		n = hnode_new_locked(NULL, "", &st, rw);
	if (n) {
		n->pfd = fd;
		n->refs = 1;
		hn.root[hn.nroots++] = n;
	}
	hnodes_unlock();
	if (!n) {
		close(fd);
		return err ? err : -ENOMEM;
	}
	return fd;
}

struct hnode *hnode_get_root(uint64_t index)
{
	struct hnode *n = NULL;

	hnodes_lock();
	if (index < hn.nroots) {
		n = hn.root[index];
		if (!n->lookups++)
			n->refs++;
		n->refs++;
		n->busy++;
	}
	hnodes_unlock();
	return n;
}
