// SPDX-License-Identifier: GPL-2.0
/* credentials(7), capabilities(7), prctl(2), getrlimit(2). Most need root. */
#include "t.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

static void need_root(void)
{
	if (geteuid() != 0)
		SKIP("needs root");
}

static void ids(uid_t r, uid_t e, uid_t s)
{
	uid_t a, b, c;

	CHECK_EQ(getresuid(&a, &b, &c), 0);
	CHECK_EQ(a, r);
	CHECK_EQ(b, e);
	CHECK_EQ(c, s);
}

static unsigned long long caps(char which)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	CHECK_EQ(syscall(SYS_capget, &h, d), 0);
	return which == 'e' ? d[0].effective |
				      (unsigned long long)d[1].effective << 32
			    : d[0].permitted |
				      (unsigned long long)d[1].permitted << 32;
}

T(setuid_by_root_sets_all)
{
	need_root();
	CHECK_EQ(setuid(1234), 0);
	ids(1234, 1234, 1234);
	CHECK_ERRNO(setuid(0), EPERM);
	CHECK_EQ(caps('p'), 0);
	CHECK_ERRNO(setuid(-1), EINVAL);
}

T(seteuid_and_back)
{
	need_root();
	CHECK_EQ(seteuid(1234), 0);
	ids(0, 1234, 0);
	CHECK_EQ(caps('e'), 0);
	CHECK(caps('p') != 0);
	CHECK_EQ(seteuid(0), 0);
	CHECK(caps('e') != 0);
	CHECK_EQ(setreuid(5, 6), 0);
	ids(5, 6, 6);
	CHECK_EQ(setreuid(6, 5), 0);
	ids(6, 5, 5);
	CHECK_ERRNO(setreuid(7, -1), EPERM);
}

T(setresuid_rules)
{
	need_root();
	CHECK_EQ(setresuid(1, 2, 3), 0);
	ids(1, 2, 3);
	CHECK_EQ(setresuid(-1, 3, 1), 0);
	ids(1, 3, 1);
	CHECK_ERRNO(setresuid(9, -1, -1), EPERM);
	CHECK_EQ(setfsuid(2), 3);
	CHECK_EQ(setfsuid(1), 3);
	CHECK_EQ(setfsuid(-1), 1);
}

T(groups)
{
	gid_t g[4] = { 30, 10, 20, 10 }, got[8];

	need_root();
	CHECK_EQ(setgroups(4, g), 0);
	CHECK_EQ(getgroups(0, NULL), 4);
	CHECK_ERRNO(getgroups(2, got), EINVAL);
	CHECK_EQ(getgroups(8, got), 4);
	CHECK_EQ(got[0], 10);
	CHECK_EQ(got[3], 30);
	CHECK_ERRNO(setgroups(70000, g), EINVAL);
	CHECK_EQ(setresgid(4, 5, 6), 0);
	CHECK_EQ(setgid(7), 0);
	CHECK_EQ(getegid(), 7);
	CHECK_EQ(setuid(99), 0);
	CHECK_ERRNO(setgroups(0, NULL), EPERM);
	CHECK_ERRNO(setgid(0), EPERM);
}

T(group_permission_is_honoured)
{
	gid_t g = 4321;
	char name[] = "/tmp/ids-XXXXXX";
	int fd;

	need_root();
	fd = mkstemp(name);
	CHECK(fd >= 0);
	CHECK_EQ(fchown(fd, 1, g), 0);
	CHECK_EQ(fchmod(fd, 0040), 0);
	if (fork() == 0) {
		CHECK_EQ(setgroups(0, NULL), 0);
		CHECK_EQ(setgid(77), 0);
		CHECK_EQ(setuid(77), 0);
		CHECK_ERRNO(open(name, O_RDONLY), EACCES);
		_exit(0);
	}
	if (fork() == 0) {
		CHECK_EQ(setgroups(1, &g), 0);
		CHECK_EQ(setgid(77), 0);
		CHECK_EQ(setuid(77), 0);
		CHECK(open(name, O_RDONLY) >= 0);
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		int st;

		wait(&st);
		CHECK_EQ(st, 0);
	}
	unlink(name);
}

T(keepcaps)
{
	need_root();
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	CHECK_EQ(setuid(1234), 0);
	CHECK(caps('p') != 0);
	CHECK_EQ(caps('e'), 0);
}

T(capset_rules)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	need_root();
	d[0].effective = d[0].permitted = 1 << CAP_KILL;
	CHECK_EQ(syscall(SYS_capset, &h, d), 0);
	CHECK_EQ(caps('p'), 1 << CAP_KILL);
	d[0].permitted = (1 << CAP_KILL) | (1 << CAP_CHOWN);
	CHECK_ERRNO(syscall(SYS_capset, &h, d), EPERM);
	h.pid = 1;
	CHECK_ERRNO(syscall(SYS_capset, &h, d), EPERM);
	h.version = 7;
	CHECK_ERRNO(syscall(SYS_capget, &h, d), EINVAL);
	CHECK_EQ(h.version, _LINUX_CAPABILITY_VERSION_3);
	h.version = 7;
	CHECK_EQ(syscall(SYS_capget, &h, NULL), 0);
}

