/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address spaces: what the guest has mapped, as Linux would list it. The
 * memory itself belongs to the host: anonymous memory is host private memory
 * (demand-zero and copy-on-write run in the host), file pages are windows of
 * the pool mapped by the host. Here stand the vmas and the rules.
 *
 * mm->lock guards vmas and counters, and is held over host_mm_*() calls.
 * vmas are kept in an ordered tree without overlaps.
 */
#ifndef KERNEL_MM_H
#define KERNEL_MM_H

#include <abi/mman.h>
#include <hostapi/host.h>
#include <kernel/atomic.h>
#include <kernel/lock.h>

struct aio_ctx;
struct file;
struct mapping;
struct mm;

/* vma->flags */
#define VM_READ	       0x1u
#define VM_WRITE       0x2u
#define VM_EXEC	       0x4u
#define VM_SHARED      0x8u
#define VM_MAYREAD     0x10u
#define VM_MAYWRITE    0x20u
#define VM_MAYEXEC     0x40u
#define VM_GROWSDOWN   0x100u
#define VM_LOCKED      0x200u
#define VM_NORESERVE   0x400u
#define VM_STACK       0x800u
#define VM_HEAP	       0x1000u
#define VM_DONTFORK    0x2000u
#define VM_WIPEONFORK  0x4000u
#define VM_DONTDUMP    0x8000u
#define VM_SEALED      0x10000u /* mseal(2) */
#define VM_LOCKONFAULT 0x20000u
#define VM_HIDDEN      0x40000u /* trampolines: not in /proc/PID/maps */
#define VM_TEXT	       0x80000u /* shows a text image (kernel/text.h) */

struct vma {
	u64 start, end;	   /* page-aligned, end exclusive */
	u32 flags;	   /* VM_* */
	u64 pgoff;	   /* in pages: place in the file */
	struct file *file; /* reference; NULL = anonymous */
	struct mm *mm;
	/* tree of mm, under mm->lock */
	struct vma *left, *right, *parent;
	u32 prio;
	u64 gap, max_gap; /* free space below it; largest such in its subtree */
	/* list of mapping->vmas, under mapping->vma_lock */
	struct list_head map_node;
	struct mapping *mapping; /* what `file` maps; NULL = anonymous */
	/*
	 * File pages that the guest can reach: [acc_lo, acc_hi), or the bits
	 * of acc_map (kernel/mm/reach.c). Written under mm->lock and vma_lock.
	 */
	u64 acc_lo, acc_hi;
	struct vma_pages *acc_map;
};

struct mm {
	struct mutex lock;
	struct ref users; /* tasks; the last one empties it */
	struct ref refs;  /* structure references; users hold one together */
	/* under lock: */
	struct vma *root;
	u32 map_count;
	u64 total_pages, locked_pages, data_pages, stack_pages, exec_pages;
	u64 mmap_base;
	u64 brk_start, brk;
	/* set at exec */
	u64 code_start, code_end, data_start, data_end, stack_start;
	u64 arg_start, arg_end, env_start, env_end;
	u64 auxv[48];
	u32 auxv_len;	  /* bytes */
	struct file *exe; /* others read it under lock */
	bool dead;	  /* the host process is gone: copies fail */
	u32 dumpable;
	u64 max_rss_kb;
	u64 peak_pages; /* the most total_pages was; of a stack, little */
	u32 def_flags;	/* mlockall(MCL_FUTURE): VM_LOCKED …, under lock */
	u32 spur_count; /* faults in a row with nothing to do, under lock */
	u64 spur_addr;
	u64 rss_anon, rss_file, rss_at; /* procfs: pages, and when (ns) */
	struct aio_ctx *aio;		/* see ipc/aio.c */
	u32 core_filter;		/* /proc/PID/coredump_filter */
	u32 prctl;    /* MM_PRCTL_*: kept by fork and execve; by atomics */
	bool gs_used; /* its programs set GS: mm_uses_gs() */
	/*
	 * A static program runs here. Should it map text of other files, then
	 * perhaps to translate it, as valgrind and qemu-user do: it sees the
	 * files' own bytes (their system calls trap).
	 */
	bool text_as_is;
	u32 membarrier; /* MEMBARRIER_CMD_REGISTER_*, by atomics */
	/* arch-um's part */
	u64 host[8];
};

#define MM_PRCTL_THP_DISABLE	 1u
#define MM_PRCTL_MERGE_ANY	 2u
#define MM_PRCTL_MDWE		 4u /* nothing writable becomes executable */
#define MM_PRCTL_MDWE_NO_INHERIT 8u

