// SPDX-License-Identifier: GPL-2.0
/* /proc/PID as proc(5) has it, read the way ps, top, lsof and pmap read it. */
#include "t.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

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

/* Field `no` (from 1) of a stat line; 2 is the name. */
static long long stat_field(const char *path, int no)
{
	char *p = strrchr(slurp(path), ')');

	CHECK(p != NULL);
	p += 2;
	for (int i = 3; i < no; i++) {
		p = strchr(p, ' ');
		CHECK(p != NULL);
		p++;
	}
	return no == 3 ? *p : strtoll(p, NULL, 10);
}

static char *status_line(const char *path, const char *key)
{
	static char line[256];
	char want[64], *p;

	snprintf(want, sizeof(want), "\n%s:\t", key);
	p = strstr(slurp(path), want);
	if (!p)
		T_FAIL("no %s in %s", key, path);
	snprintf(line, sizeof(line), "%s", p + strlen(want));
	*strchrnul(line, '\n') = 0;
	return line;
}

T(stat_has_52_fields)
{
	int spaces = 0;
	char *p = slurp("/proc/self/stat");

	CHECK(strchr(p, '\n') == p + strlen(p) - 1);
	for (p = strrchr(p, ')'); *p; p++)
		spaces += *p == ' ';
	CHECK_EQ(spaces, 50);
}

T(stat_tells_who_we_are)
{
	CHECK_EQ(atoi(slurp("/proc/self/stat")), getpid());
	CHECK_EQ(stat_field("/proc/self/stat", 3), 'R');
	CHECK_EQ(stat_field("/proc/self/stat", 4), getppid());
	CHECK_EQ(stat_field("/proc/self/stat", 5), getpgrp());
	CHECK_EQ(stat_field("/proc/self/stat", 6), getsid(0));
	CHECK_EQ(stat_field("/proc/self/stat", 19), 0);
	CHECK_EQ(stat_field("/proc/self/stat", 20), 1);
	CHECK_EQ(stat_field("/proc/self/stat", 38), SIGCHLD);
	CHECK(stat_field("/proc/self/stat", 23) > 4096);
}

T(stat_shows_stopped_and_zombie)
{
	char path[64];
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		_exit(3);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_EQ(stat_field(path, 3), 'T');
	CHECK_EQ(kill(pid, SIGCONT), 0);
	while (stat_field(path, 3) != 'Z')
		usleep(1000);
	CHECK_EQ(stat_field(path, 23), 0); /* no memory any more */
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
}

T(open_file_of_a_dead_process_says_esrch)
{
	char path[64], c;
	int fd, dir;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	*strrchr(path, '/') = 0;
	dir = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_ERRNO(read(fd, &c, 1), ESRCH);
	CHECK_EQ(openat(dir, "stat", O_RDONLY), -1);
	CHECK(errno == ENOENT || errno == ESRCH);
}

T(status_lines)
{
	char want[128];

	snprintf(want, sizeof(want), "%d", getpid());
	CHECK_STR(status_line("/proc/self/status", "Pid"), want);
	CHECK_STR(status_line("/proc/self/status", "Tgid"), want);
	snprintf(want, sizeof(want), "%d\t%d\t%d\t%d", getuid(), geteuid(),
		 getuid(), geteuid());
	CHECK_STR(status_line("/proc/self/status", "Uid"), want);
	CHECK_STR(status_line("/proc/self/status", "State"), "R (running)");
	CHECK_STR(status_line("/proc/self/status", "Threads"), "1");
	umask(027);
	CHECK_STR(status_line("/proc/self/status", "Umask"), "0027");
	CHECK(strstr(status_line("/proc/self/status", "VmSize"), " kB"));
	CHECK(atoi(status_line("/proc/self/status", "VmRSS")) > 0);
}

T(status_shows_signal_sets)
{
	sigset_t s;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, (void (*)(int))abort);
	sigemptyset(&s);
	sigaddset(&s, SIGTERM);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGTERM);
	CHECK_STR(status_line("/proc/self/status", "SigBlk"),
		  "0000000000004000");
	CHECK(strtoull(status_line("/proc/self/status", "SigIgn"), 0, 16) &
	      1ull << (SIGUSR1 - 1));
	CHECK(strtoull(status_line("/proc/self/status", "SigCgt"), 0, 16) &
	      1ull << (SIGUSR2 - 1));
	CHECK((strtoull(status_line("/proc/self/status", "SigPnd"), 0, 16) |
	       strtoull(status_line("/proc/self/status", "ShdPnd"), 0, 16)) &
	      1ull << (SIGTERM - 1));
}

