// SPDX-License-Identifier: GPL-2.0
/*
 * System V IPC calls: decoding only; the work is in kernel/ipc/sysv_*.c.
 */
#include <abi/ipc.h>
#include <kernel/ipc.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/sysv.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>

#define SEM_FAST_OPS 64

long sys_shmget(int key, u64 size, int flags)
{
	return do_shmget(key, size, flags);
}

long sys_shmat(int shmid, uaddr addr, int flags)
{
	return do_shmat(shmid, addr, flags);
}

long sys_shmdt(uaddr addr)
{
	return do_shmdt(addr.va);
}

long sys_shmctl(int shmid, int cmd, uaddr buf)
{
	return do_shmctl(shmid, cmd, buf);
}

long sys_semget(int key, int nsems, int flags)
{
	return do_semget(key, nsems, flags);
}

long sys_semtimedop(int semid, uaddr sops, u64 nsops, uaddr timeout)
{
	struct sembuf fast[SEM_FAST_OPS], *ops = fast;
	u64 deadline;
	long ret;

	if (nsops < 1 || semid < 0)
		return -EINVAL;
	if (nsops > sysv_sem_limits[2])
		return -E2BIG;
	ret = deadline_from_user(timeout, &deadline);
	if (ret)
		return ret;
	if (nsops > SEM_FAST_OPS) {
		ops = kcalloc(nsops, sizeof(*ops));
		if (!ops)
			return -ENOMEM;
	}
	ret = copy_from_user(ops, sops, nsops * sizeof(*ops));
	if (!ret)
		ret = do_semtimedop(semid, ops, (u32)nsops, deadline);
	if (ops != fast)
		kfree(ops);
	return ret;
}

long sys_semop(int semid, uaddr sops, u64 nsops)
{
	return sys_semtimedop(semid, sops, nsops, UNULL);
}

long sys_semctl(int semid, int semnum, int cmd, u64 arg)
{
	return do_semctl(semid, semnum, cmd, arg);
}

long sys_msgget(int key, int flags)
{
	return do_msgget(key, flags);
}

long sys_msgsnd(int msqid, uaddr msg, u64 size, int flags)
{
	return do_msgsnd(msqid, msg, size, flags);
}

long sys_msgrcv(int msqid, uaddr msg, u64 size, s64 type, int flags)
{
	return do_msgrcv(msqid, msg, size, type, flags);
}

long sys_msgctl(int msqid, int cmd, uaddr buf)
{
	return do_msgctl(msqid, cmd, buf);
}
