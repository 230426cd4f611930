// SPDX-License-Identifier: GPL-2.0
/*
 * KCOV=1: which code ran. The compiler calls __sanitizer_cov_trace_pc() at the
 * start of every basic block of kernel/ and the front ends. That does two things:
 *
 *	coverage  a byte for each byte of kernel text, set where a call returns
 *		  to. The monitor writes them to a file at the machine's end
 *		  (LODGER_COVERAGE), `make coverage` makes a report of them.
 *	kcov	  Linux's interface for fuzzers, Documentation/dev-tools/kcov: a
 *		  task that has opened /sys/kernel/debug/kcov, said
 *		  KCOV_INIT_TRACE, mapped it and said KCOV_ENABLE finds there
 *		  what its own calls ran through since it zeroed the first word.
 *
 * The area is a file in memory; the kernel writes to it through the pool. An
 * enabled task holds a reference to it. KCOV_TRACE_CMP is not there.
 */
#include <abi/errno.h>
#include <abi/ioctl.h>
#include <kernel/atomic.h>
#include <kernel/fs.h>
#include <kernel/kcov.h>
#include <kernel/lock.h>
#include <kernel/pool.h>
#include <kernel/shmem.h>
#include <kernel/slab.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include <hostapi/boot.h>
#include "fs/proc.h"

#define KCOV_MAGIC	0x6b636f7621u
#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE	_IO('c', 100)
#define KCOV_DISABLE	_IO('c', 101)
#define KCOV_TRACE_PC	0
#define KCOV_TRACE_CMP	1
#define KCOV_WORDS_MAX	(1u << 24)
#define ENOTSUPP	524

static u8 kcov_seen[8u << 20] __attribute__((section(".bss.checks")));

struct kcov {
	struct mutex lock;
	struct ref refs; /* the open file, an enabled task */
	/* under lock: */
	struct file *area; /* NULL: not yet KCOV_INIT_TRACE */
	u64 words;
	struct task *task; /* that is enabled */
};

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	u64 pc = (u64)__builtin_return_address(0), n;
	struct task *t = current;

	if (pc - KIMAGE_BASE < sizeof(kcov_seen) &&
	    !kcov_seen[pc - KIMAGE_BASE])
		kcov_seen[pc - KIMAGE_BASE] = 1;
	if ((u64)t < ARENA_BASE || (u64)t >= ARENA_BASE + ARENA_MAX ||
	    t->kcov.magic != KCOV_MAGIC || likely(!t->kcov.area))
		return;
	n = READ_ONCE(t->kcov.area[0]) + 1;
	if (n && n < t->kcov.words) {
		WRITE_ONCE(t->kcov.area[n], pc);
		WRITE_ONCE(t->kcov.area[0], n);
	}
}

void kcov_init(const struct boot_params *bp)
{
	struct boot_params *b = (struct boot_params *)bp;

	b->cov_off = (u64)kcov_seen - ARENA_BASE;
	b->cov_len = sizeof(kcov_seen);
	kcov_task_init(&current->kcov);
}

void kcov_task_init(struct kcov_task *k)
{
	k->area = NULL;
	k->kcov = NULL;
	k->magic = KCOV_MAGIC;
}

static void kcov_put(struct kcov *k)
{
	if (!ref_put(&k->refs))
		return;
	if (k->area)
		file_put(k->area);
	kfree(k);
}

/* The enabled task is current. */
static void kcov_stop(struct kcov_task *t)
{
	struct kcov *k = t->kcov;

	t->area = NULL;
	t->kcov = NULL;
	mutex_lock(&k->lock);
	k->task = NULL;
	mutex_unlock(&k->lock);
	kcov_put(k);
}

void kcov_task_exit(struct kcov_task *t)
{
	if (t->kcov)
		kcov_stop(t);
}

/* --- The file -------------------------------------------------------------------- */

static int kcov_open(struct inode *ino, struct file *f)
{
	struct kcov *k = kzalloc(sizeof(*k));

	if (!k)
		return -ENOMEM;
	mutex_init(&k->lock);
	ref_init(&k->refs, 1);
	f->priv = k;
	return 0;
}

static void kcov_release(struct file *f)
{
	kcov_put(f->priv);
}

static long kcov_trace_init(struct kcov *k, u64 words)
{
	struct file *f;
	int err;

	if (words < 2 || words > KCOV_WORDS_MAX)
		return -EINVAL;
	if (k->area)
		return -EBUSY;
	f = shmem_file_create("kcov", PAGE_UP(words * 8), 0);
	if (IS_ERR(f))
		return PTR_ERR(f);
	/* its window stays where it is then: nobody else changes its size */
	err = mapping_prepare_mmap(&f->inode->mapping, PAGE_UP(words * 8));
	if (err) {
		file_put(f);
		return err;
	}
	k->area = f;
	k->words = words;
	return 0;
}

static long kcov_enable(struct kcov *k, u64 arg)
{
	struct kcov_task *t = &current->kcov;

	if (!k->area)
		return -EINVAL;
	if (k->task || t->kcov)
		return -EBUSY;
	if (arg == KCOV_TRACE_CMP)
		return -ENOTSUPP;
	if (arg != KCOV_TRACE_PC)
		return -EINVAL;
	ref_get(&k->refs);
	k->task = current;
	t->kcov = k;
	t->words = k->words;
	WRITE_ONCE(t->area, host_pool_ptr(k->area->inode->mapping.window));
	return 0;
}

static long kcov_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct kcov *k = f->priv;
	long ret = -ENOTTY;

	if (cmd == KCOV_DISABLE) {
		if (arg || current->kcov.kcov != k)
			return -EINVAL;
		kcov_stop(&current->kcov);
		return 0;
	}
	mutex_lock(&k->lock);
	if (cmd == KCOV_INIT_TRACE)
		ret = kcov_trace_init(k, arg);
	else if (cmd == KCOV_ENABLE)
		ret = kcov_enable(k, arg);
	mutex_unlock(&k->lock);
	return ret;
}

static int kcov_mmap(struct file *f, struct mapping **m, int prot, int flags)
{
	struct kcov *k = f->priv;

	if (!k->area)
		return -EINVAL;
	*m = &k->area->inode->mapping;
	return 0;
}

static const struct file_ops kcov_fops = {
	.open = kcov_open,
	.release = kcov_release,
	.ioctl = kcov_ioctl,
	.mmap = kcov_mmap,
};

const struct seqtree_entry kcov_entries[] = {
	PROC_OPS("kcov", 0600, &kcov_fops),
	PROC_END,
};
