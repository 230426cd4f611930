// SPDX-License-Identifier: GPL-2.0
/* mmap(2), munmap(2): flags, places, errors. */
#include "t.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PG 4096ul
#define MB (1ul << 20)

static void *anon(size_t len, int prot, int flags)
{
	return mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1,
		    0);
}

/* Is anything mapped at p? */
static int mapped(void *p)
{
	unsigned char v;

	return mincore(p, PG, &v) == 0;
}

T(anonymous_memory_is_zero_and_private)
{
	volatile char *p = anon(64 * PG, PROT_READ | PROT_WRITE, 0);
	int st;

	CHECK(p != MAP_FAILED);
	for (size_t i = 0; i < 64 * PG; i += 512)
		CHECK_EQ(p[i], 0);
	p[5 * PG] = 7;
	if (fork() == 0) {
		p[5 * PG]++;
		_exit(p[5 * PG]);
	}
	wait(&st);
	CHECK_EQ(WEXITSTATUS(st), 8);
	CHECK_EQ(p[5 * PG], 7);
	CHECK_EQ(munmap((void *)p, 64 * PG), 0);
	CHECK(!mapped((void *)p));
}

T(shared_anonymous_memory_is_shared_with_children)
{
	volatile int *p = mmap(NULL, 3 * PG, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[100], 0);
	if (fork() == 0) {
		p[100] = 42;
		p[2 * PG / 4] = 43;
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(p[100], 42);
	CHECK_EQ(p[2 * PG / 4], 43);
}

T(bad_arguments)
{
	CHECK_ERRNO(anon(0, PROT_READ, 0) == MAP_FAILED ? -1 : 0, EINVAL);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_ANONYMOUS, -1, 0) ==
				    MAP_FAILED
			    ? -1
			    : 0,
		    EINVAL);
	CHECK_ERRNO(mmap((void *)0x12345, PG, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EINVAL);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EBADF);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EBADF);
	CHECK_ERRNO(anon((size_t)-PG, PROT_READ, 0) == MAP_FAILED ? -1 : 0,
		    ENOMEM);
	CHECK_ERRNO(anon((size_t)1 << 62, PROT_READ, 0) == MAP_FAILED ? -1 : 0,
		    ENOMEM);
	CHECK_ERRNO(mmap((void *)0x7ffffffff000, PG, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    ENOMEM);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EINVAL);
	CHECK_ERRNO(munmap((void *)0x12345, PG), EINVAL);
	CHECK_ERRNO(munmap((void *)0x100000, 0), EINVAL);
	CHECK_ERRNO(munmap((void *)0x7ffffffff000, 2 * PG), EINVAL);
	CHECK_EQ(munmap((void *)0x200000000, 16 * PG), 0);
}

T(low_addresses_are_refused)
{
	if (geteuid() == 0)
		CHECK_EQ(setuid(65534), 0);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EPERM);
}

