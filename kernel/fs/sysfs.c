// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs, as far as common tools look into it: the processors (nproc, lscpu,
 * glibc's sysconf), one memory node (numactl, lscpu), huge-page policy, and the
 * directories that other file systems are mounted on. This kernel has no device
 * model: of devices only disks and networks have entries.
 *
 * A table (fs/seqtree.h); the directories cpu0 … are made by sysfs_cpu_dir,
 * whose nodes carry the processor's number plus one in node->sub.
 */
#include <abi/statfs.h>
#include <kernel/block.h>
#include <kernel/fs.h>
#include <kernel/kcov.h>
#include <kernel/mm.h>
#include <kernel/net.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/proc.h"

/* --- Processors --- */

static u32 sysfs_ncpus(void)
{
	return max(host_info.ncpus, 1u);
}

/* "0-3" or "0" */
static int sysfs_show_cpus(struct seqbuf *s, const struct seqtree_node *n)
{
	u32 nr = sysfs_ncpus();

	seq_printf(s, nr > 1 ? "0-%u\n" : "%u\n", nr - 1);
	return 0;
}

static void sysfs_mask(struct seqbuf *s, u32 lo, u32 hi)
{
	u32 words = (sysfs_ncpus() + 31) / 32, w, i;

	for (w = words; w-- > 0;) {
		u32 bits = 0;

		for (i = lo; i <= hi; i++)
			if (i / 32 == w)
				bits |= 1u << i % 32;
		seq_printf(s, w == words - 1 ? "%x" : ",%08x", bits);
	}
	seq_putc(s, '\n');
}

static int sysfs_show_cpu_mask(struct seqbuf *s, const struct seqtree_node *n)
{
	sysfs_mask(s, 0, sysfs_ncpus() - 1);
	return 0;
}

static int sysfs_show_own_mask(struct seqbuf *s, const struct seqtree_node *n)
{
	sysfs_mask(s, n->sub - 1, n->sub - 1);
	return 0;
}

static int sysfs_show_own(struct seqbuf *s, const struct seqtree_node *n)
{
	seq_printf(s, "%u\n", n->sub - 1);
	return 0;
}

#define TEXT(n, t)                                                         \
	{                                                                  \
		.name = n, .mode = S_IFREG | 0444, .show = proc_show_text, \
		.data = t                                                  \
	}

/* One package, one core a processor, no threads. */
static const struct seqtree_entry sysfs_topology[] = {
	PROC_FILE("core_cpus", 0444, sysfs_show_own_mask),
	PROC_FILE("core_cpus_list", 0444, sysfs_show_own),
	PROC_FILE("core_id", 0444, sysfs_show_own),
	PROC_FILE("core_siblings", 0444, sysfs_show_cpu_mask),
	PROC_FILE("core_siblings_list", 0444, sysfs_show_cpus),
	PROC_FILE("package_cpus", 0444, sysfs_show_cpu_mask),
	PROC_FILE("package_cpus_list", 0444, sysfs_show_cpus),
	TEXT("physical_package_id", "0\n"),
	PROC_FILE("thread_siblings", 0444, sysfs_show_own_mask),
	PROC_FILE("thread_siblings_list", 0444, sysfs_show_own),
	PROC_END,
};

static const struct seqtree_entry sysfs_cpu_entries[] = {
	TEXT("online", "1\n"),
	PROC_DIR("topology", 0755, sysfs_topology),
	PROC_END,
};
static const struct seqtree_entry sysfs_cpu_entry = {
	.mode = S_IFDIR | 0755,
	.children = sysfs_cpu_entries,
};

static int sysfs_cpu_lookup(const struct seqtree_node *dir, const char *name,
			    u32 len, struct seqtree_node *out)
{
	char want[16];
	u32 i;

	for (i = 0; i < sysfs_ncpus(); i++) {
		int n = snprintf(want, sizeof(want), "cpu%u", i);

		if ((u32)n == len && !memcmp(want, name, len)) {
			out->e = &sysfs_cpu_entry;
			out->sub = i + 1;
			return 0;
		}
	}
	return -ENOENT;
}

