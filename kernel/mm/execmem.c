// SPDX-License-Identifier: GPL-2.0
/*
 * Executable memory that is not a text image, on hosts where nothing may be
 * executed that was not scanned (host_info.scans_text): what JITs write, stacks
 * and heaps with PROT_EXEC, private files that were written to, shared mappings.
 *
 * The host is never asked for such a page with PROT_EXEC when it is mapped. Who
 * runs into it faults, and then, under mm->lock: the page becomes read-only, so
 * that no thread can write to it; it is scanned; it becomes executable. Where
 * the guest asked for W and X, it has one of them in turn, by faults.
 *
 * Pages of files can be written elsewhere as well, by other mappings or by
 * write(2). The mapping's bitmap xmap says which pages somebody may execute; a
 * page in it is open nowhere for writing, and the other way round:
 *
 *   to execute	set the bit (m->lock, vma_lock), close the page everywhere
 *		(mm_unmap_mapping_range), then under mm->lock note the page as
 *		reachable if the bit is still set, scan, open.
 *   to write	clear the bit (vma_lock), close the page everywhere, then open it
 *		as ever: vma_note_resident() leaves out pages with a bit.
 *   write(2)	counts itself in m->xwriters meanwhile, which keeps bits away.
 *
 * Noting and looking at the bits are one critical section of vma_lock. So
 * whoever changes a bit finds everybody who went by the old one.
 *
 * Sequences can also stand across a border between two pages that came here by
 * different ways; each that is opened looks across its borders.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/text.h>
#include "internal.h"
#include "mapping.h"

#define EXEC_CHUNK (64ull << 10)
#define EXEC_PIECE 512u

static struct {
	u64 scans, refused, turns;
} exec_stats;

/* --- Bits of a file's pages --- */

static bool xmap_test(const struct mapping *m, u64 pg)
{
	return pg < m->xmap_pages && (m->xmap[pg / 64] >> (pg % 64) & 1);
}

bool mapping_page_runs(struct mapping *m, u64 pg)
{
	bool r;

	if (likely(!READ_ONCE(m->xmap)))
		return false;
	mutex_lock(&m->vma_lock);
	r = xmap_test(m, pg);
	mutex_unlock(&m->vma_lock);
	return r;
}

u64 mapping_writable_run(const struct mapping *m, u64 from, u64 to)
{
	if (likely(!m->xmap))
		return to;
	while (from < to && !xmap_test(m, from))
		from++;
	return from;
}

/* => 0; -EAGAIN: somebody writes just now */
static int mapping_exec_claim(struct mapping *m, u64 pg)
{
	u64 pages = m->window_len / PAGE_SIZE, n = m->xmap_pages, *map;

	mutex_lock(&m->lock);
	if (m->xwriters) {
		mutex_unlock(&m->lock);
		return -EAGAIN;
	}
	if (pg >= n) {
		for (n = max(n, 64ull); n <= pg; n *= 2)
			;
		map = n <= max(pages, 64ull) * 2 ? kzalloc(n / 8) : NULL;
		if (!map) {
			mutex_unlock(&m->lock);
			return -ENOMEM;
		}
		mutex_lock(&m->vma_lock);
		memcpy(map, m->xmap, m->xmap_pages / 8);
		kfree(m->xmap);
		m->xmap = map;
		m->xmap_pages = n;
		mutex_unlock(&m->vma_lock);
	}
	mutex_lock(&m->vma_lock);
	m->xmap[pg / 64] |= 1ull << pg % 64;
	mutex_unlock(&m->vma_lock);
	mutex_unlock(&m->lock);
	mm_unmap_mapping_range(m, pg, pg + 1, false);
	return 0;
}

void mapping_exec_release(struct mapping *m, u64 from, u64 to)
{
	u64 lo = ~0ull, hi = 0;

	mutex_lock(&m->vma_lock);
	to = min(to, m->xmap_pages);
	for (; from < to; from++) {
		if (!xmap_test(m, from))
			continue;
		m->xmap[from / 64] &= ~(1ull << from % 64);
		lo = min(lo, from);
		hi = from + 1;
	}
	mutex_unlock(&m->vma_lock);
	if (lo < hi)
		mm_unmap_mapping_range(m, lo, hi, false);
}

