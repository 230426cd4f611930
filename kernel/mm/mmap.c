// SPDX-License-Identifier: GPL-2.0
/*
 * mmap(2) and munmap(2).
 *
 * do_mmap() first does everything that may take long or needs other locks:
 * asks the file, gives its inode a window with room to grow, brings small files
 * and program text into memory. Then, under mm->lock: find the place, check
 * limits, let the host map it (which replaces what was there in one step), and
 * only then change the tree. A host that refuses leaves the range unmapped.
 *
 * The host is always told a fixed address: the choice is ours, top-down below
 * mmap_base as on Linux, never inside the kernel's range. Only PROT_NONE
 * reservations at a fixed address may cross that; they are bookkeeping.
 *
 * Vmas that go are taken out of their mapping's list after the host has let go
 * of the pages and before mm->lock is dropped; their files are put after.
 */
#include <abi/capability.h>
#include <abi/mount.h>
#include <kernel/shmem.h>
#include <kernel/text.h>
#include "internal.h"

#define MMAP_LEGACY_FLAGS                                                     \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT |   \
	 MAP_DENYWRITE | MAP_EXECUTABLE | MAP_UNINITIALIZED | MAP_GROWSDOWN | \
	 MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK |           \
	 MAP_STACK | MAP_HUGETLB | (21u << MAP_HUGE_SHIFT) |                  \
	 (30u << MAP_HUGE_SHIFT))
#define MMAP_32BIT_LO	 0x40000000ull
#define MMAP_32BIT_HI	 0x80000000ull
#define MMAP_TEXT_MAX	 (32ull << 20) /* of program text read in at once */

#define MMAP_WINDOW_ROOM (16ull << 20)

/* --- Places --- */

static bool mm_place_free(struct mm *mm, u64 addr, u64 len)
{
	struct vma *v;
	u64 end = addr + len;

	if (addr < USER_MIN || len > USER_MAX || addr > USER_MAX - len ||
	    mm_range_in_kernel(addr, end))
		return false;
	v = vma_find(mm, addr);
	if (!v)
		return true;
	return v->start >= end &&
	       (!(v->flags & VM_GROWSDOWN) || v->start - end >= MM_STACK_GUARD);
}

static u64 mm_gap_aligned(struct mm *mm, u64 len, u64 low, u64 high, u64 align)
{
	u64 slack = align - PAGE_SIZE, addr;

	addr = vma_find_gap(mm, len + slack, low, high);
	return addr ? ALIGN_DOWN(addr + slack, align) : 0;
}

long mm_find_place(struct mm *mm, u64 hint, u64 len, int flags, bool thp)
{
	u64 align = thp ? MM_THP_SIZE : PAGE_SIZE, addr;
	const u64 range[][2] = {
		{ KERNEL_RANGE_HI, mm->mmap_base },
		{ USER_MIN, KERNEL_RANGE_LO },
		{ mm->mmap_base, USER_MAX },
	};
	size_t i;

	if (len > USER_MAX)
		return -ENOMEM;
	if (hint) {
		hint = max(PAGE_DOWN(hint), USER_MIN);
		if (mm_place_free(mm, hint, len))
			return (long)hint;
	}
	if (flags & MAP_32BIT) {
		addr = vma_find_gap(mm, len, MMAP_32BIT_LO, MMAP_32BIT_HI);
		return addr ? (long)addr : -ENOMEM;
	}
	for (;; align = PAGE_SIZE) {
		for (i = 0; i < ARRAY_SIZE(range); i++) {
			addr = mm_gap_aligned(mm, len, range[i][0], range[i][1],
					      align);
			if (addr)
				return (long)addr;
		}
		if (align == PAGE_SIZE)
			return -ENOMEM;
	}
}

static int mmap_check_fixed(u64 addr, u64 len, int prot, bool anon)
{
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (len > USER_MAX || addr > USER_MAX - len)
		return -ENOMEM;
	if (addr < USER_MIN)
		return -EPERM;
	if (mm_range_in_kernel(addr, addr + len) &&
	    (!anon || prot & (PROT_READ | PROT_WRITE | PROT_EXEC)))
		return -ENOMEM;
	return 0;
}

/* --- What is asked for --- */

