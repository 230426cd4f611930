// SPDX-License-Identifier: GPL-2.0
/*
 * The memory calls: decode, and hand on to kernel/mm.
 *
 * NUMA: the machine has one node, number 0. Policies are checked as Linux
 * checks them and change nothing; get_mempolicy(2) always tells the default.
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

/* --- NUMA --- */

#define MPOL_MODE_FLAGS                                                        \
	(MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING)
#define MPOL_MAX_NODES 1024u

/* Is node 0 in the mask, is anything else? */
static int mpol_get_nodes(uaddr mask, u64 maxnode, bool *node0, bool *others)
{
	u64 word, i, bits;
	int err;

	*node0 = *others = false;
	if (maxnode)
		maxnode--;
	if (!maxnode || !mask.va)
		return 0;
	if (maxnode > PAGE_SIZE * 8)
		return -EINVAL;
	for (i = 0; i < maxnode; i += 64) {
		bits = maxnode - i;
		err = get_user(word, uadd(mask, i / 8));
		if (err)
			return err;
		if (bits < 64)
			word &= (1ull << bits) - 1;
		if (word && i >= MPOL_MAX_NODES)
			return -EINVAL;
		if (!i) {
			*node0 = word & 1;
			word &= ~1ull;
		}
		*others |= word != 0;
	}
	return 0;
}

static int mpol_check(int mode, uaddr mask, u64 maxnode)
{
	int flags = mode & MPOL_MODE_FLAGS, err;
	bool node0, others;

	mode &= ~MPOL_MODE_FLAGS;
	if ((u32)mode > MPOL_WEIGHTED_INTERLEAVE)
		return -EINVAL;
	if (flags & MPOL_F_STATIC_NODES && flags & MPOL_F_RELATIVE_NODES)
		return -EINVAL;
	if (flags & MPOL_F_NUMA_BALANCING && mode != MPOL_BIND &&
	    mode != MPOL_PREFERRED_MANY)
		return -EINVAL;
	err = mpol_get_nodes(mask, maxnode, &node0, &others);
	if (err)
		return err;
	switch (mode) {
	case MPOL_DEFAULT:
	case MPOL_LOCAL:
		return node0 || others ? -EINVAL : 0;
	case MPOL_PREFERRED:
		if (!node0 && !others)
			return flags & (MPOL_F_STATIC_NODES |
					MPOL_F_RELATIVE_NODES) ?
				       -EINVAL :
				       0;
		break;
	}
	/* Relative nodes are counted within the one there is. */
	return node0 || (others && flags & MPOL_F_RELATIVE_NODES) ? 0 : -EINVAL;
}

long sys_set_mempolicy(int mode, uaddr nodemask, u64 maxnode)
{
	return mpol_check(mode, nodemask, maxnode);
}

static bool mm_addr_mapped(u64 addr)
{
	struct mm *mm = current->mm;
	struct vma *v;
	bool ok;

	mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	ok = v && v->start <= addr;
	mutex_unlock(&mm->lock);
	return ok;
}

long sys_mbind(u64 start, u64 len, int mode, uaddr nodemask, u64 maxnode,
	       u32 flags)
{
	u64 end = start + PAGE_UP(len), pos;
	int err;

	if (start & ~PAGE_MASK ||
	    flags & ~(u32)(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	err = mpol_check(mode, nodemask, maxnode);
	if (err || end < start)
		return err ? err : -EINVAL;
	mutex_lock(&current->mm->lock);
	for (pos = start; !err && pos < end;) {
		struct vma *v = vma_find(current->mm, pos);

		if (!v || v->start > pos)
			err = -EFAULT;
		else
			pos = v->end;
	}
	mutex_unlock(&current->mm->lock);
	return err;
}

static int mpol_put_nodes(uaddr mask, u64 maxnode, u64 word)
{
	u64 bytes = ALIGN_UP(maxnode - 1, 64) / 8;
	int err;

	if (bytes > PAGE_SIZE)
		return -EINVAL;
	if (!bytes)
		return 0;
	err = put_user(word, mask);
	return !err && bytes > 8 ? clear_user(uadd(mask, 8), bytes - 8) : err;
}

long sys_get_mempolicy(uaddr mode, uaddr nodemask, u64 maxnode, u64 addr,
		       u64 flags)
{
	u64 word = 0;
	int val = MPOL_DEFAULT, err = 0;

	if (nodemask.va && !maxnode)
		return -EINVAL;
	if (flags & ~(u64)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED) {
		if (flags & (MPOL_F_NODE | MPOL_F_ADDR))
			return -EINVAL;
		word = 1;
	} else if (flags & MPOL_F_ADDR) {
		if (!mm_addr_mapped(addr))
			return -EFAULT;
	} else if (addr || flags & MPOL_F_NODE) {
		return -EINVAL;
	}
	if (mode.va)
		err = put_user(val, mode);
	if (!err && nodemask.va)
		err = mpol_put_nodes(nodemask, maxnode, word);
	return err;
}
