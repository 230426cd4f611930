// SPDX-License-Identifier: GPL-2.0
/*
 * Every call of kernel/syscall/syscalls.tbl that exists, with extreme values in
 * one argument after the other and plausible ones in the others: what the host
 * answers, a machine answers. Only errors are compared; a call that blocks is
 * taken out of it by a timer. Each value has a child of its own, which tells by
 * shared memory, since its descriptors and its memory may go.
 */
#define D_DEADLINE 90
#include "d.h"

struct call {
	int nr;
	const char *name, *args;
};
static const struct call calls[] = {
#include "calls-there.h"
};

/* Those that end or stop the child, reach others, or are not comparable. */
static const char *const left_out[] = {
	"exit",
	"exit_group",
	"fork",
	"vfork",
	"clone",
	"clone3",
	"pause",
	"rt_sigreturn",
	"kill",
	"tkill",
	"tgkill",
	"rt_sigqueueinfo",
	"rt_tgsigqueueinfo",
	"pidfd_send_signal",
	"reboot",
	"ptrace",
	"ustat", /* whichever device numbers there are */
	"prlimit64",
	"setpriority",
	"vhangup",
	"process_madvise",
	"process_mrelease",
	"setitimer",
	"alarm",
	"rt_sigaction",
	"rt_sigprocmask",
	"seccomp",
	"restart_syscall",
	"execve",
	"execveat",
	"rt_sigsuspend",
	"syslog",
	"io_setup",
	"nanosleep",
	"clock_nanosleep",
	"shmget",
	"shmctl",
	"msgget",
	"msgctl",
	"semget",
	"semctl",
	"shmat",
	"msgsnd",
	"msgrcv",
	"semop",
	"semtimedop",
	"mq_open",
	"unshare",
	"mq_unlink",
	"setns",
	"mmap",
	"mremap",
	"munmap",
	"brk",
	"mprotect",
	"pkey_mprotect",
	"madvise",
	"arch_prctl",
	"prctl",
	"set_robust_list",
	"rseq",
	"set_tid_address",
	"membarrier",
	"ioprio_set",
	"mseal",
	"remap_file_pages",
	"sched_setaffinity",
	"mbind",
	"set_mempolicy",
	"get_mempolicy",
	"mlockall",
	"personality",
	"swapoff",
	"setrlimit",
	"socket",
	"socketpair",
	"sync",
	"getcwd",
	"pkey_alloc",
	"pkey_free",
	"memfd_create",
	"name_to_handle_at",
	/* known to differ: not files */
	"futex",
	"futex_wake",
	"clock_adjtime",
	"waitid",
	"sched_getaffinity",
	"getpriority",
	"settimeofday",
	"process_vm_readv",
	"process_vm_writev",
	"mincore",
	"syncfs",
	"keyctl",
	"landlock_create_ruleset",
	NULL,
};

#define RW_PAGE ((char *)0x100000000000)
#define RO_PAGE (RW_PAGE + 0x10000)
#define NO_PAGE (RW_PAGE + 0x20000)
#define BLOCKED (-10000l)

static const uint64_t bad[] = {
	0,
	1,
	2,
	3,
	4,
	7,
	15,
	63,
	4096,
	65536,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	(uint64_t)-1,
	(uint64_t)-100,
	0x100000001,
	0x7fffffffffffffff,
	0x8000000000000000,
	0x7ffffffff000,
	0x800000000000,
	0xffff800000000000,
	0x100000010000 /* RO_PAGE */,
	0x100000020000 /* NO_PAGE */,
	0x10000000fffc /* ends after 4 bytes */,
};

static volatile long *results; /* [7]: per argument; 1: not got there */
static int arms;

static void on_alarm(int sig)
{
	if (arms++ > 3)
		_exit(0);
}

