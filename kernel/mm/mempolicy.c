// SPDX-License-Identifier: GPL-2.0
/*
 * Memory policy and moving pages between nodes, of which there is one: numa(7).
 * A policy is checked as Linux checks it and kept (kernel/mempolicy.h), so that
 * get_mempolicy(2) and /proc/PID/numa_maps tell what was set; pages are on node
 * 0 already wherever they are asked to go.
 */
#include <abi/capability.h>
#include <kernel/mempolicy.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include "internal.h"

#define MPOL_MODE_FLAGS \
	(MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING)
#define MPOL_MAX_NODES 1024u

void mempolicy_text(u32 p, char buf[MEMPOLICY_TEXT])
{
	static const char *const names[] = {
		"default",
		"prefer",
		"bind",
		"interleave",
		"local",
		"prefer (many)",
		"weighted interleave",
	};
	u32 mode = p & MEMPOLICY_SET ? p & MEMPOLICY_MODE : MPOL_DEFAULT;

	snprintf(buf, MEMPOLICY_TEXT, "%s%s%s%s",
		 mode < ARRAY_SIZE(names) ? names[mode] : "unknown",
		 p & MEMPOLICY_STATIC	  ? "=static"
		 : p & MEMPOLICY_RELATIVE ? "=relative"
		 : p & MEMPOLICY_BALANCE  ? "=balancing"
					  : "",
		 p & MEMPOLICY_NODE0 ? ":" : "",
		 p & MEMPOLICY_NODE0 ? "0" : "");
}

/* Is node 0 in the mask, is anything else? */
static int mpol_get_nodes(uaddr mask, u64 maxnode, bool *node0, bool *others)
{
	u64 word, i, bits;
	int err;

	*node0 = *others = false;
	maxnode--; /* of 0: too many */
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

/* => 0 and the policy */
static int mpol_check(int mode, uaddr mask, u64 maxnode, u32 *policy)
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
	*policy = 0;
	switch (mode) {
	case MPOL_DEFAULT:
		return node0 || others ? -EINVAL : 0;
	case MPOL_PREFERRED:
		if (node0 || others)
			break;
		mode = MPOL_LOCAL;
		/* fall through */
	case MPOL_LOCAL:
		if (node0 || others ||
		    flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES))
			return -EINVAL;
		*policy = MEMPOLICY_SET | MPOL_LOCAL;
		return 0;
	}
	/* Relative nodes are counted within the one there is. */
	if (!node0 && !(others && flags & MPOL_F_RELATIVE_NODES))
		return -EINVAL;
	*policy = MEMPOLICY_SET | MEMPOLICY_NODE0 | (u32)mode |
		  (flags & MPOL_F_STATIC_NODES ? MEMPOLICY_STATIC : 0) |
		  (flags & MPOL_F_RELATIVE_NODES ? MEMPOLICY_RELATIVE : 0) |
		  (flags & MPOL_F_NUMA_BALANCING ? MEMPOLICY_BALANCE : 0);
	return 0;
}

long sys_set_mempolicy(int mode, uaddr nodemask, u64 maxnode)
{
	u32 policy;
	int err = mpol_check(mode, nodemask, maxnode, &policy);

	if (!err)
		current->mempolicy = (u8)policy;
	return err;
}

/* => Caller holds mm->lock. */
static int mpol_set_range(struct mm *mm, u64 start, u64 end, u32 policy,
			  struct vma **reap)
{
	bool hole = false;
	struct vma *v;
	u64 stop;
	int err;

	while (start < end) {
		v = vma_find(mm, start);
		if (!v || v->start >= end)
			return -EFAULT;
		hole |= v->start > start;
		stop = min(v->end, end);
		err = vma_change_flags(mm, &v, start, stop,
				       policy << VM_MEMPOLICY_SHIFT,
				       ~policy << VM_MEMPOLICY_SHIFT, reap);
		if (err)
			return err;
		start = stop;
	}
	return hole ? -EFAULT : 0;
}

