// SPDX-License-Identifier: GPL-2.0
/*
 * Stub processes of the strict backends: making them, giving them orders,
 * ending them. See stub.h for what a stub is.
 *
 * Life. The first one, the template, is forked from the kernel's process before
 * that has its filter. It gives up what it has inherited, takes the stubs' own
 * filter and becomes a keeper without guest; all others are forks of it (execve)
 * or of one another (fork), and all are children of the kernel's first thread,
 * which reaps them (strict_first_thread). A space without users is killed.
 *
 * Orders stand in a page that the kernel writes and the keeper reads; `seq` says
 * that there is a new list. When it is done, the keeper wakes `done`, or `failed`,
 * until it has woken somebody: only it can (the filter), so the wake-up is the
 * proof. What it reports besides, an error's number, say, stands in memory that
 * the guest can write, and is trusted only in what concerns the guest alone.
 *
 * The number of a new process comes by the report, too, so it is checked: only
 * the new process has its own orders mapped, with a random number in them.
 */
#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include "stub.h"
#include <abi/errno.h>
#include <kernel/lock.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/wait.h>

#define STUBS_VIEW     0x682400000000ull /* the file, in the kernel's process */
#define STUBS_AREAS    (SPACES_MAX * 8192ull)
#define STUBS_SIZE     (STUBS_AREAS + MAX_SLOTS * (uint64_t)STUB_AREA_SIZE)
#define H_SHARED_FIXED 0x11
#define H_DONTFORK     10
#define H_NOEXEC_SEAL  8
#define WAIT_WALL      0x40000000
#define WAIT_NOTHREAD  0x20000000
#define WAIT_EXITED    4
#define WAIT_NOHANG    1
#define WAIT_NOWAIT    0x1000000

#define ENDED_MANY     64
#define LOOK_PERIOD    (200 * NSEC_PER_MSEC)

#define SPACE_FREE     0
#define SPACE_LIVE     1
#define SPACE_REAPED \
	2	      /* the host process is gone; somebody still points here */
#define SPACE_STRAY 3 /* a process may be there that nobody knows; for ever */

_Static_assert(sizeof(struct stub_order) == 1 << ORDER_SHIFT, "orders");
_Static_assert(offsetof(struct stub_order, kind) == ORDER_KIND, "orders");
_Static_assert(offsetof(struct stub_orders, naptime) == OR_NAPTIME, "orders");
_Static_assert(offsetof(struct stub_orders, failed) == OR_FAILED, "orders");
_Static_assert(offsetof(struct stub_orders, list) == OR_LIST, "orders");
_Static_assert(offsetof(struct stub_orders, birth) == OR_BIRTH, "orders");
_Static_assert(sizeof(struct stub_orders) == 4096, "orders");
_Static_assert(sizeof(struct stub_report) == 4096, "report");
_Static_assert(sizeof(struct stub_area) == STUB_AREA_SIZE, "area");
_Static_assert(offsetof(struct stub_area, uc) == AR_UC, "area");
_Static_assert(offsetof(struct stub_area, fs) == AR_FS, "area");
_Static_assert(offsetof(struct stub_area, op) == AR_OP, "area");
_Static_assert(offsetof(struct stub_area, cpu) == AR_CPU, "area");
_Static_assert(offsetof(struct stub_area, xmask) == AR_XMASK, "area");
_Static_assert(offsetof(struct stub_area, stack) == AR_STACK, "area");
_Static_assert(offsetof(struct abi_ucontext, uc_mcontext) == UC_REGS, "frame");
_Static_assert(sizeof(struct stub) <= STUB_XSTATE_OFF, "pad");

static struct space spaces[SPACES_MAX] __big_bss;
static uint32_t spaces_used;
static struct space *spaces_free;
static uint16_t area_next[MAX_SLOTS] __big_bss; /* number + 1 */
static uint16_t area_next_parked[MAX_SLOTS] __big_bss;
static uint32_t area_tid[MAX_SLOTS] __big_bss;
static uint32_t areas_used, areas_free;
/* Killed by us, not reaped yet; first in, first out. */
static struct space *spaces_ended, **spaces_ended_tail = &spaces_ended;
static uint32_t spaces_ended_count;
static spinlock_t spaces_lock; /* the lists above, users and state */

