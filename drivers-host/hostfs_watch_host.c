// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs, back end: what others change on the host.
 *
 * Directories in which the machine looks names up are watched with inotify. An
 * event adds to the words (hostfs.h) of the nodes that it is about: of the
 * directory, and of the node that has the name. Nobody waits for events: the
 * machine asks (HOSTFS_SYNC) before it believes anything that is older than a
 * few milliseconds, and whoever serves that takes in all that the host has
 * reported. The host reports a change before the call that made it returns, so
 * what was done before the request is known after it. While the machine does
 * nothing nothing runs here.
 *
 * A directory cannot be watched when there are too many watches (the user has
 * a limit), when it may not be read, or on file systems on which others than
 * this host make changes (NFS, FUSE). Then nothing is promised for it, and the
 * machine asks for each name as it does without all this. The same after too
 * many events at once: all words change.
 *
 * What the host does not report: writing through a shared mapping before it is
 * closed, and what is done to a file by a name in another directory. The
 * machine therefore trusts no file with several names, and the others only for
 * a second.
 *
 * Locks: the table's lock (hnodes_lock) guards all of this.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "hostfs.h"
#include "hostfs_nodes.h"

#define HWATCH_MAX  16384
#define HWATCH_HASH 1024u
#define HWATCH_MASK                                                        \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | \
	 IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF |      \
	 IN_ONLYDIR)

static struct {
	int fd;
	uint32_t seq; /* events taken in, roughly */
	struct hostfs_word *table;
	uint32_t count;
	int used, max;
	uint64_t good_dev, bad_dev; /* the last asked */
	struct hnode *by_wd[HWATCH_HASH];
} hw = { .fd = -1 };

enum { HWATCH_ATTR = 1, HWATCH_PLACE = 2, HWATCH_NAMES = 4, HWATCH_ALL = 7 };

static void hwatch_add_to(uint32_t *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_RELEASE);
}

static void hwatch_bump(const struct hnode *n, int what)
{
	struct hostfs_word *w;

	if (!n || n->index >= hw.count)
		return;
	w = &hw.table[n->index];
	if (what & HWATCH_ATTR)
		hwatch_add_to(&w->attr);
	if (what & HWATCH_PLACE)
		hwatch_add_to(&w->place);
	if (what & HWATCH_NAMES)
		hwatch_add_to(&w->names);
}

static void hwatch_bump_all(struct hnode *n, void *arg)
{
	if (!arg || n == arg || n->parent == arg)
		hwatch_bump(n, HWATCH_ALL);
}

void hwatch_moved_locked(struct hnode *n)
{
	hwatch_bump(n, HWATCH_PLACE | HWATCH_ATTR);
}

/* --- watches --- */

static struct hnode **hwatch_find(int wd)
{
	struct hnode **p = &hw.by_wd[(uint32_t)wd % HWATCH_HASH];

	while (*p && (*p)->wd != wd)
		p = &(*p)->wd_next;
	return p;
}

static void hwatch_forget(struct hnode *n)
{
	struct hnode **p = hwatch_find(n->wd);

	if (*p == n)
		*p = n->wd_next;
	n->wd = 0;
	hw.used--;
}

/* => the words go on as they are: the next node of this number needs them */
void hwatch_gone_locked(struct hnode *n)
{
	hwatch_bump(n, HWATCH_ALL);
	if (n->wd <= 0)
		return;
	inotify_rm_watch(hw.fd, n->wd);
	hwatch_forget(n);
}

/* File systems that only this host changes. */
static bool hwatch_fs_ok(uint64_t dev, int fd)
{
	static const unsigned int magic[] = {
		0xef53 /* ext */,	  0x58465342 /* xfs */,
		0x9123683e /* btrfs */,	  0x01021994 /* tmpfs */,
		0xf2f52010 /* f2fs */,	  0x2fc12fc1 /* zfs */,
		0x794c7630 /* overlay */, 0xca451a4e /* bcachefs */,
		0x9660 /* iso */,	  0x73717368 /* squashfs */,
		0xe0f5e1e2 /* erofs */,	  0x858458f6 /* ramfs */,
	};
	struct statfs st;

	if (dev == __atomic_load_n(&hw.good_dev, __ATOMIC_RELAXED))
		return true;
	if (dev == __atomic_load_n(&hw.bad_dev, __ATOMIC_RELAXED))
		return false;
	if (fstatfs(fd, &st))
		return false;
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
		if ((unsigned int)st.f_type != magic[i])
			continue;
		__atomic_store_n(&hw.good_dev, dev, __ATOMIC_RELAXED);
		return true;
	}
	__atomic_store_n(&hw.bad_dev, dev, __ATOMIC_RELAXED);
	return false;
}