static long call6(long nr, const long *v)
{
	register long r10 __asm__("r10") = v[3];
	register long r8 __asm__("r8") = v[4];
	register long r9 __asm__("r9") = v[5];
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(v[0]), "S"(v[1]), "d"(v[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

/* One value in each argument in turn. */
static void try_value(const struct call *c, uint64_t value, int plain)
{
	struct itimerval it = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction sa;
	int n = (int)strlen(c->args), fd;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_alarm;
	sigaction(SIGALRM, &sa, NULL);
	close(0);
	unlink("f");
	fd = open("f", O_CREAT | O_RDWR, 0644); /* 0 */
	dup2(fd, 1);
	dup2(fd, 2);
	for (int k = 3; k < 20; k++)
		close(k);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int a = 0; a < n; a++) {
		long v[6], r;

		/* (as sizes and offsets these are a matter of the machine's) */
		if (value >= 1ul << 44 && value < 1ul << 48 &&
		    c->args[a] != 'p')
			continue;

		for (int k = 0; k < 6; k++)
			v[k] = k == a		   ? (long)value
			       : k >= n		   ? 0
			       : c->args[k] == 'p' ? (long)RW_PAGE + 256 * k
						   : plain;
		memset(RW_PAGE, 0, 4096);
		results[a] = BLOCKED;
		arms = 0;
		r = call6(c->nr, v);
		/* (how long a machine takes is another matter) */
		results[a] = r < 0 && r > -4096 && r != -EINTR ? r : 0;
	}
	_exit(0);
}

/* Small numbers are processes to these, and may exist or not. */
static const char *const of_pids[] = {
	"getpgid",
	"getsid",
	"setpgid",
	"sched_setparam",
	"sched_getparam",
	"sched_setscheduler",
	"sched_getscheduler",
	"sched_rr_get_interval",
	"getpriority",
	"ioprio_get",
	"get_robust_list",
	"kcmp",
	"pidfd_open",
	"process_vm_readv",
	"process_vm_writev",
	"sched_setattr",
	"sched_getattr",
	"sched_getaffinity",
	"migrate_pages",
	"move_pages",
	"wait4",
	"waitid",
	NULL,
};

static void try_call(const struct call *c)
{
	int n = (int)strlen(c->args), pids = 0;

	for (int k = 0; of_pids[k]; k++)
		pids |= !strcmp(of_pids[k], c->name);

	for (unsigned i = 0; i < N(bad); i++)
		for (int plain = 0; plain < 2; plain++) {
			int st = 0;
			pid_t pid;

			if (pids && bad[i] > 1 && bad[i] < 0x10000)
				continue;
			for (int a = 0; a < 7; a++)
				results[a] = 1;
			fflush(stdout);
			pid = fork();
			if (!pid)
				try_value(c, bad[i], plain);
			waitpid(pid, &st, 0);
			printf("%s(%d) %lx:", c->name, plain, bad[i]);
			for (int a = 0; a < n; a++)
				printf(" %s", results[a] == 1	      ? "-"
					      : results[a] == BLOCKED ? "blocks"
					      : results[a] < 0
						      ? d_err((int)-results[a])
						      : "ok");
			if (WIFSIGNALED(st))
				printf(" signal %d", WTERMSIG(st));
			printf("\n");
		}
}

static void prepare(void)
{
	int prot = PROT_READ | PROT_WRITE;

	results = mmap(NULL, 4096, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mmap(RW_PAGE, 0x10000, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	     -1, 0);
	mmap(RO_PAGE, 0x1000, PROT_READ,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(NO_PAGE, 0x1000, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 256, 256 };
	char dir[] = "dXXXXXX";

	setvbuf(stdout, NULL, _IOFBF, 65536);
	umask(022);
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	prepare();
	setrlimit(RLIMIT_NOFILE, &files);
	for (unsigned i = 0; i < N(calls); i++) {
		int skip = argc > 1 && strcmp(argv[1], calls[i].name);

		for (int k = 0; left_out[k]; k++)
			skip |= !strcmp(left_out[k], calls[i].name);
		if (skip)
			continue;
		printf("[%s]\n", calls[i].name);
		try_call(&calls[i]);
	}
	printf("[]\n");
	return 0;
}
