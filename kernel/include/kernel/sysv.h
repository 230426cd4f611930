/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System V IPC, following sysvipc(7): what kernel/ipc/sysv_*.c offer to the
 * system calls and to task life. Results are those of the calls.
 */
#ifndef KERNEL_SYSV_H
#define KERNEL_SYSV_H

#include <kernel/types.h>

struct task;
struct sembuf;
struct sem_undo_list;

/* kernel.sem: SEMMSL, SEMMNS, SEMOPM, SEMMNI */
extern u32 sysv_sem_limits[4];

void sysv_init(void);

long do_shmget(s32 key, u64 size, int flags);
/* => the address */
long do_shmat(int id, uaddr addr, int flags);
long do_shmdt(u64 addr);
long do_shmctl(int id, int cmd, uaddr buf);

long do_semget(s32 key, int nsems, int flags);
long do_semtimedop(int id, const struct sembuf *ops, u32 n, u64 deadline);
long do_semctl(int id, int num, int cmd, u64 arg);
/*
 * SEM_UNDO. _clone: what a child has, shared (CLONE_SYSVSEM) or none; => 0 or
 * -ENOMEM. _exit: give up the task's share; the last one undoes. May sleep.
 */
int sysv_sem_clone(struct task *child, bool share);
void sysv_sem_exit(struct task *t);

long do_msgget(s32 key, int flags);
/* => bytes for msgrcv; msg is the guest's struct msgbuf. */
long do_msgsnd(int id, uaddr msg, u64 size, int flags);
long do_msgrcv(int id, uaddr msg, u64 size, s64 type, int flags);
long do_msgctl(int id, int cmd, uaddr buf);

#endif
