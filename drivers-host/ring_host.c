// SPDX-License-Identifier: GPL-2.0
/*
 * The monitor's side of the ring: a pool of threads that takes requests off
 * the submission queue, serves them and answers.
 *
 * Any request may block for ever (a FIFO, a dead network file system), and none
 * may stall another. So whenever a thread takes a request and leaves nobody
 * idle, it starts one more, up to one per slot. Idle ones above a few end after
 * some seconds.
 *
 * An idle thread first spins, because a request that finds it awake is answered
 * in one microsecond instead of ten; but only one thread spins, only with more
 * than one processor, and only as long as spinning has lately paid off. While
 * it spins the kernel need not wake anybody (monitor_spinning). When the
 * spinner leaves its place it looks at the queue again, so that a request that
 * trusted in it is not lost, and passes on what is more than one.
 *
 * Trust: the queue, slots and their contents belong to the machine. Each field
 * is read once into a private copy and checked there. A queue that makes no
 * sense ends the machine.
 *
 * Locks: rh.lock guards the queue's tail and the counts of threads, cq_lock the
 * completion queue's head. The futex
 * words are shared between processes, so no FUTEX_PRIVATE_FLAG.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "monitor.h"

#define RING_IDLE_KEEP 3u
#define RING_IDLE_SECS 5
#define RING_SPIN_MAX  30000u /* ns */
#define RING_SPIN_MIN  500u
#define RING_STACK     (192u * 1024)

static struct ring_host {
	pthread_mutex_t lock;
	/* under lock: */
	uint32_t tail; /* ours; the shared one is only a copy for the kernel */
	uint32_t threads, idle, serving;
	bool stopped;
	pthread_mutex_t cq_lock;
	uint32_t cq_head; /* under cq_lock */
	/* hints */
	uint32_t spin_ns;
	bool may_spin;
	pthread_attr_t attr;
} rh = { .lock = PTHREAD_MUTEX_INITIALIZER,
	 .cq_lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t (*const ring_serve[])(struct ring_work *) = {
	[RING_DEV_MONITOR] = monitor_serve, [RING_DEV_CONSOLE] = console_serve,
	[RING_DEV_HOSTFS] = hostfs_serve,   [RING_DEV_HOSTIO] = hostio_serve,
	[RING_DEV_NET] = net_serve,	    [RING_DEV_BLOCK] = ubd_serve,
};

static void *ring_worker(void *arg);

static long ring_futex(uint32_t *word, int op, uint32_t val,
		       const struct timespec *ts)
{
	return syscall(SYS_futex, word, op, val, ts, NULL, 0);
}

static uint64_t ring_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void *monitor_ptr(uint32_t space, uint64_t off, uint64_t len)
{
	uint64_t size = space == RING_POOL ? mon.pool_size : mon.arena_size;
	uint8_t *base = space == RING_POOL ? mon.pool : mon.arena;

	if (space != RING_POOL && space != RING_ARENA)
		return NULL;
	if (off > size || len > size - off)
		return NULL;
	return base + off;
}

void monitor_post_event(uint32_t bits)
{
	struct ring_area *a = mon.ring;

	if (!a)
		return;
	__atomic_fetch_or(&a->events, bits, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&a->event_seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&a->event_sleeping, __ATOMIC_SEQ_CST))
		ring_futex(&a->event_seq, FUTEX_WAKE, 1, NULL);
}

/* Anything to take? A hint: ring_take() decides. */
static bool ring_pending(void)
{
	return __atomic_load_n(&mon.ring->sq_head, __ATOMIC_ACQUIRE) !=
	       __atomic_load_n(&rh.tail, __ATOMIC_RELAXED);
}

/*
 * Take a request. => slot, or NULL. Sees to it that somebody is left to take
 * the next one.
 */
static struct ring_req *ring_take(void)
{
	struct ring_area *a = mon.ring;
	struct ring_req *r = NULL;
	bool more = false, spawn = false;
	uint32_t head, nr;

