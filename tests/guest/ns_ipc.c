// SPDX-License-Identifier: GPL-2.0
/*
 * IPC namespaces: ipc_namespaces(7). Keys, identifiers and names of queues on
 * one side are unknown on the other, and end with it.
 */
#include "ns_util.h"
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define KEY 0x10d6e7

static int msg, sem, shm;

static void make(void)
{
	msg = msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);
	sem = semget(KEY, 1, IPC_CREAT | IPC_EXCL | 0600);
	shm = shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(msg >= 0 && sem >= 0 && shm >= 0);
}

static void child_makes_its_own(void)
{
	char *p = shmat(shm, NULL, 0);

	CHECK(p != (void *)-1);
	*p = 7;
	CHECK_EQ(unshare(CLONE_NEWIPC), 0);
	CHECK_ERRNO(msgget(KEY, 0), ENOENT);
	CHECK_ERRNO(semget(KEY, 0, 0), ENOENT);
	CHECK_ERRNO(shmget(KEY, 0, 0), ENOENT);
	make();
	CHECK_EQ(*p, 7); /* what is attached stays */
	CHECK_EQ(shmdt(p), 0);
}

T(keys)
{
	ns_root(CLONE_NEWIPC);
	make();
	ns_child(child_makes_its_own);
	CHECK_EQ(msgget(KEY, 0), msg);
	CHECK_EQ(shmget(KEY, 0, 0), shm);
}

static void child_lists(void)
{
	CHECK(strchr(get("/proc/sysvipc/shm"), '\n')[1]);
	CHECK_EQ(unshare(CLONE_NEWIPC), 0);
	CHECK(!strchr(get("/proc/sysvipc/shm"), '\n')[1]);
	CHECK(!strchr(get("/proc/sysvipc/msg"), '\n')[1]);
	CHECK(!strchr(get("/proc/sysvipc/sem"), '\n')[1]);
}

T(lists)
{
	ns_root(CLONE_NEWIPC);
	make();
	ns_child(child_lists);
}

T(queues)
{
	mqd_t q;
	int own;

	ns_root(CLONE_NEWIPC);
	q = mq_open("/ns_ipc", O_CREAT | O_EXCL | O_RDWR, 0600, NULL);
	if (q < 0 && errno == ENOSYS)
		SKIP("no message queues");
	CHECK(q >= 0);
	own = open("/proc/self/ns/ipc", O_RDONLY);
	CHECK_EQ(unshare(CLONE_NEWIPC), 0);
	CHECK_ERRNO(mq_open("/ns_ipc", O_RDWR), ENOENT);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0); /* open is open */
	CHECK_EQ(setns(own, CLONE_NEWIPC), 0);
	CHECK(mq_open("/ns_ipc", O_RDWR) >= 0);
}

T(flags)
{
	ns_root(0);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWIPC | CLONE_SYSVSEM | SIGCHLD,
			    0, 0, 0, 0),
		    EINVAL);
	CHECK_EQ(unshare(CLONE_NEWCGROUP), 0);
}

T_MAIN
