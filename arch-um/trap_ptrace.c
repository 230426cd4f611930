// SPDX-License-Identifier: GPL-2.0
/*
 * The ptrace backend: a guest thread (stub.h) is traced by its task's own thread
 * in the kernel's process, and by no other, so that it stands still whenever its
 * task is in the kernel. Host calls of the guest never run: PTRACE_SYSEMU stops
 * before them. The tracer's death kills the stub (PTRACE_O_EXITKILL).
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

#define PT_SETREGSET	    0x4205
#define PT_GETREGSET	    0x4204
#define PT_SEIZE	    0x4206
#define PT_INTERRUPT	    0x4207
#define PT_GETSIGINFO	    0x4202
#define PT_DETACH	    17
#define PT_O_SYSGOOD	    1
#define PT_O_EXITKILL	    0x100000
#define NT_PRSTATUS	    1
#define NT_XSTATE	    0x202
#define WAIT_WALL	    0x40000000
#define WAIT_NOTHREAD	    0x20000000
#define WAIT_EXITED	    4
#define WAIT_NOHANG	    1
#define WAIT_NOWAIT	    0x1000000

/* How a guest thread has stopped. */
enum ptrace_stop {
	STOP_SYSCALL = 0x85, /* SIGTRAP | 0x80 */
	STOP_KICKED = 0x100, /* nothing happened but that it was asked */
	STOP_DEAD = 0x200,
	/* everything else is a host signal number */
};

enum ptrace_resume { RESUME_CONT = 7, RESUME_SYSEMU = 31, RESUME_STEP = 32 };

struct ptrace_iovec {
	void *base;
	uint64_t len;
};

struct ptrace_siginfo {
	int signo, error, code, pad;
	uint64_t addr;
	uint64_t rest[13];
};

static long ptrace_call(int request, const struct stub *s, uint64_t addr,
			const void *data)
{
	return host_call(__NR_ptrace, request, s->tid, (long)addr, (long)data,
			 0);
}

static void ptrace_is_dead(struct stub *s)
{
	WRITE_ONCE(s->space->dead, 1);
}

/* --- running --- */

static bool ptrace_get_regs(struct stub *s)
{
	struct ptrace_iovec iov = { s->r, sizeof(s->r) };

	if (!ptrace_call(PT_GETREGSET, s, NT_PRSTATUS, &iov))
		return true;
	ptrace_is_dead(s);
	return false;
}

/* Of s->r, n words. */
static bool ptrace_set_regs(struct stub *s, unsigned int n)
{
	struct ptrace_iovec iov = { s->r, n * 8 };
	long err = ptrace_call(PT_SETREGSET, s, NT_PRSTATUS, &iov);

	if (!err)
		return true;
	if (err != -EIO)
		ptrace_is_dead(s);
	return false;
}

static bool ptrace_get_siginfo(struct stub *s, struct ptrace_siginfo *si)
{
	if (!ptrace_call(PT_GETSIGINFO, s, 0, si))
		return true;
	ptrace_is_dead(s);
	return false;
}

/* Wait until it stops. */
static int ptrace_wait_stop(struct stub *s)
{
	int status = 0;
	long r;

	do
		r = host_call(__NR_wait4, s->tid, (long)&status,
			      WAIT_WALL | WAIT_NOTHREAD, 0, 0);
	while (r == -EINTR);
	if (r != s->tid || (status & 0xff) != 0x7f) {
		ptrace_is_dead(s);
		return STOP_DEAD;
	}
	if (status >> 16) /* PTRACE_EVENT_STOP */
		return STOP_KICKED;
	return (status >> 8) & 0xff;
}

static int ptrace_resume(struct stub *s, enum ptrace_resume how, int sig)
{
	int stop;

	if (stub_dead(s) || ptrace_call(how, s, 0, (void *)(long)sig)) {
		ptrace_is_dead(s);
		return STOP_DEAD;
	}
	stop = ptrace_wait_stop(s);
	switch (stop) {
	case STOP_SYSCALL:
	case STOP_DEAD:
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
		return stop;
	}
	return STOP_KICKED; /* SIGURG, or a stranger's signal: not delivered */
}

/*
 * Run code of stub_code.S up to `end`; s->r has been filled in. => s->r, false: it
 * did not get there (fault, or dead).
 */
