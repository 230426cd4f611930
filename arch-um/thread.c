/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host threads and processes of the machine.
 *
 * The first process ("zygote") holds the kernel threads. Its first thread reaps
 * dead processes and adopts what slept in them; a second one, the server, makes
 * blank processes on request, because only the zygote is cheap to fork.
 *
 * A slot's life: FREE -> KERNEL (thread started for a task) <-> USER ->
 * IDLE when the task's context has ended or moved away. From IDLE: the thread
 * exits if other guest threads share its process, else the process empties its
 * user range and parks as a blank one, to be given the next exec after vfork.
 *
 * Contexts move: a slot leaves its task's stack for its own small idle stack,
 * and another slot's thread continues the stack (ctx_leave/ctx_resume). There it
 * has no signal stack to speak of: kicks are shut out from before it leaves until
 * it runs a context again and that has found its way out of the kernel.
 */
#include <asm/unistd.h>
#include <linux/sched.h>
#include <linux/futex.h>

#include "backend.h"
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>

#undef current
#define current		   get_current()

#define HOST_MAP_PRIVATE   2
#define HOST_MAP_FIXED	   16
#define HOST_MAP_ANONYMOUS 32
#define HOST_MAP_NORESERVE 0x4000
#define HOST_MADV_DONTFORK 10
#define HOST_SIGURG	   23
#define HOST_SIGKILL	   9
#define HOST_SIGCHLD	   17
#define WAIT_WALL	   0x40000000

struct host_task slots[MAX_SLOTS] __big_bss __attribute__((aligned(4096)));
uint32_t slots_used;
uint32_t zygote_pid;
static spinlock_t slot_lock;
static struct host_task *slot_free_list;

/* Blank processes, ready to run a context. */
static spinlock_t blank_lock;
static struct host_task *blank_list;
static uint32_t blank_count;
static uint32_t blank_max = 32; /* debuggers raise it: tools/gdb/attach.py */

/* The zygote's server: requests by a counter. */
static uint32_t server_seq, server_done;
static struct mutex server_mutex = MUTEX_INIT(server_mutex);
static struct host_task *server_result;
static uint32_t server_wants; /* enum */
enum { SERVE_BLANK = 1, SERVE_ADOPTER };

static uint32_t machine_exit_wanted;
static int machine_exit_code;

struct sigaltstack_k {
	uint64_t sp;
	int flags;
	uint64_t size;
};

/* --- slots --- */

/*
 * The stack a slot has when it runs no task's context: a task block as well, so
 * that `current` is something there. Only its touched pages cost memory.
 */
static bool slot_idle_stack(struct host_task *ht)
{
	void *block = page_alloc(TASK_BLOCK_ORDER);
	struct task *idle;

	if (!block)
		return false;
	idle = task_from_sp((uint64_t)block);
	memset(idle, 0, sizeof(*idle));
	idle->kthread = true;
	strlcpy(idle->comm, "idle", sizeof(idle->comm));
	ht->idle_stack = (uint64_t)block + TASK_STACK_SIZE - 64;
	return true;
}

struct host_task *slot_alloc(void)
{
	struct host_task *ht, **p;

	/*
	 * The host may still be taking the last owner's thread of a free slot
	 * down: then it says so by `alive`, and another one is taken.
	 */
	spin_lock(&slot_lock);
	for (p = &slot_free_list; *p && READ_ONCE((*p)->alive);)
		p = &(*p)->next;
	ht = *p;
	if (ht)
		*p = ht->next;
	else if (slots_used < MAX_SLOTS)
		ht = &slots[slots_used++];
	spin_unlock(&slot_lock);
	if (!ht)
		return NULL;
	ht->index = (uint32_t)(ht - slots);
	if (!ht->idle_stack && !slot_idle_stack(ht)) {
		slot_free(ht);
		return NULL;
	}
	ht->state = SLOT_KERNEL;
	ht->ctx_state = CTX_RUNNING;
	ht->task = NULL;
	ht->fpu = 0;
	ht->calls = NULL;
	ht->idle_word = IDLE_WAIT;
	ht->gs_set = 0;
	ht->kick_blocked = 0;
	ht->is_zygote = 0;
	ht->host_pid = ht->host_tid = 0;
	return ht;
}

