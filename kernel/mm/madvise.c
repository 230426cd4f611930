// SPDX-License-Identifier: GPL-2.0
/*
 * madvise(2). Three sorts of advice: what only marks the vma (fork, dump
 * behaviour), what the host does with the memory (DONTNEED, FREE, huge pages),
 * and what needs the file (WILLNEED, REMOVE, POPULATE_*), for which the lock is
 * dropped while the file works.
 *
 * Fork behaviour is marked here and told to the host as well, because it is the
 * host that copies the memory. Advice that only asks for speed (COLD, PAGEOUT,
 * RANDOM, MERGEABLE …) is accepted as Linux accepts it.
 *
 * Like Linux, a hole in the range does not stop the work: the rest is done and
 * the result is ENOMEM.
 */
#include <abi/fcntl.h>
#include "internal.h"

/* => 0 or -errno; the lock is held. */
static int madvise_flags(struct mm *mm, struct vma **v, u64 start, u64 end,
			 int advice, struct vma **reap)
{
	u32 set = 0, clear = 0;
	bool host = true;

	switch (advice) {
	case MADV_DONTFORK:
		set = VM_DONTFORK;
		break;
	case MADV_DOFORK:
		clear = VM_DONTFORK;
		break;
	case MADV_WIPEONFORK:
		if ((*v)->mapping || (*v)->flags & VM_SHARED)
			return -EINVAL;
		set = VM_WIPEONFORK;
		break;
	case MADV_KEEPONFORK:
		clear = VM_WIPEONFORK;
		break;
	case MADV_DONTDUMP:
		set = VM_DONTDUMP;
		host = false;
		break;
	default: /* MADV_DODUMP */
		clear = VM_DONTDUMP;
		host = false;
		break;
	}
	if (host && (((*v)->flags & ~clear) | set) != (*v)->flags &&
	    mmh_advise(mm, start, end, advice))
		return -ENOMEM;
	return vma_change_flags(mm, v, start, end, set, clear, reap);
}

static int madvise_drop(struct mm *mm, struct vma *v, u64 start, u64 end,
			int advice)
{
	if (v->flags & VM_LOCKED && advice != MADV_DONTNEED_LOCKED)
		return -EINVAL;
	if (advice == MADV_FREE && (v->mapping || v->flags & VM_SHARED))
		return -EINVAL;
	/* Sealed read-only memory keeps its contents: mseal(2). */
	if (v->flags & VM_SEALED && !v->mapping && !(v->flags & VM_WRITE))
		return -EPERM;
	/* Of shared memory only page-table entries would go. */
	if (v->flags & VM_SHARED)
		return 0;
	/* what comes back from the file was not scanned */
	if (v->mapping && v->flags & VM_EXEC && vma_is_scanned(v->flags) &&
	    vma_host_protect(v, start, end))
		return -ENOMEM;
	return mmh_advise(mm, start, end,
			  advice == MADV_FREE ? MADV_FREE : MADV_DONTNEED);
}

/*
 * Work on the file: drops mm->lock and takes it again; v is not to be used
 * after.
 */
static int madvise_file(struct mm *mm, struct vma *v, u64 start, u64 end,
			int advice)
{
	struct file *f = v->file;
	u64 off = vma_page_of(v, start) << PAGE_SHIFT;
	int err = 0;

	if (advice == MADV_REMOVE) {
		if (v->flags & VM_LOCKED || !v->mapping)
			return -EINVAL;
		if ((v->flags & (VM_SHARED | VM_MAYWRITE)) !=
		    (VM_SHARED | VM_MAYWRITE))
			return -EACCES;
		if (!f->ops || !f->ops->fallocate)
			return -EOPNOTSUPP;
	} else if (!v->mapping || !v->mapping->ops || !v->mapping->ops->read) {
		return 0;
	}
	file_get(f);
	mutex_unlock(&mm->lock);
	if (advice == MADV_REMOVE)
		err = f->ops->fallocate(
			f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(loff_t)off, (loff_t)(end - start));
	else
		(void)mapping_populate(&f->inode->mapping, off,
				       min(end - start, 4ull << 20));
	file_put(f);
	mutex_lock(&mm->lock);
	return err;
}

static int madvise_vma(struct mm *mm, struct vma **v, u64 start, u64 end,
		       int advice, struct vma **reap)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
		return madvise_drop(mm, *v, start, end, advice);
	case MADV_WILLNEED:
	case MADV_REMOVE:
		return madvise_file(mm, *v, start, end, advice);
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
		return madvise_flags(mm, v, start, end, advice, reap);
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
		(void)mmh_advise(mm, start, end, advice);
		return 0;
	default:
		return 0;
	}
}

static bool madvise_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
	case MADV_DONTNEED_LOCKED:
		return true;
	}
	return false;
}

static int madvise_walk(struct mm *mm, u64 pos, u64 end, int advice,
			struct vma **reap)
{
	bool hole = false;
	struct vma *v;
	int err;
	u64 to;

	while (pos < end) {
		v = vma_find(mm, pos);
		if (!v || v->start >= end)
			return -ENOMEM;
		if (v->start > pos) {
			hole = true;
			pos = v->start;
		}
		to = min(v->end, end);
		err = madvise_vma(mm, &v, pos, to, advice, reap);
		if (err)
			return err;
		pos = to;
	}
	return hole ? -ENOMEM : 0;
}

static int madvise_populate(struct mm *mm, u64 start, u64 end, u32 access)
{
	struct vma *v;
	u64 pos = start;
	int err = 0;

	mutex_lock(&mm->lock);
	while (!err && pos < end) {
		v = vma_find(mm, pos);
		if (!v || v->start > pos)
			err = -ENOMEM;
		else if (!(v->flags & access))
			err = -EINVAL;
		else
			pos = v->end;
	}
	mutex_unlock(&mm->lock);
	return err ? err : mm_populate_access(mm, start, end, access);
}

long do_madvise(struct mm *mm, u64 addr, u64 len, int advice)
{
	struct vma *reap = NULL;
	u64 end = addr + PAGE_UP(len);
	int err;

	if (!madvise_known(advice) || addr & ~PAGE_MASK ||
	    (len && !PAGE_UP(len)) || end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	if (advice == MADV_POPULATE_READ)
		return madvise_populate(mm, addr, end, VM_READ);
	if (advice == MADV_POPULATE_WRITE)
		return madvise_populate(mm, addr, end, VM_WRITE);
	mutex_lock(&mm->lock);
	err = madvise_walk(mm, addr, end, advice, &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	return err;
}
