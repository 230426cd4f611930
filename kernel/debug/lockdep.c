// SPDX-License-Identifier: GPL-2.0
/*
 * Lock order (LOCKDEP=1, DEBUG=1, SAN=address).
 *
 * Locks that play the same part are a class: a lock in the kernel's data is one
 * of its own; in an allocation it is told by who allocated it (heap.c's tags)
 * and where in it the lock lies, so that all `mutex` of all pipes are one. No
 * lock need be named or initialised for that.
 *
 * Whenever a task waits for a lock while it holds others, "held before taken"
 * becomes an edge between their classes, with the backtrace of who made it
 * first. An edge that closes a circle is an order that can deadlock, even if
 * it has not yet; it is reported with the backtraces of the other edges of the
 * circle. A lock that was got by trying makes no edges to itself. Two of a class
 * at once are not looked at (a directory and what is in it), but the same lock
 * twice is.
 *
 * Also reported: sleeping with a spinlock held, going back to user mode with
 * any lock held, and a lock released that is not held.
 *
 * "BUG: lock" in the log; each edge and each place once.
 */
#define LOCKDEP_RAW
#include <hostapi/host.h>
#include <kernel/atomic.h>
#include <kernel/checks.h>
#include <kernel/lock.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>

#define LOCKDEP_MAGIC	0x6c6f636b64657021ull
#define LOCKDEP_CLASSES 2048u
#define LOCKDEP_EDGES	8192u
#define LOCKDEP_PCS	12
#define LOCKDEP_CIRCLE	16 /* so much of one is shown */
#define __checks_bss	__attribute__((section(".bss.checks")))

static struct lockdep_class {
	u64 site, off;	  /* off: ~0 in the kernel's own data */
	const char *name; /* as written where it was first taken */
} lockdep_classes[LOCKDEP_CLASSES] __checks_bss;

static struct lockdep_edge {
	u16 from, to;
	u64 from_pc;	     /* where `from` was taken */
	u64 pc[LOCKDEP_PCS]; /* how `to` was */
} lockdep_edges[LOCKDEP_EDGES] __checks_bss;

/* [from][to] */
static u64 lockdep_before[LOCKDEP_CLASSES][LOCKDEP_CLASSES / 64] __checks_bss;
static u64 lockdep_visited[LOCKDEP_CLASSES / 64] __checks_bss;
static u16 lockdep_path[LOCKDEP_CLASSES] __checks_bss;
static u64 lockdep_places[64];

/* Guards all the above; taken with no checks. */
static spinlock_t lockdep_lock;
static u32 lockdep_nedges, lockdep_full;
static bool lockdep_running;

void lockdep_on(void)
{
	lockdep_task_init(&current->lockdep);
	lockdep_running = true;
}

void lockdep_task_init(struct lockdep_task *d)
{
	d->n = d->busy = 0;
	d->magic = LOCKDEP_MAGIC;
}

/* NULL: not now. Idle stacks of arch-um have no task. */
static struct lockdep_task *lockdep_enter(void)
{
	struct task *t = current;

	if (!lockdep_running || (u64)t < ARENA_BASE ||
	    (u64)t >= ARENA_BASE + ARENA_MAX ||
	    t->lockdep.magic != LOCKDEP_MAGIC || t->lockdep.busy)
		return NULL;
	t->lockdep.busy = 1;
	return &t->lockdep;
}

/* --- Classes ------------------------------------------------------------------- */

static u16 lockdep_class_of(const void *lock, const char *name, u64 pc)
{
	struct task *t = task_from_sp((u64)lock);
	u64 site = (u64)lock, off = ~0ull;
	u32 h, i;

	if (heap_origin(lock, &site, &off) && lock < (void *)t &&
	    task_block(t) == task_block(current)) {
		site = pc; /* it stands on the stack */
		off = 0;
	}
	h = (u32)((site * 31 + off) * 0x9e3779b97f4a7c15ull >> 32);
	for (i = 0; i < LOCKDEP_CLASSES; i++) {
		struct lockdep_class *c =
			&lockdep_classes[(h + i) % LOCKDEP_CLASSES];

		if (!c->name) {
			spin_lock(&lockdep_lock);
			if (!c->name) {
				c->site = site;
				c->off = off;
				store_release(&c->name, name);
			}
			spin_unlock(&lockdep_lock);
		}
		if (c->site == site && c->off == off)
			return (u16)(c - lockdep_classes);
	}
	if (!atomic_xchg(&lockdep_full, 1))
		printk(KERN_WARN "lockdep: too many classes\n");
	return 0;
}

