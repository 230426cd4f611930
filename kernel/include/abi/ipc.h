/* SPDX-License-Identifier: GPL-2.0 */
/* System V shared memory, semaphores, message queues. */
#ifndef ABI_IPC_H
#define ABI_IPC_H

#include <kernel/types.h>

#define IPC_OLD	      0
#define IPC_PRIVATE   0
#define IPC_RMID      0
#define IPC_SET	      1
#define IPC_STAT      2
#define IPC_INFO      3
#define IPC_64	      0x0100
#define IPC_CREAT     00001000
#define IPC_EXCL      00002000
#define IPC_NOWAIT    00004000
#define IPC_DIPC      00010000
#define IPC_OWN	      00020000

#define SHM_LOCK      11
#define SHM_UNLOCK    12
#define SHM_STAT      13
#define SHM_INFO      14
#define SHM_STAT_ANY  15
#define SHM_W	      0200
#define SHM_R	      0400
#define SHM_HUGETLB   04000
#define SHM_NORESERVE 010000
#define SHM_RDONLY    010000
#define SHM_RND	      020000
#define SHM_REMAP     040000
#define SHM_EXEC      0100000

#define GETPID	      11
#define GETVAL	      12
#define GETALL	      13
#define GETNCNT	      14
#define GETZCNT	      15
#define SETVAL	      16
#define SETALL	      17
#define SEM_STAT      18
#define SEM_INFO      19
#define SEM_STAT_ANY  20
#define SEM_UNDO      0x1000

#define MSG_STAT      11
#define MSG_INFO      12
#define MSG_STAT_ANY  13
#define MSG_NOERROR   010000
#define MSG_EXCEPT    020000
#define MSG_COPY      040000

struct ipc64_perm {
	s32 key;
	u32 uid;
	u32 gid;
	u32 cuid;
	u32 cgid;
	u32 mode;
	u16 seq;
	u16 pad;
	u32 pad1;
	u64 unused1;
	u64 unused2;
};

struct shmid64_ds {
	struct ipc64_perm shm_perm;
	u64 shm_segsz;
	s64 shm_atime;
	s64 shm_dtime;
	s64 shm_ctime;
	s32 shm_cpid;
	s32 shm_lpid;
	u64 shm_nattch;
	u64 unused4;
	u64 unused5;
};

struct shminfo64 {
	u64 shmmax;
	u64 shmmin;
	u64 shmmni;
	u64 shmseg;
	u64 shmall;
	u64 unused[4];
};

struct shm_info {
	s32 used_ids;
	u64 shm_tot;
	u64 shm_rss;
	u64 shm_swp;
	u64 swap_attempts;
	u64 swap_successes;
};

struct semid64_ds {
	struct ipc64_perm sem_perm;
	s64 sem_otime;
	u64 unused1;
	s64 sem_ctime;
	u64 unused2;
	u64 sem_nsems;
	u64 unused3;
	u64 unused4;
};

struct sembuf {
	u16 sem_num;
	s16 sem_op;
	s16 sem_flg;
};

struct seminfo {
	s32 semmap;
	s32 semmni;
	s32 semmns;
	s32 semmnu;
	s32 semmsl;
	s32 semopm;
	s32 semume;
	s32 semusz;
	s32 semvmx;
	s32 semaem;
};

struct msqid64_ds {
	struct ipc64_perm msg_perm;
	s64 msg_stime;
	s64 msg_rtime;
	s64 msg_ctime;
	u64 msg_cbytes;
	u64 msg_qnum;
	u64 msg_qbytes;
	s32 msg_lspid;
	s32 msg_lrpid;
	u64 unused4;
	u64 unused5;
};

struct msginfo {
	s32 msgpool;
	s32 msgmap;
	s32 msgmax;
	s32 msgmnb;
	s32 msgmni;
	s32 msgssz;
	s32 msgtql;
	u16 msgseg;
};

#endif
