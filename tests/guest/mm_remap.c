// SPDX-License-Identifier: GPL-2.0
/* mremap(2) and brk(2). */
#include "t.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PG 4096ul
#define RW (PROT_READ | PROT_WRITE)

static char *anon(size_t n, int prot)
{
	char *p = mmap(NULL, n * PG, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void fill(char *p, int n)
{
	while (n--)
		p[n * PG] = (char)(n + 1);
}

static void filled(char *p, int n)
{
	while (n--)
		CHECK_EQ(p[n * PG], n + 1);
}

static int mapped(void *p)
{
	unsigned char v;

	return mincore(p, PG, &v) == 0;
}

T(shrink_and_grow_in_place)
{
	char *p = anon(16, RW);

	fill(p, 16);
	CHECK(mremap(p, 16 * PG, 4 * PG, 0) == p);
	filled(p, 4);
	CHECK(!mapped(p + 4 * PG));
	CHECK(mremap(p, 4 * PG, 12 * PG, 0) == p);
	filled(p, 4);
	CHECK_EQ(p[4 * PG], 0);
	CHECK_EQ(p[11 * PG], 0);
}

T(grow_by_moving)
{
	char *p = anon(8, RW), *q;

	fill(p, 4);
	CHECK_ERRNO(mremap(p, 4 * PG, 20 * PG, 0) == MAP_FAILED ? -1 : 0,
		    ENOMEM);
	q = mremap(p, 4 * PG, 20 * PG, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	filled(q, 4);
	CHECK_EQ(q[19 * PG], 0);
	CHECK(!mapped(p));
	CHECK(mapped(p + 4 * PG));
}

T(move_to_a_given_place)
{
	char *p = anon(4, RW), *room = anon(16, PROT_NONE);

	fill(p, 4);
	CHECK(mremap(p, 4 * PG, 6 * PG, MREMAP_MAYMOVE | MREMAP_FIXED,
		     room + 3 * PG) == room + 3 * PG);
	filled(room + 3 * PG, 4);
	CHECK_EQ(room[3 * PG + 5 * PG], 0);
	CHECK(!mapped(p));
	CHECK_ERRNO(mremap(room + 3 * PG, 4 * PG, 4 * PG,
			   MREMAP_MAYMOVE | MREMAP_FIXED,
			   room + 4 * PG) == MAP_FAILED
			    ? -1
			    : 0,
		    EINVAL);
}

T(dontunmap_leaves_fresh_memory)
{
	char *p = anon(4, RW), *q;

	fill(p, 4);
	q = (char *)syscall(SYS_mremap, p, 4 * PG, 4 * PG,
			    MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	CHECK(q != MAP_FAILED && q != p);
	filled(q, 4);
	CHECK_EQ(p[PG], 0);
	p[PG] = 5;
	CHECK_EQ(q[PG], 2);
}

T(old_size_zero_duplicates_shared)
{
	char *p = mmap(NULL, 4 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *q, *a = anon(4, RW);

	fill(p, 4);
	q = mremap(p, 0, 4 * PG, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	filled(q, 4);
	q[PG] = 77;
	CHECK_EQ(p[PG], 77);
	CHECK_ERRNO(mremap(a, 0, 4 * PG, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0,
		    EINVAL);
}

T(bad_arguments)
{
	char *p = anon(4, RW);

	CHECK_ERRNO(mremap(p + 1, PG, PG, 0) == MAP_FAILED ? -1 : 0, EINVAL);
	CHECK_ERRNO(mremap(p, PG, 0, 0) == MAP_FAILED ? -1 : 0, EINVAL);
	CHECK_ERRNO(mremap(p, PG, PG, 8) == MAP_FAILED ? -1 : 0, EINVAL);
	CHECK_ERRNO(mremap(p, PG, PG, MREMAP_FIXED, p + PG) == MAP_FAILED ? -1
									  : 0,
		    EINVAL);
	CHECK_ERRNO(mremap(p, 4 * PG, 8 * PG,
			   MREMAP_MAYMOVE | MREMAP_DONTUNMAP) == MAP_FAILED
			    ? -1
			    : 0,
		    EINVAL);
	CHECK_EQ(munmap(p, 4 * PG), 0);
	CHECK_ERRNO(mremap(p, PG, 2 * PG, MREMAP_MAYMOVE) == MAP_FAILED ? -1
									: 0,
		    EFAULT);
	p = anon(8, RW);
	CHECK_EQ(mprotect(p + 2 * PG, PG, PROT_READ), 0);
	CHECK_ERRNO(mremap(p, 4 * PG, 40 * PG, MREMAP_MAYMOVE) == MAP_FAILED
			    ? -1
			    : 0,
		    EFAULT);
}

T(private_file_copies_move_along)
{
	char name[] = "/tmp/mmXXXXXX", *p, *q;
	int fd = mkstemp(name), i;

	unlink(name);
	CHECK_EQ(ftruncate(fd, 40 * PG), 0);
	for (i = 0; i < 40; i++)
		CHECK_EQ(pwrite(fd, "f", 1, i * (off_t)PG), 1);
	p = mmap(NULL, 10 * PG, RW, MAP_PRIVATE, fd, 5 * PG);
	p[3 * PG] = 'P';
	p[7 * PG] = 'P';
	q = mremap(p, 10 * PG, 60 * PG, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	for (i = 0; i < 35; i++)
		CHECK_EQ(q[i * PG], i == 3 || i == 7 ? 'P' : 'f');
}

/* Parts with another fork history are joined to one for mremap. */
T(pieces_with_different_history)
{
	char *p = anon(12, RW), *q;
	int i;

	for (i = 0; i < 12; i += 2) {
		CHECK_EQ(mprotect(p + i * PG, PG, PROT_READ), 0);
		p[(i + 1) * PG] = (char)(i + 2);
		if (i == 6 && fork() == 0)
			_exit(0);
	}
	wait(NULL);
	for (i = 0; i < 12; i += 2) {
		CHECK_EQ(mprotect(p + i * PG, PG, RW), 0);
		p[i * PG] = (char)(i + 1);
	}
	q = mremap(p, 12 * PG, 30 * PG, MREMAP_MAYMOVE);
	if (q == MAP_FAILED)
		SKIP("the pieces were not joined here");
	filled(q, 12);
}

T(realloc_of_large_blocks)
{
	size_t n = 1 << 20, i;
	char *p = malloc(n);

	memset(p, 'r', n);
	while (n < 64u << 20) {
		n *= 2;
		p = realloc(p, n);
		CHECK(p);
		for (i = 0; i < n / 2; i += 65536)
			CHECK_EQ(p[i], 'r');
		memset(p + n / 2, 'r', n / 2);
	}
	p = realloc(p, 1 << 19);
	CHECK_EQ(p[(1 << 19) - 1], 'r');
}

static char *raw_brk(char *p)
{
	return (char *)syscall(SYS_brk, p);
}

T(brk_grows_and_shrinks)
{
	char *b = raw_brk(NULL), *base;

	CHECK(raw_brk(b + 100 * PG) == b + 100 * PG);
	base = (char *)(((size_t)b + PG - 1) & ~(PG - 1));
	fill(base, 99);
	filled(base, 99);
	CHECK(raw_brk(b + 10 * PG) == b + 10 * PG);
	CHECK(!mapped(base + 20 * PG));
	CHECK(raw_brk(b + 100 * PG) == b + 100 * PG);
	CHECK_EQ(base[50 * PG], 0);
	CHECK(raw_brk((char *)1) == b + 100 * PG);
	CHECK(raw_brk((char *)~0ul) == b + 100 * PG);
	CHECK(raw_brk(b) == b);
}

T(brk_stops_at_other_mappings)
{
	char *b = raw_brk(NULL), *base;

	base = (char *)(((size_t)b + PG - 1) & ~(PG - 1));
	CHECK(mmap(base + 64 * PG, PG, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		   0) == base + 64 * PG);
	CHECK(raw_brk(base + 60 * PG) == base + 60 * PG);
	CHECK(raw_brk(base + 70 * PG) == base + 60 * PG);
}

T(brk_obeys_the_limit_of_data)
{
	struct rlimit r = { 16 << 20, 16 << 20 };
	char *b = raw_brk(NULL);

	CHECK_EQ(setrlimit(RLIMIT_DATA, &r), 0);
	CHECK(raw_brk(b + (32 << 20)) == b);
	CHECK(raw_brk(b + (1 << 20)) == b + (1 << 20));
}

T_MAIN
