/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of kernel/mm share. Unless said otherwise the caller holds
 * mm->lock.
 *
 *	vma.c	   the tree of vmas: insert, remove, split, merge, gap search
 *	reach.c	   which pages of a file vma the guest can reach
 *	hostmap.c  host_mm_*() around the kernel range; file vmas onto windows
 *	mm.c	   life of an mm: exec, fork, stack, brk, exit
 *	mmap.c	   do_mmap, do_munmap
 *	mprotect.c do_mprotect, mseal
 *	mremap.c   do_mremap
 *	madvise.c  do_madvise
 *	mlock.c	   mlock and friends, msync, mincore
 *	fault.c	   mm_fault, kern_fault, mm_unmap_mapping_range
 *	text.c	   text images: programs' text, patched
 *	execmem.c  other executable memory: scanned when it is run into
 *	uaccess.c  copies between kernel and current's user memory
 *	oom.c	   memory statistics and the OOM killer
 */
#ifndef KERNEL_MM_INTERNAL_H
#define KERNEL_MM_INTERNAL_H

#include <abi/errno.h>
#include <kernel/mm.h>
#include <kernel/pool.h>
#include <kernel/slab.h>
#include <kernel/task.h>
#include <kernel/text.h>
#include <kernel/types.h>
#include <kernel/vfs.h>

#define MM_MAX_MAP_COUNT   65530u
#define MM_STACK_GUARD	   (256 * PAGE_SIZE) /* below a growing stack */
#define MM_THP_SIZE	   (2ull << 20)
#define MM_POPULATE_SMALL  (1ull << 20) /* files up to this: at mmap */
#define MM_FAULT_CHUNK	   (128ull << 10)
#define MM_FAULT_CHUNK_SEQ (512ull << 10)

#define VM_ACCESS	   (VM_READ | VM_WRITE | VM_EXEC)
#define VM_MAYALL	   (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)

static inline u64 vma_pages(const struct vma *v)
{
	return (v->end - v->start) >> PAGE_SHIFT;
}
static inline u64 vma_page_of(const struct vma *v, u64 addr)
{
	return v->pgoff + ((addr - v->start) >> PAGE_SHIFT);
}
static inline u64 vma_addr_of(const struct vma *v, u64 page)
{
	return v->start + ((page - v->pgoff) << PAGE_SHIFT);
}
static inline u64 vma_page_end(const struct vma *v)
{
	return v->pgoff + vma_pages(v);
}
static inline bool vma_is_anon(const struct vma *v)
{
	return !v->mapping;
}
/* Executable only after a look at each page? */
static inline bool vma_is_scanned(u32 flags)
{
	return host_info.scans_text && !(flags & (VM_TEXT | VM_HIDDEN));
}
/* Does it let the guest write to the file's pages? */
static inline bool vma_writes_file(const struct vma *v)
{
	return (v->flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE);
}
/* What the host is asked for: x86 cannot write or execute without reading. */
static inline int vma_host_prot(u32 flags)
{
	int prot = flags & VM_ACCESS;

	if (prot & VM_EXEC && vma_is_scanned(flags))
		prot = (prot & ~VM_EXEC) | PROT_READ; /* execmem.c */
	return prot & (VM_WRITE | VM_EXEC) ? prot | PROT_READ : prot;
}
static inline bool mm_range_in_kernel(u64 start, u64 end)
{
	return start < KERNEL_RANGE_HI && end > KERNEL_RANGE_LO;
}

/* --- vma.c --- */

/* Not in the tree yet. NULL when out of memory. */
struct vma *vma_alloc(struct mm *mm, u64 start, u64 end, u32 flags);
/* Frees one that is in no tree; drops its file: not under mm->lock. */
void vma_free(struct vma *v);
void vma_insert(struct mm *mm, struct vma *v);
void vma_remove(struct mm *mm, struct vma *v);
struct vma *vma_prev(struct vma *v);
/* New bounds, still between its neighbours; pgoff follows start. */
void vma_resize(struct vma *v, u64 start, u64 end);
/* => the upper half, or NULL when out of memory. */
struct vma *vma_split(struct mm *mm, struct vma *v, u64 addr);
/*
 * One vma with its neighbours if they are alike. => the vma that now covers
 * v's range. What became superfluous is chained on *reap.
 */
struct vma *vma_merge(struct mm *mm, struct vma *v, struct vma **reap);
/* Free a chain (by ->left) of vmas; without mm->lock. */
void vma_reap(struct vma *chain);
/*
 * Split so that [start, end) begins and ends at vma borders.
 * => the first vma of the range or the first after it in *first; 0 or -ENOMEM.
 */
int vma_isolate(struct mm *mm, u64 start, u64 end, struct vma **first);
/* Highest free place for len bytes in [low, high); 0 = none. */
u64 vma_find_gap(struct mm *mm, u64 len, u64 low, u64 high);
/* Does anything lie in [start, end)? */
static inline bool vma_any(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = vma_find(mm, start);

	return v && v->start < end;
}

/* --- reach.c: by file page --- */

