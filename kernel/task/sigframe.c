// SPDX-License-Identifier: GPL-2.0
/*
 * Signal frames, byte for byte as Linux lays them out on x86-64 (sigreturn(2),
 * <asm/sigcontext.h>): unwinders, debuggers and language runtimes read and
 * write them.
 *
 * From the stack pointer down: the red zone of 128 bytes is left alone (or the
 * alternate stack's top is taken), then the XSAVE image at a multiple of 64,
 * then struct rt_sigframe such that the handler finds the stack as after a
 * call: 8 below a multiple of 16. There is no trampoline of ours: the action's
 * restorer is the return address, and without SA_RESTORER there is no frame.
 *
 * rt_sigreturn(2) takes everything back and believes nothing: the code segment
 * is the user's, of the flags only those user mode can set are taken, the
 * vector image is checked by host_fpu_restore_user(), and an instruction
 * pointer outside the user range is a fault.
 */
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include "internal.h"

#define RED_ZONE   128
#define VDSO_MAX   16384
#define USER_CS	   0x33
#define USER_SS	   0x2b
/* AC OF DF TF SF ZF AF PF CF RF */
#define USER_FLAGS 0x50dd5ull

_Static_assert(sizeof(struct abi_rt_sigframe) == 440, "rt_sigframe");
_Static_assert(offsetof(struct abi_ucontext, uc_sigmask) == 296, "ucontext");

bool altstack_contains(const struct task *t, u64 sp)
{
	if (t->alt_flags & SS_AUTODISARM)
		return false;
	return sp > t->alt_sp && sp - t->alt_sp <= t->alt_size;
}

u32 altstack_flags(const struct task *t, u64 sp)
{
	if (!t->alt_size)
		return SS_DISABLE;
	return altstack_contains(t, sp) ? SS_ONSTACK : 0;
}

void altstack_reset(struct task *t)
{
	t->alt_sp = 0;
	t->alt_size = 0;
	t->alt_flags = SS_DISABLE;
}

/* The vector image may cross pages that are not there yet. */
static int sigframe_fpu(u64 addr, bool save)
{
	size_t n = host_fpu_frame_size();

	for (int tries = 0;; tries++) {
		int err = save ? host_fpu_save_user(addr)
			       : host_fpu_restore_user(addr);

		if (err != -EFAULT || tries == 4)
			return err;
		for (u64 a = addr; a < addr + n; a = (a | (PAGE_SIZE - 1)) + 1)
			if (uaccess_fault_in(UADDR(a), 1, save))
				return -EFAULT;
	}
}

/* => address of the frame, or 0; *fp: where the vector image goes. */
static u64 sigframe_place(const struct task *t, const struct ksignal *ks,
			  u64 sp, u64 *fp)
{
	bool on_alt = altstack_contains(t, sp);

	sp -= RED_ZONE;
	if ((ks->ka.flags & SA_ONSTACK) && !altstack_flags(t, sp)) {
		sp = t->alt_sp + t->alt_size;
		on_alt = true;
	}
	sp = ALIGN_DOWN(sp - host_fpu_frame_size(), 64);
	*fp = sp;
	sp = ALIGN_DOWN(sp - sizeof(struct abi_rt_sigframe), 16) - 8;
	/* An overflow of the alternate stack must not go on below it. */
	if (on_alt && !(sp > t->alt_sp && sp - t->alt_sp <= t->alt_size))
		return 0;
	if (!user_range_ok(UADDR(sp), *fp + host_fpu_frame_size() - sp))
		return 0;
	return sp;
}

static void sigframe_save_regs(struct abi_sigcontext *sc,
			       const struct pt_regs *r)
{
	const struct task *t = current;

	sc->r8 = r->r8;
	sc->r9 = r->r9;
	sc->r10 = r->r10;
	sc->r11 = r->r11;
	sc->r12 = r->r12;
	sc->r13 = r->r13;
	sc->r14 = r->r14;
	sc->r15 = r->r15;
	sc->rdi = r->rdi;
	sc->rsi = r->rsi;
	sc->rbp = r->rbp;
	sc->rbx = r->rbx;
	sc->rdx = r->rdx;
	sc->rax = r->rax;
	sc->rcx = r->rcx;
	sc->rsp = r->rsp;
	sc->rip = r->rip;
	sc->eflags = r->rflags;
	sc->cs = USER_CS;
	sc->ss = USER_SS;
	if (r->entry == ENTRY_JUMP && !(r->flags & PT_REGS_FULL))
		sc->r11 = r->rflags; /* as SYSCALL leaves it */
	sc->err = t->fault_error;
	sc->trapno = t->fault_trapno;
	sc->cr2 = t->fault_addr;
	sc->oldmask = t->blocked;
}