	pthread_mutex_lock(&rh.lock);
	head = __atomic_load_n(&a->sq_head, __ATOMIC_ACQUIRE);
	if (rh.stopped || head == rh.tail)
		goto out;
	nr = __atomic_load_n(&a->sq[rh.tail % RING_SLOTS], __ATOMIC_RELAXED);
	if (head - rh.tail > RING_SLOTS || nr >= RING_SLOTS) {
		rh.stopped = true;
		pthread_mutex_unlock(&rh.lock);
		monitor_die("the machine's request queue is corrupt");
		return NULL;
	}
	__atomic_store_n(&rh.tail, rh.tail + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&a->sq_tail, rh.tail, __ATOMIC_RELAXED);
	r = &a->req[nr];
	more = head != rh.tail;
	rh.serving++;
	if (--rh.idle == 0 && rh.threads < RING_SLOTS) {
		rh.threads++;
		rh.idle++;
		spawn = true;
	}
out:
	pthread_mutex_unlock(&rh.lock);
	if (spawn) {
		pthread_t t;

		if (pthread_create(&t, &rh.attr, ring_worker, NULL)) {
			pthread_mutex_lock(&rh.lock);
			rh.threads--;
			rh.idle--;
			pthread_mutex_unlock(&rh.lock);
		}
	} else if (more) {
		ring_futex(&a->doorbell, FUTEX_WAKE, 1, NULL);
	}
	return r;
}

static int64_t ring_dispatch(const struct ring_req *r, struct ring_work *w)
{
	uint16_t dev = __atomic_load_n(&r->device, __ATOMIC_RELAXED);
	uint32_t space = __atomic_load_n(&r->space, __ATOMIC_RELAXED);

	w->op = __atomic_load_n(&r->op, __ATOMIC_RELAXED);
	for (int i = 0; i < 6; i++)
		w->arg[i] = __atomic_load_n(&r->arg[i], __ATOMIC_RELAXED);
	w->buf = NULL;
	w->len = 0;
	memset(w->ret, 0, sizeof(w->ret));
	if (space != RING_NOBUF) {
		w->len = __atomic_load_n(&r->buf_len, __ATOMIC_RELAXED);
		w->buf = monitor_ptr(
			space, __atomic_load_n(&r->buf_off, __ATOMIC_RELAXED),
			w->len);
		if (!w->buf)
			return -EFAULT;
	}
	if (dev >= sizeof(ring_serve) / sizeof(ring_serve[0]))
		return -ENODEV;
	return ring_serve[dev](w);
}

/* Tell the kernel by the completion queue. */
static void ring_complete(uint32_t nr)
{
	struct ring_area *a = mon.ring;

	pthread_mutex_lock(&rh.cq_lock);
	a->cq[rh.cq_head++ % RING_SLOTS] = nr;
	__atomic_store_n(&a->cq_head, rh.cq_head, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&rh.cq_lock);
	if (__atomic_load_n(&a->cq_polling, __ATOMIC_SEQ_CST))
		return;
	if (!__atomic_load_n(&a->cq_sleeping, __ATOMIC_SEQ_CST))
		return;
	__atomic_fetch_add(&a->cq_seq, 1, __ATOMIC_SEQ_CST);
	ring_futex(&a->cq_seq, FUTEX_WAKE, 1, NULL);
}

static void ring_answer(struct ring_req *r, const struct ring_work *w,
			int64_t result)
{
	uint32_t old;

	memcpy(r->ret, w->ret, sizeof(r->ret));
	__atomic_store_n(&r->result, result, __ATOMIC_RELAXED);
	old = __atomic_exchange_n(&r->state, RING_DONE, __ATOMIC_SEQ_CST);
	if (old & RING_ASLEEP)
		ring_futex(&r->state, FUTEX_WAKE, 1, NULL);
	if (old & RING_NOTIFY)
		monitor_post_event(RING_EV_REQ_DONE);
	if (old & RING_ASYNC)
		ring_complete((uint32_t)(r - mon.ring->req));
}

/* QUEUED -> BUSY, keeping what the waiter may have said meanwhile. */
static bool ring_begin(struct ring_req *r)
{
	uint32_t old = __atomic_load_n(&r->state, __ATOMIC_ACQUIRE);

	do {
		if ((old & RING_STATE_MASK) != RING_QUEUED)
			return false;
	} while (!__atomic_compare_exchange_n(
		&r->state, &old, (old & ~RING_STATE_MASK) | RING_BUSY, true,
		__ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE));
	return true;
}