static uint64_t stub_token;
static const struct sock_filter *stub_filter;
static uint32_t stub_filter_len;
static uint8_t template_stack[8192] __attribute__((aligned(64)));

struct stub_timespec {
	uint64_t sec, nsec;
};

/* --- where things are --- */

static struct stub_orders *space_orders(const struct space *sp)
{
	return (struct stub_orders *)(STUBS_VIEW +
				      (uint64_t)(sp - spaces) * 8192);
}

struct stub_report *space_report(const struct space *sp)
{
	return (struct stub_report *)(space_orders(sp) + 1);
}

struct stub_area *area_at(uint32_t n)
{
	return (struct stub_area *)(STUBS_VIEW + STUBS_AREAS +
				    (uint64_t)n * STUB_AREA_SIZE);
}

/* --- the table --- */

/*
 * Caller holds spaces_lock. A process that was made, but whose number we do not
 * have, would carry out the orders of the next owner as well: it gets one that it
 * dies of, and neither orders nor areas are used again.
 */
static void space_free_locked(struct space *sp)
{
	uint32_t a = sp->areas, next;

	if (unlikely(sp->stray)) {
		sp->state = SPACE_STRAY;
		sp->pid = 0;
		return;
	}
	for (; a; a = next) {
		next = area_next[a - 1];
		area_next[a - 1] = (uint16_t)areas_free;
		areas_free = a;
	}
	sp->areas = sp->parked = 0;
	sp->state = SPACE_FREE;
	sp->pid = 0;
	sp->next = spaces_free;
	spaces_free = sp;
}

/*
 * Reap what we have killed, oldest first. Who makes stubs does it as well as the
 * first thread, which alone would not keep up with a busy machine.
 */
static void spaces_collect(unsigned int max)
{
	struct space *sp;
	uint32_t pid;
	bool many;
	long r;

	while (max--) {
		spin_lock(&spaces_lock);
		sp = spaces_ended;
		if (!sp) {
			spin_unlock(&spaces_lock);
			return;
		}
		spaces_ended = sp->next;
		if (!spaces_ended)
			spaces_ended_tail = &spaces_ended;
		many = spaces_ended_count-- > ENDED_MANY;
		pid = sp->pid;
		spin_unlock(&spaces_lock);
		do
			r = pid ? host_call(__NR_wait4, pid, 0,
					    WAIT_WALL |
						    (many ? 0 : WAIT_NOHANG),
					    0, 0)
				: 1;
		while (r == -EINTR);
		spin_lock(&spaces_lock);
		if (r) {
			space_free_locked(sp);
		} else {
			/* not yet: it stays the first */
			sp->next = spaces_ended;
			if (!spaces_ended)
				spaces_ended_tail = &sp->next;
			spaces_ended = sp;
			spaces_ended_count++;
			max = 0;
		}
		spin_unlock(&spaces_lock);
	}
}

static struct space *space_alloc(void)
{
	struct space *sp;

	spaces_collect(2);
	spin_lock(&spaces_lock);
	sp = spaces_free;
	if (sp)
		spaces_free = sp->next;
	else if (spaces_used < SPACES_MAX)
		sp = &spaces[spaces_used++];
	if (sp) {
		memset(sp, 0, sizeof(*sp));
		sp->state = SPACE_LIVE;
		sp->users = 1;
	}
	spin_unlock(&spaces_lock);
	if (sp)
		mutex_init(&sp->lock);
	return sp;
}

/* => area number + 1, 0: there is none. It stays with the space to its end. */
static uint32_t area_alloc(struct space *sp)
{
	uint32_t a;

	spin_lock(&spaces_lock);
	a = areas_free;
	if (a)
		areas_free = area_next[a - 1];
	else if (areas_used < MAX_SLOTS)
		a = ++areas_used;
	if (a) {
		area_next[a - 1] = (uint16_t)sp->areas;
		sp->areas = a;
	}
	spin_unlock(&spaces_lock);
	return a;
}

/* A process may have come of a fork that we do not know. */
static void space_is_stray(struct space *sp)
{
	struct stub_orders *o = space_orders(sp);

	sp->stray = true;
	memset(&o->list[0], 0, sizeof(o->list[0]));
	o->list[0].nr = __NR_munmap;
	o->list[0].a[0] = 1; /* which is no address of a page */
	o->list[0].flags = ORDER_MUST;
	o->count = 1;
	store_release(&o->seq, o->seq + 1);
	host_futex(&o->seq, FUTEX_WAKE, 1, NULL, 0);
}

