/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The direct backend's traps: signals of the host become entries into the
 * kernel. entry.S has switched to the kernel stack and says in which slot;
 * here the guest's registers are taken out of the signal frame, once, and the
 * kernel is called. Nothing on the pad is believed: it is guest registers only.
 *
 * Called from there: direct_signal (user mode or a gate was interrupted; leaves
 * by exit_to_user, never by the host's sigreturn), direct_signal_nested (kernel
 * code was interrupted; the frame lies on the keyed stack and is authentic),
 * direct_forged (the stack pointer was made up) and direct_exit_prepare (the
 * slow way out).
 */
#include <asm/unistd.h>
#include <linux/audit.h>
#include "backend.h"
#include <abi/signal.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/text.h>

_Static_assert(offsetof(struct host_task, state) == HT_STATE, "slot");
_Static_assert(offsetof(struct host_task, stack_top) == HT_STACKTOP, "slot");
_Static_assert(offsetof(struct host_task, scratch) == HT_SCRATCH, "slot");
_Static_assert(offsetof(struct host_task, task) == HT_TASK, "slot");
_Static_assert(sizeof(struct pt_regs) == PT_SIZE, "pt_regs");
_Static_assert(offsetof(struct pt_regs, rip) == PT_RIP, "pt_regs");
_Static_assert(offsetof(struct pt_regs, entry) == PT_ENTRY, "pt_regs");
_Static_assert(STACK_SIZE == TASK_STACK_SIZE, "task block");
_Static_assert(PAD_SIZE == TASK_PAD_SIZE, "task block");
_Static_assert(HT_TASK_OFF == TASK_WORK_OFF + offsetof(struct task, host),
	       "task");
_Static_assert(offsetof(struct task, work) == 0, "task");
_Static_assert(offsetof(struct boot_params, pkey) == BP_PKEY, "boot_params");

struct extable_entry {
	uint64_t from, to;
};
extern const struct extable_entry extable_start[], extable_end[];

struct pt_regs *direct_signal(int sig, const struct siginfo *info,
			      struct abi_ucontext *uc, struct host_task *ht);
struct pt_regs *direct_forged(struct host_task *ht);
int direct_exit_prepare(struct pt_regs *regs);
void direct_odd_flags(struct pt_regs *regs);

extern char gate_signal[];

struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

static const uint8_t direct_handled[] = { SIGSYS, SIGSEGV, SIGBUS, SIGFPE,
					  SIGILL, SIGTRAP, SIGURG };

void direct_signals(void)
{
	struct kernel_sigaction sa;
	int sig;
	unsigned int i;

	for (sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == SIGCHLD)
			continue;
		memset(&sa, 0, sizeof(sa));
		sa.handler = (void *)1; /* ignored */
		for (i = 0; i < ARRAY_SIZE(direct_handled); i++) {
			if (direct_handled[i] != sig)
				continue;
			sa.handler = gate_signal;
			sa.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER |
				   SA_RESTORER;
			sa.restorer = host_sigreturn_code;
			/*
			 * A kick shuts out kicks until the way out lets them
			 * in again: two frames of it on the kernel stack, one
			 * upon the other, could not be told apart.
			 */
			if (sig == SIGURG)
				sa.flags &= ~(unsigned long)SA_NODEFER;
		}
		host_call(__NR_rt_sigaction, sig, (long)&sa, 0, 8, 0);
	}
}

