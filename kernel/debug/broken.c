// SPDX-License-Identifier: GPL-2.0
/*
 * Mistakes on purpose: the kernel word broken=WHAT,… makes a kernel thread do
 * them before process 1 starts, so that tests/boot/checkers.sh can see that
 * each is found by its checker. Part of kernels with checkers only. The volatile
 * variables keep the compiler from seeing through it.
 */
#include <kernel/atomic.h>
#include <kernel/checks.h>
#include <kernel/lock.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/wait.h>

static char broken_words[128];
static volatile int broken_sink;
static volatile u32 broken_n = 24; /* the size of things */
static char broken_global[24];
static u32 broken_done;

static void broken_heap(void)
{
	volatile char *volatile p = kmalloc(broken_n);

	p[broken_n] = 1;
	kfree((void *)p);
}

static void broken_heap_read(void)
{
	volatile char *volatile p = kmalloc(broken_n);

	broken_sink = p[-1];
	kfree((void *)p);
}

static void broken_memcpy(void)
{
	char *p = kmalloc(broken_n), *q = kzalloc(2 * broken_n);

	memcpy(p, q, broken_n + 1);
	kfree(p);
	kfree(q);
}

static void broken_uaf(void)
{
	volatile char *volatile p = kmalloc(broken_n);

	kfree((void *)p);
	broken_sink = p[3];
}

static void broken_uaf_pages(void)
{
	volatile char *volatile p = page_alloc(0);

	page_free((void *)p, 0);
	broken_sink = p[100];
}

/* What the instrumentation does not see, the quarantine does. */
static void broken_late(void)
{
	volatile char *volatile p = kmalloc(broken_n);
	u64 n;

	kfree((void *)p);
	__asm__ volatile("movb $1, 5(%0)" : : "r"(p) : "memory");
	for (n = 0; n < 9; n++)
		kfree(kmalloc(1u << 20));
}

static void broken_double(void)
{
	char *volatile p = kmalloc(broken_n);

	kfree(p);
	kfree(p);
}

static void broken_free(void)
{
	char *volatile p = kmalloc(broken_n);

	kfree(p + 16);
	kfree(p);
}

static void broken_globals(void)
{
	volatile char *volatile p = broken_global;

	broken_sink = p[broken_n];
}

static void broken_stack(void)
{
	char buf[24];
	volatile char *volatile p = buf;

	p[0] = 1;
	p[broken_n] = 1;
	broken_sink = p[0];
}

static void broken_scope(void)
{
	volatile char *volatile p;

	{
		char inner[16];

		p = inner;
		p[0] = 1;
	}
	/* cppcheck-suppress invalidLifetime ; that is the test */
	broken_sink = p[0];
}

static void broken_shift(void)
{
	broken_sink = 1 << (broken_n + 8);
}

static void broken_index(void)
{
	static volatile int a[8];

	broken_sink = a[broken_n];
}

static void broken_leak(void)
{
	char *volatile p = kmalloc(broken_n * 10);

	p = NULL;
	broken_sink = p != NULL;
}

/* --- Locks ---------------------------------------------------------------------- */

static struct mutex broken_a = MUTEX_INIT(broken_a);
static struct mutex broken_b = MUTEX_INIT(broken_b);
static struct mutex broken_c = MUTEX_INIT(broken_c);
static spinlock_t broken_spin;

static void broken_order(void)
{
	mutex_lock(&broken_a);
	mutex_lock(&broken_b);
	mutex_unlock(&broken_b);
	mutex_unlock(&broken_a);
	mutex_lock(&broken_b);
	mutex_lock(&broken_a);
	mutex_unlock(&broken_a);
	mutex_unlock(&broken_b);
}

