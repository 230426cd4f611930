/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address spaces in the direct backend: an mm is the user range of one host
 * process. Changes of the caller's own are plain host calls. Changes of another
 * are asked of one of its threads (mm_call): the request is put on the thread's
 * list, the thread is kicked out of user mode or woken from its sleep, carries
 * it out on its way through the kernel, and wakes the asker. A request is a
 * host call with checked arguments and takes no lock, so a thread can serve it
 * wherever it sleeps. An asker serves requests to itself while it waits.
 */
#include <asm/unistd.h>
#include "backend.h"
#include <abi/errno.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/wait.h>

#define H_MAP_SHARED	       1
#define H_MAP_PRIVATE	       2
#define H_MAP_FIXED	       16
#define H_MAP_ANON	       32
#define H_MAP_NORESERVE	       0x4000
#define H_MAP_POPULATE	       0x8000
#define H_MREMAP_MAYMOVE_FIXED 3
#define H_PROT_EXEC	       4

enum mm_op {
	MM_MAP,
	MM_UNMAP,
	MM_PROTECT,
	MM_MOVE,
	MM_ADVISE,
	MM_RESIDENT,
	MM_READ,
	MM_WRITE,
};

struct mm_call {
	struct mm_call *next;
	struct task *asker;
	uint32_t done;
	enum mm_op op;
	uint64_t a[5];
	void *buf;
	long result;
};

static int mm_host_prot(int prot)
{
	/* execute alone would cost a protection key of the host's */
	return (prot & H_PROT_EXEC) ? prot | 1 : prot;
}

static long mm_map_here(uint64_t addr, uint64_t len, int prot, int kind,
			uint64_t off)
{
	int flags = H_MAP_FIXED;
	int fd = -1;
	long r;

	switch (kind & 0xff) {
	case HOST_MAP_ANON:
		flags |= H_MAP_PRIVATE | H_MAP_ANON | H_MAP_NORESERVE;
		off = 0;
		break;
	case HOST_MAP_NONE:
		flags |= H_MAP_PRIVATE | H_MAP_ANON | H_MAP_NORESERVE;
		prot = 0;
		off = 0;
		break;
	case HOST_MAP_POOL_SHARED:
		flags |= H_MAP_SHARED;
		fd = FD_POOL;
		break;
	case HOST_MAP_POOL_PRIVATE:
		flags |= H_MAP_PRIVATE | H_MAP_NORESERVE;
		fd = FD_POOL;
		break;
	default:
		panic("host_mm_map: kind %d", kind);
	}
	if (kind & HOST_MAP_POPULATE)
		flags |= H_MAP_POPULATE;
	atomic_inc(&counters.maps);
	r = backend->user_mmap(addr, len, mm_host_prot(prot), flags, fd, off);
	return r == (long)addr ? 0 : r < 0 ? r : -ENOMEM;
}

static long mm_copy_here(const struct mm_call *c)
{
	uint64_t done = 0;

	/* page by page: a copy stops exactly at the first bad page */
	while (done < c->a[1]) {
		uint64_t va = c->a[0] + done;
		uint64_t n = min(c->a[1] - done, PAGE_SIZE - (va & 4095));
		size_t left;

		if (c->op == MM_READ)
			left = host_copy_from_user((char *)c->buf + done, va,
						   n);
		else
			left = host_copy_to_user(va, (char *)c->buf + done, n);
		done += n - left;
		if (left)
			break;
	}
	return (long)done;
}

