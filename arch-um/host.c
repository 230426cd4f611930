/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The small services of the seam: sleeping on futexes with a saved context,
 * clocks, randomness, user copies, processor state.
 */
#include <asm/unistd.h>
#include <linux/futex.h>
#include "backend.h"
#include <abi/errno.h>
#include <kernel/string.h>
#include <kernel/task.h>

struct host_counters counters;
struct host_info host_info;
const struct boot_params *boot;
uint64_t host_token;

size_t arch_copy_user(void *dst, const void *src, size_t n);
size_t arch_clear_user(void *dst, size_t n);
ssize_t arch_strncpy_user(char *dst, const char *src, size_t n);
int arch_cmpxchg_user(uint32_t *p, uint32_t *old, uint32_t new_val);

#define TOKEN_LO (host_token << 32)
#define TOKEN_HI (host_token & 0xffffffff00000000ull)

/* The filter wants the token in the unused halves of fd and flags. */
long host_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd,
	       uint64_t off)
{
	return host_call6(__NR_mmap, (long)addr, (long)len, prot,
			  (long)(TOKEN_HI | (uint32_t)flags),
			  (long)(TOKEN_LO | (uint32_t)fd), (long)off);
}

long host_futex(uint32_t *w, int op, uint32_t val, const void *timeout,
		uint32_t val3)
{
	return host_call6(__NR_futex, (long)w, op, (long)(TOKEN_HI | val),
			  (long)timeout, 0, (long)(TOKEN_LO | val3));
}

struct host_timespec {
	int64_t sec, nsec;
};

int host_futex_wait(uint32_t *word, uint32_t val, uint64_t deadline)
{
	struct host_task *ht = slot_current();
	struct host_timespec ts;
	long call[7];
	long r;

	if (unlikely(ht->calls))
		mm_calls_run(ht);
	if (READ_ONCE(*word) != val)
		return 0;
	call[0] = __NR_futex;
	call[1] = (long)word;
	call[2] = FUTEX_WAIT_BITSET;
	call[3] = (long)(TOKEN_HI | val);
	call[4] = 0;
	if (deadline != (uint64_t)-1) {
		ts.sec = (int64_t)(deadline / 1000000000);
		ts.nsec = (int64_t)(deadline % 1000000000);
		call[4] = (long)&ts;
	}
	call[5] = 0;
	call[6] = (long)(TOKEN_LO | FUTEX_BITSET_MATCH_ANY);
	if (ht->fpu)
		host_fpu_make_live();
	/* From here until RUNNING an adopter may take the context. */
	WRITE_ONCE(ht->wait_word, word);
	store_release(&ht->ctx_state, CTX_ASLEEP);
	r = ctx_wait6(&ht->ctx_sp, call);
	ht = slot_current(); /* another one, if it was adopted */
	WRITE_ONCE(ht->ctx_state, CTX_RUNNING);
	if (unlikely(ht->calls))
		mm_calls_run(ht);
	if (r == -ETIMEDOUT || r == -EINTR)
		return (int)r;
	return 0;
}

void host_futex_wake(uint32_t *word, int nr)
{
	host_futex(word, FUTEX_WAKE, (uint32_t)nr, NULL, 0);
}

void host_yield(void)
{
	host_call(__NR_sched_yield, 0, 0, 0, 0, 0);
}

/* --- clocks: the host's vDSO, moved into the kernel range --- */

int (*host_vdso_clock)(int clock, struct host_timespec *ts);
uint64_t host_vdso_end;

bool host_vdso_refused(uint64_t rip)
{
	if (rip < VDSO_BASE || rip >= host_vdso_end)
		return false;
	WRITE_ONCE(host_vdso_clock, NULL);
	return true;
}

uint64_t host_clock_ns(int clock)
{
	int (*read)(int clock, struct host_timespec *ts) =
		READ_ONCE(host_vdso_clock);
	struct host_timespec ts = { 0, 0 };

	if (!read || clock == 2 || clock == 3 || read(clock, &ts))
		host_call(__NR_clock_gettime, clock, (long)&ts, 0, 0, 0);
	return (uint64_t)ts.sec * 1000000000 + (uint64_t)ts.nsec;
}

