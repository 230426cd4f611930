/* SPDX-License-Identifier: GPL-2.0 */
/* System V shared memory, semaphores and message queues: sysvipc(7). */
#include "t.h"
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static int waited(pid_t pid)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

/* --- shm --- */

T(shm_is_shared_by_processes)
{
	int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
	struct shmid_ds d;
	char *p, *q;

	CHECK(id >= 0);
	p = shmat(id, NULL, 0);
	CHECK(p != (void *)-1);
	CHECK_EQ(p[9999], 0);
	pid_t pid = fork();
	if (!pid) {
		p[5] = 'x';
		_exit(0);
	}
	CHECK_EQ(waited(pid), 0);
	CHECK_EQ(p[5], 'x');
	q = shmat(id, NULL, SHM_RDONLY);
	CHECK(q != (void *)-1 && q != p);
	CHECK_EQ(q[5], 'x');
	CHECK_EQ(shmctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.shm_nattch, 2);
	CHECK_EQ(d.shm_segsz, 10000);
	CHECK_EQ(d.shm_cpid, getpid());
	CHECK_EQ(d.shm_lpid, getpid());
	CHECK_EQ(d.shm_perm.mode & 0777, 0600);
	CHECK_EQ(shmdt(q), 0);
	CHECK_ERRNO(shmdt(q), EINVAL);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_EQ(shmctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.shm_nattch, 1);
	CHECK_EQ(d.shm_perm.mode & 01000, 01000);
	CHECK_EQ(shmdt(p), 0);
	CHECK_ERRNO(shmctl(id, IPC_STAT, &d), EINVAL);
}

T(shm_counts_forks_and_exits)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600), fd[2];
	struct shmid_ds d;
	char c, *p = shmat(id, NULL, 0);

	CHECK(p != (void *)-1);
	CHECK_EQ(pipe(fd), 0);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(read(fd[0], &c, 1), 1);
		_exit(0);
	}
	CHECK_EQ(shmctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.shm_nattch, 2);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_EQ(shmdt(p), 0);
	CHECK_EQ(shmctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.shm_nattch, 1);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(waited(pid), 0);
	CHECK_ERRNO(shmctl(id, IPC_STAT, &d), EINVAL);
}

T(shm_keys)
{
	key_t key = 0x4c000000 + getpid();
	int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);

	CHECK(id >= 0);
	CHECK_EQ(shmget(key, 100, 0), id);
	CHECK_EQ(shmget(key, 0, 0), id);
	CHECK_ERRNO(shmget(key, 5000, 0), EINVAL);
	CHECK_ERRNO(shmget(key, 4096, IPC_CREAT | IPC_EXCL), EEXIST);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_ERRNO(shmget(key, 4096, 0), ENOENT);
	CHECK_ERRNO(shmget(key, 0, IPC_CREAT), EINVAL);
	CHECK_ERRNO(shmat(id, NULL, 0) == (void *)-1 ? -1 : 0, EINVAL);
}

