// SPDX-License-Identifier: GPL-2.0
/*
 * Files of /proc about the machine, following proc(5): meminfo, stat, uptime,
 * loadavg, version, filesystems, cmdline, interrupts, vmstat, locks, kmsg,
 * sysrq-trigger; and our own /proc/lodger with the kernel's counters.
 *
 * Figures that only the host has (processor time by kind, context switches)
 * are put together from the tasks: processor time of the machine is that of
 * all living processes with the children they have waited for, and idle is
 * what is left of uptime.
 */
#include <abi/capability.h>
#include <abi/time.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/pool.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/slabinfo.h>
#include <kernel/string.h>
#include <kernel/text.h>
#include "fs/proc.h"
#include <hostapi/boot.h>

#define PROC_TICK_NS (NSEC_PER_SEC / 100)

static void proc_kb_line(struct seqbuf *s, const char *name, u64 kb)
{
	char label[24];

	snprintf(label, sizeof(label), "%s:", name);
	seq_printf(s, "%-16s%8llu kB\n", label, (unsigned long long)kb);
}

int proc_show_meminfo(struct seqbuf *s, const struct seqtree_node *n)
{
	struct mem_stats m;
	u64 file;

	mm_get_stats(&m);
	file = m.cached_kb > m.shmem_kb ? m.cached_kb - m.shmem_kb : 0;
	proc_kb_line(s, "MemTotal", m.total_kb);
	proc_kb_line(s, "MemFree", m.free_kb);
	proc_kb_line(s, "MemAvailable", m.avail_kb);
	proc_kb_line(s, "Buffers", 0);
	proc_kb_line(s, "Cached", m.cached_kb);
	proc_kb_line(s, "SwapCached", 0);
	proc_kb_line(s, "Active", m.anon_kb + file / 2);
	proc_kb_line(s, "Inactive", file - file / 2);
	proc_kb_line(s, "Active(anon)", m.anon_kb + m.shmem_kb);
	proc_kb_line(s, "Inactive(anon)", 0);
	proc_kb_line(s, "Active(file)", file / 2);
	proc_kb_line(s, "Inactive(file)", file - file / 2);
	proc_kb_line(s, "Unevictable", 0);
	proc_kb_line(s, "Mlocked", 0);
	proc_kb_line(s, "SwapTotal", 0);
	proc_kb_line(s, "SwapFree", 0);
	proc_kb_line(s, "Dirty", 0);
	proc_kb_line(s, "Writeback", 0);
	proc_kb_line(s, "AnonPages", m.anon_kb);
	proc_kb_line(s, "Mapped", m.mapped_kb);
	proc_kb_line(s, "Shmem", m.shmem_kb);
	proc_kb_line(s, "KReclaimable", 0);
	proc_kb_line(s, "Slab", m.slab_kb);
	proc_kb_line(s, "SReclaimable", 0);
	proc_kb_line(s, "SUnreclaim", m.slab_kb);
	proc_kb_line(s, "KernelStack", 0);
	proc_kb_line(s, "PageTables", 0);
	proc_kb_line(s, "CommitLimit", m.total_kb);
	proc_kb_line(s, "Committed_AS", m.committed_kb);
	proc_kb_line(s, "VmallocTotal", 34359738367ull);
	proc_kb_line(s, "VmallocUsed", m.slab_kb);
	proc_kb_line(s, "HugePages_Total", 0);
	s->len -= 4; /* these are counts */
	seq_puts(s, "\nHugePages_Free:        0\nHugePages_Rsvd:        0\n"
		    "HugePages_Surp:        0\n");
	proc_kb_line(s, "Hugepagesize", 2048);
	return 0;
}

/* --- Time --- */

struct proc_usage {
	u64 user, system, nvcsw;
	u32 running, total;
};

static void proc_get_usage(struct proc_usage *u)
{
	static u64 most_user, most_system; /* under tasklist_lock */
	struct task *t;

	memset(u, 0, sizeof(*u));
	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node) {
		struct process *p = t->proc;
		u64 ut, st;

		u->total++;
		u->nvcsw += t->nvcsw + t->nivcsw;
		if (!t->kthread && READ_ONCE(t->state) <= TASK_RUNNING)
			u->running++;
		if (t->tid != p->pid)
			continue;
		process_cputime_locked(p, &ut, &st);
		u->user += ut + p->cutime_ns;
		u->system += st + p->cstime_ns;
	}
	/* times of children nobody waited for are lost: never run backwards */
	most_user = u->user = max(u->user, most_user);
	most_system = u->system = max(u->system, most_system);
	mutex_unlock(&tasklist_lock);
}