void slot_free(struct host_task *ht)
{
	spin_lock(&slot_lock);
	WRITE_ONCE(ht->state, SLOT_FREE);
	ht->next = slot_free_list;
	slot_free_list = ht;
	spin_unlock(&slot_lock);
}

/* On a task's stack only. */
struct host_task *slot_current(void)
{
	return READ_ONCE(current->host);
}

/* The slot is going to run this task; callable from any thread. */
void slot_bind(struct host_task *ht, struct task *t)
{
	uint64_t block = (uint64_t)task_block(t);

	ht->task = t;
	ht->stack_top = block + TASK_STACK_SIZE;
	ht->scratch = block + TASK_STACK_SIZE + TASK_PAD_SIZE - SCRATCH_SIZE;
	WRITE_ONCE(t->host, ht);
}

/* Tell the processor who we are. The descriptors stand in low memory. */
void thread_identity(struct host_task *ht)
{
	long err;

	direct_slot_entry(ht->index);
	err = host_set_slot((uint32_t)(LOW_TABLE + ht->index * 16),
			    (uint32_t)host_token, (uint32_t)(host_token >> 32));
	if (err)
		arch_panic("set_thread_area was refused");
}

/* Who are we? Needs no task's stack. */
static struct host_task *thread_self(void)
{
	uint32_t limit = SLOT_SELECTOR;

	__asm__ volatile("lsl %0, %0" : "+r"(limit) : : "cc");
	return &slots[limit];
}

/* Signal stack and pad of ht->task, on the thread itself. */
static void thread_signal_stack(struct host_task *ht)
{
	uint64_t block = (uint64_t)task_block(ht->task);
	struct sigaltstack_k ss = { block + PAGE_SIZE, 0,
				    ht->scratch - block - PAGE_SIZE };

	if (!ht->task->kthread || ht->task->mm) {
		uint64_t pad = block + TASK_STACK_SIZE;

		if (host_mmap(pad, TASK_PAD_SIZE, 3,
			      HOST_MAP_PRIVATE | HOST_MAP_ANONYMOUS |
				      HOST_MAP_FIXED | HOST_MAP_NORESERVE,
			      -1, 0) != (long)pad)
			arch_panic("no memory for a signal pad");
		host_call(__NR_madvise, (long)pad, TASK_PAD_SIZE,
			  HOST_MADV_DONTFORK, 0, 0);
		__builtin_ia32_wrgsbase64(ht->scratch);
	}
	host_call(__NR_sigaltstack, (long)&ss, 0, 0, 0, 0);
}

void direct_thread_enter(struct host_task *ht)
{
	thread_identity(ht);
	thread_signal_stack(ht);
}

/* --- kicks --- */

static void thread_mask_kick(int how)
{
	uint64_t urg = 1ull << (HOST_SIGURG - 1);

	host_call(__NR_rt_sigprocmask, how, (long)&urg, 0, 8, 0);
}

void thread_block_kick(struct host_task *ht)
{
	if (ht->kick_blocked)
		return;
	ht->kick_blocked = 1;
	thread_mask_kick(0 /* SIG_BLOCK */);
}

void thread_unblock_kick(struct host_task *ht)
{
	if (likely(!ht->kick_blocked))
		return;
	ht->kick_blocked = 0;
	thread_mask_kick(1 /* SIG_UNBLOCK */);
}

/* --- starting tasks --- */

static void thread_user_main(void *arg)
{
	struct host_task *ht = arg;

	direct_thread_enter(ht);
	kern_task_started(ht->task);
	host_return_to_user();
}

static uint64_t thread_start_stack(struct task *t)
{
	return ((uint64_t)task_regs(t) - 64) & ~63ull;
}

