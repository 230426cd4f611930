// SPDX-License-Identifier: GPL-2.0
/* flock(2), record locks of fcntl(2), those of open file descriptions. */
#include "fs_util.h"
#include <sys/file.h>
#include <time.h>

static int lock(int fd, int cmd, short type, long start, long len)
{
	struct flock fl = { .l_type = type, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

/* The first lock in the way of a write to the range. */
static const char *blocker(int fd, int cmd, long start, long len)
{
	static char buf[64];
	struct flock fl = { .l_type = F_WRLCK, .l_start = start, .l_len = len };

	CHECK_EQ(fcntl(fd, cmd, &fl), 0);
	if (fl.l_type == F_UNLCK)
		return "-";
	snprintf(buf, sizeof(buf), "%c %ld+%ld",
		 fl.l_type == F_RDLCK ? 'R' : 'W', (long)fl.l_start,
		 (long)fl.l_len);
	return buf;
}

T(flock_by_description)
{
	int a, b, c;

	in_new_dir();
	a = open("f", O_CREAT | O_RDWR, 0600);
	b = open("f", O_RDWR);
	c = dup(a);
	CHECK_EQ(flock(a, LOCK_SH), 0);
	CHECK_EQ(flock(b, LOCK_SH | LOCK_NB), 0);
	CHECK_ERRNO(flock(a, LOCK_EX | LOCK_NB), EAGAIN);
	CHECK_EQ(flock(b, LOCK_UN), 0);
	CHECK_EQ(flock(c, LOCK_EX | LOCK_NB), 0);
	CHECK_ERRNO(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	CHECK_EQ(close(a), 0);
	CHECK_ERRNO(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	CHECK_EQ(close(c), 0);
	CHECK_EQ(flock(b, LOCK_SH | LOCK_NB), 0);
	CHECK_ERRNO(flock(b, 17), EINVAL);
	CHECK_ERRNO(flock(99, LOCK_SH), EBADF);
}

static int the_fd;

static void see_ranges(void)
{
	CHECK_STR(blocker(the_fd, F_GETLK, 0, 0), "W 0+4");
	CHECK_STR(blocker(the_fd, F_GETLK, 4, 1), "R 4+2");
	CHECK_STR(blocker(the_fd, F_GETLK, 6, 0), "W 6+4");
	CHECK_STR(blocker(the_fd, F_GETLK, 10, 0), "-");
	CHECK_EQ(lock(the_fd, F_SETLK, F_RDLCK, 4, 2), 0);
	CHECK_ERRNO(lock(the_fd, F_SETLK, F_RDLCK, 0, 2), EAGAIN);
}
static void see_merged(void)
{
	CHECK_STR(blocker(the_fd, F_GETLK, 5, 0), "W 0+15");
}
static void see_split(void)
{
	CHECK_STR(blocker(the_fd, F_GETLK, 0, 0), "W 0+3");
	CHECK_STR(blocker(the_fd, F_GETLK, 3, 0), "W 6+9");
}
static void see_nothing(void)
{
	CHECK_STR(blocker(the_fd, F_GETLK, 0, 0), "-");
}

T(record_ranges)
{
	int other;

	in_new_dir();
	the_fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(lock(the_fd, F_SETLK, F_WRLCK, 0, 10), 0);
	CHECK_EQ(lock(the_fd, F_SETLK, F_RDLCK, 4, 2), 0);
	CHECK_STR(blocker(the_fd, F_GETLK, 0, 0), "-"); /* one's own */
	in_child(see_ranges);
	CHECK_EQ(lock(the_fd, F_SETLK, F_WRLCK, 4, 2), 0);
	CHECK_EQ(lock(the_fd, F_SETLK, F_WRLCK, 15, -5), 0);
	in_child(see_merged);
	CHECK_EQ(lock(the_fd, F_SETLK, F_UNLCK, 3, 3), 0);
	in_child(see_split);
	CHECK_ERRNO(lock(the_fd, F_SETLK, 7, 0, 1), EINVAL);
	CHECK_ERRNO(lock(the_fd, F_SETLK, F_RDLCK, -1, 1), EINVAL);
	other = open("f", O_RDONLY);
	CHECK_ERRNO(lock(other, F_SETLK, F_WRLCK, 100, 1), EBADF);
	/* closing any descriptor of the file lets go of all */
	CHECK_EQ(close(other), 0);
	in_child(see_nothing);
}

static void wait_for_lock(void)
{
	CHECK_EQ(lock(the_fd, F_SETLKW, F_WRLCK, 0, 1), 0);
	CHECK_EQ(write(the_fd, "c", 1), 1);
}

T(record_waits)
{
	struct timespec t = { 0, 50000000 };
	pid_t pid;
	int st;

	in_new_dir();
	the_fd = open("f", O_CREAT | O_RDWR | O_APPEND, 0600);
	CHECK_EQ(lock(the_fd, F_SETLK, F_WRLCK, 0, 0), 0);
	pid = fork();
	if (!pid) {
		wait_for_lock();
		_exit(0);
	}
	nanosleep(&t, NULL);
	CHECK_EQ(write(the_fd, "p", 1), 1);
	CHECK_EQ(lock(the_fd, F_SETLK, F_UNLCK, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	CHECK_STR(get("f"), "pc");
}

static void on_alarm(int sig)
{
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	ualarm(30000, 0);
	CHECK_ERRNO(lock(the_fd, F_SETLKW, F_WRLCK, 0, 1), EINTR);
	ualarm(30000, 0);
	CHECK_ERRNO(flock(open("f", O_RDWR), LOCK_EX), EINTR);
}

T(waits_are_interruptible)
{
	in_new_dir();
	the_fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(lock(the_fd, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(flock(the_fd, LOCK_EX), 0);
	in_child(interrupted);
}

T(deadlock_is_seen)
{
	struct timespec t = { 0, 50000000 };
	pid_t pid;
	int st;

	in_new_dir();
	the_fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(lock(the_fd, F_SETLK, F_WRLCK, 0, 1), 0);
	pid = fork();
	if (!pid) {
		CHECK_EQ(lock(the_fd, F_SETLK, F_WRLCK, 1, 1), 0);
		CHECK_EQ(lock(the_fd, F_SETLKW, F_WRLCK, 0, 1), 0);
		_exit(0);
	}
	nanosleep(&t, NULL);
	CHECK_ERRNO(lock(the_fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	CHECK_EQ(lock(the_fd, F_SETLK, F_UNLCK, 0, 1), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T(locks_of_descriptions)
{
	int a, b;

	in_new_dir();
	a = open("f", O_CREAT | O_RDWR, 0600);
	b = open("f", O_RDWR);
	CHECK_EQ(lock(a, F_OFD_SETLK, F_WRLCK, 0, 5), 0);
	CHECK_ERRNO(lock(b, F_OFD_SETLK, F_RDLCK, 4, 1), EAGAIN);
	CHECK_ERRNO(lock(b, F_SETLK, F_RDLCK, 4, 1), EAGAIN);
	CHECK_STR(blocker(b, F_OFD_GETLK, 0, 0), "W 0+5");
	CHECK_EQ(close(a), 0);
	CHECK_EQ(lock(b, F_OFD_SETLK, F_RDLCK, 4, 1), 0);
}

T_MAIN
