// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an address space. mm_alloc() makes an empty one for exec, which
 * fills it with do_mmap() and mm_setup_stack(); mm_fork_locked() copies the
 * bookkeeping of one while the host copies the memory. `users` counts tasks:
 * the last one calls mm_release_vmas(); `refs` counts holders of the structure.
 *
 * Layout, as a Linux program expects it: program and heap where exec puts them,
 * the stack below USER_MAX, everything else downwards from mmap_base, which
 * leaves room for the stack to grow.
 *
 * The stack is one vma of the size of RLIMIT_STACK from the start: the host
 * gives it memory on demand, so that deep recursion never comes here. Only a
 * limit raised later makes it grow by faults (fault.c).
 *
 * Limits: RLIMIT_AS and RLIMIT_DATA count what is mapped, not what has memory,
 * following getrlimit(2); RLIMIT_MEMLOCK counts locked pages.
 */
#include <abi/capability.h>
#include <abi/elf.h>
#include <abi/personality.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "internal.h"

#define MM_GAP_MIN   (128ull << 20) /* kept free for the stack at least */
#define MM_GAP_MAX   (1ull << 40)
#define MM_RND_PAGES (1ull << 28)
#define MM_STACK_MAX (1ull << 30)

static u64 mm_random_pages(void)
{
	u64 r;

	if (current->personality & ADDR_NO_RANDOMIZE)
		return 0;
	host_random(&r, sizeof(r));
	return r % MM_RND_PAGES;
}

static void mm_set_mmap_base(struct mm *mm, u64 stack_top)
{
	u64 gap = rlimit(RLIMIT_STACK);

	gap = gap > MM_GAP_MAX ? MM_GAP_MAX : gap;
	gap = (gap < MM_GAP_MIN ? MM_GAP_MIN : gap) + MM_STACK_GUARD;
	mm->mmap_base =
		PAGE_DOWN(stack_top - gap) - (mm_random_pages() << PAGE_SHIFT);
}

struct mm *mm_alloc(void)
{
	struct mm *mm = kzalloc(sizeof(*mm));

	if (!mm)
		return NULL;
	mutex_init(&mm->lock);
	ref_init(&mm->users, 1);
	ref_init(&mm->refs, 1);
	mm->dumpable = 1;
	mm->core_filter = 0x33;
	mm_set_mmap_base(mm, USER_MAX);
	return mm;
}

void mm_put(struct mm *mm)
{
	if (!ref_put(&mm->refs))
		return;
	mm_release_vmas(mm);
	kfree(mm);
}

void mm_release_vmas(struct mm *mm)
{
	struct vma *v, *next, *reap = NULL;
	struct file *exe;

	if (!READ_ONCE(mm->root) && !READ_ONCE(mm->exe))
		return;
	mutex_lock(&mm->lock);
	/* Visited nodes' ->left is not looked at again: it makes the chain. */
	for (v = vma_first(mm); v; v = next) {
		next = vma_next(v);
		vma_unlink_mapping(v);
		v->left = reap;
		reap = v;
	}
	mm->root = NULL;
	mm->map_count = 0;
	mm->total_pages = mm->locked_pages = mm->data_pages = 0;
	mm->stack_pages = mm->exec_pages = 0;
	exe = mm->exe;
	mm->exe = NULL;
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	if (exe)
		file_drop_program(exe);
}

/* --- fork --- */

static int mm_fork_vma(struct mm *mm, const struct vma *old)
{
	struct vma *v = vma_alloc(mm, old->start, old->end,
				  old->flags & ~(VM_LOCKED | VM_LOCKONFAULT));

	if (!v)
		return -ENOMEM;
	v->pgoff = old->pgoff;
	v->file = old->file;
	if (v->file)
		file_get(v->file);
	v->mapping = old->mapping;
	if (v->mapping && reach_copy(v, old)) {
		vma_free(v);
		return -ENOMEM;
	}
	vma_insert(mm, v);
	vma_link_mapping(v);
	mm_account(mm, v->flags, (s64)vma_pages(v));
	return 0;
}

struct mm *mm_fork_locked(struct mm *old)
{
	struct mm *mm = kmalloc(sizeof(*mm));
	struct vma *v;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	memcpy(mm, old, sizeof(*mm));
	mutex_init(&mm->lock);
	ref_init(&mm->users, 1);
	ref_init(&mm->refs, 1);
	mm->root = NULL;
	mm->map_count = 0;
	mm->total_pages = mm->locked_pages = mm->data_pages = 0;
	mm->stack_pages = mm->exec_pages = 0;
	mm->def_flags = 0;
	mm->aio = NULL;
	mm->dead = false;
	mm->max_rss_kb = 0;
	mm->peak_pages = 0;
	if (mm->prctl & MM_PRCTL_MDWE_NO_INHERIT)
		mm->prctl &= ~(MM_PRCTL_MDWE | MM_PRCTL_MDWE_NO_INHERIT);
	memset(mm->host, 0, sizeof(mm->host));
	if (mm->exe)
		file_hold_program(mm->exe);
	vma_for_each (v, old) {
		/* The host was told by madvise, and does not copy it either. */
		if (v->flags & VM_DONTFORK)
			continue;
		if (mm_fork_vma(mm, v)) {
			mm->dead = true;
			mm_put(mm);
			return ERR_PTR(-ENOMEM);
		}
	}
	return mm;
}