static u64 proc_idle_ns(const struct proc_usage *u, u64 uptime, u32 ncpus)
{
	u64 all = uptime * ncpus, busy = u->user + u->system;

	return all > busy ? all - busy : 0;
}

static void proc_cpu_line(struct seqbuf *s, const char *name, u64 user,
			  u64 system, u64 idle)
{
	seq_printf(s, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name,
		   (unsigned long long)(user / PROC_TICK_NS),
		   (unsigned long long)(system / PROC_TICK_NS),
		   (unsigned long long)(idle / PROC_TICK_NS));
}

int proc_show_global_stat(struct seqbuf *s, const struct seqtree_node *n)
{
	u32 ncpus = max(host_info.ncpus, 1u), i;
	u64 up = machine_uptime_ns(), idle;
	struct proc_usage u;
	char name[16];

	proc_get_usage(&u);
	idle = proc_idle_ns(&u, up, ncpus);
	proc_cpu_line(s, "cpu ", u.user, u.system, idle);
	for (i = 0; i < ncpus; i++) {
		snprintf(name, sizeof(name), "cpu%u", i);
		proc_cpu_line(s, name, u.user / ncpus, u.system / ncpus,
			      idle / ncpus);
	}
	seq_printf(s,
		   "intr 0\nctxt %llu\nbtime %llu\nprocesses %u\n"
		   "procs_running %u\nprocs_blocked 0\n"
		   "softirq 0 0 0 0 0 0 0 0 0 0 0\n",
		   (unsigned long long)u.nvcsw,
		   (unsigned long long)((time_real_ns() - up) / NSEC_PER_SEC),
		   pid_last(), max(u.running, 1u));
	return 0;
}

int proc_show_uptime(struct seqbuf *s, const struct seqtree_node *n)
{
	u64 up = machine_uptime_ns(), idle;
	struct proc_usage u;

	proc_get_usage(&u);
	idle = proc_idle_ns(&u, up, max(host_info.ncpus, 1u));
	up /= PROC_TICK_NS;
	idle /= PROC_TICK_NS;
	seq_printf(s, "%llu.%02llu %llu.%02llu\n",
		   (unsigned long long)(up / 100),
		   (unsigned long long)(up % 100),
		   (unsigned long long)(idle / 100),
		   (unsigned long long)(idle % 100));
	return 0;
}

int proc_show_loadavg(struct seqbuf *s, const struct seqtree_node *n)
{
	u32 total, running;
	u64 l[3];
	int i;

	load_get(l);
	task_counts(&total, &running);
	for (i = 0; i < 3; i++) {
		u64 v = l[i] + 65536 / 200; /* rounded to 1/100 */

		seq_printf(s, "%llu.%02llu ", (unsigned long long)(v >> 16),
			   (unsigned long long)((v & 0xffff) * 100 >> 16));
	}
	seq_printf(s, "%u/%u %u\n", max(running, 1u), total, pid_last());
	return 0;
}

/* --- The system --- */

int proc_show_version(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s, "%s version %s (lodger@localhost) (gcc %s) %s\n",
		   uts_current()->sysname, uts_current()->release, __VERSION__,
		   uts_current()->version);
	return 0;
}

int proc_show_filesystems(struct seqbuf *s, const struct seqtree_node *n)
{
	struct fs_type *t;

	for (t = load_acquire(&fs_types); t; t = load_acquire(&t->next))
		seq_printf(s, "%s\t%s\n", t->nodev ? "nodev" : "", t->name);
	return 0;
}

int proc_show_cmdline(struct seqbuf *s, const struct seqtree_node *n)
{
	const struct boot_params *bp = (const void *)ARENA_BASE;

	seq_printf(s, "%s\n", bp->cmdline);
	return 0;
}

int proc_show_interrupts(struct seqbuf *s, const struct seqtree_node *n)
{
	u32 i;

	seq_puts(s, "           ");
	for (i = 0; i < host_info.ncpus; i++)
		seq_printf(s, "CPU%-8u", i);
	seq_putc(s, '\n');
	return 0;
}