void mapping_hold_exec(struct mapping *m)
{
	mutex_lock(&m->lock);
	mutex_lock(&m->vma_lock);
	m->xwriters++;
	mutex_unlock(&m->vma_lock);
	mutex_unlock(&m->lock);
	mapping_exec_release(m, 0, ~0ull);
}

void mapping_unhold_exec(struct mapping *m)
{
	mutex_lock(&m->lock);
	mutex_lock(&m->vma_lock);
	m->xwriters--;
	mutex_unlock(&m->vma_lock);
	mutex_unlock(&m->lock);
}

/* --- Scanning --- */

/* Does a sequence stand across `at`, with both sides executable? */
static bool exec_border(struct mm *mm, u64 at)
{
	u8 b[4];

	return vma_is_exec_at(mm, at - 1) && vma_is_exec_at(mm, at) &&
	       host_mm_read(mm, at - 2, b, 4) == 4 && host_text_scan(b, 4) < 4;
}

/*
 * Read-only memory [lo, hi), and two bytes across the borders where execution
 * could go on. => the first bad place, or hi
 */
static u64 exec_scan(struct mm *mm, u64 lo, u64 hi)
{
	u8 buf[EXEC_PIECE];
	size_t n, bad;
	u64 at;

	for (at = lo; at + 2 < hi; at += n - 2) {
		n = min(hi - at, sizeof(buf));
		if (host_mm_read(mm, at, buf, n) != (ssize_t)n)
			return at;
		bad = host_text_scan(buf, n);
		if (bad < n)
			return at + bad;
	}
	if (exec_border(mm, lo))
		return lo - 2;
	return exec_border(mm, hi) ? hi - 2 : hi;
}

/*
 * A forbidden sequence at `at` of private memory: another form of it instead,
 * if it is clear what it is.
 */
static bool exec_defuse(struct vma *v, u64 at)
{
	struct mm *mm = v->mm;
	u64 from = at - min(at - v->start, 96ull), page = PAGE_DOWN(at);
	u64 end = PAGE_UP(at + 3);
	u8 buf[160];
	ssize_t n;

	if (v->flags & VM_SHARED || end > v->end)
		return false;
	n = host_mm_read(mm, from, buf, min(v->end - from, sizeof(buf)));
	if (n < (ssize_t)(at - from) + 3 ||
	    !host_text_defuse(buf, (size_t)n, at - from))
		return false;
	if (mmh_protect(mm, page, end, PROT_READ | PROT_WRITE))
		return false;
	n = host_mm_write(mm, at, buf + (at - from), 3, true);
	return !mmh_protect(mm, page, end, PROT_READ) && n == 3;
}

int exec_refuse(struct vma *v, u64 at)
{
	atomic_inc(&exec_stats.refused);
	printk(KERN_WARN
	       "%s[%u]: code at %#lx would open the kernel; it is not "
	       "executed\n",
	       current->comm, current->tid, (unsigned long)at);
	return -EACCES;
}

/*
 * Make the page at addr executable, with what follows it in its chunk where
 * nothing is to be written. Caller holds mm->lock; the pages can be read.
 */
static int exec_open(struct vma *v, u64 addr, u64 end)
{
	u64 lo = PAGE_DOWN(addr), hi = lo + PAGE_SIZE, bad;
	struct mm *mm = v->mm;
	int tries, err;

	if (!(v->flags & VM_WRITE))
		hi = max(min(ALIGN_DOWN(lo, EXEC_CHUNK) + EXEC_CHUNK, end), hi);
	err = mmh_protect(mm, lo, hi, PROT_READ);
	if (err)
		return err;
	atomic_inc(&exec_stats.scans);
	for (tries = 0; (bad = exec_scan(mm, lo, hi)) != hi; tries++) {
		if (bad >= lo + PAGE_SIZE) {
			/* another page's: as far as it is good */
			hi = PAGE_DOWN(bad);
			continue;
		}
		if (tries > 16 || bad < v->start || !exec_defuse(v, bad))
			return exec_refuse(v, bad);
	}
	return mmh_protect(mm, lo, hi, PROT_READ | PROT_EXEC);
}

/* --- Faults --- */