/* --- Accounts and limits --- */

static bool mm_is_data(u32 flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

void mm_account(struct mm *mm, u32 flags, s64 pages)
{
	mm->total_pages += (u64)pages;
	mm->peak_pages = max(mm->peak_pages, mm->total_pages);
	if (flags & VM_LOCKED)
		mm->locked_pages += (u64)pages;
	if (flags & VM_GROWSDOWN)
		mm->stack_pages += (u64)pages;
	else if ((flags & (VM_EXEC | VM_WRITE)) == VM_EXEC)
		mm->exec_pages += (u64)pages;
	else if (mm_is_data(flags))
		mm->data_pages += (u64)pages;
}

static bool mm_over_limit(int res, u64 pages)
{
	return pages > rlimit(res) >> PAGE_SHIFT;
}

int mm_may_expand(struct mm *mm, u32 flags, u64 pages)
{
	if (mm_over_limit(RLIMIT_AS, mm->total_pages + pages))
		return -ENOMEM;
	if (mm_is_data(flags) &&
	    mm_over_limit(RLIMIT_DATA, mm->data_pages + pages))
		return -ENOMEM;
	if (flags & VM_LOCKED &&
	    mm_over_limit(RLIMIT_MEMLOCK, mm->locked_pages + pages) &&
	    !capable(CAP_IPC_LOCK))
		return -EAGAIN;
	return 0;
}

/* --- Stack and heap --- */

#define MM_STACK_FLAGS \
	(VM_READ | VM_WRITE | VM_MAYALL | VM_STACK | VM_GROWSDOWN)

int mm_setup_stack(struct mm *mm, u64 top, u64 size, bool exec)
{
	struct vma *v;
	int err;

	top = PAGE_DOWN(top);
	size = PAGE_UP(min(size, MM_STACK_MAX));
	mutex_lock(&mm->lock);
	mm_set_mmap_base(mm, top);
	err = -ENOMEM;
	v = vma_alloc(mm, top - size, top,
		      MM_STACK_FLAGS | (exec ? VM_EXEC : 0));
	if (!v)
		goto out;
	err = vma_any(mm, v->start, top)
		      ? -ENOMEM
		      : vma_host_map(v, v->start, top, false);
	if (err) {
		vma_free(v);
		goto out;
	}
	vma_insert(mm, v);
	mm_account(mm, v->flags, (s64)vma_pages(v));
out:
	mutex_unlock(&mm->lock);
	return err;
}

static int mm_brk_grow(struct mm *mm, u64 from, u64 to, struct vma **reap)
{
	u32 flags = VM_READ | VM_WRITE | VM_MAYALL | VM_HEAP | mm->def_flags;
	struct vma *next = vma_find(mm, from), *v;
	u64 limit;

	if (to > USER_MAX || mm_range_in_kernel(from, to))
		return -ENOMEM;
	if (next) {
		limit = next->start;
		if (next->flags & VM_GROWSDOWN)
			limit -= min(limit, MM_STACK_GUARD);
		if (limit < to)
			return -ENOMEM;
	}
	if (mm_may_expand(mm, flags, (to - from) >> PAGE_SHIFT))
		return -ENOMEM;
	if (mm->map_count > MM_MAX_MAP_COUNT)
		return -ENOMEM;
	v = vma_alloc(mm, from, to, flags);
	if (!v)
		return -ENOMEM;
	if (vma_host_map(v, from, to, false)) {
		vma_free(v);
		return -ENOMEM;
	}
	vma_insert(mm, v);
	mm_account(mm, flags, (s64)vma_pages(v));
	vma_merge(mm, v, reap);
	return 0;
}

u64 mm_brk(struct mm *mm, u64 brk)
{
	struct vma *reap = NULL;
	u64 from, to, ret;
	bool lock_in = false;

	mutex_lock(&mm->lock);
	from = PAGE_UP(mm->brk);
	to = PAGE_UP(brk);
	if (brk < mm->brk_start || to < brk)
		goto out;
	if (to > from) {
		u64 data = mm->data_end - mm->data_start;
		u64 lim = rlimit(RLIMIT_DATA);

		if (lim != RLIM_INFINITY && brk - mm->brk_start + data > lim)
			goto out;
		if (mm_brk_grow(mm, from, to, &reap))
			goto out;
		lock_in = mm->def_flags & VM_LOCKED;
	} else if (to < from && mm_unmap_locked(mm, to, from, &reap)) {
		goto out;
	}
	mm->brk = brk;
out:
	ret = mm->brk;
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	if (lock_in)
		(void)mm_populate(mm, from, to);
	return ret;
}

/* --- Other processes' memory --- */

/*
 * A debugger writes where the program itself may not, into a private copy of
 * one page: it is made writable for that moment. Who runs into it meanwhile
 * waits for mm->lock in his fault and tries again.
 */
static ssize_t mm_write_forced(struct mm *mm, u64 addr, const void *buf,
			       size_t n)
{
	u64 page = PAGE_DOWN(addr), end = page + PAGE_SIZE;
	ssize_t r = -EFAULT;
	struct vma *v;

	if (mm_fault(mm, addr, VM_READ))
		return -EFAULT;
	mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v && v->start <= addr && v->flags & VM_TEXT && !vma_untext(v)) {
		/* the file itself from now on, and once more */
		mutex_unlock(&mm->lock);
		return mm_write_forced(mm, addr, buf, n);
	}
	if (v && v->start <= addr && (v->flags & VM_READ) &&
	    !(v->flags & (VM_SHARED | VM_WRITE | VM_HIDDEN)) &&
	    (!v->mapping || reach_test(v, vma_page_of(v, page))) &&
	    !mmh_protect(mm, page, end, PROT_READ | PROT_WRITE)) {
		r = host_mm_write(mm, addr, buf, min(n, (size_t)(end - addr)),
				  true);
		if (mmh_protect(mm, page, end, vma_host_prot(v->flags)))
			pr_debug(DEBUG_MM, "mm: %lx stays writable\n",
				 (unsigned long)page);
	}
	mutex_unlock(&mm->lock);
	return r;
}

