// SPDX-License-Identifier: GPL-2.0
/* Frames, alternate stacks, registers and vector state across handlers. */
#include "t.h"
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

static volatile int hits;
static char *volatile bad_address = (char *)8;
static char *alt;
#define ALT 65536

static void set_alt(int flags)
{
	stack_t ss = { .ss_sp = alt, .ss_size = ALT, .ss_flags = flags };

	if (!alt)
		ss.ss_sp = alt = mmap(NULL, ALT, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(sigaltstack(&ss, NULL), 0);
}

static char *volatile where;
static int alt_flags_inside;
static int set_inside;

static void on_alt(int sig)
{
	stack_t ss;

	hits++;
	where = __builtin_frame_address(0);
	sigaltstack(NULL, &ss);
	alt_flags_inside = ss.ss_flags;
	ss.ss_flags = SS_DISABLE;
	errno = 0;
	set_inside = sigaltstack(&ss, NULL) ? errno : 0;
}

T(alternate_stack_is_used)
{
	struct sigaction sa = { .sa_handler = on_alt, .sa_flags = SA_ONSTACK };
	stack_t ss;

	set_alt(0);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK(where > alt && where < alt + ALT);
	CHECK_EQ(alt_flags_inside, SS_ONSTACK);
	CHECK_EQ(set_inside, EPERM);
	CHECK_EQ(sigaltstack(NULL, &ss), 0);
	CHECK_EQ(ss.ss_flags, 0);
	CHECK(ss.ss_sp == alt && ss.ss_size == ALT);
	sa.sa_flags = 0;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK(!(where > alt && where < alt + ALT));
}

T(alternate_stack_errors)
{
	stack_t ss = { .ss_sp = &ss, .ss_size = 2047 };

	CHECK_ERRNO(sigaltstack(&ss, NULL), ENOMEM);
	ss.ss_size = 8192;
	ss.ss_flags = 8;
	CHECK_ERRNO(sigaltstack(&ss, NULL), EINVAL);
	ss.ss_flags = SS_DISABLE;
	CHECK_EQ(sigaltstack(&ss, NULL), 0);
	CHECK_EQ(sigaltstack(NULL, &ss), 0);
	CHECK_EQ(ss.ss_flags, SS_DISABLE);
}

T(autodisarm)
{
	struct sigaction sa = { .sa_handler = on_alt, .sa_flags = SA_ONSTACK };
	stack_t ss;

	set_alt(1u << 31);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK(where > alt && where < alt + ALT);
	CHECK_EQ(alt_flags_inside, SS_DISABLE);
	CHECK_EQ(set_inside, 0);
	CHECK_EQ(sigaltstack(NULL, &ss), 0);
	CHECK_EQ((unsigned)ss.ss_flags, 1u << 31);
	CHECK(ss.ss_sp == alt);
}

static sigjmp_buf jb;
static volatile int fault_sig, fault_code;
static void *volatile fault_addr;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	fault_sig = sig;
	fault_code = si->si_code;
	fault_addr = si->si_addr;
	siglongjmp(jb, 1);
}