static void lockdep_print_class(const char *what, u16 i)
{
	const struct lockdep_class *c = &lockdep_classes[i];

	if (c->off == ~0ull) {
		printk(KERN_ERR "%s %s (%p)\n", what, c->name, (void *)c->site);
		return;
	}
	printk(KERN_ERR "%s %s, at %#lx in what is allocated by\n", what,
	       c->name, (unsigned long)(u32)c->off);
	host_dump_frames(&c->site, 1);
}

/* --- Reports ------------------------------------------------------------------- */

static bool lockdep_seen(u64 pc)
{
	for (u32 i = 0; i < ARRAY_SIZE(lockdep_places); i++) {
		u64 old = 0;

		if (lockdep_places[i] == pc)
			return true;
		if (!lockdep_places[i] &&
		    __atomic_compare_exchange_n(&lockdep_places[i], &old, pc,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return false;
	}
	return true;
}

static void lockdep_print_held(const struct lockdep_task *d)
{
	for (u32 i = 0; i < d->n && i < LOCKDEP_DEPTH; i++) {
		printk(KERN_ERR "held: %s (%p), taken at\n", d->held[i].name,
		       d->held[i].lock);
		host_dump_frames(&d->held[i].pc, 1);
	}
}

static void lockdep_bug(struct lockdep_task *d, const char *what,
			const char *name, const void *lock, u64 pc)
{
	if (lockdep_seen(pc))
		return;
	printk(KERN_ERR "BUG: lock: %s: %s (%p), task %u (%s)\n", what, name,
	       lock, current->tid, current->comm);
	lockdep_print_held(d);
	host_dump_state(NULL);
}

static const struct lockdep_edge *lockdep_edge_find(u16 from, u16 to)
{
	for (u32 i = 0; i < lockdep_nedges; i++)
		if (lockdep_edges[i].from == from && lockdep_edges[i].to == to)
			return &lockdep_edges[i];
	return NULL;
}

/* From the class just taken, over others, to the held one. */
static void lockdep_print_circle(const struct lockdep_task *d, const u16 *path,
				 u32 n)
{
	printk(KERN_ERR "BUG: lock: order: task %u (%s)\n", current->tid,
	       current->comm);
	lockdep_print_class("takes", path[0]);
	lockdep_print_held(d);
	host_dump_state(NULL);
	for (u32 i = 0; i + 1 < n; i++) {
		const struct lockdep_edge *e =
			lockdep_edge_find(path[i], path[i + 1]);

		printk(KERN_ERR "but before, in another place:\n");
		lockdep_print_class("held", path[i]);
		lockdep_print_class("taken", path[i + 1]);
		if (!e)
			continue;
		printk(KERN_ERR "held since:\n");
		host_dump_frames(&e->from_pc, 1);
		printk(KERN_ERR "taken by:\n");
		host_dump_frames(e->pc, LOCKDEP_PCS);
	}
}

/* --- Edges --------------------------------------------------------------------- */

static bool lockdep_bit(const u64 *map, u32 i)
{
	return READ_ONCE(map[i / 64]) >> i % 64 & 1;
}

/*
 * Depth first from `at` to `goal`; under lockdep_lock. => length of the path
 * in lockdep_path, or 0.
 */
static u32 lockdep_reach(u16 at, u16 goal)
{
	u32 n = 0, next;

	memset(lockdep_visited, 0, sizeof(lockdep_visited));
	lockdep_path[n++] = at;
	while (n) {
		at = lockdep_path[n - 1];
		if (at == goal)
			return n;
		lockdep_visited[at / 64] |= 1ull << at % 64;
		for (next = 0; next < LOCKDEP_CLASSES; next++) {
			u64 todo = lockdep_before[at][next / 64] &
				   ~lockdep_visited[next / 64];

			if (!(next % 64) && !todo)
				next += 63;
			else if (todo >> next % 64 & 1)
				break;
		}
		if (next < LOCKDEP_CLASSES)
			lockdep_path[n++] = (u16)next;
		else
			n--;
	}
	return 0;
}

static void lockdep_edge_add(struct lockdep_task *d,
			     const struct lockdep_held *h, u16 to,
			     const void *frame)
{
	u16 path[LOCKDEP_CIRCLE];
	struct lockdep_edge *e;
	u32 n = 0;

	spin_lock(&lockdep_lock);
	if (!lockdep_bit(lockdep_before[h->cls], to)) {
		n = lockdep_reach(to, h->cls);
		atomic_or(&lockdep_before[h->cls][to / 64], 1ull << to % 64);
		if (lockdep_nedges < LOCKDEP_EDGES) {
			e = &lockdep_edges[lockdep_nedges++];
			e->from = h->cls;
			e->to = to;
			e->from_pc = h->pc;
			host_backtrace(frame, e->pc, LOCKDEP_PCS);
		}
		n = min(n, (u32)LOCKDEP_CIRCLE);
		memcpy(path, lockdep_path, n * sizeof(path[0]));
	}
	spin_unlock(&lockdep_lock);
	if (n) /* without the lock: printing takes some, too */
		lockdep_print_circle(d, path, n);
}

/* --- What the locks call --------------------------------------------------------- */

void lockdep_take(const void *lock, bool spin, bool waits, const char *name)
{
	u64 pc = (u64)__builtin_return_address(0);
	struct lockdep_task *d = lockdep_enter();
	struct lockdep_held *h;
	u16 cls;
	u32 i;

	if (!d)
		return;
	cls = lockdep_class_of(lock, name, pc);
	for (i = 0; waits && i < d->n && i < LOCKDEP_DEPTH; i++) {
		h = &d->held[i];
		if (h->lock == lock)
			lockdep_bug(d, "taken while held", name, lock, pc);
		else if (!spin && h->spin)
			lockdep_bug(d, "mutex taken under a spinlock", name,
				    lock, pc);
		if (h->cls != cls && !lockdep_bit(lockdep_before[h->cls], cls))
			lockdep_edge_add(d, h, cls, __builtin_frame_address(0));
	}
	if (d->n < LOCKDEP_DEPTH)
		d->held[d->n] = (struct lockdep_held){
			.lock = lock,
			.name = name,
			.pc = pc,
			.cls = cls,
			.spin = spin,
		};
	d->n++;
	d->busy = 0;
}

void lockdep_release(const void *lock)
{
	u64 pc = (u64)__builtin_return_address(0);
	struct lockdep_task *d = lockdep_enter();
	u32 i, n;

	if (!d)
		return;
	n = min(d->n, (u32)LOCKDEP_DEPTH);
	for (i = n; i-- > 0;)
		if (d->held[i].lock == lock)
			break;
	if (i < n) {
		for (; i + 1 < n; i++)
			d->held[i] = d->held[i + 1];
		d->n--;
	} else if (d->n > LOCKDEP_DEPTH) {
		d->n--;
	} else {
		lockdep_bug(d, "released, but not held", "", lock, pc);
	}
	d->busy = 0;
}

void lockdep_sleep(const char *wchan)
{
	u64 pc = (u64)__builtin_return_address(0);
	struct lockdep_task *d = lockdep_enter();

	if (!d)
		return;
	for (u32 i = 0; i < d->n && i < LOCKDEP_DEPTH; i++)
		if (d->held[i].spin) {
			lockdep_bug(d, "sleeps under a spinlock", wchan,
				    d->held[i].lock, pc + (u64)d->held[i].pc);
			break;
		}
	d->busy = 0;
}

void lockdep_leave(void)
{
	struct lockdep_task *d = lockdep_enter();

	if (!d)
		return;
	if (d->n) {
		lockdep_bug(d, "held on the way to user mode", d->held[0].name,
			    d->held[0].lock, d->held[0].pc);
		d->n = 0;
	}
	d->busy = 0;
}

void lockdep_owner(u32 *owner)
{
	WRITE_ONCE(*owner, current->tid);
}
