// SPDX-License-Identifier: GPL-2.0
/*
 * Stubs of the ptrace backend: making them, stopping them, having them carry
 * out host calls. See stub.h for what a stub is.
 *
 * Life of a stub thread. A new process is a fork of the zygote made by the
 * server thread (an ever-living parent), or a fork of another stub; a new thread
 * is a clone in the stub. It is born untraced and waits in stub_born (stub_code.S)
 * until its task's own host thread seizes it: only that thread ever traces it.
 * At the end it is let go at the instructions of stub_leave, and nobody waits
 * for it: the zygote wants no zombies (SA_NOCLDWAIT).
 *
 * A stub killed from outside is noticed by its tracer when that waits for it;
 * for tracers asleep in the kernel the zygote's first thread looks at each death
 * (stub_first_thread).
 *
 * The tracer's death kills the stub (PTRACE_O_EXITKILL); before it is seized its
 * parent's death does (PR_SET_PDEATHSIG).
 *
 * Host calls of the guest never run: PTRACE_SYSEMU stops before them, in every
 * mode of the processor. Host calls of ours run under PTRACE_CONT at
 * stub_syscall, with the token that the filter wants, and stop at the int3.
 */
#include <asm/unistd.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include "stub.h"
#include <abi/errno.h>
#include <abi/signal.h>
#include <kernel/lock.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/wait.h>

#define PT_SETREGSET  0x4205
#define PT_GETREGSET  0x4204
#define PT_SEIZE      0x4206
#define PT_INTERRUPT  0x4207
#define PT_GETSIGINFO 0x4202
#define PT_DETACH     17
#define PT_O_SYSGOOD  1
#define PT_O_EXITKILL 0x100000
#define NT_PRSTATUS   1
#define WAIT_WALL     0x40000000
#define WAIT_NOTHREAD 0x20000000
#define WAIT_EXITED   4
#define WAIT_NOHANG   1
#define WAIT_NOWAIT   0x1000000

#define STUB_RETRIES  1000

struct stub_iovec {
	void *base;
	uint64_t len;
};

struct stub_timespec {
	uint64_t sec, nsec;
};

/* Requests to the server. */
static struct mutex stub_server_mutex = MUTEX_INIT(stub_server_mutex);
static uint32_t stub_asked, stub_answered;
static long stub_answer;

long stub_ptrace(int request, uint32_t tid, uint64_t addr, const void *data)
{
	return host_call(__NR_ptrace, request, tid, (long)addr, (long)data, 0);
}

/* --- registers --- */

bool stub_get_regs(struct stub *s)
{
	struct stub_iovec iov = {s->r, sizeof(s->r)};

	if (!stub_ptrace(PT_GETREGSET, s->tid, NT_PRSTATUS, &iov))
		return true;
	s->dead = true;
	return false;
}

bool stub_set_regs(struct stub *s, unsigned int n)
{
	struct stub_iovec iov = {s->r, n * 8};
	long err = stub_ptrace(PT_SETREGSET, s->tid, NT_PRSTATUS, &iov);

	if (!err)
		return true;
	if (err == -EIO)
		return false;
	s->dead = true;
	return false;
}

bool stub_get_siginfo(struct stub *s, struct stub_siginfo *si)
{
	if (!stub_ptrace(PT_GETSIGINFO, s->tid, 0, si))
		return true;
	s->dead = true;
	return false;
}

/* --- running --- */

/* Wait until it stops. */
static int stub_wait_stop(struct stub *s)
{
	int status = 0;
	long r;

	do
		r = host_call(__NR_wait4, s->tid, (long)&status,
			      WAIT_WALL | WAIT_NOTHREAD, 0, 0);
	while (r == -EINTR);
	if (r != s->tid || (status & 0xff) != 0x7f) {
		s->dead = true;
		return STUB_DEAD;
	}
	if (status >> 16) /* PTRACE_EVENT_STOP */
		return STUB_KICKED;
	return (status >> 8) & 0xff;
}

int stub_resume(struct stub *s, enum stub_resume how, int sig)
{
	int stop;

	if (s->dead || stub_ptrace(how, s->tid, 0, (void *)(long)sig)) {
		s->dead = true;
		return STUB_DEAD;
	}
	if (s->threaded && how != STUB_CONT) {
		WRITE_ONCE(s->ran_since, time_mono_ns());
		stop = stub_wait_stop(s);
		s->cpu_seen += time_mono_ns() - s->ran_since;
		WRITE_ONCE(s->ran_since, 0);
	} else {
		stop = stub_wait_stop(s);
	}
	switch (stop) {
	case STUB_SYSCALL:
	case STUB_DEAD:
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
		return stop;
	}
	return STUB_KICKED; /* SIGURG, or a stranger's signal: not delivered */
}

