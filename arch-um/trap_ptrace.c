// SPDX-License-Identifier: GPL-2.0
/*
 * The ptrace backend: the kernel runs in one host process, a thread per task;
 * guests run in stubs (stub.h), one process per address space, one stub thread
 * per guest thread, traced by the thread of its task.
 *
 * ptrace_user_loop() is the whole way between kernel and user mode: do pending
 * work; put the registers into the stub; let it run up to its next system call
 * (PTRACE_SYSEMU: the host does not execute it), fault or kick; take the
 * registers out; call the kernel.
 *
 * The kick is SIGURG to the stub thread: its tracer sees it and looks for work.
 * One that comes late stops the stub at its next resume, which is harmless.
 *
 * A page fault's error code (was it a write?) is not among what a tracer gets to
 * see. A first fault is reported as a read, which is enough to have the page
 * made present; when the same instruction faults again, or a signal comes of
 * it, the host is asked in a roundabout way: it builds a signal frame
 * (ptrace_probe).
 */
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include "stub.h"
#include <abi/errno.h>
#include <abi/signal.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/mm.h>

#define PT_GET_SYSCALL_INFO 0x420e
#define PROBE_TRIES	    8

#define PF_PROT		    1
#define PF_USER		    4
#define PF_INSTR	    16
#define TRAP_DB		    1
#define TRAP_BP		    3
#define TRAP_UD		    6
#define TRAP_GP		    13
#define TRAP_PF		    14
#define TRAP_MF		    16
#define TRAP_AC		    17

/* --- registers --- */

static bool ptrace_put_regs(struct stub *s, const struct pt_regs *regs)
{
	struct pt_regs *r = (struct pt_regs *)s->r;
	unsigned int n = STUB_REGS;

	memcpy(s->r, regs, STUB_REGS * 8);
	r->orig_rax = (uint64_t)-1;
	r->rflags = (regs->rflags & FLAGS_USER) | 0x202;
	r->cs = USER_CS;
	r->ss = USER_SS;
	if (s->base_dirty) {
		s->r[STUB_FS] = s->fs;
		s->r[STUB_GS] = s->gs;
		s->base_dirty = false;
		n = STUB_REGS_ALL;
	}
	return stub_set_regs(s, n);
}

static bool ptrace_take_regs(struct stub *s, struct pt_regs *regs)
{
	if (!stub_get_regs(s))
		return false;
	memcpy(regs, s->r, STUB_REGS * 8);
	regs->rflags = (regs->rflags & FLAGS_USER) | 0x202;
	regs->cs = USER_CS;
	regs->ss = USER_SS;
	s->fs = s->r[STUB_FS];
	s->gs = s->r[STUB_GS];
	return true;
}

/* --- faults --- */

/*
 * Have the host build a signal frame for the fault at regs, in the stub's own
 * area, and read trap number and error code from it. The instruction is executed
 * once more for that. => false: it did not fault any more; regs are behind it.
 */
static bool ptrace_probe(struct task *t, struct pt_regs *regs, int sig,
			 struct fault_info *f)
{
	struct stub *s = stub_of(t);
	uint64_t base = STUB_STACKS + t->host->index * STUB_STACK_SIZE, uc;
	uint64_t ss[3] = {base + 64, 0, STUB_STACK_SIZE - 64};
	uint64_t mc[2]; /* err, trapno */
	int stop = STUB_KICKED, tries;

	if (!stub_fpu_get() ||
	    stub_user_mmap(base, STUB_STACK_SIZE, 3, 0x32, -1, 0) !=
		    (long)base ||
	    stub_copy_to(base, ss, sizeof(ss)) ||
	    stub_call(s, __NR_sigaltstack, (long)base, 0, 0, 0, 0,
		      (long)host_token))
		return true;
	for (tries = 0; stop == STUB_KICKED && tries < PROBE_TRIES; tries++) {
		if (!ptrace_put_regs(s, regs))
			return true;
		stop = stub_resume(s, STUB_SYSEMU_STEP, 0);
	}
	if (stop != sig) {
		ptrace_take_regs(s, regs);
		return false;
	}
	stop = stub_resume(s, STUB_SYSEMU_STEP, sig);
	if (stop == SIGTRAP && stub_get_regs(s)) {
		uc = ((struct pt_regs *)s->r)->rdx;
		uc += offsetof(struct abi_ucontext, uc_mcontext) +
		      offsetof(struct abi_sigcontext, err);
		if (!stub_copy_from(mc, uc, sizeof(mc))) {
			f->error = mc[0];
			f->trapno = mc[1];
		}
	}
	stub_fpu_set();
	return true;
}