static void ring_serve_one(struct ring_req *r)
{
	struct ring_work w;

	/* a slot that says otherwise is the machine's own loss */
	if (ring_begin(r))
		ring_answer(r, &w, ring_dispatch(r, &w));
	pthread_mutex_lock(&rh.lock);
	rh.serving--;
	rh.idle++;
	pthread_mutex_unlock(&rh.lock);
}

static void ring_spin(void)
{
	struct ring_area *a = mon.ring;
	uint32_t ns = __atomic_load_n(&rh.spin_ns, __ATOMIC_RELAXED);
	uint32_t zero = 0;
	uint64_t end;
	bool hit = false;

	if (!rh.may_spin ||
	    !__atomic_compare_exchange_n(&a->monitor_spinning, &zero, 1, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	end = ring_now() + ns;
	do {
		for (int i = 0; i < 32 && !hit; i++) {
			hit = ring_pending();
			__builtin_ia32_pause();
		}
	} while (!hit && ring_now() < end);
	__atomic_exchange_n(&a->monitor_spinning, 0, __ATOMIC_SEQ_CST);
	if (hit && ns < RING_SPIN_MAX)
		ns += ns / 2;
	else if (!hit && ns > RING_SPIN_MIN)
		ns -= ns / 8;
	__atomic_store_n(&rh.spin_ns, ns, __ATOMIC_RELAXED);
}

/* => false: idle for long and not needed. */
static bool ring_sleep(void)
{
	static const struct timespec patience = { .tv_sec = RING_IDLE_SECS };
	struct ring_area *a = mon.ring;
	uint32_t bell = __atomic_load_n(&a->doorbell, __ATOMIC_SEQ_CST);
	bool surplus = __atomic_load_n(&rh.idle, __ATOMIC_RELAXED) >
		       RING_IDLE_KEEP;
	long err = 0;

	__atomic_fetch_add(&a->monitor_sleeping, 1, __ATOMIC_SEQ_CST);
	if (!ring_pending())
		err = ring_futex(&a->doorbell, FUTEX_WAIT, bell,
				 surplus ? &patience : NULL);
	if (err)
		err = errno;
	__atomic_fetch_sub(&a->monitor_sleeping, 1, __ATOMIC_SEQ_CST);
	return err != ETIMEDOUT;
}

/* => true when the caller is to end; it is no longer counted then. */
static bool ring_retire(void)
{
	bool retire;

	pthread_mutex_lock(&rh.lock);
	retire = rh.stopped || rh.idle > RING_IDLE_KEEP;
	if (retire) {
		rh.idle--;
		rh.threads--;
	}
	pthread_mutex_unlock(&rh.lock);
	return retire;
}

static void *ring_worker(void *arg)
{
	(void)arg;
	for (;;) {
		struct ring_req *r = ring_take();

		if (r) {
			ring_serve_one(r);
			continue;
		}
		ring_spin();
		if (ring_pending())
			continue;
		if (!ring_sleep() && ring_retire())
			return NULL;
		if (__atomic_load_n(&rh.stopped, __ATOMIC_RELAXED) &&
		    ring_retire())
			return NULL;
	}
}

int ring_host_start(void)
{
	cpu_set_t set;
	pthread_t t;
	int err;

	rh.may_spin = !sched_getaffinity(0, sizeof(set), &set) &&
		      CPU_COUNT(&set) > 1;
	rh.spin_ns = RING_SPIN_MAX / 4;
	pthread_attr_init(&rh.attr);
	pthread_attr_setstacksize(&rh.attr, RING_STACK);
	pthread_attr_setdetachstate(&rh.attr, PTHREAD_CREATE_DETACHED);
	rh.threads = rh.idle = 2;
	for (int i = 0; i < 2; i++) {
		err = pthread_create(&t, &rh.attr, ring_worker, NULL);
		if (err)
			return -err;
	}
	return 0;
}

void ring_host_stop(void)
{
	pthread_mutex_lock(&rh.lock);
	rh.stopped = true;
	pthread_mutex_unlock(&rh.lock);
}

bool ring_host_drain(unsigned int ms)
{
	for (unsigned int t = 0;; t++) {
		uint32_t n;

		pthread_mutex_lock(&rh.lock);
		n = rh.serving;
		pthread_mutex_unlock(&rh.lock);
		if (!n || t >= ms)
			return !n;
		usleep(1000);
	}
}
