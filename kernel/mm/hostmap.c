// SPDX-License-Identifier: GPL-2.0
/*
 * From vmas to the host. The host holds the page tables; here stands what it
 * is asked to map where.
 *
 * The kernel's own range is never touched: a PROT_NONE reservation of the guest
 * that reaches into it (ThreadSanitizer, MemorySanitizer) exists only as a vma,
 * so every host call is cut to what lies outside.
 *
 * Anonymous vmas are host anonymous memory, and nothing is heard of them again.
 * A file vma is its part of the file's pool window. All of that part is mapped
 * at once with PROT_NONE, and what may be reached is opened by host_mm_protect:
 * at mmap what is resident, later by mm_fault(). Opening again what a private
 * mapping has had copied is harmless that way, where mapping it anew would lose
 * the copy. Beyond the window there is only a reservation.
 *
 * Note first, look second: pages are noted as reachable (reach.c) before the
 * file's size and residency are read, and whoever shrinks the file changes
 * those before it looks at the notes. So either we see the change, or it sees
 * our note and waits for mm->lock.
 */
#include "internal.h"
#include "mapping.h"

#define VMA_OPEN_RUNS 12

/* The parts of [start, end) below and above the kernel range. */
#define MMH_PARTS(start, end, op)                              \
	do {                                                   \
		int mmh_err_ = 0;                              \
		if (likely(!mm_range_in_kernel(start, end)))   \
			return op(start, end);                 \
		if (start < KERNEL_RANGE_LO)                   \
			mmh_err_ = op(start, KERNEL_RANGE_LO); \
		if (!mmh_err_ && end > KERNEL_RANGE_HI)        \
			mmh_err_ = op(KERNEL_RANGE_HI, end);   \
		return mmh_err_;                               \
	} while (0)

int mmh_map(struct mm *mm, u64 start, u64 end, int prot, int kind, u64 off)
{
#define MMH_MAP(s, e) host_mm_map(mm, s, (e) - (s), prot, kind, off)
	if (start >= end)
		return 0;
	MMH_PARTS(start, end, MMH_MAP);
}

int mmh_unmap(struct mm *mm, u64 start, u64 end)
{
#define MMH_UNMAP(s, e) host_mm_unmap(mm, s, (e) - (s))
	if (start >= end)
		return 0;
	MMH_PARTS(start, end, MMH_UNMAP);
}

int mmh_protect(struct mm *mm, u64 start, u64 end, int prot)
{
#define MMH_PROTECT(s, e) host_mm_protect(mm, s, (e) - (s), prot)
	if (start >= end)
		return 0;
	MMH_PARTS(start, end, MMH_PROTECT);
}

int mmh_advise(struct mm *mm, u64 start, u64 end, int advice)
{
#define MMH_ADVISE(s, e) host_mm_advise(mm, s, (e) - (s), advice)
	if (start >= end)
		return 0;
	MMH_PARTS(start, end, MMH_ADVISE);
}

/*
 * --- Mappers of a file ---
 *
 * From here on its window stays where it is: pool.c moves windows under
 * vma_lock, and only while the list is empty.
 */

static bool vma_counts_as_writer(const struct vma *v)
{
	return (v->flags & (VM_SHARED | VM_MAYWRITE)) ==
	       (VM_SHARED | VM_MAYWRITE);
}

void vma_link_mapping(struct vma *v)
{
	struct mapping *m = v->mapping;

	if (!m)
		return;
	mutex_lock(&m->vma_lock);
	list_add_tail(&v->map_node, &m->vmas);
	if (vma_counts_as_writer(v)) {
		m->nr_writable++;
		m->writers_seen++;
		m->mapped_rw = true;
	}
	mutex_unlock(&m->vma_lock);
}

void vma_unlink_mapping(struct vma *v)
{
	struct mapping *m = v->mapping;

	if (!m || list_empty(&v->map_node))
		return;
	mutex_lock(&m->vma_lock);
	list_del(&v->map_node);
	if (vma_counts_as_writer(v))
		m->nr_writable--;
	mutex_unlock(&m->vma_lock);
}

/* --- File vmas --- */

u64 mapping_file_pages(const struct mapping *m)
{
	u64 size = m->inode ? READ_ONCE(m->inode->size) : m->window_len;

	return PAGE_UP(size) >> PAGE_SHIFT;
}

static int vma_pool_kind(const struct vma *v)
{
	return v->flags & VM_SHARED ? HOST_MAP_POOL_SHARED
				    : HOST_MAP_POOL_PRIVATE;
}

