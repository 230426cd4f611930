// SPDX-License-Identifier: GPL-2.0
/*
 * mremap(2): shrink, grow in place, move, duplicate (old length 0 of a shared
 * mapping), leave the old place behind (MREMAP_DONTUNMAP).
 *
 * Memory that exists only in this address space (anonymous, private copies)
 * moves with its page tables, by host_mm_move(). The host refuses to move a
 * range that is several mappings to it, and what is one vma here can be several
 * there (open and closed parts of a file, memory with another fork history);
 * a refused range is halved until the pieces go through. Shared file mappings
 * are mapped anew at the new place instead.
 */
#include "internal.h"

struct mremap_req {
	struct mm *mm;
	u64 addr, old_len, new_len, new_addr;
	int flags;
	struct vma *reap;
};

/* Move a range, piece by piece if it must be. => bytes that were moved. */
static u64 mremap_host_move(struct mm *mm, u64 from, u64 to, u64 len)
{
	u64 half, done;

	if (!host_mm_move(mm, from, len, to, len))
		return len;
	if (len <= PAGE_SIZE)
		return 0;
	half = PAGE_UP(len / 2);
	done = mremap_host_move(mm, from, to, half);
	if (done == half)
		done += mremap_host_move(mm, from + half, to + half,
					 len - half);
	return done;
}

static int mremap_move_memory(struct mremap_req *r, struct vma *v,
			      struct vma *new, u64 new_addr)
{
	struct mm *mm = r->mm;
	u64 len = r->old_len, done;

	if (v->flags & VM_SHARED || !len)
		return vma_host_map(new, new->start, new->end, false);
	if (!v->mapping && r->new_len > len &&
	    !host_mm_move(mm, r->addr, len, new_addr, r->new_len))
		return 0;
	if (v->mapping && reach_copy(new, v))
		return -ENOMEM;
	done = mremap_host_move(mm, r->addr, new_addr, len);
	if (done == len && r->new_len > len &&
	    vma_host_map(new, new_addr + len, new->end, false))
		done = len - 1;
	if (done == len)
		return 0;
	if (done)
		(void)mremap_host_move(mm, new_addr, r->addr, PAGE_UP(done));
	return -ENOMEM;
}

/* => the new address or -errno. v covers addr. */
static long mremap_move(struct mremap_req *r, struct vma *v, u64 new_addr)
{
	struct mm *mm = r->mm;
	struct vma *new;

	if (mm->map_count + 3 > MM_MAX_MAP_COUNT)
		return -ENOMEM;
	if (mm_range_in_kernel(v->start, v->end) ||
	    mm_range_in_kernel(new_addr, new_addr + r->new_len))
		return -ENOMEM;
	if (v->flags & VM_HIDDEN)
		return -EFAULT;
	if (r->old_len && vma_isolate(mm, r->addr, r->addr + r->old_len, &v))
		return -ENOMEM;
	new = vma_alloc(mm, new_addr, new_addr + r->new_len, v->flags);
	if (!new)
		return -ENOMEM;
	if (v->mapping) {
		new->mapping = v->mapping;
		new->file = v->file;
		file_get(new->file);
		new->pgoff = vma_page_of(v, r->addr);
		vma_link_mapping(new);
	}
	if (mremap_move_memory(r, v, new, new_addr) ||
	    (new->flags &VM_EXEC &&vma_host_protect(new, new->start,
						    new->end))) {
		(void)mmh_unmap(mm, new->start, new->end);
		vma_unlink_mapping(new);
		new->left = r->reap;
		r->reap = new;
		return -ENOMEM;
	}
	if (r->flags & MREMAP_DONTUNMAP) {
		mm_account(mm, v->flags, -(s64)vma_pages(v));
		v->flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
		mm_account(mm, v->flags, (s64)vma_pages(v));
		(void)vma_host_map(v, v->start, v->end, false);
	} else if (r->old_len) {
		if (v->flags & VM_SHARED)
			(void)mmh_unmap(mm, v->start, v->end);
		mm_detach_range(mm, v->start, v->end, &r->reap);
	}
	vma_insert(mm, new);
	mm_account(mm, new->flags, (s64)vma_pages(new));
	vma_merge(mm, new, &r->reap);
	return (long)new_addr;
}

/* May the mapping at addr get that long? */
static int mremap_check(struct mremap_req *r, struct vma *v)
{
	u64 grow;

	if (v->flags & VM_SEALED)
		return -EPERM;
	if (!r->old_len && !(v->flags & VM_SHARED))
		return -EINVAL;
	if (r->old_len > v->end - r->addr)
		return -EFAULT;
	if (r->new_len <= r->old_len)
		return 0;
	if (v->mapping && (vma_page_of(v, r->addr) << PAGE_SHIFT) + r->new_len >
				  (u64)INT64_MAX)
		return -EINVAL;
	grow = (r->new_len - r->old_len) >> PAGE_SHIFT;
	return mm_may_expand(r->mm, v->flags, grow);
}

