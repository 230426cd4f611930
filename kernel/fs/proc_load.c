// SPDX-License-Identifier: GPL-2.0
/*
 * How long the machine runs, and how busy it is.
 *
 * The load average: exponentially decaying means, over one, five and fifteen
 * minutes, of the number of tasks that are not asleep, following proc(5).
 *
 * A timer samples every five seconds. The factors are exp(-5/60), exp(-5/300)
 * and exp(-5/900) with 16 bits after the point, which is also how sysinfo(2)
 * wants the result. Kernel threads do not count.
 */
#include <kernel/machine.h>
#include <kernel/task.h>
#include <kernel/time.h>

#define LOAD_PERIOD_NS (5 * NSEC_PER_SEC)
#define LOAD_ONE       65536ull

static const u64 load_decay[3] = { 60296, 64453, 65173 };
static u64 load_avg[3]; /* written by the timer alone */
static struct timer load_timer;

static u64 machine_started; /* time_boot_ns() */

u64 machine_since_start_ns(u64 boot_ns)
{
	return boot_ns > machine_started ? boot_ns - machine_started : 0;
}

u64 machine_uptime_ns(void)
{
	return machine_since_start_ns(time_boot_ns());
}

void machine_mark_start(void)
{
	machine_started = time_boot_ns();
}

void task_counts(u32 *total, u32 *running)
{
	struct task *t;

	*total = *running = 0;
	mutex_lock(&tasklist_lock);
	list_for_each_entry (t, &all_tasks, all_node) {
		++*total;
		if (!t->kthread && READ_ONCE(t->state) <= TASK_RUNNING)
			++*running;
	}
	mutex_unlock(&tasklist_lock);
}

static void load_sample(struct timer *timer)
{
	u32 total, running;
	int i;

	task_counts(&total, &running);
	for (i = 0; i < 3; i++)
		WRITE_ONCE(load_avg[i],
			   (load_avg[i] * load_decay[i] +
			    running * LOAD_ONE * (LOAD_ONE - load_decay[i])) /
				   LOAD_ONE);
	timer_arm(timer, time_mono_ns() + LOAD_PERIOD_NS);
}

void load_get(u64 loads[3])
{
	int i;

	for (i = 0; i < 3; i++)
		loads[i] = READ_ONCE(load_avg[i]);
}

void load_init(void)
{
	timer_init(&load_timer, load_sample);
	timer_arm(&load_timer, time_mono_ns() + LOAD_PERIOD_NS);
}
