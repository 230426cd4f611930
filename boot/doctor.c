// SPDX-License-Identifier: GPL-2.0
/*
 * `lodger doctor`: one line for each thing of the host that a machine builds
 * on: what it is, whether it is here, and, if not, what that costs and what can
 * be done. Nothing is guessed from version numbers: each is tried, the risky
 * ones in a child process.
 *
 * `lodger run` uses the cheap part of it (CPUID, AT_HWCAP2) to choose a backend.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "confine.h"
#include "doctor.h"
#include "say.h"

#define DOCTOR_HWCAP2_FSGSBASE 2u

static bool doctor_has_pku(void)
{
	unsigned int a, b, c, d;

	/* leaf 7: PKU in ecx bit 3, OSPKE (the host uses it) in bit 4 */
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 0x18) == 0x18;
}

static bool doctor_has_fsgsbase(void)
{
	return getauxval(AT_HWCAP2) & DOCTOR_HWCAP2_FSGSBASE;
}

static const char doctor_no_fsgsbase[] =
	"the host's kernel does not enable FSGSBASE: use Linux 5.9 or newer, "
	"without nofsgsbase, or --trap ptrace";

static int doctor_try(int (*fn)(void));
static int doctor_try_ia32(void);
static int doctor_try_vm(void);

static sigjmp_buf doctor_jump;

static void doctor_trapped(int sig)
{
	siglongjmp(doctor_jump, sig);
}

/* In this process, for a fork would cost more than all else. */
static bool doctor_has_ia32(void)
{
	struct sigaction sa, segv, sys;
	bool ok = false;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = doctor_trapped;
	sigaction(SIGSEGV, &sa, &segv);
	sigaction(SIGSYS, &sa, &sys);
	if (!sigsetjmp(doctor_jump, 1))
		ok = !doctor_try_ia32();
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGSYS, &sys, NULL);
	return ok;
}

const char *doctor_objection(enum boot_backend b)
{
	switch (b) {
	case BACKEND_DIRECT:
		if (!doctor_has_pku())
			return "this processor (or this virtual machine) has "
			       "no memory protection keys (PKU): use --trap "
			       "seccomp or ptrace";
		if (!doctor_has_fsgsbase())
			return doctor_no_fsgsbase;
		return NULL;
	case BACKEND_DIRECT_UNWALLED:
	case BACKEND_SECCOMP:
		return doctor_has_fsgsbase() ? NULL : doctor_no_fsgsbase;
	default:
		return NULL;
	}
}

/* Direct, else seccomp, else ptrace; never direct-unwalled. */
enum boot_backend doctor_choose(void)
{
	if (!doctor_objection(BACKEND_DIRECT) && doctor_has_ia32())
		return BACKEND_DIRECT;
	if (!doctor_objection(BACKEND_SECCOMP) && !doctor_try(doctor_try_vm))
		return BACKEND_SECCOMP;
	return BACKEND_PTRACE;
}

/* --- Trials --------------------------------------------------------------- */

/* fn in a child. => its exit status, 128+n when signal n killed it. */
static int doctor_try(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		_exit(fn());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int doctor_try_ia32(void)
{
	long ret = 20; /* getpid of the 32-bit table */

	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 :
			 : "memory", "r8", "r9", "r10", "r11");
	return ret > 0 ? 0 : 1;
}

static int doctor_try_seccomp(void)
{
	uint32_t action = SECCOMP_RET_TRAP;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 1;
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0;
}

static int doctor_try_userns(void)
{
	if (unshare(CLONE_NEWUSER))
		return errno == EPERM ? 2 : 1;
	if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
		    CLONE_NEWUTS))
		return 3;
	return 0;
}

static int doctor_try_ptrace(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		return 1;
	/* PTRACE_SEIZE */
	if (syscall(SYS_ptrace, 0x4206, pid, 0, 0)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return 1;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 0;
}

/* Does the host let us at the memory of a child? */
static int doctor_try_vm(void)
{
	static long word = 42;
	long got = 0;
	struct iovec here = { &got, sizeof(got) };
	struct iovec there = { &word, sizeof(word) };
	int status;
	ssize_t n;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		return 1;
	n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return n != sizeof(got) || got != word;
}

static int doctor_try_pkey(void)
{
	return pkey_alloc(0, 0) == 1 ? 0 : 1;
}

/* => the first word of a file, or "" */
static void doctor_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = 0;
	buf[strcspn(buf, "\n")] = 0;
}

