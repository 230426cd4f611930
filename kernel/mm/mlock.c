// SPDX-License-Identifier: GPL-2.0
/*
 * mlock(2) and its family, and the two calls that ask about or flush what is
 * mapped: mincore(2), msync(2).
 *
 * Locked memory is counted against RLIMIT_MEMLOCK and brought in, as Linux
 * does; the host is not asked to lock anything, because its own limit is small
 * and private memory is swapped by the host or not at all.
 */
#include <abi/capability.h>
#include <kernel/uaccess.h>
#include "internal.h"

static bool mlock_allowed(void)
{
	return rlimit(RLIMIT_MEMLOCK) || capable(CAP_IPC_LOCK);
}

static bool mlock_over(u64 pages)
{
	return pages > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT &&
	       !capable(CAP_IPC_LOCK);
}

/* --- Bringing memory in --- */

static int mm_populate_vma(struct mm *mm, struct vma *v, u64 start, u64 end,
			   u32 access, u64 *fault)
{
	u64 from, to, run;

	*fault = 0;
	if (mm_range_in_kernel(start, end))
		return 0;
	if (!v->mapping)
		return mmh_advise(mm, start, end,
				  access == VM_WRITE ? MADV_POPULATE_WRITE
						     : MADV_POPULATE_READ);
	from = vma_page_of(v, start);
	to = vma_page_of(v, end);
	if (!reach_next(v, &from, &run, to) || from > vma_page_of(v, start)) {
		*fault = start;
		return 0;
	}
	if (access == VM_WRITE || v->flags & VM_SHARED)
		(void)mmh_advise(mm, start, vma_addr_of(v, run),
				 access == VM_WRITE ? MADV_POPULATE_WRITE
						    : MADV_POPULATE_READ);
	if (run < to)
		*fault = vma_addr_of(v, run);
	return 0;
}

