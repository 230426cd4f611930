// SPDX-License-Identifier: GPL-2.0
/*
 * On which processors the two threads of a task of the seccomp backend run.
 *
 * Handing over between two processors takes a third of a microsecond when the
 * waiter spins, and more than ten when it sleeps; on one processor it takes two
 * and a half. So there are two good ways: both spin, while a second processor is
 * free and the guest calls often; or both are bound to one processor. Which it is
 * shows itself:
 *
 *   PLACE_LOOSE  the kernel's thread may run everywhere; where it is found next,
 *		  there both are bound
 *   PLACE_BOUND  both on one processor. After a few milliseconds spinning is tried,
 *		  if that has not just failed, else LOOSE
 *   PLACE_SPIN	  the kernel's thread may run everywhere but where the guest's does,
 *		  and both spin, as long as that mostly succeeds. When it fails
 *		  because the guest's thread is late, its processor has too much
 *		  to do: both go to the other one
 *   PLACE_AWAY	  the guest computes: its thread is free, to be balanced
 *
 * (The host would not wake the kernel's thread on an idle processor by itself: in
 * a virtual machine an idle one counts as preempted.)
 *
 * All of it only by the task itself.
 */
#include <asm/unistd.h>
#include "stub.h"
#include <kernel/string.h>

#define PLACE_PERIOD   8000000u	   /* cycles: a few milliseconds */
#define PLACE_BACKOFF  1000000000u /* most cycles between trials of spinning */
#define PLACE_WINDOW   256	   /* hand-overs per judgement, in which … */
#define PLACE_LATE     16	   /* … the guest may be late so often */
#define PLACE_WAS_LATE 3	   /* … and the kernel */

static uint8_t place_all[PLACE_MASK]; /* what the machine may use */
static uint32_t place_bytes;
static bool place_many;

void place_init(const struct boot_params *bp)
{
	long n = host_call(__NR_sched_getaffinity, 0, sizeof(place_all),
			   (long)place_all, 0, 0);

	place_bytes = n > 0 ? (uint32_t)n : 0;
	place_many = bp->ncpus > 1 && place_bytes;
}

static uint32_t place_cpu(void)
{
	uint32_t v = 0;

	__asm__ volatile("lsl %1, %0" : "+r"(v) : "r"(0x7b) : "cc");
	return v & 0xfff;
}

static void place_free(const struct stub *s, uint32_t tid)
{
	host_call(__NR_sched_setaffinity, tid, place_bytes, (long)s->allowed, 0,
		  0);
}

static void place_bind(uint32_t tid, uint32_t cpu)
{
	uint8_t mask[PLACE_MASK];

	if (cpu >= PLACE_MASK * 8)
		return;
	memset(mask, 0, sizeof(mask));
	mask[cpu / 8] = (uint8_t)(1u << (cpu & 7));
	host_call(__NR_sched_setaffinity, tid, PLACE_MASK, (long)mask, 0, 0);
}

void place_new(struct stub *s, const struct stub *like)
{
	memcpy(s->allowed, like && like->space ? like->allowed : place_all,
	       sizeof(s->allowed));
	s->place = PLACE_LOOSE;
	s->place_backoff = 8 * PLACE_PERIOD;
	s->cpu = 0;
	s->spin = 0;
}

/* First act of its own thread, which has its maker's affinity. */
void place_enter(struct stub *s)
{
	if (place_many)
		place_free(s, 0);
}

void place_set(struct stub *s, const uint8_t *mask, size_t n)
{
	memset(s->allowed, 0, sizeof(s->allowed));
	memcpy(s->allowed, mask, min(n, sizeof(s->allowed)));
	s->place = PLACE_LOOSE;
	s->cpu = 0;
}

void place_keeper(struct space *sp)
{
	uint32_t cpu;

	if (!place_many)
		return;
	cpu = place_cpu() + 1;
	if (sp->keeper_cpu == cpu)
		return;
	sp->keeper_cpu = cpu;
	place_bind(sp->pid, cpu - 1);
}

static void place_bound(struct stub *s, uint64_t now, uint32_t cpu)
{
	place_bind(0, cpu);
	if (s->cpu != cpu + 1) {
		place_bind(s->tid, cpu);
		s->cpu = cpu + 1;
	}
	s->place = PLACE_BOUND;
	s->place_until = now + PLACE_PERIOD;
	s->spin = 0;
	area_at(s->area)->spin = 0;
}

/* => false: there is nowhere to go */
static bool place_spin(struct stub *s)
{
	uint32_t cpu = READ_ONCE(area_at(s->area)->cpu) % (PLACE_MASK * 8);
	uint8_t mask[PLACE_MASK];

	memcpy(mask, s->allowed, sizeof(mask));
	mask[cpu / 8] &= (uint8_t) ~(1u << (cpu & 7));
	if (host_call(__NR_sched_setaffinity, 0, place_bytes, (long)mask, 0, 0))
		return false;
	if (s->cpu != cpu + 1)
		place_bind(s->tid, cpu);
	s->cpu = cpu + 1;
	s->place = PLACE_SPIN;
	s->place_count = s->place_bad = s->place_late = 0;
	s->spin = PLACE_SPIN_KERNEL;
	area_at(s->area)->spin = PLACE_SPIN_STUB;
	return true;
}

/* Before it runs. */
void place_before(struct stub *s)
{
	uint64_t now;

	if (s->place != PLACE_BOUND)
		return;
	now = __builtin_ia32_rdtsc();
	if (now < s->place_until)
		return;
	if (now > s->spin_after && place_spin(s))
		return;
	place_free(s, 0);
	s->place = PLACE_LOOSE;
}

/* It has been running for long. */
void place_computes(struct stub *s)
{
	if (!place_many || s->place == PLACE_AWAY)
		return;
	if (s->cpu)
		place_free(s, s->tid);
	if (s->place != PLACE_LOOSE)
		place_free(s, 0);
	s->cpu = 0;
	s->spin = 0;
	area_at(s->area)->spin = 0;
	s->place = PLACE_AWAY;
}

/*
 * It has stopped. Late: the kernel's thread had to sleep; the guest's had when it
 * was answered.
 */
void place_after(struct stub *s, bool late, bool was_late)
{
	uint64_t now;

	if (!place_many || s->place == PLACE_BOUND)
		return;
	now = __builtin_ia32_rdtsc();
	if (s->place != PLACE_SPIN) {
		place_bound(s, now, place_cpu());
		return;
	}
	s->place_late += late;
	s->place_bad += was_late;
	if (s->place_bad > PLACE_WAS_LATE || s->place_late > PLACE_LATE) {
		s->spin_after = now + s->place_backoff;
		if (s->place_backoff < PLACE_BACKOFF)
			s->place_backoff *= 2;
		place_bound(s, now,
			    s->place_bad > PLACE_WAS_LATE ? s->cpu - 1
							  : place_cpu());
	} else if (++s->place_count == PLACE_WINDOW) {
		s->place_count = s->place_bad = s->place_late = 0;
		if (s->place_backoff > PLACE_PERIOD)
			s->place_backoff /= 2;
	}
}
