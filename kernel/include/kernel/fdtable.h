/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptor tables, laid open for the calls that cannot afford a function
 * call: the table is read without a lock. A table that grew keeps its old
 * versions until struct files goes, and struct file memory is never used for
 * anything else, so whoever reads a stale pointer finds a struct file whose
 * count tells the truth.
 *
 * A task that shares its table with nobody need not count its references: no
 * one else can close the descriptor under it. fd_ref says which case it is.
 *
 *	struct fd_ref r = fd_ref_get(fd);
 *	if (!r.file)
 *		return -EBADF;
 *	…
 *	fd_ref_put(r);
 */
#ifndef KERNEL_FDTABLE_H
#define KERNEL_FDTABLE_H

#include <kernel/task.h>
#include <kernel/vfs.h>

#define FDTABLE_INLINE 64u
#define FDTABLE_MAX    (512u * 1024) /* fs.nr_open */

struct fdtable {
	u32 max;
	struct file **fd; /* NULL: free or reserved */
	u64 *open;	  /* bit: in use or reserved */
	u64 *cloexec;
	struct fdtable *older;
};

struct files {
	struct ref refs;
	spinlock_t lock;
	struct fdtable *tab; /* changed under lock, read at any time */
	/* under lock: */
	u32 next; /* no free descriptor below */
	struct fdtable tab0;
	u64 open0, cloexec0;
	struct file *fd0[FDTABLE_INLINE];
};

/* The file in a slot now, without a reference. */
static __always_inline struct file *files_peek(struct files *fs, u32 fd)
{
	struct fdtable *t = load_acquire(&fs->tab);

	return likely(fd < t->max) ? load_acquire(&t->fd[fd]) : NULL;
}

struct fd_ref {
	struct file *file;
	bool counted;
};

struct file *files_get_fd(struct files *f, u32 fd);

static __always_inline struct fd_ref fd_ref_get_any(int fd)
{
	struct files *fs = current->files;

	if (likely(READ_ONCE(fs->refs.n) == 1))
		return (struct fd_ref){ files_peek(fs, (u32)fd), false };
	return (struct fd_ref){ files_get_fd(fs, (u32)fd), true };
}
static __always_inline void fd_ref_put(struct fd_ref r)
{
	if (unlikely(r.counted))
		file_put(r.file);
}
/* Refuses O_PATH files. */
static __always_inline struct fd_ref fd_ref_get(int fd)
{
	struct fd_ref r = fd_ref_get_any(fd);

	if (unlikely(r.file && (r.file->mode & FMODE_PATH))) {
		fd_ref_put(r);
		r = (struct fd_ref){ NULL, false };
	}
	return r;
}

/* Give up fd's slot in any table. => the file with its reference, or NULL */
struct file *files_take_fd(struct files *fs, u32 fd);
int fd_install_at(struct file *f, u32 fd, bool cloexec);
int fd_set_cloexec(u32 fd, bool on);
int fd_get_cloexec(u32 fd);
int fd_close_range(u32 first, u32 last, u32 flags);
/* unshare(CLONE_FILES), and exec of a task with a shared table. */
int files_unshare(void);

#endif