static int sysfs_cpu_iterate(const struct seqtree_node *dir,
			     struct dir_context *ctx)
{
	struct seqtree_node n = *dir;
	u32 i;

	n.e = &sysfs_cpu_entry;
	for (i = (u32)(ctx->pos - SEQTREE_DYN); i < sysfs_ncpus(); i++) {
		char name[16];

		n.sub = i + 1;
		snprintf(name, sizeof(name), "cpu%u", i);
		if (!seqtree_emit(ctx, name, &n, i))
			break;
	}
	return 0;
}

static const struct seqtree_dir sysfs_cpu_dir = {
	.lookup = sysfs_cpu_lookup,
	.iterate = sysfs_cpu_iterate,
};

static const struct seqtree_entry sysfs_vulnerabilities[] = { PROC_END };
static const struct seqtree_entry sysfs_cpu[] = {
	TEXT("isolated", "\n"),
	TEXT("kernel_max", "1023\n"),
	TEXT("offline", "\n"),
	PROC_FILE("online", 0444, sysfs_show_cpus),
	PROC_FILE("possible", 0444, sysfs_show_cpus),
	PROC_FILE("present", 0444, sysfs_show_cpus),
	PROC_DIR("vulnerabilities", 0755, sysfs_vulnerabilities),
	PROC_END,
};

/* --- Memory --- */

static int sysfs_show_node_meminfo(struct seqbuf *s,
				   const struct seqtree_node *n)
{
	struct mem_stats m;

	mm_get_stats(&m);
	seq_printf(s,
		   "Node 0 MemTotal:       %8llu kB\n"
		   "Node 0 MemFree:        %8llu kB\n"
		   "Node 0 MemUsed:        %8llu kB\n",
		   (unsigned long long)m.total_kb,
		   (unsigned long long)m.free_kb,
		   (unsigned long long)(m.total_kb - m.free_kb));
	return 0;
}

static const struct seqtree_entry sysfs_node0[] = {
	PROC_FILE("cpulist", 0444, sysfs_show_cpus),
	PROC_FILE("cpumap", 0444, sysfs_show_cpu_mask),
	TEXT("distance", "10\n"),
	PROC_FILE("meminfo", 0444, sysfs_show_node_meminfo),
	PROC_END,
};
static const struct seqtree_entry sysfs_node[] = {
	TEXT("has_cpu", "0\n"),
	TEXT("has_memory", "0\n"),
	TEXT("has_normal_memory", "0\n"),
	PROC_DIR("node0", 0755, sysfs_node0),
	TEXT("online", "0\n"),
	TEXT("possible", "0\n"),
	PROC_END,
};
static const struct seqtree_entry sysfs_thp[] = {
	TEXT("defrag", "always defer defer+madvise [madvise] never\n"),
	TEXT("enabled", "always [madvise] never\n"),
	TEXT("hpage_pmd_size", "2097152\n"),
	TEXT("shmem_enabled", "always within_size advise [never] deny force\n"),
	TEXT("use_zero_page", "1\n"),
	PROC_END,
};
static const struct seqtree_entry sysfs_empty[] = { PROC_END };
static const struct seqtree_entry sysfs_kernel_mm[] = {
	PROC_DIR("hugepages", 0755, sysfs_empty),
	PROC_DIR("transparent_hugepage", 0755, sysfs_thp),
	PROC_END,
};

/* --- The tree --- */

