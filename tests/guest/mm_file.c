// SPDX-License-Identifier: GPL-2.0
/* Files in memory: shared, private, past the end, truncated, growing. */
#include "t.h"
#include <fcntl.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PG 4096ul

static sigjmp_buf jump;
static volatile int got_sig, got_code;
static void *volatile got_addr;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	got_sig = sig;
	got_code = si->si_code;
	got_addr = si->si_addr;
	siglongjmp(jump, 1);
}

/* => the signal that reading (or writing) *p gives; 0 = none */
static int touch(volatile char *p, int write)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	got_sig = got_code = 0;
	if (!sigsetjmp(jump, 1)) {
		if (write)
			*p = 'w';
		else
			(void)*p;
	}
	return got_sig;
}

static int temp_file(size_t size)
{
	char name[] = "/tmp/mmXXXXXX";
	int fd = mkstemp(name);
	size_t i;

	CHECK(fd >= 0);
	unlink(name);
	for (i = 0; i < size; i++) {
		char c = (char)('a' + i / PG % 26);
		char buf[512];
		size_t n = size - i < 512 ? size - i : 512;

		memset(buf, c, n);
		CHECK_EQ(write(fd, buf, n), n);
		i += n - 1;
	}
	return fd;
}

static char *map(int fd, size_t len, int prot, int flags, off_t off)
{
	char *p = mmap(NULL, len, prot, flags, fd, off);

	CHECK(p != MAP_FAILED);
	return p;
}

T(private_copies_do_not_reach_the_file)
{
	int fd = temp_file(3 * PG);
	char *p = map(fd, 3 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), c;

	CHECK_EQ(p[0], 'a');
	CHECK_EQ(p[2 * PG], 'c');
	p[PG] = 'X';
	CHECK_EQ(pread(fd, &c, 1, PG), 1);
	CHECK_EQ(c, 'b');
	CHECK_EQ(pwrite(fd, "Y", 1, 2 * PG), 1);
	CHECK_EQ(p[2 * PG], 'Y');
	CHECK_EQ(p[PG], 'X');
}

