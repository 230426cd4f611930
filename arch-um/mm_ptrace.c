// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces of the ptrace backend: host calls in the stub of the current
 * task, copies with its memory. That another address space's task must be asked
 * is common to all backends (mm_call in mm_direct.c).
 *
 * Copies go by process_vm_readv and _writev, which stop at the first page that
 * the guest could not touch itself. What must be one atomic operation is executed
 * by the stub.
 *
 * A stub that was killed from outside has no memory any more: copies fail,
 * changes succeed, and its task is about to learn it (trap_ptrace.c).
 */
#include <asm/unistd.h>
#include "stub.h"
#include <abi/errno.h>
#include <kernel/mm.h>
#include <kernel/string.h>

#define STR_CHUNK 256u

struct mm_iovec {
	uint64_t base, len;
};

/* => bytes copied. By thread number: a leader may have gone before. */
static size_t stub_copy(long nr, uint64_t there, void *here, size_t n)
{
	struct stub *s = stub_of(current);
	uint64_t pid = s->tid | (host_token & 0xffffffff00000000ull);
	size_t done = 0;

	while (done < n && !s->dead && s->tid) {
		struct mm_iovec l = {(uint64_t)here + done, n - done};
		struct mm_iovec r = {there + done, n - done};
		long k = host_call6(nr, (long)pid, (long)&l, 1, (long)&r, 1, 0);

		if (k <= 0)
			break;
		done += (size_t)k;
	}
	return done;
}

size_t stub_copy_from(void *dst, uint64_t src, size_t n)
{
	return n - stub_copy(__NR_process_vm_readv, src, dst, n);
}

size_t stub_copy_to(uint64_t dst, const void *src, size_t n)
{
	return n - stub_copy(__NR_process_vm_writev, dst, (void *)src, n);
}

size_t stub_clear(uint64_t dst, size_t n)
{
	static const uint8_t zeros[4096];
	size_t left = n;

	while (left) {
		size_t k = min(left, sizeof(zeros));
		size_t bad = stub_copy_to(dst, zeros, k);

		dst += k - bad;
		left -= k - bad;
		if (bad)
			break;
	}
	return left;
}

ssize_t stub_strncpy_from(char *dst, uint64_t src, size_t size)
{
	size_t done = 0;

	while (done < size) {
		uint64_t va = src + done;
		size_t n = min(size - done, PAGE_SIZE - (va & 4095));
		size_t got, i;

		n = min(n, (size_t)STR_CHUNK);
		got = stub_copy(__NR_process_vm_readv, va, dst + done, n);
		for (i = 0; i < got; i++)
			if (!dst[done + i])
				return (ssize_t)(done + i);
		if (got < n)
			return -EFAULT;
		done += n;
	}
	return (ssize_t)size;
}

int stub_cmpxchg_user(uint64_t a, uint32_t *old, uint32_t new_val)
{
	struct stub *s = stub_of(current);
	struct pt_regs *r = (struct pt_regs *)s->r;

	r->rdi = a;
	r->rax = *old;
	r->rdx = new_val;
	if (!stub_run(s, stub_cmpxchg, stub_cmpxchg_end))
		return -EFAULT;
	*old = (uint32_t)r->rax;
	return 0;
}

/* --- host calls --- */

long stub_user_call(long nr, long a1, long a2, long a3, long a4, long a5)
{
	struct stub *s = stub_of(current);

	if (s->dead)
		return 0;
	return stub_call(s, nr, a1, a2, a3, a4, a5, (long)host_token);
}

/* The token stands where host_mmap() puts it. */
long stub_user_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		    uint64_t off)
{
	struct stub *s = stub_of(current);
	uint64_t hi = host_token & 0xffffffff00000000ull;

	if (s->dead)
		return (long)addr;
	return stub_call(s, __NR_mmap, (long)addr, (long)len, prot,
			 (long)(hi | (uint32_t)flags),
			 (long)(host_token << 32 | (uint32_t)fd), (long)off);
}

long stub_user_resident(uint64_t addr, uint64_t len, uint8_t *vec)
{
	uint64_t done = 0;

	while (done < len) {
		uint64_t n = min(len - done, PAGE_SIZE * PAGE_SIZE);
		long r = stub_user_call(__NR_mincore, (long)(addr + done),
					(long)n, (long)STUB_SCRATCH, 0, 0);

		if (r)
			return r;
		if (stub_copy_from(vec + done / PAGE_SIZE, STUB_SCRATCH,
				   n / PAGE_SIZE))
			return -EFAULT;
		done += n;
	}
	return 0;
}

/* --- execve --- */

int stub_mm_exec(struct mm *new_mm, bool shared)
{
	struct host_task *ht = current->host;
	struct stub *s = stub_of(current), new;
	int err;

	if (s->dead)
		return -ESRCH;
	if (!shared && s->tid) {
		new_mm->host[MM_HOST_PID] = s->pid;
		return mm_empty_user_range();
	}
	memset(&new, 0, sizeof(new));
	err = stub_create(&new);
	if (err)
		return err == -ENOMEM ? err : -EAGAIN;
	if (s->tid) {
		stub_release(s);
		new.cpu_former = s->cpu_former;
	}
	*s = new;
	mm_calls_abort(ht);
	ht->is_zygote = 0;
	ht->kind = SLOT_GUEST;
	WRITE_ONCE(ht->host_pid, s->pid);
	new_mm->host[MM_HOST_PID] = s->pid;
	return 0;
}