static uint64_t ptrace_trapno(int sig, int code)
{
	switch (sig) {
	case SIGFPE:
		return code == 1 || code == 2 ? 0 : TRAP_MF;
	case SIGILL:
		return TRAP_UD;
	case SIGTRAP:
		return code == 0x80 ? TRAP_BP : TRAP_DB;
	case SIGBUS:
		return code == 1 ? TRAP_AC : TRAP_PF;
	}
	return code == 0x80 ? TRAP_GP : TRAP_PF;
}

static void ptrace_fault(struct task *t, struct pt_regs *regs, int sig)
{
	struct stub *s = stub_of(t);
	struct stub_siginfo si;
	struct fault_info f = {.sig = sig};
	bool probed = false;

	if (!stub_get_siginfo(s, &si))
		return;
	if (si.code <= 0)
		return; /* somebody's kill(2): not the guest's */
	f.code = si.code;
	f.addr = si.addr;
	f.trapno = ptrace_trapno(sig, si.code);
	if (f.trapno == TRAP_PF) {
		f.error = PF_USER | (si.code == 2 ? PF_PROT : 0) |
			  (f.addr == regs->rip ? PF_INSTR : 0);
		if (s->fault_again && s->fault_rip == regs->rip &&
		    s->fault_addr == f.addr) {
			probed = true;
			if (!ptrace_probe(t, regs, sig, &f))
				return;
		}
	}
	/* The wall itself: the guest sees an unmapped address there. */
	if (f.addr >= KERNEL_RANGE_LO && f.addr < KERNEL_RANGE_HI)
		f.code = 1; /* SEGV_MAPERR */
	s->fault_again = true;
	s->fault_rip = regs->rip;
	s->fault_addr = f.addr;
	regs->entry = ENTRY_FAULT;
	atomic_inc(&counters.faults);
	kern_fault(regs, &f);
	if (f.trapno == TRAP_PF && !probed && !s->dead &&
	    (READ_ONCE(t->work) & WORK_SIGNAL)) {
		ptrace_probe(t, regs, sig, &f);
		t->fault_error = f.error;
	}
}

/* --- the loop --- */

struct ptrace_syscall_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t rest[10];
};

static void ptrace_syscall(struct task *t, struct pt_regs *regs)
{
	struct ptrace_syscall_info info;

	atomic_inc(&counters.sigsys);
	regs->entry = ENTRY_SIGSYS;
	regs->flags = 0;
	/* SYSCALL leaves rip in rcx; int 0x80, mostly, does not. */
	if (regs->rcx != regs->rip) {
		memset(&info, 0, sizeof(info));
		stub_ptrace(PT_GET_SYSCALL_INFO, stub_of(t)->tid, sizeof(info),
			    &info);
		if (info.arch != AUDIT_ARCH_X86_64) {
			regs->rax = (uint64_t)-ENOSYS;
			return;
		}
	}
	kern_syscall(regs);
}

static void ptrace_exit_work(struct task *t, struct pt_regs *regs)
{
	struct stub *s = stub_of(t);

	for (;;) {
		if (READ_ONCE(t->work) & WORK_HOST) {
			atomic_and(&t->work, ~WORK_HOST);
			mm_calls_run(t->host);
		}
		if (s->dead)
			kern_task_killed(t);
		if (!READ_ONCE(t->work))
			break;
		kern_exit_work(regs);
	}
}

static void ptrace_user_loop(void *unused1, void *unused2)
{
	struct task *t = current;
	struct pt_regs *regs = task_regs(t);
	struct stub *s = stub_of(t);
	int stop;

	for (;;) {
		ptrace_exit_work(t, regs);
		if (!ptrace_put_regs(s, regs)) {
			if (!s->dead)
				panic("the host refuses guest registers");
			continue;
		}
		atomic_xchg(&t->host->state, SLOT_USER);
		if (READ_ONCE(t->work)) {
			WRITE_ONCE(t->host->state, SLOT_KERNEL);
			continue;
		}
		stop = stub_resume(s, STUB_SYSEMU, 0);
		WRITE_ONCE(t->host->state, SLOT_KERNEL);
		if (stop == STUB_DEAD || !ptrace_take_regs(s, regs))
			continue;
		if (stop == STUB_SYSCALL) {
			s->fault_again = false;
			ptrace_syscall(t, regs);
			continue;
		}
		regs->orig_rax = (uint64_t)-1;
		regs->flags = PT_REGS_FULL;
		regs->entry = ENTRY_KICK;
		if (stop == STUB_KICKED)
			atomic_inc(&counters.kicks);
		else
			ptrace_fault(t, regs, stop);
	}
}