#define CLONE_THREAD_FLAGS                                                  \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
	 CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
/* With a signal at the end, as debuggers take others for threads. */
#define CLONE_FORK_FLAGS                                                       \
	(CLONE_FS | CLONE_FILES | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | \
	 HOST_SIGCHLD)

/*
 * The new thread begins with kicks shut out: until it has an identity of its own
 * it has its parent's, and a fork has no signal stack yet either. It lets them in
 * on its way out of the kernel, as the caller does, who shares the mask till then.
 */
static long thread_clone(struct host_task *ht, uint64_t flags, uint64_t stack,
			 void (*fn)(void *), void *arg)
{
	if (!backend_remote) {
		thread_block_kick(thread_self());
		ht->kick_blocked = 1;
		/* the short way out would leave them shut out */
		if (!current->kthread)
			task_regs(current)->flags |= PT_REGS_FULL;
	}
	WRITE_ONCE(ht->alive, 1);
	return host_clone(flags, stack, &ht->host_tid, &ht->alive, fn, arg);
}

int host_task_start_thread(struct task *child)
{
	return backend->start_thread(child);
}

int host_task_start_fork(struct task *child)
{
	return backend->start_fork(child);
}

/* Another thread of the zygote runs fn(arg) on the stack of ht->task. */
int thread_start_in_zygote(struct host_task *ht, void (*fn)(void *), void *arg)
{
	long tid = thread_clone(ht, CLONE_THREAD_FLAGS,
				thread_start_stack(ht->task), fn, arg);

	if (tid < 0) {
		ht->task->host = NULL;
		ht->alive = 0;
		slot_free(ht);
	}
	return tid < 0 ? (int)tid : 0;
}

int direct_start_thread(struct task *child)
{
	struct host_task *me = current->host, *ht = slot_alloc();
	long tid;

	if (!ht)
		return -11;
	host_fpu_make_live();
	slot_bind(ht, child);
	ht->gs_base = me->gs_base;
	ht->gs_set = me->gs_set;
	ht->kind = SLOT_GUEST;
	ht->host_pid = me->host_pid;
	ht->is_zygote = me->is_zygote;
	atomic_inc(&counters.threads);
	tid = thread_clone(ht, CLONE_THREAD_FLAGS, thread_start_stack(child),
			   thread_user_main, ht);
	if (tid < 0) {
		child->host = NULL;
		ht->alive = 0;
		slot_free(ht);
		return (int)tid;
	}
	return 0;
}

/* Without a pid namespace each process must die with the zygote by itself. */
static void thread_outlive_nobody(void)
{
	if (!host_info.pid_namespace)
		host_call(__NR_prctl, 1 /* PR_SET_PDEATHSIG */, HOST_SIGKILL, 0,
			  0, 0);
}

/*
 * Kernel memory is mapped on demand in a new process. A write maps one page, a
 * read its 16 neighbours as well, writable: so look before touching.
 */
static void thread_prefault(const struct task *t)
{
	const void *const look[] = { t,	    t->mm,   t->files,
				     t->fs, t->cred, t->proc->parent };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(look); i++)
		if (look[i])
			(void)*(const volatile char *)look[i];
}

/* A forked child's first code. */
static void thread_fork_main(void *arg)
{
	struct host_task *ht = arg;

	thread_prefault(ht->task);
	WRITE_ONCE(ht->host_pid, READ_ONCE(ht->host_tid));
	ht->task->mm->host[MM_HOST_PID] = ht->host_pid;
	thread_outlive_nobody();
	thread_user_main(ht);
}

int direct_start_fork(struct task *child)
{
	struct host_task *me = current->host, *ht = slot_alloc();
	uint64_t flags = CLONE_FORK_FLAGS;
	long tid;

	if (!ht)
		return -11;
	host_fpu_make_live();
	slot_bind(ht, child);
	ht->gs_base = me->gs_base;
	ht->gs_set = me->gs_set;
	ht->kind = SLOT_GUEST;
	ht->host_pid = 0;
	if (!me->is_zygote)
		flags |= CLONE_PARENT; /* all are the zygote's children */
	atomic_inc(&counters.forks);
	tid = thread_clone(ht, flags, thread_start_stack(child),
			   thread_fork_main, ht);
	if (tid < 0) {
		child->host = NULL;
		ht->alive = 0;
		slot_free(ht);
		return (int)tid;
	}
	return 0;
}