T(comm_can_be_changed)
{
	int fd = open("/proc/self/comm", O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "a name that is too long\n", 24), 24);
	CHECK_STR(slurp("/proc/self/comm"), "a name that is \n");
	prctl(PR_SET_NAME, "b (c) d");
	CHECK_STR(slurp("/proc/self/comm"), "b (c) d\n");
	CHECK(strstr(slurp("/proc/self/stat"), " (b (c) d) R ") != NULL);
}

T(cmdline_and_environ_of_a_program)
{
	int p[2], n;
	char buf[256], *argv[] = { "cat", "/proc/self/cmdline", NULL };
	char *argv2[] = { "cat", "/proc/self/environ", NULL };
	char *envp[] = { "A=1", "B=two", NULL };

	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pipe(p), 0);
		if (fork() == 0) {
			dup2(p[1], 1);
			close(p[0]);
			close(p[1]);
			execve("/bin/cat", i ? argv2 : argv, envp);
			_exit(127);
		}
		close(p[1]);
		memset(buf, 0, sizeof(buf));
		n = read(p[0], buf, sizeof(buf));
		close(p[0]);
		wait(NULL);
		if (n == 0)
			SKIP("no /bin/cat");
		if (i == 0) {
			CHECK_EQ(n, 23);
			CHECK(!memcmp(buf, "cat\0/proc/self/cmdline", 23));
		} else {
			CHECK_EQ(n, 10);
			CHECK(!memcmp(buf, "A=1\0B=two", 10));
		}
	}
}

T(maps_lists_our_mappings)
{
	char *m = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char want[64], *line;

	CHECK(m != MAP_FAILED);
	CHECK_EQ(mprotect(m + 4096, 4096, PROT_READ), 0);
	snprintf(want, sizeof(want), "%lx-%lx r--p 00000000 00:00 0 \n",
		 (long)m + 4096, (long)m + 8192);
	CHECK(strstr(slurp("/proc/self/maps"), want) != NULL);
	CHECK(strstr(text, "[stack]\n") != NULL);
	/* the path stands in column 73 */
	line = strstr(text, "[stack]");
	while (line > text && line[-1] != '\n')
		line--;
	CHECK_EQ(strchr(line, '[') - line, 73);
}

T(exe_cwd_root_are_magic_links)
{
	struct stat a, b;
	char buf[4096] = "";

	CHECK(readlink("/proc/self/exe", buf, sizeof(buf) - 1) > 0);
	CHECK_EQ(stat(buf, &a), 0);
	CHECK_EQ(stat("/proc/self/exe", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(chdir("/proc"), 0);
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(readlink("/proc/self/cwd", buf, sizeof(buf)), 5);
	CHECK_STR(buf, "/proc");
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(readlink("/proc/self/root", buf, sizeof(buf)), 1);
	CHECK_STR(buf, "/");
	CHECK_EQ(lstat("/proc/self/exe", &a), 0);
	CHECK(S_ISLNK(a.st_mode));
}

T(fd_links_lead_to_the_very_file)
{
	char name[] = "/tmp/t-proc-XXXXXX", path[64], buf[256] = "", c;
	int fd = mkstemp(name), again, p[2];
	struct stat st;

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_EQ(readlink(path, buf, sizeof(buf) - 1), (long)strlen(name));
	CHECK_STR(buf, name);
	CHECK_EQ(lstat(path, &st), 0);
	CHECK_EQ(st.st_mode, S_IFLNK | 0700);
	CHECK_EQ(unlink(name), 0);
	again = open(path, O_RDONLY);
	CHECK(again >= 0);
	CHECK_EQ(read(again, &c, 1), 1);
	CHECK_EQ(c, 'x');
	memset(buf, 0, sizeof(buf));
	CHECK(readlink(path, buf, sizeof(buf) - 1) > 0);
	CHECK(strstr(buf, " (deleted)") != NULL);
	CHECK_EQ(close(fd), 0);
	CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
	CHECK_EQ(pipe(p), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	memset(buf, 0, sizeof(buf));
	CHECK(readlink(path, buf, sizeof(buf) - 1) > 0);
	CHECK(!strncmp(buf, "pipe:[", 6));
	CHECK_EQ(lstat(path, &st), 0);
	CHECK_EQ(st.st_mode, S_IFLNK | 0500);
}

T(fd_lists_what_is_open)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int seen = 0, others = 0, self = dirfd(d);

	CHECK(d != NULL);
	CHECK_EQ(dup2(0, 100), 100);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.') {
			CHECK_EQ(e->d_type, DT_LNK);
			seen += atoi(e->d_name) == 100 ||
				atoi(e->d_name) == self;
			others++;
		}
	CHECK_EQ(seen, 2);
	CHECK(others >= 5);
}

T(fdinfo_tells_position_and_flags)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char path[64], want[64], c;

	CHECK_EQ(read(fd, &c, 1), 1);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	snprintf(want, sizeof(want), "pos:\t1\nflags:\t0%o\nmnt_id:\t",
		 O_RDONLY | O_CLOEXEC | 0100000);
	slurp(path);
	if (strncmp(text, want, strlen(want)))
		T_FAIL("fdinfo is %s, not %s", text, want);
}

