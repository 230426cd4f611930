// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks of the strict backends: each has a host thread in the kernel's process
 * and a guest thread in a stub (stub.h). Here is what the two backends share:
 * beginning and end, the kick, signals of the kernel's own threads, base
 * registers, clocks.
 *
 * The kick is SIGURG to the guest thread, whose handler or tracer stops it. Guest
 * threads cannot shut it out: there is no host call for them that would.
 */
#include <asm/unistd.h>
#include "stub.h"
#include <abi/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/mm.h>

const struct strict_trap *strict;

void strict_init(const struct boot_params *bp)
{
	uint32_t size, max, c, d;

	strict = bp->backend == BACKEND_PTRACE ? &strict_ptrace
					       : &strict_seccomp;
	__asm__ volatile("cpuid"
			 : "=a"(c), "=b"(size), "=c"(max), "=d"(d)
			 : "a"(13), "c"(0));
	if (size > STUB_XSTATE_MAX)
		arch_panic("the processor's vector state does not fit the pad");
	stub_init(bp);
}

/* --- user mode --- */

void strict_return_to_user(void)
{
	uint64_t sp = ((uint64_t)task_regs(current) - 64) & ~63ull;

	stack_run(sp, strict->user_loop, NULL, NULL);
}

/* Pending work before the return to user mode. */
void strict_exit_work(struct task *t, struct pt_regs *regs)
{
	struct stub *s = stub_of(t);

	for (;;) {
		if (READ_ONCE(t->work) & WORK_HOST) {
			atomic_and(&t->work, ~WORK_HOST);
			mm_calls_run(t->host);
		}
		if (unlikely(s->space && s->space->fresh)) {
			space_flush(s->space);
			s->space->fresh = false;
		}
		if (unlikely(stub_dead(s)))
			kern_task_killed(t);
		if (!READ_ONCE(t->work))
			break;
		kern_exit_work(regs);
	}
}

void strict_kick(struct host_task *ht)
{
	struct stub *s = stub_of(ht->task);
	struct space *sp = READ_ONCE(s->space);
	uint32_t tid = READ_ONCE(s->tid);

	if (sp && tid && sp->pid)
		host_call(__NR_tgkill, sp->pid, tid, SIGURG, 0, 0);
}

/* --- beginning and end --- */

static void strict_inherit(struct task *child)
{
	struct stub *me = stub_of(current), *s = stub_of(child);

	s->fs = me->fs;
	s->gs = me->gs;
	s->base_dirty = true;
	place_new(s, me);
	strict->fpu_inherit(child);
}

static void strict_bind(struct host_task *ht, struct task *child)
{
	slot_bind(ht, child);
	ht->kind = SLOT_GUEST;
	ht->host_pid = stub_of(child)->space->pid;
	child->mm->host[MM_HOST_PID] = ht->host_pid;
}

static void strict_user_main(void *arg)
{
	struct host_task *ht = arg;
	struct task *t = ht->task;
	struct stub *s = stub_of(t);

	strict_thread_enter(ht);
	place_enter(s);
	/* what fails here has killed the stub */
	if (s->tid || !space_settle(s))
		strict->attach(s);
	kern_task_started(t);
	strict_return_to_user();
}

int strict_start_thread(struct task *child)
{
	struct stub *me = stub_of(current), *s = stub_of(child);
	struct host_task *ht;
	int err = -ESRCH;

	atomic_inc(&counters.threads);
	memset(s, 0, sizeof(*s));
	if (stub_dead(me))
		return -EAGAIN;
	ht = slot_alloc();
	if (!ht)
		return -EAGAIN;
	if (me->space->threads == 1 && !me->cpu_ran)
		me->cpu_ran = stub_cpu_ns(me) - me->cpu_former;
	err = space_add_thread(s, me->space);
	if (err) {
		slot_free(ht);
		return err;
	}
	strict_inherit(child);
	strict_bind(ht, child);
	err = thread_start_in_zygote(ht, strict_user_main, ht);
	if (err)
		space_leave(s);
	return err;
}

int strict_start_fork(struct task *child)
{
	struct stub *me = stub_of(current), *s = stub_of(child);
	struct host_task *ht;
	int err;

	atomic_inc(&counters.forks);
	memset(s, 0, sizeof(*s));
	if (stub_dead(me))
		return -EAGAIN;
	ht = slot_alloc();
	if (!ht)
		return -EAGAIN;
	err = space_fork(s, me->space);
	if (err) {
		slot_free(ht);
		return err;
	}
	strict_inherit(child);
	strict_bind(ht, child);
	err = thread_start_in_zygote(ht, strict_user_main, ht);
	if (err)
		space_leave(s);
	return err;
}

