// SPDX-License-Identifier: GPL-2.0
/*
 * The seccomp backend: guest threads stop themselves. A host call of theirs (the
 * stubs' filter lets none through), a fault or a kick becomes a signal, whose
 * handler (stub_code.S) stops in the thread's area, which is also its signal
 * stack: the registers stand in the host's signal frame there, and the kernel
 * reads and writes them in place. The way back is no sigreturn, which could
 * change the signal mask, but the handler's own.
 *
 * The area belongs to the guest, if it wants: everything in it is read once, and
 * means nothing but registers. A guest thread that does not answer a kick for
 * long is ended with its process; it may have taken its handler over.
 *
 * Hand-over is by a word in the area and a futex on each side; place_strict.c
 * decides who spins, and where they run.
 */
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include "stub.h"
#include <abi/errno.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/wait.h>

#define COMPUTES    (4 * NSEC_PER_MSEC)
#define DEAF_PERIOD (250 * NSEC_PER_MSEC)
#define DEAF_LIMIT  20 /* periods without an answer */

#define TRAP_GP	    13

struct seccomp_timespec {
	uint64_t sec, nsec;
};

static struct abi_ucontext *seccomp_uc(const struct stub *s)
{
	return (struct abi_ucontext *)((char *)area_at(s->area) + s->uc);
}

/* --- registers --- */

/* Where the frame is that the thread has stopped in. => false: nowhere */
static bool seccomp_find_frame(struct stub *s)
{
	const struct stub_area *a = area_at(s->area);
	uint64_t here = area_in_stub(s->area);
	uint64_t uc = READ_ONCE(a->uc) - here, image;

	if ((uc & 15) || uc < AR_STACK + 128 ||
	    uc > STUB_AREA_SIZE - sizeof(struct abi_ucontext))
		return false;
	s->uc = (uint32_t)uc;
	image = READ_ONCE(seccomp_uc(s)->uc_mcontext.fpstate) - here;
	if ((image & 63) || image > STUB_AREA_SIZE - fpu_size)
		return false;
	s->image = image;
	return true;
}

static void seccomp_take_regs(const struct stub *s, struct pt_regs *regs)
{
	const struct abi_sigcontext *sc = &seccomp_uc(s)->uc_mcontext;

	regs->r8 = READ_ONCE(sc->r8);
	regs->r9 = READ_ONCE(sc->r9);
	regs->r10 = READ_ONCE(sc->r10);
	regs->r11 = READ_ONCE(sc->r11);
	regs->r12 = READ_ONCE(sc->r12);
	regs->r13 = READ_ONCE(sc->r13);
	regs->r14 = READ_ONCE(sc->r14);
	regs->r15 = READ_ONCE(sc->r15);
	regs->rdi = READ_ONCE(sc->rdi);
	regs->rsi = READ_ONCE(sc->rsi);
	regs->rbp = READ_ONCE(sc->rbp);
	regs->rbx = READ_ONCE(sc->rbx);
	regs->rdx = READ_ONCE(sc->rdx);
	regs->rax = READ_ONCE(sc->rax);
	regs->rcx = READ_ONCE(sc->rcx);
	regs->rsp = READ_ONCE(sc->rsp);
	regs->rip = READ_ONCE(sc->rip);
	regs->rflags = (READ_ONCE(sc->eflags) & FLAGS_USER) | 0x202;
	regs->cs = USER_CS;
	regs->ss = USER_SS;
	regs->orig_rax = (uint64_t)-1;
	regs->flags = PT_REGS_FULL;
}

static void seccomp_put_regs(struct stub *s, const struct pt_regs *regs)
{
	struct stub_area *a = area_at(s->area);
	struct abi_sigcontext *sc = &seccomp_uc(s)->uc_mcontext;
	uint64_t *iret = (uint64_t *)((char *)seccomp_uc(s) - UC_IRET);

	sc->r8 = regs->r8;
	sc->r9 = regs->r9;
	sc->r10 = regs->r10;
	sc->r11 = regs->r11;
	sc->r12 = regs->r12;
	sc->r13 = regs->r13;
	sc->r14 = regs->r14;
	sc->r15 = regs->r15;
	sc->rdi = regs->rdi;
	sc->rsi = regs->rsi;
	sc->rbp = regs->rbp;
	sc->rbx = regs->rbx;
	sc->rdx = regs->rdx;
	sc->rax = regs->rax;
	sc->rcx = regs->rcx;
	iret[0] = regs->rip;
	iret[1] = USER_CS;
	iret[2] = (regs->rflags & FLAGS_USER) | 0x202;
	iret[3] = regs->rsp;
	iret[4] = USER_SS;
	if (s->base_dirty) {
		a->fs = s->fs;
		a->gs = s->gs;
		a->bases = 1;
		s->base_dirty = false;
	}
}