static void direct_take_regs(struct pt_regs *regs,
			     const struct abi_sigcontext *sc)
{
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

static bool direct_within(uint64_t rip, const char *from, const char *to)
{
	return rip >= (uint64_t)from && rip < (uint64_t)to;
}

/*
 * A signal inside gate_jump, before the kernel took over: the registers as they
 * were before the call. Two bytes before the return address stands something
 * that makes the same call (patch.c), as it does for calls that are restarted;
 * the gate's own address must not get into a guest's signal frame.
 */
static void direct_undo_jump(struct pt_regs *regs, uint64_t scratch)
{
	const volatile uint64_t *scr = (const volatile uint64_t *)scratch;
	uint64_t rip = regs->rip;

	if (rip >= (uint64_t)gate_jump_switched)
		regs->rsp = regs->rdx;
	if (rip >= (uint64_t)gate_jump_saved) {
		regs->rax = scr[SCR_RAX / 8];
		regs->rdx = scr[SCR_RDX / 8];
		regs->rcx = scr[SCR_RIP / 8];
	}
	regs->rip = regs->rcx - 2;
}

/* The host's idea of a user-mode fault, in ours. */
static void direct_fault(struct pt_regs *regs, int sig,
			 const struct siginfo *info,
			 const struct abi_sigcontext *sc)
{
	struct fault_info f = {
		.sig = sig,
		.code = READ_ONCE(info->si_code),
		.addr = (uint64_t)READ_ONCE(info->si_addr),
		.trapno = READ_ONCE(sc->trapno),
		.error = READ_ONCE(sc->err),
	};

	/* The wall itself: the guest sees an unmapped address there. */
	if (f.addr >= KERNEL_RANGE_LO && f.addr < KERNEL_RANGE_HI)
		f.code = 1; /* SEGV_MAPERR */
	regs->entry = ENTRY_FAULT;
	counters.faults++;
	kern_fault(regs, &f);
}

/* A trampoline's call by gate_slow; the return address is in rcx. */
static void direct_slow_call(struct pt_regs *regs)
{
	counters.slow_calls++;
	regs->rip = regs->rcx;
	regs->r11 = regs->rflags;
	regs->entry = ENTRY_SIGSYS;
	regs->orig_rax = regs->rax;
	regs->rax = (uint64_t)-38;
	kern_syscall(regs);
}

/* Does [p, p + n) lie on the pad of the slot's task, below its scratch area? */
static bool direct_on_pad(const struct host_task *ht, const volatile void *p,
			  uint64_t n)
{
	return (uint64_t)p >= ht->stack_top && (uint64_t)p <= ht->scratch - n;
}

/* The vector state that a frame on the pad names: the guest's own. */
static bool direct_take_fpu(struct host_task *ht,
			    const struct abi_sigcontext *sc)
{
	ht->fpu = (uint64_t)READ_ONCE(sc->fpstate);
	if (fpu_check_pad(ht, ht->fpu))
		return true;
	ht->fpu = 0;
	return false;
}

/*
 * The stack pointer was neither the pad's nor the kernel's: somebody jumped
 * into the signal gate, or moved RSP onto the kernel stack.
 */
struct pt_regs *direct_forged(struct host_task *ht)
{
	struct task *t = ht->task;

	printk(KERN_WARN "%s[%u]: signal on a forged stack\n", t->comm, t->tid);
	ht->kick_blocked = 1; /* perhaps */
	ht->fpu = 0;
	task_regs(t)->flags = PT_REGS_FULL;
	force_signal(SIGKILL, 0, 0);
	return task_regs(t);
}

struct pt_regs *direct_signal(int sig, const struct siginfo *info,
			      struct abi_ucontext *uc, struct host_task *ht)
{
	struct task *t = ht->task;
	struct pt_regs *regs = task_regs(t);
	struct abi_sigcontext *sc = &uc->uc_mcontext;
	uint64_t rip;

	if (sig == SIGURG)
		ht->kick_blocked = 1;
	if (!direct_on_pad(ht, uc, sizeof(*uc)))
		return direct_forged(ht);
	rip = READ_ONCE(sc->rip);
	if (direct_within(rip, (const char *)exit_to_user, gate_exit_end)) {
		direct_take_fpu(ht, sc);
		return regs; /* whole still: start the exit over */
	}
	if (direct_within(rip, gate_signal, gate_signal_end)) {
		/* the first frame is still whole, above this one */
		sig = (int)READ_ONCE(sc->rdi);
		info = (const struct siginfo *)READ_ONCE(sc->rsi);
		/* its first instruction moves the pointer to r12 */
		uc = (struct abi_ucontext *)(rip > (uint64_t)gate_signal
						     ? READ_ONCE(sc->r12)
						     : READ_ONCE(sc->rdx));
	}
	if (!direct_on_pad(ht, uc, sizeof(*uc)) ||
	    !direct_on_pad(ht, info, sizeof(*info)))
		return direct_forged(ht);
	sc = &uc->uc_mcontext;
	direct_take_regs(regs, sc);
	if (!direct_take_fpu(ht, sc))
		return direct_forged(ht);
	if (unlikely(ht->gs_set)) /* WRGSBASE is the guest's to use */
		ht->gs_base = __builtin_ia32_rdgsbase64();
	if (direct_within(regs->rip, gate_jump, gate_jump_end) && sig == SIGURG)
		direct_undo_jump(regs, ht->scratch);

	switch (sig) {
	case SIGSYS:
		counters.sigsys++;
		ht->task->trapped++;
		regs->entry = ENTRY_SIGSYS;
		if (READ_ONCE(info->si_arch) != AUDIT_ARCH_X86_64) {
			regs->rax = (uint64_t)-38;
			break;
		}
		regs->orig_rax = regs->rax;
		regs->rax = (uint64_t)-38;
		kern_syscall(regs);
		break;
	case SIGURG:
		counters.kicks++;
		regs->entry = ENTRY_KICK;
		break;
	case SIGTRAP:
		/*
		 * The guest single-steps itself, or is stepped, into the gate:
		 * the call is made here; the trap comes with the next instruction.
		 */
		if (direct_within(regs->rip, gate_jump, gate_jump_saved)) {
			direct_slow_call(regs);
			break;
		}
		direct_fault(regs, sig, info, sc);
		break;
	case SIGSEGV:
		/* WRGSBASE without a word to us before: no scratch area */
		if (direct_within(regs->rip, gate_jump, gate_jump_saved)) {
			ht->gs_base = __builtin_ia32_rdgsbase64();
			ht->gs_set = 1;
			mm_uses_gs(t->mm);
			direct_slow_call(regs);
			break;
		}
		direct_fault(regs, sig, info, sc);
		break;
	case SIGILL:
		if (regs->rip == (uint64_t)gate_slow) {
			direct_slow_call(regs);
			break;
		}
		if (text_emulate(regs)) {
			counters.emulated++;
			regs->entry = ENTRY_FAULT;
			break;
		}
		__attribute__((fallthrough));
	default:
		direct_fault(regs, sig, info, sc);
	}
	return regs;
}

/*
 * Kernel code was interrupted. A kick just returns: the way out looks at the
 * pending work. A fault is the user-copy routines' (there is a table) or ours.
 * A refused call is the vDSO's, which asks the host for the time where it
 * cannot tell it.
 * => NULL to go on where it was interrupted, or registers to leave with.
 *
 * A frame that begins on the keyed stack and reaches onto the pad belongs to a
 * gate that was entered with a stack pointer made for this: never ours.
 */
struct pt_regs *direct_signal_nested(int sig, const struct siginfo *info,
				     struct abi_ucontext *uc,
				     struct host_task *ht)
{
	struct abi_sigcontext *sc = &uc->uc_mcontext;
	const struct extable_entry *e;
	struct pt_regs regs;

	if ((uint64_t)uc < ht->stack_top &&
	    (uint64_t)uc >= ht->stack_top - TASK_STACK_SIZE &&
	    !fpu_check_stack(ht, (uint64_t)uc, (uint64_t)sc->fpstate))
		return direct_forged(ht);
	if (sig == SIGURG)
		return NULL;
	if ((sig == SIGTRAP && (sc->eflags & 0x100)) ||
	    (sig == SIGBUS && (sc->eflags & 0x40000))) {
		sc->eflags &= ~0x40100ul; /* TF and AC are the guest's */
		return NULL;
	}
	if (sig == SIGSYS && sc->rax == __NR_clock_gettime &&
	    host_vdso_refused(sc->rip)) {
		sc->rax = (uint64_t)host_call(__NR_clock_gettime, (long)sc->rdi,
					      (long)sc->rsi, 0, 0, 0);
		return NULL;
	}
	if (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL) {
		counters.kernel_faults++;
		for (e = extable_start; e < extable_end; e++)
			if (e->from == sc->rip) {
				sc->rip = e->to;
				return NULL;
			}
	}
	direct_take_regs(&regs, sc);
	printk(KERN_ERR "kernel fault: signal %d code %d address %#lx%s\n", sig,
	       info->si_code, (unsigned long)info->si_addr,
	       sig == SIGSYS ? " (host call refused)" : "");
	host_crash_note(&regs);
	host_dump_state(&regs);
	panic("fault in kernel code, task %u (%s)",
	      ht->task ? ht->task->tid : 0, ht->task ? ht->task->comm : "none");
}

/* DF, AC or TF was set at the gate: entry.S has cleared them for us. */
void direct_odd_flags(struct pt_regs *regs)
{
	regs->flags |= PT_REGS_FULL;
}

/*
 * Before the return to user mode: work, vector state. => which way out:
 * 0 plain, 1 with all registers, 2 by iret.
 */
int direct_exit_prepare(struct pt_regs *regs)
{
	struct task *t = current;
	struct host_task *ht = t->host;
	uint64_t gs;

	for (;;) {
		if (READ_ONCE(t->work) & WORK_HOST) {
			atomic_and(&t->work, ~WORK_HOST);
			mm_calls_run(ht);
		}
		if (!READ_ONCE(t->work))
			break;
		kern_exit_work(regs);
		ht = t->host;
	}
	thread_unblock_kick(ht);
	if (ht->fpu)
		host_fpu_make_live();
	if (ht->gs_set) {
		__builtin_ia32_wrgsbase64(ht->gs_base);
		return 2;
	}
	gs = __builtin_ia32_rdgsbase64();
	if (unlikely(gs != ht->scratch))
		__builtin_ia32_wrgsbase64(ht->scratch);
	if (regs->rflags & 0x4100)
		return 2;
	if ((regs->flags & PT_REGS_FULL) || (regs->rflags & FLAGS_ODD))
		return 1;
	return 0;
}

void direct_return_to_user(void)
{
	exit_to_user(task_regs(current));
}

void host_return_to_user(void)
{
	backend->return_to_user();
	__builtin_unreachable();
}

void direct_kick(struct host_task *ht)
{
	host_call(__NR_tgkill, READ_ONCE(ht->host_pid), READ_ONCE(ht->host_tid),
		  SIGURG, 0, 0);
}

void host_kick(struct task *t)
{
	struct host_task *ht;

	smp_mb();
	ht = READ_ONCE(t->host);
	if (!ht || t == current || READ_ONCE(ht->state) != SLOT_USER)
		return;
	backend->kick(ht);
}
