// SPDX-License-Identifier: GPL-2.0
/*
 * Making things fail on purpose (FAULTS=1): an allocation in kernel memory, or
 * one of the calls by which the kernel asks the host for something that it may
 * not get (memory, processes). Kernel words say which:
 *
 *	failalloc=N	the Nth allocation fails, counted from the word on
 *	failalloc=N+	and all after it
 *	failalloc=N@sh	only allocations of tasks named sh are counted
 *	failhost=…	the same for host calls (arch-um/faults.c has the list)
 *
 * What fails is named in the log with a backtrace. tests/stress/faults.sh raises
 * N until nothing fails any more; whatever N, the machine may end with an error
 * or a named panic, and must not hang, crash or lose memory.
 */
#include <hostapi/host.h>
#include <kernel/atomic.h>
#include <kernel/faults.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>

static struct fault_point {
	const char *what;
	u64 at; /* 0: never */
	bool after;
	bool busy; /* reporting: what that needs does not fail */
	char comm[TASK_COMM_LEN];
	u64 count;
} fault_points[2] = {
	{ .what = "allocation" },
	{ .what = "host call" },
};

static void fault_parse(struct fault_point *f, const char *v)
{
	const char *end;
	u64 n;

	if (kstrtou64(v, &end, &n))
		return;
	if (*end == '+') {
		f->after = true;
		end++;
	}
	if (*end == '@')
		strlcpy(f->comm, end + 1, sizeof(f->comm));
	f->at = n;
}

void fault_word_alloc(const char *v)
{
	fault_parse(&fault_points[0], v);
}

void fault_word_host(const char *v)
{
	fault_parse(&fault_points[1], v);
}

static bool fault_now(struct fault_point *f)
{
	u64 n;

	if (likely(!f->at) || f->busy)
		return false;
	if (*f->comm && strcmp(f->comm, current->comm))
		return false;
	n = atomic_inc(&f->count);
	if (n != f->at && !(f->after && n > f->at))
		return false;
	if (n == f->at) {
		f->busy = true;
		printk(KERN_ERR "faults: %s %lu fails, task %u (%s)\n", f->what,
		       (unsigned long)n, current->tid, current->comm);
		host_dump_state(NULL);
		f->busy = false;
	}
	return true;
}

bool fault_alloc(void)
{
	return fault_now(&fault_points[0]);
}

bool fault_host(void)
{
	return fault_now(&fault_points[1]);
}