static bool ptrace_run(struct stub *s, const char *from, const char *end)
{
	struct pt_regs *r = (struct pt_regs *)s->r;
	struct ptrace_siginfo si;
	int stop;

	r->rip = (uint64_t)from;
	r->orig_rax = (uint64_t)-1;
	r->cs = USER_CS;
	r->ss = USER_SS;
	r->rflags = 0x202;
	if (stub_dead(s) || !ptrace_set_regs(s, STUB_REGS))
		return false;
	for (;;) {
		stop = ptrace_resume(s, RESUME_SYSEMU, 0);
		if (stop == STOP_KICKED)
			continue;
		if (stop == STOP_DEAD || !ptrace_get_regs(s))
			return false;
		if (stop == SIGTRAP && r->rip == (uint64_t)end)
			return true;
		if (ptrace_get_siginfo(s, &si) && si.code > 0)
			return false; /* and not somebody's kill(2) */
	}
}

static int ptrace_cmpxchg(uint64_t a, uint32_t *old, uint32_t new_val)
{
	struct stub *s = stub_of(current);
	struct pt_regs *r = (struct pt_regs *)s->r;

	if (stub_dead(s) || !space_flush(s->space))
		return -EFAULT;
	r->rdi = a;
	r->rax = *old;
	r->rdx = new_val;
	if (!ptrace_run(s, stub_cmpxchg, stub_cmpxchg_end))
		return -EFAULT;
	*old = (uint32_t)r->rax;
	return 0;
}

/* --- vector state, through the host's register set --- */

/* Length that the host wants back: the same in every process. */
static uint64_t ptrace_fpu_len;

static bool ptrace_fpu_xfer(int request, const struct stub *s, uint8_t *image,
			    uint64_t len)
{
	struct ptrace_iovec iov = { image, len };

	if (stub_dead(s) || ptrace_call(request, s, NT_XSTATE, &iov))
		return false;
	ptrace_fpu_len = iov.len;
	return true;
}

static uint8_t *ptrace_fpu_get(void)
{
	uint8_t *x = stub_xstate(current);

	return ptrace_fpu_xfer(PT_GETREGSET, stub_of(current), x,
			       STUB_XSTATE_MAX)
		       ? x
		       : NULL;
}

static bool ptrace_fpu_set(void)
{
	return ptrace_fpu_xfer(PT_SETREGSET, stub_of(current),
			       stub_xstate(current), ptrace_fpu_len);
}

static void ptrace_fpu_inherit(struct task *child)
{
	stub_of(child)->inherits =
		ptrace_fpu_xfer(PT_GETREGSET, stub_of(current),
				stub_xstate(child), STUB_XSTATE_MAX);
}

/* --- becoming a tracer, and no longer being one --- */

static int ptrace_attach(struct stub *s)
{
	long err = ptrace_call(PT_SEIZE, s, 0,
			       (void *)(PT_O_SYSGOOD | PT_O_EXITKILL));

	if (!err)
		err = ptrace_call(PT_INTERRUPT, s, 0, NULL);
	if (!err && ptrace_wait_stop(s) == STOP_DEAD)
		err = -ESRCH;
	if (err == -EPERM)
		printk(KERN_ERR "the host forbids ptrace; see lodger doctor\n");
	if (!err && s->inherits) {
		s->inherits = false;
		ptrace_fpu_set();
	}
	if (err)
		space_kill(s->space);
	return (int)err;
}

/* Its process stays until somebody has taken this thread's end. */
static void ptrace_bury(struct stub *s)
{
	int status;
	long r;

	space_kill(s->space);
	do {
		status = 0;
		r = host_call(__NR_wait4, s->tid, (long)&status,
			      WAIT_WALL | WAIT_NOTHREAD, 0, 0);
	} while (r == -EINTR || (r == s->tid && (status & 0xff) == 0x7f));
}

/* It goes and waits in its area. */
static void ptrace_detach(struct stub *s)
{
	struct pt_regs *r = (struct pt_regs *)s->r;

	memset(s->r, 0, sizeof(s->r));
	r->rbx = area_in_stub(s->area);
	r->rip = (uint64_t)stub_thread_wait;
	r->rsp = r->rbx + STUB_AREA_SIZE;
	r->orig_rax = (uint64_t)-1;
	r->cs = USER_CS;
	r->ss = USER_SS;
	r->rflags = 0x202;
	if (!ptrace_set_regs(s, STUB_REGS) ||
	    ptrace_call(PT_DETACH, s, 0, NULL))
		ptrace_bury(s);
}

static bool ptrace_lost(uint32_t tid)
{
	struct siginfo si;

	memset(&si, 0, sizeof(si));
	return !host_call(__NR_waitid, 1 /* P_PID */, tid, (long)&si,
			  WAIT_EXITED | WAIT_NOHANG | WAIT_NOWAIT | WAIT_WALL,
			  0) &&
	       /* a traced one's stops are told as well */
	       si.si_pid && si.si_code <= CLD_DUMPED;
}

