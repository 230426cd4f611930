// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's side of the ring to the monitor.
 *
 * A request's life: ring_get() takes a slot off the free list (FILLING), the
 * caller fills it in, ring_call() puts its number into the submission queue
 * (QUEUED) and rings the doorbell, a thread of the monitor takes it (BUSY) and
 * answers (DONE), ring_put() returns it to the free list (FREE).
 *
 * The waiter first spins for a while: with a free processor the monitor
 * answers a small request in about a microsecond, and sleeping costs ten. How
 * long is learned from whether spinning paid off. Then it announces that it
 * sleeps by a bit in the state word, so that nobody pays for waking a waiter
 * who is awake.
 *
 * A wait that a signal may end cannot sleep on the state word (a signal wakes
 * the task's own word). It asks for RING_EV_REQ_DONE instead, and the event
 * thread wakes the task. If the signal comes first the slot is abandoned: its
 * owner is gone, and the event thread frees it when the answer comes.
 *
 * Requests without a waiter (ring_call_async) come back through the completion
 * queue. Anybody may take from it: the thread "kring", or a task that waits for
 * one of them and spins before it sleeps, which saves two wake-ups. While
 * somebody spins (cq_polling) the monitor does not wake the thread; so who
 * stops spinning looks once more.
 *
 * The event thread sleeps on event_seq and hands bits to those who registered.
 *
 * Locks: ring_lock guards the free list, the queue's head, the tail of the
 * completion queue and the table of notified waiters; innermost, never held while sleeping.
 */
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <hostapi/kern.h>
#include <kernel/wait.h>

#define RING_SPIN_MAX_NS 20000u
#define RING_SPIN_MIN_NS 500u
#define RING_HANDLERS	 12

struct ring_area *ring_area;

/* What only the kernel needs to know of a slot; under ring_lock. */
static struct ring_slot {
	u16 next_free;
	bool abandoned;	     /* free it when it is DONE */
	struct task *waiter; /* wake it when it is DONE */
	void *buf;	     /* goes with an abandoned slot */
	void (*async)(struct ring_req *r, void *priv);
	void *priv;
} ring_slots[RING_SLOTS];

static spinlock_t ring_lock = SPINLOCK_INIT;
static u16 ring_free_head = RING_SLOTS; /* RING_SLOTS: none */
static struct waitqueue ring_free_wait = WAITQUEUE_INIT(ring_free_wait);
static u32 ring_spin_ns; /* how long the next waiter spins; a hint */
static bool ring_spin;	 /* more than one processor */

static struct ring_handler {
	u32 bits;
	void (*fn)(u32 bits);
} ring_handlers[RING_HANDLERS];

static u32 ring_slot_nr(const struct ring_req *r)
{
	return (u32)(r - ring_area->req);
}

static struct ring_req *ring_get_try(void)
{
	struct ring_req *r = NULL;

	spin_lock(&ring_lock);
	if (ring_free_head < RING_SLOTS) {
		r = &ring_area->req[ring_free_head];
		ring_free_head = ring_slots[ring_free_head].next_free;
	}
	spin_unlock(&ring_lock);
	return r;
}

struct ring_req *ring_get(u16 device, u16 op)
{
	struct ring_req *r = ring_get_try();

	if (unlikely(!r))
		wait_event(&ring_free_wait, (r = ring_get_try()) != NULL,
			   "ring_slot");
	memset(r, 0, sizeof(*r));
	r->device = device;
	r->op = op;
	WRITE_ONCE(r->state, RING_FILLING);
	return r;
}

static void ring_put_locked(struct ring_req *r)
{
	u32 nr = ring_slot_nr(r);

	WRITE_ONCE(r->state, RING_FREE);
	ring_slots[nr].next_free = ring_free_head;
	ring_free_head = (u16)nr;
}

void ring_put(struct ring_req *r)
{
	spin_lock(&ring_lock);
	ring_put_locked(r);
	spin_unlock(&ring_lock);
	waitqueue_wake(&ring_free_wait);
}

u64 ring_arena_off(const void *p)
{
	return (u64)p - ARENA_BASE;
}

static void ring_submit(struct ring_req *r, u32 flags)
{
	struct ring_area *a = ring_area;

	store_release(&r->state, RING_QUEUED | flags);
	spin_lock(&ring_lock);
	/* never full: as many entries as slots */
	a->sq[a->sq_head % RING_SLOTS] = ring_slot_nr(r);
	store_release(&a->sq_head, a->sq_head + 1);
	spin_unlock(&ring_lock);
	atomic_inc(&a->doorbell);
	if (!READ_ONCE(a->monitor_spinning) && READ_ONCE(a->monitor_sleeping))
		host_futex_wake(&a->doorbell, 1);
}

static bool ring_done(struct ring_req *r)
{
	return (load_acquire(&r->state) & RING_STATE_MASK) == RING_DONE;
}

/* => true when the answer came while spinning. */
static bool ring_spin_done(struct ring_req *r)
{
	u32 ns = READ_ONCE(ring_spin_ns);
	u64 end;

	if (ring_done(r))
		return true;
	if (!ring_spin)
		return false;
	end = time_mono_ns() + ns;
	do {
		for (int i = 0; i < 32; i++) {
			if (ring_done(r)) {
				if (ns < RING_SPIN_MAX_NS)
					WRITE_ONCE(ring_spin_ns, ns + ns / 4);
				return true;
			}
			cpu_relax();
		}
	} while (time_mono_ns() < end);
	if (ns > RING_SPIN_MIN_NS)
		WRITE_ONCE(ring_spin_ns, ns - ns / 8);
	return false;
}

s64 ring_call(struct ring_req *r)
{
	ring_submit(r, 0);
	if (ring_spin_done(r))
		return r->result;
	for (;;) {
		u32 state = load_acquire(&r->state);

		if ((state & RING_STATE_MASK) == RING_DONE)
			return r->result;
		if (!(state & RING_ASLEEP) &&
		    !atomic_cas(&r->state, state, state | RING_ASLEEP))
			continue;
		current->wchan = "ring";
		host_futex_wait(&r->state, state | RING_ASLEEP, TIME_NEVER);
		current->wchan = NULL;
	}
}

/* Ask for a notification. => false when the answer is there already. */
static bool ring_notify_me(struct ring_req *r)
{
	spin_lock(&ring_lock);
	ring_slots[ring_slot_nr(r)].waiter = current;
	spin_unlock(&ring_lock);
	return (atomic_or(&r->state, RING_NOTIFY) & RING_STATE_MASK) !=
	       RING_DONE;
}

s64 ring_call_intr(struct ring_req *r, void *buf)
{
	struct ring_slot *s = &ring_slots[ring_slot_nr(r)];
	int err = 0;

	ring_submit(r, 0);
	if (ring_spin_done(r) || !ring_notify_me(r))
		goto out;
	for (;;) {
		u32 seq = sleep_prepare();

		if (ring_done(r))
			break;
		if (err)
			break;
		err = sleep_on(seq, TIME_NEVER, SLEEP_INTR, "ring");
	}
out:
	spin_lock(&ring_lock);
	s->waiter = NULL;
	if (!ring_done(r)) {
		s->abandoned = true;
		s->buf = buf;
		spin_unlock(&ring_lock);
		return -EINTR;
	}
	spin_unlock(&ring_lock);
	return r->result;
}

/* Wake those whose answer has come; free what nobody waits for any more. */
static void ring_reap(u32 bits)
{
	for (u32 i = 0; i < RING_SLOTS; i++) {
		struct ring_slot *s = &ring_slots[i];
		struct ring_req *r = &ring_area->req[i];
		void *buf = NULL;
		bool freed = false;

		if (!READ_ONCE(s->waiter) && !READ_ONCE(s->abandoned))
			continue;
		spin_lock(&ring_lock);
		if (ring_done(r)) {
			if (s->waiter)
				task_wake(s->waiter);
			if (s->abandoned) {
				buf = s->buf;
				s->abandoned = false;
				s->buf = NULL;
				ring_put_locked(r);
				freed = true;
			}
		}
		spin_unlock(&ring_lock);
		kfree(buf);
		if (freed)
			waitqueue_wake(&ring_free_wait);
	}
}

/* --- requests without a waiter --- */

static u32 ring_cq_tail; /* under ring_lock */

void ring_call_async(struct ring_req *r,
		     void (*fn)(struct ring_req *r, void *priv), void *priv)
{
	struct ring_slot *s = &ring_slots[ring_slot_nr(r)];

	s->async = fn;
	s->priv = priv;
	ring_submit(r, RING_ASYNC);
}

/* Take what is in the completion queue. => anything? */
static bool ring_take_done(void)
{
	struct ring_area *a = ring_area;
	bool any = false;

	while (load_acquire(&a->cq_head) != READ_ONCE(ring_cq_tail)) {
		struct ring_req *r;
		struct ring_slot *s;
		u32 nr;

		spin_lock(&ring_lock);
		if (load_acquire(&a->cq_head) == ring_cq_tail) {
			spin_unlock(&ring_lock);
			break;
		}
		nr = READ_ONCE(a->cq[ring_cq_tail++ % RING_SLOTS]);
		spin_unlock(&ring_lock);
		if (nr >= RING_SLOTS || !ring_slots[nr].async)
			panic("ring: the completion queue is corrupt");
		r = &a->req[nr];
		s = &ring_slots[nr];
		s->async(r, s->priv);
		s->async = NULL;
		ring_put(r);
		any = true;
	}
	return any;
}

void ring_poll_async(const bool *done)
{
	static u32 spin_ns = RING_SPIN_MAX_NS; /* a hint */
	struct ring_area *a = ring_area;
	u32 ns = READ_ONCE(spin_ns);
	u64 end;

	if (ring_spin) {
		atomic_inc(&a->cq_polling);
		end = time_mono_ns() + ns;
		do {
			for (int i = 0; i < 32 && !READ_ONCE(*done); i++) {
				ring_take_done();
				cpu_relax();
			}
		} while (!READ_ONCE(*done) && time_mono_ns() < end);
		atomic_dec(&a->cq_polling);
		if (!READ_ONCE(*done) && ns > RING_SPIN_MIN_NS)
			WRITE_ONCE(spin_ns, ns - ns / 8);
		else if (ns < RING_SPIN_MAX_NS)
			WRITE_ONCE(spin_ns, ns + ns / 4);
		smp_mb();
	}
	ring_take_done();
}

static void ring_done_thread(void *arg)
{
	struct ring_area *a = ring_area;

	for (;;) {
		u32 seq = load_acquire(&a->cq_seq);

		if (ring_take_done())
			continue;
		current->wchan = "ring_done";
		atomic_xchg(&a->cq_sleeping, 1);
		if (load_acquire(&a->cq_head) == READ_ONCE(ring_cq_tail))
			host_futex_wait(&a->cq_seq, seq, TIME_NEVER);
		atomic_xchg(&a->cq_sleeping, 0);
		current->wchan = NULL;
	}
}

void ring_async_start(void)
{
	struct task *t = kthread_start("kring", ring_done_thread, NULL);

	if (IS_ERR(t))
		panic("ring: cannot start the completion thread");
}

void ring_event_register(u32 bits, void (*fn)(u32 bits))
{
	for (u32 i = 0; i < RING_HANDLERS; i++) {
		if (ring_handlers[i].fn)
			continue;
		ring_handlers[i].bits = bits;
		ring_handlers[i].fn = fn;
		return;
	}
	panic("ring: too many event handlers");
}

static void ring_event_thread(void *arg)
{
	struct ring_area *a = ring_area;

	for (;;) {
		u32 seq = load_acquire(&a->event_seq);
		u32 bits = atomic_xchg(&a->events, 0);

		if (!bits) {
			current->wchan = "ring_event";
			atomic_xchg(&a->event_sleeping, 1);
			host_futex_wait(&a->event_seq, seq, TIME_NEVER);
			atomic_xchg(&a->event_sleeping, 0);
			current->wchan = NULL;
			continue;
		}
		for (u32 i = 0; i < RING_HANDLERS && ring_handlers[i].fn; i++)
			if (bits & ring_handlers[i].bits)
				ring_handlers[i].fn(bits &
						    ring_handlers[i].bits);
	}
}

static void ring_power_event(u32 bits)
{
	if (bits & RING_EV_DUMP)
		kern_event(KERN_EV_DUMP);
	if (bits & RING_EV_POWEROFF)
		kern_event(KERN_EV_POWEROFF);
	if (bits & RING_EV_OOM)
		kern_event(KERN_EV_OOM);
}

/* After the handlers have registered, so that no early event is lost. */
void ring_events_start(void)
{
	struct task *t = kthread_start("kevents", ring_event_thread, NULL);

	if (IS_ERR(t))
		panic("ring: cannot start the event thread");
}

void ring_init(void)
{
	const struct boot_params *bp = (void *)ARENA_BASE;

	ring_area = (void *)(ARENA_BASE + bp->ring_off);
	if (bp->ring_size < sizeof(*ring_area) ||
	    ring_area->nslots != RING_SLOTS)
		panic("ring: the monitor has another layout");
	for (u32 i = RING_SLOTS; i-- > 0;)
		ring_put_locked(&ring_area->req[i]);
	ring_spin = host_info.ncpus > 1;
	ring_spin_ns = RING_SPIN_MAX_NS / 2;
	ring_event_register(RING_EV_REQ_DONE, ring_reap);
	ring_event_register(RING_EV_DUMP | RING_EV_POWEROFF | RING_EV_OOM,
			    ring_power_event);
}
