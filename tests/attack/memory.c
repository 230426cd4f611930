// SPDX-License-Identifier: GPL-2.0
/* Reading, writing, passing and remapping memory of the kernel. */
#include "attack.h"
#include <sys/uio.h>

static const uint64_t keyed[] = {
	ARENA,
	ARENA + 4096,
	ARENA + 0x10000,
	ARENA + 0x100000,
	ARENA + 0x1000000,
	POOL,
	POOL + 4096,
	POOL + (1ull << 30),
	LOW_TABLE,
	LOW_TABLE + 8,
	LOW_TABLE + 0x1fff8,
};

T(kernel_memory_is_not_read_or_written)
{
	uint64_t v = 0;

	ATTACK_INIT();
	for (unsigned i = 0; i < N(keyed); i++) {
		CHECK(touch_read(keyed[i], &v));
		CHECK(touch_write(keyed[i]));
	}
	for (uint64_t at = ARENA; at < ARENA + (64 << 20); at += 1 << 16) {
		CHECK(touch_read(at + 8, &v));
		CHECK(touch_write(at + 8));
	}
	/* and the text is not to be written */
	for (uint64_t at = KTEXT; at < KTEXT + (1 << 19); at += 4096)
		CHECK(touch_write(at + 16));
	machine_answers();
}

T(signal_stacks_of_other_tasks_are_not_reached)
{
	uint64_t own, v = 0;

	NEED_DIRECT();
	own = gsbase();
	CHECK(own > ARENA && own < POOL);
	CHECK(!touch_read(own, &v));
	/* blocks are 128 KiB, aligned: the kernel stack and the pads around */
	for (int i = -64; i <= 64; i++) {
		uint64_t block = (own & ~0x1ffffull) + (int64_t)i * 0x20000;

		if (block < ARENA)
			continue;
		for (uint64_t o = 0; o < 0x20000; o += 4096) {
			uint64_t at = block + o;

			if (i == 0 && at >= (own & ~0xfffull) - 32768 &&
			    at <= own)
				continue; /* our own pad */
			CHECK(touch_read(at, &v));
		}
	}
}

T(system_calls_refuse_kernel_pointers)
{
	int p[2], fd = open("/dev/zero", O_RDONLY);
	struct iovec iov, local;
	char buf[64];

	ATTACK_INIT();
	CHECK_EQ(pipe(p), 0);
	for (unsigned i = 0; i < N(keyed); i++) {
		void *at = (void *)keyed[i];

		if (write(p[1], at, 8) != -1 || errno != EFAULT)
			T_FAIL("write from %p does not give EFAULT", at);
		CHECK_EQ(write(p[1], "12345678", 8), 8);
		CHECK_ERRNO(read(p[0], at, 8), EFAULT);
		if (fd >= 0)
			CHECK_ERRNO(read(fd, at, 8), EFAULT);
		iov.iov_base = at;
		iov.iov_len = 8;
		CHECK_ERRNO(writev(p[1], &iov, 1), EFAULT);
		CHECK_ERRNO(writev(p[1], at, 1), EFAULT);
		CHECK_ERRNO(open(at, O_RDONLY), EFAULT);
		CHECK_EQ(syscall(SYS_getcwd, at, 64ul), -1);
		CHECK_EQ(errno, EFAULT);
		CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 0, at, NULL, 8),
			    EFAULT);
		CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 0, NULL, at, 8),
			    EFAULT);
		CHECK_ERRNO(syscall(SYS_futex, at, 1, 1, 0, 0, 0), EFAULT);
		CHECK_ERRNO(syscall(SYS_futex, at, 0, 0, 0, 0, 0), EFAULT);
		local.iov_base = buf;
		local.iov_len = 8;
		CHECK_EQ(process_vm_readv(getpid(), &local, 1, &iov, 1, 0), -1);
		CHECK_EQ(process_vm_writev(getpid(), &local, 1, &iov, 1, 0),
			 -1);
		close(p[0]);
		close(p[1]);
		CHECK_EQ(pipe(p), 0);
	}
	/* a buffer that begins in the guest's and runs into the kernel's */
	CHECK(write(p[1], (void *)(KRANGE - 8), 64) <= 0);
	fd = open("/proc/self/mem", O_RDWR);
	if (fd >= 0)
		for (unsigned i = 0; i < N(keyed); i++) {
			CHECK(pread(fd, buf, 8, (off_t)keyed[i]) <= 0);
			CHECK(pwrite(fd, buf, 8, (off_t)keyed[i]) <= 0);
		}
	machine_answers();
}

