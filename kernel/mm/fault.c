// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of guest memory. Anonymous memory never comes here: the host gives it
 * pages. What comes is
 *   - a file page that cannot be reached yet (reach.c): it is read in with its
 *     neighbours, in chunks that grow for sequential readers, and opened;
 *   - an access below a stack whose limit was raised: the stack grows;
 *   - a guest mistake: SIGSEGV, or SIGBUS past the end of a file;
 *   - nothing: another thread was faster. Again and again nothing at the same
 *     place means that the host disagrees with us; then it is a SIGBUS rather
 *     than an endless loop.
 *
 * The file is read with no lock held. Afterwards everything is looked up again.
 *
 * The other direction is mm_unmap_mapping_range(): pages of a file go, and
 * every address space that can reach them loses that. It goes from mapper to
 * mapper until none can; each is closed under its own mm->lock, which also
 * waits for a fault that was just opening them.
 */
#include <abi/signal.h>
#include <hostapi/kern.h>
#include <kernel/printk.h>
#include "internal.h"

#define FAULT_TRIES    8
#define FAULT_AROUND   256u /* pages of text behind the one that is wanted */
#define FAULT_SPURIOUS 1000u
#define STACK_CHUNK    (256ull << 10)
#define TRAP_PF	       14
#define TRAP_GP	       13
#define PF_WRITE       2
#define PF_INSTR       16

/* --- Stacks --- */

static int fault_grow_stack(struct mm *mm, struct vma *v, u64 addr)
{
	struct vma *prev = vma_prev(v);
	u64 start = PAGE_DOWN(addr), limit = rlimit(RLIMIT_STACK), low;

	if (!(v->flags & VM_GROWSDOWN) || addr < USER_MIN ||
	    mm_range_in_kernel(start, v->start) || v->end - start > limit)
		return -EFAULT;
	low = prev ? prev->end : USER_MIN;
	if (prev && !(prev->flags & VM_GROWSDOWN) && prev->flags & VM_ACCESS)
		low += MM_STACK_GUARD;
	if (start < low)
		return -EFAULT;
	/* The main stack is likely to need more soon. */
	if (v->flags & VM_STACK && start - low > STACK_CHUNK &&
	    v->end - start + STACK_CHUNK <= limit &&
	    !mm_range_in_kernel(start - STACK_CHUNK, start))
		start -= STACK_CHUNK;
	if (mm_may_expand(mm, v->flags, (v->start - start) >> PAGE_SHIFT))
		return -EFAULT;
	if (mmh_map(mm, start, v->start, vma_host_prot(v->flags), HOST_MAP_ANON,
		    0))
		return -ENOMEM;
	mm_account(mm, v->flags, (s64)((v->start - start) >> PAGE_SHIFT));
	vma_resize(v, start, v->end);
	return 0;
}

/* --- Files --- */

/* Which pages around `page` to bring in together. */
static void fault_chunk(const struct vma *v, u64 page, u64 *lo, u64 *hi)
{
	struct mapping *m = v->mapping;
	u64 n = MM_FAULT_CHUNK >> PAGE_SHIFT, first;

	*lo = v->pgoff;
	*hi = vma_page_end(v);
	if (m->ops && m->ops->read) {
		if (m->ops->chunk)
			n = m->ops->chunk >> PAGE_SHIFT;
		first = ALIGN_DOWN(page, n);
		if (m->ops->chunk)
			; /* text: not more than is needed */
		else if (v->flags & VM_EXEC ||
			 (first > v->pgoff && reach_test(v, first - 1)))
			n = MM_FAULT_CHUNK_SEQ >> PAGE_SHIFT;
		*lo = max(*lo, first);
		*hi = min(*hi, first + n);
	}
	*hi = min(*hi, mapping_file_pages(m));
	*hi = min(*hi, m->window_len >> PAGE_SHIFT);
	if (page < *hi)
		reach_gap(v, page, lo, hi);
}

/* => 0 opened, FAULT_READ, -errno */
static int fault_open(struct vma *v, u64 page, u64 lo, u64 hi)
{
	u64 end = vma_note_resident(v, lo, hi);
	int err;

	if (end <= page && lo < page) {
		reach_clear(v, lo, end);
		lo = page;
		end = vma_note_resident(v, lo, hi);
	}
	if (end <= page)
		return FAULT_READ;
	err = mmh_protect(
		v->mm, vma_addr_of(v, lo), vma_addr_of(v, end),
		vma_open_prot(v, vma_addr_of(v, lo), vma_addr_of(v, end)));
	if (err)
		reach_clear(v, lo, end);
	return err;
}