/* Bits for the pages of a vma, shared by the halves of a split one. */
struct vma_pages {
	struct ref refs;
	u64 base, n; /* first page and number of pages */
	u64 bits[];
};
bool reach_test(const struct vma *v, u64 page);
bool reach_any(const struct vma *v, u64 from, u64 to);
/* The longest stretch in [lo, hi) around page that cannot be reached. */
void reach_gap(const struct vma *v, u64 page, u64 *lo, u64 *hi);
/* First stretch at or after *from below `to`; false when there is none. */
bool reach_next(const struct vma *v, u64 *from, u64 *end, u64 to);
/* Take vma_lock themselves. => 0 or -ENOMEM (set only). */
int reach_set_locked(struct vma *v, u64 from, u64 to); /* vma_lock held */
/* *to shrinks to what v may open: see execmem.c. */
int reach_set(struct vma *v, u64 from, u64 *to);
void reach_clear(struct vma *v, u64 from, u64 to);
/*
 * Before [from, to) is closed: make sure that it can be noted. => the end of
 * what must be closed, more than `to` when there is no memory for a hole.
 */
u64 reach_open_hole(struct vma *v, u64 from, u64 to);
/* Before v grows over pages that a sharer of its bits may have. */
int reach_own(struct vma *v);
/* Of copies, halves and merges; under vma_lock where v is in a list. */
int reach_copy(struct vma *to, const struct vma *from);
void reach_split(struct vma *low, struct vma *high);
bool reach_can_merge(const struct vma *a, const struct vma *b);
void reach_merge(struct vma *a, const struct vma *b);
void reach_drop(struct vma *v);

/* --- hostmap.c --- */

int mmh_map(struct mm *mm, u64 start, u64 end, int prot, int kind, u64 off);
int mmh_unmap(struct mm *mm, u64 start, u64 end);
int mmh_protect(struct mm *mm, u64 start, u64 end, int prot);
int mmh_advise(struct mm *mm, u64 start, u64 end, int advice);
/* In and out of the mapping's list of mappers. */
void vma_link_mapping(struct vma *v);
void vma_unlink_mapping(struct vma *v);
/* Map [start, end) of a vma anew, whatever was there. => 0 or -ENOMEM. */
int vma_host_map(struct vma *v, u64 start, u64 end, bool populate);
/*
 * Note as reachable what of the file pages [from, to) can be.
 * => the end of the reachable stretch that begins at `from`
 */
u64 vma_note_resident(struct vma *v, u64 from, u64 to);
int vma_open_prot(struct vma *v, u64 start, u64 end);
/* Bring the host in line with v->flags in [start, end). */
int vma_host_protect(struct vma *v, u64 start, u64 end);
/* Pages of the file at this moment. */
u64 mapping_file_pages(const struct mapping *m);

/* --- execmem.c --- */

/* What fault handlers that hold mm->lock want done without it. */
#define FAULT_READ    1 /* pages of the file */
#define FAULT_CLAIM   2 /* a file's page for execution */
#define FAULT_RELEASE 3 /* for writing, which somebody executes */

/* A fetch from a page that may be executed once it was scanned. */
int exec_fault_locked(struct vma *v, u64 addr);
/* Code at `at` is not executed: say so. => -EACCES */
int exec_refuse(struct vma *v, u64 at);
/* Without mm->lock. */
int exec_claim(struct mapping *m, u64 pg);
void mapping_exec_release(struct mapping *m, u64 from, u64 to);
bool mapping_page_runs(struct mapping *m, u64 pg);
/* How far from `from` on nobody executes pages; vma_lock held. */
u64 mapping_writable_run(const struct mapping *m, u64 from, u64 to);
/* A write to a page that the guest may write and execute: W for X. */
int exec_turn_locked(struct vma *v, u64 addr);
bool vma_is_exec_at(struct mm *mm, u64 addr);
bool text_edges_fit(struct vma *v, u64 start, u64 end);
/* The file itself instead of its text image. */
int vma_untext(struct vma *v);
int text_gate_slow(struct vma *v);
void exec_add_stats(struct text_stats *st);

/* --- mm.c, mmap.c --- */

void mm_account(struct mm *mm, u32 flags, s64 pages);
/* May the address space grow by so much? => 0, -ENOMEM, -EAGAIN (mlock) */
int mm_may_expand(struct mm *mm, u32 flags, u64 pages);
/*
 * munmap in the tree and at the host. What goes is chained on *reap, for
 * vma_reap() without the lock. => 0, -ENOMEM, -EPERM (sealed).
 */
int mm_unmap_locked(struct mm *mm, u64 start, u64 end, struct vma **reap);
/* Only the tree: vmas between the borders start and end are chained on *reap;
 * the host has let go of them already. */
void mm_detach_range(struct mm *mm, u64 start, u64 end, struct vma **reap);
/* A place for len bytes as mmap(2) chooses it. => address, or -ENOMEM */
long mm_find_place(struct mm *mm, u64 hint, u64 len, int flags, bool thp);
/*
 * Change flags of v's part in [start, end): splits, accounts, merges; the host
 * is not asked. *v: what covers the part after. => 0 or -ENOMEM
 */
int vma_change_flags(struct mm *mm, struct vma **v, u64 start, u64 end, u32 set,
		     u32 clear, struct vma **reap);
bool mm_range_sealed(struct mm *mm, u64 start, u64 end);
/* Bring in what mlock and MAP_POPULATE promise; takes the lock itself. */
int mm_populate(struct mm *mm, u64 start, u64 end);
int mm_populate_access(struct mm *mm, u64 start, u64 end, u32 access);

/* Memory of the machine; 0 = not known. */
u64 mm_total_kb(void);

#endif
