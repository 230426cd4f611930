/* SPDX-License-Identifier: GPL-2.0 */
/* Register dumps and backtraces with symbols, for panics and task dumps. */
#include <asm/unistd.h>
#include "arch.h"
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>

extern const char kallsyms_start[], kimage_end[];

/* => name of the function that holds addr, and the distance. */
static const char *dump_symbol(uint64_t addr, uint64_t *off)
{
	const char *p = kallsyms_start, *best = NULL;
	uint64_t best_addr = 0, a;

	for (;;) {
		a = *(const uint64_t *)p;
		if (!a || a > addr)
			break;
		best = p + 8;
		best_addr = a;
		p += 8 + ((strlen(p + 8) + 1 + 7) & ~7ull);
	}
	*off = addr - best_addr;
	return best;
}

static void dump_line(uint64_t addr)
{
	uint64_t off;
	const char *name = dump_symbol(addr, &off);

	if (name)
		printk(KERN_ERR " [%016lx] %s+%#lx\n", addr, name, off);
	else
		printk(KERN_ERR " [%016lx]\n", addr);
}

/* The return addresses from the frame at fp on. */
static size_t dump_walk(uint64_t fp, uint64_t *pc, size_t n)
{
	size_t depth;

	for (depth = 0; depth < n; depth++) {
		const uint64_t *f = (const uint64_t *)fp;

		if (fp < ARENA_BASE || fp >= ARENA_BASE + ARENA_MAX - 16 ||
		    (fp & 7))
			break;
		if (f[1] < KIMAGE_BASE || f[1] >= (uint64_t)kimage_end)
			break;
		pc[depth] = f[1];
		if (f[0] <= fp)
			return depth + 1;
		fp = f[0];
	}
	return depth;
}

size_t host_backtrace(const void *frame, uint64_t *pc, size_t n)
{
	return dump_walk((uint64_t)frame, pc, n);
}

void host_dump_frames(const uint64_t *pc, size_t n)
{
	for (size_t i = 0; i < n && pc[i]; i++)
		dump_line(pc[i]);
}

void host_dump_state(const struct pt_regs *regs)
{
	uint64_t fp = (uint64_t)__builtin_frame_address(0), pc[32];

	if (regs) {
		printk(KERN_ERR "rip %016lx rsp %016lx rflags %08lx\n",
		       regs->rip, regs->rsp, regs->rflags);
		printk(KERN_ERR "rax %016lx rbx %016lx rcx %016lx rdx %016lx\n",
		       regs->rax, regs->rbx, regs->rcx, regs->rdx);
		printk(KERN_ERR "rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n",
		       regs->rsi, regs->rdi, regs->rbp, regs->r8);
		printk(KERN_ERR "r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n",
		       regs->r9, regs->r10, regs->r11, regs->r12);
		printk(KERN_ERR "r13 %016lx r14 %016lx r15 %016lx\n", regs->r13,
		       regs->r14, regs->r15);
		if (regs->rip >= KIMAGE_BASE &&
		    regs->rip < (uint64_t)kimage_end)
			dump_line(regs->rip);
		fp = regs->rbp;
	}
	printk(KERN_ERR "backtrace:\n");
	host_dump_frames(pc, dump_walk(fp, pc, 32));
}

void host_crash_note(const struct pt_regs *regs)
{
	struct boot_params *bp = (struct boot_params *)boot;
	const uint64_t *frame = __builtin_frame_address(0);

	if (bp->crash_rip)
		return;
	bp->crash_rip = regs ? regs->rip : frame[1];
	bp->crash_rsp = regs ? regs->rsp : (uint64_t)(frame + 2);
	bp->crash_rbp = regs ? regs->rbp : frame[0];
	bp->crash_tid = current->tid;
}

/* Before printk works, and when nothing else does. */
void arch_panic(const char *msg)
{
	static const char pre[] = "lodger: kernel panic: ";

	host_early_print(pre, sizeof(pre) - 1);
	host_early_print(msg, strlen(msg));
	host_early_print("\n", 1);
	if (slots_used)
		machine_exit_soon(120);
	for (;;)
		host_call(__NR_exit_group, 120, 0, 0, 0, 0);
}
