// SPDX-License-Identifier: GPL-2.0
/* madvise(2), mincore(2), msync(2), the mlock family, and the rest. */
#include "t.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PG 4096ul
#define RW (PROT_READ | PROT_WRITE)
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLD
#define MADV_COLD    20
#define MADV_PAGEOUT 21
#endif

static char *anon(size_t n, int prot)
{
	char *p = mmap(NULL, n * PG, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static char *shared(size_t n)
{
	char *p = mmap(NULL, n * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static int temp_file(int pages, char c)
{
	char name[] = "/tmp/mmXXXXXX", buf[PG];
	int fd = mkstemp(name);

	unlink(name);
	memset(buf, c, PG);
	while (pages--)
		CHECK_EQ(write(fd, buf, PG), PG);
	return fd;
}

static int resident(char *p, int n)
{
	unsigned char v[64];
	int i, r = 0;

	CHECK_EQ(mincore(p, (size_t)n * PG, v), 0);
	for (i = 0; i < n; i++)
		r += v[i] & 1;
	return r;
}

/* => what fn returns in a child */
static int in_child(int (*fn)(char *), char *p)
{
	int st;

	fflush(stdout);
	if (fork() == 0)
		_exit(fn(p));
	wait(&st);
	return WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st);
}
static int first_byte(char *p)
{
	return *(volatile char *)p;
}

T(dontneed_drops_private_memory)
{
	int fd = temp_file(4, 'f');
	char *p = anon(4, RW), *q = shared(4), *r, *s;

	memset(p, 1, 4 * PG);
	memset(q, 1, 4 * PG);
	CHECK_EQ(madvise(p + PG, PG, MADV_DONTNEED), 0);
	CHECK_EQ(p[PG], 0);
	CHECK_EQ(p[0], 1);
	CHECK_EQ(madvise(q, 4 * PG, MADV_DONTNEED), 0);
	CHECK_EQ(q[PG], 1);
	r = mmap(NULL, 4 * PG, RW, MAP_PRIVATE, fd, 0);
	s = mmap(NULL, 4 * PG, RW, MAP_SHARED, fd, 0);
	r[0] = 'c';
	s[PG] = 's';
	CHECK_EQ(madvise(r, 4 * PG, MADV_DONTNEED), 0);
	CHECK_EQ(madvise(s, 4 * PG, MADV_DONTNEED), 0);
	CHECK_EQ(r[0], 'f');
	CHECK_EQ(r[PG], 's');
	CHECK_EQ(s[PG], 's');
}

T(free_keeps_what_is_written_after)
{
	char *p = anon(4, RW);

	memset(p, 1, 4 * PG);
	CHECK_EQ(madvise(p, 4 * PG, MADV_FREE), 0);
	p[0] = 2;
	CHECK_EQ(p[0], 2);
	CHECK(p[PG] == 0 || p[PG] == 1);
	CHECK_ERRNO(madvise(shared(1), PG, MADV_FREE), EINVAL);
}

T(fork_behaviour)
{
	char *p = anon(4, RW), *q = anon(4, RW);

	memset(p, 5, 4 * PG);
	memset(q, 6, 4 * PG);
	CHECK_EQ(madvise(p, PG, MADV_DONTFORK), 0);
	CHECK_EQ(madvise(q + PG, PG, MADV_WIPEONFORK), 0);
	CHECK_EQ(in_child(first_byte, p), -SIGSEGV);
	CHECK_EQ(in_child(first_byte, p + PG), 5);
	CHECK_EQ(in_child(first_byte, q), 6);
	CHECK_EQ(in_child(first_byte, q + PG), 0);
	CHECK_EQ(q[PG], 6);
	CHECK_EQ(madvise(p, PG, MADV_DOFORK), 0);
	CHECK_EQ(madvise(q + PG, PG, MADV_KEEPONFORK), 0);
	CHECK_EQ(in_child(first_byte, p), 5);
	CHECK_EQ(in_child(first_byte, q + PG), 6);
	CHECK_ERRNO(madvise(shared(1), PG, MADV_WIPEONFORK), EINVAL);
}

T(populate)
{
	char *p = anon(8, RW), *q = anon(8, PROT_READ), *r = shared(8);
	int fd = temp_file(4, 'f');
	char *s = mmap(NULL, 8 * PG, RW, MAP_SHARED, fd, 0);

	CHECK_EQ(madvise(p, 8 * PG, MADV_POPULATE_WRITE), 0);
	CHECK_EQ(resident(p, 8), 8);
	CHECK_EQ(madvise(q, 8 * PG, MADV_POPULATE_READ), 0);
	CHECK_ERRNO(madvise(q, 8 * PG, MADV_POPULATE_WRITE), EINVAL);
	CHECK_EQ(madvise(r, 8 * PG, MADV_POPULATE_WRITE), 0);
	CHECK_EQ(madvise(s, 4 * PG, MADV_POPULATE_READ), 0);
	CHECK_ERRNO(madvise(s, 8 * PG, MADV_POPULATE_READ), EFAULT);
	CHECK_EQ(munmap(p + 4 * PG, PG), 0);
	CHECK_ERRNO(madvise(p, 8 * PG, MADV_POPULATE_READ), ENOMEM);
}

T(remove_punches_a_hole)
{
	int fd = temp_file(4, 'f');
	char *p = mmap(NULL, 4 * PG, RW, MAP_SHARED, fd, 0), c;
	char *q = mmap(NULL, 4 * PG, RW, MAP_PRIVATE, fd, 0);

	if (madvise(p + PG, PG, MADV_REMOVE) && errno == EOPNOTSUPP)
		SKIP("the file system of /tmp has no holes");
	CHECK_EQ(p[PG], 0);
	CHECK_EQ(pread(fd, &c, 1, PG), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(p[2 * PG], 'f');
	CHECK_ERRNO(madvise(q, PG, MADV_REMOVE), EACCES);
	CHECK_ERRNO(madvise(anon(1, RW), PG, MADV_REMOVE), EINVAL);
}

T(advice_without_effect)
{
	static const int ok[] = { MADV_NORMAL,	 MADV_RANDOM,	MADV_SEQUENTIAL,
				  MADV_WILLNEED, MADV_DONTDUMP, MADV_DODUMP,
				  MADV_COLD,	 MADV_PAGEOUT };
	char *p = anon(4, RW);
	size_t i;

	memset(p, 9, 4 * PG);
	for (i = 0; i < sizeof(ok) / sizeof(*ok); i++)
		CHECK_EQ(madvise(p, 4 * PG, ok[i]), 0);
	CHECK_EQ(p[3 * PG], 9);
	CHECK_ERRNO(madvise(p, PG, 999), EINVAL);
	CHECK_ERRNO(madvise(p + 1, PG, MADV_NORMAL), EINVAL);
	CHECK_EQ(madvise(p, 0, MADV_DONTNEED), 0);
	CHECK_ERRNO(madvise(p, 0, 999), EINVAL);
	CHECK_EQ(munmap(p + PG, PG), 0);
	CHECK_ERRNO(madvise(p, 3 * PG, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(p[0], 0);
	CHECK_EQ(p[2 * PG], 0);
	CHECK_EQ(p[3 * PG], 9);
}

T(mincore_tells)
{
	char *p = anon(8, RW);
	unsigned char v[8];

	p[2 * PG] = 1;
	CHECK_EQ(mincore(p, 8 * PG, v), 0);
	CHECK_EQ(v[2] & 1, 1);
	CHECK_ERRNO(mincore(p + 1, PG, v), EINVAL);
	CHECK_ERRNO(mincore(p, PG, (void *)8), EFAULT);
	CHECK_EQ(munmap(p + 4 * PG, PG), 0);
	CHECK_ERRNO(mincore(p, 8 * PG, v), ENOMEM);
	CHECK_EQ(mincore(p, 0, v), 0);
}

T(msync_errors)
{
	char *p = anon(4, RW), *q = shared(4);

	CHECK_EQ(msync(p, 4 * PG, MS_SYNC), 0);
	CHECK_EQ(msync(q, 4 * PG, MS_ASYNC | MS_INVALIDATE), 0);
	CHECK_ERRNO(msync(p, PG, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERRNO(msync(p + 1, PG, MS_SYNC), EINVAL);
	CHECK_ERRNO(msync(p, PG, 64), EINVAL);
	CHECK_EQ(munmap(p + PG, PG), 0);
	CHECK_ERRNO(msync(p, 3 * PG, MS_SYNC), ENOMEM);
	CHECK_EQ(msync(p, 0, MS_SYNC), 0);
}

static void lock_limit(size_t pages)
{
	struct rlimit r = { pages * PG, pages * PG };

	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &r), 0);
	if (geteuid() == 0)
		CHECK_EQ(setuid(65534), 0);
}

T(mlock_counts_against_its_limit)
{
	char *p = anon(16, RW);

	lock_limit(8);
	CHECK_EQ(mlock(p, 4 * PG), 0);
	CHECK_EQ(resident(p, 4), 4);
	CHECK_EQ(mlock(p, 4 * PG), 0);
	CHECK_EQ(mlock(p + 4 * PG, 4 * PG), 0);
	CHECK_ERRNO(mlock(p + 8 * PG, PG), ENOMEM);
	CHECK_EQ(munlock(p + PG, PG), 0);
	CHECK_EQ(mlock(p + 8 * PG, PG), 0);
	CHECK_EQ(munmap(p, 2 * PG), 0);
	CHECK_EQ(mlock(p + 9 * PG, PG), 0);
	CHECK_ERRNO(mlock(p, PG), ENOMEM);
	CHECK_ERRNO(madvise(p + 4 * PG, PG, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(msync(p + 4 * PG, PG, MS_INVALIDATE), EBUSY);
	CHECK_ERRNO(mmap(NULL, 4 * PG, RW,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EAGAIN);
}

T(mlock_of_nothing_allowed)
{
	char *p = anon(4, RW);

	lock_limit(0);
	CHECK_ERRNO(mlock(p, PG), EPERM);
	CHECK_ERRNO(mlockall(MCL_CURRENT), EPERM);
	CHECK_EQ(munlock(p, PG), 0);
	CHECK_EQ(munlockall(), 0);
}

T(mlock2_and_mlockall)
{
	char *p = anon(8, RW), *q;

	CHECK_ERRNO(mlockall(0), EINVAL);
	CHECK_ERRNO(mlockall(MCL_ONFAULT), EINVAL);
	CHECK_ERRNO(mlockall(64), EINVAL);
	CHECK_EQ(syscall(SYS_mlock2, p, 4 * PG, 1), 0);
	CHECK_ERRNO(syscall(SYS_mlock2, p, PG, 2), EINVAL);
	lock_limit(256);
	CHECK_ERRNO(mlockall(MCL_CURRENT), ENOMEM);
	CHECK_EQ(mlockall(MCL_FUTURE), 0);
	q = mmap(NULL, 8 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(resident(q, 8), 8);
	CHECK_ERRNO(mmap(NULL, 4096 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EAGAIN);
	CHECK_EQ(munlockall(), 0);
	CHECK(mmap(NULL, 4096 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	      MAP_FAILED);
}

static int relock(char *p)
{
	return mlock(p, 8 * PG) ? 1 : 0;
}

T(locks_are_not_inherited)
{
	char *p = anon(8, RW);

	lock_limit(8);
	CHECK_EQ(mlock(p, 8 * PG), 0);
	CHECK_EQ(in_child(relock, anon(8, RW)), 0);
}

T(pkey_calls)
{
	char *p = anon(1, RW);

	CHECK_EQ(syscall(SYS_pkey_mprotect, p, PG, PROT_READ, -1), 0);
	CHECK_ERRNO(syscall(SYS_pkey_mprotect, p, PG, PROT_READ, 15), EINVAL);
	CHECK_ERRNO(syscall(SYS_pkey_alloc, 1, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_pkey_alloc, 0, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_pkey_free, 15), EINVAL);
}

T(one_numa_node)
{
	unsigned long mask[16] = { 0 }, one = 1, two = 2;
	int mode = -1;
	char *p = anon(4, RW);

	if (syscall(SYS_get_mempolicy, NULL, mask, 1024, 0, 4) == -1)
		SKIP("no NUMA calls here");
	if (mask[0] != 1)
		SKIP("this machine has more than one node");
	CHECK_EQ(syscall(SYS_get_mempolicy, &mode, NULL, 0, 0, 0), 0);
	CHECK_EQ(mode, 0);
	CHECK_EQ(syscall(SYS_mbind, p, 4 * PG, 2, &one, 64, 0), 0);
	CHECK_ERRNO(syscall(SYS_mbind, p, 4 * PG, 2, &two, 64, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_mbind, p, 4 * PG, 99, &one, 64, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_mbind, p + 1, PG, 2, &one, 64, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_set_mempolicy, 0, &one, 64), EINVAL);
	CHECK_ERRNO(syscall(SYS_set_mempolicy, 2, NULL, 0), EINVAL);
	CHECK_EQ(syscall(SYS_set_mempolicy, 1, NULL, 0), 0);
	CHECK_EQ(syscall(SYS_set_mempolicy, 0, NULL, 0), 0);
}

T_MAIN