struct kernel_start {
	void (*fn)(void *);
	void *arg;
	struct host_task *ht;
};

static void thread_kernel_main(void *p)
{
	struct kernel_start *ks = p;

	backend->thread_enter(ks->ht);
	ks->fn(ks->arg);
	panic("kernel thread %s returned", ks->ht->task->comm);
}

int host_task_start_kernel(struct task *child, void (*fn)(void *), void *arg)
{
	struct host_task *ht = slot_alloc();
	struct kernel_start *ks;
	uint64_t stack;
	long tid;

	if (!ht)
		return -11;
	slot_bind(ht, child);
	ht->kind = SLOT_KTHREAD;
	ht->host_pid = zygote_pid;
	ht->is_zygote = 1;
	/* the arguments stand on the new stack itself */
	stack = thread_start_stack(child) - 64;
	ks = (struct kernel_start *)stack;
	*ks = (struct kernel_start){ fn, arg, ht };
	tid = thread_clone(ht, CLONE_THREAD_FLAGS, stack - 64,
			   thread_kernel_main, ks);
	if (tid < 0) {
		ht->alive = 0;
		slot_free(ht);
		return (int)tid;
	}
	return 0;
}

/* --- leaving a context --- */

/* The host thread ends; its slot is reusable once the host has cleared alive. */
static void thread_exit(struct host_task *ht) __noreturn;
static void thread_exit(struct host_task *ht)
{
	slot_free(ht);
	/* slot_alloc passes the slot over while the host has us `alive` */
	for (;;)
		host_call(__NR_exit, 0, 0, 0, 0, 0);
}

/* How many other slots live in this host process? */
static bool process_shared(const struct host_task *me)
{
	uint32_t i, n = READ_ONCE(slots_used);

	for (i = 0; i < n; i++)
		if (&slots[i] != me && slots[i].state != SLOT_FREE &&
		    slots[i].host_pid == me->host_pid)
			return true;
	return false;
}

void thread_idle_loop(struct host_task *ht)
{
	WRITE_ONCE(ht->state, SLOT_IDLE);
	while (load_acquire(&ht->idle_word) == IDLE_WAIT)
		host_futex(&ht->idle_word, FUTEX_WAIT, IDLE_WAIT, NULL, 0);
	/* IDLE_RUN: continue the context of ht->task */
	WRITE_ONCE(ht->state, SLOT_KERNEL);
	WRITE_ONCE(ht->idle_word, IDLE_WAIT);
	__builtin_ia32_wrfsbase64(0);
	thread_signal_stack(ht);
	ctx_resume(ht->ctx_sp, 0);
}

static void blank_put(struct host_task *ht)
{
	bool full;

	ht->kind = SLOT_BLANK;
	ht->task = NULL;
	spin_lock(&blank_lock);
	full = blank_count >= READ_ONCE(blank_max);
	if (!full) {
		ht->next = blank_list;
		blank_list = ht;
		blank_count++;
	}
	spin_unlock(&blank_lock);
	if (full)
		host_call(__NR_exit_group, 0, 0, 0, 0, 0);
}

/* On the idle stack: the task's context is no longer ours. */
static void thread_after_exit(void *p, void *last)
{
	struct host_task *ht = p;
	struct task *t = ht->task;

	ht->fpu = 0;
	if (last && !ht->is_zygote && !process_shared(ht) &&
	    !mm_empty_user_range()) {
		ht->task = NULL;
		kern_task_gone(t);
		blank_put(ht);
		thread_idle_loop(ht);
	}
	ht->task = NULL;
	kern_task_gone(t);
	thread_exit(ht);
}

