// SPDX-License-Identifier: GPL-2.0
/*
 * Memory policies and moving pages, as a machine with one node has them:
 * set_mempolicy(2), mbind(2), get_mempolicy(2), move_pages(2),
 * migrate_pages(2). Also true on hosts with more nodes: only node 0 is named.
 */
#include "t.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define DEFAULT	   0
#define PREFERRED  1
#define BIND	   2
#define INTERLEAVE 3
#define LOCAL	   4
#define STATIC	   (1 << 15)
#define F_NODE	   1
#define F_ADDR	   2
#define F_MEMS	   4

static long set_policy(int mode, unsigned long mask)
{
	return syscall(SYS_set_mempolicy, mode, mask ? &mask : NULL, 64);
}
static long bind_range(void *p, size_t n, int mode, unsigned long mask,
		       unsigned flags)
{
	return syscall(SYS_mbind, p, n, mode, mask ? &mask : NULL, 64, flags);
}
static long get_policy(int *mode, unsigned long *mask, void *at, long flags)
{
	unsigned long big[16] = { 0 };
	long r = syscall(SYS_get_mempolicy, mode, mask ? big : NULL,
			 mask ? 1024 : 0, at, flags);

	if (mask)
		*mask = big[0];
	return r;
}
static void need_policy(void)
{
	int mode;

	if (get_policy(&mode, NULL, NULL, 0) && errno == ENOSYS)
		SKIP("no memory policies");
}

T(a_task_keeps_its_policy)
{
	unsigned long mask;
	int mode, status;

	need_policy();
	CHECK_EQ(get_policy(&mode, &mask, NULL, 0), 0);
	CHECK_EQ(mode, DEFAULT);
	CHECK_EQ(mask, 0);
	CHECK_EQ(set_policy(BIND, 1), 0);
	CHECK_EQ(get_policy(&mode, &mask, NULL, 0), 0);
	CHECK_EQ(mode, BIND);
	CHECK_EQ(mask, 1);
	if (!fork()) /* a child inherits it */
		_exit(get_policy(&mode, &mask, NULL, 0) || mode != BIND);
	wait(&status);
	CHECK_EQ(status, 0);
	CHECK_EQ(set_policy(INTERLEAVE | STATIC, 1), 0);
	CHECK_EQ(get_policy(&mode, &mask, NULL, 0), 0);
	CHECK_EQ(mode, INTERLEAVE | STATIC);
	CHECK_EQ(get_policy(&mode, NULL, NULL, F_NODE), 0);
	CHECK_EQ(mode, 0); /* the next node */
	CHECK_EQ(set_policy(PREFERRED, 0), 0);
	CHECK_EQ(get_policy(&mode, &mask, NULL, 0), 0);
	CHECK_EQ(mode, LOCAL);
	CHECK_EQ(mask, 0);
	CHECK_ERRNO(get_policy(&mode, NULL, NULL, F_NODE), EINVAL);
	CHECK_EQ(set_policy(DEFAULT, 0), 0);
	CHECK_EQ(get_policy(&mode, &mask, NULL, F_MEMS), 0);
	CHECK(mask & 1);
}

T(policies_that_cannot_be)
{
	int mode;

	need_policy();
	CHECK_ERRNO(set_policy(DEFAULT, 1), EINVAL);
	CHECK_ERRNO(set_policy(BIND, 0), EINVAL);
	CHECK_ERRNO(set_policy(LOCAL, 1), EINVAL);
	CHECK_ERRNO(set_policy(77, 1), EINVAL);
	CHECK_ERRNO(set_policy(BIND | STATIC | 1 << 14, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_set_mempolicy, BIND, (void *)1, 64), EFAULT);
	CHECK_ERRNO(get_policy(&mode, NULL, NULL, 64), EINVAL);
	CHECK_ERRNO(get_policy(&mode, NULL, &mode, 0), EINVAL);
	CHECK_ERRNO(get_policy(&mode, NULL, &mode, F_MEMS | F_ADDR), EINVAL);
	CHECK_ERRNO(get_policy(&mode, NULL, (void *)-4096l, F_ADDR), EFAULT);
}

T(an_area_keeps_its_policy)
{
	char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long mask;
	int mode;

	need_policy();
	CHECK(p != MAP_FAILED);
	CHECK_EQ(bind_range(p + 4096, 2 * 4096, BIND, 1, 0), 0);
	CHECK_EQ(get_policy(&mode, &mask, p, F_ADDR), 0);
	CHECK_EQ(mode, DEFAULT);
	CHECK_EQ(get_policy(&mode, &mask, p + 4096, F_ADDR), 0);
	CHECK_EQ(mode, BIND);
	CHECK_EQ(mask, 1);
	CHECK_EQ(get_policy(&mode, &mask, p + 3 * 4096, F_ADDR), 0);
	CHECK_EQ(mode, DEFAULT);
	CHECK_EQ(get_policy(&mode, NULL, p + 4096, F_ADDR | F_NODE), 0);
	CHECK_EQ(bind_range(p, 8 * 4096, DEFAULT, 0, 0), 0);
	CHECK_EQ(get_policy(&mode, &mask, p + 4096, F_ADDR), 0);
	CHECK_EQ(mode, DEFAULT);
	CHECK_ERRNO(bind_range(p + 1, 4096, BIND, 1, 0), EINVAL);
	CHECK_ERRNO(bind_range(p, 4096, BIND, 1, 1 << 10), EINVAL);
	CHECK_EQ(munmap(p + 4096, 4096), 0);
	CHECK_ERRNO(bind_range(p, 3 * 4096, BIND, 1, 0), EFAULT);
}

T(pages_are_on_node_0_or_nowhere)
{
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *pages[3] = { p, p + 4096, p + 2 * 4096 };
	int status[3] = { 7, 7, 7 }, nodes[3] = { 0, 0, 0 };

	need_policy();
	CHECK(p != MAP_FAILED);
	CHECK_EQ(madvise(p, 3 * 4096, MADV_NOHUGEPAGE), 0);
	p[0] = 1;
	CHECK_EQ(munmap(p + 2 * 4096, 4096), 0);
	CHECK_EQ(syscall(SYS_move_pages, 0, 3, pages, NULL, status, 0), 0);
	CHECK(status[0] >= 0);
	CHECK_EQ(status[1], -ENOENT);
	CHECK_EQ(status[2], -EFAULT);
	CHECK_EQ(syscall(SYS_move_pages, 0, 1, pages, nodes, status, 2), 0);
	CHECK_EQ(status[0], 0);
	nodes[0] = 1000;
	CHECK_ERRNO(syscall(SYS_move_pages, 0, 1, pages, nodes, status, 2),
		    ENODEV);
	CHECK_ERRNO(syscall(SYS_move_pages, 0, 1, pages, NULL, status, 1 << 9),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_move_pages, 0, 1, NULL, NULL, status, 2),
		    EFAULT);
	CHECK_ERRNO(syscall(SYS_move_pages, 999999, 1, pages, NULL, status, 2),
		    ESRCH);
}

T(numa_maps_names_the_policy)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char line[512], want[64];
	int found = 0;
	FILE *f;

	need_policy();
	CHECK(p != MAP_FAILED);
	CHECK_EQ(bind_range(p, 4096, BIND, 1, 0), 0);
	snprintf(want, sizeof(want), "%lx bind:0", (long)p);
	f = fopen("/proc/self/numa_maps", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		found |= !strncmp(line, want, strlen(want));
	CHECK(found);
}

T_MAIN
