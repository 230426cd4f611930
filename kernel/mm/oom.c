// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory the machine uses, and what happens when it is too much.
 *
 * Private guest memory belongs to host processes, so only the host knows how
 * much there is: the monitor samples it against mem= and raises KERN_EV_OOM
 * when the limit is passed. Then the process with the highest badness, resident
 * memory shifted by oom_score_adj as proc(5) describes, gets SIGKILL, along
 * with all that share its address space. While an earlier victim is still on
 * its way out nobody else is killed. Init and kernel threads never are.
 */
#include <hostapi/boot.h>
#include <hostapi/kern.h>
#include <kernel/printk.h>
#include <kernel/signal.h>
#include "internal.h"

#define OOM_ADJ_MIN (-1000)

static u64 mm_total; /* KiB, fixed at boot */

void mm_subsys_init(void)
{
	const struct boot_params *bp = (const void *)ARENA_BASE;

	mm_total = (bp->mem_limit ? bp->mem_limit : bp->pool_size) >> 10;
}

u64 mm_total_kb(void)
{
	return mm_total;
}

/* --- What one process has --- */

#define RSS_PAGES 65536u /* asked about at a time */

/* Pages with memory in [start, end), by the host's page tables. */
static u64 rss_of_range(struct mm *mm, u64 start, u64 end, u8 *vec)
{
	u64 n = 0, i, pages;

	for (; start < end; start += pages << PAGE_SHIFT) {
		pages = min((end - start) >> PAGE_SHIFT, (u64)RSS_PAGES);
		if (host_mm_resident(mm, start, pages << PAGE_SHIFT, vec))
			return n;
		for (i = 0; i < pages; i++)
			n += vec[i] & 1;
	}
	return n;
}

u64 mm_rss_pages(struct mm *mm)
{
	u64 rss = host_mm_rss(mm) >> PAGE_SHIFT;
	struct vma *v;
	u8 *vec;

	if (rss || READ_ONCE(mm->dead))
		return rss;
	vec = kmalloc(RSS_PAGES);
	if (!vec)
		return 0;
	if (mutex_trylock(&mm->lock)) {
		vma_for_each (v, mm)
			if (!v->mapping && v->flags & VM_ACCESS)
				rss += rss_of_range(mm, v->start, v->end, vec);
		mutex_unlock(&mm->lock);
	}
	kfree(vec);
	return rss;
}

/* --- The processes with an address space --- */

struct oom_list {
	struct task **task; /* references to leaders */
	struct mm **mm;	    /* references */
	u64 *rss;	    /* KiB */
	u32 n, max;
};

static void oom_list_free(struct oom_list *l)
{
	u32 i;

	for (i = 0; i < l->n; i++) {
		mm_put(l->mm[i]);
		task_put(l->task[i]);
	}
	kfree(l->task);
	kfree(l->mm);
	kfree(l->rss);
}

static u32 oom_count(void)
{
	struct task *t;
	u32 n = 0;

	list_for_each_entry (t, &all_tasks, all_node)
		n++;
	return n;
}

/* Of several processes with one mm only the first counts: rss 0 for others. */
static int oom_list_make(struct oom_list *l)
{
	struct task *t;
	u32 i, j;

	*l = (struct oom_list){ 0 };
	mutex_lock(&tasklist_lock);
	l->max = oom_count();
	l->task = kcalloc(l->max, sizeof(*l->task));
	l->mm = kcalloc(l->max, sizeof(*l->mm));
	l->rss = kcalloc(l->max, sizeof(*l->rss));
	if (!l->task || !l->mm || !l->rss) {
		mutex_unlock(&tasklist_lock);
		oom_list_free(l);
		return -ENOMEM;
	}
	list_for_each_entry (t, &all_tasks, all_node) {
		struct mm *mm;

		if (t->kthread || !t->proc || t->proc->leader != t)
			continue;
		mm = task_get_mm(t);
		if (!mm)
			continue;
		task_get(t);
		l->task[l->n] = t;
		l->mm[l->n++] = mm;
	}
	mutex_unlock(&tasklist_lock);
	for (i = 0; i < l->n; i++) {
		for (j = 0; j < i && l->mm[j] != l->mm[i]; j++)
			;
		if (j == i)
			l->rss[i] = mm_rss_pages(l->mm[i]) << (PAGE_SHIFT - 10);
	}
	return 0;
}

/* --- Statistics --- */

/*
 * What the processes have is known only by asking each of them, which calls it
 * off its work. Programs ask often (each run of a compiler does), so they get
 * the last answer for a second, and for longer where it took long.
 */
