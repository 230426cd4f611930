/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Block devices: what stands between a file system and a disk.
 *
 * A driver (drivers-host/ubd_kern.c, loop, the tests' memory disk) registers a
 * struct bdev; a file system opens it by its number and sends it bios. Nothing
 * here caches: the page cache of /dev/ubda is the mapping of the device's
 * inode, file data has the mapping of its own inode, and metadata blocks have
 * kernel/buffer.h.
 *
 * Positions and lengths are bytes, multiples of the device's logical block
 * (512 unless the driver says otherwise). Data is named by kernel pointers
 * into the arena or the pool: the back end reads and writes there, without a
 * copy. Completed writes are in the host's hands, and on the disk only after a
 * flush that was submitted after they completed (or with BIO_FUA).
 */
#ifndef KERNEL_BLOCK_H
#define KERNEL_BLOCK_H

#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/types.h>
#include <kernel/wait.h>

struct seqbuf;
struct inode;

enum bio_op { BIO_READ, BIO_WRITE, BIO_FLUSH, BIO_DISCARD, BIO_ZERO };

#define BIO_FUA	 1u /* on the disk before it is done */
#define BIO_SYNC 2u /* somebody waits for it: no batching delay */

struct bio_vec {
	void *base; /* arena or pool */
	u32 len;
};
#define BIO_MAX_VECS 32

struct bio {
	enum bio_op op;
	u32 flags;
	u64 pos, len; /* bytes; len = sum of the vectors (read, write) */
	u32 nr_vecs;
	struct bio_vec *vecs; /* the caller's, stays until done */
	/*
	 * Called once, in a kernel thread or in the submitter; must not sleep.
	 * NULL: bio_submit_wait() waits.
	 */
	void (*done)(struct bio *bio);
	void *priv;
	s32 result; /* 0 or -errno: EIO, ENOSPC, EROFS, EOPNOTSUPP */
	/* the block layer's */
	struct list_head node;
	struct bdev *bdev;
	u64 started; /* ns */
};

struct bdev_ops {
	/* Start; bio_done(bio) when finished. May sleep for a free slot. */
	void (*submit)(struct bdev *b, struct bio *bio);
	/* BLK* and HDIO_* ioctls beyond the generic ones. => -ENOTTY */
	long (*ioctl)(struct bdev *b, u32 cmd, unsigned long arg);
	/* Optional: somebody waits; look for completions until *done, for a
	   short while. */
	void (*poll)(struct bdev *b, const bool *done);
	/* Optional: the last opener has gone. May sleep. */
	void (*last_close)(struct bdev *b);
	/* Optional: /sys/block/NAME/loop/ATTR. => 0, -ENOENT */
	int (*show)(const struct bdev *b, const char *attr, struct seqbuf *s);
};

struct bdev {
	char name[32]; /* "ubda", "ubda1", "loop0" */
	u64 rdev;
	u64 size;	    /* bytes; a partition's own */
	u64 start;	    /* bytes into the whole disk */
	struct bdev *whole; /* itself when it is no partition */
	u32 logical_block;  /* bytes: 512 … 4096 */
	u32 max_bytes;	    /* of one bio */
	bool read_only;
	bool discard, fua; /* what the driver can do */
	const struct bdev_ops *ops;
	void *priv;
	char serial[32];
	u32 minors; /* numbers from rdev on: itself and partitions */
	/* counted: opens and mounts; holder: who has it exclusively */
	u32 openers;
	const void *holder;
	/* for /proc/diskstats, atomically */
	u64 ios[4], sectors[4], ticks[4], in_flight; /* by read, write, discard,
							flush */
	struct list_head node;
	/* the block layer's */
	u32 holds;		  /* by the holder */
	bool host_read_only;	  /* BLKROSET cannot change it */
	u64 seq;		  /* BLKGETDISKSEQ: one more for each */
	s32 write_error;	  /* of pages, not told yet; atomic */
	struct inode *inode;	  /* whose mapping caches it for open files */
	u8 part;		  /* number of the partition, 0: the whole */
	char uuid[40], label[40]; /* of the partition, GPT and MBR */
};

/*
 * By device number, for a file system or an open file. holder: NULL, or who
 * wants it for itself (a mount): a second holder gets -EBUSY.
 * => ERR_PTR: -ENXIO (no such disk), -EBUSY, -EROFS (write on a read-only one)
 */
struct bdev *bdev_open(u64 rdev, bool write, const void *holder);
void bdev_close(struct bdev *b, const void *holder);

/* Checked against the device's size; partitions are offset here. */
void bio_submit(struct bio *bio, struct bdev *b);
/* Submit and sleep until done. => bio->result */
int bio_submit_wait(struct bio *bio, struct bdev *b);
/* The driver's: finished. */
void bio_done(struct bio *bio, int result);

/* One stretch of memory. All sleep. => 0 or -errno */
int bdev_read(struct bdev *b, u64 pos, void *data, u32 len);
int bdev_write(struct bdev *b, u64 pos, const void *data, u32 len, u32 flags);
/* All that completed before is on the disk afterwards. */
int bdev_flush(struct bdev *b);
/* -EOPNOTSUPP when the device cannot. */
int bdev_discard(struct bdev *b, u64 pos, u64 len);
/* Zeros, without moving them where the device can do so. */
int bdev_zero(struct bdev *b, u64 pos, u64 len);
/* What was written to /dev nodes is in the host's hands; for sync(2). */
void bdev_sync_all(void);
/* "/dev/ubda1", "ubda1", "98:1", "PARTUUID=…" => number, or 0 */
u64 bdev_by_name(const char *name);

/* Drivers. The node in devtmpfs and /sys/block come with it. */
int bdev_register(struct bdev *b);
void bdev_unregister(struct bdev *b);
/* The same unless it is in use. => 0, -EBUSY */
int bdev_retire(struct bdev *b);
/* The driver's size has changed (the whole disk, nobody has it mounted). */
void bdev_set_size(struct bdev *b, u64 size);
/*
 * What mount(2) was given as source: a path to a node, or, before there is a
 * root, a name as bdev_by_name() takes it. => 0, -ENOTBLK, -ENOENT …
 */
int bdev_from_source(const char *source, u64 *rdev);
/* sysfs.c: /sys/devices/virtual/block, /sys/block, /sys/class, /sys/dev */
struct seqtree_dir;
extern const struct seqtree_dir block_sysfs_disks, block_sysfs_block,
	block_sysfs_class, block_sysfs_dev;
void block_init(void); /* kernel/block/info.c */
void ubd_init(void);   /* drivers-host/ubd_kern.c */

#endif