static void ptrace_return_to_user(void) __noreturn;
static void ptrace_return_to_user(void)
{
	uint64_t sp = ((uint64_t)task_regs(current) - 64) & ~63ull;

	stack_run(sp, ptrace_user_loop, NULL, NULL);
}

/* --- tasks --- */

static void ptrace_user_main(void *arg)
{
	struct host_task *ht = arg;
	struct task *t = ht->task;

	backend->thread_enter(ht);
	stub_seize(stub_of(t));
	kern_task_started(t);
	ptrace_return_to_user();
}

static int ptrace_start(struct task *child, uint64_t flags)
{
	struct stub *me = stub_of(current), *s = stub_of(child);
	struct host_task *ht = slot_alloc();
	long tid;
	int err;

	if (!ht)
		return -EAGAIN;
	tid = stub_clone_call(me, flags);
	if (tid < 0) {
		slot_free(ht);
		return tid == -ENOMEM ? -ENOMEM : -EAGAIN;
	}
	memset(s, 0, sizeof(*s));
	s->tid = (uint32_t)tid;
	s->pid = flags & CLONE_THREAD ? me->pid : s->tid;
	s->fs = me->fs;
	s->gs = me->gs;
	s->base_dirty = true;
	if (flags & CLONE_THREAD) {
		if (!me->threaded)
			me->cpu_seen = stub_cpu_ns(me) - me->cpu_former;
		me->threaded = s->threaded = true;
	}
	slot_bind(ht, child);
	ht->kind = SLOT_GUEST;
	ht->host_pid = s->pid;
	child->mm->host[MM_HOST_PID] = s->pid;
	err = thread_start_in_zygote(ht, ptrace_user_main, ht);
	if (err && !stub_seize(s))
		stub_release(s);
	return err;
}

static int ptrace_start_thread(struct task *child)
{
	atomic_inc(&counters.threads);
	return ptrace_start(child, CLONE_VM | CLONE_FS | CLONE_FILES |
					   CLONE_SIGHAND | CLONE_THREAD |
					   CLONE_SYSVSEM);
}

static int ptrace_start_fork(struct task *child)
{
	atomic_inc(&counters.forks);
	/* all are the zygote's children */
	return ptrace_start(child, CLONE_FS | CLONE_FILES | CLONE_PARENT);
}

static void ptrace_task_exit(struct task *t)
{
	struct host_task *ht = t->host;

	WRITE_ONCE(ht->host_pid, zygote_pid);
	ht->is_zygote = 1;
	ht->kind = SLOT_KTHREAD;
	stub_release(stub_of(t));
}

static void ptrace_kick(struct host_task *ht)
{
	struct stub *s = stub_of(ht->task);
	uint32_t pid = READ_ONCE(s->pid), tid = READ_ONCE(s->tid);

	if (tid)
		host_call(__NR_tgkill, pid, tid, SIGURG, 0, 0);
}

/* --- host threads of the zygote --- */

static void ptrace_kernel_signal(int sig, const struct siginfo *info, void *uc)
{
	direct_signal_nested(sig, info, uc, slot_current());
}

struct ptrace_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

/*
 * Faults of the kernel end in its panic. Stubs inherit the handlers for the
 * sake of ptrace_probe(), and never run them.
 */
static void ptrace_signals(void)
{
	static const uint8_t handled[] = {SIGSYS, SIGSEGV, SIGBUS,
					  SIGFPE, SIGILL,  SIGTRAP};
	struct ptrace_sigaction sa;
	const uint64_t chld = 1ull << (SIGCHLD - 1);
	unsigned int i;
	int sig;

	/* for the first thread's sigtimedwait; the others inherit it */
	host_call(__NR_rt_sigprocmask, 0, (long)&chld, 0, 8, 0);
	for (sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		memset(&sa, 0, sizeof(sa));
		sa.handler = (void *)1; /* ignored */
		if (sig == SIGCHLD) {
			sa.handler = NULL;
			sa.flags = SA_NOCLDSTOP | SA_NOCLDWAIT;
		}
		for (i = 0; i < ARRAY_SIZE(handled); i++) {
			if (handled[i] != sig)
				continue;
			sa.handler = ptrace_kernel_signal;
			sa.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER |
				   SA_RESTORER;
			sa.restorer = host_sigreturn_code;
		}
		host_call(__NR_rt_sigaction, sig, (long)&sa, 0, 8, 0);
	}
}