static void remap(uint64_t at, uint64_t len)
{
	void *p = (void *)at, *q;
	void *mine = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(mine != MAP_FAILED);
	munmap(p, len);
	mprotect(p, len, PROT_READ | PROT_WRITE | PROT_EXEC);
	syscall(SYS_pkey_mprotect, p, len, PROT_READ | PROT_WRITE, 0);
	for (int a = 0; a < 26; a++)
		madvise(p, len, a);
	CHECK(mmap(p, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) == MAP_FAILED);
	q = mmap(p, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(q == MAP_FAILED);
	q = mmap(p, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (q == p && (at >= KRANGE || at < 0x30000))
		T_FAIL("memory given at %p", p);
	if (q != MAP_FAILED)
		munmap(q, 4096);
	CHECK(mremap(p, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK(mremap(mine, 65536, 65536, MREMAP_MAYMOVE | MREMAP_FIXED, p) ==
	      MAP_FAILED);
	mlock(p, len);
	msync(p, len, MS_SYNC | MS_INVALIDATE);
	syscall(SYS_remap_file_pages, p, len, 0, 0, 0);
	syscall(SYS_brk, at + 4096);
	syscall(SYS_shmat, 0, p, 0x4000);
	munmap(mine, 65536);
}

T(the_kernel_range_is_not_remapped)
{
	uint64_t text[64], v = 0, gs;
	uint32_t me = slot();

	ATTACK_INIT();
	memcpy(text, (void *)kept_text, sizeof(text));
	gs = gsbase();
	for (unsigned i = 0; i < N(keyed); i++) {
		remap(keyed[i] & ~4095ull, 4096);
		remap(keyed[i] & ~4095ull, 1 << 20);
	}
	remap(KTEXT, 4096);
	remap(KTEXT, 1 << 30);
	remap(KRANGE - 4096, 8192);
	remap(KRANGE - 4096, KERNEL_END - KRANGE + 8192);
	if (gs)
		remap(gs & ~4095ull, 4096);
	remap(0, 4096);
	remap(0x1000, 0x20000);
	/* from the user range into it, by length */
	munmap((void *)0x600000000000, 0x100000000000);
	munmap((void *)(KERNEL_END - 4096), 8192);
	CHECK(!memcmp(text, (void *)kept_text, sizeof(text)));
	CHECK(!gs || !touch_read(gs, &v));
	CHECK_EQ(slot(), me);
	for (unsigned i = 0; i < N(keyed); i++)
		CHECK(touch_read(keyed[i], &v));
	machine_answers();
}

static void unmap_all(void *unused)
{
	/* everything, by a raw call: nothing of ours is left to return to */
	raw6(SYS_munmap, 0x10000, KRANGE - 0x10000 + 4096, 0, 0, 0, 0);
	raw6(SYS_munmap, 0, 0x7ffffffff000, 0, 0, 0, 0);
	raw6(SYS_munmap, 0x10000, KRANGE - 0x10000, 0, 0, 0, 0);
}

T(a_child_that_unmaps_all_it_has)
{
	ATTACK_INIT();
	attack_run(unmap_all, NULL, 500);
	machine_answers();
}

T(protection_keys_are_not_to_be_had)
{
	ATTACK_INIT();
	CHECK_EQ(syscall(SYS_pkey_alloc, 0, 0), -1);
	CHECK_EQ(pkru(), pkru_user);
}

T_MAIN