T(shared_writes_reach_the_file_and_back)
{
	int fd = temp_file(3 * PG);
	char *p = map(fd, 3 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	char *q = map(fd, 2 * PG, PROT_READ, MAP_SHARED, PG), c;

	p[PG + 1] = 'S';
	CHECK_EQ(q[1], 'S');
	CHECK_EQ(pread(fd, &c, 1, PG + 1), 1);
	CHECK_EQ(c, 'S');
	CHECK_EQ(pwrite(fd, "T", 1, 2 * PG), 1);
	CHECK_EQ(p[2 * PG], 'T');
	CHECK_EQ(q[PG], 'T');
	CHECK_EQ(msync(p, 3 * PG, MS_SYNC), 0);
}

T(the_rest_of_the_last_page_is_zero)
{
	int fd = temp_file(PG + 100);
	char *p = map(fd, 2 * PG, PROT_READ, MAP_PRIVATE, 0);
	size_t i;

	CHECK_EQ(p[PG + 99], 'b');
	for (i = PG + 100; i < 2 * PG; i++)
		CHECK_EQ(p[i], 0);
}

T(past_the_end_is_sigbus)
{
	int fd = temp_file(PG + 1);
	char *p = map(fd, 4 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0);

	CHECK_EQ(touch(p + PG, 0), 0);
	CHECK_EQ(touch(p + 2 * PG + 8, 0), SIGBUS);
	CHECK_EQ(got_code, BUS_ADRERR);
	CHECK(got_addr == p + 2 * PG + 8);
	CHECK_EQ(touch(p + 3 * PG, 1), SIGBUS);
}

T(growing_the_file_opens_the_mapping)
{
	int fd = temp_file(10);
	char *p = map(fd, 8 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	char *q = map(fd, 8 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);

	q[0] = 'Q';
	CHECK_EQ(touch(p + 5 * PG, 0), SIGBUS);
	CHECK_EQ(touch(q + 5 * PG, 0), SIGBUS);
	CHECK_EQ(ftruncate(fd, 8 * PG), 0);
	CHECK_EQ(touch(p + 5 * PG, 1), 0);
	CHECK_EQ(touch(q + 5 * PG, 0), 0);
	CHECK_EQ(q[5 * PG], 'w');
	CHECK_EQ(q[0], 'Q');
	CHECK_EQ(q[1], 'a');
}

T(truncate_takes_pages_away_private_ones_too)
{
	int fd = temp_file(6 * PG);
	char *p = map(fd, 6 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	char *q = map(fd, 6 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);

	q[0] = 'Q';
	q[4 * PG] = 'R';
	CHECK_EQ(ftruncate(fd, 2 * PG + 5), 0);
	CHECK_EQ(touch(p + 2 * PG, 0), 0);
	CHECK_EQ(touch(p + 3 * PG, 0), SIGBUS);
	CHECK_EQ(touch(q + 4 * PG, 0), SIGBUS);
	CHECK_EQ(p[2 * PG + 4], 'c');
	CHECK_EQ(p[2 * PG + 5], 0);
	CHECK_EQ(q[0], 'Q');
	CHECK_EQ(ftruncate(fd, 6 * PG), 0);
	CHECK_EQ(touch(p + 4 * PG, 0), 0);
	CHECK_EQ(p[4 * PG], 0);
	CHECK_EQ(q[4 * PG], 0);
	CHECK_EQ(q[0], 'Q');
}

T(truncate_reaches_other_processes)
{
	int fd = temp_file(4 * PG), st, pp[2], qq[2];
	char *p = map(fd, 4 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0), c;
	pid_t pid;

	CHECK_EQ(pipe(pp), 0);
	CHECK_EQ(pipe(qq), 0);
	p[3 * PG] = 1;
	pid = fork();
	if (pid == 0) {
		if (touch(p + 3 * PG, 1))
			_exit(1);
		CHECK_EQ(write(pp[1], "x", 1), 1);
		CHECK_EQ(read(qq[0], &c, 1), 1);
		_exit(touch(p + 3 * PG, 0) == SIGBUS && !touch(p, 0) ? 0 : 2);
	}
	CHECK_EQ(read(pp[0], &c, 1), 1);
	CHECK_EQ(ftruncate(fd, PG), 0);
	CHECK_EQ(write(qq[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T(the_mapping_outlives_descriptor_and_name)
{
	char name[] = "/tmp/mmXXXXXX";
	int fd = mkstemp(name);
	char *p;

	CHECK_EQ(write(fd, "hello", 5), 5);
	p = map(fd, PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	close(fd);
	unlink(name);
	CHECK_STR(p, "hello");
	p[0] = 'j';
	CHECK_STR(p, "jello");
}

T(offsets)
{
	int fd = temp_file(20 * PG), i;
	char *p = map(fd, 5 * PG, PROT_READ, MAP_PRIVATE, 7 * PG);

	for (i = 0; i < 5; i++)
		CHECK_EQ(p[i * PG + 17], 'a' + 7 + i);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, fd, 100) ==
				    MAP_FAILED
			    ? -1
			    : 0,
		    EINVAL);
	p = map(fd, 2 * PG, PROT_READ, MAP_PRIVATE, 100 * PG);
	CHECK_EQ(touch(p, 0), SIGBUS);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, fd,
			 0x7ffffffffffff000) == MAP_FAILED
			    ? -1
			    : 0,
		    EOVERFLOW);
}

T(access_modes)
{
	char name[] = "/tmp/mmXXXXXX";
	int fd = mkstemp(name), ro, wo;
	char *p;

	CHECK_EQ(write(fd, "x", 1), 1);
	ro = open(name, O_RDONLY);
	wo = open(name, O_WRONLY);
	unlink(name);
	CHECK_ERRNO(mmap(NULL, PG, PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EACCES);
	CHECK_ERRNO(mmap(NULL, PG, PROT_WRITE, MAP_SHARED, wo, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EACCES);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, wo, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EACCES);
	p = map(ro, PG, PROT_READ, MAP_SHARED, 0);
	CHECK_ERRNO(mprotect(p, PG, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQ(touch(p, 1), SIGSEGV);
	CHECK_EQ(got_code, SEGV_ACCERR);
	p = map(ro, PG, PROT_READ, MAP_PRIVATE, 0);
	CHECK_EQ(mprotect(p, PG, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(touch(p, 1), 0);
}

T(what_cannot_be_mapped)
{
	int p[2], fd;

	CHECK_EQ(pipe(p), 0);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, p[0], 0) ==
				    MAP_FAILED
			    ? -1
			    : 0,
		    ENODEV);
	fd = open("/", O_RDONLY);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    ENODEV);
	fd = temp_file(PG);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, 0, fd, 0) == MAP_FAILED ? -1 : 0,
		    EINVAL);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, fd,
			 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EINVAL);
	CHECK_ERRNO(mmap(NULL, PG, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC,
			 fd, 0) == MAP_FAILED
			    ? -1
			    : 0,
		    EOPNOTSUPP);
	CHECK(mmap(NULL, PG, PROT_READ, MAP_SHARED_VALIDATE, fd, 0) !=
	      MAP_FAILED);
}

T(dev_zero)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = map(fd, 4 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	volatile char *q;

	CHECK_EQ(p[PG], 0);
	p[PG] = 1;
	q = map(fd, 4 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	if (fork() == 0) {
		q[2 * PG] = 9;
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(q[2 * PG], 9);
}

/* The program itself: a file of a size, mapped and read both ways. */
T(a_large_file_by_pieces)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;
	char buf[64];
	char *p;
	off_t o;

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	p = map(fd, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, 0);
	for (o = (st.st_size - 64) & ~7l; o > 0; o -= 9001) {
		CHECK_EQ(pread(fd, buf, 64, o), 64);
		CHECK(!memcmp(buf, p + o, 64));
	}
	for (o = 0; o + 64 < st.st_size; o += 511) {
		CHECK_EQ(pread(fd, buf, 64, o), 64);
		CHECK(!memcmp(buf, p + o, 64));
	}
}

/* The kernel's copies fault pages in as the program's own accesses do. */
T(system_calls_on_mapped_pages)
{
	int fd = temp_file(5 * PG), out = temp_file(0), p[2];
	char *m = map(fd, 8 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, 0), c;

	CHECK_EQ(write(out, m, 5 * PG), 5 * PG);
	CHECK_EQ(pread(out, &c, 1, 4 * PG), 1);
	CHECK_EQ(c, 'e');
	CHECK_EQ(pread(out, m + PG, PG, 0), PG);
	CHECK_EQ(m[PG], 'a');
	CHECK_ERRNO(write(out, m + 6 * PG, 10), EFAULT);
	CHECK_EQ(write(out, m + 4 * PG, 4 * PG), PG);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], m + 3 * PG, 10), 10);
	CHECK_EQ(read(p[0], m, 10), 10);
	CHECK_EQ(m[9], 'd');
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_ERRNO(read(p[0], m + 7 * PG, 3), EFAULT);
	/* A file read into its own mapping. */
	CHECK_EQ(pread(fd, m, 2 * PG, 2 * PG), 2 * PG);
	CHECK_EQ(m[PG + 5], 'd');
}

T(remap_file_pages_call)
{
	int fd = temp_file(8 * PG);
	char *p = map(fd, 4 * PG, PROT_READ, MAP_SHARED, 0);

	CHECK_EQ(remap_file_pages(p, PG, 0, 5, 0), 0);
	CHECK_EQ(p[0], 'f');
	CHECK_EQ(p[PG], 'b');
	CHECK_ERRNO(remap_file_pages(p, PG, PROT_READ, 5, 0), EINVAL);
}

/*
 * Programs that translate others (valgrind, qemu-user) are static, map the text
 * of their guests and read it there: the file's own bytes.
 */
T(text_is_read_as_it_is_in_the_file)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;
	char *m, buf[4096];

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	m = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE,
		 fd, 0);
	CHECK(m != MAP_FAILED);
	for (long o = 0; o < st.st_size; o += (long)sizeof(buf)) {
		long n = pread(fd, buf, sizeof(buf), o);

		CHECK(n > 0);
		CHECK(!memcmp(buf, m + o, (size_t)n));
	}
	munmap(m, (size_t)st.st_size);
}

T_MAIN