void space_kill(struct space *sp)
{
	WRITE_ONCE(sp->dead, 1);
	if (sp->pid)
		host_call(__NR_tgkill, sp->pid, sp->pid, SIGKILL, 0, 0);
}

/* --- orders --- */

static struct stub_order *order_add(struct space *sp, uint64_t nr,
				    uint32_t kind, uint32_t flags)
{
	struct stub_orders *o = space_orders(sp);
	struct stub_order *p = &o->list[sp->gathered++];

	memset(p, 0, sizeof(*p));
	p->nr = nr;
	p->kind = kind;
	p->flags = flags;
	return p;
}

struct stub_waitv {
	uint64_t val, addr;
	uint32_t flags, reserved;
};

/* => 0, -EIO: the list has failed, -ESRCH: it is dead */
static int orders_wait(struct space *sp)
{
	struct stub_orders *o = space_orders(sp);
	const struct stub_waitv w[2] = {
		{ 0, (uint64_t)&o->done, 2 /* FUTEX_32 */, 0 },
		{ 0, (uint64_t)&o->failed, 2, 0 },
	};
	long r = -EINTR;

	while (r < 0 && !READ_ONCE(sp->dead))
		r = host_call(__NR_futex_waitv, (long)w, 2, 0, 0, 0);
	return READ_ONCE(sp->dead) ? -ESRCH : r ? -EIO : 0;
}

/*
 * A keeper that is woken on this processor shall not run before we wait for it:
 * then its own wake-up would meet nobody.
 */
static void keeper_is_batch(struct space *sp)
{
	static const uint32_t none;

	if (sp->batch)
		return;
	sp->batch = true;
	host_call(__NR_sched_setscheduler, sp->pid, 3 /* SCHED_BATCH */,
		  (long)&none, 0, 0);
}

static void orders_send(struct space *sp)
{
	struct stub_orders *o = space_orders(sp);

	keeper_is_batch(sp);
	place_keeper(sp);
	o->count = sp->gathered;
	sp->gathered = 0;
	store_release(&o->seq, o->seq + 1);
	host_futex(&o->seq, FUTEX_WAKE, 1, NULL, 0);
}

/* Caller holds sp->lock. => what the last order gave, or an error's -errno */
static long orders_run(struct space *sp)
{
	long err, value;

	if (!sp->gathered)
		return 0;
	if (READ_ONCE(sp->dead))
		return -ESRCH;
	orders_send(sp);
	err = orders_wait(sp);
	value = (long)READ_ONCE(space_report(sp)->value);
	if (err == -EIO)
		return value < 0 && value > -4096 ? value : err;
	return err ? err : value < 0 ? 0 : value;
}

static bool space_flush_locked(struct space *sp)
{
	if (sp->gathered && orders_run(sp) < 0 && !READ_ONCE(sp->dead)) {
		printk(KERN_WARN "the host refuses memory to a new program\n");
		space_kill(sp);
	}
	return !READ_ONCE(sp->dead);
}

bool space_flush(struct space *sp)
{
	bool ok;

	/*
	 * Orders only wait while the program is new and alone. Later there are
	 * some while another thread gives them, whom we need not wait for: we
	 * may be called under a spinlock.
	 */
	if (likely(!READ_ONCE(sp->gathered)) || likely(!sp->fresh))
		return true;
	mutex_lock(&sp->lock);
	ok = space_flush_locked(sp);
	mutex_unlock(&sp->lock);
	return ok;
}

long space_call(struct space *sp, const struct stub_order *o)
{
	bool later = sp->fresh &&
		     (o->kind == ORDER_MMAP || o->nr == __NR_munmap ||
		      o->nr == __NR_mprotect);
	struct stub_order *p;
	long r = 0;

	mutex_lock(&sp->lock);
	if (sp->gathered == OR_MAX || !later)
		space_flush_locked(sp);
	p = order_add(sp, o->nr, o->kind, o->flags);
	memcpy(p->a, o->a, sizeof(p->a));
	if (!later)
		r = orders_run(sp);
	else if (o->kind == ORDER_MMAP)
		r = (long)o->a[0];
	if (READ_ONCE(sp->dead)) {
		sp->gathered = 0;
		r = -ESRCH;
	}
	mutex_unlock(&sp->lock);
	return r;
}