T(fixed_replaces_and_noreplace_does_not)
{
	char *p = anon(8 * PG, PROT_READ | PROT_WRITE, 0), *q;

	memset(p, 'x', 8 * PG);
	q = mmap(p + 2 * PG, 2 * PG, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(q == p + 2 * PG);
	CHECK_EQ(p[2 * PG - 1], 'x');
	CHECK_EQ(p[2 * PG], 0);
	CHECK_EQ(p[4 * PG - 1], 0);
	CHECK_EQ(p[4 * PG], 'x');
	CHECK_ERRNO(mmap(p + PG, PG, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EEXIST);
	CHECK_EQ(munmap(p + PG, PG), 0);
	CHECK(mmap(p + PG, PG, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		   0) == p + PG);
}

T(a_free_hint_is_taken_and_a_used_one_is_not)
{
	char *p = anon(4 * PG, PROT_READ | PROT_WRITE, 0), *q;

	CHECK_EQ(munmap(p + 2 * PG, PG), 0);
	q = mmap(p + 2 * PG + 5, PG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0);
	CHECK(q == p + 2 * PG);
	q = mmap(p, PG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(q != MAP_FAILED && q != p);
}

T(new_mappings_go_downwards_and_join)
{
	char *a = anon(PG, PROT_READ, 0), *b = anon(PG, PROT_READ, 0);

	CHECK(b < a);
}

T(map_32bit)
{
	uintptr_t p = (uintptr_t)anon(MB, PROT_READ | PROT_WRITE, MAP_32BIT);

	CHECK(p != (uintptr_t)MAP_FAILED);
	CHECK(p + MB <= 0x80000000ul);
	*(volatile int *)p = 1;
}

T(munmap_makes_holes)
{
	char *p = anon(10 * PG, PROT_READ | PROT_WRITE, 0);
	int i;

	memset(p, 1, 10 * PG);
	CHECK_EQ(munmap(p + 2 * PG, PG), 0);
	CHECK_EQ(munmap(p + 5 * PG, 2 * PG), 0);
	for (i = 0; i < 10; i++)
		CHECK_EQ(mapped(p + i * PG), !(i == 2 || i == 5 || i == 6));
	CHECK_EQ(munmap(p, 10 * PG), 0);
	for (i = 0; i < 10; i++)
		CHECK(!mapped(p + i * PG));
}

T(populate_and_locked)
{
	unsigned char v[16];
	char *p = anon(16 * PG, PROT_READ | PROT_WRITE, MAP_POPULATE);
	int i;

	CHECK(p != MAP_FAILED);
	CHECK_EQ(mincore(p, 16 * PG, v), 0);
	for (i = 0; i < 16; i++)
		CHECK(v[i] & 1);
	p = anon(4 * PG, PROT_READ | PROT_WRITE, MAP_LOCKED);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[PG], 0);
}

T(huge_reservations_cost_nothing)
{
	char *p = anon(1ul << 40, PROT_NONE, MAP_NORESERVE);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(mprotect(p + (1ul << 39), PG, PROT_READ | PROT_WRITE), 0);
	p[1ul << 39] = 1;
	CHECK_EQ(munmap(p, 1ul << 40), 0);
	p = anon(16ul << 30, PROT_READ | PROT_WRITE, MAP_NORESERVE);
	CHECK(p != MAP_FAILED);
	p[8ul << 30] = 2;
}

T(limit_of_the_address_space)
{
	struct rlimit r = { 1ul << 30, 1ul << 30 };
	char *p;

	CHECK_EQ(setrlimit(RLIMIT_AS, &r), 0);
	CHECK_ERRNO(anon(1ul << 30, PROT_READ, 0) == MAP_FAILED ? -1 : 0,
		    ENOMEM);
	p = anon(64 * MB, PROT_READ, 0);
	CHECK(p != MAP_FAILED);
}

T(limit_of_data)
{
	struct rlimit r = { 64 * MB, 64 * MB };
	char *p;

	CHECK_EQ(setrlimit(RLIMIT_DATA, &r), 0);
	CHECK_ERRNO(anon(65 * MB, PROT_READ | PROT_WRITE, 0) == MAP_FAILED ? -1
									   : 0,
		    ENOMEM);
	p = anon(128 * MB, PROT_READ, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(mprotect(p, 128 * MB, PROT_READ | PROT_WRITE), ENOMEM);
}

T(limit_of_maps)
{
	/* Alternating protections, so that nothing can be joined. */
	size_t n = 0;
	char *base = anon(70000 * PG, PROT_READ, MAP_NORESERVE);

	CHECK(base != MAP_FAILED);
	while (n < 35000 && !mprotect(base + 2 * n * PG, PG, PROT_NONE))
		n++;
	CHECK_EQ(errno, ENOMEM);
	CHECK(n > 32000 && n < 33000);
	CHECK_ERRNO(munmap(base + 69000 * PG, PG), ENOMEM);
	CHECK_EQ(munmap(base, 70000 * PG), 0);
	CHECK(anon(PG, PROT_READ, 0) != MAP_FAILED);
}

T(huge_pages_there_are_none)
{
	if (!access("/sys/kernel/mm/hugepages", F_OK)) {
		FILE *f = fopen("/proc/sys/vm/nr_hugepages", "r");
		int n = 0;

		if (f && fscanf(f, "%d", &n) == 1 && n)
			SKIP("this system has huge pages");
	}
	CHECK_ERRNO(anon(2 * MB, PROT_READ, MAP_HUGETLB) == MAP_FAILED ? -1 : 0,
		    ENOMEM);
}

T(many_mappings)
{
	enum { N = 2000 };
	static char *p[N];
	int i;

	for (i = 0; i < N; i++) {
		p[i] = anon((1 + i % 7) * PG, i % 2 ? PROT_READ : 3, 0);
		CHECK(p[i] != MAP_FAILED);
		if (!(i % 2))
			*p[i] = (char)i;
	}
	for (i = 0; i < N; i += 3)
		CHECK_EQ(munmap(p[i], (1 + i % 7) * PG), 0);
	for (i = 0; i < N; i++)
		if (i % 3 && !(i % 2))
			CHECK_EQ(*p[i], (char)i);
	for (i = 0; i < N; i++)
		CHECK_EQ(munmap(p[i], (1 + i % 7) * PG), 0);
}

T_MAIN
