/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of kernel/block share. */
#ifndef KERNEL_BLOCK_INTERNAL_H
#define KERNEL_BLOCK_INTERNAL_H

#include <kernel/block.h>

/* bdev.c: all devices, partitions after their disk; under bdev_lock */
extern struct mutex bdev_lock;
extern struct list_head bdev_list;
struct bdev *bdev_find_locked(u64 rdev);
bool bdev_busy_locked(const struct bdev *whole);
bool bdev_parts_busy_locked(const struct bdev *whole);

/* cache.c: the inode whose mapping holds what /dev/… has read and written */
int bdev_file_create(struct bdev *b);
void bdev_file_destroy(struct bdev *b);
/* Dirty pages of [off, off+len) to the device. => 0 or -errno */
int bdev_write_back(struct bdev *b, u64 off, u64 len);
/* All of them, and what went wrong since the last time. */
int bdev_sync(struct bdev *b);
void bdev_flush_start(void);
/* BIO_WRITE of data, BIO_ZERO, BIO_DISCARD: past the cache, which follows. */
int bdev_change(struct bdev *b, enum bio_op op, u64 pos, u64 len,
		const u8 *data, u32 flags);
/* Nobody has it open any more: write back, forget. */
void bdev_file_closed(struct bdev *b);

struct file;
struct file_ops;
extern const struct file_ops bdev_file_fops;

/* ioctl.c */
long bdev_file_ioctl(struct file *f, u32 cmd, u64 arg);
/* Zeros, or (zero false) a discard, past the cache. */
int bdev_range_command(struct bdev *b, u64 pos, u64 len, bool zero);

/* partition.c */
long bdev_ioctl_pg(struct bdev *whole, u64 arg);
void bdev_scan_partitions(struct bdev *whole);
void bdev_drop_partitions(struct bdev *whole);
/* A loop device has a new content: partitions as they are there, or none. */
void bdev_scan_loop(struct bdev *whole, bool scan);
/* BLKRRPART. => 0, -EBUSY, -EINVAL */
int bdev_rescan(struct bdev *whole);

/* nodes.c: /dev/NAME and /dev/disk/by-… */
int bdev_nodes_add(struct bdev *b);
void bdev_nodes_found(struct bdev *b);
void bdev_nodes_remove(struct bdev *b);

/* loop.c */
void loop_init(void);

/* info.c: as in /proc/diskstats and /sys/block/…/stat */
struct seqbuf;
void block_show_stat(struct seqbuf *s, const struct bdev *b);

#endif