void host_task_exit(struct task *t, bool last_of_mm)
{
	struct host_task *ht = t->host;
	uint64_t ignored;

	if (backend->task_exit)
		backend->task_exit(t);
	mm_calls_abort(ht);
	thread_block_kick(ht);
	WRITE_ONCE(t->host, NULL);
	ctx_leave(&ignored, ht->idle_stack, thread_after_exit, ht,
		  (void *)(long)last_of_mm);
	__builtin_unreachable();
}

/* On the idle stack of the slot that gives its context away. */
static void thread_after_migrate(void *p, void *q)
{
	struct host_task *from = p, *to = q;

	from->task = NULL;
	store_release(&to->idle_word, IDLE_RUN);
	host_futex(&to->idle_word, FUTEX_WAKE, 1, NULL, 0);
	thread_exit(from);
}

void ctx_migrate(struct host_task *from, struct host_task *to)
{
	struct task *t = from->task;

	thread_block_kick(from);
	slot_bind(to, t);
	to->kind = SLOT_GUEST;
	to->fpu = 0;
	to->gs_set = 0;
	to->ctx_state = CTX_RUNNING;
	ctx_leave(&to->ctx_sp, from->idle_stack, thread_after_migrate, from,
		  to);
}

/* --- blank processes --- */

static void thread_blank_main(void *arg)
{
	struct host_task *ht = arg;

	WRITE_ONCE(ht->host_pid, READ_ONCE(ht->host_tid));
	thread_identity(ht);
	thread_outlive_nobody();
	thread_idle_loop(ht);
}

/* By the zygote's server: a fork of the zygote, whose user range is empty. */
static struct host_task *blank_create(void)
{
	struct host_task *ht = slot_alloc();

	if (!ht)
		return NULL;
	ht->kind = SLOT_BLANK;
	ht->state = SLOT_IDLE;
	if (thread_clone(ht, CLONE_FORK_FLAGS, ht->idle_stack,
			 thread_blank_main, ht) < 0) {
		ht->alive = 0;
		slot_free(ht);
		return NULL;
	}
	WRITE_ONCE(ht->host_pid, READ_ONCE(ht->host_tid));
	return ht;
}

static void thread_adopter_main(void *arg)
{
	struct host_task *ht = arg;

	thread_identity(ht);
	thread_idle_loop(ht);
}

static struct host_task *adopter_create(void)
{
	struct host_task *ht = slot_alloc();

	if (!ht)
		return NULL;
	ht->kind = SLOT_KTHREAD;
	ht->state = SLOT_IDLE;
	ht->is_zygote = 1;
	ht->host_pid = zygote_pid;
	if (thread_clone(ht, CLONE_THREAD_FLAGS, ht->idle_stack,
			 thread_adopter_main, ht) < 0) {
		ht->alive = 0;
		slot_free(ht);
		return NULL;
	}
	return ht;
}

void zygote_server(void *unused)
{
	uint32_t seq = 0;

	for (;;) {
		while (load_acquire(&server_seq) == seq)
			host_futex(&server_seq, FUTEX_WAIT, seq, NULL, 0);
		seq++;
		server_result = server_wants == SERVE_BLANK ? blank_create()
							    : adopter_create();
		store_release(&server_done, seq);
		host_futex(&server_done, FUTEX_WAKE, 1, NULL, 0);
	}
}

static struct host_task *server_ask(uint32_t what)
{
	struct host_task *ht;
	uint32_t seq;

	mutex_lock(&server_mutex);
	server_wants = what;
	seq = atomic_inc(&server_seq);
	host_futex(&server_seq, FUTEX_WAKE, 1, NULL, 0);
	while (load_acquire(&server_done) != seq)
		host_futex_wait(&server_done, seq - 1, (uint64_t)-1);
	ht = server_result;
	mutex_unlock(&server_mutex);
	return ht;
}

struct host_task *blank_get(void)
{
	struct host_task *ht;

