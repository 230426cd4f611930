/* SPDX-License-Identifier: GPL-2.0 */
/* Into other processes: process_vm_readv(2), kcmp(2), membarrier(2); tee(2). */
#include "t.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static char shared_text[100] = "first";

T(process_vm_both_ways)
{
	char buf[100] = "";
	int go[2], st;
	char c;

	CHECK_EQ(pipe(go), 0);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(read(go[0], &c, 1), 1);
		_exit(strcmp(shared_text, "second") != 0);
	}
	struct iovec l = { buf, 100 }, r = { shared_text, 100 };
	CHECK_EQ(process_vm_readv(pid, &l, 1, &r, 1, 0), 100);
	CHECK(!strcmp(buf, "first"));
	strcpy(buf, "second");
	l.iov_len = 7;
	CHECK_EQ(process_vm_writev(pid, &l, 1, &r, 1, 0), 7);
	CHECK(!strcmp(shared_text, "first"));
	r.iov_base = (void *)8;
	CHECK_ERRNO(process_vm_readv(pid, &l, 1, &r, 1, 0), EFAULT);
	CHECK_ERRNO(process_vm_readv(pid, &l, 1, &r, 1, 1), EINVAL);
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	CHECK_ERRNO(process_vm_readv(pid, &l, 1, &r, 1, 0), ESRCH);
}

T(process_vm_large_and_partial)
{
	size_t n = 1 << 20;
	char *a = mmap(NULL, n + 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *b = malloc(n + 4096);
	int st;

	for (size_t i = 0; i < n; i++)
		a[i] = (char)(i * 7);
	CHECK_EQ(munmap(a + n, 4096), 0);
	pid_t pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	struct iovec l = { b, n + 4096 },
		     r[2] = { { a + 100, 50 }, { a, n + 4096 } };
	CHECK_EQ(process_vm_readv(pid, &l, 1, r, 2, 0), 50 + n);
	CHECK(!memcmp(b, a + 100, 50));
	CHECK(!memcmp(b + 50, a, n));
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
}

T(kcmp_tells_files_apart)
{
	int fd = dup(0), st;
	pid_t me = getpid(), pid;

	CHECK_EQ(syscall(SYS_kcmp, me, me, 0, 0, fd), 0);
	CHECK(syscall(SYS_kcmp, me, me, 0, 0, open("/", O_RDONLY)) > 0);
	CHECK_EQ(syscall(SYS_kcmp, me, me, 1, 0, 0), 0);
	CHECK_ERRNO(syscall(SYS_kcmp, me, me, 0, 0, 999), EBADF);
	CHECK_ERRNO(syscall(SYS_kcmp, me, me, 99, 0, 0), EINVAL);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	CHECK_EQ(syscall(SYS_kcmp, me, pid, 0, 0, 0), 0);
	CHECK(syscall(SYS_kcmp, me, pid, 1, 0, 0) > 0);
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
}

static volatile int stop;
static void *spin(void *arg)
{
	while (!stop)
		;
	return NULL;
}

T(membarrier_works)
{
	int all = syscall(SYS_membarrier, 0, 0);
	pthread_t t;

	CHECK(all > 0);
	CHECK_EQ(all & (8 | 16), 8 | 16);
	CHECK_ERRNO(syscall(SYS_membarrier, 8, 0), EPERM);
	CHECK_EQ(syscall(SYS_membarrier, 16, 0), 0);
	CHECK_EQ(pthread_create(&t, NULL, spin, NULL), 0);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(syscall(SYS_membarrier, 8, 0), 0);
	CHECK_EQ(syscall(SYS_membarrier, 1, 0), 0);
	CHECK_ERRNO(syscall(SYS_membarrier, 3, 0), EINVAL);
	stop = 1;
	pthread_join(t, NULL);
}

T(cachestat_counts)
{
	unsigned long range[2] = { 0, 0 }, st[5] = { 0 };
	char path[] = "/tmp/cachestat-XXXXXX", buf[3 * 4096] = "x";
	int fd = mkstemp(path);

	unlink(path);
	CHECK_EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
	if (syscall(451, fd, range, st, 0) &&
	    (errno == ENOSYS || errno == EOPNOTSUPP))
		SKIP("no cachestat here");
	CHECK_EQ(st[0], 3);
	range[1] = 4096;
	CHECK_EQ(syscall(451, fd, range, st, 0), 0);
	CHECK_EQ(st[0], 1);
	CHECK_ERRNO(syscall(451, fd, range, st, 1), EINVAL);
	CHECK_ERRNO(syscall(451, 999, range, st, 0), EBADF);
}

T(tee_leaves_the_bytes)
{
	int a[2], b[2];
	char buf[10];

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_ERRNO(tee(a[0], b[1], 10, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(write(a[1], "hello", 5), 5);
	CHECK_EQ(tee(a[0], b[1], 10, 0), 5);
	CHECK_EQ(read(a[0], buf, 10), 5);
	CHECK_EQ(read(b[0], buf, 10), 5);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK_ERRNO(tee(a[0], a[1], 10, 0), EINVAL);
	close(a[1]);
	CHECK_EQ(tee(a[0], b[1], 10, 0), 0);
}

T_MAIN
