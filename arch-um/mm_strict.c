// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces of the strict backends: host calls in the stub of the current
 * task, by its keeper, and copies with its memory. That another address space's
 * task must be asked is common to all backends (mm_call in mm_direct.c).
 *
 * Copies go by process_vm_readv and _writev, which stop at the first page that
 * the guest could not touch itself.
 *
 * A stub that was killed from outside has no memory any more: copies fail,
 * changes succeed, and its task is about to learn it (strict_exit_work).
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

/* => bytes copied */
size_t stub_copy_pid(long nr, uint32_t pid, uint64_t there, void *here,
		     size_t n)
{
	uint64_t who = pid | (host_token & 0xffffffff00000000ull);
	size_t done = 0;

	while (done < n) {
		struct mm_iovec l = { (uint64_t)here + done, n - done };
		struct mm_iovec r = { there + done, n - done };
		long k = host_call6(nr, (long)who, (long)&l, 1, (long)&r, 1, 0);

		if (k <= 0)
			break;
		done += (size_t)k;
	}
	return done;
}

static size_t stub_copy(long nr, uint64_t there, void *here, size_t n)
{
	struct stub *s = stub_of(current);

	if (unlikely(stub_dead(s)) || unlikely(!space_flush(s->space)))
		return 0;
	return stub_copy_pid(nr, s->space->pid, there, here, n);
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

/* --- host calls, carried out by the keeper --- */

long stub_user_call(long nr, long a1, long a2, long a3, long a4, long a5)
{
	struct stub *s = stub_of(current);
	struct stub_order o = {
		.nr = (uint64_t)nr,
		.a = { (uint64_t)a1, (uint64_t)a2, (uint64_t)a3, (uint64_t)a4,
		       (uint64_t)a5 },
	};
	long r;

	if (stub_dead(s))
		return 0;
	r = space_call(s->space, &o);
	if (r == -ESRCH)
		r = nr == __NR_mremap ? a5 : 0;
	return r;
}

long stub_user_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		    uint64_t off)
{
	struct stub *s = stub_of(current);
	struct stub_order o = {
		.nr = __NR_mmap,
		.a = { addr, len, (uint64_t)prot, (uint32_t)flags, (uint32_t)fd,
		       off },
		.kind = ORDER_MMAP,
	};
	long r;

	if (stub_dead(s))
		return (long)addr;
	r = space_call(s->space, &o);
	return r == -ESRCH ? (long)addr : r;
}

long stub_user_resident(uint64_t addr, uint64_t len, uint8_t *vec)
{
	const uint64_t most = 4088 * PAGE_SIZE;
	struct stub *s = stub_of(current);
	uint64_t done = 0;

	if (!host_info.pid_namespace) {
		/* the stubs' list is full: prctl stands there instead */
		memset(vec, 1, len / PAGE_SIZE);
		return 0;
	}
	while (done < len && !stub_dead(s)) {
		uint64_t n = min(len - done, most);
		long r = stub_user_call(
			__NR_mincore, (long)(addr + done), (long)n,
			(long)(STUB_REPORT +
			       offsetof(struct stub_report, resident)),
			0, 0);

		if (r)
			return r;
		memcpy(vec + done / PAGE_SIZE, space_report(s->space)->resident,
		       n / PAGE_SIZE);
		done += n;
	}
	return 0;
}

/* --- execve --- */

/*
 * Always a new stub: nothing of what the old program may have left behind in its
 * own, a thread that does not stand where it should, gets into the new one.
 */
int stub_mm_exec(struct mm *new_mm, bool shared)
{
	struct host_task *ht = current->host;
	struct stub *s = stub_of(current), new;
	int err;

	if (s->space && stub_dead(s))
		return -ESRCH;
	memset(&new, 0, sizeof(new));
	err = space_create(&new);
	if (!err) {
		err = space_settle(&new);
		if (err)
			space_leave(&new);
	}
	if (err)
		return err == -ENOMEM ? err : -EAGAIN;
	new.base_dirty = true;
	place_new(&new, s);
	place_enter(&new);
	if (s->space) {
		strict->detach(s);
		space_leave(s);
		new.cpu_former = s->cpu_former;
	}
	*s = new;
	err = strict->attach(s);
	if (err)
		space_kill(s->space);
	mm_calls_abort(ht);
	ht->is_zygote = 0;
	ht->kind = SLOT_GUEST;
	WRITE_ONCE(ht->host_pid, s->space->pid);
	new_mm->host[MM_HOST_PID] = s->space->pid;
	return 0;
}