/* --- The report ----------------------------------------------------------- */

enum doctor_mark { DOCTOR_OK, DOCTOR_LACK, DOCTOR_BAD };

static void doctor_line(enum doctor_mark mark, const char *what,
			const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void doctor_line(enum doctor_mark mark, const char *what,
			const char *fmt, ...)
{
	static const char *const marks[] = { "ok", "lack", "BAD" };
	va_list ap;

	printf("%-5s %-16s ", marks[mark], what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void doctor_processor(bool *direct)
{
	bool pku = doctor_has_pku() && !doctor_try(doctor_try_pkey);
	int ia32 = doctor_try(doctor_try_ia32);
	char buf[128];

	*direct = pku && doctor_has_fsgsbase() && !ia32;
	if (pku)
		doctor_line(DOCTOR_OK, "PKU",
			    "the direct backend has its wall");
	else
		doctor_line(
			DOCTOR_LACK, "PKU",
			"no protection keys: seccomp runs instead of direct, "
			"three times slower or more in system calls. direct "
			"needs an Intel server since Skylake or a desktop "
			"since Alder Lake, an AMD since Zen 3; in a virtual "
			"machine, the CPU model of the host");
	if (doctor_has_fsgsbase())
		doctor_line(DOCTOR_OK, "FSGSBASE", "enabled");
	else
		doctor_line(DOCTOR_LACK, "FSGSBASE",
			    "not enabled: direct and seccomp need it, ptrace "
			    "runs instead. Linux 5.9 or newer, no nofsgsbase "
			    "on its command line");
	if (!ia32)
		doctor_line(DOCTOR_OK, "IA32 calls",
			    "int 0x80 works (thread identity)");
	else
		doctor_line(
			DOCTOR_LACK, "IA32 calls",
			"int 0x80 is refused: direct needs set_thread_area. "
			"Boot the host with ia32_emulation=1, or allow it in "
			"the container's profile");
	doctor_read("/sys/devices/system/cpu/vulnerabilities/meltdown", buf,
		    sizeof(buf));
	if (!strcmp(buf, "Not affected"))
		doctor_line(DOCTOR_OK, "Meltdown", "not affected");
	else
		doctor_line(DOCTOR_LACK, "Meltdown",
			    "%s: a guest could read the guest kernel's memory "
			    "in direct; use --trap seccomp for guests you do "
			    "not trust",
			    *buf ? buf : "not known");
}

static bool doctor_kernel(bool *ptrace_ok, bool *vm_ok)
{
	bool ok = true;
	char buf[128];
	int fd, err;

	if (!doctor_try(doctor_try_seccomp)) {
		doctor_line(DOCTOR_OK, "seccomp", "filters and SIGSYS");
	} else {
		doctor_line(DOCTOR_BAD, "seccomp",
			    "no filters: the host's kernel needs "
			    "CONFIG_SECCOMP_FILTER");
		ok = false;
	}
	fd = memfd_create("lodger-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && !ftruncate(fd, 2l << 40)) {
		doctor_line(DOCTOR_OK, "memfd", "sparse files of 2 TiB");
	} else if (fd >= 0) {
		doctor_line(DOCTOR_LACK, "memfd",
			    "large ones are refused (%s): raise ulimit -f",
			    strerror(errno));
	} else {
		doctor_line(DOCTOR_BAD, "memfd", "%s; see vm.memfd_noexec",
			    strerror(errno));
		ok = false;
	}
	if (fd >= 0)
		close(fd);
	err = doctor_try(doctor_try_userns);
	if (!err)
		doctor_line(DOCTOR_OK, "user namespaces",
			    "machines get six namespaces of their own");
	else if (geteuid() == 0)
		doctor_line(DOCTOR_LACK, "user namespaces",
			    "refused; as root the other five are tried");
	else
		doctor_line(
			DOCTOR_LACK, "user namespaces",
			"%s; machines run without them, one wall less. See "
			"user.max_user_namespaces, "
			"kernel.unprivileged_userns_clone, "
			"kernel.apparmor_restrict_unprivileged_userns, or the "
			"container's profile",
			err == 3 ? "of no use (capabilities are denied inside)"
				 : "refused");
	doctor_read("/proc/sys/kernel/yama/ptrace_scope", buf, sizeof(buf));
	*ptrace_ok = !doctor_try(doctor_try_ptrace);
	if (*ptrace_ok)
		doctor_line(DOCTOR_OK, "ptrace",
			    "of children%s%s; gdb -p on a machine %s",
			    *buf ? ", yama ptrace_scope " : "", buf,
			    !*buf || *buf == '0' || geteuid() == 0
				    ? "works"
				    : "needs root or ptrace_scope 0");
	else
		doctor_line(DOCTOR_LACK, "ptrace",
			    "refused (yama ptrace_scope %s): no ptrace backend",
			    *buf ? buf : "?");
	*vm_ok = !doctor_try(doctor_try_vm);
	if (*vm_ok)
		doctor_line(DOCTOR_OK, "process_vm_*",
			    "a child's memory can be read (seccomp and ptrace "
			    "backends)");
	else
		doctor_line(DOCTOR_LACK, "process_vm_*",
			    "refused: neither seccomp nor ptrace can run");
	return ok;
}

static void doctor_limits(void)
{
	struct rlimit rl;
	char buf[128];
	int abi;

	if (!getrlimit(RLIMIT_NPROC, &rl)) {
		if (rl.rlim_cur == RLIM_INFINITY || geteuid() == 0)
			doctor_line(DOCTOR_OK, "processes",
				    "no limit (ulimit -u)");
		else
			doctor_line(rl.rlim_cur < 256 ? DOCTOR_LACK : DOCTOR_OK,
				    "processes",
				    "at most %llu of yours (ulimit -u); each "
				    "guest thread is one",
				    (unsigned long long)rl.rlim_cur);
	}
	doctor_read("/sys/fs/cgroup/pids.max", buf, sizeof(buf));
	if (*buf)
		doctor_line(strcmp(buf, "max") && atoi(buf) < 256 ? DOCTOR_LACK
								  : DOCTOR_OK,
			    "pids cgroup", "pids.max %s", buf);
	if (!getrlimit(RLIMIT_AS, &rl) && rl.rlim_max != RLIM_INFINITY)
		doctor_line(DOCTOR_BAD, "address space",
			    "limited (ulimit -v): machines need it unlimited");
	doctor_read("/sys/kernel/mm/transparent_hugepage/enabled", buf,
		    sizeof(buf));
	if (strstr(buf, "[never]") || !*buf)
		doctor_line(DOCTOR_LACK, "huge pages",
			    "transparent ones are off: large guests are a "
			    "little slower");
	else
		doctor_line(DOCTOR_OK, "huge pages", "transparent: %s", buf);
	abi = confine_landlock_abi();
	if (abi >= 6)
		doctor_line(DOCTOR_OK, "Landlock", "version %d", abi);
	else if (abi)
		doctor_line(DOCTOR_OK, "Landlock",
			    "version %d (signals are scoped from 6 on)", abi);
	else
		doctor_line(DOCTOR_LACK, "Landlock",
			    "none: the monitor can open what you can. Boot the "
			    "host with lsm=landlock,...");
}

int doctor_main(int argc, char **argv)
{
	bool direct, seccomp, ptrace_ok, vm_ok, ok;
	struct utsname u;

	(void)argv;
	if (argc != 1)
		say_die("usage: lodger doctor");
	uname(&u);
	printf("host: %s %s, %ld processors, user %u\n", u.sysname, u.release,
	       sysconf(_SC_NPROCESSORS_ONLN), (unsigned int)geteuid());
	doctor_processor(&direct);
	ok = doctor_kernel(&ptrace_ok, &vm_ok);
	doctor_limits();
	seccomp = vm_ok && doctor_has_fsgsbase();
	if (!ok || (!direct && !seccomp && !(ptrace_ok && vm_ok))) {
		puts("No machine can run here: mend what is BAD above.");
		return EXIT_LODGER;
	}
	if (direct)
		puts("Machines run with --trap direct: nothing that it needs "
		     "is missing.");
	else if (seccomp)
		puts("Machines run with --trap seccomp: direct lacks PKU, "
		     "FSGSBASE or IA32 calls.");
	else
		puts("Machines run with --trap ptrace: direct and seccomp lack "
		     "FSGSBASE.");
	return 0;
}