static const struct seqtree_entry sysfs_kernel[] = {
	PROC_DIR("config", 0755, sysfs_empty),
	PROC_DIR("debug", 0700, kcov_entries),
	TEXT("fscaps", "1\n"),
	TEXT("kexec_loaded", "0\n"),
	PROC_DIR("mm", 0755, sysfs_kernel_mm),
	TEXT("profiling", "0\n"),
	PROC_DIR("security", 0755, sysfs_empty),
	PROC_DIR("tracing", 0700, sysfs_empty),
	TEXT("uevent_helper", "\n"),
	TEXT("uevent_seqnum", "0\n"),
	PROC_END,
};
static const struct seqtree_entry sysfs_system[] = {
	{ .name = "cpu",
	  .mode = S_IFDIR | 0755,
	  .children = sysfs_cpu,
	  .dir = &sysfs_cpu_dir },
	PROC_DIR("node", 0755, sysfs_node),
	PROC_END,
};
#define BLOCK_DIR(d)                                             \
	{                                                        \
		.name = "block", .mode = S_IFDIR | 0755,         \
		.children = sysfs_empty, .dir = &block_sysfs_##d \
	}
static const struct seqtree_entry sysfs_virtual[] = {
	BLOCK_DIR(disks),
	PROC_END,
};
static const struct seqtree_entry sysfs_devices[] = {
	PROC_DIR("platform", 0755, sysfs_empty),
	PROC_DIR("system", 0755, sysfs_system),
	PROC_DIR("virtual", 0755, sysfs_virtual),
	PROC_END,
};
static const struct seqtree_entry sysfs_class[] = {
	BLOCK_DIR(class),
	PROC_DIR("input", 0755, sysfs_empty),
	PROC_DIR("mem", 0755, sysfs_empty),
	PROC_DIR("misc", 0755, sysfs_empty),
	{ .name = "net",
	  .mode = S_IFDIR | 0755,
	  .children = sysfs_empty,
	  .dir = &net_sysfs_dir },
	PROC_DIR("tty", 0755, sysfs_empty),
	PROC_END,
};
static const struct seqtree_entry sysfs_bus[] = {
	PROC_DIR("cpu", 0755, sysfs_empty),
	PROC_END,
};
static const struct seqtree_entry sysfs_dev[] = {
	BLOCK_DIR(dev),
	PROC_DIR("char", 0755, sysfs_empty),
	PROC_END,
};
static const struct seqtree_entry sysfs_fuse[] = {
	PROC_DIR("connections", 0755, sysfs_empty),
	PROC_END,
};
static const struct seqtree_entry sysfs_fs[] = {
	PROC_DIR("bpf", 0755, sysfs_empty),
	PROC_DIR("cgroup", 0755, sysfs_empty),
	PROC_DIR("fuse", 0755, sysfs_fuse),
	PROC_END,
};
static const struct seqtree_entry sysfs_power[] = {
	TEXT("state", "\n"),
	PROC_END,
};

static const struct seqtree_entry sysfs_root[] = {
	BLOCK_DIR(block),
	PROC_DIR("bus", 0755, sysfs_bus),
	PROC_DIR("class", 0755, sysfs_class),
	PROC_DIR("dev", 0755, sysfs_dev),
	PROC_DIR("devices", 0755, sysfs_devices),
	PROC_DIR("firmware", 0755, sysfs_empty),
	PROC_DIR("fs", 0755, sysfs_fs),
	PROC_DIR("kernel", 0755, sysfs_kernel),
	PROC_DIR("module", 0755, sysfs_empty),
	PROC_DIR("power", 0755, sysfs_power),
	PROC_END,
};

static const struct seqtree_type sysfs_type = {
	.root = { .mode = S_IFDIR | 0555, .children = sysfs_root },
	.magic = SYSFS_MAGIC,
};

static struct super *sysfs_mount(const struct fs_type *t, const char *source,
				 u32 flags, const char *data)
{
	return seqtree_mount(t, &sysfs_type, NULL);
}

static struct fs_type sysfs_fs_type = {
	.name = "sysfs",
	.nodev = true,
	.userns = true,
	.revealing = true,
	.mount = sysfs_mount,
};

void sysfs_init(void)
{
	fs_register(&sysfs_fs_type);
}