/* --- registers --- */

/* WRGSBASE takes addresses that the host then refuses to take from us. */
static uint64_t ptrace_base(uint64_t base)
{
	return base < USER_MAX ? base : 0;
}

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
		s->r[STUB_FS] = ptrace_base(s->fs);
		s->r[STUB_GS] = ptrace_base(s->gs);
		s->base_dirty = false;
		n = STUB_REGS_ALL;
	}
	return ptrace_set_regs(s, n);
}

static bool ptrace_take_regs(struct stub *s, struct pt_regs *regs)
{
	if (!ptrace_get_regs(s))
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
	const struct abi_sigcontext *sc;
	int stop = STOP_KICKED, tries;
	uint64_t uc;

	if (!strict->fpu_get())
		return true;
	for (tries = 0; stop == STOP_KICKED && tries < PROBE_TRIES; tries++) {
		if (!ptrace_put_regs(s, regs))
			return true;
		stop = ptrace_resume(s, RESUME_STEP, 0);
	}
	if (stop != sig) {
		ptrace_take_regs(s, regs);
		return false;
	}
	stop = ptrace_resume(s, RESUME_STEP, sig);
	if (stop == SIGTRAP && ptrace_get_regs(s)) {
		uc = ((struct pt_regs *)s->r)->rdx;
		uc -= area_in_stub(s->area);
		if (!(uc & 7) &&
		    uc <= STUB_AREA_SIZE - sizeof(struct abi_ucontext)) {
			sc = (const void *)((char *)area_at(s->area) + uc +
					    UC_REGS);
			f->error = READ_ONCE(sc->err);
			f->trapno = READ_ONCE(sc->trapno);
		}
	}
	strict->fpu_set();
	return true;
}

static bool ptrace_settle(struct fault_info *f)
{
	return ptrace_probe(current, task_regs(current), f->sig, f);
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
	struct ptrace_siginfo si;
	struct fault_info f = { .sig = sig };
	bool probed = false;

	if (!ptrace_get_siginfo(s, &si))
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
		} else {
			f.settle = ptrace_settle;
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
	if (f.trapno == TRAP_PF && !probed && !stub_dead(s) &&
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
	current->trapped++;
	regs->entry = ENTRY_SIGSYS;
	regs->flags = 0;
	/* SYSCALL leaves rip in rcx; int 0x80, mostly, does not. */
	if (regs->rcx != regs->rip) {
		memset(&info, 0, sizeof(info));
		ptrace_call(PT_GET_SYSCALL_INFO, stub_of(t), sizeof(info),
			    &info);
		if (info.arch != AUDIT_ARCH_X86_64) {
			regs->rax = (uint64_t)-ENOSYS;
			return;
		}
	}
	kern_syscall(regs);
}

static void ptrace_user_loop(void *unused1, void *unused2)
{
	struct task *t = current;
	struct pt_regs *regs = task_regs(t);
	struct stub *s = stub_of(t);
	int stop;

	for (;;) {
		strict_exit_work(t, regs);
		if (!ptrace_put_regs(s, regs)) {
			if (!stub_dead(s))
				panic("the host refuses guest registers");
			continue;
		}
		atomic_xchg(&t->host->state, SLOT_USER);
		if (READ_ONCE(t->work)) {
			WRITE_ONCE(t->host->state, SLOT_KERNEL);
			continue;
		}
		stub_cpu_start(s);
		stop = ptrace_resume(s, RESUME_SYSEMU, 0);
		stub_cpu_stop(s);
		WRITE_ONCE(t->host->state, SLOT_KERNEL);
		if (stop == STOP_DEAD || !ptrace_take_regs(s, regs))
			continue;
		if (stop == STOP_SYSCALL) {
			s->fault_again = false;
			ptrace_syscall(t, regs);
			continue;
		}
		regs->orig_rax = (uint64_t)-1;
		regs->flags = PT_REGS_FULL;
		regs->entry = ENTRY_KICK;
		if (stop == STOP_KICKED)
			atomic_inc(&counters.kicks);
		else
			ptrace_fault(t, regs, stop);
	}
}

const struct strict_trap strict_ptrace = {
	.attach = ptrace_attach,
	.detach = ptrace_detach,
	.lost = ptrace_lost,
	.user_loop = ptrace_user_loop,
	.fpu_inherit = ptrace_fpu_inherit,
	.fpu_get = ptrace_fpu_get,
	.fpu_set = ptrace_fpu_set,
	.cmpxchg = ptrace_cmpxchg,
};
