// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc says of block devices: partitions, diskstats, and the lines of
 * devices. /sys/block is sysfs.c.
 */
#include <kernel/seqbuf.h>
#include <kernel/vfs.h>
#include "internal.h"

static void block_show_partitions(struct seqbuf *s)
{
	struct bdev *b;

	seq_puts(s, "major minor  #blocks  name\n\n");
	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node)
		if (b->size)
			seq_printf(s, "%4u  %7u %10llu %s\n", MAJOR(b->rdev),
				   MINOR(b->rdev),
				   (unsigned long long)b->size / 1024, b->name);
	mutex_unlock(&bdev_lock);
}

void block_show_stat(struct seqbuf *s, const struct bdev *b)
{
	unsigned long long ms[4], all = 0;

	for (int i = 0; i < 4; i++) {
		ms[i] = READ_ONCE(b->ticks[i]) / 1000000;
		all += ms[i];
	}
	seq_printf(s, "%llu 0 %llu %llu %llu 0 %llu %llu %llu %llu %llu",
		   (unsigned long long)b->ios[0],
		   (unsigned long long)b->sectors[0], ms[0],
		   (unsigned long long)b->ios[1],
		   (unsigned long long)b->sectors[1], ms[1],
		   (unsigned long long)b->in_flight, all, all);
	seq_printf(s, " %llu 0 %llu %llu %llu %llu\n",
		   (unsigned long long)b->ios[2],
		   (unsigned long long)b->sectors[2], ms[2],
		   (unsigned long long)b->ios[3], ms[3]);
}

static void block_show_diskstats(struct seqbuf *s)
{
	struct bdev *b;

	mutex_lock(&bdev_lock);
	list_for_each_entry (b, &bdev_list, node) {
		seq_printf(s, "%4u %7u %s ", MAJOR(b->rdev), MINOR(b->rdev),
			   b->name);
		block_show_stat(s, b);
	}
	mutex_unlock(&bdev_lock);
}

void block_init(void)
{
	blkdev_file_ops = &bdev_file_fops;
	proc_register("partitions", block_show_partitions);
	proc_register("diskstats", block_show_diskstats);
	loop_init();
}
