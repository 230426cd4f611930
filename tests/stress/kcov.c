// SPDX-License-Identifier: GPL-2.0
/*
 * Linux's kcov interface, as a fuzzer uses it: what one call ran through. In
 * machines whose kernel was built with KCOV=1, as root; tests/boot/kcov.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 65536u

static int bad;

static void check(const char *name, int ok)
{
	printf("%s kcov_%s\n", ok ? "ok" : "FAIL", name);
	bad |= !ok;
}

static int fails(int fd, unsigned long cmd, unsigned long arg, int err)
{
	return ioctl(fd, cmd, arg) == -1 && errno == err;
}

/* How many places it ran through; all in the kernel's text? */
static uint64_t trace(volatile uint64_t *area, long nr, long a, int *in_text)
{
	uint64_t n, i;

	area[0] = 0;
	syscall(nr, a, 0, 0);
	n = area[0];
	*in_text = 1;
	for (i = 1; i <= n; i++)
		if (area[i] >> 40 != 0x680000000000ull >> 40)
			*in_text = 0;
	return n;
}

static void *other_thread(void *arg)
{
	volatile uint64_t *area = arg;
	uint64_t before = area[0];

	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	return (void *)(uintptr_t)(area[0] != before);
}

int main(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR), fd2, text, status;
	uint64_t n, m;
	volatile uint64_t *area;
	pthread_t t;
	void *seen;
	pid_t pid;

	if (fd < 0) {
		perror("  skipped: /sys/kernel/debug/kcov");
		puts("SKIP kcov");
		return 0;
	}
	fd2 = open("/sys/kernel/debug/kcov", O_RDWR);
	check("enable_before_init", fails(fd, KCOV_ENABLE, 0, EINVAL));
	check("disable_before_enable", fails(fd, KCOV_DISABLE, 0, EINVAL));
	check("too_small", fails(fd, KCOV_INIT_TRACE, 1, EINVAL));
	check("init", !ioctl(fd, KCOV_INIT_TRACE, (unsigned long)WORDS));
	check("init_again", fails(fd, KCOV_INIT_TRACE, WORDS, EBUSY));
	area = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check("mmap", area != MAP_FAILED);
	if (area == MAP_FAILED)
		return 1;
	check("no_such_mode", fails(fd, KCOV_ENABLE, 77, EINVAL));
	check("enable", !ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	check("enable_again", fails(fd, KCOV_ENABLE, KCOV_TRACE_PC, EBUSY));
	check("one_for_a_task",
	      !ioctl(fd2, KCOV_INIT_TRACE, (unsigned long)WORDS) &&
		      fails(fd2, KCOV_ENABLE, KCOV_TRACE_PC, EBUSY));
	n = trace(area, SYS_getppid, 0, &text);
	check("getppid", n > 0 && n < 1000 && text);
	/* now and then a call is timed as well */
	for (int i = 0, same = 0; i < 20; i++) {
		m = trace(area, SYS_getppid, 0, &text);
		same += m == n;
		if (m < n)
			n = m;
		if (i == 19)
			check("getppid_again", same > 10);
	}
	m = trace(area, SYS_dup, 0, &text);
	check("dup_is_longer", m > n && m < WORDS && text);
	area[0] = 0;
	pthread_create(&t, NULL, other_thread, (void *)area);
	area[0] = 0;
	pthread_join(t, &seen);
	area[0] = 0;
	pid = fork();
	if (!pid) {
		area[0] = 0;
		syscall(SYS_getppid);
		_exit(area[0] != 0); /* children are not traced */
	}
	waitpid(pid, &status, 0);
	check("not_inherited", status == 0);
	check("disable", !ioctl(fd, KCOV_DISABLE, 0));
	area[0] = 0;
	syscall(SYS_getppid);
	check("off", area[0] == 0);
	check("on_again", !ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	close(fd); /* the task holds on to it, and so does the mapping */
	area[0] = 0;
	syscall(SYS_getppid);
	check("after_close", area[0] > 0);
	return bad;
}