struct mm *mm_alloc(void);
/* Structure references. */
static inline void mm_get(struct mm *mm)
{
	ref_get(&mm->refs);
}
void mm_put(struct mm *mm);

/*
 * fork: copies vmas of current's mm. The caller holds old->lock and keeps it
 * over host_task_start_fork(), so that both agree. => new mm or ERR_PTR.
 */
struct mm *mm_fork_locked(struct mm *old);
/*
 * Drop all vmas' bookkeeping and files, exe too; host memory is not touched.
 * Takes mm->lock; nobody may hold an inode lock that a final file_put() could
 * need. After it the last mm_put() does not sleep.
 */
void mm_release_vmas(struct mm *mm);

/* Lookups; caller holds lock. _find: first vma that ends above addr. */
struct vma *vma_find(struct mm *mm, u64 addr);
struct vma *vma_first(struct mm *mm);
struct vma *vma_next(struct vma *v);
#define vma_for_each(v, mm) for (v = vma_first(mm); v; v = vma_next(v))

/*
 * The body of mmap(2): takes mm->lock itself. file: a reference is taken.
 * off in bytes, page-aligned. => address or -errno.
 */
long do_mmap(struct mm *mm, u64 addr, u64 len, int prot, int flags,
	     struct file *file, u64 off);
int do_munmap(struct mm *mm, u64 addr, u64 len);
int do_mprotect(struct mm *mm, u64 addr, u64 len, int prot);
/* Stack and heap for exec. => 0 or -errno */
int mm_setup_stack(struct mm *mm, u64 top, u64 size, bool exec);

/*
 * Make the page of a user address present: reads file pages, extends stacks.
 * access: VM_READ, VM_WRITE or VM_EXEC. May sleep.
 * => 0: try again; -EFAULT: SIGSEGV; -ENXIO: SIGBUS (past end of file),
 *    -EACCES: mapped but protection forbids it (SEGV_ACCERR).
 */
int mm_fault(struct mm *mm, u64 addr, u32 access);

/*
 * A file shrank or pages were dropped: unmap what lies at or after `from`
 * (page index) up to `to` in every mapper, waiting until they let go.
 * even_cow: private copies too (truncate) or not.
 * The caller did its part before: new inode->size set, or resident bits
 * cleared, so that a fault from now on cannot bring the pages back; and punches
 * the pool only after. It may hold inode->lock, but not mapping->lock.
 */
void mm_unmap_mapping_range(struct mapping *m, u64 from, u64 to, bool even_cow);

/* Another address space's memory, faulting pages in. => bytes, or -EFAULT. */
ssize_t mm_read_remote(struct mm *mm, u64 addr, void *buf, size_t n);
ssize_t mm_write_remote(struct mm *mm, u64 addr, const void *buf, size_t n,
			bool force);

/* brk(2): => the new break, or the old one when it cannot be moved. */
u64 mm_brk(struct mm *mm, u64 brk);

/*
 * The bodies of the system calls; they take mm->lock themselves and return as
 * the calls do. flags of do_mlock: 0 or VM_LOCKONFAULT.
 */
long do_mremap(struct mm *mm, u64 addr, u64 old_len, u64 new_len, int flags,
	       u64 new_addr);
long do_remap_file_pages(struct mm *mm, u64 start, u64 size, u64 pgoff,
			 int flags);
long do_madvise(struct mm *mm, u64 addr, u64 len, int advice);
int do_mseal(struct mm *mm, u64 addr, u64 len);
int do_mlock(struct mm *mm, u64 addr, u64 len, u32 flags);
int do_munlock(struct mm *mm, u64 addr, u64 len);
int do_mlockall(struct mm *mm, int flags);
int do_munlockall(struct mm *mm);
int do_msync(struct mm *mm, u64 addr, u64 len, int flags);
int do_mincore(struct mm *mm, u64 addr, u64 len, uaddr vec);

/* Machine-wide memory limit and OOM. */
void mm_oom(void);
struct mem_stats {
	u64 total_kb, free_kb, avail_kb, cached_kb, shmem_kb, anon_kb, slab_kb,
		mapped_kb, committed_kb;
};
void mm_get_stats(struct mem_stats *st);
/* The machine's memory alone; cheap, callable under any lock. */
u64 mm_total_kb(void);
/*
 * Pages of private memory that mm has, by the host's figure or by asking about
 * each vma; 0 when mm is busy. May sleep; not under mm->lock or spinlocks.
 */
u64 mm_rss_pages(struct mm *mm);
void mm_subsys_init(void);

#endif