u64 vma_note_resident(struct vma *v, u64 from, u64 to)
{
	u64 end = min(to, mapping_file_pages(v->mapping)), run;

	if (from >= end || reach_set(v, from, &end))
		return from;
	run = min(end, mapping_file_pages(v->mapping));
	run = run > from ? run - from : 0;
	if (run)
		run = mapping_resident_run(v->mapping, from, run);
	if (run && v->flags & VM_TEXT)
		run = text_run(v->mapping, from, from + run) - from;
	if (from + run < end)
		reach_clear(v, from + run, end);
	return from + run;
}

/*
 * The protection to open [start, end) with: pages that are there, and alike
 * (text_run).
 */
int vma_open_prot(struct vma *v, u64 start, u64 end)
{
	if (v->flags & VM_TEXT && start < end &&
	    text_page_is_bad(v->mapping, vma_page_of(v, start)))
		return vma_host_prot(v->flags & ~VM_TEXT);
	if (unlikely(v->flags & VM_TEXT && v->flags & VM_EXEC && start < end &&
		     !text_edges_fit(v, start, end)))
		v->flags &= ~VM_TEXT;
	return vma_host_prot(v->flags);
}

/* Of text whose start is open, the stretches further on that are there. */
static int vma_open_more(struct vma *v, u64 from, u64 to)
{
	u64 n, run, open;
	int err = 0;
	bool set;

	for (n = 0; !err && from < to && n < VMA_OPEN_RUNS; n++, from = open) {
		run = mapping_run(v->mapping, from, to - from, &set);
		if (!set)
			from += run;
		if (from >= to)
			break;
		open = vma_note_resident(v, from, to);
		if (open == from)
			break;
		err = mmh_protect(v->mm, vma_addr_of(v, from),
				  vma_addr_of(v, open),
				  vma_open_prot(v, vma_addr_of(v, from),
						vma_addr_of(v, open)));
	}
	return err;
}

static int vma_host_map_file(struct vma *v, u64 start, u64 end, int populate)
{
	struct mapping *m = v->mapping;
	struct mm *mm = v->mm;
	int kind = vma_pool_kind(v), err;
	u64 from = vma_page_of(v, start), to = vma_page_of(v, end), open, win;

	reach_clear(v, from, to);
	win = m->window_len >> PAGE_SHIFT;
	win = max(min(to, win), from);
	open = vma_note_resident(v, from, win);
	err = mmh_map(mm, start, vma_addr_of(v, open),
		      vma_open_prot(v, start, vma_addr_of(v, open)),
		      kind | populate, m->window + (from << PAGE_SHIFT));
	if (!err)
		err = mmh_map(mm, vma_addr_of(v, open), vma_addr_of(v, win),
			      PROT_NONE, kind,
			      m->window + (open << PAGE_SHIFT));
	if (!err && v->flags & VM_TEXT)
		err = vma_open_more(v, open, win);
	if (!err)
		err = mmh_map(mm, vma_addr_of(v, win), end, PROT_NONE,
			      HOST_MAP_NONE, 0);
	if (err)
		reach_clear(v, from, to);
	return err;
}

int vma_host_map(struct vma *v, u64 start, u64 end, bool populate)
{
	int pop = populate && (v->flags & VM_ACCESS) ? HOST_MAP_POPULATE : 0;

	if (v->mapping)
		return vma_host_map_file(v, start, end, pop);
	return mmh_map(v->mm, start, end, vma_host_prot(v->flags),
		       HOST_MAP_ANON | pop, 0);
}

int vma_host_protect(struct vma *v, u64 start, u64 end)
{
	int prot = vma_host_prot(v->flags), err = 0;
	u64 from, to, run;

	if (!v->mapping)
		return mmh_protect(v->mm, start, end, prot);
	from = vma_page_of(v, start);
	to = vma_page_of(v, end);
	if (unlikely(v->mapping->xmap && v->flags & VM_SHARED)) {
		/* some pages may be executed, some written: ask again */
		err = mmh_protect(v->mm, start, end, PROT_NONE);
		reach_clear(v, from, to);
		return err;
	}
	for (; !err && reach_next(v, &from, &run, to); from = run) {
		if (v->flags & VM_TEXT)
			run = text_run(v->mapping, from, run);
		prot = vma_open_prot(v, vma_addr_of(v, from),
				     vma_addr_of(v, run));
		err = mmh_protect(v->mm, vma_addr_of(v, from),
				  vma_addr_of(v, run), prot);
	}
	return err;
}