/* --- guest threads --- */

/* What a new or parked thread finds in its area, and its birth frame. */
static void area_prepare(struct space *sp, struct stub *s)
{
	struct stub_area *a = area_at(s->area);
	uint64_t here = area_in_stub(s->area);
	struct abi_ucontext *b = &space_orders(sp)->birth, *uc;

	s->image = (STUB_AREA_SIZE - fpu_size - 64) & ~63ull;
	s->uc = (uint32_t)(s->image - 448) & ~63u;
	memset((char *)a + s->uc - 128, 0, STUB_AREA_SIZE - s->uc + 128);
	a->kicked = a->sig = a->bases = a->op = 0;
	a->uc = here + s->uc;
	a->xmask = fpu_mask;
	uc = (struct abi_ucontext *)((char *)a + s->uc);
	uc->uc_mcontext.fpstate = here + s->image;
	stub_fpu_init_image((uint8_t *)a + s->image);

	memset(b, 0, sizeof(*b));
	b->uc_stack.ss_sp = here + AR_STACK;
	b->uc_stack.ss_size = STUB_AREA_SIZE - AR_STACK;
	b->uc_mcontext.rbx = here;
	b->uc_mcontext.rsp = here + s->uc - 8;
	b->uc_mcontext.rip = (uint64_t)stub_thread_wait;
	b->uc_mcontext.eflags = 0x202;
	b->uc_mcontext.cs = USER_CS;
	b->uc_mcontext.ss = USER_SS;
}

static void area_orders(struct space *sp, uint32_t area)
{
	uint64_t here = area_in_stub(area);
	struct stub_order *o;

	o = order_add(sp, __NR_mmap, ORDER_MMAP, 0);
	o->a[0] = here;
	o->a[1] = STUB_AREA_SIZE;
	o->a[2] = 3;
	o->a[3] = H_SHARED_FIXED;
	o->a[4] = FD_STUBS;
	o->a[5] = STUBS_AREAS + (uint64_t)area * STUB_AREA_SIZE;
	o = order_add(sp, __NR_madvise, ORDER_CALL, 0);
	o->a[0] = here;
	o->a[1] = STUB_AREA_SIZE;
	o->a[2] = H_DONTFORK;
}

/* Wait until the thread stands in its area for the first time. */
static int area_wait_born(struct stub *s)
{
	const struct stub_timespec limit = { 1, 0 };
	struct stub_area *a = area_at(s->area);

	while (load_acquire(&a->state) != STUB_STOPPED) {
		if (stub_dead(s))
			return -ESRCH;
		atomic_xchg(&a->ksleep, 1);
		if (load_acquire(&a->state) == STUB_STOPPED)
			break;
		host_futex(&a->ksleep, FUTEX_WAIT, 1, &limit, 0);
	}
	WRITE_ONCE(a->ksleep, 0);
	return 0;
}

int space_add_thread(struct stub *s, struct space *sp)
{
	struct stub_order *o;
	uint32_t parked;
	long tid;

	mutex_lock(&sp->lock);
	spin_lock(&spaces_lock);
	parked = sp->parked;
	if (parked)
		sp->parked = area_next_parked[parked - 1];
	spin_unlock(&spaces_lock);
	space_flush_locked(sp);
	s->space = sp;
	if (parked) {
		/* its thread waits for the next order already */
		s->area = parked - 1;
		s->tid = area_tid[s->area];
		area_prepare(sp, s);
	} else {
		tid = area_alloc(sp);
		if (!tid)
			goto fail;
		s->area = (uint32_t)tid - 1;
		memset(area_at(s->area), 0, AR_STACK);
		area_prepare(sp, s);
		area_orders(sp, s->area);
		o = order_add(sp, __NR_clone, ORDER_THREAD, 0);
		o->a[0] = STUB_CLONE_THREAD;
		tid = orders_run(sp);
		if (tid <= 0 || host_call(__NR_tgkill, sp->pid, tid, 0, 0, 0) ||
		    area_wait_born(s))
			goto fail;
		s->tid = area_tid[s->area] = (uint32_t)tid;
	}
	spin_lock(&spaces_lock);
	sp->users++;
	sp->threads++;
	spin_unlock(&spaces_lock);
	mutex_unlock(&sp->lock);
	return 0;
fail:
	mutex_unlock(&sp->lock);
	s->space = NULL;
	return -EAGAIN;
}

