// SPDX-License-Identifier: GPL-2.0
/*
 * /proc and /sys about the machine, and the calls about it: uname, sysinfo,
 * getrandom, personality, syslog, getcpu.
 */
#include "t.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/klog.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

static char text[1 << 18];

static char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY), n, sum = 0;

	if (fd < 0)
		T_FAIL("open %s: errno %d", path, errno);
	while ((n = read(fd, text + sum, sizeof(text) - 1 - sum)) > 0)
		sum += n;
	CHECK_EQ(n, 0);
	close(fd);
	text[sum] = 0;
	return text;
}

static long meminfo(const char *key)
{
	char want[64], *p;

	snprintf(want, sizeof(want), "\n%s:", key);
	text[0] = '\n';
	slurp("/proc/meminfo");
	memmove(text + 1, text, strlen(text) + 1);
	text[0] = '\n';
	p = strstr(text, want);
	if (!p)
		T_FAIL("no %s in meminfo", key);
	return atol(p + strlen(want));
}

T(meminfo_has_what_free_wants)
{
	CHECK(meminfo("MemTotal") > 1024);
	CHECK(meminfo("MemFree") <= meminfo("MemTotal"));
	CHECK(meminfo("MemAvailable") > 0);
	CHECK(meminfo("Cached") >= 0);
	CHECK(meminfo("Buffers") >= 0);
	CHECK(meminfo("SwapTotal") >= 0);
	CHECK(meminfo("SReclaimable") >= 0);
	CHECK(meminfo("Shmem") >= 0);
}

T(stat_has_a_line_for_each_processor)
{
	char want[32];

	slurp("/proc/stat");
	CHECK(!strncmp(text, "cpu  ", 5));
	for (int i = 0; i < sysconf(_SC_NPROCESSORS_ONLN); i++) {
		snprintf(want, sizeof(want), "\ncpu%d ", i);
		CHECK(strstr(text, want) != NULL);
	}
	CHECK(strstr(text, "\nbtime ") != NULL);
	CHECK(strstr(text, "\nctxt ") != NULL);
	CHECK(strstr(text, "\nprocesses ") != NULL);
}

T(a_file_read_again_from_the_start_is_fresh)
{
	char a[64] = "", b[64] = "";
	int fd = open("/proc/uptime", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, a, 63) > 0);
	CHECK_EQ(read(fd, b, 63), 0);
	usleep(30000);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(read(fd, b, 63) > 0);
	CHECK(strcmp(a, b) != 0);
}

T(small_reads_see_one_text)
{
	int fd = open("/proc/version", O_RDONLY), n = 0;
	char c, whole[512] = "";

	CHECK(fd >= 0);
	while (n < 511 && read(fd, &c, 1) == 1)
		whole[n++] = c;
	CHECK_STR(whole, slurp("/proc/version"));
	CHECK_EQ(pread(fd, &c, 1, 3), 1);
	CHECK_EQ(c, 'u');
	CHECK_EQ(pread(fd, &c, 1, 100000), 0);
}

T(uptime_and_loadavg_parse)
{
	double a, b, l1, l2, l3;
	int run, all, last;

	CHECK_EQ(sscanf(slurp("/proc/uptime"), "%lf %lf\n", &a, &b), 2);
	CHECK(a >= 0 && b >= 0);
	CHECK_EQ(sscanf(slurp("/proc/loadavg"), "%lf %lf %lf %d/%d %d\n", &l1,
			&l2, &l3, &run, &all, &last),
		 6);
	CHECK(run >= 1 && all >= run && last > 0);
}

T(mounts_shows_proc)
{
	char dev[64], dir[64], type[64], opts[256];

	CHECK(strstr(slurp("/proc/mounts"), " /proc proc rw") != NULL);
	CHECK_EQ(sscanf(text, "%63s %63s %63s %255s 0 0\n", dev, dir, type,
			opts),
		 4);
	CHECK(strstr(slurp("/proc/self/mountinfo"), " - proc ") != NULL);
}

T(root_lists_processes_in_order)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int last = 0, me = 0, named = 0;

	CHECK(d != NULL);
	while ((e = readdir(d))) {
		int pid = atoi(e->d_name);

		if (!pid) {
			named += !strcmp(e->d_name, "meminfo") ||
				 !strcmp(e->d_name, "self");
			continue;
		}
		CHECK(pid > last);
		last = pid;
		me |= pid == getpid();
	}
	CHECK(me);
	CHECK_EQ(named, 2);
}

T(file_system_types)
{
	struct statfs s;

	CHECK_EQ(statfs("/proc", &s), 0);
	CHECK_EQ(s.f_type, 0x9fa0);
	CHECK(strstr(slurp("/proc/filesystems"), "nodev\tproc\n") != NULL);
	CHECK(strstr(text, "nodev\ttmpfs\n") != NULL);
}

T(sysctl_numbers)
{
	struct utsname u;
	char want[80];

	CHECK_EQ(uname(&u), 0);
	snprintf(want, sizeof(want), "%s\n", u.release);
	CHECK_STR(slurp("/proc/sys/kernel/osrelease"), want);
	CHECK_STR(slurp("/proc/sys/kernel/ostype"), "Linux\n");
	snprintf(want, sizeof(want), "%s\n", u.nodename);
	CHECK_STR(slurp("/proc/sys/kernel/hostname"), want);
	CHECK(atoi(slurp("/proc/sys/kernel/pid_max")) >= 32768);
	CHECK_EQ(strlen(slurp("/proc/sys/kernel/random/uuid")), 37);
	CHECK_EQ(text[14], '4');
	CHECK_STR(slurp("/proc/sys/kernel/cap_last_cap"), "40\n");
}

