// SPDX-License-Identifier: GPL-2.0
/*
 * Host calls with a forged token: a call that the filter lets through would act
 * on the host's process. Each must come out as the guest's own call.
 */
#include "attack.h"
#include <sched.h>

/* the list in arch-um/filter.c, and some that are on no list */
static const int calls[] = {
	SYS_futex,
	SYS_mmap,
	SYS_munmap,
	SYS_mprotect,
	SYS_madvise,
	SYS_mremap,
	SYS_mincore,
	SYS_sigaltstack,
	SYS_tgkill,
	SYS_sched_yield,
	SYS_clock_gettime,
	SYS_getrandom,
	SYS_wait4,
	SYS_prctl,
	SYS_sched_setaffinity,
	SYS_write,
	SYS_restart_syscall,
	SYS_recvmsg,
	SYS_socket,
	SYS_open,
	SYS_openat,
	SYS_ptrace,
	SYS_seccomp,
	SYS_process_vm_readv,
	SYS_memfd_create,
	SYS_ftruncate,
	SYS_rt_sigaction,
	SYS_arch_prctl,
	SYS_modify_ldt,
	SYS_set_thread_area,
	SYS_pkey_mprotect,
	SYS_userfaultfd,
	SYS_bpf,
	SYS_io_uring_setup,
	SYS_unshare,
};
static uint64_t tokens[] = {
	0,
	1,
	~0ull,
	0x8000000000000000,
	0xffffffff,
	0xffffffff00000000,
	0x6800000000000000,
	0x12345678abcdef01,
};

static void forge(void *unused)
{
	static char page[4096] __attribute__((aligned(4096)));

	touch_init();
	for (unsigned t = 0; t < N(tokens); t++) {
		uint64_t tok = tokens[t], hi = tok & 0xffffffff00000000;
		uint64_t lo = tok << 32;

		for (unsigned i = 0; i < N(calls); i++) {
			int nr = calls[i];

			loot->value = (uint64_t)nr << 32 | t;
			if (nr == SYS_tgkill)
				raw6(nr, 1, 1, 23, 0, 0, (long)tok);
			else if (nr == SYS_futex)
				raw6(nr, (long)page, 1, (long)(hi | 1), 0, 0,
				     (long)lo);
			else if (nr == SYS_mmap)
				for (int fd = 0; fd < 8; fd++) {
					long r = raw6(nr, 0, 4096, 3,
						      (long)(hi | 1),
						      (long)(lo | fd), 0);
					if (r > 0 && r < (long)KERNEL_END &&
					    r > (long)KTEXT)
						loot->got = 1;
				}
			else if (nr == SYS_write)
				raw6(nr, 6, (long)"FORGED HOST CALL\n", 17, 0,
				     0, (long)tok);
			else if (nr == SYS_wait4)
				raw6(nr, -1, 0, 1, 0, 0, (long)tok);
			else if (nr == SYS_munmap)
				raw6(nr, (long)KTEXT, 1 << 20, 0, 0, 0,
				     (long)tok);
			else if (nr == SYS_mprotect)
				raw6(nr, (long)ARENA, 1 << 20, 7, 0, 0,
				     (long)tok);
			else if (nr == SYS_madvise)
				raw6(nr, (long)ARENA, 1 << 20, 9, 0, 0,
				     (long)tok);
			else if (nr == SYS_mremap)
				raw6(nr, (long)ARENA, 4096, 4096, 3,
				     0x500000000000, (long)tok);
			else if (nr == SYS_sigaltstack) {
				void *ss[3] = { page, NULL, (void *)4096 };

				raw6(nr, (long)ss, 0, 0, 0, 0, (long)tok);
			} else if (nr == SYS_socket)
				raw6(nr, 2, 2, 0, 0, 0, (long)tok);
			else
				raw6(nr, (long)page, 16, 0, 0, 0, (long)tok);
		}
	}
	loot->extra = 1;
}

T(forged_tokens_do_nothing)
{
	uint64_t text[8], v;
	uint32_t me;
	int st;

	ATTACK_INIT();
	me = slot();
	memcpy(text, (void *)kept_text, sizeof(text));
	st = attack_run(forge, NULL, 5000);
	if (st)
		T_FAIL("status %#x at call %d, token %d", st,
		       (int)(loot->value >> 32), (int)loot->value);
	CHECK_EQ(loot->extra, 1);
	CHECK_EQ(loot->got, 0);
	CHECK(!memcmp(text, (void *)kept_text, sizeof(text)));
	CHECK(touch_read(ARENA, &v));
	CHECK_EQ(slot(), me);
	machine_answers();
}

/* The 32-bit entry: every number, with the arguments of set_thread_area. */
static void int80(void *unused)
{
	static uint32_t *desc;
	uint32_t before = slot();

	desc = mmap((void *)0x40000000, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (desc == MAP_FAILED)
		_exit(1);
	for (int nr = 0; nr < 500; nr++)
		for (unsigned t = 0; t < N(tokens); t++) {
			long r;

			desc[0] = 12;
			desc[1] = 0;
			desc[2] = before ^ 1;
			desc[3] = 0x51;
			__asm__ volatile("int $0x80"
					 : "=a"(r)
					 : "a"(nr), "b"(desc), "c"(tokens[t]),
					   "d"(tokens[t] >> 32), "S"(0), "D"(0)
					 : "memory", "r8", "r9", "r10", "r11");
			if ((int)r != -38)
				loot->got = (uint64_t)nr + 1, loot->value = r;
			if (slot() != before)
				loot->got = 1000;
		}
	loot->extra = 1;
}

T(the_32_bit_entry_is_shut)
{
	int st;

	ATTACK_INIT();
	st = attack_run(int80, NULL, 10000);
	CHECK_EQ(st, 0);
	CHECK_EQ(loot->extra, 1);
	CHECK_EQ(loot->got, 0);
	machine_answers();
}

/* The host's vsyscall page: its calls are the host's own, and harmless. */
static void vsyscall(void *unused)
{
	for (int i = 0; i < 3; i++) {
		long (*fn)(void *, void *) =
			(void *)(0xffffffffff600000 + 1024ul * i);

		touch_init();
		if (!sigsetjmp(touch_env, 0))
			fn((void *)ARENA, (void *)ARENA);
	}
	loot->extra = 1;
}

T(vsyscall_page)
{
	ATTACK_INIT();
	attack_run(vsyscall, NULL, 1000);
	machine_answers();
}

T_MAIN
