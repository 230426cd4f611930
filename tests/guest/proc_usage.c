// SPDX-License-Identifier: GPL-2.0
/*
 * Resource usage: user and system time are told apart, the sum never shrinks,
 * the greatest resident size is remembered, and all of it reaches the parent.
 */
#include "t.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

static long long us(struct timeval t)
{
	return t.tv_sec * 1000000ll + t.tv_usec;
}

static void burn_user(void)
{
	for (volatile long i = 0; i < 100000000; i++)
		;
}

static void burn_system(void)
{
	static char buf[1 << 16];
	int fd = open("/dev/zero", O_RDONLY);

	for (int i = 0; i < 20000; i++)
		CHECK_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
	close(fd);
}

T(user_time)
{
	struct rusage u;

	burn_user();
	CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
	CHECK(us(u.ru_utime) > 20000);
	CHECK(us(u.ru_stime) < us(u.ru_utime) / 2);
}

T(system_time)
{
	struct rusage u, t;

	burn_system();
	CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
	CHECK(us(u.ru_stime) > 5000);
	CHECK(us(u.ru_utime) < us(u.ru_stime));
	CHECK_EQ(getrusage(RUSAGE_THREAD, &t), 0);
	CHECK(us(t.ru_stime) >= us(u.ru_stime));
}

T(neither_shrinks)
{
	struct rusage u, old = { 0 };
	struct timespec c;

	for (int i = 0; i < 300; i++) {
		CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
		CHECK(us(u.ru_utime) >= us(old.ru_utime));
		CHECK(us(u.ru_stime) >= us(old.ru_stime));
		CHECK(u.ru_maxrss >= old.ru_maxrss);
		CHECK(u.ru_minflt >= old.ru_minflt);
		CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c), 0);
		CHECK(c.tv_sec * 1000000ll + c.tv_nsec / 1000 + 1 >=
		      us(u.ru_utime) + us(u.ru_stime));
		old = u;
		for (volatile int k = 0; k < 20000; k++)
			;
		(void)access("/", F_OK);
	}
}

T(children)
{
	struct rusage w, c;
	struct tms tm;
	int st;
	pid_t pid = fork();

	if (!pid) {
		burn_user();
		burn_system();
		_exit(0);
	}
	CHECK_EQ(wait4(pid, &st, 0, &w), pid);
	CHECK_EQ(st, 0);
	CHECK(us(w.ru_utime) > 20000 && us(w.ru_stime) > 5000);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &c), 0);
	CHECK_EQ(us(c.ru_utime), us(w.ru_utime));
	CHECK_EQ(us(c.ru_stime), us(w.ru_stime));
	CHECK(times(&tm) != -1);
	CHECK(tm.tms_cutime >= us(w.ru_utime) / 10000 - 1);
	CHECK(tm.tms_cstime <= us(w.ru_stime) / 10000 + 1);
}

T(the_greatest_resident_size)
{
	const size_t size = 96 << 20;
	struct rusage before, u;
	char *m;
	pid_t pid;

	CHECK_EQ(getrusage(RUSAGE_SELF, &before), 0);
	CHECK(before.ru_maxrss > 0 && before.ru_maxrss < 40 << 10);
	pid = fork();
	if (!pid) {
		m = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (size_t i = 0; i < size; i += 4096)
			m[i] = 1;
		CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
		CHECK(u.ru_maxrss >= (long)size / 1024);
		CHECK(u.ru_maxrss < (long)size / 1024 * 5 / 4 + 16384);
		munmap(m, size);
		CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
		CHECK(u.ru_maxrss >= (long)size / 1024);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &u), 0);
	CHECK(u.ru_maxrss >= (long)size / 1024);
	CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
	CHECK(u.ru_maxrss < 40 << 10);
	/* execve keeps it, in children as well as in oneself */
	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "x", "children", NULL);
		_exit(9);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

T_MAIN