bool stub_run(struct stub *s, const char *from, const char *end)
{
	struct stub_siginfo si;
	int stop;

	s->r[offsetof(struct pt_regs, rip) / 8] = (uint64_t)from;
	s->r[offsetof(struct pt_regs, orig_rax) / 8] = (uint64_t)-1;
	s->r[offsetof(struct pt_regs, cs) / 8] = USER_CS;
	s->r[offsetof(struct pt_regs, ss) / 8] = USER_SS;
	s->r[offsetof(struct pt_regs, rflags) / 8] = 0x202;
	if (s->dead || !stub_set_regs(s, STUB_REGS))
		return false;
	for (;;) {
		stop = stub_resume(s, STUB_CONT, 0);
		if (stop == STUB_KICKED)
			continue;
		if (stop == STUB_DEAD || !stub_get_regs(s))
			return false;
		if (stop == SIGTRAP &&
		    s->r[offsetof(struct pt_regs, rip) / 8] == (uint64_t)end)
			return true;
		if (stub_get_siginfo(s, &si) && si.code > 0)
			return false; /* and not somebody's kill(2) */
	}
}

static void stub_args(struct stub *s, long nr, const long a[6])
{
	struct pt_regs *r = (struct pt_regs *)s->r;

	r->rax = (uint64_t)nr;
	r->rdi = (uint64_t)a[0];
	r->rsi = (uint64_t)a[1];
	r->rdx = (uint64_t)a[2];
	r->r10 = (uint64_t)a[3];
	r->r8 = (uint64_t)a[4];
	r->r9 = (uint64_t)a[5];
}

long stub_call(struct stub *s, long nr, long a1, long a2, long a3, long a4,
	       long a5, long a6)
{
	const long a[6] = {a1, a2, a3, a4, a5, a6};

	stub_args(s, nr, a);
	if (!stub_run(s, stub_syscall, stub_syscall_end)) {
		if (!s->dead)
			panic("a stub does not make its host call %ld", nr);
		return -ESRCH;
	}
	return (long)((struct pt_regs *)s->r)->rax;
}

long stub_clone_call(struct stub *s, uint64_t flags)
{
	const long a[6] = {(long)flags, 0, 0, 0, 0, (long)host_token};
	struct pt_regs *r = (struct pt_regs *)s->r;
	int tries;

	for (tries = 0; tries < STUB_RETRIES; tries++) {
		stub_args(s, __NR_clone, a);
		r->r12 = flags & CLONE_THREAD ? 0 : zygote_pid;
		if (!stub_run(s, stub_clone, stub_clone_end)) {
			if (!s->dead)
				panic("a stub does not clone");
			return -ESRCH;
		}
		/* -ERESTART…: a kick was pending */
		if ((long)r->rax > -512 || (long)r->rax < -530)
			break;
	}
	return (long)r->rax;
}

/* --- beginning and end --- */

int stub_seize(struct stub *s)
{
	long err = stub_ptrace(PT_SEIZE, s->tid, 0,
			       (void *)(PT_O_SYSGOOD | PT_O_EXITKILL));

	if (!err)
		err = stub_ptrace(PT_INTERRUPT, s->tid, 0, NULL);
	if (!err && stub_wait_stop(s) == STUB_DEAD)
		err = -ESRCH;
	if (err == -EPERM)
		printk(KERN_ERR "the host forbids ptrace; see lodger doctor\n");
	if (err)
		s->dead = true;
	return (int)err;
}

static void stub_unmap_kernel(struct stub *s, uint64_t from, uint64_t to)
{
	long err = stub_call(s, __NR_munmap, (long)from, (long)(to - from), 0,
			     0, 0, (long)host_token);

	if (err && !s->dead)
		panic("cannot take the kernel's memory out of a stub: %ld",
		      -err);
}

int stub_create(struct stub *s)
{
	uint32_t seq;
	int err;

	mutex_lock(&stub_server_mutex);
	seq = atomic_inc(&stub_asked);
	host_futex(&stub_asked, FUTEX_WAKE, 1, NULL, 0);
	while (load_acquire(&stub_answered) != seq)
		host_futex_wait(&stub_answered, seq - 1, (uint64_t)-1);
	err = (int)stub_answer;
	mutex_unlock(&stub_server_mutex);
	if (err < 0)
		return err;
	s->pid = s->tid = (uint32_t)err;
	s->dead = false;
	err = stub_seize(s);
	if (err)
		return err;
	/* a copy of the zygote's memory: keep our page, scratch area, vDSO */
	stub_unmap_kernel(s, KIMAGE_BASE, (uint64_t)stub_page);
	stub_unmap_kernel(s, (uint64_t)stub_page + PAGE_SIZE, STUB_AREA);
	stub_unmap_kernel(s, VDSO_BASE + (1ull << 30), KERNEL_RANGE_HI);
	s->base_dirty = true;
	return s->dead ? -ESRCH : 0;
}