static long mm_do_here(struct mm_call *c)
{
	const uint64_t *a = c->a;

	if (!arch_user_range(a[0], a[1]))
		panic("mm call %d outside the user range: %#lx+%#lx", c->op,
		      a[0], a[1]);
	switch (c->op) {
	case MM_MAP:
		return mm_map_here(a[0], a[1], (int)a[2], (int)a[3], a[4]);
	case MM_UNMAP:
		return backend->user_call(__NR_munmap, (long)a[0], (long)a[1],
					  0, 0, 0);
	case MM_PROTECT:
		return backend->user_call(__NR_mprotect, (long)a[0], (long)a[1],
					  mm_host_prot((int)a[2]), 0, 0);
	case MM_MOVE:
		if (!arch_user_range(a[2], a[3]))
			panic("mm move outside the user range");
		return backend->user_call(__NR_mremap, (long)a[0], (long)a[1],
					  (long)a[3], H_MREMAP_MAYMOVE_FIXED,
					  (long)a[2]);
	case MM_ADVISE:
		return backend->user_call(__NR_madvise, (long)a[0], (long)a[1],
					  (long)a[2], 0, 0);
	case MM_RESIDENT:
		return backend->user_resident(a[0], a[1], c->buf);
	case MM_READ:
	case MM_WRITE:
		return mm_copy_here(c);
	}
	return -EINVAL;
}

static void mm_call_finish(struct mm_call *c, long result)
{
	struct task *asker = c->asker;

	c->result = result;
	store_release(&c->done, 1); /* c may be gone from here on */
	task_wake(asker);
}

/* Serve what was asked of this thread's address space. */
void mm_calls_run(struct host_task *ht)
{
	struct mm_call *c = atomic_xchg(&ht->calls, NULL), *next;

	for (; c; c = next) {
		next = c->next;
		atomic_inc(&counters.mm_calls);
		mm_call_finish(c, mm_do_here(c));
	}
}

/* The thread will not serve any more: askers look for another one. */
void mm_calls_abort(struct host_task *ht)
{
	struct mm_call *c = atomic_xchg(&ht->calls, NULL), *next;

	for (; c; c = next) {
		next = c->next;
		mm_call_finish(c, -ESRCH);
	}
}

static struct host_task *mm_find_server(struct mm *mm)
{
	uint32_t i, n = READ_ONCE(slots_used);
	uint32_t pid = (uint32_t)READ_ONCE(mm->host[MM_HOST_PID]);

	for (i = 0; i < n; i++) {
		struct host_task *ht = &slots[i];

		if (ht->host_pid == pid && ht->task && ht->kind == SLOT_GUEST &&
		    (ht->state == SLOT_USER || ht->state == SLOT_KERNEL) &&
		    READ_ONCE(ht->task->host) == ht)
			return ht;
	}
	return NULL;
}

static bool mm_is_here(struct mm *mm)
{
	struct host_task *ht = current->host;

	return ht && mm->host[MM_HOST_PID] == ht->host_pid && !ht->is_zygote;
}

/* mm_call(): the one way to act on another address space. */
static long mm_call(struct mm *mm, struct mm_call *c)
{
	int tries;

	if (mm_is_here(mm))
		return mm_do_here(c);
	for (tries = 0; tries < 1000 && !READ_ONCE(mm->dead); tries++) {
		struct host_task *ht = mm_find_server(mm);
		struct task *t;

		if (!ht) {
			host_yield();
			continue;
		}
		t = ht->task;
		c->asker = current;
		c->done = 0;
		do {
			c->next = READ_ONCE(ht->calls);
		} while (!atomic_cas(&ht->calls, c->next, c));
		/* it may have ended just before our push */
		if (READ_ONCE(t->host) != ht)
			mm_calls_abort(ht);
		/*
		 * It may be about to sleep on another word than its wake
		 * counter (a ring request): ask again until it answers.
		 */
		for (;;) {
			uint32_t seq = sleep_prepare();
			uint32_t *word = READ_ONCE(ht->wait_word);

			if (load_acquire(&c->done))
				break;
			task_set_work(t, WORK_HOST);
			task_wake(t);
			if (word && word != &t->wake_seq)
				host_futex_wake(word, 1);
			host_futex_wait(&current->wake_seq, seq,
					time_mono_ns() + NSEC_PER_MSEC);
		}
		if (c->result != -ESRCH)
			return c->result;
	}
	return -ESRCH;
}