static int fault_spurious(struct mm *mm, struct vma *v, u64 addr)
{
	addr = PAGE_DOWN(addr);
	if (mm->spur_addr != addr) {
		mm->spur_addr = addr;
		mm->spur_count = 0;
	}
	if (++mm->spur_count < FAULT_SPURIOUS)
		return 0;
	mm->spur_count = 0;
	printk(KERN_WARN "mm: the host denies access to %lx, which is %s%s%s\n",
	       (unsigned long)addr, v->flags & VM_READ ? "r" : "-",
	       v->flags & VM_WRITE ? "w" : "-", v->flags & VM_EXEC ? "x" : "-");
	return -ENXIO;
}

static bool fault_allowed(const struct vma *v, u32 access)
{
	if (access == VM_READ)
		return v->flags & VM_ACCESS;
	return v->flags & access;
}

static int fault_page_locked(struct mm *mm, struct vma *v, u64 addr, u64 page,
			     u32 access, u64 *lo, u64 *hi)
{
	u64 from, to;

	if (!v->mapping || reach_test(v, page)) {
		if (access == VM_EXEC && v->flags & VM_TEXT &&
		    text_page_is_bad(v->mapping, page))
			return exec_refuse(v, addr);
		if (v->flags & VM_WRITE && v->flags & VM_EXEC &&
		    vma_is_scanned(v->flags))
			return exec_turn_locked(v, addr);
		return fault_spurious(mm, v, addr);
	}
	fault_chunk(v, page, lo, hi);
	if (page >= *hi)
		return -ENXIO;
	if (!(v->flags & VM_TEXT))
		return fault_open(v, page, *lo, *hi);
	/* others may have read in more of it */
	from = *lo;
	to = min(vma_page_end(v), *hi + FAULT_AROUND);
	to = min(to, mapping_file_pages(v->mapping));
	reach_gap(v, page, &from, &to);
	return fault_open(v, page, from, to);
}

/*
 * => as mm_fault, or FAULT_*: what is to be done with [*lo, *hi) of *m first;
 * *f has a reference.
 */
static int fault_locked(struct mm *mm, u64 addr, u32 access, struct file **f,
			struct mapping **m, u64 *lo, u64 *hi)
{
	struct vma *v = vma_find(mm, addr);
	u64 page;
	int err;

	if (!v)
		return -EFAULT;
	if (v->start > addr)
		return fault_grow_stack(mm, v, addr);
	if (!fault_allowed(v, access))
		return -EACCES;
	page = v->mapping ? vma_page_of(v, addr) : 0;
	if (mm_range_in_kernel(addr, addr + 1))
		return -EACCES;
	*lo = page;
	*hi = page + 1;
	if (access == VM_EXEC && vma_is_scanned(v->flags))
		err = exec_fault_locked(v, addr);
	else if (vma_writes_file(v) && mapping_page_runs(v->mapping, page))
		err = FAULT_RELEASE;
	else
		err = fault_page_locked(mm, v, addr, page, access, lo, hi);
	if (err > 0) {
		*m = v->mapping;
		*f = v->file;
		file_get(*f);
	}
	return err;
}

/* What must be done without mm->lock, before the next try. */
static int fault_prepare(int what, struct mapping *m, u64 lo, u64 hi,
			 int *tries)
{
	if (what == FAULT_READ) {
		current->maj_flt++;
		return mapping_populate(m, lo << PAGE_SHIFT,
					(hi - lo) << PAGE_SHIFT);
	}
	/* others may take the page away again: they make progress */
	--*tries;
	if (what == FAULT_CLAIM)
		return exec_claim(m, lo);
	mapping_exec_release(m, lo, lo + 1);
	return 0;
}

int mm_fault(struct mm *mm, u64 addr, u32 access)
{
	struct mapping *m = NULL;
	struct file *f = NULL;
	u64 lo, hi;
	int err, tries;

	for (tries = 0; tries < FAULT_TRIES; tries++) {
		if (READ_ONCE(mm->dead))
			return -EFAULT;
		mutex_lock(&mm->lock);
		err = fault_locked(mm, addr, access, &f, &m, &lo, &hi);
		if (err < 0)
			mm->spur_count = 0;
		mutex_unlock(&mm->lock);
		if (err <= 0)
			return err;
		err = fault_prepare(err, m, lo, hi, &tries);
		file_put(f);
		if (err)
			return -ENXIO;
	}
	return -ENXIO;
}

/* --- A fault in user mode --- */