int sigframe_setup(const struct ksignal *ks, struct pt_regs *regs,
		   sigset_t saved)
{
	struct task *t = current;
	struct abi_rt_sigframe f;
	u64 fp, sp = sigframe_place(t, ks, regs->rsp, &fp);

	if (!sp || !(ks->ka.flags & SA_RESTORER))
		return -EFAULT;
	memset(&f, 0, sizeof(f));
	f.pretcode = ks->ka.restorer;
	f.uc.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f.uc.uc_stack.ss_sp = t->alt_sp;
	f.uc.uc_stack.ss_flags = (s32)t->alt_flags;
	f.uc.uc_stack.ss_size = t->alt_size;
	sigframe_save_regs(&f.uc.uc_mcontext, regs);
	f.uc.uc_mcontext.fpstate = fp;
	f.uc.uc_sigmask = saved;
	f.info = ks->info;
	if (copy_to_user(UADDR(sp), &f,
			 ks->ka.flags & SA_SIGINFO
				 ? sizeof(f)
				 : offsetof(struct abi_rt_sigframe, info)))
		return -EFAULT;
	if (sigframe_fpu(fp, true))
		return -EFAULT;
	host_fpu_reset();
	regs->rdi = (u64)ks->sig;
	regs->rax = 0;
	regs->rsi = sp + offsetof(struct abi_rt_sigframe, info);
	regs->rdx = sp + offsetof(struct abi_rt_sigframe, uc);
	regs->rip = ks->ka.handler;
	regs->rsp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_SS;
	return 0;
}

static void sigframe_restore_regs(struct pt_regs *r,
				  const struct abi_sigcontext *sc)
{
	r->r8 = sc->r8;
	r->r9 = sc->r9;
	r->r10 = sc->r10;
	r->r11 = sc->r11;
	r->r12 = sc->r12;
	r->r13 = sc->r13;
	r->r14 = sc->r14;
	r->r15 = sc->r15;
	r->rdi = sc->rdi;
	r->rsi = sc->rsi;
	r->rbp = sc->rbp;
	r->rbx = sc->rbx;
	r->rdx = sc->rdx;
	r->rax = sc->rax;
	r->rcx = sc->rcx;
	r->rsp = sc->rsp;
	r->rip = sc->rip;
	r->rflags = (r->rflags & ~USER_FLAGS) | (sc->eflags & USER_FLAGS);
	r->cs = USER_CS;
	r->ss = USER_SS;
	r->orig_rax = (u64)-1;
	r->flags |= PT_REGS_FULL;
}

/* A stack that is in use, or makes no sense, is left as it is. */
static void sigframe_restore_altstack(const struct abi_sigaltstack *ss, u64 sp)
{
	struct task *t = current;
	u32 mode = (u32)ss->ss_flags & ~SS_AUTODISARM;

	if (altstack_contains(t, sp) ||
	    (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0))
		return;
	if (mode == SS_DISABLE) {
		altstack_reset(t);
		t->alt_flags = (u32)ss->ss_flags;
	} else if (ss->ss_size >= MINSIGSTKSZ) {
		t->alt_sp = ss->ss_sp;
		t->alt_size = ss->ss_size;
		t->alt_flags = (u32)ss->ss_flags;
	}
}

/* Of the kernel range only the vDSO is the guest's to execute. */
static bool sigframe_rip_ok(u64 rip)
{
	if (rip >= KERNEL_RANGE_LO && rip < KERNEL_RANGE_HI)
		return host_info.vdso && rip >= host_info.vdso &&
		       rip - host_info.vdso < VDSO_MAX;
	return rip < USER_MAX;
}

long sigframe_return(struct pt_regs *regs)
{
	struct abi_rt_sigframe f;
	const struct abi_sigcontext *sc = &f.uc.uc_mcontext;
	u64 sp = regs->rsp - 8; /* the restorer's `ret` popped pretcode */

	current->restart_kind = RESTART_NONE;
	regs->orig_rax = (u64)-1;
	if (copy_from_user(&f, UADDR(sp),
			   offsetof(struct abi_rt_sigframe, info)))
		goto bad;
	signal_set_blocked(f.uc.uc_sigmask);
	sigframe_restore_regs(regs, sc);
	if (!sc->fpstate) {
		host_fpu_reset();
	} else if (sigframe_fpu(sc->fpstate, false)) {
		/* the signal finds the program where it would have gone on */
		host_fpu_reset();
		goto bad;
	}
	sigframe_restore_altstack(&f.uc.uc_stack, regs->rsp);
	if (!sigframe_rip_ok(regs->rip))
		force_signal(SIGSEGV, SEGV_MAPERR, regs->rip);
	return (long)regs->rax;
bad:
	force_signal(SIGSEGV, SI_KERNEL, 0);
	return (long)regs->rax;
}