/* --- handing over --- */

/* => it slept */
static bool seccomp_go(struct stub_area *a)
{
	__atomic_exchange_n(&a->state, STUB_GO, __ATOMIC_SEQ_CST);
	if (!READ_ONCE(a->ssleep))
		return false;
	WRITE_ONCE(a->ssleep, 0);
	host_futex(&a->ssleep, FUTEX_WAKE, 1, NULL, 0);
	return true;
}

/* It does not stop: ask again, at last end it. */
static void seccomp_deaf(struct task *t, struct stub *s)
{
	if (!READ_ONCE(t->work)) {
		s->deaf = 0;
		return;
	}
	if (++s->deaf < DEAF_LIMIT) {
		strict_kick(t->host);
		return;
	}
	printk(KERN_WARN "%s[%u] does not answer; its process is killed\n",
	       t->comm, t->tid);
	space_kill(s->space);
}

static bool seccomp_spin(const struct stub_area *a, uint32_t n)
{
	while (load_acquire(&a->state) != STUB_STOPPED) {
		if (!n--)
			return false;
		cpu_relax();
	}
	return true;
}

/* => 0: the stub is dead, 1: it has stopped, 2: we slept before */
static int seccomp_wait(struct task *t, struct stub *s)
{
	struct seccomp_timespec limit = { 0, COMPUTES };
	struct stub_area *a = area_at(s->area);
	long r;

	if (seccomp_spin(a, s->spin))
		return 1;
	for (;;) {
		if (unlikely(stub_dead(s)))
			return 0;
		atomic_xchg(&a->ksleep, 1);
		if (load_acquire(&a->state) == STUB_STOPPED)
			break;
		r = host_futex(&a->ksleep, FUTEX_WAIT, 1, &limit, 0);
		if (load_acquire(&a->state) == STUB_STOPPED)
			break;
		if (r != -ETIMEDOUT)
			continue;
		place_computes(s);
		seccomp_deaf(t, s);
		limit.nsec = DEAF_PERIOD;
	}
	if (READ_ONCE(a->ksleep))
		WRITE_ONCE(a->ksleep, 0);
	s->deaf = 0;
	return 2;
}

/* --- what happened --- */

static void seccomp_fault(struct stub *s, struct pt_regs *regs, int sig,
			  const struct siginfo *si)
{
	const struct abi_sigcontext *sc = &seccomp_uc(s)->uc_mcontext;
	struct fault_info f = {
		.sig = sig,
		.code = READ_ONCE(si->si_code),
		.addr = (uint64_t)READ_ONCE(si->si_addr),
		.trapno = READ_ONCE(sc->trapno),
		.error = READ_ONCE(sc->err),
	};

	if (f.code <= 0)
		return; /* somebody's kill(2): not the guest's */
	/* The wall itself: the guest sees an unmapped address there. */
	if (f.addr >= KERNEL_RANGE_LO && f.addr < KERNEL_RANGE_HI)
		f.code = 1; /* SEGV_MAPERR */
	regs->entry = ENTRY_FAULT;
	atomic_inc(&counters.faults);
	kern_fault(regs, &f);
}

static void seccomp_syscall(struct pt_regs *regs, const struct siginfo *si)
{
	if (READ_ONCE(si->si_code) <= 0)
		return;
	atomic_inc(&counters.sigsys);
	current->trapped++;
	regs->entry = ENTRY_SIGSYS;
	if (READ_ONCE(si->si_arch) != AUDIT_ARCH_X86_64) {
		regs->rax = (uint64_t)-ENOSYS;
		return;
	}
	regs->orig_rax = regs->rax;
	regs->rax = (uint64_t)-ENOSYS;
	kern_syscall(regs);
}

/*
 * The handler itself was interrupted on the way out; the registers are still
 * those that it was given.
 */
static void seccomp_nested(struct stub *s, struct pt_regs *regs, int sig)
{
	struct fault_info f = { .sig = SIGSEGV,
				.code = 0x80,
				.trapno = TRAP_GP };

	s->base_dirty = true;
	regs->orig_rax = (uint64_t)-1;
	if (sig == SIGURG) {
		regs->entry = ENTRY_KICK;
		atomic_inc(&counters.kicks);
		return;
	}
	/* its registers or vector state do not exist */
	regs->entry = ENTRY_FAULT;
	stub_fpu_init_image((uint8_t *)area_at(s->area) + s->image);
	kern_fault(regs, &f);
}