T(shm_addresses)
{
	int id = shmget(IPC_PRIVATE, 8192, 0600);
	char *p = mmap(NULL, 16384, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	CHECK(p != MAP_FAILED);
	CHECK_ERRNO((long)shmat(id, p + 1, 0), EINVAL);
	CHECK_ERRNO((long)shmat(id, p, 0), EINVAL);
	CHECK(shmat(id, p, SHM_REMAP) == p);
	p[0] = 1;
	CHECK_EQ(munmap(p + 12288, 4096), 0);
	CHECK_EQ(munmap(p + 8192, 4096), 0);
	CHECK(shmat(id, p + 8192 + 5, SHM_RND) == p + 8192);
	CHECK_EQ(p[8192], 1);
	CHECK_EQ(shmdt(p), 0);
	CHECK_EQ(p[8192], 1);
	CHECK_EQ(shmdt(p + 8192), 0);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

T(shm_pieces_are_detached_together)
{
	int id = shmget(IPC_PRIVATE, 5 * 4096, 0600);
	char *p = shmat(id, NULL, 0);
	struct shmid_ds d;

	CHECK(p != (void *)-1);
	CHECK_EQ(mprotect(p + 4096, 4096, PROT_READ), 0);
	CHECK_EQ(munmap(p + 3 * 4096, 4096), 0);
	CHECK_EQ(shmdt(p), 0);
	CHECK_EQ(shmctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.shm_nattch, 0);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

T(shm_set_and_info)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	struct shmid_ds d;
	struct shm_info si;
	struct shminfo in;

	CHECK_EQ(shmctl(id, IPC_STAT, &d), 0);
	d.shm_perm.mode = 0640;
	CHECK_EQ(shmctl(id, IPC_SET, &d), 0);
	CHECK_EQ(shmctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.shm_perm.mode & 0777, 0640);
	CHECK(shmctl(0, SHM_INFO, (void *)&si) >= 0);
	CHECK(si.used_ids >= 1);
	CHECK(shmctl(0, IPC_INFO, (void *)&in) >= 0);
	CHECK_EQ(in.shmmin, 1);
	CHECK_ERRNO(shmctl(id, 99, &d), EINVAL);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

T(shm_shows_in_proc)
{
	int id = shmget(IPC_PRIVATE, 12345, 0600), seen = 0;
	FILE *f = fopen("/proc/sysvipc/shm", "r");
	char line[300];
	int key, i;
	unsigned mode;
	unsigned long size;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%d %d %o %lu", &key, &i, &mode, &size) == 4 &&
		    i == id) {
			seen = 1;
			CHECK_EQ(size, 12345);
			CHECK_EQ(mode, 0600);
		}
	fclose(f);
	CHECK_EQ(seen, 1);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

T(shm_mode_counts)
{
	int id = shmget(IPC_PRIVATE, 4096, 0400);

	if (!geteuid())
		SKIP("root may do all");
	CHECK_ERRNO((long)shmat(id, NULL, 0), EACCES);
	CHECK(shmat(id, NULL, SHM_RDONLY) != (void *)-1);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

/* --- sem --- */

static int op(int id, int num, int val, int flags)
{
	struct sembuf b = { num, val, flags };

	return semop(id, &b, 1);
}

T(sem_values)
{
	int id = semget(IPC_PRIVATE, 3, 0600);
	unsigned short v[3] = { 1, 2, 3 };
	struct semid_ds d;

	CHECK(id >= 0);
	CHECK_EQ(semctl(id, 0, GETVAL), 0);
	CHECK_EQ(semctl(id, 0, SETALL, (union semun){ .array = v }), 0);
	CHECK_EQ(semctl(id, 1, GETVAL), 2);
	CHECK_EQ(semctl(id, 1, SETVAL, (union semun){ .val = 7 }), 0);
	memset(v, 0, sizeof(v));
	CHECK_EQ(semctl(id, 0, GETALL, (union semun){ .array = v }), 0);
	CHECK_EQ(v[1], 7);
	CHECK_EQ(v[2], 3);
	CHECK_ERRNO(semctl(id, 3, GETVAL), EINVAL);
	CHECK_ERRNO(semctl(id, 0, SETVAL, (union semun){ .val = 40000 }),
		    ERANGE);
	CHECK_EQ(op(id, 0, -1, 0), 0);
	CHECK_EQ(semctl(id, 0, GETPID), getpid());
	CHECK_ERRNO(op(id, 0, -1, IPC_NOWAIT), EAGAIN);
	CHECK_ERRNO(op(id, 3, 1, 0), EFBIG);
	CHECK_EQ(op(id, 0, 0, 0), 0);
	CHECK_ERRNO(op(id, 1, 32767, 0), ERANGE);
	CHECK_EQ(semctl(id, 0, IPC_STAT, (union semun){ .buf = &d }), 0);
	CHECK_EQ(d.sem_nsems, 3);
	CHECK(d.sem_otime > 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
	CHECK_ERRNO(semctl(id, 0, GETVAL), EINVAL);
	CHECK_ERRNO(semget(IPC_PRIVATE, 0, 0600), EINVAL);
}

T(sem_operations_are_all_or_nothing)
{
	int id = semget(IPC_PRIVATE, 2, 0600);
	struct sembuf b[2] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT } };

	CHECK_ERRNO(semop(id, b, 2), EAGAIN);
	CHECK_EQ(semctl(id, 0, GETVAL), 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

T(sem_wakes_and_removes)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	pid_t pid = fork();

	if (!pid)
		_exit(op(id, 0, -2, 0) ? errno : 0);
	while (semctl(id, 0, GETNCNT) != 1)
		usleep(1000);
	CHECK_EQ(op(id, 0, 1, 0), 0);
	CHECK_EQ(semctl(id, 0, GETNCNT), 1);
	CHECK_EQ(op(id, 0, 1, 0), 0);
	CHECK_EQ(waited(pid), 0);
	CHECK_EQ(semctl(id, 0, GETVAL), 0);
	CHECK_EQ(op(id, 0, 1, 0), 0);
	pid = fork();
	if (!pid)
		_exit(op(id, 0, 0, 0) ? errno : 0);
	while (semctl(id, 0, GETZCNT) != 1)
		usleep(1000);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
	CHECK_EQ(waited(pid), EIDRM);
}

T(sem_times_out)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	struct sembuf b = { 0, -1, 0 };
	struct timespec ts = { 0, 20000000 };

	CHECK_ERRNO(semtimedop(id, &b, 1, &ts), EAGAIN);
	ts.tv_nsec = -1;
	CHECK_ERRNO(semtimedop(id, &b, 1, &ts), EINVAL);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

static void on_alarm(int sig)
{
}

T(sem_is_interrupted_even_with_restart)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	struct sigaction sa = { .sa_handler = on_alarm,
				.sa_flags = SA_RESTART };

	sigaction(SIGALRM, &sa, NULL);
	ualarm(20000, 0);
	CHECK_ERRNO(op(id, 0, -1, 0), EINTR);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

T(sem_undo_at_exit)
{
	int id = semget(IPC_PRIVATE, 2, 0600);
	pid_t pid;

	CHECK_EQ(semctl(id, 0, SETVAL, (union semun){ .val = 5 }), 0);
	pid = fork();
	if (!pid) {
		CHECK_EQ(op(id, 0, -3, SEM_UNDO), 0);
		CHECK_EQ(op(id, 1, 2, SEM_UNDO), 0);
		_exit(semctl(id, 0, GETVAL));
	}
	CHECK_EQ(waited(pid), 2);
	CHECK_EQ(semctl(id, 0, GETVAL), 5);
	CHECK_EQ(semctl(id, 1, GETVAL), 0);
	/* who is killed while it waits frees others as well */
	pid = fork();
	if (!pid) {
		op(id, 0, -5, SEM_UNDO);
		pause();
	}
	while (semctl(id, 0, GETVAL))
		usleep(1000);
	kill(pid, SIGKILL);
	CHECK_EQ(op(id, 0, -1, 0), 0);
	waited(pid);
	CHECK_EQ(semctl(id, 0, GETVAL), 4);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

static int undo_sem;
static void *undo_thread(void *arg)
{
	CHECK_EQ(op(undo_sem, 0, 1, SEM_UNDO), 0);
	return NULL;
}

T(sem_undo_is_shared_by_threads)
{
	pthread_t t;

	undo_sem = semget(IPC_PRIVATE, 1, 0600);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(pthread_create(&t, NULL, undo_thread, NULL), 0);
		pthread_join(t, NULL);
		_exit(semctl(undo_sem, 0, GETVAL));
	}
	CHECK_EQ(waited(pid), 1);
	CHECK_EQ(semctl(undo_sem, 0, GETVAL), 0);
	CHECK_EQ(semctl(undo_sem, 0, IPC_RMID), 0);
}

T(sem_as_a_lock)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	volatile int *n = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(op(id, 0, 1, 0), 0);
	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		for (int k = 0; k < 500; k++) {
			op(id, 0, -1, SEM_UNDO);
			*n = *n + 1;
			op(id, 0, 1, SEM_UNDO);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		wait(NULL);
	CHECK_EQ(*n, 2000);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

/* --- msg --- */

struct mb {
	long type;
	char text[64];
};

static int put(int id, long type, const char *text, int flags)
{
	struct mb m = { .type = type };

	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text) + 1, flags);
}

T(msg_types)
{
	int id = msgget(IPC_PRIVATE, 0600);
	struct msqid_ds d;
	struct mb m;

	CHECK(id >= 0);
	CHECK_EQ(put(id, 3, "three", 0), 0);
	CHECK_EQ(put(id, 2, "two", 0), 0);
	CHECK_EQ(put(id, 1, "one", 0), 0);
	CHECK_EQ(put(id, 3, "drei", 0), 0);
	CHECK_EQ(msgctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.msg_qnum, 4);
	CHECK_EQ(d.msg_lspid, getpid());
	CHECK_EQ(msgrcv(id, &m, 64, -2, 0), 4);
	CHECK(!strcmp(m.text, "one"));
	CHECK_EQ(m.type, 1);
	CHECK_EQ(msgrcv(id, &m, 64, 3, MSG_EXCEPT), 4);
	CHECK(!strcmp(m.text, "two"));
	CHECK_ERRNO(msgrcv(id, &m, 64, 7, IPC_NOWAIT), ENOMSG);
	CHECK_ERRNO(msgrcv(id, &m, 2, 0, 0), E2BIG);
	CHECK_EQ(msgrcv(id, &m, 2, 0, MSG_NOERROR), 2);
	CHECK_EQ(msgrcv(id, &m, 64, 0, 0), 5);
	CHECK(!strcmp(m.text, "drei"));
	CHECK_ERRNO(put(id, 0, "x", 0), EINVAL);
	CHECK_ERRNO(msgsnd(id, &m, 100000, 0), EINVAL);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	CHECK_ERRNO(put(id, 1, "x", 0), EINVAL);
}

T(msg_blocks_both_ways)
{
	int id = msgget(IPC_PRIVATE, 0600), st = 0;
	struct msqid_ds d;
	struct mb m;
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < 1000; i++)
			if (put(id, 1 + i % 3, "message", 0))
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 1000; i++) {
		st = msgrcv(id, &m, 64, 0, 0);
		CHECK_EQ(st, 8);
		CHECK_EQ(m.type, 1 + i % 3);
	}
	CHECK_EQ(waited(pid), 0);
	CHECK_EQ(msgctl(id, IPC_STAT, &d), 0);
	CHECK_EQ(d.msg_cbytes, 0);
	d.msg_qbytes = 10;
	CHECK_EQ(msgctl(id, IPC_SET, &d), 0);
	CHECK_EQ(put(id, 1, "message", 0), 0);
	CHECK_ERRNO(put(id, 1, "message", IPC_NOWAIT), EAGAIN);
	pid = fork();
	if (!pid)
		_exit(put(id, 1, "message", 0) ? errno : 0);
	usleep(20000);
	CHECK_EQ(msgrcv(id, &m, 64, 0, 0), 8);
	CHECK_EQ(waited(pid), 0);
	CHECK_EQ(msgrcv(id, &m, 64, 0, 0), 8);
	pid = fork();
	if (!pid)
		_exit(msgrcv(id, &m, 64, 0, 0) < 0 ? errno : 0);
	usleep(20000);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	CHECK_EQ(waited(pid), EIDRM);
}

T(msg_peeks)
{
	int id = msgget(IPC_PRIVATE, 0600);
	struct mb m;
	int n;

	CHECK_EQ(put(id, 1, "a", 0), 0);
	CHECK_EQ(put(id, 2, "bb", 0), 0);
	n = msgrcv(id, &m, 64, 1, MSG_COPY | IPC_NOWAIT);
	if (n < 0 && errno == ENOSYS)
		SKIP("no MSG_COPY here");
	CHECK_EQ(n, 3);
	CHECK_EQ(m.type, 2);
	CHECK_ERRNO(msgrcv(id, &m, 64, 2, MSG_COPY | IPC_NOWAIT), ENOMSG);
	CHECK_ERRNO(msgrcv(id, &m, 64, 0, MSG_COPY), EINVAL);
	CHECK_EQ(msgrcv(id, &m, 64, 0, 0), 2);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

T_MAIN
