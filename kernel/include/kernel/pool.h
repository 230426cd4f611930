/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pool windows and the page cache.
 *
 * Every regular-file inode has a struct mapping: one contiguous, sparse window
 * of the pool, so that any range of the file is one host mapping. Pool offsets
 * are virtual; memory exists only where something was written. The kernel sees
 * the window at host_pool_ptr(m->window).
 *
 * Two kinds. RAM mappings (tmpfs, memfd, shm): the pool is the file; a hole is
 * zeros, every page below the size counts as resident. Backed mappings
 * (hostfs): a bitmap says which pages are resident; ops->read fills others.
 *
 * Windows come in size classes (64 KiB, 1 MiB, 16 MiB, 256 MiB, 4 GiB, 64 GiB,
 * 1 TiB). A file that outgrows its window moves to a larger one; before its
 * first mmap it gets one with plenty of room. A window goes back to the
 * allocator only when no vma maps it.
 */
#ifndef KERNEL_POOL_H
#define KERNEL_POOL_H

#include <kernel/iov.h>
#include <kernel/lock.h>

struct inode;
struct mapping;

struct mapping_ops {
	/*
	 * Fill [off, off+len) of the file into the pool window (page-aligned;
	 * bytes past end of file are zero already). Called with m->lock held.
	 * May sleep. => 0 or -errno. NULL: a RAM mapping.
	 */
	int (*read)(struct mapping *m, u64 off, u64 len);
	/* Write [off, off+len) back. Called with m->lock held. */
	int (*write)(struct mapping *m, u64 off, u64 len);
	/*
	 * RAM: `pages` more (or, negative, fewer) are in use. Called with
	 * m->lock held; never sleeps. => 0 or -ENOSPC.
	 */
	int (*charge)(struct mapping *m, s64 pages);
	/* ->read is only called for whole ones of so many bytes; 0: any. */
	u32 chunk;
};

struct mapping_retired;

struct mapping {
	struct mutex lock;
	/*
	 * Readers without the lock: odd while the window moves or pages are
	 * dropped, and different after; what was copied meanwhile is copied
	 * again.
	 */
	u32 seq;
	/* under lock (window: also stable while vmas map it) */
	u64 window;	    /* pool offset */
	u64 window_len;	    /* bytes; 0 = none yet */
	u64 *resident;	    /* bitmap by page; RAM: pages written through the
			     kernel (of others nothing is known once mapped) */
	u64 resident_pages; /* bits in it; beyond: clear */
	u64 resident_one;   /* the bitmap of a small file */
	u32 warm;	 /* pages of a smallest window with memory but no bit */
	u64 nr_resident; /* pages with memory, roughly */
	u64 nr_dirty;
	u64 *dirty;
	bool was_mapped; /* had a vma: pages may be there without a bit */
	bool mapped_rw;	 /* had a shared writable vma since the last sync:
			     set by mm, cleared by mapping_sync() */
	struct mapping_retired *retired; /* windows it has outgrown */
	struct list_head cache_node;   /* backed, has had pages; own spinlock */
	const struct mapping_ops *ops; /* NULL or ->read NULL: RAM */
	struct inode *inode;
	/* mappers, under vma_lock */
	struct mutex vma_lock;
	struct list_head vmas; /* struct vma by map_node */
	u32 nr_writable;       /* shared writable vmas */
	u32 writers_seen;      /* how many there ever were */
	/* pages that somebody may execute (kernel/mm/execmem.c) */
	u64 *xmap, xmap_pages; /* changed under lock as well */
	u32 xwriters;	       /* keep bits away from it; the same */
};

void mapping_init(struct mapping *m, struct inode *ino,
		  const struct mapping_ops *ops);
/* All pages gone, window given back. No vma maps it any more. */
void mapping_destroy(struct mapping *m);

/*
 * Room for a file of `size` bytes. May move the window. Caller holds m->lock.
 * => 0, -ENOSPC, -EFBIG
 */
int mapping_reserve_locked(struct mapping *m, u64 size);
/* The same with plenty of room for growth, before the first vma. */
int mapping_prepare_mmap(struct mapping *m, u64 size);

/*
 * Make the pages of [off, off+len) (clipped to the file) resident. May sleep.
 * => 0 or -errno
 */
int mapping_populate(struct mapping *m, u64 off, u64 len);
/* How far from page pgoff on are pages resident (at most max)? RAM: max. */
u64 mapping_resident_run(struct mapping *m, u64 pgoff, u64 max);

/*
 * Around changes of pages that do not go through mapping_write_iter(): nobody
 * executes what is written meanwhile. Without m->lock; may sleep.
 */
void mapping_hold_exec(struct mapping *m);
void mapping_unhold_exec(struct mapping *m);

/*
 * Forget pages from byte `off` on (truncate): unmaps them from every mapper,
 * zeroes the rest of a partial page, punches the pool. To the end: len = -1.
 */
void mapping_truncate(struct mapping *m, u64 off, u64 len);

/*
 * read(2) and write(2) on a mapping: the caller holds no mapping lock; for
 * write it holds inode->lock and has set the size limit. => bytes or -errno.
 * write extends inode->size.
 */
ssize_t mapping_read_iter(struct mapping *m, struct iov_iter *it, loff_t pos);
ssize_t mapping_write_iter(struct mapping *m, struct iov_iter *it, loff_t pos);
/*
 * Write back what may be dirty in [off, off+len) of a backed mapping: all
 * resident pages when a shared writable vma existed. RAM: nothing to do.
 */
int mapping_sync(struct mapping *m, u64 off, u64 len);
/*
 * The file behind a backed mapping is another one now, `size` bytes long: drop
 * the pages; those that are mapped are read again in place. The caller has set
 * inode->size and holds no mapping lock.
 */
void mapping_invalidate(struct mapping *m, u64 old_size, u64 size);
/* lseek(2) SEEK_DATA and SEEK_HOLE below the size. => offset or -ENXIO */
loff_t mapping_seek(struct mapping *m, loff_t off, int whence);
/* posix_fallocate in RAM: memory for [off, off+len). => 0, -ENOSPC */
int mapping_fallocate(struct mapping *m, u64 off, u64 len);

/*
 * Drop pages that can be read again: of backed mappings that nobody maps, the
 * longest not read into first. Called when memory is short; the cache also
 * keeps itself below a quarter of mem=, at most 1 GiB. => pages dropped
 */
u64 mapping_reclaim(u64 pages);

/* Pages in use by all mappings. */
u64 pool_used_pages(void);
void pool_init(u64 pool_size);
/* Raw windows for other users (SysV shm, initrd). => offset, or -ENOSPC. */
s64 pool_window_alloc(u64 len);
/* What pool_window_alloc(len) would really take. */
u64 pool_window_round(u64 len);
/* Something stands at [off, off+len) already (initrd): keep out. */
void pool_reserve(u64 off, u64 len);
void pool_unreserve(u64 off, u64 len); /* and punches it */
/* Is there so much address space left that windows may be generous? */
bool pool_is_roomy(void);
/* More (or fewer) pages in use by a mapping. */
void pool_account(s64 pages);
void pool_window_free(u64 off, u64 len); /* punches it */
/* The same for a window in which no page has memory. */
void pool_window_free_clean(u64 off, u64 len);
/* Of the smallest class: keeps the memory of the pages in the mask, for reuse. */
void pool_window_free_warm(u64 off, u32 pages);

#endif