void strict_task_exit(struct task *t)
{
	struct host_task *ht = t->host;
	struct stub *s = stub_of(t);

	WRITE_ONCE(ht->host_pid, zygote_pid);
	ht->is_zygote = 1;
	ht->kind = SLOT_KTHREAD;
	if (!stub_dead(s))
		strict->detach(s);
	space_leave(s);
}

/* --- host threads of the kernel's process --- */

static void strict_kernel_signal(int sig, const struct siginfo *info, void *uc)
{
	direct_signal_nested(sig, info, uc, slot_current());
}

struct strict_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

/* Faults of the kernel end in its panic. */
void strict_signals(void)
{
	static const uint8_t handled[] = { SIGSYS, SIGSEGV, SIGBUS,
					   SIGFPE, SIGILL,  SIGTRAP };
	struct strict_sigaction sa;
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
			sa.flags = SA_NOCLDSTOP;
		}
		for (i = 0; i < ARRAY_SIZE(handled); i++) {
			if (handled[i] != sig)
				continue;
			sa.handler = strict_kernel_signal;
			sa.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER |
				   SA_RESTORER;
			sa.restorer = host_sigreturn_code;
		}
		host_call(__NR_rt_sigaction, sig, (long)&sa, 0, 8, 0);
	}
}

void strict_thread_enter(struct host_task *ht)
{
	uint64_t block = (uint64_t)task_block(ht->task);
	uint64_t ss[3] = { block + PAGE_SIZE, 0, TASK_STACK_SIZE - PAGE_SIZE };

	/* its own stack, so that a fault nests below its stack pointer */
	host_call(__NR_sigaltstack, (long)ss, 0, 0, 0, 0);
}

/* --- the rest of the seam --- */

void strict_set_fs(uint64_t base)
{
	struct stub *s = stub_of(current);

	s->fs = base;
	s->base_dirty = true;
}

uint64_t strict_get_fs(void)
{
	return stub_of(current)->fs;
}

int strict_set_gs(uint64_t base)
{
	struct stub *s = stub_of(current);

	s->gs = base;
	s->base_dirty = true;
	return 0;
}

uint64_t strict_get_gs(void)
{
	return stub_of(current)->gs;
}

uint64_t strict_cpu_ns(struct task *t)
{
	struct host_task *ht = READ_ONCE(t->host);
	struct {
		int64_t sec, nsec;
	} ts = { 0, 0 };

	if (!ht)
		return 0;
	host_call(__NR_clock_gettime, HOST_CPU_CLOCK(ht->host_tid, 6),
		  (long)&ts, 0, 0, 0);
	return stub_cpu_ns(stub_of(t)) + (uint64_t)ts.sec * 1000000000 +
	       (uint64_t)ts.nsec;
}

int strict_set_affinity(struct task *t, const uint8_t *mask, size_t n)
{
	struct host_task *ht = READ_ONCE(t->host);
	uint32_t tid = READ_ONCE(stub_of(t)->tid);
	long err;

	if (!ht)
		return -ESRCH;
	err = host_call(__NR_sched_setaffinity, ht->host_tid, (long)n,
			(long)mask, 0, 0);
	if (!err)
		place_set(stub_of(t), mask, n);
	if (!err && tid)
		err = host_call(__NR_sched_setaffinity, tid, (long)n,
				(long)mask, 0, 0);
	return (int)err;
}

static int strict_cmpxchg(uint64_t a, uint32_t *old, uint32_t new_val)
{
	return strict->cmpxchg(a, old, new_val);
}

#define STRICT_BACKEND                                                        \
	.remote = true, .one_process = true, .init = strict_init,             \
	.signals = strict_signals, .thread_enter = strict_thread_enter,       \
	.first_thread = strict_first_thread, .server = strict_server,         \
	.start_thread = strict_start_thread, .start_fork = strict_start_fork, \
	.task_exit = strict_task_exit,                                        \
	.return_to_user = strict_return_to_user, .kick = strict_kick,         \
	.mm_exec = stub_mm_exec, .user_call = stub_user_call,                 \
	.user_mmap = stub_user_mmap, .user_resident = stub_user_resident,     \
	.copy_from = stub_copy_from, .copy_to = stub_copy_to,                 \
	.clear = stub_clear, .strncpy_from = stub_strncpy_from,               \
	.cmpxchg = strict_cmpxchg, .set_fs = strict_set_fs,                   \
	.get_fs = strict_get_fs, .set_gs = strict_set_gs,                     \
	.get_gs = strict_get_gs, .fpu_save = stub_fpu_save,                   \
	.fpu_restore = stub_fpu_restore, .fpu_reset = stub_fpu_reset,         \
	.cpu_ns = strict_cpu_ns, .set_affinity = strict_set_affinity

const struct backend backend_ptrace = {
	.name = "ptrace",
	STRICT_BACKEND,
};

const struct backend backend_seccomp = {
	.name = "seccomp",
	STRICT_BACKEND,
};