int proc_show_vmstat(struct seqbuf *s, const struct seqtree_node *n)
{
	struct mem_stats m;

	mm_get_stats(&m);
	seq_printf(s,
		   "nr_free_pages %llu\nnr_anon_pages %llu\nnr_mapped %llu\n"
		   "nr_file_pages %llu\nnr_dirty 0\nnr_writeback 0\n"
		   "nr_shmem %llu\nnr_slab_unreclaimable %llu\n"
		   "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n"
		   "pgfault 0\npgmajfault 0\noom_kill 0\n",
		   (unsigned long long)m.free_kb / 4,
		   (unsigned long long)m.anon_kb / 4,
		   (unsigned long long)m.mapped_kb / 4,
		   (unsigned long long)m.cached_kb / 4,
		   (unsigned long long)m.shmem_kb / 4,
		   (unsigned long long)m.slab_kb / 4);
	return 0;
}

int proc_show_locks(struct seqbuf *s, const struct seqtree_node *n)
{
	char *buf = kmalloc(16 * PAGE_SIZE);

	if (!buf)
		return -ENOMEM;
	seq_write(s, buf, locks_show(buf, 16 * PAGE_SIZE));
	kfree(buf);
	return 0;
}

static void slabinfo_line(struct seqbuf *s, const struct slab_info *c)
{
	u64 slabs = c->per_slab ? c->total / c->per_slab : 0;
	char name[24];

	if (!c->name)
		snprintf(name, sizeof(name), "kmalloc-%u", c->size);
	seq_printf(s, "%-17s %6lu %6lu %6u %4u %4u", c->name ?: name,
		   (unsigned long)c->active, (unsigned long)c->total, c->size,
		   c->per_slab, c->pages);
	seq_printf(s,
		   " : tunables    0    0    0 : slabdata %6lu %6lu      0\n",
		   (unsigned long)slabs, (unsigned long)slabs);
}

int proc_show_slabinfo(struct seqbuf *s, const struct seqtree_node *n)
{
	struct slab_info c;
	u32 i;

	seq_printf(s, "slabinfo - version: 2.1\n"
		      "# name            <active_objs> <num_objs> <objsize> "
		      "<objperslab> <pagesperslab> : tunables <limit> "
		      "<batchcount> <sharedfactor> : slabdata <active_slabs> "
		      "<num_slabs> <sharedavail>\n");
	for (i = 0; objcache_info(i, &c); i++)
		slabinfo_line(s, &c);
	for (i = 0; slab_info(i, &c); i++)
		slabinfo_line(s, &c);
	return 0;
}

/* Counters of the host side, of kernel memory and of the pool. */
int proc_show_lodger(struct seqbuf *s, const struct seqtree_node *n)
{
	struct host_counters c;
	struct dcache_stats d;
	struct slab_stats m;
	struct text_stats x;
	u64 calls, trapped;
	u32 total, running;

	host_get_counters(&c);
	slab_get_stats(&m);
	dcache_get_stats(&d);
	task_counts(&total, &running);
	seq_printf(s, "backend %s\nncpus %u\npid_namespace %u\n",
		   host_info.backend, host_info.ncpus, host_info.pid_namespace);
#define LINE(name, v) seq_printf(s, name " %llu\n", (unsigned long long)(v))
	task_count_calls(&calls, &trapped);
	LINE("calls", calls);
	LINE("patched_calls", calls - min(calls, trapped));
	LINE("sigsys", c.sigsys);
	LINE("faults", c.faults);
	LINE("kicks", c.kicks);
	LINE("kernel_faults", c.kernel_faults);
	LINE("host_calls", c.host_calls);
	LINE("maps", c.maps);
	LINE("forks", c.forks);
	LINE("threads", c.threads);
	LINE("recycled", c.recycled);
	LINE("adopted", c.adopted);
	LINE("mm_calls", c.mm_calls);
	LINE("slow_calls", c.slow_calls);
	LINE("emulated", c.emulated);
	text_get_stats(&x);
	LINE("text_chunks", x.chunks);
	LINE("text_patched", x.patched);
	LINE("text_left", x.left);
	LINE("text_bad_pages", x.bad);
	LINE("exec_scans", x.scans);
	LINE("exec_turns", x.turns);
	LINE("exec_refused", x.refused);
	LINE("tasks", total);
	LINE("arena_pages", m.arena_pages);
	LINE("arena_used", m.arena_used);
	LINE("objects", m.objects);
	LINE("object_bytes", m.bytes);
	LINE("pool_pages", pool_used_pages());
	LINE("dentries", d.total);
#undef LINE
	return 0;
}

/* --- kmsg: lines as syslog(2) gives them, without consuming them --- */

