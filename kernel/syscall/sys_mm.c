// SPDX-License-Identifier: GPL-2.0
/*
 * The memory calls: decode, and hand on to kernel/mm.
 *
 * Protection keys: the processor's keys are the kernel's own wall, so there is
 * none to give to a guest: pkey_alloc(2) is out of keys, as on a processor
 * without them.
 *
 * membarrier(2): its commands need every running thread to pass a barrier at a
 * known moment. None is offered, and QUERY says so; programs then use their own
 * fences.
 */
#include <abi/capability.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>

long sys_mmap(u64 addr, u64 len, u64 prot, u64 flags, int fd, u64 off)
{
	struct file *f = NULL;
	long ret;

	if (off & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		f = fd_get(fd);
		if (!f)
			return -EBADF;
	}
	ret = do_mmap(current->mm, addr, len, (int)prot, (int)flags, f, off);
	if (f)
		file_put(f);
	return ret;
}

long sys_munmap(u64 addr, u64 len)
{
	return do_munmap(current->mm, addr, len);
}

long sys_mprotect(u64 addr, u64 len, u64 prot)
{
	return do_mprotect(current->mm, addr, len, (int)prot);
}

long sys_brk(u64 addr)
{
	return (long)mm_brk(current->mm, addr);
}

long sys_mremap(u64 addr, u64 old_len, u64 new_len, u64 flags, u64 new_addr)
{
	if (flags >> 31)
		return -EINVAL;
	return do_mremap(current->mm, addr, old_len, new_len, (int)flags,
			 new_addr);
}

long sys_remap_file_pages(u64 start, u64 size, u64 prot, u64 pgoff, u64 flags)
{
	if (prot)
		return -EINVAL;
	return do_remap_file_pages(current->mm, start, size, pgoff, (int)flags);
}

long sys_madvise(u64 start, u64 len, int advice)
{
	return do_madvise(current->mm, start, len, advice);
}

long sys_msync(u64 start, u64 len, int flags)
{
	return do_msync(current->mm, start, len, flags);
}

long sys_mincore(u64 start, u64 len, uaddr vec)
{
	return do_mincore(current->mm, start, len, vec);
}

long sys_mlock(u64 start, u64 len)
{
	return do_mlock(current->mm, start, len, 0);
}

long sys_mlock2(u64 start, u64 len, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(current->mm, start, len, flags ? VM_LOCKONFAULT : 0);
}

long sys_munlock(u64 start, u64 len)
{
	return do_munlock(current->mm, start, len);
}

long sys_mlockall(int flags)
{
	return do_mlockall(current->mm, flags);
}

long sys_munlockall(void)
{
	return do_munlockall(current->mm);
}

long sys_mseal(u64 start, u64 len, u64 flags)
{
	return flags ? -EINVAL : do_mseal(current->mm, start, len);
}

/* --- Protection keys, barriers --- */

long sys_pkey_mprotect(u64 start, u64 len, u64 prot, int pkey)
{
	if (pkey != -1)
		return -EINVAL;
	return do_mprotect(current->mm, start, len, (int)prot);
}

long sys_pkey_alloc(u64 flags, u64 init_val)
{
	if (flags || init_val & ~(PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE))
		return -EINVAL;
	return -ENOSPC;
}

long sys_pkey_free(int pkey)
{
	return -EINVAL;
}