static bool mremap_grow_in_place(struct mremap_req *r, struct vma *v)
{
	struct mm *mm = r->mm;
	u64 old_end = v->end, end = r->addr + r->new_len;
	struct vma *next = vma_next(v);

	if (end > USER_MAX || end < old_end || mm_range_in_kernel(old_end, end))
		return false;
	if (next && (next->start < end || (next->flags & VM_GROWSDOWN &&
					   next->start - end < MM_STACK_GUARD)))
		return false;
	if (v->mapping && reach_own(v))
		return false;
	vma_resize(v, v->start, end);
	if (vma_host_map(v, old_end, end, false)) {
		(void)mmh_unmap(mm, old_end, end);
		vma_resize(v, v->start, old_end);
		return false;
	}
	mm_account(mm, v->flags, (s64)((end - old_end) >> PAGE_SHIFT));
	vma_merge(mm, v, &r->reap);
	return true;
}

/* MREMAP_FIXED, MREMAP_DONTUNMAP: the place is given, or any other. */
static long mremap_to(struct mremap_req *r)
{
	struct mm *mm = r->mm;
	u64 old_len = r->old_len;
	struct vma *v;
	long to;
	int err;

	/* nothing is unmapped for what cannot be done */
	v = vma_find(mm, r->addr);
	r->old_len = min(r->old_len, r->new_len);
	err = mremap_check(r, v);
	r->old_len = old_len;
	if (err)
		return err;
	if (r->flags & MREMAP_FIXED) {
		if (r->new_addr < USER_MIN)
			return -EPERM;
		if (mm_range_in_kernel(r->new_addr, r->new_addr + r->new_len))
			return -ENOMEM;
		err = mm_unmap_locked(mm, r->new_addr, r->new_addr + r->new_len,
				      &r->reap);
		if (err)
			return err;
	}
	if (r->old_len > r->new_len) {
		err = mm_unmap_locked(mm, r->addr + r->new_len,
				      r->addr + r->old_len, &r->reap);
		if (err)
			return err;
		r->old_len = r->new_len;
	}
	v = vma_find(mm, r->addr);
	if (!v || v->start > r->addr)
		return -EFAULT;
	err = mremap_check(r, v);
	if (err)
		return err;
	if (r->flags & MREMAP_DONTUNMAP &&
	    mm_may_expand(mm, v->flags & ~VM_LOCKED, r->new_len >> PAGE_SHIFT))
		return -ENOMEM;
	to = (long)r->new_addr;
	if (!(r->flags & MREMAP_FIXED))
		to = mm_find_place(mm, r->new_addr, r->new_len, 0, false);
	return to < 0 ? to : mremap_move(r, v, (u64)to);
}

static bool mremap_place_ok(const struct mremap_req *r)
{
	if (r->new_addr & ~PAGE_MASK || r->new_len > USER_MAX ||
	    r->new_addr > USER_MAX - r->new_len)
		return false;
	return r->addr + r->old_len <= r->new_addr ||
	       r->new_addr + r->new_len <= r->addr;
}

static long mremap_locked(struct mremap_req *r)
{
	struct mm *mm = r->mm;
	struct vma *v = vma_find(mm, r->addr);
	long to;
	int err;

	if (!v || v->start > r->addr)
		return -EFAULT;
	/* the trampolines would not be where the patched text looks */
	if (v->flags & VM_TEXT && vma_untext(v))
		return -ENOMEM;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(r);
	if (r->old_len >= r->new_len) {
		err = mm_unmap_locked(mm, r->addr + r->new_len,
				      r->addr + r->old_len, &r->reap);
		return err ? err : (long)r->addr;
	}
	err = mremap_check(r, v);
	if (err)
		return err;
	if (r->old_len == v->end - r->addr && mremap_grow_in_place(r, v))
		return (long)r->addr;
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	to = mm_find_place(mm, 0, r->new_len, 0,
			   !v->mapping && r->new_len >= MM_THP_SIZE);
	return to < 0 ? to : mremap_move(r, v, (u64)to);
}

long do_mremap(struct mm *mm, u64 addr, u64 old_len, u64 new_len, int flags,
	       u64 new_addr)
{
	struct mremap_req r = { .mm = mm,
				.addr = addr,
				.flags = flags,
				.old_len = PAGE_UP(old_len),
				.new_len = PAGE_UP(new_len),
				.new_addr = new_addr };
	bool locked;
	long ret;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) &&
	    !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (flags & MREMAP_DONTUNMAP && old_len != new_len)
		return -EINVAL;
	if (addr & ~PAGE_MASK || !r.new_len || addr > USER_MAX ||
	    r.old_len > USER_MAX - addr || r.new_len > USER_MAX)
		return -EINVAL;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !mremap_place_ok(&r))
		return -EINVAL;
	mutex_lock(&mm->lock);
	ret = mremap_locked(&r);
	locked = ret > 0 && vma_find(mm, (u64)ret)->flags & VM_LOCKED;
	mutex_unlock(&mm->lock);
	vma_reap(r.reap);
	if (locked && r.new_len > r.old_len)
		(void)mm_populate(mm, (u64)ret + r.old_len,
				  (u64)ret + r.new_len);
	return ret;
}