static void ptrace_thread_enter(struct host_task *ht)
{
	uint64_t block = (uint64_t)task_block(ht->task);
	uint64_t ss[3] = {block + PAGE_SIZE, 0, TASK_STACK_SIZE - PAGE_SIZE};

	/* its own stack, so that a fault nests below its stack pointer */
	host_call(__NR_sigaltstack, (long)ss, 0, 0, 0, 0);
}

static void ptrace_init(const struct boot_params *bp)
{
	uint32_t size, max, c, d;

	__asm__ volatile("cpuid"
			 : "=a"(c), "=b"(size), "=c"(max), "=d"(d)
			 : "a"(13), "c"(0));
	if (size > STUB_XSTATE_MAX)
		arch_panic("the processor's vector state does not fit the pad");
	/* private, anonymous, fixed */
	if (host_mmap(STUB_SCRATCH, STUB_SCRATCH_SIZE, 3, 0x32, -1, 0) !=
	    (long)STUB_SCRATCH)
		arch_panic("no memory for the stubs' scratch area");
}

/* --- the rest of the seam --- */

static void ptrace_set_fs(uint64_t base)
{
	struct stub *s = stub_of(current);

	s->fs = base;
	s->base_dirty = true;
}

static uint64_t ptrace_get_fs(void)
{
	return stub_of(current)->fs;
}

static int ptrace_set_gs(uint64_t base)
{
	struct stub *s = stub_of(current);

	s->gs = base;
	s->base_dirty = true;
	return 0;
}

static uint64_t ptrace_get_gs(void)
{
	return stub_of(current)->gs;
}

static uint64_t ptrace_cpu_ns(struct task *t)
{
	struct host_task *ht = READ_ONCE(t->host);
	struct {
		int64_t sec, nsec;
	} ts = {0, 0};

	if (!ht)
		return 0;
	host_call(__NR_clock_gettime, (int)((~(long)ht->host_tid << 3) | 6),
		  (long)&ts, 0, 0, 0);
	return (t == current ? stub_cpu_ns_self() : stub_cpu_ns(stub_of(t))) +
	       (uint64_t)ts.sec * 1000000000 + (uint64_t)ts.nsec;
}

static int ptrace_set_affinity(struct task *t, const uint8_t *mask, size_t n)
{
	struct host_task *ht = READ_ONCE(t->host);
	uint32_t tid = READ_ONCE(stub_of(t)->tid);
	long err;

	if (!ht)
		return -ESRCH;
	err = host_call(__NR_sched_setaffinity, ht->host_tid, (long)n,
			(long)mask, 0, 0);
	if (!err && tid)
		err = host_call(__NR_sched_setaffinity, tid, (long)n,
				(long)mask, 0, 0);
	return (int)err;
}

const struct backend backend_ptrace = {
	.name = "ptrace",
	.remote = true,
	.one_process = true,
	.init = ptrace_init,
	.signals = ptrace_signals,
	.thread_enter = ptrace_thread_enter,
	.first_thread = stub_first_thread,
	.server = stub_server,
	.start_thread = ptrace_start_thread,
	.start_fork = ptrace_start_fork,
	.task_exit = ptrace_task_exit,
	.return_to_user = ptrace_return_to_user,
	.kick = ptrace_kick,
	.mm_exec = stub_mm_exec,
	.user_call = stub_user_call,
	.user_mmap = stub_user_mmap,
	.user_resident = stub_user_resident,
	.copy_from = stub_copy_from,
	.copy_to = stub_copy_to,
	.clear = stub_clear,
	.strncpy_from = stub_strncpy_from,
	.cmpxchg = stub_cmpxchg_user,
	.set_fs = ptrace_set_fs,
	.get_fs = ptrace_get_fs,
	.set_gs = ptrace_set_gs,
	.get_gs = ptrace_get_gs,
	.fpu_save = stub_fpu_save,
	.fpu_restore = stub_fpu_restore,
	.fpu_reset = stub_fpu_reset,
	.cpu_ns = ptrace_cpu_ns,
	.set_affinity = ptrace_set_affinity,
};