static void seccomp_event(struct stub *s, struct pt_regs *regs)
{
	const struct stub_area *a = area_at(s->area);
	uint64_t info = READ_ONCE(a->info) - area_in_stub(s->area);
	uint32_t sig = READ_ONCE(a->sig);
	const struct siginfo *si;

	if (unlikely(sig & STUB_NESTED)) {
		seccomp_nested(s, regs, (int)(sig & ~STUB_NESTED));
		return;
	}
	if (unlikely(!seccomp_find_frame(s)) || (info & 7) ||
	    info > STUB_AREA_SIZE - sizeof(*si)) {
		space_kill(s->space);
		return;
	}
	si = (const struct siginfo *)((const char *)a + info);
	seccomp_take_regs(s, regs);
	s->fs = READ_ONCE(a->fs);
	s->gs = READ_ONCE(a->gs);
	switch (sig) {
	case SIGSYS:
		seccomp_syscall(regs, si);
		break;
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
		seccomp_fault(s, regs, (int)sig, si);
		break;
	default:
		atomic_inc(&counters.kicks);
		regs->entry = ENTRY_KICK;
	}
}

static void seccomp_user_loop(void *unused1, void *unused2)
{
	struct task *t = current;
	struct pt_regs *regs = task_regs(t);
	struct stub *s = stub_of(t);
	bool woke;
	int stopped;

	for (;;) {
		strict_exit_work(t, regs);
		place_before(s);
		seccomp_put_regs(s, regs);
		atomic_xchg(&t->host->state, SLOT_USER);
		if (READ_ONCE(t->work)) {
			WRITE_ONCE(t->host->state, SLOT_KERNEL);
			continue;
		}
		stub_cpu_start(s);
		woke = seccomp_go(area_at(s->area));
		stopped = seccomp_wait(t, s);
		stub_cpu_stop(s);
		WRITE_ONCE(t->host->state, SLOT_KERNEL);
		if (unlikely(!stopped))
			continue;
		place_after(s, stopped == 2, woke);
		seccomp_event(s, regs);
	}
}

/* --- the rest --- */

static int seccomp_attach(struct stub *s)
{
	return 0;
}

static void seccomp_detach(struct stub *s)
{
}

static void seccomp_fpu_inherit(struct task *child)
{
	const struct stub *me = stub_of(current), *s = stub_of(child);

	memcpy((char *)area_at(s->area) + s->image,
	       (char *)area_at(me->area) + me->image, fpu_size);
}

static uint8_t *seccomp_fpu_get(void)
{
	const struct stub *s = stub_of(current);

	return memcpy(stub_xstate(current), (char *)area_at(s->area) + s->image,
		      fpu_size);
}

static bool seccomp_fpu_set(void)
{
	const struct stub *s = stub_of(current);

	memcpy((char *)area_at(s->area) + s->image, stub_xstate(current),
	       fpu_size);
	return true;
}

static int seccomp_cmpxchg(uint64_t addr, uint32_t *old, uint32_t new_val)
{
	struct stub *s = stub_of(current);
	struct stub_area *a = area_at(s->area);
	const struct seccomp_timespec limit = { 1, 0 };
	int tries;

	if (stub_dead(s) || !space_flush(s->space))
		return -EFAULT;
	a->op_addr = addr;
	a->op_old = *old;
	a->op_new = new_val;
	a->op_bad = 1;
	a->op = STUB_OP_CMPXCHG;
	seccomp_go(a);
	for (tries = 0; load_acquire(&a->state) != STUB_STOPPED;) {
		atomic_xchg(&a->ksleep, 1);
		if (load_acquire(&a->state) == STUB_STOPPED)
			break;
		if (host_futex(&a->ksleep, FUTEX_WAIT, 1, &limit, 0) ==
			    -ETIMEDOUT &&
		    ++tries == 10)
			space_kill(s->space);
		if (stub_dead(s))
			return -EFAULT;
	}
	WRITE_ONCE(a->ksleep, 0);
	if (READ_ONCE(a->op_bad))
		return -EFAULT;
	*old = READ_ONCE(a->op_old);
	return 0;
}

const struct strict_trap strict_seccomp = {
	.attach = seccomp_attach,
	.detach = seccomp_detach,
	.user_loop = seccomp_user_loop,
	.fpu_inherit = seccomp_fpu_inherit,
	.fpu_get = seccomp_fpu_get,
	.fpu_set = seccomp_fpu_set,
	.cmpxchg = seccomp_cmpxchg,
};