/* --- processes --- */

/* The first orders of a new one. */
static void space_birth_orders(struct space *sp, struct stub *s)
{
	struct stub_orders *orders = space_orders(sp);
	struct stub_order *o;

	memset(orders, 0, offsetof(struct stub_orders, list));
	orders->naptime[1] = 5000;
	host_random(&orders->nonce, sizeof(orders->nonce));
	if (!host_info.pid_namespace) {
		o = order_add(sp, __NR_prctl, ORDER_CALL, ORDER_MUST);
		o->a[0] = 1; /* PR_SET_PDEATHSIG */
		o->a[1] = SIGKILL;
	}
	o = order_add(sp, __NR_madvise, ORDER_CALL, ORDER_MUST);
	o->a[0] = STUB_ORDERS;
	o->a[1] = 8192;
	o->a[2] = H_DONTFORK;
	if (!s)
		return;
	memset(area_at(s->area), 0, AR_STACK);
	area_prepare(sp, s);
	area_orders(sp, s->area);
	o = order_add(sp, __NR_clone, ORDER_THREAD, 0);
	o->a[0] = STUB_CLONE_THREAD;
}

int space_fork(struct stub *s, struct space *from)
{
	struct space *sp = space_alloc();
	struct stub_order *o;
	uint32_t area;
	long pid;

	if (!sp)
		return -EAGAIN;
	area = area_alloc(sp);
	if (!area) {
		pid = -EAGAIN;
		goto fail;
	}
	s->space = sp;
	s->area = area - 1;
	space_birth_orders(sp, s);
	space_orders(sp)->count = sp->gathered;
	sp->gathered = 0;
	sp->threads = 1;
	store_release(&space_orders(sp)->seq, 1);
	mutex_lock(&from->lock);
	pid = space_flush_locked(from) ? 0 : -EAGAIN;
	if (!pid) {
		o = order_add(from, __NR_clone, ORDER_FORK, 0);
		o->a[0] = STUB_CLONE_FORK;
		o->a[4] = (uint64_t)(sp - spaces) * 8192;
		pid = orders_run(from);
	}
	mutex_unlock(&from->lock);
	if (pid > 0) {
		WRITE_ONCE(sp->pid, (uint32_t)pid);
		smp_mb();
		/* gone before the reaper could know whose it was? */
		if (host_call(__NR_tgkill, pid, pid, 0, 0, 0))
			WRITE_ONCE(sp->dead, 1);
		return 0;
	}
	/* done, but what it gave was overwritten; or killed before it told */
	if (!pid || pid == -ESRCH)
		space_is_stray(sp);
fail:
	s->space = NULL;
	spin_lock(&spaces_lock);
	space_free_locked(sp);
	spin_unlock(&spaces_lock);
	return pid == -ENOMEM ? -ENOMEM : -EAGAIN;
}

int space_create(struct stub *s)
{
	int err = space_fork(s, &spaces[0]);

	if (!err)
		s->space->fresh = true;
	return err;
}

int space_settle(struct stub *s)
{
	struct space *sp = s->space;
	uint64_t nonce = 0;
	int err = orders_wait(sp);

	if (!err &&
	    (stub_copy_pid(__NR_process_vm_readv, sp->pid,
			   STUB_ORDERS + offsetof(struct stub_orders, nonce),
			   &nonce, sizeof(nonce)) != sizeof(nonce) ||
	     nonce != space_orders(sp)->nonce)) {
		sp->pid = 0; /* it is somebody else's */
		space_is_stray(sp);
		err = -ESRCH;
	}
	if (!err) {
		s->tid = area_tid[s->area] =
			(uint32_t)READ_ONCE(space_report(sp)->value);
		err = area_wait_born(s);
	}
	if (err)
		space_kill(sp);
	return err;
}

