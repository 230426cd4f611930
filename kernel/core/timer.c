/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers: a binary heap by deadline and one kernel thread that sleeps until the
 * earliest. The heap's array grows by doubling; a timer knows its place, so that
 * cancelling is cheap.
 */
#include <abi/errno.h>
#include <abi/time.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>

static spinlock_t timer_lock;
/* under timer_lock: */
static struct timer **timer_heap; /* 1-based */
static u32 timer_count, timer_room;
static struct timer *timer_running;
/* fixed after init */
static struct task *timer_thread;

u64 time_mono_ns(void)
{
	return host_clock_ns(CLOCK_MONOTONIC);
}

u64 time_real_ns(void)
{
	return host_clock_ns(CLOCK_REALTIME);
}

u64 time_boot_ns(void)
{
	return host_clock_ns(CLOCK_BOOTTIME);
}

static void timer_place(struct timer *t, u32 pos)
{
	timer_heap[pos] = t;
	t->heap_pos = pos;
}

static void timer_sift_up(u32 pos)
{
	struct timer *t = timer_heap[pos];

	while (pos > 1 && timer_heap[pos / 2]->deadline > t->deadline) {
		timer_place(timer_heap[pos / 2], pos);
		pos /= 2;
	}
	timer_place(t, pos);
}

static void timer_sift_down(u32 pos)
{
	struct timer *t = timer_heap[pos];

	for (;;) {
		u32 c = pos * 2;

		if (c > timer_count)
			break;
		if (c < timer_count &&
		    timer_heap[c + 1]->deadline < timer_heap[c]->deadline)
			c++;
		if (timer_heap[c]->deadline >= t->deadline)
			break;
		timer_place(timer_heap[c], pos);
		pos = c;
	}
	timer_place(t, pos);
}

static void timer_remove_locked(struct timer *t)
{
	u32 pos = t->heap_pos;
	struct timer *last = timer_heap[timer_count--];

	t->heap_pos = 0;
	if (last == t)
		return;
	timer_place(last, pos);
	timer_sift_up(pos);
	timer_sift_down(last->heap_pos);
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	memset(t, 0, sizeof(*t));
	t->fn = fn;
}

static int timer_grow(void)
{
	u32 room = timer_room ? timer_room * 2 : 64;
	struct timer **heap = kmalloc((room + 1) * sizeof(*heap)), **old;

	if (!heap)
		return -ENOMEM;
	spin_lock(&timer_lock);
	if (room > timer_room) {
		if (timer_heap)
			memcpy(heap, timer_heap,
			       (timer_count + 1) * sizeof(*heap));
		old = timer_heap;
		timer_heap = heap;
		timer_room = room;
	} else {
		old = heap;
	}
	spin_unlock(&timer_lock);
	kfree(old);
	return 0;
}

int timer_arm(struct timer *t, u64 deadline)
{
	bool first;

	for (;;) {
		spin_lock(&timer_lock);
		if (t->heap_pos || timer_count < timer_room)
			break;
		spin_unlock(&timer_lock);
		if (timer_grow())
			return -ENOMEM;
	}
	if (t->heap_pos)
		timer_remove_locked(t);
	t->deadline = deadline;
	timer_place(t, ++timer_count);
	timer_sift_up(timer_count);
	first = t->heap_pos == 1;
	spin_unlock(&timer_lock);
	if (first && timer_thread && current != timer_thread)
		task_wake(timer_thread);
	return 0;
}

bool timer_cancel_nowait(struct timer *t)
{
	bool armed;

	spin_lock(&timer_lock);
	armed = t->heap_pos != 0;
	if (armed)
		timer_remove_locked(t);
	spin_unlock(&timer_lock);
	return armed;
}

bool timer_cancel(struct timer *t)
{
	bool armed = timer_cancel_nowait(t);

	if (current != timer_thread)
		while (READ_ONCE(timer_running) == t)
			host_yield();
	return armed;
}

static void timer_main(void *unused)
{
	for (;;) {
		u32 seq = sleep_prepare();
		u64 deadline = TIME_NEVER;
		struct timer *t = NULL;

		spin_lock(&timer_lock);
		if (timer_count) {
			deadline = timer_heap[1]->deadline;
			if (deadline <= time_mono_ns()) {
				t = timer_heap[1];
				timer_remove_locked(t);
				timer_running = t;
			}
		}
		spin_unlock(&timer_lock);
		if (t) {
			t->fn(t);
			store_release(&timer_running, NULL);
			continue;
		}
		sleep_on(seq, deadline, SLEEP_UNINTR, "timer");
	}
}

void timer_subsys_init(void)
{
	struct task *t = kthread_start("ktimer", timer_main, NULL);

	if (!IS_ERR(t))
		timer_thread = t;
}
