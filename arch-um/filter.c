/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seccomp filter of every machine process: everything traps, except a short
 * list of host calls that carry the token. The token sits in argument 6, or, for
 * calls that use all six, in the unused upper halves of two arguments.
 *
 * The program: check the architecture; find the number in a list; the number's
 * entry says where the token is and which further checks hold; compare; allow.
 */
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include "stub.h"

#define LO(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define HI(n) (LO(n) + 4)

enum filter_kind {
	F_TOKEN,      /* token in argument 6 */
	F_MMAP,	      /* flags and fd; fd is the pool, the arena or none */
	F_FUTEX,      /* val and val3 */
	F_CLONE,      /* token, and no namespace flag */
	F_KICK,	      /* token, and signal SIGURG */
	F_RESTART,    /* token in either place */
	F_LOG,	      /* token, and descriptor FD_LOG */
	F_PID,	      /* half a token beside the process number */
	F_STUB_KICK,  /* token; SIGURG, SIGKILL or none */
	F_STUB_FUTEX, /* on a stub's areas, else token */
	F_STUB_MMAP,  /* as F_MMAP; fd is the pool, the stubs' file or none */
	F_STUB_CLONE, /* token, and the flags of a thread or of a fork */
	F_STUB_PRCTL, /* token, PR_SET_PDEATHSIG, SIGKILL */
};

struct filter_call {
	uint16_t nr;
	uint16_t kind;
};

/*
 * Every host call the kernel makes. Safe for the host even if everything in
 * the machine is hostile: no paths, no sockets, no new programs, no signals but
 * the kick.
 */
static const struct filter_call filter_calls[] = {
	{ __NR_futex, F_FUTEX },
	{ __NR_mmap, F_MMAP },
	{ __NR_munmap, F_TOKEN },
	{ __NR_mprotect, F_TOKEN },
	{ __NR_madvise, F_TOKEN },
	{ __NR_mremap, F_TOKEN },
	{ __NR_mincore, F_TOKEN },
	{ __NR_clone, F_CLONE },
	{ __NR_rt_sigreturn, F_TOKEN },
	{ __NR_sigaltstack, F_TOKEN },
	{ __NR_tgkill, F_KICK },
	{ __NR_sched_yield, F_TOKEN },
	{ __NR_clock_gettime, F_TOKEN },
	{ __NR_getrusage, F_TOKEN },
	{ __NR_getrandom, F_TOKEN },
	{ __NR_rt_sigprocmask, F_TOKEN },
	{ __NR_wait4, F_TOKEN },
	{ __NR_exit, F_TOKEN },
	{ __NR_exit_group, F_TOKEN },
	{ __NR_prctl, F_TOKEN },
	{ __NR_sched_setaffinity, F_TOKEN },
	{ __NR_write, F_LOG },
	{ __NR_restart_syscall, F_RESTART },
};

/*
 * What the strict backends need besides. All processes of the machine are in
 * one family and, where the host has Landlock, one domain: nobody else can be
 * reached.
 */
static const struct filter_call filter_calls_strict[] = {
	{ __NR_process_vm_readv, F_PID },  { __NR_process_vm_writev, F_PID },
	{ __NR_rt_sigtimedwait, F_TOKEN }, { __NR_waitid, F_TOKEN },
	{ __NR_futex_waitv, F_TOKEN },	   { __NR_sched_setscheduler, F_TOKEN },
	{ __NR_tgkill, F_STUB_KICK },
};

static const struct filter_call filter_calls_ptrace[] = {
	{ __NR_ptrace, F_TOKEN },
};

/*
 * All host calls that a stub can make (stub.h). Guest code has no token: what
 * is left to it is to wait and wake on its own pages. The token alone is enough
 * for the others; where the filter can look at more, it does.
 */
static const struct filter_call filter_calls_stub[] = {
	{ __NR_futex, F_STUB_FUTEX },
	{ __NR_mmap, F_STUB_MMAP },
	{ __NR_munmap, F_TOKEN },
	{ __NR_mprotect, F_TOKEN },
	{ __NR_mremap, F_TOKEN },
	{ __NR_madvise, F_TOKEN },
	{ __NR_clone, F_STUB_CLONE },
	{ __NR_close_range, F_TOKEN },
	{ __NR_rt_sigreturn, F_TOKEN },
	/* the tenth is one of two: residency needs prctl's absence */
	{ __NR_mincore, F_TOKEN },
	{ __NR_prctl, F_STUB_PRCTL },
};
#define FILTER_STUB_CALLS 10
_Static_assert(ARRAY_SIZE(filter_calls_stub) == FILTER_STUB_CALLS + 1,
	       "a stub may make ten calls at most");

#define FILTER_MAX 320
static struct sock_filter filter_own[FILTER_MAX], filter_stub[FILTER_MAX];
/* the one that is being written */
static struct sock_filter *filter_prog;
static uint32_t filter_len;

static void filter_emit(uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	filter_prog[filter_len++] = (struct sock_filter){ code, jt, jf, k };
}

static void filter_load(uint32_t off)
{
	filter_emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, off);
}

static void filter_trap(void)
{
	filter_emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP);
}

static void filter_allow(void)
{
	filter_emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

/* Trap unless the word at `off` is `k`. */
static void filter_want(uint32_t off, uint32_t k)
{
	filter_load(off);
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, k);
	filter_trap();
}

static void filter_token(uint64_t token)
{
	filter_want(LO(5), (uint32_t)token);
	filter_want(HI(5), (uint32_t)(token >> 32));
}

/* Trap unless the word at `off` is one of two. */
static void filter_want2(uint32_t off, uint32_t k1, uint32_t k2)
{
	filter_load(off);
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, k1);
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, k2);
	filter_trap();
}