long sys_mbind(u64 start, u64 len, int mode, uaddr nodemask, u64 maxnode,
	       u32 flags)
{
	u64 end = start + PAGE_UP(len), pos;
	struct mm *mm = current->mm;
	struct vma *reap = NULL;
	u32 policy;
	int err;

	if (start & ~PAGE_MASK ||
	    flags & ~(u32)(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	err = mpol_check(mode, nodemask, maxnode, &policy);
	if (err || end < start)
		return err ? err : -EINVAL;
	mutex_lock(&mm->lock);
	/* holes are errors, and of the default policy only at the end */
	for (pos = start; policy && !err && pos < end;) {
		struct vma *v = vma_find(mm, pos);

		if (!v || v->start > pos)
			err = -EFAULT;
		else
			pos = v->end;
	}
	if (!err)
		err = mpol_set_range(mm, start, end, policy, &reap);
	mutex_unlock(&mm->lock);
	vma_reap(reap);
	return err;
}

long sys_set_mempolicy_home_node(u64 start, u64 len, u64 home_node, u64 flags)
{
	struct mm *mm = current->mm;
	u64 end = start + PAGE_UP(len);
	struct vma *v;
	int err = -ENOENT;

	if (start & ~PAGE_MASK || flags || home_node)
		return -EINVAL;
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	mutex_lock(&mm->lock);
	for (v = vma_find(mm, start); v && v->start < end; v = vma_next(v)) {
		u32 p = vma_mempolicy(v->flags);

		if (!(p & MEMPOLICY_SET))
			continue;
		err = (p & MEMPOLICY_MODE) == MPOL_BIND ||
				      (p & MEMPOLICY_MODE) ==
					      MPOL_PREFERRED_MANY
			      ? 0
			      : -EOPNOTSUPP;
		if (err)
			break;
	}
	mutex_unlock(&mm->lock);
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

/* The policy of what is mapped at addr; -EFAULT: nothing. */
static int mpol_of_addr(u64 addr, u32 *policy)
{
	struct mm *mm = current->mm;
	struct vma *v;
	int err = -EFAULT;

	mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v && v->start <= addr) {
		*policy = vma_mempolicy(v->flags);
		err = 0;
	}
	mutex_unlock(&mm->lock);
	return err;
}

static bool mpol_interleaves(u32 p)
{
	return (p & MEMPOLICY_MODE) == MPOL_INTERLEAVE ||
	       (p & MEMPOLICY_MODE) == MPOL_WEIGHTED_INTERLEAVE;
}

long sys_get_mempolicy(uaddr mode, uaddr nodemask, u64 maxnode, u64 addr,
		       u64 flags)
{
	u32 policy = current->mempolicy;
	int val, err = 0;
	u64 word;

	if (nodemask.va && !maxnode)
		return -EINVAL;
	if (flags & ~(u64)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED) {
		if (flags & (MPOL_F_NODE | MPOL_F_ADDR))
			return -EINVAL;
		val = 0;
		word = 1;
	} else if (flags & MPOL_F_ADDR) {
		err = mpol_of_addr(addr, &policy);
		if (err)
			return err;
		val = flags & MPOL_F_NODE ? 0 : mempolicy_mode(policy);
		word = policy & MEMPOLICY_NODE0 ? 1 : 0;
		if (flags & MPOL_F_NODE &&
		    mm_fault(current->mm, addr, VM_READ) == -EFAULT)
			return -EFAULT;
	} else if (addr) {
		return -EINVAL;
	} else {
		if (flags & MPOL_F_NODE && !mpol_interleaves(policy))
			return -EINVAL;
		val = flags & MPOL_F_NODE ? 0 : mempolicy_mode(policy);
		word = policy & MEMPOLICY_NODE0 ? 1 : 0;
	}
	if (mode.va)
		err = put_user(val, mode);
	if (!err && nodemask.va)
		err = mpol_put_nodes(nodemask, maxnode, word);
	return err;
}

/* --- Moving --- */

/* Whose pages? => with a reference, or ERR_PTR */
static struct mm *numa_target(int pid, struct task **out)
{
	struct task *t = pid ? task_find_get((u32)pid) : current;
	struct mm *mm = NULL;
	struct cred *c;
	int err = 0;

	if (!t || pid < 0)
		return ERR_PTR(-ESRCH);
	if (pid)
		*out = t;
	c = task_get_cred(t);
	if (current->cred->euid != c->suid && current->cred->euid != c->uid &&
	    current->cred->uid != c->suid && current->cred->uid != c->uid &&
	    !capable(CAP_SYS_NICE))
		err = -EPERM;
	cred_put(c);
	if (!err) {
		mm = task_get_mm(t);
		err = mm ? 0 : -EINVAL;
	}
	return err ? ERR_PTR(err) : mm;
}

long sys_migrate_pages(int pid, u64 maxnode, uaddr from, uaddr to)
{
	bool from0, to0, others;
	struct task *t = NULL;
	struct mm *mm;
	int err;

	err = mpol_get_nodes(from, maxnode, &from0, &others);
	if (!err)
		err = mpol_get_nodes(to, maxnode, &to0, &others);
	if (err)
		return err;
	mm = numa_target(pid, &t);
	if (!IS_ERR(mm)) {
		/* nodes there are not, and none that there are */
		if (others && !capable(CAP_SYS_NICE))
			err = -EPERM;
		else if (!to0)
			err = -EINVAL;
		mm_put(mm);
	} else {
		err = (int)PTR_ERR(mm);
	}
	if (t)
		task_put(t);
	return err;
}

/* Where the page is: node 0, or what keeps it from being anywhere. */
static int page_node(struct mm *mm, u64 addr)
{
	struct vma *v;
	u8 resident;
	int node = -EFAULT;

	mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v && v->start <= addr) {
		node = -ENOENT;
		if (v->flags & (VM_READ | VM_WRITE | VM_EXEC) &&
		    !mm_range_in_kernel(addr & PAGE_MASK,
					(addr & PAGE_MASK) + PAGE_SIZE) &&
		    !host_mm_resident(mm, addr & PAGE_MASK, PAGE_SIZE,
				      &resident) &&
		    resident & 1)
			node = 0;
	}
	mutex_unlock(&mm->lock);
	return node;
}

long sys_move_pages(int pid, u64 count, uaddr pages, uaddr nodes, uaddr status,
		    int flags)
{
	struct task *t = NULL;
	struct mm *mm;
	int err = 0;

	if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	mm = numa_target(pid, &t);
	for (u64 i = 0; !IS_ERR(mm) && !err && i < count; i++) {
		int want = 0, got;
		u64 addr;

		err = get_user(addr, uadd(pages, i * 8));
		if (!err && nodes.va)
			err = get_user(want, uadd(nodes, i * 4));
		if (!err && want)
			err = -ENODEV;
		if (err)
			break;
		got = page_node(mm, addr);
		err = put_user(got, uadd(status, i * 4));
	}
	if (IS_ERR(mm))
		err = (int)PTR_ERR(mm);
	else
		mm_put(mm);
	if (t)
		task_put(t);
	return err;
}