static void fault_signal(int sig, int code, u64 addr)
{
	pr_debug(DEBUG_MM, "%s[%u]: fault at %lx, signal %d code %d\n",
		 current->comm, current->tid, (unsigned long)addr, sig, code);
	force_signal(sig, code, addr);
}

static u32 fault_access(const struct fault_info *f)
{
	return f->error & PF_INSTR   ? VM_EXEC
	       : f->error & PF_WRITE ? VM_WRITE
				     : VM_READ;
}

static void fault_page(const struct fault_info *f)
{
	int err = mm_fault(current->mm, f->addr, fault_access(f));
	struct fault_info settled = *f;

	/* a write that is not allowed comes before a page that is not there */
	if (err && err != -EFAULT && err != -EACCES && f->settle) {
		if (!f->settle(&settled))
			return;
		current->fault_error = settled.error;
		err = mm_fault(current->mm, f->addr, fault_access(&settled));
	}
	switch (err) {
	case 0:
		current->min_flt++;
		break;
	case -EFAULT:
		fault_signal(SIGSEGV, SEGV_MAPERR, f->addr);
		break;
	case -EACCES:
		fault_signal(SIGSEGV, SEGV_ACCERR, f->addr);
		break;
	default:
		fault_signal(SIGBUS, BUS_ADRERR, f->addr);
		break;
	}
}

void kern_fault(struct pt_regs *regs, const struct fault_info *f)
{
	current->fault_trapno = f->trapno;
	current->fault_error = f->error;
	if (f->trapno == TRAP_PF) {
		current->fault_addr = f->addr;
		if (current->mm)
			fault_page(f);
		return;
	}
	if (f->sig == SIGSEGV || f->trapno == TRAP_GP)
		fault_signal(f->sig, SI_KERNEL, 0);
	else
		fault_signal(f->sig, f->code, f->addr);
}

/* --- Pages that go --- */

/* One that can reach pages of [from, to), with a reference; or NULL. */
static struct mm *rmap_next_mm(struct mapping *m, u64 from, u64 to)
{
	struct mm *mm;
	struct vma *v;
	bool again;

	do {
		again = false;
		mutex_lock(&m->vma_lock);
		list_for_each_entry (v, &m->vmas, map_node) {
			if (!reach_any(v, from, to))
				continue;
			if (ref_get_unless_zero(&v->mm->refs)) {
				mm = v->mm;
				mutex_unlock(&m->vma_lock);
				return mm;
			}
			again = true; /* it is just going away */
		}
		mutex_unlock(&m->vma_lock);
		if (again)
			host_yield();
	} while (again);
	return NULL;
}

static void rmap_close(struct vma *v, u64 from, u64 to, bool even_cow)
{
	struct mapping *m = v->mapping;
	u64 start, end;
	int err;

	from = max(from, v->pgoff);
	to = reach_open_hole(v, from, min(to, vma_page_end(v)));
	start = vma_addr_of(v, from);
	end = vma_addr_of(v, min(to, max(from, m->window_len >> PAGE_SHIFT)));
	if (v->mm->dead)
		err = 0;
	else if (even_cow && !(v->flags & VM_SHARED))
		err = mmh_map(v->mm, start, end, PROT_NONE,
			      HOST_MAP_POOL_PRIVATE,
			      m->window + (from << PAGE_SHIFT));
	else
		err = mmh_protect(v->mm, start, end, PROT_NONE);
	if (err)
		printk(KERN_WARN "mm: cannot take %lx-%lx away: %d\n",
		       (unsigned long)start, (unsigned long)end, err);
	reach_clear(v, from, to);
}

/*
 * A fork is under way: the vmas are there, the host's side is not, until the
 * host has filled in mm->host. The forking task holds only the old mm's lock.
 */
static void rmap_wait_fork(struct mm *mm)
{
	size_t i;

	while (!READ_ONCE(mm->dead)) {
		for (i = 0; i < ARRAY_SIZE(mm->host); i++)
			if (READ_ONCE(mm->host[i]))
				return;
		host_yield();
	}
}

void mm_unmap_mapping_range(struct mapping *m, u64 from, u64 to, bool even_cow)
{
	struct mm *mm;
	struct vma *v;

	while ((mm = rmap_next_mm(m, from, to))) {
		rmap_wait_fork(mm);
		mutex_lock(&mm->lock);
		vma_for_each (v, mm)
			if (v->mapping == m && reach_any(v, from, to))
				rmap_close(v, from, to, even_cow);
		mutex_unlock(&mm->lock);
		mm_put(mm);
	}
}