void space_leave(struct stub *s)
{
	struct space *sp = s->space;
	bool last;

	if (!sp)
		return;
	s->cpu_former = stub_cpu_ns(s);
	s->cpu_ran = 0;
	spin_lock(&spaces_lock);
	last = !--sp->users;
	if (!last) {
		area_next_parked[s->area] = (uint16_t)sp->parked;
		sp->parked = s->area + 1;
	} else if (sp->state == SPACE_REAPED) {
		space_free_locked(sp);
	} else {
		sp->ended = 1;
		space_kill(sp);
		sp->next = NULL;
		*spaces_ended_tail = sp;
		spaces_ended_tail = &sp->next;
		spaces_ended_count++;
	}
	spin_unlock(&spaces_lock);
	s->space = NULL;
	s->tid = 0;
}

/* --- the template --- */

struct stub_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

static void template_signals(void)
{
	static const uint8_t handled[] = { SIGSYS, SIGSEGV, SIGBUS, SIGFPE,
					   SIGILL, SIGTRAP, SIGURG };
	const uint64_t all = ~0ull;
	struct stub_sigaction sa;
	unsigned int i;
	int sig;

	/* for keepers; the threads' birth frames let all in */
	host_call(__NR_rt_sigprocmask, 2, (long)&all, 0, 8, 0);
	for (sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		memset(&sa, 0, sizeof(sa));
		sa.handler = (void *)1; /* ignored */
		for (i = 0; i < ARRAY_SIZE(handled); i++) {
			if (handled[i] != sig)
				continue;
			sa.handler = stub_handler;
			sa.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER |
				   SA_RESTORER;
			sa.restorer = stub_page;
		}
		host_call(__NR_rt_sigaction, sig, (long)&sa, 0, 8, 0);
	}
}

static void template_main(void *unused)
{
	struct sock_fprog prog = { (unsigned short)stub_filter_len,
				   (struct sock_filter *)stub_filter };

	host_call(__NR_prctl, 15 /* PR_SET_NAME */, (long)"lodger:stub", 0, 0,
		  0);
	/* for the keepers' naps */
	host_call(__NR_prctl, 29 /* PR_SET_TIMERSLACK */, 1, 0, 0, 0);
	template_signals();
	if (host_mmap(STUB_ORDERS, 4096, 1, H_SHARED_FIXED, FD_STUBS, 0) !=
		    (long)STUB_ORDERS ||
	    host_mmap(STUB_REPORT, 4096, 3, H_SHARED_FIXED, FD_STUBS, 4096) !=
		    (long)STUB_REPORT)
		arch_panic("cannot map a stub's pages");
	host_call(__NR_close_range, 0, FD_POOL - 1, 0, 0, 0);
	host_call(__NR_close_range, FD_POOL + 1, FD_STUBS - 1, 0, 0, 0);
	host_call(__NR_close_range, FD_STUBS + 1, 0xffffffff, 0, 0, 0);
	if (host_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&prog, 0,
		      0))
		stub_enter_keeper(0); /* which fails */
	stub_enter_keeper(stub_token);
}

static void template_drop(struct space *sp, uint64_t from, uint64_t to)
{
	struct stub_order *o =
		order_add(sp, __NR_munmap, ORDER_CALL, ORDER_MUST);

	o->a[0] = from;
	o->a[1] = to - from;
}

void stub_init(const struct boot_params *bp)
{
	struct space *sp;
	long fd, pid;

	fd = host_call(__NR_memfd_create, (long)"lodger-stubs",
		       MFD_CLOEXEC | H_NOEXEC_SEAL, 0, 0, 0);
	if (fd == -EINVAL) /* before Linux 6.3 */
		fd = host_call(__NR_memfd_create, (long)"lodger-stubs",
			       MFD_CLOEXEC, 0, 0, 0);
	if (fd < 0 || host_call(__NR_ftruncate, fd, STUBS_SIZE, 0, 0, 0))
		arch_panic("no memory file for the stubs");
	if (fd != FD_STUBS) {
		host_call(__NR_dup2, fd, FD_STUBS, 0, 0, 0);
		host_call(__NR_close, fd, 0, 0, 0, 0);
	}
	if (host_mmap(STUBS_VIEW, STUBS_SIZE, 3, H_SHARED_FIXED, FD_STUBS, 0) !=
	    (long)STUBS_VIEW)
		arch_panic("cannot map the stubs' memory file");
	place_init(bp);
	host_info.pid_namespace = bp->flags & BOOT_HAVE_PIDNS;
	while (!(uint32_t)stub_token || !(stub_token >> 32))
		host_random(&stub_token, sizeof(stub_token));
	stub_filter = filter_for_stubs(stub_token, host_info.pid_namespace,
				       &stub_filter_len);
	sp = space_alloc();
	space_birth_orders(sp, NULL);
	template_drop(sp, KIMAGE_BASE, (uint64_t)stub_page);
	template_drop(sp, (uint64_t)stub_page + STUB_CODE_SIZE, STUB_ORDERS);
	template_drop(sp, STUB_ORDERS + 8192, VDSO_BASE);
	template_drop(sp, VDSO_BASE + (1ull << 30), KERNEL_RANGE_HI);
	pid = host_clone(CLONE_UNTRACED | SIGCHLD,
			 (uint64_t)template_stack + sizeof(template_stack),
			 NULL, NULL, template_main, NULL);
	if (pid <= 0)
		arch_panic("cannot fork the first stub");
	sp->pid = (uint32_t)pid;
	host_call(__NR_close, FD_STUBS, 0, 0, 0, 0);
	orders_send(sp);
	if (orders_wait(sp))
		arch_panic("the first stub died");
}