	spin_lock(&blank_lock);
	ht = blank_list;
	if (ht) {
		blank_list = ht->next;
		blank_count--;
	}
	spin_unlock(&blank_lock);
	if (ht) {
		atomic_inc(&counters.recycled);
		return ht;
	}
	return server_ask(SERVE_BLANK);
}

/* --- the reaper --- */

bool mm_was_in(const struct mm *mm, uint32_t pid)
{
	return mm && READ_ONCE(mm->host[MM_HOST_PID]) == pid;
}

/* => it was one of the blank ones */
static bool blank_forget(struct host_task *dead)
{
	struct host_task **p;
	bool found = false;

	spin_lock(&blank_lock);
	for (p = &blank_list; *p; p = &(*p)->next)
		if (*p == dead) {
			*p = dead->next;
			blank_count--;
			found = true;
			break;
		}
	spin_unlock(&blank_lock);
	return found;
}

/*
 * A blank process has died that somebody has just taken, who is about to leave a
 * context to it (ctx_migrate).
 */
static void reaper_wait_context(const struct host_task *ht)
{
	int i;

	for (i = 0; i < 1000 && load_acquire(&ht->idle_word) != IDLE_RUN; i++)
		host_futex((uint32_t *)&ht->idle_word, FUTEX_WAIT, IDLE_WAIT,
			   &(struct { long s, ns; }){ 0, 1000000 }, 0);
}

/* First code, on its own empty stack, of a task killed in user mode. */
static void adopted_user_main(void *p)
{
	kern_task_killed(p);
}

/* Runs in the adopter through IDLE_RUN with a context prepared below. */
static void reaper_adopt(struct host_task *dead, bool asleep)
{
	struct task *t = dead->task;
	struct host_task *ht = adopter_create();

	if (!ht)
		arch_panic("no host thread to adopt a dead task");
	atomic_inc(&counters.adopted);
	mm_calls_abort(dead);
	slot_bind(ht, t);
	kern_task_adopted(t, mm_was_in(t->mm, dead->host_pid));
	if (asleep) {
		ht->ctx_sp = dead->ctx_sp;
	} else {
		/* a context that "returns" into adopted_trampoline */
		uint64_t *sp = (uint64_t *)thread_start_stack(t);

		*--sp = 0;
		*--sp = 0; /* alignment */
		*--sp = (uint64_t)adopted_trampoline;
		*--sp = 0;			     /* rbp */
		*--sp = (uint64_t)t;		     /* rbx */
		*--sp = (uint64_t)adopted_user_main; /* r12 */
		*--sp = 0;
		*--sp = 0;
		*--sp = 0;
		ht->ctx_sp = (uint64_t)sp;
	}
	slot_free(dead);
	store_release(&ht->idle_word, IDLE_RUN);
	host_futex(&ht->idle_word, FUTEX_WAKE, 1, NULL, 0);
}

static void reaper_process_died(uint32_t pid, int status)
{
	uint32_t i, n = READ_ONCE(slots_used);

	for (i = 0; i < n; i++) {
		struct host_task *ht = &slots[i];
		uint32_t state = READ_ONCE(ht->state);
		bool newborn;

		/* one that was killed at birth has not said who it is */
		newborn = !ht->host_pid && READ_ONCE(ht->host_tid) == pid;
		if ((ht->host_pid != pid && !newborn) || ht->is_zygote)
			continue;
		/* the host clears it only while others share the memory */
		WRITE_ONCE(ht->alive, 0);
		if (state == SLOT_FREE)
			continue;
		if (state == SLOT_IDLE) {
			if (!blank_forget(ht))
				reaper_wait_context(ht);
			if (load_acquire(&ht->idle_word) == IDLE_RUN &&
			    ht->task) {
				reaper_adopt(ht, true);
				continue;
			}
			slot_free(ht);
			continue;
		}
		if (!ht->task) {
			blank_forget(ht);
			slot_free(ht);
			continue;
		}
		if (!(status & 0x7f))
			continue; /* it exited by itself */
		if (state == SLOT_USER || newborn) {
			reaper_adopt(ht, false);
		} else if (atomic_cas(&ht->ctx_state, CTX_ASLEEP,
				      CTX_ADOPTED)) {
			reaper_adopt(ht, true);
		} else {
			panic("host process %u was killed (status %#x) while "
			      "running kernel code, task %u (%s)",
			      pid, status, ht->task->tid, ht->task->comm);
		}
	}
}