T(processors_in_sysfs)
{
	char want[32];
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	snprintf(want, sizeof(want), n > 1 ? "0-%ld\n" : "0\n", n - 1);
	CHECK_STR(slurp("/sys/devices/system/cpu/online"), want);
	CHECK_EQ(access("/sys/devices/system/cpu/cpu0", F_OK), 0);
	CHECK_EQ(access("/sys/class", F_OK), 0);
	CHECK_ERRNO(access("/sys/devices/system/cpu/cpu99999", F_OK), ENOENT);
}

/* --- Calls --- */

T(uname_is_linux_on_x86_64)
{
	struct utsname u;

	CHECK_EQ(uname(&u), 0);
	CHECK_STR(u.sysname, "Linux");
	CHECK_STR(u.machine, "x86_64");
	CHECK(atoi(u.release) >= 5);
	CHECK_ERRNO(syscall(SYS_uname, (void *)8), EFAULT);
}

T(hostname_belongs_to_root)
{
	if (geteuid() == 0)
		SKIP("root may");
	CHECK_ERRNO(sethostname("x", 1), EPERM);
	CHECK_ERRNO(setdomainname("x", 1), EPERM);
}

T(sysinfo_agrees_with_meminfo)
{
	struct sysinfo s;

	CHECK_EQ(sysinfo(&s), 0);
	CHECK_EQ(s.totalram * s.mem_unit / 1024, meminfo("MemTotal"));
	CHECK(s.procs >= 1);
	CHECK(s.uptime >= 0);
	CHECK_ERRNO(syscall(SYS_sysinfo, (void *)8), EFAULT);
}

T(getrandom_fills_and_refuses)
{
	unsigned char a[512] = { 0 };
	int zeros = 0;

	CHECK_EQ(getrandom(a, sizeof(a), 0), sizeof(a));
	for (unsigned i = 0; i < sizeof(a); i++)
		zeros += !a[i];
	CHECK(zeros < 40);
	CHECK_EQ(getrandom(a, 0, GRND_NONBLOCK), 0);
	CHECK_ERRNO(getrandom(a, 1, 0x80), EINVAL);
	CHECK_ERRNO(getrandom(a, 1, GRND_RANDOM | 4), EINVAL);
	CHECK_ERRNO(syscall(SYS_getrandom, (void *)8, 8, 0), EFAULT);
}

T(personality_keeps_what_it_is_given)
{
	struct utsname u;

	CHECK_EQ(personality(0xffffffff), 0);
	CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
	CHECK_EQ(personality(PER_LINUX32), ADDR_NO_RANDOMIZE);
	CHECK_EQ(uname(&u), 0);
	CHECK_STR(u.machine, "i686");
	CHECK_EQ(personality(UNAME26), PER_LINUX32);
	CHECK_EQ(uname(&u), 0);
	CHECK(!strncmp(u.release, "2.6.", 4));
}

T(getcpu_names_one_that_is_there)
{
	unsigned cpu = 99999, node = 99999;

	CHECK_EQ(syscall(SYS_getcpu, &cpu, &node, NULL), 0);
	CHECK(cpu < (unsigned)sysconf(_SC_NPROCESSORS_CONF));
	CHECK_EQ(syscall(SYS_getcpu, NULL, NULL, NULL), 0);
	CHECK_ERRNO(syscall(SYS_getcpu, (void *)8, NULL, NULL), EFAULT);
}

T(syslog_checks_its_arguments)
{
	char c;

	/* kernel.dmesg_restrict forbids even this */
	if (klogctl(3, &c, 0) == -1 && errno == EPERM)
		SKIP("the kernel's log is restricted here");
	CHECK_ERRNO(klogctl(3, NULL, 10), EINVAL);
	CHECK_ERRNO(klogctl(3, &c, -1), EINVAL);
	CHECK_ERRNO(klogctl(99, &c, 1), geteuid() ? EPERM : EINVAL);
}

T(reboot_wants_its_numbers)
{
	if (geteuid() == 0)
		CHECK_ERRNO(syscall(SYS_reboot, 1, 2, 0x4321fedc, 0), EINVAL);
	else
		CHECK_ERRNO(syscall(SYS_reboot, 0xfee1dead, 672274793,
				    0x4321fedc, 0),
			    EPERM);
}

/* The list of file-system types by number, and room on a device. */
T(old_calls_about_file_systems)
{
	char name[64];
	struct stat st;
	long n, buf[8];

	n = syscall(SYS_sysfs, 3, 0, 0);
	if (n < 0 && errno == ENOSYS)
		SKIP("no sysfs(2)");
	CHECK(n > 2);
	CHECK_ERRNO(syscall(SYS_sysfs, 4, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_sysfs, 2, n, name), EINVAL);
	CHECK_ERRNO(syscall(SYS_sysfs, 2, 0, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_sysfs, 1, "nonsense", 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_sysfs, 1, NULL, 0), EFAULT);
	for (long i = 0; i < n; i++) {
		CHECK_EQ(syscall(SYS_sysfs, 2, i, name), 0);
		CHECK_EQ(syscall(SYS_sysfs, 1, name, 0), i);
	}
	CHECK_EQ(stat("/proc", &st), 0);
	CHECK_EQ(syscall(SYS_ustat, (unsigned int)st.st_dev, buf), 0);
	CHECK_ERRNO(syscall(SYS_ustat, (unsigned int)st.st_dev, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_ustat, 0xffffffff, buf), EINVAL);
}

T_MAIN