static void filter_mmap(uint64_t token, uint32_t fd)
{
	filter_want(HI(3), (uint32_t)(token >> 32));
	filter_want(HI(4), (uint32_t)token);
	/* MAP_SHARED_VALIDATE (3) would look at the upper half */
	filter_load(LO(3));
	filter_emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, 3);
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 3);
	filter_trap();
	filter_load(LO(4));
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, FD_POOL);
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, fd);
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0xffffffff);
	filter_trap();
}

/* The checks of one kind; every path ends in ALLOW or TRAP. */
static void filter_body(enum filter_kind kind, uint64_t token)
{
	uint32_t lo = (uint32_t)token, hi = (uint32_t)(token >> 32);

	switch (kind) {
	case F_TOKEN:
		filter_token(token);
		break;
	case F_MMAP:
		filter_mmap(token, FD_ARENA);
		break;
	case F_FUTEX:
		filter_want(HI(2), hi);
		filter_want(HI(5), lo);
		break;
	case F_CLONE:
		filter_token(token);
		filter_load(LO(0));
		filter_emit(BPF_JMP | BPF_JSET | BPF_K, 0, 1,
			    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
				    CLONE_NEWIPC | CLONE_NEWUSER |
				    CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE |
				    CLONE_NEWTIME);
		filter_trap();
		break;
	case F_KICK:
		filter_token(token);
		filter_want(LO(2), 23 /* SIGURG */);
		break;
	case F_LOG:
		filter_token(token);
		filter_want(LO(0), FD_LOG);
		break;
	case F_PID:
		filter_want(HI(0), hi);
		break;
	case F_STUB_KICK:
		filter_token(token);
		filter_load(LO(2));
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, SIGURG);
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, SIGKILL);
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0);
		filter_trap();
		break;
	case F_STUB_FUTEX:
		/* a wait or a wake in the areas is free, all else is not */
		filter_load(HI(0));
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, STUB_AREAS_HI);
		filter_load(LO(1));
		filter_emit(BPF_JMP | BPF_JGT | BPF_K, 1, 0, 1);
		filter_allow();
		filter_trap();
		filter_want(HI(0), STUB_ORDERS_HI);
		filter_token(token);
		break;
	case F_STUB_MMAP:
		filter_mmap(token, FD_STUBS);
		break;
	case F_STUB_CLONE:
		filter_token(token);
		filter_want(HI(0), 0);
		filter_want2(LO(0), STUB_CLONE_THREAD, STUB_CLONE_FORK);
		break;
	case F_STUB_PRCTL:
		filter_token(token);
		filter_want(LO(0), 1 /* PR_SET_PDEATHSIG */);
		filter_want(LO(1), SIGKILL);
		break;
	case F_RESTART:
		filter_load(LO(5));
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, lo);
		filter_load(HI(5));
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, hi);
		filter_load(HI(2));
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, hi);
		filter_load(HI(5));
		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, lo);
		filter_trap();
		break;
	}
	filter_allow();
}

static void filter_list(const struct filter_call *c, unsigned int nr,
			uint64_t token)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		uint32_t at = filter_len;

		filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, c[i].nr);
		filter_body(c[i].kind, token);
		filter_prog[at].jf = (uint8_t)(filter_len - at - 1);
	}
}

static void filter_begin(struct sock_filter *prog)
{
	filter_prog = prog;
	filter_len = 0;
}

static void filter_end(void)
{
	filter_trap();
	if (filter_len > FILTER_MAX)
		arch_panic("filter program too long");
}

const struct sock_filter *filter_for_stubs(uint64_t token, bool pid_namespace,
					   uint32_t *len)
{
	const struct filter_call *c = filter_calls_stub;

	filter_begin(filter_stub);
	filter_load(offsetof(struct seccomp_data, arch));
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
	filter_trap();
	filter_load(offsetof(struct seccomp_data, nr));
	filter_list(c, FILTER_STUB_CALLS - 1, token);
	filter_list(c + FILTER_STUB_CALLS - pid_namespace, 1, token);
	filter_end();
	*len = filter_len;
	return filter_stub;
}

void filter_install(uint64_t token, const struct boot_params *bp)
{
	struct sock_fprog fprog;
	bool stubs = bp->backend == BACKEND_PTRACE ||
		     bp->backend == BACKEND_SECCOMP;
	long err;

	filter_begin(filter_own);
	filter_load(offsetof(struct seccomp_data, arch));
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, AUDIT_ARCH_X86_64);
	/* the 32-bit set_thread_area: token in arguments 2 and 3 */
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 7, AUDIT_ARCH_I386);
	filter_load(offsetof(struct seccomp_data, nr));
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 243);
	filter_load(LO(1));
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, (uint32_t)token);
	filter_load(LO(2));
	filter_emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)(token >> 32));
	filter_allow();
	filter_trap();
	filter_load(offsetof(struct seccomp_data, nr));
	/* the stubs' kick goes first: it is another one than direct's */
	if (stubs)
		filter_list(filter_calls_strict,
			    ARRAY_SIZE(filter_calls_strict), token);
	filter_list(filter_calls, ARRAY_SIZE(filter_calls), token);
	if (bp->backend == BACKEND_PTRACE)
		filter_list(filter_calls_ptrace,
			    ARRAY_SIZE(filter_calls_ptrace), token);
	filter_end();
	fprog.len = (unsigned short)filter_len;
	fprog.filter = filter_own;
	err = host_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&fprog,
			0, 0);
	if (err)
		arch_panic("the host refused the seccomp filter");
	/* the program holds the token: it stays only in keyed memory */
}