void direct_first_thread(void)
{
	int status;
	long pid;

	for (;;) {
		if (READ_ONCE(machine_exit_wanted))
			host_call(__NR_exit_group, machine_exit_code, 0, 0, 0,
				  0);
		thread_unblock_kick(slot_current());
		status = 0;
		pid = host_call(__NR_wait4, -1, (long)&status, WAIT_WALL, 0, 0);
		if (pid > 0)
			reaper_process_died((uint32_t)pid, status);
		else if (pid == -10) /* no children yet */
			host_futex(&machine_exit_wanted, FUTEX_WAIT, 0,
				   &(struct { long s, ns; }){ 0, 20000000 }, 0);
	}
}

void zygote_main(void)
{
	backend->first_thread();
	__builtin_unreachable();
}

/*
 * A debugger that lets the machine go sets this (tools/gdb/attach.py): the end of
 * the first process waits, in the host, for the ends of its traced threads, and a
 * debugger halfway through them waits for that of the one that waits.
 */
uint64_t machine_exit_after; /* CLOCK_MONOTONIC */

static void machine_exit_hold(void)
{
	static uint32_t never;

	while (time_mono_ns() < READ_ONCE(machine_exit_after))
		host_futex(&never, FUTEX_WAIT, 0,
			   &(struct { long s, ns; }){ 0, 5000000 }, 0);
}

void host_machine_exit(int code)
{
	const struct host_task *me = slot_current();

	machine_exit_hold();
	/* the reaper, who acts on the wish of others, may be the one who asks */
	while (backend->one_process || (me && me->is_zygote))
		host_call(__NR_exit_group, code, 0, 0, 0, 0);
	if (atomic_cas(&machine_exit_wanted, 0, 1))
		machine_exit_code = code;
	host_futex(&machine_exit_wanted, FUTEX_WAKE, 1, NULL, 0);
	for (;;) {
		host_call(__NR_tgkill, zygote_pid, zygote_pid, HOST_SIGURG, 0,
			  0);
		host_futex(&slots[0].idle_word, FUTEX_WAIT,
			   READ_ONCE(slots[0].idle_word),
			   &(struct { long s, ns; }){ 0, 2000000 }, 0);
	}
}

/* For arch_panic: on any stack, with nothing to rely on. The caller exits. */
void machine_exit_soon(int code)
{
	if (atomic_cas(&machine_exit_wanted, 0, 1))
		machine_exit_code = code;
	/* the end of our process wakes the reaper as well */
	host_futex(&machine_exit_wanted, FUTEX_WAKE, 1, NULL, 0);
	host_call(__NR_tgkill, zygote_pid, zygote_pid, HOST_SIGURG, 0, 0);
}

int host_task_host_tid(const struct task *t)
{
	struct host_task *ht = READ_ONCE(t->host);

	return ht ? (int)ht->host_tid : 0;
}

void host_task_set_name(struct task *t, const char *name)
{
	if (t == current)
		host_call(__NR_prctl, 15 /* PR_SET_NAME */, (long)name, 0, 0,
			  0);
}

int host_set_affinity(struct task *t, const uint8_t *mask, size_t n)
{
	struct host_task *ht = READ_ONCE(t->host);

	if (backend->set_affinity)
		return backend->set_affinity(t, mask, n);
	return ht ? (int)host_call(__NR_sched_setaffinity, ht->host_tid,
				   (long)n, (long)mask, 0, 0)
		  : -3;
}

void host_get_counters(struct host_counters *c)
{
	*c = counters;
}
