// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/cpuinfo, following proc(5): asked of the processor by CPUID each time
 * (a read of it is rare, and under a hypervisor slow, but never stale).
 *
 * The flags are a table of words, one for each bit of a CPUID register, `-` for
 * a bit without a name. What the host kernel has switched off although the
 * processor has it is shown too: only the host could tell.
 */
#include <cpuid.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/proc.h"

static const struct proc_cpu_flags {
	u32 leaf, sub;
	u32 reg;	   /* 0 eax, 1 ebx, 2 ecx, 3 edx */
	const char *names; /* 32 of them */
} proc_cpu_flags[] = {
	{ 1, 0, 3,
	  "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge "
	  "mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse "
	  "sse2 ss ht tm ia64 pbe" },
	{ 0x80000001, 0, 3,
	  "- - - - - - - - - - - syscall - - - - - - - mp nx - "
	  "mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow" },
	{ 1, 0, 2,
	  "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 "
	  "ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 "
	  "sse4_2 x2apic movbe popcnt tsc_deadline_timer aes "
	  "xsave - avx f16c rdrand hypervisor" },
	{ 0x80000001, 0, 2,
	  "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a "
	  "misalignsse 3dnowprefetch osvw ibs xop skinit wdt - "
	  "lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core "
	  "perfctr_nb - bpext ptsc perfctr_llc mwaitx - -" },
	{ 7, 0, 1,
	  "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms "
	  "invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed "
	  "adx smap avx512ifma - clflushopt clwb intel_pt "
	  "avx512pf avx512er avx512cd sha_ni avx512bw avx512vl" },
	{ 0xd, 1, 0,
	  "xsaveopt xsavec xgetbv1 xsaves xfd - - - - - - - - - - "
	  "- - - - - - - - - - - - - - - - -" },
	{ 7, 1, 0,
	  "- - - - avx_vnni avx512_bf16 - - - - - - - - - - - - - "
	  "- - - - - - - - - - - - -" },
	{ 7, 0, 2,
	  "prefetchwt1 avx512vbmi umip pku ospke waitpkg "
	  "avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni "
	  "avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - "
	  "rdpid - bus_lock_detect cldemote - movdiri movdir64b "
	  "enqcmd sgx_lc -" },
	{ 7, 0, 3,
	  "- - avx512_4vnniw avx512_4fmaps fsrm - - - "
	  "avx512_vp2intersect - md_clear - - - serialize - "
	  "tsxldtrk - pconfig arch_lbr ibt - amx_bf16 avx512_fp16 "
	  "amx_tile amx_int8 - - flush_l1d arch_capabilities - -" },
};

static bool proc_cpuid(u32 leaf, u32 sub, u32 r[4])
{
	u32 max = __get_cpuid_max(leaf & 0x80000000u, NULL);

	memset(r, 0, 4 * sizeof(*r));
	if (max < leaf)
		return false;
	__cpuid_count(leaf, sub, r[0], r[1], r[2], r[3]);
	return true;
}

static void proc_show_flags(struct seqbuf *s)
{
	u32 i, bit, r[4];

	seq_puts(s, "flags\t\t:");
	for (i = 0; i < ARRAY_SIZE(proc_cpu_flags); i++) {
		const char *p = proc_cpu_flags[i].names;

		proc_cpuid(proc_cpu_flags[i].leaf, proc_cpu_flags[i].sub, r);
		for (bit = 0; bit < 32; bit++) {
			size_t n = 0;

			while (p[n] && p[n] != ' ')
				n++;
			if (*p != '-' && r[proc_cpu_flags[i].reg] >> bit & 1)
				seq_printf(s, " %.*s", (int)n, p);
			p += p[n] ? n + 1 : n;
		}
	}
	seq_putc(s, '\n');
}

struct proc_cpu {
	char vendor[16], model_name[52];
	u32 family, model, stepping, mhz, cache_kb, phys_bits, virt_bits,
		clflush;
};