int host_mm_map(struct mm *mm, uint64_t addr, uint64_t len, int prot, int kind,
		uint64_t off)
{
	struct mm_call c = {
		.op = MM_MAP,
		.a = { addr, len, (uint64_t)prot, (uint64_t)kind, off },
	};

	return (int)mm_call(mm, &c);
}

int host_mm_unmap(struct mm *mm, uint64_t addr, uint64_t len)
{
	struct mm_call c = { .op = MM_UNMAP, .a = { addr, len } };

	return (int)mm_call(mm, &c);
}

int host_mm_protect(struct mm *mm, uint64_t addr, uint64_t len, int prot)
{
	struct mm_call c = { .op = MM_PROTECT,
			     .a = { addr, len, (uint64_t)prot } };

	return (int)mm_call(mm, &c);
}

int host_mm_move(struct mm *mm, uint64_t from, uint64_t old_len, uint64_t to,
		 uint64_t new_len)
{
	struct mm_call c = { .op = MM_MOVE,
			     .a = { from, old_len, to, new_len } };
	long r = mm_call(mm, &c);

	return r < 0 ? (int)r : 0;
}

int host_mm_advise(struct mm *mm, uint64_t addr, uint64_t len, int advice)
{
	struct mm_call c = { .op = MM_ADVISE,
			     .a = { addr, len, (uint64_t)advice } };

	return (int)mm_call(mm, &c);
}

int host_mm_resident(struct mm *mm, uint64_t addr, uint64_t len, uint8_t *vec)
{
	struct mm_call c = { .op = MM_RESIDENT,
			     .a = { addr, len },
			     .buf = vec };

	return (int)mm_call(mm, &c);
}

ssize_t host_mm_read(struct mm *mm, uint64_t addr, void *buf, size_t n)
{
	struct mm_call c = { .op = MM_READ, .a = { addr, n }, .buf = buf };

	if (!arch_user_range(addr, n))
		return 0;
	return mm_call(mm, &c);
}

ssize_t host_mm_write(struct mm *mm, uint64_t addr, const void *buf, size_t n,
		      bool force)
{
	struct mm_call c = { .op = MM_WRITE,
			     .a = { addr, n },
			     .buf = (void *)buf };

	if (!arch_user_range(addr, n))
		return 0;
	return mm_call(mm, &c);
}

uint64_t host_mm_rss(struct mm *mm)
{
	return 0;
}

/* Unmap the whole user range of this process. => 0 or -errno */
int mm_empty_user_range(void)
{
	long r = backend->user_call(__NR_munmap, (long)USER_MIN,
				    (long)(KERNEL_RANGE_LO - USER_MIN), 0, 0,
				    0);

	if (!r)
		r = backend->user_call(__NR_munmap, (long)KERNEL_RANGE_HI,
				       (long)(USER_MAX - KERNEL_RANGE_HI), 0, 0,
				       0);
	return (int)r;
}

long direct_resident(uint64_t addr, uint64_t len, uint8_t *vec)
{
	return host_call(__NR_mincore, (long)addr, (long)len, (long)vec, 0, 0);
}

int host_mm_exec(struct mm *new_mm, bool shared)
{
	return backend->mm_exec(new_mm, shared);
}

int direct_mm_exec(struct mm *new_mm, bool shared)
{
	struct host_task *ht = current->host, *to;

	if (!shared && !ht->is_zygote) {
		int err = mm_empty_user_range();

		if (!err)
			new_mm->host[MM_HOST_PID] = ht->host_pid;
		return err;
	}
	to = blank_get();
	if (!to)
		return -EAGAIN;
	mm_calls_abort(ht);
	ctx_migrate(ht, to);
	/* now on `to`, in its process */
	new_mm->host[MM_HOST_PID] = to->host_pid;
	return 0;
}