static void catch (int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

T(faults_tell_address_and_code)
{
	char *p =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	catch (SIGSEGV, 0);
	if (!sigsetjmp(jb, 1))
		*(volatile char *)(bad_address + 0x1234 - 8) = 1;
	CHECK_EQ(fault_sig, SIGSEGV);
	CHECK_EQ(fault_code, SEGV_MAPERR);
	CHECK(fault_addr == (void *)0x1234);
	if (!sigsetjmp(jb, 1))
		*(volatile char *)(p + 5) = 1;
	CHECK_EQ(fault_code, SEGV_ACCERR);
	CHECK(fault_addr == p + 5);
	if (!sigsetjmp(jb, 1))
		*(volatile char *)0x8000000000000000ull = 1;
	CHECK_EQ(fault_code, SI_KERNEL);
	catch (SIGFPE, 0);
	if (!sigsetjmp(jb, 1)) {
		__asm__ volatile("xor %%ecx, %%ecx\n xor %%edx, %%edx\n"
				 "mov $1, %%eax\n idiv %%ecx"
				 :
				 :
				 : "rax", "rcx", "rdx", "cc");
	}
	CHECK_EQ(fault_sig, SIGFPE);
	CHECK_EQ(fault_code, FPE_INTDIV);
	catch (SIGILL, 0);
	if (!sigsetjmp(jb, 1))
		__asm__ volatile("ud2");
	CHECK_EQ(fault_sig, SIGILL);
	CHECK_EQ(fault_code, ILL_ILLOPN);
	catch (SIGTRAP, 0);
	if (!sigsetjmp(jb, 1))
		__asm__ volatile("int3");
	CHECK_EQ(fault_sig, SIGTRAP);
	CHECK_EQ(fault_code, SI_KERNEL);
}

static volatile int more = 1;

static int overflow(int n)
{
	volatile char pad[4096];

	pad[0] = (char)n;
	return (more ? overflow(n + 1) : 0) + pad[0];
}

T(stack_overflow_is_handled_on_the_alternate_stack)
{
	set_alt(0);
	catch (SIGSEGV, SA_ONSTACK);
	if (!sigsetjmp(jb, 1))
		overflow(0);
	CHECK_EQ(fault_sig, SIGSEGV);
}

T(stack_overflow_without_alternate_stack_kills)
{
	int st;

	if (fork() == 0) {
		catch (SIGSEGV, 0);
		overflow(0);
		_exit(0);
	}
	wait(&st);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
}

T(blocked_fault_kills)
{
	int st;

	if (fork() == 0) {
		sigset_t s;

		catch (SIGSEGV, 0);
		sigfillset(&s);
		sigprocmask(SIG_SETMASK, &s, NULL);
		*(volatile char *)bad_address = 1;
		_exit(0);
	}
	wait(&st);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
	if (fork() == 0) {
		signal(SIGSEGV, SIG_IGN);
		*(volatile char *)bad_address = 1;
		_exit(0);
	}
	wait(&st);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
}

static void skip_ud2(int sig, siginfo_t *si, void *v)
{
	ucontext_t *uc = v;

	hits++;
	CHECK(uc->uc_mcontext.gregs[REG_RIP] == (long)si->si_addr);
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	uc->uc_mcontext.gregs[REG_RAX] = 0x1122334455667788;
	uc->uc_mcontext.gregs[REG_RCX]++;
	uc->uc_mcontext.gregs[REG_R11]++;
	uc->uc_mcontext.gregs[REG_EFL] |= 1;
}

T(handler_changes_registers)
{
	struct sigaction sa = { .sa_sigaction = skip_ud2,
				.sa_flags = SA_SIGINFO };
	uint64_t rax = 1, rcx = 2, r11;
	unsigned char cf;

	sigaction(SIGILL, &sa, NULL);
	__asm__ volatile("mov $41, %%r11\n"
			 "clc\n"
			 "ud2\n"
			 "setc %3\n"
			 "mov %%r11, %2"
			 : "+a"(rax), "+c"(rcx), "=r"(r11), "=&q"(cf)
			 :
			 : "r11", "cc", "memory");
	CHECK_EQ(rax, 0x1122334455667788);
	CHECK_EQ(rcx, 3);
	CHECK_EQ(r11, 42);
	CHECK_EQ(cf, 1);
}

static void clobber(int sig)
{
	hits++;
	__asm__ volatile("pxor %%xmm0, %%xmm0\n pxor %%xmm7, %%xmm7\n"
			 "pxor %%xmm15, %%xmm15\n fninit\n fldpi\n"
			 :
			 :
			 : "xmm0", "xmm7", "xmm15", "st");
}

T(vector_state_survives_handlers)
{
	uint64_t a = 0x0123456789abcdef, b = 0;
	double d = 0, e = 1.25;
	long pid = getpid(), r;

	signal(SIGUSR1, clobber);
	__asm__ volatile("movq %[a], %%xmm7\n"
			 "fldl %[e]\n"
			 "mov $62, %%eax\n mov %[pid], %%rdi\n"
			 "mov $10, %%esi\n syscall\n"
			 "movq %%xmm7, %[b]\n"
			 "fstpl %[d]\n"
			 : [b] "=&r"(b), [d] "=m"(d), "=&a"(r)
			 : [a] "r"(a), [e] "m"(e), [pid] "r"(pid)
			 : "rcx", "r11", "rdi", "rsi", "xmm7", "memory", "st");
	CHECK_EQ(r, 0);
	CHECK_EQ(hits, 1);
	CHECK_EQ(b, a);
	CHECK(d == e);
}

static uint32_t mxcsr_inside;

static void look_mxcsr(int sig)
{
	uint32_t bad = 0x1f80 & ~0x80u;

	hits++;
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr_inside));
	__asm__ volatile("ldmxcsr %0" : : "m"(bad));
}

T(mxcsr_is_fresh_in_handlers_and_restored)
{
	uint32_t mine = 0x1f80 | 0x6000, after;

	signal(SIGUSR1, look_mxcsr);
	__asm__ volatile("ldmxcsr %0" : : "m"(mine));
	raise(SIGUSR1);
	__asm__ volatile("stmxcsr %0" : "=m"(after));
	CHECK_EQ(hits, 1);
	CHECK_EQ(mxcsr_inside, 0x1f80);
	CHECK_EQ(after & 0x6000, 0x6000);
}

static void set_xmm(int sig, siginfo_t *si, void *v)
{
	ucontext_t *uc = v;

	hits++;
	uc->uc_mcontext.fpregs->_xmm[6].element[0] = 0x55667788;
	uc->uc_mcontext.fpregs->_xmm[6].element[1] = 0x11223344;
}