/* --- the end of stubs --- */

/* A task that sleeps in the kernel, or is about to, shall learn it. */
static void space_tell_task(const struct space *sp, struct host_task *ht,
			    struct task *t)
{
	uint32_t *word;

	/* t may be gone: look it up */
	t = task_find_get(READ_ONCE(t->tid));
	if (!t)
		return;
	if (READ_ONCE(t->host) == ht) {
		kern_task_adopted(t, mm_was_in(t->mm, sp->pid));
		task_wake(t);
		word = READ_ONCE(ht->wait_word);
		if (word)
			host_futex_wake(word, 1);
	}
	task_put(t);
}

static void space_died(struct space *sp)
{
	uint32_t i, n = READ_ONCE(slots_used);

	WRITE_ONCE(sp->dead, 1);
	smp_mb();
	/* who has looked at `dead` too early shall not begin to wait */
	WRITE_ONCE(space_orders(sp)->done, 1);
	host_futex(&space_orders(sp)->done, FUTEX_WAKE, 1, NULL, 0);
	for (i = 0; i < n; i++) {
		struct host_task *ht = &slots[i];
		struct task *t = READ_ONCE(ht->task);
		struct stub *s;

		if (!t || ht->kind != SLOT_GUEST)
			continue;
		s = stub_of(t);
		if (READ_ONCE(s->space) != sp)
			continue;
		host_futex(&area_at(s->area % MAX_SLOTS)->ksleep, FUTEX_WAKE, 1,
			   NULL, 0);
		if (!sp->ended && READ_ONCE(ht->state) == SLOT_KERNEL)
			space_tell_task(sp, ht, t);
	}
}

static struct space *space_by_pid(uint32_t pid)
{
	uint32_t i, n = READ_ONCE(spaces_used);

	for (i = 0; i < n; i++)
		if (READ_ONCE(spaces[i].pid) == pid &&
		    spaces[i].state == SPACE_LIVE)
			return &spaces[i];
	return NULL;
}

/* Keep it from being used again. => false: we have ended it, or others have it */
static bool space_hold(struct space *sp, uint32_t pid)
{
	bool ok;

	spin_lock(&spaces_lock);
	ok = sp->state == SPACE_LIVE && !sp->ended && sp->pid == pid;
	if (ok)
		sp->users++;
	spin_unlock(&spaces_lock);
	return ok;
}

/* The host process of a space that is held has ended. */
static void space_is_reaped(struct space *sp)
{
	space_died(sp);
	/* before its number can belong to another one */
	spin_lock(&spaces_lock);
	sp->state = SPACE_REAPED;
	WRITE_ONCE(sp->pid, 0);
	if (!--sp->users)
		space_free_locked(sp);
	spin_unlock(&spaces_lock);
}

static void space_reap(uint32_t pid)
{
	struct space *sp = space_by_pid(pid);

	if (sp == &spaces[0])
		panic("the template of all stubs was killed");
	if (sp && !space_hold(sp, pid)) {
		/* somebody else reaps it, or has done so by now */
		spaces_collect(ENDED_MANY);
		host_yield();
		return;
	}
	if (sp)
		space_is_reaped(sp);
	host_call(__NR_wait4, pid, 0, WAIT_WALL | WAIT_NOTHREAD, 0, 0);
	if (sp)
		return;
	/* its maker may have learnt the number only now; see space_fork() */
	smp_mb();
	sp = space_by_pid(pid);
	if (sp && host_call(__NR_tgkill, pid, pid, 0, 0, 0) &&
	    space_hold(sp, pid))
		space_is_reaped(sp);
}

