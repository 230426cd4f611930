// SPDX-License-Identifier: GPL-2.0
/*
 * mem=: how much memory the machine uses, and what happens when that is more
 * than it was given.
 *
 * Guest memory is the host's private memory of many processes; only the host
 * knows how much of it exists. This thread adds up what the machine's processes
 * have (anonymous pages, from statm) and the blocks of arena and pool, which are
 * files and know their size exactly. Pages shared after fork count more than
 * once in that sum, so before the kernel is told (RING_EV_OOM: it ends a guest
 * process) the exact but dear figure is taken, from smaps_rollup. The confined
 * monitor may not read that (Landlock keeps it from looking into processes
 * outside its domain); the keeper does it for it, asked through the page they
 * share.
 *
 * It looks every 100 ms, and every 5 ms while memory grows near the limit; what
 * a guest touches in between is the overshoot.
 *
 * The processes are found by walking the tree below the machine's first one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "drivers-host/monitor.h"
#include "monitor.h"

#define MEMORY_SLOW_NS 100000000l
#define MEMORY_FAST_NS 5000000l
#define MEMORY_FILE    4096
#define MEMORY_DEPTH   32 /* of the tree; the machine's is two or three */

static struct {
	int first_pid; /* whose tree: the machine's, in the keeper the monitor */
	unsigned long long limit;
	int proc_fd;
	struct handover *handover;
} memory;

static long memory_futex(uint32_t *word, int op, uint32_t val,
			 const struct timespec *ts)
{
	return syscall(SYS_futex, word, op, val, ts, NULL, 0);
}

static ssize_t memory_read(int pid, const char *file, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%d/%s", pid, file);
	fd = openat(memory.proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n;
}

/* Anonymous bytes of one process, shared ones counted whole. */
static unsigned long long memory_rough(int pid)
{
	char buf[128];
	unsigned long long size, resident, shared;

	if (memory_read(pid, "statm", buf, sizeof(buf)) <= 0 ||
	    sscanf(buf, "%llu %llu %llu", &size, &resident, &shared) != 3)
		return 0;
	return resident > shared ? (resident - shared) << 12 : 0;
}

/* The same, shared ones divided among those who share. */
static unsigned long long memory_exact(int pid)
{
	char buf[MEMORY_FILE];
	unsigned long long kb;
	const char *p;

	if (memory_read(pid, "smaps_rollup", buf, sizeof(buf)) <= 0)
		return memory_rough(pid);
	p = strstr(buf, "Pss_Anon:");
	if (!p || sscanf(p, "Pss_Anon: %llu", &kb) != 1)
		return memory_rough(pid);
	return kb << 10;
}

static unsigned long long
memory_tree(int pid, unsigned long long (*of)(int pid), int depth);

/* The children that one thread has started, and what is below them. */
static unsigned long long memory_children(int pid, const char *tid,
					  unsigned long long (*of)(int pid),
					  int depth)
{
	unsigned long long sum = 0;
	char path[48], buf[MEMORY_FILE];
	char *p = buf, *end;

	snprintf(path, sizeof(path), "task/%.20s/children", tid);
	if (memory_read(pid, path, buf, sizeof(buf)) <= 0)
		return 0;
	for (;;) {
		long child = strtol(p, &end, 10);

		if (end == p || child <= 0)
			return sum;
		sum += memory_tree((int)child, of, depth + 1);
		p = end;
	}
}

static unsigned long long
memory_tree(int pid, unsigned long long (*of)(int pid), int depth)
{
	unsigned long long sum = of(pid);
	struct dirent *e;
	char path[32];
	DIR *d;
	int fd;

	if (depth > MEMORY_DEPTH)
		return sum;
	snprintf(path, sizeof(path), "%d/task", pid);
	fd = openat(memory.proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			sum += memory_children(pid, e->d_name, of, depth);
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return sum;
}

static unsigned long long memory_files(void)
{
	struct stat a, p;

	if (fstat(mon.arena_fd, &a) || fstat(mon.pool_fd, &p))
		return 0;
	return ((unsigned long long)a.st_blocks +
		(unsigned long long)p.st_blocks) *
	       512;
}

/* --- The keeper's part ---------------------------------------------------- */

static void *memory_keeper_thread(void *arg)
{
	struct handover *h = arg;

	for (;;) {
		uint32_t ask = __atomic_load_n(&h->mem_ask, __ATOMIC_ACQUIRE);
		int monitor =
			__atomic_load_n(&memory.first_pid, __ATOMIC_ACQUIRE);

		if (ask == h->mem_answer) {
			memory_futex(&h->mem_ask, FUTEX_WAIT, ask, NULL);
			continue;
		}
		h->mem_bytes = memory_tree(monitor, memory_exact, 0) -
			       memory_exact(monitor);
		__atomic_store_n(&h->mem_answer, ask, __ATOMIC_RELEASE);
		memory_futex(&h->mem_answer, FUTEX_WAKE, 1, NULL);
	}
	return NULL;
}

static int memory_thread_start(void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;
	int err;

	if (memory.proc_fd <= 0)
		memory.proc_fd =
			open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (memory.proc_fd < 0)
		return -errno;
	pthread_attr_init(&attr);
	/* the buffers of memory_children(), MEMORY_DEPTH times */
	pthread_attr_setstacksize(&attr, 512 * 1024);
	err = pthread_create(&t, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return -err;
}

void memory_keeper_watch(struct handover *h, int monitor_pid)
{
	__atomic_store_n(&memory.first_pid, monitor_pid, __ATOMIC_RELEASE);
	if (memory.handover)
		return; /* runs since the boot before */
	/* without it the monitor makes do with the rough figure */
	if (!memory_thread_start(memory_keeper_thread, h))
		memory.handover = h;
}

/* --- The monitor's part --------------------------------------------------- */

static unsigned long long memory_ask_keeper(unsigned long long rough)
{
	const struct timespec patience = { .tv_nsec = 200000000 };
	struct handover *h = memory.handover;
	uint32_t ask = h->mem_ask + 1, seen;

	__atomic_store_n(&h->mem_ask, ask, __ATOMIC_RELEASE);
	memory_futex(&h->mem_ask, FUTEX_WAKE, 1, NULL);
	seen = __atomic_load_n(&h->mem_answer, __ATOMIC_ACQUIRE);
	if (seen != ask)
		memory_futex(&h->mem_answer, FUTEX_WAIT, seen, &patience);
	if (__atomic_load_n(&h->mem_answer, __ATOMIC_ACQUIRE) != ask)
		return rough;
	return h->mem_bytes;
}

static void *memory_thread(void *arg)
{
	unsigned long long last = 0;

	(void)arg;
	for (;;) {
		unsigned long long tree =
			memory_tree(memory.first_pid, memory_rough, 0);
		unsigned long long used = memory_files() + tree;
		bool near = used > memory.limit / 2 && used > last;
		struct timespec ts = { .tv_nsec = near ? MEMORY_FAST_NS
						       : MEMORY_SLOW_NS };

		last = used;
		if (used > memory.limit) {
			used = memory_files() + memory_ask_keeper(tree);
			if (used > memory.limit) {
				monitor_post_event(RING_EV_OOM);
				/* let it work before looking again */
				ts.tv_nsec = MEMORY_SLOW_NS / 2;
			}
		}
		nanosleep(&ts, NULL);
	}
	return NULL;
}

int memory_watch_start(struct handover *h, int machine_pid,
		       unsigned long long limit)
{
	memory.handover = h;
	memory.first_pid = machine_pid;
	memory.limit = limit;
	memory.proc_fd = 0;
	return memory_thread_start(memory_thread, NULL);
}