uint64_t host_task_cpu_ns(struct task *t)
{
	struct host_task *ht = READ_ONCE(t->host);
	struct host_timespec ts = { 0, 0 };
	long clock;

	if (!ht)
		return 0;
	if (unlikely(backend_remote))
		return backend->cpu_ns(t);
	/*
	 * The host shows thread clocks inside a process only; of another one
	 * it tells the process clock, which stands here for its first thread.
	 */
	if (t == current)
		clock = 3; /* CLOCK_THREAD_CPUTIME_ID */
	else if (ht->host_pid == current->host->host_pid)
		clock = HOST_CPU_CLOCK(ht->host_tid, 6);
	else if (ht->host_tid == ht->host_pid)
		clock = HOST_CPU_CLOCK(ht->host_pid, 2);
	else
		return 0;
	if (host_call(__NR_clock_gettime, (int)clock, (long)&ts, 0, 0, 0))
		return 0;
	return (uint64_t)ts.sec * 1000000000 + (uint64_t)ts.nsec;
}

/* struct rusage of the host: only the front of it is of interest */
struct host_rusage {
	struct {
		int64_t sec, usec;
	} utime, stime;
	int64_t maxrss, unused[3], minflt, majflt, rest[10];
};
#define HOST_RUSAGE_THREAD 1

void host_usage(struct host_usage *u)
{
	struct host_rusage r;
	struct host_timespec ts = { 0, 0 };

	memset(u, 0, sizeof(*u));
	if (unlikely(backend_remote)) {
		/* kernel and guest run in threads of their own */
		host_call(__NR_clock_gettime, 3, (long)&ts, 0, 0, 0);
		u->sys_ns = (uint64_t)ts.sec * 1000000000 + (uint64_t)ts.nsec;
		return;
	}
	memset(&r, 0, sizeof(r));
	if (host_call(__NR_getrusage, HOST_RUSAGE_THREAD, (long)&r, 0, 0, 0))
		return;
	u->sys_ns = (uint64_t)r.stime.sec * 1000000000 +
		    (uint64_t)r.stime.usec * 1000;
	u->min_flt = (uint64_t)r.minflt;
	u->maj_flt = (uint64_t)r.majflt;
	u->maxrss_kb = (uint64_t)r.maxrss;
}

void host_random(void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		long r = host_call(__NR_getrandom, (long)p, (long)n, 0, 0, 0);

		if (r <= 0)
			continue;
		p += r;
		n -= (size_t)r;
	}
}

void host_early_print(const char *s, size_t n)
{
	host_call(__NR_write, FD_LOG, (long)s, (long)n, 0, 0);
}

/* --- user copies --- */

size_t host_copy_from_user(void *dst, uint64_t src, size_t n)
{
	if (unlikely(backend_remote))
		return backend->copy_from(dst, src, n);
	return arch_copy_user(dst, (const void *)src, n);
}

size_t host_copy_to_user(uint64_t dst, const void *src, size_t n)
{
	if (unlikely(backend_remote))
		return backend->copy_to(dst, src, n);
	return arch_copy_user((void *)dst, src, n);
}

size_t host_clear_user(uint64_t dst, size_t n)
{
	if (unlikely(backend_remote))
		return backend->clear(dst, n);
	return arch_clear_user((void *)dst, n);
}

ssize_t host_strncpy_from_user(char *dst, uint64_t src, size_t size)
{
	if (unlikely(backend_remote))
		return backend->strncpy_from(dst, src, size);
	return arch_strncpy_user(dst, (const char *)src, size);
}

int host_cmpxchg_user(uint64_t a, uint32_t *old, uint32_t new_val)
{
	if (unlikely(backend_remote))
		return backend->cmpxchg(a, old, new_val);
	return arch_cmpxchg_user((uint32_t *)a, old, new_val);
}

/* --- processor state --- */

void host_set_fs(uint64_t base)
{
	if (unlikely(backend_remote))
		backend->set_fs(base);
	else
		__builtin_ia32_wrfsbase64(base);
}

uint64_t host_get_fs(void)
{
	if (unlikely(backend_remote))
		return backend->get_fs();
	return __builtin_ia32_rdfsbase64();
}

int host_set_gs(uint64_t base)
{
	struct host_task *ht = current->host;

	if (unlikely(backend_remote))
		return backend->set_gs(base);
	ht->gs_base = base;
	ht->gs_set = base != 0;
	return 0;
}

uint64_t host_get_gs(void)
{
	struct host_task *ht = current->host;

	if (unlikely(backend_remote))
		return backend->get_gs();
	return ht->gs_set ? ht->gs_base : 0;
}

void host_pool_punch(uint64_t off, uint64_t len)
{
	host_call(__NR_madvise, (long)(POOL_BASE + off), (long)len,
		  9 /* MADV_REMOVE */, 0, 0);
}
