// SPDX-License-Identifier: GPL-2.0
/*
 * What the monitor and the machine's first process give up.
 *
 * The monitor talks to a hostile machine: it answers requests that name files
 * inside the granted root. Should the machine ever take it over, then what is
 * left should be worth little: no capabilities but those that reading (and,
 * with --rw, changing) the granted files as root needs; no new privileges by
 * execve; no files outside the granted root (Landlock); no system calls but
 * those on the list below (libseccomp): no execve, no sockets, no ptrace, no
 * mounts, no namespaces, no kernel interfaces of the exotic sort.
 *
 * Landlock is spoken by raw system calls with numbers of our own, because the
 * headers of the build host may be older than the host we run on.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine.h"
#include "say.h"

/* --- Landlock ------------------------------------------------------------ */

#define LL_CREATE   444
#define LL_ADD_RULE 445
#define LL_RESTRICT 446

struct ll_ruleset {
	uint64_t fs, net, scoped;
};
struct ll_path {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

#define LL_READ_FILE	(1u << 2)
#define LL_READ_DIR	(1u << 3)
#define LL_TRUNCATE	(1u << 14)
#define LL_FS_V1	0x1fffu
#define LL_FS_V2	0x3fffu /* REFER */
#define LL_FS_V3	0x7fffu /* TRUNCATE */
#define LL_FS_V5	0xffffu /* IOCTL_DEV */
#define LL_EXECUTE	1u
#define LL_MAKE_CHAR	(1u << 6)
#define LL_MAKE_BLOCK	(1u << 11)
#define LL_NET_ALL	3u
#define LL_SCOPE_UNIX	1u
#define LL_SCOPE_SIGNAL 2u

int confine_landlock_abi(void)
{
	long v = syscall(LL_CREATE, NULL, 0, 1);

	return v > 0 ? (int)v : 0;
}

static uint64_t confine_landlock_fs(int abi)
{
	return abi >= 5	  ? LL_FS_V5
	       : abi >= 3 ? LL_FS_V3
	       : abi == 2 ? LL_FS_V2
			  : LL_FS_V1;
}

static int confine_landlock_create(int abi, uint64_t scoped)
{
	struct ll_ruleset rs = { .fs = confine_landlock_fs(abi) };
	size_t size = 8;

	if (abi >= 4) {
		rs.net = LL_NET_ALL;
		size = 16;
	}
	if (abi >= 6) {
		rs.scoped = scoped;
		size = 24;
	}
	return (int)syscall(LL_CREATE, &rs, size, 0);
}

static void confine_landlock_allow(int rs, int fd, uint64_t allowed)
{
	struct ll_path p = { .allowed = allowed, .fd = fd };

	if (fd >= 0)
		syscall(LL_ADD_RULE, rs, 1, &p, 0);
}

static void confine_monitor_landlock(const struct confine *c)
{
	int abi = confine_landlock_abi();
	uint64_t all = confine_landlock_fs(abi);
	int rs, proc;

	if (!abi)
		return;
	/* a renaming hostfs needs REFER, which the first version denies */
	if (abi == 1 && c->root_rw)
		return;
	rs = confine_landlock_create(abi, LL_SCOPE_UNIX);
	if (rs < 0)
		return;
	if (c->root_granted)
		confine_landlock_allow(
			rs, c->root_fd,
			c->root_rw
				? all & ~(uint64_t)(LL_EXECUTE | LL_MAKE_CHAR |
						    LL_MAKE_BLOCK)
				: LL_READ_FILE | LL_READ_DIR);
	/* to see how much memory the machine uses */
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	confine_landlock_allow(rs, proc, LL_READ_FILE | LL_READ_DIR);
	if (proc >= 0)
		close(proc);
	if (syscall(LL_RESTRICT, rs, 0) && c->verbose)
		say("Landlock: %s", strerror(errno));
	close(rs);
}

void confine_machine(bool pid_namespace)
{
	int abi = confine_landlock_abi();
	int rs;

	if (!abi)
		return;
	rs = confine_landlock_create(
		abi, LL_SCOPE_UNIX | (pid_namespace ? 0 : LL_SCOPE_SIGNAL));
	if (rs < 0)
		return;
	syscall(LL_RESTRICT, rs, 0);
	close(rs);
}

/* --- Capabilities -------------------------------------------------------- */

static void confine_monitor_caps(const struct confine *c)
{
	static const unsigned int rw_caps[] = { CAP_CHOWN, CAP_DAC_OVERRIDE,
						CAP_FOWNER, CAP_FSETID };

	if (capng_get_caps_process() ||
	    capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE)
		return;
	capng_clear(CAPNG_SELECT_ALL);
	if (geteuid() == 0) {
		const capng_type_t set = CAPNG_EFFECTIVE | CAPNG_PERMITTED;

		if (c->root_granted)
			capng_update(CAPNG_ADD, set, CAP_DAC_READ_SEARCH);
		for (size_t i = 0; c->root_granted && c->root_rw &&
				   i < sizeof(rw_caps) / sizeof(rw_caps[0]);
		     i++)
			capng_update(CAPNG_ADD, set, rw_caps[i]);
		/* the machine runs as nobody: to end it */
		if (!c->own_userns)
			capng_update(CAPNG_ADD, set, CAP_KILL);
	}
	/* the bounding set can only be changed with CAP_SETPCAP: try */
	capng_apply(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_CAPS))
		say_die("cannot drop capabilities: %s", strerror(errno));
}

