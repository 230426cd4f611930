// SPDX-License-Identifier: GPL-2.0
/*
 * Bad values in every argument of every call: tests/attack/gen-calls.awk makes
 * the list from kernel/syscall/syscalls.tbl. What a call answers is not looked
 * at; the kernel must survive, nothing of it may change, and the machine must
 * answer afterwards. Each call has a child of its own, which an interval timer
 * takes out of calls that block.
 */
#define T_DEADLINE 100
#include "attack.h"

struct call {
	int nr;
	const char *name, *args;
};
static const struct call calls[] = {
#include "calls.h"
};

static const uint64_t bad[] = {
	0,
	1,
	KRANGE,
	KTEXT,
	ARENA + 64,
	POOL,
	LOW_TABLE,
	0x20000,
	~0ull,
	0x7ffffffff000,
	0x0000800000000000,
	0xffff800000000000,
	KRANGE - 8,
	KERNEL_END - 8,
	0x8000000000000000,
};

/* Calls that end or replace the child, or that reach its relatives. */
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
	NULL,
};

static void on_alarm(int sig)
{
}

static void one_call(void *p)
{
	const struct call *c = p;
	struct itimerval it = { { 0, 5000 }, { 0, 5000 } };
	static char page[4096];
	struct sigaction sa;
	int n = (int)strlen(c->args);

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_alarm;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	for (unsigned i = 0; i < N(bad); i++) {
		/* one bad argument among plausible ones, then all bad */
		for (int a = 0; a <= n; a++) {
			long v[6];

			for (int k = 0; k < 6; k++)
				v[k] = k == a || a == n ? (long)bad[i]
				       : k < n && c->args[k] == 'p' ? (long)page
				       : c->args[0] == 'i' && !k    ? 1
								    : 16;
			raw6(c->nr, v[0], v[1], v[2], v[3], v[4], v[5]);
		}
	}
	loot->extra++;
}

T(bad_values_in_every_argument)
{
	uint64_t text[64], v;
	int fd, st;

	ATTACK_INIT();
	memcpy(text, (void *)kept_text, sizeof(text));
	for (unsigned i = 0; i < N(calls); i++) {
		int skip = 0;

		for (int k = 0; left_out[k]; k++)
			skip |= !strcmp(left_out[k], calls[i].name);
		if (skip)
			continue;
		fflush(stdout);
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			/* standard streams are not its business */
			fd = open("/dev/null", O_RDWR);
			for (int k = 0; k < 3 && fd >= 0; k++)
				dup2(fd, k);
			setpgid(0, 0);
			for (int sig = 1; sig < 32; sig++)
				signal(sig, SIG_DFL);
			one_call((void *)&calls[i]);
			_exit(0);
		}
		for (int t = 0; waitpid(pid, &st, WNOHANG) == 0; t++) {
			usleep(500);
			if (t > 10000) {
				kill(pid, SIGKILL);
				T_FAIL("%s does not come back", calls[i].name);
			}
		}
		if (touch_read(kept_text, &v) ||
		    memcmp(text, (void *)kept_text, 512))
			T_FAIL("%s: the kernel's text", calls[i].name);
	}
	machine_answers();
	CHECK(loot->extra > 200);
}

/*
 * Numbers that are no calls. 335 (uretprobe) and 336 pass every seccomp filter
 * of newer hosts, and are SIGILL there but from the host's own trampoline.
 */
T(numbers_that_are_no_calls)
{
	static const long nr[] = {
		-1,	    400,	423,	    470,
		511,	    512,	547,	    1000,
		0x40000000, 0x40000001, 0x7fffffff, (long)0x8000000000000000,
		0x100000000
	};

	for (unsigned i = 0; i < N(nr); i++) {
		long r = raw6(nr[i], 0, 0, 0, 0, 0, 0);

		/* the host looks at the lower half only: 2^32 is read(2) */
		if ((int)nr[i])
			CHECK_EQ(r, -ENOSYS);
	}
	loot_init();
	machine_answers();
}

T_MAIN