/* The zygote's thread that is the parent of all stubs. */
void stub_server(void *unused)
{
	struct host_task *ht = current->host;
	uint32_t seq = 0;

	for (;;) {
		while (load_acquire(&stub_asked) == seq)
			host_futex(&stub_asked, FUTEX_WAIT, seq, NULL, 0);
		seq++;
		stub_answer = host_clone(CLONE_FS | CLONE_FILES |
					 CLONE_UNTRACED | SIGCHLD,
					 ht->idle_stack, NULL, NULL, stub_born,
					 (void *)(uint64_t)zygote_pid);
		store_release(&stub_answered, seq);
		host_futex(&stub_answered, FUTEX_WAKE, 1, NULL, 0);
	}
}

/* --- stubs killed while their tasks sleep --- */

static bool stub_is_zombie(uint32_t tid)
{
	struct stub_siginfo si; /* as waitid() fills it in */

	memset(&si, 0, sizeof(si));
	return tid &&
	       !host_call(__NR_waitid, 1 /* P_PID */, tid, (long)&si,
			  WAIT_EXITED | WAIT_NOHANG | WAIT_NOWAIT | WAIT_WALL,
			  0) &&
	       (uint32_t)si.addr == tid && si.code >= 1 && si.code <= 3;
}

static void stub_look_for_dead(void)
{
	uint32_t i, n = READ_ONCE(slots_used);

	for (i = 0; i < n; i++) {
		struct host_task *ht = &slots[i];
		struct task *t = READ_ONCE(ht->task);
		uint32_t *word;

		if (!t || ht->kind != SLOT_GUEST ||
		    READ_ONCE(ht->state) != SLOT_KERNEL ||
		    READ_ONCE(ht->ctx_state) != CTX_ASLEEP ||
		    !stub_is_zombie(READ_ONCE(stub_of(t)->tid)))
			continue;
		/* t may be gone: look it up */
		t = task_find_get(READ_ONCE(t->tid));
		if (!t)
			continue;
		if (READ_ONCE(t->host) == ht) {
			kern_task_adopted(t);
			task_wake(t);
			word = READ_ONCE(ht->wait_word);
			if (word)
				host_futex_wake(word, 1);
		}
		task_put(t);
	}
}

void stub_first_thread(void)
{
	const uint64_t chld = 1ull << (SIGCHLD - 1);

	for (;;)
		if (host_call(__NR_rt_sigtimedwait, (long)&chld, 0, 0, 8, 0) ==
		    SIGCHLD)
			stub_look_for_dead();
}

void stub_release(struct stub *s)
{
	const long a[6] = {0, 0, 0, 0, 0, (long)host_token};
	struct pt_regs *r = (struct pt_regs *)s->r;

	if (!s->tid)
		return;
	if (!s->dead) {
		stub_args(s, __NR_exit, a);
		r->rip = (uint64_t)stub_leave;
		r->orig_rax = (uint64_t)-1;
		r->cs = USER_CS;
		r->ss = USER_SS;
		r->rflags = 0x202;
		if (stub_set_regs(s, STUB_REGS))
			stub_ptrace(PT_DETACH, s->tid, 0, NULL);
	}
	s->cpu_former = stub_cpu_ns(s);
	s->threaded = false;
	s->pid = s->tid = 0;
}

/*
 * The CPU time of this stub and former ones. The host tells another process's
 * only as a whole; where several threads share it, each counts the time that it
 * was let run, and asks the stub itself when it wants to know exactly.
 */
uint64_t stub_cpu_ns(const struct stub *s)
{
	struct stub_timespec ts = {0, 0};
	uint64_t since = READ_ONCE(s->ran_since);

	if (s->threaded)
		return s->cpu_former + s->cpu_seen +
		       (since ? time_mono_ns() - since : 0);
	/* the process's CPU clock, CPUCLOCK_SCHED */
	if (s->pid)
		host_call(__NR_clock_gettime, (int)((~(long)s->pid << 3) | 2),
			  (long)&ts, 0, 0, 0);
	return s->cpu_former + ts.sec * NSEC_PER_SEC + ts.nsec;
}

uint64_t stub_cpu_ns_self(void)
{
	struct stub *s = stub_of(current);
	uint64_t at = STUB_CLOCKS + current->host->index * 16;
	struct stub_timespec ts;

	if (s->threaded && s->tid && !s->dead &&
	    !stub_call(s, __NR_clock_gettime, 3 /* THREAD_CPUTIME */, (long)at,
		       0, 0, 0, (long)host_token) &&
	    !stub_copy_from(&ts, at, sizeof(ts)) && ts.nsec < NSEC_PER_SEC)
		s->cpu_seen = ts.sec * NSEC_PER_SEC + ts.nsec;
	return stub_cpu_ns(s);
}