/*
 * A process is reaped when all its threads are; a thread that is traced waits for
 * its tracer, and that may sleep in the kernel for long. So look after them, not
 * too often, when something has ended.
 */
static void stubs_look(void)
{
	uint32_t i, n = READ_ONCE(slots_used);

	for (i = 0; i < n; i++) {
		struct host_task *ht = &slots[i];
		struct task *t = READ_ONCE(ht->task);
		struct space *sp;
		uint32_t pid, tid;

		if (!t || ht->kind != SLOT_GUEST ||
		    READ_ONCE(ht->state) != SLOT_KERNEL)
			continue;
		sp = READ_ONCE(stub_of(t)->space);
		tid = READ_ONCE(stub_of(t)->tid);
		/* marked as dead is not told yet: another task may have met it */
		if (!sp || !tid || READ_ONCE(space_orders(sp)->done))
			continue;
		pid = READ_ONCE(sp->pid);
		if (!strict->lost(tid) || !space_hold(sp, pid))
			continue;
		space_died(sp);
		spin_lock(&spaces_lock);
		if (!--sp->users && sp->state == SPACE_REAPED)
			space_free_locked(sp);
		spin_unlock(&spaces_lock);
	}
}

void strict_first_thread(void)
{
	const uint64_t chld = 1ull << (SIGCHLD - 1);
	const struct stub_timespec pause = { 0, LOOK_PERIOD };
	uint64_t looked = 0;
	bool look = false;
	long r;

	for (;;) {
		/* as waitid() fills it in */
		struct siginfo si;

		if (look && time_mono_ns() - looked >= LOOK_PERIOD) {
			stubs_look();
			looked = time_mono_ns();
			look = false;
		}
		memset(&si, 0, sizeof(si));
		if (!host_call(__NR_waitid, 0 /* P_ALL */, 0, (long)&si,
			       WAIT_EXITED | WAIT_NOHANG | WAIT_NOWAIT |
				       WAIT_WALL | WAIT_NOTHREAD,
			       0) &&
		    si.si_pid) {
			space_reap((uint32_t)si.si_pid);
			continue;
		}
		r = host_call(__NR_rt_sigtimedwait, (long)&chld, 0,
			      look ? (long)&pause : 0, 8, 0);
		if (r == SIGCHLD && strict->lost)
			look = true;
	}
}

/* Nothing to serve: who wants a stub makes it. */
void strict_server(void *unused)
{
	static uint32_t never;

	for (;;)
		host_futex(&never, FUTEX_WAIT, 0, NULL, 0);
}

/* --- processor time --- */

void stub_cpu_start(struct stub *s)
{
	if (unlikely(s->space->threads > 1))
		WRITE_ONCE(s->ran_since, time_mono_ns());
}

void stub_cpu_stop(struct stub *s)
{
	if (likely(!s->ran_since))
		return;
	s->cpu_ran += time_mono_ns() - s->ran_since;
	WRITE_ONCE(s->ran_since, 0);
}

/*
 * Of this stub thread and the task's former ones. The host tells another process's
 * time only as a whole; where several threads share it, each counts the time that
 * it was let run.
 */
uint64_t stub_cpu_ns(const struct stub *s)
{
	struct stub_timespec ts = { 0, 0 };
	const struct space *sp = READ_ONCE(s->space);
	uint64_t since = READ_ONCE(s->ran_since), all;

	if (!sp)
		return s->cpu_former;
	/* the process's CPU clock, CPUCLOCK_SCHED */
	if (sp->pid)
		host_call(__NR_clock_gettime, HOST_CPU_CLOCK(sp->pid, 2),
			  (long)&ts, 0, 0, 0);
	all = ts.sec * NSEC_PER_SEC + ts.nsec;
	if (sp->threads > 1)
		all = min(all,
			  s->cpu_ran + (since ? time_mono_ns() - since : 0));
	return s->cpu_former + all;
}