T(bounding_and_ambient_sets)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	need_root();
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_NET_RAW), 1);
	CHECK_EQ(prctl(PR_CAPBSET_DROP, CAP_NET_RAW), 0);
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_NET_RAW), 0);
	CHECK_ERRNO(prctl(PR_CAPBSET_READ, 100), EINVAL);
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0),
		    EPERM);
	CHECK_EQ(syscall(SYS_capget, &h, d), 0);
	d[0].inheritable |= 1 << CAP_KILL;
	CHECK_EQ(syscall(SYS_capset, &h, d), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0),
		 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0),
		 1);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 0);
}

static void copy_self(const char *name, int mode, uid_t uid)
{
	char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY),
	    out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(out, buf, n), n);
	CHECK_EQ(fchown(out, uid, uid), 0);
	CHECK_EQ(fchmod(out, mode), 0);
	close(in);
	close(out);
}

static int run_as(uid_t uid, const char *path, int nnp)
{
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		CHECK_EQ(setgroups(0, NULL), 0);
		CHECK_EQ(setresgid(uid, uid, uid), 0);
		CHECK_EQ(setresuid(uid, uid, uid), 0);
		if (nnp)
			CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
		execl(path, "x", "@ids", NULL);
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

T(set_user_id_programs)
{
	const char *p = "/tmp/ids-dir/suid";
	struct statvfs sv;
	int mounted = 0;

	need_root();
	mkdir("/tmp/ids-dir", 0755);
	CHECK_EQ(statvfs("/tmp", &sv), 0);
	if (sv.f_flag & ST_NOSUID) {
		CHECK_EQ(mount("ids", "/tmp/ids-dir", "tmpfs", 0, "mode=755"),
			 0);
		mounted = 1;
	}
	copy_self(p, 04755, 0);
	/* euid 0, ruid 1000, secure */
	CHECK_EQ(run_as(1000, p, 0), 10 + 1 + 2 + 4);
	CHECK_EQ(run_as(1000, p, 1), 10);
	copy_self(p, 0755, 0);
	CHECK_EQ(run_as(1000, p, 0), 10);
	copy_self(p, 04755, 2000);
	CHECK_EQ(run_as(1000, p, 0), 10 + 2 + 8);
	unlink(p);
	if (mounted)
		CHECK_EQ(umount("/tmp/ids-dir"), 0);
	rmdir("/tmp/ids-dir");
}

T(no_new_privs_stays)
{
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	if (fork() == 0)
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	int st;

	wait(&st);
	CHECK_EQ(WEXITSTATUS(st), 1);
}

T(kill_needs_permission)
{
	pid_t pid;
	int st;

	need_root();
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	if (fork() == 0) {
		CHECK_EQ(setuid(1000), 0);
		CHECK_ERRNO(kill(pid, SIGTERM), EPERM);
		CHECK_ERRNO(kill(pid, 0), EPERM);
		/* within the session this one is allowed */
		CHECK_EQ(kill(pid, SIGCONT), 0);
		_exit(0);
	}
	wait(&st);
	CHECK_EQ(st, 0);
	kill(pid, SIGKILL);
	wait(&st);
}

T(prctl_odds)
{
	int v = -1;

	CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGHUP), 0);
	CHECK_EQ(prctl(PR_GET_PDEATHSIG, &v), 0);
	CHECK_EQ(v, SIGHUP);
	CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	CHECK_ERRNO(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	CHECK_EQ(prctl(PR_SET_TIMERSLACK, 1), 0);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1);
	CHECK_ERRNO(prctl(9999), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_NAME, 8), EFAULT);
}

T(resource_limits)
{
	struct rlimit rl, old;

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
	rl = (struct rlimit){ 20, old.rlim_max };
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
	CHECK_EQ(rl.rlim_cur, 20);
	rl = (struct rlimit){ 21, 20 };
	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &rl), EINVAL);
	CHECK_ERRNO(getrlimit(99, &rl), EINVAL);
	CHECK_EQ(prlimit(0, RLIMIT_CORE, NULL, &rl), 0);
	CHECK_ERRNO(prlimit(999999, RLIMIT_CORE, NULL, &rl), ESRCH);
	if (getuid())
		return;
	CHECK_EQ(setuid(1000), 0);
	rl = (struct rlimit){ 10, 10 };
	CHECK_EQ(setrlimit(RLIMIT_CORE, &rl), 0);
	rl.rlim_max = 11;
	CHECK_ERRNO(setrlimit(RLIMIT_CORE, &rl), EPERM);
	CHECK_ERRNO(prlimit(getppid(), RLIMIT_CORE, NULL, &rl), EPERM);
}

T(cpu_limit_kills)
{
	struct rlimit rl = { 1, 3 };
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CPU, &rl);
		for (;;)
			;
	}
	waitpid(pid, &st, 0);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGXCPU);
}

#include <sys/auxv.h>

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "@ids"))
		return 10 + (geteuid() == 0) + 2 * !!getauxval(AT_SECURE) +
		       4 * (caps('e') != 0) + 8 * (geteuid() == 2000);
	return t_main(argc, argv);
}