static ssize_t proc_kmsg_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	u64 at = (u64)*pos;
	char *buf;
	size_t n;

	if (!capable(CAP_SYSLOG))
		return -EPERM;
	buf = kmalloc(PAGE_SIZE);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		u32 seq = sleep_prepare();

		n = klog_read(&at, buf, min(it->count, PAGE_SIZE));
		if (n || !it->count)
			break;
		if (f->flags & O_NONBLOCK) {
			kfree(buf);
			return -EAGAIN;
		}
		if (sleep_on(seq, time_mono_ns() + 500 * NSEC_PER_MSEC,
			     SLEEP_INTR, "kmsg_read") == -EINTR) {
			kfree(buf);
			return -ERESTARTSYS;
		}
	}
	n = copy_to_iter(it, buf, n);
	kfree(buf);
	*pos = (loff_t)at;
	return (ssize_t)n;
}

const struct file_ops proc_kmsg_fops = {
	.read = proc_kmsg_read,
	.llseek = seqtree_llseek,
	.mmap = seqtree_no_mmap,
};

/* The one letter that is left of a key on a keyboard. */
int proc_write_sysrq(const struct seqtree_node *n, char *buf, size_t len)
{
	if (!len)
		return 0;
	switch (buf[0]) {
	case 'b':
		machine_stop(true, 0);
	case 'o':
		machine_stop(false, 0);
	case 'c':
		panic("sysrq triggered crash");
	case 't':
	case 'w':
		task_dump_all();
		break;
	}
	return 0;
}

/* --- What the hardware's kernel would count --- */

int proc_show_softirqs(struct seqbuf *s, const struct seqtree_node *n)
{
	static const char *const names[] = {
		"HI",	    "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
		"IRQ_POLL", "TASKLET", "SCHED",	 "HRTIMER", "RCU",
	};
	u32 i, cpu;

	seq_puts(s, "                    ");
	for (cpu = 0; cpu < host_info.ncpus; cpu++)
		seq_printf(s, "CPU%-8u", cpu);
	seq_putc(s, '\n');
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		seq_printf(s, "%12s:", names[i]);
		for (cpu = 0; cpu < host_info.ncpus; cpu++)
			seq_puts(s, "          0");
		seq_putc(s, '\n');
	}
	return 0;
}

int proc_show_timer_list(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s,
		   "Timer List Version: v0.10\nHRTIMER_MAX_CLOCK_BASES: 8\n"
		   "now at %llu nsecs\n\n",
		   (unsigned long long)time_mono_ns());
	return 0;
}

/* One node, one zone. */
int proc_show_zoneinfo(struct seqbuf *s, const struct seqtree_node *n)
{
	struct mem_stats m;
	u64 file;

	mm_get_stats(&m);
	file = m.cached_kb > m.shmem_kb ? m.cached_kb - m.shmem_kb : 0;
	seq_printf(s,
		   "Node 0, zone   Normal\n  per-node stats\n"
		   "      nr_inactive_anon 0\n      nr_active_anon %llu\n"
		   "      nr_inactive_file %llu\n      nr_active_file %llu\n"
		   "      nr_unevictable 0\n      nr_anon_pages %llu\n"
		   "      nr_mapped    %llu\n      nr_file_pages %llu\n"
		   "      nr_dirty     0\n      nr_writeback 0\n"
		   "      nr_shmem     %llu\n",
		   (unsigned long long)(m.anon_kb + m.shmem_kb) / 4,
		   (unsigned long long)(file - file / 2) / 4,
		   (unsigned long long)file / 8,
		   (unsigned long long)m.anon_kb / 4,
		   (unsigned long long)m.mapped_kb / 4,
		   (unsigned long long)m.cached_kb / 4,
		   (unsigned long long)m.shmem_kb / 4);
	seq_printf(s,
		   "  pages free     %llu\n        boost    0\n"
		   "        min      1024\n        low      1280\n"
		   "        high     1536\n        spanned  %llu\n"
		   "        present  %llu\n        managed  %llu\n"
		   "        cma      0\n"
		   "        protection: (0, 0, 0, 0, 0)\n"
		   "      nr_free_pages %llu\n"
		   "  pagesets\n  node_unreclaimable:  0\n"
		   "  start_pfn:           1048576\n",
		   (unsigned long long)m.free_kb / 4,
		   (unsigned long long)m.total_kb / 4,
		   (unsigned long long)m.total_kb / 4,
		   (unsigned long long)m.total_kb / 4,
		   (unsigned long long)m.free_kb / 4);
	return 0;
}