int exec_fault_locked(struct vma *v, u64 addr)
{
	struct mapping *m = v->mapping;
	bool mine;
	u64 pg;

	if (!m)
		return exec_open(v, addr, v->end);
	pg = vma_page_of(v, addr);
	if (pg >= mapping_file_pages(m) || pg >= m->window_len >> PAGE_SHIFT)
		return -ENXIO;
	mutex_lock(&m->vma_lock);
	mine = xmap_test(m, pg) && !reach_set_locked(v, pg, pg + 1);
	mutex_unlock(&m->vma_lock);
	if (!mine)
		return FAULT_CLAIM;
	if (pg >= mapping_file_pages(m) || !mapping_resident_run(m, pg, 1)) {
		reach_clear(v, pg, pg + 1);
		return FAULT_READ;
	}
	return exec_open(v, addr, PAGE_DOWN(addr) + PAGE_SIZE);
}

int exec_claim(struct mapping *m, u64 pg)
{
	int err = mapping_exec_claim(m, pg);

	if (err == -EAGAIN) {
		host_yield();
		err = 0;
	}
	return err;
}

int exec_turn_locked(struct vma *v, u64 addr)
{
	u64 page = PAGE_DOWN(addr);

	atomic_inc(&exec_stats.turns);
	return mmh_protect(v->mm, page, page + PAGE_SIZE,
			   vma_host_prot(v->flags));
}

/* --- Text images --- */

static u64 text_window(struct vma *v, u64 addr)
{
	return v->mapping->window + (vma_page_of(v, addr) << PAGE_SHIFT);
}

bool vma_is_exec_at(struct mm *mm, u64 addr)
{
	struct vma *v = vma_find(mm, addr);

	return v && v->start <= addr && v->flags & VM_EXEC;
}

/*
 * v's text [start, end) is going to be opened. Do its ends go well with what is
 * mapped beside it?
 */
bool text_edges_fit(struct vma *v, u64 start, u64 end)
{
	u8 b[2], *p;

	if (start == v->start && vma_is_exec_at(v->mm, start - 1)) {
		p = host_pool_ptr(text_window(v, start));
		if (host_mm_read(v->mm, start - 2, b, 2) == 2 &&
		    host_text_edge(b + 2, p))
			return false;
	}
	if (end == v->end && vma_is_exec_at(v->mm, end)) {
		p = (u8 *)host_pool_ptr(text_window(v, end - PAGE_SIZE)) +
		    PAGE_SIZE;
		if (host_mm_read(v->mm, end, b, 2) == 2 && host_text_edge(p, b))
			return false;
	}
	return true;
}

int vma_untext(struct vma *v)
{
	struct mapping *raw = &v->file->inode->mapping;
	int err = mapping_prepare_mmap(raw, READ_ONCE(v->file->inode->size));

	if (err && err != -ENOSPC)
		return err;
	vma_unlink_mapping(v);
	reach_drop(v);
	v->mapping = raw;
	v->flags &= ~VM_TEXT;
	vma_link_mapping(v);
	return vma_host_map(v, v->start, v->end, false);
}

/* Another word at the trampolines' start, for this process alone. */
int text_gate_slow(struct vma *v)
{
	u64 gate = host_text_gate(true), end = v->start + PAGE_SIZE;
	int err = mmh_protect(v->mm, v->start, end, PROT_READ | PROT_WRITE);

	if (!err && host_mm_write(v->mm, v->start, &gate, 8, true) != 8)
		err = -EFAULT;
	/* no code there; and another thread may have written to it just now */
	if (!err)
		err = mmh_protect(v->mm, v->start, end, PROT_READ);
	return err;
}

void mm_uses_gs(struct mm *mm)
{
	struct vma *v;

	if (!mm || mm->gs_used)
		return;
	mutex_lock(&mm->lock);
	mm->gs_used = true;
	vma_for_each (v, mm)
		if (v->flags & VM_HIDDEN && text_gate_slow(v))
			printk(KERN_WARN "text: no slow gate at %#lx\n",
			       (unsigned long)v->start);
	mutex_unlock(&mm->lock);
}

void exec_add_stats(struct text_stats *st)
{
	st->scans = exec_stats.scans;
	st->refused = exec_stats.refused;
	st->turns = exec_stats.turns;
}