void hwatch_dir(struct hnode *dir, int dirfd)
{
	char path[40];
	int wd = -1;

	if (!hw.table || __atomic_load_n(&dir->wd, __ATOMIC_RELAXED) ||
	    dir->index >= hw.count)
		return;
	if (hwatch_fs_ok(dir->dev, dirfd)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", dirfd);
		hnodes_lock();
		errno = 0;
		if (!dir->wd && hw.used < hw.max)
			wd = inotify_add_watch(hw.fd, path, HWATCH_MASK);
		else
			wd = -2;
		/* the same folder, granted twice: the first one has it */
		if (wd > 0 && *hwatch_find(wd))
			wd = -1;
		if (wd > 0) {
			struct hnode **b =
				&hw.by_wd[(uint32_t)wd % HWATCH_HASH];

			dir->wd_next = *b;
			*b = dir;
			hw.used++;
		} else if (errno == ENOSPC) {
			hw.max = hw.used; /* the user has no more */
		}
		if (!dir->wd)
			dir->wd = wd > 0 ? wd : -1;
		hnodes_unlock();
		return;
	}
	hnodes_lock();
	if (!dir->wd)
		dir->wd = -1;
	hnodes_unlock();
}

/* --- what is promised --- */

uint32_t hwatch_seq(void)
{
	return __atomic_load_n(&hw.seq, __ATOMIC_ACQUIRE);
}

static uint32_t hwatch_word(const uint32_t *word, bool promised)
{
	uint32_t now = __atomic_load_n(word, __ATOMIC_RELAXED);

	return promised ? now : now - 1;
}

void hwatch_seen(struct hnode *n, uint32_t seq, struct hostfs_word *seen)
{
	const struct hnode *dir = n->parent;
	bool in, self;

	memset(seen, 0, sizeof(*seen));
	hnodes_lock();
	if (n->index < hw.count) {
		in = dir && dir->wd > 0 && !n->orphan && hw.seq == seq;
		self = n->type == S_IFDIR ? n->wd > 0 && hw.seq == seq : in;
		seen->attr = hwatch_word(&hw.table[n->index].attr, self);
		seen->place = hwatch_word(&hw.table[n->index].place, in);
		if (dir && dir->index < hw.count)
			seen->names =
				hwatch_word(&hw.table[dir->index].names, in);
	}
	hnodes_unlock();
}

uint32_t hwatch_names(struct hnode *dir, uint32_t seq)
{
	uint32_t seen = 0;

	hnodes_lock();
	if (dir->index < hw.count)
		seen = hwatch_word(&hw.table[dir->index].names,
				   dir->wd > 0 && hw.seq == seq);
	hnodes_unlock();
	return seen;
}

/* --- events --- */

static void hwatch_event_locked(const struct inotify_event *e)
{
	struct hnode *dir, *n;

	if (e->mask & IN_Q_OVERFLOW) {
		hnodes_each_locked(hwatch_bump_all, NULL);
		return;
	}
	dir = *hwatch_find(e->wd);
	if (!dir)
		return;
	if (e->mask & IN_IGNORED) {
		hnodes_each_locked(hwatch_bump_all, dir);
		hwatch_forget(dir);
		return;
	}
	n = e->len ? hnode_at_locked(dir, e->name) : NULL;
	if (e->mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) {
		hwatch_bump(dir, HWATCH_ATTR | HWATCH_NAMES);
		hwatch_bump(n, HWATCH_ATTR | HWATCH_PLACE);
	} else if (e->len) {
		hwatch_bump(n, HWATCH_ATTR);
	} else {
		hwatch_bump(dir, HWATCH_ATTR | HWATCH_PLACE);
	}
}

void hwatch_sync(void)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n;

	if (hw.fd < 0)
		return;
	hnodes_lock();
	while ((n = read(hw.fd, buf, sizeof(buf))) > 0) {
		__atomic_fetch_add(&hw.seq, 1, __ATOMIC_RELEASE);
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *e = (void *)p;

			hwatch_event_locked(e);
			p += sizeof(*e) + e->len;
		}
	}
	hnodes_unlock();
}

/* --- beginning --- */

int hwatch_open(void)
{
	FILE *f;

	if (hw.fd >= 0)
		return 0;
	hw.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (hw.fd < 0)
		return -errno;
	hw.max = HWATCH_MAX;
	f = fopen("/proc/sys/fs/inotify/max_user_watches", "re");
	if (f) {
		int limit;

		if (fscanf(f, "%d", &limit) == 1 && limit / 2 < hw.max)
			hw.max = limit / 2; /* others want some too */
		fclose(f);
	}
	return 0;
}

int hwatch_table(struct hostfs_word *table, uint64_t bytes)
{
	int err = -EINVAL;

	hnodes_lock();
	if (hw.fd < 0) {
		err = -ENOSYS;
	} else if (!hw.table && bytes >= sizeof(*table)) {
		hw.count = (uint32_t)(bytes / sizeof(*table));
		hw.table = table;
		err = 0;
	}
	hnodes_unlock();
	return err;
}