static void *idle(void *arg)
{
	*(pid_t *)arg = syscall(SYS_gettid);
	pause();
	return NULL;
}

T(threads_stand_under_task)
{
	volatile pid_t tid = 0;
	pthread_t th;
	char path[64];
	struct stat st;

	CHECK_EQ(pthread_create(&th, NULL, idle, (void *)&tid), 0);
	while (!tid)
		usleep(1000);
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	CHECK_EQ(atoi(slurp(path)), tid);
	snprintf(path, sizeof(path), "/proc/1/task/%d", tid);
	CHECK_ERRNO(stat(path, &st), ENOENT);
	CHECK_EQ(stat_field("/proc/self/stat", 20), 2);
	/* a thread has a directory of its own, which is not listed */
	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	CHECK_EQ(access(path, R_OK), 0);
}

T(auxv_is_what_getauxval_reads)
{
	unsigned long v[2];
	int fd = open("/proc/self/auxv", O_RDONLY), pagesz = 0;

	CHECK(fd >= 0);
	while (read(fd, v, 16) == 16 && v[0])
		if (v[0] == 6)
			pagesz = v[1];
	CHECK_EQ(pagesz, 4096);
}

T(mem_reads_and_writes)
{
	static char word[8] = "before";
	int fd = open("/proc/self/mem", O_RDWR);
	char buf[8];

	CHECK(fd >= 0);
	CHECK_EQ(pread(fd, buf, 8, (long)word), 8);
	CHECK_STR(buf, "before");
	CHECK_EQ(pwrite(fd, "after\0\0", 8, (long)word), 8);
	CHECK_STR(word, "after");
	CHECK_ERRNO(pread(fd, buf, 8, 8), EIO);
}

T(limits_name_each_resource)
{
	int lines = 0;

	slurp("/proc/self/limits");
	for (char *p = text; *p; p++)
		lines += *p == '\n';
	CHECK_EQ(lines, 17);
	CHECK(!strncmp(text, "Limit                     Soft Limit", 36));
	CHECK(strstr(text, "\nMax open files            ") != NULL);
}

T(oom_score_adj_keeps_what_is_written)
{
	int fd = open("/proc/self/oom_score_adj", O_RDWR);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "500\n", 4), 4);
	CHECK_STR(slurp("/proc/self/oom_score_adj"), "500\n");
	CHECK_ERRNO(write(fd, "1001", 4), EINVAL);
	CHECK_ERRNO(write(fd, "abc", 3), EINVAL);
}

T(a_file_of_proc_cannot_be_made_or_removed)
{
	CHECK_ERRNO(open("/proc/new", O_CREAT | O_RDWR, 0666), ENOENT);
	CHECK_ERRNO(open("/proc/self/nothing", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/0", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/99999999", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/01", O_RDONLY), ENOENT);
	CHECK_ERRNO(unlink("/proc/version"), geteuid() ? EACCES : EPERM);
}

/* A number of /proc/self/lodger; -1: there is none. */
static long long lodger_count(const char *name)
{
	const char *p = strstr(slurp("/proc/self/lodger"), name);

	return p ? strtoll(p + strlen(name), NULL, 10) : -1;
}

T(calls_are_counted)
{
	long long before, patched, trapped;

	if (access("/proc/self/lodger", R_OK))
		SKIP("not a machine");
	before = lodger_count("calls ");
	for (int i = 0; i < 1000; i++)
		getppid();
	CHECK(lodger_count("calls ") >= before + 1000);
	patched = lodger_count("patched ");
	trapped = lodger_count("trapped ");
	CHECK(patched >= 0 && trapped >= 0);
	CHECK(patched + trapped >= before + 1000);
}

T_MAIN