/* access: VM_READ, VM_WRITE, or 0: as mlock would. */
int mm_populate_access(struct mm *mm, u64 start, u64 end, u32 access)
{
	u64 fault, to;
	u32 want;
	struct vma *v;
	int err = 0;

	while (!err && start < end) {
		mutex_lock(&mm->lock);
		v = vma_find(mm, start);
		if (!v || v->start > start) {
			mutex_unlock(&mm->lock);
			return -ENOMEM;
		}
		to = min(v->end, end);
		want = access;
		if (!want)
			want = (v->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE
				       ? VM_WRITE
				       : VM_READ;
		fault = 0;
		if (!(v->flags & VM_ACCESS))
			err = -EFAULT;
		else
			err = mm_populate_vma(mm, v, start, to, want, &fault);
		mutex_unlock(&mm->lock);
		if (!err && fault) {
			err = mm_fault(mm, fault, want);
			to = fault;
		}
		start = to;
	}
	return err == -ENXIO || err == -EACCES ? -EFAULT : err;
}

int mm_populate(struct mm *mm, u64 start, u64 end)
{
	return mm_populate_access(mm, start, end, 0);
}

/* --- mlock --- */

static int mlock_apply(struct mm *mm, u64 pos, u64 end, u32 set, u32 clear,
		       struct vma **reap)
{
	struct vma *v;
	int err;

	while (pos < end) {
		v = vma_find(mm, pos);
		if (!v || v->start > pos)
			return -ENOMEM;
		err = vma_change_flags(mm, &v, pos, end, set, clear, reap);
		if (err)
			return err;
		pos = v->end;
	}
	return 0;
}

static u64 mlock_already(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = vma_find(mm, start);
	u64 n = 0;

	for (; v && v->start < end; v = vma_next(v))
		if (v->flags & VM_LOCKED)
			n += (min(v->end, end) - max(v->start, start)) >>
			     PAGE_SHIFT;
	return n;
}

static int mlock_range(u64 *addr, u64 *len)
{
	*len = PAGE_UP(*len + (*addr & ~PAGE_MASK));
	*addr &= PAGE_MASK;
	return *addr + *len < *addr ? -EINVAL : 0;
}

int do_mlock(struct mm *mm, u64 addr, u64 len, u32 flags)
{
	struct vma *reap = NULL;
	u64 pages, end;
	int err;

	if (!mlock_allowed())
		return -EPERM;
	if (mlock_range(&addr, &len))
		return -EINVAL;
	end = addr + len;
	mutex_lock(&mm->lock);
	pages = mm->locked_pages + (len >> PAGE_SHIFT);
	if (mlock_over(pages))
		pages -= mlock_already(mm, addr, end);
	err = mlock_over(pages) ? -ENOMEM
				: mlock_apply(mm, addr, end, VM_LOCKED | flags,
					      VM_LOCKONFAULT & ~flags, &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	if (err || flags & VM_LOCKONFAULT)
		return err;
	err = mm_populate(mm, addr, end);
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

int do_munlock(struct mm *mm, u64 addr, u64 len)
{
	struct vma *reap = NULL;
	int err;

	if (mlock_range(&addr, &len))
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = mlock_apply(mm, addr, addr + len, 0, VM_LOCKED | VM_LOCKONFAULT,
			  &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	return err;
}

static void mlock_all(struct mm *mm, u32 set, u32 clear, struct vma **reap)
{
	struct vma *v;

	for (v = vma_first(mm); v; v = vma_next(v))
		(void)vma_change_flags(mm, &v, v->start, v->end, set, clear,
				       reap);
}

#define MLOCK_STACK 33 /* pages of the stack that are there at the start */

int do_mlockall(struct mm *mm, int flags)
{
	struct vma *v, *reap = NULL;
	u32 set = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);
	u64 pos = 0, end, pages;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) ||
	    flags == MCL_ONFAULT)
		return -EINVAL;
	if (!mlock_allowed())
		return -EPERM;
	mutex_lock(&mm->lock);
	/* the stack is mapped as far as it may grow; little of it counts */
	pages = mm->total_pages - (mm->stack_pages > MLOCK_STACK
					   ? mm->stack_pages - MLOCK_STACK
					   : 0);
	if (flags & MCL_CURRENT && mlock_over(pages)) {
		mutex_unlock(&mm->lock);
		return -ENOMEM;
	}
	mm->def_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (flags & MCL_FUTURE)
		mm->def_flags |= set;
	if (flags & MCL_CURRENT)
		mlock_all(mm, set, VM_LOCKONFAULT & ~set, &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	while ((flags & (MCL_CURRENT | MCL_ONFAULT)) == MCL_CURRENT) {
		mutex_lock(&mm->lock);
		v = vma_find(mm, pos);
		if (v) {
			pos = v->start;
			end = v->end;
		}
		mutex_unlock(&mm->lock);
		if (!v)
			break;
		(void)mm_populate(mm, pos, end);
		pos = end;
	}
	return 0;
}

int do_munlockall(struct mm *mm)
{
	struct vma *reap = NULL;

	mutex_lock(&mm->lock);
	mm->def_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	mlock_all(mm, 0, VM_LOCKED | VM_LOCKONFAULT, &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	return 0;
}

/* --- msync, mincore --- */

static int msync_vma(struct mm *mm, struct vma *v, u64 start, u64 end)
{
	struct file *f = v->file;
	struct mapping *m = v->mapping;
	u64 off = vma_page_of(v, start) << PAGE_SHIFT;
	int err;

	if (!m || !(v->flags & VM_SHARED) || !m->ops || !m->ops->write)
		return 0;
	file_get(f);
	mutex_unlock(&mm->lock);
	err = mapping_sync(m, off, end - start);
	file_put(f);
	mutex_lock(&mm->lock);
	return err;
}

int do_msync(struct mm *mm, u64 addr, u64 len, int flags)
{
	u64 end = addr + PAGE_UP(len), to;
	bool hole = false;
	struct vma *v;
	int err = 0;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    addr & ~PAGE_MASK || (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	if (end < addr)
		return -ENOMEM;
	if (end == addr)
		return 0;
	mutex_lock(&mm->lock);
	while (!err && addr < end) {
		v = vma_find(mm, addr);
		if (!v || v->start >= end) {
			hole = true;
			break;
		}
		if (v->start > addr) {
			hole = true;
			addr = v->start;
		}
		to = min(v->end, end);
		if (flags & MS_INVALIDATE && v->flags & VM_LOCKED)
			err = -EBUSY;
		else if (flags & MS_SYNC)
			err = msync_vma(mm, v, addr, to);
		addr = to;
	}
	mutex_unlock(&mm->lock);
	return err ? err : hole ? -ENOMEM : 0;
}

/* One stretch of at most sizeof(buf) pages; the lock is held. */
static int mincore_some(struct mm *mm, u64 addr, u64 pages, u8 *buf)
{
	struct vma *v = vma_find(mm, addr);
	u64 i, n;

	if (!v || v->start > addr)
		return -ENOMEM;
	n = min(pages, (v->end - addr) >> PAGE_SHIFT);
	if (mm_range_in_kernel(addr, addr + (n << PAGE_SHIFT)) ||
	    host_mm_resident(mm, addr, n << PAGE_SHIFT, buf))
		for (i = 0; i < n; i++)
			buf[i] = 0;
	for (i = 0; i < n; i++)
		buf[i] &= 1;
	return (int)n;
}

int do_mincore(struct mm *mm, u64 addr, u64 len, uaddr vec)
{
	u64 pages = PAGE_UP(len) >> PAGE_SHIFT;
	u8 buf[512];
	int n;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (len > USER_MAX || addr > USER_MAX - len)
		return -ENOMEM;
	if (!user_range_ok(vec, pages))
		return -EFAULT;
	while (pages) {
		mutex_lock(&mm->lock);
		n = mincore_some(mm, addr, min(pages, sizeof(buf)), buf);
		mutex_unlock(&mm->lock);
		if (n < 0)
			return n;
		if (copy_to_user(vec, buf, (size_t)n))
			return -EFAULT;
		addr += (u64)n << PAGE_SHIFT;
		vec = uadd(vec, n);
		pages -= (u64)n;
	}
	return 0;
}