struct mmap_req {
	u64 addr, len, off;
	int prot, flags;
	u32 vm_flags;
	struct file *file;	 /* reference */
	struct mapping *m;	 /* NULL: anonymous */
	struct text_image *text; /* the patched view, if there is one */
};

static int mmap_check_anon(struct mmap_req *r)
{
	int type = r->flags & MAP_TYPE;

	/* nobody takes droppable memory away here */
	if (type == MAP_PRIVATE ||
	    (type == MAP_DROPPABLE && !(r->flags & (MAP_LOCKED | MAP_HUGETLB))))
		return 0;
	if (type != MAP_SHARED || r->flags & MAP_GROWSDOWN)
		return -EINVAL;
	r->vm_flags |= VM_SHARED;
	r->off = 0;
	r->file = shmem_file_create("dev/zero", r->len, 0);
	if (IS_ERR(r->file))
		return (int)PTR_ERR(r->file);
	r->m = &r->file->inode->mapping;
	return 0;
}

static int mmap_check_access(struct mmap_req *r)
{
	struct file *f = r->file;
	long seals;

	switch (r->flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if ((u32)r->flags & ~MMAP_LEGACY_FLAGS)
			return -EOPNOTSUPP;
		__attribute__((fallthrough));
	case MAP_SHARED:
		if (r->prot & PROT_WRITE && !(f->mode & FMODE_WRITE))
			return -EACCES;
		r->vm_flags |= VM_SHARED;
		seals = shmem_get_seals(f);
		if (!(f->mode & FMODE_WRITE) ||
		    (seals > 0 && seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
			r->vm_flags &= ~VM_MAYWRITE;
		__attribute__((fallthrough));
	case MAP_PRIVATE:
		if (!(f->mode & FMODE_READ))
			return -EACCES;
		break;
	default:
		return -EINVAL;
	}
	if (f->path.mnt && f->path.mnt->flags & MS_NOEXEC) {
		if (r->prot & PROT_EXEC)
			return -EPERM;
		r->vm_flags &= ~VM_MAYEXEC;
	}
	if (r->flags & (MAP_GROWSDOWN | MAP_HUGETLB))
		return -EINVAL;
	return 0;
}

static int mmap_check_file(struct mmap_req *r)
{
	struct file *f = r->file;
	int err = mmap_check_access(r);

	if (err)
		return err;
	if ((s64)r->off < 0 || r->off + r->len > (u64)INT64_MAX)
		return -EOVERFLOW;
	if (f->ops && f->ops->mmap) {
		if ((f->inode->mode & S_IFMT) == S_IFREG)
			r->m = &f->inode->mapping;
		err = f->ops->mmap(f, &r->m, r->prot, r->flags);
	} else if ((f->inode->mode & S_IFMT) == S_IFREG) {
		r->m = &f->inode->mapping;
	} else {
		err = -ENODEV;
		/* a socket refuses after the old mapping has gone */
		if (S_ISSOCK(f->inode->mode) && (r->flags & MAP_FIXED))
			(void)do_munmap(current->mm, r->addr, r->len);
	}
	if (err)
		return err;
	if (!r->m) { /* /dev/zero */
		if ((r->flags & MAP_TYPE) == MAP_PRIVATE)
			return 0; /* anonymous memory with a name */
		file_put(f);
		r->file = NULL;
		return mmap_check_anon(r);
	}
	return 0;
}

/* Bring in what is better read now than fault by fault. */
static void mmap_read_ahead(struct mmap_req *r)
{
	struct mapping *m = r->m;
	u64 size;

	if (!m->ops || !m->ops->read || !m->inode)
		return;
	size = READ_ONCE(m->inode->size);
	if (size <= MM_POPULATE_SMALL)
		(void)mapping_populate(m, 0, size);
	else if (r->flags & MAP_POPULATE)
		(void)mapping_populate(m, r->off, r->len);
	else if (r->prot & PROT_EXEC)
		(void)mapping_populate(m, r->off, min(r->len, MMAP_TEXT_MAX));
}

/*
 * The window cannot move while it is mapped, so it must hold the whole file,
 * and more where the file can grow.
 */
static int mmap_reserve_window(struct mmap_req *r)
{
	struct inode *ino = r->m->inode;
	u64 size = ino ? READ_ONCE(ino->size) : 0;
	u64 want = max(r->off + r->len, size);
	int err;

	if (ino && ino->sb && !(ino->sb->flags & MS_RDONLY))
		want = max(want + size, MMAP_WINDOW_ROOM);
	err = mapping_prepare_mmap(r->m, want);
	if (err == -EFBIG || err == -ENOSPC)
		err = mapping_prepare_mmap(r->m, size);
	if (err == -EFBIG) /* the rest is out of reach: SIGBUS */
		err = mapping_prepare_mmap(r->m, r->off + r->len);
	return err;
}

/* Program text has a second view, with its system calls patched. */
static void mmap_find_text(const struct mm *mm, struct mmap_req *r)
{
	if (!(r->prot & PROT_EXEC) || r->prot & PROT_WRITE || !r->m ||
	    r->vm_flags & VM_SHARED || !r->m->inode ||
	    r->m != &r->file->inode->mapping || mm->text_as_is)
		return;
	r->text = text_image_get(r->file, r->off);
	if (r->text)
		text_image_prepare(r->text, r->off, r->len);
}

static int mmap_prepare(const struct mm *mm, struct mmap_req *r)
{
	int err;

	if (r->prot & PROT_READ)
		r->vm_flags |= VM_READ;
	if (r->prot & PROT_WRITE)
		r->vm_flags |= VM_WRITE;
	if (r->prot & PROT_EXEC)
		r->vm_flags |= VM_EXEC;
	r->vm_flags |= VM_MAYALL;
	if (r->flags & MAP_GROWSDOWN)
		r->vm_flags |= VM_GROWSDOWN;
	if (r->flags & MAP_NORESERVE)
		r->vm_flags |= VM_NORESERVE;
	if (r->flags & MAP_LOCKED) {
		if (!rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
			return -EPERM;
		r->vm_flags |= VM_LOCKED;
	}
	if (!r->file && r->flags & MAP_HUGETLB && (u32)r->flags >> 26 &&
	    (u32)r->flags >> 26 != 21 && (u32)r->flags >> 26 != 30)
		return -EINVAL; /* a size that no page has */
	if (!r->file && r->flags & MAP_HUGETLB)
		return -ENOMEM; /* no huge pages are reserved */
	err = r->file ? mmap_check_file(r) : mmap_check_anon(r);
	if (err || !r->m)
		return err;
	err = mmap_reserve_window(r);
	if (!err) {
		mmap_find_text(mm, r);
		if (!r->text)
			mmap_read_ahead(r);
	}
	return err == -ENOSPC ? -ENOMEM : err;
}

/* --- Doing it --- */

static u64 mm_pages_in(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = vma_find(mm, start);
	u64 n = 0;

	for (; v && v->start < end; v = vma_next(v))
		n += (min(v->end, end) - max(v->start, start)) >> PAGE_SHIFT;
	return n;
}

static bool mmap_overcommits(const struct mmap_req *r)
{
	u64 total;

	if ((r->vm_flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) != VM_WRITE ||
	    r->len < (64ull << 20))
		return false;
	total = mm_total_kb();
	return total && r->len >> 10 > total;
}

static long mmap_choose(struct mm *mm, struct mmap_req *r)
{
	bool thp = !r->m && r->len >= MM_THP_SIZE && !(r->len % MM_THP_SIZE);
	u64 have = 0;
	long addr;
	int err;

	if (mm->map_count > MM_MAX_MAP_COUNT)
		return -ENOMEM;
	if (r->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		addr = mmap_check_fixed(r->addr, r->len, r->prot, !r->m);
		if (addr)
			return addr;
		if (r->flags & MAP_FIXED_NOREPLACE &&
		    vma_any(mm, r->addr, r->addr + r->len))
			return -EEXIST;
		if (mm_range_sealed(mm, r->addr, r->addr + r->len))
			return -EPERM;
		have = mm_pages_in(mm, r->addr, r->addr + r->len);
		addr = (long)r->addr;
	} else {
		addr = mm_find_place(mm, r->addr, r->len, r->flags, thp);
		if (addr < 0)
			return addr;
	}
	r->vm_flags |= mm->def_flags;
	err = mm_may_expand(mm, r->vm_flags, (r->len >> PAGE_SHIFT) - have);
	return err ? err : addr;
}

/*
 * Trampolines stand directly below the address of the file's first byte. => can
 * the patched view be mapped at addr?
 */
static bool mmap_trampolines(struct mm *mm, const struct mmap_req *r, u64 addr)
{
	struct mapping *m = text_image_trampolines(r->text);
	u64 end = addr - r->off, start = end - HOST_TEXT_TRAMP;
	struct vma *v;

	if (addr < r->off + HOST_TEXT_TRAMP + USER_MIN ||
	    mm_range_in_kernel(start, end))
		return false;
	v = vma_find(mm, start);
	if (v && v->start == start && v->mapping == m)
		return true;
	if (v && v->start < end)
		return false;
	v = vma_alloc(mm, start, end,
		      VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC | VM_HIDDEN);
	if (!v)
		return false;
	v->mapping = m;
	v->file = r->file;
	file_get(v->file);
	vma_link_mapping(v);
	if (vma_host_map(v, start, end, false)) {
		(void)mmh_unmap(mm, start, end);
		vma_unlink_mapping(v);
		vma_free(v); /* not the file's last reference */
		return false;
	}
	vma_insert(mm, v);
	mm_account(mm, v->flags, (s64)vma_pages(v));
	return !mm->gs_used || !text_gate_slow(v);
}

static long mmap_locked(struct mm *mm, struct mmap_req *r, struct vma **reap)
{
	long addr = mmap_choose(mm, r);
	struct vma *v, *first;
	u64 end;

	if (addr < 0)
		return addr;
	end = (u64)addr + r->len;
	if (r->text && mmap_trampolines(mm, r, (u64)addr)) {
		r->m = text_image_mapping(r->text);
		r->vm_flags |= VM_TEXT;
	}
	v = vma_alloc(mm, (u64)addr, end, r->vm_flags);
	if (!v)
		return -ENOMEM;
	if (r->m) {
		v->mapping = r->m;
		v->file = r->file;
		file_get(v->file);
		v->pgoff = r->off >> PAGE_SHIFT;
		vma_link_mapping(v);
	} else if (r->file) {
		v->file = r->file;
		file_get(v->file);
	}
	if (vma_isolate(mm, (u64)addr, end, &first))
		goto fail;
	if (vma_host_map(v, (u64)addr, end,
			 r->flags & (MAP_POPULATE | MAP_LOCKED) &&
				 !(r->flags & MAP_NONBLOCK))) {
		(void)mmh_unmap(mm, (u64)addr, end);
		mm_detach_range(mm, (u64)addr, end, reap);
		goto fail;
	}
	mm_detach_range(mm, (u64)addr, end, reap);
	vma_insert(mm, v);
	mm_account(mm, v->flags, (s64)vma_pages(v));
	vma_merge(mm, v, reap);
	return addr;
fail:
	vma_unlink_mapping(v);
	v->left = *reap;
	*reap = v;
	return -ENOMEM;
}

/* A place that was asked for is looked at before the file is. */
static long mmap_check_place(struct mm *mm, const struct mmap_req *r)
{
	long err;

	if (!(r->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		return 0;
	err = mmap_check_fixed(r->addr, r->len, r->prot, !r->file);
	if (err || !(r->flags & MAP_FIXED_NOREPLACE))
		return err;
	mutex_lock(&mm->lock);
	if (vma_any(mm, r->addr, r->addr + r->len))
		err = -EEXIST;
	mutex_unlock(&mm->lock);
	return err;
}

long do_mmap(struct mm *mm, u64 addr, u64 len, int prot, int flags,
	     struct file *file, u64 off)
{
	struct mmap_req r = { .addr = addr,
			      .len = PAGE_UP(len),
			      .off = off,
			      .prot = prot,
			      .flags = flags,
			      .file = file };
	struct vma *reap = NULL;
	long ret;

	if (!len)
		return -EINVAL;
	if (!r.len || r.len > USER_MAX)
		return -ENOMEM;
	if (off + r.len < off)
		return -EOVERFLOW;
	ret = mmap_check_place(mm, &r);
	if (ret)
		return ret;
	if (file)
		file_get(file);
	ret = mmap_prepare(mm, &r);
	if (!ret && mmap_overcommits(&r))
		ret = -ENOMEM;
	if (!ret && unlikely(mm->prctl & MM_PRCTL_MDWE) &&
	    (prot & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC))
		ret = -EACCES;
	if (!ret) {
		mutex_lock(&mm->lock);
		ret = mmap_locked(mm, &r, &reap);
		mutex_unlock(&mm->lock);
		vma_reap(reap);
		if (ret > 0 && r.vm_flags & VM_LOCKED)
			(void)mm_populate(mm, (u64)ret, (u64)ret + r.len);
	}
	if (r.file && !IS_ERR(r.file))
		file_put(r.file);
	return ret;
}

/* --- munmap --- */

void mm_detach_range(struct mm *mm, u64 start, u64 end, struct vma **reap)
{
	struct vma *v = vma_find(mm, start), *next;

	for (; v && v->start < end; v = next) {
		next = vma_next(v);
		mm_account(mm, v->flags, -(s64)vma_pages(v));
		vma_remove(mm, v);
		vma_unlink_mapping(v);
		v->left = *reap;
		*reap = v;
	}
}

bool mm_range_sealed(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = vma_find(mm, start);

	for (; v && v->start < end; v = vma_next(v))
		if (v->flags & VM_SEALED)
			return true;
	return false;
}

int mm_unmap_locked(struct mm *mm, u64 start, u64 end, struct vma **reap)
{
	struct vma *v, *w;
	u64 last;
	int err;

	v = vma_find(mm, start);
	if (start >= end || !v || v->start >= end)
		return 0;
	if (mm_range_sealed(mm, start, end))
		return -EPERM;
	err = vma_isolate(mm, start, end, &v);
	if (err)
		return err;
	/* Only what we have mapped: the host has things of its own below. */
	last = v->end;
	for (w = v; w && w->start < end; w = vma_next(w))
		last = w->end;
	err = mmh_unmap(mm, v->start, last);
	if (err)
		return err;
	mm_detach_range(mm, start, end, reap);
	return 0;
}

int do_munmap(struct mm *mm, u64 addr, u64 len)
{
	struct vma *reap = NULL;
	int err;

	if (addr & ~PAGE_MASK || addr > USER_MAX || len > USER_MAX - addr)
		return -EINVAL;
	len = PAGE_UP(len);
	if (!len)
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = mm_unmap_locked(mm, addr, addr + len, &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	return err;
}

/* --- remap_file_pages --- */

/*
 * Nonlinear mappings are gone from Linux as well: it maps the pages anew, which
 * costs a vma for each call.
 */
long do_remap_file_pages(struct mm *mm, u64 start, u64 size, u64 pgoff,
			 int flags)
{
	struct file *f = NULL;
	struct vma *v, *w;
	long ret = -EINVAL;
	u64 end;
	int prot = 0;

	start &= PAGE_MASK;
	size &= PAGE_MASK;
	end = start + size;
	if (end <= start || pgoff + (size >> PAGE_SHIFT) < pgoff ||
	    pgoff >> (63 - PAGE_SHIFT))
		return -EINVAL;
	mutex_lock(&mm->lock);
	v = vma_find(mm, start);
	if (!v || v->start > start || !(v->flags & VM_SHARED) || !v->file)
		goto out;
	for (w = v; w->end < end; w = vma_next(w)) {
		struct vma *n = vma_next(w);

		if (!n || n->start != w->end || n->file != v->file ||
		    n->flags != v->flags)
			goto out;
	}
	prot = (int)(v->flags & VM_ACCESS);
	flags = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED | MAP_POPULATE;
	if (v->flags & VM_LOCKED)
		flags |= MAP_LOCKED;
	f = v->file;
	file_get(f);
	ret = 0;
out:
	mutex_unlock(&mm->lock);
	if (ret)
		return ret;
	ret = do_mmap(mm, start, size, prot, flags, f, pgoff << PAGE_SHIFT);
	file_put(f);
	return ret < 0 ? ret : 0;
}
