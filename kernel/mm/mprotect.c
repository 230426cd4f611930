// SPDX-License-Identifier: GPL-2.0
/*
 * mprotect(2) and mseal(2), and the common way to change the flags of a part
 * of the address space: cut the vma at the borders of the part, change, join
 * with neighbours that are now alike.
 *
 * Like Linux, mprotect works vma by vma and stops at the first error, leaving
 * the earlier ones changed. What the host is told is in vma_host_protect():
 * of a file vma only the pages that the guest can reach.
 */
#include "internal.h"

int vma_change_flags(struct mm *mm, struct vma **vp, u64 start, u64 end,
		     u32 set, u32 clear, struct vma **reap)
{
	struct vma *v = *vp, *u;
	u32 flags = (v->flags & ~clear) | set;

	if (flags == v->flags)
		return 0;
	start = max(start, v->start);
	end = min(end, v->end);
	if (mm->map_count + (v->start < start) + (v->end > end) >
	    MM_MAX_MAP_COUNT)
		return -ENOMEM;
	if (v->start < start) {
		u = vma_split(mm, v, start);
		if (!u)
			return -ENOMEM;
		v = u;
	}
	*vp = v;
	if (v->end > end && !vma_split(mm, v, end))
		return -ENOMEM;
	mm_account(mm, v->flags, -(s64)vma_pages(v));
	v->flags = flags;
	mm_account(mm, v->flags, (s64)vma_pages(v));
	*vp = vma_merge(mm, v, reap);
	return 0;
}

/* The part of one vma. => 0 or -errno; *v moves to what covers it. */
static int mprotect_vma(struct mm *mm, struct vma **v, u64 start, u64 end,
			u32 access, struct vma **reap)
{
	u32 old = (*v)->flags, flags = (old & ~VM_ACCESS) | access;
	int err;

	if (old & VM_HIDDEN)
		return -ENOMEM;
	if (old & VM_SEALED)
		return -EPERM;
	if (access & ~(old >> 4))
		return -EACCES;
	if (unlikely(mm->prctl & MM_PRCTL_MDWE) && access & VM_EXEC &&
	    (access & VM_WRITE || !(old & VM_EXEC)))
		return -EACCES;
	if (flags == old)
		return 0;
	start = max(start, (*v)->start);
	end = min(end, (*v)->end);
	if (access && mm_range_in_kernel(start, end))
		return -ENOMEM;
	if (access & VM_WRITE &&
	    !(old & (VM_WRITE | VM_SHARED | VM_GROWSDOWN))) {
		u64 pages = (end - start) >> PAGE_SHIFT;

		if (mm->data_pages + pages > rlimit(RLIMIT_DATA) >> PAGE_SHIFT)
			return -ENOMEM;
	}
	/*
	 * Split first, because the host must be told while v has its new flags
	 * and its old borders; merge when the host agrees.
	 */
	if ((*v)->start < start || (*v)->end > end) {
		err = vma_isolate(mm, start, end, v);
		if (err)
			return err;
	}
	if (unlikely(old & VM_TEXT && access & VM_WRITE)) {
		err = vma_untext(*v);
		if (err)
			return err;
		old &= ~VM_TEXT;
		flags &= ~VM_TEXT;
	}
	(*v)->flags = flags;
	err = vma_host_protect(*v, start, end);
	(*v)->flags = old & ((*v)->flags | ~VM_TEXT);
	if (err)
		return err;
	return vma_change_flags(mm, v, start, end, access, VM_ACCESS & ~access,
				reap);
}

static int mprotect_locked(struct mm *mm, u64 start, u64 end, int prot,
			   int grows, struct vma **reap)
{
	struct vma *v = vma_find(mm, start);
	int err;

	if (!v)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		if (v->start >= end)
			return -ENOMEM;
		if (!(v->flags & VM_GROWSDOWN))
			return -EINVAL;
		start = v->start;
	} else if (v->start > start) {
		return -ENOMEM;
	} else if (grows & PROT_GROWSUP) {
		return -EINVAL;
	}
	while (start < end) {
		if (!v || v->start > start)
			return -ENOMEM;
		err = mprotect_vma(mm, &v, start, end, (u32)prot & VM_ACCESS,
				   reap);
		if (err)
			return err;
		start = v->end;
		v = vma_next(v);
	}
	return 0;
}

int do_mprotect(struct mm *mm, u64 addr, u64 len, int prot)
{
	int grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP), err;
	struct vma *reap = NULL;
	u64 end;

	prot &= ~grows;
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || addr & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	end = addr + PAGE_UP(len);
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = mprotect_locked(mm, addr, end, prot, grows, &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	return err;
}

static bool mm_range_mapped(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = vma_find(mm, start);

	for (; v && v->start <= start; v = vma_next(v)) {
		start = v->end;
		if (start >= end)
			return true;
	}
	return false;
}

int do_mseal(struct mm *mm, u64 addr, u64 len)
{
	u64 end = addr + PAGE_UP(len), pos;
	struct vma *v, *reap = NULL;
	int err = 0;

	if (addr & ~PAGE_MASK || (len && !PAGE_UP(len)) || end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	mutex_lock(&mm->lock);
	if (!mm_range_mapped(mm, addr, end))
		err = -ENOMEM;
	for (pos = addr; !err && pos < end; pos = v->end) {
		v = vma_find(mm, pos);
		err = vma_change_flags(mm, &v, pos, end, VM_SEALED, 0, &reap);
	}
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	return err;
}