/*
 * Others see the file's own bytes where text is patched. => bytes, or 0: it is
 * not text up to addr + *n
 */
static ssize_t mm_read_text(struct mm *mm, u64 addr, void *buf, size_t *n)
{
	struct file *f = NULL;
	struct vma *v;
	loff_t off = 0;
	ssize_t r;

	mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	while (v && v->start < addr + *n && !(v->flags & VM_TEXT))
		v = vma_next(v);
	if (v && v->start > addr && v->start < addr + *n) {
		*n = v->start - addr;
	} else if (v && v->start <= addr && v->flags & VM_READ) {
		*n = min(*n, v->end - addr);
		off = (loff_t)((v->pgoff << PAGE_SHIFT) + (addr - v->start));
		f = v->file;
		file_get(f);
	}
	mutex_unlock(&mm->lock);
	if (!f)
		return 0;
	r = file_read_kernel(f, buf, *n, off);
	file_put(f);
	return max(r, 0l);
}

static ssize_t mm_remote(struct mm *mm, u64 addr, void *buf, size_t n,
			 u32 access, bool force)
{
	size_t done = 0;
	int tries = 0;

	while (done < n) {
		char *p = (char *)buf + done;
		size_t part = n - done;
		ssize_t r = 0;

		if (access == VM_WRITE)
			r = host_mm_write(mm, addr + done, p, part, force);
		else if (host_info.scans_text)
			r = mm_read_text(mm, addr + done, p, &part);
		if (!r && access != VM_WRITE)
			r = host_mm_read(mm, addr + done, p, part);

		if (r > 0) {
			done += (size_t)r;
			tries = 0;
			continue;
		}
		if (tries++ > 3)
			break;
		r = mm_fault(mm, addr + done, access);
		if (!r)
			continue;
		if (r != -EACCES || !force)
			break;
		r = mm_write_forced(mm, addr + done, p, n - done);
		if (r <= 0)
			break;
		done += (size_t)r;
		tries = 0;
	}
	return done || !n ? (ssize_t)done : -EFAULT;
}

/*
 * The vDSO stands at the same place for all, in the kernel's range; debuggers
 * read its symbols. => bytes, 0: addr is not in it
 */
static size_t mm_read_vdso(u64 addr, void *buf, size_t n)
{
	const struct elf64_ehdr *e = (const void *)host_info.vdso;
	u64 end;

	if (!e || addr < host_info.vdso)
		return 0;
	end = host_info.vdso + e->e_shoff + (u64)e->e_shnum * e->e_shentsize;
	if (addr >= end)
		return 0;
	n = min(n, (size_t)(end - addr));
	memcpy(buf, (const void *)addr, n);
	return n;
}

ssize_t mm_read_remote(struct mm *mm, u64 addr, void *buf, size_t n)
{
	size_t got;

	if (unlikely(mm_range_in_kernel(addr, addr + n))) {
		got = mm_read_vdso(addr, buf, n);
		return got ? (ssize_t)got : -EFAULT;
	}
	return mm_remote(mm, addr, buf, n, VM_READ, false);
}

ssize_t mm_write_remote(struct mm *mm, u64 addr, const void *buf, size_t n,
			bool force)
{
	return mm_remote(mm, addr, (void *)buf, n, VM_WRITE, force);
}