T(handler_changes_vector_registers)
{
	struct sigaction sa = { .sa_sigaction = set_xmm,
				.sa_flags = SA_SIGINFO };
	long pid = getpid(), r;
	uint64_t x;

	sigaction(SIGUSR1, &sa, NULL);
	__asm__ volatile("pxor %%xmm6, %%xmm6\n"
			 "mov $62, %%eax\n mov %[pid], %%rdi\n"
			 "mov $10, %%esi\n syscall\n"
			 "movq %%xmm6, %[x]\n"
			 : [x] "=&r"(x), "=&a"(r)
			 : [pid] "r"(pid)
			 : "rcx", "r11", "rdi", "rsi", "xmm6", "memory");
	CHECK_EQ(hits, 1);
	CHECK_EQ(x, 0x1122334455667788);
}

static uintptr_t frame_sp, frame_fp, frame_uc;
static uint64_t frame_flags;

static void look_frame(int sig, siginfo_t *si, void *v)
{
	ucontext_t *uc = v;

	frame_uc = (uintptr_t)uc;
	frame_sp = uc->uc_mcontext.gregs[REG_RSP];
	frame_fp = (uintptr_t)uc->uc_mcontext.fpregs;
	frame_flags = uc->uc_flags;
	hits++;
}

T(frame_layout)
{
	struct sigaction sa = { .sa_sigaction = look_frame,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK_EQ(frame_fp % 64, 0);
	CHECK_EQ((frame_uc - 8) % 16, 8);
	CHECK(frame_fp >= frame_uc - 8 + 440);
	CHECK(frame_fp + 512 <= frame_sp - 128);
	CHECK_EQ(frame_flags & 7, 7);
}

static void none(int sig)
{
}

T(red_zone_is_left_alone)
{
	struct sigaction sa = { .sa_handler = none };
	int bad = 0;
	pid_t pid;

	sigaction(SIGUSR1, &sa, NULL);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 300; i++) {
			kill(getppid(), SIGUSR1);
			usleep(100);
		}
		_exit(0);
	}
	for (int i = 0; i < 30000000 && !bad; i++)
		__asm__ volatile("movq $77, -120(%%rsp)\n"
				 "movq $78, -8(%%rsp)\n"
				 "pause\n"
				 "cmpq $77, -120(%%rsp)\n"
				 "jne 1f\n"
				 "cmpq $78, -8(%%rsp)\n"
				 "je 2f\n"
				 "1: movl $1, %0\n"
				 "2:\n"
				 : "+r"(bad)
				 :
				 : "memory", "cc");
	CHECK_EQ(bad, 0);
	while (wait(NULL) < 0)
		;
}

T(no_restorer_is_fatal)
{
	struct {
		void *h;
		unsigned long flags;
		void *restorer, *mask;
	} ka = { none, 0, NULL, NULL };
	int st;

	if (fork() == 0) {
		CHECK_EQ(syscall(SYS_rt_sigaction, SIGUSR1, &ka, NULL, 8), 0);
		raise(SIGUSR1);
		_exit(0);
	}
	wait(&st);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
}

static void hostile(int sig, siginfo_t *si, void *v)
{
	ucontext_t *uc = v;

	switch (si->si_value.sival_int) {
	case 0: /* no vector state at all: initial values */
		uc->uc_mcontext.fpregs = NULL;
		break;
	case 1: /* segments and flags that user mode may not have */
		uc->uc_mcontext.gregs[REG_CSGSFS] = 0x18000000000010;
		uc->uc_mcontext.gregs[REG_EFL] |= 0x3000 | 0x4000 | 0x200000;
		break;
	case 2:
		uc->uc_mcontext.fpregs = (void *)0x1000;
		break;
	case 3:
		uc->uc_mcontext.fpregs =
			(void *)((char *)uc->uc_mcontext.fpregs + 8);
		break;
	case 4: /* an instruction pointer of the kernel's */
		uc->uc_mcontext.gregs[REG_RIP] = (long)0xffffffff81000000;
		break;
	case 5:
		uc->uc_mcontext.gregs[REG_RIP] = 0x680000001000;
		break;
	}
}

static int doctored(int how)
{
	struct sigaction sa = { .sa_sigaction = hostile,
				.sa_flags = SA_SIGINFO };
	union sigval v = { .sival_int = how };
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		sigaction(SIGUSR1, &sa, NULL);
		sigqueue(getpid(), SIGUSR1, v);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return st;
}

T(doctored_frames)
{
	int st;

	CHECK_EQ(doctored(0), 0);
	doctored(1); /* the host's IRET faults, or the bits are masked */
	st = doctored(2);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
	st = doctored(3);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
	st = doctored(4);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
	st = doctored(5);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
}

T(sigreturn_with_no_stack)
{
	int st;

	if (fork() == 0) {
		__asm__ volatile("xor %%esp, %%esp\n mov $15, %%eax\n syscall"
				 :
				 :
				 : "rax", "rcx", "r11", "memory");
		_exit(0);
	}
	wait(&st);
	CHECK(WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGSEGV);
}

static void nest(int sig)
{
	if (++hits < 50)
		raise(SIGUSR1);
}

T(nested_handlers)
{
	struct sigaction sa = { .sa_handler = nest, .sa_flags = SA_NODEFER };

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK_EQ(hits, 50);
}

T_MAIN
