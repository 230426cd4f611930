// SPDX-License-Identifier: GPL-2.0
/*
 * Smuggled gates: WRPKRU and XRSTOR in memory that the guest tries to execute,
 * at odd offsets, written at run time, through a second mapping, by another
 * thread, by write(2), by /proc/self/mem and by another process. None may run:
 * PKRU stays as it is, and the kernel's memory stays closed.
 */
#include "attack.h"
#include <pthread.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define PG 4096ul

/*
 * xor ecx, ecx; xor edx, edx; mov $-16, eax; WRPKRU (0f 01 ef); ret. The 0f is
 * put in at run time: as a constant in our own text it would not be executed.
 */
static uint8_t opener[] = { 0x31, 0xc9, 0x31, 0xd2, 0xb8, 0xf0, 0xff,
			    0xff, 0xff, 0x00, 0x01, 0xef, 0xc3 };
static volatile uint8_t escape = 0x0f;

static void __attribute__((constructor)) arm(void)
{
	opener[9] = escape;
}

/* return 42; as long as the other, of which nothing may be left */
static const uint8_t harmless[16] = { 0xb8, 0x2a, 0, 0, 0, 0xc3 };
#define WRPKRU_AT 9

/* Call it; what PKRU is then goes into loot. */
static void call_it(void *p)
{
	((void (*)(void))p)();
	loot->value = pkru();
	if (loot->value != PKRU_USER)
		loot->got = 1;
}

static void try_code(void *p)
{
	loot->got = 0;
	attack_run(call_it, p, 3000);
	CHECK_EQ(loot->got, 0);
}

