/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bringing the machine up: from the loader's jump to kern_start().
 *
 * The loader (boot/loader.c) has mapped image, arena and pool and jumped here on
 * a stack in the arena. Here the rest of its address space goes (its libc, its
 * stack), the vDSO moves into the kernel range, signals and the filter are
 * installed, and the first kernel thread is started. This thread then becomes
 * the reaper.
 */
#include <asm/ldt.h>
#include <asm/unistd.h>
#include "backend.h"
#include <abi/errno.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>

#define PROT_RW		   3
#define PROT_RX		   5
#define PROT_RWX	   7
#define H_MAP_SHARED_FIXED 0x11

extern char init_start[], init_end[];
extern char stub_page[];

void arch_main(struct boot_params *bp) __attribute__((noreturn));

/* struct user_desc of every slot: limit = slot number. Also mapped low. */
static struct user_desc low_table[MAX_SLOTS] __big_bss
	__attribute__((aligned(4096)));
_Static_assert(sizeof(struct user_desc) == 16, "user_desc");

/*
 * A slot's entry is written when a thread takes it: most are never used. Where
 * the host is going to read it: a page less to be mapped in a new process.
 */
void direct_slot_entry(uint32_t index)
{
	struct user_desc *low = (void *)LOW_TABLE;

	low[index] = (struct user_desc){
		.entry_number = SLOT_SELECTOR >> 3,
		.limit = index,
		.seg_32bit = 1,
		.useable = 1,
	};
}

/*
 * No keys: the gates' instructions for them become no-ops, in this process's own
 * copy of the text, which all others inherit.
 */
static void direct_without_keys(void)
{
	extern const struct {
		uint8_t *from, *to;
	} nokeys_start[], nokeys_end[];
	const typeof(nokeys_start[0]) *n;

	for (n = nokeys_start; n < nokeys_end; n++) {
		uint64_t page = ALIGN_DOWN((uint64_t)n->from, PAGE_SIZE);
		uint64_t len = (uint64_t)n->to - page;

		if (host_call(__NR_mprotect, (long)page, (long)len, PROT_RWX, 0,
			      0))
			arch_panic("cannot change the gates");
		memset(n->from, 0x90, (size_t)(n->to - n->from));
		host_call(__NR_mprotect, (long)page, (long)len, PROT_RX, 0, 0);
	}
}

/* What every process runs is mapped before the first fork (boot/enter.c). */
static void direct_map_hot_text(void)
{
	extern const char hot_text_end[];
	uint64_t from = ALIGN_DOWN((uint64_t)gate_jump, PAGE_SIZE);

	host_call(__NR_madvise, (long)from,
		  (long)ALIGN_UP((uint64_t)hot_text_end - from, PAGE_SIZE),
		  22 /* MADV_POPULATE_READ */, 0, 0);
}

void direct_init(const struct boot_params *bp)
{
	uint64_t off = (uint64_t)low_table - ARENA_BASE;

	if (!bp->pkey)
		direct_without_keys();
	direct_map_hot_text();
	host_call(__NR_munmap, (long)stub_page, PAGE_SIZE, 0, 0, 0);
	if (host_call6(__NR_mmap, (long)LOW_TABLE, (long)LOW_TABLE_SIZE,
		       PROT_RW, H_MAP_SHARED_FIXED, FD_ARENA,
		       (long)off) != (long)LOW_TABLE)
		arch_panic("cannot map the thread descriptors at 64 KiB "
			   "(vm.mmap_min_addr above 65536?)");
	if (bp->pkey)
		host_call(__NR_pkey_mprotect, (long)LOW_TABLE,
			  (long)LOW_TABLE_SIZE, PROT_RW, bp->pkey, 0);
}

/*
 * Move the vDSO and its data to VDSO_BASE. They are several host mappings that
 * can only be moved whole, so the longest piece that moves is looked for.
 */
static void start_move_vdso(const struct boot_params *bp)
{
	uint64_t from = bp->vvar_len ? bp->vvar_addr : bp->vdso_addr;
	uint64_t end = bp->vdso_addr + bp->vdso_len, to = VDSO_BASE, len;

	host_info.vsyscall = bp->vsyscall;
	if (!bp->vdso_len)
		return;
	while (from < end) {
		for (len = end - from; len; len -= PAGE_SIZE)
			if (host_call(__NR_mremap, (long)from, (long)len,
				      (long)len, 3, (long)to) == (long)to)
				break;
		if (!len)
			return; /* no vDSO then */
		from += len;
		to += len;
	}
	host_vdso_end = to;
	host_info.vdso =
		VDSO_BASE + (bp->vdso_addr -
			     (bp->vvar_len ? bp->vvar_addr : bp->vdso_addr));
	host_info.vdso_len = bp->vdso_len;
}