static struct mutex anon_lock = MUTEX_INIT(anon_lock);
static u64 anon_kb, anon_committed_kb; /* under anon_lock; read at any time */
static u64 anon_until;

static void mm_count_anon(void)
{
	u64 begin = time_mono_ns(), now, kb = 0, committed = 0;
	struct oom_list l;
	u32 i;

	if (begin < READ_ONCE(anon_until) || !mutex_trylock(&anon_lock))
		return;
	if (!oom_list_make(&l)) {
		for (i = 0; i < l.n; i++) {
			kb += l.rss[i];
			committed += READ_ONCE(l.mm[i]->data_pages)
				     << (PAGE_SHIFT - 10);
		}
		oom_list_free(&l);
		WRITE_ONCE(anon_kb, kb);
		WRITE_ONCE(anon_committed_kb, committed);
	}
	now = time_mono_ns();
	WRITE_ONCE(anon_until,
		   now + max((u64)NSEC_PER_SEC, (now - begin) * 100));
	mutex_unlock(&anon_lock);
}

void mm_get_stats(struct mem_stats *st)
{
	struct slab_stats slab;
	u64 used;

	*st = (struct mem_stats){ .total_kb = mm_total };
	slab_get_stats(&slab);
	st->slab_kb = slab.arena_used << (PAGE_SHIFT - 10);
	st->cached_kb = pool_used_pages() << (PAGE_SHIFT - 10);
	mm_count_anon();
	st->anon_kb = READ_ONCE(anon_kb);
	st->committed_kb = READ_ONCE(anon_committed_kb);
	used = st->slab_kb + st->cached_kb + st->anon_kb;
	st->free_kb = used < mm_total ? mm_total - used : 0;
	st->avail_kb = min(mm_total, st->free_kb + st->cached_kb);
}

/* --- The killer --- */

static s64 oom_badness(const struct oom_list *l, u32 i)
{
	struct task *t = l->task[i];

	if (t->oom_score_adj == OOM_ADJ_MIN || t->proc->unkillable ||
	    t->proc == init_process)
		return INT64_MIN;
	return (s64)l->rss[i] + (s64)(mm_total / 1000) * t->oom_score_adj;
}

static void oom_kill(const struct oom_list *l, u32 victim)
{
	struct task *t = l->task[victim];
	struct mm *mm = l->mm[victim];
	u32 i;

	printk(KERN_ERR
	       "Out of memory: Killed process %u (%s) "
	       "total-vm:%lukB, anon-rss:%lukB, file-rss:0kB, shmem-rss:0kB, "
	       "UID:%u pgtables:0kB oom_score_adj:%d\n",
	       t->proc->pid, t->comm,
	       (unsigned long)(mm->total_pages << (PAGE_SHIFT - 10)),
	       (unsigned long)l->rss[victim], t->cred ? t->cred->uid : 0,
	       t->oom_score_adj);
	for (i = 0; i < l->n; i++)
		if (l->mm[i] == mm && l->task[i]->proc != init_process)
			(void)send_signal_process(l->task[i]->proc, SIGKILL,
						  NULL);
}

/*
 * The last victim's memory may have gone since the monitor looked. What is
 * counted here is never too little: shared pages count for each.
 */
static bool oom_is_over(const struct oom_list *l)
{
	struct slab_stats slab;
	u64 kb = 0;
	u32 i;

	for (i = 0; i < l->n; i++)
		kb += l->rss[i];
	slab_get_stats(&slab);
	return kb && kb + ((slab.arena_used + pool_used_pages())
			   << (PAGE_SHIFT - 10)) <
			     mm_total;
}

void mm_oom(void)
{
	struct oom_list l;
	s64 best = INT64_MIN, bad;
	u32 i, victim = 0;
	bool dying = false;

	if (oom_list_make(&l))
		return;
	for (i = 0; i < l.n; i++) {
		if (fatal_signal_pending(l.task[i]) || l.task[i]->dying)
			dying = true;
		bad = oom_badness(&l, i);
		if (bad > best) {
			best = bad;
			victim = i;
		}
	}
	if (oom_is_over(&l))
		pr_debug(DEBUG_MM, "oom: there is room again\n");
	else if (dying)
		pr_debug(DEBUG_MM, "oom: a victim is still on its way out\n");
	else if (best == INT64_MIN)
		printk(KERN_ERR "Out of memory and no killable processes...\n");
	else
		oom_kill(&l, victim);
	oom_list_free(&l);
}
