// SPDX-License-Identifier: GPL-2.0
/*
 * prctl(PR_SET_MM): where a program says its arguments, environment, code and
 * heap are. /proc shows that and brk(2) goes on from there; setproctitle and
 * checkpoint tools use it. The program's file itself (PR_SET_MM_EXE_FILE) can
 * be changed on Linux only when nothing of the old one is mapped, which is
 * always so here: EBUSY.
 */
#include <abi/capability.h>
#include <abi/prctl.h>
#include <kernel/fdtable.h>
#include <kernel/mm.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "internal.h"

#define MMAP_MIN_ADDR 65536ull

static void prctl_mm_now(const struct mm *mm, struct prctl_mm_map *m)
{
	*m = (struct prctl_mm_map){
		.start_code = mm->code_start,
		.end_code = mm->code_end,
		.start_data = mm->data_start,
		.end_data = mm->data_end,
		.start_brk = mm->brk_start,
		.brk = mm->brk,
		.start_stack = mm->stack_start,
		.arg_start = mm->arg_start,
		.arg_end = mm->arg_end,
		.env_start = mm->env_start,
		.env_end = mm->env_end,
		.exe_fd = (u32)-1,
	};
}

static bool prctl_mm_valid(const struct prctl_mm_map *m)
{
	const u64 *at = &m->start_code;

	for (int i = 0; i < 11; i++)
		if (at[i] < MMAP_MIN_ADDR || at[i] >= USER_MAX)
			return false;
	if (m->start_code >= m->end_code || m->start_data > m->end_data ||
	    m->start_brk > m->brk || m->arg_start > m->arg_end ||
	    m->env_start > m->env_end)
		return false;
	return rlimit(RLIMIT_DATA) == RLIM_INFINITY ||
	       m->brk - m->start_brk + m->end_data - m->start_data <=
		       rlimit(RLIMIT_DATA);
}

/* Caller holds mm->lock. */
static void prctl_mm_take(struct mm *mm, const struct prctl_mm_map *m)
{
	mm->code_start = m->start_code;
	mm->code_end = m->end_code;
	mm->data_start = m->start_data;
	mm->data_end = m->end_data;
	mm->brk_start = m->start_brk;
	mm->brk = m->brk;
	mm->stack_start = m->start_stack;
	mm->arg_start = m->arg_start;
	mm->arg_end = m->arg_end;
	mm->env_start = m->env_start;
	mm->env_end = m->env_end;
}

static long prctl_mm_exe(int fd)
{
	long err = -EACCES;
	struct fd_ref r = fd_ref_get(fd);

	if (!r.file)
		return -EBADF;
	if (S_ISREG(r.file->inode->mode) &&
	    !inode_permission(r.file->inode, MAY_EXEC))
		err = -EBUSY;
	fd_ref_put(r);
	return err;
}

static long prctl_mm_auxv(struct mm *mm, u64 addr, u64 len)
{
	u64 auxv[48];

	if (!addr || len > sizeof(auxv))
		return -EINVAL;
	memset(auxv, 0, sizeof(auxv));
	if (copy_from_user(auxv, UADDR(addr), len))
		return -EFAULT;
	auxv[46] = auxv[47] = 0;
	mutex_lock(&mm->lock);
	memcpy(mm->auxv, auxv, sizeof(auxv));
	mm->auxv_len = (u32)len;
	mutex_unlock(&mm->lock);
	return 0;
}

static long prctl_mm_map(struct mm *mm, u64 addr, u64 size)
{
	struct prctl_mm_map m;
	long err = 0;

	if (size != sizeof(m))
		return -EINVAL;
	if (copy_from_user(&m, UADDR(addr), sizeof(m)))
		return -EFAULT;
	if (!prctl_mm_valid(&m) || (m.auxv_size && !m.auxv) ||
	    m.auxv_size > sizeof(mm->auxv))
		return -EINVAL;
	if (m.exe_fd != (u32)-1)
		err = capable(CAP_SYS_ADMIN) ? prctl_mm_exe((int)m.exe_fd)
					     : -EPERM;
	if (!err && m.auxv_size)
		err = prctl_mm_auxv(mm, m.auxv, m.auxv_size);
	if (err)
		return err;
	mutex_lock(&mm->lock);
	prctl_mm_take(mm, &m);
	mutex_unlock(&mm->lock);
	return 0;
}

static u64 *prctl_mm_field(struct prctl_mm_map *m, u64 what, bool *mapped)
{
	*mapped = what == PR_SET_MM_START_STACK ||
		  (what >= PR_SET_MM_ARG_START && what <= PR_SET_MM_ENV_END);
	switch (what) {
	case PR_SET_MM_START_CODE:
		return &m->start_code;
	case PR_SET_MM_END_CODE:
		return &m->end_code;
	case PR_SET_MM_START_DATA:
		return &m->start_data;
	case PR_SET_MM_END_DATA:
		return &m->end_data;
	case PR_SET_MM_START_STACK:
		return &m->start_stack;
	case PR_SET_MM_START_BRK:
		return &m->start_brk;
	case PR_SET_MM_BRK:
		return &m->brk;
	case PR_SET_MM_ARG_START:
		return &m->arg_start;
	case PR_SET_MM_ARG_END:
		return &m->arg_end;
	case PR_SET_MM_ENV_START:
		return &m->env_start;
	case PR_SET_MM_ENV_END:
		return &m->env_end;
	}
	return NULL;
}

static long prctl_mm_one(struct mm *mm, u64 what, u64 addr)
{
	struct prctl_mm_map m;
	struct vma *v;
	bool mapped;
	u64 *field;
	long err = -EINVAL;

	if (addr >= USER_MAX || addr < MMAP_MIN_ADDR)
		return -EINVAL;
	mutex_lock(&mm->lock);
	prctl_mm_now(mm, &m);
	field = prctl_mm_field(&m, what, &mapped);
	if (!field)
		goto out;
	*field = addr;
	if (!prctl_mm_valid(&m))
		goto out;
	v = vma_find(mm, addr);
	err = -EFAULT;
	if (mapped && !v)
		goto out;
	prctl_mm_take(mm, &m);
	err = 0;
out:
	mutex_unlock(&mm->lock);
	return err;
}

long prctl_set_mm(u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct mm *mm = current->mm;

	if (a5 || (a4 && a2 != PR_SET_MM_AUXV && a2 != PR_SET_MM_MAP &&
		   a2 != PR_SET_MM_MAP_SIZE))
		return -EINVAL;
	if (a2 == PR_SET_MM_MAP_SIZE)
		return put_user((u32)sizeof(struct prctl_mm_map), UADDR(a3));
	if (a2 == PR_SET_MM_MAP)
		return prctl_mm_map(mm, a3, a4);
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (a2 == PR_SET_MM_EXE_FILE)
		return prctl_mm_exe((int)a3);
	if (a2 == PR_SET_MM_AUXV)
		return prctl_mm_auxv(mm, a3, a4);
	return prctl_mm_one(mm, a2, a3);
}