/* Hypervisors hide the frequency: ticks between two reads of the clock. */
static u32 proc_tsc_mhz(void)
{
	static u32 known; /* the same whoever measures it */
	u64 t0, t1, c0, c1;

	if (READ_ONCE(known))
		return READ_ONCE(known);
	t0 = time_mono_ns();
	c0 = __builtin_ia32_rdtsc();
	do {
		t1 = time_mono_ns();
		c1 = __builtin_ia32_rdtsc();
	} while (t1 - t0 < NSEC_PER_MSEC);
	WRITE_ONCE(known, (u32)((c1 - c0) * 1000 / (t1 - t0)));
	return known;
}

static void proc_get_cpu(struct proc_cpu *c)
{
	u32 r[4], i;
	char *p = c->model_name;

	memset(c, 0, sizeof(*c));
	proc_cpuid(0, 0, r);
	memcpy(c->vendor, &r[1], 4);
	memcpy(c->vendor + 4, &r[3], 4);
	memcpy(c->vendor + 8, &r[2], 4);
	proc_cpuid(1, 0, r);
	c->stepping = r[0] & 15;
	c->model = r[0] >> 4 & 15;
	c->family = r[0] >> 8 & 15;
	if (c->family == 6 || c->family == 15)
		c->model += r[0] >> 12 & 0xf0;
	if (c->family == 15)
		c->family += r[0] >> 20 & 0xff;
	c->clflush = r[1] >> 8 & 0xff;
	for (i = 0; i < 3; i++)
		if (proc_cpuid(0x80000002u + i, 0, r))
			memcpy(p + 16 * i, r, 16);
	while (*p == ' ')
		memmove(p, p + 1, strlen(p));
	if (proc_cpuid(0x80000006u, 0, r))
		c->cache_kb = r[2] >> 16;
	for (i = 0; i < 8 && proc_cpuid(4, i, r) && (r[0] & 31); i++)
		c->cache_kb = (u32)((u64)((r[1] >> 22) + 1) *
				    ((r[1] >> 12 & 0x3ff) + 1) *
				    ((r[1] & 0xfff) + 1) * (r[2] + 1) / 1024);
	proc_cpuid(0x80000008u, 0, r);
	c->phys_bits = r[0] & 0xff;
	c->virt_bits = r[0] >> 8 & 0xff;
	proc_cpuid(0x16, 0, r);
	c->mhz = r[0] & 0xffff;
	if (!c->mhz && proc_cpuid(0x15, 0, r) && r[0])
		c->mhz = (u32)((u64)r[2] * r[1] / r[0] / 1000000);
	if (!c->mhz)
		c->mhz = proc_tsc_mhz();
}

int proc_show_cpuinfo(struct seqbuf *s, const struct seqtree_node *n)
{
	u32 ncpus = max(host_info.ncpus, 1u), i, level;
	struct proc_cpu c;

	proc_get_cpu(&c);
	level = __get_cpuid_max(0, NULL);
	for (i = 0; i < ncpus; i++) {
		seq_printf(s,
			   "processor\t: %u\nvendor_id\t: %s\n"
			   "cpu family\t: %u\nmodel\t\t: %u\n"
			   "model name\t: %s\nstepping\t: %u\n",
			   i, c.vendor, c.family, c.model,
			   c.model_name[0] ? c.model_name : "unknown",
			   c.stepping);
		seq_printf(s,
			   "cpu MHz\t\t: %u.000\ncache size\t: %u KB\n"
			   "physical id\t: 0\nsiblings\t: %u\n"
			   "core id\t\t: %u\ncpu cores\t: %u\n"
			   "apicid\t\t: %u\ninitial apicid\t: %u\n",
			   c.mhz, c.cache_kb, ncpus, i, ncpus, i, i);
		seq_printf(s,
			   "fpu\t\t: yes\nfpu_exception\t: yes\n"
			   "cpuid level\t: %u\nwp\t\t: yes\n",
			   level);
		proc_show_flags(s);
		seq_printf(
			s,
			"bugs\t\t:\nbogomips\t: %u.00\n"
			"clflush size\t: %u\ncache_alignment\t: %u\n"
			"address sizes\t: %u bits physical, %u bits virtual\n"
			"power management:\n\n",
			2 * c.mhz, 8 * c.clflush, 8 * c.clflush, c.phys_bits,
			c.virt_bits);
	}
	return 0;
}
