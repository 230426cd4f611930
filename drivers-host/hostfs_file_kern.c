// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs, front end: the content of files.
 *
 * Pages come and go between the host's file and the window in the pool in one
 * copy, made by the monitor. The first open of a file asks the host, so that
 * what the host refuses is refused at open, and what is open stays readable
 * when its name is gone; later opens only look whether the attributes are old.
 */
#include <kernel/types.h>
#include <abi/errno.h>
#include <abi/mman.h>
#include <hostapi/host.h>
#include <kernel/pool.h>
#include <kernel/ring.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include "hostfs_inode.h"

#define HOSTFS_READ_AT_OPEN 0x40000u

/* --- pages --- */

static int hostfs_read_pages(struct mapping *m, u64 off, u64 len)
{
	struct hostfs_inode *hi = hostfs_inode(m->inode);
	struct ring_req *r = hostfs_req(HOSTFS_READ, hi->handle, off);
	s64 n;

	r->space = RING_POOL;
	r->buf_off = m->window + off;
	r->buf_len = (u32)len;
	n = ring_call(r);
	ring_put(r);
	if (n < 0)
		return (int)n;
	if ((u64)n < len)
		memset((u8 *)host_pool_ptr(m->window + off) + n, 0,
		       len - (u64)n);
	return 0;
}

static int hostfs_write_pages(struct mapping *m, u64 off, u64 len)
{
	struct hostfs_inode *hi = hostfs_inode(m->inode);
	u64 done = 0;

	while (done < len) {
		struct ring_req *r =
			hostfs_req(HOSTFS_WRITE, hi->handle, off + done);
		s64 n;

		r->space = RING_POOL;
		r->buf_off = m->window + off + done;
		r->buf_len = (u32)min_t(u64, len - done, 1u << 20);
		n = ring_call(r);
		if (n > 0)
			hostfs_wrote(hi, (s64)r->ret[HOSTFS_W_MTIME],
				     (s64)r->ret[HOSTFS_W_CTIME],
				     r->ret[HOSTFS_W_BLOCKS]);
		ring_put(r);
		if (n <= 0)
			return n ? (int)n : -EIO;
		done += (u64)n;
	}
	return 0;
}

const struct mapping_ops hostfs_mapping_ops = {
	.read = hostfs_read_pages,
	.write = hostfs_write_pages,
};

/* --- files --- */

static int hostfs_open(struct inode *ino, struct file *f)
{
	struct hostfs_inode *hi = hostfs_inode(ino);
	struct hostfs_msg msg;
	u32 want = 0;
	int err;

	if (f->mode & FMODE_READ)
		want |= HOSTFS_MAY_READ;
	if (f->mode & FMODE_WRITE)
		want |= HOSTFS_MAY_WRITE;
	if (!(want & ~READ_ONCE(hi->opened)))
		return hostfs_refresh(ino);
	/* just looked up, small, and to be read: one round for both */
	if (want == HOSTFS_MAY_READ && ino->size &&
	    ino->size <= HOSTFS_READ_AT_OPEN && !ino->mapping.nr_resident &&
	    hostfs_fresh(ino, hi)) {
		err = mapping_populate(&ino->mapping, 0, ino->size);
		if (!err)
			atomic_or(&hi->opened, want);
		return err;
	}
	err = (int)hostfs_run(hostfs_req(HOSTFS_OPEN, hi->handle, want), &msg,
			      sizeof(msg));
	if (err)
		return err;
	atomic_or(&hi->opened, want);
	hostfs_update(ino, &msg.attr);
	return 0;
}

static void hostfs_release(struct file *f)
{
	/* guests' mappings hold the file: this is after the last of them */
	if ((f->mode & FMODE_WRITE) && f->inode->mapping.mapped_rw)
		mapping_sync(&f->inode->mapping, 0, ~0ull);
}

static ssize_t hostfs_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	if (write_appends(f, it)) {
		int err = hostfs_refresh(f->inode); /* where the end is */

		if (err)
			return err;
	}
	return generic_mapping_write(f, it, pos);
}

int hostfs_fsync(struct file *f, int datasync)
{
	struct inode *ino = f->inode;
	int err = 0;

	if (ino->sb->flags & 1 /* MS_RDONLY */)
		return 0;
	if (S_ISREG(ino->mode))
		err = mapping_sync(&ino->mapping, 0, ~0ull);
	if (err)
		return err;
	return (int)hostfs_run(hostfs_req(HOSTFS_FSYNC,
					  hostfs_inode(ino)->handle,
					  (u64)datasync),
			       NULL, 0);
}

static int hostfs_mmap(struct file *f, struct mapping **m, int prot, int flags)
{
	if ((flags & MAP_TYPE) != MAP_PRIVATE && (f->mode & FMODE_WRITE))
		f->inode->mapping.mapped_rw = true;
	*m = &f->inode->mapping;
	return 0;
}

const struct file_ops hostfs_file_fops = {
	.open = hostfs_open,
	.release = hostfs_release,
	.read = generic_mapping_read,
	.write = hostfs_write,
	.llseek = generic_llseek,
	.fsync = hostfs_fsync,
	.mmap = hostfs_mmap,
};