/* a before b, b before c, c before a; nobody takes two the wrong way round */
static void broken_cycle(void)
{
	mutex_lock(&broken_b);
	mutex_lock(&broken_c);
	mutex_unlock(&broken_c);
	mutex_unlock(&broken_b);
	mutex_lock(&broken_a);
	mutex_lock(&broken_b);
	mutex_unlock(&broken_b);
	mutex_unlock(&broken_a);
	mutex_lock(&broken_c);
	mutex_lock(&broken_a);
	mutex_unlock(&broken_a);
	mutex_unlock(&broken_c);
}

struct broken_pair {
	struct mutex m, n;
};

static __noinline struct broken_pair *broken_pair_new(void)
{
	struct broken_pair *p = kzalloc(sizeof(*p));

	mutex_init(&p->m);
	mutex_init(&p->n);
	return p;
}

/* Two objects of a kind, their locks in different order. */
static void broken_kinds(void)
{
	struct broken_pair *p = broken_pair_new();

	mutex_lock(&p->m);
	mutex_lock(&p->n);
	mutex_unlock(&p->n);
	mutex_unlock(&p->m);
	kfree(p);
	p = broken_pair_new();
	mutex_lock(&p->n);
	mutex_lock(&p->m);
	mutex_unlock(&p->m);
	mutex_unlock(&p->n);
	kfree(p);
}

static void broken_sleep(void)
{
	spin_lock(&broken_spin);
	sleep_on(sleep_prepare(), time_mono_ns() + 1000, SLEEP_UNINTR,
		 "broken");
	spin_unlock(&broken_spin);
}

static void broken_mutex_in_spin(void)
{
	spin_lock(&broken_spin);
	mutex_lock(&broken_a);
	mutex_unlock(&broken_a);
	spin_unlock(&broken_spin);
}

static void broken_not_held(void)
{
	mutex_unlock(&broken_a);
}

static void broken_panic(void)
{
	char *volatile nowhere = NULL;

	/* cppcheck-suppress nullPointer ; that is the test */
	broken_sink = nowhere[8];
}

static const struct {
	const char *name;
	void (*fn)(void);
} broken_kind[] = {
	{ "heap", broken_heap },
	{ "heap-read", broken_heap_read },
	{ "memcpy", broken_memcpy },
	{ "uaf", broken_uaf },
	{ "uaf-pages", broken_uaf_pages },
	{ "late", broken_late },
	{ "double", broken_double },
	{ "free", broken_free },
	{ "global", broken_globals },
	{ "stack", broken_stack },
	{ "scope", broken_scope },
	{ "shift", broken_shift },
	{ "index", broken_index },
	{ "leak", broken_leak },
	{ "lock-order", broken_order },
	{ "lock-cycle", broken_cycle },
	{ "lock-kinds", broken_kinds },
	{ "lock-sleep", broken_sleep },
	{ "lock-mutex", broken_mutex_in_spin },
	{ "lock-free", broken_not_held },
	{ "oops", broken_panic },
};

static void broken_one(const char *w, size_t n)
{
	for (u32 i = 0; i < ARRAY_SIZE(broken_kind); i++)
		if (strlen(broken_kind[i].name) == n &&
		    !strncmp(broken_kind[i].name, w, n)) {
			printk(KERN_ERR "broken: %s\n", broken_kind[i].name);
			broken_kind[i].fn();
			return;
		}
	printk(KERN_ERR "broken: nothing is called %s\n", w);
}

static void broken_main(void *unused)
{
	const char *w = broken_words;

	while (*w) {
		size_t n = 0;

		while (w[n] && w[n] != ',')
			n++;
		broken_one(w, n);
		w += n + (w[n] == ',');
	}
	WRITE_ONCE(broken_done, 1);
	do_exit(0);
}

void broken_word(const char *v)
{
	strlcpy(broken_words, v, sizeof(broken_words));
}

void broken_run(void)
{
	if (!*broken_words ||
	    IS_ERR(kthread_start("broken", broken_main, NULL)))
		return;
	while (!READ_ONCE(broken_done))
		sleep_on(sleep_prepare(), time_mono_ns() + 1000000,
			 SLEEP_UNINTR, "broken");
}