struct vdso_ehdr {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct vdso_phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
struct vdso_sym {
	uint32_t name;
	uint8_t info, other;
	uint16_t shndx;
	uint64_t value, size;
};

/* Find __vdso_clock_gettime in the host's vDSO. */
static void start_parse_vdso(void)
{
	uint64_t base = host_info.vdso;
	const struct vdso_ehdr *eh = (const void *)base;
	const struct vdso_phdr *ph = (const void *)(base + eh->phoff);
	const uint64_t *dyn = NULL;
	const struct vdso_sym *sym = NULL;
	const char *str = NULL;
	uint64_t strsz = 0, i;

	for (i = 0; i < eh->phnum; i++)
		if (ph[i].type == 2)
			dyn = (const uint64_t *)(base + ph[i].offset);
	for (; dyn && dyn[0]; dyn += 2) {
		if (dyn[0] == 5)
			str = (const char *)(base + dyn[1]);
		else if (dyn[0] == 6)
			sym = (const void *)(base + dyn[1]);
		else if (dyn[0] == 10)
			strsz = dyn[1];
	}
	if (!str || !sym || (const char *)sym > str)
		return;
	for (; (const char *)(sym + 1) <= str; sym++)
		if (sym->name < strsz &&
		    !strcmp(str + sym->name, "__vdso_clock_gettime"))
			host_vdso_clock = (void *)(base + sym->value);
}

static void start_first_thread(void *arg)
{
	kern_start(arg);
}

static void start_reaper(void *unused1, void *unused2)
{
	zygote_main();
}

/* A bare kernel task: enough for `current`, locks and sleeping. */
static struct task *start_task(const char *name)
{
	void *block = page_alloc(TASK_BLOCK_ORDER);
	struct task *t;

	if (!block)
		arch_panic("no memory for the first tasks");
	memset(block, 0, TASK_BLOCK_SIZE);
	t = task_from_sp((uint64_t)block);
	t->kthread = true;
	strlcpy(t->comm, name, sizeof(t->comm));
	return t;
}

void arch_main(struct boot_params *bp)
{
	struct host_task *zygote;
	struct task *reaper;

	boot = bp;
	if (bp->magic != BOOT_MAGIC || bp->version != BOOT_VERSION)
		arch_panic("loader and kernel image do not fit");
	zygote_pid = (uint32_t)host_call(__NR_getpid, 0, 0, 0, 0, 0);
	start_move_vdso(bp);
	host_call(__NR_munmap, 0, (long)KERNEL_RANGE_LO, 0, 0, 0);
	host_call(__NR_munmap, (long)KERNEL_RANGE_HI,
		  (long)(USER_MAX - KERNEL_RANGE_HI), 0, 0, 0);
	host_call(__NR_munmap, (long)init_start, init_end - init_start, 0, 0,
		  0);
	if (host_info.vdso)
		start_parse_vdso();
	backend_choose(bp);
	backend->init(bp);
	fpu_init(bp->minsigstksz);

	host_info.hwcap = bp->hwcap;
	/* GS is set by arch_prctl(2) only, so that we hear of it */
	host_info.hwcap2 = bp->hwcap2 & ~2ull;
	host_info.scans_text = backend->patches_text;
	host_info.minsigstksz = bp->minsigstksz;
	host_info.ncpus = bp->ncpus;
	host_info.pid_namespace = bp->flags & BOOT_HAVE_PIDNS;
	memcpy(host_info.platform, bp->platform, sizeof(host_info.platform));

	slab_init((void *)(ARENA_BASE +
			   ALIGN_UP(bp->ring_off + bp->ring_size + (1 << 20),
				    2ull << 20)),
		  (void *)(ARENA_BASE + bp->arena_size));
	backend->signals();
	zygote = slot_alloc(); /* slot 0: this thread */
	zygote->is_zygote = 1;
	zygote->kind = SLOT_KTHREAD;
	zygote->host_pid = zygote->host_tid = zygote_pid;
	reaper = start_task("reaper");
	slot_bind(zygote, reaper);

	while (!(uint32_t)host_token || !(host_token >> 32) ||
	       (host_token & 0xffff) == 0)
		host_call(__NR_getrandom, (long)&host_token, 8, 0, 0, 0);
	filter_install(host_token, bp);
	backend->thread_enter(zygote);
	if (host_task_start_kernel(start_task("zygote"), backend->server,
				   NULL) ||
	    host_task_start_kernel(start_task("swapper"), start_first_thread,
				   bp))
		arch_panic("cannot start the first kernel threads");
	stack_run(zygote->stack_top - 256, start_reaper, NULL, NULL);
}
