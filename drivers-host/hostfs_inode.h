/* SPDX-License-Identifier: GPL-2.0 */
/* What the two halves of the front end of hostfs share. */
#ifndef DRIVERS_HOST_HOSTFS_INODE_H
#define DRIVERS_HOST_HOSTFS_INODE_H

#include <kernel/ring.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include "hostfs.h"

/* How long attributes are believed without asking. */
#define HOSTFS_TRUST (5 * NSEC_PER_MSEC)

/* inode->priv */
struct hostfs_inode {
	struct inode *inode; /* fixed */
	u64 handle;	     /* fixed */
	/* under hostfs_lock */
	struct hostfs_inode *next;
	u64 lookups; /* to be given back to the monitor */
	bool hashed;
	/* written and read by whoever comes: */
	s64 mtime; /* of the pages we have */
	u64 stamp; /* when the attributes were true */
	u32 opened; /* HOSTFS_MAY_*: what the host has let us open */
};

static inline struct hostfs_inode *hostfs_inode(const struct inode *ino)
{
	return ino->priv;
}

static inline bool hostfs_fresh(const struct hostfs_inode *hi)
{
	return time_mono_ns() - READ_ONCE(hi->stamp) < HOSTFS_TRUST;
}

struct ring_req *hostfs_req(u16 op, u64 handle, u64 arg1);
/* Submit, wait, release the slot. buf may be NULL. => result */
s64 hostfs_run(struct ring_req *r, void *buf, u32 len);
/* Take over what the host says about a file. */
void hostfs_update(struct inode *ino, const struct hostfs_attr *a);
/* The same after a write of ours. */
void hostfs_wrote(struct hostfs_inode *hi, s64 mtime, s64 ctime, u64 blocks);
/* Ask for the attributes if they are old. => 0, -errno */
int hostfs_refresh(struct inode *ino);

extern const struct inode_ops hostfs_dir_iops, hostfs_file_iops,
	hostfs_link_iops;
extern const struct file_ops hostfs_file_fops, hostfs_dir_fops;
extern const struct mapping_ops hostfs_mapping_ops;

#endif
