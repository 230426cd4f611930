/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vector state. It is live in the processor after a jump; after a signal it
 * stands only in the signal frame on the pad (ht->fpu) and the host has reset
 * the registers. host_fpu_make_live() brings it back. PKRU (bit 9) is never
 * restored from memory. All sizes come from CPUID.
 */
#include "backend.h"
#include <abi/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <asm/unistd.h>

#define XFEATURE_PKRU (1ull << 9)
#define XFEATURE_AMX  (3ull << 17)

int arch_xrstor(const void *image, uint64_t mask);
int arch_xsave(void *image, uint64_t mask);
size_t arch_copy_user(void *dst, const void *src, size_t n);

uint64_t fpu_mask;
uint32_t fpu_size, fpu_pkru_off;

/* An image in its initial state: header zero means "all initial". */
static uint8_t fpu_init_image[1024] __attribute__((aligned(64)));

static void fpu_cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(sub));
}

static uint32_t fpu_size_for(uint64_t mask)
{
	uint32_t r[4], size = 576, i;

	for (i = 2; i < 63; i++) {
		if (!(mask & (1ull << i)))
			continue;
		fpu_cpuid(13, i, r);
		if (r[1] + r[0] > size)
			size = r[1] + r[0];
	}
	return size;
}

void fpu_init(uint64_t minsigstksz)
{
	uint32_t r[4];
	uint64_t all;

	__asm__ volatile("xgetbv" : "=a"(r[0]), "=d"(r[3]) : "c"(0));
	all = r[0] | ((uint64_t)r[3] << 32);
	fpu_mask = all & ~XFEATURE_PKRU & ~XFEATURE_AMX;
	/* the frame has room for PKRU's place as well */
	fpu_size = fpu_size_for(fpu_mask | (all & XFEATURE_PKRU));
	if (all & XFEATURE_PKRU) {
		uint32_t p[4];

		fpu_cpuid(13, 9, p);
		fpu_pkru_off = p[1];
	}
	((uint32_t *)fpu_init_image)[6] = 0x1f80; /* MXCSR */
	((uint16_t *)fpu_init_image)[0] = 0x37f;  /* FCW */
	/* SSE and x87 stated, the rest initial */
	((uint64_t *)fpu_init_image)[512 / 8] = 3;
	/* a kick may come before the handler of another signal has begun */
	if (2 * minsigstksz + 1024 > TASK_PAD_SIZE)
		arch_panic("the host's signal frames do not fit the pad");
}

/* Does a claimed XSAVE image lie wholly on the slot's pad, aligned? */
int fpu_check_pad(const struct host_task *ht, uint64_t addr)
{
	uint64_t pad = (uint64_t)task_block(ht->task) + TASK_STACK_SIZE;

	return !(addr & 63) && addr >= pad &&
	       addr + fpu_size <= ht->scratch + SCRATCH_SIZE;
}

/* Does the image of a frame on the kernel stack lie wholly on it, above it? */
int fpu_check_stack(const struct host_task *ht, uint64_t context,
		    uint64_t image)
{
	return !(image & 63) && image > context &&
	       image + fpu_size <= ht->stack_top;
}

size_t host_fpu_frame_size(void)
{
	return fpu_size + 4;
}

void host_fpu_reset(void)
{
	if (unlikely(backend_remote)) {
		backend->fpu_reset();
		return;
	}
	current->host->fpu = 0;
	arch_xrstor(fpu_init_image, fpu_mask);
}

void host_fpu_make_live(void)
{
	struct host_task *ht = current->host;
	uint64_t image = ht->fpu;

	if (!image)
		return;
	ht->fpu = 0;
	if (arch_xrstor((const void *)image, fpu_mask | XFEATURE_AMX))
		arch_xrstor(fpu_init_image, fpu_mask);
}

void fpu_trailer(struct fpu_sw_bytes *sw)
{
	memset(sw, 0, sizeof(*sw));
	sw->magic1 = FPU_MAGIC1;
	sw->extended_size = fpu_size + 4;
	sw->xfeatures = fpu_mask;
	sw->xstate_size = fpu_size;
}

int host_fpu_save_user(uint64_t dst)
{
	struct fpu_sw_bytes sw;
	uint64_t header[8];
	uint32_t magic2 = FPU_MAGIC2;

	if (unlikely(backend_remote))
		return backend->fpu_save(dst);
	if ((dst & 63) || !arch_user_range(dst, fpu_size + 4))
		return -EFAULT;
	host_fpu_make_live();
	/* XSAVE reads the header's XSTATE_BV: start from zero */
	memset(header, 0, sizeof(header));
	if (host_copy_to_user(dst + 512, header, sizeof(header)))
		return -EFAULT;
	if (arch_xsave((void *)dst, fpu_mask))
		return -EFAULT;
	fpu_trailer(&sw);
	if (host_copy_to_user(dst + 464, &sw, sizeof(sw)) ||
	    host_copy_to_user(dst + fpu_size, &magic2, sizeof(magic2)))
		return -EFAULT;
	return 0;
}

int host_fpu_restore_user(uint64_t src)
{
	struct fpu_sw_bytes sw;
	uint64_t mask = fpu_mask;
	uint32_t magic2 = 0;

	if (unlikely(backend_remote))
		return backend->fpu_restore(src);
	current->host->fpu = 0;
	if ((src & 63) || !arch_user_range(src, fpu_size + 4))
		return -EFAULT;
	if (host_copy_from_user(&sw, src + 464, sizeof(sw)))
		return -EFAULT;
	if (sw.magic1 != FPU_MAGIC1 || sw.xstate_size > fpu_size ||
	    sw.xstate_size < 576 ||
	    host_copy_from_user(&magic2, src + sw.xstate_size,
				sizeof(magic2)) ||
	    magic2 != FPU_MAGIC2) {
		/* An old-style frame: x87 and SSE only, the rest initial. */
		static uint8_t legacy[576] __attribute__((aligned(64)));
		static spinlock_t lock;
		int err = -EFAULT;

		spin_lock(&lock);
		memset(legacy, 0, sizeof(legacy));
		if (!host_copy_from_user(legacy, src, 512)) {
			((uint64_t *)legacy)[512 / 8] = 3;
			err = arch_xrstor(legacy, fpu_mask);
		}
		spin_unlock(&lock);
		return err;
	}
	/* The processor checks the header itself; a bad one is our -EFAULT. */
	return arch_xrstor((const void *)src, mask);
}

long host_xcomp(int code, uint64_t arg)
{
	return -EINVAL;
}