void confine_keeper(bool counts_memory)
{
	if (geteuid())
		return;
	capng_clear(CAPNG_SELECT_BOTH);
	if (counts_memory)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			     CAP_SYS_PTRACE);
	capng_apply(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_CAPS) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		say_die("cannot drop capabilities: %s", strerror(errno));
}

/* --- System calls of the monitor ----------------------------------------- */

static const int confine_allowed[] = {
	/* memory, threads, time */
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(membarrier),
	SCMP_SYS(getcpu),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getrlimit),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrusage),
	/* signals */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(signalfd4),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(wait4),
	SCMP_SYS(waitid),
	/* waiting */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_gettime),
	SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch),
	/* descriptors and data */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(preadv),
	SCMP_SYS(pwritev),
	SCMP_SYS(preadv2),
	SCMP_SYS(pwritev2),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(close_range),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(fcntl),
	SCMP_SYS(flock),
	SCMP_SYS(pipe2),
	SCMP_SYS(splice),
	SCMP_SYS(copy_file_range),
	SCMP_SYS(sendfile),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(syncfs),
	SCMP_SYS(fadvise64),
	SCMP_SYS(readahead),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	/* files below the granted root */
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(getdents64),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(truncate),
	SCMP_SYS(mkdirat),
	SCMP_SYS(mknodat),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(rmdir),
	SCMP_SYS(symlinkat),
	SCMP_SYS(linkat),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(fchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(lchown),
	SCMP_SYS(chown),
	SCMP_SYS(chmod),
	SCMP_SYS(utimensat),
	SCMP_SYS(umask),
	SCMP_SYS(getcwd),
	SCMP_SYS(fchdir),
	SCMP_SYS(getxattr),
	SCMP_SYS(lgetxattr),
	SCMP_SYS(fgetxattr),
	SCMP_SYS(setxattr),
	SCMP_SYS(lsetxattr),
	SCMP_SYS(fsetxattr),
	SCMP_SYS(listxattr),
	SCMP_SYS(llistxattr),
	SCMP_SYS(flistxattr),
	SCMP_SYS(removexattr),
	SCMP_SYS(lremovexattr),
	SCMP_SYS(fremovexattr),
	/* control connections; the machine's socket */
	SCMP_SYS(accept4),
	SCMP_SYS(accept),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	/* who we are */
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getpgrp),
	SCMP_SYS(getpgid),
	SCMP_SYS(getsid),
};

/* Terminals and what a file can be asked; not TIOCSTI and its like. */
static const unsigned long confine_ioctls[] = {
	TCGETS,	    TCSETS,	TCSETSW,  TCSETSF,    TCFLSH,	   TCSBRK,
	TIOCGWINSZ, TIOCSWINSZ, TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER, TIOCGPGRP,
	TIOCGSID,   TIOCOUTQ,	FIONREAD, FIONBIO,    FICLONE,	   FICLONERANGE,
};

static void confine_monitor_syscalls(const struct confine *c)
{
	const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES |
				CLONE_SIGHAND | CLONE_THREAD;
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = ctx ? 0 : -ENOMEM;

	if (err)
		goto out;
	/* other architectures' calls: dead at once */
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0;
	     !err && i < sizeof(confine_allowed) / sizeof(confine_allowed[0]);
	     i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, confine_allowed[i],
				       0);
	/* threads, but no processes and no namespaces */
	err = err
		      ?: seccomp_rule_add(
				 ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				 SCMP_A0(SCMP_CMP_MASKED_EQ,
					 thread | 0x7e020000u, thread));
	err = err
		      ?: seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
					  SCMP_SYS(clone3), 0);
	/* abort() and pthread_kill() */
	err = err
		      ?: seccomp_rule_add(
				 ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	err = err
		      ?: seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl),
					  1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	for (size_t i = 0;
	     !err && i < sizeof(confine_ioctls) / sizeof(confine_ioctls[0]);
	     i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_EQ, confine_ioctls[i]));
out:
	if (!err)
		err = seccomp_load(ctx);
	if (err && c->verbose)
		say("no system-call filter for the monitor: %s",
		    strerror(-err));
	if (ctx)
		seccomp_release(ctx);
}

void confine_monitor(const struct confine *c)
{
	confine_monitor_caps(c);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		say_die("no_new_privs: %s", strerror(errno));
	confine_monitor_landlock(c);
	confine_monitor_syscalls(c);
}
