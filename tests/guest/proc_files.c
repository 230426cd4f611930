// SPDX-License-Identifier: GPL-2.0
/*
 * The less common files of /proc/PID and /proc/sys, as proc(5) tells them.
 */
#include "t.h"
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

static int slurp(const char *path, char *buf, size_t n)
{
	int fd = open(path, O_RDONLY);
	ssize_t got, all = 0;

	if (fd < 0)
		return -1;
	while ((got = read(fd, buf + all, n - 1 - (size_t)all)) > 0)
		all += got;
	buf[all] = 0;
	close(fd);
	return got < 0 ? -1 : (int)all;
}

T(pagemap_has_a_word_for_each_page)
{
	char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned long w[4];
	off_t at = (off_t)((unsigned long)p / 4096 * 8);

	CHECK(fd >= 0);
	CHECK_EQ(madvise(p, 4 * 4096, MADV_NOHUGEPAGE), 0);
	p[4096] = 1;
	CHECK_EQ(pread(fd, w, sizeof(w), at), sizeof(w));
	CHECK_EQ(w[0] >> 63, 0);
	CHECK_EQ(w[1] >> 63, 1);
	CHECK_EQ(w[2] >> 63, 0);
	CHECK_ERRNO(pread(fd, w, 7, at), EINVAL);
	CHECK_ERRNO(pread(fd, w, 8, at + 1), EINVAL);
	CHECK_EQ(pread(fd, w, 8, 0), 8);
	CHECK_EQ(w[0] >> 63, 0);
}

T(map_files_links_to_what_is_mapped)
{
	char path[128], to[128];
	struct dirent *e;
	int fd = open("/dev/zero", O_RDONLY), n = 0;
	ssize_t len;
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	DIR *d = opendir("/proc/self/map_files");

	CHECK(p != MAP_FAILED);
	CHECK(d != NULL);
	while ((e = readdir(d)))
		n += e->d_type == DT_LNK;
	CHECK(n > 1);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)p,
		 (long)p + 4096);
	len = readlink(path, to, sizeof(to));
	if (len < 0 && errno == EPERM)
		SKIP("links of map_files are for CAP_SYS_ADMIN");
	CHECK_EQ(len, 9);
	CHECK(!memcmp(to, "/dev/zero", 9));
	snprintf(path, sizeof(path), "/proc/self/map_files/0%lx-%lx", (long)p,
		 (long)p + 4096);
	CHECK_ERRNO(readlink(path, to, sizeof(to)), ENOENT);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)p,
		 (long)p + 8192);
	CHECK_ERRNO(readlink(path, to, sizeof(to)), ENOENT);
	CHECK_ERRNO(readlink("/proc/self/map_files/x-y", to, sizeof(to)),
		    ENOENT);
}

T(timers_lists_posix_timers)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1 };
	char buf[2048];
	timer_t id;

	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &ev, &id), 0);
	if (slurp("/proc/self/timers", buf, sizeof(buf)) < 0)
		SKIP("no /proc/PID/timers");
	CHECK(!strncmp(buf, "ID: 0\nsignal: 10/", 17));
	CHECK(strstr(buf, "notify: signal/pid.") != NULL);
	CHECK(strstr(buf, "ClockID: 1\n") != NULL);
}

T(the_files_are_there)
{
	static const char *const names[] = {
		"autogroup", "auxv",	  "cgroup",	  "cmdline",
		"comm",	     "limits",	  "loginuid",	  "maps",
		"mountinfo", "mounts",	  "oom_score",	  "sched",
		"schedstat", "smaps",	  "smaps_rollup", "stat",
		"statm",     "status",	  "syscall",	  "timerslack_ns",
		"wchan",     "numa_maps",
	};
	char path[64], buf[65536];

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
		if (slurp(path, buf, sizeof(buf)) < 0 && errno != ENOENT)
			T_FAIL("%s: errno %d", path, errno);
	}
	CHECK_EQ(access("/proc/self/sched", F_OK), 0);
	CHECK_EQ(access("/proc/self/attr/current", F_OK), 0);
	CHECK_EQ(access("/proc/self/children", F_OK), -1);
}

T(clear_refs_takes_1_to_5)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "1", 1), 1);
	CHECK_ERRNO(write(fd, "0", 1), EINVAL);
	CHECK_ERRNO(write(fd, "6", 1), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
}

T(timer_slack_can_be_written)
{
	int fd = open("/proc/self/timerslack_ns", O_RDWR);
	char buf[64];

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "70000", 5), 5);
	CHECK(slurp("/proc/self/timerslack_ns", buf, sizeof(buf)) > 0);
	CHECK_EQ(atoi(buf), 70000);
	CHECK_EQ(write(fd, "0", 1), 1);
	CHECK(slurp("/proc/self/timerslack_ns", buf, sizeof(buf)) > 0);
	CHECK_EQ(atoi(buf), 50000);
	CHECK_ERRNO(write(fd, "many", 4), EINVAL);
}

T(a_subset_has_the_tasks_alone)
{
	struct stat st;

	if (getuid() || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		SKIP("needs root and mount namespaces");
	CHECK_ERRNO(mount("p", "/proc", "proc", 0, "subset=none"), EINVAL);
	CHECK_EQ(mount("p", "/proc", "proc", 0, "subset=pid"), 0);
	CHECK_EQ(stat("/proc/self/status", &st), 0);
	CHECK_EQ(stat("/proc/thread-self/comm", &st), 0);
	CHECK_ERRNO(stat("/proc/meminfo", &st), ENOENT);
	CHECK_ERRNO(stat("/proc/sys", &st), ENOENT);
}

T(syscall_shows_the_very_call)
{
	char buf[256];

	CHECK(slurp("/proc/self/syscall", buf, sizeof(buf)) > 0);
	CHECK_EQ(atoi(buf), SYS_read);
	CHECK(strncmp(buf, "running", 7));
}

T_MAIN