static uint8_t *pages(int n, int prot)
{
	uint8_t *p = mmap(NULL, (size_t)n * PG, prot,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

#define RW  (PROT_READ | PROT_WRITE)
#define RX  (PROT_READ | PROT_EXEC)
#define RWX (RW | PROT_EXEC)

T(code_written_at_run_time)
{
	uint8_t *p = pages(1, RW);

	NEED_DIRECT();
	memcpy(p, harmless, sizeof(harmless));
	CHECK_EQ(mprotect(p, PG, RX), 0);
	CHECK_EQ(((int (*)(void))p)(), 42);
	CHECK_EQ(mprotect(p, PG, RW), 0);
	memcpy(p, opener, sizeof(opener));
	CHECK_EQ(mprotect(p, PG, RX), 0);
	try_code(p);
	machine_answers();
}

T(code_in_memory_with_every_permission)
{
	uint8_t *p = pages(1, RWX);

	NEED_DIRECT();
	for (int i = 0; i < 3; i++) {
		memcpy(p, harmless, sizeof(harmless));
		CHECK_EQ(((int (*)(void))p)(), 42);
		memcpy(p, opener, sizeof(opener));
		try_code(p);
	}
	machine_answers();
}

/* At every offset in the page, and inside another instruction. */
T(unaligned_sequences)
{
	uint8_t *p = pages(3, RWX);

	NEED_DIRECT();
	for (unsigned off = 0; off < 40; off += 3) {
		memset(p, 0x90, 2 * PG);
		memcpy(p + off, opener, sizeof(opener));
		try_code(p + off);
	}
	/* mov $0xc3ef010f, eax: entered behind its first byte */
	memset(p, 0x90, PG);
	memcpy(p, opener, WRPKRU_AT);
	p[WRPKRU_AT] = 0xeb;
	p[WRPKRU_AT + 1] = 1;
	p[WRPKRU_AT + 2] = 0xb8;
	memcpy(p + WRPKRU_AT + 3, opener + WRPKRU_AT, 4);
	try_code(p);
	/* across a border of pages, which are scanned one by one */
	for (unsigned k = 1; k < 3; k++) {
		uint8_t *at = p + PG - WRPKRU_AT - k;

		memset(p, 0x90, 2 * PG);
		p[PG + 16] = 0xc3;
		memcpy(p, harmless, sizeof(harmless));
		memcpy(p + PG + 32, harmless, sizeof(harmless));
		memcpy(at, opener, sizeof(opener));
		attack_run(call_it, p + PG + 32, 3000);
		try_code(at);
	}
	machine_answers();
}

T(one_object_mapped_twice)
{
	int fd = memfd_create("x", 0);
	uint8_t *w, *x;

	NEED_DIRECT();
	CHECK_EQ(ftruncate(fd, (off_t)PG), 0);
	w = mmap(NULL, PG, RW, MAP_SHARED, fd, 0);
	for (int shared = 0; shared < 2; shared++) {
		x = mmap(NULL, PG, RX, shared ? MAP_SHARED : MAP_PRIVATE, fd,
			 0);
		CHECK(x != MAP_FAILED);
		memcpy(w, harmless, sizeof(harmless));
		CHECK_EQ(((int (*)(void))x)(), 42);
		memcpy(w, opener, sizeof(opener));
		try_code(x);
		/* and by write(2) */
		CHECK_EQ(pwrite(fd, harmless, sizeof(harmless), 0),
			 sizeof(harmless));
		CHECK_EQ(((int (*)(void))x)(), 42);
		CHECK_EQ(pwrite(fd, opener, sizeof(opener), 0), sizeof(opener));
		try_code(x);
		munmap(x, PG);
	}
	machine_answers();
}

static uint8_t *shared_code;
static volatile int stop_it;

static void *flicker(void *unused)
{
	while (!stop_it) {
		memcpy(shared_code + WRPKRU_AT, opener + WRPKRU_AT, 4);
		memcpy(shared_code + WRPKRU_AT, "\x90\x90\x90\xc3", 4);
	}
	return NULL;
}

static void race(void *p)
{
	pthread_t t;

	shared_code = p;
	pthread_create(&t, NULL, flicker, NULL);
	for (int i = 0; i < 20000; i++) {
		((void (*)(void))shared_code)();
		if (pkru() != PKRU_USER)
			loot->got = 1;
	}
}

T(code_changed_by_another_thread)
{
	uint8_t *p = pages(1, RWX);

	NEED_DIRECT();
	memcpy(p, opener, sizeof(opener));
	loot->got = 0;
	attack_run(race, p, 3000);
	CHECK_EQ(loot->got, 0);
	machine_answers();
}

/* Into memory that runs already: by /proc/self/mem and process_vm_writev. */
T(code_changed_from_behind)
{
	uint8_t *p = pages(1, RW), *q = pages(1, RWX);
	int fd = open("/proc/self/mem", O_RDWR);
	struct iovec l = { (void *)opener, sizeof(opener) };
	struct iovec r = { q, sizeof(opener) };

	NEED_DIRECT();
	memcpy(p, harmless, sizeof(harmless));
	CHECK_EQ(mprotect(p, PG, RX), 0);
	CHECK_EQ(((int (*)(void))p)(), 42);
	if (fd >= 0 &&
	    pwrite(fd, opener, sizeof(opener), (off_t)(uintptr_t)p) > 0)
		try_code(p);
	memcpy(q, harmless, sizeof(harmless));
	CHECK_EQ(((int (*)(void))q)(), 42);
	if (process_vm_writev(getpid(), &l, 1, &r, 1, 0) > 0)
		try_code(q);
	machine_answers();
}

/* What a page falls back to was not scanned with it. */
T(private_copies_that_are_dropped)
{
	int fd = memfd_create("x", 0);
	uint8_t *p;

	NEED_DIRECT();
	CHECK_EQ(ftruncate(fd, (off_t)PG), 0);
	CHECK_EQ(pwrite(fd, opener, sizeof(opener), 0), sizeof(opener));
	p = mmap(NULL, PG, RWX, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	memcpy(p, harmless, sizeof(harmless));
	CHECK_EQ(((int (*)(void))p)(), 42);
	CHECK_EQ(madvise(p, PG, MADV_DONTNEED), 0);
	try_code(p);
	machine_answers();
}

/* XRSTOR with bit 9 in eax, and the dynamic linker's own, checked one. */
static void restore(void *p)
{
	static uint8_t image[16384] __attribute__((aligned(64)));

	*(uint64_t *)(image + 512) = 0x200; /* only PKRU, and that is zero */
	__asm__ volatile("call *%0" ::"r"(p), "a"(0x200), "d"(0), "D"(image)
			 : "memory", "cc");
	if (pkru() != PKRU_USER)
		loot->got = 1;
}

T(xrstor_of_the_key)
{
	uint8_t code[] = { escape, 0xae, 0x2f, 0xc3 };
	uint8_t *p = pages(1, RWX);

	NEED_DIRECT();
	memcpy(p, code, sizeof(code));
	loot->got = 0;
	attack_run(restore, p, 3000);
	CHECK_EQ(loot->got, 0);
	machine_answers();
}

T_MAIN
